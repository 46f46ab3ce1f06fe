//! Parameters: one flat buffer of f32, named and shaped by a layout.
//!
//! burn initialises parameters lazily from a process-wide generator behind a mutex, which
//! no two threads can share reproducibly. Here the values are drawn from our own stream, in
//! layout order, and burn sees them as leaf tensors that each training step makes anew
//! ([`Weights::leaves`]): one copy a step, small beside the step. The flat buffer is also
//! what the optimiser, the checkpoint and the samplers read.
//!
//! Every parameter is a matrix; a vector is `[1, n]`.

use std::ops::Range;
use std::sync::Arc;

use burn::Tensor;
use burn::tensor::{Device, TensorData};
use rand::RngExt;
use rand_distr::StandardNormal;

use crate::rng::Stream;

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All zero.
    Zeros,
    /// All one.
    Ones,
    /// Normal with this standard deviation.
    Normal(f32),
    /// Uniform on (−a, a).
    Uniform(f32),
}

/// The names, shapes and initial laws of a model's parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    entries: Vec<Entry>,
    total: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    name: String,
    shape: [usize; 2],
    from: usize,
    init: Init,
}

impl Layout {
    /// Appends a parameter and returns its number.
    pub fn add(&mut self, name: impl Into<String>, shape: [usize; 2], init: Init) -> usize {
        self.entries.push(Entry { name: name.into(), shape, from: self.total, init });
        self.total += shape[0] * shape[1];
        self.entries.len() - 1
    }

    /// Appends the weight `[inputs, outputs]` and bias of an affine map, both uniform on
    /// ±1/√inputs; returns the weight's number, the bias follows.
    pub fn affine(&mut self, name: &str, inputs: usize, outputs: usize) -> usize {
        let law = Init::Uniform(1.0 / (inputs as f32).sqrt());
        let at = self.add(format!("{name}.weight"), [inputs, outputs], law);
        self.add(format!("{name}.bias"), [1, outputs], law);
        at
    }

    /// The number of parameters.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no parameter.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of scalars.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Name and shape of parameter `i`.
    pub fn entry(&self, i: usize) -> (&str, [usize; 2]) {
        (&self.entries[i].name, self.entries[i].shape)
    }

    /// Where parameter `i` lies in the flat buffer.
    pub fn span(&self, i: usize) -> Range<usize> {
        let Entry { shape, from, .. } = self.entries[i];
        from..from + shape[0] * shape[1]
    }
}

/// The values of a model's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    layout: Arc<Layout>,
    values: Vec<f32>,
}

impl Weights {
    /// Draws initial values from `rng`, in layout order.
    pub fn draw(layout: Arc<Layout>, rng: &mut Stream) -> Self {
        let mut values = Vec::with_capacity(layout.total());
        for entry in &layout.entries {
            let n = entry.shape[0] * entry.shape[1];
            match entry.init {
                Init::Zeros => values.extend(std::iter::repeat_n(0.0, n)),
                Init::Ones => values.extend(std::iter::repeat_n(1.0, n)),
                Init::Normal(sd) => {
                    values.extend((0..n).map(|_| sd * rng.sample::<f32, _>(StandardNormal)));
                }
                Init::Uniform(a) => {
                    values.extend((0..n).map(|_| a * (2.0 * rng.random::<f32>() - 1.0)));
                }
            }
        }
        Weights { layout, values }
    }

    /// Takes values from a file or another model; `None` if their number is wrong.
    pub fn from_values(layout: Arc<Layout>, values: Vec<f32>) -> Option<Self> {
        (values.len() == layout.total()).then_some(Weights { layout, values })
    }

    /// The values θ_0 + Σ c_i (θ_i − θ_0), for coefficients that sum to 1; `None` if the layouts differ.
    pub fn combined<M>(models: &[(f64, &M)], of: impl Fn(&M) -> &Weights) -> Option<Self> {
        let ((_, first), others) = models.split_first()?;
        let first = of(first);
        let mut values = first.values.clone();
        for (c, other) in others {
            let (c, other) = (*c as f32, of(other));
            if other.layout != first.layout {
                return None;
            }
            let both = first.values.iter().zip(&other.values);
            values.iter_mut().zip(both).for_each(|(v, (x, y))| *v += c * (y - x));
        }
        Some(Weights { layout: first.layout.clone(), values })
    }

    /// The layout.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The values of parameter `i`, row by row.
    pub fn get(&self, i: usize) -> &[f32] {
        &self.values[self.layout.span(i)]
    }

    /// All values.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, to be updated.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// The parameters as burn leaves that take gradients, in layout order.
    pub fn leaves(&self, device: &Device) -> Vec<Tensor<2>> {
        (0..self.layout.len())
            .map(|i| {
                let data = TensorData::new(self.get(i).to_vec(), self.layout.entries[i].shape);
                Tensor::from_data(data, device).require_grad()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Streams;

    #[test]
    fn values_follow_their_laws_and_their_stream() {
        let mut layout = Layout::default();
        let normal = layout.add("n", [100, 100], Init::Normal(0.5));
        let affine = layout.affine("a", 16, 1000);
        let layout = Arc::new(layout);
        let draw = |seed| Weights::draw(layout.clone(), &mut Streams::new(0, seed).rng());
        let w = draw(1);
        assert_eq!(w, draw(1));
        assert_ne!(w, draw(2));
        // The variance of 10⁴ normals has relative standard error √(2/10⁴) = 1.4 %: 5 of them.
        let variance: f32 = w.get(normal).iter().map(|v| v * v).sum::<f32>() / 1e4;
        assert!((variance / 0.25 - 1.0).abs() < 0.07, "{variance}");
        let a = w.get(affine);
        assert!(a.iter().all(|v| v.abs() <= 0.25));
        // A uniform's square has relative standard deviation √0.8; 16,000 draws, 5 errors.
        let variance: f32 = a.iter().map(|v| v * v).sum::<f32>() / a.len() as f32;
        assert!((variance / (0.0625 / 3.0) - 1.0).abs() < 5.0 * (0.8f32 / 16_000.0).sqrt());
    }
}
