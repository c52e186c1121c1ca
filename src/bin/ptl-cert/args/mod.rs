//! The arguments as they are typed; what they mean is decided in [`crate::command`].

mod accept;
mod csr;
mod parse;
mod read;
mod verify;

pub(crate) use accept::Accept;
pub(crate) use csr::{Bits, Csr};
pub(crate) use read::{Inspect, Match};
pub(crate) use verify::{Purpose, Revocation, StaleCrl, Verify};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// From a host name to a certificate that works on the NHS Spine.
///
/// Makes the private key and the certificate signing request (CSR) for an endpoint, and reads what
/// the NHS sends back: the certificate, its chain and its revocation points.
#[derive(Debug, Parser)]
#[command(
    name = "ptl-cert",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 80,
    after_help = "\
Examples:
  ptl-cert csr --fqdn gpc-int-a1b2c.supplier.thirdparty.nhs.uk
  ptl-cert inspect reply.p7b --key gpc-int-a1b2c.supplier.thirdparty.nhs.uk.key
  ptl-cert match certificates/
  ptl-cert verify fullchain.pem --env int --crl sub.crl --crl root.crl

Exit status:
  0  answered, and the answer is good
  1  answered, and the answer is bad
  2  the command line, or a name on it, is not acceptable
  3  not answered: a file cannot be read or written, or is malformed"
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// The options that every command has.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Global {
    /// How to print the result; ndjson, one object a line, is for inspect
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Every command"
    )]
    pub(crate) format: Format,
    /// When to colour; auto: only a terminal, and never where NO_COLOR is set
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Every command"
    )]
    pub(crate) color: Color,
    /// Exit 1 if there is a finding of this weight or a heavier one
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WEIGHT",
        help_heading = "Every command"
    )]
    pub(crate) fail_on: Option<FailOn>,
    /// Print the result without advice, and no progress bar
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Every command"
    )]
    pub(crate) quiet: bool,
    /// Print more detail
    #[arg(short, long, global = true, help_heading = "Every command")]
    pub(crate) verbose: bool,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One object for the whole run.
    Json,
    /// One object a line, as soon as it is known.
    Ndjson,
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` says otherwise.
    #[default]
    Auto,
    /// Into files and pipes too.
    Always,
    /// Nowhere.
    Never,
}

/// From which weight on a finding makes the answer bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Warnings and errors.
    Warning,
    /// Errors only.
    Error,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Csr(Box<Csr>),
    Inspect(Inspect),
    Match(Match),
    Accept(Accept),
    Verify(Box<Verify>),
    Explain(Explain),
    Schema(Schema),
    Completions(Completions),
    Man(Man),
}

/// Say at length what a finding means and what to do about it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ptl-cert explain no-san")]
pub(crate) struct Explain {
    /// The finding's code; without it, every code is listed
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// Print the JSON Schema of a command's `--format json`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ptl-cert schema csr > csr.schema.json")]
pub(crate) struct Schema {
    /// The output that is described
    #[arg(value_enum, value_name = "COMMAND")]
    pub(crate) output: Described,
}

/// The outputs that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Described {
    /// `csr --format json`
    Csr,
    /// `inspect --format json`
    Inspect,
    /// One line of `inspect --format ndjson`
    InspectNdjson,
    /// `match --format json`
    Match,
    /// `verify --format json`
    Verify,
    /// `accept --format json`, and the receipt
    Accept,
    /// `explain --format json`
    Explain,
    /// Any command that could not answer
    Error,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ptl-cert completions bash > /etc/bash_completion.d/ptl-cert")]
pub(crate) struct Completions {
    /// The shell to write for
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Write the manual pages, one a command
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ptl-cert man /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// The folder to write into; pages of the same name are replaced
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        super::CommandLine::command().debug_assert();
    }
}
