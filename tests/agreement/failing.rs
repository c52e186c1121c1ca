//! An internal error of OpenSSL is no verdict.

use std::process::Command;

use ::openssl::ec::{EcGroup, EcKey};
use ::openssl::hash::MessageDigest;
use ::openssl::nid::Nid;
use ::openssl::pkey::PKey;
use ::openssl::x509::X509ReqBuilder;
use ptl_cert::document::ObjectError;
use ptl_cert::ops::inspect;
use ptl_cert::verdict::admission::{self, Authorities, CrlRefusal};

use super::*;

/// Says to the test below that it is a process of its own.
const ALONE: &str = "PTL_CERT_TEST_WITHOUT_ALGORITHMS";

/// OpenSSL finds no algorithm any more, as where a calling program asked for those of a FIPS module that is not there: for the
/// whole process, which is why this runs in one of its own.
#[test]
fn without_algorithms_nothing_is_verified_and_nothing_is_refused() {
    if std::env::var_os(ALONE).is_none() {
        return;
    }
    let verdict = || {
        let Pki { certificates, crls } = &PKIS[0];
        let named = |name: &str| {
            let found = certificates.iter().find(|(known, _)| known == name);
            found.unwrap().1.clone()
        };
        let crls: Vec<_> = crls
            .iter()
            .filter(|(name, _)| ["root.crl", "sub.crl"].contains(&name.as_str()))
            .cloned()
            .collect();
        let read = read(&crls);
        let read: Vec<&SearchableCrl<'_>> = read.iter().collect();
        let facts = Facts::default();
        let (leaf, sub, root) = (named("leaf.pem"), named("sub.pem"), named("root.pem"));
        let judge = BorrowedJudge::new(
            Evidence::new(&facts)
                .sent(std::slice::from_ref(&leaf))
                .chain(std::slice::from_ref(&sub))
                .anchors(std::slice::from_ref(&root))
                .crls(&read),
        );
        let at = Moment::from_unix(MOMENTS[0]).unwrap();
        let question = question(&leaf, Revocation::Chain, at);
        (
            judge.verdict(&question),
            clears(&judge.revocation(&question)),
        )
    };
    let (good, cleared) = verdict();
    assert_eq!((good.decision, cleared), (Decision::Verified, true));
    let of_rsa = fs::read(folder("lab/host.csr")).unwrap();
    let of_ec = ec_request();
    assert!(request(&of_rsa).is_ok() && request(&of_ec).is_ok());
    assert!(admitted(&["root.pem", "sub.pem"]).is_ok());
    assert!(!inspected().is_open());
    #[expect(unsafe_code, reason = "the openssl crate does not offer it")]
    // SAFETY: without a library context it is about the usual one, and this thread is the only one.
    let done = unsafe { openssl_sys::EVP_default_properties_enable_fips(std::ptr::null_mut(), 1) };
    assert_eq!(done, 1);
    let (failed, cleared) = verdict();
    assert_eq!(failed.decision, Decision::NotDecided, "{failed:#?}");
    let code = failed.code.map(|code| code.as_str());
    assert_eq!(
        (code, cleared),
        (Some("openssl-failed"), false),
        "{failed:#?}"
    );
    // A request's own signature, a CRL that is to be installed, the chain that is shown.
    assert!(matches!(
        request(&of_ec),
        Err(ObjectError::SignatureUnchecked { .. })
    ));
    // One of RSA takes arithmetic only.
    assert!(request(&of_rsa).is_ok());
    for known in [&["root.pem", "sub.pem"][..], &["root.pem"]] {
        let refusal = admitted(known).unwrap_err();
        assert_eq!(refusal.code().as_str(), "openssl-failed", "{refusal}");
    }
    assert!(inspected().is_open());
}

fn ec_request() -> Vec<u8> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut request = X509ReqBuilder::new().unwrap();
    request.set_pubkey(&key).unwrap();
    request.sign(&key, MessageDigest::sha256()).unwrap();
    request.build().to_der().unwrap()
}

fn request(bytes: &[u8]) -> Result<Document, ObjectError> {
    let opened = decode::open(&Input::new(Source::BuiltIn("request"), bytes), None).unwrap();
    Document::read(&opened.objects[0].decode().unwrap(), None)
}

/// Whether the sub CA's CRL may be installed where these are known, and the sub CA was found beside a certificate.
fn admitted(known: &[&str]) -> Result<(), CrlRefusal> {
    let Pki { certificates, crls } = &PKIS[0];
    let named = |name: &str| {
        let found = certificates.iter().find(|(known, _)| known == name);
        Arc::clone(&found.unwrap().1.certificate)
    };
    let known: Vec<_> = known.iter().map(|name| named(name)).collect();
    let authorities = Authorities::new(&Facts::default(), &known, &[named("sub.pem")]);
    let (_, der) = crls.iter().find(|(name, _)| name == "sub.crl").unwrap();
    let crl = read_one(der).unwrap();
    let at = Moment::from_unix(MOMENTS[0]).unwrap();
    admission::examine(&crl, &authorities, None, at).map(drop)
}

fn inspected() -> inspect::Inspection {
    let files = ["leaf.pem", "sub.pem", "root.pem"].map(|name| folder("judge").join(name));
    let options = inspect::Options::new(files.map(Named::file));
    let at = Moment::from_unix(MOMENTS[0]).unwrap();
    inspect::inspect(&options, &Context::new(at, Facts::default()))
}

#[test]
fn an_internal_error_of_openssl_leaves_every_question_open() {
    let done = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("agreement::failing::without_algorithms_nothing_is_verified_and_nothing_is_refused")
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
