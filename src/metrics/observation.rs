//! What is known of one generation when it is measured.

use std::borrow::Cow;

use super::Shared;
use super::distances::Points;
use super::pairs::Pairs;
use super::space::Space;
use crate::data::{Distribution, Mix, Moments, Samples};
use crate::models::{Model, Parameters, Refusal};

/// Everything that can be known of one generation when it is measured.
pub struct Observation<'a> {
    /// Whose rows [`Observation::sample`] holds.
    pub subject: Subject,
    /// The generation, from 0.
    pub generation: u32,
    /// The fitted model; `None` for the human baseline.
    pub model: Option<&'a dyn Model>,
    /// Rows of the subject, `measure.size` of them; `None` on the statistics path.
    pub sample: Option<&'a Samples>,
    /// The same member's model of generation 0, where a metric needs it.
    pub base: Option<&'a dyn Model>,
    /// What the model was fitted on.
    pub training: &'a Mix,
    /// Held-out human rows, as many as the sample has.
    pub held_out: Option<&'a Samples>,
    /// The generation-0 sample of the same subject.
    pub first: Option<&'a Samples>,
    /// The other members of the population in the same generation.
    pub others: &'a [Peer<'a>],
    /// The true distribution, where it is known.
    pub truth: Option<&'a dyn Distribution>,
    /// The first generation whose model was absorbed ([`Model::is_degenerate`]), if one was.
    pub absorbed: Option<u32>,
    /// What arrives at every generation, where the training set grows by arrivals.
    pub arrivals: Option<Arrivals>,
    /// Intermediate results that several metrics use. It belongs to this observation alone: a new
    /// one for every subject and generation.
    pub shared: &'a Shared,
}

/// Another member of the population, measured with the same eyes.
#[derive(Clone, Copy)]
pub struct Peer<'a> {
    /// Its model; `None` where the subject has none.
    pub model: Option<&'a dyn Model>,
    /// Its rows, as many as the sample has; `None` on the statistics path.
    pub sample: Option<&'a Samples>,
}

/// What arrives at every generation of a growing training set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrivals {
    /// Human rows ÷ all rows that arrive: μ/(1 + μ).
    pub human_fraction: f64,
    /// The temperature at which the synthetic ones are drawn.
    pub temperature: f64,
}

/// Whose rows are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The model, or rows drawn from it for measuring.
    Model,
    /// The synthetic rows after curation.
    Synthetic,
    /// The training set.
    Training,
    /// Held-out human rows: the baseline of the same size.
    Human,
    /// Another model, fitted to the human rows of generation 0 and measured once, to compare with.
    Baseline,
}

impl Subject {
    /// The subject of that word.
    pub fn named(word: &str) -> Option<Self> {
        [Subject::Model, Subject::Synthetic, Subject::Training, Subject::Human, Subject::Baseline]
            .into_iter()
            .find(|subject| subject.name() == word)
    }

    /// Whether it belongs to the loop; human rows and the baseline are what it is compared with.
    pub fn is_of_the_loop(self) -> bool {
        !matches!(self, Subject::Human | Subject::Baseline)
    }

    /// The word in rows and figures.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Model => "model",
            Subject::Synthetic => "synthetic",
            Subject::Training => "training",
            Subject::Human => "human",
            Subject::Baseline => "baseline",
        }
    }
}

/// A mean (`d` numbers) and a covariance (row-major, `d × d`).
#[derive(Clone)]
pub(super) struct Normal<'a> {
    pub mean: Cow<'a, [f64]>,
    pub covariance: Cow<'a, [f64]>,
}

