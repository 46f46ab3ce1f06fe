//! Keys and values of a spec as people read them.

use super::node::{Node, Value};

/// A dotted key in plain words: its last part, or what that belongs to where it says nothing alone.
pub fn plain_key(key: &str) -> String {
    let words = |name: &str| name.replace('_', " ");
    match key.rsplit('.').collect::<Vec<_>>().as_slice() {
        ["source", "data"] => "data".into(),
        ["family", "model"] => "model".into(),
        // `human` and `uniform` say nothing without what they belong to.
        [last, "weights", ..] => format!("weight of {} rows", words(last)),
        [last, ..] => words(last),
        [] => words(key),
    }
}

/// A value in plain words: a table as its keys and values, numbers as short as they are.
pub fn in_words(node: &Node) -> String {
    match &node.value {
        Value::String(text) | Value::Datetime(text) => text.clone(),
        Value::Integer(i) => i.to_string(),
        Value::Float(f) => f.to_string(),
        Value::Boolean(b) => b.to_string(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Table(table) => {
            let part = |(key, value): (&super::node::Key, &Node)| {
                format!("{} {}", key.name.replace('_', " "), in_words(value))
            };
            table.iter().map(part).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spec::Experiment;

    #[test]
    fn keys_and_values_are_read_without_their_syntax() {
        assert_eq!(plain_key("loop.human_fraction"), "human fraction");
        assert_eq!(plain_key("loop.choices.weights.human"), "weight of human rows");
        assert_eq!(plain_key("model.family"), "model");
        assert_eq!(plain_key("samples"), "samples");
        let text = "[data]\nsource = \"gaussian\"\nsd = [1, 2.5]\n[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 1\n\
            samples = { power = 1.5, base = 9 }\nregime = \"replace\"\n";
        let template = Experiment::from_toml(text, "test").unwrap().template;
        let value = |key: &str| in_words(template.get(key).unwrap());
        assert_eq!(value("loop.samples"), "power 1.5, base 9");
        assert_eq!(value("data.sd"), "1, 2.5");
        assert_eq!(value("loop.regime"), "replace");
    }
}
