//! The scatter of normal rows without the rows.
//!
//! A `d × ν` matrix Z of standard normals has the LQ factorisation Z = A Q with Q independent of A, and A is
//! `d × min(d, ν)`, lower trapezoidal, with √χ²(ν − i) on the diagonal and standard normals below (Bartlett 1933, DOI
//! 10.1017/S0370164600015923; for ν ≤ d too). So A Aᵀ is Wishart with ν degrees of freedom. Cost: d²/2 normals, whatever
//! ν is.

use rand::RngExt;
use rand_distr::{Distribution, Gamma, StandardNormal};

use crate::rng::Stream;

/// Bartlett's factor A, row-major, `d × min(d, freedom)`, times `scale`.
pub fn bartlett(d: usize, freedom: usize, scale: f64, rng: &mut Stream) -> Vec<f64> {
    let columns = d.min(freedom);
    let mut a = vec![0.0; d * columns];
    for i in 0..d {
        for entry in &mut a[i * columns..i * columns + i.min(columns)] {
            *entry = scale * rng.sample::<f64, _>(StandardNormal);
        }
        if i < columns {
            a[i * columns + i] = scale * chi_squared((freedom - i) as u64, rng).sqrt();
        }
    }
    a
}

/// A χ² variate; 0 for 0 degrees of freedom.
pub fn chi_squared(freedom: u64, rng: &mut Stream) -> f64 {
    Gamma::new(0.5 * freedom as f64, 2.0).map_or(0.0, |gamma| gamma.sample(rng))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::cholesky::gram;
    use crate::rng::Streams;

    #[test]
    fn the_scatter_has_the_moments_of_a_wishart_matrix() {
        // E W = ν I, and var W_ij = ν for i ≠ j, 2ν for i = j; ν below, at and above d.
        let (d, draws) = (3, 4000);
        for freedom in [2, 3, 9] {
            let mut rng = Streams::new(0, freedom as u64).of("test").rng();
            let mut sum = vec![0.0; d * d];
            for _ in 0..draws {
                let w = gram(&bartlett(d, freedom, 1.0, &mut rng), d, d.min(freedom));
                sum.iter_mut().zip(w).for_each(|(s, w)| *s += w);
            }
            for (i, total) in sum.iter().enumerate() {
                let diagonal = i % (d + 1) == 0;
                let nu = freedom as f64;
                let (mean, variance) = if diagonal { (nu, 2.0 * nu) } else { (0.0, nu) };
                let z = (total / f64::from(draws) - mean) / (variance / f64::from(draws)).sqrt();
                assert!(z.abs() < 4.5, "entry {i} at {freedom} degrees of freedom: z = {z}");
            }
        }
    }
}
