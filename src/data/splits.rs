//! Splitting a finite data set, once and for all seeds.
//!
//! Rows that can be exchanged (images, table rows, sentences) are put in one fixed random order and
//! cut. Rows that follow each other (windows of running text) are split in contiguous chunks, so
//! that a held-out window is never wedged between two training windows: the text is cut in 100
//! chunks of equal length and chunk `i` goes by the rank of the fractional part of `i·φ`, a fixed
//! order that spreads every split over the whole text.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::seq::SliceRandom;

use super::digest::digest;
use super::parameters::{ParameterError, Portion};
use super::{Samples, Source, Splits, Supply};
use crate::registry::Parameter;
use crate::rng::Streams;

/// The fewest training rows and the fewest held-out rows that a split may have.
pub const LEAST_ROWS: usize = 2;
/// How many contiguous chunks a running text is cut in.
const CHUNKS: usize = 100;

/// How a data set is split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// Rows that metrics compare with, as a share or a number. Metrics take a reference and a
    /// disjoint baseline of the same size from it.
    pub held_out: Portion,
    /// Rows for choosing settings.
    pub validation: Portion,
    /// The most rows to use, counted before the split; `None` for all.
    pub rows: Option<usize>,
}

/// Which rows go where.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Row numbers of the training split.
    pub train: Vec<u32>,
    /// Row numbers of the validation split.
    pub validation: Vec<u32>,
    /// Row numbers of the held-out split.
    pub held_out: Vec<u32>,
}

/// There are too few rows for the splits that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{rows} rows can't be split in {train} training, {validation} validation and {held_out} held-out rows \
     (at least {LEAST_ROWS} training and {LEAST_ROWS} held-out rows are needed)"
)]
pub struct TooFewRows {
    /// Rows that there are.
    pub rows: usize,
    /// Training rows that would be left.
    pub train: usize,
    /// Validation rows asked for.
    pub validation: usize,
    /// Held-out rows asked for.
    pub held_out: usize,
}

impl From<TooFewRows> for ParameterError {
    fn from(error: TooFewRows) -> Self {
        ParameterError::new("held_out", error.to_string(), "ask for smaller splits or raise `rows`")
    }
}

crate::parameters! {
    /// What a source's table can say of its splits.
    #[derive(Clone, Copy, Debug)]
    pub struct SplitOptions {
        /// Rows that metrics compare with: a share below 1, or a number of rows. Metrics take a reference and a
        /// disjoint human baseline of the same size from them
        pub held_out: Option<Portion> = None => "0.3";
        /// Rows for choosing settings: a share below 1, or a number of rows
        pub validation: Option<Portion> = None => "0.1";
        /// The most rows to use, counted before the split: a random choice (the same for every seed), for running
        /// text its beginning
        pub rows: Option<usize> = None => "all";
    }
}

impl SplitOptions {
    /// The parameters with a source's own defaults.
    pub(super) const fn or(held_out: &'static str, validation: &'static str) -> [Parameter; 3] {
        let [own_held_out, own_validation, rows] = Self::PARAMETERS else { panic!("there are three") };
        [own_held_out.or(held_out), own_validation.or(validation), *rows]
    }

    /// How the rows are split, with these shares by default.
    pub fn shares(&self, held_out: Portion, validation: Portion) -> Shares {
        Shares {
            held_out: self.held_out.unwrap_or(held_out),
            validation: self.validation.unwrap_or(validation),
            rows: self.rows,
        }
    }

    /// How the rows are split: 30 % held out and 10 % validation by default.
    pub fn usual(&self) -> Shares {
        self.shares(Portion::Share(0.3), Portion::Share(0.1))
    }
}

impl Shares {
    /// Splits `n` exchangeable rows by one fixed random order.
    pub fn shuffled(&self, n: usize) -> Result<Assignment, TooFewRows> {
        let mut order: Vec<u32> = (0..n as u32).collect();
        order.shuffle(&mut Streams::new(0, 0).of("splits").rng());
        order.truncate(self.rows.unwrap_or(n));
        let (held_out, validation) = self.sizes(order.len())?;
        let train = order.split_off(held_out + validation);
        let validation = order.split_off(held_out);
        Ok(Assignment { train, validation, held_out: order })
    }

