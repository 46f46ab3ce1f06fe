//! The digest that identifies finite data.
//!
//! SHA-256 over a canonical encoding of the decoded rows: for each split its name and number of
//! rows, and for each column its name, role, kind, the names of its levels or tokens, and its
//! cells in little-endian bytes. Lengths precede everything of variable length, so no two tables
//! share an encoding. It does not depend on compression, file name or machine.

use sha2::{Digest, Sha256};

use super::{Column, Field, Kind, Levels, Mix, Samples, Splits, TokenUnit};

/// The digest of a data set and its splits, 64 hexadecimal digits.
pub fn digest(splits: &Splits) -> String {
    let mut hash = Sha256::new();
    hash.update(b"model-collapse rows 1");
    for (name, rows) in
        [("train", &splits.train), ("validation", &splits.validation), ("held-out", &splits.held_out)]
    {
        text(&mut hash, name);
        table(&mut hash, rows);
    }
    hexadecimal(&hash.finalize())
}

impl Mix {
    /// The digest of what a fit sees: the rows in their order, each one's weight, and how origins are combined. `None` for
    /// sufficient statistics, and for parts whose columns differ.
    pub fn digest(&self) -> Option<String> {
        let (rows, weights) = self.gather()?.ok()?;
        let mut hash = Sha256::new();
        hash.update(b"model-collapse training set 1");
        text(&mut hash, &format!("{:?}", self.combine));
        self.parts.iter().for_each(|part| text(&mut hash, &format!("{:?} {}", part.origin, part.body.len())));
        table(&mut hash, &rows);
        cells(&mut hash, &weights, |w| w.to_le_bytes());
        Some(hexadecimal(&hash.finalize()))
    }
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn table(hash: &mut Sha256, rows: &Samples) {
    number(hash, rows.len());
    number(hash, rows.schema().fields.len());
    for (i, field) in rows.schema().fields.iter().enumerate() {
        describe(hash, field);
        match rows.column(i) {
            Column::F32 { data, .. } => cells(hash, data, |v| v.to_le_bytes()),
            Column::F64 { data, .. } => cells(hash, data, |v| v.to_le_bytes()),
            Column::Codes { data } => cells(hash, data, |v| v.to_le_bytes()),
            Column::Ragged { offsets, tokens } => {
                cells(hash, offsets, |v| (v as u64).to_le_bytes());
                cells(hash, tokens, |v| v.to_le_bytes());
            }
        }
    }
}

fn describe(hash: &mut Sha256, field: &Field) {
    text(hash, &field.name);
    text(hash, &format!("{:?}", field.role));
    match &field.kind {
        Kind::F32 { width, .. } => {
            text(hash, "f32");
            number(hash, *width);
        }
        Kind::F64 { width } => {
            text(hash, "f64");
            number(hash, *width);
        }
        Kind::Codes { levels } => {
            text(hash, "codes");
            number(hash, levels.count());
            if let Levels::Named(names) = levels {
                names.iter().for_each(|name| text(hash, name));
            }
        }
        Kind::Ragged { vocabulary } => {
            text(
                hash,
                match vocabulary.unit {
                    TokenUnit::Characters => "characters",
                    TokenUnit::Words => "words",
                },
            );
            number(hash, vocabulary.len());
            vocabulary.tokens.iter().for_each(|token| text(hash, token));
        }
    }
}

fn number(hash: &mut Sha256, n: usize) {
    hash.update((n as u64).to_le_bytes());
}

fn text(hash: &mut Sha256, text: &str) {
    number(hash, text.len());
    hash.update(text.as_bytes());
}

fn cells<T: Copy, const N: usize>(hash: &mut Sha256, data: &[T], bytes: impl Fn(T) -> [u8; N]) {
    number(hash, data.len());
    // In pieces, so that a large column is never held twice.
    for piece in data.chunks(4096) {
        let block: Vec<u8> = piece.iter().flat_map(|&v| bytes(v)).collect();
        hash.update(&block);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::data::Schema;

    fn splits(cells: &[f64]) -> Splits {
        let schema = Arc::new(Schema::single(Kind::F64 { width: 1 }));
        let rows = |data: &[f64]| {
            Arc::new(
                Samples::new(schema.clone(), vec![Column::F64 { width: 1, data: data.to_vec() }]).unwrap(),
            )
        };
        Splits { train: rows(&cells[..2]), validation: rows(&cells[2..3]), held_out: rows(&cells[3..]) }
    }

    #[test]
    fn the_digest_is_sha_256_of_the_documented_encoding() {
        let word = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
        let mut bytes = b"model-collapse rows 1".to_vec();
        for (name, cells) in
            [("train", vec![1.0, 2.0]), ("validation", vec![3.0]), ("held-out", vec![4.0, 5.0])]
        {
            bytes.extend(word(name));
            let n = (cells.len() as u64).to_le_bytes();
            bytes.extend(n);
            bytes.extend(1_u64.to_le_bytes());
            bytes.extend([word("x"), word("Feature"), word("f64")].concat());
            bytes.extend(1_u64.to_le_bytes());
            bytes.extend(n);
            cells.iter().for_each(|c: &f64| bytes.extend(c.to_le_bytes()));
        }
        let expected = hexadecimal(&Sha256::digest(&bytes));
        assert_eq!(digest(&splits(&[1.0, 2.0, 3.0, 4.0, 5.0])), expected);
    }

    #[test]
    fn one_changed_or_moved_cell_changes_the_digest() {
        let base = digest(&splits(&[1.0, 2.0, 3.0, 4.0]));
        assert_ne!(base, digest(&splits(&[1.0, 2.0, 3.0, 4.5])));
        assert_ne!(base, digest(&splits(&[1.0, 3.0, 2.0, 4.0])));
        assert_eq!(base, digest(&splits(&[1.0, 2.0, 3.0, 4.0])));
    }
}
