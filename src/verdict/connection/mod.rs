//! What a connection shows: whether the far end answers, may be trusted, and accepts us.
//!
//! [`judge`] is pure: it works on an [`Observation`], which [`crate::wire::probe`] records, and on the verdict of
//! [`super::verify`] on the certificates that the server sent. It never says that a client certificate was accepted
//! merely because the server said nothing to the contrary.

mod alert;
mod answer;
mod problem;
mod observation;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use alert::Alert;
pub use answer::{
    AcceptanceProof, ConnectionAnswer, ConnectionRefusal, Expected, HttpMeaning, WithoutCertificate,
};
pub use observation::{
    After, Banner, CertificateRequest, DialOutcome, Dialled, Ending, Handshake, HttpResponse,
    LookUp, LookUpOutcome, Observation, Offer, ProxyOutcome, ProxyStep, Scanned,
};
pub use problem::{ClientCertificateState, ConnectionProblem, ScannedOffer};

use super::verify::{Decision, HostMatch, PathEnd, Verdict, matches};
use super::{Code, Finding, Problem, Severity, Subject};
use crate::chain::is_self_signed;
use crate::document::{Certificate, KeyAlgorithm, Moment, Name};
use crate::environment::{AuthorityRole, Environment, Facts};
use crate::fqdn::Fqdn;
use crate::input::{Origin, Source};

/// The cipher suites that Spine endpoints are permitted, most preferred first, by OpenSSL's names (NHS rules for TLS
/// on Spine).
pub const SPINE_SUITES: [&str; 8] = [
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "DHE-RSA-AES256-SHA256",
    "DHE-RSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
];

/// Whether one of [`SPINE_SUITES`] can be used with a key of this kind: all of them authenticate by RSA, and peers take a key
/// that is limited to RSASSA-PSS (RFC 4055) for none that these suites know.
pub(crate) fn suits_spine(key: &KeyAlgorithm) -> bool {
    matches!(key, KeyAlgorithm::Rsa { pss: false, .. })
}

/// The codes of findings about connections.
pub const CODES: [Code; 35] = [
    Code::DnsNotFound,
    Code::DnsTimedOut,
    Code::TcpRefused,
    Code::TcpFiltered,
    Code::TcpPartly,
    Code::ProxyFailed,
    Code::NotTls,
    Code::CaptivePortal,
    Code::TlsSilent,
    Code::TlsCut,
    Code::HandshakeRefused,
    Code::HandshakeBroken,
    Code::TlsVersion,
    Code::Tls12Missing,
    Code::SuiteForbidden,
    Code::AcceptsForbidden,
    Code::ScanIncomplete,
    Code::CertificateDiffers,
    Code::AcceptsUnverified,
    Code::Intercepted,
    Code::ServerNotJudged,
    Code::ClientCertNotRequested,
    Code::ClientCertOptional,
    Code::OurCaNotNamed,
    Code::GenerationNotNamed,
    Code::CertificateRequired,
    Code::CertificateRefused,
    Code::RefusedByHttp,
    Code::AcceptanceUnproven,
    Code::NoResponse,
    Code::NotHttp,
    Code::HttpStatus,
    Code::Renegotiates,
    Code::ClockSkew,
    Code::UnexpectedAnswer,
];

/// The smallest difference of clocks that is reported: certificates are judged to the second, and NTP keeps clocks within
/// a fraction of one; HTTP's Date has whole seconds and may be a response old.
const SKEW: i64 = 60;

/// What is asked about a connection, and what is known besides the observation.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionQuestion<'a> {
    /// The moment for which everything is judged.
    pub at: Moment,
    /// What is known about the NHS.
    pub facts: &'a Facts,
    /// The environment of the host, where it is known.
    pub environment: Option<&'a Environment>,
    /// The name by which the server's certificate was judged.
    pub fqdn: Option<&'a Fqdn>,
    /// The certificates that the server sent, read; in its order.
    pub sent: &'a [Arc<Certificate>],
    /// The verdict on the first of them, by the others and nothing that was not asked for.
    pub server: Option<&'a Verdict>,
    /// The client certificate.
    pub ours: Option<OwnCertificate<'a>>,
    /// Whether the request was asked for, so that its answer matters by itself.
    pub requested: bool,
    /// What the server has to answer.
    pub expected: Option<Expected>,
}

