//! The front door: an experiment built in code, run by the one function that runs experiments, and what it found.
//!
//! A builder makes the tree of a spec and nothing else, so that every experiment has a spec file
//! ([`Experiment::to_toml`]); the command line and a spec file are other ways to the same.

mod curve;
pub(crate) mod engine;
mod error;
pub(crate) mod examine;
pub mod limits;
mod named;
mod numbers;
mod part;
mod summary;
mod values;

pub use curve::Curve;
pub use engine::{Answer, Done, Job, Options};
pub use error::ExperimentError;
pub use named::{Gaussian, Parameters};
pub use numbers::{number_family, sample_metric};
pub use part::Part;
pub use summary::Summary;
pub use values::{Comparison, Run, Value};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::components::Components;
use crate::lineage::Context;
use crate::publish::{Answered, Asked, file_name};
use crate::registry::DeviceName;
use crate::run::{Interrupt, Progress, Silent};
use crate::spec::{self, Key, Node};

/// An experiment: human rows, a family, the loop, what is measured, and what is swept.
///
/// Every method sets keys of a spec; [`Experiment::set`] sets any of them. What is wrong is told by
/// [`run`](Experiment::run), with its place in [`to_toml`](Experiment::to_toml).
#[derive(Clone)]
pub struct Experiment {
    name: String,
    tree: Node,
    fractions: Vec<f64>,
    components: Components,
    salt: u64,
    device: DeviceName,
    jobs: Option<usize>,
    cell_timeout: Option<Duration>,
    isolation: Option<PathBuf>,
    disk: Option<f64>,
    memory: Option<f64>,
    interrupt: Interrupt,
    progress: Arc<dyn Progress + Send>,
    wrong: Option<spec::Error>,
}

/// The tables of a spec in the order in which they are written.
const ORDER: [&str; 13] = [
    "about",
    "data",
    "model",
    "member",
    "loop",
    "generator",
    "sampling",
    "curation",
    "task",
    "measure",
    "sweep",
    "figure",
    "claim",
];

impl Experiment {
    /// An empty experiment with a title.
    pub fn new(title: impl Into<String>) -> Self {
        let title = title.into();
        let name = Some(file_name(&title)).filter(|name| !name.is_empty());
        Self::of(Node::default(), name.unwrap_or_else(|| "experiment".into())).set("about.title", title)
    }

    /// The experiment of a spec's text. `name` stands in errors and rows.
    ///
    /// # Errors
    /// A text that is no TOML.
    pub fn from_toml(text: &str, name: &str) -> Result<Self, ExperimentError> {
        Ok(Self::of(Node::from_toml(text, name)?, name.to_owned()))
    }

    fn of(tree: Node, name: String) -> Self {
        Self {
            name,
            tree,
            fractions: Vec::new(),
            components: Components::standard(),
            salt: 0,
            device: DeviceName::default(),
            jobs: None,
            cell_timeout: None,
            isolation: None,
            disk: None,
            memory: None,
            interrupt: Interrupt::new(),
            progress: Arc::new(Silent),
            wrong: None,
        }
    }

    /// Where human rows come from: `[data]`.
    #[must_use]
    pub fn source(self, source: impl Into<Part>) -> Self {
        self.set("data", source.into().table("source").block())
    }

    /// Human rows from a file of yours; how it is read is decided from its ending, or set with
    /// `set("data.label", …)` and its like.
    #[must_use]
    pub fn file(self, path: impl AsRef<Path>) -> Self {
        self.source(Part::new("file").with("path", path.as_ref().to_string_lossy().into_owned()))
    }

    /// What is fitted: `[model]`.
    #[must_use]
    pub fn family(self, family: impl Into<Part>) -> Self {
        self.set("model", family.into().table("family").block())
    }

    /// Refits after generation 0.
    #[must_use]
    pub fn generations(self, generations: u32) -> Self {
        self.set("loop.generations", generations)
    }

    /// Rows of a training set.
    #[must_use]
    pub fn samples(self, rows: usize) -> Self {
        self.set("loop.samples", rows)
    }

    /// What a training set is made of: `loop.regime`.
    #[must_use]
    pub fn regime(self, regime: impl Into<String>) -> Self {
        self.set("loop.regime", regime.into())
    }

    /// The human share of training sets, where the regime lets you choose.
    #[must_use]
    pub fn human_fraction(self, share: f64) -> Self {
        self.set("loop.human_fraction", share)
    }

    /// Compares these human shares of the training sets, each with a control: the same human rows and nothing else. With
    /// 0 and 1 among them, [`Run::comparison`] has an answer.
    #[must_use]
    pub fn human_fractions(mut self, shares: impl IntoIterator<Item = f64>) -> Self {
        self.fractions = shares.into_iter().collect();
        let first = self.fractions.first().copied().unwrap_or(0.0);
        self.human_fraction(first)
    }

