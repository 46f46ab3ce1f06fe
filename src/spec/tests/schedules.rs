use super::*;

fn schedule(value: &str) -> Result<Schedule, Error> {
    Node::from_toml(&format!("s = {value}"), "s").and_then(|n| n.get("s").unwrap().parse())
}

fn values(value: &str, generations: u32) -> Vec<f64> {
    let s = schedule(value).unwrap();
    (0..=generations).map(|g| s.at(g, generations)).collect()
}

#[test]
fn values_by_hand() {
    assert_eq!(values("100", 2), [100.0, 100.0, 100.0]);
    assert_eq!(values("{ power = 2, base = 100 }", 3), [100.0, 400.0, 900.0, 1600.0]);
    assert_eq!(values("{ geometric = 0.5, base = 8 }", 3), [8.0, 4.0, 2.0, 1.0]);
    assert_eq!(values("{ list = [5, 7] }", 3), [5.0, 7.0, 7.0, 7.0]);
    assert_eq!(values("{ list = [5, 7], last = 9 }", 3), [5.0, 7.0, 7.0, 9.0]);
    assert_eq!(values("{ list = [5], last = 9 }", 0), [9.0]);
}

#[test]
fn counts_round_to_nearest_and_refuse_what_is_no_size() {
    let count = |v: f64| Schedule::constant(v).count_at(3, 5);
    assert_eq!(count(2.4), Ok(2));
    assert_eq!(count(2.5), Ok(3));
    assert_eq!(count(0.0), Ok(0));
    for bad in [-0.4, -1.0, f64::NAN, f64::INFINITY, 5e9] {
        let error = count(bad).unwrap_err();
        assert_eq!(error.generation, 3);
        assert!(error.to_string().contains("generation 3"));
    }
}

#[test]
fn the_written_form_is_the_form_that_was_read() {
    for text in [
        "100.0",
        "{\"power\":2.0,\"base\":100.0}",
        "{\"geometric\":0.9,\"base\":3.0,\"last\":5.0}",
        "{\"list\":[1.0,2.0]}",
    ] {
        let s: Schedule = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&s).unwrap(), text);
    }
}

#[test]
fn malformed_schedules_say_what_is_missing() {
    for (text, want) in [
        ("{ power = 2 }", "needs `base`"),
        ("{ power = 2, list = [1], base = 3 }", "one of `power`"),
        ("{ list = [] }", "empty"),
        ("{ list = [1], base = 1 }", "no `base`"),
        ("{ geometric = -1, base = 1 }", "0 or more"),
        ("inf", "finite"),
        ("\"many\"", "expected a number or a schedule"),
        ("{ pwer = 2, base = 1 }", "unknown key `pwer`"),
    ] {
        let error = schedule(text).unwrap_err();
        assert!(error.located().contains(want), "{text}: {}", error.located());
    }
}

#[test]
fn ranges_are_checked_over_all_generations() {
    let fails = |lines: &str, want: &str| {
        let error = with_loop(&format!("generations = 9\nregime = \"r\"\n{lines}")).unwrap_err();
        assert!(error.located().contains(want), "{}", error.located());
        assert_eq!(error.kind(), Kind::BadValue);
    };
    fails("samples = { geometric = 0.1, base = 100 }", "`samples` is 0 at generation 8");
    fails("samples = { power = 9, base = 100 }", "at generation 8");
    fails("samples = -5", "-5 rows at generation 0");
    fails("samples = 5\nhuman_fraction = 1.5", "1.5 at generation 0, outside [0, 1]");
    fails("samples = 5\nhuman_fraction = { list = [0, 0.5, 2, 0] }", "generation 2");
    fails("samples = 5\nhuman_fraction = { list = [0], last = -1 }", "generation 9");
}
