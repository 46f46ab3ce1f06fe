//! The estimated synthetic share of every generation, as a table and as JSON.

use std::sync::Arc;

use comfy_table::Cell;
use serde_json::{Value, json};

use crate::augment::{SyntheticShare, synthetic_share};
use crate::cli::tables::{self, right, tied};
use crate::data::{Samples, Schema, Source, Supply};
use crate::models::Refusal;
use crate::rng::Streams;
use crate::run::recorded::Runs;

/// The share of one generation of one run.
pub(super) struct Row {
    run: String,
    generation: u32,
    share: SyntheticShare,
}

/// The shares of all generations; `schema` is that of all rows.
pub(super) fn of_generations(
    source: &Source,
    synthetic: &Samples,
    runs: &Runs,
    schema: &Arc<Schema>,
    salt: u64,
) -> Result<Vec<Row>, Refusal> {
    let streams = Streams::new(salt, 0).of("synthetic-share");
    let refused = |e: crate::data::ShapeError| Refusal::new(e.to_string());
    let grown = |rows: &Samples| {
        let columns = (0..schema.fields.len()).map(|i| rows.column(i).clone()).collect();
        Samples::new(schema.clone(), columns).map_err(refused)
    };
    let human = match &source.supply {
        Supply::Distribution(d) => d.draw(synthetic.len(), &mut streams.of("human").rng()),
        Supply::Finite(s) => {
            Samples::concat(&[&grown(&s.train)?, &grown(&s.validation)?, &grown(&s.held_out)?])
                .map_err(refused)?
        }
    };
    let all = || {
        runs.iter().flat_map(|(run, of)| of.iter().map(move |(generation, rows)| (run, *generation, rows)))
    };
    let corpora: Vec<&Samples> = all().map(|(.., rows)| rows).collect();
    let found = synthetic_share(&human, &grown(synthetic)?, &corpora, &streams)?;
    Ok(all()
        .zip(found)
        .map(|((run, generation, _), share)| Row { run: run.clone(), generation, share })
        .collect())
}

/// A line for each generation, and what the estimate takes for granted.
pub(super) fn table(rows: &[Row]) -> String {
    let several = rows.iter().any(|row| row.run != rows[0].run);
    let mut table = match several {
        true => tables::dense(&["run", "generation", "synthetic share", "95 % interval", ""]),
        false => tables::dense(&["generation", "synthetic share", "95 % interval", ""]),
    };
    let per_cent = |x: f64| format!("{:.0} %", 100.0 * x);
    for Row { run, generation, share } in rows {
        let mut cells = vec![right(generation.to_string()), right(per_cent(share.share))];
        let interval = format!("[{:.0}, {:.0}]", 100.0 * share.low, 100.0 * share.high);
        cells.push(right(tied(&interval)));
        cells.push(Cell::new(if share.mixture { "" } else { "other rows too¹" }));
        if several {
            cells.insert(0, Cell::new(run));
        }
        table.add_row(cells);
    }
    let mut text = tables::fitted(table);
    text.push_str("\nEstimated as a mixture of the human rows and of those of --synthetic; rows of a generator that these do not show may");
    text.push_str("\nbe counted as human.");
    if rows.iter().any(|row| !row.share.mixture) {
        text.push_str("\n¹ no mixture of the two references: rows of another kind are in it, and the share is not to be relied on");
    }
    text
}

/// The same for programs.
pub(super) fn as_json(rows: &[Row]) -> Value {
    let row = |Row { run, generation, share }: &Row| {
        json!({
            "run": run, "generation": generation, "share": share.share, "low": share.low, "high": share.high,
            "mixture": share.mixture,
        })
    };
    rows.iter().map(row).collect()
}
