//! Errors of a spec, each pointing at the text that caused it.

use std::fmt::Display;

use miette::{Diagnostic, LabeledSpan, SourceCode};

use super::node::Node;
use super::source::At;

/// The class of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The text is no TOML.
    Syntax,
    /// An unknown key.
    UnknownKey,
    /// A value of another type.
    WrongType,
    /// A key that is needed.
    MissingKey,
    /// A value out of range.
    BadValue,
    /// A component, profile or variant that does not exist.
    UnknownName,
    /// Two keys that exclude each other.
    Conflict,
    /// A combination that a component refuses.
    Refused,
    /// A file that can't be read.
    Unreadable,
    /// More than fits into memory.
    TooLarge,
}

/// What is wrong in a spec, where, and what to do. `Display` is the message alone; `miette` prints
/// the text and the help; [`Error::located`] is one line with `name:line:column`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.message)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: Kind,
    message: String,
    help: Option<String>,
    labels: Vec<(At, String)>,
    elsewhere: Vec<Elsewhere>,
    others: Vec<Error>,
}

/// A label in another text than the first one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the other place")]
struct Elsewhere(At, String);

impl Error {
    /// An error with one label.
    pub fn new(kind: Kind, at: At, message: String, label: String, help: Option<String>) -> Self {
        let labels = vec![(at, label)];
        Self(Box::new(Inner { kind, message, help, labels, elsewhere: Vec::new(), others: Vec::new() }))
    }

    /// Several mistakes as one error, each place and message once; `None` if there are none.
    pub fn all(problems: Vec<Error>) -> Option<Self> {
        let mut all: Vec<Error> = Vec::with_capacity(problems.len());
        for mut error in problems {
            let others = std::mem::take(&mut error.0.others);
            for one in std::iter::once(error).chain(others) {
                if all.iter().all(|known| known.located() != one.located()) {
                    all.push(one);
                }
            }
        }
        all.sort_by_key(|error| error.0.labels.first().map(|(at, _)| (at.source.name.clone(), at.span.0)));
        let mut all = all.into_iter();
        let mut first = all.next()?;
        first.0.others = all.collect();
        Some(first)
    }

    /// Every mistake that this error tells of, itself first.
    pub fn mistakes(&self) -> Vec<&Error> {
        std::iter::once(self).chain(&self.0.others).collect()
    }

    /// The text is no TOML.
    pub fn syntax(at: At, message: String) -> Self {
        let help = "strings need quotes; lists need brackets; a key stands once in a table";
        Self::new(Kind::Syntax, at, message, "here".into(), Some(help.into()))
    }

    /// Unknown keys, all of one table. `found` must not be empty.
    pub fn unknown_keys(found: &[(&str, At)], known: &[&str]) -> Self {
        let names: Vec<String> = found.iter().map(|(k, _)| format!("`{k}`")).collect();
        let plural = if found.len() == 1 { "key" } else { "keys" };
        let guesses: Vec<String> = found.iter().filter_map(|(k, _)| nearest(k, known)).collect();
        let labels = found.iter().map(|(k, at)| {
            let label = nearest(k, known).map(|g| format!("did you mean `{g}`?"));
            (at.clone(), label.unwrap_or_else(|| "not a key here".into()))
        });
        let inner = Inner {
            kind: Kind::UnknownKey,
            message: format!("unknown {plural} {}", names.join(", ")),
            help: Some(suggestion(&guesses, "keys here", known)),
            labels: labels.collect(),
            elsewhere: Vec::new(),
            others: Vec::new(),
        };
        Self(Box::new(inner)).split()
    }

    /// A value of another type than `expected`.
    pub fn wrong_type(node: &Node, expected: &str) -> Self {
        let message = format!("expected {expected}, found {}", node.kind());
        Self::new(Kind::WrongType, node.at.clone(), message, format!("expected {expected}"), None)
    }

    /// `key` is needed in the table at `at`.
    pub fn missing_key(key: &str, at: &At) -> Self {
        let message = format!("missing key `{key}`");
        Self::new(Kind::MissingKey, at.clone(), message, format!("`{key}` is needed here"), None)
    }

    /// Whether it says that `key` is missing.
    pub(super) fn misses(&self, key: &str) -> bool {
        self.0.kind == Kind::MissingKey && self.0.message == format!("missing key `{key}`")
    }

    /// A value out of range.
    pub fn bad_value(at: At, message: String, help: String) -> Self {
        Self::new(Kind::BadValue, at, message, "this value".into(), Some(help))
    }

    /// Two keys or values that exclude each other.
    pub fn conflict(first: At, second: At, message: String, help: String) -> Self {
        let mut e = Self::new(Kind::Conflict, first, message, "this".into(), Some(help));
        e.0.labels.push((second, "and this".into()));
        e.split()
    }

