//! The baseline: another model of the first human rows, to compare with.

use super::*;

#[derive(Default)]
struct All(Vec<Measurement>);

impl Record for All {
    fn measurement(&mut self, measurement: Measurement) {
        self.0.push(measurement);
    }
}

fn assembled(baseline: &str) -> Result<Lineage, String> {
    let text = format!(
        "data = {{ source = 'gaussian' }}\nmodel = {{ family = 'gaussian', ddof = 0 }}\n\
         loop = {{ generations = 3, samples = 10, regime = 'replace' }}\n\
         measure = {{ metrics = ['variance'], size = 10{baseline} }}"
    );
    let experiment = Experiment::from_toml(&text, "test.toml").map_err(|e| e.to_string())?;
    let mut all = assemble(&experiment, &Context::default()).map_err(|e| e.to_string())?;
    all.remove(0).lineage
}

#[test]
fn it_is_fitted_to_the_first_human_rows_and_measured_once() {
    let mut all = All::default();
    let lineage = assembled(", baseline = { family = 'gaussian', ddof = 1 }").unwrap();
    lineage.run(0, &mut all).unwrap();
    let of = |subject: Subject| -> Vec<(u32, f64)> {
        let mine = all.0.iter().filter(|m| m.subject == subject && m.metric == "variance");
        mine.map(|m| (m.generation, m.value.finite().unwrap())).collect()
    };
    let (model, baseline) = (of(Subject::Model), of(Subject::Baseline));
    assert_eq!(model.len(), 4);
    assert_eq!(baseline.len(), 1);
    // The same ten rows: the unbiased variance is 10/9 of the other.
    assert!((baseline[0].1 / model[0].1 - 10.0 / 9.0).abs() < 1e-12, "{model:?} {baseline:?}");
}

#[test]
fn it_changes_nothing_of_the_loop_but_needs_rows() {
    let without = assembled("").unwrap();
    assert!(without.statistics && without.measuring.baseline.is_none());
    assert!(!assembled(", baseline = { family = 'gaussian' }").unwrap().statistics);
    let why = assembled(", baseline = { family = 'ngram' }").err().unwrap();
    assert!(why.contains("text"), "{why}");
}
