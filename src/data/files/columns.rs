//! What the columns of a human table are taken for, and why.
//!
//! A column is numeric if all its cells are numbers, in one [`Notation`]; categorical if none is, or the options say
//! so. A group is categorical, and so is a label of few whole numbers. Columns that tell rows apart without saying
//! what they are like (row numbers, keys, dates, free text) and columns that are empty are left out, unless an option
//! names them or nothing else is left.

use std::collections::BTreeSet;
use std::path::Path;

use super::cell::Cell;
use super::error::{FileError, Problem};
use super::looks::{self, Looks};
use super::numbers::{Found, Notation};
use super::options::Options;
use super::table::Table;
use crate::data::Role;
use crate::data::parameters::{ParameterError, SourceError};

/// The most different whole numbers that a label is taken to name classes with; with more of them it
/// is a quantity, as it is with fractions.
const MOST_CLASSES: usize = 20;
/// Words that repeat so rarely are a column of their own kind: more levels than this, and than half the rows.
const MOST_LEVELS: usize = 50;

/// What the cells of a column are taken for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) enum Taken {
    /// Numbers in one notation.
    Numbers(Notation),
    /// Names of levels.
    Levels,
}

/// A column that is used.
#[derive(Clone, Debug)]
pub(in crate::data) struct Chosen {
    /// Its place in the table.
    pub at: usize,
    /// Its role.
    pub role: Role,
    /// What its cells are taken for.
    pub taken: Taken,
    /// Why.
    pub why: String,
}

/// All that was decided of a table's columns.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Choice {
    /// Features in order, the label, the group.
    pub columns: Vec<Chosen>,
    /// The column of text, which makes it a text source.
    pub text: Option<usize>,
    /// Columns that are not used, and why.
    pub left_out: Vec<(String, String)>,
}

/// What became of one column.
enum Verdict {
    Use(Taken, String),
    /// Left out where anything else is left; what it would be else.
    Leave(Option<Taken>, String),
}

/// Decides what the columns are. `text` is the column that makes it a text source.
///
/// # Errors
/// Every column that can't be read, together; options that name no column or one twice.
pub(in crate::data) fn choose(
    path: &Path,
    table: &Table,
    options: &Options,
    text: Option<&str>,
) -> Result<Choice, SourceError> {
    let find = |name: &str| table.find(path, name);
    let all = |list: &Option<Vec<String>>| -> Result<Vec<usize>, SourceError> {
        let named: Vec<Result<usize, FileError>> = list.iter().flatten().map(|name| find(name)).collect();
        Ok(together(path, named)?)
    };
    let label = options.label.as_deref().map(find).transpose()?;
    let group = options.group.as_deref().map(find).transpose()?;
    let text = text.map(find).transpose()?;
    let mut categorical: BTreeSet<usize> = all(&options.categorical)?.into_iter().collect();
    let numeric: BTreeSet<usize> = all(&options.numeric)?.into_iter().collect();
    if let Some(both) = categorical.intersection(&numeric).next() {
        let why = format!("`{}` is in `categorical` too", table.names[*both]);
        return Err(ParameterError::new("numeric", why, "name it once").into());
    }
    let named = options.columns.is_some().then(|| all(&options.columns)).transpose()?;
    let has_role = |i: &usize| Some(*i) == label || Some(*i) == group || Some(*i) == text;
    if let Some(twice) = named.iter().flatten().find(|i| has_role(i)) {
        let why = format!("`{}` already is the label, group or text", table.names[*twice]);
        return Err(ParameterError::new("columns", why, "name it once").into());
    }
    let mut without = all(&options.without)?;
    let kept = |i: &usize| has_role(i) || named.iter().flatten().any(|n| n == i);
    if let Some(twice) = without.iter().find(|i| kept(i)) {
        let why = format!("`{}` already is the label, group or text, or in `columns`", table.names[*twice]);
        return Err(ParameterError::new("without", why, "name it once").into());
    }
    without.extend(all(&options.id_column)?);
    let together_by = options.group_split.as_deref().map(find).transpose()?;
    without.extend(together_by.filter(|i| !kept(i)));
    let features: Vec<usize> = match (text, &named) {
        (Some(_), Some(_)) => {
            let help = "keep other columns as `label` or `group`";
            return Err(ParameterError::new("columns", "a text source models its text only", help).into());
        }
        (Some(_), None) => Vec::new(),
        (None, Some(named)) => named.clone(),
        (None, None) => (0..table.names.len()).filter(|i| !has_role(i) && !without.contains(i)).collect(),
    };
    categorical.extend(&group);
    categorical.extend(label.filter(|&i| text.is_some() || (!numeric.contains(&i) && classes(table, i))));

    let mut choice = Choice { text, ..Choice::default() };
    for (i, name) in table.names.iter().enumerate() {
        let why = match (without.contains(&i), text, &named) {
            _ if has_role(&i) || features.contains(&i) => continue,
            (true, ..) if Some(i) == together_by => "rows are split by it",
            (true, ..) => "as asked",
            (_, Some(_), _) => "beside the text",
            _ => "not in `columns`",
        };
        choice.left_out.push((name.clone(), why.into()));
    }
    let asked = |i: usize| named.is_some() || categorical.contains(&i) || numeric.contains(&i);
    let mut spare = Vec::new();
    let mut wrong = Vec::new();
    let roles = features.iter().map(|&i| (i, Role::Feature));
    let roles = roles.chain(label.map(|i| (i, Role::Label))).chain(group.map(|i| (i, Role::Group)));
    for (at, role) in roles {
        let column = Column { path, table, options, at, role, asked: asked(at) };
        let verdict = column.verdict(categorical.contains(&at), numeric.contains(&at));
        match verdict {
            Ok(Verdict::Use(taken, why)) => choice.columns.push(Chosen { at, role, taken, why }),
            Ok(Verdict::Leave(taken, why)) => {
                choice.left_out.push((table.names[at].clone(), why));
                spare.extend(taken.map(|taken| (at, taken)));
            }
            Err(error) => wrong.push(Err(error)),
        }
    }
    together::<()>(path, wrong)?;
    let no_feature =
        |choice: &Choice| text.is_none() && choice.columns.iter().all(|c| c.role != Role::Feature);
    if no_feature(&choice) {
        // Better a column of row numbers than none.
        for (at, taken) in spare.into_iter().rev() {
            choice.left_out.retain(|(name, _)| *name != table.names[at]);
            let why = "nothing else is left".into();
            choice.columns.insert(0, Chosen { at, role: Role::Feature, taken, why });
        }
    }
    if no_feature(&choice) {
        let out = choice.left_out.iter().map(|(name, why)| format!("`{name}` ({why})")).collect::<Vec<_>>();
        return Err(FileError::whole(path, Problem::NoFeature(out.join(", ").into())).into());
    }
    Ok(choice)
}

