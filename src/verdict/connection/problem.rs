//! What can be wrong with a connection, and the facts of the case.

use serde::Serialize;

use super::{Alert, ProxyOutcome, Scanned, WithoutCertificate};
use crate::document::Moment;
use crate::verdict::Code;

/// What can be wrong with a connection. `Serialize` writes the facts alone; [`ConnectionProblem::code`] says what they are about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ConnectionProblem {
    /// Host name not found in DNS.
    DnsNotFound {
        /// The host.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// DNS resolver did not answer.
    DnsTimedOut {
        /// The host.
        host: String,
    },
    /// TCP connection refused.
    TcpRefused {
        /// The addresses with their ports.
        addresses: Vec<String>,
    },
    /// TCP connection not answered.
    TcpFiltered {
        /// The addresses with their ports.
        addresses: Vec<String>,
        /// What the network said, where it said something.
        #[serde(skip_serializing_if = "Option::is_none")]
        unreachable: Option<String>,
    },
    /// Some addresses of the host are not reachable.
    TcpPartly {
        /// The addresses with their ports.
        addresses: Vec<String>,
    },
    /// HTTP proxy refused the tunnel.
    ProxyFailed {
        /// The proxy.
        proxy: String,
        /// The result.
        outcome: ProxyOutcome,
    },
    /// Port does not speak TLS.
    NotTls {
        /// How the answer begins.
        start: String,
        /// Whether it looks like HTTP.
        http: bool,
    },
    /// Login page instead of the host.
    CaptivePortal {
        /// Where it redirects to.
        #[serde(skip_serializing_if = "Option::is_none")]
        location: Option<String>,
    },
    /// TLS handshake not answered.
    TlsSilent {
        /// How many bytes had been received.
        bytes: u64,
    },
    /// Connection cut during the handshake.
    TlsCut {
        /// Whether the connection was reset instead of closed.
        reset: bool,
        /// How many bytes had been received.
        bytes: u64,
    },
    /// TLS handshake refused by the server.
    HandshakeRefused {
        /// The alert that the server sent.
        alert: Alert,
    },
    /// Handshake messages cannot be accepted.
    HandshakeBroken {
        /// What was reported.
        reason: String,
    },
    /// Forbidden TLS version.
    TlsVersion {
        /// The version of TLS.
        version: String,
    },
    /// TLS 1.2 not accepted.
    Tls12Missing,
    /// Cipher suite outside the Spine list.
    SuiteForbidden {
        /// The suite.
        suite: String,
    },
    /// Forbidden versions or suites also accepted.
    AcceptsForbidden {
        /// The forbidden versions and suites that are accepted.
        accepted: Vec<String>,
    },
    /// Scan did not finish.
    ScanIncomplete {
        /// The versions and suites about which nothing is known.
        unknown: Vec<ScannedOffer>,
    },
    /// Another certificate with another TLS version.
    CertificateDiffers {
        /// The version with which it is sent.
        version: String,
        /// Its subject.
        subject: String,
        /// Its serial number.
        serial: String,
        /// The last second of its validity.
        not_after: Moment,
    },
    /// Unverified client certificate accepted.
    AcceptsUnverified {
        /// The code that decided about the certificate.
        code: Code,
    },
    /// TLS interception by a foreign CA.
    Intercepted {
        /// The host.
        host: String,
        /// Who issued the certificate.
        issuer: String,
    },
    /// Server certificate unreadable.
    ServerNotJudged,
    /// Client certificate not requested.
    ClientCertNotRequested,
    /// Client certificate requested but not required.
    ClientCertOptional,
    /// Client CA not among the names requested.
    OurCaNotNamed {
        /// The CA of the client certificate.
        issuer: String,
        /// The CAs that the server names.
        named: Vec<String>,
    },
    /// Only one CA generation named.
    GenerationNotNamed {
        /// The generations that are not named.
        missing: Vec<String>,
    },
    /// Client certificate required.
    CertificateRequired {
        /// The alert that the server sent.
        #[serde(skip_serializing_if = "Option::is_none")]
        alert: Option<Alert>,
    },
    /// Client certificate refused.
    CertificateRefused {
        /// The alert that the server sent.
        #[serde(skip_serializing_if = "Option::is_none")]
        alert: Option<Alert>,
        /// What is known of the client certificate that was presented.
        client_certificate: ClientCertificateState,
        /// Whether the server names the CA in its request; unknown where it names none.
        #[serde(skip_serializing_if = "Option::is_none")]
        ca_named: Option<bool>,
    },
    /// Client refused in HTTP after the handshake.
    RefusedByHttp {
        /// The status of the HTTP answer.
        status: u16,
        /// Whether a client certificate was sent.
        certificate_sent: bool,
        /// What is known of the client certificate that was presented.
        client_certificate: ClientCertificateState,
    },
    /// Acceptance not proven.
    AcceptanceUnproven {
        /// Whether the server closed the connection.
        closed: bool,
        /// The status of the HTTP answer, where there was one.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// Whether a client without a certificate gets the same answer.
        same: bool,
        /// Whether a client certificate was sent.
        certificate_sent: bool,
        /// What a client without the certificate got, where that shows nothing about the certificate.
        #[serde(skip_serializing_if = "Option::is_none")]
        without: Option<WithoutCertificate>,
    },
    /// HTTP request not answered.
    NoResponse,
    /// Answer is not HTTP/1.1.
    NotHttp {
        /// Whether it looks like HTTP/2.
        http2: bool,
    },
    /// HTTP error status.
    HttpStatus {
        /// The status.
        status: u16,
    },
    /// TLS renegotiation after the handshake.
    Renegotiates,
    /// Clocks differ.
    ClockSkew {
        /// How far this clock is ahead of the server's, in seconds; negative where it is behind.
        seconds: i64,
    },
    /// Answer differs from what was expected.
    UnexpectedAnswer {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
}

/// A version, or a suite of it, that a scan offers by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ScannedOffer {
    /// The version.
    pub version: String,
    /// The suite; `None` for every one of the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
}

