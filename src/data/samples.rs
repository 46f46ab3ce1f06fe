//! Rows: the one table type that sources, models and metrics exchange.

use std::borrow::Cow;
use std::sync::Arc;

use super::schema::{Kind, Role, Schema, Vocabulary};

/// A table of rows. Columns are shared, so cloning is cheap.
#[derive(Clone, Debug)]
pub struct Samples {
    schema: Arc<Schema>,
    columns: Vec<Arc<Column>>,
    len: usize,
}

/// The cells of one column, row-major.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// `width` single-precision numbers a row.
    F32 {
        /// Numbers per row.
        width: usize,
        /// `len × width` numbers.
        data: Vec<f32>,
    },
    /// `width` double-precision numbers a row.
    F64 {
        /// Numbers per row.
        width: usize,
        /// `len × width` numbers.
        data: Vec<f64>,
    },
    /// One code a row.
    Codes {
        /// `len` codes below the schema's number of levels.
        data: Vec<u32>,
    },
    /// One token sequence a row.
    Ragged {
        /// `len + 1` offsets into `tokens`, the first 0.
        offsets: Vec<usize>,
        /// All tokens, row after row.
        tokens: Vec<u32>,
    },
}

/// Why rows don't make a table.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ShapeError {
    /// The number of columns differs from the schema's.
    #[error("the schema has {expected} columns, but {found} were given")]
    Columns {
        /// Columns in the schema.
        expected: usize,
        /// Columns given.
        found: usize,
    },
    /// A column has another kind, width or length than the schema and its neighbours say.
    #[error("column `{column}` does not fit: {why}")]
    Column {
        /// The column's name.
        column: String,
        /// What differs.
        why: String,
    },
}

