//! What findings about connections say.

use super::Voice;
use super::phrase::{count, listed};
use crate::document::printable;
use crate::verdict::connection::{
    Alert, ClientCertificateState, ConnectionProblem, ProxyOutcome, ScannedOffer,
    WithoutCertificate,
};

/// The message and the remedy.
pub(super) fn say(problem: &ConnectionProblem, voice: Voice) -> (String, String) {
    use ConnectionProblem as P;
    match problem {
        P::DnsNotFound { host, reason } => (
            format!("{} does not resolve: {}", printable(host), printable(reason)),
            "check the spelling; HSCN names resolve only with HSCN's DNS servers. Ask the DNS team to add or forward the zone".to_owned(),
        ),
        P::DnsTimedOut { host } => (
            format!("the DNS resolver did not answer for {} in time", printable(host)),
            "check the resolver that this machine uses, and that the firewall lets DNS (port 53) through to it".to_owned(),
        ),
        P::TcpRefused { addresses } => (
            format!("{} refused the connection", all(addresses)),
            "nothing listens on that port, or a firewall rejects it: check the port, then ask the firewall team about this source and destination".to_owned(),
        ),
        P::TcpFiltered { addresses, unreachable } => (
            match unreachable {
                Some(said) => format!("{} cannot be reached: {}", all(addresses), printable(said)),
                None => format!("no answer from {}: a firewall drops the connection, or the host is down", all(addresses)),
            },
            "ask the firewall team to allow this source to that address and port; the NHS's own side may also admit only registered addresses".to_owned(),
        ),
        P::TcpPartly { addresses } => (
            format!("{} cannot be reached; another of the host's addresses can", all(addresses)),
            "allow every address of the name in the firewall: clients may use any of them".to_owned(),
        ),
        P::ProxyFailed { proxy, outcome } => (
            match outcome {
                ProxyOutcome::Answered { status, .. } => format!("the proxy {proxy} answered CONNECT with status {status}"),
                ProxyOutcome::NotReached(why) => format!("the proxy {proxy} cannot be reached: {}", printable(why)),
                ProxyOutcome::NotSupported => format!("{proxy} is a kind of proxy that probe does not support"),
                ProxyOutcome::Tunnel | ProxyOutcome::NoAnswer => format!("the proxy {proxy} gave no usable answer to CONNECT"),
            },
            match outcome {
                ProxyOutcome::Answered { status: 407, .. } => "the proxy requires a user name and password: put them in the proxy's URL".to_owned(),
                _ => "check the proxy's address, ask its operator to allow CONNECT to this host and port, or connect without a proxy".to_owned(),
            },
        ),
        P::NotTls { start, http } => (
            match http {
                true => format!("the port speaks plain HTTP, not TLS ({})", printable(start)),
                false => format!("the port's answer is not TLS ({})", printable(start)),
            },
            "check the port number; Spine endpoints speak TLS on 443, and SDS (LDAP) on 636".to_owned(),
        ),
        P::CaptivePortal { location } => (
            match location {
                Some(location) => format!("a login page answered instead of the host; it redirects to {}", printable(location)),
                None => "a login page answered instead of the host".to_owned(),
            },
            "log in to the network or its proxy first, or have this machine exempted".to_owned(),
        ),
        P::TlsSilent { bytes } => (
            match bytes {
                0 => "the server accepted the connection and then sent nothing".to_owned(),
                bytes => format!("the server stopped in the middle of the handshake, after {}", octets(*bytes)),
            },
            "a load balancer without a working backend, or a firewall that inspects TLS, behaves like this: ask the server's operator and the firewall team".to_owned(),
        ),
        P::TlsCut { reset, bytes } => (
            format!(
                "the connection was {} during the handshake, after {}",
                if *reset { "reset" } else { "closed" },
                octets(*bytes)
            ),
            "a firewall that blocks by host name, or a server that does not know this name, behaves like this: ask the firewall team and the server's operator".to_owned(),
        ),
        P::HandshakeRefused { alert } => refused_handshake(*alert),
        P::HandshakeBroken { reason } => (
            format!("the server's handshake was rejected: {}", printable(reason)),
            "give this message to the server's operator".to_owned(),
        ),
        P::TlsVersion { version } => (
            format!("the server accepts only {version}, which NHS rules forbid"),
            "enable TLS 1.2 on the server".to_owned(),
        ),
        P::Tls12Missing => (
            "the server does not accept TLS 1.2, which Spine systems use".to_owned(),
            "enable TLS 1.2 with the Spine's suites as well as TLS 1.3".to_owned(),
        ),
        P::SuiteForbidden { suite } => (
            format!("the server chose {}, which is not on the Spine list: it prefers that suite, or supports none on the list", printable(suite)),
            voice
                .pick("configure the suites of the Spine list: ptl-cert explain suite-forbidden", "configure the suites of the Spine list"),
        ),
        P::AcceptsForbidden { accepted } => (
            format!("the server also accepts {}", listed(accepted, "forbidden versions or suites")),
            "disable them on the server; Spine systems do not need them".to_owned(),
        ),
        P::ScanIncomplete { unknown } => (
            format!("the scan did not show whether the server accepts {}", listed(&offers(unknown), "other versions or suites")),
            "scan it again later: the server or a firewall may limit the number of connections".to_owned(),
        ),
        P::CertificateDiffers { version, subject, serial, not_after } => (
            format!(
                "with {version} the server sends another certificate, which was not judged: {}, serial {serial}, expires {}",
                printable(subject),
                not_after.date()
            ),
            voice.pick("probe the host again with --tls 1.2", "probe the host again with TLS 1.2 only"),
        ),
        P::AcceptsUnverified { code } => (
            format!("the server accepts a client certificate that is not verified for the environment ({code})"),
            voice.pick(
                "check which clients the server admits: ptl-cert doctor FILE",
                "check which clients the server admits",
            ),
        ),
        P::Intercepted { host, issuer } => (
            format!("the certificate for {} was issued by {}, not by an NHS CA: something on the way decrypts TLS", printable(host), printable(issuer)),
            "ask the firewall team to exempt this host from TLS inspection; mutual TLS cannot work through it".to_owned(),
        ),
        P::ServerNotJudged => (
            "the server sent no readable certificate".to_owned(),
            "ask the server's operator which certificate it is configured with".to_owned(),
        ),
        P::ClientCertNotRequested => (
            "the server did not ask for a client certificate, so this is not mutual TLS".to_owned(),
            "check that this is the mutual TLS host and port; IIS may ask only once a request is sent".to_owned(),
        ),
        P::ClientCertOptional => (
            "the server asks for a client certificate and completed the handshake without one".to_owned(),
            "send a request to see whether it refuses in HTTP, as nginx does".to_owned(),
        ),
        P::OurCaNotNamed { issuer, named } => (
            format!("the server asks for certificates of {}; yours is from {}", listed(named, "other CAs"), printable(issuer)),
            "clients that choose by this list (Go, browsers, Windows) send no certificate: ask the server's operator to add your CA, or use a certificate of the generation that it names".to_owned(),
        ),
        P::GenerationNotNamed { missing } => (
            format!("the CA names in the server's request leave out {}", listed(missing, "a generation")),
            "during a generation change name the CAs of both generations, or clients of the missing one send no certificate".to_owned(),
        ),
        P::CertificateRequired { alert } => (
            match alert {
                Some(alert) => format!("the server refuses clients without a certificate ({alert}), as mutual TLS should"),
                None => "the server refuses clients without a certificate, as mutual TLS should".to_owned(),
            },
            "give your certificate and key to see whether it accepts them".to_owned(),
        ),
        P::CertificateRefused { alert, client_certificate, ca_named } => certificate_refused(*alert, client_certificate, *ca_named, voice),
        P::RefusedByHttp { status, certificate_sent, client_certificate } => (
            match certificate_sent {
                true => format!("the handshake was completed, and the request refused with status {status}"),
                false => format!("the handshake was completed without a certificate, and the request refused with status {status}"),
            },
            match (certificate_sent, client_certificate) {
                (false, _) => "give your certificate and key to see whether it accepts them".to_owned(),
                (true, ClientCertificateState::Good { not_after, issuer }) => format!(
                    "your certificate is valid until {not_after}: ask the server's operator whether it has the CA certificates and the current CRLs of {}, and whether this system is registered", printable(issuer)
                ),
                (true, ours) => own_fault(ours, voice),
            },
        ),
        P::AcceptanceUnproven { status: Some(status), same: true, .. } => (
            format!("the server answers with status {status} without a client certificate too, so the answer does not say whether it accepts yours"),
            "request a path that needs the client certificate; if there is none, this is not mutual TLS".to_owned(),
        ),
        P::AcceptanceUnproven { status: Some(status), without: Some(without), .. } => unrefused(*status, *without),
        P::AcceptanceUnproven { closed, status, certificate_sent, .. } => unproven(*closed, *status, *certificate_sent),
        P::NoResponse => (
            "the server did not answer the HTTP request in time".to_owned(),
            "the connection and the certificates are not the cause: ask the server's operator about the application behind it".to_owned(),
        ),
        P::NotHttp { http2 } => (
            match http2 {
                true => "the server answered with HTTP/2; Spine systems speak HTTP/1.1".to_owned(),
                false => "the server's answer is not HTTP".to_owned(),
            },
            match http2 {
                true => "enable HTTP/1.1 on the server".to_owned(),
                false => "check the host and port".to_owned(),
            },
        ),
        P::HttpStatus { status } => (
            format!("the server answered with status {status}"),
            match status {
                300..=399 => "redirects are not followed: probe the address in the Location header",
                400..=499 => "check the path and the Ssp headers; the TLS connection itself is good",
                _ => "ask the server's operator; the TLS connection itself is good",
            }
            .to_owned(),
        ),
        P::Renegotiates => (
            "the server renegotiated after the handshake, as IIS and Apache do to ask for a client certificate late".to_owned(),
            "request the client certificate in the first handshake: on IIS with clientcertnegotiation=enable (netsh http), on Apache with SSLVerifyClient outside a Location; TLS 1.3 has no renegotiation".to_owned(),
        ),
        P::ClockSkew { seconds } => (
            format!(
                "this machine's clock is {} {} the server's",
                count(seconds.abs(), "second"),
                if *seconds > 0 { "ahead of" } else { "behind" }
            ),
            "synchronise the clock (NTP): certificates and CRLs are judged by it".to_owned(),
        ),
        P::UnexpectedAnswer { expected, found } => (
            format!("expected {expected}, found {found}"),
            match (expected.contains("refused"), found.contains("refused")) {
                (true, false) => "the server admits a client that it should refuse: make it require client certificates, and check which CAs and names it admits",
                (true, true) => "the server refuses the client for another reason than the expected one: its error log has that",
                (false, _) => "the server's error log has the reason why it does not accept the client",
            }
            .to_owned(),
        ),
    }
}

