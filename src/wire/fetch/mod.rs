//! Downloads: one GET, with limits on time, size and redirects, whose answer goes to a sink.
//!
//! `http` and `https` only. A server's certificate is checked against the roots of the system: on Windows and macOS
//! those of the system's own library; elsewhere those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name or that are in
//! the usual places (Debian: `/etc/ssl/certs`), and that holds as well for a binary with OpenSSL built in, because
//! the places are looked for when the program runs.
//!
//! What an answer is worth is not decided here. A CRL is signed, so that neither the server nor the way need be
//! trusted; a page of a proxy instead of a CRL is recorded ([`Received::html`]), and the caller says so.

pub(super) mod address;
mod body;
pub(super) mod connect;
mod error;
mod proxy;
pub(super) mod transport;

#[cfg(test)]
mod tests;

use std::io::{Read, Write};
use std::time::Duration;

use ureq::http::{HeaderMap, StatusCode, header};
use url::Url;

use self::body::Unpacker;
use self::transport::Route;
use super::deadline::Deadline;

pub use self::body::Html;
pub use self::error::{FetchError, FetchPeer, PeerRole, Silence, UrlFault, UrlProblem};
pub use self::proxy::{Proxy, ProxyError};

/// What the product calls itself; all that it tells a server besides the question.
pub(crate) const USER_AGENT: &str = concat!("ptl-cert/", env!("CARGO_PKG_VERSION"));

/// What is to be fetched, under which limits.
#[derive(Clone, Debug)]
pub struct FetchRequest<'r> {
    /// Where: `http` or `https`, without user name or password.
    pub url: &'r str,
    /// The entity tag of what is available; with it [`FetchAnswer::NotModified`] is possible (RFC 9110, 13.1.2).
    pub etag: Option<&'r str>,
    /// The `Last-Modified` of what is available, as the server wrote it (RFC 9110, 13.1.3).
    pub last_modified: Option<&'r str>,
    /// How long, how much, how far.
    pub limits: Limits,
    /// Through which proxies.
    pub proxy: Proxy,
    /// Whether the server may compress.
    pub encoding: ContentEncoding,
    /// Which roots a server's certificate may end at.
    pub roots: Roots,
}

impl<'r> FetchRequest<'r> {
    /// An unconditional request with the default limits, without a proxy and without compression.
    pub fn new(url: &'r str) -> FetchRequest<'r> {
        FetchRequest {
            url,
            etag: None,
            last_modified: None,
            limits: Limits::default(),
            proxy: Proxy::none(),
            encoding: ContentEncoding::Identity,
            roots: Roots::System,
        }
    }
}

/// The host and the port that a URL of a CRL names; `None` for what is no `http` or `https` URL.
pub fn host_of(url: &str) -> Option<(String, u16)> {
    let url = url::Url::parse(url).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url
        .host_str()?
        .trim_start_matches('[')
        .trim_end_matches(']');
    Some((host.to_owned(), url.port_or_known_default()?))
}

/// The limits of one fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first look-up to the last byte, redirects included. A server that drips reaches it as well as one
    /// that is silent.
    pub total: Duration,
    /// For finding one host, and again for connecting to it with its TLS handshake.
    pub connect: Duration,
    /// From the request, sent whole, to the whole head of the answer. A server that takes a connection and then says
    /// nothing is given up then, and not only when a whole download would have had to be done.
    pub answer: Duration,
    /// The most bytes read, as sent and also after unpacking. One more is an error, never an end.
    pub bytes: u64,
    /// The most redirects followed.
    pub redirects: u32,
}

impl Default for Limits {
    /// A minute, ten seconds to connect and ten to begin to answer, [`SIZE_LIMIT`](crate::input::SIZE_LIMIT) bytes, five redirects.
    fn default() -> Limits {
        Limits {
            total: Duration::from_secs(60),
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(10),
            bytes: crate::input::SIZE_LIMIT,
            redirects: 5,
        }
    }
}

/// Which content codings the server may use (RFC 9110, 8.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentEncoding {
    /// None: the bytes as they are.
    #[default]
    Identity,
    /// gzip; it is unpacked here.
    Gzip,
}

/// The roots that a server's certificate may end at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// Those of the system.
    #[default]
    System,
    /// These alone, as DER.
    Only(Vec<Vec<u8>>),
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchAnswer {
    /// What is available is still current (304); only after a condition was sent.
    NotModified,
    /// The whole body went to the sink.
    Received(Received),
}

