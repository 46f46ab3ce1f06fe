//! From long-form rows to grouped series: setting × metric × subject → generation → one value a seed.
//!
//! Members of a population are averaged within their seed, because they are not independent of each other.
//! Cost: O(rows · log rows).

use std::collections::BTreeMap;
use std::io::Read;

use super::AnalysisError;
use crate::metrics::Subject;
use crate::store::Row;

/// The columns that make a setting, in the file's order, with their values as text. The cell is not among them: a
/// setting's seeds may lie in several cells.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettingKey(pub Vec<(String, String)>);

impl SettingKey {
    /// The value of a column, `loop.regime` and `regime` meaning the same.
    pub fn get(&self, column: &str) -> Option<&str> {
        let short = column.rsplit('.').next().unwrap_or(column);
        let find = |name: &str| self.0.iter().find(|(c, _)| c == name).map(|(_, v)| v.as_str());
        find(column).or_else(|| find(short))
    }

    /// The value of a column as a number.
    pub fn number(&self, column: &str) -> Option<f64> {
        self.get(column).and_then(|v| v.parse().ok())
    }

    /// Whether every given column has the given value; numbers are compared as numbers.
    pub fn matches<'a>(&self, wanted: impl IntoIterator<Item = (&'a str, &'a str)>) -> bool {
        wanted.into_iter().all(|(column, value)| {
            self.get(column).is_some_and(|got| {
                got == value || matches!((got.parse::<f64>(), value.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
            })
        })
    }
}

/// One observation with its setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The setting.
    pub key: SettingKey,
    /// The seed of the lineage.
    pub seed: u64,
    /// The member of the population.
    pub member: u32,
    /// The generation.
    pub generation: u32,
    /// Whose rows were measured.
    pub subject: Subject,
    /// The metric.
    pub metric: String,
    /// The value; finite.
    pub value: f64,
}

impl Observation {
    /// From a row of the store; `swept` names the file's further columns.
    pub fn from_row(row: &Row, swept: &[String]) -> Self {
        let number = |v: Option<f64>| v.map(|v| v.to_string()).unwrap_or_default();
        let fixed = [
            ("experiment", row.experiment.clone()),
            ("data", row.data.clone()),
            ("model", row.model.clone()),
            ("regime", row.regime.clone()),
            ("human_fraction", number(row.human_fraction)),
            ("samples", number(row.samples)),
        ];
        let named = fixed.into_iter().map(|(c, v)| (c.to_owned(), v));
        let m = &row.measurement;
        Self {
            key: SettingKey(named.chain(swept.iter().cloned().zip(row.swept.iter().cloned())).collect()),
            seed: m.seed,
            member: m.member,
            generation: m.generation,
            subject: m.subject,
            metric: m.metric.clone().into_owned(),
            value: m.value,
        }
    }
}

/// One metric of one subject in one setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The setting.
    pub key: SettingKey,
    /// The metric.
    pub metric: String,
    /// Whose rows were measured.
    pub subject: Subject,
    /// Generation → (seed, value), seeds ascending and each once.
    pub at: BTreeMap<u32, Vec<(u64, f64)>>,
}

impl Series {
    /// The values at a generation, in the order of the seeds; empty if nothing was measured there.
    pub fn values(&self, generation: u32) -> Vec<f64> {
        self.pairs(generation).iter().map(|(_, v)| *v).collect()
    }

    /// (seed, value) at a generation.
    pub fn pairs(&self, generation: u32) -> &[(u64, f64)] {
        self.at.get(&generation).map_or(&[], Vec::as_slice)
    }

    /// The last generation measured.
    pub fn last(&self) -> Option<u32> {
        self.at.keys().next_back().copied()
    }

    /// Seed → (generation, value), generations ascending.
    pub fn by_seed(&self) -> BTreeMap<u64, Vec<(u32, f64)>> {
        let mut seeds: BTreeMap<u64, Vec<(u32, f64)>> = BTreeMap::new();
        for (generation, pairs) in &self.at {
            for (seed, value) in pairs {
                seeds.entry(*seed).or_default().push((*generation, *value));
            }
        }
        seeds
    }
}

