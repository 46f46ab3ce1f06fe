//! `settings.json`: the settings of a run as typed values, the conditions of their laws and what their hashes are of; and
//! the seeds that it was asked for.
//!
//! The truth of a source may have millions of outcomes, so each is written once and settings refer to it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::setting::{Seen, blocks, cell_name};
use super::{AtomicFile, Folder, Identity, SettingInfo, StoreError, manifest};
use crate::theory::{Conditions, Source};

/// What is known of one setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SettingRecord {
    /// Position in the sweep, from 0.
    pub index: usize,
    /// Hash of what decides the lineage.
    pub digest: String,
    /// Hash of what is measured and when.
    pub measure: String,
    /// Seeds of one cell.
    pub seeds_per_cell: u64,
    /// A short name for people: what tells the setting apart.
    pub name: String,
    /// What the tables have in the columns of a setting.
    pub columns: Vec<(String, String)>,
    /// The swept keys and their values here, as typed in the spec.
    pub point: Vec<(String, serde_json::Value)>,
    /// Why the setting is not run, where it is not.
    pub skipped: Option<String>,
    /// What laws know of it; `None` where it is skipped or its generations were made elsewhere.
    pub conditions: Option<Conditions>,
    /// What the hash is of, beside the spec: versions, the digest of the data, the path, the device.
    pub tokens: Arc<BTreeMap<String, String>>,
    /// What metrics see of rows.
    #[serde(default)]
    pub seen: Seen,
    /// Whether it is one run made elsewhere, of which "seed" 0 has all rows and k all but the k-th part.
    #[serde(default)]
    pub resampled: bool,
}

/// The settings of a run, in sweep order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    records: Vec<SettingRecord>,
    /// The columns that any of them has, in order of appearance.
    columns: Vec<String>,
    /// The seeds asked for, ascending.
    seeds: Vec<u64>,
}

impl SettingRecord {
    /// What its rows are found by.
    pub fn identity(&self) -> Identity {
        Identity::of(&self.digest, &self.measure)
    }

    /// Splits seeds (ascending) into those of each cell.
    pub fn blocks<'a>(&self, seeds: &'a [u64]) -> impl Iterator<Item = &'a [u64]> + use<'a> {
        blocks(seeds, self.seeds_per_cell)
    }

    /// The name of the cell that holds a seed.
    pub fn cell(&self, seed: u64) -> String {
        cell_name(&self.digest, seed / self.seeds_per_cell.max(1))
    }
}

/// A record whose truth stands elsewhere in the file.
#[derive(Serialize, Deserialize)]
struct Filed {
    #[serde(flatten)]
    record: SettingRecord,
    source: Option<usize>,
}

#[derive(Deserialize)]
struct File {
    /// First seed and how many follow one another.
    seeds: Vec<(u64, u64)>,
    settings: Vec<Filed>,
    sources: Vec<Source>,
}

impl Settings {
    /// The settings that a run is made of.
    pub fn of(settings: &[SettingInfo]) -> Self {
        let record = |(index, s): (usize, &SettingInfo)| SettingRecord {
            index,
            digest: s.digest.clone(),
            measure: s.measure_digest.clone(),
            seeds_per_cell: s.seeds_per_cell,
            name: s.label.clone(),
            columns: s.columns(),
            point: s.point.clone(),
            skipped: s.skipped.clone(),
            conditions: s.conditions.clone(),
            tokens: s.tokens.clone(),
            seen: s.seen.clone(),
            resampled: s.resampled,
        };
        Self::from(settings.iter().enumerate().map(record).collect())
    }

    fn from(records: Vec<SettingRecord>) -> Self {
        let mut columns: Vec<String> = Vec::new();
        for (column, _) in records.iter().flat_map(|record| &record.columns) {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        Self { records, columns, seeds: Vec::new() }
    }

    /// The same with these seeds, ascending and each once.
    pub fn with_seeds(self, seeds: &[u64]) -> Self {
        Self { seeds: seeds.to_vec(), ..self }
    }

    /// The seeds asked for, ascending.
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// What an index stands for: a hash over what decides the rows of every setting, in their order.
    pub fn identity(&self) -> String {
        let mut hash = Sha256::new();
        for record in &self.records {
            hash.update(format!("{} {}\n", record.digest, record.measure));
        }
        manifest::hex(&hash.finalize())
    }

    /// The columns that any setting has, in order of appearance.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &SettingRecord> {
        self.records.iter()
    }

    /// The setting at a position of the sweep.
    pub fn get(&self, index: usize) -> Option<&SettingRecord> {
        self.records.get(index)
    }

    /// What laws know of the setting at a position of the sweep, or why they know nothing.
    pub fn conditions(&self, index: usize) -> Result<&Conditions, String> {
        let record = self.get(index).ok_or_else(|| format!("the run has no setting {index}"))?;
        let unknown = || match &record.skipped {
            Some(why) => format!("the setting is not run: {why}"),
            None => "its generations were made elsewhere, and laws know nothing of them".into(),
        };
        record.conditions.as_ref().ok_or_else(unknown)
    }

