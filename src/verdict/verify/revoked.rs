//! Whether the certificates of a path have been revoked, and whether the signer of a CRL may be relied on.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::{Link, Verdict};
use super::candidate::{BUDGET, Candidate, Candidates};
use super::fault::{CrlFault, CrlRequired};
use super::gathered::Gathered;
use super::path::{self, Measure};
use super::{Profile, ProfileRule, Purpose, Question, Revocation, StaleCrl};
use crate::chain::{self, End};
use crate::document::{self, Certificate, Crl, HexBytes, Kind, Moment, Name, Sha256Digest};
use crate::revocation::{
    self, CrlId, CrlSet, IssuerCrls, PassedOver, SignerStatus, Signers, Stale, Status,
};
use crate::verdict::{Code, Finding, Problem, Subject};

/// How many certificates are asked about for one verdict, those of CRLs' signers included. PKITS needs eleven at
/// most; a pool of CAs that sign each other's CRLs could ask without end.
const QUESTIONS: usize = 200;

/// How many certificates of one name are looked at as signers: as many keys as `revocation` tries.
const NAMESAKES: usize = 32;

/// Whether one certificate of the path has been revoked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Revoked {
    /// Its number in the path.
    pub number: usize,
    /// What the CRLs say.
    pub status: Status,
}

/// What the CRLs say of a certificate: [`BorrowedJudge::revocation`](super::BorrowedJudge::revocation).
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub struct CrlAnswer {
    /// The path by which the CRLs were judged, the certificate first; the longest one there is, where none leads to an
    /// anchor.
    pub path: Vec<Link>,
    /// What the CRLs of its issuers say. A status that clears the certificate counts only where there is no obstacle.
    pub status: Status,
    /// Why the CRLs of its issuers count for nothing but a revocation.
    pub obstacle: Option<Obstacle>,
    /// What is wrong with CRLs that clear it, for which [`Judge::verdict`](super::BorrowedJudge::verdict) refuses it: OpenSSL, and
    /// its servers, refuse everything by such a CRL.
    pub refused: Vec<Finding>,
}

/// Why a certificate's own CRLs cannot show that it has not been revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// No path of signatures leads to an anchor.
    NoPath,
    /// Its issuer has no valid path.
    IssuerNotValid {
        /// The issuer.
        issuer: String,
        /// What is wrong with the path.
        code: Code,
    },
    /// A CA above it has been revoked.
    IssuerRevoked {
        /// That CA.
        issuer: String,
    },
}

/// On what terms signers of CRLs are judged; a signer that is good on some terms may not be on others.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Terms {
    /// The number of the anchor among the certificates gathered.
    anchor: usize,
    at: Moment,
    sha1: bool,
    weak_keys: bool,
    stale: bool,
    /// Whether the signers of CRLs must be known not to have been revoked themselves.
    of_signers: bool,
}

/// What was found out about CAs on some terms; the same for every certificate below them.
#[derive(Default)]
pub(super) struct Memory {
    /// The paths from members of the pool.
    paths: Mutex<HashMap<usize, Arc<Paths>>>,
    /// Whether CAs have been revoked, by certificate and issuer, and how many questions it took to tell.
    statuses: Mutex<HashMap<(Sha256Digest, Sha256Digest), (Status, usize)>>,
}

/// The paths from one certificate to the anchor.
#[derive(Default)]
struct Paths {
    /// The valid ones, as numbers.
    valid: Vec<Vec<usize>>,
    /// What is wrong with the first of the others; `None` where no path leads to the anchor.
    fault: Option<Code>,
}

impl Paths {
    /// Whether a path leads to the anchor, valid or not.
    fn arrive(&self) -> bool {
        !self.valid.is_empty() || self.fault.is_some()
    }
}

pub(super) fn known<K: Eq + Hash, V: Clone>(memory: &Mutex<HashMap<K, V>>, key: &K) -> Option<V> {
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    memory.get(key).cloned()
}

