//! `ptl-cert accept`, as typed.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::parse;

/// Check the reply against your request, write the server's files
///
/// Reads the reply in whatever format it arrived, finds the endpoint certificate and its CAs, and checks that the
/// certificate matches your request and key, belongs to the environment and chains to one of its pinned roots.
/// Revocation is checked for the whole chain if a CRL is given, if the CRL cache has any CRL, or if PTL_CERT_HOME or
/// --cache names a cache: a CRL that is missing then leaves the reply undecided. Nothing is written unless every check
/// passes.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  The attachment from the NHS
    ptl-cert accept reply.zip --csr NAME.csr --key NAME.key --env int

  Certificate and CAs in separate files, with the CRLs of both CAs
    ptl-cert accept leaf.crt chain.p7b --csr NAME.csr --key NAME.key \\
      --env int --crl int1c.crl --crl root.crl --out-dir install

Files written:
  NAME.crt            the certificate
  NAME.fullchain.pem  the certificate and its sub CA, as a server sends them
  NAME.ca.pem         the sub CA and the root, for your trust store
  NAME.receipt.json   what was accepted, when and why

Exit status:
  0  accepted, files written
  1  rejected, nothing written
  3  undecided, unreadable input, or a file already exists; nothing written.
     Also if the output cannot be written; the error says if the files were")]
pub(crate) struct Accept {
    /// The reply: files, folders, or - for standard input
    #[arg(value_name = "REPLY", required = true)]
    pub(crate) replies: Vec<PathBuf>,
    /// The CSR that was sent
    #[arg(long, value_name = "CSR")]
    pub(crate) csr: PathBuf,
    /// The private key of that CSR; its public key if the private one is in an HSM
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The environment: dev, int, dep, train or live
    ///
    /// The one that the certificate was ordered for; a facts file may define others.
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: String,
    /// The folder for the files, created if missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out_dir: PathBuf,
    /// A CRL to use as well as those in the cache; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) crl: Vec<PathBuf>,
    /// The CRL cache (see ptl-cert crl) [default: PTL_CERT_HOME/crl, or the system's data folder]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) cache: Option<PathBuf>,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
    /// A file with the password for the PKCS#12 files and the key
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) findings: crate::args::global::Findings,
}
