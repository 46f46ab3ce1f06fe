//! From a path to bytes or text: existence, gzip, encodings.

use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::error::{FileError, Place, Problem};
use super::largest;
use crate::output;

/// First bytes of containers that people name by mistake.
const CONTAINERS: [(&[u8], &str); 8] = [
    (b"PK\x03\x04", "a zip archive (perhaps .xlsx or .npz)"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
];

/// The decompressed bytes of a file, at least one.
pub(in crate::data) fn bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let fail = |problem| FileError::whole(path, problem);
    let about = std::fs::metadata(path).map_err(|e| {
        let missing = matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory);
        fail(if missing { Problem::Missing } else { Problem::Unreadable(e) })
    })?;
    if about.is_dir() {
        return Err(fail(Problem::Directory));
    }
    output::note_input(path);
    let read = std::fs::File::open(path).and_then(largest::whole);
    let raw = read.map_err(|e| fail(Problem::Unreadable(e)))?;
    decompressed(path, raw.map_err(|why| fail(Problem::TooLarge(why)))?)
}

/// Undoes gzip where the bytes are gzip, and refuses containers and nothing at all.
pub(in crate::data) fn decompressed(path: &Path, raw: Vec<u8>) -> Result<Vec<u8>, FileError> {
    let fail = |problem| FileError::whole(path, problem);
    let bytes = if raw.starts_with(b"\x1f\x8b") {
        let unpacked = largest::unpacked(MultiGzDecoder::new(raw.as_slice()), raw.len());
        let unpacked = unpacked.map_err(|e| fail(Problem::Compression(e)))?;
        unpacked.map_err(|why| fail(Problem::TooLarge(why)))?
    } else {
        raw
    };
    if bytes.is_empty() {
        return Err(fail(Problem::Empty));
    }
    match CONTAINERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some((_, what)) => Err(fail(Problem::Container(what))),
        None => Ok(bytes),
    }
}

/// The bytes as text, without a byte order mark; not only white space.
pub(in crate::data) fn text(path: &Path, bytes: Vec<u8>) -> Result<String, FileError> {
    if let Some(at) = bytes.iter().position(|&b| b == 0) {
        return Err(FileError::new(path, Place::Byte(at), Problem::Binary));
    }
    largest::line(&bytes).map_err(|why| FileError::whole(path, Problem::TooLarge(why)))?;
    let text = String::from_utf8(bytes)
        .map_err(|e| FileError::new(path, Place::Byte(e.utf8_error().valid_up_to()), Problem::NotUtf8))?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    if text.trim().is_empty() {
        return Err(FileError::whole(path, Problem::Empty));
    }
    Ok(text)
}
