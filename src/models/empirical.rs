//! The empirical distribution: draws its own training rows again, with their weights (the bootstrap).
//!
//! F̂ = Σ_i w_i δ_{x_i}, weights scaled to sum to 1; a row of n equally weighted ones comes with probability 1/n each
//! time (Efron 1979, DOI 10.1214/aos/1176344552, section 2). Nothing new is ever made: a row that is not drawn is lost,
//! so under replace one row is left in the end. For a continuous truth on a line E ∫(F̂_t − F)² dF =
//! (1 − (1 − 1/n)^t)/6 (He, Xu and Cheng, arXiv 2502.18049).
//!
//! Rows of every kind. Groups averaged with weights (`combine = "by-group"`) are the rows of both with those weights,
//! which is what weighting the rows gives. It takes no sampling transform and has no density.
//! Cost: fit O(n); a row O(log n).

use rand::RngExt;

use super::numeric::{gathered, normalise};
use super::{
    Affine, Ask, BoxedFamily, Family, FitError, Model, Parameters, Refusal, SampleError, Sampling, Start,
    affine,
};
use crate::data::{Mix, Samples, Schema};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::theory::{self, Form};

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "empirical",
        summary: "The empirical distribution: training rows drawn again with replacement (the bootstrap)",
        details: "F̂ = Σ wᵢ δ(xᵢ) over the weighted training rows, of any kind. A generation of `replace` keeps each row with \
                  probability 1 − (1 − 1/n)ⁿ; in the end one row is left. Of a continuous truth on a line E ∫(F̂ − F)² dF is \
                  (1 − (1 − 1/n)ᵗ)/6 after t fits. No density and no sampling transform.",
        source: "Efron 1979, DOI 10.1214/aos/1176344552; arXiv 2502.18049",
        parameters: &[],
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Empirical>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of an empirical distribution: it has no parameters.
    #[derive(Clone, Copy, Debug)]
    pub struct Empirical {
    }
}

impl Family for Empirical {
    fn conditions(&self) -> theory::Family {
        theory::Family::of(Form::Empirical)
    }

    fn accepts(&self, _: &Schema) -> Result<(), Refusal> {
        Ok(())
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (rows, mut weights) = gathered(mix)?;
        normalise(&mut weights)?;
        Ok(Box::new(EmpiricalModel::new(rows, weights)))
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        let (mut tables, mut weights) = (Vec::with_capacity(fits.len()), Vec::new());
        for (share, fit) in affine::of::<EmpiricalModel>(fits)? {
            // A group's weights sum to its number of rows.
            let scale = share / fit.rows.len() as f64;
            tables.push(&fit.rows);
            weights.extend(fit.weights.iter().map(|w| w * scale));
        }
        let rows = Samples::concat(&tables).map_err(|e| Refusal::new(e.to_string()))?;
        normalise(&mut weights)?;
        Ok(Box::new(EmpiricalModel::new(rows, weights)))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Err(Refusal::new("an empirical distribution is its training rows; it has no parameters to combine"))
    }
}

/// Weighted rows.
pub struct EmpiricalModel {
    rows: Samples,
    /// One weight a row; they sum to the number of rows.
    weights: Vec<f64>,
    /// Their running sums.
    cumulative: Vec<f64>,
    /// The rows' numbers, row-major.
    points: Vec<f64>,
}

impl EmpiricalModel {
    fn new(rows: Samples, weights: Vec<f64>) -> Self {
        let mut reached = 0.0;
        let running = weights.iter().map(|w| {
            reached += w;
            reached
        });
        Self { cumulative: running.collect(), points: rows.features(), rows, weights }
    }
}

