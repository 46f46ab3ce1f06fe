//! Every preset on a case small enough to write its training sets down by hand.
//!
//! Human rows are the numbers of a table in the seed's order; the model that was fitted for `D(g)`
//! makes the rows 100·(g+1), 100·(g+1) + 1, …, so every row of a training set tells who made it,
//! in which generation, and which one it is.

mod baseline;
mod ending;
mod making;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::*;
use crate::data::{Body, Column, Combine, Kind, Mix, Origin, Samples, Schema, Splits, Supply};
use crate::metrics::{Measurement, Subject};
use crate::models::{Ask, Model, Refusal, SampleError, Sampling, Start};
use crate::regimes::resolve;
use crate::rng::Streams;
use crate::spec::{Experiment, Prompts, Sharing, Synthesis};

/// A row of a training set: origin, generation of birth, value, weight.
#[derive(Clone, Debug, PartialEq)]
struct Seen(Origin, u32, i64, f64);

type Log = Arc<Mutex<Vec<Vec<Seen>>>>;

struct Tracer(Log);

struct Traced(i64);

impl Family for Tracer {
    fn accepts(&self, _: &Schema) -> Result<(), Refusal> {
        Ok(())
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let mut rows = Vec::new();
        for part in &mix.parts {
            let Body::Rows(body) = &part.body else { panic!("rows") };
            let values = body.gather().features();
            rows.extend(values.iter().map(|&v| Seen(part.origin, part.born, v as i64, part.weight)));
        }
        let mut log = self.0.lock().unwrap();
        log.push(rows);
        Ok(Box::new(Traced(100 * log.len() as i64)))
    }
}

impl Model for Traced {
    fn synthesise(&self, ask: Ask<'_>, n: usize, _: &Sampling, _: &Streams) -> Result<Samples, SampleError> {
        Ok(match ask {
            // A label tells its input.
            Ask::Given(inputs) => numbers(inputs.features().iter().map(|&v| -1 - v as i64)),
            _ => numbers((0..n as i64).map(|i| self.0 + i)),
        })
    }

    fn size(&self) -> usize {
        0
    }
}

struct Nothing;

impl Record for Nothing {
    fn measurement(&mut self, _: Measurement) {}
}

fn numbers(values: impl Iterator<Item = i64>) -> Samples {
    let data: Vec<f64> = values.map(|v| v as f64).collect();
    Samples::new(Arc::new(Schema::single(Kind::F64 { width: 1 })), vec![Column::F64 { width: 1, data }])
        .unwrap()
}

/// Runs a `[loop]` table for seed 0 on forty human rows and returns the training sets.
fn training_sets(table: &str) -> Vec<Vec<Seen>> {
    traced(table, 0, |_| {})
}

fn traced(table: &str, seed: u64, change: impl Fn(&mut Lineage)) -> Vec<Vec<Seen>> {
    recorded(table, seed, change, &mut Nothing)
}

fn recorded(
    table: &str,
    seed: u64,
    change: impl Fn(&mut Lineage),
    record: &mut dyn Record,
) -> Vec<Vec<Seen>> {
    let text =
        format!("[data]\nsource = \"x\"\n[model]\nfamily = \"x\"\n[loop]\n{table}\n[sweep]\nseeds = 1\n");
    let settings = Experiment::from_toml(&text, "test.toml").unwrap().settings().unwrap();
    let (regime, budget) = resolve(&settings[0].loop_, &crate::regimes::published()).unwrap();
    let table = Arc::new(numbers(0..40));
    let splits = Splits { train: table.clone(), validation: table.clone(), held_out: table };
    let log: Log = Log::default();
    let mut lineage = Lineage {
        source: Arc::new(Source {
            name: "forty".into(),
            digest: String::new(),
            supply: Supply::Finite(splits),
            file: None,
        }),
        families: vec![Arc::new(Tracer(log.clone()))],
        plan: budget.plan(&regime).unwrap(),
        regime,
        budget,
        synthesiser: Synthesiser {
            synthesis: Synthesis::Sample,
            prompts: Prompts::Initial,
            edit_above: 1.0,
            sampling: Sampling::default(),
            sharing: Sharing::Own,
            teacher: Teacher::Own,
        },
        curation: Vec::new(),
        start: StartFrom::Scratch,
        base: None,
        contamination: 0.0,
        statistics: false,
        measuring: Measuring {
            space: None,
            metrics: Vec::new(),
            size: 1,
            subject: Subject::Model,
            at: Vec::new(),
            task: None,
            baseline: None,
        },
        salt: 0,
        first_fit: Vec::new(),
        first_fits: Arc::default(),
    };
    change(&mut lineage);
    let outcome = lineage.run(seed, record).unwrap();
    assert_eq!(outcome.stop_reason, StopReason::Finished);
    drop(lineage);
    Arc::try_unwrap(log).unwrap().into_inner().unwrap()
}

