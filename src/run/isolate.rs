//! Cells as processes of their own (`--isolate`): one that hangs can be ended, one that takes all
//! memory ends alone.
//!
//! The runner starts itself with a resolved spec and one [`Todo`]; the child runs that cell and leaves what it found in a
//! folder of the parent's, who hands it on as a thread would have done. Whatever the child could not finish is recorded as
//! failed by the parent.
//!
//! No process outlives its parent: outside programs that the child started end with it, since it announces
//! them; the child and they end with the parent, whose end closes the child's standard input; and its
//! temporary files are in a folder of the parent's.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::cell::{Ran, too_long};
use super::interrupt::EXIT_INTERRUPTED;
use super::plan::Todo;
use super::{Failure, Options, RunError, Work};
use crate::models;
use crate::output::Scratch;
use crate::store::{Block, Folder, Identity, Lineages, Part};

/// How a child is started.
#[derive(Clone, Debug)]
pub struct Isolation {
    /// The program, which is this one.
    pub program: PathBuf,
    /// Its arguments; the cell follows as JSON, as the value of `--cell`.
    pub arguments: Vec<String>,
}

/// How a child's line about what it made again begins; drivers and libraries may say other things there.
const REPAIRED: &str = "made again: ";
/// How often a child is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// In the child: runs the one cell. It reports no failures; the parent reads them.
///
/// # Errors
/// Those of the disk, and a cell that does not belong to this work.
pub fn run_child<W: Work + ?Sized>(
    work: &W,
    todo: &Todo,
    first_seed: u64,
    options: &Options<'_>,
) -> Result<(), RunError> {
    let known = work.settings().get(todo.setting).is_some_and(|s| s.digest == todo.digest);
    if !known {
        return Err(RunError::ForeignCell { cell: todo.cell.clone() });
    }
    models::announce_programs();
    thread::spawn(end_with_parent);
    let folder = Folder::at(&options.out);
    let ran = super::cell::run_cell(work, todo, first_seed, options, &folder);
    ran.repairs.iter().for_each(|what| remark!("{REPAIRED}{what}"));
    if ran.lineages > 0 {
        let into = todo.into.clone().unwrap_or_else(|| folder.rows());
        Lineages::default().write(&into, ran.block, "")?;
    }
    Ok(())
}

/// Waits until the parent is gone, which never writes a word.
fn end_with_parent() {
    let _ = std::io::stdin().read(&mut [0]);
    models::kill_programs();
    std::process::exit(EXIT_INTERRUPTED);
}

/// In the parent: starts a child for the cell, waits for it, ends it when its time is up, and takes what it found; the seeds
/// that it left without an ending have failed.
pub(super) fn run_cell<W: Work + ?Sized>(
    work: &W,
    todo: &Todo,
    options: &Options<'_>,
    isolation: &Isolation,
) -> Ran {
    let setting = &work.settings()[todo.setting];
    options.progress.setting(&setting.label);
    let started = Instant::now();
    let mut repairs = Vec::new();
    let (ended, found) = match start(isolation, todo) {
        Ok((child, temporary)) => match (wait(child, options, started, &mut repairs), found(&temporary)) {
            (Ended::Well, Err(why)) => {
                (Ended::Broken(format!("the cell's process left no usable rows: {why}")), Lineages::default())
            }
            (ended, found) => (ended, found.unwrap_or_default()),
        },
        Err(why) => {
            (Ended::Broken(format!("the cell's process could not be started: {why}")), Lineages::default())
        }
    };
    options.progress.advance(todo.seeds.len() as u64 * (setting.generations + 1));
    let of = Identity::from(setting);
    let mut failures = found.failures(of, &todo.seeds);
    let mut blocks = Vec::new();
    // An interrupted run leaves seeds for later; else each must have an ending.
    let unended = match &ended {
        Ended::Broken(error) => Some(error.as_str()),
        Ended::Well if options.interrupt.is_set() => None,
        Ended::Well => Some("the cell's process ended without this seed"),
    };
    if let Some(error) = unended {
        let known = failures.clone();
        let left = found.missing(of, &todo.seeds).into_iter();
        let left = left.filter(|seed| known.iter().all(|(failed, _)| failed != seed));
        let mut part = Part::default();
        for seed in left {
            part.fail(seed, error.to_owned());
            failures.push((seed, error));
        }
        blocks.push(Block::of_cell(of, started.elapsed().as_secs_f64(), vec![part]));
    }
    let failure = |(seed, error): (u64, &str)| {
        let (cell, setting) = (todo.cell.clone(), setting.label.clone());
        Failure { cell, setting, seed, error: error.to_owned() }
    };
    let failures: Vec<Failure> = failures.into_iter().map(failure).collect();
    failures.iter().for_each(|failure| options.progress.failure(failure));
    let ended = todo.seeds.len() - found.missing(of, &todo.seeds).len();
    let lineages = (ended + failures.len()) as u64;
    Ran { lineages, failures, repairs, block: Block::merge(found.into_blocks().into_iter().chain(blocks)) }
}

