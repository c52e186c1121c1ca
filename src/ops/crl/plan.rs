//! Which CRLs a bundle and a server need, and which of them the cache has.

use std::path::PathBuf;
use std::sync::Arc;

use super::bundle::{TrustBundle, certificates, clients};
use super::{Error, cache};
use crate::document::{Certificate, Name};
use crate::ops::Context;
use crate::ops::gather::{Named, Unread, UnreadReason};
use crate::revocation::SearchableCrl;
use crate::store::crl_cache::{CachedCrl, Crls, Damaged};
use crate::verdict::plan::{CrlPlan, Held, PlanQuestion, Server};

/// What a plan is drawn up for.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// The CAs that the server trusts.
    pub bundle: TrustBundle,
    /// Certificates that the server will have to judge. Where no [clients](Options::clients) are named besides, these are its
    /// clients'; otherwise they are others whose CRLs are needed too, such as its own or those of servers that it calls.
    pub certificates: Vec<Named>,
    /// Clients' certificates: files, or folders that may hold other files too.
    pub clients: Vec<Named>,
    /// The kind of server; without one, what every kind can use.
    pub server: Option<Server>,
}

/// A plan, and its evidence.
#[derive(Debug)]
#[non_exhaustive]
pub struct Planned {
    /// The plan.
    pub plan: CrlPlan,
    /// The id of the environment, where one was named.
    pub environment: Option<String>,
    /// Its title.
    pub environment_title: Option<String>,
    /// The folder of the cache.
    pub cache: PathBuf,
    /// CRLs of the cache that are damaged; they count as missing.
    pub damaged: Vec<Damaged>,
    /// What could not be read; a plan without it would mislead.
    pub unread: Vec<Unread>,
}

impl Options {
    /// A plan for this bundle.
    pub fn new(bundle: TrustBundle) -> Options {
        Options {
            bundle,
            ..Options::default()
        }
    }

    /// Plans for this kind of server.
    pub fn server(mut self, server: Server) -> Options {
        self.server = Some(server);
        self
    }

    /// Plans for these certificates; they are clients' where no clients are named besides.
    pub fn certificates(mut self, certificates: impl IntoIterator<Item = Named>) -> Options {
        self.certificates.extend(certificates);
        self
    }

    /// Plans for these clients too.
    pub fn clients(mut self, clients: impl IntoIterator<Item = Named>) -> Options {
        self.clients.extend(clients);
        self
    }
}

/// Draws up a plan. Reads the cache and changes nothing.
///
/// # Errors
/// When no CA is named, or the cache cannot be read.
pub fn plan(options: &Options, context: &Context<'_>) -> Result<Planned, Error> {
    let mut gathered = Gathered::load(options, context)?;
    let mut unread = std::mem::take(&mut gathered.unread);
    let crls = gathered.crls(&mut unread);
    let plan = gathered.plan(&crls, options.server, context);
    Ok(Planned {
        plan,
        environment: gathered.environment,
        environment_title: gathered.environment_title,
        cache: gathered.folder,
        damaged: gathered.damaged,
        unread,
    })
}

/// What a plan is drawn up from.
pub(super) struct Gathered {
    pub(super) environment: Option<String>,
    pub(super) environment_title: Option<String>,
    pub(super) folder: PathBuf,
    pub(super) damaged: Vec<Damaged>,
    pub(super) unread: Vec<Unread>,
    bundle: Vec<Arc<Certificate>>,
    others: Vec<Arc<Certificate>>,
    clients: Vec<Arc<Certificate>>,
    cached: Vec<CachedCrl>,
}

impl Gathered {
    pub(super) fn load(options: &Options, context: &Context<'_>) -> Result<Gathered, Error> {
        let mut unread = Vec::new();
        let environment = options.bundle.environment(&context.facts)?;
        let environment_title = environment.map(|environment| environment.title.clone());
        let environment = environment.map(|environment| environment.id.clone());
        let bundle = options.bundle.load(context, &mut unread)?;
        let given = certificates(&options.certificates, context, &mut unread);
        let (clients, others) = match options.clients.is_empty() {
            true => (given, Vec::new()),
            false => (clients(&options.clients, context, &mut unread), given),
        };
        let cache = cache(context)?;
        let Crls { sound, damaged, .. } = cache.crls()?;
        Ok(Gathered {
            environment,
            environment_title,
            folder: cache.folder().to_owned(),
            damaged,
            unread,
            bundle,
            others,
            clients,
            cached: sound,
        })
    }

    /// The CRLs of the cache; one that can no longer be read is unread, and counts as missing.
    pub(super) fn crls(&self, unread: &mut Vec<Unread>) -> Vec<(&CachedCrl, SearchableCrl<'_>)> {
        let mut crls = Vec::new();
        for cached in &self.cached {
            match cached.crl() {
                Ok(crl) => crls.push((cached, crl)),
                Err(error) => {
                    let source = crate::input::Source::File(cached.path().to_owned());
                    unread.push(Unread::new(source, UnreadReason::from(error)));
                }
            }
        }
        crls
    }

    /// Draws up the plan; its numbers are indices into `crls`.
    pub(super) fn plan(
        &self,
        crls: &[(&CachedCrl, SearchableCrl<'_>)],
        server: Option<Server>,
        context: &Context<'_>,
    ) -> CrlPlan {
        let held: Vec<Held<'_>> = crls
            .iter()
            .map(|(cached, crl)| Held::new(crl, cached.about().issuer_spki_sha256))
            .collect();
        let unreadable: Vec<Option<Name>> = self.damaged.iter().map(Damaged::issuer).collect();
        CrlPlan::draw(&PlanQuestion {
            bundle: &self.bundle,
            certificates: &self.clients,
            others: &self.others,
            held: &held,
            unreadable: &unreadable,
            server,
            facts: &context.facts,
            at: context.at,
        })
    }
}
