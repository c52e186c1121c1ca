//! Revocation status: of certificates, from the CRLs of the cache; of serial numbers, from one CRL or the cache.
//!
//! A CRL counts only if its signer has a valid path and has not been revoked itself, as for
//! [`verify`](crate::ops::verify::verify), which asks the same judge. An undetermined status is never "not revoked".

mod serials;

pub use serials::{
    AskedSerial, Condition, Searcher, SerialAnswer, SerialOptions, SerialOutcome, UndecidedReason,
    serials,
};

use std::sync::Arc;

use rayon::prelude::*;

use super::known::{self, UnknownEnvironment};
use crate::chain::is_self_signed;
use crate::document::{Certificate, Moment};
use crate::environment::Facts;
use crate::input::{Origin, Source};
use crate::ops::Context;
use crate::ops::gather::{
    self, ExpectedContent, GivenCrl, Named, Unread, certificates, issuer_names,
};
use crate::revocation::{PassedOver, SearchableCrl, Status, crl_issuers};
use crate::store::crl_cache::{Cache, CacheError, Damaged};
use crate::verdict::admission::Authorities;
use crate::verdict::verify::{
    BorrowedJudge, CrlAnswer, Evidence, Given, Profile, Purpose, Question, Revocation, Sha1,
    StaleCrl, WeakKeys,
};

/// Which certificates to check, and which CAs are known besides those of the facts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The certificates; CAs among them complete chains too.
    pub certificates: Vec<Named>,
    /// CAs that the caller vouches for.
    pub issuers: Vec<Named>,
    /// The id of the environment whose CAs alone count, beside the `issuers`.
    pub environment: Option<String>,
}

impl Options {
    /// Checks the certificates in these files or bytes.
    pub fn new(certificates: impl IntoIterator<Item = Named>) -> Options {
        Options {
            certificates: certificates.into_iter().collect(),
            issuers: Vec::new(),
            environment: None,
        }
    }

    /// Vouches for these CAs.
    pub fn issuers(mut self, issuers: impl IntoIterator<Item = Named>) -> Options {
        self.issuers.extend(issuers);
        self
    }

    /// Counts the CAs of this environment alone, beside those that are vouched for.
    pub fn environment(mut self, id: impl Into<String>) -> Options {
        self.environment = Some(id.into());
        self
    }
}

/// The answers.
#[derive(Debug)]
#[non_exhaustive]
pub struct Check {
    /// The moment that was asked about.
    pub at: Moment,
    /// The answers, in the input's order; none where a CA that was named could not be read.
    pub answers: Vec<CheckedCertificate>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// CAs that were named and could not be read: without them every answer would mislead.
    pub issuers_unread: Vec<Unread>,
}

/// The answer about one certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckedCertificate {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// What the CRLs say.
    pub answer: CrlAnswer,
    /// A damaged CRL of the cache that may cover it.
    pub damaged: Option<Arc<Damaged>>,
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// There is no such environment.
    #[error(transparent)]
    Environment(#[from] UnknownEnvironment),
    /// The cache cannot be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// There is no cache.
    #[error("there is no folder for the CRL cache")]
    NoCache,
    /// CAs that were named cannot be read.
    #[error("{} of the CAs that were named cannot be read", .0.len())]
    Issuers(Vec<Unread>),
}

