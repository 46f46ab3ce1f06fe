//! temporary stub
/// stub
pub struct Node;
/// stub
#[derive(Debug, thiserror::Error)]
#[error("stub")]
pub struct Error;
/// stub
pub fn unknown_name(_kind: &str, _name: &str, _at: &Node, _known: &[&str]) -> Error {
    Error
}
impl Node {
    /// stub
    pub fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        Err(Error)
    }
    /// stub
    pub fn parse_without<T: serde::de::DeserializeOwned>(&self, _ignored: &[&str]) -> Result<T, Error> {
        Err(Error)
    }
}
