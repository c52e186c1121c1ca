//! What `crl check` reports: who has been revoked, as far as a CRL can tell.

use std::fmt;

use schemars::JsonSchema;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::facts::Known;
use super::words::remedy;
use crate::document::Certificate;
use crate::document::extension::Scope;
use crate::document::{Moment, Name, Serial, Sha256Digest};
use crate::input::Shown;
use crate::ops::crl::check::{self, Condition, SerialAnswer, SerialOutcome, UndecidedReason};
use crate::report::inspection::UnreadReport;
use crate::report::layout::{Detail, Page, style};
use crate::report::verification::RevocationAnswer;
use crate::revocation::{Entry, Exempt, Status};
use crate::verdict::verify::{CrlAnswer, CrlFault, CrlRequired, Obstacle};
use crate::verdict::{Finding, Severity};
use crate::wording::{Voice, bare, count, crls, say, sentence};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/crl-check/1";

/// The schema's name of a line of NDJSON.
pub const RECORD_SCHEMA: &str = "ptl-cert/crl-check-ndjson/1";

/// What is reported about a serial number that a CRL does not have, where nothing limits that.
const NOT_REVOKED: &str = "not revoked";
/// What precedes the CRLs that say so of a certificate.
const NOT_REVOKED_BY: &str = "not revoked, by ";

/// Everything one run of `crl check` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CrlCheckReport {
    /// `ptl-cert/crl-check/1`.
    pub schema: &'static str,
    /// The moment for which it was asked.
    pub at: Moment,
    /// The CRL that was searched for serial numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<Known>,
    /// The answers, in the order of the questions.
    pub answers: Vec<CheckedReport>,
    /// The worst exit status of all answers; 3 where something could not be read.
    pub exit: u8,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadReport>,
}

/// One line of `crl check --format ndjson`: an answer, or last of all what there is to say of the run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "record", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckRecord<'a> {
    /// One answer.
    #[non_exhaustive]
    Answer {
        /// `ptl-cert/crl-check-ndjson/1`.
        schema: &'static str,
        /// The answer.
        #[serde(flatten)]
        answer: &'a CheckedReport,
    },
    /// The rest.
    #[non_exhaustive]
    Summary {
        /// `ptl-cert/crl-check-ndjson/1`.
        schema: &'static str,
        /// The moment for which it was asked.
        at: Moment,
        /// How many answers there were.
        answers: u64,
        /// The exit status of the run.
        exit: u8,
        /// What could not be read.
        unread: &'a [UnreadReport],
    },
}

impl<'a> CheckRecord<'a> {
    /// The record of an answer.
    pub fn answer(answer: &'a CheckedReport) -> CheckRecord<'a> {
        CheckRecord::Answer {
            schema: RECORD_SCHEMA,
            answer,
        }
    }

    /// The last record of a run.
    pub fn summary(
        at: Moment,
        answers: u64,
        exit: u8,
        unread: &'a [UnreadReport],
    ) -> CheckRecord<'a> {
        CheckRecord::Summary {
            schema: RECORD_SCHEMA,
            at,
            answers,
            exit,
            unread,
        }
    }
}

/// Whether one certificate has been revoked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CheckedReport {
    /// Whose certificate it is, where that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Its serial number.
    pub serial: Serial,
    /// The answer.
    pub answer: RevocationAnswer,
    /// The exit status that it leads to by itself.
    pub exit: u8,
    /// The answer as a sentence.
    pub message: String,
    /// The files of the CRLs that say so, or of the one that comes nearest to an answer; for certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub crls: Vec<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Moment>,
    /// Why, by RFC 5280's name; absent where the CRL does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_reason: Option<String>,
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
    /// Which certificates alone the CRL answers for; for serial numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionReport>,
    /// Why OpenSSL, and servers made with it, refuse the CRL that says so, each as a sentence; for certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Which certificates alone a CRL answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ConditionReport {
    /// Whether the question said that it is met. Only then the answer is `not_revoked`.
    pub met: bool,
    /// Those that name one of these distribution points.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distribution_points: Vec<String>,
    /// Those of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Scope>,
    /// Those that the key of the CA certificate with this SHA-256 signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Sha256Digest>,
    /// Those that the CA of this name issued; where the CRL is indirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_by: Option<Name>,
    /// Those whose distribution point names this CRL issuer (cRLIssuer); where the CRL is indirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl_issuer: Option<Name>,
}

