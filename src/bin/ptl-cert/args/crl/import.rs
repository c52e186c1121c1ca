//! `ptl-cert crl import`, as typed.

use clap::Args;

use super::{Download, Installing, Signers};

/// Install CRLs that were downloaded already
///
/// For the CRLs whose address is a directory entry that no server answers for. Takes them as they come: DER, PEM with
/// any line ends, base64 without BEGIN and END. The issuer is found among the CAs that are built in, in --facts and
/// given with --issuer.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  The file from the NHS page on HSCN
    ptl-cert crl import CRL1.crl

  From one's own server, for a CA that is not built in
    ptl-cert crl import https://files.supplier.example/old.crl --issuer old-ca.pem

Exit status:
  0  installed, or installed already
  1  refused: unknown or wrong CA, bad signature, past its time, older than the installed one
  3  not readable, not fetched, or the cache is busy or cannot be written")]
pub(crate) struct Import {
    /// CRLs: files, http or https addresses, or - for standard input
    #[arg(value_name = "FILE|URL", required = true)]
    pub(crate) crls: Vec<String>,
    #[command(flatten)]
    pub(crate) signers: Signers,
    #[command(flatten)]
    pub(crate) download: Download,
    #[command(flatten)]
    pub(crate) installing: Installing,
}
