//! An experiment made ready to run: its settings as lineages, and what the store knows of them.

use super::Work;
use super::plan::Todo;
use crate::data::OwnFile;
use crate::lineage::{Assembled, Context, Lineage, LineageError, Measured, Outcome, Record, Why, assemble};
use crate::models::Refusal;
use crate::spec::{self, Experiment, Node, Setting, Value};
use crate::store::{Seen, SettingInfo};

/// An experiment with a lineage for each of its settings.
pub struct Prepared {
    /// The experiment.
    pub experiment: Experiment,
    /// Its settings, in sweep order.
    pub settings: Vec<Assembled>,
    infos: Vec<SettingInfo>,
}

/// Swept keys that have a column of their own.
const COLUMNS: [&str; 7] =
    ["data", "data.source", "model", "model.family", "loop.regime", "loop.human_fraction", "loop.samples"];

/// What a generator knows stands beside every number of a downstream task.
const KNOWLEDGE: &str = "task.knowledge";

impl Prepared {
    /// What was decided of the user's file, where the rows come from one.
    pub fn own_file(&self) -> Option<&OwnFile> {
        let lineage = self.settings.iter().find_map(|assembled| assembled.lineage.as_ref().ok())?;
        lineage.source.file.as_deref()
    }

    /// Assembles every setting; errors as [`assemble`] does.
    pub fn new(experiment: Experiment, context: &Context) -> Result<Self, spec::Error> {
        let settings = assemble(&experiment, context)?;
        let infos = settings.iter().map(info).collect();
        Ok(Self { experiment, settings, infos })
    }

    /// How many observations so many seeds make: metrics by their number, groups of values as one.
    pub fn observations(&self, seeds: u64) -> f64 {
        let of = |lineage: &Lineage| {
            let generations = lineage.measuring.at.iter().filter(|at| **at).count();
            generations as f64 * lineage.families.len() as f64 * (lineage.measuring.metrics.len() + 1) as f64
        };
        seeds as f64 * self.settings.iter().filter_map(|s| s.lineage.as_ref().ok()).map(of).sum::<f64>()
    }

    /// Bytes that a lineage of each setting takes at its largest, about, and the setting's name.
    pub fn lineage_bytes(&self) -> Vec<(f64, &str)> {
        let all = self.settings.iter().zip(&self.infos);
        all.filter_map(|(assembled, info)| {
            Some((assembled.lineage.as_ref().ok()?.bytes(&assembled.setting.model), info.label.as_str()))
        })
        .collect()
    }

    /// The run's name: 8 hexadecimal digits.
    pub fn run_name(&self) -> String {
        let digests: Vec<String> = self.settings.iter().map(|s| s.digest.clone()).collect();
        spec::run_digest(&digests, &self.experiment.measure)
    }
}

impl Work for Prepared {
    fn settings(&self) -> &[SettingInfo] {
        &self.infos
    }

    fn run(&self, setting: usize, seed: u64, record: &mut dyn Record) -> Result<Outcome, LineageError> {
        match &self.settings[setting].lineage {
            Ok(lineage) => lineage.run(seed, record),
            Err(reason) => Err(LineageError {
                seed,
                generation: 0,
                stage: "start",
                why: Why::Refused(Refusal::new(reason.clone())),
            }),
        }
    }

    fn first_fit(&self, setting: usize) -> Option<&str> {
        self.settings[setting].lineage.as_ref().ok()?.first_fit.first()?.as_deref()
    }

    fn expect(&self, todo: &[Todo]) {
        let lineage = |todo: &Todo| self.settings[todo.setting].lineage.as_ref().ok();
        let Some(first) = todo.iter().find_map(lineage) else { return };
        first.first_fits.expect(todo.iter().flat_map(|todo| {
            let keys = lineage(todo).into_iter().flat_map(Lineage::shared_fits);
            keys.flat_map(|key| todo.seeds.iter().map(|seed| (key.clone(), *seed)))
        }));
    }

