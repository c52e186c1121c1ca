//! What the product says of each defect.

use crate::lab::Defect;
use crate::verdict::Code;

/// Who says what of a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Nothing is reported: it is no defect.
    Nothing,
    /// verify refuses, or cannot decide, for this reason.
    Verify(Code),
    /// verify says it beside a good verdict.
    Remark(Code),
    /// accept refuses for this reason; verify does not ask.
    Accept(Code),
    /// inspect finds it.
    Inspect(Code),
    /// The input cannot be read.
    Unreadable,
    /// Nothing yet: it takes the CRL before this one to see it.
    Admission,
}

/// Who says what of each defect.
pub(super) fn says(defect: Defect) -> Says {
    use Says::{Accept, Admission, Inspect, Nothing, Remark, Unreadable, Verify};
    match defect {
        Defect::Expired => Verify(Code::Expired),
        Defect::NotYetValid => Verify(Code::NotYetValid),
        Defect::ExpiresSoon => Inspect(Code::ExpiresSoon),
        Defect::PrivateKeyPeriodOver => Inspect(Code::PrivateKeyPeriodOver),
        Defect::KeyMismatch => Accept(Code::MismatchedKey),
        Defect::WeakKey => Inspect(Code::WeakKey),
        Defect::WrongName => Verify(Code::NameMismatch),
        Defect::NamesLeftOut => Accept(Code::RequestNames),
        Defect::NoSan => Inspect(Code::NoSan),
        Defect::CnNotSan => Inspect(Code::CnNotSan),
        Defect::WildcardName => Inspect(Code::WildcardName),
        Defect::NoName => Inspect(Code::NoName),
        Defect::Md5Signature => Verify(Code::BrokenSignature),
        Defect::Sha1Signature => Remark(Code::Sha1Signature),
        Defect::SignatureMismatch => Inspect(Code::SignatureMismatch),
        Defect::BadSignature | Defect::SiblingIssuer => Verify(Code::IssuerSignature),
        Defect::UnknownCritical | Defect::SubUnknownCritical => Verify(Code::UnknownCritical),
        Defect::MalformedExtension => Verify(Code::MalformedExtension),
        Defect::RepeatedExtension => Verify(Code::RepeatedExtension),
        Defect::SerialNegative | Defect::SerialZero | Defect::SerialTooLong => {
            Inspect(Code::OddSerial)
        }
        Defect::SerialTwentyOctets | Defect::NoExtendedKeyUsage | Defect::RootMissing => Nothing,
        Defect::NoServerAuth | Defect::SubPurpose => Verify(Code::PurposeRefused),
        Defect::NoClientAuth => Accept(Code::PurposeRefused),
        Defect::NoDigitalSignature => Inspect(Code::UsageMissing),
        Defect::NoDistributionPoint => Inspect(Code::NoCdp),
        Defect::LdapDistributionPoint => Inspect(Code::CdpNotFetchable),
        Defect::SelfSigned => Verify(Code::SelfSigned),
        Defect::LeafIsCa | Defect::LeafMissing | Defect::RequestReturned => {
            Accept(Code::NoEndpoint)
        }
        Defect::OtherEnvironment => Verify(Code::WrongEnvironment),
        Defect::SigningCa => Accept(Code::SigningCa),
        Defect::SubExpired | Defect::RootExpired => Verify(Code::IssuerExpired),
        Defect::SubNotYetValid => Verify(Code::IssuerNotYetValid),
        Defect::RootUntrusted => Verify(Code::UntrustedRoot),
        Defect::SubNotCa => Verify(Code::IssuerNotCa),
        Defect::SubMayNotSign => Verify(Code::IssuerMayNotSign),
        Defect::SubMayNotSignCrls => Verify(Code::CrlSignerMayNot),
        Defect::PathLength => Verify(Code::PathLength),
        Defect::NameConstraint => Verify(Code::NameConstraint),
        Defect::PolicyRequired => Verify(Code::PolicyRefused),
        Defect::SubMd5 => Verify(Code::BrokenSignature),
        Defect::SubWeakKey => Inspect(Code::WeakKey),
        Defect::SubMissing => Remark(Code::SubCaNotSent),
        Defect::WrongOrder => Inspect(Code::OrderWrong),
        Defect::SeveralLeaves => Accept(Code::SeveralEndpoints),
        Defect::Duplicate => Inspect(Code::Duplicate),
        Defect::CrlStale => Verify(Code::CrlStale),
        Defect::CrlNotYetValid => Verify(Code::CrlNotYetValid),
        Defect::CrlNoNextUpdate => Verify(Code::CrlNoNextUpdate),
        Defect::CrlMd5 => Verify(Code::BrokenSignature),
        Defect::CrlBadSignature | Defect::CrlSiblingKey => Verify(Code::CrlSignature),
        Defect::CrlOtherIssuer => Verify(Code::CrlIssuer),
        Defect::CrlWrongPartition | Defect::CrlWrongKind => Verify(Code::CrlScope),
        Defect::CrlRollbackDate | Defect::CrlRollbackNumber => Admission,
        Defect::CrlNoNumber => Remark(Code::Profile),
        Defect::CrlUnknownCritical | Defect::CrlEntryUnknownCritical => {
            Verify(Code::CrlUnknownCritical)
        }
        Defect::CrlIndirectUnmarked => Verify(Code::CrlIndirect),
        Defect::CrlSomeReasons => Verify(Code::CrlReasons),
        Defect::CrlDelta => Verify(Code::CrlDelta),
        Defect::CrlUnreadable => Verify(Code::CrlUnreadable),
        Defect::Utf16
        | Defect::Bom
        | Defect::Mail
        | Defect::QuotedPrintable
        | Defect::NoPemLines
        | Defect::OneLine
        | Defect::Pkcs7AsPem
        | Defect::JoinedDer => Inspect(Code::Repaired),
        Defect::Crlf => Nothing,
        Defect::WrongLabel => Inspect(Code::WrongLabel),
        Defect::Truncated | Defect::Html | Defect::Empty => Unreadable,
    }
}
