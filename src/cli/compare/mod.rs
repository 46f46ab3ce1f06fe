//! `collapse compare`: the same loop at several human fractions, with paired seeds.
//!
//! Without arguments it asks the question twice, on embedded data: a VAE on handwritten digits and
//! a very small GPT on Moby-Dick. With `--data` it asks it of the user's own rows.

mod answer;
mod refine;
mod specs;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use miette::{IntoDiagnostic, Result, miette};

pub use specs::comparison_specs;

use super::execute::{Execution, execute, exit_code};
use super::source::ReadingArgs;
use super::tolerance::tolerance;
use super::{EXIT_DONE, RunOptions, terminal};
use crate::components::Components;
use crate::experiment::Done;
use crate::lineage::{Context, Fit, Record};
use crate::metrics::Measurement;
use crate::models::Model;
use crate::publish::{self, Answered, Asked, Publication};
use crate::run::{Interrupt, Prepared};
use crate::spec::{Experiment, Node, Overlays};

const EXAMPLES: &str = "\
Examples:
  collapse compare                                         digits with a VAE, Moby-Dick with a GPT
  collapse compare --data fashion14x14 --generations 12
  collapse compare --data mine.csv --model gaussian --fractions 0,0.1,0.3,0.5,1
  collapse compare --data notes.txt --model ngram --seeds 20
  collapse compare --data digits8x8 --regime fixed-mix,accumulate
  collapse compare --data digits8x8 --fractions 0,0.5,1 --refine 3   how small may the human share be?
  collapse compare --data mine.csv --prevent 0.8 --tolerance 0.05 --json
  collapse compare --data mine.csv --label-column churn --task     train a predictor on the rows, test it on people
  collapse compare --human-rows 200 --scales 0,1,2,4       I have 200 human rows: how many synthetic ones may I add?

The default budget is hold = \"total\": every training set has the same size, and the human share of
it varies. With --human-rows the human rows are fixed and synthetic rows are added to them.";

/// Compare human fractions.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// A source (`collapse list data`) or a file of yours: .csv, .tsv, .txt, .jsonl, .npy, .npz, idx, a folder of PNG or JPEG
    /// images, `-` for standard input; gzip and zstd are undone
    #[arg(long, value_name = "NAME|FILE")]
    pub data: Option<String>,
    /// The family (`collapse list models`); default: by the data
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Human fractions of the training sets; default: 0, 0.1, 0.3, 0.5, 0.7, 0.9, 1, of neural families 0, 0.3, 0.7, 1
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub fractions: Vec<f64>,
    /// The share of the loss that is to be prevented, for the critical fraction
    #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
    pub prevent: f64,
    /// How large a change counts as none: a share of the way from the start to the worst value, or METRIC=VALUE in the
    /// metric's unit; may be a list
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "0.1")]
    pub tolerance: Vec<String>,
    /// Print the answer as JSON in place of tables
    #[arg(long)]
    pub json: bool,
    /// Try so many further fractions, at most 6, where the interval of the critical fraction shrinks most
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=6))]
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
    /// Also train a predictor on every training set and test it on human rows: the task (`collapse list tasks`), by default
    /// the one that suits the label
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    pub task: Option<String>,
    /// Sampling temperature, or several to set side by side
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub temperature: Vec<f64>,
    /// How large and how well trained a neural family is: small, medium or large (`collapse describe FAMILY`)
    #[arg(long, value_name = "NAME")]
    pub size: Option<String>,
    /// How a file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Override one key of the spec that this makes, as in --set model.steps=2000
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

