use super::*;

/// The first place's line, column and text, and the whole one-line message.
fn failure(text: &str) -> ((usize, usize), String, String) {
    let error = load(text).unwrap_err();
    let at = error.places()[0].clone();
    (at.line_column(), at.text().to_owned(), error.located())
}

fn rendered(error: &Error) -> String {
    let mut out = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
        .with_width(200)
        .render_report(&mut out, error)
        .unwrap();
    out
}

#[test]
fn syntax_points_at_the_sign() {
    let (place, _, message) = failure("[data]\nsource = \n");
    assert_eq!(place.0, 2);
    assert!(message.starts_with("e.toml:2:"), "{message}");
    assert_eq!(load("a = [1,").unwrap_err().kind(), Kind::Syntax);
}

#[test]
fn unknown_keys_of_one_table_come_together_with_suggestions() {
    let text = small("sampels = 5\nhumn_fraction = 0\n");
    let error = load(&text).unwrap_err();
    assert_eq!(error.kind(), Kind::UnknownKey);
    let places: Vec<_> = error.places().iter().map(|a| (a.line_column(), a.text())).collect();
    assert_eq!(places, [((10, 1), "sampels"), ((11, 1), "humn_fraction")]);
    let help = error.help_text().unwrap();
    assert!(help.contains("did you mean `samples`, `human_fraction`?"), "{help}");
    assert!(help.contains("edit_above"), "lists the keys: {help}");
    let shown = rendered(&error);
    assert!(shown.contains("e.toml:10:1") && shown.contains("did you mean `samples`?"), "{shown}");
}

#[test]
fn unknown_tables_and_keys_of_every_typed_section() {
    for (more, key, guess) in [
        ("[sampling]\ntemprature = 1\n", "temprature", "temperature"),
        ("[measure]\nmetrcs = []\n", "metrcs", "metrics"),
        ("[about]\ntitel = \"x\"\n", "titel", "title"),
        ("[modle]\nx = 1\n", "modle", "model"),
        ("[loop.choices]\ninflw = \"none\"\n", "inflw", "inflow"),
        ("[quick.loop]\ngeneratons = 1\n", "generatons", "generations"),
        ("[profile.paper.loop]\nregme = \"x\"\n", "regme", "regime"),
        ("[[figure]]\nkind = \"curve\"\nx = \"a\"\ny = \"b\"\ncolour = \"c\"\n", "colour", "color"),
        (
            "[[claim]]\nsays = \"x\"\nmetrik = \"v\"\nat = 1\nstatistic = \"mean\"\ngreater = 0\n",
            "metrik",
            "metric",
        ),
    ] {
        let (_, text, message) = failure(&small(more));
        assert_eq!(text, key);
        assert!(message.contains(&format!("did you mean `{guess}`?")), "{message}");
    }
}

#[test]
fn wrong_types_name_the_key_and_both_types() {
    let (place, text, message) = failure(&small("initial = \"many\"\n"));
    assert_eq!((place, text.as_str()), ((10, 11), "\"many\""));
    let want = "`initial`: expected a whole number of 0 or more, found the string \"many\"";
    assert!(message.contains(want), "{message}");

    let (_, text, message) = failure(&small("initial = 100.0\n"));
    assert_eq!(text, "100.0");
    assert!(message.contains("(write 100)"), "{message}");

    let (_, text, message) = failure(&small("population = -1\n"));
    assert_eq!(text, "-1");
    assert!(message.contains("`population`: expected a whole number of 0 or more"), "{message}");

    let (_, _, message) =
        failure("data = 1\n[model]\nfamily = \"f\"\n[loop]\ngenerations = 1\nsamples = 1\nregime = \"r\"\n");
    assert!(message.contains("expected a table, found a whole number"), "{message}");
    let (_, _, message) = failure(&small("[curation]\nstep = \"x\"\n"));
    assert!(message.contains("[[curation]], with two brackets"), "{message}");
}

