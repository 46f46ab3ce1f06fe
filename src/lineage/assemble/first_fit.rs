//! Which settings have equal first fits.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Assembled, Context};
use crate::data::Source;
use crate::lineage::{Base, FirstFits};
use crate::neural;
use crate::spec::{Node, canonical, sha256};

/// The key of each member's first fit: SHA-256 of the family and its version, its table, the device and its kernels, the
/// source, the rows of D(0), the salt and the member's place, which name the streams, and what it starts from.
/// `None` for closed forms, whose fits cost less than sharing them, and under `neon`, which samples after the fit.
pub(super) fn keys(
    models: &[&Node],
    source: &Source,
    initial: usize,
    context: &Context,
    base: Option<&Base>,
) -> Vec<Option<String>> {
    let key = |(member, node): (usize, &&Node)| {
        let name = node.get("family")?.as_str()?;
        let entry = neural::FAMILIES.get(name).filter(|_| node.get("neon").is_none())?;
        let kernels = neural::device::kernel_class();
        let parts = [
            format!("{name}@{}", entry.about.version),
            canonical(node),
            format!("{} {kernels}", context.device),
            format!("{} {} {initial}", source.name, source.digest),
            format!("{} {member}", context.salt),
            base.map_or_else(String::new, |base| base.key.clone()),
        ];
        Some(sha256(&parts.join("\n")))
    };
    models.iter().enumerate().map(key).collect()
}

/// Lets the settings share their first fits, and takes the keys from those that no other could share.
pub(super) fn join(settings: &mut [Assembled]) {
    let fits = Arc::new(FirstFits::default());
    let mut users: BTreeMap<String, usize> = BTreeMap::new();
    let lineages = settings.iter().filter_map(|s| s.lineage.as_ref().ok());
    lineages.flat_map(|l| l.first_fit.iter().flatten()).for_each(|key| {
        *users.entry(key.clone()).or_default() += 1;
    });
    for lineage in settings.iter_mut().filter_map(|s| s.lineage.as_mut().ok()) {
        let alone = |key: &mut String| users[key] < 2;
        lineage.first_fit.iter_mut().for_each(|key| drop(key.take_if(alone)));
        lineage.first_fits = fits.clone();
    }
}