fn values(set: &[Seen], origin: Origin) -> Vec<i64> {
    set.iter().filter(|r| r.0 == origin).map(|r| r.2).collect()
}

fn human(set: &[Seen]) -> Vec<i64> {
    values(set, Origin::Human)
}

fn synthetic(set: &[Seen]) -> Vec<i64> {
    values(set, Origin::Synthetic)
}

fn born(set: &[Seen], generation: u32) -> usize {
    set.iter().filter(|r| r.1 == generation).count()
}

fn within(part: &[i64], whole: &[i64]) -> bool {
    part.iter().all(|x| whole.contains(x)) && part.iter().collect::<BTreeSet<_>>().len() == part.len()
}

#[test]
fn replace_trains_on_the_last_output_alone() {
    let d = training_sets("regime = \"replace\"\ngenerations = 2\nsamples = 4");
    assert_eq!((human(&d[0]).len(), synthetic(&d[0]).len()), (4, 0));
    assert_eq!((human(&d[1]), synthetic(&d[1])), (vec![], vec![100, 101, 102, 103]));
    assert_eq!((human(&d[2]), synthetic(&d[2])), (vec![], vec![200, 201, 202, 203]));
}

#[test]
fn fixed_mix_keeps_the_first_human_rows() {
    let d = training_sets("regime = \"fixed-mix\"\ngenerations = 2\nsamples = 4\nhuman_fraction = 0.5");
    for g in 1..=2 {
        assert_eq!(human(&d[g]), human(&d[0])[..2]);
        assert_eq!(synthetic(&d[g]), [100 * g as i64, 100 * g as i64 + 1]);
        assert_eq!(born(&d[g], 0), 2);
    }
    // At α = 1 the training set is D(0) for ever; at α = 0 it is replace.
    let all = training_sets("regime = \"fixed-mix\"\ngenerations = 2\nsamples = 4\nhuman_fraction = 1.0");
    assert_eq!(human(&all[2]), human(&all[0]));
    assert!(synthetic(&all[2]).is_empty());
    let none = training_sets("regime = \"fixed-mix\"\ngenerations = 2\nsamples = 4\nhuman_fraction = 0.0");
    assert_eq!(none, training_sets("regime = \"replace\"\ngenerations = 2\nsamples = 4"));
}

#[test]
fn keep_draws_a_new_part_of_the_first_human_rows() {
    let table = "regime = \"keep\"\ngenerations = 8\nsamples = 10\nhuman_fraction = 0.3";
    let d = training_sets(table);
    let mut choices = BTreeSet::new();
    for g in 1..=8 {
        assert_eq!((human(&d[g]).len(), synthetic(&d[g]).len()), (3, 7));
        assert!(within(&human(&d[g]), &human(&d[0])));
        choices.insert(human(&d[g]));
    }
    assert!(choices.len() > 1, "the part is drawn anew");
    // The rows of a smaller fraction are the first of those of a larger one.
    let more = training_sets("regime = \"keep\"\ngenerations = 8\nsamples = 10\nhuman_fraction = 0.6");
    assert_eq!(human(&d[5]), human(&more[5])[..3]);
}

#[test]
fn fresh_never_uses_a_human_row_twice() {
    let d = training_sets("regime = \"fresh\"\ngenerations = 3\nsamples = 10\nhuman_fraction = 0.3");
    let all: Vec<i64> = d.iter().flat_map(|set| human(set)).collect();
    assert_eq!(all.len(), 10 + 3 * 3);
    assert!(within(&all, &(0..40).collect::<Vec<_>>()));
    assert_eq!((born(&d[2], 2), born(&d[2], 1)), (10, 0));
    // Blocks advance by all rows of a generation, so fractions are nested.
    let more = training_sets("regime = \"fresh\"\ngenerations = 3\nsamples = 10\nhuman_fraction = 0.9");
    for g in 1..=3 {
        assert_eq!(human(&d[g]), human(&more[g])[..3]);
    }
}

