//! What can be said of a claim before anything runs: whether a run of the spec can decide it.

use std::sync::Arc;

use super::claims_controls::{needed, stand_in};
use super::conditions::predict;
use super::figure_checks::unmeasured;
use super::settings::{has, label, opponent, picked};
use crate::components::Components;
use crate::metrics::METRICS;
use crate::spec::{self, ClaimSpec, Control, Error, Experiment, Setting, Statistic, Value};
use crate::store::Settings;
use crate::theory;

/// The fewest settings whose order is less likely than 1 in 20: 4! = 24.
const LEAST_RANKED: usize = 4;

/// The key of the claim that is wrong, and why.
type Wrong = (&'static str, String);

/// Adds to `problems`, before anything runs, what keeps a run of this spec from deciding its claims: settings, metrics,
/// generations and laws that are not there.
pub fn examine_claims(
    experiment: &Experiment,
    settings: &[Setting],
    components: &Components,
    problems: &mut Vec<Error>,
) {
    for claim in &experiment.claims {
        let mut found = Vec::new();
        if let Some((what, help)) = unmeasured(&claim.metric, experiment, components) {
            let text = format!("the claim \"{}\" {what}", claim.says);
            problems.push(Error::refused(claim.node.key_at("metric"), text, help));
        }
        possible(claim, experiment, settings, &mut found);
        problems.extend(found.into_iter().map(|(key, why)| {
            let text = format!("the claim \"{}\" {why}", claim.says);
            Error::refused(claim.node.key_at(key), text, "see the sweep, measure.metrics and measure.at")
        }));
    }
}

/// Adds to `problems`, before anything runs, every setting and generation of a claim for which its law refuses, with the
/// reason.
pub fn examine_laws(experiment: &Experiment, records: &Settings, problems: &mut Vec<Error>) {
    let mut settings = Arc::default();
    match experiment.settings() {
        Ok(read) => settings = read,
        Err(error) => problems.push(error),
    }
    for claim in &experiment.claims {
        let computed = Some(&claim.metric).filter(|name| METRICS.get(name).is_none());
        let control = |control: &'_ Control| match control {
            Control::Law(name) => theory::find(name),
            _ => None,
        };
        let own = claim.law.iter().chain(computed).filter_map(|name| theory::find(name));
        for law in own.chain(claim.controls.iter().filter_map(control)) {
            // What is skipped is no setting of the run.
            let run = |s: &&&Setting| records.get(s.index).is_some_and(|r| r.skipped.is_none());
            let chosen = picked(claim, &settings);
            let each = chosen.iter().filter(run).flat_map(|s| claim.at.iter().map(move |at| (s, *at)));
            // One reason for each law: the next setting would mostly repeat it.
            let refused = each.map(|(setting, at)| {
                predict(law, records, (setting.index, at), &claim.metric).map_err(|why| {
                    format!("the claim \"{}\" at generation {at} of {}: {why}", claim.says, label(setting))
                })
            });
            if let Some(text) = refused.filter_map(Result::err).next() {
                let key = if claim.law.is_some() { "law" } else { "metric" };
                let help = format!("`collapse describe {}` prints the law's conditions", law.name);
                problems.push(Error::refused(claim.node.key_at(key), text, help));
            }
        }
    }
}

/// Adds to `wrong` each key of a claim that keeps a run from deciding it.
fn possible(claim: &ClaimSpec, experiment: &Experiment, settings: &[Setting], wrong: &mut Vec<Wrong>) {
    let chosen = picked(claim, settings);
    if chosen.is_empty() {
        let wanted: Vec<&str> = claim.where_.iter().map(|(key, _)| key.as_str()).collect();
        let text = format!(
            "matches none of the {} settings; see its `where` ({})",
            settings.len(),
            wanted.join(", ")
        );
        wrong.push(("where", text));
    }
    if let Some(name) = claim.law.as_ref().filter(|name| theory::find(name).is_none()) {
        wrong.push(("law", format!("names the law `{name}`, and there is none of that name")));
    }
    if chosen.is_empty() {
        return;
    }
    let member = claim.member.max(claim.versus_member);
    match (experiment.measure.by_member, member, claim.member) {
        (true, _, None) => {
            wrong.push((
                "where",
                "names no member (`member = 0`), and measure.by_member keeps them apart".into(),
            ));
        }
        (false, Some(_), _) => {
            wrong.push(("where", "names a member; set measure.by_member = true".into()));
        }
        _ => {}
    }
    for setting in &chosen {
        let population = setting.loop_.population;
        if let Some(member) = member.filter(|m| *m as usize >= population) {
            wrong.push(("where", format!("names member {member} of {population}, counted from 0")));
            break;
        }
        // A number of generations that can't be read is told of where it stands.
        let Some(Value::Integer(_)) = setting.get("loop.generations").map(|node| &node.value) else {
            continue;
        };
        let last = setting.loop_.generations;
        let measured = experiment.measure.at.of(last);
        if let Some(at) = claim.at.iter().find(|at| !measured.contains(at)) {
            let text = format!(
                "is about generation {at}, which is not measured: the run has generations 0 to {last}"
            );
            wrong.push(("at", text));
            break;
        }
    }
    let over_generations =
        matches!(claim.statistic, Statistic::Monotone | Statistic::Slope) && claim.by.is_none();
    if over_generations && chosen.len() > 1 {
        wrong.push(("where", format!("picks {} settings and must pick one", chosen.len())));
    }
    if over_generations && claim.at.len() < 2 {
        wrong.push(("at", "needs at least two generations in `at`".into()));
    }
    if claim.by.is_some() && claim.statistic == Statistic::Slope && claim.at.len() != 1 {
        wrong.push(("at", "is a slope along a swept number, at one generation".into()));
    }
    if claim.statistic == Statistic::RankCorrelation {
        if claim.at.len() != 1 {
            wrong.push(("at", "is a correlation over settings, at one generation".into()));
        }
        if chosen.len() < LEAST_RANKED {
            let text = format!(
                "ranks {} settings; with fewer than {LEAST_RANKED} every order is likely by chance",
                chosen.len()
            );
            wrong.push(("where", text));
        }
    }
    for control in &claim.controls {
        let refused = controllable(control, claim, experiment, settings).err();
        wrong.extend(refused.map(|why| ("control", why)));
    }
    if claim.compares() {
        for setting in &chosen {
            if let Err(why) = opponent(claim, setting, settings) {
                wrong.push(("versus", why));
                break;
            }
        }
    }
    if let Some(by) = &claim.by {
        if claim.statistic == Statistic::Ordering {
            for value in &claim.order {
                wrong.extend(arm(&chosen, by, value).err().map(|why| ("order", why)));
            }
        } else {
            wrong.extend(run_along(claim, &chosen).err());
        }
    }
}

