//! One number a seed, positive beyond the threshold's side on which a definition says yes.

use std::collections::BTreeMap;

use super::metrics::Scale;
use crate::analysis::observations::Series;
use crate::store::SettingKey;

/// A contrast of each seed, and what its mean is compared with: above it the answer is yes.
pub(super) struct Contrast {
    pub values: Vec<f64>,
    pub threshold: f64,
}

/// (first, last) of each seed that has both.
pub(super) fn paired(of: &Series) -> Vec<(f64, f64)> {
    let (Some((_, first)), Some(last)) = (of.at.first_key_value(), of.last()) else {
        return Vec::new();
    };
    let last: BTreeMap<u64, f64> = of.pairs(last).iter().copied().collect();
    first.iter().filter_map(|(seed, v)| last.get(seed).map(|l| (*v, *l))).collect()
}

fn some(values: Vec<f64>, threshold: f64) -> Result<Contrast, String> {
    if values.is_empty() {
        return Err("no seed has both the first and the last generation".into());
    }
    if values.iter().any(|v| !v.is_finite()) {
        return Err("a value is 0 where a ratio or a logarithm is needed".into());
    }
    Ok(Contrast { values, threshold })
}

impl Contrast {
    /// last − factor · first, compared with 0; for logarithms last − first with ln factor.
    pub(super) fn grows(of: &Series, scale: Scale, factor: f64) -> Result<Contrast, String> {
        let pairs = paired(of).into_iter();
        match scale {
            Scale::Log | Scale::LogLoss => some(pairs.map(|(a, b)| b - a).collect(), factor.ln()),
            Scale::Ratio | Scale::Loss => some(pairs.map(|(a, b)| b - factor * a).collect(), 0.0),
        }
    }

    /// share · first − last, compared with 0: less than that share is left. What grows as it is
    /// lost has lost that share once it is 1/share times the first.
    pub(super) fn shrinks(of: &Series, scale: Scale, share: f64) -> Result<Contrast, String> {
        let pairs = paired(of).into_iter();
        match scale {
            Scale::Ratio => some(pairs.map(|(a, b)| share * a - b).collect(), 0.0),
            Scale::Log => some(pairs.map(|(a, b)| a - b).collect(), -share.ln()),
            Scale::Loss | Scale::LogLoss => Self::grows(of, scale, 1.0 / share),
        }
    }

    /// With v at t, t/2 and t/4 fits: what the last doubling added, v_t − v_{t/2}; and that less
    /// `share` of what the doubling before added. Both are compared with 0.
    pub(super) fn diverges(of: &Series, share: f64) -> Result<(Contrast, Contrast), String> {
        let last = of.last().unwrap_or(0);
        let fits = f64::from(last) + 1.0;
        let near = |target: f64| {
            let distance = |g: &u32| (f64::from(*g) + 1.0 - target).abs();
            let near = of.at.keys().copied().min_by(|a, b| distance(a).total_cmp(&distance(b)));
            near.filter(|g| distance(g) <= 0.2 * target)
        };
        let (Some(half), Some(quarter)) = (near(fits / 2.0), near(fits / 4.0)) else {
            return Err("it needs measurements at about a quarter and a half of the fits".into());
        };
        if quarter >= half || half >= last {
            return Err("it needs four fits or more".into());
        }
        let value = |points: &[(u32, f64)], g: u32| points.iter().find(|p| p.0 == g).map(|p| p.1);
        let (mut growth, mut beyond) = (Vec::new(), Vec::new());
        for points in of.by_seed().values() {
            let three = (value(points, quarter), value(points, half), value(points, last));
            if let (Some(a), Some(b), Some(c)) = three {
                growth.push(c - b);
                beyond.push((c - b) - share * (b - a));
            }
        }
        Ok((some(growth, 0.0)?, some(beyond, 0.0)?))
    }

    /// Each seed's change, between the first and the last generation, of the slope of ln risk on
    /// ln rows over settings that differ only in `samples`.
    pub(super) fn exponent(
        alike: &[&Series],
        of: &Series,
        scale: Scale,
        threshold: f64,
    ) -> Result<Contrast, String> {
        // Seed → (ln rows, ln first risk, ln last risk).
        let mut seeds: BTreeMap<u64, Vec<(f64, f64, f64)>> = BTreeMap::new();
        let log = |v: f64| if scale == Scale::Log { v } else { v.ln() };
        for s in alike.iter().filter(|s| s.metric == of.metric && s.subject == of.subject) {
            let (Some(rows), Some(first), Some(last)) =
                (s.key.number("samples"), s.at.first_key_value(), s.last())
            else {
                continue;
            };
            let last: BTreeMap<u64, f64> = s.pairs(last).iter().copied().collect();
            for (seed, v) in first.1 {
                if let Some(l) = last.get(seed) {
                    seeds.entry(*seed).or_default().push((rows.ln(), log(*v), log(*l)));
                }
            }
        }
        let change = |points: &Vec<(f64, f64, f64)>| {
            let of = |y: fn(&(f64, f64, f64)) -> f64| slope(points.iter().map(|p| (p.0, y(p))));
            Some(of(|p| p.2)? - of(|p| p.1)?)
        };
        let values: Vec<f64> = seeds.values().filter_map(change).collect();
        if values.is_empty() {
            return Err("it needs the same setting at two sizes of `samples` or more".into());
        }
        some(values, threshold)
    }
}

/// What a setting has in its columns but those of its size.
pub(super) fn without_size(key: &SettingKey) -> Vec<&str> {
    key.columns().zip(key.values()).filter(|(column, _)| !SIZES.contains(column)).map(|(_, v)| v).collect()
}

/// The columns that hold the number of rows.
const SIZES: [&str; 2] = ["samples", "loop.samples"];

/// The least-squares slope; `None` unless two abscissae differ.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<f64> {
    let n = points.clone().count() as f64;
    let (sx, sy) = points.clone().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (mx, my) = (sx / n, sy / n);
    let (xy, xx) = points.fold((0.0, 0.0), |(a, b), (x, y)| (a + (x - mx) * (y - my), b + (x - mx).powi(2)));
    (xx > 0.0).then(|| xy / xx)
}
