//! Lines over a heat map: a dark stroke with a pale rim, told apart by their dashes.

use super::geometry::clip_line;
use super::heat_map::HeatMap;
use super::key::{Entry, Sample, draw_above};
use super::page::BORDER;
use super::palette::{Dash, INK, WHITE};
use super::scene::{Rect, Scene};

const DASHES: [Dash; 5] = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::Mixed, Dash::Short];

/// The stroke of the i-th line.
fn dash(i: usize) -> Dash {
    DASHES[i % DASHES.len()]
}

/// Where a number lies among the centres of the cells with these numbers, in cells from the first
/// edge: linear between centres, and beyond the ends as in the outermost interval.
fn place(centres: &[f64], value: f64) -> f64 {
    let last = centres.len() - 1;
    let right = centres.iter().position(|c| *c >= value).unwrap_or(last).max(1).min(last);
    let (a, b) = (centres[right - 1], centres[right]);
    right as f64 - 0.5 + (value - a) / (b - a)
}

impl HeatMap {
    /// The numbers of the cells, where all names are numbers in ascending order.
    fn centres(names: &[String]) -> Option<Vec<f64>> {
        let numbers: Vec<f64> =
            names.iter().map(|n| n.replace('−', "-").parse().ok()).collect::<Option<_>>()?;
        (numbers.len() > 1 && numbers.windows(2).all(|p| p[0] < p[1])).then_some(numbers)
    }

    /// The key of the lines from `top` down; returns the y below it.
    pub(super) fn line_key(&self, scene: &mut Scene, top: f64) -> f64 {
        let entry = |(i, line): (usize, &super::MapLine)| Entry {
            label: line.label.clone(),
            sample: Sample::Stroke(dash(i)),
        };
        let entries: Vec<Entry> = self.lines.iter().enumerate().map(entry).collect();
        let right = scene.width - BORDER;
        draw_above(scene, (BORDER, right, top), "", &entries)
    }

    pub(super) fn draw_lines(&self, scene: &mut Scene, area: Rect) {
        let (Some(columns), Some(rows)) = (Self::centres(&self.x), Self::centres(&self.y)) else { return };
        let (w, h) = (area.width() / columns.len() as f64, area.height() / rows.len() as f64);
        for (i, line) in self.lines.iter().enumerate() {
            let at = |(x, y): &(f64, f64)| {
                (area.left + place(&columns, *x) * w, area.bottom - place(&rows, *y) * h)
            };
            let points: Vec<(f64, f64)> = line.points.iter().map(at).collect();
            for part in clip_line(&points, area) {
                scene.line(part.clone(), 3.4, WHITE, Dash::Solid);
                scene.line(part, 1.5, INK, dash(i));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::figures::{Figure, MapLine, Mark, Size};

    #[test]
    fn a_number_lies_between_the_centres_of_its_cells() {
        let centres = [0.0, 1.0, 3.0];
        for (value, cells) in
            [(0.0, 0.5), (0.5, 1.0), (1.0, 1.5), (2.0, 2.0), (3.0, 2.5), (4.0, 3.0), (-0.5, 0.0)]
        {
            assert!((place(&centres, value) - cells).abs() < 1e-12, "{value}");
        }
    }

    #[test]
    fn a_line_is_drawn_over_numbers_and_not_over_names() {
        let map = |x: [&str; 2]| HeatMap {
            x: x.map(str::to_owned).to_vec(),
            y: vec!["0".into(), "1".into()],
            values: vec![vec![0.0, 1.0], vec![1.0, 0.0]],
            lines: vec![MapLine { label: "threshold".into(), points: vec![(0.0, 0.0), (1.0, 1.0)] }],
            ..HeatMap::default()
        };
        let strokes = |map: HeatMap| {
            let scene = map.scene(Size::PAGE).unwrap();
            let thick = |m: &&Mark| matches!(m, Mark::Line { width, .. } if (*width - 3.4).abs() < 1e-9);
            scene.marks.iter().filter(thick).count()
        };
        assert_eq!(strokes(map(["0", "1"])), 1);
        assert_eq!(strokes(map(["cold", "warm"])), 0);
    }
}
