//! Ctrl-C, and what ends jobs on a cluster (SIGTERM) or with their terminal (SIGHUP): the first asks running lineages and
//! outside programs to stop and keeps what is finished, another one a second later or more ends the process at once, which
//! is safe because files are written whole or not at all. (A terminal that closes and what ends a whole group of processes
//! send two in a row.)

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

use crate::models;

/// The exit code of a command that Ctrl-C ended; another signal has its own, see [`interrupted_code`].
pub const EXIT_INTERRUPTED: i32 = 130;

/// Signals nearer to the first one say the same thing.
const AGAIN: Duration = Duration::from_secs(1);

/// The signal that asked this process to stop: SIGINT until there is another.
static ASKED_BY: AtomicI32 = AtomicI32::new(EXIT_INTERRUPTED - 128);

/// The exit code of an interrupted command: 128 and the number of the signal, 130, 143 or 129.
pub fn interrupted_code() -> i32 {
    128 + ASKED_BY.load(Ordering::SeqCst)
}

/// Whether somebody asked to stop. Clones share the answer.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// One that is set only by [`Interrupt::set`].
    pub fn new() -> Self {
        Self::default()
    }

    /// One that Ctrl-C, SIGTERM and SIGHUP set; at another of them, a second later or more, the process exits with
    /// `interrupted_code`. For the binary, once a process.
    ///
    /// # Errors
    /// The system's.
    pub fn on_ctrl_c() -> io::Result<Self> {
        let interrupt = Self::new();
        let asked = interrupt.clone();
        let mut first = None;
        listen(move |signal| {
            if first.get_or_insert_with(Instant::now).elapsed() > AGAIN {
                models::kill_programs();
                std::process::exit(interrupted_code());
            }
            if !asked.0.swap(true, Ordering::SeqCst) {
                ASKED_BY.store(signal, Ordering::SeqCst);
                models::stop_programs();
            }
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

#[cfg(unix)]
fn listen(heard: impl FnMut(i32) + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = vec![SIGINT, SIGTERM];
    // `nohup` asks that the end of the terminal changes nothing.
    if !is_ignored(SIGHUP) {
        signals.push(SIGHUP);
    }
    let mut signals = signal_hook::iterator::Signals::new(signals)?;
    std::thread::Builder::new().name("signals".into()).spawn(move || signals.forever().for_each(heard))?;
    Ok(())
}

/// Whether the process was started with a signal ignored, where the system says so.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(not(unix))]
fn listen(mut heard: impl FnMut(i32) + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(move || heard(EXIT_INTERRUPTED - 128)).map_err(io::Error::other)
}
