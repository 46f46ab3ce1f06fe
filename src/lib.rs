//! x
pub mod neural;
