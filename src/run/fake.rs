//! Work for tests: the variance of a Gaussian refitted to `n` of its own samples, v ← v·χ²(n−1)/n.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand_distr::{ChiSquared, Distribution};

use super::*;
use crate::data::{Column, Kind, Samples, Schema};
use crate::lineage::{Fit, StopReason, Why};
use crate::metrics::{Measurement, Observed, Subject};
use crate::models::Refusal;
use crate::rng::Streams;

/// A fake experiment; misfortunes are by seed.
#[derive(Default)]
pub struct Fake {
    pub settings: Vec<SettingInfo>,
    pub fail: BTreeSet<u64>,
    pub panic: BTreeSet<u64>,
    pub not_finite: BTreeSet<u64>,
    /// Sets the interruption when so many lineages have ended.
    pub interrupt: Option<(Interrupt, u64)>,
    pub delay: Duration,
    pub ran: AtomicU64,
}

impl Fake {
    /// One setting per sample size.
    pub fn new(sizes: &[u32], seeds_per_cell: u64, generations: u64) -> Self {
        let setting = |&n: &u32| SettingInfo {
            digest: format!("{n:016x}"),
            measure_digest: "variance".into(),
            data: "gaussian".into(),
            model: "gaussian, \"exact\"".into(),
            regime: "replace".into(),
            human_fraction: None,
            samples: Some(f64::from(n)),
            swept: vec![("loop.initial".into(), n.to_string())],
            seeds_per_cell,
            generations,
            skipped: None,
            label: format!("n = {n}"),
            ..SettingInfo::default()
        };
        Self { settings: sizes.iter().map(setting).collect(), ..Default::default() }
    }
}

impl Work for Fake {
    fn settings(&self) -> &[SettingInfo] {
        &self.settings
    }

    fn run(&self, setting: usize, seed: u64, record: &mut dyn Record) -> Result<Outcome, LineageError> {
        let info = &self.settings[setting];
        let n = info.samples.unwrap_or(2.0);
        let chi = ChiSquared::new(n - 1.0).expect("n is above 1");
        let mut rng = Streams::new(0, seed).of("synthesise").rng();
        let mut variance = 1.0;
        let ended = |stop_reason, last_generation| Ok(Outcome { stop_reason, last_generation });
        for generation in 0..=info.generations as u32 {
            if self.fail.contains(&seed) && generation == 3 {
                let why = Why::Refused(Refusal::new("singular covariance"));
                return Err(LineageError { seed, generation, stage: "fit", why });
            }
            assert!(!(self.panic.contains(&seed) && generation == 2), "a bug at seed {seed}");
            variance *= chi.sample(&mut rng) / n;
            let sqrt = if self.not_finite.contains(&seed) { f64::NAN } else { f64::sqrt(variance) };
            for (metric, value) in [("variance", variance), ("deviation", sqrt)] {
                let (subject, metric) = (Subject::Model, Cow::Borrowed(metric));
                if value.is_nan() {
                    let why = Refusal::undefined("it is not a number");
                    record.refused(Fit { seed, member: 0, generation }, subject, metric, &why);
                    continue;
                }
                let value = Observed::Number(value);
                record.measurement(Measurement { seed, member: 0, generation, subject, metric, value });
            }
            if record.wants_examples(seed) > 0 {
                let column = Column::F64 { width: 1, data: vec![variance; 5] };
                let rows = Samples::new(Arc::new(Schema::single(Kind::F64 { width: 1 })), vec![column]);
                let fit = Fit { seed, member: 0, generation };
                record.examples(fit, Subject::Model, &rows.expect("a table"), None);
            }
            if !self.delay.is_zero() {
                std::thread::sleep(self.delay);
            }
            if !record.generation(seed, generation) {
                return ended(StopReason::Interrupted, generation);
            }
        }
        let ran = self.ran.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some((interrupt, after)) = &self.interrupt
            && ran == *after
        {
            interrupt.set();
        }
        ended(StopReason::Finished, info.generations as u32)
    }
}

/// Keeps what it is told.
#[derive(Default)]
pub struct Told {
    pub notes: Mutex<Vec<String>>,
    pub failures: Mutex<Vec<Failure>>,
    pub generations: AtomicU64,
    pub all: AtomicU64,
}

impl Progress for Told {
    fn start(&self, generations: u64, _reused: u64) {
        self.all.store(generations, Ordering::SeqCst);
    }

    fn advance(&self, generations: u64) {
        self.generations.fetch_add(generations, Ordering::SeqCst);
    }

    fn failure(&self, failure: &Failure) {
        locked(&self.failures).push(failure.clone());
    }

    fn note(&self, text: &str) {
        locked(&self.notes).push(text.to_owned());
    }

    fn repair(&self, text: &str) {
        self.note(text);
    }
}

/// Runs in `out`, telling `told`.
pub fn go(fake: &Fake, seeds: &[u64], out: &Path, jobs: usize, told: &Told) -> RunReport {
    let interrupt = fake.interrupt.as_ref().map_or_else(Interrupt::new, |(i, _)| i.clone());
    let options = Options {
        out: out.into(),
        experiment: "fake".into(),
        jobs,
        examples: 2,
        keep_models: false,
        isolation: None,
        cell_timeout: None,
        interrupt: &interrupt,
        progress: told,
    };
    run(fake, seeds, &options).expect("the folder can be written")
}
