//! From `[loop]` to a regime and its budget: presets, overridden choices, defaults, refusals.

use super::{Budget, FractionRule, PresetDraw, Regime, RegimeDraw, Regimes};
use crate::spec::{
    ChoicesSpec, Combine, Draw, Error, Hold, Inflow, LoopSpec, Prompts, RetainHuman, RetainSynthetic,
    Schedule, Synthesis, Weights, unknown_name,
};

/// The regime and the budget that a `[loop]` table asks for; refuses what contradicts itself, with
/// the place in the spec.
pub fn resolve(spec: &LoopSpec, regimes: &Regimes) -> Result<(Regime, Budget), Error> {
    let (base, default_hold) = base(spec, regimes)?;
    let regime = override_choices(base, &spec.choices);
    let hold = spec.hold.unwrap_or(default_hold);
    check_hold(spec, &regime, hold)?;
    check_fraction(spec, &regime, hold)?;
    check_labels(spec, &regime)?;
    let samples = spec.samples.clone().unwrap_or_else(|| Schedule::constant(0.0));
    let initial = spec.initial_rows().map_err(|e| Error::refused(spec.at("samples"), e.to_string(), ""))?;
    let budget = Budget {
        hold,
        initial,
        samples,
        human_fraction: spec.human_fraction.clone().unwrap_or_else(|| Schedule::constant(0.0)),
        human_rows: spec.human_rows.unwrap_or(0),
        synthetic_scale: spec.synthetic_scale.unwrap_or(1.0),
        fresh_prompts: spec.synthesis != Synthesis::Sample && spec.prompts == Some(Prompts::Fresh),
        arrival_human_fraction: spec.arrival_human_fraction.unwrap_or(0.0),
        human_alone: spec.human_alone,
        generations: spec.generations,
    };
    check_anchor(spec, &regime, &budget)?;
    check_alone(spec, &regime, &budget)?;
    Ok((regime, budget))
}

fn base(spec: &LoopSpec, regimes: &Regimes) -> Result<(Regime, Hold), Error> {
    if spec.regime == "custom" {
        let regime = Regime {
            name: "custom".into(),
            inflow: Inflow::None,
            retain_human: RetainHuman::None,
            retain_synthetic: RetainSynthetic::None,
            draw: RegimeDraw::All,
            weights: Weights::Equal,
            combine: Combine::Pooled,
        };
        return Ok((regime, Hold::Total));
    }
    let Some(known) = regimes.get(&spec.regime) else {
        let known: Vec<&str> = regimes.names().chain(["custom"]).collect();
        let node = spec.node.get("regime").unwrap_or(&spec.node);
        return Err(unknown_name("regime", node, &known));
    };
    let row = known.extra;
    let regime = Regime {
        name: spec.regime.clone(),
        inflow: row.inflow,
        retain_human: row.retain_human,
        retain_synthetic: row.retain_synthetic,
        draw: match row.draw {
            PresetDraw::All => RegimeDraw::All,
            PresetDraw::Uniform => RegimeDraw::Uniform(None),
            PresetDraw::Balanced => RegimeDraw::Balanced(None),
        },
        weights: row.weights,
        combine: row.combine,
    };
    Ok((regime, row.hold))
}

fn override_choices(mut regime: Regime, choices: &ChoicesSpec) -> Regime {
    regime.inflow = choices.inflow.unwrap_or(regime.inflow);
    regime.retain_human = choices.retain_human.unwrap_or(regime.retain_human);
    regime.retain_synthetic = choices.retain_synthetic.unwrap_or(regime.retain_synthetic);
    regime.weights = choices.weights.unwrap_or(regime.weights);
    regime.combine = choices.combine.unwrap_or(regime.combine);
    regime.draw = match choices.draw {
        None => regime.draw,
        Some(Draw::All) => RegimeDraw::All,
        Some(Draw::Uniform(n)) => RegimeDraw::Uniform(Some(n)),
        Some(Draw::Balanced(n)) => RegimeDraw::Balanced(Some(n)),
    };
    regime
}

fn check_hold(spec: &LoopSpec, regime: &Regime, hold: Hold) -> Result<(), Error> {
    let name = &regime.name;
    let refuse = |message: String, help: &str| Err(Error::refused(spec.at("hold"), message, help));
    match hold {
        Hold::Human if regime.fraction_rule() != FractionRule::Asked => refuse(
            format!("`{name}` has no set number of human rows to hold"),
            "use hold = \"human\" with fixed-mix, keep, fresh or golden",
        ),
        Hold::Total if regime.grows() && regime.draw == RegimeDraw::All => refuse(
            format!("`{name}` keeps what it has, so its training set grows and can't be held at `samples`"),
            "use hold = \"arrivals\" (the default of this regime), or accumulate-subsample",
        ),
        Hold::Arrivals if !regime.grows() => refuse(
            format!("`{name}` does not grow: what arrives is the whole training set"),
            "use hold = \"total\", the default of this regime",
        ),
        _ => Ok(()),
    }
}

