//! What a law is about, as data: workflows, truths, families, and what it takes in beside them.
//!
//! A law refuses a setting outside any of these with the reason. Workflows are patterns of the five choices of a regime
//! and never its name: `custom` with the choices of `replace` has the laws of `replace`.

use super::conditions::{Choices, Conditions, Drawn, Form, Truth};
use super::prediction::Unmet;
use super::{Law, Sizes};
use crate::spec::{
    Combine, Inflow, Prompts, RetainHuman, RetainSynthetic, Sharing, StartFrom, Synthesis, Weights,
};

/// A way to compose training sets: a pattern of the five choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workflow {
    /// The last output alone.
    Replace,
    /// The last output beside human rows that stay.
    Anchor,
    /// The last output beside a new part of the first human rows each time.
    Pool,
    /// The last output beside human rows that were never used before.
    Fresh,
    /// The same, the two groups weighted as such, or fitted apart and combined.
    Weighted,
    /// Everything so far, without further human rows.
    Accumulate,
    /// A part of everything so far, without further human rows.
    Subsample,
    /// Everything so far, with human rows that were never used before, or none.
    Stream,
}

impl Workflow {
    /// All of them, in order.
    pub const ALL: [Workflow; 8] = [
        Workflow::Replace,
        Workflow::Anchor,
        Workflow::Pool,
        Workflow::Fresh,
        Workflow::Weighted,
        Workflow::Accumulate,
        Workflow::Subsample,
        Workflow::Stream,
    ];

    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Workflow::Replace => "the last output alone",
            Workflow::Anchor => "the last output beside human rows that stay",
            Workflow::Pool => "the last output beside a new part of the first human rows",
            Workflow::Fresh => "the last output beside new human rows",
            Workflow::Weighted => "the last output and new human rows, the two groups by weight",
            Workflow::Accumulate => "everything so far, without further human rows",
            Workflow::Subsample => "a part of everything so far, without further human rows",
            Workflow::Stream => "everything so far, with new human rows or none",
        }
    }

    /// Whether the setting's training sets are composed so.
    pub(super) fn holds(self, at: &Conditions) -> bool {
        let Choices { inflow, retain_human, retain_synthetic, draw, weights, combine } = at.choices;
        let (whole, plain) = (draw == Drawn::All, weights == Weights::Equal && combine == Combine::Pooled);
        let last = whole && retain_synthetic == RetainSynthetic::None;
        let grows = retain_human == RetainHuman::All && retain_synthetic == RetainSynthetic::All && plain;
        let (none, alone) = (retain_human == RetainHuman::None, at.without_humans());
        match self {
            // With one origin all rows weigh the same.
            Workflow::Replace => last && alone && (none || retain_human == RetainHuman::Anchor),
            Workflow::Anchor => last && plain && !alone && retain_human == RetainHuman::Anchor,
            Workflow::Pool => last && plain && !alone && none && inflow == Inflow::Pool,
            Workflow::Fresh => last && plain && !alone && none && inflow == Inflow::Fresh,
            Workflow::Weighted => {
                let weighted = combine == Combine::ByGroup || weights != Weights::Equal;
                last && !alone && none && inflow == Inflow::Fresh && weighted
            }
            Workflow::Accumulate => whole && grows && alone,
            Workflow::Subsample => {
                draw == Drawn::Uniform && grows && alone && at.rows.iter().all(|run| run.drawn == Some(run.n))
            }
            Workflow::Stream => whole && grows && (alone || inflow == Inflow::Fresh),
        }
    }

    /// Its choices.
    #[cfg(test)]
    pub(super) fn choices(self) -> Choices {
        let last = Choices::default();
        let (retain_human, retain_synthetic) = (RetainHuman::All, RetainSynthetic::All);
        let grows = Choices { retain_human, retain_synthetic, ..last };
        match self {
            Workflow::Replace => last,
            Workflow::Anchor => Choices { retain_human: RetainHuman::Anchor, ..last },
            Workflow::Pool => Choices { inflow: Inflow::Pool, ..last },
            Workflow::Fresh => Choices { inflow: Inflow::Fresh, ..last },
            Workflow::Weighted => {
                Choices { inflow: Inflow::Fresh, weights: Weights::Golden, combine: Combine::ByGroup, ..last }
            }
            Workflow::Accumulate => grows,
            Workflow::Subsample => Choices { draw: Drawn::Uniform, ..grows },
            Workflow::Stream => Choices { inflow: Inflow::Fresh, ..grows },
        }
    }

    /// Whether human rows arrive or stay after generation 0.
    pub(super) fn has_humans(self) -> bool {
        matches!(
            self,
            Workflow::Anchor | Workflow::Pool | Workflow::Fresh | Workflow::Weighted | Workflow::Stream
        )
    }
}

/// The first of these workflows that the setting is.
pub(super) fn workflow(at: &Conditions, among: &[Workflow]) -> Result<Workflow, Unmet> {
    let missing = || Unmet::Choices { got: of_choices(at), wanted: join(among.iter().map(|w| w.words())) };
    among.iter().copied().find(|w| w.holds(at)).ok_or_else(missing)
}

