//! Everything that is wrong with a spec, before anything runs: what `check`, `run` and `compare` refuse alike.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::lineage::{self, Context};
use crate::publish;
use crate::run::{Prepared, Work};
use crate::spec::{Error, Experiment, Overlays};
use crate::store::Settings;

/// Reads a spec.
///
/// # Errors
/// With every mistake in it, not only those that its text alone shows.
pub(super) fn file(path: &Path, overlays: &Overlays, context: &Context) -> Result<Experiment, Error> {
    let mut problems = Vec::new();
    let experiment = Experiment::examine_file(path, overlays, &mut problems)?;
    if problems.is_empty() {
        return Ok(experiment);
    }
    parts(&experiment, context, &mut problems);
    Error::all(problems).map_or(Ok(experiment), Err)
}

/// Makes an experiment ready to run.
///
/// # Errors
/// With every mistake in its components, claims and figures; where there is none, with every setting that contradicts
/// itself and every law that does not hold.
pub(super) fn prepared(experiment: Experiment, context: &Context) -> Result<Prepared, Error> {
    let mut problems = Vec::new();
    parts(&experiment, context, &mut problems);
    if let Some(error) = Error::all(problems) {
        return Err(error);
    }
    let prepared = Prepared::new(experiment, context)?;
    let mut problems = Vec::new();
    publish::examine_laws(&prepared.experiment, &Settings::of(prepared.settings()), &mut problems);
    let schemas: Vec<_> =
        prepared.settings.iter().filter_map(|s| Some(s.lineage.as_ref().ok()?.source.schema())).collect();
    publish::examine_pictures(&prepared.experiment, &schemas, &mut problems);
    Error::all(problems).map_or(Ok(prepared), Err)
}

/// What is wrong with the parts of an experiment, each by itself.
fn parts(experiment: &Experiment, context: &Context, problems: &mut Vec<Error>) {
    let settings = experiment.examine_settings(problems);
    lineage::examine(experiment, &settings, context, problems);
    publish::examine_claims(experiment, &settings, &context.components, problems);
    publish::examine_figures(experiment, &settings, &context.components, problems);
}

/// Every mistake of an error, for other programs.
pub(super) fn mistakes(error: &Error) -> Vec<Json> {
    let one = |mistake: &&Error| {
        let place = mistake.places().first().map(|at| (at.source.name.clone(), at.line_column()));
        let (file, line, column) =
            place.map_or((None, None, None), |(f, (l, c))| (Some(f), Some(l), Some(c)));
        json!({
            "file": file,
            "line": line,
            "column": column,
            "kind": format!("{:?}", mistake.kind()),
            "message": mistake.to_string(),
            "help": mistake.help_text(),
        })
    };
    error.mistakes().iter().map(one).collect()
}
