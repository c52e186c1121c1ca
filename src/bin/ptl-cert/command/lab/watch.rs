//! What the hosts of a lab tell while they run, and how they are stopped.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use anyhow::Context;
use ptl_cert::ops::Moment;
use ptl_cert::report::lab::{NOTICE, NoticeReport};
use ptl_cert::wire::host::Event;
use ptl_cert::wire::lab::{Notice, Notices};

use crate::args::Format;
use crate::world::World;

/// What the hosts and the signals tell the one thread that prints.
enum Happening {
    Notice(&'static str, Notice),
    Stop,
}

/// Listens to the hosts, and for the signal to stop.
pub(super) struct Watch {
    tell: Sender<Happening>,
    told: Receiver<Happening>,
}

impl Watch {
    pub(super) fn new() -> Watch {
        let (tell, told) = mpsc::channel();
        Watch { tell, told }
    }

    /// Where a host of this name tells what happens.
    pub(super) fn notices(&self, host: &'static str) -> Arc<Notices> {
        let tell = self.tell.clone();
        Arc::new(move |notice| {
            // The receiver has gone once the run is over.
            let _ = tell.send(Happening::Notice(host, notice));
        })
    }

    /// Prints what happens, until a signal says to stop.
    pub(super) fn until_stopped(
        self,
        now: impl Fn() -> Moment,
        world: &mut World,
    ) -> anyhow::Result<()> {
        let tell = self.tell;
        ctrlc::set_handler(move || {
            let _ = tell.send(Happening::Stop);
        })
        .context("the program cannot wait for Ctrl-C")?;
        if world.format() == Format::Text && !world.is_quiet() {
            writeln!(world.stdout(), "\nRunning; Ctrl-C stops it.")?;
        }
        world.stdout().flush()?;
        while let Ok(Happening::Notice(host, notice)) = self.told.recv() {
            print(&said(host, notice, now()), world)?;
        }
        Ok(())
    }
}

/// JSON is one object a run, and that has been printed.
fn print(report: &NoticeReport, world: &mut World) -> anyhow::Result<()> {
    match world.format() {
        Format::Text if world.is_quiet() => return Ok(()),
        Format::Text => writeln!(world.stdout(), "{}", report.render())?,
        Format::Json => return Ok(()),
        Format::Ndjson => {
            serde_json::to_writer(&mut *world.stdout(), report)?;
            writeln!(world.stdout())?;
        }
    }
    world.stdout().flush()?;
    Ok(())
}

fn said(host: &'static str, notice: Notice, at: Moment) -> NoticeReport {
    let mut report = NoticeReport {
        schema: NOTICE,
        at,
        host,
        event: "broken",
        from: None,
        target: None,
        status: None,
        bytes: None,
        name: None,
        code: None,
        message: None,
    };
    let from = |from: SocketAddr| Some(from.to_string());
    match notice {
        Notice::Event(event) => match event {
            Event::Answered {
                from: who,
                method,
                target,
                status,
                bytes,
            } => {
                report.event = "answered";
                report.from = from(who);
                report.target = Some(format!("{method} {target}"));
                report.status = Some(status);
                report.bytes = Some(bytes);
            }
            Event::Refused { from: who, problem } => {
                report.event = "not-understood";
                report.from = from(who);
                report.message = Some(problem.to_string());
            }
            Event::Handshake { from: who, reason } => {
                report.event = "handshake";
                report.from = from(who);
                report.message = Some(reason);
            }
            Event::Broken { from: who, source } => {
                report.from = from(who);
                report.message = Some(source.to_string());
            }
            Event::NotAccepted { source } => report.message = Some(source.to_string()),
            _ => {}
        },
        Notice::Admitted { from: who, name } => {
            report.event = "admitted";
            report.from = from(who);
            report.name = Some(name);
        }
        Notice::Refused { from: who, refusal } => {
            report.event = "refused";
            report.from = from(who);
            report.name = refusal.name;
            report.code = refusal.code.parse().ok();
            report.message = Some(refusal.message);
        }
        Notice::Unanswered { url, reason } => {
            report.event = "unanswered";
            report.target = Some(url);
            report.message = Some(reason);
        }
        Notice::Broken { target, reason } => {
            report.target = Some(target);
            report.message = Some(reason);
        }
        _ => {}
    }
    report
}
