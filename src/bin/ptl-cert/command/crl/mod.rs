//! `ptl-cert crl`: the cache of CRLs.

mod check;
mod export;
mod import;
mod plan;
mod remove;
mod schedule;
mod status;
mod update;

use ptl_cert::environment::Facts;
use ptl_cert::ops::Context;
use ptl_cert::ops::crl::export::Incomplete;
use ptl_cert::ops::crl::schedule::ScheduleProblem;
use ptl_cert::ops::crl::{self as ops};
use time::OffsetDateTime;

use super::reading::evidence;
use crate::args::crl::{self as args, CacheFolder, Crl, CrlCommand};
use crate::command::reading;
use crate::outcome::Outcome;
use crate::world::World;

/// Runs what was typed after `crl`.
pub(crate) fn run(args: &Crl, world: &mut World) -> anyhow::Result<Outcome> {
    match &args.command {
        CrlCommand::Plan(args) => plan::run(args, world),
        CrlCommand::Update(args) => update::run(args, world),
        CrlCommand::Import(args) => import::run(args, world),
        CrlCommand::Status(args) => status::run(args, world),
        CrlCommand::Check(args) => check::run(args, world),
        CrlCommand::Export(args) => export::run(args, world),
        CrlCommand::Schedule(args) => schedule::run(args, world),
        CrlCommand::Remove(args) => remove::run(args, world),
    }
}

/// What `--allow-incomplete` says.
fn incomplete(is_allowed: bool) -> Incomplete {
    if is_allowed {
        Incomplete::Allow
    } else {
        Incomplete::Refuse
    }
}

/// Refuses what was typed after `crl …`, in clap's voice.
fn refuse(command: &str, message: &str) -> anyhow::Result<Outcome> {
    evidence::refuse(&format!("crl {command}"), message)
}

/// Refuses what an operation finds unacceptable, in clap's voice; everything else is an error.
fn failed(command: &str, error: ops::Error) -> anyhow::Result<Outcome> {
    match error {
        ops::Error::Environment(unknown) => refuse(command, &unknown.to_string()),
        ops::Error::NoSuchGeneration { .. } => refuse(command, &error.to_string()),
        ops::Error::NothingTrusted => refuse(
            command,
            "no CA is trusted: give the environment with --env, or CA certificates with --chain",
        ),
        ops::Error::Schedule(ScheduleProblem::NoProgram) => refuse(
            command,
            "the path of ptl-cert cannot be found; give --program FILE",
        ),
        ops::Error::Schedule(problem) => refuse(command, &problem.to_string()),
        ops::Error::Cache(error) => Err(error.into()),
        ops::Error::Set(error) => Err(error.into()),
        error => Err(error.into()),
    }
}

/// What an operation knows about the world.
fn context(
    authorities: &args::Authorities,
    folder: &CacheFolder,
    at: Option<OffsetDateTime>,
    world: &World,
) -> anyhow::Result<Context<'static>> {
    let facts = reading::facts(authorities.facts.as_deref(), world)?;
    let cache = world.cache_folder(folder.cache.as_deref())?;
    Ok(Context::new(world.moment(at), facts).cache(&cache))
}

/// The same where only the cache matters.
fn only_cache(folder: &CacheFolder, world: &World) -> anyhow::Result<Context<'static>> {
    let cache = world.cache_folder(folder.cache.as_deref())?;
    Ok(Context::new(world.moment(None), Facts::default()).cache(&cache))
}
