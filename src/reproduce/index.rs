//! `index.html`: every claim, report and picture of a reproduction on one page.

use std::path::{Path, PathBuf};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;

use super::{Catalogue, Figure, Outcome, counts};
use crate::analysis::Verdict;
use crate::publish::expectation;
use crate::report;

/// A figure that was run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its folder, relative to the page.
    pub folder: String,
    /// Its pictures, relative to the page, with their captions.
    pub pictures: Vec<(PathBuf, String)>,
    /// Its claims.
    pub outcomes: Vec<Outcome>,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Why it could not be run.
    pub error: Option<String>,
}

#[derive(Serialize)]
struct Group {
    heading: String,
    about: String,
    link: Option<String>,
    figures: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    id: String,
    title: String,
    folder: String,
    seconds: String,
    error: Option<String>,
    claims: Vec<Row>,
    pictures: Vec<Picture>,
}

#[derive(Serialize)]
struct Row {
    says: String,
    note: Option<String>,
    expected: String,
    found: String,
    must_fail: String,
    verdict: &'static str,
}

#[derive(Serialize)]
struct Picture {
    href: String,
    caption: String,
}

/// The page as one HTML document; pictures and reports are links into the folders beside it.
///
/// # Errors
/// Those of the template engine.
pub fn index_page(
    catalogue: &Catalogue,
    ran: &[(&Figure, Ran)],
    commands: &[String],
) -> Result<String, report::ReportError> {
    let mut groups: Vec<(&str, Group)> = Vec::new();
    for (figure, found) in ran {
        let folder = figure.folder();
        if groups.last().is_none_or(|(key, _)| *key != folder) {
            groups.push((folder, group(catalogue, figure)));
        }
        if let Some((_, group)) = groups.last_mut() {
            group.figures.push(shown(figure, found));
        }
    }
    let all: Vec<Outcome> = ran.iter().flat_map(|(_, r)| r.outcomes.iter().cloned()).collect();
    let answer = format!("Of {} claims {}.", all.len(), counts(&all));
    let groups: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("index.html", include_str!("index.html.jinja"))?;
    let page = environment.get_template("index.html")?;
    let (groups, commands) = (Serde(groups), Serde(commands));
    Ok(page.render(context! { answer, groups, commands, style => report::STYLE })?)
}

fn group(catalogue: &Catalogue, figure: &Figure) -> Group {
    let figures = Vec::new();
    match catalogue.paper(figure) {
        Some(paper) => {
            let venue = paper.entry.venue.as_ref().map_or(String::new(), |v| format!(" {v}."));
            Group {
                heading: paper.entry.title.clone(),
                about: format!("{}, {}.{venue}", paper.entry.authors, paper.entry.year),
                link: paper.entry.link(),
                figures,
            }
        }
        None => Group { heading: figure.folder().to_owned(), about: String::new(), link: None, figures },
    }
}

fn shown(figure: &Figure, ran: &Ran) -> Shown {
    let claim = |o: &Outcome| Row {
        says: o.says.clone(),
        note: o.note.clone().filter(|_| o.verdict != Verdict::Passed),
        expected: expectation(o.expected, o.relation),
        found: o.found(),
        must_fail: o.must_fail().replace("**", ""),
        verdict: match o.verdict {
            Verdict::Passed if o.blind() == Some(true) => "blind",
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::Undecided => "undecided",
        },
    };
    let picture =
        |(path, caption): &(PathBuf, String)| Picture { href: href(path), caption: caption.clone() };
    Shown {
        id: figure.id.clone(),
        title: figure.title.clone(),
        folder: href(Path::new(&ran.folder)),
        seconds: format!("{:.1}", ran.seconds),
        error: ran.error.clone(),
        claims: ran.outcomes.iter().map(claim).collect(),
        pictures: ran.pictures.iter().map(picture).collect(),
    }
}

fn href(path: &Path) -> String {
    path.iter()
        .map(|part| part.to_string_lossy().replace('%', "%25").replace(['?', '#'], "_"))
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::reproduce::Shelf;

    #[test]
    fn the_page_links_every_report_and_picture_and_escapes_what_specs_say() {
        let mut shelf = Shelf::default();
        shelf.put(
            Path::new("bibliography.toml"),
            "[a2024]\nauthors = \"A B\"\ntitle = \"On <b>\"\nyear = 2024\n",
        );
        shelf.put(Path::new("a2024/one.toml"), "[about]\ntitle = \"x < y\"\n");
        let catalogue = Catalogue::of(&shelf).unwrap();
        let figure = catalogue.figures().next().unwrap();
        let ran = Ran {
            folder: "a2024/one".into(),
            pictures: vec![("a2024/one/figures/v.svg".into(), "Variance.".into())],
            outcomes: Vec::new(),
            seconds: 1.0,
            error: None,
        };
        let page = index_page(&catalogue, &[(figure, ran)], &["collapse reproduce all".into()]).unwrap();
        for needed in [
            "On &lt;b&gt;",
            "x &lt; y",
            "href=\"a2024&#x2f;one/report.html\"",
            "src=\"a2024&#x2f;one&#x2f;figures&#x2f;v.svg\"",
        ] {
            assert!(page.contains(needed), "{needed} in\n{page}");
        }
    }
}
