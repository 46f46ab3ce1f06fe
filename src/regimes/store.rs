//! The store of rows `M`: blocks that know their origin and generation.

use rand::seq::{SliceRandom, index};

use super::weights::weigh;
use super::{Regime, ResolvedDraw};
use crate::data::{Body, Mix, Origin, Part, Rows, Statistics};
use crate::models::{FitError, Refusal, StatisticsPath};
use crate::rng::Streams;
use crate::spec::{Combine, RetainHuman, RetainSynthetic};

/// One lineage's store of rows. On the statistics path every block holds sufficient statistics;
/// `D(0)`'s rows are kept beside it, since anchors and pools are subsets of them.
pub struct Store<'a> {
    blocks: Vec<Part>,
    initial: Vec<Part>,
    statistics: Option<&'a dyn StatisticsPath>,
    anchor: Option<(usize, Vec<Part>)>,
    design: Option<Statistics>,
}

impl<'a> Store<'a> {
    /// `M(0) = D(0)`. With a statistics path, blocks are summarised when they enter.
    pub fn new(initial: Vec<Part>, statistics: Option<&'a dyn StatisticsPath>) -> Result<Self, FitError> {
        let kept = initial.clone();
        let mut store = Store { blocks: Vec::new(), initial: kept, statistics, anchor: None, design: None };
        for part in initial {
            store.admit(part)?;
        }
        // One block as a rule: its design is then shared by every generation's labels.
        if let (true, [Part { body: Body::Statistics(s), .. }]) =
            (statistics.is_some_and(|p| p.labels()), store.blocks.as_slice())
        {
            store.design = Some(s.clone());
        }
        Ok(store)
    }

    /// All rows of the store as a training set, equally weighted: `D(0)` at the start.
    pub fn everything(&self) -> Mix {
        Mix { parts: self.blocks.clone(), combine: Combine::Pooled }
    }

    /// `D(0)`, as rows.
    pub fn initial(&self) -> Mix {
        Mix { parts: self.initial.clone(), combine: Combine::Pooled }
    }

    /// The statistics of all of `D(0)`'s inputs, on the statistics path of a family that labels.
    pub fn design(&self) -> Option<&Statistics> {
        self.design.as_ref()
    }

