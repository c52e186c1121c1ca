//! The arguments as they are typed; what they mean is decided in [`crate::command`].

mod accept;
pub(crate) mod crl;
mod csr;
pub(crate) mod connecting;
mod doctor;
mod export;
pub(crate) mod global;
mod inventory;
mod lab;
pub(crate) mod listen;
pub(crate) mod parse;
pub(crate) mod preflight;
pub(crate) mod probe;
mod read;
mod renew;
mod serve;
pub(crate) mod trust;
mod verify;

pub(crate) use accept::Accept;
pub(crate) use csr::{Bits, Csr};
pub(crate) use doctor::Doctor;
pub(crate) use export::Export;
pub(crate) use global::{Color, Format, Global, Monitor};
pub(crate) use inventory::Inventory;
pub(crate) use lab::{
    Form, Generation as LabGeneration, Lab, LabCall, LabCommand, LabCrl, LabEndpoint, LabInit,
    LabRevoke, LabRun, LabServe, LabSign,
};
pub(crate) use read::{Inspect, Match};
pub(crate) use renew::Renew;
pub(crate) use serve::Serve;
pub(crate) use verify::{Purpose, Revocation, StaleCrl, Verify};

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use ptl_cert::wording::Repeated;
use time::OffsetDateTime;

use crate::quoted;

/// Where `-h` says that there is more.
pub(crate) const MORE: &str =
    "All options and examples: --help. Those of every command: ptl-cert help options";

/// From a host name to a certificate that works on the NHS Spine.
///
/// Makes the private key and certificate signing request (CSR) for an endpoint, reads and checks what the NHS sends
/// back, keeps the certificate revocation lists (CRLs), sets up the server, tests the connection, and lets you
/// rehearse it all first.
#[derive(Debug, Parser)]
#[command(
    name = "ptl-cert",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_flag = true,
    disable_version_flag = true,
    arg = global::help(),
    arg = global::version(),
    max_term_width = 80,
    after_help = "\
Start with: ptl-cert lab run. Examples and exit statuses: ptl-cert --help
Options of every command (--format json, --quiet …): ptl-cert help options",
    after_long_help = "\
Examples:
  ptl-cert lab run
  ptl-cert csr --fqdn gpc-int-a1b2c.supplier.thirdparty.nhs.uk
  ptl-cert inspect reply.p7b --key gpc-int-a1b2c.supplier.thirdparty.nhs.uk.key
  ptl-cert match certificates/
  ptl-cert verify fullchain.pem --env int --crl sub.crl --crl root.crl
  ptl-cert crl plan --env int --for nginx --client clients/

Exit status:
  0  answered, and the answer is good
  1  answered, and the answer is bad
  2  the command line, or a name on it, is not valid
  3  not answered: a file cannot be read or written, or is malformed"
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
    /// What printed commands repeat of it.
    #[arg(skip)]
    pub(crate) given: Repeated,
}

impl CommandLine {
    /// Reads the words of a command line; what the typed command does not offer is refused.
    pub(crate) fn read(words: impl Iterator<Item = OsString>) -> Result<CommandLine, clap::Error> {
        // Never freed: to take it apart would take a tenth of what reading a certificate does.
        let mut command = ManuallyDrop::new(CommandLine::command());
        let mut typed = command.try_get_matches_from_mut(words)?;
        global::offers(&command, &typed)?;
        let given = given(&typed);
        let line = CommandLine::from_arg_matches_mut(&mut typed);
        let line = line.map_err(|error| error.format(&mut command))?;
        Ok(CommandLine { given, ..line })
    }
}

/// The command that was typed, and the environment, the facts, the cache and the CAs that it names.
fn given(typed: &ArgMatches) -> Repeated {
    let mut leaf = typed;
    let mut names = Vec::new();
    while let Some((name, inner)) = leaf.subcommand() {
        names.push(name);
        leaf = inner;
    }
    let values = |id| -> Vec<String> {
        let is_typed = leaf.try_contains_id(id).unwrap_or(false)
            && leaf.value_source(id) == Some(ValueSource::CommandLine);
        let values = leaf.try_get_raw(id).ok().flatten();
        let values = values.filter(|_| is_typed).into_iter().flatten();
        values
            .map(|value| quoted::typed(Path::new(value)))
            .collect()
    };
    let value = |id| values(id).into_iter().next();
    let mut given = Repeated::default();
    given.env = value("env");
    given.facts = value("facts");
    given.cache = value("cache");
    given.leave_out = values("leave_out");
    // The password of a key that is made is called a passphrase; that of renew's other files opens no key that it names.
    given.password_file = match names.as_slice() {
        ["csr" | "renew"] => value("passphrase_file"),
        _ => value("password_file"),
    };
    match names.as_slice() {
        // The CAs of an environment are known to every command, those below other roots are not.
        ["verify"] => {
            given.trust = values("trust");
            if !given.trust.is_empty() {
                given.chain = values("chain");
            }
        }
        ["crl", "plan" | "export" | "schedule"] => given.chain = values("chain"),
        ["crl", "update" | "import" | "check"] => given.chain = values("issuer"),
        _ => {}
    }
    given.command = Some(names.join(" "));
    given
}

