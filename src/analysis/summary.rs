//! The rows of `summary.csv`: setting × generation × subject × metric.
//!
//! Columns: the setting's, then `generation,subject,metric,n,n_asked,n_infinite,mean,sd,median,ci_low,ci_high,ci_method,why`.
//! Empty = there is none. Cost: that of the intervals.

use std::collections::BTreeSet;
use std::io::Write;

use super::DISPLAY_LEVEL;
use super::intervals::{Interval, mean_interval, mean_sd};
use super::jackknife::Over;
use super::observations::{Counts, Series};
use crate::metrics::{Absence, Scale, Subject};
use crate::store::SettingKey;

/// One row of `summary.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// The setting.
    pub key: SettingKey,
    /// The generation.
    pub generation: u32,
    /// Whose rows were measured.
    pub subject: Subject,
    /// The metric.
    pub metric: String,
    /// Of how many seeds it speaks.
    pub counts: Counts,
    /// Mean over seeds, in the metric's unit: infinite where a value is, NaN where there is no number.
    pub mean: f64,
    /// Standard deviation over seeds; none for one seed.
    pub sd: Option<f64>,
    /// Median over seeds, the infinite ones among them; NaN where there is no number.
    pub median: f64,
    /// Lower end of the 95 % interval of the mean over the seeds that have a finite value; none where one is infinite.
    pub ci_low: Option<f64>,
    /// Upper end.
    pub ci_high: Option<f64>,
    /// How the interval was made; empty where there is none.
    pub ci_method: &'static str,
}

const COLUMNS: [&str; 13] = [
    "generation",
    "subject",
    "metric",
    "n",
    "n_asked",
    "n_infinite",
    "mean",
    "sd",
    "median",
    "ci_low",
    "ci_high",
    "ci_method",
    "why",
];

impl SummaryRow {
    /// What stands for the seeds: their mean, or their median where some are infinite; NaN where there is no number.
    pub fn centre(&self) -> f64 {
        if self.counts.infinite > 0 { self.median } else { self.mean }
    }
}

/// The median of values; NaN for none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n => 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]),
    }
}

/// Summarises series; `scale` says what values a metric can take.
pub fn summarise<'s>(
    series: impl IntoIterator<Item = &'s Series>,
    scale: impl Fn(&str) -> Scale,
) -> Vec<SummaryRow> {
    let mut rows = Vec::new();
    for s in series {
        // The last generation is the setting's, whether this metric has a value there or not.
        let generations: BTreeSet<u32> = s.at.keys().copied().chain(s.last()).collect();
        for generation in generations {
            let numbers: Vec<f64> =
                s.observed(generation).iter().filter_map(|(_, observed)| observed.number()).collect();
            let counts = s.counts(generation);
            let (mut mean, sd) = mean_sd(&numbers);
            if numbers.is_empty() {
                mean = f64::NAN;
            }
            let one_run = s.over == Over::Rows;
            let finite = counts.infinite == 0;
            let interval =
                if finite { mean_interval(&numbers, scale(&s.metric), DISPLAY_LEVEL) } else { None };
            // Pseudo-values are no observations: they have neither a spread nor a median.
            let sd = (finite && numbers.len() > 1 && !one_run).then_some(sd);
            let jackknifed = |i: Interval| match i.is_all_equal() || !one_run {
                true => i,
                false => Interval { method: "jackknife", ..i },
            };
            let interval = interval.map(jackknifed);
            rows.push(SummaryRow {
                key: s.key.clone(),
                generation,
                subject: s.subject,
                metric: s.metric.clone(),
                counts,
                mean,
                sd,
                median: if one_run { mean } else { median(&numbers) },
                ci_low: interval.as_ref().map(|i| i.low),
                ci_high: interval.as_ref().map(|i| i.high),
                ci_method: interval.map_or("", |i| i.method),
            });
        }
    }
    rows
}

/// Writes `summary.csv`: the experiment, the columns of the settings, the numbers.
///
/// # Errors
/// Those of the writer.
pub fn write_csv(experiment: &str, rows: &[SummaryRow], to: impl Write) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(to);
    let columns = rows.first().map(|row| row.key.columns()).into_iter().flatten();
    writer.write_record(["experiment"].into_iter().chain(columns).chain(COLUMNS))?;
    let number = |x: Option<f64>| x.filter(|x| !x.is_nan()).map(|x| x.to_string()).unwrap_or_default();
    for r in rows {
        let mut record: Vec<String> =
            [experiment].into_iter().chain(r.key.values()).map(Into::into).collect();
        record.extend([
            r.generation.to_string(),
            r.subject.name().to_owned(),
            r.metric.clone(),
            r.counts.n.to_string(),
            r.counts.asked.to_string(),
            r.counts.infinite.to_string(),
        ]);
        record.extend([Some(r.mean), r.sd, Some(r.median), r.ci_low, r.ci_high].map(number));
        record.push(r.ci_method.to_owned());
        record.push(r.counts.why.map_or("", Absence::name).to_owned());
        writer.write_record(&record)?;
    }
    writer.flush().map_err(csv::Error::from)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::Observed;
    use crate::store::settings::tests::keys;

    fn series() -> Series {
        let key = keys(&[&[("regime", "replace"), ("model.ddof", "0")]]).remove(0);
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        let at = [(0, vec![(1, 7.5)]), (4, (0..5).zip(values).collect())].into();
        Series::new(key, "variance", Subject::Model, at)
    }

    #[test]
    fn the_file_has_the_settings_columns_and_empty_cells_where_nothing_applies() {
        let rows = summarise(&[series()], |_| Scale::Linear);
        let mut file = Vec::new();
        write_csv("e", &rows, &mut file).unwrap();
        let text = String::from_utf8(file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "experiment,regime,model.ddof,generation,subject,metric,n,n_asked,n_infinite,mean,sd,median,ci_low,ci_high,ci_method,why"
        );
        assert_eq!(lines[1], "e,replace,0,0,model,variance,1,5,0,7.5,,7.5,,,,");
        assert!(
            lines[2].starts_with("e,replace,0,4,model,variance,5,5,0,3,1.58") && lines[2].ends_with(",t,"),
            "{}",
            lines[2]
        );
    }

    #[test]
    fn what_is_infinite_or_missing_has_a_row_that_says_so() {
        let lost = [(7, Observed::Number(f64::INFINITY)), (8, Observed::Absent(Absence::Degenerate))];
        let mut s = series();
        s.lost.insert(4, lost.to_vec());
        s.seeds = 9;
        s.end = 6;
        let rows = summarise(&[s], |_| Scale::Linear);
        let mut file = Vec::new();
        write_csv("e", &rows, &mut file).unwrap();
        let text = String::from_utf8(file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        // Six numbers, 1 to 5 and ∞: their median is 3.5.
        assert_eq!(lines[2], "e,replace,0,4,model,variance,5,9,1,inf,,3.5,,,,degenerate");
        // The setting was measured once more, and this metric has nothing there.
        assert_eq!(lines[3], "e,replace,0,6,model,variance,0,9,0,,,,,,,");
        assert_eq!(rows[1].centre(), 3.5);
    }
}
