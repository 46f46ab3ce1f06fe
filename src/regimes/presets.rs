//! The published regimes: each is one row of this table.

use crate::spec::{Combine, Hold, Inflow, RetainHuman, RetainSynthetic, Weights};

/// A named regime.
pub struct Preset {
    /// The name in specs and rows.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Who studied it.
    pub source: &'static str,
    /// Its choices.
    pub choices: Choices,
}

/// What a name of a regime stands for. A regime of your own is another row of choices:
/// `Choices { inflow: Inflow::Fresh, ..Choices::REPLACE }`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choices {
    /// Human rows that arrive at each generation from 1 on.
    pub inflow: Inflow,
    /// Human rows that stay.
    pub retain_human: RetainHuman,
    /// Synthetic rows that stay.
    pub retain_synthetic: RetainSynthetic,
    /// How the training set is drawn from the store.
    pub draw: PresetDraw,
    /// How rows are weighted.
    pub weights: Weights,
    /// How weighted origins are combined.
    pub combine: Combine,
    /// What is held fixed unless the spec says otherwise.
    pub hold: Hold,
}

/// A preset's draw; the number of rows is the setting's `samples`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresetDraw {
    /// Everything in the store.
    All,
    /// `samples` rows, uniformly without replacement.
    Uniform,
    /// `samples` rows, in equal parts from every generation.
    Balanced,
}

impl Choices {
    /// Every generation is trained on the last model's output alone.
    pub const REPLACE: Self = Self {
        inflow: Inflow::None,
        retain_human: RetainHuman::None,
        retain_synthetic: RetainSynthetic::None,
        draw: PresetDraw::All,
        weights: Weights::Equal,
        combine: Combine::Pooled,
        hold: Hold::Total,
    };

    /// Human rows and everything that was ever synthesised stay.
    pub const ACCUMULATE: Self = Self {
        retain_human: RetainHuman::All,
        retain_synthetic: RetainSynthetic::All,
        hold: Hold::Arrivals,
        ..Self::REPLACE
    };
}

/// All presets, in the order in which they are listed.
pub static PRESETS: &[Preset] = &[
    Preset {
        name: "replace",
        summary: "every generation is trained on the last model's output alone",
        source: "Shumailov et al. 2024 (10.1038/s41586-024-07566-y); Alemohammad et al. 2023 (arXiv 2307.01850), fully synthetic loop",
        choices: Choices::REPLACE,
    },
    Preset {
        name: "fixed-mix",
        summary: "a fixed set of human rows stays; the rest is the last model's output",
        source: "Alemohammad et al. 2023 (arXiv 2307.01850), synthetic augmentation loop; Bertrand et al. 2023 (arXiv 2310.00429)",
        choices: Choices { retain_human: RetainHuman::Anchor, ..Choices::REPLACE },
    },
    Preset {
        name: "keep",
        summary: "a new random part of the first human rows joins the last model's output",
        source: "Shumailov et al. 2024 (10.1038/s41586-024-07566-y), the arm that keeps 10 %",
        choices: Choices { inflow: Inflow::Pool, ..Choices::REPLACE },
    },
    Preset {
        name: "fresh",
        summary: "human rows that were never used before join the last model's output",
        source: "Alemohammad et al. 2023 (arXiv 2307.01850), fresh data loop",
        choices: Choices { inflow: Inflow::Fresh, ..Choices::REPLACE },
    },
    Preset {
        name: "golden",
        summary: "as fresh, with human rows weighted by w* = (sqrt(k^2 + 4k) - k)/2, k = human/synthetic",
        source: "He, Xu & Cheng 2025 (arXiv 2502.18049)",
        choices: Choices {
            inflow: Inflow::Fresh,
            weights: Weights::Golden,
            combine: Combine::ByGroup,
            ..Choices::REPLACE
        },
    },
    Preset {
        name: "accumulate",
        summary: "human rows and everything that was ever synthesised stay in the training set",
        source: "Gerstgrasser et al. 2024 (arXiv 2404.01413); Dey & Donoho 2024 (arXiv 2410.22812)",
        choices: Choices::ACCUMULATE,
    },
    Preset {
        name: "accumulate-synthetic",
        summary: "everything synthesised stays, the human rows are dropped after generation 0",
        source: "ablation of accumulate",
        choices: Choices { retain_human: RetainHuman::None, ..Choices::ACCUMULATE },
    },
    Preset {
        name: "accumulate-subsample",
        summary: "as accumulate, but each fit sees only `samples` rows drawn from the store",
        source: "Kazdan et al. 2024 (arXiv 2410.16713)",
        choices: Choices { draw: PresetDraw::Uniform, ..Choices::ACCUMULATE },
    },
    Preset {
        name: "balanced",
        summary: "`samples` rows in equal parts from every generation so far, the human one included",
        source: "Briesch, Sobania & Rothlauf 2023 (arXiv 2311.16822), balanced cycle",
        choices: Choices { draw: PresetDraw::Balanced, hold: Hold::Total, ..Choices::ACCUMULATE },
    },
    Preset {
        name: "incremental",
        summary: "half of the training set is replaced by new output in each generation",
        source: "Briesch, Sobania & Rothlauf 2023 (arXiv 2311.16822), incremental cycle",
        choices: Choices {
            retain_human: RetainHuman::Share(0.5),
            retain_synthetic: RetainSynthetic::Share(0.5),
            ..Choices::REPLACE
        },
    },
    Preset {
        name: "expanding",
        summary: "the training set grows by new output and, with `arrival_human_fraction`, fresh human rows",
        source: "Briesch, Sobania & Rothlauf 2023 (arXiv 2311.16822), expanding cycle",
        choices: Choices { inflow: Inflow::Fresh, ..Choices::ACCUMULATE },
    },
    Preset {
        name: "stream",
        summary: "an accumulating stream of tempered output and fresh human rows, share mu/(1 + mu)",
        source: "Gharesifard & Tabuada 2025 (CDC, pp. 1124-1129); Marchi et al. 2024 (arXiv 2404.02325)",
        choices: Choices { inflow: Inflow::Fresh, ..Choices::ACCUMULATE },
    },
];
