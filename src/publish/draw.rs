//! Drawing what was planned: the figures of the spec, or the default ones.

use std::path::Path;

use super::artist::{Artist, Planned, is_binned};
use super::loss_curves::is_loss;
use super::names::file_name;
use super::{Asked, Drawn, Publication, PublishError, dose_response, effects, examples, snapshots};
use crate::figures;
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

/// Draws the figures of the spec, or the default ones where it asks for none; `only` picks one by
/// its name. Files go to `figures/` as SVG and PNG, numbers as CSV.
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
        let effects = effects(publication, &Asked::of(publication))?;
        planned.extend(dose_response::planned(&effects));
        planned.extend(artist.default_curves());
        planned.extend(artist.differences());
        for metric in publication.experiment.measure.metrics.iter().filter(|m| is_binned(&m.name)) {
            let title = format!("{}: rows by generation", metric.name.trim_end_matches("-from"));
            planned.push(artist.histograms(&metric.name, true, &[], metric.name.clone(), title)?);
        }
        if publication.experiment.measure.metrics.iter().any(|m| is_loss(&m.name)) {
            let title = format!("{}: training, generation by generation", publication.experiment.title());
            // Families without steps have none.
            planned.extend(artist.loss_curves(&[], "loss-curves", &title).unwrap_or_default());
        }
        planned.extend(examples::galleries(publication, "gallery", &[])?);
        planned.extend(examples::densities(publication)?);
        planned.extend(snapshots::snapshots(publication, "snapshots", None, &[])?);
    }
    named(&mut planned);
    if let Some(name) = only
        && !planned.iter().any(|p| p.name == name)
    {
        let known: Vec<&str> = planned.iter().map(|p| p.name.as_str()).collect();
        let text = format!("no figure is called `{name}`; there are {}", known.join(", "));
        return Err(PublishError::Nothing(text));
    }
    planned.retain(|p| only.is_none_or(|name| p.name == name));
    save(publication, planned)
}

/// Draws one figure that the spec does not ask for, in place of one of the same name.
///
/// # Errors
/// As [`draw`].
pub fn draw_one(publication: &Publication, spec: &FigureSpec) -> Result<Vec<Drawn>, PublishError> {
    let mut planned = Artist::new(publication)?.asked(spec, 0)?;
    named(&mut planned);
    save(publication, planned)
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

fn save(publication: &Publication, planned: Vec<Planned>) -> Result<Vec<Drawn>, PublishError> {
    let folder = publication.folder.root().join("figures");
    let mut drawn = Vec::with_capacity(planned.len());
    for plan in planned {
        let saved = figures::save(plan.figure.as_ref(), &folder.join(&plan.name), plan.size)
            .map_err(|source| PublishError::Figure { name: plan.name.clone(), source })?;
        let mut caption = plan.caption;
        if !saved.missing.is_empty() {
            let few: String = saved.missing.chars().take(8).collect();
            caption.push_str(&format!(
                " The PNG has boxes in the place of signs that its font lacks ({few}); the SVG takes them from the reader’s fonts."
            ));
        }
        drawn.push(Drawn {
            name: plan.name,
            caption,
            svg_path: saved.svg,
            png_path: saved.png,
            csv_path: saved.csv,
        });
    }
    Ok(drawn)
}
