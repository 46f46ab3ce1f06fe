//! Real, human-made data sets that come with the program.
//!
//! The files lie gzipped in `data/` at the top of the repository, with `data/MANIFEST.tsv` for
//! their digests and origins and `DATA_LICENSES.md` for their licences. Each is decoded once.

pub(super) mod images;
pub(super) mod lexicon;
pub(super) mod prose;
pub(super) mod sentences;
pub(super) mod tables;
pub(super) mod tagged;
pub(super) mod tweets;

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

/// One embedded file.
struct Embedded {
    /// Its name in `data/`.
    name: &'static str,
    gz: &'static [u8],
    decoded: OnceLock<Vec<u8>>,
}

impl Embedded {
    const fn new(name: &'static str, gz: &'static [u8]) -> Self {
        Self { name, gz, decoded: OnceLock::new() }
    }

    /// The decompressed bytes.
    fn bytes(&self) -> &[u8] {
        self.decoded.get_or_init(|| {
            let mut out = Vec::new();
            // The bytes are part of the program and a test checks their digest.
            GzDecoder::new(self.gz).read_to_end(&mut out).expect("embedded data is whole");
            out
        })
    }

    /// The decompressed text.
    fn text(&self) -> &str {
        std::str::from_utf8(self.bytes()).expect("embedded text is UTF-8")
    }
}

/// The embedded file `data/<name>`.
macro_rules! embed {
    ($name:literal) => {
        $crate::data::embedded::Embedded::new(
            $name,
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/", $name)),
        )
    };
}
use embed;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use sha2::{Digest, Sha256};

    use super::*;
    use crate::data::digest::hexadecimal;

    #[test]
    fn every_file_has_the_digest_and_size_of_the_manifest() {
        let manifest = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/MANIFEST.tsv"));
        let mut listed: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for line in manifest.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 6, "{line}");
            assert!(!cells[4].is_empty() && !cells[5].is_empty(), "{line}");
            listed.insert(cells[0], (cells[1].parse().unwrap(), cells[3]));
        }
        let files: Vec<&Embedded> = [
            images::FILES,
            lexicon::FILES,
            prose::FILES,
            sentences::FILES,
            tables::FILES,
            tagged::FILES,
            tweets::FILES,
        ]
        .concat();
        assert_eq!(files.len(), listed.len(), "each listed file is embedded");
        for file in files {
            let (size, digest) = listed[file.name];
            assert_eq!(file.bytes().len(), size, "{}", file.name);
            assert_eq!(hexadecimal(&Sha256::digest(file.bytes())), digest, "{}", file.name);
        }
    }
}