/// What a child left, or why that can't be used.
fn found(temporary: &Scratch) -> Result<Lineages, String> {
    let (found, damaged) = Lineages::read(&Folder::at(temporary.path())).map_err(|why| why.to_string())?;
    match damaged.first() {
        Some(damage) => Err(damage.why.clone()),
        None => Ok(found),
    }
}

enum Ended {
    /// It wrote what it could.
    Well,
    /// It did not, for this reason.
    Broken(String),
}

/// The child, and the folder of its temporary files.
fn start(isolation: &Isolation, todo: &Todo) -> std::io::Result<(Child, Scratch)> {
    let temporary = Scratch::new()?;
    let into = Folder::at(temporary.path()).rows();
    std::fs::create_dir(&into)?;
    let todo = Todo { into: Some(into), ..todo.clone() };
    let mut command = Command::new(&isolation.program);
    command
        .args(&isolation.arguments)
        .arg("--cell")
        .arg(serde_json::to_string(&todo)?)
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Ctrl-C reaches the parent alone, which passes it on once.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok((command.spawn()?, temporary))
}

fn wait(mut child: Child, options: &Options<'_>, started: Instant, repairs: &mut Vec<String>) -> Ended {
    // Closed at the end of this function, or with the process.
    let _alive = child.stdin.take();
    // Pipes that are not read fill up and would block the child.
    let programs = child.stdout.take().map(|pipe| thread::spawn(move || models::kill_left_programs(pipe)));
    let words = child.stderr.take().map(|mut pipe| {
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = pipe.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    });
    // The child heeds the limit itself between two generations, so it gets a little more.
    let limit = options.cell_timeout.map(|limit| limit + Duration::from_millis(500));
    let mut asked = false;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) if limit.is_some_and(|limit| started.elapsed() > limit) => {
                let _ = child.kill();
                let _ = child.wait();
                break Err(too_long(options.cell_timeout));
            }
            Ok(None) => thread::sleep(LOOK),
            Err(why) => break Err(format!("the cell's process was lost: {why}")),
        }
        if options.interrupt.is_set() && !asked {
            asked = true;
            ask_to_stop(&child);
        }
    };
    let _ = programs.map(thread::JoinHandle::join);
    let words = words.and_then(|reader| reader.join().ok()).unwrap_or_default();
    match status {
        Err(why) => Ended::Broken(why),
        Ok(status) if status.success() || options.interrupt.is_set() => {
            repairs.extend(words.lines().filter_map(|line| line.strip_prefix(REPAIRED)).map(str::to_owned));
            repairs.iter().for_each(|text| options.progress.repair(text));
            Ended::Well
        }
        Ok(status) => Ended::Broken(format!("the cell's process {}{}", manner(status), last_words(&words))),
    }
}

/// What Ctrl-C would tell it.
#[cfg(unix)]
fn ask_to_stop(child: &Child) {
    use nix::sys::signal::{Signal, kill};
    // A child that is gone need not be asked.
    let _ = kill(nix::unistd::Pid::from_raw(child.id() as i32), Signal::SIGINT);
}

#[cfg(not(unix))]
fn ask_to_stop(_child: &Child) {}

fn manner(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let why = if signal == 9 { ", which is what the system does when memory runs out" } else { "" };
        return format!("was ended by signal {signal}{why}");
    }
    status.code().map_or("ended".into(), |code| format!("ended with exit code {code}"))
}

fn last_words(text: &str) -> String {
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map(|l| format!(": {}", l.trim()))
        .unwrap_or_default()
}
