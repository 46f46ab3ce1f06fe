//! Numbers as people write them: decimal commas, thousands, per cent, currencies.
//!
//! A column has one [`Notation`] if all its cells are numbers in it. `1,234` in every cell is both a decimal comma
//! and a thousands comma: that is no notation, but a question.

use std::fmt;

/// How the numbers of a column are written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(in crate::data) struct Notation {
    /// Before the fraction.
    pub decimal: char,
    /// Between thousands.
    pub thousands: Option<char>,
    /// A sign before or after every number, such as € or %.
    pub sign: Option<String>,
}

/// What the cells of a column say of their notation.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) enum Found {
    /// All are numbers in this notation.
    All(Notation),
    /// All are numbers in two notations, with other values: a cell that shows it.
    Either(String),
    /// Most are numbers in this notation; the first that is not.
    Most(Notation, usize),
    /// They are no numbers.
    None,
}

/// Notations in the order of preference: decimal sign and thousands.
const NOTATIONS: [(char, Option<char>); 8] = [
    ('.', None),
    (',', None),
    ('.', Some(',')),
    (',', Some('.')),
    ('.', Some(' ')),
    (',', Some(' ')),
    ('.', Some('\'')),
    (',', Some('\'')),
];
const CURRENCIES: [&str; 17] =
    ["$", "€", "£", "¥", "₹", "₩", "₽", "₺", "zł", "kr", "USD", "EUR", "GBP", "CHF", "JPY", "INR", "CNY"];
/// The share of cells from which a column that is no number in a few cells is asked about.
const MOST: f64 = 0.8;

impl Notation {
    /// As programs write numbers.
    pub const PLAIN: Notation = Notation { decimal: '.', thousands: None, sign: None };

    /// The notation of all these cells, with this decimal sign if one is given.
    pub fn of(cells: &[&str], decimal: Option<char>) -> Found {
        let parts: Vec<Option<(Option<&str>, String)>> = cells.iter().map(|cell| parts(cell)).collect();
        let Some((sign, _)) = parts.iter().flatten().next() else { return Found::None };
        let sign = sign.map(str::to_owned);
        let candidates: Vec<Notation> = NOTATIONS
            .iter()
            .filter(|(mark, _)| decimal.is_none_or(|d| d == *mark))
            .map(|&(decimal, thousands)| Notation { decimal, thousands, sign: sign.clone() })
            .collect();
        let value = |n: &Notation, i: usize| n.number(cells[i]);
        let fits: Vec<&Notation> =
            candidates.iter().filter(|n| (0..cells.len()).all(|i| value(n, i).is_some())).collect();
        if let Some(first) = fits.first() {
            // A number that programs read is one, whatever else it may be.
            let plain = first.decimal == '.' && first.thousands.is_none();
            let differs = (0..cells.len()).find(|&i| fits.iter().any(|n| value(n, i) != value(first, i)));
            return match differs {
                Some(i) if !plain => Found::Either(cells[i].trim().to_owned()),
                _ => Found::All((*first).clone()),
            };
        }
        let read = |n: &Notation| (0..cells.len()).filter(|&i| value(n, i).is_some()).count();
        // Of equals the first.
        let best = candidates.iter().rev().max_by_key(|n| read(n));
        match best {
            Some(best) if read(best) as f64 >= MOST * cells.len() as f64 => {
                let first = (0..cells.len()).find(|&i| value(best, i).is_none()).unwrap_or(0);
                Found::Most(best.clone(), first)
            }
            _ => Found::None,
        }
    }

    /// The number that a cell stands for.
    pub fn number(&self, cell: &str) -> Option<f64> {
        let plain = self.decimal == '.' && self.thousands.is_none() && self.sign.is_none();
        if plain {
            return cell.trim().parse().ok().filter(|x: &f64| x.is_finite());
        }
        let (sign, body) = parts(cell)?;
        if sign != self.sign.as_deref() {
            return None;
        }
        let (negative, digits) = match body.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, body.as_str()),
        };
        let (whole, fraction) = match digits.split_once(self.decimal) {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (digits, ""),
        };
        let whole = match self.thousands {
            Some(mark) if whole.contains(mark) => grouped(whole, mark)?,
            _ => whole.to_owned(),
        };
        let only_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !(only_digits(&whole) && only_digits(fraction)) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let value: f64 =
            format!("{}.{}", if whole.is_empty() { "0" } else { &whole }, fraction).parse().ok()?;
        Some(if negative { -value } else { value })
    }

    /// Whether programs read it without being told.
    pub fn is_plain(&self) -> bool {
        *self == Self::PLAIN
    }
}

impl fmt::Display for Notation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = Vec::new();
        if self.decimal == ',' {
            said.push("a decimal comma".to_owned());
        }
        if let Some(mark) = self.thousands {
            said.push(match mark {
                ' ' => "spaces between thousands".to_owned(),
                mark => format!("`{mark}` between thousands"),
            });
        }
        match self.sign.as_deref() {
            Some("%") => said.push("per cent".into()),
            Some(sign) => said.push(format!("the sign {sign}")),
            None => {}
        }
        if said.is_empty() {
            said.push("a decimal point".into());
        }
        f.write_str(&said.join(", "))
    }
}

