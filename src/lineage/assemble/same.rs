//! Settings of a sweep that are one experiment under two names.
//!
//! A training set of fixed size without human rows is the last output alone, whichever of `replace`, `fixed-mix`, `keep`,
//! `fresh` or `golden` leaves them out. Such settings are run all the same, since a grid of figures has a place for each;
//! who reads them is told not to count them twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Assembled;
use crate::lineage::Lineage;
use crate::regimes::{Budget, Regime, RegimeDraw};
use crate::spec::{Hold, RetainHuman, RetainSynthetic};

/// Adds a note to every setting that does what an earlier one does.
pub(super) fn note_twins(settings: &mut [Assembled]) {
    let mut first: HashMap<String, String> = HashMap::new();
    for setting in settings {
        let Some(Budget { initial, samples, generations, .. }) = replaces(setting) else { continue };
        let done = format!("{initial} {samples:?} {generations} {:?}", others(setting));
        let regime = setting.setting.loop_.regime.to_string();
        match first.entry(done) {
            Entry::Vacant(none) => drop(none.insert(regime)),
            Entry::Occupied(twin) => setting.notes.push(format!(
                "without human rows `{regime}` does what `{}` does: this setting and that one are one experiment, not two",
                twin.get()
            )),
        }
    }
}

/// The budget of a setting whose training sets are the last output alone.
fn replaces(assembled: &Assembled) -> Option<&Budget> {
    let Lineage { regime, budget, plan, .. } = assembled.lineage.as_ref().ok()?;
    let Regime { retain_human, retain_synthetic, draw, .. } = regime;
    let alone = *retain_synthetic == RetainSynthetic::None
        && matches!(retain_human, RetainHuman::None | RetainHuman::Anchor)
        && *draw == RegimeDraw::All
        && budget.hold == Hold::Total
        && plan.iter().all(|counts| counts.anchor + counts.inflow == 0);
    alone.then_some(budget)
}

/// The swept keys that are not about human rows.
fn others(assembled: &Assembled) -> Vec<(&str, String)> {
    let about = |key: &str| {
        ["loop.regime", "loop.human_fraction", "loop.hold"].contains(&key) || key.starts_with("loop.choices")
    };
    let point = assembled.setting.point.iter().filter(|(key, _)| !about(key));
    point.map(|(key, value)| (key.as_str(), crate::spec::canonical(value))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::lineage::{Context, assemble};
    use crate::spec::Experiment;

    #[test]
    fn regimes_without_human_rows_are_told_to_be_replace() {
        let spec = "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 2\nsamples = 10\n\
                    regime = \"replace\"\n[measure]\nmetrics = [\"variance\"]\n[sweep]\n\
                    \"loop.regime\" = [\"replace\", \"fixed-mix\", \"keep\", \"fresh\", \"accumulate\"]\n\
                    \"loop.human_fraction\" = [0, 0.5]\n\"model.ddof\" = [0, 1]\n";
        let settings = assemble(&Experiment::from_toml(spec, "test").unwrap(), &Context::default()).unwrap();
        let told: Vec<String> = settings
            .iter()
            .filter(|a| a.notes.iter().any(|note| note.contains("does what `replace` does")))
            .map(|a| {
                let at = |key: &str| crate::spec::canonical(a.setting.get(key).unwrap());
                format!("{} {}", a.setting.loop_.regime, at("loop.human_fraction"))
            })
            .collect();
        // Each with ddof 0 and 1, which are two experiments.
        assert_eq!(told, ["fixed-mix 0", "fixed-mix 0", "keep 0", "keep 0", "fresh 0", "fresh 0"]);
    }
}