/// All values, or all errors as one.
pub(super) fn together<T>(path: &Path, results: Vec<Result<T, FileError>>) -> Result<Vec<T>, FileError> {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(error) => wrong.push(error),
        }
    }
    match wrong.len() {
        0 => Ok(good),
        1 => Err(wrong.remove(0)),
        _ => Err(FileError::whole(path, Problem::Several(wrong))),
    }
}

/// Whether a label names classes: words, or at most [`MOST_CLASSES`] different whole numbers.
fn classes(table: &Table, i: usize) -> bool {
    let values = || table.column(i).map(|(_, cell)| cell).filter(|c| !c.is_missing());
    let whole = |cell: &Cell| matches!(cell, Cell::Number(x, _) if x.fract() == 0.0);
    match values().all(whole) {
        true => values().map(Cell::level).collect::<BTreeSet<_>>().len() <= MOST_CLASSES,
        false => values().any(|cell| matches!(cell, Cell::Word(_)) && !cell.is_odd_number()),
    }
}

struct Column<'a> {
    path: &'a Path,
    table: &'a Table,
    options: &'a Options,
    at: usize,
    role: Role,
    /// Whether an option names it.
    asked: bool,
}

impl Column<'_> {
    fn cells(&self) -> impl Iterator<Item = (u64, &Cell)> + Clone {
        self.table.column(self.at).filter(|(_, cell)| !cell.is_missing())
    }

    fn fail(&self, line: u64, problem: Problem) -> FileError {
        FileError::new(self.path, self.table.place(line, self.at), problem)
    }

    fn verdict(&self, categorical: bool, numeric: bool) -> Result<Verdict, FileError> {
        if let Some((line, _)) = self.cells().find(|(_, cell)| matches!(cell, Cell::Nested(_))) {
            return match self.role == Role::Feature && !self.asked {
                true => Ok(Verdict::Leave(None, "lists or objects".into())),
                false => Err(self.fail(line, Problem::Nested)),
            };
        }
        let Some((first, _)) = self.cells().next() else {
            let line = self.table.rows.first().map_or(1, |(line, _)| *line);
            return match self.role == Role::Feature {
                true => Ok(Verdict::Leave(None, "no cell has a value".into())),
                false => Err(self.fail(line, Problem::MissingValue)),
            };
        };
        if categorical {
            let why = match self.role {
                Role::Feature => "as asked",
                Role::Group => "a group",
                _ => "classes: words, or few whole numbers",
            };
            return Ok(Verdict::Use(Taken::Levels, why.into()));
        }
        // NaN and infinities are no values among numbers, and words among words.
        let regular: Vec<(u64, &Cell)> = self.cells().filter(|(_, cell)| !cell.is_odd_number()).collect();
        let numbers = regular.iter().filter(|(_, cell)| matches!(cell, Cell::Number(..))).count();
        let decimal = self.options.decimal();
        let written: Vec<&str> = regular.iter().map(|(_, cell)| cell.written()).collect();
        let plain = numbers == regular.len() && (self.table.typed || decimal != Some(','));
        let found = match plain {
            true if numbers == 0 => Found::None,
            true => Found::All(Notation::PLAIN),
            false => Notation::of(&written, decimal),
        };
        match found {
            Found::All(notation) => Ok(self.numbers(notation, &regular)),
            Found::Most(notation, _) if numeric => Ok(self.numbers(notation, &regular)),
            _ if numeric && numbers > 0 => Ok(self.numbers(Notation::PLAIN, &regular)),
            Found::Either(example) => Err(self.fail(first, Problem::TwoNotations(example.into()))),
            Found::Most(notation, i) if numbers == 0 || !notation.is_plain() => {
                let (line, cell) = regular[i];
                let found = cell.written().into();
                Err(self
                    .fail(line, Problem::LooksLikeNumbers { found, notation: notation.to_string().into() }))
            }
            _ if numeric => {
                Err(self
                    .fail(first, Problem::NotANumber(regular.first().map_or("", |c| c.1.written()).into())))
            }
            _ if numbers * 2 > regular.len() => {
                let word = regular.iter().find(|(_, cell)| matches!(cell, Cell::Word(_)));
                let (line, found) = word.map_or((first, String::new()), |(l, c)| (*l, c.written().into()));
                Err(self.fail(line, Problem::MixedTypes { found, numbers }))
            }
            _ => self.words(numbers),
        }
    }

    fn numbers(&self, notation: Notation, regular: &[(u64, &Cell)]) -> Verdict {
        let values: Vec<f64> = regular.iter().filter_map(|(_, c)| notation.number(c.written())).collect();
        let rows = self.table.rows.len();
        let gaps = rows - values.len();
        let leaves = self.role == Role::Feature && !self.asked && !self.options.as_is;
        let taken = Taken::Numbers(notation.clone());
        if leaves && gaps * 2 > rows && self.options.missing.unwrap_or_default() == super::Missing::Level {
            return Verdict::Leave(Some(taken), format!("{gaps} of {rows} cells hold no number"));
        }
        let unnamed = self.table.unnamed.contains(&self.at);
        if leaves && let Some(looks) = looks::numbers(&self.table.names[self.at], unnamed, &values) {
            let evidence = match looks {
                Looks::Index => "whole numbers that count the rows",
                _ => "whole numbers, all different, under the name of a key",
            };
            return Verdict::Leave(Some(taken), format!("looks like {}: {evidence}", looks.words()));
        }
        let mut why = match notation.is_plain() {
            true => "numbers".to_owned(),
            false => format!("numbers written with {notation}"),
        };
        let different: BTreeSet<u64> = values.iter().map(|x| x.to_bits()).collect();
        if values.iter().all(|x| x.fract() == 0.0)
            && different.len() <= MOST_CLASSES
            && self.role == Role::Feature
        {
            why += &format!(" (whole, {} different: `categorical` if they are names)", different.len());
        }
        if gaps > 0 {
            why += &format!("; {gaps} of {rows} cells hold none");
        }
        Verdict::Use(taken, why)
    }

    fn words(&self, numbers: usize) -> Result<Verdict, FileError> {
        let levels = self.cells().map(|(_, cell)| cell.level()).collect::<BTreeSet<_>>().len();
        let rows = self.table.rows.len();
        let gaps = rows - self.cells().count();
        let rarely = levels > MOST_LEVELS && levels * 2 > rows - gaps;
        let like = looks::words(self.cells().map(|(_, cell)| cell));
        if rarely && !self.asked && !self.options.as_is {
            let what = format!("looks like {}: {levels} different in {rows} rows", like.words());
            return match self.role {
                Role::Feature => Ok(Verdict::Leave(None, what)),
                _ => {
                    let line = self.table.rows.first().map_or(1, |(line, _)| *line);
                    Err(self.fail(line, Problem::TooManyLevels { levels, rows }))
                }
            };
        }
        let mut why = "words".to_owned();
        let sentences = || {
            let words = self.cells().map(|(_, c)| c.written().split_whitespace().count()).sum::<usize>();
            words > 3 * (rows - gaps)
        };
        if like == Looks::Dates || (like == Looks::FreeText && sentences()) {
            why += &format!(" that look like {}", like.words());
        }
        if numbers > 0 {
            why += &format!(", {numbers} of them numbers");
        }
        if gaps > 0
            && self.role == Role::Feature
            && self.options.missing.unwrap_or_default() == super::Missing::Level
        {
            why += &format!("; {gaps} gaps are a level of their own");
        }
        Ok(Verdict::Use(Taken::Levels, why))
    }
}
