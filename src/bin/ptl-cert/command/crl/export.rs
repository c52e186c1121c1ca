//! `ptl-cert crl export`.

use ptl_cert::input::Shown;
use ptl_cert::ops::crl::Server;
use ptl_cert::ops::crl::export::{self, Options};
use ptl_cert::report::crl::export::ExportReport;
use ptl_cert::store::set::Foreign;

use super::{context, failed, incomplete, plan};
use crate::args::crl::Export;
use crate::command::reading;
use crate::command::shell::Shell;
use crate::outcome::Outcome;
use crate::world::World;

/// Writes what the plan finds; what is expired keeps nothing back that is not.
pub(crate) fn run(args: &Export, world: &mut World) -> anyhow::Result<Outcome> {
    let context = context(
        &args.bundle.authorities,
        &args.bundle.folder,
        args.at,
        world,
    )?;
    let plan = plan::options(&args.bundle, &args.targets, world)?;
    let mut options = Options::new(plan, Server::from(args.server), &args.out_dir)
        .incomplete(incomplete(args.allow_incomplete))
        .foreign(match args.replace {
            true => Foreign::Replace,
            false => Foreign::Refuse,
        });
    options.test.clone_from(&args.test);
    options.on_change.clone_from(&args.on_change);
    let mut shell = Shell {
        limit: args.command_timeout,
        world: &mut *world,
    };
    let exported = match export::export(&options, &mut shell, &context) {
        Ok(exported) => exported,
        Err(error) => return failed("export", error),
    };
    let folder = args.out_dir.shown().to_string();
    let report = ExportReport::in_voice(&exported, &options, &folder, world.voice());
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    reading::complain(&report.unread, world);
    Ok(Outcome::of(report.exit))
}
