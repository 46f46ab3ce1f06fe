//! Labelled sentences from reviews of three sites.
//!
//! 500 positive and 500 negative sentences each from Amazon, IMDb and Yelp; one row per sentence.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::{Embedded, embed};
use crate::data::Shares;
use crate::data::files::table::{Cell, Table};
use crate::data::parameters::Build;
use crate::data::parameters::{ParameterError, Portion, SourceError, build, joined};
use crate::data::text::PARAMETERS;
use crate::data::{Column, Field, Kind, Options, Role, Samples, Source, TokenUnit};
use crate::registry::{About, Entry, Parameter};
use crate::spec::one_or_many;

static SENTENCES: Embedded = embed!("uci_sentences.tsv.gz");

#[cfg(test)]
pub(super) const FILES: &[&Embedded] = &[&SENTENCES];

const DOMAINS: [&str; 3] = ["amazon", "imdb", "yelp"];

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "uci-sentences",
        summary: "3,000 review sentences with their sentiment, 1,000 each from Amazon, IMDb and Yelp",
        details: "One row per sentence: its text, the label `sentiment` (0 negative, 1 positive; 500 of each in \
                  every domain) and the group `domain`. `domain` keeps one or more domains and drops the group column. \
                  `vocabulary = \"all\"` takes the vocabulary from the training rows of every domain, so that a generator fitted \
                  on other domains and a student on this one write alike; the split is then that of all 3,000 rows, about \
                  the same share of each domain. Rows are split at random, the same for every seed.",
        source: "Kotzias, Denil, de Freitas and Smyth 2015, UCI 331, DOI 10.24432/C57604",
        parameters: &joined::<2, 8, 10>(
            [
                Parameter {
                    name: "domain",
                    default: "all",
                    meaning: "Only `amazon`, `imdb` or `yelp`, or a list of them",
                },
                Parameter {
                    name: "vocabulary",
                    default: "\"own\"",
                    meaning: "`own`: of the training rows kept; `all`: of the training rows of every domain",
                },
            ],
            joined(PARAMETERS, Shares::describe("0.3", "0.1")),
        ),
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parameters {
    /// Only these domains; default all three.
    #[serde(deserialize_with = "one_or_many")]
    domain: Vec<String>,
    /// Whose words make the vocabulary; default own.
    vocabulary: Whose,
    /// What a token is; default characters.
    tokens: Option<TokenUnit>,
    /// The greatest length of a row, at least 1; default 256.
    row_tokens: Option<usize>,
    /// Whether letters become lower case; default true.
    lower_case: Option<bool>,
    /// Tokens seen less often in the training rows become unknown; default 5.
    min_count: Option<usize>,
    /// The most distinct tokens, at least 2; default 64 characters or 2,000 words.
    max_vocabulary: Option<usize>,
    /// Held-out rows: a share below 1 or a number of rows; default 0.3.
    held_out: Option<Portion>,
    /// Validation rows: a share below 1 or a number of rows; default 0.1.
    validation: Option<Portion>,
    /// The most rows to use; default all.
    rows: Option<usize>,
}

/// Whose words make the vocabulary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Whose {
    /// Those of the rows that are kept.
    #[default]
    Own,
    /// Those of every domain.
    All,
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        if let Some(domain) = self.domain.iter().find(|d| !DOMAINS.contains(&d.as_str())) {
            let why = format!("`{domain}` is no domain");
            return Err(
                ParameterError::new("domain", why, format!("give one of {}", DOMAINS.join(", "))).into()
            );
        }
        let mut table =
            Table { names: ["domain", "sentiment", "text"].map(String::from).to_vec(), rows: vec![] };
        for (line, text) in SENTENCES.text().lines().enumerate() {
            let cells: Vec<Cell> = text.splitn(3, '\t').map(|cell| Cell::Word(cell.into())).collect();
            let named = |c: &Cell| self.domain.iter().any(|d| *c == Cell::Word(d.clone()));
            if self.domain.is_empty() || self.vocabulary == Whose::All || cells.first().is_some_and(named) {
                table.rows.push((line as u64 + 1, cells));
            }
        }
        let options = Options {
            label: Some("sentiment".into()),
            group: (self.domain.is_empty() || self.vocabulary == Whose::All).then(|| "domain".into()),
            tokens: self.tokens,
            row_tokens: self.row_tokens,
            lower_case: self.lower_case,
            min_count: self.min_count,
            max_vocabulary: self.max_vocabulary,
            held_out: self.held_out,
            validation: self.validation,
            rows: self.rows,
            ..Options::default()
        };
        let mut splits = table.splits(Path::new(SENTENCES.name), &options, Some("text"))?;
        if self.vocabulary == Whose::All && !self.domain.is_empty() {
            for rows in [&mut splits.train, &mut splits.validation, &mut splits.held_out] {
                *rows = Arc::new(of_domains(rows, &self.domain));
            }
        }
        Ok(Source::finite("uci-sentences", splits))
    }
}

/// The rows of the named domains, without the group column.
fn of_domains(rows: &Samples, domains: &[String]) -> Samples {
    let Some((index, Field { kind: Kind::Codes { levels }, .. })) = rows.schema().first(Role::Group) else {
        return rows.clone();
    };
    let Column::Codes { data } = rows.column(index) else { return rows.clone() };
    let kept = |row: &u32| domains.contains(&levels.name(data[*row as usize]));
    let chosen: Vec<u32> = (0..rows.len() as u32).filter(kept).collect();
    rows.take(&chosen).without(index)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::tests::source;
    use crate::data::{Role, Supply};

    #[test]
    fn each_domain_has_500_sentences_of_each_label() {
        let s = source("source = \"uci-sentences\"\ndomain = \"yelp\"").unwrap();
        let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
        let parts = [&splits.train, &splits.validation, &splits.held_out];
        assert_eq!(parts.map(|p| p.len()), [600, 100, 300]);
        let positive: u32 = parts.iter().flat_map(|p| p.labels().unwrap()).sum();
        assert_eq!(positive, 500);
        let all = source("source = \"uci-sentences\"").unwrap();
        assert_eq!(all.available(), Some(1800));
        assert_eq!(all.schema().first(Role::Group).unwrap().1.name, "domain");
    }

    #[test]
    fn domains_with_the_vocabulary_of_all_share_their_words() {
        let of = |domain: &str| {
            let table = format!(
                "source = \"uci-sentences\"\ndomain = {domain}\nvocabulary = \"all\"\ntokens = \"words\""
            );
            source(&table).unwrap()
        };
        let (yelp, others) = (of("\"yelp\""), of("[\"amazon\", \"imdb\"]"));
        assert_eq!(yelp.schema(), others.schema());
        let all = source("source = \"uci-sentences\"\ntokens = \"words\"").unwrap();
        assert_eq!(yelp.available().unwrap() + others.available().unwrap(), all.available().unwrap());
        assert!(yelp.schema().first(Role::Group).is_none());
    }

    #[test]
    fn an_unknown_domain_is_an_error() {
        assert!(source("source = \"uci-sentences\"\ndomain = \"rotten\"").is_err());
        assert!(source("source = \"uci-sentences\"\ndomain = [\"yelp\", \"rotten\"]").is_err());
    }
}
