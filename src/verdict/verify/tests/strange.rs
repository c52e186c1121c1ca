//! What no sound CA makes: signatures that prove nothing, versions that do not exist, keys that no suite uses.

use openssl::md::Md;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use openssl::sign::RsaPssSaltlen;
use openssl::x509::X509Req;

use super::path::KnownCas;
use super::*;
use crate::document::der::{elements, first, wrap};
use crate::document::{Kind, Request};
use crate::verdict::object::unsound;

const SEQUENCE: u8 = 0x30;
const MD5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5];
const SHA_1: &[u8] = &[0x2b, 14, 3, 2, 26];
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const SHA3_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 8];

fn oid(octets: &[u8]) -> Vec<u8> {
    wrap(0x06, octets)
}

fn hash(octets: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[oid(octets), wrap(0x05, &[])].concat())
}

/// An RSASSA-PSS AlgorithmIdentifier with a salt of 16 octets.
fn pss(message: &[u8], mask: &[u8]) -> Vec<u8> {
    let mgf1 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
    let mask = wrap(SEQUENCE, &[oid(&mgf1), hash(mask)].concat());
    let parameters = [
        wrap(0xa0, &hash(message)),
        wrap(0xa1, &mask),
        wrap(0xa2, &wrap(0x02, &[16])),
    ];
    let own = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    let parameters = wrap(SEQUENCE, &parameters.concat());
    wrap(SEQUENCE, &[oid(&own), parameters].concat())
}

/// The certificate with another algorithm or version in it, signed again by `sign`.
fn again(
    given: &Given,
    version: u8,
    algorithm: Option<&[u8]>,
    sign: impl Fn(&[u8]) -> Vec<u8>,
) -> Given {
    let (outer, _) = first(given.certificate.der()).unwrap();
    let (signed, rest) = first(outer.content).unwrap();
    let (old, _) = first(rest).unwrap();
    let algorithm = algorithm.unwrap_or(old.raw);
    let fields = elements(signed.content).enumerate();
    let fields = fields.map(|(number, field)| match number {
        0 => wrap(0xa0, &wrap(0x02, &[version])),
        2 => algorithm.to_vec(),
        _ => field.unwrap().raw.to_vec(),
    });
    let signed = wrap(SEQUENCE, &fields.collect::<Vec<_>>().concat());
    let signature = [vec![0], sign(&signed)].concat();
    let parts = [signed, algorithm.to_vec(), wrap(0x03, &signature)];
    let der = wrap(SEQUENCE, &parts.concat());
    Given {
        certificate: Arc::new(Certificate::read(&der).unwrap()),
        origin: given.origin.clone(),
    }
}

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn by_pkcs1(key: &PKey<Private>, digest: MessageDigest, message: &[u8]) -> Vec<u8> {
    let mut signer = openssl::sign::Signer::new(digest, key).unwrap();
    signer.sign_oneshot_to_vec(message).unwrap()
}

fn by_pss(
    key: &PKey<Private>,
    (digest, md): (MessageDigest, &openssl::md::MdRef),
    mask: &openssl::md::MdRef,
    message: &[u8],
) -> Vec<u8> {
    let digest = openssl::hash::hash(digest, message).unwrap();
    let mut context = PkeyCtx::new(key).unwrap();
    context.sign_init().unwrap();
    context.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
    context.set_signature_md(md).unwrap();
    context.set_rsa_mgf1_md(mask).unwrap();
    context
        .set_rsa_pss_saltlen(RsaPssSaltlen::custom(16))
        .unwrap();
    let mut signature = Vec::new();
    context.sign_to_vec(&digest, &mut signature).unwrap();
    signature
}

/// A root with an RSA key, and a sound leaf right below it.
fn below_rsa() -> (PKey<Private>, Given, Given) {
    let root_key = rsa();
    let root = issue(ROOT, &root_key, ROOT.name, &root_key);
    let leaf = issue(LEAF, &key(), ROOT.name, &root_key);
    (root_key, root, leaf)
}

fn below(root: &Given, leaf: &Given) -> Verdict {
    ask(&question(leaf), &[leaf], &[], &[root])
}

