//! A table of numbers and categories, column by column along a stated causal graph.
//!
//! p(row) = Π_c p(x_c | parents of c): an ancestral model. `order` makes every column depend on all
//! before it, `graph` states the parents of each; `structure` has two baselines that know no graph,
//! `independent` columns and `naive-bayes` (every column depends on the label alone).
//!
//! The conditionals:
//! - numbers: a weighted linear regression on the parents (numbers standardised, categories as
//!   indicators), x = a + b·z + ε. The residual ε is N(0, σ̂²), σ̂² = Σ w e² / (Σ w − ddof · rank), or
//!   drawn from the training residuals (`residuals = "empirical"`: no density).
//! - categories: multinomial logistic regression with a ridge penalty, or (`categories = "table"`)
//!   (c + α)/(N + α K) for every combination of categorical parents; a combination never seen has the
//!   column's own frequencies. Without parents: frequencies, with the same α. A level that the
//!   training set lacks has probability 0 where α = 0.
//!
//! `severed = [["x", "y"]]` cuts the arrow x → y by averaging over x's training frequencies:
//! p(y | z) = Σ_x p(x) p(y | x, z). The rows keep their own x, so whatever reaches y through other
//! columns stays (the causally fair generator of Nagesh et al., arXiv 2506.19082, in this form).
//!
//! Sampling goes through the graph. Temperature, top-k and top-p reshape the categorical draws;
//! `covariance_scale` λ multiplies the variance of normal residuals. The likelihood is exact.
//!
//! A ridge penalty pulls every conditional a little towards "no effect", and does so again at every
//! refit: effects fade slowly even at temperature 1. Cost: a fit O(columns · n · parents²), a row
//! O(columns · parents).

mod combination;
mod conditional;
mod linear;
mod model;
mod structure;
#[cfg(test)]
mod tests;

pub use model::TabularModel;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::numeric::{gathered, normalise};
use super::{Affine, BoxedFamily, Family, FitError, Model, Refusal, Start, affine};
use crate::data::{Mix, Schema};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use conditional::Conditional;

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "tabular",
        summary: "A table of numbers and categories, drawn column by column along a causal graph",
        details: "Every column is drawn given its parents: numbers by linear regression with normal or empirical \
                  residuals, categories by multinomial logistic regression or a smoothed table. `order` conditions \
                  each column on all before it (default: group, features, label), `graph = { y = [\"x\", \"z\"] }` states \
                  parents. `structure = \"independent\"` and `\"naive-bayes\"` are baselines without a graph. `severed` \
                  cuts arrows by averaging the cause out. The likelihood is exact (none with empirical residuals). \
                  Temperature, top-k and top-p act on categories, `covariance_scale` on normal residuals.",
        source: "Pearl 2009, Causality, ch. 1 (factorisation); arXiv 2506.19082 (causal generation of tables)",
        parameters: Tabular::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Tabular>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of an ancestral model of a table.
    #[derive(Clone, Debug)]
    pub struct Tabular {
        /// "ordered" (by `order` or `graph`), "independent", or "naive-bayes" (given the label)
        pub structure: Structure = Structure::Ordered => "\"ordered\"";
        /// Columns from cause to effect; default: group, features as in the table, label
        pub order: Vec<String> = Vec::new();
        /// The parents of each column, in place of `order`; columns left out have none
        pub graph: BTreeMap<String, Vec<String>> = BTreeMap::new() => "{}";
        /// Arrows `[cause, effect]` to cut by averaging over the cause, which is categorical
        pub severed: Vec<(String, String)> = Vec::new();
        /// How categories depend on parents: "logistic", or "table" (categorical parents only)
        pub categories: Categories = Categories::Logistic => "\"logistic\"";
        /// Penalty (ridge / 2)·‖coefficients‖² on the summed logistic loss
        pub ridge: f64 = 1.0, in above(0);
        /// α, in rows added to every level in frequencies and tables
        pub smoothing: f64 = 0.0, in at_least(0);
        /// "gaussian", or "empirical": drawn from the training residuals
        pub residuals: Residuals = Residuals::Gaussian => "\"gaussian\"";
        /// 0 divides squared residuals by n, 1 by n − the number of coefficients (unbiased)
        pub ddof: u8 = 0, in within(0, 1);
    }
}

/// What depends on what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Structure {
    /// As `order` or `graph` state.
    #[default]
    Ordered,
    /// Nothing on anything.
    Independent,
    /// Everything on the label alone.
    NaiveBayes,
}

/// How a category depends on its parents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Categories {
    /// Multinomial logistic regression.
    #[default]
    Logistic,
    /// Frequencies for every combination of the parents' levels.
    Table,
}

/// The law of a regression's residuals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Residuals {
    /// Normal.
    #[default]
    Gaussian,
    /// The training rows' own.
    Empirical,
}

impl Family for Tabular {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        let steps = structure::steps(self, schema)?;
        if self.categories == Categories::Table {
            steps.iter().try_for_each(|step| conditional::table_size(schema, step).map(drop))?;
        }
        Ok(())
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (rows, mut weights) = gathered(mix)?;
        normalise(&mut weights)?;
        let steps = structure::steps(self, rows.schema())?;
        let mut fitted: Vec<(structure::Step, Conditional)> = Vec::with_capacity(steps.len());
        for step in steps {
            let conditional = Conditional::fit(self, &rows, &weights, &step)?;
            fitted.push((step, conditional));
        }
        let severed = |column: &usize| fitted.iter().any(|(s, _)| s.severed.contains(column));
        let marginals = (0..rows.schema().fields.len())
            .map(|c| severed(&c).then(|| conditional::shares(&rows, &weights, c)))
            .collect();
        Ok(Box::new(TabularModel::new(rows.schema().clone(), fitted, marginals)))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        match self.residuals {
            Residuals::Gaussian => Ok(self),
            Residuals::Empirical => Err(Refusal::new(
                "residuals drawn from the training rows are no parameters to combine; use `residuals = \"gaussian\"`",
            )),
        }
    }

    fn seeds_per_cell(&self) -> u64 {
        10
    }
}

impl Affine for Tabular {
    /// Probabilities, coefficients and residual variances of every column.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        Ok(Box::new(TabularModel::combined(&affine::of(models)?)?))
    }
}
