//! Dot plots: estimates with intervals per category, against a reference line.

use super::axis::Axis;
use super::curve::stretched;
use super::geometry::clip_line;
use super::key::{Entry, Sample, draw_above, marker};
use super::lettering::{CAPITAL, SMALL, shorten, width};
use super::page::{BORDER, Frame, frame, heading, no_data, notes};
use super::palette::{BASELINE, Dash, GRID, INK, QUIET, Style, looks};
use super::scene::{Anchor, Rect, Scene, Size};
use super::{Figure, FigureError};

/// A number with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Estimates of one kind (a metric, a regime), one per category.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DotSeries {
    /// Words in the key.
    pub name: String,
    /// A number that orders the series, as in a curve.
    pub order: Option<f64>,
    /// One estimate per category, `None` where there is none.
    pub estimates: Vec<Option<Estimate>>,
}

/// Which direction is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Lower values are better.
    Lower,
    /// Higher values are better.
    Higher,
}

/// Points with intervals per category; categories run from top to bottom.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DotPlot {
    /// A few words, bold.
    pub title: String,
    /// What is shown.
    pub subtitle: String,
    /// The measured axis.
    pub x: Axis,
    /// Name of the categories' quantity.
    pub category_label: String,
    /// Categories, top to bottom.
    pub categories: Vec<String>,
    /// Words over the key.
    pub key: String,
    /// The estimates.
    pub series: Vec<DotSeries>,
    /// How series of these names look, as in a curve.
    pub looks: Vec<(String, Style)>,
    /// A vertical line: usually 0 for differences.
    pub reference: Option<f64>,
    /// A shaded range, for instance a non-inferiority margin.
    pub margin: Option<(f64, f64)>,
    /// Adds an arrow with the word *better*.
    pub better: Option<Better>,
    /// A remark below.
    pub note: String,
}

impl DotPlot {
    pub(super) fn check(&self) -> Result<(), FigureError> {
        let expected = self.categories.len();
        match self.series.iter().find(|s| s.estimates.len() != expected) {
            Some(s) => Err(FigureError::Shape {
                what: format!("estimates of `{}`", s.name),
                expected,
                got: s.estimates.len(),
            }),
            None => Ok(()),
        }
    }

    fn estimates(&self) -> impl Iterator<Item = Estimate> {
        let all = self.series.iter().flat_map(|s| &s.estimates);
        all.flatten().copied().filter(|e| self.x.shows(e.value))
    }
}

impl Figure for DotPlot {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        self.check()?;
        let mut scene = Scene::new(size, &super::description(&self.title, &self.x.label));
        let mut top = heading(&mut scene, &self.title, &self.subtitle);
        let bottom = notes(&mut scene, std::slice::from_ref(&self.note));
        let look = looks(&self.series.iter().map(|s| (&*s.name, s.order)).collect::<Vec<_>>(), &self.looks);
        let right = scene.width - BORDER - 4.0;
        if self.series.len() > 1 {
            let entries: Vec<Entry> = self
                .series
                .iter()
                .zip(&look)
                .map(|(s, style)| Entry { label: s.name.clone(), sample: Sample::Dot(*style) })
                .collect();
            top = draw_above(&mut scene, (BORDER, right, top), &self.key, &entries);
        }
        let outer = Rect { left: BORDER, top, right, bottom };
        let names = self.names_width(scene.width * 0.38);
        self.draw(&mut scene, outer, names, &look)?;
        Ok(scene)
    }

    fn data(&self) -> Vec<super::Datum> {
        self.numbers("")
    }
}

impl DotPlot {
    /// The room that the categories' names take, at most `most`.
    pub(super) fn names_width(&self, most: f64) -> f64 {
        let all = self.categories.iter().chain([&self.category_label]);
        all.map(|n| width(n, SMALL, false)).fold(0.0, f64::max).min(most)
    }

    /// The room above the rows for the label of the categories and the arrow.
    pub(super) fn header(&self) -> f64 {
        if self.category_label.is_empty() && self.better.is_none() { 0.0 } else { SMALL * 1.4 }
    }

