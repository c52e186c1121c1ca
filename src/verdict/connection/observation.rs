//! What was observed of a connection, step by step: facts to judge, recorded by [`crate::wire::probe`].

use schemars::JsonSchema;
use serde::Serialize;

use super::Alert;
use crate::document::Name;

/// Everything that was observed on the route to a host and from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Observation {
    /// The host as it was asked for: a name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How its addresses were found.
    pub look_up: LookUp,
    /// What the HTTP proxy did, where one was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyStep>,
    /// Every address that was tried; none where a proxy connects.
    pub addresses: Vec<Dialled>,
    /// The TLS connection that offers what a Spine client offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshake: Option<Handshake>,
    /// A second one that offers everything, made where the first found no version or suite in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissive: Option<Handshake>,
    /// A third one, with the same request and without the client certificate, made where the first was answered in a way
    /// that would prove acceptance: an answer that every client gets proves nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_certificate: Option<Handshake>,
    /// Which versions and suites the server accepts, each tried by a connection of its own; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scan: Vec<Scanned>,
    /// How long all of it took.
    pub took_ms: u64,
}

impl Observation {
    /// Nothing observed so far.
    pub fn new(host: &str, port: u16) -> Observation {
        Observation {
            host: host.to_owned(),
            port,
            look_up: LookUp {
                outcome: LookUpOutcome::Address,
                took_ms: 0,
            },
            proxy: None,
            addresses: Vec::new(),
            handshake: None,
            permissive: None,
            without_certificate: None,
            scan: Vec::new(),
            took_ms: 0,
        }
    }

    /// The TLS connection that shows most: the permissive one if only that was completed.
    pub fn best(&self) -> Option<&Handshake> {
        let complete = |handshake: &&Handshake| handshake.ending == Ending::Complete;
        let all = self.handshake.iter().chain(&self.permissive);
        all.clone()
            .find(complete)
            .or_else(|| all.clone().find(|handshake| !handshake.chain.is_empty()))
            .or_else(|| all.clone().next())
    }
}

/// How the addresses of a host were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct LookUp {
    /// The result.
    pub outcome: LookUpOutcome,
    /// How long it took.
    pub took_ms: u64,
}

/// The result of a look-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LookUpOutcome {
    /// The host was given as an address.
    Address,
    /// The address to connect to was given with the name.
    Given,
    /// The proxy looks the name up.
    ByProxy,
    /// These addresses, in the resolver's order.
    Found(Vec<String>),
    /// The resolver does not know the name, or failed; in its words.
    NotFound(String),
    /// The resolver did not answer in time.
    TimedOut,
}

/// What an HTTP proxy did with a CONNECT request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ProxyStep {
    /// The proxy, without its password.
    pub address: String,
    /// The result.
    pub outcome: ProxyOutcome,
    /// How long it took.
    pub took_ms: u64,
}

/// The result of a CONNECT request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProxyOutcome {
    /// It made a tunnel.
    Tunnel,
    /// It answered with this status, and to where it redirects.
    Answered {
        /// The status.
        status: u16,
        /// The `Location` header.
        location: Option<String>,
    },
    /// It cannot be reached; why.
    NotReached(String),
    /// It did not answer in time, or not as an HTTP proxy does.
    NoAnswer,
    /// It is of a kind that is not supported.
    NotSupported,
}

/// One address that was connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Dialled {
    /// The address with its port.
    pub address: String,
    /// The result.
    pub outcome: DialOutcome,
    /// How long it took.
    pub took_ms: u64,
}

/// The result of a TCP connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DialOutcome {
    /// It was accepted.
    Open,
    /// It was refused at once: nothing listens there, or a firewall rejects.
    Refused,
    /// No answer: a firewall drops, or the host is down.
    Filtered,
    /// The network said that there is no route; in its words.
    Unreachable(String),
}

/// What a client offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Offer {
    /// TLS 1.2 with the suites of the Spine list, and TLS 1.3.
    #[default]
    Spine,
    /// TLS 1.2 alone, with the suites of the Spine list.
    Tls12,
    /// TLS 1.3 alone.
    Tls13,
    /// TLS 1.0 to 1.3 with every suite.
    Everything,
}

/// A TLS connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Handshake {
    /// To which address, or through which proxy.
    pub address: String,
    /// What was offered.
    pub offer: Offer,
    /// The name that was sent (SNI).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// The version that the server chose, such as `TLSv1.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The suite that it chose, by OpenSSL's name where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// The certificates as sent, as DER, the server's own first; nothing about them has been checked.
    #[serde(skip)]
    pub chain: Vec<Vec<u8>>,
    /// Whether the server asked for a client certificate, and from which CAs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<CertificateRequest>,
    /// Whether the server asked for a client certificate later, in a renegotiation (TLS 1.2; Apache for a location, IIS).
    pub requested_late: bool,
    /// Whether a client certificate was sent, then or in the handshake.
    pub certificate_sent: bool,
    /// How the handshake finished for the client.
    pub ending: Ending,
    /// What came after it.
    pub after: After,
    /// How many session tickets came: in TLS 1.3 a server sends them once it has read the client's last message.
    pub tickets: usize,
    /// Whether there were handshake messages after the first handshake (TLS 1.2 renegotiation).
    pub renegotiated: bool,
    /// How many bytes were received.
    pub bytes: u64,
    /// How long it took, without what came after.
    pub took_ms: u64,
}

