//! Findings: what was found, about what, with the facts a sentence needs.

use super::code::{Code, Severity};
use super::connection::ConnectionProblem;
use super::verify::{Breach, CrlFault, CrlRequired, ProfileRule};
use crate::decode::Damage;
use crate::document::extension::{DistributionPoint, ExtendedKeyUsage, GeneralName, KeyUsage};
use crate::document::{Hash, KeyAlgorithm, Kind, Moment, Name, OddTime, RequestOddity};
use crate::fqdn::Fqdn;
use crate::input::Origin;
use crate::revocation::Entry;

/// Something worth saying about what was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// What is the matter.
    pub problem: Problem,
}

/// What is odd about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameOddity {
    /// A host name, an address or a CN with a space or another character in it that is not seen.
    Unseen {
        /// The name.
        name: String,
    },
    /// An attribute with characters that its string type does not have.
    Misencoded {
        /// What kind of attribute it is, such as `CN`.
        attribute: String,
        /// Its value, as it was read.
        value: String,
    },
    /// A CN that is not one of ASN.1's character strings, or does not hold what its type says.
    Unreadable {
        /// What kind of attribute it is: `CN`.
        attribute: String,
    },
    /// A name with a part that has no attributes.
    EmptyPart {
        /// The whole name.
        name: Name,
    },
    /// A subject with more than one CN.
    SeveralCommonNames {
        /// All of them.
        names: Vec<String>,
    },
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The object's number in the input, where it is one object.
    pub object: Option<usize>,
    /// What to call it.
    pub name: String,
    /// Where it stands.
    pub origin: Origin,
}

/// A part of an authority key identifier (RFC 5280 section 4.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyIdentifierPart {
    /// The issuer's subject key identifier.
    Key,
    /// The name of the issuer's own issuer.
    Issuer,
    /// The serial number of the issuer's certificate.
    Serial,
}

