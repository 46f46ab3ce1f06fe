//! The fitted network one token at a time, with a key-value cache, many rows side by side.
//!
//! Every row has its own length and its own place in the cache; what a row computes does not
//! depend on which other rows step with it. Keys are stored feature-major, so that a query
//! meets all earlier positions with unit stride.

use super::net::{Net, Shape};
use crate::neural::kernels::layer_norm::normalise;
use crate::neural::kernels::simd::{exp_shifted, wide};

/// Rows in progress.
pub(super) struct Runner<'a> {
    net: &'a Net,
    /// Codes fed to each row so far.
    fed: Vec<Vec<u32>>,
    /// The label of each row; none without labels.
    classes: &'a [u32],
    /// Cached positions of each row.
    filled: Vec<usize>,
    /// row × layer × feature × position.
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
    attended: Vec<f32>,
    branch: Vec<f32>,
    hidden: Vec<f32>,
}

impl<'a> Runner<'a> {
    /// Starts `rows` empty rows, with the label of each where rows have labels.
    pub(super) fn new(net: &'a Net, rows: usize, classes: &'a [u32]) -> Self {
        let Shape { layers, width, context, .. } = net.shape();
        let size = rows * layers * width * context;
        Runner {
            net,
            fed: vec![vec![]; rows],
            classes,
            filled: vec![0; rows],
            keys: vec![0.0; size],
            values: vec![0.0; size],
            scratch: Scratch::default(),
        }
    }

    /// Feeds one code to each of the rows `who` and writes the logits of what follows,
    /// `[who, levels]`. A row whose window is full first moves on by half a window.
    pub(super) fn feed(&mut self, who: &[usize], codes: &[u32], logits: &mut Vec<f32>) {
        let context = self.net.shape().context;
        let full: Vec<usize> = who.iter().copied().filter(|&r| self.filled[r] == context).collect();
        if !full.is_empty() {
            let keep = context - context / 2;
            for &r in &full {
                self.filled[r] = 0;
            }
            for back in (1..=keep).rev() {
                let again: Vec<u32> = full.iter().map(|&r| self.fed[r][self.fed[r].len() - back]).collect();
                self.step(&full, &again);
            }
        }
        for (&r, &code) in who.iter().zip(codes) {
            self.fed[r].push(code);
        }
        self.step(who, codes);
        let Scratch { x, normed, .. } = &mut self.scratch;
        norm_rows(x, &self.net.norm, normed);
        self.net.head.apply(normed, logits);
    }

    /// One step through the blocks; leaves the residual stream in the scratch space.
    fn step(&mut self, who: &[usize], codes: &[u32]) {
        let shape = self.net.shape();
        let (c, t) = (shape.width, shape.context);
        let s = &mut self.scratch;
        s.x.clear();
        for (&r, &code) in who.iter().zip(codes) {
            let token = &self.net.tokens[code as usize * c..][..c];
            let place = &self.net.positions[self.filled[r] * c..][..c];
            s.x.extend(token.iter().zip(place).map(|(a, b)| a + b));
            if let Some(&class) = self.classes.get(r) {
                let from = s.x.len() - c;
                add(&mut s.x[from..], &self.net.classes[class as usize * c..][..c]);
            }
        }
        for (layer, block) in self.net.blocks.iter().enumerate() {
            norm_rows(&s.x, &block.norm1, &mut s.normed);
            block.qkv.apply(&s.normed, &mut s.qkv);
            s.attended.clear();
            s.attended.resize(who.len() * c, 0.0);
            wide(
                #[inline(always)]
                || {
                    for (i, &r) in who.iter().enumerate() {
                        let base = (r * shape.layers + layer) * c * t;
                        let keys = &mut self.keys[base..base + c * t];
                        let values = &mut self.values[base..base + c * t];
                        let qkv = &s.qkv[i * 3 * c..][..3 * c];
                        let out = &mut s.attended[i * c..][..c];
                        attend(qkv, keys, values, out, self.filled[r], shape);
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
        for &r in who {
            self.filled[r] += 1;
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
fn attend(qkv: &[f32], keys: &mut [f32], values: &mut [f32], out: &mut [f32], at: usize, shape: Shape) {
    let (c, t) = (shape.width, shape.context);
    let d = c / shape.heads;
    let scale = 1.0 / (d as f32).sqrt();
    for i in 0..c {
        keys[i * t + at] = qkv[c + i];
    }
    values[at * c..][..c].copy_from_slice(&qkv[2 * c..]);
    let n = at + 1;
    let mut scores = [0.0f32; 64];
    let mut long = Vec::new();
    let scores = if n <= 64 {
        &mut scores[..n]
    } else {
        long.resize(n, 0.0f32);
        &mut long[..]
    };
    for h in 0..shape.heads {
        scores.fill(0.0);
        for i in h * d..(h + 1) * d {
            let q = qkv[i] * scale;
            for (s, k) in scores.iter_mut().zip(&keys[i * t..][..n]) {
                *s += q * k;
            }
        }
        let (_, total) = exp_shifted(scores);
        let inverse = 1.0 / total;
        let out = &mut out[h * d..][..d];
        for (j, s) in scores.iter().enumerate() {
            let p = s * inverse;
            for (o, v) in out.iter_mut().zip(&values[j * c + h * d..][..d]) {
                *o += p * v;
            }
        }
    }
}
