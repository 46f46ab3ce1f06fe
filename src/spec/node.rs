//! The located TOML tree: every value and every key knows where it was written.

use std::sync::Arc;

use super::error::Error;
use super::source::{At, Layer};

/// A TOML value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub at: At,
}

/// A TOML value. Date-times are kept as their text.
#[derive(Debug, Clone)]
pub enum Value {
    /// A table, in the order of the text.
    Table(Table),
    /// An array.
    Array(Vec<Node>),
    /// A string.
    String(String),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A date, time or date-time, as written.
    Datetime(String),
}

/// A table's key with its place.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key, unquoted.
    pub name: String,
    /// Where it was written.
    pub at: At,
}

/// A table in file order. Clones share their entries until one of them is changed. `inline` tables (`{ … }`) count as one value when layers are merged.
#[derive(Debug, Clone, Default)]
pub struct Table {
    entries: Arc<Vec<(Key, Node)>>,
    pub(super) inline: bool,
}

impl Table {
    /// A table of these entries.
    pub(super) fn of(entries: Vec<(Key, Node)>, inline: bool) -> Self {
        Self { entries: Arc::new(entries), inline }
    }

    /// Its entries, to keep.
    pub(super) fn into_entries(self) -> Vec<(Key, Node)> {
        Arc::unwrap_or_clone(self.entries)
    }

    fn entries_mut(&mut self) -> &mut Vec<(Key, Node)> {
        Arc::make_mut(&mut self.entries)
    }

