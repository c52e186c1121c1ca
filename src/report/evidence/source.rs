//! From reports to evidence.

use super::{ChainBox, EvidenceCheck, EvidenceGroup, EvidenceReport, Mark, TimeSpan};
use crate::chain::Found;
use crate::document::{Certificate, Moment};
use crate::environment::Facts;
use crate::ops::preflight::Preflight;
use crate::report::crl::plan::PlanReport;
use crate::report::inspection::FindingReport;
use crate::report::preflight::PreflightReport;
use crate::report::probe::{EndpointProbe, ProbeReport, lines};
use crate::report::verification::{RevocationAnswer, VerdictReport};
use crate::verdict::Severity;
use crate::verdict::preflight::CheckOutcome;
use crate::verdict::verify::Decision;
use crate::wording::{Voice, found, preflight as words};

impl From<CheckOutcome> for Mark {
    fn from(outcome: CheckOutcome) -> Mark {
        match outcome {
            CheckOutcome::Pass => Mark::Pass,
            CheckOutcome::Warn => Mark::Warn,
            CheckOutcome::Fail => Mark::Fail,
            CheckOutcome::NotDecided => Mark::Open,
            CheckOutcome::NotApplicable => Mark::None,
        }
    }
}

impl From<Decision> for Mark {
    fn from(decision: Decision) -> Mark {
        match decision {
            Decision::Verified => Mark::Pass,
            Decision::NotVerified => Mark::Fail,
            Decision::NotDecided => Mark::Open,
        }
    }
}

/// This many days before its end a certificate is to be renewed: NHS renewals take days to weeks.
const RENEWAL: i64 = 60;

/// By exit status.
fn mark(exit: u8) -> Mark {
    match exit {
        0 => Mark::Pass,
        3 => Mark::Open,
        _ => Mark::Fail,
    }
}

impl EvidenceCheck {
    /// A check of which only this is known.
    pub fn new(title: &str, mark: Mark, seen: Vec<String>) -> EvidenceCheck {
        EvidenceCheck {
            title: title.to_owned(),
            mark,
            seen,
            remedy: Vec::new(),
            ask: None,
            codes: Vec::new(),
            repeat: None,
            took_ms: None,
        }
    }

    /// A finding as a check that it fails.
    pub fn of_finding(finding: &FindingReport, title: &str) -> EvidenceCheck {
        let mark = match finding.severity {
            Severity::Error => Mark::Fail,
            Severity::Warning => Mark::Warn,
            Severity::Note => Mark::None,
        };
        let seen = format!("{}: {}", finding.subject, finding.message);
        let mut check = EvidenceCheck::new(title, mark, vec![seen]);
        check.remedy.push(finding.remedy.clone());
        check.codes.push(finding.code.to_string());
        check
    }
}

impl EvidenceGroup {
    /// A group of checks.
    pub fn new(title: &str, checks: Vec<EvidenceCheck>) -> EvidenceGroup {
        EvidenceGroup {
            title: title.to_owned(),
            scal: None,
            checks,
        }
    }
}

/// Findings under their titles.
pub(super) fn findings<'f>(all: impl IntoIterator<Item = &'f FindingReport>) -> Vec<EvidenceCheck> {
    let check = |finding: &FindingReport| {
        EvidenceCheck::of_finding(finding, crate::wording::title(finding.code))
    };
    all.into_iter().map(check).collect()
}

/// A chain as it is drawn.
pub(super) fn chain(verdict: &VerdictReport<'_>, at: Moment) -> Vec<ChainBox> {
    verdict
        .chain
        .iter()
        .enumerate()
        .map(|(number, link)| {
            let place = match (number, link.found) {
                (0, _) => "the certificate",
                (_, Found::Input) => "sent with it",
                (_, other) => found(other),
            };
            let mut notes = vec![place.to_owned()];
            if link.anchor {
                notes.push("trusted".to_owned());
            }
            if link.pinned {
                notes.push("known by its SHA-256".to_owned());
            }
            let expired = link.not_after < at;
            let mut state = vec![match expired {
                true => format!("expired {}", link.not_after.date()),
                false => format!("until {}", link.not_after.date()),
            }];
            let revocation = verdict.revocation.iter().find(|one| one.name == link.name);
            let answer = revocation.map(|one| one.answer);
            state.extend(answer.and_then(|answer| match answer {
                RevocationAnswer::NotRevoked => Some("not revoked".to_owned()),
                RevocationAnswer::Revoked => Some("REVOKED".to_owned()),
                RevocationAnswer::NotDecided => Some("revocation status unknown".to_owned()),
                RevocationAnswer::NotApplicable => None,
            }));
            if answer.is_none() && !link.anchor {
                state.push("revocation not checked".to_owned());
            }
            ChainBox {
                name: link.name.clone(),
                notes: notes.join(", "),
                signature: hash(link.signature),
                state: state.join(", "),
                anchor: link.anchor,
                bad: expired || answer == Some(RevocationAnswer::Revoked),
            }
        })
        .collect()
}

