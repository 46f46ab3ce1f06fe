//! The text files of `experiments/`: embedded, or from a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry};

/// Text files by their path below `experiments/`, with `/` between the parts.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    files: BTreeMap<String, String>,
}

/// Why a folder of experiments can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}; give the folder that holds bibliography.toml", path = path.display())]
pub struct ShelfError {
    /// The file or folder.
    pub path: PathBuf,
    /// The system's reason.
    pub source: std::io::Error,
}

fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "toml" || e == "lock")
}

impl Shelf {
    /// The TOML files of an embedded folder, and its lock.
    pub fn embedded(folder: &Dir<'_>) -> Self {
        let mut shelf = Self::default();
        shelf.take(folder);
        shelf
    }

    fn take(&mut self, folder: &Dir<'_>) {
        for entry in folder.entries() {
            match entry {
                DirEntry::Dir(inner) => self.take(inner),
                DirEntry::File(file) => {
                    if let Some(text) = file.contents_utf8() {
                        self.put(file.path(), text);
                    }
                }
            }
        }
    }

    /// The TOML files of a folder on disk, and its lock.
    ///
    /// # Errors
    /// The first file or folder that can't be read.
    pub fn read(folder: &Path) -> Result<Self, ShelfError> {
        let mut shelf = Self::default();
        let mut left = vec![folder.to_path_buf()];
        while let Some(here) = left.pop() {
            let wrong = |source| ShelfError { path: here.clone(), source };
            for entry in std::fs::read_dir(&here).map_err(wrong)? {
                let path = entry.map_err(wrong)?.path();
                if path.is_dir() {
                    left.push(path);
                } else if is_ours(&path) {
                    let text = std::fs::read_to_string(&path)
                        .map_err(|source| ShelfError { path: path.clone(), source })?;
                    shelf.put(path.strip_prefix(folder).unwrap_or(&path), &text);
                }
            }
        }
        Ok(shelf)
    }

    /// Adds a file where it is a TOML file or a lock.
    pub fn put(&mut self, path: &Path, text: &str) {
        if is_ours(path) {
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            self.files.insert(parts.join("/"), text.to_owned());
        }
    }

    /// The text of a file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Every file in the order of its path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}
