//! What can be reproduced: papers with their figures, studies, demonstrations.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Shelf;

/// A paper of `bibliography.toml`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Names, separated by commas.
    pub authors: String,
    /// The title.
    pub title: String,
    /// Where it appeared.
    pub venue: Option<String>,
    /// The year of the first version.
    pub year: u32,
    /// The arXiv number.
    pub arxiv: Option<String>,
    /// The DOI.
    pub doi: Option<String>,
}

impl Entry {
    /// The first author and the year, as in *Kazdan et al. 2024*.
    pub fn short(&self) -> String {
        let mut names = self.authors.split(',').map(str::trim);
        let surname = |name: &str| name.rsplit(' ').next().unwrap_or(name).to_owned();
        let first = names.next().map(|n| surname(n.trim_end_matches(" and others"))).unwrap_or_default();
        let others = self.authors.contains(" and others");
        match (names.next(), names.next()) {
            (None, _) if !others => format!("{first} {}", self.year),
            (Some(second), None) if !others => format!("{first} & {} {}", surname(second), self.year),
            _ => format!("{first} et al. {}", self.year),
        }
    }

    /// Authors, title, venue and link in Markdown.
    pub fn reference(&self) -> String {
        let authors = self.authors.replace(" and others", " et al.");
        let venue = self.venue.as_ref().map_or(String::new(), |venue| format!(" {venue}."));
        let link = self.link().map_or(String::new(), |link| format!(" <{link}>"));
        format!("{authors}, *{}*, {}.{venue}{link}", self.title, self.year)
    }

    /// Where the paper can be read.
    pub fn link(&self) -> Option<String> {
        let doi = self.doi.as_ref().map(|doi| format!("https://doi.org/{doi}"));
        doi.or_else(|| self.arxiv.as_ref().map(|number| format!("https://arxiv.org/abs/{number}")))
    }
}

/// A spec of the shelf.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its path without ending, as in `kazdan2024/gaussian`.
    pub id: String,
    /// Its path.
    pub path: String,
    /// The spec.
    pub text: String,
    /// `[about] title`, or the id.
    pub title: String,
    /// The number of claims at the default size.
    pub claims: usize,
    /// Whether it has a `[quick]` table.
    pub quick: bool,
    /// Its profiles.
    pub profiles: Vec<String>,
    /// Wall-clock seconds of its last recorded run (`times.toml`).
    pub seconds: Option<f64>,
}

impl Figure {
    /// The folder, which is the paper's key.
    pub fn folder(&self) -> &str {
        self.id.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// A paper with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// The folder.
    pub key: String,
    /// What the bibliography says.
    pub entry: Entry,
    /// The figures, by id.
    pub figures: Vec<Figure>,
}

/// The folder of figures whose every fit trains a network. Their claims are locked like those of papers, and decided by
/// themselves: `reproduce all` leaves them out.
pub const NEURAL: &str = "neural";

/// Everything on the shelf, sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Papers with at least one figure, oldest first.
    pub papers: Vec<Paper>,
    /// Specs below `studies/`.
    pub studies: Vec<Figure>,
    /// The rest.
    pub demonstrations: Vec<Figure>,
}

/// A name that is nowhere on the shelf, or a file of it that is no TOML.
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    /// No paper, figure or group is called so.
    #[error("nothing to reproduce is called `{name}`{near}; `collapse reproduce` lists what there is")]
    Target {
        /// The name.
        name: String,
        /// A likely other one.
        near: String,
    },
    /// A file that is no TOML, or a bibliography without the needed fields.
    #[error("experiments/{path}: {why}")]
    File {
        /// The file.
        path: String,
        /// The reader's reason.
        why: String,
    },
}

/// The part of a spec that the catalogue reads.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Header {
    about: About,
    claim: Vec<toml::Value>,
    quick: Option<toml::Value>,
    profile: BTreeMap<String, toml::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct About {
    title: Option<String>,
    paper: Option<String>,
}

/// The papers of a shelf by key.
///
/// # Errors
/// [`Unknown::File`] for a bibliography that is no TOML or lacks a needed field.
pub fn bibliography(shelf: &Shelf) -> Result<BTreeMap<String, Entry>, Unknown> {
    read(shelf, "bibliography.toml")
}

