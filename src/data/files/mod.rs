//! The user's own files, and what to tell them when a file can't be used.
//!
//! [`open`] picks the format by the file's name or first bytes, as `--data mine.csv` does; the
//! sources `csv`, `text`, `jsonl`, `conll`, `idx`, `numpy` and `images` name it. Gzip and zstd are undone in all of them,
//! and `-` is standard input.

mod card;
pub(super) mod cell;
mod columns;
pub(super) mod conll;
pub(super) mod csv;
pub(super) mod error;
pub(super) mod human;
pub(super) mod idx;
mod images;
pub(super) mod jsonl;
pub mod largest;
mod looks;
mod news;
mod numbers;
mod numpy;
mod options;
mod other;
mod pair;
pub(super) mod read;
mod rows;
pub(super) mod table;
mod text;

#[cfg(test)]
mod card_tests;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use card::{Card, OtherCard};
pub use error::{FileError, Place, Problem};
pub use human::OwnFile;
pub use options::{Missing, Options, Scheme};
pub use other::AsHuman;
pub use pair::open_pair;

use options::{TABLE, TEXT as OF_TEXT};

use super::parameters::build_with;
use super::splits::SplitOptions;
use super::tagged::TaggedOptions;
use super::{Source, SourceError};
use crate::registry::{About, Entry, Parameter};
use crate::spec::{self, Key, Node, joined, parameter};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Text,
    JsonLines,
    Conll,
    Idx,
    Numpy,
    Images,
}

/// Opens a user's file as a source named after the file. The format goes by the name's ending
/// (before `.gz` and `.zst`): `.csv`, `.tsv`, `.txt`, `.md`, `.jsonl`, `.ndjson`, `.conll`, `.idx`, `…-ubyte`, `.npy`,
/// `.npz`; else by the first bytes; a folder holds images. `options.path` is ignored.
pub fn open(path: &Path, options: &Options) -> Result<Source, SourceError> {
    let (format, bytes) = Format::found(path)?;
    source(format, path, bytes, options)
}

fn source(format: Format, path: &Path, bytes: Vec<u8>, options: &Options) -> Result<Source, SourceError> {
    let (splits, own) = human::load(format, path, bytes, options)?;
    let name = path.file_name().map_or_else(|| "file".into(), |n| n.to_string_lossy().into_owned());
    Ok(Source { file: Some(own.into()), ..Source::finite(name, splits) })
}

/// Opens the file that a spec names, in the given format or by its ending.
fn named(format: Option<Format>, node: &Node) -> Result<Source, spec::Error> {
    let mut node = node.clone();
    if let Some(table) = node.as_table_mut()
        && let (Some(key), Some(field)) = (table.key("text_field").cloned(), table.remove("text_field"))
    {
        table.insert(Key { name: "text_column".into(), ..key }, field);
    }
    build_with(&node, |options: Options| {
        let path = Path::new(&options.path);
        match format {
            Some(Format::Images) => source(Format::Images, path, Vec::new(), &options),
            Some(format) => source(format, path, read::bytes(path)?, &options),
            None => open(path, &options),
        }
    })
}

impl Format {
    /// The format of what lies at a path, and its decompressed bytes; none of a folder of images.
    fn found(path: &Path) -> Result<(Format, Vec<u8>), FileError> {
        if path.is_dir() && images::holds_some(path) {
            return Ok((Format::Images, Vec::new()));
        }
        let bytes = read::bytes(path)?;
        let format =
            Format::of(path, &bytes).ok_or_else(|| FileError::whole(path, Problem::UnknownFormat))?;
        Ok((format, bytes))
    }

    /// The format by a name's ending, before `.gz` and `.zst`.
    fn of_name(name: &str) -> Option<Format> {
        let name = name.to_lowercase();
        let name = uncompressed(&name);
        match name.rsplit('.').next() {
            Some("csv" | "tsv" | "tab") => Some(Format::Csv),
            Some("txt" | "text" | "md") => Some(Format::Text),
            Some("jsonl" | "ndjson" | "json") => Some(Format::JsonLines),
            Some("conll" | "bio" | "iob") => Some(Format::Conll),
            Some("idx") => Some(Format::Idx),
            Some("npy" | "npz") => Some(Format::Numpy),
            _ => name.ends_with("-ubyte").then_some(Format::Idx),
        }
    }

