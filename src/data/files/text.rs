//! Plain text: one running text, cut in windows.

use std::path::Path;

use super::error::{FileError, Problem};
use super::options::{Options, TEXT};
use crate::data::parameters::{ParameterError, SourceError};
use crate::data::text::Record;
use crate::data::{Cut, Splits};

/// The splits of a text file. With `cut = "records"` every line is a row.
pub(super) fn load(path: &Path, text: &str, options: &Options) -> Result<Splits, SourceError> {
    options.only("a text file", &[TEXT])?;
    let how = options.text.options(options.cut.unwrap_or(Cut::Windows));
    let records: Vec<Record<'_>> = match how.cut {
        Cut::Windows => vec![Record { text, codes: vec![] }],
        Cut::Records => text.lines().map(|line| Record { text: line, codes: vec![] }).collect(),
    };
    let few = |e| FileError::whole(path, Problem::TooFewRows(e));
    let splits = how.splits(&records, &[], &options.splits.usual()).map_err(few)?;
    if splits.train.schema().vocabulary().is_none_or(|v| v.len() < 2) {
        let why = "fewer than two distinct tokens are left";
        return Err(ParameterError::new("min_count", why, "lower `min_count`, or give a richer text").into());
    }
    Ok(splits)
}
