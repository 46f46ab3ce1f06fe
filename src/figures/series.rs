//! What a curve draws: points with intervals, laws, and the human baseline.

/// One observation with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Position on x.
    pub x: f64,
    /// Value; where it is not finite there is a gap in the line, and an open ring where the line ends there.
    pub y: f64,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
}

impl Point {
    /// Returns a point without interval.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, low: None, high: None }
    }

    /// Returns a point with the interval `low..=high`.
    #[must_use]
    pub fn with_interval(x: f64, y: f64, low: f64, high: f64) -> Self {
        Self { x, y, low: Some(low), high: Some(high) }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Words in the key.
    pub name: String,
    /// A number that orders the series (its human fraction, say). Where every series has one,
    /// the colours are sequential.
    pub order: Option<f64>,
    /// Points; they are drawn in order of x.
    pub points: Vec<Point>,
}

/// A closed-form prediction, drawn dashed and black over the data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Law {
    /// Words in the key; laws with the same words share an entry.
    pub label: String,
    /// Points (x, y) of the curve.
    pub points: Vec<(f64, f64)>,
}

/// The level that human rows of the same size reach among themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Words in the key, for instance `human vs human`.
    pub label: String,
    /// The level.
    pub value: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
}
