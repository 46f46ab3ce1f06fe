//! Files that are there whole or not at all: written beside, flushed to the disk, renamed.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::StoreError;

pub(super) const PREFIX: &str = ".writing-";

/// A file that takes its name when it is complete. Dropped without [`AtomicFile::commit`], it
/// leaves nothing behind.
pub struct AtomicFile {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl AtomicFile {
    /// Opens a nameless neighbour of `path`. Errors where the folder can't be written.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let folder = folder_of(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            // A temporary file is private by default; a result is as readable as any other file.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder).map_err(StoreError::io("write in", folder))?;
        Ok(Self { file: BufWriter::with_capacity(1 << 16, file), path: path.to_path_buf() })
    }

    /// Flushes to the disk and takes the name, replacing what had it.
    pub fn commit(self) -> Result<(), StoreError> {
        let Self { file, path } = self;
        let file = file.into_inner().map_err(|e| e.into_error()).map_err(StoreError::io("write", &path))?;
        file.as_file().sync_all().map_err(StoreError::io("write", &path))?;
        file.persist(&path).map_err(|e| e.error).map_err(StoreError::io("name", &path))?;
        // The rename itself survives a power cut once the folder is on the disk. Not every system
        // can do this, and the file is whole either way.
        #[cfg(unix)]
        if let Ok(folder) = std::fs::File::open(folder_of(&path)) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a whole file.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(StoreError::io("write", path))?;
    file.commit()
}

/// Removes what a killed process left half-written in `folder`. Call it under the folder's lock.
pub fn remove_unfinished(folder: &Path) -> Result<(), StoreError> {
    for entry in std::fs::read_dir(folder).map_err(StoreError::io("read", folder))? {
        let entry = entry.map_err(StoreError::io("read", folder))?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_file_is_whole_or_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert!(names(folder.path()).is_empty());
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn leftovers_of_a_killed_process_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".writing-Xy12"), "{\"form").unwrap();
        std::fs::write(folder.path().join("kept.json"), "{}").unwrap();
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(names(folder.path()), ["kept.json"]);
    }
}
