//! What `listen` reports: once where it listens, then one record a caller.

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use crate::document::Moment;
use crate::input::Shown;
use crate::ops::listen::{Call, Listening, Notice, RefusalKind};
use crate::report::inspection::FindingReport;
use crate::report::layout::{Page, style};
use crate::report::probe::{SentCertificate, chain};
use crate::report::problem::ProblemReport;
use crate::report::verification::{LinkReport, VerdictReport};
use crate::verdict::connection::Alert;
use crate::verdict::verify::{CrlRequired, Decision};
use crate::verdict::{Code, Severity};
use crate::wording::{Voice, crls, sentence};

/// The schema's name of the first record.
pub const SCHEMA: &str = "ptl-cert/listen/1";
/// The schema's name of a caller's record.
pub const CALLER: &str = "ptl-cert/listen-caller/1";

/// Where a listener listens, and how it will judge.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ListenReport {
    /// `ptl-cert/listen/1`.
    pub schema: &'static str,
    /// The address with its port.
    pub address: String,
    /// The environment's id.
    pub environment: String,
    /// What people call it.
    pub environment_title: String,
    /// The name of the certificate that is shown.
    pub name: String,
    /// Whether that certificate is good as a server's.
    pub decision: Option<Decision>,
    /// Who may call.
    pub callers: Vec<String>,
    /// The CAs that its request for certificates names.
    pub authorities: Vec<AuthorityName>,
    /// What is wrong with its own certificate.
    pub findings: Vec<FindingReport>,
    /// The callers, where the result is one object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallerReport>,
    /// The exit status of the run; absent in the first of several records, which is written before there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// Why there is no answer, where one caller was waited for and none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemReport>,
}

/// A CA in a request for certificates.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct AuthorityName {
    /// Its name.
    pub name: String,
    /// Its generation.
    pub generation: String,
}

/// One caller.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CallerReport {
    /// `ptl-cert/listen-caller/1`.
    pub schema: &'static str,
    /// When.
    pub at: Moment,
    /// From where.
    pub from: String,
    /// Whether it is admitted.
    pub admitted: bool,
    /// Which kind of reason there is not to admit it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalKind>,
    /// The finding's code, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Why not, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The alert with which the caller aborted the handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<Alert>,
    /// The name that it asked for (SNI).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// The TLS version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// The certificates as sent.
    pub sent: Vec<SentCertificate>,
    /// The name in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The chain by which it was judged, on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// Good, bad, or undetermined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Which of the hosts that may call it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The CRLs that decide about its certificates.
    pub crls: Vec<CrlRequired>,
    /// Method and target of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The status that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Where its certificates were saved, or why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved: Option<String>,
    /// From the connection to the answer.
    pub took_ms: u64,
}

impl ListenReport {
    /// Of a listener that has begun.
    pub fn new(listening: &Listening) -> ListenReport {
        ListenReport::in_voice(listening, Voice::Neutral)
    }

    /// Of a listener that has begun, the remedies in this voice.
    pub fn in_voice(listening: &Listening, voice: Voice) -> ListenReport {
        let verdict = listening.verdict.as_ref();
        let found = verdict
            .into_iter()
            .flat_map(|verdict| verdict.reasons.iter().chain(&verdict.findings));
        let authorities = listening.authorities.iter();
        ListenReport {
            schema: SCHEMA,
            address: listening.address.to_string(),
            environment: listening.environment_id.clone(),
            environment_title: listening.environment.clone(),
            name: listening.own.certificate.subject.short(),
            decision: verdict.map(|verdict| verdict.decision),
            callers: listening.callers.iter().map(ToString::to_string).collect(),
            authorities: authorities
                .map(|(name, generation)| AuthorityName {
                    name: name.clone(),
                    generation: generation.clone(),
                })
                .collect(),
            findings: found
                .map(|finding| FindingReport::new(finding, voice))
                .collect(),
            calls: Vec::new(),
            exit: None,
            problem: None,
        }
    }

