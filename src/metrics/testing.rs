//! Small observations for the tests of metrics, and the reference values of other packages.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use rand_distr::{Distribution as _, StandardNormal};

use super::{Arrivals, Metric, Observation, Peer, Shared, Subject};
use crate::data::{
    Checker, Column, Correctness, Distribution, Field, Kind, Levels, Link, Mix, NormalMixture, Regression,
    Role, Rows, Samples, Schema, TokenUnit, Vocabulary, predictor,
};
use crate::models::{
    Ask, Density, LossCurve, Model, Parameters, Predictions, Predictor, Refusal, SampleError, Sampling,
    StorageError,
};
use crate::rng::{Stream, Streams};

/// A model that is nothing but its parameters.
#[derive(Clone)]
pub enum Fitted {
    /// Mean and covariance.
    Gaussian(Vec<f64>, Vec<f64>),
    /// Probabilities.
    Outcomes(Vec<f64>),
    /// Each token (or outcome) has its own log likelihood, independently of the others.
    Unigram(Vec<f64>),
    /// The weights of a regression of column 1 on column 0; normal labels have variance 1.
    Regression(Vec<f64>, Link),
}

impl Fitted {
    pub fn gaussian(mean: &[f64], covariance: &[f64]) -> Fitted {
        Fitted::Gaussian(mean.into(), covariance.into())
    }

    pub fn regression(weights: &[f64], link: Link) -> Fitted {
        Fitted::Regression(weights.into(), link)
    }
}

impl Model for Fitted {
    fn synthesise(&self, _: Ask<'_>, _: usize, _: &Sampling, _: &Streams) -> Result<Samples, SampleError> {
        Err(Refusal::new("only parameters").into())
    }

    fn density(&self) -> Option<&dyn Density> {
        matches!(self, Fitted::Unigram(_) | Fitted::Gaussian(..) | Fitted::Regression(..)).then_some(self)
    }

    fn predictor(&self) -> Option<&dyn Predictor> {
        matches!(self, Fitted::Regression(..)).then_some(self)
    }

    fn parameters(&self) -> Parameters<'_> {
        match self {
            Fitted::Gaussian(mean, covariance) => Parameters::Gaussian { mean, covariance },
            Fitted::Outcomes(p) => Parameters::Probabilities(p),
            Fitted::Unigram(_) => Parameters::Opaque,
            Fitted::Regression(weights, link) => {
                Parameters::Regression { weights, intercept: 0.0, link: *link }
            }
        }
    }

    fn size(&self) -> usize {
        1
    }

    fn losses(&self) -> Option<&LossCurve> {
        static STOPPED: LazyLock<LossCurve> = LazyLock::new(|| LossCurve {
            training: vec![(5, 2.0), (10, 1.5), (15, 1.25)],
            kept_aside: vec![(5, 2.0), (10, 1.75), (15, 1.8)],
        });
        matches!(self, Fitted::Unigram(_)).then_some(&STOPPED)
    }

    fn save(&self, to: &Path) -> Result<(), StorageError> {
        Err(StorageError::unsupported(to))
    }
}

impl Density for Fitted {
    fn token_log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        let (Fitted::Unigram(p), Some((_, tokens))) = (self, rows.token_rows()) else {
            return Err(Refusal::new("no likelihood of tokens"));
        };
        Ok(tokens.iter().map(|&t| p.get(t as usize).map_or(f64::NEG_INFINITY, |p| p.ln())).collect())
    }

    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        if let Fitted::Regression(weights, link) = self {
            let label = |i: usize| match rows.column(1) {
                Column::Codes { data } => f64::from(data[i]),
                Column::F64 { data, .. } => data[i],
                _ => f64::NAN,
            };
            let etas = linear(weights, rows);
            return Ok(etas
                .iter()
                .enumerate()
                .map(|(i, &eta)| link.log_density(label(i), eta, 1.0))
                .collect());
        }
        let p = match self {
            Fitted::Unigram(p) => p,
            Fitted::Gaussian(mean, covariance) => return Ok(normal(mean, covariance, rows)),
            _ => return Err(Refusal::new("no likelihood")),
        };
        let of = |codes: &[u32]| codes.iter().map(|&c| p[c as usize].ln()).sum();
        Ok((0..rows.len())
            .map(|i| match (rows.tokens(i), rows.codes()) {
                (Some(tokens), _) => of(tokens),
                (None, Some(codes)) => of(&codes[i..=i]),
                _ => f64::NAN,
            })
            .collect())
    }
}

