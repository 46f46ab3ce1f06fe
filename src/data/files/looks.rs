//! What a column of a table looks like beyond numbers and categories: row numbers, keys, dates, free text.

use super::cell::Cell;

/// A kind of column that says nothing of what a row is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Looks {
    /// It numbers the rows.
    Index,
    /// It tells rows apart.
    Key,
    /// Dates or times.
    Dates,
    /// Sentences.
    FreeText,
}

impl Looks {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Looks::Index => "row numbers",
            Looks::Key => "a key",
            Looks::Dates => "dates",
            Looks::FreeText => "free text",
        }
    }
}

/// The fewest rows that say anything about a column of whole numbers.
const LEAST_ROWS: usize = 20;

/// Whether a column of numbers numbers the rows, or is a key by its name; cells that lack a value are left out.
pub(in crate::data) fn numbers(name: &str, unnamed: bool, values: &[f64]) -> Option<Looks> {
    if values.len() < LEAST_ROWS || values.iter().any(|x| x.fract() != 0.0) {
        return None;
    }
    let follows = values.windows(2).all(|w| w[1] == w[0] + 1.0);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let distinct = sorted.windows(2).all(|w| w[0] != w[1]);
    match distinct {
        true if follows || unnamed => Some(Looks::Index),
        true if names_a_key(name) => Some(Looks::Key),
        _ => None,
    }
}

/// Whether the last word of a name says key.
fn names_a_key(name: &str) -> bool {
    let last = name.rsplit([' ', '_', '-', '.']).next().unwrap_or(name);
    let key = ["id", "key", "index", "idx", "uuid", "guid", "number", "no", "nr"];
    key.iter().any(|k| last.eq_ignore_ascii_case(k)) || (last.ends_with("Id") || last.ends_with("ID"))
}

/// Whether words are dates or sentences, else a key: asked where they hardly repeat.
pub(in crate::data) fn words<'a>(cells: impl Iterator<Item = &'a Cell> + Clone) -> Looks {
    let of = |is: &dyn Fn(&str) -> bool| cells.clone().filter(|c| is(c.written())).count();
    let all = cells.clone().count();
    if of(&is_date) * 20 >= all * 19 {
        return Looks::Dates;
    }
    match of(&|text| text.split_whitespace().count() >= 3 || text.chars().count() > 40) * 2 > all {
        true => Looks::FreeText,
        false => Looks::Key,
    }
}

/// Whether a text is a date, perhaps with a time after it.
fn is_date(text: &str) -> bool {
    let day = match text.split_once(['T', ' ']) {
        Some((day, time)) if time.starts_with(|c: char| c.is_ascii_digit()) && time.contains(':') => day,
        _ => text,
    };
    ['-', '/', '.'].iter().any(|mark| numeric_date(day, *mark)) || month_date(day)
}

fn numeric_date(day: &str, mark: char) -> bool {
    let parts: Vec<&str> = day.split(mark).collect();
    let number = |p: &&str| p.parse::<u32>().ok().filter(|_| p.bytes().all(|b| b.is_ascii_digit()));
    let Some(numbers) = parts.iter().map(number).collect::<Option<Vec<u32>>>() else { return false };
    let lengths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
    let month = |m: u32| (1..=12).contains(&m);
    let of_month = |d: u32| (1..=31).contains(&d);
    match (lengths.as_slice(), numbers.as_slice()) {
        ([4, 1 | 2, 1 | 2], &[_, m, d]) => month(m) && of_month(d),
        ([1 | 2, 1 | 2, 4 | 2], &[a, b, _]) => (month(a) && of_month(b)) || (month(b) && of_month(a)),
        ([4, 2], &[y, m]) => mark == '-' && (1000..3000).contains(&y) && month(m),
        _ => false,
    }
}

/// Such as 12 January 2021 and Jan 12, 2021.
fn month_date(day: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let parts: Vec<String> =
        day.split([' ', '-', ',', '.']).filter(|p| !p.is_empty()).map(str::to_lowercase).collect();
    let is_month = |p: &String| p.get(..3).is_some_and(|start| MONTHS.contains(&start));
    let is_number = |p: &String| p.bytes().all(|b| b.is_ascii_digit());
    matches!(parts.len(), 2 | 3)
        && parts.iter().filter(|p| is_month(p)).count() == 1
        && parts.iter().filter(|p| is_number(p)).count() == parts.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_count_the_rows_or_name_them_say_nothing_else() {
        let count: Vec<f64> = (7..40).map(f64::from).collect();
        let other: Vec<f64> = (0..33).map(|i| f64::from((i * 7) % 33)).collect();
        assert_eq!(numbers("x", false, &count), Some(Looks::Index));
        assert_eq!(numbers("x", false, &other), None);
        assert_eq!(numbers("x1", true, &other), Some(Looks::Index));
        for key in ["id", "Customer ID", "user_id", "userId", "order-no"] {
            assert_eq!(numbers(key, false, &other), Some(Looks::Key), "{key}");
        }
        for name in ["age", "paid", "Casino", "humid"] {
            assert_eq!(numbers(name, false, &other), None, "{name}");
        }
        let repeated: Vec<f64> = (0..33).map(|i| f64::from(i / 2)).collect();
        assert_eq!(numbers("id", false, &repeated), None);
        assert_eq!(numbers("x", false, &count[..5]), None, "five rows say nothing");
    }

    #[test]
    fn words_that_hardly_repeat_are_dates_sentences_or_keys() {
        let of = |texts: &[&str]| words(texts.iter().map(|t| Cell::read(t)).collect::<Vec<_>>().iter());
        assert_eq!(of(&["2023-06-27", "2021-10-13T08:30:00", "2020-12-17 10:00"]), Looks::Dates);
        assert_eq!(of(&["27.6.2023", "13.10.21"]), Looks::Dates);
        assert_eq!(of(&["12 January 2021", "Mar 3, 2020", "03-Feb-2019"]), Looks::Dates);
        assert_eq!(of(&["8704-OOKWG", "7994-KULYW"]), Looks::Key);
        assert_eq!(of(&["1-2-3", "99-99-9999"]), Looks::Key);
        assert_eq!(of(&["called about the bill", "café router broken again"]), Looks::FreeText);
    }
}