    /// Renders it for a terminal of this many columns.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        let bold = Style::new().bold();
        page.line(&format!(
            "{bold}Listening on {}{bold:#} as {} for {}",
            self.address, self.name, self.environment_title
        ));
        let decision = match self.decision {
            Some(Decision::Verified) => "verified",
            Some(Decision::NotVerified) => "not verified: callers will reject it",
            Some(Decision::NotDecided) => "could not be verified",
            None => "not checked",
        };
        page.labelled("certificate", decision);
        page.labelled("accepts", &self.callers.join(", "));
        let names: Vec<&str> = self
            .authorities
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        page.labelled("requests", &format!("certificates of {}", names.join(", ")));
        let shown = self
            .findings
            .iter()
            .filter(|one| one.severity > Severity::Note);
        for finding in shown {
            finding.render_about(&mut page, "");
        }
        page.into_text()
    }
}

impl CallerReport {
    /// Of what a listener has to tell; `None` for what is about no caller.
    pub fn new(notice: &Notice) -> Option<CallerReport> {
        CallerReport::in_voice(notice, Voice::Neutral)
    }

    /// The same, the remedies in this voice.
    pub fn in_voice(notice: &Notice, voice: Voice) -> Option<CallerReport> {
        match notice {
            Notice::Call(call) => Some(of_call(call)),
            Notice::NoHandshake {
                at,
                from,
                server_name,
                alert,
                reason,
            } => {
                let mut report = empty(*at, from.to_string());
                let (message, remedy) = no_handshake(*alert, reason, voice);
                report.refusal = Some(RefusalKind::NoHandshake);
                report.message = Some(message);
                report.remedy = remedy;
                report.alert = *alert;
                report.server_name.clone_from(server_name);
                Some(report)
            }
            Notice::NotAccepted(_) => None,
        }
    }

    /// Renders it for a terminal of this many columns, the answer first.
    pub fn render(&self, width: usize) -> String {
        let mut page = Page::new(width);
        let (sign, word, style) = match self.admitted {
            true => ("✓", "ADMITTED", Style::new().bold()),
            false => ("✗", "REFUSED", style(Severity::Error)),
        };
        // Other reasons are in the sentence below.
        let code = self.code.map(|code| format!("  {code}"));
        let code = code.unwrap_or_default();
        let name = self.name.as_deref().unwrap_or("(no certificate)");
        page.line(&format!(
            "{sign} {} {}  {name}  {style}{word}{style:#}{code}",
            self.at.to_minute(),
            self.from
        ));
        if let (Some(version), Some(suite)) = (&self.version, &self.suite) {
            let asked = match &self.server_name {
                Some(name) => format!(", asked for {name}"),
                None => ", no server name (SNI)".to_owned(),
            };
            page.labelled("TLS", &format!("{version}, {suite}{asked}"));
        }
        if let Some(chain) = &self.chain {
            page.labelled("client", chain);
        }
        if let Some(caller) = &self.caller {
            page.labelled("caller", caller);
        }
        for required in &self.crls {
            page.labelled("CRL", &crls::needed(required));
        }
        if let Some(request) = &self.request {
            let status = self.status.map(|status| format!(": status {status}"));
            page.labelled(
                "request",
                &format!("{request}{}", status.unwrap_or_default()),
            );
        }
        if let Some(saved) = &self.saved {
            page.labelled("saved", saved);
        }
        if let Some(message) = &self.message {
            page.labelled("because", message);
        }
        if let Some(remedy) = &self.remedy {
            page.labelled("do", remedy);
        }
        page.into_text()
    }
}

fn empty(at: Moment, from: String) -> CallerReport {
    CallerReport {
        schema: CALLER,
        at,
        from,
        admitted: false,
        refusal: None,
        code: None,
        message: None,
        remedy: None,
        alert: None,
        server_name: None,
        version: None,
        suite: None,
        sent: Vec::new(),
        name: None,
        chain: None,
        decision: None,
        caller: None,
        crls: Vec::new(),
        request: None,
        status: None,
        saved: None,
        took_ms: 0,
    }
}

