//! Snapshots: clouds of points in the plane, panel by panel on common axes, with the normal
//! components that they were drawn from.
//!
//! A component is shown by the ellipses that lie 1 and 2 standard deviations from its mean, which hold
//! 1 − e^(−1/2) = 39 % and 1 − e^(−2) = 86 % of its mass. Both axes have the same unit length. All
//! panels share one square, wide enough for nearly every point (a heavy tail may not shrink the rest);
//! the figure says how many points lie outside.

use super::axis::Axis;
use super::lettering::{CAPITAL, LABEL, LEADING, SMALL, shorten, width, wrap};
use super::number;
use super::page::{BORDER, axis_label, heading, no_data, notes};
use super::palette::{AXIS, Colour, Dash, GRID, INK, QUIET, Style, WHITE};
use super::scale::Scale;
use super::scene::{Anchor, Mark, Rect, Scene, Size, Text};
use super::{Figure, FigureError};

/// A normal component in the plane.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ellipse {
    /// The mean.
    pub mean: (f64, f64),
    /// The variances along x and y.
    pub variance: (f64, f64),
    /// The covariance of x and y.
    pub covariance: f64,
}

/// One panel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// Words over the panel; may be empty.
    pub title: String,
    /// The points; those that aren't finite are ignored.
    pub points: Vec<(f64, f64)>,
    /// The components that drew them; may be empty.
    pub components: Vec<Ellipse>,
}

/// Clouds of points on common axes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshots {
    /// A few words, bold.
    pub title: String,
    /// What is shown.
    pub subtitle: String,
    /// Name of the horizontal coordinate.
    pub x_label: String,
    /// Name of the vertical coordinate.
    pub y_label: String,
    /// The panels, row by row.
    pub panels: Vec<Snapshot>,
    /// Panels in a row.
    pub columns: usize,
    /// Words left of each row of panels; none where empty.
    pub rows: Vec<String>,
    /// A remark below.
    pub note: String,
}

/// Gap between panels, points.
const GAP: f64 = 6.0;
/// Radius of a point, and of the mark of a component too narrow to be seen, points.
const DOT: f64 = 0.8;
const SPECK: f64 = 2.2;
/// Up to so many components have colours and spreads of their own.
const FEW: usize = 4;
/// Corners of an ellipse.
const CORNERS: usize = 64;

impl Ellipse {
    /// The point `r` standard deviations from the mean, in direction `angle` of the unit circle: mean +
    /// r L (cos, sin) with L the lower Cholesky factor.
    fn at(&self, r: f64, angle: f64) -> (f64, f64) {
        let a = self.variance.0.max(0.0).sqrt();
        let b = if a > 0.0 { self.covariance / a } else { 0.0 };
        let c = (self.variance.1 - b * b).max(0.0).sqrt();
        let (x, y) = (r * angle.cos(), r * angle.sin());
        (self.mean.0 + a * x, self.mean.1 + b * x + c * y)
    }

    /// The fourth root of the determinant: the standard deviation of a round component of equal area.
    fn spread(&self) -> f64 {
        let (x, y) = self.variance;
        (x * y - self.covariance.powi(2)).max(0.0).sqrt().sqrt()
    }
}

impl Snapshots {
    fn check(&self) -> Result<(), FigureError> {
        let rows = self.panels.len().div_ceil(self.columns.max(1));
        if !self.rows.is_empty() && self.rows.len() != rows {
            let what = "names of the rows of snapshots".to_owned();
            return Err(FigureError::Shape { what, expected: rows, got: self.rows.len() });
        }
        Ok(())
    }