    /// Draws axes and estimates inside `outer`, with `names` of it for the categories' names.
    pub(super) fn draw(
        &self,
        scene: &mut Scene,
        outer: Rect,
        names: f64,
        look: &[Style],
    ) -> Result<Frame, FigureError> {
        let top = outer.top + if names > 0.0 || self.better.is_some() { self.header() } else { 0.0 };
        let outer = Rect { left: outer.left + names, top, ..outer };
        super::has_room(outer, scene)?;
        let must: Vec<f64> = self.estimates().map(|e| e.value).chain(self.reference).collect();
        let may: Vec<f64> = self
            .estimates()
            .flat_map(|e| [e.low, e.high])
            .chain(self.margin.into_iter().flat_map(|m| [m.0, m.1]))
            .collect();
        let free = Axis {
            integer: true, // no pull towards zero: the reference line is what counts
            ..self.x.clone()
        };
        let range = stretched(&free, &must, &may);
        let x = super::scale::Scale::fit(
            &Axis { min: Some(range.value(0.0)), max: Some(range.value(1.0)), ..self.x.clone() },
            [],
            0.0,
        );
        let count = self.categories.len().max(1);
        let rows = Axis { min: Some(0.0), max: Some(count as f64), ..Axis::default() };
        let y = super::scale::Scale::fit(&rows, [], 0.0).without_ticks();
        let plot = frame(scene, outer, (&self.x, &rows), (x, y));
        self.rows(scene, &plot, names);
        if self.estimates().next().is_none() {
            no_data(scene, plot.area);
            return Ok(plot);
        }
        self.lines(scene, &plot);
        for c in 0..self.categories.len() {
            // Those that a category has share its room: a lone one stands in the middle.
            let there = self.series.iter().zip(look).filter_map(|(s, style)| {
                s.estimates[c].filter(|e| self.x.shows(e.value)).map(|e| (e, *style))
            });
            let there: Vec<(Estimate, Style)> = there.collect();
            for (i, (e, style)) in there.iter().enumerate() {
                let share = (i as f64 + 1.0) / (there.len() as f64 + 1.0);
                let y = count as f64 - c as f64 - (0.14 + 0.72 * share);
                draw(scene, &plot, *e, y, *style);
            }
        }
        Ok(plot)
    }

    /// Category names where there is room for them, and a line above every row but the first.
    fn rows(&self, scene: &mut Scene, plot: &Frame, names: f64) {
        let a = plot.area;
        let h = a.height() / self.categories.len().max(1) as f64;
        if names > 0.0 {
            let label = shorten(&self.category_label, SMALL, false, names + 1.0);
            let at = (a.left - 5.0, a.top - SMALL * 0.6);
            scene.text(at, &label, SMALL, QUIET, Anchor::End);
        }
        for (i, name) in self.categories.iter().enumerate() {
            let top = a.top + i as f64 * h;
            if i > 0 {
                scene.line(vec![(a.left, top), (a.right, top)], 0.5, GRID, Dash::Solid);
            }
            if names > 0.0 {
                let at = (a.left - 5.0, top + h / 2.0 + SMALL * CAPITAL / 2.0);
                let name = shorten(name, SMALL, false, names + 1.0);
                scene.text(at, &name, SMALL, INK, Anchor::End);
            }
        }
    }

    fn lines(&self, scene: &mut Scene, plot: &Frame) {
        let a = plot.area;
        let across = |v: f64| plot.at(v, 0.0).0.clamp(a.left, a.right);
        if let Some((low, high)) = self.margin.filter(|(l, h)| l.is_finite() && h.is_finite()) {
            let band = Rect { left: across(low), right: across(high), ..a };
            scene.rect(band, BASELINE, 0.16);
        }
        if let Some(r) = self.reference.filter(|r| self.x.shows(*r)) {
            let x = across(r);
            scene.line(vec![(x, a.top), (x, a.bottom)], 1.0, INK, Dash::Solid);
        }
        let y = a.top - SMALL * 0.6;
        let arrow = |scene: &mut Scene, from: f64, to: f64| {
            let y = y - SMALL * CAPITAL / 2.0 + 0.5;
            let back = if to > from { -3.5 } else { 3.5 };
            scene.line(vec![(from, y), (to, y)], 0.9, QUIET, Dash::Solid);
            scene.area(vec![(to - back * 0.4, y), (to + back, y - 2.2), (to + back, y + 2.2)], QUIET, 1.0);
        };
        let words = width("better", SMALL, false);
        match self.better {
            Some(Better::Lower) => {
                scene.text((a.left + 24.0, y), "better", SMALL, QUIET, Anchor::Start);
                arrow(scene, a.left + 20.0, a.left + 3.0);
            }
            Some(Better::Higher) => {
                let at = (a.right - 24.0 - words, y);
                scene.text(at, "better", SMALL, QUIET, Anchor::Start);
                arrow(scene, a.right - 20.0, a.right - 3.0);
            }
            None => {}
        }
    }
}

fn draw(scene: &mut Scene, plot: &Frame, e: Estimate, y: f64, style: Style) {
    let cap = 2.0;
    for end in [e.low, e.high] {
        let (x, py) = plot.at(end, y);
        if !end.is_nan() && x >= plot.area.left && x <= plot.area.right {
            scene.line(vec![(x, py - cap), (x, py + cap)], 1.2, style.colour, Dash::Solid);
        }
    }
    if !e.low.is_nan() && !e.high.is_nan() {
        let line = [plot.at(e.low, y), plot.at(e.high, y)];
        for part in clip_line(&line, plot.area) {
            scene.line(part, 1.2, style.colour, Dash::Solid);
        }
    }
    marker(scene, plot.at(e.value, y), style);
}
