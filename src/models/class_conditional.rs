//! `class-conditional-ngram`: a label, and an n-gram model of the texts with that label.
//!
//! p(text, label) = p(label) p(text | label), with p(label) the weighted share of the training rows
//! that have it and one [`NGram`] model for each label seen. Rows: one text column, one label column,
//! and further columns of codes, which are drawn together with the label as training rows have them
//! (the text does not depend on them). `synthesise(Ask::Given)` is refused; continuations and edits are
//! made by the model of the given row's label. Cost: that of the n-gram models.

use std::sync::Arc;

use super::labelled::{Columns, Head, Heads};
use super::ngram::NGram;
use super::{
    Affine, Ask, BoxedFamily, Density, Family, FitError, Model, Refusal, SampleError, Sampling, Start, affine,
};
use crate::data::{Body, Column, Mix, Part, Rows, Samples, Schema};
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "class-conditional-ngram",
        summary: "A label, and an n-gram language model of the texts with that label",
        details: "p(text, label) = p(label) p(text | label): the shares of the labels and one `ngram` model for each \
            label of the training set, with the same parameters as `ngram`. For one text column beside one label \
            column; further columns of codes (groups) are drawn together with the label. A label that the training set \
            lacks is never made.",
        source: "Chen and Goodman 1998, TR-10-98 (the models); Bishop 2006, section 4.2 (class-conditional densities)",
        parameters: super::ngram::ENTRY.about.parameters,
        version: 1,
    },
    extra: (),
    build: |node, _| {
        let base = NGram::read(node)?;
        Ok(Box::new(ClassConditional { base: Arc::new(base) }))
    },
};

/// One model for each label.
pub struct ClassConditional {
    /// The recipe of the models of unlabelled rows.
    pub base: Arc<dyn Family>,
}

impl Family for ClassConditional {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        self.base.accepts(Columns::of(&Arc::new(schema.clone()))?.alone())
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let schema = mix.parts.iter().find_map(|p| match &p.body {
            Body::Rows(rows) if !rows.is_empty() => Some(rows.table().schema().clone()),
            _ => None,
        });
        let schema = schema.ok_or(FitError::TooFewRows { needed: 1, found: 0 })?;
        let columns = Columns::of(&schema)?;
        let mut by_class: Vec<Mix> = vec![Mix { parts: Vec::new(), combine: mix.combine }; columns.levels()];
        let (mut all, mut weights) = (Vec::new(), Vec::new());
        for part in mix.parts.iter().filter(|p| !p.body.is_empty()) {
            let Body::Rows(rows) = &part.body else {
                return Err(Refusal::new("this family is fitted from rows, not from statistics").into());
            };
            let table = rows.gather();
            let heads = columns.heads(&table)?;
            for (class, own) in by_class.iter_mut().enumerate() {
                let chosen: Vec<u32> = (0..heads.len() as u32)
                    .filter(|&i| columns.label_of(&heads[i as usize]) == class)
                    .collect();
                if chosen.is_empty() {
                    continue;
                }
                let body = Body::Rows(Rows::all(columns.texts(&table.take(&chosen))?));
                own.parts.push(Part { body, ..part.clone() });
            }
            weights.resize(weights.len() + heads.len(), part.weight);
            all.extend(heads);
        }
        let heads = Heads::fit(&columns, &all, &weights)?;
        let fits = by_class.iter().zip(heads.shares()).enumerate().map(|(class, (own, share))| {
            let streams = streams.of("class").at(class as u64);
            (*share > 0.0).then(|| self.base.fit(own, Start::Scratch, &streams)).transpose()
        });
        let models = fits.collect::<Result<Vec<_>, FitError>>()?;
        Ok(Box::new(ClassConditionalModel { heads, models, columns }))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        self.base.affine().map(|_| self as &dyn Affine)
    }

    fn seeds_per_cell(&self) -> u64 {
        self.base.seeds_per_cell()
    }
}