    /// The number of rows in the store.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|b| b.body.len()).sum()
    }

    /// The number of rows with a labelled origin.
    #[cfg(test)]
    pub fn count(&self, origin: Origin) -> usize {
        self.blocks.iter().filter(|b| b.labelled == origin).map(|b| b.body.len()).sum()
    }

    /// `retain(M(g))`: drops what the regime does not keep. An anchor keeps the first `anchor`
    /// rows of `D(0)`.
    pub fn retain(&mut self, regime: &Regime, anchor: usize, streams: &Streams) -> Result<(), FitError> {
        let mut kept = Vec::with_capacity(self.blocks.len());
        if regime.retain_human == RetainHuman::Anchor {
            kept.extend(self.anchored(anchor)?);
        }
        for (i, block) in std::mem::take(&mut self.blocks).into_iter().enumerate() {
            let share = match (block.labelled, regime.retain_human, regime.retain_synthetic) {
                (Origin::Human, RetainHuman::All, _) | (Origin::Synthetic, _, RetainSynthetic::All) => 1.0,
                (Origin::Human, RetainHuman::Share(s), _)
                | (Origin::Synthetic, _, RetainSynthetic::Share(s)) => s,
                (Origin::Human, RetainHuman::None | RetainHuman::Anchor, _)
                | (Origin::Synthetic, _, RetainSynthetic::None) => 0.0,
            };
            let n = (share * block.body.len() as f64).round() as usize;
            if n == block.body.len() && n > 0 {
                kept.push(block);
            } else if n > 0 {
                let body = self.subset(&block.body, n, &streams.of("retain").at(i as u64))?;
                kept.push(Part { body, ..block });
            }
        }
        self.blocks = kept;
        Ok(())
    }

    /// Adds a block; on the statistics path it is summarised.
    pub fn admit(&mut self, part: Part) -> Result<(), FitError> {
        if part.body.is_empty() {
            return Ok(());
        }
        let part = match (self.statistics, part.body) {
            (Some(path), Body::Rows(rows)) => Part { body: Body::Statistics(path.summarise(&rows)?), ..part },
            (_, body) => Part { body, ..part },
        };
        self.blocks.push(part);
        Ok(())
    }

    /// Merges all synthetic blocks into one. Only for regimes that keep and draw everything, where
    /// it saves going through every past generation at each fit.
    pub fn coalesce(&mut self) {
        if self.statistics.is_none() {
            return;
        }
        let mut merged: Vec<Part> = Vec::with_capacity(2);
        for block in std::mem::take(&mut self.blocks) {
            let same = merged.iter_mut().find(|m| m.origin == block.origin && m.labelled == block.labelled);
            match (same, &block.body) {
                (Some(Part { body: Body::Statistics(into), .. }), Body::Statistics(from)) => {
                    into.merge(from, 1.0);
                }
                _ => merged.push(block),
            }
        }
        self.blocks = merged;
    }

    /// The rows of `D(0)` at the given positions (counted through its blocks), as blocks that
    /// enter at generation `born`: a pool inflow.
    pub fn pooled(&self, positions: &[u32], born: u32) -> Vec<Part> {
        let mut parts = Vec::with_capacity(self.initial.len());
        let mut start = 0_u32;
        for part in &self.initial {
            let end = start + part.body.len() as u32;
            let inside: Vec<u32> =
                positions.iter().filter(|p| (start..end).contains(p)).map(|p| p - start).collect();
            if let Body::Rows(rows) = &part.body
                && !inside.is_empty()
            {
                parts.push(Part { born, body: Body::Rows(rows.select(&inside)), ..part.clone() });
            }
            start = end;
        }
        parts
    }

    /// `weight(draw(M))`: the training set.
    pub fn draw(&self, regime: &Regime, draw: ResolvedDraw, streams: &Streams) -> Result<Mix, FitError> {
        let parts = match draw {
            ResolvedDraw::All => self.blocks.clone(),
            ResolvedDraw::Uniform(n) if n >= self.len() => self.blocks.clone(),
            ResolvedDraw::Uniform(n) => {
                let mut wanted = vec![0; self.blocks.len()];
                let mut rng = streams.of("draw").rng();
                let mut ends = Vec::with_capacity(self.blocks.len());
                let mut end = 0;
                for block in &self.blocks {
                    end += block.body.len();
                    ends.push(end);
                }
                for position in index::sample(&mut rng, end, n) {
                    wanted[ends.partition_point(|&e| e <= position)] += 1;
                }
                self.thinned(&wanted, streams)?
            }
            ResolvedDraw::Balanced(n) => self.thinned(&self.balanced(n), streams)?,
        };
        let mut mix = Mix { parts, combine: regime.combine };
        weigh(&mut mix, regime.weights);
        Ok(mix)
    }

    /// The first `n` rows of `D(0)`; from a contaminated `D(0)`, the same share of each block.
    fn anchored(&mut self, n: usize) -> Result<Vec<Part>, FitError> {
        if let Some((size, parts)) = &self.anchor
            && *size == n
        {
            return Ok(parts.clone());
        }
        let total: usize = self.initial.iter().map(|p| p.body.len()).sum();
        let mut parts = Vec::with_capacity(self.initial.len());
        let (mut seen, mut given) = (0, 0);
        for part in &self.initial {
            seen += part.body.len();
            let upto = (n * seen + total / 2).checked_div(total).unwrap_or(0);
            let Body::Rows(rows) = &part.body else { continue };
            let rows = rows.head(upto - given);
            given = upto;
            if rows.is_empty() {
                continue;
            }
            let body = match self.statistics {
                Some(path) => Body::Statistics(path.summarise(&rows)?),
                None => Body::Rows(rows),
            };
            parts.push(Part { body, ..part.clone() });
        }
        self.anchor = Some((n, parts.clone()));
        Ok(parts)
    }

    /// How many rows of each block make `n` rows in equal parts from every generation. What a
    /// generation can't give is spread over the others.
    fn balanced(&self, n: usize) -> Vec<usize> {
        let mut generations: Vec<u32> = self.blocks.iter().map(|b| b.born).collect();
        generations.sort_unstable();
        generations.dedup();
        let size =
            |g: u32| -> usize { self.blocks.iter().filter(|b| b.born == g).map(|b| b.body.len()).sum() };
        // Smallest generations first, so that what they lack is known when the larger are served.
        let mut by_size: Vec<u32> = generations.clone();
        by_size.sort_by_key(|&g| (size(g), g));
        let mut left = n.min(self.len());
        let mut quota = std::collections::BTreeMap::new();
        for (i, &g) in by_size.iter().enumerate() {
            let share = left.div_ceil(by_size.len() - i).min(size(g));
            quota.insert(g, share);
            left -= share;
        }
        // Within a generation, blocks give in proportion to their size.
        let mut wanted = vec![0; self.blocks.len()];
        for (&g, &rows) in &quota {
            let (mut seen, mut given) = (0, 0);
            for (i, block) in self.blocks.iter().enumerate().filter(|(_, b)| b.born == g) {
                seen += block.body.len();
                let upto = (rows * seen + size(g) / 2) / size(g).max(1);
                wanted[i] = upto - given;
                given = upto;
            }
        }
        wanted
    }

    fn thinned(&self, wanted: &[usize], streams: &Streams) -> Result<Vec<Part>, FitError> {
        let mut parts = Vec::with_capacity(self.blocks.len());
        for (i, (block, &n)) in self.blocks.iter().zip(wanted).enumerate() {
            if n > 0 {
                let body = self.subset(&block.body, n, &streams.of("draw").at(i as u64))?;
                parts.push(Part { body, ..block.clone() });
            }
        }
        Ok(parts)
    }

    /// `n` of the rows, at random without replacement.
    fn subset(&self, body: &Body, n: usize, streams: &Streams) -> Result<Body, FitError> {
        if n >= body.len() {
            return Ok(body.clone());
        }
        match (body, self.statistics) {
            (Body::Rows(rows), _) => Ok(Body::Rows(random_rows(rows, n, streams))),
            (Body::Statistics(s), Some(path)) => path
                .thin(s, n, &mut streams.rng())
                .map(Body::Statistics)
                .ok_or_else(|| Refusal::new("this regime draws a part of the rows, which the statistics path of this family can't do exactly; set `loop.path = \"rows\"`").into()),
            (Body::Statistics(_), None) => {
                Err(Refusal::new("statistics in a store of rows: this is a bug of the workbench").into())
            }
        }
    }
}

/// `n` of the rows, at random without replacement; subsets are nested in `n`.
fn random_rows(rows: &Rows, n: usize, streams: &Streams) -> Rows {
    let mut positions: Vec<u32> = (0..rows.len() as u32).collect();
    let (chosen, _) = positions.partial_shuffle(&mut streams.rng(), n);
    let chosen = chosen.to_vec();
    rows.select(&chosen)
}