/// Says of every certificate named whether it has been revoked, on all cores.
///
/// Their own dates, names and usages are not checked. A self-signed certificate beside others is there for the chain's
/// sake and is not asked about.
///
/// # Errors
/// When the environment is not known, or there is no readable cache.
pub fn check(options: &Options, context: &Context<'_>) -> Result<Check, CheckError> {
    let environment = known::environment(options.environment.as_deref(), &context.facts)?;
    let mut found = gather::read(&options.certificates, None, context.observer);
    if found.endpoints().is_empty() {
        // What was meant may be in a document that came with the CAs.
        let hidden: Vec<_> = found.hidden().cloned().collect();
        found.unread.extend(hidden);
    }
    let given = certificates(&found.items);
    let given_crls = found.take_crls();
    let mut check = Check {
        at: context.at,
        answers: Vec::new(),
        unread: found.unread,
        issuers_unread: Vec::new(),
    };
    if given.is_empty() {
        let sources = options.certificates.iter().map(Named::source);
        gather::expect(sources, ExpectedContent::Certificate, 0, &mut check.unread);
    }
    let issuers = match named_issuers(&options.issuers, context) {
        Ok(issuers) => issuers,
        Err(unread) => {
            check.issuers_unread = unread;
            return Ok(check);
        }
    };
    let beside: Vec<Arc<Certificate>> = given
        .iter()
        .map(|given| Arc::clone(&given.certificate))
        .collect();
    let authorities = match environment {
        None => Authorities::new(&context.facts, &issuers, &beside),
        Some(environment) => {
            let mut known = known::authorities_of(environment, &context.facts);
            known.extend(issuers);
            Authorities::new(&Facts::default(), &known, &beside)
        }
    };
    let folder = context.cache.as_ref().ok_or(CheckError::NoCache)?;
    let trust = Trust::of(&authorities);
    let none = Facts::default();
    let names = issuer_names(&given, &[&trust.anchors, &trust.others], &none);
    let cached = Cache::open(folder).search(|about| names.contains(&about.issuer))?;
    let mut damaged: Vec<Arc<Damaged>> = cached.damaged.into_iter().map(Arc::new).collect();
    let mut crls: Vec<SearchableCrl<'_>> = Vec::new();
    for one in &cached.sound {
        match one.crl() {
            Ok(crl) => crls.push(crl),
            // One that fails only now was damaged since it was opened.
            Err(error) => damaged.push(Arc::new(one.damaged_by(error)?)),
        }
    }
    // CRLs beside the certificates count as well.
    crls.extend(GivenCrl::read_all(&given_crls, &mut check.unread));
    let crls: Vec<&SearchableCrl<'_>> = crls.iter().collect();
    let judge = BorrowedJudge::new(Evidence {
        sent: &given,
        chain: &trust.others,
        anchors: &trust.anchors,
        facts: &none,
        crls: &crls,
    });
    judge.prepare();
    // Where there is nothing else, that a root cannot revoke itself is the answer.
    let (roots, below): (Vec<&Given>, Vec<&Given>) = given
        .iter()
        .partition(|one| is_self_signed(&one.certificate));
    let asked = if below.is_empty() { roots } else { below };
    check.answers = asked
        .par_iter()
        .map(|given| {
            let damaged = may_have_answered(&given.certificate, &damaged);
            let mut answer = judge.revocation(&question(given, context.at));
            if damaged.is_some() && matches!(answer.status, Status::NotListed(_)) {
                // The damaged CRL may be the one that lists it.
                answer.status = Status::NoCrl(PassedOver::default());
            }
            CheckedCertificate {
                certificate: Arc::clone(&given.certificate),
                answer,
                damaged,
            }
        })
        .collect();
    Ok(check)
}

/// The CAs that are named, or what could not be read of them.
fn named_issuers(
    named: &[Named],
    context: &Context<'_>,
) -> Result<Vec<Arc<Certificate>>, Vec<Unread>> {
    let found = gather::read(named, None, context.observer);
    let mut unread = found.unread;
    let issuers = certificates(&found.items);
    if issuers.is_empty() {
        let sources = named.iter().map(Named::source);
        gather::expect(sources, ExpectedContent::Certificate, 0, &mut unread);
    }
    match unread.is_empty() {
        true => Ok(issuers.into_iter().map(|given| given.certificate).collect()),
        false => Err(unread),
    }
}

/// The CAs that are known, as evidence.
struct Trust {
    anchors: Vec<Given>,
    others: Vec<Given>,
}

impl Trust {
    fn of(authorities: &Authorities) -> Trust {
        let (anchors, others) = authorities.anchors_and_others();
        let given = |certificates: Vec<Arc<Certificate>>| certificates.into_iter().map(unplaced);
        Trust {
            anchors: given(anchors).collect(),
            others: given(others).collect(),
        }
    }
}

/// A certificate whose location is not asked for.
fn unplaced(certificate: Arc<Certificate>) -> Given {
    Given {
        certificate,
        origin: Origin::whole(&Arc::new(Source::BuiltIn("the CAs that are known"))),
    }
}

/// What is asked about each certificate: SHA-1 is accepted, as the oldest generation has nothing else; whether it will do
/// for a connection is for `verify` to say.
fn question(certificate: &Given, at: Moment) -> Question<'_> {
    Question {
        certificate,
        sent: &[],
        purposes: Purpose::Any.into(),
        fqdn: None,
        at,
        environment: None,
        revocation: Revocation::Leaf,
        stale: StaleCrl::Refuse,
        sha1: Sha1::Accepted,
        weak_keys: WeakKeys::Refused,
        profile: Profile::Reported,
        key: None,
        request: None,
    }
}

/// A damaged CRL of one of the certificate's CRL issuers, or one that does not even name its issuer.
fn may_have_answered(certificate: &Certificate, damaged: &[Arc<Damaged>]) -> Option<Arc<Damaged>> {
    let names = crl_issuers(certificate);
    let wanted = damaged.iter().find(|damaged| match &damaged.about {
        Some(about) => names.iter().any(|name| name.matches(&about.issuer)),
        None => true,
    });
    wanted.cloned()
}
