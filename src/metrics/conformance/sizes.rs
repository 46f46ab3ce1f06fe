//! Whether a metric's expected value moves with the number of rows that it sees, as its `Reading` says.

use rand::seq::SliceRandom;

use super::{METRICS, ROWS, When, accepts, build, cases, first};
use crate::data::Samples;
use crate::rng::Streams;

/// Draws of each size.
const DRAWS: u64 = 150;
const SIZES: [usize; 2] = [15, 75];
/// Standard errors beyond which two means differ: with some 100 comparisons, one in 10,000 tests fails by chance.
const BEYOND: f64 = 5.0;

/// So many rows at random.
fn some(rows: &Samples, n: usize, streams: Streams) -> Samples {
    let mut order: Vec<u32> = (0..ROWS as u32).collect();
    order.shuffle(&mut streams.rng());
    order.truncate(n);
    rows.take(&order)
}

/// Mean and squared standard error; nothing for a sample that the metric refuses.
fn mean(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (values.len() == DRAWS as usize).then_some((mean, spread / n))
}

#[test]
fn a_metric_that_is_declared_unbiased_has_one_mean_at_every_size() {
    let (mut compared, mut moved) = (Vec::new(), Vec::new());
    for case in cases() {
        for entry in METRICS.entries {
            let (metric, name) = (build(entry), entry.about.name);
            // Of the biased ones some that are cheap show that the test can tell.
            let shown = ["entropy", "wasserstein2", "distinct-2", "tv", "mean-error"].contains(&name);
            if !accepts(&metric, &case) || !(entry.extra.unbiased || shown) {
                continue;
            }
            let of = |n: usize| {
                let one = |draw: u64| {
                    let streams = |what: &str| Streams::new(11, draw).of(what).at(n as u64);
                    let rows = some(&case.same, n, streams("rows"));
                    let scene = match (&case.models, metric.needs().sample) {
                        (Some((_, lost)), When::Never) => case.model(&rows, lost),
                        _ => case.scene(&rows),
                    };
                    let scene = scene.beside(some(&case.held_out, n, streams("people")));
                    first(&metric, &scene).ok().filter(|v| v.is_finite())
                };
                mean(&(0..DRAWS).filter_map(one).collect::<Vec<_>>())
            };
            let Some(((few, a), (many, b))) = of(SIZES[0]).zip(of(SIZES[1])) else { continue };
            let off = (few - many).abs() > BEYOND * (a + b).sqrt() + 1e-9 * many.abs();
            if entry.extra.unbiased {
                assert!(!off, "{name} on {}: {few} of {} rows, {many} of {}", case.kind, SIZES[0], SIZES[1]);
                compared.push(name);
            } else if off {
                moved.push(name);
            }
        }
    }
    compared.dedup();
    assert!(compared.len() > 10, "{compared:?}");
    for name in ["entropy", "wasserstein2", "distinct-2", "tv", "mean-error"] {
        assert!(moved.contains(&name), "{name} is not told from an unbiased one");
    }
}
