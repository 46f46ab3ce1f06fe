//! What a user reads when a file is wrong, and that no bytes make a loader panic.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::data::text::TextTable;
use crate::data::{Kind, Levels, Role, Source, Supply};

pub(super) fn load(name: &str, bytes: &[u8], options: &Options) -> Result<Source, SourceError> {
    let path = Path::new(name);
    let format = Format::of(path, bytes).ok_or_else(|| FileError::whole(path, Problem::UnknownFormat))?;
    source(format, path, bytes.to_vec(), options)
}

#[track_caller]
pub(super) fn error(name: &str, bytes: &[u8]) -> FileError {
    error_with(name, bytes, &Options::default())
}

#[track_caller]
pub(super) fn error_with(name: &str, bytes: &[u8], options: &Options) -> FileError {
    match load(name, bytes, options) {
        Err(SourceError::File(error)) => {
            assert!(!error.help().is_empty(), "what to do: {error}");
            error
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("{name} was accepted"),
    }
}

/// A table of 20 good rows with one line put in at line 5.
fn with_line(line: &str) -> Vec<u8> {
    let mut lines: Vec<String> =
        (0..20).map(|i| format!("{},{},{}", i * 7 % 20, i * 2, ["red", "blue"][i % 2])).collect();
    lines.insert(3, line.into());
    format!("a,b,colour\n{}\n", lines.join("\n")).into_bytes()
}

pub(super) fn cell(line: u64, column: &str) -> Place {
    Place::Cell { line, column: column.into() }
}

#[test]
fn a_table_has_numbers_categories_labels_and_groups() {
    let options = Options { label: Some("colour".into()), group: Some("b".into()), ..Options::default() };
    let s = load("t.csv", &with_line("7,0,green"), &options).unwrap();
    let fields = &s.schema().fields;
    assert_eq!(fields.iter().map(|f| f.role).collect::<Vec<_>>(), [Role::Feature, Role::Label, Role::Group]);
    assert_eq!(fields[0].kind, Kind::F64 { width: 1 });
    let names: Vec<String> = ["blue", "green", "red"].map(String::from).to_vec();
    assert_eq!(fields[1].kind, Kind::Codes { levels: Levels::Named(names.into()) });
    let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
    // 21 rows: 30 % held out is 6, 10 % validation is 2.
    assert_eq!((splits.train.len(), splits.validation.len(), splits.held_out.len()), (13, 2, 6));
}

#[test]
fn a_label_of_numbers_is_a_class_or_a_quantity() {
    let kind = |label: &dyn Fn(usize) -> String, categorical: Option<&str>| {
        let rows: String = (0..60).map(|i| format!("{i},{}\n", label(i))).collect();
        let categorical = categorical.map(|name| vec![name.to_owned()]);
        let options = Options { label: Some("y".into()), categorical, ..Options::default() };
        let s = load("t.csv", format!("x,y\n{rows}").as_bytes(), &options).unwrap();
        assert_eq!(s.schema().fields[1].role, Role::Label);
        s.schema().fields[1].kind.codes()
    };
    let modulo = |n: usize| move |i: usize| (i % n).to_string();
    assert_eq!(kind(&modulo(2), None), Some(2));
    assert_eq!(kind(&modulo(20), None), Some(20));
    assert_eq!(kind(&modulo(21), None), None);
    assert_eq!(kind(&modulo(21), Some("y")), Some(21));
    let half = |i: usize| format!("{}.5", i % 3);
    assert_eq!(kind(&half, None), None);
    assert_eq!(kind(&half, Some("y")), Some(3));
    assert_eq!(kind(&|i| format!("c{}", i % 30), None), Some(30));
    assert_eq!(kind(&|i| if i == 7 { "other".into() } else { i.to_string() }, None), Some(60));
}

#[test]
fn columns_are_left_out_whatever_they_hold() {
    let rows: String = (0..20).map(|i| format!("{i},2020-01-{i:02},{},\n", i % 2)).collect();
    let bytes = format!("a,day,b,empty\n{rows}").into_bytes();
    let without = |names: &[&str]| Options {
        without: Some(names.iter().map(|n| (*n).to_owned()).collect()),
        label: Some("b".into()),
        ..Options::default()
    };
    let s = load("t.csv", &bytes, &without(&["day", "empty"])).unwrap();
    assert_eq!(s.schema().fields.iter().map(|f| &*f.name).collect::<Vec<_>>(), ["a", "b"]);
    // An empty column is no loss.
    let s = load("t.csv", &bytes, &without(&["day"])).unwrap();
    assert_eq!(s.schema().fields.len(), 2);
    assert!(matches!(error_with("t.csv", &bytes, &without(&["dya"])).problem, Problem::NoSuchColumn { .. }));
    assert!(
        matches!(load("t.csv", &bytes, &without(&["b"])), Err(SourceError::Parameter(e)) if e.key == "without")
    );
    let lines: String =
        (0..20).map(|i| format!("{{\"a\": {i}, \"b\": {}, \"list\": [1]}}\n", i % 2)).collect();
    let s = load("t.jsonl", lines.as_bytes(), &without(&["list"])).unwrap();
    assert_eq!(s.schema().fields.len(), 2);
}

#[test]
fn delimiters_headers_quotes_and_compression_are_found() {
    let plain = load("t.csv", &with_line("7,0,green"), &Options::default()).unwrap();
    for (name, delimiter) in [("t.tsv", "\t"), ("t.csv", ";"), ("t.csv", "|")] {
        let other = String::from_utf8(with_line("7,0,green")).unwrap().replace(',', delimiter);
        let other = load(name, other.as_bytes(), &Options::default()).unwrap();
        assert_eq!(other.digest, plain.digest, "{delimiter:?}");
    }
    let quoted = String::from_utf8(with_line("7,0,\"green\"")).unwrap().replace('\n', "\r\n");
    let quoted = format!("\u{feff}{quoted}");
    assert_eq!(load("t.csv", quoted.as_bytes(), &Options::default()).unwrap().digest, plain.digest);
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(&with_line("7,0,green")).unwrap();
    let gz = gz.finish().unwrap();
    assert_eq!(load("t.csv.gz", &gz, &Options::default()).unwrap().digest, plain.digest);
    assert!(matches!(error("t.csv.gz", &gz[..gz.len() / 2]).problem, Problem::Compression(_)));
    let bare: String = (0..10).map(|i| format!("{i},{}\n", i * i)).collect();
    let s = load("t.csv", bare.as_bytes(), &Options::default()).unwrap();
    assert_eq!(s.schema().fields[0].name, "x1");
    assert_eq!(s.available(), Some(6));
}

#[test]
fn a_wrong_table_names_the_line_and_the_column() {
    assert!(matches!(error("t.csv", b"").problem, Problem::Empty));
    assert!(matches!(error("t.csv", b" \n\n").problem, Problem::Empty));
    assert!(matches!(error("t.csv", b"a,b\n").problem, Problem::OnlyHeader));
    assert!(matches!(error("t.csv", b"a,b\n1,2\n").problem, Problem::TooFewRows(_)));
    assert!(matches!(error("t.csv", b"a,a\n1,2\n").problem, Problem::DuplicateColumn(name) if name == "a"));
    let e = error("t.csv", &with_line("1,2"));
    assert_eq!(e.place, Place::Line(5));
    assert!(matches!(e.problem, Problem::Ragged { expected: 3, found: 2 }));
    let strict = Options { missing: Some(Missing::Error), ..Options::default() };
    for (line, column) in [("1,NaN,red", "b"), ("inf,1,red", "a")] {
        let e = error_with("t.csv", &with_line(line), &strict);
        assert_eq!(e.place, cell(5, column));
        assert!(matches!(e.problem, Problem::NotFinite(_)));
    }
    for (line, column) in [("1,,red", "b"), ("NA,1,red", "a"), ("1,1,", "colour")] {
        let e = error_with("t.csv", &with_line(line), &strict);
        assert_eq!(e.place, cell(5, column));
        assert!(matches!(e.problem, Problem::MissingValue));
        let drop = Options { missing: Some(Missing::Drop), ..Options::default() };
        assert_eq!(load("t.csv", &with_line(line), &drop).unwrap().available(), Some(12));
    }
    let e = error("t.csv", &with_line("1,many,red"));
    assert_eq!(e.place, cell(5, "b"));
    assert!(matches!(e.problem, Problem::MixedTypes { numbers: 20, .. }));
    let ids: String = (0..200).map(|i| format!("{i},name{i}\n")).collect();
    let label = Options { label: Some("id".into()), ..Options::default() };
    let s = load("t.csv", format!("a,id\n{ids}").as_bytes(), &label).unwrap();
    assert_eq!(s.schema().fields[1].kind.codes(), Some(200), "a label is what it is");
    let e = error("t.csv", b"a,b,c\n1,x,1\n2,2,2\n3,3,y\n");
    let Problem::Several(all) = &e.problem else { panic!("{e}") };
    assert_eq!(all.iter().map(|e| e.place.clone()).collect::<Vec<_>>(), [cell(2, "b"), cell(4, "c")]);
    let bytes = b"a,b\n1,x\n2,\"y\n3,z\n";
    let e = error("t.csv", bytes);
    assert!(matches!(e.problem, Problem::UnclosedQuote) && e.place == Place::Line(3), "{e}");
}

#[test]
fn a_missing_column_lists_those_there_are() {
    let options = Options { label: Some("color".into()), ..Options::default() };
    let e = error_with("t.csv", &with_line("1,2,red"), &options).to_string();
    assert!(e.contains("did you mean `colour`?") && e.contains("`a`, `b`, `colour`"), "{e}");
}

#[test]
fn bytes_that_are_no_text_are_named_by_their_place() {
    let mut bytes = with_line("1,2,red");
    bytes[30] = 0xe9;
    let e = error("t.csv", &bytes);
    assert_eq!(e.place, Place::Byte(30));
    assert!(matches!(e.problem, Problem::NotUtf8));
    bytes[12] = 0;
    let e = error("t.txt", &bytes);
    assert_eq!(e.place, Place::Byte(12));
    assert!(matches!(e.problem, Problem::Binary));
    assert!(matches!(error("t.csv", b"PK\x03\x04rest").problem, Problem::Container(_)));
    assert!(matches!(error("mystery", b"\x7fELF").problem, Problem::UnknownFormat));
}

#[test]
fn a_path_that_is_no_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let problem = |path: &Path| match open(path, &Options::default()) {
        Err(SourceError::File(e)) => e.problem,
        _ => panic!("an error is due"),
    };
    assert!(matches!(problem(&folder.path().join("none.csv")), Problem::Missing));
    assert!(matches!(problem(folder.path()), Problem::Directory));
}

