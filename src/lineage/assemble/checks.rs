//! What a setting asks for and can't have: rows, human rows, a start.

use std::sync::Arc;

use crate::data::Source;
use crate::lineage::Lineage;
use crate::models::Family;
use crate::regimes::{self, Regime};
use crate::spec::{Error, Hold, Setting, StartFrom};

/// Every training set must have the rows that the families need at least.
pub(super) fn rows(
    setting: &Setting,
    source: &Source,
    families: &[Arc<dyn Family>],
    budget: &regimes::Budget,
) -> Result<(), Error> {
    let needed = families.iter().map(|f| f.fewest_rows(source.schema())).max().unwrap_or(1);
    let held = |g: u32| match budget.hold {
        Hold::Total => budget.samples.count_at(g, budget.generations).unwrap_or(budget.initial),
        _ => budget.initial,
    };
    let least = (1..=budget.generations).map(held).chain([budget.initial]).min().unwrap_or(0);
    if least >= needed {
        return Ok(());
    }
    let key = if setting.loop_.samples.is_some() { "samples" } else { "human_rows" };
    let why = format!(
        "a training set has {least} rows, and this family needs at least {needed} of {}",
        source.name
    );
    Err(Error::refused(setting.loop_.at(key), why, "raise the number of rows, or fit fewer parameters"))
}

/// A finite set must have all the human rows that the run will ask for; none is used twice.
pub(super) fn supply(
    setting: &Setting,
    source: &Source,
    regime: &Regime,
    budget: &regimes::Budget,
) -> Result<(), Error> {
    let Some(available) = source.available() else { return Ok(()) };
    let needed =
        if budget.fresh_prompts { budget.fresh_prompts_needed() } else { budget.human_rows_needed(regime) };
    let needed =
        needed.map_err(|e| Error::refused(setting.loop_.at("samples"), e.to_string(), "see the schedule"))?;
    if needed <= available {
        return Ok(());
    }
    let why = if needed > budget.initial {
        format!(
            "`{}` takes rows that were never used before: {} for generation 0 and a block for each of {} generations make {needed}, but {} has {available}",
            regime.name, budget.initial, budget.generations, source.name
        )
    } else {
        format!("generation 0 needs {needed} human rows, but {} has {available}", source.name)
    };
    let help = "lower `samples`, `initial` or `generations`, or use keep or fixed-mix, which take their human rows from D(0)";
    let key = if setting.loop_.samples.is_some() { "samples" } else { "human_rows" };
    Err(Error::refused(setting.loop_.at(key), why, help))
}

/// A start that no family takes would be silently without effect.
pub(super) fn start(setting: &Setting, lineage: &Lineage) -> Result<(), Error> {
    // Closed forms have nothing to start from.
    let takes_none = !lineage.families.iter().any(|f| f.takes_a_start());
    if lineage.start != StartFrom::Scratch && takes_none {
        return Err(Error::refused(
            setting.loop_.at("start"),
            "this family's fit has no starting point",
            "leave `start` out, set `[model] step` below 1, or choose a family that is fitted step by step (gaussian-mixture, neural)",
        ));
    }
    Ok(())
}
