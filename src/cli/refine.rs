//! `collapse run --refine`: further settings where the boundary of a phase diagram runs.

use std::path::PathBuf;

use miette::{IntoDiagnostic, Result, miette};

use super::execute::{Execution, execute};
use crate::analysis::column;
use crate::experiment::engine;
use crate::publish::further_cells;
use crate::spec::Experiment;

/// Rounds of refinement; each may halve a gap in every line of cells.
const ROUNDS: usize = 6;

/// The experiment with at most `most` further cells, each in the middle of the widest gap of its line that meets the band
/// of the boundary, the decisions for the manifest, and the folder. The seeds are fixed before, so that further cells need
/// no correction for looking.
pub(super) fn refined(
    experiment: Experiment,
    most: usize,
    how: &Execution<'_>,
) -> Result<(Experiment, Vec<serde_json::Value>, PathBuf)> {
    let prepared = engine::prepare(experiment.clone(), &how.options.context(how.components))?;
    let default = || PathBuf::from("results").join(&experiment.name).join(prepared.run_name());
    let out = how.options.out.clone().unwrap_or_else(default);
    let mut options = how.options.clone();
    options.no_figures = true;
    let (mut experiment, mut decisions, mut left) = (experiment, Vec::new(), most);
    for round in 1..=ROUNDS {
        let how = Execution {
            options: &options,
            components: how.components,
            out: Some(out.clone()),
            interrupt: how.interrupt,
            answer: how.answer,
            decisions: decisions.clone(),
            budget: 1,
        };
        let Some(done) = execute(experiment.clone(), &how)? else { break };
        if how.interrupt.is_set() || left == 0 {
            break;
        }
        let found = further_cells(&done.publication).into_diagnostic()?.ok_or_else(|| {
            miette!(
                help = "add a [[figure]] with kind = \"phase\", x, y and color",
                "`--refine` follows the boundary of a phase diagram, and this spec has none"
            )
        })?;
        let key = |axis: &str| {
            let keys = experiment.sweep.keys();
            let known = keys.iter().find(|k| column(&k.name) == column(axis)).map(|k| k.name.clone());
            known.ok_or_else(|| miette!("`{axis}` is not swept, so there is nothing to refine along it"))
        };
        let (x, y) = (key(&found.x)?, key(&found.y)?);
        let cells: Vec<(f64, f64)> = found.cells.iter().take(left).map(|c| (tidy(c.0), tidy(c.1))).collect();
        if cells.is_empty() {
            break;
        }
        let before = experiment.sweep.points.len().max(experiment.settings()?.len());
        experiment = experiment.with_cells((&x, &y), &cells)?;
        if experiment.settings()?.len() == before {
            break;
        }
        left -= cells.len();
        remark!(
            "refinement {round}: {} crossings of the boundary; {} further cells",
            found.crossings,
            cells.len()
        );
        decisions.push(serde_json::json!({ "refinement": round, "x": x, "y": y, "cells": cells }));
    }
    Ok((experiment, decisions, out))
}

/// A place as one would write it: ten significant digits.
fn tidy(v: f64) -> f64 {
    format!("{v:.9e}").parse().unwrap_or(v)
}
