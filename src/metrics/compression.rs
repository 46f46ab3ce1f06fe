//! `compression-ratio`: how well the text compresses.
//!
//! Bytes of the text ÷ bytes after DEFLATE. Cost: O(bytes).

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct CompressionRatio;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "compression-ratio",
        summary: "How many times smaller the text gets by DEFLATE",
        details: "UTF-8 bytes of the sample (rows joined by line feeds) ÷ bytes after DEFLATE at level 6. Larger means more \
            repetition. DEFLATE looks back 32 KiB, and the ratio grows with the sample: compare at one size. The \
            last digits depend on the compressor's version.",
        source: "Shaib et al. 2024 (arXiv 2403.00553)",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value at the same size",
        unit: "ratio",
        scale: Scale::Log,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| plain(node, CompressionRatio),
};

impl Metric for CompressionRatio {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let rows = of.rows()?;
        let lines: Option<Vec<String>> = (0..rows.len()).map(|i| rows.text(i)).collect();
        let text = lines.ok_or_else(|| Refusal::not_applicable("the rows hold no text"))?.join("\n");
        if text.is_empty() {
            return Err(Refusal::degenerate("the rows hold no text"));
        }
        let failed = |e: std::io::Error| Refusal::new(format!("the text could not be compressed: {e}"));
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(text.as_bytes()).map_err(failed)?;
        let packed = encoder.finish().map_err(failed)?;
        one("compression-ratio", text.len() as f64 / packed.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, text, value};

    #[test]
    fn repetition_compresses_and_a_short_text_does_not() {
        let found = |lines: &[&str]| {
            value(&CompressionRatio, &Scene::sample(text(TokenUnit::Characters, lines))).unwrap()
        };
        // DEFLATE codes at most 258 bytes with a pair of code words, so 1032 is its bound.
        let repeated = found(&["the same row again and again"; 1000]);
        assert!((50.0..1032.0).contains(&repeated), "{repeated}");
        // Five different letters: nothing to save, a few bytes of frame.
        assert!(found(&["qwxyz"]) <= 1.0);
    }
}