impl Column {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Column::F32 { width, data } => data.len().checked_div(*width).unwrap_or(0),
            Column::F64 { width, data } => data.len().checked_div(*width).unwrap_or(0),
            Column::Codes { data } => data.len(),
            Column::Ragged { offsets, .. } => offsets.len().saturating_sub(1),
        }
    }

    /// Whether two rows hold the same.
    pub fn same(&self, i: usize, j: usize) -> bool {
        match self {
            Column::F32 { width, data } => {
                data[i * width..(i + 1) * width] == data[j * width..(j + 1) * width]
            }
            Column::F64 { width, data } => {
                data[i * width..(i + 1) * width] == data[j * width..(j + 1) * width]
            }
            Column::Codes { data } => data[i] == data[j],
            Column::Ragged { offsets, tokens } => {
                tokens[offsets[i]..offsets[i + 1]] == tokens[offsets[j]..offsets[j + 1]]
            }
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn take(&self, rows: &[u32]) -> Column {
        let mut taken = self.empty(rows.len());
        taken.append(self, Some(rows));
        taken
    }

    /// A column of the same kind without rows, with room for some.
    fn empty(&self, rows: usize) -> Column {
        match self {
            Column::F32 { width, .. } => {
                Column::F32 { width: *width, data: Vec::with_capacity(rows * width) }
            }
            Column::F64 { width, .. } => {
                Column::F64 { width: *width, data: Vec::with_capacity(rows * width) }
            }
            Column::Codes { .. } => Column::Codes { data: Vec::with_capacity(rows) },
            Column::Ragged { .. } => Column::Ragged { offsets: vec![0], tokens: Vec::new() },
        }
    }

    /// The rows from `start` to before `end`, which must be within the column.
    fn slice(&self, start: usize, end: usize) -> Column {
        match self {
            Column::F32 { width, data } => {
                Column::F32 { width: *width, data: data[start * width..end * width].to_vec() }
            }
            Column::F64 { width, data } => {
                Column::F64 { width: *width, data: data[start * width..end * width].to_vec() }
            }
            Column::Codes { data } => Column::Codes { data: data[start..end].to_vec() },
            Column::Ragged { offsets, tokens } => {
                let (first, last) = (offsets[start], offsets[end]);
                Column::Ragged {
                    offsets: offsets[start..=end].iter().map(|o| o - first).collect(),
                    tokens: tokens[first..last].to_vec(),
                }
            }
        }
    }

    /// Adds rows of another column, or all of them; `false` where it is of another kind or width.
    fn append(&mut self, other: &Column, rows: Option<&[u32]>) -> bool {
        fn add<T: Copy>(to: &mut Vec<T>, width: usize, data: &[T], rows: Option<&[u32]>) {
            match rows {
                None => to.extend_from_slice(data),
                Some(rows) if width == 1 => to.extend(rows.iter().map(|&r| data[r as usize])),
                Some(rows) => {
                    for &r in rows {
                        to.extend_from_slice(&data[r as usize * width..(r as usize + 1) * width]);
                    }
                }
            }
        }
        match (self, other) {
            (Column::F32 { width: a, data }, Column::F32 { width: b, data: more }) if a == b => {
                add(data, *a, more, rows);
            }
            (Column::F64 { width: a, data }, Column::F64 { width: b, data: more }) if a == b => {
                add(data, *a, more, rows);
            }
            (Column::Codes { data }, Column::Codes { data: more }) => add(data, 1, more, rows),
            (Column::Ragged { offsets, tokens }, Column::Ragged { offsets: o, tokens: t }) => match rows {
                None => {
                    let base = tokens.len();
                    tokens.extend_from_slice(t);
                    offsets.extend(o.iter().skip(1).map(|x| x + base));
                }
                Some(rows) => {
                    for &r in rows {
                        tokens.extend_from_slice(&t[o[r as usize]..o[r as usize + 1]]);
                        offsets.push(tokens.len());
                    }
                }
            },
            _ => return false,
        }
        true
    }
}

/// A tag column has one tag for each token of the first text column.
fn aligned(schema: &Schema, columns: &[Column]) -> Result<(), ShapeError> {
    let text = schema.fields.iter().zip(columns).find_map(|(field, column)| match column {
        Column::Ragged { offsets, .. } if field.role == Role::Feature => Some(offsets),
        _ => None,
    });
    for (field, column) in schema.fields.iter().zip(columns).filter(|(f, _)| f.role == Role::Tag) {
        let refuse = |why: String| Err(ShapeError::Column { column: field.name.clone(), why });
        let (Some(text), Column::Ragged { offsets, .. }) = (text, column) else {
            return refuse("tags are a sequence beside a column of text".into());
        };
        if let Some(row) = (1..text.len()).find(|&i| offsets[i] != text[i]) {
            return refuse(format!("row {} has not one tag for each token", row - 1));
        }
    }
    Ok(())
}

impl Samples {
    /// Makes a table; every column must have the kind and width that the schema states and the
    /// same number of rows, and a tag column one tag for each token of the text column.
    pub fn new(schema: Arc<Schema>, columns: Vec<Column>) -> Result<Self, ShapeError> {
        if schema.fields.len() != columns.len() {
            return Err(ShapeError::Columns { expected: schema.fields.len(), found: columns.len() });
        }
        let len = columns.first().map_or(0, Column::len);
        for (field, column) in schema.fields.iter().zip(&columns) {
            let refuse = |why: String| ShapeError::Column { column: field.name.clone(), why };
            let fits = match (&field.kind, column) {
                (Kind::F32 { width, .. }, Column::F32 { width: w, data }) => {
                    width == w && data.len() == len * w
                }
                (Kind::F64 { width }, Column::F64 { width: w, data }) => width == w && data.len() == len * w,
                (Kind::Codes { levels }, Column::Codes { data }) => {
                    if let Some(bad) = data.iter().find(|&&c| c as usize >= levels.count()) {
                        return Err(refuse(format!("code {bad} is not below the {} levels", levels.count())));
                    }
                    true
                }
                (Kind::Ragged { vocabulary }, Column::Ragged { offsets, tokens }) => {
                    if offsets.first() != Some(&0)
                        || offsets.last() != Some(&tokens.len())
                        || offsets.windows(2).any(|w| w[0] > w[1])
                    {
                        return Err(refuse("its offsets don't run from 0 to the number of tokens".into()));
                    }
                    if let Some(bad) = tokens.iter().find(|&&t| t as usize >= vocabulary.len()) {
                        let n = vocabulary.len();
                        return Err(refuse(format!("token {bad} is not below the vocabulary's {n}")));
                    }
                    true
                }
                _ => false,
            };
            if !fits {
                return Err(refuse(format!("its cells are not {}", field.kind)));
            }
            if column.len() != len {
                return Err(refuse(format!("it has {} rows where the first column has {len}", column.len())));
            }
        }
        aligned(&schema, &columns)?;
        Ok(Self { schema, columns: columns.into_iter().map(Arc::new).collect(), len })
    }

    /// A table whose columns are known to fit the schema.
    pub(super) fn trusted(schema: Arc<Schema>, columns: Vec<Column>) -> Self {
        let len = columns.first().map_or(0, Column::len);
        debug_assert!(Samples::new(schema.clone(), columns.clone()).is_ok());
        Self { schema, columns: columns.into_iter().map(Arc::new).collect(), len }
    }

    /// What the columns are.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The cells of column `index`.
    pub fn column(&self, index: usize) -> &Column {
        &self.columns[index]
    }

    /// A new table of the given rows, in the given order; rows may repeat.
    pub fn take(&self, rows: &[u32]) -> Samples {
        let columns = self.columns.iter().map(|c| Arc::new(c.take(rows))).collect();
        Self { schema: self.schema.clone(), columns, len: rows.len() }
    }

    /// The first `n` rows (all of them if there are fewer).
    pub fn head(&self, n: usize) -> Samples {
        if n >= self.len { self.clone() } else { self.slice(0, n) }
    }

    /// `n` rows from `start` on; fewer where the table ends.
    pub fn slice(&self, start: usize, n: usize) -> Samples {
        let start = start.min(self.len);
        let end = start.saturating_add(n).min(self.len);
        if end - start == self.len {
            return self.clone();
        }
        let columns = self.columns.iter().map(|c| Arc::new(c.slice(start, end))).collect();
        Self { schema: self.schema.clone(), columns, len: end - start }
    }

    /// The rows as a model reads them: each token that is not in its vocabulary as the unknown token.
    pub fn modelled(&self) -> Cow<'_, Samples> {
        let is_long = |kind: &Kind| matches!(kind, Kind::Ragged { vocabulary } if vocabulary.rare > 0);
        if !self.schema.fields.iter().any(|field| is_long(&field.kind)) {
            return Cow::Borrowed(self);
        }
        let mut fields = self.schema.fields.clone();
        let mut columns = self.columns.clone();
        for (field, column) in fields.iter_mut().zip(&mut columns) {
            if let (Kind::Ragged { vocabulary }, Column::Ragged { offsets, tokens }) =
                (&mut field.kind, &**column)
                && vocabulary.rare > 0
            {
                let known = vocabulary.modelled();
                let unknown = known.saturating_sub(1) as u32;
                let tokens = tokens.iter().map(|&token| token.min(unknown)).collect();
                *column = Arc::new(Column::Ragged { offsets: offsets.clone(), tokens });
                let tokens = vocabulary.tokens[..known].to_vec();
                *vocabulary = Arc::new(Vocabulary::new(vocabulary.unit, tokens));
            }
        }
        Cow::Owned(Self { schema: Arc::new(Schema { fields }), columns, len: self.len })
    }

    /// The table without one of its columns.
    pub fn without(&self, index: usize) -> Samples {
        let mut fields = self.schema.fields.clone();
        let mut columns = self.columns.clone();
        fields.remove(index);
        columns.remove(index);
        Self { schema: Arc::new(Schema { fields }), columns, len: self.len }
    }

    /// The rows of all tables, one after the other. Errors if they differ in the number of columns,
    /// or a column in kind, width, number of levels or size of vocabulary.
    pub fn concat(tables: &[&Samples]) -> Result<Samples, ShapeError> {
        let whole: Vec<(&Samples, Option<&[u32]>)> = tables.iter().map(|t| (*t, None)).collect();
        Self::joined(&whole)
    }

    /// The chosen rows of all tables, or all rows, one after the other.
    pub(super) fn joined(tables: &[(&Samples, Option<&[u32]>)]) -> Result<Samples, ShapeError> {
        let Some(((first, _), rest)) = tables.split_first() else {
            return Err(ShapeError::Columns { expected: 1, found: 0 });
        };
        if let ([], (_, None)) = (rest, tables[0]) {
            return Ok((*first).clone());
        }
        let len = tables.iter().map(|(t, rows)| rows.map_or(t.len, <[u32]>::len)).sum();
        let mut columns: Vec<Column> = first.columns.iter().map(|c| c.empty(len)).collect();
        for (table, rows) in tables {
            if table.columns.len() != columns.len() {
                return Err(ShapeError::Columns { expected: columns.len(), found: table.columns.len() });
            }
            for (i, column) in columns.iter_mut().enumerate() {
                let (a, b) = (&first.schema.fields[i].kind, &table.schema.fields[i].kind);
                if a.codes() != b.codes() || !column.append(&table.columns[i], *rows) {
                    let column = first.schema.fields[i].name.clone();
                    return Err(ShapeError::Column { column, why: "the tables have different kinds".into() });
                }
            }
        }
        Ok(Self { schema: first.schema.clone(), columns: columns.into_iter().map(Arc::new).collect(), len })
    }

    /// The same table with other cells in column `index`; the other columns are shared.
    pub fn with_column(&self, index: usize, column: Column) -> Result<Samples, ShapeError> {
        let refuse = |why: &str| {
            let column = self.schema.fields.get(index).map_or_else(String::new, |f| f.name.clone());
            Err(ShapeError::Column { column, why: why.into() })
        };
        let Some(old) = self.columns.get(index) else { return refuse("there is no such column") };
        let fits = match (old.as_ref(), &column) {
            (Column::F32 { width: a, .. }, Column::F32 { width: b, .. })
            | (Column::F64 { width: a, .. }, Column::F64 { width: b, .. }) => a == b,
            (Column::Codes { .. }, Column::Codes { data }) => {
                let levels = self.schema.fields[index].kind.codes().unwrap_or(0);
                data.iter().all(|&code| (code as usize) < levels)
            }
            _ => false,
        };
        if !fits {
            return refuse("the new cells are of another kind");
        }
        if column.len() != self.len {
            return refuse("the new cells are not as many as the rows");
        }
        let mut columns = self.columns.clone();
        columns[index] = Arc::new(column);
        Ok(Self { schema: self.schema.clone(), columns, len: self.len })
    }

    /// All numeric feature columns as one row-major matrix of `len × numeric_width` doubles: what
    /// Gaussian families and distance metrics see.
    pub fn features(&self) -> Vec<f64> {
        let numeric: Vec<&Column> =
            self.feature_columns().filter(|c| matches!(c, Column::F32 { .. } | Column::F64 { .. })).collect();
        if let [Column::F64 { data, .. }] = numeric.as_slice() {
            return data.clone();
        }
        let mut out = Vec::with_capacity(self.len * self.schema.numeric_width());
        for row in 0..self.len {
            for column in &numeric {
                match column {
                    Column::F32 { width, data } => {
                        out.extend(data[row * width..(row + 1) * width].iter().map(|&v| f64::from(v)));
                    }
                    Column::F64 { width, data } => {
                        out.extend_from_slice(&data[row * width..(row + 1) * width])
                    }
                    _ => {}
                }
            }
        }
        out
    }

    /// The codes of the first categorical feature column.
    pub fn codes(&self) -> Option<&[u32]> {
        self.feature_columns().find_map(|c| match c {
            Column::Codes { data } => Some(data.as_slice()),
            _ => None,
        })
    }

    /// The codes of the label column.
    pub fn labels(&self) -> Option<&[u32]> {
        let (index, _) = self.schema.first(Role::Label)?;
        match &*self.columns[index] {
            Column::Codes { data } => Some(data),
            _ => None,
        }
    }

    /// The token sequences of the first text column: offsets (`len + 1`) and tokens.
    pub fn token_rows(&self) -> Option<(&[usize], &[u32])> {
        self.feature_columns().find_map(|c| match c {
            Column::Ragged { offsets, tokens } => Some((offsets.as_slice(), tokens.as_slice())),
            _ => None,
        })
    }

    /// The rows with their feature and tag columns alone; `None` where there is no such column.
    pub fn features_and_tags(&self) -> Option<Samples> {
        let keeps = |role: Role| matches!(role, Role::Feature | Role::Tag);
        let kept: Vec<usize> =
            (0..self.columns.len()).filter(|&i| keeps(self.schema.fields[i].role)).collect();
        if kept.is_empty() || kept.len() == self.columns.len() {
            return (!kept.is_empty()).then(|| self.clone());
        }
        let fields = kept.iter().map(|&i| self.schema.fields[i].clone()).collect();
        let columns = kept.iter().map(|&i| self.columns[i].clone()).collect();
        Some(Self { schema: Arc::new(Schema { fields }), columns, len: self.len })
    }

    /// The tag sequences of the first tag column: offsets (those of the tokens) and tag codes.
    pub fn tag_rows(&self) -> Option<(&[usize], &[u32])> {
        let (index, _) = self.schema.first(Role::Tag)?;
        match &*self.columns[index] {
            Column::Ragged { offsets, tokens } => Some((offsets, tokens)),
            _ => None,
        }
    }

    /// The tags of row `row`: one for each of its tokens.
    pub fn tags(&self, row: usize) -> Option<&[u32]> {
        self.tag_rows().map(|(offsets, tags)| &tags[offsets[row]..offsets[row + 1]])
    }

    /// The tokens of row `row` of the first text column.
    pub fn tokens(&self, row: usize) -> Option<&[u32]> {
        self.token_rows().map(|(offsets, tokens)| &tokens[offsets[row]..offsets[row + 1]])
    }

    /// Row `row` of the first text column, written out.
    pub fn text(&self, row: usize) -> Option<String> {
        Some(self.schema.vocabulary()?.text(self.tokens(row)?))
    }

    /// The first row and column name that hold a NaN or an infinity, if any does.
    pub fn first_non_finite(&self) -> Option<(usize, &str)> {
        self.columns.iter().zip(&self.schema.fields).find_map(|(column, field)| {
            let at = match &**column {
                Column::F32 { width, data } => data.iter().position(|v| !v.is_finite()).map(|i| i / width),
                Column::F64 { width, data } => data.iter().position(|v| !v.is_finite()).map(|i| i / width),
                _ => None,
            };
            at.map(|row| (row, field.name.as_str()))
        })
    }

    fn feature_columns(&self) -> impl Iterator<Item = &Column> {
        let fields = self.schema.fields.iter();
        self.columns.iter().zip(fields).filter(|(_, f)| f.role == Role::Feature).map(|(c, _)| &**c)
    }
}
