//! `augment.csv`: every number of every repeat.

use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, Result};

use super::Found;
use crate::store::write_atomically;

/// The columns.
const COLUMNS: [&str; 11] =
    ["effort", "repeat", "share", "curation", "rows", "arm", "chosen", "train", "test", "score", "value"];

impl Found<'_> {
    /// Writes one line per effort, repeat, arm (`arm`, or `null` with shuffled labels) and score.
    pub(super) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS).into_diagnostic()?;
        for trial in &self.trials {
            let (study, plan) = (&trial.study, &trial.plan);
            for (r, repeat) in study.repeats.iter().enumerate() {
                let arms = (0..).zip(&repeat.test).map(|(i, scores)| (i, "arm", scores));
                // Human rows alone have no synthetic labels to shuffle.
                let null = (0..).zip(&repeat.null).skip(1).map(|(i, scores)| (i, "null", scores));
                for (i, kind, scores) in arms.chain(null) {
                    let arm: &crate::augment::Arm = &study.arms[i];
                    for (name, value) in scores {
                        writer
                            .write_record([
                                trial.effort().into(),
                                r.to_string(),
                                arm.share.to_string(),
                                plan.curations[arm.curation].0.clone(),
                                arm.rows.to_string(),
                                kind.into(),
                                (kind == "arm" && i == repeat.chosen).to_string(),
                                repeat.sizes.0.to_string(),
                                repeat.sizes.1.to_string(),
                                name.clone(),
                                value.to_string(),
                            ])
                            .into_diagnostic()?;
                    }
                }
            }
        }
        let path = folder.join("augment.csv");
        let bytes = writer.into_inner().into_diagnostic()?;
        write_atomically(&path, &bytes).into_diagnostic()?;
        Ok(path)
    }
}
