//! Tables about people: a health survey and a census extract.
//!
//! Every column is numeric or coded; the categorical ones are listed here and named in the schema.
//! The label and the group are set so that tasks and group metrics work at once.

use std::path::Path;

use super::{Embedded, embed};
use crate::data::files::cell::Cell;
use crate::data::files::human::splits;
use crate::data::files::table::Table;
use crate::data::parameters::{SourceError, build_with};
use crate::data::splits::SplitOptions;
use crate::data::{Options, Source};
use crate::registry::{About, Entry};

static SURVEY: Embedded = embed!("nhefs.csv.gz");
static CENSUS: Embedded = embed!("adult8.csv.gz");

#[cfg(test)]
pub(super) const FILES: &[&Embedded] = &[&SURVEY, &CENSUS];

pub(in crate::data) const NHEFS: Entry<Source> = Entry {
    about: About {
        name: "nhefs",
        summary: "1,629 smokers of a US health survey: 23 columns, with sex, race and death by 1992",
        details: "Age, blood pressure, cholesterol, weight in 1971 and smoking are numeric; the others are coded. \
                  The label is `death` (by 1992), the group `sex` (0 male, 1 female). Rows that lack a value are \
                  left out.",
        source: "NHANES I Epidemiologic Follow-up Study (CDC/NCHS); Hernán and Robins, Causal Inference: What If",
        parameters: SplitOptions::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |splits: SplitOptions| {
            let coded = [
                "race",
                "marital",
                "education",
                "qsmk",
                "exercise",
                "active",
                "hbp",
                "diabetes",
                "asthma",
                "bronch",
                "alcoholfreq",
            ];
            of(splits, "nhefs", &SURVEY, "death", "sex", &coded)
        })
    },
};

pub(in crate::data) const ADULT: Entry<Source> = Entry {
    about: About {
        name: "adult",
        summary: "32,561 people of the 1994 US census: 8 columns, with sex, race and income",
        details: "Age, years of education and hours a week are numeric; marital status, occupation and race are \
                  coded in sorted order. The label is `income` (1: above 50,000 dollars), the group `sex` \
                  (0 female, 1 male).",
        source: "Becker and Kohavi 1996, UCI 2, DOI 10.24432/C5XW20",
        parameters: SplitOptions::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |splits: SplitOptions| {
            of(splits, "adult", &CENSUS, "income", "sex", &["race", "marital", "occ"])
        })
    },
};

/// A column of the whole census extract, as numbers; empty if there is none of this name.
pub(in crate::data) fn census(column: &str) -> Vec<f64> {
    let mut lines = CENSUS.text().lines();
    let Some(at) = lines.next().and_then(|names| names.split(',').position(|name| name == column)) else {
        return Vec::new();
    };
    // Every cell of the file is a number, and its digest is tested.
    lines.filter_map(|line| line.split(',').nth(at)?.parse().ok()).collect()
}

fn of(
    own: SplitOptions,
    name: &str,
    file: &Embedded,
    label: &str,
    group: &str,
    coded: &[&str],
) -> Result<Source, SourceError> {
    let mut lines = file.text().lines();
    let names: Vec<String> = lines.next().unwrap_or_default().split(',').map(String::from).collect();
    let cells = |line: &str| line.split(',').map(Cell::read).collect();
    let rows = lines.enumerate().map(|(i, line)| (i as u64 + 2, cells(line))).collect();
    let options = Options {
        label: Some(label.into()),
        group: Some(group.into()),
        categorical: Some(coded.iter().map(|c| c.to_string()).collect()),
        missing: Some(crate::data::Missing::Drop),
        splits: own,
        as_is: true,
        ..Options::default()
    };
    let table = Table { names, rows, ..Table::default() };
    let (splits, ..) = splits(Path::new(file.name), &table, &options, None)?;
    Ok(Source::finite(name, splits))
}
