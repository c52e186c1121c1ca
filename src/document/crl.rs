//! The header of a certificate CRL (RFC 5280 section 5): everything but its entries.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashSet;

use x509_parser::extensions::X509Extension;
use x509_parser::prelude::FromDer;

use super::der::{self, Malformed, Misread};
use super::extension::{AuthorityKeyIdentifier, IssuingDistributionPoint, PointName, Scope};
use super::value::written_time;
use super::{CrlNumber, Moment, Name, OddTime, SignatureAlgorithm, TimeField};

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
    /// Which of the two are written in a form that RFC 5280 section 4.1.2.5 forbids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub odd_times: Vec<OddTime>,
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
    /// Reads the header of a DER CRL that fills `bytes` exactly. The entries are stepped over in one stride.
    pub(crate) fn read(bytes: &[u8]) -> Result<Crl, Misread> {
        Crl::read_parts(bytes).map(|(crl, _)| crl)
    }

    /// Which kind of certificates it answers for.
    pub(crate) fn scope(&self) -> Scope {
        let point = self.issuing_distribution_point.as_ref();
        point.map_or(Scope::All, |point| point.scope)
    }

    /// The names of its issuing distribution point; none where it has no point, or one without a name.
    pub(crate) fn point_names(&self) -> Vec<String> {
        let point = self.issuing_distribution_point.as_ref();
        let name = point.and_then(|point| point.name.as_ref());
        name.map(PointName::sources).unwrap_or_default()
    }

    /// The same, and where the parts are.
    pub(crate) fn read_parts(bytes: &[u8]) -> Result<(Crl, Parts<'_>), Misread> {
        let mut outer = der::elements(der::only(bytes, SEQUENCE)?);
        let tbs = outer.next().ok_or(Malformed)??;
        let algorithm = outer.next().ok_or(Malformed)??;
        let signature = outer.next().ok_or(Malformed)??;
        if outer.next().is_some() || tbs.identifier != SEQUENCE || signature.identifier != 0x03 {
            return Err(Malformed.into());
        }
        let outer_algorithm = algorithm.raw;
        let algorithm = SignatureAlgorithm::of_der(outer_algorithm)
            .map_err(Misread::of("its signature algorithm"))?;

        let mut fields = der::elements(tbs.content).peekable();
        let mut take = |wanted: &[u8]| match fields.peek() {
            Some(Ok(element)) if wanted.contains(&element.identifier) => fields.next().transpose(),
            Some(Err(malformed)) => Err(*malformed),
            _ => Ok(None),
        };
        let version = match take(&[INTEGER])?.map(|element| element.content) {
            None => 1,
            Some([1]) => 2,
            Some(_) => return Err(Misread::of("its version")(Malformed)),
        };
        let inner_algorithm = take(&[SEQUENCE])?.ok_or(Malformed)?.raw;
        let issuer = take(&[SEQUENCE])?
            .ok_or(Malformed)
            .and_then(|issuer| Name::read(issuer.raw))
            .map_err(Misread::of("its issuer's name"))?;
        let times = [UTC_TIME, GENERALIZED_TIME];
        let mut odd_times = Vec::new();
        let mut time = |element: der::Element<'_>, field| {
            let (moment, odd) = written_time::read(element.raw, field)?;
            odd_times.extend(odd);
            Ok(moment)
        };
        let this_update = take(&times)?
            .ok_or(Malformed)
            .and_then(|element| time(element, TimeField::ThisUpdate))
            .map_err(Misread::of("its time thisUpdate"))?;
        let next_update = take(&times)?
            .map(|element| time(element, TimeField::NextUpdate))
            .transpose()
            .map_err(Misread::of("its time nextUpdate"))?;
        let entries = take(&[SEQUENCE])?.map_or(&[][..], |entries| entries.content);
        let extensions = take(&[EXTENSIONS]).map_err(Misread::of("its list of extensions"))?;
        if fields.next().is_some() {
            return Err(Misread::of("its list of extensions")(Malformed));
        }
        let mut crl = Crl {
            version,
            this_update,
            next_update,
            odd_times,
            signature: algorithm,
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
            let mut seen = HashSet::new();
            let list = der::only(extensions.content, SEQUENCE)
                .map_err(Misread::of("its list of extensions"))?;
            for extension in der::elements(list) {
                let extension = extension.map_err(Misread::of("its list of extensions"))?;
                let Ok(([], extension)) = X509Extension::from_der(extension.raw) else {
                    return Err(Misread::of("one of its extensions")(Malformed));
                };
                // Two scopes or two numbers in one CRL: which of them was meant is unknown.
                if !seen.insert(extension.oid.as_bytes().to_vec()) {
                    return Err(Misread::of("an extension that it has twice")(Malformed));
                }
                crl.take(&extension)
                    .map_err(Misread::of(called(extension.oid.as_bytes())))?;
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
        match Understood::of(extension, &self.issuer)? {
            Understood::Number(number) => {
                self.number = Some(number);
                self.number_critical = extension.critical;
            }
            Understood::BaseNumber(number) => self.base_number = Some(number),
            Understood::Scope(scope) => self.issuing_distribution_point = Some(scope),
            Understood::Key(key) => self.authority_key_identifier = Some(key),
            Understood::KeepsExpired(since) => self.keeps_expired_since = Some(since),
            Understood::Nothing if extension.critical => self
                .unknown_critical
                .push(der::dotted(extension.oid.as_bytes())),
            Understood::Nothing => {}
        }
        Ok(())
    }

    /// Whether the only entry of a list of extensions reads.
    pub(super) fn reads_extension(list: &[u8], issuer: &Name) -> bool {
        let entry = der::only(list, SEQUENCE);
        entry.is_ok_and(|entry| match X509Extension::from_der(entry) {
            Ok(([], extension)) => Understood::of(&extension, issuer).is_ok(),
            _ => false,
        })
    }

    /// The CRL number in a list of extensions that all read.
    pub(super) fn number_in(list: &[u8]) -> Option<CrlNumber> {
        let entries = der::elements(der::only(list, SEQUENCE).ok()?);
        entries.flatten().find_map(|entry| {
            let (_, extension) = X509Extension::from_der(entry.raw).ok()?;
            match Understood::of(&extension, &Name::empty()) {
                Ok(Understood::Number(number)) => Some(number),
                _ => None,
            }
        })
    }
}

