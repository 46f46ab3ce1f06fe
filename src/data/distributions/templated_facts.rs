//! Sentences that state facts about people: text whose truth can be looked up.
//!
//! A small world: each person has a city, a job and a colour, fixed once and for all (drawn uniformly
//! from a stream of its own, the same for every seed). A row states one fact: person i with probability
//! ∝ (i + 1)^(−exponent), so that some are rarely spoken of; one of the three relations; one of its two
//! templates, equally. All templates have six words, so that models without an end symbol keep the form.
//! A row is *malformed* if it is no template filled with a person and a value of the right kind, *wrong*
//! if the value is another one than in the world. In half of the templates the value follows the person
//! at a distance of two to four words, so a model needs that much context to get a fact right while two
//! words of context are enough to get the form right. Cost: O(1) a row. After the
//! knowledge collapse of Keisha et al. (arXiv 2509.04796); world and templates are ours.

use std::sync::Arc;

use rand::RngExt;
use rand_distr::Distribution as _;
use rand_distr::weighted::WeightedAliasIndex;
use serde::Serialize;

use crate::data::parameters::{Build, ParameterError, build};
use crate::data::{
    Checker, Column, Correctness, Distribution, Kind, Samples, Schema, Source, SourceError, TokenUnit,
    Vocabulary,
};
use crate::registry::{About, Entry};
use crate::rng::{Stream, Streams};

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "templated-facts",
        summary: "Six-word sentences that state true facts about people of a small world",
        details: "A person (Zipf popularity), one of three relations (city, job, colour) and one of two \
                  templates each. Whether a row has the form of a fact, and whether the fact is true, is \
                  decided exactly; the probability of every row is known.",
        source: "after the knowledge collapse of Keisha et al., arXiv 2509.04796; world and templates are ours",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

const CITIES: [&str; 10] =
    ["oslo", "madrid", "cairo", "delhi", "quito", "paris", "tokyo", "vienna", "accra", "perth"];
const JOBS: [&str; 10] =
    ["baker", "judge", "pilot", "nurse", "tailor", "miner", "poet", "farmer", "clerk", "smith"];
const COLOURS: [&str; 10] =
    ["red", "blue", "green", "black", "white", "pink", "grey", "brown", "gold", "violet"];
const VALUES: [[&str; 10]; 3] = [CITIES, JOBS, COLOURS];
/// Two templates for each relation; `E` is the person, `V` the value.
const TEMPLATES: [[[&str; 6]; 2]; 3] = [
    [["E", "has", "lived", "in", "V", "."], ["V", "is", "home", "to", "E", "."]],
    [["E", "works", "as", "a", "V", "."], ["the", "V", "here", "is", "E", "."]],
    [["E", "likes", "the", "colour", "V", "."], ["V", "is", "loved", "by", "E", "."]],
];

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// People in the world
        people: usize = 50, in within(2, 2000);
        /// Person i is spoken of in proportion to (i + 1)^(−exponent)
        exponent: f64 = 1.0, in at_least(0);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        Ok(Source::of("templated-facts", &self, World::new(self.people, self.exponent)?))
    }
}

/// Who lives where, does what and likes which colour.
struct World {
    schema: Arc<Schema>,
    /// The value of each relation, person after person.
    facts: Vec<[usize; 3]>,
    log_popularity: Vec<f64>,
    popularity: WeightedAliasIndex<f64>,
    /// The templates in codes: person and value are placeholders.
    templates: Vec<(usize, [Word; 6])>,
}

/// A word of a template.
#[derive(Clone, Copy, PartialEq)]
enum Word {
    Person,
    Value,
    Token(u32),
}

impl World {
    fn new(people: usize, exponent: f64) -> Result<Self, ParameterError> {
        let mut rng = Streams::new(0, 0).of("templated-facts").rng();
        let facts = (0..people).map(|_| [0; 3].map(|_: usize| rng.random_range(0..10))).collect();
        let weights: Vec<f64> = (0..people).map(|i| (i as f64 + 1.0).powf(-exponent)).collect();
        let total: f64 = weights.iter().sum();
        let log_popularity = weights.iter().map(|w| (w / total).ln()).collect();
        let popularity = WeightedAliasIndex::new(weights)
            .map_err(|e| ParameterError::new("exponent", e.to_string(), "give a smaller exponent"))?;
        // People, then the values of each relation, then all other words.
        let mut tokens: Vec<String> = (0..people).map(name).collect();
        tokens.extend(VALUES.iter().flatten().map(|v| v.to_string()));
        let mut templates = Vec::new();
        for (relation, pair) in TEMPLATES.iter().enumerate() {
            for template in pair {
                let word = |word: &str| match word {
                    "E" => Word::Person,
                    "V" => Word::Value,
                    _ => Word::Token(match tokens.iter().position(|t| t == word) {
                        Some(code) => code as u32,
                        None => {
                            tokens.push(word.into());
                            tokens.len() as u32 - 1
                        }
                    }),
                };
                templates.push((relation, template.map(word)));
            }
        }
        let vocabulary = Vocabulary::new(TokenUnit::Words, tokens);
        let schema = Arc::new(Schema::single(Kind::Ragged { vocabulary: Arc::new(vocabulary) }));
        Ok(Self { schema, facts, log_popularity, popularity, templates })
    }

    fn people(&self) -> usize {
        self.facts.len()
    }

