//! `ptl-cert csr`, as typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

/// Make a private key and a certificate signing request (CSR)
///
/// Writes NAME.key (PKCS#8, readable only by you) and NAME.csr. The .key stays on this machine; send the .csr. Either
/// both files are written or neither, and an existing key is never overwritten.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("hosts_from").required(true).multiple(true).args(["names", "fqdn", "hosts"]),
    after_help = crate::args::MORE,
    after_long_help = "\
Examples:
  One endpoint: a 2048-bit RSA key, and a CSR with the name in CN and SAN
    ptl-cert csr --fqdn gpc-int-a1b2c.supplier.thirdparty.nhs.uk

  Every host in a file; run it again to continue after an interruption
    ptl-cert csr --hosts hosts.csv --out-dir certificates --skip-existing

  For a key you have; only the CSR is written
    ptl-cert csr --fqdn HOST.thirdparty.nhs.uk --key HOST.key

  A new pair in place of one not in use; the old one is renamed and kept
    ptl-cert csr --fqdn HOST.thirdparty.nhs.uk --replace

  To renew a certificate in use, which keeps its pair in place until then
    ptl-cert renew HOST.thirdparty.nhs.uk --from /etc/nginx/ptl-cert

The file for --hosts:
  One name per line, or a CSV file with a column `fqdn`:
    fqdn,san,o
    a.thirdparty.nhs.uk,b.thirdparty.nhs.uk c.thirdparty.nhs.uk,Supplier Ltd
  Names in `san` are separated by spaces or `;`. Columns named after a subject
  attribute (o, ou, l, st, c) go into the subject; other columns are ignored,
  with a note. Blank lines and lines that begin with # are skipped.

Exit status:
  0  created, or skipped as asked
  1  some of several hosts failed
  2  a name or an option is not valid; nothing written
  3  the pair already exists, or a file cannot be read or written"
)]
pub(crate) struct Csr {
    /// The endpoint's host name; several make a pair each
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// The same as NAME; repeatable
    #[arg(long, value_name = "NAME", num_args = 1)]
    pub(crate) fqdn: Vec<String>,
    /// A file of host names, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["names", "fqdn"])]
    pub(crate) hosts: Option<PathBuf>,
    /// The folder to write to, created if missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out_dir: PathBuf,
    /// A further DNS name for the SAN; repeatable
    #[arg(long, value_name = "NAME", conflicts_with_all = ["hosts", "cn_only"])]
    pub(crate) san: Vec<String>,
    /// Omit the SAN, for a CA that copies only the CN
    #[arg(long, hide_short_help = true)]
    pub(crate) cn_only: bool,
    /// Further subject attributes, e.g. O=Supplier,C=GB
    ///
    /// Never an e-mail address: the NHS requires that field to be blank.
    #[arg(long, value_name = "ATTRIBUTES")]
    pub(crate) subject: Option<String>,
    /// Bits of the new RSA key
    #[arg(
        long,
        value_name = "BITS",
        value_enum,
        default_value_t,
        conflicts_with = "key"
    )]
    pub(crate) bits: Bits,
    /// Use this private key; only the CSR is written
    #[arg(long, value_name = "FILE", conflicts_with = "hosts")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the passphrase to encrypt the new key, or to open --key
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
    /// Rename an existing pair and make a new one
    ///
    /// The time is added to the names of the old pair.
    #[arg(long, conflicts_with = "skip_existing")]
    pub(crate) replace: bool,
    /// Keep the pairs that are there, after checking that they are what is asked for
    #[arg(long)]
    pub(crate) skip_existing: bool,
    /// Print the CSRs as PEM and nothing else; the files are still written
    #[arg(long, hide_short_help = true)]
    pub(crate) stdout: bool,
    #[command(flatten)]
    pub(crate) findings: crate::args::global::Findings,
}

/// The key sizes on offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bits {
    /// The size the NHS asks for.
    #[default]
    #[value(name = "2048")]
    Rsa2048,
    /// In between.
    #[value(name = "3072")]
    Rsa3072,
    /// The size the newer API platform asks for.
    #[value(name = "4096")]
    Rsa4096,
}
