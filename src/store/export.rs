//! `metrics.csv`: every observation of a run, written for people and other tools. No command reads it.

use std::path::Path;
use std::sync::Arc;

use super::tables::Table;
use super::{Lineages, SettingKey, Settings, StoreError, number};
use crate::metrics::{Absence, Observed};

/// Rows beyond which a run does not write `metrics.csv` by itself: about 200 MB.
pub const MOST_ROWS: u64 = 2_000_000;

/// The columns of an observation. Those that every setting has stand before them, the swept keys after them.
const OWN: [&str; 7] = ["seed", "member", "generation", "subject", "metric", "value", "why"];
/// Data, model, regime, human fraction, samples.
const FIXED: usize = 5;

/// Writes every observation of the run as a row, setting by setting, seeds ascending.
///
/// # Errors
/// Those of the file.
pub fn write_metrics(
    path: &Path,
    experiment: &str,
    settings: &Arc<Settings>,
    lineages: &Lineages,
) -> Result<(), StoreError> {
    let columns: Vec<&str> = settings.columns().iter().map(String::as_str).collect();
    let (fixed, swept) = columns.split_at(FIXED.min(columns.len()));
    let mut table =
        Table::create(path, ["experiment", "cell"].iter().chain(fixed).chain(&OWN).chain(swept).copied())?;
    for record in settings.iter().filter(|record| record.skipped.is_none()) {
        let key = SettingKey::new(settings, record.index, None);
        let values: Vec<&str> = key.values().collect();
        let (fixed, swept) = values.split_at(fixed.len());
        for one in lineages.of(record.identity(), settings.seeds()).into_iter().flat_map(|seeds| seeds.each())
        {
            let (cell, seed) = (record.cell(one.first), one.first.to_string());
            for (slot, (_, observed)) in one
                .group
                .slots
                .iter()
                .enumerate()
                .flat_map(|(at, slot)| one.observed(at).map(move |o| (slot, o)))
            {
                let (member, generation) = (slot.member.to_string(), slot.generation.to_string());
                let value = observed.number().map(number).unwrap_or_default();
                let why = match observed {
                    Observed::Number(_) => "",
                    Observed::Absent(why) => Absence::name(why),
                };
                let own = [&*seed, &member, &generation, slot.subject.name(), &slot.metric, &value, why];
                table.write([experiment, &cell].iter().chain(fixed).chain(&own).chain(swept).copied())?;
            }
        }
    }
    table.commit()
}
