//! The loop as library code: a Gaussian refitted to its own samples under three regimes, with the closed-form law over it.
//!
//!     cargo run --release --bin collapse_curves

use model_collapse::prelude::*;
use model_collapse::say;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), ExperimentError> {
    let run = Experiment::new("A Gaussian refitted to its own samples, n = 100")
        .source(Gaussian::new(1))
        .family("gaussian")
        .generations(60)
        .samples(100)
        .metrics(["variance"])
        .sweep("loop.regime", ["replace", "accumulate", "accumulate-subsample"])
        .seeds(2000)
        .progress(on_stderr())
        .run()?;
    say!("{}", run.summary());
    say!("{}", run.curve("variance").with_law().save("results/collapse_curves/variance.svg")?);
    Ok(())
}
