//! Special functions that the laws share and `statrs` lacks.

/// Trigamma ψ′(x) for x > 0: recurrence up to 10, then the asymptotic series (absolute error below 1e-12).
pub(super) fn trigamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    sum + 1.0 / x
        + y / 2.0
        + (y / x) * (1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y * (1.0 / 30.0 - y * 5.0 / 66.0))))
}

/// Riemann ζ(s) for s > 1: 50 terms and the Euler–Maclaurin tail (relative error below 1e-12 for s ≥ 1.01).
pub(super) fn zeta(s: f64) -> f64 {
    let m = 50.0_f64;
    let head: f64 = (1..50).map(|i| f64::from(i).powf(-s)).sum();
    head + m.powf(1.0 - s) / (s - 1.0) + 0.5 * m.powf(-s) + s * m.powf(-s - 1.0) / 12.0
        - s * (s + 1.0) * (s + 2.0) * m.powf(-s - 3.0) / 720.0
}

/// Geometric sum 1 + r + … + r^(terms−1), exact also at r = 1.
pub(super) fn geometric(r: f64, terms: f64) -> f64 {
    if (r - 1.0).abs() < 1e-12 { terms } else { (1.0 - r.powf(terms)) / (1.0 - r) }
}

/// Π_{k=1..t} (1 − 1/(n k²)), which tends to sin(π/√n)/(π/√n).
pub(super) fn sine_product(n: f64, t: u32) -> f64 {
    (1..=t).map(|k| 1.0 - 1.0 / (n * f64::from(k) * f64::from(k))).product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn trigamma_and_zeta_take_their_known_values() {
        assert!((trigamma(1.0) - PI * PI / 6.0).abs() < 1e-12);
        assert!((trigamma(0.5) - PI * PI / 2.0).abs() < 1e-12);
        assert!((zeta(2.0) - PI * PI / 6.0).abs() < 1e-12);
        assert!((zeta(4.0) - PI.powi(4) / 90.0).abs() < 1e-12);
        assert!((zeta(1.5) - 2.612_375_348_685_488).abs() < 1e-12);
    }

    #[test]
    fn sine_product_tends_to_the_sine() {
        let x = PI / 10.0_f64.sqrt();
        // The factors beyond t multiply to about 1 − 1/(n t).
        assert!((sine_product(10.0, 100_000) - x.sin() / x).abs() < 2e-6);
        assert!((geometric(1.0, 7.0) - 7.0).abs() < 1e-12);
        assert!((geometric(0.5, 3.0) - 1.75).abs() < 1e-12);
    }
}
