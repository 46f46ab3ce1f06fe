//! The simple model beside the run's own (`[measure.baseline]`): what it is called, and whether the model is better.

use super::names::{varying, words_of};
use super::{Publication, PublishError, number, observations};
use crate::analysis::effects::{Judged, Tolerance, Why, gains};
use crate::analysis::{Series, SettingKey, is_collapse};
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
/// that is better one way and can be compared; of several settings the first of which that is so.
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
        let (mut keys, mut lost): (Vec<&SettingKey>, Vec<(&Series, &Series)>) = (Vec::new(), Vec::new());
        for (own, simple) in pairs {
            let (with, alone) = (own.observed(0), simple.observed(0));
            let better = match gains(&[(0.0, &alone), (1.0, &with)], &judged) {
                Ok(found) => found.gains.iter().all(|g| g.gain > 0.0 && g.differs()),
                Err(_) if with.iter().any(|(_, seen)| is_collapse(*seen, direction)) => false,
                // One seed has no interval: its values are all that is known.
                Err(Why::FewSeeds { .. }) => {
                    let gain = own.centre(0) - simple.centre(0);
                    if direction == Direction::Higher { gain > 0.0 } else { gain < 0.0 }
                }
                Err(_) => continue,
            };
            keys.push(&own.key);
            if !better {
                lost.push((own, simple));
            }
        }
        if keys.is_empty() {
            continue;
        }
        let Some((own, simple)) = lost.first() else { return Ok(None) };
        let which = match (lost.len() == keys.len(), own.key.get("data"), own.key.get("model")) {
            (false, ..) => format!("At {} the model", words_of(&own.key, &varying(&keys))),
            (true, Some(data), Some(model))
                if !keys.iter().all(|k| (k.get("data"), k.get("model")) == (Some(data), Some(model))) =>
            {
                format!("{model} on {data}")
            }
            _ => "The model".to_owned(),
        };
        let value = |of: &Series| match of.centre(0) {
            v if v.is_nan() => "without a value".to_owned(),
            v => number(v),
        };
        return Ok(Some(format!(
            "{which} is not shown to be better than a simple one: at generation 0 {metric} is {}, and {} with the {} of the same \
             human rows.",
            value(own),
            value(simple),
            simple_name(node)
        )));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::tests::ran;
    use super::*;

    /// What is said of a model, smoothed so much, beside one that is smoothed by 200 rows an outcome.
    fn said(smoothing: &str, seeds: u32) -> Option<String> {
        let (_root, publication) = ran(&format!(
            "[data]\nsource = \"zipf\"\noutcomes = 20\n[model]\nfamily = \"categorical\"\n[loop]\ngenerations = 1\n\
             samples = 400\nregime = \"replace\"\n[measure]\nmetrics = [\"perplexity\"]\n\
             baseline = {{ family = \"categorical\", smoothing = 200 }}\n[sweep]\nseeds = {seeds}\n\
             \"model.smoothing\" = {smoothing}\n"
        ));
        simple(&publication).unwrap()
    }

    #[test]
    fn a_model_is_better_than_a_simple_one_or_it_is_said() {
        for seeds in [1, 6] {
            assert_eq!(said("[0.1]", seeds), None);
            let worse = said("[9000]", seeds).unwrap();
            assert!(worse.starts_with("The model is not shown to be better"), "{worse}");
        }
        let one = said("[0.1, 9000]", 6).unwrap();
        assert!(one.starts_with("At smoothing 9000 the model is not"), "{one}");
        // Of three rows some outcome has none: a perplexity of people that is infinite is not better.
        let (_root, publication) = ran(
            "[data]\nsource = \"zipf\"\noutcomes = 50\n[model]\nfamily = \"categorical\"\n\
             [loop]\ngenerations = 1\nsamples = 3\nregime = \"replace\"\n[measure]\nmetrics = [\"perplexity\"]\n\
             baseline = { family = \"categorical\", smoothing = 5 }\n[sweep]\nseeds = 4\n",
        );
        let collapsed = simple(&publication).unwrap().unwrap();
        assert!(collapsed.contains("not shown to be better"), "{collapsed}");
    }
}
