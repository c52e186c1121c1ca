//! `ptl-cert crl plan`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ptl_cert::ops::crl::Server;
use time::OffsetDateTime;

use super::{Authorities, CacheFolder};
use crate::args::parse;

/// Show which CRLs a trust bundle and a server need, and which are cached
///
/// A server that checks the whole chain needs a CRL from every CA: the root's for the sub CAs, and each sub CA's for
/// its clients. Where a CA partitions its CRLs, each client certificate names its own CRL, so give the client
/// certificates. The server's own certificate says nothing about its clients: give it beside --client only. With --for, the CRLs are also tested against that server's own rules, to report what it would
/// ignore, refuse or wrongly admit. One row per CRL; full details with -v.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  What does nginx need for INT?
    ptl-cert crl plan --env int --for nginx

  And for the clients whose certificates are in this folder?
    ptl-cert crl plan --env int --for nginx --client clients/

  For your own CAs
    ptl-cert crl plan --chain root.pem --chain sub.pem

Exit status:
  0  COMPLETE: every CRL is cached, current and usable by the server
  1  NOT COMPLETE; or PARTITIONS UNKNOWN: a CA partitions its CRLs and none of
     its clients was given
  3  a file or the cache cannot be read")]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) targets: Targets,
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// The server to plan for
    #[arg(long = "for", value_enum, value_name = "SERVER")]
    pub(crate) server: Option<ServerKind>,
    /// Plan as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
    /// Write a report too: .html, .md, .xml or .json
    ///
    /// .xml is JUnit's format.
    #[arg(long, value_name = "FILE", value_parser = parse::report)]
    pub(crate) report: Option<PathBuf>,
}

/// The certificates that a server has to judge.
#[derive(Clone, Debug, Args)]
pub(crate) struct Targets {
    /// Certificates the server will check: its clients; with --client, others such as its own
    #[arg(value_name = "CERT")]
    pub(crate) paths: Vec<PathBuf>,
    /// A client's certificate, or a folder; repeatable
    #[arg(long = "client", value_name = "CERT|DIR")]
    pub(crate) clients: Vec<PathBuf>,
}

/// The CAs that a server trusts, and the cache.
#[derive(Clone, Debug, Args)]
pub(crate) struct Bundle {
    #[command(flatten)]
    pub(crate) authorities: Authorities,
    /// CA certificates in the trust bundle; repeatable
    ///
    /// Besides the environment's, or instead of them where no environment is given.
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Vec<PathBuf>,
    /// A generation of the environment's CAs to leave out, such as "G1 SHA-1"; repeatable
    ///
    /// As for export: for a server that does not trust it.
    #[arg(
        long,
        value_name = "GENERATION",
        requires = "env",
        hide_short_help = true
    )]
    pub(crate) leave_out: Vec<String>,
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
    /// Java: Tomcat, or your own trust manager
    Java,
    /// IIS: the store LocalMachine\CA
    Iis,
    /// A folder with OpenSSL hashed names
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
