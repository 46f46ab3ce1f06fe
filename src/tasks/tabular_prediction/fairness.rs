//! How well and how fairly decisions follow labels: AUC, parity gap, equalised-odds gap, direct effect.
//!
//! AUC = P(score of a positive row > score of a negative row) + ½ P(equal), by ranks (Hanley and McNeil
//! 1982). With decisions d and groups 0 and 1: parity gap = P(d | 1) − P(d | 0); equalised-odds gap =
//! max over labels y of |P(d | 1, y) − P(d | 0, y)| (Hardt, Price and Srebro 2016, arXiv 1610.02413).
//! Direct effect of a predictor f = mean over group 0 of f(x₁, z, w) − f(x₀, z, w): B − A of
//! [`FourMeans`](crate::data::FourMeans), exact for a known f.

use crate::models::Refusal;

/// The area under the receiver operating characteristic; refuses a single class.
pub fn auc(scores: &[f64], labels: &[u32]) -> Result<f64, Refusal> {
    let positive = labels.iter().filter(|&&y| y == 1).count();
    let negative = labels.len() - positive;
    if positive == 0 || negative == 0 {
        return Err(Refusal::undefined("an AUC needs rows of both labels"));
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    // Ties share their middle rank.
    let mut ranks = 0.0;
    let mut start = 0;
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let middle = start as f64 + (tied.len() + 1) as f64 / 2.0;
        ranks += middle * tied.iter().filter(|&&i| labels[i] == 1).count() as f64;
        start += tied.len();
    }
    let (p, n) = (positive as f64, negative as f64);
    Ok((ranks - p * (p + 1.0) / 2.0) / (p * n))
}

/// Decisions beside the labels and groups (0 or 1) of the same rows.
pub struct Decisions<'a> {
    /// Whether the row was decided positive.
    pub decided: &'a [bool],
    /// The true labels, 0 or 1.
    pub labels: &'a [u32],
    /// The groups, 0 or 1.
    pub groups: &'a [u32],
}

impl Decisions<'_> {
    /// P(d | group 1) − P(d | group 0).
    pub fn parity_gap(&self) -> Result<f64, Refusal> {
        Ok(self.rate(1, None)? - self.rate(0, None)?)
    }

    /// The greater of the two gaps among rows with the same label.
    pub fn odds_gap(&self) -> Result<f64, Refusal> {
        let gap = |label| Ok((self.rate(1, Some(label))? - self.rate(0, Some(label))?).abs());
        Ok(f64::max(gap(0)?, gap(1)?))
    }

    fn rate(&self, group: u32, label: Option<u32>) -> Result<f64, Refusal> {
        let (mut positive, mut all) = (0_usize, 0_usize);
        for ((d, y), g) in self.decided.iter().zip(self.labels).zip(self.groups) {
            if *g == group && label.is_none_or(|label| label == *y) {
                positive += usize::from(*d);
                all += 1;
            }
        }
        if all == 0 {
            let label = label.map_or(String::new(), |y| format!(" and label {y}"));
            return Err(Refusal::undefined(format!("no test row has group {group}{label}")));
        }
        Ok(positive as f64 / all as f64)
    }
}

/// The mean over group 0 of what treating a row as group 1 adds to its score.
pub fn direct_effect(scores: &[f64], as_group_1: &[f64], groups: &[u32]) -> Result<f64, Refusal> {
    let rows: Vec<f64> =
        (0..groups.len()).filter(|&i| groups[i] == 0).map(|i| as_group_1[i] - scores[i]).collect();
    if rows.is_empty() {
        return Err(Refusal::undefined("no test row has group 0"));
    }
    Ok(rows.iter().sum::<f64>() / rows.len() as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_auc_counts_pairs() {
        // Pairs (positive, negative): .8 beats .1 and .4, .35 beats .1 and loses to .4: 3 of 4.
        assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[0, 0, 1, 1]).unwrap(), 0.75);
        assert_eq!(auc(&[0.5, 0.5, 0.5], &[0, 1, 1]).unwrap(), 0.5);
        assert!(auc(&[0.5, 0.6], &[1, 1]).is_err());
    }

    #[test]
    fn gaps_by_hand() {
        // Group 0: labels 0 0 1 1, decided − + + −; group 1: labels 0 1 1 1, decided − + + +.
        let d = Decisions {
            decided: &[false, true, true, false, false, true, true, true],
            labels: &[0, 0, 1, 1, 0, 1, 1, 1],
            groups: &[0, 0, 0, 0, 1, 1, 1, 1],
        };
        assert_eq!(d.parity_gap().unwrap(), 0.25);
        // Label 0: 0 − ½; label 1: 1 − ½.
        assert_eq!(d.odds_gap().unwrap(), 0.5);
        let lone = Decisions { decided: &[true], labels: &[1], groups: &[0] };
        assert!(lone.parity_gap().unwrap_err().to_string().contains("group 1"));
    }

    #[test]
    fn only_group_0_counts_for_the_direct_effect() {
        let effect = direct_effect(&[0.2, 0.4, 0.9], &[0.3, 0.6, 0.9], &[0, 0, 1]).unwrap();
        assert!((effect - 0.15).abs() < 1e-12);
        assert!(direct_effect(&[0.2], &[0.2], &[1]).is_err());
    }
}
