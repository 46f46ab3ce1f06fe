//! A naive Bayes classifier: the teacher that judges labels.
//!
//! log p(y | x) = log π_y + Σ_j log p(x_j | y), normalised. π_y and all discrete p(x_j | y) are
//! counts plus one. Text enters as the n-grams of its tokens, n = 1 and 2 for words, 1 to 4 for
//! characters (multinomial; an n-gram that was never seen says nothing); categorical features, inputs
//! and groups as their code; numbers as a normal density with the class's mean and the class's
//! variance plus 10⁻⁹ of the column's. Cost: O(cells) to fit and to judge.

use std::collections::HashMap;

use crate::data::{Column, Kind, Role, Samples, TokenUnit};
use crate::models::Refusal;

use super::label_noise::label;

/// A fitted classifier.
pub(super) struct NaiveBayes {
    classes: usize,
    log_prior: Vec<f64>,
    columns: Vec<(usize, Evidence)>,
}

/// What one column says of the class.
enum Evidence {
    /// The log probability of each code in each class, class after class.
    Codes(Vec<f64>),
    /// The log probability of each n-gram in each class.
    Grams { longest: usize, known: HashMap<[u32; 4], Vec<f64>> },
    /// Mean and variance of each number in each class.
    Numbers { width: usize, mean: Vec<f64>, variance: Vec<f64> },
}

impl NaiveBayes {
    /// Fits the rows at the given positions. Refuses rows without a label column, without anything
    /// to judge by, and no rows.
    pub fn fit(table: &Samples, rows: &[usize]) -> Result<Self, Refusal> {
        let (_, classes) = label(table.schema())?;
        let labels = table.labels().unwrap_or(&[]);
        if rows.is_empty() {
            return Err(Refusal::new("there are no labelled rows to fit a teacher on"));
        }
        let mut size = vec![0.0; classes];
        rows.iter().for_each(|&i| size[labels[i] as usize] += 1.0);
        let total = rows.len() as f64 + classes as f64;
        let log_prior = size.iter().map(|n| ((n + 1.0) / total).ln()).collect();
        let mut columns = Vec::new();
        for (index, field) in table.schema().fields.iter().enumerate() {
            if !matches!(field.role, Role::Feature | Role::Input | Role::Group) {
                continue;
            }
            let evidence = match (&field.kind, table.column(index)) {
                (Kind::Codes { levels }, Column::Codes { data }) => {
                    let k = levels.count();
                    let mut counts = vec![1.0; classes * k];
                    rows.iter().for_each(|&i| counts[labels[i] as usize * k + data[i] as usize] += 1.0);
                    let at = |(c, count): (usize, f64)| (count / (size[c / k] + k as f64)).ln();
                    Evidence::Codes(counts.into_iter().enumerate().map(at).collect())
                }
                (Kind::Ragged { vocabulary }, Column::Ragged { offsets, tokens }) => {
                    let longest = if vocabulary.unit == TokenUnit::Words { 2 } else { 4 };
                    let texts =
                        rows.iter().map(|&i| (labels[i] as usize, &tokens[offsets[i]..offsets[i + 1]]));
                    Evidence::Grams { longest, known: count_grams(texts, classes, longest) }
                }
                (_, column) => {
                    let Some((width, cell)) = numbers(column) else { continue };
                    Evidence::normal(width, &cell, rows, labels, &size)
                }
            };
            columns.push((index, evidence));
        }
        if columns.is_empty() {
            return Err(Refusal::new("the rows have nothing beside the label that a teacher could judge by"));
        }
        Ok(Self { classes, log_prior, columns })
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// p(y | row) of each class, row after row: `table.len() × classes` numbers.
    pub fn posteriors(&self, table: &Samples) -> Vec<f64> {
        let mut scores: Vec<f64> = self.log_prior.repeat(table.len());
        for (index, evidence) in &self.columns {
            for (i, scores) in scores.chunks_exact_mut(self.classes).enumerate() {
                evidence.weigh(table.column(*index), i, scores);
            }
        }
        for row in scores.chunks_exact_mut(self.classes) {
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|s| *s = (*s - top).exp());
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|s| *s /= total);
        }
        scores
    }
}

impl Evidence {
    fn normal(
        width: usize,
        cell: &dyn Fn(usize) -> f64,
        rows: &[usize],
        labels: &[u32],
        size: &[f64],
    ) -> Evidence {
        let classes = size.len();
        let (mut mean, mut variance) = (vec![0.0; classes * width], vec![0.0; classes * width]);
        let (mut all, mut squares) = (vec![0.0; width], vec![0.0; width]);
        for &i in rows {
            for j in 0..width {
                let x = cell(i * width + j);
                mean[labels[i] as usize * width + j] += x / size[labels[i] as usize];
                all[j] += x / rows.len() as f64;
            }
        }
        for &i in rows {
            for j in 0..width {
                let (at, x) = (labels[i] as usize * width + j, cell(i * width + j));
                variance[at] += (x - mean[at]).powi(2) / size[labels[i] as usize];
                squares[j] += (x - all[j]).powi(2) / rows.len() as f64;
            }
        }
        for (at, v) in variance.iter_mut().enumerate() {
            // A class without rows is as wide as everything, so that it wins nowhere by its width.
            let whole = squares[at % width];
            if size[at / width] == 0.0 {
                (mean[at], *v) = (all[at % width], whole);
            }
            *v += 1e-9 * whole + f64::MIN_POSITIVE;
        }
        Evidence::Numbers { width, mean, variance }
    }

