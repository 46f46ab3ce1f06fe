//! Values of a spec that code gives.

use super::node::{Key, Node, Table, Value};
use super::source::At;

impl Node {
    fn given(value: Value) -> Self {
        Self { value, at: At::default_value() }
    }

    /// An inline table of these keys.
    pub fn entries<K: Into<String>, V: Into<Node>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        let key = |name: K| Key { name: name.into(), at: At::default_value() };
        let entries = entries.into_iter().map(|(name, value)| (key(name), value.into())).collect();
        Self::given(Value::Table(Table::of(entries, true)))
    }

    /// The same table as a block with a header of its own.
    pub(crate) fn block(mut self) -> Self {
        if let Value::Table(table) = &mut self.value {
            table.inline = false;
        }
        self
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::given(Value::String(text.to_owned()))
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::given(Value::String(text))
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::given(Value::Boolean(value))
    }
}

impl From<f64> for Node {
    fn from(value: f64) -> Self {
        Self::given(Value::Float(value))
    }
}

/// Whole numbers that TOML can't hold become its largest.
macro_rules! whole {
    ($($kind:ty)*) => {$(
        impl From<$kind> for Node {
            fn from(value: $kind) -> Self {
                Self::given(Value::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
            }
        }
    )*};
}
whole!(i32 i64 u32 u64 usize);

impl<T: Into<Node>> From<Vec<T>> for Node {
    fn from(values: Vec<T>) -> Self {
        Self::given(Value::Array(values.into_iter().map(Into::into).collect()))
    }
}

impl<T: Into<Node>, const N: usize> From<[T; N]> for Node {
    fn from(values: [T; N]) -> Self {
        Self::given(Value::Array(values.into_iter().map(Into::into).collect()))
    }
}

/// A number that TOML can't hold, and null, become text and an empty table.
impl From<serde_json::Value> for Node {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match value {
            Json::Null => Self::entries::<String, Node>([]),
            Json::Bool(value) => value.into(),
            Json::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(whole), _) => whole.into(),
                (None, Some(number)) => number.into(),
                (None, None) => n.to_string().into(),
            },
            Json::String(text) => text.into(),
            Json::Array(items) => Self::from(items),
            Json::Object(entries) => Self::entries(entries.into_iter().filter(|(_, value)| !value.is_null())),
        }
    }
}
