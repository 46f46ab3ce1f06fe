//! What holds for every burn family that learns rows of numbers and codes.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::FAMILIES;
use crate::data::{Column, Field, Kind, Levels, Mix, Role, Rows, Samples, Schema};
use crate::models::{Ask, BoxedFamily, FitError, Model, Sampling, Start};
use crate::rng::Streams;
use crate::spec::Node;

/// 60 rows of three numbers, a category and a label: class 1 has numbers around 1.5 and mostly level 2, class 0 around
/// 0.5 and mostly level 0.
fn mixed() -> Samples {
    let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
    let codes = |n| Kind::Codes { levels: Levels::Count(n) };
    let schema = Schema {
        fields: vec![
            field("x", Role::Feature, Kind::F32 { width: 2, image: None, range: Some((0.0, 2.0)) }),
            field("z", Role::Feature, Kind::F64 { width: 1 }),
            field("c", Role::Feature, codes(3)),
            field("y", Role::Label, codes(2)),
        ],
    };
    let (mut x, mut z, mut c, mut y) = (vec![], vec![], vec![], vec![]);
    for i in 0..60u32 {
        let class = i % 2;
        let jitter = |k: u32| ((i * 31 + k * 17) % 23) as f32 / 46.0;
        x.extend([0.25 + class as f32 + jitter(1), 0.25 + class as f32 + jitter(2)]);
        z.push(f64::from(jitter(3) * 40.0));
        c.push(if i % 10 == 3 { 1 } else { 2 * class });
        y.push(class);
    }
    let codes = |data| Column::Codes { data };
    let columns =
        vec![Column::F32 { width: 2, data: x }, Column::F64 { width: 1, data: z }, codes(c), codes(y)];
    Samples::new(Arc::new(schema), columns).unwrap()
}

/// 60 points in the plane.
fn points() -> Samples {
    let data = (0..120).map(|i| f64::from((i * 37 % 61) as f32) / 10.0).collect();
    Samples::new(Arc::new(Schema::single(Kind::F64 { width: 2 })), vec![Column::F64 { width: 2, data }])
        .unwrap()
}

/// Families that learn a table of numbers and codes, each with a short training.
fn families() -> impl Iterator<Item = (&'static str, BoxedFamily)> {
    FAMILIES.entries.iter().filter_map(|entry| {
        let node = Node::from_toml("steps = 40\nbatch = 16", "test.toml").unwrap();
        let family = entry.make(&node).unwrap();
        family.accepts(mixed().schema()).is_ok().then_some((entry.about.name, family))
    })
}

fn fit(family: &BoxedFamily, rows: &Samples, start: Start<'_>) -> Box<dyn Model> {
    family.fit(&Mix::of_human(Rows::all(rows.clone())), start, &Streams::new(0, 3)).unwrap()
}

fn made(model: &dyn Model, n: usize, how: &Sampling) -> Samples {
    model.synthesise(Ask::Rows, n, how, &Streams::new(1, 9)).unwrap()
}

/// Rows to the bit.
fn bits(rows: &Samples) -> String {
    (0..rows.schema().fields.len()).map(|i| format!("{:?}", rows.column(i))).collect()
}

#[test]
fn rows_have_the_training_rows_columns_and_a_longer_draw_starts_with_a_shorter_one() {
    let mut walked = vec![];
    for (name, family) in families() {
        walked.push(name);
        for rows in [mixed(), points()] {
            let model = fit(&family, &rows, Start::Scratch);
            let (few, many) =
                (made(&*model, 5, &Sampling::default()), made(&*model, 300, &Sampling::default()));
            assert_eq!(few.schema(), rows.schema(), "{name}");
            assert_eq!(bits(&few), bits(&many.head(5)), "{name}");
            assert_eq!(
                bits(&few),
                bits(&made(&*fit(&family, &rows, Start::Scratch), 5, &Sampling::default())),
                "{name}"
            );
            assert_eq!(made(&*model, 0, &Sampling::default()).len(), 0, "{name}");
        }
    }
    assert!(walked.len() >= 3, "{walked:?}");
}

#[test]
fn a_stored_model_makes_the_same_rows_and_can_be_started_from() {
    let folder = tempfile::tempdir().unwrap();
    for (name, family) in families() {
        for rows in [mixed(), points()] {
            let model = fit(&family, &rows, Start::Scratch);
            let file = folder.path().join("model.safetensors");
            model.save(&file).unwrap();
            let loaded = family.load(&file).unwrap();
            let own = bits(&made(&*model, 20, &Sampling::default()));
            assert_eq!(own, bits(&made(&*loaded, 20, &Sampling::default())), "{name}");
            let from = |start| bits(&made(&*fit(&family, &rows, start), 20, &Sampling::default()));
            let warm = from(Start::Warm(&*model));
            assert_eq!(warm, from(Start::Base(&*loaded)), "{name}");
            assert_ne!(warm, own, "{name}");
            assert!(model.size() > 0 && model.size() == loaded.size(), "{name}");
            let losses = model.losses().unwrap();
            assert_eq!((losses.training.len(), Some(losses)), (20, loaded.losses()), "{name}");
            assert_eq!(model.twin().unwrap().losses(), Some(losses), "{name}");
        }
    }
}

