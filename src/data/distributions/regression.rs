//! Regressions with known truth: a label given normal inputs.
//!
//! x ~ N(0, Σ) with Σ diagonal, Σ_ii = `input_variance` · i^(−`spectrum`); η = xᵀw*; y given x is normal with mean
//! η and variance σ² (`linear-regression`), 1 with probability 1/(1 + e^−η) (`logistic-regression`), or Poisson with
//! mean e^η (`poisson-regression`). w* is stated, or drawn once from a stream of its own (`weights_seed`): all seeds of
//! a run share one truth. `shift` = c² adds a fixed vector δ of squared length c² to w*, whose direction has a stream
//! of its own too: a second source with the same w* and a shift is the biased generator of Dohmatob et al.
//! (arXiv 2410.04840). Rows are `dim` inputs and one label; a row costs O(dim).

use std::sync::Arc;

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::Serialize;

use crate::data::parameters::{Numbers, ParameterError, build_with};
use crate::data::{
    Column, Distribution, Field, Kind, Levels, Link, Regression, Role, Samples, Schema, Source, SourceError,
    predictor,
};
use crate::registry::{About, Entry, Parameter};
use crate::rng::{Stream, Streams};

/// The parameters of the sources whose labels have no variance of their own.
const INPUTS: &[Parameter] = Parameters::PARAMETERS.split_at(6).0;

pub(in crate::data) const LINEAR: Entry<Source> = Entry {
    about: About {
        name: "linear-regression",
        summary: "A number that is linear in normal inputs, plus noise, with known weights",
        details: "Columns `x` (`dim` inputs) and `y` (the label): x ~ N(0, Σ), y = xᵀw* + N(0, noise_variance). w* and Σ \
                  are known to metrics, so `parameter-error` and `excess-risk` compare with the truth; its log density is \
                  that of the label given the inputs.",
        source: "Gerstgrasser et al., arXiv 2404.01413; Dohmatob et al., arXiv 2402.07712",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| build_with(node, |p: Parameters| p.source("linear-regression", Link::Identity)),
};

pub(in crate::data) const LOGISTIC: Entry<Source> = Entry {
    about: About {
        name: "logistic-regression",
        summary: "Two classes whose log odds are linear in normal inputs, with known weights",
        details: "Columns `x` (`dim` inputs) and `y` (class 0 or 1): x ~ N(0, Σ), P(y = 1) = 1/(1 + e^(−xᵀw*)).",
        source: "He, Xu and Cheng, arXiv 2502.18049; Dey and Donoho, arXiv 2410.22812",
        parameters: INPUTS,
        version: 1,
    },
    extra: (),
    build: |node, _| build_with(node, |p: Parameters| p.source("logistic-regression", Link::Logit)),
};

pub(in crate::data) const POISSON: Entry<Source> = Entry {
    about: About {
        name: "poisson-regression",
        summary: "Counts whose log mean is linear in normal inputs, with known weights",
        details: "Columns `x` (`dim` inputs) and `y` (a count, as a number): x ~ N(0, Σ), y ~ Poisson(e^(xᵀw*)).",
        source: "He, Xu and Cheng, arXiv 2502.18049",
        parameters: INPUTS,
        version: 1,
    },
    extra: (),
    build: |node, _| build_with(node, |p: Parameters| p.source("poisson-regression", Link::Log)),
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// Number of inputs
        dim: usize = 1, in within(1, 4096);
        /// w*: one number for all inputs, or a list of `dim`; left out, each is drawn from N(0, 1)
        weights: Option<Numbers> = None => "drawn";
        /// Chooses the drawn w* (and the direction of `shift`); it is the same for every seed of a run
        weights_seed: u64 = 0;
        /// c²: w* is moved by a vector of this squared length; for a generator that is biased
        shift: f64 = 0.0, in at_least(0);
        /// Variance of the first input
        input_variance: f64 = 1.0, in above(0);
        /// Input i has variance input_variance · i^(−spectrum)
        spectrum: f64 = 0.0, in at_least(0);
        /// σ², the variance of the label around its mean
        noise_variance: Option<f64> = None => "1", in above(0);
    }
}

