//! The checks of `[loop]` that need no component.

use super::choices::{Draw, RetainHuman, RetainSynthetic, Weights};
use super::error::Error;
use super::loop_spec::{Hold, LoopSpec, Synthesis};
use super::source::Layer;

impl LoopSpec {
    pub(super) fn check(&self) -> Result<(), Error> {
        self.check_hold()?;
        self.check_sizes()?;
        self.check_fractions()?;
        self.check_choices()?;
        self.check_synthesis()
    }

    fn check_hold(&self) -> Result<(), Error> {
        if self.hold == Some(Hold::Human) {
            if self.human_rows.is_none() {
                return Err(Error::missing_key("human_rows", &self.node.at_of("hold")));
            }
            let asked =
                [("samples", self.samples.is_some()), ("human_fraction", self.human_fraction.is_some())];
            for (key, there) in asked {
                if there {
                    return Err(Error::conflict(
                        self.at(key),
                        self.at("hold"),
                        format!("`hold = \"human\"` takes no `{key}`"),
                        "the sizes follow from `human_rows` and `synthetic_scale`".into(),
                    ));
                }
            }
            return Ok(());
        }
        for (key, there) in
            [("human_rows", self.human_rows.is_some()), ("synthetic_scale", self.synthetic_scale.is_some())]
        {
            if there {
                let help = "set hold = \"human\", or size the training set with `samples`";
                let message = format!("`{key}` needs `hold = \"human\"`");
                return Err(Error::conflict(self.at(key), self.at("hold"), message, help.into()));
            }
        }
        if self.samples.is_none() {
            return Err(Error::missing_key("samples", &self.node.at));
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), Error> {
        if let Some(samples) = &self.samples {
            for g in samples.extremes(self.generations) {
                let n = samples.count_at(g, self.generations);
                let n = n.map_err(|e| self.bad("samples", &e.to_string()))?;
                if n == 0 {
                    return Err(self.bad("samples", &format!("is 0 at generation {g}")));
                }
            }
        }
        Ok(())
    }

    fn check_fractions(&self) -> Result<(), Error> {
        if let Some(fraction) = &self.human_fraction {
            for g in fraction.extremes(self.generations) {
                let value = fraction.at(g, self.generations);
                if !(0.0..=1.0).contains(&value) {
                    let message = format!("is {value} at generation {g}, outside [0, 1]");
                    return Err(self.bad("human_fraction", &message));
                }
            }
        }
        Ok(())
    }

    fn check_choices(&self) -> Result<(), Error> {
        let c = &self.choices;
        if let Some(RetainHuman::Share(s)) = c.retain_human {
            self.fraction("choices.retain_human", Some(s))?;
        }
        if let Some(RetainSynthetic::Share(s)) = c.retain_synthetic {
            self.fraction("choices.retain_synthetic", Some(s))?;
        }
        if let Some(Weights::Human(w)) = c.weights {
            self.fraction("choices.weights", Some(w))?;
        }
        if let Some(Draw::Uniform(0) | Draw::Balanced(0)) = c.draw {
            return Err(self.bad("choices.draw", "must take 1 row or more"));
        }
        if self.regime == "custom" && self.node.get("choices").is_none() {
            return Err(Error::missing_key("choices", &self.node.at_of("regime")));
        }
        Ok(())
    }

    fn check_synthesis(&self) -> Result<(), Error> {
        let how = self.synthesis;
        let at = self.node.at_of("synthesis");
        if how != Synthesis::Sample && self.prompts.is_none() {
            return Err(Error::missing_key("prompts", &at));
        }
        if how == Synthesis::Edit && self.edit_above.is_none() {
            return Err(Error::missing_key("edit_above", &at));
        }
        // In a sweep over `synthesis` one arm may leave unused what another needs.
        if at.layer == Layer::SweepPoint {
            return Ok(());
        }
        let unused = [
            ("prompts", self.prompts.is_some() && how == Synthesis::Sample, "label, continue, edit"),
            ("edit_above", self.edit_above.is_some() && how != Synthesis::Edit, "edit"),
        ];
        for (key, there, users) in unused {
            if there {
                let message = format!("`{key}` has no effect with this `synthesis`");
                let help = format!("remove it, or set synthesis to one of: {users}");
                return Err(Error::conflict(self.at(key), self.at("synthesis"), message, help));
            }
        }
        Ok(())
    }

    fn fraction(&self, key: &str, value: Option<f64>) -> Result<(), Error> {
        match value {
            Some(x) if !(0.0..=1.0).contains(&x) => Err(self.bad(key, &format!("is {x}, outside [0, 1]"))),
            _ => Ok(()),
        }
    }

    fn bad(&self, key: &str, what: &str) -> Error {
        let message = format!("`{key}` {what}");
        let help = "see the table of [loop] keys for the range".to_owned();
        Error::bad_value(self.node.at_of(key), message, help)
    }
}
