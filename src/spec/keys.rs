//! What a spec may contain beside its components, for people: the keys of the tables that the loop and its readers own.
//! Keys of a source, family, metric, step or task are that component's parameters.

/// One key of a spec.
#[derive(Clone, Copy, Debug)]
pub struct SpecKey {
    /// The table that it stands in.
    pub table: &'static str,
    /// The key.
    pub name: &'static str,
    /// The default, as it would be written; `required` if there is none.
    pub default: &'static str,
    /// What it means, with its unit and range.
    pub meaning: &'static str,
}

const fn key(
    table: &'static str,
    name: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> SpecKey {
    SpecKey { table, name, default, meaning }
}

/// The keys, table by table, in the order of a spec.
pub const KEYS: &[SpecKey] = &[
    key("about", "title", "the file's name", "The title of pages and figures"),
    key("about", "paper", "none", "The paper's key in experiments/bibliography.toml"),
    key("about", "figure", "none", "The figure or table of the paper that is redone"),
    key("about", "expect", "none", "What should come out, in words"),
    key(
        "data",
        "contamination",
        "0.0",
        "The share of the \"human\" rows that a model made unseen, in [0, 1]",
    ),
    key(
        "model",
        "neon",
        "none",
        "{ weight = w, samples = n }: after every fit θ the family is fitted once more, from θ, on n rows (or labels) that \
         θ made, to θ_self; the model is θ + w (θ − θ_self). w is at least 0, n at least 1. For every family with \
         parameters: not for kde, empirical, templates and command (Alemohammad, Wang and Baraniuk, arXiv 2510.03597)",
    ),
    key(
        "model",
        "step",
        "1",
        "η, above 0 and at most 1: a refit goes from the model that loop.start names (\"warm\" or \"base\") a part η of the \
         way to the family's own fit, θ = θ_start + η (θ̂ − θ_start). For the families of `neon`, closed forms included; \
         generation 0 is the whole fit",
    ),
    key("loop", "generations", "required", "Refits after generation 0: 0 or more"),
    key(
        "loop",
        "samples",
        "required unless hold = \"human\"",
        "Rows per generation, a number or a schedule: the training set's size with hold = \"total\", what arrives with \
         \"arrivals\"",
    ),
    key(
        "loop",
        "regime",
        "required",
        "A preset (`collapse list regimes`), or \"custom\" with [loop.choices]",
    ),
    key(
        "loop",
        "human_fraction",
        "by the regime",
        "Human rows ÷ all rows of a training set, in [0, 1], a number or a schedule; for regimes that take one",
    ),
    key(
        "loop",
        "hold",
        "the regime's",
        "What is held fixed: \"total\", the training set's size; \"human\", the human rows, with `synthetic_scale` \
         synthetic rows for each; \"arrivals\", the rows that arrive per generation",
    ),
    key("loop", "initial", "samples, or human_rows", "|D(0)|, the rows of generation 0, at least 1"),
    key(
        "loop",
        "human_alone",
        "false",
        "true: each training set is the human part of the mix and nothing else, the control beside a mix; for regimes \
         whose human rows are there whole",
    ),
    key("loop", "human_rows", "required with hold = \"human\"", "Human rows, at least 1"),
    key(
        "loop",
        "synthetic_scale",
        "required with hold = \"human\"",
        "Synthetic rows per human row, at least 0",
    ),
    key(
        "loop",
        "arrival_human_fraction",
        "0",
        "The human share of what arrives, in [0, 1]; for `expanding` and `stream`",
    ),
    key(
        "loop",
        "start",
        "\"scratch\"",
        "What a refit starts from: \"scratch\", new weights; \"warm\", the last generation's model; \"base\", generation 0's",
    ),
    key(
        "loop",
        "synthesis",
        "\"sample\"",
        "How rows are made: \"sample\", new rows; \"label\", labels for human inputs; \"continue\", continuations of human \
         rows; \"edit\", human rows redrawn where the model is too sure",
    ),
    key(
        "loop",
        "prompts",
        "required by label, continue and edit",
        "The human rows behind them: \"initial\", those of D(0); \"fresh\", rows never used before; \"previous\", the last \
         training set",
    ),
    key(
        "loop",
        "edit_above",
        "required with \"edit\"",
        "The probability, in [0, 1], above which `edit` redraws",
    ),
    key("loop", "population", "1", "Lineages side by side, at least 1; or the number of [[member]] tables"),
    key(
        "loop",
        "sharing",
        "\"own\"",
        "Whose synthetic rows enter a member's store: \"own\", \"pool\" (everybody's), \"ring\" (its neighbour's)",
    ),
    key("loop", "labels_known", "true", "Whether the loop may know which rows are synthetic"),
    key(
        "loop",
        "path",
        "\"auto\"",
        "What a training set is carried as: \"rows\", \"statistics\" (exact in law, refused where it would not be), or \
         \"auto\": statistics where they serve",
    ),
    key("loop", "choices", "the regime's", "A table that overrides any of the regime's five choices"),
    key(
        "loop.choices",
        "inflow",
        "the regime's",
        "Human rows that arrive at g ≥ 1: \"none\", \"pool\", \"fresh\"",
    ),
    key(
        "loop.choices",
        "retain_human",
        "the regime's",
        "Human rows of the store that stay: \"none\", \"anchor\", \"all\", { share = s }",
    ),
    key(
        "loop.choices",
        "retain_synthetic",
        "the regime's",
        "Synthetic rows of the store that stay: \"none\", \"all\", { share = s }",
    ),
    key(
        "loop.choices",
        "draw",
        "the regime's",
        "What a training set takes from the store: \"all\", { uniform = n } or { balanced = n } rows",
    ),
    key(
        "loop.choices",
        "weights",
        "the regime's",
        "\"equal\"; { human = w }, each human row w/n_h and each synthetic row (1 − w)/n_s; \"golden\", w from the ratio \
         of the two (He et al., arXiv 2502.18049)",
    ),
    key(
        "loop.choices",
        "combine",
        "the regime's",
        "What weights apply to: \"pooled\", rows in one likelihood; \"by-group\", the fits of human and of synthetic rows, \
         averaged",
    ),
    key(
        "base",
        "data",
        "required",
        "A source of human rows, another than the loop's, on which a model is trained before generation 0; loop.start says \
         whether every fit or the first one starts from it. Keys of [model] beside it hold for that training",
    ),
    key("base", "rows", "all", "The most rows that it is trained on, a random choice for every seed"),
    key(
        "generator",
        "family",
        "the student",
        "Another family makes the rows; its parameters stand beside it",
    ),
    key("generator", "source", "none", "Another source makes the rows; its parameters stand beside it"),
    key(
        "generator",
        "when",
        "\"always\"",
        "\"always\", or \"first\": the student makes its own from generation 2 on",
    ),
    key(
        "generator",
        "data",
        "the last training set",
        "A source whose rows the generator's family is fitted on",
    ),
    key("generator", "rows", "all", "The most rows that it is fitted on"),
    key("generator", "background", "none", "A source of unlabelled rows that every label gets"),
    key("generator", "background_weight", "1.0", "The weight of a background row, above 0"),
    key("generator", "mislabelled", "0.0", "The share of its rows that get a wrong label, in [0, 1]"),
    key(
        "sampling",
        "temperature",
        "1.0",
        "Divides the logits of what is drawn, above 0; likelihoods are not changed",
    ),
    key("sampling", "top_k", "none", "Keeps the k likeliest tokens, at least 1"),
    key("sampling", "top_p", "none", "Keeps the likeliest tokens up to this total probability, in (0, 1]"),
    key("sampling", "beam", "none", "Beam width, at least 1"),
    key("sampling", "covariance_scale", "1.0", "λ: multiplies the covariance of what is drawn, at least 0"),
    key("sampling", "guidance", "none", "Strength of classifier-free guidance"),
    key(
        "curation",
        "step",
        "required",
        "The step (`collapse list curation`); its parameters stand beside it",
    ),
    key(
        "curation",
        "on",
        "\"synthetic\"",
        "\"synthetic\": the new rows, before they enter the store; \"mix\": the drawn training set",
    ),
    key("curation", "members", "all", "How many members of a population do the step, the first ones"),
    key("curation", "member", "all", "The one member of a population that does the step, from 0"),
    key("task", "kind", "required", "The task (`collapse list tasks`); its parameters stand beside it"),
    key(
        "task",
        "knowledge",
        "required where synthetic rows are made",
        "What the generator knows beyond the human rows: \"none\", \"other-domain\", \"verifier\", \"graph\"",
    ),
    key(
        "task",
        "train",
        "[\"training\"]",
        "One learner each for all of D(g), its \"synthetic\" rows, its \"human\" rows",
    ),
    key("task", "test", "all held-out rows", "How many human rows a learner is scored on"),
    key("task", "validation", "0", "The share of the training rows kept for tuning and for task-own-score"),
    key("task", "by_group", "false", "Whether scores are also given for each group of the rows"),
    key("task", "arm", "none", "A name of the setting in tables and figures"),
    key(
        "arm",
        "any key",
        "none",
        "Names of a setting for figures, tables and claims, as in [[sweep.point]] arm.assumption = \"none broken\"; no \
         effect on what is run",
    ),
    key("measure", "metrics", "[]", "Names, or tables with `name` and the metric's parameters"),
    key(
        "measure",
        "baseline",
        "none",
        "A family's table; it is fitted to the human rows of generation 0 and measured once: a line beside the curves",
    ),
    key("measure", "size", "2000", "Rows of the sample that metrics see; it is a draw of its own"),
    key(
        "measure",
        "on",
        "\"model\"",
        "What is measured: \"model\", a fresh sample; \"synthetic\", the rows after curation; \"training\"",
    ),
    key(
        "measure",
        "at",
        "\"all\"",
        "The generations: \"all\", \"log\" (0, powers of two, the last), or a list",
    ),
    key(
        "measure",
        "space",
        "\"human-scale\"",
        "Coordinates of a table's rows: \"human-scale\", numbers in units of the human rows' spread, and categories; \
         \"raw\", numbers as they stand, without categories; \"classifier\", of rows of numbers with a label, the last hidden \
         layer of a network that tells the human training rows' labels apart",
    ),
    key(
        "measure",
        "keep_models",
        "false",
        "Whether fitted models are written, so that a new metric needs no refit",
    ),
    key(
        "measure",
        "by_member",
        "false",
        "Whether figures, summaries and claims keep the members of a population apart, or take their mean in each seed",
    ),
    key(
        "sweep",
        "seeds",
        "10",
        "A count, or a list; every other key of the table is a dotted key with its values",
    ),
    key("sweep", "points", "[]", "Tables of dotted keys that change together"),
    key(
        "figure",
        "kind",
        "required",
        "\"curve\", \"small-multiples\", \"heat-map\", \"gallery\", \"bars\", \"best\", \"scatter\", \"snapshots\", \"histogram\", \"definitions\"",
    ),
    key(
        "figure",
        "x",
        "required by most",
        "The horizontal axis: a column of metrics.csv, a metric, or a dotted key",
    ),
    key("figure", "y", "required by most", "The vertical axis: one or several of these"),
    key("figure", "color", "none", "What colours tell apart; the metric of a heat map"),
    key("figure", "rows", "none", "What the rows of panels tell apart"),
    key("figure", "columns", "none", "What the columns of panels tell apart"),
    key("figure", "label", "none", "In a scatter: what names the points"),
    key("figure", "overlay", "none", "\"law\", the closed form where one is known, or laws by name"),
    key(
        "figure",
        "mark",
        "[]",
        "Lines over a curve: { x = place, label = words } is upright, { y = place, … } level",
    ),
    key("figure", "log_x", "false", "A logarithmic horizontal axis"),
    key("figure", "log_y", "false", "A logarithmic vertical axis"),
    key("figure", "at", "a few", "The generations that a gallery, snapshots or a histogram show"),
    key("figure", "title", "by the axes", "The title"),
    key("figure", "name", "by its position", "The file's name without its ending"),
    key("claim", "says", "required", "The claim in words"),
    key("claim", "origin", "\"derived\"", "Whose statement it is: \"paper\", \"derived\", \"sanity\""),
    key("claim", "place", "none", "Where the paper states it: section, equation, figure or table"),
    key("claim", "mechanism", "none", "What it is about, from a short list; claims are counted by it"),
    key(
        "claim",
        "control",
        "the law one fit off",
        "What it must fail with the same seeds: { where = … }, { set = … }, { fits = ±1 }, { law = … }, { value = … }, { at = … }, or a list",
    ),
    key(
        "claim",
        "where",
        "all settings",
        "Dotted keys and the values that they must have; also `member` of a population, from 0",
    ),
    key("claim", "versus", "none", "The settings that are subtracted, paired by seed"),
    key("claim", "metric", "required", "The metric that it is about"),
    key("claim", "at", "the last", "The generations, one or a list"),
    key(
        "claim",
        "statistic",
        "required",
        "\"mean\", \"median\", \"mean-log\", \"slope\", \"ordering\", \"monotone\", \"rank-correlation\"",
    ),
    key("claim", "law", "one target", "Target: a law's name"),
    key("claim", "value", "one target", "Target: a number"),
    key("claim", "greater", "one target", "Target: the statistic is above this"),
    key("claim", "less", "one target", "Target: the statistic is below this"),
    key(
        "claim",
        "by",
        "the generations",
        "The dotted key along which `ordering`, `slope` and `monotone` run",
    ),
    key("claim", "order", "none", "With `ordering`: values of `by`, from the lowest metric to the highest"),
    key("claim", "direction", "none", "With `monotone`: \"increasing\" or \"decreasing\""),
    key("claim", "least", "0", "With `ordering` and `monotone`: the least size of a step"),
    key(
        "claim",
        "scale",
        "\"linear\"",
        "With `slope`: \"linear\", \"log\" (of the value), \"log-log\" (of both)",
    ),
    key("claim", "with", "none", "With `rank-correlation`: the other metric"),
    key("claim", "tolerance", "none", "The allowed relative deviation, above 0"),
    key("claim", "tolerance_absolute", "none", "The allowed deviation in the metric's unit, above 0"),
    key("claim", "subject", "\"model\"", "What the metric is of: \"model\", \"synthetic\", \"training\""),
    key("claim", "note", "none", "Why a claim that does not reproduce does not"),
    key("claim", "changed", "none", "Why a threshold is not the one that was first written"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::Deserialize;
    use serde::de::{Deserializer, Visitor};

    use super::*;
    use crate::spec::{
        About, ChoicesSpec, ClaimSpec, Error, FigureSpec, LoopSpec, MeasureSpec, SamplingSpec,
    };

    /// Notes which fields a struct asks for.
    #[derive(Default)]
    struct Fields(Vec<&'static str>);

    impl<'de> Deserializer<'de> for &mut Fields {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(serde::de::Error::custom("only its fields are wanted"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Error> {
            self.0 = fields.to_vec();
            self.deserialize_any(visitor)
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    fn fields<T: for<'de> Deserialize<'de>>() -> Vec<&'static str> {
        let mut fields = Fields::default();
        assert!(T::deserialize(&mut fields).is_err());
        fields.0
    }

    #[test]
    fn every_key_that_a_table_takes_is_explained_and_no_other() {
        for (table, read, beside) in [
            ("about", fields::<About>(), &[][..]),
            ("loop", fields::<LoopSpec>(), &[]),
            ("loop.choices", fields::<ChoicesSpec>(), &[]),
            ("sampling", fields::<SamplingSpec>(), &[]),
            ("measure", fields::<MeasureSpec>(), &["metrics", "baseline"]),
            ("figure", fields::<FigureSpec>(), &[]),
            ("claim", fields::<ClaimSpec>(), &["where", "versus", "order", "control"]),
        ] {
            let told: BTreeSet<&str> = KEYS.iter().filter(|k| k.table == table).map(|k| k.name).collect();
            let taken: BTreeSet<&str> = read.iter().chain(beside).copied().collect();
            assert_eq!(told, taken, "the keys of [{table}] in src/spec/keys.rs");
        }
    }
}
