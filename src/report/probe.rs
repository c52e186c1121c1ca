//! What `probe` reports: for each endpoint what was observed, what it means, what to do.

use std::borrow::Cow;

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::Found;
use crate::document::{Certificate, Moment, Sha256Digest};
use crate::ops::probe::Probed;
use crate::report::inspection::FindingReport;
use crate::report::layout::{Detail, Page, style};
use crate::report::verification::{LinkReport, RevocationAnswer, VerdictReport};
use crate::verdict::connection::{
    AcceptanceProof, After, ConnectionAnswer, ConnectionRefusal, DialOutcome, Ending, Expected,
    Handshake, LookUpOutcome, Observation, ProxyOutcome, Scanned,
};
use crate::verdict::verify::{Decision, HostMatch};
use crate::verdict::{Code, Severity};
use crate::wording::{Voice, count, found};

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/probe/1";

/// Everything one run of `probe` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ProbeReport<'a> {
    /// `ptl-cert/probe/1`.
    pub schema: &'static str,
    /// The moment for which everything was judged.
    pub at: Moment,
    /// What the servers had to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
    /// The exit status: the worst of all.
    pub exit: u8,
    /// The endpoints, in the order asked for.
    pub endpoints: Vec<EndpointProbe<'a>>,
}

/// One endpoint.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct EndpointProbe<'a> {
    /// The host.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The title of the environment by which it was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<&'a str>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_title: Option<&'a str>,
    /// What the far end did with the client.
    pub answer: &'a ConnectionAnswer,
    /// Whether all is as it has to be.
    pub decision: Decision,
    /// What decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The exit status that this endpoint leads to.
    pub exit: u8,
    /// What was observed, step by step.
    pub observed: Cow<'a, Observation>,
    /// The body of the answer, where it was asked for; may hold patient data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The certificates as sent.
    pub sent: Vec<SentCertificate>,
    /// The verdict on the server's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<VerdictReport<'a>>,
    /// The client certificate that was offered, with the verdict on it where its environment is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientReport<'a>>,
    /// CRLs of the cache that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
    /// What decided against, the deciding reason first.
    pub reasons: Vec<FindingReport>,
    /// What else there is to say.
    pub findings: Vec<FindingReport>,
}

/// One certificate that a server sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct SentCertificate {
    /// Its subject.
    pub subject: String,
    /// The same in short: the common name where there is one.
    pub name: String,
    /// Its issuer.
    pub issuer: String,
    /// The first second of its validity.
    pub not_before: Moment,
    /// The last second of its validity.
    pub not_after: Moment,
    /// How it was signed.
    pub signature: String,
    /// Its SHA-256.
    pub sha256: Sha256Digest,
}

impl SentCertificate {
    /// Of a certificate.
    pub fn new(certificate: &Certificate) -> SentCertificate {
        SentCertificate {
            subject: certificate.subject.to_string(),
            name: certificate.subject.short(),
            issuer: certificate.issuer.to_string(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            signature: certificate.signature.name.to_string(),
            sha256: certificate.sha256,
        }
    }
}

/// The client certificate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ClientReport<'a> {
    /// Its subject.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// The last second of its validity.
    pub not_after: Moment,
    /// How many certificates were sent with it, itself included.
    pub length: usize,
    /// The verdict on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<VerdictReport<'a>>,
}

impl<'a> ProbeReport<'a> {
    /// Reports what was probed.
    pub fn new(probed: &'a [Probed], at: Moment) -> ProbeReport<'a> {
        ProbeReport::in_voice(probed, at, None, None, Voice::Neutral)
    }

    /// Reports what was probed, the remedies in this voice; a finding of the severity `fail_on`, or a graver one, makes the
    /// exit status of a good answer 1.
    pub fn in_voice(
        probed: &'a [Probed],
        at: Moment,
        expected: Option<Expected>,
        fail_on: Option<Severity>,
        voice: Voice,
    ) -> ProbeReport<'a> {
        let endpoints: Vec<EndpointProbe<'a>> = probed
            .iter()
            .map(|probed| EndpointProbe::new(probed, fail_on, voice))
            .collect();
        // Undecided is worse than bad, as in every command.
        let exit = endpoints.iter().map(|one| one.exit).max().unwrap_or(3);
        ProbeReport {
            schema: SCHEMA,
            at,
            expected,
            exit,
            endpoints,
        }
    }

