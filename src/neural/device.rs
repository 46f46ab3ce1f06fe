//! Which burn backend runs a model: the one file that names backends.
//!
//! burn 0.22 chooses its backend at run time through a [`Device`]; automatic
//! differentiation is a property of the device. `Device::default()` obeys the environment
//! and is never used here: a result must not depend on a variable that is not recorded.
//!
//! The CPU backends choose their matrix kernels from the instruction sets that the
//! processor has. Kernels of different classes differ in the last digits, so bits are only
//! promised within one [`kernel_class`], which the manifest records.

use burn::backend::DispatchDevice;
use burn::tensor::Device;

pub use crate::registry::DeviceName;
pub(crate) use burn::backend::Autodiff;
pub(crate) use burn::backend::autodiff;
/// The backend that the fused operations in [`super::kernels`] are written for.
pub(crate) use burn_flex::{Flex as Fused, FlexTensor as FusedTensor};

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
    use super::*;

    #[test]
    fn only_the_training_flex_device_fuses() {
        assert!(fuses(&training_device(DeviceName::Flex)));
        assert!(!fuses(&device(DeviceName::Flex)));
        assert!(!fuses(&training_device(DeviceName::NdArray)));
    }
}
