//! Drawing what was planned: the figures of the spec, or the default ones.

use super::findings::Findings;
use super::names::file_name;
use super::settings::setting_of;
use super::{Drawn, Publication, PublishError};
use super::{examples, snapshots};
use crate::analysis::{SettingKey, SummaryRow};
use crate::figures::{self, Figure, Size};
use crate::metrics::{METRICS, Subject};
use crate::spec::{self, Setting};

/// Draws the figures of the spec, or the default ones where it asks for none; `only` picks one by
/// its name. Files go to `figures/` as SVG and PNG.
///
/// # Errors
/// A figure of something that was not measured, a name that no figure has, and the disk's.
pub fn draw(publication: &Publication, only: Option<&str>) -> Result<Vec<Drawn>, PublishError> {
    let artist = Artist::new(publication)?;
    let mut planned: Vec<Planned> = Vec::new();
    for (i, figure) in publication.experiment.figures.iter().enumerate() {
        planned.extend(artist.asked(figure, i)?);
    }
    if publication.experiment.figures.is_empty() {
        planned.extend(artist.default_curves());
        planned.extend(artist.differences());
        for metric in publication.experiment.measure.metrics.iter().filter(|m| is_binned(&m.name)) {
            let title = format!("{}: rows by generation", metric.name.trim_end_matches("-from"));
            planned.push(artist.histograms(&metric.name, true, &[], metric.name.clone(), title)?);
        }
        planned.extend(examples::galleries(publication, "gallery", &[])?);
        planned.extend(examples::densities(publication)?);
        planned.extend(snapshots::snapshots(publication, "snapshots", None, &[])?);
    }
    for i in 0..planned.len() {
        planned[i].name = file_name(&planned[i].name);
        let taken = planned[..i].iter().any(|p| p.name == planned[i].name);
        if taken || planned[i].name.is_empty() {
            planned[i].name = format!("{}-{}", planned[i].name, i + 1).trim_start_matches('-').to_owned();
        }
    }
    if let Some(name) = only
        && !planned.iter().any(|p| p.name == name)
    {
        let known: Vec<&str> = planned.iter().map(|p| p.name.as_str()).collect();
        let text = format!("no figure is called `{name}`; there are {}", known.join(", "));
        return Err(PublishError::Nothing(text));
    }
    let folder = publication.folder.root().join("figures");
    let mut drawn = Vec::with_capacity(planned.len());
    for plan in planned.into_iter().filter(|p| only.is_none_or(|name| p.name == name)) {
        let [svg_path, png_path] =
            figures::save(plan.figure.as_ref(), &folder.join(&plan.name), plan.size)
                .map_err(|source| PublishError::Figure { name: plan.name.clone(), source })?;
        drawn.push(Drawn { name: plan.name, caption: plan.caption, svg_path, png_path });
    }
    Ok(drawn)
}

/// Whether a metric's rows are shares of bins that are named by their lower edges.
fn is_binned(metric: &str) -> bool {
    metric.ends_with("-from")
}

/// A figure that is to be drawn.
pub(super) struct Planned {
    pub name: String,
    pub caption: String,
    pub figure: Box<dyn Figure>,
    pub size: Size,
}

/// What figures are made from.
pub(super) struct Artist<'p> {
    pub publication: &'p Publication,
    pub findings: Findings,
    pub rows: Vec<SummaryRow>,
    pub settings: Vec<Setting>,
}

impl<'p> Artist<'p> {
    fn new(publication: &'p Publication) -> Result<Self, PublishError> {
        let findings = Findings::with_laws(publication)?;
        let rows = findings.summary();
        Ok(Self { publication, findings, rows, settings: publication.settings()? })
    }

    /// The subject that figures show of a metric: the spec's, or what there is (the realised human
    /// fraction is one of training sets).
    pub fn subject_of(&self, metric: &str) -> Subject {
        let asked = match self.publication.experiment.measure.on {
            spec::Subject::Model => Subject::Model,
            spec::Subject::Synthetic => Subject::Synthetic,
            spec::Subject::Training => Subject::Training,
        };
        let known = |s: Subject| self.rows.iter().any(|r| r.metric == metric && r.subject == s);
        let all = [asked, Subject::Model, Subject::Synthetic, Subject::Training];
        all.into_iter().find(|s| known(*s)).unwrap_or(asked)
    }

    /// The measured metrics in the spec's order. A group of values has one row each: the metric's
    /// own name, or names that begin with it.
    pub fn metrics(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        // A bin is no curve: shares of bins are drawn as a histogram.
        for spec in self.publication.experiment.measure.metrics.iter().filter(|m| !is_binned(&m.name)) {
            let own = |m: &&str| m.starts_with(&spec.name) && !m.contains("-from-");
            let mut names: Vec<&str> = self.rows.iter().map(|r| r.metric.as_str()).filter(own).collect();
            names.sort_unstable();
            names.dedup();
            let own = names.contains(&spec.name.as_str());
            for name in names {
                let other = METRICS.get(name).is_some() && name != spec.name;
                if !other && (!own || name == spec.name) && !all.iter().any(|m| m == name) {
                    all.push(name.to_owned());
                }
            }
        }
        all
    }

    /// Every setting with rows, in the order of the sweep.
    pub fn keys(&self) -> Vec<&SettingKey> {
        let mut keys: Vec<&SettingKey> = Vec::new();
        for row in &self.rows {
            if keys.last() != Some(&&row.key) && !keys.contains(&&row.key) {
                keys.push(&row.key);
            }
        }
        let place = |key: &&SettingKey| setting_of(&self.settings, key).map_or(usize::MAX, |s| s.index);
        keys.sort_by_cached_key(place);
        keys
    }

    /// The rows of a metric in a setting, generations ascending.
    pub fn of(&self, metric: &str, key: &SettingKey) -> Vec<&SummaryRow> {
        let subject = self.subject_of(metric);
        let mine = |r: &&SummaryRow| r.metric == metric && r.subject == subject && r.key == *key;
        let mut rows: Vec<&SummaryRow> = self.rows.iter().filter(mine).collect();
        rows.sort_by_key(|r| r.generation);
        rows
    }

    /// The last measured generation of a setting.
    pub fn last(&self, metric: &str, key: &SettingKey) -> Option<&SummaryRow> {
        self.of(metric, key).pop()
    }

    /// What every interval of a figure is.
    pub fn seeds_line(&self) -> String {
        match self.rows.iter().map(|r| r.n).max().unwrap_or(0) {
            1 => "one training seed, no interval".into(),
            seeds => format!("mean over {seeds} training seeds, 95 % interval"),
        }
    }
}
