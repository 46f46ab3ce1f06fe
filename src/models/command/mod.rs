//! A program of your own as a model: PyTorch, llama.cpp, R, anything that reads and writes files.
//!
//! The program gets a training file and must leave a sample file. Both hold rows of the source's
//! columns ([`exchange`](crate::data::exchange)): `csv` under a header, `jsonl`, `text` (one row a
//! line; the default for text alone) or `conll` (the default for tagged text).
//!
//! *One call* (`command`): the program is called once per fit and leaves `rows` rows. Every ask
//! takes rows that no other ask of this fit has had, in the order of the file.
//!
//! *Two calls* (`fit` and `sample`): `fit` leaves what it likes in the folder `{model}`, and `sample`
//! is called for every ask: the next training set, the rows that metrics see, more rows for a
//! curation step. The folder lives as long as the model.
//!
//! Where rows weigh differently, a last column `sample_weight` (mean 1) says how much; formats
//! without columns refuse. The seed is a number below 2³² from the fit's or the ask's own stream: a
//! program that uses no other randomness gives the same rows every time, with any number of jobs.
//!
//! The program must end with exit code 0 within `timeout` seconds. It runs in a process group of its
//! own. Whatever it started ends with it, at the time limit, when the run is asked to stop and when the run's process is
//! gone, however that ended. Samples must have the right
//! columns, finite numbers in range, known categories and tokens, and at least as many rows as were
//! asked for (more are left out). Every failure is an error of that lineage that names the program,
//! the line and what it said last.
//!
//! Cost: that of the program, and of writing and reading the rows.

mod call;
mod model;
mod process;
#[cfg(test)]
mod tests;
mod watch;

pub use model::CommandModel;
pub use process::{announce_programs, kill_left_programs, kill_programs, stop_programs};

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use sha2::{Digest, Sha256};

use self::call::{Call, PLACEHOLDERS, placeholders};
use super::numeric::{gathered, normalise};
use super::{BoxedFamily, Family, FitError, Model, Refusal, Start};
use crate::data::exchange::{self, Exchange};
use crate::data::{Mix, Schema};
use crate::output::Scratch;
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::spec;

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "command",
        summary: "A program of your own: it gets a training file and leaves a sample file",
        details: "`command = [\"python3\", \"train.py\", \"{train}\", \"{samples}\", \"{n}\", \"{seed}\"]` is called once \
                  per fit and must leave `rows` rows in `{samples}`. Or `fit` is called once per fit and leaves a \
                  model in the folder `{model}`, and `sample` is called for every sample.\n\n\
                  Files: CSV under a header with the source's columns (text alone: a line per row; tagged text: \
                  CoNLL), in both directions; a further training column `sample_weight` where rows weigh \
                  differently. `collapse export data SOURCE` shows the columns.\n\n\
                  Placeholders: `{train}`, `{samples}` files; `{model}` a folder; `{start}` the folder of the \
                  model to start from, empty from scratch; `{n}` rows to leave; `{seed}` a number below 2³²; \
                  `{temperature}` of `[sampling]`.\n\n\
                  The program must exit with 0. It runs in its own process group and sees the whole environment. \
                  What it started ends with it, and both end at `timeout` and with the run. Files that the command line names are part of a setting's hash: \
                  after an edit of the script its cells run again. Files that the script itself reads or imports are not: after \
                  an edit of those choose another folder.",
        source: "the program",
        parameters: Command::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| {
        let recipe: Command = node.read(&["family"])?;
        recipe.check().map_err(|e| {
            spec::Error::bad_value(node.at_of(e.key), format!("`{}`: {}", e.key, e.why), e.help)
        })?;
        Ok(Box::new(Program(Arc::new(recipe))))
    },
};

crate::parameters! {
    /// How an outside program is called.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Command {
        /// The words of the program that fits and samples in one call: {train}, {samples}, {n}, {seed}
        pub command: Vec<String> = Vec::new() => "required, or fit and sample";
        /// Rows that one call of `command` leaves: at least all that one generation asks for (`samples` and the
        /// `size` of metrics)
        pub rows: Option<usize> = None => "required with command";
        /// The words of the program that fits: {train}, {model}, {seed}, {start}
        pub fit: Vec<String> = Vec::new() => "required without command";
        /// The words of the program that samples: {model}, {samples}, {n}, {seed}, {temperature}
        pub sample: Vec<String> = Vec::new() => "required with fit";
        /// csv, jsonl, text (a single column of text) or conll (tagged text)
        pub format: Option<Exchange> = None => "by the columns";
        /// The program's working directory
        pub folder: String = String::new() => "\".\"";
        /// Seconds that one call may take
        pub timeout: f64 = 600.0, in above(0);
        /// OMP_NUM_THREADS, MKL_NUM_THREADS and OPENBLAS_NUM_THREADS of the program: cells already run side by side
        pub threads: usize = 1;
    }
}

