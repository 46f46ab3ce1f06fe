#![allow(clippy::unwrap_used)]

use std::any::Any;
use std::sync::Arc;

use super::*;
use crate::data::{Column, Field, Kind, Levels, Part, Role, Rows, Samples};
use crate::models::reference::Reference;
use crate::models::{Ask, Sampling};

fn field(name: &str, role: Role, levels: Option<usize>) -> Field {
    let kind = match levels {
        Some(n) => Kind::Codes { levels: Levels::Count(n) },
        None => Kind::F64 { width: 1 },
    };
    Field { name: name.into(), role, kind }
}

fn codes(data: &[f64]) -> Column {
    Column::Codes { data: data.iter().map(|v| *v as u32).collect() }
}

fn numbers(data: &[f64]) -> Column {
    Column::F64 { width: 1, data: data.into() }
}

/// x → y and z → y, x in {0, 1}, z a number, y the label in {0, 1}.
fn small() -> Samples {
    let fields = vec![
        field("y", Role::Label, Some(2)),
        field("z", Role::Feature, None),
        field("x", Role::Group, Some(2)),
    ];
    let columns = vec![
        codes(&[0.0, 1.0, 1.0, 0.0, 1.0, 0.0]),
        numbers(&[0.5, 1.0, 2.0, -1.0, 0.0, -2.0]),
        codes(&[0.0, 0.0, 1.0, 0.0, 1.0, 1.0]),
    ];
    Samples::new(Arc::new(Schema { fields }), columns).unwrap()
}

fn fit(how: &Tabular, rows: &Samples) -> Box<dyn Model> {
    how.fit(&Mix::of_human(Rows::all(rows.clone())), Start::Scratch, &Streams::new(0, 0)).unwrap()
}

fn tabular(model: &dyn Model) -> &TabularModel {
    let model: &dyn Any = model;
    model.downcast_ref().unwrap()
}

fn logs(model: &dyn Model, rows: &Samples) -> Vec<f64> {
    model.density().unwrap().log_likelihood(rows, &Streams::new(0, 0)).unwrap()
}

fn graph(edges: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    edges.iter().map(|(y, xs)| ((*y).into(), xs.iter().map(|x| (*x).into()).collect())).collect()
}

#[test]
fn conditionals_agree_with_scikit_learn() {
    let r = Reference::read();
    let fields = vec![
        field("z", Role::Feature, None),
        field("g", Role::Group, Some(2)),
        field("y", Role::Feature, None),
        field("c", Role::Label, Some(3)),
    ];
    let columns = vec![
        numbers(&r.numbers("table_z")),
        codes(&r.numbers("table_g")),
        numbers(&r.numbers("table_y")),
        codes(&r.numbers("table_c")),
    ];
    let rows = Samples::new(Arc::new(Schema { fields }), columns).unwrap();
    let how =
        Tabular { graph: graph(&[("y", &["z", "g"]), ("c", &["z", "g"])]), ridge: 0.5, ..Tabular::default() };
    let model = fit(&how, &rows);
    // ln p(row) is the sum over the four columns; y and c are scikit-learn's, z and g by hand.
    let (z, g) = (r.numbers("table_z"), r.numbers("table_g"));
    let n = z.len() as f64;
    let mean = z.iter().sum::<f64>() / n;
    let spread = z.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let ones = g.iter().sum::<f64>() / n;
    let normal = |e: f64, v: f64| -0.5 * (e * e / v + (std::f64::consts::TAU * v).ln());
    let (line, variance) = (r.of("table_linear").numbers("fitted"), r.of("table_linear").number("variance"));
    let p = r.of("table_logistic").numbers("probabilities");
    let (y, c) = (r.numbers("table_y"), r.numbers("table_c"));
    for (i, log) in logs(&*model, &rows.head(10)).iter().enumerate() {
        let want = normal(z[i] - mean, spread)
            + if g[i] == 1.0 { ones.ln() } else { (1.0 - ones).ln() }
            + normal(y[i] - line[i], variance)
            + p[i * 3 + c[i] as usize].ln();
        assert!((log - want).abs() < 1e-4, "{i}: {log} {want}");
    }
}

#[test]
fn columns_are_drawn_from_cause_to_effect() {
    let parents = |how: &Tabular| -> Vec<(usize, Vec<usize>)> {
        let model = fit(how, &small());
        tabular(&*model).graph().map(|(c, p)| (c, p.to_vec())).collect()
    };
    // Columns: y 0, z 1, x 2. By default group, features, label.
    assert_eq!(parents(&Tabular::default()), [(2, vec![]), (1, vec![2]), (0, vec![2, 1])]);
    let order = Tabular { order: ["z", "y", "x"].map(String::from).into(), ..Tabular::default() };
    assert_eq!(parents(&order), [(1, vec![]), (0, vec![1]), (2, vec![1, 0])]);
    let stated = Tabular { graph: graph(&[("y", &["x"])]), ..Tabular::default() };
    assert_eq!(parents(&stated), [(1, vec![]), (2, vec![]), (0, vec![2])]);
    let independent = Tabular { structure: Structure::Independent, ..Tabular::default() };
    assert!(parents(&independent).iter().all(|(_, p)| p.is_empty()));
    let bayes = Tabular { structure: Structure::NaiveBayes, ..Tabular::default() };
    assert_eq!(parents(&bayes), [(0, vec![]), (1, vec![0]), (2, vec![0])]);
}

