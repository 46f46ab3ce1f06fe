//! A matrix of words: what several criteria say of several settings.

use super::lettering::{CAPITAL, LEADING, SMALL, shorten, width, wrap};
use super::page::{BORDER, heading, no_data, notes};
use super::palette::{AXIS, Colour, INK, MISSING, WHITE};
use super::scene::{Anchor, Rect, Scene, Size};
use super::{Figure, FigureError};

/// What a cell says: its word and how it is shaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The word.
    pub word: String,
    /// The shade.
    pub tone: Tone,
}

/// How a cell is shaded; the word is always there too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It holds: orange.
    Yes,
    /// It does not: blue.
    No,
    /// Not known: pale.
    Open,
    /// There is nothing to say: grey.
    Absent,
}

/// Rows of settings, columns of criteria, a word in each cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WordMatrix {
    /// A few words, bold.
    pub title: String,
    /// What is shown.
    pub subtitle: String,
    /// The heads of the columns, left to right; broken into lines where they are long.
    pub columns: Vec<String>,
    /// The names of the rows, top to bottom.
    pub rows: Vec<String>,
    /// The cells, one list of `columns.len()` for each row.
    pub cells: Vec<Vec<Entry>>,
    /// A remark below.
    pub note: String,
}

impl Tone {
    fn colour(self) -> Colour {
        match self {
            Tone::Yes => Colour(0xF1, 0x9A, 0x4C),
            Tone::No => Colour(0x9E, 0xCA, 0xE1),
            Tone::Open => WHITE,
            Tone::Absent => MISSING,
        }
    }
}

impl WordMatrix {
    fn check(&self) -> Result<(), FigureError> {
        let wrong = |what: String, expected, got| Err(FigureError::Shape { what, expected, got });
        if self.cells.len() != self.rows.len() {
            return wrong("rows of the matrix".into(), self.rows.len(), self.cells.len());
        }
        match self.cells.iter().position(|r| r.len() != self.columns.len()) {
            Some(i) => {
                wrong(format!("cells in row {i} of the matrix"), self.columns.len(), self.cells[i].len())
            }
            None => Ok(()),
        }
    }

    /// A page as high as the rows need, seven inches wide.
    pub fn size(&self) -> Size {
        Size::inches(7.0, 1.3 + 0.26 * self.rows.len() as f64)
    }
}

impl Figure for WordMatrix {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        self.check()?;
        let mut scene = Scene::new(size, &super::description(&self.title, &self.subtitle));
        let top = heading(&mut scene, &self.title, &self.subtitle);
        let bottom = notes(&mut scene, std::slice::from_ref(&self.note));
        let names = self.rows.iter().map(|n| width(n, SMALL, false)).fold(0.0, f64::max);
        let left = BORDER + names.min(scene.width * 0.35) + 6.0;
        let right = scene.width - BORDER;
        let across = (right - left) / self.columns.len().max(1) as f64;
        let heads: Vec<Vec<String>> =
            self.columns.iter().map(|c| wrap(c, SMALL, false, across - 4.0)).collect();
        let lines = heads.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let area = Rect { left, top: top + lines * SMALL * LEADING + 4.0, right, bottom: bottom - 2.0 };
        if area.width() < 60.0 || area.height() < SMALL * LEADING {
            return Err(FigureError::NoRoom { width: scene.width / 72.0, height: scene.height / 72.0 });
        }
        if self.rows.is_empty() || self.columns.is_empty() {
            no_data(&mut scene, area);
            return Ok(scene);
        }
        for (i, head) in heads.iter().enumerate() {
            let x = area.left + (i as f64 + 0.5) * across;
            for (line, text) in head.iter().rev().enumerate() {
                let y = area.top - 4.0 - line as f64 * SMALL * LEADING;
                scene.text((x, y), text, SMALL, INK, Anchor::Middle);
            }
        }
        let down = area.height() / self.rows.len() as f64;
        for (row, (name, entries)) in self.rows.iter().zip(&self.cells).enumerate() {
            let middle = area.top + (row as f64 + 0.5) * down;
            let baseline = middle + SMALL * CAPITAL / 2.0;
            let name = shorten(name, SMALL, false, area.left - BORDER - 6.0);
            scene.text((area.left - 6.0, baseline), &name, SMALL, INK, Anchor::End);
            for (column, entry) in entries.iter().enumerate() {
                let cell = Rect {
                    left: area.left + column as f64 * across,
                    right: area.left + (column + 1) as f64 * across,
                    top: area.top + row as f64 * down,
                    bottom: area.top + (row + 1) as f64 * down,
                };
                scene.rect(cell, entry.tone.colour(), 1.0);
                scene.outline(cell, 0.5, AXIS);
                let word = shorten(&entry.word, SMALL, false, across - 4.0);
                scene.text(
                    (f64::midpoint(cell.left, cell.right), baseline),
                    &word,
                    SMALL,
                    INK,
                    Anchor::Middle,
                );
            }
        }
        Ok(scene)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::figures::to_svg_string;

    fn entry(word: &str, tone: Tone) -> Entry {
        Entry { word: word.into(), tone }
    }

    #[test]
    fn every_cell_has_its_word() {
        let matrix = WordMatrix {
            title: "Two criteria".into(),
            columns: vec!["variance collapses".into(), "tails are lost".into()],
            rows: vec!["replace".into(), "accumulate".into()],
            cells: vec![
                vec![entry("yes", Tone::Yes), entry("undecided", Tone::Open)],
                vec![entry("no", Tone::No), entry("–", Tone::Absent)],
            ],
            ..WordMatrix::default()
        };
        let svg = to_svg_string(&matrix, matrix.size()).unwrap();
        for word in ["replace", "accumulate", "yes", "undecided", "no"] {
            assert!(svg.contains(word), "{word}");
        }
        let ragged = WordMatrix { cells: vec![vec![]], ..matrix };
        assert!(matches!(ragged.scene(Size::PAGE), Err(FigureError::Shape { .. })));
    }
}
