//! The font, its measures, and wrapping.
//!
//! Text is measured with DejaVu Sans, which is bundled, so layout does not depend on the fonts
//! of the machine. SVG names a stack that begins with it; the others are about as wide or
//! narrower, so a label that fits in DejaVu fits in them.

use std::sync::OnceLock;

use ab_glyph::{Font as _, FontRef, GlyphId};
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// Name under which the font is registered, and at the same time the SVG `font-family`.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";
/// The bitmap font engine scales a font by ascent minus descent; for DejaVu that is 1.164 em.
pub(super) const HEIGHT_PER_EM: f64 = 1.164;

/// Tick labels, keys and notes, points.
pub(super) const SMALL: f64 = 8.0;
/// Axis labels, points.
pub(super) const LABEL: f64 = 9.0;
/// Titles, points.
pub(super) const TITLE: f64 = 10.0;
/// Distance between baselines as a multiple of the size.
pub(super) const LEADING: f64 = 1.3;
/// Height of a capital as a share of the em (DejaVu: 0.729).
pub(super) const CAPITAL: f64 = 0.729;

/// Registers the bundled font once; returns whether it is usable.
pub(super) fn ready() -> bool {
    static READY: OnceLock<bool> = OnceLock::new();
    *READY.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular()).is_ok()
            && register_font(FAMILY, FontStyle::Bold, dejavu::sans::bold()).is_ok()
    })
}

/// Returns the signs of these texts that the bundled font does not have, each once.
pub(super) fn missing<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let Ok(font) = FontRef::try_from_slice(dejavu::sans::regular()) else { return String::new() };
    let mut missing = String::new();
    for sign in texts.flat_map(str::chars).filter(|c| !c.is_whitespace() && !c.is_control()) {
        if font.glyph_id(sign) == GlyphId(0) && !missing.contains(sign) {
            missing.push(sign);
        }
    }
    missing
}

/// Returns the font at `size` in the units of a backend.
pub(super) fn font(size: f64, bold: bool) -> FontDesc<'static> {
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size, style)
}

/// Returns the width of `text` at `size` points, in points.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    const MEASURE: f64 = 1000.0;
    if !ready() {
        return text.chars().count() as f64 * size * 0.65;
    }
    font(MEASURE * HEIGHT_PER_EM, bold)
        .layout_box(text)
        .map_or(0.0, |((left, _), (right, _))| f64::from(right - left) * size / MEASURE)
}

/// Breaks `text` at spaces into lines no wider than `limit` points. A single word that is wider is
/// broken after a hyphen, and a part without one shortened with an ellipsis. Returns no line for
/// blank text.
pub(super) fn wrap(text: &str, size: f64, bold: bool, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let mut space = " ";
        let whole = width(word, size, bold) <= limit;
        let parts: Vec<&str> = if whole { vec![word] } else { word.split_inclusive('-').collect() };
        for part in parts {
            let part = shorten(part, size, bold, limit);
            match lines.last_mut() {
                Some(line) if width(&format!("{line}{space}{part}"), size, bold) <= limit => {
                    line.push_str(space);
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
            space = "";
        }
    }
    lines
}

/// Cuts `text` to `limit` points, with an ellipsis where something was cut.
pub(super) fn shorten(text: &str, size: f64, bold: bool, limit: f64) -> String {
    if width(text, size, bold) <= limit {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut: String = kept.iter().collect::<String>() + "…";
        if width(&cut, size, bold) <= limit {
            return cut;
        }
    }
    "…".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_the_font_does_not_have_are_named_once() {
        let texts = ["variance σ², Ж, α → β", "分散と世代 分", "ok"];
        assert_eq!(missing(texts.into_iter()), "分散と世代");
    }

    #[test]
    fn a_digit_has_the_width_that_the_font_file_states() {
        // DejaVu Sans: every digit advances 1303 of 2048 units.
        let expected = 10.0 * 1303.0 / 2048.0;
        assert!((width("7", 10.0, false) - expected).abs() < 0.05);
        assert!((width("77777", 10.0, false) - 5.0 * expected).abs() < 0.1);
    }

    #[test]
    fn wrapped_lines_keep_every_word_and_fit() {
        let text = "the variance of the fitted Gaussian over generations";
        let lines = wrap(text, 9.0, false, 100.0);
        assert!(lines.len() > 1);
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|l| width(l, 9.0, false) <= 100.0));
        assert!(wrap("  ", 9.0, false, 100.0).is_empty());
        assert!(shorten("incomprehensibilities", 9.0, false, 40.0).ends_with('…'));
        let hyphens = wrap("nearest-neighbour-memorisation", 9.0, true, 90.0);
        assert_eq!(hyphens, ["nearest-", "neighbour-", "memorisation"]);
    }
}
