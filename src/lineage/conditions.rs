//! What laws are told of a lineage: by its source, its families, its regime and its budget.

use super::{Lineage, Teacher, When};
use crate::curation::{On, Who};
use crate::data::Source;
use crate::regimes::RegimeDraw;
use crate::theory::{self, Choices, Conditions, Drawn, Form};

impl Lineage {
    /// The conditions of laws at generation 0; [`Conditions::at`] asks about another.
    pub fn conditions(&self) -> Conditions {
        let (sampling, synthesiser) = (&self.synthesiser.sampling, &self.synthesiser);
        let regime = &self.regime;
        let draw = match regime.draw {
            RegimeDraw::All => Drawn::All,
            RegimeDraw::Uniform(_) => Drawn::Uniform,
            RegimeDraw::Balanced(_) => Drawn::Balanced,
        };
        let conditions = Conditions {
            initial: Some(self.budget.initial as f64),
            rows: self.budget.conditions(&self.plan),
            source: self.source.conditions(),
            family: self.family(),
            generator: self.generator(),
            choices: Choices {
                inflow: regime.inflow,
                retain_human: regime.retain_human,
                retain_synthetic: regime.retain_synthetic,
                draw,
                weights: regime.weights,
                combine: regime.combine,
            },
            population: self.families.len(),
            sharing: synthesiser.sharing,
            synthesis: synthesiser.synthesis,
            prompts: synthesiser.prompts,
            start: self.start,
            temperature: sampling.temperature,
            covariance_scale: sampling.covariance_scale,
            truncated: sampling.top_k.is_some()
                || sampling.top_p.is_some()
                || sampling.beam.is_some()
                || sampling.guidance.is_some(),
            curation: self.curation.iter().map(step).collect(),
            human_alone: self.budget.human_alone,
            contamination: self.contamination,
            ..Conditions::default()
        };
        conditions.at(0)
    }

    /// What all members estimate; several kinds are none.
    fn family(&self) -> theory::Family {
        let first = self.families.first().map(|f| f.conditions()).unwrap_or_default();
        let alike = self.families.iter().all(|f| f.conditions() == first);
        if alike { first } else { theory::Family::of(Form::Other) }
    }

    fn generator(&self) -> Option<theory::Generator> {
        let of = |source: &Source| source.as_generator_of(&self.source);
        match &self.synthesiser.teacher {
            Teacher::Own => None,
            Teacher::Source(source, When::Always) => Some(of(source)),
            // The models follow after the first generation.
            Teacher::Source(..) | Teacher::Family(..) => Some(theory::Generator::default()),
        }
    }
}