impl Parameters {
    fn source(self, name: &str, link: Link) -> Result<Source, SourceError> {
        let d = self.dim;
        let noise = self.noise_variance.unwrap_or(1.0);
        if self.noise_variance.is_some() && link != Link::Identity {
            let why = "labels of this source have no noise of their own beside their distribution";
            return Err(ParameterError::new("noise_variance", why, "leave it out").into());
        }
        let streams = Streams::new(0, self.weights_seed).of("regression");
        let normals = |purpose: &str| -> Vec<f64> {
            let mut rng = streams.of(purpose).rng();
            (0..d).map(|_| rng.sample(StandardNormal)).collect()
        };
        let mut weights = match &self.weights {
            Some(numbers) => numbers.expand("weights", d)?,
            None => normals("weights"),
        };
        if self.shift > 0.0 {
            let direction = normals("shift");
            let scale = (self.shift / direction.iter().map(|v| v * v).sum::<f64>()).sqrt();
            weights.iter_mut().zip(&direction).for_each(|(w, v)| *w += scale * v);
        }
        let variance = |i: usize| self.input_variance * (i as f64 + 1.0).powf(-self.spectrum);
        let input_variances = (0..d).map(variance).collect();
        let truth = Regression { weights, input_variances, link, noise_variance: noise, tabulated: None };
        Ok(Source::of(name, &self, Inputs::new(truth)))
    }
}

/// Inputs with a label.
struct Inputs {
    schema: Arc<Schema>,
    truth: Regression,
    /// The standard deviation of each input.
    sd: Vec<f64>,
}

impl Inputs {
    fn new(truth: Regression) -> Self {
        let label = match truth.link {
            Link::Logit => Kind::Codes { levels: Levels::Count(2) },
            _ => Kind::F64 { width: 1 },
        };
        let inputs = Kind::F64 { width: truth.weights.len() };
        let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
        let fields = vec![field("x", Role::Input, inputs), field("y", Role::Label, label)];
        let sd = truth.input_variances.iter().map(|v| v.sqrt()).collect();
        Self { schema: Arc::new(Schema { fields }), truth, sd }
    }

    fn rows(&self, x: Vec<f64>, y: Vec<f64>) -> Samples {
        let label = match self.truth.link {
            Link::Logit => Column::Codes { data: y.into_iter().map(|y| y as u32).collect() },
            _ => Column::F64 { width: 1, data: y },
        };
        Samples::trusted(self.schema.clone(), vec![Column::F64 { width: self.sd.len(), data: x }, label])
    }
}

