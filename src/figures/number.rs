//! Numbers as axis labels: short, and alike along one axis.

/// Labels for evenly spaced values: as many decimals as the step needs, exponents only for
/// very large or very small ones.
pub(super) fn even(values: &[f64]) -> Vec<String> {
    let top = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let step = values.windows(2).map(|w| (w[1] - w[0]).abs()).fold(f64::INFINITY, f64::min);
    let step = if step.is_finite() { step } else { top };
    if top >= 1e6 || (top > 0.0 && top < 1e-3) {
        return values.iter().map(|v| exponent(*v, step)).collect();
    }
    let decimals = decimals(step);
    values.iter().map(|v| minus(&format!("{:.decimals$}", v + 0.0))).collect()
}

/// Labels for powers of ten and their multiples: plain while all lie in 0.01..=10,000 (or are
/// zero), else exponents for everything but 1 and 0.
pub(super) fn decades(values: &[f64]) -> Vec<String> {
    let plain = values.iter().all(|v| *v == 0.0 || (0.0099..=10_001.0).contains(&v.abs()));
    values
        .iter()
        .map(
            |v| {
                if plain || *v == 0.0 || (v.abs() - 1.0).abs() < 1e-12 { short(*v) } else { exponent(*v, *v) }
            },
        )
        .collect()
}

/// One number on its own, to about three significant digits: for cells and keys.
pub(super) fn short(v: f64) -> String {
    if v == 0.0 {
        return "0".into();
    }
    if !v.is_finite() {
        return "–".into();
    }
    if v.abs() >= 1e5 || v.abs() < 1e-3 {
        let text = format!("{v:.1e}").replace(".0e", "e");
        return minus(&text);
    }
    let digits = (2 - v.abs().log10().floor() as i32).clamp(0, 5) as usize;
    let text = format!("{v:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    minus(text)
}

/// Numbers of one table: the same decimals for all, three significant digits for the largest;
/// where they span too much for that, each to three digits of its own.
pub(super) fn alike(values: &[f64]) -> Vec<String> {
    let top = values.iter().filter(|v| v.is_finite()).fold(0.0f64, |m, v| m.max(v.abs()));
    if !(1e-2..1e5).contains(&top) {
        return values.iter().map(|v| short(*v)).collect();
    }
    let digits = (2 - top.log10().floor() as i32).clamp(0, 4) as usize;
    let alike = |v: &f64| {
        if v.is_finite() { minus(&format!("{v:.digits$}")) } else { "–".into() }
    };
    values.iter().map(alike).collect()
}

fn exponent(v: f64, step: f64) -> String {
    if v == 0.0 {
        return "0".into();
    }
    let power = v.abs().log10().floor() as i32;
    let inside = decimals(step.abs() / 10f64.powi(power)).min(3);
    let mantissa = v / 10f64.powi(power);
    let mantissa = format!("{mantissa:.inside$}");
    let mantissa = if inside > 0 { mantissa.trim_end_matches('0').trim_end_matches('.') } else { &mantissa };
    minus(&format!("{mantissa}e{power}"))
}

/// Decimals that tell multiples of `step` apart, at most 6.
fn decimals(step: f64) -> usize {
    (0..6)
        .find(|d| {
            let scaled = step * 10f64.powi(*d);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1.0) && scaled.round() != 0.0
        })
        .unwrap_or(6) as usize
}

/// The typographic minus, also in exponents.
fn minus(text: &str) -> String {
    let text = if text.starts_with('-') && !text.contains(|c: char| ('1'..='9').contains(&c)) {
        &text[1..]
    } else {
        text
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_and_alike() {
        assert_eq!(even(&[0.0, 0.25, 0.5]), ["0.00", "0.25", "0.50"]);
        assert_eq!(even(&[-1.0, 0.0, 1.0]), ["−1", "0", "1"]);
        assert_eq!(even(&[0.1, 0.2, 0.1 + 0.2]), ["0.1", "0.2", "0.3"]);
        assert_eq!(even(&[0.0, 1e6, 2e6]), ["0", "1e6", "2e6"]);
        assert_eq!(even(&[0.0, 5e-5, 1e-4]), ["0", "5e−5", "1e−4"]);
        assert_eq!(decades(&[0.01, 1.0, 100.0]), ["0.01", "1", "100"]);
        assert_eq!(decades(&[1e-3, 1.0]), ["1e−3", "1"]);
    }

    #[test]
    fn short_numbers_keep_three_digits() {
        assert_eq!(short(0.98012), "0.98");
        assert_eq!(short(-12.345), "−12.3");
        assert_eq!(short(1.0e-7), "1e−7");
        assert_eq!(short(120.0), "120");
        assert_eq!(short(f64::NAN), "–");
    }
}
