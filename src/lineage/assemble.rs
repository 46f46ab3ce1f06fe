//! From a setting of a spec to a lineage that can be run.

mod base;
mod checks;
mod downstream;
mod first_fit;
mod generator;
mod measuring;
mod parts;
mod same;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Lineage, Measured, Step, Synthesiser, Teacher, size};
use crate::components::Components;
use crate::metrics::{Space, Subject};
use crate::models::{Family, StatisticsPath};
use crate::neural;
use crate::regimes;
use crate::registry::{BuildContext, DeviceName};
use crate::spec::{
    self, CurationKeys, DataKeys, Error, Experiment, Held, Hold, Inflow, Layer, Node, PathChoice, Prompts,
    Schedule, Setting, StartFrom, Synthesis, TaskKeys,
};
use measuring::{measuring, metric};
use parts::{Sources, component, family, sampling, who};

/// What a spec is assembled with.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Re-randomises the whole experiment.
    pub salt: u64,
    /// The device that neural networks are trained on.
    pub device: DeviceName,
    /// What the spec's names stand for.
    pub components: Arc<Components>,
    /// Bytes that making settings ready may take; a gigabyte unless told otherwise.
    pub memory: Option<f64>,
}

impl Context {
    fn build(&self) -> BuildContext {
        BuildContext::on(self.device)
    }
}

/// A setting made ready.
pub struct Assembled {
    /// The setting as the spec gives it.
    pub setting: Held,
    /// The lineage, or why the combination is skipped.
    pub lineage: Result<Lineage, String>,
    /// The hash of everything that a lineage depends on.
    pub digest: String,
    /// The hash of what is measured.
    pub measure_digest: String,
    /// What that hash is of, beside the spec.
    pub tokens: Arc<BTreeMap<String, String>>,
    /// Seeds in one cell.
    pub seeds_per_cell: u64,
    /// Metrics that do not apply to this setting, with the reason; a capped sample size; a setting that does the same.
    pub notes: Vec<String>,
}

/// Every setting of an experiment, made ready. Combinations that contradict themselves are skipped
/// with the reason where a sweep made them; a spec without any runnable setting is an error.
pub fn assemble(experiment: &Experiment, context: &Context) -> Result<Vec<Assembled>, Error> {
    let settings = experiment.settings()?;
    size::refuse_large(&settings, context.memory.unwrap_or(size::READY))?;
    let mut sources = Sources::new(context);
    let mut assembled = Vec::with_capacity(settings.len());
    let (mut first_refusal, mut problems) = (None, Vec::new());
    let sweeps = settings.len() > 1;
    for setting in Held::each(&settings) {
        match one(experiment, &setting, context, &mut sources) {
            Ok(mut ready) => {
                // Neighbours in a sweep mostly have the same.
                if let Some(last) = assembled.last().filter(|last: &&Assembled| last.tokens == ready.tokens) {
                    ready.tokens = last.tokens.clone();
                }
                assembled.push(ready);
            }
            Err(error) if sweeps && error.kind() == spec::Kind::Refused => {
                assembled.push(Assembled {
                    digest: spec::setting_digest(&setting, &[]),
                    measure_digest: String::new(),
                    tokens: Arc::default(),
                    lineage: Err(error.to_string()),
                    setting,
                    seeds_per_cell: 1,
                    notes: Vec::new(),
                });
                first_refusal.get_or_insert(error);
            }
            Err(error) => problems.push(error),
        }
    }
    if let Some(error) = Error::all(problems) {
        return Err(error);
    }
    match first_refusal {
        Some(error) if assembled.iter().all(|a| a.lineage.is_err()) => Err(error),
        _ => {
            same::note_twins(&mut assembled);
            first_fit::join(&mut assembled);
            Ok(assembled)
        }
    }
}

