//! Phase diagrams: a metric, or the share of its loss that is prevented, over two numbers of the settings.

use std::collections::BTreeMap;

use super::artist::{Artist, Planned};
use super::compared::{Asked, judge};
use super::names::{file_name, grouped, plain};
use super::{Publication, PublishError, number};
use crate::analysis::effects::{Judged, share_parts, values_of};
use crate::analysis::phase::{PhaseCell, Plane};
use crate::analysis::{Series, SettingKey};
use crate::figures::{self, Axis, ColourScale, Lattice, MapLine, PhaseMap, Size};
use crate::metrics::Subject;
use crate::spec::{FigureSpec, canonical};

/// What a phase diagram is made of: the cells of one combination of what its axes do not show.
struct Cells<'k> {
    /// That combination; empty where there is one.
    which: String,
    /// Its settings.
    keys: Vec<&'k SettingKey>,
    /// Places as the axes show them: logarithms on a logarithmic axis.
    cells: Vec<PhaseCell>,
    /// The value at the boundary.
    level: f64,
}

/// The two axes and what is shown.
struct Shown<'s> {
    spec: &'s FigureSpec,
    x: &'s str,
    y: &'s str,
    metric: &'s str,
}

impl Shown<'_> {
    fn warp(&self, place: (f64, f64)) -> (f64, f64) {
        let one = |v: f64, log: bool| if log { v.ln() } else { v };
        (one(place.0, self.spec.log_x), one(place.1, self.spec.log_y))
    }

    fn back(&self, place: (f64, f64)) -> (f64, f64) {
        let one = |v: f64, log: bool| if log { v.exp() } else { v };
        (one(place.0, self.spec.log_x), one(place.1, self.spec.log_y))
    }

    /// The axis along which human rows go from none to all.
    fn human_axis(&self) -> Option<&str> {
        [self.x, self.y].into_iter().find(|axis| axis.ends_with("human_fraction"))
    }

    /// What the colours are.
    fn quantity(&self) -> String {
        if self.spec.prevented {
            format!("share of the loss of {} prevented", self.metric)
        } else {
            self.metric.to_owned()
        }
    }
}

