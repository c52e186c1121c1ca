//! `ptl-cert lab`, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ptl_cert::lab::{Defect, LabPlan};
use time::OffsetDateTime;

use super::parse;

mod endpoint;
mod run;
mod serve;

pub(crate) use endpoint::LabEndpoint;
pub(crate) use run::LabRun;
pub(crate) use serve::{LabCall, LabServe};

/// Rehearse with a lab PKI of your own: no network, no waiting
///
/// A lab has environments modelled on INT, DEP and Live, each in three CA generations, and answers CSRs as the NHS
/// does. Every name in it says LAB, and nothing trusts it unless given its facts file.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  Create one and have a CSR signed
    ptl-cert lab init
    ptl-cert lab sign NAME.csr --env lab-int

  Accept the reply as if it came from the NHS
    ptl-cert accept NAME.zip --csr NAME.csr --key NAME.key --env lab-int \\
      --facts lab/facts.toml")]
pub(crate) struct Lab {
    #[command(subcommand)]
    pub(crate) command: LabCommand,
}

/// What to do with a lab.
#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    Init(LabInit),
    Sign(LabSign),
    Revoke(LabRevoke),
    Crl(LabCrl),
    Run(LabRun),
    Serve(LabServe),
    Call(LabCall),
    Endpoint(LabEndpoint),
    Defects(LabDefects),
}

/// A lab's folder.
#[derive(Debug, Args)]
pub(crate) struct LabFolder {
    /// The lab's folder
    #[arg(
        long,
        value_name = "DIR",
        default_value = "lab",
        hide_short_help = true
    )]
    pub(crate) dir: PathBuf,
}

/// Create a lab: make its keys and CAs
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  ptl-cert lab init

  The same lab every time, byte for byte
    ptl-cert lab init --keys lab-keys --at 2027-01-15T08:00:00Z")]
pub(crate) struct LabInit {
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// A folder of lab keys to reuse; missing ones are made and kept there
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) keys: Option<PathBuf>,
    /// Create it as at this time instead of now, e.g. 2027-01-15T08:00:00Z; its CAs are valid for a year
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
    /// The base URL for the addresses in its certificates: where lab serve will listen
    #[arg(long, value_name = "URL", default_value = LabPlan::BASE_URL)]
    pub(crate) base_url: String,
}

/// Answer CSRs as the NHS does
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  ptl-cert lab sign NAME.csr --env lab-int --generation g2

  A reply with a defect (ptl-cert lab defects lists them)
    ptl-cert lab sign NAME.csr --env lab-int --defect sub-missing --as pem")]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct LabSign {
    /// The CSRs
    ///
    #[arg(value_name = "CSR", required = true)]
    pub(crate) requests: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// The environment: lab-int, lab-dep or lab-live
    ///
    /// With or without lab-.
    #[arg(long, value_name = "ENV", value_parser = environment)]
    pub(crate) env: ptl_cert::lab::LabEnvironment,
    /// The CA generation
    #[arg(long, value_enum, default_value_t, value_name = "GEN")]
    pub(crate) generation: Generation,
    /// A defect to introduce, as listed by lab defects; repeatable
    #[arg(
        long,
        value_name = "DEFECT",
        value_parser = parse::defects(),
        hide_possible_values = true
    )]
    pub(crate) defect: Vec<Defect>,
    /// The format of the reply
    #[arg(long = "as", value_enum, default_value_t, value_name = "FORM")]
    pub(crate) form: Form,
    /// The folder for the replies, NAME.zip and so on; created if missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out_dir: PathBuf,
    /// Sign as at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// A generation of the lab's CAs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Generation {
    /// SHA-1, and CRLs that cannot be fetched
    #[value(name = "g1-sha1")]
    G1Sha1,
    /// SHA-2, and partitioned CRLs over HTTP
    G1,
    /// An RSA-4096 root with SHA-384, and CRLs over HTTP
    #[default]
    G2,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// A ZIP archive with a file per certificate
    #[default]
    Zip,
    /// One PEM file with all certificates
    Pem,
    /// A PKCS#7 bundle
    P7b,
}

/// Revoke certificates of a lab
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "Example:\n  ptl-cert lab revoke NAME.pem --reason keyCompromise")]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct LabRevoke {
    /// The certificates, in any format; in a file with its CAs, the endpoint certificate is revoked
    #[arg(value_name = "CERT", required = true)]
    pub(crate) certificates: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// The RFC 5280 reason: keyCompromise, superseded, cessationOfOperation, certificateHold, …
    #[arg(long, value_name = "REASON", default_value = "unspecified", value_parser = reason)]
    pub(crate) reason: ptl_cert::ops::lab::RevocationReason,
    /// Revoke as at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// The most entries that are added to a CRL: about 700 MB, twenty times the CRLs of the old PKI.
const ENTRIES_LIMIT: u64 = 20_000_000;

/// Write a lab's CRLs, of any size
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  ptl-cert lab crl --env lab-int --out-dir crl

  A CRL as large as those of the old PKI
    ptl-cert lab crl --env lab-int --entries 1000000

  A CRL that has expired
    ptl-cert lab crl --crl /int/1c/crlc7.crl --defect crl-expired")]
pub(crate) struct LabCrl {
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// The CRLs of this environment only
    #[arg(long, value_name = "ENV", value_parser = environment)]
    pub(crate) env: Option<ptl_cert::lab::LabEnvironment>,
    /// This CRL only, by its path below the base URL
    #[arg(long, value_name = "PATH")]
    pub(crate) crl: Option<String>,
    /// Add this many entries to the CRL; without --crl, to the environment's SHA-1 CRL
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..=ENTRIES_LIMIT))]
    pub(crate) entries: Option<u64>,
    /// A defect to introduce, as listed by lab defects; repeatable
    #[arg(
        long,
        value_name = "DEFECT",
        value_parser = parse::defects(),
        hide_possible_values = true
    )]
    pub(crate) defect: Vec<Defect>,
    /// The folder for the CRLs, each under its path [default: crl in the lab's folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Issue the CRLs as at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// List every defect that a lab can introduce
#[derive(Debug, Args)]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct LabDefects {}

/// Why an argument is none of the words that there are.
#[derive(Debug, thiserror::Error)]
enum UnknownWord {
    #[error("expected lab-int, lab-dep or lab-live")]
    Environment,
    #[error("expected one of {0}")]
    Reason(String),
}

fn environment(text: &str) -> Result<ptl_cert::lab::LabEnvironment, UnknownWord> {
    ptl_cert::lab::LabEnvironment::parse(text).ok_or(UnknownWord::Environment)
}

fn reason(text: &str) -> Result<ptl_cert::ops::lab::RevocationReason, UnknownWord> {
    let known = || {
        let names: Vec<String> = ptl_cert::lab::REASONS
            .map(|reason| reason.to_string())
            .into();
        UnknownWord::Reason(names.join(", "))
    };
    ptl_cert::lab::reason(text).ok_or_else(known)
}