fn of_choices(at: &Conditions) -> String {
    if let Some(known) = Workflow::ALL.into_iter().find(|w| w.holds(at)) {
        return format!("training sets are {}", known.words());
    }
    let Choices { inflow, retain_human, retain_synthetic, draw, weights, combine } = at.choices;
    format!(
        "inflow is {inflow:?}, human rows that stay {retain_human:?}, synthetic ones {retain_synthetic:?}, draw {draw:?}, weights {weights:?}, combine {combine:?}"
    )
    .to_lowercase()
}

/// Something that takes a setting out of the plain loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Departure {
    /// A temperature other than 1.
    Temperature,
    /// A covariance scale other than 1.
    Scale,
    /// Top-k, top-p, beams or guidance.
    Truncation,
    /// Human rows alone, where laws are about synthetic ones; no law takes it in.
    HumanAlone,
    /// Human rows of another distribution than the models'.
    Misspecified,
    /// Human rows that are synthetic without anybody knowing.
    Contamination,
    /// A step of curation.
    Curation,
    /// A generator in the models' place.
    Generator,
    /// Models that are trained on each other's rows.
    Pool,
    /// Fits that go a part of the way.
    Step,
    /// Fits that start from generation 0's model.
    Base,
    /// Neon's extrapolation of every fit.
    Neon,
    /// Rows added to every outcome.
    Smoothing,
    /// A penalty on weights.
    Penalty,
    /// A constant beside the weights.
    Intercept,
    /// A stated noise variance that is not the truth's.
    Noise,
    /// A fitted covariance that is diagonal.
    Diagonal,
    /// Regression inputs that are not N(0, I).
    Inputs,
    /// Labels edited in place of drawn, or inputs that drift.
    Synthesis,
    /// New inputs in every generation.
    FreshInputs,
}

use Departure as D;

impl Departure {
    /// All of them, in order.
    pub const ALL: [D; 20] = [
        D::Temperature,
        D::Scale,
        D::Truncation,
        D::HumanAlone,
        D::Misspecified,
        D::Contamination,
        D::Curation,
        D::Generator,
        D::Pool,
        D::Step,
        D::Base,
        D::Neon,
        D::Smoothing,
        D::Penalty,
        D::Intercept,
        D::Noise,
        D::Diagonal,
        D::Inputs,
        D::Synthesis,
        D::FreshInputs,
    ];

    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            D::Temperature => "a temperature other than 1",
            D::Scale => "a covariance scale other than 1",
            D::Truncation => "truncated sampling (top-k, top-p, beams, guidance)",
            D::HumanAlone => "human rows alone, without synthetic ones",
            D::Misspecified => "human rows of another distribution than the models'",
            D::Contamination => "contaminated human rows",
            D::Curation => "a step of curation",
            D::Generator => "a generator in the models' place",
            D::Pool => "a population that shares its rows",
            D::Step => "a step of only a part of the way",
            D::Base => "a step from generation 0's model",
            D::Neon => "Neon's extrapolation",
            D::Smoothing => "smoothing",
            D::Penalty => "a penalty",
            D::Intercept => "an intercept",
            D::Noise => "a stated noise variance other than the truth's",
            D::Diagonal => "a diagonal covariance of several dimensions",
            D::Inputs => "inputs that are not N(0, I)",
            D::Synthesis => {
                "rows that are not drawn as the family draws them (rows; labels of given inputs for a regression)"
            }
            D::FreshInputs => "new inputs in every generation",
        }
    }

    /// Whether the setting departs so.
    pub(super) fn is_in(self, at: &Conditions) -> bool {
        let family = &at.family;
        let regression =
            matches!(family.form, Form::LeastSquares | Form::GeneralisedLinear | Form::RandomFeatures);
        match self {
            D::Temperature => at.temperature != 1.0,
            D::Scale => at.covariance_scale != 1.0,
            D::Truncation => at.truncated,
            D::HumanAlone => at.human_alone,
            D::Misspecified => !family.form.is_right_for(at.source.truth),
            D::Contamination => at.contamination != 0.0,
            D::Curation => !at.curation.is_empty(),
            D::Generator => at.generator.is_some(),
            D::Pool => at.population > 1 && at.sharing != Sharing::Own,
            D::Step => family.step != 1.0,
            D::Base => family.step != 1.0 && at.start == StartFrom::Base,
            D::Neon => family.neon.is_some(),
            D::Smoothing => family.smoothing != 0.0,
            D::Penalty => family.penalty != 0.0,
            D::Intercept => family.intercept,
            D::Noise => family.noise.is_some() && family.noise != at.source.variance,
            D::Diagonal => at.diagonal(),
            D::Inputs => regression && !at.source.standard_inputs,
            D::Synthesis if at.generator.is_some() => false,
            D::Synthesis if regression => at.synthesis != Synthesis::Label || at.prompts == Prompts::Previous,
            D::Synthesis => at.synthesis != Synthesis::Sample,
            D::FreshInputs => regression && at.generator.is_none() && at.prompts == Prompts::Fresh,
        }
    }
}

