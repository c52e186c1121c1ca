//! One entry of a CRL (RFC 5280 section 5.3).

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::document::crl::read_time;
use crate::document::der::{self, Malformed};
use crate::document::extension::{GeneralName, general_names};
use crate::document::{Moment, Serial};

/// One revoked certificate, as a CRL names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Entry {
    /// The serial number.
    pub serial: Serial,
    /// When the CA revoked it.
    pub revoked_at: Moment,
    /// Why; `None` where the entry does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<RevocationReason>,
    /// Since when it is suspected to be bad, which may be earlier (section 5.3.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalidity_date: Option<Moment>,
    /// Whose certificate it is, as this entry or the nearest one before it says (section 5.3.3); `None` means the
    /// issuer of the CRL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_issuer: Option<Vec<GeneralName>>,
    /// OIDs of this entry's critical extensions that are not understood here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_critical: Vec<String>,
}

/// Why a certificate was revoked (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the names are the standard's and say all there is to say"
)]
pub enum RevocationReason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    RemoveFromCrl,
    PrivilegeWithdrawn,
    AaCompromise,
    /// A number that the standard does not define.
    Other(u8),
}

impl Entry {
    /// Whether a later CRL cannot take it back. Only a hold can be lifted (RFC 5280 section 5.3.1).
    pub fn is_permanent(&self) -> bool {
        !matches!(
            self.reason,
            Some(RevocationReason::CertificateHold | RevocationReason::RemoveFromCrl)
        )
    }
}

impl RevocationReason {
    fn of(number: u8) -> RevocationReason {
        match number {
            0 => RevocationReason::Unspecified,
            1 => RevocationReason::KeyCompromise,
            2 => RevocationReason::CaCompromise,
            3 => RevocationReason::AffiliationChanged,
            4 => RevocationReason::Superseded,
            5 => RevocationReason::CessationOfOperation,
            6 => RevocationReason::CertificateHold,
            8 => RevocationReason::RemoveFromCrl,
            9 => RevocationReason::PrivilegeWithdrawn,
            10 => RevocationReason::AaCompromise,
            other => RevocationReason::Other(other),
        }
    }
}

/// The standard's name.
impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RevocationReason::Unspecified => "unspecified",
            RevocationReason::KeyCompromise => "keyCompromise",
            RevocationReason::CaCompromise => "cACompromise",
            RevocationReason::AffiliationChanged => "affiliationChanged",
            RevocationReason::Superseded => "superseded",
            RevocationReason::CessationOfOperation => "cessationOfOperation",
            RevocationReason::CertificateHold => "certificateHold",
            RevocationReason::RemoveFromCrl => "removeFromCRL",
            RevocationReason::PrivilegeWithdrawn => "privilegeWithdrawn",
            RevocationReason::AaCompromise => "aACompromise",
            RevocationReason::Other(number) => return write!(f, "undefined reason {number}"),
        })
    }
}

impl Serialize for RevocationReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for RevocationReason {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RevocationReason".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "RFC 5280's name of the reason, or \"undefined reason\" and its number" })
    }
}

/// The bytes of one entry, split into fields and not yet interpreted.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawEntry<'a> {
    /// The serial number's contents octets; at least one.
    pub(super) serial: &'a [u8],
    /// The revocation date, header included.
    pub(super) time: &'a [u8],
    /// The contents of crlEntryExtensions; empty where it is absent.
    pub(super) extensions: &'a [u8],
}

/// One extension of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawExtension<'a> {
    /// The OID's contents octets.
    pub(super) oid: &'a [u8],
    pub(super) critical: bool,
    /// The contents of the OCTET STRING.
    pub(super) value: &'a [u8],
}

pub(super) const REASON: &[u8] = &[0x55, 29, 21];
pub(super) const INVALIDITY_DATE: &[u8] = &[0x55, 29, 24];
pub(super) const CERTIFICATE_ISSUER: &[u8] = &[0x55, 29, 29];

