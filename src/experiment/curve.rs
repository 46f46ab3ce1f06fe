//! A curve of one metric of a run.

use std::path::Path;

use super::{ExperimentError, Run};
use crate::publish;
use crate::spec::{FigureKind, FigureSpec, Node};

/// A curve over generations: a line for each setting, the mean over seeds with its 95 % interval. Made by [`Run::curve`].
#[must_use = "a curve is drawn by `save`"]
pub struct Curve<'r> {
    run: &'r Run,
    spec: FigureSpec,
}

impl<'r> Curve<'r> {
    pub(super) fn new(run: &'r Run, metric: &str) -> Self {
        let spec = FigureSpec {
            kind: FigureKind::Curve,
            x: Some("generation".into()),
            y: vec![metric.to_owned()],
            color: None,
            rows: None,
            columns: None,
            label: None,
            overlay: Vec::new(),
            mark: Vec::new(),
            log_x: false,
            log_y: false,
            boundary: None,
            prevented: false,
            at: Vec::new(),
            title: None,
            name: Some(metric.to_owned()),
            node: Node::default(),
        };
        Self { run, spec }
    }

    /// With the closed-form law over it, where one is known of a setting.
    pub fn with_law(mut self) -> Self {
        self.spec.overlay.push("law".into());
        self
    }

    /// With this title in place of the experiment's.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.spec.title = Some(title.into());
        self
    }

    /// Over a swept number, at the last generation, in place of generations.
    pub fn over(mut self, key: impl Into<String>) -> Self {
        self.spec.x = Some(key.into());
        self
    }

    /// On a logarithmic vertical axis.
    pub fn log(mut self) -> Self {
        self.spec.log_y = true;
        self
    }

    /// Draws it into a file that ends in `.svg` or `.png`, and returns its caption.
    ///
    /// # Errors
    /// A metric that was not measured, another ending, and those of the disk.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<String, ExperimentError> {
        Ok(publish::draw_into(&self.run.done.publication, &self.spec, path.as_ref())?)
    }
}
