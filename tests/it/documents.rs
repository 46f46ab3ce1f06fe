//! What the README quotes is what the committed results say.

use std::path::Path;

/// The mean of a metric at a generation of the setting with this human share, from a committed summary.
fn mean(summary: &str, share: &str, generation: &str, metric: &str) -> f64 {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference").join(summary);
    let mut reader = csv::Reader::from_path(path).unwrap();
    let columns = reader.headers().unwrap().clone();
    let at = |name: &str| columns.iter().position(|c| c == name).unwrap();
    let wanted = [
        ("human_fraction", share),
        ("loop.human_alone", ""),
        ("generation", generation),
        ("subject", "model"),
        ("metric", metric),
    ];
    let row = reader
        .records()
        .map(Result::unwrap)
        .find(|row| wanted.iter().all(|(column, value)| &row[at(column)] == *value))
        .unwrap_or_else(|| panic!("{summary} has no row of {wanted:?}"));
    row[at("mean")].parse().unwrap()
}

/// A number with three significant digits, as sentences have it.
fn three(value: f64) -> String {
    let digits = (2 - value.abs().log10().floor() as i32).max(0);
    let text = format!("{value:.*}", digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[test]
fn the_readme_quotes_the_comparison_that_is_committed() {
    let readme = include_str!("../../README.md").replace('\n', " ");
    for (summary, generation, metric) in [
        ("compare-digits-summary.csv", "6", "coverage"),
        ("compare-moby-dick-summary.csv", "4", "perplexity"),
    ] {
        let of = |share: &str| three(mean(summary, share, generation, metric));
        let sentence = format!(
            "After {generation} generations {metric} is {} with 30 % human rows, {} with 100 % and {} with none",
            of("0.3"),
            of("1"),
            of("0")
        );
        assert!(readme.contains(&sentence), "the README lacks: {sentence}");
    }
}

/// The exported notebook was run on the tables beside it, and these are such as a run writes today: results/README.md
/// explains each of their columns.
#[test]
fn the_exported_notebook_is_executed_and_its_columns_are_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("notebooks-export/digits-vae");
    let text = std::fs::read_to_string(folder.join("notebook.ipynb")).unwrap();
    let notebook: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cells = notebook["cells"].as_array().unwrap().iter().filter(|cell| cell["cell_type"] == "code");
    let outputs: Vec<&serde_json::Value> = cells
        .flat_map(|cell| {
            assert!(cell["execution_count"].is_number(), "not executed: {}", cell["source"]);
            cell["outputs"].as_array().unwrap()
        })
        .collect();
    assert!(outputs.iter().all(|output| output["output_type"] != "error"));
    assert!(outputs.iter().any(|output| output["data"]["image/png"].is_string()), "no figure");
    let explained = std::fs::read_to_string(root.join("results/README.md")).unwrap();
    for table in ["metrics.csv", "summary.csv"] {
        let columns = csv::Reader::from_path(folder.join(table)).unwrap().headers().unwrap().clone();
        // A column with a point is a swept key, named by itself.
        for column in columns.iter().filter(|column| !column.contains('.')) {
            assert!(explained.contains(&format!("`{column}`")), "{table}: `{column}`");
        }
        assert!(columns.iter().any(|column| column == "why"), "{table} is of an older format");
    }
}
