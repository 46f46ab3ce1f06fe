//! `collapse new`: a commented spec to start from.

use clap::{Args, ValueEnum};
use miette::Result;

use super::EXIT_DONE;

/// Print a commented spec to start from.
#[derive(Args)]
#[command(
    after_help = "Example:\n  collapse new images > mine.toml && collapse run mine.toml\n  collapse new table > mine.toml      then name your file in it"
)]
pub struct NewArgs {
    /// Which one
    #[arg(default_value = "gaussian")]
    template: Template,
}

#[derive(Clone, Copy, ValueEnum)]
enum Template {
    /// A Gaussian refitted to its own samples, with laws and claims
    Gaussian,
    /// A VAE on images
    Images,
    /// A character-level GPT on text
    Text,
    /// Your own table: a CSV file
    Table,
}

pub(super) fn new(args: &NewArgs) -> Result<u8> {
    let text = match args.template {
        Template::Gaussian => include_str!("templates/gaussian.toml"),
        Template::Images => include_str!("templates/images.toml"),
        Template::Text => include_str!("templates/text.toml"),
        Template::Table => include_str!("templates/table.toml"),
    };
    say!("{}", text.trim_end());
    Ok(EXIT_DONE)
}
