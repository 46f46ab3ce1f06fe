//! [`Output`] with the errors of a run folder.

use std::io::{self, Write};
use std::path::Path;

use super::StoreError;
use crate::output::{self, Output};

/// A file that takes its name when it is complete. Dropped without [`AtomicFile::commit`], it
/// leaves nothing behind.
pub struct AtomicFile(Output);

impl AtomicFile {
    /// Opens a nameless neighbour of `path`. Errors where the folder can't be written.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        Output::create(path).map(Self).map_err(StoreError::io("write", path))
    }

    /// Flushes to the disk and takes the name, replacing what had it.
    pub fn commit(self) -> Result<(), StoreError> {
        let path = self.0.path().to_path_buf();
        self.0.commit().map_err(StoreError::io("write", &path))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes a whole file.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    output::write(path, bytes).map_err(StoreError::io("write", path))
}

/// Removes what a killed process left half-written in `folder`, where there is one. Call it under the folder's lock.
pub(super) fn remove_unfinished(folder: &Path) -> Result<(), StoreError> {
    if !folder.is_dir() {
        return Ok(());
    }
    output::remove_unfinished(folder).map_err(|(path, e)| StoreError::io("remove", &path)(e))
}