    /// The same without the bodies of answers, and without the headers that may hold more than facts about the server:
    /// what may be kept and handed on.
    pub fn without_content(mut self) -> ProbeReport<'a> {
        for endpoint in &mut self.endpoints {
            endpoint.without_content();
        }
        self
    }
}

/// The headers of an answer that are written into files: those about the connection and the server. Others may hold
/// session cookies, or name the person the answer is about.
const HEADERS_KEPT: [&str; 8] = [
    "connection",
    "content-length",
    "content-type",
    "date",
    "server",
    "strict-transport-security",
    "via",
    "www-authenticate",
];

impl<'a> EndpointProbe<'a> {
    /// Takes out what may be about patients: the body, and the headers that may name them.
    fn without_content(&mut self) {
        self.body = None;
        let observed = self.observed.to_mut();
        for handshake in observed
            .handshake
            .iter_mut()
            .chain(&mut observed.permissive)
            .chain(&mut observed.without_certificate)
        {
            if let After::NotHttp { start, .. } = &mut handshake.after {
                start.clear();
            }
            if let After::Response(response) = &mut handshake.after {
                response.body.clear();
                response
                    .headers
                    .retain(|(name, _)| HEADERS_KEPT.contains(&name.to_ascii_lowercase().as_str()));
            }
        }
    }

    pub(in crate::report) fn new(
        probed: &'a Probed,
        fail_on: Option<Severity>,
        voice: Voice,
    ) -> EndpointProbe<'a> {
        let judgement = &probed.judgement;
        let decisive = |finding| FindingReport::decisive(finding, voice);
        let findings = FindingReport::all(&judgement.findings, voice);
        let counts =
            |finding: &FindingReport| fail_on.is_some_and(|least| finding.severity >= least);
        let exit = match judgement.decision {
            Decision::Verified => u8::from(findings.iter().any(counts)),
            Decision::NotVerified => 1,
            Decision::NotDecided => 3,
        };
        let server = probed.server.as_ref().zip(probed.certificates.first());
        EndpointProbe {
            host: &probed.observation.host,
            port: probed.observation.port,
            environment: probed.environment.as_ref().map(|(id, _)| id.as_str()),
            environment_title: probed.environment.as_ref().map(|(_, title)| title.as_str()),
            answer: &judgement.answer,
            decision: judgement.decision,
            code: judgement.code,
            exit,
            observed: Cow::Borrowed(&probed.observation),
            body: body(probed),
            sent: probed
                .certificates
                .iter()
                .map(|certificate| SentCertificate::new(certificate))
                .collect(),
            server: server.map(|(verdict, certificate)| {
                VerdictReport::in_voice(certificate, &probed.origin, verdict, None, voice)
            }),
            client: probed.client.as_ref().and_then(|client| {
                let given = client.chain.first()?;
                let certificate = &given.certificate;
                Some(ClientReport {
                    subject: certificate.subject.short(),
                    issuer: certificate.issuer.short(),
                    not_after: certificate.not_after,
                    length: client.chain.len(),
                    verdict: client.verdict.as_ref().map(|verdict| {
                        VerdictReport::in_voice(certificate, &given.origin, verdict, None, voice)
                    }),
                })
            }),
            unread: probed
                .unread
                .iter()
                .map(|unread| unread.message())
                .collect(),
            reasons: judgement.reasons.iter().map(decisive).collect(),
            findings,
        }
    }

    /// The verdict in one or two words.
    pub fn headline(&self) -> &'static str {
        let refused = matches!(self.answer, ConnectionAnswer::Refused(_));
        match (self.decision, self.answer) {
            (Decision::NotDecided, _) => "NOT DECIDED",
            (Decision::Verified, ConnectionAnswer::Accepted(AcceptanceProof::Response)) => {
                "ACCEPTED"
            }
            (Decision::Verified, ConnectionAnswer::Accepted(AcceptanceProof::Handshake)) => {
                "HANDSHAKE COMPLETE"
            }
            (Decision::Verified, _) if refused && self.client.is_none() => "CERTIFICATE REQUIRED",
            (Decision::Verified, _) if refused => "REFUSED AS EXPECTED",
            (Decision::Verified, _) => "CONNECTED",
            (Decision::NotVerified, ConnectionAnswer::NotConnected) => "NOT CONNECTED",
            (Decision::NotVerified, _) if refused && self.client.is_some() => "REFUSED",
            (Decision::NotVerified, _) => "NOT AS REQUIRED",
        }
    }
}

