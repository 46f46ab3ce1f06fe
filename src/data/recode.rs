//! Reading the rows of one source as rows of another: a generator's own data under the student's
//! columns.
//!
//! Columns are matched by role and kind. Tokens are matched as they are written; those that the other
//! vocabulary lacks become its unknown token, or are left out where it has none. Levels are matched by
//! name, or by position where there are as many and not all names agree. Columns that the other schema
//! lacks are dropped.

use std::collections::HashMap;
use std::sync::Arc;

use super::{
    Column, Field, Kind, Levels, Role, Samples, Schema, ShapeError, UNKNOWN_CHARACTER, UNKNOWN_WORD,
};

impl Samples {
    /// The rows under another schema.
    ///
    /// # Errors
    /// [`ShapeError::Column`] names a column of `schema` that these rows can't fill.
    pub fn read_as(&self, schema: &Arc<Schema>) -> Result<Samples, ShapeError> {
        let mut columns = Vec::with_capacity(schema.fields.len());
        for (i, field) in schema.fields.iter().enumerate() {
            let refuse = |why: String| ShapeError::Column { column: field.name.clone(), why };
            let own = &self.schema().fields;
            let rank = schema.fields[..i].iter().filter(|f| same_sort(f, field)).count();
            let found = (0..own.len()).filter(|&j| same_sort(&own[j], field)).nth(rank);
            let Some(j) = found else {
                return Err(refuse(format!("these rows have no such column: {}", self.schema())));
            };
            let column = match (&own[j].kind, &field.kind, self.column(j)) {
                (
                    Kind::Ragged { vocabulary: a },
                    Kind::Ragged { vocabulary: b },
                    Column::Ragged { offsets, tokens },
                ) => {
                    let map = codes(&a.tokens, &b.tokens);
                    let tagged = schema.first(Role::Tag).is_some();
                    if let Some(lost) = map.iter().position(Option::is_none).filter(|_| tagged) {
                        return Err(refuse(format!("`{}` is not among its tokens", a.tokens[lost])));
                    }
                    recoded(&map, offsets, tokens)
                }
                (Kind::Codes { levels: a }, Kind::Codes { levels: b }, Column::Codes { data }) => {
                    let map = levels(a, b).map_err(refuse)?;
                    Column::Codes { data: data.iter().map(|&c| map[c as usize]).collect() }
                }
                (Kind::F32 { width: a, .. }, Kind::F32 { width: b, .. }, same) if a == b => same.clone(),
                (Kind::F64 { width: a }, Kind::F64 { width: b }, same) if a == b => same.clone(),
                (a, b, _) => return Err(refuse(format!("its cells are {a}, where {b} are needed"))),
            };
            columns.push(column);
        }
        Samples::new(schema.clone(), columns)
    }
}

/// Whether two columns have the same role and kind of cells.
fn same_sort(a: &Field, b: &Field) -> bool {
    a.role == b.role && std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind)
}

/// The code in `to` of each token of `from`; `None` where it is left out.
fn codes(from: &[String], to: &[String]) -> Vec<Option<u32>> {
    let known: HashMap<&str, u32> = to.iter().enumerate().map(|(i, t)| (t.as_str(), i as u32)).collect();
    let unknown = [UNKNOWN_WORD, UNKNOWN_CHARACTER].iter().find_map(|t| known.get(t).copied());
    from.iter().map(|t| known.get(t.as_str()).copied().or(unknown)).collect()
}

fn recoded(map: &[Option<u32>], offsets: &[usize], tokens: &[u32]) -> Column {
    let (mut new_offsets, mut new_tokens) = (vec![0], Vec::with_capacity(tokens.len()));
    for row in offsets.windows(2) {
        new_tokens.extend(tokens[row[0]..row[1]].iter().filter_map(|&t| map[t as usize]));
        new_offsets.push(new_tokens.len());
    }
    Column::Ragged { offsets: new_offsets, tokens: new_tokens }
}

/// The code in `to` of each level of `from`.
fn levels(from: &Levels, to: &Levels) -> Result<Vec<u32>, String> {
    let by_name = |i: u32| (0..to.count() as u32).find(|&j| to.name(j) == from.name(i));
    let all: Option<Vec<u32>> = (0..from.count() as u32).map(by_name).collect();
    match all {
        Some(map) => Ok(map),
        None if from.count() == to.count() => Ok((0..from.count() as u32).collect()),
        None => {
            Err(format!("its {} levels are not among the {} of the other rows", from.count(), to.count()))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{TokenUnit, Vocabulary};

    fn rows(words: &[&str], named: &[&str], tokens: Vec<u32>, label: u32) -> Samples {
        let vocabulary = Vocabulary::new(TokenUnit::Words, words.iter().map(|w| w.to_string()).collect());
        let names: Vec<String> = named.iter().map(|n| n.to_string()).collect();
        let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
        let text = field("text", Role::Feature, Kind::Ragged { vocabulary: Arc::new(vocabulary) });
        let label_field = field("label", Role::Label, Kind::Codes { levels: Levels::Named(names.into()) });
        let columns = vec![
            Column::Ragged { offsets: vec![0, tokens.len()], tokens },
            Column::Codes { data: vec![label] },
        ];
        Samples::new(Arc::new(Schema { fields: vec![text, label_field] }), columns).unwrap()
    }

    #[test]
    fn words_and_levels_keep_their_meaning() {
        let theirs = rows(&["x", "b", "a"], &["yes", "no"], vec![2, 1, 0], 0);
        let ours = rows(&["a", "b", UNKNOWN_WORD], &["no", "yes"], vec![0], 0);
        let read = theirs.read_as(ours.schema()).unwrap();
        assert_eq!(read.text(0).unwrap(), "a b <unk>");
        assert_eq!(read.labels(), Some(&[1][..]));
    }

    #[test]
    fn levels_of_other_names_go_by_position_if_there_are_as_many() {
        let theirs = rows(&["a"], &["negative", "positive"], vec![0], 1);
        let ours = rows(&["a"], &["0", "1"], vec![0], 0);
        assert_eq!(theirs.read_as(ours.schema()).unwrap().labels(), Some(&[1][..]));
        let three = rows(&["a"], &["0", "1", "2"], vec![0], 0);
        assert!(theirs.read_as(three.schema()).is_err());
    }

    #[test]
    fn a_column_that_is_not_there_is_an_error_with_its_name() {
        let theirs = rows(&["a"], &["0", "1"], vec![0], 1);
        let text = Arc::new(Schema { fields: vec![theirs.schema().fields[0].clone()] });
        let alone = theirs.read_as(&text).unwrap();
        let error = alone.read_as(theirs.schema()).unwrap_err().to_string();
        assert!(error.contains("`label`"), "{error}");
    }
}
