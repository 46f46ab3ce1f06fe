//! What the rows say: intervals, paired comparison, summaries, effects and verdicts, phase diagrams, claims, the eight
//! definitions of collapse, and a self-test of the statistics.
//!
//! Everything here reads the rows that lineages wrote, never the engine. A seed is the unit of independence: members of
//! a population are averaged within their seed, and comparisons pair seeds.

mod best;
mod claims;
mod claims_intervals;
mod definitions;
pub mod effective_rows;
pub mod effects;
mod intervals;
mod jackknife;
pub mod lead;
mod losses;
pub(crate) mod observations;
mod paired;
pub mod phase;
mod rank_correlation;
pub mod selftest;
mod summary;
mod trends;

pub use crate::store::{SettingKey, column};
pub use best::{RESAMPLES, share_best};
pub use claims::{
    ClaimResult, Expected, Point, Question, Relation, Statistic, Tolerance, Verdict, against_law,
};
pub use claims_intervals::Range;
pub use definitions::{Answer, Definition, DefinitionsRow, Finding, definitions, write_definitions};
pub use intervals::{Interval, mean_interval, t_interval};
pub(crate) use intervals::{mean_sd, t_quantile};
pub use jackknife::{Over, over_rows, pseudo_values};
pub use losses::is_collapse;
pub use observations::{Gathering, Observations, Series};
pub use paired::{differences, paired_difference};
pub use rank_correlation::rank_correlation;
pub use summary::{SummaryRow, summarise, write_csv};
pub use trends::{least_squares, monotone, rises, scaled, slope, slope_along};

/// The level of displayed intervals.
pub const DISPLAY_LEVEL: f64 = 0.95;

/// Why an analysis can't be done.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// A comparison needs two seeds that both settings have.
    #[error(
        "a paired comparison needs at least 2 seeds that both settings have, and there are {common} ({left} and {right} seeds): run the same seeds in both"
    )]
    TooFewPairs {
        /// Seeds that both have.
        common: usize,
        /// Seeds of the first.
        left: usize,
        /// Seeds of the second.
        right: usize,
    },
    /// The rows of an arm that everything is compared with are missing.
    #[error("no rows of `{metric}` for {what}: run that setting or choose another reference")]
    NoReference {
        /// The metric.
        metric: String,
        /// The missing arm.
        what: String,
    },
    /// A table can't be written.
    #[error("{0}")]
    Csv(#[from] csv::Error),
}