impl ConditionReport {
    fn new(condition: &Condition, met: bool) -> ConditionReport {
        ConditionReport {
            met,
            distribution_points: condition.points.iter().map(bare).collect(),
            certificates: condition.kind,
            signed_by: condition.signed_by,
            issued_by: condition.issued_by.clone(),
            crl_issuer: condition.crl_issuer.clone(),
        }
    }

    /// The certificates, as a clause.
    fn words(&self) -> String {
        let mut words = match self.certificates {
            Some(Scope::UserCertificates) => "the end-entity certificates".to_owned(),
            Some(Scope::CaCertificates) => "the CA certificates".to_owned(),
            _ => "those".to_owned(),
        };
        if let Some(issuer) = &self.issued_by {
            words.push_str(&format!(" that {} issued", issuer.short()));
        }
        if let Some(issuer) = &self.crl_issuer {
            words.push_str(&format!(
                " that name {} as their CRL issuer",
                issuer.short()
            ));
        }
        if !self.distribution_points.is_empty() {
            let and = match self.issued_by.is_some() || self.crl_issuer.is_some() {
                true => " and",
                false => "",
            };
            words.push_str(and);
            words.push_str(&format!(
                " that name the distribution point {}",
                self.distribution_points.join(" or ")
            ));
        }
        if let Some(signed_by) = &self.signed_by {
            words.push_str(&format!(
                " signed by the key of the CA certificate with SHA-256 {signed_by}"
            ));
        }
        words
    }
}

impl CheckedReport {
    fn new(
        certificate: Option<String>,
        serial: Serial,
        answer: RevocationAnswer,
        message: String,
    ) -> CheckedReport {
        CheckedReport {
            certificate,
            serial,
            answer,
            exit: match answer {
                RevocationAnswer::NotRevoked | RevocationAnswer::NotApplicable => 0,
                RevocationAnswer::Revoked => 1,
                RevocationAnswer::NotDecided => 3,
            },
            message,
            crls: Vec::new(),
            revoked_at: None,
            revocation_reason: None,
            required: None,
            available: None,
            fault: None,
            remedy: None,
            condition: None,
            warnings: Vec::new(),
        }
    }