fn check_fraction(spec: &LoopSpec, regime: &Regime, hold: Hold) -> Result<(), Error> {
    let name = &regime.name;
    let asked = spec.human_fraction.as_ref().is_some_and(|f| f.as_constant() != Some(0.0));
    let refuse = |key: &str, message: String, help: &str| Err(Error::refused(spec.at(key), message, help));
    match regime.fraction_rule() {
        FractionRule::Zero if asked => refuse(
            "human_fraction",
            format!("`{name}` trains on synthetic rows alone: its human fraction is 0"),
            "for a human share use fixed-mix (the same human rows stay), keep (a new part of them) or fresh (new human rows)",
        ),
        FractionRule::Own if asked => refuse(
            "human_fraction",
            format!("`{name}` determines its own human fraction, which changes with the generation"),
            "leave human_fraction out; expanding and stream take `arrival_human_fraction`; the realised fraction is recorded",
        ),
        FractionRule::Asked if spec.human_fraction.is_none() && hold != Hold::Human => {
            Err(Error::missing_key("human_fraction", &spec.node.at_of("regime")))
        }
        rule if spec.arrival_human_fraction.is_some()
            && (rule != FractionRule::Own || regime.inflow != Inflow::Fresh) =>
        {
            refuse(
                "arrival_human_fraction",
                format!("`{name}` has no stream of arriving human rows"),
                "only expanding and stream take arrival_human_fraction",
            )
        }
        _ => Ok(()),
    }
}

fn check_labels(spec: &LoopSpec, regime: &Regime) -> Result<(), Error> {
    if spec.labels_known || !regime.needs_labels() {
        return Ok(());
    }
    Err(Error::refused(
        spec.at("labels_known"),
        format!(
            "`{}` treats human and synthetic rows differently, so it must know which is which",
            regime.name
        ),
        "with labels_known = false use replace, keep, fresh, accumulate, accumulate-subsample, balanced, incremental, expanding or stream, equally weighted",
    ))
}

fn check_anchor(spec: &LoopSpec, regime: &Regime, budget: &Budget) -> Result<(), Error> {
    let from_initial = regime.retain_human == RetainHuman::Anchor || regime.inflow == Inflow::Pool;
    if !from_initial || regime.fraction_rule() != FractionRule::Asked {
        return Ok(());
    }
    let plan = budget.plan(regime).map_err(|e| Error::refused(spec.at("samples"), e.to_string(), ""))?;
    for (g, counts) in (1..).zip(plan) {
        let wanted = counts.anchor.max(counts.inflow);
        if wanted > budget.initial {
            let message = format!(
                "generation {g} takes {wanted} of the first human rows, but D(0) has only {}",
                budget.initial
            );
            let help = "raise `initial`, or lower the human fraction or `samples`";
            return Err(Error::refused(spec.at("initial"), message, help));
        }
    }
    Ok(())
}

/// The human part of a mix can stand alone where it is there whole and has a row in every generation.
fn check_alone(spec: &LoopSpec, regime: &Regime, budget: &Budget) -> Result<(), Error> {
    if !spec.human_alone {
        return Ok(());
    }
    let refuse = |message: String, help: &str| Err(Error::refused(spec.at("human_alone"), message, help));
    let whole = match regime.fraction_rule() {
        FractionRule::Asked => true,
        FractionRule::Zero => false,
        FractionRule::Own => regime.retain_human == RetainHuman::All,
    };
    if !whole || regime.draw != RegimeDraw::All {
        return refuse(
            format!("`{}` has no human part that could be trained on alone", regime.name),
            "use `human_alone` with fixed-mix, keep, fresh, golden, accumulate, expanding or stream",
        );
    }
    let plan = budget.plan(regime).map_err(|e| Error::refused(spec.at("samples"), e.to_string(), ""))?;
    let empty = (1..).zip(plan).find(|(_, counts)| counts.anchor + counts.inflow == 0);
    match empty {
        Some((g, _)) if regime.retain_human != RetainHuman::All => refuse(
            format!("generation {g} has no human row, so nothing is left without the synthetic ones"),
            "raise `human_fraction`, or leave `human_alone` out",
        ),
        _ => Ok(()),
    }
}
