//! Temporary folders that do not outlast their process for long: what a killed one leaves, the next one removes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// How their names begin.
const PREFIX: &str = "collapse-scratch-";
/// The file that the owner keeps locked; the system drops the lock with the process. No run folder has one of this name.
const LOCK: &str = ".collapse-scratch-lock";

/// A temporary folder, which goes with the value.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Makes one in the system's folder of temporary files.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn new() -> io::Result<Self> {
        let all = std::env::temp_dir();
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| sweep(&all));
        // It takes its name when it is locked, so nobody finds it without an owner.
        let new = tempfile::Builder::new().prefix(".collapse-scratch-").tempdir_in(&all)?;
        let lock = File::create(new.path().join(LOCK))?;
        // Without locks on this file system nobody is able to sweep either.
        let _ = lock.try_lock();
        let name = new.path().file_name().unwrap_or_default().to_string_lossy();
        let path = all.join(name.trim_start_matches('.'));
        fs::rename(new.path(), &path)?;
        drop(new.keep());
        Ok(Self { path, _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What an outside program made unreadable stays; the next process tries again.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders whose owners are gone.
fn sweep(all: &Path) {
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let lock = File::options().write(true).open(entry.path().join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_goes_with_its_owner_or_after_it() {
        let mine = Scratch::new().unwrap();
        fs::write(mine.path().join("a"), "1").unwrap();
        let all = mine.path().parent().unwrap().to_path_buf();
        // One whose owner is gone, and a finished run, whose lock is free too.
        let left = all.join(format!("{PREFIX}of-a-test-left-{}", std::process::id()));
        let run = all.join(format!("{PREFIX}of-a-test-run-{}", std::process::id()));
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        drop(crate::store::Folder::at(&run).prepare().unwrap());
        sweep(&all);
        assert!(mine.path().join("a").exists() && run.join("rows").exists() && !left.exists());
        fs::remove_dir_all(run).unwrap();
        let path = mine.path().to_path_buf();
        drop(mine);
        assert!(!path.exists());
    }
}
