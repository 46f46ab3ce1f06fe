//! `collapse completions`: what shells complete, and the manual page.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;
use miette::{IntoDiagnostic, Result};

use super::{Cli, EXIT_DONE};

const EXAMPLES: &str = "\
Examples:
  collapse completions bash > ~/.local/share/bash-completion/completions/collapse
  collapse completions zsh  > ~/.zfunc/_collapse
  collapse completions fish > ~/.config/fish/completions/collapse.fish
  collapse completions man  > collapse.1 && man ./collapse.1";

/// Print what a shell needs to complete commands, or the manual page.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// For which program
    #[arg(value_enum)]
    program: Program,
}

#[derive(Clone, Copy, ValueEnum)]
enum Program {
    Bash,
    Zsh,
    Fish,
    /// The manual page, in roff
    Man,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<u8> {
    let mut command = Cli::command();
    let shell = match args.program {
        Program::Bash => Shell::Bash,
        Program::Zsh => Shell::Zsh,
        Program::Fish => Shell::Fish,
        Program::Man => {
            manual(command, &mut std::io::stdout()).into_diagnostic()?;
            return Ok(EXIT_DONE);
        }
    };
    clap_complete::generate(shell, &mut command, "collapse", &mut std::io::stdout());
    Ok(EXIT_DONE)
}

/// The page of the program, then the options of every command.
fn manual(command: clap::Command, to: &mut dyn std::io::Write) -> std::io::Result<()> {
    let commands: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    clap_mangen::Man::new(command).render(to)?;
    for command in commands.into_iter().filter(|c| c.get_name() != "help") {
        let name = command.get_name().to_uppercase();
        writeln!(to, ".SH \"COMMAND {name}\"")?;
        let page = clap_mangen::Man::new(command);
        page.render_description_section(to)?;
        page.render_options_section(to)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_manual_and_completions_name_every_command() {
        let mut page = Vec::new();
        manual(Cli::command(), &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        let mut bash = Vec::new();
        clap_complete::generate(Shell::Bash, &mut Cli::command(), "collapse", &mut bash);
        let bash = String::from_utf8(bash).unwrap();
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(page.contains(&format!("COMMAND {}", name.to_uppercase())), "{name}");
            assert!(bash.contains(&format!("collapse,{name})")), "{name}");
        }
    }
}
