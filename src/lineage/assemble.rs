//! From a setting of a spec to a lineage that can be run.

mod base;
mod checks;
mod downstream;
mod first_fit;
mod generator;
mod same;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Lineage, Measured, Measuring, Step, Synthesiser, Teacher};
use crate::components::Components;
use crate::curation::Who;
use crate::data::{Source, Supply};
use crate::metrics::{BoxedMetric, Space, Subject};
use crate::models::{self, BoxedFamily, Family, Moved, Neon, Sampling, StatisticsPath};
use crate::neural;
use crate::regimes;
use crate::registry::{BuildContext, Component, DeviceName, Known};
use crate::spec::{
    self, CurationKeys, DataKeys, Error, Experiment, GeneratorKeys, Hold, Inflow, Layer, MeasureSpec,
    MetricSpec, Node, PathChoice, Prompts, Schedule, Setting, StartFrom, Synthesis, TaskKeys,
};

/// What a spec is assembled with.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Re-randomises the whole experiment.
    pub salt: u64,
    /// The device that neural networks are trained on.
    pub device: DeviceName,
    /// What the spec's names stand for.
    pub components: Arc<Components>,
}

impl Context {
    fn build(&self) -> BuildContext {
        BuildContext::on(self.device)
    }
}

/// A setting made ready.
pub struct Assembled {
    /// The setting as the spec gives it.
    pub setting: Setting,
    /// The lineage, or why the combination is skipped.
    pub lineage: Result<Lineage, String>,
    /// The hash of everything that a lineage depends on.
    pub digest: String,
    /// The hash of what is measured.
    pub measure_digest: String,
    /// What that hash is of, beside the spec.
    pub tokens: BTreeMap<String, String>,
    /// Seeds in one cell.
    pub seeds_per_cell: u64,
    /// Metrics that do not apply to this setting, with the reason; a capped sample size; a setting that does the same.
    pub notes: Vec<String>,
}

