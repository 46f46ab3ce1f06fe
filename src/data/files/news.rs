//! What a file beside the human one holds that the human rows do not have: levels and tokens, counted.

use std::collections::{BTreeMap, HashMap};

use super::card::New;
use super::cell::{GAP, level};
use super::error::Problem;
use super::rows::code;
use crate::data::Levels;

/// How many new levels and tokens a card shows.
const EXAMPLES: usize = 5;

/// The most frequent of what is new.
pub(super) fn counted(column: &str, new: &BTreeMap<String, usize>, of: usize) -> New {
    let mut all: Vec<(&String, usize)> = new.iter().map(|(name, n)| (name, *n)).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    New {
        column: column.into(),
        different: all.len(),
        examples: all.iter().take(EXAMPLES).map(|(name, _)| (*name).clone()).collect(),
        cells: all.iter().map(|(_, n)| n).sum(),
        of,
    }
}

/// The levels of a column while cells become codes.
pub(super) struct Naming {
    levels: Levels,
    human: usize,
    grows: bool,
    known: HashMap<String, u32>,
    more: Vec<String>,
    new: BTreeMap<String, usize>,
}

impl Naming {
    /// The first `human` levels are those of the human rows; `grows`: whether one that is not known gets a code of its own.
    pub fn new(levels: Levels, human: usize, grows: bool) -> Self {
        Self { levels, human, grows, known: HashMap::new(), more: Vec::new(), new: BTreeMap::new() }
    }

    /// The code of a cell.
    pub fn code(&mut self, written: &str) -> Result<u32, Problem> {
        let code = match self.known.get(written) {
            Some(&code) => code,
            None => {
                let code = self.find(written)?;
                self.known.insert(written.to_owned(), code);
                code
            }
        };
        if code as usize >= self.human {
            *self.new.entry(level(written).into_owned()).or_default() += 1;
        }
        Ok(code)
    }

    fn find(&mut self, written: &str) -> Result<u32, Problem> {
        let known = match &self.levels {
            // A whole number may be written as 3 or as 3.0.
            Levels::Count(n) => {
                let whole = written.parse::<f64>().ok().filter(|v| v.fract() == 0.0);
                whole.filter(|v| (0.0..*n as f64).contains(v)).map(|v| v as u32)
            }
            Levels::Named(names) => code(written, names),
        };
        let (count, name) = (self.levels.count(), level(written));
        let more = || code(written, &self.more).map(|i| count as u32 + i);
        match (known.or_else(more), &self.levels) {
            (Some(code), _) => Ok(code),
            (None, Levels::Named(_)) if self.grows => {
                self.more.push(name.into_owned());
                Ok((count + self.more.len() - 1) as u32)
            }
            (None, levels) => {
                let known = match levels {
                    Levels::Count(n) => format!("0 to {}", n.saturating_sub(1)),
                    Levels::Named(names) => names.iter().take(8).cloned().collect::<Vec<_>>().join(", "),
                };
                let found = if name == GAP { "".into() } else { written.into() };
                Err(Problem::UnknownLevel { found, known: known.into() })
            }
        }
    }

    /// The levels with those that are new, and what was new.
    pub fn done(self, column: &str, cells: usize) -> (Levels, Option<New>) {
        let levels = match self.levels {
            Levels::Named(names) if !self.more.is_empty() => {
                Levels::Named(names.iter().cloned().chain(self.more).collect())
            }
            levels => levels,
        };
        let new = (!self.new.is_empty()).then(|| counted(column, &self.new, cells));
        (levels, new)
    }
}
