//! `ptl-cert inspect` and `ptl-cert match`, as typed.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::parse;

/// Read certificates, requests, CRLs and keys, whatever format they are in
///
/// Takes any mix of PEM, DER, PKCS#7 (.p7b) and PKCS#12 (.pfx) and goes by the content, not by the
/// file's name. Says what each object is, draws the chain, and names what is wrong with it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  What came back, and does it belong to my key?
    ptl-cert inspect reply.p7b --key HOST.thirdparty.nhs.uk.key

  Everything below a folder, failing when something ends within 30 days
    ptl-cert inspect -r /etc/pki/nhs --within 30d --fail-on warning

  As data
    ptl-cert inspect reply.crt --format json")]
pub(crate) struct Inspect {
    /// Files, folders, or - for standard input; other files of a folder are passed over
    #[arg(value_name = "FILE|DIR", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Look into folders inside folders
    #[arg(short, long)]
    pub(crate) recursive: bool,
    /// A private key to look for in the certificates and requests; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// A file with the password of PKCS#12 files and encrypted keys
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// How near its end a certificate is reported
    #[arg(long, value_name = "DAYS", default_value = "60d", value_parser = parse::days)]
    pub(crate) within: u32,
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
    /// Add each certificate as PEM to the JSON
    #[arg(long)]
    pub(crate) pem: bool,
    /// Write evidence as well: .html, .md, .xml (JUnit) or .json; not for ndjson of very large inputs
    #[arg(long, value_name = "FILE", value_parser = parse::report)]
    pub(crate) report: Option<PathBuf>,
    /// A file with environments and CAs of your own, on top of those built in
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
}

/// Show which key, request and certificate belong together
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ptl-cert match certificates/ reply.p7b")]
pub(crate) struct Match {
    /// Files, folders, or - for standard input; other files of a folder are passed over
    #[arg(value_name = "FILE|DIR", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Look into folders inside folders
    #[arg(short, long)]
    pub(crate) recursive: bool,
    /// A file with the password of PKCS#12 files and encrypted keys
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}
