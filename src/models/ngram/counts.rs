//! Counting n-grams: packed keys, sorted, run-length encoded.

use super::Smoothing;
use crate::models::Refusal;

/// How symbols are packed into one key: `bits` each, the last symbol lowest. Symbol 0 is the start
/// of a row, symbol `t + 1` token `t`.
#[derive(Clone, Copy, Debug)]
pub struct Packing {
    bits: u32,
}

impl Packing {
    /// Refuses an empty vocabulary, and orders whose n-grams don't fit into 128 bits.
    pub fn new(vocabulary: usize, order: usize) -> Result<Self, Refusal> {
        if vocabulary == 0 {
            return Err(Refusal::new("the vocabulary is empty"));
        }
        let bits = usize::BITS - vocabulary.leading_zeros();
        if order as u64 * u64::from(bits) > 127 {
            return Err(Refusal::new(format!(
                "`order` is at most {} with a vocabulary of {vocabulary} tokens",
                127 / bits
            )));
        }
        Ok(Self { bits })
    }

    /// The last `len` symbols of a key.
    pub fn last(self, key: u128, len: usize) -> u128 {
        key & ((1_u128 << (self.bits as usize * len)) - 1)
    }

    /// The key with a token behind it.
    pub fn push(self, key: u128, token: u32) -> u128 {
        (key << self.bits) | (u128::from(token) + 1)
    }

    /// The key of the same `len` symbols in another packing, in which token `t` is `map[t]`.
    pub fn translate(self, key: u128, len: usize, to: Packing, map: &[u32]) -> u128 {
        (0..len).rev().fold(0, |out, i| match self.last(key >> (self.bits as usize * i), 1) as usize {
            0 => out << to.bits,
            symbol => to.push(out, map[symbol - 1]),
        })
    }

    /// A key's last token and the key of what stands before it.
    pub fn split(self, key: u128) -> (u128, u32) {
        (key >> self.bits, (self.last(key, 1) as u32).wrapping_sub(1))
    }
}

/// The symbols before a token: at most `order − 1`, the first of a row being its start.
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// The packed symbols.
    pub key: u128,
    /// How many there are.
    pub len: usize,
    packing: Packing,
    most: usize,
}

impl History {
    /// The start of a row.
    pub fn start(packing: Packing, order: usize) -> Self {
        Self { key: 0, len: usize::from(order > 1), packing, most: order - 1 }
    }

    /// Moves on by one token.
    pub fn push(&mut self, token: u32) {
        self.key = self.packing.last(self.packing.push(self.key, token), self.most);
        self.len = (self.len + 1).min(self.most);
    }

    /// The history of the last `len` symbols.
    pub fn shortened(&self, len: usize) -> u128 {
        self.packing.last(self.key, len)
    }
}

/// One distinct n-gram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gram {
    /// The packed symbols.
    pub key: u128,
    /// The weighted count, or the number of distinct predecessors.
    pub count: f64,
    /// The same without weights.
    pub seen: u64,
}

/// Distinct n-grams of each length, shortest first, each list sorted by key. Every token position
/// gives its longest n-gram; shorter ones are the ends of longer ones.
pub fn grams<'a>(
    rows: impl Iterator<Item = (&'a [u32], f64)>,
    packing: Packing,
    order: usize,
    smoothing: Smoothing,
) -> Vec<Vec<Gram>> {
    let mut levels: Vec<Vec<Gram>> = vec![Vec::new(); order];
    for (tokens, count) in rows {
        let mut history = History::start(packing, order);
        for &token in tokens {
            levels[history.len].push(Gram { key: packing.push(history.key, token), count, seen: 1 });
            history.push(token);
        }
    }
    for length in (1..=order).rev() {
        let mut level = std::mem::take(&mut levels[length - 1]);
        level.sort_unstable_by_key(|g| g.key);
        level.dedup_by(|next, first| {
            let same = next.key == first.key;
            if same {
                first.count += next.count;
                first.seen += next.seen;
            }
            same
        });
        if length > 1 && !matches!(smoothing, Smoothing::AddK { .. }) {
            levels[length - 2].extend(level.iter().map(|g| {
                let key = packing.last(g.key, length - 1);
                match smoothing {
                    Smoothing::KneserNey => Gram { key, count: 1.0, seen: 1 },
                    _ => Gram { key, ..*g },
                }
            }));
        }
        levels[length - 1] = level;
    }
    levels
}
