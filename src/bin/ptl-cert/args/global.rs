//! The options that every command has, and what a command offers of them: a format or a level of detail that it does not have
//! is not in its help and is refused.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, ValueEnum};

use ptl_cert::ops::Severity;
use ptl_cert::ops::trust::Form;

/// The ids of [`Global::format`] and [`Global::verbose`].
const FORMAT: &str = "format";
const VERBOSE: &str = "verbose";
/// The heading over them.
const HEADING: &str = "Every command";

/// What streams, or answers about many, also prints as one object a line.
pub(crate) const STREAMING: [TypedFormat; 3] =
    [TypedFormat::Text, TypedFormat::Json, TypedFormat::Ndjson];
/// What any command has.
pub(crate) const ALL: [TypedFormat; 11] = [
    TypedFormat::Text,
    TypedFormat::Json,
    TypedFormat::Ndjson,
    TypedFormat::Prometheus,
    TypedFormat::Nagios,
    TypedFormat::Pem,
    TypedFormat::Der,
    TypedFormat::P7b,
    TypedFormat::Jks,
    TypedFormat::Pkcs12,
    TypedFormat::OpensslDir,
];
/// What is watched by other programs.
pub(crate) const WATCHED: [TypedFormat; 4] = [
    TypedFormat::Text,
    TypedFormat::Json,
    TypedFormat::Prometheus,
    TypedFormat::Nagios,
];
/// What CA certificates are written in; JSON describes what was written.
pub(crate) const TRUST: [TypedFormat; 7] = [
    TypedFormat::Pem,
    TypedFormat::Der,
    TypedFormat::P7b,
    TypedFormat::Jks,
    TypedFormat::Pkcs12,
    TypedFormat::OpensslDir,
    TypedFormat::Json,
];

/// `--help` of every command. clap's own stands among the command's options, and takes a line of every screen.
pub(crate) fn help() -> Arg {
    Arg::new("help")
        .short('h')
        .long("help")
        .global(true)
        .action(ArgAction::Help)
        .help("Print help; -h prints a summary")
        .help_heading(HEADING)
        .hide_short_help(true)
}

/// `--version` of every command, likewise.
pub(crate) fn version() -> Arg {
    Arg::new("version")
        .short('V')
        .long("version")
        .global(true)
        .action(ArgAction::Version)
        .help("Print the version")
        .help_heading(HEADING)
        .hide_short_help(true)
}

/// The options that every command has.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Global {
    /// Output format
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = HEADING,
        hide_short_help = true
    )]
    pub(crate) format: TypedFormat,
    /// When to use colour; auto: on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = HEADING,
        hide_short_help = true
    )]
    pub(crate) color: Color,
    /// Print only the answer: no details, no advice, no progress
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = HEADING,
        hide_short_help = true
    )]
    pub(crate) quiet: bool,
    /// Print more detail
    #[arg(
        short,
        long,
        global = true,
        help_heading = HEADING,
        hide_short_help = true
    )]
    pub(crate) verbose: bool,
}

/// `--fail-on`, of every command that has findings.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Findings {
    /// Exit 1 if there is a finding of this severity or higher
    #[arg(long, value_enum, value_name = "SEVERITY", hide_short_help = true)]
    pub(crate) fail_on: Option<FailOn>,
}

impl Findings {
    /// The severity from which on findings make the answer bad.
    pub(crate) fn severity(self) -> Option<Severity> {
        self.fail_on.map(|typed| match typed {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
        })
    }

    /// Whether an answer is bad whose worst finding is this.
    pub(crate) fn fail(self, worst: Option<Severity>) -> bool {
        self.severity().is_some_and(|least| worst >= Some(least))
    }
}