#[test]
fn md5_is_refused_under_whatever_name_it_comes() {
    let (by, root, leaf) = below_rsa();
    assert_eq!(below(&root, &leaf).decision, Decision::Verified);
    // md5WithRSA and md5WithRSASignature of the OIW.
    for last in [3, 25] {
        let algorithm = wrap(SEQUENCE, &oid(&[0x2b, 14, 3, 2, last]));
        let weak = again(&leaf, 2, Some(&algorithm), |signed| {
            by_pkcs1(&by, MessageDigest::md5(), signed)
        });
        let verdict = below(&root, &weak);
        assert_eq!(verdict.code, Some(Code::BrokenSignature), "{last}");
        assert_eq!(verdict.decision, Decision::NotVerified);
        let own = unsound(&weak.certificate.signature, Kind::Certificate);
        assert_eq!(own.map(|own| own.code()), Some(Code::BrokenSignature));
    }
    let weak = again(&leaf, 2, Some(&pss(MD5, MD5)), |signed| {
        by_pss(&by, (MessageDigest::md5(), Md::md5()), Md::md5(), signed)
    });
    assert_eq!(below(&root, &weak).code, Some(Code::BrokenSignature));
}

#[test]
fn a_signature_whose_strength_is_not_known_proves_nothing_and_the_reason_is_true() {
    let (by, root, leaf) = below_rsa();
    // OpenSSL checks it.
    let sha_3 = again(&leaf, 2, Some(&pss(SHA3_256, SHA3_256)), |signed| {
        let md = (MessageDigest::sha3_256(), Md::sha3_256());
        by_pss(&by, md, Md::sha3_256(), signed)
    });
    // And does not know this one: ripemd160WithRSA of TeleTrusT, and one without a meaning.
    let foreign = [&[0x2b, 0x24, 3, 3, 1, 2][..], &[0x2b, 6, 1, 4, 1, 1, 99]];
    let foreign = foreign.map(|octets| {
        let algorithm = wrap(SEQUENCE, &oid(octets));
        again(&leaf, 2, Some(&algorithm), |signed| {
            by_pkcs1(&by, MessageDigest::sha256(), signed)
        })
    });
    for one in foreign.iter().chain([&sha_3]) {
        let verdict = below(&root, one);
        assert_eq!(verdict.code, Some(Code::UnsupportedAlgorithm));
        assert_eq!(verdict.decision, Decision::NotVerified);
    }
}

#[test]
fn a_mask_function_with_another_hash_is_no_fault() {
    let (by, root, leaf) = below_rsa();
    let mixed = again(&leaf, 2, Some(&pss(SHA_256, SHA_1)), |signed| {
        let md = (MessageDigest::sha256(), Md::sha256());
        by_pss(&by, md, Md::sha1(), signed)
    });
    assert_eq!(below(&root, &mixed).decision, Decision::Verified);
}

#[test]
fn a_certificate_of_a_fourth_version_is_refused() {
    let (by, root, leaf) = below_rsa();
    for (version, code) in [(2, None), (3, Some(Code::UnknownVersion))] {
        let one = again(&leaf, version, None, |signed| {
            by_pkcs1(&by, MessageDigest::sha256(), signed)
        });
        assert_eq!(below(&root, &one).code, code, "{version}");
    }
}

#[test]
fn an_extension_that_reads_but_is_not_der_is_reported_and_refused_by_the_strict_profile() {
    const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    const ISSUER_ALTERNATIVE_NAME: &str = "2.5.29.18";
    for (oid, value, is_der) in [
        (BASIC_CONSTRAINTS, &b"\x30\x00"[..], true),
        (BASIC_CONSTRAINTS, b"\x30\x03\x01\x01\x00", true),
        (BASIC_CONSTRAINTS, b"\x30\x00\x00\x00", false),
        (ISSUER_ALTERNATIVE_NAME, b"\x30\x03\x82\x01a", true),
        (ISSUER_ALTERNATIVE_NAME, b"\x30\x03\x82\x01a\x05\x00", false),
        (ISSUER_ALTERNATIVE_NAME, b"\x30\x81\x03\x82\x01a", false),
        (ISSUER_ALTERNATIVE_NAME, b"\x30\x04\x82\x81\x01a", false),
    ] {
        let leaf = Plan {
            extra: Some((oid, value)),
            ..LEAF
        };
        let pki = pki(CA, leaf);
        let verdict = plainly(&pki);
        assert_eq!(verdict.decision, Decision::Verified, "{value:x?}");
        assert_eq!(
            has(&verdict, Code::MalformedExtension),
            !is_der,
            "{value:x?}"
        );
        let mut question = question(&pki.leaf);
        question.profile = Profile::Strict;
        let verdict = ask(&question, &[&pki.sub], &[], &[&pki.root]);
        let is_refused = verdict
            .reasons
            .iter()
            .any(|reason| reason.problem.code() == Code::MalformedExtension);
        assert_eq!(is_refused, !is_der, "{value:x?}");
    }
}

