//! `ptl-cert accept`, as typed.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::parse;

/// Check what came back against your request and write the files your server needs
///
/// Takes whatever the mail held, in any format, finds the endpoint certificate and the CAs, and asks
/// whether it answers the request, fits the key, belongs to the environment and chains to one of its
/// pinned roots. Nothing is written unless every check passes. Where there is a CRL, given or in the cache,
/// revocation of the whole chain is asked about too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  The attachment of the NHS's mail
    ptl-cert accept reply.zip --csr NAME.csr --key NAME.key --env int

  Certificate and CAs apart, with the CRLs of both CAs
    ptl-cert accept leaf.crt chain.p7b --csr NAME.csr --key NAME.key \\
      --env int --crl int1c.crl --crl root.crl --out-dir install

Files written:
  NAME.crt            the certificate
  NAME.fullchain.pem  the certificate and its sub CA, as a server sends them
  NAME.ca.pem         the sub CA and the root, to trust the other end by
  NAME.receipt.json   what was accepted, when and why

Exit status:
  0  accepted and written
  1  refused, and nothing was written
  3  not decided, not readable, or a file exists already; nothing was written")]
pub(crate) struct Accept {
    /// What came back: files, folders, or - for standard input
    #[arg(value_name = "REPLY", required = true)]
    pub(crate) replies: Vec<PathBuf>,
    /// The request that was sent
    #[arg(long, value_name = "FILE")]
    pub(crate) csr: PathBuf,
    /// Its private key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The environment ordered for: dev, int, dep, train, live, or one of --facts
    #[arg(long, value_name = "ENV")]
    pub(crate) env: String,
    /// The folder for the files; it is made if it is missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out_dir: PathBuf,
    /// A CRL, beside those in the cache; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) crl: Vec<PathBuf>,
    /// The folder of the cache of CRLs (ptl-cert crl) [default: PTL_CERT_HOME/crl, or the system's folder for data]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
    /// A file with the password of PKCS#12 files and of the key
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// A file with environments and CAs of your own, on top of those built in
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
}
