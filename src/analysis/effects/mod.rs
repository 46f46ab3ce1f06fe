//! Effects first, then verdicts: the prevented share, the critical fraction, the change since generation 0, the gain of
//! synthetic rows per human row.
//!
//! Everything takes one observation a seed, paired by seed, and returns a number with its interval, or [`Why`] there is
//! none. Intervals are Student's t on per-seed paired numbers (Fieller's for ratios). No effect depends on the size of
//! the measured sample, on a human-versus-human spread, or on anything else that is estimated from other rows.

mod change;
mod comparison;
mod critical;
mod fieller;
mod human_rows;
mod judged;
mod prevented;
mod seeds;
mod why;

pub use change::{Change, Word, change};
pub use comparison::{
    Arm, ArmFindings, ByGeneration, Comparison, Metric, MetricFindings, compared, gains_of,
};
pub use critical::{Critical, Together, critical, next_arm, together};
pub use fieller::{Ratio, ratio};
pub use human_rows::{Gain, Gains, gains};
pub use judged::{Judged, Tolerance};
pub use prevented::{GATE_LEVEL, Prevented, prevented, share_parts};
pub use seeds::{CUT_NEEDS, Level, Seeds, level_of, values_of};
pub use why::Why;
