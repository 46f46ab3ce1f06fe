//! Lines through tabular models: column by column, what each is drawn with.
//!
//! Frequencies and tables are probabilities. Regressions are combined in the units of the first model's standardised
//! parents: a slope b on (x − m)/s is the slope b s′/s on (x − m′)/s′, and the intercept takes up the rest. Logistic
//! regressions are combined by the log odds of each level against one that all models have seen; a level that only the
//! first has seen keeps its log odds, and one that the first has not seen stays out.

use super::super::{Refusal, affine};
use super::conditional::{Conditional, Spread};
use super::linear::Linear;
use super::model::TabularModel;
use crate::logistic::Logistic;

impl TabularModel {
    /// The model at Σ c_i θ_i.
    pub(super) fn combined(models: &[(f64, &Self)]) -> Result<Self, Refusal> {
        let (_, first) = models[0];
        if models.iter().any(|(_, m)| m.schema != first.schema || m.steps.len() != first.steps.len()) {
            return Err(Refusal::new("the models are of different tables"));
        }
        let mut steps = Vec::with_capacity(first.steps.len());
        for (at, (step, _)) in first.steps.iter().enumerate() {
            if models.iter().any(|(_, m)| m.steps[at].0 != *step) {
                return Err(Refusal::new("the models have different graphs"));
            }
            let own: Vec<(f64, &Conditional)> = models.iter().map(|(c, m)| (*c, &m.steps[at].1)).collect();
            steps.push((step.clone(), conditional(&own)?));
        }
        let marginal = |(at, of): (usize, &Option<Vec<f64>>)| {
            let whole = of.as_ref().map(|_| {
                affine::shares(models, |m: &TabularModel| m.marginals[at].as_deref().unwrap_or_default())
            });
            whole.transpose()
        };
        let marginals = first.marginals.iter().enumerate().map(marginal).collect::<Result<_, _>>()?;
        Ok(Self::new(first.schema.clone(), steps, marginals))
    }
}

fn conditional(models: &[(f64, &Conditional)]) -> Result<Conditional, Refusal> {
    match models[0].1 {
        Conditional::Frequencies(_) => Ok(Conditional::Frequencies(affine::shares(models, |m| m.table())?)),
        Conditional::Table { parents, probabilities, levels } => {
            let mut p = Vec::with_capacity(probabilities.len());
            for from in (0..probabilities.len()).step_by((*levels).max(1)) {
                let row = |m: &Conditional| m.table().get(from..from + levels).map(<[f64]>::to_vec);
                let rows: Option<Vec<_>> = models.iter().map(|(c, m)| Some((*c, row(m)?))).collect();
                p.extend(affine::shares(&borrowed(&rows.ok_or_else(different)?), |p| p)?);
            }
            Ok(Conditional::Table { parents: parents.clone(), probabilities: p, levels: *levels })
        }
        Conditional::Logistic { design, fit, levels } => {
            let mut own = Vec::with_capacity(models.len());
            for (c, m) in models {
                let Conditional::Logistic { design: other, fit, .. } = m else { return Err(different()) };
                own.push((*c, fit, other.in_units_of(design)?));
            }
            Ok(Conditional::Logistic { design: design.clone(), fit: logistic(fit, &own)?, levels: *levels })
        }
        Conditional::Linear { design, fit, .. } => {
            let (mut lines, mut spreads) = (Vec::with_capacity(models.len()), Vec::new());
            for (c, m) in models {
                let Conditional::Linear { design: other, fit, residuals: Spread::Normal(variance) } = m
                else {
                    return Err(different());
                };
                let units = match (design, other) {
                    (Some(design), Some(other)) => other.in_units_of(design)?,
                    (None, None) => Vec::new(),
                    _ => return Err(different()),
                };
                let (intercept, slopes) = (fit.coefficients[0], &fit.coefficients[1..]);
                let (slopes, shift) = rewritten(slopes, &units);
                lines.push((*c, [vec![intercept + shift], slopes].concat()));
                spreads.push((*c, vec![*variance]));
            }
            let coefficients = line(&lines)?;
            let residuals = Spread::Normal(line(&spreads)?[0].max(0.0));
            Ok(Conditional::Linear {
                design: design.clone(),
                fit: Linear { coefficients, rank: fit.rank },
                residuals,
            })
        }
    }
}

