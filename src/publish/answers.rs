//! What a comparison says in words: each sentence with the numbers that it rests on.

use super::compared::{Effects, RegimeGains};
use super::{between, number};
use crate::analysis::effects::{ArmFindings, Comparison, Gain, Level, MetricFindings, Prevented, Why, Word};

/// The human share whose effect is told first, where several were tried.
const TOLD: f64 = 0.3;

/// An interval of a critical fraction that is wider is worth more seeds.
const WIDE: f64 = 0.1;

/// The sentences of a run's effects, the answer first.
pub fn sentences(effects: &Effects) -> Vec<String> {
    let found = effects.comparisons.iter().flat_map(comparison).chain(effects.gains.iter().flat_map(rows));
    let mut lines: Vec<String> = found.collect();
    if !lines.is_empty() {
        lines.push(effects.held.clone());
        lines.extend(effects.sized.sentence());
    }
    lines
}

fn per_cent(share: f64) -> String {
    format!("{:.0}", 100.0 * share)
}

/// `[79, 87]`, `at least 40` or nothing, in per cent.
fn bounds(p: &Prevented) -> String {
    match (p.low, p.high) {
        (Some(low), Some(high)) => format!(" [{}, {}]", per_cent(low), per_cent(high)),
        (Some(low), None) => format!(" (at least {} %)", per_cent(low)),
        _ if p.all_equal => " (all seeds equal)".into(),
        _ => String::new(),
    }
}

fn mean(level: &Level) -> String {
    level.mean.map_or("without a value".into(), number) + &level.remark()
}

/// The arm that is told first: the smallest human share from [`TOLD`] on, else the largest below.
fn told(c: &Comparison) -> Option<f64> {
    let between = |a: &&ArmFindings| a.fraction > 0.0 && a.fraction < 1.0;
    let mut fractions: Vec<f64> =
        c.metrics.iter().flat_map(|m| m.arms.iter().filter(between)).map(|a| a.fraction).collect();
    fractions.sort_by(f64::total_cmp);
    fractions.iter().copied().find(|f| *f >= TOLD).or(fractions.last().copied())
}

fn comparison(c: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    let within = c.regime.as_ref().map_or(String::new(), |r| format!("{r}: "));
    let Some(fraction) = told(c) else {
        return vec![format!("{within}{}", changes(c))];
    };
    let share = |m: &&MetricFindings| {
        m.binds() && m.arm(fraction).and_then(ArmFindings::share).is_some_and(Result::is_ok)
    };
    match c.metrics.iter().find(share) {
        Some(lead) => lines.push(format!("{within}{}", prevented(c, lead, fraction))),
        None => lines.push(format!("{within}{}", changes(c))),
    }
    lines.extend(beside(c, fraction).map(|line| format!("{within}{line}")));
    lines.extend(halved(c).map(|line| format!("{within}{line}")));
    lines.extend(others(c, fraction).map(|line| format!("{within}{line}")));
    lines
}

/// After G generations coverage is … with 30 % human rows, … with 100 % and … with none: so much is prevented.
fn prevented(c: &Comparison, lead: &MetricFindings, fraction: f64) -> String {
    let level = |f: f64| lead.arm(f).map_or("not measured".into(), |a| mean(&a.level));
    let mut text = format!(
        "After {} generations {} is {} with {} % human rows, {} with 100 % and {} with none",
        c.generation,
        lead.name,
        level(fraction),
        per_cent(fraction),
        level(1.0),
        level(0.0)
    );
    if let Some(Ok(p)) = lead.arm(fraction).and_then(ArmFindings::share) {
        text.push_str(&format!(": {} %{} of the loss is prevented", per_cent(p.share), bounds(p)));
        if p.share > 1.0 {
            text.push_str(" (past the human-only arm)");
        }
    }
    let Some(all) = &c.together else { return text + "." };
    let binding = c.metrics.iter().filter(|m| m.binds()).count();
    let metrics = match all.metrics {
        of if of == binding => "every metric".to_owned(),
        1 => "the one metric with a share".to_owned(),
        of => format!("the {of} metrics with a share"),
    };
    let decide = match all.decide.as_slice() {
        [one] => format!("{one} decides"),
        some if some.len() == all.metrics => "any of them may decide".to_owned(),
        some => format!("{} decide", some.join(" or ")),
    };
    text.push_str(&match all.high {
        Some(high) => format!(
            ", and {} % in {metrics} takes {} % [{}, {}] ({decide}).",
            per_cent(c.share),
            per_cent(all.estimate),
            per_cent(all.low),
            per_cent(high)
        ),
        None => format!(
            ", and {} % in {metrics} takes at least {} %; these seeds give no upper bound ({decide}).",
            per_cent(c.share),
            per_cent(all.low)
        ),
    });
    text
}

