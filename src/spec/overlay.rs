//! The order of layers: file → `[profile.<name>]` → `[quick]` → `--set` → sweep point.

use std::sync::Arc;

use toml::de::DeTable;

use super::error::{Error, unknown_name};
use super::experiment::check_layer;
use super::node::{Node, Value};
use super::parse::{syntax, value_at};
use super::source::{At, Layer, Source};
use super::sweep::flatten_sweep;

/// The layers that are laid on a file.
///
/// `Overlays::default().quick(true).profile("paper").set("loop.samples=500")`; `--set` comes last,
/// in the order given.
#[derive(Debug, Clone, Default)]
pub struct Overlays {
    profile: Option<String>,
    quick: bool,
    sets: Vec<String>,
}

impl Overlays {
    /// Asks for `[quick]`.
    #[must_use]
    pub fn quick(mut self, quick: bool) -> Self {
        self.quick = quick;
        self
    }

    /// Asks for `[profile.<name>]`.
    #[must_use]
    pub fn profile(mut self, name: &str) -> Self {
        self.profile = Some(name.to_owned());
        self
    }

    /// Adds `key=value`: the value is TOML, and a bare word is a string.
    #[must_use]
    pub fn set(mut self, assignment: &str) -> Self {
        self.sets.push(assignment.to_owned());
        self
    }

    /// Lays the layers on a parsed file; the result has no `[quick]` and no `[profile]`.
    ///
    /// # Errors
    /// On a layer that the file lacks, and a malformed `key=value`; unknown keys in any layer are added to `problems`.
    pub fn apply(&self, mut root: Node, problems: &mut Vec<Error>) -> Result<Node, Error> {
        check_layer(&root, true, problems);
        let file = root.at.clone();
        let (mut quick, mut profiles) = (None, None);
        if let Some(table) = root.as_table_mut() {
            quick = table.remove("quick");
            profiles = table.remove("profile");
        }
        flatten_sweep(&mut root)?;
        let mut layers = Vec::new();
        if let Some(profiles) = profiles {
            let table = profiles.as_table().ok_or_else(|| Error::wrong_type(&profiles, "a table"))?;
            for (key, node) in table.iter() {
                layers.push((Layer::Profile(key.name.clone()), node.clone()));
            }
        }
        if let Some(name) = &self.profile
            && !layers.iter().any(|(l, _)| *l == Layer::Profile(name.clone()))
        {
            let known: Vec<&str> = layers
                .iter()
                .filter_map(|(l, _)| if let Layer::Profile(n) = l { Some(n.as_str()) } else { None })
                .collect();
            return Err(unknown_name("profile", &argument("--profile", name), &known));
        }
        match quick {
            Some(node) => layers.push((Layer::Quick, node)),
            None if self.quick => {
                return Err(Error::refused(
                    file,
                    "this experiment has no [quick] table",
                    "add one (it may be empty, if the experiment is quick as it is)",
                ));
            }
            None => {}
        }
        for (layer, mut node) in layers {
            check_layer(&node, false, problems);
            flatten_sweep(&mut node)?;
            let asked = match &layer {
                Layer::Profile(name) => self.profile.as_ref() == Some(name),
                _ => self.quick,
            };
            if asked {
                // The root's own place stays that of the file.
                root.overlay(Node { at: root.at.clone(), ..node.on_layer(&layer) });
            }
        }
        for text in &self.sets {
            set(&mut root, text)?;
        }
        check_layer(&root, false, problems);
        Ok(root)
    }
}

fn argument(name: &str, text: &str) -> Node {
    let source = Arc::new(Source { name: name.to_owned(), text: text.to_owned() });
    Node { value: Value::String(text.to_owned()), at: At::new(&source, 0..text.len()) }
}

fn set(root: &mut Node, text: &str) -> Result<(), Error> {
    let whole = argument("--set", text).at;
    let source = &whole.source;
    let Some(equals) = unquoted_equals(text) else {
        let help = "write key=value, for example loop.samples=500";
        return Err(Error::refused(whole, "no `=` in the assignment", help));
    };
    let mut path = key_path(&text[..equals], source)?;
    let start = equals + 1 + (text[equals + 1..].len() - text[equals + 1..].trim_start().len());
    let end = text.trim_end().len().max(start);
    let trimmed = Arc::new(Source { name: source.name.clone(), text: text[..end].to_owned() });
    let value = match value_at(&trimmed, start) {
        Some(node) => node?,
        None => bare_word(&trimmed, start)?,
    };
    // A swept key is one quoted key of [sweep]; allow the shell-friendly form without quotes.
    if path.len() > 2 && path[0] == "sweep" {
        path = vec![path[0].clone(), path[1..].join(".")];
    }
    let key_at = At { layer: Layer::Set, ..At::new(source, 0..text[..equals].trim_end().len()) };
    root.set_segments(&path, &key_at, value.on_layer(&Layer::Set))
}

/// A word without quotes is a string, unless it looks like broken TOML.
fn bare_word(source: &Arc<Source>, start: usize) -> Result<Node, Error> {
    let word = &source.text[start..];
    let at = At::new(source, start..source.text.len());
    let plain = |c: char| c.is_alphanumeric() || "-_./:".contains(c);
    if word.is_empty() || !word.chars().all(plain) {
        let help = "give a TOML value; strings with other signs than letters, digits and -_./: \
                    need quotes";
        return Err(Error::refused(at, format!("`{word}` is no value"), help));
    }
    Ok(Node { value: Value::String(word.to_owned()), at })
}

fn unquoted_equals(text: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (None, '=') => return Some(i),
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    None
}

/// The segments of a TOML key, `a."b.c"` → `a`, `b.c`.
fn key_path(key: &str, source: &Arc<Source>) -> Result<Vec<String>, Error> {
    let line = format!("{key}=0");
    let table = DeTable::parse(&line).map_err(|e| {
        let inside = e.span().is_none_or(|s| s.end <= key.len());
        if inside { syntax(&e, source, 0) } else { not_a_key(key, source) }
    })?;
    let mut path = Vec::new();
    let mut table = table.get_ref();
    while let Some((key, value)) = table.iter().next() {
        path.push(key.get_ref().to_string());
        match value.get_ref().as_table() {
            Some(inner) => table = inner,
            None => return Ok(path),
        }
    }
    Err(not_a_key(key, source))
}

fn not_a_key(key: &str, source: &Arc<Source>) -> Error {
    let message = format!("`{key}` is no key");
    Error::refused(At::new(source, 0..key.len()), message, "write key=value")
}
