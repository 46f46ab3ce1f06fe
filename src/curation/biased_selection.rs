//! Keeps the candidates nearest to a target: selection toward a bias.
//!
//! Of n/ρ candidates the n with the least distance ‖x − u‖ to the target u stay. Whoever chooses
//! what enters the next training set pulls the model to what they like: the mean drifts to u and the
//! variance falls faster than by refitting alone. On a mix the farther 1 − ρ of the synthetic rows
//! goes. Euclidean distance on the numeric features, which for a source N(0, I) is the Mahalanobis
//! distance of the source. Cost: one distance a candidate.

use super::ranking::Ranking;
use super::{BoxedCuration, CurationError, Seen};
use crate::data::{Samples, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "biased-selection",
        summary: "Keeps the share of synthetic rows nearest to a target",
        details: "The top ρ of n/ρ candidates by Euclidean distance to `target`: a selection bias that the \
                  loop feeds back on. Asks for n / share candidates where it may.",
        source: "Qiao et al., arXiv 2606.13732 (biased top-α selection of a Gaussian)",
        parameters: BiasedSelection::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<BiasedSelection>(&["step", "on"])?)),
};

crate::parameters! {
    /// Selection toward a target.
    #[derive(Clone, Debug)]
    pub struct BiasedSelection {
        /// u, the target: a list with one number for each numeric feature
        pub target: Vec<f64> = Vec::new() => "required";
        /// ρ, the share of candidates kept
        pub share: f64 = 0.1, in above_to(0, 1);
    }
}

impl Ranking for BiasedSelection {
    fn share(&self) -> f64 {
        self.share
    }

    fn fits(&self, schema: &Schema) -> Result<(), Refusal> {
        let width = schema.numeric_width();
        if width == self.target.len() && width > 0 {
            return Ok(());
        }
        let found = self.target.len();
        Err(Refusal::new(format!(
            "`target` has {found} numbers where the rows have {width} numeric features"
        )))
    }

    fn scores(&self, table: &Samples, _: &Seen<'_>, _: &Streams) -> Result<Vec<f64>, CurationError> {
        self.fits(table.schema())?;
        let nearness = |row: &[f64]| -row.iter().zip(&self.target).map(|(x, u)| (x - u).powi(2)).sum::<f64>();
        Ok(table.features().chunks_exact(self.target.len()).map(nearness).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::Curation;
    use super::super::testing::{features_of, numbers, seen, synthetic};
    use super::*;

    #[test]
    fn the_nearest_stay() {
        // Distances to (1, 1): √2, 1, 0, 5 and, of those that come, 0.5.
        let step = BiasedSelection { target: vec![1.0, 1.0], share: 0.8 };
        seen(&[1.0], |seen| {
            let mix = synthetic(numbers(2, &[0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 6.0]));
            let mut more = |n: usize| {
                assert_eq!(n, 1);
                Ok(numbers(2, &[1.0, 1.5]))
            };
            let made = step.apply(mix, Some(&mut more), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(features_of(&made), [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.5]);
        });
    }

    #[test]
    fn a_target_of_another_dimension_is_refused() {
        let rows = numbers(2, &[0.0, 0.0]);
        assert!(BiasedSelection { target: vec![0.0], share: 0.5 }.accepts(rows.schema(), None).is_err());
    }
}