/// The versions and suites of a scan by name.
fn offers(offers: &[ScannedOffer]) -> Vec<String> {
    let name = |offer: &ScannedOffer| match &offer.suite {
        None => offer.version.clone(),
        Some(suite) => suite.clone(),
    };
    offers.iter().map(name).collect()
}

/// Why success proves nothing: a client without the certificate was not refused.
fn unrefused(status: u16, without: WithoutCertificate) -> (String, String) {
    let instead = match without {
        WithoutCertificate::Status(status) => format!("got status {status}"),
        WithoutCertificate::Alert(alert) => format!("got the alert {alert}"),
        WithoutCertificate::NoAnswer => "got no answer".to_owned(),
    };
    (
        format!(
            "the server answers with status {status}, but the same request without a client certificate {instead}, which does not show that the server requires one"
        ),
        "try again: the server may be busy, or limit the number of connections".to_owned(),
    )
}

/// Why it is unknown whether the certificate was accepted.
fn unproven(closed: bool, status: Option<u16>, certificate_sent: bool) -> (String, String) {
    let Some(status) = status else {
        return (
            match closed {
                true if !certificate_sent => "the server ended the connection, and no client certificate was sent: that does not show whether it accepts yours".to_owned(),
                true => "the server closed the connection after the handshake without saying that it refuses the client certificate".to_owned(),
                false => "the server neither accepted nor refused the client certificate in time: a completed handshake does not prove acceptance".to_owned(),
            },
            "request a path that answers with 200: only its answer proves acceptance".to_owned(),
        );
    };
    if status == 403 && !certificate_sent {
        return (
            "the server answered a client without a certificate with status 403, which does not show that it requires one: the path may be forbidden to every client".to_owned(),
            "require the client certificate in the handshake (ssl_verify_client on in nginx), or request a path that is served to clients with a certificate".to_owned(),
        );
    }
    let remedy = match status {
        300..=399 => {
            "servers redirect refused clients too: request a path that answers with 200, and see where the Location header leads"
        }
        400 => {
            "nginx answers 400 when it refuses a certificate, and any server does to a request it does not understand, such as one without the Ssp headers at the Spine Secure Proxy: send a request that gets status 200"
        }
        401 => {
            "the server wants other credentials, or refuses the certificate this way: request a path that needs none"
        }
        403 => {
            "the server may forbid the path to every client, or to the name in your certificate: request a path that answers with 200; at the Spine Secure Proxy check the Ssp headers and the endpoint's registration"
        }
        421 => {
            "the server has different TLS settings for this host name from those for the name sent in the handshake: give the name that it serves"
        }
        500..=599 => "the server or its backend failed: ask its operator, then try again",
        _ => "request a path that answers with 200, or ask the server's operator for its log",
    };
    (
        format!(
            "the handshake was completed, and the server then answered with status {status}, which does not say whether it accepts the client"
        ),
        remedy.to_owned(),
    )
}