#[test]
fn missing_keys_point_at_their_table() {
    let (place, text, message) =
        failure("[data]\nsource = \"d\"\n[model]\nfamily = \"f\"\n[loop]\nsamples = 1\ngenerations = 1\n");
    assert_eq!((place, text.as_str()), ((5, 1), "[loop]"));
    assert!(message.contains("missing key `regime`"), "{message}");
    let (_, text, message) = failure(
        "[data]\nsource = \"d\"\n[model]\nx = 1\n[loop]\nsamples = 1\ngenerations = 1\nregime = \"r\"\n",
    );
    assert_eq!(text, "[model]");
    assert!(message.contains("missing key `family`"), "{message}");
    let (_, _, message) = failure("[data]\nsource = \"d\"\n");
    assert!(message.contains("missing key `model`"), "{message}");
}

#[test]
fn unknown_variants_and_misshapen_choices() {
    let (place, text, message) = failure(&small("hold = \"totl\"\n"));
    assert_eq!((place, text.as_str()), ((10, 8), "\"totl\""));
    assert!(message.contains("unknown value `totl` (did you mean `total`?"), "{message}");

    for (choice, span, want) in [
        ("draw = { unifrm = 3 }", "unifrm", "did you mean `uniform`?"),
        ("draw = \"uniform\"", "\"uniform\"", "write { uniform = … }"),
        ("draw = { all = 1 }", "all", "takes no value"),
        ("draw = { uniform = 1, balanced = 1 }", "{ uniform = 1, balanced = 1 }", "one key"),
        ("draw = { uniform = 1.5 }", "1.5", "whole number"),
        ("draw = { uniform = 0 }", "{ uniform = 0 }", "1 row or more"),
        ("retain_human = { share = 2 }", "{ share = 2 }", "outside [0, 1]"),
        ("weights = 3", "3", "one of equal, human, golden"),
    ] {
        let (_, text, message) = failure(&small(&format!("[loop.choices]\n{choice}\n")));
        assert_eq!(text, span, "{message}");
        assert!(message.contains(want), "{message}");
    }
}

#[test]
fn hold_human_conflicts_carry_both_places() {
    let lines = "generations = 1\nregime = \"r\"\nhold = \"human\"\nhuman_rows = 5\nsamples = 9\n";
    let error = with_loop(lines).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    let places: Vec<&str> = error.places().iter().map(|a| a.text()).collect();
    assert_eq!(places, ["samples", "hold"]);
    let shown = rendered(&error);
    assert!(shown.contains("e.toml:10:1") && shown.contains("and this"), "{shown}");
    for (lines, key) in [
        ("hold = \"human\"\n", "missing key `human_rows`"),
        ("hold = \"human\"\nhuman_rows = 5\nhuman_fraction = 0.1\n", "takes no `human_fraction`"),
        ("samples = 5\nhuman_rows = 5\n", "`human_rows` needs `hold"),
        ("samples = 5\nhold = \"total\"\nsynthetic_scale = 5\n", "`synthetic_scale` needs"),
        ("hold = \"total\"\n", "missing key `samples`"),
        ("samples = 5\npopulation = 0\n", "`population` is 0, and must be at least 1"),
        ("samples = 5\nsynthesis = \"label\"\n", "missing key `prompts`"),
        ("samples = 5\nsynthesis = \"edit\"\nprompts = \"fresh\"\n", "missing key `edit_above`"),
        ("samples = 5\nprompts = \"fresh\"\n", "`prompts` has no effect"),
    ] {
        let error = with_loop(&format!("generations = 1\nregime = \"r\"\n{lines}")).unwrap_err();
        assert!(error.located().contains(key), "{}", error.located());
    }
    let custom = with_loop("generations = 1\nsamples = 5\nregime = \"custom\"\n").unwrap_err();
    assert!(custom.located().contains("missing key `choices`"));
}

