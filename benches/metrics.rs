//! Costly metrics on one thread: `cargo bench --bench metrics`.

#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use model_collapse::benched::Points;
use model_collapse::benched::Streams;
use model_collapse::benched::compare;
use rand_distr::{Distribution, StandardNormal};

fn normals(n: usize, dim: usize, seed: u64) -> Vec<f64> {
    let mut rng = Streams::new(0, seed).of("bench").rng();
    (0..n * dim).map(|_| StandardNormal.sample(&mut rng)).collect()
}

fn manifold(c: &mut Criterion) {
    let mut group = c.benchmark_group("precision, recall, density, coverage");
    group.sample_size(10);
    for (n, dim) in [(2000, 2), (2000, 64), (5000, 64), (2000, 784)] {
        let (x, y) = (normals(n, dim, 1), normals(n, dim, 2));
        let (x, y) = (Points { data: &x, dim }, Points { data: &y, dim });
        group.bench_function(format!("{n} × {n} points in {dim}-D"), |b| {
            b.iter(|| compare(black_box(x), black_box(y), 5))
        });
    }
    group.finish();
}

criterion_group!(benches, manifold);
criterion_main!(benches);
