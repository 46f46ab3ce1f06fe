#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::model::RegressionModel;
use crate::data::{
    Body, Column, Combine, CrossProducts, Field, Kind, Levels, Link, Mix, Part, Role, Rows, SOURCES, Samples,
    Schema, Statistics,
};
use crate::metrics::testing::{labelled, normals, regression_reference};
use crate::models::{Ask, BoxedFamily, FAMILIES, FitError, Model, Parameters, Sampling, Start, fit};
use crate::rng::Streams;
use crate::spec::Node;

fn family(name: &str, table: &str) -> BoxedFamily {
    let node = Node::from_toml(&format!("family = \"{name}\"\n{table}"), "test.toml").unwrap();
    FAMILIES.get(name).unwrap().make(&node).unwrap()
}

fn mix(rows: Samples) -> Mix {
    Mix::of_human(Rows::all(rows))
}

fn fitted(family: &BoxedFamily, mix: &Mix) -> Result<Box<dyn Model>, FitError> {
    fit(family.as_ref(), mix, Start::Scratch, &Streams::new(0, 0))
}

/// Weights, then the intercept.
fn coefficients(model: &dyn Model) -> Vec<f64> {
    match model.parameters() {
        Parameters::Regression { weights, intercept, .. } => [weights, &[intercept]].concat(),
        _ => panic!("not a regression"),
    }
}

fn labels(rows: &Samples) -> Vec<f64> {
    match rows.column(1) {
        Column::F64 { data, .. } => data.clone(),
        Column::Codes { data } => data.iter().map(|&c| f64::from(c)).collect(),
        _ => panic!("no label"),
    }
}

#[test]
fn weighted_fits_are_scikit_learns() {
    let all = regression_reference();
    let (x, weights) = (all.numbers("x"), all.numbers("weights"));
    for (name, table, label, link, key, tolerance) in [
        ("linear-regression", "", "number", Link::Identity, "least_squares", 1e-10),
        ("ridge", "lambda = 0.2\n", "number", Link::Identity, "ridge_0.2", 1e-10),
        ("logistic-regression", "", "class", Link::Logit, "logistic", 1e-7),
        ("logistic-regression", "ridge = 0.05\n", "class", Link::Logit, "logistic_0.05", 1e-7),
        ("poisson-regression", "", "count", Link::Log, "poisson", 1e-7),
        ("poisson-regression", "ridge = 0.05\n", "count", Link::Log, "poisson_0.05", 1e-7),
    ] {
        let y = all.numbers(label);
        let parts = (0..y.len()).map(|i| {
            let row = labelled(&x[3 * i..3 * i + 3], 3, &y[i..=i], link);
            Part { weight: weights[i], ..Part::human(0, Body::Rows(Rows::all(row))) }
        });
        let mix = Mix { parts: parts.collect(), combine: Combine::Pooled };
        let model = fitted(&family(name, &format!("{table}intercept = true")), &mix).unwrap();
        for (found, expected) in coefficients(&*model).iter().zip(all.numbers(key)) {
            assert!((found - expected).abs() < tolerance, "{name} {table}: {found} for {expected}");
        }
    }
}

#[test]
fn of_many_best_coefficients_the_shortest_are_those_of_numpys_pseudo_inverse() {
    let all = regression_reference();
    let shortest = family("linear-regression", "noise_variance = 1\nsingular = \"minimum-norm\"");
    for name in ["few", "repeated"] {
        let (x, y) = (all.numbers(&format!("{name}_rows")), all.numbers(&format!("{name}_labels")));
        let model = fitted(&shortest, &mix(labelled(&x, 6, &y, Link::Identity))).unwrap();
        for (found, expected) in
            coefficients(&*model).iter().zip(all.numbers(&format!("{name}_minimum_norm")))
        {
            assert!((found - expected).abs() < 1e-12, "{name}: {found} for {expected}");
        }
        let plain = family("linear-regression", "noise_variance = 1");
        assert!(fitted(&plain, &mix(labelled(&x, 6, &y, Link::Identity))).is_err());
    }
}

#[test]
fn the_noise_variance_is_the_residual_one() {
    let all = regression_reference();
    let rows = labelled(&all.numbers("x"), 3, &all.numbers("number"), Link::Identity);
    let model = fitted(&family("linear-regression", "intercept = true"), &mix(rows)).unwrap();
    let model = (&*model as &dyn std::any::Any).downcast_ref::<RegressionModel>().unwrap();
    assert!((model.noise_variance() - all.number("noise_variance")).abs() < 1e-10);
}