#[test]
fn name_constraints_of_which_a_part_does_not_read_are_malformed() {
    for (value, is_read) in [
        // permitted DNS nhs.uk; excluded DNS a.
        (&b"\x30\x0c\xa0\x0a\x30\x08\x82\x06nhs.uk"[..], true),
        (b"\x30\x07\xa1\x05\x30\x03\x82\x01a", true),
        // The base of a subtree is a SEQUENCE; the subtree is a string.
        (b"\x30\x0e\xa0\x0c\x30\x0a\x30\x08\x82\x06nhs.uk", false),
        (b"\x30\x05\xa1\x03\x82\x01a", false),
    ] {
        let leaf = Plan {
            extra: Some(("2.5.29.30", value)),
            ..LEAF
        };
        let leaf = pki(CA, leaf).leaf.certificate;
        let malformed = leaf.extensions.malformed();
        assert_eq!(malformed.is_empty(), is_read, "{value:x?}");
        assert_eq!(leaf.extensions.name_constraints.is_some(), is_read);
    }
}

#[test]
fn the_netscape_certificate_type_restricts_the_purposes() {
    // sslClient, sslServer, both.
    for (types, client, server) in [(0x80, true, false), (0x40, false, true), (0xc0, true, true)] {
        let value = [3, 2, 0, types];
        let leaf = Plan {
            extra: Some(("2.16.840.1.113730.1.1", &value)),
            ..LEAF
        };
        let pki = pki(CA, leaf);
        for (purpose, allowed) in [(Purpose::Client, client), (Purpose::Server, server)] {
            let mut question = question(&pki.leaf);
            question.purposes = purpose.into();
            let verdict = ask(&question, &[&pki.sub], &[], &[&pki.root]);
            let code = (!allowed).then_some(Code::PurposeRefused);
            assert_eq!(verdict.code, code, "{types:x} {purpose:?}");
        }
    }
}

#[test]
fn the_purposes_of_the_anchor_count() {
    let (root_key, sub_key) = (key(), key());
    // serverAuth alone.
    let server_only = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    let root = Plan {
        extra: Some(("2.5.29.37", &server_only)),
        ..ROOT
    };
    let root = issue(root, &root_key, ROOT.name, &root_key);
    let sub = issue(CA, &sub_key, ROOT.name, &root_key);
    let leaf = issue(LEAF, &key(), CA.name, &sub_key);
    for (purpose, code) in [
        (Purpose::Server, None),
        (Purpose::Client, Some(Code::PurposeRefused)),
    ] {
        let mut question = question(&leaf);
        question.purposes = purpose.into();
        let verdict = ask(&question, &[&sub], &[], &[&root]);
        assert_eq!(verdict.code, code, "{purpose:?}");
    }
}

#[test]
fn only_an_rsa_key_can_be_used_with_the_suites_of_spine() {
    let root_key = key();
    let root = issue(ROOT, &root_key, ROOT.name, &root_key);
    for (key, code) in [(rsa(), None), (key(), Some(Code::KeyNotPermitted))] {
        let leaf = issue(LEAF, &key, ROOT.name, &root_key);
        let path = [leaf.certificate.as_ref(), root.certificate.as_ref()];
        let mut measure = Measure::of(&question(&leaf));
        for (spine, code) in [(false, None), (true, code)] {
            measure.spine = spine;
            let judgement = path::judge(&path, &measure, &KnownCas::default());
            let found = judgement.refusals.first();
            assert_eq!(found.map(|(_, problem)| problem.code()), code);
        }
    }
}

/// A request for this name by this key.
fn request(name: &str, key: &PKey<Private>) -> Vec<u8> {
    let mut request = X509Req::builder().unwrap();
    request.set_version(0).unwrap();
    let mut subject = X509Name::builder().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    subject.append_entry_by_text("OU", "Devices").unwrap();
    request.set_subject_name(&subject.build()).unwrap();
    request.set_pubkey(key).unwrap();
    request.sign(key, MessageDigest::sha256()).unwrap();
    request.build().to_der().unwrap()
}

