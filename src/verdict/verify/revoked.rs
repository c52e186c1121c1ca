//! Whether the certificates of a path have been revoked.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::{Link, Verdict};
use super::candidate::BUDGET;
use super::fault::{CrlFault, CrlRequired};
use super::gathered::Gathered;
use super::path::{self, Measure};
use super::{Profile, ProfileRule, Purpose, Question, Revocation, StaleCrl};
use crate::chain::{self, End};
use crate::document::{self, Certificate, HexBytes, Kind, Moment, Name, Sha256Digest};
use crate::revocation::{self, SearchableCrl, Signers, Stale, Status};
use crate::verdict::{Finding, Problem, Subject};

/// How many certificates are asked about for one verdict, those of CRLs' signers included. PKITS needs eleven at
/// most; a pool of CAs that sign each other's lists could ask without end.
const QUESTIONS: usize = 200;

/// How many certificates of one name are looked at as signers: as many keys as `revocation` tries.
const NAMESAKES: usize = 32;

/// Whether one certificate of the path has been revoked.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// Its number in the path.
    pub number: usize,
    /// What the CRLs say.
    pub status: Status,
}

/// On what terms signers of CRLs are judged; a signer that is good on some terms may not be on others.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Terms {
    /// The number of the anchor among the certificates gathered.
    anchor: usize,
    at: Moment,
    sha1: bool,
    stale: bool,
    /// Whether the signers of CRLs must not have been revoked themselves.
    of_signers: bool,
}

/// What was found out about CAs on some terms; the same for every certificate below them.
#[derive(Default)]
pub(super) struct Memory {
    /// The valid paths from members of the pool, as numbers.
    paths: Mutex<HashMap<usize, Arc<Vec<Vec<usize>>>>>,
    /// Whether CAs have been revoked, by certificate and issuer, and how many questions it took to tell.
    statuses: Mutex<HashMap<(Sha256Digest, Sha256Digest), (Status, usize)>>,
}

fn known<K: Eq + Hash, V: Clone>(memory: &Mutex<HashMap<K, V>>, key: &K) -> Option<V> {
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    memory.get(key).cloned()
}

fn remember<K: Eq + Hash, V>(memory: &Mutex<HashMap<K, V>>, key: K, value: V) {
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    memory.insert(key, value);
}

/// Asks for the certificates of a path that the question is about.
pub(super) fn ask(
    links: &[Link],
    question: &Question<'_>,
    crls: &[&SearchableCrl<'_>],
    gathered: &Gathered<'_>,
    measure: &Measure,
) -> Vec<Revoked> {
    let asked = match question.revocation {
        Revocation::Off => 0,
        Revocation::Leaf => 1,
        Revocation::Chain => links.len(),
    };
    let anchor = links.last().map(|anchor| &anchor.certificate.sha256);
    let Some(anchor) = anchor.and_then(|sha256| gathered.pool.number(sha256)) else {
        return Vec::new();
    };
    let stale = match question.stale {
        StaleCrl::Refuse => Stale::Refuse,
        StaleCrl::Warn | StaleCrl::Accept => Stale::Consider,
    };
    let of_signers = question.revocation == Revocation::Chain;
    let world = World {
        gathered,
        anchors: HashSet::from([anchor]),
        crls,
        // A signer of CRLs is no server, and rules for issuers are told of the path itself.
        measure: Measure {
            purpose: Purpose::Any,
            strict: false,
            ..*measure
        },
        at: question.at,
        stale,
        of_signers,
        open: RefCell::default(),
        left: Cell::new(QUESTIONS),
        cut: Cell::new(false),
        memory: gathered.memory(Terms {
            anchor,
            at: question.at,
            sha1: measure.sha1,
            stale: stale == Stale::Consider,
            of_signers,
        }),
    };
    let pairs = links.iter().zip(links.iter().skip(1)).take(asked);
    pairs
        .enumerate()
        .map(|(number, (one, issuer))| Revoked {
            number,
            status: world.status(&one.certificate, &issuer.certificate),
        })
        .collect()
}

/// Everything that may answer for one path, and what is being asked.
struct World<'a> {
    gathered: &'a Gathered<'a>,
    anchors: HashSet<usize>,
    crls: &'a [&'a SearchableCrl<'a>],
    measure: Measure,
    at: Moment,
    stale: Stale,
    of_signers: bool,
    /// Certificates being asked about: one that is needed to answer for itself is no signer.
    open: RefCell<Vec<Sha256Digest>>,
    /// How many questions may still be asked.
    left: Cell<usize>,
    /// Whether a question was left unanswered because it was open already or too many had been asked. What was told
    /// then is true of this path alone.
    cut: Cell<bool>,
    memory: Arc<Memory>,
}

