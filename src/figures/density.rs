//! Distributions: histograms drawn over each other, or as one small ridge per row.
//!
//! Every sample is cut into the same bins and divided by its own size and the bin width, so
//! that areas are 1 whatever the sample size (on a log axis the bins are even in the
//! logarithm, and so is the density).

use super::axis::Axis;
use super::key::{Entry, Sample, beside, draw_above, draw_beside};
use super::lettering::{CAPITAL, SMALL, shorten, width};
use super::page::{BORDER, Frame, frame, heading, no_data, notes};
use super::palette::{Dash, GRID, INK, QUIET, Style, styles};
use super::scale::Scale;
use super::scene::{Anchor, Rect, Scene, Size};
use super::{Figure, FigureError};

/// One sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    /// Words in the key or beside the ridge.
    pub name: String,
    /// A number that orders the samples (their generation, say).
    pub order: Option<f64>,
    /// The values; those that aren't finite are ignored.
    pub values: Vec<f64>,
}

/// Histograms of several samples on common bins.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Densities {
    /// A few words, bold.
    pub title: String,
    /// What is shown.
    pub subtitle: String,
    /// The measured axis.
    pub x: Axis,
    /// Words over the key.
    pub key: String,
    /// The samples.
    pub samples: Vec<Distribution>,
    /// Number of bins; absent: from the largest sample (the square root of its size, 10 to 60).
    pub bins: Option<usize>,
    /// One row per sample in place of an overlay: better from about five samples on.
    pub ridges: bool,
    /// A remark below.
    pub note: String,
}

impl Densities {
    fn values(&self) -> impl Iterator<Item = f64> {
        let all = self.samples.iter().flat_map(|s| &s.values);
        all.copied().filter(|v| self.x.shows(*v))
    }

    fn bins(&self) -> usize {
        let most = self.samples.iter().map(|s| s.values.len()).max().unwrap_or(0);
        let auto = (most as f64).sqrt().round() as usize;
        self.bins.unwrap_or(auto.clamp(10, 60)).clamp(1, 1000)
    }

    /// Bin heights of each sample, as densities in the units of the axis position, and the
    /// number of finite values left out.
    fn heights(&self, x: &Scale) -> (Vec<Vec<f64>>, usize) {
        let bins = self.bins();
        let mut outside = 0;
        let heights = self
            .samples
            .iter()
            .map(|s| {
                let mut counts = vec![0usize; bins];
                let mut total = 0usize;
                for v in s.values.iter().filter(|v| v.is_finite()) {
                    total += 1;
                    let at = if self.x.shows(*v) { x.at(*v) } else { -1.0 };
                    if (0.0..=1.0).contains(&at) {
                        counts[((at * bins as f64) as usize).min(bins - 1)] += 1;
                    } else {
                        outside += 1;
                    }
                }
                let scale = bins as f64 / total.max(1) as f64;
                counts.iter().map(|c| *c as f64 * scale).collect()
            })
            .collect();
        (heights, outside)
    }
}

