//! Drawing what was planned: the figures of the spec, or the default ones.

use std::path::Path;

use super::artist::{Artist, Planned, is_binned};
use super::loss_curves::is_loss;
use super::names::file_name;
use super::{
    Asked, Drawn, Publication, PublishError, dose_response, effects, examples, marginals, snapshots,
};
use crate::figures::{self, FigureError};
use crate::output;
use crate::spec::FigureSpec;

/// Draws one figure into a file that ends in `.svg` or `.png` and returns its caption.
///
/// # Errors
/// A figure of something that was not measured, another ending, and the disk's.
pub fn draw_into(publication: &Publication, spec: &FigureSpec, path: &Path) -> Result<String, PublishError> {
    let plan = Artist::new(publication)?.asked(spec, 0)?.into_iter().next();
    let plan = plan.ok_or_else(|| PublishError::Nothing("the figure shows nothing".into()))?;
    figures::save_one(plan.figure.as_ref(), path, plan.size)
        .map_err(|source| PublishError::Figure { name: plan.name, source })?;
    Ok(plan.caption)
}

/// The figures of a run.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Those that were drawn.
    pub drawn: Vec<Drawn>,
    /// Those that can't be drawn: what they are called, and why.
    pub undrawn: Vec<(String, String)>,
}

impl Figures {
    /// What was planned; one that can't be is noted.
    fn plan(&mut self, name: &str, planned: Result<Vec<Planned>, PublishError>) -> Vec<Planned> {
        planned.unwrap_or_else(|why| {
            self.undrawn.push((name.to_owned(), why.to_string()));
            Vec::new()
        })
    }
}

/// Draws the figures of the spec, or the default ones where it asks for none; `only` picks one by
/// its name. Files go to `figures/` as SVG and PNG, numbers as CSV. A figure that can't be drawn costs no other.
///
/// # Errors
/// A name that no figure has, and the disk's.
pub fn draw(publication: &Publication, only: Option<&str>) -> Result<Figures, PublishError> {
    let artist = Artist::new(publication)?;
    let mut planned: Vec<Planned> = Vec::new();
    let mut figures = Figures::default();
    for (i, figure) in publication.experiment.figures.iter().enumerate() {
        let name = figure.name.clone().unwrap_or_else(|| format!("figure {}", i + 1));
        planned.extend(figures.plan(&name, artist.asked(figure, i)));
    }
    if publication.experiment.figures.is_empty() {
        let effects = effects(publication, &Asked::of(publication))?;
        planned.extend(dose_response::planned(&effects));
        planned.extend(artist.default_curves());
        planned.extend(artist.differences());
        for metric in publication.experiment.measure.metrics.iter().filter(|m| is_binned(&m.name)) {
            let title = format!("{}: rows by generation", metric.name.trim_end_matches("-from"));
            let drawn = artist.histograms(&metric.name, true, &[], metric.name.clone(), title);
            planned.extend(figures.plan(&metric.name, drawn.map(|plan| vec![plan])));
        }
        if publication.experiment.measure.metrics.iter().any(|m| is_loss(&m.name)) {
            let title = format!("{}: training, generation by generation", publication.experiment.title());
            // Families without steps have none.
            planned.extend(artist.loss_curves(&[], "loss-curves", &title).unwrap_or_default());
        }
        planned.extend(figures.plan("gallery", examples::galleries(publication, "gallery", &[])));
        planned.extend(figures.plan("densities", examples::densities(publication)));
        let columns = marginals::planned(publication);
        planned.extend(figures.plan("columns", columns.map(Vec::from_iter)));
        let snapshots = snapshots::snapshots(publication, "snapshots", None, &[]);
        planned.extend(figures.plan("snapshots", snapshots.map(Vec::from_iter)));
    }
    named(&mut planned);
    if let Some(name) = only
        && !planned.iter().any(|p| p.name == name)
    {
        if let Some((_, why)) = figures.undrawn.iter().find(|(undrawn, _)| undrawn == name) {
            return Err(PublishError::Nothing(format!("figure {name}: {why}")));
        }
        let known: Vec<&str> = planned.iter().map(|p| p.name.as_str()).collect();
        let text = format!("no figure is called `{name}`; there are {}", known.join(", "));
        return Err(PublishError::Nothing(text));
    }
    planned.retain(|p| only.is_none_or(|name| p.name == name));
    save(publication, planned, &mut figures)?;
    Ok(figures)
}

/// Draws one figure that the spec does not ask for, in place of one of the same name.
///
/// # Errors
/// As [`draw`].
pub fn draw_one(publication: &Publication, spec: &FigureSpec) -> Result<Vec<Drawn>, PublishError> {
    let mut planned = Artist::new(publication)?.asked(spec, 0)?;
    named(&mut planned);
    let mut figures = Figures::default();
    save(publication, planned, &mut figures)?;
    match figures.undrawn.pop() {
        Some((name, why)) => Err(PublishError::Nothing(format!("figure {name}: {why}"))),
        None => Ok(figures.drawn),
    }
}

/// Gives each figure a file name of its own.
fn named(planned: &mut [Planned]) {
    for i in 0..planned.len() {
        planned[i].name = file_name(&planned[i].name);
        let taken = planned[..i].iter().any(|p| p.name == planned[i].name);
        if taken || planned[i].name.is_empty() {
            planned[i].name = format!("{}-{}", planned[i].name, i + 1).trim_start_matches('-').to_owned();
        }
    }
}

fn save(publication: &Publication, planned: Vec<Planned>, into: &mut Figures) -> Result<(), PublishError> {
    let folder = publication.folder.figures();
    for plan in planned {
        let saved = match figures::save(plan.figure.as_ref(), &folder.join(&plan.name), plan.size) {
            Ok(saved) => saved,
            Err(source @ FigureError::Write { .. }) if output::was_refused() => {
                return Err(PublishError::Figure { name: plan.name, source });
            }
            Err(why) => {
                into.undrawn.push((plan.name, why.to_string()));
                continue;
            }
        };
        let mut caption = plan.caption;
        if !saved.missing.is_empty() {
            let few: String = saved.missing.chars().take(8).collect();
            caption.push_str(&format!(
                " The PNG has boxes in the place of signs that its font lacks ({few}); the SVG takes them from the reader’s fonts."
            ));
        }
        into.drawn.push(Drawn {
            name: plan.name,
            caption,
            svg_path: saved.svg,
            png_path: saved.png,
            csv_path: saved.csv,
        });
    }
    Ok(())
}
