//! The typed top level of a spec.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::claim::ClaimSpec;
use super::error::Error;
use super::figure::FigureSpec;
use super::hash::canonical;
use super::keys::names_of;
use super::measure::MeasureSpec;
use super::node::{Key, Node, Table, Value};
use super::overlay::Overlays;
use super::setting::Setting;
use super::source::At;
use super::sweep::Sweep;

/// The tables that one setting is made of, in the order in which they are written.
pub(super) const SETTING_TABLES: &[&str] =
    &["data", "model", "base", "loop", "generator", "sampling", "curation", "task", "member", "arm"];
const OTHER_TABLES: &[&str] = &["about", "measure", "sweep", "figure", "claim"];
const LAYERS: &[&str] = &["quick", "profile"];

crate::parameters! {
    /// `[about]`: what the experiment is. Nothing here changes a result.
    #[derive(Debug, Clone, PartialEq, Serialize)]
    pub struct About {
        /// The title of pages and figures
        pub title: Option<String> = None => "the file's name";
        /// The paper's key in experiments/bibliography.toml
        pub paper: Option<String> = None;
        /// The figure or table of the paper that is redone
        pub figure: Option<String> = None;
        /// What should come out, in words
        pub expect: Option<String> = None;
    }
}

/// A whole spec after overlays, checked as far as no component is needed. What it was read from is not changed afterwards:
/// its settings are read once.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The name given at loading, such as the file's path.
    pub name: String,
    /// `[about]`.
    pub about: About,
    /// `[measure]`.
    pub measure: MeasureSpec,
    /// `[sweep]`.
    pub sweep: Sweep,
    /// `[[figure]]`, in order.
    pub figures: Vec<FigureSpec>,
    /// `[[claim]]`, in order.
    pub claims: Vec<ClaimSpec>,
    /// The whole tree after overlays, before any sweep point: the template of every setting.
    pub template: Node,
    /// The settings, once they were read without a mistake.
    expanded: OnceLock<Arc<Vec<Setting>>>,
}

impl Experiment {
    /// Reads a spec without overlays. `name` stands in errors.
    ///
    /// # Errors
    /// See [`Experiment::with_overlays`].
    pub fn from_toml(text: &str, name: &str) -> Result<Self, Error> {
        Self::with_overlays(text, name, &Overlays::default())
    }