impl RawExtension<'_> {
    /// Whether it is critical and none of the three that are understood.
    pub(super) fn is_unknown_critical(&self) -> bool {
        self.critical && ![REASON, INVALIDITY_DATE, CERTIFICATE_ISSUER].contains(&self.oid)
    }

    /// The OID as text; as hex where it is no OID.
    pub(super) fn dotted(&self) -> String {
        der::dotted(self.oid)
    }
}

impl<'a> RawEntry<'a> {
    /// Whether the only extension is a plain reason, as in nearly every entry of nearly every CRL.
    #[inline]
    pub(super) fn has_at_most_a_reason(&self) -> bool {
        matches!(
            self.extensions,
            [] | [0x30, 10, 6, 3, 0x55, 29, 21, 4, 3, 10, 1, _]
        )
    }

    /// Whether the revocation date is one of those that surely read: a UTCTime with seconds and `Z`, in the first four weeks of a
    /// month. Every other one has to be read to be known to read.
    #[inline]
    pub(super) fn has_usual_time(&self) -> bool {
        let [0x17, 13, digits @ .., b'Z'] = self.time else {
            return false;
        };
        let number = |at: usize| match digits.get(at..at + 2) {
            Some([tens, ones]) => u32::from(tens - b'0') * 10 + u32::from(ones - b'0'),
            _ => u32::MAX,
        };
        digits.len() == 12
            && digits.iter().all(u8::is_ascii_digit)
            && matches!(number(2), 1..=12)
            && matches!(number(4), 1..=28)
            && number(6) < 24
            && number(8) < 60
            && number(10) < 60
    }

    pub(super) fn extensions(
        &self,
    ) -> impl Iterator<Item = Result<RawExtension<'a>, Malformed>> + use<'a> {
        der::elements(self.extensions).map(|element| {
            let element = element?;
            if element.identifier != 0x30 {
                return Err(Malformed);
            }
            let mut fields = der::elements(element.content);
            let oid = fields.next().ok_or(Malformed)??;
            let mut value = fields.next().ok_or(Malformed)??;
            let mut critical = false;
            if let (0x01, [flag]) = (value.identifier, value.content) {
                critical = *flag != 0;
                value = fields.next().ok_or(Malformed)??;
            }
            if oid.identifier != 0x06 || value.identifier != 0x04 || fields.next().is_some() {
                return Err(Malformed);
            }
            Ok(RawExtension {
                oid: oid.content,
                critical,
                value: value.content,
            })
        })
    }

    /// Understands the entry; `certificate_issuer` is the value of the extension in force at it.
    pub(super) fn read(&self, certificate_issuer: Option<&[u8]>) -> Result<Entry, Malformed> {
        let mut entry = Entry {
            serial: Serial::from_octets(self.serial),
            revoked_at: read_time(self.time)?,
            reason: None,
            invalidity_date: None,
            certificate_issuer: certificate_issuer
                .map(|names| general_names(der::only(names, 0x30)?))
                .transpose()?,
            unknown_critical: Vec::new(),
        };
        if let [0x30, 10, 6, 3, 0x55, 29, 21, 4, 3, 10, 1, number] = self.extensions {
            entry.reason = Some(RevocationReason::of(*number));
            return Ok(entry);
        }
        for extension in self.extensions() {
            let extension = extension?;
            match extension.oid {
                REASON if entry.reason.is_none() => match der::only(extension.value, 0x0a)? {
                    [number] => entry.reason = Some(RevocationReason::of(*number)),
                    _ => return Err(Malformed),
                },
                INVALIDITY_DATE if entry.invalidity_date.is_none() => {
                    entry.invalidity_date = Some(read_time(extension.value)?);
                }
                REASON | INVALIDITY_DATE => return Err(Malformed),
                _ if extension.is_unknown_critical() => {
                    entry.unknown_critical.push(extension.dotted());
                }
                _ => {}
            }
        }
        Ok(entry)
    }
}