#[test]
fn categories_of_a_table_are_indicators() {
    // Feature with three levels; labels are their means exactly: level 0 has 1, level 1 has 3, level 2 has 10.
    let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
    let codes = Kind::Codes { levels: Levels::Count(3) };
    let fields = vec![field("y", Role::Label, Kind::F64 { width: 1 }), field("level", Role::Feature, codes)];
    let y = Column::F64 { width: 1, data: vec![0.0, 2.0, 3.0, 10.0] };
    let rows =
        Samples::new(Arc::new(Schema { fields }), vec![y, Column::Codes { data: vec![0, 0, 1, 2] }]).unwrap();
    let model = fitted(&family("linear-regression", "intercept = true"), &mix(rows)).unwrap();
    for (found, expected) in coefficients(&*model).iter().zip([2.0, 9.0, 1.0]) {
        assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
    }
}

#[test]
fn what_has_no_single_answer_is_refused() {
    let numbers = |x: &[f64], d: usize, y: &[f64]| mix(labelled(x, d, y, Link::Identity));
    let least_squares = family("linear-regression", "noise_variance = 1");
    let few = fitted(&least_squares, &numbers(&[1.0, 2.0], 2, &[1.0])).err();
    assert_eq!(few, Some(FitError::TooFewRows { needed: 2, found: 1 }));
    let repeated = fitted(&least_squares, &numbers(&[1.0, 2.0, 2.0, 4.0, 3.0, 6.0], 2, &[1.0, 2.0, 3.0]));
    assert!(repeated.err().unwrap().to_string().contains("combination"));
    let nan = fitted(&least_squares, &numbers(&[1.0, f64::NAN], 1, &[1.0, 2.0])).err();
    assert_eq!(nan, Some(FitError::NotFinite { column: "x".into(), row: 1 }));
    assert!(fitted(&least_squares, &Mix::default()).is_err());
    fitted(&family("ridge", "noise_variance = 1"), &numbers(&[1.0, 2.0], 2, &[1.0])).unwrap();

    let classes = |y: &[f64]| mix(labelled(&[-2.0, -1.0, 1.0, 2.0], 1, y, Link::Logit));
    let (plain, penalised) =
        (family("logistic-regression", ""), family("logistic-regression", "ridge = 0.1"));
    let separable = fitted(&plain, &classes(&[0.0, 0.0, 1.0, 1.0])).err().unwrap().to_string();
    assert!(separable.contains("separable"), "{separable}");
    assert!(coefficients(&*fitted(&penalised, &classes(&[0.0, 0.0, 1.0, 1.0])).unwrap())[0] > 0.0);
    fitted(&plain, &classes(&[0.0, 1.0, 0.0, 1.0])).unwrap();
    let one_class = family("logistic-regression", "intercept = true");
    assert!(fitted(&one_class, &classes(&[1.0; 4])).is_err());
    let counts = mix(labelled(&[1.0, 2.0], 1, &[0.0, 0.0], Link::Log));
    assert!(fitted(&family("poisson-regression", "intercept = true"), &counts).is_err());
    let below = mix(labelled(&[1.0, 2.0], 1, &[1.0, -1.0], Link::Log));
    assert!(fitted(&family("poisson-regression", ""), &below).err().unwrap().to_string().contains("below 0"));
    // The kinds of labels.
    assert!(plain.accepts(numbers(&[1.0], 1, &[1.0]).gather().unwrap().unwrap().0.schema()).is_err());
    let text = Schema::single(Kind::F64 { width: 1 });
    assert!(least_squares.accepts(&text).unwrap_err().reason.contains("label"));
}

