//! Heat maps: a grid of values under a colour scale, with an optional threshold line.

use super::axis::{Axis, Scale, Spread};
use super::geometry::clip_line;
use super::lettering::{CAPITAL, LABEL, LEADING, SMALL, shorten, width};
use super::number;
use super::page::{BORDER, axis_label, heading, no_data, notes, tick_count};
use super::palette::{AXIS, Colour, INK, MISSING, WHITE, diverging, viridis};
use super::scene::{Anchor, Dash, Mark, Rect, Scene, Size, Text};
use super::{Figure, FigureError};

/// Which colours the values run through.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Ramp {
    /// Dark to light (viridis).
    #[default]
    Sequential,
    /// Blue below the middle, orange above; the range is made symmetric about it.
    Diverging {
        /// The neutral value, on a linear scale.
        middle: f64,
    },
}

/// How values become colours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColourScale {
    /// Name, spread and range of the values.
    pub axis: Axis,
    /// The colours.
    pub ramp: Ramp,
}

/// A line drawn between cells on either side of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The value.
    pub value: f64,
    /// Words in the note.
    pub label: String,
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
    /// Write the values into cells that are large enough.
    pub write_values: bool,
    /// A remark below.
    pub note: String,
}

impl HeatMap {
    fn check(&self) -> Result<(), FigureError> {
        let wrong = |what: &str, expected, got| {
            Err(FigureError::Shape {
                what: what.to_owned(),
                expected,
                got,
            })
        };
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

    fn scale(&self) -> Scale {
        let values = self.values.iter().flatten().copied();
        let mut axis = self.colours.axis.clone();
        if let Ramp::Diverging { middle } = self.colours.ramp {
            axis.spread = Spread::Linear;
            let given = [axis.min, axis.max].into_iter().flatten();
            let far = values
                .clone()
                .chain(given)
                .filter(|v| v.is_finite())
                .map(|v| (v - middle).abs())
                .fold(0.0, f64::max);
            let far = if far > 0.0 { far } else { 1.0 };
            axis.min = Some(middle - far);
            axis.max = Some(middle + far);
        }
        Scale::fit(&axis, values, 0.0)
    }

    fn colour(&self, scale: &Scale, v: f64) -> Option<Colour> {
        let shown = match self.colours.ramp {
            Ramp::Sequential => self.colours.axis.shows(v),
            Ramp::Diverging { .. } => v.is_finite(),
        };
        shown.then(|| self.shade(scale.at(v)))
    }

    fn shade(&self, t: f64) -> Colour {
        match self.colours.ramp {
            Ramp::Sequential => viridis(t),
            Ramp::Diverging { .. } => diverging(t),
        }
    }
}

impl Figure for HeatMap {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        self.check()?;
        let mut scene = Scene::new(
            size,
            &super::description(&self.title, &self.colours.axis.label),
        );
        let top = heading(&mut scene, &self.title, &self.subtitle);
        let scale = self.scale();
        let missing = self
            .values
            .iter()
            .flatten()
            .any(|v| self.colour(&scale, *v).is_none());
        let mut remarks = Vec::new();
        if let Some(t) = &self.threshold {
            remarks.push(format!("Thick line: {}.", t.label.trim_end_matches('.')));
        }
        if missing {
            remarks.push("Hatched: no value.".into());
        }
        remarks.push(self.note.clone());
        let bottom = notes(&mut scene, &[remarks.join(" ")]);
        let legend = scale.ticks(6);
        let legend_width = legend
            .iter()
            .map(|t| width(&t.label, SMALL, false))
            .fold(0.0, f64::max);
        let side = 14.0 + 10.0 + 5.0 + legend_width + LABEL * 1.5;
        let names = self
            .y
            .iter()
            .map(|n| width(n, SMALL, false))
            .fold(0.0, f64::max);
        let names = names.min(scene.width * 0.3);
        let labels = if self.y_label.is_empty() {
            0.0
        } else {
            LABEL * 1.45
        };
        let left = BORDER + labels + names + 5.0;
        let right = scene.width - BORDER - side;
        let columns = self.x.len().max(1) as f64;
        let longest = self
            .x
            .iter()
            .map(|n| width(n, SMALL, false))
            .fold(0.0, f64::max);
        let numeric = self
            .x
            .iter()
            .all(|n| n.replace('−', "-").parse::<f64>().is_ok());
        let dense = numeric && self.x.len() > 16;
        let upwards = !dense && longest + 3.0 > (right - left) / columns;
        let longest = longest.min(scene.height * 0.3);
        let under = if upwards {
            longest + 5.0
        } else {
            SMALL * CAPITAL + 5.0
        };
        let x_room = if self.x_label.is_empty() {
            0.0
        } else {
            LABEL * 1.5
        };
        let area = Rect {
            left,
            top: top + 4.0,
            right,
            bottom: bottom - under - x_room,
        };
        super::has_room(area, &scene)?;
        if self.x.is_empty() || self.y.is_empty() {
            no_data(&mut scene, area);
            return Ok(scene);
        }
        self.cells(&mut scene, area, &scale);
        self.names(&mut scene, area, names, upwards, longest);
        let x_at = (f64::midpoint(left, right), bottom - 2.0);
        axis_label(&mut scene, x_at, &self.x_label, right - left, false);
        let y_at = (BORDER + LABEL * 0.9, f64::midpoint(area.top, area.bottom));
        axis_label(&mut scene, y_at, &self.y_label, area.height(), true);
        self.colour_bar(&mut scene, area, &scale, legend_width);
        Ok(scene)
    }
}

