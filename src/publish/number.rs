//! How numbers are written for people.

use crate::analysis::Relation;

/// Three significant digits, in plain notation where that is short; a dash where there is no number.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "–".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.into();
    }
    let size = value.abs();
    // What is left of a difference of equal numbers.
    if size < 1e-15 {
        return "0".into();
    }
    if !(1e-3..1e5).contains(&size) {
        let text = format!("{value:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    let decimals = (2 - size.log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// What a claim expects, with the side that it expects it on.
pub fn expectation(expected: Option<f64>, relation: Relation) -> String {
    let Some(expected) = expected.map(number) else { return "–".into() };
    match relation {
        Relation::Equal => expected,
        Relation::AtMost => format!("≤ {expected}"),
        Relation::AtLeast => format!("≥ {expected}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.36603, "0.366"),
            (123.456, "123"),
            (-2.5, "-2.5"),
            (1e-7, "1e-7"),
            (5.126e-4, "5.13e-4"),
            (-5.55e-18, "0"),
            (f64::NAN, "–"),
            (f64::NEG_INFINITY, "−∞"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
