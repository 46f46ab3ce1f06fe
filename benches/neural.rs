//! Optimiser steps and sampling of the neural families, one model on one thread.
//!
//! `cargo bench --bench neural`. A "step" row is the time of one optimiser step: a whole fit
//! of many steps, divided by their number, so that batches, noise and the optimiser count.

use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use model_collapse::benched::Budget;
use model_collapse::benched::DeviceName;
use model_collapse::benched::Streams;
use model_collapse::benched::Training;
use model_collapse::benched::TransportParams;
use model_collapse::benched::{Ask, Family, Sampling, Start};
use model_collapse::benched::{Column, Kind, Mix, Rows, Samples, Schema, TokenUnit, Vocabulary};
use model_collapse::benched::{FlowMatching, FlowMatchingParams};
use model_collapse::benched::{Gpt, GptParams};
use model_collapse::benched::{Gru, GruParams};
use model_collapse::benched::{Realnvp, RealnvpParams};
use model_collapse::benched::{Vae, VaeParams};
use rand::RngExt;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn images(n: usize, width: usize) -> Mix {
    let mut rng = Streams::new(0, 0).of("bench").rng();
    let data = (0..n * width).map(|_| rng.random::<f32>()).collect();
    let schema = Schema::single(Kind::F32 { width, image: None, range: Some((0.0, 1.0)) });
    let rows = Samples::new(Arc::new(schema), vec![Column::F32 { width, data }]).expect("a table");
    Mix::of_human(Rows::all(rows))
}

fn vae(c: &mut Criterion, name: &str, width: usize, hidden: usize, latent: usize, batch: usize) {
    let mix = images(2000, width);
    for device in DeviceName::ALL {
        c.bench_function(&format!("{name} step, {device}"), |b| {
            b.iter_custom(|iters| {
                let params = VaeParams {
                    hidden,
                    latent,
                    budget: rows(batch),
                    steps: iters as usize,
                    ..VaeParams::default()
                };
                let family = Vae { params, device: *device };
                let start = Instant::now();
                family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).expect("a fit");
                start.elapsed()
            });
        });
    }
}

/// One step of flow matching; those of diffusion differ in what a row is mixed with.
fn rows(batch: usize) -> Budget {
    Budget { batch, ..Budget::default() }
}

/// Steps of 32 windows without what surrounds the network.
fn bare() -> Training {
    Training { batch: 32, pairs: 0, clip: f64::INFINITY, weight_decay: 0.0, ..Training::default() }
}

fn flow(c: &mut Criterion, name: &str, width: usize, params: &FlowMatchingParams) {
    let mix = images(800, width);
    c.bench_function(&format!("{name} step"), |b| {
        b.iter_custom(|iters| {
            let params = FlowMatchingParams { steps: iters as usize, ..params.clone() };
            let family = FlowMatching { params: params.into(), device: DeviceName::Flex };
            let start = Instant::now();
            family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).expect("a fit");
            start.elapsed()
        });
    });
    let params = FlowMatchingParams { steps: 20, ..params.clone() };
    let family = FlowMatching { params: params.into(), device: DeviceName::Flex };
    let model = family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).expect("a fit");
    c.bench_function(&format!("{name}, 1000 rows sampled"), |b| {
        b.iter(|| model.synthesise(Ask::Rows, 1000, &Sampling::default(), &Streams::new(0, 2)));
    });
}

fn realnvp(c: &mut Criterion, name: &str, width: usize, params: &RealnvpParams) {
    let mix = images(800, width);
    c.bench_function(&format!("{name} step"), |b| {
        b.iter_custom(|iters| {
            let params = RealnvpParams { steps: iters as usize, ..params.clone() };
            let family = Realnvp { params: params.into(), device: DeviceName::Flex };
            let start = Instant::now();
            family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).expect("a fit");
            start.elapsed()
        });
    });
}

fn flows(c: &mut Criterion) {
    let base = FlowMatchingParams::default();
    flow(c, "flow 64-128×3, batch 64", 64, &base);
    flow(c, "flow 64-256×3, batch 64", 64, &FlowMatchingParams { hidden: 256, ..base.clone() });
    let common = TransportParams { budget: rows(256), ..TransportParams::default() };
    flow(c, "flow 2-64×3, batch 256", 2, &FlowMatchingParams { hidden: 64, common, ..base });
    let base = RealnvpParams::default();
    realnvp(c, "RealNVP 64, 6×64, batch 64", 64, &base);
    realnvp(
        c,
        "RealNVP 2, 8×64, batch 256",
        2,
        &RealnvpParams { couplings: 8, budget: rows(256), noise: 0.0, ..base },
    );
}

