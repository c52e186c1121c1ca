//! Java reads what the lab makes.

use std::fs;

use super::{at, everywhere, lab, request};
use crate::program::{ask, is_installed};

#[test]
fn keytool_prints_every_certificate_and_every_crl() {
    if !is_installed("keytool", "-help") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut lab = lab();
    // A virtual machine takes half a second to start: one of each kind is enough, and all in one file.
    let mut chain = String::new();
    let mut expected = 0;
    for (environment, generation) in everywhere() {
        let reply = lab
            .sign(&request(), environment, generation, &[], at())
            .unwrap();
        for der in reply.members() {
            chain += &super::pem("CERTIFICATE", der);
            expected += 1;
        }
    }
    fs::write(folder.path().join("all.pem"), chain).unwrap();
    let (good, said) = ask(
        folder.path(),
        "keytool",
        &["-printcert", "-file", "all.pem"],
    );
    assert!(
        good && said.matches("Owner: ").count() == expected,
        "{said}"
    );

    for place in lab.published_crls().iter().step_by(5) {
        let crl = lab.crl(place, at(), &[]).unwrap();
        fs::write(folder.path().join("list.crl"), crl).unwrap();
        let (good, said) = ask(
            folder.path(),
            "keytool",
            &["-printcrl", "-file", "list.crl"],
        );
        assert!(good && said.contains("LAB"), "{}: {said}", place.path());
    }
}
