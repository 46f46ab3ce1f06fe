//! `collapse selftest`: coverage of every interval and false rates of every verdict, on loops whose truth is exact.

use std::path::PathBuf;

use clap::Args;
use comfy_table::{Cell, CellAlignment};
use miette::{IntoDiagnostic, Result, miette};

use super::{EXIT_CLAIM, EXIT_DONE, limits, tables};
use crate::analysis::selftest::{
    Coverage, FRACTION, FalseRate, GENERATION, LARGEST_TAIL, LEAST_COVERAGE, ROWS, SHARE, SelfTest,
    self_test as run,
};
use crate::reproduce::write_between;
use crate::store::write_atomically;

const EXAMPLES: &str = "\
Examples:
  collapse selftest                               the table, about a minute on 2 cores
  collapse selftest --repetitions 200 --seeds 10  a quick look
  collapse selftest --json > selftest.json        the same as JSON";

/// Measure how often intervals hold the truth and verdicts are false, on loops whose truth is exact.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct SelfTestArgs {
    /// Repetitions of every case, at least 20
    #[arg(long, value_name = "N", default_value_t = 2000)]
    repetitions: usize,
    /// Seeds of an experiment, each at least 3
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [10, 20])]
    seeds: Vec<usize>,
    /// Repetitions at the same time; default: the number of processors
    #[arg(long, value_name = "N", value_parser = limits::jobs)]
    jobs: Option<usize>,
    /// Re-randomises the self-test
    #[arg(long, value_name = "N", default_value_t = 0)]
    salt: u64,
    /// Print JSON in place of tables
    #[arg(long)]
    json: bool,
    /// A file for the same JSON
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A document whose tables between the markers `selftest` are written anew
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
}

pub(super) fn self_test(args: &SelfTestArgs) -> Result<u8> {
    if args.repetitions < 20 || args.seeds.iter().any(|s| *s < 3) || args.seeds.is_empty() {
        return Err(miette!("the self-test takes at least 20 repetitions and 3 seeds"));
    }
    let jobs = args.jobs.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().into_diagnostic()?;
    let found = pool.install(|| run(args.repetitions, &args.seeds, args.salt));
    let json = serde_json::to_string_pretty(&found).into_diagnostic()?;
    if let Some(path) = &args.out {
        write_atomically(path, format!("{json}\n").as_bytes()).into_diagnostic()?;
    }
    if let Some(path) = &args.document {
        write_between(path, "selftest", &markdown(&found)).into_diagnostic()?;
    }
    if args.json {
        say!("{json}");
    } else {
        show(&found);
    }
    Ok(if found.holds() { EXIT_DONE } else { EXIT_CLAIM })
}

const COVERAGE: [&str; 8] =
    ["loop", "interval", "seeds", "truth", "holds the truth, %", "below it, %", "above it, %", "mean width"];
const RATES: [&str; 6] = ["loop", "verdict", "although", "seeds", "found, %", "nominal, %"];
const SIZES: [&str; 3] = ["rows that the metric sees", "prevented share", "critical fraction"];

fn per_cent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

fn coverage_row(c: &Coverage) -> [String; 8] {
    [
        c.on.clone(),
        c.of.name().into(),
        c.seeds.to_string(),
        crate::say::number(c.truth),
        per_cent(c.covered),
        per_cent(c.below),
        per_cent(c.above),
        crate::say::number(c.width),
    ]
}

fn rate_row(r: &FalseRate) -> [String; 6] {
    [
        r.on.clone(),
        r.verdict.clone(),
        r.truth.clone(),
        r.seeds.to_string(),
        per_cent(r.rate),
        per_cent(r.nominal),
    ]
}

fn size_rows(found: &SelfTest) -> Vec<[String; 3]> {
    let row = |s: &crate::analysis::selftest::AtSize| {
        [
            s.size.map_or("the fitted variance".into(), |size| size.to_string()),
            format!("{:.3} ± {:.3}", s.prevented, 1.96 * s.prevented_error),
            format!("{:.3} ± {:.3}", s.critical, 1.96 * s.critical_error),
        ]
    };
    found.sizes.iter().map(row).collect()
}

