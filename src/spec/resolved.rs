//! The resolved experiment as TOML: overlays applied, defaults written out.

use serde::Serialize;
use serde_json::Value as Json;

use super::experiment::{Experiment, SETTING_TABLES};
use super::measure::MeasureSpec;
use super::node::{Node, Value};
use super::source::At;

impl Experiment {
    /// The experiment as it is run, as a TOML document that reads back to the same experiment.
    /// It has no `[quick]` and no `[profile]`; the defaults of `[loop]`, `[sampling]` and `[measure]`
    /// that stand on their own are written out.
    pub fn resolved(&self) -> String {
        let mut root = self.template.clone();
        let settings = self.settings().unwrap_or_default();
        if let Some(first) = settings.first() {
            let keys = ["start", "synthesis", "sharing", "labels_known", "path"];
            fill(&mut root, "loop", &first.loop_, Some(&keys));
            // Without [[member]] tables the population is 1 by default; with them it follows.
            if first.members.is_empty() {
                fill(&mut root, "loop", &first.loop_, Some(&["population"]));
            }
            fill(&mut root, "sampling", &first.sampling, Some(&["temperature", "covariance_scale"]));
        }
        // The size of the sample follows from the rows held out where the spec has none; written out, it would be the spec's.
        let keys = ["on", "space", "at", "keep", "by_member", "keep_models"];
        fill::<MeasureSpec>(&mut root, "measure", &self.measure, Some(&keys));
        if root.get("sweep.seeds").is_none() {
            put(&mut root, "sweep.seeds", Value::Integer(self.sweep.seeds.len() as i64));
        }
        ordered(&root).to_toml()
    }
}

/// The tables in the order of the design's example.
fn ordered(tree: &Node) -> Node {
    let mut root = Node::table(At::default_value());
    let order = [&["about"], SETTING_TABLES, &["measure", "sweep", "figure", "claim"]].concat();
    if let (Some(from), Some(to)) = (tree.as_table(), root.as_table_mut()) {
        for key in order {
            if let (Some(k), Some(v)) = (from.key(key), from.get(key)) {
                let mut v = v.clone();
                if let Some(section) = v.as_table_mut() {
                    section.inline = false;
                }
                to.insert(k.clone(), v);
            }
        }
    }
    root
}

/// Writes the scalar defaults of `section`, unless they are swept: the first
/// setting's value would then be that point's, which does no harm but misleads.
pub(super) fn fill<T: Serialize>(root: &mut Node, section: &str, values: &T, only: Option<&[&str]>) {
    let Ok(Json::Object(map)) = serde_json::to_value(values) else {
        return;
    };
    for (key, json) in map {
        let path = format!("{section}.{key}");
        let swept = |root: &Node| {
            let mut tables = root.get("sweep").into_iter().chain(points(root));
            tables.any(|t| t.as_table().is_some_and(|t| t.get(&path).is_some() || t.get(section).is_some()))
        };
        if only.is_some_and(|o| !o.contains(&key.as_str())) || root.get(&path).is_some() || swept(root) {
            continue;
        }
        let value = match json {
            Json::Bool(b) => Value::Boolean(b),
            Json::String(s) => Value::String(s),
            Json::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(i), _) => Value::Integer(i),
                (None, Some(f)) => Value::Float(f),
                (None, None) => continue,
            },
            _ => continue,
        };
        put(root, &path, value);
    }
}

fn points(root: &Node) -> &[Node] {
    root.get("sweep.point").and_then(Node::as_array).unwrap_or(&[])
}

/// The path starts at a table, so setting can't fail.
fn put(root: &mut Node, path: &str, value: Value) {
    let at = At::default_value();
    let _ = root.set(path, &at, Node { value, at: at.clone() });
}