fn of_call(call: &Call) -> CallerReport {
    let Call {
        caller, admission, ..
    } = call;
    let mut report = empty(admission.at, caller.from.to_string());
    report.admitted = admission.is_admitted();
    if let Some(refusal) = &admission.refusal {
        report.refusal = Some(refusal.kind);
        report.code = refusal.code;
        report.message = Some(refusal.message.clone());
        report.remedy = Some(refusal.remedy.clone());
    }
    report.server_name.clone_from(&caller.server_name);
    report.version = Some(caller.protocol.clone());
    report.suite = Some(caller.cipher.clone());
    let certificates = admission.certificates.iter();
    report.sent = certificates.map(|one| SentCertificate::new(one)).collect();
    if let Some(verdict) = &admission.verdict {
        report.name = admission
            .certificates
            .first()
            .map(|own| own.subject.short());
        let links: Vec<LinkReport<'_>> = match admission.certificates.first() {
            Some(own) => {
                let origin = verdict.path.first().map(|link| &link.origin);
                origin.map_or_else(Vec::new, |origin| {
                    VerdictReport::in_voice(own, origin, verdict, None, Voice::Neutral).chain
                })
            }
            None => Vec::new(),
        };
        report.chain = Some(chain(&links));
        report.decision = Some(verdict.decision);
    }
    report.caller = admission.host.as_ref().map(ToString::to_string);
    report.crls.clone_from(&admission.crls);
    report.request = call.asked.as_ref().map(|(method, target)| {
        crate::document::printable(&format!("{method} {target}")).to_string()
    });
    report.status = call.status;
    report.saved = admission.saved.as_ref().map(|saved| match saved {
        Ok(path) => path.shown().to_string(),
        Err(error) => sentence(error),
    });
    report.took_ms = call.took_ms;
    report
}

/// What is reported about a caller that did not complete the handshake: its alert is about the certificate shown here.
fn no_handshake(alert: Option<Alert>, reason: &str, voice: Voice) -> (String, Option<String>) {
    let Some(alert) = alert else {
        return (format!("no TLS handshake: {reason}"), None);
    };
    let remedy = match alert.code {
        48 => {
            "the caller does not know your CA: send the sub CA's certificate after your own, and check that the caller has the root of your generation".to_owned()
        }
        45 => {
            "the caller considers your certificate, or the CRL for it, expired: check the dates of both".to_owned()
        }
        44 => voice.pick(
            "the caller considers your certificate revoked: check it with ptl-cert verify",
            "the caller considers your certificate revoked: check its revocation status",
        ),
        42 | 43 | 46 => voice.pick(
            "the caller rejects your certificate: check its name and chain with ptl-cert verify",
            "the caller rejects your certificate: check its name and chain",
        ),
        _ => "the caller's log has the reason".to_owned(),
    };
    (
        format!("the caller aborted the handshake with the alert {alert}"),
        Some(remedy),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_code_is_that_of_a_finding_and_every_other_reason_has_a_word_of_its_own() {
        let mut caller = empty(
            Moment::from_unix(1_795_305_600).unwrap(),
            "192.0.2.1:40000".to_owned(),
        );
        let written = |caller: &CallerReport| {
            let json = serde_json::to_value(caller).unwrap();
            (json["refusal"].clone(), json["code"].clone())
        };
        caller.refusal = Some(RefusalKind::NotACaller);
        assert_eq!(written(&caller), (json!("not_a_caller"), json!(null)));
        assert!(!caller.render(80).contains("not_a_caller"));
        caller.refusal = Some(RefusalKind::Finding);
        caller.code = Some(Code::Expired);
        assert_eq!(written(&caller), (json!("finding"), json!("expired")));
        assert!(caller.render(80).contains("expired"));
    }
}