pub(super) fn compare(args: &CompareArgs, components: &Arc<Components>) -> Result<u8> {
    if !(args.prevent > 0.0 && args.prevent < 1.0) {
        return Err(miette!("`--prevent {}`: the share is above 0 and below 1", args.prevent));
    }
    let asked = Asked { prevent: args.prevent, ..tolerance(&args.tolerance, components)? };
    let specs = comparison_specs(args, components)?;
    let interrupt = Interrupt::on_ctrl_c().into_diagnostic()?;
    let several = specs.len() > 1;
    let mut code = EXIT_DONE;
    let mut answers = Vec::new();
    for (slug, text) in specs {
        let first = refine::experiment(args, &slug, components)?;
        let out = match &args.options.out {
            Some(folder) if several => folder.join(&slug),
            Some(folder) => folder.clone(),
            None => {
                let prepared = Prepared::new(first.clone(), &args.options.context(components))?;
                PathBuf::from("results/compare").join(format!("{slug}-{}", prepared.run_name()))
            }
        };
        if !args.options.quiet {
            remark!("{}", first.title());
            if let Some(size) = model_size(&text, &args.set, args.options.context(components)) {
                remark!("{size} parameters a model");
            }
        }
        let (refined, decisions, spent) =
            refine::refined(args, &slug, &asked, &out, (&interrupt, components))?;
        let answered = |publication: &Publication| {
            let mut answered = Answered::compared(publication, &asked)?;
            answered.sentences.extend(spent.clone());
            Ok(answered)
        };
        let how = Execution {
            options: &args.options,
            components,
            out: Some(out),
            interrupt: &interrupt,
            answer: &answered,
            decisions,
            budget: 1,
        };
        if let Some(done) = execute(refine::experiment(&refined, &slug, components)?, &how)? {
            answers.push(answer::as_json(done.publication.experiment.title(), &done.answer));
            if !args.json {
                if args.options.quiet || several {
                    say!("{}", done.publication.experiment.title());
                }
                show(&done);
                terminal::finished(&done);
            }
            code = code.max(exit_code(&done));
        }
        if !args.json {
            say!("");
        }
        if interrupt.is_set() {
            break;
        }
    }
    if args.json {
        let all = match answers.len() {
            1 => answers.remove(0),
            _ => serde_json::Value::Array(answers),
        };
        say!("{}", serde_json::to_string_pretty(&all).into_diagnostic()?);
    }
    Ok(code)
}

/// The answer first, then the tables.
fn show(done: &Done) {
    say!("");
    for line in &done.answer.sentences {
        say!("{line}");
    }
    say!("");
    for c in &done.answer.effects.comparisons {
        if let Some(regime) = &c.regime {
            say!("regime {regime}");
        }
        say!("{}\n", terminal::effects("human share", &publish::COMPARISON, &publish::comparison_rows(c)));
    }
    for found in &done.answer.effects.gains {
        if let Some(regime) = &found.regime {
            say!("regime {regime}");
        }
        say!(
            "{}\n",
            terminal::effects("synthetic per human row", &publish::GAINS, &publish::gain_rows(found))
        );
    }
    if done.answer.effects.comparisons.is_empty() && done.answer.effects.gains.is_empty() {
        terminal::values(&done.summary);
    }
}

/// The number of parameters of a model of this comparison, from a fit of one step.
fn model_size(text: &str, set: &[String], context: Context) -> Option<usize> {
    struct Size(Option<usize>);
    impl Record for Size {
        fn measurement(&mut self, _: Measurement) {}
        fn model(&mut self, _: Fit, model: &dyn Model) {
            self.0 = Some(model.size());
        }
    }
    let asked = set.iter().fold(Overlays::default(), |overlays, set| overlays.set(set));
    let family = Experiment::with_overlays(text, "compare", &asked).ok()?;
    let family = family.template.get("model.family").and_then(Node::as_str)?.to_owned();
    let mut overlays = asked.set("loop.generations=0").set("measure.metrics=[\"realised-human-fraction\"]");
    let parameters = &context.components.families.get(&family)?.about.parameters;
    if parameters.iter().any(|p| p.name == "steps") {
        overlays = overlays.set("model.steps=1");
    }
    let experiment = Experiment::with_overlays(text, "compare", &overlays).ok()?;
    let prepared = Prepared::new(experiment, &context).ok()?;
    let mut size = Size(None);
    let lineage = prepared.settings.first()?.lineage.as_ref().ok()?;
    lineage.run(0, &mut size).ok()?;
    size.0
}
