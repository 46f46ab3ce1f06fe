//! A fitted network one token at a time, many rows side by side.
//!
//! What a row computes does not depend on which other rows step with it. A row whose window is full forgets it and is fed
//! its last half again before it goes on.

use super::{Alphabet, Architecture, LanguageModel};

/// A fitted network of codes.
pub trait Network: Send {
    /// What it remembers of rows in progress.
    type Memory;

    /// A memory of so many empty rows.
    fn memory(&self, rows: usize) -> Self::Memory;

    /// Empties the memory of a row.
    fn forget(&self, memory: &mut Self::Memory, row: usize);

    /// One step of some rows, each once.
    fn step(&self, memory: &mut Self::Memory, fed: &[Fed]);

    /// Writes the logits of what follows the last step, `[rows stepped, levels]`.
    fn logits(&self, memory: &mut Self::Memory, logits: &mut Vec<f32>);
}

/// What one row is fed in a step.
#[derive(Clone, Copy, Debug)]
pub struct Fed {
    /// The row, by its place in the memory.
    pub row: usize,
    /// Codes in its window before this one.
    pub place: usize,
    /// The code.
    pub code: u32,
    /// The embedding of its pair with the code before; `None` without pairs.
    pub pair: Option<u32>,
    /// The row's label; `None` without labels.
    pub class: Option<u32>,
}

/// Rows in progress.
pub struct Runner<'a, N: Network> {
    net: &'a N,
    of: Alphabet,
    context: usize,
    /// Codes fed to each row so far.
    fed: Vec<Vec<u32>>,
    /// The label of each row; none without labels.
    classes: &'a [u32],
    /// Codes in each row's window.
    filled: Vec<usize>,
    memory: N::Memory,
}

impl<'a, N: Network> Runner<'a, N> {
    /// Starts `rows` empty rows, with the label of each where rows have labels.
    pub fn new<A: Architecture<Net = N>>(
        model: &'a LanguageModel<A>,
        rows: usize,
        classes: &'a [u32],
    ) -> Self {
        Runner {
            net: &model.net,
            of: model.alphabet(),
            context: model.context(),
            fed: vec![vec![]; rows],
            classes,
            filled: vec![0; rows],
            memory: model.net.memory(rows),
        }
    }

    /// Feeds one code to each of the rows `who` and writes the logits of what follows,
    /// `[who, levels]`. A row whose window is full first moves on by half a window.
    pub fn feed(&mut self, who: &[usize], codes: &[u32], logits: &mut Vec<f32>) {
        let full: Vec<usize> = who.iter().copied().filter(|&r| self.filled[r] == self.context).collect();
        if !full.is_empty() {
            let keep = self.context - self.context / 2;
            for &r in &full {
                self.filled[r] = 0;
                self.net.forget(&mut self.memory, r);
            }
            for back in (1..=keep).rev() {
                let places: Vec<usize> = full.iter().map(|&r| self.fed[r].len() - back).collect();
                self.step(&full, &places);
            }
        }
        let places: Vec<usize> = who.iter().map(|&r| self.fed[r].len()).collect();
        for (&r, &code) in who.iter().zip(codes) {
            self.fed[r].push(code);
        }
        self.step(who, &places);
        self.net.logits(&mut self.memory, logits);
    }

    /// One step of the codes at some places of what was fed.
    fn step(&mut self, who: &[usize], places: &[usize]) {
        let fed = |(&row, &at): (&usize, &usize)| {
            let code = self.fed[row][at];
            let before = if at == 0 { self.of.mark() } else { self.fed[row][at - 1] };
            let pair = (self.of.pairs > 0).then(|| self.of.pair(before, code));
            Fed { row, place: self.filled[row], code, pair, class: self.classes.get(row).copied() }
        };
        let fed: Vec<Fed> = who.iter().zip(places).map(fed).collect();
        self.net.step(&mut self.memory, &fed);
        for &r in who {
            self.filled[r] += 1;
        }
    }
}
