//! A serde deserializer over the located tree, so that a component reads its own table.
//!
//! Whole numbers may stand where floats are wanted. A unit variant is a string; a variant with a
//! value is a table of one key. Don't use serde's `flatten`, `untagged` or internally tagged enums:
//! they buffer, and the places are lost. Unknown keys of a struct are always errors.

use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::error::Error;
use super::node::{Key, Node, Value};
use super::source::At;

impl Node {
    /// Reads this node as `T`.
    ///
    /// # Errors
    /// With the place of the value or key that does not fit.
    pub fn parse<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Error> {
        self.parse_without(&[])
    }

    /// Reads this table as `T` as if it had none of the `ignored` keys, such as its selector.
    ///
    /// # Errors
    /// As [`Node::parse`].
    pub fn parse_without<'de, T: Deserialize<'de>>(&'de self, ignored: &[&str]) -> Result<T, Error> {
        T::deserialize(Reader { node: self, ignored })
    }
}

/// A deserializer of one value of the tree.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Reader<'de, 'i> {
    node: &'de Node,
    ignored: &'i [&'i str],
}

fn reader(node: &Node) -> Reader<'_, 'static> {
    Reader { node, ignored: &[] }
}

impl<'de> Reader<'de, 'static> {
    /// Reads the value as a table that is described.
    pub(super) fn table<T: super::Described>(self) -> Result<T, Error> {
        self.node.read(&[])
    }

    /// Reads the value that stands under `key`, which errors name.
    pub(super) fn named<T>(
        node: &'de Node,
        key: &str,
        read: impl FnOnce(Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        read(reader(node)).map_err(|e| {
            // A scalar's message says only what was expected; name the key it stands under.
            let here = e.places().first().is_none_or(|at| at.span == node.at.span);
            let e = e.or_at(&node.at);
            if here && node.as_table().is_none() { e.about(key) } else { e }
        })
    }
}

impl<'de> Reader<'de, '_> {
    fn any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Table(t) => visitor.visit_map(Entries {
                rest: t
                    .iter()
                    .filter(|(k, _)| !self.ignored.contains(&k.name.as_str()))
                    .collect::<Vec<_>>()
                    .into_iter(),
                value: None,
            }),
            Value::Array(items) => visitor.visit_seq(Items { rest: items.iter() }),
            Value::String(s) | Value::Datetime(s) => visitor.visit_borrowed_str(s),
            Value::Integer(i) => visitor.visit_i64(*i),
            Value::Float(f) => visitor.visit_f64(*f),
            Value::Boolean(b) => visitor.visit_bool(*b),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.any(visitor).map_err(|e| e.or_at(&self.node.at))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Integer(i) => visitor.visit_f64(i as f64),
            _ => self.any(visitor),
        }
        .map_err(|e| e.or_at(&self.node.at))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self).map_err(|e| e.or_at(&self.node.at))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self).map_err(|e| e.or_at(&self.node.at))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        // Checked here, not by serde's derive, so that all unknown keys are told at once.
        if let Value::Table(t) = &self.node.value {
            let unknown: Vec<(&str, At)> = t
                .iter()
                .map(|(k, _)| (k.name.as_str(), k.at.clone()))
                .filter(|(k, _)| !fields.contains(k) && !self.ignored.contains(k))
                .collect();
            if !unknown.is_empty() {
                let known = [self.ignored, fields].concat();
                return Err(Error::unknown_keys(&unknown, &known));
            }
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let access = match &self.node.value {
            Value::String(name) => Variant { name, at: &self.node.at, content: None },
            Value::Table(t) if t.len() == 1 => match t.iter().next() {
                Some((Key { name, at }, content)) => Variant { name, at, content: Some(content) },
                None => return Err(Error::wrong_type(self.node, "a variant")),
            },
            _ => {
                let expected = format!("one of {}, or a table with one key", variants.join(", "));
                return Err(Error::wrong_type(self.node, &expected));
            }
        };
        let at = access.at.clone();
        visitor.visit_enum(access).map_err(|e| e.or_at(&at))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'de> {
    rest: std::slice::Iter<'de, Node>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.rest.next().map(|node| seed.deserialize(reader(node))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Entries<'de> {
    rest: std::vec::IntoIter<(&'de Key, &'de Node)>,
    value: Option<(&'de Key, &'de Node)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, node)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some((key, node));
        let name: StrDeserializer<'_, Error> = key.name.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|e| e.or_at(&key.at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some((key, node)) = self.value.take() else {
            return Err(Error::custom("a value was asked for before its key"));
        };
        Reader::named(node, &key.name, |reader| seed.deserialize(reader))
    }
}

struct Variant<'de> {
    name: &'de str,
    at: &'de At,
    content: Option<&'de Node>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        let value = seed.deserialize(name).map_err(|e| e.or_at(self.at))?;
        Ok((value, self))
    }
}

impl<'de> Variant<'de> {
    fn content(&self) -> Result<Reader<'de, 'static>, Error> {
        self.content.map(reader).ok_or_else(|| {
            let message = format!("`{}` needs a value", self.name);
            let help = format!("write {{ {} = … }}", self.name);
            Error::bad_value(self.at.clone(), message, help)
        })
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            None => Ok(()),
            Some(_) => {
                let message = format!("`{}` takes no value", self.name);
                Err(Error::bad_value(self.at.clone(), message, format!("write \"{}\"", self.name)))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.content()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.content.is_some_and(|n| n.as_table().is_none()) {
            return Err(Error::invalid_type(Unexpected::Other("a value"), &"a table").or_at(self.at));
        }
        self.content()?.deserialize_struct("", fields, visitor)
    }
}

/// For `deserialize_with`: one value, or a list of them.
pub(crate) fn one_or_many<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct OneOrMany<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("one value or a list")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            T::deserialize(text.into_deserializer()).map(|t| vec![t])
        }

        fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Vec<T>, E> {
            T::deserialize(number.into_deserializer()).map(|t| vec![t])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(item) = items.next_element()? {
                all.push(item);
            }
            Ok(all)
        }
    }

    deserializer.deserialize_any(OneOrMany(std::marker::PhantomData))
}