/// What one encoding's numbers are in another's: factor and shift of each.
type Units = Vec<(f64, f64)>;

/// The log odds of each level that the first has seen, against one that all have seen.
fn logistic(first: &Logistic, models: &[(f64, &Logistic, Units)]) -> Result<Logistic, Refusal> {
    let shared = |level: &&u32| models.iter().all(|(_, fit, _)| fit.levels().contains(level));
    let Some(&base) = first.levels().iter().find(shared) else { return Ok(first.clone()) };
    let own: Vec<_> = models.iter().map(|(c, fit, units)| (*c, fit.log_odds(base), units)).collect();
    let mut odds = first.log_odds(base);
    for (level, vector) in &mut odds {
        let of = own.iter().map(|(c, odds, units)| {
            let (intercept, slopes) = odds.get(level)?.split_last()?;
            let (mut slopes, shift) = rewritten(slopes, units);
            slopes.push(intercept + shift);
            Some((*c, slopes))
        });
        if let Some(of) = of.collect::<Option<Vec<_>>>() {
            *vector = line(&of)?;
        }
    }
    Ok(first.with_log_odds(&odds))
}

/// Slopes on numbers x in the units x′ with x = factor · x′ + shift, and what that adds to the intercept.
fn rewritten(slopes: &[f64], units: &[(f64, f64)]) -> (Vec<f64>, f64) {
    let shift = slopes.iter().zip(units).map(|(b, (_, shift))| b * shift).sum();
    (slopes.iter().zip(units).map(|(b, (factor, _))| b * factor).collect(), shift)
}

fn line(models: &[(f64, Vec<f64>)]) -> Result<Vec<f64>, Refusal> {
    affine::line(&borrowed(models), |v| v)
}

fn borrowed(models: &[(f64, Vec<f64>)]) -> Vec<(f64, &Vec<f64>)> {
    models.iter().map(|(c, v)| (*c, v)).collect()
}

