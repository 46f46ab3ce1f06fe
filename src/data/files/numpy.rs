//! Arrays as NumPy saves them: `.npy`, and `.npz`, a zip archive of them.
//!
//! Two dimensions are rows of numbers (embeddings, for example), three are images, one is a number a row. Unsigned bytes
//! are divided by `scale` (255), so that they lie in [0, 1]; other numbers stay as they are unless `scale` is given. Of an
//! archive the array of most numbers is the rows; `labels`, `label` or `y` beside it holds a whole number for each.
//! Source: the NumPy format specification, versions 1 to 3 (numpy.lib.format).

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use super::error::{FileError, Place, Problem};
use super::options::Options;
use super::{largest, read};
use crate::data::{Column, Field, Kind, Levels, Role, Samples, Schema};

/// Names of labels in an archive.
const LABELS: [&str; 4] = ["labels", "label", "y", "targets"];

/// An array in row-major order.
struct Array {
    sizes: Vec<usize>,
    bytes: bool,
    numbers: Vec<f64>,
}

/// The rows of the decompressed bytes of a file, with a label column where there are labels and `labelled`.
pub(super) fn samples(
    path: &Path,
    bytes: &[u8],
    options: &Options,
    labelled: bool,
) -> Result<Samples, FileError> {
    let (rows, mut labels) = match bytes.starts_with(b"PK") {
        true => archive(path, bytes)?,
        false => (array(path, bytes)?, None),
    };
    match options.labels.as_deref().filter(|_| labelled) {
        Some("") => labels = None,
        Some(file) => {
            let file = Path::new(file);
            labels = Some(array(file, &read::bytes(file)?)?);
        }
        None => {}
    }
    let labels = labels.filter(|_| labelled);
    let shape = |why: String| FileError::whole(path, Problem::ArrayShape(why));
    let (width, image) = match rows.sizes[..] {
        [_] => (1, None),
        [_, width] => (width, None),
        [_, h, w] | [_, h, w, 1] => (h * w, Some((h, w))),
        _ => return Err(shape(format!("its sizes are {:?}", rows.sizes))),
    };
    let n = rows.sizes[0];
    if n == 0 || width == 0 {
        return Err(FileError::whole(path, Problem::Empty));
    }
    let scale = options.scale.unwrap_or(if rows.bytes { 255.0 } else { 1.0 });
    if let Some(at) = rows.numbers.iter().position(|x| !x.is_finite()) {
        return Err(shape(format!("number {} of row {} is not finite", at % width + 1, at / width + 1)));
    }
    let scaled = rows.bytes || options.scale.is_some();
    if let Some(at) = rows.numbers.iter().position(|x| rows.bytes && *x > scale) {
        return Err(shape(format!(
            "row {} holds {}, above the `scale` of {scale}",
            at / width + 1,
            rows.numbers[at]
        )));
    }
    let data: Vec<f32> = rows.numbers.iter().map(|x| (x / scale) as f32).collect();
    let inside = data.iter().all(|x| (0.0..=1.0).contains(x));
    let range = (inside && (scaled || image.is_some())).then_some((0.0, 1.0));
    let name = if image.is_some() { "image" } else { "x" };
    let mut fields =
        vec![Field { name: name.into(), role: Role::Feature, kind: Kind::F32 { width, image, range } }];
    let mut columns = vec![Column::F32 { width, data }];
    if let Some(labels) = labels {
        if labels.sizes != [n] {
            return Err(shape(format!("the labels' sizes are {:?} where there are {n} rows", labels.sizes)));
        }
        if let Some(bad) = labels.numbers.iter().find(|l| l.fract() != 0.0 || !(0.0..1e6).contains(*l)) {
            return Err(shape(format!("the label {bad} is no whole number from 0")));
        }
        let data: Vec<u32> = labels.numbers.iter().map(|&l| l as u32).collect();
        let levels = Levels::Count(data.iter().max().map_or(1, |&most| most as usize + 1));
        fields.push(Field { name: "label".into(), role: Role::Label, kind: Kind::Codes { levels } });
        columns.push(Column::Codes { data });
    }
    Ok(Samples::trusted(Arc::new(Schema { fields }), columns))
}

