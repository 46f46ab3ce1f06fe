//! Phase diagrams: a number over two keys, the boundary where it takes a level, and the band in which that may lie.
//!
//! A number is a ratio of means over seeds, n/d: a metric has d = 1, a prevented share has the loss that is prevented over
//! the loss without human rows. Both are linear between cells, seed by seed: first along a line of cells, then between
//! two lines, so that lines need not have cells at the same places. The boundary is where the mean of c = n − level · d
//! changes its sign; the band is where Student's t does not reject E c = 0, as for the critical human fraction
//! ([`critical`](super::effects::critical)). Cost: O(places asked for × seeds).

use super::DISPLAY_LEVEL;
use super::effects::{Ratio, ratio};
use super::intervals::{mean_sd, t_quantile};

/// Numerator and denominator of one seed.
pub type Parts = (u64, f64, f64);

/// The place of a line, and its cells by their place along it.
type Line = (f64, Vec<(f64, Vec<Parts>)>);

/// One cell: a place and what was found there; without seeds where it has no number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PhaseCell {
    /// The place on the first axis.
    pub x: f64,
    /// The place on the second axis.
    pub y: f64,
    /// Seeds ascending and each once.
    pub seeds: Vec<Parts>,
}

impl PhaseCell {
    /// The number with its 95 % interval (Fieller's); NaN where there is none.
    pub fn ratio(&self) -> Ratio {
        let (n, d): (Vec<f64>, Vec<f64>) = self.seeds.iter().map(|s| (s.1, s.2)).unzip();
        match n.len() {
            0 => Ratio { estimate: f64::NAN, bounds: None },
            1 => Ratio { estimate: n[0] / d[0], bounds: None },
            _ => ratio(&n, &d, DISPLAY_LEVEL),
        }
    }
}

/// Where the number takes the level along one line of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The place of the line, on the axis across.
    pub line: f64,
    /// The place of the boundary, on the axis along.
    pub estimate: f64,
    /// The lower end of its 95 % interval; none where it leaves the line.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// The number and the band on a fine lattice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surface {
    /// Places on the first axis, ascending.
    pub x: Vec<f64>,
    /// Places on the second axis, ascending.
    pub y: Vec<f64>,
    /// The number, a list of `x.len()` for each of `y`; NaN where there is none.
    pub value: Vec<Vec<f64>>,
    /// |t| of c over its critical value: at most 1 in the band. NaN where there is none.
    pub t: Vec<Vec<f64>>,
}

/// Cells in lines: of one place on the second axis, or on the first one.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Whether a line runs along the first axis.
    pub along_x: bool,
    /// Lines by their place across, each with its cells by their place along.
    lines: Vec<Line>,
}

/// Places between two cells at which an interval is looked for.
const STEPS: usize = 20;
/// Places between two cells of a surface.
const FINE: usize = 6;
/// Gaps between cells that are narrower than this share of the line are not halved.
const NARROWEST: f64 = 0.02;

impl Plane {
    /// The cells in lines along the axis on which more lines cross the level; where they are no grid, along the axis on
    /// which there are more places.
    pub fn new(cells: &[PhaseCell], level: f64) -> Self {
        let (rows, columns) = (Self::along(cells, true), Self::along(cells, false));
        let share = |plane: &Self| {
            let met = plane.lines.iter().filter(|line| !turns(line, level).is_empty()).count();
            met as f64 / plane.lines.len().max(1) as f64
        };
        let grid = rows.lines.len() * columns.lines.len() == cells.len();
        let by_rows = match grid {
            true => share(&rows) >= share(&columns),
            false => rows.lines.len() <= columns.lines.len(),
        };
        if by_rows { rows } else { columns }
    }

