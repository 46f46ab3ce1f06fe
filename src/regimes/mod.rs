//! Regimes: how the next training set is composed.
//!
//! Every published regime is a setting of the same five choices on one store of rows `M`:
//!
//! ```text
//! M(g+1) = retain(M(g)) ∪ inflow(g+1) ∪ curate(synthesise(model(g)))
//! D(g+1) = weight(curate_mix(draw(M(g+1))))          the training set
//! ```
//!
//! A [`Regime`] is those five choices: plain data. A [`Budget`] says how many rows each of them
//! moves at a generation. The [`Store`] moves them. The papers' names for settings of the five
//! choices are a [table](PRESETS).

mod budget;
mod presets;
mod resolve;
mod store;
mod weights;

pub use budget::{Budget, Counts};
pub use presets::{Choices, PRESETS, Preset, PresetDraw};
pub use resolve::resolve;
pub use store::Store;

use crate::registry::{Component, Description, Known};
use crate::spec::{Combine, Inflow, RetainHuman, RetainSynthetic, Weights};

/// The regimes that a spec can name.
pub type Regimes = Known<(), Choices>;

/// The published ones.
pub fn published() -> Regimes {
    let one = |preset: &Preset| {
        let about = Description::new(preset.name).namespace("").summary(preset.summary).source(preset.source);
        Component::new(about, preset.choices, |_, _| Ok(()))
    };
    Known::each("regime", PRESETS.iter().map(one))
}

/// How the next training set is composed.
#[derive(Clone, Debug, PartialEq)]
pub struct Regime {
    /// The preset's name, or `custom`.
    pub name: String,
    /// Human rows that arrive at each generation from 1 on.
    pub inflow: Inflow,
    /// Human rows that stay in the store.
    pub retain_human: RetainHuman,
    /// Synthetic rows that stay in the store.
    pub retain_synthetic: RetainSynthetic,
    /// How the training set is drawn from the store.
    pub draw: RegimeDraw,
    /// How rows are weighted in the fit.
    pub weights: Weights,
    /// How weighted origins are combined.
    pub combine: Combine,
}

/// How the training set is drawn from the store. `None` as a number of rows stands for `samples`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegimeDraw {
    /// Everything.
    All,
    /// Rows drawn uniformly without replacement.
    Uniform(Option<usize>),
    /// Rows in equal parts from every generation.
    Balanced(Option<usize>),
}

/// A draw with its number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResolvedDraw {
    /// Everything.
    All,
    /// This many rows, uniformly without replacement.
    Uniform(usize),
    /// This many rows, in equal parts from every generation.
    Balanced(usize),
}

/// Who decides the human fraction of the training sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FractionRule {
    /// There are no human rows after generation 0.
    Zero,
    /// The setting `human_fraction` (or `human_rows`).
    Asked,
    /// It follows from the regime.
    Own,
}

impl FractionRule {
    /// The rule that follows from what arrives and what stays.
    pub fn of(inflow: Inflow, human: RetainHuman, synthetic: RetainSynthetic) -> Self {
        match (inflow, human) {
            (_, RetainHuman::Anchor) | (Inflow::Pool | Inflow::Fresh, RetainHuman::None) => Self::Asked,
            (Inflow::None, RetainHuman::None) if synthetic == RetainSynthetic::None => Self::Zero,
            _ => Self::Own,
        }
    }
}

impl Regime {
    /// Who decides the human fraction of the training sets.
    pub fn fraction_rule(&self) -> FractionRule {
        FractionRule::of(self.inflow, self.retain_human, self.retain_synthetic)
    }

    /// Whether the store grows from generation to generation.
    pub fn grows(&self) -> bool {
        self.retain_human == RetainHuman::All || self.retain_synthetic == RetainSynthetic::All
    }

    /// Whether every row stays and is drawn, so that past blocks may be merged.
    pub fn keeps_everything(&self) -> bool {
        self.retain_synthetic == RetainSynthetic::All
            && matches!(self.retain_human, RetainHuman::All | RetainHuman::None)
            && self.draw == RegimeDraw::All
    }

    /// Whether a random part of a block is ever taken: such a regime needs exact thinning on the
    /// statistics path.
    pub fn thins(&self) -> bool {
        self.draw != RegimeDraw::All
            || matches!(self.retain_human, RetainHuman::Share(_))
            || matches!(self.retain_synthetic, RetainSynthetic::Share(_))
    }

    /// Whether the regime treats human and synthetic rows differently, which takes knowing which
    /// is which.
    pub fn needs_labels(&self) -> bool {
        let retained_alike = match (self.retain_human, self.retain_synthetic) {
            (RetainHuman::None, RetainSynthetic::None) | (RetainHuman::All, RetainSynthetic::All) => true,
            (RetainHuman::Share(a), RetainSynthetic::Share(b)) => a == b,
            _ => false,
        };
        !retained_alike || self.weights != Weights::Equal || self.combine == Combine::ByGroup
    }
}
