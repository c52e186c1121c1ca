//! Lists that come in another form than DER, as servers and people have them.

use ptl_cert::lab::{Defect, encoded};
use ptl_cert::wire::host::Reply;

use super::rig::Rig;

/// The CRL as these defects of encoding have it is installed as the DER that it is.
fn is_read(defects: &[Defect]) {
    let rig = Rig::with_crls();
    let crl = rig.crl_now(&[]);
    let text = encoded(crl.clone(), defects).unwrap();
    assert_ne!(text, crl);
    rig.installs(move |_| Reply::ok("text/plain", text.clone()), &[], &crl);
}

#[test]
fn pem_with_windows_line_ends_is_a_crl() {
    is_read(&[Defect::Crlf]);
}

#[test]
fn pem_with_a_byte_order_mark_is_a_crl() {
    is_read(&[Defect::Bom]);
}

#[test]
fn pem_in_utf_16_is_a_crl() {
    is_read(&[Defect::Utf16]);
}

#[test]
fn base64_without_begin_and_end_is_a_crl() {
    is_read(&[Defect::NoPemLines]);
}

#[test]
fn a_crl_in_any_of_these_forms_can_be_imported_from_a_file() {
    let rig = Rig::new();
    let crl = rig.crl_now(&[]);
    for defect in [Defect::Crlf, Defect::Bom, Defect::NoPemLines, Defect::Utf16] {
        let text = encoded(crl.clone(), &[defect]).unwrap();
        std::fs::write(rig.folder().join("brought.crl"), text).unwrap();
        let ran = rig.run(&["import", "brought.crl"]);
        ran.expect(0, &["brought.crl"]);
        assert_eq!(rig.installed().len(), 1);
        assert_eq!(rig.answer(), 0);
    }
}

#[test]
fn a_certificate_instead_of_a_crl_is_named_as_one() {
    let rig = Rig::with_crls();
    let certificate = std::fs::read(rig.folder().join("client.der")).unwrap();
    rig.refuses(
        move |_| Reply::ok("application/pkix-crl", certificate.clone()),
        &[],
        3,
        &["this is a certificate, expected a CRL"],
    );
}

#[test]
fn two_crls_at_one_address_are_not_taken() {
    let rig = Rig::with_crls();
    let pem = String::from_utf8(encoded(rig.crl_now(&[]), &[Defect::Crlf]).unwrap()).unwrap();
    let twice = (pem.clone() + &pem).into_bytes();
    rig.refuses(
        move |_| Reply::ok("text/plain", twice.clone()),
        &[],
        3,
        &["found 2 objects, expected one CRL"],
    );
}
