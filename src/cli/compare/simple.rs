//! A simple model beside the compared one: is generation 0 better than what counts alone give?

use std::path::Path;

use miette::{IntoDiagnostic, Result};

use super::CompareArgs;
use super::specs::simple_spec;
use crate::analysis::Series;
use crate::analysis::effects::{Judged, Tolerance, gains};
use crate::cli::{Answered, Execution, execute};
use crate::metrics::{Direction, Subject};
use crate::publish::{self, Publication, number};
use crate::run::Interrupt;
use crate::spec::{Experiment, Overlays};
use crate::tasks::reading;

/// Generation 0 of the simple models, measured as the compared one is.
pub(super) struct Simple {
    name: &'static str,
    series: Vec<Series>,
}

/// Fits the simple models of this data on D(0), into a folder of their own; `None` where there is none, or where the data are
/// not to be run.
pub(super) fn simple(
    args: &CompareArgs,
    slug: &str,
    out: &Path,
    interrupt: &Interrupt,
) -> Result<Option<Simple>> {
    if args.options.dry_run || args.options.cell.is_some() || args.human_rows.is_some() {
        return Ok(None);
    }
    let Some((name, text)) = simple_spec(args, slug)? else { return Ok(None) };
    // What is said of the compared model says nothing of this one.
    let of_model = |s: &str| s.trim_start().starts_with("model") || s.trim_start().starts_with("loop");
    let overlays =
        args.set.iter().filter(|s| !of_model(s)).fold(Overlays::default(), |overlays, s| overlays.set(s));
    let mut experiment = Experiment::with_overlays(&text, &format!("compare {slug}"), &overlays)?;
    experiment.name = format!("{slug}-simple");
    let mut options = args.options.clone();
    (options.no_figures, options.quiet) = (true, true);
    let how = Execution {
        options: &options,
        out: Some(out.join("simple")),
        interrupt,
        answer: &|_| Ok(Answered::default()),
        decisions: Vec::new(),
    };
    // A simple model that these metrics can't be measured of is no reason not to compare.
    let series = execute(experiment, &how).ok().and_then(|done| publish::series(&done.publication).ok());
    Ok(series.map(|series| Simple { name, series }))
}

impl Simple {
    /// A sentence for the metric that the comparison names first, where its model is not shown to be better than the best
    /// simple one.
    pub(super) fn sentence(&self, publication: &Publication) -> Result<Option<String>> {
        let all = publish::series(publication).into_diagnostic()?;
        let of = |metric: &str, from: &[Series]| -> Vec<Series> {
            let wanted = |s: &&Series| {
                s.metric == metric
                    && s.subject == Subject::Model
                    && s.key.get("loop.human_alone") != Some("true")
            };
            from.iter().filter(wanted).cloned().collect()
        };
        for spec in &publication.experiment.measure.metrics {
            let Some(reading) = reading(&spec.name).filter(|r| r.direction != Direction::TwoSided) else {
                continue;
            };
            let judged = Judged {
                direction: reading.direction,
                worst: None,
                human: None,
                tolerance: Tolerance::default(),
            };
            let mean = |s: &Series| s.centre(0);
            let better = |a: &Series, b: &Series| match reading.direction {
                Direction::Higher => mean(b).total_cmp(&mean(a)),
                _ => mean(a).total_cmp(&mean(b)),
            };
            let simple =
                of(&spec.name, &self.series).into_iter().filter(|s| mean(s).is_finite()).min_by(better);
            let own = of(&spec.name, &all).into_iter().find(|s| mean(s).is_finite());
            let (Some(simple), Some(own)) = (simple, own) else { continue };
            let (alone, with) = (simple.observed(0), own.observed(0));
            let Ok(found) = gains(&[(0.0, &alone), (1.0, &with)], &judged) else { continue };
            let gain = &found.gains[0];
            if gain.gain > 0.0 && gain.differs() {
                return Ok(None);
            }
            let which =
                simple.key.get("model.order").map_or(String::new(), |order| format!(" of order {order}"));
            return Ok(Some(format!(
                "The model is not shown to be better than a simple one: at generation 0 {} is {}, and {} with {}{which}.",
                spec.name,
                number(mean(&own)),
                number(mean(&simple)),
                self.name
            )));
        }
        Ok(None)
    }
}
