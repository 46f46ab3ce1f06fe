//! Resamples the training set toward what a detector takes for human.
//!
//! A detector gives every row p, the probability that a model wrote it; the row's weight is
//! (1 − p)^b. `size` · N rows are drawn without replacement from `copies` copies of each of the N
//! rows, with probability proportional to the weight (Drayson et al., arXiv 2502.15654: b = 10,
//! 1.5 N, 3 copies; draws by the keys ln(u)/weight of Efraimidis and Spirakis 2006). There is no need to
//! know who wrote what: human and synthetic rows compete, and a block keeps its origin. On synthetic
//! rows alone as many are drawn as there were.
//!
//! The detector is a logistic regression on TF-IDF word 1- and 2-grams that learned to tell the rows
//! D(0) from as many rows of the last model. Both are split in halves by their content, and every row
//! is judged by the detector of the other half, so none by a detector that saw it. Weaker than a
//! language model trained to detect, and, unlike one, fitted on the loop's own source: a model that
//! repeats the n-grams of its training rows makes the human rows of the other half look like its own. Cost: two
//! fits a generation (none with b = 0), and `copies` sorted keys a row.

use rand::RngExt;

use super::{BoxedCuration, Curation, CurationError, More, Seen, initial_rows, on_synthetic};
use crate::data::{Body, Distribution, Mix, Rows, Samples, Schema};
use crate::logistic::Logistic;
use crate::models::{Ask, Refusal, Sampling, Vectoriser, documents};
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "detector-reweighted",
        summary: "Resamples rows in proportion to (1 − p)^b, p from a detector of machine text",
        details: "Works without labels of origin: every row of the mix, human or not, is weighted by what a \
                  detector thinks of it, and `size` times as many rows are drawn from `copies` copies. The \
                  detector is a logistic regression on word n-grams, cross-fitted on D(0) and the model's own \
                  rows. Meant for `on = \"mix\"`; on synthetic rows their number stays.",
        source: "Drayson, Yilmaz and Lampos, arXiv 2502.15654",
        parameters: DetectorReweighted::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<DetectorReweighted>(&["step", "on"])?)),
};

crate::parameters! {
    /// Resampling by a detector.
    #[derive(Clone, Copy, Debug)]
    pub struct DetectorReweighted {
        /// b
        pub power: f64 = 10.0, in at_least(0);
        /// Rows drawn per row of the mix; at most `copies`
        pub size: f64 = 1.5, in above(0);
        /// How often a row can be drawn at most
        pub copies: usize = 3, in at_least(1);
    }
}

impl Curation for DetectorReweighted {
    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if schema.vocabulary().is_some() {
            return Ok(());
        }
        Err(Refusal::new(format!("`detector-reweighted` needs text; these rows are {schema}")))
    }

    fn apply(
        &self,
        mut mix: Mix,
        more: Option<More<'_>>,
        seen: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        let mut detector = None;
        let mut weights = |table: &Samples| -> Result<Vec<f64>, CurationError> {
            if self.power == 0.0 {
                return Ok(vec![1.0; table.len()]);
            }
            let detector = match &mut detector {
                Some(detector) => detector,
                none => none.insert(Detector::fit(seen, streams)?),
            };
            Ok(detector.judge(table)?.into_iter().map(|p| (1.0 - p).powf(self.power)).collect())
        };
        if more.is_some() {
            let mut block = 0;
            return on_synthetic(mix, |rows| {
                let table = rows.gather();
                let weights = weights(&table)?;
                block += 1;
                let kept = draw(&weights, self.copies, weights.len(), &streams.of("draw").at(block));
                Ok(Rows::all(table.take(&kept)))
            });
        }
        let (mut all, mut sizes) = (Vec::new(), Vec::new());
        for part in &mix.parts {
            let Body::Rows(rows) = &part.body else {
                return Err(Refusal::new("curation needs rows, not statistics (`path = \"rows\"`)").into());
            };
            sizes.push(rows.len());
            if !rows.is_empty() {
                all.extend(weights(&rows.gather())?);
            }
        }
        let n = (self.size * all.len() as f64).round() as usize;
        let kept = draw(&all, self.copies, n, &streams.of("draw").at(0));
        let mut from = 0;
        for (part, size) in mix.parts.iter_mut().zip(sizes) {
            let own = kept.iter().filter(|&&i| (from..from + size).contains(&(i as usize)));
            let own: Vec<u32> = own.map(|i| i - from as u32).collect();
            if let Body::Rows(rows) = &part.body {
                part.body = Body::Rows(rows.select(&own));
            }
            from += size;
        }
        Ok(mix)
    }
}

