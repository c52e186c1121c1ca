//! Whether the certificates of a path have been revoked, and whether the signer of a CRL may be relied on.

mod weigh;
mod world;

pub(super) use weigh::weigh;
pub(super) use world::{Memory, Steps, Terms, known, remember};

use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use self::world::World;
use super::answer::Link;
use super::candidate::{Candidate, Candidates};
use super::gathered::Gathered;
use super::path::{self, Measure};
use super::{Purpose, Question, Revocation};
use crate::chain;
use crate::document::{Certificate, Moment, Sha256Digest};
use crate::revocation::{CrlSet, IssuerCrls, PassedOver, SignerStatus, Signers, Stale, Status};
use crate::verdict::{Code, Finding};

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

/// Asks for the certificates of a path that the question is about. Where it is about the first one only, a CA above it that
/// the CRLs contain is reported anyway: what such a CA says no longer counts.
pub(super) fn ask(
    links: &[Link],
    question: &Question<'_>,
    crls: &CrlSet<'_>,
    gathered: &Gathered<'_>,
    measure: &Measure,
    steps: &Rc<Steps>,
) -> Vec<Revoked> {
    if question.revocation == Revocation::Off {
        return Vec::new();
    }
    let Some(world) = World::below(links, question, crls, gathered, measure, steps) else {
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

/// These paths without those that seem good only because they do not show how a certificate of theirs was revoked: a CRL
/// counts on the paths whose anchor its signer leads to, and beside the CA certificates that leave CRLs to its key, but what
/// was revoked on one path is not good on another.
pub(super) fn without_overruled(
    paths: Vec<Candidate>,
    question: &Question<'_>,
    crls: &CrlSet<'_>,
    gathered: &Gathered<'_>,
    measure: &Measure,
    steps: &Rc<Steps>,
) -> Vec<Candidate> {
    if paths.len() < 2 {
        return paths;
    }
    let revoked = |links: &[Link]| -> Vec<Sha256Digest> {
        let Some(world) = World::below(links, question, crls, gathered, measure, steps) else {
            return Vec::new();
        };
        let listed = world.statuses(links);
        let listed = listed.filter(|one| matches!(one.status, Status::Listed(_)));
        listed
            .filter_map(|one| Some(links.get(one.number)?.certificate.sha256))
            .collect()
    };
    let own: Vec<_> = paths.iter().map(|path| revoked(&path.links)).collect();
    let all: HashSet<Sha256Digest> = own.iter().flatten().copied().collect();
    let overruled = |path: &Candidate| {
        let mut links = path.links.iter();
        links.any(|link| all.contains(&link.certificate.sha256))
    };
    let pairs = paths.into_iter().zip(own);
    pairs
        .filter(|(path, own)| !own.is_empty() || !overruled(path))
        .map(|(path, _)| path)
        .collect()
}

/// Answers for the first certificate of the paths found, by the first path on which its CRLs count; revoked on any of them is
/// revoked.
pub(super) fn answer(
    candidates: Candidates,
    question: &Question<'_>,
    crls: &CrlSet<'_>,
    gathered: &Gathered<'_>,
) -> CrlAnswer {
    let (measure, steps) = (Measure::of(question), Rc::<Steps>::default());
    let mut best: Option<CrlAnswer> = None;
    let trusted = without_overruled(
        candidates.trusted,
        question,
        crls,
        gathered,
        &measure,
        &steps,
    );
    for candidate in trusted {
        let Some(world) =
            World::below(&candidate.links, question, crls, gathered, &measure, &steps)
        else {
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
    if steps.are_spent()
        && let Some(best) = &mut best
    {
        best.obstacle = best.obstacle.take().or(unresolved(&best.path));
    }
    best.unwrap_or_else(|| CrlAnswer {
        path: candidates.unfinished.0.links,
        status: Status::NoCrl(PassedOver::default()),
        obstacle: Some(Obstacle::NoPath),
        refused: Vec::new(),
    })
}

/// That it was not found out whether what is above the first certificate may be relied on.
fn unresolved(path: &[Link]) -> Option<Obstacle> {
    let issuer = path.get(1).or(path.first())?;
    Some(Obstacle::IssuerNotValid {
        issuer: issuer.certificate.subject.short(),
        code: Code::ChainUnresolved,
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
    let (measure, steps) = (Measure::of(question), Rc::<Steps>::default());
    let ca = &question.certificate.certificate;
    let mut best: Option<CaCrls<'a>> = None;
    let mut anchors = HashSet::new();
    let trusted = without_overruled(
        candidates.trusted,
        question,
        crls,
        gathered,
        &measure,
        &steps,
    );
    for candidate in trusted {
        let links = &candidate.links;
        let Some(world) = World::below(links, question, crls, gathered, &measure, &steps) else {
            continue;
        };
        let obstacle = world.obstacle(links);
        let obstacle = match steps.are_spent() {
            true => obstacle.or(unresolved(links.get(..1).unwrap_or_default())),
            false => obstacle,
        };
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
    let (measure, steps) = (Measure::of(question), Rc::<Steps>::default());
    let mut best = None;
    let trusted = without_overruled(
        candidates.trusted,
        question,
        crls,
        gathered,
        &measure,
        &steps,
    );
    for candidate in trusted {
        let Some(world) =
            World::below(&candidate.links, question, crls, gathered, &measure, &steps)
        else {
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

impl fmt::Debug for SignerPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignerPaths")
            .field("anchors", &self.anchors.len())
            .finish_non_exhaustive()
    }
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
            purposes: Purpose::Any.into(),
            sha1: true,
            weak_keys: false,
            strict: false,
            spine: false,
            comparisons: path::COMPARISONS,
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
            let number = self.gathered.pool.number(&signer.sha256);
            let paths = number.map(|number| world.paths(number));
            if paths.is_some_and(|paths| paths.arrive() || paths.are_unresolved()) {
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
