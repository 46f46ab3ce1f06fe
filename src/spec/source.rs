//! Where a value was written: a source text, a byte span, and the layer that brought it.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// One text that values come from: a spec file or one `--set` argument.
#[derive(PartialEq, Eq)]
pub struct Source {
    /// The name that errors print, such as the file's path.
    pub name: String,
    /// The whole text. Spans are byte offsets into it.
    pub text: String,
}

/// The name alone: every value holds its source, and the text would drown all else.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

/// The layer of the overlay order that brought a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// The spec's own tables.
    File,
    /// `[profile.<name>]`.
    Profile(String),
    /// `[quick]`.
    Quick,
    /// A `--set key=value` argument.
    Set,
    /// `[sweep]`: one point of the grid.
    SweepPoint,
    /// A default of the workbench.
    Default,
}

/// The place of a value: its text, the bytes in it, and its layer.
#[derive(Debug, Clone)]
pub struct At {
    /// The text that the span indexes.
    pub source: Arc<Source>,
    /// First byte and one past the last byte.
    pub span: (usize, usize),
    /// The layer that brought the value.
    pub layer: Layer,
}

impl At {
    /// A place in `source` on the layer of the file.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let span = (span.start, span.end);
        Self { source: Arc::clone(source), span, layer: Layer::File }
    }

    /// The place of a default.
    pub fn default_value() -> Self {
        static SOURCE: LazyLock<Arc<Source>> =
            LazyLock::new(|| Arc::new(Source { name: "defaults".into(), text: String::new() }));
        Self { source: SOURCE.clone(), span: (0, 0), layer: Layer::Default }
    }

    /// The text under the span; empty for a default.
    pub fn text(&self) -> &str {
        self.source.text.get(self.span.0..self.span.1).unwrap_or("")
    }

    /// Line and column, both from 1; the column counts characters.
    pub fn line_column(&self) -> (usize, usize) {
        let mut start = self.span.0.min(self.source.text.len());
        while !self.source.text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &self.source.text[..start];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
