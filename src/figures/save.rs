//! Writing a figure: two files side by side, each written beside and renamed.

use std::path::{Path, PathBuf};

use super::scene::Size;
use super::{Figure, FigureError, Mark, data, lettering, paint};
use crate::output;

/// Returns the figure as one SVG document; the same figure gives the same text.
///
/// # Errors
/// What [`Figure::scene`] refuses, and a page without a usable size.
pub fn to_svg_string(figure: &dyn Figure, size: Size) -> Result<String, FigureError> {
    paint::svg(&figure.scene(size)?)
}

/// Returns the figure as a PNG file of 192 pixels an inch (twice the screen's 96).
///
/// # Errors
/// As [`to_svg_string`].
pub fn to_png_bytes(figure: &dyn Figure, size: Size) -> Result<Vec<u8>, FigureError> {
    paint::png(&figure.scene(size)?)
}

/// The files of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The vector file.
    pub svg: PathBuf,
    /// The bitmap.
    pub png: PathBuf,
    /// Its numbers; none where it shows no numbers.
    pub csv: Option<PathBuf>,
    /// Signs that the bundled font does not have: the SVG names other fonts for them, the PNG has boxes in their place.
    pub missing: String,
}

/// Writes `path`.svg, `path`.png and, where the figure shows numbers, `path`.csv. `path` has no
/// extension; the folder is made if it is missing. A reader never sees half a file.
///
/// # Errors
/// As [`to_svg_string`], and files that can't be written.
pub fn save(figure: &dyn Figure, path: &Path, size: Size) -> Result<Saved, FigureError> {
    let scene = figure.scene(size)?;
    let (svg, png) = (beside(path, "svg"), beside(path, "png"));
    write(&svg, paint::svg(&scene)?.as_bytes())?;
    write(&png, &paint::png(&scene)?)?;
    let numbers = figure.data();
    let csv = (!numbers.is_empty()).then(|| beside(path, "csv"));
    if let Some(path) = &csv {
        write(path, &data::csv(&numbers).map_err(FigureError::paint)?)?;
    }
    let texts = scene.marks.iter().filter_map(|mark| match mark {
        Mark::Text(text) => Some(text.text.as_str()),
        _ => None,
    });
    Ok(Saved { svg, png, csv, missing: lettering::missing(texts) })
}

/// Writes one file, in the format of its ending: `.svg` or `.png`.
///
/// # Errors
/// As [`save`], and [`FigureError::Ending`] for another ending.
pub fn save_one(figure: &dyn Figure, path: &Path, size: Size) -> Result<(), FigureError> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => write(path, to_svg_string(figure, size)?.as_bytes()),
        Some("png") => write(path, &to_png_bytes(figure, size)?),
        _ => Err(FigureError::Ending { path: path.to_owned() }),
    }
}

/// Appends an extension; `with_extension` would eat the end of a name like `alpha-0.3`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), FigureError> {
    let failed = |source| FigureError::Write { path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    output::write(path, bytes).map_err(failed)
}