    fn along(cells: &[PhaseCell], along_x: bool) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        for cell in cells {
            let (along, across) = if along_x { (cell.x, cell.y) } else { (cell.y, cell.x) };
            let entry = (along, cell.seeds.clone());
            match lines.iter_mut().find(|(place, _)| *place == across) {
                Some((_, line)) => line.push(entry),
                None => lines.push((across, vec![entry])),
            }
        }
        lines.sort_by(|a, b| a.0.total_cmp(&b.0));
        lines.iter_mut().for_each(|(_, line)| line.sort_by(|a, b| a.0.total_cmp(&b.0)));
        Self { along_x, lines }
    }

    /// What the seeds have at a place; none outside the cells and beside a cell without a number.
    fn at(&self, along: f64, across: f64) -> Option<Vec<Parts>> {
        between(&self.lines, across, |(place, _)| *place, |(_, line)| on(line, along))
    }

    /// |t| of c over its critical value at a place: at most 1 where the boundary may be. `None` where there is no number.
    pub fn t_at(&self, x: f64, y: f64, level: f64) -> Option<f64> {
        let (along, across) = if self.along_x { (x, y) } else { (y, x) };
        Some(t_of(&self.at(along, across)?, level))
    }

    /// Where each line crosses the level, in the order of the lines.
    pub fn crossings(&self, level: f64) -> Vec<Crossing> {
        let of = |line: &Line| -> Vec<Crossing> {
            let fine = finer(&line.1.iter().map(|c| c.0).collect::<Vec<_>>(), STEPS);
            // One seed rejects nothing, and a place without a number says nothing.
            let t_at = |place: &f64| {
                on(&line.1, *place).filter(|seeds| seeds.len() > 1).map(|seeds| t_of(&seeds, level))
            };
            let t: Vec<Option<f64>> = fine.iter().map(t_at).collect();
            let open = |i: &usize| t[*i].is_some_and(|t| t <= 1.0);
            let crossing = |estimate: f64| {
                let here = fine.partition_point(|place| *place < estimate).min(fine.len() - 1);
                // The places around the estimate at which the level is not rejected, and one step on either side.
                let below = (0..here).rev().find(|i| !open(i)).filter(|i| t[*i].is_some());
                let above = (here..fine.len()).find(|i| !open(i)).filter(|i| t[*i].is_some());
                let (low, high) = (below.map(|i| fine[i]), above.map(|i| fine[i]));
                Crossing { line: line.0, estimate, low, high }
            };
            turns(line, level).into_iter().map(crossing).collect()
        };
        self.lines.iter().flat_map(of).collect()
    }

    /// The number and the band everywhere.
    pub fn surface(&self, level: f64) -> Surface {
        let mut along: Vec<f64> = self.lines.iter().flat_map(|line| line.1.iter().map(|c| c.0)).collect();
        along.sort_by(f64::total_cmp);
        along.dedup();
        let across: Vec<f64> = self.lines.iter().map(|line| line.0).collect();
        let (along, across) = (finer(&along, FINE), finer(&across, FINE));
        let (x, y) = if self.along_x { (along, across) } else { (across, along) };
        let number = |seeds: &[Parts]| {
            let (n, d) = seeds.iter().fold((0.0, 0.0), |(n, d), s| (n + s.1, d + s.2));
            n / d
        };
        let place = |x: f64, y: f64| if self.along_x { self.at(x, y) } else { self.at(y, x) };
        let of = |read: &dyn Fn(&[Parts]) -> f64| -> Vec<Vec<f64>> {
            let row = |y: &f64| x.iter().map(|x| place(*x, *y).map_or(f64::NAN, |s| read(&s))).collect();
            y.iter().map(row).collect()
        };
        let (value, t) = (of(&number), of(&|seeds| t_of(seeds, level)));
        Surface { value, t, x, y }
    }

    /// Where further cells shrink the band most: in each line the middle of the widest gap that meets the interval of a
    /// crossing, the widest gaps first, (x, y).
    pub fn next(&self, level: f64) -> Vec<(f64, f64)> {
        let mut found: Vec<(f64, f64, f64)> = Vec::new();
        for crossing in self.crossings(level) {
            let Some((across, line)) = self.lines.iter().find(|line| line.0 == crossing.line) else {
                continue;
            };
            let known = line.iter().any(|(_, seeds)| seeds.len() > 1);
            let (low, high) = match known {
                true => (crossing.low.unwrap_or(f64::MIN), crossing.high.unwrap_or(f64::MAX)),
                false => (crossing.estimate, crossing.estimate),
            };
            let range = line.last().map_or(0.0, |c| c.0) - line.first().map_or(0.0, |c| c.0);
            let gaps = line.windows(2).map(|gap| (gap[0].0, gap[1].0));
            let met = gaps.filter(|(a, b)| *b > low && *a < high && b - a > NARROWEST * range);
            let Some((a, b)) = met.max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0))) else { continue };
            let middle = 0.5 * (a + b);
            if !found.iter().any(|f| f.1 == middle && f.2 == *across) {
                found.push(((b - a) / range, middle, *across));
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let place = |(_, along, across): (f64, f64, f64)| {
            if self.along_x { (along, across) } else { (across, along) }
        };
        found.into_iter().map(place).collect()
    }
}

