//! The smoothed probabilities after histories of one length.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use super::Smoothing;
use super::counts::{Gram, Packing};

/// The direct probability of each token after a history, and under `None` what is left to the shorter history. They sum
/// to 1.
pub type Next = BTreeMap<Option<u32>, f64>;

/// All histories of one length, with what was seen after each.
#[derive(Clone, Default)]
pub struct Table {
    index: HashMap<u128, u32, BuildHasherDefault<Fold>>,
    /// The keys, in order of number.
    pub keys: Vec<u128>,
    start: Vec<u32>,
    tokens: Vec<u32>,
    direct: Vec<f64>,
    cumulative: Vec<f64>,
    backoff: Vec<f64>,
}

/// What was seen after one history.
#[derive(Clone, Copy)]
pub struct After<'a> {
    /// The number of the history within its table.
    pub number: u32,
    /// The distinct next tokens, ascending.
    pub tokens: &'a [u32],
    /// The probability that each gets directly.
    pub direct: &'a [f64],
    /// The sum of `direct` up to and with each token.
    pub cumulative: &'a [f64],
    /// The probability that is shared out by the shorter history.
    pub backoff: f64,
}

impl After<'_> {
    /// The direct probability of a token.
    pub fn direct(&self, token: u32) -> f64 {
        self.tokens.binary_search(&token).map_or(0.0, |at| self.direct[at])
    }

    /// Whether the token was seen after this history.
    pub fn saw(&self, token: u32) -> bool {
        self.tokens.binary_search(&token).is_ok()
    }
}

impl Table {
    /// Smooths sorted n-grams of one length. `vocabulary` is V.
    pub fn new(grams: &[Gram], packing: Packing, smoothing: Smoothing, vocabulary: usize) -> Self {
        let discount = discount(grams);
        let mut table = Table::default();
        for group in grams.chunk_by(|a, b| packing.split(a.key).0 == packing.split(b.key).0) {
            let (history, _) = packing.split(group[0].key);
            let total: f64 = group.iter().map(|g| g.count).sum();
            let (divisor, backoff) = match smoothing {
                Smoothing::KneserNey => {
                    (total, group.iter().map(|g| g.count.min(discount)).sum::<f64>() / total)
                }
                Smoothing::WittenBell => {
                    let types = group.len() as f64;
                    (total + types, types / (total + types))
                }
                Smoothing::JelinekMercer { lambda } => (total / lambda, 1.0 - lambda),
                Smoothing::AddK { k } => {
                    let added = k * vocabulary as f64;
                    (total + added, added / (total + added))
                }
            };
            let mut reached = 0.0;
            table.index.insert(history, table.keys.len() as u32);
            table.keys.push(history);
            table.start.push(table.tokens.len() as u32);
            table.backoff.push(backoff);
            for gram in group {
                let count = match smoothing {
                    Smoothing::KneserNey => (gram.count - discount).max(0.0),
                    _ => gram.count,
                };
                reached += count / divisor;
                table.tokens.push(packing.split(gram.key).1);
                table.direct.push(count / divisor);
                table.cumulative.push(reached);
            }
        }
        table.start.push(table.tokens.len() as u32);
        table
    }

    /// The table of these probabilities. Histories that leave everything to the shorter one are left out.
    pub fn of(histories: BTreeMap<u128, Next>) -> Self {
        let mut table = Table::default();
        for (key, mut next) in histories {
            let backoff = next.remove(&None).unwrap_or(0.0);
            if next.is_empty() {
                continue;
            }
            table.index.insert(key, table.keys.len() as u32);
            table.keys.push(key);
            table.start.push(table.tokens.len() as u32);
            table.backoff.push(backoff);
            let mut reached = 0.0;
            for (token, direct) in next.into_iter().filter_map(|(token, p)| Some((token?, p))) {
                reached += direct;
                table.tokens.push(token);
                table.direct.push(direct);
                table.cumulative.push(reached);
            }
        }
        table.start.push(table.tokens.len() as u32);
        table
    }

    /// The probabilities after the history with this key; one that was never met leaves everything to the shorter one.
    pub fn next(&self, key: u128) -> Next {
        let Some(after) = self.after(key) else { return Next::from([(None, 1.0)]) };
        let direct = after.tokens.iter().zip(after.direct).map(|(token, p)| (Some(*token), *p));
        direct.chain([(None, after.backoff)]).collect()
    }

    /// What was seen after the history with this key, if it was met.
    pub fn after(&self, key: u128) -> Option<After<'_>> {
        self.index.get(&key).map(|&number| self.numbered(number))
    }

    /// What was seen after history `number`.
    pub fn numbered(&self, number: u32) -> After<'_> {
        let range = self.range(number);
        After {
            number,
            tokens: &self.tokens[range.clone()],
            direct: &self.direct[range.clone()],
            cumulative: &self.cumulative[range],
            backoff: self.backoff[number as usize],
        }
    }

    /// Where the next tokens of history `number` stand among those of all histories.
    pub fn range(&self, number: u32) -> std::ops::Range<usize> {
        self.start[number as usize] as usize..self.start[number as usize + 1] as usize
    }

    /// The number of stored probabilities.
    pub fn size(&self) -> usize {
        self.direct.len() + self.backoff.len()
    }
}

/// D = n₁ / (n₁ + 2 n₂), with n₁ and n₂ the numbers of n-grams seen once and twice; ½ if one is 0.
fn discount(grams: &[Gram]) -> f64 {
    let seen = |times| grams.iter().filter(|g| g.seen == times).count() as f64;
    let (once, twice) = (seen(1), seen(2));
    if once == 0.0 || twice == 0.0 { 0.5 } else { once / (once + 2.0 * twice) }
}

/// A fast hash of packed keys: one folded multiplication. The same in every process, unlike the
/// standard library's. No result depends on the order of a map.
#[derive(Clone, Copy, Default)]
pub struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u128(u128::from(b)));
    }

    fn write_u128(&mut self, key: u128) {
        let low = (key as u64) ^ self.0 ^ 0x9e37_79b9_7f4a_7c15;
        let high = ((key >> 64) as u64) ^ 0xbf58_476d_1ce4_e5b9;
        let product = u128::from(low) * u128::from(high);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}
