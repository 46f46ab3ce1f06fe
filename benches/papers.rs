//! The papers' loops, whole and on one thread: what their authors' own Python takes a minute or a
//! second for.
//!
//!     cargo bench --bench papers

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use model_collapse::benched::Experiment;
use model_collapse::benched::Measurement;
use model_collapse::benched::Prepared;
use model_collapse::benched::{Context, Lineage, Record};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keeps the sum of what is measured, so that nothing is left out.
struct Sum(f64);

impl Record for Sum {
    fn measurement(&mut self, m: Measurement) {
        self.0 += m.value.number().unwrap_or(0.0);
    }
}

/// One paper's loop: `lineages` runs of one setting.
fn paper(c: &mut Criterion, name: &str, lineages: u64, spec: &str) {
    let experiment = Experiment::from_toml(spec, name).unwrap();
    let prepared = Prepared::new(experiment, &Context::default()).unwrap();
    let lineage: &Lineage = prepared.settings[0].lineage.as_ref().unwrap();
    let mut group = c.benchmark_group("papers");
    group.sample_size(10);
    group.bench_function(name, |b| {
        b.iter(|| {
            let mut sum = Sum(0.0);
            for seed in 0..lineages {
                lineage.run(seed, &mut sum).unwrap();
            }
            black_box(sum.0)
        });
    });
    group.finish();
}

fn all(c: &mut Criterion) {
    // Suresh et al.: Zipf–Mandelbrot, a = 1, b = 2.7, K = n = 1000, 200 trajectories of 10 generations.
    paper(
        c,
        "suresh2024: Zipf panel, 200 trajectories x 10 generations",
        200,
        r#"
        data = { source = "zipf", outcomes = 1000, exponent = 1.0, offset = 2.7 }
        model = { family = "categorical" }
        loop = { generations = 10, samples = 1000, regime = "replace" }
        measure = { metrics = ["support-size"] }
        "#,
    );
    // Kazdan et al.: d = 10, n = 100, 100 fits, in each of two regimes.
    for regime in ["replace", "accumulate"] {
        let spec = format!(
            r#"
            data = {{ source = "gaussian", dim = 10 }}
            model = {{ family = "gaussian" }}
            loop = {{ generations = 99, samples = 100, regime = "{regime}" }}
            measure = {{ metrics = ["variance", "mean-error", "log-determinant"] }}
            "#
        );
        paper(c, &format!("kazdan2024: Gaussian d = 10, n = 100, 100 fits, {regime}"), 1, &spec);
    }
    // Kazdan et al.: the same in a regression on 10 inputs that are kept.
    for regime in ["replace", "accumulate"] {
        let spec = format!(
            r#"
            data = {{ source = "linear-regression", dim = 10 }}
            model = {{ family = "linear-regression" }}
            loop = {{ generations = 99, samples = 100, regime = "{regime}", synthesis = "label", prompts = "initial" }}
            measure = {{ metrics = ["excess-risk"] }}
            "#
        );
        paper(c, &format!("kazdan2024: regression d = 10, n = 100, 100 fits, {regime}"), 1, &spec);
    }
    // Kazdan et al.: 10 outcomes, n = 1000, 3,269 fits (the length of the authors' run that was timed).
    paper(
        c,
        "kazdan2024: 10 outcomes, n = 1000, 3,269 fits",
        1,
        r#"
        data = { source = "uniform-categorical", outcomes = 10 }
        model = { family = "categorical" }
        loop = { generations = 3268, samples = 1000, regime = "replace" }
        measure = { metrics = ["entropy"] }
        "#,
    );
    // He et al.: 100 fresh human and 100 synthetic rows of 2 numbers, 200 steps, one weight.
    paper(
        c,
        "he2025: Gaussian, 200 weighted steps",
        1,
        r#"
        data = { source = "gaussian", dim = 2 }
        model = { family = "gaussian", ddof = 1 }
        loop = { generations = 200, samples = 200, human_fraction = 0.5, regime = "golden" }
        measure = { metrics = ["mean-error", "variance"] }
        "#,
    );
    // The same with labels for fresh inputs.
    for family in ["linear-regression", "logistic-regression", "poisson-regression"] {
        let spec = format!(
            r#"
            data = {{ source = "{family}", dim = 2 }}
            model = {{ family = "{family}" }}
            measure = {{ metrics = ["parameter-error"] }}
            [loop]
            generations = 200
            samples = 200
            human_fraction = 0.5
            regime = "golden"
            synthesis = "label"
            prompts = "fresh"
            "#
        );
        paper(c, &format!("he2025: {family}, 200 weighted steps"), 1, &spec);
    }
    // Shumailov et al.: a two-component mixture fitted to 1,000 rows of a plane, one generation after another.
    paper(
        c,
        "shumailov2024: Gaussian mixture, n = 1000, 50 generations",
        1,
        r#"
        data = { source = "gaussian", dim = 2 }
        model = { family = "gaussian-mixture", components = 2 }
        loop = { generations = 50, samples = 1000, regime = "replace" }
        measure = { metrics = ["realised-human-fraction"] }
        "#,
    );
    // Gharesifard & Tabuada: 1,000 arrivals of 100 rows over 10 outcomes.
    paper(
        c,
        "gharesifard2025: stream, 1,000 arrivals of 100 rows",
        1,
        r#"
        data = { source = "uniform-categorical", outcomes = 10 }
        model = { family = "categorical" }
        loop = { generations = 1000, samples = 100, initial = 100, regime = "stream", arrival_human_fraction = 0.5 }
        sampling = { temperature = 0.5 }
        measure = { metrics = ["tv"], at = [1000] }
        "#,
    );
}

criterion_group!(benches, all);
criterion_main!(benches);
