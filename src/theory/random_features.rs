//! The error of a regression on random features when a share of the rows is biased: double descent and strong collapse.
//!
//! ŷ = vᵀSᵀx, d isotropic inputs, m features, n rows of which a share p has labels of w* + δ; no penalty. The fitted
//! weights are Ay, a projection A of least norm. With s = E uᵀ(I − AX)u, B = E‖(I − AX)u‖² for a unit vector u and
//! V = E tr AᵀA the rows' exchangeability gives, with c² = ‖δ‖²,
//!
//! E = ‖w*‖²B + σ²V + c²[p²(1 − 2s + B) + p(1−p)V] + 2p(w*·δ)(B − s).
//!
//! With q = min(m, d) < n − 1: s = 1 − q/d, V = q/(n − q − 1), B = s(1 + V), since what the features miss is noise. These are
//! exact, and the term in c² has its exact form for finite n too (`shifted_below`). For n < q, in the limit of n, d
//! and m in proportion: a = n/d, γ = d/m, s = 1 − a, t = (1 − a)²/(1 − γa²), h = (2a − 1 + t)/a, B = t/(1 − h), V = h/(1 − h),
//! from the Marchenko–Pastur law of SSᵀ inside ridgeless regression's equivalents (Hastie et al., arXiv 1903.08560;
//! Bach, DOI 10.1137/23M1558781). Setting: Dohmatob et al., arXiv 2410.04840, theorem 2. Cost: O(1).

