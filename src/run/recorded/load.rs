//! Finding generations that were made elsewhere: files of a folder, or rows of one table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::data::exchange::{self, Exchange, Reading};
use crate::data::{FileError, Place, Problem, Samples, Schema};

/// The rows of each generation of each run, with the runs' names.
pub type Runs = Vec<(String, BTreeMap<u32, Samples>)>;

/// How generations are told apart and read.
#[derive(Clone, Debug)]
pub struct Load {
    /// In one table: the column of the generation.
    pub generation_column: String,
    /// In one table: the column of the run.
    pub run_column: Option<String>,
    /// The files' name for the column `text`.
    pub text_column: Option<String>,
    /// Text files are running text, cut in windows of so many tokens.
    pub window: Option<usize>,
    /// The pixel value of an idx file that becomes 1.
    pub scale: f64,
}

/// Reads every generation below `path` as rows of `schema`: a folder of files whose names end in the
/// generation's number (`gen-0.csv`, `gen-1.csv`, …), a folder of such folders (one a run), or one
/// table with a column of generations.
///
/// # Errors
/// With the file, the line and the column of what does not fit.
pub fn load(path: &Path, schema: &Arc<Schema>, how: &Load) -> Result<Runs, FileError> {
    if !path.is_dir() {
        return table(path, schema, how);
    }
    let (files, folders) = entries(path)?;
    let runs: Vec<(String, Vec<(u32, PathBuf)>)> = if files.is_empty() {
        let mut runs = Vec::with_capacity(folders.len());
        for folder in folders {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (files, _) = entries(&folder)?;
            if !files.is_empty() {
                runs.push((name, files));
            }
        }
        runs.sort_by_cached_key(|(name, _)| (number(name).unwrap_or(u32::MAX), name.clone()));
        runs
    } else {
        vec![("0".into(), files)]
    };
    if runs.is_empty() {
        return Err(FileError::whole(path, Problem::NoGenerations));
    }
    let mut found = Vec::with_capacity(runs.len());
    // A token that the human rows lack has one code in all files.
    let mut schema = schema.clone();
    for (name, files) in runs {
        let mut generations: BTreeMap<u32, Samples> = BTreeMap::new();
        for (generation, file) in files {
            let rows = rows(&file, &schema, how)?;
            if rows.is_empty() {
                return Err(FileError::whole(&file, Problem::EmptyGeneration(generation)));
            }
            schema = rows.schema().clone();
            if generations.insert(generation, rows).is_some() {
                return Err(FileError::whole(&file, Problem::TwoGenerations(generation)));
            }
        }
        found.push((name, generations));
    }
    Ok(found)
}

/// How many tokens of all runs the human rows do not have, how many different ones these are, and the number of all
/// tokens; `None` where the rows are no text.
pub fn new_tokens(runs: &Runs, schema: &Schema) -> Option<(usize, usize, usize)> {
    let known = schema.vocabulary()?.len();
    let tokens = runs.iter().flat_map(|(_, g)| g.values()).filter_map(Samples::token_rows);
    let (mut new, mut different, mut all) = (0, BTreeSet::new(), 0);
    for (_, tokens) in tokens {
        all += tokens.len();
        for token in tokens.iter().filter(|token| **token as usize >= known) {
            new += 1;
            different.insert(*token);
        }
    }
    Some((new, different.len(), all))
}

/// The generation files of a folder, ascending, and its folders.
#[allow(clippy::type_complexity)]
fn entries(folder: &Path) -> Result<(Vec<(u32, PathBuf)>, Vec<PathBuf>), FileError> {
    let unreadable = |e| FileError::whole(folder, Problem::Unreadable(e));
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            folders.push(path);
        } else if kind(&name).is_some()
            && let Some(generation) = number(stem(&name))
        {
            files.push((generation, path));
        }
    }
    files.sort();
    Ok((files, folders))
}

/// A file's name without its ending and `.gz`.
fn stem(name: &str) -> &str {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let name =
        ["-idx3-ubyte", "-idx2-ubyte", "-ubyte"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The number at the end of a name: 12 of `gen-12`, 3 of `generation_03`.
fn number(name: &str) -> Option<u32> {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    name[name.len() - digits..].parse().ok()
}

enum Kind {
    Rows(Exchange),
    Idx,
}

fn kind(name: &str) -> Option<Kind> {
    let name = name.strip_suffix(".gz").unwrap_or(name).to_lowercase();
    match name.rsplit('.').next() {
        Some("csv" | "tsv" | "tab") => Some(Kind::Rows(Exchange::Csv)),
        Some("jsonl" | "ndjson" | "json") => Some(Kind::Rows(Exchange::Jsonl)),
        Some("txt" | "text" | "md") => Some(Kind::Rows(Exchange::Text)),
        Some("conll" | "bio" | "iob") => Some(Kind::Rows(Exchange::Conll)),
        Some("idx") => Some(Kind::Idx),
        _ if name.ends_with("-ubyte") => Some(Kind::Idx),
        _ => None,
    }
}

fn rows(file: &Path, schema: &Arc<Schema>, how: &Load) -> Result<Samples, FileError> {
    match kind(&file.file_name().unwrap_or_default().to_string_lossy()) {
        Some(Kind::Idx) => exchange::read_idx(file, schema, how.scale),
        Some(Kind::Rows(format)) => {
            let reading = Reading {
                elsewhere: true,
                keys: &[],
                text_column: how.text_column.as_deref(),
                window: how.window,
                new_tokens: true,
                ..Reading::default()
            };
            Ok(exchange::read(file, file, schema, format, &reading)?.rows)
        }
        None => Err(FileError::whole(file, Problem::UnknownFormat)),
    }
}

fn table(path: &Path, schema: &Arc<Schema>, how: &Load) -> Result<Runs, FileError> {
    let format = match kind(&path.file_name().unwrap_or_default().to_string_lossy()) {
        Some(Kind::Rows(format @ (Exchange::Csv | Exchange::Jsonl))) => format,
        _ if !path.exists() => return Err(FileError::whole(path, Problem::Missing)),
        _ => return Err(FileError::whole(path, Problem::NoGenerationColumn)),
    };
    let keys: Vec<&str> =
        std::iter::once(how.generation_column.as_str()).chain(how.run_column.as_deref()).collect();
    let reading = Reading {
        elsewhere: true,
        keys: &keys,
        text_column: how.text_column.as_deref(),
        new_tokens: true,
        ..Reading::default()
    };
    let read = exchange::read(path, path, schema, format, &reading)?;
    let mut places: BTreeMap<(String, u32), Vec<u32>> = BTreeMap::new();
    for (row, (line, keys)) in (0_u32..).zip(read.lines.iter().zip(&read.keys)) {
        let generation = keys[0].parse::<f64>().ok().filter(|g| g.fract() == 0.0 && (0.0..1e9).contains(g));
        let Some(generation) = generation else {
            let place = Place::Cell { line: *line, column: how.generation_column.clone() };
            return Err(FileError::new(path, place, Problem::BadGeneration(keys[0].as_str().into())));
        };
        let run = keys.get(1).cloned().unwrap_or_default();
        places.entry((run, generation as u32)).or_default().push(row);
    }
    let mut runs: BTreeMap<(u32, String), BTreeMap<u32, Samples>> = BTreeMap::new();
    for ((run, generation), rows) in places {
        let name = (number(&run).unwrap_or(u32::MAX), run);
        runs.entry(name).or_default().insert(generation, read.rows.take(&rows));
    }
    Ok(runs.into_iter().map(|((_, name), generations)| (name, generations)).collect())
}