#[test]
fn labels_are_drawn_for_the_given_inputs_and_rows_with_normal_inputs() {
    let x = normals(300, 2, 4);
    let y: Vec<f64> = x.chunks(2).map(|x| 2.0 * x[0] - x[1]).collect();
    let rows = labelled(&x, 2, &y, Link::Identity);
    let model = fitted(&family("linear-regression", "noise_variance = 0"), &mix(rows.clone())).unwrap();
    let (how, streams) = (Sampling::default(), Streams::new(0, 7));
    // Without noise the labels of new inputs are those of the line.
    let asked = labelled(&normals(10, 2, 5), 2, &[0.0; 10], Link::Identity);
    let made = model.synthesise(Ask::Given(&asked), 10, &how, &streams).unwrap();
    assert_eq!(made.column(0), asked.column(0));
    let Column::F64 { data, .. } = made.column(0) else { panic!("numbers") };
    for (x, y) in data.chunks(2).zip(labels(&made)) {
        assert!((y - (2.0 * x[0] - x[1])).abs() < 1e-9);
    }
    assert!(model.synthesise(Ask::Given(&asked), 11, &how, &streams).is_err());
    // Every ask gives prefixes, for every link.
    for (name, link) in [
        ("linear-regression", Link::Identity),
        ("logistic-regression", Link::Logit),
        ("poisson-regression", Link::Log),
    ] {
        let mut rng = Streams::new(0, 9).of("labels").rng();
        let y: Vec<f64> = x.chunks(2).map(|x| link.draw(x[0], 1.0, &mut rng)).collect();
        let rows = labelled(&x, 2, &y, link);
        let model = fitted(&family(name, ""), &mix(rows.clone())).unwrap();
        for ask in [Ask::Rows, Ask::Given(&rows), Ask::Edit { of: &rows, above: 0.5 }] {
            let (five, ten) = (
                model.synthesise(ask, 5, &how, &streams).unwrap(),
                model.synthesise(ask, 10, &how, &streams).unwrap(),
            );
            assert_eq!(five.column(0), ten.head(5).column(0), "{name}");
            assert_eq!(labels(&five), labels(&ten)[..5], "{name}");
        }
        let logs = model.density().unwrap().log_likelihood(&rows, &streams).unwrap();
        assert!(logs.len() == 300 && logs.iter().all(|l| l.is_finite()));
    }
}

#[test]
fn rows_have_the_covariance_of_the_training_inputs() {
    let x: Vec<f64> = normals(200, 2, 1).chunks(2).flat_map(|x| [3.0 + x[0], x[0] + 2.0 * x[1]]).collect();
    let rows = labelled(&x, 2, &x.chunks(2).map(|x| x[0]).collect::<Vec<_>>(), Link::Identity);
    for table in ["noise_variance = 1", "noise_variance = 1\nintercept = true"] {
        let model = fitted(&family("linear-regression", table), &mix(rows.clone())).unwrap();
        let n = 20_000;
        let made = model.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(0, 2)).unwrap();
        let Column::F64 { data, .. } = made.column(0) else { panic!("numbers") };
        let (of, to) = (crate::data::Moments::of_matrix(&x, 2), crate::data::Moments::of_matrix(data, 2));
        for i in 0..4 {
            let (wanted, found) = (of.scatter[i] / 200.0, to.scatter[i] / n as f64);
            let variance = |j: usize| of.scatter[3 * j] / 200.0;
            // Var of a sample covariance: (s_ii s_jj + s_ij²)/n.
            let se = ((variance(i / 2) * variance(i % 2) + wanted * wanted) / n as f64).sqrt();
            assert!((found - wanted).abs() < 5.0 * se, "{table} {i}: {found} for {wanted}");
        }
        assert!((to.mean[0] - of.mean[0]).abs() < 5.0 * (of.scatter[0] / 200.0 / n as f64).sqrt());
    }
}

#[test]
fn an_edit_redraws_only_what_the_model_is_sure_of() {
    let (x, n) = (normals(400, 1, 1), 400);
    let mut rng = Streams::new(0, 1).of("labels").rng();
    let y: Vec<f64> = x.iter().map(|x| Link::Identity.draw(*x, 1.0, &mut rng)).collect();
    let rows = labelled(&x, 1, &y, Link::Identity);
    let model = fitted(&family("linear-regression", "noise_variance = 1"), &mix(rows.clone())).unwrap();
    let w = coefficients(&*model)[0];
    let edited = |above| {
        let ask = Ask::Edit { of: &rows, above };
        labels(&model.synthesise(ask, n, &Sampling::default(), &Streams::new(0, 3)).unwrap())
    };
    // exp(−r²/2) ≥ e^−½ exactly where |r| ≤ 1.
    for ((x, y), new) in x.iter().zip(&y).zip(edited((-0.5f64).exp())) {
        assert_eq!((y - w * x).abs() <= 1.0, *y != new, "{x} {y} {new}");
    }
    assert!(edited(0.0).iter().zip(&y).all(|(a, b)| a != b));
    assert_eq!(edited(1.0), y);
}

