//! Text between two markers of a file, written anew: generated tables in documents made by hand.

use std::path::{Path, PathBuf};

use crate::store::write_atomically;

/// Why a table can't be written into a document.
#[derive(Debug, thiserror::Error)]
pub enum MarkerError {
    /// The document can't be read or written.
    #[error("{path}: {why}", path = path.display())]
    File {
        /// The document.
        path: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// The markers are not there, not once each, or in the wrong order.
    #[error("{path} needs, once and in this order, the lines `{begin}` and `{end}`", path = path.display(), begin = begin(name), end = end(name))]
    Markers {
        /// The document.
        path: PathBuf,
        /// The markers' name.
        name: String,
    },
}

fn begin(name: &str) -> String {
    format!("<!-- {name}: begin -->")
}

fn end(name: &str) -> String {
    format!("<!-- {name}: end -->")
}

/// Replaces what stands between `<!-- name: begin -->` and `<!-- name: end -->` in a document.
///
/// # Errors
/// [`MarkerError`]; the document is then as it was.
pub fn write_between(path: &Path, name: &str, text: &str) -> Result<(), MarkerError> {
    let file = |why: String| MarkerError::File { path: path.to_owned(), why };
    let document = std::fs::read_to_string(path).map_err(|e| file(e.to_string()))?;
    let renewed = between(&document, name, text)
        .ok_or_else(|| MarkerError::Markers { path: path.to_owned(), name: name.to_owned() })?;
    write_atomically(path, renewed.as_bytes()).map_err(|e| file(e.to_string()))
}

fn between(document: &str, name: &str, text: &str) -> Option<String> {
    let once = |marker: &str| {
        let at = document.find(marker)?;
        (document.rfind(marker) == Some(at)).then_some(at)
    };
    let (open, close) = (begin(name), end(name));
    let (from, to) = (once(&open)? + open.len(), once(&close)?);
    (from <= to).then(|| format!("{}\n\n{}\n\n{}", &document[..from], text.trim(), &document[to..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let document = "a\n<!-- t: begin -->\nold\n<!-- t: end -->\nb\n";
        let renewed = between(document, "t", "| new |\n").unwrap();
        assert_eq!(renewed, "a\n<!-- t: begin -->\n\n| new |\n\n<!-- t: end -->\nb\n");
        assert_eq!(between(&renewed, "t", "| new |").unwrap(), renewed);
    }

    #[test]
    fn missing_doubled_and_crossed_markers_leave_the_document_alone() {
        let (open, close) = (begin("t"), end("t"));
        for document in
            [String::new(), open.clone(), format!("{close}{open}"), format!("{open}{close}{close}")]
        {
            assert_eq!(between(&document, "t", "x"), None, "{document}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("README.md");
        std::fs::write(&path, "nothing").unwrap();
        let wrong = write_between(&path, "t", "x").unwrap_err().to_string();
        assert!(wrong.contains("<!-- t: begin -->"), "{wrong}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "nothing");
    }
}
