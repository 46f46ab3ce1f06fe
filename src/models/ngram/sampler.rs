//! Drawing the next token without visiting the whole vocabulary.

use std::collections::HashMap;

use rand::RngExt;

use super::counts::History;
use super::model::NGramModel;
use super::table::After;
use crate::models::Sampling;
use crate::rng::Stream;

/// How tokens are drawn under one transform.
pub struct Sampler<'a> {
    model: &'a NGramModel,
    kind: Kind,
}

enum Kind {
    /// Down the histories: with probability γ to the shorter one, else one of the words seen.
    Plain,
    /// The same with tempered probabilities, per table.
    Tempered(Vec<Tempered>),
    /// Explicit distributions, kept for each history met.
    Explicit { how: Sampling, met: HashMap<(usize, u128), Vec<(f64, u32)>> },
}

/// The tempered distributions after all histories of one length.
#[derive(Default)]
struct Tempered {
    /// ln Σ_w p(w | h)^{1/T} for each history.
    log_total: Vec<f64>,
    /// The tempered probability of all words not seen after h.
    rest: Vec<f64>,
    /// Cumulative tempered probabilities of the words seen, history after history.
    cumulative: Vec<f64>,
}

impl<'a> Sampler<'a> {
    /// A sampler for one transform; a temperature costs one pass over the model.
    pub fn new(model: &'a NGramModel, how: &Sampling) -> Self {
        let kind = if how.top_k.is_some() || how.top_p.is_some() {
            Kind::Explicit { how: how.clone(), met: HashMap::new() }
        } else if how.temperature != 1.0 {
            Kind::Tempered(temper(model, 1.0 / how.temperature))
        } else {
            Kind::Plain
        };
        Self { model, kind }
    }

    /// Draws the token after a history.
    pub fn draw(&mut self, history: &History, rng: &mut Stream) -> u32 {
        let model = self.model;
        match &mut self.kind {
            Kind::Plain => {
                for (_, after) in model.chain(history) {
                    let u: f64 = rng.random();
                    if u >= after.backoff {
                        return choose(after.tokens, after.cumulative, u - after.backoff);
                    }
                }
                rng.random_range(0..model.vocabulary() as u32)
            }
            Kind::Tempered(tables) => {
                let chain: Vec<(usize, After<'_>)> = model.chain(history).collect();
                tempered(model, tables, &chain, rng)
            }
            Kind::Explicit { how, met } => {
                let list = met.entry((history.len, history.key)).or_insert_with(|| {
                    let mut p = model.distribution(history);
                    how.reshape(&mut p);
                    let mut reached = 0.0;
                    let live = (0_u32..).zip(p).filter(|(_, p)| *p > 0.0);
                    live.map(|(token, p)| {
                        reached += p;
                        (reached, token)
                    })
                    .collect()
                });
                let u = rng.random::<f64>() * list.last().map_or(0.0, |l| l.0);
                let at = list.partition_point(|(c, _)| *c <= u);
                list[at.min(list.len() - 1)].1
            }
        }
    }
}

/// The first token whose cumulative probability exceeds `u`; the last one if rounding left none.
fn choose(tokens: &[u32], cumulative: &[f64], u: f64) -> u32 {
    let at = cumulative.partition_point(|c| *c <= u);
    tokens[at.min(tokens.len() - 1)]
}

/// Draws from the tempered distribution after the first history of the chain. A word that was seen
/// there has its probability there, so the shorter history's draw is repeated until it is none of
/// them: at most one repetition is expected, since p(w | h) ≥ γ(h) p(w | h′).
fn tempered(model: &NGramModel, tables: &[Tempered], chain: &[(usize, After<'_>)], rng: &mut Stream) -> u32 {
    let Some(((length, after), shorter)) = chain.split_first() else {
        return rng.random_range(0..model.vocabulary() as u32);
    };
    let table = &tables[*length];
    let range = model.tables()[*length].range(after.number);
    let u: f64 = rng.random();
    let rest = table.rest[after.number as usize];
    if u < rest {
        // The bound is never met in practice: it guards against a rest that is rounding alone.
        for _ in 0..10_000 {
            let token = tempered(model, tables, shorter, rng);
            if !after.saw(token) {
                return token;
            }
        }
    }
    choose(after.tokens, &table.cumulative[range], (u - rest).max(0.0))
}

/// The tempered tables, shortest histories first. With β = 1/T, Z(h) = Σ_w p(w | h)^β and E the
/// words seen after h: Z(h) = Σ_E p(w | h)^β + γ^β (Z(h′) − Σ_E p(w | h′)^β), all in logarithms.
fn temper(model: &NGramModel, beta: f64) -> Vec<Tempered> {
    let uniform = 1.0 / model.vocabulary() as f64;
    let mut done: Vec<Tempered> = Vec::with_capacity(model.tables().len());
    for (length, table) in model.tables().iter().enumerate() {
        let mut out = Tempered::default();
        for (number, &key) in (0_u32..).zip(&table.keys) {
            let after = table.numbered(number);
            let below = model.below(key, length);
            // ln Z(h′), from the longest shorter history that was met; uniform below all.
            let log_below = below.first().map_or_else(
                || uniform.ln() * beta - uniform.ln(),
                |(shorter, after)| done[*shorter].log_total[after.number as usize],
            );
            let mut covered = 0.0;
            let mut logs = Vec::with_capacity(after.tokens.len());
            for (&token, direct) in after.tokens.iter().zip(after.direct) {
                let (mut p, mut left) = (0.0, 1.0);
                for (_, after) in &below {
                    p += left * after.direct(token);
                    left *= after.backoff;
                }
                p += left * uniform;
                covered += (beta * p.ln() - log_below).exp();
                logs.push(beta * (direct + after.backoff * p).ln());
            }
            let uncovered = if after.tokens.len() == model.vocabulary() { 0.0 } else { 1.0 - covered };
            let log_rest = beta * after.backoff.ln() + log_below + uncovered.max(0.0).ln();
            let top = logs.iter().copied().fold(log_rest, f64::max);
            let seen: f64 = logs.iter().map(|l| (l - top).exp()).sum();
            let log_total = top + (seen + (log_rest - top).exp()).ln();
            let mut reached = 0.0;
            out.cumulative.extend(logs.iter().map(|l| {
                reached += (l - log_total).exp();
                reached
            }));
            out.rest.push((log_rest - log_total).exp());
            out.log_total.push(log_total);
        }
        done.push(out);
    }
    done
}