/// The client certificate that was offered.
#[derive(Clone, Copy, Debug)]
pub struct OwnCertificate<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// The CA certificates that were sent along.
    pub above: &'a [Arc<Certificate>],
    /// The verdict on it as a client's, where its environment is known.
    pub verdict: Option<&'a Verdict>,
}

/// The judgement on a connection.
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub struct Judgement {
    /// How the far end answered us.
    pub answer: ConnectionAnswer,
    /// Whether everything is as required.
    pub decision: Decision,
    /// What decided; `None` if all is good.
    pub code: Option<Code>,
    /// What decided against, or kept it undecided, the deciding reason first.
    pub reasons: Vec<Finding>,
    /// The other findings.
    pub findings: Vec<Finding>,
}

/// Judges a connection.
pub fn judge(observation: &Observation, question: &ConnectionQuestion<'_>) -> Judgement {
    let mut said = Said {
        observation,
        reasons: Vec::new(),
        findings: Vec::new(),
    };
    said.road();
    let best = observation.best();
    let answer = best.map_or(ConnectionAnswer::NotConnected, |handshake| {
        said.handshake(handshake, question)
    });
    if let Some(handshake) = best {
        said.server(handshake, question);
        said.names(handshake, question);
        said.afterwards(handshake, &answer, question);
    }
    said.scan();
    let said_open = |reason: &Finding| {
        matches!(
            reason.problem,
            Problem::Connection(
                ConnectionProblem::AcceptanceUnproven { .. }
                    | ConnectionProblem::DnsTimedOut { .. }
                    | ConnectionProblem::ScanIncomplete { .. }
                    | ConnectionProblem::CertificateDiffers { .. }
            )
        ) || reason.problem.is_open()
    };
    if let Some(expected) = question.expected {
        said.expect(expected, &answer);
    }
    let Said {
        mut reasons,
        findings,
        ..
    } = said;
    reasons.sort_by_key(|reason| said_open(reason));
    let first = reasons.first();
    let decision = match first {
        None if answer == ConnectionAnswer::NotConnected => Decision::NotDecided,
        None => Decision::Verified,
        Some(reason) if said_open(reason) => Decision::NotDecided,
        Some(_) => Decision::NotVerified,
    };
    Judgement {
        code: first.map(|reason| reason.problem.code()),
        answer,
        decision,
        reasons,
        findings,
    }
}

/// What the route to a host shows, without TLS: names, proxies, TCP.
pub fn road(observation: &Observation) -> Vec<Finding> {
    let mut said = Said {
        observation,
        reasons: Vec::new(),
        findings: Vec::new(),
    };
    said.road();
    said.reasons
}

/// The findings so far.
struct Said<'s> {
    observation: &'s Observation,
    reasons: Vec<Finding>,
    findings: Vec<Finding>,
}

