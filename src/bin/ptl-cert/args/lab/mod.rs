//! `ptl-cert lab`, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ptl_cert::lab::{Defect, Plan};
use time::OffsetDateTime;

use super::parse;

mod endpoint;
mod run;
mod serve;

pub(crate) use endpoint::LabEndpoint;
pub(crate) use run::LabRun;
pub(crate) use serve::{LabCall, LabServe};

/// Rehearse with a practice PKI of your own: no network, no waiting
///
/// A lab has environments shaped like INT, DEP and Live, each in three generations, and answers
/// requests as the NHS does. Every name in it says LAB; nothing trusts it but who is given its facts.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Create one, and have a request answered
    ptl-cert lab init
    ptl-cert lab sign NAME.csr --env lab-int

  Take the answer as if it were the NHS's
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
    #[arg(long, value_name = "DIR", default_value = "lab")]
    pub(crate) dir: PathBuf,
}

/// Create a lab: make its keys and CAs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ptl-cert lab init

  The same lab every time, byte for byte
    ptl-cert lab init --keys practice-keys --at 2027-01-15T08:00:00Z")]
pub(crate) struct LabInit {
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// A folder of practice keys: those that are there are used, and those that are not are made and kept there
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
    /// Create it as at this moment instead of now, such as 2027-01-15T08:00:00Z; its CAs live for a year
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
    /// The base URL of the addresses in its certificates: where lab serve will listen
    #[arg(long, value_name = "URL", default_value = Plan::BASE_URL)]
    pub(crate) base_url: String,
}

/// Answer requests as the NHS does
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ptl-cert lab sign NAME.csr --env lab-int --generation g2

  An answer with something wrong in it (ptl-cert lab defects lists what can be)
    ptl-cert lab sign NAME.csr --env lab-int --defect sub-missing --as pem")]
pub(crate) struct LabSign {
    /// The requests
    #[arg(value_name = "CSR", required = true)]
    pub(crate) requests: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// The environment: lab-int, lab-dep or lab-live, with or without lab-
    #[arg(long, value_name = "ENV", value_parser = environment)]
    pub(crate) env: ptl_cert::lab::Environment,
    /// The generation of the PKI
    #[arg(long, value_enum, default_value_t, value_name = "GENERATION")]
    pub(crate) generation: Generation,
    /// Something to do wrong, by the name that lab defects gives it; may be given several times
    #[arg(long, value_name = "DEFECT", value_parser = Defect::parse)]
    pub(crate) defect: Vec<Defect>,
    /// The form of the answer
    #[arg(long = "as", value_enum, default_value_t, value_name = "FORM")]
    pub(crate) form: Form,
    /// The folder for the answers, NAME.zip and so on; it is made if it is missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out_dir: PathBuf,
    /// Sign at this moment instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// A generation of the practice PKI.
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
    /// An archive with a file for each certificate
    #[default]
    Zip,
    /// One file with all certificates as text
    Pem,
    /// A PKCS#7 bundle
    P7b,
}

/// Revoke certificates of a lab
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ptl-cert lab revoke NAME.pem --reason keyCompromise")]
pub(crate) struct LabRevoke {
    /// The certificates: files in any format; of a file with its CAs, the certificate that is none
    #[arg(value_name = "CERT", required = true)]
    pub(crate) certificates: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: LabFolder,
    /// Why, by the standard's name: keyCompromise, superseded, cessationOfOperation, certificateHold, …
    #[arg(long, value_name = "REASON", default_value = "unspecified", value_parser = reason)]
    pub(crate) reason: ptl_cert::revocation::RevocationReason,
    /// Revoke at this moment instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// Write the CRLs of a lab, of any size
#[derive(Debug, Args)]
#[command(after_help = "\
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
    pub(crate) env: Option<ptl_cert::lab::Environment>,
    /// This CRL only, by its path below the base URL
    #[arg(long, value_name = "PATH")]
    pub(crate) crl: Option<String>,
    /// Fill the CRL with so many entries more; without --crl, the old PKI's one of the environment
    #[arg(long, value_name = "NUMBER")]
    pub(crate) entries: Option<u64>,
    /// Something to do wrong, by the name that lab defects gives it; may be given several times
    #[arg(long, value_name = "DEFECT", value_parser = Defect::parse)]
    pub(crate) defect: Vec<Defect>,
    /// The folder for the CRLs, each under its path; DIR/crl of the lab if left out
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Make the CRLs for this moment instead of now
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}

/// List everything that a lab can do wrong on purpose
#[derive(Debug, Args)]
pub(crate) struct LabDefects {}

/// Why an argument is none of the words that there are.
#[derive(Debug, thiserror::Error)]
enum UnknownWord {
    #[error("expected lab-int, lab-dep or lab-live")]
    Environment,
    #[error("expected one of {0}")]
    Reason(String),
}

fn environment(text: &str) -> Result<ptl_cert::lab::Environment, UnknownWord> {
    ptl_cert::lab::Environment::parse(text).ok_or(UnknownWord::Environment)
}

fn reason(text: &str) -> Result<ptl_cert::revocation::RevocationReason, UnknownWord> {
    let known = || {
        let names: Vec<String> = ptl_cert::lab::REASONS
            .map(|reason| reason.to_string())
            .into();
        UnknownWord::Reason(names.join(", "))
    };
    ptl_cert::lab::reason(text).ok_or_else(known)
}
