//! How a fused operation is tested: values and gradients against burn's own graph (on flex
//! and on ndarray), and gradients against central differences.
#![allow(clippy::unwrap_used)]

use burn::Tensor;
use burn::tensor::{Device, TensorData};

use crate::neural::device::{DeviceName, training_device};

/// A matrix of numbers in (−1, 1) that look random, the same on every run.
pub(crate) fn pseudo(shape: [usize; 2], salt: u32) -> ([usize; 2], Vec<f32>) {
    let mut state = salt.wrapping_mul(0x9E37_79B9) | 1;
    let values = (0..shape[0] * shape[1])
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    (shape, values)
}

type Inputs = [([usize; 2], Vec<f32>)];

fn leaves(inputs: &Inputs, device: &Device) -> Vec<Tensor<2>> {
    inputs
        .iter()
        .map(|(shape, v)| Tensor::from_data(TensorData::new(v.clone(), *shape), device).require_grad())
        .collect()
}

/// Output and gradients of Σ c·f(inputs) with fixed unequal weights c.
fn run(inputs: &Inputs, device: &Device, f: &dyn Fn(&[Tensor<2>]) -> Tensor<2>) -> (Vec<f32>, Vec<Vec<f32>>) {
    let leaves = leaves(inputs, device);
    let y = f(&leaves);
    let (_, c) = pseudo(y.dims(), 99);
    let out: Vec<f32> = y.clone().into_data().try_to_vec().unwrap();
    let c = Tensor::<2>::from_data(TensorData::new(c, y.dims()), device);
    let grads = (y * c).sum().backward();
    let g = leaves.iter().map(|l| l.grad(&grads).unwrap().into_data().try_to_vec().unwrap()).collect();
    (out, g)
}

fn objective(inputs: &Inputs, device: &Device, f: &dyn Fn(&[Tensor<2>]) -> Tensor<2>) -> f64 {
    let y = f(&leaves(inputs, device));
    let (_, c) = pseudo(y.dims(), 99);
    let out: Vec<f32> = y.into_data().try_to_vec().unwrap();
    out.iter().zip(&c).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn close(a: &[f32], b: &[f32], tolerance: f32, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        assert!((x - y).abs() <= tolerance * (1.0 + y.abs()), "{what}[{i}]: {x} against {y}");
    }
}

/// Asserts that `fused` and `graph` are the same function with the same gradients.
pub(crate) fn agree(
    inputs: &Inputs,
    fused: impl Fn(&[Tensor<2>]) -> Tensor<2>,
    graph: impl Fn(&[Tensor<2>]) -> Tensor<2>,
) {
    let flex = training_device(DeviceName::Flex);
    let (y, g) = run(inputs, &flex, &fused);
    for device in [flex.clone(), training_device(DeviceName::NdArray)] {
        let (y2, g2) = run(inputs, &device, &graph);
        close(&y, &y2, 2e-5, "value");
        for (k, (a, b)) in g.iter().zip(&g2).enumerate() {
            close(a, b, 5e-5, &format!("gradient of input {k}"));
        }
    }
    // Central differences at a few places of every input; f32 forward passes of size ~1
    // carry an error of about 1e-6/h, and kinks (ReLU) are h-close with small probability.
    let h = 1e-2f32;
    for k in 0..inputs.len() {
        let n = inputs[k].1.len();
        for i in [0, n / 3, n / 2, n - 1] {
            let mut nudged = inputs.to_vec();
            nudged[k].1[i] += h;
            let up = objective(&nudged, &flex, &fused);
            nudged[k].1[i] -= 2.0 * h;
            let down = objective(&nudged, &flex, &fused);
            let slope = ((up - down) / (2.0 * f64::from(h))) as f32;
            let exact = g[k][i];
            assert!(
                (slope - exact).abs() <= 5e-3 + 2e-2 * exact.abs(),
                "difference quotient of input {k}[{i}]: {slope} against {exact}"
            );
        }
    }
}
