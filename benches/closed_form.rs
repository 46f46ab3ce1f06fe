//! Closed-form families: one generation of replace on the statistics path, and n-gram fits.
//!
//! `cargo bench --bench closed_form`; times are per generation (draw and fit).

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use model_collapse::benched::Node;
use model_collapse::benched::Streams;
use model_collapse::benched::{Ask, Categorical, FAMILIES, Family, Gaussian, Model, NGram, Sampling, Start};
use model_collapse::benched::{
    Body, Column, Combine, Counts, Kind, Mix, Moments, Part, Rows, SOURCES, Samples, Schema, Statistics,
    TokenUnit, Vocabulary,
};
use rand::RngExt;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn of(statistics: Statistics) -> Mix {
    Mix { parts: vec![Part::synthetic(1, Body::Statistics(statistics))], combine: Combine::Pooled }
}

/// One generation after the other, each with a stream of its own, as in the loop.
fn replace(c: &mut Criterion, name: &str, family: &dyn Family, start: Statistics, n: usize) {
    let path = family.statistics().unwrap();
    let root = Streams::new(0, 0);
    let first = of(start);
    let fit = |mix: &Mix| family.fit(mix, Start::Scratch, &root).unwrap();
    let how = Sampling::default();
    let mut model: Box<dyn Model> = fit(&first);
    let mut generation = 0;
    c.bench_function(name, |b| {
        b.iter(|| {
            // Sixty generations a lineage, so that nothing is measured at variance 0.
            if generation % 60 == 0 {
                model = fit(&first);
            }
            generation += 1;
            let mut rng = root.of("synthesise").at(generation).rng();
            let drawn = path.draw(&*model, n, &how, &mut rng).unwrap();
            model = fit(&of(drawn));
            black_box(model.size())
        });
    });
}

fn gaussian(c: &mut Criterion) {
    for d in [1, 10] {
        let scatter = (0..d * d).map(|i| if i % (d + 1) == 0 { 100.0 } else { 0.0 }).collect();
        let start = Statistics::Moments(Moments { n: 100, weight: 100.0, mean: vec![0.0; d], scatter });
        replace(c, &format!("gaussian replace, d = {d}, n = 100"), &Gaussian::default(), start, 100);
    }
}

fn categorical(c: &mut Criterion) {
    let k = 10_000;
    let counts: Vec<f64> = (0..k).map(|i| (1e6 / f64::from(i + 1)).round()).collect();
    let n = counts.iter().sum::<f64>() as u64;
    let start = Statistics::Counts(Counts { n, counts });
    replace(c, "categorical replace, Zipf K = 10^4, n = 10^4", &Categorical::default(), start, 10_000);
}

/// Least squares on labels of its own, for fresh inputs: drawn as rows and as cross-products.
fn regression(c: &mut Criterion) {
    let (d, n) = (100, 1000);
    let table = Node::from_toml(&format!("dim = {d}"), "bench").unwrap();
    let source = SOURCES.get("linear-regression").unwrap().make(&table).unwrap();
    let truth = source.truth().unwrap();
    let family =
        FAMILIES.get("linear-regression").unwrap().make(&Node::from_toml("", "bench").unwrap()).unwrap();
    let path = family.statistics().unwrap();
    let root = Streams::new(0, 0);
    let how = Sampling::default();
    let fit = |mix: &Mix| family.fit(mix, Start::Scratch, &root).unwrap();
    let mut model = fit(&Mix::of_human(Rows::all(truth.draw(n, &mut root.rng()))));
    let mut generation = 0;
    for way in ["cross-products", "rows"] {
        c.bench_function(&format!("least squares, fresh inputs as {way}, d = {d}, n = {n}"), |b| {
            b.iter(|| {
                generation += 1;
                let mut rng = root.of("inputs").at(generation).rng();
                let inputs = match way {
                    "rows" => path.summarise(&Rows::all(truth.draw(n, &mut rng))).unwrap(),
                    _ => path.inputs(truth, n, &mut rng).unwrap(),
                };
                let made = path.label(&*model, &inputs, &how, &mut rng).unwrap();
                model = fit(&of(made));
                black_box(model.size())
            });
        });
    }
}

fn ngram(c: &mut Criterion) {
    let mut rng = Streams::new(0, 0).rng();
    let mut rows = |vocabulary: usize, skew: i32| {
        let tokens: Vec<u32> =
            (0..320_000).map(|_| (rng.random::<f64>().powi(skew) * vocabulary as f64) as u32).collect();
        let offsets = (0..=10_000).map(|i| i * 32).collect();
        let words = (0..vocabulary).map(|i| i.to_string()).collect();
        let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Words, words));
        let schema = Arc::new(Schema::single(Kind::Ragged { vocabulary }));
        Mix::of_human(Rows::all(Samples::new(schema, vec![Column::Ragged { offsets, tokens }]).unwrap()))
    };
    let streams = Streams::new(0, 1);
    let mut group = c.benchmark_group("ngram, 10^4 rows of 32 tokens, order 3");
    group.sample_size(10);
    for (vocabulary, skew) in [(64, 2), (30_000, 8)] {
        let mix = rows(vocabulary, skew);
        let fit = || NGram::default().fit(&mix, Start::Scratch, &streams).unwrap();
        group.bench_function(format!("fit, V = {vocabulary}"), |b| b.iter(|| black_box(fit().size())));
        let model = fit();
        for temperature in [1.0, 0.8] {
            let how = Sampling { temperature, ..Default::default() };
            group.bench_function(format!("sample 10^4 rows, V = {vocabulary}, T = {temperature}"), |b| {
                b.iter(|| black_box(model.synthesise(Ask::Rows, 10_000, &how, &streams).unwrap().len()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, gaussian, categorical, regression, ngram);
criterion_main!(benches);