    /// Person, relation and value of a row; `None` if it is no filled template.
    fn read(&self, row: &[u32]) -> Option<(usize, usize, usize)> {
        self.templates.iter().find_map(|(relation, template)| {
            if row.len() != template.len() {
                return None;
            }
            let values = self.people() + 10 * relation..self.people() + 10 * (relation + 1);
            let (mut person, mut value) = (None, None);
            for (&token, word) in row.iter().zip(template) {
                let token = token as usize;
                match word {
                    Word::Person if token < self.people() => person = Some(token),
                    Word::Value if values.contains(&token) => value = Some(token - values.start),
                    Word::Token(code) if token == *code as usize => {}
                    _ => return None,
                }
            }
            Some((person?, *relation, value?))
        })
    }
}

/// The name of person `i`: two syllables; all are distinct for as many people as a world can have.
fn name(i: usize) -> String {
    const CONSONANTS: [&str; 12] = ["b", "d", "f", "g", "k", "l", "m", "n", "r", "s", "t", "v"];
    const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
    let syllable = |k: usize| format!("{}{}", CONSONANTS[k % 12], VOWELS[k / 12 % 5]);
    // 7 and 60 have no common factor, so neighbours differ in both syllables.
    format!("{}{}", syllable(i * 7 % 60), syllable((i / 60 + i) % 60))
}

impl Distribution for World {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let mut tokens = Vec::with_capacity(6 * n);
        for _ in 0..n {
            let person = self.popularity.sample(rng);
            let (relation, template) = &self.templates[rng.random_range(0..self.templates.len())];
            let value = self.people() + 10 * relation + self.facts[person][*relation];
            tokens.extend(template.iter().map(|word| match word {
                Word::Person => person as u32,
                Word::Value => value as u32,
                Word::Token(code) => *code,
            }));
        }
        let offsets = (0..=n).map(|i| 6 * i).collect();
        Samples::trusted(self.schema.clone(), vec![Column::Ragged { offsets, tokens }])
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        let one = (self.templates.len() as f64).ln();
        let log = |row: &[u32]| match self.read(row) {
            Some((person, relation, value)) if self.facts[person][relation] == value => {
                self.log_popularity[person] - one
            }
            _ => f64::NEG_INFINITY,
        };
        Some((0..rows.len()).map(|i| rows.tokens(i).map_or(f64::NEG_INFINITY, log)).collect())
    }

    fn checker(&self) -> Option<&dyn Checker> {
        Some(self)
    }
}

impl Checker for World {
    fn check(&self, rows: &Samples) -> Vec<Correctness> {
        let of = |row: &[u32]| match self.read(row) {
            None => Correctness::Malformed,
            Some((person, relation, value)) if self.facts[person][relation] == value => Correctness::Correct,
            Some(_) => Correctness::Wrong,
        };
        (0..rows.len()).map(|i| rows.tokens(i).map_or(Correctness::Malformed, of)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::super::from_json;
    use super::*;

    fn world() -> World {
        World::new(50, 1.0).unwrap()
    }

    fn row(world: &World, text: &str) -> Samples {
        let vocabulary = &world.schema.vocabulary().unwrap().tokens;
        let code = |word: &str| vocabulary.iter().position(|t| t == word).unwrap() as u32;
        let tokens: Vec<u32> = text.split(' ').map(code).collect();
        let column = Column::Ragged { offsets: vec![0, tokens.len()], tokens };
        Samples::new(world.schema.clone(), vec![column]).unwrap()
    }

    #[test]
    fn drawn_sentences_are_true() {
        let world = world();
        let rows = world.draw(2000, &mut Streams::new(0, 1).of("test").rng());
        assert!(world.check(&rows).iter().all(|c| *c == Correctness::Correct));
    }

    #[test]
    fn a_fact_has_exactly_one_value_and_other_values_are_wrong() {
        let world = world();
        let who = name(3);
        for (relation, template) in
            ["E has lived in V .", "E works as a V .", "E likes the colour V ."].iter().enumerate()
        {
            let says =
                |value: &str| world.check(&row(&world, &template.replace('E', &who).replace('V', value)))[0];
            let right = VALUES[relation].iter().filter(|v| says(v) == Correctness::Correct).count();
            let wrong = VALUES[relation].iter().filter(|v| says(v) == Correctness::Wrong).count();
            assert_eq!((right, wrong), (1, 9));
            assert_eq!(
                says(VALUES[(relation + 1) % 3][0]),
                Correctness::Malformed,
                "a value of another kind"
            );
        }
        let other = format!("{who} has lived in oslo oslo");
        assert_eq!(world.check(&row(&world, &other))[0], Correctness::Malformed);
    }

    #[test]
    fn probabilities_of_all_true_sentences_sum_to_one() {
        let world = world();
        let mut total = 0.0;
        for person in 0..world.people() {
            for (relation, template) in &world.templates {
                let value = VALUES[*relation][world.facts[person][*relation]];
                let words = &world.schema.vocabulary().unwrap().tokens;
                let text: Vec<String> = template
                    .iter()
                    .map(|w| match w {
                        Word::Person => name(person),
                        Word::Value => value.into(),
                        Word::Token(code) => words[*code as usize].clone(),
                    })
                    .collect();
                total += world.log_density(&row(&world, &text.join(" "))).unwrap()[0].exp();
            }
        }
        assert!((total - 1.0).abs() < 1e-12, "{total}");
    }

    #[test]
    fn names_are_distinct_and_sizes_checked() {
        assert_eq!((0..2000).map(name).collect::<BTreeSet<_>>().len(), 2000);
        assert!(from_json::<Parameters>(r#"{"people": 1}"#).is_err());
        assert!(from_json::<Parameters>(r#"{"exponent": -1}"#).is_err());
    }
}