#[test]
fn tables_by_hand_and_a_severed_arrow_averages() {
    // x, y of `small`: x = 0 has y = 1 in 1 of 3, x = 1 in 2 of 3; p(x = 1) = ½.
    let how = Tabular { graph: graph(&[("y", &["x"])]), categories: Categories::Table, ..Tabular::default() };
    let base = |how: &Tabular| -> Vec<f64> {
        // What is left of ln p once the other columns, which the two models share, are taken off.
        let alone = Tabular {
            structure: Structure::Independent,
            graph: BTreeMap::new(),
            severed: vec![],
            ..how.clone()
        };
        let (a, b) = (logs(&*fit(how, &small()), &small()), logs(&*fit(&alone, &small()), &small()));
        // In the independent model p(y) = ½.
        a.iter().zip(b).map(|(a, b)| (a - b + 0.5_f64.ln()).exp()).collect()
    };
    for (p, want) in base(&how).iter().zip([2.0, 1.0, 2.0, 2.0, 2.0, 1.0]) {
        assert!((p - want / 3.0).abs() < 1e-12);
    }
    let smooth = Tabular { smoothing: 1.0, ..how.clone() };
    assert!((base(&smooth)[0] - 3.0 / 5.0).abs() < 1e-12);
    // Averaged over x: ½·⅓ + ½·⅔ = ½ for every row.
    let cut = Tabular { severed: vec![("x".into(), "y".into())], ..how };
    assert!(base(&cut).iter().all(|p| (p - 0.5).abs() < 1e-12));
}

#[test]
fn draws_follow_the_likelihood() {
    // y given x from the table, tempered at T = ½: (⅔, ⅓) becomes (.8, .2).
    let how = Tabular { graph: graph(&[("y", &["x"])]), categories: Categories::Table, ..Tabular::default() };
    let model = fit(&how, &small());
    let how = Sampling { temperature: 0.5, ..Sampling::default() };
    let draw = |n| model.synthesise(Ask::Rows, n, &how, &Streams::new(1, 7)).unwrap();
    let made = draw(20_000);
    for c in 0..3 {
        assert_eq!(made.head(9).column(c), draw(9).column(c));
    }
    let of = |c: usize| match made.column(c) {
        Column::Codes { data } => data.clone(),
        _ => panic!("codes"),
    };
    let (y, x) = (of(0), of(2));
    for (group, p) in [(0, 0.2), (1, 0.8)] {
        let all: Vec<u32> = y.iter().zip(&x).filter(|(_, x)| **x == group).map(|(y, _)| *y).collect();
        let (n, ones) = (all.len() as f64, all.iter().sum::<u32>() as f64);
        assert!((ones / n - p).abs() < 4.5 * (p * (1.0 - p) / n).sqrt(), "{group}: {}", ones / n);
    }
}

