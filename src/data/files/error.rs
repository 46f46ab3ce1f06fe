//! What can be wrong with a user's file: one error that says where and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::data::TooFewRows;

/// A file that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}{place}: {problem}", path = path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub place: Place,
    /// What is wrong, and what to do.
    pub problem: Problem,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A line, from 1.
    Line(u64),
    /// A column of a table on a line.
    Cell {
        /// The line, from 1.
        line: u64,
        /// The column's name.
        column: String,
    },
    /// A byte of the decompressed file, from 0.
    Byte(usize),
}

/// What is wrong with a file, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is not there.
    #[error("there is no such file; check the path (relative paths start at the working directory)")]
    Missing,
    /// It is a directory.
    #[error("this is a directory without PNG or JPEG images; name a file inside it")]
    Directory,
    /// The operating system refused.
    #[error("it can't be read ({0}); check its permissions")]
    Unreadable(std::io::Error),
    /// It has no byte, or nothing but white space.
    #[error("the file is empty; give a file with data")]
    Empty,
    /// It starts as gzip but does not go on so.
    #[error("the compressed data are damaged ({0}); compress or download the file again")]
    Compression(std::io::Error),
    /// A container that is not read.
    #[error("this is {0}, which is not read; export the data as .csv, .jsonl or .txt")]
    Container(&'static str),
    /// More than is read into memory.
    #[error("{0}; if it is what it should be, allow it with --file-limit GB")]
    TooLarge(String),
    /// It holds NUL bytes.
    #[error("a NUL byte: this is binary data or UTF-16, not text; save it as UTF-8 text")]
    Binary,
    /// It is not UTF-8.
    #[error("this byte is not UTF-8; save the file as UTF-8 (it may be Latin-1 or Windows-1252)")]
    NotUtf8,
    /// Neither its name nor its first bytes tell what it is.
    #[error(
        "the format is unknown; name it .csv, .tsv, .txt, .jsonl, .conll, .idx, .npy or .npz (each also with .gz or .zst)"
    )]
    UnknownFormat,
    /// An array that is no rows or images.
    #[error(
        "the array is no rows of numbers and no images: {0}; save (rows, numbers) or (images, height, width)"
    )]
    ArrayShape(String),
    /// An archive of arrays that can't be read.
    #[error("the archive can't be read: {0}; save it again with numpy.savez")]
    Archive(String),
    /// An array that can't be read.
    #[error("the array can't be read: {0}; save numbers with numpy.save")]
    Numpy(String),
    /// A file that is no image.
    #[error("this is no image that can be read ({0}); save it as PNG or JPEG")]
    Image(String),
    /// Images of several sizes.
    #[error(
        "the image has {}×{} pixels where the first one has {}×{}; scale all to squares with `side`, for example `side = 16`",
        found.0, found.1, first.0, first.1
    )]
    ImageSize {
        /// Height and width.
        found: (usize, usize),
        /// Those of the first image.
        first: (usize, usize),
    },
    /// Images beside folders of classes.
    #[error(
        "{loose} images lie beside folders of images such as `{class}`; put every image into the folder of its class"
    )]
    LooseImages {
        /// How many images have no class.
        loose: usize,
        /// The first folder.
        class: Box<str>,
    },
    /// Too few groups that must stay on one side of the split.
    #[error(
        "`{column}` has {groups} different values, too few to split rows by; name another column in `group_split`"
    )]
    TooFewGroups {
        /// The column.
        column: Box<str>,
        /// Its values.
        groups: usize,
    },
    /// A table without rows.
    #[error("there is a header but no row; add rows, or set `header = false` if the first line is a row")]
    OnlyHeader,
    /// A header that names a column twice.
    #[error("the header names `{0}` twice; give every column its own name")]
    DuplicateColumn(String),
    /// A row of another length.
    #[error("the row has {found} cells where the header has {expected}; check its quotes and delimiters")]
    Ragged {
        /// Cells in the header.
        expected: usize,
        /// Cells in the row.
        found: usize,
    },
    /// The CSV reader gave up.
    #[error("this is no CSV ({0}); check quotes and delimiters")]
    Csv(csv::Error),
    /// A quote that swallows the rest of the file.
    #[error(
        "the quote that is opened here is never closed; close it, or write \"\" for a quote inside quotes"
    )]
    UnclosedQuote,
    /// Several things at once, each with its place.
    #[error("{}", listed(.0, FileError::said))]
    Several(Vec<FileError>),
    /// Numbers that may be two.
    #[error(
        "`{0}` may have a decimal comma or a comma between thousands, and so may all cells of the column; say which with `decimal`"
    )]
    TwoNotations(Box<str>),
    /// A column of numbers written in a way that one cell breaks.
    #[error(
        "`{found}` is not a number, but most other cells of the column look like numbers with {notation}; correct it, list the \
         column in `numeric` (such cells are gaps then) or in `categorical`"
    )]
    LooksLikeNumbers {
        /// The first cell that is not one.
        found: Box<str>,
        /// How the others are written.
        notation: Box<str>,
    },
    /// A cell without a value.
    #[error("a value is missing; fill it in, or set `missing = \"drop\"` to leave out such rows")]
    MissingValue,
    /// NaN or an infinity.
    #[error("`{0}` is not a finite number; replace it, or set `missing = \"drop\"` to leave out such rows")]
    NotFinite(String),
    /// Numbers and words in one column.
    #[error(
        "`{found}` is not a number, but {numbers} other cells of the column are; correct it, list the column in `numeric` (such \
         cells are gaps then) or in `categorical`"
    )]
    MixedTypes {
        /// The first cell that is not a number.
        found: String,
        /// How many cells are numbers.
        numbers: usize,
    },
    /// A column of words that hardly repeat.
    #[error(
        "the column has {levels} different words in {rows} rows; leave it out with `without`, list it in \
         `categorical`, or make it the text with `text_column`"
    )]
    TooManyLevels {
        /// Different words.
        levels: usize,
        /// Rows.
        rows: usize,
    },
    /// A column that the file does not have.
    #[error("there is no column `{name}`{guess}; the columns are {known}", guess = guess.as_ref().map(|g| format!(" (did you mean `{g}`?)")).unwrap_or_default())]
    NoSuchColumn {
        /// The name asked for.
        name: Box<str>,
        /// The nearest name.
        guess: Option<Box<str>>,
        /// All names.
        known: Box<str>,
    },
    /// No column is left to model.
    #[error("no column is left to model, of {0}; name some in `columns`, or the text with `text_column`")]
    NoFeature(Box<str>),
    /// A line that is no JSON object.
    #[error("{0}; write one JSON object per line, such as {{\"text\": \"…\"}}")]
    Json(String),
    /// A list or an object as a cell.
    #[error("the value is a list or an object; flatten it, or leave the field out with `without`")]
    Nested,
    /// A token line with another number of cells.
    #[error(
        "the line has {found} cells where the first token's has {expected}; write token … tag on every line and \
         leave a blank line between sentences"
    )]
    TokenColumns {
        /// Cells of the first token line.
        expected: usize,
        /// Cells of this line.
        found: usize,
    },
    /// One column for both token and tag.
    #[error("token and tag are the same column; write token and tag with a tab between them")]
    NoTagColumn,
    /// An empty token.
    #[error("the token is empty; fill it in, or leave the whole line blank between sentences")]
    NoToken,
    /// An empty tag.
    #[error("the tag is empty; write O where there is none")]
    NoTag,
    /// A tag outside the scheme.
    #[error("`{0}` is no BIO tag; write O, B-TYPE or I-TYPE, or set `scheme = \"plain\"` for other tags")]
    BadTag(Box<str>),
    /// An inside tag without a mention to go on with.
    #[error(
        "`{tag}` follows {before}; begin the mention with `B-{kind}`, or set `scheme = \"iob1\"` where I- begins one"
    )]
    OrphanTag {
        /// The tag.
        tag: Box<str>,
        /// What is before it.
        before: Box<str>,
        /// The type.
        kind: Box<str>,
    },
    /// A sentence without the property that groups it.
    #[error(
        "the sentence has no comment `# {key} = …` before it (known: `{known}`); add one to every sentence, or leave \
         `group` out"
    )]
    NoProperty {
        /// The key asked for.
        key: Box<str>,
        /// The keys before this sentence.
        known: Box<str>,
    },
    /// Other columns than the rows have.
    #[error("the column `{missing}` is missing (found: `{found}`); write a header with all of `{needed}`")]
    ColumnMissing {
        /// The first that is missing.
        missing: Box<str>,
        /// The columns of the file.
        found: Box<str>,
        /// The columns that are needed.
        needed: Box<str>,
    },
    /// A column that the rows don't have.
    #[error("nothing is known of a column `{found}`; write the columns `{needed}` and no others")]
    ColumnUnknown {
        /// The first that is unknown.
        found: Box<str>,
        /// The columns that are needed.
        needed: Box<str>,
    },
    /// A folder without generations.
    #[error(
        "no file here names a generation; name them gen-0.csv, gen-1.csv, … (.jsonl, .txt, .conll, .idx)"
    )]
    NoGenerations,
    /// Two files of one generation.
    #[error("another file has the number {0} too; give every generation its own number")]
    TwoGenerations(u32),
    /// A generation without a row.
    #[error(
        "generation {0} has no rows: where nothing was made or nothing passed, there is nothing to measure; leave the file out"
    )]
    EmptyGeneration(u32),
    /// One file that can't hold several generations.
    #[error(
        "one file of this kind is one generation; name a folder of them, or a .csv or .jsonl with a generation column"
    )]
    NoGenerationColumn,
    /// A generation that is no whole number.
    #[error("`{0}` is no generation; number them 0, 1, 2, …")]
    BadGeneration(Box<str>),
    /// Synthetic rows in another kind of file than the human ones.
    #[error("this file is of another kind than the human rows'; give both as .csv, .jsonl or .conll")]
    UnlikeFormat,
    /// Rows without anything to predict.
    #[error("rows need a label to be predicted; give .csv or .jsonl with `--label-column`, or tagged .conll")]
    NoLabels,
    /// Rows with a label of one level.
    #[error(
        "all human rows have one label (`{0}`), so there is nothing to predict; give rows of another one too"
    )]
    OneLabel(Box<str>),
    /// Columns that don't go together.
    #[error("{0}; write one tag for each token")]
    Shape(String),
    /// A cell that is no finite number.
    #[error("`{0}` is not a finite number; write a number such as 0.25")]
    NotANumber(Box<str>),
    /// A number outside the range of the human rows.
    #[error("{value} is outside the range {low} to {high} of the human rows; clip or rescale it")]
    OutOfRange {
        /// The number.
        value: f64,
        /// The least value.
        low: f64,
        /// The greatest value.
        high: f64,
    },
    /// A category that the human rows don't have.
    #[error(
        "`{found}` is no category of the human rows ({known}); write one of them, or leave such rows out"
    )]
    UnknownLevel {
        /// What was found.
        found: Box<str>,
        /// Some of the known ones.
        known: Box<str>,
    },
    /// A token that the human rows don't have.
    #[error("the token `{0}` is not in the human vocabulary, which has no unknown token; leave it out")]
    UnknownToken(Box<str>),
    /// The first four bytes are not an idx file's.
    #[error(
        "an idx file starts with 00 00 08 and its number of dimensions, but this one with {0}; convert it"
    )]
    IdxMagic(String),
    /// A header whose sizes make no sense.
    #[error("the idx header states {0}; write the file again")]
    IdxShape(String),
    /// Fewer or more bytes than the header states.
    #[error("the idx header states {expected} bytes, but the file has {found}; it is cut off or damaged")]
    IdxLength {
        /// Bytes stated, header included.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// Labels that don't belong to the images.
    #[error(
        "there are {labels} labels for {images} images; give the right file as `labels`, or none with \"\""
    )]
    IdxLabels {
        /// Labels found.
        labels: usize,
        /// Images found.
        images: usize,
    },
    /// A pixel past the stated greatest value.
    #[error("the value {value} is above `scale` = {scale}; set `scale` to the greatest value")]
    AboveScale {
        /// The value.
        value: u8,
        /// The stated greatest value.
        scale: f64,
    },
    /// Too few rows for the splits, since others lack a value.
    #[error(
        "{error}: {lost} of {rows} rows were left out, the first ones for {why} in `{column}`; leave that column out with \
         `without`, or fill it in"
    )]
    RowsLost {
        /// What is left.
        error: TooFewRows,
        /// Rows read.
        rows: usize,
        /// Rows left out.
        lost: usize,
        /// The first column that is to blame.
        column: Box<str>,
        /// What it lacks.
        why: Box<str>,
    },
    /// Too few rows for the splits.
    #[error("{0}; add rows, or set smaller `held_out` and `validation`")]
    TooFewRows(TooFewRows),
}

