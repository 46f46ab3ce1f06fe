//! Tweet-like messages with the ratings of twenty and more people each.
//!
//! Every rating r is a whole number from −4 (very negative) to 4 (very positive). A *cut* makes a
//! label of a rating; the label of a message is that of most of its raters, and its **agreement** the
//! share of its raters who gave that label. Raters whom the cut has no label for (a 0 under
//! `polarity`) abstain; messages without a single label, or with a tie, are left out.

use serde::Deserialize;

use super::{Embedded, embed};
use crate::data::parameters::{Build, ParameterError, SourceError, build};
use crate::data::splits::SplitOptions;
use crate::data::text::{Record, TextTable};
use crate::data::{Column, Cut, Field, Kind, Levels, Role, Samples, Schema, Source, Splits};
use crate::registry::{About, Entry};
use crate::rng::Streams;

static TWEETS: Embedded = embed!("vader_tweets_ratings.tsv.gz");

#[cfg(test)]
pub(super) const FILES: &[&Embedded] = &[&TWEETS];

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "vader-tweets",
        summary: "4,200 tweet-like messages, rated from −4 to 4: 3,200 of them by 20 people, 1,000 by 92 to 99",
        details: "One row per message: its text, a label, and the group `agreement`. `label` cuts the ratings: \
                  `polarity` (r < 0, r > 0; zeros abstain; 4,174 messages), `valence` (negative, neutral, positive), `opinionated` \
                  (r ≠ 0), `strong` (|r| ≥ 2), `extreme` (|r| ≥ 3), `positive` (r ≥ 1), `negative` (r ≤ −1), or \
                  `rating` (the mean rating, rounded). The label is that of most raters; messages with a tie or \
                  without a label are left out. Agreement is the share of the raters who gave that label. \
                  `rater_labels` draws the labels of a share of the **training** rows from one rater each: label \
                  noise as people make it. Rows are split at random, the same for every seed.",
        source: "Hutto and Gilbert 2014, DOI 10.1609/icwsm.v8i1.14550",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

/// How a rating becomes a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Label {
    #[default]
    Polarity,
    Valence,
    Opinionated,
    Strong,
    Extreme,
    Positive,
    Negative,
    Rating,
}

/// How agreement becomes a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Agreement {
    #[default]
    Thirds,
    Quarters,
    Percent,
    None,
}

crate::parameters! {
    struct Parameters {
        /// The cut: polarity, valence, opinionated, strong, extreme, positive, negative, rating
        label: Label = Label::default() => "\"polarity\"";
        /// The group: `thirds` or `quarters` of the messages by agreement, `percent` (rounded down), or `none`
        agreement: Agreement = Agreement::default() => "\"thirds\"";
        /// The share of training rows whose label is that of one random rater
        rater_labels: f64 = 0.0, in within(0, 1);
    }
    include {
        text: TextTable = TextTable::default();
        splits: SplitOptions = SplitOptions::default();
    }
}

impl Label {
    fn levels(self) -> &'static [&'static str] {
        match self {
            Label::Polarity => &["negative", "positive"],
            Label::Valence => &["negative", "neutral", "positive"],
            Label::Rating => &["-4", "-3", "-2", "-1", "0", "1", "2", "3", "4"],
            _ => &["no", "yes"],
        }
    }

    /// The code of one rating's label; `None` where the rater abstains.
    fn of(self, rating: i32) -> Option<u32> {
        Some(match self {
            Label::Polarity if rating == 0 => return None,
            Label::Polarity | Label::Positive => u32::from(rating > 0),
            Label::Valence => (rating.signum() + 1) as u32,
            Label::Opinionated => u32::from(rating != 0),
            Label::Strong => u32::from(rating.abs() >= 2),
            Label::Extreme => u32::from(rating.abs() >= 3),
            Label::Negative => u32::from(rating < 0),
            Label::Rating => (rating + 4) as u32,
        })
    }

    /// The label of most raters and their share; of `rating`, the rounded mean and the share that
    /// gave just that. `None` for a tie, or without a label.
    fn agreed(self, ratings: &[i32]) -> Option<(u32, f64)> {
        let mut counts = [0_usize; 9];
        ratings.iter().filter_map(|&r| self.of(r)).for_each(|label| counts[label as usize] += 1);
        let all: usize = counts.iter().sum();
        if self == Label::Rating {
            let mean = ratings.iter().sum::<i32>() as f64 / all.max(1) as f64;
            let label = (mean.round() as i32 + 4) as u32;
            return Some((label, counts[label as usize] as f64 / all.max(1) as f64));
        }
        let most = *counts.iter().max()?;
        let mut best = (0..9).filter(|&label| counts[label] == most);
        let label = best.next()?;
        (all > 0 && best.next().is_none()).then(|| (label as u32, most as f64 / all as f64))
    }
}

