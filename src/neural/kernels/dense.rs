//! y = act(x·W + b) for a fitted model: plain f32 slices, no graph.
//!
//! Each output row is the sum over inputs in ascending order, whatever the number of rows:
//! a row's value does not depend on its neighbours, so that the first five of ten sampled
//! rows are the five of a smaller draw, bit for bit.

use super::linear::Activation;
use super::simd::{gelu, wide};

const COLUMNS: usize = 16;
const ROWS: usize = 6;

/// A fitted affine map with its activation; columns padded to whole vectors.
#[derive(Clone, Debug)]
pub struct Dense {
    inputs: usize,
    outputs: usize,
    padded: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
    act: Activation,
}

impl Dense {
    /// Copies weights `[inputs, outputs]` and bias `[outputs]`.
    pub fn new(weights: &[f32], bias: &[f32], act: Activation) -> Self {
        let outputs = bias.len();
        let inputs = weights.len() / outputs;
        let padded = outputs.div_ceil(COLUMNS) * COLUMNS;
        let mut w = vec![0.0; inputs * padded];
        for (to, from) in w.chunks_exact_mut(padded).zip(weights.chunks_exact(outputs)) {
            to[..outputs].copy_from_slice(from);
        }
        let mut b = bias.to_vec();
        b.resize(padded, 0.0);
        Dense { inputs, outputs, padded, weights: w, bias: b, act }
    }

    /// Number of output features.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Writes act(x·W + b) into `y`, `[rows, outputs]`.
    pub fn apply(&self, x: &[f32], y: &mut Vec<f32>) {
        let rows = x.len() / self.inputs;
        y.clear();
        y.resize(rows * self.outputs, 0.0);
        wide(
            #[inline(always)]
            || {
                let mut r = 0;
                while r + ROWS <= rows {
                    self.tile::<ROWS>(x, y, r);
                    r += ROWS;
                }
                while r < rows {
                    self.tile::<1>(x, y, r);
                    r += 1;
                }
                match self.act {
                    Activation::Identity => {}
                    Activation::Relu => y.iter_mut().for_each(|v| *v = if *v < 0.0 { 0.0 } else { *v }),
                    Activation::Gelu => y.iter_mut().for_each(|v| *v = gelu(*v)),
                }
            },
        );
    }

    #[inline(always)]
    fn tile<const R: usize>(&self, x: &[f32], y: &mut [f32], r: usize) {
        let k = self.inputs;
        let x: [&[f32]; R] = std::array::from_fn(|i| &x[(r + i) * k..][..k]);
        let mut at = 0;
        while at < self.padded {
            let mut acc = [[0.0f32; COLUMNS]; R];
            for row in acc.iter_mut() {
                row.copy_from_slice(&self.bias[at..at + COLUMNS]);
            }
            for c in 0..k {
                let w = &self.weights[c * self.padded + at..][..COLUMNS];
                for (row, x) in acc.iter_mut().zip(&x) {
                    let v = x[c];
                    for j in 0..COLUMNS {
                        row[j] += v * w[j];
                    }
                }
            }
            let n = COLUMNS.min(self.outputs - at);
            for (i, row) in acc.iter().enumerate() {
                y[(r + i) * self.outputs + at..][..n].copy_from_slice(&row[..n]);
            }
            at += COLUMNS;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::pseudo;
    use super::*;

    #[test]
    fn agrees_with_a_plain_product_and_rows_do_not_know_their_neighbours() {
        let (n, k, out) = (14, 9, 37);
        let (x, w, b) = (pseudo([n, k], 1).1, pseudo([k, out], 2).1, pseudo([1, out], 3).1);
        let dense = Dense::new(&w, &b, Activation::Relu);
        let (mut all, mut first) = (vec![], vec![]);
        dense.apply(&x, &mut all);
        dense.apply(&x[..5 * k], &mut first);
        assert_eq!(first, all[..5 * out]);
        for r in 0..n {
            for j in 0..out {
                let exact: f64 =
                    (0..k).map(|c| f64::from(x[r * k + c]) * f64::from(w[c * out + j])).sum::<f64>()
                        + f64::from(b[j]);
                let got = f64::from(all[r * out + j]);
                assert!((got - exact.max(0.0)).abs() < 1e-5, "{r} {j}");
            }
        }
    }
}
