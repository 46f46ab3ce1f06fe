//! Phase maps: cells at their places, level lines, a boundary with the band in which it may lie, and laws.

use super::axis::{Axis, Spread};
use super::colour_scale::ColourScale;
use super::contours::{contours, value_at};
use super::geometry::clip_line;
use super::heat_cells::hatch;
use super::heat_map::MapLine;
use super::key::{Entry, Sample, draw_above};
use super::lettering::{CAPITAL, SMALL, width};
use super::number;
use super::page::{BORDER, Frame, frame, heading, no_data, notes};
use super::palette::{Dash, INK, WHITE};
use super::scale::Scale;
use super::scene::{Anchor, Rect, Scene, Size};
use super::{Datum, Figure, FigureError};

/// A cell: a place and its value.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PhaseCell {
    /// The place on the horizontal axis.
    pub x: f64,
    /// The place on the vertical axis.
    pub y: f64,
    /// The value; NaN where there is none.
    pub value: f64,
    /// The lower end of its interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// Numbers on a lattice, for lines between cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lattice {
    /// Places on the horizontal axis, ascending.
    pub x: Vec<f64>,
    /// Places on the vertical axis, ascending.
    pub y: Vec<f64>,
    /// The value, one list of `x.len()` for each of `y`; NaN where there is none.
    pub value: Vec<Vec<f64>>,
    /// How far a place is from the boundary: at most ½ in its band, at most 1; NaN where nothing is known.
    pub away: Vec<Vec<f64>>,
}

/// A map over two numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PhaseMap {
    /// A few words, bold.
    pub title: String,
    /// What is shown.
    pub subtitle: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Whether cells lie in rows of one y; else in columns of one x.
    pub rows: bool,
    /// The cells.
    pub cells: Vec<PhaseCell>,
    /// The colours of their values.
    pub colours: ColourScale,
    /// Values and band between the cells.
    pub lattice: Lattice,
    /// Values that have a thin line.
    pub levels: Vec<f64>,
    /// The value at the boundary, and what that is called.
    pub boundary: Option<(f64, String)>,
    /// The boundary where it crosses a line of cells: place across, estimate, interval; for the CSV.
    pub crossings: Vec<(f64, f64, Option<f64>, Option<f64>)>,
    /// Laws, in the numbers of the axes.
    pub lines: Vec<MapLine>,
    /// A remark below.
    pub note: String,
}

/// The strokes of laws; the boundary is solid.
const DASHES: [Dash; 4] = [Dash::Dashed, Dash::Dotted, Dash::Mixed, Dash::Short];
/// The distance of the strokes over the band, points.
const HATCH: f64 = 5.0;

/// The edges of cells at these places: midway, and beyond the ends as far as on the other side; a logarithmic axis has
/// its own midway.
fn edges(places: &[f64], spread: Spread) -> Vec<(f64, f64)> {
    let log = spread == Spread::Log;
    let warped: Vec<f64> = places.iter().map(|p| if log { p.ln() } else { *p }).collect();
    let back = |p: f64| if log { p.exp() } else { p };
    let half = |a: usize, b: usize| 0.5 * (warped[b] - warped[a]);
    let last = warped.len().saturating_sub(1);
    let of = |i: usize| match last {
        0 => (warped[i] - 0.5, warped[i] + 0.5),
        _ => {
            let below = if i > 0 { half(i - 1, i) } else { half(0, 1) };
            let above = if i < last { half(i, i + 1) } else { half(last - 1, last) };
            (warped[i] - below, warped[i] + above)
        }
    };
    (0..warped.len()).map(of).map(|(a, b)| (back(a), back(b))).collect()
}

fn distinct(places: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut places: Vec<f64> = places.collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    places
}

/// A cell, from left to right and from bottom to top.
type Tile = (PhaseCell, (f64, f64), (f64, f64));

