//! `ptl-cert crl schedule`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ptl_cert::export::schedule::{Every, Scheduler};

use super::plan::{Bundle, ServerKind, Targets};

/// Print a job that keeps the CRLs fresh, for the scheduler you have
///
/// The job runs `crl update` for the CRLs that can be fetched, `crl import` for those that only a download page or a mirror
/// has, and `crl export` for the server, with its test and reload. Each step runs whatever became of the one before: a CRL
/// that cannot be fetched keeps no other from the server, and the job still fails, so that the scheduler sees it. Nothing is
/// installed: save what is printed, check it, and follow the steps printed beside it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  A timer of systemd that keeps nginx fresh
    ptl-cert crl schedule --for systemd --env int --server nginx --out-dir /etc/nginx/crl \\
      --test 'nginx -t' --on-change 'systemctl reload nginx' --write .

  Both PKIs: the new one over HTTP, the old one's file from a server of your own
    ptl-cert crl schedule --for cron --env live --client clients/ \\
      --import https://files.supplier.example/old.crl --server nginx --out-dir /etc/nginx/crl

  A task for Windows that fetches the CRLs and loads them for IIS
    ptl-cert crl schedule --for windows-task --env int --write .")]
pub(crate) struct Schedule {
    #[command(flatten)]
    pub(crate) targets: Targets,
    /// The scheduler
    #[arg(long = "for", value_enum, value_name = "SCHEDULER")]
    pub(crate) scheduler: SchedulerKind,
    /// How often: daily or weekly (or 1d, 7d); each machine at a random time of its own
    #[arg(long, value_name = "TIME", value_parser = every, default_value = "weekly")]
    pub(crate) every: Every,
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// A mirror to fetch the same paths from, for crl update
    #[arg(long, value_name = "URL", conflicts_with = "command")]
    pub(crate) mirror: Option<String>,
    /// A CRL that has to be imported: the address of the file on a download page or mirror, or a file that something else
    /// puts there; may be given several times
    #[arg(long, value_name = "URL|FILE", conflicts_with = "command")]
    pub(crate) import: Vec<String>,
    /// The server to export for after each update
    #[arg(long, value_enum, value_name = "SERVER", requires = "out_dir")]
    pub(crate) server: Option<ServerKind>,
    /// The folder that the server reads
    #[arg(long, value_name = "DIR", requires = "server")]
    pub(crate) out_dir: Option<PathBuf>,
    /// The server's test of its configuration, for crl export
    #[arg(long, value_name = "COMMAND", requires = "server")]
    pub(crate) test: Option<String>,
    /// What to run after a change, for crl export
    #[arg(long, value_name = "COMMAND", requires = "server")]
    pub(crate) on_change: Option<String>,
    /// Write what the cache has although the plan is not complete, for crl export
    #[arg(long, alias = "incomplete", requires = "server")]
    pub(crate) allow_incomplete: bool,
    /// A shell command to run instead of crl update and crl export
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["server", "out_dir", "paths", "clients"])]
    pub(crate) command: Option<String>,
    /// Where ptl-cert is on the machine that runs the job [default: where this one is, where that makes sense]
    #[arg(long, value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
    /// The container image that has ptl-cert in it, for kubernetes
    #[arg(long, value_name = "IMAGE", default_value = concat!("ptl-cert:", env!("CARGO_PKG_VERSION")))]
    pub(crate) image: String,
    /// Write the files into this folder instead of printing them; files of the same names are replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) write: Option<PathBuf>,
}

/// A scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchedulerKind {
    /// A service and a timer
    Systemd,
    /// A line of a crontab
    Cron,
    /// XML for the Task Scheduler of Windows
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
        "expected daily, weekly, 1d or 7d: no other rhythm can be said to all schedulers".to_owned()
    })
}
