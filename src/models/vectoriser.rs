//! Texts as TF-IDF vectors of word n-grams.
//!
//! tf is the count of an n-gram in the text, idf = ln((1 + N)/(1 + df)) + 1 with N training texts of
//! which df hold the n-gram, and each vector has length 1 (or 0, where nothing is known): the defaults
//! of scikit-learn's `TfidfVectorizer`, to which the tests hold it. Words are the tokens where tokens
//! are words, else the text split at white space. Row weights do not enter df.
//!
//! Cost: O(words).

use std::collections::HashMap;

use super::Refusal;
use crate::data::{Samples, TokenUnit};
use crate::logistic::Design;

const LONGEST: usize = 3;
type Gram = [u32; LONGEST];
const NONE: u32 = u32::MAX;

/// N-grams with their columns and inverse document frequencies.
pub struct Vectoriser {
    longest: usize,
    // Both are only looked up, never walked.
    words: HashMap<String, u32>,
    columns: HashMap<Gram, u32>,
    idf: Vec<f64>,
}

/// The words of each row of the first text column; refuses rows without text.
pub fn documents(rows: &Samples) -> Result<Vec<Vec<String>>, Refusal> {
    let none = || Refusal::new("the rows hold no text");
    let vocabulary = rows.schema().vocabulary().ok_or_else(none)?;
    let words = |row: usize| -> Option<Vec<String>> {
        let tokens = rows.tokens(row)?;
        Some(match vocabulary.unit {
            TokenUnit::Words => tokens
                .iter()
                .map(|&t| vocabulary.tokens.get(t as usize).cloned().unwrap_or_default())
                .collect(),
            TokenUnit::Characters => vocabulary.text(tokens).split_whitespace().map(str::to_owned).collect(),
        })
    };
    (0..rows.len()).map(|row| words(row).ok_or_else(none)).collect()
}

impl Vectoriser {
    /// Learns the n-grams of 1 to `longest` (at most 3) words that occur in at least `least` texts; with the vectors of these
    /// texts.
    pub fn fit_transform(texts: &[impl AsRef<[String]>], longest: usize, least: usize) -> (Self, Design) {
        let (made, columns) = Self::learn(texts, longest, least);
        let mut design = Design::new(made.width());
        columns.into_iter().for_each(|columns| made.push(columns, &mut design));
        (made, design)
    }

    /// The vectoriser, and the columns of each text's n-grams.
    fn learn(texts: &[impl AsRef<[String]>], longest: usize, least: usize) -> (Self, Vec<Vec<u32>>) {
        let mut made = Self {
            longest: longest.clamp(1, LONGEST),
            words: HashMap::new(),
            columns: HashMap::new(),
            idf: Vec::new(),
        };
        for word in texts.iter().flat_map(AsRef::as_ref) {
            if !made.words.contains_key(word) {
                made.words.insert(word.clone(), made.words.len() as u32);
            }
        }
        // Document frequencies by order of first appearance, so that columns do not depend on hashing.
        let (mut frequencies, mut known) = (Vec::<usize>::new(), HashMap::<Gram, u32>::new());
        let mut places: Vec<Vec<u32>> = Vec::with_capacity(texts.len());
        for text in texts {
            let mut grams = made.grams(text.as_ref());
            grams.sort_unstable();
            let mut own: Vec<u32> = Vec::with_capacity(grams.len());
            for (i, gram) in grams.iter().enumerate() {
                if let (Some(last), true) = (own.last(), i > 0 && grams[i - 1] == *gram) {
                    own.push(*last);
                    continue;
                }
                let at = *known.entry(*gram).or_insert_with(|| {
                    frequencies.push(0);
                    frequencies.len() as u32 - 1
                });
                frequencies[at as usize] += 1;
                own.push(at);
            }
            places.push(own);
        }
        let n = texts.len() as f64;
        let mut column = vec![NONE; frequencies.len()];
        for (at, df) in frequencies.into_iter().enumerate().filter(|(_, df)| *df >= least) {
            column[at] = made.idf.len() as u32;
            made.idf.push(((1.0 + n) / (1.0 + df as f64)).ln() + 1.0);
        }
        known.retain(|_, at| {
            *at = column[*at as usize];
            *at != NONE
        });
        made.columns = known;
        for own in &mut places {
            own.iter_mut().for_each(|at| *at = column[*at as usize]);
            own.retain(|at| *at != NONE);
        }
        (made, places)
    }

