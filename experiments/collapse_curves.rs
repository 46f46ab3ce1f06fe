//! The generational loop as library code: a Gaussian refitted to its own samples under three
//! regimes, drawn with the closed-form law over it.
//!
//!     cargo run --release --bin collapse_curves

use std::collections::BTreeMap;
use std::error::Error;

use model_collapse::figures::{self, Axis, Curve, Law, Point, Series, Size};
use model_collapse::lineage::{Context, Record};
use model_collapse::metrics::{Measurement, Subject};
use model_collapse::run::{Prepared, Work};
use model_collapse::say;
use model_collapse::spec::Experiment;
use model_collapse::theory;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SPEC: &str = r#"
[data]
source = "gaussian"
[model]
family = "gaussian"
[loop]
generations = 60
samples = 100
regime = "replace"
[measure]
metrics = ["variance"]
[sweep]
"loop.regime" = ["replace", "accumulate", "accumulate-subsample"]
"#;

/// Sums of the variance by generation.
#[derive(Default)]
struct Variances(BTreeMap<u32, f64>);

impl Record for Variances {
    fn measurement(&mut self, m: Measurement) {
        if m.subject == Subject::Model && m.metric == "variance" {
            // The variance of a Gaussian always has a value.
            *self.0.entry(m.generation).or_default() += m.value.number().unwrap_or(f64::NAN);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    const SEEDS: u64 = 2000;
    let prepared = Prepared::new(Experiment::from_toml(SPEC, "collapse_curves")?, &Context::default())?;
    let (mut series, mut laws) = (Vec::new(), Vec::new());
    for (setting, info) in prepared.settings.iter().zip(prepared.settings()) {
        let lineage = setting.lineage.as_ref().map_err(Clone::clone)?;
        let mut variances = Variances::default();
        for seed in 0..SEEDS {
            lineage.run(seed, &mut variances)?;
        }
        let mean = |(g, sum): (&u32, &f64)| Point::new(f64::from(*g), sum / SEEDS as f64);
        series.push(Series {
            name: info.regime.clone(),
            order: None,
            points: variances.0.iter().map(mean).collect(),
        });
        let conditions = lineage.conditions();
        let at = |g: u32| Some((f64::from(g), theory::overlay("variance", &conditions.at(g))?.1.mean));
        let points: Vec<(f64, f64)> = (0..=60).filter_map(at).collect();
        if !points.is_empty() {
            laws.push(Law { label: "law".into(), points });
        }
        let last = series[series.len() - 1].points[60].y;
        say!("{:22} mean variance after 60 generations: {last:.3}", info.regime);
    }
    let figure = Curve {
        title: "A Gaussian refitted to its own samples, n = 100".into(),
        subtitle: format!("mean over {SEEDS} seeds; dashed: the closed form"),
        x: Axis::integer("generation"),
        y: Axis::linear("variance of the fitted model"),
        key: "regime".into(),
        series,
        laws,
        ..Default::default()
    };
    std::fs::create_dir_all("results/collapse_curves")?;
    let saved = figures::save(&figure, "results/collapse_curves/variance".as_ref(), Size::PAGE)?;
    for file in [saved.svg, saved.png] {
        say!("{}", file.display());
    }
    Ok(())
}