#[test]
fn a_request_whose_signature_is_wrong_asks_for_nothing() {
    let own = rsa();
    let root_key = key();
    let root = issue(ROOT, &root_key, ROOT.name, &root_key);
    let leaf = issue(LEAF, &own, ROOT.name, &root_key);
    let mut der = request(LEAF.name, &own);
    for code in [None, Some(Code::RequestSignature)] {
        let request = Request::read(&der).unwrap();
        let mut question = question(&leaf);
        question.request = Some(&request);
        let verdict = ask(&question, &[], &[], &[&root]);
        assert_eq!(verdict.code, code);
        assert_eq!(verdict.matches_request, Some(code.is_none()));
        // The last octet is the signature's.
        *der.last_mut().unwrap() ^= 1;
    }
}

#[test]
fn a_request_whose_signature_cannot_be_checked_is_not_said_to_be_changed() {
    let own = rsa();
    let root_key = key();
    let root = issue(ROOT, &root_key, ROOT.name, &root_key);
    let leaf = issue(LEAF, &own, ROOT.name, &root_key);
    let mut der = request(LEAF.name, &own);
    // sha256WithRSAEncryption, and in its place sha512-256WithRSAEncryption, which OpenSSL does not take for one.
    let known = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    let place = der.windows(known.len()).rposition(|octets| octets == known);
    der[place.unwrap() + known.len() - 1] = 16;
    let request = Request::read(&der).unwrap();
    let mut question = question(&leaf);
    question.request = Some(&request);
    let verdict = ask(&question, &[], &[], &[&root]);
    assert_eq!(verdict.code, Some(Code::UnsupportedAlgorithm));
    assert_eq!(verdict.matches_request, Some(false));
}

#[test]
fn a_certificate_for_the_host_of_a_request_has_its_name_whatever_else_the_subjects_hold() {
    let root_key = key();
    let root = issue(ROOT, &root_key, ROOT.name, &root_key);
    let leaf = issue(LEAF, &key(), ROOT.name, &root_key);
    for (name, expected) in [("Leaf.NHS.uk", true), ("other.nhs.uk", false)] {
        let request = Request::read(&request(name, &rsa())).unwrap();
        let mut question = question(&leaf);
        question.request = Some(&request);
        let verdict = ask(&question, &[], &[], &[&root]);
        let named = verdict.reasons.iter().find_map(|one| match one.problem {
            Problem::RequestKey { same_name, .. } => Some(same_name),
            _ => None,
        });
        assert_eq!(named, Some(expected), "{name}");
    }
}

/// Copies of one sub CA that have all expired, each another certificate; more than paths that are looked at.
fn expired_copies(of: &PKey<Private>, by: &PKey<Private>) -> Vec<Given> {
    let copies = i64::try_from(candidate::BUDGET.paths).unwrap() + 6;
    let expired = |number| Plan {
        ends: AT - DAY - number,
        ..CA
    };
    (0..copies)
        .map(|number| issue(expired(number), of, ROOT.name, by))
        .collect()
}

#[test]
fn copies_of_a_ca_that_have_expired_do_not_hide_the_one_that_has_not() {
    let (root_key, sub_key) = (key(), key());
    let root = issue(ROOT, &root_key, ROOT.name, &root_key);
    let leaf = issue(LEAF, &key(), CA.name, &sub_key);
    let good = issue(CA, &sub_key, ROOT.name, &root_key);
    let copies = expired_copies(&sub_key, &root_key);
    let expired: Vec<&Given> = copies.iter().collect();
    let pool: Vec<&Given> = expired.iter().copied().chain([&good]).collect();
    let verdict = ask(&question(&leaf), &[&leaf], &pool, &[&root]);
    assert_eq!(verdict.decision, Decision::Verified, "{:?}", verdict.code);
    // Without it no good path was found, and not all were looked at.
    let verdict = ask(&question(&leaf), &[&leaf], &expired, &[&root]);
    assert_eq!(
        (verdict.decision, verdict.code),
        (Decision::NotDecided, Some(Code::ChainUnresolved))
    );
    assert!(has(&verdict, Code::IssuerExpired));
    // What is wrong with the certificate itself is wrong on any path.
    let mut late = question(&leaf);
    late.at = Moment::from_unix(LEAF.ends + 1).unwrap();
    let verdict = ask(&late, &[&leaf], &expired, &[&root]);
    assert_eq!(verdict.code, Some(Code::Expired));
    assert_eq!(verdict.decision, Decision::NotVerified);
}
