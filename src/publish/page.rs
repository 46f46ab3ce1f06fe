//! `report.html`: everything about a run on one page.

use std::path::{Path, PathBuf};

use super::artist::Artist;
use super::compared::{Effects, SettingChange};
use super::findings::Findings;
use super::matrix::{changes_matrix, comparison_matrix};
use super::tables::{
    changes_table, claims_table, comparison_table, gains_table, missing_table, not_run_table,
};
use super::{
    Drawn, Publication, PublishError, data_card, definitions, effective, examples, explore, lead, marginals,
    values,
};
use crate::analysis::{ClaimResult, Over, SummaryRow, Verdict};
use crate::report::{FigureRef, FileLink, Report, Section, TableData, render};
use crate::store::{ELSEWHERE, Manifest, Settings, write_atomically};

/// What a run found, beside its rows.
#[derive(Clone, Copy, Default)]
pub struct Found<'a> {
    /// The claims' verdicts.
    pub claims: &'a [ClaimResult],
    /// Whether the first sentence of the answer is about the simple model.
    pub simple: bool,
    /// The effects of human rows, where they are compared.
    pub effects: Option<&'a Effects>,
    /// The change of every metric since generation 0, where that is the answer.
    pub changes: &'a [SettingChange],
    /// The summary.
    pub summary: &'a [SummaryRow],
    /// Figures that can't be drawn: name and reason.
    pub undrawn: &'a [(String, String)],
}

/// What intervals are about.
const OVER_SEEDS: &str = "95 %, over training seeds: they say how much another seed would change, each with its own draw from \
    the human rows, not what another collection of human data would give. Claims use intervals of their own.";
/// What the intervals of one run are about.
const OVER_ROWS: &str = "95 %, over resampled rows of one run (each of ten random parts left out in turn, human rows in step): \
    they say what other rows of the same models would give, not what another run would.";
/// What the columns of a comparison are.
const COMPARISON_PROSE: &str = "Means over training seeds with 95 % intervals; differences are paired by seed. Loss prevented: \
    1 − (m(α) − m(1)) / (m(0) − m(1)), m(0) without human rows and m(1) with human rows alone, with Fieller's interval. The same \
    human rows alone: a fit on the human part of the mix and nothing else. The word is about the change since generation 0, \
    against a tolerance of a share of the distance from the start to the value of a model that knows nothing.";
/// What the columns of changes are.
const CHANGE_PROSE: &str = "The word is against a \
    tolerance of a share of the distance from the start to the value of a model that knows nothing; a metric without such a \
    value has no verdict.";

/// What the cells of a matrix of verdicts are.
const VERDICT_PROSE: &str = "What became of each metric since generation 0, with the change and its 95 % interval below the word. \
    Same: the change is smaller than a tolerance, by default 10 % of the way to a model that knows nothing.";

