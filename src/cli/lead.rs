//! `collapse lead`: which metric changes first, and how long before the outcome.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use miette::{IntoDiagnostic, Result, miette};

use super::{EXIT_DONE, tables};
use crate::components::Components;
use crate::publish::{self, FALSE_ALARMS, Publication, time_in_words};

const EXAMPLES: &str = "\
Examples:
  collapse lead results/compare/moby-dick-gpt-137c47ed
  collapse lead results/mine --outcome task-accuracy --false-alarms 0.05";

/// Say which metric changes first, and how many generations before the outcome.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct LeadArgs {
    /// The run folder; it needs a setting of human rows alone (human fraction 1)
    folder: PathBuf,
    /// The metric that others are to come before; default: the held-out likelihood, else a task's score
    #[arg(long, value_name = "METRIC")]
    outcome: Option<String>,
    /// How often a human-only lineage may raise an alarm
    #[arg(long, value_name = "RATE", default_value_t = FALSE_ALARMS)]
    false_alarms: f64,
    /// Print JSON in place of the table
    #[arg(long)]
    json: bool,
}

pub(super) fn lead(args: &LeadArgs, components: &Arc<Components>) -> Result<u8> {
    if !(args.false_alarms > 0.0 && args.false_alarms < 1.0) {
        return Err(miette!("`--false-alarms {}`: the rate is above 0 and below 1", args.false_alarms));
    }
    let publication = Publication::open(&args.folder, components.clone()).into_diagnostic()?;
    let found = publish::leads(&publication, args.outcome.as_deref(), args.false_alarms).into_diagnostic()?;
    let Some(found) = found else {
        return Err(miette!(
            help = "add `negative-log-likelihood`, `perplexity` or a task to the metrics, and human fraction 1 to the sweep, or name a metric that was measured with --outcome",
            "{}: no lead times: they need an outcome and a setting of human rows alone",
            args.folder.display()
        ));
    };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&found).into_diagnostic()?);
        return Ok(EXIT_DONE);
    }
    if let Some(sentence) = found.sentence() {
        say!("{sentence}\n");
    }
    let by = if found.by.is_empty() { "setting" } else { &found.by };
    let mut table = tables::dense(&[by, "metric", "alarm at generation", "lead", "seeds", "threshold"]);
    let mut last = "";
    for row in &found.rows {
        if !last.is_empty() && last != row.setting {
            table.add_row([""]);
        }
        let setting = if last == row.setting { "" } else { row.setting.as_str() };
        last = &row.setting;
        let (alarm, seeds) = match &row.alarm {
            Some(times) => (time_in_words(times), format!("{} of {}", times.known, times.seeds)),
            None => (row.why.clone().unwrap_or_default(), String::new()),
        };
        let lead = match &row.lead {
            Some(times) => time_in_words(times),
            None if row.metric == found.outcome => "the outcome".into(),
            None => "–".into(),
        };
        let threshold = row.threshold.map_or("–".into(), publish::number);
        let cells = [setting, &row.metric, &alarm, &lead, &seeds, &threshold];
        table.add_row(cells.map(tables::tied));
    }
    say!("{}\n\n{}", tables::fitted(table), found.method());
    Ok(EXIT_DONE)
}