    /// The same with only the `n` n-grams of the most texts (the first of equals).
    #[must_use]
    pub fn most_common(mut self, n: usize) -> Self {
        let mut order: Vec<u32> = (0..self.idf.len() as u32).collect();
        // The inverse document frequency falls with the number of texts.
        order.sort_by(|&a, &b| self.idf[a as usize].total_cmp(&self.idf[b as usize]));
        order.truncate(n);
        let mut place = vec![None; self.idf.len()];
        order.iter().enumerate().for_each(|(new, &old)| place[old as usize] = Some(new as u32));
        self.idf = order.iter().map(|&old| self.idf[old as usize]).collect();
        self.columns.retain(|_, column| match place[*column as usize] {
            Some(new) => {
                *column = new;
                true
            }
            None => false,
        });
        self
    }

    /// The number of features.
    pub fn width(&self) -> usize {
        self.idf.len()
    }

    /// One vector a text; n-grams that were not learned are left out.
    pub fn transform(&self, texts: &[impl AsRef<[String]>]) -> Design {
        let mut design = Design::new(self.width());
        for text in texts {
            let grams = self.grams(text.as_ref());
            self.push(grams.iter().filter_map(|g| self.columns.get(g).copied()).collect(), &mut design);
        }
        design
    }

    /// Adds the vector of a text whose n-grams have these columns.
    fn push(&self, mut columns: Vec<u32>, design: &mut Design) {
        columns.sort_unstable();
        let mut cells: Vec<(u32, f64)> = Vec::with_capacity(columns.len());
        for column in columns {
            let idf = self.idf[column as usize];
            match cells.last_mut() {
                Some((last, value)) if *last == column => *value += idf,
                _ => cells.push((column, idf)),
            }
        }
        let length = cells.iter().map(|(_, v)| v * v).sum::<f64>().sqrt();
        design.push(cells.into_iter().map(|(j, v)| (j, v / length)));
    }

    /// All n-grams of a text whose words are known.
    fn grams(&self, text: &[String]) -> Vec<Gram> {
        let ids: Vec<u32> = text.iter().map(|w| self.words.get(w).copied().unwrap_or(NONE)).collect();
        let mut grams = Vec::with_capacity(self.longest * ids.len());
        for n in 1..=self.longest {
            for window in ids.windows(n).filter(|w| !w.contains(&NONE)) {
                let mut gram = [NONE; LONGEST];
                gram[..n].copy_from_slice(window);
                grams.push(gram);
            }
        }
        grams
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[&str]) -> Vec<Vec<String>> {
        lines.iter().map(|l| l.split(' ').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_vector_is_the_normalised_product_of_count_and_idf() {
        let made = Vectoriser::learn(&texts(&["a b", "a a c"]), 1, 1).0;
        assert_eq!(made.width(), 3);
        // idf(a) = ln(3/3) + 1 = 1, idf(b) = idf(c) = ln(3/2) + 1.
        let rare = 1.5_f64.ln() + 1.0;
        let row: Vec<f64> = made.transform(&texts(&["a a c z"])).row(0).map(|(_, v)| v).collect();
        let length = (4.0 + rare * rare).sqrt();
        assert!((row[0] - 2.0 / length).abs() < 1e-12 && (row[1] - rare / length).abs() < 1e-12, "{row:?}");
        assert_eq!(made.transform(&texts(&["z"])).row(0).count(), 0);
    }

    #[test]
    fn what_was_learned_from_is_transformed_alike() {
        let texts = texts(&["a b a", "c b", "b c a b"]);
        let (made, design) = Vectoriser::fit_transform(&texts, 2, 2);
        // a, b, c and the pair a b are in two texts or more.
        assert_eq!((made.width(), design.row(0).count()), (4, 3));
        assert_eq!(design, made.transform(&texts));
    }

    #[test]
    fn the_most_common_are_those_of_the_most_texts() {
        let made = Vectoriser::learn(&texts(&["a b", "c b", "b c"]), 1, 1).0.most_common(2);
        assert_eq!(made.width(), 2);
        // b is in three texts, c in two; a is gone.
        assert_eq!(made.transform(&texts(&["a"])).row(0).count(), 0);
        assert_eq!(made.transform(&texts(&["b"])).row(0).next(), Some((0, 1.0)));
        assert_eq!(made.transform(&texts(&["c"])).row(0).next(), Some((1, 1.0)));
    }

    #[test]
    fn pairs_of_words_do_not_bridge_an_unknown_one() {
        let made = Vectoriser::learn(&texts(&["a b", "b a"]), 2, 1).0;
        assert_eq!(made.width(), 4);
        assert_eq!(made.transform(&texts(&["a z b"])).row(0).count(), 2);
        assert_eq!(Vectoriser::learn(&texts(&["a b", "a c"]), 2, 2).0.width(), 1);
    }
}
