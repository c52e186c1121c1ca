//! The arguments as they are typed; what they mean is decided in [`crate::command`].

mod accept;
pub(crate) mod crl;
mod csr;
pub(crate) mod connecting;
mod doctor;
mod export;
mod lab;
pub(crate) mod listen;
pub(crate) mod parse;
pub(crate) mod preflight;
pub(crate) mod probe;
mod read;
mod serve;
pub(crate) mod trust;
mod verify;

pub(crate) use accept::Accept;
pub(crate) use csr::{Bits, Csr};
pub(crate) use doctor::Doctor;
pub(crate) use export::Export;
pub(crate) use lab::{
    Form, Generation as LabGeneration, Lab, LabCall, LabCommand, LabCrl, LabEndpoint, LabInit,
    LabRevoke, LabRun, LabServe, LabSign,
};
pub(crate) use read::{Inspect, Match};
pub(crate) use serve::Serve;
pub(crate) use verify::{Purpose, Revocation, StaleCrl, Verify};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use time::OffsetDateTime;

/// From a host name to a certificate that works on the NHS Spine.
///
/// Makes the private key and the certificate signing request (CSR) for an endpoint, reads and judges
/// what the NHS sends back, keeps the certificate revocation lists (CRLs), and lets you rehearse all of it first.
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
  ptl-cert lab run
  ptl-cert csr --fqdn gpc-int-a1b2c.supplier.thirdparty.nhs.uk
  ptl-cert inspect reply.p7b --key gpc-int-a1b2c.supplier.thirdparty.nhs.uk.key
  ptl-cert match certificates/
  ptl-cert verify fullchain.pem --env int --crl sub.crl --crl root.crl
  ptl-cert crl plan fullchain.pem --env int --for nginx

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
    /// How to print the result; ndjson, one object a line, is for inspect and crl check
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Every command"
    )]
    pub(crate) format: TypedFormat,
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
    /// Exit 1 if there is a finding of this severity or higher
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

/// How a result is printed, as typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypedFormat {
    /// For people.
    #[default]
    Text,
    /// One object for the whole run.
    Json,
    /// One object a line, as soon as it is known.
    Ndjson,
    /// The text exposition format; `crl status` alone has it.
    #[value(hide = true)]
    Prometheus,
    /// One line and the exit status of a plugin; `crl status` alone has it.
    #[value(hide = true)]
    Nagios,
    /// PEM; `trust export` alone has this and the following.
    #[value(hide = true)]
    Pem,
    /// DER.
    #[value(hide = true)]
    Der,
    /// PKCS#7.
    #[value(hide = true)]
    P7b,
    /// A Java key store of the old kind.
    #[value(hide = true)]
    Jks,
    /// PKCS#12.
    #[value(hide = true)]
    Pkcs12,
    /// A folder with hashed names.
    #[value(hide = true)]
    OpensslDir,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One object for the whole run.
    Json,
    /// One object a line, as soon as it is known.
    Ndjson,
}

/// A program that watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Monitor {
    /// Prometheus, by node_exporter's textfile collector.
    Prometheus,
    /// Nagios and those that run its plugins.
    Nagios,
}

impl TypedFormat {
    /// The format of every command; what is for a monitor is text.
    pub(crate) fn format(self) -> Format {
        match self {
            TypedFormat::Text | TypedFormat::Prometheus | TypedFormat::Nagios => Format::Text,
            TypedFormat::Json => Format::Json,
            TypedFormat::Ndjson => Format::Ndjson,
            _ => Format::Text,
        }
    }

    /// The form of CA certificates that it names.
    pub(crate) fn form(self) -> Option<trust::FormKind> {
        match self {
            TypedFormat::Pem => Some(trust::FormKind::Pem),
            TypedFormat::Der => Some(trust::FormKind::Der),
            TypedFormat::P7b => Some(trust::FormKind::P7b),
            TypedFormat::Jks => Some(trust::FormKind::Jks),
            TypedFormat::Pkcs12 => Some(trust::FormKind::Pkcs12),
            TypedFormat::OpensslDir => Some(trust::FormKind::OpensslDir),
            _ => None,
        }
    }

    /// The monitor that it is for.
    pub(crate) fn monitor(self) -> Option<Monitor> {
        match self {
            TypedFormat::Prometheus => Some(Monitor::Prometheus),
            TypedFormat::Nagios => Some(Monitor::Nagios),
            _ => None,
        }
    }
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

/// The severity from which a finding makes the answer bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Warnings and errors.
    Warning,
    /// Errors only.
    Error,
}

