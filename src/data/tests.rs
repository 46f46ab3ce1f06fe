//! Facts about every source, and about the human rows of a lineage.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::data::parameters::Portion;
use crate::rng::Streams;
use crate::spec::{self, Node};

/// The source that a `[data]` table describes.
pub(super) fn source(toml: &str) -> Result<Source, spec::Error> {
    let spec = Node::from_toml(&format!("# a test's table\n{toml}"), "test.toml")?;
    let name = spec.selector("source")?;
    SOURCES.find(name)?.make(&spec)
}

/// A finite source of `n` distinct numbers: 60 % training, 10 % validation, 30 % held out.
fn numbers(n: usize) -> Source {
    let schema = Arc::new(Schema::single(Kind::F64 { width: 1 }));
    let data = (0..n).map(|i| i as f64).collect();
    let rows = Samples::new(schema, vec![Column::F64 { width: 1, data }]).unwrap();
    let shares = Shares { held_out: Portion::Share(0.3), validation: Portion::Share(0.1), rows: None };
    Source::finite("numbers", shares.shuffled(n).unwrap().of(&rows))
}

fn gaussian() -> Source {
    source("source = \"gaussian\"").unwrap()
}

fn bits(samples: &Samples) -> Vec<u64> {
    samples.features().iter().map(|x| x.to_bits()).collect()
}

fn set(samples: &Samples) -> BTreeSet<u64> {
    bits(samples).into_iter().collect()
}

fn human(source: &Source, seed: u64) -> HumanRows<'_> {
    HumanRows::new(source, Streams::new(0, seed))
}

#[test]
fn human_rows_are_nested_across_sizes() {
    for s in [numbers(1000), gaussian()] {
        let h = human(&s, 1);
        let (small, large) = (h.initial(30).unwrap().gather(), h.initial(100).unwrap().gather());
        assert_eq!(bits(&small), bits(&large)[..30]);
        let (small, large) = (h.fresh(2, 200, 10).unwrap().gather(), h.fresh(2, 200, 100).unwrap().gather());
        assert_eq!(bits(&small), bits(&large)[..10]);
    }
}

#[test]
fn fresh_blocks_never_overlap() {
    for s in [numbers(1000), gaussian()] {
        let h = human(&s, 1);
        let mut seen = set(&h.initial(100).unwrap().gather());
        for g in 1..5 {
            seen.extend(set(&h.fresh(g, 100 * g as usize, 100).unwrap().gather()));
        }
        assert_eq!(seen.len(), 500);
    }
}

#[test]
fn pool_subsets_are_nested_within_a_generation_and_differ_between_generations() {
    let s = numbers(1000);
    let h = human(&s, 1);
    let (small, large) = (h.pool(3, 100, 20), h.pool(3, 100, 50));
    assert_eq!(small, large[..20]);
    assert!(large.iter().all(|&p| p < 100));
    assert_eq!(large.iter().collect::<BTreeSet<_>>().len(), 50);
    assert_ne!(large, h.pool(4, 100, 50));
}

#[test]
fn reference_and_baseline_are_disjoint_and_never_trained_on() {
    for s in [numbers(1000), gaussian()] {
        let h = human(&s, 1);
        let mut all = set(&h.initial(600).unwrap().gather());
        all.extend(set(&h.reference(150).unwrap()));
        all.extend(set(&h.baseline(150).unwrap()));
        assert_eq!(all.len(), 900);
    }
}

#[test]
fn seeds_have_their_own_rows_and_one_seed_repeats() {
    for s in [numbers(1000), gaussian()] {
        let rows = |seed| bits(&human(&s, seed).initial(50).unwrap().gather());
        assert_ne!(rows(1), rows(2));
        assert_eq!(rows(1), rows(1));
    }
}

#[test]
fn a_finite_source_runs_out_with_the_numbers_in_the_error() {
    let s = numbers(1000);
    let h = human(&s, 1);
    let error = h.fresh(1, 550, 100).unwrap_err();
    assert_eq!((error.needed, error.available), (650, 600));
    let error = h.baseline(200).unwrap_err();
    assert_eq!((error.needed, error.available, error.split), (400, 300, "held-out"));
}

#[test]
fn rows_select_without_copying_and_gather_in_order() {
    let s = numbers(100);
    let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
    let rows = Rows::all(splits.train.head(10));
    let all = rows.gather().features();
    let picked = rows.select(&[7, 2, 2]);
    assert_eq!(picked.gather().features(), [all[7], all[2], all[2]]);
    assert_eq!(picked.select(&[1]).gather().features(), [all[2]]);
    assert_eq!(picked.head(2).indices().collect::<Vec<_>>(), [7, 2]);
}

