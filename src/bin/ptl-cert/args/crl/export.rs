//! `ptl-cert crl export`, as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::plan::{Bundle, ServerKind, Targets};
use crate::args::parse;

/// Write cached CRLs in the form a server reads
///
/// Writes the CRLs that `crl plan` lists, provided none is missing and the server will use them correctly: all files
/// or none, and only those whose content changes. An expired CRL is written too and reported, because the server
/// refuses its clients either way and the other CRLs still need renewing. If --test fails, the old files are restored
/// from the subfolder .ptl-cert-set.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  For nginx, tested first and reloaded only when something changed
    ptl-cert crl export --for nginx --env int --client clients/ \\
      --out-dir /etc/nginx/crl \\
      --test 'nginx -t' --on-change 'systemctl reload nginx'

  For IIS, then load what was written
    ptl-cert crl export --for iis --env int --out-dir C:\\crl \\
      --on-change \"powershell -File C:\\crl\\import-crl.ps1\"

The commands run under sh -c (cmd /C on Windows) and their output goes to
standard error. If the command after a change fails, the next export runs it
again, until it succeeds.

Exit status:
  0  the files are in place and the commands succeeded
  1  the plan is not complete, nothing changed; a CRL has expired; partitions
     are unknown because no client certificate was given; the test failed and
     the old files were restored; or the command after the change failed
  3  a file cannot be read or written, or another run is writing")]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) targets: Targets,
    /// The server to plan for
    #[arg(long = "for", value_enum, value_name = "SERVER")]
    pub(crate) server: ServerKind,
    /// The folder to write to, created if missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: PathBuf,
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// Test the new files; on failure restore the old ones
    ///
    /// A command for the system's shell, such as 'nginx -t'.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) test: Option<String>,
    /// Run this after a change, such as a reload
    #[arg(long, value_name = "COMMAND")]
    pub(crate) on_change: Option<String>,
    /// Time limit for each command
    #[arg(long, value_name = "TIME", value_parser = parse::time_limit, default_value = "60s", hide_short_help = true)]
    pub(crate) command_timeout: Duration,
    /// Write what the cache has even if CRLs are missing
    ///
    /// And exit 0; the server then wrongly refuses or admits the clients that crl plan lists.
    #[arg(long, alias = "incomplete")]
    pub(crate) allow_incomplete: bool,
    /// Overwrite files that another program wrote
    #[arg(long)]
    pub(crate) replace: bool,
    /// Plan as at this time instead of now, e.g. 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment, hide_short_help = true)]
    pub(crate) at: Option<OffsetDateTime>,
}
