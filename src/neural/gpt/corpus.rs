//! Rows of tokens, cut into training windows.

use std::sync::Arc;

use super::reading::Codes;

/// A training set cut into windows of at most `context` targets.
pub(super) struct Corpus {
    /// Mark, row, mark, for every row.
    codes: Vec<u32>,
    /// First input of each window and its number of targets.
    windows: Vec<(usize, usize)>,
    /// The label of each window's row; none where rows have no label.
    classes: Vec<u32>,
    weights: Vec<f64>,
    mark: u32,
    /// The longest window.
    context: usize,
    longest: usize,
}

/// The codes of one step: `inputs` and `targets` hold `context` codes a window.
pub(super) struct Batch {
    pub(super) inputs: Arc<[u32]>,
    pub(super) targets: Arc<[u32]>,
    /// The label of each window, or nothing.
    pub(super) classes: Vec<u32>,
    /// The weight of each target in the loss; 0 for padding.
    pub(super) weights: Vec<f32>,
    pub(super) context: usize,
}

impl Corpus {
    pub(super) fn new(read: &Codes, row_weights: &[f64], mark: u32, context: usize) -> Self {
        let rows = &read.rows;
        let (mut codes, mut windows, mut classes, mut weights) = (vec![], vec![], vec![], vec![]);
        for (i, (row, weight)) in rows.iter().zip(row_weights).enumerate() {
            let from = codes.len();
            codes.push(mark);
            codes.extend_from_slice(row);
            codes.push(mark);
            for start in (0..=row.len()).step_by(context) {
                let n = context.min(row.len() + 1 - start);
                windows.push((from + start, n));
                classes.extend(read.classes.get(i));
                // A token weighs what its row weighs, so a window weighs its tokens.
                weights.push(weight * n as f64);
            }
        }
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        let context = windows.iter().map(|w| w.1).max().unwrap_or(1);
        Corpus { codes, windows, classes, weights, mark, context, longest }
    }

    /// The number of windows.
    pub(super) fn len(&self) -> usize {
        self.windows.len()
    }

    /// The weight of each window.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Tokens of the longest row.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Gathers windows; `weights` is each window's weight in the loss, shared by its targets.
    pub(super) fn batch(&self, items: &[u32], weights: &[f32]) -> Batch {
        let t = self.context;
        let mut inputs = vec![self.mark; items.len() * t];
        let mut targets = vec![self.mark; items.len() * t];
        let mut token_weights = vec![0.0; items.len() * t];
        for (k, (&item, weight)) in items.iter().zip(weights).enumerate() {
            let (at, n) = self.windows[item as usize];
            inputs[k * t..][..n].copy_from_slice(&self.codes[at..at + n]);
            targets[k * t..][..n].copy_from_slice(&self.codes[at + 1..at + 1 + n]);
            token_weights[k * t..][..n].fill(weight / n as f32);
        }
        let classes = items.iter().filter_map(|&i| self.classes.get(i as usize).copied()).collect();
        Batch { inputs: inputs.into(), targets: targets.into(), classes, weights: token_weights, context: t }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_every_target_once() {
        let rows = vec![vec![1, 2, 3, 4, 5], vec![], vec![6, 7, 8]];
        let read = Codes { rows, heads: vec![], classes: vec![1, 0, 2] };
        let corpus = Corpus::new(&read, &[1.0, 1.0, 2.0], 9, 4);
        // 6 targets in windows of 4 and 2; 1 target; 4 targets.
        assert_eq!(corpus.weights(), [4.0, 2.0, 1.0, 8.0]);
        let b = corpus.batch(&[1, 3], &[0.5, 0.8]);
        assert_eq!(b.classes, [1, 2]);
        assert_eq!(&b.inputs[..], [4, 5, 9, 9, 9, 6, 7, 8]);
        assert_eq!(&b.targets[..], [5, 9, 9, 9, 6, 7, 8, 9]);
        assert_eq!(b.weights, [0.25, 0.25, 0.0, 0.0, 0.2, 0.2, 0.2, 0.2]);
    }
}
