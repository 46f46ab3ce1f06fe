//! What the store and the runner know of a setting: plain data, resolved by the spec.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::theory::Conditions;

/// What stands for family and regime where generations were made elsewhere.
pub const ELSEWHERE: &str = "elsewhere";

/// One setting of everything but the seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettingInfo {
    /// Hash of what decides the lineage; names the cells. Any text without path separators.
    pub digest: String,
    /// Hash of what is measured and when; a cell with another one is run again.
    pub measure_digest: String,
    /// The source of human rows.
    pub data: String,
    /// The family.
    pub model: String,
    /// The regime.
    pub regime: String,
    /// The human fraction asked for, where the regime takes one.
    pub human_fraction: Option<f64>,
    /// Rows per generation, where it is one number.
    pub samples: Option<f64>,
    /// The further swept keys and their values, in the order of the extra columns.
    pub swept: Vec<(String, String)>,
    /// Seeds per cell: a constant of the family (1 for neural, 1,000 for closed-form).
    pub seeds_per_cell: u64,
    /// Refits after generation 0; a lineage fits `generations + 1` models per member.
    pub generations: u64,
    /// Why the setting is not run, where it is not.
    pub skipped: Option<String>,
    /// A short name for people: what tells the setting apart from the others of its run.
    pub label: String,
    /// The swept keys and their values, as typed in the spec.
    pub point: Vec<(String, serde_json::Value)>,
    /// What laws know of the setting.
    pub conditions: Option<Conditions>,
    /// What the digest is of, beside the spec.
    pub tokens: Arc<BTreeMap<String, String>>,
    /// What metrics see of rows.
    pub seen: Seen,
    /// Whether it is one run made elsewhere, of which "seed" 0 has all rows and k all but the k-th part.
    pub resampled: bool,
}

/// How many rows metrics see, and which of them read any.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Seen {
    /// Rows of a sample, and as many held-out human rows.
    pub rows: usize,
    /// The metrics that read either; all others read fitted parameters or the training set.
    pub by: Vec<String>,
}

impl SettingInfo {
    /// The name of the cell that holds `block`: the digest's first 16 characters and the block's number.
    pub fn cell_name(&self, block: u64) -> String {
        cell_name(&self.digest, block)
    }

    /// What the tables have in the columns of the setting.
    pub fn columns(&self) -> Vec<(String, String)> {
        let number = |n: Option<f64>| n.filter(|v| v.is_finite()).map(super::number).unwrap_or_default();
        let fixed = [
            ("data", self.data.clone()),
            ("model", self.model.clone()),
            ("regime", self.regime.clone()),
            ("human_fraction", number(self.human_fraction)),
            ("samples", number(self.samples)),
        ];
        let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
        fixed.chain(self.swept.iter().cloned()).collect()
    }
}

/// Splits seeds (ascending) into the aligned blocks of so many that hold them.
pub fn blocks(seeds: &[u64], size: u64) -> impl Iterator<Item = &[u64]> {
    let size = size.max(1);
    seeds.chunk_by(move |a, b| a / size == b / size)
}

/// The first 16 characters of a setting's hash, and the block's number.
pub(super) fn cell_name(digest: &str, block: u64) -> String {
    let digest: String = digest.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    format!("{digest}-{block}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_fall_into_aligned_blocks() {
        let seeds = [3, 9, 10, 11, 35];
        assert_eq!(blocks(&seeds, 10).collect::<Vec<_>>(), [&seeds[..2], &seeds[2..4], &seeds[4..]]);
    }

    #[test]
    fn a_cell_name_is_a_plain_file_name() {
        let setting = SettingInfo { digest: "../ab/cdef0123456789xyz".into(), ..Default::default() };
        assert_eq!(setting.cell_name(7), "abcdef0123456789-7");
    }
}
