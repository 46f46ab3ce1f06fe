//! Vector code without intrinsics: the loops of single-precision models, to be run under [`wide`].
//!
//! Sums are kept in [`LANES`] partial sums of a fixed number, so their value does not depend on the
//! width of the registers.

pub(crate) use crate::simd::{LANES, sum, wide};

/// eˣ, relative error below 3·10⁻⁷ on [−87, 88], clamped outside; NaN stays NaN.
///
/// Cody–Waite range reduction x = k·ln 2 + r with |r| ≤ ½ ln 2 and a polynomial for eʳ
/// (coefficients of the Cephes library).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 · 2²³: adding it rounds to an integer
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + MAGIC;
    let k = shifted - MAGIC;
    let r = x - k * 0.693_359_4;
    let r = r + k * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 0.166_666_66;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    p * scale
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

const GELU_A: f32 = 1.595_769; // 2·√(2/π)
const GELU_B: f32 = 0.044_715;

/// GELU in its tanh form: x·σ(2√(2/π)(x + 0.044715 x³)), Hendrycks & Gimpel, arXiv:1606.08415.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    x * sigmoid(GELU_A * (x + GELU_B * x * x * x))
}

/// The derivative of [`gelu`].
#[inline(always)]
pub(crate) fn gelu_slope(x: f32) -> f32 {
    let s = sigmoid(GELU_A * (x + GELU_B * x * x * x));
    s + x * s * (1.0 - s) * GELU_A * (1.0 + 3.0 * GELU_B * x * x)
}

/// [`gelu`] and its derivative, from one exponential.
#[inline(always)]
pub(crate) fn gelu_with_slope(x: f32) -> (f32, f32) {
    let s = sigmoid(GELU_A * (x + GELU_B * x * x * x));
    (x * s, s + x * s * (1.0 - s) * GELU_A * (1.0 + 3.0 * GELU_B * x * x))
}

/// The sum of a slice.
#[inline(always)]
pub(crate) fn sum_of(x: &[f32]) -> f32 {
    sum(x.len(), |i| x[i])
}

/// The largest value of a slice; −∞ when empty. A NaN is ignored here and must be caught
/// by what follows.
#[inline(always)]
pub(crate) fn max_of(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest = chunks.remainder();
    for c in chunks {
        for l in 0..LANES {
            lanes[l] = if c[l] > lanes[l] { c[l] } else { lanes[l] };
        }
    }
    for (l, &v) in rest.iter().enumerate() {
        lanes[l] = if v > lanes[l] { v } else { lanes[l] };
    }
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            lanes[l] = if lanes[l + width] > lanes[l] { lanes[l + width] } else { lanes[l] };
        }
        width /= 2;
    }
    lanes[0]
}

/// Replaces logits by exp(logit − max) and returns (max, Σ exp(logit − max)).
#[inline(always)]
pub(crate) fn exp_shifted(x: &mut [f32]) -> (f32, f32) {
    let top = max_of(x);
    for v in x.iter_mut() {
        *v = exp(*v - top);
    }
    (top, sum_of(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_standard_library_in_f64() {
        let mut worst = 0.0f64;
        for i in 0..174_990 {
            let x = -87.0 + i as f32 * 1e-3;
            let exact = f64::from(x).exp();
            worst = worst.max(((f64::from(exp(x)) - exact) / exact).abs());
        }
        assert!(worst < 3e-7, "{worst:e}");
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(-1e30) < 2e-38 && exp(1e30).is_finite());
    }

    #[test]
    fn sums_and_maxima_of_every_length() {
        for n in 0..70usize {
            let x: Vec<f32> = (0..n).map(|i| (i * 7 % 11) as f32).collect();
            let exact: f32 = x.iter().sum();
            assert_eq!(
                wide(
                    #[inline(always)]
                    || sum_of(&x)
                ),
                exact
            );
            let top = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(max_of(&x), top);
        }
    }

    #[test]
    fn gelu_slope_is_its_derivative() {
        for i in -40..=40 {
            let x = i as f32 * 0.1;
            let g = |x: f64| 0.5 * x * (1.0 + (0.797_884_560_8 * (x + 0.044_715 * x.powi(3))).tanh());
            let slope = (g(f64::from(x) + 1e-5) - g(f64::from(x) - 1e-5)) / 2e-5;
            assert!((f64::from(gelu(x)) - g(f64::from(x))).abs() < 1e-6);
            assert!((f64::from(gelu_slope(x)) - slope).abs() < 1e-5, "{x}");
        }
    }
}
