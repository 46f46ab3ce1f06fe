//! A Gaussian kernel density refitted to n of its own rows.
//!
//! A draw is a stored row plus h·N(0, 1), so the data's maximum-likelihood variance V obeys E V' = (1 − 1/n)(V + h²):
//! with n h² > 1 the loop inflates. The model's variance is V + h². Setting: Kazdan et al. (arXiv 2410.16713), Borji
//! (arXiv 2410.12954); recursion derived here. Cost: O(1).

use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "kernel-density-replace-sample-variance",
        statement: "E V_{t+1} = (1−1/n)(V_t + h²), V_1 = (1−1/n)σ₀², fixed point (n−1)h²",
        source: "derived here for the setting of arXiv 2410.16713 and 2410.12954",
        conditions: "Gaussian kernel of fixed bandwidth; V is the training rows' variance (ddof 0) per coordinate; extra: bandwidth h > 0",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("sample-variance", &["kde"])],
        predict: |at| Prediction::mean(training(at)?.0),
    },
    ClosedForm {
        name: "kernel-density-replace-variance",
        statement: "E V_t + h²: the model's own variance",
        source: "derived here for the setting of arXiv 2410.16713 and 2410.12954",
        conditions: "as kernel-density-replace-sample-variance",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("variance", &["kde"])],
        predict: |at| training(at).and_then(|(v, h2)| Prediction::mean(v + h2)),
    },
];

/// E V after `fits` fits, and h².
fn training(at: &Conditions<'_>) -> Result<(f64, f64), Unmet> {
    at.unbiased_sampling()?;
    let h = at.need("bandwidth")?;
    if h <= 0.0 {
        return Err(Unmet::range("bandwidth", "> 0"));
    }
    let (keep, h2) = (1.0 - 1.0 / at.n, h * h);
    let fixed = (at.n - 1.0) * h2;
    Ok((fixed + keep.powf(at.t() - 1.0) * (keep * at.variance - fixed), h2))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};

    #[test]
    fn the_law_gives_the_published_numbers() {
        let law = find("kernel-density-replace-sample-variance").unwrap();
        // 30 retrainings are 31 fits.
        let at = Conditions { n: 10.0, fits: 31, ..Conditions::default() }.with("bandwidth", 0.3);
        assert!((law.predict(&at).unwrap().mean - 0.8138).abs() < 5e-5);
        let at = Conditions { n: 1000.0, fits: 1_000_000, ..Conditions::default() }.with("bandwidth", 0.1);
        assert!((law.predict(&at).unwrap().mean - 9.99).abs() < 1e-6);
        assert!(
            (find("kernel-density-replace-variance").unwrap().predict(&at).unwrap().mean - 10.0).abs() < 1e-6
        );
    }
}
