//! Named components.
//!
//! Every folder of components (sources, families, metrics, curation steps, …) has one list of
//! entries in its `mod.rs`: a description that `collapse list` and `collapse describe` print, and a
//! constructor that reads the component's own table of the spec. Adding a component is one file
//! and one line in that list.
//!
//! A run knows these entries and those of your own: [`Known`], kind by kind.

mod device;
mod known;

pub use device::DeviceName;
pub use known::{Component, Description, Known, Taken};

use crate::spec::{self, Node};

pub use crate::spec::Parameter;

/// What a component is built with, beside its table of the spec.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuildContext {
    /// The device that neural networks are trained on.
    pub device: DeviceName,
}

impl BuildContext {
    /// What is built for this device.
    pub fn on(device: DeviceName) -> Self {
        Self { device }
    }
}

/// Reads a component's table. The selector key (`family`, `source`, …) is already left out.
pub type Build<T> = fn(&Node, &BuildContext) -> Result<T, spec::Error>;

/// What a component is, for people.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The name in specs, rows and figures: lower case with hyphens.
    pub name: &'static str,
    /// One line, without a full stop.
    pub summary: &'static str,
    /// The definition: formula, conventions, shapes, units, cost. Markdown paragraphs.
    pub details: &'static str,
    /// Where the definition comes from: arXiv or DOI, with the equation.
    pub source: &'static str,
    /// The parameters that its table takes.
    pub parameters: &'static [Parameter],
    /// Raised when results change; part of every setting's hash.
    pub version: u32,
}

/// A component's description and constructor. `E` is what a folder adds to the description.
pub struct Entry<T: 'static, E: 'static = ()> {
    /// What it is.
    pub about: About,
    /// What its folder adds: a metric's direction and ideal, for example.
    pub extra: E,
    /// Reads the component's table.
    pub build: Build<T>,
}

impl<T, E> Entry<T, E> {
    /// The component of a table, built for the default device.
    ///
    /// # Errors
    /// Those of the table: unknown keys, wrong types and values, with their places.
    pub fn make(&self, node: &Node) -> Result<T, spec::Error> {
        (self.build)(node, &BuildContext::default())
    }
}

/// The list of a folder's components.
pub struct Registry<T: 'static, E: 'static = ()> {
    /// What one entry is called in messages: "family", "source", "metric".
    pub kind: &'static str,
    /// The entries, in the order in which `collapse list` shows them.
    pub entries: &'static [Entry<T, E>],
}

impl<T, E> Registry<T, E> {
    /// The entry with a name.
    pub fn get(&self, name: &str) -> Option<&'static Entry<T, E>> {
        self.entries.iter().find(|e| e.about.name == name)
    }

    /// The entry that a name in a spec stands for, or an error that points at the name and
    /// suggests the nearest.
    #[cfg(test)]
    pub fn find(&self, name: &Node) -> Result<&'static Entry<T, E>, spec::Error> {
        let entry = name.as_str().and_then(|n| self.entries.iter().find(|e| e.about.name == n));
        entry.ok_or_else(|| {
            let known: Vec<&str> = self.names().collect();
            spec::unknown_name(self.kind, name, &known)
        })
    }

    /// All names.
    #[cfg(test)]
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.entries.iter().map(|e| e.about.name)
    }
}
