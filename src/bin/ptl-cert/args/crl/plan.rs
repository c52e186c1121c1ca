//! `ptl-cert crl plan`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ptl_cert::verdict::plan::Server;
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Say which CRLs a trust bundle and a server need, and which of them the cache has
///
/// A server that checks the whole chain needs a CRL from every CA: the root's for the sub CAs, and each sub CA's for its
/// clients. Where a CA partitions its CRLs, each client's certificate names its own CRL: give the clients' certificates. With
/// --for, the CRLs are also tried by that server's own rules, and what it would ignore, refuse or wrongly let in is
/// reported. One row a CRL; everything about each with -v.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  What does nginx need for INT?
    ptl-cert crl plan --env int --for nginx

  And for my clients, whose certificates are in a folder?
    ptl-cert crl plan --env int --for nginx --client clients/

  For CAs of one's own
    ptl-cert crl plan --chain root.pem --chain sub.pem

Exit status:
  0  COMPLETE: every CRL is there and current, and the server does with it what it should
  1  NOT COMPLETE; or PARTITIONS UNKNOWN: a CA partitions its CRLs, and no client of it was given
  3  something cannot be read")]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) targets: Targets,
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// The server that it is for
    #[arg(long = "for", value_enum, value_name = "SERVER")]
    pub(crate) server: Option<ServerKind>,
    /// Plan as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
    /// Write evidence as well: .html, .md, .xml (JUnit) or .json
    #[arg(long, value_name = "FILE", value_parser = parse::report)]
    pub(crate) report: Option<PathBuf>,
}

/// The certificates that a server has to judge.
#[derive(Clone, Debug, Args)]
pub(crate) struct Targets {
    /// Certificates that the server will have to judge: clients, or servers that it calls
    #[arg(value_name = "CERT")]
    pub(crate) paths: Vec<PathBuf>,
    /// A client's certificate, or a folder with the certificates of clients; may be given several times
    #[arg(long = "client", value_name = "CERT|DIR")]
    pub(crate) clients: Vec<PathBuf>,
}

/// The CAs that a server trusts, and the cache.
#[derive(Clone, Debug, Args)]
pub(crate) struct Bundle {
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    /// CA certificates of the trust bundle, besides or instead of the environment's; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: CacheFolder,
}

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServerKind {
    /// nginx: ssl_crl
    Nginx,
    /// HAProxy: crl-file
    Haproxy,
    /// Apache httpd: SSLCARevocationFile with SSLCARevocationCheck chain
    Apache,
    /// Java: Tomcat, or a trust manager of one's own
    Java,
    /// IIS: the store LocalMachine\CA
    Iis,
    /// A folder with OpenSSL's hashed names
    OpensslDir,
}

impl From<ServerKind> for Server {
    fn from(kind: ServerKind) -> Server {
        match kind {
            ServerKind::Nginx => Server::Nginx,
            ServerKind::Haproxy => Server::Haproxy,
            ServerKind::Apache => Server::Apache,
            ServerKind::Java => Server::Java,
            ServerKind::Iis => Server::Iis,
            ServerKind::OpensslDir => Server::OpensslDir,
        }
    }
}
