//! Objects in BER that should be in DER.

use super::*;

/// A length of one octet more than it needs, for the element that begins at `at`.
fn longer(der: &[u8], at: usize) -> Vec<u8> {
    let (before, element) = der.split_at(at);
    let (count, length) = match element[1] {
        short @ ..0x80 => (0, vec![short]),
        long => {
            let count = usize::from(long & 0x7f);
            (count, element[2..2 + count].to_vec())
        }
    };
    let octets = u8::try_from(length.len() + 1).unwrap();
    let head = [&[element[0], 0x80 | octets, 0], &length[..]].concat();
    [before, &head, &element[2 + count..]].concat()
}

/// The outermost length, with as many octets more as are added inside.
fn grown(der: &[u8], by: usize) -> Vec<u8> {
    let length = usize::from(der[2]) * 256 + usize::from(der[3]) + by;
    let octets = u16::try_from(length).unwrap().to_be_bytes();
    [&der[..2], &octets, &der[4..]].concat()
}

/// A certificate, and the same with lengths that are not in DER: the outermost one, that of what is signed, that of the version
/// in it, and one that is indefinite.
fn variants() -> (Vec<u8>, Vec<Vec<u8>>) {
    let (_, certificate) = fixture_pair(1);
    let der = certificate.to_der().unwrap();
    assert_eq!(der[1], 0x82);
    let signed = 2 + usize::from(der[5] & 0x7f);
    let version = 4 + signed;
    let mut inside = longer(&der, version);
    // One octet for the length, one for the form; what is around it grows with it.
    let more = inside.len() - der.len();
    let outer = grown(&inside, more);
    inside = match signed {
        4 => [&outer[..4], &grown(&outer[4..], more)[..]].concat(),
        _ => unreachable!("what is signed has more than 255 bytes"),
    };
    let mut indefinite = der.clone();
    indefinite.splice(1..4, [0x80]);
    indefinite.extend([0, 0]);
    let tbs = longer(&der, 4);
    let tbs = grown(&tbs, tbs.len() - der.len());
    (der.clone(), vec![longer(&der, 0), tbs, inside, indefinite])
}

fn pem_of(der: &[u8]) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", der))
}

/// The objects that were read, and whether each says that it was in BER; damage to the input as a whole counts for the first.
fn read(bytes: &[u8]) -> Vec<(Vec<u8>, bool)> {
    let opened = opened(bytes);
    let mut blobs: Vec<_> = opened
        .objects
        .iter()
        .map(|object| object.decode().unwrap())
        .collect();
    blobs[0].damage.extend(opened.damage);
    let is_ber = |damage: &Damage| matches!(damage, Damage::Ber);
    let read = blobs.iter().map(|blob| {
        let said = blob.damage.iter().any(is_ber);
        (blob.bytes.to_vec(), said)
    });
    read.collect()
}

#[test]
fn a_length_of_more_octets_than_it_needs_is_repaired_as_an_indefinite_one_is() {
    let (der, variants) = variants();
    assert_eq!(read(&der), [(der.clone(), false)]);
    for ber in variants {
        let base64 = openssl::base64::encode_block(&ber);
        for bytes in [
            ber.clone(),
            pem_of(&ber).into_bytes(),
            base64.into_bytes(),
            format!(
                "value: {}\n",
                openssl::base64::encode_block(&ber).replace('\n', "")
            )
            .into_bytes(),
        ] {
            assert_eq!(read(&bytes), [(der.clone(), true)], "{ber:x?}");
        }
    }
}

#[test]
fn a_copy_in_ber_is_the_same_object_as_the_one_in_der() {
    let (der, variants) = variants();
    for ber in variants {
        let both = [pem_of(&der), pem_of(&ber)].concat();
        let expected = [(der.clone(), false), (der.clone(), true)];
        assert_eq!(read(both.as_bytes()), expected);
        let both = [&ber[..], &der].concat();
        assert_eq!(read(&both), [(der.clone(), true), (der.clone(), false)]);
    }
}

#[test]
fn a_certificate_in_ber_within_a_bundle_is_repaired_and_the_bundle_says_so() {
    let (der, variants) = variants();
    // SignedData of version 1 without signers (RFC 2315 section 9.1), with indefinite lengths around the certificates.
    let head = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80";
    let bundle = |certificate: &[u8]| {
        let behind = b"\0\0\x31\x00\0\0\0\0\0\0";
        [&head[..], certificate, behind].concat()
    };
    assert_eq!(read(&bundle(&der)), [(der.clone(), false)]);
    for ber in &variants[..3] {
        assert_eq!(read(&bundle(ber)), [(der.clone(), true)]);
    }
}

#[test]
fn of_a_bundle_in_ber_each_crl_that_was_not_in_der_says_so() {
    let der = include_bytes!("../../../tests/data/verify/signer.crl");
    let contents = |der: &[u8]| -> Vec<u8> {
        let form = 2 + usize::from(der[1].saturating_sub(0x80));
        der[form..].to_vec()
    };
    // What is signed, with an indefinite length.
    let inside = contents(der);
    let size = length_of_first(&inside);
    let (signed, rest) = inside.split_at(size);
    let inside = [&[0x30, 0x80], &contents(signed)[..], &[0, 0], rest].concat();
    let size = u16::try_from(inside.len()).unwrap().to_be_bytes();
    let ber = [&[0x30, 0x82][..], &size, &inside].concat();
    assert!(inside.len() > 255);
    // SignedData as above, with CRLs.
    let head = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa1\x80";
    let bundle = |crls: &[&[u8]]| [&head[..], &crls.concat(), &[0, 0, 0x31, 0], &[0; 6]].concat();
    let expected = |is_ber: &[bool]| -> Vec<(Vec<u8>, bool)> {
        is_ber.iter().map(|one| (der.to_vec(), *one)).collect()
    };
    assert_eq!(read(&bundle(&[der, der])), expected(&[false, false]));
    assert_eq!(read(&bundle(&[der, &ber])), expected(&[false, true]));
    assert_eq!(read(&bundle(&[&ber])), expected(&[true]));
}

/// How long the first element of these bytes is.
fn length_of_first(bytes: &[u8]) -> usize {
    let (first, _) = crate::decode::der::first(bytes).unwrap();
    first.len()
}
