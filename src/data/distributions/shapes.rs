//! Shapes in the plane: two moons, circles, and the Swiss roll.
//!
//! A point on a curve plus independent normal noise of standard deviation `noise` in both
//! coordinates, as in scikit-learn's `make_moons`, `make_circles` and `make_swiss_roll` (the roll's
//! two curled coordinates, divided by 10). The density has no closed form and is not offered;
//! rows are two doubles.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::Serialize;

use super::{numbers, table};
use crate::data::parameters::build_with;
use crate::data::{Distribution, Samples, Schema, Source, SourceError};
use crate::registry::{About, Entry};
use crate::rng::Stream;

const KDE: &str = "Pedregosa et al. 2011, scikit-learn; Kazdan et al., arXiv 2410.16713";

pub(in crate::data) const TWO_MOONS: Entry<Source> = Entry {
    about: About {
        name: "two-moons",
        summary: "Two interleaved half circles in the plane",
        details: "With probability ½ each (cos t, sin t) or (1 − cos t, ½ − sin t), t uniform in [0, π], plus \
                  noise. The density is not known in closed form.",
        source: KDE,
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |p: Parameters| {
            p.source("two-moons", |rng| {
                let (t, upper) = (rng.random::<f64>() * PI, rng.random::<bool>());
                if upper { [t.cos(), t.sin()] } else { [1.0 - t.cos(), 0.5 - t.sin()] }
            })
        })
    },
};

pub(in crate::data) const CIRCLES: Entry<Source> = Entry {
    about: About {
        name: "circles",
        summary: "Two concentric circles in the plane, of radius 1 and 0.8",
        details: "With probability ½ each a point on either circle, plus noise. The density is not known in closed \
                  form.",
        source: KDE,
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |p: Parameters| {
            p.source("circles", |rng| {
                let (t, outer) = (rng.random::<f64>() * TAU, rng.random::<bool>());
                let radius = if outer { 1.0 } else { 0.8 };
                [radius * t.cos(), radius * t.sin()]
            })
        })
    },
};

pub(in crate::data) const SWISS_ROLL: Entry<Source> = Entry {
    about: About {
        name: "swiss-roll",
        summary: "A spiral in the plane",
        details: "(t cos t, t sin t)/10 with t = 3π/2 (1 + 2u), u uniform in [0, 1], plus noise. The density is not \
                  known in closed form.",
        source: KDE,
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |p: Parameters| {
            p.source("swiss-roll", |rng| {
                let t = 1.5 * PI * (1.0 + 2.0 * rng.random::<f64>());
                [t * t.cos() / 10.0, t * t.sin() / 10.0]
            })
        })
    },
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// Standard deviation around the curve
        noise: f64 = 0.05, in at_least(0);
    }
}

impl Parameters {
    fn source(self, name: &str, point: fn(&mut Stream) -> [f64; 2]) -> Result<Source, SourceError> {
        Ok(Source::of(name, &self, Curve { schema: numbers(2), point, noise: self.noise }))
    }
}

struct Curve {
    schema: Arc<Schema>,
    point: fn(&mut Stream) -> [f64; 2],
    noise: f64,
}

impl Distribution for Curve {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let mut data = Vec::with_capacity(2 * n);
        for _ in 0..n {
            for x in (self.point)(rng) {
                data.push(x + self.noise * rng.sample::<f64, _>(StandardNormal));
            }
        }
        table(&self.schema, 2, data)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::data::tests::source;
    use crate::rng::Streams;

    fn points(name: &str) -> Vec<(f64, f64)> {
        let s = source(&format!("source = \"{name}\"\nnoise = 0")).unwrap();
        let rows = s.truth().unwrap().draw(1000, &mut Streams::new(0, 4).of("test").rng());
        rows.features().chunks(2).map(|p| (p[0], p[1])).collect()
    }

    #[test]
    fn without_noise_points_lie_on_the_curve() {
        for (x, y) in points("two-moons") {
            let (upper, lower) = (x.hypot(y), (x - 1.0).hypot(y - 0.5));
            assert!((upper - 1.0).abs() < 1e-12 && y >= 0.0 || (lower - 1.0).abs() < 1e-12 && y <= 0.5);
        }
        for (x, y) in points("circles") {
            assert!((x.hypot(y) - 1.0).abs() < 1e-12 || (x.hypot(y) - 0.8).abs() < 1e-12);
        }
        for (x, y) in points("swiss-roll") {
            // The radius is the angle over 10, up to whole turns.
            let turns = (10.0 * x.hypot(y) - y.atan2(x)) / std::f64::consts::TAU;
            assert!((turns - turns.round()).abs() < 1e-9);
        }
    }

    #[test]
    fn negative_noise_is_refused() {
        assert!(source("source = \"circles\"\nnoise = -1").is_err());
    }
}
