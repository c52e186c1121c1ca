//! The CAs that a server trusts.

use std::collections::HashSet;
use std::sync::Arc;

use super::Error;
use super::known::environment;
use crate::document::Certificate;
use crate::environment::{Authority, Environment, Facts};
use crate::input::Source;
use crate::ops::Context;
use crate::ops::gather::{self, ExpectedContent, Named, Unread};
use crate::verdict::verify::Given;

/// The CAs that a server trusts: those of an environment, and others.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TrustBundle {
    /// The name of the environment, in any letter case.
    pub environment: Option<String>,
    /// CA certificates, besides or instead of the environment's.
    pub chain: Vec<Named>,
    /// Generations of the environment's CAs that are not to be trusted any more, in any letter case.
    pub leave_out: Vec<String>,
}

impl TrustBundle {
    /// The CAs of an environment, by its id.
    pub fn of_environment(id: impl Into<String>) -> TrustBundle {
        TrustBundle {
            environment: Some(id.into()),
            ..TrustBundle::default()
        }
    }

    /// These CAs.
    pub fn of_cas(chain: impl IntoIterator<Item = Named>) -> TrustBundle {
        TrustBundle::default().chain(chain)
    }

    /// These CAs too.
    pub fn chain(mut self, chain: impl IntoIterator<Item = Named>) -> TrustBundle {
        self.chain.extend(chain);
        self
    }

    /// Without this generation of the environment's CAs.
    pub fn leave_out(mut self, generation: impl Into<String>) -> TrustBundle {
        self.leave_out.push(generation.into());
        self
    }

    /// The environment, where one is named.
    pub(super) fn environment<'f>(
        &self,
        facts: &'f Facts,
    ) -> Result<Option<&'f Environment>, Error> {
        Ok(environment(self.environment.as_deref(), facts)?)
    }

    /// The certificates of the bundle.
    pub(super) fn load(
        &self,
        context: &Context<'_>,
        unread: &mut Vec<Unread>,
    ) -> Result<Vec<Arc<Certificate>>, Error> {
        let environment = self.environment(&context.facts)?;
        if environment.is_none() && self.chain.is_empty() {
            return Err(Error::NothingTrusted);
        }
        let mut cas = match environment {
            Some(environment) => self.trusted(environment, &context.facts)?,
            None => Vec::new(),
        };
        cas.extend(certificates(&self.chain, context, unread));
        Ok(cas)
    }
}

impl TrustBundle {
    /// The environment's CAs of the generations that are not left out.
    fn trusted(
        &self,
        environment: &Environment,
        facts: &Facts,
    ) -> Result<Vec<Arc<Certificate>>, Error> {
        let all = || {
            facts
                .authorities
                .iter()
                .filter(|one| one.serves(environment))
        };
        let is = |asked: &str, one: &Authority| asked.trim().eq_ignore_ascii_case(&one.generation);
        if let Some(asked) = self
            .leave_out
            .iter()
            .find(|asked| !all().any(|one| is(asked, one)))
        {
            let mut known: Vec<String> = all().map(|one| one.generation.clone()).collect();
            known.dedup();
            return Err(Error::NoSuchGeneration {
                asked: asked.clone(),
                known,
            });
        }
        let kept = all().filter(|one| !self.leave_out.iter().any(|asked| is(asked, one)));
        Ok(kept.filter_map(|one| one.certificate().cloned()).collect())
    }
}

/// The certificates of files and folders; where there is none, that is unread.
pub(super) fn certificates(
    named: &[Named],
    context: &Context<'_>,
    unread: &mut Vec<Unread>,
) -> Vec<Arc<Certificate>> {
    let mut found = gather::read(named, None, context.observer);
    let given = gather::certificates(&found.items);
    if given.is_empty() {
        let sources = named.iter().map(Named::source);
        gather::expect(sources, ExpectedContent::Certificate, 0, &mut found.unread);
    }
    unread.append(&mut found.unread);
    given.into_iter().map(|given| given.certificate).collect()
}

/// The certificates of clients. Of a folder only they count: what else lies in it – keys, requests, notes – is passed over.
pub(in crate::ops) fn clients(
    named: &[Named],
    context: &Context<'_>,
    unread: &mut Vec<Unread>,
) -> Vec<Arc<Certificate>> {
    let inputs = gather::Inputs::load(named, crate::store::read::Depth::Directory);
    let mut found = inputs.open(None, context.observer).items(None);
    let given = gather::certificates(&found.items);
    if given.is_empty() {
        let sources = named.iter().map(Named::source);
        gather::expect(sources, ExpectedContent::Certificate, 0, &mut found.unread);
    }
    unread.append(&mut found.unread);
    // A client's file often holds the CAs above it too: those of the bundle decide. A file that was named and holds nothing else is
    // a client's all the same.
    let named: HashSet<Source> = named.iter().map(Named::source).collect();
    let of_ends = given.iter().filter(|one| !one.certificate.is_ca());
    let of_ends: HashSet<Source> = of_ends
        .map(|one| one.origin.source.as_ref().clone())
        .collect();
    let is_client = |one: &Given| {
        let source = one.origin.source.as_ref();
        !one.certificate.is_ca() || named.contains(source) && !of_ends.contains(source)
    };
    let clients = given.into_iter().filter(is_client);
    clients.map(|given| given.certificate).collect()
}
