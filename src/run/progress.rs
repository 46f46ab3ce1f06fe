//! What people see while cells run.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::sparks::Sparks;
use crate::metrics::Measurement;

/// Who is told what happens. Called from all threads.
pub trait Progress: Sync {
    /// Work starts: generations (summed over lineages) to run, and lineages that were there.
    fn start(&self, _generations: u64, _reused: u64) {}

    /// A cell of this setting starts.
    fn setting(&self, _label: &str) {}

    /// So many generations have ended.
    fn advance(&self, _generations: u64) {}

    /// Something was measured in a lineage of this setting; told only where generations take long.
    fn measured(&self, _setting: &str, _measurement: &Measurement) {}

    /// A lineage failed.
    fn failure(&self, _failure: &Failure) {}

    /// Something that people should know, in one line.
    fn note(&self, _text: &str) {}

    /// Something in the folder was damaged and is made again; nobody is spared this.
    fn repair(&self, text: &str) {
        remark!("{text}");
    }

    /// All is over.
    fn finish(&self) {}
}

impl<P: Progress + Send + ?Sized> Progress for Box<P> {
    fn measured(&self, setting: &str, measurement: &Measurement) {
        (**self).measured(setting, measurement);
    }
    fn start(&self, generations: u64, reused: u64) {
        (**self).start(generations, reused);
    }
    fn setting(&self, label: &str) {
        (**self).setting(label);
    }
    fn advance(&self, generations: u64) {
        (**self).advance(generations);
    }
    fn failure(&self, failure: &Failure) {
        (**self).failure(failure);
    }
    fn note(&self, text: &str) {
        (**self).note(text);
    }
    fn repair(&self, text: &str) {
        (**self).repair(text);
    }
    fn finish(&self) {
        (**self).finish();
    }
}

/// Tells nobody, but of damage.
pub struct Silent;

impl Progress for Silent {}

/// The progress for standard error: a bar on a terminal, else a line from time to time.
pub fn on_stderr() -> Box<dyn Progress + Send> {
    if std::io::stderr().is_terminal() {
        Box::new(Bar::new())
    } else {
        Box::new(Lines::new(std::io::stderr()))
    }
}

/// A bar over generations with the time left; failures stay above it, the first of each kind.
pub struct Bar {
    bar: ProgressBar,
    told: Mutex<BTreeSet<String>>,
    shown: Mutex<Shown>,
}

/// What stands beside and below the bar.
#[derive(Default)]
struct Shown {
    setting: String,
    sparks: Sparks,
    /// Whether there is room for curves below the bar.
    curves: bool,
}

/// The bar, with the setting that runs.
const LINE: &str = "{bar:28} {percent:>3}%  {elapsed} (about {eta} left)  {wide_msg}";

impl Bar {
    /// A bar on standard error, which appears when work starts.
    pub fn new() -> Self {
        Self { bar: ProgressBar::hidden(), told: Mutex::default(), shown: Mutex::default() }
    }

    fn draw_as(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("█▌░"));
        }
    }

    /// Changes what is shown; the bar draws it at its next tick.
    fn show(&self, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.shown.lock().unwrap_or_else(|e| e.into_inner());
        change(&mut shown);
        self.bar.set_message(shown.setting.clone());
        let curves = shown.sparks.lines();
        if curves.is_empty() {
            return;
        }
        if !shown.curves {
            shown.curves = true;
            // Before the first measurement an empty line would stand below the bar.
            self.draw_as(&format!("{LINE}\n{{prefix}}"));
        }
        self.bar.set_prefix(curves.join("\n"));
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Bar {
    fn start(&self, generations: u64, reused: u64) {
        if reused > 0 {
            self.note(&already(reused));
        }
        if generations == 0 {
            return;
        }
        self.draw_as(LINE);
        self.bar.set_length(generations);
        self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        self.bar.enable_steady_tick(Duration::from_millis(250));
    }

    fn setting(&self, label: &str) {
        self.show(|shown| label.clone_into(&mut shown.setting));
    }

    fn measured(&self, setting: &str, measurement: &Measurement) {
        self.show(|shown| shown.sparks.add(setting, measurement));
    }

    fn advance(&self, generations: u64) {
        self.bar.inc(generations);
    }

    fn failure(&self, failure: &Failure) {
        if self.told.lock().unwrap_or_else(|e| e.into_inner()).insert(failure.kind()) {
            self.note(&failure.to_string());
        }
    }

    fn note(&self, text: &str) {
        // `println` of a hidden bar prints nothing.
        if self.bar.is_hidden() {
            let _ = writeln!(std::io::stderr(), "{text}");
        } else {
            self.bar.println(text);
        }
    }

    fn repair(&self, text: &str) {
        self.note(text);
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Plain lines: every [`Lines::PAUSE`], and at every tenth of the work if a tenth of that has passed;
/// failures at once, the first of each kind.
pub struct Lines<W: Write + Send> {
    state: Mutex<State<W>>,
}

struct State<W> {
    to: W,
    started: Instant,
    last: Instant,
    done: u64,
    all: u64,
    told: u64,
    label: String,
    failures: BTreeSet<String>,
}

impl<W: Write + Send> Lines<W> {
    /// The time between two lines.
    pub const PAUSE: Duration = Duration::from_secs(10);

    /// Lines to `to`.
    pub fn new(to: W) -> Self {
        let now = Instant::now();
        let (done, all, told, label, failures) = (0, 0, 0, String::new(), BTreeSet::new());
        Self { state: Mutex::new(State { to, started: now, last: now, done, all, told, label, failures }) }
    }

    fn with(&self, act: impl FnOnce(&mut State<W>)) {
        act(&mut self.state.lock().unwrap_or_else(|e| e.into_inner()));
    }
}

impl<W: Write> State<W> {
    fn line(&mut self) {
        let seconds = self.started.elapsed().as_secs_f64();
        let left = seconds * (self.all - self.done.min(self.all)) as f64 / self.done.max(1) as f64;
        let percent = 100 * self.done / self.all.max(1);
        // Standard error may be closed; the run goes on.
        let _ = writeln!(self.to, "{percent}% after {seconds:.0} s, about {left:.0} s left: {}", self.label);
        self.last = Instant::now();
        self.told = self.done;
    }
}

impl<W: Write + Send> Progress for Lines<W> {
    fn start(&self, generations: u64, reused: u64) {
        self.with(|s| {
            (s.started, s.last, s.done, s.told, s.all) = (Instant::now(), Instant::now(), 0, 0, generations);
            if reused > 0 {
                let _ = writeln!(s.to, "{}", already(reused));
            }
        });
    }

    fn setting(&self, label: &str) {
        self.with(|s| label.clone_into(&mut s.label));
    }

    fn advance(&self, generations: u64) {
        self.with(|s| {
            s.done += generations;
            let tenth = (s.done - s.told) * 10 >= s.all;
            let since = s.last.elapsed();
            // Short runs need no lines at all: the command's own summary follows.
            if since >= Self::PAUSE || (tenth && since >= Self::PAUSE / 10) {
                s.line();
            }
        });
    }

    fn failure(&self, failure: &Failure) {
        self.with(|s| {
            if s.failures.insert(failure.kind()) {
                let _ = writeln!(s.to, "{failure}");
            }
        });
    }

    fn note(&self, text: &str) {
        self.with(|s| {
            let _ = writeln!(s.to, "{text}");
        });
    }

    fn repair(&self, text: &str) {
        self.note(text);
    }
}

fn already(reused: u64) -> String {
    format!("{reused} lineages were finished before and are used")
}
