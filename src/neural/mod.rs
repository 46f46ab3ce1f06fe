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
pub mod realnvp;
pub mod size;
mod table;
pub mod train;
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

/// When training ends early, as every family says it.
const PATIENCE: Parameter = parameter(
    "patience",
    "0",
    "early stopping: twenty times a fit a tenth of the training rows, kept aside, is scored; training ends when so many \
     scores in a row are no better, and the best model is kept; 0 trains on all rows to the end",
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
    fn the_described_parameters_and_defaults_are_the_real_ones() {
        let real = [
            (vae::ABOUT, serde_json::to_value(vae::VaeParams::default()).unwrap()),
            (
                flow_matching::ABOUT,
                serde_json::to_value(flow_matching::FlowMatchingParams::default()).unwrap(),
            ),
            (ddpm::ABOUT, serde_json::to_value(ddpm::DdpmParams::default()).unwrap()),
            (realnvp::ABOUT, serde_json::to_value(realnvp::RealnvpParams::default()).unwrap()),
            (gpt::ABOUT, serde_json::to_value(gpt::GptParams::default()).unwrap()),
            (gru::ABOUT, serde_json::to_value(gru::GruParams::default()).unwrap()),
            (answerer::ABOUT, serde_json::to_value(answerer::Params::default().0).unwrap()),
        ];
        for (about, real) in real {
            let real = real.as_object().unwrap();
            let own = || about.parameters.iter().filter(|p| p.name != "size");
            let names: Vec<_> = own().map(|p| p.name.to_string()).collect();
            assert_eq!(names, real.keys().cloned().collect::<Vec<_>>());
            for p in own() {
                let stated: serde_json::Value = serde_json::from_str(p.default).unwrap();
                let same = stated == real[p.name] || stated.as_f64() == real[p.name].as_f64();
                assert!(same, "{}.{}: {stated} is not {}", about.name, p.name, real[p.name]);
            }
        }
    }
}