impl<'a> Observation<'a> {
    /// The subject's rows; refuses where there is none.
    pub fn rows(&self) -> Result<&'a Samples, Refusal> {
        match self.sample {
            Some(sample) if !sample.is_empty() => Ok(sample),
            Some(_) => Err(Refusal::degenerate(format!("the {} made no rows", self.subject.name()))),
            None => {
                Err(Refusal::not_applicable(format!("there are no {} rows to measure", self.subject.name())))
            }
        }
    }

    /// The held-out human rows; refuses where there is none.
    pub fn reference(&self) -> Result<&'a Samples, Refusal> {
        match self.held_out {
            Some(rows) if !rows.is_empty() => Ok(rows),
            _ => Err(Refusal::not_applicable("there are no held-out human rows to compare with")),
        }
    }

    /// The fitted parameters, where the subject is the model: the parameters say nothing of
    /// curated rows, training rows or people.
    pub(super) fn parameters(&self) -> Parameters<'a> {
        match (self.subject, self.model) {
            (Subject::Model | Subject::Baseline, Some(model)) => model.parameters(),
            _ => Parameters::Opaque,
        }
    }

    /// Mean and covariance of the fitted distribution, where the model states them; of a table in its space.
    pub(super) fn fitted_moments(&self) -> Option<Normal<'a>> {
        let stated = self.stated_moments()?;
        let Some(space) = self.shared.space() else { return Some(stated) };
        let (mean, covariance) = space.moments(&stated.mean, &stated.covariance)?;
        Some(Normal { mean: mean.into(), covariance: covariance.into() })
    }

    fn stated_moments(&self) -> Option<Normal<'a>> {
        match self.parameters() {
            Parameters::Gaussian { mean, covariance } | Parameters::Moments { mean, covariance } => {
                Some(Normal { mean: mean.into(), covariance: covariance.into() })
            }
            Parameters::Mixture(mixture) => {
                let (mean, covariance) = mixture.moments();
                Some(Normal { mean: mean.into(), covariance: covariance.into() })
            }
            Parameters::Empirical { points, weights } if !points.is_empty() => {
                let (mean, covariance) = weighted_moments(points, weights);
                Some(Normal { mean: mean.into(), covariance: covariance.into() })
            }
            _ => None,
        }
    }

    /// The fitted probability of each outcome.
    pub(super) fn probabilities(&self) -> Option<&'a [f64]> {
        match self.parameters() {
            Parameters::Probabilities(p) => Some(p),
            _ => None,
        }
    }

    /// The sample's coordinates, in which distances are taken: its numeric features, or all columns of a
    /// table in its [`Space`](super::Space); refuses NaN and infinities.
    pub(super) fn sample_points(&self) -> Result<Points<'a>, Refusal> {
        let rows = self.rows()?;
        let dim = self.width(rows)?;
        self.shared.sample_features(rows).map(|data| Points { data, dim })
    }

    /// The held-out rows' coordinates; refuses NaN and infinities.
    pub(super) fn held_out_points(&self) -> Result<Points<'a>, Refusal> {
        let rows = self.reference()?;
        let dim = self.width(rows)?;
        self.shared.held_out_features(rows).map(|data| Points { data, dim })
    }

    /// The sample's numbers: its coordinates without categories.
    pub(super) fn sample_numbers(&self) -> Result<Points<'a>, Refusal> {
        let points = self.sample_points()?;
        Ok(match self.shared.space().map(Space::numbers) {
            Some(width) if width < points.dim => self.shared.sample_numbers(points, width),
            _ => points,
        })
    }

    /// The held-out rows' numbers.
    pub(super) fn held_out_numbers(&self) -> Result<Points<'a>, Refusal> {
        let points = self.held_out_points()?;
        Ok(match self.shared.space().map(Space::numbers) {
            Some(width) if width < points.dim => self.shared.held_out_numbers(points, width),
            _ => points,
        })
    }

    /// Coordinates of a row; refuses rows without a numeric feature.
    fn width(&self, rows: &Samples) -> Result<usize, Refusal> {
        match (self.shared.space(), rows.schema().numeric_width()) {
            (Some(space), _) => Ok(space.width()),
            (None, 0) => Err(Refusal::not_applicable("the rows have no numeric feature")),
            (None, width) => Ok(width),
        }
    }

    /// The distances between all pairs of rows of the sample.
    pub(super) fn sample_pairs(&self) -> Result<&'a Pairs, Refusal> {
        Ok(self.shared.sample_pairs(self.sample_points()?))
    }

    /// The distances between all pairs of held-out rows.
    pub(super) fn held_out_pairs(&self) -> Result<&'a Pairs, Refusal> {
        Ok(self.shared.held_out_pairs(self.held_out_points()?))
    }

    /// The distances between held-out rows (rows of the matrix) and the sample's (columns).
    pub(super) fn cross_pairs(&self) -> Result<&'a Pairs, Refusal> {
        let (held_out, sample) = (self.held_out_points()?, self.sample_points()?);
        if held_out.dim != sample.dim {
            return Err(Refusal::new(format!(
                "held-out rows have {} numbers, rows of the {} {}",
                held_out.dim,
                self.subject.name(),
                sample.dim
            )));
        }
        Ok(self.shared.cross_pairs(held_out, sample))
    }

    /// The mean and unbiased covariance of the sample's numbers; needs two rows.
    pub(super) fn sample_moments(&self) -> Result<Normal<'a>, Refusal> {
        let points = self.sample_numbers()?;
        self.shared.sample_moments(points)
    }

    /// The moments of all coordinates of the sample and of the held-out rows, where some are categories.
    pub(super) fn moments_with_categories(&self) -> Result<Option<(Normal<'a>, Normal<'a>)>, Refusal> {
        if self.shared.space().is_none_or(|space| space.numbers() == space.width()) {
            return Ok(None);
        }
        let of = |points: Points<'_>| {
            let Moments { mean, mut scatter, .. } = Moments::of_matrix(points.data, points.dim);
            let n = points.rows();
            if n < 2 {
                return Err(Refusal::too_few_rows(format!("a covariance needs two rows, and there is {n}")));
            }
            scatter.iter_mut().for_each(|s| *s /= (n - 1) as f64);
            Ok(Normal { mean: mean.into(), covariance: scatter.into() })
        };
        Ok(Some((of(self.sample_points()?)?, of(self.held_out_points()?)?)))
    }

    /// The fitted mean and covariance, or the sample's where the model has none.
    pub(super) fn fitted_or_sample_moments(&self) -> Result<Normal<'a>, Refusal> {
        match self.fitted_moments() {
            Some(fitted) => Ok(fitted),
            None => self.sample_moments(),
        }
    }

    /// The true mean and covariance, or those of the held-out rows where the truth is unknown.
    pub(super) fn true_or_held_out_moments(&self) -> Result<Normal<'a>, Refusal> {
        let known = self.truth.and_then(|t| Some((t.mean()?, t.covariance()?)));
        match known {
            Some((mean, covariance)) => Ok(Normal { mean: mean.into(), covariance: covariance.into() }),
            None => {
                let points = self.held_out_numbers()?;
                self.shared.held_out_moments(points)
            }
        }
    }
}

/// Mean and covariance (divisor Σw) of weighted rows.
fn weighted_moments(points: &[f64], weights: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let d = points.len() / weights.len();
    let total: f64 = weights.iter().sum();
    let (mut mean, mut covariance) = (vec![0.0; d], vec![0.0; d * d]);
    for (row, w) in points.chunks_exact(d).zip(weights) {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += w * x / total);
    }
    for (row, w) in points.chunks_exact(d).zip(weights) {
        for (i, line) in covariance.chunks_exact_mut(d).enumerate() {
            let scaled = w * (row[i] - mean[i]) / total;
            line.iter_mut().zip(row.iter().zip(&mean)).for_each(|(c, (x, m))| *c += scaled * (x - m));
        }
    }
    (mean, covariance)
}
