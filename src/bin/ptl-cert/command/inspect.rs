//! `ptl-cert inspect`.

use std::io::Write;
use std::ops::ControlFlow;

use ptl_cert::input::Shown;
use ptl_cert::ops::gather::{Inputs, Opened};
use ptl_cert::ops::inspect::{self, CHAIN_LIMIT, Options, Seen};
use ptl_cert::ops::{Context, Severity};
use ptl_cert::report::evidence::Evidence;
use ptl_cert::report::inspection::{self, Detail, Inspection, Record, Unread};

use super::reading;
use crate::args::{Format, Inspect};
use crate::outcome::Outcome;
use crate::world::{World, guarded_json};

/// Reads everything, says what it is and what is the matter with it.
pub(crate) fn run(args: &Inspect, world: &mut World) -> anyhow::Result<Outcome> {
    let paths: Vec<_> = args.paths.iter().chain(&args.key).cloned().collect();
    let mut options = Options::new(world.named(&paths)?);
    options.password = world.read_passphrase_of(args.password_file.as_deref())?;
    options.depth = reading::depth(args.recursive);
    options.within_days = args.within;
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let console = world.console();
    let context = world.context(world.moment(args.at), facts, None, &console);
    let inputs = Inputs::load(&options.named, options.depth);
    let opened = inputs.open(options.password.as_ref(), context.observer);
    let (unread, passed_over, heaviest) =
        match world.format() == Format::Ndjson && opened.objects() > CHAIN_LIMIT {
            true => stream(opened, args, &options, &context, world)?,
            false => whole(opened, args, &options, &context, world)?,
        };
    reading::mention(&passed_over, world);
    reading::complain(&unread, world);
    Ok(reading::conclude(&unread, heaviest, world))
}

/// What was not read, what was passed over, and the greatest severity.
type End = (Vec<Unread>, Vec<Unread>, Option<Severity>);

/// Reads all, judges all together, renders.
fn whole(
    opened: Opened<'_>,
    args: &Inspect,
    options: &Options,
    context: &Context<'_>,
    world: &mut World,
) -> anyhow::Result<End> {
    let inspected = inspect::whole(opened, options, context);
    let mut report = Inspection::new(&inspected);
    if args.pem {
        report = report.with_pem();
    }
    if let Some(path) = &args.report {
        let subject = match args.paths.as_slice() {
            [one] => one.shown().to_string(),
            all => format!("{} inputs", all.len()),
        };
        let (findings, unread) = (&report.findings, report.unread.len());
        let mut page = Evidence::of_findings(&subject, findings, unread, report.at, &context.facts);
        page.files = super::evidence::hashes(&args.paths, world);
        super::evidence::save(path, &page, &report)?;
    }
    let end = (
        report.unread.clone(),
        report.passed_over.clone(),
        report.heaviest(),
    );
    match world.format() {
        Format::Text => {
            let (width, colours) = (world.width(), world.colours());
            let applied = |part| colours.applied(part);
            inspection::render_each(&report, width, applied, |part| {
                world.stdout().write_applied(&part)
            })?;
        }
        Format::Json => report.write_json(guarded_json, |part| {
            world.stdout().write_applied(&part)?;
            anyhow::Ok(())
        })?,
        Format::Ndjson => {
            for record in report.records() {
                world.print_data(&record)?;
            }
        }
    }
    Ok(end)
}

/// Writes each object's line as soon as it is read: for inputs too large to draw chains for.
fn stream(
    opened: Opened<'_>,
    args: &Inspect,
    options: &Options,
    context: &Context<'_>,
    world: &mut World,
) -> anyhow::Result<End> {
    let at = context.at;
    let detail = match args.pem {
        true => Detail::WithPem,
        false => Detail::Facts,
    };
    let line = |seen: Seen<'_>, lines: &mut Vec<u8>| {
        inspection::write_object(&seen, at, detail, lines)?;
        lines.push(b'\n');
        anyhow::Ok(())
    };
    let write = |lines: Vec<u8>| {
        world.stdout().write_all(&lines)?;
        Ok(match world.stdout().is_closed() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    };
    let summary = inspect::each(opened, options, context, line, write)?;
    if !summary.is_stopped {
        world.print_data(&Record::summary(&summary))?;
    }
    Ok((
        Unread::all(&summary.unread),
        Unread::all(&summary.passed_over),
        summary.heaviest,
    ))
}
