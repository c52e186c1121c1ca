//! The header of a certificate CRL (RFC 5280 section 5): everything but its entries.

use schemars::JsonSchema;
use serde::Serialize;
use time::{Date, Month};
use x509_parser::extensions::X509Extension;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AlgorithmIdentifier, X509Name};

use super::certificate::moment;
use super::der::{self, Malformed};
use super::extension::{AuthorityKeyIdentifier, IssuingDistributionPoint};
use super::{CrlNumber, Moment, Name, SignatureAlgorithm};

/// What a CRL says about itself. The entries have not been looked at, and the signature has not
/// been checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Crl {
    /// The version as people count it: 1 or 2.
    pub version: u32,
    /// Who signed it.
    pub issuer: Name,
    /// When it was made.
    pub this_update: Moment,
    /// By when there will be a newer one; after it the CRL is stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Moment>,
    /// How it was signed.
    pub signature: SignatureAlgorithm,
    /// Its number (RFC 5280 section 5.2.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<CrlNumber>,
    /// Whether the number is marked critical, which section 5.2.3 forbids and OpenSSL does not understand.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub number_critical: bool,
    /// Since when the CRL keeps the entries of certificates that have expired (expiredCertsOnCRL, X.509 section 9.5.2.8): of
    /// those that expired at this moment or later. Without it an entry may go once its certificate has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeps_expired_since: Option<Moment>,
    /// For a delta CRL: the number of the CRL it builds on (section 5.2.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_number: Option<CrlNumber>,
    /// Which certificates it answers for (section 5.2.5); absent means all of its issuer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_distribution_point: Option<IssuingDistributionPoint>,
    /// Which of the issuer's keys signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_key_identifier: Option<AuthorityKeyIdentifier>,
    /// OIDs of critical extensions that are not understood here: such a CRL may not be relied on (section 5.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_critical: Vec<String>,
    /// The length of the CRL of entries in bytes; 0 when nothing is revoked.
    pub entries_length: usize,
    /// The length of the whole CRL in bytes.
    pub length: usize,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const EXTENSIONS: u8 = 0xa0;

/// The parts of a CRL's DER that are needed again after its header was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    /// The tbsCertList, header included: what was signed.
    pub(crate) signed: &'a [u8],
    /// The contents of revokedCertificates; empty where it is absent.
    pub(crate) entries: &'a [u8],
    /// The AlgorithmIdentifier inside the signed part.
    pub(crate) inner_algorithm: &'a [u8],
    /// The AlgorithmIdentifier outside it.
    pub(crate) algorithm: &'a [u8],
    /// The contents of the signature's BIT STRING, the count of unused bits included.
    pub(crate) signature: &'a [u8],
}

impl Crl {
    /// Reads the header of a DER list that fills `bytes` exactly. The entries are stepped over in one stride.
    pub(crate) fn read(bytes: &[u8]) -> Result<Crl, Malformed> {
        Crl::read_parts(bytes).map(|(crl, _)| crl)
    }

    /// The same, and where the parts are.
    pub(crate) fn read_parts(bytes: &[u8]) -> Result<(Crl, Parts<'_>), Malformed> {
        let mut outer = der::elements(der::only(bytes, SEQUENCE)?);
        let tbs = outer.next().ok_or(Malformed)??;
        let algorithm = outer.next().ok_or(Malformed)??;
        let signature = outer.next().ok_or(Malformed)??;
        if outer.next().is_some() || tbs.identifier != SEQUENCE || signature.identifier != 0x03 {
            return Err(Malformed);
        }
        let outer_algorithm = algorithm.raw;
        let Ok(([], algorithm)) = AlgorithmIdentifier::from_der(outer_algorithm) else {
            return Err(Malformed);
        };

        let mut fields = der::elements(tbs.content).peekable();
        let mut take = |wanted: &[u8]| match fields.peek() {
            Some(Ok(element)) if wanted.contains(&element.identifier) => fields.next().transpose(),
            Some(Err(malformed)) => Err(*malformed),
            _ => Ok(None),
        };
        let version = match take(&[INTEGER])?.map(|element| element.content) {
            None => 1,
            Some([1]) => 2,
            Some(_) => return Err(Malformed),
        };
        let inner_algorithm = take(&[SEQUENCE])?.ok_or(Malformed)?.raw;
        let issuer = take(&[SEQUENCE])?.ok_or(Malformed)?;
        let Ok(([], issuer)) = X509Name::from_der(issuer.raw) else {
            return Err(Malformed);
        };
        let times = [UTC_TIME, GENERALIZED_TIME];
        let this_update = time(take(&times)?.ok_or(Malformed)?)?;
        let next_update = take(&times)?.map(time).transpose()?;
        let entries = take(&[SEQUENCE])?.map_or(&[][..], |entries| entries.content);
        let extensions = take(&[EXTENSIONS])?;
        if fields.next().is_some() {
            return Err(Malformed);
        }
        let issuer = Name::from_parsed(&issuer);
        let mut crl = Crl {
            version,
            this_update,
            next_update,
            signature: SignatureAlgorithm::read(&algorithm),
            number: None,
            number_critical: false,
            keeps_expired_since: None,
            base_number: None,
            issuing_distribution_point: None,
            authority_key_identifier: None,
            unknown_critical: Vec::new(),
            entries_length: entries.len(),
            length: bytes.len(),
            issuer,
        };
        if let Some(extensions) = extensions {
            let mut seen = Vec::new();
            for extension in der::elements(der::only(extensions.content, SEQUENCE)?) {
                let Ok(([], extension)) = X509Extension::from_der(extension?.raw) else {
                    return Err(Malformed);
                };
                // Two scopes or two numbers in one CRL: nobody can say which of them was meant.
                if seen.contains(&extension.oid) {
                    return Err(Malformed);
                }
                crl.take(&extension)?;
                seen.push(extension.oid);
            }
        }
        let parts = Parts {
            signed: tbs.raw,
            entries,
            inner_algorithm,
            algorithm: outer_algorithm,
            signature: signature.content,
        };
        Ok((crl, parts))
    }

