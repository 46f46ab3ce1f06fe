use super::*;

fn one(text: &str) -> (String, String, String) {
    let e = load(text).unwrap_or_else(|e| panic!("{}", e.located()));
    let settings: Vec<String> =
        e.settings().unwrap().iter().map(|s| setting_digest(s, &[("device", "flex".into())])).collect();
    let run = run_digest(&settings, &e.measure);
    (settings[0].clone(), measure_digest(&e.measure, &[]), run)
}

#[test]
fn titles_seeds_metrics_figures_and_claims_do_not_change_the_run() {
    let base = one(&small(""));
    for more in [
        "[about]\ntitle = \"x\"\nexpect = \"y\"\n",
        "[sweep]\nseeds = 50\n",
        "[[figure]]\nkind = \"gallery\"\n",
        "[[claim]]\nsays = \"x\"\nmetric = \"v\"\nat = 1\nstatistic = \"mean\"\ngreater = 0\n",
        "[quick.loop]\nsamples = 1\n",
    ] {
        assert_eq!(one(&small(more)), base, "{more}");
    }
    let (setting, measure, run) = one(&small("[measure]\nmetrics = [\"variance\"]\n"));
    assert_eq!((&setting, &run), (&base.0, &base.2));
    assert_ne!(measure, base.1);
    assert_eq!((base.0.len(), base.2.len()), (64, 8));
}

#[test]
fn whatever_a_lineage_depends_on_changes_its_digest() {
    let base = one(&small(""));
    for more in [
        "human_fraction = 0\n",
        "labels_known = false\n",
        "[loop.choices]\ndraw = \"all\"\n",
        "[sampling]\ntemperature = 0.9\n",
        "[generator]\nfamily = \"x\"\n",
        "[[curation]]\nstep = \"x\"\n",
        "[task]\nkind = \"x\"\n",
        "[[member]]\nddof = 1\n",
    ] {
        let other = one(&small(more));
        assert_ne!(other.0, base.0, "{more}");
        assert_ne!(other.2, base.2, "{more}");
        assert_eq!(other.1, base.1, "{more}");
    }
    assert_ne!(one(&small("").replace("ddof = 0", "ddof = 1")).0, base.0);
    // The measurement's frame is another run, of the same lineages.
    let frame = one(&small("[measure]\nsize = 10\n"));
    assert_eq!(frame.0, base.0);
    assert_ne!(frame.2, base.2);
}

#[test]
fn extra_counts_and_its_order_does_not() {
    let e = load(&small("")).unwrap();
    let s = &e.settings().unwrap()[0];
    let (a, b) = (("a", "1".to_owned()), ("b", "2".to_owned()));
    let both = setting_digest(s, &[a.clone(), b.clone()]);
    assert_eq!(both, setting_digest(s, &[b, a.clone()]));
    assert_ne!(both, setting_digest(s, &[a]));
}

#[test]
fn how_a_value_is_written_does_not_matter() {
    let base = one(&small(""));
    let rewritten = small("")
        .replace("samples = 100", "samples = 1e2")
        .replace("ddof = 0", "ddof = 0.0")
        .replace("source = \"gaussian\"", "source = 'gaussian' # as before");
    assert_eq!(one(&rewritten), base);
    assert_eq!(one(&small("start = \"scratch\"\npopulation = 1\n")), base);
    assert_eq!(one(&small("[sampling]\ntemperature = 1\n")), base);
    let text = |t: &str| canonical(&Node::from_toml(t, "t").unwrap());
    assert_eq!(text("b = 1\na = -0.0"), r#"{"a":0,"b":1,}"#);
    assert_eq!(text("a = 0.1"), text("a = 1e-1"));
    assert_ne!(text("a = \"1\""), text("a = 1"));
    assert_ne!(text("a = 9007199254740993"), text("a = 9007199254740992"));
}