/// The rows of an archive, and its labels.
fn archive(path: &Path, bytes: &[u8]) -> Result<(Array, Option<Array>), FileError> {
    let fail = |why: String| FileError::whole(path, Problem::Archive(why));
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| fail(e.to_string()))?;
    let (mut rows, mut labels): (Option<Array>, Option<Array>) = (None, None);
    for i in 0..zip.len() {
        let entry = zip.by_index(i).map_err(|e| fail(e.to_string()))?;
        let name = entry.name().trim_end_matches(".npy").to_owned();
        let packed = entry.compressed_size() as usize;
        let inside = largest::unpacked(entry, packed).map_err(|e| fail(e.to_string()))?;
        let inside = inside.map_err(|why| FileError::whole(path, Problem::TooLarge(why)))?;
        if !inside.starts_with(MAGIC) {
            return Err(fail(format!("`{name}` in it is no array")));
        }
        let found = array(path, &inside)?;
        if LABELS.contains(&name.as_str()) {
            labels = Some(found);
        } else if rows.as_ref().is_none_or(|known| known.numbers.len() < found.numbers.len()) {
            rows = Some(found);
        }
    }
    Ok((rows.ok_or_else(|| fail("it holds no array of rows".into()))?, labels))
}

const MAGIC: &[u8] = b"\x93NUMPY";

fn array(path: &Path, bytes: &[u8]) -> Result<Array, FileError> {
    let fail = |at: usize, why: &str| FileError::new(path, Place::Byte(at), Problem::Numpy(why.into()));
    let (start, size) = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => {
            (10, usize::from(u16::from_le_bytes([*a, *b])))
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
            (12, u32::from_le_bytes([*a, *b, *c, *d]) as usize)
        }
        _ => return Err(fail(0, "it does not begin as an array of a known version")),
    };
    let header = bytes.get(start..start + size).ok_or_else(|| fail(start, "its header is cut off"))?;
    let header = String::from_utf8_lossy(header);
    let value = |key: &str| -> Option<&str> {
        let (_, rest) = header.split_once(&format!("'{key}':"))?;
        Some(rest.trim_start())
    };
    let kind = value("descr").and_then(|v| v.strip_prefix('\'')?.split('\'').next());
    let kind = kind.ok_or_else(|| fail(start, "its numbers are not of one kind"))?;
    let fortran = value("fortran_order").is_some_and(|v| v.starts_with("True"));
    let sizes = value("shape").and_then(|v| v.strip_prefix('(')?.split(')').next()).unwrap_or("");
    let sizes: Option<Vec<usize>> =
        sizes.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| s.parse().ok()).collect();
    let sizes = sizes.filter(|s| !s.is_empty()).ok_or_else(|| fail(start, "its sizes can't be read"))?;
    let body = &bytes[start + size..];
    let wide: usize = kind.get(2..).and_then(|w| w.parse().ok()).unwrap_or(0);
    let big = kind.starts_with('>');
    let decode: fn(u64) -> f64 = match (kind.as_bytes().get(1), wide) {
        (Some(b'f'), 8) => f64::from_bits,
        (Some(b'f'), 4) => |b| f64::from(f32::from_bits(b as u32)),
        (Some(b'f'), 2) => half,
        (Some(b'u'), 1 | 2 | 4 | 8) | (Some(b'b'), 1) => |b| b as f64,
        (Some(b'i'), 1) => |b| f64::from(b as u8 as i8),
        (Some(b'i'), 2) => |b| f64::from(b as u16 as i16),
        (Some(b'i'), 4) => |b| f64::from(b as u32 as i32),
        (Some(b'i'), 8) => |b| b as i64 as f64,
        _ => return Err(fail(start, &format!("its cells are `{kind}`, not real numbers"))),
    };
    let cells = sizes.iter().try_fold(1_usize, |n, s| n.checked_mul(*s)).unwrap_or(usize::MAX);
    if cells.checked_mul(wide) != Some(body.len()) {
        let why = format!("{} bytes of numbers where sizes of {sizes:?} need {cells} of {wide}", body.len());
        return Err(fail(start + size, &why));
    }
    let number = |cell: &[u8]| {
        let place = |b: u64, byte: &u8| b << 8 | u64::from(*byte);
        decode(if big { cell.iter().fold(0, place) } else { cell.iter().rev().fold(0, place) })
    };
    let numbers: Vec<f64> = body.chunks_exact(wide).map(number).collect();
    let numbers = if fortran { row_major(&numbers, &sizes) } else { numbers };
    Ok(Array { bytes: kind.ends_with("u1"), sizes, numbers })
}