impl Artist<'_> {
    /// One phase diagram for each combination of what its axes do not show.
    pub(super) fn phases(
        &self,
        spec: &FigureSpec,
        name: &str,
        title: &str,
    ) -> Result<Vec<Planned>, PublishError> {
        let shown = shown(spec);
        let all = self.phase_cells(&shown, name)?;
        let several = all.len() > 1;
        let planned = |cells: Cells<'_>| {
            let name = if several { format!("{name}-{}", file_name(&cells.which)) } else { name.to_owned() };
            self.phase(&shown, &cells, name, title)
        };
        Ok(all.into_iter().map(planned).collect())
    }

    fn phase_cells(&self, shown: &Shown<'_>, name: &str) -> Result<Vec<Cells<'_>>, PublishError> {
        let nothing = |text: String| PublishError::Nothing(format!("figure `{name}`: {text}"));
        let keys: Vec<&SettingKey> = self.keys().into_iter().filter(|key| !key.is_control()).collect();
        for axis in [shown.x, shown.y].into_iter().filter(|axis| *axis != GENERATION) {
            if !keys.iter().any(|key| key.number(axis).is_some()) {
                return Err(nothing(format!("`{axis}` is no number of this run's settings")));
            }
        }
        if shown.spec.prevented && shown.human_axis().is_none() {
            let text = "a prevented share needs a human fraction on one of the axes, from 0 to 1";
            return Err(nothing(text.into()));
        }
        let rest = super::asked::lines(&keys, None, &[shown.x.to_owned(), shown.y.to_owned()]);
        let asked = Asked::of(self.publication);
        let of = |(which, keys): (String, Vec<&'_ SettingKey>)| {
            let cells = self.cells_of(shown, &keys, &asked);
            let level = shown.spec.boundary.unwrap_or_else(|| {
                let values = cells.iter().map(|c| c.ratio().estimate).filter(|v| v.is_finite());
                let (low, high) = values.fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
                if shown.spec.prevented { asked.prevent } else { 0.5 * (low + high) }
            });
            (which, cells, level)
        };
        let mut found = Vec::new();
        for (which, keys) in grouped(&keys, &rest) {
            let (which, cells, level) = of((which, keys.clone()));
            found.push(Cells { which, keys, cells, level });
        }
        if found.iter().all(|c| c.cells.iter().all(|cell| cell.seeds.is_empty())) {
            return Err(nothing(format!("there is no {} in any setting", shown.quantity())));
        }
        Ok(found)
    }

    fn cells_of(&self, shown: &Shown<'_>, keys: &[&SettingKey], asked: &Asked) -> Vec<PhaseCell> {
        let subject = self.subject_of(shown.metric);
        let series = |key: &SettingKey| self.findings.find(key, shown.metric, subject);
        // What a model that knows nothing is worth depends on the human rows, and cells may differ in them.
        let mut of_data: BTreeMap<String, Option<Judged>> = BTreeMap::new();
        let mut judged = |key: &SettingKey| {
            let setting = self.settings.get(key.index)?;
            let human = self.findings.find(key, shown.metric, Subject::Human);
            let new = || judge(self.publication, setting, shown.metric, human, asked);
            *of_data.entry(canonical(&setting.data)).or_insert_with(new)
        };
        let by_generation = [shown.x, shown.y].contains(&GENERATION);
        let mut cells: Vec<PhaseCell> = Vec::new();
        for key in keys {
            let Some(of) = series(key) else { continue };
            let judged = judged(key);
            let generations: Vec<u32> = match shown.spec.at.first() {
                _ if by_generation => of.at.keys().copied().collect(),
                Some(at) => vec![*at],
                None => of.last().into_iter().collect(),
            };
            for generation in generations {
                let place = |axis: &str| match axis {
                    GENERATION => Some(f64::from(generation)),
                    _ => key.number(axis),
                };
                let (Some(x), Some(y)) = (place(shown.x), place(shown.y)) else { continue };
                let seeds = match shown.human_axis().filter(|_| shown.spec.prevented) {
                    Some(axis) => self.share_of(key, keys, axis, (of, generation), judged.as_ref()),
                    None => numbers(of, generation, judged.as_ref()),
                };
                let (x, y) = shown.warp((x, y));
                if x.is_finite() && y.is_finite() && !cells.iter().any(|c| c.x == x && c.y == y) {
                    cells.push(PhaseCell { x, y, seeds: seeds.unwrap_or_default() });
                }
            }
        }
        cells
    }

    /// The parts of a prevented share, against the settings without human rows and of human rows alone that are like this
    /// one in all else.
    fn share_of(
        &self,
        key: &SettingKey,
        keys: &[&SettingKey],
        axis: &str,
        (of, generation): (&Series, u32),
        judged: Option<&Judged>,
    ) -> Option<Vec<(u64, f64, f64)>> {
        let arm = |fraction: f64| -> Option<&Series> {
            let other = keys.iter().find(|k| k.number(axis) == Some(fraction) && k.is_like(key, axis))?;
            self.findings.find(other, &of.metric, of.subject)
        };
        let (none, only) = (arm(0.0)?, arm(1.0)?);
        let start = Some(only.centre(0)).filter(|start| start.is_finite());
        let at = |series: &Series| series.observed(generation);
        share_parts(&at(of), &at(none), &at(only), judged?, start).ok()
    }

    fn phase(&self, shown: &Shown<'_>, cells: &Cells<'_>, name: String, title: &str) -> Planned {
        let plane = Plane::new(&cells.cells, cells.level);
        let surface = plane.surface(cells.level);
        let one_seed = cells.cells.iter().all(|c| c.seeds.len() < 2);
        let axis =
            |axis: &str, log: bool| if log { Axis::log(&plain(axis)) } else { Axis::linear(&plain(axis)) };
        let tile = |c: &PhaseCell| {
            let (ratio, (x, y)) = (c.ratio(), shown.back((c.x, c.y)));
            let (low, high) = ratio.bounds.unzip();
            figures::PhaseCell { x, y, value: ratio.estimate, low, high }
        };
        let tiles: Vec<figures::PhaseCell> = cells.cells.iter().map(tile).collect();
        let by_generation = [shown.x, shown.y].contains(&GENERATION);
        let at = shown.spec.at.first().copied();
        let laws: Vec<(String, MapLine)> = shown
            .spec
            .overlay
            .iter()
            .filter(|_| !by_generation)
            .filter_map(|law| Some((law.clone(), self.line_on_map(law, shown.x, &cells.keys, at)?)))
            .collect();
        let colours = ColourScale { axis: Axis::linear(&shown.quantity()) };
        let levels = levels(&tiles, cells.level);
        let crossings: Vec<(f64, f64, Option<f64>, Option<f64>)> = plane
            .crossings(cells.level)
            .into_iter()
            .map(|c| {
                let place = |along: f64| if plane.along_x { (along, c.line) } else { (c.line, along) };
                let along = |along: f64| {
                    let (x, y) = shown.back(place(along));
                    if plane.along_x { x } else { y }
                };
                let (x, y) = shown.back(place(c.estimate));
                let across = if plane.along_x { y } else { x };
                (across, along(c.estimate), c.low.map(along), c.high.map(along))
            })
            .collect();
        let at = match at {
            _ if by_generation => String::new(),
            Some(generation) => format!(" at generation {generation}"),
            None => " at the last generation".into(),
        };
        let seeds = if one_seed { "computed, or one seed: no band".to_owned() } else { self.seeds_line() };
        let subtitle = [&*cells.which, &format!("{}{at}", shown.quantity()), &seeds];
        let subtitle = subtitle.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("; ");
        let boundary = match crossings.is_empty() {
            true => format!("No line of cells crosses {} {}.", shown.quantity(), number(cells.level)),
            false => {
                let band = match one_seed {
                    true => "",
                    false => {
                        "; its band is where Student's t does not reject that at 5 %, linear between cells seed by seed"
                    }
                };
                format!("The boundary is where {} is {}{band}.", shown.quantity(), number(cells.level))
            }
        };
        let empty = cells.cells.iter().filter(|c| c.seeds.is_empty()).count();
        let note = match empty {
            0 => String::new(),
            1 => {
                "1 cell has no value: it collapsed, or was not measured. No boundary is looked for beside it."
                    .into()
            }
            n => format!(
                "{n} cells have no value: they collapsed, or were not measured. No boundary is looked for beside them."
            ),
        };
        let mut caption = vec![
            format!("{title}: {} by {} and {}{at}.", shown.quantity(), plain(shown.x), plain(shown.y)),
            boundary,
        ];
        if !one_seed {
            caption.extend(laws.iter().map(|(law, line)| agreement(&plane, shown, law, line, cells.level)));
        }
        if by_generation && !shown.spec.overlay.is_empty() {
            caption.push("Laws are not drawn by generation.".into());
        }
        caption.push(note.clone());
        let label = match shown.spec.prevented {
            true => format!("{} % of the loss prevented", number(100.0 * cells.level)),
            false => format!("{} = {}", shown.metric, number(cells.level)),
        };
        let bounded = |t: &f64| {
            if t.is_nan() {
                f64::NAN
            } else if t.is_infinite() {
                1.0
            } else {
                t / (1.0 + t)
            }
        };
        let back = |all: &[f64], x: bool| -> Vec<f64> {
            all.iter().map(|v| if x { shown.back((*v, 0.0)).0 } else { shown.back((0.0, *v)).1 }).collect()
        };
        let figure = PhaseMap {
            title: title.to_owned(),
            subtitle,
            x: axis(shown.x, shown.spec.log_x),
            y: axis(shown.y, shown.spec.log_y),
            rows: plane.along_x,
            cells: tiles,
            colours,
            lattice: Lattice {
                x: back(&surface.x, true),
                y: back(&surface.y, false),
                value: surface.value,
                away: surface.t.iter().map(|row| row.iter().map(bounded).collect()).collect(),
            },
            levels,
            boundary: (!crossings.is_empty()).then_some((cells.level, label)),
            crossings,
            lines: laws.into_iter().map(|(_, line)| line).collect(),
            note,
        };
        Planned {
            name,
            caption: caption.join(" ").trim_end().to_owned(),
            figure: Box::new(figure),
            size: Size::inches(7.0, 4.4),
        }
    }
}

