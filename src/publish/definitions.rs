//! The eight definitions of collapse for every setting of a run: `definitions.csv`, a table, a figure.

use super::artist::Planned;
use super::findings::Findings;
use super::names::{name_of, plain_all, varying};
use super::{Publication, PublishError, number};
use crate::analysis::{self, AnalysisError, Answer, Definition, DefinitionsRow, Finding};
use crate::figures::{Entry, Tone, WordMatrix};
use crate::report::{self, Cell, Column, Section, TableData};
use crate::store::AtomicFile;

/// The file in the run folder.
pub(super) const FILE: &str = "definitions.csv";

/// Settings that the page's table lists; the file has them all.
const MOST: usize = 60;

/// Settings that stand side by side, as columns.
const SIDE_BY_SIDE: usize = 4;

/// The matrix, in the order of the sweep; empty where nothing was measured of which a definition speaks.
pub(super) fn matrix(findings: &Findings) -> Vec<DefinitionsRow> {
    let mut rows = analysis::definitions(findings.series());
    rows.retain(|row| row.findings.iter().any(|f| f.answer != Answer::NotApplicable));
    rows
}

/// Writes `definitions.csv`, or removes it where nothing was measured of which a definition speaks.
///
/// # Errors
/// Those of the files.
pub fn write_definitions(publication: &Publication) -> Result<(), PublishError> {
    let path = publication.folder.root().join(FILE);
    let rows = matrix(&Findings::read(publication)?);
    if rows.is_empty() {
        return match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(PublishError::File { path, source })
            }
            _ => Ok(()),
        };
    }
    let mut file = AtomicFile::create(&path)?;
    analysis::write_definitions(&publication.experiment.name, &rows, &mut file)
        .map_err(AnalysisError::from)?;
    Ok(file.commit()?)
}

/// The page's section; `None` where the matrix is empty.
pub(super) fn section(findings: &Findings) -> Option<Section> {
    let rows = matrix(findings);
    if rows.is_empty() {
        return None;
    }
    let columns = varying(&rows.iter().map(|r| &r.key).collect::<Vec<_>>());
    let table =
        if rows.len() <= SIDE_BY_SIDE { by_definition(&rows, &columns) } else { by_setting(&rows, &columns) };
    let prose = "The literature means eight different things by model collapse (Schaeffer et al. 2025), and a run can be \
         collapsed by one and not by another. Each is one contrast between the first and the last generation \
         measured, paired within seeds, with a 95 % interval: yes if the interval lies beyond the threshold, no if \
         it lies on the other side, else undecided; – where the run has no such metric. The number is by how much the \
         contrast lies beyond its threshold: below 0 it does not. The thresholds are ours.";
    let mut prose = vec![prose.to_owned()];
    if rows.len() > SIDE_BY_SIDE {
        let legend = |(i, d): (usize, &Definition)| format!("{} {}: {}", i + 1, d.title(), d.threshold());
        prose.push(Definition::ALL.iter().enumerate().map(legend).collect::<Vec<_>>().join("; ") + ".");
    }
    Some(Section {
        heading: "Eight definitions of collapse".into(),
        prose,
        tables: vec![table],
        ..Section::default()
    })
}

/// A definition a line, a setting a column, with what was found.
fn by_definition(rows: &[DefinitionsRow], columns: &[String]) -> TableData {
    let head = |name: String| Column { name, numeric: false };
    let mut heads = vec![head("definition".into())];
    heads.extend(rows.iter().map(|row| match columns {
        [] => head("answer".into()),
        _ => head(format!("{} {}", plain_all(columns), label(row, columns))),
    }));
    let line = |(i, definition): (usize, &Definition)| {
        let title =
            Cell { text: definition.title().into(), detail: definition.threshold().into(), verdict: None };
        std::iter::once(title)
            .chain(rows.iter().map(|row| {
                let finding = &row.findings[i];
                Cell { detail: found(finding), ..answer(finding) }
            }))
            .collect()
    };
    let rows = Definition::ALL.iter().enumerate().map(line).collect();
    TableData { caption: String::new(), columns: heads, rows }
}

