//! `manifest.json`: what made the run, on what, and the digest of every file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Folder, LOCK_FILE, StoreError, tables};

/// The version of the layout of a run folder. Readers refuse another one.
pub const SCHEMA_VERSION: u64 = 3;

/// The manifest of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u64,
    /// The tool's version.
    pub tool_version: String,
    /// The commit that the tool was built from, where the build says so.
    pub tool_commit: Option<String>,
    /// The state of the git repository that the command ran in, where there is one.
    pub git: Option<GitState>,
    /// The experiment.
    pub experiment: String,
    /// The resolved spec.
    pub spec: String,
    /// The version of each component that took part, by name.
    pub components: BTreeMap<String, String>,
    /// The processor's name.
    pub cpu: String,
    /// Operating system and architecture.
    pub platform: String,
    /// The device that neural families ran on.
    pub device: Option<String>,
    /// Its kernel class; bits are promised within one.
    pub kernel_class: Option<String>,
    /// Cells that ran at the same time.
    pub threads: usize,
    /// Start, UTC.
    pub started: String,
    /// End, UTC.
    pub ended: String,
    /// The command line.
    pub command: Vec<String>,
    /// Decisions of an adaptive procedure, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<serde_json::Value>,
    /// The data card of the user's file, and of the generations beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
    /// What was damaged and was made again, in this run and in those before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<Repair>,
    /// Every file of the folder but this one, by its path in the folder.
    pub files: BTreeMap<String, FileDigest>,
}

/// The state of a git repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitState {
    /// The commit.
    pub commit: String,
    /// Whether tracked files differ from it.
    pub changed: bool,
}

/// Damage that a run has repaired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// When it was found, UTC.
    pub at: String,
    /// What it was.
    pub what: String,
}

/// A file's digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub bytes: u64,
}

impl Manifest {
    /// A manifest with what can be found out here: versions, git, processor, command line.
    pub fn begin(experiment: &str, spec: &str, threads: usize) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").into(),
            tool_commit: option_env!("MODEL_COLLAPSE_COMMIT").map(str::to_owned),
            git: git_state(),
            experiment: experiment.into(),
            spec: spec.into(),
            cpu: cpu(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            threads,
            started: utc(SystemTime::now()),
            command: crate::say::command(),
            ..Default::default()
        }
    }

    /// Notes the end, digests every file and writes `manifest.json`.
    pub fn save(mut self, folder: &Folder) -> Result<(), StoreError> {
        self.ended = utc(SystemTime::now());
        self.files.clear();
        for (name, path) in walk(folder.root())? {
            self.files.insert(name, digest(&path)?);
        }
        tables::write_json(&folder.manifest(), &self)
    }

    /// Notes what a command has written in the folder since: the digests of these files are taken anew, and of no other.
    ///
    /// # Errors
    /// As [`Manifest::load`], and those of the disk.
    pub fn renew<'p>(folder: &Folder, written: impl IntoIterator<Item = &'p Path>) -> Result<(), StoreError> {
        // One folder may have several names.
        let plain = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let root = plain(folder.root());
        let inside = |path: &'p Path| {
            let there = plain(path);
            let inside = there.strip_prefix(&root).or_else(|_| path.strip_prefix(folder.root())).ok()?;
            Some((inside.to_string_lossy().replace('\\', "/"), path))
        };
        let inside: Vec<(String, &Path)> = written.into_iter().filter_map(inside).collect();
        if inside.is_empty() {
            return Ok(());
        }
        let mut manifest = Self::load(folder)?;
        for (name, path) in inside {
            match path.is_file() {
                true => drop(manifest.files.insert(name, digest(path)?)),
                false => drop(manifest.files.remove(&name)),
            }
        }
        tables::write_json(&folder.manifest(), &manifest)
    }

    /// Whether the version that runs here wrote it.
    pub fn is_of_this_tool(&self) -> bool {
        let Self { tool_version, tool_commit, .. } = self;
        tool_version == env!("CARGO_PKG_VERSION")
            && tool_commit.as_deref() == option_env!("MODEL_COLLAPSE_COMMIT")
    }

    /// Notes what was damaged and was made again.
    pub fn note_repairs(&mut self, repairs: &[String]) {
        let at = utc(SystemTime::now());
        self.repairs.extend(repairs.iter().map(|what| Repair { at: at.clone(), what: what.clone() }));
    }

    /// Reads the manifest; errors if there is none or it has another schema version.
    pub fn load(folder: &Folder) -> Result<Self, StoreError> {
        let path = folder.manifest();
        let text = match std::fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(why)) => return Err(StoreError::Line { path, line: 1, why: why.to_string() }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::NotARun { path: folder.root().into(), missing: "manifest.json" });
            }
            Err(e) => return Err(StoreError::io("read", &path)(e)),
        };
        let damaged = |e: serde_json::Error| StoreError::Line {
            path: path.clone(),
            line: e.line() as u64,
            why: e.to_string(),
        };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(damaged)?;
        // JSON of another tool is no damaged manifest of ours.
        if value.get("schema_version").is_none() && value.get("tool_version").is_none() {
            return Err(StoreError::Foreign { path: folder.root().into() });
        }
        let found = value.get("schema_version").and_then(serde_json::Value::as_u64);
        let found = found.ok_or_else(|| damaged(serde::de::Error::custom("it has no schema_version")))?;
        if found != SCHEMA_VERSION {
            return Err(StoreError::Schema { path, found, expected: SCHEMA_VERSION });
        }
        serde_json::from_value(value).map_err(damaged)
    }
}

