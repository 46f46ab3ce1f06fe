#![allow(clippy::unwrap_used)]

use super::*;

fn folder(text: &str) -> (tempfile::TempDir, Folder) {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::at(root.path());
    std::fs::write(folder.metrics(), text).unwrap();
    (root, folder)
}

const HEAD: &str =
    "experiment,cell,data,model,regime,human_fraction,samples,seed,member,generation,subject,metric,value";

#[test]
fn rows_come_back_with_their_empty_cells() {
    let text =
        format!("{HEAD},loop.start\ne,c-0,gaussian,\"a, b\",replace,,100,7,0,3,human,variance,1e-9,warm\n");
    let (_root, folder) = folder(&text);
    let mut reader = metrics(&folder).unwrap();
    assert_eq!(reader.swept(), ["loop.start"]);
    let row = reader.next().unwrap().unwrap();
    assert_eq!((row.model.as_str(), row.human_fraction, row.samples), ("a, b", None, Some(100.0)));
    assert_eq!((row.measurement.subject, row.measurement.value), (Subject::Human, 1e-9));
    assert_eq!(row.swept, ["warm"]);
    assert!(reader.next().is_none());
    // Written again, it is the same text.
    let copy = folder.root().join("copy.csv");
    let mut table = crate::store::tables::MetricsTable::create(&copy, "e", &["loop.start".into()]).unwrap();
    table.write_row(&row).unwrap();
    table.commit().unwrap();
    assert_eq!(std::fs::read_to_string(copy).unwrap(), text);
}

#[test]
fn damage_is_told_with_its_line() {
    let good = "e,c-0,gaussian,gaussian,replace,,100,7,0,3,model,variance,1.5\n";
    let bad = [
        good.replace(",7,", ",seven,"),
        good.replace("1.5", "NaN"),
        good.replace("model", "modle"),
        "e,c-0,gaussian\n".into(),
    ];
    for bad in bad {
        let (_root, folder) = folder(&format!("{HEAD}\n{good}{bad}"));
        let error = metrics(&folder).unwrap().find_map(Result::err).unwrap();
        assert!(matches!(error, StoreError::Line { line: 3, .. }), "{error:?}");
    }
}

#[test]
fn other_folders_and_other_tables_are_refused() {
    let empty = tempfile::tempdir().unwrap();
    let refused = metrics(&Folder::at(empty.path())).err().unwrap();
    assert!(matches!(refused, StoreError::NotARun { missing: "metrics.csv", .. }), "{refused}");
    let (_root, folder) = folder("seed,value\n1,2\n");
    assert!(matches!(metrics(&folder), Err(StoreError::Columns { .. })));
    std::fs::write(folder.manifest(), "{\"schema_version\": 99}").unwrap();
    assert!(matches!(metrics(&folder), Err(StoreError::Schema { found: 99, .. })));
}
