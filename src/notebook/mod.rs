//! Notebooks: `.ipynb` files (nbformat 4.5) that read the CSV files beside them.
//!
//! A [`Notebook`] is a list of Markdown and code cells; [`comparison_notebook`] makes the one
//! that draws a comparison again in pandas and matplotlib, so that a reader can go on from
//! there. Cell ids are counted, not random: the same notebook gives the same bytes.

mod comparison;
mod python;

pub use comparison::comparison_notebook;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use nbformat::v4;

use crate::output;

/// Why a notebook could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotebookError {
    /// The notebook could not be put into JSON.
    #[error("the notebook could not be written as JSON: {0}")]
    Format(#[from] nbformat::NotebookError),
    /// The file could not be written.
    #[error("could not write the notebook {path}: {source}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Kind of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Markdown,
    Code,
}

/// A Python notebook: cells without outputs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notebook {
    cells: Vec<(Kind, String)>,
}

impl Notebook {
    /// Returns a notebook without cells.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the notebook with a Markdown cell added.
    #[must_use]
    pub fn markdown(mut self, text: &str) -> Self {
        self.cells.push((Kind::Markdown, text.trim().to_owned()));
        self
    }

    /// Returns the notebook with a Python cell added.
    #[must_use]
    pub fn code(mut self, text: &str) -> Self {
        self.cells.push((Kind::Code, text.trim().to_owned()));
        self
    }

    /// Returns the notebook as `.ipynb` text, nbformat 4.5.
    ///
    /// # Errors
    /// The JSON writer's.
    pub fn to_text(&self) -> Result<String, NotebookError> {
        let mut cells = Vec::with_capacity(self.cells.len());
        for (i, (kind, text)) in self.cells.iter().enumerate() {
            let id = v4::CellId::new(&format!("cell-{i}"))
                .map_err(|e| nbformat::NotebookError::ValidationError(e.to_owned()))?;
            let source: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
            let metadata = v4::CellMetadata::default();
            cells.push(match kind {
                Kind::Markdown => v4::Cell::Markdown { id, metadata, source, attachments: None },
                Kind::Code => {
                    v4::Cell::Code { id, metadata, execution_count: None, source, outputs: Vec::new() }
                }
            });
        }
        let metadata = v4::Metadata {
            kernelspec: Some(v4::KernelSpec {
                display_name: "Python 3".into(),
                name: "python3".into(),
                language: Some("python".into()),
                additional: HashMap::new(),
            }),
            language_info: Some(v4::LanguageInfo {
                name: "python".into(),
                version: None,
                codemirror_mode: None,
                additional: HashMap::new(),
            }),
            authors: None,
            additional: HashMap::new(),
        };
        let notebook =
            nbformat::Notebook::V4(v4::Notebook { metadata, nbformat: 4, nbformat_minor: 5, cells });
        Ok(nbformat::serialize_notebook(&notebook)?)
    }

    /// Writes the notebook beside `path` and renames it; the folder is made if it is missing.
    ///
    /// # Errors
    /// The JSON writer's, and a file that can't be written.
    pub fn write(&self, path: &Path) -> Result<(), NotebookError> {
        let text = self.to_text()?;
        let failed = |source| NotebookError::Write { path: path.to_owned(), source };
        let folder = match path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        output::write(path, text.as_bytes()).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_notebook_reads_back_as_it_was_built() {
        let built = Notebook::new().markdown("# T\n\ntext").code("a = 1\nprint(a)");
        let text = built.to_text().unwrap();
        let nbformat::Notebook::V4(read) = nbformat::parse_notebook(&text).unwrap() else {
            panic!("not a 4.5 notebook");
        };
        assert_eq!((read.nbformat, read.nbformat_minor), (4, 5));
        assert_eq!(read.cells.len(), 2);
        assert_eq!(read.cells[1].source().concat(), "a = 1\nprint(a)");
        assert_eq!(text, built.to_text().unwrap());
    }

    #[test]
    fn the_file_is_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("a.ipynb");
        let notebook = Notebook::new().code("1");
        notebook.write(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), notebook.to_text().unwrap());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
