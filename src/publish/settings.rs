//! Which setting of the spec a key of the tables belongs to, and which settings a claim picks.

use crate::analysis::SettingKey;
use crate::spec::{self, ClaimSpec, Node, Setting};

/// A value as the tables write it.
pub(super) fn written(node: &Node) -> String {
    node.as_str().map_or_else(|| spec::canonical(node), str::to_owned)
}

/// Whether a table's text is this value; numbers are compared as numbers.
fn same(node: &Node, text: &str) -> bool {
    match (node.as_f64(), text.parse::<f64>()) {
        (Some(a), Ok(b)) => a == b,
        _ => written(node) == text,
    }
}

/// The column of the tables for a dotted setting.
pub(super) fn column_of(name: &str) -> &str {
    match name {
        "data.source" => "data",
        "model.family" => "model",
        other => other,
    }
}

/// The value of a dotted setting or a column in a key; `None` where it is empty too.
pub(super) fn value_of<'k>(key: &'k SettingKey, name: &str) -> Option<&'k str> {
    key.get(column_of(name)).filter(|v| !v.is_empty())
}

/// The setting whose rows have this key. Data are matched only where they carry the name of a source
/// of the spec: a file's rows carry the file's name.
pub(super) fn setting_of<'s>(settings: &'s [Setting], key: &SettingKey) -> Option<&'s Setting> {
    let source = |s: &Setting| s.data.get("source").map(written).unwrap_or_default();
    let data = key.get("data").unwrap_or("");
    let named = settings.iter().any(|s| source(s) == data);
    settings.iter().find(|setting| {
        let spec = &setting.loop_;
        // A column is empty exactly where the setting has no such number.
        let number = |column: &str, value: Option<f64>| key.number(column) == value;
        // Columns of further swept keys: empty where the point does not set the key.
        let swept = key.0.iter().filter(|(column, _)| column.contains('.')).all(|(column, text)| {
            match setting.point.iter().find(|(name, _)| name == column) {
                Some((_, node)) => same(node, text),
                // A column that is not swept, such as a task's knowledge.
                None => text.is_empty() || setting.get(column).is_some_and(|node| same(node, text)),
            }
        });
        swept
            && setting.model.get("family").map(written).as_deref() == key.get("model")
            && key.get("regime") == Some(spec.regime.as_str())
            && number("human_fraction", spec.human_fraction.as_ref().and_then(|f| f.as_constant()))
            && number("samples", spec.samples.as_ref().and_then(|s| s.as_constant()))
            && (!named || source(setting) == data)
    })
}

/// Whether a setting has all of these values.
pub(super) fn has(setting: &Setting, wanted: &[(String, Node)]) -> bool {
    wanted.iter().all(|(key, value)| {
        setting.get(key).is_some_and(|found| spec::canonical(found) == spec::canonical(value))
    })
}

/// The settings that a claim's `where` picks.
pub(super) fn picked<'s>(claim: &ClaimSpec, settings: &'s [Setting]) -> Vec<&'s Setting> {
    settings.iter().filter(|s| claim.matches(s)).collect()
}

/// The one setting that `versus` sets against `of`: the only one with the values of `versus`, or the
/// one of them that agrees with `of` in every swept key that the claim does not name, and if need be
/// with what `where` names beside.
pub(super) fn opponent<'s>(
    claim: &ClaimSpec,
    of: &Setting,
    settings: &'s [Setting],
) -> Result<&'s Setting, String> {
    let named = |key: &str| claim.where_.iter().chain(&claim.versus).any(|(k, _)| k == key);
    let agrees = |other: &Setting| {
        let all = other.point.iter().chain(&of.point).filter(|(key, _)| !named(key));
        all.map(|(key, _)| key.as_str())
            .all(|key| other.get(key).map(spec::canonical) == of.get(key).map(spec::canonical))
    };
    let mut found: Vec<&Setting> = settings.iter().filter(|s| has(s, &claim.versus)).collect();
    if found.len() > 1 {
        found.retain(|s| agrees(s));
    }
    if found.len() > 1 {
        let overridden = |key: &str| claim.versus.iter().any(|(k, _)| k == key);
        let kept: Vec<(String, Node)> =
            claim.where_.iter().filter(|(k, _)| !overridden(k)).cloned().collect();
        found.retain(|s| has(s, &kept));
    }
    match found.as_slice() {
        [one] => Ok(one),
        several => Err(format!("has a `versus` that picks {} settings and must pick one", several.len())),
    }
}

/// The swept values of a setting, for a sentence.
pub(super) fn label(setting: &Setting) -> String {
    let values: Vec<String> =
        setting.point.iter().map(|(key, value)| format!("{key} = {}", written(value))).collect();
    if values.is_empty() { "the only setting".into() } else { values.join(", ") }
}
