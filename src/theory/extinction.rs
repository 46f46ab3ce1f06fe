//! How long an outcome of refitted frequencies lives.
//!
//! Counts of n rows drawn from their own frequencies are a Wright–Fisher chain, X' ~ Binomial(n, X/n). Where x ≪ n a row
//! has Poisson(1) descendants, and Pr(extinct after t fits) = exp(−n p g_t), g_1 = 1, g_{t+1} = 1 − exp(−g_t): a bound,
//! since rows also compete for places (Suresh et al., arXiv 2412.17646). To second order, exp(−n p g_t − n p² c_t) with
//! a = 1 − e^{−g}, b = e^{−g}: g' = a + c b/n and c' = a²/2 + c b², from g_1 = 1, c_1 = ½. Derived here from
//! E e^{−gY − cY²/n} over Y ~ Binomial(n, x/n). Cost: O(t).

use super::conditions::Conditions;
use super::prediction::Unmet;

/// g_1 = 1, g_{t+1} = 1 − exp(−g_t); t·g_t tends to 2.
pub(super) fn g(t: u32) -> f64 {
    (1..t).fold(1.0, |g: f64, _| -(-g).exp_m1())
}

/// Pr(an outcome of probability p has no row left) after `fits` fits, to second order: within 0.4 % of the sums that
/// laws take of it while t ≤ n/3, and 0.1 % while t ≤ n/10.
pub(super) fn extinct(at: &Conditions) -> Result<impl Fn(f64) -> f64 + use<>, Unmet> {
    let n = at.n;
    if at.t() > (n / 3.0).max(1.0) {
        return Err(Unmet::range("fits", "at most n/3, up to which the second-order form is good to 0.4 %"));
    }
    let (mut g, mut c) = (1.0_f64, 0.5_f64);
    for _ in 1..at.fits {
        let (a, b) = (-(-g).exp_m1(), (-g).exp());
        (g, c) = (a + c * b / n, a * a / 2.0 + c * b * b);
    }
    Ok(move |p: f64| (-n * p * (g + p * c)).exp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Pr(extinct) of the chain itself, by powers of its matrix.
    fn exact(n: usize, fits: u32, p: &[f64]) -> Vec<f64> {
        let ln = |k: usize| statrs::function::gamma::ln_gamma(k as f64 + 1.0);
        let row = |q: f64| -> Vec<f64> {
            let at = |k: usize| match q {
                0.0 => f64::from(u8::from(k == 0)),
                1.0 => f64::from(u8::from(k == n)),
                q => (ln(n) - ln(k) - ln(n - k) + k as f64 * q.ln() + (n - k) as f64 * (-q).ln_1p()).exp(),
            };
            (0..=n).map(at).collect()
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let matrix: Vec<Vec<f64>> = (0..=n).map(|i| row(i as f64 / n as f64)).collect();
        let mut gone = vec![0.0; n + 1];
        gone[0] = 1.0;
        for _ in 1..fits {
            gone = matrix.iter().map(|row| dot(row, &gone)).collect();
        }
        p.iter().map(|p| dot(&row(*p), &gone)).collect()
    }

    #[test]
    fn it_is_the_exact_chain_to_a_thousandth_or_four() {
        for (outcomes, n, fits, exponent) in [
            (400, 137, 7, 0.0),
            (400, 137, 7, 1.0),
            (50, 100, 10, 1.0),
            (1000, 200, 20, 1.2),
            (60, 100, 1, 0.5),
            (50, 99, 33, 1.0),
        ] {
            let weights: Vec<f64> = (1..=outcomes).map(|i| f64::from(i).powf(-exponent)).collect();
            let total: f64 = weights.iter().sum();
            let p: Vec<f64> = weights.iter().map(|w| w / total).collect();
            let most = if fits * 10 <= n as u32 { 1e-3 } else { 4e-3 };
            let at = Conditions { n: n as f64, fits, ..Conditions::default() };
            let ours = extinct(&at).unwrap();
            let truth = exact(n, fits, &p);
            let alive = |gone: &dyn Fn(usize) -> f64| (0..p.len()).map(|i| 1.0 - gone(i)).sum::<f64>();
            let lost = |gone: &dyn Fn(usize) -> f64| (0..p.len()).map(|i| p[i] * gone(i)).sum::<f64>();
            let (a, b) = (alive(&|i| ours(p[i])), alive(&|i| truth[i]));
            assert!((a / b - 1.0).abs() < most, "K={outcomes} n={n} t={fits}: {a} alive for {b}");
            let (a, b) = (lost(&|i| ours(p[i])), lost(&|i| truth[i]));
            assert!((a / b - 1.0).abs() < most, "K={outcomes} n={n} t={fits}: {a} lost for {b}");
        }
        let late = Conditions { n: 100.0, fits: 34, ..Conditions::default() };
        assert!(extinct(&late).is_err());
    }
}