/// The regular files of a run folder and below, by their paths in it. Links are followed where they stand for a folder of
/// the run's own, such as a `rows/` on another disk, and nowhere else.
///
/// # Errors
/// Those of the disk.
pub fn walk(folder: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    let mut left = vec![(String::new(), folder.to_path_buf())];
    while let Some((prefix, folder)) = left.pop() {
        for entry in std::fs::read_dir(&folder).map_err(StoreError::io("read", &folder))? {
            let entry = entry.map_err(StoreError::io("read", &folder))?;
            let inside = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(StoreError::io("read", &entry.path()))?;
            let ours = ["rows", "models", "figures"].contains(&inside.as_str());
            let linked = ours && kind.is_symlink() && entry.path().is_dir();
            if kind.is_dir() || linked {
                left.push((format!("{inside}/"), entry.path()));
            } else if kind.is_file() && inside != "manifest.json" && inside != LOCK_FILE {
                found.push((inside, entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The digest of one file, read in pieces.
pub fn digest(path: &Path) -> Result<FileDigest, StoreError> {
    let mut file = std::fs::File::open(path).map_err(StoreError::io("read", path))?;
    let (mut hash, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0);
    loop {
        let read = file.read(&mut buffer).map_err(StoreError::io("read", path))?;
        if read == 0 {
            return Ok(FileDigest { sha256: hex(&hash.finalize()), bytes });
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The processor's name, or the architecture where it can't be found.
pub fn cpu() -> String {
    let linux = || {
        let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find(|l| l.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let mac = || output(Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]));
    linux().or_else(mac).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

fn git_state() -> Option<GitState> {
    let commit = output(Command::new("git").args(["rev-parse", "HEAD"]))?;
    let status = Command::new("git").args(["status", "--porcelain", "--untracked-files=no"]).output().ok()?;
    Some(GitState { commit, changed: !status.stdout.is_empty() })
}

fn output(command: &mut Command) -> Option<String> {
    let out = command.output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8(out.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// A time as `2024-02-29T23:59:59Z`.
pub fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, second) = ((seconds / 86_400) as i64, seconds % 86_400);
    // Days to civil date: Hinnant, "chrono-compatible low-level date algorithms".
    let z = days + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // Seconds as `date -u -d … +%s` gives them.
        let at = |s| utc(UNIX_EPOCH + Duration::from_secs(s));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_709_251_199), "2024-02-29T23:59:59Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn the_manifest_names_every_file_and_refuses_another_schema() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::at(root.path());
        let lock = folder.prepare().unwrap();
        std::fs::write(folder.rows().join("a"), "abc").unwrap();
        Manifest::begin("test", "x = 1", 2).save(&folder).unwrap();
        drop(lock);
        let manifest = Manifest::load(&folder).unwrap();
        // The SHA-256 of "abc" is the first example of FIPS 180-2.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let expected = FileDigest { sha256: abc.into(), bytes: 3 };
        assert_eq!(manifest.files, BTreeMap::from([("rows/a".into(), expected)]));
        assert!(!manifest.cpu.is_empty());

        let text = std::fs::read_to_string(folder.manifest()).unwrap();
        std::fs::write(folder.manifest(), text.replace("\"schema_version\": 3", "\"schema_version\": 99"))
            .unwrap();
        assert!(matches!(Manifest::load(&folder), Err(StoreError::Schema { found: 99, .. })));
    }
}
