//! `ptl-cert crl import`, as typed.

use clap::Args;

use super::{Download, Installing, Signers};

/// Install CRLs that you have already downloaded
///
/// For CRLs that cannot be fetched because their distribution point is a directory name. Reads DER, PEM with any line
/// endings, and base64 without BEGIN and END lines. From a folder, every CRL is installed; other files are passed over
/// and subfolders are not searched. The issuer is looked up among the built-in CAs, --facts and --issuer.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  The file from the NHS page on HSCN
    ptl-cert crl import CRL1.crl

  An unpacked archive of CRLs
    ptl-cert crl import nhs-crls/

  From your own server, for a CA that is not built in
    ptl-cert crl import https://files.supplier.example/old.crl \\
      --issuer old-ca.pem

Exit status:
  0  installed, or already installed
  1  rejected: unknown or wrong CA, bad signature, expired, older than the
     installed one
  3  unreadable, not fetched, or the cache is busy or not writable")]
pub(crate) struct Import {
    /// CRLs: files, folders, http or https addresses, or - for standard input
    #[arg(value_name = "FILE|DIR|URL", required = true)]
    pub(crate) crls: Vec<String>,
    #[command(flatten)]
    pub(crate) signers: Signers,
    #[command(flatten)]
    pub(crate) download: Download,
    #[command(flatten)]
    pub(crate) installing: Installing,
}
