//! What a data card says of a file, and what the human file decides for the files beside it.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use proptest::prelude::*;

use super::other::Made;
use super::tests::{cell, error, error_with, load};
use super::*;
use crate::data::text::TextTable;
use crate::data::{Column, Kind, Levels, Source, Supply};

fn card(name: &str, text: &str, options: &Options) -> Card {
    load(name, text.as_bytes(), options).unwrap().file.unwrap().card.clone()
}

fn names(source: &Source) -> Vec<&str> {
    source.schema().fields.iter().map(|f| f.name.as_str()).collect()
}

/// 60 rows as people have them, with a byte order mark, CR LF, a key, dates, gaps, sentences, decimal commas, a sign in a
/// name, and a column without a name.
fn messy() -> String {
    let mut text = String::from("\u{feff};Customer ID;Joined;Betrag (€);Plan;Notes;empty;Churn?\r\n");
    for i in 0..60 {
        let amount = if i % 20 == 7 { String::new() } else { format!("1.{:03},5", 37 * i % 911) };
        let plan = ["a", "b", ""][i % 3];
        text += &format!(
            "{};{:04}-X;2021-{:02}-{:02};{amount};{plan};\"call no {i}, about the bill\";;{}\r\n",
            i * 3,
            i * 7919 % 10_000,
            1 + i % 12,
            1 + i % 28,
            if i % 4 == 0 { "yes" } else { "no" }
        );
    }
    text
}