#[test]
fn json_lines_are_text_or_a_table() {
    let texts: String =
        (0..10).map(|i| format!("{{\"text\": \"line no {i}\", \"stars\": {}}}\n", i % 2)).collect();
    let options = Options {
        label: Some("stars".into()),
        text: TextTable { min_count: Some(1), ..TextTable::default() },
        ..Options::default()
    };
    let s = load("t.jsonl", texts.as_bytes(), &options).unwrap();
    let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
    for row in 0..splits.train.len() {
        let text = splits.train.text(row).unwrap();
        let number: u32 = text.rsplit(' ').next().unwrap().parse().unwrap();
        assert_eq!(splits.train.labels().unwrap()[row], number % 2, "{text}");
    }
    let table: String = (0..10).map(|i| format!("{{\"x\": {i}.5, \"ok\": {}}}\n", i % 2 == 0)).collect();
    let s = load("t.jsonl", table.as_bytes(), &Options::default()).unwrap();
    assert_eq!(s.schema().fields[0].kind, Kind::F64 { width: 1 });
    let names: Vec<String> = ["false", "true"].map(String::from).to_vec();
    assert_eq!(s.schema().fields[1].kind, Kind::Codes { levels: Levels::Named(names.into()) });

    let e = error("t.jsonl", format!("{table}oops\n").as_bytes());
    assert_eq!(e.place, Place::Line(11));
    assert!(matches!(e.problem, Problem::Json(_)));
    let strict = Options { missing: Some(Missing::Error), ..Options::default() };
    let e = error_with("t.jsonl", format!("{table}{{\"x\": 1}}\n").as_bytes(), &strict);
    assert_eq!(e.place, cell(11, "ok"));
    assert!(matches!(e.problem, Problem::MissingValue));
    let x = Options { columns: Some(vec!["x".into()]), ..Options::default() };
    let e = error_with("t.jsonl", format!("{table}{{\"x\": [1]}}\n").as_bytes(), &x);
    assert_eq!(e.place, cell(11, "x"));
}

