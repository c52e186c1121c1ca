//! The stable names of findings.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::excerpt;

/// How much a finding matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; no action needed.
    Note,
    /// Works today, or for some, and will fail later, or for others.
    Warning,
    /// Does not work.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What kind of thing was found. The text of a code never changes once released.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order in which they are documented.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as scripts and people write it.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The certificate has expired.
    Expired = "expired",
    /// The certificate is not yet valid.
    NotYetValid = "not-yet-valid",
    /// The certificate expires soon.
    ExpiresSoon = "expires-soon",
    /// A CA in the chain has expired.
    IssuerExpired = "issuer-expired",
    /// The certificate expires before it becomes valid.
    NeverValid = "never-valid",
    /// A time in a form that the standard forbids.
    OddTime = "odd-time",
    /// The private key usage period is over.
    PrivateKeyPeriodOver = "private-key-period-over",
    /// No subject alternative name.
    NoSan = "no-san",
    /// The common name is not among the subject alternative names.
    CnNotSan = "cn-not-san",
    /// Subject alternative names, but no host name among them.
    NoDnsName = "no-dns-name",
    /// No name of any kind.
    NoName = "no-name",
    /// A name that does not look like what it is, or breaks the standard.
    OddName = "odd-name",
    /// The common name of a request is not a host name, or breaks an NHS naming rule.
    NameRule = "name-rule",
    /// A wildcard among the names, which the NHS's naming rules forbid.
    WildcardName = "wildcard-name",
    /// The key is too short or otherwise weak.
    WeakKey = "weak-key",
    /// A key of less than 112 bits of security, accepted because weak keys were allowed.
    WeakKeyAccepted = "weak-key-accepted",
    /// A SHA-1 signature below the root.
    Sha1Signature = "sha1-signature",
    /// An MD2 or MD5 signature.
    BrokenSignature = "broken-signature",
    /// No cipher suite that is permitted on Spine can be used with the key.
    KeyNotPermitted = "key-not-permitted",
    /// The certificate is of a version that does not exist.
    UnknownVersion = "unknown-version",
    /// The signature algorithm is not supported.
    UnsupportedAlgorithm = "unsupported-algorithm",
    /// The chain ends at a root that is not the NHS's.
    NotNhsIssuer = "not-nhs-issuer",
    /// The certificate comes from a CA for signatures, not for endpoints.
    SigningCa = "signing-ca",
    /// A self-signed endpoint certificate.
    SelfSigned = "self-signed",
    /// The name and the issuer point to different environments.
    EnvironmentMismatch = "environment-mismatch",
    /// One distribution point is a directory name, another can be fetched.
    CdpDirectoryName = "cdp-directory-name",
    /// No distribution point can be fetched.
    CdpNotFetchable = "cdp-not-fetchable",
    /// No distribution point at all.
    NoCdp = "no-cdp",
    /// The issuer's certificate is not available.
    MissingIssuer = "missing-issuer",
    /// No certificate with the issuer's name made the signature.
    IssuerSignature = "issuer-signature",
    /// The signer is not a CA.
    IssuerNotCa = "issuer-not-ca",
    /// The chain loops, is too long, or costs too much to search.
    ChainUnresolved = "chain-unresolved",
    /// The input has more certificates than chains are shown for.
    ChainNotSearched = "chain-not-searched",
    /// An endpoint certificate lacks a usage that mutual TLS needs.
    UsageMissing = "usage-missing",
    /// A critical extension that is not understood.
    UnknownCritical = "unknown-critical",
    /// An extension that cannot be read.
    MalformedExtension = "malformed-extension",
    /// An extension that occurs twice.
    RepeatedExtension = "repeated-extension",
    /// A serial number that the standard forbids.
    OddSerial = "odd-serial",
    /// Two signature algorithms in one certificate.
    SignatureMismatch = "signature-mismatch",
    /// A certificate or request that OpenSSL does not read.
    OpensslUnreadable = "openssl-unreadable",
    /// A key that matches nothing else that was given.
    MismatchedKey = "mismatched-key",
    /// A certificate and a request for the same name with different keys.
    RequestMismatch = "request-mismatch",
    /// A private key that was not opened.
    KeyNotOpened = "key-not-opened",
    /// A private key that every user of the machine may read.
    KeyReadable = "key-readable",
    /// An e-mail address in a request's subject.
    EmailInSubject = "email-in-subject",
    /// A request whose own signature does not verify.
    RequestSignature = "request-signature",
    /// A request that does not follow the standard.
    OddRequest = "odd-request",
    /// A certificate, request or CRL with a field that does not read.
    FieldUnread = "field-unread",
    /// A challenge password in a request.
    ChallengePassword = "challenge-password",
    /// A CRL past its nextUpdate.
    CrlStale = "crl-stale",
    /// A CRL that is not yet valid.
    CrlNotYetValid = "crl-not-yet-valid",
    /// The same object twice.
    Duplicate = "duplicate",
    /// Certificates of one file not in the order servers need.
    OrderWrong = "order-wrong",
    /// A PEM label that does not match the content.
    WrongLabel = "wrong-label",
    /// A file that had to be repaired to be read.
    Repaired = "repaired",
    /// The chain ends at a root that is not trusted for this question.
    UntrustedRoot = "untrusted-root",
    /// The certificate belongs to another environment than the one asked about.
    WrongEnvironment = "wrong-environment",
    /// No known CA says which environment the certificate belongs to.
    EnvironmentUnchecked = "environment-unchecked",
    /// The chain was completed with a CA certificate that was not in the input.
    SubCaNotSent = "sub-ca-not-sent",
    /// A CA in the chain is not yet valid.
    IssuerNotYetValid = "issuer-not-yet-valid",
    /// A CA in the chain may not sign certificates.
    IssuerMayNotSign = "issuer-may-not-sign",
    /// More CAs are below a CA than it allows.
    PathLength = "path-length",
    /// A name that a CA of the chain does not allow.
    NameConstraint = "name-constraint",
    /// No certificate policy holds for the whole chain, and one is required.
    PolicyRefused = "policy-refused",
    /// The certificate may not be used for the purpose asked about.
    PurposeRefused = "purpose-refused",
    /// Only anyExtendedKeyUsage allows the purpose asked about.
    AnyPurpose = "any-purpose",
    /// A certificate does not name the key of its issuer's certificate.
    AuthorityKeyMismatch = "authority-key-mismatch",
    /// The certificate is for another host.
    NameMismatch = "name-mismatch",
    /// Only the CN matches the host.
    CnOnly = "cn-only",
    /// The CA names hosts by the common name only.
    CaNamesByCn = "ca-names-by-cn",
    /// A SHA-1 signature below the anchor, where that is not accepted.
    Sha1Refused = "sha1-refused",
    /// The path validation of OpenSSL refuses the chain.
    PathRefused = "path-refused",
    /// OpenSSL could not check a signature or a chain, because of an error of its own.
    OpensslFailed = "openssl-failed",
    /// A rule for issuers is broken that path validation does not enforce.
    Profile = "profile",
    /// The certificate leaves out or changes names that the request asked for.
    RequestNames = "request-names",
    /// The certificate has names that the request did not ask for.
    NamesNotRequested = "names-not-requested",
    /// The certificate, or a CA above it, has been revoked.
    Revoked = "revoked",
    /// Revocation was not checked.
    RevocationUnchecked = "revocation-unchecked",
    /// No available CRL covers the certificate.
    NoCrl = "no-crl",
    /// The available CRL is another issuer's.
    CrlIssuer = "crl-issuer",
    /// The available CRL is for another partition, or another kind of certificate.
    CrlScope = "crl-scope",
    /// No certificate available could have signed the CRL.
    CrlSignerMissing = "crl-signer-missing",
    /// The CRL's signature does not verify.
    CrlSignature = "crl-signature",
    /// The CRL's signer may not sign CRLs.
    CrlSignerMayNot = "crl-signer-may-not",
    /// The CRL was signed with another key of the certificate's issuer.
    CrlOtherKey = "crl-other-key",
    /// The CRL's signer has no valid path.
    CrlSignerNotValid = "crl-signer-not-valid",
    /// The CRL's signer has been revoked.
    CrlSignerRevoked = "crl-signer-revoked",
    /// Whether the CRL's signer has been revoked is not known.
    CrlSignerUndetermined = "crl-signer-undetermined",
    /// The CRL was issued after the certificate had expired.
    CrlAfterExpiry = "crl-after-expiry",
    /// A complete CRL has the certificate as removed.
    CrlRemovedEntry = "crl-removed-entry",
    /// The CRL has no nextUpdate.
    CrlNoNextUpdate = "crl-no-next-update",
    /// The CRL has something critical that is not understood.
    CrlUnknownCritical = "crl-unknown-critical",
    /// The CRL names other issuers, but does not say that it is indirect.
    CrlIndirect = "crl-indirect",
    /// The available CRLs cover some reasons for revocation only.
    CrlReasons = "crl-reasons",
    /// The CRL is a delta without the CRL it builds on.
    CrlDelta = "crl-delta",
    /// The CRL cannot be read to its end.
    CrlUnreadable = "crl-unreadable",
    /// The CRL is older than the one that is installed.
    CrlRollback = "crl-rollback",
    /// Another CRL with the same number is installed, of the same time or with more certificates.
    CrlConflict = "crl-conflict",
    /// The verdict relies on an expired CRL, with a warning.
    StaleCrlUsed = "stale-crl-used",
    /// The verdict relies on an expired CRL, which was accepted.
    StaleCrlAccepted = "stale-crl-accepted",
    /// A reply has a private key in it.
    KeyInReply = "key-in-reply",
    /// A reply has no endpoint certificate.
    NoEndpoint = "no-endpoint",
    /// A reply has more than one endpoint certificate.
    SeveralEndpoints = "several-endpoints",
    /// The host's name does not resolve.
    DnsNotFound = "dns-not-found",
    /// The resolver did not answer in time.
    DnsTimedOut = "dns-timed-out",
    /// The connection was refused.
    TcpRefused = "tcp-refused",
    /// The connection got no answer.
    TcpFiltered = "tcp-filtered",
    /// Some addresses of the host cannot be connected to.
    TcpPartly = "tcp-partly",
    /// The HTTP proxy made no tunnel.
    ProxyFailed = "proxy-failed",
    /// The port does not speak TLS.
    NotTls = "not-tls",
    /// A login page answered instead of the host.
    CaptivePortal = "captive-portal",
    /// The server accepted the connection and did not complete the handshake in time.
    TlsSilent = "tls-silent",
    /// The connection was closed or reset during the handshake.
    TlsCut = "tls-cut",
    /// The server refused the handshake with an alert.
    HandshakeRefused = "handshake-refused",
    /// The server's handshake messages cannot be accepted.
    HandshakeBroken = "handshake-broken",
    /// The server accepts only a TLS version that NHS rules forbid.
    TlsVersion = "tls-version",
    /// The server does not accept TLS 1.2.
    Tls12Missing = "tls12-missing",
    /// The server chose a cipher suite that is not on the Spine list.
    SuiteForbidden = "suite-forbidden",
    /// The server also accepts versions or suites that NHS rules forbid.
    AcceptsForbidden = "accepts-forbidden",
    /// A scan could not find out about every version and suite.
    ScanIncomplete = "scan-incomplete",
    /// The server sends another certificate with another TLS version or suite.
    CertificateDiffers = "certificate-differs",
    /// The server accepted a client certificate that is not verified for the environment.
    AcceptsUnverified = "accepts-unverified",
    /// The certificate for the host comes from a CA outside the NHS.
    Intercepted = "intercepted",
    /// The server's certificate cannot be read.
    ServerNotJudged = "server-not-judged",
    /// The server did not ask for a client certificate.
    ClientCertNotRequested = "client-cert-not-requested",
    /// The server completed the handshake without a client certificate.
    ClientCertOptional = "client-cert-optional",
    /// The CA of the client certificate is not among those the server names.
    OurCaNotNamed = "our-ca-not-named",
    /// The server names the CAs of one generation only.
    GenerationNotNamed = "generation-not-named",
    /// The server refuses clients without a certificate.
    CertificateRequired = "certificate-required",
    /// The server refused the client certificate.
    CertificateRefused = "certificate-refused",
    /// The server completed the handshake and refused the client in HTTP.
    RefusedByHttp = "refused-by-http",
    /// The server did not say whether it accepts the client certificate.
    AcceptanceUnproven = "acceptance-unproven",
    /// The server did not answer the HTTP request.
    NoResponse = "no-response",
    /// The answer to the request is not HTTP/1.1.
    NotHttp = "not-http",
    /// The server answered the request with an error status.
    HttpStatus = "http-status",
    /// The server renegotiated after the handshake.
    Renegotiates = "renegotiates",
    /// The server's clock and this machine's differ.
    ClockSkew = "clock-skew",
    /// The server answered otherwise than expected.
    UnexpectedAnswer = "unexpected-answer",
    /// The server's own test refuses its configuration.
    ServerTestFailed = "server-test-failed",
    /// A file that a server's configuration names cannot be read.
    ServerFileUnreadable = "server-file-unreadable",
    /// A certificate that the server sends has expired.
    ServerCertificateExpired = "server-certificate-expired",
    /// The server's certificate is good for nothing, or not for this server.
    ServerCertificateUnfit = "server-certificate-unfit",
    /// The private key is not that of the server's certificate.
    ServerKeyMismatch = "server-key-mismatch",
    /// Users other than the owner can read the server's private key.
    ServerKeyReadable = "server-key-readable",
    /// The server does not send its sub CA.
    ServerSubCaUnsent = "server-sub-ca-unsent",
    /// Clients need not present a certificate.
    ServerClientsOptional = "server-clients-optional",
    /// Every client of the trusted CAs is admitted.
    ServerAnyClient = "server-any-client",
    /// A generation of the environment's CAs is not trusted.
    ServerGenerationMissing = "server-generation-missing",
    /// A CA is trusted that is not the environment's.
    ServerOtherCa = "server-other-ca",
    /// CRLs are configured, but not checked, or for some certificates only.
    ServerCrlUnchecked = "server-crl-unchecked",
    /// Client certificates are checked without CRLs.
    ServerCrlAbsent = "server-crl-absent",
    /// CRLs that the server needs are missing.
    ServerCrlIncomplete = "server-crl-incomplete",
    /// A CRL that the server needs has expired.
    ServerCrlStale = "server-crl-stale",
    /// The CRL file is newer than the running server.
    ServerCrlNotLoaded = "server-crl-not-loaded",
    /// The depth to which chains are checked is too small.
    ServerDepth = "server-depth",
    /// A version of TLS before 1.2 is permitted.
    ServerVersion = "server-version",
    /// A cipher suite outside the Spine's list is permitted.
    ServerSuite = "server-suite",
    /// OpenSSL's security level refuses the SHA-1 generation that is trusted.
    ServerSecurityLevel = "server-security-level",
    /// Part of the server's configuration was not examined.
    ServerNotExamined = "server-not-examined",
    /// The available CRLs do not say whether the server's own certificate is revoked.
    OwnRevocationUnknown = "own-revocation-unknown",
    /// No client of a CA that partitions its CRLs is known.
    ClientsUnknown = "clients-unknown",
    /// A client that was named is not admitted.
    ClientNotAdmitted = "client-not-admitted",
    /// The host that calls from Spine itself is not admitted.
    CallerNotAdmitted = "caller-not-admitted",
}

