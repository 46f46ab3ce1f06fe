#![allow(clippy::unwrap_used)]

use std::any::Any;

use burn::Tensor;

use super::*;
use crate::data::{Column, Field, Kind, Levels, Role, Rows, ShapeError, TokenUnit, Vocabulary};
use crate::neural::gpt::GptParams;
use crate::neural::gru::GruParams;

/// A small network of each kind.
trait Tried: Architecture {
    fn small(layers: usize, context: usize, steps: usize) -> Self;
    /// One that diverges.
    fn wild(self) -> Self;
}

fn reading(context: usize) -> Training {
    Training { context, ..Training::default() }
}

/// No warm-up and no bound on the gradient: a large rate diverges.
fn unbounded(of: Training) -> Training {
    Training { warmup: 0.0, clip: f64::INFINITY, weight_decay: 0.0, ..of }
}

impl Tried for GptParams {
    fn small(layers: usize, context: usize, steps: usize) -> Self {
        GptParams { layers, width: 16, heads: 2, steps, training: reading(context), ..Self::default() }
    }

    fn wild(self) -> Self {
        GptParams { learning_rate: 1e20, training: unbounded(self.training.clone()), ..self }
    }
}

impl Tried for GruParams {
    fn small(layers: usize, context: usize, steps: usize) -> Self {
        GruParams { layers, width: 24, embedding: 12, steps, training: reading(context), ..Self::default() }
    }

    fn wild(self) -> Self {
        GruParams { learning_rate: 1e38, training: unbounded(self.training.clone()), ..self }
    }
}

/// Every test is of both.
macro_rules! of_both {
    ($($test:ident),+ $(,)?) => {
        mod gpt {
            $(#[test] fn $test() { super::$test::<crate::neural::gpt::GptParams>() })+
        }
        mod gru {
            $(#[test] fn $test() { super::$test::<crate::neural::gru::GruParams>() })+
        }
    };
}

of_both! {
    a_repeated_pattern_is_learned_to_almost_no_surprise_and_repeated,
    the_cache_gives_the_logits_of_the_graph,
    a_row_beyond_the_context_is_scored_by_the_law_that_draws_it,
    the_context_is_the_longest_row_with_its_mark_and_a_warm_start_keeps_it,
    two_threads_and_one_give_the_same_bits,
    flex_and_ndarray_train_the_same_model,
    a_longer_draw_starts_with_a_shorter_one,
    continuations_and_edits_keep_the_lengths,
    heavy_rows_pull_and_rows_without_weight_do_not_exist,
    a_stored_model_draws_the_same_bits_and_warm_starts,
    what_does_not_fit_is_refused,
    each_label_has_its_share_and_its_own_text_beyond_the_context,
    the_likelihood_is_that_of_the_label_and_of_the_text,
    a_labelled_model_is_stored_with_its_labels_and_groups,
}

fn text(rows: &[&str]) -> Samples {
    let tokens: Vec<String> = "abcdefgh".chars().map(String::from).collect();
    let code = |c: char| tokens.iter().position(|t| t.starts_with(c)).unwrap() as u32;
    let rows = rows.iter().map(|r| r.chars().map(code).collect()).collect();
    let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Characters, tokens.clone()));
    table(&Arc::new(Schema::single(Kind::Ragged { vocabulary })), rows).unwrap()
}

fn table(schema: &Arc<Schema>, rows: Vec<Vec<u32>>) -> Result<Samples, ShapeError> {
    Samples::new(schema.clone(), vec![reading::column(rows)])
}

/// The rows with a label, and with a group where `groups` has codes.
fn labelled(rows: &Samples, labels: &[u32], groups: &[u32]) -> Samples {
    let codes = |name: &str, role, n| Field {
        name: name.into(),
        role,
        kind: Kind::Codes { levels: Levels::Count(n) },
    };
    let mut fields = vec![rows.schema().fields[0].clone(), codes("label", Role::Label, 3)];
    let mut columns = vec![rows.column(0).clone(), Column::Codes { data: labels.to_vec() }];
    if !groups.is_empty() {
        fields.push(codes("group", Role::Group, 9));
        columns.push(Column::Codes { data: groups.to_vec() });
    }
    Samples::new(Arc::new(Schema { fields }), columns).unwrap()
}

