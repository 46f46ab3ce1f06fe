//! Stratified quotas: every group gets its share of the training set.
//!
//! The rows are sorted into strata by group, by label, or by both, and stratum s gets
//! [n·q_s] of the n rows (remainders to the largest fractions), with equal quotas q_s = 1/S or those
//! of the human rows D(0): the stratified batches of STAR, "algorithmic reparation" (Wyllie et al.,
//! FAccT 2024). On synthetic rows the sampler is asked for more until every stratum has its quota;
//! what a stratum has too much is dropped from its end. A model that has lost a group can't fill its
//! quota: then `when_short` decides. On a mix, human rows included, nothing can be asked for: every
//! stratum is cut to the largest set in which the quotas hold. Strata that D(0) lacks have quota 0
//! with `shares = "initial"`. Cost: one look at each row.

use serde::Deserialize;

use super::refill::WhenShort;
use super::{BoxedCuration, Curation, CurationError, More, Seen, initial_rows, on_synthetic};
use crate::data::{Body, Column, Distribution, Kind, Mix, Role, Rows, Samples, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "quotas",
        summary: "Fills stratified quotas of groups, labels, or both",
        details: "Equal quotas, or those of the human rows. On synthetic rows more are asked for until every \
                  stratum is full; a mix is cut to the largest set in which the quotas hold (its human rows \
                  too). A group that the model has lost can't be refilled, and `when_short` says what then.",
        source: "STAR of Wyllie, Shumailov and Papernot, FAccT 2024 (arXiv 2403.07857)",
        parameters: Quotas::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Quotas>(&["step", "on"])?)),
};

crate::parameters! {
    /// Stratified quotas.
    #[derive(Clone, Copy, Debug)]
    pub struct Quotas {
        /// The strata: "group", "label" or "group-and-label"
        pub of: Strata = Strata::Group => "\"group\"";
        /// "equal", or "initial" for the shares in D(0)
        pub shares: Quota = Quota::Equal => "\"equal\"";
        /// The most rows asked for, per row wanted
        pub limit: usize = 10;
        /// "fewer" leaves unfilled quotas unfilled, "error" fails the lineage
        pub when_short: WhenShort = WhenShort::Fewer => "\"fewer\"";
    }
}

/// What strata are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strata {
    /// The column with the role of a group.
    #[default]
    Group,
    /// The label.
    Label,
    /// Every combination of the two.
    GroupAndLabel,
}

/// The share that each stratum gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quota {
    /// The same for all.
    #[default]
    Equal,
    /// That of D(0).
    Initial,
}

impl Curation for Quotas {
    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        self.columns(schema).map(drop)
    }

    fn apply(
        &self,
        mut mix: Mix,
        more: Option<More<'_>>,
        seen: &Seen<'_>,
        _: &Streams,
    ) -> Result<Mix, CurationError> {
        let shares = |schema: &Schema| -> Result<Vec<f64>, CurationError> {
            let strata = self.columns(schema)?.iter().map(|c| c.1).product::<usize>();
            if self.shares == Quota::Equal {
                return Ok(vec![1.0 / strata as f64; strata]);
            }
            let mut counts = vec![0.0; strata];
            let initial = self.strata(&initial_rows(seen)?)?;
            initial.iter().for_each(|&s| counts[s] += 1.0 / initial.len() as f64);
            Ok(counts)
        };
        if let Some(more) = more {
            return on_synthetic(mix, |rows| self.fill(rows.gather(), more, &shares(rows.table().schema())?));
        }
        let mut strata: Vec<Vec<usize>> = Vec::with_capacity(mix.parts.len());
        for part in &mix.parts {
            let Body::Rows(rows) = &part.body else {
                return Err(Refusal::new("curation needs rows, not statistics (`path = \"rows\"`)").into());
            };
            strata.push(self.strata(&rows.gather())?);
        }
        let Some(Body::Rows(first)) = mix.parts.first().map(|p| &p.body) else { return Ok(mix) };
        let shares = shares(first.table().schema())?;
        let mut counts = vec![0_usize; shares.len()];
        strata.iter().flatten().for_each(|&s| counts[s] += 1);
        // The largest total for which no stratum is short.
        let total = shares.iter().zip(&counts).filter(|(q, _)| **q > 0.0).map(|(q, &c)| c as f64 / q);
        let total = total.fold(f64::INFINITY, f64::min);
        let mut left: Vec<usize> = shares.iter().map(|q| (q * total + 1e-9).floor() as usize).collect();
        for (part, strata) in mix.parts.iter_mut().zip(&strata) {
            let kept = take(strata, &mut left);
            if let Body::Rows(rows) = &part.body {
                part.body = Body::Rows(rows.select(&kept));
            }
        }
        Ok(mix)
    }
}

impl Quotas {
    /// The columns that make up a stratum, with their numbers of levels.
    fn columns(&self, schema: &Schema) -> Result<Vec<(usize, usize)>, Refusal> {
        let roles: &[Role] = match self.of {
            Strata::Group => &[Role::Group],
            Strata::Label => &[Role::Label],
            Strata::GroupAndLabel => &[Role::Group, Role::Label],
        };
        let column = |role: &Role| match schema.first(*role) {
            Some((i, field)) => match &field.kind {
                Kind::Codes { levels } => Ok((i, levels.count())),
                other => Err(Refusal::new(format!(
                    "column `{}` is {other}, not one of several groups",
                    field.name
                ))),
            },
            None => {
                let name = if *role == Role::Group { "group" } else { "label" };
                Err(Refusal::new(format!("there is no {name} column; these rows are {schema}")))
            }
        };
        roles.iter().map(column).collect()
    }