/// Further cells of the first phase diagram of a run that would shrink the band of its boundary most, as the values of its
/// two keys, with the boundary as it is known; `None` where the spec has no phase diagram.
///
/// # Errors
/// Those of the files, and a figure of something that was not measured.
pub fn further_cells(publication: &Publication) -> Result<Option<Further>, PublishError> {
    let figures = &publication.experiment.figures;
    let Some((index, spec)) =
        figures.iter().enumerate().find(|(_, f)| f.kind == crate::spec::FigureKind::Phase)
    else {
        return Ok(None);
    };
    let shown = shown(spec);
    let artist = Artist::new(publication)?;
    let name = spec.name.clone().unwrap_or_else(|| format!("figure-{}", index + 1));
    let all = artist.phase_cells(&shown, &name)?;
    // Diagrams beside each other share their cells' places.
    let mut cells: Vec<(f64, f64)> = Vec::new();
    let mut crossings = 0;
    for one in &all {
        let plane = Plane::new(&one.cells, one.level);
        crossings += plane.crossings(one.level).len();
        let next = plane.next(one.level).into_iter().map(|place| shown.back(place));
        cells.extend(next.filter(|place| !cells.contains(place)).collect::<Vec<_>>());
    }
    Ok(Some(Further { x: shown.x.to_owned(), y: shown.y.to_owned(), cells, crossings }))
}