/// What can be the matter, and the facts of the case.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the fields are what their names say; the variants are documented at their codes"
)]
pub enum Problem {
    Expired {
        not_after: Moment,
        days: i64,
        ca: bool,
    },
    NotYetValid {
        not_before: Moment,
        days: i64,
    },
    ExpiresSoon {
        not_after: Moment,
        days: i64,
        ca: bool,
    },
    NeverValid {
        not_before: Moment,
        not_after: Moment,
    },
    OddTime {
        time: OddTime,
    },
    IssuerExpired {
        issuer: String,
        not_after: Moment,
    },
    PrivateKeyPeriodOver {
        not_after: Moment,
    },
    NoSan {
        common_name: String,
    },
    CnNotSan {
        common_name: String,
    },
    /// `common_name` is `None` where there is none.
    NoDnsName {
        common_name: Option<String>,
    },
    OddName {
        oddity: NameOddity,
    },
    /// `alternative` tells whether there is a subject alternative name.
    NoName {
        alternative: bool,
    },
    /// `rule` and `remedy` are the words of [`crate::fqdn`], which owns the naming rules.
    NameRule {
        rule: String,
        remedy: String,
    },
    WeakKey {
        algorithm: KeyAlgorithm,
    },
    Sha1Signature {
        kind: Kind,
    },
    BrokenSignature {
        hash: Hash,
        kind: Kind,
    },
    /// `root` is `None` where it is this certificate itself.
    NotNhsIssuer {
        root: Option<String>,
    },
    SigningCa {
        issuer: String,
    },
    SelfSigned,
    EnvironmentMismatch {
        hint: String,
        issued_for: Vec<String>,
    },
    CdpDirectoryName {
        name: GeneralName,
    },
    CdpNotFetchable {
        points: Vec<DistributionPoint>,
    },
    NoCdp,
    /// `of` is the last certificate of the chain, where that is not this one.
    MissingIssuer {
        issuer: Name,
        of: Option<String>,
    },
    IssuerSignature {
        issuer: Name,
    },
    IssuerNotCa {
        issuer: Name,
    },
    ChainUnresolved,
    ChainNotSearched {
        certificates: usize,
        limit: usize,
    },
    UsageMissing {
        missing: Vec<ExtendedKeyUsage>,
        digital_signature: bool,
    },
    UnknownCritical {
        oids: Vec<String>,
    },
    MalformedExtension {
        oids: Vec<String>,
    },
    RepeatedExtension {
        oids: Vec<String>,
    },
    OddSerial {
        negative: bool,
        octets: usize,
    },
    SignatureMismatch,
    /// `others` names some of what it was compared with, `more` counts the rest.
    MismatchedKey {
        others: Vec<String>,
        more: usize,
    },
    RequestMismatch {
        certificate: String,
    },
    KeyNotOpened {
        scheme: String,
    },
    KeyReadable,
    EmailInSubject {
        address: String,
    },
    RequestSignature,
    OddRequest {
        oddity: RequestOddity,
    },
    ChallengePassword,
    CrlStale {
        next_update: Moment,
        days: i64,
    },
    CrlNotYetValid {
        this_update: Moment,
    },
    Duplicate {
        first: Origin,
    },
    OrderWrong {
        expected: Vec<String>,
    },
    WrongLabel {
        label: String,
        kind: Kind,
    },
    Repaired {
        damage: Damage,
    },
    /// `CA with the same name` tells that a trusted root has the same name, but another key.
    UntrustedRoot {
        root: String,
        namesake: bool,
    },
    WrongEnvironment {
        asked: String,
        issued_for: Vec<String>,
        issuer: String,
    },
    SubCaNotSent {
        issuer: String,
    },
    IssuerNotYetValid {
        issuer: String,
        not_before: Moment,
    },
    IssuerMayNotSign {
        issuer: String,
    },
    PathLength {
        issuer: String,
        allowed: u32,
        found: usize,
    },
    NameConstraint {
        issuer: String,
        name: String,
        breach: Breach,
    },
    PolicyRefused {
        issuer: String,
    },
    PurposeRefused {
        wanted: ExtendedKeyUsage,
        allowed: Vec<ExtendedKeyUsage>,
        ca: bool,
    },
    /// `allowed` is what the key usage of the certificate has.
    KeyUsageRefused {
        wanted: ExtendedKeyUsage,
        allowed: Vec<KeyUsage>,
    },
    AnyPurpose {
        wanted: ExtendedKeyUsage,
        ca: bool,
    },
    AuthorityKeyMismatch {
        issuer: String,
        part: KeyIdentifierPart,
    },
    WeakKeyAccepted {
        algorithm: KeyAlgorithm,
    },
    /// The certificate has not the key that was asked for; with `same_name` tells whether it has the request's name.
    RequestKey {
        certificate: String,
        same_name: bool,
    },
    NameMismatch {
        wanted: Fqdn,
        names: Vec<String>,
        common_name: Option<String>,
    },
    CnOnly {
        common_name: String,
    },
    Sha1Refused,
    PathRefused {
        reason: String,
    },
    OpensslFailed {
        reason: String,
    },
    Profile {
        rule: ProfileRule,
    },
    RequestNames {
        missing: Vec<String>,
    },
    /// `entry` is of the CRL that stands in `list`.
    Revoked {
        entry: Box<Entry>,
        crl: String,
        ca: bool,
    },
    RevocationUnchecked,
    NoCrl {
        needs: CrlRequired,
    },
    CrlUnusable {
        needs: CrlRequired,
        have: String,
        fault: CrlFault,
    },
    StaleCrlUsed {
        next_update: Option<Moment>,
        accepted: bool,
    },
    /// `authorities` names the CAs that are there instead.
    NoEndpoint {
        authorities: Vec<String>,
    },
    /// `names` says each one's name and place.
    SeveralEndpoints {
        names: Vec<String>,
    },
    /// Of a connection.
    Connection(ConnectionProblem),
}

