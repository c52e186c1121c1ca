//! `ptl-cert crl schedule`.

use ptl_cert::export::schedule::Scheduler;
use ptl_cert::input::Shown;
use ptl_cert::ops::crl::Server;
use ptl_cert::ops::crl::schedule::{self, Options};
use ptl_cert::report::crl::schedule::ScheduleReport;
use ptl_cert::store;

use super::{failed, incomplete, refuse};
use crate::args::Format;
use crate::args::crl::Schedule;
use crate::outcome::Outcome;
use crate::process;
use crate::world::World;

/// Prints a job, or writes its files.
pub(crate) fn run(args: &Schedule, world: &mut World) -> anyhow::Result<Outcome> {
    let scheduler = Scheduler::from(args.scheduler);
    if scheduler == Scheduler::WindowsTask && args.write.is_none() && world.format() == Format::Text
    {
        return refuse(
            "schedule",
            "a Windows task is a file in UTF-16, which a redirection would damage; give --write DIR",
        );
    }
    let scheduled = match schedule::schedule(&options(args)) {
        Ok(scheduled) => scheduled,
        Err(error) => return failed("schedule", error),
    };
    if let Some(folder) = &args.write {
        store::write::folder(folder)?;
        for file in &scheduled.files {
            store::write::file(&folder.join(&file.name), &file.bytes())?;
        }
    }
    let report = ScheduleReport::from(&scheduled);
    let text = |_| match &args.write {
        None => report.render(),
        Some(folder) => report
            .files
            .iter()
            .map(|file| format!("{}\n", folder.join(&file.name).shown()))
            .collect(),
    };
    world.print(&report, text)?;
    // Beside the files and not among them: what is printed may go straight into one.
    if world.format() == Format::Text && !world.is_quiet() {
        world.complain(&report.render_steps());
    }
    Ok(Outcome::Good)
}

fn options(args: &Schedule) -> Options {
    let scheduler = Scheduler::from(args.scheduler);
    let mut options = Options::new(scheduler, args.every, &args.image);
    options.environment = args.bundle.authorities.env.clone();
    options.chain = args.bundle.chain.clone();
    options.leave_out = args.bundle.leave_out.clone();
    options.facts = args.bundle.authorities.facts.clone();
    options.cache = args.bundle.folder.cache.clone();
    options.certificates = args.targets.paths.clone();
    options.clients = args.targets.clients.clone();
    options.mirror = args.mirror.clone();
    options.import = args.import.clone();
    options.server = args.server.map(Server::from).zip(args.out_dir.clone());
    options.test = args.test.clone();
    options.on_change = args.on_change.clone();
    options.incomplete = incomplete(args.allow_incomplete);
    options.command = args.command.clone();
    options.program = args.program.clone();
    options.own_program = process::own_path();
    options
}