/// Every setting of an experiment, made ready. Combinations that contradict themselves are skipped
/// with the reason where a sweep made them; a spec without any runnable setting is an error.
pub fn assemble(experiment: &Experiment, context: &Context) -> Result<Vec<Assembled>, Error> {
    let settings = experiment.settings()?;
    let mut sources = Sources::new(context);
    let mut assembled = Vec::with_capacity(settings.len());
    let (mut first_refusal, mut problems) = (None, Vec::new());
    let sweeps = settings.len() > 1;
    for setting in settings {
        match one(experiment, &setting, context, &mut sources) {
            Ok(ready) => assembled.push(ready),
            Err(error) if sweeps && error.kind() == spec::Kind::Refused => {
                assembled.push(Assembled {
                    digest: spec::setting_digest(&setting, &[]),
                    measure_digest: String::new(),
                    tokens: BTreeMap::new(),
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
            found.extend(sources.get(&setting.data).err());
            found.extend(setting.data.part::<DataKeys>().err());
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
            found.extend(node.part::<GeneratorKeys>().err());
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

/// A metric from its name or its table.
fn metric(asked: &MetricSpec, context: &Context) -> Result<BoxedMetric, Error> {
    let entry = context.components.metrics.find(asked.node.get("name").unwrap_or(&asked.node))?;
    let mut own = asked.node.clone();
    if let Some(table) = own.as_table_mut() {
        table.remove("name");
    } else {
        own = Node::table(asked.at.clone());
    }
    entry.build(&own, &context.build())
}

fn one(
    experiment: &Experiment,
    setting: &Setting,
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
        tokens: versions.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        seeds_per_cell,
        notes,
    })
}

/// Reads a component's table: finds the entry that the selector names and lets it read the rest, without the keys of
/// the spec's `table` itself.
fn component<'c, T, E>(
    known: &'c Known<T, E>,
    node: &Node,
    selector: &str,
    table: &str,
    context: &Context,
) -> Result<(&'c Component<T, E>, T), Error> {
    let entry = known.find(node.selector(selector)?)?;
    let mut own = node.clone();
    if let Some(keys) = own.as_table_mut() {
        keys.remove(selector);
        for key in spec::keys_of(table) {
            keys.remove(key.name);
        }
    }
    let component = entry.build(&own, &context.build())?;
    Ok((entry, component))
}

/// Which members of the population do a curation step.
fn who(node: &Node, keys: CurationKeys, population: usize) -> Result<Who, Error> {
    let (key, who) = match (keys.member, keys.members) {
        (None, None) => return Ok(Who::All),
        (Some(_), Some(_)) => {
            let (a, b) = (node.key_at("members"), node.key_at("member"));
            let message = "`members` (the first so many) and `member` (one) name the same".to_owned();
            return Err(Error::conflict(a, b, message, "remove one of them".into()));
        }
        (Some(position), None) => ("member", Who::One(position)),
        (None, Some(count)) => ("members", Who::First(count)),
    };
    if who.least() > population {
        let message = format!("the population has {population} members, counted from 0");
        return Err(Error::refused(node.at_of(key), message, "raise `loop.population`, or name fewer"));
    }
    Ok(who)
}

/// A family from its table, with what `step` and `neon` do after every fit: first the step from `start`, then the
/// extrapolation.
fn family<'c>(
    node: &Node,
    setting: &Setting,
    start: StartFrom,
    context: &'c Context,
) -> Result<(&'c Component<BoxedFamily>, BoxedFamily), Error> {
    let entry = context.components.families.find(node.selector("family")?)?;
    let mut own = node.clone();
    let (mut step, mut neon) = (None, None);
    if let Some(table) = own.as_table_mut() {
        table.remove("family");
        (step, neon) = (table.remove("step"), table.remove("neon"));
    }
    let mut family = entry.build(&own, &context.build())?;
    let refused = |key: &'static str, node: &Node| {
        let (at, name) = (node.at.clone(), entry.about.name.clone());
        move |why: models::Refusal| {
            let message = format!("`{key}` does not go with the family `{name}`: {why}");
            Error::refused(at, message, format!("choose another family, or leave `{key}` out"))
        }
    };
    if let Some(node) = step {
        if start == StartFrom::Scratch {
            let why = "`step` is a part of the way from an earlier model, and these fits start from nothing";
            return Err(Error::refused(
                node.at.clone(),
                why,
                "set loop.start to \"warm\" or \"base\", for [model]",
            ));
        }
        let step: models::Step = node.parse()?;
        family = Box::new(Moved::new(family, step).map_err(refused("step", &node))?);
    }
    if let Some(node) = neon {
        let (sampling, synthesis) = (sampling(setting), setting.loop_.synthesis);
        let neon = Neon { params: node.read(&[])?, sampling, synthesis };
        family = Box::new(Moved::new(family, neon).map_err(refused("neon", &node))?);
    }
    Ok((entry, family))
}

/// Sources are read once, however many settings use them, and so are classifiers of their labels.
struct Sources<'c> {
    known: BTreeMap<String, Arc<Source>>,
    classifiers: BTreeMap<String, Arc<Space>>,
    context: &'c Context,
}

impl<'c> Sources<'c> {
    fn new(context: &'c Context) -> Self {
        Self { known: BTreeMap::new(), classifiers: BTreeMap::new(), context }
    }

    fn get(&mut self, node: &Node) -> Result<Arc<Source>, Error> {
        let mut own = node.clone();
        if let Some(table) = own.as_table_mut() {
            table.remove("contamination");
        }
        let key = spec::canonical(&own);
        if let Some(source) = self.known.get(&key) {
            return Ok(source.clone());
        }
        let (_, source) = component(&self.context.components.sources, &own, "source", "data", self.context)?;
        let source = Arc::new(source);
        self.known.insert(key, source.clone());
        Ok(source)
    }

    /// The features of a network that tells the source's labels apart.
    fn classifier(&mut self, source: &Source) -> Result<Arc<Space>, models::Refusal> {
        if let Some(space) = self.classifiers.get(&source.digest) {
            return Ok(space.clone());
        }
        let space = Arc::new(Space::classifier(source, self.context.device)?);
        self.classifiers.insert(source.digest.clone(), space.clone());
        Ok(space)
    }
}

fn sampling(setting: &Setting) -> Sampling {
    let s = &setting.sampling;
    Sampling {
        temperature: s.temperature,
        top_k: s.top_k,
        top_p: s.top_p,
        beam: s.beam,
        covariance_scale: s.covariance_scale,
        guidance: s.guidance,
    }
}

