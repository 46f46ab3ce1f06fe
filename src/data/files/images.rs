//! A folder of PNG and JPEG images; subfolders are classes.
//!
//! Images become grey (luminance) with bytes divided by 255. They are of one size, or scaled to squares of `side` pixels.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::imageops::FilterType;
use rayon::prelude::*;

use super::error::{FileError, Problem};
use super::options::Options;
use crate::data::{Column, Field, Kind, Levels, Role, Samples, Schema};

/// The images of a folder.
pub(super) struct Images {
    /// The rows, with a label column where there are subfolders.
    pub rows: Samples,
    /// Files that are no images.
    pub others: usize,
}

/// Whether a name is that of an image.
pub(super) fn is_image(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    matches!(ending.as_deref(), Some("png" | "jpg" | "jpeg"))
}

/// Whether a folder, or one in it, holds an image.
pub(super) fn holds_some(folder: &Path) -> bool {
    let inside = |folder: &Path| entries(folder).unwrap_or_default();
    let all = inside(folder);
    all.iter().any(|p| is_image(p)) || all.iter().any(|p| p.is_dir() && inside(p).iter().any(|p| is_image(p)))
}

/// What a folder holds, by name, without what is hidden.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let unreadable = |e| FileError::whole(folder, Problem::Unreadable(e));
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

/// Reads a folder, classes and then images in the order of their names.
///
/// # Errors
/// A file that is no image inside, sizes that differ, and images both in the folder and in folders of classes.
pub(super) fn read(folder: &Path, options: &Options) -> Result<Images, FileError> {
    let (folders, here): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(folder)?.into_iter().partition(|p| p.is_dir());
    let (mut files, mut classes, mut others) = (Vec::new(), Vec::new(), 0);
    let (own, rest): (Vec<PathBuf>, Vec<PathBuf>) = here.into_iter().partition(|p| is_image(p));
    others += rest.len();
    files.extend(own.into_iter().map(|file| (file, 0_u32)));
    let loose = files.len();
    for class in folders {
        let (images, rest): (Vec<PathBuf>, Vec<PathBuf>) =
            entries(&class)?.into_iter().partition(|p| is_image(p));
        others += rest.len();
        if !images.is_empty() {
            let code = classes.len() as u32;
            classes.push(class.file_name().unwrap_or_default().to_string_lossy().into_owned());
            files.extend(images.into_iter().map(|file| (file, code)));
        }
    }
    if files.is_empty() {
        return Err(FileError::whole(folder, Problem::Directory));
    }
    if loose > 0 && !classes.is_empty() {
        return Err(FileError::whole(
            folder,
            Problem::LooseImages { loose, class: classes[0].as_str().into() },
        ));
    }
    let decoded: Vec<(usize, usize, Vec<u8>)> =
        files.par_iter().map(|(file, _)| decode(file, options.side)).collect::<Result<_, _>>()?;
    let (height, width) = (decoded[0].0, decoded[0].1);
    if let Some(at) = decoded.iter().position(|(h, w, _)| (*h, *w) != (height, width)) {
        let (h, w, _) = decoded[at];
        return Err(FileError::whole(
            &files[at].0,
            Problem::ImageSize { found: (h, w), first: (height, width) },
        ));
    }
    let data = decoded.iter().flat_map(|(.., bytes)| bytes).map(|&b| f32::from(b) / 255.0).collect();
    let pixels = height * width;
    let kind = Kind::F32 { width: pixels, image: Some((height, width)), range: Some((0.0, 1.0)) };
    let mut fields = vec![Field { name: "image".into(), role: Role::Feature, kind }];
    let mut columns = vec![Column::F32 { width: pixels, data }];
    if classes.len() > 1 && options.labels.as_deref() != Some("") {
        let levels = Levels::Named(classes.into());
        fields.push(Field { name: "label".into(), role: Role::Label, kind: Kind::Codes { levels } });
        columns.push(Column::Codes { data: files.iter().map(|(_, code)| *code).collect() });
    }
    Ok(Images { rows: Samples::trusted(Arc::new(Schema { fields }), columns), others })
}

/// Height, width and grey bytes of an image.
fn decode(file: &Path, side: Option<usize>) -> Result<(usize, usize, Vec<u8>), FileError> {
    let fail = |why: String| FileError::whole(file, Problem::Image(why));
    let bytes = std::fs::read(file).map_err(|e| FileError::whole(file, Problem::Unreadable(e)))?;
    // By its bytes: a JPEG may be called .png.
    let image = image::load_from_memory(&bytes).map_err(|e| fail(e.to_string()))?;
    let image = match side {
        Some(side) => image.resize_exact(side as u32, side as u32, FilterType::Triangle),
        None => image,
    };
    let grey = image.into_luma8();
    Ok((grey.height() as usize, grey.width() as usize, grey.into_raw()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn write(path: &Path, side: u32, of: impl Fn(u32, u32) -> u8) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::GrayImage::from_fn(side, side, |x, y| image::Luma([of(x, y)])).save(path).unwrap();
    }

    #[test]
    fn folders_are_classes_and_pixels_keep_their_places() {
        let folder = tempfile::tempdir().unwrap();
        for i in 0..3 {
            write(&folder.path().join(format!("cats/{i}.png")), 2, |x, y| (100 * x + 50 * y) as u8);
            write(&folder.path().join(format!("dogs/{i}.PNG")), 2, |_, _| 255);
        }
        std::fs::write(folder.path().join("cats/notes.txt"), "x").unwrap();
        assert!(holds_some(folder.path()));
        let Images { rows, others } = read(folder.path(), &Options::default()).unwrap();
        assert_eq!((rows.len(), others, rows.labels()), (6, 1, Some(&[0, 0, 0, 1, 1, 1][..])));
        let cat: Vec<f64> = [0.0, 100.0, 50.0, 150.0].iter().map(|b| b / 255.0).collect();
        assert!(rows.features()[..4].iter().zip(&cat).all(|(a, b)| (a - b).abs() < 1e-6));
        let unlabelled = Options { labels: Some(String::new()), ..Options::default() };
        assert!(read(folder.path(), &unlabelled).unwrap().rows.labels().is_none());
    }

    #[test]
    fn sizes_that_differ_are_an_error_unless_a_side_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a.png"), 4, |_, _| 51);
        write(&folder.path().join("b.png"), 6, |_, _| 102);
        let error = read(folder.path(), &Options::default()).err().unwrap().to_string();
        assert!(error.contains("b.png") && error.contains("6×6") && error.contains("`side`"), "{error}");
        let scaled = read(folder.path(), &Options { side: Some(3), ..Options::default() }).unwrap().rows;
        assert_eq!(scaled.schema().image(), Some((3, 3)));
        assert!(scaled.features()[..9].iter().all(|x| (x - 0.2).abs() < 1e-6));
        std::fs::write(folder.path().join("c.png"), "no image").unwrap();
        assert!(read(folder.path(), &Options::default()).err().unwrap().to_string().contains("c.png"));
        assert!(read(&folder.path().join("none"), &Options::default()).is_err());
    }
}
