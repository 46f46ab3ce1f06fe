//! Rows as CSV: the `export` of any source.
//!
//! One line per row under a header. A column of one number is one CSV column with the field's
//! name; a column of `w` numbers is `w` of them, `name0` … (images are read row by row). Categories
//! are written by name, text as it reads, quoted as in RFC 4180. Numbers are written in the
//! shortest form that reads back to the same bits.

use std::io::Write;

use super::{Column, Kind, Samples};

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the rows could not be written: {0}")]
pub struct ExportError(#[from] csv::Error);

/// Writes all rows as CSV, with a header.
pub fn write_csv(samples: &Samples, to: impl Write) -> Result<(), ExportError> {
    let mut writer = csv::Writer::from_writer(to);
    let fields = &samples.schema().fields;
    let mut cells: Vec<String> = Vec::new();
    for field in fields {
        match field.kind {
            Kind::F32 { width, .. } | Kind::F64 { width } if width != 1 => {
                cells.extend((0..width).map(|i| format!("{}{i}", field.name)));
            }
            _ => cells.push(field.name.clone()),
        }
    }
    writer.write_record(&cells)?;
    for row in 0..samples.len() {
        cells.clear();
        for (i, field) in fields.iter().enumerate() {
            match (samples.column(i), &field.kind) {
                (Column::F32 { width, data }, _) => {
                    cells.extend(data[row * width..(row + 1) * width].iter().map(f32::to_string));
                }
                (Column::F64 { width, data }, _) => {
                    cells.extend(data[row * width..(row + 1) * width].iter().map(f64::to_string));
                }
                (Column::Codes { data }, Kind::Codes { levels }) => cells.push(levels.name(data[row])),
                (Column::Ragged { offsets, tokens }, Kind::Ragged { vocabulary }) => {
                    cells.push(vocabulary.text(&tokens[offsets[row]..offsets[row + 1]]));
                }
                // A table's columns always have the kinds of its schema.
                _ => cells.push(String::new()),
            }
        }
        writer.write_record(&cells)?;
    }
    writer.flush().map_err(csv::Error::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::data::{Field, Levels, Role, Schema, TokenUnit, Vocabulary};

    #[test]
    fn rows_are_written_under_a_header_and_quoted() {
        let field = |name: &str, kind| Field { name: name.into(), role: Role::Feature, kind };
        let vocabulary = Vocabulary::new(TokenUnit::Words, vec!["say".into(), "\"hi\"".into(), ",".into()]);
        let schema = Schema {
            fields: vec![
                field("x", Kind::F64 { width: 2 }),
                field("y", Kind::F32 { width: 1, image: None, range: None }),
                field("party", Kind::Codes { levels: Levels::Named(["left".into(), "right".into()].into()) }),
                field("text", Kind::Ragged { vocabulary: Arc::new(vocabulary) }),
            ],
        };
        let columns = vec![
            Column::F64 { width: 2, data: vec![1.0, 0.1, -2.5, 1e-9] },
            Column::F32 { width: 1, data: vec![0.1, 3.0] },
            Column::Codes { data: vec![1, 0] },
            Column::Ragged { offsets: vec![0, 3, 3], tokens: vec![0, 1, 2] },
        ];
        let mut out = Vec::new();
        write_csv(&Samples::new(Arc::new(schema), columns).unwrap(), &mut out).unwrap();
        let expected = "x0,x1,y,party,text\n1,0.1,0.1,right,\"say \"\"hi\"\" ,\"\n-2.5,0.000000001,3,left,\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