    /// The stratum of each row.
    fn strata(&self, table: &Samples) -> Result<Vec<usize>, Refusal> {
        let mut strata = vec![0; table.len()];
        for (column, levels) in self.columns(table.schema())? {
            if let Column::Codes { data } = table.column(column) {
                strata.iter_mut().zip(data).for_each(|(s, &code)| *s = *s * levels + code as usize);
            }
        }
        Ok(strata)
    }

    fn fill(&self, table: Samples, more: More<'_>, shares: &[f64]) -> Result<Rows, CurationError> {
        let wanted = table.len();
        let mut left = apportion(shares, wanted);
        let mut kept = table.take(&take(&self.strata(&table)?, &mut left));
        let most = self.limit.saturating_mul(wanted);
        let mut asked = 0;
        while kept.len() < wanted && asked < most {
            let ask = (wanted - kept.len()).min(most - asked);
            let further = more(ask)?;
            asked += ask;
            kept = Samples::concat(&[&kept, &further.take(&take(&self.strata(&further)?, &mut left))])?;
        }
        if kept.len() < wanted && self.when_short == WhenShort::Error {
            return Err(CurationError::TooFew { wanted, kept: kept.len(), asked: wanted + asked });
        }
        Ok(Rows::all(kept))
    }
}

/// The rows that still fit in what is left of each stratum's quota.
fn take(strata: &[usize], left: &mut [usize]) -> Vec<u32> {
    let mut fits = |&(_, &s): &(u32, &usize)| {
        let fits = left[s] > 0;
        left[s] -= usize::from(fits);
        fits
    };
    (0_u32..).zip(strata).filter(|row| fits(row)).map(|(i, _)| i).collect()
}

/// `n` in whole parts proportional to the shares; remainders go to the largest fractions.
fn apportion(shares: &[f64], n: usize) -> Vec<usize> {
    let mut parts: Vec<usize> = shares.iter().map(|q| (q * n as f64 + 1e-9).floor() as usize).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    let fraction = |s: usize| shares[s] * n as f64 - (shares[s] * n as f64 + 1e-9).floor();
    order.sort_by(|&a, &b| fraction(b).total_cmp(&fraction(a)).then(a.cmp(&b)));
    let missing = n.saturating_sub(parts.iter().sum());
    order.into_iter().take(missing).for_each(|s| parts[s] += 1);
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::{labelled, labels_of, outcomes, seen, synthetic};
    use super::*;

    fn labels(list: &[u32]) -> Samples {
        labelled(3, &list.iter().map(|&l| (0.0, l)).collect::<Vec<_>>())
    }

    const BY_LABEL: fn() -> Quotas = || Quotas { of: Strata::Label, ..Quotas::default() };

    #[test]
    fn remainders_go_to_the_largest_fractions() {
        assert_eq!(apportion(&[0.5, 0.3, 0.2], 5), [3, 1, 1]);
        assert_eq!(apportion(&[1.0 / 3.0; 3], 6), [2, 2, 2]);
        assert_eq!(apportion(&[0.0, 1.0], 3), [0, 3]);
    }

    #[test]
    fn every_stratum_is_filled() {
        seen(&[1.0], |seen| {
            let mut given = vec![labels(&[0, 1, 0]), labels(&[2, 2])].into_iter();
            let mut more = |n: usize| {
                let next = given.next().unwrap();
                assert_eq!(next.len(), n);
                Ok(next)
            };
            // Two of each are wanted: of four 0 and two 1, two 0 and both 1 stay; two 2 are to come.
            let mix = synthetic(labels(&[0, 1, 0, 0, 0, 1]));
            let step = Quotas { limit: 1, ..BY_LABEL() };
            let mut short = |n: usize| Ok(labels(&vec![0; n]));
            let fewer = step.apply(mix.clone(), Some(&mut short), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(labels_of(&fewer), [0, 1, 0, 1]);
            let strict = Quotas { when_short: WhenShort::Error, ..step };
            assert_eq!(
                strict.apply(mix, Some(&mut short), seen, &Streams::new(0, 0)).unwrap_err(),
                CurationError::TooFew { wanted: 6, kept: 4, asked: 12 }
            );
            let mix = synthetic(labels(&[0, 1, 0, 0, 0, 0]));
            let made = BY_LABEL().apply(mix, Some(&mut more), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(labels_of(&made), [0, 1, 0, 1, 2, 2]);
        });
    }

    #[test]
    fn a_mix_is_cut_to_the_largest_set_in_which_the_quotas_hold() {
        seen(&[1.0], |seen| {
            let mix = synthetic(labels(&[0, 0, 1, 2, 2, 1, 0]));
            let made = BY_LABEL().apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(labels_of(&made), [0, 0, 1, 2, 2, 1]);
        });
    }

    #[test]
    fn rows_without_the_column_are_refused() {
        assert!(Quotas::default().accepts(outcomes(2, vec![0]).schema(), None).is_err());
        assert!(BY_LABEL().accepts(outcomes(2, vec![0]).schema(), None).is_err());
    }
}
