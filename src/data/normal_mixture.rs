//! Finite mixtures of normal distributions as data: what truths and fitted models state.
//!
//! p(x) = Σ_k w_k N(x; μ_k, Σ_k). Mean Σ_k w_k μ_k; covariance Σ_k w_k (Σ_k + μ_k μ_kᵀ) − μ μᵀ. A
//! normal distribution is a mixture of one.

/// The parameters of a mixture of `k` normal distributions in `d` dimensions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalMixture<'a> {
    /// `d`.
    pub dim: usize,
    /// `k` weights, not negative, with sum 1.
    pub weights: &'a [f64],
    /// `k × d` numbers, one mean after the other.
    pub means: &'a [f64],
    /// `k × d × d` numbers, one row-major covariance after the other.
    pub covariances: &'a [f64],
}

impl<'a> NormalMixture<'a> {
    /// The number of components.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether there is no component.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The mean of component `k`, `d` numbers.
    pub fn mean(&self, k: usize) -> &'a [f64] {
        &self.means[k * self.dim..(k + 1) * self.dim]
    }

    /// The covariance of component `k`, row-major, `d × d` numbers.
    pub fn covariance(&self, k: usize) -> &'a [f64] {
        let size = self.dim * self.dim;
        &self.covariances[k * size..(k + 1) * size]
    }

    /// Mean (`d` numbers) and covariance (row-major, `d × d`) of the whole mixture.
    pub fn moments(&self) -> (Vec<f64>, Vec<f64>) {
        let d = self.dim;
        let mut mean = vec![0.0; d];
        for (k, w) in self.weights.iter().enumerate() {
            mean.iter_mut().zip(self.mean(k)).for_each(|(m, x)| *m += w * x);
        }
        let mut covariance = vec![0.0; d * d];
        for (k, w) in self.weights.iter().enumerate() {
            let (own, m) = (self.covariance(k), self.mean(k));
            for i in 0..d {
                for j in 0..d {
                    covariance[i * d + j] += w * (own[i * d + j] + (m[i] - mean[i]) * (m[j] - mean[j]));
                }
            }
        }
        (mean, covariance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_by_hand() {
        // ¼ N(−2, 1) + ¾ N(2, 3): mean 1; variance ¼(1 + 9) + ¾(3 + 1) = 5.5.
        let weights = [0.25, 0.75];
        let m = NormalMixture { dim: 1, weights: &weights, means: &[-2.0, 2.0], covariances: &[1.0, 3.0] };
        assert_eq!(m.moments(), (vec![1.0], vec![5.5]));
        assert_eq!((m.len(), m.mean(1), m.covariance(0)), (2, &[2.0][..], &[1.0][..]));
    }
}
