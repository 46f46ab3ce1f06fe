//! A kernel density estimate: every training row with a Gaussian around it.
//!
//! p(x) = Σ_i w_i N(x; x_i, h² I), with weights that sum to 1. The bandwidth h is a number in the
//! rows' units or a rule in n and d (scikit-learn's, which unlike SciPy's ignore the data's spread,
//! as in Kazdan et al., arXiv 2410.16713): Scott h = n^{−1/(d+4)}, Silverman
//! h = (n (d + 2)/4)^{−1/(d+4)}. Unequal weights count as n = (Σ w)² / Σ w² rows.
//!
//! Under replace the data's variance (divisor n) obeys E V_{t+1} = (1 − 1/n)(V_t + h²), with the
//! fixed point (n − 1) h²: a kernel estimate drifts to its own bandwidth, whatever the truth was.
//!
//! Temperature has no closed form here and is refused; `covariance_scale` λ draws kernels with λ h².
//! Cost: fit O(n d); a row O(log n + d); a likelihood O(n d).

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Deserializer};

use super::numeric::{self, Layout, Matrix};
use super::{
    Ask, BoxedFamily, Density, Family, FitError, Model, Refusal, SampleError, Sampling, Start, Transform,
};
use crate::data::{Mix, Samples, Schema};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::theory::{self, Form};

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "kde",
        summary: "A kernel density estimate with Gaussian kernels",
        details: "Bandwidth in the rows' units or by scikit-learn's rules of Scott and Silverman. Under \
                  replace the variance tends to (n − 1) h², whatever the truth.",
        source: "arXiv 2410.16713; Silverman 1986",
        parameters: Kde::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Kde>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of a kernel density estimate.
    #[derive(Clone, Copy, Debug)]
    pub struct Kde {
        /// h in the rows' units; or "scott" or "silverman"
        pub bandwidth: Bandwidth = Bandwidth::default() => "\"scott\"", in above(0);
    }
}

/// The standard deviation of the kernels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Bandwidth {
    /// n^{−1/(d+4)}.
    #[default]
    Scott,
    /// (n (d + 2)/4)^{−1/(d+4)}.
    Silverman,
    /// A number in the rows' units.
    Fixed(f64),
}

impl<'de> Deserialize<'de> for Bandwidth {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bandwidth;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number greater than 0, \"scott\" or \"silverman\"")
            }
            fn visit_f64<E: serde::de::Error>(self, h: f64) -> Result<Bandwidth, E> {
                if h.is_finite() && h > 0.0 {
                    Ok(Bandwidth::Fixed(h))
                } else {
                    Err(E::custom(format!("must be greater than 0, not {h}")))
                }
            }
            fn visit_i64<E: serde::de::Error>(self, h: i64) -> Result<Bandwidth, E> {
                self.visit_f64(h as f64)
            }
            fn visit_u64<E: serde::de::Error>(self, h: u64) -> Result<Bandwidth, E> {
                self.visit_f64(h as f64)
            }
            fn visit_str<E: serde::de::Error>(self, rule: &str) -> Result<Bandwidth, E> {
                match rule {
                    "scott" => Ok(Bandwidth::Scott),
                    "silverman" => Ok(Bandwidth::Silverman),
                    _ => {
                        Err(E::custom(format!("must be a number, \"scott\" or \"silverman\", not {rule:?}")))
                    }
                }
            }
        }
        from.deserialize_any(Visitor)
    }
}

impl Family for Kde {
    fn conditions(&self) -> theory::Family {
        let bandwidth = if let Bandwidth::Fixed(h) = self.bandwidth { Some(h) } else { None };
        theory::Family { bandwidth, ..theory::Family::of(Form::Kernels) }
    }

    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        numeric::accepts(schema)
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let rows = Matrix::of(mix)?;
        let d = rows.d as f64;
        let total: f64 = rows.weights.iter().sum();
        let n = total * total / rows.weights.iter().map(|w| w * w).sum::<f64>();
        let bandwidth = match self.bandwidth {
            Bandwidth::Fixed(h) => h,
            Bandwidth::Scott => n.powf(-1.0 / (d + 4.0)),
            Bandwidth::Silverman => (n * (d + 2.0) / 4.0).powf(-1.0 / (d + 4.0)),
        };
        let mut reached = 0.0;
        let cumulative = rows.weights.iter().map(|w| {
            reached += w;
            reached
        });
        Ok(Box::new(KdeModel { cumulative: cumulative.collect(), rows, bandwidth, layout: Layout::of(mix) }))
    }
}

