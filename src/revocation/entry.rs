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

    /// Whether the revocation date is one of those that surely read: a UTCTime with seconds and `Z`, of a day that its month has
    /// in every year. Every other one has to be read to be known to read.
    ///
    /// Octets are compared eight at a time and without a branch between them: one by one this took a third of the pass without
    /// its digest.
    #[inline]
    pub(super) fn has_usual_time(&self) -> bool {
        let Ok(time) = <&[u8; 15]>::try_from(self.time) else {
            return false;
        };
        let [_, _, _, _, month_to_minute @ .., _, _, _] = time;
        let (Some(first), Some(last)) = (time.first_chunk(), time.last_chunk()) else {
            return false;
        };
        // Month, day, hour and minute as numbers, 16 bits each: whatever the octets are, no product leaves its own eight bits.
        let digits = u64::from_le_bytes(*month_to_minute) & 0x0f0f_0f0f_0f0f_0f0f;
        let numbers = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
        let (month, day) = (numbers & 0xff, numbers >> 16 & 0xff);
        const TOP: u64 = 0x8000_8000_8000_8000;
        let below = !(numbers + (TOP - 0x0000_0000_0001_0001));
        let above = numbers + (TOP - 0x0001_0001_0001_0001 - 0x003b_0017_001f_000c);
        // How many days more than 28, in two bits for each month from 0 on.
        const MORE: u64 = 0b11_10_11_10_11_11_10_11_10_11_00_11_00;
        let days = 28 + (MORE >> ((month * 2) & 31) & 3);
        let octets = outside(first, b"\x17\x0d000000", b"\x17\x0d991939")
            | outside(last, b"0000000Z", b"9295959Z");
        (octets | (below | above) & TOP) == 0 && day <= days
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

/// The top bits of those octets that are not between the two given ones; none where all are.
#[inline]
fn outside(octets: &[u8; 8], least: &[u8; 8], most: &[u8; 8]) -> u64 {
    const TOP: u64 = 0x8080_8080_8080_8080;
    const REST: u64 = !TOP;
    let octets = u64::from_le_bytes(*octets);
    let (least, most) = (u64::from_le_bytes(*least), u64::from_le_bytes(*most));
    // Octets from 0x80 on, which nothing allows, may carry into the next one, and are found by themselves.
    let below = !octets.wrapping_add(TOP - least);
    let above = octets.wrapping_add(REST - most);
    (octets | below | above) & TOP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_usual(time: &[u8]) -> bool {
        RawEntry {
            serial: &[1],
            time,
            extensions: &[],
        }
        .has_usual_time()
    }

    fn utc(digits: &str) -> Vec<u8> {
        [b"\x17\x0d", digits.as_bytes(), b"Z"].concat()
    }

    #[test]
    fn a_date_is_usual_exactly_where_it_reads_but_for_leap_days() {
        let pairs = |changed: usize, value: u32| {
            let mut fields = [24, 6, 15, 12, 30, 30];
            fields[changed] = value;
            fields.map(|field| format!("{field:02}")).concat()
        };
        for field in 0..6 {
            for value in 0..100 {
                let time = utc(&pairs(field, value));
                assert_eq!(is_usual(&time), read_time(&time).is_ok(), "{time:?}");
            }
        }
        for (month, day) in (0..20).flat_map(|month| (0..40).map(move |day| (month, day))) {
            let time = utc(&format!("24{month:02}{day:02}235959"));
            let reads = read_time(&time).is_ok() && (month, day) != (2, 29);
            assert_eq!(is_usual(&time), reads, "{month} {day}");
        }
    }

    #[test]
    fn no_other_octet_at_any_place_makes_a_usual_date() {
        for date in [
            "000101000000",
            "991231235959",
            "240930195959",
            "490210091111",
        ] {
            let time = utc(date);
            assert!(is_usual(&time), "{date}");
            for place in 0..time.len() {
                for octet in 0..=u8::MAX {
                    let mut changed = time.clone();
                    changed[place] = octet;
                    let reads = read_time(&changed).is_ok();
                    assert!(reads || !is_usual(&changed), "{changed:x?}");
                    let is_digit = (2..14).contains(&place) && octet.is_ascii_digit();
                    if octet != time[place] && !is_digit {
                        assert!(!is_usual(&changed), "{changed:x?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_time_of_another_form_is_not_usual() {
        for time in [
            &b""[..],
            b"\x17\x0b2406151230Z",
            b"\x18\x0f20240615123030Z",
            b"\x17\x0d240615123030",
            b"\x17\x0d240615123030ZZ",
        ] {
            assert!(!is_usual(time), "{time:x?}");
        }
    }
}
