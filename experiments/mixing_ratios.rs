//! The comparison of human fractions as library code: the same spec that `collapse compare` makes,
//! run, summarised and drawn.
//!
//!     cargo run --release --bin mixing_ratios -- [source] [family]

use std::error::Error;

use model_collapse::cli::{CompareArgs, comparison_specs};
use model_collapse::lineage::Context;
use model_collapse::publish::{self, Publication};
use model_collapse::run::{self, Interrupt, Options, Prepared, Work, progress};
use model_collapse::say;
use model_collapse::spec::Experiment;
use model_collapse::store::{Folder, Manifest, write_atomically};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let question = CompareArgs {
        data: Some(words.next().unwrap_or_else(|| "digits8x8".into())),
        model: words.next(),
        fractions: vec![0.0, 0.1, 0.3, 0.5, 1.0],
        regime: vec!["fixed-mix".into()],
        ..Default::default()
    };
    for (name, text) in comparison_specs(&question, &Default::default()).map_err(|e| e.to_string())? {
        let mut experiment = Experiment::from_toml(&text, &name)?;
        experiment.name.clone_from(&name);
        let prepared = Prepared::new(experiment, &Context::default())?;
        let folder = Folder::at(format!("results/mixing_ratios/{name}-{}", prepared.run_name()));
        let jobs = std::thread::available_parallelism()?.get();
        let manifest = Manifest::begin(&name, &prepared.experiment.resolved(), jobs);
        let bar = progress::on_stderr();
        let interrupt = Interrupt::new();
        let options = Options {
            out: folder.root().into(),
            experiment: name,
            jobs,
            examples: 64,
            keep_models: false,
            isolation: None,
            cell_timeout: None,
            interrupt: &interrupt,
            progress: bar.as_ref(),
        };
        let report = run::run(&prepared, &prepared.experiment.sweep.seeds, &options)?;
        write_atomically(&folder.spec(), prepared.experiment.resolved().as_bytes())?;
        manifest.save(&folder)?;
        say!("{} settings, {} lineages run", prepared.settings().len(), report.lineages);

        let publication = Publication::open(folder.root(), Default::default())?;
        let last = prepared.settings().iter().map(|s| s.generations).max().unwrap_or(0);
        for row in publish::summarise(&publication)?.iter().filter(|r| u64::from(r.generation) == last) {
            let fraction = row.key.get("human_fraction").unwrap_or("");
            let interval = row
                .ci_low
                .zip(row.ci_high)
                .map(|(a, b)| format!("[{}, {}]", publish::number(a), publish::number(b)));
            say!(
                "{:32} {fraction:>5} {:>9} {}",
                row.metric,
                publish::number(row.mean),
                interval.unwrap_or_default()
            );
        }
        for figure in publish::draw(&publication, None)? {
            say!("{}", figure.png_path.display());
        }
    }
    Ok(())
}
