//! The idx format of MNIST and its relatives: unsigned bytes with a header of sizes.
//!
//! Bytes 0 and 1 are 0, byte 2 is the type (08: unsigned byte), byte 3 the number of dimensions;
//! then one big-endian 32-bit size per dimension, then the data, the last dimension fastest. Three
//! dimensions are images, two are rows of numbers. Pixels are divided by `scale`, so that they lie
//! in [0, 1]. Labels are a one-dimensional idx file beside it: its name has `labels` for `images`
//! and `idx1` for `idx3`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{FileError, Place, Problem};
use super::options::Options;
use super::read;
use crate::data::parameters::{ParameterError, SourceError};
use crate::data::{Column, Field, Kind, Levels, Role, Samples, Schema, Splits};

/// Bytes with their sizes.
#[derive(Debug)]
pub(in crate::data) struct Idx {
    /// One size per dimension.
    pub sizes: Vec<usize>,
    /// The product of the sizes many bytes.
    pub bytes: Vec<u8>,
}

/// The splits of an idx file's bytes; labels are read from a file of their own.
pub(super) fn load(path: &Path, bytes: Vec<u8>, options: &Options) -> Result<Splits, SourceError> {
    options.only("an idx file", &[&["labels", "scale"]])?;
    let scale = scale(options)?;
    let images = Idx::read(path, bytes)?;
    let labels = match options.labels.as_deref() {
        Some("") => None,
        Some(named) => Some(PathBuf::from(named)),
        None => beside(path),
    };
    let labels = match labels {
        Some(file) => Some(Idx::read(&file, read::bytes(&file)?)?),
        None => None,
    };
    let rows = images.samples(path, labels.as_ref(), scale)?;
    let few = |e| FileError::whole(path, Problem::TooFewRows(e));
    Ok(options.splits.usual().shuffled(rows.len()).map_err(few)?.of(&rows))
}

/// The pixel value that becomes 1.
pub(super) fn scale(options: &Options) -> Result<f64, ParameterError> {
    match options.scale.unwrap_or(255.0) {
        scale if scale.is_finite() && scale > 0.0 => Ok(scale),
        scale => Err(ParameterError::new("scale", format!("it is {scale}"), "give a positive number")),
    }
}

impl Idx {
    /// Reads the decompressed bytes of an idx file.
    pub fn read(path: &Path, mut file: Vec<u8>) -> Result<Idx, FileError> {
        let fail = |at, problem| FileError::new(path, Place::Byte(at), problem);
        let dimensions = match file.as_slice() {
            [0, 0, 8, n @ 1..=4, ..] => usize::from(*n),
            _ => {
                let start: Vec<String> = file.iter().take(4).map(|b| format!("{b:02x}")).collect();
                return Err(fail(0, Problem::IdxMagic(start.join(" "))));
            }
        };
        let header = 4 + 4 * dimensions;
        if file.len() < header {
            return Err(fail(file.len(), Problem::IdxLength { expected: header, found: file.len() }));
        }
        let size = |b: &[u8]| b.iter().fold(0_usize, |n, &byte| n << 8 | usize::from(byte));
        let sizes: Vec<usize> = file[4..header].chunks_exact(4).map(size).collect();
        let cells = sizes.iter().try_fold(1_usize, |n, &s| n.checked_mul(s));
        let expected = match cells.and_then(|n| n.checked_add(header)) {
            Some(expected) if expected > header => expected,
            _ => return Err(fail(4, Problem::IdxShape(format!("sizes of {sizes:?}")))),
        };
        if file.len() != expected {
            let found = file.len();
            return Err(fail(found.min(expected), Problem::IdxLength { expected, found }));
        }
        file.drain(..header);
        Ok(Idx { sizes, bytes: file })
    }

    /// A table of images scaled to [0, 1], with a label column where there are labels.
    pub fn samples(&self, path: &Path, labels: Option<&Idx>, scale: f64) -> Result<Samples, FileError> {
        let n = self.sizes[0];
        let (width, image) = match self.sizes[1..] {
            [h, w] => (h * w, Some((h, w))),
            [width] => (width, None),
            _ => {
                let why = format!("{} dimensions where 2 (rows) or 3 (images) are needed", self.sizes.len());
                return Err(FileError::new(path, Place::Byte(3), Problem::IdxShape(why)));
            }
        };
        if let Some(at) = self.bytes.iter().position(|&v| f64::from(v) > scale) {
            let place = Place::Byte(4 + 4 * self.sizes.len() + at);
            return Err(FileError::new(path, place, Problem::AboveScale { value: self.bytes[at], scale }));
        }
        let data = self.bytes.iter().map(|&v| (f64::from(v) / scale) as f32).collect();
        let kind = Kind::F32 { width, image, range: Some((0.0, 1.0)) };
        let name = if image.is_some() { "image" } else { "x" };
        let mut fields = vec![Field { name: name.into(), role: Role::Feature, kind }];
        let mut columns = vec![Column::F32 { width, data }];
        if let Some(labels) = labels {
            let found = labels.bytes.len();
            if labels.sizes.len() != 1 || found != n {
                return Err(FileError::whole(path, Problem::IdxLabels { labels: found, images: n }));
            }
            let data: Vec<u32> = labels.bytes.iter().map(|&l| u32::from(l)).collect();
            let levels = Levels::Count(data.iter().max().map_or(1, |&most| most as usize + 1));
            fields.push(Field { name: "label".into(), role: Role::Label, kind: Kind::Codes { levels } });
            columns.push(Column::Codes { data });
        }
        Ok(Samples::trusted(Arc::new(Schema { fields }), columns))
    }
}

/// The labels file that the naming convention puts beside an images file, if it is there.
fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    if !name.contains("images") {
        return None;
    }
    let labels = name.replace("images", "labels").replace("idx3", "idx1");
    let plain = labels.strip_suffix(".gz").unwrap_or(&labels).to_owned();
    [labels, format!("{plain}.gz"), plain].into_iter().map(|n| path.with_file_name(n)).find(|p| p.is_file())
}
