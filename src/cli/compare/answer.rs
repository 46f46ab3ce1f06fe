//! What a finished comparison says, as JSON.

use serde_json::{Value, json};

use crate::analysis::effects::{Comparison, Gains, Why};
use crate::publish::{self, Answered, Effects};

/// The answer of one experiment as JSON.
pub(super) fn as_json(title: &str, answered: &Answered) -> Value {
    let Effects { comparisons, gains: regimes, sized, .. } = &*answered.effects;
    let gains = |of: &publish::RegimeGains| -> Vec<Value> {
        let row = |(name, found): &(String, Result<Gains, Why>)| {
            match found {
            Ok(found) => found
                .gains
                .iter()
                .map(|g| {
                    let (low, high) = g.interval.as_ref().map_or((None, None), |i| (Some(i.low), Some(i.high)));
                    json!({
                        "regime": of.regime, "metric": name, "synthetic_per_human": g.scale, "generation": of.generation,
                        "gain": g.gain, "low": low, "high": high, "best": found.best == Some(g.scale),
                    })
                })
                .collect(),
            Err(why) => vec![json!({ "regime": of.regime, "metric": name, "why": why.to_string() })],
        }
        };
        of.metrics.iter().flat_map(row).collect()
    };
    json!({
        "experiment": title,
        "answer": answered.sentences,
        "simple": answered.simple,
        "shares": comparisons.iter().flat_map(|c| shares(c, sized)).collect::<Vec<_>>(),
        "beside": comparisons.iter().flat_map(beside).collect::<Vec<_>>(),
        "critical": comparisons.iter().flat_map(critical).collect::<Vec<_>>(),
        "together": comparisons.iter().map(together).collect::<Vec<_>>(),
        "gains": regimes.iter().flat_map(gains).collect::<Vec<_>>(),
    })
}

fn shares(c: &Comparison, sized: &publish::Sized) -> Vec<Value> {
    let of = |m: &crate::analysis::effects::MetricFindings| -> Vec<Value> {
        let each = |a: &crate::analysis::effects::ArmFindings| -> Vec<Value> {
            let row = |(generation, share): &(u32, Result<_, Why>)| {
                let mut row = json!({
                    "regime": c.regime, "metric": m.name, "human_fraction": a.fraction, "generation": generation,
                    "measure_size": sized.rows_of(&m.name),
                });
                let more = match share {
                    Ok(p) => {
                        let p: &crate::analysis::effects::Prevented = p;
                        json!({ "prevented": p.share, "low": p.low, "high": p.high, "loss": p.loss, "seeds": p.seeds, "cut": p.cut })
                    }
                    Err(why) => json!({ "why": why.to_string() }),
                };
                merge(&mut row, more);
                row
            };
            a.prevented.iter().map(row).collect()
        };
        m.arms.iter().flat_map(each).collect()
    };
    c.metrics.iter().flat_map(of).collect()
}

fn beside(c: &Comparison) -> Vec<Value> {
    let mut rows = Vec::new();
    for m in &c.metrics {
        for a in &m.arms {
            let Some(found) = &a.beside else { continue };
            let mut row = json!({ "regime": c.regime, "metric": m.name, "human_fraction": a.fraction, "generation": c.generation });
            merge(
                &mut row,
                match found {
                    Ok(g) => json!({
                        "gain": g.gain, "low": g.interval.as_ref().map(|i| i.low), "high": g.interval.as_ref().map(|i| i.high),
                    }),
                    Err(why) => json!({ "why": why.to_string() }),
                },
            );
            rows.push(row);
        }
    }
    rows
}

fn critical(c: &Comparison) -> Vec<Value> {
    let row = |m: &crate::analysis::effects::MetricFindings| {
        let mut row = json!({ "regime": c.regime, "metric": m.name, "share": c.share, "binds": m.binds() });
        merge(
            &mut row,
            match &m.critical {
                Ok(found) => json!({ "estimate": found.estimate, "low": found.low, "high": found.high }),
                Err(why) => json!({ "why": why.to_string() }),
            },
        );
        row
    };
    c.metrics.iter().map(row).collect()
}

fn together(c: &Comparison) -> Value {
    match &c.together {
        Some(t) => json!({
            "regime": c.regime, "share": c.share, "estimate": t.estimate, "low": t.low, "high": t.high, "decide": t.decide,
        }),
        None => json!({ "regime": c.regime, "share": c.share, "why": "no metric that binds shows a loss" }),
    }
}

fn merge(row: &mut Value, more: Value) {
    if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
        row.extend(more);
    }
}
