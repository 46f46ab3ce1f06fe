//! Filling the template.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};

use super::{Explore, FileLink, Report, ReportError, STYLE, Section, inline};

const TEMPLATE: &str = include_str!("report.html.jinja");
const EXPLORE: &str = include_str!("explore.html.jinja");
const UPLOT: &str = include_str!("vendor/uPlot.iife.min.js");
const UPLOT_LICENSE: &str = include_str!("vendor/uPlot.LICENSE");
const UPLOT_STYLE: &str = include_str!("vendor/uPlot.min.css");
/// The page's own scripts, in the order in which they need each other.
const SCRIPTS: [&str; 3] =
    [include_str!("script/charts.js"), include_str!("script/gallery.js"), include_str!("script/explore.js")];
const TABLES: &str = include_str!("script/tables.js");

/// Returns the page as one HTML document.
///
/// # Errors
/// Rows that don't match their columns, SVG that can't be inlined, links out of the folder.
pub fn render(report: &Report) -> Result<String, ReportError> {
    let report = checked(report)?;
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let lines = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
    environment.set_syntax(lines);
    environment.add_template("report.html", TEMPLATE)?;
    environment.add_template("explore.html", EXPLORE)?;
    let explore = report.explore.as_ref();
    let (mut style, mut script) = (STYLE.to_owned(), TABLES.to_owned());
    if explore.is_some() {
        style.push_str(UPLOT_STYLE);
        script = SCRIPTS.concat() + &script;
    }
    let page = environment.get_template("report.html")?.render(context! {
        r => Serde(&report),
        style,
        script,
        uplot => format!("/*\n{UPLOT_LICENSE}*/\n{UPLOT}"),
        json => explore.map(Explore::json),
        laws => explore.is_some_and(|e| e.series.iter().any(|s| s.law.is_some())),
        share => explore.and_then(|e| Some(&*e.columns.get(e.share?)?.name)),
    })?;
    Ok(page.trim_start().to_owned())
}

/// Returns the report with its figures ready to inline and its links escaped.
fn checked(report: &Report) -> Result<Report, ReportError> {
    let mut report = report.clone();
    links(&mut report.files)?;
    for section in &mut report.sections {
        rows(section)?;
    }
    let of_sections = report.sections.iter_mut().flat_map(|s| &mut s.figures);
    for figure in report.figures.iter_mut().chain(of_sections) {
        figure.svg = inline::svg(&figure.caption, &figure.svg)?;
        figure.pictures = figure.svg.contains("<image");
        links(&mut figure.files)?;
    }
    Ok(report)
}

fn links(files: &mut [FileLink]) -> Result<(), ReportError> {
    for file in files {
        file.href = inline::link(&file.href)?;
    }
    Ok(())
}

fn rows(section: &Section) -> Result<(), ReportError> {
    let check = |what: &str, expected: usize, counts: Vec<usize>| match counts
        .iter()
        .position(|got| *got != expected)
    {
        None => Ok(()),
        Some(row) => Err(ReportError::Row { what: what.to_owned(), row, expected, got: counts[row] }),
    };
    for table in &section.tables {
        let counts = table.rows.iter().map(Vec::len).collect();
        check(&table.caption, table.columns.len(), counts)?;
    }
    if let Some(samples) = &section.text_samples {
        let counts = samples.rows.iter().map(|r| r.1.len()).collect();
        check(&samples.caption, samples.columns.len(), counts)?;
    }
    Ok(())
}
