//! `calibration-error`: whether predicted probabilities are frequencies.
//!
//! ECE = Σ_b (n_b/N) |mean outcome in b − mean probability in b| over bins of equal width (lo, hi] of a probability. With
//! two classes it is that of class 1 and the outcome is the label (the reliability diagram; scikit-learn's
//! `calibration_curve` with `strategy = "uniform"`); with more it is that of the likeliest class and the outcome is
//! whether it is right (Guo et al. 2017, arXiv 1706.04599, equation 3). Biased upwards for few rows a bin: of N rows that
//! are calibrated, about Σ √(2 p(1−p) n_b/π)/N. Cost: one prediction for each held-out row.

use super::prediction::{class_probabilities, classes, likeliest};
use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, one, table};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "calibration-error",
        summary: "Expected calibration error of predicted classes on held-out human rows",
        details: "Σ (n_b/N) |outcome − probability| over bins of equal width, both averaged within a bin. Two classes: the \
                  probability of class 1 against the label. More: the probability of the likeliest class against whether it \
                  is right. A finite sample of a calibrated model has a value above 0, larger for more bins and fewer rows.",
        source: "Guo, Pleiss, Sun and Weinberger 2017, arXiv 1706.04599",
        parameters: Calibration::PARAMETERS,
        version: 1,
    },
    extra: Reading::distance("probability", Scale::Logit),
    build: |node, _| Ok(Box::new(table::<Calibration>(node)?)),
};

crate::parameters! {
    /// The table of the calibration error.
    #[derive(Clone, Copy)]
    struct Calibration {
        /// Bins of equal width
        bins: usize = 10, in within(1, 1000);
    }
}

impl Metric for Calibration {
    fn needs(&self) -> Needs {
        Needs { model: true, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if !(1..=1000).contains(&self.bins) {
            return Err(Refusal::new(format!("bins must be from 1 to 1000, not {}", self.bins)));
        }
        classes(schema).map(drop)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (labels, classes, probabilities) = class_probabilities(of, of.reference()?)?;
        let pairs = labels.iter().zip(probabilities.chunks_exact(classes)).map(|(&label, p)| {
            if classes == 2 {
                (p[1], label == 1)
            } else {
                let top = likeliest(p);
                (p[top], label as usize == top)
            }
        });
        one("calibration-error", expected_calibration_error(pairs, self.bins))
    }
}

fn expected_calibration_error(pairs: impl Iterator<Item = (f64, bool)>, bins: usize) -> f64 {
    // Of each bin the difference of the sums; the bin's size cancels.
    let mut excess = vec![0.0; bins];
    let mut n = 0.0;
    for (p, outcome) in pairs {
        // Bins are (lo, hi], and the first holds 0 too.
        let bin = ((p * bins as f64).ceil() as usize).clamp(1, bins) - 1;
        excess[bin] += f64::from(u8::from(outcome)) - p;
        n += 1.0;
    }
    excess.iter().map(|e| e.abs()).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::Link;
    use crate::metrics::testing::{Fitted, Scene, labelled, regression_reference, value};

    #[test]
    fn the_error_by_hand() {
        // Bins (0, ½] and (½, 1]: |(0 − .2) + (1 − .4)| + |(1 − .9) + (0 − .7) + (1 − .6)| = .4 + .2, of five rows.
        let pairs = [(0.2, false), (0.4, true), (0.9, true), (0.7, false), (0.6, true)];
        assert!((expected_calibration_error(pairs.into_iter(), 2) - 0.12).abs() < 1e-15);
        // An edge belongs to the bin below, 0 to the first, 1 to the last.
        let edges = [(0.5, false), (0.0, false), (1.0, true)];
        assert!((expected_calibration_error(edges.into_iter(), 2) - 0.5 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn it_is_the_weighted_gap_of_scikit_learns_calibration_curve() {
        let all = regression_reference();
        let (scores, labels) = (all.numbers("calibration_log_odds"), all.numbers("calibration_labels"));
        let scene = Scene::model(Fitted::regression(&[1.0], Link::Logit)).beside(labelled(
            &scores,
            1,
            &labels,
            Link::Logit,
        ));
        for (bins, key) in [(10, "calibration_error_10"), (5, "calibration_error_5")] {
            let found = value(&Calibration { bins }, &scene).unwrap();
            assert!((found - all.number(key)).abs() < 1e-12, "{bins}: {found}");
        }
    }
}
