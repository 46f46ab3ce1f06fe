//! Filling the template.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};

use super::{FileLink, Report, ReportError, STYLE, Section, inline};

const TEMPLATE: &str = include_str!("report.html.jinja");

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
    let page =
        environment.get_template("report.html")?.render(context! { r => Serde(report), style => STYLE })?;
    Ok(page)
}

/// Returns the report with its figures ready to inline and its links escaped.
fn checked(report: &Report) -> Result<Report, ReportError> {
    let mut report = report.clone();
    links(&mut report.files)?;
    for section in &mut report.sections {
        rows(section)?;
        for figure in &mut section.figures {
            figure.svg = inline::svg(&figure.caption, &figure.svg)?;
            links(&mut figure.files)?;
        }
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