#[test]
fn a_messy_table_is_read_and_its_card_says_what_was_done() {
    let options = Options { label: Some("Churn?".into()), ..Options::default() };
    let s = load("t.csv", messy().as_bytes(), &options).unwrap();
    assert_eq!(names(&s), ["Betrag (€)", "Plan", "Churn?"]);
    let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
    assert_eq!(
        splits.train.len() + splits.validation.len() + splits.held_out.len(),
        57,
        "3 amounts are missing"
    );
    let Column::F64 { data, .. } = splits.train.column(0) else { panic!("numbers") };
    assert!(data.iter().all(|x| (1000.5..1911.5).contains(x) && x.fract() == 0.5), "{data:?}");
    assert_eq!(s.schema().fields[1].kind.codes(), Some(3), "a gap is a level");
    let card = s.file.as_ref().unwrap().card.clone();
    assert_eq!((card.rows, card.lost(), card.splits.iter().sum::<usize>()), (60, 3, 57));
    assert_eq!((card.dropped[0].column.as_str(), card.dropped[0].line), ("Betrag (€)", 9));
    let why = |name: &str| card.left_out.iter().find(|(n, _)| n == name).unwrap().1.clone();
    for (column, word) in [
        ("x1", "row numbers"),
        ("Customer ID", "a key"),
        ("Joined", "dates"),
        ("Notes", "free text"),
        ("empty", "no cell has a value"),
    ] {
        assert!(why(column).contains(word), "{column}: {}", why(column));
    }
    assert!(card.columns[0].why.contains("a decimal comma, `.` between thousands"), "{:?}", card.columns);
    let said = card.to_string();
    for part in ["60 read, 3 left out", "Customer ID", "label, category of 2 levels"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // Whoever names a column gets it.
    let asked = Options {
        categorical: Some(vec!["Customer ID".into()]),
        numeric: Some(vec!["x1".into()]),
        ..options
    };
    let s = load("t.csv", messy().as_bytes(), &asked).unwrap();
    assert_eq!(names(&s), ["x1", "Customer ID", "Betrag (€)", "Plan", "Churn?"]);
}

#[test]
fn a_gap_is_a_level_a_lost_row_or_an_error() {
    let rows: String = (0..60).map(|i| format!("{},{}.5\n", ["NA", "ZA", ""][i % 3], i * 7 % 13)).collect();
    let text = format!("country,x\n{rows}");
    let with = |missing| Options { missing: Some(missing), ..Options::default() };
    let s = load("t.csv", text.as_bytes(), &Options::default()).unwrap();
    let levels: Vec<String> = ["(missing)", "NA", "ZA"].map(String::from).to_vec();
    assert_eq!(s.schema().fields[0].kind, Kind::Codes { levels: Levels::Named(levels.into()) });
    assert_eq!(card("t.csv", &text, &with(Missing::Drop)).lost(), 40);
    assert_eq!(error_with("t.csv", text.as_bytes(), &with(Missing::Error)).place, cell(2, "country"));
    // Words that read as numbers that are none are words among words, and gaps among numbers.
    let brands: String =
        (0..60).map(|i| format!("{},{}\n", ["Infinity", "Nan", "Volvo"][i % 3], i * 7 % 13)).collect();
    assert_eq!(card("t.csv", &format!("brand,x\n{brands}"), &with(Missing::Drop)).lost(), 0);
    let odd: String =
        (0..60).map(|i| if i % 10 == 3 { "nan,1\n".into() } else { format!("{i}.5,2\n") }).collect();
    let card = card("t.csv", &format!("x,y\n{odd}"), &Options::default());
    assert_eq!((card.lost(), card.dropped[0].why.as_str()), (6, "NaN or infinite"));
}

#[test]
fn what_looks_like_numbers_and_is_none_says_so() {
    let rows: String = (0..20).map(|i| format!("\"1,{:03}\",{i}\n", i * 7)).collect();
    let text = format!("a,b\n{rows}");
    let e = error("t.csv", text.as_bytes());
    assert!(matches!(e.problem, Problem::TwoNotations(_)) && e.help().contains("`decimal`"), "{e}");
    let decimal = |d: &str| Options { decimal: Some(d.into()), ..Options::default() };
    let first = |options: &Options| {
        let s = load("t.csv", text.as_bytes(), options).unwrap();
        let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
        splits.train.features()[0]
    };
    assert!(first(&decimal(",")) < 2.0 && first(&decimal(".")) >= 1000.0);
    let rows: String =
        (0..20).map(|i| format!("{};{i}\n", if i == 9 { "much".into() } else { format!("{i},5") })).collect();
    let text = format!("a;b\n{rows}");
    let e = error("t.csv", text.as_bytes());
    assert!(matches!(&e.problem, Problem::LooksLikeNumbers { found, .. } if &**found == "much"), "{e}");
    assert_eq!(e.place, cell(11, "a"));
    let numeric = Options { numeric: Some(vec!["a".into()]), ..Options::default() };
    assert_eq!(card("t.csv", &text, &numeric).dropped[0].why, "no number");
}

#[test]
fn the_split_counts_its_copies_and_the_vocabulary_what_it_lacks() {
    let rows = "1.5,2\n".repeat(20);
    let of_copies = card("t.csv", &format!("a,b\n{rows}"), &Options::default());
    assert_eq!(of_copies.repeated, 8, "6 held-out and 2 validation rows");
    // 26 letters, each as often as the others, 3 kept: the unknown token stands for 24 of 26.
    let letters: String = (0..26).map(|i| char::from(b'a' + i)).collect();
    let options = Options {
        text: TextTable { max_vocabulary: Some(3), row_tokens: Some(26), ..TextTable::default() },
        ..Options::default()
    };
    let (share, size) = card("t.txt", &letters.repeat(200), &options).unknown.unwrap();
    assert_eq!(size, 3);
    assert!((share - 24.0 / 26.0).abs() < 1e-12, "{share}");
}

/// Reads `other` beside a human file.
fn beside(
    human: (&str, &str),
    other: (&str, &str),
    options: &Options,
) -> Result<(Made, AsHuman), SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let source = open(&path(human.0, human.1), options)?;
    let mut reader = AsHuman::new(&source, &Options::default());
    let made = reader.read(&path(&format!("other-{}", other.0), other.1), &[])?;
    Ok((made, reader))
}

