//! The names of the devices that neural networks can be trained on.

use std::fmt;
use std::str::FromStr;

/// A backend that `--device` offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceName {
    /// burn-flex, CPU. The default: it carries the fused operations.
    #[default]
    Flex,
    /// burn-ndarray, CPU. Deprecated upstream; runs the unfused graph.
    NdArray,
    /// burn-wgpu on the default adapter; runs the unfused graph.
    #[cfg(feature = "wgpu")]
    Wgpu,
    /// burn-cuda on the first card; runs the unfused graph.
    #[cfg(feature = "cuda")]
    Cuda,
}

/// A device name that this build does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown device `{asked}`; this build offers {}", offered())]
pub struct UnknownDevice {
    /// What was asked for.
    pub asked: String,
}

fn offered() -> String {
    let names: Vec<_> = DeviceName::ALL.iter().map(|d| format!("`{d}`")).collect();
    names.join(", ")
}

impl DeviceName {
    /// Every device this build offers, the default first.
    pub const ALL: &'static [DeviceName] = &[
        DeviceName::Flex,
        DeviceName::NdArray,
        #[cfg(feature = "wgpu")]
        DeviceName::Wgpu,
        #[cfg(feature = "cuda")]
        DeviceName::Cuda,
    ];

    /// The name on the command line and in the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            DeviceName::Flex => "flex",
            DeviceName::NdArray => "ndarray",
            #[cfg(feature = "wgpu")]
            DeviceName::Wgpu => "wgpu",
            #[cfg(feature = "cuda")]
            DeviceName::Cuda => "cuda",
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DeviceName {
    type Err = UnknownDevice;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        DeviceName::ALL
            .iter()
            .copied()
            .find(|d| d.as_str() == s)
            .ok_or_else(|| UnknownDevice { asked: s.into() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_round_trip_and_unknown_ones_are_refused() {
        for d in DeviceName::ALL {
            assert_eq!(d.to_string().parse::<DeviceName>().unwrap(), *d);
        }
        let error = "gpu".parse::<DeviceName>().unwrap_err();
        assert!(error.to_string().contains("`flex`"), "{error}");
    }
}
