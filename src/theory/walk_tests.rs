//! A walk over all laws: each refuses, or changes with, every condition that it depends on.

#![allow(clippy::unwrap_used)]

use super::conditions::{Asked, Conditions, Curation, Family, Form, Generator, Rows, Truth};
use super::{Departure, Law, Sizes, Workflow, laws};
use crate::spec::{Prompts, Sharing, StartFrom, Synthesis};

/// Conditions that the law is about, every number that some law needs stated.
fn home(law: &Law) -> Conditions {
    let workflow = law.workflows.first().copied();
    let humans = workflow.is_some_and(Workflow::has_humans) || law.sizes == Sizes::Human;
    let asked = Asked { threshold: Some(0.4), eta: Some(1e-6), kappa: Some(0.99), ..Asked::default() };
    let family = Family { ddof: 1, bandwidth: Some(0.2), features: Some(7.0), ..Family::default() };
    let mut at = Conditions { fits: 3, n: 400.0, asked, family, ..Conditions::default() }.dim(3);
    at.human_fraction = if humans { 0.25 } else { 0.0 };
    at.initial = (law.sizes == Sizes::Equal || law.name.starts_with("neon")).then_some(400.0);
    at.source.mean = Some(0.01);
    at.source.component_sd = Some(1.0);
    at.source.signal = Some(2.0);
    at = at.outcome(&zipf(60)).at_home(law);
    let uniform = |k: usize| Some(vec![1.0 / k as f64; k].into());
    match law.name {
        "neon-gaussian-kl" | "neon-gaussian-weight" => {
            at.fits = 1;
            at.family.neon = Some(0.5);
            at.temperature = 0.9;
        }
        "rate-difference-variance" => (at.fits, at.source.probabilities) = (1, uniform(2)),
        "minimum-detectable-difference" => at.source.probabilities = uniform(2),
        "hutter-mixture" => at.fits = 2,
        "linear-regression-edit-bound" => at.synthesis = Synthesis::Edit,
        "linear-regression-fake-data-risk" => at.prompts = Prompts::Fresh,
        "luce-choice-share" => {
            at.curation = vec![Curation::LuceChoice { choices: 2, gap: 1.0 }];
            at.source.probabilities = Some([0.7, 0.3].into());
        }
        "verifier-breakdown" => {
            at.curation = vec![Curation::Verified { keep_right: 0.9, keep_wrong: 0.3 }];
        }
        "growing-replace-variance" | "growing-replace-mean-error" => at.family.ddof = 0,
        "shared-pool-distance" => (at.population, at.sharing) = (4, Sharing::Pool),
        "smoothed-categorical-error" => at.source.probabilities = uniform(5),
        "cdc-radius" => (at.human_fraction, at.source.probabilities) = (0.99, uniform(2)),
        "stream-mean-field" => at.initial = Some(1.0),
        _ => {}
    }
    if law.workflows.contains(&Workflow::Stream) && law.takes_in.contains(&Departure::Temperature) {
        at.temperature = 0.5;
        if law.name != "stream-entropy" && law.name != "cdc-radius" {
            at.source.probabilities = uniform(10);
        }
    }
    if law.name.contains("outcome") || law.name.contains("bernoulli") || law.name == "fixation-probability" {
        at.source.probabilities = Some([0.9, 0.1].into());
    }
    let line = ["sigma", "wasserstein2", "survival", "log-variance", "slope", "cdf", "cramer"];
    if line.iter().any(|part| law.name.contains(part)) {
        at.source.dim = 1;
    }
    if law.takes_in.contains(&Departure::Generator) {
        let bias = Some(0.1);
        let generator = Generator { bias, variance: Some(1.5), shift: Some(0.5), alignment: Some(0.2) };
        at.generator = Some(generator);
        // Beside human rows, but where a workflow is without them.
        at.human_fraction = if law.workflows.is_empty() { 0.25 } else { at.human_fraction };
    }
    at
}

