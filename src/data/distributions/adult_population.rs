//! `adult-population`: the census extract as a population whose truth is known.
//!
//! Rows are drawn with replacement from all 32,561 people, so that the table is the distribution and what is computed
//! on all of it is the truth (He, Xu and Cheng, arXiv 2502.18049, section on real data). A row is one coded column,
//! with the column's shares as probabilities, or (`rows = "income"`) inputs with a label: x = (1, age, years of
//! education, hours a week), the last three with mean 0 and variance 1, and y whether the income is above 50,000
//! dollars. w* is then the maximum-likelihood logistic regression on the whole table and its information
//! I = E v(xᵀw*) x xᵀ is the table's: people's labels do not follow it exactly. Cost: the table once a process, then
//! O(1) a row.

use std::sync::{Arc, LazyLock};

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::outcomes::Outcomes;

use crate::data::embedded::tables::census;
use crate::data::parameters::{Build, ParameterError, build};
use crate::data::{
    Column, Distribution, Field, Kind, Levels, Link, Regression, Role, Samples, Schema, Source, SourceError,
    predictor,
};
use crate::logistic::{Design, Logistic};
use crate::registry::{About, Entry};
use crate::rng::Stream;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "adult-population",
        summary: "The census extract as a population: people drawn with replacement, the whole table is the truth",
        details: "With `rows = \"income\"` a row is a constant, age, years of education and hours a week (standardised \
                  by the table) and the label income (1: above 50,000 dollars); the true weights are the logistic \
                  regression on all 32,561 people, which their labels follow nearly, not exactly. With the name of \
                  a coded column a row is its code, and the true probabilities are the column's shares.",
        source: "He, Xu and Cheng, arXiv 2502.18049; Becker and Kohavi 1996, UCI 2, DOI 10.24432/C5XW20",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// What a row is: "income" (inputs and label), "marital", "education" (years), "occupation" or "race"
        rows: What = What::default() => "\"income\"";
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    #[default]
    Income,
    Marital,
    Education,
    Occupation,
    Race,
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let column = match self.rows {
            What::Income => return People::of_the_table().map(|p| Source::of("adult-population", &self, p)),
            What::Marital => "marital",
            What::Education => "edunum",
            What::Occupation => "occ",
            What::Race => "race",
        };
        let mut values = census(column);
        values.sort_by(f64::total_cmp);
        let counts = values.chunk_by(|a, b| a == b).map(|same| same.len() as f64).collect();
        Ok(Source::of("adult-population", &self, Outcomes::new("rows", counts)?))
    }
}

/// Inputs of a person, the constant included.
const WIDTH: usize = 4;

/// All people with their income.
#[derive(Clone)]
struct People {
    schema: Arc<Schema>,
    /// Row-major, [`WIDTH`] numbers a person.
    x: Arc<[f64]>,
    y: Arc<[u32]>,
    truth: Regression,
}

impl People {
    /// Read and fitted once a process.
    fn of_the_table() -> Result<Self, SourceError> {
        static PEOPLE: LazyLock<Option<People>> = LazyLock::new(People::read);
        PEOPLE.clone().ok_or_else(|| {
            ParameterError::new("rows", "the table has no finite fit", "name a coded column").into()
        })
    }

    fn read() -> Option<Self> {
        let inputs = ["age", "edunum", "hours"].map(|name| standardised(census(name)));
        let y: Arc<[u32]> = census("income").into_iter().map(|y| y as u32).collect();
        let person = |i: usize| [1.0, inputs[0][i], inputs[1][i], inputs[2][i]];
        let x: Arc<[f64]> = (0..y.len()).flat_map(person).collect();
        let mut design = Design::new(WIDTH - 1);
        for row in x.chunks_exact(WIDTH) {
            design.push((0..).zip(row[1..].iter().copied()));
        }
        // A penalty of 10⁻⁹ of the likelihood: none.
        let fit = Logistic::fit(&design, &y, &vec![1.0; y.len()], 2, 1e9).ok()?;
        let (slopes, constant) = fit.coefficients();
        let weights = [constant, slopes].concat();
        let mut information = vec![0.0; WIDTH * WIDTH];
        for row in x.chunks_exact(WIDTH) {
            let v = Link::Logit.variance(Link::Logit.mean(predictor(row, &weights)), 0.0) / y.len() as f64;
            for (i, cell) in information.iter_mut().enumerate() {
                *cell += v * row[i / WIDTH] * row[i % WIDTH];
            }
        }
        let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
        let fields = vec![
            field("x", Role::Input, Kind::F64 { width: WIDTH }),
            field("y", Role::Label, Kind::Codes { levels: Levels::Count(2) }),
        ];
        let truth = Regression {
            weights,
            input_variances: vec![0.0, 1.0, 1.0, 1.0],
            link: Link::Logit,
            noise_variance: 1.0,
            tabulated: Some(information),
        };
        Some(Self { schema: Arc::new(Schema { fields }), x, y, truth })
    }
}

fn standardised(mut values: Vec<f64>) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    values.iter_mut().for_each(|v| *v = (*v - mean) / sd);
    values
}

impl Distribution for People {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let chosen: Vec<usize> = (0..n).map(|_| rng.random_range(0..self.y.len())).collect();
        let x = chosen.iter().flat_map(|&i| &self.x[i * WIDTH..(i + 1) * WIDTH]).copied().collect();
        let label = Column::Codes { data: chosen.iter().map(|&i| self.y[i]).collect() };
        Samples::trusted(self.schema.clone(), vec![Column::F64 { width: WIDTH, data: x }, label])
    }

    fn regression(&self) -> Option<&Regression> {
        Some(&self.truth)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;
    use crate::rng::Streams;

    /// scikit-learn's unpenalised `LogisticRegression` on the standardised columns of `data/adult8.csv.gz`, and numpy's
    /// mean of p (1 − p) x xᵀ.
    #[test]
    fn the_truth_is_the_fit_on_the_whole_table() {
        let source = from_json::<Parameters>("{}").unwrap();
        let truth = source.truth().unwrap().regression().unwrap();
        let weights = [-1.499_944_69, 0.639_881_1, 0.888_433_06, 0.528_883_04];
        assert!(truth.weights.iter().zip(weights).all(|(a, b)| (a - b).abs() < 1e-5), "{truth:?}");
        let error = [1.0, 0.0, 0.0, 2.0];
        let expected = 0.143_572_54 + 4.0 * 0.032_149_77 + 4.0 * 0.134_860_59;
        assert!((truth.information(&error, 0.0) - expected).abs() < 1e-6);
    }

    #[test]
    fn a_column_has_its_shares_and_draws_follow_the_table() {
        let race = from_json::<Parameters>(r#"{"rows": "race"}"#).unwrap();
        let p = race.truth().unwrap().probabilities().unwrap();
        assert_eq!(p, [311.0, 1039.0, 3124.0, 271.0, 27816.0].map(|n| n / 32561.0));
        // 7,841 of all people have a high income.
        let n = 20_000;
        let rows = People::of_the_table().unwrap().draw(n, &mut Streams::new(0, 4).of("test").rng());
        let Column::Codes { data } = rows.column(1) else { panic!("codes") };
        let (share, found) = (7841.0 / 32561.0, data.iter().sum::<u32>() as f64 / n as f64);
        assert!((found - share).abs() < 5.0 * (share * (1.0 - share) / n as f64).sqrt(), "{found}");
        assert!(from_json::<Parameters>(r#"{"rows": "wages"}"#).is_err());
    }
}
