//! `ptl-cert crl schedule`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ptl_cert::export::schedule::{Every, Scheduler};

use super::plan::{Bundle, ServerKind, Targets};

/// Print a job that keeps the CRLs current, for the scheduler you use
///
/// The job runs `crl update` for the CRLs that can be fetched, `crl import` for those on a download page or mirror,
/// and `crl export` for the server, with its test and reload. Each step runs even if the one before it failed, so one
/// unavailable CRL does not hold back the others; the job still fails, so the scheduler reports it. Nothing is
/// installed: save the output, check it, and follow the steps printed with it.
///
/// A service has no home folder. Without --cache the job keeps a cache of its own, /var/lib/ptl-cert/crl or
/// C:\ProgramData\ptl-cert\crl: give it as --cache to the commands that are to use it, such as crl status.
#[derive(Debug, Args)]
#[command(after_help = crate::args::MORE, after_long_help = "\
Examples:
  A systemd timer that keeps nginx up to date
    ptl-cert crl schedule --for systemd --env int --server nginx \\
      --out-dir /etc/nginx/crl \\
      --test 'nginx -t' --on-change 'systemctl reload nginx' --write .

  Both PKIs: the new one over HTTP, the old one's file from your own server
    ptl-cert crl schedule --for cron --env live --client clients/ \\
      --import https://files.supplier.example/old.crl --server nginx \\
      --out-dir /etc/nginx/crl

  A Windows task that fetches the CRLs and loads them for IIS
    ptl-cert crl schedule --for windows-task --env int --write .")]
#[command(arg = crate::args::global::not_verbose())]
pub(crate) struct Schedule {
    #[command(flatten)]
    pub(crate) targets: Targets,
    /// The scheduler
    #[arg(long = "for", value_enum, value_name = "SCHEDULER")]
    pub(crate) scheduler: SchedulerKind,
    /// How often: daily or weekly
    ///
    /// Or 1d, 7d; each machine picks its own random time.
    #[arg(long, value_name = "TIME", value_parser = every, default_value = "weekly")]
    pub(crate) every: Every,
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// A mirror for crl update to fetch the same paths from
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "command",
        hide_short_help = true
    )]
    pub(crate) mirror: Option<String>,
    /// A CRL that needs importing; repeatable
    ///
    /// Its URL on a download page or mirror, or a local file or folder.
    #[arg(long, value_name = "URL|FILE", conflicts_with = "command")]
    pub(crate) import: Vec<String>,
    /// The server to export to
    #[arg(long, value_enum, value_name = "SERVER", requires = "out_dir")]
    pub(crate) server: Option<ServerKind>,
    /// The folder the server reads
    #[arg(long, value_name = "DIR", requires = "server")]
    pub(crate) out_dir: Option<PathBuf>,
    /// The server's configuration test
    #[arg(long, value_name = "COMMAND", requires = "server")]
    pub(crate) test: Option<String>,
    /// The command to run after a change
    #[arg(long, value_name = "COMMAND", requires = "server")]
    pub(crate) on_change: Option<String>,
    /// Write what the cache has even if the plan is incomplete, for crl export
    #[arg(
        long,
        alias = "incomplete",
        requires = "server",
        hide_short_help = true
    )]
    pub(crate) allow_incomplete: bool,
    /// A shell command to run instead of crl update and crl export
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["server", "out_dir", "paths", "clients"], hide_short_help = true)]
    pub(crate) command: Option<String>,
    /// The path of ptl-cert on the machine that runs the job [default: this program's own path]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) program: Option<PathBuf>,
    /// The container image with ptl-cert in it, for kubernetes
    #[arg(long, value_name = "IMAGE", default_value = concat!("ptl-cert:", env!("CARGO_PKG_VERSION")), hide_short_help = true)]
    pub(crate) image: String,
    /// Write the files here instead of printing them
    ///
    /// The folder is created if missing. Files with the same names are replaced.
    #[arg(long, value_name = "DIR")]
    pub(crate) write: Option<PathBuf>,
}

/// A scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchedulerKind {
    /// A service and a timer
    Systemd,
    /// A crontab line
    Cron,
    /// XML for the Windows Task Scheduler
    WindowsTask,
    /// A CronJob
    Kubernetes,
}

impl From<SchedulerKind> for Scheduler {
    fn from(kind: SchedulerKind) -> Scheduler {
        match kind {
            SchedulerKind::Systemd => Scheduler::Systemd,
            SchedulerKind::Cron => Scheduler::Cron,
            SchedulerKind::WindowsTask => Scheduler::WindowsTask,
            SchedulerKind::Kubernetes => Scheduler::Kubernetes,
        }
    }
}

fn every(text: &str) -> Result<Every, String> {
    Every::parse(text).ok_or_else(|| {
        "expected daily, weekly, 1d or 7d, which every scheduler supports".to_owned()
    })
}
