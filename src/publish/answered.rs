//! The plain answer of a run: what its comparison says, or how its metrics changed.

use std::rc::Rc;

use super::{Asked, Effects, Publication, PublishError, SettingChange, Sized, changes, effects};
use super::{sentences, setting_name, simple, words};
use crate::analysis::SettingKey;
use crate::analysis::effects::Word;

/// What a run says to its question.
#[derive(Default)]
pub struct Answered {
    /// Sentences for the top of the page; `simple` is the first of them, where there is one.
    pub sentences: Vec<String>,
    /// That the model is not shown to be better than the simple one beside it.
    pub simple: Option<String>,
    /// The effects of human rows; empty where nothing is compared.
    pub effects: Rc<Effects>,
    /// The change of every metric since generation 0, where that is the answer.
    pub changes: Vec<SettingChange>,
}

/// Settings that get a sentence each.
const MOST_SENTENCES: usize = 8;

impl Answered {
    /// The effects of human rows; nothing where no human fractions are compared.
    ///
    /// # Errors
    /// Those of the files.
    pub fn compared(publication: &Publication, asked: &Asked) -> Result<Self, PublishError> {
        let effects = effects(publication, asked)?;
        Ok(Self { sentences: sentences(&effects), effects, ..Self::default() }.beside(simple(publication)?))
    }

    /// The change of every metric since generation 0, in a sentence for each setting where they are few.
    ///
    /// # Errors
    /// Those of the files.
    pub fn changed(publication: &Publication, asked: &Asked) -> Result<Self, PublishError> {
        let changes = changes(publication, asked)?;
        let mut keys: Vec<&SettingKey> = Vec::new();
        for change in &changes {
            if !keys.contains(&&change.key) {
                keys.push(&change.key);
            }
        }
        let one = |key: &&SettingKey| {
            let of: Vec<_> = changes.iter().filter(|c| c.key == **key).cloned().collect();
            let generation = of.iter().map(|c| c.generation).max().unwrap_or(0);
            let setting =
                if keys.len() > 1 { format!("{}: f", setting_name(key, &keys)) } else { "F".into() };
            format!("{setting}rom generation 0 to {generation}, {}.", words(&of))
        };
        let summed = (keys.len() > 1).then(|| summed_up(&changes, keys.len()));
        let sentences: Vec<String> =
            if keys.len() <= MOST_SENTENCES { keys.iter().map(one).collect() } else { Vec::new() };
        let sentences =
            summed.into_iter().chain(sentences).chain(Sized::of(publication)?.sentence()).collect();
        Ok(Self { sentences, changes, ..Self::default() }.beside(simple(publication)?))
    }

    /// With what is to be said of the simple model at the top.
    fn beside(mut self, simple: Option<String>) -> Self {
        self.sentences.splice(0..0, simple.clone());
        Self { simple, ..self }
    }

    /// The comparison where human fractions are compared, else the changes; nothing beside claims, which are the answer
    /// of a spec that has some.
    ///
    /// # Errors
    /// Those of the files.
    pub fn plainly(publication: &Publication, asked: &Asked) -> Result<Self, PublishError> {
        let effects = effects(publication, asked)?;
        let nothing = effects.comparisons.is_empty() && effects.gains.is_empty();
        match nothing && publication.experiment.claims.is_empty() {
            true => Self::changed(publication, asked),
            false => Self::compared(publication, asked),
        }
    }
}

/// In how many settings each metric is worse, in one sentence.
fn summed_up(changes: &[SettingChange], settings: usize) -> String {
    let mut worse: Vec<(&str, usize)> = Vec::new();
    for change in changes.iter().filter(|c| c.change.word == Word::Worse) {
        match worse.iter_mut().find(|(metric, _)| *metric == change.metric) {
            Some((_, count)) => *count += 1,
            None => worse.push((&change.metric, 1)),
        }
    }
    let generation = changes.iter().map(|c| c.generation).max().unwrap_or(0);
    worse.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let list: Vec<String> = worse.iter().map(|(metric, count)| format!("{metric} in {count}")).collect();
    match list.is_empty() {
        true => {
            let of = |word: Word| changes.iter().filter(|c| c.change.word == word).count();
            format!(
                "From generation 0 to {generation} no metric is shown to be worse in any of {settings} settings; of their {} \
                 changes {} are not decided and {} have no verdict.",
                changes.len(),
                of(Word::NotDecided),
                of(Word::NoVerdict)
            )
        }
        false => {
            format!("From generation 0 to {generation}, of {settings} settings, worse: {}.", list.join(", "))
        }
    }
}
