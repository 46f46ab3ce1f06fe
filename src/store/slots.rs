//! The places that a lineage's numbers fill: generation, member, subject, metric.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::metrics::{Measurement, Subject};

/// One place, ordered as rows are: by generation, member, subject, metric.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The generation, from 0.
    pub generation: u32,
    /// The member of the population, from 0.
    pub member: u32,
    /// Whose rows were measured.
    pub subject: Subject,
    /// The metric's name.
    pub metric: Cow<'static, str>,
}

impl Slot {
    fn holds(&self, m: &Measurement) -> bool {
        self.generation == m.generation
            && self.member == m.member
            && self.subject == m.subject
            && same(&self.metric, &m.metric)
    }
}

/// Numbers the places in order of appearance.
///
/// Lineages of one setting fill the same places in the same order, so the next place is nearly
/// always the one after the last and is recognised without a search.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    list: Vec<Slot>,
    index: BTreeMap<Slot, u32>,
    next: usize,
}

impl Slots {
    /// All places, in order of appearance.
    pub fn list(&self) -> &[Slot] {
        &self.list
    }

    /// A new lineage starts: the first place is expected next.
    pub fn rewind(&mut self) {
        self.next = 0;
    }

    /// The number of the place that an observation fills.
    pub fn of(&mut self, m: &Measurement) -> u32 {
        if let Some(slot) = self.list.get(self.next)
            && slot.holds(m)
        {
            self.next += 1;
            return (self.next - 1) as u32;
        }
        let id = self.insert(Slot {
            generation: m.generation,
            member: m.member,
            subject: m.subject,
            metric: m.metric.clone(),
        });
        self.next = id as usize + 1;
        id
    }

    /// The number of a place.
    pub fn insert(&mut self, slot: Slot) -> u32 {
        let list = &mut self.list;
        *self.index.entry(slot).or_insert_with_key(|slot| {
            list.push(slot.clone());
            (list.len() - 1) as u32
        })
    }
}

fn same(a: &str, b: &str) -> bool {
    (a.as_ptr() == b.as_ptr() && a.len() == b.len()) || a == b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Observed;

    #[test]
    fn a_place_has_one_number_whatever_the_order() {
        let m = |generation, metric: &str| Measurement {
            seed: 0,
            member: 0,
            generation,
            subject: Subject::Model,
            metric: Cow::Owned(metric.to_owned()),
            value: Observed::Number(0.0),
        };
        let mut slots = Slots::default();
        assert_eq!([slots.of(&m(0, "a")), slots.of(&m(0, "b")), slots.of(&m(1, "a"))], [0, 1, 2]);
        slots.rewind();
        assert_eq!([slots.of(&m(0, "a")), slots.of(&m(1, "a")), slots.of(&m(0, "b"))], [0, 2, 1]);
        assert_eq!(slots.of(&m(1, "b")), 3);
        assert_eq!(slots.list().len(), 4);
        assert!(slots.list()[1] < slots.list()[2], "generation comes before metric");
    }
}
