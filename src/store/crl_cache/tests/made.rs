//! CRLs made for these tests, by a CA of their own.

use std::sync::Arc;

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Name};

use crate::document::der::wrap;
use crate::document::{Certificate, Moment};
use crate::environment::Facts;
use crate::input::{Origin, Source};
use crate::revocation::{SearchableCrl, Slot};
use crate::store::crl_cache::{Cache, Provenance};
use crate::verdict::admission::{Admitted, Authorities, Rollback, examine};

/// 2025-01-01T00:00:00Z.
pub(super) const NOW: i64 = 1_735_689_600;
pub(super) const DAY: i64 = 24 * 3600;

const SEQUENCE: u8 = 0x30;
const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

pub(super) fn moment(seconds: i64) -> Moment {
    Moment::from_unix(seconds).unwrap()
}

/// What a CRL has entries of.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Its issuer's certificates.
    Direct,
    /// Certificates whose issuer each entry names.
    Indirect,
}

/// A CA that may sign CRLs.
pub(super) struct Ca {
    key: PKey<Private>,
    pub(super) certificate: Arc<Certificate>,
}

impl Ca {
    pub(super) fn new(name: &str) -> Ca {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut subject = X509Name::builder().unwrap();
        subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
        let subject = subject.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let serial = Asn1Integer::from_bn(&BigNum::from_u32(1).unwrap()).unwrap();
        builder.set_serial_number(&serial).unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder.set_issuer_name(&subject).unwrap();
        let time = |seconds| Asn1Time::from_unix(seconds).unwrap();
        builder.set_not_before(&time(NOW - 1000 * DAY)).unwrap();
        builder.set_not_after(&time(NOW + 1000 * DAY)).unwrap();
        builder.set_pubkey(&key).unwrap();
        let extensions = [
            BasicConstraints::new().critical().ca().build().unwrap(),
            KeyUsage::new().critical().crl_sign().build().unwrap(),
        ];
        for extension in extensions {
            builder.append_extension(extension).unwrap();
        }
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let der = builder.build().to_der().unwrap();
        Ca {
            key,
            certificate: Arc::new(Certificate::read(&der).unwrap()),
        }
    }

    /// The DER of the CRL that was made this many days after [`NOW`]; it is good for a hundred days.
    pub(super) fn crl(&self, partition: &str, day: u32, entries: u32) -> Vec<u8> {
        self.any_crl(partition, day, entries, Kind::Direct)
    }

    pub(super) fn any_crl(&self, partition: &str, day: u32, entries: u32, kind: Kind) -> Vec<u8> {
        let issuer = wrap(0xa4, self.certificate.subject.der());
        // certificateIssuer (RFC 5280 section 5.3.3).
        let issuer = [
            vec![6, 3, 0x55, 29, 29, 1, 1, 0xff],
            wrap(4, &wrap(SEQUENCE, &issuer)),
        ];
        let (extensions, flag): (Vec<u8>, &[u8]) = match kind {
            Kind::Direct => (Vec::new(), &[]),
            Kind::Indirect => (
                wrap(SEQUENCE, &wrap(SEQUENCE, &issuer.concat())),
                &[0x84, 1, 0xff],
            ),
        };
        let made = NOW + i64::from(day) * DAY;
        let mut tbs = [&[2, 1, 1][..], ECDSA_SHA256, self.certificate.subject.der()].concat();
        tbs.extend(time(made));
        tbs.extend(time(made + 100 * DAY));
        if entries > 0 {
            let entries: Vec<u8> = (1..=entries)
                .flat_map(|serial| {
                    let serial = wrap(2, &[&[1][..], &serial.to_be_bytes()].concat());
                    wrap(
                        SEQUENCE,
                        &[serial, time(NOW - DAY), extensions.clone()].concat(),
                    )
                })
                .collect();
            tbs.extend(wrap(SEQUENCE, &entries));
        }
        let number = wrap(2, &[&[1][..], &day.to_be_bytes()].concat());
        let uri = wrap(
            0x86,
            format!("http://crl.example/{partition}.crl").as_bytes(),
        );
        let point = [&wrap(0xa0, &wrap(0xa0, &uri)), flag].concat();
        let point = wrap(SEQUENCE, &point);
        let extensions = [
            wrap(
                SEQUENCE,
                &[vec![6, 3, 0x55, 29, 20], wrap(4, &number)].concat(),
            ),
            wrap(
                SEQUENCE,
                &[vec![6, 3, 0x55, 29, 28, 1, 1, 0xff], wrap(4, &point)].concat(),
            ),
        ];
        tbs.extend(wrap(0xa0, &wrap(SEQUENCE, &extensions.concat())));
        let tbs = wrap(SEQUENCE, &tbs);
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        let signature = signer.sign_oneshot_to_vec(&tbs).unwrap();
        let signature = wrap(3, &[&[0], &signature[..]].concat());
        wrap(SEQUENCE, &[&tbs, ECDSA_SHA256, &signature].concat())
    }

    /// The slot of the direct CRLs of a partition.
    pub(super) fn slot(&self, partition: &str) -> Slot {
        Slot::new(read(&self.crl(partition, 0, 0)).header(), &self.certificate)
    }

    /// Admits a CRL to replace the one that the cache has now.
    pub(super) fn admit<'l>(
        &self,
        cache: &Cache,
        crl: &'l SearchableCrl<'l>,
        rollback: Rollback,
    ) -> Option<Admitted<'l>> {
        let issuers = [Arc::clone(&self.certificate)];
        let at = crl.header().this_update;
        let issuers = Authorities::new(&Facts::default(), &issuers, &[]);
        let candidate = examine(crl, &issuers, None, at).unwrap();
        let installed = cache.crl(candidate.slot()).ok().flatten();
        let installed = installed.map(|crl| crl.about().installed());
        candidate.against(installed.as_ref(), rollback).ok()
    }
}

fn time(seconds: i64) -> Vec<u8> {
    let t = moment(seconds).date_time();
    let text = format!(
        "{:02}{:02}{:02}{:02}{:02}{:02}Z",
        t.year() % 100,
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    );
    wrap(0x17, text.as_bytes())
}

pub(super) fn read(der: &[u8]) -> SearchableCrl<'_> {
    SearchableCrl::read(der, Origin::whole(&Arc::new(Source::Stdin))).unwrap()
}

pub(super) fn from_url(at: i64) -> Provenance {
    let source = Source::Url("http://crl.example/one.crl".to_owned());
    Provenance::new(&source, moment(at))
}
