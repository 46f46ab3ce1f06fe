//! One colour, marker and dash for each setting, on all figures of a run.

use super::artist::Artist;
use super::names::{name_of, place_of};
use crate::analysis::SettingKey;
use crate::figures::Style;

impl Artist<'_> {
    /// How the lines look that these columns tell apart: colour and marker follow the first column's value among all
    /// that the run has, whatever a figure shows of them; the dashes follow the other columns.
    pub fn looks(&self, columns: &[String]) -> Vec<(String, Style)> {
        let Some((first, rest)) = columns.split_first() else { return Vec::new() };
        let keys = self.keys();
        let mut numbers: Vec<f64> = keys.iter().filter_map(|k| k.number(first)).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        let (mut words, mut groups) = (Vec::new(), Vec::new());
        let mut looks: Vec<(String, Style)> = Vec::new();
        for key in keys {
            let (name, _) = name_of(key, columns);
            if looks.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let style = match key.number(first) {
                Some(number) if numbers.len() > 1 => {
                    Style::ordered(numbers.partition_point(|n| *n < number), numbers.len())
                }
                // Beside numbers a word has a colour that no number has.
                _ => Style::category(place(&mut words, value(key, first)) + usize::from(numbers.len() > 1)),
            };
            let style = match rest {
                [] => style,
                rest => style.in_group(place(&mut groups, place_of(key, rest))),
            };
            looks.push((name, style));
        }
        looks
    }
}

fn value(key: &SettingKey, column: &String) -> String {
    name_of(key, std::slice::from_ref(column)).0
}

/// The place of a text among those known, to which it is added.
fn place(known: &mut Vec<String>, text: String) -> usize {
    known.iter().position(|k| *k == text).unwrap_or_else(|| {
        known.push(text);
        known.len() - 1
    })
}