fn different() -> Refusal {
    Refusal::new("the models draw a column in different ways")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use crate::data::{Column, Field, Kind, Levels, Mix, Role, Rows, Samples, Schema};
    use crate::models::tabular::Tabular;
    use crate::models::{Affine, Ask, Family, Model, Sampling, Start};
    use crate::rng::Streams;

    /// Rows (x, y) and the class of each.
    fn rows(of: &[(f64, f64, u32)]) -> Samples {
        let number =
            |name: &str| Field { name: name.into(), role: Role::Feature, kind: Kind::F64 { width: 1 } };
        let kind = Kind::Codes { levels: Levels::Count(3) };
        let fields = vec![number("x"), number("y"), Field { name: "c".into(), role: Role::Label, kind }];
        let column =
            |f: fn(&(f64, f64, u32)) -> f64| Column::F64 { width: 1, data: of.iter().map(f).collect() };
        let codes = Column::Codes { data: of.iter().map(|r| r.2).collect() };
        Samples::new(Arc::new(Schema { fields }), vec![column(|r| r.0), column(|r| r.1), codes]).unwrap()
    }

    fn family() -> Tabular {
        let graph = [("y".to_owned(), vec!["x".to_owned()]), ("c".to_owned(), vec!["x".to_owned()])];
        Tabular { graph: graph.into(), ..Tabular::default() }
    }

    fn fit(of: &[(f64, f64, u32)]) -> Box<dyn Model> {
        let mix = Mix::of_human(Rows::all(rows(of)));
        family().fit(&mix, Start::Scratch, &Streams::new(0, 0)).unwrap()
    }

    fn beyond(a: &dyn Model, b: &dyn Model, w: f64) -> Box<dyn Model> {
        family().combine(&[(1.0 + w, a), (-w, b)]).unwrap()
    }

    /// P(c | x) of the classes, by the likelihood of rows that differ in nothing else.
    fn classes(model: &dyn Model, x: f64, y: f64) -> Vec<f64> {
        let table = rows(&[(x, y, 0), (x, y, 1), (x, y, 2)]);
        let log = model.density().unwrap().log_likelihood(&table, &Streams::new(0, 0)).unwrap();
        let total: f64 = log.iter().map(|l| l.exp()).sum();
        log.iter().map(|l| l.exp() / total).collect()
    }

    #[test]
    fn lines_on_parents_of_different_spread_are_combined_in_the_same_units() {
        // y = 3 + x and y = 1 + 2x, both without residuals: 1.5·(3 + x) − 0.5·(1 + 2x) = 4 + x/2.
        let a = fit(&[(10.0, 13.0, 0), (20.0, 23.0, 1), (60.0, 63.0, 2)]);
        let b = fit(&[(0.0, 1.0, 0), (1.0, 3.0, 1), (5.0, 11.0, 2)]);
        let made = beyond(&*a, &*b, 0.5)
            .synthesise(Ask::Rows, 50, &Sampling::default(), &Streams::new(0, 1))
            .unwrap()
            .features();
        assert!(made.chunks(2).all(|r| (r[1] - (4.0 + r[0] / 2.0)).abs() < 1e-6), "{made:?}");
        let x = || made.chunks(2).map(|r| r[0]);
        assert!(
            x().fold(f64::MIN, f64::max) - x().fold(f64::MAX, f64::min) > 10.0,
            "the parents have spread"
        );
    }

    #[test]
    fn log_odds_are_combined_whatever_the_units() {
        let noisy = |scale: f64, shift: f64| -> Vec<(f64, f64, u32)> {
            (0..12).map(f64::from).map(|x| (scale * x + shift, x * x, (x as u32 * 5 / 3) % 3)).collect()
        };
        let (a, b) = (fit(&noisy(1.0, 0.0)), fit(&noisy(-0.3, 4.0)));
        let line = beyond(&*a, &*b, 0.5);
        for x in [-1.0, 2.0, 3.5] {
            let odds = |m: &dyn Model, c: usize| {
                let p = classes(m, x, 30.0);
                (p[c] / p[0]).ln()
            };
            for c in [1, 2] {
                let expected = 1.5 * odds(&*a, c) - 0.5 * odds(&*b, c);
                assert!((odds(&*line, c) - expected).abs() < 1e-9, "x = {x}, class {c}");
            }
        }
    }

    #[test]
    fn a_level_that_only_the_first_has_seen_keeps_its_log_odds() {
        let three = fit(&[(0.0, 0.0, 0), (1.0, 2.0, 1), (2.0, 3.0, 2), (3.0, 9.0, 0), (4.0, 1.0, 2)]);
        let two = fit(&[(0.0, 0.0, 0), (1.0, 2.0, 1), (2.0, 3.0, 1), (3.0, 9.0, 0)]);
        let (p, line) = (classes(&*three, 1.5, 2.0), classes(&*beyond(&*three, &*two, 1.0), 1.5, 2.0));
        assert!(((line[2] / line[0]).ln() - (p[2] / p[0]).ln()).abs() < 1e-9);
        assert!(((line[1] / line[0]).ln() - (p[1] / p[0]).ln()).abs() > 1e-3, "level 1 has moved");
    }

    #[test]
    fn residuals_of_the_training_rows_are_no_parameters() {
        let family =
            Tabular { residuals: crate::models::tabular::Residuals::Empirical, ..Tabular::default() };
        assert!(family.affine().err().unwrap().to_string().contains("residuals"));
    }
}
