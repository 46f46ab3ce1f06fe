//! A model of your own, run through the loop: a Laplace distribution fitted by its median and mean
//! absolute deviation. A family says how to fit; a model says how to make rows.
//!
//!     cargo run --release --bin custom_model

use std::error::Error;
use std::sync::Arc;

use model_collapse::data::{Column, Mix, Samples, Schema};
use model_collapse::lineage::{Context, Record};
use model_collapse::metrics::Measurement;
use model_collapse::models::{Ask, Family, FitError, Model, Refusal, SampleError, Sampling, Start};
use model_collapse::rng::Streams;
use model_collapse::run::{Prepared, Work};
use model_collapse::say;
use model_collapse::spec::Experiment;
use rand::RngExt;

struct Laplace;

struct Fitted(f64, f64, Arc<Schema>);

impl Family for Laplace {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        if schema.numeric_width() == 1 {
            Ok(())
        } else {
            Err(Refusal::new("laplace models one number a row"))
        }
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let gathered = mix.gather().ok_or(FitError::TooFewRows { needed: 1, found: 0 })?;
        let (rows, _) = gathered.map_err(|e| Refusal::new(e.to_string()))?;
        let mut values = rows.features();
        values.sort_by(f64::total_cmp);
        let median = values[values.len() / 2];
        let spread = values.iter().map(|v| (v - median).abs()).sum::<f64>() / values.len() as f64;
        Ok(Box::new(Fitted(median, spread, rows.schema().clone())))
    }
}

impl Model for Fitted {
    fn synthesise(
        &self,
        _: Ask<'_>,
        n: usize,
        _: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        let mut rng = streams.rng();
        let draw = |_| {
            let u: f64 = rng.random::<f64>() - 0.5;
            self.0 - self.1 * u.signum() * (1.0 - 2.0 * u.abs()).max(f64::MIN_POSITIVE).ln()
        };
        let data = (0..n).map(draw).collect();
        Samples::new(self.2.clone(), vec![Column::F64 { width: 1, data }])
            .map_err(|e| SampleError::Refused(Refusal::new(e.to_string())))
    }

    fn size(&self) -> usize {
        2
    }
}

struct Print;

impl Record for Print {
    fn measurement(&mut self, m: Measurement) {
        if m.generation.is_multiple_of(10) {
            let value = m.value.number().unwrap_or(f64::NAN);
            say!("  generation {:2}  {:9} {} = {value:.4}", m.generation, m.subject.name(), m.metric);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let spec = "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 30\nsamples = 100\n\
                regime = \"replace\"\n[measure]\nmetrics = [\"sample-variance\", \"wasserstein2\"]\n\
                [sweep]\n\"loop.regime\" = [\"replace\", \"accumulate\"]\n";
    let prepared = Prepared::new(Experiment::from_toml(spec, "custom_model")?, &Context::default())?;
    let labels: Vec<String> = prepared.settings().iter().map(|s| s.regime.clone()).collect();
    for (setting, regime) in prepared.settings.into_iter().zip(labels) {
        say!("{regime}");
        setting.lineage?.with_family(Arc::new(Laplace)).run(0, &mut Print)?;
    }
    Ok(())
}