/// Places with `steps` between each two of them.
fn finer(places: &[f64], steps: usize) -> Vec<f64> {
    let between = |pair: &[f64]| -> Vec<f64> {
        (0..steps).map(|i| pair[0] + (pair[1] - pair[0]) * i as f64 / steps as f64).collect()
    };
    places.windows(2).flat_map(between).chain(places.last().copied()).collect()
}

/// What the seeds have at a place of one line.
fn on(line: &[(f64, Vec<Parts>)], along: f64) -> Option<Vec<Parts>> {
    between(line, along, |cell| cell.0, |cell| (!cell.1.is_empty()).then(|| cell.1.clone()))
}

/// Linear between the two neighbours of a place, seed by seed, over the seeds that both have.
fn between<T>(
    all: &[T],
    at: f64,
    place: impl Fn(&T) -> f64,
    of: impl Fn(&T) -> Option<Vec<Parts>>,
) -> Option<Vec<Parts>> {
    let right = all.partition_point(|one| place(one) < at);
    let b = all.get(right)?;
    if place(b) == at {
        return of(b);
    }
    let a = all.get(right.checked_sub(1)?)?;
    let part = (at - place(a)) / (place(b) - place(a));
    let (a, b) = (of(a)?, of(b)?);
    let mix = |(seed, n, d): &Parts| {
        let other = b.binary_search_by_key(seed, |s| s.0).ok().map(|i| b[i])?;
        Some((*seed, n + part * (other.1 - n), d + part * (other.2 - d)))
    };
    let mixed: Vec<Parts> = a.iter().filter_map(mix).collect();
    (!mixed.is_empty()).then_some(mixed)
}

/// |mean c| over its critical value.
fn t_of(seeds: &[Parts], level: f64) -> f64 {
    let c: Vec<f64> = seeds.iter().map(|(_, n, d)| n - level * d).collect();
    if c.len() < 2 {
        return f64::INFINITY;
    }
    let n = c.len() as f64;
    let (mean, sd) = mean_sd(&c);
    if mean == 0.0 { 0.0 } else { mean.abs() / (t_quantile(DISPLAY_LEVEL, n - 1.0) * sd / n.sqrt()) }
}