pub(super) fn remember<K: Eq + Hash, V>(memory: &Mutex<HashMap<K, V>>, key: K, value: V) {
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    memory.insert(key, value);
}

/// Asks for the certificates of a path that the question is about. Where it is about the first one only, a CA above it that
/// the CRLs contain is reported anyway: what such a CA says no longer counts.
pub(super) fn ask(
    links: &[Link],
    question: &Question<'_>,
    crls: &CrlSet<'_>,
    gathered: &Gathered<'_>,
    measure: &Measure,
) -> Vec<Revoked> {
    if question.revocation == Revocation::Off {
        return Vec::new();
    }
    let Some(world) = World::below(links, question, crls, gathered, measure) else {
        return Vec::new();
    };
    if let [alone] = links
        && !chain::is_self_signed(&alone.certificate)
    {
        // It is trusted for itself, and whoever issued it is not: no CRL can be relied on for it.
        return vec![Revoked {
            number: 0,
            status: Status::NoCrl(PassedOver::default()),
        }];
    }
    let is_asked = |revoked: &Revoked| {
        revoked.number == 0
            || question.revocation == Revocation::Chain
            || matches!(revoked.status, Status::Listed(_))
    };
    world.statuses(links).filter(is_asked).collect()
}

/// Whether the CRLs list the first certificate on one of these paths. A CRL counts on those paths whose anchor its signer leads
/// to; but what was revoked by a signer that leads to one trusted anchor is not good by another.
pub(super) fn listed(
    paths: &[Candidate],
    question: &Question<'_>,
    crls: &CrlSet<'_>,
    gathered: &Gathered<'_>,
    measure: &Measure,
) -> Option<usize> {
    if question.revocation == Revocation::Off {
        return None;
    }
    paths.iter().position(|candidate| {
        let links = &candidate.links;
        let world = World::below(links, question, crls, gathered, measure);
        let (Some(world), [first, issuer, ..]) = (world, links.as_slice()) else {
            return false;
        };
        let status = world.status(&first.certificate, &issuer.certificate);
        matches!(status, Status::Listed(_))
    })
}

/// Answers for the first certificate of the paths found, by the first path on which its CRLs count; revoked on any of them is
/// revoked.
pub(super) fn answer(
    candidates: Candidates,
    question: &Question<'_>,
    crls: &CrlSet<'_>,
    gathered: &Gathered<'_>,
) -> CrlAnswer {
    let measure = Measure::of(question);
    let mut best: Option<CrlAnswer> = None;
    for candidate in candidates.trusted {
        let Some(world) = World::below(&candidate.links, question, crls, gathered, &measure) else {
            continue;
        };
        let answer = world.answer(candidate.links);
        let rank = |answer: &CrlAnswer| match (&answer.status, &answer.obstacle) {
            (Status::Listed(_), _) => 0,
            (Status::NotListed(_) | Status::NotApplicable(_), None) => 1,
            (Status::NoCrl(_), None) => 2,
            _ => 3,
        };
        let better = best.as_ref().is_none_or(|best| rank(&answer) < rank(best));
        if better {
            best = Some(answer);
        }
        if best.as_ref().is_some_and(|best| rank(best) == 0) {
            break;
        }
    }
    best.unwrap_or_else(|| CrlAnswer {
        path: candidates.unfinished.0.links,
        status: Status::NoCrl(PassedOver::default()),
        obstacle: Some(Obstacle::NoPath),
        refused: Vec::new(),
    })
}

/// What the CRLs say of serial numbers of one CA: [`BorrowedJudge::serials`](super::BorrowedJudge::serials).
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub struct CaCrls<'a> {
    /// The CRLs that may answer for the CA's certificates.
    pub crls: IssuerCrls<'a>,
    /// Why they count for nothing but a revocation.
    pub obstacle: Option<Obstacle>,
}