impl World<'_> {
    fn status(&self, certificate: &Certificate, issuer: &Certificate) -> Status {
        let key = (certificate.sha256, issuer.sha256);
        let is_open = self.open.borrow().contains(&certificate.sha256);
        let known = known(&self.memory.statuses, &key);
        let cost = known.as_ref().map_or(1, |(_, cost)| *cost);
        let before = self.left.get();
        let Some(left) = before.checked_sub(cost).filter(|_| !is_open) else {
            self.cut.set(true);
            return Status::NoCrl(Vec::new());
        };
        self.left.set(left);
        if let Some((status, _)) = known {
            return status;
        }
        let cut = self.cut.replace(false);
        self.open.borrow_mut().push(certificate.sha256);
        let status = revocation::status(&revocation::Question {
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

    /// The valid paths from a member to the anchor.
    fn valid_paths(&self, number: usize) -> Arc<Vec<Vec<usize>>> {
        if let Some(known) = known(&self.memory.paths, &number) {
            return known;
        }
        let found = chain::search_to(&self.gathered.pool, number, &self.anchors, BUDGET);
        let valid = |path: &chain::Path| {
            let certificates: Vec<&Certificate> = path
                .members
                .iter()
                .filter_map(|number| Some(self.certificate(*number)?.as_ref()))
                .collect();
            path.end == End::Anchor
                && path::judge(&certificates, &self.measure, &self.gathered.parsed)
                    .refusals
                    .is_empty()
        };
        let paths: Vec<Vec<usize>> = found
            .complete
            .into_iter()
            .filter(valid)
            .map(|path| path.members)
            .collect();
        let paths = Arc::new(paths);
        remember(&self.memory.paths, number, Arc::clone(&paths));
        paths
    }

    /// Whether nothing on the path has been revoked, as far as that is asked.
    fn stands(&self, path: &[usize]) -> bool {
        let pairs = path.iter().zip(path.iter().skip(1));
        !self.of_signers
            || pairs.into_iter().all(|(one, issuer)| {
                match (self.certificate(*one), self.certificate(*issuer)) {
                    (Some(one), Some(issuer)) => matches!(
                        self.status(one, issuer),
                        Status::NotListed(_) | Status::NotApplicable(_)
                    ),
                    _ => false,
                }
            })
    }
}

impl Signers for World<'_> {
    fn signers(&self, issuer: &Name, _: Option<&HexBytes>) -> Vec<Arc<Certificate>> {
        let numbers = self.gathered.pool.named(issuer).iter().take(NAMESAKES);
        let standing = numbers.filter(|number| {
            self.valid_paths(**number)
                .iter()
                .any(|path| self.stands(path))
        });
        standing
            .filter_map(|number| self.certificate(*number).cloned())
            .collect()
    }
}

/// Turns what the CRLs say into reasons and findings of the verdict. What has been revoked refuses, what could not
/// be told leaves the question open, and a CRL past its time is always said.
pub(super) fn weigh(
    revoked: Vec<Revoked>,
    question: &Question<'_>,
    crls: &[&SearchableCrl<'_>],
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
                    crl: listed.crl.origin.to_string(),
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
                    let of_crl = |problem| {
                        let mut finding = about(problem);
                        finding.subject.name = format!("CRL of {}", header.issuer.short());
                        finding.subject.origin = used.origin.clone();
                        finding
                    };
                    if header.signature.hash == Some(document::Hash::Sha1) {
                        verdict
                            .findings
                            .push(of_crl(Problem::Sha1Signature { kind: Kind::Crl }));
                    }
                    let rule = ProfileRule::CrlNumbered;
                    if rule.is_broken_by_list(header) {
                        let finding = of_crl(Problem::Profile { rule });
                        match question.profile {
                            Profile::Strict => verdict.reasons.push(finding),
                            Profile::Reported => verdict.findings.push(finding),
                        }
                    }
                }
            }
            Status::NotApplicable(_) => {}
            Status::NoCrl(why_not) => {
                let needs = CrlRequired::of(&link.certificate);
                let nearest = CrlFault::nearest(why_not, &verdict.path);
                verdict.reasons.push(about(match nearest {
                    None => Problem::NoCrl { needs },
                    Some((fault, crl)) => Problem::CrlUnusable {
                        needs,
                        have: crl.origin.to_string(),
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
