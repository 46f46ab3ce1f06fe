//! Presets: what the key `size` of a burn family sets.
//!
//! A preset is a piece of the family's own table. The keys that the spec gives are laid on it, so that
//! `size = "medium"` with `steps = 500` is the medium model trained for 500 steps. Without a `size` it is `small`,
//! whose preset is empty: the family's defaults. Rows of few numbers want other settings than images: a family may state
//! further ones for rows of at most [`NARROW`] features.

use serde::{Deserialize, Serialize};

use crate::spec::{Described, Error, Node, Parameter, Shape};

/// How much a model may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// Seconds of one core: enough to see what happens.
    #[default]
    Small,
    /// Tens of seconds at most: passes the quality floor of its family.
    Medium,
    /// As good as the family gets here.
    Large,
}

impl Size {
    /// All sizes, the smallest first.
    pub const ALL: [Size; 3] = [Size::Small, Size::Medium, Size::Large];

    /// The name in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Size::Small => "small",
            Size::Medium => "medium",
            Size::Large => "large",
        }
    }
}

/// The most features of a row for which [`Presets::narrow`] counts.
pub const NARROW: usize = 8;

/// A family's parameters by the number of features of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ByWidth<P> {
    wide: P,
    narrow: P,
}

impl<P> ByWidth<P> {
    /// The parameters for rows of so many features.
    pub fn of(&self, width: usize) -> &P {
        if width <= NARROW { &self.narrow } else { &self.wide }
    }
}

impl<P: Clone> From<P> for ByWidth<P> {
    fn from(all: P) -> Self {
        ByWidth { narrow: all.clone(), wide: all }
    }
}

/// What a family's presets set and what they were measured to reach.
pub struct Presets {
    /// A table of the family for each of [`Size::ALL`], one `key = value` a line; the first is empty.
    pub tables: [&'static str; 3],
    /// What is laid on them for rows of at most [`NARROW`] features.
    pub narrow: [&'static str; 3],
    /// Parameters, seconds of one core and quality before any retraining of each, means of 3 seeds, 400 held-out digits
    /// against 400 samples (`collapse run experiments/neural/floors.toml`).
    pub measured: [&'static str; 3],
}

/// The key, as every family with presets says it.
pub(super) const SIZE: Parameter = Parameter {
    name: "size",
    default: "\"small\"",
    meaning: "\"small\", \"medium\" or \"large\": sets the defaults of the keys below",
    shape: || Shape::of::<Size>(),
    ..Parameter::ANY
};

impl Presets {
    /// Reads a family's table: its `size`, the preset of that size, and on it the keys that the table gives.
    ///
    /// # Errors
    /// For a size of another name, an unknown key or a value that does not fit, with its place.
    pub fn read<P: Described>(&self, node: &Node) -> Result<ByWidth<P>, Error> {
        let size =
            node.get("size").map_or(Ok(Size::Small), Node::parse::<Size>).map_err(|e| e.about("size"))?;
        // Alone first: what is wrong with it is said of the place where it was written.
        node.read::<P>(&["family", "size"])?;
        self.with(size, node)
    }

    /// The preset of a size as the family's parameters.
    ///
    /// # Errors
    /// For a preset that is not the family's, which a test rules out.
    #[cfg(test)]
    pub fn of<P: Described>(&self, size: Size) -> Result<ByWidth<P>, Error> {
        self.with(size, &Node::default())
    }

    fn with<P: Described>(&self, size: Size, own: &Node) -> Result<ByWidth<P>, Error> {
        let parse = |layers: &[&Node]| {
            let mut table = Node::default();
            layers.iter().for_each(|layer| table.overlay((*layer).clone()));
            table.read::<P>(&["family", "size"])
        };
        let preset = |tables: &[&str; 3]| Node::from_toml(tables[size as usize], "a preset");
        let (base, narrow) = (preset(&self.tables)?, preset(&self.narrow)?);
        Ok(ByWidth { wide: parse(&[&base, own])?, narrow: parse(&[&base, &narrow, own])? })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    crate::parameters! {
        /// A family's.
        #[derive(Debug, PartialEq)]
        struct Params {
            /// features
            width: usize = 10;
            /// optimiser steps
            steps: usize = 100;
        }
    }

    const PRESETS: Presets = Presets {
        tables: ["", "width = 20\nsteps = 200", "steps = 900"],
        narrow: ["", "width = 5", ""],
        measured: [""; 3],
    };

    fn read(table: &str) -> Result<Params, Error> {
        Ok(PRESETS.read::<Params>(&Node::from_toml(table, "test.toml").unwrap())?.wide)
    }

    #[test]
    fn a_size_sets_defaults_and_the_tables_own_keys_win() {
        assert_eq!(read("").unwrap(), Params { width: 10, steps: 100 });
        assert_eq!(read("size = \"medium\"").unwrap(), Params { width: 20, steps: 200 });
        assert_eq!(read("steps = 7\nsize = \"medium\"").unwrap(), Params { width: 20, steps: 7 });
        assert_eq!(*PRESETS.of::<Params>(Size::Large).unwrap().of(64), Params { width: 10, steps: 900 });
        let medium = PRESETS.of::<Params>(Size::Medium).unwrap();
        assert_eq!(*medium.of(2), Params { width: 5, steps: 200 });
    }

    #[test]
    fn an_error_is_about_the_table_and_not_about_the_preset() {
        for bad in ["size = \"huge\"", "size = 3", "size = \"medium\"\nsteps = \"many\"", "stepps = 3"] {
            let error = read(bad).unwrap_err();
            assert!(error.places().iter().all(|at| at.source.name == "test.toml"), "{error:?}");
            assert!(!error.places().is_empty(), "{bad}");
        }
    }
}
