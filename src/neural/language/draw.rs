//! What a fitted model is asked for: new rows, continuations, edits, scores.

use rand::RngExt;

use super::reading::Codes;
use super::runner::Runner;
use super::{Architecture, LanguageModel, refuse};
use crate::data::Samples;
use crate::models::{Refusal, SampleError, Sampling};
use crate::rng::{Stream, Streams};

/// Rows that step side by side.
const TOGETHER: usize = 256;

/// Refuses sampling settings that don't apply.
pub(super) fn check(family: &str, how: &Sampling) -> Result<(), Refusal> {
    let refuse = |what: &str| Err(Refusal::new(format!("{family}: {what}")));
    if !(how.temperature >= 0.0 && how.temperature.is_finite()) {
        return refuse("temperature must be at least 0 (0 takes the likeliest token)");
    }
    if how.top_k == Some(0) || how.top_p.is_some_and(|p| !(p > 0.0 && p <= 1.0)) {
        return refuse("top_k must be at least 1 and top_p in (0, 1]");
    }
    if how.beam.is_some_and(|b| b > 1) || how.guidance.is_some() || how.covariance_scale != 1.0 {
        return refuse("beam, guidance and covariance_scale do not apply");
    }
    Ok(())
}

/// Draws a code from logits; `Err` if they are not finite. Tempered first, then the k
/// likeliest, then the likeliest that reach p; ties go to the lower code.
pub(super) fn choose(logits: &[f32], how: &Sampling, rng: &mut Stream) -> Result<u32, SampleError> {
    // −∞ marks a code that is not allowed.
    if logits.iter().any(|v| v.is_nan() || *v == f32::INFINITY) {
        return Err(SampleError::NotFinite);
    }
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if how.temperature == 0.0 {
        let first = logits.iter().position(|&v| v == top);
        return first.map(|i| i as u32).ok_or(SampleError::NotFinite);
    }
    let inverse = 1.0 / how.temperature;
    let mut p: Vec<f64> = logits.iter().map(|&v| (f64::from(v - top) * inverse).exp()).collect();
    if how.top_k.is_some() || how.top_p.is_some() {
        let mut order: Vec<usize> = (0..p.len()).collect();
        order.sort_by(|&a, &b| p[b].total_cmp(&p[a]).then(a.cmp(&b)));
        let mut keep = how.top_k.unwrap_or(p.len()).min(p.len());
        if let Some(share) = how.top_p {
            let enough = share * order[..keep].iter().map(|&i| p[i]).sum::<f64>();
            let mut sum = 0.0;
            let reached = order[..keep].iter().position(|&i| {
                sum += p[i];
                sum >= enough
            });
            keep = reached.map_or(keep, |r| r + 1);
        }
        for &i in &order[keep..] {
            p[i] = 0.0;
        }
    }
    let mut left = rng.random::<f64>() * p.iter().sum::<f64>();
    let mut last = 0;
    for (code, &p) in p.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        left -= p;
        last = code as u32;
        if left < 0.0 {
            break;
        }
    }
    Ok(last)
}

fn log_probability(logits: &[f32], code: u32) -> f64 {
    let top = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let total: f64 = logits.iter().map(|&v| (f64::from(v) - top).exp()).sum();
    f64::from(logits[code as usize]) - top - total.ln()
}

/// What rows grow from: the codes before them, how long they may become, and their labels (or nothing).
struct Starts<'a> {
    prompts: &'a [&'a [u32]],
    lengths: &'a [usize],
    classes: &'a [u32],
}

/// The labels of a block of rows; nothing without labels.
fn block(classes: &[u32], from: usize, count: usize) -> &[u32] {
    classes.get(from..from + count).unwrap_or(&[])
}

impl<A: Architecture> LanguageModel<A> {
    fn mark(&self) -> u32 {
        self.alphabet().mark()
    }