/// A key that is wrong.
struct Wrong {
    key: &'static str,
    why: String,
    help: String,
}

impl Command {
    fn check(&self) -> Result<(), Wrong> {
        let wrong = |key, why: &str, help: &str| Err(Wrong { key, why: why.into(), help: help.into() });
        match (self.command.is_empty(), self.fit.is_empty(), self.sample.is_empty()) {
            (false, true, true) | (true, false, false) => {}
            (true, true, true) => {
                let help = "add `command = [\"python3\", \"train.py\", \"{train}\", \"{samples}\", \"{n}\", \"{seed}\"]` \
                            and `rows`, or `fit` and `sample`";
                return wrong("command", "no program is named", help);
            }
            (false, _, _) => {
                return wrong("command", "`fit` and `sample` stand beside it", "give one of the two forms");
            }
            (true, false, true) => {
                return wrong(
                    "fit",
                    "`sample` is missing",
                    "add `sample = […, \"{model}\", \"{samples}\", \"{n}\"]`",
                );
            }
            (true, true, false) => {
                return wrong("sample", "`fit` is missing", "add `fit = […, \"{train}\", \"{model}\"]`");
            }
        }
        form("command", &self.command, &["train", "samples"], &["n", "seed"])?;
        form("fit", &self.fit, &["train", "model"], &["seed", "start"])?;
        form("sample", &self.sample, &["model", "samples", "n"], &["seed", "temperature"])?;
        match self.rows {
            None if !self.command.is_empty() => {
                return Err(Wrong {
                    key: "rows",
                    why: "one call must leave all rows that a generation asks for".into(),
                    help: "add `rows`: at least `loop.samples` + `measure.size`".into(),
                });
            }
            Some(0) => return wrong("rows", "0 rows", "give at least 1"),
            Some(_) if self.command.is_empty() => {
                return wrong("rows", "`sample` is told how many rows are needed", "leave it out");
            }
            _ => {}
        }
        if !(self.timeout > 0.0 && self.timeout < 1e9) {
            return wrong("timeout", "it is no time limit", "give seconds above 0");
        }
        if self.threads == 0 {
            return wrong("threads", "0 threads", "give at least 1");
        }
        Ok(())
    }

    fn limit(&self) -> Duration {
        Duration::from_secs_f64(self.timeout)
    }

    fn format(&self, schema: &Schema) -> Exchange {
        self.format.unwrap_or_else(|| Exchange::of(schema))
    }

    /// Every program, by its first word.
    fn programs(&self) -> impl Iterator<Item = &String> {
        [&self.command, &self.fit, &self.sample].into_iter().filter_map(|words| words.first())
    }

    /// A path of the command line as the program sees it.
    fn path(&self, word: &str) -> PathBuf {
        Path::new(&self.folder).join(word)
    }

    /// Whether a program can be found, as the system looks for it.
    fn found(&self, program: &str) -> bool {
        if program.contains(std::path::MAIN_SEPARATOR) || program.contains('/') {
            return self.path(program).is_file();
        }
        let Some(path) = std::env::var_os("PATH") else { return true };
        std::env::split_paths(&path)
            .any(|folder| folder.join(program).is_file() || folder.join(format!("{program}.exe")).is_file())
    }
}

/// Refuses words without a placeholder that the form needs, or with another one than it knows.
fn form(key: &'static str, words: &[String], needed: &[&str], also: &[&str]) -> Result<(), Wrong> {
    if words.is_empty() {
        return Ok(());
    }
    let found = placeholders(words);
    if let Some(missing) = needed.iter().find(|name| !found.iter().any(|f| f == *name)) {
        let why = format!("`{{{missing}}}` is missing");
        return Err(Wrong { key, why, help: "the program must be told where its files are".into() });
    }
    let Some(other) = found.iter().find(|f| !needed.iter().chain(also).any(|known| known == f)) else {
        return Ok(());
    };
    let why = match PLACEHOLDERS.contains(&other.as_str()) {
        true => format!("`{{{other}}}` means nothing in `{key}`"),
        false => format!("`{{{other}}}` is no placeholder"),
    };
    let known: Vec<String> = needed.iter().chain(also).map(|name| format!("{{{name}}}")).collect();
    Err(Wrong { key, why, help: format!("there are {}", known.join(", ")) })
}