fn octets(bytes: u64) -> String {
    count(i64::try_from(bytes).unwrap_or(i64::MAX), "byte")
}

/// At most four of them, and how many more there are.
fn all(addresses: &[String]) -> String {
    const NAMED: usize = 4;
    let named: Vec<&str> = addresses.iter().take(NAMED).map(String::as_str).collect();
    match addresses.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn refused_handshake(alert: Alert) -> (String, String) {
    let remedy = match alert.code {
        40 | 71 => {
            "server and client have no cipher suite in common, or the server rejects another part of the handshake: scan it to see what it accepts"
        }
        70 => "the server accepts none of the TLS versions offered: scan it to see what it accepts",
        112 => {
            "the server does not know the name that was sent (SNI): check the name, and the server's configuration for it"
        }
        120 => {
            "the server wants a protocol by ALPN that was not offered, such as HTTP/2 only: enable HTTP/1.1"
        }
        80 => "the server failed internally: its operator finds the reason in its log",
        _ => "give the alert's name to the server's operator, whose log has the reason",
    };
    (
        format!("the server refused the handshake with the alert {alert}"),
        remedy.to_owned(),
    )
}

fn certificate_refused(
    alert: Option<Alert>,
    ours: &ClientCertificateState,
    ca_named: Option<bool>,
    voice: Voice,
) -> (String, String) {
    let Some(alert) = alert else {
        let message =
            "the server closed the connection after receiving your certificate, without an alert";
        return (
            message.to_owned(),
            with_state(
                ours,
                voice,
                "its log has the reason: ask the server's operator",
            ),
        );
    };
    let message = format!("the server refused your certificate with the alert {alert}");
    let remedy = match (alert.code, ours) {
        (_, ClientCertificateState::None) => "give your certificate and key to see whether it accepts them".to_owned(),
        (45, ClientCertificateState::Expired { .. } | ClientCertificateState::NotYetValid { .. }) => own_fault(ours, voice),
        (45, ClientCertificateState::Good { not_after, issuer }) => format!(
            "your certificate is valid until {not_after}: their CRL of {} has probably expired, or their clock is wrong. Ask the server's operator to refresh that CRL", printable(issuer)
        ),
        (44, ClientCertificateState::Good { issuer, .. }) => format!(
            "the CRLs available here do not revoke your certificate: update the CRL of {}, then verify again", printable(issuer)
        ),
        (44, ClientCertificateState::Revoked) => own_fault(ours, voice),
        (48, ClientCertificateState::ChainIncomplete { .. }) => own_fault(ours, voice),
        (48, ours) => {
            let issuer = match ours {
                ClientCertificateState::Good { issuer, .. } => printable(issuer).to_string(),
                _ => "your certificate".to_owned(),
            };
            let named = match ca_named {
                Some(false) => "; it does not name that CA in its request either",
                Some(true) => "; it names that CA in its request, so a CRL is more likely to be missing: HAProxy sends this alert for a missing CRL too",
                None => "",
            };
            format!("the server does not know the CA of {issuer}, or lacks a CRL of its chain{named}. Ask its operator to install the CAs and CRLs of your generation")
        }
        (41 | 116, _) => "no certificate reached the server: check that you gave the right certificate and key, and that the server asks for their type".to_owned(),
        (49, ClientCertificateState::Good { .. }) => "the server knows the certificate but does not admit it: ask whether this name is registered".to_owned(),
        (42 | 43 | 46, ClientCertificateState::Good { not_after, issuer }) => format!(
            "your certificate is valid until {not_after}: the server may lack the CA or a current CRL of {} (Apache and Java send certificate_unknown for an expired CRL), or require another usage or name", printable(issuer)
        ),
        (51, _) => "the server could not check the signature made with your key: check that key and certificate belong together".to_owned(),
        (_, ours) => with_state(ours, voice, "the server's log has the reason: ask its operator"),
    };
    (message, remedy)
}

fn with_state(ours: &ClientCertificateState, voice: Voice, otherwise: &str) -> String {
    match ours {
        ClientCertificateState::Good { not_after, .. } => {
            format!("your certificate is valid until {not_after}; {otherwise}")
        }
        ClientCertificateState::None => otherwise.to_owned(),
        ours => own_fault(ours, voice),
    }
}

/// What to do where the certificate shown is at fault.
fn own_fault(ours: &ClientCertificateState, voice: Voice) -> String {
    match ours {
        ClientCertificateState::Expired { not_after } => {
            format!("your certificate expired on {not_after}: request a new one")
        }
        ClientCertificateState::NotYetValid { not_before } => {
            format!("your certificate is not valid until {not_before}: check the clock, or wait")
        }
        ClientCertificateState::Revoked => {
            "your certificate has been revoked: request a new one".to_owned()
        }
        ClientCertificateState::ChainIncomplete { issuer } => format!(
            "your file lacks the certificate of {}: append it after your own; servers need it to build the chain",
            printable(issuer)
        ),
        ClientCertificateState::Bad { code } => voice.pick(
            format!(
                "your certificate has a fault of its own ({code}): check it with ptl-cert verify"
            ),
            format!("your certificate has a fault of its own ({code}): check it"),
        ),
        ClientCertificateState::Good { .. } | ClientCertificateState::None => {
            "ask the server's operator, whose log has the reason".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_not_expected_has_a_remedy_of_its_own() {
        let remedy = |expected: &str, found: &str| {
            let problem = ConnectionProblem::UnexpectedAnswer {
                expected: expected.to_owned(),
                found: found.to_owned(),
            };
            say(&problem, Voice::Neutral).1
        };
        assert!(remedy("refused", "accepted").starts_with("the server admits a client"));
        assert!(remedy("refused with 116", "refused with status 403").contains("another reason"));
        assert!(remedy("accepted", "refused with status 403").contains("does not accept"));
    }
}
