//! TOML text → located tree.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Error;
use super::node::{Key, Node, Table, Value};
use super::source::{At, Source};

impl Node {
    /// Parses a whole TOML document named `name` in errors.
    ///
    /// # Errors
    /// On the first syntax error, or a number that does not fit.
    pub fn from_toml(text: &str, name: &str) -> Result<Node, Error> {
        let source = Arc::new(Source { name: name.to_owned(), text: text.to_owned() });
        let table = DeTable::parse(text).map_err(|e| syntax(&e, &source, 0))?;
        let origin = Origin { source: &source, offset: 0 };
        let value = Value::Table(origin.table(table.get_ref())?);
        Ok(Node { value, at: At::new(&source, 0..0) })
    }
}

/// Parses the one value at `offset..` of a source; `None` if it is no TOML value at all.
pub(super) fn value_at(source: &Arc<Source>, offset: usize) -> Option<Result<Node, Error>> {
    let text = source.text.get(offset..)?;
    let value = DeValue::parse(text).ok()?;
    Some(Origin { source, offset }.node(&value))
}

pub(super) fn syntax(error: &toml::de::Error, source: &Arc<Source>, offset: usize) -> Error {
    let span = error.span().unwrap_or(0..0);
    let at = At::new(source, span.start + offset..span.end + offset);
    Error::syntax(at, error.message().to_owned())
}

struct Origin<'a> {
    source: &'a Arc<Source>,
    offset: usize,
}

impl Origin<'_> {
    fn at(&self, span: std::ops::Range<usize>) -> At {
        At::new(self.source, span.start + self.offset..span.end + self.offset)
    }

    fn table(&self, table: &DeTable<'_>) -> Result<Table, Error> {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table.iter() {
            let key = Key { name: key.get_ref().to_string(), at: self.at(key.span()) };
            entries.push((key, self.node(value)?));
        }
        Ok(Table::of(entries, false))
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Result<Node, Error> {
        let at = self.at(value.span());
        let value = match value.get_ref() {
            DeValue::String(s) => Value::String(s.to_string()),
            DeValue::Integer(i) => match i64::from_str_radix(i.as_str(), i.radix()) {
                Ok(i) => Value::Integer(i),
                Err(_) => return Err(too_big(at)),
            },
            DeValue::Float(f) => match f.as_str().parse::<f64>() {
                Ok(x) if x.is_infinite() && !f.as_str().contains("inf") => return Err(too_big(at)),
                Ok(x) => Value::Float(x),
                Err(_) => return Err(too_big(at)),
            },
            DeValue::Boolean(b) => Value::Boolean(*b),
            DeValue::Datetime(d) => Value::Datetime(d.to_string()),
            DeValue::Array(a) => Value::Array(a.iter().map(|v| self.node(v)).collect::<Result<_, _>>()?),
            DeValue::Table(t) => {
                let mut table = self.table(t)?;
                table.inline = at.text().starts_with('{');
                Value::Table(table)
            }
        };
        Ok(Node { value, at })
    }
}

fn too_big(at: At) -> Error {
    let message = format!("`{}` is too large a number", at.text());
    Error::bad_value(at, message, "whole numbers have 64 bits, others double precision".into())
}
