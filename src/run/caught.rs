//! Panics inside a lineage become errors of its seed.
//!
//! The standard hook would print each panic over the progress bar, so a hook in front of it keeps
//! message and place of panics that happen inside [`caught`] and passes all others on.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; a panic comes back as its message and place, in one line.
///
/// What `work` changed before it panicked must be thrown away by the caller.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    install();
    PLACE.take();
    DEPTH.set(DEPTH.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "no message".into()).replace('\n', " ");
        // A panic on another thread of the pool leaves no place here.
        let place = PLACE.take().map(|place| format!(" at {place}")).unwrap_or_default();
        format!("panicked{place}: {text}")
    })
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if DEPTH.get() == 0 {
                before(info);
            } else {
                PLACE.set(info.location().map(ToString::to_string));
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place() {
        assert_eq!(caught(|| 5), Ok(5));
        let told = caught(|| panic!("index {} of {}", 7, 3)).unwrap_err();
        assert!(told.starts_with("panicked at ") && told.contains("caught.rs"), "{told}");
        assert!(told.ends_with(": index 7 of 3"), "{told}");
        assert!(caught(|| std::panic::panic_any(3_u8)).unwrap_err().ends_with("no message"));
    }
}
