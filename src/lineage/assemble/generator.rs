//! From `[generator]` to who makes the synthetic rows.

use std::sync::Arc;

use super::{Sources, family};
use crate::data::{Role, Samples, Schema, Source, Supply};
use crate::lineage::generator::{Generator, without};
use crate::lineage::{Teacher, When};
use crate::spec::{self, Error, GeneratorKeys, Node, Setting, StartFrom};

/// Who makes the synthetic rows of a setting.
pub(super) fn teacher(
    setting: &Setting,
    sources: &mut Sources<'_>,
    own: &Source,
    versions: &mut Vec<(&'static str, String)>,
) -> Result<Teacher, Error> {
    let Some(node) = &setting.generator else { return Ok(Teacher::Own) };
    let keys: GeneratorKeys = node.part()?;
    let rest = made_by(node);
    if node.get("family").is_none() {
        return source(node, &rest, keys.when, sources, own, versions);
    }
    let (entry, family) = family(&rest, setting, StartFrom::Scratch, sources.context)?;
    family.accepts(own.schema()).map_err(|why| {
        Error::refused(node.at_of("family"), why.to_string(), "choose another generator family")
    })?;
    let mut digests = entry.about.key();
    let mut rows_of = |key: &str, read: &dyn Fn(&Samples) -> Result<Samples, String>| {
        let Some(table) = node.get(key) else { return Ok(None) };
        let source = sources.get(table)?;
        let Supply::Finite(splits) = &source.supply else {
            let help = "name a data set; a distribution can be the generator itself: [generator] source = …";
            return Err(Error::refused(node.at_of(key), format!("{} has no rows to fit", source.name), help));
        };
        digests.push_str(&format!(", {key} {}", source.digest));
        read(&splits.train).map(Some).map_err(|why| {
            let message = format!("the rows of {} can't be read as the student's: {why}", source.name);
            Error::refused(node.at_of(key), message, "choose a source with the student's columns")
        })
    };
    let lent = std::cell::Cell::new(false);
    let data = rows_of("data", &|rows| {
        let has_groups = |rows: &Schema| rows.first(Role::Group).is_some();
        lent.set(has_groups(own.schema()) && !has_groups(rows.schema()));
        if lent.get() {
            return without(Role::Group, rows, own.schema()).map_err(|e| e.to_string());
        }
        rows.read_as(own.schema()).map_err(|e| e.to_string())
    })?;
    let unlabelled =
        rows_of("background", &|rows| without(Role::Label, rows, own.schema()).map_err(|e| e.to_string()))?;
    let GeneratorKeys { when, examples, rows, background_weight: weight, mislabelled, .. } = keys;
    if let (Some(n), Some(data)) = (rows, &data)
        && n > data.len()
    {
        let message = format!("`rows` is {n}, and the generator's source has {} training rows", data.len());
        return Err(Error::refused(node.at_of("rows"), message, "ask for fewer, or leave it out"));
    }
    if examples.is_some() && data.is_none() {
        let help = "add `data`, or leave it out: without `data` the generator is fitted on the training set";
        let message = "`examples` stand beside `data`, and there is none".into();
        return Err(Error::bad_value(node.at_of("examples"), message, help.into()));
    }
    if weight.is_some() && unlabelled.is_none() {
        return Err(Error::bad_value(
            node.at_of("background_weight"),
            "there is no background to weigh".into(),
            "add background = { source = … }, or leave `background_weight` out".into(),
        ));
    }
    versions.push(("generator", digests));
    let background = unlabelled.map(|rows| (rows, weight.unwrap_or(1.0)));
    if mislabelled > 0.0 && own.schema().first(Role::Label).is_none() {
        let message = format!("{} has no label to get wrong", own.name);
        return Err(Error::refused(node.at_of("mislabelled"), message, "leave `mislabelled` out"));
    }
    let (family, borrows_groups) = (Arc::from(family), lent.get());
    let examples = examples.unwrap_or(0);
    Ok(Teacher::Family(
        Generator { family, data, borrows_groups, examples, rows, background, mislabelled },
        when,
    ))
}

/// The table of the family or the source that makes the rows, without the generator's own keys: a family has all of them
/// beside it, a source `when` alone.
fn made_by(node: &Node) -> Node {
    let mut rest = node.clone();
    let is_family = node.get("family").is_some();
    if let Some(table) = rest.as_table_mut() {
        let beside =
            |name: &str| if is_family { !matches!(name, "family" | "source") } else { name == "when" };
        let keys = spec::keys_of("generator").iter().filter(|key| beside(key.name));
        keys.for_each(|key| drop(table.remove(key.name)));
    }
    rest
}

/// What is wrong with the table by itself.
pub(super) fn examine(node: &Node, setting: &Setting, sources: &mut Sources<'_>) -> Vec<Error> {
    let mut found: Vec<Error> = node.part::<GeneratorKeys>().err().into_iter().collect();
    let rest = made_by(node);
    if node.get("family").is_some() {
        found.extend(family(&rest, setting, StartFrom::Scratch, sources.context).err());
        for key in ["data", "background"] {
            found.extend(node.get(key).and_then(|table| sources.get(table).err()));
        }
    } else {
        found.extend(sources.get(&rest).err());
    }
    found
}

/// A source that takes the model's place.
fn source(
    node: &Node,
    rest: &Node,
    when: When,
    sources: &mut Sources<'_>,
    own: &Source,
    versions: &mut Vec<(&'static str, String)>,
) -> Result<Teacher, Error> {
    let source = sources.get(rest)?;
    if source.schema() != own.schema() {
        return Err(Error::refused(
            node.at_of("source"),
            format!(
                "the generator makes rows of {} where the student reads {}",
                source.schema(),
                own.schema()
            ),
            "choose a generator source with the same columns",
        ));
    }
    versions.push(("generator", source.digest.clone()));
    Ok(Teacher::Source(source, when))
}
