//! A noisy verifier: keeps correct rows with probability φ and wrong ones with probability ψ.
//!
//! Each synthetic row is checked and then kept with probability φ = P(keep | correct) or
//! ψ = P(keep | wrong), independently. A share p of wrong rows becomes ψp / (ψp + φ(1 − p)), which is
//! ½ at the breakdown point p* = φ/(φ + ψ) (Feng et al., arXiv 2406.07515). What is correct is known
//! exactly by the source (expressions that can be evaluated, facts, classes that rows were drawn
//! from), or stated as a region: rows within `radius` of `center`; for rows with inputs x and a
//! numeric label y, |y − xᵀ`center`| ≤ `radius`: the verifier who knows θ_c of Yi et al.
//! (arXiv 2510.16657), whose loop tends to θ_c and not to the truth. Malformed rows are wrong.
//! Rows that are dropped are replaced by further ones. Cost: one check and one draw a row.

use rand::RngExt;

use super::refill::Refill;
use super::{BoxedCuration, Curation, CurationError, More, Seen};
use crate::data::{Column, Correctness, Distribution, Kind, Mix, Role, Samples, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::theory;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "verified",
        summary: "A noisy verifier keeps correct rows with probability φ and wrong ones with ψ",
        details: "Outside knowledge in its purest form. Correct is what the source can check exactly, or what \
                  lies within `radius` of `center`: the features themselves, or the label's residual \
                  |y − x·center| where rows have inputs. With a share p of wrong rows, filtering helps while \
                  p < φ/(φ + ψ) and hurts beyond. Dropped rows are replaced where the sampler may be asked.",
        source: "Feng et al., arXiv 2406.07515 (φ, ψ); Yi et al., arXiv 2510.16657 (region)",
        parameters: Verified::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Verified>(&["step", "on"])?)),
};

crate::parameters! {
    /// A noisy verifier.
    #[derive(Clone, Debug)]
    pub struct Verified {
        /// φ, the probability that a correct row is kept
        pub keep_correct: f64 = 1.0, in above_to(0, 1);
        /// ψ, the probability that a wrong row is kept
        pub keep_wrong: f64 = 0.0, in within(0, 1);
        /// a list of numbers: the centre of the region, or the coefficients that the verifier believes in
        pub center: Option<Vec<f64>> = None => "the source's own check";
        /// The region's radius, with `center`
        pub radius: f64 = 1.0, in at_least(0);
    }
    include {
        /// What is done when rows have to be replaced.
        pub refill: Refill = Refill::default();
    }
}

impl Curation for Verified {
    fn conditions(&self) -> theory::Curation {
        theory::Curation::Verified { keep_right: self.keep_correct, keep_wrong: self.keep_wrong }
    }

    fn accepts(&self, schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        match &self.center {
            Some(center) => region(schema, center).map(drop),
            None if truth.and_then(Distribution::checker).is_some() => Ok(()),
            None => Err(Refusal::new(
                "`verified` needs a source whose rows can be checked exactly, or the `center` of a region",
            )),
        }
    }

    fn apply(
        &self,
        mix: Mix,
        more: Option<More<'_>>,
        seen: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        self.refill.filter(mix, more, |table, batch| {
            let correct = self.correct(table, seen.truth)?;
            let mut rng = streams.of("keep").at(batch).rng();
            let kept = |correct: bool| if correct { self.keep_correct } else { self.keep_wrong };
            Ok((0_u32..)
                .zip(correct)
                .filter(|(_, c)| rng.random::<f64>() < kept(*c))
                .map(|(i, _)| i)
                .collect())
        })
    }
}

impl Verified {
    /// Whether each row is correct.
    fn correct(&self, table: &Samples, truth: Option<&dyn Distribution>) -> Result<Vec<bool>, Refusal> {
        let Some(center) = &self.center else {
            self.accepts(table.schema(), truth)?;
            let checked = truth.and_then(Distribution::checker).map(|c| c.check(table)).unwrap_or_default();
            return Ok(checked.into_iter().map(|c| c == Correctness::Correct).collect());
        };
        match region(table.schema(), center)? {
            Region::Features => {
                let inside = |row: &[f64]| {
                    row.iter().zip(center).map(|(x, c)| (x - c) * (x - c)).sum::<f64>().sqrt() <= self.radius
                };
                Ok(table.features().chunks_exact(center.len()).map(inside).collect())
            }
            Region::Residuals { inputs, label } => {
                let mut left = cells(table.column(label)).collect::<Vec<f64>>();
                let mut coefficients = center.as_slice();
                for &input in &inputs {
                    let width = width(table.column(input));
                    let (own, rest) = coefficients.split_at(width);
                    coefficients = rest;
                    let x: Vec<f64> = cells(table.column(input)).collect();
                    for (y, row) in left.iter_mut().zip(x.chunks_exact(width.max(1))) {
                        *y -= row.iter().zip(own).map(|(x, c)| x * c).sum::<f64>();
                    }
                }
                Ok(left.into_iter().map(|residual| residual.abs() <= self.radius).collect())
            }
        }
    }
}