/// What to do. The arguments of a command are put together when it is the one that was typed: those of all would take
/// longer than reading a certificate. What `--help` lists has to stand here therefore, as well as with the arguments.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Make a private key and a certificate signing request (CSR) named after a host
    Csr(Box<Csr>),
    /// Read certificates, requests, CRLs and keys, whatever format they are in
    Inspect(Inspect),
    /// Show which key, request and certificate belong together
    Match(Match),
    /// Check what came back against your request and write the files your server needs
    Accept(Accept),
    /// Decide whether a certificate is good, and if not, say why
    Verify(Box<Verify>),
    /// Keep certificate revocation lists (CRLs): fetch, check and watch them, and hand them to servers
    Crl(crl::Crl),
    /// List, add and export the CAs of an environment: those built in and your own
    Trust(trust::Trust),
    /// Write everything a server needs: key, certificates, trust, CRLs and a configuration with the Spine's rules inside
    Export(Box<Export>),
    /// Connect to a host as a TLS client, and say what it does and why
    Probe(Box<probe::Probe>),
    /// Listen as a mutual TLS server in your endpoint's place, and say who calls with which certificate
    Listen(Box<listen::Listen>),
    /// Say what is wrong with a server's configuration: nginx, Apache, HAProxy, Tomcat
    Doctor(Doctor),
    /// Check everything that an endpoint needs to connect to an environment, and write the evidence
    Preflight(Box<preflight::Preflight>),
    /// Answer any number of questions in one process: one line of JSON each, for other programs
    Serve(Serve),
    /// Rehearse with a practice PKI of your own: no network, no waiting
    Lab(Box<Lab>),
    /// Print what is known about the environments: hosts, CAs, generations
    Environments(Environments),
    /// Explain a finding, an error message or a status code, and what to do about it
    Explain(Explain),
    /// Print the JSON Schema of a command's `--format json`
    Schema(Schema),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Write the manual pages, one a command
    Man(Man),
}

/// Print what is known about the environments: hosts, CAs, generations
///
/// Everything that ptl-cert takes for granted about the NHS is data: the built-in facts, corrected or
/// extended by your own facts file. This command shows them, with the date of their last review.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ptl-cert environments
  ptl-cert environments int --format json")]
pub(crate) struct Environments {
    /// The environment, such as int; without it, all of them
    #[arg(value_name = "ENV")]
    pub(crate) id: Option<String>,
    /// Count days from this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
    /// A file with environments and CAs of your own, on top of those built in
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
}

/// Explain a finding, an error message or a status code, and what to do about it
///
/// Takes the code of a finding, or what another program says: a status code of IIS, a TLS alert, a
/// sentence of OpenSSL, nginx, Java, Go or Windows.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ptl-cert explain no-san
  ptl-cert explain 403.16
  ptl-cert explain 'unable to get certificate CRL'")]
pub(crate) struct Explain {
    /// The finding's code, or an error as another program prints it; without it, every code is listed
    #[arg(value_name = "CODE|TEXT")]
    pub(crate) code: Option<String>,
}

/// Print the JSON Schema of a command's `--format json`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ptl-cert schema csr > csr.schema.json\n  ptl-cert schema --all schemas/"
)]
pub(crate) struct Schema {
    /// The output that is described
    #[arg(value_enum, value_name = "COMMAND", required_unless_present = "all")]
    pub(crate) output: Option<Described>,
    /// Write the schema of every output into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub(crate) all: Option<PathBuf>,
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
    /// `crl plan --format json`
    CrlPlan,
    /// `crl export --format json`
    CrlExport,
    /// `crl schedule --format json`
    CrlSchedule,
    /// `crl update --format json`
    CrlUpdate,
    /// `crl import --format json`
    CrlImport,
    /// `crl status --format json`
    CrlStatus,
    /// `crl check --format json`
    CrlCheck,
    /// One line of `crl check --format ndjson`
    CrlCheckNdjson,
    /// `crl remove --format json`
    CrlRemove,
    /// `export --format json`
    Export,
    /// `probe --format json`
    Probe,
    /// `preflight --format json`
    Preflight,
    /// `listen --format json`, and the first line of ndjson
    Listen,
    /// One line of `listen --format ndjson` after the first
    ListenCaller,
    /// `trust … --format json`, every command
    Trust,
    /// `doctor --format json`
    Doctor,
    /// One answer of `serve --stdio`
    Serve,
    /// One question to `serve --stdio`
    ServeQuestion,
    /// `lab init --format json`
    LabInit,
    /// `lab sign --format json`
    LabSign,
    /// `lab revoke --format json`
    LabRevoke,
    /// `lab crl --format json`
    LabCrl,
    /// `lab serve --format json`, once the hosts listen
    LabServe,
    /// One line of `lab serve --format ndjson` after the first
    LabServeNotice,
    /// `lab call --format json`
    LabCall,
    /// `lab run --format json`
    LabRun,
    /// `lab defects --format json`
    LabDefects,
    /// `environments --format json`
    Environments,
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
    fn help_lists_every_command_with_what_the_command_says_of_itself() {
        let about = |command: &clap::Command| {
            let about = command.get_about();
            (
                command.get_name().to_owned(),
                about.map(ToString::to_string),
            )
        };
        let listed = super::CommandLine::command();
        let mut built = listed.clone();
        built.build();
        for command in listed.get_subcommands() {
            let built = built.find_subcommand(command.get_name()).unwrap();
            assert_eq!(about(command), about(built));
        }
    }

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        super::CommandLine::command().debug_assert();
    }
}
