//! A Poisson distribution of counts, fitted by its mean.
//!
//! λ = Σ w x / Σ w, the maximum likelihood estimate; P(X = k) = λᵏ e^(−λ) / k!. Rows are one whole
//! number of at least 0, held as a double. A fit to rows that are all 0 is absorbed: it can only make
//! zeros from then on. Under replace Pr(Λ_t ≠ 0) = 1 − exp(−n λ g_t), exactly, with g_1 = 1 and
//! g_{t+1} = 1 − exp(−g_t) (Suresh et al., arXiv 2412.17646).
//!
//! Statistics path: the fit needs the sum alone, and the sum of n rows is Poisson(nλ). It is kept as
//! moments whose scatter stays 0, since no fit reads it. A subset of the rows is not drawn from the
//! sum: two subsets share rows, which a sum does not reproduce.
//!
//! No sampling transform has a closed form here. Cost: fit O(n), a draw of the sum O(1), a row O(1).

use std::any::Any;

use rand_distr::Distribution;
use serde::Deserialize;
use statrs::function::gamma::ln_gamma;

use super::numeric::{self, Layout};
use super::{
    Affine, Ask, BoxedFamily, Density, Family, FitError, Model, Parameters, Refusal, SampleError, Sampling,
    Start, StatisticsPath, affine,
};
use crate::data::{Body, Mix, Moments, Rows, Samples, Schema, Statistics};
use crate::registry::{About, Entry};
use crate::rng::{Stream, Streams};
use crate::theory::{self, Form};

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "poisson",
        summary: "A Poisson distribution of counts, fitted by its mean",
        details: "λ = Σ w x / Σ w over rows of one whole number of at least 0. Runs from the sum alone: that of n \
                  rows is Poisson(nλ). Once all rows are 0 the model is absorbed. Held-out rows that are no whole \
                  numbers have no likelihood: refused. No sampling transform.",
        source: "arXiv 2412.17646 (Poisson); textbook",
        parameters: &[],
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.parse_without::<Poisson>(&["family"])?)),
};

/// The recipe of a Poisson distribution.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poisson {}

impl Family for Poisson {
    fn conditions(&self) -> theory::Family {
        theory::Family::of(Form::Poisson)
    }

    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        numeric::accepts(schema)?;
        match schema.numeric_width() {
            1 => Ok(()),
            width => {
                Err(Refusal::new(format!("a Poisson row is one count, and these rows have {width} numbers")))
            }
        }
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (mut rows, mut weight, mut sum) = (0, 0.0, 0.0);
        for part in mix.parts.iter().filter(|p| !p.body.is_empty()) {
            let counted;
            let m = match &part.body {
                Body::Statistics(Statistics::Moments(m)) if m.dim() == 1 => m,
                Body::Statistics(_) => {
                    return Err(Refusal::new("the family `poisson` is fitted from rows or their sum").into());
                }
                Body::Rows(rows) => {
                    counted = self.count(rows)?;
                    &counted
                }
            };
            rows += m.n;
            weight += part.weight * m.weight;
            sum += part.weight * m.weight * m.mean[0];
        }
        if rows == 0 {
            return Err(FitError::TooFewRows { needed: 1, found: 0 });
        }
        if !(weight > 0.0 && weight.is_finite() && sum.is_finite()) {
            return Err(Refusal::degenerate("the training set's rows have no weight").into());
        }
        Ok(Box::new(PoissonModel { rate: [sum / weight], layout: Layout::of(mix) }))
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        Ok(self.combine(fits)?)
    }

    fn statistics(&self) -> Option<&dyn StatisticsPath> {
        Some(self)
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }
}

impl Affine for Poisson {
    /// λ, at least 0.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<PoissonModel>(models)?;
        let rate = affine::line(&models, |m| &m.rate)?[0].max(0.0);
        Ok(Box::new(PoissonModel { rate: [rate], layout: models[0].1.layout.clone() }))
    }
}

impl Poisson {
    /// The number of rows and their mean. Errors on what is no count.
    fn count(&self, rows: &Rows) -> Result<Moments, FitError> {
        self.accepts(rows.table().schema())?;
        let table = rows.gather();
        if let Some((row, column)) = table.first_non_finite() {
            return Err(FitError::NotFinite { column: column.into(), row });
        }
        let values = table.features();
        if let Some(row) = values.iter().position(|x| !is_count(*x)) {
            let (column, found) = (&table.schema().fields[0].name, values[row]);
            return Err(Refusal::new(format!(
                "column `{column}`, row {row}: {found} is no count; a Poisson row is a whole number of at least 0"
            ))
            .into());
        }
        let n = values.len();
        Ok(moments(n, values.iter().sum()))
    }
}

