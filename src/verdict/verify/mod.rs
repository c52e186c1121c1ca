//! Is this certificate good, and if not, why not?
//!
//! [`judge`] is pure: no file, no network, no clock. The trust decision on a path is OpenSSL's, followed by checks of
//! our own; revocation is wholly ours. Missing evidence never counts as a pass.

mod answer;
mod candidate;
mod fault;
mod gathered;
mod host;
mod path;
mod question;
mod requested;
mod revoked;
#[cfg(test)]
mod tests;

pub use answer::{Decision, Link, PathEnd, Verdict};
pub use fault::{CrlFault, CrlRequired};
pub(super) use host::presents;
pub use host::{HostMatch, matches};
pub(super) use path::unknown_version;
pub use path::{Breach, ProfileRule};
pub use question::{
    Evidence, Given, Profile, Purpose, Purposes, Question, Revocation, Sha1, StaleCrl, WeakKeys,
};
pub use revoked::{CaCrls, CrlAnswer, Obstacle, Revoked, SignerPaths};

use std::fmt;
use std::rc::Rc;
use std::sync::OnceLock;

use self::candidate::Candidates;
use self::gathered::{Anchors, Gathered};
use self::path::{Judgement, Measure};
use self::requested::{Named, Requests};
use super::object::{by_common_name, unsound, wildcards};
use super::{Finding, Problem, Sender, Severity, Subject};
use crate::chain::{Found, is_self_signed};
use crate::document::{Certificate, Kind, RequestOddity};
use crate::input::Origin;
use crate::revocation::{CrlSet, Hits, Serials, SignerStatus};

/// Everything there is to judge by, made ready for any number of certificates: what is found out about the CAs above
/// them is found out once. Can be asked from several threads.
pub struct BorrowedJudge<'a> {
    evidence: Evidence<'a>,
    /// With the anchors that were given, and without.
    gathered: [OnceLock<Gathered<'a>>; 2],
    crls: OnceLock<CrlSet<'a>>,
}

impl fmt::Debug for BorrowedJudge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("BorrowedJudge");
        debug
            .field("evidence", &self.evidence)
            .finish_non_exhaustive()
    }
}

/// Whether what was found out about CAs may be used for a certificate that was not sent.
#[derive(Clone, Copy, PartialEq)]
enum Keep {
    Yes,
    No,
}

impl<'a> BorrowedJudge<'a> {
    /// Takes the evidence; examines none of it yet.
    pub fn new(evidence: Evidence<'a>) -> BorrowedJudge<'a> {
        BorrowedJudge {
            evidence,
            gathered: [const { OnceLock::new() }; 2],
            crls: OnceLock::new(),
        }
    }

    /// The CRLs, made ready for many questions.
    fn crls(&self) -> &CrlSet<'a> {
        self.crls.get_or_init(|| CrlSet::new(self.evidence.crls))
    }

    /// Looks for all certificates that were sent, and those above them, in the CRLs that may answer for them: one pass over
    /// each CRL without an index, where each question would take one of its own. Changes no verdict.
    pub fn prepare(&self) {
        let all = self.evidence.sent.iter().chain(self.evidence.chain);
        self.crls()
            .prepare(all.map(|given| given.certificate.as_ref()));
    }

    /// Judges one certificate: [`judge`] by this evidence. Costs least for certificates of [`Evidence::sent`], little more for
    /// others that are no CA's, and most for CAs and beside CAs that are not known, for which all is gathered again.
    pub fn verdict(&self, question: &Question<'_>) -> Verdict {
        self.gathered_for(question, Keep::Yes, |start, gathered| {
            decide(start, gathered, question, &self.evidence, self.crls())
        })
    }

