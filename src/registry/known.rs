//! The components that a run knows: the library's and those of your own.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{About, BuildContext, Entry, Parameter};
use crate::spec::{self, Node};

/// What a component of your own is, for people and for the hashes of settings.
///
/// A name alone will do; `Description::new("laplace").version(2)` says more. Raise the version when the
/// component's results change: it is a part of the hash of every setting that uses it, so that rows of the earlier
/// version are not taken for rows of this one.
#[derive(Clone, Debug)]
pub struct Description {
    /// Whose component it is, such as the crate's name; empty for those of the library.
    pub namespace: Cow<'static, str>,
    /// The name in specs, rows and figures: lower case with hyphens.
    pub name: Cow<'static, str>,
    /// One line, without a full stop.
    pub summary: Cow<'static, str>,
    /// The definition, in Markdown paragraphs.
    pub details: Cow<'static, str>,
    /// Where the definition comes from.
    pub source: Cow<'static, str>,
    /// The parameters that its table takes.
    pub parameters: Cow<'static, [Parameter]>,
    /// Raised when results change.
    pub version: u32,
}

impl Description {
    /// A component of your own: namespace `own`, version 1.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            namespace: "own".into(),
            name: name.into(),
            summary: "".into(),
            details: "".into(),
            source: "".into(),
            parameters: Cow::Borrowed(&[]),
            version: 1,
        }
    }

    /// Whose it is, such as the crate's name.
    #[must_use]
    pub fn namespace(self, namespace: impl Into<Cow<'static, str>>) -> Self {
        Self { namespace: namespace.into(), ..self }
    }

    /// The version of its results.
    #[must_use]
    pub fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }

    /// One line for `collapse list`.
    #[must_use]
    pub fn summary(self, summary: impl Into<Cow<'static, str>>) -> Self {
        Self { summary: summary.into(), ..self }
    }

    /// The definition, for `collapse describe`.
    #[must_use]
    pub fn details(self, details: impl Into<Cow<'static, str>>) -> Self {
        Self { details: details.into(), ..self }
    }

    /// Where the definition comes from.
    #[must_use]
    pub fn source(self, source: impl Into<Cow<'static, str>>) -> Self {
        Self { source: source.into(), ..self }
    }

    /// The parameters of its table, for `collapse describe`.
    #[must_use]
    pub fn parameters(self, parameters: impl Into<Cow<'static, [Parameter]>>) -> Self {
        Self { parameters: parameters.into(), ..self }
    }

    /// The part of a setting's hash: `name version` of the library's components, `namespace/name@version` of others.
    pub fn key(&self) -> String {
        match self.namespace.as_ref() {
            "" => format!("{} {}", self.name, self.version),
            namespace => format!("{namespace}/{}@{}", self.name, self.version),
        }
    }

    /// Whether it is none of the library's.
    pub fn is_own(&self) -> bool {
        !self.namespace.is_empty()
    }
}

impl From<&About> for Description {
    fn from(about: &About) -> Self {
        Self {
            namespace: "".into(),
            name: about.name.into(),
            summary: about.summary.into(),
            details: about.details.into(),
            source: about.source.into(),
            parameters: about.parameters.into(),
            version: about.version,
        }
    }
}

impl From<&'static str> for Description {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Description {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

type Builder<T> = Arc<dyn Fn(&Node, &BuildContext) -> Result<T, spec::Error> + Send + Sync>;

/// One component that a spec can name.
pub struct Component<T, E = ()> {
    /// What it is.
    pub about: Description,
    /// What its kind adds: a metric's [`Reading`](crate::metrics::Reading), for example.
    pub extra: E,
    build: Builder<T>,
}

impl<T, E> Component<T, E> {
    /// A component that `build` reads from its table of the spec, without the selector key (`family`, `source`, …).
    pub fn new(
        about: impl Into<Description>,
        extra: E,
        build: impl Fn(&Node, &BuildContext) -> Result<T, spec::Error> + Send + Sync + 'static,
    ) -> Self {
        Self { about: about.into(), extra, build: Arc::new(build) }
    }

    /// The component of a table.
    ///
    /// # Errors
    /// Those of the table, with their places.
    pub fn build(&self, node: &Node, context: &BuildContext) -> Result<T, spec::Error> {
        (self.build)(node, context)
    }
}

impl<T, E: Clone> Clone for Component<T, E> {
    fn clone(&self) -> Self {
        Self { about: self.about.clone(), extra: self.extra.clone(), build: self.build.clone() }
    }
}

/// A name that was given twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is a {kind} `{name}` already; give yours another name")]
pub struct Taken {
    /// What it is a name of: "family", "metric".
    pub kind: &'static str,
    /// The name.
    pub name: String,
}

/// The components of one kind.
pub struct Known<T, E = ()> {
    kind: &'static str,
    components: Vec<Component<T, E>>,
}

impl<T: 'static, E: Clone + 'static> Known<T, E> {
    /// The entries of a folder.
    pub fn of(kind: &'static str, entries: &'static [Entry<T, E>]) -> Self {
        let one = |entry: &'static Entry<T, E>| Component {
            about: Description::from(&entry.about),
            extra: entry.extra.clone(),
            build: Arc::new(entry.build),
        };
        Self { kind, components: entries.iter().map(one).collect() }
    }
}

impl<T, E> Known<T, E> {
    /// Components that are given one by one.
    pub fn each(kind: &'static str, components: impl IntoIterator<Item = Component<T, E>>) -> Self {
        Self { kind, components: components.into_iter().collect() }
    }

    /// Adds one.
    ///
    /// # Errors
    /// [`Taken`] where one of this kind has the name.
    pub fn add(&mut self, component: Component<T, E>) -> Result<(), Taken> {
        let name = component.about.name.to_string();
        if self.get(&name).is_some() {
            return Err(Taken { kind: self.kind, name });
        }
        self.components.push(component);
        Ok(())
    }

    /// All of them, in the order in which `collapse list` shows them.
    pub fn iter(&self) -> impl Iterator<Item = &Component<T, E>> {
        self.components.iter()
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|c| c.about.name.as_ref())
    }

    /// The component with a name.
    pub fn get(&self, name: &str) -> Option<&Component<T, E>> {
        self.iter().find(|c| c.about.name == name)
    }

    /// The component that a name in a spec stands for.
    ///
    /// # Errors
    /// Points at the name and suggests the nearest.
    pub fn find(&self, name: &Node) -> Result<&Component<T, E>, spec::Error> {
        name.as_str().and_then(|n| self.get(n)).ok_or_else(|| {
            let known: Vec<&str> = self.names().collect();
            spec::unknown_name(self.kind, name, &known)
        })
    }
}

impl<T, E: Clone> Clone for Known<T, E> {
    fn clone(&self) -> Self {
        Self { kind: self.kind, components: self.components.clone() }
    }
}

impl<T, E> fmt::Debug for Known<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
