//! Galleries: what the models make, as small grey images by row (generation) and column
//! (human fraction, say), with the human rows on top.

use super::lettering::{CAPITAL, LABEL, SMALL, shorten, width};
use super::page::{BORDER, axis_label, heading, no_data, notes};
use super::palette::{AXIS, Dash, INK, MISSING};
use super::scene::{Anchor, Mark, Rect, Scene, Size};
use super::{Figure, FigureError};

/// One grey image.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Columns of pixels.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Values, row by row, in the range that the gallery states; NaN is drawn as the low end.
    pub pixels: Vec<f32>,
}

/// One row of cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GalleryRow {
    /// Words left of the row, for instance `0` for a generation.
    pub label: String,
    /// The pictures of each cell, one list per column; an empty list is an empty cell.
    pub cells: Vec<Vec<Picture>>,
}

/// Pictures by row and column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gallery {
    /// A few words, bold.
    pub title: String,
    /// What is shown.
    pub subtitle: String,
    /// Name of the columns' quantity, for instance `human fraction`.
    pub x_label: String,
    /// Name of the rows' quantity, for instance `generation`.
    pub y_label: String,
    /// Column names.
    pub columns: Vec<String>,
    /// Human pictures, shown first across the whole width; none where empty.
    pub human: Vec<Picture>,
    /// Rows, top to bottom.
    pub rows: Vec<GalleryRow>,
    /// Pixel values of black and white.
    pub range: (f32, f32),
    /// Pictures in one line of a cell; absent: two, or one where cells hold one.
    pub across: Option<usize>,
    /// A remark below.
    pub note: String,
}

/// Gap between pictures of one cell, and between cells, points.
const GAP: f64 = 1.5;
const CELL_GAP: f64 = 7.0;
/// Largest side of one picture, points.
const LARGEST: f64 = 42.0;

impl Gallery {
    fn check(&self) -> Result<(), FigureError> {
        for row in &self.rows {
            if row.cells.len() != self.columns.len() {
                return Err(FigureError::Shape {
                    what: format!("cells in gallery row `{}`", row.label),
                    expected: self.columns.len(),
                    got: row.cells.len(),
                });
            }
        }
        let all = self.rows.iter().flat_map(|r| r.cells.iter().flatten());
        match all.chain(&self.human).find(|p| p.pixels.len() != p.width * p.height) {
            Some(p) => Err(FigureError::Shape {
                what: format!("pixels of a {} × {} picture", p.width, p.height),
                expected: p.width * p.height,
                got: p.pixels.len(),
            }),
            None => Ok(()),
        }
    }

    fn grey(&self, picture: &Picture) -> Vec<u8> {
        let (low, high) = self.range;
        let span = if high > low { high - low } else { 1.0 };
        let level = |v: &f32| ((v - low) / span).clamp(0.0, 1.0);
        // A NaN passes through clamp and becomes 0 in the cast.
        picture.pixels.iter().map(|v| (level(v) * 255.0).round() as u8).collect()
    }

    fn place(&self, scene: &mut Scene, picture: &Picture, x: f64, y: f64, side: f64) {
        let longest = picture.width.max(picture.height).max(1) as f64;
        let at = Rect {
            left: x,
            top: y,
            right: x + side * picture.width as f64 / longest,
            bottom: y + side * picture.height as f64 / longest,
        };
        if picture.width == 0 || picture.height == 0 {
            return;
        }
        scene.marks.push(Mark::Image {
            at,
            columns: picture.width,
            rows: picture.height,
            grey: self.grey(picture),
        });
    }
}