    /// Anything else that a component refuses.
    pub fn refused(at: At, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Kind::Refused, at, message.into(), "here".into(), Some(help.into()))
    }

    /// More than fits into memory.
    pub fn too_large(at: At, message: impl Into<String>) -> Self {
        let help = "ask for less, or run it in parts";
        Self::new(Kind::TooLarge, at, message.into(), "here".into(), Some(help.into()))
    }

    /// A file that can't be read.
    pub fn unreadable(name: &str, reason: &std::io::Error) -> Self {
        let message = format!("can't read `{name}`: {reason}");
        let mut e = Self::new(Kind::Unreadable, At::default_value(), message, String::new(), None);
        e.0.labels.clear();
        e
    }

    /// Names the key in the message: "`key`: …".
    pub fn about(mut self, key: &str) -> Self {
        self.0.message = format!("`{key}`: {}", self.0.message);
        self
    }

    /// Says which setting of a sweep the error is about.
    pub fn of_setting(mut self, setting: &str) -> Self {
        self.0.message = format!("{} (in the settings with {setting})", self.0.message);
        self.0.others = self.0.others.into_iter().map(|other| other.of_setting(setting)).collect();
        self
    }

    /// An error whose place the deserializer adds on the way out.
    pub(super) fn unplaced(kind: Kind, message: String, help: Option<String>) -> Self {
        let (labels, elsewhere, others) = (Vec::new(), Vec::new(), Vec::new());
        Self(Box::new(Inner { kind, message, help, labels, elsewhere, others }))
    }

    /// Gives a place to an error that has none yet.
    pub(super) fn or_at(mut self, at: &At) -> Self {
        if self.0.labels.is_empty() && self.0.kind != Kind::Unreadable {
            let label = match self.0.kind {
                Kind::UnknownKey => "not a key here",
                Kind::MissingKey => "in this table",
                _ => "here",
            };
            self.0.labels.push((at.clone(), label.into()));
        }
        self
    }

    /// The same error with its advice in other words.
    pub fn advised(mut self, change: impl FnOnce(&str) -> String) -> Self {
        self.0.help = self.0.help.as_deref().map(change);
        self
    }

    /// The class of the error.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The places, the most telling first.
    pub fn places(&self) -> Vec<&At> {
        let other = self.0.elsewhere.iter().map(|e| &e.0);
        self.0.labels.iter().map(|(at, _)| at).chain(other).collect()
    }

    /// The advice, if there is any.
    pub fn help_text(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// `name:line:column: message (help)`, on one line.
    pub fn located(&self) -> String {
        let mut text = String::new();
        if let Some((at, _)) = self.0.labels.first() {
            let (line, column) = at.line_column();
            text = format!("{}:{line}:{column}: ", at.source.name);
        }
        text.push_str(&self.0.message);
        if let Some(help) = &self.0.help {
            text.push_str(&format!(" ({help})"));
        }
        text
    }

    /// Moves labels of other texts than the first one to `elsewhere`: miette shows one text each.
    fn split(mut self) -> Self {
        let labels = std::mem::take(&mut self.0.labels);
        for (at, label) in labels {
            let same = self.0.labels.first().is_none_or(|(a, _)| a.source == at.source);
            if same {
                self.0.labels.push((at, label));
            } else {
                self.0.elsewhere.push(Elsewhere(at, label));
            }
        }
        self
    }
}

/// The error for a name that a registry does not know, with the nearest known one.
pub fn unknown_name(kind: &str, name: &Node, known: &[&str]) -> Error {
    let given = name.as_str().unwrap_or_else(|| name.at.text());
    let guess: Vec<String> = nearest(given, known).into_iter().collect();
    let label = guess.first().map_or("unknown".into(), |g| format!("did you mean `{g}`?"));
    let help = suggestion(&guess, "known", known);
    Error::new(Kind::UnknownName, name.at.clone(), format!("unknown {kind} `{given}`"), label, Some(help))
}

pub(super) fn suggestion(guesses: &[String], what: &str, known: &[&str]) -> String {
    let mut text = String::new();
    if !guesses.is_empty() {
        text = format!("did you mean `{}`? ", guesses.join("`, `"));
    }
    let list = if known.is_empty() { "none".into() } else { known.join(", ") };
    text + what + ": " + &list
}

/// Advice on an unknown name: the nearest known one, else `otherwise`.
pub fn nearest_to(word: &str, known: &[&str], otherwise: &str) -> String {
    nearest(word, known).map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}

/// The known word nearest to `word`, if it is near enough to be a slip.
pub(super) fn nearest(word: &str, known: &[&str]) -> Option<String> {
    let score = |k: &&str| strsim::damerau_levenshtein(word, k);
    let best = known.iter().min_by_key(|k| score(k))?;
    let length = word.chars().count().max(best.chars().count());
    (score(best) <= (length / 3).max(1)).then(|| (*best).to_owned())
}

fn span(at: &At, label: &str) -> LabeledSpan {
    LabeledSpan::new(Some(label.to_owned()), at.span.0, at.span.1 - at.span.0)
}

impl Diagnostic for Error {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.0.help.as_ref().map(|h| Box::new(h) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let (at, _) = self.0.labels.first()?;
        (!at.source.text.is_empty()).then_some(&*at.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let spans = self.0.labels.iter().enumerate().map(|(i, (at, label))| {
            let inner = *span(at, label).inner();
            // The first label decides the line and column in the heading.
            match i {
                0 => LabeledSpan::new_primary_with_span(Some(label.clone()), inner),
                _ => LabeledSpan::new_with_span(Some(label.clone()), inner),
            }
        });
        Some(Box::new(spans))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.0.elsewhere.is_empty() && self.0.others.is_empty() {
            return None;
        }
        let elsewhere = self.0.elsewhere.iter().map(|e| e as &dyn Diagnostic);
        Some(Box::new(elsewhere.chain(self.0.others.iter().map(|e| e as &dyn Diagnostic))))
    }
}

impl Diagnostic for Elsewhere {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.0.source.text.is_empty()).then_some(&*self.0.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(span(&self.0, &self.1))))
    }
}
