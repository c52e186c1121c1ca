//! The header of a certificate revocation list (RFC 5280 section 5): everything but its entries.

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::extensions::X509Extension;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AlgorithmIdentifier, X509Name};

use super::certificate::{moment, shown_serial};
use super::der::{self, Malformed};
use super::extension::{AuthorityKeyIdentifier, IssuingDistributionPoint};
use super::{Hex, HexBytes, Moment, Name, SignatureAlgorithm};

/// What a revocation list says about itself. The entries have not been looked at, and the signature has not
/// been checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct RevocationList {
    /// The version as people count it: 1 or 2.
    pub version: u32,
    /// Who signed it.
    pub issuer: Name,
    /// When it was made.
    pub this_update: Moment,
    /// By when there will be a newer one; after it the list is stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Moment>,
    /// How it was signed.
    pub signature: SignatureAlgorithm,
    /// Its number (RFC 5280 section 5.2.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<HexBytes>,
    /// For a delta list: the number of the list it builds on (section 5.2.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_number: Option<HexBytes>,
    /// Which certificates it answers for (section 5.2.5); absent means all of its issuer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_distribution_point: Option<IssuingDistributionPoint>,
    /// Which of the issuer's keys signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority_key_identifier: Option<AuthorityKeyIdentifier>,
    /// OIDs of critical extensions that are not understood here: such a list may not be relied on (section 5.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_critical: Vec<String>,
    /// The length of the list of entries in bytes; 0 when nothing is revoked.
    pub entries_length: usize,
    /// The length of the whole list in bytes.
    pub length: usize,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const EXTENSIONS: u8 = 0xa0;

/// The parts of a list's DER that are needed again after its header was read.
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

impl RevocationList {
    /// Reads the header of a DER list that fills `bytes` exactly. The entries are stepped over in one stride.
    pub(crate) fn read(bytes: &[u8]) -> Result<RevocationList, Malformed> {
        RevocationList::read_parts(bytes).map(|(list, _)| list)
    }

    /// The same, and where the parts are.
    pub(crate) fn read_parts(bytes: &[u8]) -> Result<(RevocationList, Parts<'_>), Malformed> {
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
        let mut list = RevocationList {
            version,
            this_update,
            next_update,
            signature: SignatureAlgorithm::read(&algorithm),
            number: None,
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
                // Two scopes or two numbers in one list: nobody can say which of them was meant.
                if seen.contains(&extension.oid) {
                    return Err(Malformed);
                }
                list.take(&extension)?;
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
        Ok((list, parts))
    }

    fn take(&mut self, extension: &X509Extension<'_>) -> Result<(), Malformed> {
        let number = || der::only(extension.value, INTEGER).map(|octets| Hex(shown_serial(octets)));
        match extension.oid.as_bytes() {
            [0x55, 29, 20] => self.number = Some(number()?),
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
            _ if extension.critical => self.unknown_critical.push(extension.oid.to_id_string()),
            _ => {}
        }
        Ok(())
    }
}

fn time(element: der::Element<'_>) -> Result<Moment, Malformed> {
    read_time(element.raw)
}

/// A UTCTime or GeneralizedTime that fills `raw` exactly.
pub(crate) fn read_time(raw: &[u8]) -> Result<Moment, Malformed> {
    match ASN1Time::from_der(raw) {
        Ok(([], time)) => moment(&time),
        _ => Err(Malformed),
    }
}
