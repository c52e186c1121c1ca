//! What answers for one path: the CRLs, their signers and the paths that those are good by.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use super::Revoked;
use super::weigh::odd_times;
use super::{CrlAnswer, Obstacle};
use crate::chain::{self, End};
use crate::decode::crypto::Signature;
use crate::document::{Certificate, HexBytes, Moment, Name, Sha256Digest};
use crate::revocation::{self, CrlSet, PassedOver, SignerStatus, Signers, Stale, Status};
use crate::verdict::Code;
use crate::verdict::verify::answer::Link;
use crate::verdict::verify::candidate::BUDGET;
use crate::verdict::verify::gathered::Gathered;
use crate::verdict::verify::path::{self, Measure};
use crate::verdict::verify::{Purpose, Question, Revocation, StaleCrl};

/// How many certificates are asked about for one verdict, on all of its paths together, those of CRLs' signers included.
/// PKITS needs eleven on a path at most; a pool of CAs that sign each other's CRLs could ask without end.
const QUESTIONS: usize = 2_000;

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

/// What one verdict asked about revocation, and may still ask.
pub(in crate::verdict::verify) struct Steps {
    left: Cell<usize>,
    spent: Cell<bool>,
    /// What was found out, whatever else was being asked.
    found: RefCell<HashMap<(Terms, Pair), Found>>,
    signers: RefCell<HashMap<(Terms, usize), SignerStatus>>,
}

/// A certificate and its issuer.
type Pair = (Sha256Digest, Sha256Digest);

/// What was found out about a certificate.
#[derive(Clone)]
struct Found {
    status: Status,
    /// How many questions it took.
    cost: usize,
    /// Whether it was needed to answer for itself on the way: what was asked first decides then how many it took.
    is_circular: bool,
}

impl Default for Steps {
    fn default() -> Steps {
        Steps {
            left: Cell::new(QUESTIONS),
            spent: Cell::new(false),
            found: RefCell::default(),
            signers: RefCell::default(),
        }
    }
}

impl Steps {
    /// Takes so many. Once there are too few for a question there are none for any other: what is answered does not depend on
    /// what was remembered from other verdicts.
    fn take(&self, cost: usize) -> bool {
        let left = self.left.get().checked_sub(cost);
        self.left.set(left.unwrap_or(0));
        self.spent.set(self.spent.get() || left.is_none());
        left.is_some()
    }

    /// Whether something was not asked that had to be.
    pub(in crate::verdict::verify) fn are_spent(&self) -> bool {
        self.spent.get()
    }
}

/// What was found out while the same certificates were being asked about, and is true of these alone: the first of them that
/// was needed to answer for itself.
#[derive(Default)]
struct Frame {
    statuses: HashMap<Pair, (Status, usize)>,
    signers: HashMap<usize, (SignerStatus, usize)>,
}

