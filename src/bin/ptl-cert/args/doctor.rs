//! `ptl-cert doctor`, as typed.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::parse;

/// Check a server's configuration against the Spine's rules
///
/// Reads the configuration and the certificates, keys and CRLs it names, and reports what breaks the Spine's rules,
/// refuses good clients or admits the wrong ones: CRLs that are unchecked, missing or expired; a CA generation that
/// is not trusted; a verify depth that is too small; a sub CA that is not sent; forbidden TLS versions and suites;
/// a key that does not match or that others can read; a rule that admits any client of the CA; CRLs newer than the
/// running server. Nothing is changed, and no server is contacted or, without --run-test, started.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  ptl-cert doctor /etc/nginx/nginx.conf --env int
  ptl-cert doctor /etc/apache2 --env live --run-test
  nginx -T | ptl-cert doctor - --env int

Includes are followed within the given folder, or the file's own; nginx -T
prints all of them. The server's own test shows whether it would start; doctor
shows which clients it would admit.

Exit status:
  0  nothing wrong, or warnings only
  1  something is wrong
  3  no configuration of a known server found, a file cannot be read, or a
     part was not understood and nothing else is wrong")]
pub(crate) struct Doctor {
    /// Configuration files, folders of them, or the output of nginx -T; - for standard input
    #[arg(value_name = "CONFIG", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The environment: dev, int, dep, train or live
    ///
    /// A facts file may define others. Without --env, the trusted CAs decide.
    #[arg(
        long,
        value_name = "ENV",
        value_parser = crate::args::parse::environment_names(),
        hide_possible_values = true
    )]
    pub(crate) env: Option<String>,
    /// The server's process ID, to compare its start time with the CRLs [default: from the configured pid file]
    #[arg(long, value_name = "PID", hide_short_help = true)]
    pub(crate) pid: Option<u32>,
    /// Also run the server's own test (nginx -t, apachectl -t, haproxy -c), which loads the modules that the configuration
    /// names: use it only on a configuration you trust
    #[arg(long)]
    pub(crate) run_test: bool,
    /// A facts file with your own environments and CAs, added to those built in
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) facts: Option<PathBuf>,
    /// Check as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
    #[command(flatten)]
    pub(crate) findings: crate::args::global::Findings,
}