impl Predictor for Fitted {
    fn predict(&self, rows: &Samples) -> Result<Predictions, Refusal> {
        let Fitted::Regression(weights, link) = self else { return Err(Refusal::new("no prediction")) };
        let means = linear(weights, rows).into_iter().map(|eta| link.mean(eta));
        Ok(match link {
            Link::Logit => {
                Predictions::Classes { classes: 2, probabilities: means.flat_map(|p| [1.0 - p, p]).collect() }
            }
            _ => Predictions::Means(means.collect()),
        })
    }
}

fn linear(weights: &[f64], rows: &Samples) -> Vec<f64> {
    let Column::F64 { data, .. } = rows.column(0) else { return vec![f64::NAN; rows.len()] };
    data.chunks_exact(weights.len()).map(|x| predictor(x, weights)).collect()
}

/// ln N(x; μ, Σ) for a diagonal Σ.
fn normal(mean: &[f64], covariance: &[f64], rows: &Samples) -> Vec<f64> {
    let d = mean.len();
    let term = |(i, (x, m)): (usize, (&f64, &f64))| {
        let v = covariance[i * (d + 1)];
        -0.5 * ((x - m).powi(2) / v + (std::f64::consts::TAU * v).ln())
    };
    rows.features().chunks_exact(d).map(|row| row.iter().zip(mean).enumerate().map(term).sum()).collect()
}

/// A truth that is nothing but its parameters.
#[derive(Default)]
pub struct Truth {
    pub mean: Option<Vec<f64>>,
    pub covariance: Option<Vec<f64>>,
    pub probabilities: Option<Vec<f64>>,
    /// Weights, means and covariances.
    pub mixture: Option<(Vec<f64>, Vec<f64>, Vec<f64>)>,
    pub regression: Option<Regression>,
    /// Whether rows of outcomes can be checked: 0 is malformed, 1 wrong, all others are correct.
    pub checks: bool,
}

impl Truth {
    pub fn gaussian(mean: &[f64], covariance: &[f64]) -> Truth {
        Truth { mean: Some(mean.into()), covariance: Some(covariance.into()), ..Truth::default() }
    }

    /// Round Gaussians in the plane with a standard deviation of 1, at (x, y).
    pub fn mixture(weights: &[f64], x: &[f64], y: &[f64]) -> Truth {
        let means = x.iter().zip(y).flat_map(|(x, y)| [*x, *y]).collect();
        let covariances = [1.0, 0.0, 0.0, 1.0].repeat(x.len());
        Truth { mixture: Some((weights.into(), means, covariances)), ..Truth::default() }
    }

    pub fn outcomes(p: &[f64]) -> Truth {
        Truth { probabilities: Some(p.into()), ..Truth::default() }
    }

    pub fn regression(weights: &[f64], input_variances: &[f64], link: Link) -> Truth {
        let (weights, input_variances) = (weights.into(), input_variances.into());
        let regression = Regression { weights, input_variances, link, noise_variance: 1.0, tabulated: None };
        Truth { regression: Some(regression), ..Truth::default() }
    }

    pub fn with_checks(self) -> Truth {
        Truth { checks: true, ..self }
    }
}

impl Distribution for Truth {
    fn schema(&self) -> &Arc<Schema> {
        unimplemented!("tests read the scene's schema")
    }

    fn draw(&self, _: usize, _: &mut Stream) -> Samples {
        unimplemented!("tests draw their own rows")
    }

    fn mean(&self) -> Option<&[f64]> {
        self.mean.as_deref()
    }

    fn covariance(&self) -> Option<&[f64]> {
        self.covariance.as_deref()
    }

    fn components(&self) -> Option<NormalMixture<'_>> {
        if let Some((weights, means, covariances)) = &self.mixture {
            return Some(NormalMixture { dim: means.len() / weights.len(), weights, means, covariances });
        }
        let (means, covariances) = (self.mean.as_deref()?, self.covariance.as_deref()?);
        Some(NormalMixture { dim: means.len(), weights: &[1.0], means, covariances })
    }

    fn probabilities(&self) -> Option<&[f64]> {
        self.probabilities.as_deref()
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        let p = self.probabilities.as_ref()?;
        Some(rows.codes()?.iter().map(|&code| p[code as usize].ln()).collect())
    }

    fn regression(&self) -> Option<&Regression> {
        self.regression.as_ref()
    }

    fn checker(&self) -> Option<&dyn Checker> {
        self.checks.then_some(self)
    }
}

