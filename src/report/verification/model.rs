//! The model that both forms are made from.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::{Found, is_self_signed};
use crate::document::{Moment, Sha256Digest};
use crate::fqdn::Fqdn;
use crate::input::Origin;
use crate::ops::verify as ops;
use crate::report::inspection::{FindingReport, UnreadReport};
use crate::report::parts::{Fields, MEMBER, json_at};
use crate::revocation::{Exempt, Status};
use crate::verdict::verify::{
    CrlFault, CrlRequired, Decision, Given, HostMatch, PathEnd, Profile, Purpose, Revocation,
    Revoked, Sha1, StaleCrl, Verdict, WeakKeys,
};
use crate::verdict::{Code, Severity};
use crate::wording::{Voice, crls};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/verify/1";

/// Everything one run of `verify` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct VerificationReport<'a> {
    /// `ptl-cert/verify/1`.
    pub schema: &'static str,
    /// What was asked of every certificate.
    pub terms: TermsReport<'a>,
    /// The worst exit status of all verdicts; 3 where something was not read, or nothing was judged.
    pub exit: u8,
    /// The verdicts, in the input's order.
    pub verdicts: Vec<VerdictReport<'a>>,
    /// What could not be read.
    pub unread: Vec<UnreadReport>,
    /// Files of folders, archives and mails in which nothing was recognised; absent where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<UnreadReport>,
}

/// One verdict as it appears in the JSON of the whole, so that many can be serialised by several threads, and none need be
/// kept.
///
/// # Errors
/// When it cannot be serialised.
pub fn render_json_one(verdict: &VerdictReport<'_>) -> serde_json::Result<String> {
    json_at(verdict, MEMBER)
}

/// Writes the JSON of a [`VerificationReport`] whose verdicts are JSON already, by [`render_json_one`], with the exit status of the
/// run.
///
/// # Errors
/// Those of `sink`, the first of which ends it.
pub fn write_json<'v, E: From<serde_json::Error>>(
    terms: &TermsReport<'_>,
    exit: u8,
    verdicts: impl IntoIterator<Item = &'v str>,
    unread: &[UnreadReport],
    passed_over: &[UnreadReport],
    sink: impl FnMut(String) -> Result<(), E>,
) -> Result<(), E> {
    let mut fields = Fields::new(sink);
    fields.field("schema", &SCHEMA)?;
    fields.field("terms", terms)?;
    fields.field("exit", &exit)?;
    fields.list("verdicts", verdicts)?;
    fields.field("unread", &unread)?;
    if !passed_over.is_empty() {
        fields.field("passed_over", &passed_over)?;
    }
    fields.end()
}

/// What was asked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct TermsReport<'a> {
    /// The moment for which everything was judged.
    pub at: Moment,
    /// What was trusted.
    pub trust: TermsTrust<'a>,
    /// What people call the environment whose roots were trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_title: Option<&'a str>,
    /// What the certificates are to be used for.
    pub purpose: Purpose,
    /// The host they are to be for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<&'a Fqdn>,
    /// Which certificates were checked for revocation.
    pub revocation: Revocation,
    /// What a CRL past its nextUpdate is worth.
    pub stale_crl: StaleCrl,
    /// Whether SHA-1 signatures below the anchor are accepted.
    pub sha1: Sha1,
    /// Whether keys of less than 112 bits of security are accepted.
    pub weak_keys: WeakKeys,
    /// Whether a certificate that breaks a rule for issuers is refused.
    pub profile: Profile,
    /// The severity from which on a finding alone makes the exit status 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<Severity>,
}

/// What was trusted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TermsTrust<'a> {
    /// The roots of an environment, by its id.
    Environment(&'a str),
    /// This many certificates that were given.
    Given(usize),
}

/// The verdict on one certificate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct VerdictReport<'a> {
    /// Whose certificate it is.
    pub subject: String,
    /// Where it is.
    pub origin: &'a Origin,
    /// Its SHA-256.
    pub sha256: Sha256Digest,
    /// Good, bad, or undetermined.
    pub decision: Decision,
    /// What decided; absent when it was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The exit status that this verdict and its findings lead to, were it the only one.
    pub exit: u8,
    /// How the host asked about is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostMatch>,
    /// Whether it belongs to the key given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_matches: Option<bool>,
    /// Whether it answers the request given, in key and names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches_request: Option<bool>,
    /// The chain, the certificate first.
    pub chain: Vec<LinkReport<'a>>,
    /// Whether the chain ends at a trusted certificate.
    pub chain_trusted: bool,
    /// Whether the certificates asked about have been revoked.
    pub revocation: Vec<RevocationReport<'a>>,
    /// What decided against it, or kept it undecided, the deciding reason first.
    pub reasons: Vec<FindingReport>,
    /// What else there is to say.
    pub findings: Vec<FindingReport>,
}

