//! `ptl-cert crl check`, as typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Check whether certificates have been revoked
///
/// Checks certificates against the CRL cache, or serial numbers against one CRL and its issuer. A CRL counts only if
/// its signer's own certificate is valid and no CRL lists it. The answer is undecided, never good, if the CRL is missing
/// or expired, belongs to another partition or key, or was issued after the certificate had expired.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("asked").args(["paths", "serial", "serials"]).required(true).multiple(true),
    after_help = crate::args::MORE,
    after_long_help = "\
Examples:
  Certificates, using the cache
    ptl-cert crl check client.pem

  Serial numbers, using a CRL file: one, and a file with one per line
    ptl-cert crl check --crl crlc7.crl --issuer int1c.pem --serial 5DC9DB79
    ptl-cert crl check --crl crlc7.crl --issuer int1c.pem \\
      --serials serials.txt --format ndjson

  The same, for certificates that all name that partition
    ptl-cert crl check --crl crlc7.crl --issuer int1c.pem \\
      --serials serials.txt --point http://crl.nhs.uk/int/1c/crlc7.crl

Exit status:
  0  none is revoked
  1  at least one is revoked
  3  at least one is undecided (this outranks 1: it may hide a revoked one)"
)]
#[command(arg = crate::args::global::format(&crate::args::global::STREAMING))]
pub(crate) struct Check {
    /// Certificates to check against the cache
    #[arg(value_name = "CERT", conflicts_with_all = ["serial", "serials", "crl"])]
    pub(crate) paths: Vec<PathBuf>,
    /// The CRL to search
    #[arg(long, value_name = "FILE", requires = "issuer")]
    pub(crate) crl: Option<PathBuf>,
    /// The CA that issued the CRL, or another of the chain
    ///
    /// A file with its certificate; repeatable.
    #[arg(long, value_name = "CA")]
    pub(crate) issuer: Vec<PathBuf>,
    /// A serial number in hex; repeatable
    ///
    /// With or without colons, 0x or a minus sign.
    #[arg(long, value_name = "HEX", value_parser = parse::serial, requires = "issuer", allow_hyphen_values = true)]
    pub(crate) serial: Vec<parse::Serial>,
    /// A file of serial numbers, one per line, or - for standard input
    #[arg(long, value_name = "FILE", requires = "issuer")]
    pub(crate) serials: Option<PathBuf>,
    /// The distribution point that these certificates name
    ///
    /// Without it, a partitioned CRL cannot answer for a serial number. The certificates are taken for those of end
    /// entities, not of CAs.
    #[arg(
        long,
        value_name = "URL",
        requires = "issuer",
        conflicts_with = "paths"
    )]
    pub(crate) point: Option<String>,
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    #[command(flatten)]
    pub(crate) folder: CacheFolder,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}