/// Judges the CRLs for the certificates of a CA, by the first of its paths on which they count. Without a path they count
/// for nothing, and their signer is unknown.
pub(super) fn serials<'a>(
    candidates: Candidates,
    question: &Question<'_>,
    point: Option<&str>,
    crls: &CrlSet<'a>,
    gathered: &Gathered<'_>,
) -> Option<CaCrls<'a>> {
    let measure = Measure::of(question);
    let ca = &question.certificate.certificate;
    let mut best: Option<CaCrls<'a>> = None;
    let mut anchors = HashSet::new();
    for candidate in candidates.trusted {
        let links = &candidate.links;
        let Some(world) = World::below(links, question, crls, gathered, &measure) else {
            continue;
        };
        let obstacle = world.obstacle(links);
        // Who may sign CRLs depends on the anchor alone.
        let is_new = anchors.insert(links.last().map(|anchor| anchor.certificate.sha256));
        let better = match &best {
            None => true,
            Some(best) => best.obstacle.is_some() && obstacle.is_none(),
        };
        if !is_new && !better {
            continue;
        }
        let crls = IssuerCrls::new(ca, crls, &world, question.at, point);
        match &mut best {
            Some(best) if !better => best.crls.beside(crls),
            before => {
                let mut found = CaCrls { crls, obstacle };
                if let Some(before) = before.take() {
                    found.crls.beside(before.crls);
                }
                best = Some(found);
            }
        }
    }
    best
}

/// Whether a certificate may be relied on as a signer of CRLs: whether a path from it to one of the anchors is valid, and the
/// CRLs contain nothing on it.
pub(super) fn signer_status(
    candidates: Candidates,
    question: &Question<'_>,
    crls: &CrlSet<'_>,
    gathered: &Gathered<'_>,
) -> Option<SignerStatus> {
    let measure = Measure::of(question);
    let mut best = None;
    for candidate in candidates.trusted {
        let Some(world) = World::below(&candidate.links, question, crls, gathered, &measure) else {
            continue;
        };
        match world.signer_status(question.certificate.certificate.as_ref()) {
            SignerStatus::Good => return Some(SignerStatus::Good),
            other => best = best.or(Some(other)),
        }
    }
    best
}

/// The CAs that may sign CRLs, and whether they may be relied on, as far as that is known without CRLs. The answer is that
/// of [`BorrowedJudge::signer_status`](super::BorrowedJudge::signer_status).
pub struct SignerPaths {
    gathered: Gathered<'static>,
    anchors: Vec<usize>,
}

impl SignerPaths {
    /// These CAs, of which the anchors are trusted without further ado.
    pub(crate) fn new(anchors: &[Arc<Certificate>], others: &[Arc<Certificate>]) -> SignerPaths {
        let gathered = Gathered::of_authorities(anchors, others);
        let number = |anchor: &Arc<Certificate>| gathered.pool.number(&anchor.sha256);
        SignerPaths {
            anchors: anchors.iter().filter_map(number).collect(),
            gathered,
        }
    }

    /// Whether a signer has a valid path. SHA-1 is accepted, because CRLs are all that there is of the oldest generation; what it
    /// is worth is asked for each certificate. Weak keys are not.
    pub(crate) fn signer_status(&self, signer: &Certificate, at: Moment) -> SignerStatus {
        let crls = CrlSet::default();
        let measure = Measure {
            at,
            purpose: Purpose::Any,
            sha1: true,
            weak_keys: false,
            strict: false,
            spine: false,
        };
        let mut worst = None;
        for anchor in &self.anchors {
            let world = World::new(
                *anchor,
                &crls,
                &self.gathered,
                &measure,
                Stale::Refuse,
                false,
            );
            let arrives = self
                .gathered
                .pool
                .number(&signer.sha256)
                .is_some_and(|number| world.paths(number).arrive());
            if arrives {
                match world.signer_status(signer) {
                    SignerStatus::Good => return SignerStatus::Good,
                    other => worst = worst.or(Some(other)),
                }
            }
        }
        match worst {
            Some(status) => status,
            None if self.gathered.pool.has_unchecked() => SignerStatus::Unchecked,
            None => SignerStatus::NotValid {
                code: Code::MissingIssuer.as_str(),
            },
        }
    }
}

