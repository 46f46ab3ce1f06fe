//! What a figure draws: a flat list of marks on a page measured in points.
//!
//! A figure first becomes a [`Scene`] and only then SVG or PNG, so both files show the same
//! thing and layout can be tested without reading pixels. Units: points (1/72 inch), origin at
//! the top left, y downwards. Text sits on its baseline.

use super::palette::{Colour, Dash};

/// Width and height of a figure, in inches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Width in inches.
    pub width: f64,
    /// Height in inches.
    pub height: f64,
}

impl Size {
    /// One column of a two-column paper: 3.5 × 3 inches.
    #[cfg(test)]
    pub const COLUMN: Size = Size { width: 3.5, height: 3.0 };
    /// The full text width: 7 × 3.8 inches.
    pub const PAGE: Size = Size { width: 7.0, height: 3.8 };

    /// Returns a size of `width` × `height` inches.
    #[must_use]
    pub const fn inches(width: f64, height: f64) -> Self {
        Self { width, height }
    }
}

/// A rectangle in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

impl Rect {
    /// Width in points.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Height in points.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// Which end of a text its x names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// x is the left end.
    Start,
    /// x is the middle.
    Middle,
    /// x is the right end.
    End,
}

/// A piece of text on one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// Position named by the anchor, points.
    pub x: f64,
    /// Baseline, points.
    pub y: f64,
    /// The words.
    pub text: String,
    /// Size of the em, points.
    pub size: f64,
    /// Ink.
    pub colour: Colour,
    /// Which end x names.
    pub anchor: Anchor,
    /// Bold face.
    pub bold: bool,
    /// Runs upwards (for the label of a y axis).
    pub upwards: bool,
}

/// One thing on the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// An open line through the points.
    Line {
        /// Corners, points.
        points: Vec<(f64, f64)>,
        /// Stroke width, points.
        width: f64,
        /// Ink.
        colour: Colour,
        /// How it is broken.
        dash: Dash,
    },
    /// A filled polygon.
    Area {
        /// Corners, points.
        points: Vec<(f64, f64)>,
        /// Fill.
        colour: Colour,
        /// Opacity in 0..=1.
        alpha: f64,
    },
    /// A filled disc.
    Disc {
        /// Centre, points.
        centre: (f64, f64),
        /// Radius, points.
        radius: f64,
        /// Fill.
        colour: Colour,
    },
    /// A line of text.
    Text(Text),
    /// A raster image, always above everything else.
    Image {
        /// Where it goes.
        at: Rect,
        /// Columns of pixels.
        columns: usize,
        /// Rows of pixels.
        rows: usize,
        /// Grey levels, row by row, `columns × rows` of them.
        grey: Vec<u8>,
    },
}

/// A page of marks.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Width in points.
    pub width: f64,
    /// Height in points.
    pub height: f64,
    /// What the picture is, for readers that can't see it.
    pub description: String,
    /// Marks, back to front.
    pub marks: Vec<Mark>,
}

impl Scene {
    /// Returns an empty page of the given size.
    #[must_use]
    pub fn new(size: Size, description: &str) -> Self {
        Self {
            width: size.width * 72.0,
            height: size.height * 72.0,
            description: description.to_owned(),
            marks: Vec::new(),
        }
    }

    /// Adds a line; one with fewer than two points is left out.
    pub(super) fn line(&mut self, points: Vec<(f64, f64)>, width: f64, colour: Colour, dash: Dash) {
        if points.len() >= 2 {
            self.marks.push(Mark::Line { points, width, colour, dash });
        }
    }

    /// Adds a filled polygon; one with fewer than three corners is left out.
    pub(super) fn area(&mut self, points: Vec<(f64, f64)>, colour: Colour, alpha: f64) {
        if points.len() >= 3 {
            self.marks.push(Mark::Area { points, colour, alpha });
        }
    }

    /// Adds a filled rectangle.
    pub(super) fn rect(&mut self, r: Rect, colour: Colour, alpha: f64) {
        let corners = vec![(r.left, r.top), (r.right, r.top), (r.right, r.bottom), (r.left, r.bottom)];
        self.area(corners, colour, alpha);
    }

    /// Adds the outline of a rectangle.
    pub(super) fn outline(&mut self, r: Rect, width: f64, colour: Colour) {
        let corners =
            vec![(r.left, r.top), (r.right, r.top), (r.right, r.bottom), (r.left, r.bottom), (r.left, r.top)];
        self.line(corners, width, colour, Dash::Solid);
    }

    /// Adds a filled disc.
    pub(super) fn disc(&mut self, centre: (f64, f64), radius: f64, colour: Colour) {
        self.marks.push(Mark::Disc { centre, radius, colour });
    }

    /// Adds plain text.
    pub(super) fn text(&mut self, at: (f64, f64), text: &str, size: f64, colour: Colour, anchor: Anchor) {
        if !text.is_empty() {
            self.marks.push(Mark::Text(Text {
                x: at.0,
                y: at.1,
                text: text.to_owned(),
                size,
                colour,
                anchor,
                bold: false,
                upwards: false,
            }));
        }
    }
}