impl Checker for Truth {
    fn check(&self, rows: &Samples) -> Vec<Correctness> {
        let of = |code: &u32| match code {
            0 => Correctness::Malformed,
            1 => Correctness::Wrong,
            _ => Correctness::Correct,
        };
        rows.codes().unwrap_or(&[]).iter().map(of).collect()
    }
}

/// An observation that owns what it shows.
pub struct Scene {
    pub subject: Subject,
    pub model: Option<Fitted>,
    pub base: Option<Fitted>,
    pub sample: Option<Samples>,
    pub training: Mix,
    pub held_out: Option<Samples>,
    pub first: Option<Samples>,
    pub others: Vec<(Option<Fitted>, Option<Samples>)>,
    pub truth: Option<Truth>,
    pub arrivals: Option<Arrivals>,
    pub absorbed: Option<u32>,
}

impl Scene {
    pub fn new() -> Scene {
        Scene {
            subject: Subject::Model,
            model: None,
            base: None,
            sample: None,
            training: Mix::default(),
            held_out: None,
            first: None,
            others: Vec::new(),
            truth: None,
            arrivals: None,
            absorbed: None,
        }
    }

    pub fn model(model: Fitted) -> Scene {
        Scene::new().with_model(model)
    }

    pub fn sample(rows: Samples) -> Scene {
        Scene { sample: Some(rows), ..Scene::new() }
    }

    pub fn numbers(data: &[f64], dim: usize) -> Scene {
        Scene::sample(numbers(data, dim))
    }

    pub fn with_model(self, model: Fitted) -> Scene {
        Scene { model: Some(model), ..self }
    }

    pub fn with_truth(self, truth: Truth) -> Scene {
        Scene { truth: Some(truth), ..self }
    }

    pub fn with_held_out(self, data: &[f64], dim: usize) -> Scene {
        self.beside(numbers(data, dim))
    }

    pub fn beside(self, held_out: Samples) -> Scene {
        Scene { held_out: Some(held_out), ..self }
    }

    pub fn trained_on(self, rows: Samples) -> Scene {
        Scene { training: Mix::of_human(Rows::all(rows)), ..self }
    }

    /// Measures with a fresh [`Shared`].
    pub fn measure(&self, metric: &dyn Metric) -> Result<super::Measured, Refusal> {
        let shared = Shared::default();
        let others: Vec<Peer<'_>> = self
            .others
            .iter()
            .map(|(model, sample)| Peer {
                model: model.as_ref().map(|m| m as &dyn Model),
                sample: sample.as_ref(),
            })
            .collect();
        let of = Observation {
            subject: self.subject,
            generation: 3,
            model: self.model.as_ref().map(|m| m as &dyn Model),
            base: self.base.as_ref().map(|m| m as &dyn Model),
            sample: self.sample.as_ref(),
            training: &self.training,
            held_out: self.held_out.as_ref(),
            first: self.first.as_ref(),
            others: &others,
            truth: self.truth.as_ref().map(|t| t as &dyn Distribution),
            absorbed: self.absorbed,
            arrivals: self.arrivals,
            shared: &shared,
        };
        metric.measure(&of, &Streams::new(0, 1).of("measure"))
    }
}

/// The single value of a metric.
pub fn value(metric: &dyn Metric, scene: &Scene) -> Result<f64, Refusal> {
    let all = scene.measure(metric)?;
    assert_eq!(all.len(), 1, "{all:?}");
    Ok(all[0].1)
}

/// Rows of `dim` numbers.
pub fn numbers(data: &[f64], dim: usize) -> Samples {
    let schema = Schema::single(Kind::F64 { width: dim });
    Samples::new(Arc::new(schema), vec![Column::F64 { width: dim, data: data.into() }]).unwrap()
}

