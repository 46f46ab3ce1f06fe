//! Filtering with replacement: rows that do not pass make room for further ones until there are as
//! many as before, or until the patience is at an end.

use serde::Deserialize;

use super::{CurationError, More, on_synthetic};
use crate::data::{Mix, Rows, Samples};

crate::parameters! {
    /// What a filter does when rows have to be replaced.
    #[derive(Clone, Copy, Debug)]
    pub struct Refill {
        /// The most rows asked for, per row wanted
        pub limit: usize = 10;
        /// "error" fails the lineage if too few rows passed, "fewer" goes on with them
        pub when_short: WhenShort = WhenShort::Error => "\"error\"";
    }
}

/// What happens if too few rows passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenShort {
    /// The step fails.
    #[default]
    Error,
    /// The training set gets fewer rows.
    Fewer,
}

impl Refill {
    /// Keeps the rows of every synthetic block that `passing` names, in order, and asks for further
    /// rows in place of the others. `passing` gets a table and the number of the batch (0 for the
    /// rows that were there) and returns positions in rising order.
    pub fn filter(
        self,
        mix: Mix,
        mut more: Option<More<'_>>,
        mut passing: impl FnMut(&Samples, u64) -> Result<Vec<u32>, CurationError>,
    ) -> Result<Mix, CurationError> {
        let mut batch = 0;
        on_synthetic(mix, |rows| {
            let table = rows.gather();
            let wanted = table.len();
            let mut kept = table.take(&passing(&table, batch)?);
            batch += 1;
            let Some(more) = more.as_mut() else { return Ok(Rows::all(kept)) };
            let most = self.limit.saturating_mul(wanted);
            let mut asked = 0;
            while kept.len() < wanted && asked < most {
                let ask = (wanted - kept.len()).min(most - asked);
                let further = more(ask)?;
                asked += ask;
                kept = Samples::concat(&[&kept, &further.take(&passing(&further, batch)?)])?;
                batch += 1;
            }
            if kept.len() < wanted && self.when_short == WhenShort::Error {
                return Err(CurationError::TooFew { wanted, kept: kept.len(), asked: wanted + asked });
            }
            Ok(Rows::all(kept))
        })
    }
}
