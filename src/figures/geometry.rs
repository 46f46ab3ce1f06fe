//! Clipping and dashing, in the plane.

use super::scene::Rect;

type Point = (f64, f64);

/// Returns the parts of an open line that lie inside `frame`, in order.
pub(super) fn clip_line(points: &[Point], frame: Rect) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut open = false;
    for pair in points.windows(2) {
        let Some((a, b)) = clip_segment(pair[0], pair[1], frame) else {
            open = false;
            continue;
        };
        match parts.last_mut() {
            Some(part) if open && part.last() == Some(&a) => part.push(b),
            _ => parts.push(vec![a, b]),
        }
        open = b == pair[1];
    }
    parts
}

/// Liang–Barsky clipping of one segment.
fn clip_segment(a: Point, b: Point, frame: Rect) -> Option<(Point, Point)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut t0, mut t1) = (0.0f64, 1.0f64);
    for (p, q) in
        [(-dx, a.0 - frame.left), (dx, frame.right - a.0), (-dy, a.1 - frame.top), (dy, frame.bottom - a.1)]
    {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            t0 = t0.max(q / p);
        } else {
            t1 = t1.min(q / p);
        }
    }
    if t0 > t1 {
        return None;
    }
    let start = if t0 > 0.0 { (a.0 + t0 * dx, a.1 + t0 * dy) } else { a };
    let end = if t1 < 1.0 { (a.0 + t1 * dx, a.1 + t1 * dy) } else { b };
    Some((start, end))
}

/// Returns the part of a polygon that lies inside `frame` (Sutherland–Hodgman).
pub(super) fn clip_area(points: &[Point], frame: Rect) -> Vec<Point> {
    type Side = (fn(Point, Rect) -> bool, fn(Point, Point, Rect) -> Point);
    fn at_x(a: Point, b: Point, x: f64) -> Point {
        (x, a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0))
    }
    fn at_y(a: Point, b: Point, y: f64) -> Point {
        (a.0 + (b.0 - a.0) * (y - a.1) / (b.1 - a.1), y)
    }
    let sides: [Side; 4] = [
        (|p, f| p.0 >= f.left, |a, b, f| at_x(a, b, f.left)),
        (|p, f| p.0 <= f.right, |a, b, f| at_x(a, b, f.right)),
        (|p, f| p.1 >= f.top, |a, b, f| at_y(a, b, f.top)),
        (|p, f| p.1 <= f.bottom, |a, b, f| at_y(a, b, f.bottom)),
    ];
    let mut ring = points.to_vec();
    for (inside, cut) in sides {
        let mut kept = Vec::with_capacity(ring.len() + 2);
        for i in 0..ring.len() {
            let (a, b) = (ring[(i + ring.len() - 1) % ring.len()], ring[i]);
            match (inside(a, frame), inside(b, frame)) {
                (true, true) => kept.push(b),
                (true, false) => kept.push(cut(a, b, frame)),
                (false, true) => kept.extend([cut(a, b, frame), b]),
                (false, false) => {}
            }
        }
        ring = kept;
    }
    ring
}

/// Breaks a line into its drawn stretches. `pattern` alternates drawn and empty lengths; an
/// empty pattern returns the line whole.
pub(super) fn dashes(points: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    if pattern.is_empty() {
        return vec![points.to_vec()];
    }
    let mut out = Vec::new();
    let (mut index, mut left) = (0usize, pattern[0]);
    let mut piece: Vec<Point> = points.first().map(|&p| vec![p]).unwrap_or_default();
    for pair in points.windows(2) {
        let (mut a, b) = (pair[0], pair[1]);
        let mut rest = (b.0 - a.0).hypot(b.1 - a.1);
        while rest > left {
            let t = left / rest;
            a = (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
            rest -= left;
            if index % 2 == 0 {
                piece.push(a);
                out.push(std::mem::take(&mut piece));
            }
            piece = vec![a];
            index = (index + 1) % pattern.len();
            left = pattern[index];
        }
        left -= rest;
        if index % 2 == 0 {
            piece.push(b);
        }
    }
    if index % 2 == 0 && piece.len() > 1 {
        out.push(piece);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Rect = Rect { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };

    #[test]
    fn a_line_that_leaves_and_returns_is_cut_at_the_edges() {
        let parts = clip_line(&[(0.5, 0.5), (1.5, 0.5), (1.5, 0.25), (0.5, 0.25)], UNIT);
        assert_eq!(parts, vec![vec![(0.5, 0.5), (1.0, 0.5)], vec![(1.0, 0.25), (0.5, 0.25)]]);
        assert!(clip_line(&[(2.0, 2.0), (3.0, 2.0)], UNIT).is_empty());
    }

    #[test]
    fn a_clipped_polygon_keeps_the_area_inside() {
        let ring = clip_area(&[(-1.0, 0.25), (2.0, 0.25), (2.0, 0.75), (-1.0, 0.75)], UNIT);
        let area: f64 = (0..ring.len())
            .map(|i| {
                let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
                a.0 * b.1 - b.0 * a.1
            })
            .sum::<f64>()
            / 2.0;
        assert!((area.abs() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn dashes_cover_their_share_of_the_length() {
        let line = [(0.0, 0.0), (40.0, 0.0), (40.0, 40.0)];
        let drawn: f64 = dashes(&line, &[5.0, 3.0])
            .iter()
            .flat_map(|p| p.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).collect::<Vec<_>>())
            .sum();
        // 80 = 10 whole periods of 8, 5 of each drawn.
        assert!((drawn - 50.0).abs() < 1e-9);
    }
}
