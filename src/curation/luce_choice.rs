//! People choose among K candidates, the better ones more often.
//!
//! Each row of the training set is the winner among K draws x_1, …, x_K of the model, chosen with
//! probability e^{r(x_k)} / Σ_j e^{r(x_j)} (Luce 1959; Bradley–Terry for K = 2), the curation of
//! Ferbach et al. (arXiv 2407.09499, section 2). The expected reward E e^r never falls, and the
//! distribution tends to the best rows. For two kinds with a reward gap r and K = 2 the better kind's
//! share p becomes p[1 + (1 − p)(2σ(r) − 1)]. The reward r(x) is listed for each outcome (or label),
//! or falls with the distance to a centre: r(x) = −γ max(0, ‖x − c‖ − τ) with γ = `scale` and
//! τ = `radius`. On a mix the synthetic rows themselves are the candidates, K in a row at a time, and
//! one of K stays. Cost: K rewards a row.

use rand::RngExt;

use super::{BoxedCuration, Curation, CurationError, More, Seen, on_synthetic};
use crate::data::{Distribution, Kind, Mix, Role, Rows, Samples, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::theory;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "luce-choice",
        summary: "Keeps one of K candidates, chosen with probability proportional to exp(reward)",
        details: "Human preferences as a curation: the winner of K draws by Luce's choice rule enters the \
                  training set, so the model drifts to what is preferred and loses the rest. Give `rewards` \
                  (one per outcome or label), or `center` for a reward that falls with the distance to it.",
        source: "Ferbach et al., arXiv 2407.09499, section 2",
        parameters: LuceChoice::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<LuceChoice>(&["step", "on"])?)),
};

crate::parameters! {
    /// Luce's choice among K candidates.
    #[derive(Clone, Debug)]
    pub struct LuceChoice {
        /// K, candidates for each row
        pub choices: usize = 2, in at_least(2);
        /// r of each outcome, or of each label where rows have one: a list of numbers
        pub rewards: Option<Vec<f64>> = None;
        /// In place of `rewards`: c, the most preferred point, a list of numbers
        pub center: Option<Vec<f64>> = None;
        /// With `center`: γ, the reward lost per unit of distance
        pub scale: f64 = 1.0, in at_least(0);
        /// With `center`: τ, the distance within which all is equally good
        pub radius: f64 = 0.0, in at_least(0);
    }
}

impl Curation for LuceChoice {
    fn conditions(&self) -> theory::Curation {
        match self.rewards.as_deref() {
            Some([first, second]) => {
                theory::Curation::LuceChoice { choices: self.choices, gap: second - first }
            }
            _ => theory::Curation::Other,
        }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        match (&self.rewards, &self.center) {
            (Some(rewards), None) => match levels(schema) {
                Some(n) if n == rewards.len() && rewards.iter().all(|r| r.is_finite()) => Ok(()),
                Some(n) => Err(Refusal::new(format!(
                    "`rewards` has {} numbers where the rows have {n} outcomes; give one finite number each",
                    rewards.len()
                ))),
                None => {
                    Err(Refusal::new(format!("`rewards` needs outcomes or labels; these rows are {schema}")))
                }
            },
            (None, Some(center)) if schema.numeric_width() == center.len() && !center.is_empty() => Ok(()),
            (None, Some(center)) => Err(Refusal::new(format!(
                "`center` has {} numbers where the rows have {}",
                center.len(),
                schema.numeric_width()
            ))),
            _ => Err(Refusal::new("`luce-choice` needs either `rewards` or `center`")),
        }
    }

    fn apply(
        &self,
        mix: Mix,
        mut more: Option<More<'_>>,
        _: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        let mut block = 0;
        on_synthetic(mix, |rows| {
            let mut table = rows.gather();
            self.accepts(table.schema(), None)?;
            let wanted = match more.as_mut() {
                Some(more) => {
                    let n = table.len();
                    table = Samples::concat(&[&table, &more(n * (self.choices - 1))?])?;
                    // An earlier step may give fewer than were asked for.
                    n.min(table.len() / self.choices)
                }
                None => table.len() / self.choices,
            };
            let rewards = self.rewards_of(&table);
            let mut rng = streams.of("choose").at(block).rng();
            block += 1;
            // Candidate k of row i is row i + k·wanted of the table.
            let winner = |i: usize| {
                (i + wanted * choose((0..self.choices).map(|k| rewards[i + k * wanted]), rng.random())) as u32
            };
            let winners: Vec<u32> = (0..wanted).map(winner).collect();
            Ok(Rows::all(table.take(&winners)))
        })
    }
}

