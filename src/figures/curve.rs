//! Curves with interval bands: the collapse curve over generations, or any numeric x.

use super::axis::{Axis, Spread};
use super::axis_marks::{self, AxisMark};
use super::geometry::{clip_area, clip_line};
use super::key::{Entry, Sample, beside, draw_above, draw_beside, marker};
use super::labels::{PointLabel, place};
use super::page::{BORDER, Frame, frame, heading, no_data, notes};
use super::palette::{BASELINE, Dash, INK, Style, looks};
use super::scale::Scale;
use super::scene::{Rect, Scene, Size};
use super::series::{Baseline, Law, Point, Series};
use super::{Figure, FigureError};

/// Lines with bands over a numeric x.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// A few words, bold.
    pub title: String,
    /// What is shown, in one or two lines.
    pub subtitle: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Words over the key: what tells the series apart.
    pub key: String,
    /// The lines.
    pub series: Vec<Series>,
    /// How series of these names look on all figures of a run; others look as their order or position says.
    pub looks: Vec<(String, Style)>,
    /// Draws the intervals of points as bars, for few points whose bands would hide each other.
    pub bars: bool,
    /// Leaves the points of a series unjoined: a scatter.
    pub apart: bool,
    /// Fills the area below a series and leaves out its markers: points are the corners of a histogram.
    pub filled: bool,
    /// Thin lines without markers, which the key does not name: lineages, one by one.
    pub traces: bool,
    /// Words beside points.
    pub labels: Vec<PointLabel>,
    /// Predictions to draw over them.
    pub laws: Vec<Law>,
    /// The human level.
    pub baseline: Option<Baseline>,
    /// Places on the x axis.
    pub marks: Vec<AxisMark>,
    /// A remark below the plot: what the bands are, how many seeds.
    pub note: String,
}

impl Figure for Curve {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        let mut scene = Scene::new(size, &super::description(&self.title, &self.y.label));
        let look = looks(&self.series.iter().map(|s| (&*s.name, s.order)).collect::<Vec<_>>(), &self.looks);
        let mut top = heading(&mut scene, &self.title, &self.subtitle);
        let mut remarks = vec![self.note.clone()];
        remarks.extend(dropped_remark(self.dropped()));
        let bottom = notes(&mut scene, &remarks);
        let entries = self.entries(&look);
        let mut right = scene.width - BORDER - 2.0;
        let side = beside(&entries, &self.key, scene.width, bottom - top - 40.0);
        match side {
            Some(room) => right -= room,
            None => {
                top = draw_above(&mut scene, (BORDER, right, top), &self.key, &entries);
            }
        }
        let outer = Rect { left: BORDER, top, right, bottom };
        super::has_room(outer, &scene)?;
        let scales = (self.x_scale(), self.y_scale());
        let plot = self.draw(&mut scene, outer, scales, &look);
        if side.is_some() {
            let placed = self.placed(&plot, entries);
            draw_beside(&mut scene, plot.area, &self.key, &placed);
        }
        Ok(scene)
    }

    fn data(&self) -> Vec<super::Datum> {
        self.numbers("")
    }
}

/// The remark about points that a log axis can't show.
pub(super) fn dropped_remark(count: usize) -> Option<String> {
    let points = if count == 1 { "point" } else { "points" };
    (count > 0).then(|| format!("{count} {points} at or below zero not shown on the log axis."))
}

impl Curve {
    /// Number of finite points that a log axis can't show.
    pub(super) fn dropped(&self) -> usize {
        let finite = |p: &&Point| p.x.is_finite() && p.y.is_finite();
        self.series
            .iter()
            .flat_map(|s| &s.points)
            .filter(finite)
            .filter(|p| !self.x.shows(p.x) || !self.y.shows(p.y))
            .count()
    }

    fn shown(&self) -> impl Iterator<Item = &Point> {
        self.series.iter().flat_map(|s| &s.points).filter(|p| self.x.shows(p.x) && self.y.shows(p.y))
    }

