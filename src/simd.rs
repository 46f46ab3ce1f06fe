//! Plain loops over slices, compiled once per instruction set and chosen at run time.
//!
//! What such loops add up does not depend on the width of the registers as long as every sum is written as a fixed number
//! of partial sums: products and sums are not contracted.

use std::ops::AddAssign;

/// Runs `f` compiled for the widest instruction set available. Whatever `f` calls must be
/// `#[inline(always)]` to profit, `f` itself included: write `wide(#[inline(always)] || …)`.
#[inline(always)]
pub(crate) fn wide<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

/// eˣ, relative error below 4·10⁻¹⁶ on [−708, 709], clamped outside; NaN stays NaN.
///
/// x = k ln 2 + r with |r| ≤ ½ ln 2 (ln 2 in two parts, Cody and Waite 1980) and the Taylor polynomial of degree 13.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²: adding it rounds to an integer
    const HIGH: f64 = 6.931_471_803_691_238e-1; // ln 2, its last 21 bits cut off
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = if x < -708.0 { -708.0 } else { x };
    let x = if x > 709.0 { 709.0 } else { x };
    let shifted = x * std::f64::consts::LOG2_E + MAGIC;
    let k = shifted - MAGIC;
    let r = (x - k * HIGH) - k * LOW;
    // Even and odd powers apart, which halves the chain of dependent operations.
    let q = r * r;
    let mut even = 1.0 / 479_001_600.0; // 1/12!
    let mut odd = 1.0 / 6_227_020_800.0; // 1/13!
    for (e, o) in
        [(3_628_800.0, 39_916_800.0), (40_320.0, 362_880.0), (720.0, 5_040.0), (24.0, 120.0), (2.0, 6.0)]
    {
        even = even * q + 1.0 / e;
        odd = odd * q + 1.0 / o;
    }
    let p = even + r * odd;
    let p = 1.0 + (r + r * r * p);
    p * f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52))
}

/// ln(1 + x) for x in [0, 1], relative error below 10⁻¹⁵.
///
/// 2 artanh z with z = x/(2 + x) ≤ ⅓, by its series up to z³⁵.
#[inline(always)]
pub(crate) fn ln_1p(x: f64) -> f64 {
    let z = x / (2.0 + x);
    let square = z * z;
    let fourth = square * square;
    let (mut even, mut odd) = (1.0 / 33.0, 1.0 / 35.0);
    for (e, o) in [
        (29.0, 31.0),
        (25.0, 27.0),
        (21.0, 23.0),
        (17.0, 19.0),
        (13.0, 15.0),
        (9.0, 11.0),
        (5.0, 7.0),
        (1.0, 3.0),
    ] {
        even = even * fourth + 1.0 / e;
        odd = odd * fourth + 1.0 / o;
    }
    let sum = even + square * odd;
    2.0 * z * sum
}

/// Partial sums in a reduction.
pub(crate) const LANES: usize = 16;

/// The sum of `f(i)` for i in 0..n, in [`LANES`] partial sums.
#[inline(always)]
pub(crate) fn sum<T: Copy + Default + AddAssign>(n: usize, f: impl Fn(usize) -> T) -> T {
    let mut lanes = [T::default(); LANES];
    let whole = n / LANES * LANES;
    let mut i = 0;
    while i < whole {
        for (l, lane) in lanes.iter_mut().enumerate() {
            *lane += f(i + l);
        }
        i += LANES;
    }
    for (l, lane) in lanes.iter_mut().enumerate().take(n - whole) {
        *lane += f(whole + l);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            let other = lanes[l + width];
            lanes[l] += other;
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_agree_with_the_standard_library() {
        let error = |found: f64, expected: f64| ((found - expected) / expected).abs();
        for i in 0..=14_170 {
            let x = -708.0 + f64::from(i) * 0.1;
            assert!(error(exp(x), x.exp()) < 4e-16, "e^{x}");
        }
        for i in 1..=10_000 {
            let x = f64::from(i) * 1e-4;
            assert!(error(ln_1p(x), x.ln_1p()) < 1e-15, "ln(1 + {x})");
        }
        assert!(exp(f64::NAN).is_nan() && exp(-1e9) < 1e-300 && exp(1e9) > 1e300);
        assert_eq!((ln_1p(0.0), ln_1p(1e-300)), (0.0, 1e-300));
    }

    #[test]
    fn sums_of_every_length() {
        for n in 0..70 {
            let exact: f64 = (0..n).map(|i| (i * 7 % 11) as f64).sum();
            assert_eq!(sum(n, |i| (i * 7 % 11) as f64), exact);
        }
    }
}