    /// The temperature at which models are sampled.
    #[must_use]
    pub fn temperature(self, temperature: f64) -> Self {
        self.set("sampling.temperature", temperature)
    }

    /// Another curation step, after those before it: `[[curation]]`.
    #[must_use]
    pub fn curation(mut self, step: impl Into<Part>) -> Self {
        let known = self.tree.get("curation").and_then(Node::as_array).unwrap_or_default();
        let mut steps = known.to_vec();
        steps.push(step.into().table("step").block());
        self.insert("curation", steps.into());
        self
    }

    /// A downstream task that is trained on every training set: `[task]`.
    #[must_use]
    pub fn task(self, task: impl Into<Part>) -> Self {
        self.set("task", task.into().table("kind").block())
    }

    /// What is measured.
    #[must_use]
    pub fn metrics<M: Into<Part>>(self, metrics: impl IntoIterator<Item = M>) -> Self {
        let list: Vec<Node> = metrics.into_iter().map(|metric| metric.into().in_list()).collect();
        self.set("measure.metrics", list)
    }

    /// Rows that metrics see.
    #[must_use]
    pub fn measure_size(self, rows: usize) -> Self {
        self.set("measure.size", rows)
    }

    /// Runs every value of a key, with every value of the other swept keys.
    #[must_use]
    pub fn sweep<V: Into<Node>>(self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<Node> = values.into_iter().map(Into::into).collect();
        self.swept(key, values.into())
    }

    /// One more setting beside the others: these keys with these values.
    #[must_use]
    pub fn point(self, keys: impl IntoIterator<Item = (&'static str, Node)>) -> Self {
        let mut points = self.points();
        points.push(Node::entries(keys).block());
        self.swept("point", points.into())
    }

    /// Seeds 0 to `count` − 1.
    #[must_use]
    pub fn seeds(self, count: u64) -> Self {
        self.swept("seeds", count.into())
    }

    /// Sets any key of a spec, as in `set("loop.start", "warm")`.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Node>) -> Self {
        let value = value.into();
        if key.contains('.') {
            let at = value.at.clone();
            if let Err(error) = self.tree.set(key, &at, value) {
                self.wrong.get_or_insert(error);
            }
        } else {
            self.insert(key, value);
        }
        self
    }

    /// What the names of this experiment stand for: the library's components, if nothing is said, or your own beside them.
    #[must_use]
    pub fn components(mut self, components: Components) -> Self {
        self.components = components;
        self
    }

    /// Re-randomises the whole experiment.
    #[must_use]
    pub fn salt(mut self, salt: u64) -> Self {
        self.salt = salt;
        self
    }

    /// The device that neural networks are trained on.
    #[must_use]
    pub fn device(mut self, device: DeviceName) -> Self {
        self.device = device;
        self
    }

