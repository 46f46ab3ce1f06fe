//! What a table of rows holds: its columns, their kinds and their roles.

use std::fmt;
use std::sync::Arc;

/// The columns of a table, in order. Image, text and tabular data are all schemas of one
/// [`Samples`](super::Samples) type; there is no variant per modality.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Schema {
    /// One entry per column.
    pub fields: Vec<Field>,
}

/// One column: its name, its role and what its cells are.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Field {
    /// The column's name; `x` where the source gives none.
    pub name: String,
    /// What the column is for.
    pub role: Role,
    /// What its cells hold.
    pub kind: Kind,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Role {
    /// Modelled by a generative family and seen by metrics.
    Feature,
    /// The target of a task, or the class of a class-conditional model.
    Label,
    /// A tag sequence aligned with the tokens of the text column: one tag for each.
    Tag,
    /// A group whose share or treatment is measured (for example a sensitive attribute).
    Group,
    /// An input that is kept while labels are regenerated.
    Input,
}

/// What the cells of a column hold.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// `width` single-precision numbers a row, for images and embeddings.
    F32 {
        /// Numbers per row.
        width: usize,
        /// Height and width in pixels where the column is an image.
        image: Option<(usize, usize)>,
        /// The least and the greatest value a cell may take, where the source states them.
        range: Option<(f32, f32)>,
    },
    /// `width` double-precision numbers a row.
    F64 {
        /// Numbers per row.
        width: usize,
    },
    /// One of `levels` codes a row: a category or an outcome.
    Codes {
        /// The number and, where known, the names of the levels.
        levels: Levels,
    },
    /// A sequence of tokens a row, of any length.
    Ragged {
        /// What the tokens stand for.
        vocabulary: Arc<Vocabulary>,
    },
}

/// The levels of a categorical column.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Levels {
    /// Unnamed outcomes `0..n`.
    Count(usize),
    /// Named levels; the code is the index.
    Named(Arc<[String]>),
}

impl Levels {
    /// How many levels there are.
    pub fn count(&self) -> usize {
        match self {
            Levels::Count(n) => *n,
            Levels::Named(names) => names.len(),
        }
    }

    /// The name of a level; its number where it has none.
    pub fn name(&self, code: u32) -> String {
        match self {
            Levels::Count(_) => code.to_string(),
            Levels::Named(names) => names.get(code as usize).cloned().unwrap_or_else(|| code.to_string()),
        }
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenUnit {
    /// One Unicode scalar value.
    Characters,
    /// One word; punctuation marks are words of their own.
    Words,
}

/// The tokens of a text column. Token `i` is written `tokens[i]`; the list is fixed by the human
/// data, so a model can't invent a token that no human wrote.
///
/// Rows that are measured may hold further tokens after those of the models, the last `rare` ones: words
/// too rare for a model's vocabulary, written as people wrote them. A model reads each of them as its
/// unknown token, which then is the last one before them ([`Samples::modelled`](super::Samples::modelled)).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Vocabulary {
    /// What a token is.
    pub unit: TokenUnit,
    /// How each token is written, in code order.
    pub tokens: Vec<String>,
    /// How many tokens at the end of the list no model knows.
    #[serde(default)]
    pub rare: usize,
}

impl Vocabulary {
    /// A vocabulary whose tokens are all known to models.
    pub fn new(unit: TokenUnit, tokens: Vec<String>) -> Self {
        Self { unit, tokens, rare: 0 }
    }

    /// This vocabulary with further tokens at its end that no model knows.
    pub fn with_rare(&self, tokens: impl IntoIterator<Item = String>) -> Self {
        let mut longer = self.clone();
        longer.tokens.extend(tokens);
        longer.rare += longer.tokens.len() - self.tokens.len();
        longer
    }

    /// The number of tokens that models know.
    pub fn modelled(&self) -> usize {
        self.tokens.len() - self.rare
    }

    /// The number of distinct tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Writes token codes as text: characters run together, words are joined by spaces. Unknown
    /// codes are written as U+FFFD.
    pub fn text(&self, codes: &[u32]) -> String {
        let written = codes.iter().map(|&c| self.tokens.get(c as usize).map_or("\u{fffd}", String::as_str));
        match self.unit {
            TokenUnit::Characters => written.collect(),
            TokenUnit::Words => written.collect::<Vec<_>>().join(" "),
        }
    }
}

impl Schema {
    /// A table with one feature column called `x`.
    pub fn single(kind: Kind) -> Self {
        Self { fields: vec![Field { name: "x".into(), role: Role::Feature, kind }] }
    }

    /// The index and field of the first column with a role.
    pub fn first(&self, role: Role) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, f)| f.role == role)
    }

    /// The indices of all columns with a role.
    pub fn with_role(&self, role: Role) -> Vec<usize> {
        (0..self.fields.len()).filter(|&i| self.fields[i].role == role).collect()
    }

    /// The total width of the numeric feature columns: the dimension of
    /// [`Samples::features`](super::Samples::features).
    pub fn numeric_width(&self) -> usize {
        let width = |f: &Field| match f.kind {
            Kind::F32 { width, .. } | Kind::F64 { width } if f.role == Role::Feature => width,
            _ => 0,
        };
        self.fields.iter().map(width).sum()
    }

    /// The vocabulary of the first token column, if there is one.
    pub fn vocabulary(&self) -> Option<&Arc<Vocabulary>> {
        self.fields.iter().find_map(|f| match &f.kind {
            Kind::Ragged { vocabulary } if f.role == Role::Feature => Some(vocabulary),
            _ => None,
        })
    }

    /// The tags of the first tag column, if there is one.
    pub fn tags(&self) -> Option<&Arc<Vocabulary>> {
        match self.first(Role::Tag)? {
            (_, Field { kind: Kind::Ragged { vocabulary }, .. }) => Some(vocabulary),
            _ => None,
        }
    }

    /// The image size in pixels (height, width), where the first feature is an image.
    pub fn image(&self) -> Option<(usize, usize)> {
        self.first(Role::Feature).and_then(|(_, f)| match f.kind {
            Kind::F32 { image, .. } => image,
            _ => None,
        })
    }

    /// The number of outcomes where the only feature is one categorical column.
    pub fn outcomes(&self) -> Option<usize> {
        let mut features = self.fields.iter().filter(|f| f.role == Role::Feature);
        match (features.next(), features.next()) {
            (Some(Field { kind: Kind::Codes { levels }, .. }), None) => Some(levels.count()),
            _ => None,
        }
    }
}

impl Kind {
    /// The number of codes that a cell (or a token) can take: levels or vocabulary. `None` for
    /// numbers.
    pub fn codes(&self) -> Option<usize> {
        match self {
            Kind::Codes { levels } => Some(levels.count()),
            Kind::Ragged { vocabulary } => Some(vocabulary.len()),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::F32 { image: Some((h, w)), .. } => write!(f, "images of {h}×{w} pixels"),
            Kind::F32 { width, .. } | Kind::F64 { width } => write!(f, "{width} number(s)"),
            Kind::Codes { levels } => write!(f, "one of {} outcomes", levels.count()),
            Kind::Ragged { vocabulary } => {
                let unit = match vocabulary.unit {
                    TokenUnit::Characters => "characters",
                    TokenUnit::Words => "words",
                };
                write!(f, "text ({} distinct {unit})", vocabulary.len())
            }
        }
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.fields.iter().map(|c| format!("{}: {}", c.name, c.kind)).collect();
        f.write_str(&all.join("; "))
    }
}
