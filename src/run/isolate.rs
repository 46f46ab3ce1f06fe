//! Cells as processes of their own (`--isolate`): one that hangs can be ended, one that takes all
//! memory takes nobody with it.
//!
//! The runner starts itself with a resolved spec and one [`Todo`]; the child runs that cell and
//! writes its file, as a thread would have done. Whatever the child could not finish is recorded as
//! failed by the parent.
//!
//! Nobody outlives anybody: outside programs that the child started end with it, since it announces
//! them; the child and they end with the parent, whose end closes the child's standard input; and its
//! temporary files are in a folder of the parent's.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::cell::{Ran, too_long};
use super::interrupt::EXIT_INTERRUPTED;
use super::plan::Todo;
use super::{Failure, Options, RunError, Work};
use crate::models;
use crate::store::{Cell, Ending, Folder, Part, StoreError};

/// How a child is started.
#[derive(Clone, Debug)]
pub struct Isolation {
    /// The program, which is this one.
    pub program: PathBuf,
    /// Its arguments; the cell follows as JSON, as the value of `--cell`.
    pub arguments: Vec<String>,
}

/// How often a child is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// In the child: runs the one cell. Nobody is told of its failures here; the parent reads them from
/// the cell's file.
///
/// # Errors
/// Those of the disk, and a cell that does not belong to this work.
pub fn run_child<W: Work + ?Sized>(
    work: &W,
    todo: &Todo,
    first_seed: u64,
    options: &Options<'_>,
) -> Result<(), RunError> {
    let known = work.settings().get(todo.setting).is_some_and(|s| s.digest == todo.id.setting);
    if !known {
        return Err(RunError::ForeignCell { cell: todo.id.cell.clone() });
    }
    models::announce_programs();
    thread::spawn(end_with_parent);
    super::cell::run_cell(work, todo, first_seed, options, &Folder::at(&options.out))?;
    Ok(())
}

/// Waits until the parent is gone, which never writes a word.
fn end_with_parent() {
    let _ = std::io::stdin().read(&mut [0]);
    models::kill_programs();
    std::process::exit(EXIT_INTERRUPTED);
}

/// In the parent: starts a child for the cell, waits for it, ends it when its time is up, and
/// records the seeds that it left without an ending.
pub(super) fn run_cell<W: Work + ?Sized>(
    work: &W,
    todo: &Todo,
    options: &Options<'_>,
    isolation: &Isolation,
    folder: &Folder,
) -> Result<Ran, StoreError> {
    let setting = &work.settings()[todo.setting];
    options.progress.setting(&setting.label);
    let started = Instant::now();
    let ended = match start(isolation, todo) {
        Ok((child, _temporary)) => wait(child, options, started),
        Err(why) => Ended::Broken(format!("the cell's process could not be started: {why}")),
    };
    options.progress.advance(todo.seeds.len() as u64 * (setting.generations + 1));
    let (mut cell, _) = folder.load_or_empty(&todo.id)?;
    if let Ended::Broken(error) = &ended {
        let missing: Vec<u64> =
            todo.seeds.iter().copied().filter(|seed| !cell.seeds.contains_key(seed)).collect();
        if !missing.is_empty() {
            let mut part = Part::default();
            missing.iter().for_each(|&seed| part.fail(seed, error.clone()));
            cell.absorb(vec![part]);
            cell.wall_seconds += started.elapsed().as_secs_f64();
            cell.save(&folder.cell(&todo.id.cell))?;
        }
    }
    Ok(told(&cell, todo, &setting.label, options))
}

/// What the cell's file says of the seeds that were to be run.
fn told(cell: &Cell, todo: &Todo, setting: &str, options: &Options<'_>) -> Ran {
    let mut ran = Ran { lineages: 0, failures: Vec::new() };
    for &seed in &todo.seeds {
        ran.lineages += u64::from(cell.seeds.contains_key(&seed));
        if let Some(Ending::Failed(error)) = cell.seeds.get(&seed) {
            let (cell, setting) = (todo.id.cell.clone(), setting.to_owned());
            let failure = Failure { cell, setting, seed, error: error.clone() };
            options.progress.failure(&failure);
            ran.failures.push(failure);
        }
    }
    ran
}

enum Ended {
    /// It wrote what it could.
    Well,
    /// It did not, for this reason.
    Broken(String),
}

/// The child, and the folder of its temporary files.
fn start(isolation: &Isolation, todo: &Todo) -> std::io::Result<(Child, TempDir)> {
    let temporary = tempfile::Builder::new().prefix("collapse-cell-").tempdir()?;
    let mut command = Command::new(&isolation.program);
    command
        .args(&isolation.arguments)
        .arg("--cell")
        .arg(serde_json::to_string(todo)?)
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Ctrl-C reaches the parent alone, which passes it on once.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok((command.spawn()?, temporary))
}

fn wait(mut child: Child, options: &Options<'_>, started: Instant) -> Ended {
    // Closed at the end of this function, or with the process.
    let _alive = child.stdin.take();
    // Pipes that nobody reads fill up and would hold the child.
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
    match status {
        Err(why) => Ended::Broken(why),
        Ok(status) if status.success() || options.interrupt.is_set() => Ended::Well,
        Ok(status) => {
            let words = words.and_then(|reader| reader.join().ok()).unwrap_or_default();
            Ended::Broken(format!("the cell's process {}{}", manner(status), last_words(&words)))
        }
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
