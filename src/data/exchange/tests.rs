//! What is written reads back, and what does not fit says where.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::data::files::{FileError, Place, Problem};
use crate::data::{Column, Field, Levels, Samples, TokenUnit, Vocabulary};

fn field(name: &str, role: Role, kind: Kind) -> Field {
    Field { name: name.into(), role, kind }
}

fn vocabulary(unit: TokenUnit, tokens: &[&str]) -> Kind {
    let tokens = tokens.iter().map(|t| (*t).to_owned()).collect();
    Kind::Ragged { vocabulary: Arc::new(Vocabulary::new(unit, tokens)) }
}

/// One column of every kind.
fn table() -> Samples {
    let colours = Levels::Named(["red".into(), "blue, dark".into()].into());
    let fields = vec![
        field("x", Role::Feature, Kind::F64 { width: 2 }),
        field("y", Role::Feature, Kind::F32 { width: 1, image: None, range: Some((0.0, 1.0)) }),
        field("text", Role::Feature, vocabulary(TokenUnit::Characters, &["a", " ", "\"", "\u{fffd}"])),
        field("colour", Role::Label, Kind::Codes { levels: colours }),
        field("age", Role::Group, Kind::Codes { levels: Levels::Count(5) }),
    ];
    let columns = vec![
        Column::F64 { width: 2, data: vec![0.1, -2.5e-300, 1.0 / 3.0, 4.0] },
        Column::F32 { width: 1, data: vec![0.1, 1.0] },
        Column::Ragged { offsets: vec![0, 3, 5], tokens: vec![1, 0, 1, 2, 3] },
        Column::Codes { data: vec![1, 0] },
        Column::Codes { data: vec![4, 0] },
    ];
    Samples::new(Arc::new(Schema { fields }), columns).unwrap()
}

fn words() -> Samples {
    let text = vocabulary(TokenUnit::Words, &["don't", "3.5", ".", "<unk>"]);
    let schema = Schema { fields: vec![field("text", Role::Feature, text)] };
    let column = Column::Ragged { offsets: vec![0, 2, 2, 4], tokens: vec![0, 2, 3, 1] };
    Samples::new(Arc::new(schema), vec![column]).unwrap()
}

fn tagged() -> Samples {
    let text = vocabulary(TokenUnit::Words, &["#", "Peter", "runs"]);
    let tags = vocabulary(TokenUnit::Words, &["O", "B-PER", "I-PER"]);
    let fields = vec![field("text", Role::Feature, text), field("tags", Role::Tag, tags)];
    let columns = vec![
        Column::Ragged { offsets: vec![0, 2, 3], tokens: vec![1, 2, 0] },
        Column::Ragged { offsets: vec![0, 2, 3], tokens: vec![1, 0, 0] },
    ];
    Samples::new(Arc::new(Schema { fields }), columns).unwrap()
}

fn written(rows: &Samples, weights: Option<&[f64]>, format: Exchange) -> String {
    let mut out = Vec::new();
    write(rows, weights, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn parsed(text: &str, schema: &Arc<Schema>, format: Exchange) -> Result<Samples, FileError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows");
    std::fs::write(&file, text).unwrap();
    read(&file, Path::new("samples.csv"), schema, format)
}

fn same(a: &Samples, b: &Samples) -> bool {
    a.len() == b.len() && (0..a.schema().fields.len()).all(|i| a.column(i) == b.column(i))
}

#[test]
fn what_is_written_reads_back_to_the_same_bits() {
    for (rows, formats) in [
        (table(), vec![Exchange::Csv, Exchange::Jsonl]),
        (words(), vec![Exchange::Csv, Exchange::Jsonl, Exchange::Text]),
        (tagged(), vec![Exchange::Csv, Exchange::Jsonl, Exchange::Conll]),
    ] {
        for format in formats {
            let text = written(&rows, None, format);
            let back = parsed(&text, rows.schema(), format).unwrap();
            assert!(same(&rows, &back), "{format:?}\n{text}");
        }
    }
}

#[test]
fn the_format_goes_by_the_schema() {
    assert_eq!(Exchange::of(table().schema()), Exchange::Csv);
    assert_eq!(Exchange::of(words().schema()), Exchange::Text);
    assert_eq!(Exchange::of(tagged().schema()), Exchange::Conll);
    assert_eq!(written(&tagged(), None, Exchange::Conll), "Peter\tB-PER\nruns\tO\n\n#\tO\n\n");
    let lines = written(&table(), Some(&[1.0, 0.5]), Exchange::Csv);
    let header = lines.lines().next().unwrap();
    assert_eq!(header, "x0,x1,y,text,colour,age,sample_weight");
    assert!(lines.lines().nth(2).unwrap().ends_with(",red,0,0.5"), "{lines}");
    assert!(
        write(&words(), Some(&[1.0; 3]), Exchange::Text, &mut Vec::new()).is_err(),
        "a line has no weight"
    );
}

#[test]
fn what_does_not_fit_names_its_line_and_column() {
    let schema = table().schema().clone();
    let header = "x0,x1,y,text,colour,age";
    let wrong = |rows: &str| parsed(&format!("{header}\n{rows}\n"), &schema, Exchange::Csv).unwrap_err();
    let cell = |column: &str| Place::Cell { line: 3, column: column.into() };
    let good = "1,2,0.5,a,red,0";
    for (row, column) in [
        ("nan,2,0.5,a,red,0", "x0"),
        ("1,inf,0.5,a,red,0", "x1"),
        ("1,,0.5,a,red,0", "x1"),
        ("1,2,1.5,a,red,0", "y"),
        ("1,2,0.5,a,green,0", "colour"),
        ("1,2,0.5,a,red,5", "age"),
        ("1,2,0.5,a,red,0.5", "age"),
    ] {
        let e = wrong(&format!("{good}\n{row}"));
        assert_eq!(e.place, cell(column), "{e}");
        assert!(!e.help().is_empty());
    }
    let e = wrong(&format!("{good}\n1,2"));
    assert_eq!(e.place, Place::Line(3));
    let read = |text: &str| parsed(text, &schema, Exchange::Csv);
    let e = read("x0,x1,y,text,colour\n").unwrap_err();
    assert!(matches!(&e.problem, Problem::ColumnMissing { missing, .. } if missing.as_ref() == "age"), "{e}");
    let e = read(&format!("{header},z\n{good},1\n")).unwrap_err();
    assert!(matches!(&e.problem, Problem::ColumnUnknown { found, .. } if found.as_ref() == "z"), "{e}");
    // The columns may come in any order, and a weight is no row's own.
    let read = read("age,colour,text,y,x1,x0,sample_weight\n3.0,red,a,1,2,1,0.5\n").unwrap();
    assert_eq!(read.features()[..2], [1.0, 2.0]);
    let e = parsed("Peter\tB-LOC\n", tagged().schema(), Exchange::Conll).unwrap_err();
    assert_eq!(e.place, Place::Line(1));
    let e = parsed("Paul\tO\n", tagged().schema(), Exchange::Conll).unwrap_err();
    assert!(matches!(&e.problem, Problem::UnknownToken(t) if t.as_ref() == "Paul"), "{e}");
}