    /// Writes `settings.json`.
    pub fn save(&self, folder: &Folder) -> Result<(), StoreError> {
        let mut sources: Vec<Source> = Vec::new();
        let filed = |record: &SettingRecord, sources: &mut Vec<Source>| {
            let mut record = record.clone();
            let source = record.conditions.as_mut().map(|c| {
                let source = std::mem::take(&mut c.source);
                sources.iter().position(|known| *known == source).unwrap_or_else(|| {
                    sources.push(source);
                    sources.len() - 1
                })
            });
            Filed { record, source }
        };
        let together = self.seeds.chunk_by(|a, b| *b == a + 1).map(|run| (run[0], run.len() as u64));
        let seeds: Vec<(u64, u64)> = together.collect();
        // A setting a line, one after the other: there may be many.
        let path = folder.settings();
        let mut file = AtomicFile::create(&path)?;
        let wrong = StoreError::format(&path);
        let mut write = || -> Result<(), serde_json::Error> {
            write!(file, "{{\"seeds\": ").map_err(serde_json::Error::io)?;
            serde_json::to_writer(&mut file, &seeds)?;
            let mut between = ",\n\"settings\": [\n";
            for record in &self.records {
                file.write_all(between.as_bytes()).map_err(serde_json::Error::io)?;
                serde_json::to_writer(&mut file, &filed(record, &mut sources))?;
                between = ",\n";
            }
            if self.records.is_empty() {
                file.write_all(between.as_bytes()).map_err(serde_json::Error::io)?;
            }
            file.write_all(b"\n],\n\"sources\": ").map_err(serde_json::Error::io)?;
            serde_json::to_writer(&mut file, &sources)?;
            file.write_all(b"}\n").map_err(serde_json::Error::io)
        };
        write().map_err(wrong)?;
        file.commit()
    }

    /// Reads `settings.json`.
    pub fn load(folder: &Folder) -> Result<Self, StoreError> {
        let path = folder.settings();
        let text = std::fs::read_to_string(&path).map_err(StoreError::io("read", &path))?;
        let File { seeds, settings, sources } =
            serde_json::from_str(&text).map_err(StoreError::format(&path))?;
        let whole = |Filed { mut record, source }: Filed| {
            let source = source.and_then(|at| sources.get(at));
            if let (Some(conditions), Some(source)) = (record.conditions.as_mut(), source) {
                conditions.source = source.clone();
            }
            // What is asked is not kept; a setting is asked about generation 0 first.
            record.conditions = record.conditions.map(|c| c.at(0));
            record
        };
        let seeds: Vec<u64> =
            seeds.into_iter().flat_map(|(first, count)| (first..).take(count as usize)).collect();
        Ok(Self::from(settings.into_iter().map(whole).collect()).with_seeds(&seeds))
    }
}

/// A setting of a run by its index in `settings.json`; where the members of a population are kept apart, one of them.
/// Equal are two with the same numbers; what the columns of a setting hold is asked of `settings.json`.
#[derive(Clone)]
pub struct SettingKey {
    /// Position in the sweep, from 0.
    pub index: usize,
    /// The member, and its number as a table has it.
    member: Option<(u32, Box<str>)>,
    settings: Arc<Settings>,
}

/// The column of a member.
const MEMBER: &str = "member";

/// The name of a column whatever it is called by: `loop.samples` is `samples`, `model.family` is `model` and
/// `data.source` is `data`.
pub fn column(name: &str) -> &str {
    match name {
        "data.source" => "data",
        "model.family" => "model",
        other => other.strip_prefix("loop.").unwrap_or(other),
    }
}

impl SettingKey {
    /// The setting at an index of these settings.
    pub fn new(settings: &Arc<Settings>, index: usize, member: Option<u32>) -> Self {
        let member = member.map(|m| (m, m.to_string().into_boxed_str()));
        Self { index, member, settings: settings.clone() }
    }

    /// Settings of which nothing is known but their columns: those of several runs.
    pub fn of_columns(settings: impl IntoIterator<Item = Vec<(String, String)>>) -> Vec<Self> {
        let record = |(index, columns)| SettingRecord { index, columns, ..SettingRecord::default() };
        let all = Arc::new(Settings::from(settings.into_iter().enumerate().map(record).collect()));
        (0..all.records.len()).map(|index| Self::new(&all, index, None)).collect()
    }

    /// The member, where members are kept apart.
    pub fn member(&self) -> Option<u32> {
        self.member.as_ref().map(|(member, _)| *member)
    }

