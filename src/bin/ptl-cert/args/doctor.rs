//! `ptl-cert doctor`, as typed.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::parse;

/// Say what is wrong with a server's configuration: nginx, Apache, HAProxy, Tomcat
///
/// Reads the configuration and the certificates, keys and CRLs it names, and reports what the Spine's rules forbid
/// and what would refuse good clients or let in wrong ones: CRLs that are not checked, missing or expired; a
/// generation of CAs that is not trusted; a depth that is too small; a sub CA that is not sent; TLS versions and
/// suites; a key that does not match or that others can read; any client of the CA admitted; CRLs newer than the
/// running server. Nothing is changed, and no server is contacted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ptl-cert doctor /etc/nginx/nginx.conf --env int
  ptl-cert doctor /etc/apache2 --env live

Includes are followed within the folder named, or the file's own. A configuration's own test (nginx -t,
apachectl configtest, haproxy -c) says whether the server would start; this says whom it would let in.

Exit status:
  0  nothing is wrong, or warnings only
  1  something is wrong
  3  no configuration of a known server was found, or something cannot be read")]
pub(crate) struct Doctor {
    /// Configuration files, or folders with them
    #[arg(value_name = "CONFIG", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The environment: dev, int, dep, train, live, or one of --facts; otherwise by the CAs that are trusted
    #[arg(long, value_name = "ENV")]
    pub(crate) env: Option<String>,
    /// The server's process, to compare its start with the CRLs; otherwise by the configuration's pid file
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Option<u32>,
    /// A file with environments and CAs of your own, on top of those built in
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
    /// Judge as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}
