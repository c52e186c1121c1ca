//! `ptl-cert listen`.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ptl_cert::ops::Moment;
use ptl_cert::ops::gather::Named;
use ptl_cert::ops::listen::{self, ListenError, Notice, Options};
use ptl_cert::ops::peer::IdentityFiles;
use ptl_cert::report::listen::{CallerReport, ListenReport};

use super::reading::{self, evidence};
use crate::args::Format;
use crate::args::listen::Listen;
use crate::outcome::{self, Outcome};
use crate::world::World;

/// The most callers that one JSON object holds; NDJSON has all.
const CALLERS: usize = 10_000;

/// What the listener and the signals tell the one thread that prints.
enum Happening {
    Notice(Notice),
    Stop,
}

/// Listens until a signal, the time or the first caller stops it.
pub(crate) fn run(args: &Listen, world: &mut World) -> anyhow::Result<Outcome> {
    let facts = reading::facts(args.basis.facts.as_deref(), world)?;
    let known = facts.clone();
    let console = world.console();
    let at = world.moment(args.basis.at);
    let context = world.context(at, facts, args.basis.cache.as_deref(), &console);
    let password = world.read_passphrase_of(args.password_file.as_deref())?;
    let key = args.key.as_deref().map(Named::from);
    let own = IdentityFiles::new(Named::from(args.cert.as_path()), key).password(password);
    let clock = world.clock();
    let fixed = args.basis.at.map(Moment::new);
    let now = move || fixed.unwrap_or_else(|| Moment::new(clock()));
    let mut options = Options::new(args.address, own, &args.env, Arc::new(now));
    if let Some(folder) = &args.save_clients {
        let made = ptl_cert::store::write::folder(folder);
        made.context("the folder for the clients' certificates cannot be created")?;
        options.save = Some(folder.clone());
    }
    let (tell, told) = mpsc::sync_channel(1024);
    let stop = tell.clone();
    ctrlc::set_handler(move || {
        // Full or gone: then something else ends the run.
        let _ = stop.send(Happening::Stop);
    })
    .context("the program cannot wait for Ctrl-C")?;
    let started = listen::start(&options, &context, move |notice| {
        // The receiver has gone once the run is over.
        let _ = tell.send(Happening::Notice(notice));
    });
    let listening = match started {
        Err(ListenError::UnknownEnvironment(id)) => {
            return reading::refuse("listen", &evidence::unknown(&id, &known));
        }
        listening => listening?,
    };
    let mut report = ListenReport::in_voice(&listening, world.voice());
    match world.format() {
        Format::Text => {
            let text = report.render(world.width());
            let text = world.colours().applied(text);
            world.stdout().write_applied(&text)?;
            if !world.is_quiet() {
                writeln!(world.stdout(), "\nWaiting for callers; Ctrl-C stops.")?;
            }
        }
        Format::Ndjson => world.print_data(&report)?,
        Format::Json => {}
    }
    world.stdout().flush()?;
    let outcome = follow(args, &told, &mut report, world)?;
    // Senders that wait for room go on, and see that the reader has gone.
    drop(told);
    listening.stop();
    if world.format() == Format::Json {
        report.exit = Some(outcome as u8);
        world.print_data(&report)?;
    }
    Ok(outcome)
}

/// Prints callers until it is time to stop.
fn follow(
    args: &Listen,
    told: &Receiver<Happening>,
    report: &mut ListenReport,
    world: &mut World,
) -> anyhow::Result<Outcome> {
    let start = started();
    loop {
        let wait = match args.duration {
            None => Duration::from_secs(3600),
            Some(limit) => match limit.checked_sub(start.elapsed()) {
                Some(left) => left,
                None => break,
            },
        };
        let notice = match told.recv_timeout(wait) {
            Ok(Happening::Notice(notice)) => notice,
            Ok(Happening::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => continue,
        };
        let Some(caller) = CallerReport::in_voice(&notice, world.voice()) else {
            continue;
        };
        match world.format() {
            Format::Text => {
                let text = format!("\n{}", caller.render(world.width()));
                let text = world.colours().applied(text);
                world.stdout().write_applied(&text)?;
            }
            Format::Ndjson => world.print_data(&caller)?,
            Format::Json => {}
        }
        world.stdout().flush()?;
        let done = args.once && matches!(notice, Notice::Call(_));
        let admitted = caller.admitted;
        if world.format() == Format::Json && report.calls.len() < CALLERS {
            report.calls.push(caller);
        }
        if done {
            return Ok(match admitted {
                true => Outcome::Good,
                false => Outcome::Bad,
            });
        }
    }
    match args.once {
        true => no_caller(report, world),
        false => Ok(Outcome::Good),
    }
}

/// That the caller that was waited for did not come.
#[derive(Debug, thiserror::Error)]
#[error("no caller completed a TLS handshake before listening stopped")]
pub(crate) struct NoCaller;

/// Says that no caller came: in the one JSON object, which has those that did not complete the handshake; else as an error.
fn no_caller(report: &mut ListenReport, world: &World) -> anyhow::Result<Outcome> {
    let error = anyhow::Error::new(NoCaller);
    if world.format() != Format::Json {
        return Err(error);
    }
    let (problem, outcome) = outcome::explain(&error);
    report.problem = Some(problem);
    Ok(outcome)
}

/// From here on the time is measured.
#[expect(
    clippy::disallowed_methods,
    reason = "it measures how long the run takes, not the time of day"
)]
fn started() -> Instant {
    Instant::now()
}
