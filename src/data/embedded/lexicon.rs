//! Words of opinion with the mean of ten human ratings.
//!
//! Not a source of rows: template generators take words of a polarity from it.

use std::sync::LazyLock;

use super::{Embedded, embed};

static LEXICON: Embedded = embed!("opinion_lexicon.tsv.gz");

#[cfg(test)]
pub(super) const FILES: &[&Embedded] = &[&LEXICON];

static WORDS: LazyLock<Vec<(&'static str, f64)>> = LazyLock::new(|| {
    // Part of the program; a test reads all of it.
    let read =
        |line: &'static str| line.split_once('\t').and_then(|(word, mean)| Some((word, mean.parse().ok()?)));
    LEXICON.text().lines().filter_map(read).collect()
});

/// 7,226 words and expressions with the mean of ten ratings from −4 (most negative) to 4 (most
/// positive), in alphabetical order of the file. Hutto and Gilbert 2014,
/// DOI 10.1609/icwsm.v8i1.14550.
pub fn opinion_lexicon() -> &'static [(&'static str, f64)] {
    &WORDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_word_with_a_rating() {
        let words = opinion_lexicon();
        assert_eq!(words.len(), LEXICON.text().lines().count());
        assert!(words.iter().all(|(word, mean)| !word.is_empty() && (-4.0..=4.0).contains(mean)));
        let rating = |word: &str| words.iter().find(|(w, _)| *w == word).map(|(_, mean)| *mean);
        // As printed in the lexicon's own documentation: "good" 1.9, "horrible" −2.5.
        assert_eq!((rating("good"), rating("horrible")), (Some(1.9), Some(-2.5)));
    }
}
