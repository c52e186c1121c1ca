//! What the CRLs say of a path, as reasons and findings of the verdict.

use super::{Revoked, Steps};
use crate::document::{self, Crl, Kind};
use crate::revocation::{CrlId, CrlSet, Status};
use crate::verdict::verify::answer::Verdict;
use crate::verdict::verify::fault::{CrlFault, CrlRequired};
use crate::verdict::verify::{Profile, ProfileRule, Question, Revocation, StaleCrl};
use crate::verdict::{Finding, Problem, Subject};

/// What is wrong with the times of a CRL that clears a certificate. OpenSSL refuses every certificate by a CRL whose times it
/// cannot compare, and its servers with it.
pub(super) fn odd_times(used: &CrlId, crls: &CrlSet<'_>) -> Vec<Finding> {
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
pub(in crate::verdict::verify) fn weigh(
    revoked: Vec<Revoked>,
    question: &Question<'_>,
    crls: &CrlSet<'_>,
    steps: &Steps,
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
        let stale = |next_update, listed| Problem::StaleCrlUsed {
            next_update,
            accepted: question.stale == StaleCrl::Accept,
            listed,
        };
        match status {
            Status::Listed(listed) => {
                verdict.reasons.push(about(Problem::Revoked {
                    entry: Box::new(listed.entry.clone()),
                    crl: listed.crl.title(),
                    ca: *number > 0,
                }));
                if listed.stale {
                    verdict
                        .findings
                        .push(about(stale(listed.crl.next_update, true)));
                }
            }
            Status::NotListed(not_listed) => {
                if not_listed.stale {
                    verdict
                        .findings
                        .push(about(stale(not_listed.next_update, false)));
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
            // What is missing was not found out.
            Status::NoCrl(_) if steps.are_spent() => {}
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
    if steps.are_spent()
        && let Some(link) = verdict.path.first()
    {
        verdict.reasons.push(Finding {
            subject: Subject::certificate(&link.certificate, &link.origin),
            problem: Problem::ChainUnresolved,
        });
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
