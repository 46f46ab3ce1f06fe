#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use rand::RngExt;

use super::counts::History;
use super::*;
use crate::data::{Body, Column, Part, Rows, Samples, TokenUnit, Vocabulary};
use crate::models::{Ask, Density, Sampling};

fn rows(vocabulary: usize, rows: &[&[u32]]) -> Rows {
    let tokens = (0..vocabulary).map(|i| format!("t{i}")).collect();
    let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Words, tokens));
    let mut offsets = vec![0];
    rows.iter().for_each(|r| offsets.push(offsets[offsets.len() - 1] + r.len()));
    let schema = Arc::new(Schema::single(Kind::Ragged { vocabulary }));
    Rows::all(Samples::new(schema, vec![Column::Ragged { offsets, tokens: rows.concat() }]).unwrap())
}

fn fitted(order: usize, smoothing: Smoothing, mix: &Mix) -> NGramModel {
    NGramModel::fit(NGram { order, smoothing, best: false }, mix).unwrap()
}

/// p(token | row's tokens so far).
fn p(model: &NGramModel, before: &[u32], token: u32) -> f64 {
    model.probability(&after(model, before), token)
}

fn after(model: &NGramModel, before: &[u32]) -> History {
    let mut history = model.start();
    before.iter().for_each(|&t| history.push(t));
    history
}

fn assert_close(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-12, "{got}, not {want}");
}

const SMOOTHINGS: [Smoothing; 4] = [
    Smoothing::KneserNey,
    Smoothing::WittenBell,
    Smoothing::JelinekMercer { lambda: 0.75 },
    Smoothing::AddK { k: 0.1 },
];
const A: u32 = 0;
const B: u32 = 1;
const C: u32 = 2;

