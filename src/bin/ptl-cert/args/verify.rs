//! `ptl-cert verify`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ptl_cert::fqdn::Fqdn;
use time::OffsetDateTime;

use super::parse;

/// Decide whether a certificate is good, and if not, say why
///
/// Builds every path from the certificate to a trusted root, has OpenSSL validate it, and checks what OpenSSL leaves
/// out: names, constraints, policies, SHA-1, revocation. Shows which certificates you supplied and which were found
/// elsewhere. Missing evidence never counts as a pass.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  Is it good for INT, with the CRLs of both CAs?
    ptl-cert verify fullchain.pem --env int --crl int1c.crl --crl root.crl

  With the CRLs that ptl-cert crl update and crl import keep
    ptl-cert verify fullchain.pem --env int

  As a server with that name, against your own root
    ptl-cert verify server.pem --trust root.pem --chain sub.pem --fqdn a.nhs.uk

  Does it match my CSR?
    ptl-cert verify reply.crt --env int --csr NAME.csr --key NAME.key

Exit status: 0 verified, 1 not verified, 3 undecided; with several, the worst.")]
pub(crate) struct Verify {
    /// Certificates; others in the same files count as sent with them
    #[arg(value_name = "CERT", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The environment whose pinned roots to trust: dev, int, dep, train, live, or one from --facts
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: Option<String>,
    /// Trust this instead of the environment's roots, a root or not; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Vec<PathBuf>,
    /// CA certificates to complete chains with; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Vec<PathBuf>,
    /// A CRL besides those in the cache; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) crl: Vec<PathBuf>,
    /// The CRL cache (see ptl-cert crl) [default: PTL_CERT_HOME/crl, or the system's data folder]
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    pub(crate) cache: Option<PathBuf>,
    /// The host name the certificate must be valid for
    #[arg(long, value_name = "NAME")]
    pub(crate) fqdn: Option<Fqdn>,
    /// The purpose the certificate must allow
    #[arg(long, value_enum, value_name = "PURPOSE", default_value_t)]
    pub(crate) purpose: Purpose,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
    /// Which certificates to check for revocation
    ///
    /// Default: chain with a --crl, with a cache that --cache or PTL_CERT_HOME names, or where the usual cache has CRLs of
    /// its CAs; else off.
    #[arg(long, value_enum, value_name = "EXTENT")]
    pub(crate) revocation: Option<Revocation>,
    /// What to do with an expired CRL
    #[arg(
        long,
        value_enum,
        value_name = "WORTH",
        default_value_t,
        hide_short_help = true
    )]
    pub(crate) stale_crl: StaleCrl,
    /// Accept SHA-1 signatures below the root
    #[arg(long, hide_short_help = true)]
    pub(crate) allow_sha1: bool,
    /// Accept keys with less than 112 bits of security: RSA and DSA below 2048 bits, EC below 224
    #[arg(long, hide_short_help = true)]
    pub(crate) allow_weak_keys: bool,
    /// Add each certificate of the chain as PEM to the JSON
    #[arg(long, hide_short_help = true)]
    pub(crate) pem: bool,
    /// Also reject what breaks RFC 5280's rules for issuers, even if other software accepts it
    #[arg(long, hide_short_help = true)]
    pub(crate) strict: bool,
    /// The private key the certificate must match, or its public key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The CSR the certificate must match: key and names
    #[arg(long, value_name = "FILE")]
    pub(crate) csr: Option<PathBuf>,
    /// A file with the password for PKCS#12 files and encrypted keys
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) password_file: Option<PathBuf>,
    /// Write a report too: .html, .md, .xml or .json
    ///
    /// .xml is JUnit's format.
    #[arg(long, value_name = "FILE", value_parser = parse::report, hide_short_help = true)]
    pub(crate) report: Option<PathBuf>,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) findings: crate::args::global::Findings,
}

/// What a certificate must be usable for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// A TLS server.
    #[default]
    Server,
    /// A TLS client.
    Client,
    /// Any purpose: not checked.
    Any,
}

/// Whose revocation is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Revocation {
    /// None.
    Off,
    /// The certificate alone.
    Leaf,
    /// Every certificate below the root.
    Chain,
}

/// What to do with an expired CRL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum StaleCrl {
    /// An expired CRL does not count.
    #[default]
    Refuse,
    /// It counts like a current one, with a warning.
    Warn,
    /// It counts like a current one, with a note.
    Accept,
}
