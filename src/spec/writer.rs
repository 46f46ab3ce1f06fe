//! Located tree → pretty TOML text.

use super::node::{Node, Table, Value};

impl Node {
    /// This tree as TOML: a table becomes a document, any other value its inline form.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        match &self.value {
            Value::Table(t) if !t.inline => document(&mut out, &mut Vec::new(), t),
            _ => inline(&mut out, self),
        }
        out
    }
}

fn document(out: &mut String, path: &mut Vec<String>, table: &Table) {
    for (key, node) in table.iter().filter(|(_, n)| !is_section(n)) {
        out.push_str(&key_text(&key.name));
        out.push_str(" = ");
        inline(out, node);
        out.push('\n');
    }
    for (key, node) in table.iter().filter(|(_, n)| is_section(n)) {
        path.push(key_text(&key.name));
        match &node.value {
            Value::Table(inner) => {
                // A table of tables only needs no header of its own.
                if inner.is_empty() || inner.iter().any(|(_, n)| !is_section(n)) {
                    header(out, "[", path, "]");
                }
                document(out, path, inner);
            }
            Value::Array(items) => {
                for inner in items.iter().filter_map(Node::as_table) {
                    header(out, "[[", path, "]]");
                    document(out, path, inner);
                }
            }
            _ => {}
        }
        path.pop();
    }
}

fn header(out: &mut String, open: &str, path: &[String], close: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&format!("{open}{}{close}\n", path.join(".")));
}

fn is_section(node: &Node) -> bool {
    let block = |n: &Node| n.as_table().is_some_and(|t| !t.inline);
    match &node.value {
        Value::Array(items) => !items.is_empty() && items.iter().all(block),
        _ => block(node),
    }
}

fn inline(out: &mut String, node: &Node) {
    match &node.value {
        Value::Table(t) if t.is_empty() => out.push_str("{}"),
        Value::Table(t) => {
            for (i, (key, value)) in t.iter().enumerate() {
                out.push_str(if i == 0 { "{ " } else { ", " });
                out.push_str(&key_text(&key.name));
                out.push_str(" = ");
                inline(out, value);
            }
            out.push_str(" }");
        }
        Value::Array(items) => {
            out.push('[');
            for (i, value) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                inline(out, value);
            }
            out.push(']');
        }
        Value::String(s) => out.push_str(&quoted(s)),
        Value::Integer(i) => out.push_str(&i.to_string()),
        Value::Float(f) if f.is_nan() => out.push_str("nan"),
        Value::Float(f) => out.push_str(&format!("{f:?}")),
        Value::Boolean(b) => out.push_str(&b.to_string()),
        Value::Datetime(d) => out.push_str(d),
    }
}

fn key_text(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) }
}

/// JSON's escapes are TOML's, but TOML also forbids a bare DEL.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string().replace('\u{7f}', "\\u007F")
}
