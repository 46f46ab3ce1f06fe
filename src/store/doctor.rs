//! Whether a run folder is whole: every digest checked, and what is damaged, missing or out of date named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::manifest::{self, digest, walk};
use super::{Folder, Manifest, Settings, StoreError, block_file, models};
use crate::output;

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// It is not what was written.
    Damaged,
    /// It was there when the run ended.
    Missing,
    /// It was made from other rows than those that are there.
    Stale,
    /// A killed process left it half-written.
    Unfinished,
}

/// What puts a file right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// The command that made the run: it runs what is missing and writes the tables anew.
    Run,
    /// `collapse report`.
    Report,
    /// Removing the file; nothing else needs it.
    Remove,
}

/// A file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its path in the folder.
    pub file: String,
    /// What is wrong.
    pub fault: Fault,
    /// What was seen.
    pub why: String,
    /// What to do.
    pub remedy: Remedy,
}

/// What was found in a folder.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Examination {
    /// What is wrong, by file.
    pub findings: Vec<Finding>,
    /// Files whose digests were checked.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files of which the manifest knows nothing; they are nobody's fault.
    pub unknown: Vec<String>,
    /// Damage that earlier runs have repaired.
    pub repairs: Vec<manifest::Repair>,
    /// The command that made the run; empty where no manifest says so.
    pub command: Vec<String>,
}

