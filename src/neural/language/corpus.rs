//! Rows of tokens as training windows.
//!
//! A row of L tokens has T = L + 1 targets, its end mark the last. With c the context, a row of T ≤ c targets is one
//! window. A longer row is ⌈T/c⌉ items, each of which draws where its window of c targets starts: uniform over all
//! places that touch the row, moved inside it, so that no window is short and a row's begin and end are seen as often
//! as its middle. A target is weighted by one over the probability that a window holds it, so in expectation every
//! target of a row weighs the same.

use std::sync::Arc;

use rand::RngExt;

use super::reading::Codes;
use super::{Alphabet, Inputs};
use crate::rng::Stream;

/// A training set as items, each a window of a row.
pub(super) struct Corpus {
    /// Mark, row, mark, for every row.
    codes: Vec<u32>,
    /// First input of each item's row and the row's number of targets.
    items: Vec<(usize, usize)>,
    /// The label of each item's row; none where rows have no label.
    classes: Vec<u32>,
    weights: Vec<f64>,
    /// The longest window.
    window: usize,
    of: Alphabet,
}

/// What one step learns: `window` places an item.
pub(super) struct Batch {
    pub(super) inputs: Inputs,
    pub(super) targets: Arc<[u32]>,
    /// The weight of each target in the loss; 0 for padding.
    pub(super) weights: Vec<f32>,
}

impl Corpus {
    pub(super) fn new(read: &Codes, row_weights: &[f64], of: Alphabet, context: usize) -> Self {
        let (mut codes, mut items, mut classes, mut weights) = (vec![], vec![], vec![], vec![]);
        for (i, (row, weight)) in read.rows.iter().zip(row_weights).enumerate() {
            let (from, targets) = (codes.len(), row.len() + 1);
            codes.push(of.mark());
            codes.extend_from_slice(row);
            codes.push(of.mark());
            let n = targets.div_ceil(context);
            for _ in 0..n {
                items.push((from, targets));
                classes.extend(read.classes.get(i));
                // A token weighs what its row weighs.
                weights.push(weight * targets as f64 / n as f64);
            }
        }
        let longest = items.iter().map(|item| item.1).max().unwrap_or(1);
        Corpus { codes, items, classes, weights, window: longest.min(context), of }
    }

    /// The number of items.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The weight of each item.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The windows of some items; `weights` is each item's weight in the loss, shared by its targets.
    pub(super) fn batch(&self, items: &[u32], weights: &[f32], rng: &mut Stream) -> Batch {
        let (t, mark) = (self.window, self.of.mark());
        let mut inputs = Inputs::new(self.of, t);
        let mut targets = vec![mark; items.len() * t];
        let mut token_weights = vec![0.0; items.len() * t];
        for (k, (&item, &weight)) in items.iter().zip(weights).enumerate() {
            let (from, all) = self.items[item as usize];
            let window = Window::of(all, t, |places| rng.random_range(0..places));
            let at = from + window.start;
            let before = if window.start == 0 { mark } else { self.codes[at - 1] };
            let class = self.classes.get(item as usize).copied();
            inputs.push(&self.codes[at..at + window.len], before, class);
            targets[k * t..][..window.len].copy_from_slice(&self.codes[at + 1..at + 1 + window.len]);
            for (j, to) in token_weights[k * t..][..window.len].iter_mut().enumerate() {
                *to = weight * window.weight(j);
            }
        }
        Batch { inputs, targets: targets.into(), weights: token_weights }
    }
}

/// A window of a row of `all` targets.
struct Window {
    start: usize,
    len: usize,
    all: usize,
}

impl Window {
    /// `draw` chooses one of so many places that a window of up to `longest` targets has.
    fn of(all: usize, longest: usize, draw: impl FnOnce(usize) -> usize) -> Self {
        let len = all.min(longest);
        let start = if all == len { 0 } else { draw(all + len - 1).saturating_sub(len - 1).min(all - len) };
        Window { start, len, all }
    }

    /// The share of an item's weight that its j-th target has: 1 / (all · the probability that a window holds it).
    fn weight(&self, j: usize) -> f32 {
        let (at, last) = (self.start + j, self.all - self.len);
        let (low, high) = ((at + 1).saturating_sub(self.len), at.min(last));
        let at_ends = usize::from(low == 0) + usize::from(high == last);
        let places = high - low + 1 + at_ends * (self.len - 1);
        (self.all + self.len - 1) as f32 / (self.all * places) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Streams;

    fn corpus(context: usize) -> Corpus {
        let rows = vec![vec![1, 2, 3, 4, 5], vec![], vec![6, 7, 8]];
        let read = Codes { rows, heads: vec![], classes: vec![1, 0, 2] };
        let of = Alphabet { levels: 10, classes: 3, pairs: 100 };
        Corpus::new(&read, &[1.0, 1.0, 2.0], of, context)
    }

    #[test]
    fn a_row_that_fits_is_one_window_with_its_end_mark() {
        let corpus = corpus(6);
        assert_eq!(corpus.weights(), [6.0, 1.0, 8.0]);
        let b = corpus.batch(&[2, 1], &[0.8, 0.5], &mut Streams::new(0, 0).rng());
        assert_eq!(b.inputs.codes, [9, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9]);
        assert_eq!(b.inputs.pairs[..4], [99, 96, 67, 78]);
        assert_eq!(b.inputs.classes, [2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0]);
        assert_eq!(&b.targets[..], [6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
        assert_eq!(b.weights, [0.2, 0.2, 0.2, 0.2, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn windows_of_a_long_row_are_full_and_know_the_token_before() {
        let corpus = corpus(4);
        // Six targets are two items; four are one.
        assert_eq!(corpus.weights(), [3.0, 3.0, 1.0, 8.0]);
        let row = [9, 1, 2, 3, 4, 5, 9];
        let mut rng = Streams::new(0, 0).rng();
        for _ in 0..30 {
            let b = corpus.batch(&[0], &[1.0], &mut rng);
            let start = (0..3).find(|&s| row[s..s + 4] == *b.inputs.codes).expect("a window of the row");
            assert_eq!(&b.targets[..], &row[start + 1..start + 5]);
            let before = if start == 0 { 9 } else { row[start - 1] };
            assert_eq!(b.inputs.pairs[0], before * 10 + row[start]);
        }
    }

    #[test]
    fn every_target_of_a_row_weighs_the_same_in_expectation() {
        for (all, longest) in [(6, 4), (5, 4), (4, 4), (30, 4), (9, 8), (17, 8), (3, 8), (2, 1)] {
            let places = if all > longest { all + longest - 1 } else { 1 };
            let mut weight = vec![0.0f32; all];
            for place in 0..places {
                let window = Window::of(all, longest, |n| {
                    assert_eq!(n, places);
                    place
                });
                (0..window.len).for_each(|j| weight[window.start + j] += window.weight(j) / places as f32);
            }
            let equal = 1.0 / all as f32;
            assert!(weight.iter().all(|w| (w - equal).abs() < 1e-6), "{all} by {longest}: {weight:?}");
        }
    }
}
