//! The proxy's other side: asking a provider.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::proxy::refused;
use super::said;
use crate::document::Moment;
use crate::fqdn::Fqdn;
use crate::lab::host::{Admission, ClientAuth, Refusal};
use crate::wire::host::{Question, Reply};
use crate::wire::tls::{Call, CallLimits, End, Identity, Outcome, Response, Seen, call};

/// What a request through the SSP must carry (NHS: GP Connect through the SSP).
const SSP_HEADERS: [&str; 4] = ["Ssp-TraceID", "Ssp-From", "Ssp-To", "Ssp-InteractionID"];

/// Headers that concern one connection only (RFC 9110, 7.6.1), and those that each side writes itself.
const NOT_PASSED_ON: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "host",
    "user-agent",
];

/// One request that is passed on.
pub(super) struct Forward<'f> {
    pub(super) url: &'f str,
    pub(super) question: &'f Question,
    pub(super) identity: &'f Identity,
    pub(super) provider: Option<SocketAddr>,
    pub(super) client_auth: &'f ClientAuth,
    pub(super) at: Moment,
}

/// The headers that the request lacks, as a CRL.
pub(super) fn missing(question: &Question) -> Option<String> {
    let missing: Vec<&str> = SSP_HEADERS
        .into_iter()
        .filter(|name| {
            question
                .header(name)
                .is_none_or(|value| value.trim().is_empty())
        })
        .collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

/// Why there is nothing to pass on.
pub(super) enum Failure {
    /// The provider could not be asked, or did not answer.
    Unanswered(String),
    /// Its certificate is not good.
    Refused(Refusal),
}

impl Failure {
    pub(super) fn reason(&self) -> String {
        match self {
            Failure::Unanswered(reason) => reason.clone(),
            Failure::Refused(refusal) => format!("{}: {}", refusal.code, refusal.message),
        }
    }

    pub(super) fn reply(&self) -> Reply {
        match self {
            Failure::Unanswered(reason) => said(502, reason),
            Failure::Refused(refusal) => refused(502, refusal),
        }
    }
}

/// Asks the provider.
pub(super) fn forward(asked: &Forward<'_>) -> Result<Reply, Failure> {
    let failed = Failure::Unanswered;
    let url = Url::parse(asked.url)
        .map_err(|error| failed(format!("the provider's URL is not valid: {error}")))?;
    let at = match (asked.provider, url.host()) {
        (Some(provider), _) => Some(provider),
        (None, Some(host)) if is_here(&host) => None,
        _ => {
            return Err(failed(format!(
                "this proxy connects only to providers on this machine; it has no address for {}",
                url.host_str().unwrap_or_default()
            )));
        }
    };
    let headers: Vec<(&str, &str)> = asked
        .question
        .headers
        .iter()
        .filter(|(name, _)| is_passed_on(name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let seen = call(&Call {
        url: url.as_str(),
        at,
        headers: &headers,
        identity: Some(asked.identity),
        limits: CallLimits::default(),
    })
    .map_err(|error| failed(format!("the provider cannot be reached: {error}")))?;
    judge(asked, &url, &seen)?;
    match seen.outcome {
        Outcome::Answered(Response {
            end: End::Broken(error),
            ..
        }) => Err(failed(format!(
            "the provider's response was cut off: {error}"
        ))),
        Outcome::Answered(Response {
            end: End::Limit, ..
        }) => Err(failed(
            "the provider's response exceeds this proxy's limit".to_owned(),
        )),
        Outcome::Answered(response) => Ok(passed_on(response)),
        Outcome::Refused(alert) => Err(failed(format!(
            "the provider refused the proxy's certificate: {alert}; does it trust the CAs of both generations?"
        ))),
        Outcome::NoHandshake(reason) => {
            Err(failed(format!("no TLS 1.2 with the provider: {reason}")))
        }
        Outcome::Failed(error) => Err(failed(format!("the provider did not answer: {error}"))),
    }
}

/// Judges the provider's certificate, where the handshake went as far as showing it.
fn judge(asked: &Forward<'_>, url: &Url, seen: &Seen) -> Result<(), Failure> {
    if seen.chain.is_empty() {
        return Ok(());
    }
    // An address has no name to compare, and neither has `localhost`.
    let host = match url.host() {
        Some(Host::Domain(name)) if name != "localhost" => Fqdn::parse(name).ok(),
        _ => None,
    };
    match asked
        .client_auth
        .server(&seen.chain, host.as_ref(), asked.at)
    {
        Admission::Admitted { .. } => Ok(()),
        Admission::Refused(refusal) => Err(Failure::Refused(refusal)),
    }
}

fn passed_on(response: Response) -> Reply {
    let mut reply = Reply {
        status: response.status,
        ..Reply::new(200)
    };
    for (name, value) in response.headers {
        if is_passed_on(&name) {
            reply = reply.with(name, value);
        }
    }
    Reply {
        body: crate::wire::host::Body::Bytes(response.body.into()),
        ..reply
    }
}

fn is_passed_on(name: &str) -> bool {
    !NOT_PASSED_ON
        .iter()
        .any(|other| other.eq_ignore_ascii_case(name))
}

fn is_here(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}
