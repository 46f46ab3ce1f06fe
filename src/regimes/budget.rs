//! How many rows each choice of a regime moves at a generation.

use std::sync::Arc;

use super::{FractionRule, Regime, RegimeDraw, ResolvedDraw};
use crate::models::Refusal;
use crate::spec::{Hold, Inflow, RetainHuman, Schedule, ScheduleError};
use crate::theory::Rows;

/// The sizes of a setting, as schedules of the generation.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// What is held fixed.
    pub hold: Hold,
    /// |D(0)|.
    pub initial: usize,
    /// Rows per generation: the training set's size under `total`, what arrives under `arrivals`.
    /// Not used under `human`.
    pub samples: Schedule,
    /// Human rows ÷ all rows of a training set, where the regime takes it.
    pub human_fraction: Schedule,
    /// Human rows in each training set under `hold = "human"`.
    pub human_rows: usize,
    /// Synthetic rows per human row under `hold = "human"`.
    pub synthetic_scale: f64,
    /// Whether synthetic rows are made from human rows that were never used before.
    pub fresh_prompts: bool,
    /// Human rows ÷ all rows that arrive, for regimes that grow.
    pub arrival_human_fraction: f64,
    /// Whether no synthetic row enters: every training set is its human part alone.
    pub human_alone: bool,
    /// The last generation.
    pub generations: u32,
}

/// The rows that move at one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Rows of `D(0)` that stay as the anchor.
    pub anchor: usize,
    /// Human rows that arrive.
    pub inflow: usize,
    /// Where a fresh block starts in the seed's order of human rows.
    pub fresh_from: usize,
    /// How the training set is drawn.
    pub draw: ResolvedDraw,
}

impl Budget {
    /// The human rows and the draw of generations `1..=generations`, in order.
    pub fn plan(&self, regime: &Regime) -> Result<Vec<Counts>, ScheduleError> {
        let anchored = regime.retain_human == RetainHuman::Anchor;
        let arrives = !anchored && regime.inflow != Inflow::None;
        let mut fresh_from = self.initial;
        let mut plan = Vec::with_capacity(self.generations as usize);
        for g in 1..=self.generations {
            let human = self.human_target(regime, g)?;
            let samples = |n: Option<usize>| n.map_or_else(|| self.rows(g), Ok);
            let draw = match regime.draw {
                RegimeDraw::All => ResolvedDraw::All,
                RegimeDraw::Uniform(n) => ResolvedDraw::Uniform(samples(n)?),
                RegimeDraw::Balanced(n) => ResolvedDraw::Balanced(samples(n)?),
            };
            let (anchor, inflow) = (if anchored { human } else { 0 }, if arrives { human } else { 0 });
            plan.push(Counts { anchor, inflow, fresh_from, draw });
            fresh_from += self.block(g)?;
        }
        Ok(plan)
    }

    /// The rows that a plan moves, in the terms of laws: runs of equal generations from 1 on.
    pub fn conditions(&self, plan: &[Counts]) -> Arc<[Rows]> {
        let mut runs: Vec<Rows> = Vec::new();
        for (g, counts) in (1..).zip(plan) {
            let human = counts.anchor + counts.inflow;
            let n = match self.hold {
                Hold::Human => human + self.added(),
                // A plan is made of schedules that have a value at every generation.
                _ => self.rows(g).unwrap_or(0),
            };
            let drawn = match counts.draw {
                ResolvedDraw::All => None,
                ResolvedDraw::Uniform(n) | ResolvedDraw::Balanced(n) => Some(n as f64),
            };
            let row = Rows { generations: 1, n: n as f64, human: human as f64, drawn };
            match runs.last_mut() {
                Some(run) if (Rows { generations: 1, ..*run }) == row => run.generations += 1,
                _ => runs.push(row),
            }
        }
        runs.into()
    }

    /// The synthetic rows of generation `g`: what `hold` leaves after the rows that are in the
    /// store already (`retained`, the inflow included).
    pub fn synthetic(
        &self,
        regime: &Regime,
        g: u32,
        retained: usize,
        inflow: usize,
    ) -> Result<usize, Refusal> {
        if self.human_alone {
            return Ok(0);
        }
        let refuse = |e: ScheduleError| Refusal::new(e.to_string());
        if self.hold == Hold::Human {
            return Ok(self.added());
        }
        let n = self.rows(g).map_err(refuse)?;
        let taken =
            if self.hold == Hold::Arrivals || regime.draw != RegimeDraw::All { inflow } else { retained };
        n.checked_sub(taken).ok_or_else(|| {
            Refusal::new(format!(
                "generation {g} has {taken} rows already where {n} are to be held: nothing is left for synthetic rows; hold the arrivals (`hold = \"arrivals\"`) or draw a part of the store"
            ))
        })
    }

    /// The human rows that a finite source must have: `initial`, and for fresh inflows one block
    /// per generation, whatever the fraction, since blocks are never re-used.
    pub fn human_rows_needed(&self, regime: &Regime) -> Result<usize, ScheduleError> {
        let mut needed = self.initial;
        if regime.inflow == Inflow::Fresh && self.takes_fresh(regime) {
            for g in 1..=self.generations {
                needed += self.block(g)?;
            }
        }
        Ok(needed)
    }

    /// The human rows that a finite source must have where every generation's prompts are fresh: whatever arrives or is
    /// synthesised takes rows of its own from the generation's block.
    pub fn fresh_prompts_needed(&self) -> Result<usize, ScheduleError> {
        (1..=self.generations).try_fold(self.initial, |needed, g| Ok(needed + self.block(g)?))
    }

    /// Whether any fresh row is taken at all.
    fn takes_fresh(&self, regime: &Regime) -> bool {
        match regime.fraction_rule() {
            FractionRule::Own => self.arrival_human_fraction > 0.0,
            _ => true,
        }
    }

    fn human_target(&self, regime: &Regime, g: u32) -> Result<usize, ScheduleError> {
        Ok(match (regime.fraction_rule(), self.hold) {
            (FractionRule::Zero, _) => 0,
            (FractionRule::Asked, Hold::Human) => self.human_rows,
            (FractionRule::Asked, _) => {
                (self.human_fraction.at(g, self.generations) * self.rows(g)? as f64).round() as usize
            }
            (FractionRule::Own, _) => (self.arrival_human_fraction * self.rows(g)? as f64).round() as usize,
        })
    }

    /// The synthetic rows that are added to a fixed number of human rows (`hold = "human"`).
    fn added(&self) -> usize {
        (self.synthetic_scale * self.human_rows as f64).round() as usize
    }

    /// By how much fresh blocks advance: by all rows of a generation and not by its human rows, so
    /// that the human rows of two fractions are nested. With a fixed number of human rows, by these
    /// and the prompts of the synthetic ones.
    fn block(&self, g: u32) -> Result<usize, ScheduleError> {
        match (self.hold, self.fresh_prompts) {
            (Hold::Human, false) => Ok(self.human_rows),
            (Hold::Human, true) => Ok(self.human_rows + self.added()),
            _ => self.rows(g),
        }
    }

    fn rows(&self, g: u32) -> Result<usize, ScheduleError> {
        self.samples.count_at(g, self.generations)
    }
}
