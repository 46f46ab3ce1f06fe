#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::data::{Column, Combine, Kind, Origin, Rows, Samples};
use crate::models::{Ask, Parameters, Sampling, fit};

fn rows(d: usize, data: Vec<f64>) -> Rows {
    let schema = Arc::new(Schema::single(Kind::F64 { width: d }));
    Rows::all(Samples::new(schema, vec![Column::F64 { width: d, data }]).unwrap())
}

fn mix(d: usize, data: Vec<f64>) -> Mix {
    Mix::of_human(rows(d, data))
}

fn of_statistics(s: Statistics) -> Mix {
    Mix { parts: vec![Part::synthetic(1, Body::Statistics(s))], combine: Combine::Pooled }
}

fn parameters(model: &dyn Model) -> (Vec<f64>, Vec<f64>) {
    match model.parameters() {
        Parameters::Gaussian { mean, covariance } => (mean.to_vec(), covariance.to_vec()),
        _ => panic!("not a Gaussian"),
    }
}

fn fitted(family: Gaussian, mix: &Mix) -> Box<dyn Model> {
    family.fit(mix, Start::Scratch, &Streams::new(0, 0)).unwrap()
}

const MLE: Gaussian = Gaussian { ddof: 0, covariance: Covariance::Full };
const UNBIASED: Gaussian = Gaussian { ddof: 1, covariance: Covariance::Full };

/// A model with known parameters: the moments of one row of weight 1 with that scatter.
fn model(mean: &[f64], covariance: &[f64]) -> Box<dyn Model> {
    let m = Moments { n: 1, weight: 1.0, mean: mean.to_vec(), scatter: covariance.to_vec() };
    fitted(MLE, &of_statistics(Statistics::Moments(m)))
}

#[test]
fn moments_by_hand() {
    // 1, 2, 6: mean 3, squares 4 + 1 + 9 = 14.
    let data = mix(1, vec![1.0, 2.0, 6.0]);
    let (mean, variance) = parameters(&*fitted(MLE, &data));
    assert!((mean[0] - 3.0).abs() < 1e-12 && (variance[0] - 14.0 / 3.0).abs() < 1e-12);
    assert!((parameters(&*fitted(UNBIASED, &data)).1[0] - 7.0).abs() < 1e-12);
}

#[test]
fn only_ratios_of_weights_matter() {
    // Human 1, 2, 6 twice as heavy as synthetic 0, 5: the same as writing the human rows twice.
    for scale in [1.0, 0.01] {
        let mut m = mix(1, vec![1.0, 2.0, 6.0]);
        m.parts[0].weight = 2.0 * scale;
        let mut s = Part::synthetic(1, Body::Rows(rows(1, vec![0.0, 5.0])));
        s.weight = scale;
        m.parts.push(s);
        let (mean, variance) = parameters(&*fitted(MLE, &m));
        assert!((mean[0] - 23.0 / 8.0).abs() < 1e-12);
        assert!((variance[0] - (107.0 / 8.0 - (23.0_f64 / 8.0).powi(2))).abs() < 1e-12);
        // Reliability weights: divisor 8 − (3·4 + 2·1)/8 = 6.25.
        let scatter = 107.0 - 23.0_f64.powi(2) / 8.0;
        assert!((parameters(&*fitted(UNBIASED, &m)).1[0] - scatter / 6.25).abs() < 1e-12);
    }
}