    /// The answer about a serial number.
    pub fn of_serial(answer: &SerialAnswer, voice: Voice) -> CheckedReport {
        let new = |answer_is, message: &str| {
            CheckedReport::new(None, answer.serial.clone(), answer_is, message.to_owned())
        };
        match &answer.outcome {
            SerialOutcome::Revoked(entry) => new(RevocationAnswer::Revoked, "").revoked(entry),
            SerialOutcome::NotRevoked(None) => new(RevocationAnswer::NotRevoked, NOT_REVOKED),
            SerialOutcome::NotRevoked(Some(condition)) => {
                let condition = ConditionReport::new(condition, true);
                let message = format!("not revoked, as one of {}", condition.words());
                CheckedReport {
                    condition: Some(condition),
                    ..new(RevocationAnswer::NotRevoked, &message)
                }
            }
            SerialOutcome::Conditional(condition) => {
                let condition = ConditionReport::new(condition, false);
                let message = format!("not revoked if it is one of {}", condition.words());
                let because = "the CRL covers only these, and a serial number does not show which it belongs to";
                let remedy = match () {
                    // No point that is named says whose CRL is expected there.
                    () if condition.issued_by.is_some() || condition.crl_issuer.is_some() => voice
                        .pick(
                            "give the certificate: ptl-cert crl check CERT",
                            "give the certificate",
                        ),
                    () if condition.distribution_points.is_empty() && condition.certificates.is_none() => voice
                        .pick(
                            "give the certificate: ptl-cert crl check CERT; or only the CA certificate that signed it with --issuer CA",
                            "give the certificate, or only the CA certificate that signed it",
                        ),
                    () => voice.pick(
                        "give the certificate: ptl-cert crl check CERT; or, for an endpoint certificate, give the distribution point it names with --point URL",
                        "give the certificate, or, for an endpoint certificate, the distribution point it names",
                    ),
                };
                CheckedReport {
                    condition: Some(condition),
                    fault: Some(because.to_owned()),
                    remedy: Some(remedy),
                    ..new(RevocationAnswer::NotDecided, &message)
                }
            }
            SerialOutcome::OtherPartition { condition, point } => {
                let condition = ConditionReport::new(condition, false);
                let message = format!("not revoked if it is one of {}", condition.words());
                let because =
                    format!("this is the CRL of another partition; you asked about {point}");
                let remedy = voice.pick(
                    "give the CRL of that distribution point with --crl",
                    "give the CRL of that distribution point",
                );
                CheckedReport {
                    condition: Some(condition),
                    fault: Some(because),
                    remedy: Some(remedy),
                    ..new(RevocationAnswer::NotDecided, &message)
                }
            }
            SerialOutcome::Ambiguous { negative } => {
                let number = &answer.serial;
                let because = format!(
                    "the CRL lists the negative number {negative}, which has the same octets as {number}; say which one \
                     you mean: {negative}, or 00{number} for the positive number"
                );
                let remedy = voice.pick(
                    "give the certificate: ptl-cert crl check CERT",
                    "give the certificate",
                );
                CheckedReport::undecided(number.clone(), &because, remedy)
            }
            SerialOutcome::Undecided(why) => {
                let because = sentence(why.as_ref());
                CheckedReport::undecided(answer.serial.clone(), &because, remedy_for(why, voice))
            }
        }
    }

    /// The answer about a certificate, and the damaged CRL that may have been the one.
    pub fn of_answer(answer: &check::CheckedCertificate, voice: Voice) -> CheckedReport {
        let mut checked = CheckedReport::of(&answer.certificate, &answer.answer, voice);
        if let Some(damaged) = &answer.damaged
            && checked.answer == RevocationAnswer::NotDecided
        {
            checked.available = Some(damaged.path.shown().to_string());
            checked.fault = Some(format!("it is damaged: {}", damaged.damage));
            checked.remedy = Some(damaged.damage.remedy().to_owned());
        }
        checked
    }

    /// That a serial number's status could not be determined.
    fn undecided(serial: Serial, because: &str, remedy: String) -> CheckedReport {
        let message = "cannot be decided".to_owned();
        CheckedReport {
            fault: Some(because.to_owned()),
            remedy: Some(remedy),
            ..CheckedReport::new(None, serial, RevocationAnswer::NotDecided, message)
        }
    }

    /// The answer about a certificate, by what the CRLs there are say together.
    pub fn of(certificate: &Certificate, answer: &CrlAnswer, voice: Voice) -> CheckedReport {
        match (&answer.obstacle, &answer.status) {
            (None, status) | (Some(_), status @ Status::Listed(_)) => {
                let warning = |finding: &Finding| {
                    let words = say(&finding.problem, voice);
                    format!("the {}: {}", finding.subject.name, words.message)
                };
                CheckedReport {
                    warnings: answer.refused.iter().map(warning).collect(),
                    ..CheckedReport::of_status(certificate, status, voice)
                }
            }
            (Some(Obstacle::NoPath), _) => CheckedReport::issuer_unknown(certificate, voice),
            (Some(obstacle), _) => CheckedReport::of_obstacle(certificate, obstacle, voice),
        }
    }

