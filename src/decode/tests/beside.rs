//! What stands beside an object: other objects in unusual lines, and text about them.

use super::*;

/// The objects that were read, in order, and how many parts were not.
fn read(bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let opened = opened(bytes);
    let decoded = opened.objects.iter().map(EncodedObject::decode);
    let (read, unread): (Vec<_>, Vec<_>) = decoded.partition(Result::is_ok);
    let read = read.into_iter().flatten().map(|blob| blob.bytes.to_vec());
    (read.collect(), unread.len())
}

/// A certificate in PEM, and another one and a key in DER.
fn pki() -> (Vec<u8>, String, Vec<u8>, Vec<u8>) {
    let (der, pem) = practice_certificate();
    let (key, other) = fixture_pair(2);
    let key = key.private_key_to_pkcs8().unwrap();
    (der, pem, other.to_der().unwrap(), key)
}

/// Base64 in lines of this length.
fn folded(bytes: &[u8], width: usize, between: &str) -> String {
    let base64 = openssl::base64::encode_block(bytes).replace('\n', "");
    let characters: Vec<char> = base64.chars().collect();
    let lines = characters
        .chunks(width)
        .map(|line| line.iter().collect::<String>());
    lines.collect::<Vec<_>>().join(between)
}

#[test]
fn base64_in_short_lines_beside_an_object_is_read() {
    let (der, pem, other, key) = pki();
    for width in [8, 12, 16, 20, 24, 32, 36, 38, 39] {
        for (object, between) in [
            (&other, "\n"),
            (&key, "\n"),
            (&other, "\r\n"),
            (&other, " "),
            (&other, "\n    "),
            (&other, "\n> "),
        ] {
            let text = folded(object, width, between);
            for bytes in [
                format!("{pem}\n{text}\n"),
                format!("{pem}cert: |\n    {text}\n"),
                format!("{pem}<dict><data>\n{text}\n</data></dict>\n"),
                format!("Hello\n\n{text}\n\n{pem}"),
            ] {
                let (mut found, unread) = read(bytes.as_bytes());
                found.sort();
                let mut expected = [der.clone(), object.clone()];
                expected.sort();
                assert_eq!((&found[..], unread), (&expected[..], 0), "{width}\n{bytes}");
            }
        }
        let again = folded(pem_of(&other).as_bytes(), width, "\n");
        let (found, unread) = read(format!("{pem}\ntls.crt:\n{again}\n").as_bytes());
        assert_eq!(
            (found, unread),
            (vec![der.clone(), other.clone()], 0),
            "{width}"
        );
    }
}

fn pem_of(der: &[u8]) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", der))
}

#[test]
fn base64_in_short_lines_without_its_beginning_is_said_not_to_be_understood() {
    let (der, pem, ..) = pki();
    let noise: Vec<u8> = (0..300_u32)
        .map(|at| (at * 167 % 251) as u8 | 0x80)
        .collect();
    for width in [16, 24, 32, 39] {
        let text = format!("{pem}\n{}\n", folded(&noise, width, "\n"));
        assert_eq!(read(text.as_bytes()), (vec![der.clone()], 1), "{text}");
    }
    // Words of one length are nothing but words.
    for text in [
        "deployment-name-of-a-service ".repeat(20),
        "d41d8cd98f00b204e9800998ecf8427e\n".repeat(20),
        "AKIAIOSFODNN7EXAMPLE\n".repeat(20),
        "MAINTENANCE MAINTENANCE\n".repeat(20),
    ] {
        assert_eq!(
            read(format!("{pem}\n{text}").as_bytes()),
            (vec![der.clone()], 0),
            "{text}"
        );
    }
}

#[test]
fn the_name_of_a_key_before_base64_is_no_part_of_it() {
    let (_, _, other, _) = pki();
    let base64 = openssl::base64::encode_block(&other).replace('\n', "");
    for name in ["idp1", "a", "FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE"] {
        for text in [
            format!("<k><n>{name}</n><c>{base64}</c></k>"),
            format!(
                "<ds:KeyName>{name}</ds:KeyName><ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate></ds:X509Data>"
            ),
            format!(
                "<?xml version=\"1.0\"?><Obj><S N=\"a\">{name}</S><BA N=\"b\">{base64}</BA></Obj>"
            ),
            format!("{name}\n{base64}\n"),
        ] {
            assert_eq!(read(text.as_bytes()), (vec![other.clone()], 0), "{text}");
        }
    }
}

#[test]
fn a_sentence_about_begin_and_end_lines_is_no_object() {
    let (der, pem, ..) = pki();
    for sentence in [
        "Copy all of it (including -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----) into a file.",
        "Copy from \"-----BEGIN CERTIFICATE-----\" to \"-----END CERTIFICATE-----\".",
        "Copy everything between\n-----BEGIN CERTIFICATE-----\nand\n-----END CERTIFICATE-----\n",
        "from -----BEGIN PRIVATE KEY-----, up to and including the\n-----END PRIVATE KEY----- line",
        "---------- Server Certificate ----------",
        "=== Root -------- CERTIFICATE -------- ===",
        "--------------- YOUR PRIVATE KEY ---------------",
        "Content-Type: multipart/signed; protocol=\"application/x-pkcs7-signature\"; boundary=\"----9B5C\"; a=---",
    ] {
        for text in [format!("{sentence}\n{pem}"), format!("{pem}{sentence}\n")] {
            assert_eq!(read(text.as_bytes()), (vec![der.clone()], 0), "{text}");
        }
    }
    // What may be an object, or may have been one, is one still.
    for block in [
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nandy\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n(your certificate)\n-----END CERTIFICATE-----\n",
        "-----BEG1N CERTIFICATE-----\n",
        "-----CERTIFICATE-----\n",
        "---- BEGIN CERTIFICAT ---- BEGN CERTIFICATE\n",
    ] {
        let (found, unread) = read(format!("{pem}{block}").as_bytes());
        assert_eq!(found, [&der[..]], "{block}");
        assert!(unread > 0, "{block}");
    }
}

#[test]
fn a_clear_signed_mail_whose_boundary_is_on_the_line_of_its_kind_is_read() {
    let (der, pem, ..) = pki();
    let kind = "multipart/signed; protocol=\"application/x-pkcs7-signature\"; micalg=\"sha-256\"; boundary=\"----55A9857C06E6\"";
    let mail = format!(
        "From: a@example.org\nSubject: b\nMIME-Version: 1.0\nContent-Type: {kind}\n\nThis is an S/MIME signed message\n\n------55A9857C06E6\nContent-Type: text/plain\n\n{pem}\n------55A9857C06E6--\n"
    );
    assert_eq!(read(mail.as_bytes()), (vec![der], 0));
}