fn is_count(x: f64) -> bool {
    x >= 0.0 && x.fract() == 0.0
}

/// `n` rows with the given sum.
fn moments(n: usize, sum: f64) -> Moments {
    Moments { n: n as u64, weight: n as f64, mean: vec![sum / n.max(1) as f64], scatter: vec![0.0] }
}

impl StatisticsPath for Poisson {
    fn summarise(&self, rows: &Rows) -> Result<Statistics, FitError> {
        Ok(Statistics::Moments(self.count(rows)?))
    }

    fn draw(
        &self,
        model: &dyn Model,
        n: usize,
        how: &Sampling,
        rng: &mut Stream,
    ) -> Result<Statistics, SampleError> {
        how.check("poisson", &[])?;
        let model: &dyn Any = model;
        let model = model
            .downcast_ref::<PoissonModel>()
            .ok_or_else(|| Refusal::new("only a Poisson's sum can be drawn by the family `poisson`"))?;
        Ok(Statistics::Moments(moments(n, draw(model.rate[0] * n as f64, rng)?)))
    }
}

/// A Poisson variate; 0 at rate 0.
fn draw(rate: f64, rng: &mut Stream) -> Result<f64, SampleError> {
    if rate == 0.0 {
        return Ok(0.0);
    }
    let law = rand_distr::Poisson::new(rate).map_err(|_| SampleError::NotFinite)?;
    Ok(law.sample(rng))
}

/// A fitted Poisson distribution.
#[derive(Clone)]
pub struct PoissonModel {
    /// λ: the mean and the variance.
    rate: [f64; 1],
    layout: Layout,
}

#[cfg(test)]
impl PoissonModel {
    /// λ.
    pub fn rate(&self) -> f64 {
        self.rate[0]
    }
}

impl Model for PoissonModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        how.check("poisson", &[])?;
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new("a Poisson makes new rows only (`synthesis = \"sample\"`)").into());
        }
        let mut rng = streams.rng();
        let data = (0..n).map(|_| draw(self.rate[0], &mut rng)).collect::<Result<_, _>>()?;
        self.layout.table(1, data)
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters::Moments { mean: &self.rate, covariance: &self.rate }
    }

    fn is_degenerate(&self) -> bool {
        self.rate[0] == 0.0
    }

    fn size(&self) -> usize {
        1
    }
}

