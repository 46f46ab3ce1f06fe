//! What a fit of an outside program leaves: rows, or a folder that further rows are made from.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rand::Rng;

use super::call::{Call, placeholders};
use super::{Command, Failure};
use crate::data::exchange::{Exchange, read};
use crate::data::{Column, Kind, Samples, Schema};
use crate::models::{Ask, Model, Refusal, SampleError, Sampling};
use crate::output::Scratch;
use crate::rng::Streams;

/// A fitted outside program.
pub struct CommandModel {
    recipe: Arc<Command>,
    schema: Arc<Schema>,
    format: Exchange,
    folder: Scratch,
    made: Made,
}

enum Made {
    /// `sample` makes rows; the number of its calls so far names their files.
    Folder(AtomicU64),
    /// All rows are there.
    Rows(Mutex<Pool>),
}

/// Rows of one call and who has had which.
struct Pool {
    rows: Samples,
    next: usize,
    given: Vec<(Streams, Vec<u32>)>,
}

impl CommandModel {
    pub(super) fn trained(
        recipe: Arc<Command>,
        schema: Arc<Schema>,
        format: Exchange,
        folder: Scratch,
    ) -> Self {
        Self { recipe, schema, format, folder, made: Made::Folder(AtomicU64::new(0)) }
    }

    pub(super) fn pool(
        recipe: Arc<Command>,
        schema: Arc<Schema>,
        format: Exchange,
        folder: Scratch,
        rows: Samples,
    ) -> Self {
        let pool = Pool { rows, next: 0, given: Vec::new() };
        Self { recipe, schema, format, folder, made: Made::Rows(Mutex::new(pool)) }
    }

    /// The folder `{model}`.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().join("model")
    }

    fn call(
        &self,
        calls: &AtomicU64,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, Failure> {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        let file = self.folder.path().join(format!("samples-{call}.{}", self.format.ending()));
        let seed = streams.rng().next_u32();
        let values = [
            ("model", self.folder().display().to_string()),
            ("samples", file.display().to_string()),
            ("n", n.to_string()),
            ("seed", seed.to_string()),
            ("temperature", how.temperature.to_string()),
        ];
        let words = &self.recipe.sample;
        Call { words, values: &values, seed, purpose: "sample" }.run(&self.recipe)?;
        let rows = samples(&file, &self.schema, self.format, n);
        // The rows are in memory now; a file that can't be removed goes with the folder.
        let _ = std::fs::remove_file(&file);
        rows.map_err(|why| Failure { program: words.join(" "), purpose: "sample", why })
    }
}

impl Model for CommandModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        if !matches!(ask, Ask::Rows) {
            return Err(
                Refusal::new("an outside program makes new rows; it can't label, continue or edit").into()
            );
        }
        let takes = placeholders(&self.recipe.sample).iter().any(|name| name == "temperature");
        if let Some((_, key)) = how.active().find(|(_, key)| *key != "temperature" || !takes) {
            let why = format!(
                "an outside program takes no `{key}`; a temperature where `sample` has `{{temperature}}`"
            );
            return Err(Refusal::new(why).into());
        }
        if n == 0 {
            return Ok(nothing(&self.schema)?);
        }
        match &self.made {
            Made::Folder(calls) => {
                self.call(calls, n, how, streams).map_err(|failure| SampleError::Outside(failure.to_string()))
            }
            Made::Rows(pool) => {
                // A lock whose other holder panicked is still good: rows are given whole or not at all.
                pool.lock().unwrap_or_else(|e| e.into_inner()).take(n, streams)
            }
        }
    }

    fn size(&self) -> usize {
        0
    }
}

impl Pool {
    /// The next `n` rows; under a stream that has had rows, those first.
    fn take(&mut self, n: usize, streams: &Streams) -> Result<Samples, SampleError> {
        let at = match self.given.iter().position(|(s, _)| s == streams) {
            Some(at) => at,
            None => {
                self.given.push((*streams, Vec::new()));
                self.given.len() - 1
            }
        };
        let had = self.given[at].1.len();
        let more = n.saturating_sub(had);
        let (left, all) = (self.rows.len() - self.next, self.rows.len());
        if more > left {
            return Err(SampleError::Outside(format!(
                "one call of the program left {all} rows, of which {left} are left when {more} more are asked for; \
                 raise `model.rows` to {} or more",
                self.next + more
            )));
        }
        let from = self.next as u32;
        self.given[at].1.extend(from..from + more as u32);
        self.next += more;
        Ok(self.rows.take(&self.given[at].1[..n]))
    }
}

/// The first `n` rows of a sample file, or what is wrong with it.
pub(super) fn samples(
    file: &Path,
    schema: &Arc<Schema>,
    format: Exchange,
    n: usize,
) -> Result<Samples, String> {
    let name = file.file_name().map_or_else(|| file.to_path_buf(), PathBuf::from);
    match std::fs::metadata(file) {
        Err(_) => return Err(format!("it left no sample file; it must write {n} rows to `{{samples}}`")),
        Ok(about) if !about.is_file() => return Err("`{samples}` is no regular file".into()),
        Ok(_) => {}
    }
    let found = read(file, &name, schema, format).map_err(|e| e.to_string())?;
    if found.len() < n {
        return Err(format!("it left {} rows in {} where {n} were asked for", found.len(), name.display()));
    }
    Ok(found.head(n))
}

/// A table without rows.
fn nothing(schema: &Arc<Schema>) -> Result<Samples, Refusal> {
    let column = |kind: &Kind| match kind {
        Kind::F32 { width, .. } => Column::F32 { width: *width, data: Vec::new() },
        Kind::F64 { width } => Column::F64 { width: *width, data: Vec::new() },
        Kind::Codes { .. } => Column::Codes { data: Vec::new() },
        Kind::Ragged { .. } => Column::Ragged { offsets: vec![0], tokens: Vec::new() },
    };
    let columns = schema.fields.iter().map(|field| column(&field.kind)).collect();
    Samples::new(schema.clone(), columns).map_err(|e| Refusal::new(e.to_string()))
}