/// One certificate of the chain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct LinkReport<'a> {
    /// Whose it is.
    pub name: String,
    /// Whether it was sent or found elsewhere.
    pub found: Found,
    /// Where it is.
    pub origin: &'a Origin,
    /// Whether it is trusted for this question.
    pub anchor: bool,
    /// Whether it is trusted and not self-signed: software with OpenSSL's defaults trusts it only below the CA above it.
    /// Absent where it is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial_anchor: bool,
    /// Whether it is a known NHS CA by its SHA-256.
    pub pinned: bool,
    /// The last second of its validity.
    pub not_after: Moment,
    /// How it was signed.
    pub signature: &'a str,
    /// Its SHA-256.
    pub sha256: Sha256Digest,
    /// The certificate, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
}

/// Whether one certificate of the chain has been revoked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct RevocationReport<'a> {
    /// Whose certificate it is.
    pub name: String,
    /// The answer.
    pub answer: RevocationAnswer,
    /// The answer as a sentence.
    pub message: String,
    /// Which CRL would answer; with `not_decided` only, as the next three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<String>,
    /// Which CRL is available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<String>,
    /// Why that one does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The CRLs with what they say, or why they do not answer.
    pub status: &'a Status,
}

/// Whether a certificate has been revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevocationAnswer {
    /// CRLs in scope and in time do not have it.
    NotRevoked,
    /// It has been.
    Revoked,
    /// It needs no CRL.
    NotApplicable,
    /// It could not be determined.
    NotDecided,
}

impl<'a> VerificationReport<'a> {
    /// Lays out everything that was judged; a finding of the severity `fail_on`, or a greater one, makes the exit status of
    /// a good verdict 1.
    pub fn new(
        verification: &'a ops::Verification,
        fail_on: Option<Severity>,
    ) -> VerificationReport<'a> {
        VerificationReport::in_voice(verification, fail_on, Voice::Neutral)
    }

    /// The same with remedies in this voice.
    pub fn in_voice(
        verification: &'a ops::Verification,
        fail_on: Option<Severity>,
        voice: Voice,
    ) -> VerificationReport<'a> {
        let verdicts = verification.answers.par_iter();
        let verdict = |answer: &'a ops::JudgedCertificate| {
            let ops::JudgedCertificate { given, answer, .. } = answer;
            VerdictReport::in_voice(&given.certificate, &given.origin, answer, fail_on, voice)
        };
        let verdicts: Vec<VerdictReport<'_>> = verdicts.map(verdict).collect();
        let unread = UnreadReport::all(&verification.unread, voice);
        VerificationReport {
            schema: SCHEMA,
            terms: TermsReport::new(&verification.terms, fail_on),
            exit: exit_of(&verdicts, &unread),
            verdicts,
            unread,
            passed_over: UnreadReport::all(&verification.passed_over, voice),
        }
    }
}

impl VerificationReport<'_> {
    /// Adds the certificates of the chains as PEM.
    pub fn with_pem(mut self, verification: &ops::Verification) -> Self {
        for (report, answer) in self.verdicts.iter_mut().zip(&verification.answers) {
            report.add_pem(&answer.answer);
        }
        self
    }
}