/// The sign of a cell (currency or per cent) and the rest, with a plain minus and plain spaces; `None` where it holds
/// anything else than a number has.
fn parts(cell: &str) -> Option<(Option<&str>, String)> {
    let space = |c: char| c.is_whitespace() || matches!(c, '\u{a0}' | '\u{202f}');
    let minus = |c: char| matches!(c, '-' | '\u{2212}');
    let mut rest = cell.trim_matches(space);
    let negative = rest.starts_with(minus);
    rest = rest.trim_start_matches(minus).trim_start_matches('+').trim_start_matches(space);
    let mut sign = None;
    for mark in CURRENCIES {
        if let Some(body) = rest.strip_prefix(mark).or_else(|| rest.strip_suffix(mark)) {
            (sign, rest) = (Some(mark), body.trim_matches(space));
            break;
        }
    }
    if sign.is_none()
        && let Some(body) = rest.strip_suffix('%')
    {
        (sign, rest) = (Some("%"), body.trim_end_matches(space));
    }
    let minus_inside = !negative && rest.starts_with(minus);
    if minus_inside {
        rest = rest.trim_start_matches(minus);
    }
    if !rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',')) {
        return None;
    }
    let mut body = String::with_capacity(rest.len() + 1);
    if negative || minus_inside {
        body.push('-');
    }
    for c in rest.chars() {
        match c {
            c if c.is_ascii_digit() || matches!(c, '.' | ',') => body.push(c),
            c if space(c) => body.push(' '),
            '\'' | '’' => body.push('\''),
            _ => return None,
        }
    }
    Some((sign, body))
}

/// Digits without the marks between thousands; `None` where the groups are not of three digits (after the first, and
/// in the Indian way of two before the last).
fn grouped(text: &str, mark: char) -> Option<String> {
    let groups: Vec<&str> = text.split(mark).collect();
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let middle_of = |n: usize| middle.iter().all(|g| g.len() == n);
    let well = (1..=3).contains(&first.len()) && last.len() == 3 && (middle_of(3) || middle_of(2));
    well.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn all(cells: &[&str]) -> (String, Vec<f64>) {
        match Notation::of(cells, None) {
            Found::All(n) => (n.to_string(), cells.iter().map(|c| n.number(c).unwrap()).collect()),
            other => panic!("{cells:?}: {other:?}"),
        }
    }

    #[test]
    fn a_column_says_how_its_numbers_are_written() {
        assert_eq!(all(&["19,8", "-0,25", "7"]), ("a decimal comma".into(), vec![19.8, -0.25, 7.0]));
        assert_eq!(
            all(&["1,500.20", "999", "12,345,678.5"]),
            ("`,` between thousands".into(), vec![1500.2, 999.0, 12_345_678.5])
        );
        assert_eq!(all(&["1.234,5", "12"]).1, [1234.5, 12.0]);
        assert_eq!(all(&["1\u{202f}234,50 €", "−3,00 €"]).1, [1234.5, -3.0]);
        assert_eq!(all(&["12.5%", "0.1 %"]), ("per cent".into(), vec![12.5, 0.1]));
        assert_eq!(all(&["$5", "-$1,200.00", "$.5"]).1, [5.0, -1200.0, 0.5]);
        assert_eq!(all(&["1'234.5", "7"]).1, [1234.5, 7.0]);
        assert_eq!(all(&["12,34,567.0", "1,000.5"]).1, [1_234_567.0, 1000.5]);
        assert_eq!(all(&["1e-3", "2"]).1, [0.001, 2.0]);
    }

    #[test]
    fn what_may_be_two_numbers_is_a_question() {
        assert_eq!(Notation::of(&["1,234", "5,678"], None), Found::Either("1,234".into()));
        assert!(
            matches!(Notation::of(&["1,234", "5,678"], Some('.')), Found::All(n) if n.number("1,234") == Some(1234.0))
        );
        assert!(
            matches!(Notation::of(&["1,234", "5,678"], Some(',')), Found::All(n) if n.number("1,234") == Some(1.234))
        );
        // One cell settles it.
        assert_eq!(all(&["1,234", "5,6"]).1, [1.234, 5.6]);
        assert_eq!(all(&["1,234", "1,234,567"]).1, [1234.0, 1_234_567.0]);
    }

    #[test]
    fn words_dates_and_codes_are_no_numbers() {
        for cells in [
            ["red", "blue"],
            ["2021-01-05", "2021-01-06"],
            ["12.05.2021", "1.6.2021"],
            ["A1", "B2"],
            ["1,2,3", "4,5"],
        ] {
            assert_eq!(Notation::of(&cells, None), Found::None, "{cells:?}");
        }
        let mut cells = vec!["1,5"; 9];
        cells.push("many");
        assert!(matches!(Notation::of(&cells, None), Found::Most(n, 9) if n.decimal == ','));
        // A sign in some cells only is not consistent.
        assert_eq!(Notation::of(&["5 €", "5", "6", "7 €"], None), Found::None);
    }
}
