//! Pixels: enlarging, averaging, and the PNG file.

use super::FigureError;

/// Nearest-neighbour enlargement of grey levels to RGB.
pub(super) fn enlarge(grey: &[u8], columns: usize, rows: usize, w: usize, h: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(w * h * 3);
    for y in 0..h {
        for x in 0..w {
            let v = grey.get(y * rows / h * columns + x * columns / w).copied().unwrap_or(255);
            out.extend_from_slice(&[v, v, v]);
        }
    }
    out
}

/// Means of `block` × `block` blocks of RGB.
pub(super) fn average(fine: &[u8], columns: usize, rows: usize, block: usize) -> Vec<u8> {
    let wide = columns * block;
    let count = (block * block) as u32;
    let mut out = Vec::with_capacity(columns * rows * 3);
    for y in 0..rows {
        for x in 0..columns {
            for c in 0..3 {
                let mut sum = 0u32;
                for dy in 0..block {
                    let row = (y * block + dy) * wide + x * block;
                    for dx in 0..block {
                        sum += u32::from(fine[(row + dx) * 3 + c]);
                    }
                }
                out.push(((sum + count / 2) / count) as u8);
            }
        }
    }
    out
}

pub(super) fn encode(
    data: &[u8],
    columns: usize,
    rows: usize,
    colour: png::ColorType,
    per_metre: Option<u32>,
) -> Result<Vec<u8>, FigureError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, columns as u32, rows as u32);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    // Flat colours pack best unfiltered.
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_compression(png::Compression::Default);
    if let Some(n) = per_metre {
        encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: n, yppu: n, unit: png::Unit::Meter }));
    }
    let mut writer = encoder.write_header().map_err(FigureError::paint)?;
    writer.write_image_data(data).map_err(FigureError::paint)?;
    writer.finish().map_err(FigureError::paint)?;
    Ok(out)
}
