//! Dot plots of the same categories side by side, one for each quantity, under one key.

use super::dot_plot::DotPlot;
use super::key::{Entry, Sample, draw_above};
use super::lettering::{SMALL, shorten};
use super::page::{BORDER, heading, notes};
use super::palette::{INK, looks};
use super::scene::{Anchor, Rect, Scene, Size};
use super::{Figure, FigureError};

/// The room between two columns.
const GAP: f64 = 16.0;

/// A grid of dot plots.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DotPanels {
    /// A few words, bold.
    pub title: String,
    /// What is shown.
    pub subtitle: String,
    /// Words over the key.
    pub key: String,
    /// The panels, row by row; all have the first one's categories and series. What they are about is
    /// on their axes, and in their titles where they have one; keys and notes of theirs are not shown.
    pub panels: Vec<DotPlot>,
    /// Panels in a row, at least 1.
    pub columns: usize,
    /// A remark below.
    pub note: String,
}

impl Figure for DotPanels {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        let mut scene = Scene::new(size, &super::description(&self.title, ""));
        let mut top = heading(&mut scene, &self.title, &self.subtitle);
        let bottom = notes(&mut scene, std::slice::from_ref(&self.note));
        let right = scene.width - BORDER - 4.0;
        let Some(first) = self.panels.first() else {
            super::page::no_data(&mut scene, Rect { left: BORDER, top, right, bottom });
            return Ok(scene);
        };
        for panel in &self.panels {
            panel.check()?;
            if panel.series.len() != first.series.len() || panel.categories.len() != first.categories.len() {
                let what = "categories and series of a panel".to_owned();
                let count = |p: &DotPlot| p.series.len() * p.categories.len();
                return Err(FigureError::Shape { what, expected: count(first), got: count(panel) });
            }
        }
        let look = looks(&first.series.iter().map(|s| (&*s.name, s.order)).collect::<Vec<_>>(), &first.looks);
        if first.series.len() > 1 {
            let entry =
                |(name, style): (&String, _)| Entry { label: name.clone(), sample: Sample::Dot(style) };
            let names = first.series.iter().map(|s| &s.name);
            let entries: Vec<Entry> = names.zip(look.iter().copied()).map(entry).collect();
            top = draw_above(&mut scene, (BORDER, right, top), &self.key, &entries);
        }
        let columns = self.columns.clamp(1, self.panels.len());
        let rows = self.panels.len().div_ceil(columns);
        let names = first.names_width(scene.width * 0.38);
        let room = right - BORDER - names - GAP * (columns - 1) as f64;
        let (wide, high) = (room / columns as f64, (bottom - top) / rows as f64);
        let titled = self.panels.iter().any(|p| !p.title.is_empty());
        for (i, panel) in self.panels.iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let left = BORDER + names + column as f64 * (wide + GAP);
            let cell = Rect {
                left: if column > 0 { left } else { left - names },
                top: top + row as f64 * high,
                right: left + wide,
                bottom: top + (row + 1) as f64 * high - if row + 1 < rows { 6.0 } else { 0.0 },
            };
            // The header above the first panel's names keeps all rows level.
            let mut top = if column > 0 { cell.top + first.header() } else { cell.top };
            if titled {
                top += SMALL * 1.2;
            }
            let shown = if column > 0 { 0.0 } else { names };
            let frame = panel.draw(&mut scene, Rect { top, ..cell }, shown, &look)?;
            let title = shorten(&panel.title, SMALL, false, frame.area.width());
            scene.text((frame.area.left, frame.area.top - SMALL * 0.6), &title, SMALL, INK, Anchor::Start);
        }
        Ok(scene)
    }

    fn data(&self) -> Vec<super::Datum> {
        self.numbers()
    }
}