/// What [`further_cells`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Further {
    /// The key on the horizontal axis.
    pub x: String,
    /// The key on the vertical axis.
    pub y: String,
    /// Places (x, y), the widest gaps first.
    pub cells: Vec<(f64, f64)>,
    /// How often lines of cells cross the boundary now.
    pub crossings: usize,
}

fn shown(spec: &FigureSpec) -> Shown<'_> {
    Shown {
        spec,
        x: spec.x.as_deref().unwrap_or_default(),
        y: spec.y.first().map_or("", String::as_str),
        metric: spec.color.as_deref().unwrap_or_default(),
    }
}

/// A metric's values, seed by seed; where some are lost by collapse, all as they enter a comparison. What is computed has
/// one value and no seeds.
fn numbers(of: &Series, generation: u32, judged: Option<&Judged>) -> Option<Vec<(u64, f64, f64)>> {
    let values = match of.lost(generation) {
        [] => of.pairs(generation).to_vec(),
        _ => values_of(&of.observed(generation), judged?).ok()?,
    };
    (!values.is_empty()).then(|| values.into_iter().map(|(seed, v)| (seed, v, 1.0)).collect())
}

/// At how many places of a law the boundary may be.
fn agreement(plane: &Plane, shown: &Shown<'_>, law: &str, line: &MapLine, level: f64) -> String {
    let t = |place: &(f64, f64)| {
        let (x, y) = shown.warp(*place);
        plane.t_at(x, y, level)
    };
    let found: Vec<f64> = line.points.iter().filter_map(t).collect();
    let inside = found.iter().filter(|t| **t <= 1.0).count();
    match found.len() {
        0 => format!("The law {law} lies outside the cells."),
        all => format!("The law {law} lies in the band at {inside} of {all} places."),
    }
}

/// Values that have a thin line: about five round ones, not too near to the boundary.
fn levels(cells: &[figures::PhaseCell], boundary: f64) -> Vec<f64> {
    let values = cells.iter().map(|c| c.value).filter(|v| v.is_finite());
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
    if low >= high {
        return Vec::new();
    }
    let rough = (high - low) / 5.0;
    let ten = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|s| s * ten).find(|s| *s >= rough).unwrap_or(rough);
    let count = ((high - low) / step) as i64 + 2;
    let first = (low / step).floor() as i64;
    let all = (first..first + count).map(|k| k as f64 * step);
    all.filter(|v| *v > low && *v < high && (v - boundary).abs() > 0.3 * step).collect()
}

const GENERATION: &str = "generation";
