//! A stream of human and tempered synthetic rows over K outcomes: where the healthy state loses stability, and up to
//! where a collapsed one survives.
//!
//! The limit of training on everything so far is θ' = τ(θ) − θ + μ(θ₀ − θ), τ_i ∝ θ_i^{1/T}, μ = human : synthetic rows
//! of the inflow. For a uniform θ₀ the one-mode branch with top mass x needs μ(x) = (τ(x) − x)/(x − 1/K); its maximum
//! over x is the fold μ_f. Sources: Gharesifard & Tabuada (CDC 2025, pp. 1124–1129), Marchi et al. (arXiv 2404.02325);
//! thresholds derived for this project. Exact for uniform θ₀, no training error, infinite time: streams converge in log
//! time, and text is not uniform, so these lines belong over neither. Cost: a few thousand evaluations of μ(x).

use super::{Conditions, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

const UNIFORM: &str = "uniform θ₀ on K outcomes, T < 1, no training error, infinite time";

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "temperature-threshold",
        statement: "the healthy state loses stability at human share r_c = 1 − T (μ_c = 1/T − 1), any K",
        source: "derived here for the system of Gharesifard & Tabuada, CDC 2025",
        conditions: "uniform θ₀, T in (0, 1], no training error, infinite time, many human rows at the start",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Temperature],
        draws: &[],
        predict: |at| Prediction::mean(1.0 - cold(at)?),
    },
    Law {
        name: "temperature-fold",
        statement: "the collapsed branch ends at human share μ_f/(1+μ_f), μ_f = max_x (τ(x)−x)/(x−1/K); K/(2√(K−1)) at T = ½",
        source: "derived here for the system of Gharesifard & Tabuada, CDC 2025",
        conditions: UNIFORM,
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Temperature],
        draws: &[],
        predict: |at| {
            let mu = fold(categories(at)?, cold(at)?);
            Prediction::mean(mu / (1.0 + mu))
        },
    },
    Law {
        name: "stream-top-mass",
        statement: "largest θ_i at the equilibrium reached from the uniform start, or from a corner (one row at generation 0)",
        source: "derived here for the system of Gharesifard & Tabuada, CDC 2025",
        conditions: "as temperature-fold, human_fraction = μ/(1+μ)",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Temperature],
        draws: &[],
        predict: top_mass,
    },
    Law {
        name: "temperature-fold-ratio",
        statement: "μ_f, the largest human : synthetic ratio of the inflow at which a collapsed state survives; K/(2√(K−1)) at T = ½",
        source: "derived here for the system of Gharesifard & Tabuada, CDC 2025",
        conditions: UNIFORM,
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Temperature],
        draws: &[],
        predict: |at| Prediction::mean(fold(categories(at)?, cold(at)?)),
    },
    Law {
        name: "stream-limit-tv",
        statement: "total variation between the equilibrium of stream-top-mass and θ₀: x − 1/K",
        source: "derived here for the system of Gharesifard & Tabuada, CDC 2025",
        conditions: "as stream-top-mass",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Temperature],
        draws: &[],
        predict: |at| Prediction::mean(top_mass(at)?.mean - 1.0 / categories(at)?),
    },
    Law {
        name: "stream-mean-field",
        statement: "largest θ_i after each arrival: x ← x + n/(N+n)·[(1−r)τ(x) + r/K − x], N ← N + n, from a corner",
        source: "the recursion of Gharesifard & Tabuada, CDC 2025, without its noise",
        conditions: "uniform θ₀ on K outcomes; one row at generation 0, which is a corner; many rows per arrival; human_fraction = μ/(1+μ)",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Temperature],
        draws: &[],
        predict: mean_field,
    },
    Law {
        name: "cdc-bound",
        statement: "sufficient human share of the Euclidean theorem as η → 0, κ → 1: μ > 1/(Tδ), δ = min θ₀ = 1/K",
        source: "Gharesifard & Tabuada, CDC 2025, as restated in the Fisher–Rao follow-up, eq. (10)",
        conditions: UNIFORM,
        relation: Relation::AtMost,
        sizes: Sizes::Any,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Temperature],
        draws: &[],
        predict: |at| {
            let mu = categories(at)? / cold(at)?;
            Prediction::mean(mu / (1.0 + mu))
        },
    },
    Law {
        name: "fisher-rao-bound",
        statement: "sufficient human share of the Fisher–Rao theorem as η → 0, κ → 1: μ ≥ max{(1+Tη_F)/(Tδ), 2η_F/δ}, η_F = K/T",
        source: "Marchi, Silvestre, Gharesifard & Tabuada 2026, eqs. (7)–(9)",
        conditions: UNIFORM,
        relation: Relation::AtMost,
        sizes: Sizes::Any,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Temperature],
        draws: &[],
        predict: |at| {
            let (k, t) = (categories(at)?, cold(at)?);
            let eta = k / t;
            let mu = ((1.0 + t * eta) * k / t).max(2.0 * eta * k);
            Prediction::mean(mu / (1.0 + mu))
        },
    },
    Law {
        name: "cdc-radius",
        statement: "‖θ − θ_e‖ ≤ ηκ(μδ−η)T/[(μ+1)(κ(μδ−η)T − 1)]",
        source: "Gharesifard & Tabuada, CDC 2025, as restated in the Fisher–Rao follow-up, eq. (10)",
        conditions: "κ(μδ−η)T > 1; 2-norm; asked: η ≥ 0 and κ in (0, 1)",
        relation: Relation::AtMost,
        sizes: Sizes::Any,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Temperature],
        draws: &[],
        predict: radius,
    },
];

