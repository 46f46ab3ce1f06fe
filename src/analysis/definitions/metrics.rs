//! Which metric stands for what a definition speaks of: the first of a list that the run measured.

use crate::analysis::observations::Series;

/// What a definition speaks of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Population risk: less is better.
    Risk,
    /// Spread or diversity.
    Variance,
    /// Reach over the human modes.
    Modes,
    /// What is left of the human tail.
    Tails,
    /// The share of rows that look human.
    Reality,
}

/// On which scale a metric's ratio is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// A quantity with a natural zero: value / value.
    Ratio,
    /// A logarithm (nats): differences are logarithms of ratios.
    Log,
    /// A quantity with a natural zero that grows as what it stands for is lost.
    Loss,
    /// A logarithm that grows as what it stands for is lost.
    LogLoss,
}

use Scale::{Log, LogLoss, Loss, Ratio};

const RISK: &[(&str, Scale)] = &[
    ("wasserstein2", Ratio),
    ("perplexity", Ratio),
    ("negative-log-likelihood", Log),
    ("kl", Ratio),
    ("test-mse", Ratio),
    ("excess-risk", Ratio),
    ("mean-error", Ratio),
    ("covariance-error", Ratio),
    ("parameter-error", Ratio),
    ("js", Ratio),
    ("tv", Ratio),
    ("hellinger", Ratio),
    ("fisher-rao", Ratio),
    ("energy-distance", Ratio),
    ("sliced-wasserstein", Ratio),
    ("w1", Ratio),
    ("cramer-von-mises", Ratio),
    ("cdf-error", Ratio),
    ("inverse-effective-rows", Ratio),
    ("unseen-mass", Ratio),
];
const VARIANCE: &[(&str, Scale)] = &[
    ("variance", Ratio),
    ("sample-variance", Ratio),
    ("modal-variance", Ratio),
    ("log-variance", Log),
    ("hill", Ratio),
    ("hill-2", Ratio),
    ("entropy", Log),
    ("vendi", Ratio),
    ("pairwise-distance", Ratio),
    ("distinct-2", Ratio),
    ("mattr", Ratio),
];
const MODES: &[(&str, Scale)] = &[("mode-coverage", Ratio), ("coverage", Ratio), ("recall", Ratio)];
// The mass of a tail is kept in expectation while its outcomes die: what is seen of them comes first.
const TAILS: &[(&str, Scale)] = &[
    ("unseen-mass", Loss),
    ("cross-entropy-decile-10", LogLoss),
    ("support-size", Ratio),
    ("vocabulary-survival", Ratio),
    ("hapax-share", Ratio),
    ("tail-mass", Ratio),
];
const REALITY: &[(&str, Scale)] =
    &[("high-quality-share", Ratio), ("precision", Ratio), ("sequence-perplexity-95", Loss)];

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Risk => "population risk",
            Kind::Variance => "variance or diversity",
            Kind::Modes => "coverage of modes",
            Kind::Tails => "the tails",
            Kind::Reality => "the share of real-looking rows",
        }
    }

    fn list(self) -> &'static [(&'static str, Scale)] {
        match self {
            Kind::Risk => RISK,
            Kind::Variance => VARIANCE,
            Kind::Modes => MODES,
            Kind::Tails => TAILS,
            Kind::Reality => REALITY,
        }
    }
}

/// The setting's series of the first metric of the kind, with two generations or more; the human
/// baseline does not count.
pub(super) fn measured<'a>(own: &[&'a Series], kind: Kind) -> Option<(&'a Series, Scale)> {
    kind.list().iter().find_map(|(metric, scale)| {
        let is = |s: &&&Series| s.metric == *metric && s.subject.is_of_the_loop() && s.at.len() > 1;
        own.iter().find(is).map(|s| (*s, *scale))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_metric() {
        for (name, _) in RISK.iter().chain(VARIANCE) {
            assert!(crate::metrics::reading(name).is_some(), "{name}");
        }
    }
}
