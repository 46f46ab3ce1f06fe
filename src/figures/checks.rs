//! Facts that hold for every kind of figure.

#![allow(clippy::unwrap_used)]

use super::heat_map::Threshold;
use super::lettering::width;
use super::save::{Saved, to_png_bytes};
use super::scene::Anchor;
use super::*;

fn curve(points: Vec<Point>) -> Curve {
    Curve {
        title: "Variance by generation".into(),
        subtitle: "100 rows per generation".into(),
        x: Axis::integer("generation"),
        y: Axis::linear("variance (data units²)"),
        key: "regime".into(),
        series: vec![Series { name: "replace".into(), order: None, points }],
        ..Curve::default()
    }
}

fn decay() -> Vec<Point> {
    (0..30)
        .map(|g| {
            let v = 0.9f64.powi(g);
            Point::with_interval(f64::from(g), v, v * 0.8, v * 1.2)
        })
        .collect()
}

fn dots() -> DotPlot {
    let estimate = Estimate { value: 0.2, low: 0.1, high: 0.4 };
    DotPlot {
        x: Axis::linear("difference"),
        category_label: "human fraction".into(),
        categories: vec!["0".into(), "0.5".into()],
        series: vec![DotSeries { name: "digits".into(), order: None, estimates: vec![Some(estimate), None] }],
        reference: Some(0.0),
        better: Some(Better::Lower),
        ..DotPlot::default()
    }
}

fn samples() -> Vec<(&'static str, Box<dyn Figure>)> {
    let picture = Picture { width: 2, height: 3, pixels: vec![0.0, 0.5, 1.0, f32::NAN, -1.0, 9.0] };
    vec![
        ("curve", Box::new(curve(decay()))),
        (
            "panels",
            Box::new(Panels {
                title: "Three".into(),
                key: "regime".into(),
                panels: vec![curve(decay()), curve(vec![]), curve(decay())],
                ..Panels::default()
            }),
        ),
        (
            "heat map",
            Box::new(HeatMap {
                x: vec!["0".into(), "0.5".into()],
                y: vec!["10".into(), "100".into()],
                x_label: "human fraction".into(),
                values: vec![vec![1.0, f64::NAN], vec![3.0, 4.0]],
                colours: ColourScale { axis: Axis::linear("variance") },
                threshold: Some(Threshold { value: 2.0, label: "two".into() }),
                write_values: true,
                ..HeatMap::default()
            }),
        ),
        (
            "gallery",
            Box::new(Gallery {
                columns: vec!["0".into()],
                human: vec![picture.clone()],
                rows: vec![GalleryRow { label: "0".into(), cells: vec![vec![picture]] }],
                range: (0.0, 1.0),
                ..Gallery::default()
            }),
        ),
        ("dot plot", Box::new(dots())),
        (
            "dot panels",
            Box::new(DotPanels { panels: vec![dots(), dots(), dots()], columns: 2, ..DotPanels::default() }),
        ),
        (
            "snapshots",
            Box::new(Snapshots {
                x_label: "first coordinate".into(),
                y_label: "second coordinate".into(),
                panels: vec![
                    Snapshot {
                        title: "generation 0".into(),
                        points: (0..50).map(|i| (f64::from(i % 7), f64::from(i % 11))).collect(),
                        components: vec![Ellipse { mean: (3.0, 5.0), variance: (4.0, 9.0), covariance: 2.0 }],
                    },
                    Snapshot { title: "generation 1".into(), ..Snapshot::default() },
                ],
                columns: 2,
                rows: vec!["replace".into()],
                ..Snapshots::default()
            }),
        ),
        (
            "densities",
            Box::new(Densities {
                x: Axis::linear("value"),
                samples: vec![Distribution {
                    name: "0".into(),
                    order: Some(0.0),
                    values: (0..100).map(f64::from).collect(),
                }],
                ..Densities::default()
            }),
        ),
    ]
}

