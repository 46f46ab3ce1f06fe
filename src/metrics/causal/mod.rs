//! Causal effects of the group on the label: `total-variation-effect`, `counterfactual-direct-effect`,
//! `counterfactual-indirect-effect`, `counterfactual-spurious-effect`, and how far each is from people's.
//!
//! The standard fairness model (Plečko and Bareinboim 2024, DOI 10.1561/2200000106) with the table's
//! group as X, its label as Y, the named mediators as W and all other features as confounders Z;
//! definitions and signs in [`FourMeans`], estimation in `means`. The graph
//! is an assumption that no data confirm. An `…-error` is |effect − true effect| where the source
//! knows it, else |effect − effect in held-out human rows|, and its human baseline is the noise floor
//! of that size. Cost: two logistic regressions a table, computed once for all eight.

mod bootstrap;
mod means;
mod resampled;

pub use bootstrap::{Bootstrap, difference};
pub use means::{Graph, four_means};

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, table,
};
use crate::data::{Distribution, Effects, FourMeans, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The assumed graph, as a spec states it.
    #[derive(Clone, Debug)]
    struct Assumed {
        /// Names of the features that lie between group and label; the others are confounders
        mediators: Vec<String> = Vec::new();
    }
}

/// One of the effects, or its distance from people's.
struct Effect {
    name: &'static str,
    part: fn(&Effects) -> f64,
    error: bool,
    assumed: Assumed,
}

macro_rules! entry {
    ($entry:ident, $name:literal, $error:literal, $direction:expr, $scale:expr, $ideal:literal, $summary:literal, $formula:literal, $part:expr) => {
        pub(super) const $entry: MetricEntry = MetricEntry {
            about: About {
                name: $name,
                summary: $summary,
                details: concat!(
                    $formula,
                    " X is the group (two levels), Y the label (two levels), W the mediators, Z all other features. \
                     A = E[Y | x0], D = E[Y | x1], B = mean over x0 of E[Y | x1, z, w], C = mean over x0 of \
                     E[Y | x1, z]; the two regressions are logistic, fitted on the rows of x1 with ridge 1. \
                     TV = DE - IE - SE exactly. It rests on the assumed graph."
                ),
                source: "Plečko and Bareinboim 2024, Causal Fairness Analysis, DOI 10.1561/2200000106",
                parameters: Assumed::PARAMETERS,
                version: 1,
            },
            extra: Reading { direction: $direction, ideal: $ideal, unit: "probability", scale: $scale, worst: Worst::None, unbiased: false },
            build: |node, _| {
                let assumed = table(node)?;
                Ok(Box::new(Effect { name: $name, part: $part, error: $error, assumed }))
            },
        };
    };
}

macro_rules! effect {
    ($entry:ident, $name:literal, $summary:literal, $formula:literal, $part:expr) => {
        entry!(
            $entry,
            $name,
            false,
            Direction::TwoSided,
            Scale::Linear,
            "the human rows'",
            $summary,
            $formula,
            $part
        );
    };
}

macro_rules! error {
    ($entry:ident, $name:literal, $summary:literal, $formula:literal, $part:expr) => {
        entry!($entry, $name, true, Direction::Lower, Scale::Linear, "0", $summary, $formula, $part);
    };
}

effect!(
    TOTAL,
    "total-variation-effect",
    "Difference of the outcome between the groups, E[Y | x1] - E[Y | x0]",
    "TV = D - A, also called the demographic-parity gap of the label.",
    |e| e.total_variation
);
effect!(
    DIRECT,
    "counterfactual-direct-effect",
    "Counterfactual direct effect of the group on the label in group 0",
    "Ctf-DE = B - A: group 0 treated as group 1 by the outcome alone.",
    |e| e.direct
);
effect!(
    INDIRECT,
    "counterfactual-indirect-effect",
    "Counterfactual indirect effect (x1 to x0) through the mediators, in group 0",
    "Ctf-IE = B - C; a negative value adds to the total.",
    |e| e.indirect
);
effect!(
    SPURIOUS,
    "counterfactual-spurious-effect",
    "Counterfactual spurious effect (x1 to x0): what confounders add to the difference",
    "Ctf-SE = C - D; a negative value adds to the total.",
    |e| e.spurious
);
error!(
    TOTAL_ERROR,
    "total-variation-effect-error",
    "Distance of the total variation from people's",
    "|TV - TV of the truth, or of held-out human rows|, TV = D - A.",
    |e| e.total_variation
);
error!(
    DIRECT_ERROR,
    "counterfactual-direct-effect-error",
    "Distance of the direct effect from people's",
    "|DE - DE of the truth, or of held-out human rows|, DE = B - A.",
    |e| e.direct
);
error!(
    INDIRECT_ERROR,
    "counterfactual-indirect-effect-error",
    "Distance of the indirect effect from people's",
    "|IE - IE of the truth, or of held-out human rows|, IE = B - C.",
    |e| e.indirect
);
error!(
    SPURIOUS_ERROR,
    "counterfactual-spurious-effect-error",
    "Distance of the spurious effect from people's",
    "|SE - SE of the truth, or of held-out human rows|, SE = C - D.",
    |e| e.spurious
);

