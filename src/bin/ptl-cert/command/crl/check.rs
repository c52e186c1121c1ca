//! `ptl-cert crl check`.

use std::cell::{Cell, RefCell};
use std::io::Write;

use ptl_cert::ops::crl::check::{
    self, AskedSerial, CheckError, Options, Searcher, SerialAnswer, SerialOptions,
};
use ptl_cert::ops::gather;
use ptl_cert::report::crl::Known;
use ptl_cert::report::crl::check::{
    self as report, CheckRecord, CheckStream, CheckedReport, Tally,
};
use ptl_cert::report::inspection::UnreadReport;
use rayon::prelude::*;

use crate::args::Format;
use crate::args::crl::Check;
use crate::command::reading;
use crate::outcome::Outcome;
use crate::world::World;

/// Answers for certificates by the cache, or for serial numbers by one CRL or the cache.
pub(crate) fn run(args: &Check, world: &mut World) -> anyhow::Result<Outcome> {
    let facts = reading::facts(args.authorities.facts.as_deref(), world)?;
    let console = world.console();
    let cache = world.cache_folder(args.folder.cache.as_deref());
    let cache = match (cache, &args.crl) {
        (Ok(folder), _) => Some(folder),
        // One CRL needs no cache.
        (Err(_), Some(_)) => None,
        (Err(error), None) => return Err(error.into()),
    };
    let context = world.context(world.moment(args.at), facts, cache.as_deref(), &console);
    let issuers = world.named(&args.issuer)?;
    let outcome = if args.paths.is_empty() {
        let mut options = SerialOptions::new(issuers);
        let asked = args.serial.iter().map(|typed| AskedSerial {
            number: typed.number.clone(),
            octets: typed.octets.clone(),
        });
        options.serials = asked.collect();
        options.file = reading::named_option(args.serials.as_deref(), world)?;
        options.crl = reading::named_option(args.crl.as_deref(), world)?;
        options.point.clone_from(&args.point);
        let answered = check::serials(&options, &context, |searcher| search(searcher, world));
        match answered {
            Err(CheckError::Issuers(unread)) => {
                report::CrlCheckReport::none(context.at, issuers_unread(&unread, world))
            }
            answered => return refused(answered)?,
        }
    } else {
        let mut options = Options::new(world.named(&args.paths)?);
        options.issuers = issuers;
        options.environment.clone_from(&args.authorities.env);
        let checked = refused(check::check(&options, &context))?;
        report::CrlCheckReport::in_voice(&checked, world.voice())
    };
    say(&outcome, world)
}

/// Prints the answers about certificates.
fn say(report: &report::CrlCheckReport, world: &mut World) -> anyhow::Result<Outcome> {
    match world.format() {
        Format::Ndjson => {
            for answer in &report.answers {
                record(&CheckRecord::answer(answer), world)?;
            }
            let answers = report.answers.len() as u64;
            let exit = report.exit;
            let last = CheckRecord::summary(report.at, answers, exit, &report.unread);
            record(&last, world)?;
        }
        Format::Text | Format::Json => {
            let detail = world.detail();
            world.print(report, |width| report.render(detail, width))?
        }
    }
    reading::complain(&report.unread, world);
    Ok(Outcome::of(report.exit))
}

/// How many answers are put into words at a time.
const REPORTED: usize = 4096;

/// Prints the answers about serial numbers as they come: as many as there are, and a batch of them is kept.
fn search(searcher: &mut Searcher<'_>, world: &mut World) -> anyhow::Result<Outcome> {
    let voice = world.voice();
    // The first batch tells which CRL it is.
    let first = searcher.next_batch().unwrap_or_default();
    let crl = searcher
        .crl()
        .map(|(header, entries)| Known::of(header, entries));
    let at = searcher.at();
    let searcher = RefCell::new(searcher);
    let tally = Cell::new(Tally::default());
    let batch = RefCell::new(first.into_iter());
    // What is said of a number takes ten times the memory of its answer.
    let answers = || {
        let mut batch = batch.borrow_mut();
        if batch.len() == 0 {
            *batch = searcher.borrow_mut().next_batch()?.into_iter();
        }
        let some: Vec<SerialAnswer> = batch.by_ref().take(REPORTED).collect();
        let answers: Vec<CheckedReport> = some
            .par_iter()
            .map(|answer| CheckedReport::of_serial(answer, voice))
            .collect();
        let mut counted = tally.get();
        answers.iter().for_each(|answer| counted.add(answer));
        tally.set(counted);
        Some(answers)
    };
    let unread = || UnreadReport::all(searcher.borrow().unread(), voice);
    let exit = |unread: &[UnreadReport]| match unread.is_empty() {
        true => tally.get().exit(),
        false => 3,
    };
    match world.format() {
        Format::Json => world.print_data(&CheckStream {
            at,
            crl,
            answers: &answers,
            unread: &unread,
            exit: &exit,
        })?,
        Format::Ndjson => {
            let mut given = 0;
            while let Some(answers) = answers() {
                for answer in &answers {
                    record(&CheckRecord::answer(answer), world)?;
                }
                given += answers.len() as u64;
                // The reader has gone.
                if world.stdout().is_closed() {
                    break;
                }
            }
            let unread = unread();
            let last = CheckRecord::summary(at, given, exit(&unread), &unread);
            record(&last, world)?;
        }
        Format::Text => {
            let (width, colours) = (world.width(), world.colours());
            if let Some(crl) = &crl {
                let head = colours.applied(crl.render(at, width));
                world.stdout().write_applied(&head)?;
            }
            while let Some(answers) = answers() {
                let text = |answer: &CheckedReport| colours.applied(answer.render(width));
                let texts: Vec<String> = answers.par_iter().map(text).collect();
                for text in &texts {
                    world.stdout().write_applied(text)?;
                }
                if world.stdout().is_closed() {
                    break;
                }
            }
            world.stdout().write_applied(&tally.get().text(width))?;
        }
    }
    let unread = unread();
    reading::complain(&unread, world);
    Ok(Outcome::of(exit(&unread)))
}

/// Writes a record as a line.
fn record(record: &CheckRecord<'_>, world: &mut World) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *world.stdout(), record)?;
    writeln!(world.stdout())?;
    Ok(())
}

/// What could not be read of `--issuer`.
fn issuers_unread(unread: &[gather::Unread], world: &World) -> Vec<UnreadReport> {
    let mut unread = UnreadReport::all(unread, world.voice());
    for UnreadReport { message, .. } in &mut unread {
        message.push_str("; --issuer takes a file with a CA's certificate");
    }
    unread
}

/// An environment that there is not is a command line that is not acceptable.
fn refused<T>(result: Result<T, CheckError>) -> anyhow::Result<T> {
    result.map_err(|error| match error {
        CheckError::Environment(unknown) => {
            reading::refusal("crl check", &unknown.to_string()).into()
        }
        error => error.into(),
    })
}
