//! Colours, dashes and marker shapes.
//!
//! Categories use the Okabe–Ito set (Okabe & Ito 2008, "Color Universal Design"), without its
//! yellow (too pale on white) and its black (kept for laws). Ordered series and heat maps use
//! viridis (Smith & van der Walt 2015, CC0), interpolated between eleven of its published
//! stops; values that have a neutral middle use a blue–white–orange ramp. Colour never carries a
//! distinction alone: markers, and for categories dashes, vary with it.

use std::fmt;

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// How a line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dash {
    /// Unbroken.
    Solid,
    /// Long dashes: kept for laws.
    Dashed,
    /// Short dashes.
    Short,
    /// Dash and dot.
    Mixed,
    /// Dots.
    Dotted,
}

impl Dash {
    /// Lengths of drawn and empty stretches, in points; empty for a solid line.
    pub(super) fn pattern(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[5.0, 3.0],
            Dash::Short => &[3.0, 2.0],
            Dash::Mixed => &[6.0, 2.0, 1.2, 2.0],
            Dash::Dotted => &[1.2, 2.0],
        }
    }
}

/// Text and laws.
pub const INK: Colour = Colour(0x1A, 0x1A, 0x1A);
/// Secondary text.
pub const QUIET: Colour = Colour(0x55, 0x55, 0x55);
/// Axis lines and ticks.
pub const AXIS: Colour = Colour(0x66, 0x66, 0x66);
/// Grid lines.
pub const GRID: Colour = Colour(0xE6, 0xE6, 0xE6);
/// The human-vs-human baseline.
pub const BASELINE: Colour = Colour(0x80, 0x80, 0x80);
/// Cells without a value.
pub const MISSING: Colour = Colour(0xEC, 0xEC, 0xEC);
/// Paper.
pub const WHITE: Colour = Colour(0xFF, 0xFF, 0xFF);

const CATEGORIES: [Colour; 6] = [
    Colour(0x00, 0x72, 0xB2),
    Colour(0xD5, 0x5E, 0x00),
    Colour(0x00, 0x9E, 0x73),
    Colour(0xCC, 0x79, 0xA7),
    Colour(0xE6, 0x9F, 0x00),
    Colour(0x56, 0xB4, 0xE9),
];

const VIRIDIS: [Colour; 11] = [
    Colour(0x44, 0x01, 0x54),
    Colour(0x48, 0x24, 0x75),
    Colour(0x41, 0x44, 0x87),
    Colour(0x35, 0x5F, 0x8D),
    Colour(0x2A, 0x78, 0x8E),
    Colour(0x21, 0x91, 0x8C),
    Colour(0x22, 0xA8, 0x84),
    Colour(0x44, 0xBF, 0x70),
    Colour(0x7A, 0xD1, 0x51),
    Colour(0xBD, 0xDF, 0x26),
    Colour(0xFD, 0xE7, 0x25),
];

/// The shape drawn at data points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marker {
    /// Filled circle.
    Circle,
    /// Filled square.
    Square,
    /// Filled triangle, point up.
    Up,
    /// Filled diamond.
    Diamond,
    /// Filled triangle, point down.
    Down,
    /// Ring.
    Ring,
    /// Diagonal cross.
    Cross,
}

const MARKERS: [Marker; 7] =
    [Marker::Circle, Marker::Square, Marker::Up, Marker::Diamond, Marker::Down, Marker::Ring, Marker::Cross];

const DASHES: [Dash; 4] = [Dash::Solid, Dash::Short, Dash::Mixed, Dash::Dotted];

/// How one series looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Line and marker colour.
    pub colour: Colour,
    /// How the line is broken.
    pub dash: Dash,
    /// Shape at the points.
    pub marker: Marker,
}

impl Style {
    /// Returns the style of category `index`.
    #[must_use]
    pub fn category(index: usize) -> Self {
        Self {
            colour: CATEGORIES[index % CATEGORIES.len()],
            dash: DASHES[(index + index / CATEGORIES.len()) % DASHES.len()],
            marker: MARKERS[index % MARKERS.len()],
        }
    }