impl Agreement {
    /// The group of each agreement, and the groups' names. Parts are of equal numbers of messages,
    /// ties by their order in the file.
    fn groups(self, agreements: &[f64]) -> Option<(Vec<u32>, Vec<String>)> {
        let parts: &[&str] = match self {
            Agreement::Thirds => &["low", "middle", "high"],
            Agreement::Quarters => &["lowest", "low", "high", "highest"],
            Agreement::Percent => {
                let code = |a: &f64| (a * 100.0).floor() as u32;
                return Some((
                    agreements.iter().map(code).collect(),
                    (0..=100).map(|p| p.to_string()).collect(),
                ));
            }
            Agreement::None => return None,
        };
        let mut order: Vec<usize> = (0..agreements.len()).collect();
        order.sort_by(|&a, &b| agreements[a].total_cmp(&agreements[b]));
        let mut codes = vec![0; agreements.len()];
        for (rank, &i) in order.iter().enumerate() {
            codes[i] = (rank * parts.len() / agreements.len()) as u32;
        }
        Some((codes, parts.iter().map(|p| (*p).to_owned()).collect()))
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let (mut texts, mut ratings, mut labels, mut agreements) = (vec![], vec![], vec![], vec![]);
        for line in TWEETS.text().lines() {
            let mut cells = line.splitn(3, '\t').skip(1);
            let (Some(rated), Some(text)) = (cells.next(), cells.next()) else { continue };
            let rated: Vec<i32> = rated.split(',').filter_map(|r| r.parse().ok()).collect();
            if let Some((label, agreement)) = self.label.agreed(&rated) {
                texts.push(text);
                ratings.push(rated);
                labels.push(label);
                agreements.push(agreement);
            }
        }
        let named = |name: &str, role, names: Vec<String>| Field {
            name: name.into(),
            role,
            kind: Kind::Codes { levels: Levels::Named(names.into()) },
        };
        let levels = self.label.levels().iter().map(|l| (*l).to_owned()).collect();
        let mut fields = vec![named("label", Role::Label, levels)];
        let groups = self.agreement.groups(&agreements);
        fields.extend(groups.iter().map(|(_, names)| named("agreement", Role::Group, names.clone())));
        // The message's number travels with the row until the raters have been asked.
        fields.push(Field {
            name: "message".into(),
            role: Role::Group,
            kind: Kind::Codes { levels: Levels::Count(texts.len()) },
        });
        let records: Vec<Record<'_>> = texts
            .iter()
            .enumerate()
            .map(|(i, text)| {
                let group = groups.iter().map(|(codes, _)| codes[i]);
                Record { text, codes: std::iter::once(labels[i]).chain(group).chain([i as u32]).collect() }
            })
            .collect();
        let options = self.text.options(Cut::Records);
        let splits = options.splits(&records, &fields, &self.splits.usual()).map_err(ParameterError::from)?;
        let finished = |rows: &Samples, noise: f64| self.finished(rows, noise, &ratings).into();
        Ok(Source::finite(
            "vader-tweets",
            Splits {
                train: finished(&splits.train, self.rater_labels),
                validation: finished(&splits.validation, 0.0),
                held_out: finished(&splits.held_out, 0.0),
            },
        ))
    }
}

