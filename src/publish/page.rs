//! `report.html`: everything about a run on one page.

use std::path::{Path, PathBuf};

use super::{Drawn, Publication, PublishError, examples, number};
use crate::analysis::{Bearing, ClaimResult, ComparisonRow, Paired, Verdict};
use crate::report::{self, Cell, Column, FigureRef, FileLink, Report, Section, TableData, render};
use crate::store::{Manifest, write_atomically};

/// Writes the page and returns its path.
pub fn page(
    publication: &Publication,
    drawn: &[Drawn],
    claims: &[ClaimResult],
    comparison: Option<&[ComparisonRow]>,
    answer: Vec<String>,
) -> Result<PathBuf, PublishError> {
    let experiment = &publication.experiment;
    let root = publication.folder.root();
    let mut sections = Vec::new();
    if let Some(rows) = comparison {
        sections.push(Section {
            heading: "Comparison".into(),
            prose: vec![
                "Values at the last generation with 95 % intervals over training seeds; differences are paired by seed. A metric holds if its change since generation 0 stays, with its whole interval, within two standard deviations of human samples of the same size; it degrades if the interval lies beyond.".into(),
            ],
            tables: vec![comparison_table(rows)],
            ..Default::default()
        });
    }
    if !claims.is_empty() {
        sections.push(Section {
            heading: "Claims".into(),
            prose: vec!["Passed: the whole simultaneous interval lies within the tolerance. Failed: it misses it. Undecided: more seeds are needed. The error of one claim is 10⁻⁴.".into()],
            tables: vec![claims_table(claims)],
            ..Default::default()
        });
    }
    let mut figures = Vec::with_capacity(drawn.len());
    for figure in drawn {
        let svg = std::fs::read_to_string(&figure.svg_path)
            .map_err(|source| PublishError::File { path: figure.svg_path.clone(), source })?;
        let files = [("SVG", &figure.svg_path), ("PNG", &figure.png_path)];
        figures.push(FigureRef {
            svg,
            caption: figure.caption.clone(),
            files: files.map(|(name, path)| link(root, path, name, "")).to_vec(),
        });
    }
    if !figures.is_empty() {
        sections.push(Section { heading: "Figures".into(), figures, ..Default::default() });
    }
    if let Some(samples) = examples::texts(publication)? {
        sections.push(Section {
            heading: "Text samples".into(),
            text_samples: Some(samples),
            ..Default::default()
        });
    }
    let report = Report {
        title: experiment.title().to_owned(),
        subtitle: experiment.about.expect.clone().unwrap_or_default(),
        answer: if answer.is_empty() { claims_sentence(claims) } else { answer },
        sections,
        spec_toml: experiment.resolved(),
        commands: commands(publication),
        provenance: provenance(publication),
        files: files(publication),
    };
    let path = root.join("report.html");
    write_atomically(&path, render(&report)?.as_bytes())?;
    Ok(path)
}

fn claims_sentence(claims: &[ClaimResult]) -> Vec<String> {
    if claims.is_empty() {
        return Vec::new();
    }
    let count = |verdict: Verdict| claims.iter().filter(|c| c.verdict == verdict).count();
    vec![format!(
        "Of {} claims {} passed, {} failed and {} stayed undecided.",
        claims.len(),
        count(Verdict::Passed),
        count(Verdict::Failed),
        count(Verdict::Undecided)
    )]
}

fn commands(publication: &Publication) -> Vec<String> {
    let mut words = publication.command.clone();
    if let Some(program) = words.first_mut()
        && let Some(name) = Path::new(program.as_str()).file_name()
    {
        *program = name.to_string_lossy().into_owned();
    }
    vec![words.join(" "), format!("collapse run {}", publication.folder.spec().display())]
}

fn provenance(publication: &Publication) -> Vec<(String, String)> {
    let Ok(manifest) = Manifest::load(&publication.folder) else { return Vec::new() };
    let mut lines = vec![
        ("Tool".to_owned(), format!("model-collapse {}", manifest.tool_version)),
        ("Processor".into(), format!("{} ({})", manifest.cpu, manifest.platform)),
        ("Threads".into(), manifest.threads.to_string()),
        ("Seeds".into(), publication.experiment.sweep.seeds.len().to_string()),
        ("Started".into(), manifest.started.clone()),
        ("Ended".into(), manifest.ended.clone()),
    ];
    if let Some(device) = &manifest.device {
        let kernels = manifest.kernel_class.as_deref().unwrap_or("not known");
        lines.insert(2, ("Device".into(), format!("{device}, kernels {kernels}")));
    }
    if let Some(commit) = &manifest.tool_commit {
        lines.insert(1, ("Commit".into(), commit.clone()));
    }
    lines
}

