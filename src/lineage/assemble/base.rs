//! From `[base]` to the model that fits start from.

use std::sync::Arc;

use super::{Context, Sources, family};
use crate::data::{Source, Supply};
use crate::lineage::Base;
use crate::lineage::generator::Generator;
use crate::neural::device;
use crate::spec::{self, BaseKeys, Error, Node, Setting, StartFrom, canonical, sha256};

/// The base of a setting, if it has one. Notes say whose rows it has seen, which no budget of the loop counts.
pub(super) fn base(
    setting: &Setting,
    sources: &mut Sources,
    (own, initial): (&Source, usize),
    context: &Context,
    versions: &mut Vec<(&'static str, String)>,
    notes: &mut Vec<String>,
) -> Result<Option<Base>, Error> {
    let start = setting.loop_.start;
    let Some(node) = &setting.base else {
        if start == StartFrom::Base {
            notes.push(
                "every fit starts from the model of the human rows D(0), which anchors the loop to them without being counted"
                    .into(),
            );
        }
        return Ok(None);
    };
    if start == StartFrom::Scratch {
        let help = "set loop.start = \"base\" (every fit starts from it) or \"warm\" (the first one does)";
        return Err(Error::refused(node.at.clone(), "no fit starts from this base", help));
    }
    if !setting.members.is_empty() {
        let message = "a base is one model, and the members of this population have tables of their own";
        return Err(Error::refused(node.at.clone(), message, "leave [base] or [[member]] out"));
    }
    let Some(table) = node.get("data") else {
        return Err(Error::missing_key("data", &node.at).about("base"));
    };
    let source = sources.get(table)?;
    let Supply::Finite(splits) = &source.supply else {
        let message = format!("{} has no rows to train a base on", source.name);
        return Err(Error::refused(node.at_of("data"), message, "name a data set"));
    };
    let data = splits.train.read_as(own.schema()).map_err(|why| {
        let message = format!("the rows of {} can't be read as the loop's: {why}", source.name);
        Error::refused(node.at_of("data"), message, "choose a source with the loop's columns")
    })?;
    let BaseKeys { rows, .. } = node.part()?;
    if rows.is_some_and(|n| n > data.len()) {
        let message =
            format!("`rows` must be between 1 and {}, the training rows of {}", data.len(), source.name);
        return Err(Error::refused(
            node.at_of("rows"),
            message,
            "ask for as many as there are, or leave it out",
        ));
    }
    let model = model_of(node, setting);
    let (entry, family) = family(&model, setting, StartFrom::Scratch, context)?;
    let n = rows.unwrap_or(data.len());
    let same = if source.digest == own.digest {
        ", the loop's own source: they anchor it without being counted"
    } else {
        ""
    };
    notes.push(format!(
        "human budget: the base is trained on {n} rows of {}{same}, beside the loop's {}",
        source.name, initial
    ));
    let key = [
        format!("{}@{}", entry.about.name, entry.about.version),
        canonical(&model),
        format!("{} {}", context.device, device::kernel_class()),
        format!("{} {} {n}", source.name, source.digest),
        context.salt.to_string(),
    ];
    versions.push(("base", source.digest.clone()));
    let by = Generator {
        family: Arc::from(family),
        data: Some(data),
        borrows_groups: false,
        examples: 0,
        rows,
        background: None,
        mislabelled: 0.0,
    };
    Ok(Some(Base { by, key: sha256(&key.join("\n")) }))
}

/// The model that is trained as the base: the loop's, with the keys that `[base]` has beside its own.
fn model_of(node: &Node, setting: &Setting) -> Node {
    let (mut model, mut keys) = (setting.model.clone(), node.clone());
    if let Some(table) = keys.as_table_mut() {
        spec::keys_of("base").iter().for_each(|key| drop(table.remove(key.name)));
    }
    model.overlay(keys);
    if let Some(table) = model.as_table_mut() {
        ["step", "neon"].iter().for_each(|key| drop(table.remove(key)));
    }
    model
}

/// What is wrong with the table by itself.
pub(super) fn examine(node: &Node, setting: &Setting, sources: &mut Sources<'_>) -> Vec<Error> {
    let data = node.get("data").and_then(|table| sources.get(table).err());
    let keys = node.part::<BaseKeys>().err();
    let model = family(&model_of(node, setting), setting, StartFrom::Scratch, sources.context).err();
    data.into_iter().chain(keys).chain(model).collect()
}