    /// New rows, until the end mark or the limit.
    pub(super) fn sample(
        &self,
        n: usize,
        classes: &[u32],
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Vec<Vec<u32>>, SampleError> {
        let starts = Starts { prompts: &vec![&[][..]; n], lengths: &vec![self.limit; n], classes };
        self.grow(&starts, true, how, streams)
    }

    /// Row i continues prompt i mod prompts by as many tokens as the prompt has; the prompt
    /// is not repeated and the end mark is not drawn.
    pub(super) fn continue_rows(
        &self,
        prompts: &[Vec<u32>],
        n: usize,
        classes: &[u32],
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Vec<Vec<u32>>, SampleError> {
        if prompts.is_empty() && n > 0 {
            return Err(refuse::<A>("there is no prompt to continue").into());
        }
        let prompts: Vec<&[u32]> = prompts.iter().cycle().take(n).map(Vec::as_slice).collect();
        let lengths: Vec<usize> = prompts.iter().map(|p| p.len()).collect();
        self.grow(&Starts { prompts: &prompts, lengths: &lengths, classes }, false, how, streams)
    }

    /// Draws rows, which `ends` lets end before their length.
    fn grow(
        &self,
        starts: &Starts<'_>,
        ends: bool,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Vec<Vec<u32>>, SampleError> {
        let Starts { prompts, lengths, classes } = *starts;
        let (mark, levels) = (self.mark(), self.alphabet().levels);
        let mut out = vec![vec![]; prompts.len()];
        let mut logits = Vec::new();
        for from in (0..prompts.len()).step_by(TOGETHER) {
            let count = TOGETHER.min(prompts.len() - from);
            let mut rngs: Vec<Stream> = (from..from + count).map(|r| streams.at(r as u64).rng()).collect();
            let mut runner = Runner::new(self, count, block(classes, from, count));
            let mut live: Vec<usize> = (0..count).filter(|&r| lengths[from + r] > 0).collect();
            let mut next = vec![mark; live.len()];
            let mut fed = 0;
            while !live.is_empty() {
                runner.feed(&live, &next, &mut logits);
                let (mut still, mut then) = (Vec::with_capacity(live.len()), vec![]);
                for (&r, row) in live.iter().zip(logits.chunks_exact_mut(levels)) {
                    if let Some(&given) = prompts[from + r].get(fed) {
                        still.push(r);
                        then.push(given);
                        continue;
                    }
                    if !ends {
                        row[mark as usize] = f32::NEG_INFINITY;
                    }
                    let code = choose(row, how, &mut rngs[r])?;
                    if code == mark {
                        continue;
                    }
                    out[from + r].push(code);
                    if out[from + r].len() < lengths[from + r] {
                        still.push(r);
                        then.push(code);
                    }
                }
                (live, next) = (still, then);
                fed += 1;
            }
        }
        Ok(out)
    }

    /// Walks rows under the model: `visit(row, place, logits, code)` for every token and the
    /// end mark, places in order.
    fn walk<E>(
        &self,
        rows: &[&[u32]],
        classes: &[u32],
        mut visit: impl FnMut(usize, usize, &mut [f32], u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mark, levels) = (self.mark(), self.alphabet().levels);
        let mut logits = Vec::new();
        for (nth, rows) in rows.chunks(TOGETHER).enumerate() {
            let from = nth * TOGETHER;
            let mut runner = Runner::new(self, rows.len(), block(classes, from, rows.len()));
            let longest = rows.iter().map(|r| r.len()).max().unwrap_or(0);
            for place in 0..=longest {
                let live: Vec<usize> = (0..rows.len()).filter(|&r| rows[r].len() >= place).collect();
                let code = |r: &usize| if place == 0 { mark } else { rows[*r][place - 1] };
                let codes: Vec<u32> = live.iter().map(code).collect();
                runner.feed(&live, &codes, &mut logits);
                for (&r, row) in live.iter().zip(logits.chunks_exact_mut(levels)) {
                    let target = rows[r].get(place).copied().unwrap_or(mark);
                    visit(from + r, place, row, target)?;
                }
            }
        }
        Ok(())
    }

    /// ln p of each row, with its end mark or without, and of its label where it has one.
    pub(super) fn score(&self, rows: &Samples, end: bool) -> Result<Vec<f64>, Refusal> {
        let Codes { rows, classes, .. } = self.read(rows)?;
        let mut scores = self.reading.log_shares(&classes, self.heads.as_ref())?;
        scores.resize(rows.len(), 0.0);
        let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        self.walk(&rows, &classes, |r, place, logits, code| {
            if end || place < rows[r].len() {
                scores[r] += log_probability(logits, code);
            }
            Ok::<_, Refusal>(())
        })?;
        Ok(scores)
    }

    /// ln p of every token, without the end marks, row after row.
    pub(super) fn score_tokens(&self, rows: &Samples) -> Result<Vec<f64>, Refusal> {
        let Codes { rows, classes, .. } = self.read(rows)?;
        let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        let mut scores: Vec<Vec<f64>> = rows.iter().map(|row| Vec::with_capacity(row.len())).collect();
        self.walk(&rows, &classes, |r, place, logits, code| {
            if place < rows[r].len() {
                scores[r].push(log_probability(logits, code));
            }
            Ok::<_, Refusal>(())
        })?;
        Ok(scores.concat())
    }

    /// Redraws the tokens whose probability, given the tokens before them in the original
    /// row, is at least `above` (token editing: Zhu et al., arXiv:2412.14689). The length is
    /// kept.
    pub(super) fn edit(
        &self,
        rows: &[Vec<u32>],
        (n, classes): (usize, &[u32]),
        above: f64,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Vec<Vec<u32>>, SampleError> {
        if rows.is_empty() && n > 0 {
            return Err(refuse::<A>("there is no row to edit").into());
        }
        let rows: Vec<&[u32]> = rows.iter().cycle().take(n).map(Vec::as_slice).collect();
        let mut rngs: Vec<Stream> = (0..n).map(|r| streams.at(r as u64).rng()).collect();
        let mut out: Vec<Vec<u32>> = rows.iter().map(|r| r.to_vec()).collect();
        let mark = self.mark();
        self.walk(&rows, classes, |r, place, logits, code| {
            if code != mark && log_probability(logits, code).exp() >= above {
                logits[mark as usize] = f32::NEG_INFINITY;
                out[r][place] = choose(logits, how, &mut rngs[r])?;
            }
            Ok::<_, SampleError>(())
        })?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn frequencies(how: &Sampling) -> [f64; 4] {
        // Probabilities 0.5, 0.25, 0.125, 0.125.
        let logits = [8.0f32.ln(), 4.0f32.ln(), 2.0f32.ln(), 2.0f32.ln()];
        let mut rng = Streams::new(0, 0).rng();
        let mut count = [0.0; 4];
        for _ in 0..20_000 {
            count[choose(&logits, how, &mut rng).unwrap() as usize] += 1.0 / 20_000.0;
        }
        count
    }

    #[test]
    fn transforms_have_their_closed_form_frequencies() {
        let plain = Sampling::default();
        let sharp = Sampling { temperature: 0.5, ..plain.clone() };
        let k = Sampling { top_k: Some(2), ..plain.clone() };
        let p = Sampling { top_p: Some(0.8), ..plain.clone() };
        let greedy = Sampling { temperature: 0.0, ..plain.clone() };
        for (how, expected) in [
            (plain, [0.5, 0.25, 0.125, 0.125]),
            (sharp, [64.0 / 88.0, 16.0 / 88.0, 4.0 / 88.0, 4.0 / 88.0]),
            (k, [2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0]),
            (p, [4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0, 0.0]),
            (greedy, [1.0, 0.0, 0.0, 0.0]),
        ] {
            for (got, expected) in frequencies(&how).into_iter().zip(expected) {
                // Five binomial standard errors.
                let error = 5.0 * (expected * (1.0 - expected) / 20_000.0f64).sqrt();
                assert!((got - expected).abs() <= error + 1e-9, "{how:?}: {got} against {expected}");
            }
        }
    }

    #[test]
    fn nan_and_foreign_settings_are_refused() {
        let mut rng = Streams::new(0, 0).rng();
        let plain = Sampling::default();
        assert_eq!(choose(&[0.0, f32::NAN], &plain, &mut rng), Err(SampleError::NotFinite));
        for bad in [
            Sampling { temperature: -1.0, ..plain.clone() },
            Sampling { top_k: Some(0), ..plain.clone() },
            Sampling { top_p: Some(1.5), ..plain.clone() },
            Sampling { beam: Some(5), ..plain.clone() },
        ] {
            assert!(check("gpt", &bad).is_err(), "{bad:?}");
        }
    }
}
