//! A parameter is described once, by [`parameters!`]: name, default, meaning, range. The struct, its `Default`, its
//! reading, `collapse describe`, `collapse list keys` and the JSON Schema come from that.
//!
//! ```text
//! parameters! {
//!     /// What the step does.
//!     #[derive(Clone, Debug)]
//!     pub struct Filter {
//!         /// Candidates for each row.
//!         pub choices: usize = 2, in at_least(2);
//!         /// The share of candidates that are kept.
//!         pub share: f64 = 0.5, in above_to(0, 1);
//!     }
//! }
//! ```

use serde::Deserialize;

use super::de::Reader;
use super::error::{Error, nearest};
use super::node::Node;
use super::range::Range;
use super::shape::Shape;
use super::source::At;

/// One parameter of a component, or one key of a table of the spec.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The key in the spec.
    pub name: &'static str,
    /// The default, as it would be written in the spec, or in words; `required` if there is none.
    pub default: &'static str,
    /// What it means, with its unit.
    pub meaning: &'static str,
    /// The numbers that it takes: each one, where it is a list.
    pub range: Range,
    /// The kinds of value that it takes.
    pub shape: fn() -> Shape,
}

impl Parameter {
    /// No name, no default, no meaning; any value.
    pub const ANY: Self =
        Self { name: "", default: "", meaning: "", range: Range::ANY, shape: || Shape::Any };

    /// What it means and which numbers it takes, as one text.
    pub fn says(&self) -> String {
        match self.range.words() {
            Some(range) => format!("{}; {range}", self.meaning),
            None => self.meaning.to_owned(),
        }
    }

    /// The same parameter with another default.
    pub const fn or(self, default: &'static str) -> Self {
        Self { default, ..self }
    }
}

/// A struct that `parameters!` made.
pub trait Described: Default {
    /// Its parameters, in the order of the struct.
    const PARAMETERS: &'static [Parameter];

    /// Takes the values that a table has; adds what is wrong with them to `problems`. Unknown keys are not looked at.
    fn take(&mut self, table: &Node, problems: &mut Vec<Error>);
}

impl Node {
    /// Reads this table as parameters, as if it had none of the `ignored` keys, such as its selector.
    ///
    /// # Errors
    /// With every unknown key, wrong type and number out of range, each with its place.
    pub fn read<P: Described>(&self, ignored: &[&str]) -> Result<P, Error> {
        let mut problems = Vec::new();
        let read = self.read_into(ignored, &mut problems);
        Error::all(problems).map_or(Ok(read), Err)
    }

    /// Reads those parameters that this table has beside others, which are not looked at.
    ///
    /// # Errors
    /// As [`Node::read`].
    pub fn part<P: Described>(&self) -> Result<P, Error> {
        let (mut read, mut problems) = (P::default(), Vec::new());
        read.take(self, &mut problems);
        Error::all(problems).map_or(Ok(read), Err)
    }

    /// As [`Node::read`]; what is wrong is added to `problems`, and such a parameter has its default.
    pub fn read_into<P: Described>(&self, ignored: &[&str], problems: &mut Vec<Error>) -> P {
        let mut read = P::default();
        let Some(table) = self.as_table() else {
            problems.push(Error::wrong_type(self, "a table"));
            return read;
        };
        let known: Vec<&str> = ignored.iter().copied().chain(P::PARAMETERS.iter().map(|p| p.name)).collect();
        let unknown: Vec<(&str, At)> = table
            .iter()
            .map(|(key, _)| (key.name.as_str(), key.at.clone()))
            .filter(|(name, _)| !known.contains(name))
            .collect();
        if !unknown.is_empty() {
            problems.push(Error::unknown_keys(&unknown, &known));
        }
        let before = problems.len();
        read.take(self, problems);
        // A key that is there in a wrong spelling is not missing too.
        let slips: Vec<String> = unknown.iter().filter_map(|(name, _)| nearest(name, &known)).collect();
        let mut at = 0;
        problems.retain(|problem| {
            at += 1;
            at <= before || !slips.iter().any(|key| problem.misses(key))
        });
        read
    }
}

/// Takes one value of a table; what [`parameters!`] calls for each parameter.
#[doc(hidden)]
pub fn take<'n, T>(
    table: &'n Node,
    parameter: Option<&Parameter>,
    slot: &mut T,
    read: impl FnOnce(Reader<'n, 'static>) -> Result<T, Error>,
    problems: &mut Vec<Error>,
) {
    let Some(parameter) = parameter else { return };
    let Some(value) = table.as_table().and_then(|t| t.get(parameter.name)) else {
        if parameter.default == "required" {
            problems.push(Error::missing_key(parameter.name, &table.at));
        }
        return;
    };
    let found = Reader::named(value, parameter.name, read);
    match found.and_then(|found| parameter.range.check(value, parameter.name).map(|()| found)) {
        Ok(found) => *slot = found,
        Err(error) => problems.push(error),
    }
}

