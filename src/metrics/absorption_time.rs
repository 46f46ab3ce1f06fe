//! `absorption-time`: how many fits it took until the model could only repeat itself.
//!
//! T is the number of the first fit whose model is absorbed: one outcome with all the mass, a variance
//! of 0, one row that is drawn over and over. After t fits the value is min(T, t), so its mean over seeds is E min(T, t) = Σ_{s<t} Pr(T > s),
//! the restricted mean of survival analysis (Irwin 1949; Royston & Parmar 2013,
//! 10.1186/1471-2288-13-152), which is the mean time to fixation once every lineage is absorbed. Every
//! generation counts, measured or not. Unit: fits. Cost: O(1).

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, Worst, one, plain,
};
use crate::data::{Distribution, Schema};
use crate::metrics::Subject;
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "absorption-time",
        summary: "Fits until the model is absorbed (one outcome, no spread), or so far",
        details: "min(T, t) after t fits (generation t − 1), where T is the number of the first fit whose model is \
            absorbed. For outcomes T is the time to fixation. Its mean over seeds is a restricted mean: the mean \
            time itself from where on nearly every lineage is absorbed, so measure it late. Families that can't be \
            absorbed (kernel densities, neural ones) have t.",
        source: "Kazdan et al., arXiv 2410.16713 (time to total collapse); Royston & Parmar 2013 \
            (10.1186/1471-2288-13-152) for restricted means",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Higher,
        ideal: "the number of fits",
        unit: "fits",
        scale: Scale::Log,
        worst: Worst::None,
        unbiased: true,
    },
    build: |node, _| plain(node, AbsorptionTime),
};

struct AbsorptionTime;

impl Metric for AbsorptionTime {
    fn needs(&self) -> Needs {
        Needs { model: true, ..Needs::default() }
    }

    fn accepts(&self, _: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        Ok(())
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        if of.subject != Subject::Model {
            return Err(Refusal::not_applicable("it is a time of models, not of rows"));
        }
        one("absorption-time", f64::from(of.absorbed.unwrap_or(of.generation)) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, value};

    #[test]
    fn it_counts_fits_until_absorption_and_stands_still_from_then_on() {
        // The scene is generation 3, the fourth fit.
        let at = |absorbed| {
            let scene = Scene { absorbed, ..Scene::model(Fitted::Outcomes(vec![1.0, 0.0])) };
            value(&AbsorptionTime, &scene)
        };
        assert_eq!((at(None), at(Some(3)), at(Some(1)), at(Some(0))), (Ok(4.0), Ok(4.0), Ok(2.0), Ok(1.0)));
    }
}
