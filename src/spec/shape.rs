//! Which kinds of value a type takes, found by asking its `Deserialize`: no second description to keep in step.
//!
//! A probe is a deserializer that walks one path into a type (the element of its list, one of its fields, the value of a
//! variant), notes what the type asks for there, and stops with an error. A type that takes several kinds
//! (`deserialize_any`) is tried with one value of each.

use std::cell::RefCell;

use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::parameters::Described;

/// The kinds of value that a key takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Any value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Whole,
    /// A whole number of 0 or more.
    Count,
    /// A number.
    Number,
    /// A string.
    Text,
    /// One of these strings.
    Words(Vec<&'static str>),
    /// A list.
    List(Box<Shape>),
    /// A table with these keys and no others.
    Table(Vec<(&'static str, Shape)>),
    /// A table with any keys.
    Map(Box<Shape>),
    /// One of these.
    Either(Vec<Shape>),
}

impl Shape {
    /// What `T` takes.
    pub fn of<T: for<'de> Deserialize<'de>>() -> Self {
        Self::by(&|probe| T::deserialize(probe))
    }

    /// What a table takes that is described.
    pub fn described<T: Described>() -> Self {
        Shape::Table(T::PARAMETERS.iter().map(|p| (p.name, (p.shape)())).collect())
    }

    /// What a reading function takes.
    pub fn by<T>(read: &dyn Fn(Probe<'_>) -> Result<T, Stop>) -> Self {
        explore(&|probe| read(probe).map(drop), &mut Vec::new())
    }

    fn either(mut kinds: Vec<Self>) -> Self {
        if kinds.contains(&Shape::Number) {
            kinds.retain(|kind| *kind != Shape::Whole);
        }
        match kinds.len() {
            0 => Shape::Any,
            1 => kinds.remove(0),
            _ => Shape::Either(kinds),
        }
    }
}

/// A way into a type.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Item,
    Field(&'static str),
    Variant(&'static str),
    Try(Trial),
}

/// A value that a type which takes several kinds is tried with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trial {
    Boolean,
    Whole,
    Number,
    Text,
    List,
    Table,
}

/// What a type asks for at the end of a way.
#[derive(Clone, Debug)]
enum Asked {
    Leaf(Shape),
    List,
    Map,
    Struct(&'static [&'static str]),
    Enum(&'static [&'static str]),
    Nothing,
    Several,
}

/// Why a probe stopped.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("the probe has stopped")]
pub enum Stop {
    /// It has noted what it came for.
    Noted,
    /// The type takes no such kind of value.
    Kind,
    /// It takes one of these words.
    Words(&'static [&'static str]),
    /// It takes these keys.
    Fields(&'static [&'static str]),
    /// It takes such a kind, and not this value.
    Value,
}

impl serde::de::Error for Stop {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Stop::Value
    }

    fn invalid_type(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Stop::Kind
    }

    fn unknown_variant(_: &str, words: &'static [&'static str]) -> Self {
        Stop::Words(words)
    }

    fn unknown_field(_: &str, fields: &'static [&'static str]) -> Self {
        Stop::Fields(fields)
    }
}

type Read<'r> = dyn Fn(Probe<'_>) -> Result<(), Stop> + 'r;

fn explore(read: &Read<'_>, way: &mut Vec<Step>) -> Shape {
    let asked = RefCell::new(None);
    let _ = read(Probe { way, asked: &asked });
    let mut at = |step: Step| {
        way.push(step);
        let shape = explore(read, way);
        way.pop();
        shape
    };
    match asked.into_inner() {
        None => Shape::Any,
        Some(Asked::Leaf(shape)) => shape,
        Some(Asked::Nothing) => Shape::Table(Vec::new()),
        Some(Asked::List) => Shape::List(Box::new(at(Step::Item))),
        Some(Asked::Map) => Shape::Map(Box::new(at(Step::Field("key")))),
        Some(Asked::Struct(fields)) => {
            Shape::Table(fields.iter().map(|field| (*field, at(Step::Field(field)))).collect())
        }
        Some(Asked::Enum(variants)) => {
            let mut words = Vec::new();
            let mut kinds = Vec::new();
            for variant in variants {
                match at(Step::Variant(variant)) {
                    Shape::Table(fields) if fields.is_empty() => words.push(*variant),
                    value => kinds.push(Shape::Table(vec![(variant, value)])),
                }
            }
            if !words.is_empty() {
                kinds.insert(0, Shape::Words(words));
            }
            Shape::either(kinds)
        }
        Some(Asked::Several) => several(read, way),
    }
}