impl Density for PoissonModel {
    /// k ln λ − λ − ln k! of each row; minus infinity for a row that is no count, and above 0 at λ = 0.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        if rows.schema().numeric_width() != 1 {
            return Err(Refusal::new("a Poisson row is one count"));
        }
        let rate = self.rate[0];
        let log = |k: f64| match (is_count(k), k > 0.0) {
            (false, _) => f64::NEG_INFINITY,
            (true, false) => -rate,
            (true, true) => k * rate.ln() - rate - ln_gamma(k + 1.0),
        };
        Ok(rows.features().iter().map(|k| log(*k)).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;
    use crate::data::{Column, Combine, Kind, Part};

    fn table(data: Vec<f64>) -> Samples {
        let schema = Arc::new(Schema::single(Kind::F64 { width: 1 }));
        Samples::new(schema, vec![Column::F64 { width: 1, data }]).unwrap()
    }

    fn fit(mix: &Mix) -> Result<Box<dyn Model>, FitError> {
        Poisson {}.fit(mix, Start::Scratch, &Streams::new(0, 0))
    }

    fn of(data: Vec<f64>) -> Result<Box<dyn Model>, FitError> {
        fit(&Mix::of_human(Rows::all(table(data))))
    }

    fn rate(model: &dyn Model) -> f64 {
        let model: &dyn Any = model;
        model.downcast_ref::<PoissonModel>().unwrap().rate()
    }

    #[test]
    fn the_rate_is_the_weighted_mean_and_the_likelihood_the_textbooks() {
        let mut mix = Mix::of_human(Rows::all(table(vec![1.0, 3.0])));
        mix.parts[0].weight = 3.0;
        mix.parts.push(Part::synthetic(1, Body::Rows(Rows::all(table(vec![5.0, 9.0])))));
        // (3·4 + 14)/8.
        let model = fit(&mix).unwrap();
        assert!((rate(&*model) - 3.25).abs() < 1e-15);
        let logs =
            model.density().unwrap().log_likelihood(&table(vec![0.0, 4.0]), &Streams::new(0, 0)).unwrap();
        assert!((logs[0] + 3.25).abs() < 1e-12);
        assert!((logs[1] - (4.0 * 3.25_f64.ln() - 3.25 - 24.0_f64.ln())).abs() < 1e-12);
        let half = model.density().unwrap().log_likelihood(&table(vec![0.5]), &Streams::new(0, 0));
        assert_eq!(half.unwrap(), [f64::NEG_INFINITY]);
    }

    #[test]
    fn both_paths_have_the_sums_mean_and_variance() {
        // The sum of 20 rows at λ = 1.5 is Poisson(30): mean 30, variance 30, fourth moment 30 + 3·900.
        let model = of(vec![1.0, 2.0]).unwrap();
        let sums = |path: bool| -> Vec<f64> {
            (0..10_000)
                .map(|seed| {
                    let streams = Streams::new(1, seed).of(if path { "path" } else { "rows" });
                    if path {
                        let drawn = Poisson {}.draw(&*model, 20, &Sampling::default(), &mut streams.rng());
                        match drawn.unwrap() {
                            Statistics::Moments(m) => m.mean[0] * 20.0,
                            _ => panic!("moments"),
                        }
                    } else {
                        model
                            .synthesise(Ask::Rows, 20, &Sampling::default(), &streams)
                            .unwrap()
                            .features()
                            .iter()
                            .sum()
                    }
                })
                .collect()
        };
        for values in [sums(true), sums(false)] {
            let r = values.len() as f64;
            let mean = values.iter().sum::<f64>() / r;
            assert!((mean - 30.0).abs() < 4.0 * (30.0 / r).sqrt(), "{mean}");
            let variance = values.iter().map(|v| (v - 30.0).powi(2)).sum::<f64>() / r;
            assert!((variance - 30.0).abs() < 4.0 * ((30.0 + 3.0 * 900.0 - 900.0) / r).sqrt(), "{variance}");
        }
    }

    #[test]
    fn survival_under_replace_is_exact() {
        // n = 10, λ = .1, t = 4 fits: 1 − exp(−g_4), g = 1, .632121, .468536, .374082 → .312075.
        let lineages = 20_000;
        let alive = (0..lineages)
            .filter(|seed| {
                let mut rng = Streams::new(9, *seed).rng();
                let mut now = PoissonModel { rate: [0.1], layout: Layout::default() };
                for _ in 0..4 {
                    let drawn = Poisson {}.draw(&now, 10, &Sampling::default(), &mut rng).unwrap();
                    let parts = vec![Part::synthetic(1, Body::Statistics(drawn))];
                    now.rate = [rate(&*fit(&Mix { parts, combine: Combine::Pooled }).unwrap())];
                }
                !now.is_degenerate()
            })
            .count() as f64;
        let g = (0..3).fold(1.0_f64, |g, _| 1.0 - (-g).exp());
        let law = 1.0 - (-g).exp();
        let r = lineages as f64;
        assert!((alive / r - law).abs() < 4.0 * (law * (1.0 - law) / r).sqrt(), "{} {law}", alive / r);
    }

    #[test]
    fn what_is_no_count_is_named_and_zeros_stay_zeros() {
        let why = of(vec![1.0, 2.5]).err().unwrap().to_string();
        assert!(why.contains("row 1") && why.contains("2.5"), "{why}");
        assert!(of(vec![-1.0]).is_err());
        assert_eq!(of(vec![]).err(), Some(FitError::TooFewRows { needed: 1, found: 0 }));
        let dead = of(vec![0.0, 0.0]).unwrap();
        assert!(dead.is_degenerate());
        let made = dead.synthesise(Ask::Rows, 3, &Sampling::default(), &Streams::new(0, 0)).unwrap();
        assert_eq!(made.features(), [0.0; 3]);
    }

    #[test]
    fn a_rate_beyond_another_ends_at_zero() {
        // 2·2 − 3 = 1, and 2·2 − 5 < 0.
        let (two, three, five) = (of(vec![2.0]).unwrap(), of(vec![3.0]).unwrap(), of(vec![5.0]).unwrap());
        let beyond = |away: &dyn Model| rate(&*Poisson {}.combine(&[(2.0, &*two), (-1.0, away)]).unwrap());
        assert_eq!((beyond(&*three), beyond(&*five)), (1.0, 0.0));
    }
}