/// Rows of two labels, 3 : 1, that repeat a pattern each; longer than the context.
fn two_patterns() -> Samples {
    let rows = ["abababababababab", "abababababababab", "abababababababab", "cdcdcdcdcdcdcdcd"].repeat(10);
    labelled(&text(&rows), &[0, 0, 0, 2].repeat(10), &[])
}

fn family<A: Tried>(device: DeviceName, steps: usize) -> Language<A> {
    Language { params: A::small(1, 12, steps), device }
}

fn fit<A: Tried>(family: &Language<A>, rows: &Samples, seed: u64) -> Box<dyn Model> {
    let mix = Mix::of_human(Rows::all(rows.clone()));
    family.fit(&mix, Start::Scratch, &Streams::new(0, seed)).unwrap()
}

fn own<A: Tried>(model: &dyn Model) -> &LanguageModel<A> {
    (model as &dyn Any).downcast_ref().unwrap()
}

/// Nats a token, without end marks.
fn nll(model: &dyn Model, rows: &Samples) -> f64 {
    let tokens = model.density().unwrap().token_log_likelihood(rows, &Streams::new(0, 0)).unwrap();
    -tokens.iter().sum::<f64>() / tokens.len() as f64
}

fn draw(model: &dyn Model, n: usize) -> Vec<String> {
    let s = model.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(1, 1)).unwrap();
    (0..n).map(|r| s.text(r).unwrap()).collect()
}