    /// Asks with everything gathered, and the number of the certificate in question in it.
    fn gathered_for<T>(
        &self,
        question: &Question<'_>,
        keep: Keep,
        ask: impl FnOnce(usize, &Gathered<'a>) -> T,
    ) -> T {
        let anchors = Anchors::of(question.environment);
        let [given, of_environment] = &self.gathered;
        let gathered = match anchors {
            Anchors::Given => given,
            Anchors::OfEnvironment => of_environment,
        };
        let gathered = gathered.get_or_init(|| Gathered::new(&self.evidence, anchors, None));
        if question.sent.is_empty()
            && let Some(start) = gathered.start(question.certificate)
        {
            return ask(start, gathered);
        }
        if keep == Keep::Yes
            && let Some((start, with)) = gathered.with(question, self.crls())
        {
            let answer = ask(start, &with);
            gathered.pool.learn(&with.pool);
            return answer;
        }
        let gathered = Gathered::new(&self.evidence, anchors, Some(question));
        ask(0, &gathered)
    }

    /// What the CRLs say of one certificate, whatever else is wrong with it: whether it has been revoked, on the terms
    /// of [`BorrowedJudge::verdict`]. Its own dates, names and purposes are not checked; the path above it is, because only
    /// the CRL of a CA with a valid path counts (RFC 5280 section 6.3.3, step f).
    pub fn revocation(&self, question: &Question<'_>) -> CrlAnswer {
        self.gathered_for(question, Keep::Yes, |start, gathered| {
            let candidates = Candidates::search(start, gathered, question, &self.evidence);
            revoked::answer(candidates, question, self.crls(), gathered)
        })
    }

    /// Whether a certificate may be relied on as a signer of CRLs, on the terms of [`BorrowedJudge::verdict`]: whether a path from it
    /// to an anchor is valid, and nothing on it has been revoked by the CRLs there are. `None` where no path leads to
    /// an anchor. This is what decides about the signers of all CRLs, those that are installed included.
    ///
    /// Does not look at its key usage: [`crate::revocation`] does.
    pub fn signer_status(&self, question: &Question<'_>) -> Option<SignerStatus> {
        // The certificate is asked about as a signer, and what is found out about signers is remembered by number.
        self.gathered_for(question, Keep::No, |start, gathered| {
            let candidates = Candidates::search(start, gathered, question, &self.evidence);
            revoked::signer_status(candidates, question, self.crls(), gathered)
        })
    }

    /// Judges the CRLs for the certificates of one CA of which only serial numbers are known, by the rules of
    /// [`BorrowedJudge::revocation`]; the question is about the CA's certificate. `point` is the URL of a distribution point that
    /// the certificates are known to name. `None` where no path leads from the CA to an anchor.
    pub fn serials(&self, question: &Question<'_>, point: Option<&str>) -> Option<CaCrls<'a>> {
        // The certificate is asked about as an issuer, and what is found out about CAs is remembered by number.
        self.gathered_for(question, Keep::No, |start, gathered| {
            let candidates = Candidates::search(start, gathered, question, &self.evidence);
            revoked::serials(candidates, question, point, self.crls(), gathered)
        })
    }

    /// Looks for serial numbers in all CRLs: see [`Hits`].
    pub fn search(&self, serials: &Serials) -> Hits {
        Hits::search(self.crls(), serials)
    }
}

/// Judges one certificate. [`BorrowedJudge`] does the same for many at less cost.
///
/// Checked: a path to an anchor made of verified signatures; validity, constraints, usages, names, policies and
/// critical extensions of all of its certificates (RFC 5280 section 6); revocation by the CRLs available (section 6.3); SHA-1 and MD5; the host; the key and the
/// request. Not checked: OCSP, certificate transparency, whether a host exists or serves this certificate.
pub fn judge(question: &Question<'_>, evidence: &Evidence<'_>) -> Verdict {
    let anchors = Anchors::of(question.environment);
    let gathered = Gathered::new(evidence, anchors, Some(question));
    let crls = CrlSet::new(evidence.crls);
    decide(0, &gathered, question, evidence, &crls)
}

/// Judges the certificate with the number `start` among those gathered.
fn decide(
    start: usize,
    gathered: &Gathered<'_>,
    question: &Question<'_>,
    evidence: &Evidence<'_>,
    crls: &CrlSet<'_>,
) -> Verdict {
    let candidates = Candidates::search(start, gathered, question, evidence);
    let Candidates {
        trusted,
        unfinished,
        exhausted,
    } = candidates;
    let mut measure = Measure::of(question).among(evidence.sent.len());
    let mut best: Option<(Verdict, Rank)> = None;
    let steps = Rc::<revoked::Steps>::default();
    let trusted = match question.revocation {
        Revocation::Off => trusted,
        Revocation::Leaf | Revocation::Chain => {
            revoked::without_overruled(trusted, question, crls, gathered, &measure, &steps)
        }
    };
    for candidate in trusted {
        let certificates = candidate.certificates();
        let mut judgement = path::judge(&certificates, &measure, &gathered.cas);
        measure = measure.after(&certificates);
        let wrong = candidate.wrong_environment(question, evidence);
        judgement.refusals.splice(0..0, wrong);
        let unchecked = candidate.unchecked_environment(question, evidence);
        judgement.remarks.splice(0..0, unchecked);
        if exhausted {
            judgement.leave_open();
        }
        let unknown = candidate.unknown_environment(question, evidence);
        judgement.refusals.extend(unknown);
        // What has been revoked does not make a worse path better. Of two good ones either may have fewer warnings.
        let own = judgement.against();
        let is_worse = |best: &Rank| own >= (best.bad, best.open) && own != (0, 0);
        if best.as_ref().is_some_and(|(_, best)| is_worse(best)) {
            continue;
        }
        let revoked = revoked::ask(&candidate.links, question, crls, gathered, &measure, &steps);
        let mut verdict = candidate.into_verdict(question, judgement);
        revoked::weigh(revoked, question, crls, &steps, &mut verdict);
        let rank = Rank::of(&verdict, question);
        let is_best = rank == Rank::default();
        if best.as_ref().is_none_or(|(_, best)| rank < *best) {
            best = Some((verdict, rank));
        }
        if is_best {
            break;
        }
    }
    let nearest = || {
        let (candidate, mut problem) = unfinished;
        // The link that is missing may be the one that could not be checked.
        if gathered.pool.has_unchecked() {
            let reason = "it could not check a signature".to_owned();
            problem = Some((0, Problem::OpensslFailed { reason }));
        }
        let judgement = Judgement {
            refusals: problem.into_iter().collect(),
            remarks: Vec::new(),
        };
        candidate.into_verdict(question, judgement)
    };
    let mut verdict = best.map_or_else(nearest, |(verdict, _)| verdict);
    own_questions(question, evidence, &gathered.requests, &mut verdict);
    verdict.conclude();
    verdict
}

impl Measure {
    /// What the question measures by.
    fn of(question: &Question<'_>) -> Measure {
        Measure {
            at: question.at,
            purposes: question.purposes,
            sha1: question.sha1 == Sha1::Accepted
                || question
                    .environment
                    .is_some_and(|environment| environment.sha1),
            weak_keys: question.weak_keys == WeakKeys::Accepted,
            strict: question.profile == Profile::Strict,
            spine: question.environment.is_some(),
            comparisons: path::COMPARISONS,
        }
    }
}

/// How much there is against a path, what matters most first: what is bad outranks what is open. Among good paths the one
/// with the fewest warnings is the best, and of those the one whose CAs are known: it is what is installed and sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    bad: usize,
    open: usize,
    /// Of a good path only, as what follows.
    warnings: usize,
    /// How many of its CAs are not known, where the question names an environment.
    unknown: usize,
}

impl Rank {
    fn of(verdict: &Verdict, question: &Question<'_>) -> Rank {
        let open = verdict.reasons.iter().filter(|reason| is_open(reason));
        let open = open.count();
        let mut rank = Rank {
            bad: verdict.reasons.len() - open,
            open,
            ..Rank::default()
        };
        if verdict.reasons.is_empty() {
            let severities = verdict.findings.iter().map(|one| one.problem.severity());
            rank.warnings = severities.filter(|one| *one >= Severity::Warning).count();
            let cas = verdict.path.iter().skip(1);
            rank.unknown = match question.environment {
                Some(_) => cas.filter(|link| !link.pinned).count(),
                None => 0,
            };
        }
        rank
    }
}

impl Judgement {
    /// The same of a path of which it was not asked whether it has been revoked.
    fn against(&self) -> (usize, usize) {
        let open = self.refusals.iter();
        let open = open.filter(|(_, problem)| problem.is_open()).count();
        (self.refusals.len() - open, open)
    }
}

fn is_open(reason: &Finding) -> bool {
    reason.problem.is_open()
}

/// What is checked about the certificate itself: its host, its key, its request.
fn own_questions(
    question: &Question<'_>,
    evidence: &Evidence<'_>,
    requests: &Requests,
    verdict: &mut Verdict,
) {
    let given = question.certificate;
    let certificate = given.certificate.as_ref();
    let issuer = verdict.path.get(1);
    let by_cn =
        issuer.and_then(|issuer| by_common_name(certificate, &issuer.certificate, evidence.facts));
    let about = |problem| Finding {
        subject: Subject::certificate(certificate, &given.origin),
        problem,
    };
    if question.environment.is_some() && !certificate.is_ca() {
        // Whatever the domain: it is the NHS's rule for its endpoints.
        let wildcards = wildcards(certificate, |_| true);
        verdict.findings.extend(wildcards.map(about));
    }
    if let Some(key) = question.key {
        let fits = certificate.key == *key;
        verdict.key_matches = Some(fits);
        if !fits {
            let others = vec![certificate.subject.short()];
            verdict
                .reasons
                .push(about(Problem::MismatchedKey { others, more: 0 }));
        }
    }
    if let Some(request) = question.request {
        let fits = certificate.key == request.key;
        let names = Named::of(certificate, request, requests);
        let missing = names.left_out();
        verdict.matches_request = Some(fits && missing.is_none());
        if !fits {
            let problem = Problem::RequestKey {
                certificate: given.origin.to_string(),
                same_name: names.has_requested_name(),
            };
            verdict.reasons.push(about(problem));
        }
        if !request.signature_valid {
            // It does not prove that its sender has the key, and may not be what was asked for.
            let unchecked = match request.signature_unchecked {
                true => unsound(&request.signature, Kind::Request),
                false => None,
            };
            let problem = unchecked.unwrap_or(Problem::RequestSignature);
            verdict.reasons.push(about(problem));
            verdict.matches_request = Some(false);
        }
        if request.is_partly_unread() {
            let oddity = RequestOddity::ExtensionsUnread;
            verdict.reasons.push(about(Problem::OddRequest { oddity }));
            verdict.matches_request = Some(false);
        }
        let has_lost = missing.is_some() && names.has_lost_one();
        if let Some(problem) = missing {
            // CAs commonly drop the SAN that only repeats the CN; a missing host matters.
            let problem = about(problem);
            match (has_lost, &by_cn) {
                (true, _) => verdict.reasons.push(problem),
                (false, None) => verdict.findings.push(problem),
                // What is true of every certificate of that CA is said below, once.
                (false, Some(_)) => {}
            }
        }
        if fits && !has_lost {
            verdict.findings.extend(names.not_requested().map(about));
        }
    }
    let Some(host) = question.fqdn else { return };
    let named = matches(certificate, host);
    verdict.host = Some(named);
    let common_name = certificate.subject.common_name().map(str::to_owned);
    match named {
        HostMatch::AlternativeName => {}
        HostMatch::CommonName => {
            let common_name = common_name.unwrap_or_default();
            let problem = by_cn.unwrap_or(Problem::CnOnly { common_name });
            verdict.findings.push(about(problem));
        }
        HostMatch::None => {
            let problem = Problem::NameMismatch {
                host: host.clone(),
                names: certificate.dns_names().map(str::to_owned).collect(),
                common_name,
            };
            verdict.reasons.push(about(problem));
        }
    }
}

impl Verdict {
    /// Says one more thing of the certificate that leaves the question open.
    pub(crate) fn leave_open(&mut self, given: &Given, problem: Problem) {
        let subject = Subject::certificate(&given.certificate, &given.origin);
        self.reasons.push(Finding { subject, problem });
        self.conclude();
    }