    /// Values that the y axis must hold, and those it should hold if they are not far out.
    pub(super) fn y_values(&self) -> (Vec<f64>, Vec<f64>) {
        let mut must: Vec<f64> = self.shown().map(|p| p.y).collect();
        let mut may: Vec<f64> = self.shown().flat_map(|p| [p.low, p.high]).flatten().collect();
        may.extend(self.laws.iter().flat_map(|l| &l.points).map(|p| p.1));
        if let Some(b) = &self.baseline {
            must.push(b.value);
            may.extend(b.interval.iter().flat_map(|i| [i.0, i.1]));
        }
        (must, may)
    }

    /// Fits the y axis; intervals and laws may stretch it by at most 60 % of the data's span
    /// on each side, so that one wild interval doesn't flatten every curve.
    pub(super) fn y_scale(&self) -> Scale {
        let (must, may) = self.y_values();
        stretched(&self.y, &must, &may)
    }

    pub(super) fn x_scale(&self) -> Scale {
        let data = self.shown().map(|p| p.x);
        let laws = self.laws.iter().flat_map(|l| &l.points).map(|p| p.0);
        // A line may end at the frame; a point of its own should not lie on it.
        Scale::fit(&self.x, data.chain(laws), if self.apart { 0.04 } else { 0.0 })
    }

    /// The key: series, then laws (one entry for equal words), then the baseline.
    pub(super) fn entries(&self, look: &[Style]) -> Vec<Entry> {
        let mut out: Vec<Entry> = Vec::new();
        for (s, style) in self.series.iter().zip(look).filter(|_| !self.traces) {
            let sample = match (self.apart, self.filled) {
                (true, _) => Sample::Point(*style),
                (_, true) => Sample::Box(style.colour),
                _ => Sample::Series(*style),
            };
            out.push(Entry { label: s.name.clone(), sample });
        }
        for law in &self.laws {
            let entry = Entry { label: law.label.clone(), sample: Sample::Law(self.dash(law)) };
            if !out.contains(&entry) {
                out.push(entry);
            }
        }
        out.extend(self.baseline.iter().map(|b| Entry { label: b.label.clone(), sample: Sample::Baseline }));
        out
    }

    /// The stroke of a law: the first words of a panel are dashed, the next dotted.
    fn dash(&self, law: &Law) -> Dash {
        let mut words: Vec<&str> = self.laws.iter().map(|l| l.label.as_str()).collect();
        words.dedup();
        match words.iter().position(|w| *w == law.label) {
            Some(1) => Dash::Dotted,
            Some(2) => Dash::Mixed,
            _ => Dash::Dashed,
        }
    }

    /// Where each entry of the key would best stand, and whether its line reaches the edge.
    fn placed(&self, plot: &Frame, entries: Vec<Entry>) -> Vec<(Entry, f64, bool)> {
        let middle = f64::midpoint(plot.area.top, plot.area.bottom);
        let keep = |y: f64| y.clamp(plot.area.top, plot.area.bottom);
        entries
            .into_iter()
            .map(|entry| {
                let end = match entry.sample {
                    Sample::Baseline => self
                        .baseline
                        .as_ref()
                        .filter(|b| self.y.shows(b.value))
                        .map(|b| (plot.area.right, plot.at(0.0, b.value).1)),
                    Sample::Law(_) => self
                        .laws
                        .iter()
                        .filter(|l| l.label == entry.label)
                        .find_map(|l| l.points.iter().rev().find(|p| self.shows(p)))
                        .map(|p| plot.at(p.0, p.1)),
                    _ => self
                        .series
                        .iter()
                        .find(|s| s.name == entry.label)
                        .and_then(|s| ordered(&s.points).into_iter().rev().find(|p| self.shows(&(p.x, p.y))))
                        .map(|p| plot.at(p.x, p.y)),
                };
                let (x, y) = end.unwrap_or((plot.area.left, middle));
                (entry, keep(y), x > plot.area.right - 12.0)
            })
            .collect()
    }

    fn shows(&self, p: &(f64, f64)) -> bool {
        self.x.shows(p.0) && self.y.shows(p.1)
    }

