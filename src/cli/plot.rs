//! `collapse plot`: the figures of a run folder, drawn anew from its rows, or a new one.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgGroup, Args};
use miette::{IntoDiagnostic, Result, miette};

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
  collapse plot results/mine --phase human_fraction,samples --metric coverage --prevented --boundary 0.8
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
    /// Draw a phase diagram over two numbers of the settings: level lines, the boundary with its band, laws
    #[arg(long, value_name = "X,Y", value_delimiter = ',', num_args = 1, group = "another", requires = "metric", conflicts_with_all = ["x", "y", "kind", "color", "columns"])]
    phase: Vec<String>,
    /// Its metric
    #[arg(long, value_name = "NAME", requires = "phase")]
    metric: Option<String>,
    /// Its value at the boundary; default: half-way between the extremes, or 0.9 of a prevented share
    #[arg(long, value_name = "VALUE", requires = "phase")]
    boundary: Option<f64>,
    /// Show the share of the metric's loss that human rows prevent
    #[arg(long, requires = "phase")]
    prevented: bool,
    /// Its generation; default: the last
    #[arg(long, value_name = "G", requires = "phase")]
    at: Option<u32>,
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
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "another")]
    overlay: Vec<String>,
    /// A logarithmic horizontal axis
    #[arg(long, requires = "another")]
    log_x: bool,
    /// A logarithmic vertical axis
    #[arg(long, requires = "another")]
    log_y: bool,
    /// Its title
    #[arg(long, value_name = "TEXT", requires = "another")]
    title: Option<String>,
    /// Its file name without ending; default: by its axes
    #[arg(long, value_name = "NAME", requires = "another")]
    name: Option<String>,
}

impl PlotArgs {
    /// The `[[figure]]` that the flags say, if they say one.
    fn another(&self) -> Result<Option<FigureSpec>> {
        let (x, y, kind, color) = match (&self.x, self.phase.as_slice()) {
            (_, [x, y]) => (x, vec![y.clone()], "phase", self.metric.as_deref().unwrap_or_default()),
            (Some(x), []) => {
                let kind = if self.y.len() > 1 { "small-multiples" } else { "curve" };
                let kind = self.kind.as_deref().unwrap_or(kind);
                (x, self.y.clone(), kind, self.color.as_deref().unwrap_or("regime"))
            }
            (None, []) => return Ok(None),
            (_, other) => {
                return Err(miette!(
                    "`--phase` takes two names, as in human_fraction,samples, not {}",
                    other.len()
                ));
            }
        };
        let shown = if kind == "phase" { format!("{color}-by-{}", y.join("-")) } else { y.join("-") };
        let name = self.name.clone().unwrap_or_else(|| format!("{shown}-by-{x}"));
        let mut table = toml::Table::new();
        let mut set = |key: &str, value: toml::Value| drop(table.insert(key.to_owned(), value));
        for (key, value) in [("kind", kind), ("x", x), ("color", color), ("name", &name)] {
            set(key, value.into());
        }
        set("y", y.into());
        set("overlay", self.overlay.clone().into());
        set("log_x", self.log_x.into());
        set("log_y", self.log_y.into());
        if kind == "phase" {
            set("prevented", self.prevented.into());
        }
        if let Some(boundary) = self.boundary {
            set("boundary", boundary.into());
        }
        if let Some(at) = self.at {
            set("at", i64::from(at).into());
        }
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