impl ProbeReport<'_> {
    /// The text, for a terminal of this many columns, with ANSI colours.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        whole(self, detail, width)
    }
}

fn whole(report: &ProbeReport<'_>, detail: Detail, width: usize) -> String {
    let mut page = Page::new(width);
    for (number, endpoint) in report.endpoints.iter().enumerate() {
        if number > 0 && detail != Detail::Brief {
            page.gap();
        }
        one(&mut page, endpoint, report.at, detail);
    }
    page.into_text()
}

pub(in crate::report) fn one(
    page: &mut Page,
    endpoint: &EndpointProbe<'_>,
    at: Moment,
    detail: Detail,
) {
    let (sign, style) = match endpoint.decision {
        Decision::Verified => ("✓", Style::new().bold()),
        Decision::NotVerified => ("✗", style(Severity::Error)),
        Decision::NotDecided => ("?", style(Severity::Warning)),
    };
    let code = endpoint
        .code
        .map(|code| format!("  {code}"))
        .unwrap_or_default();
    let word = endpoint.headline();
    page.line(&format!(
        "{sign} {}:{}  {style}{word}{style:#}{code}  exit {}",
        endpoint.host, endpoint.port, endpoint.exit
    ));
    if detail == Detail::Brief {
        return;
    }
    let verbose = detail == Detail::Full;
    for (label, text) in lines(endpoint, at, verbose) {
        page.labelled(label, &text);
    }
    if let Some(body) = &endpoint.body {
        page.gap();
        for line in body.lines() {
            page.line(&format!("  | {}", printable_line(line)));
        }
    }
    let named = format!("{}:{}", endpoint.host, endpoint.port);
    let mut first = true;
    let shown = |finding: &&FindingReport| verbose || finding.severity > Severity::Note;
    let findings = endpoint.findings.iter().filter(shown);
    for finding in endpoint.reasons.iter().chain(findings) {
        if std::mem::take(&mut first) {
            page.gap();
        }
        let own = endpoint
            .sent
            .first()
            .is_some_and(|own| own.subject.contains(&finding.subject));
        let subject = match finding.subject == named || own {
            true => String::new(),
            false => format!("{}: ", finding.subject),
        };
        finding.render_about(page, &subject);
    }
    for unread in &endpoint.unread {
        page.paragraph("  ", 2, unread);
    }
}

