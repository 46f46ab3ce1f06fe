//! What is on disk: cells, tables, manifest; atomic writes, locking, reading back.
//!
//! Cells are the truth: each is one file, written whole as soon as it is finished. The tables
//! (`metrics.csv`, `cells.csv`, `lineages.csv`) are assembled from them, in an order that does not
//! depend on how many threads or runs it took.

mod absorb;
mod assemble;
mod atomic;
pub mod cell;
mod cell_file;
mod error;
mod examples;
mod export;
mod folder;
mod lock;
pub mod manifest;
mod models;
mod note;
mod number;
mod part;
pub mod read;
mod setting;
mod settings;
mod slots;
pub mod tables;

pub use assemble::{Assembled, assemble};
pub use atomic::{AtomicFile, write_atomically};
pub use cell::{Cell, CellId, Ending, Rows};
pub use cell_file::Distrust;
pub use error::StoreError;
pub use examples::{Components, Example, ExampleRows};
pub use export::{MOST_ROWS, write_metrics};
pub use folder::Folder;
pub use lock::{LOCK_FILE, Lock};
pub use manifest::{Manifest, SCHEMA_VERSION};
pub use models::KeptModels;
pub use note::Note;
pub use number::{Numbers, number};
pub use part::Part;
pub use setting::{ELSEWHERE, SettingInfo, swept_columns};
pub use settings::{SettingRecord, Settings};
pub use slots::{Slot, Slots};
