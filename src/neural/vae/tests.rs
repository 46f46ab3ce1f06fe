#![allow(clippy::unwrap_used)]

use std::any::Any;
use std::sync::Arc;

use super::*;
use crate::data::{Column, Field, Kind, Levels, Role, Rows};

/// Two clusters of 6 numbers in [0, 1] with a label: around 0.15 and around 0.85.
fn clusters(n: usize) -> Samples {
    let schema = Schema {
        fields: vec![
            Field {
                name: "x".into(),
                role: Role::Feature,
                kind: Kind::F32 { width: 6, image: None, range: Some((0.0, 2.0)) },
            },
            Field { name: "y".into(), role: Role::Label, kind: Kind::Codes { levels: Levels::Count(2) } },
        ],
    };
    let (mut x, mut y) = (vec![], vec![]);
    for i in 0..n {
        let high = i % 2;
        let jitter = |j: usize| ((i * 31 + j * 17) % 23) as f32 / 230.0;
        x.extend((0..6).map(|j| if high == 1 { 1.6 + jitter(j) } else { 0.3 + jitter(j) }));
        y.push(high as u32);
    }
    Samples::new(Arc::new(schema), vec![Column::F32 { width: 6, data: x }, Column::Codes { data: y }])
        .unwrap()
}

fn family(device: DeviceName) -> Vae {
    let params = VaeParams {
        hidden: 24,
        latent: 2,
        steps: 400,
        budget: Budget { batch: 32, ..Budget::default() },
        learning_rate: 5e-3,
        ..VaeParams::default()
    };
    Vae { params, device }
}

fn fit(family: &Vae, rows: &Samples, seed: u64) -> Box<dyn Model> {
    let mix = Mix::of_human(Rows::all(rows.clone()));
    family.fit(&mix, Start::Scratch, &Streams::new(0, seed)).unwrap()
}

fn losses(model: &dyn Model) -> Vec<f32> {
    model.losses().unwrap().training.iter().map(|(_, loss)| *loss).collect()
}

fn draw(model: &dyn Model, n: usize) -> Samples {
    model.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(1, 1)).unwrap()
}

fn cells(s: &Samples) -> Vec<u32> {
    let Column::F32 { data, .. } = s.column(0) else { panic!() };
    data.iter().map(|v| v.to_bits()).chain(s.labels().unwrap().iter().copied()).collect()
}

#[test]
fn the_loss_falls_and_samples_cover_both_clusters_with_their_labels() {
    let rows = clusters(200);
    for likelihood in [Likelihood::Gaussian, Likelihood::Bernoulli] {
        let mut family = family(DeviceName::Flex);
        family.params.likelihood = likelihood;
        let model = fit(&family, &rows, 3);
        let l = losses(&*model);
        let end = l[l.len() - 1];
        assert!(end < 0.8 * l[0], "{likelihood:?}: {} → {end}", l[0]);
        let s = draw(&*model, 200);
        let Column::F32 { data, .. } = s.column(0) else { panic!() };
        let high: Vec<bool> = data.chunks(6).map(|r| r.iter().sum::<f32>() > 6.0).collect();
        let n = high.iter().filter(|h| **h).count();
        assert!((40..=160).contains(&n), "{likelihood:?}: {n} of 200 in the upper cluster");
        let agree = high.iter().zip(s.labels().unwrap()).filter(|(h, y)| u32::from(**h) == **y).count();
        assert!(agree > 150, "{likelihood:?}: {agree} of 200 labels belong to their cluster");
    }
}

/// Rows of two independent normal features with these standard deviations about ½.
fn noise(n: usize, [a, b]: [f32; 2]) -> Samples {
    let schema = Schema::single(Kind::F32 { width: 2, image: None, range: Some((0.0, 1.0)) });
    let mut rng = Streams::new(5, 5).rng();
    let mut x = vec![];
    for _ in 0..n {
        let e: Vec<f32> = net::normals(&mut rng, 2).collect();
        x.extend([0.5 + a * e[0], 0.5 + b * e[1]]);
    }
    Samples::new(Arc::new(schema), vec![Column::F32 { width: 2, data: x }]).unwrap()
}

