//! Certificates and servers that want this program to work for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openssl::pkcs12::Pkcs12;
use ptl_cert::lab::{Generation, LabEnvironment, Party};
use ptl_cert::store::crl_cache::Cache;
use ptl_cert::wire::host::{Pace, Reply};

use super::alternates::{key, two_addresses};
use super::rig::Rig;

#[test]
fn an_address_that_no_known_ca_wrote_into_a_certificate_is_not_asked() {
    let rig = Rig::with_crls();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let [metadata, other] = ["metadata", "other"].map(|path| format!("{}/{path}", rig.base_url()));
    let crl = two_addresses(&rig, [&metadata, &other]);
    rig.answers_at("/metadata", move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Reply::ok("application/pkix-crl", crl.clone())
    });
    let before = rig.installed();
    rig.run(&["update", "two.der"])
        .expect(3, &["not fetched", "no known CA issued it", "--issuer"]);
    // A CA that comes with the certificate is no more known than that.
    rig.run(&["update", "two.der", "alternates-ca.der"])
        .expect(3, &["no known CA issued it"]);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert_eq!(rig.installed(), before);
    let attempts = Cache::open(rig.cache()).attempts().unwrap();
    assert!(attempts.iter().all(|attempt| {
        let source = attempt.source.to_string();
        source != metadata && source != other
    }));
    // Vouched for by a person, it is.
    rig.run(&["update", "two.der", "--issuer", "alternates-ca.der"])
        .expect(0, &["installed"]);
}

#[test]
fn a_pkcs12_file_that_a_server_sends_is_not_opened() {
    let rig = Rig::with_crls();
    let key = key();
    let mut builder = Pkcs12::builder();
    let pfx = builder.pkey(&key).key_iter(1).build2("").unwrap();
    let pfx = pfx.to_der().unwrap();
    let pem = pem::encode(&pem::Pem::new("X509 CRL", pfx.clone()));
    for body in [pfx, pem.into_bytes()] {
        let says = ["crl-unreadable"];
        rig.refuses(
            move |_| Reply::ok("application/pkix-crl", body.clone()),
            &[],
            3,
            &says,
        );
    }
}

#[test]
fn a_zip_that_a_server_sends_is_not_opened() {
    let rig = Rig::with_crls();
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0".to_vec();
    let says = ["neither DER nor PEM"];
    rig.refuses(
        move |_| Reply::ok("application/pkix-crl", zip.clone()),
        &[],
        3,
        &says,
    );
}

#[test]
fn a_server_that_takes_the_request_and_says_nothing_is_given_up_before_the_whole_time_is_over() {
    let rig = Rig::with_crls();
    let silent = |_: &_| Reply {
        pace: Pace::Silent,
        ..Reply::new(200)
    };
    // Ten seconds at the most, however long a whole download may take.
    rig.refuses(
        silent,
        &["--timeout", "10m"],
        3,
        &["accepted the request but did not answer within 10 s"],
    );
}

#[test]
fn a_certificate_with_a_thousand_points_has_some_of_them_asked_and_is_named() {
    let rig = Rig::new();
    let urls: Vec<String> = (0..1000)
        .map(|number| format!("{}/{number}.crl", rig.base_url()))
        .collect();
    let asked = Arc::new(AtomicUsize::new(0));
    for number in 0..1000 {
        let counted = Arc::clone(&asked);
        rig.answers_at(&format!("/{number}.crl"), move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Reply::new(404)
        });
    }
    super::alternates::points(&rig, &urls);
    let ran = rig.run(&["update", "two.der", "--issuer", "alternates-ca.der"]);
    ran.expect(3, &["not fetched", "too many distribution points"]);
    assert!(asked.load(Ordering::Relaxed) <= 16);
}

#[test]
fn a_crl_of_the_cache_that_was_not_asked_for_is_renewed_too() {
    let rig = Rig::with_crls();
    let slots = rig.installed().len();
    // An environment of which nothing is in the cache yet: what is there is asked for besides.
    let crl = rig.crl_now(&[]);
    rig.answers(move |_| Reply::ok("application/pkix-crl", crl.clone()));
    std::fs::write(
        rig.folder().join("other.der"),
        rig.identity(Party::Caller, LabEnvironment::Int, Generation::G2),
    )
    .unwrap();
    let ran = rig.run(&["update", "other.der"]);
    ran.expect(0, &["installed"]);
    assert!(rig.installed().len() > slots, "{}", ran.text);
    let renewed = Cache::open(rig.cache()).crls().unwrap();
    let digest = super::rig::digest(&rig.crl_now(&[]));
    assert!(
        renewed
            .sound
            .iter()
            .any(|crl| crl.about().sha256.to_string() == digest)
    );
}