#[test]
fn golden_weighs_fresh_rows_by_group() {
    let d = traced("regime = \"golden\"\ngenerations = 1\nsamples = 8\nhuman_fraction = 0.5", 0, |lineage| {
        // One likelihood, so that the tracer sees both groups; the weights are what is tested.
        assert_eq!(lineage.regime.combine, Combine::ByGroup);
        lineage.regime.combine = Combine::Pooled;
    });
    // k = 1: w* = 0.618034, over 4 human and 4 synthetic rows of mean weight 1.
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    for row in &d[1] {
        let expected = if row.0 == Origin::Human { golden * 8.0 / 4.0 } else { (1.0 - golden) * 8.0 / 4.0 };
        assert!((row.3 - expected).abs() < 1e-12, "{row:?}");
    }
    assert_eq!((human(&d[1]).len(), synthetic(&d[1]).len()), (4, 4));
}

#[test]
fn accumulate_keeps_everything() {
    let d = training_sets("regime = \"accumulate\"\ngenerations = 2\nsamples = 3");
    assert_eq!(human(&d[2]), human(&d[0]));
    assert_eq!(synthetic(&d[1]), [100, 101, 102]);
    assert_eq!(synthetic(&d[2]), [100, 101, 102, 200, 201, 202]);
    assert_eq!((born(&d[2], 0), born(&d[2], 1), born(&d[2], 2)), (3, 3, 3));
}

#[test]
fn accumulate_synthetic_drops_the_human_rows() {
    let d = training_sets("regime = \"accumulate-synthetic\"\ngenerations = 2\nsamples = 3");
    assert_eq!((human(&d[1]), synthetic(&d[1])), (vec![], vec![100, 101, 102]));
    assert_eq!((human(&d[2]), synthetic(&d[2])), (vec![], vec![100, 101, 102, 200, 201, 202]));
}

#[test]
fn accumulate_subsample_draws_from_the_growing_store() {
    let d = training_sets("regime = \"accumulate-subsample\"\ngenerations = 5\nsamples = 6");
    let mut pool = human(&d[0]);
    for (g, set) in d.iter().enumerate().skip(1) {
        pool.extend((0..6).map(|i| 100 * g as i64 + i));
        let rows: Vec<i64> = set.iter().map(|r| r.2).collect();
        assert_eq!(rows.len(), 6);
        assert!(within(&rows, &pool), "generation {g}: {rows:?}");
    }
    // Uniform over a store of 36 rows: some generation shows more than two births.
    let births: BTreeSet<u32> = d[5].iter().map(|r| r.1).collect();
    assert!(births.len() > 2, "{births:?}");
}

#[test]
fn balanced_takes_equal_parts_of_every_generation() {
    let d = training_sets("regime = \"balanced\"\ngenerations = 3\nsamples = 6");
    assert_eq!([born(&d[1], 0), born(&d[1], 1)], [3, 3]);
    assert_eq!([born(&d[2], 0), born(&d[2], 1), born(&d[2], 2)], [2, 2, 2]);
    // Six rows over four generations: parts differ by at most one.
    let parts: Vec<usize> = (0..4).map(|b| born(&d[3], b)).collect();
    assert_eq!(parts.iter().sum::<usize>(), 6);
    assert!(parts.iter().all(|&p| p == 1 || p == 2), "{parts:?}");
}

#[test]
fn incremental_replaces_half() {
    let d = training_sets("regime = \"incremental\"\ngenerations = 2\nsamples = 8");
    assert_eq!((human(&d[1]).len(), synthetic(&d[1]).len()), (4, 4));
    assert!(within(&human(&d[1]), &human(&d[0])));
    assert_eq!((human(&d[2]).len(), born(&d[2], 1), born(&d[2], 2)), (2, 2, 4));
    let other = "regime = \"incremental\"\ngenerations = 1\nsamples = 8\n[loop.choices]\nretain_human = { share = 0.75 }";
    let d = training_sets(other);
    assert_eq!((human(&d[1]).len(), synthetic(&d[1]).len()), (6, 2));
}

#[test]
fn expanding_and_stream_grow_by_arrivals() {
    for regime in ["expanding", "stream"] {
        let d = training_sets(&format!(
            "regime = \"{regime}\"\ngenerations = 2\nsamples = 8\narrival_human_fraction = 0.25"
        ));
        assert_eq!((human(&d[1]).len(), synthetic(&d[1]).len()), (8 + 2, 6));
        assert_eq!((human(&d[2]).len(), synthetic(&d[2]).len()), (8 + 4, 12));
        assert!(within(&human(&d[2]), &(0..40).collect::<Vec<_>>()));
        assert_eq!(human(&d[2])[..8], human(&d[0]));
        let none = training_sets(&format!("regime = \"{regime}\"\ngenerations = 1\nsamples = 8"));
        assert_eq!((human(&none[1]).len(), synthetic(&none[1]).len()), (8, 8));
    }
}

