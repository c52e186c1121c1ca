//! Why something could not be fetched.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::proxy::ProxyError;
use crate::input::{Shown, amount};

/// Why no whole body came. Nothing that reached the sink before is of use.
///
/// `Serialize` writes an object of the `kind` and its facts, without what the system or a library said.
#[derive(Debug, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FetchError {
    /// The URL is not one that is asked.
    #[error("cannot fetch {}", url.shown())]
    Url {
        /// The URL, without user name and password.
        url: String,
        /// What is wrong with it.
        #[source]
        #[serde(serialize_with = "in_words")]
        problem: UrlProblem,
    },
    /// The proxy that the variables name cannot be used.
    #[error(transparent)]
    Proxy(
        #[from]
        #[serde(serialize_with = "why")]
        ProxyError,
    ),
    /// The name does not exist.
    #[error(
        "the name {peer} was not found; check its spelling, this machine's DNS, and whether HTTP_PROXY or HTTPS_PROXY must be set"
    )]
    NoSuchHost {
        /// Whose name.
        peer: FetchPeer,
        /// What the system said.
        #[serde(skip)]
        source: Option<io::Error>,
    },
    /// The system was still looking for the name when the time was over.
    #[error("the name {peer} was not resolved within {}; check this machine's DNS", seconds(*after))]
    LookupTimedOut {
        /// Whose name.
        peer: FetchPeer,
        /// The limit.
        #[serde(rename = "after_seconds", serialize_with = "as_seconds")]
        after: Duration,
    },
    /// Nothing listens there.
    #[error("{peer} refused the connection; check the port and that the server is running")]
    Refused {
        /// Who refused.
        peer: FetchPeer,
    },
    /// There is no way there.
    #[error("{peer} cannot be reached; check the route and the firewall")]
    Unreachable {
        /// Who cannot be reached.
        peer: FetchPeer,
        /// What the system said.
        #[serde(skip)]
        source: io::Error,
    },
    /// The connection was not made in time.
    #[error(
        "no connection to {peer} within {}; a firewall may be dropping packets, or a proxy is needed",
        seconds(*after)
    )]
    ConnectTimedOut {
        /// Who did not answer.
        peer: FetchPeer,
        /// The limit.
        #[serde(rename = "after_seconds", serialize_with = "as_seconds")]
        after: Duration,
    },
    /// The connection was made, and what comes before a request was not done in time.
    #[error("{silence} within {}; {}", seconds(*after), silence.remedy())]
    HandshakeTimedOut {
        /// Who was silent, and when.
        silence: Silence,
        /// The limit.
        #[serde(rename = "after_seconds", serialize_with = "as_seconds")]
        after: Duration,
    },
    /// The request was accepted, and nothing came back in time.
    #[error(
        "{peer} accepted the request but did not answer within {}; the server may be overloaded, or a proxy is waiting",
        seconds(*after)
    )]
    NoAnswer {
        /// Who was silent.
        peer: FetchPeer,
        /// The limit.
        #[serde(rename = "after_seconds", serialize_with = "as_seconds")]
        after: Duration,
    },
    /// It took too long altogether.
    #[error(
        "{peer} sent {} of the body but did not finish within {}; try again or allow more time",
        amount(*.received, "byte"),
        seconds(*after)
    )]
    TimedOut {
        /// Who took too long.
        peer: FetchPeer,
        /// The limit.
        #[serde(rename = "after_seconds", serialize_with = "as_seconds")]
        after: Duration,
        /// The bytes of the body received until then.
        received: u64,
    },
    /// The proxy made no tunnel.
    #[error(
        "{proxy} refused a tunnel to {target} ({}); ask its operator to allow this target", reason.shown()
    )]
    Tunnel {
        /// The proxy.
        proxy: FetchPeer,
        /// The server behind it.
        target: FetchPeer,
        /// What it answered.
        reason: String,
    },
    /// The handshake failed, or the server's certificate is not trusted.
    #[error(
        "no TLS connection to {peer}; check that it speaks TLS on this port and that this machine trusts its CA (SSL_CERT_FILE)"
    )]
    Tls {
        /// The peer.
        peer: FetchPeer,
        /// What the TLS library said.
        #[serde(skip)]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server answered something else than 200.
    #[error("{} returned status {status} ({reason}), expected 200{}", url.shown(), remedy(*status))]
    Status {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
        /// Its usual name.
        reason: &'static str,
    },
    /// One redirect too many.
    #[error(
        "more than {limit} redirects, the last from {}; give the CRL's final URL",
        last.shown()
    )]
    Redirects {
        /// The limit.
        limit: u32,
        /// The URL that redirects once more.
        last: String,
    },
    /// A redirect to another scheme than http and https, or from https to http.
    #[error(
        "{} redirects to {}; only http and https are followed, and not from https to http. If that URL is right, give it directly",
        from.shown(), to.shown()
    )]
    RedirectScheme {
        /// Who redirects.
        from: String,
        /// The URL, without user name and password.
        to: String,
    },
    /// A redirect that leads to this machine or its link, from a server that is elsewhere.
    #[error(
        "a redirect leads to {} ({address}), an address of this machine or its local link; such redirects from other hosts are not followed. If that address is right, give it directly",
        to.shown()
    )]
    RedirectInwards {
        /// Where it leads.
        to: String,
        /// The address.
        address: IpAddr,
    },
    /// A redirect that leads nowhere.
    #[error("{} redirects (status {status}) to no usable address: \"{}\"", from.shown(), location.shown())]
    RedirectNowhere {
        /// The status.
        status: u16,
        /// Who redirects.
        from: String,
        /// What it wrote; empty where the header is missing.
        location: String,
    },
    /// More bytes than are read.
    #[error("the answer has {}; the limit is {limit}; allow more if this is right", counted(*announced))]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
        /// What the server announced, where it did.
        #[serde(skip_serializing_if = "Option::is_none")]
        announced: Option<u64>,
    },
    /// The body was cut short.
    #[error(
        "the body ended after {received} of {}; the connection was cut, try again",
        amount(*.announced, "byte")
    )]
    Truncated {
        /// The bytes that came.
        received: u64,
        /// The `Content-Length`.
        announced: u64,
    },
    /// The body continued after its announced end; detected only if the rest came along with the body.
    #[error(
        "the server sent more than the {} that it announced; its Content-Length is wrong",
        amount(*.announced, "byte")
    )]
    Surplus {
        /// The `Content-Length`.
        announced: u64,
    },
    /// A content coding that was not asked for.
    #[error(
        "the body has the encoding \"{}\", which was not requested; the server or a proxy alters the content",
        found.shown()
    )]
    Encoding {
        /// The `Content-Encoding`.
        found: String,
    },
    /// The compressed stream is damaged or ends early.
    #[error("the body was sent compressed and cannot be unpacked; fetch it without compression")]
    Unpacking {
        /// What the decoder said.
        #[serde(skip)]
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection to {peer} broke after {} of the body; try again", amount(*.received, "byte"))]
    Broken {
        /// The peer.
        peer: FetchPeer,
        /// The bytes of the body received until then.
        received: u64,
        /// What the system said.
        #[serde(skip)]
        source: io::Error,
    },
    /// What came is no HTTP.
    #[error("{peer} does not speak HTTP; check the port")]
    NotHttp {
        /// Who answered.
        peer: FetchPeer,
        /// What is wrong with it.
        #[serde(skip)]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The bytes could not be written to where they go.
    #[error("cannot store what was received")]
    Sink {
        /// What the sink said.
        #[serde(skip)]
        source: io::Error,
    },
}

impl FetchError {
    /// The kind and the facts of the case, by their names in JSON.
    pub fn facts(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(facts)) => facts,
            _ => Map::new(),
        }
    }

    /// Whether the next attempt may well succeed without any repair.
    ///
    /// True for time limits, broken connections, and the statuses by which a server says so (429, 502, 503, 504).
    pub fn is_passing(&self) -> bool {
        match self {
            FetchError::LookupTimedOut { .. }
            | FetchError::ConnectTimedOut { .. }
            | FetchError::HandshakeTimedOut { .. }
            | FetchError::TimedOut { .. }
            | FetchError::Truncated { .. }
            | FetchError::Broken { .. } => true,
            FetchError::Status { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            _ => false,
        }
    }
}

