//! How the far end answered the client.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{After, Alert, Ending, Handshake, HttpResponse};

/// How the far end answered the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionAnswer {
    /// It accepted the client certificate.
    Accepted(AcceptanceProof),
    /// It refused the client, and how.
    Refused(ConnectionRefusal),
    /// The connection was made without a client certificate.
    Connected,
    /// A client certificate was presented, or requested, and whether the server accepts it is unknown.
    NotProven {
        /// Whether the server closed the connection.
        closed: bool,
        /// The status of its HTTP answer, which may be about the client certificate or about something else.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
    /// There was no TLS connection.
    NotConnected,
}

/// What proves that a client certificate was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AcceptanceProof {
    /// The server answered a request that came after the certificate, with a status of [`HttpMeaning::Served`].
    Response,
    /// The server's own last message of the handshake, or a session ticket. It may still refuse in HTTP.
    Handshake,
}

/// How a client was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionRefusal {
    /// By this alert.
    Alert(Alert),
    /// By closing the connection in the middle of the handshake.
    Closed,
    /// By this status, after the handshake.
    Http(u16),
}

impl ConnectionAnswer {
    /// An answer in HTTP that leaves it open.
    fn unproven(status: u16) -> ConnectionAnswer {
        ConnectionAnswer::NotProven {
            closed: false,
            status: Some(status),
        }
    }

    /// What a completed handshake and what came after it say.
    pub(super) fn of(handshake: &Handshake) -> ConnectionAnswer {
        if handshake.ending != Ending::Complete {
            return ConnectionAnswer::NotConnected;
        }
        let asked = handshake.asks_for_certificate();
        // In TLS 1.2 the server's Finished comes after it has read the client's certificate (RFC 5246 section 7.3). In
        // TLS 1.3 a ticket does: it depends on the client's last message (RFC 8446 section 4.6.1).
        let read = !handshake.is_tls13() || handshake.tickets > 0;
        let taken = |proof| match handshake.certificate_sent {
            true => ConnectionAnswer::Accepted(proof),
            false => ConnectionAnswer::Connected,
        };
        match &handshake.after {
            // An alert after the handshake is an answer to the client's certificate where one was asked for, and the alert
            // is about certificates: a server that is broken or busy sends others to every client.
            After::Alert(alert) if asked && alert.refuses(handshake.certificate_sent) => {
                ConnectionAnswer::Refused(ConnectionRefusal::Alert(*alert))
            }
            After::Alert(_) => ConnectionAnswer::NotProven {
                closed: true,
                status: None,
            },
            // A server cannot know the request before it has read the client's last message.
            After::Response(response) => match HttpMeaning::of(response) {
                HttpMeaning::Refused if asked => {
                    ConnectionAnswer::Refused(ConnectionRefusal::Http(response.status))
                }
                HttpMeaning::Served => taken(AcceptanceProof::Response),
                // A page about a client certificate that was not asked for: in TLS 1.3 a server that wants it late cannot ask
                // clients that do not offer that (RFC 8446 section 4.6.2).
                HttpMeaning::Refused => ConnectionAnswer::unproven(response.status),
                HttpMeaning::Unknown if asked => ConnectionAnswer::unproven(response.status),
                // Where no certificate was asked for, none is missing: such a page is forbidden to everyone.
                HttpMeaning::Unknown => ConnectionAnswer::Connected,
            },
            After::Closed { .. } | After::Reset if asked => ConnectionAnswer::NotProven {
                closed: true,
                status: None,
            },
            // A server that looks at certificates in HTTP has not said anything yet.
            After::NoResponse if handshake.certificate_sent => ConnectionAnswer::NotProven {
                closed: false,
                status: None,
            },
            After::Silent | After::NoResponse | After::Data | After::NotHttp { .. }
                if asked && !read =>
            {
                ConnectionAnswer::NotProven {
                    closed: false,
                    status: None,
                }
            }
            _ => taken(AcceptanceProof::Handshake),
        }
    }
}

/// What a client without the certificate gets for the same request, where that does not show that the certificate was
/// accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WithoutCertificate {
    /// An answer with this status.
    Status(u16),
    /// This alert.
    Alert(Alert),
    /// No answer, or no connection.
    NoAnswer,
}

impl WithoutCertificate {
    /// What came of the connection without the certificate.
    pub(super) fn of(without: Option<&Handshake>) -> WithoutCertificate {
        match without.map(|without| (&without.ending, &without.after)) {
            Some((Ending::Alert(alert), _) | (_, After::Alert(alert))) => {
                WithoutCertificate::Alert(*alert)
            }
            Some((_, After::Response(response))) => WithoutCertificate::Status(response.status),
            _ => WithoutCertificate::NoAnswer,
        }
    }
}