impl Affine for ClassConditional {
    /// The shares of labels and groups, and for each label the models of it as their own family combines them, among
    /// those that have seen it.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<ClassConditionalModel>(models)?;
        let columns = &models[0].1.columns;
        if models.iter().any(|(_, m)| m.columns != *columns) {
            return Err(Refusal::new("the models are of different tables"));
        }
        let heads: Vec<(f64, &Heads)> = models.iter().map(|(c, m)| (*c, &m.heads)).collect();
        let heads = Heads::combined(columns, &heads)?;
        let of_class = |(class, share): (usize, &f64)| {
            let own = models.iter().filter_map(|(c, m)| Some((*c, m.models[class].as_deref()?)));
            let mut own: Vec<(f64, &dyn Model)> = own.collect();
            if *share <= 0.0 || own.is_empty() {
                return Ok(None);
            }
            let total: f64 = own.iter().map(|(c, _)| c).sum();
            if total > 0.0 {
                own.iter_mut().for_each(|(c, _)| *c /= total);
            } else {
                own = vec![(1.0, own[0].1)];
            }
            self.base.affine()?.combine(&own).map(Some)
        };
        let fits = heads.shares().iter().enumerate().map(of_class).collect::<Result<_, Refusal>>()?;
        Ok(Box::new(ClassConditionalModel { heads, models: fits, columns: columns.clone() }))
    }
}

/// A fitted model for each label.
pub struct ClassConditionalModel {
    heads: Heads,
    /// `None` for labels that were never seen.
    models: Vec<Option<Box<dyn Model>>>,
    columns: Columns,
}

impl ClassConditionalModel {
    /// The labels and groups of `n` rows: given, or drawn.
    fn choose(&self, ask: Ask<'_>, n: usize, streams: &Streams) -> Result<Vec<Head>, Refusal> {
        let given = match ask {
            Ask::Rows => return Ok(self.heads.draw(n, &mut streams.of("label").rng())),
            Ask::Continue(of) | Ask::Edit { of, .. } => of,
            Ask::Given(_) => return Err(Refusal::new("a class-conditional model makes rows, not labels")),
        };
        if given.len() < n {
            return Err(Refusal::new(format!("{n} rows were asked for, but {} were given", given.len())));
        }
        self.columns.heads(&given.head(n))
    }
}

impl Model for ClassConditionalModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        let heads = self.choose(ask, n, streams)?;
        let classes: Vec<usize> = heads.iter().map(|head| self.columns.label_of(head)).collect();
        // Rows of each class from its own model, then put in the order of the classes drawn: the first
        // rows of a class are the same however many follow.
        let mut made: Vec<Samples> = Vec::with_capacity(self.models.len());
        let mut next = vec![0_u32; self.models.len()];
        let mut total = 0;
        for (class, model) in self.models.iter().enumerate() {
            let own: Vec<u32> = (0..n as u32).filter(|&i| classes[i as usize] == class).collect();
            next[class] = total;
            if own.is_empty() {
                continue;
            }
            let model = model.as_ref().ok_or_else(|| {
                Refusal::degenerate(format!(
                    "no training row had the label {class}, so none can be made with it"
                ))
            })?;
            let streams = streams.of("class").at(class as u64);
            let prompts = match ask {
                Ask::Continue(of) | Ask::Edit { of, .. } => Some(self.columns.texts(&of.take(&own))?),
                _ => None,
            };
            let ask = match (ask, &prompts) {
                (Ask::Continue(_), Some(rows)) => Ask::Continue(rows),
                (Ask::Edit { above, .. }, Some(rows)) => Ask::Edit { of: rows, above },
                _ => Ask::Rows,
            };
            made.push(model.synthesise(ask, own.len(), how, &streams)?);
            total += own.len() as u32;
        }
        let tables: Vec<&Samples> = made.iter().collect();
        let text = match tables.is_empty() {
            true => Column::Ragged { offsets: vec![0], tokens: Vec::new() },
            false => {
                let order: Vec<u32> = classes
                    .iter()
                    .map(|&class| {
                        next[class] += 1;
                        next[class] - 1
                    })
                    .collect();
                let together = Samples::concat(&tables).map_err(|e| Refusal::new(e.to_string()))?;
                together.take(&order).column(0).clone()
            }
        };
        Ok(self.columns.table(&heads, text)?)
    }

    fn density(&self) -> Option<&dyn Density> {
        let mut densities = self.models.iter().flatten().map(|m| m.density());
        // With further columns the likelihood would be of them too.
        (self.columns.is_plain() && densities.all(|d| d.is_some_and(|d| d.bound().is_none()))).then_some(self)
    }

    fn size(&self) -> usize {
        self.heads.count() + self.models.iter().flatten().map(|m| m.size()).sum::<usize>()
    }
}