impl Said<'_> {
    fn about(&self, problem: ConnectionProblem) -> Finding {
        let host = &self.observation.host;
        Finding {
            subject: Subject {
                object: None,
                name: format!("{host}:{}", self.observation.port),
                origin: Origin::whole(&Arc::new(Source::Handshake)),
            },
            problem: Problem::Connection(problem),
        }
    }

    /// By its severity: errors are reasons.
    fn say(&mut self, problem: ConnectionProblem) {
        let finding = self.about(problem);
        match finding.problem.severity() {
            Severity::Error => self.reasons.push(finding),
            Severity::Warning | Severity::Note => self.findings.push(finding),
        }
    }

    /// The route: DNS, proxy, TCP.
    fn road(&mut self) {
        let observation = self.observation;
        let host = observation.host.clone();
        match &observation.look_up.outcome {
            LookUpOutcome::NotFound(reason) => self.say(ConnectionProblem::DnsNotFound {
                host,
                reason: reason.clone(),
            }),
            LookUpOutcome::TimedOut => self.say(ConnectionProblem::DnsTimedOut { host }),
            _ => {}
        }
        if let Some(step) = &observation.proxy {
            let redirect = match &step.outcome {
                ProxyOutcome::Answered {
                    status: 300..=399 | 511,
                    location,
                } => Some(location.clone()),
                _ => None,
            };
            match (&step.outcome, redirect) {
                (ProxyOutcome::Tunnel, _) => {}
                (_, Some(location)) => self.say(ConnectionProblem::CaptivePortal { location }),
                (outcome, None) => self.say(ConnectionProblem::ProxyFailed {
                    proxy: step.address.clone(),
                    outcome: outcome.clone(),
                }),
            }
        }
        let closed: Vec<&Dialled> = observation
            .addresses
            .iter()
            .filter(|dialled| dialled.outcome != DialOutcome::Open)
            .collect();
        if closed.is_empty() {
            return;
        }
        let addresses = closed.iter().map(|dialled| dialled.address.clone());
        let addresses: Vec<String> = addresses.collect();
        let refused = |dialled: &&Dialled| dialled.outcome == DialOutcome::Refused;
        let problem = if closed.len() < observation.addresses.len() {
            ConnectionProblem::TcpPartly { addresses }
        } else if closed.iter().all(refused) {
            ConnectionProblem::TcpRefused { addresses }
        } else {
            let unreachable = closed.iter().find_map(|dialled| match &dialled.outcome {
                DialOutcome::Unreachable(said) => Some(said.clone()),
                _ => None,
            });
            ConnectionProblem::TcpFiltered {
                addresses,
                unreachable,
            }
        };
        self.say(problem);
    }

    /// How the handshake went, and what it says about us.
    fn handshake(
        &mut self,
        handshake: &Handshake,
        question: &ConnectionQuestion<'_>,
    ) -> ConnectionAnswer {
        let requested = handshake.request.is_some();
        // A server that goes on to refuse a client has chosen before.
        if handshake.ending == Ending::Complete
            || requested && !matches!(handshake.ending, Ending::Malformed(_))
        {
            self.chosen(handshake);
        }
        let problem = match &handshake.ending {
            Ending::Complete => None,
            // After a CertificateRequest the client's certificate is what is left to refuse, where the alert says so.
            Ending::Alert(alert) if requested && alert.refuses(handshake.certificate_sent) => {
                return self.refused(Some(*alert), handshake, question);
            }
            Ending::Closed | Ending::Reset if requested && handshake.certificate_sent => {
                return self.refused(None, handshake, question);
            }
            Ending::Alert(alert) => Some(ConnectionProblem::HandshakeRefused { alert: *alert }),
            Ending::Closed | Ending::Reset => Some(ConnectionProblem::TlsCut {
                reset: handshake.ending == Ending::Reset,
                bytes: handshake.bytes,
            }),
            Ending::Silent | Ending::Stalled => Some(ConnectionProblem::TlsSilent {
                bytes: handshake.bytes,
            }),
            Ending::NotTls(banner) => Some(not_tls(banner, self.observation.proxy.is_some())),
            Ending::TooLarge => Some(ConnectionProblem::HandshakeBroken {
                reason: "a message is larger than 100 KiB".to_owned(),
            }),
            Ending::Malformed(reason) => Some(match old_version(handshake) {
                Some(version) => ConnectionProblem::TlsVersion { version },
                None => ConnectionProblem::HandshakeBroken {
                    reason: reason.clone(),
                },
            }),
        };
        if let Some(problem) = problem {
            self.say(problem);
            return ConnectionAnswer::NotConnected;
        }
        match ConnectionAnswer::of(handshake) {
            ConnectionAnswer::Refused(ConnectionRefusal::Alert(alert)) => {
                self.refused(Some(alert), handshake, question)
            }
            ConnectionAnswer::Refused(ConnectionRefusal::Http(status)) => {
                self.refused_by_http(status, handshake, question)
            }
            // What every client gets says nothing about the certificate.
            ConnectionAnswer::Accepted(AcceptanceProof::Response)
                if self.same_without().is_some() || !self.refuses_without() =>
            {
                ConnectionAnswer::NotProven {
                    closed: false,
                    status: status(handshake),
                }
            }
            // Without the certificate the request is served: the certificate is why it is not.
            ConnectionAnswer::NotProven {
                status: Some(status @ (401 | 403)),
                ..
            } if handshake.certificate_sent && self.serves_without() => {
                self.refused_by_http(status, handshake, question)
            }
            // The server may want a certificate for this page, and be unable to ask for it.
            ConnectionAnswer::Connected if question.ours.is_some() => match status(handshake) {
                status @ Some(401 | 403) => ConnectionAnswer::NotProven {
                    closed: false,
                    status,
                },
                _ => ConnectionAnswer::Connected,
            },
            answer => answer,
        }
    }

    /// The version and the suite, where the rules do not permit them.
    fn chosen(&mut self, handshake: &Handshake) {
        if let Some(version) = old_version(handshake) {
            self.say(ConnectionProblem::TlsVersion { version });
        } else if let Some(suite) = forbidden_suite(handshake) {
            self.say(ConnectionProblem::SuiteForbidden { suite });
        }
    }

    /// A refusal of a client without a certificate is as it should be, and no answer to one that was given and not sent.
    fn required(&mut self, alert: Option<Alert>, question: &ConnectionQuestion<'_>) {
        self.say(ConnectionProblem::CertificateRequired { alert });
        if question.ours.is_some() {
            let finding = self.about(ConnectionProblem::AcceptanceUnproven {
                closed: true,
                status: None,
                same: false,
                certificate_sent: false,
                without: None,
            });
            self.reasons.push(finding);
        }
    }

    /// The server refused us in HTTP, or a client without a certificate.
    fn refused_by_http(
        &mut self,
        status: u16,
        handshake: &Handshake,
        question: &ConnectionQuestion<'_>,
    ) -> ConnectionAnswer {
        match handshake.certificate_sent {
            true => self.say(ConnectionProblem::RefusedByHttp {
                status,
                certificate_sent: true,
                client_certificate: our_state(question, true),
            }),
            false => self.required(None, question),
        }
        ConnectionAnswer::Refused(ConnectionRefusal::Http(status))
    }

    /// Whether a client without the certificate is refused.
    fn refuses_without(&self) -> bool {
        let without = self.observation.without_certificate.as_ref();
        without.is_some_and(answer::is_refused)
    }

    /// Whether a client without the certificate is served.
    fn serves_without(&self) -> bool {
        let without = self.observation.without_certificate.as_ref();
        matches!(without.and_then(status), Some(200..=299))
    }

    /// The status that the server answers with and without the client certificate.
    fn same_without(&self) -> Option<u16> {
        let with = status(self.observation.handshake.as_ref()?)?;
        let without = status(self.observation.without_certificate.as_ref()?)?;
        (without == with).then_some(with)
    }

    /// The server refused us, or a client without a certificate.
    fn refused(
        &mut self,
        alert: Option<Alert>,
        handshake: &Handshake,
        question: &ConnectionQuestion<'_>,
    ) -> ConnectionAnswer {
        match handshake.certificate_sent {
            false => self.required(alert, question),
            true => self.say(ConnectionProblem::CertificateRefused {
                alert,
                client_certificate: our_state(question, true),
                ca_named: ca_named(handshake, question),
            }),
        }
        ConnectionAnswer::Refused(alert.map_or(ConnectionRefusal::Closed, ConnectionRefusal::Alert))
    }

    /// The server's certificate, by the verdict on it.
    fn server(&mut self, handshake: &Handshake, question: &ConnectionQuestion<'_>) {
        let Some(verdict) = question.server else {
            let expected = handshake.ending == Ending::Complete || !handshake.chain.is_empty();
            if expected {
                self.say(ConnectionProblem::ServerNotJudged);
            }
            return;
        };
        if let Some((host, issuer)) = intercepted(question, verdict) {
            self.say(ConnectionProblem::Intercepted { host, issuer });
        }
        self.reasons.extend(verdict.reasons.iter().cloned());
        for finding in &verdict.findings {
            // What a chain is completed with here, a peer does not have.
            match finding.problem {
                Problem::SubCaNotSent { .. } => self.reasons.push(finding.clone()),
                _ => self.findings.push(finding.clone()),
            }
        }
    }

    /// What the server asks of a client certificate.
    fn names(&mut self, handshake: &Handshake, question: &ConnectionQuestion<'_>) {
        if handshake.ending != Ending::Complete && handshake.request.is_none() {
            return;
        }
        let Some(request) = &handshake.request else {
            // One that is asked for late is no part of this handshake: another finding says so.
            if handshake.offer != Offer::Everything && !handshake.requested_late {
                self.say(ConnectionProblem::ClientCertNotRequested);
            }
            return;
        };
        let named: Vec<Name> = request.names().flatten().collect();
        if let (Some(false), Some(ours)) = (ca_named(handshake, question), question.ours) {
            self.say(ConnectionProblem::OurCaNotNamed {
                issuer: ours.certificate.issuer.short(),
                named: named.iter().map(Name::short).collect(),
            });
        }
        if named.is_empty() {
            return;
        }
        let missing = missing_generations(&named, question);
        if !missing.is_empty() {
            self.say(ConnectionProblem::GenerationNotNamed { missing });
        }
    }

    /// What came after the handshake, apart from what it says about the client certificate.
    fn afterwards(
        &mut self,
        handshake: &Handshake,
        answer: &ConnectionAnswer,
        question: &ConnectionQuestion<'_>,
    ) {
        if handshake.renegotiated {
            self.say(ConnectionProblem::Renegotiates);
        }
        match answer {
            ConnectionAnswer::NotProven { closed, status } => {
                let same = self.same_without().is_some();
                // Only success needs the comparison; where there is none, it says why it proves nothing.
                let compared =
                    handshake.certificate_sent && !same && matches!(status, Some(200..=299));
                let without = self.observation.without_certificate.as_ref();
                let problem = ConnectionProblem::AcceptanceUnproven {
                    closed: *closed,
                    status: *status,
                    same,
                    certificate_sent: handshake.certificate_sent,
                    without: compared.then(|| WithoutCertificate::of(without)),
                };
                let finding = self.about(problem);
                self.reasons.push(finding);
            }
            ConnectionAnswer::Accepted(AcceptanceProof::Response) => {
                let ours = question.ours.and_then(|ours| ours.verdict);
                let bad = ours.filter(|verdict| verdict.decision == Decision::NotVerified);
                if let Some(code) = bad.and_then(|verdict| verdict.code) {
                    self.say(ConnectionProblem::AcceptsUnverified { code });
                }
            }
            ConnectionAnswer::Connected
                if handshake.asks_for_certificate() && handshake.offer != Offer::Everything =>
            {
                self.say(ConnectionProblem::ClientCertOptional);
            }
            _ => {}
        }
        match &handshake.after {
            After::NoResponse if question.requested => self.say(ConnectionProblem::NoResponse),
            After::NotHttp { http2, .. } if question.requested || *http2 => {
                self.say(ConnectionProblem::NotHttp { http2: *http2 });
            }
            After::Response(response) => {
                let said = matches!(
                    answer,
                    ConnectionAnswer::Refused(_) | ConnectionAnswer::NotProven { .. }
                );
                if question.requested && !said && response.status >= 300 {
                    let status = response.status;
                    self.say(ConnectionProblem::HttpStatus { status });
                }
                if let Some(seconds) = skew(response, question.at) {
                    self.say(ConnectionProblem::ClockSkew { seconds });
                }
            }
            _ => {}
        }
    }

    fn scan(&mut self) {
        let scan = &self.observation.scan;
        let accepted: Vec<String> = scan
            .iter()
            .filter(|scanned| !scanned.permitted)
            .filter_map(|scanned| {
                let chose = scanned.chose.as_ref()?;
                Some(format!("{} with {chose}", scanned.version))
            })
            .collect();
        let tls12: Vec<&Scanned> = scan
            .iter()
            .filter(|scanned| scanned.permitted && scanned.version == "TLSv1.2")
            .collect();
        let none = !tls12.is_empty()
            && tls12
                .iter()
                .all(|scanned| scanned.chose.is_none() && scanned.certain);
        let takes_13 = scan
            .iter()
            .any(|scanned| scanned.version == "TLSv1.3" && scanned.chose.is_some());
        if none && takes_13 && accepted.is_empty() {
            self.say(ConnectionProblem::Tls12Missing);
        }
        if !accepted.is_empty() {
            self.say(ConnectionProblem::AcceptsForbidden { accepted });
        }
        if let Some((version, certificate)) = self.other_certificate() {
            let finding = self.about(ConnectionProblem::CertificateDiffers {
                version: version.to_owned(),
                subject: certificate.subject.short(),
                serial: certificate.serial.to_string(),
                not_after: certificate.not_after,
            });
            self.reasons.push(finding);
        }
        let unknown = scan.iter().filter(|scanned| !scanned.certain);
        let unknown: Vec<ScannedOffer> = unknown.map(ScannedOffer::of).collect();
        // Where there is no TLS at all, the reason for that says more.
        let is_tls = self
            .observation
            .best()
            .is_some_and(|best| best.version.is_some());
        if is_tls && !unknown.is_empty() {
            let finding = self.about(ConnectionProblem::ScanIncomplete { unknown });
            self.reasons.push(finding);
        }
    }

    /// A certificate that the server sends with a permitted version or suite, and that is not the one judged.
    fn other_certificate(&self) -> Option<(&str, Certificate)> {
        let judged = self.observation.best()?.chain.first()?;
        let permitted = self.observation.scan.iter().filter(|one| one.permitted);
        let mut others = permitted.filter_map(|one| {
            let der = one.certificate.as_ref().filter(|der| *der != judged)?;
            Some((one.version.as_str(), Certificate::read(der).ok()?))
        });
        others.next()
    }

    /// Compares the answer with the one that was expected. What was expected is no fault.
    fn expect(&mut self, expected: Expected, answer: &ConnectionAnswer) {
        if expected.is(answer) {
            if matches!(expected, Expected::Refused(_)) {
                let of_refusal = |finding: &Finding| {
                    matches!(
                        finding.problem,
                        Problem::Connection(
                            ConnectionProblem::CertificateRefused { .. }
                                | ConnectionProblem::RefusedByHttp { .. }
                        )
                    )
                };
                let (wanted, rest) = std::mem::take(&mut self.reasons)
                    .into_iter()
                    .partition(of_refusal);
                self.reasons = rest;
                let wanted: Vec<Finding> = wanted;
                self.findings.splice(0..0, wanted);
            }
            return;
        }
        // An answer that could still be the one expected is left open; without a connection there is none.
        if matches!(
            answer,
            ConnectionAnswer::NotProven { .. } | ConnectionAnswer::NotConnected
        ) {
            return;
        }
        let problem = ConnectionProblem::UnexpectedAnswer {
            expected: expected.to_string(),
            found: answer.to_string(),
        };
        // Why it is not the one expected says more than that it is not.
        let finding = self.about(problem);
        self.reasons.push(finding);
    }
}

