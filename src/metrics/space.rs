//! Where the rows of a table lie when distances between them are measured.
//!
//! A table's columns have units of their own, and some are categories. So that neither decides an answer, a
//! number is written as (x − median) / scale of the human rows, the scale being the smaller of their standard
//! deviation and their interquartile range ÷ 1.349 (Silverman 1986, eq. 3.30: σ for normal rows, and few
//! outliers don't change it; the standard deviation where the quartiles are equal, 1 where all rows are),
//! and a category as one coordinate a level, 1 for its own and 0 for the others. Two
//! rows of different levels then have squared distance 2, which is what two normal rows differ by in a
//! number, E(x − x′)² = 2σ².
//!
//! *Which rows.* Data sets of one number a column, from files or embedded: everything that is not a known
//! distribution, an image or a vector. Those keep their own space, in which laws and papers state their
//! distances; so does a table under `measure.space = "raw"`.
//!
//! *Rows that say what they are.* Under `measure.space = "classifier"` a row of numbers with a label lies where the last
//! hidden layer of a network puts it that was trained to tell the labels of the human training rows apart, and of no
//! other rows: `wasserstein2` is then a Fréchet distance, and precision, recall, density and coverage are of features
//! and not of pixels (Heusel et al., arXiv:1706.08500; Kynkäänniemi et al., arXiv:1904.06991, with Inception in place of
//! a network of our own). The network is one for all seeds and generations.

use std::sync::Arc;

use crate::data::{Column, Kind, Samples, Source, Splits, Supply};
use crate::models::Refusal;
use crate::neural::classifier::Classifier;
use crate::registry::DeviceName;
use crate::rng::Streams;

/// The coordinates of rows.
#[derive(Clone, Debug)]
pub struct Space {
    of: Of,
    numbers: usize,
    width: usize,
}