/// IEEE 754 binary16.
fn half(bits: u64) -> f64 {
    let (sign, exponent, fraction) = (bits >> 15 & 1, (bits >> 10 & 31) as i32, (bits & 1023) as f64);
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => (1.0 + fraction / 1024.0) * 2_f64.powi(e - 15),
    };
    if sign == 1 { -size } else { size }
}

/// Numbers whose first place varies fastest, with the last one fastest.
fn row_major(numbers: &[f64], sizes: &[usize]) -> Vec<f64> {
    let at = |mut i: usize| {
        let (mut place, mut stride) = (0, numbers.len());
        for size in sizes.iter().rev() {
            stride /= size;
            place += (i % size) * stride;
            i /= size;
        }
        numbers[place]
    };
    (0..numbers.len()).map(at).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(kind: &str, fortran: &str, shape: &str, body: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut out = b"\x93NUMPY\x01\x00".to_vec();
        out.extend((header.len() as u16).to_le_bytes());
        out.extend(header.as_bytes());
        out.extend(body);
        out
    }

    fn read(bytes: &[u8]) -> Result<Samples, FileError> {
        samples(Path::new("a.npy"), bytes, &Options::default(), true)
    }

    #[test]
    fn numbers_of_every_kind_and_order_are_read() {
        let body: Vec<u8> =
            [1.5_f64, -2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(
            read(&file("<f8", "False", "(2, 3)", &body)).unwrap().features(),
            [1.5, -2.0, 3.0, 4.0, 5.0, 6.0]
        );
        assert_eq!(
            read(&file("<f8", "True", "(2, 3)", &body)).unwrap().features(),
            [1.5, 3.0, 5.0, -2.0, 4.0, 6.0]
        );
        let big: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|x| x.to_be_bytes()).collect();
        assert_eq!(read(&file(">f4", "False", "(2,)", &big)).unwrap().features(), [1.5, -2.0]);
        assert_eq!(read(&file("<i2", "False", "(2, 1)", &[255, 255, 3, 0])).unwrap().features(), [-1.0, 3.0]);
        // 1.5 and −2⁻²⁴ as binary16.
        assert_eq!(
            read(&file("<f2", "False", "(2,)", &[0x00, 0x3e, 0x01, 0x80])).unwrap().features(),
            [1.5, -(2_f64.powi(-24))]
        );
        let images = read(&file("|u1", "False", "(1, 2, 2)", &[0, 51, 102, 255])).unwrap();
        assert_eq!(images.schema().image(), Some((2, 2)));
        assert!(images.features().iter().zip([0.0, 0.2, 0.4, 1.0]).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn what_is_no_array_of_numbers_is_refused_with_its_reason() {
        let said = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(said(&file("<f8", "False", "(2, 3)", &[0; 16])).contains("16 bytes"));
        assert!(said(&file("|O", "False", "(2,)", &[0; 16])).contains("`|O`"));
        assert!(said(b"\x93NUMPY\x07").contains("version"));
        assert!(said(&file("<f8", "False", "(1, 1)", &f64::NAN.to_le_bytes())).contains("not finite"));
        assert!(said(&file("<f8", "False", "(1, 1, 1, 2, 1)", &[0; 16])).contains("sizes"));
    }
}
