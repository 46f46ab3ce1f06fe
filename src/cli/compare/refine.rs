//! `--refine`: rounds of comparison that close in on the critical fraction.

use std::path::Path;

use miette::{Result, miette};

use super::{CompareArgs, answer, specs::comparison_specs};
use crate::cli::{Execution, execute};
use crate::run::Interrupt;
use crate::spec::{Experiment, Overlays};

/// Fractions closer than this are not told apart.
const RESOLUTION: f64 = 0.01;

/// Tries up to `args.refine` further fractions, each halfway between the smallest one that holds and
/// the next one below, and returns the arguments with all fractions and the decisions in words.
/// Rows land in `out`, where the comparison itself will find them.
pub(super) fn refined(
    args: &CompareArgs,
    slug: &str,
    out: &Path,
    interrupt: &Interrupt,
) -> Result<(CompareArgs, Vec<serde_json::Value>)> {
    let mut args = args.clone();
    let mut decisions = Vec::new();
    if args.refine == 0 {
        return Ok((args, decisions));
    }
    if args.human_rows.is_some() || args.regime.len() > 1 || !args.fractions.contains(&1.0) {
        return Err(miette!(
            help = "for example --fractions 0,0.5,1 --refine 3",
            "`--refine` looks for the critical human fraction of one regime: it needs fraction 1 to compare with, \
             and neither `--human-rows` nor several regimes"
        ));
    }
    let mut options = args.options.clone();
    options.no_figures = true;
    for round in 1..=args.refine {
        let how = Execution {
            options: &options,
            out: Some(out.to_path_buf()),
            interrupt,
            answer: &answer::answer,
            decisions: decisions.clone(),
        };
        let done = execute(experiment(&args, slug)?, &how)?;
        if interrupt.is_set() || done.report.is_none() {
            break;
        }
        let Some((found, _)) = done.answer.critical.first() else { break };
        let Some(next) = found.refine(RESOLUTION) else { break };
        let next = (next * 1e4).round() / 1e4;
        remark!(
            "refinement {round}: the critical fraction is at most {:?}; trying {next}",
            found.fraction.unwrap_or(1.0)
        );
        decisions.push(serde_json::json!({
            "round": round,
            "holds": found.fraction,
            "below": found.below,
            "below_degrades": found.below_degrades,
            "next": next,
        }));
        args.fractions.push(next);
        args.fractions.sort_by(f64::total_cmp);
    }
    Ok((args, decisions))
}

/// The experiment of one data set with these arguments.
pub(super) fn experiment(args: &CompareArgs, slug: &str) -> Result<Experiment> {
    let specs = comparison_specs(args)?;
    let text = specs.into_iter().find(|(name, _)| name == slug).map(|(_, text)| text).unwrap_or_default();
    let overlays = args.set.iter().fold(Overlays::default(), |o, s| o.set(s));
    let mut experiment = Experiment::with_overlays(&text, &format!("compare {slug}"), &overlays)?;
    slug.clone_into(&mut experiment.name);
    Ok(experiment)
}
