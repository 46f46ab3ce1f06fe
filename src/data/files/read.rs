//! From a path to bytes or text: existence, standard input, gzip and zstd, encodings.

use std::path::Path;
use std::sync::OnceLock;

use flate2::read::MultiGzDecoder;

use super::error::{FileError, Place, Problem};
use super::largest;
use crate::output;

/// First bytes of containers that people name by mistake.
const CONTAINERS: [(&[u8], &str); 6] = [
    (ZIP, "a zip archive (perhaps .xlsx)"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
];

const ZIP: &[u8] = b"PK\x03\x04";

/// The path that stands for standard input.
pub(in crate::data) const STANDARD_INPUT: &str = "-";

/// What was read of standard input: it can be read once, and a command asks for its rows several times.
static PIPED: OnceLock<Vec<u8>> = OnceLock::new();

/// The decompressed bytes of a file, at least one; those of standard input for `-`.
pub(in crate::data) fn bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let fail = |problem| FileError::whole(path, problem);
    if path.as_os_str() == STANDARD_INPUT {
        if PIPED.get().is_none() {
            let read = largest::whole(std::io::stdin().lock()).map_err(|e| fail(Problem::Unreadable(e)))?;
            let all = read.map_err(|why| fail(Problem::TooLarge(why)))?;
            // Whoever was first has read all there is.
            let _ = PIPED.set(all);
        }
        return decompressed(path, PIPED.get().cloned().unwrap_or_default());
    }
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

/// Undoes gzip and zstd where the bytes are compressed so, and refuses containers and nothing at all.
pub(in crate::data) fn decompressed(path: &Path, raw: Vec<u8>) -> Result<Vec<u8>, FileError> {
    let fail = |problem| FileError::whole(path, problem);
    let bytes = if raw.starts_with(b"\x1f\x8b") {
        let unpacked = largest::unpacked(MultiGzDecoder::new(raw.as_slice()), raw.len());
        let unpacked = unpacked.map_err(|e| fail(Problem::Compression(e)))?;
        unpacked.map_err(|why| fail(Problem::TooLarge(why)))?
    } else if raw.starts_with(b"\x28\xb5\x2f\xfd") {
        let damaged = |e: String| fail(Problem::Compression(std::io::Error::other(e)));
        let decoder =
            ruzstd::decoding::StreamingDecoder::new(raw.as_slice()).map_err(|e| damaged(e.to_string()))?;
        let unpacked = largest::unpacked(decoder, raw.len()).map_err(|e| damaged(e.to_string()))?;
        unpacked.map_err(|why| fail(Problem::TooLarge(why)))?
    } else {
        raw
    };
    if bytes.is_empty() {
        return Err(fail(Problem::Empty));
    }
    // An archive of arrays is a zip archive.
    let arrays = path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().contains(".npz"));
    let refused = |magic: &[u8]| bytes.starts_with(magic) && !(arrays && magic == ZIP);
    match CONTAINERS.iter().find(|(magic, _)| refused(magic)) {
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