    /// Draws axes and data inside `outer`; returns the plot area.
    pub(super) fn draw(
        &self,
        scene: &mut Scene,
        outer: Rect,
        scales: (Scale, Scale),
        look: &[Style],
    ) -> Frame {
        let plot = frame(scene, outer, (&self.x, &self.y), scales);
        let nothing =
            self.shown().next().is_none() && !self.laws.iter().flat_map(|l| &l.points).any(|p| self.shows(p));
        if nothing {
            no_data(scene, plot.area);
            return plot;
        }
        if let Some(b) = &self.baseline {
            self.draw_baseline(scene, &plot, b);
        }
        let runs: Vec<Vec<Vec<Point>>> = self.series.iter().map(|s| self.runs(s)).collect();
        for (runs, style) in runs.iter().zip(look) {
            for run in runs {
                self.draw_band(scene, &plot, run, *style);
            }
        }
        for (i, (runs, style)) in runs.iter().zip(look).enumerate() {
            if self.traces {
                let paths = runs.iter().map(|run| run.iter().map(|p| plot.at(p.x, p.y)).collect::<Vec<_>>());
                for part in paths.flat_map(|path| clip_line(&path, plot.area)) {
                    scene.line(part, 0.7, Style::category(i).colour, Dash::Solid);
                }
            } else if self.filled {
                runs.iter().for_each(|run| fill(scene, &plot, run, *style));
            } else if self.apart {
                runs.iter().flatten().for_each(|p| marker(scene, plot.at(p.x, p.y), *style));
            } else {
                draw_lines(scene, &plot, runs, *style, i);
                if let Some(last) = runs.last().and_then(|run| run.last()).filter(|last| self.ends(i, last)) {
                    ring(scene, plot.at(last.x, last.y), *style);
                }
            }
        }
        axis_marks::draw(scene, &plot, &self.marks, look);
        let points: Vec<_> = runs.iter().flatten().flatten().map(|p| plot.at(p.x, p.y)).collect();
        place(scene, &plot, &self.labels, &points);
        for law in &self.laws {
            let mut run = Vec::new();
            for p in law.points.iter().chain([&(f64::NAN, f64::NAN)]) {
                if self.shows(p) {
                    run.push(plot.at(p.0, p.1));
                    continue;
                }
                for part in clip_line(&std::mem::take(&mut run), plot.area) {
                    scene.line(part, 1.1, INK, self.dash(law));
                }
            }
        }
        plot
    }

    /// Whether a series has points beyond its last value, and none of them has a finite one.
    fn ends(&self, series: usize, last: &Point) -> bool {
        let mut beyond = self.series[series].points.iter().filter(|p| p.x > last.x).peekable();
        beyond.peek().is_some() && beyond.all(|p| !p.y.is_finite())
    }

    /// The unbroken stretches of a series, in order of x.
    fn runs(&self, series: &Series) -> Vec<Vec<Point>> {
        let mut runs = vec![Vec::new()];
        for p in ordered(&series.points) {
            if self.shows(&(p.x, p.y)) {
                if let Some(run) = runs.last_mut() {
                    run.push(p);
                }
            } else {
                runs.push(Vec::new());
            }
        }
        runs.retain(|r| !r.is_empty());
        runs
    }

    fn draw_band(&self, scene: &mut Scene, plot: &Frame, run: &[Point], style: Style) {
        let both = |p: &&Point| {
            let ok = |v: Option<f64>| v.is_some_and(|v| !v.is_nan());
            ok(p.low) && ok(p.high)
        };
        let known: Vec<&Point> = run.iter().filter(both).collect();
        let edge = |v: Option<f64>, p: &Point| plot.at(p.x, v.unwrap_or(p.y));
        if self.bars || known.len() == 1 {
            // One point has no width for a band: a bar.
            for p in known {
                let bar = vec![edge(p.low, p), edge(p.high, p)];
                for part in clip_line(&bar, plot.area) {
                    scene.line(part, 1.2, style.colour, Dash::Solid);
                }
            }
            return;
        }
        let ring: Vec<_> =
            known.iter().map(|p| edge(p.high, p)).chain(known.iter().rev().map(|p| edge(p.low, p))).collect();
        if known.len() > 1 {
            scene.area(clip_area(&ring, plot.area), style.colour, 0.17);
        }
    }

