//! Models on disk: a safetensors file with the configuration in its metadata.
//!
//! One little-endian f32 tensor a parameter, by name; metadata key `model-collapse` holds
//! JSON with the family, the format's version and whatever the family needs to rebuild the
//! layout. A loaded model has the same bits.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize_to_file};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::init::{Layout, Weights};
use crate::models::{LossCurve, StorageError};

const KEY: &str = "model-collapse";
const VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Header<C> {
    family: String,
    version: u32,
    config: C,
    #[serde(default)]
    losses: LossCurve,
}

/// Writes the weights, the configuration and the losses of a model.
pub fn save<C: Serialize>(
    to: &Path,
    family: &str,
    config: &C,
    (weights, losses): (&Weights, &LossCurve),
) -> Result<(), StorageError> {
    let losses = losses.clone();
    let header = Header { family: family.to_string(), version: VERSION, config, losses };
    let header = serde_json::to_string(&header).map_err(|e| StorageError::new(to, e))?;
    let layout = weights.layout();
    let bytes: Vec<Vec<u8>> =
        (0..layout.len()).map(|i| weights.get(i).iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let mut views = Vec::with_capacity(layout.len());
    for (i, bytes) in bytes.iter().enumerate() {
        let (name, shape) = layout.entry(i);
        let view =
            TensorView::new(Dtype::F32, shape.to_vec(), bytes).map_err(|e| StorageError::new(to, e))?;
        views.push((name.to_string(), view));
    }
    let metadata = HashMap::from([(KEY.to_string(), header)]);
    serialize_to_file(views, Some(metadata), to).map_err(|e| StorageError::new(to, e))
}

/// Reads what [`save`] wrote; `layout` rebuilds the parameters' layout from the configuration.
pub fn load<C: DeserializeOwned>(
    from: &Path,
    family: &str,
    layout: impl FnOnce(&C) -> Result<Layout, StorageError>,
) -> Result<(C, Weights, LossCurve), StorageError> {
    let bytes = std::fs::read(from).map_err(|e| StorageError::new(from, e))?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| StorageError::new(from, e))?;
    let header = metadata.metadata().as_ref().and_then(|m| m.get(KEY));
    let header = header.ok_or_else(|| StorageError::new(from, "not a model of this workbench"))?;
    let header: Header<C> = serde_json::from_str(header).map_err(|e| StorageError::new(from, e))?;
    if header.family != family || header.version != VERSION {
        let found = format!("holds a `{}` of version {}", header.family, header.version);
        return Err(StorageError::new(from, format!("{found}; a `{family}` of version {VERSION} is needed")));
    }
    let layout = Arc::new(layout(&header.config)?);
    let file = SafeTensors::deserialize(&bytes).map_err(|e| StorageError::new(from, e))?;
    let mut values = Vec::with_capacity(layout.total());
    for i in 0..layout.len() {
        let (name, shape) = layout.entry(i);
        let view = file.tensor(name).map_err(|e| StorageError::new(from, e))?;
        if view.dtype() != Dtype::F32 || view.shape() != shape {
            return Err(StorageError::new(from, format!("`{name}` is not {shape:?} of f32")));
        }
        let words = view.data().chunks_exact(4);
        values.extend(words.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
    }
    let weights = Weights::from_values(layout, values).ok_or_else(|| StorageError::new(from, "truncated"))?;
    Ok((header.config, weights, header.losses))
}