impl Metric for Effect {
    fn needs(&self) -> Needs {
        // Whether the truth knows its effects is not what `WithoutTruth` asks.
        let held_out = if self.error { When::Always } else { When::Never };
        Needs { sample: When::Always, held_out, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        Graph::new(schema, &self.assumed.mediators).map(|_| ())
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let rows = of.rows()?;
        let graph = Graph::new(rows.schema(), &self.assumed.mediators)?;
        let found = of.shared.four_means(false, &graph, || four_means(rows, &graph))?;
        let found = (self.part)(&found.effects());
        if !self.error {
            return one(self.name, found);
        }
        let expected = match of.truth.and_then(|t| t.four_means(&self.assumed.mediators)) {
            Some(known) => known,
            None => {
                let held_out = of.reference()?;
                of.shared.four_means(true, &graph, || four_means(held_out, &graph))?
            }
        };
        one(self.name, (found - (self.part)(&expected.effects())).abs())
    }
}

/// What [`Shared`](super::Shared) keeps of the effects: by whose rows and which graph.
pub(super) type Known = Vec<(bool, Graph, Result<FourMeans, Refusal>)>;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::METRICS;
    use crate::metrics::testing::{Scene, value};
    use crate::spec::Node;

    const PARTS: [&str; 4] = [
        "total-variation-effect",
        "counterfactual-direct-effect",
        "counterfactual-indirect-effect",
        "counterfactual-spurious-effect",
    ];

    fn metric(name: &str) -> crate::metrics::BoxedMetric {
        let node = Node::from_toml(&format!("name = \"{name}\"\nmediators = [\"w\"]"), "test").unwrap();
        METRICS.get(name).unwrap().make(&node).unwrap()
    }

    #[test]
    fn the_identity_holds_between_the_four_metrics() {
        let scene = Scene::sample(means::tests::draw(600, 3));
        let [tv, de, ie, se] = PARTS.map(|name| value(metric(name).as_ref(), &scene).unwrap());
        assert!((tv - (de - ie - se)).abs() < 1e-12, "{tv} {de} {ie} {se}");
        assert!(de.abs() > 1e-3 && ie.abs() > 1e-3 && se.abs() > 1e-3);
    }

    #[test]
    fn an_error_is_the_distance_from_held_out_rows() {
        let (rows, held_out) = (means::tests::draw(400, 1), means::tests::draw(400, 2));
        let of = |rows: &crate::data::Samples| {
            value(metric(PARTS[1]).as_ref(), &Scene::sample(rows.clone())).unwrap()
        };
        let scene = Scene::sample(rows.clone()).beside(held_out.clone());
        let error = value(metric("counterfactual-direct-effect-error").as_ref(), &scene).unwrap();
        assert!((error - (of(&rows) - of(&held_out)).abs()).abs() < 1e-15 && error > 0.0);
    }

    #[test]
    fn a_mediator_that_is_no_feature_is_refused_by_name() {
        let node = Node::from_toml("name = \"x\"\nmediators = [\"wage\"]", "test").unwrap();
        let metric = METRICS.get(PARTS[1]).unwrap().make(&node).unwrap();
        let why = metric.accepts(means::tests::draw(2, 1).schema(), None).unwrap_err().to_string();
        assert!(why.contains("wage") && why.contains("z, w"), "{why}");
    }
}