    fn of(path: &Path, bytes: &[u8]) -> Option<Format> {
        if let Some(format) = Format::of_name(&path.file_name()?.to_string_lossy()) {
            return Some(format);
        }
        match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
            _ if bytes.starts_with(&[0, 0, 8]) => Some(Format::Idx),
            _ if bytes.starts_with(b"\x93NUMPY") => Some(Format::Numpy),
            Some(b'{') => Some(Format::JsonLines),
            // Standard input has no name: a first line of several cells is that of a table.
            _ if path.as_os_str() == read::STANDARD_INPUT => {
                let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
                let cells = first.iter().any(|b| matches!(b, b'\t' | b';' | b'|'))
                    || first.split(|b| *b == b',').all(|cell| !cell.starts_with(b" "))
                        && first.contains(&b',');
                Some(if cells { Format::Csv } else { Format::Text })
            }
            _ => None,
        }
    }
}

/// A name without what says that the file is compressed.
pub(crate) fn uncompressed(name: &str) -> &str {
    [".gz", ".zst"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// The parameters of all files with these names.
const fn of<const N: usize>(lists: &[&[&str]]) -> [Parameter; N] {
    let mut all = [Parameter::ANY; N];
    let (mut list, mut at) = (0, 0);
    while list < lists.len() {
        let mut i = 0;
        while i < lists[list].len() {
            all[at] = parameter(Options::PARAMETERS, lists[list][i]);
            at += 1;
            i += 1;
        }
        list += 1;
    }
    assert!(at == N, "as many names as parameters");
    all
}

const PATH: &[&str] = &["path"];
const SPLITS: &[&str] = &["held_out", "validation", "rows"];

/// `source = "file"`.
pub(super) const ANY: Entry<Source> = Entry {
    about: About {
        name: "file",
        summary: "Your own file, read by its ending as csv, text, jsonl, conll, idx or numpy, or a folder of images",
        details: "`.csv` and `.tsv` are tables, `.txt` and `.md` text, `.jsonl` JSON lines, `.conll` tagged \
                  sentences, `.idx` and `-ubyte` idx, `.npy` and `.npz` arrays; `.gz` and `.zst` after that are undone. A folder \
                  holds PNG and JPEG images; `-` is standard input. The parameters are those of the format.",
        source: "`csv`, `text`, `jsonl`, `conll`, `idx`, `numpy` and `images`",
        parameters: &of::<1>(&[PATH]),
        version: 2,
    },
    extra: (),
    build: |node, _| named(None, node),
};

/// `source = "csv"`.
pub(super) const CSV: Entry<Source> = Entry {
    about: About {
        name: "csv",
        summary: "Your own table: numbers and categories, or a column of text",
        details: "The first line names the columns, unless all its cells are numbers. A column of numbers is \
                  numeric, also with decimal commas, thousands, per cent or a currency if all are written so; a column \
                  of words is categorical, with its levels in sorted order (3.0 is 3); a few words among numbers are an \
                  error that names the line; a `label` of numbers may be either. Row numbers, keys, dates, free text \
                  and empty columns are left out, unless an option names them or nothing else is left. `text_column` \
                  makes it a text source with a row per record. Rows are split at random, the same for every seed. The \
                  data card (`--dry-run`, the page, manifest.json) says what was read, left out and why.",
        source: "RFC 4180, DOI 10.17487/RFC4180",
        parameters: &of::<23>(&[PATH, TABLE, OF_TEXT, SPLITS, &["text_column", "delimiter", "header"]]),
        version: 2,
    },
    extra: (),
    build: |node, _| named(Some(Format::Csv), node),
};

/// `source = "text"`.
pub(super) const TEXT: Entry<Source> = Entry {
    about: About {
        name: "text",
        summary: "Your own plain text",
        details: "White space becomes single spaces and letters lower case. Rows are consecutive windows that \
                  don't overlap; splits are contiguous chunks (100 of them) spread over the text, so that \
                  held-out windows are not wedged between training windows. The vocabulary is that of the \
                  training rows; all other tokens become one unknown token.",
        source: "UTF-8 text",
        parameters: &of::<10>(&[PATH, OF_TEXT, SPLITS]),
        version: 1,
    },
    extra: (),
    build: |node, _| named(Some(Format::Text), node),
};

/// `source = "jsonl"`.
pub(super) const JSONL: Entry<Source> = Entry {
    about: About {
        name: "jsonl",
        summary: "Your own JSON lines: a field of text, or fields of numbers and categories",
        details: "One object per line. With `text_column` (or a field called `text`, or `messages` of a chat, in every line) each object is \
                  one row of text; so is `prompt` with `response` or `completion`, as a chat of two messages; `label` and \
                  `group` name further fields. Otherwise the fields are columns of \
                  a table as in `csv`: numbers are numeric, strings and booleans categorical.",
        source: "https://jsonlines.org",
        parameters: &of::<21>(&[PATH, TABLE, OF_TEXT, SPLITS, &["text_column"]]),
        version: 2,
    },
    extra: (),
    build: |node, _| named(Some(Format::JsonLines), node),
};

/// `source = "conll"`.
pub(super) const CONLL: Entry<Source> = Entry {
    about: About {
        name: "conll",
        summary: "Your own tagged sentences in CoNLL columns: token … tag, blank lines between sentences",
        details: "One row per sentence: its words as they were cut, and a tag for each. Cells are divided by tabs \
                  where a line has one, else by white space. A line that begins with `#` and has no tab is a \
                  comment, unless a hashtag with its tag stands there (`#word B-X`); `# key = value` before a sentence is a property that `group` can name. BIO tags are \
                  checked: `I-X` goes on with a mention of X. The vocabulary is that of the whole file. Rows are \
                  split at random, the same for every seed.",
        source: "Tjong Kim Sang and De Meulder 2003, arXiv cs/0306050; BIO: Ramshaw and Marcus 1995, arXiv \
                 cmp-lg/9505040",
        parameters: &joined::<12>(&[
            &of::<5>(&[PATH, &["token_column", "tag_column", "scheme", "group"]]),
            TaggedOptions::PARAMETERS,
            SplitOptions::PARAMETERS,
        ]),
        version: 2,
    },
    extra: (),
    build: |node, _| named(Some(Format::Conll), node),
};

/// `source = "idx"`.
pub(super) const IDX: Entry<Source> = Entry {
    about: About {
        name: "idx",
        summary: "Your own images in the idx format of MNIST",
        details: "Unsigned bytes in two dimensions (rows of numbers) or three (images), divided by `scale` so \
                  that they lie in [0, 1]. Labels are found beside the images by name (`…-images-idx3-ubyte` and \
                  `…-labels-idx1-ubyte`, each also with .gz).",
        source: "LeCun, Cortes and Burges, the MNIST database of handwritten digits",
        parameters: &of::<6>(&[PATH, &["labels", "scale"], SPLITS]),
        version: 1,
    },
    extra: (),
    build: |node, _| named(Some(Format::Idx), node),
};

/// `source = "numpy"`.
pub(super) const NUMPY: Entry<Source> = Entry {
    about: About {
        name: "numpy",
        summary: "Your own array of NumPy: rows of numbers (embeddings), or images",
        details: "`.npy` of two dimensions is rows of numbers, of three images, of one a number a row. Unsigned bytes are \
                  divided by `scale`, so that they lie in [0, 1]; other numbers stay as they are. `.npz` is an archive of such \
                  arrays: the largest is the rows, one called `labels`, `label` or `y` their labels.",
        source: "numpy.lib.format, versions 1 to 3",
        parameters: &of::<6>(&[PATH, &["labels", "scale"], SPLITS]),
        version: 1,
    },
    extra: (),
    build: |node, _| named(Some(Format::Numpy), node),
};

/// `source = "images"`.
pub(super) const IMAGES: Entry<Source> = Entry {
    about: About {
        name: "images",
        summary: "Your own folder of PNG and JPEG images, a subfolder a class",
        details: "Images become grey and their bytes are divided by 255. They are all of one size, or scaled to squares of `side` \
                  pixels. Two or more subfolders are classes, the label; `labels = \"\"` leaves it out. Hidden files are passed \
                  over, other files counted in the data card.",
        source: "PNG: ISO/IEC 15948; JPEG: ISO/IEC 10918-1; grey: Rec. 709 luminance",
        parameters: &of::<6>(&[PATH, &["labels", "side"], SPLITS]),
        version: 1,
    },
    extra: (),
    build: |node, _| named(Some(Format::Images), node),
};