/// What is shown of an endpoint, as labels and texts: the same in text and HTML.
pub(in crate::report) fn lines(
    endpoint: &EndpointProbe<'_>,
    at: Moment,
    verbose: bool,
) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let observed = &endpoint.observed;
    let looked_up = match &observed.look_up.outcome {
        LookUpOutcome::Found(addresses) => Some(format!(
            "{} in {} ms",
            addresses.join(", "),
            observed.look_up.took_ms
        )),
        LookUpOutcome::NotFound(_) => Some("the name does not resolve".to_owned()),
        LookUpOutcome::TimedOut => Some(format!("no answer in {} ms", observed.look_up.took_ms)),
        _ => None,
    };
    lines.extend(looked_up.map(|text| ("DNS", text)));
    if let Some(step) = &observed.proxy {
        let what = match &step.outcome {
            ProxyOutcome::Tunnel => "tunnel opened".to_owned(),
            ProxyOutcome::Answered { status, .. } => format!("status {status}"),
            ProxyOutcome::NotReached(_) => "not reached".to_owned(),
            ProxyOutcome::NoAnswer => "no usable answer".to_owned(),
            ProxyOutcome::NotSupported => "not supported".to_owned(),
        };
        lines.push((
            "proxy",
            format!("{}: {what} in {} ms", step.address, step.took_ms),
        ));
    }
    for (number, dialled) in observed.addresses.iter().enumerate() {
        let what = match dialled.outcome {
            DialOutcome::Open => "open",
            DialOutcome::Refused => "refused",
            DialOutcome::Filtered => "no answer",
            DialOutcome::Unreachable(_) => "unreachable",
        };
        let label = if number == 0 { "TCP" } else { "" };
        lines.push((
            label,
            format!("{} {what} in {} ms", dialled.address, dialled.took_ms),
        ));
    }
    if let Some(handshake) = observed.best() {
        lines.push(("TLS", tls(handshake)));
    }
    if let Some(server) = &endpoint.server {
        lines.push(("server", chain(&server.chain)));
        lines.push(("", verdict(server, endpoint.environment_title, at)));
        lines.extend(
            revocation(server, verbose)
                .into_iter()
                .map(|text| ("revocation", text)),
        );
    }
    if let Some(handshake) = observed.best()
        && (handshake.ending == Ending::Complete || handshake.request.is_some())
    {
        lines.push(("client", client(handshake, endpoint, verbose)));
        let without = endpoint.observed.without_certificate.as_ref();
        lines.push(("answer", answer(handshake, without, endpoint.answer)));
    }
    lines.extend(scan(&observed.scan));
    lines
}

/// What a scan found, in four lines: what is permitted and accepted, permitted and not, forbidden and accepted, and
/// what could not be determined.
fn scan(scan: &[Scanned]) -> Vec<(&'static str, String)> {
    let some = |wanted: &dyn Fn(&Scanned) -> bool| {
        let name = |scanned: &Scanned| match (&scanned.suite, &scanned.chose) {
            (Some(suite), _) if scanned.permitted => suite.clone(),
            (Some(_), Some(chose)) => format!("{} {chose}", scanned.version),
            (Some(_), None) => "other suites".to_owned(),
            (None, _) => scanned.version.clone(),
        };
        let names: Vec<String> = scan.iter().filter(|one| wanted(one)).map(name).collect();
        names.join(", ")
    };
    let taken = |one: &Scanned| one.chose.is_some();
    let lines = [
        ("accepts", some(&|one| one.permitted && taken(one))),
        (
            "",
            format!(
                "not {}",
                some(&|one| one.permitted && !taken(one) && one.certain)
            ),
        ),
        (
            "forbidden",
            format!("accepts {}", some(&|one| !one.permitted && taken(one))),
        ),
        (
            "",
            format!(
                "does not accept {}",
                some(&|one| !one.permitted && !taken(one) && one.certain)
            ),
        ),
        ("not known", some(&|one| !taken(one) && !one.certain)),
    ];
    let lines = lines.into_iter();
    lines
        .filter(|(_, text)| !matches!(text.as_str(), "" | "not " | "accepts " | "does not accept "))
        .map(
            |(label, text)| match (label, text.starts_with("does not")) {
                ("", true) => ("forbidden", text),
                (label, _) => (label, text),
            },
        )
        .collect()
}

fn tls(handshake: &Handshake) -> String {
    let version = handshake.version.as_deref().unwrap_or("no version agreed");
    let suite = match &handshake.suite {
        Some(suite) => format!(", {suite}"),
        None => String::new(),
    };
    let ending = match &handshake.ending {
        Ending::Complete => "handshake complete",
        Ending::Alert(_) => "aborted by an alert",
        Ending::Closed => "closed by the server",
        Ending::Reset => "reset",
        Ending::Silent => "no answer",
        Ending::Stalled => "not completed in time",
        Ending::NotTls(_) => "not TLS",
        Ending::TooLarge => "message too large",
        Ending::Malformed(_) => "not acceptable",
    };
    format!("{version}{suite}, {ending} in {} ms", handshake.took_ms)
}