fn cold(at: &Conditions) -> Result<f64, Unmet> {
    let t = at.temperature;
    if t > 0.0 && t <= 1.0 { Ok(t) } else { Err(Unmet::range("temperature", "in (0, 1]")) }
}

fn categories(at: &Conditions) -> Result<f64, Unmet> {
    let p = at.outcomes()?;
    let k = p.len() as f64;
    if k < 2.0 || p.iter().any(|v| (v * k - 1.0).abs() > 1e-9) {
        return Err(Unmet::range("probabilities", "two or more, all equal"));
    }
    Ok(k)
}

/// μ, human to synthetic rows of what arrives.
fn stream_ratio(at: &Conditions) -> f64 {
    at.human_fraction / (1.0 - at.human_fraction)
}

/// One row at generation 0 is a corner: all mass on its outcome.
fn starts_in_a_corner(at: &Conditions) -> bool {
    at.initial() == 1.0
}

fn mean_field(at: &Conditions) -> Result<Prediction, Unmet> {
    let (k, t, r) = (categories(at)?, cold(at)?, at.human_fraction);
    if !starts_in_a_corner(at) {
        return Err(Unmet::range("initial", "1 (a corner)"));
    }
    let (mut x, mut rows) = (1.0_f64, at.initial());
    for _ in 1..at.fits {
        let rest = (k - 1.0) * ((1.0 - x) / (k - 1.0) / x).powf(1.0 / t);
        x += at.n / (rows + at.n) * ((1.0 - r) / (1.0 + rest) + r / k - x);
        rows += at.n;
    }
    Prediction::mean(x)
}

fn top_mass(at: &Conditions) -> Result<Prediction, Unmet> {
    let start = if starts_in_a_corner(at) { Start::Corner } else { Start::Uniform };
    Prediction::mean(equilibrium_top_mass(categories(at)?, cold(at)?, stream_ratio(at), start))
}

fn radius(at: &Conditions) -> Result<Prediction, Unmet> {
    let (k, t, mu) = (categories(at)?, cold(at)?, stream_ratio(at));
    let asked = at.asked.eta.zip(at.asked.kappa);
    let (eta, kappa) = asked.ok_or(Unmet::Missing("the theorem's η and κ"))?;
    let gain = kappa * (mu / k - eta) * t;
    if gain <= 1.0 {
        return Err(Unmet::range("κ(μδ−η)T", "> 1"));
    }
    Prediction::mean(eta * gain / ((mu + 1.0) * (gain - 1.0)))
}

/// Where the stream starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At (a small disturbance of) the uniform distribution.
    Uniform,
    /// With all mass on one outcome.
    Corner,
}

/// μ at which a state with top mass x and the rest spread evenly is an equilibrium.
fn ratio_for(x: f64, k: f64, t: f64) -> f64 {
    // τ(x) = 1/(1 + (K−1)(y/x)^{1/T}), y = (1−x)/(K−1).
    let y = (1.0 - x) / (k - 1.0);
    let tempered = 1.0 / (1.0 + (k - 1.0) * (y / x).powf(1.0 / t));
    (tempered - x) / (x - 1.0 / k)
}

