//! An axis with its range fixed: positions of values, and ticks with their labels.

use super::axis::{Axis, Spread};
use super::number;

/// A labelled position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where, in 0..=1 from the low end.
    pub at: f64,
    /// What it says; empty for a minor tick.
    pub label: String,
}

/// An axis with its range fixed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    spread: Spread,
    low: f64,
    high: f64,
    integer: bool,
    bare: bool,
    names: Vec<String>,
}

impl Scale {
    /// How many categories have names.
    pub fn names(&self) -> usize {
        self.names.len()
    }

    /// The same scale without ticks, for categories that are labelled otherwise.
    pub fn without_ticks(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Fits a range around `values`; `edge` is the share of the range left free at each end
    /// that the axis does not fix. Values that the axis can't show are ignored; without any,
    /// the range is 0 to 1 (1 to 10 on a log axis).
    pub fn fit(axis: &Axis, values: impl IntoIterator<Item = f64>, edge: f64) -> Self {
        let mut low = f64::INFINITY;
        let mut high = f64::NEG_INFINITY;
        for v in values.into_iter().filter(|v| axis.shows(*v)) {
            low = low.min(v);
            high = high.max(v);
        }
        let spread = match axis.spread {
            Spread::SymLog { linear } if !(linear.is_finite() && linear > 0.0) => Spread::Linear,
            other => other,
        };
        if low > high {
            (low, high) = if spread == Spread::Log { (1.0, 10.0) } else { (0.0, 1.0) };
        }
        // A quantity that falls most of the way to zero is read against zero.
        if spread == Spread::Linear && edge > 0.0 && !axis.integer && low > 0.0 && low < 0.35 * high {
            low = 0.0;
        }
        let fixed_low = axis.min.filter(|v| axis.shows(*v));
        let fixed_high = axis.max.filter(|v| axis.shows(*v));
        let mut scale = Self {
            spread,
            low: fixed_low.unwrap_or(low),
            high: fixed_high.unwrap_or(high),
            integer: axis.integer,
            bare: false,
            names: axis.names.clone(),
        };
        let (mut a, mut b) = (scale.warp(scale.low), scale.warp(scale.high));
        if b < a {
            std::mem::swap(&mut a, &mut b);
        }
        if b - a <= 1e-12 * (1.0 + a.abs().max(b.abs())) {
            // One value: room around it, in proportion where it has a size.
            let room = match spread {
                Spread::Linear if a != 0.0 && !axis.integer => 0.1 * a.abs(),
                Spread::Linear => 0.5,
                _ => std::f64::consts::LN_10 / 2.0,
            };
            (a, b) = (a - room, b + room);
        } else {
            let room = (b - a) * edge;
            let from_zero = spread == Spread::Linear && scale.low == 0.0;
            if fixed_low.is_none() && !from_zero {
                a -= room;
            }
            if fixed_high.is_none() {
                b += room;
            }
        }
        (scale.low, scale.high) = (scale.unwarp(a), scale.unwarp(b));
        scale
    }

    /// Returns where `v` lies: 0 at the low end, 1 at the high end, outside beyond; on a log
    /// axis values at or below zero lie far below.
    pub fn at(&self, v: f64) -> f64 {
        let (a, b) = (self.warp(self.low), self.warp(self.high));
        ((self.warp(v) - a) / (b - a)).clamp(-1e4, 1e4)
    }

    /// Returns the value at position `t`: the inverse of [`Scale::at`].
    pub fn value(&self, t: f64) -> f64 {
        let (a, b) = (self.warp(self.low), self.warp(self.high));
        self.unwarp(a + t * (b - a))
    }

    fn warp(&self, v: f64) -> f64 {
        match self.spread {
            Spread::Linear => v,
            Spread::Log if v > 0.0 => v.ln(),
            Spread::Log => -1e6,
            Spread::SymLog { linear } => v.signum() * (v.abs() / linear).ln_1p(),
        }
    }

    fn unwarp(&self, t: f64) -> f64 {
        match self.spread {
            Spread::Linear => t,
            Spread::Log => t.exp().clamp(1e-305, 1e305),
            Spread::SymLog { linear } => (t.signum() * linear * t.abs().exp_m1()).clamp(-1e305, 1e305),
        }
    }

    /// Returns about `count` labelled ticks inside the range, plus unlabelled minor ones on a
    /// log axis of few decades.
    pub fn ticks(&self, count: usize) -> Vec<Tick> {
        if self.bare {
            return Vec::new();
        }
        if !self.names.is_empty() {
            let named = self.names.iter().enumerate();
            let tick =
                |(i, name): (usize, &String)| Tick { at: self.at(i as f64 + 1.0), label: name.clone() };
            return if count < self.names.len() { Vec::new() } else { named.map(tick).collect() };
        }
        let count = count.max(2);
        match self.spread {
            Spread::Linear => self.label(&self.even(count)),
            Spread::Log => self.decades(count),
            Spread::SymLog { linear } => self.symmetric(linear, count),
        }
    }

    fn even(&self, count: usize) -> Vec<f64> {
        let span = self.high - self.low;
        let rough = span / count as f64;
        let ten = 10f64.powf(rough.log10().floor());
        let steps: &[f64] = &[1.0, 2.0, 2.5, 5.0, 10.0];
        let mut step = steps.iter().map(|s| s * ten).find(|s| *s >= rough * 0.999).unwrap_or(10.0 * ten);
        if self.integer {
            step = if step < 1.0 { 1.0 } else { step };
            if (step - step.round()).abs() > 1e-9 {
                step = 5.0 * ten; // 2.5 is no step for whole numbers
            }
        }
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last).take(50).map(|k| k as f64 * step).collect()
    }