/// A step that works for all members on synthetic rows, as laws know it.
fn step(step: &super::Step) -> theory::Curation {
    match (step.on, step.who) {
        (On::Synthetic, Who::All) => step.what.conditions(),
        _ => theory::Curation::Other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::lineage::{Context, assemble};
    use crate::spec::Experiment;
    use crate::theory::{self, Conditions, Prediction};

    fn conditions(spec: &str) -> Conditions {
        let experiment = Experiment::from_toml(spec, "test.toml").unwrap();
        let settings = assemble(&experiment, &Context::default()).unwrap();
        settings[0].lineage.as_ref().unwrap().conditions()
    }

    fn gaussian(data: &str, model: &str, rest: &str) -> Conditions {
        conditions(&format!(
            "[data]\nsource = \"gaussian\"\n{data}\n[model]\nfamily = \"gaussian\"\n{model}\n\
             [loop]\ngenerations = 5\n{rest}\n[measure]\nmetrics = [\"mean-error\"]\n"
        ))
    }

    fn ask(law: &str, at: &Conditions, generation: u32) -> Result<Prediction, String> {
        theory::find(law).unwrap().predict(&at.at(generation)).map_err(|e| e.to_string())
    }

    const REPLACE: &str = "samples = 50\nregime = \"replace\"";

    #[test]
    fn the_variance_law_starts_from_the_sources_own_variance() {
        // (1 − 1/n)^t σ² with n = 50, t = g + 1 = 3, σ² = 4.
        let expected = 4.0 * 0.98_f64.powi(3);
        for data in ["sd = 2", "covariance = [[4.0]]"] {
            let found = ask("gaussian-replace-variance", &gaussian(data, "", REPLACE), 2).unwrap().mean;
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        let uneven = gaussian("dim = 2\nsd = [1, 2]", "", REPLACE);
        assert!(ask("gaussian-replace-variance", &uneven, 2).is_err());
    }

    #[test]
    fn a_law_asks_for_the_choices_and_not_for_a_name() {
        let named = ask("gaussian-replace-variance", &gaussian("", "", REPLACE), 3).unwrap();
        let custom = gaussian(
            "",
            "",
            "samples = 50\nregime = \"custom\"\n[loop.choices]\ninflow = \"none\"\nretain_human = \"none\"\nretain_synthetic = \"none\"\ndraw = \"all\"\nweights = \"equal\"",
        );
        assert_eq!(ask("gaussian-replace-variance", &custom, 3).unwrap(), named);
        // `accumulate` whose rows are all dropped again is `replace`; with its human rows kept it is not.
        let choices = "hold = \"total\"\nsamples = 50\nregime = \"accumulate\"\n[loop.choices]\nretain_synthetic = \"none\"\n";
        let dropped = gaussian("", "", &format!("{choices}retain_human = \"none\""));
        assert_eq!(ask("gaussian-replace-variance", &dropped, 3).unwrap(), named);
        let balanced = gaussian("", "", "samples = 50\nregime = \"balanced\"");
        let why = ask("gaussian-replace-variance", &balanced, 3).unwrap_err();
        assert!(why.contains("the last output alone") && why.contains("balanced"), "{why}");
    }

    #[test]
    fn sizes_are_those_of_the_plan() {
        let other = gaussian("", "", "samples = 50\ninitial = 70\nregime = \"replace\"");
        let why = ask("gaussian-replace-variance", &other, 2).unwrap_err();
        assert!(why.contains("70 rows"), "{why}");
        // n_k = 10, 28, 52 rows: 10 k^1.5, rounded.
        let schedule = "samples = { power = 1.5, base = 10 }\nregime = \"replace\"";
        let growing = gaussian("", "", schedule);
        let expected = (1.0 - 1.0 / 10.0) * (1.0 - 1.0 / 28.0) * (1.0 - 1.0 / 52.0);
        let found = ask("growing-replace-variance", &growing, 2).unwrap().mean;
        assert!((found - expected).abs() < 1e-12, "{found}");
        // A third of 10 rows are 3 rows.
        let mixed = gaussian("", "", "samples = 10\nhuman_fraction = 0.333\nregime = \"fresh\"");
        assert!((mixed.at(2).human_fraction - 0.3).abs() < 1e-12);
    }

    #[test]
    fn a_regressions_law_takes_its_noise_variance_and_refuses_an_intercept() {
        let regression = |model: &str| {
            conditions(&format!(
                "[data]\nsource = \"linear-regression\"\ndim = 10\nnoise_variance = 2\n[model]\nfamily = \"linear-regression\"\n{model}\n\
                 [loop]\ngenerations = 5\nsamples = 100\nregime = \"replace\"\nsynthesis = \"label\"\nprompts = \"fresh\"\n\
                 [measure]\nmetrics = [\"parameter-error\"]\n"
            ))
        };
        // 3 σ²d/(n − d − 1) = 3 · 20/89.
        let law = "linear-regression-replace-risk";
        assert!((ask(law, &regression(""), 2).unwrap().mean - 60.0 / 89.0).abs() < 1e-12);
        // (σ² + 2 · ½) d/(n − d − 1).
        let stated = ask(law, &regression("noise_variance = 0.5"), 2).unwrap().mean;
        assert!((stated - 30.0 / 89.0).abs() < 1e-12, "{stated}");
        let why = ask(law, &regression("intercept = true"), 2).unwrap_err();
        assert!(why.contains("an intercept"), "{why}");
    }

    #[test]
    fn the_bias_of_a_generator_is_the_distance_of_the_means() {
        let text = "[data]\nsource = \"gaussian\"\nmean = 1.0\n[model]\nfamily = \"gaussian\"\n\
            [generator]\nsource = \"gaussian\"\nmean = 1.2\n\
            [loop]\ngenerations = 1\nregime = \"fixed-mix\"\nhold = \"human\"\nhuman_rows = 50\nsynthetic_scale = 0.5\n\
            [measure]\nmetrics = [\"mean-error\"]\n";
        // (s²b² + (σ² + sτ²)/n)/(1 + s)², b = 0.2, n = 50 human rows, s = ½.
        let expected = (0.25 * 0.04 + 1.5 / 50.0) / 2.25;
        let found = ask("pooled-error", &conditions(text), 1).unwrap().mean;
        assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
    }

    #[test]
    fn the_truth_is_told_by_the_source_itself() {
        let of = |data: &str, family: &str| {
            conditions(&format!(
                "[data]\n{data}\n[model]\nfamily = \"{family}\"\n[loop]\ngenerations = 1\nsamples = 50\nregime = \"replace\"\n[measure]\nsize = 20\n"
            ))
            .source
        };
        let zipf = of("source = \"zipf-mandelbrot\"\noutcomes = 3", "categorical");
        let p = zipf.probabilities.unwrap();
        assert!((p[0] / p[1] - 4.7 / 3.7).abs() < 1e-12, "the source's own default offset is 2.7");
        let counts = of("source = \"negative-binomial\"\nrate = 3\nshape = 2", "gaussian");
        assert_eq!(
            (counts.truth, counts.mean, counts.variance),
            (theory::Truth::Numbers, Some(3.0), Some(7.5))
        );
        let digits = of("source = \"digits8x8\"", "empirical");
        assert_eq!((digits.truth, digits.variance), (theory::Truth::Other, None));
    }
}