    fn take(&mut self, extension: &X509Extension<'_>) -> Result<(), Malformed> {
        let number =
            || der::only(extension.value, INTEGER).map(|octets| CrlNumber::from_octets(octets));
        match extension.oid.as_bytes() {
            [0x55, 29, 20] => {
                self.number = Some(number()?);
                self.number_critical = extension.critical;
            }
            [0x55, 29, 27] => self.base_number = Some(number()?),
            [0x55, 29, 28] => {
                self.issuing_distribution_point = Some(IssuingDistributionPoint::read(
                    extension.value,
                    &self.issuer,
                )?);
            }
            [0x55, 29, 35] => match extension.parsed_extension() {
                x509_parser::extensions::ParsedExtension::AuthorityKeyIdentifier(key) => {
                    self.authority_key_identifier = Some(AuthorityKeyIdentifier::from(key));
                }
                _ => return Err(Malformed),
            },
            // One that does not read keeps nothing for longer, as if it were absent; critical, it is not understood.
            [0x55, 29, 60] if read_time(extension.value).is_ok() => {
                self.keeps_expired_since = read_time(extension.value).ok();
            }
            _ if extension.critical => self
                .unknown_critical
                .push(der::dotted(extension.oid.as_bytes())),
            _ => {}
        }
        Ok(())
    }
}

fn time(element: der::Element<'_>) -> Result<Moment, Malformed> {
    read_time(element.raw)
}

/// The UTCTime `YYMMDDHHMMSSZ`, as which RFC 5280 section 4.1.2.5.1 has every date until 2049. A CRL has one for each of its
/// entries; this takes a tenth of the general reader's time and leaves to it whatever it does not know.
fn usual_time(raw: &[u8]) -> Option<Moment> {
    let [0x17, 13, digits @ .., b'Z'] = raw else {
        return None;
    };
    let digits: &[u8; 12] = digits.try_into().ok()?;
    let mut pairs = [0u8; 6];
    for (pair, digits) in pairs.iter_mut().zip(digits.as_chunks().0) {
        let [tens, ones] = digits.map(|digit| digit.wrapping_sub(b'0'));
        *pair = (tens <= 9 && ones <= 9).then(|| tens * 10 + ones)?;
    }
    let [year, month, day, hour, minute, second] = pairs;
    let year = match year {
        0..=49 => 2000 + i32::from(year),
        _ => 1900 + i32::from(year),
    };
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    let time = date.with_hms(hour, minute, second).ok()?;
    Some(Moment::new(time.assume_utc()))
}

/// A UTCTime or GeneralizedTime that fills `raw` exactly.
pub(crate) fn read_time(raw: &[u8]) -> Result<Moment, Malformed> {
    if let Some(moment) = usual_time(raw) {
        return Ok(moment);
    }
    match ASN1Time::from_der(raw) {
        Ok(([], time)) => moment(&time),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_parser(raw: &[u8]) -> Option<Moment> {
        let (rest, time) = ASN1Time::from_der(raw).ok()?;
        rest.is_empty().then(|| moment(&time).ok())?
    }

    proptest! {
        #[test]
        fn the_short_way_reads_a_time_as_the_parser_does(
            fields in (0u8..100, 0u8..15, 0u8..35, 0u8..26, 0u8..62, 0u8..62),
        ) {
            let (year, month, day, hour, minute, second) = fields;
            let text = format!("{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
            let raw = [&[0x17, 13], text.as_bytes()].concat();
            if let Some(moment) = usual_time(&raw) {
                prop_assert_eq!(Some(moment), by_parser(&raw), "{}", text);
            } else {
                prop_assert!(month == 0 || month > 12 || day == 0 || day > 28 || hour > 23 || minute > 59 || second > 59);
            }
        }

        #[test]
        fn what_the_parser_refuses_is_refused(raw in proptest::collection::vec(any::<u8>(), 0..20)) {
            let framed = [&[0x17, raw.len() as u8], &raw[..]].concat();
            if by_parser(&framed).is_none() {
                prop_assert_eq!(usual_time(&framed), None);
            }
        }
    }
}
