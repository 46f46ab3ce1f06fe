//! `negative-log-likelihood` and `perplexity` of held-out human rows.
//!
//! −(1/N) Σ ln q(x), in nats; N counts rows, for text tokens, and end marks are left out. Cost: one evaluation of the model's
//! likelihood on the held-out rows.

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Distribution, Samples, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

enum Likelihood {
    Nats,
    Perplexity,
}

macro_rules! details {
    ($definition:literal) => {
        concat!(
            $definition,
            "The model's own distribution is scored, without temperature or top-k, whatever the subject. The \
            human baseline is the truth's own value where the source knows its density, else it is left out. Refused (no \
            row) where the model gives a held-out row probability 0, or has no likelihood. Some families give only a \
            bound: `collapse describe` of the family says so."
        )
    };
}

pub(super) const NEGATIVE_LOG_LIKELIHOOD: MetricEntry = MetricEntry {
    about: About {
        name: "negative-log-likelihood",
        summary: "Held-out negative log likelihood, in nats per row (text: per token)",
        details: details!(
            "−(1/N) Σ ln q(x) over held-out human rows. N is the number of rows; for text it is the \
            number of tokens, the first of each row included; a model that scores the end of a row is scored without it, so \
            that models with and without end marks compare. For numbers the unit depends on that of the data. "
        ),
        source: "Shumailov et al. 2024 (10.1038/s41586-024-07566-y)",
        parameters: &[],
        version: 2,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "the entropy of the truth",
        unit: "nats per row or token",
        scale: Scale::Linear,
        worst: Worst::Of(|human| human.choices.map(f64::ln)),
        unbiased: true,
    },
    build: |node, _| plain(node, Likelihood::Nats),
};

pub(super) const PERPLEXITY: MetricEntry = MetricEntry {
    about: About {
        name: "perplexity",
        summary: "Held-out perplexity per token (per row for outcomes)",
        details: details!(
            "exp of `negative-log-likelihood`: per token for text, end marks left out, per row for outcomes. A model of \
            characters and a model of words have perplexities per different units. "
        ),
        source: "Jelinek et al. 1977 (10.1121/1.2016299)",
        parameters: &[],
        version: 2,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "exp of the entropy of the truth",
        unit: "effective choices",
        scale: Scale::Log,
        worst: Worst::OfExponential(|human| human.choices),
        unbiased: true,
    },
    build: |node, _| plain(node, Likelihood::Perplexity),
};

impl Metric for Likelihood {
    fn needs(&self) -> Needs {
        Needs { model: true, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        match self {
            Likelihood::Nats => Ok(()),
            Likelihood::Perplexity => shapes::outcomes_or_text(schema),
        }
    }

    fn measure(&self, of: &Observation<'_>, streams: &Streams) -> Result<Measured, Refusal> {
        let rows = &*of.reference()?.modelled();
        let logs = match of.model {
            Some(model) => model
                .density()
                .ok_or_else(|| Refusal::not_applicable("this family has no likelihood"))?
                .log_likelihood_without_end(rows, streams)?,
            None => of
                .truth
                .and_then(|t| t.log_density(rows))
                .ok_or_else(|| Refusal::not_applicable("the true density is not known"))?,
        };
        let nats = -logs.iter().sum::<f64>() / units(rows)?;
        match self {
            Likelihood::Nats => one("negative-log-likelihood", nats),
            Likelihood::Perplexity => one("perplexity", nats.exp()),
        }
    }
}

/// The number of rows, for text of tokens.
fn units(rows: &Samples) -> Result<f64, Refusal> {
    let n = rows.token_rows().map_or(rows.len(), |(_, tokens)| tokens.len());
    if n == 0 { Err(Refusal::undefined("the held-out rows hold no token")) } else { Ok(n as f64) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Fitted, Scene, outcomes, text, value};

    #[test]
    fn outcomes_are_scored_by_row_and_text_by_token() {
        // Outcomes 0, 0, 1 under (¼, ½): −(2 ln ¼ + ln ½)/3 = 5/3 ln 2.
        let scene = Scene::model(Fitted::Unigram(vec![0.25, 0.5])).beside(outcomes(&[0, 0, 1], 2));
        assert!((value(&Likelihood::Nats, &scene).unwrap() - 5.0 / 3.0 * 2f64.ln()).abs() < 1e-14);
        // Five tokens with probability 1/8 each in two rows: perplexity 8, not 8^(5/2).
        let scene =
            Scene::model(Fitted::Unigram(vec![0.125; 26])).beside(text(TokenUnit::Words, &["a b c", "a z"]));
        assert!((value(&Likelihood::Perplexity, &scene).unwrap() - 8.0).abs() < 1e-12);
    }

    #[test]
    fn impossible_rows_are_infinitely_bad_and_models_without_likelihood_are_refused() {
        let scene = Scene::model(Fitted::Unigram(vec![1.0, 0.0])).beside(outcomes(&[0, 1], 2));
        assert_eq!(value(&Likelihood::Nats, &scene), Ok(f64::INFINITY));
        let scene = Scene::model(Fitted::Outcomes(vec![0.5, 0.5])).beside(outcomes(&[0, 1], 2));
        assert!(value(&Likelihood::Perplexity, &scene).is_err());
    }
}