/// Groups observations; the order of the result is that of setting, metric and subject, whatever the rows' order.
/// Values that are not finite are left out.
pub fn group(observations: impl IntoIterator<Item = Observation>) -> Vec<Series> {
    type Cells = BTreeMap<(u32, u64, u32), f64>;
    let mut groups: BTreeMap<(SettingKey, String, Subject), Cells> = BTreeMap::new();
    for o in observations.into_iter().filter(|o| o.value.is_finite()) {
        let cells = groups.entry((o.key, o.metric, o.subject)).or_default();
        cells.insert((o.generation, o.seed, o.member), o.value);
    }
    let series = |((key, metric, subject), cells): (_, Cells)| {
        let mut sums: BTreeMap<(u32, u64), (f64, f64)> = BTreeMap::new();
        for ((generation, seed, _), value) in cells {
            let (sum, members) = sums.entry((generation, seed)).or_insert((0.0, 0.0));
            *sum += value;
            *members += 1.0;
        }
        let mut at: BTreeMap<u32, Vec<(u64, f64)>> = BTreeMap::new();
        for ((generation, seed), (sum, members)) in sums {
            at.entry(generation).or_default().push((seed, sum / members));
        }
        Series { key, metric, subject, at }
    };
    groups.into_iter().map(series).collect()
}

/// Reads `metrics.csv`.
///
/// # Errors
/// [`AnalysisError::Row`] names the line and the column that is missing or isn't a number.
pub fn read_csv(file: impl Read) -> Result<Vec<Observation>, AnalysisError> {
    const PER_ROW: [&str; 7] = ["seed", "member", "generation", "subject", "metric", "value", "cell"];
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        let missing = || AnalysisError::Row { line: 1, what: format!("the column `{name}` is missing") };
        header.iter().position(|c| c == name).ok_or_else(missing)
    };
    let (seed, generation) = (column("seed")?, column("generation")?);
    let (subject, metric, value) = (column("subject")?, column("metric")?, column("value")?);
    let member = column("member").ok();
    let setting: Vec<usize> = (0..header.len()).filter(|i| !PER_ROW.contains(&&header[*i])).collect();
    let mut observations = Vec::new();
    for record in reader.into_records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        observations.push(Observation {
            key: SettingKey(setting.iter().map(|i| (header[*i].to_owned(), record[*i].to_owned())).collect()),
            seed: parse(&record[seed], "seed", line)?,
            member: member.map_or(Ok(0), |i| parse(&record[i], "member", line))?,
            generation: parse(&record[generation], "generation", line)?,
            subject: subject_named(&record[subject], line)?,
            metric: record[metric].to_owned(),
            value: parse(&record[value], "value", line)?,
        });
    }
    Ok(observations)
}

fn parse<T: std::str::FromStr>(text: &str, column: &str, line: u64) -> Result<T, AnalysisError> {
    let wrong = |_| AnalysisError::Row {
        line,
        what: format!("`{text}` in column `{column}` is not a number of its kind"),
    };
    text.parse().map_err(wrong)
}

fn subject_named(text: &str, line: u64) -> Result<Subject, AnalysisError> {
    let wrong = || AnalysisError::Row {
        line,
        what: format!("`{text}` is no subject: model, synthetic, training or human"),
    };
    Subject::named(text).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const CSV: &str = "experiment,cell,data,model,regime,human_fraction,samples,seed,member,generation,subject,metric,value,model.ddof
e,b,gaussian,gaussian,replace,0,100,7,0,1,model,variance,0.5,0
e,a,gaussian,gaussian,replace,0,100,2,1,1,model,variance,3,0
e,a,gaussian,gaussian,replace,0,100,2,0,1,model,variance,1,0
e,a,gaussian,gaussian,replace,0,100,2,0,0,model,variance,1,0
e,c,gaussian,gaussian,replace,0,100,2,0,0,model,variance,9,1
";

    #[test]
    fn rows_of_several_cells_and_members_become_one_series_of_seeds() {
        let series = group(read_csv(CSV.as_bytes()).unwrap());
        assert_eq!(series.len(), 2);
        let s = series
            .iter()
            .find(|s| s.key.matches([("model.ddof", "0.0"), ("loop.regime", "replace")]))
            .unwrap();
        assert_eq!(s.pairs(1), [(2, 2.0), (7, 0.5)]);
        assert_eq!(s.values(0), [1.0]);
        assert_eq!(s.last(), Some(1));
        assert_eq!(s.by_seed()[&2], [(0, 1.0), (1, 2.0)]);
        assert_eq!(s.key.get("model"), Some("gaussian"));
    }

    #[test]
    fn a_bad_value_is_refused_with_its_line() {
        let bad = CSV.replace("variance,3,0", "variance,three,0");
        let message = read_csv(bad.as_bytes()).unwrap_err().to_string();
        assert!(message.contains("line 3") && message.contains("`three`"), "{message}");
        assert!(read_csv("seed,value\n1,2\n".as_bytes()).is_err());
    }
}
