//! Axes: what they are called, and how values are spread along them.

/// How values are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Spread {
    /// Equal steps are equal lengths.
    #[default]
    Linear,
    /// Equal ratios are equal lengths. Values at or below zero can't be shown: they are left
    /// out and the figure says how many.
    Log,
    /// Linear within ±`linear`, logarithmic beyond: shows zero and negative values too.
    SymLog {
        /// Where the logarithmic part begins; > 0.
        linear: f64,
    },
}

/// What an axis shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// Name and unit, for instance `variance` or `squared W2 (data units²)`.
    pub label: String,
    /// Linear, log or symmetric log.
    pub spread: Spread,
    /// Only whole numbers carry a tick (generations, counts).
    pub integer: bool,
    /// Lower end; from the data where absent.
    pub min: Option<f64>,
    /// Upper end; from the data where absent.
    pub max: Option<f64>,
    /// What stands at 1, 2, 3, … in place of numbers, where the axis is one of categories. All of them or, where they have
    /// no room, none.
    pub names: Vec<String>,
}

impl Axis {
    /// Returns a linear axis.
    #[must_use]
    pub fn linear(label: &str) -> Self {
        Self { label: label.to_owned(), ..Self::default() }
    }

    /// Returns a logarithmic axis.
    #[must_use]
    pub fn log(label: &str) -> Self {
        Self { spread: Spread::Log, ..Self::linear(label) }
    }

    /// Returns a linear axis with whole-number ticks.
    #[must_use]
    pub fn integer(label: &str) -> Self {
        Self { integer: true, ..Self::linear(label) }
    }

    /// Whether the axis can show `v`: a finite number below 1e300 in size, and above 1e-300 on
    /// a log axis.
    #[must_use]
    pub fn shows(&self, v: f64) -> bool {
        v.abs() <= 1e300 && (self.spread != Spread::Log || v >= 1e-300)
    }
}