fn files(publication: &Publication) -> Vec<FileLink> {
    let folder = &publication.folder;
    [
        (folder.metrics(), "every number: one observation a row"),
        (folder.summary(), "mean, spread and interval by setting and generation"),
        (folder.cells_table(), "what ran, and what failed"),
        (folder.lineages(), "how each lineage ended"),
        (folder.claims(), "the claims' verdicts"),
        (folder.spec(), "the resolved spec"),
        (folder.manifest(), "versions, machine, digests"),
        (folder.root().join("notebook.ipynb"), "a notebook that draws the curves"),
    ]
    .into_iter()
    .filter(|(path, _)| path.is_file() || path.ends_with("notebook.ipynb"))
    .map(|(path, about)| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        link(folder.root(), &path, &name, about)
    })
    .collect()
}

fn link(root: &Path, path: &Path, name: &str, about: &str) -> FileLink {
    let href = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    FileLink { name: name.into(), href, about: about.into() }
}

fn columns(names: &[(&str, bool)]) -> Vec<Column> {
    names.iter().map(|(name, numeric)| Column { name: (*name).into(), numeric: *numeric }).collect()
}

fn comparison_table(rows: &[ComparisonRow]) -> TableData {
    let paired = |p: &Option<Paired>| match p {
        Some(p) => Cell::with_detail(
            signed(p.difference),
            format!("[{}, {}]", signed(p.interval.low), signed(p.interval.high)),
        ),
        None => Cell::text("–"),
    };
    let row = |r: &ComparisonRow| {
        let value = match &r.interval {
            Some(i) => Cell::with_detail(number(r.value), format!("[{}, {}]", number(i.low), number(i.high))),
            None => Cell::text(number(r.value)),
        };
        let mut word = Cell::verdict(match r.bearing {
            Bearing::Holds => report::Verdict::Passed,
            Bearing::Degrades => report::Verdict::Failed,
            Bearing::Undecided => report::Verdict::Undecided,
        });
        word.text = match r.bearing {
            Bearing::Holds => "holds".into(),
            Bearing::Degrades => "degrades".into(),
            Bearing::Undecided => "undecided".into(),
        };
        vec![
            Cell::text(&*r.metric),
            Cell::text(number(r.fraction)),
            value,
            paired(&r.change),
            paired(&r.against_reference),
            Cell::text(r.human.map_or("–".into(), number)),
            word,
        ]
    };
    let last = rows.iter().map(|r| r.generation).max().unwrap_or(0);
    let seeds = rows.iter().map(|r| r.n).max().unwrap_or(0);
    TableData {
        caption: format!("Generation {last}, {seeds} seeds"),
        columns: columns(&[
            ("metric", false),
            ("human share", true),
            ("value", true),
            ("change since generation 0", true),
            ("against the highest human share", true),
            ("human rows", true),
            ("", false),
        ]),
        rows: rows.iter().map(row).collect(),
    }
}

fn claims_table(claims: &[ClaimResult]) -> TableData {
    let row = |c: &ClaimResult| {
        let measured = match (c.measured, c.low, c.high) {
            (Some(m), Some(low), Some(high)) => {
                Cell::with_detail(number(m), format!("[{}, {}]", number(low), number(high)))
            }
            (Some(m), _, _) => Cell::text(number(m)),
            _ => Cell::text("–"),
        };
        vec![
            Cell::with_detail(&*c.says, &*c.reason),
            Cell::text(c.at.map_or("–".into(), |g| g.to_string())),
            Cell::text(c.expected.map_or("–".into(), number)),
            measured,
            Cell::verdict(match c.verdict {
                Verdict::Passed => report::Verdict::Passed,
                Verdict::Failed => report::Verdict::Failed,
                Verdict::Undecided => report::Verdict::Undecided,
            }),
        ]
    };
    TableData {
        caption: "Each claim with the generation that decides it".into(),
        columns: columns(&[
            ("claim", false),
            ("generation", true),
            ("expected", true),
            ("measured", true),
            ("verdict", false),
        ]),
        rows: claims.iter().map(row).collect(),
    }
}

fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    format!("{sign}{}", number(value.abs()))
}