/// Whether a client without a certificate was refused, so that an answer to a client with one says something about it.
/// A connection that fails, or a status that a busy server gives to any client, shows nothing.
pub(super) fn is_refused(without: &Handshake) -> bool {
    match (&without.ending, &without.after) {
        (Ending::Alert(alert), _) | (_, After::Alert(alert)) => {
            without.asks_for_certificate() && alert.refuses(without.certificate_sent)
        }
        (_, After::Response(response)) => match response.status {
            // Too slow, the wrong server, too early, too many.
            408 | 421 | 425 | 429 => false,
            // nginx's `error_page 495 496` may make a redirect of a refusal.
            status => matches!(status, 300..=499),
        },
        _ => false,
    }
}

/// What the status of an HTTP answer says about the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpMeaning {
    /// The request reached what it was meant for, which a server does not let happen before it has accepted the client.
    Served,
    /// The client was refused for its certificate, or for having none.
    Refused,
    /// Either: the status has causes that have nothing to do with the client certificate.
    Unknown,
}

impl HttpMeaning {
    /// By the status, and for 400 and 403 by the page.
    ///
    /// Only success counts as served, and everything else is left open: a server that checks certificates after the
    /// handshake may refuse with any status. nginx answers 400 with a page that says so, or whatever `error_page 495 496`
    /// makes of it, a redirect to a login page for example; IIS answers 403 with a page that names the client certificate
    /// (substatus 7, 13, 16 and 17), and any server answers 403 for a path that is forbidden to every client; gateways
    /// answer 401 for a certificate as well as for a missing token, HAProxy may be configured to answer 404, and 429 and
    /// 503 come before anything is looked at.
    pub fn of(response: &HttpResponse) -> HttpMeaning {
        match response.status {
            200..=299 => HttpMeaning::Served,
            // nginx: 495 certificate error, 496 none given.
            495 | 496 => HttpMeaning::Refused,
            400 | 403 => {
                let body = response.body.to_ascii_lowercase();
                match body.contains("ssl certificate") || body.contains("client certificate") {
                    true => HttpMeaning::Refused,
                    false => HttpMeaning::Unknown,
                }
            }
            _ => HttpMeaning::Unknown,
        }
    }
}

impl fmt::Display for ConnectionAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectionAnswer::Accepted(AcceptanceProof::Response) => f.write_str("accepted"),
            ConnectionAnswer::Accepted(AcceptanceProof::Handshake) => {
                f.write_str("accepted in TLS; HTTP may still refuse it")
            }
            ConnectionAnswer::Refused(ConnectionRefusal::Alert(alert)) => {
                write!(f, "refused with {alert}")
            }
            ConnectionAnswer::Refused(ConnectionRefusal::Closed) => {
                f.write_str("refused without an alert")
            }
            ConnectionAnswer::Refused(ConnectionRefusal::Http(status)) => {
                write!(f, "refused with status {status}")
            }
            ConnectionAnswer::Connected => f.write_str("connected without a client certificate"),
            ConnectionAnswer::NotProven { .. } => f.write_str("neither accepted nor refused"),
            ConnectionAnswer::NotConnected => f.write_str("not connected"),
        }
    }
}

/// What a server has to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// To accept the client certificate.
    Accepted,
    /// To refuse the client; by this alert, where one is named.
    Refused(Option<Alert>),
}

impl Expected {
    /// What is meant by `accepted`, `refused` or `refused:unknown_ca`.
    pub fn parse(text: &str) -> Option<Expected> {
        match text.split_once(':') {
            None if text == "accepted" => Some(Expected::Accepted),
            None if text == "refused" => Some(Expected::Refused(None)),
            Some(("refused", alert)) => {
                Alert::parse(alert).map(|alert| Expected::Refused(Some(alert)))
            }
            _ => None,
        }
    }

    /// Whether the answer is the one expected.
    pub fn is(self, answer: &ConnectionAnswer) -> bool {
        match (self, answer) {
            // nginx completes the handshake with every client.
            (Expected::Accepted, ConnectionAnswer::Accepted(AcceptanceProof::Response)) => true,
            (Expected::Refused(None), ConnectionAnswer::Refused(_)) => true,
            (
                Expected::Refused(Some(wanted)),
                ConnectionAnswer::Refused(ConnectionRefusal::Alert(found)),
            ) => wanted == *found,
            _ => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Accepted => f.write_str("accepted"),
            Expected::Refused(None) => f.write_str("refused"),
            Expected::Refused(Some(alert)) => write!(f, "refused with {alert}"),
        }
    }
}