/// Random rows over 9 of 12 tokens, of 0 to 11 tokens.
fn corpus(n: usize) -> Rows {
    let mut rng = Streams::new(9, 0).rng();
    let all: Vec<Vec<u32>> = (0..n)
        .map(|_| {
            let len = rng.random_range(0..12);
            // Squared uniforms, so that some tokens are rare.
            (0..len).map(|_| (rng.random::<f64>().powi(2) * 9.0) as u32).collect()
        })
        .collect();
    rows(12, &all.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[test]
fn kneser_ney_by_hand() {
    // Rows "a b a" and "a b" over {a, b, c}. Bigrams: ^a 2, ab 2, ba 1, so D₂ = 1/(1 + 2·2) = .2.
    // Predecessors: a has 2 (^, b), b has 1 (a), so D₁ = 1/(1 + 2·1) = 1/3 and
    // p(a) = (2 − 1/3)/3 + (2/9)(1/3) = 17/27, p(b) = (1 − 1/3)/3 + 2/27 = 8/27, p(c) = 2/27.
    let m = fitted(2, Smoothing::KneserNey, &Mix::of_human(rows(3, &[&[A, B, A], &[A, B]])));
    assert_close(p(&m, &[], A), 1.8 / 2.0 + 0.1 * 17.0 / 27.0);
    assert_close(p(&m, &[A], B), 1.8 / 2.0 + 0.1 * 8.0 / 27.0);
    assert_close(p(&m, &[A, B], A), 0.8 + 0.2 * 17.0 / 27.0);
    assert_close(p(&m, &[A, B], C), 0.2 * 2.0 / 27.0);
    // c was never a history: the unigrams decide.
    assert_close(p(&m, &[C], B), 8.0 / 27.0);
    let row = rows(3, &[&[A, B]]).gather();
    let ll = m.density().unwrap().log_likelihood(&row, &Streams::new(0, 0)).unwrap()[0];
    assert_close(ll, (0.9 + 0.1 * 17.0 / 27.0_f64).ln() + (0.9 + 0.1 * 8.0 / 27.0_f64).ln());
}

#[test]
fn the_other_smoothings_by_hand() {
    // The same rows. Unigram counts: a 3, b 2.
    let mix = Mix::of_human(rows(3, &[&[A, B, A], &[A, B]]));
    // Witten–Bell: p(b) = 2/7 + (2/7)(1/3) = 8/21; p(b | a) = 2/3 + (1/3) 8/21.
    let m = fitted(2, Smoothing::WittenBell, &mix);
    assert_close(p(&m, &[A], B), 2.0 / 3.0 + 8.0 / 63.0);
    // Jelinek–Mercer, λ = .75: p(b) = .75·.4 + .25/3; p(b | a) = .75 + .25 p(b).
    let m = fitted(2, Smoothing::JelinekMercer { lambda: 0.75 }, &mix);
    assert_close(p(&m, &[A], B), 0.75 + 0.25 * (0.3 + 0.25 / 3.0));
    // Add-k, k = 1/2: (2 + ½)/(2 + 3/2), (0 + ½)/(2 + 3/2); uniform after an unseen history.
    let m = fitted(2, Smoothing::AddK { k: 0.5 }, &mix);
    assert_close(p(&m, &[A], B), 2.5 / 3.5);
    assert_close(p(&m, &[A], C), 0.5 / 3.5);
    assert_close(p(&m, &[C], B), 1.0 / 3.0);
}

#[test]
fn conditional_distributions_sum_to_one() {
    let mut mix = Mix::of_human(corpus(60));
    let mut heavier = Part::synthetic(1, Body::Rows(corpus(20)));
    heavier.weight = 0.37;
    mix.parts.push(heavier);
    let mut rng = Streams::new(1, 1).rng();
    for order in 1..=4 {
        for smoothing in SMOOTHINGS {
            let m = fitted(order, smoothing, &mix);
            for _ in 0..50 {
                let before: Vec<u32> = (0..rng.random_range(0..5)).map(|_| rng.random_range(0..12)).collect();
                let each: Vec<f64> = (0..12).map(|t| p(&m, &before, t)).collect();
                assert_close(each.iter().sum(), 1.0);
                let dense = m.distribution(&after(&m, &before));
                dense.iter().zip(&each).for_each(|(a, b)| assert_close(*a, *b));
                assert!(each.iter().all(|&p| p > 0.0), "{order} {smoothing:?} {before:?} {each:?}");
            }
        }
    }
}

#[test]
fn a_common_weight_changes_nothing() {
    let mut mix = Mix::of_human(corpus(40));
    let plain = fitted(3, Smoothing::KneserNey, &mix);
    mix.parts[0].weight = 0.25;
    let light = fitted(3, Smoothing::KneserNey, &mix);
    for t in 0..12 {
        assert_close(p(&light, &[0, 1], t), p(&plain, &[0, 1], t));
    }
}

#[test]
fn tokens_are_drawn_from_the_transformed_distribution() {
    // Frequencies over 20,000 draws against p(· | h), reshaped explicitly: 4.5 standard errors for
    // each of about 350 comparisons.
    let mix = Mix::of_human(corpus(60));
    let hows = [
        Sampling::default(),
        Sampling { temperature: 0.6, ..Default::default() },
        Sampling { temperature: 1.7, ..Default::default() },
        Sampling { top_k: Some(3), ..Default::default() },
        Sampling { temperature: 0.8, top_p: Some(0.8), ..Default::default() },
    ];
    for smoothing in SMOOTHINGS {
        let m = fitted(3, smoothing, &mix);
        for how in &hows {
            for before in [&[][..], &[0, 1], &[8, 8], &[11]] {
                let mut want = m.distribution(&after(&m, before));
                how.reshape(&mut want);
                let mut rng = Streams::new(2, before.len() as u64).rng();
                let mut sampler = super::sampler::Sampler::new(&m, how);
                let mut seen = [0.0; 12];
                let n = 20_000.0;
                (0..n as usize)
                    .for_each(|_| seen[sampler.draw(&after(&m, before), &mut rng) as usize] += 1.0);
                for (t, &q) in want.iter().enumerate() {
                    // One count of slack, where the expected number is far below one.
                    let se = (n * q * (1.0 - q)).sqrt();
                    assert!(
                        (seen[t] - n * q).abs() <= 4.5 * se + f64::from(u8::from(q > 0.0)),
                        "{smoothing:?} {how:?} {before:?}: token {t} {} of {}",
                        seen[t],
                        n * q
                    );
                }
            }
        }
    }
}

#[test]
fn rows_have_training_lengths_and_short_samples_start_long_ones() {
    let m = fitted(3, Smoothing::KneserNey, &Mix::of_human(rows(3, &[&[A, B, A], &[A, B]])));
    let draw = |n| m.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(4, 2)).unwrap();
    let (short, long) = (draw(5), draw(10));
    (0..5).for_each(|i| assert_eq!(short.tokens(i), long.tokens(i)));
    // Half of the rows have 2 tokens: 4 standard errors of 1,000 rows.
    let many = draw(1_000);
    let twos = (0..1_000).filter(|&i| many.tokens(i).unwrap().len() == 2).count();
    assert!((0..1_000).all(|i| matches!(many.tokens(i).unwrap().len(), 2 | 3)));
    assert!((twos as f64 - 500.0).abs() < 4.0 * 250.0_f64.sqrt());
}

#[test]
fn continuations_follow_their_prompts_and_edits_keep_what_is_unsure() {
    // b always follows a, and c always follows b: no smoothing, so continuations are certain.
    let m = fitted(2, Smoothing::AddK { k: 0.0 }, &Mix::of_human(rows(3, &[&[A, B, C]])));
    let given = rows(3, &[&[A]]).gather();
    let made = m.synthesise(Ask::Continue(&given), 1, &Sampling::default(), &Streams::new(0, 0)).unwrap();
    assert_eq!(made.tokens(0).unwrap()[..2], [B, C]);
    assert!(m.synthesise(Ask::Continue(&given), 2, &Sampling::default(), &Streams::new(0, 0)).is_err());
    // Edit: "a c": a is certain at the start (redrawn, as a again); c after a is impossible (kept).
    let given = rows(3, &[&[A, C]]).gather();
    let ask = Ask::Edit { of: &given, above: 0.5 };
    let made = m.synthesise(ask, 1, &Sampling::default(), &Streams::new(0, 0)).unwrap();
    assert_eq!(made.tokens(0).unwrap(), [A, C]);
    assert_eq!(
        m.density().unwrap().log_likelihood(&given, &Streams::new(0, 0)).unwrap(),
        [f64::NEG_INFINITY]
    );
}

#[test]
fn unusable_rows_are_typed_errors() {
    let fit = |mix: Mix| NGramModel::fit(NGram::default(), &mix).err();
    assert_eq!(fit(Mix::default()), Some(FitError::TooFewRows { needed: 1, found: 0 }));
    assert!(matches!(fit(Mix::of_human(rows(3, &[&[], &[]]))), Some(FitError::Refused(_))));
    // A second block over a larger vocabulary holds a token that the first one's lacks.
    let mut mixed = Mix::of_human(rows(3, &[&[2]]));
    mixed.parts.push(Part::synthetic(1, Body::Rows(rows(4, &[&[3]]))));
    assert!(matches!(fit(mixed), Some(FitError::Refused(_))));
    assert!(fit(Mix::of_human(rows(1, &[&[0]]))).is_none());
    assert!(NGram { order: 64, ..Default::default() }.accepts(rows(9, &[&[0]]).table().schema()).is_err());
    assert!(NGram::default().accepts(&Schema::single(Kind::F64 { width: 1 })).is_err());
}

#[test]
fn tokens_make_up_the_likelihood_of_their_row() {
    let model = fitted(3, Smoothing::KneserNey, &Mix::of_human(corpus(50)));
    let table = corpus(20).gather();
    let streams = Streams::new(0, 0);
    let (rows, tokens) = (
        model.log_likelihood(&table, &streams).unwrap(),
        model.token_log_likelihood(&table, &streams).unwrap(),
    );
    let (offsets, codes) = table.token_rows().unwrap();
    assert_eq!(tokens.len(), codes.len());
    for (row, expected) in rows.iter().enumerate() {
        assert_close(tokens[offsets[row]..offsets[row + 1]].iter().sum(), *expected);
    }
    // The first token of a row follows nothing.
    assert_close(tokens[offsets[3]], p(&model, &[], codes[offsets[3]]).ln());
}

/// The order that is chosen for rows in which each token is the sum of the two before it, or by `noise` any.
fn chosen(symbols: u32, noise: f64) -> usize {
    let mut rng = Streams::new(0, 7).of("rows").rng();
    let mut row = |_| {
        let mut tokens: Vec<u32> = vec![rng.random_range(0..symbols), rng.random_range(0..symbols)];
        for i in 2..40 {
            let any = rng.random::<f64>() < noise;
            let sum = (tokens[i - 2] + tokens[i - 1]) % symbols;
            tokens.push(if any { rng.random_range(0..symbols) } else { sum });
        }
        tokens
    };
    let made: Vec<Vec<u32>> = (0..200).map(&mut row).collect();
    let made: Vec<&[u32]> = made.iter().map(Vec::as_slice).collect();
    let mix = Mix::of_human(rows(symbols as usize, &made));
    NGram { best: true, order: LONGEST, ..NGram::default() }.chosen(&mix).unwrap()
}

#[test]
fn rows_held_back_choose_the_order_of_the_dependence() {
    assert_eq!((chosen(8, 0.1), chosen(50, 1.0)), (3, 1));
}