/// Where the region lies.
enum Region {
    /// In the space of the numeric features.
    Features,
    /// Around the regression line of the label on the inputs.
    Residuals { inputs: Vec<usize>, label: usize },
}

fn region(schema: &Schema, center: &[f64]) -> Result<Region, Refusal> {
    let numeric = |i: &usize| schema.fields[*i].kind.codes().is_none();
    let inputs: Vec<usize> = schema.with_role(Role::Input).into_iter().filter(numeric).collect();
    let label = schema.first(Role::Label).map(|(i, _)| i).filter(numeric);
    let (region, width) = match label {
        Some(label) if !inputs.is_empty() => {
            let width = inputs.iter().map(|&i| numbers_of(&schema.fields[i].kind)).sum();
            (Region::Residuals { inputs, label }, width)
        }
        _ => (Region::Features, schema.numeric_width()),
    };
    if width == 0 || width != center.len() {
        let found = center.len();
        return Err(Refusal::new(format!("`center` has {found} numbers where the rows have {width}")));
    }
    Ok(region)
}

fn numbers_of(kind: &Kind) -> usize {
    match kind {
        Kind::F32 { width, .. } | Kind::F64 { width } => *width,
        _ => 0,
    }
}

fn width(column: &Column) -> usize {
    match column {
        Column::F32 { width, .. } | Column::F64 { width, .. } => *width,
        _ => 0,
    }
}

fn cells(column: &Column) -> Box<dyn Iterator<Item = f64> + '_> {
    match column {
        Column::F32 { data, .. } => Box::new(data.iter().map(|&v| f64::from(v))),
        Column::F64 { data, .. } => Box::new(data.iter().copied()),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::super::testing::{codes_of, features_of, numbers, outcomes, seen, seen_by, synthetic};
    use super::*;
    use crate::data::Field;

    #[test]
    fn rows_outside_the_region_are_replaced() {
        let step = Verified { center: Some(vec![1.0, 0.0]), radius: 1.0, ..Verified::default() };
        seen(&[1.0], |seen| {
            let mix = synthetic(numbers(2, &[1.0, 0.5, 3.0, 0.0, 1.0, -1.0]));
            let mut more = |n: usize| {
                assert_eq!(n, 1);
                Ok(numbers(2, &[0.5, 0.5]))
            };
            let made = step.apply(mix, Some(&mut more), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(features_of(&made), [1.0, 0.5, 1.0, -1.0, 0.5, 0.5]);
        });
    }

    #[test]
    fn residuals_are_checked_where_rows_have_inputs() {
        let field = |name: &str, role, width| Field { name: name.into(), role, kind: Kind::F64 { width } };
        let schema =
            crate::data::Schema { fields: vec![field("x", Role::Input, 2), field("y", Role::Label, 1)] };
        let x = Column::F64 { width: 2, data: vec![1.0, 1.0, 2.0, 0.0, 0.0, 3.0] };
        let y = Column::F64 { width: 1, data: vec![3.0, 5.0, 6.5] };
        let rows = Samples::new(Arc::new(schema), vec![x, y]).unwrap();
        // θ_c = (1, 2): residuals 0, 3, 0.5.
        let step = Verified { center: Some(vec![1.0, 2.0]), radius: 0.5, ..Verified::default() };
        assert_eq!(step.correct(&rows, None).unwrap(), [true, false, true]);
        let wrong = Verified { center: Some(vec![1.0]), ..Verified::default() };
        assert!(wrong.correct(&rows, None).unwrap_err().reason.contains("1 numbers where the rows have 2"));
    }

    #[test]
    fn the_share_of_wrong_rows_after_a_noisy_verifier_is_bayes_rule() {
        // Outcome 0 is wrong, outcome 1 correct; p = ½, φ = .9, ψ = .3: ψ/(ψ + φ) = ¼ stay wrong and
        // (φ + ψ)/2 = .6 stay at all. Five standard errors.
        let step = Verified { keep_correct: 0.9, keep_wrong: 0.3, ..Verified::default() };
        let n = 20_000;
        seen_by(&[1.0, 1.0], &super::super::testing::Ones::new(2), |seen| {
            let rows = outcomes(2, (0..n).map(|i| i % 2).collect());
            let made = step.apply(synthetic(rows), None, seen, &Streams::new(0, 3)).unwrap();
            let kept = codes_of(&made);
            let (kept, wrong) = (kept.len() as f64, kept.iter().filter(|c| **c == 0).count() as f64);
            let z = (kept / f64::from(n) - 0.6) / (0.6 * 0.4 / f64::from(n)).sqrt();
            assert!(z.abs() < 5.0, "{z}");
            let z = (wrong / kept - 0.25) / (0.25 * 0.75 / kept).sqrt();
            assert!(z.abs() < 5.0, "{z}");
        });
    }

    #[test]
    fn an_unknown_truth_is_refused() {
        let step = Verified::default();
        let rows = outcomes(2, vec![0]);
        assert!(step.accepts(rows.schema(), None).unwrap_err().reason.contains("center"));
        seen(&[1.0, 1.0], |seen| {
            assert!(step.apply(synthetic(outcomes(2, vec![0])), None, seen, &Streams::new(0, 0)).is_err());
        });
    }
}