impl Density for ClassConditionalModel {
    /// ln p(label) + ln p(text | label); refused where a label was never seen.
    fn log_likelihood(&self, rows: &Samples, streams: &Streams) -> Result<Vec<f64>, Refusal> {
        let classes: Vec<usize> =
            self.columns.heads(rows)?.iter().map(|head| self.columns.label_of(head)).collect();
        let mut values = vec![0.0; rows.len()];
        for (class, (model, share)) in self.models.iter().zip(self.heads.shares()).enumerate() {
            let own: Vec<u32> = (0..rows.len() as u32).filter(|&i| classes[i as usize] == class).collect();
            if own.is_empty() {
                continue;
            }
            let unseen = || Refusal::degenerate(format!("the model has never seen the label {class}"));
            let density = model.as_ref().and_then(|m| m.density()).ok_or_else(unseen)?;
            let texts = self.columns.texts(&rows.take(&own))?;
            let log_likelihood = density.log_likelihood(&texts, streams)?;
            own.iter().zip(log_likelihood).for_each(|(&i, ll)| values[i as usize] = share.ln() + ll);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Field, Kind, Levels, Role, TokenUnit};
    use crate::metrics::testing::text;

    fn labelled(lines: &[&str], labels: &[u32]) -> Samples {
        let rows = text(TokenUnit::Words, lines);
        let kind = Kind::Codes { levels: Levels::Count(3) };
        let label = Field { name: "label".into(), role: Role::Label, kind };
        let fields = vec![rows.schema().fields[0].clone(), label];
        let columns = vec![rows.column(0).clone(), Column::Codes { data: labels.to_vec() }];
        Samples::new(Arc::new(Schema { fields }), columns).unwrap()
    }

    fn fitted() -> (Samples, Box<dyn Model>) {
        let rows =
            labelled(&["a b", "c d", "a b", "c c", "a a", "b b", "a b", "d d"], &[0, 1, 0, 1, 0, 0, 0, 1]);
        let family = ClassConditional { base: Arc::new(NGram { order: 2, ..NGram::default() }) };
        let mix = Mix::of_human(Rows::all(rows.clone()));
        let model = family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).unwrap();
        (rows, model)
    }

