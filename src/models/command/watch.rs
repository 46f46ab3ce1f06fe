//! What ends outside programs when this process can't: a shell that holds the other end of a pipe.
//!
//! It is told of every group that starts and ends. When this process is gone, however it ended, the pipe closes, and the
//! shell kills the groups that are left, and what left its group but has our mark in its environment.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

/// The variable that marks what belongs to a run.
pub(super) const MARK: &str = "COLLAPSE_PROGRAM";

/// Reads "+ group" and "- group".
const SCRIPT: &str = r#"
left=" "
while read -r what group; do
    case $what in
        +) left="$left$group " ;;
        -) left="${left%% $group *} ${left#* $group }" ;;
    esac
done
for group in $left; do kill -KILL -- "-$group" 2>/dev/null; done
if [ "$left" != " " ]; then
    for marked in $(grep -lzs "^COLLAPSE_PROGRAM=$1-" /proc/[0-9]*/environ); do
        marked="${marked#/proc/}"
        [ "${marked%/environ}" = "$$" ] || kill -KILL "${marked%/environ}" 2>/dev/null
    done
fi
"#;

/// The shell, once a program has run; `None` where none could be started.
static WATCHER: Mutex<Option<Option<(Child, ChildStdin)>>> = Mutex::new(None);

/// Tells the watcher that a group started or ended.
pub(super) fn tell(started: bool, group: u32) {
    let mut watcher = WATCHER.lock().unwrap_or_else(|e| e.into_inner());
    if let Some((_, pipe)) = watcher.get_or_insert_with(start) {
        let sign = if started { '+' } else { '-' };
        // A watcher that is gone can't be told.
        let _ = writeln!(pipe, "{sign} {group}");
    }
}

fn start() -> Option<(Child, ChildStdin)> {
    if !cfg!(unix) {
        return None;
    }
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT, "collapse-watch"]).arg(std::process::id().to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // What is sent to our group must not end it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().ok()?;
    let pipe = child.stdin.take()?;
    Some((child, pipe))
}

/// Kills what has this mark in its environment and left its group.
pub(super) fn kill_marked(mark: &str) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::signal::{Signal, kill};
        let mark = format!("{MARK}={mark}");
        let marked = |environ: &[u8]| environ.split(|byte| *byte == 0).any(|word| word == mark.as_bytes());
        // One that forks while it is looked for is found the next time.
        for _ in 0..5 {
            let mut found = false;
            for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                let pid = entry.file_name().to_string_lossy().parse::<i32>().ok();
                let Some(pid) = pid.filter(|pid| *pid as u32 != std::process::id()) else { continue };
                if std::fs::read(entry.path().join("environ")).is_ok_and(|environ| marked(&environ)) {
                    found |= kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).is_ok();
                }
            }
            if !found {
                return;
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = mark;
}