/// The hash family of a signature, as people ask for it, and the signature's own name.
fn hash(signature: &str) -> String {
    let lower = signature.to_ascii_lowercase();
    match lower {
        _ if lower.contains("sha1") => format!("SHA-1 ({signature})"),
        _ if ["sha224", "sha256", "sha384", "sha512"]
            .iter()
            .any(|name| lower.contains(name)) =>
        {
            format!("SHA-2 ({signature})")
        }
        _ => signature.to_owned(),
    }
}

/// The validity of certificates.
fn spans<'c>(certificates: impl IntoIterator<Item = &'c Certificate>) -> Vec<TimeSpan> {
    let mut spans: Vec<TimeSpan> = Vec::new();
    for certificate in certificates {
        let span = TimeSpan {
            name: certificate.subject.short(),
            from: certificate.not_before,
            until: certificate.not_after,
            warn_days: RENEWAL,
        };
        if !spans.contains(&span) {
            spans.push(span);
        }
    }
    spans
}

/// The validity of CRLs; the partitions of one CA with the same nextUpdate are one line.
fn crl_spans(crls: &[(String, Moment, Option<Moment>)]) -> Vec<TimeSpan> {
    let mut counted: Vec<(TimeSpan, usize)> = Vec::new();
    for (issuer, from, until) in crls {
        let Some(until) = *until else { continue };
        let span = TimeSpan {
            name: format!("CRL of {issuer}"),
            from: *from,
            until,
            // They live for days and are fetched again every week.
            warn_days: 1,
        };
        match counted.iter_mut().find(|(known, _)| *known == span) {
            Some((_, count)) => *count += 1,
            None => counted.push((span, 1)),
        }
    }
    let named = counted.into_iter().map(|(span, count)| match count {
        1 => span,
        count => TimeSpan {
            name: format!("{} ({count} partitions)", span.name),
            ..span
        },
    });
    named.collect()
}

impl EvidenceReport {
    /// Of a preflight.
    pub fn of_preflight(
        report: &PreflightReport,
        preflight: &Preflight,
        facts: &Facts,
    ) -> EvidenceReport {
        let title = format!("Path to Live preflight for {}", report.environment_title);
        let mut evidence = EvidenceReport::new(&title, &report.fqdn, report.at, facts);
        evidence.mark = match (report.exit, report.outcome) {
            (0, CheckOutcome::Warn) => Mark::Warn,
            (exit, _) => mark(exit),
        };
        evidence.headline = report.headline().to_owned();
        evidence.summary = report.counts();
        evidence
            .facts
            .push(("Environment".to_owned(), report.environment_title.clone()));
        if let Some(verdict) = &preflight.verdict
            && let Some((own, first)) = preflight.chain.first().zip(verdict.path.first())
        {
            let shown = VerdictReport::in_voice(own, &first.origin, verdict, None, Voice::Neutral);
            evidence.chains.push((
                "The endpoint's certificate".to_owned(),
                chain(&shown, report.at),
            ));
            let certificates = verdict.path.iter().map(|link| link.certificate.as_ref());
            evidence.spans = spans(certificates);
        }
        evidence.spans.extend(crl_spans(&preflight.crls));
        for check in &report.checks {
            let title = words::group(check.group);
            let shown = EvidenceCheck {
                title: check.title.to_owned(),
                mark: check.outcome.into(),
                seen: match check.resumed {
                    None => check.observed.clone(),
                    Some(at) => check
                        .observed
                        .iter()
                        .map(|seen| format!("{seen} (checked {at})"))
                        .collect(),
                },
                remedy: check.remedy.clone(),
                ask: check.contact.map(|team| words::team(team).to_owned()),
                codes: check.codes.iter().map(ToString::to_string).collect(),
                repeat: check.command.clone(),
                took_ms: Some(check.took_ms),
            };
            match evidence.groups.last_mut() {
                Some(group) if group.title == title => group.checks.push(shown),
                _ => {
                    let mut group = EvidenceGroup::new(title, vec![shown]);
                    group.scal = Some(words::scal(check.group).to_owned());
                    evidence.groups.push(group);
                }
            }
        }
        evidence
    }