#[test]
fn rows_of_many_blocks_are_one_training_set() {
    // 25 dimensions, a row a block: as the same rows in one block, and as blocks of moments merged one by one.
    let (d, n) = (25, 30);
    let data = crate::metrics::testing::normals(n, d, 3);
    let blocks = |weight: f64, body: &dyn Fn(Vec<f64>) -> Body| Mix {
        parts: data.chunks(d).map(|row| Part { weight, ..Part::synthetic(1, body(row.to_vec())) }).collect(),
        combine: Combine::Pooled,
    };
    let (mean, covariance) = parameters(&*fitted(UNBIASED, &mix(d, data.clone())));
    let of_rows = |row| Body::Rows(rows(d, row));
    let of_moments = |row: Vec<f64>| Body::Statistics(Statistics::Moments(Moments::of_matrix(&row, d)));
    for found in [blocks(0.5, &of_rows), blocks(1.0, &of_moments)] {
        let (m, c) = parameters(&*fitted(UNBIASED, &found));
        assert!(m.iter().chain(&c).zip(mean.iter().chain(&covariance)).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}

#[test]
fn groups_are_averaged_by_weight() {
    // Human (0, 2): mean 1, variance 1; synthetic (4, 4): mean 4, variance 0; weights .25 and .75.
    let mut m = mix(1, vec![0.0, 2.0]);
    m.parts[0].weight = 0.25 / 2.0;
    let mut s = Part::synthetic(1, Body::Rows(rows(1, vec![4.0, 4.0])));
    s.weight = 0.75 / 2.0;
    m.parts.push(s);
    m.combine = Combine::ByGroup;
    assert!((m.weight_of(Origin::Human) - 0.25).abs() < 1e-12);
    let both = fit(&MLE, &m, Start::Scratch, &Streams::new(0, 0)).unwrap();
    assert_eq!(parameters(&*both), (vec![3.25], vec![0.25]));
}

#[test]
fn unusable_rows_are_typed_errors() {
    let fit = |f: Gaussian, m: Mix| f.fit(&m, Start::Scratch, &Streams::new(0, 0)).err();
    assert_eq!(fit(MLE, Mix::default()), Some(FitError::TooFewRows { needed: 1, found: 0 }));
    assert_eq!(fit(UNBIASED, mix(1, vec![1.0])), Some(FitError::TooFewRows { needed: 2, found: 1 }));
    let nan = fit(MLE, mix(2, vec![0.0, 1.0, 2.0, f64::NAN]));
    assert_eq!(nan, Some(FitError::NotFinite { column: "x".into(), row: 1 }));
    assert!(matches!(fit(MLE, mix(1, vec![f64::MAX, -f64::MAX])), Some(FitError::Refused(_))));
    let text = Schema::single(Kind::Codes { levels: crate::data::Levels::Count(3) });
    assert!(MLE.accepts(&text).is_err());
}

#[test]
fn degenerate_models_go_on() {
    let how = Sampling::default();
    // One row, constant rows, fewer rows than dimensions.
    for (d, data) in [(1, vec![3.0]), (2, vec![3.0, 1.0, 3.0, 1.0]), (3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 7.0])]
    {
        let model = fitted(MLE, &mix(d, data));
        let made = model.synthesise(Ask::Rows, 4, &how, &Streams::new(0, 1)).unwrap();
        assert_eq!(made.len(), 4);
        assert!(model.density().unwrap().log_likelihood(&made, &Streams::new(0, 1)).is_err());
        for n in [1, 2, 5] {
            let s = MLE.draw(&*model, n, &how, &mut Streams::new(0, 2).rng()).unwrap();
            fitted(MLE, &of_statistics(s));
        }
    }
    // A collapsed model repeats its mean.
    let point = model(&[3.0], &[0.0]).synthesise(Ask::Rows, 3, &how, &Streams::new(0, 0)).unwrap();
    assert_eq!(point.features(), [3.0; 3]);
}

#[test]
fn density_by_hand() {
    // N(0, [[4, 2], [2, 5]]) at (2, 3): L⁻¹x = (1, 1), determinant 16.
    let m = model(&[0.0, 0.0], &[4.0, 2.0, 2.0, 5.0]);
    let x = rows(2, vec![2.0, 3.0]).gather();
    let got = m.density().unwrap().log_likelihood(&x, &Streams::new(0, 0)).unwrap()[0];
    assert!((got - (-(std::f64::consts::TAU.ln()) - 0.5 * 16.0_f64.ln() - 1.0)).abs() < 1e-12);
}

#[test]
fn a_short_sample_starts_a_long_one_and_keeps_its_table() {
    let schema = Arc::new(Schema::single(Kind::F32 { width: 2, image: None, range: None }));
    let column = Column::F32 { width: 2, data: vec![0.0, 1.0, 2.0, 5.0, -3.0, 1.0] };
    let human = Rows::all(Samples::new(schema.clone(), vec![column]).unwrap());
    let m = fitted(MLE, &Mix::of_human(human));
    let draw = |n| m.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(4, 2)).unwrap();
    assert_eq!(draw(10).schema(), &schema);
    assert_eq!(draw(10).head(5).features(), draw(5).features());
}