    /// Returns this style with the dashes of the `group`-th group of series.
    #[must_use]
    pub fn in_group(self, group: usize) -> Self {
        Self { dash: DASHES[group % DASHES.len()], ..self }
    }

    /// Returns the style of rank `rank` among `count` ordered series: viridis without its
    /// palest fifth, solid lines.
    #[must_use]
    pub fn ordered(rank: usize, count: usize) -> Self {
        let t = if count < 2 { 0.0 } else { rank as f64 / (count - 1) as f64 };
        Self { colour: viridis(t * 0.82), dash: Dash::Solid, marker: MARKERS[rank % MARKERS.len()] }
    }
}

/// Returns one style per series. Where every series has an order (a human fraction, say), the
/// styles are sequential in it; otherwise they are categories.
#[must_use]
pub fn styles(orders: &[Option<f64>]) -> Vec<Style> {
    let known: Option<Vec<f64>> = orders.iter().map(|o| o.filter(|v| v.is_finite())).collect();
    match known {
        Some(values) if values.len() > 1 => {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            sorted.dedup();
            values
                .iter()
                .map(|v| {
                    let rank = sorted.partition_point(|s| s < v);
                    Style::ordered(rank, sorted.len())
                })
                .collect()
        }
        _ => (0..orders.len()).map(Style::category).collect(),
    }
}

/// Returns the style of each series: the one that `known` has for its name, else those of [`styles`].
pub(super) fn looks(series: &[(&str, Option<f64>)], known: &[(String, Style)]) -> Vec<Style> {
    let own = styles(&series.iter().map(|s| s.1).collect::<Vec<_>>());
    let of = |name: &str| known.iter().find(|(n, _)| n == name).map(|(_, style)| *style);
    series.iter().zip(own).map(|((name, _), style)| of(name).unwrap_or(style)).collect()
}

/// Returns viridis at `t` in 0..=1 (clamped; NaN gives the first colour).
#[must_use]
pub fn viridis(t: f64) -> Colour {
    ramp(&VIRIDIS, t)
}

fn ramp(stops: &[Colour], t: f64) -> Colour {
    let last = stops.len() - 1;
    let at = t.clamp(0.0, 1.0) * last as f64;
    let low = (at.floor() as usize).min(last);
    let (a, b) = (stops[low], stops[(low + 1).min(last)]);
    let f = at - at.floor();
    let mix = |x: u8, y: u8| (f64::from(x) + (f64::from(y) - f64::from(x)) * f).round() as u8;
    Colour(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

impl fmt::Display for Colour {
    /// As in style sheets: `#0072b2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl Colour {
    /// Relative luminance in 0..=1 (WCAG 2.1 definition).
    #[must_use]
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viridis_has_its_published_ends_and_rises_in_luminance() {
        assert_eq!(viridis(0.0), Colour(0x44, 0x01, 0x54));
        assert_eq!(viridis(1.0), Colour(0xFD, 0xE7, 0x25));
        let mut last = -1.0;
        for i in 0..=100 {
            let l = viridis(f64::from(i) / 100.0).luminance();
            assert!(l > last, "luminance falls at {i}");
            last = l;
        }
    }

    #[test]
    fn every_line_colour_stands_out_from_paper() {
        // Contrast ratio (WCAG): (1.05) / (L + 0.05); 1.9 is what the palest member, sky blue
        // and orange, reach (2.2), and the last ordered colour must not fall below it.
        for i in 0..6 {
            let ratio = 1.05 / (Style::category(i).colour.luminance() + 0.05);
            assert!(ratio > 1.9, "category {i}: {ratio}");
        }
        for i in 0..7 {
            let ratio = 1.05 / (Style::ordered(i, 7).colour.luminance() + 0.05);
            assert!(ratio > 1.6, "rank {i}: {ratio}");
        }
    }

    #[test]
    fn ordered_styles_follow_the_value_not_the_position() {
        let s = styles(&[Some(1.0), Some(0.0), Some(0.5)]);
        assert_eq!(s[1], Style::ordered(0, 3));
        assert_eq!(s[2], Style::ordered(1, 3));
        assert_eq!(s[0], Style::ordered(2, 3));
        assert_eq!(styles(&[Some(1.0), None])[0], Style::category(0));
    }
}