/// How many seeds would halve the interval of the critical fraction, whose width falls with the square root of their number.
fn halved(c: &Comparison) -> Option<String> {
    let all = c.together.as_ref()?;
    let seeds = c.metrics.iter().flat_map(|m| &m.arms).map(|a| a.level.seeds).max()?;
    let wide = all.high.is_none_or(|high| high - all.low > WIDE);
    wide.then(|| {
        format!("About {} seeds in place of {seeds} would halve the interval of that human share.", 4 * seeds)
    })
}

/// Beside the same human rows alone, what the synthetic rows help and hurt.
fn beside(c: &Comparison, fraction: f64) -> Option<String> {
    let (mut found, mut lost): (Vec<(&MetricFindings, &Gain)>, Vec<String>) = Default::default();
    for m in &c.metrics {
        match m.arm(fraction).and_then(|a| a.beside.as_ref()) {
            Some(Ok(gain)) => found.push((m, gain)),
            Some(Err(why)) => lost.push(format!("{} ({why})", m.name)),
            None => {}
        }
    }
    if found.is_empty() && lost.is_empty() {
        return None;
    }
    let list = |helps: bool| -> Vec<String> {
        let of = found.iter().filter(|(_, g)| g.differs() && (g.gain > 0.0) == helps);
        of.map(|(m, g)| {
            let arm = m.arm(fraction);
            let moved = arm.and_then(|a| Some(a.level.mean? - a.alone.as_ref()?.mean?));
            let half = g.interval.as_ref().map_or(0.0, |i| 0.5 * (i.high - i.low));
            let moved = moved.filter(|m| m.is_finite()).unwrap_or(g.gain);
            let sign = if moved < 0.0 { "−" } else { "+" };
            format!("{} ({sign}{} ± {})", m.name, number(moved.abs()), number(half))
        })
        .collect()
    };
    let (helped, hurt) = (list(true), list(false));
    let rest = found.len() - helped.len() - hurt.len();
    let mut parts = Vec::new();
    match (hurt.is_empty(), helped.is_empty()) {
        (false, false) => parts.push(format!("hurt {} and help {}", hurt.join(", "), helped.join(", "))),
        (false, true) => parts.push(format!("hurt {} and help nothing", hurt.join(", "))),
        (true, false) => parts.push(format!("help {} and hurt nothing", helped.join(", "))),
        (true, true) => parts.push("neither help nor hurt any metric by what can be told".to_owned()),
    }
    if !lost.is_empty() {
        parts.push(format!("not to be compared: {}", lost.join(", ")));
    }
    if rest > 0 && rest < found.len() {
        parts.push(format!("in {rest} of {} metrics no difference is shown", found.len()));
    }
    Some(format!(
        "Beside the same human rows ({} %) alone the synthetic rows {}.",
        per_cent(fraction),
        parts.join("; ")
    ))
}

