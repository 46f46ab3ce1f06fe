//! Running an outside program to its end: in a process group of its own, with a time limit and a
//! log of everything that it says.
//!
//! A process that runs cells for another one (`--isolate`) tells it of every group that starts and
//! ends, a line each on standard output: whatever happens to the process, its parent can end them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Set once a user has asked to stop; every program that runs is ended, and none is started.
static STOPPED: AtomicBool = AtomicBool::new(false);
/// The process groups that are running.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
/// Whether the reader of standard output is told of groups.
static ANNOUNCED: AtomicBool = AtomicBool::new(false);
/// The words before a group's number.
const STARTED: &str = "program started ";
const ENDED: &str = "program ended ";
/// How long a program may tidy up after it was asked to end.
const GRACE: Duration = Duration::from_secs(2);
/// Lines and characters of a log that an error quotes.
const QUOTED_LINES: usize = 12;
const QUOTED_CHARACTERS: usize = 1500;

/// How a program ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself.
    Exited(ExitStatus),
    /// It ran longer than it may.
    TimedOut,
    /// The run was interrupted.
    Stopped,
}

/// Asks all outside programs to end, with their children, and lets none start: after Ctrl-C.
pub fn stop_programs() {
    STOPPED.store(true, Ordering::SeqCst);
    for &group in running().iter() {
        signal(group, Signal::Ask);
    }
}

/// Ends all outside programs at once: before the process itself ends.
pub fn kill_programs() {
    STOPPED.store(true, Ordering::SeqCst);
    for &group in running().iter() {
        signal(group, Signal::Kill);
    }
}

/// From now on every group of this process is announced on its standard output.
pub fn announce_programs() {
    ANNOUNCED.store(true, Ordering::SeqCst);
}

/// Reads what a process announces until that process is gone, and ends what it left running.
pub fn kill_left_programs(announced: impl Read) {
    for group in left(BufReader::new(announced)) {
        signal(group, Signal::Kill);
    }
}

/// The groups that started and did not end. Lines that say something else are not about groups.
fn left(announced: impl BufRead) -> BTreeSet<u32> {
    let mut groups = BTreeSet::new();
    for line in announced.lines().map_while(Result::ok) {
        let number = |words: &str| line.strip_prefix(words).and_then(|n| n.parse().ok());
        if let Some(group) = number(STARTED) {
            groups.insert(group);
        } else if let Some(group) = number(ENDED) {
            groups.remove(&group);
        }
    }
    groups
}

fn announce(what: &str, group: u32) {
    if ANNOUNCED.load(Ordering::SeqCst) {
        say!("{what}{group}");
    }
}

/// Runs `command`, whose output goes to the file `log`, for at most `limit`.
pub(super) fn run(mut command: Command, log: &Path, limit: Duration) -> io::Result<Ended> {
    let said = File::create(log)?;
    command.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    if STOPPED.load(Ordering::SeqCst) {
        return Ok(Ended::Stopped);
    }
    let mut child = command.spawn()?;
    running().insert(child.id());
    announce(STARTED, child.id());
    let ended = wait(&mut child, Instant::now() + limit);
    running().remove(&child.id());
    announce(ENDED, child.id());
    ended
}

fn wait(child: &mut Child, deadline: Instant) -> io::Result<Ended> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            // A program that was asked to end has ended for that reason.
            return Ok(if STOPPED.load(Ordering::SeqCst) { Ended::Stopped } else { Ended::Exited(status) });
        }
        let stopped = STOPPED.load(Ordering::SeqCst);
        if stopped || Instant::now() >= deadline {
            end(child)?;
            return Ok(if stopped { Ended::Stopped } else { Ended::TimedOut });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Asks the program's group to end, and makes it after [`GRACE`]. Its children are in the group, which
/// is killed in any case: one of them may have outlived the program.
fn end(child: &mut Child) -> io::Result<()> {
    signal(child.id(), Signal::Ask);
    let until = Instant::now() + GRACE;
    let mut pause = Duration::from_millis(5);
    while Instant::now() < until {
        if child.try_wait()?.is_some() {
            break;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    signal(child.id(), Signal::Kill);
    // Where there are no groups, the program alone.
    let _ = child.kill();
    child.wait().map(drop)
}

enum Signal {
    Ask,
    Kill,
}

#[cfg(unix)]
fn signal(group: u32, which: Signal) {
    use nix::sys::signal::{Signal as Unix, killpg};
    let which = match which {
        Signal::Ask => Unix::SIGTERM,
        Signal::Kill => Unix::SIGKILL,
    };
    // A group that is gone needs no signal.
    let _ = killpg(nix::unistd::Pid::from_raw(group as i32), which);
}

#[cfg(not(unix))]
fn signal(_group: u32, _which: Signal) {}

/// A lock whose other holder panicked is still good here: it guards a set of numbers.
fn running() -> std::sync::MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(|e| e.into_inner())
}

/// The last lines of a log, indented; empty where nothing was said.
pub(super) fn last_words(log: &Path) -> String {
    let said = fs::read(log).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(QUOTED_LINES)..].join("\n    ");
    let characters = last.chars().count();
    let tail: String = last.chars().skip(characters.saturating_sub(QUOTED_CHARACTERS)).collect();
    if tail.is_empty() { String::new() } else { format!("\n    {tail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_started_and_did_not_end_is_left() {
        let said =
            "program started 7\nprogram started 81\nsomething else\nprogram ended 7\nprogram started x\n";
        assert_eq!(left(said.as_bytes()), BTreeSet::from([81]));
    }
}
