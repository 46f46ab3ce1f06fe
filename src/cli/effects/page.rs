//! `report.html` of the effects of one table or of two, and its figure.

use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, Result};

use super::{Found, Interval, PARTS};
use crate::figures::{self, Axis, DotPlot, DotSeries, Estimate, Size};
use crate::publish::{command_line, number};
use crate::report::{Cell, Column, FigureRef, FileLink, Report, Section, TableData, render};
use crate::store::write_atomically;

const CAPTION: &str = "Differences of the outcome's probability between the groups, with 95 % intervals over rows. TV = DE − IE − SE: \
    a negative indirect or spurious effect adds to the total.";

impl Found<'_> {
    /// Draws the figure and writes the page; returns its path.
    pub(super) fn publish(&self, folder: &Path) -> Result<PathBuf> {
        let figure = self.figure();
        let size = Size::inches(7.0, 3.4);
        figures::save(&figure, &folder.join("figures").join("effects"), size).into_diagnostic()?;
        let link = |name: &str, href: &str, about: &str| FileLink {
            name: name.into(),
            href: href.into(),
            about: about.into(),
        };
        let figure = FigureRef {
            svg: figures::to_svg_string(&figure, size).into_diagnostic()?,
            caption: CAPTION.into(),
            files: vec![link("SVG", "figures/effects.svg", ""), link("PNG", "figures/effects.png", "")],
            ..FigureRef::default()
        };
        let mut answer = self.sentences();
        let basis = answer.pop();
        if answer.is_empty() {
            let (value, low, high) = self.of(PARTS[0].2);
            answer.push(format!("The groups differ by {value:+.3} [{low:+.3}, {high:+.3}] in all."));
        }
        let prose =
            self.assumed.lines().filter(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned());
        let report = Report {
            title: match self.args.against {
                Some(_) => "Do the two tables have the same effects?".into(),
                None => "Causal effects of a sensitive column".into(),
            },
            subtitle: match &self.args.against {
                Some(other) => format!("{} against {}", self.args.table, other.display()),
                None => self.args.table.clone(),
            },
            answer,
            figures: vec![figure],
            sections: vec![
                Section { heading: "Effects".into(), tables: vec![self.data()], ..Section::default() },
                Section {
                    heading: "What they rest on".into(),
                    prose: prose.chain(basis).collect(),
                    ..Section::default()
                },
            ],
            commands: vec![command_line(&std::env::args().collect::<Vec<_>>())],
            provenance: [
                ("Tool", format!("model-collapse {}", env!("CARGO_PKG_VERSION"))),
                ("Salt", self.args.salt.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
            files: vec![link("effects.csv", "effects.csv", "every effect with its interval")],
            ..Report::default()
        };
        let path = folder.join("report.html");
        write_atomically(&path, render(&report).into_diagnostic()?.as_bytes()).into_diagnostic()?;
        Ok(path)
    }

    fn figure(&self) -> DotPlot {
        let estimates =
            |of: &dyn Fn(fn(&crate::data::Effects) -> f64) -> Option<Interval>| -> Vec<Option<Estimate>> {
                let dot = |(value, low, high)| Estimate { value, low, high };
                PARTS.iter().map(|(_, _, part)| of(*part).map(dot)).collect()
            };
        let dots = |place: f64, name: &str, estimates| DotSeries {
            name: name.into(),
            order: Some(place),
            estimates,
        };
        let mut series = vec![dots(0.0, "first table", estimates(&|part| Some(self.of(part))))];
        if self.against.is_some() {
            series.push(dots(1.0, "second table", estimates(&|part| self.other(part))));
        }
        series.iter_mut().for_each(|s| s.order = None);
        DotPlot {
            title: "Effects of the group on the outcome".into(),
            subtitle: format!("95 % intervals over rows, {} resamples", self.args.resamples),
            x: Axis::linear("difference of probabilities"),
            categories: PARTS.iter().map(|(_, name, _)| (*name).to_owned()).collect(),
            key: "table".into(),
            series,
            reference: Some(0.0),
            ..DotPlot::default()
        }
    }

    fn data(&self) -> TableData {
        let cell = |(value, low, high): Interval| {
            Cell::with_detail(number(value), format!("[{}, {}]", number(low), number(high)))
        };
        let mut heads = vec!["effect", "first table"];
        if self.against.is_some() {
            heads.extend(["second table", "difference"]);
        }
        let row = |(_, name, part): &super::Part| {
            let all = [Some(self.of(*part)), self.other(*part), self.difference(*part)];
            std::iter::once(Cell::text(*name)).chain(all.into_iter().flatten().map(cell)).collect()
        };
        TableData {
            caption: "In brackets: 95 % intervals over rows".into(),
            columns: heads
                .iter()
                .enumerate()
                .map(|(i, head)| Column { name: (*head).into(), numeric: i > 0 })
                .collect(),
            rows: PARTS.iter().map(row).collect(),
        }
    }
}