impl HeatMap {
    fn cell(&self, area: Rect, column: usize, row: usize) -> Rect {
        let w = area.width() / self.x.len() as f64;
        let h = area.height() / self.y.len() as f64;
        Rect {
            left: area.left + column as f64 * w,
            top: area.bottom - (row + 1) as f64 * h,
            right: area.left + (column + 1) as f64 * w,
            bottom: area.bottom - row as f64 * h,
        }
    }

    /// The words in the cells, row by row; none unless all of them fit.
    fn written(&self, area: Rect) -> Option<Vec<String>> {
        let cell = self.cell(area, 0, 0);
        let all: Vec<f64> = self.values.iter().flatten().copied().collect();
        let words = number::alike(&all);
        let fits = words
            .iter()
            .all(|w| width(w, SMALL, false) + 3.0 <= cell.width());
        (self.write_values && fits && SMALL * LEADING <= cell.height()).then_some(words)
    }

    fn cells(&self, scene: &mut Scene, area: Rect, scale: &Scale) {
        let written = self.written(area);
        for (row, values) in self.values.iter().enumerate() {
            for (column, v) in values.iter().enumerate() {
                let cell = self.cell(area, column, row);
                match self.colour(scale, *v) {
                    Some(colour) => {
                        // Reaching under the cells drawn later, so that no seams show.
                        let under = Rect {
                            right: (cell.right + 0.4).min(area.right),
                            top: (cell.top - 0.4).max(area.top),
                            ..cell
                        };
                        scene.rect(under, colour, 1.0);
                        if let Some(words) = &written {
                            write(scene, cell, &words[row * self.x.len() + column], colour);
                        }
                    }
                    None => hatch(scene, cell),
                }
            }
        }
        scene.outline(area, 0.6, AXIS);
        let Some(t) = &self.threshold else { return };
        let above = |c: usize, r: usize| {
            let v = self.values[r][c];
            v.is_finite().then_some(v >= t.value)
        };
        let differ = |a: Option<bool>, b: Option<bool>| a.zip(b).is_some_and(|(a, b)| a != b);
        for row in 0..self.y.len() {
            for column in 0..self.x.len() {
                let cell = self.cell(area, column, row);
                if column + 1 < self.x.len() && differ(above(column, row), above(column + 1, row)) {
                    threshold_line(
                        scene,
                        cell,
                        (cell.right, cell.top),
                        (cell.right, cell.bottom),
                    );
                }
                if row + 1 < self.y.len() && differ(above(column, row), above(column, row + 1)) {
                    threshold_line(scene, cell, (cell.left, cell.top), (cell.right, cell.top));
                }
            }
        }
    }