/// An idx file of `sizes` with the given data.
fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|s| file.extend(s.to_be_bytes()));
    file.extend(data);
    file
}

#[test]
fn idx_images_are_scaled_and_find_their_labels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my-images-idx3-ubyte");
    let pixels: Vec<u8> = (0..10).flat_map(|i| [0, 255, i, 51]).collect();
    std::fs::write(&path, idx(&[10, 2, 2], &pixels)).unwrap();
    let alone = open(&path, &Options::default()).unwrap();
    assert!(alone.schema().first(Role::Label).is_none());
    let labels = folder.path().join("my-labels-idx1-ubyte");
    std::fs::write(&labels, idx(&[10], &[0, 1, 2, 0, 1, 2, 0, 1, 2, 0])).unwrap();
    let s = open(&path, &Options::default()).unwrap();
    assert_eq!(s.schema().image(), Some((2, 2)));
    let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
    for (image, label) in splits.train.features().chunks(4).zip(splits.train.labels().unwrap()) {
        let number = (image[2] * 255.0).round() as u32;
        assert_eq!(number % 3, *label);
        assert!(image[0] == 0.0 && image[1] == 1.0 && (image[3] - 0.2).abs() < 1e-7);
    }
    std::fs::write(&labels, idx(&[9], &[0; 9])).unwrap();
    match open(&path, &Options::default()) {
        Err(SourceError::File(e)) => {
            assert!(matches!(e.problem, Problem::IdxLabels { labels: 9, images: 10 }))
        }
        _ => panic!("an error is due"),
    }
}

