//! Mixtures of Gaussians: your own, and the named ones of the literature.
//!
//! Eight on a ring and twenty-five on a grid are the mode-dropping benchmarks of Metz et al.
//! (arXiv 1611.02163) and Lin et al. (arXiv 1712.04086); blobs has three in the plane. Density,
//! mean and covariance are known ([`super::mixture`]).

use serde::Serialize;

use super::gaussian::Gaussian;
use super::mixture::Mixture;

use crate::data::parameters::{Build, Numbers, ParameterError, build, build_with};
use crate::data::{Source, SourceError};
use crate::registry::{About, Entry};
use crate::spec::parameter;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "gaussian-mixture",
        summary: "A mixture of round Gaussians with the means that you list",
        details: "p(x) = Σ wₖ N(x; meansₖ, sdₖ² I). Mean, covariance and log density are known. Collapse shows as \
                  components that are lost and as components that narrow.",
        source: "Shumailov et al. 2024, DOI 10.1038/s41586-024-07566-y; Alemohammad et al., arXiv 2307.01850",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

pub(in crate::data) const EIGHT: Entry<Source> = Entry {
    about: About {
        name: "eight-gaussians",
        summary: "Eight Gaussians on a ring of radius 2 in the plane",
        details: "Component k has its mean at 2 (cos 2πk/8, sin 2πk/8); all weigh the same. Density and moments \
                  are known.",
        source: "Metz, Poole, Pfau and Sohl-Dickstein, arXiv 1611.02163",
        parameters: &[parameter(Named::PARAMETERS, "sd").or("0.1")],
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |p: Named| {
            let angle = |k: u32| f64::from(k) * std::f64::consts::TAU / 8.0;
            let means = (0..8).map(|k| vec![2.0 * angle(k).cos(), 2.0 * angle(k).sin()]);
            p.source("eight-gaussians", means.collect(), 0.1)
        })
    },
};

pub(in crate::data) const TWENTY_FIVE: Entry<Source> = Entry {
    about: About {
        name: "twenty-five-gaussians",
        summary: "Twenty-five Gaussians on a 5 × 5 grid in the plane",
        details: "Means at {−4, −2, 0, 2, 4}²; all weigh the same. Density and moments are known.",
        source: "Lin, Khetan, Fanti and Oh, arXiv 1712.04086; Alemohammad et al., arXiv 2307.01850",
        parameters: &[parameter(Named::PARAMETERS, "sd").or("0.05")],
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |p: Named| {
            let at = |i: u32| 2.0 * f64::from(i) - 4.0;
            let means = (0..25).map(|k| vec![at(k / 5), at(k % 5)]);
            p.source("twenty-five-gaussians", means.collect(), 0.05)
        })
    },
};

pub(in crate::data) const BLOBS: Entry<Source> = Entry {
    about: About {
        name: "blobs",
        summary: "Three round Gaussians in the plane",
        details: "Means at (−5, −5), (0, 5) and (5, −2); all weigh the same. The means are fixed, where other \
                  libraries draw them anew. Density and moments are known.",
        source: "Kazdan et al., arXiv 2410.16713 (kernel densities on blobs)",
        parameters: &[parameter(Named::PARAMETERS, "sd").or("1")],
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |p: Named| {
            p.source("blobs", vec![vec![-5.0, -5.0], vec![0.0, 5.0], vec![5.0, -2.0]], 1.0)
        })
    },
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// One list per component, all of the same length: the dimension
        means: Vec<Vec<f64>> = vec![vec![-2.0], vec![2.0]] => "[[-2], [2]]";
        /// Standard deviation: one number, or one for each component
        sd: Numbers = Numbers::All(1.0) => "1", in above(0);
        /// One positive number for each component
        weights: Option<Vec<f64>> = None => "equal";
    }
}

crate::parameters! {
    /// The parameters of the named mixtures.
    #[derive(Debug)]
    struct Named {
        /// Standard deviation of each component
        sd: Option<f64> = None => "1", in above(0);
    }
}

impl Named {
    fn source(self, name: &str, means: Vec<Vec<f64>>, sd: f64) -> Result<Source, SourceError> {
        let sd = Numbers::All(self.sd.unwrap_or(sd));
        Parameters { means, sd, weights: None }.named(name)
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        self.named("gaussian-mixture")
    }
}

impl Parameters {
    fn named(self, name: &str) -> Result<Source, SourceError> {
        let d = self.means.first().map_or(0, Vec::len);
        let whole = |m: &Vec<f64>| m.len() == d && m.iter().all(|x| x.is_finite());
        if d == 0 || !self.means.iter().all(whole) {
            let help = "give one list of finite numbers per component, all of the same length";
            return Err(ParameterError::new("means", "these are not the means of a mixture", help).into());
        }
        let sd = self.sd.expand("sd", self.means.len())?;
        let component = |(m, &s): (&Vec<f64>, &f64)| Gaussian::independent("sd", m.clone(), vec![s; d]);
        let components: Vec<Gaussian> =
            self.means.iter().zip(&sd).map(component).collect::<Result<_, _>>()?;
        let weights = self.weights.clone().unwrap_or_else(|| vec![1.0; components.len()]);
        Ok(Source::of(name, &self, Mixture::new(components, &weights)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{from_json, table};
    use super::*;
    use crate::data::tests::source as from_spec;

    #[test]
    fn moments_and_density_are_those_of_the_mixture() {
        // ¼ N(−2, 1) + ¾ N(2, 1): mean 1; variance 1 + ¼·9 + ¾·1 = 4.
        let s = from_json::<Parameters>(r#"{"weights": [1, 3]}"#).unwrap();
        let truth = s.truth().unwrap();
        assert!((truth.mean().unwrap()[0] - 1.0).abs() < 1e-12);
        assert!((truth.covariance().unwrap()[0] - 4.0).abs() < 1e-12);
        let log = truth.log_density(&table(s.schema(), 1, vec![0.0])).unwrap()[0];
        // At 0 both components have density φ(2).
        assert!((log - (-0.918_938_533_204_672_7 - 2.0)).abs() < 1e-12);
    }

    #[test]
    fn named_mixtures_have_their_textbook_moments() {
        // Ring: variance r²/2 + sd² = 2.01 in each direction. Grid: mean square of {0, ±2, ±4} = 8.
        for (name, variance) in [("eight-gaussians", 2.01), ("twenty-five-gaussians", 8.0025)] {
            let s = from_spec(&format!("source = \"{name}\"")).unwrap();
            let c = s.truth().unwrap().covariance().unwrap().to_vec();
            for (found, expected) in c.iter().zip([variance, 0.0, 0.0, variance]) {
                assert!((found - expected).abs() < 1e-12, "{name} {c:?}");
            }
        }
    }

    #[test]
    fn wrong_parameters_are_refused() {
        for json in [
            r#"{"means": []}"#,
            r#"{"means": [[]]}"#,
            r#"{"means": [[1], [1, 2]]}"#,
            r#"{"sd": [1, 2, 3]}"#,
            r#"{"sd": 0}"#,
            r#"{"weights": [1]}"#,
            r#"{"weights": [1, 0]}"#,
        ] {
            assert!(from_json::<Parameters>(json).is_err(), "{json}");
        }
    }
}
