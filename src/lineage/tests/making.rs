//! Who makes a generation's rows and models: rows that a curation asks for, models that were kept,
//! prompts that are fresh.

use super::*;
use crate::curation::{BoxedCuration, On, Who};

fn step(who: Who, what: impl crate::curation::Curation + 'static) -> Step {
    let what: BoxedCuration = Box::new(what);
    Step { on: On::Synthetic, who, what }
}

/// A step that throws one synthetic row away and asks for another, once.
struct Swap;

impl crate::curation::Curation for Swap {
    fn apply(
        &self,
        mut mix: Mix,
        more: Option<crate::curation::More<'_>>,
        _: &crate::curation::Seen<'_>,
        _: &Streams,
    ) -> Result<Mix, crate::curation::CurationError> {
        let (table, _) = mix.gather().unwrap().unwrap();
        let fresh = more.unwrap()(1)?;
        let rows = Samples::concat(&[&table.head(table.len() - 1), &fresh])?;
        mix.parts = vec![Part::synthetic(mix.parts[0].born, Body::Rows(crate::data::Rows::all(rows)))];
        Ok(mix)
    }
}

#[test]
fn rows_that_a_curation_asks_for_come_from_who_makes_that_generation() {
    let table = "regime = \"replace\"\ngenerations = 2\nsamples = 3";
    let other = Arc::new(numbers([7, 7, 7].into_iter()));
    let splits = Splits { train: other.clone(), validation: other.clone(), held_out: other };
    let source = Arc::new(Source {
        name: "sevens".into(),
        digest: String::new(),
        supply: Supply::Finite(splits),
        file: None,
    });
    let d = traced(table, 0, |l| {
        l.synthesiser.teacher = Teacher::Source(source.clone(), When::First);
        l.curation = vec![step(Who::All, Swap)];
    });
    assert_eq!(synthetic(&d[1]), [7, 7, 7], "generation 1 is the teacher's alone");
    assert_eq!(synthetic(&d[2]), [200, 201, 200], "generation 2 is the student's");
}

/// Adds a thousand to every synthetic row.
struct Mark;

impl crate::curation::Curation for Mark {
    fn apply(
        &self,
        mut mix: Mix,
        _: Option<crate::curation::More<'_>>,
        _: &crate::curation::Seen<'_>,
        _: &Streams,
    ) -> Result<Mix, crate::curation::CurationError> {
        let (table, _) = mix.gather().unwrap().unwrap();
        let rows = numbers(table.features().iter().map(|v| *v as i64 + 1000));
        mix.parts = vec![Part::synthetic(mix.parts[0].born, Body::Rows(crate::data::Rows::all(rows)))];
        Ok(mix)
    }
}

#[test]
fn rows_that_a_step_asks_for_have_gone_through_the_steps_before_it() {
    let d = traced("regime = \"replace\"\ngenerations = 1\nsamples = 3", 0, |l| {
        l.curation = vec![step(Who::All, Mark), step(Who::All, Swap)];
    });
    assert_eq!(synthetic(&d[1]), [1100, 1101, 1100]);
}

#[test]
fn only_the_members_named_curate() {
    // Models 100 and 200 of generation 0 give two rows each to the pool.
    let table = "regime = \"replace\"\ngenerations = 1\nsamples = 4\npopulation = 2";
    let marked = |who: Who| {
        let d = traced(table, 0, |l| {
            l.families = vec![l.families[0].clone(); 2];
            l.synthesiser.sharing = Sharing::Pool;
            l.curation = vec![step(who, Mark)];
        });
        [&d[2], &d[3]].map(|set| synthetic(set).iter().all(|v| *v >= 1000))
    };
    assert_eq!(marked(Who::All), [true, true]);
    assert_eq!(marked(Who::First(0)), [false, false]);
    assert_eq!(marked(Who::First(1)), [true, false]);
    assert_eq!(marked(Who::One(1)), [false, true]);
}

#[test]
fn a_member_of_a_pool_asks_the_pool_for_more() {
    /// Three more rows, in place of all that were there.
    struct Again;

    impl crate::curation::Curation for Again {
        fn apply(
            &self,
            mut mix: Mix,
            more: Option<crate::curation::More<'_>>,
            _: &crate::curation::Seen<'_>,
            _: &Streams,
        ) -> Result<Mix, crate::curation::CurationError> {
            let rows = crate::data::Rows::all(more.unwrap()(3)?);
            mix.parts = vec![Part::synthetic(mix.parts[0].born, Body::Rows(rows))];
            Ok(mix)
        }
    }

    let table = "regime = \"replace\"\ngenerations = 1\nsamples = 4\npopulation = 2";
    for (sharing, first) in
        [(Sharing::Own, [100, 101, 102]), (Sharing::Ring, [200, 201, 202]), (Sharing::Pool, [100, 101, 200])]
    {
        let d = traced(table, 0, |l| {
            l.families = vec![l.families[0].clone(); 2];
            l.synthesiser.sharing = sharing;
            l.curation = vec![step(Who::All, Again)];
        });
        assert_eq!(synthetic(&d[2]), first, "{sharing:?}");
    }
}

/// Keeps what is fitted and hands it back.
#[derive(Default)]
struct Cupboard(Vec<(Fit, i64)>);

impl Record for Cupboard {
    fn measurement(&mut self, _: Measurement) {}

    fn model(&mut self, fit: Fit, model: &dyn Model) {
        let any: &dyn std::any::Any = model;
        self.0.push((fit, any.downcast_ref::<Traced>().unwrap().0));
    }

    fn kept(&mut self, fit: Fit, _: &dyn Family) -> Option<Box<dyn Model>> {
        let found = self.0.iter().find(|(kept, _)| *kept == fit)?;
        Some(Box::new(Traced(found.1)))
    }
}

#[test]
fn kept_models_are_not_fitted_again_and_make_the_same_rows() {
    let table = "regime = \"accumulate\"\ngenerations = 3\nsamples = 4";
    let mut cupboard = Cupboard::default();
    let fitted = recorded(table, 0, |_| {}, &mut cupboard);
    assert_eq!((fitted.len(), cupboard.0.len()), (4, 4));
    // The second run fits nothing; without generation 2 it fits that one, on the same rows.
    assert!(recorded(table, 0, |_| {}, &mut cupboard).is_empty());
    cupboard.0.retain(|(fit, _)| fit.generation != 2);
    assert_eq!(recorded(table, 0, |_| {}, &mut cupboard), fitted[2..3]);
}

#[test]
fn fresh_prompts_are_never_used_twice() {
    let loops = [
        "regime = \"fixed-mix\"\nhold = \"human\"\nhuman_rows = 4\nsynthetic_scale = 2.0",
        "regime = \"replace\"\nsamples = 8",
    ];
    for table in loops {
        let table = format!("{table}\ngenerations = 2\nsynthesis = \"label\"\nprompts = \"fresh\"\n");
        let d = traced(&table, 0, |l| {
            l.synthesiser.synthesis = Synthesis::Label;
            l.synthesiser.prompts = Prompts::Fresh;
        });
        let labelled: Vec<i64> = (1..=2).flat_map(|g| synthetic(&d[g])).map(|v| -1 - v).collect();
        let all = [human(&d[0]), labelled].concat();
        assert_eq!(all.len(), human(&d[0]).len() + 16);
        assert!(within(&all, &(0..40).collect::<Vec<_>>()), "{all:?}");
    }
}
