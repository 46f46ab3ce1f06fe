//! `collapse plot`: the figures of a run folder, drawn anew from its rows, or a new one.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgGroup, Args};
use miette::{IntoDiagnostic, Result};

use super::{EXIT_DONE, terminal};
use crate::components::Components;
use crate::publish::{self, Publication};
use crate::spec::{FigureSpec, Node};

const EXAMPLES: &str = "\
Examples:
  collapse plot results/compare/digits8x8-vae-63be1e84
  collapse plot results/mine --x generation --y coverage,recall --color human_fraction
  collapse plot results/mine --x human_fraction --y coverage --color regime --title \"What is kept\"
  collapse plot results/mine --kind heat-map --x human_fraction --y samples --color coverage
Axes name a column (`generation`, a swept key), a metric or a dotted setting; `collapse describe` has the keys of [[figure]].";

/// Redraw the figures of a run folder from its rows, or draw another one.
#[derive(Args)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("another").multiple(true))]
pub struct PlotArgs {
    /// The run folder
    folder: PathBuf,
    /// Only the figure with this name
    #[arg(long, value_name = "NAME", conflicts_with = "another")]
    figure: Option<String>,
    /// Draw another figure: its horizontal axis
    #[arg(long, value_name = "NAME", group = "another", requires = "y")]
    x: Option<String>,
    /// Its vertical axis, or several
    #[arg(long, value_name = "LIST", value_delimiter = ',', group = "another", requires = "x")]
    y: Vec<String>,
    /// What its colours tell apart; in a heat map the metric
    #[arg(long, value_name = "NAME", group = "another", requires = "x")]
    color: Option<String>,
    /// curve, small-multiples, bars, scatter or heat-map; default: curve, or small-multiples of several metrics
    #[arg(long, value_name = "KIND", group = "another", requires = "x")]
    kind: Option<String>,
    /// What the columns of panels tell apart
    #[arg(long, value_name = "NAME", group = "another", requires = "x")]
    columns: Option<String>,
    /// Laws over the curves: law, or one by name
    #[arg(long, value_name = "LIST", value_delimiter = ',', group = "another", requires = "x")]
    overlay: Vec<String>,
    /// A logarithmic horizontal axis
    #[arg(long, group = "another", requires = "x")]
    log_x: bool,
    /// A logarithmic vertical axis
    #[arg(long, group = "another", requires = "x")]
    log_y: bool,
    /// Its title
    #[arg(long, value_name = "TEXT", group = "another", requires = "x")]
    title: Option<String>,
    /// Its file name without ending; default: by its axes
    #[arg(long, value_name = "NAME", group = "another", requires = "x")]
    name: Option<String>,
}

impl PlotArgs {
    /// The `[[figure]]` that the flags say, if they say one.
    fn another(&self) -> Result<Option<FigureSpec>> {
        let Some(x) = &self.x else { return Ok(None) };
        let several = self.y.len() > 1;
        let kind = self.kind.as_deref().unwrap_or(if several { "small-multiples" } else { "curve" });
        let color = self.color.as_deref().unwrap_or("regime");
        let name = self.name.clone().unwrap_or_else(|| format!("{}-by-{x}", self.y.join("-")));
        let mut table = toml::Table::new();
        let mut set = |key: &str, value: toml::Value| drop(table.insert(key.to_owned(), value));
        for (key, value) in [("kind", kind), ("x", x), ("color", color), ("name", &name)] {
            set(key, value.into());
        }
        set("y", self.y.clone().into());
        set("overlay", self.overlay.clone().into());
        set("log_x", self.log_x.into());
        set("log_y", self.log_y.into());
        for (key, value) in [("columns", &self.columns), ("title", &self.title)] {
            if let Some(value) = value {
                set(key, value.clone().into());
            }
        }
        let text = toml::to_string(&table).into_diagnostic()?;
        Ok(Some(FigureSpec::read(&Node::from_toml(&text, "the command line")?)?))
    }
}

pub(super) fn plot(args: &PlotArgs, components: &Arc<Components>) -> Result<u8> {
    let another = args.another()?;
    let publication = Publication::open(&args.folder, components.clone()).into_diagnostic()?;
    publish::summarise(&publication).into_diagnostic()?;
    let drawn = match &another {
        Some(spec) => publish::draw_one(&publication, spec),
        None => publish::draw(&publication, args.figure.as_deref()).map(|figures| {
            terminal::undrawn(&figures.undrawn);
            figures.drawn
        }),
    };
    let drawn = drawn.into_diagnostic()?;
    publication.renew(&["summary.csv"], &drawn).into_diagnostic()?;
    for drawn in drawn {
        for path in drawn.files() {
            say!("{}", path.display());
        }
        if another.is_some() {
            say!("{}", drawn.caption);
        }
    }
    Ok(EXIT_DONE)
}
