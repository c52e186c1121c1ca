//! Everything that we know how to break.

use std::fmt;
use std::str::FromStr;

/// What a defect is a defect of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DefectTarget {
    /// The endpoint's certificate itself.
    Leaf,
    /// The CAs above it: the certificate then comes from a lab sub CA made for the defect, whose name says so,
    /// because a genuine CA of the same name and key would heal the chain.
    Chain,
    /// Which certificates a reply has, and in which order.
    Reply,
    /// What a CRL says, or who signed it.
    Crl,
    /// How a reply or a CRL is written down.
    Encoding,
}

macro_rules! defects {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $target:ident;)*) => {
        /// One thing that is wrong on purpose. The text of a name never changes once released.
        ///
        /// Several may be given at once; those of one target are all made. Two of a kind that exclude each other
        /// (two dates of one CRL, say) yield the one that is later in [`Defect::ALL`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Defect { $($(#[doc = $doc])+ $name,)* }

        impl Defect {
            /// Every defect, by target.
            pub const ALL: &'static [Defect] = &[$(Defect::$name,)*];

            /// The name as scripts and people write it.
            pub fn as_str(self) -> &'static str {
                match self { $(Defect::$name => $text,)* }
            }

            /// What it is, in a sentence.
            pub fn describe(self) -> &'static str {
                match self { $(Defect::$name => concat!($($doc),+).trim_ascii(),)* }
            }

            /// What it is a defect of.
            pub fn target(self) -> DefectTarget {
                match self { $(Defect::$name => DefectTarget::$target,)* }
            }
        }
    };
}

