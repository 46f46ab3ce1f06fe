//! The averaged perceptron tagger.
//!
//! Tags are chosen from left to right: the tag with the greatest sum of weights of the features of
//! the position, among them the two tags chosen before. A wrong choice in training adds the row's
//! weight to the features of the true tag and takes it from those of the chosen one; the weights
//! used are the averages over all positions seen (Collins 2002, DOI 10.3115/1118693.1118694).
//! Cost: O(tokens · features · tags) a pass.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rand::seq::SliceRandom;

use super::features::{Features, Spelling};
use crate::rng::Streams;

/// Tokens, and a tag for each.
pub type Sentence<'a> = (&'a [u32], &'a [u32]);

/// Sentences with one tag a token, and their weights.
pub struct Corpus<'a> {
    /// Tokens and tags of each sentence.
    pub sentences: Vec<Sentence<'a>>,
    /// The weight of each sentence, at least 0.
    pub weights: &'a [f64],
    /// How the tokens are spelled.
    pub spelling: &'a [Spelling],
    /// The number of tags.
    pub tags: usize,
}

/// A trained tagger.
pub struct Perceptron {
    tags: usize,
    averages: Table<Vec<f32>>,
}

/// Keys are hashes already.
type Table<T> = HashMap<u64, T, BuildHasherDefault<Given>>;

/// What training keeps of a feature: weights, and their sums up to the last change, by tag.
struct Record {
    weights: Vec<f64>,
    sums: Vec<f64>,
    changed: Vec<f64>,
}

impl Perceptron {
    /// Trains for `passes` over the sentences, each in a new order.
    pub fn train(corpus: &Corpus<'_>, passes: usize, streams: &Streams) -> Self {
        let tags = corpus.tags;
        let mut records: Table<Record> = Table::default();
        let mut order: Vec<u32> = (0..corpus.sentences.len() as u32).collect();
        let mut features = Features::default();
        let mut scores = vec![0.0; tags];
        let mut clock = 0.0_f64;
        for pass in 0..passes {
            order.shuffle(&mut streams.of("order").at(pass as u64).rng());
            for &which in &order {
                let (tokens, truth) = corpus.sentences[which as usize];
                let weight = corpus.weights[which as usize];
                if weight <= 0.0 {
                    continue;
                }
                let (mut last, mut before) = (tags as u32, tags as u32);
                for (i, &real) in truth.iter().enumerate() {
                    features.at(tokens, i, corpus.spelling, last, before);
                    scores.fill(0.0);
                    for key in features.keys() {
                        if let Some(record) = records.get(key) {
                            scores.iter_mut().zip(&record.weights).for_each(|(s, w)| *s += w);
                        }
                    }
                    clock += 1.0;
                    let chosen = best(&scores);
                    if chosen != real as usize {
                        for &key in features.keys() {
                            let record = records.entry(key).or_insert_with(|| Record::new(tags));
                            record.add(real as usize, weight, clock);
                            record.add(chosen, -weight, clock);
                        }
                    }
                    (last, before) = (chosen as u32, last);
                }
            }
        }
        let averages = records.into_iter().map(|(key, record)| (key, record.average(clock))).collect();
        Self { tags, averages }
    }

    /// The tags of one sentence.
    pub fn tag(&self, tokens: &[u32], spelling: &[Spelling]) -> Vec<u32> {
        let mut features = Features::default();
        let mut scores = vec![0.0; self.tags];
        let (mut last, mut before) = (self.tags as u32, self.tags as u32);
        (0..tokens.len())
            .map(|i| {
                features.at(tokens, i, spelling, last, before);
                scores.fill(0.0);
                for key in features.keys() {
                    if let Some(weights) = self.averages.get(key) {
                        scores.iter_mut().zip(weights).for_each(|(s, w)| *s += f64::from(*w));
                    }
                }
                let chosen = best(&scores) as u32;
                (last, before) = (chosen, last);
                chosen
            })
            .collect()
    }
}

/// The first of the greatest.
fn best(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best })
}

impl Record {
    fn new(tags: usize) -> Self {
        Self { weights: vec![0.0; tags], sums: vec![0.0; tags], changed: vec![0.0; tags] }
    }

    fn add(&mut self, tag: usize, amount: f64, clock: f64) {
        self.sums[tag] += self.weights[tag] * (clock - self.changed[tag]);
        self.changed[tag] = clock;
        self.weights[tag] += amount;
    }

    fn average(&self, clock: f64) -> Vec<f32> {
        let one = |tag: usize| self.sums[tag] + self.weights[tag] * (clock - self.changed[tag]);
        (0..self.weights.len()).map(|tag| (one(tag) / clock.max(1.0)) as f32).collect()
    }
}

/// Passes a key that is a hash already through unchanged.
#[derive(Clone, Copy, Default)]
struct Given(u64);

impl std::hash::Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.0 = self.0.rotate_left(8) ^ u64::from(*b));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(words: &[&str]) -> Vec<Spelling> {
        words.iter().map(|w| Spelling::of(w)).collect()
    }

    #[test]
    fn weights_are_averaged_over_the_positions_seen() {
        // Added 1 at position 2 of 4: 0 during the first two, 1 during the other two.
        let mut record = Record::new(2);
        record.add(0, 1.0, 2.0);
        assert_eq!(record.average(4.0), [0.5, 0.0]);
        record.add(0, 2.0, 3.0);
        assert_eq!(record.average(4.0), [(1.0 + 3.0) / 4.0, 0.0]);
    }

    #[test]
    fn it_learns_names_and_what_stands_before_them() {
        let words = ["they", "we", "visited", "saw", "Paris", "Rome", "Bern", "Oslo", "gardens", "Lima"];
        let spelling = spelled(&words);
        // Who did what, and either a place or a thing.
        let all: Vec<[u32; 3]> =
            (0..2).flat_map(|a| (2..4).flat_map(move |b| (4..9).map(move |c| [a, b, c]))).collect();
        let tags: Vec<[u32; 3]> = all.iter().map(|s| [0, 0, u32::from(s[2] < 8)]).collect();
        let sentences = all.iter().zip(&tags).map(|(s, t)| (&s[..], &t[..])).collect();
        let weights = vec![1.0; all.len()];
        let corpus = Corpus { sentences, weights: &weights, spelling: &spelling, tags: 2 };
        let tagger = Perceptron::train(&corpus, 10, &Streams::new(0, 1));
        for (sentence, tags) in all.iter().zip(&tags) {
            assert_eq!(tagger.tag(sentence, &spelling), tags);
        }
        // A capitalised word that was never seen, in the place of one.
        assert_eq!(tagger.tag(&[0, 3, 9], &spelling), [0, 0, 1]);
        assert!(tagger.tag(&[], &spelling).is_empty());
    }

    #[test]
    fn a_sentence_of_weight_zero_teaches_nothing() {
        let spelling = spelled(&["Paris"]);
        let corpus = |weights| Corpus {
            sentences: vec![(&[0_u32][..], &[1_u32][..]), (&[0], &[0])],
            weights,
            spelling: &spelling,
            tags: 2,
        };
        let one = Perceptron::train(&corpus(&[1.0, 0.0]), 5, &Streams::new(0, 1));
        assert_eq!(one.tag(&[0], &spelling), [1]);
        let other = Perceptron::train(&corpus(&[0.0, 1.0]), 5, &Streams::new(0, 1));
        assert_eq!(other.tag(&[0], &spelling), [0]);
    }
}