use super::{Conditions, Departure, Form, Generator, Law, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[Law] = &[Law {
    name: "random-features-risk",
    statement: "‖w*‖²B + σ²V + c²[p²(1−2s+B) + p(1−p)V] + 2p(w*·δ)(B−s); q = min(m, d) < n−1: s = 1−q/d, V = q/(n−q−1), B = s(1+V)",
    source: "setting of arXiv 2410.04840 theorem 2; derived here (exact below m = n; above it with arXiv 1903.08560's limit)",
    conditions: "random-features without a penalty, inputs N(0, I), p the synthetic share, whose labels a generator draws \
                 with weights w* + δ; not where min(m, d) is within one of n; above, n and d large",
    relation: Relation::Equal,
    sizes: Sizes::Any,
    workflows: &[],
    forms: &[Form::RandomFeatures],
    takes_in: &[Departure::Generator, Departure::Noise],
    draws: &[],
    predict,
}];

/// Rows, inputs and features.
struct Shape {
    n: f64,
    d: f64,
    m: f64,
}

/// s, B and V.
struct Factors {
    missed: f64,
    bias: f64,
    variance: f64,
}

impl Shape {
    fn of(at: &Conditions) -> Result<Self, Unmet> {
        let shape = Self {
            n: at.n,
            d: at.d(),
            m: at.family.features.ok_or(Unmet::Missing("the number of features"))?,
        };
        if shape.m >= 1.0 && shape.d >= 1.0 { Ok(shape) } else { Err(Unmet::range("features", "≥ 1")) }
    }

    /// Independent directions of the features.
    fn rank(&self) -> f64 {
        self.m.min(self.d)
    }

    fn factors(&self) -> Result<Factors, Unmet> {
        let Self { n, d, m } = *self;
        let q = self.rank();
        if q < n - 1.0 {
            let (missed, variance) = (1.0 - q / d, q / (n - q - 1.0));
            return Ok(Factors { missed, bias: missed * (1.0 + variance), variance });
        }
        if q < n + 2.0 {
            return Err(Unmet::range("features", "more than one away from n, where the error has no mean"));
        }
        let (a, gamma) = (n / d, d / m);
        let squared = (1.0 - a) * (1.0 - a) / (1.0 - gamma * a * a);
        let used = (2.0 * a - 1.0 + squared) / a;
        Ok(Factors { missed: 1.0 - a, bias: squared / (1.0 - used), variance: used / (1.0 - used) })
    }
}

/// E‖(XᵀX)⁻¹XᵀDXδ‖²/‖δ‖² for n rows of q isotropic normal inputs, D marking k of them: the rows' orthonormal basis H
/// is uniform and independent of XᵀX, HᵀDH has entries with second moments `own` and `other`, and
/// E tr(XᵀX) tr(XᵀX)⁻¹ = (nq − 2)q/(n − q − 1).
fn shifted_below(n: f64, q: f64, k: f64) -> f64 {
    let own = k * (k + 2.0) / (n * (n + 2.0));
    let other = (k / n - own) / (n - 1.0);
    own - other + other * (n * q - 2.0) / (n - q - 1.0)
}

/// ‖δ‖² and w*·δ; 0 where every row is human.
fn biased(at: &Conditions) -> Result<(f64, f64), Unmet> {
    if at.human_fraction == 1.0 {
        return Ok((0.0, 0.0));
    }
    let Generator { shift, alignment, .. } = at.generator()?;
    shift.zip(alignment).ok_or(Unmet::Missing("the generator's weights"))
}

fn predict(at: &Conditions) -> Result<Prediction, Unmet> {
    let shape = Shape::of(at)?;
    let signal = at.source.signal.ok_or(Unmet::Missing("the true weights"))?;
    let (shift, alignment) = biased(at)?;
    let biased = shape.n - at.human();
    let p = biased / shape.n;
    let Factors { missed, bias, variance } = shape.factors()?;
    let q = shape.rank();
    let shifted = if q < shape.n - 1.0 {
        q / shape.d * shifted_below(shape.n, q, biased) + missed * p * variance
    } else {
        p * p * (1.0 - 2.0 * missed + bias) + p * (1.0 - p) * variance
    };
    let crossed = 2.0 * p * alignment * (bias - missed);
    Prediction::mean(signal * bias + at.variance()? * variance + shift * shifted + crossed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{ask, mean as law_of};
    use super::super::{Conditions, Family, Generator};
    use nalgebra::{DMatrix, DVector};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::StandardNormal;

    fn at(n: f64, d: usize, m: f64, human_fraction: f64) -> Conditions {
        let family = Family { features: Some(m), ..Family::default() };
        let mut at = Conditions { n, human_fraction, family, ..Conditions::default() }.dim(d).spread(0.5);
        at.source.signal = Some(1.0);
        at
    }

    /// With human rows alone, or beside a generator of weights w* + δ: ‖δ‖² and w*·δ.
    fn law(n: f64, d: usize, m: f64, human_fraction: f64, (shift, alignment): (f64, f64)) -> f64 {
        let generator =
            Some(Generator { shift: Some(shift), alignment: Some(alignment), ..Generator::default() });
        law_of("random-features-risk", Conditions { generator, ..at(n, d, m, human_fraction) })
    }

    #[test]
    fn all_inputs_are_least_squares() {
        // σ²d/(n − d − 1), and with a shift nearly p²c² + p(1−p)c²(d + 1)/n beside it.
        assert!((law(50.0, 20, 20.0, 1.0, (0.0, 0.0)) - 0.5 * 20.0 / 29.0).abs() < 1e-12);
        assert_eq!(law(50.0, 20, 20.0, 1.0, (0.0, 0.0)), law(50.0, 20, 900.0, 1.0, (0.0, 0.0)));
        let (n, d, p, c2) = (2000.0, 20, 0.1, 0.5);
        let first_order = p * p * c2 + p * (1.0 - p) * c2 * 21.0 / n + 0.5 * 20.0 / 1979.0;
        assert!((law(n, d, 20.0, 1.0 - p, (c2, 0.0)) / first_order - 1.0).abs() < 2e-3);
    }

    #[test]
    fn infinitely_many_features_are_the_interpolation_of_least_norm() {
        // ‖w‖²(1 − n/d) + σ²n/(d − n), the limit of Hastie et al., equation 12.
        let found = law(100.0, 250, 1e12, 1.0, (0.0, 0.0));
        assert!((found - (0.6 + 0.5 * 100.0 / 150.0)).abs() < 1e-9, "{found}");
    }

    #[test]
    fn rows_that_are_all_biased_leave_the_other_truth() {
        // The fit is that of w* + δ, with the law's error about it, and E(Ay − w* − δ) = −s(w* + δ).
        let (c2, alignment) = (0.4, -0.1);
        for (m, s) in [(10.0, 1.0 - 10.0 / 60.0), (40.0, 0.5)] {
            let whole = law(30.0, 60, m, 0.0, (c2, alignment));
            let mut other = at(30.0, 60, m, 1.0);
            other.source.signal = Some(1.0 + c2 + 2.0 * alignment);
            let about = law_of("random-features-risk", other);
            let expected = about - 2.0 * s * (alignment + c2) + c2;
            assert!((whole - expected).abs() < 1e-9, "{m}: {whole} for {expected}");
        }
    }

    /// One fit's error: n rows of which k have labels of w + δ.
    fn simulated(n: usize, d: usize, m: usize, k: usize, rng: &mut ChaCha8Rng) -> f64 {
        let mut normal = |r, c| DMatrix::from_fn(r, c, |_, _| rng.sample::<f64, _>(StandardNormal));
        let (x, s, noise) = (normal(n, d), normal(d, m), normal(n, 1));
        let (w, delta) = truth(d);
        let mut y = &x * &w + noise.column(0) * 0.5_f64.sqrt();
        let shifted = &x * &delta;
        (0..k).for_each(|i| y[i] += shifted[i]);
        let z = &x * &s;
        let v = if m < n {
            (z.transpose() * &z).cholesky().unwrap().solve(&(z.transpose() * y))
        } else {
            z.transpose() * (&z * z.transpose()).cholesky().unwrap().solve(&y)
        };
        (s * v - w).norm_squared()
    }

    /// ‖w‖ = 1, ‖δ‖² = 2, w·δ = 1.
    fn truth(d: usize) -> (DVector<f64>, DVector<f64>) {
        let w = DVector::from_fn(d, |i, _| f64::from(u8::from(i == 0)));
        let delta = DVector::from_fn(d, |i, _| f64::from(u8::from(i < 2)));
        (w, delta)
    }

    #[test]
    fn simulated_fits_agree() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        // Below n the law is exact; above it is a limit, and at this size a tenth is allowed for that.
        for (m, repeats, limit) in [(5, 1500, 0.0), (40, 400, 0.1)] {
            let errors: Vec<f64> = (0..repeats).map(|_| simulated(15, 20, m, 6, &mut rng)).collect();
            let r = f64::from(repeats);
            let mean = errors.iter().sum::<f64>() / r;
            let se = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
            let expected = law(15.0, 20, m as f64, 0.6, (2.0, 1.0));
            assert!(
                (mean - expected).abs() < 4.0 * se + limit * expected,
                "{m}: {mean} ± {se} for {expected}"
            );
        }
        assert!(ask("random-features-risk", at(15.0, 20, 15.0, 1.0)).is_err());
    }
}
