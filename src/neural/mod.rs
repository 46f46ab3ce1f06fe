//! Neural families: small burn models, trained with burn's autodiff and fused operations.
//!
//! A model's parameters are one flat buffer ([`init`]); a training step makes them burn
//! leaves, builds its loss from the operations in [`kernels`] (fused on burn-flex, burn's
//! own graph elsewhere), and Adam updates the buffer ([`train`]). Fitted models sample and
//! score in plain f32 from the same buffer, one row independent of the others.
//!
//! One model is trained by one thread; run many models in parallel instead.

pub mod answerer;
pub mod checkpoint;
mod classes;
pub mod classifier;
#[cfg(test)]
mod conformance;
pub mod ddpm;
mod denoiser;
pub mod device;
#[cfg(test)]
mod floors;
pub mod flow_matching;
pub mod gpt;
pub mod gru;
pub mod init;
pub mod kernels;
pub mod language;
pub mod mlp;
mod plan;
pub mod realnvp;
pub mod size;
mod table;
pub mod train;
pub mod transport;
pub mod vae;

use crate::models::{BoxedFamily, rows_of};
use crate::registry::{Parameter, Registry};

/// The burn families.
pub static FAMILIES: Registry<BoxedFamily> = Registry {
    kind: "family",
    entries: &[
        vae::ENTRY,
        flow_matching::ENTRY,
        ddpm::ENTRY,
        realnvp::ENTRY,
        gpt::ENTRY,
        gru::ENTRY,
        answerer::ENTRY,
    ],
};

/// The presets of a family, if it has any.
pub fn presets(family: &str) -> Option<&'static size::Presets> {
    match family {
        "gpt" => Some(&gpt::PRESETS),
        "gru" => Some(&gru::PRESETS),
        "vae" => Some(&vae::PRESETS),
        "ddpm" => Some(&ddpm::PRESETS),
        "realnvp" => Some(&realnvp::PRESETS),
        "flow-matching" => Some(&flow_matching::PRESETS),
        _ => None,
    }
}

const fn parameter(name: &'static str, default: &'static str, meaning: &'static str) -> Parameter {
    Parameter { name, default, meaning, ..Parameter::ANY }
}

/// What is held fixed, as every family says it.
const EFFORT: Parameter = parameter(
    "effort",
    "\"steps\"",
    "\"steps\" or \"epochs\": what is held fixed when training sets differ in size",
);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spec::Node;

    #[test]
    fn presets_belong_to_their_families_and_the_small_one_is_the_default() {
        for entry in FAMILIES.entries {
            let offered = entry.about.parameters.iter().any(|p| p.name == "size");
            let presets = presets(entry.about.name);
            assert_eq!(presets.is_some(), offered, "{}", entry.about.name);
            let Some(presets) = presets else { continue };
            assert_eq!(presets.tables[0], "", "{}", entry.about.name);
            for size in size::Size::ALL {
                let table = format!("size = \"{}\"", size.as_str());
                entry.make(&Node::from_toml(&table, "test.toml").unwrap()).unwrap();
                assert!(!presets.measured[size as usize].is_empty(), "{} {table}", entry.about.name);
            }
        }
    }

    #[test]
    fn the_described_defaults_of_the_answerer_are_the_real_ones() {
        let real = serde_json::to_value(answerer::Params::default().0).unwrap();
        let real = real.as_object().unwrap();
        for p in answerer::ABOUT.parameters {
            let stated: serde_json::Value = serde_json::from_str(p.default).unwrap();
            let real = real.get(p.name).unwrap_or_else(|| panic!("{} is no parameter", p.name));
            let same = match (stated.as_f64(), real.as_f64()) {
                (Some(stated), Some(real)) => stated == real,
                _ => stated == *real,
            };
            assert!(same, "{}: {stated} is not {real}", p.name);
        }
        assert_eq!(real.len(), answerer::ABOUT.parameters.len());
    }
}