/// A type that looks at the value before it decides.
fn several(read: &Read<'_>, way: &mut Vec<Step>) -> Shape {
    // An untagged type takes in whatever it finds, to any depth, before it looks at it.
    if way.iter().any(|step| matches!(step, Step::Try(_))) {
        return Shape::Any;
    }
    let mut kinds = Vec::new();
    for trial in [Trial::Boolean, Trial::Whole, Trial::Number, Trial::Text, Trial::List, Trial::Table] {
        way.push(Step::Try(trial));
        let found = read(Probe { way, asked: &RefCell::new(None) });
        if found != Err(Stop::Kind) {
            kinds.push(match (trial, found) {
                (Trial::Boolean, _) => Shape::Boolean,
                (Trial::Whole, _) => Shape::Whole,
                (Trial::Number, _) => Shape::Number,
                (Trial::Text, Err(Stop::Words(words))) => Shape::Words(words.to_vec()),
                (Trial::Text, _) => Shape::Text,
                (Trial::List, _) => {
                    way.push(Step::Item);
                    let item = explore(read, way);
                    way.pop();
                    Shape::List(Box::new(item))
                }
                (Trial::Table, _) => table(read, way),
            });
        }
        way.pop();
    }
    Shape::either(kinds)
}

/// The keys of a table, which an unknown one makes the type name.
fn table(read: &Read<'_>, way: &mut Vec<Step>) -> Shape {
    way.push(Step::Field("\u{1}"));
    let found = read(Probe { way, asked: &RefCell::new(None) });
    way.pop();
    let Err(Stop::Fields(fields)) = found else { return Shape::Map(Box::new(Shape::Any)) };
    let mut at = |field: &'static str| {
        way.push(Step::Field(field));
        let shape = explore(read, way);
        way.pop();
        (field, shape)
    };
    Shape::Table(fields.iter().map(|field| at(field)).collect())
}

/// The deserializer that walks a way and notes what is asked for at its end.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Probe<'w> {
    way: &'w [Step],
    asked: &'w RefCell<Option<Asked>>,
}

impl<'w> Probe<'w> {
    /// At the end: notes what is asked for. Before it: takes the next step.
    fn ask<'de, V: Visitor<'de>>(self, asked: Asked, visitor: V) -> Result<V::Value, Stop> {
        let Some((step, rest)) = self.way.split_first() else {
            self.asked.replace(Some(asked));
            return Err(Stop::Noted);
        };
        let next = Probe { way: rest, ..self };
        match step {
            Step::Item => visitor.visit_seq(One(Some(next))),
            Step::Field(name) => visitor.visit_map(Pair(Some((name, next)))),
            Step::Variant(name) => visitor.visit_enum(Chosen(name, next)),
            Step::Try(Trial::Boolean) => visitor.visit_bool(true),
            Step::Try(Trial::Whole) => visitor.visit_i64(1),
            Step::Try(Trial::Number) => visitor.visit_f64(0.5),
            Step::Try(Trial::Text) => visitor.visit_str("\u{1}"),
            Step::Try(Trial::List) => match rest.split_first() {
                Some((Step::Item, rest)) => visitor.visit_seq(One(Some(Probe { way: rest, ..self }))),
                _ => visitor.visit_seq(One(None)),
            },
            Step::Try(Trial::Table) => match rest.split_first() {
                Some((Step::Field(name), rest)) => {
                    visitor.visit_map(Pair(Some((name, Probe { way: rest, ..self }))))
                }
                _ => visitor.visit_map(Pair(None)),
            },
        }
    }
}

