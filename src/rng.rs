//! Named random streams.
//!
//! Every draw in the workbench comes from a ChaCha8 stream that is named by what it is for:
//! `(salt, seed)` choose the key, and a path of purposes and indices chooses the stream, as in
//! `streams.of("synthesise").at(generation).rng()`. Two streams with different paths are
//! independent; the same path always gives the same numbers, whatever else was drawn before, on
//! whichever thread. Nothing in the crate uses a global generator or seeds itself.
//!
//! The key is SHA-256 of the salt and the seed. The path is folded into ChaCha's 64-bit stream
//! number, so opening a stream costs a few nanoseconds: closed-form lineages open several per
//! generation.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// One random stream: an ordinary generator, to be used for one purpose.
pub type Stream = ChaCha8Rng;

/// A node in the tree of named streams.
///
/// ```
/// use model_collapse::prelude::Streams;
/// use rand::RngExt;
///
/// let streams = Streams::new(0, 42);
/// let a: f64 = streams.of("synthesise").at(3).rng().random();
/// let b: f64 = streams.of("synthesise").at(3).rng().random();
/// let c: f64 = streams.of("synthesise").at(4).rng().random();
/// assert_eq!(a, b);
/// assert_ne!(a, c);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    key: [u8; 32],
    path: u64,
}

impl Streams {
    /// The root of all streams of one seed. `salt` re-randomises a whole experiment.
    pub fn new(salt: u64, seed: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"model-collapse streams 1");
        hash.update(salt.to_le_bytes());
        hash.update(seed.to_le_bytes());
        Self { key: hash.finalize().into(), path: 0 }
    }

    /// The streams below a purpose, for example `"human"` or `"initial-weights"`.
    pub fn of(&self, purpose: &str) -> Self {
        self.child(hash(purpose))
    }

    /// The streams below an index: a generation, a member, a row.
    pub fn at(&self, index: u64) -> Self {
        // The constant keeps `at(i)` apart from any name that hashes to `i`.
        self.child(index.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x5851_f42d_4c95_7f2d))
    }

    /// Opens the stream at this node.
    pub fn rng(&self) -> Stream {
        let mut rng = ChaCha8Rng::from_seed(self.key);
        rng.set_stream(self.path);
        rng
    }

    fn child(&self, word: u64) -> Self {
        Self { key: self.key, path: mix(self.path.rotate_left(23) ^ mix(word)) }
    }
}

/// FNV-1a over the bytes of a name; [`mix`] spreads it. Not for secrets.
pub(crate) fn hash(name: &str) -> u64 {
    let add = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, add)
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection that spreads every bit.
pub(crate) fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use std::collections::BTreeSet;

    #[test]
    fn a_path_names_one_stream() {
        let root = Streams::new(7, 1);
        let draw = |s: Streams| -> u64 { s.rng().random() };
        assert_eq!(draw(root.of("a").at(1)), draw(root.of("a").at(1)));
        let paths = [
            root,
            root.of("a"),
            root.of("b"),
            root.of("a").of("b"),
            root.of("b").of("a"),
            root.at(0),
            root.at(1),
            root.at(0).at(1),
            root.at(1).at(0),
            root.of("a").at(1),
            root.at(1).of("a"),
            Streams::new(8, 1),
            Streams::new(7, 2),
            Streams::new(1, 7),
        ];
        let distinct: BTreeSet<u64> = paths.iter().map(|s| draw(*s)).collect();
        assert_eq!(distinct.len(), paths.len());
    }

    #[test]
    fn a_million_paths_do_not_collide() {
        let root = Streams::new(0, 0);
        let mut paths = BTreeSet::new();
        for generation in 0..1000 {
            for purpose in ["human", "synthesise", "retain", "draw", "fit"] {
                for row in 0..200 {
                    paths.insert(root.of(purpose).at(generation).at(row).path);
                }
            }
        }
        assert_eq!(paths.len(), 1_000_000);
    }

    #[test]
    fn neighbouring_streams_are_uncorrelated() {
        // 10,000 pairs of first draws from streams i and i + 1: the correlation of independent
        // uniforms has standard error 1/sqrt(10000) = 0.01; five of them are allowed.
        let root = Streams::new(3, 3).of("check");
        let u = |i: u64| -> f64 { root.at(i).rng().random::<f64>() - 0.5 };
        let covariance: f64 = (0..10_000).map(|i| u(i) * u(i + 1)).sum::<f64>() / 10_000.0;
        assert!((covariance * 12.0).abs() < 0.05, "correlation {}", covariance * 12.0);
    }
}