/// The status with which a request was answered.
fn status(handshake: &Handshake) -> Option<u16> {
    match &handshake.after {
        After::Response(response) => Some(response.status),
        _ => None,
    }
}

fn not_tls(banner: &Banner, through_proxy: bool) -> ConnectionProblem {
    match banner.http_status {
        // A page in a tunnel is the proxy's: no host begins to talk before the client does.
        Some(_) if through_proxy => ConnectionProblem::CaptivePortal {
            location: banner.location.clone(),
        },
        Some(300..=399 | 511) => ConnectionProblem::CaptivePortal {
            location: banner.location.clone(),
        },
        status => ConnectionProblem::NotTls {
            start: banner.start.clone(),
            http: status.is_some(),
        },
    }
}

/// The version where it is one before TLS 1.2.
fn old_version(handshake: &Handshake) -> Option<String> {
    let version = handshake.version.as_ref()?;
    let old = matches!(version.as_str(), "SSLv3" | "TLSv1" | "TLSv1.1");
    old.then(|| version.clone())
}

/// The suite if NHS rules do not permit it; those of TLS 1.3 are not on the Spine's list and not forbidden by it.
fn forbidden_suite(handshake: &Handshake) -> Option<String> {
    let suite = handshake.suite.as_ref()?;
    let permitted = handshake.is_tls13() || SPINE_SUITES.contains(&suite.as_str());
    (!permitted).then(|| suite.clone())
}