    fn names(&self, scene: &mut Scene, area: Rect, room: f64, upwards: bool, longest: f64) {
        let w = area.width() / self.x.len() as f64;
        let widest = self
            .x
            .iter()
            .map(|n| width(n, SMALL, false))
            .fold(0.0, f64::max);
        let every = if upwards {
            1
        } else {
            ((widest + 5.0) / w).ceil().max(1.0) as usize
        };
        let every_upwards = (SMALL * 1.1 / w).ceil().max(1.0) as usize;
        for (i, name) in self.x.iter().enumerate() {
            let x = area.left + (i as f64 + 0.5) * w;
            if upwards && i % every_upwards == 0 {
                scene.marks.push(Mark::Text(Text {
                    x: x + SMALL * CAPITAL / 2.0,
                    y: area.bottom + 4.0,
                    text: shorten(name, SMALL, false, longest + 1.0),
                    size: SMALL,
                    colour: INK,
                    anchor: Anchor::End,
                    bold: false,
                    upwards: true,
                }));
            } else if !upwards && i % every == 0 {
                let at = (x, area.bottom + 4.0 + SMALL * CAPITAL);
                scene.text(at, name, SMALL, INK, Anchor::Middle);
            }
        }
        let h = area.height() / self.y.len() as f64;
        let every = (SMALL * LEADING / h).ceil().max(1.0) as usize;
        for (i, name) in self.y.iter().enumerate().step_by(every) {
            let y = area.bottom - (i as f64 + 0.5) * h + SMALL * CAPITAL / 2.0;
            let name = shorten(name, SMALL, false, room + 1.0);
            scene.text((area.left - 4.0, y), &name, SMALL, INK, Anchor::End);
        }
    }

    fn colour_bar(&self, scene: &mut Scene, area: Rect, scale: &Scale, labels: f64) {
        const SLICES: usize = 64;
        let bar = Rect {
            left: area.right + 14.0,
            top: area.top,
            right: area.right + 24.0,
            bottom: area.bottom,
        };
        // From the top down, each slice reaching to the foot: no seams show between them.
        for i in (0..SLICES).rev() {
            let h = bar.height() / SLICES as f64;
            let slice = Rect {
                top: bar.bottom - (i + 1) as f64 * h,
                ..bar
            };
            scene.rect(slice, self.shade((i as f64 + 0.5) / SLICES as f64), 1.0);
        }
        scene.outline(bar, 0.6, AXIS);
        for tick in scale.ticks(tick_count(bar.height(), 20.0)) {
            if !(-1e-9..=1.0 + 1e-9).contains(&tick.at) {
                continue;
            }
            let y = bar.bottom - tick.at * bar.height();
            scene.line(
                vec![(bar.right, y), (bar.right + 2.5, y)],
                0.6,
                AXIS,
                Dash::Solid,
            );
            let at = (bar.right + 4.5, y + SMALL * CAPITAL / 2.0);
            scene.text(at, &tick.label, SMALL, INK, Anchor::Start);
        }
        let at = (
            bar.right + 5.0 + labels + LABEL * 1.25,
            f64::midpoint(bar.top, bar.bottom),
        );
        let label = &self.colours.axis.label;
        axis_label(scene, at, label, bar.height() + 20.0, true);
    }
}

fn write(scene: &mut Scene, cell: Rect, text: &str, on: Colour) {
    // Above this luminance black has the higher contrast (WCAG), below it white.
    let ink = if on.luminance() > 0.2 { INK } else { WHITE };
    let at = (
        f64::midpoint(cell.left, cell.right),
        f64::midpoint(cell.top, cell.bottom) + SMALL * CAPITAL / 2.0,
    );
    scene.text(at, text, SMALL, ink, Anchor::Middle);
}

fn hatch(scene: &mut Scene, cell: Rect) {
    scene.rect(cell, MISSING, 1.0);
    let reach = cell.width() + cell.height();
    let mut offset = 5.0;
    while offset < reach {
        let line = [
            (cell.left + offset, cell.top),
            (cell.left + offset - cell.height(), cell.bottom),
        ];
        for part in clip_line(&line, cell) {
            scene.line(part, 0.5, Colour(0xA8, 0xA8, 0xA8), Dash::Solid);
        }
        offset += 5.0;
    }
}

/// A dark line with a pale rim, thinner where cells are small.
fn threshold_line(scene: &mut Scene, cell: Rect, a: (f64, f64), b: (f64, f64)) {
    let width = (cell.width().min(cell.height()) / 7.0).clamp(0.9, 1.8);
    scene.line(vec![a, b], width * 1.9, WHITE, Dash::Solid);
    scene.line(vec![a, b], width, INK, Dash::Solid);
}
