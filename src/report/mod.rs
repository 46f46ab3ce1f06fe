//! The report: one HTML page that needs nothing beside it.
//!
//! Plain data in ([`Report`]), text out ([`render`]). Figures are inlined as SVG, styles are in
//! the page, and so are scripts (uPlot, MIT, `vendor/`) and their numbers; a content security policy
//! forbids requests, so the page can be mailed, archived and
//! printed. Every text is escaped by the template engine; only the SVG of a figure is inserted
//! as it is, after a check that it holds no script and no outside reference.

mod explore;
mod inline;
mod page;

#[cfg(test)]
mod checks;

pub use explore::{
    Choice, Explore, Gallery, GalleryCell, GalleryRows, HumanValue, Metric, Seed, Setting, Values,
};
pub use page::render;

use serde::Serialize;

/// The style sheet of pages.
pub(crate) const STYLE: &str = include_str!("report.css");

/// Everything on the page.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Report {
    /// The heading.
    pub title: String,
    /// A line below it: paper, figure, run.
    pub subtitle: String,
    /// The short answer, one sentence each. The first stands at the top, the others below the first figures.
    pub answer: Vec<String>,
    /// The figures right below the answer.
    pub figures: Vec<FigureRef>,
    /// What can be explored; its numbers and the scripts that draw them are in the page.
    pub explore: Option<Explore>,
    /// The body.
    pub sections: Vec<Section>,
    /// The resolved spec, TOML; left out where empty.
    pub spec_toml: String,
    /// Command lines that make this run again.
    pub commands: Vec<String>,
    /// Tool version, git state, CPU, kernel class, seeds, start, end: name and value.
    pub provenance: Vec<(String, String)>,
    /// The files of the run.
    pub files: Vec<FileLink>,
}

/// A heading with what belongs to it; absent parts take no room.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Paragraphs, plain text.
    pub prose: Vec<String>,
    /// Tables.
    pub tables: Vec<TableData>,
    /// Figures.
    pub figures: Vec<FigureRef>,
    /// Samples of text, by row and column.
    pub text_samples: Option<TextSamples>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TableData {
    /// What the table shows, and which interval it is.
    pub caption: String,
    /// Column names.
    pub columns: Vec<Column>,
    /// Rows, each with one cell per column.
    pub rows: Vec<Vec<Cell>>,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Column {
    /// Name, with the unit.
    pub name: String,
    /// Numbers are set flush right.
    pub numeric: bool,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// A second line in small type, for instance an interval.
    pub detail: String,
    /// A verdict: coloured, and always also a word.
    pub verdict: Option<Verdict>,
}

impl Cell {
    /// Returns a cell that only says `text`.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Returns a cell with a second line, usually the interval.
    #[must_use]
    pub fn with_detail(text: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..Self::text(text) }
    }

    /// Returns a verdict, its word as the text.
    #[must_use]
    pub fn verdict(verdict: Verdict) -> Self {
        Self { verdict: Some(verdict), ..Self::text(verdict.word()) }
    }
}

/// How a claim came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole interval lies within the tolerance.
    Passed,
    /// The interval misses the tolerance.
    Failed,
    /// More seeds are needed.
    Undecided,
    /// Not run, with a reason.
    Skipped,
}

impl Verdict {
    /// Returns the word that the page prints.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::Undecided => "undecided",
            Verdict::Skipped => "skipped",
        }
    }
}

/// A figure and the files it comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FigureRef {
    /// The SVG document, inlined.
    pub svg: String,
    /// What it shows, and which interval it is.
    pub caption: String,
    /// Links to SVG, PNG and CSV.
    pub files: Vec<FileLink>,
    /// Whether it holds photographs, whose shades mean something; set by [`render`].
    pub pictures: bool,
}

/// A file beside the page.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FileLink {
    /// What the link says.
    pub name: String,
    /// Path relative to the page.
    pub href: String,
    /// What the file holds; may be empty.
    pub about: String,
}

/// Samples of text by row (generation) and column (human fraction).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TextSamples {
    /// What is shown.
    pub caption: String,
    /// Name of the rows' quantity.
    pub row_label: String,
    /// Name of the columns' quantity.
    pub column_label: String,
    /// Column names.
    pub columns: Vec<String>,
    /// Rows: name, and one text per column.
    pub rows: Vec<(String, Vec<String>)>,
}

/// Why a page could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A row does not have one cell per column.
    #[error("{what}, row {row}: {got} cells for {expected} columns")]
    Row {
        /// The caption of the table.
        what: String,
        /// Which row, from 0.
        row: usize,
        /// Number of columns.
        expected: usize,
        /// Number of cells.
        got: usize,
    },
    /// A figure's SVG can't be inlined.
    #[error("figure `{caption}`: {why}; pass one SVG document without scripts or outside references")]
    Svg {
        /// The caption of the figure.
        caption: String,
        /// What is wrong.
        why: String,
    },
    /// A link leaves the folder of the report.
    #[error("link `{href}` must be a path relative to the report, inside its folder")]
    Link {
        /// The link.
        href: String,
    },
    /// The template engine failed.
    #[error("the report template failed: {0}")]
    Template(#[from] minijinja::Error),
}
