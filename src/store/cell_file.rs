//! A cell's file: JSON with a checksum, written beside and renamed.
//!
//! `{"format": "model-collapse cell 3", "sha256": "…", …}`: the checksum is over all bytes before
//! and after its own 64 digits. Observations are text, so that numbers read back to the same bits. A
//! file that is truncated, changed or of another cell is refused with the reason and never used.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::atomic::AtomicFile;
use super::cell::{Cell, CellId, Ending, Rows};
use super::examples::Example;
use super::number::Values;
use super::slots::Slot;
use super::{Note, StoreError};
use crate::lineage::Outcome;
use crate::metrics::Subject;

/// What every file begins with, up to the checksum's digits.
const HEAD: &str = "{\"format\":\"model-collapse cell 3\",\"sha256\":\"";
const DIGITS: usize = 64;

/// Why a file is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Truncated, changed, or no cell file at all.
    Damaged(String),
    /// A sound file of something else: another setting, block size or format.
    Foreign(String),
    /// The right lineage, but other metrics were asked for.
    Stale,
}

impl std::fmt::Display for Distrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Distrust::Damaged(why) => write!(f, "damaged: {why}"),
            Distrust::Foreign(why) => write!(f, "not the file expected: {why}"),
            Distrust::Stale => f.write_str("other metrics were measured"),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Disk<'a> {
    format: String,
    sha256: String,
    id: CellId,
    wall_seconds: f64,
    metrics: Vec<Cow<'a, str>>,
    /// Generation, member, subject, number of the metric.
    slots: Vec<(u32, u32, Subject, u32)>,
    layouts: Vec<Vec<u32>>,
    seeds: Vec<DiskSeed>,
    examples: Cow<'a, [Example]>,
    notes: Cow<'a, [Note]>,
}

/// Either an outcome with its rows, or an error.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DiskSeed {
    seed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layout: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Values>,
}

impl Cell {
    /// Writes the file, whole or not at all. Cells with the same content give the same bytes but
    /// for `wall_seconds`.
    pub fn save(&self, path: &Path) -> Result<(), StoreError> {
        let mut text = serde_json::to_string(&self.to_disk()).map_err(StoreError::format(path))?;
        let sum = checksum(text.as_bytes());
        text.replace_range(HEAD.len()..HEAD.len() + DIGITS, &sum);
        let mut file = AtomicFile::create(path)?;
        file.write_all(text.as_bytes()).map_err(StoreError::io("write", path))?;
        file.commit()
    }

    /// Reads the file of the cell `id`. `Ok(Err(_))` says why a file that is there is not used;
    /// `Ok(Ok(None))` that there is none; errors are the operating system's.
    pub fn load(path: &Path, id: &CellId) -> Result<Result<Option<Cell>, Distrust>, StoreError> {
        Ok(match read(path)? {
            Err(distrust) => Err(distrust),
            Ok(None) => Ok(None),
            Ok(Some(cell)) => agree(&cell.id, id).map(|()| Some(cell)),
        })
    }

    /// Reads a file without knowing which cell to expect, for looking at an existing run.
    pub fn open(path: &Path) -> Result<Cell, StoreError> {
        let refuse = |why| StoreError::Cell { path: path.to_path_buf(), why };
        match read(path)? {
            Err(distrust) => Err(refuse(distrust.to_string())),
            Ok(None) => Err(refuse("the file is missing".into())),
            Ok(Some(cell)) => Ok(cell),
        }
    }

    fn to_disk(&self) -> Disk<'_> {
        let slots = &self.rows.slots;
        let names: BTreeMap<&str, u32> = {
            let mut names: Vec<&str> = slots.iter().map(|s| &*s.metric).collect();
            names.sort_unstable();
            names.dedup();
            names.into_iter().zip(0..).collect()
        };
        let place = |s: &Slot| (s.generation, s.member, s.subject, names[&*s.metric]);
        let seed = |(&seed, ending): (&u64, &Ending)| {
            let row = self.rows.seeds.get(&seed);
            let (layout, values) = row.map(|(l, v)| (*l, Values(v.clone()))).unzip();
            let (outcome, error) = match ending {
                Ending::Ended(outcome) => (Some(outcome.clone()), None),
                Ending::Failed(error) => (None, Some(error.clone())),
            };
            DiskSeed { seed, error, outcome, layout, values }
        };
        Disk {
            format: "model-collapse cell 3".into(),
            sha256: "0".repeat(DIGITS),
            id: self.id.clone(),
            wall_seconds: self.wall_seconds,
            slots: slots.iter().map(place).collect(),
            metrics: names.into_keys().map(Cow::Borrowed).collect(),
            layouts: self.rows.layouts.clone(),
            seeds: self.seeds.iter().map(seed).collect(),
            examples: Cow::Borrowed(&self.examples),
            notes: Cow::Borrowed(&self.notes),
        }
    }
}