impl Catalogue {
    /// Sorts a shelf.
    ///
    /// # Errors
    /// [`Unknown::File`] names a file that is no TOML.
    pub fn of(shelf: &Shelf) -> Result<Self, Unknown> {
        let bibliography = bibliography(shelf)?;
        let times: BTreeMap<String, f64> = read(shelf, "times.toml")?;
        let mut catalogue = Self::default();
        let mut papers: BTreeMap<String, (String, Vec<Figure>)> = BTreeMap::new();
        for (path, text) in shelf.files() {
            let Some(id) = path.strip_suffix(".toml").filter(|id| id.contains('/')) else { continue };
            let header: Header = parse(path, text)?;
            let named = header.about.paper.unwrap_or_default();
            let figure = Figure {
                id: id.to_owned(),
                path: path.to_owned(),
                text: text.to_owned(),
                title: header.about.title.unwrap_or_else(|| id.to_owned()),
                claims: header.claim.len(),
                quick: header.quick.is_some(),
                profiles: header.profile.into_keys().collect(),
                seconds: times.get(id).copied(),
            };
            let folder = figure.folder().to_owned();
            if folder.starts_with("studies/") {
                catalogue.studies.push(figure);
            } else if let Some(key) = key_of(&folder, &named, &bibliography) {
                papers.entry(folder).or_insert((key, Vec::new())).1.push(figure);
            } else {
                catalogue.demonstrations.push(figure);
            }
        }
        let paper = |(folder, (key, figures)): (String, (String, Vec<Figure>))| {
            let entry = bibliography.get(&key).cloned().unwrap_or_default();
            Paper { key: folder, entry, figures }
        };
        catalogue.papers = papers.into_iter().map(paper).collect();
        catalogue.papers.sort_by(|a, b| (a.entry.year, &a.key).cmp(&(b.entry.year, &b.key)));
        Ok(catalogue)
    }

    /// Every figure: papers, studies, demonstrations.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        let papers = self.papers.iter().flat_map(|paper| &paper.figures);
        papers.chain(&self.studies).chain(&self.demonstrations)
    }

    /// The figures whose claims are locked: those of papers, of studies and of [`NEURAL`].
    pub fn locked(&self) -> impl Iterator<Item = &Figure> {
        let neural = self.demonstrations.iter().filter(|figure| figure.folder() == NEURAL);
        self.papers.iter().flat_map(|paper| &paper.figures).chain(&self.studies).chain(neural)
    }

    /// The paper of a figure.
    pub fn paper(&self, figure: &Figure) -> Option<&Paper> {
        self.papers.iter().find(|paper| paper.key == figure.folder())
    }

    /// The figures that these names mean, in the catalogue's order, each once: `all` (every paper),
    /// `studies`, a folder, or `<folder>/<figure>`; a study may leave `studies/` out.
    ///
    /// # Errors
    /// [`Unknown::Target`] for the first name that means nothing.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Figure>, Unknown> {
        let means = |name: &str, figure: &Figure| {
            let short = |id: &str| plain(id.strip_prefix("studies/").unwrap_or(id));
            match name {
                "all" => self.paper(figure).is_some(),
                "studies" => figure.id.starts_with("studies/"),
                _ => {
                    let name = short(name);
                    let id = short(&figure.id);
                    id == name || id.strip_prefix(&name).is_some_and(|rest| rest.starts_with('/'))
                }
            }
        };
        for name in names {
            let group = ["all", "studies"].contains(&name.as_str());
            if !group && !self.figures().any(|f| means(name, f)) {
                return Err(Unknown::Target { name: name.clone(), near: self.near(name) });
            }
        }
        Ok(self.figures().filter(|f| names.iter().any(|name| means(name, f))).collect())
    }

    fn near(&self, name: &str) -> String {
        let known = self.figures().flat_map(|f| [f.id.as_str(), f.folder()]);
        known
            .map(|k| (strsim::jaro_winkler(name, k), k))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(likeness, _)| *likeness > 0.75)
            .map_or(String::new(), |(_, near)| format!(", did you mean `{near}`?"))
    }
}

/// The bibliography's key of a folder: its own name, or, where the name carries a year, the paper that
/// the spec names. A folder without a year is a demonstration, whichever paper it leans on.
fn key_of(folder: &str, named: &str, bibliography: &BTreeMap<String, Entry>) -> Option<String> {
    let year = folder.contains(|c: char| c.is_ascii_digit());
    let own = plain(folder);
    [own.as_str(), if year { named } else { "" }]
        .into_iter()
        .find(|key| bibliography.contains_key(*key))
        .map(str::to_owned)
}

