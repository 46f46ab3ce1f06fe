//! A component as code names it.

use crate::spec::Node;

/// A component: its name in the registry, and parameters. A name alone takes every default; a struct of
/// [`Parameters`](super::Parameters) is another way to say it.
///
/// ```
/// use model_collapse::prelude::*;
///
/// let run = Experiment::new("two dimensions")
///     .source(Part::new("gaussian").with("dim", 2).with("sd", [1.0, 3.0]))
///     .family("gaussian")
///     .regime("replace")
///     .generations(5)
///     .samples(50)
///     .metrics(["variance"])
///     .seeds(3)
///     .run()?;
/// assert_eq!(run.values("variance")?.len(), 3 * 6, "three seeds, generations 0 to 5");
/// # Ok::<(), ExperimentError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Part {
    name: String,
    parameters: Vec<(String, Node)>,
}

impl Part {
    /// The component with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), parameters: Vec::new() }
    }

    /// The same with a parameter set, as a spec would.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Node>) -> Self {
        self.parameters.push((key.into(), value.into()));
        self
    }

    /// Its table of a spec, with the name under `selector`.
    pub(super) fn table(self, selector: &str) -> Node {
        let name = (selector.to_owned(), Node::from(self.name));
        Node::entries(std::iter::once(name).chain(self.parameters))
    }

    /// As metrics stand in a list: the name alone where there are no parameters.
    pub(super) fn in_list(self) -> Node {
        if self.parameters.is_empty() { self.name.into() } else { self.table("name") }
    }
}

impl From<&str> for Part {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Part {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}
