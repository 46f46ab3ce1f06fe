//! `collapse plot`: the figures of a run folder, drawn anew from its rows.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use miette::{IntoDiagnostic, Result};

use super::EXIT_DONE;
use crate::components::Components;
use crate::publish::{self, Publication};

/// Redraw the figures of a run folder from its rows.
#[derive(Args)]
#[command(after_help = "Example:\n  collapse plot results/compare/digits8x8-vae")]
pub struct PlotArgs {
    /// The run folder
    folder: PathBuf,
    /// Only the figure with this name
    #[arg(long, value_name = "NAME")]
    figure: Option<String>,
}

pub(super) fn plot(args: &PlotArgs, components: &Arc<Components>) -> Result<u8> {
    let publication = Publication::open(&args.folder, components.clone()).into_diagnostic()?;
    publish::summarise(&publication).into_diagnostic()?;
    for drawn in publish::draw(&publication, args.figure.as_deref()).into_diagnostic()? {
        say!("{}", drawn.svg_path.display());
        say!("{}", drawn.png_path.display());
    }
    Ok(EXIT_DONE)
}
