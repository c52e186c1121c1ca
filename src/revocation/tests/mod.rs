//! What the module promises, with CRLs and certificates made here.

mod conformance;
mod hostile;
mod indexed;
mod searched;
mod scoped;
mod signed;
mod slots;
mod together;

use std::sync::Arc;

use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use openssl::x509::{X509, X509Extension, X509Name};

use super::*;
use crate::document::der::wrap;
use crate::document::{Certificate, HexBytes, Moment, Name, Serial};
use crate::input::{Origin, Source};

/// 2025-01-01T00:00:00Z; every CRL here was made an hour earlier and ends a day later.
const NOW: i64 = 1_735_689_600;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

const SEQUENCE: u8 = 0x30;
const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

fn moment(seconds: i64) -> Moment {
    Moment::from_unix(seconds).unwrap()
}

fn time(seconds: i64) -> Vec<u8> {
    let t = moment(seconds).date_time();
    let text = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    );
    match t.year() {
        1950..2050 => wrap(0x17, &text.as_bytes()[2..]),
        _ => wrap(0x18, text.as_bytes()),
    }
}

/// The DER of `CN=…` names one below the other.
fn name(parts: &[&str]) -> Vec<u8> {
    let parts: Vec<u8> = parts
        .iter()
        .flat_map(|part| {
            let pair = [vec![6, 3, 0x55, 4, 3], wrap(12, part.as_bytes())].concat();
            wrap(0x31, &wrap(SEQUENCE, &pair))
        })
        .collect();
    wrap(SEQUENCE, &parts)
}

fn uri(text: &str) -> Vec<u8> {
    wrap(0x86, text.as_bytes())
}

fn directory(parts: &[&str]) -> Vec<u8> {
    wrap(0xa4, &name(parts))
}

/// The `[0]` with a `fullName` of these general names.
fn full_name(names: &[u8]) -> Vec<u8> {
    wrap(0xa0, &wrap(0xa0, names))
}

/// An extension with OID 2.5.29.`last`.
fn extension(last: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    let oid = [6, 3, 0x55, 29, last];
    wrap(SEQUENCE, &[&oid, flag, &wrap(4, value)].concat())
}

fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A certificate of no use to anybody: `CN=…`, with extensions as (OID, value).
fn certificate(
    subject: &str,
    key: &PKey<Private>,
    issuer: (&str, &PKey<Private>),
    serial: &[u8],
    extensions: &[(&str, &[u8])],
) -> Arc<Certificate> {
    let named = |text: &str| {
        let mut builder = X509Name::builder().unwrap();
        builder.append_entry_by_nid(Nid::COMMONNAME, text).unwrap();
        builder.build()
    };
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let number = openssl::bn::BigNum::from_slice(serial).unwrap();
    builder
        .set_serial_number(&number.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&named(subject)).unwrap();
    builder.set_issuer_name(&named(issuer.0)).unwrap();
    builder
        .set_not_before(&Asn1Time::from_unix(NOW - 100 * DAY).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_unix(NOW + 100 * DAY).unwrap())
        .unwrap();
    builder.set_pubkey(key).unwrap();
    for (oid, value) in extensions {
        let oid = Asn1Object::from_str(oid).unwrap();
        let value = Asn1OctetString::new_from_bytes(value).unwrap();
        builder
            .append_extension(X509Extension::new_from_der(&oid, false, &value).unwrap())
            .unwrap();
    }
    builder.sign(issuer.1, MessageDigest::sha256()).unwrap();
    Arc::new(Certificate::read(&builder.build().to_der().unwrap()).unwrap())
}

const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const POINTS: &str = "2.5.29.31";
const IS_CA: &[u8] = &[0x30, 3, 1, 1, 0xff];

/// A CA that signed itself.
struct Ca {
    name: &'static str,
    key: PKey<Private>,
    certificate: Arc<Certificate>,
}

impl Ca {
    fn new(name: &'static str) -> Ca {
        Ca::with(name, &[(BASIC_CONSTRAINTS, IS_CA)])
    }

    fn with(name: &'static str, extensions: &[(&str, &[u8])]) -> Ca {
        let key = new_key();
        let certificate = certificate(name, &key, (name, &key), &[1], extensions);
        Ca {
            name,
            key,
            certificate,
        }
    }

    /// An end entity's certificate with this serial number and the contents of its distribution points.
    fn leaf(&self, serial: u8, points: &[Vec<u8>]) -> Arc<Certificate> {
        let points: Vec<u8> = points
            .iter()
            .flat_map(|point| wrap(SEQUENCE, point))
            .collect();
        let points = wrap(SEQUENCE, &points);
        let extensions = [(POINTS, points.as_slice())];
        let extensions = if points.len() > 2 {
            &extensions[..]
        } else {
            &[]
        };
        certificate(
            "leaf",
            &self.key,
            (self.name, &self.key),
            &[serial],
            extensions,
        )
    }
}

