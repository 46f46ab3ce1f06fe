//! A lineage that can't go on leaves no silence behind: every observation that was asked for is recorded.

use super::*;
use crate::metrics::{Absence, Observed};

/// Fits as usual so many times, then fails.
struct Breaking {
    fits: Mutex<u32>,
    with: FitError,
}

impl Family for Breaking {
    fn accepts(&self, _: &Schema) -> Result<(), Refusal> {
        Ok(())
    }

    fn fit(&self, _: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let mut left = self.fits.lock().unwrap();
        if *left == 0 {
            return Err(self.with.clone());
        }
        *left -= 1;
        Ok(Box::new(Traced(0)))
    }
}

#[derive(Default)]
struct All(Vec<Measurement>);

impl Record for All {
    fn measurement(&mut self, measurement: Measurement) {
        self.0.push(measurement);
    }
}

/// The outcome of a loop of four generations whose fit fails after `fits`, and what it recorded of the model.
fn broken(fits: u32, with: FitError) -> (Result<Outcome, String>, Vec<(u32, Observed)>, usize) {
    let text = "data = { source = 'gaussian' }\nmodel = { family = 'gaussian' }\n\
                loop = { generations = 4, samples = 10, regime = 'replace' }\n\
                measure = { metrics = ['sample-variance'], size = 10 }";
    let experiment = Experiment::from_toml(text, "test.toml").unwrap();
    let lineage = assemble(&experiment, &Context::default()).unwrap().remove(0).lineage.unwrap();
    let lineage = lineage.with_family(Arc::new(Breaking { fits: Mutex::new(fits), with }));
    let mut all = All::default();
    let outcome = lineage.run(0, &mut all).map_err(|e| e.to_string());
    let of_model: Vec<(u32, Observed)> = all
        .0
        .iter()
        .filter(|m| m.subject == Subject::Model)
        .map(|m| {
            assert_eq!(m.metric, "sample-variance");
            (m.generation, m.value)
        })
        .collect();
    let shares = all.0.iter().filter(|m| m.metric == "realised-human-fraction").count();
    (outcome, of_model, shares)
}

#[test]
fn a_fit_that_diverges_has_no_value_from_there_to_the_end() {
    let (outcome, found, shares) = broken(2, FitError::Diverged { step: 3 });
    assert_eq!(outcome, Ok(Outcome { stop_reason: StopReason::Diverged, last_generation: 1 }));
    assert_eq!(found.iter().map(|(g, _)| *g).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    // The rows are 0 to 9: their variance is 55/6.
    assert!(found[..2].iter().all(|(_, v)| (v.finite().unwrap() - 55.0 / 6.0).abs() < 1e-12));
    assert!(found[2..].iter().all(|(_, v)| *v == Observed::Absent(Absence::Diverged)), "{found:?}");
    assert_eq!(shares, 5);
    let (outcome, found, _) = broken(0, FitError::Diverged { step: 3 });
    assert_eq!(outcome.map(|o| o.stop_reason), Ok(StopReason::Diverged));
    assert_eq!(found.len(), 5);
}

#[test]
fn a_model_whose_rows_make_the_next_fit_impossible_says_why() {
    for (with, why) in [
        (FitError::TooFewRows { needed: 2, found: 0 }, Absence::TooFewRows),
        (Refusal::degenerate("no token").into(), Absence::Degenerate),
        (FitError::NotFinite { column: "x".into(), row: 0 }, Absence::Diverged),
    ] {
        let (outcome, found, _) = broken(3, with);
        assert_eq!(outcome.map(|o| o.last_generation), Ok(2));
        assert_eq!(found[3..], [(3, Observed::Absent(why)), (4, Observed::Absent(why))]);
    }
}

#[test]
fn a_fault_of_the_setting_stays_a_failure() {
    for with in [Refusal::new("needs counts").into(), FitError::Outside("no program".into())] {
        assert!(broken(2, with).0.unwrap_err().contains("generation 2, fit"));
    }
    assert!(broken(0, FitError::TooFewRows { needed: 2, found: 0 }).0.is_err(), "human rows are too few");
}