fn variances_of(rows: &Samples) -> Vec<f64> {
    let Column::F32 { width, data } = rows.column(0) else { panic!() };
    let n = rows.len() as f64;
    let of = |i: usize| {
        let column = || data.iter().skip(i).step_by(*width).map(|v| f64::from(*v));
        let mean = column().sum::<f64>() / n;
        column().map(|v| (v - mean).powi(2)).sum::<f64>() / n
    };
    (0..*width).map(of).collect()
}

#[test]
fn draws_have_the_variances_of_the_rows_and_means_lack_the_noise() {
    let mut family = family(DeviceName::Flex);
    (family.params.steps, family.params.latent) = (1000, 1);
    let drawn = |family: &Vae, rows: &Samples| variances_of(&draw(&*fit(family, rows, 1), 4000));
    // The relative standard error of a variance of 4,000 normals is √(2/4000) = 2 %; the fit adds its own.
    let near = |got: Vec<f64>, truth: [f64; 2]| {
        let close = got.iter().zip(truth).all(|(got, truth)| (got / truth - 1.0).abs() < 0.2);
        assert!(close, "{got:?} for {truth:?}");
    };
    near(drawn(&family, &noise(2000, [0.05, 0.2])), [0.0025, 0.04]);
    // Features of one variance, which a latent code does not help.
    let rows = noise(2000, [0.1, 0.1]);
    family.params.variance = Variance::Learned(Learned::Scale);
    near(drawn(&family, &rows), [0.01, 0.01]);
    family.params.output = Output::Mean;
    let means: f64 = drawn(&family, &rows).iter().sum();
    assert!(means < 0.01, "{means}");
}

#[test]
fn a_feature_that_never_varies_has_the_least_variance() {
    let schema = Schema::single(Kind::F32 { width: 2, image: None, range: Some((0.0, 1.0)) });
    let x = (0..200).flat_map(|i| [0.0, (i % 10) as f32 / 10.0]).collect();
    let rows = Samples::new(Arc::new(schema), vec![Column::F32 { width: 2, data: x }]).unwrap();
    let mut family = family(DeviceName::Flex);
    family.params.steps = 1000;
    let model = fit(&family, &rows, 1);
    let model = (&*model as &dyn Any).downcast_ref::<VaeModel>().unwrap();
    let Reconstruction::Gaussian(variances) = &model.reconstruction else { panic!() };
    assert!((net::FLOOR..4.0 * net::FLOOR).contains(&variances[0]), "{variances:?}");
    let logs = model.log_likelihood(&rows, &Streams::new(0, 0)).unwrap();
    assert!(logs.iter().all(|l| l.is_finite()));
}

#[test]
fn two_threads_and_one_give_the_same_bits() {
    let rows = clusters(100);
    let family = family(DeviceName::Flex);
    let alone: Vec<_> = (0..2).map(|seed| cells(&draw(&*fit(&family, &rows, seed), 20))).collect();
    let together: Vec<_> = std::thread::scope(|s| {
        let jobs: Vec<_> = (0..2)
            .map(|seed| {
                let (family, rows) = (&family, &rows);
                s.spawn(move || cells(&draw(&*fit(family, rows, seed), 20)))
            })
            .collect();
        jobs.into_iter().map(|j| j.join().unwrap()).collect()
    });
    assert_eq!(alone, together);
    assert_ne!(alone[0], alone[1]);
}

#[test]
fn flex_and_ndarray_train_the_same_model() {
    // 30 steps: f32 rounding differs between the backends and grows with every step.
    let rows = clusters(100);
    let train = |device| {
        let mut f = family(device);
        f.params.steps = 30;
        losses(&*fit(&f, &rows, 5))
    };
    for (a, b) in train(DeviceName::Flex).iter().zip(train(DeviceName::NdArray)) {
        assert!((a - b).abs() <= 1e-3 * (1.0 + b.abs()), "{a} against {b}");
    }
}