/// What is known about the certificate that was shown.
fn our_state(question: &ConnectionQuestion<'_>, certificate_sent: bool) -> ClientCertificateState {
    let Some(ours) = question.ours.filter(|_| certificate_sent) else {
        return ClientCertificateState::None;
    };
    let certificate = ours.certificate;
    if certificate.not_after < question.at {
        return ClientCertificateState::Expired {
            not_after: certificate.not_after,
        };
    }
    if certificate.not_before > question.at {
        return ClientCertificateState::NotYetValid {
            not_before: certificate.not_before,
        };
    }
    let code = ours.verdict.and_then(|verdict| match verdict.decision {
        Decision::NotVerified => verdict.code,
        _ => None,
    });
    if code == Some(Code::Revoked) {
        return ClientCertificateState::Revoked;
    }
    let sent = |name: &Name| ours.above.iter().any(|above| above.subject.matches(name));
    let is_root = |name: &Name| {
        let path = ours.verdict.map(|verdict| verdict.path.as_slice());
        let mut links = path.unwrap_or_default().iter();
        links.any(|link| link.anchor && link.certificate.subject.matches(name))
    };
    if !is_self_signed(certificate) && !sent(&certificate.issuer) && !is_root(&certificate.issuer) {
        return ClientCertificateState::ChainIncomplete {
            issuer: certificate.issuer.short(),
        };
    }
    match code {
        Some(code) => ClientCertificateState::Bad { code },
        None => ClientCertificateState::Good {
            not_after: certificate.not_after,
            issuer: certificate.issuer.short(),
        },
    }
}