    #[test]
    fn each_label_has_its_share_and_its_own_words() {
        let (_, model) = fitted();
        let n = 4_000;
        let made = model.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(0, 2)).unwrap();
        let labels = made.labels().unwrap();
        let share = labels.iter().filter(|l| **l == 0).count() as f64 / n as f64;
        // p = 5/8; four standard errors of sqrt(p(1 − p)/n).
        assert!((share - 0.625).abs() < 4.0 * (0.625_f64 * 0.375 / n as f64).sqrt(), "{share}");
        assert!(!labels.contains(&2), "a label that was never seen");
        // Smoothing shares out some mass over all 26 words; the label's own words keep most.
        let (mut own, mut other) = (0, 0);
        for row in (0..n).filter(|&i| labels[i] == 1) {
            for &t in made.tokens(row).unwrap() {
                if [2, 3].contains(&t) {
                    own += 1
                } else if [0, 1].contains(&t) {
                    other += 1
                }
            }
        }
        assert!(own > 8 * other, "{own} own words, {other} of the other label");
    }

    #[test]
    fn a_longer_sample_begins_with_a_shorter_one() {
        let (_, model) = fitted();
        let of = |n| model.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(0, 3)).unwrap();
        let (short, long) = (of(5), of(40).head(5));
        assert_eq!(short.labels(), long.labels());
        assert_eq!(short.token_rows(), long.token_rows());
        assert_eq!(of(0).len(), 0);
    }

    #[test]
    fn the_likelihood_is_that_of_the_label_times_that_of_the_text() {
        let (rows, model) = fitted();
        let own = [0_u32, 2, 4, 5, 6];
        let alone = rows.take(&own).without(1);
        let family = NGram { order: 2, ..NGram::default() };
        let ngram = family
            .fit(&Mix::of_human(Rows::all(alone.clone())), Start::Scratch, &Streams::new(0, 1))
            .unwrap();
        let streams = Streams::new(0, 0);
        let expected = ngram.density().unwrap().log_likelihood(&alone, &streams).unwrap();
        let found = model.density().unwrap().log_likelihood(&rows.take(&own), &streams).unwrap();
        for (a, b) in found.iter().zip(expected) {
            assert!((a - (b + 0.625_f64.ln())).abs() < 1e-12);
        }
        let unseen = labelled(&["a"], &[2]);
        assert!(model.density().unwrap().log_likelihood(&unseen, &streams).is_err());
    }

    #[test]
    fn groups_come_with_their_labels_as_in_training() {
        let rows = labelled(&["a", "b", "c", "d"], &[0, 1, 0, 1]);
        let kind = Kind::Codes { levels: Levels::Count(4) };
        let group = Field { name: "group".into(), role: Role::Group, kind };
        let fields = [vec![group], rows.schema().fields.clone()].concat();
        let columns =
            vec![Column::Codes { data: vec![3, 2, 0, 2] }, rows.column(0).clone(), rows.column(1).clone()];
        let rows = Samples::new(Arc::new(Schema { fields }), columns).unwrap();
        let family = ClassConditional { base: Arc::new(NGram::default()) };
        let model = family.fit(&Mix::of_human(Rows::all(rows)), Start::Scratch, &Streams::new(0, 1)).unwrap();
        let made = model.synthesise(Ask::Rows, 200, &Sampling::default(), &Streams::new(0, 2)).unwrap();
        let Column::Codes { data: groups } = made.column(0) else { panic!("codes") };
        let pairs: std::collections::BTreeSet<(u32, u32)> =
            made.labels().unwrap().iter().copied().zip(groups.iter().copied()).collect();
        assert_eq!(pairs.into_iter().collect::<Vec<_>>(), [(0, 0), (0, 3), (1, 2)]);
        assert!(model.density().is_none());
    }

    #[test]
    fn an_edit_keeps_the_labels() {
        let (rows, model) = fitted();
        let ask = Ask::Edit { of: &rows, above: 0.0 };
        let made = model.synthesise(ask, rows.len(), &Sampling::default(), &Streams::new(0, 4)).unwrap();
        assert_eq!(made.labels(), rows.labels());
        assert_ne!(made.token_rows(), rows.token_rows());
    }

    #[test]
    fn rows_without_a_label_are_refused() {
        let family = ClassConditional { base: Arc::new(NGram::default()) };
        assert!(family.accepts(text(TokenUnit::Words, &["a"]).schema()).is_err());
        let empty = Mix::of_human(Rows::all(labelled(&[], &[])));
        assert!(family.fit(&empty, Start::Scratch, &Streams::new(0, 1)).is_err());
    }

    #[test]
    fn shares_and_texts_are_combined_and_a_label_of_one_model_keeps_its_model() {
        // Shares 2(5/8, 3/8, 0) − (½, 0, ½) = (¾, ¾, −½): the last is cut off, so ½ each.
        let (rows, a) = fitted();
        let family = ClassConditional { base: Arc::new(NGram { order: 2, ..NGram::default() }) };
        let other = Mix::of_human(Rows::all(labelled(&["b a", "c"], &[0, 2])));
        let b = family.fit(&other, Start::Scratch, &Streams::new(0, 1)).unwrap();
        let line = family.affine().unwrap().combine(&[(2.0, &*a), (-1.0, &*b)]).unwrap();
        let log = |model: &dyn Model, row: u32| {
            model.density().unwrap().log_likelihood(&rows.take(&[row]), &Streams::new(0, 0)).unwrap()[0]
        };
        // Label 1 was seen by the first model only.
        assert!((log(&*line, 1) - 0.5_f64.ln() - (log(&*a, 1) - 0.375_f64.ln())).abs() < 1e-12);
        assert!((log(&*line, 0) - log(&*a, 0)).abs() > 1e-3, "label 0 has moved");
        let unseen = labelled(&["a"], &[2]);
        assert!(line.density().unwrap().log_likelihood(&unseen, &Streams::new(0, 0)).is_err());
    }
}
