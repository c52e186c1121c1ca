//! Everything that paths are made of, gathered once for all questions.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::path::KnownCas;
use super::requested::Requests;
use super::revoked::{Memory, Terms};
use super::{Evidence, Given, Question};
use crate::chain::{Found, Pool};
use crate::document::Certificate;
use crate::environment::{Authority, AuthorityPurpose, AuthorityRole, Environment};
use crate::input::Origin;
use crate::revocation::CrlSet;

/// The certificates of some evidence in one pool, and what was found out about them.
pub(super) struct Gathered<'a> {
    /// All certificates that there are.
    pub(super) pool: Pool,
    /// Where each member is from, by its number.
    pub(super) origins: Vec<Origin>,
    /// What has been found out about CA certificates.
    pub(super) cas: Arc<KnownCas>,
    /// What the requests ask for that certificates are compared with.
    pub(super) requests: Requests,
    /// Those given as trusted at which a path may end.
    given: HashSet<usize>,
    /// Those of the facts.
    known: Vec<(usize, &'a Authority)>,
    memories: Arc<Mutex<HashMap<Terms, Arc<Memory>>>>,
}

/// For how many sets of terms results are remembered. A service asks about another moment each second: results
/// for past moments are dropped.
const TERMS_LIMIT: usize = 64;

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
    /// as well; before it what is in question, where it was not sent, with what came along.
    pub(super) fn new(
        evidence: &Evidence<'a>,
        anchors: Anchors,
        question: Option<&Question<'_>>,
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
        let first = question
            .into_iter()
            .flat_map(|question| std::iter::once(question.certificate).chain(question.sent));
        for given in first.chain(evidence.sent) {
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
        let given = pool.ends(given);
        Gathered {
            pool,
            origins,
            cas: Arc::default(),
            requests: Requests::default(),
            given,
            known,
            memories: Arc::default(),
        }
    }

    /// The same with a certificate that is not there, and what came with it, keeping what was found out about CAs. `None`
    /// where they would change that: where one may be an issuer, or the signer of a CRL, or is named as the issuer of what is in
    /// question, though it is no CA.
    pub(super) fn with(
        &self,
        question: &Question<'_>,
        crls: &CrlSet<'_>,
    ) -> Option<(usize, Gathered<'a>)> {
        let changes_nothing = |given: &Given| {
            let certificate = given.certificate.as_ref();
            // What is remembered is remembered by number and by name: a CA with the same name of an issuer would be mistaken for it.
            !certificate.is_ca()
                && self.pool.named(&certificate.subject).is_empty()
                && !crls.has_issuer(&certificate.subject)
        };
        let asked = question.certificate;
        let is_named = |given: &Given| {
            let (own, other) = (&asked.certificate, &given.certificate);
            own.sha256 != other.sha256 && own.issuer.matches(&other.subject)
        };
        if self.pool.number(&asked.certificate.sha256).is_some() || !changes_nothing(asked) {
            return None;
        }
        let mut with = Gathered {
            pool: self.pool.clone(),
            origins: self.origins.clone(),
            cas: Arc::clone(&self.cas),
            requests: Arc::clone(&self.requests),
            given: self.given.clone(),
            known: self.known.clone(),
            memories: Arc::clone(&self.memories),
        };
        for given in question.sent {
            match self.pool.number(&given.certificate.sha256) {
                Some(number) => {
                    with.pool.mark_sent(number);
                    if let Some(origin) = with.origins.get_mut(number) {
                        origin.clone_from(&given.origin);
                    }
                }
                None if changes_nothing(given) && !is_named(given) => {}
                None => return None,
            }
        }
        let start = with.pool.add(Arc::clone(&asked.certificate), Found::Input);
        with.origins.push(asked.origin.clone());
        Some((start, with))
    }

    /// CAs that may sign CRLs, and those of them that are trusted directly; no facts.
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
            cas: Arc::default(),
            requests: Requests::default(),
            given,
            known: Vec::new(),
            memories: Arc::default(),
        }
    }

    /// The member in question; `None` if it is not there as something that was sent.
    pub(super) fn start(&self, question: &Given) -> Option<usize> {
        let number = self.pool.number(&question.certificate.sha256)?;
        let member = self.pool.member(number)?;
        (member.found == Found::Input).then_some(number)
    }

    /// Where paths end: at the roots of an environment's endpoint hierarchy, or at what was given and has nothing above it
    /// that was given too.
    pub(super) fn anchors(&self, environment: Option<&Environment>) -> Cow<'_, HashSet<usize>> {
        let Some(environment) = environment else {
            return Cow::Borrowed(&self.given);
        };
        let is_root = |authority: &Authority| {
            authority.hierarchy == environment.hierarchy
                && authority.role == AuthorityRole::Root
                && authority.purpose == AuthorityPurpose::Endpoint
        };
        let roots = self.known.iter().filter(|(_, known)| is_root(known));
        Cow::Owned(roots.map(|(number, _)| *number).collect())
    }

    /// What was found out about signers of CRLs on these terms.
    pub(super) fn memory(&self, terms: Terms) -> Arc<Memory> {
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        if memories.len() >= TERMS_LIMIT && !memories.contains_key(&terms) {
            memories.clear();
        }
        Arc::clone(memories.entry(terms).or_default())
    }
}
