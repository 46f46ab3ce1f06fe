#![allow(clippy::unwrap_used)]

use super::*;
use crate::data::{Column, Kind, Mix, Rows, Samples, Schema};
use crate::models::{Family, Start};
use crate::neural::device::DeviceName;
use crate::rng::Streams;

/// v at a level for rows of independent normals with variance c: x̂ = √ᾱ c z / (ᾱ c + 1 − ᾱ), v = (√ᾱ z − x̂)/√(1 − ᾱ).
fn normal(c: f64, levels: &Levels) -> impl Fn(&[f32], f32) -> Vec<f32> + '_ {
    move |z, time| {
        let t = (f64::from(time) * levels.len() as f64).round() as usize;
        let a = levels.signal(t);
        let factor = (a.sqrt() - a.sqrt() * c / (a * c + 1.0 - a)) / (1.0 - a).sqrt();
        z.iter().map(|z| (factor * f64::from(*z)) as f32).collect()
    }
}

#[test]
fn the_exact_denoiser_of_a_normal_gives_its_variance_with_and_without_noise_on_the_way() {
    for (eta, schedule) in
        [(0.0, NoiseSchedule::Cosine), (1.0, NoiseSchedule::Cosine), (1.0, NoiseSchedule::Linear)]
    {
        let p = DdpmParams { eta, noise_schedule: schedule, sampling_steps: 500, ..DdpmParams::default() };
        let levels = p.levels();
        let mut rngs: Vec<Stream> = (0..2000).map(|r| Streams::new(0, 3).at(r).rng()).collect();
        let mut x: Vec<f32> = rngs
            .iter_mut()
            .flat_map(|rng| [rng.sample(StandardNormal), rng.sample(StandardNormal)])
            .collect();
        p.solve(&mut x, &mut rngs, 1.0, &normal(0.25, &levels));
        let variance = x.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / x.len() as f64;
        // The relative standard error of a variance of 4,000 normals is √(2/4000) = 2.2 %; 4 of them.
        assert!((variance / 0.25 - 1.0).abs() < 0.09, "η = {eta}, {schedule:?}: {variance}");
    }
}

#[test]
fn the_bound_of_a_normal_is_that_of_its_exact_denoiser() {
    // 2,000 normal pairs of variance 4; entropy of the truth: ln 2πe·4 = 4.224 nats.
    let mut rng = Streams::new(0, 1).rng();
    let data: Vec<f64> = (0..4000).map(|_| 2.0 * rng.sample::<f64, _>(StandardNormal)).collect();
    let rows =
        Samples::new(Schema::single(Kind::F64 { width: 2 }).into(), vec![Column::F64 { width: 2, data }])
            .unwrap();
    let table = "hidden = 32\nlayers = 1\nsteps = 1500\nbatch = 128\nsampling_steps = 100";
    let params: DdpmParams = Node::from_toml(table, "test.toml").unwrap().read(&[]).unwrap();
    let family = Ddpm { params: params.into(), device: DeviceName::Flex };
    let mix = Mix::of_human(Rows::all(rows.clone()));
    let model = family.fit(&mix, Start::Scratch, &Streams::new(0, 2)).unwrap();
    let logs = model.density().unwrap().log_likelihood(&rows, &Streams::new(0, 3)).unwrap();
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    // What eq. 11-14 give for the exact denoiser of a normal, x̂ = √ᾱ z, at these 100 steps: 0.781 nats a number above the
    // entropy, for the steps are wide where little noise is left. The rows' own entropy has a standard error of 0.022.
    assert!((mean + 4.224 + 1.562).abs() < 0.15, "{mean}");
}
