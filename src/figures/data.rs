//! The numbers of a figure as a table: what stands in the CSV beside it.

use super::{Curve, DotPanels, DotPlot, HeatMap, Panels};

/// One number that a figure shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Datum {
    /// The panel's title; empty where there is one panel.
    pub panel: String,
    /// The series, as the key names it.
    pub series: String,
    /// The place on the horizontal axis: a number or a category.
    pub x: String,
    /// The value; empty where there is none.
    pub y: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Writes `panel,series,x,y,low,high`.
pub(super) fn csv(data: &[Datum]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["panel", "series", "x", "y", "low", "high"])?;
    let number = |v: Option<f64>| v.filter(|v| !v.is_nan()).map(|v| v.to_string()).unwrap_or_default();
    for d in data {
        let [y, low, high] = [d.y, d.low, d.high].map(number);
        writer.write_record([&d.panel, &d.series, &d.x, &y, &low, &high])?;
    }
    writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}

impl Curve {
    pub(super) fn numbers(&self, panel: &str) -> Vec<Datum> {
        let place = |series: &str, x: f64| Datum {
            panel: panel.to_owned(),
            series: series.to_owned(),
            x: x.to_string(),
            ..Datum::default()
        };
        let measured = self.series.iter().flat_map(|s| {
            s.points.iter().map(move |p| Datum {
                y: Some(p.y),
                low: p.low,
                high: p.high,
                ..place(&s.name, p.x)
            })
        });
        let laws = self.laws.iter().flat_map(|law| {
            law.points.iter().map(move |(x, y)| Datum { y: Some(*y), ..place(&law.label, *x) })
        });
        measured.chain(laws).collect()
    }
}

impl Panels {
    pub(super) fn numbers(&self) -> Vec<Datum> {
        self.panels.iter().flat_map(|curve| curve.numbers(&curve.title)).collect()
    }
}

impl DotPlot {
    pub(super) fn numbers(&self, panel: &str) -> Vec<Datum> {
        let of = |s: &super::DotSeries| -> Vec<Datum> {
            let estimates = self.categories.iter().zip(&s.estimates);
            let datum = |(category, estimate): (&String, &Option<super::Estimate>)| Datum {
                panel: panel.to_owned(),
                series: s.name.clone(),
                x: category.clone(),
                y: estimate.map(|e| e.value),
                low: estimate.map(|e| e.low),
                high: estimate.map(|e| e.high),
            };
            estimates.map(datum).collect()
        };
        self.series.iter().flat_map(of).collect()
    }
}

impl DotPanels {
    pub(super) fn numbers(&self) -> Vec<Datum> {
        let title =
            |plot: &DotPlot| if plot.title.is_empty() { plot.x.label.clone() } else { plot.title.clone() };
        self.panels.iter().flat_map(|plot| plot.numbers(&title(plot))).collect()
    }
}

impl HeatMap {
    /// A row of the map is a series.
    pub(super) fn numbers(&self) -> Vec<Datum> {
        let row = |(series, values): (&String, &Vec<f64>)| -> Vec<Datum> {
            let cells = self.x.iter().zip(values);
            let datum = |(x, y): (&String, &f64)| Datum {
                series: series.clone(),
                x: x.clone(),
                y: Some(*y),
                ..Datum::default()
            };
            cells.map(datum).collect()
        };
        self.y.iter().zip(&self.values).flat_map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Point, Series};
    use super::*;

    #[test]
    fn the_table_has_every_point_and_law_and_leaves_gaps_empty() {
        let points = vec![Point::with_interval(0.0, 1.0, 0.5, 1.5), Point::new(1.0, f64::NAN)];
        let series = Series { name: "a, b".into(), points, ..Series::default() };
        let law = super::super::Law { label: "law".into(), points: vec![(2.0, 0.25)] };
        let curve = Curve { series: vec![series], laws: vec![law], ..Curve::default() };
        let text = String::from_utf8(csv(&curve.numbers("variance")).unwrap()).unwrap();
        assert_eq!(
            text,
            "panel,series,x,y,low,high\nvariance,\"a, b\",0,1,0.5,1.5\nvariance,\"a, b\",1,,,\nvariance,law,2,0.25,,\n"
        );
    }
}
