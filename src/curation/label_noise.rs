//! A dial for wrong labels: a share λ of synthetic rows gets another label.
//!
//! Each synthetic row's label is, with probability λ, replaced by one of the other K − 1 labels,
//! uniformly: symmetric noise, so λ is the share of labels that changed. Works in place. It models a
//! generator that is right with probability 1 − λ (the label noise p of Feng et al.,
//! arXiv 2406.07515). Cost: one draw a row.

use rand::RngExt;

use super::{BoxedCuration, Curation, CurationError, More, Seen, on_synthetic, with_column};
use crate::data::{Column, Distribution, Kind, Mix, Role, Rows, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "label-noise",
        summary: "Gives a share λ of synthetic rows a wrong label",
        details: "Symmetric label noise: with probability λ the label becomes one of the others, uniformly. A \
                  dial for the quality of a generator. Works in place.",
        source: "Feng et al., arXiv 2406.07515 (label noise p)",
        parameters: LabelNoise::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<LabelNoise>(&["step", "on"])?)),
};

crate::parameters! {
    /// Symmetric label noise.
    #[derive(Clone, Copy, Debug, serde::Serialize)]
    pub struct LabelNoise {
        /// λ, the probability that a label is replaced by another
        pub share: f64 = 0.1, in within(0, 1);
    }
}

/// The position and the number of levels of the label column.
pub(super) fn label(schema: &Schema) -> Result<(usize, usize), Refusal> {
    match schema.first(Role::Label) {
        Some((i, field)) => match &field.kind {
            Kind::Codes { levels } => Ok((i, levels.count())),
            other => Err(Refusal::new(format!(
                "the label `{}` is {other}, not one of several classes",
                field.name
            ))),
        },
        None => Err(Refusal::new(format!("there is no label column; these rows are {schema}"))),
    }
}

impl Curation for LabelNoise {
    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        match label(schema)? {
            (_, levels) if levels < 2 => Err(Refusal::new("there is only one label, so none can be wrong")),
            _ => Ok(()),
        }
    }

    fn apply(
        &self,
        mix: Mix,
        _: Option<More<'_>>,
        _: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        let mut block = 0;
        on_synthetic(mix, |rows| {
            let table = rows.gather();
            self.accepts(table.schema(), None)?;
            let (column, levels) = label(table.schema())?;
            let Column::Codes { data } = table.column(column) else { return Ok(Rows::all(table)) };
            let mut rng = streams.of("flip").at(block).rng();
            block += 1;
            let noisy = |&label: &u32| {
                if rng.random::<f64>() >= self.share {
                    return label;
                }
                (label + rng.random_range(1..levels as u32)) % levels as u32
            };
            let data = data.iter().map(noisy).collect();
            Ok(Rows::all(with_column(&table, column, Column::Codes { data })?))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::{labelled, labels_of, outcomes, seen, synthetic};
    use super::*;

    #[test]
    fn a_share_of_labels_becomes_each_of_the_others() {
        // λ = .3 and three labels: 1 stays with .7 and becomes 0 or 2 with .15 each.
        let n = 20_000;
        seen(&[1.0], |seen| {
            let step = LabelNoise { share: 0.3 };
            let mix = synthetic(labelled(3, &vec![(0.0, 1); n]));
            let labels = labels_of(&step.apply(mix, None, seen, &Streams::new(0, 2)).unwrap());
            for (label, p) in [(0, 0.15), (1, 0.7), (2, 0.15)] {
                let found = labels.iter().filter(|l| **l == label).count() as f64 / n as f64;
                let z = (found - p) / (p * (1.0 - p) / n as f64).sqrt();
                assert!(z.abs() < 5.0, "{label}: {found}");
            }
        });
    }

    #[test]
    fn the_ends_of_the_dial_are_exact() {
        seen(&[1.0], |seen| {
            let apply = |share: f64| {
                let mix = synthetic(labelled(2, &[(0.0, 0), (0.0, 1), (0.0, 1)]));
                labels_of(&LabelNoise { share }.apply(mix, None, seen, &Streams::new(0, 0)).unwrap())
            };
            assert_eq!(apply(0.0), [0, 1, 1]);
            assert_eq!(apply(1.0), [1, 0, 0]);
        });
    }

    #[test]
    fn rows_without_labels_are_refused() {
        let step = LabelNoise::default();
        assert!(step.accepts(outcomes(2, vec![0]).schema(), None).is_err());
        assert!(step.accepts(labelled(1, &[(0.0, 0)]).schema(), None).is_err());
    }
}
