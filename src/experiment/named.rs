//! Parameters of the library's components as structs, for those that are asked for most.

use serde::Serialize;

use super::Part;
use crate::curation::{LabelNoise, SurpriseFilter, TopLikelihood};
use crate::models;
use crate::neural::gpt::GptParams;
use crate::neural::gru::GruParams;
use crate::neural::vae::VaeParams;

/// Parameters as a struct: what a component takes, by its field names.
pub trait Parameters: Serialize {
    /// The component's name.
    const NAME: &'static str;
}

impl<P: Parameters> From<P> for Part {
    fn from(parameters: P) -> Self {
        // Structs of numbers, words and lists always have a JSON form.
        let json = serde_json::to_value(&parameters).unwrap_or_default();
        let entries = json.as_object().cloned().unwrap_or_default();
        let set = entries.into_iter().filter(|(_, value)| !value.is_null());
        set.fold(Part::new(P::NAME), |part, (key, value)| part.with(key, value))
    }
}

/// A normal distribution as a source of human rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gaussian {
    /// Numbers a row, 1 to 4096.
    pub dim: usize,
    /// The mean of every coordinate.
    pub mean: f64,
    /// The standard deviation of every coordinate, above 0.
    pub sd: f64,
}

impl Gaussian {
    /// Standard normal rows of so many numbers.
    pub fn new(dim: usize) -> Self {
        Self { dim, mean: 0.0, sd: 1.0 }
    }
}

macro_rules! named {
    ($($parameters:ty => $name:literal,)*) => {$(
        impl Parameters for $parameters {
            const NAME: &'static str = $name;
        }
    )*};
}

named! {
    Gaussian => "gaussian",
    models::Gaussian => "gaussian",
    models::GaussianMixture => "gaussian-mixture",
    models::Categorical => "categorical",
    models::Bernoulli => "bernoulli",
    VaeParams => "vae",
    GptParams => "gpt",
    GruParams => "gru",
    TopLikelihood => "top-likelihood",
    SurpriseFilter => "surprise-filter",
    LabelNoise => "label-noise",
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::components::Components;
    use crate::registry::{BuildContext, Known};

    #[test]
    fn a_struct_of_parameters_is_a_table_that_its_component_takes() {
        fn taken<T>(known: &Known<T>, selector: &str, part: impl Into<Part>) {
            let mut table = part.into().table(selector);
            let name = table.as_table_mut().unwrap().remove(selector).unwrap();
            known.find(&name).unwrap().build(&table, &BuildContext::default()).map(drop).unwrap();
        }
        let known = Components::standard();
        taken(&known.sources, "source", Gaussian::new(3));
        taken(&known.families, "family", models::Gaussian::default());
        taken(&known.families, "family", models::GaussianMixture::default());
        taken(&known.families, "family", models::Categorical::default());
        taken(&known.families, "family", models::Bernoulli::default());
        taken(&known.families, "family", VaeParams::default());
        taken(&known.families, "family", GptParams::default());
        taken(&known.families, "family", GruParams::default());
        taken(&known.curations, "step", TopLikelihood::default());
        taken(&known.curations, "step", SurpriseFilter::default());
        taken(&known.curations, "step", LabelNoise::default());
    }
}
