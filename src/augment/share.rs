//! How many rows of a corpus are synthetic, given human rows and rows of the generators in question.
//!
//! A corpus is taken for a mixture of the two: π of its rows are like the synthetic reference, the others like the human
//! one. For any score s of rows, E s over the corpus is π E s over synthetic and (1 − π) E s over human rows, so
//! π = (s̄ corpus − s̄ human)/(s̄ synthetic − s̄ human) (Bella et al. 2010, DOI 10.1109/ICDM.2010.75), whether or not s is a
//! calibrated probability. Here s is that of a logistic regression which tells the references apart, fitted on four
//! fifths of them and averaged over the fifth left out; corpus rows get the mean of the five. The interval is that of
//! resampled rows of all three (percentiles). It takes the mixture for granted: π estimated from the share of rows with
//! s > ½ must agree, else rows of another kind are in the corpus, and that is said. A generator whose rows look human to
//! these five is counted as human. Cost: five fits.

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::data::{Column, Samples};
use crate::logistic::{Design, Logistic};
use crate::models::{Encoding, Refusal, Vectoriser, documents};
use crate::rng::{Stream, Streams};

const FOLDS: usize = 5;
const RESAMPLES: usize = 400;
/// The fewest rows of a reference.
const LEAST: usize = 50;
/// Mean scores that differ by less tell nothing apart.
const APART: f64 = 0.02;
/// Numbers that also get their products, beside their squares.
const PRODUCTS: usize = 12;

/// The estimated synthetic share of one corpus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SyntheticShare {
    /// The estimate, in [0, 1].
    pub share: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Whether both ways to estimate it agree, as they do for a mixture of the references.
    pub mixture: bool,
}

/// Scores of rows, and whether each is above ½.
#[derive(Clone, Default)]
struct Scores(Vec<[f64; 2]>);

impl Scores {
    fn mean(&self) -> [f64; 2] {
        let n = self.0.len().max(1) as f64;
        [0, 1].map(|k| self.0.iter().map(|s| s[k]).sum::<f64>() / n)
    }

    fn resampled(&self, rng: &mut Stream) -> [f64; 2] {
        let n = self.0.len();
        let mut sum = [0.0; 2];
        for _ in 0..n {
            let s = self.0[rng.random_range(0..n)];
            sum = [sum[0] + s[0], sum[1] + s[1]];
        }
        sum.map(|s| s / n as f64)
    }
}

/// The share of each corpus; all rows have one schema.
///
/// # Errors
/// References of fewer than 50 rows, or that can't be told apart; rows that are neither numbers and categories nor text.
pub fn synthetic_share(
    human: &Samples,
    synthetic: &Samples,
    corpora: &[&Samples],
    streams: &Streams,
) -> Result<Vec<SyntheticShare>, Refusal> {
    for (rows, whose) in [(human, "human"), (synthetic, "synthetic")] {
        if rows.len() < LEAST {
            return Err(Refusal::too_few_rows(format!(
                "the {whose} reference has {} rows of {LEAST}",
                rows.len()
            )));
        }
    }
    let both = Samples::concat(&[human, synthetic]).map_err(|e| Refusal::new(e.to_string()))?;
    let mut tables = vec![&both];
    tables.extend(corpora);
    let mut designs = designs(&tables)?.into_iter();
    let reference = designs.next().unwrap_or_default();
    let corpora: Vec<Design> = designs.collect();

    let n = both.len();
    let label = |i: usize| u32::from(i >= human.len());
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut streams.of("folds").rng());
    // Each class is dealt out by itself.
    order.sort_by_key(|&i| label(i));
    let mut fold = vec![0; n];
    order.iter().enumerate().for_each(|(place, &i)| fold[i] = place % FOLDS);
    let mut own = vec![[0.0; 2]; n];
    let mut others: Vec<Scores> = corpora.iter().map(|d| Scores(vec![[0.0; 2]; d.len()])).collect();
    for k in 0..FOLDS {
        let inside: Vec<usize> = (0..n).filter(|&i| fold[i] != k).collect();
        let mut design = Design::new(reference.width());
        inside.iter().for_each(|&i| design.push(reference.row(i).map(|(j, x)| (j as u32, x))));
        let labels: Vec<u32> = inside.iter().map(|&i| label(i)).collect();
        let weight = |label: u32| {
            let of = if label == 0 { human.len() } else { synthetic.len() };
            n as f64 / (2.0 * of as f64)
        };
        let weights: Vec<f64> = labels.iter().map(|l| weight(*l)).collect();
        let fit =
            Logistic::fit(&design, &labels, &weights, 2, 1.0).map_err(|e| Refusal::new(e.to_string()))?;
        let score = |design: &Design| -> Vec<f64> {
            fit.probabilities(design).chunks_exact(2).map(|p| p[1]).collect()
        };
        for (i, s) in score(&reference).into_iter().enumerate().filter(|(i, _)| fold[*i] == k) {
            own[i] = both_of(s);
        }
        for (scores, design) in others.iter_mut().zip(&corpora) {
            for (sum, s) in scores.0.iter_mut().zip(score(design)) {
                let new = both_of(s).map(|x| x / FOLDS as f64);
                *sum = [sum[0] + new[0], sum[1] + new[1]];
            }
        }
    }
    let synthetic = Scores(own.split_off(human.len()));
    let human = Scores(own);
    if synthetic.mean()[0] - human.mean()[0] < APART {
        return Err(Refusal::new(
            "a classifier can't tell the synthetic reference from the human rows, so that no share can be estimated",
        ));
    }
    Ok(others
        .iter()
        .enumerate()
        .map(|(i, corpus)| estimate(&human, &synthetic, corpus, &streams.of("resample").at(i as u64)))
        .collect())
}

