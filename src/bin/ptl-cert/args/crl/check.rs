//! `ptl-cert crl check`, as typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Say whether certificates have been revoked
///
/// By the CRLs of the cache, for certificates; or by one CRL that is given with its issuer, for serial numbers. A CRL counts
/// only if its signer's own certificate is valid and not revoked. What cannot be told is never good: no CRL, one past its
/// nextUpdate, another partition's, another key's, one made after the certificate had expired.
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

  The same where the CRL is one partition's, which all these certificates name
    ptl-cert crl check --crl crlc7.crl --issuer int1c.pem --serials serials.txt --point http://crl.nhs.uk/int/1c/crlc7.crl

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
    /// The CA that issued the CRL; with certificates, a CA to complete chains with; may be given several times
    #[arg(long, value_name = "CA")]
    pub(crate) issuer: Vec<PathBuf>,
    /// A serial number in hex, with or without colons, 0x or a minus sign; may be given several times
    #[arg(long, value_name = "HEX", value_parser = parse::serial, requires = "issuer", allow_hyphen_values = true)]
    pub(crate) serial: Vec<parse::Serial>,
    /// A file of serial numbers, one a line, or - for standard input
    #[arg(long, value_name = "FILE", requires = "issuer")]
    pub(crate) serials: Option<PathBuf>,
    /// The distribution point that the certificates of the serial numbers name: only then the CRL of a partition answers
    /// for them, as end-entity certificates
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
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}
