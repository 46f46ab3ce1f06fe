//! Several runs on one page, with paired differences where they have the same seeds.

use std::collections::BTreeSet;

use super::names::{varying, words_of};
use super::tables::columns;
use super::{Publication, PublishError, between, number, observations};
use crate::analysis::{DISPLAY_LEVEL, Series, SettingKey, paired_difference};
use crate::metrics::{Scale, Subject};
use crate::report::{Cell, Report, Section, TableData};

/// What the numbers are.
const METHOD: &str = "Means over training seeds at the last generation, with 95 % intervals. Differences are against the first run, paired by \
    seed: runs with the same seed and salt share their human rows, and models of one shape their initial weights. An interval that \
    holds 0 shows no difference.";

/// What a setting has in its columns: an index means nothing in another run.
type Columns = Vec<(String, String)>;

/// One run: its name, and the series of its models with what tells its settings apart.
struct Run {
    name: String,
    series: Vec<(Columns, Series)>,
}

/// The report of runs side by side, the first one as the reference.
///
/// # Errors
/// Runs without observations, and those of the files.
pub fn side_by_side(publications: &[Publication]) -> Result<Report, PublishError> {
    let mut runs = names(publications)
        .into_iter()
        .zip(publications)
        .map(|(name, publication)| Run::open(name, publication))
        .collect::<Result<Vec<_>, _>>()?;
    apart(&mut runs);
    let (mut settings, mut metrics): (Vec<Columns>, Vec<String>) = (Vec::new(), Vec::new());
    for (key, series) in runs.iter().flat_map(|r| &r.series) {
        if !settings.contains(key) {
            settings.push(key.clone());
        }
        if !metrics.contains(&series.metric) {
            metrics.push(series.metric.clone());
        }
    }
    let keys = SettingKey::of_columns(settings.clone());
    let telling = varying(&keys.iter().collect::<Vec<_>>());
    let mut counts = vec![Counts::default(); runs.len()];
    let mut tables = Vec::new();
    for metric in &metrics {
        let scale = publications[0].components.reading(metric).map_or(Scale::Linear, |r| r.scale);
        let rows = settings.iter().zip(&keys).filter_map(|(columns, key)| {
            line(&runs, columns, metric, scale, &mut counts)
                .map(|cells| std::iter::once(Cell::text(words_of(key, &telling))).chain(cells).collect())
        });
        let rows: Vec<Vec<Cell>> = rows.collect();
        let mut heads = vec![("setting".to_owned(), false)];
        heads.extend(runs.iter().map(|run| (run.name.clone(), true)));
        heads.extend(runs.iter().skip(1).map(|run| (format!("{} − {}", run.name, runs[0].name), true)));
        let heads: Vec<(&str, bool)> =
            heads.iter().map(|(name, numeric)| (name.as_str(), *numeric)).collect();
        tables.push(TableData { caption: metric.clone(), columns: columns(&heads), rows });
    }
    let answer = runs.iter().zip(&counts).skip(1).map(|(run, counts)| {
        let of = format!("{} against {}", run.name, runs[0].name);
        let Counts { shown, compared, lost } = counts;
        match (compared, lost) {
            (0, 0) => format!("{of}: no setting is in both runs."),
            (_, 0) => format!("{of}: {shown} of {compared} differences at the last generation are shown, paired by seed."),
            _ => format!(
                "{of}: {shown} of {compared} differences at the last generation are shown, paired by seed; {lost} can't be \
                 compared (the tables say why)."
            ),
        }
    });
    Ok(Report {
        title: "Runs side by side".into(),
        answer: answer.collect(),
        sections: vec![
            Section {
                heading: "Metric by metric".into(),
                prose: vec![METHOD.into()],
                tables,
                ..Section::default()
            },
            Section {
                heading: "The runs".into(),
                tables: vec![about(publications, &runs)],
                ..Section::default()
            },
        ],
        commands: vec![super::command_line(&crate::say::command())],
        ..Report::default()
    })
}

/// What runs are called: their experiments' names where these differ, else their folders'.
fn names(publications: &[Publication]) -> Vec<String> {
    let experiments: BTreeSet<&str> = publications.iter().map(|p| p.experiment.name.as_str()).collect();
    let distinct = experiments.len() == publications.len();
    let name = |p: &Publication| match p.folder.root().file_name() {
        Some(folder) if !distinct => folder.to_string_lossy().into_owned(),
        _ => p.experiment.name.clone(),
    };
    publications.iter().map(name).collect()
}

impl Run {
    fn open(name: String, publication: &Publication) -> Result<Self, PublishError> {
        let all = observations(publication)?;
        let known = |s: &&Series| publication.components.reading(&s.metric).is_some() && !s.key.is_control();
        let of_model = all.series().filter(|s| s.subject == Subject::Model).filter(known);
        let plain = |s: &Series| {
            let columns = s.key.columns().zip(s.key.values());
            (columns.map(|(c, v)| (c.to_owned(), v.to_owned())).collect(), s.clone())
        };
        Ok(Self { name, series: of_model.map(plain).collect() })
    }
}

/// Takes what tells the runs apart as wholes out of their keys, so that settings that differ in nothing else meet; runs
/// of one name are numbered.
fn apart(runs: &mut [Run]) {
    let columns: Vec<String> =
        runs.iter().flat_map(|r| &r.series).flat_map(|(key, _)| key.iter().map(|(c, _)| c.clone())).collect();
    for column in columns {
        let value = |run: &Run| -> Option<Option<String>> {
            let of = |key: &Columns| key.iter().find(|(c, _)| *c == column).map(|(_, v)| v.clone());
            let mut values = run.series.iter().map(|(key, _)| of(key));
            let first = values.next()?;
            values.all(|v| v == first).then_some(first)
        };
        let whole: Option<Vec<Option<String>>> = runs.iter().map(value).collect();
        if whole.is_some_and(|values| values.windows(2).any(|w| w[0] != w[1])) {
            for (key, _) in runs.iter_mut().flat_map(|r| &mut r.series) {
                key.retain(|(name, _)| *name != column);
            }
        }
    }
    for i in 1..runs.len() {
        if runs[..i].iter().any(|r| r.name == runs[i].name) {
            runs[i].name = format!("{} ({})", runs[i].name, i + 1);
        }
    }
}