    /// The square that all panels show, as two scales of equal length; `None` without a point.
    fn scales(&self) -> Option<(Scale, Scale)> {
        let mut x: Vec<f64> = self.points().map(|p| p.0).collect();
        let mut y: Vec<f64> = self.points().map(|p| p.1).collect();
        let (mut low, mut high) = (central(&mut x), central(&mut y));
        for component in self.panels.iter().flat_map(|p| &p.components) {
            for (along, mean, variance) in [
                (&mut low, component.mean.0, component.variance.0),
                (&mut high, component.mean.1, component.variance.1),
            ] {
                let reach = 2.0 * variance.max(0.0).sqrt();
                *along = (along.0.min(mean - reach), along.1.max(mean + reach));
            }
        }
        let half = f64::max(low.1 - low.0, high.1 - high.0) * 0.53;
        let fit = |(a, b): (f64, f64)| {
            let middle = f64::midpoint(a, b);
            let half = if half > 0.0 { half } else { 0.5 };
            let axis = Axis { min: Some(middle - half), max: Some(middle + half), ..Axis::default() };
            Scale::fit(&axis, [], 0.0)
        };
        (low.0 <= low.1 && high.0 <= high.1).then(|| (fit(low), fit(high)))
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let shown = |p: &&(f64, f64)| Axis::default().shows(p.0) && Axis::default().shows(p.1);
        self.panels.iter().flat_map(|p| &p.points).filter(shown).copied()
    }
}

/// The ends between which 99 % of the values lie, in the middle; (∞, −∞) without a value.
fn central(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let cut = values.len() / 200;
    match (values.get(cut), values.get(values.len().wrapping_sub(1 + cut))) {
        (Some(low), Some(high)) => (*low, *high),
        _ => (f64::INFINITY, f64::NEG_INFINITY),
    }
}

impl Figure for Snapshots {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        self.check()?;
        let mut scene = Scene::new(size, &super::description(&self.title, "points in the plane"));
        let top = heading(&mut scene, &self.title, &self.subtitle);
        let Some((x, y)) = self.scales() else {
            let area = Rect { left: BORDER, top, right: scene.width - BORDER, bottom: scene.height - BORDER };
            no_data(&mut scene, area);
            return Ok(scene);
        };
        let columns = self.columns.clamp(1, self.panels.len().max(1));
        let lines = self.panels.len().div_ceil(columns);
        let ticks = y.ticks(5);
        let numbers = ticks.iter().map(|t| width(&t.label, SMALL, false)).fold(0.0, f64::max);
        let label = if self.y_label.is_empty() { 0.0 } else { LABEL * 1.45 };
        let left_of = |names: f64| BORDER + names + label + numbers + 6.0;
        let room_of = |names: f64| scene.width - BORDER - 2.0 - left_of(names);
        let side_of = |names: f64| (room_of(names) - GAP * (columns as f64 - 1.0)) / columns as f64;
        // Names that are longer than a panel is high take a second line, which makes panels a little smaller.
        let named = |name: &String| wrap(name, LABEL, true, 0.95 * side_of(LABEL * 1.45));
        let written: Vec<Vec<String>> = self.rows.iter().map(named).collect();
        let names = match written.iter().map(Vec::len).max() {
            None => 0.0,
            Some(most) => LABEL * (1.45 + LEADING * (most.clamp(1, 2) - 1) as f64),
        };
        let (left, room, side) = (left_of(names), room_of(names), side_of(names));
        if side < 40.0 {
            return Err(FigureError::NoRoom { width: size.width, height: size.height });
        }
        let mut at = top;
        for (row, panels) in self.panels.chunks(columns).enumerate() {
            let titled = panels.iter().any(|p| !p.title.is_empty());
            at += if titled { LABEL * LEADING + 1.0 } else { 0.0 };
            for (column, panel) in panels.iter().enumerate() {
                let area_left = left + column as f64 * (side + GAP);
                let area = Rect { left: area_left, top: at, right: area_left + side, bottom: at + side };
                let last = row + 1 == lines || (row + 1) * columns + column >= self.panels.len();
                axes(&mut scene, area, (&x, &y), column == 0, last);
                draw(&mut scene, area, (&x, &y), panel);
            }
            for (i, line) in written.get(row).into_iter().flat_map(|lines| lines.iter().take(2)).enumerate() {
                let middle = (BORDER + LABEL * (0.9 + LEADING * i as f64), at + side / 2.0);
                bold_upwards(&mut scene, middle, &shorten(line, LABEL, true, side));
            }
            let middle = (BORDER + names + LABEL * 0.9, at + side / 2.0);
            axis_label(&mut scene, middle, &self.y_label, side, true);
            at += side + if row + 1 < lines { GAP } else { 0.0 };
        }
        at += SMALL * CAPITAL + 6.0;
        if !self.x_label.is_empty() {
            at += LABEL * 1.4;
            axis_label(&mut scene, (left + room / 2.0, at - 2.0), &self.x_label, room, false);
        }
        let inside = |p: &(f64, f64)| (0.0..=1.0).contains(&x.at(p.0)) && (0.0..=1.0).contains(&y.at(p.1));
        let outside = self.points().filter(|p| !inside(p)).count();
        let mut remarks = vec![self.note.clone()];
        if self.panels.iter().any(|p| !p.components.is_empty()) {
            remarks.push("Ellipses: 1 and 2 standard deviations of each normal component.".into());
        }
        if outside > 0 {
            let lie = if outside == 1 { "point lies" } else { "points lie" };
            remarks.push(format!("{outside} {lie} outside the axes."));
        }
        remarks.retain(|r| !r.is_empty());
        let remarks = [remarks.join(" ")];
        let under = wrap(&remarks[0], SMALL, false, scene.width - 2.0 * BORDER).len() as f64;
        scene.height = at + under * SMALL * LEADING + BORDER + 2.0;
        notes(&mut scene, &remarks);
        Ok(scene)
    }
}