impl PhaseMap {
    /// Each cell with its rectangle in the numbers of the axes: (left, right), (bottom, top).
    fn tiles(&self) -> Vec<Tile> {
        type Place = fn(&PhaseCell) -> f64;
        let (along, across): (Place, Place) = if self.rows { (|c| c.x, |c| c.y) } else { (|c| c.y, |c| c.x) };
        let (spread_along, spread_across) =
            if self.rows { (self.x.spread, self.y.spread) } else { (self.y.spread, self.x.spread) };
        let lines = distinct(self.cells.iter().map(across));
        let own = |line: f64| distinct(self.cells.iter().filter(|c| across(c) == line).map(along));
        // A line with nearer neighbours at its end reaches as far out as the others.
        let reach = lines.iter().flat_map(|line| edges(&own(*line), spread_along));
        let (first, last) =
            reach.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), e| (a.min(e.0), b.max(e.1)));
        let mut tiles = Vec::with_capacity(self.cells.len());
        for (line, thick) in lines.iter().zip(edges(&lines, spread_across)) {
            let places = own(*line);
            for (i, (place, long)) in places.iter().zip(edges(&places, spread_along)).enumerate() {
                let cell = self.cells.iter().find(|c| across(c) == *line && along(c) == *place);
                let low = if i == 0 { first } else { long.0 };
                let high = if i + 1 == places.len() { last } else { long.1 };
                let long = (low, high);
                let (x, y) = if self.rows { (long, thick) } else { (thick, long) };
                tiles.extend(cell.map(|c| (*c, x, y)));
            }
        }
        tiles
    }

    fn keys(&self) -> Vec<Entry> {
        let boundary = self
            .boundary
            .iter()
            .map(|(_, label)| Entry { label: label.clone(), sample: Sample::Stroke(Dash::Solid) });
        let law = |(i, line): (usize, &MapLine)| Entry {
            label: line.label.clone(),
            sample: Sample::Stroke(DASHES[i % DASHES.len()]),
        };
        boundary.chain(self.lines.iter().enumerate().map(law)).collect()
    }

    fn draw_cells(&self, scene: &mut Scene, plot: &Frame, scale: &Scale) {
        for (cell, x, y) in self.tiles() {
            let (low, high) = (plot.at(x.0, y.0), plot.at(x.1, y.1));
            let tile = Rect { left: low.0, right: high.0, top: high.1, bottom: low.1 };
            match self.colours.colour(scale, cell.value) {
                Some(colour) => {
                    // Reaching under the cells drawn later, so that no seams show.
                    let under = Rect {
                        right: (tile.right + 0.4).min(plot.area.right),
                        top: (tile.top - 0.4).max(plot.area.top),
                        ..tile
                    };
                    scene.rect(under, colour, 1.0);
                }
                None => hatch(scene, tile),
            }
        }
    }

    /// Strokes at 45° where the lattice is in the band.
    fn draw_band(&self, scene: &mut Scene, plot: &Frame) {
        let (l, area) = (&self.lattice, plot.area);
        let in_band = |(px, py): (f64, f64)| {
            let t = ((px - area.left) / area.width(), (area.bottom - py) / area.height());
            value_at(&l.x, &l.y, &l.away, (plot.x.value(t.0), plot.y.value(t.1))).is_some_and(|v| v <= 0.5)
        };
        let reach = area.width() + area.height();
        let mut offset = HATCH;
        while offset < reach {
            let line = [(area.left + offset, area.top), (area.left + offset - area.height(), area.bottom)];
            for part in clip_line(&line, area) {
                let (a, b) = (part[0], part[part.len() - 1]);
                let steps = ((b.1 - a.1).abs() / 0.5).ceil().max(1.0);
                let mut from = None;
                for k in 0..=steps as usize {
                    let u = k as f64 / steps;
                    let here = (a.0 + u * (b.0 - a.0), a.1 + u * (b.1 - a.1));
                    match (in_band(here), from) {
                        (true, None) => from = Some(here),
                        (false, Some(start)) => {
                            scene.line(vec![start, here], 0.9, WHITE, Dash::Solid);
                            from = None;
                        }
                        _ => {}
                    }
                }
                if let Some(start) = from {
                    scene.line(vec![start, b], 0.9, WHITE, Dash::Solid);
                }
            }
            offset += HATCH;
        }
        for line in contours(&l.x, &l.y, &l.away, 0.5) {
            let line = line.iter().map(|(x, y)| plot.at(*x, *y)).collect();
            scene.line(line, 0.9, WHITE, Dash::Solid);
        }
    }

    fn draw_levels(&self, scene: &mut Scene, plot: &Frame) {
        let l = &self.lattice;
        let words = self.levels.iter().map(|level| number::short(*level));
        for (level, word) in self.levels.iter().zip(words) {
            let lines = contours(&l.x, &l.y, &l.value, *level);
            let lines: Vec<Vec<(f64, f64)>> =
                lines.iter().map(|line| line.iter().map(|(x, y)| plot.at(*x, *y)).collect()).collect();
            for line in &lines {
                scene.line(line.clone(), 0.7, INK, Dash::Solid);
            }
            // The number on the longest piece, where that is long enough to carry one.
            let length = |line: &&Vec<(f64, f64)>| {
                line.windows(2).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum::<f64>()
            };
            let longest = lines.iter().max_by(|a, b| length(a).total_cmp(&length(b)));
            let Some(line) = longest.filter(|line| length(line) > 40.0) else { continue };
            let (x, y) = line[line.len() / 2];
            let (w, h) = (width(&word, SMALL, false) / 2.0 + 1.5, SMALL * CAPITAL / 2.0 + 1.5);
            let inside = x - w > plot.area.left
                && x + w < plot.area.right
                && y - h > plot.area.top
                && y + h < plot.area.bottom;
            if inside {
                scene.rect(Rect { left: x - w, right: x + w, top: y - h, bottom: y + h }, WHITE, 0.75);
                scene.text((x, y + SMALL * CAPITAL / 2.0), &word, SMALL, INK, Anchor::Middle);
            }
        }
    }

    /// The boundary and the laws: a dark stroke with a pale rim.
    fn draw_lines(&self, scene: &mut Scene, plot: &Frame) {
        let mut stroke = |line: &[(f64, f64)], thick: f64, dash: Dash| {
            let points: Vec<(f64, f64)> = line.iter().map(|(x, y)| plot.at(*x, *y)).collect();
            for part in clip_line(&points, plot.area) {
                scene.line(part.clone(), thick + 1.9, WHITE, Dash::Solid);
                scene.line(part, thick, INK, dash);
            }
        };
        let l = &self.lattice;
        if let Some((level, _)) = &self.boundary {
            for line in contours(&l.x, &l.y, &l.value, *level) {
                stroke(&line, 2.2, Dash::Solid);
            }
        }
        for (i, line) in self.lines.iter().enumerate() {
            stroke(&line.points, 1.5, DASHES[i % DASHES.len()]);
        }
    }
}

