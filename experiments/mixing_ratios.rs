//! How much human data does it take? A small VAE on handwritten digits, refitted to mixes of human digits and its own:
//! the comparison that `collapse compare` makes, as library code.
//!
//!     cargo run --release --bin mixing_ratios

use model_collapse::prelude::*;
use model_collapse::say;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), ExperimentError> {
    let run = Experiment::new("Digits with a VAE: how much human data does it take?")
        .source(Part::new("digits8x8").with("labels", false))
        .family(Part::new("vae").with("steps", 1000))
        .regime("fixed-mix")
        .human_fractions([0.0, 0.1, 0.3, 0.5, 1.0])
        .generations(6)
        .samples(800)
        .metrics(["coverage", "recall", "precision", "vendi"])
        .seeds(8)
        .progress(on_stderr())
        // The same call goes on from what is there; tables, figures and the page stand in the folder.
        .run_in("results/mixing_ratios")?;
    say!("{}\n{}", run.comparison()?, run.summary());
    if let Some(page) = run.page() {
        say!("page     {}", page.display());
    }
    Ok(())
}
