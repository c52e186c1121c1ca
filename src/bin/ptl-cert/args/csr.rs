//! `ptl-cert csr`, as typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

/// Make a private key and a certificate signing request (CSR) named after a host
///
/// Writes NAME.key (PKCS#8, readable by you alone) and NAME.csr. The .key stays on the machine; the
/// .csr is what you send. Either both files appear or neither does, and an existing key is never
/// overwritten.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("hosts_from").required(true).args(["fqdn", "hosts"]),
    after_help = "\
Examples:
  One endpoint: a 2048-bit RSA key, and a CSR with the name in CN and SAN
    ptl-cert csr --fqdn gpc-int-a1b2c.supplier.thirdparty.nhs.uk

  Every host of a CRL; run it again to finish what was interrupted
    ptl-cert csr --hosts hosts.csv --out-dir certificates --skip-existing

  Renew with the key you have
    ptl-cert csr --fqdn HOST.thirdparty.nhs.uk --key HOST.key --out-dir new

  Renew with a new key; the old pair is renamed and kept
    ptl-cert csr --fqdn HOST.thirdparty.nhs.uk --replace

The CRL of --hosts:
  One name a line, or a CSV file whose header begins with `fqdn`:
    fqdn,san,o
    a.thirdparty.nhs.uk,b.thirdparty.nhs.uk c.thirdparty.nhs.uk,Supplier Ltd
  The names of `san` are separated by spaces or `;`. Columns named after a
  subject attribute (o, ou, l, st, c) go into the subject; other columns are
  left alone, with a note. Blank lines and lines that begin with # are skipped.

Exit status:
  0  made, or skipped as asked
  1  of several hosts some failed
  2  a name or an option is not acceptable, and nothing was written
  3  the pair exists already, or a file cannot be read or written"
)]
pub(crate) struct Csr {
    /// The endpoint's host name; may be given several times
    #[arg(long, value_name = "NAME", num_args = 1)]
    pub(crate) fqdn: Vec<String>,
    /// A file of host names, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) hosts: Option<PathBuf>,
    /// The folder for the files; it is made if it is missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out_dir: PathBuf,
    /// A further DNS name for the SAN; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with_all = ["hosts", "cn_only"])]
    pub(crate) san: Vec<String>,
    /// Leave the SAN out, for a CA that copies only the CN
    #[arg(long)]
    pub(crate) cn_only: bool,
    /// Further subject attributes, such as O=Supplier,C=GB; never an e-mail address
    #[arg(long, value_name = "ATTRIBUTES")]
    pub(crate) subject: Option<String>,
    /// The new RSA key's size
    #[arg(
        long,
        value_name = "BITS",
        value_enum,
        default_value_t,
        conflicts_with = "key"
    )]
    pub(crate) bits: Bits,
    /// Use this private key instead of making one; only the CSR is written
    #[arg(long, value_name = "FILE", conflicts_with = "hosts")]
    pub(crate) key: Option<PathBuf>,
    /// A file with the passphrase that encrypts the new key, or opens that of --key
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Ask for the passphrase on the terminal
    #[arg(long)]
    pub(crate) passphrase: bool,
    /// Allow a name that does not end in nhs.uk
    #[arg(long)]
    pub(crate) any_domain: bool,
    /// Rename an existing pair aside, with the time in its name, and make a new one
    #[arg(long, conflicts_with = "skip_existing")]
    pub(crate) replace: bool,
    /// Leave hosts alone that have their pair already
    #[arg(long)]
    pub(crate) skip_existing: bool,
    /// Print the CSRs as PEM and nothing else; the files are written all the same
    #[arg(long)]
    pub(crate) stdout: bool,
}

/// The key sizes on offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bits {
    /// What the NHS recipe asks for.
    #[default]
    #[value(name = "2048")]
    Rsa2048,
    /// In between.
    #[value(name = "3072")]
    Rsa3072,
    /// What the newer API platform asks for.
    #[value(name = "4096")]
    Rsa4096,
}
