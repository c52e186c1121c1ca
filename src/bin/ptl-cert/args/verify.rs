//! `ptl-cert verify`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ptl_cert::fqdn::Fqdn;
use time::OffsetDateTime;

use super::parse;

/// Decide whether a certificate is good, and if not, say why
///
/// Builds every path from the certificate to a trusted root, lets OpenSSL validate it and checks what
/// OpenSSL leaves out: names, constraints, policies, SHA-1, revocation. What was in the input and
/// what was found elsewhere is told apart. Nothing is good because nothing was found.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Is it good for INT, with the CRLs of both CAs?
    ptl-cert verify fullchain.pem --env int --crl int1c.crl --crl root.crl

  With the CRLs that ptl-cert crl update and crl import keep
    ptl-cert verify fullchain.pem --env int

  As a server of that name, below a root of one's own
    ptl-cert verify server.pem --trust root.pem --chain sub.pem --fqdn a.nhs.uk

  Is it the answer to my request?
    ptl-cert verify reply.crt --env int --csr NAME.csr --key NAME.key

Exit status: 0 verified, 1 not verified, 3 not decided; the worst of several wins.")]
pub(crate) struct Verify {
    /// Certificates; other certificates in the same files count as sent along
    #[arg(value_name = "CERT", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The environment it is for: dev, int, dep, train, live, or one of --facts; its pinned roots are trusted
    #[arg(long, value_name = "ENV")]
    pub(crate) env: Option<String>,
    /// A certificate to trust instead of the environment's roots; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Vec<PathBuf>,
    /// CA certificates to complete chains with; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Vec<PathBuf>,
    /// A CRL, beside those in the cache; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) crl: Vec<PathBuf>,
    /// The folder of the cache of CRLs (ptl-cert crl) [default: PTL_CERT_HOME/crl, or the system's folder for data]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// The host it must be for
    #[arg(long, value_name = "NAME")]
    pub(crate) fqdn: Option<Fqdn>,
    /// What it must be usable for
    #[arg(long, value_enum, value_name = "PURPOSE", default_value_t)]
    pub(crate) purpose: Purpose,
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
    /// Which certificates to check for revocation [default: chain if there is a --crl or the cache has CRLs of its CAs, else off]
    #[arg(long, value_enum, value_name = "EXTENT")]
    pub(crate) revocation: Option<Revocation>,
    /// What to do with an expired CRL
    #[arg(long, value_enum, value_name = "WORTH", default_value_t)]
    pub(crate) stale_crl: StaleCrl,
    /// Accept SHA-1 signatures below the root
    #[arg(long)]
    pub(crate) allow_sha1: bool,
    /// Accept keys of less than 112 bits of security: RSA and DSA below 2048 bits, elliptic curves below 224
    #[arg(long)]
    pub(crate) allow_weak_keys: bool,
    /// Add each certificate of the chain as PEM to the JSON
    #[arg(long)]
    pub(crate) pem: bool,
    /// Refuse what breaks RFC 5280's rules for issuers, even where no software does
    #[arg(long)]
    pub(crate) strict: bool,
    /// The private key that it must belong to
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The request that it must answer: key and names
    #[arg(long, value_name = "FILE")]
    pub(crate) csr: Option<PathBuf>,
    /// A file with the password of PKCS#12 files and encrypted keys
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Write evidence as well: .html, .md, .xml (JUnit) or .json
    #[arg(long, value_name = "FILE", value_parser = parse::report)]
    pub(crate) report: Option<PathBuf>,
    /// A file with environments and CAs of your own, on top of those built in
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
}

/// What a certificate must be usable for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// A TLS server.
    #[default]
    Server,
    /// A TLS client.
    Client,
    /// Purposes are not judged.
    Any,
}

/// Whose revocation is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Revocation {
    /// None.
    Off,
    /// The certificate's own.
    Leaf,
    /// Every certificate below the root.
    Chain,
}

/// What to do with an expired CRL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum StaleCrl {
    /// Nothing.
    #[default]
    Refuse,
    /// As much as a fresh one, with a warning.
    Warn,
    /// As much as a fresh one, with a note.
    Accept,
}
