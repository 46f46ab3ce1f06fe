//! What a user can say about a file, and which of it a format understands.

use serde::Deserialize;

use crate::data::Cut;
use crate::data::parameters::ParameterError;
use crate::data::splits::SplitOptions;
use crate::data::text::TextTable;

/// What to do with rows that lack a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// A gap among words is a level of its own; rows without a number, a label, a group or a text are left out.
    #[default]
    Level,
    /// Refuse the file and say where.
    Error,
    /// Leave out every row with a gap.
    Drop,
}

/// How tags mark mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// `B-X` begins a mention, `I-X` goes on with it, `O` is outside.
    #[default]
    Bio,
    /// `I-X` begins a mention too; `B-X` only where one of the same type ends just before.
    Iob1,
    /// Any tags, without structure: parts of speech, for example.
    Plain,
}

crate::parameters! {
    /// Everything that can be said about a file; each format refuses what it does not know.
    #[derive(Clone, Debug)]
    pub struct Options {
        /// The file or the folder of images, relative to the working directory; .gz and .zst are undone, `-` is standard input
        pub path: String = String::new() => "required";
        /// The columns to model, in this order; default: all that are not label, group or text
        pub columns: Option<Vec<String>> = None => "all others";
        /// Columns to leave out, whatever they hold: dates, names, numbers of rows
        pub without: Option<Vec<String>> = None => "[]";
        /// The column that is the target of tasks. Numbers are classes where they are whole and of at most 20 different
        /// values, or where `categorical` lists the column; else the target is a number. Beside text it is always a class
        pub label: Option<String> = None;
        /// The column whose groups' shares are measured; in CoNLL the key of a comment `# key = value` before every
        /// sentence
        pub group: Option<String> = None;
        /// Columns whose numbers are names of categories
        pub categorical: Option<Vec<String>> = None => "[]";
        /// Columns of numbers: what is no number there counts as a gap
        pub numeric: Option<Vec<String>> = None => "[]";
        /// Columns that only tell rows apart: left out
        pub id_column: Option<Vec<String>> = None => "[]";
        /// A column (a document, a prompt, a person) whose rows stay together: none of its values is on both sides of a
        /// split. It is no feature unless `columns` lists it
        pub group_split: Option<String> = None;
        /// The sign before the fraction of numbers, `.` or `,`. A column of numbers with decimal commas, marks between
        /// thousands, one currency or per cent is read as numbers where all its cells are written so
        pub decimal: Option<String> = None => "as each column says";
        /// What happens to gaps (nothing, NA, null, NaN among numbers). `level`: a gap in a feature of words is a level of
        /// its own (NA stays NA), and rows without a number, a label, a group or a text are left out; `drop`: every row
        /// with a gap is left out; `error`: the first gap of every column is an error. Rows that are left out are counted
        /// in the data card
        pub missing: Option<Missing> = None => "\"level\"";
        /// The column, in JSON lines the field, that holds text; the text parameters apply to it. Default in JSON lines:
        /// `text` or `messages` where every line has one (`text_field` means the same)
        pub text_column: Option<String> = None;
        /// One character between cells; default: the most frequent of , tab ; | in line 1
        pub delimiter: Option<String> = None => "found";
        /// Whether line 1 names the columns; default: unless all its cells are numbers
        pub header: Option<bool> = None => "found";
        /// What a row of text is: `windows` of `row_tokens` tokens, or one row per record (line)
        pub cut: Option<Cut> = None => "\"windows\" for .txt, else \"records\"";
        /// The column of the token, from 1
        pub token_column: Option<usize> = None => "1";
        /// The column of the tag, from 1
        pub tag_column: Option<usize> = None => "the last";
        /// How tags mark mentions: `bio`, `iob1` (made BIO), or `plain` for tags without structure
        pub scheme: Option<Scheme> = None => "\"bio\"";
        /// The file of labels of idx images or of an array; default: found by name, in the archive or by subfolders; "" for
        /// none
        pub labels: Option<String> = None => "found";
        /// Images are scaled to squares of so many pixels a side
        pub side: Option<usize> = None => "as they are", in within(1, 512);
        /// The pixel value that becomes 1
        pub scale: Option<f64> = None => "255", in above(0);
    }
    include {
        /// How text becomes rows.
        pub text: TextTable = TextTable::default();
        /// How rows are split.
        pub splits: SplitOptions = SplitOptions::default();
    }
    beside {
        /// Whether no column is left out for what it looks like.
        pub as_is: bool = false;
    }
}

/// The parameters of tables.
pub(super) const TABLE: &[&str] = &[
    "columns",
    "without",
    "label",
    "group",
    "categorical",
    "numeric",
    "id_column",
    "group_split",
    "decimal",
    "missing",
];
/// The parameters of text.
pub(super) const TEXT: &[&str] =
    &["tokens", "row_tokens", "lower_case", "min_count", "max_vocabulary", "cut"];

impl Options {
    /// Options for a path, all else by default.
    pub fn of(path: impl Into<String>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    /// Refuses what `format` does not understand. `known` lists its own keys beside `path` and the
    /// splits.
    pub(super) fn only(&self, format: &str, known: &[&[&str]]) -> Result<(), ParameterError> {
        let given: [(&'static str, bool); 25] = [
            ("columns", self.columns.is_some()),
            ("without", self.without.is_some()),
            ("label", self.label.is_some()),
            ("group", self.group.is_some()),
            ("categorical", self.categorical.is_some()),
            ("numeric", self.numeric.is_some()),
            ("id_column", self.id_column.is_some()),
            ("group_split", self.group_split.is_some()),
            ("decimal", self.decimal.is_some()),
            ("text_column", self.text_column.is_some()),
            ("delimiter", self.delimiter.is_some()),
            ("header", self.header.is_some()),
            ("missing", self.missing.is_some()),
            ("tokens", self.text.tokens.is_some()),
            ("row_tokens", self.text.row_tokens.is_some()),
            ("lower_case", self.text.lower_case.is_some()),
            ("min_count", self.text.min_count.is_some()),
            ("max_vocabulary", self.text.max_vocabulary.is_some()),
            ("cut", self.cut.is_some()),
            ("token_column", self.token_column.is_some()),
            ("tag_column", self.tag_column.is_some()),
            ("scheme", self.scheme.is_some()),
            ("labels", self.labels.is_some()),
            ("scale", self.scale.is_some()),
            ("side", self.side.is_some()),
        ];
        let stray = given.iter().find(|(key, given)| *given && !known.iter().any(|list| list.contains(key)));
        match stray {
            Some((key, _)) => {
                Err(ParameterError::new(key, format!("it means nothing for {format}"), "remove it"))
            }
            None => Ok(()),
        }
    }

    /// The sign before fractions, where it is given.
    pub(super) fn decimal(&self) -> Option<char> {
        self.decimal.as_deref().and_then(|text| text.chars().next())
    }

    /// Refuses values out of range.
    pub(super) fn check(&self) -> Result<(), ParameterError> {
        match self.decimal.as_deref() {
            None | Some("." | ",") => Ok(()),
            Some(other) => {
                let why = format!("`{other}` stands before no fraction");
                Err(ParameterError::new("decimal", why, "give \".\" or \",\""))
            }
        }
    }
}