impl ScannedOffer {
    pub(super) fn of(scanned: &Scanned) -> ScannedOffer {
        ScannedOffer {
            version: scanned.version.clone(),
            suite: scanned.suite.clone(),
        }
    }
}

/// What is known about the client certificate that was presented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClientCertificateState {
    /// None was presented.
    None,
    /// It has expired.
    Expired {
        /// When.
        not_after: Moment,
    },
    /// It is not yet valid.
    NotYetValid {
        /// From when on it is.
        not_before: Moment,
    },
    /// It, or a CA above it, has been revoked.
    Revoked,
    /// Its sub CA was not sent with it.
    ChainIncomplete {
        /// The sub CA.
        issuer: String,
    },
    /// Something else is wrong with it.
    Bad {
        /// The finding's code.
        code: Code,
    },
    /// Nothing is known to be wrong with it.
    Good {
        /// The last second of its validity.
        not_after: Moment,
        /// Its issuer.
        issuer: String,
    },
}

impl ConnectionProblem {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            ConnectionProblem::DnsNotFound { .. } => Code::DnsNotFound,
            ConnectionProblem::DnsTimedOut { .. } => Code::DnsTimedOut,
            ConnectionProblem::TcpRefused { .. } => Code::TcpRefused,
            ConnectionProblem::TcpFiltered { .. } => Code::TcpFiltered,
            ConnectionProblem::TcpPartly { .. } => Code::TcpPartly,
            ConnectionProblem::ProxyFailed { .. } => Code::ProxyFailed,
            ConnectionProblem::NotTls { .. } => Code::NotTls,
            ConnectionProblem::CaptivePortal { .. } => Code::CaptivePortal,
            ConnectionProblem::TlsSilent { .. } => Code::TlsSilent,
            ConnectionProblem::TlsCut { .. } => Code::TlsCut,
            ConnectionProblem::HandshakeRefused { .. } => Code::HandshakeRefused,
            ConnectionProblem::HandshakeBroken { .. } => Code::HandshakeBroken,
            ConnectionProblem::TlsVersion { .. } => Code::TlsVersion,
            ConnectionProblem::Tls12Missing => Code::Tls12Missing,
            ConnectionProblem::SuiteForbidden { .. } => Code::SuiteForbidden,
            ConnectionProblem::AcceptsForbidden { .. } => Code::AcceptsForbidden,
            ConnectionProblem::ScanIncomplete { .. } => Code::ScanIncomplete,
            ConnectionProblem::CertificateDiffers { .. } => Code::CertificateDiffers,
            ConnectionProblem::AcceptsUnverified { .. } => Code::AcceptsUnverified,
            ConnectionProblem::Intercepted { .. } => Code::Intercepted,
            ConnectionProblem::ServerNotJudged => Code::ServerNotJudged,
            ConnectionProblem::ClientCertNotRequested => Code::ClientCertNotRequested,
            ConnectionProblem::ClientCertOptional => Code::ClientCertOptional,
            ConnectionProblem::OurCaNotNamed { .. } => Code::OurCaNotNamed,
            ConnectionProblem::GenerationNotNamed { .. } => Code::GenerationNotNamed,
            ConnectionProblem::CertificateRequired { .. } => Code::CertificateRequired,
            ConnectionProblem::CertificateRefused { .. } => Code::CertificateRefused,
            ConnectionProblem::RefusedByHttp { .. } => Code::RefusedByHttp,
            ConnectionProblem::AcceptanceUnproven { .. } => Code::AcceptanceUnproven,
            ConnectionProblem::NoResponse => Code::NoResponse,
            ConnectionProblem::NotHttp { .. } => Code::NotHttp,
            ConnectionProblem::HttpStatus { .. } => Code::HttpStatus,
            ConnectionProblem::Renegotiates => Code::Renegotiates,
            ConnectionProblem::ClockSkew { .. } => Code::ClockSkew,
            ConnectionProblem::UnexpectedAnswer { .. } => Code::UnexpectedAnswer,
        }
    }
}
