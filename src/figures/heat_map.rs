//! Heat maps: a grid of values under a colour scale, with an optional threshold line.

use super::colour_scale::ColourScale;
use super::lettering::{CAPITAL, LABEL, SMALL, width};
use super::page::{BORDER, axis_label, heading, no_data, notes};
use super::scene::{Rect, Scene, Size};
use super::{Figure, FigureError};

/// A line drawn between cells on either side of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The value.
    pub value: f64,
    /// Words in the note.
    pub label: String,
}

/// A line over the grid, such as a law's threshold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MapLine {
    /// Words in the key.
    pub label: String,
    /// Points (x, y) in the numbers of the columns' and rows' names, x ascending.
    pub points: Vec<(f64, f64)>,
}

/// A grid of values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatMap {
    /// A few words, bold.
    pub title: String,
    /// What is shown.
    pub subtitle: String,
    /// Name of the columns' quantity.
    pub x_label: String,
    /// Name of the rows' quantity.
    pub y_label: String,
    /// Column names, left to right.
    pub x: Vec<String>,
    /// Row names, bottom to top.
    pub y: Vec<String>,
    /// Values, one list of `x.len()` for each of `y`; NaN where there is none.
    pub values: Vec<Vec<f64>>,
    /// Their colours.
    pub colours: ColourScale,
    /// A line between the cells below and the cells at or above a value.
    pub threshold: Option<Threshold>,
    /// Lines over the grid; drawn where columns and rows are numbers.
    pub lines: Vec<MapLine>,
    /// Write the values into cells that are large enough.
    pub write_values: bool,
    /// A remark below.
    pub note: String,
}

impl HeatMap {
    fn check(&self) -> Result<(), FigureError> {
        let wrong =
            |what: &str, expected, got| Err(FigureError::Shape { what: what.to_owned(), expected, got });
        if self.values.len() != self.y.len() {
            return wrong("rows of the heat map", self.y.len(), self.values.len());
        }
        match self.values.iter().position(|r| r.len() != self.x.len()) {
            Some(i) => {
                let what = format!("values in row {i} of the heat map");
                wrong(&what, self.x.len(), self.values[i].len())
            }
            None => Ok(()),
        }
    }
}

impl Figure for HeatMap {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        self.check()?;
        let mut scene = Scene::new(size, &super::description(&self.title, &self.colours.axis.label));
        let top = heading(&mut scene, &self.title, &self.subtitle);
        let top = self.line_key(&mut scene, top);
        let scale = self.colours.scale(self.values.iter().flatten().copied());
        let missing = self.values.iter().flatten().any(|v| self.colours.colour(&scale, *v).is_none());
        let mut remarks = Vec::new();
        if let Some(t) = &self.threshold {
            remarks.push(format!("Thick line: {}.", t.label.trim_end_matches('.')));
        }
        if missing {
            remarks.push("Hatched: no value.".into());
        }
        remarks.push(self.note.clone());
        let bottom = notes(&mut scene, &[remarks.join(" ")]);
        let side = ColourScale::room(&scale);
        let names = self.y.iter().map(|n| width(n, SMALL, false)).fold(0.0, f64::max);
        let names = names.min(scene.width * 0.3);
        let labels = if self.y_label.is_empty() { 0.0 } else { LABEL * 1.45 };
        let left = BORDER + labels + names + 5.0;
        let right = scene.width - BORDER - side;
        let columns = self.x.len().max(1) as f64;
        let longest = self.x.iter().map(|n| width(n, SMALL, false)).fold(0.0, f64::max);
        let numeric = self.x.iter().all(|n| n.replace('−', "-").parse::<f64>().is_ok());
        let dense = numeric && self.x.len() > 16;
        let upwards = !dense && longest + 3.0 > (right - left) / columns;
        let longest = longest.min(scene.height * 0.3);
        let under = if upwards { longest + 5.0 } else { SMALL * CAPITAL + 5.0 };
        let x_room = if self.x_label.is_empty() { 0.0 } else { LABEL * 1.5 };
        let area = Rect { left, top: top + 4.0, right, bottom: bottom - under - x_room };
        super::has_room(area, &scene)?;
        if self.x.is_empty() || self.y.is_empty() {
            no_data(&mut scene, area);
            return Ok(scene);
        }
        self.cells(&mut scene, area, &scale);
        self.draw_lines(&mut scene, area);
        self.names(&mut scene, area, names, upwards, longest);
        let x_at = (f64::midpoint(left, right), bottom - 2.0);
        axis_label(&mut scene, x_at, &self.x_label, right - left, false);
        let y_at = (BORDER + LABEL * 0.9, f64::midpoint(area.top, area.bottom));
        axis_label(&mut scene, y_at, &self.y_label, area.height(), true);
        self.colours.bar(&mut scene, area, &scale);
        Ok(scene)
    }

    fn data(&self) -> Vec<super::Datum> {
        self.numbers()
    }
}
