//! What a reader of the numbers must know about a cell.

use serde::{Deserialize, Serialize};

use crate::metrics::{Absence, Subject};
use crate::models::Refusal;

/// Values that are missing, counted by metric and subject.
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
    /// The kind of the reason, the first time.
    pub kind: Absence,
    /// The reason, the first time.
    pub why: String,
}

impl Note {
    /// Counts one missing value into a list of notes.
    pub fn count(notes: &mut Vec<Note>, subject: Subject, metric: &str, at: (u64, u32), why: &Refusal) {
        match notes.iter_mut().find(|n| n.subject == subject && n.metric == metric) {
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
            match notes.iter_mut().find(|n| n.subject == new.subject && n.metric == new.metric) {
                Some(note) => {
                    note.count += new.count;
                    if new.first < note.first {
                        (note.first, note.kind, note.why) = (new.first, new.kind, new.why);
                    }
                }
                None => notes.push(new),
            }
        }
        notes.sort_by(|a, b| (a.subject, &a.metric).cmp(&(b.subject, &b.metric)));
    }
}

impl Note {
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