/// The frame of one panel, its grid, and the numbers along the outer edges.
fn axes(scene: &mut Scene, area: Rect, (x, y): (&Scale, &Scale), first: bool, last: bool) {
    for tick in x.ticks(5).iter().filter(|t| (0.0..=1.0).contains(&t.at)) {
        let at = area.left + tick.at * area.width();
        scene.line(vec![(at, area.top), (at, area.bottom)], 0.5, GRID, Dash::Solid);
        if last {
            let place = (at, area.bottom + 3.0 + SMALL * CAPITAL);
            scene.text(place, &tick.label, SMALL, INK, Anchor::Middle);
        }
    }
    for tick in y.ticks(5).iter().filter(|t| (0.0..=1.0).contains(&t.at)) {
        let at = area.bottom - tick.at * area.height();
        scene.line(vec![(area.left, at), (area.right, at)], 0.5, GRID, Dash::Solid);
        if first {
            let place = (area.left - 3.0, at + SMALL * CAPITAL / 2.0);
            scene.text(place, &tick.label, SMALL, INK, Anchor::End);
        }
    }
    scene.outline(area, 0.6, AXIS);
}

/// Points and components of one panel, and its title.
fn draw(scene: &mut Scene, area: Rect, (x, y): (&Scale, &Scale), panel: &Snapshot) {
    let place =
        |p: (f64, f64)| (area.left + x.at(p.0) * area.width(), area.bottom - y.at(p.1) * area.height());
    let fits = |(a, b): (f64, f64)| {
        (area.left + DOT..=area.right - DOT).contains(&a) && (area.top + DOT..=area.bottom - DOT).contains(&b)
    };
    let alone = panel.components.is_empty();
    let ink = if alone { Style::category(0).colour } else { Colour(0x8C, 0x8C, 0x8C) };
    for at in panel.points.iter().filter(|p| p.0.is_finite() && p.1.is_finite()).map(|p| place(*p)) {
        if fits(at) {
            scene.disc(at, DOT, ink);
        }
    }
    let few = panel.components.len() <= FEW;
    for (i, component) in panel.components.iter().enumerate() {
        let colour = Style::category(if few { i } else { 0 }).colour;
        let ring = |r: f64| -> Vec<(f64, f64)> {
            let turn = |k: usize| k as f64 / CORNERS as f64 * std::f64::consts::TAU;
            (0..=CORNERS).map(|k| place(component.at(r, turn(k)))).collect()
        };
        let outer = ring(2.0);
        let centre = place(component.mean);
        let far = outer.iter().map(|p| f64::hypot(p.0 - centre.0, p.1 - centre.1)).fold(0.0, f64::max);
        if far < SPECK {
            scene.disc(centre, SPECK, colour);
            continue;
        }
        for (r, alpha) in [(2.0, 0.16), (1.5, 0.14), (1.0, 0.16), (0.5, 0.18)] {
            scene.area(ring(r), colour, alpha);
        }
        scene.line(outer, 0.8, colour, Dash::Solid);
        scene.line(ring(1.0), 0.8, colour, Dash::Solid);
    }
    if (1..=FEW).contains(&panel.components.len()) {
        let spreads: Vec<f64> = panel.components.iter().map(Ellipse::spread).collect();
        let words: Vec<String> = spreads.iter().map(|s| number::short(*s)).collect();
        let text = shorten(&format!("sd {}", words.join(", ")), SMALL, false, area.width() - 6.0);
        let wide = width(&text, SMALL, false) + 4.0;
        let behind = Rect {
            left: area.left + 1.0,
            top: area.bottom - SMALL - 5.0,
            right: area.left + 1.0 + wide,
            bottom: area.bottom - 1.0,
        };
        scene.rect(behind, WHITE, 0.75);
        scene.text((area.left + 3.0, area.bottom - 4.0), &text, SMALL, QUIET, Anchor::Start);
    }
    let title = shorten(&panel.title, LABEL, true, area.width() + GAP);
    if !title.is_empty() {
        scene.marks.push(Mark::Text(Text {
            x: area.left,
            y: area.top - 3.0,
            text: title,
            size: LABEL,
            colour: INK,
            anchor: Anchor::Start,
            bold: true,
            upwards: false,
        }));
    }
}

