//! A family and a metric of your own through the whole comparison, with intervals and a figure.
//!
//!     cargo run --release --bin custom_model
//!     cargo run --release --bin custom_model -- compare --data mine.csv --model laplace     # the whole command line

use std::error::Error;
use std::process::ExitCode;

use model_collapse::prelude::*;
use model_collapse::{cli, say};
use rand::RngExt;

/// The median, and the mean absolute deviation from it: the likeliest parameters of a Laplace distribution.
fn fit(values: &[f64], _weights: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    (median, sorted.iter().map(|v| (v - median).abs()).sum::<f64>() / sorted.len() as f64)
}

fn draw((median, spread): &(f64, f64), rng: &mut Stream) -> f64 {
    let u = rng.random::<f64>() - 0.5;
    median - spread * u.signum() * (1.0 - 2.0 * u.abs()).max(f64::MIN_POSITIVE).ln()
}

/// The distance between the largest and the smallest number of a sample.
fn range(rows: &Samples) -> f64 {
    let values = rows.features();
    values.iter().copied().fold(f64::MIN, f64::max) - values.iter().copied().fold(f64::MAX, f64::min)
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let components = Components::standard().family("laplace", |_, _| Ok(number_family(fit, draw))).metric(
        "range",
        Reading::human_valued("data units").at_worst(0.0),
        |_, _| Ok(sample_metric("range", range)),
    );
    if std::env::args().len() > 1 {
        return Ok(cli::main(components));
    }
    let run = Experiment::new("A Laplace distribution refitted to its own samples")
        .components(components)
        .source(Gaussian::new(1))
        .family("laplace")
        .regime("fixed-mix")
        .human_fractions([0.0, 0.1, 0.3, 1.0])
        .generations(20)
        .samples(100)
        .metrics(["range", "wasserstein2"])
        .seeds(40)
        .run()?;
    say!("{}\n{}", run.comparison()?, run.summary());
    say!("{}", run.curve("range").save("results/custom_model/range.svg")?);
    Ok(ExitCode::SUCCESS)
}