/// Rows that differ, with some structure to learn.
fn varied() -> Samples {
    let rows: Vec<String> = (0..60u32)
        .map(|i| (0..5 + i % 14).map(|j| char::from(b'a' + ((i * 7 + j * (1 + i % 3)) % 8) as u8)).collect())
        .collect();
    text(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

fn a_repeated_pattern_is_learned_to_almost_no_surprise_and_repeated<A: Tried>() {
    let rows = text(&["abcdefgh"; 30]);
    let model = fit(&family::<A>(DeviceName::Flex, 300), &rows, 1);
    let nll = nll(&*model, &rows);
    assert!(nll < 0.02, "{nll} nats a token");
    // Eight tokens and the end mark at that surprise: a row is right with probability above 0.8.
    let right = draw(&*model, 50).iter().filter(|r| *r == "abcdefgh").count();
    assert!(right > 35, "{right} of 50");
}

fn the_cache_gives_the_logits_of_the_graph<A: Tried>() {
    let rows = varied();
    let family = Language { params: A::small(2, 12, 40), device: DeviceName::Flex };
    let model = fit(&family, &rows, 2);
    let model = own::<A>(&*model);
    assert_cached(model, &[]);
    let rows = labelled(&rows, &[0, 1, 2].repeat(20), &[]);
    let model = fit(&family, &rows, 2);
    let model = own::<A>(&*model);
    assert_cached(model, &[2, 0]);
}

fn assert_cached<A: Tried>(model: &LanguageModel<A>, classes: &[u32]) {
    let (t, of) = (model.context(), model.alphabet());
    let inputs: Vec<u32> = (0..2 * t as u32).map(|i| (i * 5 + i / 7) % 9).collect();
    let mut windows = Inputs::new(of, t);
    for (row, codes) in inputs.chunks_exact(t).enumerate() {
        windows.push(codes, of.mark(), classes.get(row).copied());
    }
    for device in DeviceName::ALL {
        let leaves: Vec<Tensor<2>> = model.weights.leaves(&training_device(*device));
        let graph = model.params.logits(&leaves, &windows).into_data();
        let graph = graph.as_slice::<f32>().unwrap();
        let mut runner = runner::Runner::new(model, 2, classes);
        let mut logits = vec![];
        for place in 0..t {
            runner.feed(&[0, 1], &[inputs[place], inputs[t + place]], &mut logits);
            for row in 0..2 {
                let expected = &graph[(row * t + place) * of.levels..][..of.levels];
                for (a, b) in logits[row * of.levels..].iter().zip(expected) {
                    assert!((a - b).abs() < 1e-4, "{device} row {row}, place {place}: {a} against {b}");
                }
            }
        }
    }
}

fn a_row_beyond_the_context_is_scored_by_the_law_that_draws_it<A: Tried>() {
    // 20 tokens with context 12: scoring equals feeding token by token, as sampling does.
    let rows = text(&["abcdabcdabcdhgfedcba"]);
    let model = fit(&family::<A>(DeviceName::Flex, 30), &varied(), 3);
    let model = own::<A>(&*model);
    let codes = rows.tokens(0).unwrap();
    let (mut runner, mut logits, mut total) = (runner::Runner::new(model, 1, &[]), vec![], 0.0f64);
    let mark = 8u32;
    let inputs = std::iter::once(mark).chain(codes.iter().copied());
    let targets = codes.iter().copied().chain(std::iter::once(mark));
    for (input, target) in inputs.zip(targets) {
        runner.feed(&[0], &[input], &mut logits);
        let sum: f64 = logits.iter().map(|&v| f64::from(v).exp()).sum();
        total += f64::from(logits[target as usize]) - sum.ln();
    }
    let scored = model.density().unwrap().log_likelihood(&rows, &Streams::new(0, 0)).unwrap()[0];
    assert!((scored - total).abs() < 1e-4, "{scored} against {total}");
    // Token by token it is the same, without the end mark.
    let tokens = model.density().unwrap().token_log_likelihood(&rows, &Streams::new(0, 0)).unwrap();
    assert_eq!(tokens.len(), 20);
    let sum: f64 = logits.iter().map(|&v| f64::from(v).exp()).sum();
    let end = f64::from(logits[mark as usize]) - sum.ln();
    assert!((tokens.iter().sum::<f64>() + end - scored).abs() < 1e-4);
    let without = model.density().unwrap().log_likelihood_without_end(&rows, &Streams::new(0, 0)).unwrap();
    assert!((tokens.iter().sum::<f64>() - without[0]).abs() < 1e-9);
    // The window that holds place 20 starts at 12 and knows the token before it: earlier ones don't matter to the last.
    let last = |row: &str| {
        let rows = text(&[row]);
        let mut runner = runner::Runner::new(model, 1, &[]);
        let mut logits = vec![];
        runner.feed(&[0], &[mark], &mut logits);
        for &code in rows.tokens(0).unwrap() {
            runner.feed(&[0], &[code], &mut logits);
        }
        logits
    };
    assert_eq!(last("abcdabcdabcdhgfedcba"), last("hhhhhbcdabcdhgfedcba"));
    assert_ne!(last("abcdabcdabcdhgfedcba"), last("abcdabcdabcdhgfedcbb"));
}

fn the_context_is_the_longest_row_with_its_mark_and_a_warm_start_keeps_it<A: Tried>() {
    let family = Language { params: A::small(1, 0, 3), device: DeviceName::Flex };
    let model = fit(&family, &text(&["abcabc", "ab"]), 0);
    assert_eq!(own::<A>(&*model).context(), 7);
    let mix = Mix::of_human(Rows::all(text(&["abc"])));
    let warm = family.fit(&mix, Start::Warm(&*model), &Streams::new(0, 1)).unwrap();
    assert_eq!(own::<A>(&*warm).context(), 7);
    let long = "ab".repeat(200);
    assert_eq!(own::<A>(&*fit(&family, &text(&[&long]), 0)).context(), 256);
}

#[test]
fn pairs_have_embeddings_of_their_own_or_share_them() {
    let all = |pairs| {
        let of = Alphabet { levels: 9, classes: 0, pairs };
        (0..9).flat_map(move |b| (0..9).map(move |c| of.pair(b, c)))
    };
    let own: std::collections::BTreeSet<u32> = all(81).collect();
    assert_eq!((own.len(), own.last()), (81, Some(&80)));
    let shared: std::collections::BTreeSet<u32> = all(20).collect();
    assert!(shared.len() > 14 && shared.iter().all(|p| *p < 20), "{shared:?}");
}

fn two_threads_and_one_give_the_same_bits<A: Tried>() {
    let rows = varied();
    let family = family::<A>(DeviceName::Flex, 40);
    let alone: Vec<_> = (0..2).map(|seed| own::<A>(&*fit(&family, &rows, seed)).weights.clone()).collect();
    let together: Vec<_> = std::thread::scope(|s| {
        let job = |seed| {
            let (family, rows) = (&family, &rows);
            s.spawn(move || own::<A>(&*fit(family, rows, seed)).weights.clone())
        };
        let jobs: Vec<_> = (0..2).map(job).collect();
        jobs.into_iter().map(|j| j.join().unwrap()).collect()
    });
    assert!(alone == together);
    assert!(alone[0] != alone[1]);
}

fn losses(model: &dyn Model) -> Vec<f32> {
    model.losses().unwrap().training.iter().map(|(_, loss)| *loss).collect()
}

fn flex_and_ndarray_train_the_same_model<A: Tried>() {
    let rows = varied();
    let trained = |device| losses(&*fit(&family::<A>(device, 30), &rows, 4));
    for (a, b) in trained(DeviceName::Flex).iter().zip(trained(DeviceName::NdArray)) {
        assert!((a - b).abs() <= 1e-3 * (1.0 + b.abs()), "{a} against {b}");
    }
}

fn a_longer_draw_starts_with_a_shorter_one<A: Tried>() {
    let model = fit(&family::<A>(DeviceName::Flex, 30), &varied(), 5);
    let many = draw(&*model, 300);
    assert_eq!(draw(&*model, 5), many[..5]);
    assert_eq!(draw(&*model, 260), many[..260]);
    assert!(many.iter().all(|r| r.len() <= 18));
}

fn continuations_and_edits_keep_the_lengths<A: Tried>() {
    let rows = varied();
    let model = fit(&family::<A>(DeviceName::Flex, 200), &rows, 6);
    let ask = |ask: Ask<'_>, n| model.synthesise(ask, n, &Sampling::default(), &Streams::new(2, 2)).unwrap();
    let lengths = |s: &Samples| (0..s.len()).map(|r| s.tokens(r).unwrap().len()).collect::<Vec<_>>();
    let next = ask(Ask::Continue(&rows), 70);
    assert_eq!(lengths(&next)[..60], lengths(&rows));
    assert_eq!(lengths(&next)[60..], lengths(&rows)[..10]);
    let untouched = ask(Ask::Edit { of: &rows, above: 1.1 }, 60);
    assert_eq!(untouched.token_rows(), rows.token_rows());
    let redrawn = ask(Ask::Edit { of: &rows, above: 0.0 }, 60);
    assert_eq!(lengths(&redrawn), lengths(&rows));
    assert_ne!(redrawn.token_rows(), rows.token_rows());
}

fn heavy_rows_pull_and_rows_without_weight_do_not_exist<A: Tried>() {
    use crate::data::{Body, Combine, Part};
    let part = |row: &str, weight| {
        let rows = Body::Rows(Rows::all(text(&[row; 10])));
        Part { weight, ..Part::human(0, rows) }
    };
    let mix = Mix { parts: vec![part("abab", 1.0), part("hghg", 0.0)], combine: Combine::Pooled };
    let model = family::<A>(DeviceName::Flex, 150).fit(&mix, Start::Scratch, &Streams::new(0, 7)).unwrap();
    let nll = |row| nll(&*model, &text(&[row]));
    assert!(nll("abab") < 0.05 && nll("hghg") > 2.0, "{} {}", nll("abab"), nll("hghg"));
}

fn a_stored_model_draws_the_same_bits_and_warm_starts<A: Tried>() {
    let rows = varied();
    let family = family::<A>(DeviceName::Flex, 60);
    let model = fit(&family, &rows, 8);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    model.save(&file).unwrap();
    let loaded = family.load(&file).unwrap();
    assert_eq!(draw(&*model, 40), draw(&*loaded, 40));
    let mix = Mix::of_human(Rows::all(rows.clone()));
    let warm = family.fit(&mix, Start::Warm(&*loaded), &Streams::new(0, 9)).unwrap();
    assert!(losses(&*warm)[0] < losses(&*model)[0] - 0.1);
    std::fs::write(&file, b"not a model").unwrap();
    assert!(family.load(&file).is_err());
}

fn what_does_not_fit_is_refused<A: Tried>() {
    let family = family::<A>(DeviceName::Flex, 5);
    assert!(family.accepts(&Schema::single(Kind::F64 { width: 2 })).is_err());
    let mut params = A::small(5, 12, 5);
    params.training_mut().context = 1;
    assert!(Language { params, device: DeviceName::Flex }.accepts(varied().schema()).is_err());
    let empty = family.fit(&Mix::default(), Start::Scratch, &Streams::new(0, 0)).err().unwrap();
    assert_eq!(empty, FitError::TooFewRows { needed: 1, found: 0 });
    let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Characters, vec!["a".into()]));
    let schema = Arc::new(Schema::single(Kind::Ragged { vocabulary }));
    // A token outside the vocabulary makes no table to begin with.
    let foreign = table(&schema, vec![vec![0, 7]]).err().unwrap();
    assert!(foreign.to_string().contains("token 7"), "{foreign}");
    // One row, and a row without tokens, are fitted.
    fit(&family, &text(&["a"]), 0);
    fit(&family, &text(&[""]), 0);
    let wild = Language { params: family.params.wild(), device: DeviceName::Flex };
    let mix = Mix::of_human(Rows::all(varied()));
    let error = wild.fit(&mix, Start::Scratch, &Streams::new(0, 0)).err().unwrap();
    assert!(matches!(error, FitError::Diverged { .. }), "{error}");
}

