#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::data::{Column, Kind, NormalMixture, Part, Rows, Samples};
use crate::models::reference::Reference;
use crate::models::{Ask, SampleError, Sampling};

fn table(d: usize, data: Vec<f64>) -> Samples {
    let schema = Arc::new(Schema::single(Kind::F64 { width: d }));
    Samples::new(schema, vec![Column::F64 { width: d, data }]).unwrap()
}

fn mix(d: usize, data: Vec<f64>) -> Mix {
    Mix::of_human(Rows::all(table(d, data)))
}

fn fit(family: GaussianMixture, mix: &Mix) -> Result<Box<dyn Model>, FitError> {
    family.fit(mix, Start::Scratch, &Streams::new(0, 0))
}

fn mixture(model: &dyn Model) -> NormalMixture<'_> {
    let model: &dyn Any = model;
    model.downcast_ref::<GaussianMixtureModel>().unwrap().mixture()
}

/// The components by their first mean, as the reference has them.
fn sorted(m: NormalMixture<'_>) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut order: Vec<usize> = (0..m.len()).collect();
    order.sort_by(|a, b| m.mean(*a)[0].total_cmp(&m.mean(*b)[0]));
    (
        order.iter().map(|k| m.weights[*k]).collect(),
        order.iter().flat_map(|k| m.mean(*k).to_vec()).collect(),
        order.iter().flat_map(|k| m.covariance(*k).to_vec()).collect(),
    )
}

fn close(found: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (f, w) in found.iter().zip(wanted) {
        assert!((f - w).abs() < 1e-8, "{what}: {f} {w}");
    }
}

#[test]
fn em_agrees_with_scikit_learn() {
    let r = Reference::read();
    for (name, covariance) in [
        ("mixture_full", Shape::Full),
        ("mixture_diagonal", Shape::Diagonal),
        ("mixture_spherical", Shape::Spherical),
    ] {
        let family = GaussianMixture { components: 3, covariance, ..Default::default() };
        let model = fit(family, &mix(2, r.numbers("rows"))).unwrap();
        let (weights, means, covariances) = sorted(mixture(&*model));
        let of = r.of(name);
        close(&weights, &of.numbers("weights"), name);
        close(&means, &of.numbers("means"), name);
        close(&covariances, &of.numbers("covariances"), name);
        let at = table(2, r.numbers("points"));
        let logs = model.density().unwrap().log_likelihood(&at, &Streams::new(0, 0)).unwrap();
        close(&logs, &of.numbers("log_likelihood"), name);
    }
}

#[test]
fn a_weight_of_two_is_two_rows() {
    let r = Reference::read();
    let rows = r.numbers("rows");
    let mut heavy = mix(2, rows[..80].to_vec());
    heavy.parts[0].weight = 2.0;
    heavy.parts.push(Part::synthetic(1, crate::data::Body::Rows(Rows::all(table(2, rows[80..].to_vec())))));
    // k-means may start from another partition here, so both run to the fixed point.
    let family =
        GaussianMixture { components: 3, tolerance: 1e-14, max_iterations: 2000, ..Default::default() };
    let model = fit(family, &heavy).unwrap();
    let (weights, means, _) = sorted(mixture(&*model));
    close(&weights, &r.of("mixture_weighted").numbers("weights"), "weights");
    close(&means, &r.of("mixture_weighted").numbers("means"), "means");
}

#[test]
fn one_component_is_the_gaussian_plus_its_floor() {
    // 1, 2, 6: mean 3, variance 14/3.
    let family = GaussianMixture { components: 1, covariance_floor: 0.5, ..Default::default() };
    let model = fit(family, &mix(1, vec![1.0, 2.0, 6.0])).unwrap();
    let m = mixture(&*model);
    assert!((m.means[0] - 3.0).abs() < 1e-12 && (m.covariances[0] - (14.0 / 3.0 + 0.5)).abs() < 1e-12);
}

