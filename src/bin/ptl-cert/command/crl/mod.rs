//! `ptl-cert crl`: the cache of CRLs.

mod check;
mod export;
mod import;
mod plan;
mod remove;
mod schedule;
mod status;
mod update;

use std::path::PathBuf;
use std::sync::Arc;

use ptl_cert::document::Certificate;
use ptl_cert::environment::{AuthorityRole, Environment, Facts, Purpose};
use ptl_cert::input::Shown;
use ptl_cert::report::crl::InstalledCrl;
use ptl_cert::report::inspection::Unread;
use ptl_cert::store::crl_cache::{About, Cache};

use super::reading::evidence::{self, unknown};
use crate::args::crl::{CacheFolder, Crl, CrlCommand};
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

/// Refuses what was typed after `crl …`, in clap's voice.
fn refuse(command: &str, message: &str) -> anyhow::Result<Outcome> {
    evidence::refuse(&format!("crl {command}"), message)
}

/// The cache that is meant.
fn cache(folder: &CacheFolder, world: &World) -> anyhow::Result<Cache> {
    let folder = world.cache_folder(folder.cache.as_deref())?;
    Ok(Cache::open(folder))
}

/// The environment of this name; the sentence that there is none otherwise.
fn environment<'f>(
    id: Option<&String>,
    facts: &'f Facts,
) -> Result<Option<&'f Environment>, String> {
    let Some(id) = id else { return Ok(None) };
    let found = facts.environment(&id.to_ascii_lowercase());
    found.map(Some).ok_or_else(|| unknown(id, facts))
}

/// The CAs that issue for an environment's endpoints, and the roots above them.
fn authorities_of(environment: &Environment, facts: &Facts) -> Vec<Arc<Certificate>> {
    let of_it = facts.authorities.iter().filter(|authority| {
        let issues = authority.environments.contains(&environment.id);
        authority.hierarchy == environment.hierarchy
            && authority.purpose == Purpose::Endpoint
            && (issues || authority.role == AuthorityRole::Root)
    });
    of_it
        .filter_map(|authority| authority.certificate().cloned())
        .collect()
}

/// The certificates of some files.
fn certificates(
    paths: &[PathBuf],
    unread: &mut Vec<Unread>,
    world: &mut World,
) -> Vec<Arc<Certificate>> {
    let before = unread.len();
    let items = evidence::items(paths, None, unread, world);
    let given = evidence::certificates(&items);
    if given.is_empty() && unread.len() == before {
        unread.extend(paths.iter().map(|path| Unread {
            source: ptl_cert::input::Source::File(path.clone()),
            message: format!("{}: expected a certificate, found none", path.shown()),
        }));
    }
    given.into_iter().map(|given| given.certificate).collect()
}

/// A CRL of the cache, as it is told of.
fn kept(about: &About) -> InstalledCrl {
    InstalledCrl::from(about)
}