/// `n` of the rows, each at most `copies` times, by weight and without replacement; in rising order.
/// Rows of weight 0 are never drawn, so there may be fewer.
fn draw(weights: &[f64], copies: usize, n: usize, streams: &Streams) -> Vec<u32> {
    let mut rng = streams.rng();
    let mut keys: Vec<(f64, u32)> = Vec::with_capacity(weights.len() * copies);
    for (i, &weight) in (0..).zip(weights) {
        for _ in 0..copies {
            // ln u is negative; the largest keys win.
            let u: f64 = 1.0 - rng.random::<f64>();
            if weight > 0.0 {
                keys.push((u.ln() / weight, i));
            }
        }
    }
    keys.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut drawn: Vec<u32> = keys.into_iter().take(n).map(|(_, i)| i).collect();
    drawn.sort_unstable();
    drawn
}

/// Two detectors, one for each half of all texts.
struct Detector {
    halves: [(Vectoriser, Logistic); 2],
}

impl Detector {
    fn fit(seen: &Seen<'_>, streams: &Streams) -> Result<Self, CurationError> {
        let human = initial_rows(seen)?;
        let made =
            seen.model.synthesise(Ask::Rows, human.len(), &Sampling::default(), &streams.of("detector"))?;
        let mut texts = documents(&human)?;
        let labels = [vec![0; human.len()], vec![1; made.len()]].concat();
        texts.extend(documents(&made)?);
        let half = |which: u64| -> Result<(Vectoriser, Logistic), CurationError> {
            let rows: Vec<usize> = (0..texts.len()).filter(|&i| side(&texts[i]) == which).collect();
            let own: Vec<&[String]> = rows.iter().map(|&i| texts[i].as_slice()).collect();
            let labels: Vec<u32> = rows.iter().map(|&i| labels[i]).collect();
            let (vectoriser, design) = Vectoriser::fit_transform(&own, 2, 1);
            let fit = Logistic::fit(&design, &labels, &vec![1.0; labels.len()], 2, 1.0);
            let fit = fit.map_err(|e| Refusal::new(format!("the detector could not be fitted: {e}")))?;
            Ok((vectoriser, fit))
        };
        // Half 0 judges the texts of half 1.
        Ok(Self { halves: [half(1)?, half(0)?] })
    }

    /// The probability that a model wrote each row.
    fn judge(&self, table: &Samples) -> Result<Vec<f64>, Refusal> {
        let texts = documents(table)?;
        let mut p = vec![0.0; texts.len()];
        for (which, (vectoriser, fit)) in (0..).zip(&self.halves) {
            let rows: Vec<usize> = (0..texts.len()).filter(|&i| side(&texts[i]) == which).collect();
            let own: Vec<&[String]> = rows.iter().map(|&i| texts[i].as_slice()).collect();
            let found = fit.probabilities(&vectoriser.transform(&own));
            rows.iter().zip(found.chunks_exact(2)).for_each(|(&i, both)| p[i] = both[1]);
        }
        Ok(p)
    }
}

/// The half that a text belongs to, by its content (FNV-1a).
fn side(text: &[String]) -> u64 {
    let bytes = text.iter().flat_map(|word| word.bytes().chain([0]));
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash >> 32) & 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::outcomes;
    use super::*;

    #[test]
    fn draws_follow_the_weights_and_stop_at_the_copies() {
        // One of two rows with weights 3 and 1: the first with probability ¾. Five standard errors.
        let n = 20_000_u64;
        let first = (0..n).filter(|&i| draw(&[3.0, 1.0], 1, 1, &Streams::new(0, i)) == [0]).count() as f64;
        let z = (first / n as f64 - 0.75) / (0.75 * 0.25 / n as f64).sqrt();
        assert!(z.abs() < 5.0, "{first}");
        assert_eq!(draw(&[1.0, 1e-300, 0.0], 3, 5, &Streams::new(0, 0)), [0, 0, 0, 1, 1]);
        assert!(draw(&[0.0, 0.0], 3, 5, &Streams::new(0, 0)).is_empty());
    }

    #[test]
    fn halves_are_near_equal_and_depend_on_content_alone() {
        let text = |i: usize| vec![format!("word{i}"), "end".to_string()];
        let n = 10_000;
        let ones = (0..n).filter(|&i| side(&text(i)) == 1).count() as f64;
        assert!((ones / f64::from(n as u32) - 0.5).abs() < 5.0 * 0.005, "{ones}");
        assert_eq!(side(&text(7)), side(&text(7)));
    }

    #[test]
    fn rows_without_text_are_refused() {
        assert!(DetectorReweighted::default().accepts(outcomes(2, vec![0]).schema(), None).is_err());
    }
}
