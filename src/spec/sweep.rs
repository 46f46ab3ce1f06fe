//! `[sweep]`: the grid of swept keys, beside zipped points.

use super::error::{Error, Kind};
use super::experiment::{SETTING_TABLES, kept, listed};
use super::hash::canonical;
use super::keys::names_of;
use super::node::{Key, Node, Table, Value};
use super::source::{At, Layer};

/// `[sweep]`: seeds, zipped points and grid.
///
/// A grid key is a list of values; all combinations are run, the first key outermost.
/// `[[sweep.point]]` tables each set several keys together and come outside the grid.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// The seeds, distinct and at least one. `seeds = 5` in the spec is 0..5; the default is 10.
    pub seeds: Vec<u64>,
    /// The grid: dotted keys and their values, in file order.
    pub grid: Vec<(Key, Vec<Node>)>,
    /// The zipped points: several dotted keys each.
    pub points: Vec<Vec<(Key, Node)>>,
}

/// The seeds are listed in memory: 80 MB at most.
const MAX_SEEDS: u64 = 10_000_000;

/// Settings of one run.
const MOST_SETTINGS: f64 = 250_000.0;
/// Bytes of one that is made ready.
const SETTING: f64 = 8_000.0;

impl Sweep {
    /// Reads and checks `[sweep]`; `template` is the whole spec, for conflicts with `--set`. Unknown keys, empty or
    /// repeated values and keys that are swept twice are added to `problems` and left out.
    pub(super) fn read(node: &Node, template: &Node, problems: &mut Vec<Error>) -> Self {
        let mut sweep = Self { seeds: (0..10).collect(), grid: Vec::new(), points: Vec::new() };
        let Some(table) = node.as_table() else {
            problems.push(Error::wrong_type(node, "a table"));
            return sweep;
        };
        for (key, value) in table.iter() {
            match key.name.as_str() {
                "seeds" => sweep.seeds = kept(seeds(value), problems).unwrap_or_else(|| vec![0]),
                "point" => {}
                _ => {
                    let others = sweep.grid.iter().map(|(k, _)| k);
                    let read = check_key(&key.name, &key.at).and_then(|()| apart(key, others));
                    let read = read.and_then(|()| values(key, value));
                    sweep.grid.extend(kept(read, problems).map(|values| (key.clone(), values)));
                }
            }
        }
        for point in listed(node, "point", problems) {
            let mut pairs: Vec<(Key, Node)> = Vec::new();
            for (key, value) in point.as_table().into_iter().flat_map(Table::iter) {
                let others = pairs.iter().map(|(k, _)| k).chain(sweep.grid.iter().map(|(k, _)| k));
                let read = check_key(&key.name, &key.at).and_then(|()| apart(key, others));
                pairs.extend(kept(read, problems).map(|()| (key.clone(), value.clone())));
            }
            sweep.points.push(pairs);
        }
        for key in sweep.keys() {
            if let Some(set) = template.get(&key.name).and_then(set_inside) {
                let message = format!("`{}` is swept, so setting it has no effect", key.name);
                let help = format!("set the list instead: --set sweep.{}=[…]", key.name);
                problems.push(Error::conflict(set.clone(), key.at.clone(), message, help));
            }
        }
        sweep
    }

    /// The swept keys, points first, each once, in file order.
    pub fn keys(&self) -> Vec<&Key> {
        let mut keys: Vec<&Key> = Vec::new();
        let points = self.points.iter().flatten().map(|(k, _)| k);
        for key in points.chain(self.grid.iter().map(|(k, _)| k)) {
            if !keys.iter().any(|k| k.name == key.name) {
                keys.push(key);
            }
        }
        keys
    }

    /// Refuses more combinations than fit into memory.
    ///
    /// # Errors
    /// With the place of the first swept key.
    pub(super) fn refuse_large(&self) -> Result<(), Error> {
        let sizes = self.grid.iter().map(|(_, values)| values.len() as f64);
        let all = sizes.product::<f64>() * self.points.len().max(1) as f64;
        match self.grid.first().filter(|_| all > MOST_SETTINGS) {
            None => Ok(()),
            Some((key, _)) => {
                let gigabytes = all * SETTING / 1e9;
                let message = format!(
                    "the sweep has {all} settings, which would take about {gigabytes:.1} GB; one run has at most {MOST_SETTINGS}"
                );
                Err(Error::too_large(key.at.clone(), message))
            }
        }
    }

