//! From text to token rows: normalising, tokens, windows, vocabulary.
//!
//! 1. *Normalise*: every run of white space (line breaks too) becomes one space, the ends are
//!    trimmed, and letters become lower case unless `lower_case = false`. A small alphabet helps a
//!    small model more than capitals do.
//! 2. *Tokens*: characters are Unicode scalar values. Words are runs of letters and digits with their
//!    combining marks (grapheme clusters of Unicode Standard Annex 29), with apostrophes, hyphens, full
//!    stops and commas kept between two of them (`don't`, `well-known`, `3.5`, `u.s`); every other mark
//!    is a token of its own.
//! 3. *Rows*: consecutive windows of `row_tokens` tokens that don't overlap; what is left at the
//!    end of a record is dropped. Or one row per record, cut after `row_tokens` tokens.
//! 4. *Splits*: windows in contiguous chunks, records at random ([`Shares`]).
//! 5. *Vocabulary*: the tokens of the **training** rows by falling count, ties in code point order.
//!    Tokens seen fewer than `min_count` times, those past `max_vocabulary`, and tokens that occur
//!    in no training row become one unknown token, the last of the vocabulary. `min_count` is 5 by
//!    default, so that the unknown token occurs in training too wherever rare tokens do: a model
//!    without smoothing would else give held-out rows probability 0.
//! 6. *Held-out* rows keep their own words: metrics of text read what people wrote. What such a word
//!    is to a model, its unknown token, [`Samples::modelled`] says.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::splits::{Assignment, Shares, TooFewRows};
use super::{Column, Field, Kind, Role, Samples, Schema, Splits, TokenUnit, Vocabulary};

/// How the unknown token is written among characters: U+FFFD.
pub const UNKNOWN_CHARACTER: &str = "\u{fffd}";
/// How the unknown token is written among words.
pub const UNKNOWN_WORD: &str = "<unk>";

/// What a row of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// Consecutive windows of running text.
    Windows,
    /// One row per record.
    Records,
}

/// How text becomes token rows.
#[derive(Clone, Debug, PartialEq)]
pub struct TextOptions {
    /// What a token is.
    pub tokens: TokenUnit,
    /// The length of a window, or the greatest length of a record; at least 1.
    pub row_tokens: usize,
    /// Whether letters become lower case.
    pub lower_case: bool,
    /// Tokens seen less often in the training rows become unknown; 1 keeps all of them.
    pub min_count: usize,
    /// The most tokens in the vocabulary, the unknown one included; 64 characters or 2,000 words
    /// where it is `None`.
    pub max_vocabulary: Option<usize>,
    /// What a row is.
    pub cut: Cut,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            tokens: TokenUnit::Characters,
            row_tokens: 32,
            lower_case: true,
            min_count: 5,
            max_vocabulary: None,
            cut: Cut::Windows,
        }
    }
}

crate::parameters! {
    /// What a source's table can say of its text.
    #[derive(Clone, Copy, Debug)]
    pub struct TextTable {
        /// What a token is: `characters`, or `words` (punctuation marks are words of their own)
        pub tokens: Option<TokenUnit> = None => "\"characters\"";
        /// Tokens per row: rows are consecutive windows that don't overlap; for one row per record, its greatest
        /// length (default 256)
        pub row_tokens: Option<usize> = None => "32", in within(1, 1_000_000);
        /// Whether letters become lower case. White space is always one space
        pub lower_case: Option<bool> = None => "true";
        /// Tokens seen less often than this in the training rows become the unknown token; with 1, an unknown token
        /// of the held-out rows may never occur in training
        pub min_count: Option<usize> = None => "5";
        /// The most distinct tokens, the unknown one included; the rarest others become unknown
        pub max_vocabulary: Option<usize> = None => "64 characters, 2000 words", in at_least(2);
    }
}