/// Everything that may answer for one path, and what is being asked.
struct World<'a> {
    gathered: &'a Gathered<'a>,
    anchors: HashSet<usize>,
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
    fn below(
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
        Some(World::new(
            anchor, crls, gathered, measure, stale, of_signers,
        ))
    }

    fn new(
        anchor: usize,
        crls: &'a CrlSet<'a>,
        gathered: &'a Gathered<'a>,
        measure: &Measure,
        stale: Stale,
        of_signers: bool,
    ) -> World<'a> {
        World {
            gathered,
            anchors: HashSet::from([anchor]),
            crls,
            // A signer of CRLs is no server, and rules for issuers are reported for the path itself.
            measure: Measure {
                purpose: Purpose::Any,
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
            memory: gathered.memory(Terms {
                anchor,
                at: measure.at,
                sha1: measure.sha1,
                weak_keys: measure.weak_keys,
                stale: stale == Stale::Consider,
                of_signers,
            }),
        }
    }

    /// The status of each certificate of the path below its end.
    fn statuses(&self, links: &[Link]) -> impl Iterator<Item = Revoked> {
        let pairs = links.iter().zip(links.iter().skip(1));
        pairs.enumerate().map(|(number, (one, issuer))| Revoked {
            number,
            status: self.status(&one.certificate, &issuer.certificate),
        })
    }

    /// What the CRLs say of the first certificate of the path.
    fn answer(&self, links: Vec<Link>) -> CrlAnswer {
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
    fn obstacle(&self, links: &[Link]) -> Option<Obstacle> {
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

    fn status(&self, certificate: &Certificate, issuer: &Certificate) -> Status {
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
    fn paths(&self, number: usize) -> Arc<Paths> {
        if let Some(known) = known(&self.memory.paths, &number) {
            return known;
        }
        let found = chain::search_at(
            &self.gathered.pool,
            number,
            &self.anchors,
            Some(self.at),
            BUDGET,
        );
        let mut paths = Paths::default();
        let complete = found.complete.into_iter();
        for path in complete.filter(|path| path.end == End::Anchor) {
            let certificates: Vec<&Certificate> = path
                .members
                .iter()
                .filter_map(|number| Some(self.certificate(*number)?.as_ref()))
                .collect();
            let judgement = path::judge(&certificates, &self.measure, &self.gathered.cas);
            let refusal = judgement.refusals.first();
            let refusal = refusal.map(|(_, problem)| problem.code());
            match refusal.or_else(|| path::too_long(&certificates)) {
                None => paths.valid.push(path.members),
                Some(code) => paths.fault = paths.fault.or(Some(code)),
            }
        }
        let paths = Arc::new(paths);
        remember(&self.memory.paths, number, Arc::clone(&paths));
        paths
    }

    /// Whether anything on a path has been revoked.
    fn status_of(&self, path: &[usize]) -> SignerStatus {
        let mut signer_status = SignerStatus::Good;
        for (one, issuer) in path.iter().zip(path.iter().skip(1)) {
            let (Some(one), Some(issuer)) = (self.certificate(*one), self.certificate(*issuer))
            else {
                return SignerStatus::Undetermined;
            };
            match self.status(one, issuer) {
                Status::Listed(_) => return SignerStatus::Revoked,
                Status::NoCrl(_) if self.of_signers => signer_status = SignerStatus::Undetermined,
                Status::NoCrl(_) | Status::NotListed(_) | Status::NotApplicable(_) => {}
            }
        }
        signer_status
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

    fn signer_status(&self, signer: &Certificate) -> SignerStatus {
        let Some(number) = self.gathered.pool.number(&signer.sha256) else {
            return SignerStatus::Undetermined;
        };
        let paths = self.paths(number);
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
        let mut worst = None;
        for path in &paths.valid {
            match (self.status_of(path), worst) {
                (SignerStatus::Good, _) => return SignerStatus::Good,
                // What cannot be told may yet be good by another CRL.
                (open @ (SignerStatus::Undetermined | SignerStatus::Unchecked), _) => {
                    worst = Some(open);
                }
                (other, None) => worst = Some(other),
                (_, Some(_)) => {}
            }
        }
        worst.unwrap_or(SignerStatus::Undetermined)
    }
}

/// What is wrong with the times of a CRL that clears a certificate. OpenSSL refuses every certificate by a CRL whose times it
/// cannot compare, and its servers with it.
fn odd_times(used: &CrlId, crls: &CrlSet<'_>) -> Vec<Finding> {
    let Some(header) = crls.get(used.index).map(|crl| crl.header()) else {
        return Vec::new();
    };
    let times = header.odd_times.iter();
    times
        .map(|time| of_crl(used, header, Problem::OddTime { time: time.clone() }))
        .collect()
}

fn of_crl(used: &CrlId, header: &Crl, problem: Problem) -> Finding {
    Finding {
        subject: Subject {
            object: None,
            name: format!("CRL of {}", header.issuer.short()),
            origin: used.origin.clone(),
        },
        problem,
    }
}

/// Turns what the CRLs say into reasons and findings of the verdict. What has been revoked refuses, what could not
/// be determined leaves the question open, and an expired CRL is always reported.
pub(super) fn weigh(
    revoked: Vec<Revoked>,
    question: &Question<'_>,
    crls: &CrlSet<'_>,
    verdict: &mut Verdict,
) {
    for Revoked { number, status } in &revoked {
        let Some(link) = verdict.path.get(*number) else {
            continue;
        };
        let subject = Subject::certificate(&link.certificate, &link.origin);
        let about = |problem| Finding {
            subject: subject.clone(),
            problem,
        };
        let stale = |next_update| Problem::StaleCrlUsed {
            next_update,
            accepted: question.stale == StaleCrl::Accept,
        };
        match status {
            Status::Listed(listed) => {
                verdict.reasons.push(about(Problem::Revoked {
                    entry: Box::new(listed.entry.clone()),
                    crl: listed.crl.title(),
                    ca: *number > 0,
                }));
                if listed.stale {
                    verdict.findings.push(about(stale(listed.crl.next_update)));
                }
            }
            Status::NotListed(not_listed) => {
                if not_listed.stale {
                    verdict.findings.push(about(stale(not_listed.next_update)));
                }
                for used in &not_listed.crls {
                    let Some(header) = crls.get(used.index).map(|crl| crl.header()) else {
                        continue;
                    };
                    let of_crl = |problem| of_crl(used, header, problem);
                    if header.signature.hash == Some(document::Hash::Sha1) {
                        verdict
                            .findings
                            .push(of_crl(Problem::Sha1Signature { kind: Kind::Crl }));
                    }
                    verdict.reasons.extend(odd_times(used, crls));
                    for rule in ProfileRule::OF_CRLS {
                        if !rule.is_broken_by_crl(header) {
                            continue;
                        }
                        let finding = of_crl(Problem::Profile { rule });
                        match question.profile {
                            Profile::Strict => verdict.reasons.push(finding),
                            Profile::Reported => verdict.findings.push(finding),
                        }
                    }
                }
            }
            Status::NotApplicable(_) => {}
            Status::NoCrl(none) => {
                let required = CrlRequired::of(&link.certificate);
                let nearest = CrlFault::nearest(&none.passed_over, &verdict.path);
                verdict.reasons.push(about(match nearest {
                    None => Problem::NoCrl { required },
                    Some((fault, crl)) => Problem::CrlUnusable {
                        required,
                        available: crl.title(),
                        fault,
                    },
                }));
            }
        }
    }
    if question.revocation == Revocation::Off
        && let Some(link) = verdict.path.first()
    {
        verdict.findings.push(Finding {
            subject: Subject::certificate(&link.certificate, &link.origin),
            problem: Problem::RevocationUnchecked,
        });
    }
    verdict.revocation = revoked;
}
