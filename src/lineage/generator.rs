//! A generator that is not the student: another family, and the rows that it is fitted on.

use std::sync::Arc;

use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};

use super::Why;
use crate::data::{Body, Column, Kind, Mix, Part, Role, Rows, Samples, Schema};
use crate::models::{self, Family, Model, Refusal, Start};
use crate::rng::Streams;

/// A generator of its own.
pub struct Generator {
    /// The recipe.
    pub family: Arc<dyn Family>,
    /// Rows of another source under the student's columns; `None`: the student's last training set.
    pub data: Option<Samples>,
    /// Whether `data` has no groups: each of its rows then gets those of a random training row with its label.
    pub borrows_groups: bool,
    /// How many of the first rows of the training set stand beside `data`.
    pub examples: usize,
    /// At most this many of those rows: the first of a training set, a random choice of `data`.
    pub rows: Option<usize>,
    /// Unlabelled rows that every label gets, and the weight of each.
    pub background: Option<(Samples, f64)>,
    /// The share of its rows that get a wrong label, uniformly one of the others; in [0, 1].
    pub mislabelled: f64,
}

/// What is trained before generation 0, on rows of another source.
pub struct Base {
    /// The recipe and the rows.
    pub by: Generator,
    /// The key of its fit: SHA-256 of all that it depends on beside the seed.
    pub key: String,
}

impl Generator {
    /// Fits the generator; `training` is the student's last training set.
    pub fn fit(&self, training: &Mix, streams: &Streams) -> Result<Box<dyn Model>, Why> {
        let mut mix = match (&self.data, self.rows) {
            (None, None) => training.clone(),
            (None, Some(n)) => first(training, n),
            (Some(rows), n) => {
                let mut rows = rows.clone();
                if let Some(n) = n {
                    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
                    order.shuffle(&mut streams.of("rows").rng());
                    order.truncate(n);
                    rows = rows.take(&order);
                }
                if self.borrows_groups {
                    rows = with_groups(&rows, training, &streams.of("groups"))?;
                }
                let mut mix = Mix::of_human(Rows::all(rows));
                mix.parts.extend(first(training, self.examples).parts);
                mix
            }
        };
        if let Some((rows, weight)) = &self.background {
            for table in labelled(rows)? {
                let body = Body::Rows(Rows::all(table));
                mix.parts.push(Part { weight: *weight, ..Part::human(0, body) });
            }
        }
        Ok(models::fit(self.family.as_ref(), &mix, Start::Scratch, &streams.of("fit"))?)
    }

    /// The rows with a share of wrong labels: the generator's own mistakes.
    pub fn mislabel(&self, rows: Samples, streams: &Streams) -> Result<Samples, Refusal> {
        if self.mislabelled == 0.0 {
            return Ok(rows);
        }
        let (index, levels) =
            label_column(rows.schema()).ok_or_else(|| Refusal::new("there is no label to get wrong"))?;
        let mut rng = streams.of("mislabel").rng();
        // Two numbers a row, so that a longer table begins like a shorter one.
        let wrong = |label: &u32| match (rng.random::<f64>(), rng.random_range(1..levels.max(2) as u32)) {
            (u, by) if u < self.mislabelled && levels > 1 => (label + by) % levels as u32,
            _ => *label,
        };
        let labels: Vec<u32> = rows.labels().unwrap_or(&[]).iter().map(wrong).collect();
        with_labels(&rows, index, labels)
    }
}

/// The first `n` rows of a training set.
fn first(training: &Mix, n: usize) -> Mix {
    let mut left = n;
    let head = |part: &Part| {
        let Body::Rows(rows) = &part.body else { return None };
        let rows = rows.head(left);
        left -= rows.len();
        (!rows.is_empty()).then(|| Part { body: Body::Rows(rows), ..part.clone() })
    };
    Mix { parts: training.parts.iter().filter_map(head).collect(), combine: training.combine }
}

/// The table once with each label; as it is, where there is no label column.
fn labelled(rows: &Samples) -> Result<Vec<Samples>, Refusal> {
    match label_column(rows.schema()) {
        None => Ok(vec![rows.clone()]),
        Some((index, levels)) => {
            (0..levels as u32).map(|label| with_labels(rows, index, vec![label; rows.len()])).collect()
        }
    }
}

/// The position and the number of levels of the label column.
fn label_column(schema: &Schema) -> Option<(usize, usize)> {
    schema.first(Role::Label).and_then(|(i, field)| match &field.kind {
        Kind::Codes { levels } => Some((i, levels.count())),
        _ => None,
    })
}