impl Model for EmpiricalModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        how.check("empirical", &[])?;
        if !matches!(ask, Ask::Rows) {
            let why = "an empirical distribution draws whole rows only (`synthesis = \"sample\"`)";
            return Err(Refusal::new(why).into());
        }
        let mut rng = streams.rng();
        let last = self.cumulative.len() - 1;
        let total = self.cumulative[last];
        let draws: Vec<u32> = (0..n)
            .map(|_| {
                let u = rng.random::<f64>() * total;
                self.cumulative.partition_point(|c| *c <= u).min(last) as u32
            })
            .collect();
        Ok(self.rows.take(&draws))
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters::Empirical { points: &self.points, weights: &self.weights }
    }

    /// Whether all rows that have weight hold the same.
    fn is_degenerate(&self) -> bool {
        let mut live = (0..self.rows.len()).filter(|&i| self.weights[i] > 0.0);
        let first = live.next().unwrap_or(0);
        let columns = 0..self.rows.schema().fields.len();
        live.all(|i| columns.clone().all(|c| self.rows.column(c).same(first, i)))
    }

    fn size(&self) -> usize {
        self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;
    use crate::data::{Column, Combine, Kind, Origin, Part, Rows};

    fn numbers(data: &[f64]) -> Samples {
        let schema = Arc::new(Schema::single(Kind::F64 { width: 1 }));
        Samples::new(schema, vec![Column::F64 { width: 1, data: data.to_vec() }]).unwrap()
    }

    /// Human rows that weigh 1 and synthetic rows that weigh `weight`.
    fn two_groups(weight: f64, combine: Combine) -> Mix {
        let human = Mix::of_human(Rows::all(numbers(&[0.0, 1.0]))).parts.remove(0);
        let body = Mix::of_human(Rows::all(numbers(&[2.0, 3.0, 4.0, 5.0]))).parts.remove(0).body;
        Mix { parts: vec![human, Part { weight, ..Part::synthetic(1, body) }], combine }
    }

    fn fit(mix: &Mix) -> Box<dyn Model> {
        crate::models::fit(&Empirical {}, mix, Start::Scratch, &Streams::new(0, 0)).unwrap()
    }

    fn shares(model: &dyn Model) -> Vec<f64> {
        let Parameters::Empirical { weights, .. } = model.parameters() else { panic!("weighted rows") };
        let total: f64 = weights.iter().sum();
        weights.iter().map(|w| w / total).collect()
    }

    #[test]
    fn rows_come_with_their_weights() {
        // Two rows of 1 and four of ½: each human row has a quarter, each synthetic one an eighth.
        let mix = two_groups(0.5, Combine::Pooled);
        assert_eq!(shares(&*fit(&mix)), [0.25, 0.25, 0.125, 0.125, 0.125, 0.125]);
        let n = 4000;
        let draw = |n| {
            let streams = Streams::new(0, 1);
            fit(&mix).synthesise(Ask::Rows, n, &Sampling::default(), &streams).unwrap().features()
        };
        let made = draw(n);
        assert_eq!(made[..7], draw(7));
        for (value, share) in [(0.0, 0.25), (4.0, 0.125)] {
            let found = made.iter().filter(|x| **x == value).count() as f64 / n as f64;
            assert!(
                (found - share).abs() < 4.0 * (share * (1.0 - share) / n as f64).sqrt(),
                "{value}: {found}"
            );
        }
    }

    #[test]
    fn averaging_groups_is_weighting_their_rows() {
        // Row weights 1 and ¼ give the groups the totals 2 and 1, so the human group has two thirds.
        let expected = [1.0 / 3.0, 1.0 / 3.0, 1.0 / 12.0, 1.0 / 12.0, 1.0 / 12.0, 1.0 / 12.0];
        for combine in [Combine::Pooled, Combine::ByGroup] {
            let mix = two_groups(0.25, combine);
            assert_eq!(mix.weight_of(Origin::Human), 2.0);
            for (found, expected) in shares(&*fit(&mix)).iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{combine:?}");
            }
        }
    }

    #[test]
    fn one_row_is_left_after_the_time_of_the_exact_chain() {
        // Three different rows, resampled: with h the expected number of fits from three different rows to one, and g from
        // two, h = 1 + 2/9 h + 2/3 g and g = 1 + 2/3 g (6/27 keep all three and 3/27 end in one row; of two and one a third do).
        // So g = 3 and h = 27/7: the model of fit 1 + 27/7 = 34/7 is the first that is absorbed.
        let lineages = 3000;
        let times: Vec<f64> = (0..lineages)
            .map(|seed| {
                let (mut model, mut fits) = (fit(&Mix::of_human(Rows::all(numbers(&[1.0, 2.0, 3.0])))), 1);
                while !model.is_degenerate() {
                    let streams = Streams::new(4, seed).at(fits);
                    let rows = model.synthesise(Ask::Rows, 3, &Sampling::default(), &streams).unwrap();
                    model = fit(&Mix::of_human(Rows::all(rows)));
                    fits += 1;
                }
                fits as f64
            })
            .collect();
        let mean = times.iter().sum::<f64>() / lineages as f64;
        let variance = times.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / lineages as f64;
        assert!((mean - 34.0 / 7.0).abs() < 4.0 * (variance / lineages as f64).sqrt(), "{mean}");
    }

    #[test]
    fn rows_without_weight_do_not_keep_it_alive() {
        let rows = |weight| Part {
            weight,
            ..Part::human(0, Mix::of_human(Rows::all(numbers(&[2.0]))).parts.remove(0).body)
        };
        let twos = |weight| Mix { parts: vec![rows(1.0), rows(weight)], combine: Combine::Pooled };
        assert!(fit(&twos(1.0)).is_degenerate(), "the same row twice");
        let mut other = twos(0.0);
        other.parts[1].body = Mix::of_human(Rows::all(numbers(&[5.0]))).parts.remove(0).body;
        assert!(fit(&other).is_degenerate(), "another row of weight 0");
        other.parts[1].weight = 0.5;
        assert!(!fit(&other).is_degenerate());
    }

    #[test]
    fn what_it_can_not_do_is_refused() {
        let model = fit(&two_groups(1.0, Combine::Pooled));
        let hot = Sampling { temperature: 2.0, ..Sampling::default() };
        assert!(model.synthesise(Ask::Rows, 1, &hot, &Streams::new(0, 0)).is_err());
        let given = numbers(&[1.0]);
        assert!(model.synthesise(Ask::Given(&given), 1, &Sampling::default(), &Streams::new(0, 0)).is_err());
        let none = Empirical {}.fit(&Mix::default(), Start::Scratch, &Streams::new(0, 0)).err();
        assert_eq!(none, Some(FitError::TooFewRows { needed: 1, found: 0 }));
        let nan = Mix::of_human(Rows::all(numbers(&[f64::NAN])));
        let error = Empirical {}.fit(&nan, Start::Scratch, &Streams::new(0, 0)).err();
        assert_eq!(error, Some(FitError::NotFinite { column: "x".into(), row: 0 }));
    }
}
