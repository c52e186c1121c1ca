//! `ptl-cert crl update`, as typed.

use std::path::PathBuf;

use clap::Args;

use super::{Download, Installing, Signers};

/// Fetch every CRL that can be fetched, and install those that are good
///
/// Asks every HTTP address that the environment's CAs and the given certificates name for their CRLs, several at
/// once, and only for what is newer than the cache. Points that no server answers for, such as directory names, are
/// listed with what to do. Expired CAs need no CRL, and are marked. Run it from a scheduler; a failed run changes nothing.
#[derive(Debug, Args)]
#[command(
    // Its lists are partitions of the new PKI, which are small; one that does not come must not hold up a job.
    mut_arg("timeout", |timeout| timeout.default_value("10s")),
    after_help = "\
Examples:
  All that INT needs, and the partition of my own certificate
    ptl-cert crl update --env int client.pem

  From a mirror on one's own network: the CRLs are signed, so the mirror need not be trusted
    ptl-cert crl update --env int client.pem --mirror https://mirror.supplier.example/nhs/

Proxies: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in either case, as curl reads them.

Exit status:
  0  every CRL is installed and current
  1  a CRL was refused: wrong CA, bad signature, another partition, older than the installed one
  3  something could not be fetched, or the cache is busy or cannot be written"
)]
pub(crate) struct Update {
    /// Certificates whose CRLs are wanted; CAs among them count only below a known CA
    #[arg(value_name = "CERT")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signers: Signers,
    /// Fetch the same paths from below this address instead
    #[arg(long, value_name = "URL")]
    pub(crate) mirror: Option<String>,
    #[command(flatten)]
    pub(crate) download: Download,
    /// Let servers compress with gzip
    #[arg(long)]
    pub(crate) gzip: bool,
    #[command(flatten)]
    pub(crate) installing: Installing,
}
