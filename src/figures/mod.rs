//! Figures: plain data in, SVG and PNG out.
//!
//! A figure is a struct of plain data ([`Curve`], [`Panels`], [`HeatMap`], [`PhaseMap`], [`Gallery`],
//! [`DotPlot`], [`DotPanels`], [`Densities`], [`Snapshots`], [`WordMatrix`]) that implements [`Figure`]: it
//! becomes a [`Scene`], a page of
//! marks measured in points, which plotters' SVG and bitmap backends then paint. Nothing here
//! knows experiments, files of results or statistics.
//!
//! Text is never smaller than 8 points at the size asked for. Colours are safe for
//! colour-blind readers and never the only difference. The same data give the same bytes.

mod axis;
mod axis_marks;
#[cfg(test)]
mod checks;
mod colour_scale;
mod contours;
mod curve;
mod data;
mod density;
mod dot_panels;
mod dot_plot;
mod gallery;
mod geometry;
mod heat_cells;
mod heat_lines;
mod heat_map;
mod key;
mod labels;
mod lettering;
mod matrix;
mod number;
mod page;
mod paint;
mod palette;
mod panels;
mod phase_map;
mod raster;
mod save;
mod scale;
mod scene;
mod series;
mod snapshots;

pub use axis::{Axis, Spread};
pub use axis_marks::AxisMark;
pub use colour_scale::ColourScale;
pub use curve::Curve;
pub use data::Datum;
pub use density::{Densities, Distribution};
pub use dot_panels::DotPanels;
pub use dot_plot::{Better, DotPlot, DotSeries, Estimate};
pub use gallery::{Gallery, GalleryRow, Picture};
pub use heat_map::{HeatMap, MapLine};
pub use labels::PointLabel;
pub use matrix::{Entry, Tone, WordMatrix};
pub use palette::{Dash, Marker, Style};
pub use panels::Panels;
pub use phase_map::{Lattice, PhaseCell, PhaseMap};
pub use save::{save, save_one, to_svg_string};
pub use scene::{Mark, Rect, Scene, Size};
pub use series::{Baseline, Law, Point, Series};
pub use snapshots::{Ellipse, Snapshot, Snapshots};

/// Why a figure could not be drawn or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// The page has no usable size.
    #[error(
        "a figure of {width} × {height} inches can't be drawn: give a size above 0 and at most 100 inches"
    )]
    Size {
        /// Width asked for, inches.
        width: f64,
        /// Height asked for, inches.
        height: f64,
    },
    /// Titles, key and notes leave too little of the page for the data.
    #[error(
        "no room for the data on {width:.1} × {height:.1} inches: make the figure larger, shorten its texts, or show fewer series"
    )]
    NoRoom {
        /// Width asked for, inches.
        width: f64,
        /// Height asked for, inches.
        height: f64,
    },
    /// A file that ends neither in `.svg` nor in `.png`.
    #[error("{}: a figure is written as .svg or .png", path.display())]
    Ending {
        /// The file asked for.
        path: std::path::PathBuf,
    },
    /// The parts of a figure don't have matching sizes.
    #[error("{what}: expected {expected}, got {got}")]
    Shape {
        /// Which part.
        what: String,
        /// The number that was needed.
        expected: usize,
        /// The number that was given.
        got: usize,
    },
    /// The bundled font could not be read.
    #[error("the bundled font could not be read: the program was built wrongly, rebuild it")]
    Font,
    /// A drawing backend refused.
    #[error("the figure could not be painted: {0}")]
    Paint(String),
    /// A file could not be written.
    #[error("could not write the figure {path}: {source}")]
    Write {
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl FigureError {
    /// What a drawing backend said.
    fn paint(refused: impl std::fmt::Display) -> Self {
        Self::Paint(refused.to_string())
    }
}

/// Something that can be laid out on a page.
pub trait Figure {
    /// Returns the page with its marks, in points. A figure whose height follows from its
    /// content (a gallery) keeps the width and sets its own height.
    ///
    /// # Errors
    /// Parts whose sizes don't match, or a page too small for its texts.
    fn scene(&self, size: Size) -> Result<Scene, FigureError>;

    /// The numbers that it shows, for the CSV beside it; none where it shows rows, not numbers.
    fn data(&self) -> Vec<Datum> {
        Vec::new()
    }
}

/// What a reader that can't see the picture is told.
fn description(title: &str, quantity: &str) -> String {
    match (title, quantity) {
        ("", "") => "figure".to_owned(),
        (t, "") => t.to_owned(),
        ("", q) => q.to_owned(),
        (t, q) => format!("{t}: {q}"),
    }
}

/// Refuses a plot area in which nothing could be read.
fn has_room(area: Rect, scene: &Scene) -> Result<(), FigureError> {
    if area.width() >= 60.0 && area.height() >= 45.0 {
        return Ok(());
    }
    Err(FigureError::NoRoom { width: scene.width / 72.0, height: scene.height / 72.0 })
}