/// The worst exit status of all verdicts: 3 where something was not read, or nothing was judged.
fn exit_of(verdicts: &[VerdictReport<'_>], unread: &[UnreadReport]) -> u8 {
    match unread {
        [] => verdicts
            .iter()
            .map(|verdict| verdict.exit)
            .max()
            .unwrap_or(3),
        _ => 3,
    }
}

impl<'a> TermsReport<'a> {
    /// Lays out what was asked.
    pub fn new(terms: &'a ops::Terms, fail_on: Option<Severity>) -> TermsReport<'a> {
        TermsReport {
            at: terms.at,
            trust: match &terms.trust {
                ops::Trust::Environment { id, .. } => TermsTrust::Environment(id),
                ops::Trust::Given(number) => TermsTrust::Given(*number),
            },
            environment_title: match &terms.trust {
                ops::Trust::Environment { title, .. } => Some(title),
                ops::Trust::Given(_) => None,
            },
            purpose: terms.purpose,
            fqdn: terms.fqdn.as_ref(),
            revocation: terms.revocation,
            stale_crl: terms.stale,
            sha1: terms.sha1,
            weak_keys: terms.weak_keys,
            profile: terms.profile,
            fail_on,
        }
    }
}

impl<'a> VerdictReport<'a> {
    /// Adds the certificates of the chain as PEM; the verdict is the one that is reported.
    pub fn with_pem(mut self, verdict: &Verdict) -> VerdictReport<'a> {
        self.add_pem(verdict);
        self
    }

    fn add_pem(&mut self, verdict: &Verdict) {
        for (link, known) in self.chain.iter_mut().zip(&verdict.path) {
            link.pem = Some(known.certificate.pem());
        }
    }

    /// Reports the verdict on a certificate.
    pub fn new(given: &'a Given, verdict: &'a Verdict) -> VerdictReport<'a> {
        VerdictReport::in_voice(
            &given.certificate,
            &given.origin,
            verdict,
            None,
            Voice::Neutral,
        )
    }

    /// Reports the verdict on a certificate from `origin`, the remedies in this voice; a finding of the severity `fail_on`, or
    /// a higher one, makes the exit status of a good verdict 1.
    pub fn in_voice(
        certificate: &crate::document::Certificate,
        origin: &'a Origin,
        verdict: &'a Verdict,
        fail_on: Option<Severity>,
        voice: Voice,
    ) -> VerdictReport<'a> {
        let links = verdict.path.iter().map(|link| LinkReport {
            name: link.certificate.subject.short(),
            found: link.found,
            origin: &link.origin,
            anchor: link.anchor,
            partial_anchor: link.anchor && !is_self_signed(&link.certificate),
            pinned: link.pinned,
            not_after: link.certificate.not_after,
            signature: &link.certificate.signature.name,
            sha256: link.certificate.sha256,
            pem: None,
        });
        let revocation = verdict
            .revocation
            .iter()
            .filter_map(|revoked| RevocationReport::new(revoked, verdict, voice));
        let findings = FindingReport::all(&verdict.findings, voice);
        let counts =
            |finding: &FindingReport| fail_on.is_some_and(|least| finding.severity >= least);
        let exit = exit(verdict.decision).max(u8::from(findings.iter().any(counts)));
        VerdictReport {
            subject: certificate.subject.short(),
            origin,
            sha256: certificate.sha256,
            decision: verdict.decision,
            code: verdict.code,
            exit,
            host: verdict.host,
            key_matches: verdict.key_matches,
            matches_request: verdict.matches_request,
            chain: links.collect(),
            chain_trusted: verdict.end == PathEnd::Anchor,
            revocation: revocation.collect(),
            reasons: verdict
                .reasons
                .iter()
                .map(|finding| FindingReport::decisive(finding, voice))
                .collect(),
            findings,
        }
    }
}

/// The exit status of a decision: 0, 1, or 3 when it was not decided.
fn exit(decision: Decision) -> u8 {
    match decision {
        Decision::Verified => 0,
        Decision::NotVerified => 1,
        Decision::NotDecided => 3,
    }
}

impl<'a> RevocationReport<'a> {
    /// When the first of the CRLs expires that show that it is not revoked, and whether it has.
    pub(super) fn current_until(&self) -> Option<(Moment, bool)> {
        match self.status {
            Status::NotListed(found) => Some((found.next_update?, found.stale)),
            _ => None,
        }
    }

    fn new(
        revoked: &'a Revoked,
        verdict: &'a Verdict,
        voice: Voice,
    ) -> Option<RevocationReport<'a>> {
        let certificate = &verdict.path.get(revoked.number)?.certificate;
        let status = &revoked.status;
        let mut report = RevocationReport {
            name: certificate.subject.short(),
            answer: RevocationAnswer::NotApplicable,
            message: String::new(),
            required: None,
            available: None,
            fault: None,
            remedy: None,
            status,
        };
        match status {
            Status::Listed(listed) => {
                report.answer = RevocationAnswer::Revoked;
                report.message = format!(
                    "revoked on {}, by {}",
                    listed.entry.revoked_at,
                    crls::called(&listed.crl, listed.stale)
                );
            }
            Status::NotListed(found) => {
                report.answer = RevocationAnswer::NotRevoked;
                report.message = format!("not revoked, by {}", crls::all_called(found));
            }
            Status::NotApplicable(exempt) => {
                report.message = match exempt {
                    Exempt::SelfSigned => "self-signed: no CRL can revoke it",
                    Exempt::OcspNoCheck => "an OCSP responder marked as not to be checked",
                    Exempt::NoRevocationAvailable => "its issuer publishes no revocations",
                }
                .to_owned();
            }
            Status::NoCrl(none) => {
                let required = CrlRequired::of(certificate);
                let nearest = CrlFault::nearest(&none.passed_over, &verdict.path);
                report.answer = RevocationAnswer::NotDecided;
                report.message = "cannot be decided".to_owned();
                report.required = Some(crls::needed(&required));
                report.available = Some(match &nearest {
                    None => "no CRL covers it".to_owned(),
                    Some((fault, crl)) => crls::have(crl, fault.is_stale()),
                });
                report.fault = nearest.as_ref().map(|(fault, _)| crls::because(fault));
                report.remedy = Some(crls::remedy(
                    &required,
                    nearest.map(|(fault, _)| fault).as_ref(),
                    voice,
                ));
            }
        }
        Some(report)
    }
}
