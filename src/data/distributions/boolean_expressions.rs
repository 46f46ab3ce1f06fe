//! Boolean expressions that are true: text whose correctness can be decided exactly.
//!
//! Grammar, eight tokens: E → `True` | `False` | `not` E | `(` E `and` E `)` | `(` E `or` E `)`, and `;`
//! after the expression. At depth k below the limit a node is a constant with probability 0.4 (one of
//! the two, equally), a negation with 0.15, a conjunction or a disjunction with 0.225 each; at the
//! limit it is a constant. Only expressions that evaluate to True are emitted (the others are drawn
//! again), as in Briesch et al. (arXiv 2311.16822), whose expressions have another grammar.
//!
//! Every row has the same length, 2^(depth+2) − 2 tokens: the expression and then `;` to the end, so
//! that models without an end symbol learn where an expression ends. A row is *malformed* if what
//! stands before the first `;` is no expression or anything but `;` follows; else it is *correct* if
//! its value is True. The probability of a row is known: log p(tree) − log P(True). Cost: O(tokens).

use std::sync::Arc;

use rand::RngExt;
use serde::Serialize;

use crate::data::parameters::{Build, build};
use crate::data::{
    Checker, Column, Correctness, Distribution, Kind, Samples, Schema, Source, SourceError, TokenUnit,
    Vocabulary,
};
use crate::registry::{About, Entry};
use crate::rng::Stream;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "boolean-expressions",
        summary: "Boolean expressions of eight tokens that evaluate to True",
        details: "Each row is an expression such as `( not False and True ) ;`, filled up with `;` to a fixed \
                  length of 2^(depth+2) − 2 tokens. Whether a model's row can be read (syntax) and is true \
                  (semantics) is decided exactly; the probability of every row is known.",
        source: "after Briesch, Sobania and Rothlauf, arXiv 2311.16822 (another grammar, the same idea)",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

const TOKENS: [&str; 8] = [";", "True", "False", "not", "and", "or", "(", ")"];
const END: u32 = 0;
const TRUE: u32 = 1;
const FALSE: u32 = 2;
const NOT: u32 = 3;
const AND: u32 = 4;
const OR: u32 = 5;
const OPEN: u32 = 6;
const CLOSE: u32 = 7;

/// The probability of a constant, and of a negation, below the greatest depth.
const CONSTANT: f64 = 0.4;
const NEGATION: f64 = 0.15;
/// The probability of a conjunction, and of a disjunction.
const BINARY: f64 = 0.225;

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// The greatest depth of an expression
        depth: u32 = 3, in within(1, 5);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        Ok(Source::of("boolean-expressions", &self, Expressions::new(self.depth)))
    }
}

struct Expressions {
    schema: Arc<Schema>,
    depth: u32,
    /// ln P(a random expression is true).
    log_true: f64,
}

impl Expressions {
    fn new(depth: u32) -> Self {
        let vocabulary = Vocabulary::new(TokenUnit::Words, TOKENS.map(String::from).to_vec());
        // P(true) at the limit is ½, and follows upwards from the grammar.
        let up = |p: f64, _| {
            CONSTANT * 0.5 + NEGATION * (1.0 - p) + BINARY * p * p + BINARY * (1.0 - (1.0 - p) * (1.0 - p))
        };
        let p = (0..depth).fold(0.5, up);
        let schema = Schema::single(Kind::Ragged { vocabulary: Arc::new(vocabulary) });
        Self { schema: Arc::new(schema), depth, log_true: p.ln() }
    }

    /// Tokens in a row.
    fn width(&self) -> usize {
        (1 << (self.depth + 2)) - 2
    }

    /// Appends a random expression and returns its value.
    fn grow(&self, depth: u32, rng: &mut Stream, tokens: &mut Vec<u32>) -> bool {
        let u = if depth == self.depth { 0.0 } else { rng.random::<f64>() };
        if u < CONSTANT {
            let value = rng.random::<bool>();
            tokens.push(if value { TRUE } else { FALSE });
            return value;
        }
        if u < CONSTANT + NEGATION {
            tokens.push(NOT);
            return !self.grow(depth + 1, rng, tokens);
        }
        let conjunction = u < CONSTANT + NEGATION + BINARY;
        tokens.push(OPEN);
        let left = self.grow(depth + 1, rng, tokens);
        tokens.push(if conjunction { AND } else { OR });
        let right = self.grow(depth + 1, rng, tokens);
        tokens.push(CLOSE);
        if conjunction { left && right } else { left || right }
    }

