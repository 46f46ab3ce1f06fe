//! Least squares from cross-products, and the cross-products of drawn labels without the labels.
//!
//! For n labels y = Xβ̂ + e with e ~ N(0, σ²I) on a design with XᵀX = L Lᵀ of full rank p, and z ~ N(0, I_p):
//! Xᵀy = XᵀXβ̂ + σ L z and eᵀe = σ² (‖z‖² + χ²(n − p)), since z are the coordinates of e in the design's column space.
//! So the three cross-products have their exact joint law in O(p²).
//!
//! A fresh design of n inputs x ~ N(0, D²) need not be drawn either: X = Q (D A)ᵀ with Bartlett's A and Q uniform among
//! the n × p matrices with orthonormal columns, so the factor is L = D A; and Xᵀ1 = √n L u, where u = Qᵀ1/√n are the
//! first p coordinates of a uniform direction in n dimensions.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use rand::RngExt;
use rand_distr::StandardNormal;

use super::design::Columns;
use super::linear::{LeastSquares, Singular};
use super::model::RegressionModel;
use crate::data::{Body, CrossProducts, Distribution, Gram, Link, Mix, Rows, Samples, Statistics, predictor};
use crate::models::cholesky::solve_lower;
use crate::models::wishart::{bartlett, chi_squared};
use crate::models::{FitError, Model, Refusal, SampleError, Sampling, StatisticsPath};
use crate::rng::Stream;

impl StatisticsPath for LeastSquares {
    fn summarise(&self, rows: &Rows) -> Result<Statistics, FitError> {
        Ok(Statistics::CrossProducts(summary(rows, self.intercept)?))
    }

    fn draw(&self, _: &dyn Model, _: usize, _: &Sampling, _: &mut Stream) -> Result<Statistics, SampleError> {
        Err(Refusal::new("a regression's own inputs are drawn as rows; set `loop.path = \"rows\"`").into())
    }

    fn draws(&self) -> bool {
        false
    }

    fn labels(&self) -> bool {
        true
    }

    fn label(
        &self,
        model: &dyn Model,
        given: &Statistics,
        how: &Sampling,
        rng: &mut Stream,
    ) -> Result<Statistics, SampleError> {
        let model: &dyn Any = model;
        let model = model
            .downcast_ref::<RegressionModel>()
            .ok_or_else(|| Refusal::new("only a regression's labels can be drawn by least squares"))?;
        let Statistics::CrossProducts(given) = given else { return Err(not_cross_products().into()) };
        let (_, factor) = model.transform(how)?;
        labelled(&model.coefficients, given, factor * model.noise_variance(), rng)
            .map(Statistics::CrossProducts)
    }

    fn inputs(&self, truth: &dyn Distribution, n: usize, rng: &mut Stream) -> Option<Statistics> {
        self.fresh(truth, n, rng).map(Statistics::CrossProducts)
    }

    fn people(&self, truth: &dyn Distribution, n: usize, rng: &mut Stream) -> Option<Statistics> {
        let regression = truth.regression().filter(|r| r.link == Link::Identity)?;
        let given = self.fresh(truth, n, rng)?;
        let mut weights = regression.weights.clone();
        weights.resize(given.inputs(), 0.0);
        labelled(&weights, &given, regression.noise_variance, rng).ok().map(Statistics::CrossProducts)
    }

    fn supports(&self, how: &Sampling) -> bool {
        how.only(&[crate::models::Transform::Temperature])
    }
}

impl LeastSquares {
    /// The cross-products of `n` inputs of the truth, where they are normal and there are no other columns.
    fn fresh(&self, truth: &dyn Distribution, n: usize, rng: &mut Stream) -> Option<CrossProducts> {
        let variances = &truth.regression().filter(|r| r.tabulated.is_none())?.input_variances;
        let columns = Columns::of(truth.schema(), Link::Identity, self.intercept).ok()?;
        let whole = columns.are_all(truth.schema());
        (whole && columns.width() == variances.len() + usize::from(self.intercept))
            .then(|| design(variances, n, self.intercept, rng))
    }
}

/// The cross-products of the design of `given` with labels xᵀb plus noise.
fn labelled(
    b: &[f64],
    given: &CrossProducts,
    noise: f64,
    rng: &mut Stream,
) -> Result<CrossProducts, SampleError> {
    let p = given.inputs();
    if b.len() != p {
        return Err(Refusal::new(format!("the model has {} inputs and the design {p}", b.len())).into());
    }
    // L z with a factor of full rank: with fewer rows than inputs it has fewer columns, and z fewer coordinates.
    let (mut errors, mut inside, mut rank) = (vec![0.0; p], 0.0, p);
    if let Some(l) = given.gram.factor() {
        let z: Vec<f64> = (0..p).map(|_| rng.sample(StandardNormal)).collect();
        errors.iter_mut().enumerate().for_each(|(i, e)| *e = predictor(&l[i * p..=i * p + i], &z));
        inside = z.iter().map(|z| z * z).sum();
    } else {
        let columns = given.gram.full_rank().rows();
        rank = columns.len();
        for column in columns {
            let z: f64 = rng.sample(StandardNormal);
            errors.iter_mut().zip(column).for_each(|(e, l)| *e += l * z);
            inside += z * z;
        }
    }
    let sd = (noise * given.scale).sqrt();
    let (mut labels, mut explained, mut crossed) = (Vec::with_capacity(p), 0.0, 0.0);
    for i in 0..p {
        let fitted = given.scale * predictor(&given.gram.matrix[i * p..(i + 1) * p], b);
        let error = sd * errors[i];
        explained += b[i] * fitted;
        crossed += b[i] * error;
        labels.push(fitted + error);
    }
    let outside = chi_squared(given.n.saturating_sub(rank as u64), rng);
    let square = explained + 2.0 * crossed + noise * (inside + outside);
    if !(square.is_finite() && labels.iter().all(|l| l.is_finite())) {
        return Err(SampleError::NotFinite);
    }
    Ok(CrossProducts { labels, square, gram: given.gram.clone(), ..*given })
}