#[test]
fn registries_report_unknown_names_at_the_name() {
    let e = load(&small("").replace("family = \"gaussian\"", "family = \"gausian\"")).unwrap();
    let s = &e.settings().unwrap()[0];
    let error = Setting::unknown(&s.model, "family", "model", &["gaussian", "histogram"]);
    assert_eq!(error.kind(), Kind::UnknownName);
    let want = "e.toml:4:10: unknown model `gausian` (did you mean `gaussian`? known: gaussian, histogram)";
    assert_eq!(error.located(), want);
    let far = Setting::unknown(&s.model, "family", "model", &["vae"]);
    assert!(!far.located().contains("did you mean"));
}

#[test]
fn component_parameters_point_at_their_key() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Gaussian {
        #[serde(default)]
        dof: u32,
        scale: Option<f64>,
    }
    let e = load(&small("")).unwrap();
    let model = &e.settings().unwrap()[0].model;
    let error = model.parse_without::<Gaussian>(&["family"]).unwrap_err();
    assert!(error.located().starts_with("e.toml:5:1: unknown key `ddof` (did you mean `dof`?"));
    let fits = Node::from_toml("dof = 1\nscale = 2", "m").unwrap().parse::<Gaussian>().unwrap();
    assert_eq!((fits.dof, fits.scale), (1, Some(2.0)));
}

#[test]
fn claims_need_one_target_that_fits() {
    let base = "[[claim]]\nsays = \"x\"\nmetric = \"v\"\n";
    for (more, want) in [
        ("statistic = \"mean\"\nat = 1\n", "missing key `law, value, greater or less`"),
        ("statistic = \"mean\"\n", "missing key `at`"),
        ("statistic = \"mean\"\nat = 1\nvalue = 1\n", "missing key `tolerance`"),
        ("statistic = \"mean\"\nat = 1\nvalue = 0\ntolerance = 0.1\n", "tolerance_absolute"),
        ("statistic = \"mean\"\nat = 1\nvalue = 1\ntolerance = 0\n", "must be above 0"),
        ("statistic = \"mean\"\nat = 1\nvalue = 1\nlaw = \"l\"\ntolerance = 1\n", "second target"),
        ("statistic = \"ordering\"\nat = 1\nby = \"loop.regime\"\n", "missing key `order`"),
        ("statistic = \"monotone\"\nat = [1]\n", "missing key `direction`"),
        ("statistic = \"mean\"\nat = 1\ngreater = 1\ndirection = \"increasing\"\n", "does not fit"),
        ("statistic = \"rank-correlation\"\nat = 1\ngreater = 0\n", "missing key `with`"),
        (
            "statistic = \"rank-correlation\"\nat = 1\nwith = \"w\"\n",
            "missing key `law, value, greater or less`",
        ),
        ("statistic = \"rank-correlation\"\nat = 1\nwith = \"w\"\ngreater = 0\nless = 1\n", "second target"),
        ("statistic = \"mean\"\nat = 1\nwith = \"w\"\ngreater = 0\n", "does not fit"),
        ("statistic = \"mode\"\nat = 1\n", "unknown value `mode`"),
        ("statistic = \"mean\"\nat = 1\ngreater = 0\nwhere = { \"lop.regime\" = 1 }\n", "`loop.regime`"),
    ] {
        let error = load(&small(&format!("{base}{more}"))).map(|_| more).unwrap_err();
        assert!(error.located().contains(want), "{}", error.located());
    }
    let good = "statistic = \"slope\"\nat = [1, 5]\ngreater = -0.1\nless = 0.1\n";
    assert_eq!(load(&small(&format!("{base}{good}"))).unwrap().claims[0].less, Some(0.1));
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    for number in ["99999999999999999999", "1e999"] {
        let (_, text, message) = failure(&small(&format!("initial = {number}\n")));
        assert_eq!(text, number);
        assert!(message.contains("too large"), "{message}");
    }
}
