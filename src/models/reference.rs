//! The values that `tests/references/make_models.py` got from scikit-learn and SciPy.

#![allow(clippy::unwrap_used)]

/// One object of the reference values.
pub struct Reference(serde_json::Value);

impl Reference {
    /// Reads `tests/references/models.json`.
    pub fn read() -> Self {
        Self(serde_json::from_str(include_str!("../../tests/references/models.json")).unwrap())
    }

    /// The object under a key.
    pub fn of(&self, key: &str) -> Self {
        Self(self.0.get(key).unwrap_or_else(|| panic!("no object `{key}`")).clone())
    }

    /// The number under a key.
    pub fn number(&self, key: &str) -> f64 {
        self.0[key].as_f64().unwrap_or_else(|| panic!("no number `{key}`"))
    }

    /// The numbers under a key.
    pub fn numbers(&self, key: &str) -> Vec<f64> {
        let list = self.0[key].as_array().unwrap_or_else(|| panic!("no list `{key}`"));
        list.iter().map(|v| v.as_f64().unwrap()).collect()
    }
}
