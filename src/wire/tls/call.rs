//! The client's side: one GET, and everything that was seen on the way.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use ureq::Agent;
use ureq::config::Config;
use ureq::unversioned::transport::Connector;

use super::transport::{Find, Halt, Known, Secure};
use super::{Identity, configure};
use crate::document::Certificate;
use crate::verdict::connection::{Alert, CertificateRequest};
use crate::wire::deadline::Deadline;
use crate::wire::fetch::address;
use crate::wire::fetch::transport::{HEAD_LIMIT, Route, broken};
use crate::wire::fetch::{FetchError, Limits, Proxy, USER_AGENT, UrlProblem};

/// One call to an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// What is asked for: `https://host:port/path`. The host is the name that is sent to the server.
    pub url: &'c str,
    /// Where to connect to, instead of looking the host up.
    pub at: Option<SocketAddr>,
    /// Headers besides `Host` and `User-Agent`. One that is no header makes the call fail.
    pub headers: &'c [(&'c str, &'c str)],
    /// What to show when the server asks for a certificate; `None` shows none.
    pub identity: Option<&'c Identity>,
    /// How long, how much.
    pub limits: CallLimits,
}

/// The limits of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// From the look-up to the last byte.
    pub total: Duration,
    /// For finding the host, and again for connecting to it.
    pub connect: Duration,
    /// The bytes of the body that are kept; what goes beyond is not read.
    pub body: usize,
}

impl Default for CallLimits {
    /// Ten seconds, five to connect, 1 MiB.
    fn default() -> CallLimits {
        CallLimits {
            total: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            body: 1024 * 1024,
        }
    }
}

/// What was seen of a server that could be connected to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Seen {
    /// The peer we were connected to.
    pub remote: Option<SocketAddr>,
    /// The certificates that it sent, as DER, its own first; nothing about them has been checked. Known even when the
    /// handshake failed later.
    pub chain: Vec<Vec<u8>>,
    /// Whether it asked for a certificate, and whose it takes.
    pub request: Option<CertificateRequest>,
    /// The protocol after the handshake, as OpenSSL names it: `TLSv1.2`.
    pub protocol: Option<String>,
    /// The cipher suite after the handshake, by OpenSSL's name.
    pub cipher: Option<String>,
    /// How it went on.
    pub outcome: Outcome,
}

impl Seen {
    /// The certificates that the server sent, read; `None` for one that cannot be read.
    pub fn certificates(&self) -> impl Iterator<Item = Option<Certificate>> {
        self.chain.iter().map(|der| Certificate::read(der).ok())
    }
}

/// The outcome of a call.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// With an answer, whatever its status.
    Answered(Response),
    /// The server hung up with this alert: in most cases it does not take our certificate, or wants one.
    Refused(Alert),
    /// No handshake: what the TLS library said.
    NoHandshake(String),
    /// Too slow, cut off, or no HTTP.
    Failed(FetchError),
}

/// An answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status. Redirects are not followed.
    pub status: u16,
    /// The headers; values that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// The body, up to the limit.
    pub body: Vec<u8>,
    /// Whether that is all of it.
    pub end: End,
}

/// How a body finished.
#[derive(Debug)]
#[non_exhaustive]
pub enum End {
    /// It is whole.
    Whole,
    /// There is more than is kept.
    Limit,
    /// It broke off.
    Broken(FetchError),
}

/// Calls, and reports what was seen. No proxy is used, no redirect followed, no certificate refused.
///
/// # Errors
/// When there was nothing to see: the URL is not `https` or carries a password, its host is not found or cannot be
/// connected to, or the TLS library does not take our identity.
pub fn call(call: &Call<'_>) -> Result<Seen, FetchError> {
    crate::decode::crypto::ready();
    let deadline = Deadline::start(call.limits.total);
    let url = address::read(call.url)?;
    if url.scheme() != "https" {
        return Err(FetchError::Url {
            url: url.to_string(),
            problem: UrlProblem::NotSecure,
        });
    }
    let direct = Proxy::none();
    let route = Route::of(&url, &direct)?;
    let limits = Limits {
        total: call.limits.total,
        connect: call.limits.connect,
        answer: call.limits.total,
        bytes: call.limits.body as u64,
        redirects: 0,
    };
    let known = Arc::new(Mutex::new(Known::default()));
    let secure = Secure {
        connector: connector(call.identity).map_err(|source| FetchError::Tls {
            peer: route.first().clone(),
            source: Box::new(source),
        })?,
        deadline,
        connect: call.limits.connect,
        known: Arc::clone(&known),
    };
    let config = Config::builder()
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(USER_AGENT)
        .accept("")
        .accept_encoding("")
        .max_response_header_size(HEAD_LIMIT)
        .max_idle_connections(0)
        .timeout_global(Some(call.limits.total))
        .timeout_resolve(Some(call.limits.connect))
        .build();
    let agent = Agent::with_parts(config, ().chain(secure), Find(call.at));
    let mut request = agent.get(url.as_str());
    for (name, value) in call.headers {
        request = request.header(*name, *value);
    }
    let outcome = match request.call() {
        Ok(response) => Outcome::Answered(read(response, &route, &limits)),
        Err(ureq::Error::Other(other)) => match other.downcast::<Halt>() {
            Ok(halt) => match *halt {
                Halt::Alert(alert) => Outcome::Refused(alert),
                Halt::Handshake(reason) => Outcome::NoHandshake(reason),
            },
            Err(other) => {
                Outcome::Failed(broken(ureq::Error::Other(other), &route, &limits, 0, None))
            }
        },
        Err(error) => Outcome::Failed(broken(error, &route, &limits, 0, None)),
    };
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let known = std::mem::take(&mut *known);
    match outcome {
        Outcome::Failed(error) if known.remote.is_none() => Err(error),
        outcome => Ok(Seen {
            remote: known.remote,
            chain: known.handshake.chain,
            request: known.handshake.request,
            protocol: known.protocol,
            cipher: known.cipher,
            outcome,
        }),
    }
}

fn connector(identity: Option<&Identity>) -> Result<SslConnector, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    configure(&mut builder, SslVerifyMode::PEER)?;
    if let Some(identity) = identity {
        identity.install(&mut builder)?;
    }
    Ok(builder.build())
}

fn read(
    response: ureq::http::Response<ureq::Body>,
    route: &Route<'_>,
    limits: &Limits,
) -> Response {
    let (parts, body) = response.into_parts();
    let announced = body.content_length();
    let mut reader = body.into_reader();
    let mut body = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let end = loop {
        match reader.read(&mut buffer) {
            Ok(0) => break End::Whole,
            Ok(count) => {
                let room = (limits.bytes as usize).saturating_sub(body.len());
                body.extend(buffer.iter().take(count.min(room)));
                if count > room {
                    break End::Limit;
                }
            }
            Err(error) => {
                let received = body.len() as u64;
                break End::Broken(broken(error.into(), route, limits, received, announced));
            }
        }
    };
    let headers = parts.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    Response {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        body,
        end,
    }
}
