//! A distribution point with two addresses, any of which will do (RFC 5280 section 4.2.1.13).

use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};
use ptl_cert::wire::host::Reply;

use super::rig::{DAY, Rig, now};

const SEQUENCE: u8 = 0x30;
const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// One DER object; nothing here is longer than 65,535 bytes.
fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match (high, low) {
        (0, 0..128) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&header, content].concat()
}

pub(super) fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(common_name: &str) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", common_name).unwrap();
    name.build()
}

fn certificate(of: &str, key: &PKey<Private>, extensions: Vec<X509Extension>) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(1).unwrap();
    builder
        .set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&name(of)).unwrap();
    builder.set_issuer_name(&name("Alternates CA")).unwrap();
    let time = |days: i64| Asn1Time::from_unix(now().unix() + days * DAY).unwrap();
    builder.set_not_before(&time(-10)).unwrap();
    builder.set_not_after(&time(100)).unwrap();
    builder.set_pubkey(key).unwrap();
    for extension in extensions {
        builder.append_extension(extension).unwrap();
    }
    builder
}

/// Writes the certificate of a CA with this key, named Alternates CA.
fn write_ca(rig: &Rig, file: &str, ca: &PKey<Private>) {
    let rights = vec![
        BasicConstraints::new().critical().ca().build().unwrap(),
        KeyUsage::new()
            .critical()
            .key_cert_sign()
            .crl_sign()
            .build()
            .unwrap(),
    ];
    let mut builder = certificate("Alternates CA", ca, rights);
    builder.sign(ca, MessageDigest::sha256()).unwrap();
    let above = builder.build().to_der().unwrap();
    std::fs::write(rig.folder().join(file), above).unwrap();
}

/// Writes `alternates-ca.der` and `two.der`, whose one point has both of these addresses; the CA's list.
pub(super) fn two_addresses(rig: &Rig, urls: [&str; 2]) -> Vec<u8> {
    let names = urls.map(|url| wrap(0x86, url.as_bytes())).concat();
    with_points(rig, &wrap(SEQUENCE, &wrap(0xa0, &wrap(0xa0, &names))))
}

/// The same with a point for each address.
pub(super) fn points(rig: &Rig, urls: &[String]) -> Vec<u8> {
    let points: Vec<u8> = urls
        .iter()
        .flat_map(|url| {
            let name = wrap(0x86, url.as_bytes());
            wrap(SEQUENCE, &wrap(0xa0, &wrap(0xa0, &name)))
        })
        .collect();
    with_points(rig, &points)
}

fn with_points(rig: &Rig, points: &[u8]) -> Vec<u8> {
    let (ca, leaf) = (key(), key());
    write_ca(rig, "alternates-ca.der", &ca);

    let value = Asn1OctetString::new_from_bytes(&wrap(SEQUENCE, points)).unwrap();
    let oid = Asn1Object::from_str("2.5.29.31").unwrap();
    let points = X509Extension::new_from_der(&oid, false, &value).unwrap();
    let mut builder = certificate("two.example", &leaf, vec![points]);
    builder.sign(&ca, MessageDigest::sha256()).unwrap();
    let below = builder.build().to_der().unwrap();
    std::fs::write(rig.folder().join("two.der"), below).unwrap();

    crl_of(&ca)
}

/// The CRL that a CA of this key, named Alternates CA, publishes.
fn crl_of(ca: &PKey<Private>) -> Vec<u8> {
    let issuer = name("Alternates CA").to_der().unwrap();
    let number = [vec![6, 3, 0x55, 29, 20], wrap(4, &[2, 1, 1])].concat();
    let extensions = wrap(0xa0, &wrap(SEQUENCE, &wrap(SEQUENCE, &number)));
    let (made, ends) = (wrap(0x17, b"270107000000Z"), wrap(0x17, b"270207000000Z"));
    let parts = [&[2, 1, 1], ECDSA_SHA256, &issuer, &made, &ends, &extensions];
    let tbs = wrap(SEQUENCE, &parts.concat());
    let mut signer = Signer::new(MessageDigest::sha256(), ca).unwrap();
    let signature = signer.sign_oneshot_to_vec(&tbs).unwrap();
    let signature = wrap(3, &[&[0], &signature[..]].concat());
    wrap(SEQUENCE, &[&tbs, ECDSA_SHA256, &signature].concat())
}

const UPDATE: [&str; 4] = ["update", "two.der", "--issuer", "alternates-ca.der"];

#[test]
fn an_address_that_never_answers_is_no_loss_while_another_one_of_its_point_does() {
    let rig = Rig::new();
    let [dead, alive] = ["dead", "alive"].map(|name| format!("{}/{name}.crl", rig.base_url()));
    let crl = two_addresses(&rig, [&dead, &alive]);
    rig.answers_at("/alive.crl", move |_| {
        Reply::ok("application/pkix-crl", crl.clone())
    });
    rig.run(&UPDATE).expect(0, &["installed"]);
    rig.run(&["status"])
        .expect(0, &["another source works", &dead, &alive]);

    rig.answers_at("/alive.crl", |_| Reply::new(503));
    rig.run(&UPDATE).expect(3, &["404"]);
    let nagios = rig.run(&["status", "--format", "nagios"]);
    nagios.expect(1, &["CRL WARNING", "has failed since"]);
}

#[test]
fn a_point_none_of_whose_addresses_ever_answered_is_critical() {
    let rig = Rig::new();
    let [one, other] = ["one", "other"].map(|name| format!("{}/{name}.crl", rig.base_url()));
    two_addresses(&rig, [&one, &other]);
    rig.run(&UPDATE).expect(3, &["404"]);
    rig.run(&["status"])
        .expect(1, &["never fetched", &one, &other]);
}

#[test]
fn an_address_that_was_mistyped_can_be_forgotten() {
    let rig = Rig::with_crls();
    let typo = format!("{}/typo.crl", rig.base_url());
    rig.run(&["import", &typo]).expect(3, &["404"]);
    rig.run(&["status"]).expect(1, &["never fetched", &typo]);
    let mut remove = crate::program::ptl_cert(rig.folder());
    let ran = remove
        .args(["crl", "remove", &typo, "--cache", "cache"])
        .output();
    super::rig::Ran::of(&ran.unwrap()).expect(0, &["forgotten", &typo]);
    rig.run(&["status"]).expect(0, &["2 fresh"]);
}

#[test]
fn the_crl_of_a_ca_with_the_same_name_and_another_key_is_not_the_one_to_import() {
    let rig = Rig::new();
    let (ca, other, leaf) = (key(), key(), key());
    write_ca(&rig, "ca.der", &ca);
    write_ca(&rig, "other.der", &other);
    let mut builder = certificate("without a point", &leaf, Vec::new());
    builder.sign(&ca, MessageDigest::sha256()).unwrap();
    let below = builder.build().to_der().unwrap();
    std::fs::write(rig.folder().join("leaf.der"), below).unwrap();
    let both = ["--issuer", "other.der", "--issuer", "ca.der"];
    let import = |crl: Vec<u8>| {
        std::fs::write(rig.folder().join("brought.crl"), crl).unwrap();
        let words = [&["import", "brought.crl"], &both[..]].concat();
        rig.run(&words).expect(0, &["installed"]);
    };
    let update = [&["update", "leaf.der"], &both[..]].concat();
    import(crl_of(&other));
    rig.run(&update).expect(3, &["no current CRL"]);
    import(crl_of(&ca));
    rig.run(&update).expect(0, &["imported"]);
}