/// The x in (1/K, 1) where μ(x) peaks, with the peak: a scan on the log odds, then golden-section search.
fn peak(k: f64, t: f64) -> (f64, f64) {
    const STEPS: u32 = 2000;
    let (low, high) = (-(k - 1.0).ln() + 1e-3, 30.0);
    let x = |z: f64| 1.0 / (1.0 + (-z).exp());
    let f = |z: f64| ratio_for(x(z), k, t);
    let at = |i: u32| low + (high - low) * f64::from(i) / f64::from(STEPS);
    let best = (0..=STEPS).max_by(|a, b| f(at(*a)).total_cmp(&f(at(*b)))).unwrap_or(0);
    let (mut a, mut b) = (at(best.saturating_sub(1)), at((best + 1).min(STEPS)));
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    for _ in 0..60 {
        let (c, d) = (b - golden * (b - a), a + golden * (b - a));
        if f(c) > f(d) { b = d } else { a = c }
    }
    let z = 0.5 * (a + b);
    (x(z), f(z))
}

/// The fold μ_f ≥ 1/T − 1: the largest human : synthetic ratio at which a collapsed state survives, for a uniform truth
/// on `k` ≥ 2 outcomes at temperature `t` in (0, 1]. At two outcomes it is 1/T − 1 itself.
pub fn fold(k: f64, t: f64) -> f64 {
    let onset = 1.0 / t - 1.0;
    peak(k, t).1.max(onset)
}

