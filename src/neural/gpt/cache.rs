//! The fitted network one token at a time, with a key-value cache.
//!
//! Every row has its own length and its own place in the cache. Keys are stored feature-major, so that a query
//! meets all earlier positions with unit stride.

use super::net::{Net, Shape};
use crate::neural::kernels::layer_norm::normalise;
use crate::neural::kernels::simd::{LANES, exp_shifted, wide};
use crate::neural::language::{Fed, Network};

/// Rows in progress.
pub struct Cache {
    /// row × layer × feature × position, positions padded to whole vectors.
    keys: Vec<f32>,
    /// row × layer × position × feature.
    values: Vec<f32>,
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    x: Vec<f32>,
    normed: Vec<f32>,
    qkv: Vec<f32>,
    scores: Vec<f32>,
    attended: Vec<f32>,
    branch: Vec<f32>,
    hidden: Vec<f32>,
}

impl Network for Net {
    type Memory = Cache;

    fn memory(&self, rows: usize) -> Cache {
        let Shape { layers, width, context, .. } = self.shape();
        let (size, padded) = (rows * layers * width, context.next_multiple_of(LANES));
        Cache {
            keys: vec![0.0; size * padded],
            values: vec![0.0; size * context],
            scratch: Scratch { scores: vec![0.0; padded], ..Scratch::default() },
        }
    }

    /// A row's places are written again before they are read.
    fn forget(&self, _: &mut Cache, _: usize) {}

    fn logits(&self, memory: &mut Cache, logits: &mut Vec<f32>) {
        let Scratch { x, normed, .. } = &mut memory.scratch;
        norm_rows(x, &self.norm, normed);
        self.head.apply(normed, logits);
    }

    /// Leaves the residual stream in the scratch space.
    fn step(&self, memory: &mut Cache, fed: &[Fed]) {
        let shape = self.shape();
        let (c, t) = (shape.width, shape.context);
        let Cache { keys, values, scratch: s } = memory;
        let padded = s.scores.len();
        s.x.clear();
        for fed in fed {
            let token = &self.tokens[fed.code as usize * c..][..c];
            let place = &self.positions[fed.place * c..][..c];
            s.x.extend(token.iter().zip(place).map(|(a, b)| a + b));
            let from = s.x.len() - c;
            if let Some(class) = fed.class {
                add(&mut s.x[from..], &self.classes[class as usize * c..][..c]);
            }
            if let Some(pair) = fed.pair {
                add(&mut s.x[from..], &self.pairs[pair as usize * c..][..c]);
            }
        }
        for (layer, block) in self.blocks.iter().enumerate() {
            norm_rows(&s.x, &block.norm1, &mut s.normed);
            block.qkv.apply(&s.normed, &mut s.qkv);
            s.attended.clear();
            s.attended.resize(fed.len() * c, 0.0);
            wide(
                #[inline(always)]
                || {
                    for (i, fed) in fed.iter().enumerate() {
                        let at = (fed.row * shape.layers + layer) * c;
                        let keys = &mut keys[at * padded..][..c * padded];
                        let values = &mut values[at * t..][..c * t];
                        let qkv = &s.qkv[i * 3 * c..][..3 * c];
                        let out = &mut s.attended[i * c..][..c];
                        attend(qkv, keys, values, &mut s.scores, out, fed.place, shape);
                    }
                },
            );
            block.out.apply(&s.attended, &mut s.branch);
            add(&mut s.x, &s.branch);
            norm_rows(&s.x, &block.norm2, &mut s.normed);
            block.up.apply(&s.normed, &mut s.hidden);
            block.down.apply(&s.hidden, &mut s.branch);
            add(&mut s.x, &s.branch);
        }
    }
}

fn add(x: &mut [f32], y: &[f32]) {
    wide(
        #[inline(always)]
        || x.iter_mut().zip(y).for_each(|(a, b)| *a += b),
    );
}

fn norm_rows(x: &[f32], [gamma, beta]: &[Vec<f32>; 2], to: &mut Vec<f32>) {
    let n = gamma.len();
    to.resize(x.len(), 0.0);
    wide(
        #[inline(always)]
        || {
            for (row, to) in x.chunks_exact(n).zip(to.chunks_exact_mut(n)) {
                normalise(row, to);
                for ((t, g), b) in to.iter_mut().zip(gamma).zip(beta) {
                    *t = *t * g + b;
                }
            }
        },
    );
}

/// Stores one position's key and value, and attends from it to all positions so far.
#[inline(always)]
fn attend(
    qkv: &[f32],
    keys: &mut [f32],
    values: &mut [f32],
    scores: &mut [f32],
    out: &mut [f32],
    at: usize,
    shape: Shape,
) {
    let (c, stride) = (shape.width, scores.len());
    let d = c / shape.heads;
    let scale = 1.0 / (d as f32).sqrt();
    for (column, &key) in keys.chunks_exact_mut(stride).zip(&qkv[c..]) {
        column[at] = key;
    }
    values[at * c..][..c].copy_from_slice(&qkv[2 * c..]);
    let n = at + 1;
    for h in 0..shape.heads {
        let (query, keys) = (&qkv[h * d..][..d], &keys[h * d * stride..][..d * stride]);
        for (block, scores) in
            scores.as_chunks_mut::<LANES>().0.iter_mut().enumerate().take(n.div_ceil(LANES))
        {
            let mut sums = [0.0f32; LANES];
            for (q, column) in query.iter().zip(keys.chunks_exact(stride)) {
                let (q, column) = (q * scale, &column[block * LANES..][..LANES]);
                for l in 0..LANES {
                    sums[l] += q * column[l];
                }
            }
            *scores = sums;
        }
        let (_, total) = exp_shifted(&mut scores[..n]);
        let inverse = 1.0 / total;
        let rows = || scores[..n].iter().map(|s| s * inverse).zip(values.chunks_exact(c));
        let (eights, rest) = out[h * d..][..d].as_chunks_mut::<8>();
        for (block, out) in eights.iter_mut().enumerate() {
            let mut sums = [0.0f32; 8];
            for (p, row) in rows() {
                let row = &row[h * d + block * 8..][..8];
                for l in 0..8 {
                    sums[l] += p * row[l];
                }
            }
            *out = sums;
        }
        let from = (h + 1) * d - rest.len();
        for (p, row) in rows() {
            rest.iter_mut().zip(&row[from..]).for_each(|(out, v)| *out += p * v);
        }
    }
}
