//! Everything that is wrong with a spec, before anything runs: what `check`, `run` and `compare` refuse alike.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::lineage::{self, Context};
use crate::output;
use crate::publish;
use crate::run::{Prepared, Work};
use crate::spec::{Error, Experiment, Overlays};
use crate::store::Settings;

/// Reads a spec.
///
/// # Errors
/// With every mistake in it, not only those that its text alone shows.
pub(crate) fn file(path: &Path, overlays: &Overlays, context: &Context) -> Result<Experiment, Error> {
    let mut problems = Vec::new();
    output::note_input(path);
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
pub(crate) fn prepared(experiment: Experiment, context: &Context) -> Result<Prepared, Error> {
    let mut problems = Vec::new();
    parts(&experiment, context, &mut problems);
    if let Some(error) = Error::all(problems) {
        return Err(error);
    }
    let prepared = Prepared::new(experiment, context)?;
    let mut problems = Vec::new();
    // There may be many settings, and laws are asked about by claims alone.
    if !prepared.experiment.claims.is_empty() {
        publish::examine_laws(&prepared.experiment, &Settings::of(prepared.settings()), &mut problems);
    }
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
pub(crate) fn mistakes(error: &Error) -> Vec<Json> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Every mistake of a spec: its line, its message and its advice.
    fn told(text: &str) -> Vec<(usize, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.toml");
        std::fs::write(&path, text).unwrap();
        let context = Context::default();
        let read = file(&path, &Overlays::default(), &context).and_then(|e| prepared(e, &context));
        let Err(error) = read else { return Vec::new() };
        let line = |e: &&Error| (e.places().first().map_or(0, |at| at.line_column().0), e.located());
        error.mistakes().iter().map(line).collect()
    }

    fn expect(text: &str, expected: &[(usize, &str)]) {
        let told = told(text);
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (line, part) in expected {
            assert!(
                told.iter().any(|(at, says)| at == line && says.contains(part)),
                "{line} {part}: {told:#?}"
            );
        }
    }

    #[test]
    fn ten_mistakes_of_ten_kinds_are_told_at_once() {
        let text = r#"[data]
source = "gausian"
[model]
family = "gaussian"
dof = 1
[loop]
generations = 10
samples = "100"
regime = "replace"
human_fraction = 0.2
[measure]
metrics = ["variance", "covrage"]
[sweep]
seed = 10
"loop.human_fracton" = [0, 1]
[[figure]]
kind = "heatmap"
x = "generation"
[[claim]]
says = "x"
metric = "entropy"
at = [50]
statistic = "mean"
law = "gaussian-replace-variance"
tolerance = 0.1
"#;
        expect(
            text,
            &[
                (2, "did you mean `gaussian`"),
                (5, "did you mean `ddof`"),
                (8, "samples"),
                (10, "its human fraction is 0"),
                (12, "did you mean `coverage`"),
                (14, "did you mean `seeds`"),
                (15, "did you mean `loop.human_fraction`"),
                (17, "did you mean `heat-map`"),
                (21, "add \"entropy\" to measure.metrics"),
                (22, "generation 50, which is not measured"),
            ],
        );
    }

    fn small(more: &str) -> String {
        format!(
            "[data]\nsource = \"moby-dick\"\n[model]\nfamily = \"ngram\"\n[loop]\ngenerations = 3\nsamples = 500\n\
             regime = \"replace\"\n[measure]\nmetrics = [\"entropy\"]\n{more}"
        )
    }

    #[test]
    fn what_a_run_could_not_draw_or_set_is_told_before_it() {
        expect(&small("[sweep]\nseeds = 2\n"), &[]);
        expect(&small("[[figure]]\nkind = \"gallery\"\n"), &[(12, "no setting has images")]);
        let by_member =
            "[[figure]]\nkind = \"curve\"\nx = \"generation\"\ny = \"entropy\"\ncolor = \"member\"\n";
        expect(&small(by_member), &[(15, "measure.by_member = true")]);
        let points = "[sweep]\npoints = [ { \"loop.samples\" = 50 } ]\n";
        expect(&small(points), &[(12, "[[sweep.point]]")]);
        let families = small("[sweep]\n\"model.family\" = [\"gpt\", \"ngram\"]\n");
        let families = families.replace("family = \"ngram\"\n", "family = \"gpt\"\ncontext = 64\n");
        expect(&families, &[(5, "in the settings with family ngram")]);
    }
}