impl LuceChoice {
    fn rewards_of(&self, table: &Samples) -> Vec<f64> {
        if let Some(rewards) = &self.rewards {
            let codes = table.labels().or_else(|| table.codes()).unwrap_or(&[]);
            return codes.iter().map(|&c| rewards[c as usize]).collect();
        }
        let center = self.center.as_deref().unwrap_or(&[]);
        let reward = |row: &[f64]| {
            let distance = row.iter().zip(center).map(|(x, c)| (x - c) * (x - c)).sum::<f64>().sqrt();
            -self.scale * (distance - self.radius).max(0.0)
        };
        table.features().chunks_exact(center.len().max(1)).map(reward).collect()
    }
}

/// The number of labels, or of outcomes where there is no label.
fn levels(schema: &Schema) -> Option<usize> {
    match schema.first(Role::Label).map(|(_, f)| &f.kind) {
        Some(Kind::Codes { levels }) => Some(levels.count()),
        _ => schema.outcomes(),
    }
}

/// The position chosen by Luce's rule at a uniform `u` in [0, 1).
fn choose(rewards: impl Iterator<Item = f64> + Clone, u: f64) -> usize {
    let top = rewards.clone().fold(f64::NEG_INFINITY, f64::max);
    let weight = |r: f64| (r - top).exp();
    let mut left = u * rewards.clone().map(weight).sum::<f64>();
    let mut last = 0;
    for (k, r) in rewards.enumerate() {
        last = k;
        left -= weight(r);
        if left < 0.0 {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::{codes_of, features_of, numbers, outcomes, seen, synthetic};
    use super::*;

    #[test]
    fn the_choice_rule_is_luces() {
        // Weights 1, 2, 1: quarters at ¼ and ¾.
        let rewards = [0.0, 2.0_f64.ln(), 0.0];
        for (u, expected) in [(0.0, 0), (0.24, 0), (0.26, 1), (0.74, 1), (0.76, 2), (0.9999, 2)] {
            assert_eq!(choose(rewards.into_iter(), u), expected, "{u}");
        }
        // Rewards so large that their exponential overflows.
        assert_eq!(choose([1e4, 0.0].into_iter(), 0.9), 0);
    }

    #[test]
    fn the_better_kinds_share_follows_the_update() {
        // p = .1, r = 1: p' = .1 (1 + .9 tanh ½) = .14159. Five standard errors.
        let step = LuceChoice { rewards: Some(vec![0.0, 1.0]), ..LuceChoice::default() };
        let n = 40_000;
        seen(&[9.0, 1.0], |seen| {
            let tenth = |n: usize| outcomes(2, (0..n).map(|i| u32::from(i % 10 == 0)).collect());
            let mut more = |n: usize| {
                // Another order, so that candidates are not paired with their like.
                let spread: Vec<u32> = (0..n as u32).map(|i| (i / 10) % 10).collect();
                Ok(outcomes(2, spread.into_iter().map(|i| u32::from(i == 3)).collect()))
            };
            let made = step.apply(synthetic(tenth(n)), Some(&mut more), seen, &Streams::new(0, 4)).unwrap();
            let share = codes_of(&made).iter().sum::<u32>() as f64 / n as f64;
            let expected = 0.1 * (1.0 + 0.9 * 0.5_f64.tanh());
            let z = (share - expected) / (expected * (1.0 - expected) / n as f64).sqrt();
            assert!(z.abs() < 5.0, "{share} for {expected}");
        });
    }

    #[test]
    fn nearer_rows_win_where_the_reward_is_steep() {
        let step = LuceChoice { center: Some(vec![0.0]), scale: 1e6, radius: 1.0, ..LuceChoice::default() };
        seen(&[1.0], |seen| {
            let mut more = |_: usize| Ok(numbers(1, &[0.5, 3.0]));
            let mix = synthetic(numbers(1, &[5.0, -2.0]));
            let made = step.apply(mix, Some(&mut more), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(features_of(&made), [0.5, -2.0]);
        });
    }

    #[test]
    fn a_reward_that_does_not_fit_is_refused() {
        let rows = outcomes(3, vec![0]);
        for step in [
            LuceChoice::default(),
            LuceChoice { rewards: Some(vec![0.0, 1.0]), ..LuceChoice::default() },
            LuceChoice { center: Some(vec![0.0]), ..LuceChoice::default() },
        ] {
            assert!(step.accepts(rows.schema(), None).is_err());
        }
    }
}