fn checksum(bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(&bytes[..HEAD.len()]);
    hash.update(&bytes[HEAD.len() + DIGITS..]);
    super::manifest::hex(&hash.finalize())
}

fn read(path: &Path) -> Result<Result<Option<Cell>, Distrust>, StoreError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Ok(None)),
        Err(e) => return Err(StoreError::io("read", path)(e)),
    };
    Ok(parse(&bytes).map(Some))
}

fn parse(bytes: &[u8]) -> Result<Cell, Distrust> {
    let damaged = |why: &str| Distrust::Damaged(why.to_owned());
    if !bytes.starts_with(HEAD.as_bytes()) {
        let other = bytes.starts_with(b"{\"format\":\"model-collapse cell ");
        return Err(if other {
            Distrust::Foreign("another version of the format".into())
        } else {
            damaged("it does not begin like a cell file")
        });
    }
    let found = bytes.get(HEAD.len()..HEAD.len() + DIGITS);
    if found != Some(checksum_or_empty(bytes).as_bytes()) {
        return Err(damaged("its checksum does not fit, so it is truncated or was changed"));
    }
    let disk: Disk = serde_json::from_slice(bytes).map_err(|e| Distrust::Damaged(e.to_string()))?;
    from_disk(disk).ok_or_else(|| damaged("its lists do not fit together"))
}

fn checksum_or_empty(bytes: &[u8]) -> String {
    if bytes.len() < HEAD.len() + DIGITS { String::new() } else { checksum(bytes) }
}

/// `None` where lists don't fit together.
fn from_disk(disk: Disk<'_>) -> Option<Cell> {
    let metrics: Vec<Cow<'static, str>> =
        disk.metrics.into_iter().map(|m| Cow::Owned(m.into_owned())).collect();
    let place = |(generation, member, subject, metric): (u32, u32, Subject, u32)| {
        Some(Slot { generation, member, subject, metric: metrics.get(metric as usize)?.clone() })
    };
    let slots: Vec<Slot> = disk.slots.into_iter().map(place).collect::<Option<_>>()?;
    if disk.layouts.iter().flatten().any(|&slot| slot as usize >= slots.len()) {
        return None;
    }
    let mut rows = BTreeMap::new();
    let mut seeds = BTreeMap::new();
    for DiskSeed { seed, error, outcome, layout, values } in disk.seeds {
        let ending = match (outcome, error) {
            (Some(outcome), None) => Ending::Ended(outcome),
            (None, Some(error)) => Ending::Failed(error),
            _ => return None,
        };
        seeds.insert(seed, ending);
        if let Some((layout, values)) = layout.zip(values) {
            let fits = disk.layouts.get(layout as usize)?.len() == values.0.len();
            rows.insert(seed, fits.then_some((layout, values.0))?);
        }
    }
    let rows = Rows { slots, layouts: disk.layouts, seeds: rows };
    let (examples, notes) = (disk.examples.into_owned(), disk.notes.into_owned());
    Some(Cell { id: disk.id, seeds, rows, examples, notes, wall_seconds: disk.wall_seconds })
}

fn agree(found: &CellId, expected: &CellId) -> Result<(), Distrust> {
    if found == expected {
        return Ok(());
    }
    let same = found.cell == expected.cell
        && found.setting == expected.setting
        && (found.block, found.size) == (expected.block, expected.size);
    if same {
        return Err(Distrust::Stale);
    }
    Err(Distrust::Foreign(format!("it holds block {} of setting {}", found.block, found.setting)))
}

#[cfg(test)]
#[path = "cell_file_tests.rs"]
mod tests;
