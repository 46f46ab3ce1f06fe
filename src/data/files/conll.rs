//! CoNLL columns: one token a line with its tag, blank lines between sentences.
//!
//! Cells are divided by tabs where a line has one, else by white space; every token line has the
//! same number of cells. The token is the first and the tag the last, unless `token_column` and
//! `tag_column` say otherwise. A line that begins with `#` and has no tab is a comment, unless a
//! hashtag with its tag stands there (`#word TAG`, without an equals sign);
//! `# key = value` before a sentence tells a property of it, which `group` can name. `-DOCSTART-`
//! lines are left out.
//!
//! Tags are BIO (Ramshaw and Marcus 1995, arXiv cmp-lg/9505040, in its second form: every mention
//! begins with `B-`), which is checked; `scheme = "iob1"` reads the first form, where `I-` begins a
//! mention unless it touches one of its own type; `scheme = "plain"` takes any tags.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::{FileError, Place, Problem};
use super::options::{Options, Scheme};
use crate::data::Splits;
use crate::data::parameters::{ParameterError, SourceError};
use crate::data::tagged::{Sentence, TaggedOptions};

/// The parameters of tagged text.
const TAGGED: &[&str] = &[
    "token_column",
    "tag_column",
    "scheme",
    "group",
    "lower_case",
    "row_tokens",
    "min_count",
    "max_vocabulary",
];

/// The splits of a CoNLL file's text, and how many sentences it has.
pub(super) fn load(path: &Path, text: &str, options: &Options) -> Result<(Splits, usize), SourceError> {
    options.only("a CoNLL file", &[TAGGED])?;
    let sentences = sentences(path, text, options)?;
    let (base, own) = (TaggedOptions::default(), &options.text);
    let how = TaggedOptions {
        bio: options.scheme != Some(Scheme::Plain),
        lower_case: own.lower_case.unwrap_or(base.lower_case),
        row_tokens: own.row_tokens.unwrap_or(base.row_tokens),
        min_count: own.min_count.unwrap_or(base.min_count),
        max_vocabulary: own.max_vocabulary,
    };
    let assignment = options
        .splits
        .usual()
        .shuffled(sentences.len())
        .map_err(|e| FileError::whole(path, Problem::TooFewRows(e)))?;
    Ok((how.splits(&sentences, options.group.as_deref(), &assignment), sentences.len()))
}

/// All sentences of a file, with checked tags.
pub(in crate::data) fn sentences(
    path: &Path,
    text: &str,
    options: &Options,
) -> Result<Vec<Sentence>, SourceError> {
    let mut all = Vec::new();
    let mut sentence = Sentence::default();
    let mut properties: BTreeMap<&str, &str> = BTreeMap::new();
    let mut width = None;
    let scheme = options.scheme.unwrap_or_default();
    let mut end = |sentence: &mut Sentence, properties: &mut BTreeMap<&str, &str>| {
        let mut done = std::mem::take(sentence);
        if !done.words.is_empty() {
            done.group = group(path, &done, properties, options)?;
            all.push(done);
            properties.clear();
        }
        Ok::<(), FileError>(())
    };
    for (number, line) in (1_u64..).zip(text.lines()) {
        if line.trim().is_empty() {
            end(&mut sentence, &mut properties)?;
            continue;
        }
        if let Some(comment) = comment(line) {
            if let Some((key, value)) = comment.split_once('=') {
                properties.insert(key.trim(), value.trim());
            }
            continue;
        }
        let cells: Vec<&str> = match line.contains('\t') {
            true => line.split('\t').map(str::trim).collect(),
            false => line.split_whitespace().collect(),
        };
        if cells[0] == "-DOCSTART-" {
            continue;
        }
        let fail = |problem| FileError::new(path, Place::Line(number), problem);
        let expected = *width.get_or_insert(cells.len());
        if cells.len() != expected {
            return Err(fail(Problem::TokenColumns { expected, found: cells.len() }).into());
        }
        let token = column("token_column", options.token_column, 1, expected)?;
        let tag = column("tag_column", options.tag_column, expected, expected)?;
        if token == tag {
            return Err(fail(Problem::NoTagColumn).into());
        }
        if cells[token].is_empty() {
            return Err(fail(Problem::NoToken).into());
        }
        let tag = scheme.read(cells[tag], sentence.tags.last().map(String::as_str)).map_err(fail)?;
        if sentence.words.is_empty() {
            sentence.line = number;
        }
        sentence.words.push(cells[token].to_owned());
        sentence.tags.push(tag);
    }
    end(&mut sentence, &mut properties)?;
    if all.is_empty() {
        return Err(FileError::whole(path, Problem::Empty).into());
    }
    Ok(all)
}

/// What a comment says after its `#`: `# key = value`. A token may begin with `#` too (a hashtag): it has cells
/// beside it.
fn comment(line: &str) -> Option<&str> {
    let comment = line.strip_prefix('#').filter(|_| !line.contains('\t'))?;
    let hashtag = comment.starts_with(|c: char| !c.is_whitespace() && c != '=')
        && comment.split_whitespace().nth(1).is_some()
        && !comment.contains('=');
    (!hashtag).then_some(comment)
}

/// A column's index from its number, which counts from 1.
fn column(
    key: &'static str,
    asked: Option<usize>,
    default: usize,
    columns: usize,
) -> Result<usize, ParameterError> {
    match asked.unwrap_or(default) {
        number if (1..=columns).contains(&number) => Ok(number - 1),
        number => {
            let why = format!("there is no column {number}");
            Err(ParameterError::new(key, why, format!("columns count from 1 to {columns}")))
        }
    }
}

fn group(
    path: &Path,
    sentence: &Sentence,
    properties: &BTreeMap<&str, &str>,
    options: &Options,
) -> Result<Option<String>, FileError> {
    let Some(key) = &options.group else { return Ok(None) };
    match properties.get(key.as_str()) {
        Some(value) => Ok(Some((*value).to_owned())),
        None => {
            let known = properties.keys().copied().collect::<Vec<_>>().join("`, `");
            let problem = Problem::NoProperty { key: key.as_str().into(), known: known.into() };
            Err(FileError::new(path, Place::Line(sentence.line), problem))
        }
    }
}

impl Scheme {
    /// The tag in BIO (or as it is), given the tag before it in the sentence.
    fn read(self, tag: &str, before: Option<&str>) -> Result<String, Problem> {
        if tag.is_empty() {
            return Err(Problem::NoTag);
        }
        if self == Scheme::Plain || tag == "O" {
            return Ok(tag.to_owned());
        }
        let kind = match tag.split_once('-') {
            Some(("B" | "I", kind)) if !kind.is_empty() => kind,
            _ => return Err(Problem::BadTag(tag.into())),
        };
        let inside = before.and_then(|b| b.get(2..)) == Some(kind);
        match (self, tag.starts_with("I-"), inside) {
            (_, false, _) | (_, true, true) => Ok(tag.to_owned()),
            (Scheme::Iob1, true, false) => Ok(format!("B-{kind}")),
            (_, true, false) => Err(Problem::OrphanTag {
                tag: tag.into(),
                before: before
                    .map_or_else(|| "the beginning of a sentence".into(), |b| format!("`{b}`").into()),
                kind: kind.into(),
            }),
        }
    }
}