/// Adds to `problems` what is wrong with the components of these settings, each by itself; what contradicts each other is
/// told by [`assemble`]. A combination of a sweep that a component refuses is skipped, and no mistake.
pub fn examine(experiment: &Experiment, settings: &[Setting], context: &Context, problems: &mut Vec<Error>) {
    let known = &context.components;
    let mut sources = Sources::new(context);
    let mut seen = BTreeSet::new();
    let mut new = |table: &str, node: &Node| {
        node.at.layer != Layer::Default && seen.insert(format!("{table} {}", spec::canonical(node)))
    };
    for setting in settings {
        let mut found = Vec::new();
        if new("data", &setting.data) {
            // Which of a sweep's sources a key is not one of, the key does not say.
            let about =
                |e: Error| match setting.data.get("source").filter(|s| s.at.layer == Layer::SweepPoint) {
                    Some(source) => e.of_setting(&format!("data {}", spec::in_words(source))),
                    None => e,
                };
            found.extend(sources.get(&setting.data).err().map(about));
            found.extend(setting.data.part::<DataKeys>().err().map(about));
        }
        for node in std::iter::once(&setting.model).chain(&setting.members) {
            if new("model", node) {
                let read = family(node, setting, setting.loop_.start, context).err();
                // Which of a sweep's families a key is not one of, the key does not say.
                let about = |e: Error| match node.get("family").filter(|f| f.at.layer == Layer::SweepPoint) {
                    Some(family) => e.of_setting(&format!("family {}", spec::in_words(family))),
                    None => e,
                };
                found.extend(read.map(about));
            }
        }
        for node in setting.curation.iter().filter(|node| new("curation", node)) {
            found.extend(component(&known.curations, node, "step", "curation", context).err());
            found.extend(node.part::<CurationKeys>().err());
        }
        if let Some(node) = setting.task.as_ref().filter(|node| new("task", node)) {
            found.extend(component(&known.tasks, node, "kind", "task", context).err());
            found.extend(node.part::<TaskKeys>().err());
        }
        if let Some(node) = setting.generator.as_ref().filter(|node| new("generator", node)) {
            found.extend(generator::examine(node, setting, &mut sources));
        }
        if let Some(node) = setting.base.as_ref().filter(|node| new("base", node)) {
            found.extend(base::examine(node, setting, &mut sources));
        }
        if !setting.loop_.regime.is_empty() && new("loop", &setting.loop_.node) {
            let mut readable = setting.loop_.clone();
            if readable.hold != Some(Hold::Human) {
                readable.samples.get_or_insert_with(|| Schedule::constant(1.0));
            }
            found.extend(regimes::resolve(&readable, &known.regimes).err());
        }
        problems.extend(found.into_iter().filter(|e| settings.len() == 1 || e.kind() != spec::Kind::Refused));
    }
    for asked in &experiment.measure.metrics {
        problems.extend(metric(asked, context).err());
    }
    if let (Some(node), Some(setting)) = (&experiment.measure.baseline, settings.first()) {
        problems.extend(family(node, setting, StartFrom::Scratch, context).err());
    }
}

