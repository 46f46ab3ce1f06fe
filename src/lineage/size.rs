//! How much memory settings take, from what the spec says and before any of it is taken. Rough, and rather too much than
//! too little: it decides what is refused.

use crate::data::{Field, Kind};
use crate::regimes::Counts;
use crate::spec::{Error, Hold, LoopSpec, Node, RetainSynthetic, Setting};

use super::Lineage;

/// Bytes of settings that are made ready without being asked for more.
pub const READY: f64 = 1e9;
/// Bytes of what one member of a population is made ready as.
const MEMBER: f64 = 1500.0;
/// Copies of rows that live at once: the store, the training set, what is made of it, numbers for a network.
const COPIES: f64 = 4.0;
/// Copies of a network's weights: themselves, gradients, two moments, the kept best, and what is on its way.
const WEIGHTS: f64 = 6.0;
/// Numbers that an element of a text takes where the schema does not say how long it is.
const LENGTH: f64 = 256.0;

/// Bytes that making a setting ready takes, before its rows.
fn ready(spec: &LoopSpec) -> f64 {
    // A plan of rows, and whether it is measured.
    let generation = size_of::<Counts>() as f64 + 1.0;
    f64::from(spec.generations) * generation + spec.population as f64 * MEMBER
}

/// Refuses settings that can't be made ready within so many bytes.
///
/// # Errors
/// With the place of the largest number.
pub fn refuse_large(settings: &[Setting], allowed: f64) -> Result<(), Error> {
    let bytes: f64 = settings.iter().map(|setting| ready(&setting.loop_)).sum();
    let largest = settings.iter().max_by(|a, b| ready(&a.loop_).total_cmp(&ready(&b.loop_)));
    match largest.filter(|_| bytes > allowed) {
        None => Ok(()),
        Some(Setting { loop_, .. }) => {
            let members = loop_.population as f64 * MEMBER > f64::from(loop_.generations);
            let key = if members { "population" } else { "generations" };
            let message = format!(
                "the generations and members of {} setting(s) would take about {} before anything runs, and {} are allowed (`--memory` allows more)",
                settings.len(),
                written(bytes),
                written(allowed)
            );
            Err(Error::too_large(loop_.at(key), message))
        }
    }
}

/// A size in words: megabytes below a gigabyte.
pub fn written(bytes: f64) -> String {
    if bytes < 1e9 { format!("{:.0} MB", bytes / 1e6) } else { format!("{:.1} GB", bytes / 1e9) }
}

/// Bytes of a row.
pub fn row(fields: &[Field]) -> f64 {
    let of = |field: &Field| match &field.kind {
        Kind::F32 { width, .. } => 4.0 * *width as f64,
        Kind::F64 { width } => 8.0 * *width as f64,
        Kind::Codes { .. } => 4.0,
        Kind::Ragged { .. } => 4.0 * LENGTH,
    };
    fields.iter().map(of).sum()
}

impl Lineage {
    /// Bytes that one lineage takes at its largest, about; `model` is its table in the spec.
    pub fn bytes(&self, model: &Node) -> f64 {
        let row = row(&self.source.schema().fields);
        let members = self.families.len() as f64;
        let samples = self.measuring.metrics.iter().any(|m| m.sample) || self.measuring.task.is_some();
        // The sample, the held-out rows beside it and what metrics keep of the first ones.
        let measured = if samples { 4.0 * self.measuring.size as f64 * row } else { 0.0 };
        // Statistics are made of the human rows of generation 0, and of nothing else.
        let rows = if self.statistics { self.budget.initial as f64 } else { self.most_rows() };
        members * (COPIES * rows * row + measured + weights(model, row / 4.0))
    }

    /// The rows of the largest store.
    fn most_rows(&self) -> f64 {
        let grows = self.regime.retain_synthetic != RetainSynthetic::None || self.regime.keeps_everything();
        let initial = self.budget.initial as f64;
        if self.budget.hold == Hold::Human {
            return initial.max(self.budget.human_rows as f64 * (1.0 + self.budget.synthetic_scale));
        }
        let generations = self.budget.generations;
        let at = |g: u32| self.budget.samples.count_at(g, generations).unwrap_or(self.budget.initial) as f64;
        match grows {
            true => (1..=generations).fold(initial, |all, g| all + at(g)),
            false => (1..=generations).map(at).fold(initial, f64::max),
        }
    }
}

/// Bytes of a model's parameters with what training keeps beside them, from the keys that say how wide and deep it is.
fn weights(model: &Node, inputs: f64) -> f64 {
    let number = |key: &str| model.get(key).and_then(Node::as_f64);
    let most = |keys: &[&str]| keys.iter().filter_map(|key| number(key)).fold(0.0, f64::max);
    let width = most(&["hidden", "width", "embedding", "features", "components", "bins"]);
    let latent = most(&["latent", "context"]);
    let depth = most(&["layers", "couplings"]).max(1.0);
    let is_network = ["hidden", "width", "embedding"].iter().any(|key| number(key).is_some());
    let parameters = match is_network {
        // A transformer's block has twelve squares of its width.
        true => depth * width * (12.0 * width + inputs + latent) + latent * latent,
        false => width * inputs + latent * inputs,
    };
    let batch = number("batch").unwrap_or(64.0).min(1e6);
    4.0 * (WEIGHTS * parameters + batch * depth * (width + latent))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::lineage::{Context, assemble};
    use crate::spec::Experiment;

    fn spec(more: &str, metric: &str) -> String {
        format!(
            "[data]\nsource = \"gaussian\"\ndim = 2\n[model]\nfamily = \"gaussian\"\n[loop]\n{more}\n[measure]\n\
             metrics = [\"{metric}\"]\nsize = 100\n[sweep]\nseeds = 1\n"
        )
    }

    fn bytes(more: &str, metric: &str) -> f64 {
        let experiment = Experiment::from_toml(&spec(more, metric), "test").unwrap();
        let settings = assemble(&experiment, &Context::default()).unwrap();
        let setting = &settings[0];
        setting.lineage.as_ref().unwrap().bytes(&setting.setting.model)
    }

    #[test]
    fn a_growing_store_counts_whole_and_statistics_only_their_first_rows() {
        let size = "generations = 9\nsamples = 1000\nregime = ";
        // 16 bytes a row, four copies; four samples of 100 rows.
        let measured = 4.0 * 100.0 * 16.0;
        assert_eq!(bytes(&format!("{size}\"replace\""), "energy-distance"), 4.0 * 1000.0 * 16.0 + measured);
        let grown = bytes(&format!("{size}\"accumulate\""), "energy-distance");
        assert_eq!(grown, 4.0 * 10_000.0 * 16.0 + measured);
        assert_eq!(bytes(&format!("{size}\"accumulate\""), "variance"), 4.0 * 1000.0 * 16.0);
    }

    #[test]
    fn what_no_memory_holds_is_refused_before_it_is_made_ready() {
        for (key, more) in [
            ("generations", "generations = 4294967295\nsamples = 5"),
            ("population", "generations = 2\nsamples = 5\npopulation = 9223372036854775807"),
            ("population", "generations = 2\nsamples = 5\npopulation = 1000000000"),
        ] {
            let experiment =
                Experiment::from_toml(&spec(&format!("{more}\nregime = \"replace\""), "variance"), "test")
                    .unwrap();
            let Err(error) = assemble(&experiment, &Context::default()) else {
                panic!("{key} is not refused")
            };
            assert_eq!(error.kind(), crate::spec::Kind::TooLarge, "{error}");
            assert!(error.located().contains("are allowed"), "{}", error.located());
        }
    }
}
