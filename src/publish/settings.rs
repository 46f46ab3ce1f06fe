//! Which settings of the spec a claim picks.

use crate::analysis::SettingKey;
use crate::spec::{self, ClaimSpec, Node, Setting};

/// The value of a dotted setting or a column in a key; `None` where it is empty too.
pub(super) fn value_of<'k>(key: &'k SettingKey, name: &str) -> Option<&'k str> {
    key.get(name).filter(|v| !v.is_empty())
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
        setting.point.iter().map(|(key, value)| format!("{key} = {}", spec::in_words(value))).collect();
    if values.is_empty() { "the only setting".into() } else { values.join(", ") }
}
