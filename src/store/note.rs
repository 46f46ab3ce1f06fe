//! What a reader of the numbers must know about a cell.

use serde::{Deserialize, Serialize};

use crate::metrics::{Absence, Subject};
use crate::models::Refusal;

/// Values that are missing, counted by metric, subject and kind of reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Whose rows were measured.
    pub subject: Subject,
    /// The metric.
    pub metric: String,
    /// The least seed and, within it, the first generation where it happened.
    pub first: (u64, u32),
    /// How often it happened.
    pub count: u64,
    /// The kind of the reason.
    pub kind: Absence,
    /// The reason, the first time.
    pub why: String,
}

impl Note {
    /// Counts one missing value into a list of notes.
    pub fn count(notes: &mut Vec<Note>, subject: Subject, metric: &str, at: (u64, u32), why: &Refusal) {
        match notes.iter_mut().find(|n| (n.subject, n.metric.as_str(), n.kind) == (subject, metric, why.why))
        {
            Some(note) if note.first <= at => note.count += 1,
            _ => {
                let (metric, why, kind) = (metric.to_owned(), why.reason.clone(), why.why);
                Note::merge(notes, [Note { subject, metric, first: at, count: 1, kind, why }]);
            }
        }
    }

    /// Adds notes to a list of notes.
    pub fn merge(notes: &mut Vec<Note>, more: impl IntoIterator<Item = Note>) {
        for new in more {
            match notes.iter_mut().find(|n| n.of() == new.of()) {
                Some(note) => {
                    note.count += new.count;
                    if new.first < note.first {
                        (note.first, note.why) = (new.first, new.why);
                    }
                }
                None => notes.push(new),
            }
        }
        notes.sort_by(|a, b| a.of().cmp(&b.of()));
    }
}

impl Note {
    /// What it counts: one kind of reason, metric by metric.
    fn of(&self) -> (Subject, &str, &'static str) {
        (self.subject, &self.metric, self.kind.name())
    }

    /// Notes as one text.
    pub fn joined(notes: &[Note]) -> String {
        notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Note { subject, metric, first: (seed, generation), count, kind, why } = self;
        let (subject, kind) = (subject.name(), kind.name());
        write!(
            f,
            "{metric} ({subject}): no value {count} times ({kind}), first at seed {seed}, generation {generation}: {why}"
        )
    }
}