impl Handshake {
    /// Nothing observed so far.
    pub fn new(address: &str, offer: Offer) -> Handshake {
        Handshake {
            address: address.to_owned(),
            offer,
            server_name: None,
            version: None,
            suite: None,
            chain: Vec::new(),
            request: None,
            requested_late: false,
            certificate_sent: false,
            ending: Ending::Silent,
            after: After::NotWaited,
            tickets: 0,
            renegotiated: false,
            bytes: 0,
            took_ms: 0,
        }
    }

    /// Whether the server asked for a client certificate, in the handshake or later.
    pub fn asks_for_certificate(&self) -> bool {
        self.request.is_some() || self.requested_late
    }

    /// Whether the version is TLS 1.3.
    pub fn is_tls13(&self) -> bool {
        self.version.as_deref() == Some("TLSv1.3")
    }
}

/// A server's request for a certificate (RFC 5246 section 7.4.4, RFC 8446 section 4.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct CertificateRequest {
    /// The names of the CAs that it contains, as DER; empty for any.
    #[serde(serialize_with = "names")]
    #[schemars(with = "Vec<String>")]
    pub authorities: Vec<Vec<u8>>,
}

fn names<S: serde::Serializer>(authorities: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
    let name = |der: &Vec<u8>| match Name::read(der) {
        Ok(name) => name.to_string(),
        Err(_) => "(unreadable name)".to_owned(),
    };
    serializer.collect_seq(authorities.iter().map(name))
}

impl CertificateRequest {
    /// The names, read; `None` for one that is none.
    pub fn names(&self) -> impl Iterator<Item = Option<Name>> {
        self.authorities.iter().map(|der| Name::read(der).ok())
    }
}

/// How a handshake finished, as the client saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// It was completed. In TLS 1.3 the server may still refuse the client's certificate afterwards.
    Complete,
    /// The server aborted it with an alert.
    Alert(Alert),
    /// The server closed the connection.
    Closed,
    /// The connection was reset.
    Reset,
    /// Nothing came in time.
    Silent,
    /// Something came, but not enough in time.
    Stalled,
    /// Something came that is not TLS.
    NotTls(Banner),
    /// A message was larger than any that a server needs.
    TooLarge,
    /// The messages do not follow the protocol; in the TLS library's words.
    Malformed(String),
}

/// What a server sent that does not speak TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Banner {
    /// The first line, as far as it is text, shortened.
    pub start: String,
    /// The status, where it is an HTTP response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// To where that redirects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// What came after the handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum After {
    /// It was not waited for.
    NotWaited,
    /// Nothing within the limit: neither data nor an alert nor the end.
    Silent,
    /// The server closed the connection, with or without close_notify.
    Closed {
        /// Whether with one.
        notified: bool,
    },
    /// The connection was reset.
    Reset,
    /// The server closed the connection with an alert.
    Alert(Alert),
    /// It sent data unasked.
    Data,
    /// It answered the request.
    Response(HttpResponse),
    /// It did not answer the request, or not whole, in time.
    NoResponse,
    /// It answered with something that is not HTTP/1.
    NotHttp {
        /// Whether that is HTTP/2.
        http2: bool,
        /// Its first bytes as text.
        start: String,
    },
}

/// An HTTP response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct HttpResponse {
    /// The status. Redirects are not followed.
    pub status: u16,
    /// The headers, in order; what is not text is left out.
    pub headers: Vec<(String, String)>,
    /// The body up to the limit, as text. Never serialised: it may hold patient data.
    #[serde(skip)]
    pub body: String,
    /// Whether that is all of it.
    pub whole: bool,
    /// From the request to the end of the headers.
    pub took_ms: u64,
}

impl HttpResponse {
    /// A response without a body.
    pub fn new(status: u16, headers: Vec<(String, String)>) -> HttpResponse {
        HttpResponse {
            status,
            headers,
            body: String::new(),
            whole: true,
            took_ms: 0,
        }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().find(found).map(|(_, value)| &**value)
    }
}

/// One version or suite that was offered alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Scanned {
    /// The version that was offered.
    pub version: String,
    /// The suite; `None` where all of the version were offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// Whether NHS rules permit it.
    pub permitted: bool,
    /// What the server chose; `None` if it accepted none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chose: Option<String>,
    /// Whether that is certain: no where the connection failed in another way than by refusing the offer.
    pub certain: bool,
    /// The server's own certificate as sent with it, as DER, where it could be read.
    #[serde(skip)]
    pub certificate: Option<Vec<u8>>,
}
