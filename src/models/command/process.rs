//! Running an outside program to its end: in a process group of its own, with a time limit and the
//! end of what it says.
//!
//! Whatever it started ends with it, and all of it with this process: see [`watch`].
//!
//! A process that runs cells for another one (`--isolate`) tells it of every group that starts and
//! ends, a line each on standard output: whatever happens to the process, its parent can end them.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::watch;

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
/// Bytes of what a program says that are kept.
const KEPT: usize = 1 << 16;
/// How long what was said last may take to arrive.
const ARRIVAL: Duration = Duration::from_millis(500);
/// Lines and characters that an error quotes.
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

/// The end of what a program said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<VecDeque<u8>>>);

impl Said {
    /// Takes what comes until nobody says any more.
    fn listen(&self, mut pipe: impl Read) {
        let mut buffer = [0; 1 << 13];
        while let Ok(read) = pipe.read(&mut buffer) {
            if read == 0 {
                return;
            }
            let mut said = self.bytes();
            said.extend(&buffer[..read]);
            let over = said.len().saturating_sub(KEPT);
            said.drain(..over);
        }
    }

    fn bytes(&self) -> std::sync::MutexGuard<'_, VecDeque<u8>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Runs `command` for at most `limit`, and says how it ended and what it said last. Its children end with it.
pub(super) fn run(mut command: Command, limit: Duration) -> io::Result<(Ended, String)> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let mark = format!("{}-{}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
    let (pipe, end) = io::pipe()?;
    command.env(watch::MARK, &mark).stdin(Stdio::null()).stdout(end.try_clone()?).stderr(end);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    if STOPPED.load(Ordering::SeqCst) {
        return Ok((Ended::Stopped, String::new()));
    }
    let mut child = command.spawn()?;
    // It holds our end of the pipe.
    drop(command);
    let group = child.id();
    running().insert(group);
    announce(STARTED, group);
    watch::tell(true, group);
    let said = Said::default();
    let listener = std::thread::spawn({
        let said = said.clone();
        move || said.listen(pipe)
    });
    let ended = wait(&mut child, Instant::now() + limit);
    signal(group, Signal::Kill);
    watch::kill_marked(&mark);
    running().remove(&group);
    announce(ENDED, group);
    watch::tell(false, group);
    // Somebody may hold the pipe still, where neither group nor mark could be found.
    let until = Instant::now() + ARRIVAL;
    while !listener.is_finished() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    let said: Vec<u8> = said.bytes().iter().copied().collect();
    Ok((ended?, last_words(&String::from_utf8_lossy(&said))))
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

/// The last lines of what was said, indented; empty where nothing was.
fn last_words(said: &str) -> String {
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

    #[cfg(unix)]
    #[test]
    fn what_is_kept_of_a_talkative_program_is_its_end() {
        let mut command = Command::new("sh");
        command.args(["-c", "yes | head -c 10000000; echo the last word"]);
        let (ended, words) = run(command, Duration::from_secs(60)).expect("sh starts");
        assert!(matches!(ended, Ended::Exited(status) if status.success()));
        assert!(words.ends_with("the last word") && words.len() < 2 * QUOTED_CHARACTERS, "{words}");
        // Bytes that fill the memory that is kept many times over.
        let said = Said::default();
        said.listen(io::repeat(b'y').take(10 * KEPT as u64));
        assert_eq!(said.bytes().len(), KEPT);
    }
}
