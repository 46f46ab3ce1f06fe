//! Causal effects of a binary group on a binary outcome in the standard fairness model.
//!
//! The model has a group X, confounders Z, mediators W and an outcome Y: X ↔ Z, {X, Z} → W, {X, Z, W} → Y. Four means
//! say everything (Plečko and Bareinboim 2024, *Causal Fairness Analysis*, DOI 10.1561/2200000106, sections 3–4):
//!
//! ```text
//! A = E[Y | x₀]                 what happens to group 0
//! B = E[Y_{x₁, W_{x₀}} | x₀]    group 0, treated as group 1 by Y alone
//! C = E[Y_{x₁} | x₀]            group 0, treated as group 1 by W and Y
//! D = E[Y | x₁]                 what happens to group 1
//! TV = D − A    Ctf-DE = B − A    Ctf-IE(x₁→x₀) = B − C    Ctf-SE(x₁→x₀) = C − D
//! ```
//!
//! TV = DE − IE − SE exactly: a *negative* indirect or spurious effect adds to the total. All are differences of
//! probabilities, in [−1, 1]. They rest on the graph, which data can't confirm.

/// The four means behind the effects; each in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FourMeans {
    /// A = E[Y | x₀].
    pub group_0: f64,
    /// B = E[Y_{x₁, W_{x₀}} | x₀].
    pub direct: f64,
    /// C = E[Y_{x₁} | x₀].
    pub direct_and_indirect: f64,
    /// D = E[Y | x₁].
    pub group_1: f64,
}

/// Total variation and its three causal parts, from x₀ to x₁.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effects {
    /// TV = E[Y | x₁] − E[Y | x₀].
    pub total_variation: f64,
    /// Ctf-DE: along X → Y.
    pub direct: f64,
    /// Ctf-IE(x₁→x₀): along X → W → Y.
    pub indirect: f64,
    /// Ctf-SE(x₁→x₀): through what X and Y have in common.
    pub spurious: f64,
}

impl FourMeans {
    /// The effects.
    pub fn effects(&self) -> Effects {
        Effects {
            total_variation: self.group_1 - self.group_0,
            direct: self.direct - self.group_0,
            indirect: self.direct - self.direct_and_indirect,
            spurious: self.direct_and_indirect - self.group_1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_direct_minus_indirect_minus_spurious() {
        for i in 0..1000_u32 {
            let f = |k: u32| f64::from((i * k) % 997) / 997.0;
            let e = FourMeans { group_0: f(7), direct: f(13), direct_and_indirect: f(29), group_1: f(31) }
                .effects();
            assert!((e.total_variation - (e.direct - e.indirect - e.spurious)).abs() < 1e-12);
        }
    }
}