    /// That the CRLs of the certificate's issuer do not count.
    fn of_obstacle(certificate: &Certificate, obstacle: &Obstacle, voice: Voice) -> CheckedReport {
        let (because, remedy) = match obstacle {
            Obstacle::IssuerRevoked { issuer } => (
                format!(
                    "{issuer}, above it in the chain, has been revoked, so its CRLs no longer count"
                ),
                "replace the certificate with one from a valid CA".to_owned(),
            ),
            Obstacle::IssuerNotValid { issuer, code } => (
                format!(
                    "{issuer}, its issuer, is not valid here ({code}), so its CRLs do not count"
                ),
                voice.pick(
                    "for the details: ptl-cert verify CERT",
                    "verify the certificate for the details",
                ),
            ),
            _ => return CheckedReport::issuer_unknown(certificate, voice),
        };
        let name = certificate.subject.short();
        let message = "cannot be decided".to_owned();
        CheckedReport {
            fault: Some(because),
            remedy: Some(remedy),
            ..CheckedReport::new(
                Some(name),
                certificate.serial.clone(),
                RevocationAnswer::NotDecided,
                message,
            )
        }
    }

    fn of_status(certificate: &Certificate, status: &Status, voice: Voice) -> CheckedReport {
        let new = |answer, message: String| {
            let name = Some(certificate.subject.short());
            CheckedReport::new(name, certificate.serial.clone(), answer, message)
        };
        match status {
            Status::Listed(listed) => {
                let mut checked =
                    new(RevocationAnswer::Revoked, String::new()).revoked(&listed.entry);
                let by = format!(", by {}", crls::called(&listed.crl, listed.stale));
                checked.crls.push(listed.crl.origin.to_string());
                checked.message.push_str(&by);
                checked
            }
            Status::NotListed(found) => {
                let by = crls::all_called(found);
                let files = found.crls.iter().map(|crl| crl.origin.to_string());
                CheckedReport {
                    crls: files.collect(),
                    ..new(
                        RevocationAnswer::NotRevoked,
                        format!("{NOT_REVOKED_BY}{by}"),
                    )
                }
            }
            Status::NotApplicable(exempt) => {
                let message = match exempt {
                    Exempt::SelfSigned => "self-signed: no CRL can revoke it",
                    Exempt::OcspNoCheck => "an OCSP responder marked as not to be checked",
                    _ => "its issuer publishes no revocations",
                };
                new(RevocationAnswer::NotApplicable, message.to_owned())
            }
            Status::NoCrl(none) => {
                let required = CrlRequired::of(certificate);
                let nearest = CrlFault::nearest(&none.passed_over, &[]);
                // Another CA's CRL in the cache is there for others, and no failed answer.
                let nearest = nearest.filter(|(fault, _)| *fault != CrlFault::Issuer);
                let mut checked = new(RevocationAnswer::NotDecided, "cannot be decided".to_owned());
                checked.required = Some(crls::needed(&required));
                checked.available = Some(match &nearest {
                    None => "no CRL covers it".to_owned(),
                    Some((fault, crl)) => crls::called(crl, fault.is_stale()),
                });
                let file = nearest.as_ref().map(|(_, crl)| crl.origin.to_string());
                checked.crls.extend(file);
                checked.fault = nearest.as_ref().map(|(fault, _)| crls::because(fault));
                checked.remedy = Some(how_to_get(&required, voice));
                checked
            }
        }
    }

    /// That the status is undetermined because the certificate's issuer is not known.
    pub fn issuer_unknown(certificate: &Certificate, voice: Voice) -> CheckedReport {
        let message = "cannot be decided".to_owned();
        let (name, serial) = (certificate.subject.short(), certificate.serial.clone());
        CheckedReport {
            required: Some(crls::needed(&CrlRequired::of(certificate))),
            fault: Some(format!(
                "no known CA signed it; it names {} as its issuer",
                certificate.issuer.short()
            )),
            remedy: Some(
                voice
                    .pick(
                        "give the CA's certificate with --issuer CA, or a file that pins it with --facts FILE",
                        "give the CA's certificate, or pin it in the facts",
                    ),
            ),
            ..CheckedReport::new(Some(name), serial, RevocationAnswer::NotDecided, message)
        }
    }

