#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use super::*;
use crate::lineage::{Fit, StopReason};
use crate::metrics::{Absence, Measurement, Observed};
use crate::models::Refusal;
use crate::store::{Folder, Part};

fn id() -> CellId {
    CellId { cell: "abc-0".into(), setting: "abc".into(), measure: "m".into(), block: 0, size: 1000 }
}

/// Seeds that measure the numbers `seed / 10` and, at odd seeds, lack another.
fn part(seeds: std::ops::Range<u64>) -> Part {
    let mut part = Part::default();
    for seed in seeds {
        part.begin();
        for generation in 0..3 {
            for (metric, value) in [("variance", seed as f64 / 10.0 + f64::from(generation)), ("mean", 0.1)] {
                let value = if seed % 2 == 1 && metric == "mean" { f64::NAN } else { value };
                let (member, subject, metric) = (0, Subject::Model, Cow::Borrowed(metric));
                if value.is_nan() {
                    let why = Refusal::degenerate("one point");
                    part.lacks(Fit { seed, member, generation }, subject, metric, &why);
                    continue;
                }
                let value = Observed::Number(value);
                part.observe(&Measurement { seed, member, generation, subject, metric, value });
            }
        }
        if seed == 4 {
            part.fail(seed, "seed 4, generation 2, fit: singular".into());
        } else {
            part.end(seed, Outcome { stop_reason: StopReason::Finished, last_generation: 2 });
        }
    }
    part
}

fn cell(cuts: &[u64]) -> Cell {
    let mut cell = Cell::empty(id());
    for cut in cuts.windows(2) {
        let part = part(cut[0]..cut[1]);
        cell.absorb(vec![part]);
    }
    cell
}

#[test]
fn a_cell_reads_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abc-0.json");
    let cell = cell(&[0, 7]);
    cell.save(&path).unwrap();
    assert_eq!(Cell::load(&path, &id()).unwrap(), Ok(Some(cell.clone())));
    assert_eq!(Cell::open(&path).unwrap(), cell);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn rows_come_in_order_without_failed_seeds_and_with_what_is_missing() {
    let cell = cell(&[0, 7]);
    let rows = &cell.rows;
    let read: Vec<_> = rows.of(2).map(|(s, v)| (s.generation, &*s.metric, v)).collect();
    let expected = [
        (0, "mean", 0.1),
        (0, "variance", 0.2),
        (1, "mean", 0.1),
        (1, "variance", 1.2),
        (2, "mean", 0.1),
        (2, "variance", 2.2),
    ];
    assert_eq!(read, expected.map(|(g, metric, value)| (g, metric, Observed::Number(value))));
    let lost = rows.of(3).filter(|(_, observed)| *observed == Observed::Absent(Absence::Degenerate));
    assert_eq!((rows.of(3).count(), lost.count()), (6, 3));
    let places = rows.by_place(&[3, 2]);
    assert_eq!(places.len(), 6);
    let (slot, column) = &places[0];
    assert_eq!((slot.generation, &*slot.metric), (0, "mean"));
    assert_eq!(column, &[(3, Observed::Absent(Absence::Degenerate)), (2, Observed::Number(0.1))]);
    assert_eq!(rows.of(4).count(), 0);
    assert_eq!(cell.failures(&[4]).count(), 1);
    assert_eq!(cell.notes.len(), 1);
    assert_eq!((cell.notes[0].first, cell.notes[0].count), ((1, 0), 9));
    assert_eq!(cell.missing(&[3, 4, 5, 9]), [4, 9]);
}

#[test]
fn a_cell_that_was_continued_is_the_same_as_one_in_one_go() {
    assert_eq!(cell(&[0, 3, 60, 125, 200]), cell(&[0, 125, 200]));
}

#[test]
fn parts_in_any_number_give_the_same_rows() {
    let empty = Cell::empty(id());
    let mut together = empty.clone();
    together.absorb(vec![part(0..50), part(50..125), part(125..200)]);
    assert_eq!(together, cell(&[0, 125, 200]));
}

#[test]
fn truncated_changed_and_foreign_files_are_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::at(root.path());
    let _lock = folder.prepare().unwrap();
    let (path, rows) = (folder.cell("abc-0"), id());
    cell(&[0, 7]).save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let distrust = |bytes: &[u8], id: &CellId| {
        std::fs::write(&path, bytes).unwrap();
        Cell::load(&path, id).unwrap().unwrap_err()
    };
    for cut in [0, 10, HEAD.len() + 5, whole.len() / 2, whole.len() - 1] {
        assert!(matches!(distrust(&whole[..cut], &rows), Distrust::Damaged(_)), "cut at {cut}");
    }
    let mut changed = whole.clone();
    let at = whole.len() - 100;
    changed[at] ^= 1;
    assert!(matches!(distrust(&changed, &rows), Distrust::Damaged(_)));
    let newer = String::from_utf8(whole.clone()).unwrap().replace("cell 3", "cell 4");
    assert!(matches!(distrust(newer.as_bytes(), &rows), Distrust::Foreign(_)));
    let other = CellId { setting: "abcdef".into(), ..rows.clone() };
    assert!(matches!(distrust(&whole, &other), Distrust::Foreign(_)));
    let other = CellId { measure: "n".into(), ..rows.clone() };
    assert_eq!(distrust(&whole, &other), Distrust::Stale);
}