fn both_of(score: f64) -> [f64; 2] {
    [score, f64::from(u8::from(score > 0.5))]
}

/// π by the mean score, and by the share of scores above ½.
fn shares(human: [f64; 2], synthetic: [f64; 2], corpus: [f64; 2]) -> [f64; 2] {
    [0, 1].map(|k| (corpus[k] - human[k]) / (synthetic[k] - human[k]))
}

fn estimate(human: &Scores, synthetic: &Scores, corpus: &Scores, streams: &Streams) -> SyntheticShare {
    let found = shares(human.mean(), synthetic.mean(), corpus.mean())[0];
    let mut rng = streams.rng();
    let (mut drawn, mut differences) = (Vec::with_capacity(RESAMPLES), Vec::with_capacity(RESAMPLES));
    for _ in 0..RESAMPLES {
        let [mean, count] =
            shares(human.resampled(&mut rng), synthetic.resampled(&mut rng), corpus.resampled(&mut rng));
        drawn.push(mean.clamp(0.0, 1.0));
        differences.push(mean - count);
    }
    let ends = |values: &mut Vec<f64>, tail: f64| {
        values.sort_by(f64::total_cmp);
        let at = |p: f64| values[((p * (values.len() - 1) as f64).round() as usize).min(values.len() - 1)];
        (at(tail), at(1.0 - tail))
    };
    let (low, high) = ends(&mut drawn, 0.025);
    // A mixture is doubted where 99 % of the resamples do.
    let (least, most) = ends(&mut differences, 0.005);
    SyntheticShare { share: found.clamp(0.0, 1.0), low, high, mixture: least <= 0.0 && 0.0 <= most }
}