#[test]
fn what_the_human_table_decides_holds_for_the_other() {
    let human: String = (0..40).map(|i| format!("{i};{};{},5;c{}\n", 1 + i % 4, i * 7 % 13, i % 2)).collect();
    let human = format!(";region;x;c\n{human}");
    let options = Options { categorical: Some(vec!["region".into()]), ..Options::default() };
    // Other order, no index, codes as floats, numbers as programs write them, a gap and a column more.
    let other = "c,x,region,more\nc1,2.5,3.0,z\nc9,,1.0,z\nc9,0.25,5.0,z\n";
    let (made, reader) = beside(("h.csv", &human), ("o.csv", other), &options).unwrap();
    assert_eq!((made.rows.len(), made.card.rows, made.card.dropped[0].rows), (2, 3, 1));
    assert_eq!(made.rows.features(), [2.5, 0.25]);
    let regions = &reader.schema().fields[0].kind;
    assert!(
        matches!(regions, Kind::Codes { levels: Levels::Named(names) } if names[..] == ["1", "2", "3", "4", "5"])
    );
    assert!(matches!(made.rows.column(0), Column::Codes { data } if data[..] == [2, 4]));
    assert_eq!(made.card.ignored, ["more"]);
    let new: Vec<(&str, &str)> =
        made.card.new.iter().map(|n| (n.column.as_str(), n.examples[0].as_str())).collect();
    assert_eq!(new, [("region", "5"), ("c", "c9")]);
    // All that is missing, at once.
    match beside(("h.csv", &human), ("o.csv", "c\nc1\n"), &options) {
        Err(SourceError::File(e)) => {
            assert!(e.to_string().contains("`region`") && e.to_string().contains("`x`"), "{e}")
        }
        _ => panic!("an error is due"),
    }
    // Bare numbers on both sides.
    let bare: String = (0..40).map(|i| format!("{},{}\n", i * 7 % 13, i * 3 % 11)).collect();
    let (made, _) = beside(("h.csv", &bare), ("o.csv", "1,2\n3,4\n"), &Options::default()).unwrap();
    assert_eq!(made.rows.features(), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn a_new_character_is_unknown_and_counted() {
    let human = "12+34=46\n".repeat(60);
    let records = Options { cut: Some(crate::data::Cut::Records), ..Options::default() };
    let (made, reader) = beside(("h.txt", &human), ("o.txt", "12+34=46\n12 é\n"), &records).unwrap();
    let vocabulary = reader.schema().vocabulary().unwrap().clone();
    assert_eq!(vocabulary.tokens[vocabulary.modelled()..], [" ", "é"], "no human row has a space");
    assert_eq!(made.rows.text(0).unwrap(), "12+34=46");
    assert_eq!(made.rows.text(1).unwrap(), "12 é");
    let new = &made.card.new[0];
    assert_eq!((new.different, new.cells, new.of), (2, 2, 12));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_loader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for name in ["t.csv", "t.txt", "t.jsonl", "t.conll", "t.idx", "unknown"] {
            let _ = load(name, &bytes, &Options::default());
        }
    }

    #[test]
    fn no_text_makes_a_loader_panic(text in "[a-z0-9,;\"\n\t {}:.\\-é—]{0,300}") {
        let records = Options { cut: Some(crate::data::Cut::Records), ..Options::default() };
        let drop = Options { missing: Some(Missing::Drop), ..Options::default() };
        let one = Options {
            text_column: Some("a".into()),
            text: TextTable { row_tokens: Some(3), ..TextTable::default() },
            ..Options::default()
        };
        let numeric = Options { numeric: Some(vec!["a".into()]), decimal: Some(",".into()), ..Options::default() };
        for options in [Options::default(), records, drop, one, numeric] {
            for name in ["t.csv", "t.txt", "t.jsonl", "t.conll"] {
                let _ = load(name, text.as_bytes(), &options);
                let _ = load(name, format!("a,b\n{text}").as_bytes(), &options);
                let _ = load(name, format!("{{\"text\": {text}\n{{\"text\": \"{text}\"}}").as_bytes(), &options);
            }
        }
    }

    #[test]
    fn no_idx_header_makes_the_loader_panic(
        dimensions in 0_u8..6,
        rest in proptest::collection::vec(0_u8..4, 0..60),
    ) {
        let bytes = [&[0, 0, 8, dimensions], rest.as_slice()].concat();
        let _ = load("t.idx", &bytes, &Options::default());
    }
}

#[test]
fn a_whole_number_is_one_level_however_it_is_written() {
    let lines: String = (0..20).map(|i| format!("{},{}\n", ["3", "3.0", "10", "1.50"][i % 4], i)).collect();
    let options = Options { categorical: Some(vec!["code".into()]), ..Options::default() };
    let s = load("t.csv", format!("code,x\n{lines}").as_bytes(), &options).unwrap();
    let names: Vec<String> = ["1.50", "3", "10"].map(String::from).to_vec();
    assert_eq!(s.schema().fields[0].kind, Kind::Codes { levels: Levels::Named(names.into()) });
}

#[test]
fn hashtags_are_tokens_and_comments_are_not() {
    let text = "# lang = en\n#global\nat O\n#Oscars B-EVT\n\n#first B-EVT\nof O\n";
    let sentences = conll::sentences(Path::new("t.conll"), text, &Options::default()).unwrap();
    let words: Vec<&[String]> = sentences.iter().map(|s| s.words.as_slice()).collect();
    assert_eq!(words, [["at", "#Oscars"], ["#first", "of"]]);
}