/// Writes the page and returns its path.
pub fn page(
    publication: &Publication,
    drawn: &[Drawn],
    found: &Found<'_>,
    answer: Vec<String>,
) -> Result<PathBuf, PublishError> {
    let claims = found.claims;
    let experiment = &publication.experiment;
    let root = publication.folder.root();
    let mut sections = Vec::new();
    let mut figures = Vec::with_capacity(drawn.len());
    for figure in drawn {
        let svg = std::fs::read_to_string(&figure.svg_path)
            .map_err(|source| PublishError::File { path: figure.svg_path.clone(), source })?;
        let csv = figure.csv_path.as_ref().map(|path| ("CSV", path));
        let files = [("SVG", &figure.svg_path), ("PNG", &figure.png_path)].into_iter().chain(csv);
        figures.push(FigureRef {
            svg,
            caption: figure.caption.clone(),
            files: files.map(|(name, path)| link(root, path, name, "")).collect(),
            ..FigureRef::default()
        });
    }
    let more = figures.split_off(figures.len().min(LEAD));
    let effects = found.effects.filter(|e| !e.comparisons.is_empty() || !e.gains.is_empty());
    if let Some(effects) = effects {
        let tables =
            effects.comparisons.iter().map(comparison_table).chain(effects.gains.iter().map(gains_table));
        let matrices = effects.comparisons.iter().filter_map(comparison_matrix);
        sections.extend(verdicts(matrices.collect()));
        sections.push(Section {
            heading: "Comparison".into(),
            prose: vec![COMPARISON_PROSE.into()],
            tables: tables.collect(),
            ..Default::default()
        });
    }
    if let Some(table) = changes_table(found.changes) {
        sections.extend(verdicts(changes_matrix(found.changes).into_iter().collect()));
        sections.push(Section {
            heading: "Change since generation 0".into(),
            prose: vec![match publication.over()? {
                Over::Seeds => format!("Means over training seeds with 95 % intervals; the change is paired by seed. {CHANGE_PROSE}"),
                Over::Rows => format!("One run, with 95 % intervals over {}. {CHANGE_PROSE}", Over::Rows),
            }],
            tables: vec![table],
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
    if found.changes.is_empty() {
        sections.extend(values::section(found.summary));
    }
    match Findings::read(publication) {
        Ok(findings) => {
            sections.extend(lead::section(publication)?);
            sections.extend(effective::section(&findings));
            sections.extend(definitions::section(&findings));
        }
        Err(PublishError::Empty { .. }) => {}
        Err(other) => return Err(other),
    }
    if let Some(samples) = examples::texts(publication)? {
        sections.push(Section {
            heading: "Text samples".into(),
            text_samples: Some(samples),
            ..Default::default()
        });
    }
    if !found.undrawn.is_empty() {
        let line = |(name, why): &(String, String)| format!("{name}: {why}.");
        sections.push(Section {
            heading: "Figures that could not be drawn".into(),
            prose: found.undrawn.iter().map(line).collect(),
            ..Default::default()
        });
    }
    sections.extend(marginals::section(publication)?);
    if !more.is_empty() {
        sections.push(Section { heading: "More figures".into(), figures: more, ..Default::default() });
    }
    sections.extend(Manifest::load(&publication.folder).ok().as_ref().and_then(data_card::section));
    let (cells, records) = (publication.cells()?, publication.records()?);
    if let Some(table) = not_run_table(&cells, &records) {
        sections.push(Section {
            heading: "What did not run".into(),
            prose: vec!["Nothing above holds a number of these; cells.csv has all of them.".into()],
            tables: vec![table],
            ..Default::default()
        });
    }
    if let Some(table) = missing_table(&cells, &records) {
        sections.push(Section {
            heading: "Values that are missing".into(),
            prose: vec!["A metric has no value where its definition has none for such rows: degenerate ones are a consequence of collapse. Means and intervals are over the seeds that have one, and say over how many.".into()],
            tables: vec![table],
            ..Default::default()
        });
    }
    let explore = match Artist::new(publication) {
        Ok(artist) => explore::explore(&artist)?,
        Err(PublishError::Empty { .. }) => None,
        Err(other) => return Err(other),
    };
    let about = &experiment.about;
    let subtitle: Vec<String> = [
        about.paper.as_ref().map(|paper| format!("Paper: {paper}.")),
        about.figure.as_ref().map(|figure| format!("Redone: {figure}.")),
        about.expect.as_ref().map(|expect| format!("Expected: {expect}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut answer = answer;
    answer.extend(claims_sentence(claims));
    // What was asked is answered first, with what limits it in the same place.
    if found.simple && answer.len() > 1 {
        let simple = answer.remove(0);
        answer[0] = format!("{} {simple}", answer[0]);
    }
    let report = Report {
        title: experiment.title().to_owned(),
        subtitle: subtitle.join(" "),
        answer,
        figures,
        explore,
        sections,
        spec_toml: experiment.resolved(),
        commands: commands(publication),
        provenance: provenance(publication, &records),
        files: files(publication),
    };
    let path = root.join("report.html");
    write_atomically(&path, render(&report)?.as_bytes())?;
    Ok(path)
}

/// Figures that stand right below the answer.
const LEAD: usize = 2;

/// The section of verdicts, a matrix for each regime.
fn verdicts(tables: Vec<TableData>) -> Option<Section> {
    (!tables.is_empty()).then(|| Section {
        heading: "Verdicts".into(),
        prose: vec![VERDICT_PROSE.into()],
        tables,
        ..Section::default()
    })
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

/// A command line as one would type it: the program without its folder, words quoted where a shell needs it.
pub fn command_line(words: &[String]) -> String {
    let mut words = words.to_vec();
    if let Some(program) = words.first_mut()
        && let Some(name) = Path::new(program.as_str()).file_name()
    {
        *program = name.to_string_lossy().into_owned();
    }
    let quoted = |word: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

fn commands(publication: &Publication) -> Vec<String> {
    let mut all = vec![command_line(&publication.command)];
    // Generations that were made elsewhere can be measured again, not run again.
    let family = publication.experiment.template.get("model.family").and_then(crate::spec::Node::as_str);
    if family != Some(ELSEWHERE) {
        all.push(format!("collapse run {}", publication.folder.spec().display()));
    }
    all
}

fn provenance(publication: &Publication, records: &Settings) -> Vec<(String, String)> {
    let mut lines: Vec<(&str, String)> = Vec::new();
    let manifest = Manifest::load(&publication.folder).ok();
    if let Some(manifest) = &manifest {
        lines.push(("Tool", format!("model-collapse {}", manifest.tool_version)));
        lines.extend(manifest.tool_commit.clone().map(|commit| ("Commit", commit)));
        lines.extend(manifest.git.as_ref().map(|git| {
            let changed = if git.changed { ", with local changes" } else { "" };
            ("Repository", format!("{}{changed}", git.commit))
        }));
        lines.push(("Processor", format!("{} ({})", manifest.cpu, manifest.platform)));
        lines.extend(manifest.device.as_ref().map(|device| {
            let kernels = manifest.kernel_class.as_deref().unwrap_or("not known");
            ("Device", format!("{device}, kernels {kernels}"))
        }));
        lines.push(("Threads", manifest.threads.to_string()));
    }
    let run = records.iter().any(|record| record.skipped.is_none());
    let rows = records.iter().any(|record| record.resampled);
    let seeds = match (run, rows) {
        (true, true) => "one run".into(),
        (true, false) => format!("{} in each setting", records.seeds().len()),
        (false, _) => "none".into(),
    };
    lines.push(("Seeds", seeds));
    lines.push(("Intervals", if rows { OVER_ROWS.into() } else { OVER_SEEDS.into() }));
    if let Some(manifest) = &manifest {
        lines.push(("Started", manifest.started.clone()));
        lines.push(("Ended", manifest.ended.clone()));
    }
    lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn files(publication: &Publication) -> Vec<FileLink> {
    let folder = &publication.folder;
    [
        (folder.metrics(), "every number: one observation a row"),
        (folder.summary(), "mean, spread and interval by setting and generation"),
        (folder.cells_table(), "what ran, and what failed"),
        (folder.lineages(), "how each lineage ended"),
        (folder.claims(), "the claims' verdicts"),
        (folder.root().join(definitions::FILE), "the eight definitions of collapse, setting by setting"),
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