#[test]
fn a_wrong_idx_file_names_what_is_wrong() {
    let good = idx(&[10, 2, 2], &[1; 40]);
    assert!(matches!(error("t.idx", &good[..50]).problem, Problem::IdxLength { expected: 56, found: 50 }));
    assert!(matches!(error("t.idx", &good[..9]).problem, Problem::IdxLength { .. }));
    assert!(matches!(error("t.idx", &[&good[..], &[0]].concat()).problem, Problem::IdxLength { .. }));
    assert!(
        matches!(error("t.idx", b"\x00\x00\x0d\x03....").problem, Problem::IdxMagic(m) if m == "00 00 0d 03")
    );
    assert!(matches!(error("t.idx", &idx(&[u32::MAX; 4], &[])).problem, Problem::IdxShape(_)));
    let scale = Options { scale: Some(16.0), ..Options::default() };
    let e = error_with("t.idx", &idx(&[10, 1, 1], &[3, 17, 0, 0, 0, 0, 0, 0, 0, 0]), &scale);
    assert_eq!(e.place, Place::Byte(17));
    assert!(matches!(e.problem, Problem::AboveScale { value: 17, .. }));
}

const TAGGED: &str =
    "# period = early\nEU\tB-ORG\nrejects\tO\n\n# period = late\nPeter\tB-PER\nBlackburn\tI-PER\n\n";

#[test]
fn conll_columns_are_sentences_with_a_tag_for_each_token() {
    let options = Options { group: Some("period".into()), ..Options::default() };
    let s = load("t.conll", TAGGED.repeat(5).as_bytes(), &options).unwrap();
    let schema = s.schema();
    assert_eq!(schema.tags().unwrap().tokens, ["O", "B-ORG", "I-ORG", "B-PER", "I-PER"]);
    assert_eq!(schema.fields[2].role, Role::Group);
    let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
    assert_eq!((splits.train.len(), splits.validation.len(), splits.held_out.len()), (6, 1, 3));
    for row in 0..splits.train.len() {
        let tags = schema.tags().unwrap().text(splits.train.tags(row).unwrap());
        match splits.train.text(row).unwrap().as_str() {
            "EU rejects" => assert_eq!(tags, "B-ORG O"),
            "Peter Blackburn" => assert_eq!(tags, "B-PER I-PER"),
            other => panic!("{other}"),
        }
    }
    // Four columns divided by spaces, the tag in the third, in the older scheme.
    let four = "-DOCSTART- -X- O O\n\nEU NNP I-ORG x\nPeter NNP I-PER x\nHall NNP I-PER x\n\n".repeat(10);
    let options = Options { tag_column: Some(3), scheme: Some(Scheme::Iob1), ..Options::default() };
    let s = load("t.conll", four.as_bytes(), &options).unwrap();
    let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
    let tags = s.schema().tags().unwrap().text(splits.train.tags(0).unwrap());
    assert_eq!(tags, "B-ORG B-PER I-PER");
}