/// Two models on two threads; the time of one model-step.
fn pair(c: &mut Criterion, name: &str, mix: &Mix, fit: impl Fn(&Mix, usize, u64) + Sync) {
    c.bench_function(&format!("{name} step, two models on two threads, each"), |b| {
        b.iter_custom(|iters| {
            let start = Instant::now();
            std::thread::scope(|s| {
                for seed in 0..2 {
                    let fit = &fit;
                    s.spawn(move || fit(mix, iters as usize, seed));
                }
            });
            start.elapsed() / 2
        });
    });
}

fn pairs(c: &mut Criterion) {
    pair(c, "B: VAE 64-128-8, batch 64", &images(2000, 64), |mix, steps, seed| {
        let family = Vae { params: VaeParams { steps, ..VaeParams::default() }, device: DeviceName::Flex };
        family.fit(mix, Start::Scratch, &Streams::new(0, seed)).expect("a fit");
    });
    pair(c, "GPT 1×32, context 32, batch 32", &text(1000, 31), |mix, steps, seed| {
        let family = Gpt { params: GptParams { steps, ..plain(1, 32) }, device: DeviceName::Flex };
        family.fit(mix, Start::Scratch, &Streams::new(0, seed)).expect("a fit");
    });
}

fn vaes(c: &mut Criterion) {
    vae(c, "B: VAE 64-128-8, batch 64", 64, 128, 8, 64);
    vae(c, "A: VAE 784-400-20, batch 128", 784, 400, 20, 128);
    let mix = images(500, 64);
    let family = Vae { params: VaeParams { steps: 50, ..VaeParams::default() }, device: DeviceName::Flex };
    let model = family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).expect("a fit");
    c.bench_function("VAE 64-128-8, 1000 rows sampled", |b| {
        b.iter(|| model.synthesise(Ask::Rows, 1000, &Sampling::default(), &Streams::new(0, 2)));
    });
}

/// Rows of exactly `length` tokens of 63; the end mark makes it `length + 1` targets.
fn text(n: usize, length: usize) -> Mix {
    let mut rng = Streams::new(0, 0).of("bench").rng();
    let tokens = (0..n * length).map(|_| rng.random_range(0..63u32)).collect();
    let offsets = (0..=n).map(|r| r * length).collect();
    let names = (0..63u8).map(|i| char::from(b'!' + i).to_string()).collect();
    let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Characters, names));
    let schema = Schema::single(Kind::Ragged { vocabulary });
    let rows = Samples::new(Arc::new(schema), vec![Column::Ragged { offsets, tokens }]).expect("a table");
    Mix::of_human(Rows::all(rows))
}

/// The bare transformer that the PyTorch script trains, whatever the defaults: no pairs, no clipping.
fn plain(layers: usize, width: usize) -> GptParams {
    GptParams { layers, width, heads: 4, training: bare(), ..GptParams::default() }
}

fn gpt(c: &mut Criterion, name: &str, layers: usize, width: usize, context: usize) {
    let params = plain(layers, width);
    // One window a row.
    let mix = text(1000, context - 1);
    for device in DeviceName::ALL {
        c.bench_function(&format!("{name} step, batch 32, {device}"), |b| {
            b.iter_custom(|iters| {
                let params = GptParams { steps: iters as usize, ..params.clone() };
                let family = Gpt { params, device: *device };
                let start = Instant::now();
                family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).expect("a fit");
                start.elapsed()
            });
        });
    }
    let family = Gpt { params: GptParams { steps: 100, ..params }, device: DeviceName::Flex };
    let model = family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).expect("a fit");
    let draw = || model.synthesise(Ask::Rows, 256, &Sampling::default(), &Streams::new(0, 2)).expect("rows");
    let tokens = draw().token_rows().map_or(0, |(_, tokens)| tokens.len());
    let mut group = c.benchmark_group("sampling");
    group.sample_size(10).throughput(Throughput::Elements(tokens as u64));
    group.bench_function(format!("{name}, 256 rows, tokens"), |b| b.iter(draw));
}

fn gpts(c: &mut Criterion) {
    gpt(c, "GPT 1×32, context 32", 1, 32, 32);
    gpt(c, "GPT 1×32, context 64", 1, 32, 64);
    gpt(c, "C: GPT 2×64, context 64", 2, 64, 64);
}

fn grus(c: &mut Criterion) {
    let params = GruParams { embedding: 128, training: bare(), ..GruParams::default() };
    let mix = text(1000, 63);
    for device in DeviceName::ALL {
        c.bench_function(&format!("D: GRU 128, context 64 step, batch 32, {device}"), |b| {
            b.iter_custom(|iters| {
                let params = GruParams { steps: iters as usize, ..params.clone() };
                let start = Instant::now();
                let family = Gru { params, device: *device };
                family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).expect("a fit");
                start.elapsed()
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = vaes, flows, gpts, grus, pairs
}
criterion_main!(benches);
