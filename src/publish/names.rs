//! What settings, columns, axes and files are called.

use super::settings::value_of;
use crate::analysis::{SettingKey, column};
use crate::figures::{Axis, Spread};
use crate::spec::plain_key;

/// The plain words for a column.
pub(super) fn plain(column: &str) -> String {
    plain_key(column)
}

/// The plain words for several columns.
pub(super) fn plain_all(columns: &[String]) -> String {
    columns.iter().map(|c| plain(c)).collect::<Vec<_>>().join(" · ")
}

/// The columns in which these settings differ, the human fraction first.
pub(super) fn varying(keys: &[&SettingKey]) -> Vec<String> {
    let Some(first) = keys.first() else { return Vec::new() };
    let differs = |column: &str| keys.iter().any(|k| k.get(column) != first.get(column));
    let mut columns: Vec<String> = Vec::new();
    for column in first.columns().filter(|c| differs(c)) {
        // A schedule has a column of its own beside that of the same name for numbers.
        if !columns.iter().any(|known| same_column(known, column)) {
            columns.push(column.to_owned());
        }
    }
    // Controls, human rows alone, are fitted for one generation; that says nothing of them.
    if columns.iter().any(|c| c == "loop.human_alone") {
        columns.retain(|c| c != "loop.generations");
    }
    columns.sort_by_key(|c| c != "human_fraction");
    columns
}

/// Whether two names mean the same column: `loop.samples` and `samples`.
pub(super) fn same_column(a: &str, b: &str) -> bool {
    column(a) == column(b)
}

/// What tells a setting apart among others: its name, and its place where it is a number.
pub(super) fn name_of(key: &SettingKey, columns: &[String]) -> (String, Option<f64>) {
    let value = |c: &String| value_of(key, c).unwrap_or("own").to_owned();
    match columns {
        [] => (key.get("regime").unwrap_or("").to_owned(), None),
        [one] => (value(one), key.number(one)),
        many => {
            // A control is named, a mix is not.
            let part = |c: &String| match (c.as_str(), key.get(c)) {
                ("loop.human_alone", Some("true")) => Some("human rows alone".to_owned()),
                ("loop.human_alone", _) => None,
                // What a setting does not have does not tell it apart in words.
                _ => value_of(key, c).map(str::to_owned),
            };
            let parts: Vec<String> = many.iter().filter_map(part).collect();
            (if parts.is_empty() { "own".to_owned() } else { parts.join(" · ") }, None)
        }
    }
}

/// What tells a setting apart among others, in words: keys beside their values.
pub fn setting_name(key: &SettingKey, among: &[&SettingKey]) -> String {
    words_of(key, &varying(among))
}

/// The same where the columns are known: `human fraction 0.3, output mean`, or the regime where there are none.
pub(super) fn words_of(key: &SettingKey, columns: &[String]) -> String {
    let part = |c: &String| match (c.as_str(), value_of(key, c)?) {
        ("loop.human_alone", "true") => Some("human rows alone".to_owned()),
        ("loop.human_alone", _) => None,
        (_, value) => Some(format!("{} {value}", plain(c))),
    };
    let parts: Vec<String> = columns.iter().filter_map(part).collect();
    if parts.is_empty() { name_of(key, columns).0 } else { parts.join(", ") }
}

/// The same in words: `human fraction 0.3`.
pub(super) fn place_of(key: &SettingKey, columns: &[String]) -> String {
    let part = |c: &String| format!("{} {}", plain(c), name_of(key, std::slice::from_ref(c)).0);
    columns.iter().filter(|c| value_of(key, c).is_some()).map(part).collect::<Vec<_>>().join(", ")
}

