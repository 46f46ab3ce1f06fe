//! The user's own files, and what to tell them when a file can't be used.
//!
//! [`open`] picks the format by the file's name or first bytes, as `--data mine.csv` does; the
//! sources `csv`, `text`, `jsonl`, `conll` and `idx` name it. Gzip is undone in all of them.

mod card;
pub(super) mod cell;
mod columns;
pub(super) mod conll;
pub(super) mod csv;
pub(super) mod error;
pub(super) mod human;
pub(super) mod idx;
pub(super) mod jsonl;
mod looks;
mod news;
mod numbers;
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
pub use other::{AsHuman, Made};
pub use pair::{Pair, open_pair};

use super::parameters::{ParameterError, build_with, joined};
use super::splits::Shares;
use super::text::PARAMETERS as OF_TEXT;
use super::{Source, SourceError};
use crate::registry::{About, Entry, Parameter};
use crate::spec::{self, Node};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Text,
    JsonLines,
    Conll,
    Idx,
}

/// Opens a user's file as a source named after the file. The format goes by the name's ending
/// (before `.gz`): `.csv`, `.tsv`, `.txt`, `.md`, `.jsonl`, `.ndjson`, `.conll`, `.idx`, `…-ubyte`;
/// else by the first bytes. `options.path` is ignored.
pub fn open(path: &Path, options: &Options) -> Result<Source, SourceError> {
    let bytes = read::bytes(path)?;
    let format = Format::of(path, &bytes).ok_or_else(|| FileError::whole(path, Problem::UnknownFormat))?;
    source(format, path, bytes, options)
}

fn source(format: Format, path: &Path, bytes: Vec<u8>, options: &Options) -> Result<Source, SourceError> {
    let (splits, own) = human::load(format, path, bytes, options)?;
    let name = path.file_name().map_or_else(|| "file".into(), |n| n.to_string_lossy().into_owned());
    Ok(Source { file: Some(own.into()), ..Source::finite(name, splits) })
}

/// Opens the file that a spec names, in the given format or by its ending.
fn named(format: Option<Format>, node: &Node) -> Result<Source, spec::Error> {
    build_with(node, |options: Options| {
        if options.path.is_empty() {
            return Err(ParameterError::new("path", "no file is named", "add `path = \"…\"`").into());
        }
        let path = Path::new(&options.path);
        match format {
            Some(format) => source(format, path, read::bytes(path)?, &options),
            None => open(path, &options),
        }
    })
}

impl Format {
    /// The format by a name's ending, before `.gz`.
    fn of_name(name: &str) -> Option<Format> {
        let name = name.to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit('.').next() {
            Some("csv" | "tsv" | "tab") => Some(Format::Csv),
            Some("txt" | "text" | "md") => Some(Format::Text),
            Some("jsonl" | "ndjson" | "json") => Some(Format::JsonLines),
            Some("conll" | "bio" | "iob") => Some(Format::Conll),
            Some("idx") => Some(Format::Idx),
            _ => name.ends_with("-ubyte").then_some(Format::Idx),
        }
    }

    fn of(path: &Path, bytes: &[u8]) -> Option<Format> {
        if let Some(format) = Format::of_name(&path.file_name()?.to_string_lossy()) {
            return Some(format);
        }
        match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
            _ if bytes.starts_with(&[0, 0, 8]) => Some(Format::Idx),
            Some(b'{') => Some(Format::JsonLines),
            _ => None,
        }
    }
}