#[test]
fn groups_are_averaged_by_weight() {
    // Through the origin: human slope 2, synthetic slope 6; weights ¼ and ¾.
    let part = |slope: f64, origin: fn(u32, Body) -> Part, weight: f64| {
        let rows = labelled(&[1.0, 2.0], 1, &[slope, 2.0 * slope], Link::Identity);
        Part { weight, ..origin(0, Body::Rows(Rows::all(rows))) }
    };
    let parts = vec![part(2.0, Part::human, 0.125), part(6.0, Part::synthetic, 0.375)];
    let mix = Mix { parts, combine: Combine::ByGroup };
    let model = fitted(&family("linear-regression", "noise_variance = 1"), &mix).unwrap();
    assert!((coefficients(&*model)[0] - 5.0).abs() < 1e-12);
}

/// The joint law of (Xᵀy, yᵀy) given X, by its first and second moments.
#[test]
fn drawn_cross_products_have_the_law_of_drawn_labels() {
    let (p, variance) = (2, 0.5);
    // Full rank; and ridge with fewer rows than inputs.
    for (name, n) in [("linear-regression", 5), ("ridge", 1)] {
        let x = normals(n, p, 3);
        let family = family(name, &format!("noise_variance = {variance}"));
        let path = family.statistics().unwrap();
        let given = Statistics::CrossProducts(CrossProducts::of(&x, p, &vec![0.0; n]));
        let wide = normals(8, p, 6);
        let y: Vec<f64> = wide.chunks(2).map(|x| x[0] - 0.5 * x[1]).collect();
        let model = fitted(&family, &mix(labelled(&wide, p, &y, Link::Identity))).unwrap();
        let b = coefficients(&*model);
        let eta: Vec<f64> = x.chunks(p).map(|x| x[0] * b[0] + x[1] * b[1]).collect();
        let signal: f64 = eta.iter().map(|e| e * e).sum();
        let r = 20_000;
        let mut rng = Streams::new(0, 8).of("labels").rng();
        let drawn: Vec<(f64, f64)> = (0..r)
            .map(|_| match path.label(&*model, &given, &Sampling::default(), &mut rng).unwrap() {
                Statistics::CrossProducts(c) => (c.labels[0], c.square),
                _ => panic!("cross-products"),
            })
            .collect();
        let near = |found: Vec<f64>, expected: f64, what: &str| {
            let mean = found.iter().sum::<f64>() / r as f64;
            let se = (found.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (r as f64 * r as f64)).sqrt();
            assert!((mean - expected).abs() < 5.0 * se, "{name}, {what}: {mean} ± {se} for {expected}");
        };
        let first: f64 = x.chunks(p).zip(&eta).map(|(x, e)| x[0] * e).sum();
        let square = signal + n as f64 * variance;
        near(drawn.iter().map(|d| d.0).collect(), first, "E Xᵀy");
        near(drawn.iter().map(|d| d.1).collect(), square, "E yᵀy");
        let gram: f64 = x.chunks(p).map(|x| x[0] * x[0]).sum();
        near(drawn.iter().map(|d| (d.0 - first).powi(2)).collect(), variance * gram, "Var Xᵀy");
        let spread = 4.0 * variance * signal + 2.0 * n as f64 * variance * variance;
        near(drawn.iter().map(|d| (d.1 - square).powi(2)).collect(), spread, "Var yᵀy");
        let joint = 2.0 * variance * first;
        near(drawn.iter().map(|d| (d.0 - first) * (d.1 - square)).collect(), joint, "Cov(Xᵀy, yᵀy)");
    }
}