impl TextTable {
    /// How the text becomes rows that are cut so.
    pub(super) fn options(&self, cut: Cut) -> TextOptions {
        let base = TextOptions::default();
        let length = match cut {
            Cut::Windows => base.row_tokens,
            Cut::Records => 256,
        };
        TextOptions {
            tokens: self.tokens.unwrap_or(base.tokens),
            row_tokens: self.row_tokens.unwrap_or(length),
            lower_case: self.lower_case.unwrap_or(base.lower_case),
            min_count: self.min_count.unwrap_or(base.min_count),
            max_vocabulary: self.max_vocabulary,
            cut,
        }
    }
}

/// One piece of text and the codes of its further columns.
#[derive(Clone, Debug)]
pub(super) struct Record<'a> {
    /// The text.
    pub text: &'a str,
    /// One code for each further field.
    pub codes: Vec<u32>,
}

impl TextOptions {
    /// Makes the splits of a text source: a token column `text` and, after it, `further` columns,
    /// whose codes the records give.
    pub(super) fn splits(
        &self,
        records: &[Record<'_>],
        further: &[Field],
        shares: &Shares,
    ) -> Result<Splits, TooFewRows> {
        let (seen, rows) = self.cut(records);
        let assignment = match self.cut {
            Cut::Windows => shares.in_chunks(rows.len())?,
            Cut::Records => shares.shuffled(rows.len())?,
        };
        Ok(self.tables(&seen, &rows, records, further, &assignment))
    }

    /// The same with one row a record, the rows of records that `groups` puts together on one side; `None` where there
    /// are too few groups.
    pub(super) fn grouped(
        &self,
        records: &[Record<'_>],
        further: &[Field],
        shares: &Shares,
        groups: &[u32],
    ) -> Result<Option<Splits>, TooFewRows> {
        let (seen, rows) = self.cut(records);
        let of_rows: Vec<u32> = rows.iter().map(|(record, ..)| groups[*record]).collect();
        let assignment = shares.grouped(&of_rows)?;
        Ok(assignment.map(|assignment| self.tables(&seen, &rows, records, further, &assignment)))
    }

    /// All rows as one table in the order of the records, with the vocabulary of them all.
    pub(super) fn all(&self, records: &[Record<'_>], further: &[Field]) -> Samples {
        let (seen, rows) = self.cut(records);
        let train = (0..rows.len() as u32).collect();
        let assignment = Assignment { train, validation: Vec::new(), held_out: Vec::new() };
        Samples::clone(&self.tables(&seen, &rows, records, further, &assignment).train)
    }

    /// The tokens of all records, and each row's record, first token, and one past its last.
    fn cut(&self, records: &[Record<'_>]) -> (Tokens, Vec<(usize, usize, usize)>) {
        let mut seen = Tokens::default();
        // (record, first token, one past the last token)
        let mut rows: Vec<(usize, usize, usize)> = Vec::new();
        for (r, record) in records.iter().enumerate() {
            let start = seen.codes.len();
            seen.add(&normalise(record.text, self.lower_case), self.tokens);
            let end = seen.codes.len();
            match self.cut {
                Cut::Records if end > start => rows.push((r, start, end.min(start + self.row_tokens))),
                Cut::Records => {}
                Cut::Windows => {
                    let whole = (end - start) / self.row_tokens;
                    let window = |i| (r, start + i * self.row_tokens, start + (i + 1) * self.row_tokens);
                    rows.extend((0..whole).map(window));
                }
            }
        }
        (seen, rows)
    }

    fn tables(
        &self,
        seen: &Tokens,
        rows: &[(usize, usize, usize)],
        records: &[Record<'_>],
        further: &[Field],
        assignment: &Assignment,
    ) -> Splits {
        let codes = self.vocabulary(seen, rows, assignment);
        let schema = |vocabulary: Vocabulary| {
            let kind = Kind::Ragged { vocabulary: Arc::new(vocabulary) };
            let mut fields = vec![Field { name: "text".into(), role: Role::Feature, kind }];
            fields.extend_from_slice(further);
            Arc::new(Schema { fields })
        };
        let table = |schema: &Arc<Schema>, chosen: &[u32], recode: &dyn Fn(u32) -> u32| {
            let (mut offsets, mut tokens) = (vec![0], Vec::new());
            let mut columns = vec![Vec::with_capacity(chosen.len()); further.len()];
            for &row in chosen {
                let (record, start, end) = rows[row as usize];
                tokens.extend(seen.codes[start..end].iter().map(|&c| recode(c)));
                offsets.push(tokens.len());
                for (column, &code) in columns.iter_mut().zip(&records[record].codes) {
                    column.push(code);
                }
            }
            let mut all = vec![Column::Ragged { offsets, tokens }];
            all.extend(columns.into_iter().map(|data| Column::Codes { data }));
            Arc::new(Samples::trusted(schema.clone(), all))
        };
        let (modelled, measured) = (schema(codes.modelled()), schema(codes.vocabulary));
        let last = modelled.vocabulary().map_or(0, |v| v.len()).saturating_sub(1) as u32;
        let own = |c: u32| codes.recode[c as usize];
        let known = |c: u32| own(c).min(last);
        Splits {
            train: table(&modelled, &assignment.train, &known),
            validation: table(&modelled, &assignment.validation, &known),
            held_out: table(&measured, &assignment.held_out, &own),
        }
    }

    /// The vocabulary, the rare tokens at its end, and the final code of each token that was seen.
    fn vocabulary(&self, seen: &Tokens, rows: &[(usize, usize, usize)], assignment: &Assignment) -> Codes {
        let mut counts = vec![0_usize; seen.written.len()];
        let mut used = vec![false; seen.written.len()];
        for &row in &assignment.train {
            let (_, start, end) = rows[row as usize];
            seen.codes[start..end].iter().for_each(|&c| counts[c as usize] += 1);
        }
        for &row in assignment.train.iter().chain(&assignment.validation).chain(&assignment.held_out) {
            let (_, start, end) = rows[row as usize];
            seen.codes[start..end].iter().for_each(|&c| used[c as usize] = true);
        }
        let mut kept: Vec<u32> = (0..counts.len() as u32).filter(|&c| used[c as usize]).collect();
        let rank = |&c: &u32| (std::cmp::Reverse(counts[c as usize]), &seen.written[c as usize]);
        kept.sort_by(|a, b| rank(a).cmp(&rank(b)));
        let distinct = kept.len();
        let frequent = kept.partition_point(|&c| counts[c as usize] >= self.min_count.max(1));
        let most = self.max_vocabulary.unwrap_or(match self.tokens {
            TokenUnit::Characters => 64,
            TokenUnit::Words => 2000,
        });
        let cut = frequent > most || (frequent < distinct && frequent == most);
        let rare = kept.split_off(if cut { most - 1 } else { frequent });
        let written = |codes: &[u32]| -> Vec<String> {
            codes.iter().map(|&c| seen.written[c as usize].clone()).collect()
        };
        let mut vocabulary = Vocabulary::new(self.tokens, written(&kept));
        if !rare.is_empty() {
            let unknown = match self.tokens {
                TokenUnit::Characters => UNKNOWN_CHARACTER,
                TokenUnit::Words => UNKNOWN_WORD,
            };
            vocabulary.tokens.push(unknown.into());
        }
        // Tokens of no row are in no vocabulary, and no row has their code.
        let mut recode = vec![0; counts.len()];
        let after = vocabulary.len() as u32;
        kept.iter().zip(0..).for_each(|(&c, code)| recode[c as usize] = code);
        rare.iter().zip(after..).for_each(|(&c, code)| recode[c as usize] = code);
        Codes { vocabulary: vocabulary.with_rare(written(&rare)), recode }
    }
}

/// A vocabulary with rare tokens at its end, and the code in it of each token that was seen.
struct Codes {
    vocabulary: Vocabulary,
    recode: Vec<u32>,
}

impl Codes {
    /// The vocabulary of models.
    fn modelled(&self) -> Vocabulary {
        let known = self.vocabulary.modelled();
        Vocabulary::new(self.vocabulary.unit, self.vocabulary.tokens[..known].to_vec())
    }
}

/// Every run of white space as one space, the ends trimmed, in lower case if wished.
pub(super) fn normalise(text: &str, lower_case: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if lower_case { out.to_lowercase() } else { out }
}

/// The words of a text as the module page defines them.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let in_word = |cluster: &str| cluster.chars().next().is_some_and(char::is_alphanumeric);
    let mut out = Vec::new();
    let mut clusters = text.grapheme_indices(true).peekable();
    let mut start = None;
    while let Some((i, cluster)) = clusters.next() {
        let next_inside = clusters.peek().is_some_and(|(_, next)| in_word(next));
        let joins = start.is_some() && matches!(cluster, "'" | "’" | "-" | "." | ",") && next_inside;
        if in_word(cluster) || joins {
            start.get_or_insert(i);
            continue;
        }
        if let Some(s) = start.take() {
            out.push(&text[s..i]);
        }
        if !cluster.chars().all(char::is_whitespace) {
            out.push(cluster);
        }
    }
    out.extend(start.map(|s| &text[s..]));
    out
}

/// All tokens of a text, numbered in order of appearance.
#[derive(Default)]
struct Tokens {
    written: Vec<String>,
    codes: Vec<u32>,
    // Only looked up, never walked: its order does not matter.
    known: HashMap<String, u32>,
}

impl Tokens {
    fn add(&mut self, text: &str, unit: TokenUnit) {
        match unit {
            TokenUnit::Words => words(text).into_iter().for_each(|word| self.push(word)),
            TokenUnit::Characters => {
                let mut letter = [0; 4];
                text.chars().for_each(|c| self.push(c.encode_utf8(&mut letter)));
            }
        }
    }

    fn push(&mut self, token: &str) {
        let code = match self.known.get(token) {
            Some(&code) => code,
            None => {
                let code = self.written.len() as u32;
                self.written.push(token.to_owned());
                self.known.insert(token.to_owned(), code);
                code
            }
        };
        self.codes.push(code);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::parameters::Portion;

    const SHARES: Shares =
        Shares { held_out: Portion::Share(0.3), validation: Portion::Share(0.1), rows: None };

    fn record(text: &str) -> Record<'_> {
        Record { text, codes: vec![] }
    }

    #[test]
    fn white_space_is_one_space_and_letters_are_lower_case() {
        assert_eq!(normalise("  A b\r\n\tC\u{a0}d ", true), "a b c d");
        assert_eq!(normalise("A  B", false), "A B");
    }

    #[test]
    fn words_keep_inner_marks_and_split_off_the_others() {
        let all = words("years ago—never mind: (the U.S. don't) pay 3.5, well-known 'x'.");
        let expected = [
            "years",
            "ago",
            "—",
            "never",
            "mind",
            ":",
            "(",
            "the",
            "U.S",
            ".",
            "don't",
            ")",
            "pay",
            "3.5",
            ",",
            "well-known",
            "'",
            "x",
            "'",
            ".",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn words_are_not_cut_at_combining_marks() {
        // Hindi with vowel signs and a virama, French as a Mac writes it.
        assert_eq!(words("हिन्दी भाषा, अच्छी"), ["हिन्दी", "भाषा", ",", "अच्छी"]);
        assert_eq!(words("de\u{301}ja\u{300} vu!"), ["de\u{301}ja\u{300}", "vu", "!"]);
    }

    #[test]
    fn windows_follow_each_other_and_give_the_text_back() {
        // 100 distinct windows of 4 digits.
        let text: String = (0..100).map(|i| format!("{i:04}")).collect();
        let options = TextOptions { row_tokens: 4, ..TextOptions::default() };
        let splits = options.splits(&[record(&text)], &[], &SHARES).unwrap();
        let mut all = Vec::new();
        for rows in [&splits.train, &splits.validation, &splits.held_out] {
            all.extend((0..rows.len()).map(|r| rows.text(r).unwrap()));
        }
        all.sort();
        assert_eq!(all.concat(), text);
        assert_eq!(splits.train.schema().vocabulary().unwrap().len(), 10);
    }

    #[test]
    fn rare_tokens_become_the_last_token() {
        let text = "aaab aaab aaac ".repeat(10) + "z" + &"aaab ".repeat(10);
        let options = TextOptions { row_tokens: 5, max_vocabulary: Some(3), ..TextOptions::default() };
        let splits = options.splits(&[record(&text)], &[], &SHARES).unwrap();
        let vocabulary = splits.train.schema().vocabulary().unwrap().clone();
        assert_eq!(vocabulary.tokens, ["a", " ", UNKNOWN_CHARACTER]);
        let counted = TextOptions { row_tokens: 5, min_count: 2, ..TextOptions::default() };
        let splits = counted.splits(&[record(&text)], &[], &SHARES).unwrap();
        let tokens = &splits.train.schema().vocabulary().unwrap().tokens;
        assert_eq!(tokens.last().unwrap(), UNKNOWN_CHARACTER, "z occurs once");
        assert!(!tokens.contains(&"z".to_string()));
    }

    #[test]
    fn held_out_rows_keep_their_words_and_a_model_reads_the_unknown_token() {
        // Every second line ends in a word of its own.
        let texts: Vec<String> =
            (0..40).map(|i| if i % 2 == 0 { "to be or not".into() } else { format!("to be w{i}") }).collect();
        let records: Vec<Record<'_>> = texts.iter().map(|text| record(text)).collect();
        let options = TextOptions {
            tokens: TokenUnit::Words,
            cut: Cut::Records,
            min_count: 2,
            ..TextOptions::default()
        };
        let splits = options.splits(&records, &[], &SHARES).unwrap();
        let known = splits.train.schema().vocabulary().unwrap();
        assert_eq!(known.tokens, ["be", "to", "not", "or", UNKNOWN_WORD]);
        assert!((0..splits.train.len()).any(|i| splits.train.text(i).unwrap() == "to be <unk>"));
        let (held_out, modelled) = (&splits.held_out, splits.held_out.modelled());
        assert_eq!(modelled.schema().vocabulary(), Some(known));
        let mut own = 0;
        for row in 0..held_out.len() {
            let text = held_out.text(row).unwrap();
            assert!(texts.contains(&text), "{text}");
            let read = if text.contains('w') {
                own += 1;
                "to be <unk>".into()
            } else {
                text
            };
            assert_eq!(modelled.text(row), Some(read));
        }
        assert!(own > 0 && own < held_out.len());
    }

    #[test]
    fn records_are_rows_with_their_codes() {
        let texts: Vec<String> = (0..10).map(|i| format!("no {i}")).collect();
        let records: Vec<Record<'_>> =
            texts.iter().enumerate().map(|(i, text)| Record { text, codes: vec![i as u32 % 2] }).collect();
        let label = Field {
            name: "odd".into(),
            role: Role::Label,
            kind: Kind::Codes { levels: crate::data::Levels::Count(2) },
        };
        let options =
            TextOptions { cut: Cut::Records, lower_case: false, min_count: 1, ..TextOptions::default() };
        let splits = options.splits(&records, &[label], &SHARES).unwrap();
        for row in 0..splits.train.len() {
            let text = splits.train.text(row).unwrap();
            let number: u32 = text.strip_prefix("no ").unwrap().parse().unwrap();
            assert_eq!(splits.train.labels().unwrap()[row], number % 2, "{text}");
        }
    }
}
