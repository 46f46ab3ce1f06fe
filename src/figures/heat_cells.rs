//! The drawing of a heat map: cells, names and threshold line.

use super::geometry::clip_line;
use super::heat_map::HeatMap;
use super::lettering::{CAPITAL, LEADING, SMALL, shorten, width};
use super::number;
use super::palette::{AXIS, Colour, Dash, INK, MISSING, WHITE};
use super::scale::Scale;
use super::scene::{Anchor, Mark, Rect, Scene, Text};

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
        let fits = words.iter().all(|w| width(w, SMALL, false) + 3.0 <= cell.width());
        (self.write_values && fits && SMALL * LEADING <= cell.height()).then_some(words)
    }

    pub(super) fn cells(&self, scene: &mut Scene, area: Rect, scale: &Scale) {
        let written = self.written(area);
        for (row, values) in self.values.iter().enumerate() {
            for (column, v) in values.iter().enumerate() {
                let cell = self.cell(area, column, row);
                match self.colours.colour(scale, *v) {
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
                    threshold_line(scene, cell, (cell.right, cell.top), (cell.right, cell.bottom));
                }
                if row + 1 < self.y.len() && differ(above(column, row), above(column, row + 1)) {
                    threshold_line(scene, cell, (cell.left, cell.top), (cell.right, cell.top));
                }
            }
        }
    }

    pub(super) fn names(&self, scene: &mut Scene, area: Rect, room: f64, upwards: bool, longest: f64) {
        let w = area.width() / self.x.len() as f64;
        let widest = self.x.iter().map(|n| width(n, SMALL, false)).fold(0.0, f64::max);
        let every = if upwards { 1 } else { ((widest + 5.0) / w).ceil().max(1.0) as usize };
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
}

fn write(scene: &mut Scene, cell: Rect, text: &str, on: Colour) {
    // Above this luminance black has the higher contrast (WCAG), below it white.
    let ink = if on.luminance() > 0.2 { INK } else { WHITE };
    let at =
        (f64::midpoint(cell.left, cell.right), f64::midpoint(cell.top, cell.bottom) + SMALL * CAPITAL / 2.0);
    scene.text(at, text, SMALL, ink, Anchor::Middle);
}

pub(super) fn hatch(scene: &mut Scene, cell: Rect) {
    scene.rect(cell, MISSING, 1.0);
    let reach = cell.width() + cell.height();
    let mut offset = 5.0;
    while offset < reach {
        let line = [(cell.left + offset, cell.top), (cell.left + offset - cell.height(), cell.bottom)];
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
