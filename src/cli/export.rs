//! `collapse export`: human rows as a file, or a run as its rows or a notebook.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use miette::{IntoDiagnostic, Result, miette};

use super::EXIT_DONE;
use super::source::{self, Wording};
use crate::components::Components;
use crate::data::exchange::{self, Exchange};
use crate::data::{self, Samples, Supply};
use crate::experiment::limits;
use crate::output;
use crate::publish::{self, Publication};
use crate::rng::Streams;
use crate::store::{Manifest, write_atomically, write_metrics};

const EXAMPLES: &str = "\
Examples:
  collapse export data digits8x8 --out digits.csv
  collapse export data moby-dick --rows 100
  collapse export data uci-sentences --set domain=yelp --set tokens=words --out yelp.jsonl
  collapse export data tagged-state-of-the-union --out tagged.conll
  collapse export rows results/compare/digits8x8-vae-63be1e84 --out rows.csv
  collapse export notebook results/compare/digits8x8-vae-63be1e84 --out notebooks-export/digits";

/// Export human rows as a file, or a run as its rows or a notebook.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The training rows of a source, as CSV, JSON lines or CoNLL
    Data {
        /// The source, as `collapse list data` shows it
        source: String,
        /// At most so many rows; a distribution gives 1,000 unless told otherwise
        #[arg(long)]
        rows: Option<usize>,
        /// A parameter of the source, as in --set dim=2; may be repeated
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// The file: .jsonl and .conll (tagged sentences) are written as such, all else as CSV; standard output if
        /// left out
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Every observation of a run, one a row, as CSV: metrics.csv, which a run of more than two million leaves out
    Rows {
        /// The run folder
        folder: PathBuf,
        /// The file
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// A run folder as a notebook beside its rows
    Notebook {
        /// The run folder
        folder: PathBuf,
        /// Where to put the notebook and its CSV files
        #[arg(long, default_value = "notebooks-export")]
        out: PathBuf,
    },
}

pub(super) fn export(args: &ExportArgs, components: &Arc<Components>) -> Result<u8> {
    match &args.what {
        What::Data { source, rows, set, out } => human_rows(source, *rows, set, out.as_deref(), components)?,
        What::Rows { folder, out } => {
            let publication = Publication::open(folder, components.clone()).into_diagnostic()?;
            let out = out.clone().unwrap_or_else(|| publication.folder.metrics());
            let (records, rows) =
                (publication.records().into_diagnostic()?, publication.rows().into_diagnostic()?);
            write_metrics(&out, &publication.experiment.name, &records, &rows).into_diagnostic()?;
            Manifest::renew(&publication.folder, [out.as_path()]).into_diagnostic()?;
            say!("{}", out.display());
        }
        What::Notebook { folder, out } => {
            let publication = Publication::open(folder, components.clone()).into_diagnostic()?;
            let notebook = publish::export_notebook(&publication, out).into_diagnostic()?;
            Manifest::renew(&publication.folder, [notebook.as_path()]).into_diagnostic()?;
            say!("{}", notebook.display());
        }
    }
    Ok(EXIT_DONE)
}

fn human_rows(
    name: &str,
    rows: Option<usize>,
    set: &[String],
    out: Option<&Path>,
    components: &Components,
) -> Result<()> {
    let wording = Wording { flags: &[], set: Some("") };
    let source =
        source::open("--set", &format!("source = {}\n", source::quoted(name)), set, &wording, components)?;
    if matches!(source.supply, Supply::Distribution(_)) {
        limits::refuse_rows(name, source.schema(), rows.unwrap_or(1000))?;
    }
    let table: Samples = match &source.supply {
        Supply::Distribution(d) => d.draw(rows.unwrap_or(1000), &mut Streams::new(0, 0).of("export").rng()),
        Supply::Finite(splits) => splits.train.head(rows.unwrap_or(usize::MAX)),
    };
    let ending = out.and_then(Path::extension).map(|e| e.to_string_lossy().to_lowercase());
    let format =
        [Exchange::Jsonl, Exchange::Conll].into_iter().find(|f| ending.as_deref() == Some(f.ending()));
    let mut bytes = Vec::new();
    match format {
        None => data::write_csv(&table, &mut bytes).into_diagnostic()?,
        Some(format) if format.holds(table.schema()) => {
            exchange::write(&table, None, format, &mut bytes).into_diagnostic()?;
        }
        Some(format) => {
            return Err(miette!(
                help = "give a file that ends in .csv",
                "a .{} file can't hold these rows: {}",
                format.ending(),
                table.schema()
            ));
        }
    }
    match out {
        Some(path) => write_atomically(path, &bytes).into_diagnostic(),
        None => {
            let written = std::io::stdout().write_all(&bytes);
            written.inspect_err(output::note_refusal).into_diagnostic()
        }
    }
}
