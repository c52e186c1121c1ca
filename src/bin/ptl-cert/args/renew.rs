//! `ptl-cert renew`, as typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use time::OffsetDateTime;

use super::parse;

/// Make the next key and request for certificates that expire
///
/// Finds the certificate that a host uses now, and makes a new key and a CSR with the same names beside it, in a folder of
/// their own. The certificate and key in use are not changed. When the new certificate has arrived and accept has
/// checked it, export puts it in place.
#[derive(Debug, Args)]
#[command(
    override_usage = "ptl-cert renew [OPTIONS] [NAME]... [--due <DAYS>]",
    group = ArgGroup::new("which").required(true).multiple(true).args(["names", "due"]),
    after_help = crate::args::MORE,
    after_long_help = "\
Examples:
  The next pair for one host, whose certificate is in a server's folder
    ptl-cert renew gpc-int-a1b2c.thirdparty.nhs.uk --from /etc/nginx/ptl-cert

  Daily: a pair for whatever expires in the next 60 days
    ptl-cert renew --due 60d -r --from /etc/pki/nhs --out-dir /etc/pki/next

  With the key in use; only the CSR is made
    ptl-cert renew gpc-int-a1b2c.thirdparty.nhs.uk --reuse-key NAME.key

What the next pair has:
  A new RSA key of 2048, 3072 or 4096 bits, as the current one, else of 2048.
  The names of the current certificate: the CN first, then the others. If its
  CSR is among the files, the other subject attributes of that are kept, each
  kind once, without an e-mail address, and so is a missing SAN.
  An existing pair in DIR is never changed, so running it again does no harm.

Of several certificates of one host, the one that expires last is the current
one. With --due, one is skipped if a newer one of the same issuer and for the
same names is among the files, and self-signed ones are skipped unless named.
Only dates and names decide: verify says whether a certificate is good.

Exit status:
  0  the next pairs were made or are there already, or nothing is due
  1  some of several hosts failed
  2  a name or an option is not valid; nothing written
  3  no certificate of that name, a file was not read, which may hold it or a
     newer one, or the pair cannot be made or written"
)]
pub(crate) struct Renew {
    /// The hosts to renew, whatever the dates unless --due is given
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Renew what has expired or expires within this time, e.g. 60d
    #[arg(long, value_name = "DAYS", value_parser = parse::days)]
    pub(crate) due: Option<u32>,
    /// A file or folder with the certificates in use, or - for standard input; repeatable
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub(crate) from: Vec<PathBuf>,
    /// Include subfolders
    #[arg(short, long)]
    pub(crate) recursive: bool,
    /// The folder for the next pairs, created if missing
    #[arg(long, value_name = "DIR", default_value = "next")]
    pub(crate) out_dir: PathBuf,
    /// Use the current private key again; only the CSR is written
    #[arg(long, value_name = "FILE")]
    pub(crate) reuse_key: Option<PathBuf>,
    /// A file with the passphrase to encrypt new keys, or to open --reuse-key
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "passphrase",
        hide_short_help = true
    )]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Prompt for the passphrase on the terminal
    #[arg(long)]
    pub(crate) passphrase: bool,
    /// Allow a name that does not end in nhs.uk
    #[arg(long, hide_short_help = true)]
    pub(crate) any_domain: bool,
    /// A file with the password for PKCS#12 files and key stores
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}
