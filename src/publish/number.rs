//! How numbers are written for people.

/// Three significant digits, in plain notation where that is short.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".into();
    }
    if !(1e-3..1e5).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = (2 - size.log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let cases =
            [(0.0, "0"), (1.0, "1"), (0.36603, "0.366"), (123.456, "123"), (-2.5, "-2.5"), (1e-7, "1.00e-7")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
