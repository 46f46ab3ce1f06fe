//! Which burn backend runs a model: the one file that names backends.
//!
//! burn 0.22 chooses its backend at run time through a [`Device`]; automatic
//! differentiation is a property of the device. `Device::default()` obeys the environment
//! and is never used here: a result must not depend on a variable that nobody recorded.
//!
//! The CPU backends choose their matrix kernels from the instruction sets that the
//! processor has. Kernels of different classes differ in the last digits, so bits are only
//! promised within one [`kernel_class`], which the manifest records.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use burn::backend::DispatchDevice;
use burn::tensor::Device;

pub(crate) use burn::backend::Autodiff;
pub(crate) use burn::backend::autodiff;
/// The backend that the fused operations in [`super::kernels`] are written for.
pub(crate) use burn_flex::{Flex as Fused, FlexTensor as FusedTensor};

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

static SELECTED: OnceLock<DeviceName> = OnceLock::new();

/// Sets the device of every family that is built from a spec: `--device`, once per process,
/// before the first family is built. Returns the device in force, which differs from `name`
/// if another was selected before. Library users name the device in the family instead.
pub fn select(name: DeviceName) -> DeviceName {
    *SELECTED.get_or_init(|| name)
}

/// Returns the device of families built from a spec: the selected one, else the default.
pub fn selected() -> DeviceName {
    SELECTED.get().copied().unwrap_or_default()
}

/// Returns the burn device without automatic differentiation.
pub fn device(name: DeviceName) -> Device {
    match name {
        DeviceName::Flex => Device::flex(),
        #[allow(deprecated)]
        DeviceName::NdArray => Device::ndarray(),
        #[cfg(feature = "wgpu")]
        DeviceName::Wgpu => Device::wgpu(burn::tensor::DeviceKind::DefaultDevice),
        #[cfg(feature = "cuda")]
        DeviceName::Cuda => Device::cuda(0),
    }
}

/// Returns the burn device with automatic differentiation, as training needs it.
pub fn training_device(name: DeviceName) -> Device {
    device(name).autodiff()
}

/// Whether the fused operations run on this device (else the unfused graph does).
pub(crate) fn fuses(device: &Device) -> bool {
    device.is_autodiff()
        && match device.as_dispatch() {
            DispatchDevice::Flex(_) => true,
            DispatchDevice::Autodiff(inner) => {
                matches!(&**inner, DispatchDevice::Flex(_))
            }
            _ => false,
        }
}

/// Returns the class of the CPU matrix kernels that this processor gets:
/// `avx512`, `avx2`, `neon` or `scalar`. Same class, same bits.
pub fn kernel_class() -> &'static str {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        // The order in which the `gemm` crate under burn-flex asks.
        if std::arch::is_x86_feature_detected!("avx512f") {
            return "avx512";
        }
        if std::arch::is_x86_feature_detected!("fma") && std::arch::is_x86_feature_detected!("avx2") {
            return "avx2";
        }
        "scalar"
    }
    #[cfg(target_arch = "aarch64")]
    {
        "neon"
    }
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    {
        "scalar"
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

    #[test]
    fn only_the_training_flex_device_fuses() {
        assert!(fuses(&training_device(DeviceName::Flex)));
        assert!(!fuses(&device(DeviceName::Flex)));
        assert!(!fuses(&training_device(DeviceName::NdArray)));
    }
}
