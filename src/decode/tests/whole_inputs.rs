//! What an input is as a whole.

use std::path::{Path, PathBuf};

use super::*;

#[test]
fn utf_16_is_read_with_and_without_its_mark() {
    let (der, pem) = practice_certificate();
    for (order, marked) in [
        (ByteOrder::LittleEndian, true),
        (ByteOrder::LittleEndian, false),
        (ByteOrder::BigEndian, true),
        (ByteOrder::BigEndian, false),
    ] {
        let text = format!(
            "{}{}",
            if marked { "\u{feff}" } else { "" },
            pem.replace('\n', "\r\n")
        );
        let bytes: Vec<u8> = text
            .encode_utf16()
            .flat_map(|unit| {
                if order == ByteOrder::LittleEndian {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect();
        let opened = opened(&bytes);
        assert_eq!(opened.damage, [Damage::Utf16 { order, marked }]);
        assert_eq!(&opened.objects[0].decode().unwrap().bytes[..], der);
    }
}

#[test]
fn a_byte_order_mark_is_noted() {
    let (der, pem) = practice_certificate();
    let text = format!("\u{feff}{pem}");
    let opened = opened(text.as_bytes());
    assert_eq!(opened.damage, [Damage::ByteOrderMark]);
    assert_eq!(&opened.objects[0].decode().unwrap().bytes[..], der);
}

#[test]
fn bare_der_has_no_label_and_is_not_copied() {
    let (der, _) = practice_certificate();
    let blob = only(&der).unwrap();
    assert_eq!(
        (blob.label, blob.origin.line, blob.origin.member),
        (None, None, None)
    );
    assert!(std::ptr::eq(&blob.bytes[..], &der[..]));
}

#[test]
fn a_short_der_object_is_not_taken_for_text() {
    let (key, _) = fixture_pair(1);
    let der = key.public_key_to_der().unwrap();
    assert_eq!(der[..2], [0x30, 0x59]);
    assert_eq!(&only(&der).unwrap().bytes[..], der);
}

#[test]
fn der_cut_short_says_both_lengths() {
    let (der, _) = practice_certificate();
    let length = der.len() as u64;
    match refused(&der[..100]) {
        OpenError::Der(DerError::Truncated {
            offset: 0,
            expected,
            found: 100,
        }) => assert_eq!(expected, length),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        refused(&der[..2]),
        OpenError::Der(DerError::Truncated { found: 2, .. })
    ));
}

#[test]
fn a_length_of_eight_octets_is_cut_short_too_and_not_beyond_counting() {
    let mut bytes = vec![0x30, 0x88];
    bytes.extend([0xff; 8]);
    bytes.extend([0; 64]);
    assert!(matches!(
        refused(&bytes),
        OpenError::Der(DerError::Truncated {
            expected: u64::MAX,
            ..
        })
    ));
}

#[test]
fn bytes_after_the_object_are_refused_and_hide_nothing() {
    let (der, _) = practice_certificate();
    let bytes = [&der[..], b"junk"].concat();
    let opened = opened(&bytes);
    assert_eq!(&opened.objects[0].decode().unwrap().bytes[..], der);
    let offset = der.len();
    assert!(
        matches!(opened.objects[1].decode(), Err(EncodedObjectError::Binary(DerError::TrailingBytes { offset: at, extra: 4 })) if at == offset)
    );
}

#[test]
fn a_line_end_after_the_object_is_noted() {
    let (der, _) = practice_certificate();
    let bytes = [&der[..], b"\r\n"].concat();
    let opened = opened(&bytes);
    assert_eq!(opened.damage, [Damage::TrailingLineEnd]);
    assert_eq!(&opened.objects[0].decode().unwrap().bytes[..], der);
}

#[test]
fn several_der_objects_are_members() {
    let (der, _) = practice_certificate();
    let bytes = [&der[..], &der, &der[..50]].concat();
    let opened = opened(&bytes);
    assert_eq!(opened.damage, [Damage::SeveralObjects { count: 2 }]);
    let members: Vec<_> = opened
        .objects
        .iter()
        .map(|object| object.origin().member.unwrap())
        .collect();
    assert_eq!(members, [1, 2, 3]);
    let answers: Vec<_> = opened
        .objects
        .iter()
        .map(|object| object.decode().is_ok())
        .collect();
    assert_eq!(answers, [true, true, false]);
}

#[test]
fn base64_without_pem_lines_is_read_when_it_is_one_object() {
    let (der, pem) = practice_certificate();
    let text = base64_of(&pem);
    let opened = opened(text.as_bytes());
    assert_eq!(opened.damage, [Damage::LabelsMissing]);
    assert_eq!(&opened.objects[0].decode().unwrap().bytes[..], der);
    assert!(matches!(
        refused(&text.as_bytes()[..130]),
        OpenError::BareBase64(_)
    ));
}

#[test]
fn what_is_not_ours_is_named_with_a_remedy() {
    for (bytes, foreign) in [
        (&b"%PDF-1.7"[..], UnsupportedFormat::Pdf),
        (b"7z\xbc\xaf\x27\x1c\0\x04", UnsupportedFormat::SevenZip),
        (b"x\x9f>\"\x01\0", UnsupportedFormat::Winmail),
        (
            b"\0\0\0\0CERT\x20\0\0\0",
            UnsupportedFormat::SerializedStore,
        ),
        (b"\x1e\xf1\xb5\xb0\0\0\0\0", UnsupportedFormat::Pvk),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            UnsupportedFormat::OutlookOrWord,
        ),
        (b"\x89PNG\r\n\x1a\n", UnsupportedFormat::Picture),
        (b"\x7fELF\x02\x01\x01\0", UnsupportedFormat::Program),
        (b"MZ\x90\0\x03\0\0\0", UnsupportedFormat::Program),
        (
            b"\r\n<!DOCTYPE html>\n<html>Sign in</html>",
            UnsupportedFormat::Html,
        ),
        (b"<?xml version=\"1.0\"?><html/>", UnsupportedFormat::Html),
        (
            b"<?xml version=\"1.0\"?><EntityDescriptor/>",
            UnsupportedFormat::Xml,
        ),
        (b"{\"error\": \"unauthorised\"}", UnsupportedFormat::Json),
        (
            b"ssh-rsa AAAAB3NzaC1yc2E practice",
            UnsupportedFormat::SshPublicKey,
        ),
        (
            b"PuTTY-User-Key-File-3: ssh-rsa",
            UnsupportedFormat::PuttyPrivateKey,
        ),
        (
            b"Certificate:\n    Data:\n        Version: 3 (0x2)",
            UnsupportedFormat::Printout,
        ),
        (
            b"0\xef\xbf\xbd\x04\xef\xbf\xbd0\xef\xbf\xbd",
            UnsupportedFormat::BinaryAsText,
        ),
        (b"308203 4d30 8202", UnsupportedFormat::Hexadecimal),
    ] {
        match refused(bytes) {
            OpenError::UnsupportedFormat(found) => assert_eq!(found, foreign),
            other => panic!("{foreign:?}: {other:?}"),
        }
        assert!(refused(bytes).to_string().contains(foreign.remedy()));
    }
}

#[test]
fn nothing_and_nonsense_are_distinguished() {
    assert!(matches!(refused(b""), OpenError::Empty));
    assert!(matches!(refused(b"\xef\xbb\xbf \r\n"), OpenError::Empty));
    assert!(matches!(refused(b"\xff\xfe"), OpenError::Empty));
    assert!(matches!(
        refused(b"Dear colleague, the certificate follows."),
        OpenError::NoPemLines
    ));
    assert!(matches!(
        refused(b"\x04\x03\x02\x01"),
        OpenError::NotDer { found: 4 }
    ));
}

#[test]
fn a_object_is_small_and_may_cross_threads() {
    fn crosses_threads<T: Send + Sync>() {}
    crosses_threads::<EncodedObject<'_>>();
    crosses_threads::<Blob<'_>>();
    assert!(size_of::<EncodedObject<'_>>() <= 64);
}

#[test]
fn every_published_certificate_reads_clean() {
    let shared = std::env::var_os("PTL_CERT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let Ok(files) = crate::store::read::walk(&shared.join("nhs"), crate::store::read::Depth::Tree)
    else {
        println!(
            "SKIPPED: {} is not here; set PTL_CERT_SHARED",
            shared.join("nhs").display()
        );
        return;
    };
    assert!(!files.is_empty());
    for path in files
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "pem"))
    {
        let bytes = crate::store::read::file(path).unwrap();
        let opened = opened(&bytes);
        assert!(!opened.objects.is_empty());
        for object in &opened.objects {
            let blob = object.decode().unwrap();
            assert_eq!(blob.label, Some(Label::Certificate), "{}", path.display());
            X509::from_der(&blob.bytes).unwrap();
        }
    }
}

/// DH parameters of 512 bits, made for this test: a prime and the generator 2, in the shape of an RSA public key.
const DH_PARAMETERS: &str = "-----BEGIN DH PARAMETERS-----\nMEYCQQChrOhyq4K3F0ZlIKRB5wnXLpeT3zzoY00J7c2d2ra7NHdK6NMntuUSMzHBEwtSpk1dUJoCbgzjZ+j8TbgvXBOPAgEC\n-----END DH PARAMETERS-----\n";

#[test]
fn parameters_beside_a_certificate_or_key_are_passed_over() {
    let (der, pem) = practice_certificate();
    let curve = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    for text in [
        format!("{DH_PARAMETERS}{pem}"),
        format!("{pem}{DH_PARAMETERS}"),
        format!("{curve}{pem}"),
    ] {
        assert_eq!(only(text.as_bytes()).unwrap().bytes[..], der);
    }
}

#[test]
fn a_file_of_parameters_alone_is_named() {
    assert!(matches!(
        refused(DH_PARAMETERS.as_bytes()),
        OpenError::UnsupportedFormat(UnsupportedFormat::Parameters)
    ));
}

#[test]
fn what_follows_a_binary_object_is_not_called_base64() {
    let (mut der, _) = practice_certificate();
    der.extend(b"more\n");
    let opened = opened(&der);
    let error = opened.objects[1].decode().map(|blob| blob.bytes.len());
    let text = error.unwrap_err().to_string();
    assert!(!text.contains("base64"), "{text}");
}