impl Figure for PhaseMap {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        let mut scene = Scene::new(size, &super::description(&self.title, &self.colours.axis.label));
        let top = heading(&mut scene, &self.title, &self.subtitle);
        let right = scene.width - BORDER;
        let top = draw_above(&mut scene, (BORDER, right, top), "", &self.keys());
        let scale = self.colours.scale(self.cells.iter().map(|c| c.value));
        let mut remarks = Vec::new();
        if self.boundary.is_some() && self.lattice.away.iter().flatten().any(|v| *v <= 0.5) {
            remarks.push("White strokes: the boundary’s 95 % band.".to_owned());
        }
        if self.cells.iter().any(|c| self.colours.colour(&scale, c.value).is_none()) {
            remarks.push("Grey hatching: no value.".into());
        }
        remarks.push(self.note.clone());
        let bottom = notes(&mut scene, &[remarks.join(" ")]);
        let outer = Rect { left: BORDER, top: top + 4.0, right: right - ColourScale::room(&scale), bottom };
        super::has_room(outer, &scene)?;
        let tiles = self.tiles();
        let fit = |axis: &Axis, ends: Vec<f64>| Scale::fit(axis, ends, 0.0);
        let x = fit(&self.x, tiles.iter().flat_map(|t| [t.1.0, t.1.1]).collect());
        let y = fit(&self.y, tiles.iter().flat_map(|t| [t.2.0, t.2.1]).collect());
        let plot = frame(&mut scene, outer, (&self.x, &self.y), (x, y));
        if tiles.is_empty() {
            no_data(&mut scene, plot.area);
            return Ok(scene);
        }
        self.draw_cells(&mut scene, &plot, &scale);
        self.draw_band(&mut scene, &plot);
        self.draw_levels(&mut scene, &plot);
        self.draw_lines(&mut scene, &plot);
        scene.outline(plot.area, 0.6, super::palette::AXIS);
        self.colours.bar(&mut scene, plot.area, &scale);
        Ok(scene)
    }

    fn data(&self) -> Vec<Datum> {
        let cell = |c: &PhaseCell| Datum {
            series: c.y.to_string(),
            x: c.x.to_string(),
            y: Some(c.value),
            low: c.low,
            high: c.high,
            ..Datum::default()
        };
        let boundary = |c: &(f64, f64, Option<f64>, Option<f64>)| Datum {
            panel: "boundary".into(),
            series: if self.rows { self.x.label.clone() } else { self.y.label.clone() },
            x: c.0.to_string(),
            y: Some(c.1),
            low: c.2,
            high: c.3,
        };
        let law = |line: &MapLine| -> Vec<Datum> {
            let datum = |(x, y): &(f64, f64)| Datum {
                panel: "law".into(),
                series: line.label.clone(),
                x: x.to_string(),
                y: Some(*y),
                ..Datum::default()
            };
            line.points.iter().map(datum).collect()
        };
        let cells = self.cells.iter().map(cell);
        cells.chain(self.crossings.iter().map(boundary)).chain(self.lines.iter().flat_map(law)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::figures::Mark;

    fn map() -> PhaseMap {
        let places = [0.0, 0.5, 1.0];
        let cells = places.iter().flat_map(|y| {
            places.iter().map(move |x| PhaseCell { x: *x, y: *y, value: x + y, ..PhaseCell::default() })
        });
        let value: Vec<Vec<f64>> = places.iter().map(|y| places.iter().map(|x| x + y).collect()).collect();
        let away = value.iter().map(|row| row.iter().map(|v| (v - 0.9).abs()).collect()).collect();
        PhaseMap {
            x: Axis::linear("share"),
            y: Axis::linear("rows"),
            rows: true,
            cells: cells.collect(),
            lattice: Lattice { x: places.into(), y: places.into(), value, away },
            boundary: Some((0.9, "here".into())),
            lines: vec![MapLine { label: "law".into(), points: vec![(0.0, 1.0), (1.0, 0.0)] }],
            ..PhaseMap::default()
        }
    }

    #[test]
    fn the_boundary_the_law_and_the_band_are_drawn_at_their_places() {
        let scene = map().scene(Size::PAGE).unwrap();
        let strokes = |wanted: f64| {
            let thick = |m: &&Mark| matches!(m, Mark::Line { width, .. } if (*width - wanted).abs() < 1e-9);
            scene.marks.iter().filter(thick).count()
        };
        // The boundary, and the law beside the two strokes of the key.
        assert_eq!((strokes(2.2), strokes(1.5)), (1, 1 + 2));
        assert!(strokes(0.9) > 10);
        let data = map().data();
        assert_eq!(data.iter().filter(|d| d.panel.is_empty()).count(), 9);
        assert_eq!(data.iter().filter(|d| d.panel == "law").count(), 2);
    }

    #[test]
    fn a_line_with_nearer_cells_at_its_end_leaves_no_gap() {
        let mut map = map();
        map.cells.push(PhaseCell { x: 0.1, y: 0.5, ..PhaseCell::default() });
        let tiles = map.tiles();
        let lefts = tiles.iter().filter(|t| t.0.x == 0.0).map(|t| t.1.0);
        assert!(lefts.clone().all(|left| (left + 0.25).abs() < 1e-12), "{:?}", lefts.collect::<Vec<_>>());
        assert_eq!(tiles.len(), 10);
    }

    #[test]
    fn cells_reach_halfway_to_their_neighbours() {
        assert_eq!(edges(&[0.0, 1.0, 4.0], Spread::Linear), [(-0.5, 0.5), (0.5, 2.5), (2.5, 5.5)]);
        let log = edges(&[1.0, 100.0], Spread::Log);
        assert!((log[0].1 - 10.0).abs() < 1e-9 && (log[1].1 - 1000.0).abs() < 1e-6);
    }
}
