//! The simple model beside the run's own (`[measure.baseline]`): what it is called, and whether the model is better.

use super::{Publication, PublishError, number, observations};
use crate::analysis::Series;
use crate::analysis::effects::{Judged, Tolerance, gains};
use crate::metrics::{Direction, Subject};
use crate::spec::{Node, SamplingSpec, canonical};

/// What the simple model is called.
pub(super) fn simple_name(node: &Node) -> String {
    let text = |key: &str| node.get(key).and_then(Node::as_str);
    let order = || node.get("order").map_or_else(|| "3".to_owned(), canonical);
    match (text("family").unwrap_or_default(), text("structure"), text("order")) {
        ("ngram", _, Some(_)) => "n-gram of the best order up to 6".into(),
        ("ngram", ..) => format!("n-gram of order {}", order()),
        ("ppca", ..) => "probabilistic PCA".into(),
        ("gaussian", ..) => "normal distribution".into(),
        ("tabular", Some("independent"), _) => "independent columns".into(),
        (family, ..) => {
            let word = |n: &Node| n.as_str().map_or_else(|| canonical(n), str::to_owned);
            let parameters = node.as_table().into_iter().flat_map(|table| table.iter());
            let parameters = parameters.filter(|(k, _)| k.name != "family");
            let parts = parameters.map(|(k, n)| format!("{} {}", k.name, word(n)));
            std::iter::once(family.to_owned()).chain(parts).collect::<Vec<_>>().join(", ")
        }
    }
}

/// A sentence where generation 0 is not shown to be better than the simple model of the same human rows, by the first metric
/// that is better one way; of several data sets or models the first of which that is so.
///
/// # Errors
/// Those of the files.
pub fn simple(publication: &Publication) -> Result<Option<String>, PublishError> {
    let Some(node) = &publication.experiment.measure.baseline else { return Ok(None) };
    let (all, settings) = (observations(publication)?, publication.settings()?);
    // The simple model is drawn from as it is; a model that is sampled otherwise is another thing to compare with.
    let plain =
        |s: &&Series| settings.get(s.key.index).is_some_and(|s| s.sampling == SamplingSpec::default());
    let one_way = publication.experiment.measure.metrics.iter().filter_map(|spec| {
        let reading = publication.components.reading(&spec.name)?;
        (reading.direction != Direction::TwoSided).then_some((&spec.name, reading.direction))
    });
    for (metric, direction) in one_way {
        let of = |s: &&Series| s.metric == *metric && s.subject == Subject::Model;
        let pairs = all.series().filter(of).filter(plain);
        let mut pairs =
            pairs.filter_map(|own| Some((own, all.find(&own.key, metric, Subject::Baseline)?))).peekable();
        if pairs.peek().is_none() {
            continue;
        }
        let judged = Judged { direction, worst: None, human: None, tolerance: Tolerance::default() };
        let (mut seen, mut lost) = (Vec::new(), None);
        for (own, simple) in pairs {
            let fit = (own.key.get("data"), own.key.get("model"));
            if seen.contains(&fit) {
                continue;
            }
            seen.push(fit);
            let (with, alone) = (own.observed(0), simple.observed(0));
            let Ok(found) = gains(&[(0.0, &alone), (1.0, &with)], &judged) else { continue };
            if !found.gains.iter().all(|g| g.gain > 0.0 && g.differs()) {
                lost.get_or_insert((fit, own.centre(0), simple.centre(0)));
            }
        }
        return Ok(lost.map(|((data, model), own, simple)| {
            let which = match (seen.len(), data, model) {
                (1, ..) | (_, None, _) | (_, _, None) => "The model".to_owned(),
                (_, Some(data), Some(model)) => format!("{model} on {data}"),
            };
            format!(
                "{which} is not shown to be better than a simple one: at generation 0 {metric} is {}, and {} with the {} of \
                 the same human rows.",
                number(own),
                number(simple),
                simple_name(node)
            )
        }));
    }
    Ok(None)
}