    /// Splits rows so that those of one group (`groups` names it for each row) are on one side, by one fixed random order
    /// of the groups. A split has at least as many rows as were asked for; `None` where groups are too few.
    pub fn grouped(&self, groups: &[u32]) -> Result<Option<Assignment>, TooFewRows> {
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        groups.iter().zip(0..).for_each(|(group, row)| members.entry(*group).or_default().push(row));
        let mut order: Vec<Vec<u32>> = members.into_values().collect();
        order.shuffle(&mut Streams::new(0, 0).of("splits").rng());
        let most = self.rows.unwrap_or(groups.len());
        let (mut all, mut kept) = (0, Vec::new());
        for group in order {
            if all + group.len() <= most {
                all += group.len();
                kept.push(group);
            }
        }
        let (held_out, validation) = self.sizes(all)?;
        let mut split = Assignment { train: Vec::new(), validation: Vec::new(), held_out: Vec::new() };
        for group in kept {
            let side = if split.held_out.len() < held_out {
                &mut split.held_out
            } else if split.validation.len() < validation {
                &mut split.validation
            } else {
                &mut split.train
            };
            side.extend(group);
        }
        Ok((split.train.len() >= LEAST_ROWS).then_some(split))
    }

    /// Splits `n` rows that follow each other in contiguous chunks; each split keeps their order.
    /// Sizes are rounded to whole chunks.
    pub fn in_chunks(&self, n: usize) -> Result<Assignment, TooFewRows> {
        let n = self.rows.map_or(n, |most| n.min(most));
        let (held_out, validation) = self.sizes(n)?;
        let chunks = CHUNKS.min(n);
        let whole = |rows: usize| {
            let nearest = (rows as f64 * chunks as f64 / n as f64).round() as usize;
            nearest.max(usize::from(rows > 0))
        };
        let (held_out, validation) = (whole(held_out), whole(validation));
        // φ's fractional part: the sequence i·φ mod 1 is the most evenly spread one.
        let spread = |i: usize| (i as f64 * 0.618_033_988_749_894_9).fract();
        let mut order: Vec<usize> = (0..chunks).collect();
        order.sort_by(|&a, &b| spread(a).total_cmp(&spread(b)));
        let mut all = Assignment { train: vec![], validation: vec![], held_out: vec![] };
        let mut rank = vec![0; chunks];
        order.iter().enumerate().for_each(|(r, &chunk)| rank[chunk] = r);
        for (chunk, &rank) in rank.iter().enumerate() {
            let rows = (chunk * n / chunks) as u32..((chunk + 1) * n / chunks) as u32;
            match rank {
                r if r < held_out => all.held_out.extend(rows),
                r if r < held_out + validation => all.validation.extend(rows),
                _ => all.train.extend(rows),
            }
        }
        if all.train.len() < LEAST_ROWS || all.held_out.len() < LEAST_ROWS {
            return Err(TooFewRows {
                rows: n,
                train: all.train.len(),
                validation: all.validation.len(),
                held_out: all.held_out.len(),
            });
        }
        Ok(all)
    }

    /// The numbers of held-out and validation rows among `n`.
    fn sizes(&self, n: usize) -> Result<(usize, usize), TooFewRows> {
        let (held_out, validation) = (self.held_out.of(n), self.validation.of(n));
        let train = n.saturating_sub(held_out).saturating_sub(validation);
        if held_out < LEAST_ROWS || train < LEAST_ROWS {
            return Err(TooFewRows { rows: n, train, validation, held_out });
        }
        Ok((held_out, validation))
    }
}

impl Assignment {
    /// The three tables of a data set's rows.
    pub fn of(&self, rows: &Samples) -> Splits {
        Splits {
            train: Arc::new(rows.take(&self.train)),
            validation: Arc::new(rows.take(&self.validation)),
            held_out: Arc::new(rows.take(&self.held_out)),
        }
    }
}