/// Examines a run folder; nothing is changed.
///
/// # Errors
/// A folder that holds no run, one of another version, and those of the disk.
pub fn examine(folder: &Folder) -> Result<Examination, StoreError> {
    let mut found = Examination::default();
    let mut tell = |file: &str, fault, why: String, remedy| {
        found.findings.push(Finding { file: file.to_owned(), fault, why, remedy });
    };
    let manifest = match Manifest::load(folder) {
        Ok(manifest) => Some(manifest),
        Err(StoreError::NotARun { .. }) if folder.rows().is_dir() => {
            let why = "the run was stopped before its end; what it finished is in rows/".into();
            tell("manifest.json", Fault::Missing, why, Remedy::Run);
            None
        }
        Err(StoreError::Line { why, .. }) => {
            tell("manifest.json", Fault::Damaged, why, Remedy::Run);
            None
        }
        Err(other) => return Err(other),
    };
    let settings = Settings::load(folder).ok();
    let known = manifest.as_ref().map(|m| m.files.clone()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    let (mut new_rows, mut replaced) = (false, BTreeSet::new());
    for (name, path) in walk(folder.root())? {
        let end = name.rsplit('/').next().unwrap_or(&name);
        if end.starts_with(output::PREFIX) {
            let why = "a process that was killed left it half-written".into();
            tell(&name, Fault::Unfinished, why, Remedy::Remove);
            continue;
        }
        let own = check_by_itself(&name, &path, settings.as_ref(), &mut replaced)?;
        match (known.get(&name), own) {
            (_, Some(false)) => {
                let why = "its content is not what its name says".into();
                let remedy = if name.starts_with("models/") { Remedy::Remove } else { Remedy::Run };
                tell(&name, Fault::Damaged, why, remedy);
            }
            (None, Some(true)) => new_rows |= name.starts_with("rows/"),
            (None, None) => found.unknown.push(name.clone()),
            // Its name is its digest.
            (Some(expected), Some(true)) if name.contains(&expected.sha256) => {}
            (Some(expected), _) => {
                let is = digest(&path)?;
                if is != *expected {
                    let why = match is.bytes == expected.bytes {
                        true => "its content has changed since it was written".into(),
                        false => format!("it has {} bytes, and had {}", is.bytes, expected.bytes),
                    };
                    tell(&name, Fault::Damaged, why, remedy(&name));
                }
            }
        }
        found.files += 1;
        found.bytes += path.metadata().map_or(0, |m| m.len());
        seen.insert(name);
    }
    for name in known.keys().filter(|name| !seen.contains(*name)) {
        // Small files of rows are put together by a run that was killed before it wrote its manifest.
        if name.strip_prefix("rows/").is_some_and(|rows| replaced.contains(rows)) {
            continue;
        }
        tell(name, Fault::Missing, "it was there when the run ended".into(), remedy(name));
    }
    if new_rows && manifest.is_some() {
        let why = "rows were added after it was made: a run was stopped before its end";
        tell("metrics.csv", Fault::Stale, why.into(), Remedy::Run);
    }
    found.findings.sort_by(|a, b| a.file.cmp(&b.file));
    if let Some(manifest) = manifest {
        (found.repairs, found.command) = (manifest.repairs, manifest.command);
    }
    Ok(found)
}

/// Whether a file that says of itself what it holds is whole; `None` for other files. Files of rows say which they replace.
fn check_by_itself(
    name: &str,
    path: &Path,
    settings: Option<&Settings>,
    replaced: &mut BTreeSet<String>,
) -> Result<Option<bool>, StoreError> {
    if let Some(rows) = name.strip_prefix("rows/") {
        return match block_file::is_ours(rows) {
            true => {
                let read = block_file::read(path.to_path_buf())?;
                Ok(Some(read.map(|(_, about)| replaced.extend(about.replaces)).is_ok()))
            }
            false => Ok(None),
        };
    }
    let Some((folder, _)) = name.strip_prefix("models/").and_then(|rest| rest.split_once('/')) else {
        return Ok(None);
    };
    let digest = settings.and_then(|s| s.iter().map(|r| &r.digest).find(|d| d.starts_with(folder)));
    Ok(digest.and_then(|digest| models::is_damaged(digest, path)).map(|damaged| !damaged))
}

fn remedy(name: &str) -> Remedy {
    let of_the_page = ["report.html", "figures/"];
    if of_the_page.iter().any(|start| name.starts_with(start)) { Remedy::Report } else { Remedy::Run }
}

/// The outputs of a run beside its rows and tables, which are always written.
const OUTPUTS: [&str; 5] = ["summary.csv", "definitions.csv", "claims.json", "report.html", "notebook.ipynb"];
/// What the rows of a run follow from.
const DECISIVE: [&str; 3] = ["spec.toml", "settings.json", "lineages.csv"];

/// Removes the outputs that an earlier run left and that this one need not write again: all of them if the spec, the
/// settings or the lineages are others than they were, else those that are not what was written.
///
/// # Errors
/// Those of the disk.
pub fn remove_stale(folder: &Folder, earlier: Option<&Manifest>) -> Result<(), StoreError> {
    let empty = Default::default();
    let known = earlier.map_or(&empty, |manifest| &manifest.files);
    let as_written = |name: &str, path: &Path| {
        known.get(name).is_some_and(|expected| digest(path).is_ok_and(|is| is == *expected))
    };
    let same = earlier.is_some_and(Manifest::is_of_this_tool)
        && DECISIVE.iter().all(|name| as_written(name, &folder.root().join(name)));
    let outputs = OUTPUTS.iter().map(|name| ((*name).to_owned(), folder.root().join(name)));
    let figures = match folder.figures().is_dir() {
        true => manifest::walk(&folder.figures())?,
        false => Vec::new(),
    };
    let figures = figures.into_iter().map(|(name, path)| (format!("figures/{name}"), path));
    // A file that no manifest knows may be the user's own.
    let figures = figures.filter(|(name, _)| known.contains_key(name));
    for (name, path) in outputs.chain(figures).collect::<Vec<(String, PathBuf)>>() {
        if path.is_file() && !(same && as_written(&name, &path)) {
            std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn written(files: &[(&str, &str)]) -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::at(root.path());
        drop(folder.prepare().unwrap());
        std::fs::create_dir_all(folder.figures()).unwrap();
        for (name, text) in files {
            std::fs::write(root.path().join(name), text).unwrap();
        }
        Manifest::begin("test", "", 1).save(&folder).unwrap();
        (root, folder)
    }

    const FILES: [(&str, &str); 6] = [
        ("spec.toml", "a = 1"),
        ("settings.json", "{}"),
        ("lineages.csv", "cell"),
        ("metrics.csv", "1"),
        ("report.html", "<html>"),
        ("figures/a.svg", "<svg>"),
    ];

    #[test]
    fn what_is_damaged_missing_and_half_written_is_named_with_its_remedy() {
        let (root, folder) = written(&FILES);
        assert_eq!(examine(&folder).unwrap().findings, []);
        std::fs::write(root.path().join("metrics.csv"), "2").unwrap();
        std::fs::remove_file(root.path().join("figures/a.svg")).unwrap();
        std::fs::write(root.path().join(".writing-x"), "half").unwrap();
        std::fs::write(root.path().join("notes.txt"), "my own").unwrap();
        let rows = format!("rows/{}.safetensors", "0".repeat(64));
        std::fs::write(root.path().join(&rows), "no rows").unwrap();
        let found = examine(&folder).unwrap();
        let told: Vec<(&str, Fault, Remedy)> =
            found.findings.iter().map(|f| (f.file.as_str(), f.fault, f.remedy)).collect();
        assert_eq!(
            told,
            [
                (".writing-x", Fault::Unfinished, Remedy::Remove),
                ("figures/a.svg", Fault::Missing, Remedy::Report),
                ("metrics.csv", Fault::Damaged, Remedy::Run),
                (rows.as_str(), Fault::Damaged, Remedy::Run),
            ]
        );
        assert_eq!(found.unknown, ["notes.txt"]);
    }

    #[test]
    fn outputs_of_another_spec_go_and_those_of_the_same_stay_if_they_are_whole() {
        let (root, folder) = written(&FILES);
        let there = |name: &str| root.path().join(name).exists();
        let earlier = Manifest::load(&folder).unwrap();
        std::fs::write(root.path().join("figures/own.svg"), "mine").unwrap();
        std::fs::write(root.path().join("report.html"), "damaged").unwrap();
        remove_stale(&folder, Some(&earlier)).unwrap();
        assert!(there("figures/a.svg") && !there("report.html"));
        std::fs::write(root.path().join("spec.toml"), "a = 2").unwrap();
        remove_stale(&folder, Some(&earlier)).unwrap();
        assert!(!there("figures/a.svg") && there("figures/own.svg") && there("metrics.csv"));
    }
}