/// The cross-products of `n` independent normal inputs with these variances. All labels are 0.
fn design(variances: &[f64], n: usize, intercept: bool, rng: &mut Stream) -> CrossProducts {
    let (d, p, rank) = (variances.len(), variances.len() + usize::from(intercept), variances.len().min(n));
    let a = bartlett(d, n, 1.0, rng);
    let z: Vec<f64> = (0..rank).map(|_| rng.sample(StandardNormal)).collect();
    let inside: f64 = z.iter().map(|z| z * z).sum();
    let length = inside + chi_squared((n - rank) as u64, rng);
    let root = if length > 0.0 { (n as f64 / length).sqrt() } else { 0.0 };
    let mut l = vec![0.0; p * p];
    let mut sums = vec![0.0; p];
    for (i, variance) in variances.iter().enumerate() {
        let sd = variance.sqrt();
        for (l, a) in l[i * p..i * p + rank].iter_mut().zip(&a[i * rank..(i + 1) * rank]) {
            *l = sd * a;
        }
        sums[i] = root * predictor(&l[i * p..i * p + rank], &z);
    }
    if intercept {
        l[d * p..d * p + rank].iter_mut().zip(&z).for_each(|(l, z)| *l = root * z);
        l[d * p + d] = root * (length - inside).max(0.0).sqrt();
        sums[d] = n as f64;
    }
    let gram = Arc::new(Gram::of_factor(l, sums));
    CrossProducts { n: n as u64, weight: n as f64, gram, scale: 1.0, labels: vec![0.0; p], square: 0.0 }
}

/// The cross-products of a whole training set, blocks with their weights.
pub(super) fn pooled(mix: &Mix, intercept: bool) -> Result<CrossProducts, FitError> {
    if let Some(rows) = mix.alike() {
        return of_table(&rows.map_err(|e| Refusal::new(e.to_string()))?, intercept);
    }
    let mut all: Option<Statistics> = None;
    for part in mix.parts.iter().filter(|p| !p.body.is_empty()) {
        let block = match &part.body {
            Body::Rows(rows) => Cow::Owned(Statistics::CrossProducts(summary(rows, intercept)?)),
            Body::Statistics(s) => Cow::Borrowed(s),
        };
        match &mut all {
            None => all = Some(block.into_owned().scaled(part.weight)),
            Some(all) => all.merge(&block, part.weight).ok_or_else(not_cross_products)?,
        }
    }
    match all {
        None => Err(FitError::TooFewRows { needed: 1, found: 0 }),
        Some(Statistics::CrossProducts(c)) if c.weight > 0.0 => Ok(c),
        Some(Statistics::CrossProducts(_)) => {
            Err(Refusal::degenerate("the training set's rows have no weight").into())
        }
        Some(_) => Err(not_cross_products().into()),
    }
}

fn summary(rows: &Rows, intercept: bool) -> Result<CrossProducts, FitError> {
    of_table(&rows.gather(), intercept)
}

fn of_table(table: &Samples, intercept: bool) -> Result<CrossProducts, FitError> {
    let columns = Columns::of(table.schema(), Link::Identity, intercept)?;
    if let Some((row, column)) = table.first_non_finite() {
        return Err(FitError::NotFinite { column: column.into(), row });
    }
    Ok(CrossProducts::of(&columns.inputs(table), columns.width(), &columns.labels(table)))
}

/// (XᵀX)⁻¹Xᵀy, or where inputs are combinations of each other what `singular` says.
pub(super) fn solve(all: &CrossProducts, singular: Singular) -> Result<Vec<f64>, FitError> {
    let mut b: Vec<f64> = all.labels.iter().map(|x| x / all.scale).collect();
    match (all.gram.factor(), singular) {
        (Some(l), _) => solve_factor(l, &mut b),
        (None, Singular::Refuse) => return Err(collinear().into()),
        (None, Singular::MinimumNorm) => b = all.gram.full_rank().solve(&b).ok_or_else(collinear)?,
    }
    Ok(b)
}

/// Solves L Lᵀ x = b in place, for a row-major lower factor without zero pivots.
pub(super) fn solve_factor(l: &[f64], b: &mut [f64]) {
    let p = b.len();
    solve_lower(l, b);
    for i in (0..p).rev() {
        let (before, rest) = b.split_at_mut(i);
        rest[0] /= l[i * p + i];
        let x = rest[0];
        before.iter_mut().zip(&l[i * p..i * p + i]).for_each(|(b, l)| *b -= l * x);
    }
}

fn collinear() -> Refusal {
    Refusal::new(
        "some inputs are a combination of others (XᵀX is singular), so least squares has no single answer; leave one out, \
         state `singular = \"minimum-norm\"`, or use the family `ridge`",
    )
}

fn not_cross_products() -> Refusal {
    Refusal::new("least squares is fitted from rows or cross-products with the same inputs")
}
