//! What a network of codes is given.

/// The codes of a language model; `levels` counts the mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alphabet {
    /// Codes, the mark the last.
    pub levels: usize,
    /// Labels, each with an embedding that is added to that of every token; 0 without labels.
    pub classes: usize,
    /// Embeddings of pairs (the token before, this one), added to that of the token; 0 is none.
    pub pairs: usize,
}

impl Alphabet {
    /// The code of the mark that begins and ends rows.
    pub fn mark(self) -> u32 {
        self.levels as u32 - 1
    }

    /// The embedding of a pair: its own where there are enough, else one that is shared by a multiplicative hash.
    pub fn pair(self, before: u32, code: u32) -> u32 {
        let pair = u64::from(before) * self.levels as u64 + u64::from(code);
        if self.levels * self.levels <= self.pairs {
            return pair as u32;
        }
        let hash = pair.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        ((hash * self.pairs as u64) >> 32) as u32
    }
}

/// The inputs of some windows of the same length.
pub struct Inputs {
    /// What the codes are of.
    pub of: Alphabet,
    /// Places a window.
    pub window: usize,
    /// The code of each place, window after window.
    pub codes: Vec<u32>,
    /// The pair of each place, or nothing.
    pub pairs: Vec<u32>,
    /// The label of each place's row, or nothing.
    pub classes: Vec<u32>,
}

impl Inputs {
    /// No windows yet.
    pub fn new(of: Alphabet, window: usize) -> Self {
        Inputs { of, window, codes: vec![], pairs: vec![], classes: vec![] }
    }

    /// Appends a window, padded by marks; `before` is the code before its first.
    pub fn push(&mut self, codes: &[u32], before: u32, class: Option<u32>) {
        let end = self.codes.len() + self.window;
        self.codes.extend_from_slice(codes);
        self.codes.resize(end, self.of.mark());
        if self.of.pairs > 0 {
            let before = std::iter::once(&before).chain(codes);
            self.pairs.extend(before.zip(codes).map(|(&b, &c)| self.of.pair(b, c)));
            self.pairs.resize(end, 0);
        }
        if let Some(class) = class {
            self.classes.resize(end, class);
        }
    }
}
