//! `ptl-cert trust`, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use time::OffsetDateTime;

use super::parse;

/// List, add and export CAs: built-in ones and your own
///
/// Each entry of your own records who added the CA, when and why, and pins it by SHA-256. Every command uses your entries. A
/// root that is not built in needs --sha256, obtained separately from the file, or a typed confirmation; a sub CA is
/// accepted if a trusted root signed it. A certificate that is not self-signed is never a root.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  Which CAs does INT have?
    ptl-cert trust list --env int

  A new generation: its root and its sub CA
    ptl-cert trust add g3-root.crt g3-sub.crt --env int --generation G3 \\
      --sha256 1f0c… --why 'NHS notice of 2027-01-05'

  All generations in one file, for a server or a client
    ptl-cert trust export --env int --out ca.pem

The entries are files in PTL_CERT_HOME/trust, or in the system's data folder.")]
pub(crate) struct Trust {
    #[command(subcommand)]
    pub(crate) command: TrustCommand,
}

/// What to do with the CAs.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// List the CAs, built in and your own
    List(TrustList),
    /// Add CA certificates from files
    Add(TrustAdd),
    /// Download a CA certificate and add it
    Fetch(TrustFetch),
    /// Remove an entry of your own
    Remove(TrustRemove),
    /// Write the CAs of every generation of an environment into one file
    Export(TrustExport),
}

/// Where CAs are known from.
#[derive(Clone, Debug, Args)]
pub(crate) struct Known {
    /// The folder of your own entries [default: PTL_CERT_HOME/trust, or the system's data folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) trust_dir: Option<PathBuf>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// List the CAs, built in and your own
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "Exit status: 0 listed; 3 an entry is damaged, the others are listed.")]
pub(crate) struct TrustList {
    /// The CAs of this environment only
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: Option<String>,
    #[command(flatten)]
    pub(crate) known: Known,
}

/// What is reported about a CA that is added.
#[derive(Clone, Debug, Args)]
pub(crate) struct Reasons {
    /// The environment the CAs are for: dev, int, dep, train, live, or one from --facts
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: String,
    /// The generation, e.g. G3; required for a new root
    #[arg(long, value_name = "NAME")]
    pub(crate) generation: Option<String>,
    /// Why it is added; kept with the entry
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// Who adds it [default: the current user]
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// The SHA-256 of the root, obtained separately from the file
    #[arg(long, value_name = "HEX")]
    pub(crate) sha256: Option<String>,
    #[command(flatten)]
    pub(crate) known: Known,
}

/// Add CA certificates from files
#[derive(Debug, Args)]
#[command(
    after_help = crate::args::MORE,
    after_long_help = "Exit status: 0 added or already known; 1 rejected; 3 unreadable or not writable."
)]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct TrustAdd {
    /// Files with CA certificates, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reasons: Reasons,
}

/// Download a CA certificate and add it
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Example:
  ptl-cert trust fetch http://pki.nhs.uk/PTL/G3/root/ROOT.crt --env int \\
    --generation G3 --sha256 1f0c… --why 'NHS notice of 2027-01-05'")]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct TrustFetch {
    /// The certificate's http or https URL
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) reasons: Reasons,
}

/// Remove an entry of your own
#[derive(Debug, Args)]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct TrustRemove {
    /// The CA's name, or at least the first 8 digits of its SHA-256
    #[arg(value_name = "CA")]
    pub(crate) ca: String,
    #[command(flatten)]
    pub(crate) known: Known,
}

/// Write the CAs of every generation of an environment into one file
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  ptl-cert trust export --env int --out ca.pem
  ptl-cert trust export --env int --format pkcs12 --out truststore.p12

Exit status: 0 written or unchanged; 1 no current CA is known; 3 not writable.")]
#[command(arg = crate::args::global::format(&crate::args::global::TRUST))]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct TrustExport {
    /// The environment
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: String,
    /// The file to write, or the folder for openssl-dir [default: standard output]
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// A file with the password for a jks or pkcs12 store [default: changeit, as in Java; the store holds no secret]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) known: Known,
}
