//! Findings: what was found, about what, with the facts that a message needs.

use schemars::JsonSchema;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::code::{Code, Severity};
use super::connection::ConnectionProblem;
use super::verify::{Breach, CrlFault, CrlRequired, ProfileRule};
use crate::decode::Damage;
use crate::document::extension::{DistributionPoint, ExtendedKeyUsage, GeneralName, KeyUsage};
use crate::document::{
    Hash, KeyAlgorithm, Kind, Moment, Name, OddTime, RequestOddity, UnreadField,
};
use crate::fqdn::Fqdn;
use crate::input::Origin;
use crate::revocation::Entry;

/// Something to report about what was read.
///
/// `Serialize` writes `code`, `severity`, `subject` and `facts`; the sentences are [`crate::wording::say`]'s.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// What is wrong.
    pub problem: Problem,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut finding = serializer.serialize_struct("Finding", 4)?;
        finding.serialize_field("code", &self.problem.code())?;
        finding.serialize_field("severity", &self.problem.severity())?;
        finding.serialize_field("subject", &self.subject)?;
        finding.serialize_field("facts", &self.problem.facts())?;
        finding.end()
    }
}

/// What is written of a [`Finding`].
#[derive(JsonSchema)]
#[schemars(rename = "Finding")]
#[expect(dead_code, reason = "only its schema is used")]
struct Written {
    /// Its stable code.
    code: Code,
    /// How much it matters.
    severity: Severity,
    /// What it is about.
    subject: Subject,
    /// The facts of the case by name; which there are depends on the code.
    facts: Map<String, Value>,
}

impl JsonSchema for Finding {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Written::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Written::json_schema(generator)
    }
}

/// What is odd about a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum NameOddity {
    /// A host name, an address or a CN with a space or an invisible character in it.
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
    /// An attribute of a string type that names must not have.
    StringType {
        /// What kind of attribute it is, such as `O`.
        attribute: String,
        /// Its value.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Subject {
    /// The object's number in the input, where it is one object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<usize>,
    /// What to call it.
    pub name: String,
    /// Where it is.
    pub origin: Origin,
}

/// A part of an authority key identifier (RFC 5280 section 4.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyIdentifierPart {
    /// The issuer's subject key identifier.
    Key,
    /// The name of the issuer's own issuer.
    Issuer,
    /// The serial number of the issuer's certificate.
    Serial,
}

/// Where the certificates of a chain came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// Files, or other input.
    Input,
    /// A TLS server, in its handshake.
    Server,
    /// A TLS client, in its handshake.
    Client,
    /// The other end of a connection, whichever it is.
    Peer,
}

impl Sender {
    fn is_input(&self) -> bool {
        *self == Sender::Input
    }
}