    /// Says of CAs of the path that were in the input, but not with this certificate, that they were not sent with it.
    pub(crate) fn sent_only(&mut self, given: &Given, sent_with: impl Fn(&Certificate) -> bool) {
        let mut unsent = Vec::new();
        for link in self.path.iter_mut().skip(1) {
            if link.found != Found::Input || sent_with(&link.certificate) {
                continue;
            }
            link.found = Found::Chain;
            if !link.anchor && !is_self_signed(&link.certificate) {
                unsent.push(Finding {
                    subject: Subject::certificate(&given.certificate, &given.origin),
                    problem: Problem::SubCaNotSent {
                        issuer: link.certificate.subject.short(),
                        sender: Sender::Input,
                        other: false,
                    },
                });
            }
        }
        self.findings.splice(0..0, unsent);
    }

    /// Draws the decision from the reasons. A path without an anchor is never good, whatever was or was not found.
    fn conclude(&mut self) {
        // What is bad outranks what is open.
        self.reasons.sort_by_key(is_open);
        let first = self.reasons.first();
        self.code = first.map(|reason| reason.problem.code());
        self.decision = match first {
            None if self.end == PathEnd::Anchor => Decision::Verified,
            None => Decision::NotDecided,
            Some(reason) if is_open(reason) => Decision::NotDecided,
            Some(_) => Decision::NotVerified,
        };
    }
}

impl Subject {
    /// A certificate that is not a numbered object of an input.
    fn certificate(certificate: &Certificate, origin: &Origin) -> Subject {
        Subject {
            object: None,
            name: certificate.subject.short(),
            origin: origin.clone(),
        }
    }
}