const PATH: Parameter = Parameter {
    name: "path",
    default: "required",
    meaning: "The file, relative to the working directory; .gz is undone",
};
const COLUMNS: [Parameter; 9] = [
    Parameter {
        name: "columns",
        default: "all others",
        meaning: "The columns to model, in this order; default: all that are not label, group or text",
    },
    Parameter {
        name: "without",
        default: "[]",
        meaning: "Columns to leave out, whatever they hold: dates, names, numbers of rows",
    },
    Parameter {
        name: "label",
        default: "none",
        meaning: "The column that is the target of tasks. Numbers are classes where they are whole and of at most 20 \
                  different values, or where `categorical` lists the column; else the target is a number. Beside text \
                  it is always a class",
    },
    Parameter { name: "group", default: "none", meaning: "The column whose groups' shares are measured" },
    Parameter {
        name: "categorical",
        default: "[]",
        meaning: "Columns whose numbers are names of categories",
    },
    Parameter {
        name: "numeric",
        default: "[]",
        meaning: "Columns of numbers: what is no number there counts as a gap",
    },
    Parameter { name: "id_column", default: "[]", meaning: "Columns that only tell rows apart: left out" },
    Parameter {
        name: "decimal",
        default: "as each column says",
        meaning: "The sign before the fraction of numbers, `.` or `,`. A column of numbers with decimal commas, marks \
                  between thousands, one currency or per cent is read as numbers where all its cells are written so",
    },
    Parameter {
        name: "missing",
        default: "\"level\"",
        meaning: "What happens to gaps (nothing, NA, null, NaN among numbers). `level`: a gap in a feature of words is a \
                  level of its own (NA stays NA), and rows without a number, a label, a group or a text are left out; \
                  `drop`: every row with a gap is left out; `error`: the first gap of every column is an error. Rows \
                  that are left out are counted in the data card",
    },
];
const CUT: Parameter = Parameter {
    name: "cut",
    default: "\"windows\" for .txt, else \"records\"",
    meaning: "What a row of text is: `windows` of `row_tokens` tokens, or one row per record (line)",
};
const SPLITS: [Parameter; 3] = Shares::describe("0.3", "0.1");
const TEXT_PARAMETERS: [Parameter; 9] = joined(joined::<5, 1, 6>(OF_TEXT, [CUT]), SPLITS);
const TABLE_PARAMETERS: [Parameter; 19] = joined(joined::<1, 9, 10>([PATH], COLUMNS), TEXT_PARAMETERS);

const TAGGED_PARAMETERS: [Parameter; 8] = joined::<4, 4, 8>(
    [
        Parameter { name: "token_column", default: "1", meaning: "The column of the token, from 1" },
        Parameter { name: "tag_column", default: "the last", meaning: "The column of the tag, from 1" },
        Parameter {
            name: "scheme",
            default: "\"bio\"",
            meaning: "How tags mark mentions: `bio`, `iob1` (made BIO), or `plain` for tags without structure",
        },
        Parameter {
            name: "group",
            default: "none",
            meaning: "The key of a comment `# key = value` before every sentence, as a column of role group",
        },
    ],
    super::tagged::PARAMETERS,
);

/// `source = "file"`.
pub(super) const ANY: Entry<Source> = Entry {
    about: About {
        name: "file",
        summary: "Your own file, read by its ending as csv, text, jsonl, conll or idx",
        details: "`.csv` and `.tsv` are tables, `.txt` and `.md` text, `.jsonl` JSON lines, `.conll` tagged \
                  sentences, `.idx` and `-ubyte` idx; `.gz` before that is undone. The parameters are those of the format.",
        source: "`csv`, `text`, `jsonl`, `conll` and `idx`",
        parameters: &[PATH],
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
        parameters: &joined::<19, 3, 22>(
            TABLE_PARAMETERS,
            [
                Parameter {
                    name: "text_column",
                    default: "none",
                    meaning: "The column that holds text; the text parameters apply to it",
                },
                Parameter {
                    name: "delimiter",
                    default: "found",
                    meaning: "One character between cells; default: the most frequent of , tab ; | in line 1",
                },
                Parameter {
                    name: "header",
                    default: "found",
                    meaning: "Whether line 1 names the columns; default: unless all its cells are numbers",
                },
            ],
        ),
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
        parameters: &joined::<1, 9, 10>([PATH], TEXT_PARAMETERS),
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
                  one row of text; `label` and `group` name further fields. Otherwise the fields are columns of \
                  a table as in `csv`: numbers are numeric, strings and booleans categorical.",
        source: "https://jsonlines.org",
        parameters: &joined::<19, 1, 20>(
            TABLE_PARAMETERS,
            [Parameter {
                name: "text_column",
                default: "\"text\" or \"messages\" where every line has one",
                meaning: "The field that holds text (`text_field` means the same)",
            }],
        ),
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
        parameters: &joined::<1, 11, 12>([PATH], joined::<8, 3, 11>(TAGGED_PARAMETERS, SPLITS)),
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
        parameters: &joined::<3, 3, 6>(
            [
                PATH,
                Parameter {
                    name: "labels",
                    default: "found",
                    meaning: "The idx file of labels; default: found by name; \"\" for none",
                },
                Parameter {
                    name: "scale",
                    default: "255",
                    meaning: "The pixel value that becomes 1, positive",
                },
            ],
            SPLITS,
        ),
        version: 1,
    },
    extra: (),
    build: |node, _| named(Some(Format::Idx), node),
};