/// Features of the rows of several tables, those of the first fitted on it.
fn designs(tables: &[&Samples]) -> Result<Vec<Design>, Refusal> {
    let Some(first) = tables.first() else { return Ok(Vec::new()) };
    if first.schema().vocabulary().is_some() {
        let texts: Vec<Vec<Vec<String>>> =
            tables.iter().map(|rows| documents(rows)).collect::<Result<_, _>>()?;
        let (vectoriser, own) = Vectoriser::fit_transform(&texts[0], 2, 2);
        return Ok(std::iter::once(own).chain(texts[1..].iter().map(|t| vectoriser.transform(t))).collect());
    }
    let columns: Vec<usize> = (0..first.schema().fields.len()).collect();
    let encoding = Encoding::new(first, &columns, None)?;
    let numbers: Vec<usize> =
        encoding.numbers().iter().enumerate().filter(|(_, number)| **number).map(|(i, _)| i).collect();
    let width = encoding.width();
    // A generator that narrows its rows is seen in squares, one that loses dependence in products.
    let pairs: Vec<(usize, usize)> = numbers
        .iter()
        .flat_map(|&i| numbers.iter().map(move |&j| (i, j)))
        .filter(|(i, j)| i == j || (i < j && numbers.len() <= PRODUCTS))
        .collect();
    let design = |rows: &&Samples| {
        let matrix = encoding.matrix(rows);
        let mut design = Design::new(width + pairs.len());
        for row in matrix.chunks_exact(width.max(1)) {
            let plain = (0..).zip(row.iter().copied()).filter(|(_, x)| *x != 0.0);
            let squares = pairs.iter().map(|&(i, j)| (row[i] * row[j]).clamp(-50.0, 50.0));
            design.push(plain.chain((width as u32..).zip(squares)));
        }
        design
    };
    if tables.iter().any(|rows| rows.first_non_finite().is_some()) {
        return Err(Refusal::diverged("a row holds a number that is not finite"));
    }
    if first.schema().fields.iter().enumerate().any(|(i, _)| matches!(first.column(i), Column::Ragged { .. }))
    {
        return Err(Refusal::new("rows of numbers, categories or text are needed"));
    }
    Ok(tables.iter().map(design).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::data::{Kind, Schema};
    use crate::metrics::testing::normals;

    const DIM: usize = 3;

    fn rows(n: usize, seed: u64, scale: f64, shift: f64) -> Samples {
        let data: Vec<f64> = normals(n, DIM, seed).iter().map(|x| x * scale + shift).collect();
        let schema = Schema::single(Kind::F64 { width: DIM });
        Samples::new(Arc::new(schema), vec![Column::F64 { width: DIM, data }]).unwrap()
    }

    fn mixed(n: usize, share: f64, seed: u64, synthetic: &dyn Fn(usize, u64) -> Samples) -> Samples {
        let made = (share * n as f64).round() as usize;
        Samples::concat(&[&rows(n - made, seed, 1.0, 0.0), &synthetic(made, seed + 1000)]).unwrap()
    }

    #[test]
    fn known_mixtures_lie_in_their_intervals() {
        let made = |n: usize, seed: u64| rows(n, seed, 0.7, 0.3);
        let shares = [0.0, 0.1, 0.3, 0.5, 0.8, 1.0];
        let (mut inside, mut all) = (0, 0);
        for seed in 0..5 {
            let corpora: Vec<Samples> = shares.iter().map(|s| mixed(800, *s, 50 + seed, &made)).collect();
            let of: Vec<&Samples> = corpora.iter().collect();
            let streams = Streams::new(seed, 0).of("share");
            let (human, synthetic) = (rows(800, 10 + seed, 1.0, 0.0), made(800, 20 + seed));
            for (found, share) in
                synthetic_share(&human, &synthetic, &of, &streams).unwrap().iter().zip(shares)
            {
                // Its standard error is 0.06 here: four of them.
                assert!((found.share - share).abs() < 0.24, "{found:?} {share}");
                all += 1;
                inside += usize::from(found.low <= share && share <= found.high);
            }
        }
        // 30 intervals of 95 %, six a reference: at least 24 hold the truth but with a probability of 0.2 %, were they independent.
        assert!(inside >= 24, "{inside} of {all}");
    }

    #[test]
    fn a_generator_that_the_reference_did_not_see_is_not_counted_and_may_be_found_out() {
        let streams = Streams::new(1, 0).of("share");
        let (human, synthetic) = (rows(1500, 1, 1.0, 0.0), rows(1500, 2, 0.6, 1.2));
        // All rows of the corpus are synthetic, of a generator between the two and much narrower.
        let other = rows(1500, 3, 0.1, 0.6);
        let found = synthetic_share(&human, &synthetic, &[&other], &streams).unwrap()[0];
        assert!(!found.mixture, "{found:?}");
        assert!(found.share < 0.95, "{found:?}");
        let seen = synthetic_share(&human, &synthetic, &[&rows(1500, 4, 0.6, 1.2)], &streams).unwrap()[0];
        assert!(seen.mixture && seen.share > 0.95, "{seen:?}");
    }

    #[test]
    fn references_that_are_alike_or_few_are_refused() {
        let streams = Streams::new(1, 0).of("share");
        let human = rows(400, 1, 1.0, 0.0);
        let why = |synthetic: &Samples| {
            synthetic_share(&human, synthetic, &[&human], &streams).unwrap_err().to_string()
        };
        assert!(why(&rows(400, 2, 1.0, 0.0)).contains("can't tell"));
        assert!(why(&rows(20, 2, 0.1, 5.0)).contains("20 rows"));
    }
}