#[test]
fn draws_have_the_mixtures_moments_and_a_short_sample_starts_a_long_one() {
    // ¼ N(−2, .5²) + ¾ N(2, 1): by fitting rows that have just these moments.
    let rows: Vec<f64> = vec![-2.5, -1.5, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0];
    let model = fit(GaussianMixture { covariance_floor: 1e-9, ..Default::default() }, &mix(1, rows)).unwrap();
    let (mean, covariance) = mixture(&*model).moments();
    let draw =
        |n, how: &Sampling| model.synthesise(Ask::Rows, n, how, &Streams::new(4, 2)).unwrap().features();
    let made = draw(20_000, &Sampling::default());
    assert_eq!(made[..5], draw(5, &Sampling::default()));
    let n = made.len() as f64;
    let found = made.iter().sum::<f64>() / n;
    assert!((found - mean[0]).abs() < 4.5 * (covariance[0] / n).sqrt(), "{found} {mean:?}");
    let spread = made.iter().map(|x| (x - mean[0]).powi(2)).sum::<f64>() / n;
    // The kurtosis of a mixture of two apart is below that of a normal, so Var(s²) ≤ 2σ⁴/n.
    assert!((spread / covariance[0] - 1.0).abs() < 4.5 * (2.0 / n).sqrt(), "{spread} {covariance:?}");
    // λ = 0: every row is one of the means.
    let points = draw(50, &Sampling { covariance_scale: 0.0, ..Default::default() });
    assert!(points.iter().all(|x| mixture(&*model).means.iter().any(|m| (m - x).abs() < 1e-12)));
    let hot = Sampling { temperature: 2.0, ..Default::default() };
    assert!(matches!(
        model.synthesise(Ask::Rows, 1, &hot, &Streams::new(0, 0)),
        Err(SampleError::Refused(_))
    ));
}

#[test]
fn a_warm_start_goes_on_from_the_last_model() {
    // At a fixed point of EM another step changes nothing beyond the tolerance's own step.
    let rows = mix(2, Reference::read().numbers("rows"));
    let family =
        GaussianMixture { components: 3, tolerance: 1e-13, max_iterations: 2000, ..Default::default() };
    let first = fit(family, &rows).unwrap();
    let once = GaussianMixture { max_iterations: 1, ..family };
    let again = once.fit(&rows, Start::Warm(&*first), &Streams::new(0, 0)).unwrap();
    for (a, b) in mixture(&*first).means.iter().zip(mixture(&*again).means) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

#[test]
fn degenerate_and_unusable_rows() {
    let two = GaussianMixture::default();
    // Equal rows, more components than distinct rows: finite, and goes on.
    for (d, data) in [(1, vec![3.0; 4]), (2, vec![1.0, 2.0, 1.0, 2.0, 5.0, 5.0]), (3, vec![0.0; 6])] {
        let model = fit(GaussianMixture { components: 2, ..two }, &mix(d, data)).unwrap();
        let made = model.synthesise(Ask::Rows, 6, &Sampling::default(), &Streams::new(0, 1)).unwrap();
        assert_eq!(made.len(), 6);
        assert!(model.density().unwrap().log_likelihood(&made, &Streams::new(0, 1)).is_ok());
    }
    let error = |m: Mix| fit(two, &m).err();
    assert_eq!(error(Mix::default()), Some(FitError::TooFewRows { needed: 1, found: 0 }));
    assert_eq!(error(mix(1, vec![1.0])), Some(FitError::TooFewRows { needed: 2, found: 1 }));
    let nan = Some(FitError::NotFinite { column: "x".into(), row: 1 });
    assert_eq!(error(mix(1, vec![0.0, f64::NAN])), nan);
    assert!(matches!(error(mix(1, vec![f64::MAX, -f64::MAX, 0.0])), Some(FitError::Refused(_))));
}

#[test]
fn a_line_is_drawn_component_by_component_and_ends_at_the_floor() {
    // Weights 2(⅓, ⅔) − (½, ½), means 2(0, 100) − (1, 98), variances 2(1, 4) − (4, 1) = (−2, 7), each with its floor f.
    let f = 0.01;
    let how = GaussianMixture { covariance_floor: f, ..GaussianMixture::default() };
    let (rows, others) =
        (mix(1, vec![-1.0, 1.0, 98.0, 102.0, 98.0, 102.0]), mix(1, vec![97.0, 99.0, -1.0, 3.0]));
    // k-means numbers the clusters as they come; the second fit starts from the first and keeps its numbers.
    for seed in 0..8 {
        let a = how.fit(&rows, Start::Scratch, &Streams::new(0, seed)).unwrap();
        let b = how.fit(&others, Start::Warm(&*a), &Streams::new(0, seed)).unwrap();
        let line = how.affine().unwrap().combine(&[(2.0, &*a), (-1.0, &*b)]).unwrap();
        let (weights, means, covariances) = sorted(mixture(&*line));
        close(&weights, &[1.0 / 6.0, 5.0 / 6.0], "weights");
        close(&means, &[-1.0, 102.0], "means");
        close(&covariances, &[f, 7.0 + f], "variances");
    }
}
