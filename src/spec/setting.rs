//! One point of the sweep: the tables that a lineage is made from.

use super::error::{Error, unknown_name};
use super::experiment::{Experiment, SETTING_TABLES, each};
use super::loop_spec::LoopSpec;
use super::node::{Key, Node, Table, Value};
use super::resolved::fill;
use super::sampling::SamplingSpec;
use super::source::{At, Layer};

/// One combination of the sweep: all that a lineage needs but its seed.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Position in the sweep, from 0.
    pub index: usize,
    /// The swept keys and their values here.
    pub point: Vec<(String, Node)>,
    /// `[data]`; its selector is `source`.
    pub data: Node,
    /// `[model]`; its selector is `family`.
    pub model: Node,
    /// `[loop]`.
    pub loop_: LoopSpec,
    /// `[base]`: what is trained before generation 0, and on what.
    pub base: Option<Node>,
    /// `[generator]`.
    pub generator: Option<Node>,
    /// `[sampling]`.
    pub sampling: SamplingSpec,
    /// `[[curation]]`, in order; the selector is `step`.
    pub curation: Vec<Node>,
    /// `[task]`; its selector is `kind`.
    pub task: Option<Node>,
    /// One model table per member, `[[member]]` laid on `[model]`; empty if all use `[model]`.
    pub members: Vec<Node>,
    tree: Node,
}

impl Setting {
    /// The value at a dotted key of this setting. Defaults of `[loop]` and `[sampling]` are included;
    /// those of a component are its own affair.
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.tree.get(path)
    }

    /// The model table of a member: its own, or `[model]`.
    pub fn model_of(&self, member: usize) -> &Node {
        self.members.get(member).unwrap_or(&self.model)
    }

    /// An error at the selector `key` of `table`, for a registry that does not know its value.
    pub fn unknown(table: &Node, key: &str, kind: &str, known: &[&str]) -> Error {
        match table.selector(key) {
            Ok(name) => unknown_name(kind, name, known),
            Err(error) => error,
        }
    }

    fn read(index: usize, template: &Node, point: Vec<(Key, Node)>) -> Result<Self, Error> {
        let mut tree = Node::table(template.at.clone());
        for key in SETTING_TABLES {
            if let (Some(from), Some(to)) = (template.as_table(), tree.as_table_mut())
                && let (Some(k), Some(v)) = (from.key(key), from.get(key))
            {
                to.insert(k.clone(), v.clone());
            }
        }
        for (key, value) in &point {
            let at = At { layer: Layer::SweepPoint, ..key.at.clone() };
            tree.set(&key.name, &at, value.clone().on_layer(&Layer::SweepPoint))?;
        }
        let members = each(&tree, "member")?.len();
        if members > 0 && tree.get("loop").is_some() && tree.get("loop.population").is_none() {
            let count = i64::try_from(members).unwrap_or(i64::MAX);
            let at = At::default_value();
            let node = Node { value: Value::Integer(count), at: at.clone() };
            tree.set("loop.population", &at, node)?;
        }
        let table = |key: &str| match tree.get(key) {
            Some(node) if node.as_table().is_some() => Ok(node.clone()),
            Some(node) => Err(Error::wrong_type(node, "a table").about(key)),
            None => Err(Error::missing_key(key, &tree.at)),
        };
        // An empty table asks for nothing.
        let empty = |node: &Node| node.as_table().is_some_and(Table::is_empty);
        let optional = |key: &str| tree.get(key).filter(|n| !empty(n)).map(|_| table(key)).transpose();
        let mut setting = Self {
            index,
            data: table("data")?,
            model: table("model")?,
            loop_: LoopSpec::read(&table("loop")?)?,
            base: optional("base")?,
            generator: optional("generator")?,
            sampling: optional("sampling")?
                .map_or_else(|| Ok(SamplingSpec::default()), |node| SamplingSpec::read(&node))?,
            curation: each(&tree, "curation")?.iter().filter(|n| !empty(n)).cloned().collect(),
            task: optional("task")?,
            members: each(&tree, "member")?.iter().map(|m| member(&tree, m)).collect(),
            point: point.into_iter().map(|(k, v)| (k.name, v)).collect(),
            tree: tree.clone(),
        };
        setting.check()?;
        fill(&mut setting.tree, "loop", &setting.loop_, None);
        fill(&mut setting.tree, "sampling", &setting.sampling, None);
        Ok(setting)
    }

    fn check(&self) -> Result<(), Error> {
        self.data.selector("source")?;
        self.model.selector("family")?;
        if let Some(task) = &self.task {
            task.selector("kind")?;
        }
        for step in &self.curation {
            step.selector("step")?;
        }
        for member in &self.members {
            member.selector("family")?;
        }
        let (n, population) = (self.members.len(), self.loop_.population);
        if n > 0 && n != population {
            return Err(Error::conflict(
                self.loop_.at("population"),
                self.tree.at_of("member.0"),
                format!("`population` is {population}, but there are {n} [[member]] tables"),
                "give one table per member, or none".into(),
            ));
        }
        Ok(())
    }
}

/// `[[member]]` on `[model]`; a member of another family shares none of its parameters.
fn member(tree: &Node, member: &Node) -> Node {
    let base = tree.get("model").cloned().unwrap_or_default();
    let other = |node: &Node| node.get("family").and_then(|f| f.as_str().map(str::to_owned));
    match other(member) {
        Some(family) if other(&base) != Some(family.clone()) => member.clone(),
        _ => {
            let mut merged = base;
            merged.overlay(member.clone());
            merged.at = member.at.clone();
            merged
        }
    }
}

/// Every combination of an experiment's sweep, in order: points, then the grid's first key.
///
/// # Errors
/// On the first setting whose tables don't fit together.
pub fn settings(experiment: &Experiment) -> Result<Vec<Setting>, Error> {
    let combinations = experiment.sweep.combinations();
    let read = |(i, point)| Setting::read(i, &experiment.template, point);
    combinations.into_iter().enumerate().map(read).collect()
}
