//! The CAs that a server trusts.

use std::sync::Arc;

use super::Error;
use super::known::{authorities_of, environment};
use crate::document::Certificate;
use crate::environment::{Environment, Facts};
use crate::ops::Context;
use crate::ops::gather::{self, ExpectedContent, Named, Unread};

/// The CAs that a server trusts: those of an environment, and others.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TrustBundle {
    /// The name of the environment, in any letter case.
    pub environment: Option<String>,
    /// CA certificates, besides or instead of the environment's.
    pub chain: Vec<Named>,
}

impl TrustBundle {
    /// The CAs of an environment, by its id.
    pub fn of_environment(id: impl Into<String>) -> TrustBundle {
        TrustBundle {
            environment: Some(id.into()),
            chain: Vec::new(),
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
        let mut cas = environment.map_or_else(Vec::new, |one| authorities_of(one, &context.facts));
        cas.extend(certificates(&self.chain, context, unread));
        Ok(cas)
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
    // A client's file often holds the CAs above it too: those of the bundle decide.
    let certificates = given.into_iter().map(|given| given.certificate);
    certificates
        .filter(|certificate| !certificate.is_ca())
        .collect()
}