impl Source {
    /// A finite data set; its digest is computed from the rows.
    pub fn finite(name: impl Into<String>, splits: Splits) -> Source {
        Source { name: name.into(), digest: digest(&splits), supply: Supply::Finite(splits), file: None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    const SHARES: Shares =
        Shares { held_out: Portion::Share(0.2), validation: Portion::Share(0.05), rows: None };

    fn all(a: &Assignment) -> Vec<u32> {
        [&a.train[..], &a.validation, &a.held_out].concat()
    }

    #[test]
    fn every_row_goes_to_exactly_one_split() {
        for n in [10, 100, 1000, 1234] {
            for a in [SHARES.shuffled(n).unwrap(), SHARES.in_chunks(n).unwrap()] {
                assert_eq!(all(&a).len(), n);
                assert_eq!(all(&a).into_iter().collect::<BTreeSet<_>>().len(), n);
            }
        }
        let a = SHARES.shuffled(1000).unwrap();
        assert_eq!((a.train.len(), a.validation.len(), a.held_out.len()), (750, 50, 200));
        let a = SHARES.in_chunks(1000).unwrap();
        assert_eq!((a.train.len(), a.validation.len(), a.held_out.len()), (750, 50, 200));
    }

    #[test]
    fn rows_of_a_group_stay_on_one_side() {
        let groups: Vec<u32> = (0..400).map(|row| row % 37).collect();
        let a = SHARES.grouped(&groups).unwrap().unwrap();
        assert_eq!(all(&a).into_iter().collect::<BTreeSet<_>>().len(), 400);
        let of = |rows: &[u32]| rows.iter().map(|r| groups[*r as usize]).collect::<BTreeSet<_>>();
        let sides = [of(&a.train), of(&a.validation), of(&a.held_out)];
        assert_eq!(sides.iter().map(BTreeSet::len).sum::<usize>(), 37, "no group is on two sides");
        // At least what was asked for, and less than a group more.
        assert!((80..91).contains(&a.held_out.len()) && (20..31).contains(&a.validation.len()), "{a:?}");
        assert_eq!(SHARES.grouped(&[7; 100]), Ok(None), "one group can't be on both sides");
        let few = Shares { rows: Some(100), ..SHARES }.grouped(&groups).unwrap().unwrap();
        assert!((89..=100).contains(&all(&few).len()));
    }

    #[test]
    fn chunks_are_contiguous_and_spread_over_the_text() {
        let a = SHARES.in_chunks(10_000).unwrap();
        // 20 chunks of 100 rows: at most 20 runs, and some in every fifth of the text.
        let breaks = a.held_out.windows(2).filter(|w| w[1] != w[0] + 1).count();
        assert!(breaks < 20, "{breaks}");
        for fifth in 0..5 {
            let inside = a.held_out.iter().filter(|&&r| r / 2000 == fifth).count();
            assert!((200..=600).contains(&inside), "{inside} of about 400 in fifth {fifth}");
        }
    }

    #[test]
    fn a_cap_takes_fewer_rows_and_numbers_of_rows_are_exact() {
        let shares = Shares { held_out: Portion::Rows(30), validation: Portion::Rows(7), rows: Some(100) };
        let a = shares.shuffled(1000).unwrap();
        assert_eq!((a.train.len(), a.validation.len(), a.held_out.len()), (63, 7, 30));
        let a = shares.in_chunks(1000).unwrap();
        assert!(all(&a).into_iter().all(|r| r < 100), "the beginning of the text");
    }

    #[test]
    fn too_few_rows_are_an_error() {
        for n in 0..4 {
            assert!(SHARES.shuffled(n).is_err() && SHARES.in_chunks(n).is_err(), "{n}");
        }
        let greedy = Shares { held_out: Portion::Rows(800), validation: Portion::Rows(0), rows: None };
        assert_eq!(greedy.shuffled(801).unwrap_err().train, 1);
    }
}
