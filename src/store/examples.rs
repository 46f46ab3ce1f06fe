//! The first few rows of a measured sample, small enough for JSON: for galleries, text samples and
//! scatter plots.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::number::Numbers;
use crate::data::{Column, Field, Kind, NormalMixture, Role, Samples, Schema};
use crate::lineage::Fit;
use crate::metrics::Subject;
use crate::say::number;

/// Example rows of one observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The seed.
    pub seed: u64,
    /// The member of the population.
    pub member: u32,
    /// The generation.
    pub generation: u32,
    /// Whose rows they are.
    pub subject: Subject,
    /// The label of each row, where rows have labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<u32>>,
    /// The rows.
    pub rows: ExampleRows,
    /// The normal components of what drew the rows, where it is a mixture of a few in the plane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<Components>,
}

/// Normal components in the plane, as pictures need them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Components {
    /// Two numbers a component.
    pub means: Numbers,
    /// Four numbers a component, row-major.
    pub covariances: Numbers,
}

/// Components that a picture can show.
const COMPONENTS: usize = 64;
/// A cloud, or the columns of a table, need more rows than a list does.
const CLOUD: usize = 4;

impl Components {
    fn of(mixture: NormalMixture<'_>) -> Option<Self> {
        let NormalMixture { means, covariances, .. } = mixture;
        let finite = means.iter().chain(covariances).all(|v| v.is_finite());
        (mixture.dim == 2 && (1..=COMPONENTS).contains(&mixture.len()) && finite)
            .then(|| Self { means: Numbers(means.to_vec()), covariances: Numbers(covariances.to_vec()) })
    }
}

/// Rows in the form that suits their schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExampleRows {
    /// Grey-scale images, one byte a pixel.
    Images {
        /// Pixels from top to bottom.
        height: usize,
        /// Pixels from left to right.
        width: usize,
        /// The value of byte 0.
        low: f32,
        /// The value of byte 255.
        high: f32,
        /// The rows of pixels of each image, base64.
        bytes: Vec<String>,
    },
    /// Texts.
    Texts(Vec<String>),
    /// Points of `width` numbers each.
    Points {
        /// Numbers per point.
        width: usize,
        /// All points, row-major.
        values: Numbers,
    },
    /// Outcomes, by the name of their level.
    Outcomes(Vec<String>),
    /// Rows of a table of several columns, as people write them.
    Table {
        /// Names of the columns.
        columns: Vec<String>,
        /// A text for each column.
        rows: Vec<Vec<String>>,
    },
}

impl Example {
    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let texts = |texts: &[String]| texts.iter().map(|text| text.len() + 3).sum::<usize>();
        200 + match &self.rows {
            ExampleRows::Images { bytes, .. } => texts(bytes),
            ExampleRows::Texts(rows) | ExampleRows::Outcomes(rows) => texts(rows),
            ExampleRows::Points { values, .. } => 20 * values.0.len(),
            ExampleRows::Table { rows, .. } => rows.iter().map(|row| texts(row)).sum(),
        }
    }

    /// Keeps the first `most` rows, of points in the plane and of tables four times as many. `None` where nothing in
    /// the schema can be shown.
    pub fn of(
        fit: Fit,
        subject: Subject,
        rows: &Samples,
        components: Option<NormalMixture<'_>>,
        most: usize,
    ) -> Option<Self> {
        let plane = rows.schema().numeric_width() == 2;
        let rows = rows.head(if plane || ExampleRows::is_table(rows.schema()) { CLOUD * most } else { most });
        let labels = rows.labels().map(<[u32]>::to_vec);
        let Fit { seed, member, generation } = fit;
        let components = components.and_then(Components::of);
        Some(Self { seed, member, generation, subject, labels, rows: ExampleRows::of(&rows)?, components })
    }
}

impl ExampleRows {
    fn of(rows: &Samples) -> Option<Self> {
        let (index, field) = rows.schema().first(Role::Feature)?;
        if let Some(table) = Self::table(rows) {
            return Some(table);
        }
        match (&field.kind, rows.column(index)) {
            (Kind::F32 { image: Some((height, width)), range, .. }, Column::F32 { data, .. }) => {
                Some(images(*height, *width, *range, data))
            }
            (Kind::Ragged { .. }, _) => {
                Some(Self::Texts((0..rows.len()).filter_map(|row| rows.text(row)).collect()))
            }
            (Kind::Codes { levels }, Column::Codes { data }) => {
                Some(Self::Outcomes(data.iter().map(|&code| levels.name(code)).collect()))
            }
            (Kind::F32 { .. } | Kind::F64 { .. }, _) => {
                let width = rows.schema().numeric_width();
                Some(Self::Points { width, values: Numbers(rows.features()) })
            }
            _ => None,
        }
    }

    /// Rows of more than one feature, of which one is a category or there are too many for a picture.
    fn is_table(schema: &Schema) -> bool {
        let features = schema.with_role(Role::Feature);
        let category = |i: &usize| matches!(schema.fields[*i].kind, Kind::Codes { .. });
        let text = |field: &Field| matches!(field.kind, Kind::Ragged { .. });
        let picture = !features.iter().any(category) && schema.numeric_width() <= 2;
        features.len() >= 2 && !picture && !schema.fields.iter().any(text)
    }

