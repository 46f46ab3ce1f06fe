//! The notebook of a comparison: collapse curves and paired differences from `metrics.csv`.

use super::Notebook;
use super::python::{list, string};

const LOAD: &str = include_str!("load.py");
const CURVES: &str = include_str!("curves.py");
const DIFFERENCES: &str = include_str!("differences.py");
const MISSING: &str =
    "pd.concat([without_value(m) for m in METRICS], ignore_index=True) if METRICS else None";

/// Returns a notebook that reads `metrics.csv` (at `csv`, relative to the notebook, with `/`),
/// draws each metric over generations, and the paired differences to all-human training at the
/// last generation.
///
/// `metrics` names the metrics to draw, all of the file where empty. `swept` names the further
/// columns that tell settings apart (for instance `loop.regime`); each combination gets its own
/// row of panels. `human_fraction` always colours the lines. Intervals are Student's t over
/// seeds on the values' own scale; the notebook says so.
#[must_use]
pub fn comparison_notebook(title: &str, csv: &str, metrics: &[&str], swept: &[&str]) -> Notebook {
    let settings = format!(
        "CSV = {}\nMETRICS = {}  # empty: every metric of the file\nSWEPT = {}  # columns beside human_fraction that tell settings apart\nSUBJECT = None  # \"model\", \"synthetic\" or \"training\"; None: the first that a metric has",
        string(csv),
        list(metrics),
        list(swept),
    );
    Notebook::new()
        .markdown(&format!(
            "# {}\n\nReads `{}`, one observation a row, and needs `pandas` and `matplotlib`.\n\n\
             Intervals are Student's t over seeds, on the scale of the values themselves; the \
             tables of the run use the log or logit scale of a metric, so theirs can differ a little.",
            title.replace(['\n', '\r'], " "),
            csv.replace('`', "'"),
        ))
        .code(&settings)
        .code(LOAD)
        .markdown(
            "## Collapse curves\n\nThe mean over seeds with its 95 % interval, by human fraction; the median where \
             some are infinite; an open ring where there is no finite value after it. \
             Dashed: the human rows of a mix alone. Grey: human rows against human rows, where the run measured them.",
        )
        .code(CURVES)
        .markdown(
            "## Paired differences at the last generation\n\nEach seed is compared with itself under the \
             highest human fraction of the same setting, and so is a fit on its human rows alone. An interval that holds 0 does not show a difference. \
             Where a seed has no value there is no difference.",
        )
        .code(DIFFERENCES)
        .markdown(
            "## Values that are missing or infinite at the last generation\n\nSeeds by reason: `degenerate` ones are a \
             consequence of collapse.",
        )
        .code(MISSING)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_settings_cell_holds_what_was_asked() {
        let text = comparison_notebook("A \"title\"", "metrics.csv", &["variance"], &["loop.regime"])
            .to_text()
            .unwrap();
        let cells: serde_json::Value = serde_json::from_str(&text).unwrap();
        let source: String =
            cells["cells"][1]["source"].as_array().unwrap().iter().filter_map(|l| l.as_str()).collect();
        assert!(source.contains("METRICS = [\"variance\"]"));
        assert!(source.contains("SWEPT = [\"loop.regime\"]"));
        assert_eq!(cells["cells"].as_array().unwrap().len(), 9);
    }
}