defects! {
    /// The certificate expired the day before it was made.
    Expired = "expired", Leaf;
    /// The certificate becomes valid a day after it was made.
    NotYetValid = "not-yet-valid", Leaf;
    /// The certificate expires within two weeks.
    ExpiresSoon = "expires-soon", Leaf;
    /// The private key usage period is over, but the certificate is still valid.
    PrivateKeyPeriodOver = "private-key-period-over", Leaf;
    /// The certificate is for a different key from the request's.
    KeyMismatch = "key-mismatch", Leaf;
    /// The certificate is for a 1024-bit key, not for the request's.
    WeakKey = "weak-key", Leaf;
    /// The certificate is for a different host from the request's.
    WrongName = "wrong-name", Leaf;
    /// The certificate leaves out all alternative names that the request asks for.
    NamesLeftOut = "names-left-out", Leaf;
    /// The certificate has no subject alternative name.
    NoSan = "no-san", Leaf;
    /// The common name is not among the subject alternative names.
    CnNotSan = "cn-not-san", Leaf;
    /// The certificate names a wildcard instead of the request's host.
    WildcardName = "wildcard-name", Leaf;
    /// The certificate names no host.
    NoName = "no-name", Leaf;
    /// The certificate is signed with MD5.
    Md5Signature = "md5-signature", Leaf;
    /// The certificate is signed with SHA-1, whatever its generation.
    Sha1Signature = "sha1-signature", Leaf;
    /// The certificate names one signature algorithm in the signed part and another outside it.
    SignatureMismatch = "signature-mismatch", Leaf;
    /// One bit of the certificate's signature is wrong.
    BadSignature = "bad-signature", Leaf;
    /// The certificate has a critical extension that no software understands.
    UnknownCritical = "unknown-critical", Leaf;
    /// The certificate has an extension that cannot be read.
    MalformedExtension = "malformed-extension", Leaf;
    /// The certificate has one extension twice.
    RepeatedExtension = "repeated-extension", Leaf;
    /// The serial number is negative.
    SerialNegative = "serial-negative", Leaf;
    /// The serial number is zero.
    SerialZero = "serial-zero", Leaf;
    /// The serial number has 20 octets, the maximum: not a defect, but some software treats it as one.
    SerialTwentyOctets = "serial-20-octets", Leaf;
    /// The serial number has 21 octets, one more than is allowed.
    SerialTooLong = "serial-21-octets", Leaf;
    /// The extended key usage lacks serverAuth.
    NoServerAuth = "no-server-auth", Leaf;
    /// The extended key usage lacks clientAuth.
    NoClientAuth = "no-client-auth", Leaf;
    /// The key usage lacks digitalSignature, which every TLS handshake with forward secrecy needs.
    NoDigitalSignature = "no-digital-signature", Leaf;
    /// The certificate has no extended key usage: not a defect by the standard, which then allows every purpose.
    NoExtendedKeyUsage = "no-extended-key-usage", Leaf;
    /// The certificate has no distribution point.
    NoDistributionPoint = "no-distribution-point", Leaf;
    /// The certificate's only distribution point is an LDAP URL without a server.
    LdapDistributionPoint = "ldap-distribution-point", Leaf;
    /// The certificate is self-signed, with a lab key, because the CA does not have the request's.
    SelfSigned = "self-signed", Leaf;
    /// The certificate is marked as a CA's.
    LeafIsCa = "leaf-is-ca", Leaf;
    /// The certificate comes from the sub CA of another environment.
    OtherEnvironment = "other-environment", Leaf;
    /// The certificate comes from the sub CA for message signatures.
    SigningCa = "signing-ca", Leaf;
    /// The certificate is signed in its sub CA's name, but with a different key.
    SiblingIssuer = "sibling-issuer", Leaf;

    /// The sub CA expired the day before the lab was created.
    SubExpired = "sub-expired", Chain;
    /// The sub CA becomes valid two years after the lab was created.
    SubNotYetValid = "sub-not-yet-valid", Chain;
    /// The root expired the day before the lab was created.
    RootExpired = "root-expired", Chain;
    /// The root is not trusted.
    RootUntrusted = "root-untrusted", Chain;
    /// The sub CA's certificate is not marked as a CA's.
    SubNotCa = "sub-not-ca", Chain;
    /// The sub CA may not sign certificates: its key usage lacks keyCertSign.
    SubMayNotSign = "sub-may-not-sign", Chain;
    /// The sub CA may not sign CRLs: its key usage lacks cRLSign.
    SubMayNotSignCrls = "sub-may-not-sign-crls", Chain;
    /// There is one more CA below the sub CA than its path length allows.
    PathLength = "path-length", Chain;
    /// The sub CA may issue only for other names.
    NameConstraint = "name-constraint", Chain;
    /// The sub CA requires a policy that the certificate does not have.
    PolicyRequired = "policy-required", Chain;
    /// The sub CA is for clients only.
    SubPurpose = "sub-purpose", Chain;
    /// The sub CA has a critical extension that no software understands.
    SubUnknownCritical = "sub-unknown-critical", Chain;
    /// The sub CA's certificate is signed with MD5.
    SubMd5 = "sub-md5", Chain;
    /// The sub CA's key has 1024 bits.
    SubWeakKey = "sub-weak-key", Chain;

    /// The reply has no sub CA.
    SubMissing = "sub-missing", Reply;
    /// The reply has no root: not a defect, because no root is used from a reply.
    RootMissing = "root-missing", Reply;
    /// The reply has the CAs before the certificate.
    WrongOrder = "wrong-order", Reply;
    /// The reply has the CAs only.
    LeafMissing = "leaf-missing", Reply;
    /// The reply has a second certificate, for another host and key.
    SeveralLeaves = "several-leaves", Reply;
    /// The reply has the certificate twice.
    Duplicate = "duplicate", Reply;
    /// The reply is the request.
    RequestReturned = "request-returned", Reply;

    /// The CRL expired the day before.
    CrlStale = "crl-expired", Crl;
    /// The CRL becomes valid a day later.
    CrlNotYetValid = "crl-not-yet-valid", Crl;
    /// The CRL has no nextUpdate.
    CrlNoNextUpdate = "crl-no-next-update", Crl;
    /// One bit of the CRL's signature is wrong.
    CrlBadSignature = "crl-bad-signature", Crl;
    /// The CRL is signed in its CA's name, but with a different key.
    CrlSiblingKey = "crl-sibling-key", Crl;
    /// The CRL is another CA's.
    CrlOtherIssuer = "crl-other-issuer", Crl;
    /// The CRL is for a partition that no certificate names.
    CrlWrongPartition = "crl-wrong-partition", Crl;
    /// The CRL is for attribute certificates only.
    CrlWrongKind = "crl-wrong-kind", Crl;
    /// The CRL is older than the one before it, by its date.
    CrlRollbackDate = "crl-rollback-date", Crl;
    /// The CRL is older than the one before it, by its number.
    CrlRollbackNumber = "crl-rollback-number", Crl;
    /// The CRL has no number.
    CrlNoNumber = "crl-no-number", Crl;
    /// The CRL has a critical extension that no software understands.
    CrlUnknownCritical = "crl-unknown-critical", Crl;
    /// An entry of the CRL has a critical extension that no software understands.
    CrlEntryUnknownCritical = "crl-entry-unknown-critical", Crl;
    /// An entry names another issuer, but the CRL is not marked as indirect.
    CrlIndirectUnmarked = "crl-indirect-unmarked", Crl;
    /// The CRL covers some reasons for revocation only.
    CrlSomeReasons = "crl-some-reasons", Crl;
    /// The CRL is a delta, and its base CRL is not available.
    CrlDelta = "crl-delta", Crl;
    /// An entry of the CRL cannot be read.
    CrlUnreadable = "crl-unreadable", Crl;
    /// The CRL is signed with MD5.
    CrlMd5 = "crl-md5", Crl;

    /// The text is UTF-16, as PowerShell's > writes it.
    Utf16 = "utf-16", Encoding;
    /// The text begins with a byte order mark.
    Bom = "bom", Encoding;
    /// The text has Windows line endings: not a defect, but some software treats it as one.
    Crlf = "crlf", Encoding;
    /// The text is quoted in a mail.
    Mail = "mail", Encoding;
    /// The text is in a mail's quoted-printable encoding.
    QuotedPrintable = "quoted-printable", Encoding;
    /// The base64 text of one object has lost its BEGIN and END lines.
    NoPemLines = "no-pem-lines", Encoding;
    /// The base64 text has no line endings.
    OneLine = "one-line", Encoding;
    /// The PEM label says certificate or CRL, but the content is a PKCS#7 bundle.
    Pkcs7AsPem = "pkcs7-as-pem", Encoding;
    /// The PEM label says certificate request, whatever the content is.
    WrongLabel = "wrong-label", Encoding;
    /// The DER objects follow one another without a container.
    JoinedDer = "joined-der", Encoding;
    /// Only the first two thirds arrived.
    Truncated = "truncated", Encoding;
    /// A web page arrived instead: a proxy's, or a captive portal's.
    Html = "html", Encoding;
    /// Nothing arrived.
    Empty = "empty", Encoding;
}

impl Defect {
    /// The defect of this name, in any letter case.
    ///
    /// # Errors
    /// [`UnknownDefect`] with the text.
    pub fn parse(name: &str) -> Result<Defect, UnknownDefect> {
        let wanted = name.trim().to_ascii_lowercase();
        Defect::ALL
            .iter()
            .copied()
            .find(|defect| defect.as_str() == wanted)
            .ok_or_else(|| UnknownDefect(name.to_owned()))
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(text: &str) -> Result<Defect, UnknownDefect> {
        Defect::parse(text)
    }
}

/// A text that is no defect's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no defect {0:?}")]
pub struct UnknownDefect(pub String);