fn bold_upwards(scene: &mut Scene, (x, y): (f64, f64), text: &str) {
    let (text, anchor) = (text.to_owned(), Anchor::Middle);
    scene.marks.push(Mark::Text(Text {
        x,
        y,
        text,
        size: LABEL,
        colour: INK,
        anchor,
        bold: true,
        upwards: true,
    }));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_ellipse_lies_at_its_distance_from_the_mean() {
        // Every point of the ring has Mahalanobis distance r: with Σ = [[4, 1], [1, 1]],
        // Σ⁻¹ = [[1, −1], [−1, 4]] / 3, so d² = (x² − 2xy + 4y²)/3.
        let e = Ellipse { mean: (1.0, -2.0), variance: (4.0, 1.0), covariance: 1.0 };
        for k in 0..12 {
            let (x, y) = e.at(2.0, f64::from(k));
            let (x, y) = (x - 1.0, y + 2.0);
            assert!(((x * x - 2.0 * x * y + 4.0 * y * y) / 3.0 - 4.0).abs() < 1e-12);
        }
        // det = 3, and its fourth root is 1.31607.
        assert!((e.spread() - 1.316_074).abs() < 1e-6);
    }

    #[test]
    fn both_axes_have_the_same_unit_and_one_stray_point_does_not_set_it() {
        let mut points: Vec<(f64, f64)> =
            (0..400).map(|i| (f64::from(i % 20) / 19.0, f64::from(i / 20) / 9.5)).collect();
        points.push((1e6, 0.0));
        let figure = Snapshots {
            panels: vec![Snapshot { points, ..Snapshot::default() }],
            columns: 1,
            ..Snapshots::default()
        };
        let (x, y) = figure.scales().unwrap();
        let (a, b) = (x.value(1.0) - x.value(0.0), y.value(1.0) - y.value(0.0));
        assert!((a - b).abs() < 1e-9 && (2.0..2.2).contains(&a), "{a} {b}");
        let scene = figure.scene(Size::COLUMN).unwrap();
        let said = scene.marks.iter().any(|m| matches!(m, Mark::Text(t) if t.text.contains("1 point lies")));
        assert!(said);
    }

    #[test]
    fn a_component_too_narrow_to_see_is_marked() {
        let wide = Ellipse { variance: (1.0, 1.0), ..Ellipse::default() };
        let narrow = Ellipse { variance: (1e-6, 1e-6), ..Ellipse::default() };
        let figure = Snapshots {
            panels: vec![Snapshot {
                points: vec![(0.0, 0.0)],
                components: vec![wide, narrow],
                ..Snapshot::default()
            }],
            columns: 1,
            ..Snapshots::default()
        };
        let scene = figure.scene(Size::COLUMN).unwrap();
        let specks =
            scene.marks.iter().filter(|m| matches!(m, Mark::Disc { radius, .. } if *radius == SPECK)).count();
        assert_eq!(specks, 1);
    }
}