impl Code {
    /// How much a finding of this code matters.
    pub fn severity(self) -> Severity {
        match self {
            Code::Expired
            | Code::NotYetValid
            | Code::NeverValid
            | Code::OddTime
            | Code::NoName
            | Code::NameRule
            | Code::WeakKey
            | Code::BrokenSignature
            | Code::UnsupportedAlgorithm
            | Code::KeyNotPermitted
            | Code::UnknownVersion
            | Code::SelfSigned
            | Code::IssuerSignature
            | Code::IssuerNotCa
            | Code::IssuerExpired
            | Code::UnknownCritical
            | Code::SignatureMismatch
            | Code::OpensslUnreadable
            | Code::MismatchedKey
            | Code::RequestMismatch
            | Code::EmailInSubject
            | Code::RequestSignature
            | Code::FieldUnread
            | Code::CrlStale
            | Code::CrlNotYetValid
            | Code::UntrustedRoot
            | Code::WrongEnvironment
            | Code::IssuerNotYetValid
            | Code::IssuerMayNotSign
            | Code::PathLength
            | Code::NameConstraint
            | Code::PolicyRefused
            | Code::PurposeRefused
            | Code::NameMismatch
            | Code::Sha1Refused
            | Code::PathRefused
            | Code::OpensslFailed
            | Code::Revoked
            | Code::NoCrl
            | Code::CrlIssuer
            | Code::CrlScope
            | Code::CrlSignerMissing
            | Code::CrlSignature
            | Code::CrlSignerMayNot
            | Code::CrlOtherKey
            | Code::CrlSignerNotValid
            | Code::CrlSignerRevoked
            | Code::CrlSignerUndetermined
            | Code::CrlAfterExpiry
            | Code::CrlRemovedEntry
            | Code::AuthorityKeyMismatch
            | Code::CrlNoNextUpdate
            | Code::CrlUnknownCritical
            | Code::CrlIndirect
            | Code::CrlReasons
            | Code::CrlDelta
            | Code::CrlUnreadable
            | Code::CrlRollback
            | Code::CrlConflict
            | Code::NoEndpoint
            | Code::SeveralEndpoints
            | Code::DnsNotFound
            | Code::DnsTimedOut
            | Code::TcpRefused
            | Code::TcpFiltered
            | Code::ProxyFailed
            | Code::NotTls
            | Code::CaptivePortal
            | Code::TlsSilent
            | Code::TlsCut
            | Code::HandshakeRefused
            | Code::HandshakeBroken
            | Code::TlsVersion
            | Code::Tls12Missing
            | Code::SuiteForbidden
            | Code::Intercepted
            | Code::ServerNotJudged
            | Code::CertificateRefused
            | Code::RefusedByHttp
            | Code::NoResponse
            | Code::NotHttp
            | Code::UnexpectedAnswer
            | Code::ServerTestFailed
            | Code::ServerFileUnreadable
            | Code::ServerCertificateExpired
            | Code::ServerCertificateUnfit
            | Code::ServerKeyMismatch
            | Code::ServerKeyReadable
            | Code::ServerSubCaUnsent
            | Code::ServerClientsOptional
            | Code::ServerAnyClient
            | Code::ServerGenerationMissing
            | Code::ServerCrlUnchecked
            | Code::ServerCrlAbsent
            | Code::ServerCrlIncomplete
            | Code::ServerCrlStale
            | Code::ServerDepth
            | Code::ServerVersion
            | Code::ServerSuite => Severity::Error,
            Code::ExpiresSoon
            | Code::PrivateKeyPeriodOver
            | Code::NoSan
            | Code::NoDnsName
            | Code::WildcardName
            | Code::KeyReadable
            | Code::OddName
            | Code::OddRequest
            | Code::CnNotSan
            | Code::WeakKeyAccepted
            | Code::AnyPurpose
            | Code::Sha1Signature
            | Code::NotNhsIssuer
            | Code::SigningCa
            | Code::EnvironmentMismatch
            | Code::CdpNotFetchable
            | Code::NoCdp
            | Code::MissingIssuer
            | Code::ChainUnresolved
            | Code::UsageMissing
            | Code::MalformedExtension
            | Code::RepeatedExtension
            | Code::OddSerial
            | Code::ChallengePassword
            | Code::OrderWrong
            | Code::WrongLabel
            | Code::Repaired
            | Code::SubCaNotSent
            | Code::EnvironmentUnchecked
            | Code::KeyInReply
            | Code::CnOnly
            | Code::RequestNames
            | Code::NamesNotRequested
            | Code::StaleCrlUsed
            | Code::TcpPartly
            | Code::AcceptsForbidden
            | Code::ScanIncomplete
            | Code::CertificateDiffers
            | Code::AcceptsUnverified
            | Code::ClientCertNotRequested
            | Code::OurCaNotNamed
            | Code::GenerationNotNamed
            | Code::AcceptanceUnproven
            | Code::HttpStatus
            | Code::Renegotiates
            | Code::ClockSkew
            | Code::ServerOtherCa
            | Code::ServerCrlNotLoaded
            | Code::ServerSecurityLevel
            | Code::ServerNotExamined
            | Code::OwnRevocationUnknown
            | Code::ClientsUnknown
            | Code::ClientNotAdmitted => Severity::Warning,
            Code::CdpDirectoryName
            | Code::ChainNotSearched
            | Code::RevocationUnchecked
            | Code::StaleCrlAccepted
            | Code::KeyNotOpened
            | Code::Duplicate
            | Code::ClientCertOptional
            | Code::CertificateRequired
            | Code::CaNamesByCn
            | Code::CallerNotAdmitted
            | Code::Profile => Severity::Note,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", match .0.trim().contains(' ') {
    // A sentence or a line of a log, which may hold anything, is no name.
    true => "this message of another program is not known; give a part of it, such as a code or the words behind the last colon".to_owned(),
    false => format!("nothing is known by the name {}", excerpt(.0)),
})]
pub struct UnknownCode(pub String);

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Code, UnknownCode> {
        let wanted = text.trim().to_ascii_lowercase();
        Code::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == wanted)
            .ok_or(UnknownCode(text.to_owned()))
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Code {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let all: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        // Open: another version of this program may know more.
        schemars::json_schema!({ "type": "string", "examples": all })
    }
}