impl Truth {
    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Truth::Normal => "normal",
            Truth::NormalMixture => "a mixture of normal distributions",
            Truth::Outcomes => "outcomes of known probability",
            Truth::Poisson => "Poisson counts",
            Truth::Numbers => "numbers of known mean and variance",
            Truth::LinearModel => "normal labels that are linear in normal inputs",
            Truth::GeneralisedLinearModel => "labels of a generalised linear model",
            Truth::Other => "of unknown law",
        }
    }
}

impl Form {
    /// Whether models of this form can be the truth itself; what follows from moments or rows alone asks for none.
    fn is_right_for(self, truth: Truth) -> bool {
        match self {
            Form::Gaussian | Form::DiagonalGaussian => truth == Truth::Normal,
            Form::Frequencies => truth == Truth::Outcomes,
            Form::Poisson => truth == Truth::Poisson,
            Form::MirroredPair => truth == Truth::NormalMixture,
            Form::LeastSquares | Form::RandomFeatures => truth == Truth::LinearModel,
            Form::GeneralisedLinear => truth == Truth::GeneralisedLinearModel,
            Form::Kernels | Form::Empirical | Form::Other => true,
        }
    }

    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Form::Gaussian => "Gaussians",
            Form::DiagonalGaussian => "Gaussians with a diagonal covariance",
            Form::Frequencies => "frequencies of outcomes",
            Form::Poisson => "Poisson rates",
            Form::Kernels => "kernel densities of one width",
            Form::Empirical => "empirical distributions",
            Form::LeastSquares => "least squares",
            Form::GeneralisedLinear => "logistic or Poisson regressions",
            Form::RandomFeatures => "least squares on random features",
            Form::MirroredPair => "mirrored mixtures by moments",
            Form::Other => "none of the families that laws know",
        }
    }
}

/// Words in a row, with *or* before the last.
pub(super) fn join(words: impl IntoIterator<Item = &'static str>) -> String {
    let mut words: Vec<&str> = words.into_iter().collect();
    words.dedup();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

impl Law {
    /// What the law is about, line by line: a heading and its words.
    pub fn about(&self) -> Vec<(&'static str, String)> {
        let list = |words: Vec<&'static str>, none: &str| {
            if words.is_empty() { none.to_owned() } else { words.join("; ") }
        };
        let everything = self.takes_in.len() == Departure::ALL.len();
        let takes_in = match everything {
            true => "any setting".into(),
            false => list(self.takes_in.iter().map(|d| d.words()).collect(), "nothing beside the plain loop"),
        };
        vec![
            ("Training sets", list(self.workflows.iter().map(|w| w.words()).collect(), "any")),
            ("Models", list(self.forms.iter().map(|f| f.words()).collect(), "any")),
            ("Sizes", self.sizes.words().into()),
            ("Takes in", takes_in),
        ]
    }

    /// The first condition that does not hold, before any formula is asked.
    pub(super) fn in_scope(&self, at: &Conditions) -> Result<(), Unmet> {
        if at.fits == 0 {
            return Err(Unmet::range("fits", "≥ 1 (generation 0 is fit 1)"));
        }
        if at.n.is_nan() || at.n < 1.0 {
            return Err(Unmet::range("n", "≥ 1 row per generation"));
        }
        if at.human_alone {
            return Err(Unmet::Departure(D::HumanAlone));
        }
        if !self.workflows.is_empty() {
            workflow(at, self.workflows)?;
        }
        if !self.forms.is_empty() && !self.forms.contains(&at.family.form) {
            let wanted = join(self.forms.iter().map(|f| f.words()));
            return Err(Unmet::Family { got: at.family.form.words(), wanted });
        }
        if !self.takes_in.contains(&D::Misspecified) && D::Misspecified.is_in(at) {
            return Err(Unmet::Misspecified { truth: at.source.truth.words(), form: at.family.form.words() });
        }
        let beyond = |d: &D| !self.takes_in.contains(d) && d.is_in(at);
        if let Some(departure) = D::ALL.into_iter().find(beyond) {
            return Err(Unmet::Departure(departure));
        }
        self.sizes_hold(at)
    }

    fn sizes_hold(&self, at: &Conditions) -> Result<(), Unmet> {
        let constant = at.rows.iter().all(|run| run.n == at.n && run.human == at.rows[0].human);
        let holds = match self.sizes {
            Sizes::Equal => constant && at.initial() == at.n,
            Sizes::Constant | Sizes::Human => constant,
            Sizes::Any => true,
        };
        if holds {
            return Ok(());
        }
        let ends = at.rows.first().zip(at.rows.last());
        let later = match ends {
            Some((first, last)) if first.n != last.n => format!("{} to {}", first.n, last.n),
            _ if constant => at.n.to_string(),
            _ => format!("{} of which the human share changes", at.n),
        };
        Err(Unmet::Sizes { wanted: self.sizes.words(), initial: at.initial(), later })
    }
}
