//! Labelled sentences from reviews of three sites.
//!
//! 500 positive and 500 negative sentences each from Amazon, IMDb and Yelp; one row per sentence.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::{Embedded, embed};
use crate::data::files::cell::Cell;
use crate::data::files::human::splits;
use crate::data::files::table::Table;
use crate::data::parameters::{Build, ParameterError, SourceError, build};
use crate::data::splits::SplitOptions;
use crate::data::text::TextTable;
use crate::data::{Column, Field, Kind, Options, Role, Samples, Source};
use crate::registry::{About, Entry};
use crate::spec::one_or_many;

static SENTENCES: Embedded = embed!("uci_sentences.tsv.gz");

#[cfg(test)]
pub(super) const FILES: &[&Embedded] = &[&SENTENCES];

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "uci-sentences",
        summary: "3,000 review sentences with their sentiment, 1,000 each from Amazon, IMDb and Yelp",
        details: "One row per sentence: its text, the label `sentiment` (0 negative, 1 positive; 500 of each in \
                  every domain) and the group `domain`. `domain` keeps one or more domains and drops the group column. \
                  `vocabulary = \"all\"` takes the vocabulary from the training rows of every domain, so that a generator fitted \
                  on other domains and a student on this one write alike; the split is then that of all 3,000 rows, about \
                  the same share of each domain. `label` asks another question of the same sentences: `negative` (yes, no), or \
                  `domain`, the site that a sentence is from, which is a fact: the group is then `agreement`, 100 per cent \
                  for every row. Rows are split at random, the same for every seed.",
        source: "Kotzias, Denil, de Freitas and Smyth 2015, UCI 331, DOI 10.24432/C57604",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    struct Parameters {
        /// The question: `sentiment` (0, 1), `negative` (no, yes) or `domain`
        label: Question = Question::default() => "\"sentiment\"";
        /// Only these domains, one or a list; default all three
        domain: Vec<Domain> = Vec::new() => "all", with one_or_many;
        /// `own`: of the training rows kept; `all`: of the training rows of every domain
        vocabulary: Whose = Whose::default() => "\"own\"";
    }
    include {
        text: TextTable = TextTable::default();
        splits: SplitOptions = SplitOptions::default();
    }
}

/// The site that a sentence is from.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Domain {
    Amazon,
    Imdb,
    Yelp,
}

impl Domain {
    fn name(self) -> &'static str {
        match self {
            Domain::Amazon => "amazon",
            Domain::Imdb => "imdb",
            Domain::Yelp => "yelp",
        }
    }
}

/// What is asked of a sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Question {
    #[default]
    Sentiment,
    Negative,
    Domain,
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
        let source = self.label == Question::Domain;
        if source && self.vocabulary == Whose::All {
            let help = "leave `vocabulary` out, or ask for the sentiment";
            return Err(ParameterError::new("vocabulary", "the question is the domain", help).into());
        }
        let names = ["domain", "sentiment", "text"].map(String::from).to_vec();
        let mut table = Table { names, ..Table::default() };
        let (label, further) = match self.label {
            Question::Sentiment => ("sentiment", None),
            Question::Negative => ("negative", Some("negative")),
            Question::Domain => ("domain", Some("agreement")),
        };
        table.names.extend(further.map(String::from));
        for (line, text) in SENTENCES.text().lines().enumerate() {
            let mut cells: Vec<Cell> = text.splitn(3, '\t').map(|cell| Cell::Word(cell.into())).collect();
            match self.label {
                Question::Sentiment => {}
                Question::Negative => {
                    let negative = cells.get(1) == Some(&Cell::Word("0".into()));
                    cells.push(Cell::Word(if negative { "yes" } else { "no" }.into()));
                }
                Question::Domain => cells.push(Cell::Word("100".into())),
            }
            let named = |c: &Cell| self.domain.iter().any(|d| *c == Cell::Word(d.name().into()));
            if self.domain.is_empty() || self.vocabulary == Whose::All || cells.first().is_some_and(named) {
                table.rows.push((line as u64 + 1, cells));
            }
        }
        let options = Options {
            label: Some(label.into()),
            group: match source {
                true => Some("agreement".into()),
                false => (self.domain.is_empty() || self.vocabulary == Whose::All).then(|| "domain".into()),
            },
            text: self.text,
            splits: self.splits,
            ..Options::default()
        };
        let (mut splits, ..) = splits(Path::new(SENTENCES.name), &table, &options, Some("text"))?;
        if self.vocabulary == Whose::All && !self.domain.is_empty() {
            for rows in [&mut splits.train, &mut splits.validation, &mut splits.held_out] {
                *rows = Arc::new(of_domains(rows, &self.domain));
            }
        }
        Ok(Source::finite("uci-sentences", splits))
    }
}

/// The rows of the named domains, without the group column.
fn of_domains(rows: &Samples, domains: &[Domain]) -> Samples {
    let Some((index, Field { kind: Kind::Codes { levels }, .. })) = rows.schema().first(Role::Group) else {
        return rows.clone();
    };
    let Column::Codes { data } = rows.column(index) else { return rows.clone() };
    let kept = |row: &u32| domains.iter().any(|d| levels.name(data[*row as usize]) == d.name());
    let chosen: Vec<u32> = (0..rows.len() as u32).filter(kept).collect();
    rows.take(&chosen).without(index)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::tests::source;
    use crate::data::{Kind, Role, Supply};

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
    fn the_same_sentences_answer_other_questions() {
        let s =
            source("source = \"uci-sentences\"\ndomain = [\"yelp\", \"imdb\"]\nlabel = \"domain\"").unwrap();
        let levels = |role: Role| match &s.schema().first(role).unwrap().1.kind {
            Kind::Codes { levels } => (0..levels.count() as u32).map(|c| levels.name(c)).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        assert_eq!(
            (levels(Role::Label), levels(Role::Group)),
            (vec!["imdb".into(), "yelp".into()], vec!["100".into()])
        );
        let labels = |label: &str| -> Vec<u32> {
            let s = source(&format!("source = \"uci-sentences\"\nlabel = \"{label}\"")).unwrap();
            let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
            splits.train.labels().unwrap().to_vec()
        };
        // 0 is negative, and `no` comes before `yes`.
        let turned: Vec<u32> = labels("sentiment").iter().map(|l| 1 - l).collect();
        assert_eq!(labels("negative"), turned);
        assert!(source("source = \"uci-sentences\"\nlabel = \"domain\"\nvocabulary = \"all\"").is_err());
    }

    #[test]
    fn an_unknown_domain_is_an_error() {
        assert!(source("source = \"uci-sentences\"\ndomain = \"rotten\"").is_err());
        assert!(source("source = \"uci-sentences\"\ndomain = [\"yelp\", \"rotten\"]").is_err());
    }
}
