//! The standard fairness model with known effects: group X, confounder Z, mediator W, outcome Y.
//!
//! With z and w in {−1, 0, 1} and σ the logistic function,
//!
//! ```text
//! P(X = 1) = share       P(Z = z | x) ∝ exp(spurious · (x − ½) · z)
//! P(W = w | x, z) ∝ exp((indirect · (x − ½) + ½ z) · w)
//! P(Y = 1 | x, z, w) = σ(intercept + direct · (x − ½) + z + w)
//! ```
//!
//! Z and X share a cause, W follows both, Y follows all. Every conditional is a logistic regression
//! without interactions, so that models and estimators of that kind are well specified. The effects
//! are exact sums over the nine cells (z, w); see [`FourMeans`]. Plečko and Bareinboim 2024, DOI
//! 10.1561/2200000106. Cost: O(1) a row.

use std::sync::Arc;

use rand::RngExt;
use serde::Serialize;

use crate::data::parameters::{Build, build};
use crate::data::{
    Column, Distribution, Field, FourMeans, Kind, Levels, Role, Samples, Schema, Source, SourceError,
};
use crate::registry::{About, Entry};
use crate::rng::Stream;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "structural-causal-model",
        summary: "A table of group, confounder, mediator and outcome with known causal effects",
        details: "The standard fairness model: x (the group), z (confounder, three levels), w (mediator, three \
                  levels) and y (the label). P(x = 1) = share; P(z | x) ∝ exp(spurious (x − ½) z); P(w | x, z) ∝ \
                  exp((indirect (x − ½) + ½ z) w); P(y = 1) = σ(intercept + direct (x − ½) + z + w), z and w in \
                  {−1, 0, 1}. Total, direct, indirect and spurious effects are known exactly.",
        source: "Plečko and Bareinboim 2024, Causal Fairness Analysis, DOI 10.1561/2200000106",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    #[derive(Clone, Debug, Serialize)]
    struct Parameters {
        /// Log odds of y along x → y
        direct: f64 = 1.0, in within(-10, 10);
        /// Shift of w along x → w
        indirect: f64 = 1.0, in within(-10, 10);
        /// Shift of z with x
        spurious: f64 = 1.0, in within(-10, 10);
        /// Log odds of y at the middle
        intercept: f64 = -0.5, in within(-10, 10);
        /// P(x = 1)
        share: f64 = 0.5, in between(0, 1);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        Ok(Source::of("structural-causal-model", &self, StructuralCausal::new(self.clone())))
    }
}

struct StructuralCausal {
    schema: Arc<Schema>,
    share: f64,
    /// P(z | x), by x.
    confounder: [[f64; 3]; 2],
    /// P(w | x, z), by x and z.
    mediator: [[[f64; 3]; 3]; 2],
    /// P(y = 1 | x, z, w), by x, z and w.
    outcome: [[[f64; 3]; 3]; 2],
}

/// The codes 0, 1, 2 stand for −1, 0, 1.
const CODES: [f64; 3] = [-1.0, 0.0, 1.0];
const CODE: std::ops::Range<usize> = 0..3;

/// Probabilities proportional to exp(tilt · (−1, 0, 1)).
fn tilted(tilt: f64) -> [f64; 3] {
    let weights = CODES.map(|c| (tilt * c).exp());
    let total: f64 = weights.iter().sum();
    weights.map(|w| w / total)
}

impl StructuralCausal {
    fn new(p: Parameters) -> Self {
        let side = |x: usize| x as f64 - 0.5;
        let field = |name: &str, role, levels| Field {
            name: name.into(),
            role,
            kind: Kind::Codes { levels: Levels::Count(levels) },
        };
        let fields = vec![
            field("x", Role::Group, 2),
            field("z", Role::Feature, 3),
            field("w", Role::Feature, 3),
            field("y", Role::Label, 2),
        ];
        let log_odds = |x: usize, z: usize, w: usize| p.intercept + p.direct * side(x) + CODES[z] + CODES[w];
        let by_code = [0, 1, 2];
        Self {
            schema: Arc::new(Schema { fields }),
            share: p.share,
            confounder: [0, 1].map(|x| tilted(p.spurious * side(x))),
            mediator: [0, 1].map(|x| by_code.map(|z| tilted(p.indirect * side(x) + 0.5 * CODES[z]))),
            outcome: [0, 1]
                .map(|x| by_code.map(|z| by_code.map(|w| 1.0 / (1.0 + (-log_odds(x, z, w)).exp())))),
        }
    }

    /// The mean of Y where Z follows group `z_of`, W group `w_of` and Y group `y_of`.
    fn mean_outcome(&self, z_of: usize, w_of: usize, y_of: usize) -> f64 {
        CODE.flat_map(|z| CODE.map(move |w| (z, w)))
            .map(|(z, w)| self.confounder[z_of][z] * self.mediator[w_of][z][w] * self.outcome[y_of][z][w])
            .sum()
    }
}

/// The code whose cumulative probability exceeds `u`.
fn choose(p: &[f64; 3], u: f64) -> usize {
    if u < p[0] {
        0
    } else if u < p[0] + p[1] {
        1
    } else {
        2
    }
}

