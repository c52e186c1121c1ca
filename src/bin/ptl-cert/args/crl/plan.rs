//! `ptl-cert crl plan`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ptl_cert::verdict::plan::Server;
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Say which CRLs a trust bundle and a server need, and which of them are at hand
///
/// A server that checks the whole chain needs a CRL of every CA: the root's for the sub CAs, and each sub CA's for its
/// clients. Where a CA cuts its CRLs into partitions, each client's certificate names its own; give clients'
/// certificates to have theirs planned for.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  What does nginx need for INT?
    ptl-cert crl plan --env int --for nginx

  And for a client of mine?
    ptl-cert crl plan --env int --for nginx client.pem

  For CAs of one's own
    ptl-cert crl plan --chain root.pem --chain sub.pem

Exit status: 0 all lists are at hand and in time, 1 one is missing or past its time, 3 something
cannot be read.")]
pub(crate) struct Plan {
    /// Certificates that will have to be judged: clients, or servers that are called
    #[arg(value_name = "CERT")]
    pub(crate) paths: Vec<PathBuf>,
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