    /// Cells at the same time; as many as there are processors, if nothing is said. The rows do not depend on it.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = Some(jobs);
        self
    }

    /// Stops a cell's lineages after this time; they count as failed.
    #[must_use]
    pub fn cell_timeout(mut self, limit: Duration) -> Self {
        self.cell_timeout = Some(limit);
        self
    }

    /// Runs every cell as a process of its own, so that one that hangs or takes all memory fails alone. `program` is an
    /// executable whose `main` is [`cli::main`](crate::cli::main) with the same components.
    #[must_use]
    pub fn isolated_by(mut self, program: impl Into<PathBuf>) -> Self {
        self.isolation = Some(program.into());
        self
    }

    /// The gigabytes that observations may take; 10 if nothing is said.
    #[must_use]
    pub fn disk(mut self, gigabytes: f64) -> Self {
        self.disk = Some(gigabytes);
        self
    }

    /// The gigabytes of memory that the run may take, by its estimate; what the machine has if nothing is said.
    #[must_use]
    pub fn memory(mut self, gigabytes: f64) -> Self {
        self.memory = Some(gigabytes);
        self
    }

    /// A token that stops the run: what is finished is kept.
    #[must_use]
    pub fn interrupt(mut self, interrupt: &Interrupt) -> Self {
        self.interrupt = interrupt.clone();
        self
    }

    /// Where progress is reported; nowhere by default. [`on_stderr`](crate::run::progress::on_stderr) shows a bar.
    #[must_use]
    pub fn progress(mut self, progress: impl Progress + Send + 'static) -> Self {
        self.progress = Arc::new(progress);
        self
    }

    /// The spec: what `collapse run` would read.
    pub fn to_toml(&self) -> String {
        let mut root = Node::default();
        let tree = self.with_fractions();
        if let (Some(from), Some(to)) = (tree.as_table(), root.as_table_mut()) {
            let place = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
            let mut entries: Vec<_> = from.iter().collect();
            entries.sort_by_key(|(key, _)| place(&key.name));
            entries.into_iter().for_each(|(key, node)| to.insert(key.clone(), node.clone()));
        }
        root.to_toml()
    }

    /// The experiment, checked as far as no component is needed.
    ///
    /// # Errors
    /// What is wrong with the spec, with its place in [`Experiment::to_toml`].
    pub fn spec(&self) -> Result<spec::Experiment, ExperimentError> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone().into());
        }
        Ok(spec::Experiment::from_toml(&self.to_toml(), &self.name)?)
    }

    /// Runs it and keeps nothing but what is returned.
    ///
    /// # Errors
    /// What is wrong with the spec, and those of the machine. Lineages that fail are told by [`Run::failures`].
    pub fn run(self) -> Result<Run, ExperimentError> {
        let failed = |why| ExperimentError::File { what: "a place for the rows".into(), why };
        let place = tempfile::tempdir().map_err(failed)?;
        let done = self.done(place.path(), false)?;
        Ok(Run::of(done, Some(place)))
    }

    /// Runs what is missing in a folder, and writes tables, figures, the page and the notebook there. The same call goes
    /// on from what is there, so that a run can be interrupted, or be given more seeds.
    ///
    /// # Errors
    /// As [`Experiment::run`], and a folder that holds another experiment.
    pub fn run_in(self, folder: impl AsRef<Path>) -> Result<Run, ExperimentError> {
        let done = self.done(folder.as_ref(), true)?;
        Ok(Run::of(done, None))
    }

    fn done(self, out: &Path, figures: bool) -> Result<Done, ExperimentError> {
        let experiment = self.spec()?;
        let components = Arc::new(self.components.checked()?);
        let memory = self.memory.map(|gigabytes| gigabytes * 1e9);
        let context =
            Context { salt: self.salt, device: self.device, components: components.clone(), memory };
        let prepared = engine::prepare(experiment.clone(), &context)?;
        let seeds = experiment.sweep.seeds.clone();
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = self.jobs.unwrap_or_else(cores);
        limits::Limits { disk: self.disk, memory: self.memory }.refuse_large(&prepared, seeds.len(), jobs)?;
        let job =
            Job { experiment: &experiment, work: &prepared, components: &components, seeds: &seeds, out };
        let isolated =
            self.isolation.map(|program| engine::isolated(program, &job, &context, self.cell_timeout));
        let isolated = isolated.transpose()?;
        let options = Options {
            jobs,
            isolation: isolated.as_ref().map(|i| i.isolation.clone()),
            cell_timeout: self.cell_timeout,
            interrupt: &self.interrupt,
            progress: self.progress.as_ref(),
            budget: 1,
            figures,
            answer: &|publication| Answered::plainly(publication, &Asked::of(publication)),
            device: Some(self.device),
            data: prepared.own_file().and_then(|own| serde_json::to_value(&own.card).ok()),
            decisions: Vec::new(),
        };
        engine::run(&job, &options)
    }

    fn insert(&mut self, key: &str, value: Node) {
        let key = Key { name: key.to_owned(), at: value.at.clone() };
        if let Some(root) = self.tree.as_table_mut() {
            root.insert(key, value);
        }
    }

    /// Puts a key into `[sweep]`, whose keys hold dots.
    fn swept(mut self, key: &str, value: Node) -> Self {
        if self.tree.get("sweep").is_none() {
            self.insert("sweep", Node::default());
        }
        let key = Key { name: key.to_owned(), at: value.at.clone() };
        let sweep = self.tree.as_table_mut().and_then(|root| root.get_mut("sweep"));
        if let Some(sweep) = sweep.and_then(Node::as_table_mut) {
            sweep.insert(key, value);
        }
        self
    }

    fn points(&self) -> Vec<Node> {
        self.tree.get("sweep.point").and_then(Node::as_array).unwrap_or_default().to_vec()
    }

    /// The tree with a point for each human share, and one for its human rows alone. The control does not change from one
    /// generation to the next, so that it is fitted once after D(0), unless a refit goes on from the last model.
    fn with_fractions(&self) -> Node {
        let once = self.tree.get("loop.start").is_none();
        let mut points = self.points();
        for share in &self.fractions {
            let mix = ("loop.human_fraction", Node::from(*share));
            points.push(Node::entries([mix.clone()]).block());
            if *share > 0.0 && *share < 1.0 {
                let mut keys = vec![mix, ("loop.human_alone", true.into())];
                keys.extend(once.then(|| ("loop.generations", 1_u32.into())));
                points.push(Node::entries(keys).block());
            }
        }
        match points.is_empty() {
            true => self.tree.clone(),
            false => self.clone().swept("point", points.into()).tree,
        }
    }
}