    /// Of a probe; `given` are the options with which it is repeated, as they are typed.
    pub fn of_probe(report: &ProbeReport<'_>, given: &str, facts: &Facts) -> EvidenceReport {
        let hosts = report
            .endpoints
            .iter()
            .map(|one| format!("{}:{}", one.host, one.port));
        let hosts: Vec<String> = hosts.collect();
        let subject = match hosts.as_slice() {
            [one] => one.clone(),
            all => format!("{} endpoints", all.len()),
        };
        let mut evidence = EvidenceReport::new("TLS probe", &subject, report.at, facts);
        evidence.mark = mark(report.exit);
        evidence.headline = match report.endpoints.as_slice() {
            [one] => one.headline().to_owned(),
            _ => match report.exit {
                0 => "ALL AS REQUIRED".to_owned(),
                3 => "NOT DECIDED".to_owned(),
                _ => "NOT ALL AS REQUIRED".to_owned(),
            },
        };
        let codes = report.endpoints.iter().filter_map(|one| one.code);
        let codes: Vec<String> = codes.map(|code| code.to_string()).collect();
        evidence.summary = match report.endpoints.as_slice() {
            [one] => one.reasons.first().map_or_else(
                || one.answer.to_string(),
                |reason| format!("{} ({})", reason.message, reason.code),
            ),
            _ if codes.is_empty() => hosts.join(", "),
            _ => format!("deciding: {}", codes.join(", ")),
        };
        for one in &report.endpoints {
            for sent in &one.sent {
                let span = TimeSpan {
                    name: sent.name.clone(),
                    from: sent.not_before,
                    until: sent.not_after,
                    warn_days: RENEWAL,
                };
                if !evidence.spans.contains(&span) {
                    evidence.spans.push(span);
                }
            }
            evidence.groups.push(of_endpoint(one, given, report.at));
            if let Some(server) = &one.server {
                let caption = format!("As sent by {}:{}", one.host, one.port);
                evidence.chains.push((caption, chain(server, report.at)));
            }
        }
        evidence
    }

    /// Of a plan of CRLs.
    pub fn of_plan(report: &PlanReport<'_>, facts: &Facts) -> EvidenceReport {
        let subject = report.environment.unwrap_or("the CAs given");
        let mut evidence = EvidenceReport::new("CRLs required", subject, report.at, facts);
        evidence.mark = mark(report.exit);
        evidence.headline = match report.complete {
            true => "COMPLETE",
            false => "NOT COMPLETE",
        }
        .to_owned();
        let required = report.authorities.iter().flat_map(|one| &one.required);
        let good = required
            .clone()
            .filter(|required| required.state.is_good())
            .count();
        evidence.summary = format!("{good} of {} current", required.count());
        for authority in &report.authorities {
            let checks = authority.required.iter().map(|required| {
                let mark = match required.state.is_good() {
                    true => Mark::Pass,
                    false => Mark::Fail,
                };
                let title = format!("CRL of {}", authority.name.short());
                let mut check = EvidenceCheck::new(&title, mark, vec![required.message.clone()]);
                check
                    .seen
                    .extend(required.certificates.iter().map(|one| format!("for {one}")));
                check.remedy.extend(required.remedy.clone());
                check
            });
            let checks: Vec<EvidenceCheck> = checks.collect();
            if checks.is_empty() {
                continue;
            }
            let mut group = EvidenceGroup::new(&authority.name.short(), checks);
            group.scal = Some("Certificate revocation checking".to_owned());
            evidence.groups.push(group);
            let crls = authority.required.iter().flat_map(|required| required.crls);
            let crls = crls.map(|crl| (authority.name.short(), crl.this_update, crl.next_update));
            let crls: Vec<_> = crls.collect();
            evidence.spans.extend(crl_spans(&crls));
        }
        evidence
    }