impl Parameters {
    /// The rows without the message's number; a share `noise` of the labels is one rater's.
    fn finished(&self, rows: &Samples, noise: f64, ratings: &[Vec<i32>]) -> Samples {
        use rand::RngExt;
        let mut fields = rows.schema().fields.clone();
        let mut columns: Vec<Column> = (0..fields.len()).map(|i| rows.column(i).clone()).collect();
        fields.pop();
        let messages = match columns.pop() {
            Some(Column::Codes { data }) => data,
            _ => Vec::new(),
        };
        if let Some(Column::Codes { data }) = columns.get_mut(1) {
            // Every message has its own stream: a larger share keeps what a smaller one has drawn.
            let streams = Streams::new(0, 0).of("rater-labels");
            for (label, message) in data.iter_mut().zip(messages) {
                let mut rng = streams.at(u64::from(message)).rng();
                let asked = rng.random::<f64>() < noise;
                let given: Vec<u32> =
                    ratings[message as usize].iter().filter_map(|&r| self.label.of(r)).collect();
                if asked && !given.is_empty() {
                    *label = given[rng.random_range(0..given.len())];
                }
            }
        }
        Samples::trusted(Schema { fields }.into(), columns)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::tests::source;
    use super::*;
    use crate::data::Supply;

    fn splits(toml: &str) -> Splits {
        match source(&format!("source = \"vader-tweets\"\n{toml}")).unwrap().supply {
            Supply::Finite(splits) => splits,
            Supply::Distribution(_) => panic!("a finite set"),
        }
    }

    #[test]
    fn the_label_is_that_of_most_raters() {
        assert_eq!(Label::Polarity.agreed(&[3, 1, 0, -2]), Some((1, 2.0 / 3.0)));
        assert_eq!(Label::Polarity.agreed(&[1, -1, 0]), None, "a tie");
        assert_eq!(Label::Polarity.agreed(&[0, 0]), None, "nobody has an opinion");
        assert_eq!(Label::Valence.agreed(&[0, 0, -4, 1]), Some((1, 0.5)));
        assert_eq!(Label::Strong.agreed(&[-2, 3, 1]), Some((1, 2.0 / 3.0)));
        assert_eq!(Label::Rating.agreed(&[-2, -1, -1]), Some((3, 2.0 / 3.0)), "the mean is −4/3");
    }

    #[test]
    fn agreement_makes_parts_of_equal_size() {
        let (codes, names) = Agreement::Thirds.groups(&[0.9, 0.5, 0.7, 0.6, 1.0, 0.8]).unwrap();
        assert_eq!(codes, [2, 0, 1, 0, 2, 1]);
        assert_eq!(names, ["low", "middle", "high"]);
        let (codes, _) = Agreement::Percent.groups(&[0.5, 1.0, 2.0 / 3.0]).unwrap();
        assert_eq!(codes, [50, 100, 66]);
    }

    #[test]
    fn every_message_is_rated_and_most_have_a_label() {
        let mut twenty = 0;
        assert_eq!(TWEETS.text().lines().count(), 4200);
        for line in TWEETS.text().lines() {
            let ratings: Vec<i32> =
                line.split('\t').nth(1).unwrap().split(',').map(|r| r.parse().unwrap()).collect();
            assert!(
                (20..=99).contains(&ratings.len()) && ratings.iter().all(|r| (-4..=4).contains(r)),
                "{line}"
            );
            twenty += usize::from(ratings.len() == 20);
        }
        assert_eq!(twenty, 3200);
        let s = splits("");
        let rows = s.train.len() + s.validation.len() + s.held_out.len();
        // Counted by other means: 26 messages have as many positive as negative ratings.
        assert_eq!(rows, 4174);
        let names: Vec<&str> = s.train.schema().fields.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["text", "label", "agreement"]);
    }

    #[test]
    fn one_raters_labels_differ_on_training_rows_only_and_are_nested() {
        let flipped = |a: &Samples, b: &Samples| -> Vec<usize> {
            let (a, b) = (a.labels().unwrap(), b.labels().unwrap());
            (0..a.len()).filter(|&i| a[i] != b[i]).collect()
        };
        let (none, half, all) = (splits(""), splits("rater_labels = 0.5"), splits("rater_labels = 1.0"));
        assert!(flipped(&none.held_out, &all.held_out).is_empty());
        let (few, many) = (flipped(&none.train, &half.train), flipped(&none.train, &all.train));
        assert!(!few.is_empty() && few.len() < many.len());
        assert!(few.iter().all(|i| many.contains(i)));
        // A rater's label differs from the majority's with probability 1 − agreement.
        let s = splits("agreement = \"percent\"");
        let (at, _) = s.train.schema().first(Role::Group).unwrap();
        let Column::Codes { data } = s.train.column(at) else { panic!("codes") };
        let misses: Vec<f64> = data.iter().map(|&p| 1.0 - (f64::from(p) + 0.5) / 100.0).collect();
        let expected: f64 = misses.iter().sum();
        let sd = misses.iter().map(|p| p * (1.0 - p)).sum::<f64>().sqrt();
        // Half a per cent of rounding in each agreement, and five standard deviations.
        let slack = 0.005 * misses.len() as f64 + 5.0 * sd;
        assert!((many.len() as f64 - expected).abs() < slack, "{} {expected} ± {slack}", many.len());
    }

    #[test]
    fn a_share_above_one_and_an_unknown_cut_are_errors() {
        assert!(source("source = \"vader-tweets\"\nrater_labels = 1.5").is_err());
        assert!(source("source = \"vader-tweets\"\nlabel = \"sarcasm\"").is_err());
    }
}
