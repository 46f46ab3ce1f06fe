//! Regressions of a label on inputs: least squares, ridge, random features, logistic and Poisson.
//!
//! A regression models the label given the inputs. Asked for labels (`synthesis = "label"`) it draws one for each given
//! input: with `prompts = "initial"` that is the fixed design of Gerstgrasser et al. (arXiv 2404.01413) and Kazdan et
//! al. (arXiv 2410.16713), with `prompts = "fresh"` the independent designs of Dohmatob et al. (arXiv 2402.07712).
//! Asked for rows it draws the inputs too, from the normal distribution with the mean and the covariance (divisor n) of
//! the training inputs: then the inputs drift as any refitted Gaussian does, and the laws of a fixed or fresh design do
//! not hold.
//!
//! Inputs are the columns with the role *input*; a table without any takes its features and groups, categories as
//! indicators of every level but the first. An intercept is a last input that is always 1.

mod cross_products;
mod design;
mod generalised;
mod irls;
mod linear;
mod model;
mod random_features;
#[cfg(test)]
mod tests;

pub(super) use generalised::{LOGISTIC, POISSON};
pub(super) use linear::{LINEAR, RIDGE};
pub(super) use random_features::RANDOM_FEATURES;