    /// Of findings about files.
    pub fn of_findings(
        subject: &str,
        findings: &[FindingReport],
        unread: usize,
        at: Moment,
        facts: &Facts,
    ) -> EvidenceReport {
        let mut evidence = EvidenceReport::new("Inspection", subject, at, facts);
        let gravest = findings.iter().map(|finding| finding.severity).max();
        (evidence.mark, evidence.headline) = match (unread, gravest) {
            (1.., _) => (Mark::Open, "NOT ALL READ".to_owned()),
            (_, Some(Severity::Error)) => (Mark::Fail, "ERRORS FOUND".to_owned()),
            (_, Some(Severity::Warning)) => (Mark::Warn, "WARNINGS FOUND".to_owned()),
            _ => (Mark::Pass, "NOTHING WRONG FOUND".to_owned()),
        };
        evidence.summary = format!(
            "{}; {} could not be read",
            crate::wording::count(i64::try_from(findings.len()).unwrap_or(i64::MAX), "finding"),
            crate::wording::count(i64::try_from(unread).unwrap_or(i64::MAX), "input")
        );
        let checks = self::findings(findings);
        if !checks.is_empty() {
            evidence.groups.push(EvidenceGroup::new("Findings", checks));
        }
        evidence
    }

    /// Of a verification.
    pub fn of_verdicts(
        verdicts: &[VerdictReport<'_>],
        at: Moment,
        facts: &Facts,
    ) -> EvidenceReport {
        let subject = match verdicts {
            [one] => one.subject.clone(),
            all => format!("{} certificates", all.len()),
        };
        let exit = verdicts.iter().map(|one| one.exit).max().unwrap_or(3);
        let mut evidence = EvidenceReport::new("Certificate verification", &subject, at, facts);
        evidence.mark = mark(exit);
        evidence.headline = match exit {
            0 => "VERIFIED",
            3 => "NOT DECIDED",
            _ => "NOT VERIFIED",
        }
        .to_owned();
        let codes = verdicts.iter().filter_map(|one| one.code);
        let codes: Vec<String> = codes.map(|code| code.to_string()).collect();
        evidence.summary = match codes.is_empty() {
            true => "every check passed".to_owned(),
            false => format!("deciding: {}", codes.join(", ")),
        };
        for verdict in verdicts {
            evidence
                .chains
                .push((verdict.subject.clone(), chain(verdict, at)));
            let mut checks = vec![EvidenceCheck::new(
                "The certificate is valid for the purpose checked",
                verdict.decision.into(),
                vec![format!("SHA-256 {}", verdict.sha256)],
            )];
            checks.extend(verdict.revocation.iter().map(|one| {
                let mark = match one.answer {
                    RevocationAnswer::NotRevoked => Mark::Pass,
                    RevocationAnswer::Revoked => Mark::Fail,
                    RevocationAnswer::NotApplicable => Mark::None,
                    RevocationAnswer::NotDecided => Mark::Open,
                };
                let title = format!("Revocation of {}", one.name);
                let mut check = EvidenceCheck::new(&title, mark, vec![one.message.clone()]);
                check.remedy.extend(one.remedy.clone());
                check
            }));
            checks.extend(findings(verdict.reasons.iter().chain(&verdict.findings)));
            evidence
                .groups
                .push(EvidenceGroup::new(&verdict.subject, checks));
        }
        evidence
    }
}

fn of_endpoint(one: &EndpointProbe<'_>, given: &str, at: Moment) -> EvidenceGroup {
    let seen: Vec<String> = lines(one, at, true)
        .into_iter()
        .map(|(label, text)| match label {
            "" => text,
            label => format!("{label}: {text}"),
        })
        .collect();
    let mut check = EvidenceCheck::new(one.headline(), one.decision.into(), seen);
    check.took_ms = Some(one.observed.took_ms);
    check.repeat = Some(format!("ptl-cert probe {}:{}{given}", one.host, one.port));
    let mut checks = vec![check];
    checks.extend(findings(one.reasons.iter().chain(&one.findings)));
    let mut group = EvidenceGroup::new(&format!("{}:{}", one.host, one.port), checks);
    group.scal = Some("Connectivity and TLS".to_owned());
    group
}
