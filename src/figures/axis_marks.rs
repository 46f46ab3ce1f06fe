//! Places on the x axis with an interval, one row above the other at the foot of a plot.

use super::key::marker;
use super::page::Frame;
use super::palette::{Dash, Style};
use super::scene::Scene;

/// A place on the x axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AxisMark {
    /// Which series it belongs to, by its position.
    pub series: usize,
    /// The place.
    pub x: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end; none where it is open.
    pub high: Option<f64>,
}

/// The height of a row, in points.
const ROW: f64 = 7.0;

/// Draws the marks; an open interval ends in an arrow at the right edge.
pub(super) fn draw(scene: &mut Scene, plot: &Frame, marks: &[AxisMark], look: &[Style]) {
    for (row, mark) in marks.iter().enumerate() {
        let Some(style) = look.get(mark.series) else { continue };
        let y = plot.area.bottom - 6.0 - ROW * row as f64;
        let at = |x: f64| plot.at(x, 0.0).0.clamp(plot.area.left, plot.area.right);
        let (low, high) = (at(mark.low), mark.high.map_or(plot.area.right, at));
        scene.line(vec![(low, y), (high, y)], 1.6, style.colour, Dash::Solid);
        if mark.high.is_none() {
            let tip = plot.area.right;
            scene.line(
                vec![(tip - 4.0, y - 2.5), (tip, y), (tip - 4.0, y + 2.5)],
                1.2,
                style.colour,
                Dash::Solid,
            );
        }
        marker(scene, (at(mark.x), y), *style);
    }
}