/// Whether what a control names is there.
fn controllable(
    control: &Control,
    claim: &ClaimSpec,
    experiment: &Experiment,
    settings: &[Setting],
) -> Result<(), String> {
    let over_generations =
        matches!(claim.statistic, Statistic::Monotone | Statistic::Slope) && claim.by.is_none();
    match control {
        Control::Where(picks) => {
            needed(claim, settings).into_iter().try_for_each(|s| stand_in(picks, s, settings).map(|_| ()))
        }
        Control::Law(name) if theory::find(name).is_none() => {
            Err(format!("has the law `{name}` as its control, and there is none of that name"))
        }
        Control::At(_) if over_generations => {
            Err("has one generation as its control, and is about several".into())
        }
        Control::At(generation) => {
            let measured = |s: &&Setting| experiment.measure.at.of(s.loop_.generations).contains(generation);
            match needed(claim, settings).iter().find(|s| !measured(s)) {
                Some(_) => Err(format!("has generation {generation} as its control, which is not measured")),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The one setting among `chosen` whose `by` is `value`.
pub(super) fn arm<'s>(chosen: &[&'s Setting], by: &str, value: &spec::Node) -> Result<&'s Setting, String> {
    let wanted = [(by.to_owned(), value.clone())];
    let found: Vec<&&Setting> = chosen.iter().filter(|s| has(s, &wanted)).collect();
    match found.as_slice() {
        [one] => Ok(one),
        several => Err(format!(
            "puts {by} = {} in order, which picks {} settings and must pick one",
            spec::canonical(value),
            several.len()
        )),
    }
}

/// The picked settings along the number `by`, ascending, each number once.
pub(super) fn run_along<'s>(
    claim: &ClaimSpec,
    chosen: &[&'s Setting],
) -> Result<Vec<(f64, &'s Setting)>, Wrong> {
    let by = claim.by.as_deref().unwrap_or("");
    let mut along: Vec<(f64, &Setting)> = Vec::with_capacity(chosen.len());
    for setting in chosen {
        let number = setting.get(by).and_then(spec::Node::as_f64);
        along.push((
            number.ok_or(("by", format!("runs along `{by}`, which is not a number in every setting")))?,
            setting,
        ));
    }
    along.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let Some(twice) = along.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let text = format!("picks several settings with {by} = {}; narrow its `where`", twice[0].0);
        return Err(("where", text));
    }
    if along.len() < 2 {
        return Err(("by", format!("runs along `{by}` and picks only {} setting", along.len())));
    }
    Ok(along)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::lineage::Context;
    use crate::run::{Prepared, Work};

    #[test]
    fn a_claim_whose_law_refuses_is_an_error_before_the_run_with_the_reason() {
        let checked = |model: &str, regime: &str| {
            let spec = format!(
                "[data]\nsource = \"linear-regression\"\ndim = 3\n[model]\nfamily = \"linear-regression\"\n{model}\n\
                 [loop]\ngenerations = 4\nsamples = 50\nregime = \"{regime}\"\nsynthesis = \"label\"\nprompts = \"initial\"\n\
                 [measure]\nmetrics = [\"parameter-error\"]\n\
                 [[claim]]\nsays = \"t times one fit\"\nmetric = \"parameter-error\"\nat = [4]\nstatistic = \"mean\"\n\
                 law = \"linear-regression-replace-risk\"\ntolerance = 0.1\n"
            );
            let experiment = Experiment::from_toml(&spec, "test").unwrap();
            let prepared = Prepared::new(experiment, &Context::default()).unwrap();
            let mut problems = Vec::new();
            examine_laws(&prepared.experiment, &Settings::of(prepared.settings()), &mut problems);
            Error::all(problems).map_or(Ok(()), |e| Err(e.located()))
        };
        assert!(checked("", "replace").is_ok());
        let told = checked("intercept = true", "replace").unwrap_err();
        assert!(told.contains("an intercept") && told.contains("t times one fit"), "{told}");
        let told = checked("", "accumulate").unwrap_err();
        assert!(told.contains("the last output alone") && told.contains("everything so far"), "{told}");
    }
}
