//! The error of frequencies that are refitted to everything so far, while a share of human rows keeps arriving.
//!
//! Per batch of n rows, a share α human: the pooled frequencies q_t move by (batch − q)/t, so with u = E‖q − p‖²/h and
//! h = 1 − Σp², u_t = (1 − α/t)² u_{t−1} + (1 − (1−α) u_{t−1})/(n t²), u_1 = 1/n. In units of one human row's error u is
//! the metric `inverse-effective-rows`. For α > ½ it falls like 1/((2α−1) n t), at ½ like ln t/(n t), below like
//! t^(−2α): pooling rows whose origin is unknown wastes human rows, where Kanabar & Gastpar (arXiv 2501.19273) show that
//! no estimator without labels gets beyond Σ n α² of them, in order. The recursion is derived here. Cost: O(t).

use super::{Conditions, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "arrivals-inverse-rows",
        statement: "E‖q_t−p‖²/(1−Σp²) = u_t = (1−α/t)² u_{t−1} + (1−(1−α)u_{t−1})/(n t²), u_1 = 1/n",
        source: "derived here; setting of arXiv 2501.19273 (data accumulation)",
        conditions: "categorical source and family, no smoothing; equal batches of n rows, a share α of each human",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["inverse-effective-rows"],
        predict: |at| Prediction::mean(pooled(at)?),
    },
    Law {
        name: "replace-inverse-rows",
        statement: "E‖q_t−p‖²/(1−Σp²) = 1 − (1−1/n)ᵗ",
        source: "arXiv 2404.05090 (fully synthetic), as an error",
        conditions: "categorical source and family, no smoothing; n rows every generation",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["inverse-effective-rows"],
        predict: |at| Prediction::mean(1.0 - (1.0 - 1.0 / at.n).powf(at.t())),
    },
    Law {
        name: "unlabelled-inverse-rows",
        statement: "1 / Σ n_i α_i²: the order of the error that an estimator can reach without knowing whose the rows are",
        source: "arXiv 2501.19273 (minimax, up to constants)",
        conditions: "equal batches of n rows, the first all human, a share α of each other human",
        relation: Relation::AtLeast,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Stream],
        forms: &[],
        takes_in: &[],
        draws: &[],
        predict: |at| Prediction::mean(1.0 / (at.n * (1.0 + (at.t() - 1.0) * at.human_fraction.powi(2)))),
    },
];

fn pooled(at: &Conditions) -> Result<f64, Unmet> {
    let alpha = at.human_fraction;
    let mut u = 1.0 / at.n;
    for t in 2..=at.fits {
        let t = f64::from(t);
        u = (1.0 - alpha / t).powi(2) * u + (1.0 - (1.0 - alpha) * u) / (at.n * t * t);
    }
    Ok(u)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Conditions;
    use super::super::special::sine_product;
    use super::super::testing::mean;

    fn ask(law: &str, n: f64, fits: u32, human_fraction: f64) -> f64 {
        let at = Conditions { n, fits, human_fraction, ..Conditions::default() }.uniform(4);
        mean(law, at)
    }

    #[test]
    fn without_human_rows_it_is_accumulates_product_and_with_only_them_one_over_the_rows() {
        for fits in [1, 2, 9, 200] {
            let accumulate = 1.0 - sine_product(20.0, fits);
            assert!((ask("arrivals-inverse-rows", 20.0, fits, 0.0) - accumulate).abs() < 1e-12, "{fits}");
            let human = 1.0 / (20.0 * f64::from(fits));
            assert!((ask("arrivals-inverse-rows", 20.0, fits, 1.0) - human).abs() < 1e-12, "{fits}");
        }
        assert!((ask("replace-inverse-rows", 20.0, 2, 0.0) - (1.0 - 0.95 * 0.95)).abs() < 1e-12);
    }

    #[test]
    fn pooling_reaches_a_share_of_what_could_be_reached() {
        // α = 0.8: 1/(0.6 n t) in the long run, where 1/(0.64 n t) can be reached in order.
        let (n, t) = (1000.0, 100_000);
        let pooled = ask("arrivals-inverse-rows", n, t, 0.8) * n * f64::from(t);
        assert!((pooled * 0.6 - 1.0).abs() < 1e-3, "{pooled}");
        let reachable = ask("unlabelled-inverse-rows", n, t, 0.8) * n * f64::from(t);
        assert!((reachable * 0.64 - 1.0).abs() < 1e-3, "{reachable}");
        for alpha in [0.1, 0.3, 0.5, 0.7, 0.9] {
            let law = |law| ask(law, 100.0, 200, alpha);
            assert!(law("arrivals-inverse-rows") >= law("unlabelled-inverse-rows"), "{alpha}");
        }
    }
}
