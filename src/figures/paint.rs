//! From a [`Scene`] to SVG text or PNG bytes, through plotters' two backends.
//!
//! plotters' coordinates are whole numbers, so both are painted on a fine grid: SVG at 10 units
//! to the point (its `viewBox` scales back), PNG at 8 pixels to the point, averaged 3 × 3 down
//! to 192 pixels an inch. That averaging is also what smooths edges. The output depends on the
//! scene alone, so the same data give the same bytes.

use std::fmt::Write as _;

use base64::Engine as _;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, IntoTextStyle, RGBColor, ShapeStyle};

use super::FigureError;
use super::geometry::dashes;
use super::lettering::{self, HEIGHT_PER_EM};
use super::palette::Colour;
use super::raster::{average, encode, enlarge};
use super::scene::{Anchor, Mark, Scene, Text};

const SVG_PER_POINT: f64 = 10.0;
const PNG_PER_POINT: f64 = 8.0;
const PNG_AVERAGE: usize = 3;
/// Longest side that is painted, in points (100 inches): a typed error beyond, not a crash.
const LONGEST: f64 = 7200.0;

/// What differs between the backends.
#[derive(Clone, Copy)]
struct Grid {
    /// Backend units per point.
    unit: f64,
    /// Font size that the backend wants, per em.
    em: f64,
    /// Where the backend puts the baseline under the top of a text, in em.
    baseline: f64,
    /// Whether thick lines must be painted piece by piece (the bitmap backend's own outline of
    /// a thick line has spikes at sharp corners).
    pieces: bool,
}

const SVG: Grid = Grid { unit: SVG_PER_POINT, em: 1.24, baseline: 0.76, pieces: false };
const PNG: Grid =
    Grid { unit: PNG_PER_POINT, em: HEIGHT_PER_EM, baseline: HEIGHT_PER_EM / 2.0, pieces: true };

impl Grid {
    fn at(self, (x, y): (f64, f64)) -> (i32, i32) {
        ((x * self.unit).round() as i32, (y * self.unit).round() as i32)
    }

    fn length(self, points: f64) -> u32 {
        (points * self.unit).round().max(1.0) as u32
    }
}

/// Returns the scene as one SVG document.
///
/// # Errors
/// A page without a positive size, or one beyond 100 inches.
pub(super) fn svg(scene: &Scene) -> Result<String, FigureError> {
    check(scene)?;
    let (width, height) = (SVG.length(scene.width), SVG.length(scene.height));
    let mut text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, (width, height));
        paint(scene, &mut backend, SVG)?;
        backend.present().map_err(FigureError::paint)?;
    }
    let body_at = text.find('>').map_or(0, |i| i + 1);
    let body = text[body_at..].trim_end();
    let body = body.strip_suffix("</svg>").unwrap_or(body);
    let mut out = String::with_capacity(text.len() + 400);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{:.0}\" \
         viewBox=\"0 0 {width} {height}\" stroke-linejoin=\"round\" role=\"img\">\n<title>{}</title>{body}",
        scene.width * 96.0 / 72.0,
        scene.height * 96.0 / 72.0,
        escape(&scene.description),
    );
    for mark in &scene.marks {
        if let Mark::Image { at, columns, rows, grey } = mark {
            let data = base64::engine::general_purpose::STANDARD.encode(encode(
                grey,
                *columns,
                *rows,
                png::ColorType::Grayscale,
                None,
            )?);
            let (x, y) = SVG.at((at.left, at.top));
            let _ = writeln!(
                out,
                "<image x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
                 style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>",
                SVG.length(at.width()),
                SVG.length(at.height()),
            );
        }
    }
    out.push_str("</svg>\n");
    Ok(out)
}

