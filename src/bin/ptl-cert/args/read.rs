//! `ptl-cert inspect` and `ptl-cert match`, as typed.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::parse;

/// Read certificates, requests, CRLs and keys in any format
///
/// Reads any mix of PEM, DER, PKCS#7 (.p7b), PKCS#12 (.pfx), key stores, mails, documents and archives, going by the
/// content and not the file name. Shows what each object is, the chain, and what is wrong with it.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Formats, in any nesting:
  text        PEM, its lines damaged or missing; base64; UTF-16 and UTF-32
  binary      DER, BER, PKCS#7, PKCS#12, Java key stores
  archives    ZIP, tar, gzip
  mails       .eml, .msg, mailboxes, S/MIME
  documents   Word, Excel, PowerPoint, OpenDocument, Rich Text, HTML
  data        YAML, JSON, XML, Kubernetes Secrets, URL-encoded headers
  dumps       xxd, hexdump, od, certutil, Format-Hex, byte arrays, uuencode
What is not understood is reported, and the exit status is then 3. The text of
a PDF is not read: copy it into a text file.

Examples:
  What came back, and does it belong to my key?
    ptl-cert inspect reply.p7b --key HOST.thirdparty.nhs.uk.key

  Everything below a folder, failing if anything expires within 30 days
    ptl-cert inspect -r /etc/pki/nhs --within 30d --fail-on warning

  As JSON
    ptl-cert inspect reply.crt --format json")]
#[command(mut_args = crate::args::global::formats(&crate::args::global::STREAMING))]
pub(crate) struct Inspect {
    /// Files, folders, or - for standard input; unrelated files in folders are skipped
    #[arg(value_name = "FILE|DIR", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Include subfolders
    #[arg(short, long)]
    pub(crate) recursive: bool,
    /// A private key to match with the certificates and CSRs; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// A file with the password for PKCS#12 files and encrypted keys
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// Report certificates that expire within this time
    #[arg(long, value_name = "DAYS", default_value = "60d", value_parser = parse::days)]
    pub(crate) within: u32,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
    /// Add each certificate as PEM to the JSON
    #[arg(long, hide_short_help = true)]
    pub(crate) pem: bool,
    /// Also write a report: .html, .md, .xml (JUnit) or .json; not with ndjson of very large inputs
    #[arg(long, value_name = "FILE", value_parser = parse::report)]
    pub(crate) report: Option<PathBuf>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) findings: crate::args::global::Findings,
}

/// Show which key, request and certificate belong together
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "Example:\n  ptl-cert match certificates/ reply.p7b")]
pub(crate) struct Match {
    /// Files, folders, or - for standard input; unrelated files in folders are skipped
    #[arg(value_name = "FILE|DIR", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Include subfolders
    #[arg(short, long)]
    pub(crate) recursive: bool,
    /// A file with the password for PKCS#12 files and encrypted keys
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) findings: crate::args::global::Findings,
}