impl Distribution for Inputs {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let d = self.sd.len();
        let Regression { weights, link, noise_variance, .. } = &self.truth;
        let mut x = Vec::with_capacity(n * d);
        let mut y = Vec::with_capacity(n);
        for _ in 0..n {
            let start = x.len();
            x.extend(self.sd.iter().map(|sd| sd * rng.sample::<f64, _>(StandardNormal)));
            y.push(link.draw(predictor(&x[start..], weights), *noise_variance, rng));
        }
        self.rows(x, y)
    }

    fn unlabelled(&self, n: usize, rng: &mut Stream) -> Option<Samples> {
        let mut x = Vec::with_capacity(n * self.sd.len());
        for _ in 0..n {
            x.extend(self.sd.iter().map(|sd| sd * rng.sample::<f64, _>(StandardNormal)));
        }
        Some(self.rows(x, vec![0.0; n]))
    }

    fn regression(&self) -> Option<&Regression> {
        Some(&self.truth)
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        let d = self.sd.len();
        if rows.schema() != &self.schema {
            return None;
        }
        let Column::F64 { data: x, .. } = rows.column(0) else { return None };
        let label = |i: usize| match rows.column(1) {
            Column::F64 { data, .. } => data[i],
            Column::Codes { data } => f64::from(data[i]),
            _ => f64::NAN,
        };
        let Regression { weights, link, noise_variance, .. } = &self.truth;
        let log = |(i, x)| link.log_density(label(i), predictor(x, weights), *noise_variance);
        Some(x.chunks_exact(d).enumerate().map(log).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::CrossProducts;
    use crate::data::tests::source as from_spec;

    fn linear(table: &str) -> Source {
        from_spec(&format!("source = \"linear-regression\"\n{table}")).unwrap()
    }

    fn truth(source: &Source) -> Regression {
        source.truth().unwrap().regression().unwrap().clone()
    }

    #[test]
    fn inputs_and_labels_have_the_stated_moments() {
        let s = linear(
            "dim = 3\nweights = [1, -2, 0.5]\ninput_variance = 4\nspectrum = 1\nnoise_variance = 0.25",
        );
        assert_eq!(truth(&s).input_variances, [4.0, 2.0, 4.0 / 3.0]);
        let n = 40_000;
        let rows = s.truth().unwrap().draw(n, &mut Streams::new(0, 0).of("test").rng());
        let (Column::F64 { data: x, .. }, Column::F64 { data: y, .. }) = (rows.column(0), rows.column(1))
        else {
            panic!("numbers")
        };
        let c = CrossProducts::of(x, 3, y);
        let root = (n as f64).sqrt();
        for (i, v) in truth(&s).input_variances.iter().enumerate() {
            // The variance of a normal square is 2 v².
            assert!((c.gram.matrix[4 * i] / n as f64 - v).abs() < 5.0 * 2f64.sqrt() * v / root);
        }
        // y − xᵀw* is the noise.
        let noise: Vec<f64> = x.chunks(3).zip(y).map(|(x, y)| y - predictor(x, &truth(&s).weights)).collect();
        let variance = noise.iter().map(|e| e * e).sum::<f64>() / n as f64;
        assert!((variance - 0.25).abs() < 5.0 * 2f64.sqrt() * 0.25 / root, "{variance}");
    }

    #[test]
    fn drawn_weights_are_one_truth_and_a_shift_has_its_length() {
        let (a, b) = (linear("dim = 5"), linear("dim = 5\nshift = 0.5"));
        assert_eq!(truth(&a), truth(&linear("dim = 5")));
        assert_ne!(truth(&a), truth(&linear("dim = 5\nweights_seed = 1")));
        let square: f64 =
            truth(&a).weights.iter().zip(&truth(&b).weights).map(|(a, b)| (a - b).powi(2)).sum();
        assert!((square - 0.5).abs() < 1e-12);
        assert_eq!(a.schema(), b.schema());
    }

    #[test]
    fn classes_and_counts_follow_their_links() {
        for (name, weight) in [("logistic-regression", 2.0), ("poisson-regression", 0.5)] {
            let s = from_spec(&format!("source = \"{name}\"\nweights = {weight}")).unwrap();
            let n = 20_000;
            let rows = s.truth().unwrap().draw(n, &mut Streams::new(0, 5).of("test").rng());
            let Column::F64 { data: x, .. } = rows.column(0) else { panic!("inputs") };
            let link = truth(&s).link;
            let label = |i: usize| match rows.column(1) {
                Column::Codes { data } => f64::from(data[i]),
                Column::F64 { data, .. } => data[i],
                _ => f64::NAN,
            };
            // Standardised residuals have mean 0 and variance 1.
            let total: f64 = (0..n)
                .map(|i| {
                    let mean = link.mean(weight * x[i]);
                    (label(i) - mean) / link.variance(mean, 0.0).sqrt()
                })
                .sum();
            assert!(total.abs() < 5.0 * (n as f64).sqrt(), "{name}: {total}");
        }
    }

    #[test]
    fn wrong_parameters_are_errors_at_their_key() {
        for table in [
            "dim = 0",
            "dim = 2\nweights = [1]",
            "shift = -1",
            "input_variance = 0",
            "spectrum = -1",
            "noise_variance = 0",
            "noise = 1",
        ] {
            assert!(from_spec(&format!("source = \"linear-regression\"\n{table}")).is_err(), "{table}");
        }
        let error =
            from_spec("source = \"logistic-regression\"\nnoise_variance = 1").err().unwrap().to_string();
        assert!(error.contains("noise_variance"), "{error}");
    }
}