    fn revoked(mut self, entry: &Entry) -> CheckedReport {
        self.revoked_at = Some(entry.revoked_at);
        self.revocation_reason = entry.reason.map(|reason| reason.to_string());
        let reason = match &self.revocation_reason {
            Some(reason) => format!("reason {reason}"),
            None => "no reason given".to_owned(),
        };
        self.message = format!("revoked on {}, {reason}", entry.revoked_at);
        self
    }

    fn lay_out(&self, page: &mut Page) {
        self.render_alone(page);
        self.render_details(page);
    }

    /// The answer on one line; what holds under a condition only is undecided, and is said with its condition elsewhere.
    fn render_alone(&self, page: &mut Page) {
        let (word, style) = match self.answer {
            RevocationAnswer::NotRevoked => ("NOT REVOKED", anstyle::Style::new().bold()),
            RevocationAnswer::Revoked => ("REVOKED", style(Severity::Error)),
            RevocationAnswer::NotApplicable => ("NOT APPLICABLE", anstyle::Style::new().bold()),
            RevocationAnswer::NotDecided => ("NOT DECIDED", style(Severity::Warning)),
        };
        let who = match &self.certificate {
            Some(name) => format!("{name}  serial {}", self.serial),
            None => self.serial.to_string(),
        };
        page.line(&format!(
            "{who}  {style}{word}{style:#}  exit {}",
            self.exit
        ));
    }

    fn render_details(&self, page: &mut Page) {
        // What holds under a condition is never said without it.
        let bare = self.answer == RevocationAnswer::NotDecided && self.condition.is_none()
            || self.message == NOT_REVOKED;
        // The line above says that it is not revoked.
        if let Some(crls) = self.message.strip_prefix(NOT_REVOKED_BY) {
            page.labelled("by", crls);
        } else if self.certificate.is_some() || !bare {
            page.labelled("", &self.message);
        }
        for (label, text) in [
            ("needed", &self.required),
            ("available", &self.available),
            ("because", &self.fault),
            ("do", &self.remedy),
        ] {
            if let Some(text) = text {
                page.labelled(label, text);
            }
        }
        for warning in &self.warnings {
            page.labelled("! warning", warning);
        }
    }
}

fn how_to_get(required: &CrlRequired, voice: Voice) -> String {
    match (required.fetchable, required.distribution_points.is_empty()) {
        (true, _) => voice.pick("fetch it: ptl-cert crl update CERT", "fetch it"),
        (false, true) => voice.pick(
            "get it from its issuer: ptl-cert crl import FILE",
            "get it from its issuer, then import it",
        ),
        (false, false) => voice.pick(
            "it cannot be fetched: download the file from the NHS page on HSCN, then ptl-cert crl import FILE",
            "it cannot be fetched: download the file from the NHS page on HSCN, then import it",
        ),
    }
}

/// What to do about a CRL that cannot tell.
fn remedy_for(why: &UndecidedReason, voice: Voice) -> String {
    match why {
        UndecidedReason::NoCrl => voice.pick(
            "ptl-cert crl update CERT, ptl-cert crl import FILE, or give the CRL with --crl FILE",
            "fetch or import the CRL",
        ),
        UndecidedReason::Unusable(_) | UndecidedReason::NotOneCrl { .. } | UndecidedReason::Crl(_) => {
            "give a file with one complete CRL".to_owned()
        }
        UndecidedReason::Cache(_) => "fetch or import the CRL again".to_owned(),
        UndecidedReason::Damaged(damaged) => damaged.damage.remedy().to_owned(),
        UndecidedReason::Refused(refusal) => remedy(refusal, voice),
        UndecidedReason::OtherKey { .. } => voice.pick(
            "give the CRL of that CA certificate's own key, or with --issuer the CA certificate that signed the certificates",
            "give the CRL of that CA certificate's own key, or the CA certificate that signed the certificates",
        ),
        UndecidedReason::IssuerRevoked { .. } => "replace the certificates that this CA issued".to_owned(),
        UndecidedReason::SignatureUnchecked => "try again; if it persists, report it with the CRL".to_owned(),
        UndecidedReason::OtherIssuer { .. } => "give the CRL of the CA that issued the certificate".to_owned(),
        UndecidedReason::SignerRevoked { .. } => "replace the certificates that this CA issued".to_owned(),
        UndecidedReason::NotYetValid { .. } => voice.pick(
            "check this machine's clock, or give a later time with --at",
            "check this machine's clock, or ask about a later time",
        ),
        UndecidedReason::NoNextUpdate => "get a CRL with a nextUpdate from its CA".to_owned(),
        UndecidedReason::Stale { .. } => voice.pick(
            "get the current CRL: ptl-cert crl update, or ptl-cert crl import FILE",
            "fetch or import the current CRL",
        ),
        UndecidedReason::Delta => "give the complete CRL".to_owned(),
        UndecidedReason::SomeReasons => "give the CRL with all reasons".to_owned(),
        UndecidedReason::RemovedInComplete => "ask its CA for a correct CRL".to_owned(),
    }
}

