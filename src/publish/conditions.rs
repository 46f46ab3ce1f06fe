//! From a setting to the conditions that a law is asked for.

use std::collections::BTreeMap;

use crate::analysis::SettingKey;
use crate::spec::{Node, Setting};
use crate::theory::{Conditions, Law, NotApplicable, Prediction};

/// The setting whose rows have this key. Data are matched only where several sources are swept,
/// since a file's rows carry its name.
pub(super) fn setting_of<'s>(settings: &'s [Setting], key: &SettingKey) -> Option<&'s Setting> {
    let source = |s: &Setting| s.data.get("source").and_then(Node::as_str).unwrap_or("").to_owned();
    let several = settings.iter().any(|s| source(s) != source(&settings[0]));
    settings.iter().find(|setting| {
        let spec = &setting.loop_;
        let number = |column: &str, value: Option<f64>| {
            key.number(column).zip(value).is_none_or(|(a, b)| a == b)
                && (value.is_none() || key.get(column).is_some())
        };
        let swept = setting.point.iter().all(|(name, node)| {
            let Some(found) = key.0.iter().find(|(column, _)| column == name) else { return true };
            match (node.as_f64(), found.1.parse::<f64>()) {
                (Some(a), Ok(b)) => a == b,
                _ => node.as_str().map_or_else(|| crate::spec::canonical(node), str::to_owned) == found.1,
            }
        });
        let family = setting.model.get("family").and_then(Node::as_str);
        swept
            && family == key.get("model")
            && key.get("regime") == Some(spec.regime.as_str())
            && number("human_fraction", spec.human_fraction.as_ref().and_then(|f| f.as_constant()))
            && number("samples", spec.samples.as_ref().and_then(|s| s.as_constant()))
            && (!several || key.get("data") == Some(source(setting).as_str()))
    })
}

/// What a law predicts for a setting at a generation.
pub(super) fn predict(
    law: &dyn Law,
    setting: &Setting,
    generation: u32,
) -> Result<Prediction, NotApplicable> {
    let spec = &setting.loop_;
    let number = |node: &Node, key: &str| node.get(key).and_then(Node::as_f64);
    let d = number(&setting.data, "dim").unwrap_or(1.0) as usize;
    let sd = number(&setting.data, "sd").unwrap_or(1.0);
    let n = spec.samples.as_ref().map(|s| s.at(generation, spec.generations));
    let fraction = spec.human_fraction.as_ref().map_or(0.0, |f| f.at(generation, spec.generations));
    let outcomes = number(&setting.data, "outcomes");
    let uniform = setting.data.get("source").and_then(Node::as_str) == Some("uniform-categorical");
    let probabilities: Option<Vec<f64>> = match (uniform, outcomes, setting.data.get("probabilities")) {
        (true, Some(k), _) => Some(vec![1.0 / k; k as usize]),
        (_, _, Some(list)) => list.as_array().map(|l| l.iter().filter_map(Node::as_f64).collect()),
        _ => None,
    };
    let mut extra = BTreeMap::new();
    if let Some(alpha) = number(&setting.model, "smoothing") {
        extra.insert("alpha".to_owned(), alpha);
    }
    if let Some(k) = outcomes {
        extra.insert("outcomes".to_owned(), k);
    }
    extra.insert("models".to_owned(), spec.population as f64);
    law.predict(&Conditions {
        fits: generation + 1,
        n: n.or(spec.human_rows.map(|h| h as f64)).unwrap_or(f64::NAN),
        d,
        ddof: number(&setting.model, "ddof").unwrap_or(0.0) as u32,
        regime: &spec.regime,
        human_fraction: fraction,
        covariance_scale: setting.sampling.covariance_scale,
        temperature: setting.sampling.temperature,
        variance: sd * sd,
        probabilities: probabilities.as_deref(),
        extra,
    })
}