    /// The columns of a table of these settings.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let member = self.member.as_ref().map(|_| MEMBER);
        self.settings.columns.iter().map(String::as_str).chain(member)
    }

    /// What the setting has in its [`SettingKey::columns`].
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.columns().map(|column| self.own(column))
    }

    fn own(&self, column: &str) -> &str {
        match &self.member {
            Some((_, text)) if column == MEMBER => text,
            _ => {
                let columns = self.settings.get(self.index).map_or(&[][..], |record| &record.columns);
                columns.iter().find(|(name, _)| name == column).map_or("", |(_, value)| value)
            }
        }
    }

    /// The value of a `column()`; empty where other settings have one and this one does not.
    pub fn get(&self, column: &str) -> Option<&str> {
        let exact = self.columns().any(|name| name == column).then(|| self.own(column));
        if let Some(written) = exact.filter(|written| !written.is_empty()) {
            return Some(written);
        }
        let mut same = self.columns().filter(|name| self::column(name) == self::column(column));
        let first = same.next()?;
        // A schedule has a column of its own beside the empty one of numbers.
        let written = std::iter::once(first).chain(same).map(|name| self.own(name)).find(|v| !v.is_empty());
        Some(written.unwrap_or(""))
    }

    /// The value of a column as a number.
    pub fn number(&self, column: &str) -> Option<f64> {
        self.get(column).and_then(|v| v.parse().ok())
    }

    /// Whether it is the control of a mix: the same human rows alone.
    pub fn is_control(&self) -> bool {
        self.get("loop.human_alone") == Some("true")
    }

    /// Whether another setting differs from it in this column at most.
    pub fn is_like(&self, other: &Self, but: &str) -> bool {
        let rest = |key: &Self| -> Vec<String> {
            let all = key.columns().zip(key.values());
            all.filter(|(name, _)| column(name) != column(but)).map(|(_, value)| value.to_owned()).collect()
        };
        rest(self) == rest(other)
    }

    /// Whether its lineages see human rows alone, generation after generation.
    pub fn is_human_only(&self) -> bool {
        self.number("human_fraction") == Some(1.0) || self.is_control()
    }

    fn numbers(&self) -> (usize, Option<u32>) {
        (self.index, self.member())
    }
}

impl PartialEq for SettingKey {
    fn eq(&self, other: &Self) -> bool {
        self.numbers() == other.numbers()
    }
}

impl Eq for SettingKey {}

impl PartialOrd for SettingKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SettingKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.numbers().cmp(&other.numbers())
    }
}

impl std::fmt::Debug for SettingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "setting {}", self.index)?;
        self.member().map_or(Ok(()), |member| write!(f, ", member {member}"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::lineage::Context;
    use crate::run::{Prepared, Work};
    use crate::spec::Experiment;

    /// Keys of settings that have these columns.
    pub(crate) fn keys(settings: &[&[(&str, &str)]]) -> Vec<SettingKey> {
        let owned = |columns: &&[(&str, &str)]| {
            columns.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        SettingKey::of_columns(settings.iter().map(owned))
    }

    #[test]
    fn a_file_holds_what_was_assembled() {
        let spec = "[data]\nsource = \"categorical\"\nprobabilities = [0.1, 0.2, 0.7]\n[model]\nfamily = \"categorical\"\n\
            [loop]\ngenerations = 4\nsamples = { power = 0.5, base = 20 }\nregime = \"replace\"\n[measure]\nmetrics = [\"simpson\"]\n\
            [sweep]\n\"loop.regime\" = [\"replace\", \"fixed-mix\"]\n\"loop.human_fraction\" = [0, 0.1, 0.35]\n";
        let experiment = Experiment::from_toml(spec, "test").unwrap();
        let prepared = Prepared::new(experiment, &Context::default()).unwrap();
        let settings = Settings::of(prepared.settings()).with_seeds(&[0, 1, 2, 7, u64::MAX]);
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path());
        settings.save(&folder).unwrap();
        let read = Settings::load(&folder).unwrap();
        assert_eq!(read, settings);
        // `replace` has no human rows: two settings are skipped, with the reason.
        assert_eq!(read.iter().filter(|s| s.skipped.is_some()).count(), 2);
        let last = read.get(5).unwrap();
        assert_eq!(last.point[1], ("loop.human_fraction".into(), serde_json::json!(0.35)));
        let key = SettingKey::new(&Arc::new(read.clone()), 5, Some(2));
        assert_eq!((key.get("loop.regime"), key.number("human_fraction")), (Some("fixed-mix"), Some(0.35)));
        assert_eq!(
            (key.get("member"), key.get("samples"), key.get("data.bias")),
            (Some("2"), Some(""), None)
        );
        let at = read.conditions(5).unwrap().at(3);
        // 20 (g + 1)^½ rows, the human ones rounded.
        assert_eq!((at.fits, at.n, at.source.probabilities.as_ref().unwrap().len()), (4, 40.0, 3));
        assert!((at.human_fraction * at.n - (at.n * 0.35).round()).abs() < 1e-9);
        let text = std::fs::read_to_string(folder.settings()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["sources"].as_array().unwrap().len(), 1, "a truth is written once");
    }
}