fn each_label_has_its_share_and_its_own_text_beyond_the_context<A: Tried>() {
    let rows = two_patterns();
    let model = fit(&family::<A>(DeviceName::Flex, 250), &rows, 10);
    let n = 400;
    let made = model.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(0, 3)).unwrap();
    let labels = made.labels().unwrap();
    let share = labels.iter().filter(|l| **l == 0).count() as f64 / n as f64;
    // 3 of 4; four standard errors.
    assert!((share - 0.75).abs() < 4.0 * (0.75_f64 * 0.25 / n as f64).sqrt(), "{share}");
    assert!(!labels.contains(&1), "a label that was never seen");
    // The context is 12 of 17 codes: the label reaches the windows after the first.
    let own = |r: usize| if labels[r] == 0 { [0, 1] } else { [2, 3] };
    let stray = |r: &usize| made.tokens(*r).unwrap().iter().any(|t| !own(*r).contains(t));
    let wrong = (0..n).filter(stray).count();
    assert!(wrong < n / 10, "{wrong} of {n} rows with a token of the other label");
    let few = model.synthesise(Ask::Rows, 7, &Sampling::default(), &Streams::new(0, 3)).unwrap();
    assert_eq!((few.labels(), few.token_rows()), (made.head(7).labels(), made.head(7).token_rows()));
    let edited = Ask::Edit { of: &rows, above: 0.0 };
    let edited = model.synthesise(edited, rows.len(), &Sampling::default(), &Streams::new(0, 4)).unwrap();
    assert_eq!(edited.labels(), rows.labels());
}