/// What can be wrong, and the facts of the case.
///
/// `Serialize` writes the facts alone, as fields of an object, without what is not known; [`Problem::code`] says what they are
/// about. `docs/json.md` promises their names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Problem {
    /// Certificate expired.
    Expired {
        /// The last second of the validity.
        not_after: Moment,
        /// How many whole days ago.
        days: i64,
        /// Whether the certificate is a CA's.
        ca: bool,
    },
    /// Certificate not yet valid.
    NotYetValid {
        /// The first second of the validity.
        not_before: Moment,
        /// How many whole days from now.
        days: i64,
    },
    /// Certificate expires soon.
    ExpiresSoon {
        /// The last second of the validity.
        not_after: Moment,
        /// How many whole days are left.
        days: i64,
        /// Whether the certificate is a CA's.
        ca: bool,
    },
    /// Certificate expires before it becomes valid.
    NeverValid {
        /// The first second of the validity.
        not_before: Moment,
        /// The last second of the validity.
        not_after: Moment,
    },
    /// Time format forbidden by the standard.
    OddTime {
        /// The time, as it is written.
        time: OddTime,
    },
    /// CA in the chain expired.
    IssuerExpired {
        /// The CA, by name.
        issuer: String,
        /// The last second of the validity.
        not_after: Moment,
    },
    /// Private key usage period over.
    PrivateKeyPeriodOver {
        /// The last second of the validity.
        not_after: Moment,
    },
    /// Host named by the common name only.
    NoSan {
        /// The CN.
        common_name: String,
    },
    /// Common name missing from the subjectAltName.
    CnNotSan {
        /// The CN.
        common_name: String,
    },
    /// Alternative names without a host name.
    NoDnsName {
        /// The CN; none where there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        common_name: Option<String>,
    },
    /// Wildcard among the names, which the NHS's naming rules forbid.
    WildcardName {
        /// The wildcards; at most 16.
        names: Vec<String>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Name differs from how it looks.
    OddName {
        /// What is odd.
        oddity: NameOddity,
    },
    /// Certificate names no host.
    NoName {
        /// Whether there is a subject alternative name.
        alternative: bool,
    },
    /// Common name breaks a naming rule.
    NameRule {
        /// The rule, in the words of [`crate::fqdn`], which owns the naming rules.
        rule: String,
        /// What to do, in the words of [`crate::fqdn`], which owns the naming rules.
        #[serde(skip)]
        remedy: String,
    },
    /// Key too weak.
    WeakKey {
        /// The kind of key and its size.
        algorithm: KeyAlgorithm,
        /// Whether it is a CA's, which only the CA can replace.
        ca: bool,
    },
    /// SHA-1 signature below the root.
    Sha1Signature {
        /// What the object is.
        kind: Kind,
    },
    /// MD2 or MD5 signature.
    BrokenSignature {
        /// The hash of the signature.
        hash: Hash,
        /// What the object is.
        kind: Kind,
    },
    /// Signature algorithm not supported.
    UnsupportedAlgorithm {
        /// The algorithm, by name or dotted OID.
        algorithm: String,
        /// What the object is.
        kind: Kind,
    },
    /// Chain ends at a root that is not the NHS's.
    NotNhsIssuer {
        /// The root; none where it is this certificate itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        root: Option<String>,
    },
    /// Certificate issued by a CA for signatures.
    SigningCa {
        /// The CA, by name.
        issuer: String,
    },
    /// Self-signed endpoint certificate.
    SelfSigned,
    /// Host name and issuer suggest different environments.
    EnvironmentMismatch {
        /// The environment that the name suggests.
        hint: String,
        /// The environments that the issuer serves.
        issued_for: Vec<String>,
    },
    /// CRL distribution point is a directory name.
    CdpDirectoryName {
        /// The name.
        name: GeneralName,
    },
    /// CRL not available for download.
    CdpNotFetchable {
        /// The distribution points.
        distribution_points: Vec<DistributionPoint>,
    },
    /// No CRL distribution point.
    NoCdp,
    /// Issuer's certificate not available.
    MissingIssuer {
        /// The issuer that is missing.
        issuer: Name,
        /// The last certificate of the chain, where that is not this one.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[serde(rename = "chain_end")]
        of: Option<String>,
    },
    /// CA has the right name but the wrong key.
    IssuerSignature {
        /// The CA, by name.
        issuer: Name,
    },
    /// Issuer is not a CA.
    IssuerNotCa {
        /// The CA, by name.
        issuer: Name,
    },
    /// Chain search stopped without a result.
    ChainUnresolved,
    /// Chains not shown: too many certificates.
    ChainNotSearched {
        /// How many there are.
        certificates: usize,
        /// The most that are searched.
        limit: usize,
    },
    /// Key usage for mutual TLS missing.
    UsageMissing {
        /// The purposes that are missing.
        missing: Vec<ExtendedKeyUsage>,
        /// Whether digitalSignature is missing too.
        digital_signature: bool,
    },
    /// Critical extension not understood.
    UnknownCritical {
        /// The OIDs of the extensions, dotted; at most 16.
        oids: Vec<String>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Extension malformed.
    MalformedExtension {
        /// The OIDs of the extensions, dotted; at most 16.
        oids: Vec<String>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Extension that was read, and whose encoding the standard does not allow.
    ExtensionNotDer {
        /// The OIDs of the extensions, dotted; at most 16.
        oids: Vec<String>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Extension occurs twice.
    RepeatedExtension {
        /// The OIDs of the extensions, dotted; at most 16.
        oids: Vec<String>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Serial number not allowed by the standard.
    OddSerial {
        /// Whether the number is negative.
        negative: bool,
        /// The length of the number in octets.
        octets: usize,
    },
    /// Signature algorithms differ within the certificate.
    SignatureMismatch,
    /// Object that OpenSSL cannot read.
    OpensslUnreadable {
        /// What it is.
        kind: Kind,
        /// Why, in OpenSSL's words.
        reason: String,
    },
    /// Private key matches nothing.
    MismatchedKey {
        /// Some of what it was compared with.
        others: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// Public key matches nothing.
    MismatchedPublicKey {
        /// Some of what it was compared with.
        others: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// Certificate for another key than the request's.
    RequestMismatch {
        /// The certificate, by name or file.
        certificate: String,
    },
    /// Encrypted private key not opened.
    KeyNotOpened {
        /// How the key is encrypted.
        scheme: String,
    },
    /// Private key readable by every user.
    KeyReadable,
    /// Request's subject holds an e-mail address.
    EmailInSubject {
        /// The e-mail address.
        address: String,
    },
    /// Request's signature does not verify.
    RequestSignature,
    /// Request does not follow the standard.
    OddRequest {
        /// What is odd.
        oddity: RequestOddity,
    },
    /// Field that cannot be read.
    FieldUnread {
        /// What the object is.
        kind: Kind,
        /// The fields that do not read.
        fields: Vec<UnreadField>,
    },
    /// Challenge password in a request.
    ChallengePassword,
    /// CRL expired.
    CrlStale {
        /// When the CRL expires, or expired.
        next_update: Moment,
        /// How many whole days ago.
        days: i64,
    },
    /// CRL not yet valid.
    CrlNotYetValid {
        /// When the CRL was issued.
        this_update: Moment,
    },
    /// Same object twice.
    Duplicate {
        /// Where the object is first.
        first: Origin,
    },
    /// Chain file in the wrong order.
    OrderWrong {
        /// The certificates in the order that servers need.
        expected: Vec<String>,
    },
    /// PEM label does not match the content.
    WrongLabel {
        /// What the BEGIN line says, or the container.
        label: String,
        /// What the object is.
        kind: Kind,
        /// Whether a binary container says it, in which there are no BEGIN lines.
        by_container: bool,
    },
    /// File repaired before it could be read.
    Repaired {
        /// What was repaired.
        damage: Damage,
    },
    /// Chain ends at an untrusted root.
    UntrustedRoot {
        /// The root at which the chain ends.
        root: String,
        /// Whether a trusted root has the same name, but another key.
        same_name: bool,
    },
    /// Certificate belongs to another environment.
    WrongEnvironment {
        /// The environment that was asked for.
        asked: String,
        /// The environments that the issuer serves, at most 16.
        issued_for: Vec<String>,
        /// The CA, by name.
        issuer: String,
    },
    /// Environment not checked.
    EnvironmentUnchecked {
        /// The environment that was asked for.
        asked: String,
        /// The CA that issued the certificate, by name.
        issuer: String,
    },
    /// What a CA issues for is not known, because the entry that says so is damaged.
    EnvironmentUnknown {
        /// The environment that was asked for.
        asked: String,
        /// The CA, by name.
        issuer: String,
        /// The entry.
        entry: String,
    },
    /// Sub CA not sent.
    SubCaNotSent {
        /// The CA, by name.
        issuer: String,
        /// Who did not send it.
        #[serde(skip_serializing_if = "Sender::is_input")]
        sender: Sender,
        /// Whether another certificate of that CA was sent, by which the chain is not good or less good. Absent where none was.
        #[serde(skip_serializing_if = "is_false")]
        other: bool,
    },
    /// CA in the chain not yet valid.
    IssuerNotYetValid {
        /// The CA, by name.
        issuer: String,
        /// The first second of the validity.
        not_before: Moment,
    },
    /// CA lacks keyCertSign.
    IssuerMayNotSign {
        /// The CA, by name.
        issuer: String,
    },
    /// Path length exceeded.
    PathLength {
        /// The CA, by name.
        issuer: String,
        /// How many CAs may be below it.
        allowed: u32,
        /// How many are.
        found: usize,
    },
    /// Name not allowed by a CA of the chain.
    NameConstraint {
        /// The CA, by name.
        issuer: String,
        /// The name.
        name: String,
        /// How the name breaks the constraint.
        breach: Breach,
    },
    /// Certificate policy does not hold for the whole chain.
    PolicyRefused {
        /// The CA, by name.
        issuer: String,
    },
    /// Certificate does not allow this purpose.
    PurposeRefused {
        /// The purpose that was asked for.
        purpose: ExtendedKeyUsage,
        /// The purposes that are allowed; at most 16.
        allowed: Vec<ExtendedKeyUsage>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
        /// Whether the certificate is a CA's.
        ca: bool,
    },
    /// Certificate does not allow this purpose: its key usage.
    KeyUsageRefused {
        /// The purpose that was asked for.
        purpose: ExtendedKeyUsage,
        /// The key usage that the certificate has.
        allowed: Vec<KeyUsage>,
    },
    /// Certificate does not allow this purpose: its key cannot sign.
    KeyCannotSign {
        /// The purpose that was asked for.
        purpose: ExtendedKeyUsage,
        /// The kind of key.
        algorithm: KeyAlgorithm,
    },
    /// Certificate does not allow this purpose: its Netscape certificate type.
    NetscapeTypeRefused {
        /// The purpose that was asked for.
        purpose: ExtendedKeyUsage,
    },
    /// Key that no cipher suite permitted on Spine can use.
    KeyNotPermitted {
        /// The kind of key.
        algorithm: KeyAlgorithm,
    },
    /// Certificate of a version that does not exist.
    UnknownVersion {
        /// The version.
        version: u32,
    },
    /// Purpose allowed by anyExtendedKeyUsage only.
    AnyPurpose {
        /// The purpose that was asked for.
        purpose: ExtendedKeyUsage,
        /// Whether the certificate is a CA's.
        ca: bool,
    },
    /// Authority key identifier of another CA certificate.
    AuthorityKeyMismatch {
        /// The CA, by name.
        issuer: String,
        /// Which part differs.
        part: KeyIdentifierPart,
    },
    /// Weak key accepted.
    WeakKeyAccepted {
        /// The kind of key and its size.
        algorithm: KeyAlgorithm,
    },
    /// Certificate for another key than the request's, in a reply to that request.
    RequestKey {
        /// The certificate, by name or file.
        certificate: String,
        /// Whether it has the request's name.
        same_name: bool,
    },
    /// Certificate names another host.
    NameMismatch {
        /// The host that was asked for.
        host: Fqdn,
        /// The names in the certificate.
        names: Vec<String>,
        /// The CN.
        #[serde(skip_serializing_if = "Option::is_none")]
        common_name: Option<String>,
    },
    /// Host matched by the common name only.
    CnOnly {
        /// The CN.
        common_name: String,
    },
    /// Host named by the common name only, as in every certificate of its CA.
    CaNamesByCn {
        /// The CN.
        common_name: String,
        /// The CA.
        issuer: String,
        /// Its generation.
        generation: String,
    },
    /// SHA-1 signature not accepted.
    Sha1Refused,
    /// Path refused by OpenSSL.
    PathRefused {
        /// What was reported.
        reason: String,
    },
    /// OpenSSL failed.
    OpensslFailed {
        /// What was reported.
        reason: String,
    },
    /// Certificate profile rule broken.
    Profile {
        /// The rule.
        rule: ProfileRule,
    },
    /// Names missing from the certificate.
    RequestNames {
        /// The names of the request that the certificate lacks; at most 16.
        missing: Vec<String>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Names in the certificate that were not requested.
    NamesNotRequested {
        /// The names of the certificate that the request lacks; at most 16.
        added: Vec<String>,
        /// How many more there are.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Certificate revoked.
    Revoked {
        /// The entry of the CRL.
        entry: Box<Entry>,
        /// The CRL that says so.
        crl: String,
        /// Whether the certificate is a CA's.
        ca: bool,
    },
    /// Revocation not checked.
    RevocationUnchecked,
    /// No CRL for this certificate.
    NoCrl {
        /// Which CRL is needed.
        required: CrlRequired,
    },
    /// The available CRL cannot be used; the code is that of the fault.
    CrlUnusable {
        /// Which CRL is needed.
        required: CrlRequired,
        /// The CRL that is available.
        available: String,
        /// Why it cannot be used.
        fault: CrlFault,
    },
    /// Verdict relies on an expired CRL.
    StaleCrlUsed {
        /// When the CRL expires, or expired.
        #[serde(skip_serializing_if = "Option::is_none")]
        next_update: Option<Moment>,
        /// Whether expired CRLs were accepted, and not only warned of.
        accepted: bool,
        /// Whether it lists the certificate: that counts whatever expired CRLs are worth. Absent where it does not.
        #[serde(skip_serializing_if = "is_false")]
        listed: bool,
    },
    /// Private key in a reply.
    KeyInReply {
        /// Whether it is the key of the request.
        own: bool,
    },
    /// Reply has no endpoint certificate.
    NoEndpoint {
        /// The CAs that are there instead.
        authorities: Vec<String>,
    },
    /// Reply has several endpoint certificates.
    SeveralEndpoints {
        /// Each one's name and location.
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
            Problem::NetscapeTypeRefused { .. } => Code::PurposeRefused,
            Problem::KeyNotPermitted { .. } => Code::KeyNotPermitted,
            Problem::UnknownVersion { .. } => Code::UnknownVersion,
            Problem::UnsupportedAlgorithm { .. } => Code::UnsupportedAlgorithm,
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
            Problem::MalformedExtension { .. } | Problem::ExtensionNotDer { .. } => {
                Code::MalformedExtension
            }
            Problem::FieldUnread { .. } => Code::FieldUnread,
            Problem::RepeatedExtension { .. } => Code::RepeatedExtension,
            Problem::OddSerial { .. } => Code::OddSerial,
            Problem::NeverValid { .. } => Code::NeverValid,
            Problem::KeyReadable => Code::KeyReadable,
            Problem::OddTime { .. } => Code::OddTime,
            Problem::NoDnsName { .. } => Code::NoDnsName,
            Problem::WildcardName { .. } => Code::WildcardName,
            Problem::OddName { .. } => Code::OddName,
            Problem::OddRequest { .. } => Code::OddRequest,
            Problem::SignatureMismatch => Code::SignatureMismatch,
            Problem::OpensslUnreadable { .. } => Code::OpensslUnreadable,
            Problem::MismatchedKey { .. } | Problem::MismatchedPublicKey { .. } => {
                Code::MismatchedKey
            }
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
            Problem::WrongEnvironment { .. } | Problem::EnvironmentUnknown { .. } => {
                Code::WrongEnvironment
            }
            Problem::EnvironmentUnchecked { .. } => Code::EnvironmentUnchecked,
            Problem::SubCaNotSent { .. } => Code::SubCaNotSent,
            Problem::IssuerNotYetValid { .. } => Code::IssuerNotYetValid,
            Problem::IssuerMayNotSign { .. } => Code::IssuerMayNotSign,
            Problem::PathLength { .. } => Code::PathLength,
            Problem::NameConstraint { .. } => Code::NameConstraint,
            Problem::PolicyRefused { .. } => Code::PolicyRefused,
            Problem::PurposeRefused { .. } => Code::PurposeRefused,
            Problem::KeyUsageRefused { .. } => Code::PurposeRefused,
            Problem::KeyCannotSign { .. } => Code::PurposeRefused,
            Problem::AnyPurpose { .. } => Code::AnyPurpose,
            Problem::AuthorityKeyMismatch { .. } => Code::AuthorityKeyMismatch,
            Problem::WeakKeyAccepted { .. } => Code::WeakKeyAccepted,
            Problem::RequestKey { .. } => Code::RequestMismatch,
            Problem::NameMismatch { .. } => Code::NameMismatch,
            Problem::CnOnly { .. } => Code::CnOnly,
            Problem::CaNamesByCn { .. } => Code::CaNamesByCn,
            Problem::Sha1Refused => Code::Sha1Refused,
            Problem::PathRefused { .. } => Code::PathRefused,
            Problem::OpensslFailed { .. } => Code::OpensslFailed,
            Problem::Profile { .. } => Code::Profile,
            Problem::RequestNames { .. } => Code::RequestNames,
            Problem::NamesNotRequested { .. } => Code::NamesNotRequested,
            Problem::Revoked { .. } => Code::Revoked,
            Problem::RevocationUnchecked => Code::RevocationUnchecked,
            Problem::NoCrl { .. } => Code::NoCrl,
            Problem::CrlUnusable { fault, .. } => fault.code(),
            Problem::StaleCrlUsed {
                accepted: true,
                listed: false,
                ..
            } => Code::StaleCrlAccepted,
            Problem::StaleCrlUsed { .. } => Code::StaleCrlUsed,
            Problem::KeyInReply { .. } => Code::KeyInReply,
            Problem::NoEndpoint { .. } => Code::NoEndpoint,
            Problem::SeveralEndpoints { .. } => Code::SeveralEndpoints,
            Problem::Connection(problem) => problem.code(),
        }
    }

    /// Whether it leaves a question open instead of answering it.
    pub(crate) fn is_open(&self) -> bool {
        matches!(
            self,
            Problem::NoCrl { .. }
                | Problem::CrlUnusable { .. }
                | Problem::OpensslFailed { .. }
                | Problem::ChainUnresolved
                | Problem::EnvironmentUnknown { .. }
        )
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.code().severity()
    }

    /// The facts of the case by name, such as `not_after`; none where the code says all there is to say.
    ///
    /// ```
    /// use ptl_cert::verdict::Problem;
    ///
    /// let problem = Problem::IssuerExpired {
    ///     issuer: "NHS INT Level 1C".to_owned(),
    ///     not_after: "2026-12-05T10:00:00Z".parse()?,
    /// };
    /// assert_eq!(problem.facts()["not_after"], "2026-12-05T10:00:00Z");
    /// # Ok::<(), ptl_cert::document::MomentError>(())
    /// ```
    pub fn facts(&self) -> Map<String, Value> {
        facts(self)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
pub(super) fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_false(is: &bool) -> bool {
    !is
}

/// How many things of one kind a finding names.
pub(super) const NAMED_LIMIT: usize = 16;

/// The first of many things that a finding names, and how many more there are: what is said of a CA is said for each
/// certificate below it, and a CA's certificate made for it has tens of thousands of extensions.
pub(super) fn first<T>(mut all: impl Iterator<Item = T>) -> (Vec<T>, usize) {
    let first = all.by_ref().take(NAMED_LIMIT).collect();
    (first, all.count())
}

/// The facts of a problem, which serialises as an object, or as null where it has none.
pub(super) fn facts(problem: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(problem) {
        Ok(Value::Object(facts)) => facts,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts_of(problem: &Problem) -> Value {
        Value::Object(problem.facts())
    }

    #[test]
    fn the_facts_of_a_problem_are_the_fields_that_are_known() {
        let not_after = Moment::from_unix(1_796_464_800).unwrap();
        let expired = Problem::Expired {
            not_after,
            days: 3,
            ca: false,
        };
        assert_eq!(
            facts_of(&expired),
            json!({ "not_after": "2026-12-05T10:00:00Z", "days": 3, "ca": false })
        );
        let root = Problem::NotNhsIssuer { root: None };
        assert_eq!(facts_of(&root), json!({}));
        assert_eq!(facts_of(&Problem::SelfSigned), json!({}));
    }

    #[test]
    fn facts_that_are_themselves_of_several_kinds_say_which() {
        let oddity = NameOddity::Unreadable {
            attribute: "CN".to_owned(),
        };
        assert_eq!(
            facts_of(&Problem::OddName { oddity }),
            json!({ "oddity": { "kind": "unreadable", "attribute": "CN" } })
        );
        let damage = Damage::LineMisspelt { line: 1 };
        assert_eq!(
            facts_of(&Problem::Repaired { damage }),
            json!({ "damage": { "kind": "line_misspelt", "line": 1 } })
        );
        let part = KeyIdentifierPart::Serial;
        let mismatch = Problem::AuthorityKeyMismatch {
            issuer: "A".to_owned(),
            part,
        };
        assert_eq!(
            facts_of(&mismatch),
            json!({ "issuer": "A", "part": "serial" })
        );
    }

    #[test]
    fn the_facts_of_a_connection_are_those_of_its_problem() {
        let refused = Problem::Connection(ConnectionProblem::TcpRefused {
            addresses: vec!["192.0.2.1:443".to_owned()],
        });
        assert_eq!(
            facts_of(&refused),
            json!({ "addresses": ["192.0.2.1:443"] })
        );
        let none = Problem::Connection(ConnectionProblem::NoResponse);
        assert_eq!(facts_of(&none), json!({}));
    }
}
