//! What the page's “Explore” draws from: the numbers and the example rows of a run, as one block of JSON.

use serde::Serialize;

use crate::figures::{Dash, Marker};

/// Everything that can be explored.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Explore {
    /// What tells settings apart.
    pub columns: Vec<Choice>,
    /// The column of numbers that the second slider moves along: the human share, where it varies.
    pub share: Option<usize>,
    /// The settings.
    pub settings: Vec<Setting>,
    /// The metrics.
    pub metrics: Vec<Metric>,
    /// The values of a metric in a setting.
    pub series: Vec<Values>,
    /// What human rows of the same size reach among themselves.
    pub human: Vec<HumanValue>,
    /// Example rows.
    pub gallery: Option<Gallery>,
    /// Settings that the page has no room for.
    pub left_out: usize,
}

/// A column with its values: numbers in order, then words.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Choice {
    /// Its name in plain words.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

/// A setting, and how it looks on every figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// What tells it apart, in words.
    pub name: String,
    /// Its value in each column, as an index.
    pub values: Vec<usize>,
    /// Whether it is a control: the same human rows alone.
    pub control: bool,
    /// `#rrggbb`.
    pub colour: String,
    /// The shape at its points.
    pub marker: Marker,
    /// How its line is broken.
    pub dash: Dash,
}

/// A metric.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Metric {
    /// The name in specs and tables.
    pub name: String,
    /// The unit; empty where there is none.
    pub unit: String,
    /// What it is, in one line.
    pub about: String,
    /// `less`, `more` or `human`; empty where that is not known.
    pub better: &'static str,
}

/// A metric of a setting by generation. All lists run along `generations`; `None` where there is no finite number.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Values {
    /// Which setting.
    pub setting: usize,
    /// Which metric.
    pub metric: usize,
    /// The generations measured.
    pub generations: Vec<u32>,
    /// Seeds asked for.
    pub asked: usize,
    /// Means over seeds, or medians where some are infinite.
    pub mean: Vec<Option<f64>>,
    /// Lower ends of the 95 % intervals.
    pub low: Vec<Option<f64>>,
    /// Upper ends.
    pub high: Vec<Option<f64>>,
    /// `∞` or `−∞` where that is the value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub infinite: Vec<String>,
    /// Of how many seeds a value speaks, where not of all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The closed-form prediction; empty where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<Vec<Option<f64>>>,
    /// Some seeds, one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seeds: Vec<Seed>,
}

/// One seed of a series.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Seed {
    /// Which.
    pub seed: u64,
    /// Its values.
    pub values: Vec<Option<f64>>,
}

/// The value of human rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct HumanValue {
    /// Which metric.
    pub metric: usize,
    /// The settings whose human rows these are.
    pub settings: Vec<usize>,
    /// The value.
    pub value: f64,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Example rows by setting and generation.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Gallery {
    /// `images`, `texts`, `points`, `table` or `outcomes`.
    pub kind: &'static str,
    /// What is shown and what marks mean.
    pub caption: String,
    /// Pixels of an image from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Names of a table's columns.
    pub columns: Vec<String>,
    /// The least and the greatest value on each axis, of points.
    pub span: Vec<(f64, f64)>,
    /// The outcomes that occur, the most frequent first.
    pub levels: Vec<String>,
    /// The greatest share of an outcome anywhere.
    pub most: f64,
    /// The rows.
    pub cells: Vec<GalleryCell>,
}

/// Rows that these settings have at a generation; settings share what is equal.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct GalleryCell {
    /// The settings.
    pub settings: Vec<usize>,
    /// The generation; `None` for human rows.
    pub generation: Option<u32>,
    /// The rows.
    pub rows: GalleryRows,
}

/// Rows of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum GalleryRows {
    /// Images, base64 of one byte a pixel from black to white; or outcomes by name.
    Names(Vec<String>),
    /// Texts in pieces, novel and copied in turn, the first one novel; or cells of a table.
    Pieces(Vec<Vec<String>>),
    /// Points.
    Points(Vec<Vec<f64>>),
}

impl Default for GalleryRows {
    fn default() -> Self {
        Self::Names(Vec::new())
    }
}

impl Explore {
    /// The JSON, safe inside a `script` element: no `<` is in it.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c")
    }
}
