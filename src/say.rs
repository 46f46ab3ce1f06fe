//! Lines for people, on standard output and standard error, and how numbers are written in them.
//!
//! `println!` panics once the pipe is closed, as in `collapse compare | head -3`, and would take the
//! rest of a run with it. What these print is lost then, and the run goes on to its end.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Prints a line to standard output; a closed pipe is no error.
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => { $crate::say::line(std::io::stdout(), format_args!($($words)*)) };
}

/// Prints a line to standard error; a closed pipe is no error.
#[macro_export]
macro_rules! remark {
    ($($words:tt)*) => { $crate::say::line(std::io::stderr(), format_args!($($words)*)) };
}

/// Writes a line to somebody who may have gone away; a disk that is full is remembered.
pub fn line(mut to: impl Write, words: Arguments<'_>) {
    if let Err(why) = writeln!(to, "{words}").and_then(|()| to.flush()) {
        note(&why);
    }
}

/// Whether a line was lost for another reason than that nobody reads any more.
static LOST: AtomicBool = AtomicBool::new(false);

fn note(why: &std::io::Error) {
    if why.kind() != ErrorKind::BrokenPipe {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Hands on what standard output still holds.
pub fn flush() {
    if let Err(why) = std::io::stdout().flush() {
        note(&why);
    }
}

/// Whether a line was lost for another reason than that nobody reads any more: a disk that is full.
pub fn was_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// The words of the command line; what is no UTF-8 in them is replaced.
pub fn command() -> Vec<String> {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader who has gone away.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_nobody_reads_is_no_error() {
        line(Gone, format_args!("{} lines", 2));
        let mut page = Vec::new();
        line(&mut page, format_args!("{} lines", 2));
        assert_eq!(page, b"2 lines\n");
    }

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