/// A name without hyphens: the folder `dohmatob2024-tails` belongs to the key `dohmatob2024tails`.
fn plain(name: &str) -> String {
    name.replace('-', "")
}

/// A file of the shelf; the default where it is not there.
fn read<T: Default + serde::de::DeserializeOwned>(shelf: &Shelf, path: &str) -> Result<T, Unknown> {
    shelf.get(path).map_or_else(|| Ok(T::default()), |text| parse(path, text))
}

fn parse<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, Unknown> {
    toml::from_str(text).map_err(|e| Unknown::File { path: path.to_owned(), why: e.to_string() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    fn shelf() -> Shelf {
        let mut shelf = Shelf::default();
        let files = [
            (
                "bibliography.toml",
                "[b2025]\nauthors = \"Ann Bee, Cy Dee\"\ntitle = \"T\"\nyear = 2025\n[a2024]\nauthors = \"Eve Eff and others\"\ntitle = \"U\"\nyear = 2024\narxiv = \"2401.1\"\n",
            ),
            ("times.toml", "\"b2025/one\" = 1.5\n"),
            (
                "b2025/one.toml",
                "[about]\ntitle = \"One\"\n[[claim]]\nsays = \"x\"\n[[claim]]\nsays = \"y\"\n[quick]\n",
            ),
            ("b2025/two.toml", "[profile.paper.loop]\nsamples = 3\n"),
            ("a-2024/three.toml", ""),
            ("studies/1-mix/four.toml", ""),
            ("digits/five.toml", "[about]\npaper = \"b2025\"\n"),
            ("bee2026/six.toml", "[about]\npaper = \"b2025\"\n"),
            ("b2025/README.md", "no spec"),
        ];
        for (path, text) in files {
            shelf.put(Path::new(path), text);
        }
        shelf
    }

    #[test]
    fn a_shelf_is_sorted_into_papers_studies_and_demonstrations() {
        let c = Catalogue::of(&shelf()).unwrap();
        let keys: Vec<&str> = c.papers.iter().map(|p| p.key.as_str()).collect();
        assert_eq!(keys, ["a-2024", "b2025", "bee2026"], "a folder may have hyphens that its key has not");
        let one = &c.papers[1].figures[0];
        assert_eq!((one.title.as_str(), one.claims, one.quick, one.seconds), ("One", 2, true, Some(1.5)));
        assert_eq!(c.papers[1].figures[1].profiles, ["paper"]);
        assert_eq!(c.papers[0].entry.short(), "Eff et al. 2024");
        assert_eq!(c.papers[1].entry.short(), "Bee & Dee 2025");
        assert_eq!(c.papers[0].entry.link().unwrap(), "https://arxiv.org/abs/2401.1");
        assert_eq!((c.studies.len(), c.demonstrations.len()), (1, 1));
    }

    #[test]
    fn names_select_what_they_mean() {
        let c = Catalogue::of(&shelf()).unwrap();
        let ids = |names: &[&str]| -> Vec<String> {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            c.select(&names).unwrap().iter().map(|f| f.id.clone()).collect()
        };
        assert_eq!(ids(&["all"]), ["a-2024/three", "b2025/one", "b2025/two", "bee2026/six"]);
        assert_eq!(ids(&["b2025/two", "a2024", "b2025/two"]), ["a-2024/three", "b2025/two"]);
        assert_eq!(ids(&["studies"]), ["studies/1-mix/four"]);
        assert_eq!(ids(&["1-mix"]), ["studies/1-mix/four"]);
        assert_eq!(ids(&["digits/five"]), ["digits/five"]);
        let wrong = c.select(&["b2025/ome".into()]).unwrap_err().to_string();
        assert!(wrong.contains("did you mean `b2025/one`"), "{wrong}");
        assert!(c.select(&["b20".into()]).is_err(), "a part of a name means nothing");
    }

    #[test]
    fn a_broken_file_is_named() {
        let mut shelf = shelf();
        shelf.put(Path::new("b2025/bad.toml"), "[about\n");
        let wrong = Catalogue::of(&shelf).unwrap_err().to_string();
        assert!(wrong.contains("experiments/b2025/bad.toml"), "{wrong}");
    }
}
