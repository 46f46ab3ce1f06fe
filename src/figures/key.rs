//! Keys: labels at the line ends where they fit, else rows above the plot. Never on the data.

use super::lettering::{CAPITAL, LEADING, SMALL, shorten, width, wrap};
use super::palette::{BASELINE, Colour, Dash, INK, Marker, QUIET, Style};
use super::scene::{Anchor, Rect, Scene};

/// Length of the piece of line beside a label, points.
const SAMPLE: f64 = 20.0;
/// Gap between sample and words, points.
const GAP: f64 = 4.0;
/// Distance between stacked labels, points.
const STEP: f64 = SMALL * 1.35;
/// Share of the page's width that labels beside the plot may take.
const BESIDE: f64 = 0.27;
/// Distance from the plot's edge to the labels, points.
const AWAY: f64 = 12.0;

/// What stands beside a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sample {
    /// A data series.
    Series(Style),
    /// A law: a broken black line.
    Law(Dash),
    /// A line over a heat map.
    Stroke(Dash),
    /// The human baseline: grey.
    Baseline,
    /// A filled box.
    Box(Colour),
    /// A dot with its interval.
    Dot(Style),
    /// A marker alone.
    Point(Style),
}

/// One label of a key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// The words.
    pub label: String,
    /// What stands beside them.
    pub sample: Sample,
}

/// Returns the width that labels beside the plot need, where they fit: at most about a quarter
/// of the page, and no more of them than the plot is high.
pub(super) fn beside(entries: &[Entry], title: &str, page: f64, height: f64) -> Option<f64> {
    let words = entries.iter().map(|e| width(&e.label, SMALL, false) + SAMPLE + GAP).fold(0.0, f64::max);
    let title_lines = title_lines(title, page).len();
    let title_width = title_lines_width(title, page);
    let widest = words.max(title_width);
    let rows = entries.len() + title_lines;
    let fits = widest + AWAY <= BESIDE * page && rows as f64 * STEP <= height;
    (fits && !entries.is_empty()).then_some(widest + AWAY)
}

fn title_lines(title: &str, page: f64) -> Vec<String> {
    wrap(title, SMALL, false, BESIDE * page - AWAY)
}

fn title_lines_width(title: &str, page: f64) -> f64 {
    title_lines(title, page).iter().map(|l| width(l, SMALL, false)).fold(0.0, f64::max)
}

/// Draws labels beside the plot, each as near as possible to its target height.
pub(super) fn draw_beside(scene: &mut Scene, area: Rect, title: &str, entries: &[(Entry, f64, bool)]) {
    let left = area.right + AWAY;
    let words = title_lines(title, scene.width);
    let room = STEP * words.len() as f64;
    let top = area.top + room;
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|&a, &b| entries[a].1.total_cmp(&entries[b].1));
    let targets: Vec<f64> = order.iter().map(|&i| entries[i].1).collect();
    let heights = spread(&targets, STEP, top + STEP / 2.0, area.bottom.max(top + STEP));
    // The words stand over the first entry, wherever that is.
    let first = heights.first().map_or(area.top, |y| y - STEP / 2.0 - room);
    for (i, line) in words.iter().enumerate() {
        let at = (left, first + i as f64 * STEP + SMALL * CAPITAL);
        scene.text(at, line, SMALL, QUIET, Anchor::Start);
    }
    for (&i, y) in order.iter().zip(heights) {
        let (entry, target, at_edge) = &entries[i];
        if *at_edge && (target - y).abs() > 1.5 {
            let leader = vec![(area.right + 2.5, *target), (left - 2.0, y)];
            scene.line(leader, 0.5, BASELINE, Dash::Solid);
        }
        sample(scene, (left, y), entry.sample);
        let at = (left + SAMPLE + GAP, y + SMALL * CAPITAL / 2.0);
        scene.text(at, &entry.label, SMALL, INK, Anchor::Start);
    }
}

/// Moves sorted `targets` apart to at least `step`, within `low..=high`, with the least total
/// squared displacement (pool adjacent violators on target − rank·step).
fn spread(targets: &[f64], step: f64, low: f64, high: f64) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (i, t) in targets.iter().enumerate() {
        pools.push((t - i as f64 * step, 1));
        while let [.., a, b] = pools.as_slice()
            && a.0 > b.0
        {
            let count = a.1 + b.1;
            let mean = (a.0 * a.1 as f64 + b.0 * b.1 as f64) / count as f64;
            pools.truncate(pools.len() - 2);
            pools.push((mean, count));
        }
    }
    let room = (high - targets.len().saturating_sub(1) as f64 * step).max(low);
    pools
        .iter()
        .flat_map(|&(v, n)| std::iter::repeat_n(v.clamp(low, room), n))
        .enumerate()
        .map(|(i, v)| v + i as f64 * step)
        .collect()
}