fn as_seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn in_words<S: Serializer>(problem: &UrlProblem, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(problem)
}

fn why<S: Serializer>(error: &ProxyError, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([("why", error.to_string())])
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

fn counted(announced: Option<u64>) -> String {
    announced.map_or_else(|| "more bytes".to_owned(), |count| amount(count, "byte"))
}

fn remedy(status: u16) -> &'static str {
    match status {
        404 | 410 => "; check the address",
        407 => "; the proxy needs a user name and password, as in http://name:password@proxy:port",
        401 | 403 => "; the server or a proxy refuses this machine",
        511 => "; this network requires a login in a browser first",
        500.. => "; the server has failed, try again later",
        _ => "",
    }
}

/// What was not done on a connection that had been made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Silence {
    /// The TLS handshake.
    Tls {
        /// The peer, through a proxy's tunnel or not.
        peer: FetchPeer,
    },
    /// The request for a tunnel, or the handshake before it with a proxy that speaks TLS.
    Tunnel {
        /// The proxy.
        proxy: FetchPeer,
        /// Where to.
        target: FetchPeer,
    },
}

impl Silence {
    fn remedy(&self) -> &'static str {
        match self {
            Silence::Tls { .. } => {
                "check that it speaks TLS on this port; a firewall that inspects traffic can also cause this"
            }
            Silence::Tunnel { .. } => {
                "check the proxy's port and scheme, and ask its operator whether it is working"
            }
        }
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Silence::Tls { peer } => {
                write!(
                    f,
                    "connected to {peer}, which did not finish the TLS handshake"
                )
            }
            Silence::Tunnel { proxy, target } => {
                write!(
                    f,
                    "connected to {proxy}, which opened no tunnel to {target}"
                )
            }
        }
    }
}

