//! `--isolate`: how this program starts itself for one cell.

use std::io::Write;
use std::path::Path;

use miette::{IntoDiagnostic, Result, WrapErr};
use tempfile::NamedTempFile;

use super::RunOptions;
use crate::run::Isolation;

/// The resolved spec in a file of its own, and the call that runs one cell of it. The file goes
/// with the value.
pub(super) struct Isolated {
    _spec: NamedTempFile,
    pub isolation: Isolation,
}

/// Prepares the call for a run into `out`.
pub(super) fn isolated(resolved: &str, options: &RunOptions, out: &Path) -> Result<Isolated> {
    let mut spec = tempfile::Builder::new()
        .suffix(".toml")
        .tempfile()
        .into_diagnostic()
        .wrap_err("the spec for the cells' processes")?;
    spec.write_all(resolved.as_bytes()).and_then(|()| spec.flush()).into_diagnostic()?;
    let program = std::env::current_exe().into_diagnostic().wrap_err("the program's own path")?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut arguments = vec![
        "run".into(),
        text(spec.path()),
        format!("--out={}", text(out)),
        format!("--device={}", options.device),
        format!("--salt={}", options.salt),
        "--jobs=1".into(),
        "--quiet".into(),
    ];
    arguments.extend(options.seeds.map(|n| format!("--seeds={n}")));
    arguments.extend(options.cell_timeout.map(|seconds| format!("--cell-timeout={seconds}")));
    Ok(Isolated { _spec: spec, isolation: Isolation { program, arguments } })
}
