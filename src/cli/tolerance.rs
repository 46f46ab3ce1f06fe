//! `--tolerance`: how large a change counts as none.

use std::collections::BTreeMap;

use miette::{Result, miette};

use crate::components::Components;
use crate::publish::Asked;

/// What `--tolerance` says: at most one share of the way from the start to the worst value, and units by metric.
pub(super) fn tolerance(given: &[String], components: &Components) -> Result<Asked> {
    let wrong = |text: &str, why: &str| {
        miette!(
            help = "for example --tolerance 0.05, or --tolerance 0.05,perplexity=0.5",
            "`--tolerance {text}`: {why}"
        )
    };
    let mut asked = Asked::default();
    let mut units = BTreeMap::new();
    for text in given {
        let (metric, number) =
            text.split_once('=').map_or((None, text.as_str()), |(m, n)| (Some(m.trim()), n));
        let value: f64 = number.trim().parse().map_err(|_| wrong(text, "the tolerance is no number"))?;
        if !value.is_finite() || value < 0.0 {
            return Err(wrong(text, "a tolerance is 0 or more"));
        }
        match metric {
            Some(metric) if components.reading(metric).is_none() => {
                return Err(wrong(text, "no metric has this name"));
            }
            Some(metric) => drop(units.insert(metric.to_owned(), value)),
            None if value < 1.0 => asked.share = value,
            None => return Err(wrong(text, "a share of the way to the worst value is below 1")),
        }
    }
    Ok(Asked { units, ..asked })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_share_and_units_are_told_apart_and_nonsense_is_refused() {
        let of = |list: &[&str]| {
            tolerance(&list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>(), &Components::standard())
        };
        let asked = of(&["0.05", "perplexity=0.5"]).unwrap();
        assert_eq!((asked.share, asked.units.get("perplexity")), (0.05, Some(&0.5)));
        for bad in ["x", "-0.1", "1.5", "nonsense=1", "perplexity=", "inf"] {
            assert!(of(&[bad]).is_err(), "{bad}");
        }
    }
}