/// A setting a line, a definition a column: the answers alone, for what was found would not fit a page.
fn by_setting(rows: &[DefinitionsRow], columns: &[String]) -> TableData {
    let mut heads = vec![Column { name: plain_all(columns), numeric: false }];
    heads.extend(Definition::ALL.iter().map(|d| Column { name: d.title().into(), numeric: false }));
    let line = |row: &DefinitionsRow| {
        std::iter::once(Cell::text(label(row, columns))).chain(row.findings.iter().map(answer)).collect()
    };
    let caption = match rows.len() {
        n if n > MOST => format!("{MOST} of {n} settings; {FILE} has them all, with every interval"),
        n => format!("{n} settings; {FILE} has every interval"),
    };
    TableData { caption, columns: heads, rows: rows.iter().take(MOST).map(line).collect() }
}

fn label(row: &DefinitionsRow, columns: &[String]) -> String {
    name_of(&row.key, columns).0
}

fn answer(finding: &Finding) -> Cell {
    let verdict = match finding.answer {
        Answer::Yes => Some(report::Verdict::Failed),
        Answer::No => Some(report::Verdict::Passed),
        Answer::Undecided => Some(report::Verdict::Undecided),
        Answer::NotApplicable => None,
    };
    Cell { text: finding.answer.word().into(), detail: String::new(), verdict }
}

/// The metric that answers and its contrast.
fn found(finding: &Finding) -> String {
    match (finding.value, finding.low, finding.high) {
        (Some(v), Some(low), Some(high)) => {
            // Only after the metric's name may a line end.
            format!("{}: {}\u{a0}[{},\u{a0}{}]", finding.metric, number(v), number(low), number(high))
        }
        // Why there is no number, where the metric was measured.
        _ if finding.metric.is_empty() => String::new(),
        _ => format!("{}: {}", finding.metric, finding.reason),
    }
}

/// The figure: one for the whole run.
pub(super) fn figure(findings: &Findings, name: &str, title: &str) -> Result<Planned, PublishError> {
    let rows = matrix(findings);
    if rows.is_empty() {
        let text = format!(
            "figure `{name}`: no definition of collapse applies: it needs two generations and a metric of risk, variance, modes, tails or reality"
        );
        return Err(PublishError::Nothing(text));
    }
    let keys: Vec<_> = rows.iter().map(|r| &r.key).collect();
    let columns = varying(&keys);
    let seeds = findings.series().map(|s| s.seeds).max().unwrap_or(0);
    let entry = |f: &Finding| Entry {
        word: if f.answer == Answer::Undecided { "?" } else { f.answer.word() }.into(),
        tone: match f.answer {
            Answer::Yes => Tone::Yes,
            Answer::No => Tone::No,
            Answer::Undecided => Tone::Open,
            Answer::NotApplicable => Tone::Absent,
        },
    };
    let matrix = WordMatrix {
        title: title.to_owned(),
        subtitle: format!(
            "is it a collapse, by each of eight definitions? {seeds} seeds, 95 % intervals; rows: {}",
            plain_all(&columns)
        ),
        // The one word that is wider than a column.
        columns: Definition::ALL.iter().map(|d| d.title().replace("catastrophic", "catas- trophic")).collect(),
        rows: rows.iter().map(|r| label(r, &columns)).collect(),
        cells: rows.iter().map(|r| r.findings.iter().map(entry).collect()).collect(),
        note: "? more seeds are needed. – no such metric, or too few generations or sizes. Thresholds: METHODS.md."
            .into(),
    };
    let size = matrix.size();
    let caption =
        format!("{title}: {} settings by the eight definitions of Schaeffer et al. (2025).", rows.len());
    Ok(Planned { name: name.to_owned(), caption, figure: Box::new(matrix), size })
}