    fn draw_baseline(&self, scene: &mut Scene, plot: &Frame, b: &Baseline) {
        let (left, right) = (plot.area.left, plot.area.right);
        let height = |v: f64| plot.area.bottom - plot.y.at(v) * plot.area.height();
        if let Some((low, high)) = b.interval.filter(|(l, h)| !l.is_nan() && !h.is_nan()) {
            let ring =
                [(left, height(high)), (right, height(high)), (right, height(low)), (left, height(low))];
            scene.area(clip_area(&ring, plot.area), BASELINE, 0.2);
        }
        if self.y.shows(b.value) {
            let line = [(left, height(b.value)), (right, height(b.value))];
            for part in clip_line(&line, plot.area) {
                scene.line(part, 1.0, BASELINE, Dash::Solid);
            }
        }
    }
}

/// Fits an axis to `must`, stretched towards `may` by at most 60 % of the span on each side.
pub(super) fn stretched(axis: &Axis, must: &[f64], may: &[f64]) -> Scale {
    let core = Scale::fit(axis, must.iter().copied(), 0.0);
    let mut shown = must.iter().copied().filter(|v| axis.shows(*v));
    let first = shown.next();
    let spans = first.is_some_and(|f| shown.any(|v| (v - f).abs() > 1e-9 * f.abs()));
    let limited = may
        .iter()
        .copied()
        .filter(|v| axis.shows(*v))
        .map(|v| if spans { core.value(core.at(v).clamp(-0.6, 1.6)) } else { v });
    let edge = if matches!(axis.spread, Spread::Linear) { 0.05 } else { 0.03 };
    Scale::fit(axis, must.iter().copied().chain(limited), edge)
}

fn ordered(points: &[Point]) -> Vec<Point> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    points
}

/// The outline of a histogram and what it encloses.
fn fill(scene: &mut Scene, plot: &Frame, run: &[Point], style: Style) {
    let path: Vec<_> = run.iter().map(|p| plot.at(p.x, p.y)).collect();
    if path.len() > 2 {
        scene.area(clip_area(&path, plot.area), style.colour, 0.1);
    }
    for part in clip_line(&path, plot.area) {
        scene.line(part, 1.2, style.colour, style.dash);
    }
}

/// The open end of a line: there is no value after it.
fn ring(scene: &mut Scene, (x, y): (f64, f64), style: Style) {
    let at = |i: u32| {
        let angle = std::f64::consts::TAU * f64::from(i) / 24.0;
        (x + 4.2 * angle.cos(), y + 4.2 * angle.sin())
    };
    scene.line((0..=24).map(at).collect(), 1.1, style.colour, Dash::Solid);
}

fn draw_lines(scene: &mut Scene, plot: &Frame, runs: &[Vec<Point>], style: Style, index: usize) {
    let count: usize = runs.iter().map(Vec::len).sum();
    // Few points all carry a marker; on long series one every 34 points of paper, staggered
    // between the series so that coinciding lines stay apart.
    let apart = if count <= 14 { 0.0 } else { 34.0 };
    let first = plot.area.left + (index % 4) as f64 * apart / 4.0 - 0.01;
    let mut next = first;
    for run in runs {
        let path: Vec<_> = run.iter().map(|p| plot.at(p.x, p.y)).collect();
        for part in clip_line(&path, plot.area) {
            scene.line(part, 1.4, style.colour, style.dash);
        }
        for at in &path {
            let a = plot.area;
            let inside = at.0 >= a.left - 0.5
                && at.0 <= a.right + 0.5
                && at.1 >= a.top - 0.5
                && at.1 <= a.bottom + 0.5;
            if inside && (at.0 >= next || path.len() == 1) {
                marker(scene, *at, style);
                if apart > 0.0 {
                    next = first + (((at.0 - first) / apart).floor() + 1.0) * apart;
                }
            }
        }
    }
}