/// The metrics that have no share, and why.
fn others(c: &Comparison, fraction: f64) -> Option<String> {
    let line = |m: &MetricFindings| {
        let arm = m.arm(fraction)?;
        let of = |f: f64| m.arm(f).and_then(|a| a.level.mean);
        match arm.share()? {
            Err(Why::Collapsed { .. }) => m.collapsed.map(|(seeds, of, generation)| {
                format!("{} (no share; without human rows it collapsed by generation {generation} in {seeds} of {of} seeds)", m.name)
            }),
            Err(Why::TowardsPeople | Why::CrossesPeople) => {
                let why = arm.share()?.as_ref().err()?;
                let human = m.judged.human.map(|h| format!(", people {}", number(h))).unwrap_or_default();
                Some(format!(
                    "{} ({why}: {} without human rows, {} with them alone{human})",
                    m.name,
                    of(0.0).map_or("–".into(), number),
                    of(1.0).map_or("–".into(), number)
                ))
            }
            Err(why) => Some(format!("{} ({why})", m.name)),
            Ok(_) if !m.binds() => {
                let times = of(fraction).zip(of(1.0)).filter(|(_, only)| *only > 0.0).map(|(a, only)| a / only);
                times.map(|times| format!("{} (unbounded; {} × the human-only value)", m.name, number(times)))
            }
            Ok(_) => None,
        }
    };
    let all: Vec<String> = c.metrics.iter().filter_map(line).collect();
    (!all.is_empty())
        .then(|| format!("Without a share at {} % human rows: {}.", per_cent(fraction), all.join("; ")))
}

/// Without arms to measure a share by: the change of every metric in every arm, arms that changed alike together.
fn changes(c: &Comparison) -> String {
    let fractions =
        c.metrics.first().map(|m| m.arms.iter().map(|a| a.fraction).collect::<Vec<_>>()).unwrap_or_default();
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for fraction in fractions {
        let mut by_word: Vec<(Word, Vec<&str>)> = Vec::new();
        for m in &c.metrics {
            let Some(arm) = m.arm(fraction) else { continue };
            let word = arm.change.word;
            match by_word.iter_mut().find(|(known, _)| *known == word) {
                Some((_, names)) => names.push(&m.name),
                None => by_word.push((word, vec![&m.name])),
            }
        }
        let told = |(word, names): &(Word, Vec<&str>)| {
            let verb = match (word, names.len()) {
                (Word::NoVerdict, 1) => "has",
                (Word::NoVerdict, _) => "have",
                (_, 1) => "is",
                _ => "are",
            };
            let article = if *word == Word::Same { "the " } else { "" };
            format!("{} {verb} {article}{}", names.join(", "), word.name())
        };
        let text = by_word.iter().map(told).collect::<Vec<_>>().join(", ");
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, fractions)) => fractions.push(per_cent(fraction)),
            None => groups.push((text, vec![per_cent(fraction)])),
        }
    }
    let one = groups.len() == 1;
    let said =
        groups.into_iter().map(|(text, fractions)| match (c.own_fraction, one && fractions.len() > 1) {
            (true, _) => format!("with the human share that the regime has by itself {text}"),
            (false, true) => format!("at every human share {text}"),
            (false, false) => format!("with {} % human rows {text}", fractions.join(", ")),
        });
    let said = said.collect::<Vec<_>>().join("; ");
    format!("After {} generations, against generation 0, {said}.", c.generation)
}

