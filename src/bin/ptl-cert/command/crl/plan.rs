//! `ptl-cert crl plan`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ptl_cert::document::{Certificate, Moment};
use ptl_cert::environment::Facts;
use ptl_cert::input::Shown;
use ptl_cert::report::crl::plan::{self, Asked, PlanReport};
use ptl_cert::report::evidence::Evidence;
use ptl_cert::report::inspection::Unread;
use ptl_cert::revocation::SearchableCrl;
use ptl_cert::store::crl_cache::{CachedCrl, Crls, Damaged};
use ptl_cert::verdict::plan::{Held, Plan, Question, Server};

use super::{authorities_of, cache, certificates, environment, refuse};
use crate::args::Format;
use crate::args::crl::{Bundle, Plan as Args};
use crate::command::evidence::{hashes, save};
use crate::command::reading;
use crate::outcome::Outcome;
use crate::world::World;

/// Says which CRLs are needed, and which of them are at hand.
pub(crate) fn run(args: &Args, world: &mut World) -> anyhow::Result<Outcome> {
    if world.format() == Format::Ndjson {
        return refuse("plan", "crl plan has no --format ndjson; use --format json");
    }
    let mut gathered = match Gathered::load(&args.bundle, &args.paths, world)? {
        Ok(gathered) => gathered,
        Err(message) => return refuse("plan", &message),
    };
    let unread = std::mem::take(&mut gathered.unread);
    let crls = gathered.crls();
    let at = world.moment(args.at);
    let plan = gathered.plan(&crls, args.server.map(Server::from), at);
    let mut report = PlanReport::new(&plan, &gathered.asked()).with_unread(unread);
    report.damaged = gathered.damaged();
    if world.is_quiet() {
        report.next.clear();
    }
    world.print(&report, |width| plan::render(&report, width))?;
    if let Some(path) = &args.report {
        let mut page = Evidence::of_plan(&report, &gathered.facts);
        page.files = hashes(args.paths.iter().chain(&args.bundle.chain), world);
        save(path, &page, &report)?;
    }
    reading::complain(&report.unread, world);
    Ok(Outcome::of(report.exit))
}

/// What a plan is drawn up from, as `plan` and `export` are given it.
pub(super) struct Gathered {
    facts: Facts,
    environment: Option<String>,
    bundle: Vec<Arc<Certificate>>,
    certificates: Vec<Arc<Certificate>>,
    folder: String,
    cached: Vec<CachedCrl>,
    unusable: Vec<Damaged>,
    words: String,
    import: String,
    paths: String,
    /// What could not be read; a plan without it would mislead.
    pub(super) unread: Vec<Unread>,
}

impl Gathered {
    /// Reads everything; the sentence why the command line is not acceptable otherwise.
    pub(super) fn load(
        bundle: &Bundle,
        paths: &[PathBuf],
        world: &mut World,
    ) -> anyhow::Result<Result<Gathered, String>> {
        let facts = reading::facts(bundle.authorities.facts.as_deref(), world)?;
        let named = match environment(bundle.authorities.env.as_ref(), &facts) {
            Ok(named) => named,
            Err(message) => return Ok(Err(message)),
        };
        if named.is_none() && bundle.chain.is_empty() {
            return Ok(Err(
                "no CA is trusted yet: give --env with the environment, or --chain with the CAs' certificates".to_owned(),
            ));
        }
        let mut unread = Vec::new();
        let mut cas = named.map_or_else(Vec::new, |named| authorities_of(named, &facts));
        cas.extend(certificates(&bundle.chain, &mut unread, world));
        let given = certificates(paths, &mut unread, world);
        let environment = named.map(|named| named.title.clone());
        let cache = cache(&bundle.folder, world)?;
        let Crls { sound, damaged, .. } = cache.crls()?;
        Ok(Ok(Gathered {
            environment,
            bundle: cas,
            certificates: given,
            folder: cache.folder().shown().to_string(),
            cached: sound,
            unusable: damaged,
            words: words(bundle, "--chain"),
            import: words(bundle, "--issuer"),
            paths: joined(paths.iter().map(|path| typed(path))),
            unread,
            facts,
        }))
    }

    /// The CRLs of the cache; one that cannot be read any more counts as missing, as a damaged one does.
    pub(super) fn crls(&self) -> Vec<(&CachedCrl, SearchableCrl<'_>)> {
        self.cached
            .iter()
            .filter_map(|cached| Some((cached, cached.crl().ok()?)))
            .collect()
    }

    /// Draws up the plan; its numbers are places in `lists`.
    pub(super) fn plan(
        &self,
        crls: &[(&CachedCrl, SearchableCrl<'_>)],
        server: Option<Server>,
        at: Moment,
    ) -> Plan {
        let held: Vec<Held<'_>> = crls
            .iter()
            .map(|(cached, crl)| Held {
                header: crl.header(),
                signer: cached.about().issuer_spki_sha256,
            })
            .collect();
        Plan::draw(&Question {
            bundle: &self.bundle,
            certificates: &self.certificates,
            held: &held,
            server,
            facts: &self.facts,
            at,
        })
    }

    /// The CRLs that are in the cache and cannot be used, each as a sentence.
    pub(super) fn damaged(&self) -> Vec<String> {
        self.unusable
            .iter()
            .map(|damaged| {
                let whose = damaged
                    .about
                    .as_ref()
                    .map_or_else(|| "a list".to_owned(), |about| about.issuer.short());
                format!(
                    "{whose} ({}): {}; {}",
                    damaged.path.shown(),
                    damaged.damage,
                    damaged.damage.way_out()
                )
            })
            .collect()
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            environment: self.environment.as_deref(),
            cache: &self.folder,
            bundle: &self.words,
            import: &self.import,
            certificates: &self.paths,
        }
    }
}

/// The options that name the bundle and the cache, to be typed again; CAs are `--chain` to some commands and `--issuer`
/// to others.
fn words(bundle: &Bundle, chain: &str) -> String {
    let mut words = Vec::new();
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.push(format!("{name} {value}"));
        }
    };
    option(
        "--env",
        bundle.authorities.env.as_ref().map(|id| quoted(id)),
    );
    for path in &bundle.chain {
        option(chain, Some(typed(path)));
    }
    option("--facts", bundle.authorities.facts.as_deref().map(typed));
    option("--cache", bundle.folder.cache.as_deref().map(typed));
    joined(words.into_iter())
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

fn typed(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// A word as a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:\\=+@,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false if cfg!(windows) => format!("\"{text}\""),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