/// The chain on one line: `a.nhs.uk ─ NHS INT Level 1C (sent) ─ NHS PTL Root Authority (built in, trusted)`.
pub(in crate::report) fn chain(links: &[LinkReport<'_>]) -> String {
    let link = |(number, link): (usize, &LinkReport<'_>)| {
        let mut notes = Vec::new();
        if number > 0 {
            notes.push(match link.found {
                Found::Input => "sent",
                other => found(other),
            });
        }
        if link.anchor {
            notes.push("trusted");
        }
        match notes.as_slice() {
            [] => link.name.clone(),
            notes => format!("{} ({})", link.name, notes.join(", ")),
        }
    };
    let names: Vec<String> = links.iter().enumerate().map(link).collect();
    names.join(" ─ ")
}

fn verdict(server: &VerdictReport<'_>, environment: Option<&str>, at: Moment) -> String {
    let wanted = environment
        .map(|title| format!(" for {title}"))
        .unwrap_or_default();
    let decision = match server.decision {
        Decision::Verified => format!("verified{wanted}"),
        Decision::NotVerified => format!("not verified{wanted}"),
        Decision::NotDecided => format!("not decided{wanted}"),
    };
    let name = match server.host {
        Some(HostMatch::AlternativeName) => "; the name matches",
        Some(HostMatch::CommonName) => "; the name matches by CN only",
        Some(HostMatch::None) => "; the name does not match",
        None => "",
    };
    let expires = server.chain.first().map(|link| match link.not_after < at {
        true => format!("; expired {}", link.not_after.date()),
        false => format!(
            "; expires {}, {} left",
            link.not_after.date(),
            count(link.not_after.days_since(at), "day")
        ),
    });
    format!("{decision}{name}{}", expires.unwrap_or_default())
}

fn revocation(server: &VerdictReport<'_>, verbose: bool) -> Vec<String> {
    let all = &server.revocation;
    let good = |answer: RevocationAnswer| {
        matches!(
            answer,
            RevocationAnswer::NotRevoked | RevocationAnswer::NotApplicable
        )
    };
    if all.is_empty() {
        return vec!["not checked".to_owned()];
    }
    if !verbose && all.iter().all(|one| good(one.answer)) {
        let names: Vec<&str> = all
            .iter()
            .filter(|one| one.answer == RevocationAnswer::NotRevoked)
            .map(|one| one.name.as_str())
            .collect();
        return match names.is_empty() {
            true => Vec::new(),
            false => vec![format!("not revoked: {}", names.join(", "))],
        };
    }
    all.iter()
        .map(|one| format!("{}: {}", one.name, one.message))
        .collect()
}

fn client(handshake: &Handshake, endpoint: &EndpointProbe<'_>, verbose: bool) -> String {
    if !handshake.asks_for_certificate() {
        return "no client certificate requested".to_owned();
    }
    let request = handshake.request.iter();
    let names: Vec<String> = request
        .flat_map(|request| request.names())
        .map(|name| name.map_or_else(|| "(unreadable name)".to_owned(), |name| name.short()))
        .collect();
    let list = match names.len() {
        // Its list of CAs is encrypted.
        0 if handshake.request.is_none() => "after the handshake".to_owned(),
        0 => "of any CA".to_owned(),
        1..=4 => format!("of {}", names.join(", ")),
        _ if verbose => format!("of {}", names.join(", ")),
        more => format!(
            "of {}",
            count(i64::try_from(more).unwrap_or(i64::MAX), "CA")
        ),
    };
    let asks = format!("requests a certificate {list}");
    match (&endpoint.client, handshake.certificate_sent) {
        (Some(client), true) => {
            let sub = match client.length {
                0 | 1 => "alone".to_owned(),
                length => format!(
                    "with {}",
                    count(i64::try_from(length - 1).unwrap_or(1), "CA certificate")
                ),
            };
            let named = endpoint.reasons.iter().chain(&endpoint.findings);
            let unnamed = named
                .into_iter()
                .any(|finding| finding.code == Code::OurCaNotNamed);
            let named = match (unnamed, names.is_empty()) {
                (true, _) => "; its issuer is not among them",
                (false, true) => "",
                (false, false) => "; its issuer is among them",
            };
            let verdict = match client
                .verdict
                .as_ref()
                .map(|verdict| (verdict.decision, verdict.code))
            {
                Some((Decision::Verified, _)) => ", verified".to_owned(),
                Some((_, Some(code))) => format!(", not verified: {code}"),
                _ => String::new(),
            };
            format!(
                "{asks}; sent {} of {} {sub}{verdict}{named}",
                client.subject, client.issuer
            )
        }
        _ => asks,
    }
}

/// What the far end did, with what proves it: what a client without the certificate gets instead.
fn answer(handshake: &Handshake, without: Option<&Handshake>, answer: &ConnectionAnswer) -> String {
    let after = match &handshake.after {
        After::Response(response) => format!(
            "; HTTP status {} in {} ms",
            response.status, response.took_ms
        ),
        After::NoResponse => "; no HTTP response in time".to_owned(),
        After::NotHttp { http2: true, .. } => "; unrequested HTTP/2".to_owned(),
        After::NotHttp { .. } => "; not an HTTP response".to_owned(),
        _ => String::new(),
    };
    let how = match answer {
        ConnectionAnswer::Refused(ConnectionRefusal::Http(_)) => {
            "refused in HTTP after the handshake".to_owned()
        }
        answer => answer.to_string(),
    };
    let instead = match (answer, without) {
        (
            ConnectionAnswer::Accepted(AcceptanceProof::Response)
            | ConnectionAnswer::Refused(ConnectionRefusal::Http(_)),
            Some(without),
        ) => {
            format!("; without the certificate {}", instead(without))
        }
        _ => String::new(),
    };
    format!("{how}{after}{instead}")
}

fn instead(without: &Handshake) -> String {
    match (&without.ending, &without.after) {
        (Ending::Alert(alert), _) | (_, After::Alert(alert)) => format!("refused with {alert}"),
        (_, After::Response(response)) => format!("HTTP status {}", response.status),
        _ => "no answer".to_owned(),
    }
}

/// The body of the response, as much of it as was asked for.
fn body(probed: &Probed) -> Option<String> {
    let After::Response(response) = &probed.observation.best()?.after else {
        return None;
    };
    let end = (0..=probed.body.min(response.body.len()))
        .rev()
        .find(|end| response.body.is_char_boundary(*end))?;
    let body = response.body.get(..end).filter(|body| !body.is_empty());
    body.map(str::to_owned)
}

/// A line of a body without what would move the cursor.
fn printable_line(line: &str) -> String {
    line.chars()
        .map(|one| match one.is_control() && one != '\t' {
            true => '·',
            false => one,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::probe::HttpQuestion;
    use crate::ops::probe::tests::{TLS13, at, bench, insisting, over, probed, reply, with_client};
    use crate::verdict::connection::{AcceptanceProof, ConnectionAnswer};

    #[test]
    fn the_body_of_an_answer_is_in_no_report_that_did_not_ask_for_it() {
        const PATIENT: &str = "HTTP/1.1 200 OK\r\nSet-Cookie: session=9434765919\r\nContent-Length: 10\r\n\r\n9434765919";
        let mut options = with_client(over(insisting(TLS13, &[]), reply(PATIENT)));
        for body in [0, 1000] {
            options.ask = HttpQuestion::Request {
                path: "/Patient/9434765919".to_owned(),
                headers: Vec::new(),
                body,
            };
            let all = [probed(&options)];
            assert_eq!(
                all[0].judgement.answer,
                ConnectionAnswer::Accepted(AcceptanceProof::Response)
            );
            let report = ProbeReport::new(&all, at());
            let shown = report.endpoints[0].body.is_some();
            assert_eq!(shown, body > 0);
            let report = report.without_content();
            let page =
                crate::report::evidence::EvidenceReport::of_probe(&report, "", &bench().facts);
            for text in [
                serde_json::to_string(&report).unwrap(),
                page.html().unwrap(),
                page.markdown(),
                page.junit(),
                report.render(Detail::Full, 80),
            ] {
                assert!(!text.contains("9434765919"), "{text}");
            }
        }
    }
}
