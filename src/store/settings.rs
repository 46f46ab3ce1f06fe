//! `settings.json`: the settings of a run as typed values, the conditions of their laws and what their hashes are of.
//!
//! The truth of a source may have millions of outcomes, so each is written once and settings refer to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Folder, SettingInfo, StoreError, tables};
use crate::theory::{Conditions, Source};

/// What is known of one setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SettingRecord {
    /// Position in the sweep, from 0.
    pub index: usize,
    /// Hash of what decides the lineage.
    pub digest: String,
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
    pub tokens: BTreeMap<String, String>,
}

/// The settings of a run, in sweep order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(Vec<SettingRecord>);

/// A record whose truth stands elsewhere in the file.
#[derive(Serialize, Deserialize)]
struct Filed {
    #[serde(flatten)]
    record: SettingRecord,
    source: Option<usize>,
}

#[derive(Serialize, Deserialize)]
struct File {
    settings: Vec<Filed>,
    sources: Vec<Source>,
}

impl Settings {
    /// The settings that a run is made of.
    pub fn of(settings: &[SettingInfo]) -> Self {
        let record = |(index, s): (usize, &SettingInfo)| SettingRecord {
            index,
            digest: s.digest.clone(),
            name: s.label.clone(),
            columns: s.columns(),
            point: s.point.clone(),
            skipped: s.skipped.clone(),
            conditions: s.conditions.clone(),
            tokens: s.tokens.clone(),
        };
        Self(settings.iter().enumerate().map(record).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &SettingRecord> {
        self.0.iter()
    }

    /// The setting at a position of the sweep.
    pub fn get(&self, index: usize) -> Option<&SettingRecord> {
        self.0.get(index)
    }

    /// The first setting with this lineage hash.
    pub fn by_digest(&self, digest: &str) -> Option<&SettingRecord> {
        self.0.iter().find(|s| s.digest == digest)
    }

    /// The setting whose rows have these columns; those that it does not have are empty.
    pub fn by_columns<'a>(
        &self,
        columns: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Option<&SettingRecord> {
        let has = |record: &SettingRecord, (column, value): (&str, &str)| {
            let own = record.columns.iter().find(|(name, _)| name == column);
            own.map_or("", |(_, value)| value.as_str()) == value
        };
        self.0.iter().find(|record| columns.clone().all(|pair| has(record, pair)))
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
        let filed = |record: &SettingRecord| {
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
        let settings = self.0.iter().map(filed).collect();
        tables::write_json(&folder.settings(), &File { settings, sources })
    }

    /// Reads `settings.json`.
    pub fn load(folder: &Folder) -> Result<Self, StoreError> {
        let path = folder.settings();
        let text = std::fs::read_to_string(&path).map_err(StoreError::io("read", &path))?;
        let File { settings, sources } = serde_json::from_str(&text).map_err(StoreError::format(&path))?;
        let whole = |Filed { mut record, source }: Filed| {
            let source = source.and_then(|at| sources.get(at));
            if let (Some(conditions), Some(source)) = (record.conditions.as_mut(), source) {
                conditions.source = source.clone();
            }
            // What is asked is not kept; a setting is asked about generation 0 first.
            record.conditions = record.conditions.map(|c| c.at(0));
            record
        };
        Ok(Self(settings.into_iter().map(whole).collect()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::lineage::Context;
    use crate::run::{Prepared, Work};
    use crate::spec::Experiment;

    #[test]
    fn a_file_holds_what_was_assembled() {
        let spec = "[data]\nsource = \"categorical\"\nprobabilities = [0.1, 0.2, 0.7]\n[model]\nfamily = \"categorical\"\n\
            [loop]\ngenerations = 4\nsamples = { power = 0.5, base = 20 }\nregime = \"replace\"\n[measure]\nmetrics = [\"simpson\"]\n\
            [sweep]\n\"loop.regime\" = [\"replace\", \"fixed-mix\"]\n\"loop.human_fraction\" = [0, 0.1, 0.35]\n";
        let experiment = Experiment::from_toml(spec, "test").unwrap();
        let prepared = Prepared::new(experiment, &Context::default()).unwrap();
        let settings = Settings::of(prepared.settings());
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path());
        settings.save(&folder).unwrap();
        let read = Settings::load(&folder).unwrap();
        assert_eq!(read, settings);
        // `replace` has no human rows: two settings are skipped, with the reason.
        assert_eq!(read.iter().filter(|s| s.skipped.is_some()).count(), 2);
        let last = read.get(5).unwrap();
        assert_eq!(last.point[1], ("loop.human_fraction".into(), serde_json::json!(0.35)));
        assert_eq!(read.by_digest(&last.digest).unwrap().index, 5);
        let at = read.conditions(5).unwrap().at(3);
        // 20 (g + 1)^½ rows, the human ones rounded.
        assert_eq!((at.fits, at.n, at.source.probabilities.as_ref().unwrap().len()), (4, 40.0, 3));
        assert!((at.human_fraction * at.n - (at.n * 0.35).round()).abs() < 1e-9);
        let text = std::fs::read_to_string(folder.settings()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["sources"].as_array().unwrap().len(), 1, "a truth is written once");
    }
}