/// How many answers there are of each kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    not_revoked: usize,
    revoked: usize,
    undecided: usize,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, answer: &CheckedReport) {
        match answer.answer {
            RevocationAnswer::NotRevoked | RevocationAnswer::NotApplicable => self.not_revoked += 1,
            RevocationAnswer::Revoked => self.revoked += 1,
            RevocationAnswer::NotDecided => self.undecided += 1,
        }
    }

    /// The worst exit status of those counted.
    pub fn exit(&self) -> u8 {
        match (self.undecided, self.revoked) {
            (0, 0) => 0,
            (0, _) => 1,
            _ => 3,
        }
    }

    /// The line for more than one answer.
    fn render(&self, page: &mut Page) {
        let total = self.not_revoked + self.revoked + self.undecided;
        if total > 1 {
            let total = count(i64::try_from(total).unwrap_or(i64::MAX), "answer");
            page.gap();
            page.line(&format!(
                "{total}: {} not revoked, {} revoked, {} not decided",
                self.not_revoked, self.revoked, self.undecided
            ));
        }
    }

    /// The same as the end of a text of which the answers were written already.
    pub fn text(&self, width: usize) -> String {
        let mut page = Page::new(width);
        self.render(&mut page);
        let text = page.into_text();
        match text.is_empty() {
            true => text,
            false => format!("\n{}", text.trim_start_matches('\n')),
        }
    }
}

impl CheckedReport {
    /// The text of this answer alone, for a terminal of this many columns, with ANSI colours.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        self.lay_out(&mut page);
        page.into_text()
    }
}

impl Known {
    /// What is said of the CRL that is looked in, above the answers.
    pub fn render(&self, at: Moment, width: usize) -> String {
        let mut page = Page::new(width);
        head(self, at, &mut page);
        let mut text = page.into_text();
        text.push('\n');
        text
    }
}

fn head(crl: &Known, at: Moment, page: &mut Page) {
    page.line(&format!("the CRL of {}", crl.called()));
    page.labelled("CRL", &crl.measured());
    page.labelled("good", &crl.until(at));
    for warning in &crl.warnings {
        page.labelled("! warning", warning);
    }
}

/// The report of `crl check` for serial numbers as JSON, written while the answers come: however many there are, a batch of
/// them is kept.
pub struct CheckStream<'s> {
    /// The moment for which it was asked.
    pub at: Moment,
    /// The CRL that is looked in.
    pub crl: Option<Known>,
    /// The next answers; `None` when there are no more.
    pub answers: &'s dyn Fn() -> Option<Vec<CheckedReport>>,
    /// What could not be read, asked last.
    pub unread: &'s dyn Fn() -> Vec<UnreadReport>,
    /// The exit status of the run, with what could not be read.
    pub exit: &'s dyn Fn(&[UnreadReport]) -> u8,
}