/// Returns the scene as a PNG file of 192 pixels an inch.
///
/// # Errors
/// A page without a positive size, or one beyond 100 inches.
pub(super) fn png(scene: &Scene) -> Result<Vec<u8>, FigureError> {
    check(scene)?;
    let per_pixel = PNG_PER_POINT / PNG_AVERAGE as f64;
    let columns = (scene.width * per_pixel).round().max(1.0) as usize;
    let rows = (scene.height * per_pixel).round().max(1.0) as usize;
    let (wide, high) = (columns * PNG_AVERAGE, rows * PNG_AVERAGE);
    let mut fine = vec![255u8; wide * high * 3];
    {
        let mut backend = BitMapBackend::with_buffer(&mut fine, (wide as u32, high as u32));
        paint(scene, &mut backend, PNG)?;
        for mark in &scene.marks {
            if let Mark::Image { at, columns, rows, grey } = mark {
                let (w, h) = (PNG.length(at.width()), PNG.length(at.height()));
                let pixels = enlarge(grey, *columns, *rows, w as usize, h as usize);
                backend
                    .blit_bitmap(PNG.at((at.left, at.top)), (w, h), &pixels)
                    .map_err(FigureError::paint)?;
            }
        }
        backend.present().map_err(FigureError::paint)?;
    }
    let small = average(&fine, columns, rows, PNG_AVERAGE);
    // 192 pixels an inch is 7559 a metre.
    encode(&small, columns, rows, png::ColorType::Rgb, Some(7559))
}

fn check(scene: &Scene) -> Result<(), FigureError> {
    let fits = |v: f64| v.is_finite() && v > 0.0 && v <= LONGEST;
    if !fits(scene.width) || !fits(scene.height) {
        return Err(FigureError::Size { width: scene.width / 72.0, height: scene.height / 72.0 });
    }
    if !lettering::ready() {
        return Err(FigureError::Font);
    }
    Ok(())
}

fn rgb(colour: Colour) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

fn filled(colour: Colour, alpha: f64) -> ShapeStyle {
    rgb(colour).mix(alpha).filled()
}

fn paint<B: DrawingBackend>(scene: &Scene, to: &mut B, grid: Grid) -> Result<(), FigureError> {
    let corner = grid.at((scene.width, scene.height));
    to.draw_rect((0, 0), corner, &filled(super::palette::WHITE, 1.0), true).map_err(FigureError::paint)?;
    for mark in &scene.marks {
        match mark {
            Mark::Line { points, width, colour, dash } => {
                for piece in dashes(points, dash.pattern()) {
                    stroke(to, &piece, *width, *colour, grid)?;
                }
            }
            Mark::Area { points, colour, alpha } => {
                let corners: Vec<_> = points.iter().map(|&p| grid.at(p)).collect();
                to.fill_polygon(corners, &filled(*colour, *alpha)).map_err(FigureError::paint)?;
            }
            Mark::Disc { centre, radius, colour } => to
                .draw_circle(grid.at(*centre), grid.length(*radius), &filled(*colour, 1.0), true)
                .map_err(FigureError::paint)?,
            Mark::Text(text) => letters(to, text, grid)?,
            Mark::Image { .. } => {}
        }
    }
    Ok(())
}

fn stroke<B: DrawingBackend>(
    to: &mut B,
    points: &[(f64, f64)],
    width: f64,
    colour: Colour,
    grid: Grid,
) -> Result<(), FigureError> {
    if !grid.pieces {
        let style = rgb(colour).stroke_width(grid.length(width));
        let path: Vec<_> = points.iter().map(|&p| grid.at(p)).collect();
        return to.draw_path(path, &style).map_err(FigureError::paint);
    }
    let half = width / 2.0;
    let fill = filled(colour, 1.0);
    for (i, pair) in points.windows(2).enumerate() {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        if length <= 0.0 {
            continue;
        }
        let (nx, ny) = ((y1 - y0) / length * half, (x0 - x1) / length * half);
        let quad = [(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)];
        to.fill_polygon(quad.map(|p| grid.at(p)), &fill).map_err(FigureError::paint)?;
        if i > 0 && half * grid.unit > 1.5 {
            to.draw_circle(grid.at(pair[0]), grid.length(half), &fill, true).map_err(FigureError::paint)?;
        }
    }
    Ok(())
}

fn letters<B: DrawingBackend>(to: &mut B, text: &Text, grid: Grid) -> Result<(), FigureError> {
    let mut font = lettering::font(text.size * grid.unit * grid.em, text.bold);
    let drop = text.size * grid.baseline;
    let at = if text.upwards {
        font = font.transform(FontTransform::Rotate270);
        (text.x - drop, text.y)
    } else {
        (text.x, text.y - drop)
    };
    let side = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let style = font.color(&rgb(text.colour)).into_text_style(&(1, 1)).pos(Pos::new(side, VPos::Top));
    to.draw_text(&text.text, &style, grid.at(at)).map_err(FigureError::paint)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