impl Distribution for StructuralCausal {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let mut columns: [Vec<u32>; 4] = Default::default();
        for _ in 0..n {
            let x = usize::from(rng.random::<f64>() < self.share);
            let z = choose(&self.confounder[x], rng.random());
            let w = choose(&self.mediator[x][z], rng.random());
            let y = usize::from(rng.random::<f64>() < self.outcome[x][z][w]);
            columns.iter_mut().zip([x, z, w, y]).for_each(|(column, code)| column.push(code as u32));
        }
        let columns = columns.into_iter().map(|data| Column::Codes { data }).collect();
        Samples::trusted(self.schema.clone(), columns)
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        if rows.schema().fields.len() != 4 {
            return None;
        }
        let codes = |i: usize| match rows.column(i) {
            Column::Codes { data } => Some(data),
            _ => None,
        };
        let (x, z, w, y) = (codes(0)?, codes(1)?, codes(2)?, codes(3)?);
        let log = |i: usize| {
            let [x, z, w, y] = [x[i], z[i], w[i], y[i]].map(|c| c as usize);
            if x > 1 || z > 2 || w > 2 || y > 1 {
                return f64::NEG_INFINITY;
            }
            let of = |p: f64, code: usize| if code == 1 { p } else { 1.0 - p };
            let p = of(self.share, x) * self.confounder[x][z] * self.mediator[x][z][w];
            (p * of(self.outcome[x][z][w], y)).ln()
        };
        Some((0..rows.len()).map(log).collect())
    }

    fn four_means(&self, mediators: &[String]) -> Option<FourMeans> {
        (mediators == ["w"]).then(|| FourMeans {
            group_0: self.mean_outcome(0, 0, 0),
            direct: self.mean_outcome(0, 0, 1),
            direct_and_indirect: self.mean_outcome(0, 1, 1),
            group_1: self.mean_outcome(1, 1, 1),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;
    use crate::rng::Streams;

    fn means(json: &str) -> FourMeans {
        from_json::<Parameters>(json).unwrap().truth().unwrap().four_means(&["w".into()]).unwrap()
    }

    #[test]
    fn an_arrow_that_is_cut_has_no_effect() {
        let effects = means(r#"{"direct": 0}"#).effects();
        assert!(effects.direct.abs() < 1e-15 && effects.indirect.abs() > 0.05);
        let effects = means(r#"{"indirect": 0}"#).effects();
        assert!(effects.indirect.abs() < 1e-15 && effects.direct.abs() > 0.05);
        let effects = means(r#"{"spurious": 0}"#).effects();
        assert!(effects.spurious.abs() < 1e-15 && effects.direct.abs() > 0.05);
        // Group 1 is favoured on every path, so the two signed the other way are negative.
        let effects = means("{}").effects();
        assert!(effects.direct > 0.0 && effects.indirect < 0.0 && effects.spurious < 0.0);
    }

    #[test]
    fn the_default_effects_are_the_sums_over_the_nine_cells() {
        // Σ_{z,w} P(z | x_a) P(w | x_b, z) P(y | x_c, z, w), summed by a few lines of Python outside this crate.
        let e = means("{}").effects();
        let expected = [0.432_941, 0.149_609, -0.118_829, -0.164_503];
        for (found, expected) in [e.total_variation, e.direct, e.indirect, e.spurious].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} against {expected}");
        }
    }

    #[test]
    fn the_density_sums_to_one_and_the_means_follow_from_it() {
        let source = from_json::<Parameters>(r#"{"share": 0.3}"#).unwrap();
        let truth = source.truth().unwrap();
        let cells: Vec<[u32; 4]> = (0..36).map(|i| [i / 18, i / 6 % 3, i / 2 % 3, i % 2]).collect();
        let columns =
            (0..4).map(|c| Column::Codes { data: cells.iter().map(|row| row[c]).collect() }).collect();
        let rows = Samples::new(truth.schema().clone(), columns).unwrap();
        let p: Vec<f64> = truth.log_density(&rows).unwrap().into_iter().map(f64::exp).collect();
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let sum = |keep: &dyn Fn(&[u32; 4]) -> bool| -> f64 {
            cells.iter().zip(&p).filter(|(c, _)| keep(c)).map(|(_, p)| p).sum()
        };
        let m = truth.four_means(&["w".into()]).unwrap();
        for (x, expected) in [(0, m.group_0), (1, m.group_1)] {
            let found = sum(&|c| c[0] == x && c[3] == 1) / sum(&|c| c[0] == x);
            assert!((found - expected).abs() < 1e-12);
        }
        // B by its definition: Σ_{z,w} P(y | x₁, z, w) P(z, w | x₀).
        let direct: f64 = (0..9)
            .map(|i| {
                let (z, w) = (i / 3, i % 3);
                let at = |x: u32| move |c: &[u32; 4]| c[0] == x && c[1] == z && c[2] == w;
                let treated = sum(&|c| at(1)(c) && c[3] == 1) / sum(&at(1));
                treated * sum(&at(0)) / sum(&|c| c[0] == 0)
            })
            .sum();
        assert!((direct - m.direct).abs() < 1e-12);
    }

    #[test]
    fn frequencies_match_the_density() {
        let source = from_json::<Parameters>("{}").unwrap();
        let truth = source.truth().unwrap();
        let n = 40_000;
        let rows = truth.draw(n, &mut Streams::new(0, 5).of("test").rng());
        let y = rows.labels().unwrap().iter().filter(|&&y| y == 1).count() as f64 / n as f64;
        let m = truth.four_means(&["w".into()]).unwrap();
        let expected = 0.5 * (m.group_0 + m.group_1);
        // Five standard errors of a share near ½.
        assert!((y - expected).abs() < 5.0 * 0.5 / (n as f64).sqrt(), "{y} against {expected}");
    }

    #[test]
    fn wrong_parameters_are_refused() {
        for json in [r#"{"share": 0}"#, r#"{"direct": 11}"#, r#"{"indirect": -11}"#] {
            assert!(from_json::<Parameters>(json).is_err(), "{json}");
        }
    }
}
