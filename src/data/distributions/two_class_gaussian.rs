//! Two classes of normal inputs, with the class that each row was really drawn from beside its label.
//!
//! The class is 0 or 1 with probability ½; x | class ~ N(±μ, I) with μ along the first axis and
//! ‖μ‖ = `separation`. Columns: `x` (inputs), `drawn` (the class that x was drawn from, a group),
//! `label`. In human rows the two agree; a generator with label noise makes them differ, and then the
//! exact check says which rows are wrong. The best classifier, by the sign of the first input, is
//! right with probability Φ(‖μ‖). A row costs O(dim). The mixture of Feng et al. (arXiv 2406.07515).

use std::sync::Arc;

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::Serialize;

use crate::data::parameters::{Build, build};
use crate::data::{
    Checker, Column, Correctness, Distribution, Field, Kind, Levels, Role, Samples, Schema, Source,
    SourceError,
};
use crate::registry::{About, Entry};
use crate::rng::Stream;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "two-class-gaussian",
        summary: "Two classes of normal inputs; whether a row's label is right can be checked",
        details: "x | class ~ N(±μ, I), equally often, with ‖μ‖ = `separation`. Beside the label stands the \
                  class that the row was drawn from, so a wrong label is known to be wrong. The best accuracy \
                  is Φ(separation): 0.841 for 1.",
        source: "Feng et al., arXiv 2406.07515 (theory section)",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// Number of inputs
        dim: usize = 2, in within(1, 4096);
        /// ‖μ‖, half the distance of the class means in standard deviations
        separation: f64 = 1.0, in at_least(0);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let two = || Kind::Codes { levels: Levels::Count(2) };
        let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
        let fields = vec![
            field("x", Role::Input, Kind::F64 { width: self.dim }),
            field("drawn", Role::Group, two()),
            field("label", Role::Label, two()),
        ];
        let (dim, separation) = (self.dim, self.separation);
        let classes = TwoClasses { schema: Arc::new(Schema { fields }), dim, separation };
        Ok(Source::of("two-class-gaussian", &self, classes))
    }
}

struct TwoClasses {
    schema: Arc<Schema>,
    dim: usize,
    separation: f64,
}

/// The codes of the class a row was drawn from, and of its label.
fn classes(rows: &Samples) -> Option<(&[u32], &[u32])> {
    match (rows.schema().fields.len(), rows.schema().first(Role::Group)) {
        (3, Some((i, _))) => match rows.column(i) {
            Column::Codes { data } => Some((data, rows.labels()?)),
            _ => None,
        },
        _ => None,
    }
}

impl Distribution for TwoClasses {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let mut x = Vec::with_capacity(n * self.dim);
        let mut drawn = Vec::with_capacity(n);
        for _ in 0..n {
            let class = u32::from(rng.random::<bool>());
            let at = x.len();
            x.extend((0..self.dim).map(|_| rng.sample::<f64, _>(StandardNormal)));
            x[at] += if class == 1 { self.separation } else { -self.separation };
            drawn.push(class);
        }
        let codes = |data: Vec<u32>| Column::Codes { data };
        let columns = vec![Column::F64 { width: self.dim, data: x }, codes(drawn.clone()), codes(drawn)];
        Samples::trusted(self.schema.clone(), columns)
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        let Column::F64 { width, data } = rows.column(0) else { return None };
        let (drawn, labels) = classes(rows).filter(|_| *width == self.dim)?;
        let constant = 0.5_f64.ln() - 0.5 * self.dim as f64 * std::f64::consts::TAU.ln();
        let log = |(x, (&class, &label)): (&[f64], (&u32, &u32))| {
            if class != label {
                return f64::NEG_INFINITY;
            }
            let mean = if class == 1 { self.separation } else { -self.separation };
            let rest: f64 = x[1..].iter().map(|x| x * x).sum();
            constant - 0.5 * ((x[0] - mean).powi(2) + rest)
        };
        Some(data.chunks_exact(self.dim).zip(drawn.iter().zip(labels)).map(log).collect())
    }

    fn checker(&self) -> Option<&dyn Checker> {
        Some(self)
    }
}

impl Checker for TwoClasses {
    fn check(&self, rows: &Samples) -> Vec<Correctness> {
        let Some((drawn, labels)) = classes(rows) else { return vec![Correctness::Malformed; rows.len()] };
        let of = |(a, b)| if a == b { Correctness::Correct } else { Correctness::Wrong };
        drawn.iter().zip(labels).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;
    use crate::rng::Streams;

    #[test]
    fn the_sign_of_the_first_input_is_right_with_probability_phi() {
        let s = from_json::<Parameters>(r#"{"dim": 3, "separation": 1.0}"#).unwrap();
        let n = 40_000;
        let rows = s.truth().unwrap().draw(n, &mut Streams::new(0, 1).of("test").rng());
        let Column::F64 { data, .. } = rows.column(0) else { panic!("inputs") };
        let right = data.chunks(3).zip(rows.labels().unwrap()).filter(|(x, l)| (x[0] > 0.0) == (**l == 1));
        let share = right.count() as f64 / n as f64;
        // Φ(1) = .841345.
        let z = (share - 0.841_345) / (0.841_345 * 0.158_655 / n as f64).sqrt();
        assert!(z.abs() < 5.0, "{share}");
    }

    #[test]
    fn a_changed_label_is_wrong_and_impossible() {
        let s = from_json::<Parameters>(r#"{"dim": 1}"#).unwrap();
        let truth = s.truth().unwrap();
        let column = |data: Vec<u32>| Column::Codes { data };
        let x = Column::F64 { width: 1, data: vec![0.5, 0.5] };
        let rows = Samples::new(s.schema().clone(), vec![x, column(vec![1, 1]), column(vec![1, 0])]).unwrap();
        assert_eq!(truth.checker().unwrap().check(&rows), [Correctness::Correct, Correctness::Wrong]);
        let log = truth.log_density(&rows).unwrap();
        // ½ φ(−½).
        assert!((log[0] - (0.5 * 0.352_065_326_764_299_5_f64).ln()).abs() < 1e-12);
        assert_eq!(log[1], f64::NEG_INFINITY);
        assert!(from_json::<Parameters>(r#"{"dim": 0}"#).is_err());
    }
}