    /// The value of a row's expression and the log probability of its tree; `None` if malformed.
    fn read(&self, row: &[u32]) -> Option<(bool, f64)> {
        let end = row.iter().position(|&t| t == END)?;
        if row[end..].iter().any(|&t| t != END) {
            return None;
        }
        let mut stack: Vec<Item> = Vec::new();
        let mut log = 0.0;
        for &token in &row[..end] {
            let depth = stack.iter().filter(|i| matches!(i, Item::Open | Item::Not)).count() as u32;
            let inner = depth < self.depth;
            let operand = !matches!(stack.last(), Some(Item::Value(_)));
            match token {
                TRUE | FALSE if operand => {
                    log += if inner { (CONSTANT * 0.5).ln() } else { 0.5_f64.ln() };
                    stack.push(Item::Value(token == TRUE));
                }
                NOT if operand => {
                    log += if inner { NEGATION.ln() } else { f64::NEG_INFINITY };
                    stack.push(Item::Not);
                }
                OPEN if operand => {
                    log += if inner { BINARY.ln() } else { f64::NEG_INFINITY };
                    stack.push(Item::Open);
                }
                AND | OR if matches!(stack.as_slice(), [.., Item::Open, Item::Value(_)]) => {
                    stack.push(Item::Operator { conjunction: token == AND });
                }
                CLOSE => {
                    let [.., Item::Open, Item::Value(a), Item::Operator { conjunction }, Item::Value(b)] =
                        stack[..]
                    else {
                        return None;
                    };
                    stack.truncate(stack.len() - 4);
                    stack.push(Item::Value(if conjunction { a && b } else { a || b }));
                }
                _ => return None,
            }
            while let [.., Item::Not, Item::Value(value)] = stack[..] {
                stack.truncate(stack.len() - 2);
                stack.push(Item::Value(!value));
            }
        }
        match stack[..] {
            [Item::Value(value)] => Some((value, log)),
            _ => None,
        }
    }

    fn rows<T>(&self, rows: &Samples, of: impl Fn(Option<(bool, f64)>) -> T) -> Vec<T> {
        (0..rows.len()).map(|i| of(rows.tokens(i).and_then(|tokens| self.read(tokens)))).collect()
    }
}

/// What was read of an expression and not yet put together.
#[derive(Clone, Copy)]
enum Item {
    Open,
    Not,
    Operator { conjunction: bool },
    Value(bool),
}

impl Distribution for Expressions {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let width = self.width();
        let mut all = Vec::with_capacity(n * width);
        let mut tokens = Vec::with_capacity(width);
        for _ in 0..n {
            loop {
                tokens.clear();
                if self.grow(0, rng, &mut tokens) {
                    break;
                }
            }
            tokens.resize(width, END);
            all.extend_from_slice(&tokens);
        }
        let offsets = (0..=n).map(|i| i * width).collect();
        Samples::trusted(self.schema.clone(), vec![Column::Ragged { offsets, tokens: all }])
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        Some(self.rows(rows, |read| match read {
            Some((true, log)) => log - self.log_true,
            _ => f64::NEG_INFINITY,
        }))
    }

    fn checker(&self) -> Option<&dyn Checker> {
        Some(self)
    }
}

impl Checker for Expressions {
    fn check(&self, rows: &Samples) -> Vec<Correctness> {
        self.rows(rows, |read| match read {
            None => Correctness::Malformed,
            Some((false, _)) => Correctness::Wrong,
            Some((true, _)) => Correctness::Correct,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;
    use crate::rng::Streams;

    fn tokens(text: &str) -> Vec<u32> {
        text.split(' ').map(|w| TOKENS.iter().position(|t| *t == w).unwrap() as u32).collect()
    }

    #[test]
    fn expressions_have_the_value_that_logic_gives_them() {
        let source = Expressions::new(3);
        let value = |text: &str| source.read(&tokens(text)).map(|r| r.0);
        assert_eq!(value("True ;"), Some(true));
        assert_eq!(value("not not not True ; ;"), Some(false));
        assert_eq!(value("( True and False ) ;"), Some(false));
        assert_eq!(value("( not False or ( False and True ) ) ; ; ;"), Some(true));
        assert_eq!(value("not ( False or False ) ;"), Some(true));
        for wrong in [
            ";",
            "True",
            "True True ;",
            "( True ) ;",
            "( True and ) ;",
            "True and False ;",
            "( True and False ;",
            "( True and True or True ) ;",
            "True ; True ;",
            "not ;",
            "True ) ;",
        ] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_drawn_row_is_correct_and_has_the_stated_length() {
        for depth in 1..=4 {
            let source = from_json::<Parameters>(&format!("{{\"depth\": {depth}}}")).unwrap();
            let truth = source.truth().unwrap();
            let rows = truth.draw(500, &mut Streams::new(0, 1).of("test").rng());
            assert!(truth.checker().unwrap().check(&rows).iter().all(|c| *c == Correctness::Correct));
            assert!((0..500).all(|i| rows.tokens(i).unwrap().len() == (1 << (depth + 2)) - 2));
        }
        assert!(from_json::<Parameters>(r#"{"depth": 6}"#).is_err());
    }

    #[test]
    fn probabilities_of_all_short_expressions_sum_to_one() {
        // Depth 1: two constants, two negations, eight binary expressions; those that are true.
        let source = Expressions::new(1);
        let mut all = vec!["True ;".to_string(), "False ;".into(), "not True ;".into(), "not False ;".into()];
        for a in ["True", "False"] {
            for op in ["and", "or"] {
                all.extend(["True", "False"].map(|b| format!("( {a} {op} {b} ) ;")));
            }
        }
        let mass = |text: &String| match source.read(&tokens(text)).unwrap() {
            (true, log) => (log - source.log_true).exp(),
            (false, _) => 0.0,
        };
        assert!((all.iter().map(mass).sum::<f64>() - 1.0).abs() < 1e-12);
        // `True` alone: .2 of all expressions, ½ of which are true.
        assert!((mass(&all[0]) - 0.4).abs() < 1e-12);
        assert_eq!(
            source.read(&tokens("not not True ;")).unwrap().1,
            f64::NEG_INFINITY,
            "deeper than the limit"
        );
    }
}