impl Figure for Densities {
    fn scene(&self, size: Size) -> Result<Scene, FigureError> {
        let mut scene = Scene::new(size, &super::description(&self.title, &self.x.label));
        let mut top = heading(&mut scene, &self.title, &self.subtitle);
        let x = Scale::fit(&self.x, self.values(), 0.0);
        let (heights, outside) = self.heights(&x);
        let mut remarks = vec![self.note.clone()];
        if outside > 0 {
            remarks.push(format!("{outside} values lie outside the axis."));
        }
        let bottom = notes(&mut scene, &remarks);
        let look = styles(&self.samples.iter().map(|s| s.order).collect::<Vec<_>>());
        let entries: Vec<Entry> = self
            .samples
            .iter()
            .zip(&look)
            .map(|(s, style)| Entry { label: s.name.clone(), sample: Sample::Box(style.colour) })
            .collect();
        let mut outer = Rect { left: BORDER, top, right: scene.width - BORDER - 2.0, bottom };
        let mut side = None;
        if self.ridges {
            let names = self.samples.iter().map(|s| &s.name).chain([&self.key]);
            let widest = names.map(|n| width(n, SMALL, false)).fold(0.0, f64::max);
            outer.left += widest.min(scene.width * 0.3);
            if !self.key.is_empty() {
                outer.top += SMALL * 1.3;
            }
        } else {
            side = beside(&entries, &self.key, scene.width, bottom - top - 40.0);
            match side {
                Some(room) => outer.right -= room,
                None => {
                    top = draw_above(&mut scene, (BORDER, outer.right, top), &self.key, &entries);
                    outer.top = top;
                }
            }
        }
        super::has_room(outer, &scene)?;
        let highest = heights.iter().flatten().copied().fold(0.0, f64::max).max(1e-9);
        let y_axis = Axis {
            min: Some(0.0),
            max: Some(highest * 1.05),
            ..Axis::linear(if self.ridges { "" } else { "density" })
        };
        let y = Scale::fit(&y_axis, [], 0.0).without_ticks();
        let plot = frame(&mut scene, outer, (&self.x, &y_axis), (x, y));
        if self.values().next().is_none() {
            no_data(&mut scene, plot.area);
            return Ok(scene);
        }
        if self.ridges {
            self.draw_ridges(&mut scene, &plot, &heights, &look);
        } else {
            for (h, style) in heights.iter().zip(&look) {
                let steps = outline(h, plot.area, plot.area.bottom, plot.area.height() / (highest * 1.05));
                scene.area(steps.clone(), style.colour, 0.13);
            }
            for (h, style) in heights.iter().zip(&look) {
                let steps = outline(h, plot.area, plot.area.bottom, plot.area.height() / (highest * 1.05));
                scene.line(steps, 1.3, style.colour, style.dash);
            }
        }
        if side.is_some() {
            let placed: Vec<_> =
                entries.into_iter().enumerate().map(|(i, e)| (e, plot.area.top + i as f64, false)).collect();
            draw_beside(&mut scene, plot.area, &self.key, &placed);
        }
        Ok(scene)
    }
}

impl Densities {
    fn draw_ridges(&self, scene: &mut Scene, plot: &Frame, heights: &[Vec<f64>], look: &[Style]) {
        let a = plot.area;
        let count = self.samples.len().max(1) as f64;
        let step = a.height() / (count + 0.4);
        let at = (a.left - 5.0, a.top - SMALL * 0.4);
        scene.text(at, &self.key, SMALL, QUIET, Anchor::End);
        for (i, ((sample, h), style)) in self.samples.iter().zip(heights).zip(look).enumerate() {
            let base = a.top + (i as f64 + 1.4) * step;
            // Each ridge has its own height: what matters is the shape, and areas are 1.
            let top = h.iter().copied().fold(0.0, f64::max).max(1e-9);
            let steps = outline(h, a, base, step * 1.25 / top);
            scene.line(vec![(a.left, base), (a.right, base)], 0.5, GRID, Dash::Solid);
            scene.area(steps.clone(), style.colour, 0.55);
            scene.line(steps, 1.0, style.colour, Dash::Solid);
            let name = shorten(&sample.name, SMALL, false, a.left - BORDER);
            let at = (a.left - 5.0, base - 0.5 - SMALL * (CAPITAL - 0.7));
            scene.text(at, &name, SMALL, INK, Anchor::End);
        }
    }
}

/// The stepped outline of a histogram on a base line; `scale` is points per unit of density.
fn outline(heights: &[f64], area: Rect, base: f64, scale: f64) -> Vec<(f64, f64)> {
    let w = area.width() / heights.len().max(1) as f64;
    let mut out = vec![(area.left, base)];
    for (i, h) in heights.iter().enumerate() {
        let y = base - h * scale;
        out.push((area.left + i as f64 * w, y));
        out.push((area.left + (i + 1) as f64 * w, y));
    }
    out.push((area.right, base));
    out
}
