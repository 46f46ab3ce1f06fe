//! What is left of the rows once repeats and leakage are out.

use std::collections::BTreeSet;

use crate::data::{Column, Kind, Role, Samples};
use crate::models::Refusal;

/// The fewest human rows that a nested split makes sense for.
const LEAST_HUMAN: usize = 40;

/// The rows that the study uses, and what was left out.
pub struct Checked {
    /// Human rows.
    pub human: Samples,
    /// The place of each human row among those that were given.
    pub kept: Vec<u32>,
    /// Synthetic rows.
    pub synthetic: Samples,
    /// Human texts that were there before.
    pub repeated: usize,
    /// Synthetic rows that repeat a human row's inputs.
    pub leaked: usize,
    /// Things that people should know.
    pub notes: Vec<String>,
}

/// Leaves out repeated human texts and synthetic rows that repeat a human row (the label is not
/// looked at), and refuses rows that no answer can come from.
///
/// # Errors
/// Too few human rows, a single label or tag, no synthetic row left.
pub fn checked(human: &Samples, synthetic: &Samples) -> Result<Checked, Refusal> {
    let mut seen: BTreeSet<Vec<u64>> = BTreeSet::new();
    let texts = human.schema().vocabulary().is_some();
    let kept: Vec<u32> = (0..human.len())
        .filter(|&row| {
            // Two rows of a table may well be equal; two texts are one text twice.
            seen.insert(key(human, row)) || !texts
        })
        .map(|row| row as u32)
        .collect();
    let fresh: Vec<u32> = (0..synthetic.len())
        .filter(|&row| !seen.contains(&key(synthetic, row)))
        .map(|row| row as u32)
        .collect();
    let (repeated, leaked) = (human.len() - kept.len(), synthetic.len() - fresh.len());
    let (human, synthetic) = (human.take(&kept), synthetic.take(&fresh));
    if human.len() < LEAST_HUMAN {
        return Err(Refusal::new(format!(
            "{} different human rows are too few to be split in training, validation and test rows; give at least {LEAST_HUMAN}",
            human.len()
        )));
    }
    if synthetic.is_empty() {
        return Err(Refusal::new("no synthetic row is left once those that repeat a human row are out"));
    }
    if let Some((_, tags)) = human.tag_rows()
        && let Some(first) = tags.first()
        && tags.iter().all(|tag| tag == first)
    {
        let name = human.schema().tags().and_then(|v| v.tokens.get(*first as usize).cloned());
        return Err(Refusal::new(format!(
            "all human tokens have one tag (`{}`); there is nothing to predict",
            name.unwrap_or_default()
        )));
    }
    let mut notes = Vec::new();
    if let (Some(labels), Some((_, field))) = (human.labels(), human.schema().first(Role::Label))
        && let Kind::Codes { levels } = &field.kind
    {
        let count = |of: &[u32]| {
            let mut counts = vec![0_usize; levels.count()];
            of.iter().for_each(|&label| counts[label as usize] += 1);
            counts
        };
        let (people, made) = (count(labels), count(synthetic.labels().unwrap_or(&[])));
        let present = people.iter().filter(|&&n| n > 0).count();
        if present < 2 {
            return Err(Refusal::new(format!(
                "all human rows have one label (`{}`); there is nothing to predict",
                people.iter().position(|&n| n > 0).map_or("none".into(), |code| levels.name(code as u32))
            )));
        }
        for (code, (&n, &m)) in people.iter().zip(&made).enumerate() {
            let name = levels.name(code as u32);
            if n > 0 && n < 10 {
                let rows = if n == 1 { "row" } else { "rows" };
                notes.push(format!("`{name}` has {n} human {rows}: its score is mostly chance"));
            }
            if n > 0 && m == 0 {
                notes.push(format!("no synthetic row has the label `{name}`: they make it rarer"));
            }
        }
    }
    Ok(Checked { human, kept, synthetic, repeated, leaked, notes })
}

/// The cells of a row's features as one key; labels, tags and groups are left out.
fn key(rows: &Samples, row: usize) -> Vec<u64> {
    let mut key = Vec::new();
    for (i, _) in rows.schema().fields.iter().enumerate().filter(|(_, f)| f.role == Role::Feature) {
        match rows.column(i) {
            Column::F32 { width, data } => {
                key.extend(data[row * width..(row + 1) * width].iter().map(|v| u64::from(v.to_bits())));
            }
            Column::F64 { width, data } => {
                key.extend(data[row * width..(row + 1) * width].iter().map(|v| v.to_bits()));
            }
            Column::Codes { data } => key.push(u64::from(data[row])),
            Column::Ragged { offsets, tokens } => {
                key.extend(tokens[offsets[row]..offsets[row + 1]].iter().map(|&t| u64::from(t)));
                key.push(u64::MAX);
            }
        }
    }
    key
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::data::{Field, Levels, Schema};

    fn rows(cells: impl Iterator<Item = (f64, u32)>) -> Samples {
        let (data, labels) = cells.unzip();
        let levels = Levels::Named(["no".into(), "yes".into()].into());
        let fields = vec![
            Field { name: "x".into(), role: Role::Feature, kind: Kind::F64 { width: 1 } },
            Field { name: "label".into(), role: Role::Label, kind: Kind::Codes { levels } },
        ];
        let columns = vec![Column::F64 { width: 1, data }, Column::Codes { data: labels }];
        Samples::new(Arc::new(Schema { fields }), columns).unwrap()
    }

    #[test]
    fn synthetic_rows_that_repeat_a_human_row_are_left_out_whatever_their_label() {
        let human = rows((0..60).map(|i| (f64::from(i), i as u32 % 2)));
        let made = rows([(3.0, 0), (3.5, 1), (59.0, 1), (70.0, 1)].into_iter());
        let checked = checked(&human, &made).unwrap();
        assert_eq!(checked.leaked, 2);
        assert_eq!(checked.synthetic.features(), [3.5, 70.0]);
        assert_eq!(checked.human.len(), 60);
        assert!(checked.notes.iter().any(|n| n.contains("no synthetic row has the label `no`")));
    }

    #[test]
    fn rows_that_no_answer_can_come_from_are_refused_in_words() {
        let made = || rows([(0.5, 0)].into_iter());
        let refuse = |human: Samples, made: Samples| checked(&human, &made).err().unwrap().to_string();
        let few = rows((0..10).map(|i| (f64::from(i), i as u32 % 2)));
        assert!(refuse(few, made()).contains("10 different human rows are too few"));
        let one = rows((0..60).map(|i| (f64::from(i), 1)));
        assert!(refuse(one, made()).contains("one label (`yes`)"));
        let copied = rows([(7.0, 0)].into_iter());
        let human = rows((0..60).map(|i| (f64::from(i), i as u32 % 2)));
        assert!(refuse(human, copied).contains("no synthetic row is left"));
    }
}