#[test]
fn a_line_through_two_models_passes_through_both() {
    for (name, family) in families() {
        let rows = mixed();
        let a = fit(&family, &rows, Start::Scratch);
        let b = fit(&family, &rows, Start::Warm(&*a));
        let line = family.affine().unwrap();
        let end = line.combine(&[(1.0, &*a), (0.0, &*b)]).unwrap();
        assert_eq!(
            bits(&made(&*end, 20, &Sampling::default())),
            bits(&made(&*a, 20, &Sampling::default())),
            "{name}"
        );
        assert!(
            line.combine(&[(0.5, &*a), (0.5, &*fit(&family, &points(), Start::Scratch))]).is_err(),
            "{name}"
        );
    }
}

#[test]
fn less_noise_makes_less_variety_and_what_has_no_meaning_is_refused() {
    for (name, family) in families() {
        let rows = points();
        let model = fit(&family, &rows, Start::Scratch);
        let variance = |scale: f64| {
            let how = Sampling { covariance_scale: scale, ..Sampling::default() };
            let rows = made(&*model, 400, &how);
            let Column::F64 { data, .. } = rows.column(0) else { panic!() };
            let mean = data.iter().sum::<f64>() / data.len() as f64;
            data.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
        };
        assert!(variance(0.25) < variance(1.0), "{name}");
        for how in [
            Sampling { temperature: 0.5, ..Sampling::default() },
            Sampling { top_k: Some(1), ..Sampling::default() },
            Sampling { covariance_scale: -1.0, ..Sampling::default() },
            Sampling { guidance: Some(1.0), ..Sampling::default() },
        ] {
            let refused = model.synthesise(Ask::Rows, 3, &how, &Streams::new(0, 0));
            assert!(refused.is_err(), "{name}: {how:?}");
        }
        assert!(
            model.synthesise(Ask::Given(&rows), 3, &Sampling::default(), &Streams::new(0, 0)).is_err(),
            "{name}"
        );
    }
}

#[test]
fn a_likelihood_is_finite_where_there_is_one_and_far_rows_have_less_of_it() {
    for (name, family) in families() {
        let rows = points();
        let model = fit(&family, &rows, Start::Scratch);
        let Some(density) = model.density() else { continue };
        let far = Column::F64 { width: 2, data: vec![60.0; 120] };
        let far = Samples::new(rows.schema().clone(), vec![far]).unwrap();
        let mean = |rows: &Samples| {
            let logs = density.log_likelihood(rows, &Streams::new(0, 5)).unwrap();
            assert_eq!(logs.len(), rows.len());
            logs.iter().sum::<f64>() / logs.len() as f64
        };
        assert!(
            mean(&rows).is_finite() && mean(&far) < mean(&rows) - 5.0,
            "{name}: {} {}",
            mean(&rows),
            mean(&far)
        );
    }
}

#[test]
fn bad_rows_and_rates_without_bounds_end_in_an_error() {
    for (name, family) in families() {
        let good = points();
        let Column::F64 { mut data, .. } = good.column(0).clone() else { panic!() };
        data[7] = f64::NAN;
        let bad = Samples::new(good.schema().clone(), vec![Column::F64 { width: 2, data }]).unwrap();
        let fit =
            |family: &BoxedFamily, mix: Mix| family.fit(&mix, Start::Scratch, &Streams::new(0, 0)).err();
        let error = fit(&family, Mix::of_human(Rows::all(bad))).unwrap();
        assert!(matches!(error, FitError::NotFinite { row: 3, .. }), "{name}: {error}");
        let none = fit(&family, Mix::default()).unwrap();
        assert!(matches!(none, FitError::TooFewRows { .. }), "{name}: {none}");
        let wild = Node::from_toml("steps = 40\nlearning_rate = 1e30", "test.toml").unwrap();
        let wild = FAMILIES.get(name).unwrap().make(&wild).unwrap();
        let error = fit(&wild, Mix::of_human(Rows::all(good))).unwrap();
        assert!(matches!(error, FitError::Diverged { .. }), "{name}: {error}");
        // One row is little, but no reason to panic.
        let one = mixed().head(1);
        let _ = family.fit(&Mix::of_human(Rows::all(one)), Start::Scratch, &Streams::new(0, 0));
    }
}

#[test]
fn classes_keep_their_shares_and_guidance_needs_a_label() {
    for name in ["flow-matching", "ddpm"] {
        let node = Node::from_toml("steps = 600\nbatch = 32", "test.toml").unwrap();
        let family = FAMILIES.get(name).unwrap().make(&node).unwrap();
        let model = fit(&family, &mixed(), Start::Scratch);
        for guidance in [None, Some(1.0)] {
            let rows = made(&*model, 400, &Sampling { guidance, ..Sampling::default() });
            let labels = rows.labels().unwrap();
            let ones = labels.iter().filter(|y| **y == 1).count();
            // Binomial(400, ½): standard deviation 10; five of them.
            assert!((150..=250).contains(&ones), "{name}: {ones}");
            let Column::F32 { data, .. } = rows.column(0) else { panic!() };
            let agree = data.chunks(2).zip(labels).filter(|(x, y)| (x[0] + x[1] > 2.0) == (**y == 1)).count();
            assert!(agree > 340, "{name}: {agree} of 400 rows lie where their class does");
        }
    }
}
