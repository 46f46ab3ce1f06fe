//! The transform on a model's output.

use super::Refusal;

/// The transform on a model's output. Likelihoods ignore it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Probabilities are raised to 1/temperature and renormalised; 1 leaves them alone.
    pub temperature: f64,
    /// Only the k likeliest tokens are drawn.
    pub top_k: Option<usize>,
    /// Only the likeliest tokens that together reach this probability are drawn.
    pub top_p: Option<f64>,
    /// The width of a beam search.
    pub beam: Option<usize>,
    /// Covariances (of a Gaussian, of a latent prior) are multiplied by this: the λ of
    /// Alemohammad et al. (arXiv 2307.01850).
    pub covariance_scale: f64,
    /// The strength of classifier-free guidance.
    pub guidance: Option<f64>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, top_p: None, beam: None, covariance_scale: 1.0, guidance: None }
    }
}

/// One of the transforms, by its key in `[sampling]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// `temperature`
    Temperature,
    /// `top_k`
    TopK,
    /// `top_p`
    TopP,
    /// `beam`
    Beam,
    /// `covariance_scale`
    CovarianceScale,
    /// `guidance`
    Guidance,
}

impl Sampling {
    /// The transforms that are switched on, with their keys.
    pub fn active(&self) -> impl Iterator<Item = (Transform, &'static str)> {
        [
            (self.temperature != 1.0, Transform::Temperature, "temperature"),
            (self.top_k.is_some(), Transform::TopK, "top_k"),
            (self.top_p.is_some(), Transform::TopP, "top_p"),
            (self.beam.is_some(), Transform::Beam, "beam"),
            (self.covariance_scale != 1.0, Transform::CovarianceScale, "covariance_scale"),
            (self.guidance.is_some(), Transform::Guidance, "guidance"),
        ]
        .into_iter()
        .filter_map(|(on, transform, key)| on.then_some((transform, key)))
    }

    /// Whether only transforms of the list are switched on.
    pub fn only(&self, allowed: &[Transform]) -> bool {
        self.active().all(|(t, _)| allowed.contains(&t))
    }

    /// Checks that only `allowed` transforms are switched on and that their values are in range.
    /// The refusal names the key and the family.
    pub fn check(&self, family: &str, allowed: &[Transform]) -> Result<(), Refusal> {
        if let Some((_, key)) = self.active().find(|(t, _)| !allowed.contains(t)) {
            return Err(Refusal::new(format!("`sampling.{key}` has no meaning for the family `{family}`")));
        }
        let refuse = |why: &str| Err(Refusal::new(why));
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return refuse("`sampling.temperature` must be greater than 0 (for the mode, use `top_k = 1`)");
        }
        if self.top_k == Some(0) {
            return refuse("`sampling.top_k` must be at least 1");
        }
        if self.top_p.is_some_and(|p| !(p > 0.0 && p <= 1.0)) {
            return refuse("`sampling.top_p` must be greater than 0 and at most 1");
        }
        if !(self.covariance_scale.is_finite() && self.covariance_scale >= 0.0) {
            return refuse("`sampling.covariance_scale` must be a number of at least 0");
        }
        Ok(())
    }

    /// Applies temperature, then top-k, then top-p to probabilities and renormalises them. Ties
    /// are broken by the lower code. Cost: one power per entry; a sort with top-k or top-p.
    pub fn reshape(&self, probabilities: &mut [f64]) {
        if self.temperature != 1.0 {
            // Dividing by the maximum first keeps sharp temperatures from underflowing to 0/0.
            let top = probabilities.iter().copied().fold(0.0, f64::max);
            if top > 0.0 {
                let power = 1.0 / self.temperature;
                for p in probabilities.iter_mut().filter(|p| **p > 0.0) {
                    *p = (*p / top).powf(power);
                }
            }
        }
        if self.top_k.is_some() || self.top_p.is_some_and(|p| p < 1.0) {
            let mut order: Vec<usize> = (0..probabilities.len()).collect();
            order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]).then(a.cmp(&b)));
            let mut keep = self.top_k.unwrap_or(order.len()).min(order.len());
            if let Some(share) = self.top_p {
                let total: f64 = order[..keep].iter().map(|&i| probabilities[i]).sum();
                let mut reached = 0.0;
                keep = order[..keep]
                    .iter()
                    .position(|&i| {
                        reached += probabilities[i];
                        reached >= share * total
                    })
                    .map_or(keep, |last| last + 1);
            }
            order[keep..].iter().for_each(|&i| probabilities[i] = 0.0);
        }
        let total: f64 = probabilities.iter().sum();
        if total > 0.0 {
            probabilities.iter_mut().for_each(|p| *p /= total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reshaped(how: &Sampling, p: &[f64]) -> Vec<f64> {
        let mut p = p.to_vec();
        how.reshape(&mut p);
        p
    }

    fn close(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-12)
    }

    #[test]
    fn temperature_one_half_squares_probabilities() {
        // (.5², .3², .2²) = (.25, .09, .04), total .38.
        let how = Sampling { temperature: 0.5, ..Default::default() };
        assert!(close(&reshaped(&how, &[0.5, 0.3, 0.2]), &[0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38]));
    }

    #[test]
    fn a_very_low_temperature_gives_the_mode() {
        let how = Sampling { temperature: 1e-3, ..Default::default() };
        assert!(close(&reshaped(&how, &[1e-4, 3e-4, 2e-4]), &[0.0, 1.0, 0.0]));
    }

    #[test]
    fn top_k_and_top_p_keep_the_likeliest() {
        let how = Sampling { top_k: Some(2), ..Default::default() };
        assert!(close(&reshaped(&how, &[0.2, 0.5, 0.3]), &[0.0, 0.625, 0.375]));
        let how = Sampling { top_p: Some(0.6), ..Default::default() };
        assert!(close(&reshaped(&how, &[0.2, 0.5, 0.3]), &[0.0, 0.625, 0.375]));
        let how = Sampling { top_p: Some(0.4), ..Default::default() };
        assert!(close(&reshaped(&how, &[0.2, 0.5, 0.3]), &[0.0, 1.0, 0.0]));
    }

    #[test]
    fn what_a_family_cannot_do_is_named() {
        let how = Sampling { beam: Some(5), ..Default::default() };
        let why = how.check("gaussian", &[Transform::Temperature]).expect_err("no beam for numbers");
        assert!(why.reason.contains("sampling.beam") && why.reason.contains("gaussian"));
        let how = Sampling { temperature: f64::NAN, ..Default::default() };
        assert!(how.check("gaussian", &[Transform::Temperature]).is_err());
    }
}
