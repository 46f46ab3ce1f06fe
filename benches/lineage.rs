//! The loop's own cost: composition, streams, measuring and recording around a fit that costs
//! nothing, and whole closed-form lineages.
//!
//!     cargo bench --bench lineage

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use model_collapse::benched::Experiment;
use model_collapse::benched::Measurement;
use model_collapse::benched::Prepared;
use model_collapse::benched::Streams;
use model_collapse::benched::{Ask, Family, FitError, Model, Refusal, SampleError, Sampling, Start};
use model_collapse::benched::{Column, Kind, Mix, Samples, Schema};
use model_collapse::benched::{Context, Lineage, Record};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Fits nothing and hands out the same rows.
struct Idle;

struct Rows(Samples);

impl Family for Idle {
    fn accepts(&self, _: &Schema) -> Result<(), Refusal> {
        Ok(())
    }

    fn fit(&self, _: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let schema = Arc::new(Schema::single(Kind::F64 { width: 1 }));
        let rows = Samples::new(schema, vec![Column::F64 { width: 1, data: vec![0.5; 1000] }]);
        Ok(Box::new(Rows(rows.map_err(|e| Refusal::new(e.to_string()))?)))
    }
}

impl Model for Rows {
    fn synthesise(&self, _: Ask<'_>, n: usize, _: &Sampling, _: &Streams) -> Result<Samples, SampleError> {
        Ok(self.0.head(n))
    }

    fn size(&self) -> usize {
        0
    }
}

struct Nothing;

impl Record for Nothing {
    fn measurement(&mut self, m: Measurement) {
        black_box(m.value);
    }
}

fn lineage(regime: &str, metric: &str) -> Option<Lineage> {
    let spec = format!(
        "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 60\nsamples = 100\n\
         regime = \"{regime}\"\n[measure]\nmetrics = [\"{metric}\"]\nsize = 100\n"
    );
    let experiment = Experiment::from_toml(&spec, "bench").ok()?;
    Prepared::new(experiment, &Context::default()).ok()?.settings.remove(0).lineage.ok()
}

fn lineages(c: &mut Criterion) {
    let mut group = c.benchmark_group("lineage of 60 generations");
    let mut time = |name: &str, lineage: Option<Lineage>| {
        let lineage = lineage.expect("the bench's spec is valid");
        let mut seed = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                seed += 1;
                lineage.run(seed, &mut Nothing).expect("the lineage runs")
            })
        });
    };
    time("gaussian replace, statistics", lineage("replace", "variance"));
    time("gaussian accumulate, statistics", lineage("accumulate", "variance"));
    time("gaussian replace, rows", lineage("replace", "sample-variance"));
    let idle = |regime| lineage(regime, "realised-human-fraction").map(|l| l.with_family(Arc::new(Idle)));
    time("overhead alone, replace", idle("replace"));
    time("overhead alone, accumulate", idle("accumulate"));
    group.finish();
}

criterion_group!(benches, lineages);
criterion_main!(benches);