impl fmt::Debug for CheckStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckStream")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl Serialize for CheckStream<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Answers<'s>(&'s dyn Fn() -> Option<Vec<CheckedReport>>);
        impl Serialize for Answers<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut sequence = serializer.serialize_seq(None)?;
                while let Some(answers) = (self.0)() {
                    for answer in &answers {
                        sequence.serialize_element(answer)?;
                    }
                }
                sequence.end()
            }
        }
        let mut report = serializer.serialize_map(None)?;
        report.serialize_entry("schema", SCHEMA)?;
        report.serialize_entry("at", &self.at)?;
        if let Some(crl) = &self.crl {
            report.serialize_entry("crl", crl)?;
        }
        report.serialize_entry("answers", &Answers(self.answers))?;
        let unread = (self.unread)();
        report.serialize_entry("exit", &(self.exit)(&unread))?;
        if !unread.is_empty() {
            report.serialize_entry("unread", &unread)?;
        }
        report.end()
    }
}

impl CrlCheckReport {
    /// What there is to say of the certificates that were checked.
    pub fn new(check: &check::Check) -> CrlCheckReport {
        CrlCheckReport::in_voice(check, Voice::Neutral)
    }

    /// The same, the remedies in this voice.
    pub fn in_voice(check: &check::Check, voice: Voice) -> CrlCheckReport {
        let mut unread = UnreadReport::all(&check.unread, voice);
        unread.extend(
            UnreadReport::all(&check.issuers_unread, voice)
                .into_iter()
                .map(|mut one| {
                    one.message.push_str(&voice.pick(
                        "; --issuer takes a file with a CA's certificate",
                        "; an issuer is a file with a CA's certificate",
                    ));
                    one
                }),
        );
        let mut report = CrlCheckReport::none(check.at, unread);
        let answers = check.answers.iter();
        report.answers = answers
            .map(|answer| CheckedReport::of_answer(answer, voice))
            .collect();
        let exits = report.answers.iter().map(|answer| answer.exit);
        report.exit = exits.chain([report.exit]).max().unwrap_or(0);
        report
    }

    /// A report without answers yet.
    pub fn none(at: Moment, unread: Vec<UnreadReport>) -> CrlCheckReport {
        CrlCheckReport {
            schema: SCHEMA,
            at,
            crl: None,
            answers: Vec::new(),
            exit: match unread.as_slice() {
                [] => 0,
                _ => 3,
            },
            unread,
        }
    }

    /// The text, for a terminal of this many columns, with ANSI colours.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        let mut page = Page::new(width);
        if detail == Detail::Brief {
            for answer in &self.answers {
                answer.render_alone(&mut page);
            }
            return page.into_text();
        }
        let mut tally = Tally::default();
        for answer in &self.answers {
            tally.add(answer);
        }
        tally.render(&mut page);
        page.gap();
        if let Some(crl) = &self.crl {
            head(crl, self.at, &mut page);
            page.gap();
        }
        for answer in &self.answers {
            answer.lay_out(&mut page);
        }
        page.into_text()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::document::extension::GeneralName;

    fn text(outcome: SerialOutcome) -> String {
        let serial = Serial::from_octets(&[1]);
        CheckedReport::of_serial(&SerialAnswer { serial, outcome }, Voice::CommandLine).render(80)
    }

    #[test]
    fn what_a_partitions_crl_says_of_a_serial_number_is_said_with_its_condition() {
        let mut condition = Condition::default();
        condition
            .points
            .push(GeneralName::Uri("http://p".to_owned()));
        let condition = Arc::new(condition);
        let open = text(SerialOutcome::Conditional(Arc::clone(&condition)));
        assert!(
            open.contains("NOT DECIDED") && open.contains("if it is one of those"),
            "{open}"
        );
        let met = text(SerialOutcome::NotRevoked(Some(condition)));
        assert!(
            met.contains("NOT REVOKED") && met.contains("as one of those"),
            "{met}"
        );
        assert_eq!(text(SerialOutcome::NotRevoked(None)).lines().count(), 1);
    }
}
