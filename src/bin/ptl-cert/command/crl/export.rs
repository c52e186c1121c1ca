//! `ptl-cert crl export`.

use std::io::{self, Write};

use anyhow::Context;
use ptl_cert::export::crls::{self, Source};
use ptl_cert::input::Shown;
use ptl_cert::report::crl::export::{
    self, ExportReport, Exported, FileChange, FileReport, HookReport, SettingReport,
};
use ptl_cert::revocation::SearchableCrl;
use ptl_cert::store::crl_cache::CachedCrl;
use ptl_cert::store::set::{Change, Content, Folder, Foreign};
use ptl_cert::verdict::plan::{Plan, Server};

use super::plan::Gathered;
use super::refuse;
use crate::args::Format;
use crate::args::crl::Export;
use crate::command::reading;
use crate::outcome::Outcome;
use crate::process;
use crate::world::World;

/// Writes what the plan finds; what is past its time keeps nothing back that is not.
pub(crate) fn run(args: &Export, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return refuse(
            "export",
            "crl export has no --format ndjson; use --format json",
        );
    }
    let mut gathered = match Gathered::load(&args.bundle, &args.paths, world)? {
        Ok(gathered) => gathered,
        Err(message) => return refuse("export", &message),
    };
    let unread = std::mem::take(&mut gathered.unread);
    let cached = gathered.crls();
    let server = Server::from(args.server);
    let plan = gathered.plan(&cached, Some(server), world.moment(args.at));
    let folder = args.out_dir.shown().to_string();
    let mut report = ExportReport::new(&plan, server, &folder);
    report.damaged = gathered.damaged();
    let outcome = if unread.is_empty() {
        // Without any CRL there is nothing that a server could start with, and the files that stand there may be good.
        let some = !plan.crls().is_empty();
        if some && (args.incomplete || plan.lacks_time_alone()) {
            write(args, &plan, &cached, &mut report, world)?;
            // The server refuses some clients, and nobody said that this may be.
            if !plan.is_complete() && !args.incomplete {
                report.exit = Outcome::Bad as u8;
            }
        }
        match report.exit {
            0 => Outcome::Good,
            _ => Outcome::Bad,
        }
    } else {
        report.exit = Outcome::NotAnswered as u8;
        Outcome::NotAnswered
    };
    report.unread = unread;
    world.print(&report, |width| export::render(&report, width))?;
    reading::complain(&report.unread, world);
    Ok(outcome)
}

/// Writes, tries, keeps or puts back, and tells the server; what came of it goes into the report.
fn write<'a>(
    args: &'a Export,
    plan: &Plan,
    cached: &[(&CachedCrl, SearchableCrl<'_>)],
    report: &mut ExportReport<'a>,
    world: &mut World,
) -> anyhow::Result<()> {
    let used = plan.crls();
    let sources: Vec<Source<'_>> = used
        .iter()
        .filter_map(|place| cached.get(*place))
        .map(|(cached, crl)| Source {
            id: &cached.about().slot,
            issuer: &crl.header().issuer,
            der: crl.der(),
        })
        .collect();
    let files = crls::files(report.server, &sources).context("the lists cannot be written")?;
    let writers: Vec<_> = files
        .iter()
        .map(|file| move |out: &mut dyn Write| -> io::Result<()> { file.write(out) })
        .collect();
    let contents: Vec<Content<'_>> = files
        .iter()
        .zip(&writers)
        .map(|(file, write)| Content {
            name: &file.name,
            write,
        })
        .collect();
    let folder = Folder::open(&args.out_dir)?;
    let foreign = match args.replace {
        true => Foreign::Replace,
        false => Foreign::Refuse,
    };
    let staged = folder.stage(&contents, foreign)?;
    report.crls = sources.len();
    report.files = staged.changes().iter().map(file).collect();
    report.settings = settings(report.server, &args.out_dir);
    let changed = staged.is_changed();
    report.result = match changed {
        true => Exported::Written,
        false => Exported::Unchanged,
    };
    let was_due = folder.is_due()?;
    let placed = staged.place()?;
    let mut hook = |command: &'a Option<String>| {
        let command = command.as_deref()?;
        // What was printed before comes first.
        let _ = world.stdout().flush();
        let end = process::run(command, args.command_timeout);
        Some(HookReport { command, end })
    };
    // A change that the server has not taken up yet is tried again, also when nothing has changed since.
    if changed || was_due {
        report.test = hook(&args.test);
        if report.test.as_ref().is_some_and(|test| !test.end.is_good()) {
            placed.put_back()?;
            report.result = match changed {
                true => Exported::PutBack,
                false => Exported::Unchanged,
            };
            return Ok(());
        }
    }
    placed.keep()?;
    if folder.is_due()? {
        report.on_change = hook(&args.on_change);
        match &report.on_change {
            Some(hook) if !hook.end.is_good() => return Ok(()),
            // A run without a command does not take up what an earlier one, with a command, could not.
            None if was_due => {}
            _ => folder.settle()?,
        }
    }
    report.exit = 0;
    Ok(())
}

fn file((name, change): &(String, Change)) -> FileReport {
    FileReport {
        name: name.clone(),
        change: match change {
            Change::Added => FileChange::Added,
            Change::Replaced => FileChange::Replaced,
            Change::Unchanged => FileChange::Unchanged,
            Change::Removed => FileChange::Removed,
        },
    }
}

fn settings(server: Server, folder: &std::path::Path) -> Vec<SettingReport> {
    // A server is not started where this was.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    crls::settings(server, &folder)
        .into_iter()
        .map(|setting| SettingReport {
            place: setting.place,
            line: setting.line,
        })
        .collect()
}
