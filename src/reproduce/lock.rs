//! `claims.lock`: the text of every claim of a paper or study as it was before its results.
//!
//! One line a claim: the digest of what decides it, the digest of the reason why it changed (or `-`), the figure, the
//! words. A claim whose text is not the locked one says why in `changed`, so that a threshold that was moved after a
//! look at the results stays visible in the table of claims.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::Catalogue;
use crate::spec::{Error, Experiment};

const HEAD: &str = "# Written by `collapse reproduce --lock`, before the results. One line a claim of a paper or study:\n\
                    # the digest of its text, that of why it changed, its figure, what it says.\n";

/// The claims of a catalogue's papers and studies as they were locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By figure and words.
    claims: BTreeMap<(String, String), Locked>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Locked {
    digest: String,
    changed: String,
}

/// Why claims can't be locked, or are not as they were locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// A line that is not one of ours.
    #[error("claims.lock, line {line}: not `<digest>  <digest or ->  <figure>  <what it says>`")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// A spec that can't be read.
    #[error(transparent)]
    Spec(#[from] Error),
    /// Two claims of one figure say the same.
    #[error("{figure}: two claims say \"{says}\"; the lock tells them by their words")]
    Twice {
        /// The figure.
        figure: String,
        /// The words.
        says: String,
    },
    /// Claims whose text is another than the locked one, and does not say why.
    #[error("changed since they were locked, without a new `changed = \"reason\"`: {}", .0.join("; "))]
    Changed(Vec<String>),
}

impl Lock {
    /// The claims of a catalogue's papers, studies and neural figures as they stand.
    ///
    /// # Errors
    /// On a spec that can't be read, and two claims of one figure with the same words.
    pub fn of(catalogue: &Catalogue) -> Result<Self, LockError> {
        let mut claims = BTreeMap::new();
        for figure in catalogue.locked() {
            for claim in Experiment::from_toml(&figure.text, &figure.path)?.claims {
                let locked = Locked {
                    digest: claim.digest(),
                    changed: claim.changed.as_deref().map_or_else(|| "-".to_owned(), short_digest),
                };
                let key = (figure.id.clone(), claim.says.clone());
                if claims.insert(key, locked).is_some() {
                    return Err(LockError::Twice { figure: figure.id.clone(), says: claim.says });
                }
            }
        }
        Ok(Self { claims })
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// [`LockError::Line`] for the first line that has another form.
    pub fn read(text: &str) -> Result<Self, LockError> {
        let mut claims = BTreeMap::new();
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let mut parts = line.splitn(4, "  ");
            let (Some(digest), Some(changed), Some(figure), Some(says)) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(LockError::Line { line: i + 1 });
            };
            let locked = Locked { digest: digest.to_owned(), changed: changed.to_owned() };
            claims.insert((figure.to_owned(), says.to_owned()), locked);
        }
        Ok(Self { claims })
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let line = |((figure, says), l): (&(String, String), &Locked)| {
            format!("{}  {}  {figure}  {says}\n", l.digest, l.changed)
        };
        self.claims.iter().map(line).fold(HEAD.to_owned(), |text, line| text + &line)
    }

    /// Checks that this may take the place of an earlier lock: what changed says why.
    ///
    /// # Errors
    /// [`LockError::Changed`] with the claims that do not.
    pub fn after(&self, earlier: &Self) -> Result<(), LockError> {
        let silent = |(key, now): (&(String, String), &Locked)| {
            let then = earlier.claims.get(key)?;
            let told = now.changed != "-" && now.changed != then.changed;
            (now.digest != then.digest && !told).then(|| format!("{}: {}", key.0, key.1))
        };
        let silent: Vec<String> = self.claims.iter().filter_map(silent).collect();
        if silent.is_empty() { Ok(()) } else { Err(LockError::Changed(silent)) }
    }

    /// Whether this claim stands here with this text.
    pub fn holds(&self, figure: &str, says: &str, digest: &str) -> bool {
        let key = (figure.to_owned(), says.to_owned());
        self.claims.get(&key).is_some_and(|locked| locked.digest == digest)
    }

    /// How many claims it holds.
    pub fn len(&self) -> usize {
        self.claims.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }
}

fn short_digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::reproduce::Shelf;

    fn catalogue(claim: &str) -> Catalogue {
        let mut shelf = Shelf::default();
        let paper = "[a2024]\nauthors = \"A B\"\ntitle = \"On\"\nyear = 2024\n";
        shelf.put(Path::new("bibliography.toml"), paper);
        let spec = format!(
            "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 3\nsamples = 20\n\
             regime = \"replace\"\n[measure]\nmetrics = [\"variance\"]\n[[claim]]\nsays = \"v is 1\"\n\
             metric = \"variance\"\nat = [3]\nstatistic = \"mean\"\nvalue = 1\n{claim}"
        );
        shelf.put(Path::new("a2024/one.toml"), &spec);
        shelf.put(Path::new("studies/1-mix/two.toml"), &spec);
        shelf.put(Path::new("demonstration/three.toml"), &spec);
        Catalogue::of(&shelf).unwrap()
    }

    #[test]
    fn a_lock_reads_back_and_knows_the_threshold_but_not_the_note() {
        let lock = Lock::of(&catalogue("tolerance = 0.1\n")).unwrap();
        assert_eq!(Lock::read(&lock.text()).unwrap(), lock);
        let noted = Lock::of(&catalogue("tolerance = 0.10\nnote = \"n\"\norigin = \"sanity\"\n")).unwrap();
        assert_eq!(noted, lock, "the same threshold");
        assert!(Lock::read("nonsense").is_err());
        assert_eq!(lock.len(), 2, "a paper's and a study's, no demonstration's");
    }

    #[test]
    fn a_threshold_that_moved_must_say_why_each_time() {
        let first = Lock::of(&catalogue("tolerance = 0.1\n")).unwrap();
        let silent = Lock::of(&catalogue("tolerance = 0.2\n")).unwrap();
        let wrong = silent.after(&first).unwrap_err().to_string();
        assert!(wrong.contains("a2024/one: v is 1; studies/1-mix/two: v is 1"), "{wrong}");
        let told = Lock::of(&catalogue("tolerance = 0.2\nchanged = \"few seeds\"\n")).unwrap();
        told.after(&first).unwrap();
        let again = Lock::of(&catalogue("tolerance = 0.3\nchanged = \"few seeds\"\n")).unwrap();
        assert!(again.after(&told).is_err(), "the old reason");
        again.after(&Lock::default()).unwrap();
    }
}