#[test]
fn hold_human_adds_synthetic_rows_to_a_fixed_human_set() {
    for (scale, added) in [(0.0, 0), (0.5, 2), (2.0, 8)] {
        let table = format!(
            "regime = \"fixed-mix\"\ngenerations = 1\nhold = \"human\"\nhuman_rows = 4\nsynthetic_scale = {scale:?}"
        );
        let d = training_sets(&table);
        assert_eq!((human(&d[1]), synthetic(&d[1]).len()), (human(&d[0]), added), "scale {scale}");
    }
}

#[test]
fn sizes_and_fractions_follow_their_schedules() {
    let d = training_sets(
        "regime = \"fixed-mix\"\ngenerations = 3\ninitial = 6\nsamples = { power = 1, base = 2, last = 10 }\nhuman_fraction = { list = [0.0, 0.5, 0.25] }",
    );
    let sizes: Vec<(usize, usize)> = d.iter().map(|s| (human(s).len(), synthetic(s).len())).collect();
    // |D(1)| = 4 at one half, |D(2)| = 6 at a quarter (1.5 rounds up), the last has 10.
    assert_eq!(sizes, [(6, 0), (2, 2), (2, 4), (3, 7)]);
}

#[test]
fn a_population_shares_as_told() {
    let table = "regime = \"replace\"\ngenerations = 1\nsamples = 4\npopulation = 2";
    let run = |sharing: Sharing| {
        traced(table, 0, |l| {
            l.synthesiser.sharing = sharing;
            let first = l.families[0].clone();
            l.families.push(first);
        })
    };
    // Fits are logged in order: D(0) of members 0 and 1 (models 100, 200), then D(1) of both.
    let own = run(Sharing::Own);
    assert_ne!(own[0], own[1], "members have their own human rows");
    assert_eq!((synthetic(&own[2])[0], synthetic(&own[3])[0]), (100, 200));
    let ring = run(Sharing::Ring);
    assert_eq!((synthetic(&ring[2])[0], synthetic(&ring[3])[0]), (200, 100));
    let pool = run(Sharing::Pool);
    assert_eq!(synthetic(&pool[2]), [100, 101, 200, 201]);
    assert_eq!(synthetic(&pool[3]), [100, 101, 200, 201]);
}

#[test]
fn contaminated_rows_are_labelled_human_and_counted_synthetic() {
    let table = "regime = \"fixed-mix\"\ngenerations = 1\nsamples = 10\nhuman_fraction = 0.5";
    let d = traced(table, 0, |l| l.contamination = 0.2);
    // The first fit is the contaminant's, on the clean D(0).
    assert_eq!(human(&d[0]).len(), 10);
    assert_eq!((human(&d[1]).len(), synthetic(&d[1])), (8, vec![100, 101]));
    // The anchor of five rows keeps the same share: four human, one contaminated.
    assert_eq!(human(&d[2]).len(), 4);
    assert_eq!(synthetic(&d[2]), [100, 200, 201, 202, 203, 204]);
}

#[test]
fn a_generator_takes_the_students_place() {
    let table = "regime = \"replace\"\ngenerations = 2\nsamples = 3";
    let other = Arc::new(numbers([7, 7, 7].into_iter()));
    let splits = Splits { train: other.clone(), validation: other.clone(), held_out: other };
    let source = Arc::new(Source {
        name: "sevens".into(),
        digest: String::new(),
        supply: Supply::Finite(splits),
        file: None,
    });
    for (when, second) in [(When::Always, vec![7, 7, 7]), (When::First, vec![200, 201, 202])] {
        let d = traced(table, 0, |l| l.synthesiser.teacher = Teacher::Source(source.clone(), when));
        assert_eq!(synthetic(&d[1]), [7, 7, 7]);
        assert_eq!(synthetic(&d[2]), second);
    }
}

#[test]
fn human_rows_do_not_depend_on_the_regime() {
    let first = |regime: &str| {
        let table = format!("regime = \"{regime}\"\ngenerations = 1\nsamples = 10\n");
        human(&training_sets(&table)[0])
    };
    assert_eq!(first("replace"), first("accumulate"));
    let other = traced("regime = \"replace\"\ngenerations = 1\nsamples = 10", 1, |_| {});
    assert_ne!(first("replace"), human(&other[0]), "each seed draws its own human rows");
}