/// Mean and standard error.
fn mean_se(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

#[test]
fn rows_and_statistics_follow_one_law() {
    // First two moments of what a refit sees: mean and covariance entries, both paths, for n above
    // and below d. Differences of means over 4,000 seeds within 4.5 standard errors (the largest
    // of about 50 comparisons exceeds 4 in 0.3 % of all worlds).
    let d = 3;
    let truth = model(&[1.0, -2.0, 0.5], &[2.0, 0.6, -0.3, 0.6, 1.0, 0.2, -0.3, 0.2, 0.5]);
    let how = Sampling { covariance_scale: 0.8, temperature: 1.5, ..Default::default() };
    for n in [2, 3, 12] {
        let mut seen: [Vec<Vec<f64>>; 2] = [vec![Vec::new(); 18], vec![Vec::new(); 18]];
        for seed in 0..4_000 {
            let streams = Streams::new(11, seed).at(n as u64);
            let made = truth.synthesise(Ask::Rows, n, &how, &streams.of("rows")).unwrap();
            let drawn = MLE.draw(&*truth, n, &how, &mut streams.of("statistics").rng()).unwrap();
            let fits = [fitted(MLE, &Mix::of_human(Rows::all(made))), fitted(MLE, &of_statistics(drawn))];
            for (seen, model) in seen.iter_mut().zip(&fits) {
                let (mean, covariance) = parameters(&**model);
                let lower = (0..d).flat_map(|i| (0..=i).map(move |j| i * d + j)).map(|i| covariance[i]);
                let values: Vec<f64> = mean.into_iter().chain(lower).collect();
                for (i, v) in values.into_iter().enumerate() {
                    seen[2 * i].push(v);
                    seen[2 * i + 1].push(v * v);
                }
            }
        }
        for (i, (a, b)) in seen[0].iter().zip(&seen[1]).enumerate() {
            let ((a, se_a), (b, se_b)) = (mean_se(a), mean_se(b));
            assert!((a - b).abs() < 4.5 * se_a.hypot(se_b), "n = {n}, moment {i}: {a} {b} ± {se_a}");
        }
    }
}

#[test]
fn human_moments_are_drawn_from_the_truth() {
    // N((1, −2), [[2, .6], [.6, 1]]): E mean = μ, Var mean₀ = 2/n; E S = (n − 1) Σ, Var S₀₀ = 2 (n − 1) Σ₀₀².
    let table = "dim = 2\nmean = [1, -2]\ncovariance = [[2, 0.6], [0.6, 1]]";
    let node = crate::spec::Node::from_toml(table, "test.toml").unwrap();
    let source = crate::data::SOURCES.get("gaussian").unwrap().make(&node).unwrap();
    let (n, r) = (7, 4_000);
    let mut rng = Streams::new(0, 4).of("people").rng();
    let drawn: Vec<Moments> = (0..r)
        .map(|_| match MLE.people(source.truth().unwrap(), n, &mut rng).unwrap() {
            Statistics::Moments(m) => m,
            _ => panic!("moments"),
        })
        .collect();
    let near = |found: Vec<f64>, expected: f64| {
        let (mean, se) = mean_se(&found);
        assert!((mean - expected).abs() < 4.5 * se, "{mean} ± {se} for {expected}");
    };
    near(drawn.iter().map(|m| m.mean[0]).collect(), 1.0);
    near(drawn.iter().map(|m| (m.mean[0] - 1.0).powi(2)).collect(), 2.0 / 7.0);
    near(drawn.iter().map(|m| m.scatter[0]).collect(), 12.0);
    near(drawn.iter().map(|m| m.scatter[1]).collect(), 3.6);
    near(drawn.iter().map(|m| (m.scatter[0] - 12.0).powi(2)).collect(), 48.0);
}

#[test]
fn diagonal_fits_keep_variances_only() {
    let diagonal = Gaussian { covariance: Covariance::Diagonal, ..MLE };
    let (_, c) = parameters(&*fitted(diagonal, &mix(2, vec![0.0, 0.0, 2.0, 4.0])));
    assert_eq!(c, [1.0, 0.0, 0.0, 4.0]);
}

/// Replace: `fits` fits in a row from N(0, 1), each on the statistics of n rows of the last.
fn replace(family: Gaussian, n: usize, fits: usize, seed: u64) -> Box<dyn Model> {
    let mut rng = Streams::new(5, seed).of("replace").rng();
    let mut current = model(&[0.0], &[1.0]);
    for _ in 0..fits {
        let drawn = family.draw(&*current, n, &Sampling::default(), &mut rng).unwrap();
        current = fitted(family, &of_statistics(drawn));
    }
    current
}

#[test]
fn replace_follows_the_variance_laws() {
    // A1, A2: n = 50, t = 50: E σ² = .36417, E μ² = .63583, with the law's own standard error of
    // σ² (relative √((1 + 2/(n−1))^t − 1) / √R = 2.57/√R). A5: the log drift, whose standard
    // deviation after t fits is √(t ψ′((n−1)/2)) = √(50 · .04165).
    let (n, t, r) = (50, 50, 20_000);
    let ends: Vec<(f64, f64)> = (0..r)
        .map(|seed| {
            let (mean, variance) = parameters(&*replace(MLE, n, t, seed));
            (mean[0], variance[0])
        })
        .collect();
    let root = (r as f64).sqrt();
    let variance: Vec<f64> = ends.iter().map(|e| e.1).collect();
    assert!((mean_se(&variance).0 - 0.36417).abs() < 4.0 * 0.36417 * 2.57 / root);
    let squares: Vec<f64> = ends.iter().map(|e| e.0 * e.0).collect();
    let (m, se) = mean_se(&squares);
    assert!((m - 0.63583).abs() < 4.0 * se, "{m} ± {se}");
    let logs: Vec<f64> = ends.iter().map(|e| e.1.ln()).collect();
    let drift = 50.0 * (statrs::function::gamma::digamma(24.5) - 25.0_f64.ln());
    assert!((mean_se(&logs).0 - drift).abs() < 4.0 * (50.0 * 0.04165_f64).sqrt() / root);
}

#[test]
fn the_unbiased_loop_keeps_its_variance_in_expectation() {
    // A3 at n = 100, t = 30: E σ² = 1 (relative standard deviation √(1.0202^30 − 1) = .907),
    // E μ² = t/n = .3, E σ = α^t with α(100) = .997478.
    let (n, t, r) = (100, 30, 10_000);
    let ends: Vec<(f64, f64)> = (0..r)
        .map(|seed| {
            let (mean, variance) = parameters(&*replace(UNBIASED, n, t, seed));
            (mean[0], variance[0])
        })
        .collect();
    let of = |f: fn(&(f64, f64)) -> f64| mean_se(&ends.iter().map(f).collect::<Vec<_>>());
    assert!((of(|e| e.1).0 - 1.0).abs() < 4.0 * 0.907 / (r as f64).sqrt());
    let (m, se) = of(|e| e.0 * e.0);
    assert!((m - 0.3).abs() < 4.0 * se, "{m} ± {se}");
    // α(n) = √(2/(n−1)) Γ(n/2)/Γ((n−1)/2)
    let ln_gamma = statrs::function::gamma::ln_gamma;
    let alpha = (2.0_f64 / 99.0).sqrt() * (ln_gamma(50.0) - ln_gamma(49.5)).exp();
    let (m, se) = of(|e| e.1.sqrt());
    assert!((m - alpha.powi(30)).abs() < 4.0 * se, "{m} ± {se}");
}

#[test]
fn the_determinant_drifts_as_bartlett_says() {
    // A6: E ln det ratio = t [Σ_{j=1}^d ψ((n − j)/2) + d ln(2/n)], standard deviation
    // √(t Σ ψ′((n − j)/2)) ≤ √(t d · 2.1/(n − d)).
    let (d, n, t, r) = (4, 20, 5, 2_000);
    let identity: Vec<f64> = (0..d * d).map(|i| f64::from(u8::from(i % (d + 1) == 0))).collect();
    let mut total = 0.0;
    for seed in 0..r {
        let mut rng = Streams::new(6, seed).rng();
        let mut current = model(&vec![0.0; d], &identity);
        for _ in 0..t {
            let drawn = MLE.draw(&*current, n, &Sampling::default(), &mut rng).unwrap();
            current = fitted(MLE, &of_statistics(drawn));
        }
        let factor = super::super::cholesky::semidefinite(&parameters(&*current).1, d);
        total += super::super::cholesky::log_determinant(&factor, d).unwrap();
    }
    let digammas: f64 = (1..=d).map(|j| statrs::function::gamma::digamma((n - j) as f64 / 2.0)).sum();
    let law = t as f64 * (digammas + d as f64 * (2.0 / n as f64).ln());
    let se = (t as f64 * d as f64 * 2.1 / (n - d) as f64 / r as f64).sqrt();
    assert!((total / r as f64 - law).abs() < 4.0 * se, "{} {law} ± {se}", total / r as f64);
}

#[test]
fn accumulation_keeps_the_product_law() {
    // A8: E σ_t² = Π_{k≤t} (1 − 1/(n k²)), n = 10, t = 20; the pool holds every batch so far.
    let (n, t, r) = (10, 20, 10_000);
    let values: Vec<f64> = (0..r)
        .map(|seed| {
            let mut rng = Streams::new(7, seed).rng();
            let mut current = model(&[0.0], &[1.0]);
            let mut pool = Mix::default();
            for born in 0..t {
                let drawn = MLE.draw(&*current, n, &Sampling::default(), &mut rng).unwrap();
                pool.parts.push(Part::synthetic(born, Body::Statistics(drawn)));
                current = fitted(MLE, &pool);
            }
            parameters(&*current).1[0]
        })
        .collect();
    let law: f64 = (1..=t).map(|k| 1.0 - 1.0 / (n as f64 * f64::from(k * k))).product();
    let (m, se) = mean_se(&values);
    assert!((m - law).abs() < 4.0 * se, "{m} {law} ± {se}");
}
