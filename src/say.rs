//! Lines for people, on standard output and standard error.
//!
//! `println!` panics once nobody reads any more, as in `collapse compare | head -3`, and would take the
//! rest of a run with it. What these print is lost then, and the run goes on to its end.

use std::fmt::Arguments;
use std::io::Write;

/// Prints a line to standard output; nobody need read it.
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => { $crate::say::line(std::io::stdout(), format_args!($($words)*)) };
}

/// Prints a line to standard error; nobody need read it.
#[macro_export]
macro_rules! remark {
    ($($words:tt)*) => { $crate::say::line(std::io::stderr(), format_args!($($words)*)) };
}

/// Writes a line to somebody who may have gone away.
pub fn line(mut to: impl Write, words: Arguments<'_>) {
    let _ = writeln!(to, "{words}");
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
}