#[test]
fn contradictions_are_refused_with_the_reason() {
    let refusal = |table: &str| {
        let text = format!("[data]\nsource = \"x\"\n[model]\nfamily = \"x\"\n[loop]\n{table}\n");
        let settings = Experiment::from_toml(&text, "test.toml").unwrap().settings().unwrap();
        resolve(&settings[0].loop_, &crate::regimes::published()).unwrap_err().to_string()
    };
    let base = "generations = 3\nsamples = 10\n";
    let cases = [
        ("regime = \"replace\"\nhuman_fraction = 0.5", "synthetic rows alone"),
        ("regime = \"accumulate\"\nhuman_fraction = 0.5", "its own human fraction"),
        ("regime = \"fixed-mix\"", "human_fraction"),
        ("regime = \"accumulate\"\nhold = \"total\"", "grows"),
        ("regime = \"replace\"\nhold = \"arrivals\"", "does not grow"),
        ("regime = \"fixed-mix\"\nhuman_fraction = 0.5\nlabels_known = false", "know which is which"),
        ("regime = \"fixed-mix\"\nhuman_fraction = 0.5\ninitial = 4", "D(0) has only 4"),
        ("regime = \"fixed-mix\"\nhuman_fraction = 0.5\narrival_human_fraction = 0.5", "arriving human rows"),
        ("regime = \"acumulate\"", "acumulate"),
    ];
    for (table, word) in cases {
        let message = refusal(&format!("{base}{table}"));
        assert!(message.contains(word), "{table}: {message}");
    }
}

#[test]
fn a_step_needs_a_start_and_parameters_to_move() {
    let assembled = |model: &str, start: &str| {
        let text = format!(
            "data = {{ source = 'gaussian' }}\nmodel = {{ {model} }}\n\
             loop = {{ generations = 2, samples = 10, regime = 'replace'{start} }}\nmeasure = {{ metrics = ['variance'] }}"
        );
        let experiment = Experiment::from_toml(&text, "test.toml").unwrap();
        assemble(&experiment, &Context::default()).map(|mut all| all.remove(0).lineage.unwrap())
    };
    let why = |model: &str, start: &str| assembled(model, start).err().unwrap().to_string();
    let warm = ", start = 'warm'";
    assert!(why("family = 'gaussian', step = 0.5", "").contains("earlier model"));
    assert!(why("family = 'kde', step = 0.5", warm).contains("`step` does not go with the family `kde`"));
    assert!(why("family = 'gaussian', step = 1.5", warm).contains("at most 1"));
    assert!(why("family = 'gaussian'", warm).contains("no starting point"));
    let lineage = assembled("family = 'gaussian', step = 0.5", warm).unwrap();
    assert!(lineage.statistics, "a step of moments is exact on moments");
}

#[test]
fn the_control_is_the_human_part_of_the_mix_and_nothing_else() {
    let human = |sets: &[Vec<Seen>]| -> Vec<Vec<i64>> {
        let of = |set: &Vec<Seen>| set.iter().filter(|s| s.0 == Origin::Human).map(|s| s.2).collect();
        sets.iter().map(of).collect()
    };
    for regime in ["fixed-mix", "keep", "fresh"] {
        let table = format!("generations = 2\nsamples = 10\nregime = \"{regime}\"\nhuman_fraction = 0.3\n");
        let (mix, alone) = (training_sets(&table), training_sets(&format!("{table}human_alone = true\n")));
        assert_eq!(alone.iter().map(Vec::len).collect::<Vec<_>>(), [10, 3, 3], "{regime}");
        assert_eq!(human(&mix), human(&alone), "{regime}");
        assert!(alone.iter().flatten().all(|s| s.0 == Origin::Human && s.3 == 1.0), "{regime}");
    }
    let accumulating =
        training_sets("generations = 2\nsamples = 10\nregime = \"accumulate\"\nhuman_alone = true\n");
    assert_eq!(accumulating.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 10]);
}

#[test]
fn a_control_without_a_human_row_is_refused() {
    let refused = |table: &str| {
        let text = format!(
            "[data]\nsource = \"x\"\n[model]\nfamily = \"x\"\n[loop]\ngenerations = 2\nsamples = 10\nhuman_alone = true\n{table}"
        );
        resolve(
            &Experiment::from_toml(&text, "t").unwrap().settings().unwrap()[0].loop_,
            &crate::regimes::published(),
        )
        .unwrap_err()
        .to_string()
    };
    assert!(refused("regime = \"replace\"").contains("no human part"));
    assert!(refused("regime = \"incremental\"").contains("no human part"));
    assert!(refused("regime = \"fixed-mix\"\nhuman_fraction = 0.0").contains("no human row"));
}