#[test]
fn nothing_leaves_the_page_and_no_text_is_small() {
    for (name, figure) in samples() {
        for size in [Size::COLUMN, Size::PAGE] {
            let scene = figure.scene(size).unwrap();
            let inside = |x: f64, y: f64| {
                let ok = (-0.5..=scene.width + 0.5).contains(&x) && (-0.5..=scene.height + 0.5).contains(&y);
                assert!(ok, "{name}: ({x}, {y}) is off the page");
            };
            for mark in &scene.marks {
                match mark {
                    Mark::Line { points, .. } | Mark::Area { points, .. } => {
                        points.iter().for_each(|p| inside(p.0, p.1));
                    }
                    Mark::Disc { centre, .. } => inside(centre.0, centre.1),
                    Mark::Image { at, .. } => {
                        inside(at.left, at.top);
                        inside(at.right, at.bottom);
                    }
                    Mark::Text(t) => {
                        assert!(t.size >= 8.0, "{name}: `{}`", t.text);
                        let w = width(&t.text, t.size, t.bold);
                        let (a, b) = match t.anchor {
                            Anchor::Start => (0.0, w),
                            Anchor::Middle => (-w / 2.0, w / 2.0),
                            Anchor::End => (-w, 0.0),
                        };
                        for d in [a, b] {
                            if t.upwards {
                                inside(t.x, t.y - d);
                            } else {
                                inside(t.x + d, t.y);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_same_data_give_the_same_bytes() {
    for (name, figure) in samples() {
        let once = to_svg_string(figure.as_ref(), Size::COLUMN).unwrap();
        assert_eq!(once, to_svg_string(figure.as_ref(), Size::COLUMN).unwrap(), "{name}");
        assert!(once.starts_with("<svg") && once.trim_end().ends_with("</svg>"));
        let png = to_png_bytes(figure.as_ref(), Size::COLUMN).unwrap();
        assert_eq!(png, to_png_bytes(figure.as_ref(), Size::COLUMN).unwrap(), "{name}");
        // 3.5 inches at 192 pixels: the width field of the PNG header.
        assert_eq!(png[16..20], 672u32.to_be_bytes(), "{name}");
    }
}

#[test]
fn empty_figures_say_so() {
    let empty: Vec<Box<dyn Figure>> = vec![
        Box::new(Curve::default()),
        Box::new(curve(vec![])),
        Box::new(curve(vec![Point::new(f64::NAN, f64::NAN)])),
        Box::new(Curve {
            y: Axis::log("variance"),
            ..curve(vec![Point::new(0.0, 0.0), Point::new(1.0, -2.0)])
        }),
        Box::new(Panels::default()),
        Box::new(HeatMap::default()),
        Box::new(Gallery::default()),
        Box::new(DotPlot::default()),
        Box::new(DotPanels::default()),
        Box::new(Densities::default()),
    ];
    for (i, figure) in empty.iter().enumerate() {
        let svg = to_svg_string(figure.as_ref(), Size::COLUMN).unwrap();
        assert!(svg.contains("no data"), "figure {i}");
    }
}

#[test]
fn extreme_values_are_drawn_or_left_out() {
    let wild = [0.0, -0.0, 1e300, -1e300, 1e-300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    for x in [Axis::linear("x"), Axis::log("x"), Axis::integer("x")] {
        for spread in [Spread::Linear, Spread::Log, Spread::SymLog { linear: 0.1 }] {
            let points = wild
                .iter()
                .enumerate()
                .map(|(i, v)| Point::with_interval(i as f64, *v, f64::NEG_INFINITY, *v))
                .collect();
            let figure = Curve { x: x.clone(), y: Axis { spread, ..Axis::linear("y") }, ..curve(points) };
            let svg = to_svg_string(&figure, Size::COLUMN).unwrap();
            assert!(!svg.contains("NaN"));
        }
    }
}

#[test]
fn a_log_axis_says_what_it_leaves_out() {
    let figure = Curve {
        y: Axis::log("variance"),
        ..curve(vec![Point::new(0.0, 1.0), Point::new(1.0, 0.1), Point::new(2.0, 0.0)])
    };
    let svg = to_svg_string(&figure, Size::PAGE).unwrap();
    assert!(svg.contains("1 point at or below zero"));
}

#[test]
fn wrong_shapes_and_sizes_are_refused() {
    let ragged = HeatMap {
        x: vec!["0".into(), "1".into()],
        y: vec!["a".into()],
        values: vec![vec![1.0]],
        ..HeatMap::default()
    };
    assert!(matches!(ragged.scene(Size::PAGE), Err(FigureError::Shape { expected: 2, got: 1, .. })));
    for (w, h) in [(0.0, 1.0), (f64::NAN, 2.0), (1.0, 1e9), (0.4, 0.4)] {
        assert!(to_svg_string(&curve(decay()), Size::inches(w, h)).is_err(), "{w} × {h}");
    }
}

#[test]
fn all_files_are_written_under_the_full_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("alpha-0.3");
    let Saved { svg, png, csv, .. } = save(&curve(decay()), &path, Size::COLUMN).unwrap();
    assert!(svg.ends_with("new/alpha-0.3.svg") && png.ends_with("new/alpha-0.3.png"));
    let written = std::fs::read_to_string(&svg).unwrap();
    assert_eq!(written, to_svg_string(&curve(decay()), Size::COLUMN).unwrap());
    assert_eq!(std::fs::read(&png).unwrap()[..4], *b"\x89PNG");
    assert!(std::fs::read_to_string(csv.unwrap()).unwrap().starts_with("panel,series,x,y,low,high\n"));
    // Nothing is left over from writing beside and renaming.
    assert_eq!(std::fs::read_dir(svg.parent().unwrap()).unwrap().count(), 3);
}
