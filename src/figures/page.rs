//! What surrounds the data: title, subtitle, notes, frame, grid, tick labels, axis labels.

use super::axis::Axis;
use super::lettering::{CAPITAL, LABEL, LEADING, SMALL, TITLE, width, wrap};
use super::palette::{AXIS, Dash, GRID, INK, QUIET};
use super::scale::{Scale, Tick};
use super::scene::{Anchor, Mark, Rect, Scene, Text};

/// Free border of a page, points.
pub(super) const BORDER: f64 = 6.0;
/// Length of a major tick, points.
const TICK: f64 = 3.0;

/// Writes title and subtitle at the top; returns the y below them.
pub(super) fn heading(scene: &mut Scene, title: &str, subtitle: &str) -> f64 {
    let room = scene.width - 2.0 * BORDER;
    let mut y = BORDER;
    for line in wrap(title, TITLE, true, room) {
        y += TITLE * LEADING;
        scene.marks.push(Mark::Text(Text {
            x: BORDER,
            y: y - TITLE * 0.35,
            text: line,
            size: TITLE,
            colour: INK,
            anchor: Anchor::Start,
            bold: true,
            upwards: false,
        }));
    }
    for line in wrap(subtitle, SMALL, false, room) {
        y += SMALL * LEADING;
        scene.text((BORDER, y - SMALL * 0.25), &line, SMALL, QUIET, Anchor::Start);
    }
    if y > BORDER { y + 4.0 } else { y }
}

/// Writes the notes at the bottom; returns the y above them.
pub(super) fn notes(scene: &mut Scene, notes: &[String]) -> f64 {
    let room = scene.width - 2.0 * BORDER;
    let lines: Vec<String> = notes.iter().flat_map(|n| wrap(n, SMALL, false, room)).collect();
    let top = scene.height - BORDER - lines.len() as f64 * SMALL * LEADING;
    for (i, line) in lines.iter().enumerate() {
        let y = top + (i as f64 + 1.0) * SMALL * LEADING - SMALL * 0.1;
        scene.text((BORDER, y), line, SMALL, QUIET, Anchor::Start);
    }
    if lines.is_empty() { top } else { top - 3.0 }
}

/// Writes words in the middle of an area, for a figure or a panel without data.
pub(super) fn no_data(scene: &mut Scene, area: Rect) {
    let at = (f64::midpoint(area.left, area.right), f64::midpoint(area.top, area.bottom));
    scene.text(at, "no data", LABEL, QUIET, Anchor::Middle);
}

/// The plot area with its two scales.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub area: Rect,
    pub x: Scale,
    pub y: Scale,
}

impl Frame {
    /// Returns where a data point lies on the page.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (
            self.area.left + self.x.at(x) * self.area.width(),
            self.area.bottom - self.y.at(y) * self.area.height(),
        )
    }
}

/// Number of ticks that fit a length.
pub(super) fn tick_count(length: f64, each: f64) -> usize {
    ((length / each).floor() as usize).clamp(2, 9)
}

/// Draws frame, grid and labels inside `outer` and returns the plot area that is left.
/// An empty axis label takes no room.
pub(super) fn frame(scene: &mut Scene, outer: Rect, axes: (&Axis, &Axis), scales: (Scale, Scale)) -> Frame {
    let x_label = !axes.0.label.is_empty();
    let below = TICK + 2.0 + SMALL * CAPITAL + if x_label { LABEL * 1.5 } else { 0.0 };
    let bottom = outer.bottom - below - 1.0;
    let top = outer.top + SMALL * CAPITAL / 2.0;
    let y_ticks = scales.1.ticks(tick_count(bottom - top, 19.0));
    let widest = y_ticks.iter().map(|t| width(&t.label, SMALL, false)).fold(0.0, f64::max);
    let y_lines = two_lines(&axes.1.label, bottom - top + SMALL);
    let y_label = label_room(&axes.1.label, bottom - top + SMALL);
    let left = outer.left + y_label + widest + TICK + 3.0;
    let mut area = Rect { left, top, right: outer.right, bottom };
    let x_ticks = fitting(&scales.0, area.width());
    // The last x label is centred on its tick: keep its right half on the page.
    if let Some(over) = x_ticks
        .iter()
        .map(|t| area.left + t.at * area.width() + width(&t.label, SMALL, false) / 2.0 - outer.right)
        .reduce(f64::max)
        .filter(|o| *o > 0.0)
    {
        area.right -= over;
    }
    draw_axes(scene, area, &x_ticks, &y_ticks);
    if x_label {
        let x = f64::midpoint(area.left, area.right);
        axis_label(scene, (x, outer.bottom - 2.0), &axes.0.label, area.width() + 20.0, false);
    }
    for (i, line) in y_lines.iter().enumerate() {
        let y = f64::midpoint(area.top, area.bottom);
        let x = outer.left + LABEL * (0.9 + 1.15 * i as f64);
        axis_label(scene, (x, y), line, area.height() + 2.0 * SMALL, true);
    }
    Frame { area, x: scales.0, y: scales.1 }
}