impl FileError {
    pub(crate) fn new(path: &Path, place: Place, problem: Problem) -> Self {
        Self { path: path.into(), place, problem }
    }

    /// What is wrong, without what to do.
    pub fn what(&self) -> String {
        match &self.problem {
            Problem::Several(all) => {
                format!("{} things are wrong:\n{}", all.len(), listed(all, FileError::placed))
            }
            _ => self.halves().0,
        }
    }

    /// What to do.
    pub fn help(&self) -> String {
        let Problem::Several(all) = &self.problem else { return self.halves().1 };
        let mut helps: Vec<String> = Vec::new();
        for help in all.iter().map(FileError::help) {
            if !helps.contains(&help) {
                helps.push(help);
            }
        }
        helps.join("\n")
    }

    /// The place and what is wrong there, without the file.
    fn placed(&self) -> String {
        format!("{}: {}", self.place.to_string().trim_start_matches(", "), self.what())
    }

    /// The place, what is wrong there and what to do, without the file.
    fn said(&self) -> String {
        format!("{}; {}", self.placed(), self.help())
    }

    /// Every message is "what; what to do". Cut at the last semicolon: what the file holds may be
    /// quoted before it.
    fn halves(&self) -> (String, String) {
        let message = self.problem.to_string();
        match message.rsplit_once("; ") {
            Some((what, help)) => (what.into(), help.into()),
            None => (message, String::new()),
        }
    }

    pub(crate) fn whole(path: &Path, problem: Problem) -> Self {
        Self::new(path, Place::Whole, problem)
    }
}

fn listed(all: &[FileError], line: fn(&FileError) -> String) -> String {
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Place {
    /// Begins with a comma where there is a place: it follows the path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Whole => Ok(()),
            Place::Line(line) => write!(f, ", line {line}"),
            Place::Cell { line, column } => write!(f, ", line {line}, column `{column}`"),
            Place::Byte(byte) => write!(f, ", byte {byte}"),
        }
    }
}
