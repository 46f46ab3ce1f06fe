//! The eight definitions of collapse for every setting of a run: `definitions.csv`, a table, a figure.

use super::draw::Planned;
use super::findings::Findings;
use super::names::{name_of, plain_all, varying};
use super::settings::setting_of;
use super::{Publication, PublishError, number};
use crate::analysis::{self, AnalysisError, Answer, Definition, DefinitionsRow, Finding};
use crate::figures::{Entry, Tone, WordMatrix};
use crate::report::{self, Cell, Column, Section, TableData};
use crate::store::AtomicFile;

/// The file in the run folder.
pub(super) const FILE: &str = "definitions.csv";

/// Settings that the page's table lists; the file has them all.
const MOST: usize = 60;

/// The matrix, in the order of the sweep; empty where nothing was measured of which a definition
/// speaks, or where the values of seeds were not kept.
pub(super) fn matrix(
    publication: &Publication,
    findings: &Findings,
) -> Result<Vec<DefinitionsRow>, PublishError> {
    let Findings::Rows(series) = findings else { return Ok(Vec::new()) };
    let settings = publication.settings()?;
    let mut rows = analysis::definitions(series);
    rows.retain(|row| row.findings.iter().any(|f| f.answer != Answer::NotApplicable));
    rows.sort_by_key(|row| setting_of(&settings, &row.key).map_or(usize::MAX, |s| s.index));
    Ok(rows)
}

/// Writes the file and returns the page's section; `None` where the matrix is empty.
pub(super) fn section(
    publication: &Publication,
    findings: &Findings,
) -> Result<Option<Section>, PublishError> {
    let rows = matrix(publication, findings)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut file = AtomicFile::create(&publication.folder.root().join(FILE))?;
    analysis::write_definitions(&rows, &mut file).map_err(AnalysisError::from)?;
    file.commit()?;
    let columns = varying(&rows.iter().map(|r| &r.key).collect::<Vec<_>>());
    let mut heads = vec![Column { name: plain_all(&columns), numeric: false }];
    heads.extend(Definition::ALL.iter().map(|d| Column { name: d.title().into(), numeric: false }));
    let line = |row: &DefinitionsRow| {
        let mut cells = vec![Cell::text(label(row, &columns))];
        cells.extend(row.findings.iter().map(cell));
        cells
    };
    let caption = match rows.len() {
        n if n > MOST => format!("{MOST} of {n} settings; {FILE} has them all"),
        n => format!("{n} setting{}", if n == 1 { "" } else { "s" }),
    };
    let table = TableData { caption, columns: heads, rows: rows.iter().take(MOST).map(line).collect() };
    let mut prose = vec![
        "The literature means eight different things by model collapse (Schaeffer et al. 2025), and a run can be \
         collapsed by one and not by another. Each is one contrast between the first and the last generation \
         measured, paired within seeds, with a 95 % interval: yes if the interval lies beyond the threshold, no if \
         it lies on the other side, else undecided; – where the run has no such metric. The thresholds are ours."
            .to_owned(),
    ];
    prose.extend(
        Definition::ALL
            .iter()
            .enumerate()
            .map(|(i, d)| format!("{} {}: {}.", i + 1, d.title(), d.threshold())),
    );
    Ok(Some(Section {
        heading: "Eight definitions of collapse".into(),
        prose,
        tables: vec![table],
        ..Section::default()
    }))
}

fn label(row: &DefinitionsRow, columns: &[String]) -> String {
    name_of(&row.key, columns).0
}

fn cell(finding: &Finding) -> Cell {
    let verdict = match finding.answer {
        Answer::Yes => Some(report::Verdict::Failed),
        Answer::No => Some(report::Verdict::Passed),
        Answer::Undecided => Some(report::Verdict::Undecided),
        Answer::NotApplicable => None,
    };
    let detail = match (finding.value, finding.low, finding.high) {
        (Some(v), Some(low), Some(high)) => {
            format!("{}: {} [{}, {}]", finding.metric, number(v), number(low), number(high))
        }
        _ => String::new(),
    };
    Cell { text: finding.answer.word().into(), detail, verdict }
}

/// The figure: one for the whole run.
pub(super) fn figure(
    publication: &Publication,
    findings: &Findings,
    name: &str,
    title: &str,
) -> Result<Planned, PublishError> {
    let rows = matrix(publication, findings)?;
    if rows.is_empty() {
        let text = format!(
            "figure `{name}`: no definition of collapse applies: it needs keep = \"rows\", two generations and a metric of risk, variance, modes, tails or reality"
        );
        return Err(PublishError::Nothing(text));
    }
    let keys: Vec<_> = rows.iter().map(|r| &r.key).collect();
    let columns = varying(&keys);
    let seeds = match findings {
        Findings::Rows(series) => series.iter().flat_map(|s| s.at.values()).map(Vec::len).max().unwrap_or(0),
        Findings::Moments(_) => 0,
    };
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
