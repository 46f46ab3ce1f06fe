//! Quantiles of a few numbers, linear between order statistics: Hyndman and Fan's type 7, numpy's default
//! (DOI 10.2307/2684934). Cost: O(1) once sorted.

/// The quantile of sorted numbers, of which there is at least one; q in [0, 1].
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    // Between two infinities there is no difference to interpolate.
    if sorted[low] == sorted[high] {
        return sorted[low];
    }
    sorted[low] + (at - at.floor()) * (sorted[high] - sorted[low])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::reference;

    #[test]
    fn quantiles_are_numpys() {
        let r = reference();
        let mut u = r.numbers("u");
        u.sort_by(f64::total_cmp);
        for (q, expected) in [0.5, 0.05, 0.25, 0.75, 0.95].into_iter().zip(r.numbers("quantiles")) {
            assert!((quantile(&u, q) - expected).abs() < 1e-12);
        }
    }
}