    /// Keys and values, in file order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Node)> {
        self.entries.iter().map(|(k, v)| (k, v))
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(k, _)| k.name == key).map(|(_, v)| v)
    }

    /// The value of `key`, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries_mut().iter_mut().find(|(k, _)| k.name == key).map(|(_, v)| v)
    }

    /// The key itself, for its place.
    pub fn key(&self, key: &str) -> Option<&Key> {
        self.entries.iter().find(|(k, _)| k.name == key).map(|(k, _)| k)
    }

    /// Puts a value; an existing key keeps its position but takes the new place.
    pub fn insert(&mut self, key: Key, node: Node) {
        match self.entries.iter().position(|(k, _)| k.name == key.name) {
            Some(at) => self.entries_mut()[at] = (key, node),
            None => self.entries_mut().push((key, node)),
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let i = self.entries.iter().position(|(k, _)| k.name == key)?;
        Some(self.entries_mut().remove(i).1)
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Default for Node {
    fn default() -> Self {
        Node::table(At::default_value())
    }
}

impl Node {
    /// An empty table at `at`.
    pub fn table(at: At) -> Self {
        Self { value: Value::Table(Table::default()), at }
    }

    /// What kind of value it is, in words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Table(_) => "a table",
            Value::Array(_) => "a list",
            Value::String(_) => "a string",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::Datetime(_) => "a date",
        }
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        if let Value::Table(t) = &self.value { Some(t) } else { None }
    }

    /// The table, to change, if it is one.
    pub fn as_table_mut(&mut self) -> Option<&mut Table> {
        if let Value::Table(t) = &mut self.value { Some(t) } else { None }
    }

    /// The list, if it is one.
    pub fn as_array(&self) -> Option<&[Node]> {
        if let Value::Array(a) = &self.value { Some(a) } else { None }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(s) = &self.value { Some(s) } else { None }
    }

    /// The number, whole or not, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self.value {
            Value::Integer(i) => Some(i as f64),
            Value::Float(f) => Some(f),
            _ => None,
        }
    }

    /// The value at a dotted path such as `loop.samples` or `curation.0.on`.
    pub fn get(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, segment| node.child(segment))
    }

    fn child(&self, segment: &str) -> Option<&Node> {
        match &self.value {
            Value::Table(t) => t.get(segment),
            Value::Array(a) => a.get(segment.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// The place of the value at `path`, or of this node where there is none.
    pub fn at_of(&self, path: &str) -> At {
        self.get(path).map_or_else(|| self.at.clone(), |n| n.at.clone())
    }

    /// The place of the key at `path` (its last segment), or of the value or this node.
    pub fn key_at(&self, path: &str) -> At {
        let (parent, last) = match path.rsplit_once('.') {
            Some((parent, last)) => (self.get(parent), last),
            None => (Some(self), path),
        };
        let key = parent.and_then(Node::as_table).and_then(|t| t.key(last));
        key.map_or_else(|| self.at_of(path), |k| k.at.clone())
    }

    /// The string under the selector key of a table: `source`, `family`, `step`, …
    ///
    /// # Errors
    /// If this is no table, the key is missing, or its value is no string.
    pub fn selector(&self, key: &str) -> Result<&Node, Error> {
        let table = self.as_table().ok_or_else(|| Error::wrong_type(self, "a table"))?;
        let node = table.get(key).ok_or_else(|| Error::missing_key(key, &self.at))?;
        match node.as_str() {
            Some(_) => Ok(node),
            None => Err(Error::wrong_type(node, "a string").about(key)),
        }
    }

    /// Sets the value at a dotted path and creates the tables on the way.
    ///
    /// # Errors
    /// If a value on the way is no table, or a list has no such index.
    pub fn set(&mut self, path: &str, key_at: &At, value: Node) -> Result<(), Error> {
        let segments: Vec<&str> = path.split('.').collect();
        self.set_segments(&segments, key_at, value)
    }

    pub(super) fn set_segments<S: AsRef<str>>(
        &mut self,
        path: &[S],
        key_at: &At,
        value: Node,
    ) -> Result<(), Error> {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return Ok(());
        };
        let first = first.as_ref();
        match &mut self.value {
            Value::Table(table) => {
                let key = Key { name: first.to_owned(), at: key_at.clone() };
                if rest.is_empty() {
                    table.insert(key, value);
                    return Ok(());
                }
                if table.get(first).is_none() {
                    table.insert(key, Node::table(key_at.clone()));
                }
                match table.get_mut(first) {
                    Some(child) => child.set_segments(rest, key_at, value),
                    None => Ok(()),
                }
            }
            Value::Array(items) => {
                let n = items.len();
                match first.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
                    Some(child) => child.set_segments(rest, key_at, value),
                    None => Err(Error::bad_value(
                        key_at.clone(),
                        format!("the list has no entry `{first}`"),
                        format!("it has {n} entries, numbered from 0"),
                    )),
                }
            }
            _ => Err(Error::conflict(
                key_at.clone(),
                self.at.clone(),
                format!("`{first}` can't be set inside {}", self.kind()),
                "remove one of the two, or give the whole table".to_owned(),
            )),
        }
    }

    /// Lays `over` on this tree: `[tables]` merge key by key, everything else replaces.
    ///
    /// An inline table is one value and replaces, so that `samples = { list = [5] }` can overlay
    /// `samples = { power = 2, base = 100 }`; only whole sections (depth 0) merge even if inline.
    pub fn overlay(&mut self, over: Node) {
        self.overlay_at(over, 0);
    }

    fn overlay_at(&mut self, over: Node, depth: usize) {
        match (&mut self.value, over.value) {
            (Value::Table(base), Value::Table(top)) if depth < 2 || !top.inline => {
                for (key, node) in top.into_entries() {
                    match base.get_mut(&key.name) {
                        Some(old) if matches!(old.value, Value::Table(_) | Value::Array(_)) => {
                            old.overlay_at(node, depth + 1);
                        }
                        _ => base.insert(key, node),
                    }
                }
            }
            (Value::Array(items), Value::Table(top))
                if top
                    .entries
                    .iter()
                    .all(|(k, _)| k.name.parse::<usize>().is_ok_and(|i| i < items.len()))
                    && !top.is_empty() =>
            {
                for (key, node) in top.into_entries() {
                    if let Some(old) = key.name.parse().ok().and_then(|i: usize| items.get_mut(i)) {
                        old.overlay_at(node, depth + 1);
                    }
                }
            }
            (_, value) => *self = Node { value, at: over.at },
        }
    }

    /// Marks this tree as brought by `layer`.
    pub fn on_layer(mut self, layer: &Layer) -> Self {
        self.mark(layer);
        self
    }

    fn mark(&mut self, layer: &Layer) {
        self.at.layer = layer.clone();
        match &mut self.value {
            Value::Table(t) => {
                for (key, node) in t.entries_mut() {
                    key.at.layer = layer.clone();
                    node.mark(layer);
                }
            }
            Value::Array(a) => a.iter_mut().for_each(|n| n.mark(layer)),
            _ => {}
        }
    }
}
