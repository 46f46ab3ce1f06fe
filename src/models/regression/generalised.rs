//! Logistic and Poisson regression by maximum likelihood.
//!
//! P(y = 1 | x) = 1/(1 + e^−xᵀβ), and y | x ~ Poisson(e^xᵀβ), fitted to weighted rows by [`super::irls`] (McCullagh and
//! Nelder 1989). `ridge` adds (λ/2)‖β‖² to the mean negative log likelihood: scikit-learn's C is 1/(λn), its `alpha` of a
//! Poisson regressor is λ. Synthetic labels are drawn from the fitted distribution: a class with its probability, not
//! the likelier one. A temperature T divides the log odds.

use super::design::Columns;
use super::irls::Problem;
use super::model::{Coefficients, Inputs, RegressionModel};
use crate::data::{Gram, Link, Mix, Schema};
use crate::models::numeric::{gathered, normalise};
use crate::models::{Affine, BoxedFamily, Family, FitError, Model, Refusal, Start};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::theory::{self, Form};

/// The registry entry of logistic regression.
pub const LOGISTIC: Entry<BoxedFamily> = Entry {
    about: About {
        name: "logistic-regression",
        summary: "Two classes by maximum likelihood, log odds linear in the inputs; makes labels for given inputs",
        details: "Newton's method on weighted rows. Separable classes have no maximum-likelihood fit and are refused, \
                  unless `ridge` is stated. Inputs are the columns with the role input; a table without any takes its \
                  features and groups, categories as indicators. Temperature divides the log odds.",
        source: "arXiv 2410.22812; arXiv 2502.18049; Nelder and Wedderburn 1972, DOI 10.2307/2344614",
        parameters: LogisticRegression::PARAMETERS,
        version: 2,
    },
    extra: (),
    build: |node, _| {
        let LogisticRegression { ridge, intercept } = node.read(&["family"])?;
        Ok(Box::new(Generalised { name: "logistic-regression", link: Link::Logit, ridge, intercept }))
    },
};

/// The registry entry of Poisson regression.
pub const POISSON: Entry<BoxedFamily> = Entry {
    about: About {
        name: "poisson-regression",
        summary: "Counts by maximum likelihood, log mean linear in the inputs; makes labels for given inputs",
        details: "Newton's method on weighted rows with labels of at least 0. Where no finite weights are best (all counts \
                  0) the fit is refused, unless `ridge` is stated.",
        source: "arXiv 2502.18049; Nelder and Wedderburn 1972, DOI 10.2307/2344614",
        parameters: PoissonRegression::PARAMETERS,
        version: 2,
    },
    extra: (),
    build: |node, _| {
        let PoissonRegression { ridge, intercept } = node.read(&["family"])?;
        Ok(Box::new(Generalised { name: "poisson-regression", link: Link::Log, ridge, intercept }))
    },
};

crate::parameters! {
    /// The recipe of a logistic regression.
    #[derive(Clone, Copy, Debug)]
    pub struct LogisticRegression {
        /// λ per row: adds (λ/2)‖β‖² to the mean negative log likelihood
        pub ridge: f64 = 0.0, in at_least(0);
        /// Whether a constant is fitted beside the weights; it is not penalised
        pub intercept: bool = false;
    }
}

crate::parameters! {
    /// The recipe of a Poisson regression.
    #[derive(Clone, Copy, Debug)]
    pub struct PoissonRegression {
        /// λ per row: adds (λ/2)‖β‖² to the mean negative log likelihood
        pub ridge: f64 = 0.0, in at_least(0);
        /// Whether a constant is fitted beside the weights; it is not penalised
        pub intercept: bool = false;
    }
}

/// A generalised linear model with a canonical link: what both recipes are.
struct Generalised {
    name: &'static str,
    link: Link,
    ridge: f64,
    intercept: bool,
}

impl Family for Generalised {
    fn conditions(&self) -> theory::Family {
        let (penalty, intercept) = (self.ridge, self.intercept);
        theory::Family { penalty, intercept, ..theory::Family::of(Form::GeneralisedLinear) }
    }

    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        Columns::of(schema, self.link, self.intercept).map(drop)
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (table, mut weights) = gathered(mix)?;
        normalise(&mut weights)?;
        let columns = Columns::of(table.schema(), self.link, self.intercept)?;
        let p = columns.width();
        if self.ridge == 0.0 && table.len() < p {
            return Err(FitError::TooFewRows { needed: p, found: table.len() });
        }
        let (x, y) = (columns.inputs(&table), columns.labels(&table));
        if let Some(row) = y.iter().position(|y| *y < 0.0 && self.link == Link::Log) {
            return Err(Refusal::new(format!("row {row} has the count {}, which is below 0", y[row])).into());
        }
        let penalised = p - usize::from(self.intercept);
        let problem =
            Problem { x: &x, y: &y, weights: &weights, p, link: self.link, lambda: self.ridge, penalised };
        let coefficients = problem.solve()?;
        let inputs = columns.are_all(table.schema()).then(|| Inputs {
            schema: table.schema().clone(),
            gram: std::sync::Arc::new(Gram::of(&x, p, Some(&weights))),
            share: 1.0 / table.len() as f64,
        });
        Ok(Box::new(RegressionModel {
            family: self.name,
            coefficients,
            intercept: self.intercept,
            link: self.link,
            noise_variance: 0.0,
            inputs,
        }))
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        Ok(Coefficients.combine(fits)?)
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(&Coefficients)
    }

    fn fewest_rows(&self, schema: &Schema) -> usize {
        if self.ridge > 0.0 {
            1
        } else {
            Columns::of(schema, self.link, self.intercept).map_or(1, |c| c.width())
        }
    }
}
