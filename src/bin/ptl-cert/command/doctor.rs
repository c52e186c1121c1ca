//! `ptl-cert doctor`.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use ptl_cert::ops::Context;
use ptl_cert::ops::doctor::{self, DoctorError};
use ptl_cert::report::doctor::DoctorReport;

use super::reading::{self, evidence::refuse};
use crate::args::Doctor;
use crate::outcome::Outcome;
use crate::process;
use crate::world::World;

/// Has the configurations examined.
pub(crate) fn run(args: &Doctor, world: &mut World) -> anyhow::Result<Outcome> {
    let facts = reading::facts(args.facts.as_deref(), world)?;
    let context = Context::new(world.moment(args.at), facts);
    let (standard_input, paths): (Vec<_>, Vec<_>) =
        args.paths.iter().partition(|path| *path == Path::new("-"));
    let mut options = doctor::Options::new(paths.into_iter().cloned());
    if let Some(path) = standard_input.first() {
        let text = String::from_utf8(world.read(path)?.to_vec())?;
        options = options.text(path, text);
    }
    options.environment.clone_from(&args.env);
    options.pid = args.pid;
    let mut programs = Programs { stopped: None };
    let own_test: Option<&mut dyn doctor::OwnTest> = match args.run_test {
        true => Some(&mut programs),
        false => None,
    };
    let examined = match doctor::doctor(&options, own_test, &context) {
        Ok(examined) => examined,
        Err(error @ DoctorError::Environment { .. }) => {
            return refuse("doctor", &error.to_string());
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(program) = programs.stopped {
        anyhow::bail!("stopped while {program} was testing its configuration");
    }
    let report = DoctorReport::in_voice(&examined, world.voice());
    let detail = world.detail();
    world.print(&report, |width| report.render(detail, width))?;
    let fails = args.findings.fail(report.worst());
    Ok(match Outcome::of(report.exit) {
        Outcome::Good if fails => Outcome::Bad,
        outcome => outcome,
    })
}

/// How long a server may take for its own test: nginx looks up the names of its backends.
const TEST_LIMIT: Duration = Duration::from_secs(60);

/// The servers that are installed here.
struct Programs {
    /// The one that was running when we were asked to end.
    stopped: Option<String>,
}

impl doctor::OwnTest for Programs {
    fn run(&mut self, program: &str, arguments: &[&OsStr]) -> Option<doctor::TestOutcome> {
        if self.stopped.is_some() {
            return None;
        }
        match process::ask(program, arguments, TEST_LIMIT)? {
            process::Asked::Said(accepts, said) => Some(doctor::TestOutcome::new(accepts, said)),
            process::Asked::Stopped => {
                self.stopped = Some(program.to_owned());
                None
            }
        }
    }
}