#[test]
fn a_wrong_tag_names_its_line() {
    let with = |line: &str| format!("{TAGGED}{line}\n\n{TAGGED}{TAGGED}").into_bytes();
    for (line, at) in [("Paris\tI-LOC", 9), ("a\tB-PER\nb\tI-LOC", 10)] {
        let e = error("t.conll", &with(line));
        assert_eq!(e.place, Place::Line(at));
        assert!(matches!(e.problem, Problem::OrphanTag { .. }));
    }
    let problem = |line: &str| {
        let e = error("t.conll", &with(line));
        assert_eq!(e.place, Place::Line(9), "{line:?}");
        e.problem
    };
    assert!(matches!(problem("Paris\tLOC"), Problem::BadTag(tag) if &*tag == "LOC"));
    assert!(matches!(problem("Paris\tB-"), Problem::BadTag(_)));
    assert!(matches!(problem("Paris\t"), Problem::NoTag));
    assert!(matches!(problem("\tB-LOC"), Problem::NoToken));
    assert!(matches!(problem("Paris NNP B-LOC"), Problem::TokenColumns { expected: 2, found: 3 }));
    assert!(matches!(error("t.conll", b"one\ntwo\n").problem, Problem::NoTagColumn));
    assert!(matches!(error("t.conll", b"# only = comments\n").problem, Problem::Empty));
    assert!(matches!(error("t.conll", TAGGED.as_bytes()).problem, Problem::TooFewRows(_)));
    let options = Options { group: Some("year".into()), ..Options::default() };
    let e = error_with("t.conll", TAGGED.as_bytes(), &options);
    assert_eq!(e.place, Place::Line(2));
    assert!(e.to_string().contains("# year = …") && e.to_string().contains("period"), "{e}");
    match load("t.conll", TAGGED.as_bytes(), &Options { tag_column: Some(5), ..Options::default() }) {
        Err(SourceError::Parameter(e)) => assert_eq!(e.key, "tag_column"),
        _ => panic!("an error is due"),
    }
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let options = Options { delimiter: Some(";".into()), ..Options::default() };
    match load("t.txt", b"some text", &options) {
        Err(SourceError::Parameter(e)) => assert_eq!(e.key, "delimiter"),
        _ => panic!("an error is due"),
    }
}

#[test]
fn the_sources_read_the_spec_and_point_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prose.txt");
    std::fs::write(&path, "It was a bright cold day in April.\n".repeat(50)).unwrap();
    let spec = format!("source = \"text\"\npath = '{}'\nrow_tokens = 10", path.display());
    let s = crate::data::tests::source(&spec).unwrap();
    // 35 characters a line once normalised, the last without its space: 1,749 in windows of 10.
    let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
    assert_eq!(splits.train.len() + splits.validation.len() + splits.held_out.len(), 174);
    let error = crate::data::tests::source("source = \"csv\"\npath = \"no/such.csv\"").err().unwrap();
    assert!(
        error.located().contains("no such file") && error.located().contains(":3:"),
        "{}",
        error.located()
    );
    assert!(crate::data::tests::source("source = \"csv\"").is_err(), "no path");
}

#[test]
fn the_messages_of_a_chat_are_text() {
    let line = r#"{"messages": [{"role": "user", "content": "Is it late?"}, {"role": "assistant", "content": "Yes."}]}"#;
    let options =
        Options { text: TextTable { min_count: Some(1), ..TextTable::default() }, ..Options::default() };
    let s = load("t.jsonl", [line; 12].join("\n").as_bytes(), &options).unwrap();
    let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
    assert_eq!(splits.train.text(0).unwrap(), "user: is it late? assistant: yes.");
}