    fn table(rows: &Samples) -> Option<Self> {
        let schema = rows.schema();
        if !Self::is_table(schema) {
            return None;
        }
        let cell = |column: usize, row: usize| match (&schema.fields[column].kind, rows.column(column)) {
            (Kind::Codes { levels }, Column::Codes { data }) => levels.name(data[row]),
            (_, Column::F32 { width: 1, data }) => number(f64::from(data[row])),
            (_, Column::F64 { width: 1, data }) => number(data[row]),
            _ => "…".into(),
        };
        let row = |row: usize| (0..schema.fields.len()).map(|column| cell(column, row)).collect();
        Some(Self::Table {
            columns: schema.fields.iter().map(|f| f.name.clone()).collect(),
            rows: (0..rows.len()).map(row).collect(),
        })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Images { bytes, .. } => bytes.len(),
            Self::Texts(rows) | Self::Outcomes(rows) => rows.len(),
            Self::Table { rows, .. } => rows.len(),
            Self::Points { width, values } => values.0.len().checked_div(*width).unwrap_or(0),
        }
    }

    /// The pixels of image `row`, row-major in [low, high] to within 1/510 of the range; `None`
    /// where rows are not images or the text is damaged.
    pub fn pixels(&self, row: usize) -> Option<Vec<f32>> {
        let Self::Images { height, width, low, high, bytes } = self else { return None };
        let bytes = BASE64.decode(bytes.get(row)?).ok().filter(|b| b.len() == height * width)?;
        Some(bytes.iter().map(|&b| low + (high - low) * f32::from(b) / 255.0).collect())
    }
}

fn images(height: usize, width: usize, range: Option<(f32, f32)>, data: &[f32]) -> ExampleRows {
    // Without a stated range the examples' own serves: brightness is then relative.
    let own = || {
        let finite = || data.iter().copied().filter(|v| v.is_finite());
        let (low, high) = (finite().reduce(f32::min), finite().reduce(f32::max));
        (low.unwrap_or(0.0), high.unwrap_or(1.0))
    };
    let (low, high) = range.unwrap_or_else(own);
    let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
    // A NaN becomes 0 and what is out of range its end: `as` saturates.
    let byte = |v: &f32| ((v - low) * scale).round() as u8;
    let image = |pixels: &[f32]| BASE64.encode(pixels.iter().map(byte).collect::<Vec<u8>>());
    let bytes = data.chunks_exact((height * width).max(1)).map(image).collect();
    ExampleRows::Images { height, width, low, high, bytes }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{TokenUnit, Vocabulary};
    use std::sync::Arc;

    fn example(kind: Kind, column: Column) -> Example {
        let samples = Samples::new(Arc::new(Schema::single(kind)), vec![column]).unwrap();
        let fit = Fit { seed: 1, member: 0, generation: 2 };
        let mixture = NormalMixture {
            dim: 2,
            weights: &[1.0],
            means: &[0.1, -2.0],
            covariances: &[1.0, 0.3, 0.3, 2.0],
        };
        let example = Example::of(fit, Subject::Model, &samples, Some(mixture), 2).unwrap();
        let kept = example.components.as_ref().unwrap();
        assert_eq!((&*kept.means.0, &*kept.covariances.0), (mixture.means, mixture.covariances));
        let json = serde_json::to_string(&example).unwrap();
        assert_eq!(serde_json::from_str::<Example>(&json).unwrap(), example);
        example
    }

    #[test]
    fn images_come_back_to_within_half_a_step() {
        let data = vec![0.0, 0.25, 0.5, 1.0, 0.1, 0.2, 0.3, 7.0, 9.0, 9.0, 9.0, 9.0];
        let kind = Kind::F32 { width: 4, image: Some((2, 2)), range: Some((0.0, 1.0)) };
        let rows = example(kind, Column::F32 { width: 4, data: data.clone() }).rows;
        assert_eq!(rows.len(), 2);
        let back: Vec<f32> = (0..2).flat_map(|i| rows.pixels(i).unwrap()).collect();
        for (back, was) in back.iter().zip(&data) {
            assert!((back - was.min(1.0)).abs() <= 1.0 / 510.0 + 1e-6, "{back} was {was}");
        }
    }

    #[test]
    fn texts_points_and_outcomes_are_written_out() {
        let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Characters, vec!["a".into(), "b".into()]));
        let column = Column::Ragged { offsets: vec![0, 2, 3, 3], tokens: vec![0, 1, 1] };
        assert_eq!(
            example(Kind::Ragged { vocabulary }, column).rows,
            ExampleRows::Texts(vec!["ab".into(), "b".into()])
        );
        let column = Column::F64 { width: 2, data: vec![0.1, 2.0, -3.0, 1e-9] };
        let rows = example(Kind::F64 { width: 2 }, column).rows;
        assert_eq!(rows, ExampleRows::Points { width: 2, values: Numbers(vec![0.1, 2.0, -3.0, 1e-9]) });
    }
}
