//! `ptl-cert lab run`.

mod journey;
mod stage;
mod step;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use ptl_cert::input::Shown;
use ptl_cert::report::rehearsal::{self, Rehearsal, StepReport};
use ptl_cert::store::{self, scratch::Scratch};
use ptl_cert::wire::host::free_ports;

use self::journey::{Ports, Setting};
use self::stage::Stage;
use self::step::Step;
use crate::args::{Format, LabRun};
use crate::outcome::Outcome;
use crate::process;
use crate::world::World;

/// Where a rehearsal is kept when no folder was named.
const KEPT: &str = "ptl-cert-rehearsal";

/// Takes the steps one after the other, and stops at the first that surprises.
pub(crate) fn run(args: &LabRun, world: &mut World) -> anyhow::Result<Outcome> {
    let began = world.now();
    let scratch =
        Scratch::new(folder(args).as_deref()).context("the rehearsal folder cannot be created")?;
    let mut stage = Stage::new(scratch.path())?;
    let keys = args.keys.as_ref().map(std::path::absolute).transpose()?;
    let keys = keys.map(|keys| keys.shown().to_string());
    let [crls, proxy, endpoint, nginx] = free_ports().context("this machine has no free ports")?;
    let server = process::find("nginx", "-v");
    if server.is_some() {
        let path = scratch.path().join(journey::NGINX_CONF);
        store::write::file(&path, journey::NGINX.as_bytes())?;
    }
    let steps = journey::steps(&Setting {
        fqdn: args.fqdn.as_str(),
        keys: keys.as_deref(),
        ports: Ports {
            crls,
            proxy,
            endpoint,
            nginx,
        },
        nginx: server.as_deref(),
    });
    let mut rehearsal = Rehearsal {
        schema: rehearsal::SCHEMA,
        fqdn: args.fqdn.to_string(),
        environment: journey::ENVIRONMENT.to_owned(),
        folder: None,
        steps: Vec::new(),
        planned: steps.len(),
        left_out: match server {
            Some(_) => vec![journey::LEFT_OUT],
            None => vec![journey::NGINX_LEFT_OUT, journey::LEFT_OUT],
        },
        as_expected: true,
    };
    // Ctrl-C reaches the step under way as well; here it only ends the rehearsal, so that nothing is left running.
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    ctrlc::set_handler(move || stop.store(true, Ordering::Relaxed))
        .context("the program cannot wait for Ctrl-C")?;
    for step in &steps {
        let report = take(step, &mut stage, world)?;
        if stopped.load(Ordering::Relaxed) {
            bail!("the rehearsal was interrupted");
        }
        print_step(&report, rehearsal.steps.last(), world)?;
        rehearsal.as_expected = report.as_expected;
        rehearsal.steps.push(report);
        if !rehearsal.as_expected {
            break;
        }
    }
    rehearsal.as_expected &= rehearsal.steps.len() == steps.len();
    stage.clear();
    if let Scratch::Named(folder) = &scratch {
        rehearsal.folder = Some(folder.shown().to_string());
        let json = serde_json::to_vec_pretty(&rehearsal)?;
        store::write::file(&folder.join("rehearsal.json"), &json)?;
    }
    print_end(&rehearsal, (world.now() - began).unsigned_abs(), world)?;
    Ok(match rehearsal.as_expected {
        true => Outcome::Good,
        false => Outcome::Bad,
    })
}

/// Whoever names a folder wants to find it afterwards.
fn folder(args: &LabRun) -> Option<PathBuf> {
    let named = args.dir.clone();
    named.or_else(|| args.keep.then(|| PathBuf::from(KEPT)))
}

fn take(step: &Step, stage: &mut Stage, world: &World) -> anyhow::Result<StepReport> {
    let began = world.now();
    let answer = stage.act(step)?;
    Ok(StepReport {
        stage: step.stage,
        title: step.title.clone(),
        command: step.command(),
        expected_status: step.status,
        expected_words: step.words.clone(),
        status: answer.status,
        as_expected: answer.is_expected(step),
        answer: answer.text,
        took_ms: u64::try_from((world.now() - began).whole_milliseconds()).unwrap_or(0),
    })
}

fn print_step(
    step: &StepReport,
    before: Option<&StepReport>,
    world: &mut World,
) -> anyhow::Result<()> {
    if world.format() != Format::Text {
        return Ok(());
    }
    let text = step.render(before, world.detail(), world.width());
    world.stdout().write_all(text.as_bytes())?;
    world.stdout().flush()?;
    Ok(())
}

fn print_end(rehearsal: &Rehearsal, took: Duration, world: &mut World) -> anyhow::Result<()> {
    if world.format() == Format::Text {
        let text = rehearsal.render_end(took, world.detail(), world.width());
        world.stdout().write_all(text.as_bytes())?;
    } else {
        serde_json::to_writer_pretty(&mut *world.stdout(), rehearsal)?;
        writeln!(world.stdout())?;
    }
    Ok(())
}