#[test]
fn numbers_keep_their_regression_and_a_severed_cause_leaves_its_mean() {
    // z = 3x + ε by hand: groups (0, 2) and (3, 5): means 1 and 4, residual variance 1.
    let fields = vec![field("x", Role::Feature, Some(2)), field("z", Role::Feature, None)];
    let columns = vec![codes(&[0.0, 0.0, 1.0, 1.0]), numbers(&[0.0, 2.0, 3.0, 5.0])];
    let rows = Samples::new(Arc::new(Schema { fields }), columns).unwrap();
    let order = vec!["x".to_owned(), "z".to_owned()];
    let plain = Tabular { order, ..Tabular::default() };
    let means = |how: &Tabular| -> (f64, f64, usize) {
        let made =
            fit(how, &rows).synthesise(Ask::Rows, 20_000, &Sampling::default(), &Streams::new(3, 3)).unwrap();
        let (x, z) = (made.codes().unwrap().to_vec(), made.features());
        let of = |group| {
            let all: Vec<f64> = z.iter().zip(&x).filter(|(_, x)| **x == group).map(|(z, _)| *z).collect();
            (all.iter().sum::<f64>() / all.len() as f64, all.len())
        };
        (of(0).0, of(1).0, of(0).1)
    };
    for residuals in [Residuals::Gaussian, Residuals::Empirical] {
        let (low, high, n) = means(&Tabular { residuals, ..plain.clone() });
        let se = 1.0 / (n as f64).sqrt();
        assert!((low - 1.0).abs() < 4.5 * se && (high - 4.0).abs() < 4.5 * se, "{low} {high}");
    }
    // Averaged over x: both groups have mean 2.5 and variance 1 + 1.5².
    let cut = Tabular { severed: vec![("x".into(), "z".into())], ..plain.clone() };
    let (low, high, n) = means(&cut);
    let se = (3.25 / n as f64).sqrt();
    assert!((low - 2.5).abs() < 4.5 * se && (high - 2.5).abs() < 4.5 * se, "{low} {high}");
    // Its density at z = 1: ½ (φ(0) + φ(3)), and p(x) = ½.
    let at = rows.take(&[0]);
    let z1 = Samples::new(at.schema().clone(), vec![at.column(0).clone(), numbers(&[1.0])]).unwrap();
    let phi = |e: f64| (-0.5 * e * e).exp() / std::f64::consts::TAU.sqrt();
    assert!((logs(&*fit(&cut, &rows), &z1)[0] - (0.25 * (phi(0.0) + phi(3.0))).ln()).abs() < 1e-9);
    let none = fit(&Tabular { residuals: Residuals::Empirical, ..plain.clone() }, &rows);
    assert!(none.density().unwrap().log_likelihood(&rows, &Streams::new(0, 0)).is_err());
    // Four rows, two coefficients: the unbiased variance is 4/(4 − 2).
    let unbiased = fit(&Tabular { ddof: 1, ..plain }, &rows);
    let want = 0.5_f64.ln() - 0.5 * ((std::f64::consts::TAU * 2.0).ln() + 0.5);
    assert!((logs(&*unbiased, &rows.take(&[0]))[0] - want).abs() < 1e-9);
}

#[test]
fn weights_count_rows() {
    let mut mix = Mix::of_human(Rows::all(small().take(&[0, 3])));
    mix.parts[0].weight = 3.0;
    mix.parts.push(Part::synthetic(1, crate::data::Body::Rows(Rows::all(small().take(&[1, 2])))));
    let how = Tabular { structure: Structure::Independent, ..Tabular::default() };
    let model = how.fit(&mix, Start::Scratch, &Streams::new(0, 0)).unwrap();
    let nine = small().take(&[0, 0, 0, 3, 3, 3, 1, 2]);
    let same = fit(&how, &nine);
    for (a, b) in logs(&*model, &small()).iter().zip(logs(&*same, &small())) {
        assert!((a - b).abs() < 1e-9);
    }
}

#[test]
fn what_cannot_be_modelled_is_named() {
    let refusal = |how: Tabular| how.accepts(small().schema()).unwrap_err().reason;
    let names = |list: &[&str]| -> Vec<String> { list.iter().map(|s| (*s).into()).collect() };
    let base = Tabular::default;
    let cases = [
        (Tabular { order: names(&["x", "y"]), ..base() }, "leaves out the column `z`"),
        (Tabular { order: names(&["x", "x", "y", "z"]), ..base() }, "twice"),
        (Tabular { order: names(&["a"]), ..base() }, "the columns are y, z, x"),
        (Tabular { graph: graph(&[("y", &["x"]), ("x", &["y"])]), ..base() }, "cycle among y, x"),
        (Tabular { order: names(&["x", "y", "z"]), graph: graph(&[("y", &["x"])]), ..base() }, "not both"),
        (
            Tabular { structure: Structure::Independent, order: names(&["x", "y", "z"]), ..base() },
            "belong to",
        ),
        (Tabular { severed: vec![("y".into(), "x".into())], ..base() }, "no arrow from `y` to `x`"),
        (Tabular { severed: vec![("z".into(), "y".into())], ..base() }, "only a category"),
        (Tabular { categories: Categories::Table, ..base() }, "the numbers of `z`"),
    ];
    for (how, word) in cases {
        let why = refusal(how);
        assert!(why.contains(word), "{why}");
    }
    let unlabelled = Schema { fields: vec![field("a", Role::Feature, None)] };
    let bayes = Tabular { structure: Structure::NaiveBayes, ..base() };
    assert!(bayes.accepts(&unlabelled).unwrap_err().reason.contains("label"));
    assert!(base().accepts(&Schema::single(Kind::F64 { width: 2 })).is_err());
    assert!(base().fit(&Mix::default(), Start::Scratch, &Streams::new(0, 0)).is_err());
}

#[test]
fn degenerate_tables_go_on() {
    for rows in [vec![0_u32], vec![0; 5], vec![1, 2], vec![0, 3, 5]] {
        let rows = small().take(&rows);
        for how in [Tabular::default(), Tabular { residuals: Residuals::Empirical, ..Tabular::default() }] {
            let model = fit(&how, &rows);
            let made = model.synthesise(Ask::Rows, 7, &Sampling::default(), &Streams::new(0, 1)).unwrap();
            assert!(made.len() == 7 && made.first_non_finite().is_none());
            fit(&how, &made);
        }
    }
}
