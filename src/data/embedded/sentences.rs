//! Labelled sentences from reviews of three sites.
//!
//! 500 positive and 500 negative sentences each from Amazon, IMDb and Yelp; one row per sentence.

use std::path::Path;

use serde::Deserialize;

use super::{Embedded, embed};
use crate::data::Shares;
use crate::data::files::table::{Cell, Table};
use crate::data::parameters::Build;
use crate::data::parameters::{ParameterError, Portion, SourceError, build, joined};
use crate::data::text::PARAMETERS;
use crate::data::{Options, Source, TokenUnit};
use crate::registry::{About, Entry, Parameter};

static SENTENCES: Embedded = embed!("uci_sentences.tsv.gz");

#[cfg(test)]
pub(super) const FILES: &[&Embedded] = &[&SENTENCES];

const DOMAINS: [&str; 3] = ["amazon", "imdb", "yelp"];

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "uci-sentences",
        summary: "3,000 review sentences with their sentiment, 1,000 each from Amazon, IMDb and Yelp",
        details: "One row per sentence: its text, the label `sentiment` (0 negative, 1 positive; 500 of each in \
                  every domain) and the group `domain`. `domain` keeps one domain and drops the group column. Rows \
                  are split at random, the same for every seed.",
        source: "Kotzias, Denil, de Freitas and Smyth 2015, UCI 331, DOI 10.24432/C57604",
        parameters: &joined::<1, 8, 9>(
            [Parameter { name: "domain", default: "all", meaning: "Only `amazon`, `imdb` or `yelp`" }],
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
    /// Only this domain; default all three.
    domain: Option<String>,
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

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        if let Some(domain) = self.domain.as_deref().filter(|d| !DOMAINS.contains(d)) {
            let why = format!("`{domain}` is no domain");
            return Err(
                ParameterError::new("domain", why, format!("give one of {}", DOMAINS.join(", "))).into()
            );
        }
        let mut table =
            Table { names: ["domain", "sentiment", "text"].map(String::from).to_vec(), rows: vec![] };
        for (line, text) in SENTENCES.text().lines().enumerate() {
            let cells: Vec<Cell> = text.splitn(3, '\t').map(|cell| Cell::Word(cell.into())).collect();
            let keep = |c: &Cell| self.domain.as_ref().is_none_or(|d| *c == Cell::Word(d.clone()));
            if cells.first().is_some_and(keep) {
                table.rows.push((line as u64 + 1, cells));
            }
        }
        let options = Options {
            label: Some("sentiment".into()),
            group: self.domain.is_none().then(|| "domain".into()),
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
        let splits = table.splits(Path::new(SENTENCES.name), &options, Some("text"))?;
        Ok(Source::finite("uci-sentences", splits))
    }
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
    fn an_unknown_domain_is_an_error() {
        assert!(source("source = \"uci-sentences\"\ndomain = \"rotten\"").is_err());
    }
}