/// A CRL to be signed.
#[derive(Clone)]
struct Draft {
    issuer: Vec<u8>,
    this_update: i64,
    next_update: Option<i64>,
    entries: Vec<Vec<u8>>,
    extensions: Vec<Vec<u8>>,
    algorithm: Vec<u8>,
}

/// An entry with this serial number's octets and these extensions.
fn entry(serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    entry_at(NOW - 2 * DAY, serial, extensions)
}

fn entry_at(revoked_at: i64, serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut content = [wrap(2, serial), time(revoked_at)].concat();
    if !extensions.is_empty() {
        content.extend(wrap(SEQUENCE, &extensions.concat()));
    }
    wrap(SEQUENCE, &content)
}

fn reason(number: u8) -> Vec<u8> {
    extension(21, false, &[10, 1, number])
}

impl Draft {
    fn of(issuer: &[&str]) -> Draft {
        Draft {
            issuer: name(issuer),
            this_update: NOW - HOUR,
            next_update: Some(NOW + DAY),
            entries: Vec::new(),
            extensions: Vec::new(),
            algorithm: ECDSA_SHA256.to_vec(),
        }
    }

    fn entry(mut self, serial: u8, extensions: &[Vec<u8>]) -> Draft {
        self.entries.push(entry(&[serial], extensions));
        self
    }

    fn number(self, number: u8) -> Draft {
        self.extension(extension(20, false, &[2, 1, number]))
    }

    fn base(self, number: u8) -> Draft {
        self.extension(extension(27, true, &[2, 1, number]))
    }

    /// The contents of an issuingDistributionPoint.
    fn scope(self, content: &[u8]) -> Draft {
        self.extension(extension(28, true, &wrap(SEQUENCE, content)))
    }

    fn extension(mut self, extension: Vec<u8>) -> Draft {
        self.extensions.push(extension);
        self
    }

    fn times(mut self, this_update: i64, next_update: Option<i64>) -> Draft {
        (self.this_update, self.next_update) = (this_update, next_update);
        self
    }

    fn tbs(&self) -> Vec<u8> {
        let mut tbs = [
            &[2, 1, 1][..],
            &self.algorithm,
            &self.issuer,
            &time(self.this_update),
        ]
        .concat();
        tbs.extend(self.next_update.map(time).unwrap_or_default());
        if !self.entries.is_empty() {
            tbs.extend(wrap(SEQUENCE, &self.entries.concat()));
        }
        if !self.extensions.is_empty() {
            tbs.extend(wrap(0xa0, &wrap(SEQUENCE, &self.extensions.concat())));
        }
        wrap(SEQUENCE, &tbs)
    }

    fn sealed(&self, signature: &[u8]) -> Vec<u8> {
        let signature = wrap(3, &[&[0], signature].concat());
        wrap(
            SEQUENCE,
            &[self.tbs(), self.algorithm.clone(), signature].concat(),
        )
    }

    fn signed(&self, key: &PKey<Private>) -> Vec<u8> {
        let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
        self.sealed(&signer.sign_oneshot_to_vec(&self.tbs()).unwrap())
    }

    fn crl(&self, key: &PKey<Private>) -> SearchableCrl<'static> {
        read(self.signed(key)).unwrap()
    }
}

fn read(bytes: Vec<u8>) -> Result<SearchableCrl<'static>, CrlError> {
    SearchableCrl::read(bytes, Origin::whole(&Arc::new(Source::Stdin)))
}

/// Certificates that may sign CRLs of their own name, and what they are all worth.
struct Known(Vec<Arc<Certificate>>, SignerStatus);

impl Known {
    fn signer_status(signer_status: SignerStatus, certificates: &[&Arc<Certificate>]) -> Known {
        let certificates = certificates.iter().map(|one| Arc::clone(one)).collect();
        Known(certificates, signer_status)
    }
}

impl Default for Known {
    fn default() -> Known {
        Known(Vec::new(), SignerStatus::Good)
    }
}

impl Signers for Known {
    fn signer_status(&self, _: &Certificate) -> SignerStatus {
        self.1
    }

    fn signers(&self, issuer: &Name, _: Option<&HexBytes>) -> Vec<Arc<Certificate>> {
        let named = self
            .0
            .iter()
            .filter(|signer| signer.subject.matches(issuer));
        named.cloned().collect()
    }
}