/// The settings by what they have in these columns, in order of appearance; one group without a
/// column. A group's name says column and value.
pub(super) fn grouped<'k>(keys: &[&'k SettingKey], columns: &[String]) -> Vec<(String, Vec<&'k SettingKey>)> {
    let mut groups: Vec<(String, Vec<&SettingKey>)> = Vec::new();
    for key in keys {
        let part = |c: &String| format!("{} {}", plain(c), value_of(key, c).unwrap_or("own"));
        let name = columns.iter().map(part).collect::<Vec<_>>().join(", ");
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, members)) => members.push(key),
            None => groups.push((name, vec![key])),
        }
    }
    groups
}

/// The first, the last and some between, at most `most` (at least 2).
pub(super) fn spread_over<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most {
        return all.to_vec();
    }
    (0..most).map(|i| all[i * (all.len() - 1) / (most - 1)].clone()).collect()
}

/// Texts, each once: in the order of their numbers, or of their first appearance where one is no number.
pub(super) fn ordered(texts: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for text in texts {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    let numbers: Option<Vec<f64>> = once.iter().map(|text| text.parse().ok()).collect();
    if numbers.is_some() {
        let value = |text: &String| text.parse::<f64>().unwrap_or(f64::NAN);
        once.sort_by(|a, b| value(a).total_cmp(&value(b)));
    }
    once
}

/// The axis of a metric: its name with its unit.
pub(super) fn axis_of(metric: &str, unit: &str, log: bool) -> Axis {
    let label = if unit.is_empty() || unit == "1" || unit.len() > 18 {
        metric.to_owned()
    } else {
        format!("{metric} ({unit})")
    };
    let spread = if log { Spread::Log } else { Spread::Linear };
    Axis { spread, ..Axis::linear(&label) }
}

/// A file name from a title: letters, digits, dots and hyphens.
pub(crate) fn file_name(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let name = name.split('-').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-");
    // A leading dot would hide the file, or lead out of the folder.
    name.trim_start_matches(['.', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::settings::tests::keys;

    #[test]
    fn what_a_setting_does_not_have_is_not_in_its_name() {
        let of = |regime, share| [("regime", regime), ("loop.arrival_human_fraction", share)];
        let all = keys(&[&of("replace", ""), &of("expanding", "0.25"), &of("", "")]);
        let [plain, mixed, own] = all.as_slice() else { panic!("{all:?}") };
        let columns = varying(&[plain, mixed]);
        assert_eq!(name_of(plain, &columns).0, "replace");
        assert_eq!(name_of(mixed, &columns).0, "expanding · 0.25");
        assert_eq!(place_of(plain, &columns), "regime replace");
        assert_eq!(name_of(own, &columns).0, "own");
    }

    #[test]
    fn a_schedule_is_named_in_the_column_of_numbers() {
        let of = |number, schedule| [("samples", number), ("loop.samples", schedule)];
        let all = keys(&[&of("800", ""), &of("", "power 1, base 800")]);
        let columns = varying(&[&all[0], &all[1]]);
        assert_eq!(columns, ["samples"]);
        assert_eq!(name_of(&all[0], &columns).0, "800");
        assert_eq!(name_of(&all[1], &columns).0, "power 1, base 800");
    }

    #[test]
    fn file_names_stay_in_their_folder() {
        assert_eq!(file_name("../A b: 0.3"), "a-b-0.3");
        assert_eq!(file_name("curves gpt--x"), "curves-gpt-x");
    }

    #[test]
    fn a_column_has_one_meaning_under_its_names() {
        assert!(same_column("loop.samples", "samples"));
        assert!(same_column("model.family", "model"));
        assert!(!same_column("model.ddof", "model"));
        assert_eq!(plain("loop.human_fraction"), "human fraction");
        assert_eq!(plain("loop.choices.weights.human"), "weight of human rows");
        assert_eq!(ordered(vec!["10".into(), "9".into(), "10".into()]), ["9", "10"]);
        assert_eq!(ordered(vec!["b".into(), "9".into(), "a".into(), "b".into()]), ["b", "9", "a"]);
    }
}