/// Returns the width that the label of a y axis takes beside an axis of the given length.
pub(super) fn label_room(label: &str, length: f64) -> f64 {
    match two_lines(label, length).len() {
        0 => 0.0,
        lines => LABEL * (0.3 + 1.15 * lines as f64),
    }
}

/// Breaks a label into at most two lines of `room` points; what is left over is cut.
fn two_lines(label: &str, room: f64) -> Vec<String> {
    let mut lines = wrap(label, LABEL, false, room);
    if lines.len() > 2 {
        let rest = lines.split_off(1).join(" ");
        lines.push(rest);
    }
    lines
}

/// Ticks whose labels leave a gap between them.
fn fitting(scale: &Scale, room: f64) -> Vec<Tick> {
    for count in (2..=tick_count(room, 30.0).max(scale.names())).rev() {
        let ticks = scale.ticks(count);
        let used: f64 =
            ticks.iter().filter(|t| !t.label.is_empty()).map(|t| width(&t.label, SMALL, false) + 7.0).sum();
        if used <= room {
            return ticks;
        }
    }
    scale.ticks(2)
}

fn draw_axes(scene: &mut Scene, area: Rect, x_ticks: &[Tick], y_ticks: &[Tick]) {
    let inside = |t: &&Tick| (-1e-9..=1.0 + 1e-9).contains(&t.at);
    for major in [true, false] {
        for t in x_ticks.iter().filter(inside) {
            let x = area.left + t.at * area.width();
            let named = !t.label.is_empty();
            if major && named {
                scene.line(vec![(x, area.top), (x, area.bottom)], 0.5, GRID, Dash::Solid);
            } else if !major {
                let length = if named { TICK } else { TICK / 2.0 };
                let tick = vec![(x, area.bottom), (x, area.bottom + length)];
                scene.line(tick, 0.6, AXIS, Dash::Solid);
            }
        }
        for t in y_ticks.iter().filter(inside) {
            let y = area.bottom - t.at * area.height();
            let named = !t.label.is_empty();
            if major && named {
                scene.line(vec![(area.left, y), (area.right, y)], 0.5, GRID, Dash::Solid);
            } else if !major {
                let length = if named { TICK } else { TICK / 2.0 };
                let tick = vec![(area.left - length, y), (area.left, y)];
                scene.line(tick, 0.6, AXIS, Dash::Solid);
            }
        }
    }
    let corner = vec![(area.left, area.top), (area.left, area.bottom), (area.right, area.bottom)];
    scene.line(corner, 0.8, AXIS, Dash::Solid);
    for t in x_ticks.iter().filter(inside) {
        let at = (area.left + t.at * area.width(), area.bottom + TICK + 2.0 + SMALL * CAPITAL);
        scene.text(at, &t.label, SMALL, INK, Anchor::Middle);
    }
    for t in y_ticks.iter().filter(inside) {
        let at = (area.left - TICK - 2.0, area.bottom - t.at * area.height() + SMALL * CAPITAL / 2.0);
        scene.text(at, &t.label, SMALL, INK, Anchor::End);
    }
}

/// Writes an axis label centred at `at`, shortened to `room` points.
pub(super) fn axis_label(scene: &mut Scene, at: (f64, f64), label: &str, room: f64, upwards: bool) {
    scene.marks.push(Mark::Text(Text {
        x: at.0,
        y: at.1,
        text: super::lettering::shorten(label, LABEL, false, room),
        size: LABEL,
        colour: INK,
        anchor: Anchor::Middle,
        bold: false,
        upwards,
    }));
}