fn measuring(
    experiment: &Experiment,
    setting: &Setting,
    source: &Source,
    parameters: bool,
    context: &Context,
    notes: &mut Vec<String>,
) -> Result<Measuring, Error> {
    let spec: &MeasureSpec = &experiment.measure;
    // Fitted parameters describe the model only: curated rows and training rows are read.
    let parameters = parameters
        && spec.on == spec::Subject::Model
        // No model states moments of a network's features.
        && spec.space != spec::Coordinates::Classifier;
    let mut metrics = Vec::with_capacity(spec.metrics.len());
    let mut refusal = None;
    for asked in &spec.metrics {
        let metric = metric(asked, context)?;
        if let Err(why) = metric.accepts(source.schema(), source.truth()) {
            notes.push(format!("{} does not apply to {}: {why}", asked.name, source.name));
            refusal.get_or_insert((asked.at.clone(), why));
            continue;
        }
        let sample = metric.needs().sample.applies(parameters, source.truth());
        metrics.push(Measured { name: asked.name.clone(), metric, sample });
    }
    if let (true, Some((at, why))) = (metrics.is_empty(), refusal) {
        return Err(Error::refused(
            at,
            format!("no metric applies to {}: {why}", source.name),
            "see `collapse list metrics`",
        ));
    }
    let size = size(experiment, source, &metrics, notes)?;
    let generations = setting.loop_.generations;
    let mut at = vec![false; generations as usize + 1];
    for g in spec.at.of(generations) {
        at[g as usize] = true;
    }
    let subject = match spec.on {
        spec::Subject::Model => Subject::Model,
        spec::Subject::Synthetic => Subject::Synthetic,
        spec::Subject::Training => Subject::Training,
    };
    notes.extend(unknown_share(source).filter(|_| !metrics.is_empty()));
    let space = match spec.space {
        spec::Coordinates::HumanScale => Space::of(source).map(Arc::new),
        // A network's features are those of all settings with this source.
        spec::Coordinates::Raw | spec::Coordinates::Classifier => None,
    };
    Ok(Measuring { metrics, size, subject, space, at, task: None, baseline: None })
}

/// What share of the held-out tokens a model does not know, where there are any.
fn unknown_share(source: &Source) -> Option<String> {
    let Supply::Finite(splits) = &source.supply else { return None };
    let vocabulary = splits.held_out.schema().vocabulary()?;
    let (_, tokens) = splits.held_out.token_rows()?;
    let known = vocabulary.modelled();
    let unknown = tokens.iter().filter(|&&token| token as usize >= known).count();
    (unknown > 0).then(|| {
        format!(
            "{:.1} % of the held-out tokens are not in the model's vocabulary of {known}: it reads and writes them as \
             `{}`; metrics of texts see the human ones as they are",
            100.0 * unknown as f64 / tokens.len() as f64,
            vocabulary.tokens.get(known - 1).map_or("", String::as_str)
        )
    })
}

/// The fewest rows that metrics see where nobody asked for so few: nearest neighbours have five others, and a
/// spread between samples says something.
const FEWEST: usize = 10;

/// The rows that metrics see: what was asked for, or less where a finite source holds fewer out.
fn size(
    experiment: &Experiment,
    source: &Source,
    metrics: &[Measured],
    notes: &mut Vec<String>,
) -> Result<usize, Error> {
    let asked = experiment.measure.size;
    let Some(held_out) = source.held_out() else { return Ok(asked) };
    let samples = metrics.iter().any(|m| m.sample);
    let references = metrics.iter().any(|m| m.metric.needs().held_out.applies(false, source.truth()));
    // A human sample is compared with a disjoint reference; a metric of parameters alone has the reference only.
    let (most, all, half, sets) = match (samples, references) {
        (false, false) => return Ok(asked),
        (true, _) => (held_out / 2, 2 * FEWEST, "half", "compare two disjoint sets"),
        (false, true) => (held_out, FEWEST, "all", "compare with a set"),
    };
    if asked <= most {
        return Ok(asked);
    }
    let at = experiment.template.at_of("measure.size");
    let why = format!("metrics {sets} of held-out human rows, and {} has {held_out}", source.name);
    if experiment.template.get("measure.size").is_some() {
        return Err(Error::refused(at, why, format!("set measure.size to {most} or less")));
    }
    if most < FEWEST {
        let help = format!(
            "{all} held-out rows are the fewest: give more rows, or raise data.held_out (of a file 0.3 of all rows)"
        );
        return Err(Error::refused(at, format!("{why}: too few for any verdict"), help));
    }
    notes.push(format!("metrics of {} see {most} rows: {half} of its held-out rows", source.name));
    Ok(most)
}