/// What is wrong with a URL.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct UrlFault(String);

impl UrlFault {
    pub(super) fn of(error: url::ParseError) -> UrlFault {
        UrlFault(error.to_string())
    }
}

/// What is wrong with a URL.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlProblem {
    /// No URL at all.
    #[error("expected a URL such as http://crl.nhs.uk/int/1c/crlc2.crl")]
    Malformed(#[source] UrlFault),
    /// Neither http nor https.
    #[error("its scheme is {}, expected http or https", found.shown())]
    Scheme {
        /// The scheme.
        found: String,
    },
    /// Not https, where TLS is needed.
    #[error("its scheme is http, expected https")]
    NotSecure,
    /// It carries a user name or a password.
    #[error("it carries a user name or a password; these are never sent, and CRLs need none")]
    UserInfo,
    /// Longer than servers take.
    #[error("it has {length} bytes; the limit is {limit}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The limit.
        limit: usize,
    },
}

/// One end of a connection, as a sentence names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FetchPeer {
    /// The host's name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What it is on the way.
    pub role: PeerRole,
}

/// What a [`FetchPeer`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerRole {
    /// The server itself.
    Server,
    /// The proxy before it.
    Proxy,
}

impl fmt::Display for FetchPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.role == PeerRole::Proxy {
            f.write_str("the proxy ")?;
        }
        write!(f, "{}:{}", self.host.shown(), self.port)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_facts_of_an_error_are_its_kind_and_its_fields() {
        let facts = |error: FetchError| Value::Object(error.facts());
        let peer = FetchPeer {
            host: "crl.nhs.uk".to_owned(),
            port: 80,
            role: PeerRole::Proxy,
        };
        let named = json!({ "host": "crl.nhs.uk", "port": 80, "role": "proxy" });
        let cut = FetchError::Broken {
            peer: peer.clone(),
            received: 7,
            source: io::Error::other("what the system said"),
        };
        assert_eq!(
            facts(cut),
            json!({ "kind": "broken", "peer": named.clone(), "received": 7 })
        );
        let silent = FetchError::HandshakeTimedOut {
            silence: Silence::Tls { peer },
            after: Duration::from_secs(30),
        };
        assert_eq!(
            facts(silent),
            json!({
                "kind": "handshake_timed_out",
                "silence": { "step": "tls", "peer": named },
                "after_seconds": 30.0,
            })
        );
        let endless = FetchError::TooLarge {
            limit: 10,
            announced: None,
        };
        assert_eq!(facts(endless), json!({ "kind": "too_large", "limit": 10 }));
        let scheme = FetchError::Url {
            url: "http://crl.nhs.uk/".to_owned(),
            problem: UrlProblem::NotSecure,
        };
        assert_eq!(
            facts(scheme),
            json!({
                "kind": "url",
                "url": "http://crl.nhs.uk/",
                "problem": "its scheme is http, expected https",
            })
        );
    }
}
