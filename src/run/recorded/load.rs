//! Finding generations that were made elsewhere: files of a folder, or rows of one table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::data::{
    AsHuman, FileError, OtherCard, Place, Problem, Samples, Schema, SourceError, uncompressed,
};

/// The rows of each generation of each run, with the runs' names.
pub type Runs = Vec<(String, BTreeMap<u32, Samples>)>;

/// How generations are told apart where they are in one table.
#[derive(Clone, Debug)]
pub struct Load {
    /// The column of the generation.
    pub generation_column: String,
    /// The column of the run.
    pub run_column: Option<String>,
}

/// The generations that were found.
pub struct Loaded {
    /// Their rows.
    pub runs: Runs,
    /// The schema of all of them: the human one, with what is new.
    pub schema: Arc<Schema>,
    /// What was read of each file, by run and generation.
    pub cards: Vec<OtherCard>,
    /// Files beside them that are no generation.
    pub passed_over: Vec<PathBuf>,
}

/// Reads every generation below `path` as the human rows were read: a folder of files whose names end in the
/// generation's number (`gen-0.csv`, `gen-1.csv`, …), a folder of such folders (one a run), or one
/// table with a column of generations.
///
/// # Errors
/// With the file, the line and the column of what does not fit.
pub fn load(path: &Path, mut reader: AsHuman, how: &Load) -> Result<Loaded, SourceError> {
    let (mut passed_over, mut cards) = (Vec::new(), Vec::new());
    let mut runs = match path.is_dir() {
        true => folder(path, &mut reader, &mut cards, &mut passed_over)?,
        false => table(path, &mut reader, &mut cards, how)?,
    };
    // What is new in a later file is unknown to the rows of an earlier one.
    for rows in runs.iter_mut().flat_map(|(_, generations)| generations.values_mut()) {
        *rows = reader.grown(rows).map_err(|e| FileError::whole(path, Problem::Shape(e.to_string())))?;
    }
    Ok(Loaded { runs, schema: reader.schema(), cards, passed_over })
}

fn folder(
    path: &Path,
    reader: &mut AsHuman,
    cards: &mut Vec<OtherCard>,
    passed_over: &mut Vec<PathBuf>,
) -> Result<Runs, SourceError> {
    let Entries { files, folders, others } = entries(path)?;
    let runs: Vec<(String, Vec<(u32, PathBuf)>)> = if files.is_empty() {
        let mut runs = Vec::with_capacity(folders.len());
        for folder in folders {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Entries { files, others, .. } = entries(&folder)?;
            passed_over.extend(others);
            if files.is_empty() {
                passed_over.push(folder);
            } else {
                runs.push((name, files));
            }
        }
        runs.sort_by_cached_key(|(name, _)| (number(name).unwrap_or(u32::MAX), name.clone()));
        runs
    } else {
        passed_over.extend(folders);
        vec![("0".into(), files)]
    };
    passed_over.extend(others);
    if runs.is_empty() {
        return Err(FileError::whole(path, Problem::NoGenerations).into());
    }
    let mut found = Vec::with_capacity(runs.len());
    for (name, files) in runs {
        let mut generations: BTreeMap<u32, Samples> = BTreeMap::new();
        for (generation, file) in files {
            let made = reader.read(&file, &[])?;
            if made.rows.is_empty() {
                return Err(FileError::whole(&file, Problem::EmptyGeneration(generation)).into());
            }
            cards.push(made.card);
            if generations.insert(generation, made.rows).is_some() {
                return Err(FileError::whole(&file, Problem::TwoGenerations(generation)).into());
            }
        }
        found.push((name, generations));
    }
    Ok(found)
}

/// What a folder holds.
#[derive(Default)]
struct Entries {
    /// Generation files, ascending.
    files: Vec<(u32, PathBuf)>,
    folders: Vec<PathBuf>,
    /// Files that are no generation.
    others: Vec<PathBuf>,
}

fn entries(folder: &Path) -> Result<Entries, FileError> {
    let unreadable = |e| FileError::whole(folder, Problem::Unreadable(e));
    let mut found = Entries::default();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            // A folder of images is a generation, unless it is called a run.
            let word = name.trim_end_matches(|c: char| !c.is_alphabetic()).to_lowercase();
            let run = ["seed", "run"].iter().any(|w| word.ends_with(w));
            match number(&name).filter(|_| !run && AsHuman::holds_images(&path)) {
                Some(generation) => found.files.push((generation, path)),
                None => found.folders.push(path),
            }
        } else {
            match number(stem(&name)).filter(|_| AsHuman::knows(&name)) {
                Some(generation) => found.files.push((generation, path)),
                None => found.others.push(path),
            }
        }
    }
    found.files.sort();
    found.folders.sort();
    found.others.sort();
    Ok(found)
}

/// A file's name without its ending, `.gz` and `.zst`.
fn stem(name: &str) -> &str {
    let name = uncompressed(name);
    let name =
        ["-idx3-ubyte", "-idx2-ubyte", "-ubyte"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The number at the end of a name: 12 of `gen-12`, 3 of `generation_03`.
fn number(name: &str) -> Option<u32> {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    name[name.len() - digits..].parse().ok()
}

fn table(
    path: &Path,
    reader: &mut AsHuman,
    cards: &mut Vec<OtherCard>,
    how: &Load,
) -> Result<Runs, SourceError> {
    if !path.exists() {
        return Err(FileError::whole(path, Problem::Missing).into());
    }
    if !AsHuman::has_columns(&path.file_name().unwrap_or_default().to_string_lossy()) {
        return Err(FileError::whole(path, Problem::NoGenerationColumn).into());
    }
    let keys: Vec<&str> =
        std::iter::once(how.generation_column.as_str()).chain(how.run_column.as_deref()).collect();
    let read = reader.read(path, &keys)?;
    cards.push(read.card);
    let mut places: BTreeMap<(String, u32), Vec<u32>> = BTreeMap::new();
    for (row, (line, keys)) in (0_u32..).zip(read.lines.iter().zip(&read.keys)) {
        let generation = keys[0].parse::<f64>().ok().filter(|g| g.fract() == 0.0 && (0.0..1e9).contains(g));
        let Some(generation) = generation else {
            let place = Place::Cell { line: *line, column: how.generation_column.clone() };
            return Err(FileError::new(path, place, Problem::BadGeneration(keys[0].as_str().into())).into());
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
