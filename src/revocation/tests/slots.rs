//! Which CRLs replace which.

use super::*;

fn slot(draft: &Draft, ca: &Ca) -> Slot {
    Slot::new(draft.crl(&ca.key).header(), &ca.certificate)
}

fn point(text: &str) -> Vec<u8> {
    full_name(&uri(text))
}

#[test]
fn a_newer_crl_has_the_slot_of_the_older() {
    let ca = Ca::new("CA");
    let older = Draft::of(&["CA"]).number(1).scope(&point("http://a/1"));
    let newer = Draft::of(&["CA"])
        .times(NOW, Some(NOW + 9 * DAY))
        .entry(1, &[])
        .scope(&point("http://a/1"))
        .number(2);
    assert_eq!(slot(&older, &ca), slot(&newer, &ca));
}

#[test]
fn every_part_of_the_scope_makes_another_slot() {
    let (ca, rolled_over) = (Ca::new("CA"), Ca::new("CA"));
    let of = || Draft::of(&["CA"]);
    let directory_point = full_name(&directory(&["CA", "CRL1"]));
    let part = wrap(
        SEQUENCE,
        &[&[6, 3, 0x55, 4, 3][..], &wrap(12, b"CRL1")].concat(),
    );
    let relative = wrap(0xa0, &wrap(0xa1, &part));
    let slots = [
        slot(&of(), &ca),
        slot(&of(), &rolled_over),
        slot(&Draft::of(&["CA 2"]), &ca),
        slot(&of().number(2).base(1), &ca),
        slot(&of().scope(&[]), &ca),
        slot(&of().scope(&[0x81, 1, 0xff]), &ca),
        slot(&of().scope(&[0x82, 1, 0xff]), &ca),
        slot(&of().scope(&[0x85, 1, 0xff]), &ca),
        slot(&of().scope(&[0x83, 2, 1, 0x40]), &ca),
        slot(&of().scope(&[0x83, 2, 1, 0x20]), &ca),
        slot(&of().scope(&[0x84, 1, 0xff]), &ca),
        slot(&of().scope(&point("http://a/1")), &ca),
        slot(&of().scope(&point("http://a/2")), &ca),
        slot(
            &of().scope(&full_name(&[uri("http://a/1"), uri("http://a/2")].concat())),
            &ca,
        ),
        slot(&of().scope(&directory_point), &ca),
        slot(&of().scope(&relative), &ca),
    ];
    for (place, one) in slots.iter().enumerate() {
        assert!(!slots[..place].contains(one), "{place}");
    }
}

#[test]
fn a_slot_is_called_the_same_on_every_machine() {
    // The embedded CA is what does not change here: a name and a key.
    let pem = include_str!("../../environment/data/NHS-INT-Level-1C.pem");
    let der = openssl::x509::X509::from_pem(pem.as_bytes())
        .unwrap()
        .to_der()
        .unwrap();
    let issuer = Certificate::read(&der).unwrap();
    let draft = Draft::of(&["CA"]).scope(&point("http://crl.nhs.uk/int/1c/crlc7.crl"));
    let crl = read(draft.sealed(&[0])).unwrap();
    assert_eq!(
        Slot::new(crl.header(), &issuer).id(),
        "470898f10a521b2b5a73f1edc2c98677"
    );
}

#[test]
fn only_what_a_slot_may_be_called_is_taken_for_one() {
    let id = "470898f10a521b2b5a73f1edc2c98677";
    assert_eq!(Slot::parse(id).unwrap().id(), id);
    for other in ["", "..", &id[1..], &id.to_uppercase(), &"g".repeat(32)] {
        assert_eq!(Slot::parse(other), None, "{other}");
    }
}