#[test]
fn a_longer_draw_starts_with_a_shorter_one_and_the_scale_zero_has_no_spread() {
    let mut family = family(DeviceName::Flex);
    family.params.output = Output::Mean;
    let model = fit(&family, &clusters(50), 1);
    let (five, ten) = (draw(&*model, 5), draw(&*model, 10));
    assert_eq!(cells(&five), cells(&ten.head(5)));
    let how = Sampling { covariance_scale: 0.0, ..Sampling::default() };
    let s = model.synthesise(Ask::Rows, 3, &how, &Streams::new(1, 1)).unwrap();
    let Column::F32 { data, .. } = s.column(0) else { panic!() };
    assert_eq!(data[..6], data[6..12]);
    let hot = Sampling { temperature: 2.0, ..Sampling::default() };
    assert!(model.synthesise(Ask::Rows, 3, &hot, &Streams::new(1, 1)).is_err());
}

#[test]
fn a_stored_model_draws_the_same_bits_and_warm_starts() {
    let rows = clusters(60);
    let family = family(DeviceName::Flex);
    let model = fit(&family, &rows, 1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    model.save(&file).unwrap();
    let loaded = family.load(&file).unwrap();
    assert_eq!(cells(&draw(&*model, 30)), cells(&draw(&*loaded, 30)));
    let mix = Mix::of_human(Rows::all(rows.clone()));
    let warm = family.fit(&mix, Start::Warm(&*loaded), &Streams::new(0, 9)).unwrap();
    let cold = fit(&family, &rows, 9);
    assert!(losses(&*warm)[0] < losses(&*cold)[0]);
}

#[test]
fn the_bound_rises_with_its_draws_and_prefers_the_data() {
    let rows = clusters(80);
    let mut f = family(DeviceName::Flex);
    let mean = |f: &Vae, rows: &Samples| {
        let m = fit(f, &clusters(80), 2);
        let l = m.density().unwrap().log_likelihood(rows, &Streams::new(4, 4)).unwrap();
        l.iter().sum::<f64>() / l.len() as f64
    };
    let many = mean(&f, &rows);
    f.params.importance_samples = 1;
    let elbo = mean(&f, &rows);
    // In expectation the bound grows with K (Burda et al., theorem 1); 80 rows, the gap is
    // many times the noise of the mean.
    assert!(many > elbo, "{many} against {elbo}");
    let Column::F32 { width, data } = rows.column(0) else { panic!() };
    let upside_down = data.iter().enumerate().map(|(i, v)| if i % 2 == 0 { *v } else { 2.0 - v }).collect();
    let y = rows.column(1).clone();
    let odd = Samples::new(rows.schema().clone(), vec![Column::F32 { width: *width, data: upside_down }, y]);
    assert!(mean(&f, &odd.unwrap()) < elbo - 10.0);
}

#[test]
fn bad_rows_are_refused_with_their_place() {
    let good = clusters(4);
    let with = |v: f32| {
        let Column::F32 { width, data } = good.column(0).clone() else { panic!() };
        let mut data = data;
        data[7] = v;
        let y = good.column(1).clone();
        let s = Samples::new(good.schema().clone(), vec![Column::F32 { width, data }, y]).unwrap();
        let mut f = family(DeviceName::Flex);
        f.params.likelihood = Likelihood::Bernoulli;
        f.fit(&Mix::of_human(Rows::all(s)), Start::Scratch, &Streams::new(0, 0)).err().unwrap()
    };
    assert_eq!(with(f32::NAN), FitError::NotFinite { column: "x".into(), row: 1 });
    assert!(with(3.0).to_string().contains("outside the stated range"));
    let free = Schema::single(Kind::F64 { width: 2 });
    let bernoulli = VaeParams { likelihood: Likelihood::Bernoulli, ..VaeParams::default() };
    assert!(Vae { params: bernoulli, ..Vae::default() }.accepts(&free).is_err());
    assert!(family(DeviceName::Flex).accepts(&free).is_ok());
    let empty = Vae::default().fit(&Mix::default(), Start::Scratch, &Streams::new(0, 0));
    assert_eq!(empty.err().unwrap(), FitError::TooFewRows { needed: 1, found: 0 });
}
