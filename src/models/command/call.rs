//! The words of a command line and what stands for its placeholders.

use super::process::{self, Ended};
use super::{Command, Failure};

/// What a word of a command may hold in braces.
pub(super) const PLACEHOLDERS: [&str; 7] = ["train", "samples", "model", "start", "n", "seed", "temperature"];

/// One call of an outside program.
pub(super) struct Call<'a> {
    /// The words, with placeholders.
    pub words: &'a [String],
    /// What each placeholder stands for.
    pub values: &'a [(&'static str, String)],
    /// The seed, also given to Python's own hashing.
    pub seed: u32,
    /// What the call is for: "fit", "sample".
    pub purpose: &'static str,
}

impl Call<'_> {
    /// Runs the program to its end.
    pub fn run(&self, recipe: &Command) -> Result<(), Failure> {
        let words: Vec<String> = self.words.iter().map(|word| filled(word, self.values)).collect();
        let fail = |why: String| Failure { program: words.join(" "), purpose: self.purpose, why };
        let Some((program, arguments)) = words.split_first() else {
            return Err(fail("there is no program".into()));
        };
        let mut command = std::process::Command::new(program);
        command.args(arguments).env("PYTHONHASHSEED", self.seed.to_string());
        if !recipe.folder.is_empty() {
            command.current_dir(&recipe.folder);
        }
        for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"] {
            command.env(name, recipe.threads.to_string());
        }
        let (ended, words) =
            process::run(command, recipe.limit()).map_err(|e| fail(format!("it did not start ({e})")))?;
        let said = || match words.is_empty() {
            true => "It said nothing.".to_owned(),
            false => format!("Its last words:{words}"),
        };
        match ended {
            Ended::Exited(status) if status.success() => Ok(()),
            Ended::Exited(status) => Err(fail(match status.code() {
                Some(code) => format!("it ended with exit code {code}. {}", said()),
                None => format!("it was ended by a signal ({status}). {}", said()),
            })),
            Ended::TimedOut => Err(fail(format!(
                "it ran longer than `timeout` = {} s and was ended with its children. {}",
                recipe.timeout,
                said()
            ))),
            Ended::Stopped => Err(fail("it was ended because the run was interrupted".into())),
        }
    }
}

/// A word with its placeholders filled in.
fn filled(word: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(word.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The names in braces of all words: `{train}` is `train`. Braces around anything else are text.
pub(super) fn placeholders(words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for word in words {
        let mut rest = word.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            rest = after;
            if let Some((name, _)) = after.split_once('}')
                && !name.is_empty()
                && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            {
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_names_in_braces_and_other_braces_are_text() {
        let words = ["{train}", "--out={samples}.{n}", "{\"lr\": 0.1}", "{}", "{{seed}}"].map(String::from);
        assert_eq!(placeholders(&words), ["train", "samples", "n", "seed"]);
        let values = [("samples", "/tmp/s".to_owned()), ("n", "5".to_owned())];
        assert_eq!(filled(&words[1], &values), "--out=/tmp/s.5");
        assert_eq!(filled(&words[2], &values), "{\"lr\": 0.1}");
    }
}