/// The rows with other cells in column `index`.
fn with_labels(rows: &Samples, index: usize, labels: Vec<u32>) -> Result<Samples, Refusal> {
    let mut columns: Vec<Column> = (0..rows.schema().fields.len()).map(|i| rows.column(i).clone()).collect();
    columns[index] = Column::Codes { data: labels };
    Samples::new(rows.schema().clone(), columns).map_err(|e| Refusal::new(e.to_string()))
}

/// The rows with the groups of a random training row with the same label each; of any, where none has it.
fn with_groups(rows: &Samples, training: &Mix, streams: &Streams) -> Result<Samples, Refusal> {
    let refuse = |e: crate::data::ShapeError| Refusal::new(e.to_string());
    let none = || Refusal::new("there is no training row whose groups a generator's row could have");
    let (known, _) = training.gather().ok_or_else(none)?.map_err(refuse)?;
    let of = |label: Option<u32>| -> Vec<u32> {
        let same = |i: &u32| label.is_none_or(|l| known.labels().is_some_and(|k| k[*i as usize] == l));
        (0..known.len() as u32).filter(same).collect()
    };
    let levels = label_column(rows.schema()).map_or(0, |(_, levels)| levels as u32);
    let by_label: Vec<Vec<u32>> = (0..levels).map(|l| of(Some(l))).collect();
    let all = of(None);
    let mut rng = streams.rng();
    let mut chosen = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        let own = rows.labels().and_then(|labels| by_label.get(labels[row] as usize));
        let from = own.filter(|own| !own.is_empty()).unwrap_or(&all);
        chosen.push(*from.choose(&mut rng).ok_or_else(none)?);
    }
    let lent = known.take(&chosen);
    let fields = rows.schema().fields.iter().enumerate();
    let column = |(i, f): (usize, &crate::data::Field)| {
        if f.role == Role::Group { lent.column(i) } else { rows.column(i) }
    };
    let columns = fields.map(|f| column(f).clone()).collect();
    Samples::new(rows.schema().clone(), columns).map_err(refuse)
}

