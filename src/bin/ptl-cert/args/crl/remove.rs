//! `ptl-cert crl remove`, as typed.

use std::time::Duration;

use clap::Args;

use super::CacheFolder;
use crate::args::parse;

/// Remove CRLs that are no longer needed from the cache
///
/// When a client moves to another partition, the old partition's CRL stays in the cache but is no longer renewed, so
/// crl status and crl plan will report it as critical. This removes it, with its rollback protection and download
/// history. A server's folder changes only with the next crl export.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  A partition that no client uses any more, by the source that crl status -v shows
    ptl-cert crl remove http://crl.nhs.uk/int/1c/crlc2.crl

  A mistyped address, reported as a source that never answered
    ptl-cert crl remove http://crl.nhs.uk/int/1c/crlc.crl

  The old PKI's, by the name of its distribution point
    ptl-cert crl remove 'O=nhs, OU=CA, CN=NHS Level 1A, CN=CRL7'

Exit status:
  0  all were found and removed
  1  one was not in the cache; the others were removed
  3  the cache is busy or not writable")]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct Remove {
    /// The source or distribution point that crl status -v shows, a slot of its JSON output, or a source that failed
    #[arg(value_name = "SOURCE", required = true)]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) folder: CacheFolder,
    /// How long to wait for another run to finish
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "30s", hide_short_help = true)]
    pub(crate) wait: Duration,
}
