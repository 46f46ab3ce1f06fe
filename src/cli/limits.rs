//! How many, how long, how large: the numbers of the command line, refused in words where they mean nothing.

/// Threads for each processor that `--jobs` may ask for.
const THREADS: usize = 4;
/// Seeds are listed in memory: 80 MB at most.
const SEEDS: u64 = 10_000_000;
/// Repeats, resamples and folds, at most.
const TIMES: usize = 1_000_000;
/// The longest time limit: thirty years.
const SECONDS: f64 = 1e9;

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "give a whole number".into())
}

/// `--jobs`: at least 1; beyond four for each processor more only wait, so there it ends.
pub(super) fn jobs(text: &str) -> Result<usize, String> {
    match usize::try_from(whole(text)?) {
        Ok(0) => Err("nothing would run; give at least 1".into()),
        Ok(n) => Ok(n.min(THREADS * processors())),
        Err(_) => Ok(THREADS * processors()),
    }
}

/// As many jobs as were asked for, or as there are processors.
pub(super) fn jobs_or_all(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(processors).max(1)
}

/// `--seeds`: a count.
pub(super) fn seeds(text: &str) -> Result<u64, String> {
    match whole(text)? {
        0 => Err("nothing would run; give at least 1".into()),
        n if n > SEEDS => Err(format!("at most {SEEDS} seeds go into one run")),
        n => Ok(n),
    }
}

/// How often something is repeated, drawn or folded.
pub(super) fn times(text: &str) -> Result<usize, String> {
    match usize::try_from(whole(text)?) {
        Ok(n) if n <= TIMES => Ok(n),
        _ => Err(format!("at most {TIMES} have a use")),
    }
}

/// A time limit in seconds.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "give a number of seconds")?;
    match seconds > 0.0 && seconds <= SECONDS {
        true => Ok(seconds),
        false => Err("give seconds above 0 and at most 1e9".into()),
    }
}

/// A size in gigabytes.
pub(super) fn gigabytes(text: &str) -> Result<f64, String> {
    let size: f64 = text.parse().map_err(|_| "give a number of gigabytes")?;
    if size > 0.0 { Ok(size) } else { Err("give gigabytes above 0; `inf` lifts the limit".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_nothing_is_refused_and_what_is_too_much_is_capped() {
        for text in ["nan", "inf", "-1", "0", "1e300", "1e19", "x", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert_eq!(seconds("0.5"), Ok(0.5));
        assert!(jobs("0").is_err() && jobs("-1").is_err() && jobs("1.5").is_err());
        assert_eq!(jobs("100000"), Ok(4 * processors()));
        assert_eq!(jobs("18446744073709551615"), Ok(4 * processors()));
        assert!(seeds("0").is_err() && seeds("18446744073709551615").is_err());
        assert_eq!(seeds("10000000"), Ok(10_000_000));
        assert!(gigabytes("nan").is_err() && gigabytes("0").is_err());
        assert_eq!(gigabytes("inf"), Ok(f64::INFINITY));
    }
}