impl Figure for Gallery {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        self.check()?;
        let mut scene = Scene::new(size, &super::description(&self.title, "pictures"));
        let top = heading(&mut scene, &self.title, &self.subtitle);
        let most = self.rows.iter().flat_map(|r| &r.cells).map(Vec::len).max().unwrap_or(0);
        let count = self.columns.len();
        if most == 0 && self.human.is_empty() {
            let area = Rect { left: BORDER, top, right: scene.width - BORDER, bottom: scene.height - BORDER };
            no_data(&mut scene, area);
            return Ok(scene);
        }
        let across = self.across.unwrap_or(2).clamp(1, most.max(1));
        let down = most.div_ceil(across).max(1);
        let labels = self.rows.iter().map(|r| r.label.as_str());
        let human = (!self.human.is_empty()).then_some("human");
        let names =
            labels.chain(human).map(|l| width(l, SMALL, false)).fold(0.0, f64::max).min(scene.width * 0.25);
        let y_label = if self.y_label.is_empty() { 0.0 } else { LABEL * 1.45 };
        let left = BORDER + y_label + names + 5.0;
        let room = scene.width - BORDER - left;
        let columns = count.max(1) as f64;
        let cell_room = (room - CELL_GAP * (columns - 1.0)) / columns;
        let side = ((cell_room - GAP * (across as f64 - 1.0)) / across as f64).min(LARGEST);
        if side < 6.0 {
            return Err(FigureError::NoRoom { width: size.width, height: size.height });
        }
        let cell = (
            across as f64 * side + (across as f64 - 1.0) * GAP,
            down as f64 * side + (down as f64 - 1.0) * GAP,
        );
        let used = columns * cell.0 + (columns - 1.0) * CELL_GAP;
        let mut y = top + 2.0;
        if human.is_some() {
            let at = (left - 5.0, y + side / 2.0 + SMALL * CAPITAL / 2.0);
            scene.text(at, "human", SMALL, INK, Anchor::End);
            // The same grid as the cells below.
            let each = across.max(1);
            for (i, p) in self.human.iter().take(count.max(1) * each).enumerate() {
                let x = left + (i / each) as f64 * (cell.0 + CELL_GAP) + (i % each) as f64 * (side + GAP);
                self.place(&mut scene, p, x, y, side);
            }
            y += side + CELL_GAP;
            scene.line(vec![(left, y), (left + used, y)], 0.6, AXIS, Dash::Solid);
            y += CELL_GAP * 0.6;
        }
        let middle = left + used / 2.0;
        if count > 0 && !self.x_label.is_empty() {
            axis_label(&mut scene, (middle, y + LABEL * 0.9), &self.x_label, room, false);
            y += LABEL * 1.4;
        }
        for (i, name) in self.columns.iter().enumerate() {
            let x = left + i as f64 * (cell.0 + CELL_GAP) + cell.0 / 2.0;
            let name = shorten(name, SMALL, false, cell.0 + CELL_GAP);
            scene.text((x, y + SMALL * 0.9), &name, SMALL, INK, Anchor::Middle);
        }
        y += SMALL * 1.4;
        let first = y;
        for row in &self.rows {
            let at = (left - 5.0, y + cell.1 / 2.0 + SMALL * CAPITAL / 2.0);
            let label = shorten(&row.label, SMALL, false, names + 1.0);
            scene.text(at, &label, SMALL, INK, Anchor::End);
            for (c, pictures) in row.cells.iter().enumerate() {
                let x = left + c as f64 * (cell.0 + CELL_GAP);
                if pictures.is_empty() {
                    let empty = Rect { left: x, top: y, right: x + cell.0, bottom: y + cell.1 };
                    scene.rect(empty, MISSING, 1.0);
                }
                for (i, p) in pictures.iter().enumerate() {
                    let px = x + (i % across) as f64 * (side + GAP);
                    let py = y + (i / across) as f64 * (side + GAP);
                    self.place(&mut scene, p, px, py, side);
                }
            }
            y += cell.1 + CELL_GAP;
        }
        let last = y - CELL_GAP;
        if y_label > 0.0 && !self.rows.is_empty() {
            let at = (BORDER + LABEL * 0.9, f64::midpoint(first, last));
            axis_label(&mut scene, at, &self.y_label, (last - first).max(40.0), true);
        }
        let lines = super::lettering::wrap(&self.note, SMALL, false, scene.width - 2.0 * BORDER);
        let under = lines.len() as f64 * SMALL * super::lettering::LEADING;
        scene.height = y + under + BORDER;
        notes(&mut scene, std::slice::from_ref(&self.note));
        Ok(scene)
    }
}
