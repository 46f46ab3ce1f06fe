//! A crate of one's own, by the front door alone: a source, a family, a metric, a curation step, a task and a regime, all
//! named in one experiment.

use std::sync::Arc;

use model_collapse::components::{
    Body, Curation, CurationError, Field, Kind, Learned, Lesson, Levels, More, Part as Block, Report, Role,
    Rows, Seen, Source, Task,
};
use model_collapse::prelude::*;
use rand::RngExt;

/// Numbers of [0, 1), and whether they are in the upper half.
struct Halves(Arc<Schema>);

impl Halves {
    fn new() -> Self {
        let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
        let half = Kind::Codes { levels: Levels::Count(2) };
        let fields =
            vec![field("x", Role::Feature, Kind::F64 { width: 1 }), field("upper", Role::Label, half)];
        Self(Arc::new(Schema { fields }))
    }
}

impl Distribution for Halves {
    fn schema(&self) -> &Arc<Schema> {
        &self.0
    }
    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let x: Vec<f64> = (0..n).map(|_| rng.random()).collect();
        let upper = x.iter().map(|x| u32::from(*x >= 0.5)).collect();
        let columns = vec![Column::F64 { width: 1, data: x }, Column::Codes { data: upper }];
        Samples::new(self.0.clone(), columns).unwrap()
    }
}

/// The training rows again, drawn with replacement.
struct Bootstrap;
struct Kept(Samples);

impl Family for Bootstrap {
    fn accepts(&self, _: &Schema) -> Result<(), Refusal> {
        Ok(())
    }
    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(Kept(rows_of(mix)?.0)))
    }
}

impl Model for Kept {
    fn synthesise(
        &self,
        _: Ask<'_>,
        n: usize,
        _: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        let mut rng = streams.rng();
        let rows: Vec<u32> = (0..n).map(|_| rng.random_range(0..self.0.len() as u32)).collect();
        Ok(self.0.take(&rows))
    }
    fn size(&self) -> usize {
        self.0.len()
    }
}

/// Asks for as many rows again and keeps the smaller half.
struct Smaller;

impl Curation for Smaller {
    fn apply(
        &self,
        mix: Mix,
        more: Option<More<'_>>,
        _: &Seen<'_>,
        _: &Streams,
    ) -> Result<Mix, CurationError> {
        let (combine, mut more) = (mix.combine, more);
        let mut kept = Vec::new();
        for part in mix.parts {
            let Body::Rows(rows) = &part.body else { continue };
            let own = rows.gather();
            let all = match &mut more {
                Some(more) => Samples::concat(&[&own, &more(own.len())?])?,
                None => own.clone(),
            };
            let x = all.features();
            let mut order: Vec<u32> = (0..all.len() as u32).collect();
            order.sort_by(|a, b| x[*a as usize].total_cmp(&x[*b as usize]));
            order.truncate(own.len());
            kept.push(Block { body: Body::Rows(Rows::all(all.take(&order))), ..part });
        }
        Ok(Mix { parts: kept, combine })
    }
}

/// Learns the smallest x of the upper half, and predicts by it.
struct Threshold;
struct At(f64);

impl Task for Threshold {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        match schema.numeric_width() {
            1 => Ok(()),
            _ => Err(Refusal::new("a threshold needs one number a row")),
        }
    }
    fn learn(&self, from: &Lesson<'_>, _: usize, _: &Streams) -> Result<Box<dyn Learned>, Refusal> {
        let labels = from.rows.labels().unwrap_or_default();
        let upper = from.rows.features().into_iter().zip(labels).filter(|(_, l)| **l == 1);
        Ok(Box::new(At(upper.map(|(x, _)| x).fold(f64::INFINITY, f64::min))))
    }
}

impl Learned for At {
    fn score(&self, rows: &Samples) -> Result<Measured, Refusal> {
        let labels = rows.labels().unwrap_or_default();
        let right = rows.features().into_iter().zip(labels).filter(|(x, l)| u32::from(*x >= self.0) == **l);
        Ok(vec![("task-accuracy".into(), right.count() as f64 / rows.len() as f64)])
    }
}

fn components() -> Components {
    let report = Report { primary: "task-accuracy", scores: &["task-accuracy"] };
    let middle = |rows: &Samples| rows.features().iter().sum::<f64>() / rows.len() as f64;
    Components::standard()
        .source("halves", |_, _| Ok(Source::of("halves", &(), Halves::new())))
        .family("bootstrap", |_, _| Ok(Bootstrap))
        .metric("middle", Reading::human_valued("x"), move |_, _| Ok(sample_metric("middle", middle)))
        .curation("smaller", |_, _| Ok(Smaller))
        .task("threshold", report, |_, _| Ok(Threshold))
        .regime("forgetful", Choices { retain_synthetic: RetainSynthetic::Share(0.5), ..Choices::REPLACE })
}

fn experiment(curated: bool) -> Experiment {
    let e = Experiment::new("all of one's own")
        .components(components())
        .source("halves")
        .family("bootstrap")
        .task(Part::new("threshold").with("knowledge", "none"))
        .regime("forgetful")
        .metrics(["middle"])
        .generations(4)
        .samples(200)
        .seeds(4);
    if curated { e.curation(Part::new("smaller")) } else { e }
}

fn mean(run: &Run, metric: &str, generation: u32) -> f64 {
    let values = run.values(metric).unwrap();
    let of_loop =
        |v: &&Value| matches!(v.subject, Subject::Model | Subject::Training) && v.generation == generation;
    let found: Vec<f64> = values.iter().filter(of_loop).filter_map(|v| v.observed.number()).collect();
    assert!(!found.is_empty(), "{metric} at {generation}");
    found.iter().sum::<f64>() / found.len() as f64
}

#[test]
fn components_of_every_kind_run_together() {
    let (plain, curated) = (experiment(false).run().unwrap(), experiment(true).run().unwrap());
    // A bootstrap keeps the mean of a uniform. The smaller half has half of it; with a half of what was there retained, a
    // generation keeps (100 + 200/2)/300 = 2/3, and four of them a fifth.
    assert!((mean(&plain, "middle", 4) - 0.5).abs() < 0.1);
    assert!(mean(&curated, "middle", 4) < 0.3 * mean(&curated, "middle", 0));
    // With 200 rows the threshold is found to 1 %. After four selections few rows of the upper half are left to find it by.
    assert!(mean(&plain, "task-accuracy", 0) > 0.97);
    assert!(mean(&curated, "task-accuracy", 4) < mean(&plain, "task-accuracy", 4));
}
