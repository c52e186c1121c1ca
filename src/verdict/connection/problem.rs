//! What can be the matter with a connection, and the facts of the case.

use super::{Alert, ProxyOutcome};
use crate::document::Moment;
use crate::verdict::Code;

/// What can be the matter with a connection. The variants are documented at their codes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the fields are what their names say; the variants are documented at their codes"
)]
pub enum ConnectionProblem {
    DnsNotFound {
        host: String,
        reason: String,
    },
    DnsTimedOut {
        host: String,
    },
    TcpRefused {
        addresses: Vec<String>,
    },
    /// `unreachable` is what the network said, where it said something.
    TcpFiltered {
        addresses: Vec<String>,
        unreachable: Option<String>,
    },
    TcpPartly {
        addresses: Vec<String>,
    },
    ProxyFailed {
        proxy: String,
        outcome: ProxyOutcome,
    },
    NotTls {
        start: String,
        http: bool,
    },
    CaptivePortal {
        location: Option<String>,
    },
    TlsSilent {
        bytes: u64,
    },
    TlsCut {
        reset: bool,
        bytes: u64,
    },
    HandshakeRefused {
        alert: Alert,
    },
    HandshakeBroken {
        reason: String,
    },
    TlsVersion {
        version: String,
    },
    Tls12Missing,
    SuiteForbidden {
        suite: String,
    },
    AcceptsForbidden {
        accepted: Vec<String>,
    },
    Intercepted {
        host: String,
        issuer: String,
    },
    ServerNotJudged,
    ClientCertNotRequested,
    ClientCertOptional,
    OurCaNotNamed {
        ours: String,
        named: Vec<String>,
    },
    GenerationNotNamed {
        missing: Vec<String>,
    },
    CertificateRequired {
        alert: Option<Alert>,
    },
    CertificateRefused {
        alert: Option<Alert>,
        ours: OurState,
        ca_named: Option<bool>,
    },
    RefusedByHttp {
        status: u16,
        showed: bool,
        ours: OurState,
    },
    /// `status` is that of the HTTP answer, where there was one; `same` where a client without a certificate gets it too.
    AcceptanceUnproven {
        closed: bool,
        status: Option<u16>,
        same: bool,
    },
    NoResponse,
    NotHttp {
        http2: bool,
    },
    HttpStatus {
        status: u16,
    },
    Renegotiates,
    ClockSkew {
        seconds: i64,
    },
    UnexpectedAnswer {
        expected: String,
        found: String,
    },
}

/// What is known about the client certificate that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OurState {
    /// None was shown.
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
