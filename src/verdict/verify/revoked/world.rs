//! What answers for one path: the CRLs, their signers and the paths that those are good by.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::Revoked;
use super::weigh::odd_times;
use super::{CrlAnswer, Obstacle};
use crate::chain::{self, End};
use crate::document::{Certificate, HexBytes, Moment, Name, Sha256Digest};
use crate::revocation::{self, CrlSet, PassedOver, SignerStatus, Signers, Stale, Status};
use crate::verdict::Code;
use crate::verdict::verify::answer::Link;
use crate::verdict::verify::candidate::BUDGET;
use crate::verdict::verify::gathered::Gathered;
use crate::verdict::verify::path::{self, Measure};
use crate::verdict::verify::{Purpose, Question, Revocation, StaleCrl};

/// How many certificates are asked about for one verdict, those of CRLs' signers included. PKITS needs eleven at
/// most; a pool of CAs that sign each other's CRLs could ask without end.
const QUESTIONS: usize = 200;

/// How many certificates of one name are looked at as signers: as many keys as `revocation` tries.
const NAMESAKES: usize = 32;

/// On what terms signers of CRLs are judged; a signer that is good on some terms may not be on others.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::verdict::verify) struct Terms {
    /// The number of the anchor among the certificates gathered.
    anchor: usize,
    at: Moment,
    sha1: bool,
    weak_keys: bool,
    stale: bool,
    /// Whether the signers of CRLs must be known not to have been revoked themselves.
    of_signers: bool,
    /// Whether it is about all other anchors instead.
    is_of_others: bool,
}

/// What was found out about CAs on some terms; the same for every certificate below them.
#[derive(Default)]
pub(in crate::verdict::verify) struct Memory {
    /// The paths from members of the pool.
    paths: Mutex<HashMap<usize, Arc<Paths>>>,
    /// Whether CAs have been revoked, by certificate and issuer, and how many questions it took to tell.
    statuses: Mutex<HashMap<(Sha256Digest, Sha256Digest), (Status, usize)>>,
}

/// The paths from one certificate to the anchor.
#[derive(Default)]
pub(super) struct Paths {
    /// The valid ones, as numbers.
    valid: Vec<Vec<usize>>,
    /// What is wrong with the first of the others; `None` where no path leads to the anchor.
    fault: Option<Code>,
    /// Whether there may be others, which were not looked for, or cost too much to be judged.
    is_unresolved: bool,
}

impl Paths {
    /// Whether it was not found out what there is.
    pub(super) fn are_unresolved(&self) -> bool {
        self.valid.is_empty() && self.is_unresolved
    }

    /// Whether a path leads to the anchor, valid or not.
    pub(super) fn arrive(&self) -> bool {
        !self.valid.is_empty() || self.fault.is_some()
    }
}

pub(in crate::verdict::verify) fn known<K: Eq + Hash, V: Clone>(
    memory: &Mutex<HashMap<K, V>>,
    key: &K,
) -> Option<V> {
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    memory.get(key).cloned()
}

pub(in crate::verdict::verify) fn remember<K: Eq + Hash, V>(
    memory: &Mutex<HashMap<K, V>>,
    key: K,
    value: V,
) {
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    memory.insert(key, value);
}

/// Everything that may answer for one path, and what is being asked.
pub(super) struct World<'a> {
    gathered: &'a Gathered<'a>,
    anchors: HashSet<usize>,
    /// The other anchors that are trusted.
    others: HashSet<usize>,
    terms: Terms,
    crls: &'a CrlSet<'a>,
    measure: Measure,
    at: Moment,
    stale: Stale,
    of_signers: bool,
    /// Certificates being asked about: one that is needed to answer for itself is no signer.
    open: RefCell<Vec<Sha256Digest>>,
    /// How many questions may still be asked.
    left: Cell<usize>,
    /// Whether a question was left unanswered because it was open already or too many had been asked. What was found
    /// then is true of this path alone.
    cut: Cell<bool>,
    memory: Arc<Memory>,
}

