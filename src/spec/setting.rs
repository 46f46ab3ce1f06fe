//! One point of the sweep: the tables that a lineage is made from.

use std::sync::Arc;

use super::error::{Error, unknown_name};
use super::experiment::{SETTING_TABLES, kept, listed};
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

/// One of the settings of an experiment, which holds them all.
#[derive(Debug, Clone)]
pub struct Held {
    all: Arc<Vec<Setting>>,
    at: usize,
}

impl Held {
    /// All of them, one by one.
    pub fn each(all: &Arc<Vec<Setting>>) -> impl Iterator<Item = Held> {
        (0..all.len()).map(|at| Held { all: all.clone(), at })
    }
}

impl std::ops::Deref for Held {
    type Target = Setting;

    fn deref(&self) -> &Setting {
        &self.all[self.at]
    }
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

    /// One point of the sweep as far as it can be read; what is wrong is added to `problems`.
    pub(super) fn read(
        index: usize,
        template: &Node,
        point: Vec<(Key, Node)>,
        problems: &mut Vec<Error>,
    ) -> Self {
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
            let set = tree.set(&key.name, &at, value.clone().on_layer(&Layer::SweepPoint));
            problems.extend(set.err());
        }
        let members = listed(&tree, "member", problems).len();
        if members > 0 && tree.get("loop").is_some() && tree.get("loop.population").is_none() {
            let count = i64::try_from(members).unwrap_or(i64::MAX);
            let at = At::default_value();
            let node = Node { value: Value::Integer(count), at: at.clone() };
            problems.extend(tree.set("loop.population", &at, node).err());
        }
        let table = |key: &str| match tree.get(key) {
            Some(node) if node.as_table().is_some() => Ok(node.clone()),
            Some(node) => Err(Error::wrong_type(node, "a table").about(key)),
            None => Err(Error::missing_key(key, &tree.at)),
        };
        // An empty table asks for nothing.
        let empty = |node: &Node| node.as_table().is_some_and(Table::is_empty);
        let optional = |key: &str| tree.get(key).filter(|n| !empty(n)).map(|_| table(key));
        let mut needed = |key: &str| kept(table(key), problems);
        let (data, model, loop_) = (needed("data"), needed("model"), needed("loop"));
        let loop_ = loop_.map_or_else(LoopSpec::default, |node| LoopSpec::read_into(&node, problems));
        let sampling = optional("sampling").and_then(|node| kept(node, problems));
        let mut setting = Self {
            index,
            data: data.unwrap_or_default(),
            model: model.unwrap_or_default(),
            loop_,
            base: optional("base").and_then(|node| kept(node, problems)),
            generator: optional("generator").and_then(|node| kept(node, problems)),
            sampling: sampling.map_or_else(SamplingSpec::default, |node| node.read_into(&[], problems)),
            curation: listed(&tree, "curation", problems).iter().filter(|n| !empty(n)).cloned().collect(),
            task: optional("task").and_then(|node| kept(node, problems)),
            members: listed(&tree, "member", problems).iter().map(|m| member(&tree, m)).collect(),
            point: point.into_iter().map(|(k, v)| (k.name, v)).collect(),
            tree: tree.clone(),
        };
        setting.check(problems);
        fill(&mut setting.tree, "loop", &setting.loop_, None);
        // One table for both: a sweep may have many settings.
        setting.loop_.node = setting.tree.get("loop").cloned().unwrap_or_default();
        fill(&mut setting.tree, "sampling", &setting.sampling, None);
        setting
    }

    fn check(&self, problems: &mut Vec<Error>) {
        let given = [&self.data, &self.model].into_iter().zip(["source", "family"]);
        let selectors = given
            .filter(|(node, _)| node.at.layer != Layer::Default)
            .chain(self.task.iter().map(|task| (task, "kind")))
            .chain(self.curation.iter().map(|step| (step, "step")))
            .chain(self.members.iter().map(|member| (member, "family")));
        problems.extend(selectors.filter_map(|(node, key)| node.selector(key).err()));
        let (n, population) = (self.members.len(), self.loop_.population);
        if n > 0 && n != population {
            problems.push(Error::conflict(
                self.loop_.at("population"),
                self.tree.at_of("member.0"),
                format!("`population` is {population}, but there are {n} [[member]] tables"),
                "give one table per member, or none".into(),
            ));
        }
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
