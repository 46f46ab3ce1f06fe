//! What a user can say about a file, and which of it a format understands.

use serde::Deserialize;

use crate::data::parameters::{ParameterError, Portion};
use crate::data::{Cut, Shares, TextOptions, TokenUnit};

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

/// Everything that can be said about a file; each format refuses what it does not know.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The file, relative to the working directory; gzip is undone.
    pub path: String,
    /// The columns to model, in this order; default all that have no other role.
    pub columns: Option<Vec<String>>,
    /// Columns to leave out of those.
    pub without: Option<Vec<String>>,
    /// The column that is the target of tasks.
    pub label: Option<String>,
    /// The column whose groups' shares are measured.
    pub group: Option<String>,
    /// Columns whose numbers are names of categories.
    pub categorical: Option<Vec<String>>,
    /// Columns that are numbers: what is no number there counts as a gap.
    pub numeric: Option<Vec<String>>,
    /// Columns that only tell rows apart: left out.
    pub id_column: Option<Vec<String>>,
    /// The sign before the fraction of numbers, `.` or `,`; default: as each column says.
    pub decimal: Option<String>,
    /// The column (in JSON lines the field) that holds text; the source is then a text source with a row per record.
    /// Default in JSON lines: `text`, or the `messages` of a chat, where every line has one.
    #[serde(alias = "text_field")]
    pub text_column: Option<String>,
    /// One character between cells; default: the most frequent of `,`, tab, `;`, `|` in line 1.
    pub delimiter: Option<String>,
    /// Whether line 1 names the columns; default: unless all its cells are numbers.
    pub header: Option<bool>,
    /// What happens to rows that lack a value or hold NaN or an infinity.
    pub missing: Option<Missing>,
    /// What a token is; default characters.
    pub tokens: Option<TokenUnit>,
    /// Tokens per window, or at most per record; default 32 and 256.
    pub row_tokens: Option<usize>,
    /// Whether letters become lower case; default true.
    pub lower_case: Option<bool>,
    /// Tokens seen less often in the training rows become unknown; default 5.
    pub min_count: Option<usize>,
    /// The most distinct tokens; default 64 characters or 2,000 words.
    pub max_vocabulary: Option<usize>,
    /// What a row of text is: windows of a running text, or one row per record.
    pub cut: Option<Cut>,
    /// The column of the token in a CoNLL file, from 1; default the first.
    pub token_column: Option<usize>,
    /// The column of the tag in a CoNLL file, from 1; default the last.
    pub tag_column: Option<usize>,
    /// How tags mark mentions; default `bio`.
    pub scheme: Option<Scheme>,
    /// The labels of an idx file; default: found by its name; `""` for none.
    pub labels: Option<String>,
    /// The pixel value that becomes 1; default 255.
    pub scale: Option<f64>,
    /// Rows that metrics compare with: a share below 1 or a number of rows; default 0.3.
    pub held_out: Option<Portion>,
    /// Rows for choosing settings: a share below 1 or a number of rows; default 0.1.
    pub validation: Option<Portion>,
    /// The most rows to use; default all.
    pub rows: Option<usize>,
    /// Whether no column is left out for what it looks like.
    #[serde(skip)]
    pub as_is: bool,
}

/// The parameters of tables.
pub(super) const TABLE: &[&str] =
    &["columns", "without", "label", "group", "categorical", "numeric", "id_column", "decimal", "missing"];
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
        let given: [(&'static str, bool); 23] = [
            ("columns", self.columns.is_some()),
            ("without", self.without.is_some()),
            ("label", self.label.is_some()),
            ("group", self.group.is_some()),
            ("categorical", self.categorical.is_some()),
            ("numeric", self.numeric.is_some()),
            ("id_column", self.id_column.is_some()),
            ("decimal", self.decimal.is_some()),
            ("text_column", self.text_column.is_some()),
            ("delimiter", self.delimiter.is_some()),
            ("header", self.header.is_some()),
            ("missing", self.missing.is_some()),
            ("tokens", self.tokens.is_some()),
            ("row_tokens", self.row_tokens.is_some()),
            ("lower_case", self.lower_case.is_some()),
            ("min_count", self.min_count.is_some()),
            ("max_vocabulary", self.max_vocabulary.is_some()),
            ("cut", self.cut.is_some()),
            ("token_column", self.token_column.is_some()),
            ("tag_column", self.tag_column.is_some()),
            ("scheme", self.scheme.is_some()),
            ("labels", self.labels.is_some()),
            ("scale", self.scale.is_some()),
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

    /// How the rows are split: 30 % held out and 10 % validation by default.
    pub(super) fn shares(&self) -> Shares {
        Shares {
            held_out: self.held_out.unwrap_or(Portion::Share(0.3)),
            validation: self.validation.unwrap_or(Portion::Share(0.1)),
            rows: self.rows,
        }
    }

    /// How text becomes rows, cut as `default` unless the options say.
    pub(super) fn text(&self, default: Cut) -> Result<TextOptions, ParameterError> {
        let base = TextOptions::default();
        let cut = self.cut.unwrap_or(default);
        let length = match cut {
            Cut::Windows => base.row_tokens,
            Cut::Records => 256,
        };
        let options = TextOptions {
            tokens: self.tokens.unwrap_or(base.tokens),
            row_tokens: self.row_tokens.unwrap_or(length),
            lower_case: self.lower_case.unwrap_or(base.lower_case),
            min_count: self.min_count.unwrap_or(base.min_count),
            max_vocabulary: self.max_vocabulary,
            cut,
        };
        options.check()?;
        Ok(options)
    }
}
