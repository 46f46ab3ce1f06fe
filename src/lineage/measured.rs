//! Measuring: every observation that is asked for is recorded, with a value or with the reason why there is none.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Fit, Record};
use crate::metrics::{BoxedMetric, Measurement, Observation, Observed, Subject};
use crate::models::Refusal;
use crate::rng::Streams;

/// One metric of a setting.
pub struct Measured {
    /// The metric's registry name.
    pub name: String,
    /// The metric.
    pub metric: BoxedMetric,
    /// Whether this metric needs a sample for this setting's family and source.
    pub sample: bool,
}

/// The names of the values of each metric and task, from the first time that there were some: under them it is recorded
/// later that there are none.
#[derive(Default)]
pub struct Names {
    metrics: Vec<Vec<Cow<'static, str>>>,
    pub(super) tasks: BTreeMap<Subject, Vec<Cow<'static, str>>>,
}

impl Names {
    /// The names of metric `at` of a list, its own where it never had a value.
    fn of(&self, at: usize, measured: &Measured) -> Vec<Cow<'static, str>> {
        let known = self.metrics.get(at).filter(|known| !known.is_empty());
        known.cloned().unwrap_or_else(|| vec![Cow::Owned(measured.name.clone())])
    }

    fn learn(&mut self, at: usize, values: &[(Cow<'static, str>, f64)]) {
        if self.metrics.len() <= at {
            self.metrics.resize_with(at + 1, Vec::new);
        }
        if self.metrics[at].is_empty() {
            self.metrics[at].extend(values.iter().map(|(name, _)| name.clone()));
        }
    }
}

/// Measures what `of` shows of a fit by every metric, and records it. Of human rows those metrics are measured that look at
/// rows.
pub fn measure(
    metrics: &[Measured],
    of: &Observation<'_>,
    fit: Fit,
    streams: &Streams,
    names: &mut Names,
    record: &mut dyn Record,
) {
    for (at, measured) in metrics.iter().enumerate() {
        if of.subject == Subject::Human && !measured.sample {
            continue;
        }
        match measured.metric.measure(of, &streams.of(&measured.name)) {
            Ok(values) => {
                names.learn(at, &values);
                values.into_iter().for_each(|(metric, value)| write(fit, of.subject, metric, value, record));
            }
            Err(why) => {
                names
                    .of(at, measured)
                    .iter()
                    .for_each(|name| record.refused(fit, of.subject, name.clone(), &why));
            }
        }
    }
}

/// Records that a fit that was not made has no value of any metric.
pub(super) fn missing(
    metrics: &[Measured],
    subject: Subject,
    fit: Fit,
    names: &Names,
    why: &Refusal,
    record: &mut dyn Record,
) {
    for (at, measured) in metrics.iter().enumerate() {
        names.of(at, measured).iter().for_each(|name| record.refused(fit, subject, name.clone(), why));
    }
}

/// Records one computed value; what is no number has none.
pub(super) fn write(
    fit: Fit,
    subject: Subject,
    metric: Cow<'static, str>,
    value: f64,
    record: &mut dyn Record,
) {
    if value.is_nan() {
        let why = Refusal::undefined(format!("`{metric}` is not a number here"));
        return record.refused(fit, subject, metric, &why);
    }
    let Fit { seed, member, generation } = fit;
    record.measurement(Measurement { seed, member, generation, subject, metric, value: Observed::of(value) });
}
