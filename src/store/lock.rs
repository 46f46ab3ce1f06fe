//! One process at a time works on a run folder.
//!
//! The operating system holds the lock and drops it with the process, however that ends, so a
//! lock is never stale. The process number in the file is for the message only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::StoreError;

/// The lock's file in a run folder.
pub const LOCK_FILE: &str = ".lock";

/// The right to write in a run folder, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// The process that had the lock and ended without giving it back (killed, power cut).
    pub abandoned_by: Option<u32>,
}

impl Lock {
    /// Takes the lock of `folder`; errors at once if another process has it.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(LOCK_FILE);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(StoreError::io("open", &path))?;
        let taken = file.try_lock();
        let mut text = String::new();
        // Some systems don't let others read a locked file; the number is only a help.
        let _ = file.read_to_string(&mut text);
        let pid = text.trim().parse().ok();
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { path: folder.to_path_buf(), pid });
            }
            // A file system without locks: better to work unprotected than not at all.
            Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(e)) => return Err(StoreError::io("lock", &path)(e)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(StoreError::io("write", &path))?;
        Ok(Self { file, abandoned_by: pid })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // An empty file says that the lock was given back.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_second_taker_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        assert_eq!(first.abandoned_by, None);
        let refused = Lock::take(folder.path()).unwrap_err();
        assert!(refused.to_string().contains(&std::process::id().to_string()), "{refused}");
        drop(first);
        assert_eq!(Lock::take(folder.path()).unwrap().abandoned_by, None);
    }

    #[test]
    fn a_lock_whose_owner_died_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK_FILE), "4194304").unwrap();
        assert_eq!(Lock::take(folder.path()).unwrap().abandoned_by, Some(4_194_304));
    }
}
