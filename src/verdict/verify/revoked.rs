//! Whether the certificates of a path have been revoked.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::answer::{Link, Verdict};
use super::candidate::BUDGET;
use super::fault::{ListFault, ListNeeded};
use super::path::{self, Measure};
use super::{Profile, ProfileRule, Purpose, Question, Revocation, StaleList};
use crate::chain::{self, End, Pool};
use crate::document::{Certificate, Hash, HexBytes, Kind, Moment, Name, Sha256Digest};
use crate::revocation::{self, List, Signers, Stale, Status};
use crate::verdict::{Finding, Problem, Subject};

/// How many certificates are asked about for one verdict, those of lists' signers included. PKITS needs eleven at
/// most; a pool of CAs that sign each other's lists could ask without end.
const QUESTIONS: usize = 200;

/// How many certificates of one name are looked at as signers: as many keys as `revocation` tries.
const NAMESAKES: usize = 32;

/// Whether one certificate of the path has been revoked.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// Its number in the path.
    pub number: usize,
    /// What the lists say.
    pub status: Status,
}

/// Asks for the certificates of a path that the question is about.
pub(super) fn ask(
    links: &[Link],
    question: &Question<'_>,
    lists: &[&List<'_>],
    pool: &Pool,
    measure: &Measure,
) -> Vec<Revoked> {
    let asked = match question.revocation {
        Revocation::Off => 0,
        Revocation::Leaf => 1,
        Revocation::Chain => links.len(),
    };
    let Some(anchor) = links.last() else {
        return Vec::new();
    };
    let anchors = (0..pool.len()).filter(|number| {
        pool.member(*number)
            .is_some_and(|member| member.certificate.sha256 == anchor.certificate.sha256)
    });
    let world = World {
        pool,
        anchors: anchors.collect(),
        lists,
        // A signer of lists is no server, and rules for issuers are told of the path itself.
        measure: Measure {
            purpose: Purpose::Any,
            strict: false,
            ..*measure
        },
        at: question.at,
        stale: match question.stale {
            StaleList::Refuse => Stale::Refuse,
            StaleList::Warn | StaleList::Accept => Stale::Consider,
        },
        of_signers: question.revocation == Revocation::Chain,
        open: RefCell::default(),
        left: Cell::new(QUESTIONS),
        paths: RefCell::default(),
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
    pool: &'a Pool,
    anchors: HashSet<usize>,
    lists: &'a [&'a List<'a>],
    measure: Measure,
    at: Moment,
    stale: Stale,
    /// Whether the signers of lists must not have been revoked themselves.
    of_signers: bool,
    /// Certificates being asked about: one that is needed to answer for itself is no signer.
    open: RefCell<Vec<Sha256Digest>>,
    left: Cell<usize>,
    /// The valid paths from members of the pool, as numbers.
    paths: RefCell<HashMap<usize, Vec<Vec<usize>>>>,
}

impl World<'_> {
    fn status(&self, certificate: &Certificate, issuer: &Certificate) -> Status {
        let is_open = self.open.borrow().contains(&certificate.sha256);
        let Some(left) = self.left.get().checked_sub(1).filter(|_| !is_open) else {
            return Status::NoList(Vec::new());
        };
        self.left.set(left);
        self.open.borrow_mut().push(certificate.sha256);
        let status = revocation::status(&revocation::Question {
            certificate,
            issuer,
            lists: self.lists,
            signers: self,
            at: self.at,
            stale: self.stale,
        });
        self.open.borrow_mut().pop();
        status
    }

    fn certificate(&self, number: usize) -> Option<&Arc<Certificate>> {
        self.pool.member(number).map(|member| &member.certificate)
    }

    /// The valid paths from a member to the anchor.
    fn valid_paths(&self, number: usize) -> Vec<Vec<usize>> {
        if let Some(known) = self.paths.borrow().get(&number) {
            return known.clone();
        }
        let found = chain::search_to(self.pool, number, &self.anchors, BUDGET);
        let valid = |path: &chain::Path| {
            let certificates: Vec<&Certificate> = path
                .members
                .iter()
                .filter_map(|number| Some(self.certificate(*number)?.as_ref()))
                .collect();
            path.end == End::Anchor
                && path::judge(&certificates, &self.measure)
                    .refusals
                    .is_empty()
        };
        let paths: Vec<Vec<usize>> = found
            .complete
            .into_iter()
            .filter(valid)
            .map(|path| path.members)
            .collect();
        self.paths.borrow_mut().insert(number, paths.clone());
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
        let numbers = self.pool.named(issuer).iter().take(NAMESAKES);
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

/// Turns what the lists say into reasons and findings of the verdict. What has been revoked refuses, what could not
/// be told leaves the question open, and a list past its time is always said.
pub(super) fn weigh(
    revoked: Vec<Revoked>,
    question: &Question<'_>,
    lists: &[&List<'_>],
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
        let stale = |next_update| Problem::StaleListUsed {
            next_update,
            accepted: question.stale == StaleList::Accept,
        };
        match status {
            Status::Listed(listed) => {
                verdict.reasons.push(about(Problem::Revoked {
                    entry: Box::new(listed.entry.clone()),
                    list: listed.list.origin.to_string(),
                    ca: *number > 0,
                }));
                if listed.stale {
                    verdict.findings.push(about(stale(listed.list.next_update)));
                }
            }
            Status::NotListed(not_listed) => {
                if not_listed.stale {
                    verdict.findings.push(about(stale(not_listed.next_update)));
                }
                for used in &not_listed.lists {
                    let Some(header) = lists.get(used.index).map(|list| list.header()) else {
                        continue;
                    };
                    let of_list = |problem| {
                        let mut finding = about(problem);
                        finding.subject.name = format!("CRL of {}", header.issuer.short());
                        finding.subject.origin = used.origin.clone();
                        finding
                    };
                    if header.signature.hash == Some(Hash::Sha1) {
                        verdict.findings.push(of_list(Problem::Sha1Signature {
                            kind: Kind::RevocationList,
                        }));
                    }
                    let rule = ProfileRule::ListNumbered;
                    if rule.is_broken_by_list(header) {
                        let finding = of_list(Problem::Profile { rule });
                        match question.profile {
                            Profile::Strict => verdict.reasons.push(finding),
                            Profile::Reported => verdict.findings.push(finding),
                        }
                    }
                }
            }
            Status::NotApplicable(_) => {}
            Status::NoList(why_not) => {
                let needs = ListNeeded::of(&link.certificate);
                let nearest = ListFault::nearest(why_not, &verdict.path);
                verdict.reasons.push(about(match nearest {
                    None => Problem::NoList { needs },
                    Some((fault, list)) => Problem::ListUnusable {
                        needs,
                        have: list.origin.to_string(),
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
