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

fn parsed(text: &str, schema: &Arc<Schema>, format: Exchange, how: &Reading<'_>) -> Result<Read, FileError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows");
    std::fs::write(&file, text).unwrap();
    read(&file, Path::new("samples.csv"), schema, format, how)
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
            let back = parsed(&text, rows.schema(), format, &Reading::default()).unwrap();
            assert!(same(&rows, &back.rows), "{format:?}\n{text}");
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
    let wrong = |rows: &str| {
        parsed(&format!("{header}\n{rows}\n"), &schema, Exchange::Csv, &Reading::default()).unwrap_err()
    };
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
    let read = |text: &str| parsed(text, &schema, Exchange::Csv, &Reading::default());
    let e = read("x0,x1,y,text,colour\n").unwrap_err();
    assert!(matches!(&e.problem, Problem::ColumnMissing { missing, .. } if missing.as_ref() == "age"), "{e}");
    let e = read(&format!("{header},z\n{good},1\n")).unwrap_err();
    assert!(matches!(&e.problem, Problem::ColumnUnknown { found, .. } if found.as_ref() == "z"), "{e}");
    // The columns may come in any order, and a weight is no row's own.
    let read = read("age,colour,text,y,x1,x0,sample_weight\n3.0,red,a,1,2,1,0.5\n").unwrap();
    assert_eq!(read.rows.features()[..2], [1.0, 2.0]);
    let e = parsed("Peter\tB-LOC\n", tagged().schema(), Exchange::Conll, &Reading::default()).unwrap_err();
    assert_eq!(e.place, Place::Line(1));
    let e = parsed("Paul\tO\n", tagged().schema(), Exchange::Conll, &Reading::default()).unwrap_err();
    assert!(matches!(&e.problem, Problem::UnknownToken(t) if t.as_ref() == "Paul"), "{e}");
}

#[test]
fn rows_from_elsewhere_are_normalised_and_keep_their_keys() {
    let how =
        Reading { elsewhere: true, keys: &["generation"], text_column: Some("body"), ..Reading::default() };
    let text = "generation,body,author\n3,\"DON'T stop .\",me\n";
    let read = parsed(text, words().schema(), Exchange::Csv, &how).unwrap();
    assert_eq!(read.keys, [["3"]]);
    assert_eq!(read.rows.text(0).unwrap(), "don't <unk> .");
    let how = Reading { elsewhere: true, window: Some(2), ..Reading::default() };
    let read = parsed("Don't 3.5\n. Don't .", words().schema(), Exchange::Text, &how).unwrap();
    let rows: Vec<String> = (0..read.rows.len()).map(|r| read.rows.text(r).unwrap()).collect();
    assert_eq!(rows, ["don't 3.5", ". don't"], "what is left at the end is dropped");
}

#[test]
fn a_token_that_people_do_not_have_is_new_where_that_is_asked_for() {
    let how = Reading { elsewhere: true, new_tokens: true, ..Reading::default() };
    let read = parsed("don't panic .\npanic now", words().schema(), Exchange::Text, &how).unwrap().rows;
    assert_eq!((read.text(0).unwrap(), read.text(1).unwrap()), ("don't panic .".into(), "panic now".into()));
    let vocabulary = read.schema().vocabulary().unwrap();
    assert_eq!((vocabulary.rare, &vocabulary.tokens[4..]), (2, &["panic".to_owned(), "now".to_owned()][..]));
    // A model reads its unknown token, the last that it knows.
    assert_eq!(read.modelled().text(1).unwrap(), "<unk> <unk>");
    assert_eq!(read.modelled().schema(), words().schema());
}