/// Rows under the student's columns without those of `role`: every cell of these is the first level.
pub(super) fn without(role: Role, rows: &Samples, schema: &Arc<Schema>) -> Result<Samples, Refusal> {
    let refuse = |e: crate::data::ShapeError| Refusal::new(e.to_string());
    let others: Vec<_> = schema.fields.iter().filter(|f| f.role != role).cloned().collect();
    let read = rows.read_as(&Arc::new(Schema { fields: others })).map_err(refuse)?;
    let mut taken = 0;
    let column = |field: &crate::data::Field| match field.role == role {
        true => Column::Codes { data: vec![0; read.len()] },
        false => {
            taken += 1;
            read.column(taken - 1).clone()
        }
    };
    let columns: Vec<Column> = schema.fields.iter().map(column).collect();
    Samples::new(schema.clone(), columns).map_err(refuse)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Field, Levels, TokenUnit};
    use crate::metrics::testing::text;
    use crate::models::class_conditional::ClassConditional;
    use crate::models::{Ask, NGram, Sampling};

    fn rows(lines: &[&str], labels: Vec<u32>) -> Samples {
        let rows = text(TokenUnit::Words, lines);
        let kind = Kind::Codes { levels: Levels::Count(2) };
        let label = Field { name: "label".into(), role: Role::Label, kind };
        let fields = vec![rows.schema().fields[0].clone(), label];
        Samples::new(
            Arc::new(Schema { fields }),
            vec![rows.column(0).clone(), Column::Codes { data: labels }],
        )
        .unwrap()
    }

    fn generator() -> Generator {
        let base = Arc::new(NGram { order: 1, ..NGram::default() });
        let family = Arc::new(ClassConditional { base });
        Generator {
            family,
            data: None,
            borrows_groups: false,
            examples: 0,
            rows: None,
            background: None,
            mislabelled: 0.0,
        }
    }

    fn words(made: &Samples) -> Vec<u32> {
        made.token_rows().unwrap().1.to_vec()
    }

    #[test]
    fn it_sees_only_as_many_of_the_first_rows_as_it_may() {
        let training = Mix::of_human(Rows::all(rows(&["a a a", "b b b", "c c c"], vec![0, 1, 1])));
        let two = Generator { rows: Some(1), ..generator() };
        let model = two.fit(&training, &Streams::new(0, 1)).unwrap();
        let made = model.synthesise(Ask::Rows, 50, &Sampling::default(), &Streams::new(0, 2)).unwrap();
        assert!(made.labels().unwrap().iter().all(|l| *l == 0));
        let all = generator().fit(&training, &Streams::new(0, 1)).unwrap();
        let made = all.synthesise(Ask::Rows, 50, &Sampling::default(), &Streams::new(0, 2)).unwrap();
        assert!(made.labels().unwrap().contains(&1));
    }

    #[test]
    fn rows_of_its_own_take_the_place_of_the_training_set() {
        let training = Mix::of_human(Rows::all(rows(&["a a a"], vec![0])));
        let own = Generator { data: Some(rows(&["z z z z", "z z z"], vec![1, 1])), ..generator() };
        let model = own.fit(&training, &Streams::new(0, 1)).unwrap();
        let made = model.synthesise(Ask::Rows, 20, &Sampling::default(), &Streams::new(0, 2)).unwrap();
        assert!(made.labels().unwrap().iter().all(|l| *l == 1));
    }

    #[test]
    fn examples_stand_beside_its_own_rows() {
        let training = Mix::of_human(Rows::all(rows(&["a a a", "b b b"], vec![0, 0])));
        let data = Some(rows(&["z z z"], vec![1]));
        let with = |examples| Generator { data: data.clone(), examples, ..generator() };
        let labels = |generator: Generator| {
            let model = generator.fit(&training, &Streams::new(0, 1)).unwrap();
            let made = model.synthesise(Ask::Rows, 90, &Sampling::default(), &Streams::new(0, 2)).unwrap();
            made.labels().unwrap().iter().filter(|l| **l == 0).count()
        };
        assert_eq!(labels(with(0)), 0);
        // One of two rows: 45 of 90, four standard errors of √22.5; two of three: 60, of √20.
        assert!((27..=63).contains(&labels(with(1))));
        assert!((43..=77).contains(&labels(with(2))));
    }

    #[test]
    fn rows_without_groups_get_those_of_training_rows_with_their_label() {
        let labelled = rows(&["a", "b", "c"], vec![0, 1, 1]);
        let kind = Kind::Codes { levels: Levels::Count(9) };
        let group = Field { name: "group".into(), role: Role::Group, kind };
        let fields = [labelled.schema().fields.clone(), vec![group]].concat();
        let schema = Arc::new(Schema { fields });
        let with = |codes: Vec<u32>| {
            let columns =
                vec![labelled.column(0).clone(), labelled.column(1).clone(), Column::Codes { data: codes }];
            Samples::new(schema.clone(), columns).unwrap()
        };
        let training = Mix::of_human(Rows::all(with(vec![4, 7, 8])));
        let own = without(Role::Group, &rows(&["z"; 40], [0, 1].repeat(20)), &schema).unwrap();
        let made = with_groups(&own, &training, &Streams::new(0, 1)).unwrap();
        let Column::Codes { data } = made.column(2) else { panic!("codes") };
        assert!(data.iter().step_by(2).all(|g| *g == 4));
        assert!(
            data.iter().skip(1).step_by(2).all(|g| [7, 8].contains(g))
                && data.contains(&7)
                && data.contains(&8)
        );
        assert_eq!(made.labels(), own.labels());
    }

    #[test]
    fn the_share_of_wrong_labels_is_as_asked_and_a_longer_table_begins_alike() {
        let clean = rows(&["a"; 2000], vec![1; 2000]);
        let streams = Streams::new(0, 5);
        let noisy = Generator { mislabelled: 0.3, ..generator() }.mislabel(clean.clone(), &streams).unwrap();
        let wrong = noisy.labels().unwrap().iter().filter(|l| **l == 0).count() as f64 / 2000.0;
        // Four standard errors of sqrt(.3 · .7 / 2000).
        assert!((wrong - 0.3).abs() < 0.041, "{wrong}");
        let short = Generator { mislabelled: 0.3, ..generator() }.mislabel(clean.head(7), &streams).unwrap();
        assert_eq!(short.labels(), noisy.head(7).labels());
        assert_eq!(generator().mislabel(clean.clone(), &streams).unwrap().labels(), clean.labels());
    }

    #[test]
    fn background_words_reach_every_label() {
        let training = Mix::of_human(Rows::all(rows(&["a a a a", "b b b b"], vec![0, 1])));
        let schema = rows(&[], vec![]).schema().clone();
        let unlabelled = text(TokenUnit::Words, &["q q q q q q q q"]);
        let rows = without(Role::Label, &unlabelled, &schema).unwrap();
        let with = Generator { background: Some((rows, 1.0)), ..generator() };
        let model = with.fit(&training, &Streams::new(0, 1)).unwrap();
        let made = model.synthesise(Ask::Rows, 200, &Sampling::default(), &Streams::new(0, 2)).unwrap();
        let q = words(&made).iter().filter(|t| **t == 16).count() as f64 / words(&made).len() as f64;
        // Eight of twelve words of each label, less what smoothing gives to the other 25.
        assert!((0.4..0.7).contains(&q), "{q}");
    }
}
