//! `[[figure]]`: what to draw from the rows that the run wrote.

use serde::{Deserialize, Serialize};

use super::de::one_or_many;
use super::error::Error;
use super::node::Node;

crate::parameters! {
    /// One figure. Axes name a column of `metrics.csv`, a metric, or a dotted setting.
    #[derive(Debug, Clone, Serialize)]
    pub struct FigureSpec {
        /// "curve", "small-multiples", "heat-map", "phase", "gallery", "bars", "best", "scatter", "snapshots",
        /// "histogram", "loss-curves", "definitions"
        pub kind: FigureKind = FigureKind::Curve => "required";
        /// The horizontal axis: a column of metrics.csv, a metric, or a dotted key
        pub x: Option<String> = None => "required by most";
        /// The vertical axis: one or several of these
        pub y: Vec<String> = Vec::new() => "required by most", with one_or_many;
        /// What colours tell apart; the metric of a heat map or a phase diagram
        pub color: Option<String> = None;
        /// What the rows of panels tell apart
        pub rows: Option<String> = None;
        /// What the columns of panels tell apart
        pub columns: Option<String> = None;
        /// In a scatter: what names the points
        pub label: Option<String> = None;
        /// "law", the closed form where one is known, or laws by name. On a heat map or a phase diagram a law's
        /// number is a place on the vertical axis
        pub overlay: Vec<String> = Vec::new() => "none", with one_or_many;
        /// Lines over a curve: { x = place, label = words } is upright, { y = place, … } level
        pub mark: Vec<Mark> = Vec::new();
        /// A logarithmic horizontal axis
        pub log_x: bool = false;
        /// A logarithmic vertical axis
        pub log_y: bool = false;
        /// In a phase diagram: the value at the boundary
        pub boundary: Option<f64> = None => "half-way between the extremes; the asked share where that is prevented";
        /// In a phase diagram: the share of the metric's loss that human rows prevent, in place of the metric
        pub prevented: bool = false;
        /// The generations that a gallery, snapshots, a histogram or loss curves show; the one of a phase diagram
        pub at: Vec<u32> = Vec::new() => "a few", with one_or_many;
        /// The title
        pub title: Option<String> = None => "by the axes";
        /// The file's name without its ending
        pub name: Option<String> = None => "by its position";
    }
    beside {
        /// The table that was read, for the places of its keys.
        #[serde(skip)]
        pub node: Node = Node::default();
    }
}

/// A straight line across a curve, at a place of one of its axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The place on the horizontal axis: an upright line.
    pub x: Option<f64>,
    /// The place on the vertical axis: a level line.
    pub y: Option<f64>,
    /// Words in the key.
    pub label: String,
}

/// The kind of figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigureKind {
    /// A line per colour, with intervals.
    Curve,
    /// One small curve per facet.
    SmallMultiples,
    /// A grid of two settings, coloured by a metric.
    HeatMap,
    /// Two numbers of the settings, coloured by a metric, with level lines and a boundary in its band.
    Phase,
    /// Samples, generation by generation.
    Gallery,
    /// Points in the plane and the components they were drawn from, generation by generation.
    Snapshots,
    /// Bars with intervals.
    Bars,
    /// A point for each setting.
    Scatter,
    /// How often each place on x has the best value, over resamples of the seeds.
    Best,
    /// Shares of bins as outlines over each other, generation by generation.
    Histogram,
    /// Losses by training step, generation by generation.
    LossCurves,
    /// Settings by the eight definitions of collapse.
    Definitions,
}

impl FigureSpec {
    /// Reads and checks one `[[figure]]`.
    ///
    /// # Errors
    /// On unknown keys and missing axes.
    pub fn read(node: &Node) -> Result<Self, Error> {
        let mut figure: Self = node.read(&[])?;
        figure.node = node.clone();
        let whole =
            [FigureKind::Gallery, FigureKind::Snapshots, FigureKind::LossCurves, FigureKind::Definitions];
        if !whole.contains(&figure.kind) {
            let maps = matches!(figure.kind, FigureKind::HeatMap | FigureKind::Phase);
            let color = !maps || figure.color.is_some();
            let y = figure.kind == FigureKind::Histogram || !figure.y.is_empty();
            let needed = [("x", figure.x.is_some()), ("y", y), ("color", color)];
            if let Some((key, _)) = needed.iter().find(|(_, there)| !there) {
                return Err(Error::missing_key(key, &node.at));
            }
        }
        if figure.label.is_some() && figure.kind != FigureKind::Scatter {
            let help = "leave it out, or draw a scatter".to_owned();
            return Err(Error::bad_value(
                node.at_of("label"),
                "only a scatter has labelled points".into(),
                help,
            ));
        }
        for (key, given) in [("boundary", figure.boundary.is_some()), ("prevented", figure.prevented)] {
            if given && figure.kind != FigureKind::Phase {
                let what = format!("only a phase diagram has a `{key}`");
                return Err(Error::bad_value(
                    node.at_of(key),
                    what,
                    "leave it out, or set kind = \"phase\"".into(),
                ));
            }
        }
        for (i, mark) in figure.mark.iter().enumerate() {
            if mark.x.is_some() == mark.y.is_some() {
                let at = node.get("mark").and_then(Node::as_array).and_then(|all| all.get(i)).unwrap_or(node);
                let what = format!("the mark `{}` has not one place", mark.label);
                return Err(Error::bad_value(at.at.clone(), what, "give it either `x` or `y`".into()));
            }
        }
        Ok(figure)
    }
}