/// What the coordinates are of.
#[derive(Clone, Debug)]
enum Of {
    /// The columns that have some, numbers first.
    Columns(Vec<(usize, Coding)>),
    /// The last hidden layer of a network.
    Network(Arc<Classifier>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Coding {
    Number { median: f64, scale: f64 },
    Level { levels: usize },
}

impl Space {
    /// Raised when the coordinates change, so that cells measured in others are measured again.
    pub const VERSION: u32 = 1;

    /// The space of a source's rows; `None` where rows keep their own.
    pub fn of(source: &Source) -> Option<Space> {
        let Supply::Finite(Splits { train, validation, held_out }) = &source.supply else { return None };
        Self::of_rows(&[train, validation, held_out])
    }

    /// The features of a network that tells the labels of a source's human training rows apart; trained from one seed,
    /// so that they are the same for all lineages. Refuses rows without a label or without numbers.
    pub fn classifier(source: &Source, device: DeviceName) -> Result<Space, Refusal> {
        let Supply::Finite(Splits { train, .. }) = &source.supply else {
            return Err(Refusal::new(format!("{} has no training rows for a classifier", source.name)));
        };
        Classifier::accepts(train.schema())?;
        let streams = Streams::new(0, 0).of("classifier-space");
        let network = Classifier::fit(train, device, &streams).map_err(|e| Refusal::new(e.to_string()))?;
        let width = network.width();
        Ok(Space { of: Of::Network(Arc::new(network)), numbers: width, width })
    }

    /// The space of tables of one schema; `None` where a column is text or several numbers, or none is a number.
    pub fn of_rows(tables: &[&Samples]) -> Option<Space> {
        let schema = tables.first()?.schema();
        let (mut numbers, mut levels) = (Vec::new(), Vec::new());
        for (i, field) in schema.fields.iter().enumerate() {
            match &field.kind {
                Kind::F32 { width: 1, image: None, .. } | Kind::F64 { width: 1 } => {
                    let mut all: Vec<f64> = tables.iter().flat_map(|rows| number(rows.column(i))).collect();
                    all.retain(|x| x.is_finite());
                    let (median, scale) = median_and_scale(&mut all);
                    numbers.push((i, Coding::Number { median, scale }));
                }
                Kind::Codes { levels: of } => levels.push((i, Coding::Level { levels: of.count() })),
                _ => return None,
            }
        }
        if numbers.is_empty() {
            return None;
        }
        let count = numbers.len();
        let width = count + levels.iter().map(|(_, coding)| coding.width()).sum::<usize>();
        numbers.append(&mut levels);
        Some(Space { of: Of::Columns(numbers), numbers: count, width })
    }

    /// Coordinates of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Coordinates of a row that are numbers: the first ones.
    pub fn numbers(&self) -> usize {
        self.numbers
    }

    /// The coordinates of all rows, row-major.
    pub(super) fn points(&self, rows: &Samples) -> Vec<f64> {
        let columns = match &self.of {
            Of::Columns(columns) => columns,
            Of::Network(network) => return network.features(rows).into_iter().map(f64::from).collect(),
        };
        let mut out = vec![0.0; rows.len() * self.width];
        let mut at = 0;
        for &(i, coding) in columns {
            let lines = out.chunks_exact_mut(self.width);
            match (coding, rows.column(i)) {
                (Coding::Number { median, scale }, column) => {
                    lines.zip(number(column)).for_each(|(line, x)| line[at] = (x - median) / scale);
                }
                (Coding::Level { levels }, Column::Codes { data }) => {
                    // A level that no human row has is as far from all others as they are from each other.
                    for (line, &code) in lines.zip(data).filter(|(_, code)| (**code as usize) < levels) {
                        line[at + code as usize] = 1.0;
                    }
                }
                _ => {}
            }
            at += coding.width();
        }
        out
    }

    /// Moments of the numbers of a row in these coordinates; `None` where they are of another width, and where the
    /// coordinates are no affine map of the numbers.
    pub(super) fn moments(&self, mean: &[f64], covariance: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let Of::Columns(columns) = &self.of else { return None };
        let known: Vec<(f64, f64)> = columns.iter().filter_map(|(_, coding)| coding.number()).collect();
        let d = known.len();
        if mean.len() != d || covariance.len() != d * d {
            return None;
        }
        let mean = mean.iter().zip(&known).map(|(m, (median, scale))| (m - median) / scale).collect();
        let of = |(i, c): (usize, &f64)| c / (known[i / d].1 * known[i % d].1);
        Some((mean, covariance.iter().enumerate().map(of).collect()))
    }
}

impl Coding {
    fn width(self) -> usize {
        match self {
            Coding::Number { .. } => 1,
            Coding::Level { levels } => levels,
        }
    }

    fn number(self) -> Option<(f64, f64)> {
        match self {
            Coding::Number { median, scale } => Some((median, scale)),
            Coding::Level { .. } => None,
        }
    }
}

fn number(column: &Column) -> Box<dyn Iterator<Item = f64> + '_> {
    match column {
        Column::F32 { data, .. } => Box::new(data.iter().map(|&x| f64::from(x))),
        Column::F64 { data, .. } => Box::new(data.iter().copied()),
        _ => Box::new(std::iter::empty()),
    }
}

/// The median and the robust scale of finite numbers.
fn median_and_scale(all: &mut [f64]) -> (f64, f64) {
    all.sort_by(f64::total_cmp);
    let n = all.len();
    if n == 0 {
        return (0.0, 1.0);
    }
    // Linear between order statistics, as numpy's default.
    let quantile = |p: f64| {
        let place = p * (n - 1) as f64;
        let (low, part) = (place.floor() as usize, place.fract());
        all[low] + part * (all[(low + 1).min(n - 1)] - all[low])
    };
    let range = (quantile(0.75) - quantile(0.25)) / 1.349;
    let median = quantile(0.5);
    // Around the median, so that a large offset takes no digits.
    let mean = all.iter().map(|x| x - median).sum::<f64>() / n as f64;
    let deviation = (all.iter().map(|x| (x - median - mean).powi(2)).sum::<f64>() / n as f64).sqrt();
    let scale = [range, deviation].into_iter().filter(|s| s.is_finite() && *s > 0.0).min_by(f64::total_cmp);
    (median, scale.unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Field, Levels, Role, Schema};
    use crate::metrics::distances::Points;
    use crate::metrics::manifold;
    use crate::metrics::testing::normals;

    /// A number in some unit, and one of three levels.
    fn table(numbers: &[f64], unit: f64, offset: f64, codes: &[u32]) -> Samples {
        let field = |name: &str, kind| Field { name: name.into(), role: Role::Feature, kind };
        let levels = Kind::Codes { levels: Levels::Count(3) };
        let schema = Schema { fields: vec![field("plan", levels), field("income", Kind::F64 { width: 1 })] };
        let data = numbers.iter().map(|x| x * unit + offset).collect();
        let columns = vec![Column::Codes { data: codes.to_vec() }, Column::F64 { width: 1, data }];
        Samples::new(Arc::new(schema), columns).unwrap()
    }

    #[test]
    fn a_category_costs_what_two_numbers_differ_by() {
        // The variance of 0, 1, …, 8 is 60/9, and their quartiles, 2 and 6, are 1.55 standard deviations apart.
        let rows =
            table(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 1.0, 0.0, &[0, 1, 2, 0, 1, 2, 0, 1, 2]);
        let space = Space::of_rows(&[&rows]).unwrap();
        assert_eq!((space.width(), space.numbers()), (4, 1));
        let points = space.points(&rows);
        assert_eq!(points[4..8], [-3.0 / (60.0_f64 / 9.0).sqrt(), 0.0, 1.0, 0.0]);
        let distance = |i: usize, j: usize| -> f64 {
            (1..4).map(|c| (points[4 * i + c] - points[4 * j + c]).powi(2)).sum()
        };
        assert_eq!((distance(0, 3), distance(0, 1), distance(1, 2)), (0.0, 2.0, 2.0));
        // Two normal rows: E(x − x′)² = 2 with the normal's own quartiles.
        let x = normals(4000, 1, 1);
        let rows = table(&x, 70.0, 3.0, &vec![0; 4000]);
        let coded = Space::of_rows(&[&rows]).unwrap().points(&rows);
        let pairs = coded.chunks_exact(8).map(|p| (p[0] - p[4]).powi(2));
        // 2,000 squared differences with standard deviation 2√2: five standard errors are 0.32.
        assert!((pairs.sum::<f64>() / 2000.0 - 2.0).abs() < 0.4);
    }

    #[test]
    fn units_and_offsets_change_nothing_and_a_dead_category_is_seen() {
        let (x, y) = (normals(300, 1, 1), normals(300, 1, 2));
        let codes: Vec<u32> = (0..300).map(|i| i % 3).collect();
        let measured = |unit: f64, offset: f64, made: &[u32]| {
            let human = table(&x, unit, offset, &codes);
            let space = Space::of_rows(&[&human]).unwrap();
            let (human, model) = (space.points(&human), space.points(&table(&y, unit, offset, made)));
            let dim = space.width();
            manifold::compare(Points { data: &human, dim }, Points { data: &model, dim }, 5)
        };
        let alive = measured(1.0, 0.0, &codes);
        let other = measured(1e-3, 7.0, &codes);
        assert!((alive.coverage - other.coverage).abs() < 0.01 && (alive.recall - other.recall).abs() < 0.01);
        assert!(alive.coverage > 0.9 && alive.recall > 0.9, "{alive:?}");
        // One level of three is left: a third of people can be covered at most.
        let dead = measured(1.0, 0.0, &[0; 300]);
        assert!(dead.coverage < 0.34 && dead.recall < 0.34, "{dead:?}");
        assert_eq!(dead.precision, 1.0);
    }

    #[test]
    fn columns_without_spread_and_stated_moments_are_scaled_too() {
        // Four fifths of zeros: the quartiles are equal and the standard deviation serves.
        let mostly: Vec<f64> = (0..100).map(|i| if i % 5 == 0 { 10.0 } else { 0.0 }).collect();
        let rows = table(&mostly, 1.0, 0.0, &[0; 100]);
        assert_eq!(Space::of_rows(&[&rows]).unwrap().points(&rows)[0], 10.0 / 4.0);
        // One outlier among a hundred: the quartiles, 24.75 and 74.25, decide.
        let outlier: Vec<f64> = (0..100).map(|i| if i == 99 { 1e9 } else { f64::from(i) }).collect();
        let rows_with = table(&outlier, 1.0, 0.0, &[0; 100]);
        let first = Space::of_rows(&[&rows_with]).unwrap().points(&rows_with)[0];
        assert!((first + 49.5 * 1.349 / 49.5).abs() < 1e-12, "{first}");
        let constant = table(&[5.0; 10], 1.0, 0.0, &[0; 10]);
        assert_eq!(Space::of_rows(&[&constant]).unwrap().points(&constant)[0], 0.0);
        let space = Space::of_rows(&[&rows]).unwrap();
        assert_eq!(space.moments(&[2.0], &[16.0]), Some((vec![0.5], vec![1.0])));
        assert_eq!(space.moments(&[2.0, 1.0], &[16.0]), None);
    }

    #[test]
    fn a_classifier_sees_labels_apart_that_pixels_hardly_tell_and_refuses_rows_without() {
        // Two classes that differ in one of twenty numbers: in the features they are further apart, relative to what
        // rows of one class differ by.
        let n = 600;
        let labels: Vec<u32> = (0..n as u32).map(|i| i % 2).collect();
        let make = |seed: u64| {
            let mut x = normals(n, 20, seed);
            x.chunks_exact_mut(20)
                .zip(&labels)
                .for_each(|(row, l)| row[3] = 0.3 * row[3] + 3.0 * f64::from(*l));
            let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
            let fields = vec![
                field("x", Role::Feature, Kind::F64 { width: 20 }),
                field("label", Role::Label, Kind::Codes { levels: Levels::Count(2) }),
            ];
            let columns = vec![Column::F64 { width: 20, data: x }, Column::Codes { data: labels.clone() }];
            Arc::new(Samples::new(Arc::new(Schema { fields }), columns).unwrap())
        };
        let source = |splits| Source {
            name: "two".into(),
            digest: String::new(),
            supply: Supply::Finite(splits),
            file: None,
        };
        let two = source(Splits { train: make(1), validation: make(2), held_out: make(3) });
        let space = Space::classifier(&two, DeviceName::default()).unwrap();
        assert_eq!((space.width(), space.numbers()), (64, 64));
        assert!(space.moments(&[0.0; 64], &[0.0; 64 * 64]).is_none());
        let ratio = |points: &[f64], width: usize| {
            let distance = |i: usize, j: usize| -> f64 {
                (0..width).map(|c| (points[i * width + c] - points[j * width + c]).powi(2)).sum()
            };
            let mean = |step: usize| (0..n - 3).map(|i| distance(i, i + step)).sum::<f64>();
            mean(1) / mean(2)
        };
        let unseen = make(4);
        let (raw, seen) = (ratio(&unseen.features(), 20), ratio(&space.points(&unseen), 64));
        assert!(raw < 1.4 && seen > 1.2 * raw, "{raw} {seen}");
        let bare = Arc::new(table(&[1.0, 2.0], 1.0, 0.0, &[0, 1]));
        let bare = source(Splits { train: bare.clone(), validation: bare.clone(), held_out: bare });
        assert!(Space::classifier(&bare, DeviceName::default()).is_err());
    }
}
