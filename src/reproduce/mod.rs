//! The papers' figures: the specs that come with the program, and what became of each claim.
//!
//! A [`Shelf`] holds the text files of `experiments/`, embedded in the binary or read from a folder.
//! The [`Catalogue`] sorts them: `<paper>/<figure>.toml`, where `<paper>` is a key of
//! `bibliography.toml` (hyphens aside) or carries a year and the spec names a key, is a paper's
//! figure; `studies/<study>/<figure>.toml` a study's; the rest are demonstrations. An [`Outcome`] is
//! one claim of one figure; the tables, the page, the lock and the files made of outcomes are here, the
//! running is the command line's.

mod catalogue;
mod claims_table;
mod index;
mod lock;
mod markers;
mod outcome;
mod shelf;
#[cfg(test)]
mod shipped_tests;
mod statements;

pub use catalogue::{Catalogue, Entry, Figure, NEURAL, Paper, Unknown, bibliography};
pub use claims_table::{all_claims, by_mechanism, by_origin, failures};
pub use index::{Ran, index_page};
pub use lock::{Lock, LockError};
pub use markers::{MarkerError, write_between};
pub use outcome::{Counts, Outcome, counts, write_csv};
pub use shelf::{Shelf, ShelfError};
pub use statements::{Clause, Evidence, Speaks, Statement, Statements};
