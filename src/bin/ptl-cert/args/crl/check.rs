//! `ptl-cert crl check`, as typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Say whether certificates have been revoked
///
/// By the CRLs of the cache, for certificates; or by one CRL that is given with its issuer, for serial numbers. The
/// signature is verified every time, and what cannot be told is never good: no CRL, one past its time, another
/// partition's.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("asked").args(["paths", "serial", "serials"]).required(true).multiple(true),
    after_help = "\
Examples:
  By the cache
    ptl-cert crl check client.pem

  By a file, for one serial number and for a file of them, one a line
    ptl-cert crl check --crl crlc7.crl --issuer int1c.pem --serial 5DC9DB79
    ptl-cert crl check --crl crlc7.crl --issuer int1c.pem --serials serials.txt --format ndjson

Exit status:
  0  none is revoked
  1  one is revoked
  3  for one it cannot be told; this is the worst, as a revoked one may be behind it"
)]
pub(crate) struct Check {
    /// Certificates to look for in the cache
    #[arg(value_name = "CERT", conflicts_with_all = ["serial", "serials", "crl"])]
    pub(crate) paths: Vec<PathBuf>,
    /// The CRL to look in
    #[arg(long, value_name = "FILE", requires = "issuer")]
    pub(crate) crl: Option<PathBuf>,
    /// The CA whose list it is; with certificates, a CA to complete chains with; may be given several times
    #[arg(long, value_name = "CA")]
    pub(crate) issuer: Vec<PathBuf>,
    /// A serial number in hex, with or without colons, 0x or a minus sign; may be given several times
    #[arg(long, value_name = "HEX", value_parser = parse::serial, requires = "issuer", allow_hyphen_values = true)]
    pub(crate) serial: Vec<parse::Serial>,
    /// A file of serial numbers, one a line, or - for standard input
    #[arg(long, value_name = "FILE", requires = "issuer")]
    pub(crate) serials: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    #[command(flatten)]
    pub(crate) folder: CacheFolder,
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}