    fn cost(&self, setting: usize, generations: u64) -> f64 {
        self.settings[setting].lineage.as_ref().map_or(0.0, |lineage| lineage.cost(generations as u32))
    }
}

fn info(assembled: &Assembled) -> SettingInfo {
    let setting = &assembled.setting;
    let spec = &setting.loop_;
    let selector = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).unwrap_or("?").to_owned();
    let data = match &assembled.lineage {
        Ok(lineage) => lineage.source.name.clone(),
        Err(_) => selector(&setting.data, "source"),
    };
    SettingInfo {
        digest: assembled.digest.clone(),
        measure_digest: assembled.measure_digest.clone(),
        data,
        model: selector(&setting.model, "family"),
        regime: spec.regime.clone(),
        human_fraction: spec.human_fraction.as_ref().and_then(spec::Schedule::as_constant),
        samples: spec.samples.as_ref().and_then(spec::Schedule::as_constant),
        swept: swept(setting),
        seeds_per_cell: assembled.seeds_per_cell,
        generations: u64::from(spec.generations),
        skipped: assembled.lineage.as_ref().err().cloned(),
        label: name(setting),
        point: setting.point.iter().map(|(key, node)| (key.clone(), spec::json(node))).collect(),
        conditions: assembled.lineage.as_ref().ok().map(Lineage::conditions),
        tokens: assembled.tokens.clone(),
        seen: assembled.lineage.as_ref().map(seen).unwrap_or_default(),
        resampled: false,
    }
}

/// What the metrics of a lineage see of rows.
fn seen(lineage: &Lineage) -> Seen {
    let (measuring, truth) = (&lineage.measuring, lineage.source.truth());
    let reads = |m: &&Measured| m.sample || m.metric.needs().held_out.applies(false, truth);
    let by = measuring.metrics.iter().filter(reads).map(|m| m.name.clone()).collect();
    Seen { rows: measuring.size, by }
}

/// The swept values in words; the data, the model and the regime where nothing is swept.
fn name(setting: &Setting) -> String {
    let word = |node: &Node| spec::in_words(node);
    if setting.point.is_empty() {
        let selectors = [setting.data.get("source"), setting.model.get("family")];
        let mut words: Vec<String> = selectors.into_iter().flatten().map(word).collect();
        words.push(setting.loop_.regime.clone());
        return words.join(" ");
    }
    // The control of a mix differs in what it is, and is fitted once.
    let alone = |(key, node): &(String, Node)| {
        key == "loop.human_alone" && matches!(node.value, Value::Boolean(true))
    };
    let is_control = setting.point.iter().any(alone);
    let told = |(key, _): &&(String, Node)| !(is_control && key == "loop.generations");
    let part = |(key, node): &(String, Node)| match (key.as_str(), &node.value) {
        ("loop.human_alone", Value::Boolean(true)) => "human rows alone".to_owned(),
        // A name says what it is; a number does not.
        (_, Value::String(text)) => text.clone(),
        (key, _) => format!("{} {}", spec::plain_key(key), word(node)),
    };
    setting.point.iter().filter(told).map(part).collect::<Vec<_>>().join(", ")
}

/// Columns beside the fixed ones: the generator's knowledge where there is a task, and the swept keys
/// without a column of their own, with their values as written in a spec.
fn swept(setting: &Setting) -> Vec<(String, String)> {
    let own_column = |key: &str, node: &Node| {
        COLUMNS.contains(&key)
            && !matches!((key, &node.value), ("loop.samples" | "loop.human_fraction", Value::Table(_)))
    };
    let swept = setting.point.iter().filter(|(key, node)| !own_column(key, node));
    let known = setting.task.as_ref().and_then(|task| task.get("knowledge"));
    let known = known.filter(|_| !setting.point.iter().any(|(key, _)| key == KNOWLEDGE));
    let known = known.map(|node| (KNOWLEDGE.to_owned(), spec::in_words(node)));
    known.into_iter().chain(swept.map(|(key, node)| (key.clone(), spec::in_words(node)))).collect()
}
