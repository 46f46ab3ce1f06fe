#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use super::*;
use crate::lineage::{Fit, StopReason};
use crate::metrics::{Absence, Measurement, Observed};
use crate::models::Refusal;
use crate::store::{Folder, Keep, Part};

fn id(keep: Keep) -> CellId {
    CellId { cell: "abc-0".into(), setting: "abc".into(), measure: "m".into(), block: 0, size: 1000, keep }
}

/// Seeds that measure the numbers `seed / 10` and, at odd seeds, lack another.
fn part(cell: &Cell, seeds: std::ops::Range<u64>) -> Part {
    let mut part = Part::new(cell, seeds.start);
    for seed in seeds {
        part.begin();
        for generation in 0..3 {
            for (metric, value) in [("variance", seed as f64 / 10.0 + f64::from(generation)), ("mean", 0.1)] {
                let value = if seed % 2 == 1 && metric == "mean" { f64::NAN } else { value };
                let (member, subject, metric) = (0, Subject::Model, Cow::Borrowed(metric));
                if value.is_nan() {
                    let why = Refusal::degenerate("one point");
                    part.lacks(Fit { seed, member, generation }, subject, &metric, &why);
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
    part.finish();
    part
}

fn cell(keep: Keep, cuts: &[u64]) -> Cell {
    let mut cell = Cell::empty(id(keep));
    for cut in cuts.windows(2) {
        let part = part(&cell, cut[0]..cut[1]);
        cell.absorb(vec![part]);
    }
    cell
}

#[test]
fn a_cell_reads_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abc-0.json");
    for keep in [Keep::Rows, Keep::Summary] {
        let cell = cell(keep, &[0, 7]);
        cell.save(&path).unwrap();
        assert_eq!(Cell::load(&path, &id(keep)).unwrap(), Ok(Some(cell.clone())));
        assert_eq!(Cell::open(&path).unwrap(), cell);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn rows_come_in_order_without_failed_seeds_and_with_what_is_missing() {
    let cell = cell(Keep::Rows, &[0, 7]);
    let Body::Rows(rows) = &cell.body else { panic!("rows were kept") };
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
    assert_eq!(cell.missing(&[3, 4, 5, 9]), Some(vec![4, 9]));
}

#[test]
fn a_cell_that_was_continued_is_the_same_as_one_in_one_go() {
    for keep in [Keep::Rows, Keep::Summary] {
        let continued = cell(keep, &[0, 3, 60, 125, 200]);
        let at_once = cell(keep, &[0, 125, 200]);
        assert_eq!(continued, at_once);
        if let Body::Summary(summary) = &at_once.body {
            // Seeds 0..200 without 4: the mean of (seed / 10) is (1990 − 0.4) / 199.
            let total = summary.total();
            let (_, variance) = total.iter().find(|(s, _)| s.metric == "variance").unwrap();
            assert_eq!(variance.count(), 199);
            assert!((variance.mean().unwrap() - (1990.0 - 0.4) / 199.0).abs() < 1e-12);
        }
    }
}

#[test]
fn parts_in_any_number_give_the_same_rows() {
    let empty = Cell::empty(id(Keep::Rows));
    let mut together = empty.clone();
    together.absorb(vec![part(&empty, 0..50), part(&empty, 50..125), part(&empty, 125..200)]);
    assert_eq!(together, cell(Keep::Rows, &[0, 125, 200]));
}

#[test]
fn a_summary_has_no_holes() {
    let empty = Cell::empty(id(Keep::Summary));
    let mut incomplete = part(&empty, 125..130);
    incomplete.complete = false;
    let mut interrupted = empty.clone();
    interrupted.absorb(vec![part(&empty, 0..125), incomplete, part(&empty, 250..300)]);
    assert_eq!(interrupted, cell(Keep::Summary, &[0, 125, 130]));
    let seeds: Vec<u64> = (0..300).filter(|s| *s != 4).collect();
    // Seed 4 failed, so it is asked for again, which a summary can't do alone.
    assert_eq!(interrupted.missing(&(0..300).collect::<Vec<_>>()), None);
    // Without it among the wanted seeds the cell holds one too many.
    assert_eq!(interrupted.missing(&seeds), None);
    let clean = {
        let mut cell = empty.clone();
        cell.absorb(vec![part(&empty, 5..10)]);
        cell
    };
    assert_eq!(clean.missing(&[5, 6, 7, 8, 9, 10, 12]), Some(vec![10, 12]));
    assert_eq!(clean.missing(&[3, 5, 6, 7, 8, 9]), None);
    assert_eq!(clean.missing(&[5, 6, 7]), None);
}

#[test]
fn truncated_changed_and_foreign_files_are_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::at(root.path());
    let _lock = folder.prepare().unwrap();
    let (path, rows) = (folder.cell("abc-0"), id(Keep::Rows));
    cell(Keep::Rows, &[0, 7]).save(&path).unwrap();
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
    let newer = String::from_utf8(whole.clone()).unwrap().replace("cell 2", "cell 3");
    assert!(matches!(distrust(newer.as_bytes(), &rows), Distrust::Foreign(_)));
    let other = CellId { setting: "abcdef".into(), ..rows.clone() };
    assert!(matches!(distrust(&whole, &other), Distrust::Foreign(_)));
    let other = CellId { measure: "n".into(), ..rows.clone() };
    assert_eq!(distrust(&whole, &other), Distrust::Stale);
    assert_eq!(distrust(&whole, &id(Keep::Summary)), Distrust::Stale);
}
