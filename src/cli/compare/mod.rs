//! `collapse compare`: the same loop at several human fractions, with paired seeds.
//!
//! Without arguments it asks the question twice, on embedded data: a VAE on handwritten digits and
//! a very small GPT on Moby-Dick. With `--data` it asks it of the user's own rows.

mod answer;
mod refine;
mod specs;

use std::path::PathBuf;

use clap::Args;
use miette::{IntoDiagnostic, Result};

pub(super) use answer::answer;
pub use specs::comparison_specs;

use super::{EXIT_DONE, Execution, RunOptions, comparison_table, execute, terminal};
use crate::lineage::{Context, Fit, Record};
use crate::metrics::Measurement;
use crate::models::Model;
use crate::run::{Interrupt, Prepared};
use crate::spec::{Experiment, Overlays};

const EXAMPLES: &str = "\
Examples:
  collapse compare                                         digits with a VAE, Moby-Dick with a GPT
  collapse compare --data fashion14x14 --generations 12
  collapse compare --data mine.csv --model gaussian --fractions 0,0.1,0.3,0.5,1
  collapse compare --data notes.txt --model ngram --seeds 20
  collapse compare --data digits8x8 --regime fixed-mix,accumulate
  collapse compare --data digits8x8 --fractions 0,0.5,1 --refine 3   how small may the human share be?
  collapse compare --human-rows 200 --scales 0,1,2,4       I have 200 human rows: how many synthetic ones may I add?

The default budget is hold = \"total\": every training set has the same size, and the human share of
it varies. With --human-rows the human rows are fixed and synthetic rows are added to them.";

/// Compare human fractions.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// A source (`collapse list data`) or a file of yours: .csv, .tsv, .txt, .jsonl, idx; gzip is undone
    #[arg(long, value_name = "NAME|FILE")]
    pub data: Option<String>,
    /// The family (`collapse list models`); default: by the data
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Human fractions of the training sets
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [0.0, 0.3, 1.0])]
    pub fractions: Vec<f64>,
    /// Try so many further fractions, closing in on the smallest human share that holds
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub refine: u32,
    /// Hold so many human rows and add synthetic rows to them
    #[arg(long, value_name = "H", conflicts_with_all = ["fractions", "samples"])]
    pub human_rows: Option<usize>,
    /// Synthetic rows per human row, with --human-rows
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [0.0, 1.0, 2.0, 4.0], requires = "human_rows")]
    pub scales: Vec<f64>,
    /// What is held fixed: total, human or arrivals; default: the regime's
    #[arg(long, value_name = "WHAT")]
    pub hold: Option<String>,
    /// The regime, or several to set side by side
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "fixed-mix")]
    pub regime: Vec<String>,
    /// Refits after generation 0, at least 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub generations: Option<u32>,
    /// Rows per training set
    #[arg(long, value_name = "N")]
    pub samples: Option<usize>,
    /// The metrics; default: by the data
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub metrics: Vec<String>,
    /// Sampling temperature
    #[arg(long, value_name = "T")]
    pub temperature: Option<f64>,
    /// Override one key of the spec that this makes, as in --set model.steps=2000
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

pub(super) fn compare(args: &CompareArgs) -> Result<u8> {
    args.options.select_device();
    let specs = comparison_specs(args)?;
    let interrupt = Interrupt::on_ctrl_c().into_diagnostic()?;
    let several = specs.len() > 1;
    let mut code = EXIT_DONE;
    for (slug, text) in specs {
        let first = refine::experiment(args, &slug)?;
        let out = match &args.options.out {
            Some(folder) if several => folder.join(&slug),
            Some(folder) => folder.clone(),
            None => {
                let prepared = Prepared::new(first.clone(), &Context { salt: args.options.salt })?;
                PathBuf::from("results/compare").join(format!("{slug}-{}", prepared.run_name()))
            }
        };
        remark!("{}", first.title());
        if let Some(size) = model_size(&text) {
            remark!("{size} parameters a model");
        }
        let (args, decisions) = refine::refined(args, &slug, &out, &interrupt)?;
        let how = Execution {
            options: &args.options,
            out: Some(out),
            interrupt: &interrupt,
            answer: &answer,
            decisions,
        };
        let done = execute(refine::experiment(&args, &slug)?, &how)?;
        if !done.answer.comparison.is_empty() {
            say!("\n{}\n", done.publication.experiment.title());
            say!("{}", comparison_table(&done.answer.comparison, arm_name(&args)));
            // The last sentence is about the critical fraction.
            if let (Some(_), Some(words)) = (&done.answer.critical, done.answer.sentences.last()) {
                say!("{words}");
            }
        }
        terminal::finished(&done);
        say!("");
        code = code.max(done.exit_code());
        if interrupt.is_set() {
            break;
        }
    }
    Ok(code)
}

/// The number of parameters of a model of this comparison, from a fit of one step.
fn model_size(text: &str) -> Option<usize> {
    struct Size(Option<usize>);
    impl Record for Size {
        fn measurement(&mut self, _: Measurement) {}
        fn model(&mut self, _: Fit, model: &dyn Model) {
            self.0 = Some(model.size());
        }
    }
    let mut overlays =
        Overlays::default().set("loop.generations=0").set("measure.metrics=[\"realised-human-fraction\"]");
    if text.contains("\nsteps = ") {
        overlays = overlays.set("model.steps=1");
    }
    let experiment = Experiment::with_overlays(text, "compare", &overlays).ok()?;
    let prepared = Prepared::new(experiment, &Context::default()).ok()?;
    let mut size = Size(None);
    let lineage = prepared.settings.first()?.lineage.as_ref().ok()?;
    lineage.run(0, &mut size).ok()?;
    size.0
}

fn arm_name(args: &CompareArgs) -> &'static str {
    if args.human_rows.is_some() { "human share" } else { "human fraction" }
}
