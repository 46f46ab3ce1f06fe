#![allow(clippy::unwrap_used)]
use super::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution, Normal};

fn on(x: &[f64], value: f64, sd_of_one: Option<f64>) -> Point<'_> {
    Point { at: 3, evidence: Evidence::Values(x), expected: Expected { value, sd_of_one } }
}

#[test]
fn the_verdict_is_three_way() {
    let tolerance = Tolerance::relative(0.1);
    let verdict = |low, high, relation| judge(&Interval::new(low, high, "t"), 10.0, tolerance, relation);
    assert_eq!(verdict(9.1, 10.9, Relation::Equal), Verdict::Passed);
    assert_eq!(verdict(9.1, 11.1, Relation::Equal), Verdict::Undecided);
    assert_eq!(verdict(5.0, 20.0, Relation::Equal), Verdict::Undecided);
    assert_eq!(verdict(11.1, 11.2, Relation::Equal), Verdict::Failed);
    assert_eq!(verdict(2.0, 8.9, Relation::Equal), Verdict::Failed);
    assert_eq!(verdict(2.0, 10.9, Relation::AtMost), Verdict::Passed);
    assert_eq!(verdict(11.1, 12.0, Relation::AtMost), Verdict::Failed);
    assert_eq!(verdict(9.5, 90.0, Relation::AtLeast), Verdict::Passed);
    assert_eq!(verdict(8.0, 9.5, Relation::AtLeast), Verdict::Undecided);
}

#[test]
fn the_laws_own_standard_error_replaces_the_samples() {
    // Four equal values have no spread; with the law's sd 1 the interval is 5 ± 3.89/2.
    let x = [5.0; 4];
    let r = against_law(
        "",
        Statistic::Mean,
        &[on(&x, 5.0, Some(1.0))],
        Tolerance::relative(0.5),
        Relation::Equal,
    );
    assert!((r.high.unwrap() - r.low.unwrap() - 3.890_592).abs() < 1e-5);
    assert_eq!((r.verdict, r.at), (Verdict::Passed, Some(3)));
    let r =
        against_law("", Statistic::Mean, &[on(&[1.0], 1.0, None)], Tolerance::relative(0.5), Relation::Equal);
    assert_eq!(r.verdict, Verdict::Undecided);
    let r = against_law(
        "",
        Statistic::MeanLog,
        &[on(&[1.0, 0.0], 1.0, None)],
        Tolerance::relative(0.5),
        Relation::Equal,
    );
    assert!(r.verdict == Verdict::Undecided && r.reason.contains("not positive"));
    assert_eq!(
        against_law("", Statistic::Mean, &[], Tolerance::default(), Relation::Equal).verdict,
        Verdict::Undecided
    );
}

#[test]
fn one_bad_generation_fails_the_joint_claim_and_is_named() {
    let (good, bad) = ([1.0, 1.001, 0.999].repeat(20), [2.0, 2.001, 1.999].repeat(20));
    let mut points = vec![on(&good, 1.0, None); 3];
    points[1] = Point { at: 7, ..on(&bad, 1.0, None) };
    let r = against_law("", Statistic::Mean, &points, Tolerance::relative(0.05), Relation::Equal);
    assert_eq!((r.verdict, r.at, r.measured.unwrap().round()), (Verdict::Failed, Some(7), 2.0));
}

#[test]
fn streamed_moments_decide_as_the_values_do() {
    let x: Vec<f64> = (1..=999).map(|i| f64::from(i) / 500.0).collect();
    let m: Accumulator = x.iter().copied().collect();
    let point = |evidence| Point { at: 1, evidence, expected: Expected { value: 1.0, sd_of_one: None } };
    for statistic in [Statistic::Mean, Statistic::MeanLog] {
        let result = |e| against_law("", statistic, &[point(e)], Tolerance::relative(0.2), Relation::Equal);
        let (a, b) = (result(Evidence::Values(&x)), result(Evidence::Moments(&m)));
        let blur = 1e-12;
        for (p, q) in [(a.measured, b.measured), (a.low, b.low), (a.high, b.high)] {
            assert!((p.unwrap() - q.unwrap()).abs() < blur, "{statistic:?}: {p:?} and {q:?}");
        }
        assert_eq!(a.verdict, b.verdict);
    }
}

/// With a tolerance of 0 a true claim fails exactly when an interval misses the truth. At 10⁻⁴ that can't be counted
/// in a test, so the joint construction is checked at a hundred times the level: intervals at 1 % / k.
#[test]
fn joint_intervals_miss_the_truth_no_more_often_than_they_say() {
    let (k, n, times, error) = (4, 6, 4000, 0.01);
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    let normal = Normal::new(1.0, 0.5).unwrap();
    let mut alarms = [0_u32; 2];
    for _ in 0..times {
        let mut missed = [false; 2];
        for _ in 0..k {
            let x: Vec<f64> = (0..n).map(|_| normal.sample(&mut rng)).collect();
            for (sd, missed) in [None, Some(0.5)].into_iter().zip(&mut missed) {
                let (_, i) = around(of_values(&x), sd, 1.0 - error / f64::from(k)).unwrap();
                *missed |= judge(&i, 1.0, Tolerance::default(), Relation::Equal) == Verdict::Failed;
            }
        }
        for (count, missed) in alarms.iter_mut().zip(missed) {
            *count += u32::from(missed);
        }
    }
    // Independent generations: 1 − (1 − 1 %/4)⁴ = .99626 %.
    let p = 1.0 - (1.0 - error / f64::from(k)).powi(k);
    let se = (p * (1.0 - p) / f64::from(times)).sqrt();
    for count in alarms {
        assert!((f64::from(count) / f64::from(times) - p).abs() < 4.0 * se, "{count} of {times} for {p}");
    }
    assert!((1.0 - joint_level(4) - ERROR_LEVEL / 4.0).abs() < 1e-15);
}

/// The real thing, small: 2,000 lineages of a Gaussian under replace against its law and against a wrong one.
#[test]
fn a_true_law_passes_and_a_wrong_one_fails() {
    let (n, t, seeds) = (100.0, 10, 2000);
    let mut rng = ChaCha8Rng::seed_from_u64(22);
    let chi = ChiSquared::new(n - 1.0).unwrap();
    let x: Vec<f64> = (0..seeds).map(|_| (0..t).fold(1.0, |v, _| v * chi.sample(&mut rng) / n)).collect();
    let law = crate::theory::find("gaussian-replace-variance").unwrap();
    let p = law.predict(&crate::theory::Conditions { n, fits: t, ..Default::default() }).unwrap();
    let with = |value| on(&x, value, p.sd_of_one);
    // Standard error .47/√2000 = .0095, times 3.9: ± .04.
    let claim = |value, tolerance| {
        against_law("", Statistic::Mean, &[with(value)], Tolerance::relative(tolerance), Relation::Equal)
            .verdict
    };
    assert_eq!(claim(p.mean, 0.1), Verdict::Passed);
    assert_eq!(claim(p.mean, 0.01), Verdict::Undecided);
    assert_eq!(claim(1.0, 0.01), Verdict::Failed);
}