/// What to do. The arguments of a command are put together when it is the one that was typed: those of all would take
/// longer than reading a certificate. What `--help` lists has to be here too, therefore, as well as with the arguments.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum Command {
    /// Make a private key and a certificate signing request (CSR)
    Csr(Box<Csr>),
    /// Read certificates, requests, CRLs and keys in any format
    Inspect(Inspect),
    /// Show which key, request and certificate belong together
    Match(Match),
    /// List what expires when, in files and on hosts, soonest first
    Inventory(Box<Inventory>),
    /// Make the next key and request for certificates that expire
    Renew(Box<Renew>),
    /// Check the reply against your request, write the server's files
    Accept(Accept),
    /// Decide whether a certificate is good, and if not, say why
    Verify(Box<Verify>),
    /// Fetch, check, monitor and export revocation lists (CRLs)
    Crl(crl::Crl),
    /// List, add and export CAs: built-in ones and your own
    Trust(trust::Trust),
    /// Write a server's key, certificates, CAs, CRLs and configuration
    Export(Box<Export>),
    /// Connect to a TLS server and report what it does and why
    Probe(Box<probe::Probe>),
    /// Stand in for your endpoint and show each caller's certificate
    Listen(Box<listen::Listen>),
    /// Check a server's configuration against the Spine's rules
    Doctor(Doctor),
    /// Check everything an endpoint needs, and write the evidence
    Preflight(Box<preflight::Preflight>),
    /// Answer another program's questions, one line of JSON each
    Serve(Serve),
    /// Rehearse with a lab PKI of your own: no network, no waiting
    Lab(Box<Lab>),
    /// Show what is known about environments, hosts and CAs
    Environments(Environments),
    /// Explain a finding, an error message or a status code
    Explain(Explain),
    /// Print the JSON Schema of a command's output
    Schema(Schema),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Write the manual pages, one per command
    Man(Man),
    /// Show the options that every command has
    #[command(hide = true, override_usage = "ptl-cert <COMMAND> [OPTIONS]")]
    Options,
}

/// Show what is known about environments, hosts and CAs
///
/// What ptl-cert knows about the NHS's environments is data: built-in facts, which your own facts file can correct
/// or extend. This command shows them and when they were last reviewed.
#[derive(Debug, Args)]
#[command(after_help = MORE, after_long_help = "\
Examples:
  ptl-cert environments
  ptl-cert environments int --format json")]
#[command(mut_args = crate::args::global::all_printed)]
pub(crate) struct Environments {
    /// The environment, e.g. int [default: all]
    #[arg(
        value_name = "ENV",
        value_parser = parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) id: Option<String>,
    /// Count days from this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
}

/// Explain a finding, an error message or a status code
///
/// Takes a finding's code or another program's message: an IIS status code, a TLS alert, an error from OpenSSL,
/// nginx, Java, Go or Windows.
#[derive(Debug, Args)]
#[command(after_help = MORE, after_long_help = "\
Examples:
  ptl-cert explain no-san
  ptl-cert explain 403.16
  ptl-cert explain 'unable to get certificate CRL'")]
#[command(mut_args = crate::args::global::all_printed)]
pub(crate) struct Explain {
    /// A finding's code, or an error as another program prints it [default: list every code]
    #[arg(
        value_name = "CODE|TEXT",
        value_parser = parse::codes(),
        hide_possible_values = true
    )]
    pub(crate) code: Option<String>,
}

/// Print the JSON Schema of a command's output
#[derive(Debug, Args)]
#[command(
    after_help = MORE,
    after_long_help = "Examples:\n  ptl-cert schema csr > csr.schema.json\n  ptl-cert schema --all schemas/"
)]
#[command(mut_args = crate::args::global::all_printed)]
pub(crate) struct Schema {
    /// The output to describe
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
    /// `inventory --format json`
    Inventory,
    /// `renew --format json`
    Renew,
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
    /// The error of any command that could not answer
    Error,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = MORE, after_long_help = "Example:\n  ptl-cert completions bash > /etc/bash_completion.d/ptl-cert")]
