//! `ptl-cert inspect`.

use std::io::Write;
use std::ops::ControlFlow;

use ptl_cert::input::Shown;
use ptl_cert::ops::inspect::{self, Comparing, Comparison, Each, Options, Seen};
use ptl_cert::ops::{Context, Severity};
use ptl_cert::report::evidence::EvidenceReport;
use ptl_cert::report::inspection::{
    self, InspectionReport, JsonParts, Layout, ObjectDetail, Record, TextParts, TextSheet,
    UnreadReport,
};

use super::reading;
use crate::args::{Format, Inspect};
use crate::outcome::Outcome;
use crate::world::{Console, Guarded, World, guarded_json};

/// Reads everything, says what it is and what is wrong with it.
pub(crate) fn run(args: &Inspect, world: &mut World) -> anyhow::Result<Outcome> {
    let mut options = Options::new(world.named(&args.paths)?);
    options.keys = world.named(&args.key)?;
    options.password = world.read_passphrase_of(args.password_file.as_deref())?;
    options.depth = reading::depth(args.recursive);
    options.within_days = args.within;
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let console = world.console();
    let context = world.context(world.moment(args.at), facts, None, &console);
    let end = match args.report.is_some() {
        // A report to hand in is of everything together.
        true => whole(&inspect::inspect(&options, &context), args, &context, world)?,
        false => stream(args, &options, &context, &console, world)?,
    };
    reading::mention(&end.passed_over, world);
    reading::complain(&end.unread, world);
    Ok(match end.is_open {
        true => Outcome::NotAnswered,
        false => reading::conclude(&end.unread, end.heaviest, args.findings),
    })
}

/// How far it came.
struct End {
    unread: Vec<UnreadReport>,
    passed_over: Vec<UnreadReport>,
    heaviest: Option<Severity>,
    is_open: bool,
}

/// Renders what was judged all together.
fn whole(
    inspected: &inspect::Inspection,
    args: &Inspect,
    context: &Context<'_>,
    world: &mut World,
) -> anyhow::Result<End> {
    let mut report = InspectionReport::in_voice(inspected, world.voice());
    if args.pem {
        report = report.with_pem();
    }
    if let Some(path) = &args.report {
        let subject = match args.paths.as_slice() {
            [one] => one.shown().to_string(),
            all => format!("{} inputs", all.len()),
        };
        let (findings, unread) = (&report.findings, report.unread.len());
        let mut page =
            EvidenceReport::of_findings(&subject, findings, unread, report.at, &context.facts);
        page.files = super::evidence::hashes(&args.paths, world);
        super::evidence::save(path, &page, &report)?;
    }
    let end = End {
        unread: report.unread.iter().map(|one| one.unread.clone()).collect(),
        passed_over: report.passed_over.clone(),
        heaviest: report.heaviest(),
        is_open: inspected.is_open(),
    };
    match world.format() {
        Format::Text => {
            let (detail, width, colours) = (world.detail(), world.width(), world.colours());
            let applied = |part| colours.applied(part);
            report.render_each(detail, width, applied, |part| {
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

/// Writes each object as soon as it is read, where they are too many to draw chains for.
fn stream(
    args: &Inspect,
    options: &Options,
    context: &Context<'_>,
    console: &Console,
    world: &mut World,
) -> anyhow::Result<End> {
    let (at, voice) = (context.at, world.voice());
    let detail = match args.pem {
        true => ObjectDetail::WithPem,
        false => ObjectDetail::Facts,
    };
    // On a terminal the objects themselves show how far it has come.
    let hush = |world: &World| {
        if world.is_shown() {
            console.hush();
        }
    };
    let each = match world.format() {
        Format::Ndjson => {
            let line = |seen: Seen<'_>, lines: &mut Vec<u8>| {
                inspection::write_object(&seen, at, detail, voice, lines)?;
                lines.push(b'\n');
                anyhow::Ok(())
            };
            let write = |lines: Vec<u8>| {
                hush(world);
                world.stdout().write_all(&lines)?;
                Ok(match world.stdout().is_closed() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                })
            };
            let each = inspect::each(options, Comparing::Nothing, context, line, write)?;
            if let Each::Alone(summary) = &each
                && !summary.is_stopped
            {
                world.print_data(&Record::summary(summary, voice))?;
            }
            each
        }
        Format::Json => {
            let json = JsonParts { at, detail, voice };
            let object = |seen: Seen<'_>, text: &mut Guarded| {
                text.add(|text| json.object(&seen, text))?;
                anyhow::Ok(())
            };
            let mut has_begun = false;
            let write = |text: Guarded| {
                hush(world);
                if !std::mem::replace(&mut has_begun, true) {
                    json.begin(|part| anyhow::Ok(world.stdout().write_applied(&part)?))?;
                }
                world.stdout().write_guarded(&text)?;
                Ok(ControlFlow::Continue(()))
            };
            let each = inspect::each(options, Comparing::Outlines, context, object, write)?;
            if let Each::Alone(summary) = &each {
                json.end(summary, guarded_json, |part| {
                    anyhow::Ok(world.stdout().write_applied(&part)?)
                })?;
            }
            each
        }
        Format::Text => {
            let layout = Layout::new(at, world.detail(), world.width());
            let colours = world.colours();
            let applied = |part| colours.applied(part);
            let mut text = TextParts::new(layout, voice);
            let object = |seen: Seen<'_>, sheet: &mut TextSheet| {
                TextParts::object(layout, &seen, applied, sheet);
                anyhow::Ok(())
            };
            let write = |sheet: TextSheet| {
                hush(world);
                text.take(sheet, applied, |part| world.stdout().write_applied(&part))?;
                Ok(ControlFlow::Continue(()))
            };
            let each = inspect::each(options, Comparing::Outlines, context, object, write)?;
            if let Each::Alone(summary) = &each {
                text.end(summary, applied, |part| world.stdout().write_applied(&part))?;
            }
            each
        }
    };
    let summary = match each {
        Each::Together(inspected) => return whole(&inspected, args, context, world),
        Each::Alone(summary) => summary,
    };
    let end = End {
        unread: UnreadReport::all(&summary.unread, voice),
        passed_over: UnreadReport::all(&summary.passed_over, voice),
        heaviest: summary.heaviest,
        is_open: summary.comparison.as_ref().is_some_and(Comparison::is_open),
    };
    // The process is about to end: freeing the outlines of a hundred thousand objects one by one would only take time.
    std::mem::forget(summary);
    Ok(end)
}
