#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use super::*;
use crate::lineage::{Fit, StopReason};
use crate::metrics::{Absence, Measurement, Subject};
use crate::models::Refusal;
use crate::store::block::Identity;
use crate::store::part::Part;

fn id() -> Identity {
    Identity::of("abc", "m")
}

/// Seeds that measure the numbers `seed / 10 + generation`; at odd seeds the mean has no value, at seed 6 it is infinite, and
/// seed 4 fails.
fn part(seeds: std::ops::Range<u64>, times: f64) -> Part {
    let mut part = Part::default();
    for seed in seeds {
        part.begin();
        for generation in 0..3 {
            let (member, subject) = (0, Subject::Model);
            let variance = times * (seed as f64 / 10.0 + f64::from(generation));
            let mean = if seed == 6 { f64::NEG_INFINITY } else { 0.1 };
            for (metric, value) in [("variance", variance), ("mean", mean)] {
                let metric = Cow::Borrowed(metric);
                if seed % 2 == 1 && metric == "mean" {
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

fn block(seeds: std::ops::Range<u64>) -> Block {
    Block::of_cell(id(), 1.5, vec![part(seeds, 1.0)])
}

/// A block as text: NaN is not equal to itself.
fn text(block: &Block) -> String {
    format!("{block:?}")
}

fn folder() -> (tempfile::TempDir, Folder) {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::at(root.path());
    std::fs::create_dir(folder.rows()).unwrap();
    (root, folder)
}

/// The numbers of one seed, place by place.
fn of(lineages: &Lineages, seed: u64) -> Vec<(u32, String, Observed)> {
    let found = lineages.of(id(), &[seed]);
    let rows = |seeds: &Seeds| {
        let slots = seeds.group.slots.iter().enumerate();
        let rows = slots.map(|(at, slot)| (slot, seeds.observed(at).collect::<Vec<_>>()));
        rows.map(|(slot, seeds)| {
            assert_eq!((seeds.len(), seeds[0].0), (1, seed));
            (slot.generation, slot.metric.to_string(), seeds[0].1)
        })
        .collect::<Vec<_>>()
    };
    found.iter().flat_map(rows).collect()
}

#[test]
fn what_was_written_reads_back_to_its_bits_in_the_order_of_rows() {
    let (_root, folder) = folder();
    let mut written = Lineages::default();
    written.write(&folder.rows(), block(0..7), "settings").unwrap();
    let read = Lineages::open(&folder).unwrap();
    assert_eq!(text(&read.blocks[0]), text(&written.blocks[0]));
    let infinite = Observed::Number(f64::NEG_INFINITY);
    let lost = Observed::Absent(Absence::Degenerate);
    for (seed, mean) in [(2, Observed::Number(0.1)), (3, lost), (6, infinite)] {
        let rows = of(&read, seed);
        let expected = (0..3).flat_map(|g| {
            let variance = Observed::Number(seed as f64 / 10.0 + f64::from(g));
            [(g, "mean".to_owned(), mean), (g, "variance".to_owned(), variance)]
        });
        assert_eq!(rows, expected.collect::<Vec<_>>());
    }
    assert_eq!(read.failures(id(), &[3, 4]), [(4, "seed 4, generation 2, fit: singular")]);
    assert_eq!(read.missing(id(), &[3, 4, 5, 9]), [4, 9]);
    let (notes, seconds) = read.cell(id(), 0..=9);
    assert_eq!((notes.len(), notes[0].first, notes[0].count, seconds), (1, (1, 0), 9, 1.5));
    assert_eq!(read.cell(id(), 10..=19).1, 0.0);
    let lineages: usize = read.of(id(), &[0, 1, 2, 5, 6]).iter().map(|s| s.count).sum();
    assert_eq!((lineages, read.cost(id()).0, read.cost(id()).2), (5, 6, 36));
}

#[test]
fn a_block_does_not_depend_on_how_a_cell_was_shared_out_or_went_on() {
    let whole = block(0..200);
    let shared = Block::of_cell(id(), 1.5, vec![part(0..50, 1.0), part(50..125, 1.0), part(125..200, 1.0)]);
    assert_eq!(text(&whole), text(&shared));
    let merged = Block::merge([block(0..3), block(3..60), block(60..200)]);
    assert_eq!((merged.cells.len(), merged.groups[0].values.len()), (3, whole.groups[0].values.len()));
    let (mut once, mut more) = (Lineages::default(), Lineages::default());
    once.push(whole, Default::default()).unwrap();
    more.push(merged, Default::default()).unwrap();
    for seed in [0, 3, 4, 6, 60, 199] {
        assert_eq!(of(&once, seed), of(&more, seed));
    }
    assert_eq!(once.cell(id(), 0..=999).0, more.cell(id(), 0..=999).0);
}

#[test]
fn a_lineage_that_is_there_twice_must_agree() {
    let mut lineages = Lineages::default();
    lineages.push(block(5..9), named("first")).unwrap();
    lineages.push(block(0..20), named("second")).unwrap();
    let seeds: Vec<(u64, usize)> =
        lineages.of(id(), &(0..20).collect::<Vec<_>>()).iter().map(|s| (s.first, s.count)).collect();
    assert_eq!(seeds.iter().map(|(_, count)| count).sum::<usize>(), 19);
    assert!(seeds.is_sorted_by(|a, b| a.0 + a.1 as u64 <= b.0));
    let other = Block::of_cell(id(), 1.0, vec![part(8..9, 1.0 + f64::EPSILON)]);
    let told = lineages.push(other, named("third")).unwrap_err();
    assert!(told.contains("seed 8") && told.contains("first"), "{told}");
}

fn named(name: &str) -> File {
    File { name: name.into(), ..File::default() }
}

#[test]
fn large_files_stay_as_they_are_and_the_order_of_writing_is_kept() {
    let (_root, folder) = folder();
    let mut lineages = Lineages::default();
    for seed in 0..=MOST_FILES as u64 {
        lineages.put(&folder.rows(), block(seed..seed + 1), "", (seed, Vec::new())).unwrap();
        // As if they were large, but for three that do not follow one another and two that do.
        let large = ![3, 9, 20, 21].contains(&seed);
        lineages.files[seed as usize].bytes = if large { LARGEST } else { 1 };
    }
    // More files than are kept, but few small ones: nothing is moved.
    lineages.written = MOST_FILES as u64;
    lineages.write(&folder.rows(), block(100..101), "").unwrap();
    assert_eq!(lineages.files.len(), MOST_FILES + 2);
    lineages.compact(&folder.rows(), "").unwrap();
    let order: Vec<u64> = lineages.files.iter().map(|file| file.written).collect();
    assert_eq!(order.len(), MOST_FILES + 1);
    assert!(order.is_sorted() && !order.contains(&20) && order.contains(&21), "{order:?}");
    assert_eq!(Lineages::open(&folder).unwrap().missing(id(), &[3, 9, 20, 21, 64, 100, 101]), [101]);
}

#[test]
fn small_files_are_put_together_and_a_process_that_is_killed_meanwhile_loses_nothing() {
    let (_root, folder) = folder();
    let names = || files(&folder.rows()).unwrap();
    let mut lineages = Lineages::default();
    for seed in 0..=MOST_FILES as u64 {
        assert_eq!(names().len() as u64, seed);
        lineages.write(&folder.rows(), block(10 + seed..11 + seed), "").unwrap();
    }
    assert_eq!((names().len(), lineages.blocks.len()), (1, 1));
    let kept = std::fs::read(&names()[0]).unwrap();
    // As it would lie there if the process had been killed before the old files were gone.
    lineages = Lineages::default();
    lineages.write(&folder.rows(), block(10..11), "").unwrap();
    let old = names().into_iter().find(|path| std::fs::read(path).unwrap() != kept).unwrap();
    let read = Lineages::open(&folder).unwrap();
    assert_eq!((read.leftover.clone(), read.cell(id(), 10..=10).1), (vec![old.clone()], 1.5));
    let mut read = read;
    read.write(&folder.rows(), block(0..1), "").unwrap();
    assert!(!old.exists() && names().len() == 2);
    assert_eq!(Lineages::open(&folder).unwrap().missing(id(), &[0, 10, 74, 75]), [75]);
}

#[test]
fn truncated_changed_and_newer_files_are_told_apart() {
    let (_root, folder) = folder();
    Lineages::default().write(&folder.rows(), block(0..7), "").unwrap();
    let path = files(&folder.rows()).unwrap().remove(0);
    let whole = std::fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() - 100] ^= 1;
    for bytes in [&whole[..0], &whole[..10], &whole[..whole.len() - 1], &changed] {
        std::fs::write(&path, bytes).unwrap();
        let (read, damage) = Lineages::read(&folder).unwrap();
        assert_eq!((read.blocks.len(), damage.len(), &damage[0].path), (0, 1, &path));
        assert!(Lineages::open(&folder).unwrap_err().to_string().contains("run the experiment again"));
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::write(folder.rows().join("notes.txt"), "mine").unwrap();
    assert!(Lineages::open(&folder).unwrap().blocks.is_empty());
    // The right name, another format.
    let newer: Vec<u8> = {
        let at = whole.windows(6).position(|w| w == b"rows 1").unwrap();
        [&whole[..at], b"rows 2", &whole[at + 6..]].concat()
    };
    let name = crate::store::manifest::hex(&<sha2::Sha256 as sha2::Digest>::digest(&newer));
    std::fs::write(folder.rows().join(format!("{name}.safetensors")), newer).unwrap();
    let told = Lineages::read(&folder).unwrap_err().to_string();
    assert!(told.contains("`rows 2`") && told.contains("`rows 1`"), "{told}");
}

#[test]
fn bytes_that_were_changed_are_refused_and_never_panic() {
    let (_root, folder) = folder();
    Lineages::default().write(&folder.rows(), block(0..7), "").unwrap();
    let whole = std::fs::read(files(&folder.rows()).unwrap().remove(0)).unwrap();
    // Under a name that fits, so that the reader itself must see it.
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] = changed[at].wrapping_add(37);
        let name = crate::store::manifest::hex(&<sha2::Sha256 as sha2::Digest>::digest(&changed));
        let path = folder.rows().join(format!("{name}.safetensors"));
        std::fs::write(&path, &changed).unwrap();
        if let Ok((block, _)) = block_file::read(path.clone()).unwrap() {
            let _ = Lineages::default().push(block, Default::default());
        }
        std::fs::remove_file(path).unwrap();
    }
}