fn one(
    experiment: &Experiment,
    setting: &Held,
    context: &Context,
    sources: &mut Sources<'_>,
) -> Result<Assembled, Error> {
    let spec = &setting.loop_;
    let source = sources.get(&setting.data)?;
    let (regime, budget) = regimes::resolve(spec, &context.components.regimes)?;
    let sampling = sampling(setting);
    let models: Vec<&Node> = match setting.members.as_slice() {
        [] => vec![&setting.model; spec.population],
        members => members.iter().collect(),
    };
    let mut families: Vec<Arc<dyn Family>> = Vec::with_capacity(models.len());
    let mut versions = vec![("source", source.digest.clone())];
    let mut components = Vec::new();
    let mut seeds_per_cell = u64::MAX;
    for node in &models {
        let (entry, family) = family(node, setting, spec.start, context)?;
        family.accepts(source.schema()).map_err(|why| {
            Error::refused(node.at_of("family"), why.to_string(), "choose another family or source")
        })?;
        components.push(entry.about.key());
        components.extend(family.fingerprint());
        seeds_per_cell = seeds_per_cell.min(family.seeds_per_cell());
        families.push(Arc::from(family));
    }
    let plan = budget
        .plan(&regime)
        .map_err(|e| Error::refused(spec.at("samples"), e.to_string(), "see the schedule"))?;
    checks::supply(setting, &source, &regime, &budget)?;
    checks::rows(setting, &source, &families, &budget)?;

    let mut curation: Vec<Step> = Vec::with_capacity(setting.curation.len());
    for node in &setting.curation {
        let (entry, step) = component(&context.components.curations, node, "step", "curation", context)?;
        let keys: CurationKeys = node.part()?;
        step.accepts(source.schema(), source.truth()).map_err(|why| {
            let help = "choose another step or source; `collapse describe` says what a step needs";
            Error::refused(node.at_of("step"), why.to_string(), help)
        })?;
        components.push(entry.about.key());
        curation.push(Step { on: keys.on, who: who(node, keys, families.len())?, what: step });
    }
    let teacher = generator::teacher(setting, sources, &source, &mut versions)?;
    let DataKeys { contamination, .. } = setting.data.part()?;

    let mut notes = Vec::new();
    let base = base::base(setting, sources, (&source, budget.initial), context, &mut versions, &mut notes)?;
    let makes = |p: &dyn StatisticsPath| match spec.synthesis {
        Synthesis::Sample => p.draws(),
        Synthesis::Label => p.labels(),
        Synthesis::Continue | Synthesis::Edit => false,
    };
    let exact = families.iter().all(|f| {
        f.statistics().is_some_and(|p| p.supports(&sampling) && (!regime.thins() || p.thins()) && makes(p))
    });
    let mut measuring = measuring(experiment, setting, &source, exact, context, &mut notes)?;
    if experiment.measure.space == spec::Coordinates::Classifier {
        let space = sources.classifier(&source).map_err(|why| {
            let at = experiment.template.at_of("measure.space");
            Error::refused(at, why.to_string(), "choose a source of numbers or images with a label")
        })?;
        measuring.space = Some(space);
    }
    if let Some(node) = &setting.task {
        measuring.task =
            Some(downstream::examination(node, setting, &source, context, &mut components, &mut notes)?);
        seeds_per_cell = 1;
    }
    if let Some(node) = &experiment.measure.baseline {
        let (entry, family) = family(node, setting, StartFrom::Scratch, context)?;
        family.accepts(source.schema()).map_err(|why| {
            Error::refused(node.at_of("family"), why.to_string(), "choose another family to compare with")
        })?;
        components.push(format!("baseline {}", entry.about.key()));
        components.extend(family.fingerprint());
        measuring.baseline = Some(family);
    }
    let regime_of = context.components.regimes.get(&spec.regime);
    components.extend(regime_of.filter(|r| r.about.is_own()).map(|r| r.about.key()));
    let plain = curation.is_empty()
        && matches!(teacher, Teacher::Own)
        && contamination == 0.0
        && measuring.task.is_none()
        && measuring.baseline.is_none()
        && measuring.subject == Subject::Model
        && !measuring.metrics.iter().any(|m| m.sample || m.metric.needs().training);
    let statistics = match spec.path {
        PathChoice::Rows => false,
        PathChoice::Auto => exact && plain,
        PathChoice::Statistics if exact && plain => true,
        PathChoice::Statistics => {
            return Err(Error::refused(
                spec.at("path"),
                "this setting can't run on sufficient statistics alone",
                "the statistics path takes a family with one, no curation, generator, task or contamination, a sampling transform and a draw that it does exactly, and metrics of the model's parameters only; use path = \"auto\"",
            ));
        }
    };
    versions.push(("components", components.join(", ")));
    versions.push(("path", if statistics { "statistics" } else { "rows" }.into()));
    // Fresh human statistics and fresh inputs have had other random numbers.
    let fresh =
        if statistics { regime.inflow == Inflow::Fresh } else { spec.prompts == Some(Prompts::Fresh) };
    if fresh {
        versions.push(("fresh rows", "2".into()));
    }
    versions.push(("salt", context.salt.to_string()));
    if seeds_per_cell == 1 {
        versions.push(("device", context.device.to_string()));
        versions.push(("kernels", neural::device::kernel_class().into()));
    }
    let known = |m: &Measured| context.components.metrics.get(&m.name).map(|c| &c.about);
    let mut measure_versions: Vec<(&str, String)> = measuring
        .metrics
        .iter()
        .filter_map(known)
        .map(|about| {
            (about.name.as_ref(), if about.is_own() { about.key() } else { about.version.to_string() })
        })
        .collect();
    measure_versions.extend(measuring.space.iter().map(|_| ("space", Space::VERSION.to_string())));
    let digest = spec::setting_digest(setting, &versions);
    let first_fit = match statistics || contamination > 0.0 {
        true => Vec::new(),
        false => first_fit::keys(&models, &source, budget.initial, context, base.as_ref()),
    };
    let measure_digest = spec::measure_digest(&experiment.measure, &measure_versions);
    let lineage = Lineage {
        source,
        families,
        plan,
        budget,
        regime,
        synthesiser: Synthesiser {
            synthesis: spec.synthesis,
            prompts: spec.prompts.unwrap_or(Prompts::Initial),
            edit_above: spec.edit_above.unwrap_or(1.0),
            sampling,
            sharing: spec.sharing,
            teacher,
        },
        curation,
        start: spec.start,
        base,
        contamination,
        statistics,
        measuring,
        salt: context.salt,
        first_fit,
        first_fits: Arc::default(),
    };
    checks::start(setting, &lineage)?;
    Ok(Assembled {
        setting: setting.clone(),
        lineage: Ok(lineage),
        digest,
        measure_digest,
        tokens: Arc::new(versions.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        seeds_per_cell,
        notes,
    })
}
