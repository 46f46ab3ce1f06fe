//! Ctrl-C: the first asks running lineages and outside programs to stop and keeps what is finished,
//! the second ends the process at once, which is safe because files are written whole or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::models;

/// The exit code of an interrupted command.
pub const EXIT_INTERRUPTED: i32 = 130;

/// A flag that asks a run to stop. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// One that is set only by [`Interrupt::set`].
    pub fn new() -> Self {
        Self::default()
    }

    /// One that Ctrl-C sets; a second Ctrl-C exits with `EXIT_INTERRUPTED`. For the binary, once
    /// a process. Errors if a handler is there already.
    pub fn on_ctrl_c() -> Result<Self, ctrlc::Error> {
        let interrupt = Self::new();
        let asked = interrupt.clone();
        ctrlc::set_handler(move || {
            if asked.0.swap(true, Ordering::SeqCst) {
                models::kill_programs();
                std::process::exit(EXIT_INTERRUPTED);
            }
            models::stop_programs();
        })?;
        Ok(interrupt)
    }

    /// Asks to stop.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the flag is set.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