/// What an extension says.
enum Understood {
    Number(CrlNumber),
    BaseNumber(CrlNumber),
    Scope(IssuingDistributionPoint),
    Key(AuthorityKeyIdentifier),
    KeepsExpired(Moment),
    /// It is none that is known here.
    Nothing,
}

impl Understood {
    fn of(extension: &X509Extension<'_>, issuer: &Name) -> Result<Understood, Malformed> {
        let number = || der::only(extension.value, INTEGER).map(CrlNumber::from_octets);
        Ok(match extension.oid.as_bytes() {
            [0x55, 29, 20] => Understood::Number(number()?),
            [0x55, 29, 27] => Understood::BaseNumber(number()?),
            [0x55, 29, 28] => {
                Understood::Scope(IssuingDistributionPoint::read(extension.value, issuer)?)
            }
            [0x55, 29, 35] => match extension.parsed_extension() {
                x509_parser::extensions::ParsedExtension::AuthorityKeyIdentifier(key) => {
                    Understood::Key(AuthorityKeyIdentifier::of_parsed(key))
                }
                _ => return Err(Malformed),
            },
            // One that cannot be read keeps nothing for longer, as if it were absent; critical, it is not understood.
            [0x55, 29, 60] => match read_time(extension.value) {
                Ok(since) => Understood::KeepsExpired(since),
                Err(Malformed) => Understood::Nothing,
            },
            _ => Understood::Nothing,
        })
    }
}

/// How a misread extension is called.
fn called(oid: &[u8]) -> &'static str {
    match oid {
        [0x55, 29, 20] => "its CRL number extension",
        [0x55, 29, 27] => "its delta CRL indicator extension",
        [0x55, 29, 28] => "its issuing distribution point extension",
        [0x55, 29, 35] => "its authority key identifier extension",
        _ => "one of its extensions",
    }
}

/// A UTCTime or GeneralizedTime that fills `raw` exactly, in whatever form it is written.
pub(crate) fn read_time(raw: &[u8]) -> Result<Moment, Malformed> {
    written_time::moment(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An unsigned CRL with these extensions.
    fn crl(extensions: &[u8]) -> Vec<u8> {
        let algorithm = [0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
        let name = [0x30, 0];
        let tbs = [
            &[2, 1, 1][..],
            &algorithm,
            &name,
            &der::wrap(UTC_TIME, b"260101000000+0000"),
            &der::wrap(UTC_TIME, b"270101000000Z"),
            &der::wrap(EXTENSIONS, &der::wrap(SEQUENCE, extensions)),
        ]
        .concat();
        let whole = [&der::wrap(SEQUENCE, &tbs)[..], &algorithm, &[3, 2, 0, 1]].concat();
        der::wrap(SEQUENCE, &whole)
    }

    fn extension(oid: u8, value: &[u8]) -> Vec<u8> {
        let content = [&[6, 3, 0x55, 29, oid][..], &der::wrap(4, value)].concat();
        der::wrap(SEQUENCE, &content)
    }

    #[test]
    fn a_number_that_is_no_number_is_named() {
        let misread = Crl::read(&crl(&extension(20, &[0x0c, 1, b'7']))).unwrap_err();
        assert_eq!(misread.field, "its CRL number extension");
    }

    #[test]
    fn a_time_in_a_forbidden_form_is_read_and_named() {
        let crl = Crl::read(&crl(&extension(20, &[2, 1, 0xff]))).unwrap();
        assert_eq!(crl.odd_times.len(), 1);
        assert_eq!(crl.odd_times[0].field, TimeField::ThisUpdate);
        assert_eq!(crl.number.unwrap().to_string(), "-01");
    }
}
