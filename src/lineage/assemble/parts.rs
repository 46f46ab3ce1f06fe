//! The components that a setting names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use crate::curation::Who;
use crate::data::Source;
use crate::metrics::Space;
use crate::models::{self, BoxedFamily, Moved, Neon, Sampling};
use crate::registry::{Component, Known};
use crate::spec::{self, CurationKeys, Error, Node, Setting, StartFrom};

/// Reads a component's table: finds the entry that the selector names and lets it read the rest, without the keys of
/// the spec's `table` itself.
pub(super) fn component<'c, T, E>(
    known: &'c Known<T, E>,
    node: &Node,
    selector: &str,
    table: &str,
    context: &Context,
) -> Result<(&'c Component<T, E>, T), Error> {
    let entry = known.find(node.selector(selector)?)?;
    let mut own = node.clone();
    if let Some(keys) = own.as_table_mut() {
        keys.remove(selector);
        for key in spec::keys_of(table) {
            keys.remove(key.name);
        }
    }
    let component = entry.build(&own, &context.build())?;
    Ok((entry, component))
}

/// Which members of the population do a curation step.
pub(super) fn who(node: &Node, keys: CurationKeys, population: usize) -> Result<Who, Error> {
    let (key, who) = match (keys.member, keys.members) {
        (None, None) => return Ok(Who::All),
        (Some(_), Some(_)) => {
            let (a, b) = (node.key_at("members"), node.key_at("member"));
            let message = "`members` (the first so many) and `member` (one) name the same".to_owned();
            return Err(Error::conflict(a, b, message, "remove one of them".into()));
        }
        (Some(position), None) => ("member", Who::One(position)),
        (None, Some(count)) => ("members", Who::First(count)),
    };
    if who.least() > population {
        let message = format!("the population has {population} members, counted from 0");
        return Err(Error::refused(node.at_of(key), message, "raise `loop.population`, or name fewer"));
    }
    Ok(who)
}

/// A family from its table, with what `step` and `neon` do after every fit: first the step from `start`, then the
/// extrapolation.
pub(super) fn family<'c>(
    node: &Node,
    setting: &Setting,
    start: StartFrom,
    context: &'c Context,
) -> Result<(&'c Component<BoxedFamily>, BoxedFamily), Error> {
    let entry = context.components.families.find(node.selector("family")?)?;
    let mut own = node.clone();
    let (mut step, mut neon) = (None, None);
    if let Some(table) = own.as_table_mut() {
        table.remove("family");
        (step, neon) = (table.remove("step"), table.remove("neon"));
    }
    let mut family = entry.build(&own, &context.build())?;
    let refused = |key: &'static str, node: &Node| {
        let (at, name) = (node.at.clone(), entry.about.name.clone());
        move |why: models::Refusal| {
            let message = format!("`{key}` does not go with the family `{name}`: {why}");
            Error::refused(at, message, format!("choose another family, or leave `{key}` out"))
        }
    };
    if let Some(node) = step {
        if start == StartFrom::Scratch {
            let why = "`step` is a part of the way from an earlier model, and these fits start from nothing";
            return Err(Error::refused(
                node.at.clone(),
                why,
                "set loop.start to \"warm\" or \"base\", for [model]",
            ));
        }
        let step: models::Step = node.parse()?;
        family = Box::new(Moved::new(family, step).map_err(refused("step", &node))?);
    }
    if let Some(node) = neon {
        let (sampling, synthesis) = (sampling(setting), setting.loop_.synthesis);
        let neon = Neon { params: node.read(&[])?, sampling, synthesis };
        family = Box::new(Moved::new(family, neon).map_err(refused("neon", &node))?);
    }
    Ok((entry, family))
}

/// Sources are read once, however many settings use them, and so are classifiers of their labels.
pub(super) struct Sources<'c> {
    known: BTreeMap<String, Arc<Source>>,
    classifiers: BTreeMap<String, Arc<Space>>,
    pub(super) context: &'c Context,
}

impl<'c> Sources<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self { known: BTreeMap::new(), classifiers: BTreeMap::new(), context }
    }

    pub(super) fn get(&mut self, node: &Node) -> Result<Arc<Source>, Error> {
        let mut own = node.clone();
        if let Some(table) = own.as_table_mut() {
            table.remove("contamination");
        }
        let key = spec::canonical(&own);
        if let Some(source) = self.known.get(&key) {
            return Ok(source.clone());
        }
        let (_, source) = component(&self.context.components.sources, &own, "source", "data", self.context)?;
        let source = Arc::new(source);
        self.known.insert(key, source.clone());
        Ok(source)
    }

    /// The features of a network that tells the source's labels apart.
    pub(super) fn classifier(&mut self, source: &Source) -> Result<Arc<Space>, models::Refusal> {
        if let Some(space) = self.classifiers.get(&source.digest) {
            return Ok(space.clone());
        }
        let space = Arc::new(Space::classifier(source, self.context.device)?);
        self.classifiers.insert(source.digest.clone(), space.clone());
        Ok(space)
    }
}

pub(super) fn sampling(setting: &Setting) -> Sampling {
    let s = &setting.sampling;
    Sampling {
        temperature: s.temperature,
        top_k: s.top_k,
        top_p: s.top_p,
        beam: s.beam,
        covariance_scale: s.covariance_scale,
        guidance: s.guidance,
    }
}
