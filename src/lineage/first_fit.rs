//! Generation 0 once: lineages whose first fit has equal inputs share it.
//!
//! D(0) and the streams of its fit depend on the source, the rows and the seed, not on regime, fraction or curation, so in
//! a sweep over these every setting would fit the same first model. A [`FirstFits`] is told which lineages will be run;
//! the first that comes fits, those that come meanwhile wait, each gets a copy of its own, and the last one leaves
//! nothing behind. A divergence is shared like a model. What is shared is what a fit alone would have given, to the bit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::Why;
use crate::models::Model;

/// First fits in progress or waiting for their next user.
#[derive(Default)]
pub struct FirstFits(Mutex<HashMap<Name, Slot>>);

/// The key of a first fit, and the seed.
type Name = (String, u64);

/// A fit that was made, by the digest of its training set.
type Fitted = Option<(String, Result<Box<dyn Model>, Why>)>;

/// A fit and how many lineages will still ask for it.
struct Slot {
    left: usize,
    fitted: Arc<Mutex<Fitted>>,
}

/// A lineage's share in a first fit.
pub struct Shared(Arc<Mutex<Fitted>>);

impl FirstFits {
    /// Forgets what there is and waits for these lineages, each by the key of its first fit and its seed. Fits that only
    /// one of them asks for are not shared.
    pub fn expect(&self, lineages: impl IntoIterator<Item = Name>) {
        let mut slots = locked(&self.0);
        slots.clear();
        for name in lineages {
            slots.entry(name).or_insert_with(|| Slot { left: 0, fitted: Arc::default() }).left += 1;
        }
        slots.retain(|_, slot| slot.left > 1);
    }

    /// A lineage's share, which it asks for once; `None` where it shares with no other.
    pub fn of(&self, key: &str, seed: u64) -> Option<Shared> {
        let name = (key.to_owned(), seed);
        let mut slots = locked(&self.0);
        let slot = slots.get_mut(&name)?;
        slot.left -= 1;
        let shared = Shared(slot.fitted.clone());
        if slot.left == 0 {
            slots.remove(&name);
        }
        Some(shared)
    }

    /// Fits that will still be asked for.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        locked(&self.0).len()
    }
}

impl Shared {
    /// The fit of the training set with this digest: a copy of the one that another lineage made, or made now.
    pub fn fit(
        self,
        digest: &str,
        fit: impl FnOnce() -> Result<Box<dyn Model>, Why>,
    ) -> Result<Box<dyn Model>, Why> {
        let mut fitted = locked(&self.0);
        match &*fitted {
            None => {
                let made = fit();
                *fitted = match &made {
                    Ok(model) => model.twin().map(|twin| (digest.to_owned(), Ok(twin))),
                    Err(error) => Some((digest.to_owned(), Err(error.clone()))),
                };
                made
            }
            Some((of, Ok(model))) if of == digest => match model.twin() {
                Some(twin) => Ok(twin),
                None => fit(),
            },
            Some((of, Err(error))) if of == digest => Err(error.clone()),
            Some(_) => fit(),
        }
    }
}

/// A lineage that panicked in its fit left nothing in its slot, so the next one fits, and panics too.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::data::Samples;
    use crate::models::{Ask, FitError, SampleError, Sampling};
    use crate::rng::Streams;

    #[derive(Clone)]
    struct Fit(usize);

    impl Model for Fit {
        fn synthesise(
            &self,
            _: Ask<'_>,
            _: usize,
            _: &Sampling,
            _: &Streams,
        ) -> Result<Samples, SampleError> {
            Err(SampleError::NotFinite)
        }

        fn size(&self) -> usize {
            self.0
        }

        fn twin(&self) -> Option<Box<dyn Model>> {
            Some(Box::new(self.clone()))
        }
    }

    fn names(lineages: &[(&str, u64)]) -> Vec<Name> {
        lineages.iter().map(|(key, seed)| ((*key).to_owned(), *seed)).collect()
    }

    #[test]
    fn a_fit_is_made_once_for_all_that_ask_and_is_gone_after_the_last() {
        let (fits, made) = (FirstFits::default(), AtomicUsize::new(0));
        fits.expect(names(&[("a", 0), ("a", 0), ("a", 0), ("a", 1), ("b", 0), ("b", 0)]));
        assert_eq!(fits.waiting(), 2);
        assert!(fits.of("a", 1).is_none(), "nobody else asks for it");
        let fit = |key: &str, training: &str| {
            let make = || Ok(Box::new(Fit(made.fetch_add(1, Ordering::SeqCst))) as Box<dyn Model>);
            fits.of(key, 0).unwrap().fit(training, make).unwrap().size()
        };
        assert_eq!([fit("a", "x"), fit("b", "x"), fit("a", "x")], [0, 1, 0]);
        // Another training set is another fit, whatever the key says.
        assert_eq!(fit("a", "y"), 2);
        assert_eq!((fits.waiting(), fits.of("a", 0).is_none()), (1, true));
    }

    #[test]
    fn lineages_that_come_together_wait_for_one_fit_and_share_its_divergence() {
        let (fits, made) = (FirstFits::default(), AtomicUsize::new(0));
        fits.expect(names(&[("a", 0); 8]));
        let diverge = || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            Err(Why::Fit(FitError::Diverged { step: made.fetch_add(1, Ordering::SeqCst) }))
        };
        std::thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    let error = fits.of("a", 0).unwrap().fit("x", diverge).err();
                    assert!(matches!(error, Some(Why::Fit(FitError::Diverged { step: 0 }))), "{error:?}");
                });
            }
        });
        assert_eq!((made.into_inner(), fits.waiting()), (1, 0));
    }
}