/// Draws the key as rows from `top` down, and returns the y below them.
pub(super) fn draw_above(
    scene: &mut Scene,
    (left, right, top): (f64, f64, f64),
    title: &str,
    entries: &[Entry],
) -> f64 {
    if entries.is_empty() {
        return top;
    }
    let mut y = top + STEP / 2.0;
    let mut x = left;
    if !title.is_empty() {
        let title = shorten(title, SMALL, false, right - left);
        let at = (x, y + SMALL * CAPITAL / 2.0);
        scene.text(at, &title, SMALL, QUIET, Anchor::Start);
        x += width(&title, SMALL, false) + 10.0;
    }
    for entry in entries {
        let label = shorten(&entry.label, SMALL, false, right - left - SAMPLE - GAP);
        let needed = SAMPLE + GAP + width(&label, SMALL, false);
        if x > left && x + needed > right {
            x = left;
            y += STEP;
        }
        sample(scene, (x, y), entry.sample);
        let at = (x + SAMPLE + GAP, y + SMALL * CAPITAL / 2.0);
        scene.text(at, &label, SMALL, INK, Anchor::Start);
        x += needed + 12.0;
    }
    y + STEP / 2.0 + SMALL * (LEADING - 1.0) + 2.0
}

fn sample(scene: &mut Scene, (x, y): (f64, f64), sample: Sample) {
    let across = vec![(x, y), (x + SAMPLE, y)];
    match sample {
        Sample::Series(style) => {
            scene.line(across, 1.4, style.colour, style.dash);
            marker(scene, (x + SAMPLE / 2.0, y), style);
        }
        Sample::Law(dash) => scene.line(across, 1.1, INK, dash),
        Sample::Stroke(dash) => scene.line(across, 1.5, INK, dash),
        Sample::Baseline => {
            let band = Rect { left: x, top: y - 2.5, right: x + SAMPLE, bottom: y + 2.5 };
            scene.rect(band, BASELINE, 0.2);
            scene.line(across, 1.0, BASELINE, Dash::Solid);
        }
        Sample::Box(colour) => {
            let fill = Rect { left: x + 6.0, top: y - 3.5, right: x + SAMPLE, bottom: y + 3.5 };
            scene.rect(fill, colour, 1.0);
        }
        Sample::Point(style) => marker(scene, (x + SAMPLE / 2.0, y), style),
        Sample::Dot(style) => {
            scene.line(across, 1.2, style.colour, Dash::Solid);
            marker(scene, (x + SAMPLE / 2.0, y), style);
        }
    }
}

/// Draws a data marker.
pub(super) fn marker(scene: &mut Scene, (x, y): (f64, f64), style: Style) {
    let c = style.colour;
    let r = 2.3;
    match style.marker {
        Marker::Circle => scene.disc((x, y), r, c),
        Marker::Square => {
            let s = r * 0.88;
            scene.area(vec![(x - s, y - s), (x + s, y - s), (x + s, y + s), (x - s, y + s)], c, 1.0);
        }
        Marker::Up => scene.area(
            vec![(x, y - r * 1.25), (x + r * 1.15, y + r * 0.85), (x - r * 1.15, y + r * 0.85)],
            c,
            1.0,
        ),
        Marker::Down => scene.area(
            vec![(x, y + r * 1.25), (x + r * 1.15, y - r * 0.85), (x - r * 1.15, y - r * 0.85)],
            c,
            1.0,
        ),
        Marker::Diamond => {
            let s = r * 1.3;
            scene.area(vec![(x, y - s), (x + s, y), (x, y + s), (x - s, y)], c, 1.0);
        }
        Marker::Ring => {
            scene.disc((x, y), r * 1.1, c);
            scene.disc((x, y), r * 0.6, super::palette::WHITE);
        }
        Marker::Cross => {
            let s = r * 0.95;
            scene.line(vec![(x - s, y - s), (x + s, y + s)], 1.2, c, Dash::Solid);
            scene.line(vec![(x - s, y + s), (x + s, y - s)], 1.2, c, Dash::Solid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_move_apart_and_stay_inside() {
        let y = spread(&[10.0, 10.0, 10.0, 90.0], 10.0, 5.0, 100.0);
        assert_eq!(y, [5.0, 15.0, 25.0, 90.0]);
        let y = spread(&[50.0, 50.0, 50.0], 10.0, 0.0, 100.0);
        assert_eq!(y, [40.0, 50.0, 60.0]);
        let y = spread(&[99.0, 99.5, 100.0], 10.0, 0.0, 100.0);
        assert_eq!(y, [80.0, 90.0, 100.0]);
    }
}
