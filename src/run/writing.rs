//! Finished cells on their way to the disk: together, but soon.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::store::{Block, Lineages, StoreError};

/// Cells that wait to be taken before the threads that run them wait too.
pub(super) const WAITING: usize = 256;
/// Bytes of finished cells that are written at once.
const ENOUGH: usize = 8 << 20;
/// How long after the last file a finished cell waits at most.
const SOON: Duration = Duration::from_secs(2);

/// Writes what comes until the last sender ends, and adds it to what is there.
///
/// # Errors
/// Those of the disk; senders see it as a closed channel.
pub(super) fn write(
    cells: Receiver<Block>,
    mut lineages: Lineages,
    folder: &Path,
    settings: &str,
) -> Result<Lineages, StoreError> {
    let (mut pending, mut bytes): (Vec<Block>, usize) = (Vec::new(), 0);
    let mut last: Option<Instant> = None;
    loop {
        let left = last.map_or(Duration::ZERO, |last| SOON.saturating_sub(last.elapsed()));
        let next = match pending.is_empty() {
            true => cells.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => cells.recv_timeout(left),
        };
        let over = matches!(next, Err(RecvTimeoutError::Disconnected));
        if let Ok(block) = next {
            bytes += block.bytes();
            pending.push(block);
        }
        let due = last.is_none_or(|last| last.elapsed() >= SOON);
        if !pending.is_empty() && (over || due || bytes >= ENOUGH) {
            lineages.write(folder, Block::merge(pending.drain(..)), settings)?;
            (bytes, last) = (0, Some(Instant::now()));
        }
        if over {
            return Ok(lineages);
        }
    }
}
