//! Digests of what is run. The same settings, however they are written, have the same digest.

use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::measure::MeasureSpec;
use super::node::{Node, Value};
use super::setting::Setting;

/// The canonical text of a value: keys sorted, numbers normalised (`1`, `1.0` and `1e0` agree).
pub fn canonical(node: &Node) -> String {
    let mut out = String::new();
    write_json(&mut out, &json(node));
    out
}

/// SHA-256 (64 hex digits) of what a lineage of this setting depends on. `extra` names what the
/// spec can't know: component versions, the data's digest, the resolved path, device, kernel class.
pub fn setting_digest(setting: &Setting, extra: &[(&str, String)]) -> String {
    let node = |n: &Node| json(n);
    let list = |nodes: &[Node]| Json::Array(nodes.iter().map(json).collect());
    let mut parts = vec![
        ("data", node(&setting.data)),
        ("model", node(&setting.model)),
        ("loop", serialised(&setting.loop_)),
        ("generator", setting.generator.as_ref().map_or(Json::Null, node)),
        ("sampling", serialised(&setting.sampling)),
        ("curation", list(&setting.curation)),
        ("task", setting.task.as_ref().map_or(Json::Null, node)),
        ("member", list(&setting.members)),
    ];
    // Absent where there is none, so that settings without a base keep their digest.
    parts.extend(setting.base.iter().map(|base| ("base", node(base))));
    let extra = extra.iter().map(|(k, v)| ((*k).to_owned(), Json::String(v.clone())));
    parts.push(("extra", Json::Object(extra.collect())));
    digest(&parts)
}

/// SHA-256 (64 hex digits) of what is measured, apart from the lineage: a new metric changes this
/// digest and not [`setting_digest`]. `extra` holds the metrics' versions.
pub fn measure_digest(measure: &MeasureSpec, extra: &[(&str, String)]) -> String {
    let metrics = Json::Array(measure.metrics.iter().map(|m| json(&m.node)).collect());
    let extra = extra.iter().map(|(k, v)| ((*k).to_owned(), Json::String(v.clone())));
    let frame = serialised(measure);
    let baseline = measure.baseline.as_ref().map_or(Json::Null, json);
    let extra = Json::Object(extra.collect());
    digest(&[("frame", frame), ("metrics", metrics), ("baseline", baseline), ("extra", extra)])
}

/// The run's name: 8 hex digits over the settings' digests, in sweep order, and the frame of the
/// measurement (size, on, at) without its metrics. Seeds, titles, figures and claims are
/// not part of it, so that the same command resumes.
pub fn run_digest(settings: &[String], measure: &MeasureSpec) -> String {
    let settings = settings.iter().cloned().map(Json::String).collect();
    let parts = [("settings", Json::Array(settings)), ("frame", serialised(measure))];
    digest(&parts)[..8].to_owned()
}

fn digest(parts: &[(&str, Json)]) -> String {
    let object = parts.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    let mut text = String::new();
    write_json(&mut text, &Json::Object(object));
    sha256(&text)
}

/// SHA-256 of a text, 64 hex digits.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The spec types hold no maps with other keys than strings, so this can't fail.
fn serialised<T: Serialize>(value: &T) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}

/// A value as JSON. Non-finite numbers have no JSON form and become tagged text.
pub fn json(node: &Node) -> Json {
    match &node.value {
        Value::Table(t) => Json::Object(t.iter().map(|(k, v)| (k.name.clone(), json(v))).collect()),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::String(s) => Json::String(s.clone()),
        Value::Integer(i) => Json::from(*i),
        Value::Float(f) if f.is_finite() => Json::from(*f),
        Value::Float(f) => tagged("number", format!("{f}")),
        Value::Boolean(b) => Json::Bool(*b),
        Value::Datetime(d) => tagged("date", d.clone()),
    }
}

fn tagged(tag: &str, text: String) -> Json {
    Json::Array(vec![Json::Null, Json::String(tag.to_owned()), Json::String(text)])
}

fn write_json(out: &mut String, value: &Json) {
    match value {
        Json::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for key in keys {
                // A missing value and an absent key are the same setting.
                if map[key].is_null() {
                    continue;
                }
                out.push_str(&Json::String(key.clone()).to_string());
                out.push(':');
                write_json(out, &map[key]);
                out.push(',');
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for item in items {
                write_json(out, item);
                out.push(',');
            }
            out.push(']');
        }
        Json::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(i), _) => out.push_str(&i.to_string()),
            // Below 2^53 a float with no fraction is a whole number exactly.
            (None, Some(f)) if f.fract() == 0.0 && f.abs() < 9_007_199_254_740_992.0 => {
                out.push_str(&(f as i64).to_string());
            }
            (None, Some(f)) => out.push_str(&format!("{f:e}")),
            (None, None) => out.push_str(&n.to_string()),
        },
        other => out.push_str(&other.to_string()),
    }
}