/// The changes of sign of the mean of c along a line, between neighbours that have numbers.
fn turns(line: &Line, level: f64) -> Vec<f64> {
    let mean = |seeds: &[Parts]| {
        let sum: f64 = seeds.iter().map(|(_, n, d)| n - level * d).sum();
        sum / seeds.len() as f64
    };
    let means: Vec<(f64, f64)> = line.1.iter().map(|(place, seeds)| (*place, mean(seeds))).collect();
    let turn = |pair: &[(f64, f64)]| {
        let ((x, a), (y, b)) = (pair[0], pair[1]);
        ((a > 0.0) != (b > 0.0) && a.is_finite() && b.is_finite()).then(|| x + (y - x) * a / (a - b))
    };
    means.windows(2).filter_map(turn).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    /// A grid of v(x, y) with independent noise in every cell, twelve seeds.
    fn grid(xs: &[f64], ys: &[f64], v: impl Fn(f64, f64) -> f64, noise: f64, stream: u64) -> Vec<PhaseCell> {
        let mut rng = ChaCha8Rng::seed_from_u64(stream);
        let mut cells = Vec::new();
        for &y in ys {
            for &x in xs {
                let mut one = |seed| {
                    let z: f64 = StandardNormal.sample(&mut rng);
                    (seed, v(x, y) + noise * z, 1.0)
                };
                cells.push(PhaseCell { x, y, seeds: (0..12).map(&mut one).collect() });
            }
        }
        cells
    }

    const TENTHS: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

    #[test]
    fn a_plane_crosses_its_level_on_a_straight_line() {
        let cells = grid(&TENTHS, &TENTHS, |x, y| x + y, 0.0, 1);
        let plane = Plane::new(&cells, 1.0);
        let crossings = plane.crossings(1.0);
        assert!(crossings.len() >= 10 && plane.along_x);
        assert!(crossings.iter().all(|c| (c.estimate + c.line - 1.0).abs() < 1e-12), "{crossings:?}");
        let s = plane.surface(1.0);
        for (j, y) in s.y.iter().enumerate() {
            for (i, x) in s.x.iter().enumerate() {
                assert!((s.value[j][i] - (x + y)).abs() < 1e-9);
            }
        }
        // A boundary that no row crosses is found in the columns.
        let level = Plane::new(&grid(&TENTHS, &TENTHS, |_, y| y, 0.0, 1), 0.55);
        assert!(!level.along_x && level.crossings(0.55).iter().all(|c| (c.estimate - 0.55).abs() < 1e-12));
    }

    #[test]
    fn the_interval_holds_the_true_place_as_often_as_it_says() {
        // The mean is linear between cells, so that interpolation adds no error.
        let repetitions = 400;
        let held = |stream: u64| {
            let cells = grid(&TENTHS[3..8], &[0.5], |x, _| 4.0 * x, 0.15, stream);
            let plane = Plane::along(&cells, true);
            plane.t_at(0.51, 0.5, 4.0 * 0.51).unwrap() <= 1.0
        };
        let covered = (0..repetitions).filter(|i| held(*i)).count() as f64 / repetitions as f64;
        // Four binomial standard errors.
        assert!((covered - 0.95).abs() < 4.0 * (0.95f64 * 0.05 / 400.0).sqrt(), "{covered}");
        let cells = grid(&TENTHS[3..8], &[0.5], |x, _| 4.0 * x, 0.15, 7);
        let found = Plane::along(&cells, true).crossings(2.0)[0];
        let (low, high) = (found.low.unwrap(), found.high.unwrap());
        assert!(low < 0.5 && high > 0.5 && high - low < 0.12, "{found:?}");
    }

    #[test]
    fn further_cells_go_where_the_boundary_is() {
        let coarse = [0.0, 0.25, 0.5, 0.75, 1.0];
        let mut cells = grid(&coarse, &[0.2, 0.6], |x, y| x + y, 0.01, 3);
        let next = Plane::new(&cells, 1.0).next(1.0);
        assert!(next.contains(&(0.875, 0.2)) && next.contains(&(0.375, 0.6)) && next.len() == 2, "{next:?}");
        // Lines with other places each are interpolated on.
        cells.extend(next.iter().flat_map(|(x, y)| grid(&[*x], &[*y], |x, y| x + y, 0.01, 4)));
        let plane = Plane::new(&cells, 1.0);
        assert!(plane.along_x && plane.crossings(1.0).len() == 2);
        let surface = plane.surface(1.0);
        assert!((surface.value[3][5] - surface.x[5] - surface.y[3]).abs() < 0.02);
        assert!(plane.next(1.0).iter().all(|(x, y)| (x + y - 1.0).abs() < 0.13));
    }

    #[test]
    fn a_share_is_a_ratio_and_a_cell_without_a_number_is_a_hole() {
        let seeds = |share: f64| (0..5).map(|s| (s, share * (2.0 + s as f64), 2.0 + s as f64)).collect();
        let cell = |x: f64, y: f64| PhaseCell {
            x,
            y,
            seeds: if x == 1.0 { Vec::new() } else { seeds(0.25 + 0.1 * x) },
        };
        let cells: Vec<PhaseCell> =
            [0.0, 1.0, 2.0, 3.0].iter().flat_map(|x| [cell(*x, 0.0), cell(*x, 1.0)]).collect();
        assert!((cells[0].ratio().estimate - 0.25).abs() < 1e-12 && cells[2].ratio().estimate.is_nan());
        let plane = Plane::along(&cells, true);
        assert!(plane.at(0.5, 0.0).is_none() && plane.at(2.5, 0.5).is_some() && plane.at(4.0, 0.0).is_none());
        assert!((plane.crossings(0.5)[0].estimate - 2.5).abs() < 1e-9);
        // An interval that runs into a hole has no end there, and one seed has no interval.
        let wide =
            |x: f64| -> Vec<Parts> { (0..5).map(|s| (s, x + f64::from(s as u32) - 2.0, 1.0)).collect() };
        let line = |seeds: &dyn Fn(f64) -> Vec<Parts>| -> Vec<PhaseCell> {
            let of = |x: f64| if x == 3.0 { Vec::new() } else { seeds(x) };
            (-9..=3).map(f64::from).map(|x| PhaseCell { x, y: 0.0, seeds: of(x) }).collect()
        };
        let found = Plane::along(&line(&wide), true).crossings(1.0)[0];
        assert!(found.low.is_some() && found.high.is_none(), "{found:?}");
        let found = Plane::along(&line(&|x| vec![(0, x, 1.0)]), true).crossings(1.5)[0];
        assert!(found.low.is_none() && found.high.is_none(), "{found:?}");
    }
}
