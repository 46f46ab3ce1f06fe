//! Everything that a spec can name: the library's components and those of your own.
//!
//! ```
//! use model_collapse::prelude::*;
//!
//! let components = Components::standard()
//!     // A regime is a row of choices; a `Description` says more than a name does.
//!     .regime("fresh-weighted", Choices { inflow: Inflow::Fresh, weights: Weights::Golden, ..Choices::REPLACE })
//!     .regime(Description::new("forgetful").namespace("mine").version(2), Choices {
//!         retain_synthetic: RetainSynthetic::Share(0.5),
//!         ..Choices::REPLACE
//!     });
//! assert_eq!(components.regimes.get("forgetful").map(|c| c.about.key()), Some("mine/forgetful@2".into()));
//!
//! let twice = Components::standard().regime("replace", Choices::REPLACE);
//! assert_eq!(twice.checked().unwrap_err().name, "replace");
//! ```

use std::sync::OnceLock;

/// What components of your own are made of, beside what the prelude has.
pub use crate::curation::{BoxedCuration, Curation, CurationError, More, Seen};
pub use crate::data::{
    Body, Correctness, Counts, Field, Kind, Levels, Link, Moments, NormalMixture, Origin, Part, Regression,
    Role, Rows, ShapeError, Source, Splits, Statistics, Supply, TokenUnit, Vocabulary,
};
pub use crate::metrics::BoxedMetric;
pub use crate::models::BoxedFamily;
pub use crate::registry::{Component, Known, Taken};
pub use crate::spec::Error as SpecError;
pub use crate::tasks::{BoxedTask, Learned, Lesson, Report, Task};
pub use crate::theory::Truth;

use crate::curation::CURATIONS;
use crate::data::SOURCES;
use crate::metrics::{self, METRICS, Metric, Reading};
use crate::models::{self, Family};
use crate::neural;
use crate::regimes::{self, Choices, Regimes};
use crate::registry::{BuildContext, Description};
use crate::spec::{self, Node};
use crate::tasks::{self, TASKS};
use crate::theory;

/// The components that a run knows.
///
/// The methods add one of your own. A name that is taken is refused when the components are used; see
/// [`Components::checked`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Components {
    /// Where human rows come from: `[data] source`.
    pub sources: Known<Source>,
    /// What is fitted: `[model] family`.
    pub families: Known<BoxedFamily>,
    /// What is measured: `[measure] metrics`.
    pub metrics: Known<BoxedMetric, Reading>,
    /// What is done to rows: `[[curation]] step`.
    pub curations: Known<BoxedCuration>,
    /// What a training set is made of: `[loop] regime`.
    pub regimes: Regimes,
    /// What a training set is good for: `[task] kind`.
    pub tasks: Known<BoxedTask, Report>,
    taken: Option<Taken>,
}

impl Default for Components {
    fn default() -> Self {
        Self::standard()
    }
}

impl Components {
    /// The library's components.
    pub fn standard() -> Self {
        static STANDARD: OnceLock<Components> = OnceLock::new();
        let made = || {
            let mut families = Known::of("model family", models::FAMILIES.entries);
            for family in Known::of("model family", neural::FAMILIES.entries).iter() {
                // The conformance tests hold that no name is there twice.
                let _ = families.add(family.clone());
            }
            Self {
                sources: Known::of(SOURCES.kind, SOURCES.entries),
                families,
                metrics: Known::of(METRICS.kind, METRICS.entries),
                curations: Known::of(CURATIONS.kind, CURATIONS.entries),
                regimes: regimes::published(),
                tasks: Known::of(TASKS.kind, TASKS.entries),
                taken: None,
            }
        };
        STANDARD.get_or_init(made).clone()
    }