/// What went wrong with an outside program.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{program}` ({purpose}): {why}")]
pub struct Failure {
    /// The command line.
    pub program: String,
    /// What it was called for.
    pub purpose: &'static str,
    /// What went wrong.
    pub why: String,
}

impl From<Failure> for FitError {
    fn from(failure: Failure) -> Self {
        FitError::Outside(failure.to_string())
    }
}

/// The family of an outside program.
struct Program(Arc<Command>);

impl Family for Program {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        let format = self.0.format(schema);
        if !format.holds(schema) {
            let why = format!("`format = \"{}\"` can't hold {schema}", format.ending());
            return Err(Refusal::new(why));
        }
        if !self.0.folder.is_empty() && !Path::new(&self.0.folder).is_dir() {
            return Err(Refusal::new(format!("there is no folder `{}`", self.0.folder)));
        }
        match self.0.programs().find(|program| !self.0.found(program)) {
            Some(program) => Err(Refusal::new(format!("there is no program `{program}`"))),
            None => Ok(()),
        }
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let recipe = &self.0;
        let (rows, mut weights) = gathered(mix)?;
        let schema = rows.schema().clone();
        let format = recipe.format(&schema);
        let weights = if mix.equally_weighted() {
            None
        } else if format.weighs() {
            normalise(&mut weights)?;
            Some(weights.as_slice())
        } else {
            let why = "rows weigh differently, and a line of text has no weight; set `format = \"csv\"` or \"jsonl\"";
            return Err(Refusal::new(why).into());
        };
        let outside = |what: &str, e: std::io::Error| FitError::Outside(format!("{what}: {e}"));
        let folder = Scratch::new().map_err(|e| outside("no temporary folder", e))?;
        let train = folder.path().join(format!("train.{}", format.ending()));
        File::create(&train)
            .and_then(|file| exchange::write(&rows, weights, format, &mut BufWriter::new(file)))
            .map_err(|e| outside("the training file", e))?;
        let model = folder.path().join("model");
        let seed = streams.of("program").rng().next_u32();
        let from = match start {
            Start::Scratch => String::new(),
            Start::Warm(other) | Start::Base(other) => self.start(other)?,
        };
        if recipe.command.is_empty() {
            fs::create_dir(&model).map_err(|e| outside("the model's folder", e))?;
            let values = [
                ("train", train.display().to_string()),
                ("model", model.display().to_string()),
                ("start", from),
                ("seed", seed.to_string()),
            ];
            Call { words: &recipe.fit, values: &values, seed, purpose: "fit" }.run(recipe)?;
            return Ok(Box::new(CommandModel::trained(recipe.clone(), schema, format, folder)));
        }
        let n = recipe.rows.unwrap_or(0);
        let samples = folder.path().join(format!("samples.{}", format.ending()));
        let values = [
            ("train", train.display().to_string()),
            ("samples", samples.display().to_string()),
            ("n", n.to_string()),
            ("seed", seed.to_string()),
        ];
        let call = Call { words: &recipe.command, values: &values, seed, purpose: "fit" };
        call.run(recipe)?;
        let rows = model::samples(&samples, &schema, format, n).map_err(|why| Failure {
            program: recipe.command.join(" "),
            purpose: "fit",
            why,
        })?;
        Ok(Box::new(CommandModel::pool(recipe.clone(), schema, format, folder, rows)))
    }

    fn takes_a_start(&self) -> bool {
        placeholders(&self.0.fit).iter().any(|name| name == "start")
    }

    fn seeds_per_cell(&self) -> u64 {
        1
    }

    fn fingerprint(&self) -> Option<String> {
        let mut hash = Sha256::new();
        for word in [&self.0.command, &self.0.fit, &self.0.sample].into_iter().flatten() {
            let path = self.0.path(word);
            if path.is_file()
                && let Ok(bytes) = fs::read(&path)
            {
                hash.update((bytes.len() as u64).to_le_bytes());
                hash.update(&bytes);
            }
        }
        Some(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
    }
}

impl Program {
    /// The folder of a model to start from.
    fn start(&self, other: &dyn Model) -> Result<String, Refusal> {
        let takes = placeholders(&self.0.fit).iter().any(|name| name == "start");
        match (other as &dyn std::any::Any).downcast_ref::<CommandModel>() {
            Some(model) if takes => Ok(model.folder().display().to_string()),
            _ => Err(Refusal::new("a warm start of an outside program takes `fit` with `{start}`")),
        }
    }
}