impl Problem {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Problem::Expired { .. } => Code::Expired,
            Problem::NotYetValid { .. } => Code::NotYetValid,
            Problem::ExpiresSoon { .. } => Code::ExpiresSoon,
            Problem::IssuerExpired { .. } => Code::IssuerExpired,
            Problem::PrivateKeyPeriodOver { .. } => Code::PrivateKeyPeriodOver,
            Problem::NoSan { .. } => Code::NoSan,
            Problem::CnNotSan { .. } => Code::CnNotSan,
            Problem::NoName { .. } => Code::NoName,
            Problem::NameRule { .. } => Code::NameRule,
            Problem::WeakKey { .. } => Code::WeakKey,
            Problem::Sha1Signature { .. } => Code::Sha1Signature,
            Problem::BrokenSignature { .. } => Code::BrokenSignature,
            Problem::NotNhsIssuer { .. } => Code::NotNhsIssuer,
            Problem::SigningCa { .. } => Code::SigningCa,
            Problem::SelfSigned => Code::SelfSigned,
            Problem::EnvironmentMismatch { .. } => Code::EnvironmentMismatch,
            Problem::CdpDirectoryName { .. } => Code::CdpDirectoryName,
            Problem::CdpNotFetchable { .. } => Code::CdpNotFetchable,
            Problem::NoCdp => Code::NoCdp,
            Problem::MissingIssuer { .. } => Code::MissingIssuer,
            Problem::IssuerSignature { .. } => Code::IssuerSignature,
            Problem::IssuerNotCa { .. } => Code::IssuerNotCa,
            Problem::ChainUnresolved => Code::ChainUnresolved,
            Problem::ChainNotSearched { .. } => Code::ChainNotSearched,
            Problem::UsageMissing { .. } => Code::UsageMissing,
            Problem::UnknownCritical { .. } => Code::UnknownCritical,
            Problem::MalformedExtension { .. } => Code::MalformedExtension,
            Problem::RepeatedExtension { .. } => Code::RepeatedExtension,
            Problem::OddSerial { .. } => Code::OddSerial,
            Problem::NeverValid { .. } => Code::NeverValid,
            Problem::KeyReadable => Code::KeyReadable,
            Problem::OddTime { .. } => Code::OddTime,
            Problem::NoDnsName { .. } => Code::NoDnsName,
            Problem::OddName { .. } => Code::OddName,
            Problem::OddRequest { .. } => Code::OddRequest,
            Problem::SignatureMismatch => Code::SignatureMismatch,
            Problem::MismatchedKey { .. } => Code::MismatchedKey,
            Problem::RequestMismatch { .. } => Code::RequestMismatch,
            Problem::KeyNotOpened { .. } => Code::KeyNotOpened,
            Problem::EmailInSubject { .. } => Code::EmailInSubject,
            Problem::RequestSignature => Code::RequestSignature,
            Problem::ChallengePassword => Code::ChallengePassword,
            Problem::CrlStale { .. } => Code::CrlStale,
            Problem::CrlNotYetValid { .. } => Code::CrlNotYetValid,
            Problem::Duplicate { .. } => Code::Duplicate,
            Problem::OrderWrong { .. } => Code::OrderWrong,
            Problem::WrongLabel { .. } => Code::WrongLabel,
            Problem::Repaired { .. } => Code::Repaired,
            Problem::UntrustedRoot { .. } => Code::UntrustedRoot,
            Problem::WrongEnvironment { .. } => Code::WrongEnvironment,
            Problem::SubCaNotSent { .. } => Code::SubCaNotSent,
            Problem::IssuerNotYetValid { .. } => Code::IssuerNotYetValid,
            Problem::IssuerMayNotSign { .. } => Code::IssuerMayNotSign,
            Problem::PathLength { .. } => Code::PathLength,
            Problem::NameConstraint { .. } => Code::NameConstraint,
            Problem::PolicyRefused { .. } => Code::PolicyRefused,
            Problem::PurposeRefused { .. } => Code::PurposeRefused,
            Problem::KeyUsageRefused { .. } => Code::PurposeRefused,
            Problem::AnyPurpose { .. } => Code::AnyPurpose,
            Problem::AuthorityKeyMismatch { .. } => Code::AuthorityKeyMismatch,
            Problem::WeakKeyAccepted { .. } => Code::WeakKeyAccepted,
            Problem::RequestKey { .. } => Code::RequestMismatch,
            Problem::NameMismatch { .. } => Code::NameMismatch,
            Problem::CnOnly { .. } => Code::CnOnly,
            Problem::Sha1Refused => Code::Sha1Refused,
            Problem::PathRefused { .. } => Code::PathRefused,
            Problem::OpensslFailed { .. } => Code::OpensslFailed,
            Problem::Profile { .. } => Code::Profile,
            Problem::RequestNames { .. } => Code::RequestNames,
            Problem::Revoked { .. } => Code::Revoked,
            Problem::RevocationUnchecked => Code::RevocationUnchecked,
            Problem::NoCrl { .. } => Code::NoCrl,
            Problem::CrlUnusable { fault, .. } => fault.code(),
            Problem::StaleCrlUsed { accepted: true, .. } => Code::StaleCrlAccepted,
            Problem::StaleCrlUsed { .. } => Code::StaleCrlUsed,
            Problem::NoEndpoint { .. } => Code::NoEndpoint,
            Problem::SeveralEndpoints { .. } => Code::SeveralEndpoints,
            Problem::Connection(problem) => problem.code(),
        }
    }

    /// Whether it leaves a question open instead of answering it.
    pub(crate) fn is_open(&self) -> bool {
        matches!(
            self,
            Problem::NoCrl { .. } | Problem::CrlUnusable { .. } | Problem::OpensslFailed { .. }
        )
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.code().severity()
    }
}