macro_rules! leaves {
    ($($method:ident => $shape:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
            self.ask(Asked::Leaf($shape), visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Stop;

    leaves! {
        deserialize_bool => Shape::Boolean;
        deserialize_i8 => Shape::Whole;
        deserialize_i16 => Shape::Whole;
        deserialize_i32 => Shape::Whole;
        deserialize_i64 => Shape::Whole;
        deserialize_u8 => Shape::Count;
        deserialize_u16 => Shape::Count;
        deserialize_u32 => Shape::Count;
        deserialize_u64 => Shape::Count;
        deserialize_f32 => Shape::Number;
        deserialize_f64 => Shape::Number;
        deserialize_char => Shape::Text;
        deserialize_str => Shape::Text;
        deserialize_string => Shape::Text;
        deserialize_bytes => Shape::Any;
        deserialize_byte_buf => Shape::Any;
        deserialize_unit => Shape::Any;
        deserialize_identifier => Shape::Text;
        deserialize_ignored_any => Shape::Any;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.ask(Asked::Several, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        visitor.visit_some(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Stop> {
        self.ask(Asked::Nothing, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.ask(Asked::List, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Stop> {
        self.ask(Asked::List, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.ask(Asked::List, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.ask(Asked::Map, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.ask(Asked::Struct(fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.ask(Asked::Enum(variants), visitor)
    }
}

struct One<'w>(Option<Probe<'w>>);

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Stop;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Stop> {
        self.0.take().map(|probe| seed.deserialize(probe)).transpose()
    }
}

struct Pair<'w>(Option<(&'static str, Probe<'w>)>);

impl<'de> MapAccess<'de> for Pair<'_> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Stop> {
        let Some((name, _)) = self.0 else { return Ok(None) };
        let name: StrDeserializer<'_, Stop> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Stop> {
        self.0.take().ok_or(Stop::Value).and_then(|(_, probe)| seed.deserialize(probe))
    }
}

struct Chosen<'w>(&'static str, Probe<'w>);

impl<'de, 'w> EnumAccess<'de> for Chosen<'w> {
    type Error = Stop;
    type Variant = Probe<'w>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Probe<'w>), Stop> {
        let name: StrDeserializer<'_, Stop> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, self.1))
    }
}

impl<'de> VariantAccess<'de> for Probe<'_> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        self.asked.replace(Some(Asked::Nothing));
        Err(Stop::Noted)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Stop> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Stop> {
        self.ask(Asked::List, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.ask(Asked::Struct(fields), visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::measure::Generations;
    use crate::spec::{FigureKind, RetainHuman, Schedule, one_or_many};

    #[test]
    fn a_types_own_reading_says_what_it_takes() {
        use Shape::*;
        assert_eq!(Shape::of::<usize>(), Count);
        assert_eq!(Shape::of::<Option<f64>>(), Number);
        assert_eq!(Shape::of::<Vec<Vec<String>>>(), List(Box::new(List(Box::new(Text)))));
        assert_eq!(Shape::of::<std::collections::BTreeMap<String, bool>>(), Map(Box::new(Boolean)));
        let share = Table(vec![("share", Number)]);
        assert_eq!(Shape::of::<RetainHuman>(), Either(vec![Words(vec!["none", "anchor", "all"]), share]));
        assert_eq!(
            Shape::of::<Generations>(),
            Either(vec![Words(vec!["all", "log"]), List(Box::new(Count))])
        );
        let Words(kinds) = Shape::of::<FigureKind>() else { panic!("the kinds of figure are words") };
        assert!(kinds.contains(&"small-multiples"));
        let Either(kinds) = Shape::of::<Schedule>() else { panic!("a schedule is a number or a table") };
        assert_eq!(kinds[0], Number);
        assert!(
            matches!(&kinds[1], Table(fields) if fields.iter().any(|(name, shape)| (*name, shape) == ("power", &Number)))
        );
        let one = Shape::by(&|probe| -> Result<std::vec::Vec<u32>, _> { one_or_many(probe) });
        assert_eq!(one, Either(vec![Whole, List(Box::new(Count))]));
    }
}