    /// Reads a spec file.
    ///
    /// # Errors
    /// If the file can't be read, and as [`Experiment::with_overlays`].
    pub fn from_file(path: &Path, overlays: &Overlays) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let experiment = Self::examine_file(path, overlays, &mut problems)?;
        Error::all(problems).map_or(Ok(experiment), Err)
    }

    /// Reads a spec, lays the overlays on it and checks all of its settings.
    ///
    /// # Errors
    /// On syntax, unknown keys, wrong types and values, and conflicting keys: all of them, each with its place.
    pub fn with_overlays(text: &str, name: &str, overlays: &Overlays) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let experiment = Self::examine(text, name, overlays, &mut problems)?;
        Error::all(problems).map_or(Ok(experiment), Err)
    }

    /// As [`Experiment::from_file`]; what is wrong is added to `problems`, and what can be read is read.
    ///
    /// # Errors
    /// As [`Experiment::examine`], and if the file can't be read.
    pub fn examine_file(path: &Path, overlays: &Overlays, problems: &mut Vec<Error>) -> Result<Self, Error> {
        let name = path.display().to_string();
        let mut text = String::new();
        // What is longer is no spec; `/dev/zero` has no end.
        let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        let read = read.map_err(|e| Error::unreadable(&name, &e))?;
        if read as u64 == LONGEST {
            let why = std::io::Error::other("it is longer than any spec: is it the right file?");
            return Err(Error::unreadable(&name, &why));
        }
        let mut experiment = Self::examine(&text, &name, overlays, problems)?;
        if let Some(stem) = path.file_stem() {
            experiment.name = stem.to_string_lossy().into_owned();
        }
        Ok(experiment)
    }

    /// As [`Experiment::with_overlays`]; what is wrong is added to `problems`, and what can be read is read.
    ///
    /// # Errors
    /// Where nothing can be read: on syntax, and on overlays that do not fit the spec.
    pub fn examine(
        text: &str,
        name: &str,
        overlays: &Overlays,
        problems: &mut Vec<Error>,
    ) -> Result<Self, Error> {
        let template = overlays.apply(Node::from_toml(text, name)?, problems)?;
        Ok(Self::of(template, name, problems))
    }

    fn of(template: Node, name: &str, problems: &mut Vec<Error>) -> Self {
        let empty = Node::table(At::default_value());
        let part = |key: &str| template.get(key).unwrap_or(&empty);
        let about = part("about").read_into(&[], problems);
        let measure = MeasureSpec::read_into(part("measure"), problems);
        let sweep = Sweep::read(part("sweep"), &template, problems);
        let mut figures = Vec::new();
        for node in listed(&template, "figure", problems) {
            figures.extend(kept(FigureSpec::read(node), problems));
        }
        let mut claims = Vec::new();
        for node in listed(&template, "claim", problems) {
            claims.extend(kept(ClaimSpec::read(node), problems));
        }
        let expanded = OnceLock::new();
        let experiment =
            Self { name: name.to_owned(), about, measure, sweep, figures, claims, template, expanded };
        experiment.examine_settings(problems);
        experiment
    }

    /// Every combination of the sweep as a setting, as far as it can be read; what is wrong is added to `problems`.
    pub fn examine_settings(&self, problems: &mut Vec<Error>) -> Arc<Vec<Setting>> {
        if let Some(known) = self.expanded.get() {
            return known.clone();
        }
        let before = problems.len();
        let settings = Arc::new(self.read_settings(problems));
        if problems.len() == before {
            return self.expanded.get_or_init(|| settings).clone();
        }
        settings
    }

    fn read_settings(&self, problems: &mut Vec<Error>) -> Vec<Setting> {
        let mut settings = Vec::new();
        if let Err(error) = self.sweep.refuse_large() {
            problems.push(error);
            return settings;
        }
        for (index, point) in self.sweep.combinations().into_iter().enumerate() {
            settings.push(Setting::read(index, &self.template, point, problems));
            // A grid repeats its mistakes.
            if problems.len() > MOST_PROBLEMS {
                break;
            }
        }
        settings
    }

    /// The same experiment at other points of its sweep, with these seeds, metrics and generations, and without figures
    /// and claims. A metric that is not listed by its name is a part of another; then all stay.
    ///
    /// # Errors
    /// On the first point that can't be a setting.
    pub fn at_points(
        &self,
        points: &[Vec<(String, Node)>],
        seeds: &[u64],
        metrics: &BTreeSet<&str>,
        at: &BTreeSet<u32>,
    ) -> Result<Self, Error> {
        let place = At::default_value();
        let node = |value: Value| Node { value, at: place.clone() };
        let whole = |n: u64| node(Value::Integer(i64::try_from(n).unwrap_or(i64::MAX)));
        let mut template = self.template.clone();
        if let Some(root) = template.as_table_mut() {
            root.remove("figure");
            root.remove("claim");
            root.insert(Key { name: "sweep".into(), at: place.clone() }, sweep_of(points, seeds));
        }
        let listed = |name: &str| self.measure.metrics.iter().any(|m| m.name == name);
        if metrics.iter().all(|name| listed(name)) {
            let kept = self.measure.metrics.iter().filter(|m| metrics.contains(m.name.as_str()));
            let kept = node(Value::Array(kept.map(|m| m.node.clone()).collect()));
            template.set("measure.metrics", &place, kept)?;
        }
        let at = node(Value::Array(at.iter().map(|g| whole(u64::from(*g))).collect()));
        template.set("measure.at", &place, at)?;
        let mut problems = Vec::new();
        let experiment = Self::of(template, &self.name, &mut problems);
        Error::all(problems).map_or(Ok(experiment), Err)
    }

    /// The same experiment with further cells in the plane of two swept keys, each with all that the other keys of the
    /// sweep have. Whole numbers stay whole; a cell that is there is left out.
    ///
    /// # Errors
    /// On the first cell that can't be a setting.
    pub fn with_cells(&self, (x, y): (&str, &str), cells: &[(f64, f64)]) -> Result<Self, Error> {
        let place = At::default_value();
        let mut points: Vec<Vec<(String, Node)>> = Vec::new();
        let known = self.sweep.combinations();
        points.extend(known.iter().map(|p| p.iter().map(|(k, v)| (k.name.clone(), v.clone())).collect()));
        let whole = |key: &str| {
            let mut of_key = known.iter().flatten().filter(|(k, _)| k.name == key);
            of_key.all(|(_, v)| matches!(v.value, Value::Integer(_)))
        };
        let value = |key: &str, v: f64| {
            let value = if whole(key) { Value::Integer(v.round() as i64) } else { Value::Float(v) };
            Node { value, at: place.clone() }
        };
        let mut rests: Vec<Vec<(String, Node)>> = Vec::new();
        for point in &points {
            let rest: Vec<(String, Node)> = point.iter().filter(|(k, _)| k != x && k != y).cloned().collect();
            if !rests.iter().any(|known| same_point(known, &rest)) {
                rests.push(rest);
            }
        }
        for (at_x, at_y) in cells {
            for rest in &rests {
                let mut point = vec![(x.to_owned(), value(x, *at_x)), (y.to_owned(), value(y, *at_y))];
                point.extend(rest.iter().cloned());
                if !points.iter().any(|known| same_point(known, &point)) {
                    points.push(point);
                }
            }
        }
        let mut template = self.template.clone();
        if let Some(root) = template.as_table_mut() {
            root.insert(Key { name: "sweep".into(), at: place }, sweep_of(&points, &self.sweep.seeds));
        }
        let mut problems = Vec::new();
        let experiment = Self::of(template, &self.name, &mut problems);
        Error::all(problems).map_or(Ok(experiment), Err)
    }

    /// The title, or the name where there is none.
    pub fn title(&self) -> &str {
        self.about.title.as_deref().unwrap_or(&self.name)
    }

    /// Every combination of the sweep as a setting.
    ///
    /// # Errors
    /// On the first setting whose tables don't fit together.
    pub fn settings(&self) -> Result<Arc<Vec<Setting>>, Error> {
        let mut problems = Vec::new();
        let settings = self.examine_settings(&mut problems);
        Error::all(problems).map_or(Ok(settings), Err)
    }
}

