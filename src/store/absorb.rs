//! Putting the parts of a cell together, so that the result depends on the seeds alone and not on
//! which thread or which run came first.

use std::collections::BTreeMap;

use super::Note;
use super::cell::{Cell, Rows};
use super::part::Part;
use super::slots::{Slot, Slots};

impl Cell {
    /// Adds parts, in ascending order of their seeds.
    pub fn absorb(&mut self, mut parts: Vec<Part>) {
        let places = Places::of(self, &parts);
        absorb_rows(&mut self.rows, &places, &mut parts);
        for part in parts {
            self.seeds.extend(part.endings);
            self.examples.retain(|e| !part.examples.iter().any(|new| new.seed == e.seed));
            self.examples.extend(part.examples);
            Note::merge(&mut self.notes, part.notes);
        }
        self.examples.sort_by_key(|e| (e.seed, e.generation, e.member, e.subject));
    }
}

/// All places in the order of rows, and where each place of the cell and of the parts went.
struct Places {
    slots: Vec<Slot>,
    old: Vec<u32>,
    parts: Vec<Vec<u32>>,
}

impl Places {
    fn of(cell: &Cell, parts: &[Part]) -> Self {
        let mut all = Slots::default();
        let mut insert = |list: &[Slot]| -> Vec<u32> { list.iter().map(|s| all.insert(s.clone())).collect() };
        let old = insert(&cell.rows.slots);
        let parts: Vec<Vec<u32>> = parts.iter().map(|p| insert(p.slots.list())).collect();
        let list = all.list();
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by(|&a, &b| list[a].cmp(&list[b]));
        let mut rank = vec![0; order.len()];
        for (new, &at) in order.iter().enumerate() {
            rank[at] = new as u32;
        }
        let slots = order.iter().map(|&at| list[at].clone()).collect();
        let rank = |ids: Vec<u32>| -> Vec<u32> { ids.into_iter().map(|id| rank[id as usize]).collect() };
        Self { slots, old: rank(old), parts: parts.into_iter().map(rank).collect() }
    }
}

fn absorb_rows(rows: &mut Rows, places: &Places, parts: &mut [Part]) {
    let mut known: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
    let mut number = |layout: Vec<u32>| {
        let next = known.len() as u32;
        *known.entry(layout).or_insert(next)
    };
    let moved: Vec<u32> = rows
        .layouts
        .iter()
        .map(|layout| number(layout.iter().map(|&s| places.old[s as usize]).collect()))
        .collect();
    for (layout, _) in rows.seeds.values_mut() {
        *layout = moved[*layout as usize];
    }
    for (part, rank) in parts.iter_mut().zip(&places.parts) {
        // Each layout is sorted once; its numbers follow in the same order.
        let sorted: Vec<(u32, Vec<usize>)> = part
            .layouts
            .iter()
            .map(|layout| {
                let place = |at: usize| rank[layout[at] as usize];
                let mut order: Vec<usize> = (0..layout.len()).collect();
                order.sort_by_key(|&at| place(at));
                (number(order.iter().map(|&at| place(at)).collect()), order)
            })
            .collect();
        for (seed, layout, values) in part.rows.drain(..) {
            let (layout, order) = &sorted[layout as usize];
            rows.seeds.insert(seed, (*layout, order.iter().map(|&at| values[at]).collect()));
        }
    }
    // Layouts are numbered in the order of the seeds that use them first; unused ones go.
    let mut layouts = vec![Vec::new(); known.len()];
    for (layout, at) in known {
        layouts[at as usize] = layout;
    }
    let mut renumbered: BTreeMap<u32, u32> = BTreeMap::new();
    rows.layouts.clear();
    for (layout, _) in rows.seeds.values_mut() {
        *layout = *renumbered.entry(*layout).or_insert_with(|| {
            rows.layouts.push(std::mem::take(&mut layouts[*layout as usize]));
            (rows.layouts.len() - 1) as u32
        });
    }
    rows.slots.clone_from(&places.slots);
}