fn the_likelihood_is_that_of_the_label_and_of_the_text<A: Tried>() {
    let rows = labelled(
        &text(&["abababab", "abababab", "abababab", "cdcdcdcd"].repeat(10)),
        &[0, 0, 0, 2].repeat(10),
        &[],
    );
    let model = fit(&family::<A>(DeviceName::Flex, 250), &rows, 10);
    let score = |label: u32| {
        let row = labelled(&text(&["abababab"]), &[label], &[]);
        model.density().unwrap().log_likelihood(&row, &Streams::new(0, 0)).map(|s| s[0])
    };
    // The text is all but certain under its own label, so what is left is the label's share.
    let own = score(0).unwrap();
    assert!((own - 0.75_f64.ln()).abs() < 0.5, "{own}");
    assert!(score(2).unwrap() < own - 5.0, "{}", score(2).unwrap());
    assert!(score(1).unwrap_err().to_string().contains("never seen"));
}

fn a_labelled_model_is_stored_with_its_labels_and_groups<A: Tried>() {
    let rows = labelled(&text(&["ab", "cd", "ab", "cd"]), &[0, 2, 0, 2], &[5, 7, 6, 7]);
    let family = family::<A>(DeviceName::Flex, 30);
    let model = fit(&family, &rows, 11);
    let draw = |model: &dyn Model| {
        let s = model.synthesise(Ask::Rows, 60, &Sampling::default(), &Streams::new(1, 1)).unwrap();
        let Column::Codes { data: groups } = s.column(2) else { panic!("codes") };
        let heads: Vec<(u32, u32)> =
            s.labels().unwrap().iter().copied().zip(groups.iter().copied()).collect();
        (heads, s.token_rows().map(|(_, tokens)| tokens.to_vec()))
    };
    assert!(draw(&*model).0.iter().all(|head| [(0, 5), (0, 6), (2, 7)].contains(head)));
    assert!(model.density().is_none(), "it would be of the groups too");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    model.save(&file).unwrap();
    assert_eq!(draw(&*model), draw(&*family.load(&file).unwrap()));
    let unlabelled =
        family.fit(&Mix::of_human(Rows::all(text(&["ab"]))), Start::Warm(&*model), &Streams::new(0, 0));
    assert!(unlabelled.is_err(), "a model of other shapes is no start");
}
