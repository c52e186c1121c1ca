//! `ptl-cert crl update`, as typed.

use std::path::PathBuf;

use clap::Args;

use super::{Download, Installing, Signers};

/// Fetch every CRL that can be fetched and install those that are valid
///
/// Fetches from every HTTP distribution point of the environment's CAs and of the given certificates, several at
/// once, and only what is newer than the cache. Distribution points that cannot be fetched, such as directory names,
/// are listed with what to do. Expired CAs need no CRL and are marked. Run it from a scheduler; a failed run changes
/// nothing.
#[derive(Debug, Args)]
#[command(
    // Its CRLs are partitions of the new PKI, which are small; one that does not come must not hold up a job.
    mut_arg("timeout", |timeout| timeout.default_value("10s")),
    after_help = crate::args::MORE,
    after_long_help = "\
Examples:
  Everything INT needs, and the partition of your own certificate
    ptl-cert crl update --env int client.pem

  From your own mirror, which need not be trusted because CRLs are signed
    ptl-cert crl update --env int client.pem \\
      --mirror https://mirror.supplier.example/nhs/

Proxies: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in upper or lower
case, as for curl.

Exit status:
  0  every CRL is installed and current
  1  a CRL was rejected: wrong CA, bad signature, another partition, older than
     the installed one
  3  something could not be fetched, or the cache is busy or not writable"
)]
pub(crate) struct Update {
    /// Certificates whose CRLs to fetch; CAs among them count only below a known CA
    #[arg(value_name = "CERT")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signers: Signers,
    /// Fetch the same paths from below this URL instead
    #[arg(long, value_name = "URL")]
    pub(crate) mirror: Option<String>,
    #[command(flatten)]
    pub(crate) download: Download,
    /// Accept gzip-compressed downloads
    #[arg(long, hide_short_help = true)]
    pub(crate) gzip: bool,
    #[command(flatten)]
    pub(crate) installing: Installing,
}
