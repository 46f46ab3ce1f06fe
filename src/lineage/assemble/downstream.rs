//! From `[task]` to an examination that the loop can hold.

use super::component;
use crate::data::{Role, Source};
use crate::lineage::Context;
use crate::spec::{Error, Node, Setting};
use crate::tasks::{Examination, Knowledge};

/// Test rows of a task where the source has no end.
const TEST_ROWS: usize = 2_000;

/// The task of a setting; it must suit the source's rows.
pub(super) fn examination(
    node: &Node,
    setting: &Setting,
    source: &Source,
    context: &Context,
    components: &mut Vec<String>,
    notes: &mut Vec<String>,
) -> Result<Examination, Error> {
    let (entry, task) = component(&context.components.tasks, node, "kind", "task", context)?;
    task.accepts(source.schema()).map_err(|why| {
        Error::refused(
            node.at_of("kind"),
            format!("`{}` can't learn from {}: {why}", entry.about.name, source.name),
            "choose another task or source; see `collapse list tasks`",
        )
    })?;
    components.push(entry.about.key());
    let test = source.held_out().unwrap_or(TEST_ROWS);
    let task = Examination::read(node, task, entry.extra, test, setting.loop_.generations > 0)?;
    if task.test > test && source.held_out().is_some() {
        return Err(Error::refused(
            node.at_of("test"),
            format!("{} test rows were asked for, and {} has {test} held-out rows", task.test, source.name),
            format!("set task.test to {test} or less, or raise data.held_out"),
        ));
    }
    if task.by_group.is_some() && source.schema().first(Role::Group).is_none() {
        return Err(Error::refused(
            node.at_of("by_group"),
            format!("{} has no group column", source.name),
            "name one with data.group, or leave `by_group` out",
        ));
    }
    let outside = ["source", "data", "background"];
    let outside = setting.generator.as_ref().is_some_and(|g| outside.iter().any(|key| g.get(key).is_some()));
    if task.knowledge == Some(Knowledge::None) && outside {
        return Err(Error::bad_value(
            node.at_of("knowledge"),
            "the generator has rows of its own, so its knowledge is not \"none\"".into(),
            "write \"other-domain\", \"verifier\" or \"graph\"".into(),
        ));
    }
    let knowledge =
        task.knowledge.map_or(String::new(), |k| format!("; generator's knowledge: {}", k.name()));
    notes.push(format!("{} is scored on {} held-out human rows{knowledge}", entry.about.name, task.test));
    Ok(task)
}
