//! openssl and certtool verify what the lab makes.

use std::fs;
use std::path::Path;

use ptl_cert::document::Moment;
use ptl_cert::lab::{Defect, Generation, Lab, LabPlan, Reply};
use ptl_cert::revocation::RevocationReason;

use super::{AT, HOST, at, everywhere, lab, pem, request};
use crate::program::{ask, is_installed};

/// Writes a reply and the CRLs of its environment into a folder: leaf.pem, sub.pem, root.pem and lists.pem.
fn lay_out(folder: &Path, lab: &Lab, reply: &Reply) {
    for (name, der) in ["leaf", "sub", "root"].into_iter().zip(reply.members()) {
        fs::write(folder.join(format!("{name}.pem")), pem("CERTIFICATE", der)).unwrap();
    }
    let crls: String = lab
        .published_crls()
        .iter()
        .map(|place| pem("X509 CRL", &lab.crl(place, at(), &[]).unwrap()))
        .collect();
    fs::write(folder.join("lists.pem"), crls).unwrap();
}

fn openssl_verify(folder: &Path, level: &str) -> (bool, String) {
    let time = AT.to_string();
    let arguments = [
        "verify",
        "-attime",
        &time,
        "-auth_level",
        level,
        "-extended_crl",
        "-crl_check_all",
        "-CRLfile",
        "lists.pem",
        "-purpose",
        "sslserver",
        "-verify_hostname",
        HOST,
        "-CAfile",
        "root.pem",
        "-untrusted",
        "sub.pem",
        "leaf.pem",
    ];
    ask(folder, "openssl", &arguments)
}

/// A reply of every environment and generation, laid out in a folder of its own with its CRLs.
fn each_laid_out(judge: impl Fn(&Path, &mut Lab, (Generation, &Reply))) {
    let mut lab = lab();
    for (environment, generation) in everywhere() {
        let folder = tempfile::tempdir().unwrap();
        let reply = lab.sign(&request(), environment, generation, &[], at());
        let reply = reply.unwrap();
        lay_out(folder.path(), &lab, &reply);
        judge(folder.path(), &mut lab, (generation, &reply));
    }
}

#[test]
fn openssl_verifies_every_generation_with_its_crls_and_refuses_what_was_revoked() {
    if !is_installed("openssl", "version") {
        return;
    }
    each_laid_out(|folder, lab, (_, reply)| {
        let own = reply.certificate();
        let (good, said) = openssl_verify(folder, "0");
        assert!(good, "{}: {said}", own.issuer);

        lab.revoke(own, RevocationReason::KeyCompromise, at())
            .unwrap();
        lay_out(folder, lab, reply);
        let (good, said) = openssl_verify(folder, "0");
        assert!(!good && said.contains("revoked"), "{}: {said}", own.issuer);
    });
}

#[test]
fn openssl_says_of_the_self_signed_certificate_that_it_is_self_signed() {
    if !is_installed("openssl", "version") {
        return;
    }
    let mut lab = lab();
    for (environment, generation) in everywhere() {
        let folder = tempfile::tempdir().unwrap();
        let defects = [Defect::SelfSigned];
        let reply = lab.sign(&request(), environment, generation, &defects, at());
        lay_out(folder.path(), &lab, &reply.unwrap());
        let (good, said) = openssl_verify(folder.path(), "0");
        assert!(
            !good && said.contains("error 18 "),
            "{generation:?}: {said}"
        );
    }
}

#[test]
fn openssl_takes_the_sha_1_chain_at_level_0_only_and_the_others_at_level_2_too() {
    if !is_installed("openssl", "version") {
        return;
    }
    each_laid_out(|folder, _, (generation, reply)| {
        let (good, said) = openssl_verify(folder, "2");
        match generation {
            Generation::G1Sha1 => assert!(!good && said.contains("too weak"), "{said}"),
            _ => assert!(good, "{}: {said}", reply.certificate().issuer),
        }
    });
}

#[test]
fn openssl_takes_the_structure_of_everything_apart() {
    if !is_installed("openssl", "version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let lab = lab();
    let certificates = lab.certificates().unwrap();
    let crls = lab.published_crls();
    let crls = crls
        .iter()
        .map(|place| (place.path(), lab.crl(place, at(), &[]).unwrap()));
    for (path, der) in certificates.into_iter().chain(crls) {
        fs::write(folder.path().join("object.der"), der).unwrap();
        let (good, said) = ask(
            folder.path(),
            "openssl",
            &["asn1parse", "-inform", "DER", "-in", "object.der"],
        );
        assert!(good && !said.contains("Error"), "{path}: {said}");
    }
}

#[test]
fn openssl_reads_the_bundle_that_a_reply_is_as_p7b() {
    if !is_installed("openssl", "version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (environment, generation) in everywhere() {
        let reply = lab()
            .sign(&request(), environment, generation, &[], at())
            .unwrap();
        let file = reply.file(ptl_cert::lab::Shape::P7b).unwrap();
        fs::write(folder.path().join("reply.p7b"), file.bytes).unwrap();
        let arguments = [
            "pkcs7",
            "-inform",
            "DER",
            "-in",
            "reply.p7b",
            "-print_certs",
            "-noout",
        ];
        let (good, said) = ask(folder.path(), "openssl", &arguments);
        assert!(good && said.matches("subject=").count() == 3, "{said}");
    }
}

/// Now: certtool cannot be told another moment before GnuTLS 3.8.
fn now() -> Moment {
    Moment::new(time::OffsetDateTime::now_utc())
}

#[test]
fn certtool_verifies_the_chain_of_every_generation_and_the_crls_of_each_ca() {
    if !is_installed("certtool", "--version") {
        return;
    }
    let at = now();
    let mut lab = Lab::create(lab().keys().clone(), &LabPlan::new(LabPlan::BASE_URL, at)).unwrap();
    for (environment, generation) in everywhere() {
        let folder = tempfile::tempdir().unwrap();
        let reply = lab
            .sign(&request(), environment, generation, &[], at)
            .unwrap();
        let place = lab.place(reply.certificate()).unwrap();
        let crl = lab.crl(&place, at, &[]).unwrap();
        let chain: Vec<String> = reply.members().map(|der| pem("CERTIFICATE", der)).collect();
        for (name, text) in [
            ("chain.pem", &chain.concat()),
            ("sub.pem", &chain[1]),
            ("list.pem", &pem("X509 CRL", &crl)),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let allowed = "--verify-allow-broken";
        let chain = ["--verify-chain", allowed, "--infile", "chain.pem"];
        let crl = [
            "--verify-crl",
            allowed,
            "--load-ca-certificate",
            "sub.pem",
            "--infile",
            "list.pem",
        ];
        for arguments in [&chain[..], &crl] {
            let (good, said) = ask(folder.path(), "certtool", arguments);
            let verified = said.contains("Verified.");
            assert!(good && verified, "{environment} {generation}: {said}");
        }
    }
}
