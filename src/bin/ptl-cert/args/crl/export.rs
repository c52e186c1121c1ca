//! `ptl-cert crl export`, as typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::plan::{Bundle, ServerKind, Targets};
use crate::args::parse;

/// Write the CRLs of the cache as a server wants them
///
/// Writes the CRLs that `crl plan` names if none of them is missing and the server does with them what it should: all
/// files or none, and only where their content changes. A CRL past its nextUpdate is written too, and reported: the server
/// refuses its clients either way, and the other CRLs have to be renewed. If the test fails, the old files are restored. What
/// is needed for that is kept in the subfolder .ptl-cert-set.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  For nginx, with its own test, and a reload only when something changed
    ptl-cert crl export --for nginx --env int --client clients/ --out-dir /etc/nginx/crl \\
      --test 'nginx -t' --on-change 'systemctl reload nginx'

  For IIS, then load what was written
    ptl-cert crl export --for iis --env int --out-dir C:\\crl --on-change \"powershell -File C:\\crl\\import-crl.ps1\"

The commands are run by sh -c (on Windows by cmd /C); what they print goes to standard error. A
command that fails after a change is run again by the next export, until it succeeds.

Exit status:
  0  the files are in place, and the commands succeeded
  1  the plan is not complete and nothing was changed; or a CRL is past its nextUpdate; or a CA
     partitions its CRLs and no client of it was given; or the test failed and the old files are
     back; or the command after the change failed
  3  something cannot be read or written, or another run is writing")]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) targets: Targets,
    /// The server that it is for
    #[arg(long = "for", value_enum, value_name = "SERVER")]
    pub(crate) server: ServerKind,
    /// The folder to write to, which is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: PathBuf,
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// A command that says whether the server accepts the new files; if it fails, the old ones are restored
    #[arg(long, value_name = "COMMAND")]
    pub(crate) test: Option<String>,
    /// A command to run after the files have changed, such as a reload
    #[arg(long, value_name = "COMMAND")]
    pub(crate) on_change: Option<String>,
    /// How long each command may take
    #[arg(long, value_name = "TIME", value_parser = parse::duration, default_value = "60s")]
    pub(crate) command_timeout: Duration,
    /// Write what the cache has although the plan is not complete, and call that good: the server then refuses, or lets
    /// in, the clients that crl plan names
    #[arg(long, alias = "incomplete")]
    pub(crate) allow_incomplete: bool,
    /// Replace files of the same names that another program wrote
    #[arg(long)]
    pub(crate) replace: bool,
    /// Plan as at this moment instead of now, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub(crate) at: Option<OffsetDateTime>,
}
