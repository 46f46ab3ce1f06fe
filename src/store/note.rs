//! What a reader of the numbers must know about a cell.

use serde::{Deserialize, Serialize};

use crate::metrics::Subject;

/// Numbers that were not finite and so were not written, counted by metric and subject.
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
}

impl Note {
    /// Counts one number into a list of notes.
    pub fn count(notes: &mut Vec<Note>, subject: Subject, metric: &str, at: (u64, u32)) {
        let note = Note { subject, metric: metric.to_owned(), first: at, count: 1 };
        Note::merge(notes, [note]);
    }

    /// Adds notes to a list of notes.
    pub fn merge(notes: &mut Vec<Note>, more: impl IntoIterator<Item = Note>) {
        for new in more {
            match notes.iter_mut().find(|n| n.subject == new.subject && n.metric == new.metric) {
                Some(note) => {
                    note.count += new.count;
                    note.first = note.first.min(new.first);
                }
                None => notes.push(new),
            }
        }
        notes.sort_by(|a, b| (a.subject, &a.metric).cmp(&(b.subject, &b.metric)));
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Note { subject, metric, first: (seed, generation), count } = self;
        let subject = subject.name();
        write!(f, "{metric} ({subject}): {count} not finite, first at seed {seed}, generation {generation}")
    }
}
