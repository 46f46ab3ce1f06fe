//! A bar on standard error, for commands that run no cells.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar of so many steps; hidden where it is not wanted, or standard error is no terminal.
pub(super) fn steps(all: usize, what: &str, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(all as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg} {pos} of {len} {wide_bar} {eta}") {
        bar.set_style(style);
    }
    bar.with_message(what.to_owned())
}
