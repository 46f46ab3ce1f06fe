//! Why an effect has no number.

use std::fmt;

use crate::metrics::Absence;

/// Why there is no share, no critical fraction or no verdict. Each reads as the end of a sentence that names the metric.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// The arm without human rows is not shown to lose anything: the loss is at most this much, in the metric's unit.
    NoLoss {
        /// The upper end of the loss's interval.
        at_most: f64,
    },
    /// The loss is shown, and smaller than the tolerance.
    BelowTolerance {
        /// The mean loss.
        loss: f64,
        /// The tolerance, in the metric's unit.
        tolerance: f64,
    },
    /// A human-valued metric is nearer to people without human rows than with human rows alone.
    TowardsPeople,
    /// A human-valued metric lies on the other side of the human value.
    CrossesPeople,
    /// The metric lost its value in some seeds and has no worst value that could stand in.
    Collapsed {
        /// Seeds without a value, or with an infinite one.
        seeds: usize,
        /// All seeds.
        of: usize,
    },
    /// The metric was without a value at the start already.
    CollapsedAtStart {
        /// Seeds without a value at the start.
        seeds: usize,
        /// All seeds.
        of: usize,
    },
    /// Infinite on the good side.
    InfinitelyGood,
    /// No value for a reason that is not collapse.
    Absent(Absence),
    /// Fewer seeds than the interval needs.
    FewSeeds {
        /// Seeds that every arm has.
        have: usize,
        /// Seeds that it takes.
        need: usize,
        /// Whether it takes so many because some seeds were cut at the worst value.
        cut: bool,
    },
    /// An arm that the effect is defined by was not run.
    NoArm(f64),
    /// The interval is unbounded on both sides.
    NotDetermined,
    /// One run is too short of rows; about so many times as many would decide.
    MoreRows(f64),
    /// There is neither a worst value nor a stated tolerance.
    NoTolerance,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::say::number;
        match self {
            Why::NoLoss { at_most } => write!(f, "no loss shown; at most {}", number(*at_most)),
            Why::BelowTolerance { loss, tolerance } => write!(
                f,
                "the loss, {}, is smaller than the tolerance, {}",
                number(*loss),
                number(*tolerance)
            ),
            Why::TowardsPeople => f.write_str("moves towards people"),
            Why::CrossesPeople => f.write_str("crosses the human value"),
            Why::Collapsed { of: 1, .. } => f.write_str("collapsed"),
            Why::CollapsedAtStart { of: 1, .. } => f.write_str("without a value at the start already"),
            Why::MoreRows(times) => write!(f, "about {} times as many rows would decide", number(*times)),
            Why::Collapsed { seeds, of } => write!(f, "collapsed in {seeds} of {of} seeds"),
            Why::CollapsedAtStart { seeds, of } => {
                write!(f, "without a value at the start already in {seeds} of {of} seeds")
            }
            Why::InfinitelyGood => f.write_str("infinite on the good side"),
            Why::Absent(why) => write!(f, "no value: {}", why.name()),
            Why::FewSeeds { have, need, cut: false } => {
                write!(f, "{have} common seed{}, and it takes {need}", if *have == 1 { "" } else { "s" })
            }
            Why::FewSeeds { have, need, cut: true } => {
                write!(
                    f,
                    "some seeds are cut at the worst value: it takes {need} seeds, and there are {have}"
                )
            }
            Why::NoArm(fraction) => write!(f, "no arm with human fraction {fraction}"),
            Why::NotDetermined => f.write_str("not determined with these seeds"),
            Why::NoTolerance => f.write_str("no worst value and no stated tolerance"),
        }
    }
}
