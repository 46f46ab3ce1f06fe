//! What ships: the specs of papers and studies are as they were locked, and the documents are as the committed results have them.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use super::*;
use crate::lineage::Context;
use crate::publish::{blind_before, examine_laws};
use crate::run::{Prepared, Work};
use crate::spec::{Experiment, Origin, Statistic};
use crate::store::Settings;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn catalogue() -> (Shelf, Catalogue) {
    let shelf = Shelf::read(&root().join("experiments")).unwrap();
    let catalogue = Catalogue::of(&shelf).unwrap();
    (shelf, catalogue)
}

#[test]
fn the_claims_of_papers_and_studies_are_as_they_were_locked() {
    let (shelf, catalogue) = catalogue();
    let now = Lock::of(&catalogue).unwrap().text();
    let told = "run `collapse reproduce --lock`, and say in `changed` why a threshold moved";
    assert!(shelf.get("claims.lock") == Some(now.as_str()), "{told}");
}

#[test]
fn every_claim_of_a_paper_says_whose_it_is_what_it_is_about_and_what_it_must_fail() {
    let (_, catalogue) = catalogue();
    let mut wrong = Vec::new();
    let neural = catalogue.locked().filter(|figure| figure.folder() == NEURAL);
    for figure in catalogue.papers.iter().flat_map(|paper| &paper.figures).chain(neural) {
        let experiment = Experiment::from_toml(&figure.text, &figure.path).unwrap();
        let prepared = Prepared::new(experiment, &Context::default()).unwrap();
        let records = Settings::of(prepared.settings());
        let experiment = &prepared.experiment;
        // A law that refuses where a claim names it would be an error before the run.
        let mut problems = Vec::new();
        examine_laws(experiment, &records, &mut problems);
        wrong.extend(problems.iter().map(|why| format!("{}: {why}", figure.id)));
        for (says, why) in blind_before(experiment, &records).unwrap() {
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

/// The tables of the README and of results/CLAIMS.md are those of results/claims.json, whose claims are the locked ones.
#[test]
fn the_documents_are_made_from_the_committed_results() {
    let (shelf, catalogue) = catalogue();
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let outcomes: Vec<Outcome> = serde_json::from_str(&read("results/claims.json")).unwrap();
    let name = |key: &str| {
        catalogue.papers.iter().find(|p| p.key == key).map_or(key.to_owned(), |p| p.entry.short())
    };
    // The salt that METHODS.md says was drawn after the lock.
    let command = "collapse reproduce all --controls --salt 101824922";
    assert!(read("METHODS.md").contains(command.rsplit(' ').next().unwrap()));
    let claims = read("results/CLAIMS.md");
    assert!(claims.ends_with(&all_claims(&outcomes, command, name)), "write results/CLAIMS.md anew");
    let readme = read("README.md");
    let table = failures(&outcomes, command, name);
    assert!(readme.contains(table.trim()), "write the README's table anew");
    let lock = Lock::read(shelf.get("claims.lock").unwrap()).unwrap();
    let other: Vec<&str> = outcomes
        .iter()
        .filter(|o| !lock.holds(&o.figure, &o.says, &o.digest))
        .map(|o| o.says.as_str())
        .collect();
    assert!(other.is_empty(), "not as locked: {other:#?}");
    let papers: usize = catalogue.papers.iter().flat_map(|p| &p.figures).map(|f| f.claims).sum();
    assert_eq!(outcomes.len(), papers, "every claim of a paper has its result");
}
