//! A Gaussian kernel density refitted to n of its own rows.
//!
//! A draw is a stored row plus h·N(0, 1), so the data's maximum-likelihood variance V obeys E V' = (1 − 1/n)(V + h²):
//! with n h² > 1 the loop inflates. The model's variance is V + h². Setting: Kazdan et al. (arXiv 2410.16713), Borji
//! (arXiv 2410.12954); recursion derived here. Cost: O(1).

use super::{Conditions, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "kernel-density-replace-sample-variance",
        statement: "E V_{t+1} = (1−1/n)(V_t + h²), V_1 = (1−1/n)σ₀², fixed point (n−1)h²",
        source: "derived here for the setting of arXiv 2410.16713 and 2410.12954",
        conditions: "Gaussian kernel of fixed bandwidth; V is the training rows' variance (ddof 0) per coordinate",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Kernels],
        takes_in: &[],
        draws: &["sample-variance"],
        predict: |at| Prediction::mean(training(at)?.0),
    },
    Law {
        name: "kernel-density-replace-variance",
        statement: "E V_t + h²: the model's own variance",
        source: "derived here for the setting of arXiv 2410.16713 and 2410.12954",
        conditions: "as kernel-density-replace-sample-variance",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Kernels],
        takes_in: &[],
        draws: &["variance"],
        predict: |at| training(at).and_then(|(v, h2)| Prediction::mean(v + h2)),
    },
];

/// E V after `fits` fits, and h².
fn training(at: &Conditions) -> Result<(f64, f64), Unmet> {
    let h = at.family.bandwidth.ok_or(Unmet::Missing("a stated bandwidth"))?;
    let (keep, h2) = (1.0 - 1.0 / at.n, h * h);
    let fixed = (at.n - 1.0) * h2;
    Ok((fixed + keep.powf(at.t() - 1.0) * (keep * at.variance()? - fixed), h2))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean;
    use super::super::{Conditions, Family, Form};

    #[test]
    fn the_law_gives_the_published_numbers() {
        let wide = |n, fits, h| {
            let family = Family { bandwidth: Some(h), ..Family::of(Form::Kernels) };
            Conditions { n, fits, family, ..Conditions::default() }
        };
        let law = "kernel-density-replace-sample-variance";
        // 30 retrainings are 31 fits.
        assert!((mean(law, wide(10.0, 31, 0.3)) - 0.8138).abs() < 5e-5);
        let late = wide(1000.0, 1_000_000, 0.1);
        assert!((mean(law, late.clone()) - 9.99).abs() < 1e-6);
        assert!((mean("kernel-density-replace-variance", late) - 10.0).abs() < 1e-6);
    }
}
