//! `ptl-cert crl remove`, as typed.

use std::time::Duration;

use clap::Args;

use super::CacheFolder;
use crate::args::parse;

/// Remove CRLs that are no longer needed from the cache
///
/// When a client gets a certificate of another partition, the CRL of its old one is left in the cache: no job renews
/// it, so that crl status and crl plan come to call it critical for good. What a CRL remembered against being set back
/// goes with it, and so does what came of trying its source. Nothing is taken from a server's folder before the next crl export.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  A partition that no client is in any more, by the source that crl status shows
    ptl-cert crl remove http://crl.nhs.uk/int/1c/crlc2.crl

  An address that was mistyped, and is told of as one that never answered
    ptl-cert crl remove http://crl.nhs.uk/int/1c/crlc.crl

  The old PKI's, by the name of its distribution point
    ptl-cert crl remove 'O=nhs, OU=CA, CN=NHS Level 1A, CN=CRL7'

Exit status:
  0  all of them were there, and are gone
  1  one was not in the cache; the others are gone
  3  the cache is busy or cannot be written")]
pub(crate) struct Remove {
    /// CRLs: what crl status names as their source or distribution point, or their slot; or a source that failed
    #[arg(value_name = "LIST", required = true)]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) folder: CacheFolder,
    /// How long to wait for another run to finish
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "30s")]
    pub(crate) wait: Duration,
}