/// What became of the differences of a run to the first one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counts {
    /// Those whose interval excludes 0.
    shown: usize,
    /// Those that have an interval.
    compared: usize,
    /// Those that have none, although both runs have the setting.
    lost: usize,
}

/// The cells of a setting: each run's value, then the differences to the first. `None` where no run has it.
fn line(runs: &[Run], key: &Columns, metric: &str, scale: Scale, counts: &mut [Counts]) -> Option<Vec<Cell>> {
    let found: Vec<Option<&Series>> = runs
        .iter()
        .map(|run| run.series.iter().find(|(k, s)| k == key && s.metric == metric).map(|(_, s)| s))
        .collect();
    found.iter().any(Option::is_some).then_some(())?;
    let level = |series: &Option<&Series>| {
        let Some((series, last)) = series.and_then(|s| Some((s, s.last()?))) else {
            return Cell::text("–");
        };
        let interval = crate::analysis::mean_interval(&series.values(last), scale, DISPLAY_LEVEL);
        let mut detail = format!("g {last}");
        if let Some(i) = interval {
            detail.push_str(&format!(": {}", between(i.low, i.high)));
        }
        if let Some(remark) = series.counts(last).remark() {
            detail.push_str(&format!("; {remark}"));
        }
        Cell::with_detail(number(series.centre(last)), detail)
    };
    let mut difference = |(i, series): (usize, &Option<&Series>)| {
        let (Some(own), Some(first)) = (series, found[0]) else { return Cell::text("–") };
        let lost = |counts: &mut Counts, why: String| {
            counts.lost += 1;
            Cell::with_detail("–", why)
        };
        let counts = &mut counts[i];
        let (Some(g), Some(of_first)) = (own.last(), first.last()) else {
            return lost(counts, "no value in one of the runs".into());
        };
        if g != of_first {
            return lost(counts, format!("generations {g} and {of_first}"));
        }
        let remarks: Vec<String> =
            [own.counts(g), first.counts(g)].iter().filter_map(|c| c.remark()).collect();
        if !remarks.is_empty() {
            return lost(counts, remarks.join("; "));
        }
        match paired_difference(own.pairs(g), first.pairs(g), DISPLAY_LEVEL) {
            Ok(p) => {
                counts.compared += 1;
                counts.shown += usize::from(!p.interval.contains(0.0));
                let detail = format!("{}, {} seeds", between(p.interval.low, p.interval.high), p.n);
                Cell::with_detail(number(p.difference), detail)
            }
            Err(_) => lost(counts, "fewer than 2 seeds in both".into()),
        }
    };
    let differences: Vec<Cell> = found.iter().enumerate().skip(1).map(&mut difference).collect();
    Some(found.iter().map(level).chain(differences).collect())
}

fn about(publications: &[Publication], runs: &[Run]) -> TableData {
    let row = |(p, run): (&Publication, &Run)| {
        vec![
            Cell::text(&*run.name),
            Cell::text(p.experiment.title()),
            Cell::text(p.folder.root().display().to_string()),
            Cell::text(super::command_line(&p.command)),
        ]
    };
    TableData {
        caption: String::new(),
        columns: columns(&[("run", false), ("title", false), ("folder", false), ("command", false)]),
        rows: publications.iter().zip(runs).map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn run(model: &str, seeds: u64, value: impl Fn(u64, &str) -> f64) -> Run {
        let series = ["0", "1"].map(|fraction| {
            let columns = [("model", model), ("human_fraction", fraction)];
            let columns = columns.map(|(c, v)| (c.to_owned(), v.to_owned())).to_vec();
            let key = SettingKey::of_columns([columns.clone()]).remove(0);
            let at = BTreeMap::from([(4, (0..seeds).map(|s| (s, value(s, fraction))).collect())]);
            (columns, Series::new(key, "coverage", Subject::Model, at))
        });
        Run { name: "run".into(), series: series.into() }
    }

    #[test]
    fn settings_meet_that_differ_only_as_their_runs_do_and_seeds_are_paired() {
        // The seeds differ far more than the runs do; the second is lower by .1 at fraction 0 alone.
        let noisy = |s: u64| s as f64;
        let mut runs = [
            run("vae", 6, |s, _| noisy(s)),
            run("gaussian", 5, |s, f| noisy(s) - if f == "0" { 0.1 + 0.01 * (s % 2) as f64 } else { 0.0 }),
        ];
        apart(&mut runs);
        assert_eq!(runs[1].name, "run (2)");
        let key = vec![("human_fraction".into(), "0".into())];
        let mut counts = vec![Counts::default(); 2];
        let cells = line(&runs, &key, "coverage", Scale::Linear, &mut counts);
        let cells = cells.as_deref().unwrap_or_default();
        assert_eq!(cells.len(), 3);
        // 0.1, 0.11, 0.1, 0.11, 0.1 over the five seeds that both have.
        assert_eq!(cells[2].text, "−0.104");
        assert_eq!(counts[1], Counts { shown: 1, compared: 1, lost: 0 });
        assert!(cells[2].detail.ends_with("5 seeds"), "{}", cells[2].detail);
    }
}