impl<'a> World<'a> {
    /// What answers for a path; `None` where it has no end.
    pub(super) fn below(
        links: &[Link],
        question: &Question<'_>,
        crls: &'a CrlSet<'a>,
        gathered: &'a Gathered<'a>,
        measure: &Measure,
    ) -> Option<World<'a>> {
        let anchor = gathered.pool.number(&links.last()?.certificate.sha256)?;
        let stale = match question.stale {
            StaleCrl::Refuse => Stale::Refuse,
            StaleCrl::Warn | StaleCrl::Accept => Stale::Consider,
        };
        let of_signers = question.revocation == Revocation::Chain;
        let mut world = World::new(anchor, crls, gathered, measure, stale, of_signers);
        world.others = gathered.anchors(question.environment).into_owned();
        world.others.remove(&anchor);
        Some(world)
    }

    pub(super) fn new(
        anchor: usize,
        crls: &'a CrlSet<'a>,
        gathered: &'a Gathered<'a>,
        measure: &Measure,
        stale: Stale,
        of_signers: bool,
    ) -> World<'a> {
        let terms = Terms {
            anchor,
            at: measure.at,
            sha1: measure.sha1,
            weak_keys: measure.weak_keys,
            stale: stale == Stale::Consider,
            of_signers,
            is_of_others: false,
        };
        World {
            gathered,
            anchors: HashSet::from([anchor]),
            others: HashSet::new(),
            terms,
            crls,
            // A signer of CRLs is no server, and rules for issuers are reported for the path itself.
            measure: Measure {
                purposes: Purpose::Any.into(),
                strict: false,
                spine: false,
                ..*measure
            },
            at: measure.at,
            stale,
            of_signers,
            open: RefCell::default(),
            left: Cell::new(QUESTIONS),
            cut: Cell::new(false),
            memory: gathered.memory(terms),
        }
    }

    /// The members of the paths from a signer to the other anchors that have been revoked on one of them: what was revoked by
    /// a signer that leads to one trusted anchor is not good by another.
    fn revoked_elsewhere(&self, number: usize) -> HashSet<usize> {
        if self.others.is_empty() {
            return HashSet::new();
        }
        let terms = Terms {
            is_of_others: true,
            ..self.terms
        };
        let elsewhere = World {
            anchors: self.others.clone(),
            others: HashSet::new(),
            terms,
            open: RefCell::new(self.open.borrow().clone()),
            left: Cell::new(self.left.get()),
            cut: Cell::new(false),
            memory: self.gathered.memory(terms),
            ..*self
        };
        let paths = elsewhere.paths(number);
        let statuses = paths
            .valid
            .iter()
            .flat_map(|path| elsewhere.statuses_of(path));
        let revoked = statuses.filter(|(_, status)| *status == SignerStatus::Revoked);
        let revoked = revoked.map(|(number, _)| number).collect();
        self.left.set(elsewhere.left.get());
        self.cut.set(self.cut.get() || elsewhere.cut.get());
        revoked
    }

    /// The status of each certificate of the path below its end.
    pub(super) fn statuses(&self, links: &[Link]) -> impl Iterator<Item = Revoked> {
        let pairs = links.iter().zip(links.iter().skip(1));
        pairs.enumerate().map(|(number, (one, issuer))| Revoked {
            number,
            status: self.status(&one.certificate, &issuer.certificate),
        })
    }

    /// What the CRLs say of the first certificate of the path.
    pub(super) fn answer(&self, links: Vec<Link>) -> CrlAnswer {
        let [first, issuer, ..] = links.as_slice() else {
            // An anchor by itself: if it signed itself, no CRL can take it back; if not, its issuer is not here.
            let root = links
                .iter()
                .all(|link| chain::is_self_signed(&link.certificate));
            return CrlAnswer {
                status: Status::NotApplicable(revocation::Exempt::SelfSigned),
                obstacle: (!root).then_some(Obstacle::NoPath),
                refused: Vec::new(),
                path: links,
            };
        };
        let status = self.status(&first.certificate, &issuer.certificate);
        let obstacle = self.obstacle(links.get(1..).unwrap_or_default());
        let refused = match &status {
            Status::NotListed(cleared) => cleared
                .crls
                .iter()
                .flat_map(|used| odd_times(used, self.crls))
                .collect(),
            _ => Vec::new(),
        };
        CrlAnswer {
            status,
            obstacle,
            refused,
            path: links,
        }
    }

    /// Why the CRLs for the certificates of a CA count for nothing but a revocation; the path begins with the CA.
    pub(super) fn obstacle(&self, links: &[Link]) -> Option<Obstacle> {
        let issuer = &links.first()?.certificate;
        let number = self.gathered.pool.number(&issuer.sha256);
        let paths = number.map(|number| self.paths(number));
        let fault = paths.and_then(|paths| paths.fault.filter(|_| paths.valid.is_empty()));
        let fault = fault.or_else(|| path::may_issue(issuer, links.len() == 1));
        let mut statuses = self.statuses(links);
        let revoked = statuses.find(|one| matches!(one.status, Status::Listed(_)));
        let revoked = revoked.and_then(|one| links.get(one.number));
        match (fault, revoked) {
            (Some(code), _) => Some(Obstacle::IssuerNotValid {
                issuer: issuer.subject.short(),
                code,
            }),
            (None, Some(ca)) => Some(Obstacle::IssuerRevoked {
                issuer: ca.certificate.subject.short(),
            }),
            (None, None) => None,
        }
    }

    pub(super) fn status(&self, certificate: &Certificate, issuer: &Certificate) -> Status {
        let key = (certificate.sha256, issuer.sha256);
        let is_open = self.open.borrow().contains(&certificate.sha256);
        let known = known(&self.memory.statuses, &key);
        let cost = known.as_ref().map_or(1, |(_, cost)| *cost);
        let before = self.left.get();
        let Some(left) = before.checked_sub(cost).filter(|_| !is_open) else {
            self.cut.set(true);
            return Status::NoCrl(PassedOver::default());
        };
        self.left.set(left);
        if let Some((status, _)) = known {
            return status;
        }
        let cut = self.cut.replace(false);
        self.open.borrow_mut().push(certificate.sha256);
        let status = revocation::status(&revocation::RevocationQuestion {
            certificate,
            issuer,
            crls: self.crls,
            signers: self,
            at: self.at,
            stale: self.stale,
        });
        self.open.borrow_mut().pop();
        if certificate.is_ca() && !self.cut.get() {
            let cost = before - self.left.get();
            remember(&self.memory.statuses, key, (status.clone(), cost));
        }
        self.cut.set(cut || self.cut.get());
        status
    }

    fn certificate(&self, number: usize) -> Option<&Arc<Certificate>> {
        self.gathered
            .pool
            .member(number)
            .map(|member| &member.certificate)
    }

    /// The paths from a member to the anchor.
    pub(super) fn paths(&self, number: usize) -> Arc<Paths> {
        if let Some(known) = known(&self.memory.paths, &number) {
            return known;
        }
        // What is found is remembered, so that it depends on no question.
        let found = chain::search_at(
            &self.gathered.pool,
            number,
            &self.anchors,
            Some(self.at),
            BUDGET,
        );
        let mut paths = Paths {
            is_unresolved: found.exhausted,
            ..Paths::default()
        };
        let mut measure = self.measure.among(self.gathered.pool.len());
        let complete = found.complete.into_iter();
        for path in complete.filter(|path| path.end == End::Anchor) {
            let certificates: Vec<&Certificate> = path
                .members
                .iter()
                .filter_map(|number| Some(self.certificate(*number)?.as_ref()))
                .collect();
            let judgement = path::judge(&certificates, &measure, &self.gathered.cas);
            measure = measure.after(&certificates);
            let refusal = judgement.refusals.first();
            let refusal = refusal.map(|(_, problem)| problem.code());
            paths.is_unresolved |= judgement.is_unresolved();
            match refusal.or_else(|| path::too_long(&certificates)) {
                None => paths.valid.push(path.members),
                Some(code) => paths.fault = paths.fault.or(Some(code)),
            }
        }
        let paths = Arc::new(paths);
        remember(&self.memory.paths, number, Arc::clone(&paths));
        paths
    }

    /// What the CRLs say of the members of a path below its end.
    fn statuses_of(&self, path: &[usize]) -> Vec<(usize, SignerStatus)> {
        let pairs = path.iter().zip(path.iter().skip(1));
        let status = |one: usize, issuer: usize| {
            let (Some(one), Some(issuer)) = (self.certificate(one), self.certificate(issuer))
            else {
                return SignerStatus::Undetermined;
            };
            match self.status(one, issuer) {
                Status::Listed(_) => SignerStatus::Revoked,
                Status::NoCrl(_) if self.of_signers => SignerStatus::Undetermined,
                Status::NoCrl(_) | Status::NotListed(_) | Status::NotApplicable(_) => {
                    SignerStatus::Good
                }
            }
        };
        pairs
            .map(|(one, issuer)| (*one, status(*one, *issuer)))
            .collect()
    }
}