    fn decades(&self, count: usize) -> Vec<Tick> {
        let (a, b) = (self.low.log10(), self.high.log10());
        let whole: Vec<f64> =
            ((a - 1e-9).ceil() as i32..=(b + 1e-9).floor() as i32).map(|k| 10f64.powi(k)).collect();
        let inside = |v: &f64| *v >= self.low * 0.999_999 && *v <= self.high * 1.000_001;
        let within = |digits: &[f64]| -> Vec<f64> {
            (a.floor() as i32..=b.floor() as i32)
                .flat_map(|k| digits.iter().map(move |d| d * 10f64.powi(k)))
                .filter(inside)
                .collect()
        };
        if whole.len() < 2 {
            // About a decade or less: 1-2-5, or even steps where that gives too few.
            let some = within(&[1.0, 2.0, 5.0]);
            let values = if some.len() >= 3 { some } else { self.even(count.min(5)) };
            let values: Vec<f64> = values.into_iter().filter(|v| *v > 0.0).collect();
            return self.label(&values);
        }
        let mut ticks = if whole.len() == 2 && count > 3 {
            self.label(&within(&[1.0, 2.0, 5.0]))
        } else {
            let every = whole.len().div_ceil(count);
            self.label(&whole.iter().copied().step_by(every).collect::<Vec<_>>())
        };
        if whole.len() <= 6 {
            let minor = within(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
            ticks.extend(minor.iter().map(|v| Tick { at: self.at(*v), label: String::new() }));
        }
        ticks
    }

    fn symmetric(&self, linear: f64, count: usize) -> Vec<Tick> {
        let top = self.low.abs().max(self.high.abs());
        let first = linear.log10().round() as i32;
        let last = (top.log10() + 1e-9).floor() as i32;
        let sides = if self.low < 0.0 && self.high > 0.0 { 2 } else { 1 };
        let decades = (last - first + 1).max(1) as usize;
        let every = (decades * sides).div_ceil(count.saturating_sub(1).max(1)).max(1);
        let mut values = vec![0.0];
        for k in (first..=last).rev().step_by(every) {
            values.extend([10f64.powi(k), -(10f64.powi(k))]);
        }
        values.sort_by(f64::total_cmp);
        // Labels that would touch the one at zero are left out.
        let near = 0.5 / count as f64;
        values.retain(|v| *v == 0.0 || (self.at(*v) - self.at(0.0)).abs() > near);
        let values: Vec<f64> = values.into_iter().filter(|v| *v >= self.low && *v <= self.high).collect();
        if values.len() < 2 {
            return self.label(&self.even(count));
        }
        self.label(&values)
    }

    fn label(&self, values: &[f64]) -> Vec<Tick> {
        let labels =
            if self.spread == Spread::Linear { number::even(values) } else { number::decades(values) };
        values.iter().zip(labels).map(|(v, label)| Tick { at: self.at(*v), label }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale, count: usize) -> Vec<String> {
        let ticks = scale.ticks(count).into_iter();
        ticks.map(|t| t.label).filter(|l| !l.is_empty()).collect()
    }

    #[test]
    fn generations_get_whole_ticks() {
        let s = Scale::fit(&Axis::integer("generation"), [0.0, 3.0], 0.0);
        assert_eq!(labels(&s, 6), ["0", "1", "2", "3"]);
        let s = Scale::fit(&Axis::integer("generation"), [0.0, 10.0], 0.0);
        assert_eq!(labels(&s, 4), ["0", "5", "10"]);
    }

    #[test]
    fn log_ticks_are_powers_of_ten() {
        let s = Scale::fit(&Axis::log("n"), [1.0, 1000.0], 0.0);
        assert_eq!(labels(&s, 5), ["1", "10", "100", "1000"]);
        let s = Scale::fit(&Axis::log("p"), [1e-9, 1.0], 0.0);
        assert_eq!(labels(&s, 4), ["1e−9", "1e−6", "1e−3", "1"]);
        assert!((s.at(1e-9)).abs() < 1e-9 && (s.at(1.0) - 1.0).abs() < 1e-9);
        assert!((Scale::fit(&Axis::log("n"), [1.0, 100.0], 0.0).at(10.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_show_still_gives_an_axis() {
        for axis in [Axis::linear("a"), Axis::log("b"), Axis::integer("c")] {
            let s = Scale::fit(&axis, [f64::NAN, f64::INFINITY], 0.05);
            assert!(s.ticks(5).len() >= 2, "{axis:?}");
        }
        let s = Scale::fit(&Axis::log("b"), [0.0, -1.0], 0.05);
        assert!(s.ticks(5).iter().all(|t| t.at.is_finite()));
    }

    #[test]
    fn one_value_lies_in_the_middle() {
        for (axis, v) in [
            (Axis::linear("a"), 4.0),
            (Axis::linear("a"), 0.0),
            (Axis::log("b"), 1e-300),
            (Axis::integer("c"), 7.0),
        ] {
            let s = Scale::fit(&axis, [v], 0.05);
            assert!((s.at(v) - 0.5).abs() < 1e-6, "{axis:?} {v}");
        }
    }

    #[test]
    fn categories_have_all_their_names_or_none() {
        let axis =
            Axis { names: vec!["a".into(), "b".into()], min: Some(0.5), max: Some(2.5), ..Axis::default() };
        let scale = Scale::fit(&axis, [], 0.0);
        let found: Vec<(f64, String)> = scale.ticks(2).into_iter().map(|t| (t.at, t.label)).collect();
        assert_eq!(found, [(0.25, "a".to_owned()), (0.75, "b".to_owned())]);
        assert!(scale.ticks(1).is_empty());
    }

    #[test]
    fn symmetric_log_shows_zero_and_both_signs() {
        let axis = Axis { spread: Spread::SymLog { linear: 0.1 }, ..Axis::linear("d") };
        let s = Scale::fit(&axis, [-10.0, 10.0], 0.0);
        assert!((s.at(0.0) - 0.5).abs() < 1e-12);
        assert_eq!(labels(&s, 8), ["−10", "−1", "−0.1", "0", "0.1", "1", "10"]);
    }
}
