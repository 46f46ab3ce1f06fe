//! Drawing what was planned: the figures of the spec, or the default ones.

use super::artist::{Artist, Planned, is_binned};
use super::names::file_name;
use super::{Asked, Drawn, Publication, PublishError, dose_response, effects, examples, snapshots};
use crate::figures;

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
        planned.extend(dose_response::planned(&effects(publication, &Asked::of(publication))?));
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
