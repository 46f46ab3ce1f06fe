//! How large a file may be that is read whole: what a mistake in a path or a hostile archive could take of the memory.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a file, as it is and unpacked.
const FILE: u64 = 512 << 20;
/// The share of it that one line may have.
const LINES: u64 = 32;
/// Columns of a table, or different fields of JSON lines.
pub(super) const COLUMNS: usize = 10_000;
/// Bytes that came out for each that went in, beyond which what is unpacked is no data; small files may.
const RATIO: u64 = 200;
const SMALL: u64 = 16 << 20;

/// Bytes that are read at once.
const PIECE: u64 = 16 << 20;

static ALLOWED: AtomicU64 = AtomicU64::new(FILE);

/// Lets files be as large as this; for a whole process.
pub fn allow(bytes: f64) {
    // A float beyond the range becomes the largest number.
    ALLOWED.store(bytes as u64, Ordering::Relaxed);
}

/// Bytes that a file may have.
pub fn allowed() -> u64 {
    ALLOWED.load(Ordering::Relaxed)
}

/// Reads to the end, or says why that is too much.
pub(super) fn whole(from: impl Read) -> io::Result<Result<Vec<u8>, String>> {
    let allowed = allowed();
    let mut from = from.take(allowed.saturating_add(1));
    // In pieces: a buffer that doubles would take twice the limit before it is reached.
    let (mut pieces, mut length) = (Vec::new(), 0);
    loop {
        let mut piece = Vec::new();
        length += (&mut from).take(PIECE).read_to_end(&mut piece)?;
        let over = piece.is_empty();
        pieces.push(piece);
        if length as u64 > allowed {
            return Ok(Err(format!("it has more than {} MB", allowed >> 20)));
        }
        if over {
            return Ok(Ok(pieces.concat()));
        }
    }
}

/// Unpacks to the end, or says why that is too much; `packed` bytes go in.
pub(super) fn unpacked(from: impl Read, packed: usize) -> io::Result<Result<Vec<u8>, String>> {
    let most = SMALL.max(RATIO.saturating_mul(packed as u64)).min(allowed());
    // Whoever lifts the limit on size lifts that on the ratio.
    let most = if allowed() > FILE { allowed() } else { most };
    let mut bytes = Vec::new();
    from.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    let too_large =
        || format!("{:.1} MB are packed in it as more than {} MB", packed as f64 / 1e6, most >> 20);
    Ok(if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) })
}

/// Why a text has a line that is no line of data, where it has one.
pub(super) fn line(bytes: &[u8]) -> Result<(), String> {
    let most = allowed() / LINES;
    match bytes.split(|byte| *byte == b'\n').any(|line| line.len() as u64 > most) {
        true => Err(format!("it has a line of more than {} MB", most >> 20)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use super::*;

    #[test]
    fn what_never_ends_and_what_swells_is_refused() {
        assert!(whole(io::repeat(0)).unwrap().unwrap_err().contains("more than 512 MB"));
        assert_eq!(whole(&b"abc"[..]).unwrap().unwrap(), b"abc");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        io::copy(&mut io::repeat(b'a').take(64 << 20), &mut packed).unwrap();
        let packed = packed.finish().unwrap();
        let told = unpacked(flate2::read::MultiGzDecoder::new(packed.as_slice()), packed.len());
        assert!(told.unwrap().unwrap_err().contains("packed in it as more than"));
        // Few bytes may swell: a table of zeros is one.
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&[b'0'; 1 << 20]).unwrap();
        let packed = packed.finish().unwrap();
        let read = unpacked(flate2::read::MultiGzDecoder::new(packed.as_slice()), packed.len());
        assert_eq!(read.unwrap().unwrap().len(), 1 << 20);
        assert!(line(&vec![b'x'; 17 << 20]).is_err() && line(b"a\nb").is_ok());
    }
}