/// Whether the server names a CA of the client certificate; `None` where it names none at all, or there is none.
fn ca_named(handshake: &Handshake, question: &ConnectionQuestion<'_>) -> Option<bool> {
    let ours = question.ours?;
    let named: Vec<Name> = handshake.request.as_ref()?.names().flatten().collect();
    if named.is_empty() {
        return None;
    }
    let path = ours.verdict.map(|verdict| verdict.path.as_slice());
    let above = ours
        .above
        .iter()
        .flat_map(|above| [&above.subject, &above.issuer]);
    let found = path
        .unwrap_or_default()
        .iter()
        .skip(1)
        .map(|link| &link.certificate.subject);
    let mut authorities = std::iter::once(&ours.certificate.issuer)
        .chain(above)
        .chain(found);
    Some(authorities.any(|authority| named.iter().any(|name| name.matches(authority))))
}

/// The generations of the environment's hierarchy of which a server names some, but not all.
fn missing_generations(named: &[Name], question: &ConnectionQuestion<'_>) -> Vec<String> {
    let Some(environment) = question.environment else {
        return Vec::new();
    };
    let mut generations: Vec<(&str, bool)> = Vec::new();
    for authority in &question.facts.authorities {
        let issues = match authority.role {
            AuthorityRole::Root => continue,
            AuthorityRole::SubCa => authority.environments.contains(&environment.id),
        };
        let Some(certificate) = authority.certificate() else {
            continue;
        };
        if !issues || certificate.not_after < question.at || certificate.not_before > question.at {
            continue;
        }
        let is_named = named
            .iter()
            .any(|name| name.matches(&certificate.subject) || name.matches(&certificate.issuer));
        let known = generations
            .iter_mut()
            .find(|(generation, _)| *generation == authority.generation.as_str());
        match known {
            Some((_, found)) => *found |= is_named,
            None => generations.push((&authority.generation, is_named)),
        }
    }
    if !generations.iter().any(|(_, found)| *found) {
        return Vec::new();
    }
    generations
        .into_iter()
        .filter(|(_, found)| !found)
        .map(|(generation, _)| generation.to_owned())
        .collect()
}

/// A certificate for the host that is not from an NHS CA.
fn intercepted(question: &ConnectionQuestion<'_>, verdict: &Verdict) -> Option<(String, String)> {
    let host = question.fqdn?;
    question.environment?;
    let own = question.sent.first()?;
    let foreign = verdict.end != PathEnd::Anchor
        && !is_self_signed(own)
        && !verdict.path.iter().any(|link| link.pinned)
        && !question
            .facts
            .certificates()
            .any(|known| known.subject.matches(&own.issuer));
    let for_host = matches(own, host) != HostMatch::None;
    (foreign && for_host).then(|| (host.to_string(), own.issuer.short()))
}

/// How far this machine's clock is ahead of the server's, if that is worth reporting.
fn skew(response: &HttpResponse, at: Moment) -> Option<i64> {
    let date = response.header("date").and_then(http_date)?;
    let seconds = at.unix().checked_sub(date)?;
    (seconds.abs() >= SKEW).then_some(seconds)
}

/// The seconds of a date as servers write it (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date(text: &str) -> Option<i64> {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = time::PrimitiveDateTime::parse(text.trim(), format).ok()?;
    Some(date.assume_utc().unix_timestamp())
}
