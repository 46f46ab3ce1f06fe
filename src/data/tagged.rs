//! From tagged sentences to token rows with a tag for every token.
//!
//! Tokens stay as they were cut. One row per sentence, cut after `row_tokens` tokens; a column
//! `text` of words, beside it `tags` (role tag, with the same offsets), and perhaps a group.
//!
//! *Vocabulary*: the words of **all** sentences by falling count, ties in code point order. A
//! tagger reads how a word is written (its capitals, its ending), so an unseen word must not become
//! an unknown token; codes are only names for words, and two splits or two periods of one file share
//! them. `min_count` and `max_vocabulary` turn rare words into one unknown token, the last.
//!
//! *Tags*: under BIO `O` comes first, then `B-` and `I-` of every type in sorted order, also where
//! the file has but one of the two; plain tags are sorted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::splits::Assignment;
use super::{
    Column, Field, Kind, Levels, Role, Samples, Schema, Splits, TokenUnit, UNKNOWN_WORD, Vocabulary,
};

/// One sentence: words, as many tags, and the value of the group where there is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sentence {
    /// The words as they are written.
    pub words: Vec<String>,
    /// One tag for each word.
    pub tags: Vec<String>,
    /// The group's level.
    pub group: Option<String>,
    /// The line of the first word.
    pub line: u64,
}

crate::parameters! {
    /// How tagged sentences become rows.
    #[derive(Clone, Debug, PartialEq)]
    pub(super) struct TaggedOptions {
        /// Whether letters become lower case; capitals tell names apart
        pub lower_case: bool = false;
        /// The greatest length of a row in tokens
        pub row_tokens: usize = 256, in at_least(1);
        /// Words seen less often than this become the unknown token
        pub min_count: usize = 1;
        /// The most distinct words, the unknown one included; the rarest others become unknown
        pub max_vocabulary: Option<usize> = None => "no limit", in at_least(2);
    }
    beside {
        /// Whether tags are BIO.
        pub bio: bool = true;
    }
}

impl TaggedOptions {
    /// The three tables. `group` names the group column; every sentence then has a group.
    pub fn splits(&self, sentences: &[Sentence], group: Option<&str>, assignment: &Assignment) -> Splits {
        let written = |word: &str| if self.lower_case { word.to_lowercase() } else { word.to_owned() };
        let words: Vec<Vec<String>> = sentences
            .iter()
            .map(|s| s.words.iter().take(self.row_tokens).map(|w| written(w)).collect())
            .collect();
        let (vocabulary, codes) = self.vocabulary(&words);
        let tags = self.tag_set(sentences);
        let tag_codes: BTreeMap<&str, u32> = (0..).zip(&tags).map(|(i, tag)| (tag.as_str(), i)).collect();
        let levels: BTreeSet<&str> = sentences.iter().filter_map(|s| s.group.as_deref()).collect();
        let level_codes: BTreeMap<&str, u32> = levels.iter().zip(0..).map(|(name, i)| (*name, i)).collect();

        let ragged = |name: &str, role, tokens| Field {
            name: name.into(),
            role,
            kind: Kind::Ragged { vocabulary: Arc::new(Vocabulary::new(TokenUnit::Words, tokens)) },
        };
        let unknown = vocabulary.len().saturating_sub(1) as u32;
        let mut fields =
            vec![ragged("text", Role::Feature, vocabulary), ragged("tags", Role::Tag, tags.clone())];
        fields.extend(group.map(|name| Field {
            name: name.into(),
            role: Role::Group,
            kind: Kind::Codes {
                levels: Levels::Named(level_codes.keys().map(|level| (*level).to_owned()).collect()),
            },
        }));
        let schema = Arc::new(Schema { fields });
        let table = |rows: &[u32]| {
            let (mut offsets, mut text, mut tagged, mut groups) = (vec![0], vec![], vec![], vec![]);
            for &row in rows {
                let (words, sentence) = (&words[row as usize], &sentences[row as usize]);
                text.extend(words.iter().map(|w| codes.get(w.as_str()).copied().unwrap_or(unknown)));
                let tags = sentence.tags.iter().take(self.row_tokens);
                tagged.extend(tags.map(|t| tag_codes.get(t.as_str()).copied().unwrap_or(0)));
                offsets.push(text.len());
                groups.extend(sentence.group.as_deref().and_then(|g| level_codes.get(g)));
            }
            let mut columns = vec![
                Column::Ragged { offsets: offsets.clone(), tokens: text },
                Column::Ragged { offsets, tokens: tagged },
            ];
            columns.extend(group.map(|_| Column::Codes { data: groups }));
            Arc::new(Samples::trusted(schema.clone(), columns))
        };
        Splits {
            train: table(&assignment.train),
            validation: table(&assignment.validation),
            held_out: table(&assignment.held_out),
        }
    }