/// The joint law of XᵀX and Xᵀ1, by moments of both ways to draw them.
#[test]
fn drawn_inputs_have_the_law_of_drawn_rows() {
    let table = Node::from_toml("dim = 2\ninput_variance = 2\nspectrum = 1", "test.toml").unwrap();
    let source = SOURCES.get("linear-regression").unwrap().make(&table).unwrap();
    let truth = source.truth().unwrap();
    // More rows than inputs, as many, and (ridge) fewer.
    for (name, n) in [("linear-regression", 6), ("linear-regression", 3), ("ridge", 1)] {
        for intercept in [false, true] {
            let family = family(name, &format!("noise_variance = 1\nintercept = {intercept}"));
            let path = family.statistics().unwrap();
            let r = 4000;
            let moments = |draw: &mut dyn FnMut() -> Statistics| -> Vec<(f64, f64)> {
                let mut sums = [(0.0, 0.0); 8];
                for _ in 0..r {
                    let Statistics::CrossProducts(c) = draw() else { panic!("cross-products") };
                    let (p, g, s) = (c.inputs(), &c.gram.matrix, &c.gram.sums);
                    let (a, b, d) = (g[0], g[1], g[p + 1]);
                    if intercept {
                        assert!((g[2] - s[0]).abs() < 1e-9 && (g[8] - n as f64).abs() < 1e-9, "{c:?}");
                    }
                    for (sum, v) in
                        sums.iter_mut().zip([a, b, d, a * a, b * b, a * d, s[0] * s[0], s[0] * s[1] * b])
                    {
                        *sum = (sum.0 + v, sum.1 + v * v);
                    }
                }
                sums.iter()
                    .map(|(v, vv)| (v / f64::from(r), vv / f64::from(r) - (v / f64::from(r)).powi(2)))
                    .collect()
            };
            let (mut rng, mut other) =
                (Streams::new(0, 1).of("rows").rng(), Streams::new(0, 1).of("inputs").rng());
            let rows = moments(&mut || path.summarise(&Rows::all(truth.draw(n, &mut rng))).unwrap());
            let drawn = moments(&mut || path.inputs(truth, n, &mut other).unwrap());
            for (i, (one, two)) in rows.iter().zip(drawn).enumerate() {
                let z = (one.0 - two.0) / ((one.1 + two.1) / f64::from(r)).sqrt();
                assert!(z.abs() < 4.5, "{name}, n = {n}, intercept = {intercept}, moment {i}: z = {z}");
            }
        }
    }
}

/// The joint law of XᵀX, Xᵀy and yᵀy of human rows, by moments of both ways to draw them.
#[test]
fn drawn_people_have_the_law_of_drawn_rows() {
    let table =
        Node::from_toml("dim = 2\nweights = [1, -0.5]\nspectrum = 1\nnoise_variance = 0.5", "test.toml")
            .unwrap();
    let source = SOURCES.get("linear-regression").unwrap().make(&table).unwrap();
    let truth = source.truth().unwrap();
    for (n, intercept) in [(5, false), (4, true)] {
        let family = family("linear-regression", &format!("noise_variance = 1\nintercept = {intercept}"));
        let path = family.statistics().unwrap();
        let r = 4000;
        let moments = |draw: &mut dyn FnMut() -> Statistics| -> Vec<(f64, f64)> {
            let mut sums = [(0.0, 0.0); 8];
            for _ in 0..r {
                let Statistics::CrossProducts(c) = draw() else { panic!("cross-products") };
                let (g, y, q) = (&c.gram.matrix, &c.labels, c.square);
                let last = y[c.inputs() - 1];
                for (sum, v) in sums.iter_mut().zip([
                    y[0],
                    q,
                    y[0] * y[0],
                    y[0] * y[1],
                    q * q,
                    y[0] * q,
                    g[1] * y[1],
                    last * y[0],
                ]) {
                    *sum = (sum.0 + v, sum.1 + v * v);
                }
            }
            sums.iter()
                .map(|(v, vv)| (v / f64::from(r), vv / f64::from(r) - (v / f64::from(r)).powi(2)))
                .collect()
        };
        let (mut rng, mut other) =
            (Streams::new(0, 3).of("rows").rng(), Streams::new(0, 3).of("people").rng());
        let rows = moments(&mut || path.summarise(&Rows::all(truth.draw(n, &mut rng))).unwrap());
        let drawn = moments(&mut || path.people(truth, n, &mut other).unwrap());
        for (i, (one, two)) in rows.iter().zip(drawn).enumerate() {
            let z = (one.0 - two.0) / ((one.1 + two.1) / f64::from(r)).sqrt();
            assert!(z.abs() < 4.5, "n = {n}, intercept = {intercept}, moment {i}: z = {z}");
        }
    }
}
