//! What ships: the papers' specs are as they were locked, and complete.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use super::*;
use crate::publish::blind_before;
use crate::spec::{Experiment, Origin, Statistic};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn catalogue() -> (Shelf, Catalogue) {
    let shelf = Shelf::read(&root().join("experiments")).unwrap();
    let catalogue = Catalogue::of(&shelf).unwrap();
    (shelf, catalogue)
}

#[test]
fn the_papers_claims_are_as_they_were_locked() {
    let (shelf, catalogue) = catalogue();
    let now = Lock::of(&catalogue).unwrap().text();
    let told = "run `collapse reproduce --lock`, and say in `changed` why a threshold moved";
    assert!(shelf.get("claims.lock") == Some(now.as_str()), "{told}");
}

#[test]
fn every_claim_of_a_paper_says_whose_it_is_what_it_is_about_and_what_it_must_fail() {
    let (_, catalogue) = catalogue();
    let mut wrong = Vec::new();
    for figure in catalogue.papers.iter().flat_map(|paper| &paper.figures) {
        let experiment = Experiment::from_toml(&figure.text, &figure.path).unwrap();
        for (says, why) in blind_before(&experiment).unwrap() {
            wrong.push(format!("{}: \"{says}\": {why}", figure.id));
        }
        for claim in &experiment.claims {
            let ordinal = matches!(claim.statistic, Statistic::Ordering | Statistic::Monotone);
            let complete = claim.mechanism.is_some() && (claim.least.is_some() || !ordinal);
            // The default is `derived`, and a claim of a paper should say so.
            if !complete || claim.origin == Origin::Derived && claim.node.get("origin").is_none() {
                wrong.push(format!("{}: \"{}\" lacks origin, mechanism or least", figure.id, claim.says));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