/// Where no certificate was needed to answer for itself.
const NONE: usize = usize::MAX;

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
    /// For each of them, and before the first, what was found out meanwhile.
    frames: RefCell<Vec<Frame>>,
    /// How many questions may still be asked.
    steps: Rc<Steps>,
    /// The first of the certificates being asked about that was needed to answer for itself: what was found then is true while
    /// that one is being asked about.
    first_open: Cell<usize>,
    /// Whether any certificate was.
    is_circular: Cell<bool>,
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
        steps: &Rc<Steps>,
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
        world.steps = Rc::clone(steps);
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
            frames: RefCell::new(vec![Frame::default()]),
            steps: Rc::default(),
            first_open: Cell::new(NONE),
            is_circular: Cell::new(false),
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
            frames: RefCell::new(vec![Frame::default()]),
            steps: Rc::clone(&self.steps),
            first_open: Cell::new(NONE),
            is_circular: Cell::new(false),
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
        self.meets(elsewhere.first_open.get(), elsewhere.is_circular.get());
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
        let pair = (certificate.sha256, issuer.sha256);
        if let Some((status, first)) = self.in_frame(|frame| frame.statuses.get(&pair).cloned()) {
            self.meets(first, true);
            return status;
        }
        let found = self.steps.found.borrow().get(&(self.terms, pair)).cloned();
        if let Some(found) = found {
            // What the paths themselves ask again costs nothing; what is asked for that is remembered costs what it does in
            // another verdict.
            if !self.open.borrow().is_empty() {
                self.steps.take(found.cost);
            }
            self.meets(NONE, found.is_circular);
            return found.status;
        }
        let open = self.open.borrow().iter().position(|one| *one == pair.0);
        if let Some(place) = open {
            self.meets(place, true);
            return Status::NoCrl(PassedOver::default());
        }
        let known = known(&self.memory.statuses, &pair);
        let cost = known.as_ref().map_or(1, |(_, cost)| *cost);
        let before = self.steps.left.get();
        if !self.steps.take(cost) {
            return Status::NoCrl(PassedOver::default());
        }
        if let Some((status, cost)) = known {
            let found = Found {
                status: status.clone(),
                cost,
                is_circular: false,
            };
            let mut all = self.steps.found.borrow_mut();
            all.insert((self.terms, pair), found);
            return status;
        }
        let outside = (
            self.first_open.replace(NONE),
            self.is_circular.replace(false),
        );
        let depth = self.open.borrow().len();
        self.open.borrow_mut().push(certificate.sha256);
        self.frames.borrow_mut().push(Frame::default());
        let status = revocation::status(&revocation::RevocationQuestion {
            certificate,
            issuer,
            crls: self.crls,
            signers: self,
            at: self.at,
            stale: self.stale,
        });
        self.frames.borrow_mut().pop();
        self.open.borrow_mut().pop();
        let (first, is_circular) = (
            self.first_open.replace(outside.0),
            self.is_circular.replace(outside.1),
        );
        let is_whole = !self.steps.are_spent();
        let cost = before - self.steps.left.get();
        if first < depth {
            let found = (status.clone(), first);
            self.in_frame(|frame| frame.statuses.insert(pair, found));
            self.meets(first, true);
            return status;
        }
        if certificate.is_ca() && !is_circular && is_whole {
            remember(&self.memory.statuses, pair, (status.clone(), cost));
        }
        if is_whole || matches!(status, Status::Listed(_)) {
            let found = Found {
                status: status.clone(),
                cost: if is_circular { 1 } else { cost },
                is_circular,
            };
            let mut all = self.steps.found.borrow_mut();
            all.insert((self.terms, pair), found);
        }
        self.meets(NONE, is_circular);
        status
    }

    /// Looks at what was found out for the certificates that are being asked about.
    fn in_frame<T>(&self, look: impl FnOnce(&mut Frame) -> Option<T>) -> Option<T> {
        look(self.frames.borrow_mut().last_mut()?)
    }

    /// Notes on what an answer depends.
    fn meets(&self, first: usize, is_circular: bool) {
        self.first_open.set(self.first_open.get().min(first));
        self.is_circular.set(self.is_circular.get() || is_circular);
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
        if self.steps.are_spent() {
            return Vec::new();
        }
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
        if self.steps.are_spent() {
            return SignerStatus::Unresolved;
        }
        if let Some((status, first)) = self.in_frame(|frame| frame.signers.get(&number).copied()) {
            self.meets(first, true);
            return status;
        }
        let found = &self.steps.signers;
        if let Some(status) = found.borrow().get(&(self.terms, number)) {
            self.meets(NONE, true);
            return *status;
        }
        let outside = (
            self.first_open.replace(NONE),
            self.is_circular.replace(false),
        );
        let status = self.of_signer(number);
        let (first, is_circular) = (
            self.first_open.replace(outside.0),
            self.is_circular.replace(outside.1),
        );
        self.meets(first, is_circular);
        if self.steps.are_spent() {
            return SignerStatus::Unresolved;
        }
        // What does not depend on what is being asked costs each time what it costs in another verdict.
        if first != NONE {
            self.in_frame(|frame| frame.signers.insert(number, (status, first)));
        } else if is_circular {
            found.borrow_mut().insert((self.terms, number), status);
        }
        status
    }

    fn signed(&self, subject: &Certificate, by: &Certificate) -> Option<bool> {
        let pool = &self.gathered.pool;
        let checked = match (pool.number(&subject.sha256), pool.number(&by.sha256)) {
            (Some(subject), Some(by)) => pool.check_signature(subject, by),
            _ => chain::check_signature(subject, by),
        };
        match checked {
            Signature::Made => Some(true),
            Signature::NotMade => Some(false),
            Signature::Unchecked => None,
        }
    }
}

impl World<'_> {
    /// Whether a member may be relied on as a signer of CRLs.
    fn of_signer(&self, number: usize) -> SignerStatus {
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