/// How a result is printed, as typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypedFormat {
    /// For reading.
    #[default]
    Text,
    /// One object for the whole run.
    Json,
    /// One object a line, as soon as it is known.
    #[value(hide = true)]
    Ndjson,
    /// The text exposition format of Prometheus.
    #[value(hide = true)]
    Prometheus,
    /// One line and the exit status of a plugin.
    #[value(hide = true)]
    Nagios,
    /// PEM blocks.
    #[value(hide = true)]
    Pem,
    /// DER certificates in a row.
    #[value(hide = true)]
    Der,
    /// PKCS#7, as Windows imports it.
    #[value(hide = true)]
    P7b,
    /// A Java key store of the old kind.
    #[value(hide = true)]
    Jks,
    /// PKCS#12 with entries that Java trusts.
    #[value(hide = true)]
    Pkcs12,
    /// A folder with the hashed names of OpenSSL.
    #[value(hide = true)]
    OpensslDir,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For reading.
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
    pub(crate) fn form(self) -> Option<Form> {
        match self {
            TypedFormat::Pem => Some(Form::Pem),
            TypedFormat::Der => Some(Form::Der),
            TypedFormat::P7b => Some(Form::P7b),
            TypedFormat::Jks => Some(Form::Jks),
            TypedFormat::Pkcs12 => Some(Form::Pkcs12),
            TypedFormat::OpensslDir => Some(Form::OpensslDir),
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
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// In files and pipes too.
    Always,
    /// Never.
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

/// `--format` of a command that has other formats than text and JSON; the first is the default.
pub(crate) fn format(offered: &[TypedFormat]) -> Arg {
    let values = offered.iter().filter_map(TypedFormat::to_possible_value);
    // In the help of the others it is hidden.
    let values = values.map(|value| value.hide(false));
    let parser =
        PossibleValuesParser::new(values).try_map(|typed| TypedFormat::from_str(&typed, false));
    // clap takes no owned default.
    let first = match offered.first() {
        Some(TypedFormat::Pem) => "pem",
        _ => "text",
    };
    let ndjson = match offered.contains(&TypedFormat::Ndjson) {
        true => "; ndjson prints one object per line",
        false => "",
    };
    Arg::new(FORMAT)
        .long(FORMAT)
        .value_name("FORMAT")
        .num_args(1)
        .help(format!("Output format{ndjson}"))
        .hide_short_help(true)
        .default_value(first)
        .value_parser(parser)
}

/// The same for a command right below the program. Its arguments are put together after it was given the global ones, so
/// that its own has to replace them.
pub(crate) fn formats(offered: &'static [TypedFormat]) -> impl FnMut(Arg) -> Arg {
    move |argument| match argument.get_id() == FORMAT {
        true => format(offered),
        false => argument,
    }
}

/// `--verbose` of a command right below the program that always prints all it has.
pub(crate) fn all_printed(argument: Arg) -> Arg {
    match argument.get_id() == VERBOSE {
        true => argument.hide(true),
        false => argument,
    }
}

/// `--verbose` of a command that always prints all it has.
pub(crate) fn not_verbose() -> Arg {
    Arg::new(VERBOSE)
        .short('v')
        .long(VERBOSE)
        .action(ArgAction::SetTrue)
        .hide(true)
}

/// Refuses what the typed command does not offer. clap knows no global option that differs between commands: before the
/// command's name, or unlisted, it lets everything pass.
pub(crate) fn offers(command: &clap::Command, typed: &ArgMatches) -> Result<(), clap::Error> {
    let (mut leaf, mut typed) = (command, typed);
    while let Some((name, inner)) = typed.subcommand() {
        let Some(below) = leaf.find_subcommand(name) else {
            break;
        };
        (leaf, typed) = (below, inner);
    }
    let is_typed = |id| typed.value_source(id) == Some(ValueSource::CommandLine);
    let argument = |id: &str| {
        leaf.get_arguments()
            .find(|argument| argument.get_id() == id)
    };
    let refuse = |kind, message: String| Err(leaf.clone().error(kind, message));
    if is_typed(VERBOSE) && argument(VERBOSE).is_some_and(Arg::is_hide_set) {
        return refuse(
            ErrorKind::UnknownArgument,
            format!(
                "{} has no --verbose: it prints everything anyway",
                name_of(leaf)
            ),
        );
    }
    let format = typed.get_one::<TypedFormat>(FORMAT);
    let value = format.and_then(TypedFormat::to_possible_value);
    if let (true, Some(argument), Some(value)) = (is_typed(FORMAT), argument(FORMAT), value) {
        let offered: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| value.get_name().to_owned())
            .collect();
        if !offered.iter().any(|name| name == value.get_name()) {
            return refuse(
                ErrorKind::InvalidValue,
                format!(
                    "{} has no --format {}; use {}",
                    name_of(leaf),
                    value.get_name(),
                    offered.join(" or ")
                ),
            );
        }
    }
    Ok(())
}

/// `crl status` of `ptl-cert crl status`.
fn name_of(command: &clap::Command) -> String {
    let whole = command.get_bin_name().unwrap_or(command.get_name());
    whole.strip_prefix("ptl-cert ").unwrap_or(whole).to_owned()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::error::ErrorKind;

    use crate::args::CommandLine;

    fn refused(line: &str) -> Option<clap::Error> {
        CommandLine::read(line.split_whitespace().map(OsString::from)).err()
    }

    #[test]
    fn a_format_that_the_command_lacks_is_refused_wherever_it_is_typed() {
        for line in [
            "ptl-cert verify a.pem --env int --format ndjson",
            "ptl-cert --format ndjson verify a.pem --env int",
            "ptl-cert crl plan a.pem --env int --format prometheus",
            "ptl-cert --format pem trust list",
            "ptl-cert --format nagios inspect a.pem",
            "ptl-cert trust export --env int --format ndjson",
        ] {
            let error = refused(line).unwrap_or_else(|| panic!("{line} was not refused"));
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{line}");
        }
    }

    #[test]
    fn a_format_that_the_command_has_is_taken_wherever_it_is_typed() {
        for line in [
            "ptl-cert inspect a.pem --format ndjson",
            "ptl-cert --format ndjson inspect a.pem",
            "ptl-cert crl status --format nagios",
            "ptl-cert --format prometheus crl status",
            "ptl-cert trust export --env int --format openssl-dir",
            "ptl-cert --format json verify a.pem --env int",
        ] {
            assert!(refused(line).is_none(), "{line}");
        }
        let typed = CommandLine::read(
            ["ptl-cert", "crl", "status", "--format", "nagios"]
                .map(OsString::from)
                .into_iter(),
        )
        .unwrap();
        assert!(typed.global.format.monitor().is_some());
    }

    #[test]
    fn more_detail_is_refused_where_there_is_none() {
        assert!(refused("ptl-cert explain no-san --verbose").is_some());
        assert!(refused("ptl-cert -v man out").is_some());
        assert!(refused("ptl-cert inspect a.pem -v").is_none());
        assert!(refused("ptl-cert -v inspect a.pem").is_none());
    }
}
