//! The JSON Schema (2020-12) of what a parameter takes.

use serde_json::{Map, Value as Json, json};

use super::hash;
use super::node::{Node, Value};
use super::parameters::Parameter;
use super::range::Range;
use super::shape::Shape;

impl Parameter {
    /// The schema of its values, with what it means and its default.
    pub fn schema(&self) -> Json {
        let mut schema = (self.shape)().schema(&self.range);
        if let Json::Object(map) = &mut schema {
            map.insert("description".into(), self.says().into());
            map.extend(self.default_value().map(|value| ("default".into(), value)));
        }
        schema
    }

    /// The default where it is a value and not words.
    fn default_value(&self) -> Option<Json> {
        let table = Node::from_toml(&format!("x = {}", self.default), "default").ok()?;
        let value = table.get("x")?;
        match value.value {
            Value::Float(x) if !x.is_finite() => None,
            _ => Some(hash::json(value)),
        }
    }
}

impl Shape {
    /// The schema of such values; the numbers among them are in `range`.
    fn schema(&self, range: &Range) -> Json {
        match self {
            Shape::Any => json!({}),
            Shape::Boolean => json!({ "type": "boolean" }),
            Shape::Whole => number("integer", f64::NEG_INFINITY, range),
            Shape::Count => number("integer", 0.0, range),
            Shape::Number => number("number", f64::NEG_INFINITY, range),
            Shape::Text => json!({ "type": "string" }),
            Shape::Words(words) => json!({ "enum": words }),
            Shape::List(item) => json!({ "type": "array", "items": item.schema(range) }),
            Shape::Table(fields) => {
                let fields: Map<String, Json> =
                    fields.iter().map(|(name, shape)| ((*name).to_owned(), shape.schema(range))).collect();
                json!({ "type": "object", "properties": fields, "additionalProperties": false })
            }
            Shape::Map(value) => json!({ "type": "object", "additionalProperties": value.schema(range) }),
            Shape::Either(kinds) => {
                let kinds: Vec<Json> = kinds.iter().map(|kind| kind.schema(range)).collect();
                json!({ "anyOf": kinds })
            }
        }
    }
}

fn number(kind: &str, least: f64, range: &Range) -> Json {
    let ((low, above), (high, below)) = range.ends();
    let mut schema = Map::new();
    schema.insert("type".into(), kind.into());
    let whole = |x: f64| if x.fract() == 0.0 { json!(x as i64) } else { json!(x) };
    let mut end = |key: &str, open: &str, x: f64, out: bool| {
        if x.is_finite() {
            schema.insert(if out { open } else { key }.into(), whole(x));
        }
    };
    end("minimum", "exclusiveMinimum", low.max(least), above && low >= least);
    end("maximum", "exclusiveMaximum", high, below);
    Json::Object(schema)
}
