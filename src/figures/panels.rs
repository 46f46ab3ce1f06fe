//! Small multiples: a grid of curve panels under one key.

use super::curve::{Curve, dropped_remark, stretched};
use super::key::{Entry, draw_above};
use super::lettering::{LABEL, LEADING, width, wrap};
use super::page::{BORDER, heading, label_room, notes};
use super::palette::{INK, Style, looks};
use super::scene::{Anchor, Mark, Rect, Scene, Size, Text};
use super::{Figure, FigureError};

/// A grid of curves: facets by metric, by setting, or both.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panels {
    /// A few words, bold.
    pub title: String,
    /// What is shown.
    pub subtitle: String,
    /// Words over the key.
    pub key: String,
    /// The panels, row by row; the title of each is its panel title, and its subtitle, key and
    /// note are not shown. Series with the same name look the same in every panel.
    pub panels: Vec<Curve>,
    /// Panels in a row; absent: as square as the page allows.
    pub columns: Option<usize>,
    /// All panels share the y range, and only the first of a row carries the y label.
    pub share_y: bool,
    /// A remark below.
    pub note: String,
}

impl Panels {
    fn columns(&self, size: Size) -> usize {
        let count = self.panels.len().max(1);
        // Panels about 1.3 times as wide as high.
        let wish = (count as f64 * size.width / size.height / 1.3).sqrt();
        let auto = (wish.round() as usize).clamp(1, (size.width / 1.7).floor().max(1.0) as usize);
        self.columns.unwrap_or(auto).clamp(1, count)
    }

    /// Names with their style, in order of first appearance over all panels.
    fn looks(&self) -> Vec<(String, Style)> {
        let mut names: Vec<(String, Option<f64>)> = Vec::new();
        for s in self.panels.iter().flat_map(|p| &p.series) {
            if !names.iter().any(|(n, _)| *n == s.name) {
                names.push((s.name.clone(), s.order));
            }
        }
        let known: Vec<_> = self.panels.iter().flat_map(|p| p.looks.iter().cloned()).collect();
        let look = looks(&names.iter().map(|n| (&*n.0, n.1)).collect::<Vec<_>>(), &known);
        names.into_iter().map(|n| n.0).zip(look).collect()
    }
}

impl Figure for Panels {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        let mut scene = Scene::new(size, &super::description(&self.title, ""));
        let mut top = heading(&mut scene, &self.title, &self.subtitle);
        let mut remarks = vec![self.note.clone()];
        remarks.extend(dropped_remark(self.panels.iter().map(Curve::dropped).sum()));
        let bottom = notes(&mut scene, &remarks);
        let right = scene.width - BORDER - 2.0;
        let looks = self.looks();
        let style_of = |name: &str| {
            let found = looks.iter().find(|l| l.0 == name);
            found.map_or(Style::category(0), |l| l.1)
        };
        let own = |p: &Curve| -> Vec<Style> { p.series.iter().map(|s| style_of(&s.name)).collect() };
        let mut entries: Vec<Entry> = Vec::new();
        let all = self.panels.iter().flat_map(|p| p.entries(&own(p)));
        for entry in all {
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        // Series first, then laws and baselines, whichever panel they came from.
        entries.sort_by_key(|e| !matches!(e.sample, super::key::Sample::Series(_)));
        top = draw_above(&mut scene, (BORDER, right, top), &self.key, &entries);
        if self.panels.is_empty() {
            let area = Rect { left: BORDER, top, right, bottom };
            super::page::no_data(&mut scene, area);
            return Ok(scene);
        }
        let columns = self.columns(size);
        let rows = self.panels.len().div_ceil(columns);
        let shared = self.share_y.then(|| {
            let (mut must, mut may) = (Vec::new(), Vec::new());
            for p in &self.panels {
                let (a, b) = p.y_values();
                must.extend(a);
                may.extend(b);
            }
            stretched(&self.panels[0].y, &must, &may)
        });
        // With a shared y axis the label stands once, and the plots stay equally wide.
        let high = (bottom - top) / rows as f64;
        let label = if self.share_y && columns > 1 {
            label_room(&self.panels[0].y.label, high - 4.0 * LABEL)
        } else {
            0.0
        };
        let wide = (right - BORDER - label) / columns as f64;
        let titles: Vec<Vec<String>> =
            self.panels.iter().map(|p| wrap(&p.title, LABEL, true, wide - 9.0)).collect();
        let lines = titles.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let title_room = if lines > 0.0 { LABEL * (LEADING * lines + 0.2) } else { 3.0 };
        for (i, panel) in self.panels.iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let cell = Rect {
                left: BORDER + column as f64 * wide + if column > 0 { label } else { 0.0 },
                top: top + row as f64 * high + title_room,
                right: BORDER + label + (column + 1) as f64 * wide
                    - if column + 1 < columns { 9.0 } else { 0.0 },
                bottom: top + (row + 1) as f64 * high - if row + 1 < rows { 5.0 } else { 0.0 },
            };
            super::has_room(cell, &scene)?;
            let mut panel = panel.clone();
            if i + columns < self.panels.len() {
                panel.x.label.clear();
            }
            if self.share_y && column > 0 {
                panel.y.label.clear();
            }
            let y = shared.clone().unwrap_or_else(|| panel.y_scale());
            let x = panel.x_scale();
            let plot = panel.draw(&mut scene, cell, (x, y), &own(&panel));
            title(&mut scene, plot.area, cell, &titles[i]);
        }
        Ok(scene)
    }

    fn data(&self) -> Vec<super::Datum> {
        self.numbers()
    }
}

/// Writes the lines above the plot: from its left edge where they fit, else as far to the left as
/// they need.
fn title(scene: &mut Scene, plot: Rect, cell: Rect, lines: &[String]) {
    let widest = lines.iter().map(|line| width(line, LABEL, true)).fold(0.0, f64::max);
    let x = plot.left.min(cell.right - widest).max(cell.left);
    for (above, line) in lines.iter().rev().enumerate() {
        scene.marks.push(Mark::Text(Text {
            x,
            y: cell.top - 3.0 - above as f64 * LABEL * LEADING,
            text: line.clone(),
            size: LABEL,
            colour: INK,
            anchor: Anchor::Start,
            bold: true,
            upwards: false,
        }));
    }
}