/// What the tables are about.
fn introduction(found: &SelfTest) -> String {
    format!(
        "Loops under `fixed-mix` with {ROWS} rows, judged at generation {GENERATION} and human fraction {FRACTION}; the critical \
         fraction is that of preventing {} % of the loss, with up to 6 further arms. {} repetitions of every case.",
        crate::say::number(100.0 * SHARE),
        found.repetitions
    )
}

fn markdown(found: &SelfTest) -> String {
    let table = |header: &[&str], rows: Vec<Vec<String>>| {
        let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let header: Vec<String> = header.iter().map(|h| (*h).to_owned()).collect();
        let rule: Vec<String> = header.iter().map(|_| "---".to_owned()).collect();
        let lines: Vec<String> = [header, rule].into_iter().chain(rows).map(|cells| line(&cells)).collect();
        lines.join("\n")
    };
    [
        introduction(found),
        table(&COVERAGE, found.coverage.iter().map(|c| coverage_row(c).to_vec()).collect()),
        table(&RATES, found.false_rates.iter().map(|r| rate_row(r).to_vec()).collect()),
        format!(
            "The same Gaussian loop, its variance estimated without bias from samples of several sizes, 40 seeds, mean over {} \
             repetitions:",
            found.repetitions.div_ceil(10)
        ),
        table(&SIZES, size_rows(found).into_iter().map(|r| r.to_vec()).collect()),
    ]
    .join("\n\n")
}

fn show(found: &SelfTest) {
    say!("{}\n", introduction(found));
    let fill = |header: &[&str], rows: Vec<Vec<String>>, numbers: std::ops::Range<usize>| -> String {
        let mut table = tables::dense(header);
        for i in numbers {
            if let Some(column) = table.column_mut(i) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in rows {
            table.add_row(row.into_iter().map(|text| Cell::new(tables::tied(&text))));
        }
        tables::fitted(table)
    };
    say!("{}\n", fill(&COVERAGE, found.coverage.iter().map(|c| coverage_row(c).to_vec()).collect(), 2..8));
    say!("{}\n", fill(&RATES, found.false_rates.iter().map(|r| rate_row(r).to_vec()).collect(), 3..6));
    say!("{}\n", fill(&SIZES, size_rows(found).into_iter().map(|r| r.to_vec()).collect(), 1..3));
    let wide: Vec<String> = found
        .coverage
        .iter()
        .filter(|c| !c.holds())
        .map(|c| format!("{}, {}, {} seeds", c.on, c.of.name(), c.seeds))
        .collect();
    let often: Vec<String> = found
        .false_rates
        .iter()
        .filter(|r| !r.holds())
        .map(|r| format!("{}, {}, {} seeds", r.on, r.verdict, r.seeds))
        .collect();
    match (wide.as_slice(), often.as_slice()) {
        ([], []) => say!(
            "every interval holds the truth in at least {} % with at most {} % on either side, and no verdict is false more often \
             than it may be",
            per_cent(LEAST_COVERAGE),
            per_cent(LARGEST_TAIL)
        ),
        _ => say!("not as good as it should be: {}", [wide, often].concat().join("; ")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_table_in_methods_is_that_of_the_committed_output_and_everything_holds() {
        let found: SelfTest =
            serde_json::from_str(include_str!("../../results/reference/selftest.json")).unwrap();
        assert!(include_str!("../../METHODS.md").contains(&markdown(&found)));
        assert!(found.holds() && found.repetitions >= 1000);
        // Effects of unbiased metrics do not move with the size of the sample: within two standard errors of the difference.
        let (first, last) = (&found.sizes[0], &found.sizes[found.sizes.len() - 1]);
        let apart = |a: f64, b: f64, x: f64, y: f64| (a - b).abs() / x.hypot(y);
        assert!(apart(first.prevented, last.prevented, first.prevented_error, last.prevented_error) < 3.0);
        assert!(apart(first.critical, last.critical, first.critical_error, last.critical_error) < 3.0);
    }
}
