//! The notebook beside a run's CSV files.

use std::path::{Path, PathBuf};

use super::names::varying;
use super::{Publication, PublishError};
use crate::analysis::SettingKey;
use crate::notebook::{Notebook, comparison_notebook};
use crate::output;

const SUMMARY: &str = r#"import pandas as pd
import matplotlib.pyplot as plt

rows = pd.read_csv("summary.csv")
rows = rows[rows["subject"] != "human"]
fixed = ["generation", "subject", "metric", "n", "n_asked", "n_infinite", "mean", "sd", "median", "ci_low", "ci_high",
         "ci_method", "why"]
settings = [c for c in rows.columns if c not in fixed and rows[c].nunique(dropna=False) > 1]"#;

const SUMMARY_CURVES: &str = r#"for metric, part in rows.groupby("metric"):
    fig, ax = plt.subplots()
    groups = part.groupby(settings, dropna=False) if settings else [("", part)]
    for name, line in groups:
        line = line.sort_values("generation")
        (drawn,) = ax.plot(line["generation"], line["mean"], label=str(name))
        ax.fill_between(line["generation"], line["ci_low"], line["ci_high"], alpha=0.2, color=drawn.get_color())
    ax.set(xlabel="generation", ylabel=metric)
    ax.legend(title=", ".join(settings))
plt.show()"#;

/// Writes `notebook.ipynb` into `to`, with copies of the CSV files that it reads where `to` is not
/// the run folder. It draws the curves and paired differences from the rows, or, where `metrics.csv` was too long to be
/// written, the curves from `summary.csv`.
///
/// # Errors
/// Those of the files.
pub fn export_notebook(publication: &Publication, to: &Path) -> Result<PathBuf, PublishError> {
    let experiment = &publication.experiment;
    let folder = &publication.folder;
    let file = |path: &Path, source| PublishError::File { path: path.into(), source };
    std::fs::create_dir_all(to).map_err(|e| file(to, e))?;
    for csv in [folder.metrics(), folder.summary()] {
        if let Some(name) = csv.file_name().filter(|_| csv.is_file()) {
            // The target may be the same file under another name of the folder.
            let target = to.join(name);
            if !output::same_file(&target, &csv) {
                let bytes = std::fs::read(&csv).map_err(|e| file(&csv, e))?;
                output::write(&target, &bytes).map_err(|e| file(&target, e))?;
            }
        }
    }
    let path = to.join("notebook.ipynb");
    if !folder.metrics().is_file() {
        let title = experiment.title().replace(['\n', '\r'], " ");
        let intro = "Reads `summary.csv`, one setting, generation and metric a row (`metrics.csv` is not there: \
                     `collapse export rows` writes it), and needs `pandas` and `matplotlib`. Bands are the summary's \
                     95 % intervals.";
        Notebook::new()
            .markdown(&format!("# {title}\n\n{intro}"))
            .code(SUMMARY)
            .code(SUMMARY_CURVES)
            .write(&path)?;
        return Ok(path);
    }
    let metrics: Vec<&str> = experiment.measure.metrics.iter().map(|m| m.name.as_str()).collect();
    let columns = columns(publication)?;
    let swept: Vec<&str> = columns.iter().map(String::as_str).collect();
    comparison_notebook(experiment.title(), "metrics.csv", &metrics, &swept).write(&path)?;
    Ok(path)
}

/// The columns beside the human fraction that tell settings apart.
fn columns(publication: &Publication) -> Result<Vec<String>, PublishError> {
    let records = publication.records()?;
    let keys: Vec<SettingKey> = records.iter().map(|s| SettingKey::new(&records, s.index, None)).collect();
    let mut columns = varying(&keys.iter().collect::<Vec<_>>());
    columns.retain(|c| c != "human_fraction");
    Ok(columns)
}