/// The largest probability at the stable equilibrium reached from `start`, for ratio `mu` ≥ 0; 1/K where the healthy
/// state is reached, 1 (a corner) at μ = 0 with T < 1.
pub fn equilibrium_top_mass(k: f64, t: f64, mu: f64, start: Start) -> f64 {
    let onset = 1.0 / t - 1.0;
    let (top, highest) = peak(k, t);
    // A ratio at the threshold itself, up to rounding, is on its healthy side.
    let mu_up = mu * (1.0 + 1e-9);
    let healthy = if start == Start::Corner { mu_up >= highest.max(onset) } else { mu_up >= onset };
    if healthy || t >= 1.0 {
        return 1.0 / k;
    }
    if mu <= 0.0 {
        return 1.0;
    }
    // Above its peak μ(x) falls to 0 at x = 1: one stable root, by bisection on the log odds.
    let (mut a, mut b) = ((top / (1.0 - top)).ln(), 700.0_f64);
    for _ in 0..200 {
        let z = 0.5 * (a + b);
        let rest = (-z).exp();
        // 1 − x without cancellation, for corners within rounding of 1.
        let (x, gap) = (1.0 / (1.0 + rest), rest / (1.0 + rest));
        let tempered_gap = 1.0 - 1.0 / (1.0 + (k - 1.0) * (gap / (k - 1.0) / x).powf(1.0 / t));
        if (gap - tempered_gap) / (x - 1.0 / k) > mu { a = z } else { b = z }
    }
    1.0 / (1.0 + (-0.5 * (a + b)).exp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Asked;
    use super::super::testing::{ask as ask_law, mean};
    use super::*;

    #[test]
    fn the_fold_has_its_closed_form_at_temperature_one_half() {
        for k in [2.0_f64, 5.0, 10.0, 50.0, 100.0] {
            let exact = k / (2.0 * (k - 1.0).sqrt());
            assert!((fold(k, 0.5) / exact - 1.0).abs() < 1e-6, "K = {k}: {}", fold(k, 0.5));
        }
    }

    #[test]
    fn the_fold_has_the_published_values_elsewhere() {
        for (k, t, expected, digit) in [
            (10.0, 0.7, 0.666, 5e-4),
            (100.0, 0.7, 1.611, 5e-4),
            (1000.0, 0.7, 3.686, 5e-4),
            (10.0, 0.9, 0.1635, 5e-5),
            (1000.0, 0.9, 0.5955, 5e-5),
        ] {
            assert!((fold(k, t) - expected).abs() < 1.01 * digit, "K = {k}, T = {t}: {}", fold(k, t));
        }
    }

    #[test]
    fn equilibria_show_the_published_hysteresis() {
        for (mu, expected) in [(1.2, 0.4395), (1.5, 0.3472), (2.0, 0.1)] {
            assert!((equilibrium_top_mass(10.0, 0.5, mu, Start::Corner) - expected).abs() < 5.1e-5);
            assert!((equilibrium_top_mass(10.0, 0.5, mu, Start::Uniform) - 0.1).abs() < 1e-12);
        }
        // Human share 1 − T as a decimal is the threshold, whichever way 0.15/0.85 rounds.
        for t in [0.85, 0.9, 0.7, 0.55] {
            let share: f64 = 1.0 - t;
            let x = equilibrium_top_mass(10.0, t, share / (1.0 - share), Start::Uniform);
            assert!((x - 0.1).abs() < 1e-12, "T = {t}: {x}");
        }
        assert!((equilibrium_top_mass(2.0, 0.5, 0.95, Start::Corner) - 0.580).abs() < 5e-4);
        assert!((equilibrium_top_mass(2.0, 0.5, 1.05, Start::Corner) - 0.5).abs() < 1e-9);
        // The flow itself, integrated from a corner, ends where the root says.
        let (k, mu) = (10.0_f64, 1.2);
        let mut x = 0.999_f64;
        for _ in 0..20_000 {
            let y = (1.0 - x) / (k - 1.0);
            let tempered = x * x / (x * x + (k - 1.0) * y * y);
            x += 0.01 * (tempered - x + mu * (1.0 / k - x));
        }
        assert!((x - equilibrium_top_mass(k, 0.5, mu, Start::Corner)).abs() < 1e-6);
    }

    #[test]
    fn the_fold_grows_like_the_square_root_of_the_number_of_outcomes() {
        // K/(2√(K−1)) → √K/2: the local slope on log-log axes tends to ½ from below.
        let slope = |t: f64| (fold(1e6, t) / fold(1e4, t)).ln() / 100.0_f64.ln();
        assert!((slope(0.5) - 0.5).abs() < 1e-4, "{}", slope(0.5));
        let ask = |law: &str, k: usize| {
            mean(law, Conditions { temperature: 0.5, ..Conditions::default() }.uniform(k))
        };
        assert!((ask("temperature-fold-ratio", 10) - 1.6667).abs() < 5e-5);
        let share = ask("temperature-fold", 10);
        assert!((share / (1.0 - share) - ask("temperature-fold-ratio", 10)).abs() < 1e-12);
    }

    #[test]
    fn the_mean_field_stays_collapsed_below_the_fold_and_is_slow_above_it() {
        let at = |mu: f64, fits| {
            let human_fraction = mu / (1.0 + mu);
            Conditions { fits, n: 1.0, temperature: 0.5, human_fraction, ..Conditions::default() }.uniform(10)
        };
        let ask = |law: &str, mu, fits| mean(law, at(mu, fits));
        assert!((ask("stream-mean-field", 1.2, 100_000) - 0.4395).abs() < 2e-3);
        assert!((ask("stream-top-mass", 1.2, 1) - 0.4395).abs() < 5.1e-5, "one row is a corner");
        assert!((ask("stream-limit-tv", 1.2, 1) - 0.3395).abs() < 5.1e-5);
        // In log time: 4,000 arrivals of one row at μ = 2 are at .24, far from the limit .10.
        assert!(
            (ask("stream-mean-field", 2.0, 4001) - 0.24).abs() < 0.01,
            "{}",
            ask("stream-mean-field", 2.0, 4001)
        );
        assert!((ask("stream-limit-tv", 2.0, 1)).abs() < 1e-12);
        let many = Conditions { initial: Some(50.0), ..at(1.2, 5) };
        assert!(ask_law("stream-mean-field", many).is_err());
    }

    #[test]
    fn thresholds_and_bounds_as_human_shares() {
        let at = Conditions { temperature: 0.5, ..Conditions::default() }.uniform(10);
        for (law, expected) in [
            ("temperature-threshold", 0.5),
            ("temperature-fold", 0.625),
            ("cdc-bound", 0.952),
            ("fisher-rao-bound", 0.998),
        ] {
            assert!((mean(law, at.clone()) - expected).abs() < 6e-4, "{law}");
        }
        // With a huge gain the radius is the linear response η/(1+μ).
        let asked = Asked { eta: Some(0.01), kappa: Some(0.99), ..Asked::default() };
        let radius = mean("cdc-radius", Conditions { human_fraction: 0.999_999, asked, ..at.clone() });
        assert!((radius / (0.01 / 1e6) - 1.0).abs() < 1e-3, "{radius}");
        assert!(ask_law("temperature-fold", at.outcome(&[0.6, 0.3, 0.1])).is_err());
    }
}