fn zipf(k: usize) -> Vec<f64> {
    let weights: Vec<f64> = (1..=k).map(|i| (i as f64).powf(-1.5)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

/// One condition changed.
fn changed(at: &Conditions, what: &str) -> Conditions {
    let mut at = at.clone();
    let family = &mut at.family;
    match what {
        "temperature" => at.temperature *= 0.8,
        "scale" => at.covariance_scale = 0.8,
        "truncation" => at.truncated = true,
        "contamination" => at.contamination = 0.1,
        "curation" => at.curation.push(Curation::Other),
        "generator" => at.generator = at.generator.is_none().then(Generator::default),
        "pool" => (at.population, at.sharing) = (at.population + 4, Sharing::Pool),
        "ring" => (at.population, at.sharing) = (at.population + 4, Sharing::Ring),
        "step" => (family.step, at.start) = (0.5, StartFrom::Warm),
        "base" => (family.step, at.start) = (0.5, StartFrom::Base),
        "neon" => family.neon = Some(family.neon.unwrap_or(0.0) + 0.5),
        "smoothing" => family.smoothing += 0.5,
        "penalty" => family.penalty = 0.1,
        "intercept" => family.intercept = true,
        "noise" => family.noise = Some(0.3),
        "inputs" => at.source.standard_inputs = false,
        "ddof" => family.ddof = 1 - family.ddof.min(1),
        "ddof 2" => family.ddof = 2,
        "synthesis" => at.synthesis = Synthesis::Continue,
        "prompts" => at.prompts = Prompts::Previous,
        "form" => family.form = Form::Other,
        "diagonal" => family.form = Form::DiagonalGaussian,
        "truth" => at.source.truth = Truth::Other,
        "variance" => at.source.variance = None,
        "initial" => at.initial = Some(at.n + 7.0),
        "sizes" => {
            let run = |n| Rows { generations: 1, n, human: at.human(), drawn: None };
            at.rows = [run(at.n), run(at.n + 50.0)].into();
        }
        other => panic!("{other}"),
    }
    at
}

const CHANGES: [&str; 26] = [
    "temperature",
    "scale",
    "truncation",
    "contamination",
    "curation",
    "generator",
    "pool",
    "ring",
    "step",
    "base",
    "neon",
    "smoothing",
    "penalty",
    "intercept",
    "noise",
    "inputs",
    "ddof",
    "ddof 2",
    "synthesis",
    "prompts",
    "form",
    "diagonal",
    "truth",
    "variance",
    "initial",
    "sizes",
];

/// Whether the law's number rightly stays as it is under this change.
fn indifferent(law: &Law, at: &Conditions, what: &str) -> bool {
    // Numbers that are computed at a setting, whatever else is done in it: they take in everything.
    if law.takes_in.len() == Departure::ALL.len() {
        return true;
    }
    let gaussian = matches!(at.family.form, Form::Gaussian | Form::DiagonalGaussian);
    let any_form = law.forms.is_empty();
    let regression = matches!(at.family.form, Form::LeastSquares | Form::RandomFeatures);
    let ratio = law.name.ends_with("-risk") && law.forms.len() > 1 || law.name == "fresh-effective-sample";
    match what {
        // A change of what this kind of model has not.
        "smoothing" => at.family.form != Form::Frequencies && at.family.smoothing == 0.0,
        "inputs" => !regression || ratio,
        // A generator asks for none, and rows that are edited are given.
        "prompts" => {
            !regression || ratio || at.generator.is_some() || law.takes_in.contains(&Departure::Synthesis)
        }
        "intercept" => ratio,
        // The ratio of two risks is that of any such estimator.
        "ddof" | "ddof 2" => {
            !gaussian
                || ratio
                || law.name == "sharpened-variance"
                || law.name == "gaussian-replace-survival" && what == "ddof"
        }
        "diagonal" => {
            at.source.dim == 1
                || ratio
                || !law.name.contains("determinant") && !law.name.contains("covariance")
        }
        "form" => any_form,
        "truth" => {
            any_form || law.takes_in.contains(&Departure::Misspecified) || law.forms == [Form::Kernels]
        }
        "variance" => {
            let of_variance = gaussian
                && !ratio
                && !law.name.starts_with("neon")
                && !law.name.contains("slope")
                && law.name != "gaussian-replace-determinant"
                || at.family.form == Form::Kernels
                || regression && !ratio
                || law.takes_in.contains(&Departure::Misspecified);
            !of_variance
        }
        "initial" => {
            law.sizes == Sizes::Any
                || law.name == "fresh-effective-sample"
                || law.name == "golden-weight"
                || law.name == "sharpened-variance"
        }
        "sizes" => law.sizes == Sizes::Any && !law.name.starts_with("growing"),
        "generator" => at.generator.is_some() && at.human_fraction == 1.0,
        "synthesis" => at.generator.is_some(),
        // The best weight does not depend on the one that is used.
        "neon" => law.name == "neon-gaussian-weight",
        "noise" => law.name == "strong-collapse-risk" || law.name == "random-features-risk",
        _ => false,
    }
}

#[test]
fn every_law_refuses_or_changes_with_what_it_depends_on() {
    let (mut walked, mut blind) = (0, Vec::new());
    for law in laws() {
        let at = home(law);
        let plain = law.predict(&at).unwrap_or_else(|why| panic!("{why}"));
        for what in CHANGES {
            if indifferent(law, &at, what) {
                continue;
            }
            walked += 1;
            if law.predict(&changed(&at, what)).is_ok_and(|p| p == plain) {
                blind.push(format!("{} does not see `{what}`: {}", law.name, plain.mean));
            }
        }
        // Another way to compose training sets is refused, if the law is about any.
        for other in Workflow::ALL {
            let human_fraction = if other.has_humans() { 0.25 } else { 0.0 };
            let elsewhere = Conditions { choices: other.choices(), human_fraction, ..at.clone() };
            let holds = law.workflows.iter().any(|w| w.holds(&elsewhere));
            if !law.workflows.is_empty() && !holds {
                assert!(law.predict(&elsewhere).is_err(), "{} in {other:?}", law.name);
                walked += 1;
            }
        }
    }
    assert!(blind.is_empty(), "{}", blind.join("\n"));
    assert!(walked > 1000, "{walked}");
}

#[test]
fn a_law_answers_in_every_workflow_that_it_names() {
    for law in laws() {
        for workflow in law.workflows {
            let human_fraction = if workflow.has_humans() { home(law).human_fraction.max(0.25) } else { 0.0 };
            let at = Conditions { choices: workflow.choices(), human_fraction, ..home(law) };
            assert!(workflow.holds(&at), "{workflow:?}");
            if let Err(why) = law.predict(&at) {
                panic!("{why} ({workflow:?})");
            }
        }
    }
}
