//! From a setting to the conditions that a law is asked at, and whether the law is about it at all.
//!
//! What a spec does not say (the variance of a data set) is NaN, and a law that needs it refuses.

use std::collections::BTreeMap;

use crate::data::{SOURCES, predictor};
use crate::spec::{
    ChoicesSpec, Hold, Node, Prompts, Schedule, Setting, Sharing, StartFrom, Synthesis, Weights,
};
use crate::theory::{Conditions, Law, Prediction, Sizes};

/// What a law predicts for a setting at a generation, or why it says nothing there.
pub(super) fn predict(law: &dyn Law, setting: &Setting, generation: u32) -> Result<Prediction, String> {
    predict_above(law, setting, generation, None)
}

/// As [`predict`], for a law about what stays above a threshold: the metric's own.
pub(super) fn predict_above(
    law: &dyn Law,
    setting: &Setting,
    generation: u32,
    threshold: Option<f64>,
) -> Result<Prediction, String> {
    let name = law.name();
    if setting.loop_.human_alone {
        return Err(format!("`{name}` is about synthetic rows, and here human rows stand alone"));
    }
    let source = Source::of(setting);
    let counts = Counts::of(setting, generation).ok_or("the spec gives no size for this generation")?;
    if law.sizes() == Sizes::Equal {
        let last = setting.loop_.generations;
        let (first, end) = (Counts::of(setting, 1.min(last)), Counts::of(setting, last));
        if [first, end].into_iter().flatten().any(|c| c.n != counts.n) || counts.n != counts.initial {
            return Err(format!(
                "`{name}` is about equal sizes, and here generation 0 has {} rows and generation {generation} {}",
                counts.initial, counts.n
            ));
        }
    }
    let smoothing = number(&setting.model, "smoothing").unwrap_or(0.0);
    let step = |name: &str| {
        let named = |node: &&Node| node.get("step").and_then(Node::as_str) == Some(name);
        setting.curation.iter().find(named)
    };
    let mut extra = BTreeMap::from([
        ("alpha".to_owned(), smoothing),
        ("initial".to_owned(), counts.initial),
        ("models".to_owned(), setting.loop_.population as f64),
    ]);
    let known = [
        ("categories", source.probabilities.as_ref().map(|p| p.len() as f64)),
        ("share", number(&setting.data, "p")),
        ("exponent", number(&setting.data, "exponent")),
        ("bandwidth", number(&setting.model, "bandwidth")),
        ("rate", number(&setting.data, "rate")),
        ("threshold", threshold),
        ("component_sd", component_sd(&setting.data)),
        ("synthetic_scale", setting.loop_.synthetic_scale),
        ("shift", setting.generator.as_ref().and_then(|g| number(g, "shift"))),
        ("weight", setting.loop_.choices.weights.and_then(human_weight)),
        ("power", setting.loop_.samples.as_ref().and_then(Schedule::power)),
        ("neon_weight", number(&setting.model, "neon.weight")),
        ("choices", step("luce-choice").map(|s| number(s, "choices").unwrap_or(2.0))),
        ("reward_gap", step("luce-choice").and_then(|s| numbers(s.get("rewards")?)).and_then(|r| gap(&r))),
        ("keep_right", step("verified").map(|s| number(s, "keep_correct").unwrap_or(1.0))),
        ("keep_wrong", step("verified").map(|s| number(s, "keep_wrong").unwrap_or(0.0))),
        ("bias", bias(setting)),
        ("features", number(&setting.model, "features")),
        ("step", number(&setting.model, "step")),
        ("from_base", (setting.loop_.start == StartFrom::Base).then_some(1.0)),
    ];
    extra.extend(true_weights(setting));
    extra.extend(known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    let conditions = Conditions {
        fits: generation + 1,
        n: if law.sizes() == Sizes::Human { counts.human } else { counts.n },
        d: number(&setting.data, "dim").unwrap_or(1.0) as usize,
        ddof: number(&setting.model, "ddof").unwrap_or(0.0) as u32,
        regime: &setting.loop_.regime,
        human_fraction: counts.human_fraction,
        covariance_scale: setting.sampling.covariance_scale,
        temperature: setting.sampling.temperature,
        variance: source.variance,
        probabilities: source.probabilities.as_deref(),
        extra,
    };
    law.predict(&conditions).map_err(|refusal| refusal.to_string())
}

/// Whether nothing in the setting takes it out of what laws are about, so that one may be drawn
/// over its curve unasked. A claim names its law, and its author answers for these.
pub(super) fn is_plain(setting: &Setting) -> bool {
    let spec = &setting.loop_;
    let clean = number(&setting.data, "contamination").unwrap_or(0.0) == 0.0;
    let untransformed = setting.sampling.top_k.is_none()
        && setting.sampling.top_p.is_none()
        && setting.sampling.beam.is_none()
        && setting.sampling.guidance.is_none();
    let source = setting.data.get("source").and_then(Node::as_str).unwrap_or("");
    let family = setting.model.get("family").and_then(Node::as_str).unwrap_or("");
    clean
        && !spec.human_alone
        && untransformed
        && setting.curation.is_empty()
        && setting.model.get("neon").is_none()
        && setting.model.get("step").is_none()
        && setting.generator.is_none()
        && setting.members.is_empty()
        && if REGRESSIONS.contains(&family) {
            keeps_a_design(setting)
        } else {
            spec.synthesis == Synthesis::Sample
        }
        && (spec.population == 1 || spec.sharing == Sharing::Own)
        && spec.choices == ChoicesSpec::default()
        && (source == "gaussian" || !matches!(family, "gaussian" | "kde"))
}

const REGRESSIONS: [&str; 3] = ["linear-regression", "logistic-regression", "poisson-regression"];

/// Whether a regression labels isotropic inputs of its own source: new ones, or for ever those of D(0).
fn keeps_a_design(setting: &Setting) -> bool {
    let spec = &setting.loop_;
    let isotropic = number(&setting.data, "spectrum").unwrap_or(0.0) == 0.0
        && number(&setting.data, "input_variance").unwrap_or(1.0) == 1.0;
    let prompts = match spec.prompts {
        Some(Prompts::Initial) => true,
        Some(Prompts::Fresh) => spec.regime == "replace",
        _ => false,
    };
    isotropic
        && prompts
        && spec.synthesis == Synthesis::Label
        && setting.data.get("source").and_then(Node::as_str)
            == setting.model.get("family").and_then(Node::as_str)
}

/// The weight of the human group, where it is stated.
fn human_weight(weights: Weights) -> Option<f64> {
    if let Weights::Human(w) = weights { Some(w) } else { None }
}

/// Rows of a generation as the spec fixes them.
struct Counts {
    /// Rows of the training set, or that arrive where the set grows.
    n: f64,
    /// |D(0)|.
    initial: f64,
    /// Human rows among `n`.
    human: f64,
    human_fraction: f64,
}

impl Counts {
    fn of(setting: &Setting, generation: u32) -> Option<Self> {
        let spec = &setting.loop_;
        let initial = spec.initial_rows().ok()? as f64;
        if spec.hold == Some(Hold::Human) {
            let (human, scale) = (spec.human_rows? as f64, spec.synthetic_scale.unwrap_or(0.0));
            let n = human * (1.0 + scale);
            return Some(Self { n, initial, human, human_fraction: 1.0 / (1.0 + scale) });
        }
        let n = spec.samples.as_ref()?.count_at(generation, spec.generations).ok()? as f64;
        let asked = spec.human_fraction.as_ref().map(|f| f.at(generation, spec.generations));
        let human_fraction = asked.or(spec.arrival_human_fraction).unwrap_or(0.0);
        Some(Self { n, initial, human: n * human_fraction, human_fraction })
    }
}

/// What is known of the human source.
struct Source {
    /// Per coordinate where all have the same and none are correlated, else NaN.
    variance: f64,
    probabilities: Option<Vec<f64>>,
}

impl Source {
    fn of(setting: &Setting) -> Self {
        let data = &setting.data;
        let outcomes = |default: f64| number(data, "outcomes").unwrap_or(default) as usize;
        let zipf = |offset: f64| {
            let s = number(data, "exponent").unwrap_or(1.0);
            let b = number(data, "offset").unwrap_or(offset);
            (0..outcomes(10_000.0)).map(|i| (i as f64 + 1.0 + b).powf(-s)).collect()
        };
        let weights: Option<Vec<f64>> = match data.get("source").and_then(Node::as_str) {
            Some("uniform-categorical") => Some(vec![1.0; outcomes(100.0)]),
            Some("categorical") => data.get("probabilities").and_then(numbers),
            Some("bernoulli") => {
                let p = number(data, "p").unwrap_or(0.5);
                Some(vec![1.0 - p, p])
            }
            Some("adult-population") => {
                built(data).and_then(|source| Some(source.truth()?.probabilities()?.to_vec()))
            }
            Some("zipf") => Some(zipf(0.0)),
            Some("zipf-mandelbrot") => Some(zipf(2.7)),
            _ => None,
        };
        let total: f64 = weights.iter().flatten().sum();
        let probabilities = weights.map(|w| w.into_iter().map(|w| w / total).collect());
        let variance = match data.get("source").and_then(Node::as_str) {
            Some("gaussian") => isotropic(data).unwrap_or(f64::NAN),
            Some("poisson") => number(data, "rate").unwrap_or(1.0),
            Some("negative-binomial") => {
                let (rate, shape) =
                    (number(data, "rate").unwrap_or(1.0), number(data, "shape").unwrap_or(1.0));
                rate + rate * rate / shape
            }
            // The noise variance: what the laws of a regression call σ².
            Some("linear-regression") => number(data, "noise_variance").unwrap_or(1.0),
            _ => f64::NAN,
        };
        Self { variance, probabilities }
    }
}

/// The variance of each coordinate, if all have the same and none are correlated.
fn isotropic(data: &Node) -> Option<f64> {
    if let Some(rows) = data.get("covariance") {
        let rows: Vec<Vec<f64>> = rows.as_array()?.iter().map(numbers).collect::<Option<_>>()?;
        let first = *rows.first()?.first()?;
        let expected = |i: usize, j: usize| if i == j { first } else { 0.0 };
        let same = |i: usize| rows[i].iter().enumerate().all(|(j, v)| *v == expected(i, j));
        return (0..rows.len()).all(same).then_some(first);
    }
    let sd = match data.get("sd") {
        None => return Some(1.0),
        Some(node) => node.as_f64().map_or_else(|| numbers(node), |one| Some(vec![one]))?,
    };
    sd.iter().all(|v| *v == sd[0]).then(|| sd[0] * sd[0])
}

/// The reward of the second of two kinds beyond the first's.
fn gap(rewards: &[f64]) -> Option<f64> {
    if let [first, second] = rewards { Some(second - first) } else { None }
}

/// The standard deviation within the components of a mixture.
fn component_sd(data: &Node) -> Option<f64> {
    let mixture = data.get("source").and_then(Node::as_str) == Some("gaussian-mixture");
    mixture.then(|| number(data, "sd").unwrap_or(1.0))
}

/// The source that a `[data]` or `[generator]` table describes.
fn built(node: &Node) -> Option<crate::data::Source> {
    let entry = SOURCES.get(node.get("source")?.as_str()?)?;
    let mut own = node.clone();
    let table = own.as_table_mut()?;
    ["source", "contamination"].iter().for_each(|key| drop(table.remove(key)));
    (entry.build)(&own).ok()
}

/// How far the mean of a Gaussian generator lies from that of Gaussian human rows.
fn bias(setting: &Setting) -> Option<f64> {
    let generator = setting.generator.as_ref()?;
    let gaussian = |node: &Node| node.get("source").and_then(Node::as_str) == Some("gaussian");
    (gaussian(generator) && gaussian(&setting.data))
        .then(|| number(generator, "mean").unwrap_or(0.0) - number(&setting.data, "mean").unwrap_or(0.0))
}

/// ‖w*‖² of a regression (`signal`), and w*·δ (`alignment`) where the generator's weights are w* + δ.
fn true_weights(setting: &Setting) -> Vec<(String, f64)> {
    let weights = |node: &Node| -> Option<Vec<f64>> {
        node.get("source")?.as_str().filter(|name| REGRESSIONS.contains(name))?;
        Some(built(node)?.truth()?.regression()?.weights.clone())
    };
    let Some(truth) = weights(&setting.data) else { return Vec::new() };
    let mut found = vec![("signal".to_owned(), predictor(&truth, &truth))];
    if let Some(other) = setting.generator.as_ref().and_then(weights).filter(|o| o.len() == truth.len()) {
        found.push(("alignment".to_owned(), predictor(&truth, &other) - predictor(&truth, &truth)));
    }
    found
}

fn numbers(list: &Node) -> Option<Vec<f64>> {
    list.as_array()?.iter().map(Node::as_f64).collect()
}

fn number(node: &Node, key: &str) -> Option<f64> {
    node.get(key).and_then(Node::as_f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spec::Experiment;
    use crate::theory;

    fn setting(data: &str, rest: &str) -> Setting {
        let text = format!(
            "[data]\n{data}\n[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 5\nsamples = 50\nregime = \"replace\"\n{rest}"
        );
        Experiment::from_toml(&text, "test.toml").unwrap().settings().unwrap().remove(0)
    }

    #[test]
    fn the_variance_law_starts_from_the_sources_own_variance() {
        let law = theory::find("gaussian-replace-variance").unwrap();
        // (1 − 1/n)^t σ² with n = 50, t = g + 1 = 3, σ² = 4.
        let expected = 4.0 * 0.98_f64.powi(3);
        for data in ["source = \"gaussian\"\nsd = 2", "source = \"gaussian\"\ncovariance = [[4.0]]"] {
            let found = predict(law, &setting(data, ""), 2).unwrap().mean;
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        let uneven = setting("source = \"gaussian\"\ndim = 2\nsd = [1, 2]", "");
        assert!(predict(law, &uneven, 2).is_err());
        assert!(predict(law, &setting("source = \"digits8x8\"", ""), 2).is_err());
    }

    #[test]
    fn a_law_of_equal_sizes_refuses_another_start() {
        let law = theory::find("gaussian-replace-variance").unwrap();
        let other = setting("source = \"gaussian\"", "initial = 70\n");
        let why = predict(law, &other, 2).unwrap_err();
        assert!(why.contains("70 rows"), "{why}");
    }

    #[test]
    fn a_regressions_law_takes_its_noise_variance() {
        let text = "[data]\nsource = \"linear-regression\"\ndim = 10\nnoise_variance = 2\n[model]\nfamily = \"linear-regression\"\n[loop]\ngenerations = 5\nsamples = 100\nregime = \"replace\"\nsynthesis = \"label\"\nprompts = \"fresh\"\n";
        let regression = Experiment::from_toml(text, "test.toml").unwrap().settings().unwrap().remove(0);
        let law = theory::find("linear-regression-replace-risk").unwrap();
        // 3 σ²d/(n − d − 1) = 3 · 20/89.
        assert!((predict(law, &regression, 2).unwrap().mean - 60.0 / 89.0).abs() < 1e-12);
        assert!(is_plain(&regression));
    }

    #[test]
    fn the_bias_of_a_generator_is_the_distance_of_the_means() {
        let text = "data = { source = 'gaussian', mean = 1.0 }\nmodel = { family = 'gaussian' }\n\
            generator = { source = 'gaussian', mean = 1.2 }\n\
            loop = { generations = 1, regime = 'fixed-mix', hold = 'human', human_rows = 50, synthetic_scale = 2 }";
        let setting = Experiment::from_toml(text, "test.toml").unwrap().settings().unwrap().remove(0);
        let found = predict(theory::find("pooled-error").unwrap(), &setting, 1).unwrap().mean;
        // MSE(s) = (s²b² + (σ² + sτ²)/n)/(1+s)² with s = 2, b = .2, σ = τ = 1, n = 50.
        let expected = (4.0 * 0.04 + 3.0 / 50.0) / 9.0;
        assert!((found - expected).abs() < 1e-12, "{found}");
    }

    #[test]
    fn a_regressions_law_knows_its_true_weights() {
        let text = "data = { source = 'linear-regression', dim = 4, weights = 0.5 }\n\
            generator = { source = 'linear-regression', dim = 4, weights = [1, 0.5, 0.5, 0.5] }\n\
            model = { family = 'random-features', features = 2 }\n\
            loop = { generations = 1, regime = 'fresh', samples = 10, human_fraction = 0.8 }";
        let setting = Experiment::from_toml(text, "test.toml").unwrap().settings().unwrap().remove(0);
        let known: BTreeMap<String, f64> = true_weights(&setting).into_iter().collect();
        // w* = (½, ½, ½, ½) and δ = (½, 0, 0, 0).
        assert_eq!((known["signal"], known["alignment"]), (1.0, 0.25));
        assert!(true_weights(&self::setting("source = \"gaussian\"", "")).is_empty());
    }

    #[test]
    fn laws_are_drawn_only_over_what_they_are_about() {
        assert!(is_plain(&setting("source = \"gaussian\"", "")));
        assert!(!is_plain(&setting("source = \"gaussian\"\ncontamination = 0.1", "")));
        assert!(!is_plain(&setting("source = \"digits8x8\"", "")));
        let chosen = "[loop.choices]\nretain_synthetic = \"all\"\n";
        assert!(!is_plain(&setting("source = \"gaussian\"", chosen)));
    }
}
