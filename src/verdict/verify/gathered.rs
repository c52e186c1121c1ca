//! Everything that paths are made of, gathered once for all questions about it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::path::Parsed;
use super::revoked::{Memory, Terms};
use super::{Evidence, Given};
use crate::chain::{Found, Pool};
use crate::document::Certificate;
use crate::environment::{Authority, AuthorityRole, Environment, Purpose};
use crate::input::Origin;

/// The certificates of some evidence in one pool, and what was found out about them.
pub(super) struct Gathered<'a> {
    /// All certificates that there are.
    pub(super) pool: Pool,
    /// Where each member stands, by its number.
    pub(super) origins: Vec<Origin>,
    /// The CA certificates as OpenSSL reads them.
    pub(super) parsed: Parsed,
    /// Those given as trusted.
    given: HashSet<usize>,
    /// Those of the facts.
    known: Vec<(usize, &'a Authority)>,
    memories: Mutex<HashMap<Terms, Arc<Memory>>>,
}

/// Whether anchors that were given belong to the pool: a question that names an environment does not look at them.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Anchors {
    Given,
    OfEnvironment,
}

impl Anchors {
    pub(super) fn of(environment: Option<&Environment>) -> Anchors {
        match environment {
            None => Anchors::Given,
            Some(_) => Anchors::OfEnvironment,
        }
    }
}

impl<'a> Gathered<'a> {
    /// Puts everything into one pool. What was sent is added first, so that it counts as sent even where it is known
    /// as well; `first` before it, where it is in question but was not sent.
    pub(super) fn new(
        evidence: &Evidence<'a>,
        anchors: Anchors,
        first: Option<&Given>,
    ) -> Gathered<'a> {
        let mut pool = Pool::new();
        let mut origins = Vec::new();
        let mut add = |given: &Given, found| {
            let number = pool.add(Arc::clone(&given.certificate), found);
            if number == origins.len() {
                origins.push(given.origin.clone());
            }
            number
        };
        for given in first.into_iter().chain(evidence.sent) {
            add(given, Found::Input);
        }
        for given in evidence.chain {
            add(given, Found::Chain);
        }
        let given = match anchors {
            Anchors::OfEnvironment => HashSet::new(),
            Anchors::Given => {
                let anchors = evidence.anchors.iter();
                anchors.map(|given| add(given, Found::Anchor)).collect()
            }
        };
        let authorities = evidence.facts.authorities.iter();
        let known = authorities
            .filter_map(|authority| {
                let source = authority.source()?;
                let given = Given {
                    certificate: Arc::clone(authority.certificate()?),
                    origin: Origin::whole(source),
                };
                Some((add(&given, Found::known(source)), authority))
            })
            .collect();
        Gathered {
            pool,
            origins,
            parsed: Parsed::default(),
            given,
            known,
            memories: Mutex::default(),
        }
    }

    /// CAs that may sign CRLs, and those of them that are trusted without further ado; no facts.
    pub(super) fn of_authorities(
        anchors: &[Arc<Certificate>],
        others: &[Arc<Certificate>],
    ) -> Gathered<'static> {
        let mut pool = Pool::new();
        let mut add =
            |certificate: &Arc<Certificate>, found| pool.add(Arc::clone(certificate), found);
        let given = anchors.iter().map(|one| add(one, Found::Anchor)).collect();
        for other in others {
            add(other, Found::Chain);
        }
        Gathered {
            pool,
            origins: Vec::new(),
            parsed: Parsed::default(),
            given,
            known: Vec::new(),
            memories: Mutex::default(),
        }
    }

    /// The member in question; `None` if it is not there as something that was sent.
    pub(super) fn start(&self, question: &Given) -> Option<usize> {
        let number = self.pool.number(&question.certificate.sha256)?;
        let member = self.pool.member(number)?;
        (member.found == Found::Input).then_some(number)
    }

    /// What is trusted: the roots of an environment's endpoint hierarchy, or what was given.
    pub(super) fn anchors(&self, environment: Option<&Environment>) -> HashSet<usize> {
        let Some(environment) = environment else {
            return self.given.clone();
        };
        let is_root = |authority: &Authority| {
            authority.hierarchy == environment.hierarchy
                && authority.role == AuthorityRole::Root
                && authority.purpose == Purpose::Endpoint
        };
        let roots = self.known.iter().filter(|(_, known)| is_root(known));
        roots.map(|(number, _)| *number).collect()
    }

    /// What was found out about signers of CRLs on these terms.
    pub(super) fn memory(&self, terms: Terms) -> Arc<Memory> {
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(memories.entry(terms).or_default())
    }
}
