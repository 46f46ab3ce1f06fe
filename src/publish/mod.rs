//! stub
use crate::{analysis, spec, store};
use std::path::{Path, PathBuf};
/// x
pub struct Publication {
    /// x
    pub folder: store::Folder,
    /// x
    pub experiment: spec::Experiment,
    /// x
    pub settings: Vec<store::SettingInfo>,
    /// x
    pub keep: store::Keep,
    /// x
    pub seeds: Vec<u64>,
    /// x
    pub command: Vec<String>,
}
/// x
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PublishError(String);
/// x
pub struct Drawn {
    /// x
    pub svg_path: PathBuf,
    /// x
    pub png_path: PathBuf,
}
impl Publication {
    /// x
    pub fn open(_: &Path) -> Result<Self, PublishError> {
        Err(PublishError("stub".into()))
    }
}
/// x
pub fn summarise(_: &Publication) -> Result<Vec<analysis::SummaryRow>, PublishError> {
    Ok(vec![])
}
/// x
pub fn decide_claims(_: &Publication) -> Result<Vec<analysis::ClaimResult>, PublishError> {
    Ok(vec![])
}
/// x
pub fn draw(_: &Publication, _: Option<&str>) -> Result<Vec<Drawn>, PublishError> {
    Ok(vec![])
}
/// x
pub fn page(
    _: &Publication,
    _: &[Drawn],
    _: &[analysis::ClaimResult],
    _: Option<&[analysis::ComparisonRow]>,
    _: Vec<String>,
) -> Result<PathBuf, PublishError> {
    Ok(PathBuf::new())
}
/// x
pub fn export_notebook(_: &Publication, _: &Path) -> Result<PathBuf, PublishError> {
    Ok(PathBuf::new())
}