/// A fitted kernel density estimate.
pub struct KdeModel {
    rows: Matrix,
    cumulative: Vec<f64>,
    bandwidth: f64,
    layout: Layout,
}

#[cfg(test)]
impl KdeModel {
    /// The kernels' standard deviation, in the rows' units.
    pub fn bandwidth(&self) -> f64 {
        self.bandwidth
    }
}

impl Model for KdeModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        how.check("kde", &[Transform::CovarianceScale])?;
        if !matches!(ask, Ask::Rows) {
            return Err(
                Refusal::new("a kernel estimate makes new rows only (`synthesis = \"sample\"`)").into()
            );
        }
        let h = self.bandwidth * how.covariance_scale.sqrt();
        let mut rng = streams.rng();
        let mut data = Vec::with_capacity(n * self.rows.d);
        let last = self.rows.len() - 1;
        for _ in 0..n {
            let u = rng.random::<f64>() * self.cumulative[last];
            let at = self.cumulative.partition_point(|c| *c <= u).min(last);
            data.extend(self.rows.row(at).iter().map(|x| x + h * rng.sample::<f64, _>(StandardNormal)));
        }
        self.layout.table(self.rows.d, data)
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn size(&self) -> usize {
        self.rows.data.len()
    }
}

impl Density for KdeModel {
    /// ln p of each row, by a log-sum-exp over the kernels: finite however far away the row is.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        let d = self.rows.d;
        if rows.schema().numeric_width() != d {
            return Err(Refusal::new(format!("the model has {d} dimensions, the rows another number")));
        }
        let precision = 0.5 / (self.bandwidth * self.bandwidth);
        let constant = -(d as f64) * (self.bandwidth.ln() + 0.5 * std::f64::consts::TAU.ln())
            - self.cumulative[self.rows.len() - 1].ln();
        let mut terms = vec![0.0; self.rows.len()];
        let likelihood = |x: &[f64]| {
            for (i, (term, w)) in terms.iter_mut().zip(&self.rows.weights).enumerate() {
                let distance: f64 = x.iter().zip(self.rows.row(i)).map(|(a, b)| (a - b) * (a - b)).sum();
                *term = w.ln() - precision * distance;
            }
            let top = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            constant + top + terms.iter().map(|t| (t - top).exp()).sum::<f64>().ln()
        };
        let values: Vec<f64> = rows.features().chunks_exact(d).map(likelihood).collect();
        if values.iter().all(|v| v.is_finite()) {
            Ok(values)
        } else {
            Err(Refusal::diverged(
                "a log likelihood is not finite: the rows hold values that are not, or too large",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;
    use crate::data::{Column, Kind, Part, Rows};
    use crate::models::reference::Reference;

    fn mix(d: usize, data: Vec<f64>) -> Mix {
        let schema = Arc::new(Schema::single(Kind::F64 { width: d }));
        Mix::of_human(Rows::all(Samples::new(schema, vec![Column::F64 { width: d, data }]).unwrap()))
    }

    fn fixed(h: f64) -> Kde {
        Kde { bandwidth: Bandwidth::Fixed(h) }
    }

    fn fit(family: Kde, mix: &Mix) -> Box<dyn Model> {
        family.fit(mix, Start::Scratch, &Streams::new(0, 0)).unwrap()
    }

    #[test]
    fn density_by_hand() {
        // Kernels at 0 and 2 with h = 1, at 1: both give φ(1).
        let m = fit(fixed(1.0), &mix(1, vec![0.0, 2.0]));
        let at = mix(1, vec![1.0, 1e6]).gather().unwrap().unwrap().0;
        let got = m.density().unwrap().log_likelihood(&at, &Streams::new(0, 0)).unwrap();
        assert!((got[0] + 0.5 * std::f64::consts::TAU.ln() + 0.5).abs() < 1e-12);
        // Far out only the nearer kernel counts: half of φ(10⁶ − 2).
        let want = -0.5 * (1e6_f64 - 2.0).powi(2) - 0.5 * std::f64::consts::TAU.ln() - 2.0_f64.ln();
        assert!((got[1] / want - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_rules_are_scikit_learns() {
        let bandwidth = |rule| {
            let m = fit(Kde { bandwidth: rule }, &mix(1, (0..32).map(f64::from).collect()));
            let m: &dyn std::any::Any = &*m;
            m.downcast_ref::<KdeModel>().unwrap().bandwidth()
        };
        // 32^(−1/5) = ½, and (32 · 3/4)^(−1/5) = 24^(−.2).
        assert!((bandwidth(Bandwidth::Scott) - 0.5).abs() < 1e-12);
        assert!((bandwidth(Bandwidth::Silverman) - 24.0_f64.powf(-0.2)).abs() < 1e-12);
    }

    #[test]
    fn densities_and_bandwidths_agree_with_scikit_learn_and_scipy() {
        let r = Reference::read();
        let (rows, points) =
            (mix(2, r.numbers("rows")), mix(2, r.numbers("points")).gather().unwrap().unwrap().0);
        let agrees = |model: &dyn Model, wanted: &[f64]| {
            let logs = model.density().unwrap().log_likelihood(&points, &Streams::new(0, 0)).unwrap();
            logs.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9 * b.abs().max(1.0))
        };
        let bandwidth = |m: &dyn std::any::Any| m.downcast_ref::<KdeModel>().unwrap().bandwidth();
        for (name, rule) in [
            ("number", Bandwidth::Fixed(0.7)),
            ("scott", Bandwidth::Scott),
            ("silverman", Bandwidth::Silverman),
        ] {
            let of = r.of(&format!("kde_{name}"));
            let model = fit(Kde { bandwidth: rule }, &rows);
            assert!((bandwidth(&*model) - of.number("bandwidth")).abs() < 1e-12, "{name}");
            assert!(agrees(&*model, &of.numbers("log_likelihood")), "{name}");
        }
        // One weight a row: SciPy's factors count (Σw)²/Σw² rows, scikit-learn's density weighs them.
        let data = r.numbers("rows");
        let weighted = Mix {
            parts: data
                .chunks_exact(2)
                .zip(r.numbers("weights"))
                .map(|(row, weight)| Part { weight, ..mix(2, row.to_vec()).parts.remove(0) })
                .collect(),
            ..Mix::default()
        };
        let of = r.of("kde_weighted");
        for (name, rule) in [("scott", Bandwidth::Scott), ("silverman", Bandwidth::Silverman)] {
            let model = fit(Kde { bandwidth: rule }, &weighted);
            assert!((bandwidth(&*model) - of.number(name)).abs() < 1e-12, "{name}");
        }
        assert!(agrees(&*fit(fixed(0.7), &weighted), &of.numbers("log_likelihood")));
    }

    #[test]
    fn replace_drifts_to_its_bandwidth() {
        // A13: E V_{t+1} = (1 − 1/n)(V_t + h²); n = 10, h = .3. From n = 10 standard normal rows
        // (E V = .9), 5 refits. The standard error is the sample's, of 4,000 lineages.
        let (n, h, t) = (10_usize, 0.3, 5);
        let law = (0..t).fold(0.9, |v, _| 0.9 * (v + h * h));
        let values: Vec<f64> = (0..4_000)
            .map(|seed| {
                let streams = Streams::new(8, seed);
                let mut rng = streams.of("human").rng();
                let mut data: Vec<f64> = (0..n).map(|_| rng.sample(StandardNormal)).collect();
                for g in 0..t {
                    let model = fit(fixed(h), &mix(1, data));
                    let made = model.synthesise(Ask::Rows, n, &Sampling::default(), &streams.at(g));
                    data = made.unwrap().features();
                }
                let mean = data.iter().sum::<f64>() / n as f64;
                data.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64
            })
            .collect();
        let r = values.len() as f64;
        let mean = values.iter().sum::<f64>() / r;
        let se = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / r / r).sqrt();
        assert!((mean - law).abs() < 4.0 * se, "{mean} {law} ± {se}");
    }

    #[test]
    fn weights_and_bad_rows() {
        let mut heavy = mix(1, vec![0.0]);
        heavy.parts[0].weight = 3.0;
        heavy.parts.extend(mix(1, vec![100.0]).parts);
        let draw =
            |n| fit(fixed(0.1), &heavy).synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(0, 3));
        let made = draw(4_000).unwrap().features();
        assert_eq!(made[..5], draw(5).unwrap().features());
        // Three quarters at 0: 4 standard errors of a binomial of 4,000.
        let near = made.iter().filter(|x| **x < 50.0).count() as f64;
        assert!((near - 3_000.0).abs() < 4.0 * 750.0_f64.sqrt());
        let error = fixed(1.0).fit(&mix(1, vec![f64::NAN]), Start::Scratch, &Streams::new(0, 0)).err();
        assert_eq!(error, Some(FitError::NotFinite { column: "x".into(), row: 0 }));
        let error = fixed(1.0).fit(&Mix::default(), Start::Scratch, &Streams::new(0, 0)).err();
        assert_eq!(error, Some(FitError::TooFewRows { needed: 1, found: 0 }));
    }
}
