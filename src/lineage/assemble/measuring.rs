//! What a lineage is measured by.

use std::sync::Arc;

use super::Context;
use crate::data::{Source, Supply};
use crate::lineage::{Measured, Measuring};
use crate::metrics::{BoxedMetric, Space, Subject};
use crate::spec::{self, Error, Experiment, MeasureSpec, MetricSpec, Node, Setting};

/// A metric from its name or its table.
pub(super) fn metric(asked: &MetricSpec, context: &Context) -> Result<BoxedMetric, Error> {
    let entry = context.components.metrics.find(asked.node.get("name").unwrap_or(&asked.node))?;
    let mut own = asked.node.clone();
    if let Some(table) = own.as_table_mut() {
        table.remove("name");
    } else {
        own = Node::table(asked.at.clone());
    }
    entry.build(&own, &context.build())
}

pub(super) fn measuring(
    experiment: &Experiment,
    setting: &Setting,
    source: &Source,
    parameters: bool,
    context: &Context,
    notes: &mut Vec<String>,
) -> Result<Measuring, Error> {
    let spec: &MeasureSpec = &experiment.measure;
    // Fitted parameters describe the model only: curated rows and training rows are read.
    let parameters = parameters
        && spec.on == spec::Subject::Model
        // No model states moments of a network's features.
        && spec.space != spec::Coordinates::Classifier;
    let mut metrics = Vec::with_capacity(spec.metrics.len());
    let mut refusal = None;
    for asked in &spec.metrics {
        let metric = metric(asked, context)?;
        if let Err(why) = metric.accepts(source.schema(), source.truth()) {
            notes.push(format!("{} does not apply to {}: {why}", asked.name, source.name));
            refusal.get_or_insert((asked.at.clone(), why));
            continue;
        }
        let sample = metric.needs().sample.applies(parameters, source.truth());
        metrics.push(Measured { name: asked.name.clone(), metric, sample });
    }
    if let (true, Some((at, why))) = (metrics.is_empty(), refusal) {
        return Err(Error::refused(
            at,
            format!("no metric applies to {}: {why}", source.name),
            "see `collapse list metrics`",
        ));
    }
    let size = size(experiment, source, &metrics, notes)?;
    let generations = setting.loop_.generations;
    let mut at = vec![false; generations as usize + 1];
    for g in spec.at.of(generations) {
        at[g as usize] = true;
    }
    let subject = match spec.on {
        spec::Subject::Model => Subject::Model,
        spec::Subject::Synthetic => Subject::Synthetic,
        spec::Subject::Training => Subject::Training,
    };
    notes.extend(unknown_share(source).filter(|_| !metrics.is_empty()));
    let space = match spec.space {
        spec::Coordinates::HumanScale => Space::of(source).map(Arc::new),
        // A network's features are those of all settings with this source.
        spec::Coordinates::Raw | spec::Coordinates::Classifier => None,
    };
    Ok(Measuring { metrics, size, subject, space, at, task: None, baseline: None })
}

/// What share of the held-out tokens a model does not know, where there are any.
fn unknown_share(source: &Source) -> Option<String> {
    let Supply::Finite(splits) = &source.supply else { return None };
    let vocabulary = splits.held_out.schema().vocabulary()?;
    let (_, tokens) = splits.held_out.token_rows()?;
    let known = vocabulary.modelled();
    let unknown = tokens.iter().filter(|&&token| token as usize >= known).count();
    (unknown > 0).then(|| {
        format!(
            "{unknown} of {} held-out tokens are not in the model's vocabulary of {known}: it reads and writes them as \
             `{}`; metrics of texts see the human ones as they are",
            tokens.len(),
            vocabulary.tokens.get(known - 1).map_or("", String::as_str)
        )
    })
}

/// The fewest rows that metrics see by default: nearest neighbours have five others, and a
/// spread between samples says something.
const FEWEST: usize = 10;

/// The rows that metrics see: what was asked for, or less where a finite source holds fewer out.
fn size(
    experiment: &Experiment,
    source: &Source,
    metrics: &[Measured],
    notes: &mut Vec<String>,
) -> Result<usize, Error> {
    let asked = experiment.measure.size;
    let Some(held_out) = source.held_out() else { return Ok(asked) };
    let samples = metrics.iter().any(|m| m.sample);
    let references = metrics.iter().any(|m| m.metric.needs().held_out.applies(false, source.truth()));
    // A human sample is compared with a disjoint reference; a metric of parameters alone has the reference only.
    let (most, all, half, sets) = match (samples, references) {
        (false, false) => return Ok(asked),
        (true, _) => (held_out / 2, 2 * FEWEST, "half", "compare two disjoint sets"),
        (false, true) => (held_out, FEWEST, "all", "compare with a set"),
    };
    if asked <= most {
        return Ok(asked);
    }
    let at = experiment.template.at_of("measure.size");
    let why = format!("metrics {sets} of held-out human rows, and {} has {held_out}", source.name);
    if experiment.template.get("measure.size").is_some() {
        return Err(Error::refused(at, why, format!("set measure.size to {most} or less")));
    }
    if most < FEWEST {
        let help = format!(
            "{all} held-out rows are the fewest: give more rows, or raise data.held_out (of a file 0.3 of all rows)"
        );
        return Err(Error::refused(at, format!("{why}: too few for any verdict"), help));
    }
    notes.push(format!("metrics of {} see {most} rows: {half} of its held-out rows", source.name));
    Ok(most)
}
