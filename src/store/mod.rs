//! What is on disk: rows, tables, manifest; atomic writes, locking, reading back.
//!
//! The files of `rows/` are the truth: each is written whole and never changed. The tables (`metrics.csv`, `cells.csv`,
//! `lineages.csv`) are assembled from them, in an order that does not depend on how many threads or runs it took.

mod assemble;
mod atomic;
pub mod block;
mod block_file;
mod cell;
pub mod doctor;
mod error;
mod examples;
mod export;
mod folder;
mod lineages;
mod lock;
pub mod manifest;
mod models;
mod note;
pub(crate) mod number;
mod part;
mod setting;
pub(crate) mod settings;
mod slots;
pub mod tables;

pub use assemble::{Assembled, assemble};
pub use atomic::{AtomicFile, write_atomically};
pub use block::{Block, Identity};
pub use cell::{Cell, Status, cells};
pub use error::StoreError;
pub use examples::{Components, Example, ExampleRows};
pub use export::{MOST_ROWS, write_metrics};
pub use folder::Folder;
pub use lineages::{Damage, Lineages};
pub use lock::{LOCK_FILE, Lock};
pub use manifest::Manifest;
pub use models::KeptModels;
pub use note::Note;
pub use number::number;
pub use part::Part;
pub use setting::{ELSEWHERE, Seen, SettingInfo, blocks};
pub use settings::{SettingKey, SettingRecord, Settings, column};
pub use slots::Slot;
