//! Laws in the place of a metric: numbers that are computed at the run's settings and not measured.
//!
//! A figure may show a law and a claim may hold one against a stated number ("the fold is 1.6667"). Such a
//! value has no randomness; its interval is the number itself.

use super::conditions::predict;
use super::findings::Findings;
use super::settings::setting_of;
use super::{Publication, PublishError};
use crate::analysis::{Series, SettingKey};
use crate::metrics::{METRICS, Subject};
use crate::store::Settings;
use crate::theory;

impl Findings {
    /// What the folder holds, and the laws that figures and claims of the spec name as metrics.
    ///
    /// # Errors
    /// As [`Findings::read`].
    pub fn with_laws(publication: &Publication) -> Result<Self, PublishError> {
        let mut found = Self::read(publication)?;
        let experiment = &publication.experiment;
        let shown = experiment.figures.iter().flat_map(|f| f.y.iter().chain(&f.color));
        let mut names: Vec<&String> = experiment.claims.iter().map(|c| &c.metric).chain(shown).collect();
        names.retain(|name| METRICS.get(name).is_none() && theory::find(name).is_some());
        names.sort();
        names.dedup();
        if !names.is_empty() {
            let records = publication.records()?;
            for name in names {
                found.compute(name, &records);
            }
        }
        Ok(found)
    }

    fn places(&self) -> Vec<(SettingKey, Vec<u32>)> {
        let mut places: Vec<(SettingKey, Vec<u32>)> = Vec::new();
        let mut add = |key: &SettingKey, generations: &mut dyn Iterator<Item = u32>| {
            let at = places.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
                places.push((key.clone(), Vec::new()));
                places.len() - 1
            });
            places[at].1.extend(generations);
        };
        self.series().for_each(|s| add(&s.key, &mut s.at.keys().copied()));
        for (_, generations) in &mut places {
            generations.sort_unstable();
            generations.dedup();
        }
        places
    }

    fn compute(&mut self, name: &str, records: &Settings) {
        let Some(law) = theory::find(name) else { return };
        for (key, generations) in self.places() {
            let Some(setting) = setting_of(records, &key) else { continue };
            let value = |g: &u32| {
                let mean = predict(law, records, (setting.index, *g), name).ok()?.mean;
                mean.is_finite().then_some((*g, mean))
            };
            let values: Vec<(u32, f64)> = generations.iter().filter_map(value).collect();
            if !values.is_empty() {
                // Twice, since an interval is made of two values; these are the same.
                let at = values.iter().map(|(g, v)| (*g, vec![(0, *v), (1, *v)])).collect();
                self.laws.push(Series::new(key, name, Subject::Model, at));
            }
        }
    }
}