/// Reads a value as its type says.
#[doc(hidden)]
pub fn plainly<'n, T: Deserialize<'n>>(reader: Reader<'n, 'static>) -> Result<T, Error> {
    T::deserialize(reader)
}

/// Reads a table that is itself described.
#[doc(hidden)]
pub fn nested<T: Described>(reader: Reader<'_, 'static>) -> Result<T, Error> {
    reader.table()
}

/// How a default is written in a spec: its Rust text, without what TOML does not have.
#[doc(hidden)]
pub const fn spelled(text: &'static str) -> &'static str {
    if same(text, "None") {
        return "none";
    }
    if same(text, "f64::INFINITY") {
        return "inf";
    }
    if same(text, "Vec::new()") {
        return "[]";
    }
    let bytes = text.as_bytes();
    if bytes.len() > 2 && bytes[bytes.len() - 2] == b'.' && bytes[bytes.len() - 1] == b'0' {
        return text.split_at(text.len() - 2).0;
    }
    text
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// A field's name without the mark of a raw identifier.
#[doc(hidden)]
pub const fn plain_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// How many parameters lists have together.
#[doc(hidden)]
pub const fn total(lists: &[&[Parameter]]) -> usize {
    let (mut sum, mut i) = (0, 0);
    while i < lists.len() {
        sum += lists[i].len();
        i += 1;
    }
    sum
}

/// Lists of parameters as one; `N` must be their [`total`].
#[doc(hidden)]
pub const fn joined<const N: usize>(lists: &[&[Parameter]]) -> [Parameter; N] {
    let mut all = [Parameter::ANY; N];
    let (mut list, mut at) = (0, 0);
    while list < lists.len() {
        let mut i = 0;
        while i < lists[list].len() {
            all[at] = lists[list][i];
            at += 1;
            i += 1;
        }
        list += 1;
    }
    all
}

/// The parameter with this name; the constant does not compile without one.
pub const fn parameter(list: &[Parameter], name: &str) -> Parameter {
    let mut i = 0;
    while i < list.len() {
        if same(list[i].name, name) {
            return list[i];
        }
        i += 1;
    }
    panic!("no parameter has this name")
}

/// A struct of parameters, each described once:
///
/// ```text
/// parameters! {
///     /// What the struct is.
///     pub struct Name {
///         /// What the parameter means; `describe`, the schema and the docs say it.
///         pub field: Type = default;
///         field: Type = default => "the default as a spec writes it, where the Rust text is not that";
///         field: Type = default, in range;          // see [`range`](crate::spec::range)
///         field: Type = default, with reader;       // a function as for serde's `deserialize_with`
///         field: Type = default, nested Type;       // a table of its own that `parameters!` describes
///         field: Type = default, #[serde(…)];       // attributes of the struct's field
///     }
///     include { more: Other = Other::default(); }   // another such struct, whose keys stand in the same table;
///                                                   // `=> LIST` describes them in place of its own list
///     beside { extra: Type = default; }             // fields that are no parameters
/// }
/// ```
///
/// A default whose text is `required` stands for a key that must be there. The macro implements `Default` and
/// [`Described`], and gives the struct the list `PARAMETERS`; the table is read with [`Node::read`].
#[doc(hidden)]
#[macro_export]
macro_rules! parameters {
    (@text $default:expr, $text:literal) => { $text };
    (@text $default:expr) => { $crate::spec::spelled(stringify!($default)) };
    (@range $range:expr) => { $range };
    (@range) => { $crate::spec::Range::ANY };
    (@shape $ty:ty) => { $crate::spec::Shape::of::<$ty>() };
    (@shape $ty:ty; $nested:ty) => { $crate::spec::Shape::described::<$nested>() };
    (@shape $ty:ty, $by:path) => { $crate::spec::Shape::by(&|probe| -> Result<$ty, _> { $by(probe) }) };
    (@read $ty:ty) => { $crate::spec::plainly };
    (@read $ty:ty; $nested:ty) => { $crate::spec::nested::<$nested> };
    (@read $ty:ty, $by:path) => { |reader| -> Result<$ty, $crate::spec::Error> { $by(reader) } };
    (@list $ty:ty) => { <$ty as $crate::spec::Described>::PARAMETERS };
    (@list $ty:ty, $list:expr) => { $list };
    (
        $(#[$outer:meta])*
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $fvis:vis $field:ident : $ty:ty = $default:expr $(=> $text:literal)?
                    $(, in $range:expr)? $(, with $by:path)? $(, nested $nested:ty)?
                    $(, $(#[$attribute:meta])+)? ;
            )*
        }
        $(include {
            $(
                $(#[$imeta:meta])*
                $ivis:vis $included:ident : $ity:ty = $idefault:expr $(=> $list:expr)? ;
            )*
        })?
        $(beside {
            $(
                $(#[$bmeta:meta])*
                $bvis:vis $beside:ident : $bty:ty = $bdefault:expr ;
            )*
        })?
    ) => {
        $(#[$outer])*
        $vis struct $name {
            $( $(#[doc = $doc])+ $($(#[$attribute])+)? $fvis $field: $ty, )*
            $($( $(#[$imeta])* $ivis $included: $ity, )*)?
            $($( $(#[$bmeta])* $bvis $beside: $bty, )*)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $( $field: $default, )*
                    $($( $included: $idefault, )*)?
                    $($( $beside: $bdefault, )*)?
                }
            }
        }

        #[allow(dead_code)]
        impl $name {
            /// Its parameters, in the order of the struct.
            $vis const PARAMETERS: &'static [$crate::spec::Parameter] =
                <Self as $crate::spec::Described>::PARAMETERS;
        }

        impl $crate::spec::Described for $name {
            const PARAMETERS: &'static [$crate::spec::Parameter] = {
                #[allow(unused_imports)]
                use $crate::spec::range::*;
                const OWN: &[$crate::spec::Parameter] = &[$( $crate::spec::Parameter {
                    name: $crate::spec::plain_name(stringify!($field)),
                    default: $crate::parameters!(@text $default $(, $text)?),
                    meaning: concat!($($doc),+).trim_ascii(),
                    range: $crate::parameters!(@range $($range)?),
                    shape: || $crate::parameters!(@shape $ty $(, $by)? $(; $nested)?),
                }, )*];
                const LISTS: &[&[$crate::spec::Parameter]] =
                    &[OWN $($(, $crate::parameters!(@list $ity $(, $list)?))*)?];
                &$crate::spec::joined::<{ $crate::spec::total(LISTS) }>(LISTS)
            };

            #[allow(unused_mut, unused_variables)]
            fn take(&mut self, table: &$crate::spec::Node, problems: &mut Vec<$crate::spec::Error>) {
                let mut own = Self::PARAMETERS.iter();
                $(
                    let read = $crate::parameters!(@read $ty $(, $by)? $(; $nested)?);
                    $crate::spec::take(table, own.next(), &mut self.$field, read, problems);
                )*
                $($( $crate::spec::Described::take(&mut self.$included, table, problems); )*)?
            }
        }
    };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    parameters! {
        /// What is shared.
        #[derive(Debug, PartialEq)]
        struct Shared {
            /// The most rows
            limit: usize = 10;
        }
    }

    parameters! {
        /// A table.
        #[derive(Debug, PartialEq)]
        struct Table {
            /// A share
            share: f64 = 0.5, in above_to(0, 1);
            /// One number or several
            c: Vec<u32> = vec![1] => "1", in at_least(1), with super::super::one_or_many;
            /// A name
            name: String = String::new() => "required";
        }
        include { more: Shared = Shared::default(); }
        beside { seen: bool = false; }
    }

    #[test]
    fn one_description_makes_the_default_the_list_and_the_reading() {
        let told: Vec<_> = Table::PARAMETERS.iter().map(|p| (p.name, p.default, p.says())).collect();
        let expected = [
            ("share", "0.5", "A share; above 0, at most 1"),
            ("c", "1", "One number or several; at least 1"),
            ("name", "required", "A name"),
            ("limit", "10", "The most rows"),
        ];
        assert_eq!(told, expected.map(|(a, b, c)| (a, b, c.to_owned())));
        let node = |text: &str| Node::from_toml(text, "t").unwrap();
        let read: Table = node("kind = 'x'\nname = 'n'\nc = [3, 4]\nlimit = 5").read(&["kind"]).unwrap();
        assert_eq!(
            read,
            Table { share: 0.5, c: vec![3, 4], name: "n".into(), more: Shared { limit: 5 }, seen: false }
        );
    }

    #[test]
    fn every_mistake_of_a_table_is_told_at_its_place() {
        let node = Node::from_toml("share = 2\nc = [3, 0]\nlimt = 5\nlimit = 'x'", "t").unwrap();
        let error = node.read::<Table>(&[]).unwrap_err();
        let told: Vec<String> = error.mistakes().iter().map(|e| e.located()).collect();
        assert_eq!(told.len(), 5, "{told:#?}");
        for (at, part) in
            [("t:3:1", "limt"), ("t:1:9", "share"), ("t:2:9", "`c`"), ("t:1:1", "name"), ("t:4:9", "limit")]
        {
            assert!(told.iter().any(|t| t.starts_with(at) && t.contains(part)), "{at} {part}: {told:#?}");
        }
    }
}
