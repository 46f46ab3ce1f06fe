//! Adam over all parameters, one pass over memory.
//!
//! Kingma & Ba, arXiv:1412.6980, algorithm 1: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
//! θ ← θ − lr·m̂/(√v̂ + ε) with bias-corrected m̂ and v̂. The state is two floats a parameter.

use super::simd::wide;

/// What Adam is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Decay of the mean gradient, in \[0, 1).
    pub beta1: f32,
    /// Decay of the mean squared gradient, in \[0, 1).
    pub beta2: f32,
    /// Added to the root of the mean square.
    pub epsilon: f32,
}

impl Default for Rule {
    fn default() -> Self {
        Rule { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// The optimiser's state, fresh at every fit.
#[derive(Clone, Debug)]
pub struct Adam {
    rule: Rule,
    mean: Vec<f32>,
    square: Vec<f32>,
    decay1: f64,
    decay2: f64,
}

impl Adam {
    /// Returns the state for `n` parameters.
    pub fn new(rule: Rule, n: usize) -> Self {
        Adam { rule, mean: vec![0.0; n], square: vec![0.0; n], decay1: 1.0, decay2: 1.0 }
    }

    /// Counts one step; call it once before the step's [`Adam::update`] calls.
    pub fn tick(&mut self) {
        self.decay1 *= f64::from(self.rule.beta1);
        self.decay2 *= f64::from(self.rule.beta2);
    }

    /// Updates the parameters that start at `from` with `scale` times their gradient, at a learning rate.
    pub fn update(&mut self, parameters: &mut [f32], from: usize, gradient: &[f32], scale: f32, rate: f32) {
        let Rule { beta1, beta2, epsilon } = self.rule;
        let n = gradient.len();
        let p = &mut parameters[from..from + n];
        let m = &mut self.mean[from..from + n];
        let v = &mut self.square[from..from + n];
        let rate = (f64::from(rate) / (1.0 - self.decay1)) as f32;
        let root = (1.0 / (1.0 - self.decay2)) as f32;
        let rule = [beta1, beta2, epsilon, rate, root, scale];
        wide(
            #[inline(always)]
            || sweep(p, m, v, gradient, rule),
        );
    }
}

const TINY: f32 = 1e-30;

#[inline(always)]
fn sweep(p: &mut [f32], m: &mut [f32], v: &mut [f32], g: &[f32], rule: [f32; 6]) {
    let [beta1, beta2, epsilon, rate, root, scale] = rule;
    for (((p, m), v), &g) in p.iter_mut().zip(m).zip(v).zip(g) {
        let g = scale * g;
        let mean = beta1 * *m + (1.0 - beta1) * g;
        let square = beta2 * *v + (1.0 - beta2) * g * g;
        // Where no gradient comes (a dead ReLU unit) both decay into denormal numbers, which
        // cost a hundred times a normal one.
        *m = if mean.abs() < TINY { 0.0 } else { mean };
        *v = if square < TINY { 0.0 } else { square };
        *p -= rate * *m / ((*v * root).sqrt() + epsilon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_by_hand() {
        // g = 2 then −1: m̂₁ = 2, v̂₁ = 4, so step one is −lr. m₂ = 0.9·0.2 − 0.1 = 0.08,
        // m̂₂ = 0.08/0.19; v₂ = 0.999·0.004 + 0.001 = 0.004996, v̂₂ = 0.004996/0.001999.
        let mut p = vec![0.0f32, 1.0];
        let mut adam = Adam::new(Rule::default(), 2);
        adam.tick();
        adam.update(&mut p, 1, &[4.0], 0.5, 0.1);
        assert!((p[1] - 0.9).abs() < 1e-6 && p[0] == 0.0);
        adam.tick();
        adam.update(&mut p, 1, &[-1.0], 1.0, 0.1);
        let expected = 0.9 - 0.1 * (0.08f64 / 0.19) / (0.004996f64 / 0.001999).sqrt();
        assert!((f64::from(p[1]) - expected).abs() < 1e-5, "{} {expected}", p[1]);
    }
}