#[test]
fn tables_slice_and_concatenate_what_fits() {
    let vocabulary = |n: usize| {
        let tokens = (0..n).map(|i| i.to_string()).collect();
        Kind::Ragged { vocabulary: Arc::new(Vocabulary::new(TokenUnit::Words, tokens)) }
    };
    let table = |n, tokens: Vec<u32>| {
        let column = Column::Ragged { offsets: vec![0, 1, tokens.len()], tokens };
        Samples::new(Arc::new(Schema::single(vocabulary(n))), vec![column])
    };
    let (a, b) = (table(3, vec![0, 1, 2]).unwrap(), table(3, vec![2, 2]).unwrap());
    let both = Samples::concat(&[&a, &b]).unwrap();
    let texts = |s: &Samples| (0..s.len()).map(|r| s.text(r).unwrap()).collect::<Vec<_>>();
    assert_eq!(texts(&both), ["0", "1 2", "2", "2"]);
    assert_eq!(texts(&both.slice(1, 2)), ["1 2", "2"]);
    assert_eq!(texts(&both.slice(3, 9)), ["2"]);
    assert!(both.slice(9, 9).is_empty());
    assert_eq!(texts(&both.take(&[3, 0])), ["2", "0"]);
    assert!(Samples::concat(&[&a, &table(4, vec![0, 3]).unwrap()]).is_err(), "another vocabulary");
    assert!(table(3, vec![0, 3]).is_err(), "a token past the vocabulary");
    let offsets = Column::Ragged { offsets: vec![0, 5, 2], tokens: vec![0, 0] };
    assert!(Samples::new(a.schema().clone(), vec![offsets]).is_err(), "offsets that go back");
}

#[test]
fn a_mix_knows_its_realised_fraction_and_weights() {
    let s = numbers(100);
    let h = human(&s, 1);
    let rows = |n| Body::Rows(h.initial(n).unwrap());
    let mut mix =
        Mix { parts: vec![Part::human(0, rows(10)), Part::synthetic(1, rows(30))], ..Mix::default() };
    assert_eq!(mix.human_fraction(), Some(0.25));
    assert!(mix.equally_weighted());
    mix.parts[0].weight = 3.0;
    assert!(!mix.equally_weighted());
    let (table, weights) = mix.gather().unwrap().unwrap();
    assert_eq!((table.len(), weights.iter().sum::<f64>()), (40, 60.0));
    assert_eq!(mix.weight_of(Origin::Human), 30.0);
    assert_eq!(mix.only(Origin::Synthetic).len(), 30);
    assert_eq!(Mix::default().human_fraction(), None);
}

/// Sources that need no parameter.
fn all() -> Vec<(&'static str, Source)> {
    let needs_none =
        |e: &&crate::registry::Entry<Source>| e.about.parameters.iter().all(|p| p.default != "required");
    let make = |e: &crate::registry::Entry<Source>| {
        (e.about.name, source(&format!("source = \"{}\"", e.about.name)).unwrap())
    };
    SOURCES.entries.iter().filter(needs_none).map(make).collect()
}

#[test]
fn every_source_gives_finite_rows_that_repeat() {
    for (name, s) in all() {
        let h = human(&s, 3);
        let n = s.available().map_or(100, |n| n.min(100));
        let rows = h.initial(n).unwrap().gather();
        assert_eq!(rows.len(), n, "{name}");
        assert_eq!(rows.first_non_finite(), None, "{name}");
        let modelled = [Role::Feature, Role::Input];
        assert!(modelled.iter().any(|role| rows.schema().first(*role).is_some()), "{name}");
        assert!(!s.digest.is_empty(), "{name}");
        let rows: Vec<Column> = (0..rows.schema().fields.len()).map(|i| rows.column(i).clone()).collect();
        let again = human(&s, 3).initial(n).unwrap().gather();
        assert!(rows.iter().enumerate().all(|(i, c)| c == again.column(i)), "{name}");
        if let Some(truth) = s.truth() {
            let log = truth.log_density(&again);
            assert!(log.is_none_or(|l| l.len() == n && l.iter().all(|x| x.is_finite())), "{name}");
        }
        let mut csv = Vec::new();
        write_csv(&again.head(3), &mut csv).unwrap();
        assert!(csv.len() > 3, "{name}");
    }
}

/// Where the mean and the covariance are stated, draws have them: each mean within five standard
/// errors, and each variance within five of a bound for these sources' fourth moments.
#[test]
fn stated_moments_are_those_of_the_draws() {
    let n = 40_000;
    for (name, s) in all() {
        let Some((truth, mean, covariance)) = s.truth().and_then(|t| Some((t, t.mean()?, t.covariance()?)))
        else {
            continue;
        };
        let rows = truth.draw(n, &mut Streams::new(0, 9).of("test").rng());
        let d = mean.len();
        let m = Moments::of_matrix(&rows.features(), d);
        for i in 0..d {
            let variance = covariance[i * d + i];
            let error = (m.mean[i] - mean[i]) / (variance / n as f64).sqrt();
            assert!(error.abs() < 5.0, "{name}: mean {i} is {error} standard errors away");
            // The variance of a variance is (κ − 1) σ⁴/n; the sample's own kurtosis κ is used.
            let deviation = |row: &[f64]| (row[i] - mean[i]).powi(2);
            let fourth: f64 = rows.features().chunks(d).map(|r| deviation(r).powi(2)).sum::<f64>() / n as f64;
            let spread = ((fourth - variance * variance) / n as f64).sqrt();
            let found = m.scatter[i * d + i] / n as f64;
            assert!(
                (found - variance).abs() < 5.0 * spread + 1e-9,
                "{name}: variance {i} {found} for {variance}"
            );
        }
    }
}

#[test]
fn an_unknown_key_or_name_is_an_error() {
    assert!(source("source = \"gausian\"").is_err());
    assert!(source("source = \"gaussian\"\ndimension = 2").is_err());
    assert!(source("source = \"gaussian\"\ncontamination = 0.5").is_ok(), "the loop's own key");
}