impl Signers for World<'_> {
    fn signers(&self, issuer: &Name, akid: Option<&HexBytes>) -> Vec<Arc<Certificate>> {
        let mut numbers = self.gathered.pool.named(issuer).to_vec();
        let is_meant = |number: &usize| {
            let certificate = self.certificate(*number);
            let identifier = certificate
                .and_then(|one| one.extensions.subject_key_identifier.as_ref())
                .map(|marked| &marked.value);
            akid.is_some() && identifier == akid
        };
        numbers.sort_by_key(|number| !is_meant(number));
        let named = numbers.iter().take(NAMESAKES);
        named
            .filter(|number| self.paths(**number).arrive())
            .filter_map(|number| self.certificate(*number).cloned())
            .collect()
    }

    fn are_all(&self, issuer: &Name) -> bool {
        self.gathered.pool.named(issuer).len() <= NAMESAKES
    }

    fn signer_status(&self, signer: &Certificate) -> SignerStatus {
        let Some(number) = self.gathered.pool.number(&signer.sha256) else {
            return SignerStatus::Undetermined;
        };
        let paths = self.paths(number);
        if paths.are_unresolved() {
            return SignerStatus::Unresolved;
        }
        if paths.valid.is_empty() {
            let code = paths.fault.unwrap_or(Code::ChainUnresolved);
            // The path that is missing may be the one that could not be checked.
            if code == Code::OpensslFailed || self.gathered.pool.has_unchecked() {
                return SignerStatus::Unchecked;
            }
            return SignerStatus::NotValid {
                code: code.as_str(),
            };
        }
        let statuses: Vec<_> = paths
            .valid
            .iter()
            .map(|path| self.statuses_of(path))
            .collect();
        // What was revoked on one path is not good on another.
        let mut revoked = self.revoked_elsewhere(number);
        let listed = statuses.iter().flatten();
        let listed = listed.filter(|(_, status)| *status == SignerStatus::Revoked);
        revoked.extend(listed.map(|(number, _)| *number));
        let mut worst = None;
        for path in &statuses {
            let is_open = |(_, status): &(_, SignerStatus)| *status == SignerStatus::Undetermined;
            let status = if path.iter().any(|(number, _)| revoked.contains(number)) {
                SignerStatus::Revoked
            } else if path.iter().any(is_open) {
                SignerStatus::Undetermined
            } else {
                SignerStatus::Good
            };
            match (status, worst) {
                (SignerStatus::Good, _) => return SignerStatus::Good,
                // What cannot be told may yet be good by another CRL.
                (SignerStatus::Undetermined, _) => worst = Some(status),
                (other, None) => worst = Some(other),
                (_, Some(_)) => {}
            }
        }
        match worst {
            Some(SignerStatus::Revoked) if paths.is_unresolved => SignerStatus::Unresolved,
            worst => worst.unwrap_or(SignerStatus::Undetermined),
        }
    }
}