    /// The vocabulary, and the code of every word in it; all other words are its last token.
    fn vocabulary<'a>(&self, rows: &'a [Vec<String>]) -> (Vec<String>, BTreeMap<&'a str, u32>) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        rows.iter().flatten().for_each(|word| *counts.entry(word).or_default() += 1);
        let distinct = counts.len();
        let mut kept: Vec<(&str, usize)> =
            counts.into_iter().filter(|(_, count)| *count >= self.min_count.max(1)).collect();
        kept.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        if let Some(most) = self.max_vocabulary
            && (kept.len() > most || (kept.len() == most && kept.len() < distinct))
        {
            kept.truncate(most - 1);
        }
        let mut words: Vec<String> = kept.iter().map(|(word, _)| (*word).to_owned()).collect();
        if words.len() < distinct {
            words.push(UNKNOWN_WORD.into());
        }
        (words, kept.into_iter().zip(0..).map(|((word, _), code)| (word, code)).collect())
    }

    fn tag_set(&self, sentences: &[Sentence]) -> Vec<String> {
        let seen: BTreeSet<&str> = sentences.iter().flat_map(|s| &s.tags).map(String::as_str).collect();
        if !self.bio {
            return seen.into_iter().map(str::to_owned).collect();
        }
        let types: BTreeSet<&str> = seen.iter().filter_map(|tag| tag.get(2..)).collect();
        let both = types.iter().flat_map(|kind| [format!("B-{kind}"), format!("I-{kind}")]);
        std::iter::once("O".to_owned()).chain(both).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> Sentence {
        let pairs: Vec<(&str, &str)> = text.split(' ').filter_map(|pair| pair.split_once('/')).collect();
        Sentence {
            words: pairs.iter().map(|(word, _)| (*word).to_owned()).collect(),
            tags: pairs.iter().map(|(_, tag)| (*tag).to_owned()).collect(),
            group: Some(if text.starts_with('a') { "early" } else { "late" }.into()),
            line: 1,
        }
    }

    fn splits(options: &TaggedOptions) -> Splits {
        let all = ["a/O b/B-LOC c/I-LOC", "z/B-PER a/O", "a/O a/O"].map(sentence);
        let assignment = Assignment { train: vec![0, 2], validation: vec![], held_out: vec![1] };
        options.splits(&all, Some("period"), &assignment)
    }

    #[test]
    fn every_token_has_its_tag_and_both_tags_of_a_type_are_known() {
        let s = splits(&TaggedOptions::default());
        let schema = s.train.schema();
        assert_eq!(schema.vocabulary().expect("text").tokens, ["a", "b", "c", "z"]);
        let tags = &schema.tags().expect("tags").tokens;
        assert_eq!(tags[..], ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]);
        assert_eq!(s.train.tokens(0), Some([0, 1, 2].as_slice()));
        assert_eq!(s.train.tags(0), Some([0, 1, 2].as_slice()));
        assert_eq!(s.held_out.tokens(0), Some([3, 0].as_slice()));
        assert_eq!(s.held_out.tags(0), Some([3, 0].as_slice()));
        let (period, _) = schema.first(Role::Group).expect("a group");
        assert_eq!(s.held_out.column(period), &Column::Codes { data: vec![1] });
    }

    #[test]
    fn rare_words_become_unknown_and_long_rows_are_cut() {
        let s = splits(&TaggedOptions { min_count: 2, row_tokens: 2, ..TaggedOptions::default() });
        assert_eq!(s.train.schema().vocabulary().expect("text").tokens, ["a", UNKNOWN_WORD]);
        assert_eq!(s.train.tokens(0), Some([0, 1].as_slice()));
        assert_eq!(s.train.tags(0), Some([0, 1].as_slice()));
    }

    #[test]
    fn a_tag_column_without_a_tag_for_each_token_is_refused() {
        let s = splits(&TaggedOptions::default());
        let Column::Ragged { offsets, tokens } = s.train.column(0).clone() else { panic!("text") };
        let text = Column::Ragged { offsets, tokens };
        let tags = Column::Ragged { offsets: vec![0, 2, 5], tokens: vec![0; 5] };
        let groups = s.train.column(2).clone();
        let error = Samples::new(s.train.schema().clone(), vec![text, tags, groups]).expect_err("a refusal");
        assert!(error.to_string().contains("row 0 has not one tag for each token"), "{error}");
    }
}
