//! The `collapse` command.

use std::process::ExitCode;

use include_dir::{Dir, include_dir};
use model_collapse::components::Components;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The specs that come with the program. They are embedded here and not in the library, which then
/// need not be built again when one of them changes.
static EXPERIMENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/experiments");

fn main() -> ExitCode {
    model_collapse::cli::main_with(Components::standard(), &EXPERIMENTS)
}
