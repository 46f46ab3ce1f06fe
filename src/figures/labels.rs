//! Words beside the points of a scatter: each at the nearest place where it covers nothing.

use super::lettering::{CAPITAL, SMALL, width};
use super::page::Frame;
use super::palette::QUIET;
use super::scene::{Anchor, Rect, Scene};

/// Words for a point.
#[derive(Debug, Clone, PartialEq)]
pub struct PointLabel {
    /// Position on x.
    pub x: f64,
    /// Value.
    pub y: f64,
    /// The words.
    pub text: String,
}

/// Distance from a point to its words, points.
const GAP: f64 = 5.0;

/// Writes the labels; `points` are places on the page that words should not cover. Where every place
/// covers something, the one that covers least is taken.
pub(super) fn place(scene: &mut Scene, plot: &Frame, labels: &[PointLabel], points: &[(f64, f64)]) {
    let mut taken: Vec<Rect> = points
        .iter()
        .map(|(x, y)| Rect { left: x - 3.0, top: y - 3.0, right: x + 3.0, bottom: y + 3.0 })
        .collect();
    for label in labels {
        let (at, long) = (plot.at(label.x, label.y), width(&label.text, SMALL, false));
        let places = around(at, long);
        let clashes = |(_, _, own): &((f64, f64), Anchor, Rect)| {
            let outside = own.left < plot.area.left || own.right > plot.area.right;
            let outside = outside || own.top < plot.area.top || own.bottom > plot.area.bottom;
            taken.iter().filter(|other| overlap(own, other)).count() + 100 * usize::from(outside)
        };
        if let Some((from, anchor, own)) = places.into_iter().min_by_key(clashes) {
            scene.text(from, &label.text, SMALL, QUIET, anchor);
            taken.push(own);
        }
    }
}

/// Places beside a point, the nearest first: right and left of it, above and below, then further up and down
/// on either side. Where the words begin, and what they cover.
fn around((x, y): (f64, f64), long: f64) -> Vec<((f64, f64), Anchor, Rect)> {
    let tall = SMALL * CAPITAL;
    let covered =
        |left: f64, base: f64| Rect { left, top: base - tall, right: left + long, bottom: base + 2.0 };
    let right = |base: f64| ((x + GAP, base), Anchor::Start, covered(x + GAP, base));
    let left = |base: f64| ((x - GAP, base), Anchor::End, covered(x - GAP - long, base));
    let over = |base: f64| ((x, base), Anchor::Middle, covered(x - long / 2.0, base));
    let middle = y + tall / 2.0;
    let mut places = vec![right(middle), left(middle), over(y - GAP), over(y + GAP + tall)];
    for step in 1..=3 {
        let off = f64::from(step) * (tall + 2.0) * 0.75;
        places.extend([right(middle - off), left(middle - off), right(middle + off), left(middle + off)]);
    }
    places
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

#[cfg(test)]
mod tests {
    use super::super::{Axis, Curve, Figure, Mark, Point, Series, Size};
    use super::*;

    #[test]
    fn words_of_close_points_do_not_cover_each_other() {
        let at = [(0.1, 0.5), (0.12, 0.5), (0.9, 0.9), (1.0, 0.1), (1.0, 0.12), (1.0, 0.13)];
        let figure = Curve {
            x: Axis::linear("agreement"),
            y: Axis::linear("F1"),
            series: vec![Series {
                name: "human".into(),
                order: None,
                points: at.iter().map(|(x, y)| Point::new(*x, *y)).collect(),
            }],
            apart: true,
            labels: at.iter().map(|(x, y)| PointLabel { x: *x, y: *y, text: "amazon".into() }).collect(),
            ..Curve::default()
        };
        let Ok(scene) = figure.scene(Size::PAGE) else { panic!("a scene") };
        let mut boxes = Vec::new();
        for mark in &scene.marks {
            let Mark::Text(t) = mark else { continue };
            let long = width(&t.text, t.size, false);
            let left = match t.anchor {
                Anchor::Start => t.x,
                Anchor::Middle => t.x - long / 2.0,
                Anchor::End => t.x - long,
            };
            if t.text == "amazon" {
                boxes.push(Rect { left, top: t.y - SMALL * CAPITAL, right: left + long, bottom: t.y });
            }
        }
        assert_eq!(boxes.len(), at.len());
        for (i, a) in boxes.iter().enumerate() {
            assert!(a.left >= 0.0 && a.right <= scene.width, "{a:?}");
            assert!(boxes[..i].iter().all(|b| !overlap(a, b)), "{boxes:?}");
        }
        let lines =
            scene.marks.iter().filter(|m| matches!(m, Mark::Line { points, .. } if points.len() == 6));
        assert_eq!(lines.count(), 0, "points that are apart are not joined");
    }
}