/// How many synthetic rows may be added to a fixed number of human rows.
fn rows(found: &RegimeGains) -> Vec<String> {
    let within = found.regime.as_ref().map_or(String::new(), |r| format!("{r}: "));
    let mut lines = Vec::new();
    let (mut best, mut none, mut hurt, mut without) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, gains) in &found.metrics {
        let gains = match gains {
            Ok(gains) => gains,
            Err(why) => {
                without.push(format!("{name} ({why})"));
                continue;
            }
        };
        let say = |g: &Gain| {
            let i = g.interval.as_ref().map_or(String::new(), |i| format!(" {}", between(i.low, i.high)));
            format!("{}{i}", number(g.gain))
        };
        match gains.best.and_then(|b| gains.gains.iter().find(|g| g.scale == b)) {
            Some(g) => best.push(format!(
                "{name} gains most, {}, with {} synthetic rows per human row",
                say(g),
                number(g.scale)
            )),
            None => none.push(name.as_str()),
        }
        let worst = gains.gains.iter().filter(|g| g.differs() && g.gain < 0.0);
        if let Some(g) = worst.min_by(|a, b| a.gain.total_cmp(&b.gain)) {
            hurt.push(format!("{name} ({} with {})", say(g), number(g.scale)));
        }
    }
    let beside =
        format!("{within}Beside {} human rows, after {} generations", found.human_rows, found.generation);
    if !best.is_empty() {
        lines.push(format!("{beside}, {}.", best.join("; ")));
    }
    if !none.is_empty() {
        lines.push(format!(
            "{beside}, no number of synthetic rows that was tried has a gain that can be told from 0 in {}.",
            none.join(", ")
        ));
    }
    if !hurt.is_empty() {
        lines.push(format!(
            "{within}Synthetic rows are shown to hurt, at the number per human row where they hurt most: {}.",
            hurt.join("; ")
        ));
    }
    if !without.is_empty() {
        lines.push(format!("{within}Without an answer: {}.", without.join("; ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::analysis::effects::{Arm, Judged, Metric, Tolerance, compared};
    use crate::metrics::{Absence, Direction, Observed, Scale};

    fn seeds(mean: f64) -> Vec<(u64, Observed)> {
        let off = [-0.03, 0.01, 0.02, -0.01, 0.0, 0.015, -0.02, 0.015];
        (0..8).map(|i| (i as u64, Observed::of(mean + 0.2 * off[i]))).collect()
    }

    fn arm(place: f64, last: Vec<(u64, Observed)>) -> Arm {
        Arm { place, observed: [(0, seeds(0.9)), (4, last)].into() }
    }

    fn metric(name: &str, worst: Option<f64>, mix: Vec<(u64, Observed)>) -> Metric {
        Metric {
            name: name.into(),
            scale: Scale::Linear,
            ratio: true,
            judged: Judged {
                direction: Direction::Higher,
                worst,
                human: None,
                tolerance: Tolerance::default(),
            },
            mixes: vec![arm(0.0, seeds(0.3)), arm(0.3, mix), arm(1.0, seeds(0.9))],
            alone: vec![arm(0.3, seeds(0.8))],
        }
    }

    fn said(metrics: &[Metric]) -> String {
        let (metrics, together) = compared(metrics, 4, 0.9, 1);
        let found =
            Comparison { regime: None, own_fraction: false, generation: 4, share: 0.9, metrics, together };
        comparison(&found).join("\n")
    }

    #[test]
    fn the_answer_counts_the_metrics_that_it_is_about() {
        // .6 of a loss of .6: half is prevented; 90 % is reached between 30 % and 100 %.
        let one = said(&[metric("coverage", Some(0.0), seeds(0.6))]);
        assert!(one.contains("coverage is 0.6 with 30 % human rows, 0.9 with 100 % and 0.3 with none: 50 %"));
        assert!(one.contains("90 % in every metric takes 86 %"), "{one}");
        assert!(one.contains("hurt coverage (−0.2 ± ") && one.contains("and help nothing"), "{one}");
        let unchanged = Metric {
            mixes: [0.0, 0.3, 1.0].map(|f| arm(f, seeds(0.9))).to_vec(),
            ..metric("precision", Some(0.0), seeds(0.9))
        };
        let two = said(&[metric("coverage", Some(0.0), seeds(0.6)), unchanged]);
        assert!(two.contains("90 % in the one metric with a share takes"), "{two}");
    }

    #[test]
    fn a_collapsed_mix_is_named_where_it_cannot_be_compared() {
        let gone = (0..8).map(|s| (s, Observed::Absent(Absence::Degenerate))).collect();
        let text = said(&[metric("knn-entropy", None, gone)]);
        assert!(text.contains("not to be compared: knn-entropy (collapsed in 8 of 8 seeds)"), "{text}");
        assert!(text.contains("with 30 % human rows knn-entropy is worse"), "{text}");
    }
}