/// What is known of a body that was received whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// Its length in bytes, unpacked.
    pub bytes: u64,
    /// The `ETag`, as written.
    pub etag: Option<String>,
    /// The `Last-Modified`, as written.
    pub last_modified: Option<String>,
    /// The `Content-Type`, as written.
    pub content_type: Option<String>,
    /// Where it came from in the end, after redirects.
    pub final_url: String,
    /// Whether it is or claims to be an HTML page.
    pub html: Html,
}

/// Fetches, and writes the body to `sink` as it arrives.
///
/// The bytes that the sink has got are worth something only when `Ok` is returned. Redirects (301, 302, 303, 307,
/// 308) are followed to `http` and `https`, but not from `https` to `http`: nothing secret would be lost, because
/// nothing secret is sent, but a request for `https` means that no one on the way may read or alter the answer, and
/// a server must not undo that. The `http` address can be requested explicitly. Nor are they followed to this
/// machine or its link (loopback, link-local and unspecified addresses), unless the first address was one: services there
/// trust any caller. Where a proxy looks up names, only addresses are recognised.
///
/// The request carries a `User-Agent`, the host and the conditions, and nothing else: no cookies, no credentials.
///
/// # Errors
/// When no whole body came and the server did not answer 304 to a condition; [`FetchError`] says why.
pub fn fetch(request: &FetchRequest<'_>, sink: &mut dyn Write) -> Result<FetchAnswer, FetchError> {
    let deadline = Deadline::start(request.limits.total);
    let mut url = address::read(request.url)?;
    let mut followed = 0;
    let mut began_inwards = false;
    loop {
        let route = Route::of(&url, &request.proxy)?;
        let route = match followed > 0 && !began_inwards {
            true => route.outwards(),
            false => route,
        };
        let response = transport::ask(request, &url, &route, &deadline)?;
        if followed == 0 {
            began_inwards = route.led_inwards();
        }
        let (parts, body) = response.into_parts();
        match parts.status.as_u16() {
            200 => {
                let received = receive(request, &route, &parts.headers, body, sink)?;
                return Ok(FetchAnswer::Received(Received {
                    bytes: received.bytes,
                    etag: text(&parts.headers, header::ETAG),
                    last_modified: text(&parts.headers, header::LAST_MODIFIED),
                    content_type: text(&parts.headers, header::CONTENT_TYPE),
                    final_url: url.to_string(),
                    html: received.html,
                }));
            }
            304 if transport::is_conditional(request) => return Ok(FetchAnswer::NotModified),
            301 | 302 | 303 | 307 | 308 => {
                if followed == request.limits.redirects {
                    return Err(FetchError::Redirects {
                        limit: request.limits.redirects,
                        last: url.to_string(),
                    });
                }
                followed += 1;
                let location = parts.headers.get(header::LOCATION);
                url = address::follow(&url, location, parts.status)?;
            }
            _ => return Err(status(&url, parts.status)),
        }
    }
}

fn status(url: &Url, status: StatusCode) -> FetchError {
    FetchError::Status {
        url: url.to_string(),
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or("no known reason"),
    }
}

/// A header's value, where it is readable text.
fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

struct Body {
    bytes: u64,
    html: Html,
}

fn receive(
    request: &FetchRequest<'_>,
    route: &Route<'_>,
    headers: &HeaderMap,
    body: ureq::Body,
    sink: &mut dyn Write,
) -> Result<Body, FetchError> {
    let limit = request.limits.bytes;
    // Of an announced length of 0 `ureq` says that there is no body, and no longer that its length is known.
    let nothing = text(headers, header::CONTENT_LENGTH).is_some_and(|length| length == "0");
    let announced = body.content_length().or(nothing.then_some(0));
    if announced.is_some_and(|announced| announced > limit) {
        return Err(FetchError::TooLarge { limit, announced });
    }
    let content_type = text(headers, header::CONTENT_TYPE);
    let encoding = text(headers, header::CONTENT_ENCODING);
    let mut unpacker = Unpacker::new(encoding.as_deref(), request.encoding, limit, sink)?;
    let mut reader = body.into_reader();
    let mut buffer = vec![0; 64 * 1024];
    let mut transferred: u64 = 0;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => {
                return Err(transport::broken(
                    error.into(),
                    route,
                    &request.limits,
                    transferred,
                    announced,
                ));
            }
        };
        transferred += count as u64;
        if transferred > limit {
            return Err(FetchError::TooLarge { limit, announced });
        }
        unpacker.take(buffer.get(..count).unwrap_or_default())?;
    }
    if let Some(announced) = announced
        && route.has_surplus()
    {
        return Err(FetchError::Surplus { announced });
    }
    let bytes = unpacker.finish()?;
    Ok(Body {
        bytes: bytes.count,
        html: Html::of(content_type.as_deref(), &bytes.beginning),
    })
}
