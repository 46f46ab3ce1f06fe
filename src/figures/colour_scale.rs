//! How values become colours, and the bar that says so.

use super::axis::Axis;
use super::lettering::{CAPITAL, LABEL, SMALL, width};
use super::page::{axis_label, tick_count};
use super::palette::{AXIS, Colour, Dash, INK, viridis};
use super::scale::Scale;
use super::scene::{Anchor, Rect, Scene};

/// How values become colours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColourScale {
    /// Name, spread and range of the values.
    pub axis: Axis,
}

impl ColourScale {
    /// The scale of these values and of the range that the axis gives.
    pub(super) fn scale(&self, values: impl Iterator<Item = f64> + Clone) -> Scale {
        Scale::fit(&self.axis, values, 0.0)
    }

    /// The colour of a value; none where it can't be shown.
    pub(super) fn colour(&self, scale: &Scale, v: f64) -> Option<Colour> {
        self.axis.shows(v).then(|| viridis(scale.at(v)))
    }

    /// The room that the bar takes right of an area.
    pub(super) fn room(scale: &Scale) -> f64 {
        14.0 + 10.0 + 5.0 + widest(scale) + LABEL * 1.5
    }

    /// Draws the bar right of an area.
    pub(super) fn bar(&self, scene: &mut Scene, area: Rect, scale: &Scale) {
        const SLICES: usize = 64;
        let labels = widest(scale);
        let bar =
            Rect { left: area.right + 14.0, top: area.top, right: area.right + 24.0, bottom: area.bottom };
        // From the top down, each slice reaching to the foot: no seams show between them.
        for i in (0..SLICES).rev() {
            let h = bar.height() / SLICES as f64;
            let slice = Rect { top: bar.bottom - (i + 1) as f64 * h, ..bar };
            scene.rect(slice, viridis((i as f64 + 0.5) / SLICES as f64), 1.0);
        }
        scene.outline(bar, 0.6, AXIS);
        for tick in scale.ticks(tick_count(bar.height(), 20.0)) {
            if !(-1e-9..=1.0 + 1e-9).contains(&tick.at) {
                continue;
            }
            let y = bar.bottom - tick.at * bar.height();
            scene.line(vec![(bar.right, y), (bar.right + 2.5, y)], 0.6, AXIS, Dash::Solid);
            let at = (bar.right + 4.5, y + SMALL * CAPITAL / 2.0);
            scene.text(at, &tick.label, SMALL, INK, Anchor::Start);
        }
        let at = (bar.right + 5.0 + labels + LABEL * 1.25, f64::midpoint(bar.top, bar.bottom));
        let label = &self.axis.label;
        axis_label(scene, at, label, bar.height() + 20.0, true);
    }
}

/// The width of the widest label.
fn widest(scale: &Scale) -> f64 {
    scale.ticks(6).iter().map(|t| width(&t.label, SMALL, false)).fold(0.0, f64::max)
}