    /// Adds a family; `build` reads its `[model]` table, without the key `family`.
    #[must_use]
    pub fn family<F: Family + 'static>(
        mut self,
        about: impl Into<Description>,
        build: impl Fn(&Node, &BuildContext) -> Result<F, spec::Error> + Send + Sync + 'static,
    ) -> Self {
        let boxed =
            move |node: &Node, context: &BuildContext| Ok(Box::new(build(node, context)?) as BoxedFamily);
        let added = self.families.add(Component::new(about, (), boxed));
        self.noting(added)
    }

    /// Adds a metric; `reading` says how its numbers are read, and `build` reads its table, without the key `name`.
    #[must_use]
    pub fn metric<M: Metric + 'static>(
        mut self,
        about: impl Into<Description>,
        reading: Reading,
        build: impl Fn(&Node, &BuildContext) -> Result<M, spec::Error> + Send + Sync + 'static,
    ) -> Self {
        let about = about.into();
        let boxed =
            move |node: &Node, context: &BuildContext| Ok(Box::new(build(node, context)?) as BoxedMetric);
        // A figure or a claim would not know which of the two it names.
        let of_law = theory::find(&about.name).map(|law| Taken { kind: "law", name: law.name.into() });
        let added = match of_law {
            Some(taken) => Err(taken),
            None => self.metrics.add(Component::new(about, reading, boxed)),
        };
        self.noting(added)
    }

    /// Adds a source; `build` reads its `[data]` table, without the key `source`.
    #[must_use]
    pub fn source(
        mut self,
        about: impl Into<Description>,
        build: impl Fn(&Node, &BuildContext) -> Result<Source, spec::Error> + Send + Sync + 'static,
    ) -> Self {
        let about = about.into();
        let key = about.key();
        // Rows of an earlier version are not those of this one.
        let versioned = move |node: &Node, context: &BuildContext| {
            let source = build(node, context)?;
            Ok(Source { digest: format!("{key} {}", source.digest), ..source })
        };
        let added = self.sources.add(Component::new(about, (), versioned));
        self.noting(added)
    }

    /// Adds a curation step; `build` reads its `[[curation]]` table, without the keys `step`, `on`, `member`, `members`.
    #[must_use]
    pub fn curation<C: Curation + 'static>(
        mut self,
        about: impl Into<Description>,
        build: impl Fn(&Node, &BuildContext) -> Result<C, spec::Error> + Send + Sync + 'static,
    ) -> Self {
        let boxed =
            move |node: &Node, context: &BuildContext| Ok(Box::new(build(node, context)?) as BoxedCuration);
        let added = self.curations.add(Component::new(about, (), boxed));
        self.noting(added)
    }

    /// Adds a regime: a name for a row of the five choices.
    #[must_use]
    pub fn regime(mut self, about: impl Into<Description>, choices: Choices) -> Self {
        let added = self.regimes.add(Component::new(about, choices, |_, _| Ok(())));
        self.noting(added)
    }

    /// Adds a downstream task; `build` reads its `[task]` table, without the keys that every task takes.
    #[must_use]
    pub fn task<T: Task + 'static>(
        mut self,
        about: impl Into<Description>,
        report: Report,
        build: impl Fn(&Node, &BuildContext) -> Result<T, spec::Error> + Send + Sync + 'static,
    ) -> Self {
        let boxed =
            move |node: &Node, context: &BuildContext| Ok(Box::new(build(node, context)?) as BoxedTask);
        let added = self.tasks.add(Component::new(about, report, boxed));
        self.noting(added)
    }

    /// The components, if each has a name of its own.
    ///
    /// # Errors
    /// The first name that was given twice.
    pub fn checked(self) -> Result<Self, Taken> {
        match self.taken {
            Some(taken) => Err(taken),
            None => Ok(self),
        }
    }

    /// How the numbers of a metric or of a task's score are read, by the name in the rows.
    pub fn reading(&self, name: &str) -> Option<Reading> {
        let known = |metric: &str| self.metrics.get(metric).map(|c| c.extra);
        metrics::reading_among(name, known).or_else(|| tasks::score(name).map(|s| s.reading))
    }

    fn noting(mut self, added: Result<(), Taken>) -> Self {
        self.taken = self.taken.or(added.err());
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::lineage::{Context, assemble};
    use crate::spec::{Experiment, Weights};

    const SPEC: &str = "data = { source = 'here' }\nmodel = { family = 'gaussian' }\nmeasure = { metrics = ['own-entropy'] }\n\
                        loop = { generations = 2, samples = 10, regime = 'heavier', human_fraction = 0.5 }\n";

    /// Components of one's own over those of the library, in these versions.
    fn with_own(source: u32, metric: u32, regime: u32) -> Components {
        let library = Components::standard();
        let gaussian = library.sources.get("gaussian").unwrap().clone();
        let variance = METRICS.get("variance").unwrap();
        library
            .source(Description::new("here").version(source), move |node, context| {
                gaussian.build(node, context)
            })
            .metric(Description::new("own-entropy").version(metric), variance.extra, |_, _| Ok(Nothing))
            .regime(
                Description::new("heavier").version(regime),
                Choices { retain_human: crate::spec::RetainHuman::Anchor, ..Choices::REPLACE },
            )
    }

    struct Nothing;

    impl Metric for Nothing {
        fn needs(&self) -> crate::metrics::Needs {
            crate::metrics::Needs::default()
        }
        fn accepts(
            &self,
            _: &crate::data::Schema,
            _: Option<&dyn crate::data::Distribution>,
        ) -> Result<(), crate::models::Refusal> {
            Ok(())
        }
        fn measure(
            &self,
            _: &crate::metrics::Observation<'_>,
            _: &crate::rng::Streams,
        ) -> Result<crate::metrics::Measured, crate::models::Refusal> {
            Ok(vec![("own-entropy".into(), 0.0)])
        }
    }

    #[test]
    fn a_spec_names_components_of_ones_own_and_their_versions_are_in_the_hashes() {
        let experiment = Experiment::from_toml(SPEC, "test").unwrap();
        let digests = |components: Components| {
            let context =
                Context { components: Arc::new(components.checked().unwrap()), ..Context::default() };
            let all = assemble(&experiment, &context).unwrap();
            (all[0].digest.clone(), all[0].measure_digest.clone())
        };
        let first = digests(with_own(1, 1, 1));
        assert_eq!(digests(with_own(1, 1, 1)), first);
        let metric = digests(with_own(1, 2, 1));
        assert_eq!((&metric.0, metric.1 == first.1), (&first.0, false));
        for other in [with_own(2, 1, 1), with_own(1, 1, 2)] {
            let other = digests(other);
            assert_eq!((other.0 == first.0, &other.1), (false, &first.1));
        }
        let unknown = assemble(&experiment, &Context::default()).err().unwrap();
        assert!(unknown.to_string().contains("`here`"), "{unknown}");
    }

    #[test]
    fn a_name_that_is_taken_is_refused_and_the_first_one_is_told() {
        let reading = METRICS.get("variance").unwrap().extra;
        let twice = Components::standard()
            .metric("own-variance", reading, |_, _| Ok(Nothing))
            .regime("keep", Choices { weights: Weights::Golden, ..Choices::REPLACE });
        let law = theory::laws().next().unwrap().name;
        let of_law = Components::standard().metric(law, reading, |_, _| Ok(Nothing)).checked().unwrap_err();
        assert_eq!((of_law.kind, of_law.name.as_str()), ("law", law));
        assert_eq!(twice.checked().unwrap_err(), Taken { kind: "regime", name: "keep".into() });
    }
}