/// Bytes of a spec.
const LONGEST: u64 = 64 << 20;

/// A `[sweep]` of these points and seeds.
fn sweep_of(points: &[Vec<(String, Node)>], seeds: &[u64]) -> Node {
    let place = At::default_value();
    let node = |value: Value| Node { value, at: place.clone() };
    let key = |name: &str| Key { name: name.to_owned(), at: place.clone() };
    let table = |entries: Vec<(Key, Node)>| node(Value::Table(Table::of(entries, false)));
    let whole = |n: u64| node(Value::Integer(i64::try_from(n).unwrap_or(i64::MAX)));
    let counted = seeds.iter().copied().eq(0..seeds.len() as u64);
    let seeds = if counted {
        whole(seeds.len() as u64)
    } else {
        node(Value::Array(seeds.iter().copied().map(whole).collect()))
    };
    let point = |pairs: &Vec<(String, Node)>| {
        table(pairs.iter().map(|(name, value)| (key(name), value.clone())).collect())
    };
    let points = node(Value::Array(points.iter().map(point).collect()));
    table(vec![(key("seeds"), seeds), (key("point"), points)])
}

/// Whether two points of a sweep have the same values, numbers by their size.
fn same_point(a: &[(String, Node)], b: &[(String, Node)]) -> bool {
    let same = |a: &Node, b: &Node| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => canonical(a) == canonical(b),
    };
    a.len() == b.len() && a.iter().all(|(key, v)| b.iter().any(|(other, w)| key == other && same(v, w)))
}

/// As many problems as anybody reads.
const MOST_PROBLEMS: usize = 100;

/// What was read; an error is added to `problems`.
pub(super) fn kept<T>(read: Result<T, Error>, problems: &mut Vec<Error>) -> Option<T> {
    read.map_err(|error| problems.push(error)).ok()
}

/// As [`each`], without what is no array of tables.
pub(super) fn listed<'n>(root: &'n Node, key: &str, problems: &mut Vec<Error>) -> &'n [Node] {
    kept(each(root, key), problems).unwrap_or(&[])
}

/// The entries of an array of tables; none if it is absent.
pub(super) fn each<'n>(root: &'n Node, key: &str) -> Result<&'n [Node], Error> {
    let Some(node) = root.get(key) else {
        return Ok(&[]);
    };
    let items = node
        .as_array()
        .ok_or_else(|| Error::wrong_type(node, &format!("[[{key}]], with two brackets")).about(key))?;
    match items.iter().find(|item| item.as_table().is_none()) {
        Some(item) => Err(Error::wrong_type(item, "a table").about(key)),
        None => Ok(items),
    }
}

/// Reports unknown keys of one layer, also of layers that are not in use.
pub(super) fn check_layer(layer: &Node, whole_file: bool, problems: &mut Vec<Error>) {
    let mut tables = [SETTING_TABLES, OTHER_TABLES].concat();
    if whole_file {
        tables.extend(LAYERS);
    }
    problems.extend(check_keys(layer, &tables).err());
    for table in ["about", "loop", "loop.choices", "sampling", "measure"] {
        if let Some(node) = layer.get(table) {
            problems.extend(check_keys(node, &names_of(table)).err());
        }
    }
}

fn check_keys(node: &Node, known: &[&str]) -> Result<(), Error> {
    let Value::Table(table) = &node.value else {
        return Err(Error::wrong_type(node, "a table"));
    };
    let unknown: Vec<(&str, At)> = table
        .iter()
        .filter(|(key, _)| !known.contains(&key.name.as_str()))
        .map(|(key, _)| (key.name.as_str(), key.at.clone()))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Error::unknown_keys(&unknown, known)) }
}