    fn weigh(&self, column: &Column, row: usize, scores: &mut [f64]) {
        match (self, column) {
            (Evidence::Codes(log), Column::Codes { data }) => {
                let k = log.len() / scores.len();
                scores.iter_mut().enumerate().for_each(|(c, s)| *s += log[c * k + data[row] as usize]);
            }
            (Evidence::Grams { longest, known }, Column::Ragged { offsets, tokens }) => {
                for gram in grams(&tokens[offsets[row]..offsets[row + 1]], *longest) {
                    if let Some(log) = known.get(&gram) {
                        scores.iter_mut().zip(log).for_each(|(s, l)| *s += l);
                    }
                }
            }
            (Evidence::Numbers { width, mean, variance }, column) => {
                let Some((_, cell)) = numbers(column) else { return };
                for (c, score) in scores.iter_mut().enumerate() {
                    for j in 0..*width {
                        let (x, at) = (cell(row * width + j), c * width + j);
                        *score -= 0.5 * (variance[at].ln() + (x - mean[at]).powi(2) / variance[at]);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The cells of a numeric column by number, row-major.
type Cells<'a> = Box<dyn Fn(usize) -> f64 + 'a>;

/// A numeric column's width and its cells.
fn numbers(column: &Column) -> Option<(usize, Cells<'_>)> {
    match column {
        Column::F32 { width, data } => Some((*width, Box::new(|i| f64::from(data[i])))),
        Column::F64 { width, data } => Some((*width, Box::new(|i| data[i]))),
        _ => None,
    }
}

/// The log probability of every n-gram in every class, with one added to each count.
fn count_grams<'a>(
    texts: impl Iterator<Item = (usize, &'a [u32])>,
    classes: usize,
    longest: usize,
) -> HashMap<[u32; 4], Vec<f64>> {
    let mut counts: HashMap<[u32; 4], Vec<f64>> = HashMap::new();
    let mut totals = vec![0.0; classes];
    for (class, tokens) in texts {
        for gram in grams(tokens, longest) {
            counts.entry(gram).or_insert_with(|| vec![0.0; classes])[class] += 1.0;
            totals[class] += 1.0;
        }
    }
    let distinct = counts.len() as f64;
    for log in counts.values_mut() {
        log.iter_mut().zip(&totals).for_each(|(c, total)| *c = ((*c + 1.0) / (total + distinct)).ln());
    }
    counts
}

/// All n-grams up to a length; unused places hold the greatest number.
pub(super) fn grams(tokens: &[u32], longest: usize) -> impl Iterator<Item = [u32; 4]> + '_ {
    (1..=longest.min(4)).flat_map(move |n| {
        tokens.windows(n).map(|window| {
            let mut gram = [u32::MAX; 4];
            gram[..window.len()].copy_from_slice(window);
            gram
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::{labelled, sentences};
    use super::*;

    #[test]
    fn the_posterior_of_numbers_is_bayes_rule() {
        // Classes at ±1 with equal variance 1 and equal sizes: p(1 | x) = σ(2x).
        let table = labelled(2, &[(-2.0, 0), (0.0, 0), (0.0, 1), (2.0, 1)]);
        let teacher = NaiveBayes::fit(&table, &[0, 1, 2, 3]).unwrap();
        for x in [-1.0, 0.0, 0.7] {
            let p = teacher.posteriors(&labelled(2, &[(x, 0)]))[1];
            assert!((p - 1.0 / (1.0 + (-2.0 * x).exp())).abs() < 1e-8, "{x}: {p}");
        }
    }

    #[test]
    fn the_posterior_of_words_is_counts_plus_one() {
        // Grams of "good film" (1): good, film, good film; of "bad film" (0): bad, film, bad film.
        // Five distinct grams, three in each class: p(g | y) = (count + 1)/8. "good": 2/8 against
        // 1/8; priors 2/4 each. Posterior 2/3. An unknown word says nothing.
        let table = sentences(&[("good film", 1), ("bad film", 0), ("good", 0), ("new", 0)]);
        let teacher = NaiveBayes::fit(&table, &[0, 1]).unwrap();
        let p = teacher.posteriors(&table);
        assert!((p[2 * 2 + 1] - 2.0 / 3.0).abs() < 1e-12, "{p:?}");
        assert!((p[3 * 2 + 1] - 0.5).abs() < 1e-12, "{p:?}");
    }

    #[test]
    fn a_class_without_rows_is_never_certain() {
        let table = labelled(3, &[(-1.0, 0), (-1.2, 0), (1.0, 1), (1.2, 1)]);
        let p = NaiveBayes::fit(&table, &[0, 1, 2, 3]).unwrap().posteriors(&table);
        assert!(p.iter().all(|p| p.is_finite()) && p[0] > 0.9 && p[2] < 0.1, "{p:?}");
    }
}
