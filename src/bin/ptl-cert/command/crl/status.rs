//! `ptl-cert crl status`.

use std::io::Write;

use ptl_cert::ops::crl::RefreshPolicy;
use ptl_cert::ops::crl::status::{self, Options};
use ptl_cert::report::crl::status::StatusReport;

use super::{context, failed};
use crate::args::Monitor;
use crate::args::crl::Status;
use crate::outcome::Outcome;
use crate::world::World;

/// Says how fresh the CRLs of the cache are.
pub(crate) fn run(args: &Status, world: &mut World) -> anyhow::Result<Outcome> {
    let context = context(&args.authorities, &args.folder, args.at, world)?;
    let policy = RefreshPolicy::new(args.every, args.within);
    let mut options = Options::new().policy(policy);
    options.environment.clone_from(&args.authorities.env);
    let status = match status::status(&options, &context) {
        Ok(status) => status,
        Err(error) => return failed("status", error),
    };
    let report = StatusReport::in_voice(&status, world.voice());
    let detail = world.detail();
    match world.monitor() {
        Some(Monitor::Nagios) => {
            let line = report.nagios();
            world.stdout().write_all(line.as_bytes())?;
            return Ok(match report.nagios_exit() {
                0 => Outcome::Good,
                1 => Outcome::Bad,
                _ => Outcome::NAGIOS_CRITICAL,
            });
        }
        Some(Monitor::Prometheus) => {
            let metrics = report.prometheus();
            world.stdout().write_all(metrics.as_bytes())?;
        }
        None => world.print(&report, |width| report.render(detail, width))?,
    }
    Ok(Outcome::of(report.exit))
}
