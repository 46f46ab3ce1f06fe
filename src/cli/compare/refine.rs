//! `--refine`: further arms where the interval of the critical fraction shrinks most.

use std::path::Path;
use std::sync::Arc;

use miette::{Result, miette};

use super::{CompareArgs, specs::comparison_specs};
use crate::analysis::effects::next_arm;
use crate::cli::execute::{Execution, execute};
use crate::components::Components;
use crate::publish::{Answered, Asked, number};
use crate::run::Interrupt;
use crate::spec::{Experiment, Overlays};

/// Runs up to `args.refine` further arms, each in the middle of the widest gap between arms that meets the interval of the
/// critical fraction, and returns the arguments with all fractions, the decisions, and what was spent in words. The seeds
/// are fixed before, so that the arms need no correction for looking. Rows land in `out`, where the comparison itself
/// will find them.
pub(super) fn refined(
    args: &CompareArgs,
    slug: &str,
    asked: &Asked,
    out: &Path,
    (interrupt, components): (&Interrupt, &Arc<Components>),
) -> Result<(CompareArgs, Vec<serde_json::Value>, Option<String>)> {
    let mut args = args.clone();
    let mut decisions = vec![asked.decision()];
    if args.refine == 0 {
        return Ok((args, decisions, None));
    }
    let fractions = super::specs::fractions(&args, slug, components)?;
    if args.human_rows.is_some()
        || args.regime.len() > 1
        || args.temperature.len() > 1
        || ![0.0, 1.0].iter().all(|f| fractions.contains(f))
    {
        return Err(miette!(
            help = "for example --fractions 0,0.5,1 --refine 3",
            "`--refine` looks for the critical human fraction of one regime: it needs fractions 0 and 1 to compare with, \
             and neither `--human-rows` nor several regimes or temperatures"
        ));
    }
    args.fractions = fractions;
    let mut options = args.options.clone();
    options.no_figures = true;
    let mut spent = Vec::new();
    let mut why = "the budget is spent";
    for round in 1..=args.refine {
        let how = Execution {
            options: &options,
            components,
            out: Some(out.to_path_buf()),
            interrupt,
            answer: &|publication| Answered::compared(publication, asked),
            decisions: decisions.clone(),
            budget: 1,
        };
        let Some(done) = execute(experiment(&args, slug, components)?, &how)? else { break };
        if interrupt.is_set() {
            break;
        }
        let Some(found) = done.answer.effects.comparisons.first().and_then(|c| c.together.clone()) else {
            why = "no metric shows a loss to refine";
            break;
        };
        let Some(next) = next_arm(&args.fractions, found.low, found.high.unwrap_or(1.0)) else {
            why = "no gap between arms is wide enough to be worth another";
            break;
        };
        let next = (next * 1e4).round() / 1e4;
        remark!("refinement {round}: the critical fraction is {}; trying {next}", number(found.estimate));
        decisions.push(serde_json::json!({
            "round": round,
            "estimate": found.estimate,
            "low": found.low,
            "high": found.high,
            "next": next,
        }));
        spent.push(number(next));
        args.fractions.push(next);
        args.fractions.sort_by(f64::total_cmp);
    }
    let words = match spent.as_slice() {
        [] => format!("No further arm was run: {why}."),
        some => format!(
            "Spent on the critical fraction: {} further arms, at {}; {why}.",
            some.len(),
            some.join(", ")
        ),
    };
    Ok((args, decisions, Some(words)))
}

/// The experiment of one data set with these arguments.
pub(super) fn experiment(args: &CompareArgs, slug: &str, components: &Components) -> Result<Experiment> {
    let specs = comparison_specs(args, components)?;
    let text = specs.into_iter().find(|(name, _)| name == slug).map(|(_, text)| text).unwrap_or_default();
    let overlays = args.set.iter().fold(Overlays::default(), |o, s| o.set(s));
    let mut experiment = Experiment::with_overlays(&text, &format!("compare {slug}"), &overlays)?;
    slug.clone_into(&mut experiment.name);
    Ok(experiment)
}