/// Rows of `dim` inputs and a label: two classes for the logit, else a number.
pub fn labelled(inputs: &[f64], dim: usize, labels: &[f64], link: Link) -> Samples {
    let (kind, label) = match link {
        Link::Logit => {
            let data = labels.iter().map(|&y| y as u32).collect();
            (Kind::Codes { levels: Levels::Count(2) }, Column::Codes { data })
        }
        _ => (Kind::F64 { width: 1 }, Column::F64 { width: 1, data: labels.into() }),
    };
    let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
    let fields = vec![field("x", Role::Input, Kind::F64 { width: dim }), field("y", Role::Label, kind)];
    let inputs = Column::F64 { width: dim, data: inputs.into() };
    Samples::new(Arc::new(Schema { fields }), vec![inputs, label]).unwrap()
}

/// Rows of one outcome of `levels`.
pub fn outcomes(codes: &[u32], levels: usize) -> Samples {
    let schema = Schema::single(Kind::Codes { levels: Levels::Count(levels) });
    Samples::new(Arc::new(schema), vec![Column::Codes { data: codes.into() }]).unwrap()
}

/// People: a number, a group (0 or 1) and a label (0 or 1) each.
pub fn people(rows: &[(f64, u32, u32)]) -> Samples {
    let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
    let two = || Kind::Codes { levels: Levels::Count(2) };
    let schema = Schema {
        fields: vec![
            field("x", Role::Feature, Kind::F64 { width: 1 }),
            field("group", Role::Group, two()),
            field("label", Role::Label, two()),
        ],
    };
    let columns = vec![
        Column::F64 { width: 1, data: rows.iter().map(|r| r.0).collect() },
        Column::Codes { data: rows.iter().map(|r| r.1).collect() },
        Column::Codes { data: rows.iter().map(|r| r.2).collect() },
    ];
    Samples::new(Arc::new(schema), columns).unwrap()
}

/// One row of text per line. Words are numbered in order of first occurrence, characters by scalar
/// value from a fixed list of ASCII characters.
pub fn text(unit: TokenUnit, lines: &[&str]) -> Samples {
    let pieces = |line: &str| -> Vec<String> {
        match unit {
            TokenUnit::Characters => line.chars().map(String::from).collect(),
            TokenUnit::Words => line.split_whitespace().map(String::from).collect(),
        }
    };
    let mut known: Vec<String> = match unit {
        TokenUnit::Characters => (32..127_u8).map(|c| char::from(c).to_string()).collect(),
        TokenUnit::Words => {
            "a b c d e f g h i j k l m n o p q r s t u v w x y z".split(' ').map(String::from).collect()
        }
    };
    let (mut offsets, mut tokens) = (vec![0], Vec::new());
    for line in lines {
        for piece in pieces(line) {
            let code = known.iter().position(|k| *k == piece).unwrap_or_else(|| {
                known.push(piece);
                known.len() - 1
            });
            tokens.push(code as u32);
        }
        offsets.push(tokens.len());
    }
    let vocabulary = Arc::new(Vocabulary::new(unit, known));
    let schema = Schema::single(Kind::Ragged { vocabulary });
    Samples::new(Arc::new(schema), vec![Column::Ragged { offsets, tokens }]).unwrap()
}

/// `n × dim` standard normal numbers.
pub fn normals(n: usize, dim: usize, seed: u64) -> Vec<f64> {
    let mut rng = Streams::new(11, seed).of("normals").rng();
    (0..n * dim).map(|_| StandardNormal.sample(&mut rng)).collect()
}

/// The values that `tests/references/make.py` got from other packages.
pub struct Reference(serde_json::Value);

/// Reads `tests/references/metrics.json`.
pub fn reference() -> Reference {
    Reference(serde_json::from_str(include_str!("../../tests/references/metrics.json")).unwrap())
}

/// Reads `tests/references/regression.json`.
pub fn regression_reference() -> Reference {
    Reference(serde_json::from_str(include_str!("../../tests/references/regression.json")).unwrap())
}

impl Reference {
    pub fn number(&self, key: &str) -> f64 {
        self.0[key].as_f64().unwrap_or_else(|| panic!("no number `{key}`"))
    }

    pub fn numbers(&self, key: &str) -> Vec<f64> {
        let list = self.0[key].as_array().unwrap_or_else(|| panic!("no list `{key}`"));
        list.iter().map(|v| v.as_f64().unwrap()).collect()
    }

    pub fn lines(&self, key: &str) -> Vec<&str> {
        let list = self.0[key].as_array().unwrap_or_else(|| panic!("no list `{key}`"));
        list.iter().map(|v| v.as_str().unwrap()).collect()
    }
}