#[command(mut_args = crate::args::global::all_printed)]
pub(crate) struct Completions {
    /// The shell to write for
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Write the manual pages, one per command
#[derive(Debug, Args)]
#[command(after_help = MORE, after_long_help = "Example:\n  ptl-cert man /usr/local/share/man/man1")]
#[command(mut_args = crate::args::global::all_printed)]
pub(crate) struct Man {
    /// The folder to write into, created if missing; existing pages are replaced
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

#[cfg(test)]
mod printed;

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

    /// Every command, and the program itself, as a terminal of 80 columns shows them.
    fn each(look: &mut impl FnMut(&str, &mut clap::Command)) {
        fn walk(
            command: &mut clap::Command,
            above: &str,
            look: &mut impl FnMut(&str, &mut clap::Command),
        ) {
            let path = format!("{above} {}", command.get_name());
            look(path.trim_start(), command);
            for below in command.get_subcommands_mut() {
                if below.get_name() != "help" {
                    walk(below, &path, look);
                }
            }
        }
        let mut root = super::CommandLine::command().term_width(COLUMNS);
        root.build();
        walk(&mut root, "", look);
    }

    #[test]
    fn the_short_help_of_a_command_fits_one_screen() {
        let (mut long, mut seen) = (Vec::new(), 0);
        each(&mut |path, command| {
            let lines = command.render_help().to_string().lines().count();
            let more = MORE_LINES.iter().find(|(name, _)| *name == path);
            if lines > more.map_or(SCREEN, |(_, lines)| *lines) {
                long.push(format!("{path} -h: {lines} lines"));
            }
            if more.is_some() {
                seen += 1;
                if lines <= SCREEN {
                    long.push(format!("{path} -h needs no exception"));
                }
            }
        });
        assert!(long.is_empty(), "{}", long.join("\n"));
        assert_eq!(seen, MORE_LINES.len(), "an exception is of no command");
    }

    #[test]
    fn no_line_of_help_or_usage_is_wider_than_a_terminal() {
        let mut wide = Vec::new();
        each(&mut |path, command| {
            let texts = [
                ("usage", command.render_usage().to_string()),
                ("-h", command.render_help().to_string()),
                ("--help", command.render_long_help().to_string()),
            ];
            for (which, text) in texts {
                let lines = text.lines().filter(|line| line.chars().count() > COLUMNS);
                wide.extend(lines.map(|line| format!("{path} {which}: {line}")));
            }
        });
        assert!(wide.is_empty(), "{}", wide.join("\n"));
    }

    #[test]
    fn the_page_of_commands_in_docs_is_the_generated_one() {
        fn walk(command: &mut clap::Command, path: &str, page: &mut String) {
            let path = match path {
                "" => command.get_name().to_owned(),
                above => format!("{above} {}", command.get_name()),
            };
            let help = command
                .clone()
                .mut_args(|argument| match argument.is_global_set() {
                    true => argument.hide(true),
                    false => argument,
                })
                .render_long_help()
                .to_string();
            let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
            page.push_str(&format!(
                "\n## {path}\n\n```text\n{}\n```\n",
                lines.join("\n")
            ));
            for below in command.get_subcommands_mut() {
                if below.get_name() != "help" {
                    walk(below, &path, page);
                }
            }
        }
        let mut root = super::CommandLine::command().term_width(80);
        root.build();
        let mut page = "\
<!-- Generated from src/bin/ptl-cert/args by `PTL_CERT_BLESS=1 cargo test page_of_commands`; do not edit by hand. -->

# Commands

What `ptl-cert COMMAND --help` prints, without the options that every command has; `ptl-cert help options` lists those. `ptl-cert man
DIR` writes the same as manual pages.
"
        .to_owned();
        walk(&mut root, "", &mut page);
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");
        if std::env::var_os("PTL_CERT_BLESS").is_some() {
            ptl_cert::store::write::file(std::path::Path::new(file), page.as_bytes()).unwrap();
        }
        let bytes = ptl_cert::store::read::file(std::path::Path::new(file)).unwrap();
        assert!(
            *bytes == *page.as_bytes(),
            "docs/commands.md is not the generated page; bless it"
        );
    }

    /// The size of a classic terminal.
    const SCREEN: usize = 24;
    const COLUMNS: usize = 80;
    /// The commands whose common options need more lines, and how many.
    const MORE_LINES: &[(&str, usize)] = &[("ptl-cert", 30)];

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        super::CommandLine::command().debug_assert();
    }
}