    /// All combinations, the first key outermost; one empty point without a sweep.
    pub(super) fn combinations(&self) -> Vec<Vec<(Key, Node)>> {
        let mut all = if self.points.is_empty() { vec![Vec::new()] } else { self.points.clone() };
        for (key, values) in &self.grid {
            let longer = |point: &Vec<(Key, Node)>| {
                let point = point.clone();
                values
                    .iter()
                    .map(move |v| {
                        let mut point = point.clone();
                        point.push((key.clone(), v.clone()));
                        point
                    })
                    .collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        all
    }
}

/// Refuses a dotted key that no setting can have. What a component's table holds is its own affair.
pub(super) fn check_key(key: &str, at: &At) -> Result<(), Error> {
    let mut segments = key.split('.');
    let (first, second, third) = (segments.next(), segments.next(), segments.next());
    if third.is_none() && matches!((first, second), (Some("points"), None)) {
        let help = "write each point as a table [[sweep.point]] of dotted keys that change together";
        return Err(Error::new(
            Kind::UnknownKey,
            at.clone(),
            "unknown key `points`".into(),
            "here".into(),
            Some(help.into()),
        ));
    }
    let known: Vec<&str> = match (first, second) {
        (Some("loop"), Some("choices")) if third.is_some() => names_of("loop.choices"),
        (Some("loop"), Some(_)) => names_of("loop"),
        (Some("sampling"), Some(_)) => names_of("sampling"),
        (Some(_), None) => [&["seeds", "point"][..], SETTING_TABLES].concat(),
        _ => SETTING_TABLES.to_vec(),
    };
    let (prefix, word) = match (first, second, third) {
        (Some("loop"), Some("choices"), Some(choice)) => ("loop.choices.", choice),
        (Some(table @ ("loop" | "sampling")), Some(k), _) => {
            (if table == "loop" { "loop." } else { "sampling." }, k)
        }
        (first, _, _) => ("", first.unwrap_or_default()),
    };
    if known.contains(&word) {
        return Ok(());
    }
    // Suggest whole dotted keys, so that the line can be pasted.
    let rest = key.strip_prefix(prefix).and_then(|k| k.strip_prefix(word)).unwrap_or("");
    let whole: Vec<String> = known.iter().map(|k| format!("{prefix}{k}{rest}")).collect();
    let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
    Err(Error::unknown_keys(&[(key, at.clone())], &whole))
}

/// The place of a value from `--set` in this tree: a sweep over the whole would undo it unseen.
fn set_inside(node: &Node) -> Option<&At> {
    match &node.value {
        _ if node.at.layer == Layer::Set => Some(&node.at),
        Value::Table(t) => t.iter().find_map(|(_, n)| set_inside(n)),
        Value::Array(items) => items.iter().find_map(set_inside),
        _ => None,
    }
}

/// Refuses two swept keys of which one contains the other.
fn apart<'k>(key: &Key, others: impl Iterator<Item = &'k Key>) -> Result<(), Error> {
    let inside = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|r| r.starts_with('.'));
    for other in others {
        if inside(&key.name, &other.name) || inside(&other.name, &key.name) {
            let message = format!("`{}` and `{}` are swept together", key.name, other.name);
            let help = "sweep one of them, or put both into [[sweep.point]] as one table".into();
            return Err(Error::conflict(key.at.clone(), other.at.clone(), message, help));
        }
    }
    Ok(())
}

fn values(key: &Key, node: &Node) -> Result<Vec<Node>, Error> {
    let list = node.as_array().ok_or_else(|| Error::wrong_type(node, "a list of values").about(&key.name))?;
    if list.is_empty() {
        let help = "list at least one value, or remove the key".to_owned();
        return Err(Error::bad_value(node.at.clone(), "nothing to sweep".into(), help));
    }
    no_doubles(list)?;
    Ok(list.to_vec())
}

fn no_doubles(list: &[Node]) -> Result<(), Error> {
    let mut seen = std::collections::BTreeMap::new();
    for node in list {
        if let Some(first) = seen.insert(canonical(node), node) {
            let message = format!("`{}` is listed twice", node.at.text());
            let (this, first): (At, At) = (node.at.clone(), first.at.clone());
            return Err(Error::conflict(this, first, message, "remove one".into()));
        }
    }
    Ok(())
}

fn seeds(node: &Node) -> Result<Vec<u64>, Error> {
    let bad = |at: &At, what: &str| {
        let help = "seeds = 20 (the seeds 0 to 19), or a list of whole numbers of 0 or more";
        Error::new(Kind::BadValue, at.clone(), format!("`seeds`: {what}"), "here".into(), Some(help.into()))
    };
    match &node.value {
        Value::Integer(n) => match u64::try_from(*n) {
            Ok(n @ 1..=MAX_SEEDS) => Ok((0..n).collect()),
            Ok(0) => Err(bad(&node.at, "at least one seed is needed")),
            _ => Err(bad(&node.at, &format!("the number must be from 1 to {MAX_SEEDS}"))),
        },
        Value::Array(list) if list.is_empty() => Err(bad(&node.at, "at least one seed is needed")),
        Value::Array(list) => {
            no_doubles(list)?;
            list.iter().map(|n| n.parse::<u64>().map_err(|_| bad(&n.at, "not a seed"))).collect()
        }
        _ => Err(bad(&node.at, "expected a number or a list")),
    }
}

/// Turns `loop.regime = […]` without quotes (nested tables) into the quoted form, so that layers
/// merge. An inline table is a value and stays.
pub(super) fn flatten_sweep(root: &mut Node) -> Result<(), Error> {
    let Some(sweep) = root.as_table_mut().and_then(|t| t.get_mut("sweep")) else {
        return Ok(());
    };
    let Some(table) = sweep.as_table_mut() else {
        return Err(Error::wrong_type(sweep, "a table").about("sweep"));
    };
    *table = flattened(std::mem::take(table))?;
    if let Some(Node { value: Value::Array(points), .. }) = table.get_mut("point") {
        for point in points {
            if let Some(table) = point.as_table_mut() {
                *table = flattened(std::mem::take(table))?;
            }
        }
    }
    Ok(())
}

fn flattened(table: Table) -> Result<Table, Error> {
    let mut flat = Table::of(Vec::new(), table.inline);
    flatten_into(&mut flat, "", table)?;
    Ok(flat)
}

fn flatten_into(flat: &mut Table, prefix: &str, table: Table) -> Result<(), Error> {
    for (mut key, node) in table.into_entries() {
        key.name = format!("{prefix}{}", key.name);
        match node.value {
            Value::Table(inner) if !inner.inline => {
                flatten_into(flat, &format!("{}.", key.name), inner)?;
            }
            value => {
                if let Some(first) = flat.key(&key.name) {
                    let message = format!("`{}` stands here twice", key.name);
                    let first = first.at.clone();
                    return Err(Error::conflict(key.at, first, message, "remove one".into()));
                }
                flat.insert(key, Node { value, at: node.at });
            }
        }
    }
    Ok(())
}
