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

/// The same text in UTF-16.
fn wide(text: &str, order: ByteOrder) -> Vec<u8> {
    let bytes = match order {
        ByteOrder::LittleEndian => u16::to_le_bytes,
        ByteOrder::BigEndian => u16::to_be_bytes,
    };
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn utf_16_behind_text_of_one_byte_a_character_is_read_whole() {
    let (der, _, other, key) = pki();
    let base64 = openssl::base64::encode_block(&other);
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    for order in [ByteOrder::LittleEndian, ByteOrder::BigEndian] {
        let mark: &[u8] = match order {
            ByteOrder::LittleEndian => b"\xff\xfe",
            ByteOrder::BigEndian => b"\xfe\xff",
        };
        for before in [
            format!("{}\n", openssl::base64::encode_block(&der)),
            format!(
                "certificate: {}\r\n",
                openssl::base64::encode_block(&der).replace('\n', "")
            ),
        ] {
            for (text, object) in [
                (base64.clone(), &other),
                (format!("LS0t: {base64}"), &other),
                (format!("key: {hex}\n"), &key),
                (pem_of(&other), &other),
            ] {
                for mark in [&b""[..], mark] {
                    let bytes = [before.as_bytes(), mark, &wide(&text, order)].concat();
                    let (found, unread) = read(&bytes);
                    let expected = [der.clone(), object.clone()];
                    assert_eq!((&found[..], unread), (&expected[..], 0), "{order:?} {text}");
                }
            }
        }
    }
}

#[test]
fn an_object_in_der_behind_utf_16_is_no_text() {
    let (der, pem, other, _) = pki();
    let curve = PKey::generate_ed25519().unwrap();
    let private = curve.private_key_to_pkcs8().unwrap();
    let public = curve.public_key_to_der().unwrap();
    for order in [ByteOrder::LittleEndian, ByteOrder::BigEndian] {
        for object in [&other, &private, &public] {
            for between in [&b""[..], b"\n"] {
                let bytes = [&wide(&pem, order), between, object].concat();
                let (found, unread) = read(&bytes);
                assert_eq!(
                    (&found[..], unread),
                    (&[der.clone(), object.clone()][..], 0),
                    "{order:?}"
                );
            }
        }
    }
}

#[test]
fn letters_of_other_scripts_at_the_end_of_utf_16_are_text() {
    let (der, pem, ..) = pki();
    for end in [
        "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}",
        "\u{4f60}\u{597d}\u{3002}",
        "\u{1f600}",
        "\u{3b1}\u{3b2}\u{3b3}\u{2026}",
    ] {
        let text = format!("{pem}{}", end.repeat(4));
        let bytes = wide(&text, ByteOrder::LittleEndian);
        let (found, unread) = read(&bytes);
        assert_eq!((found.len(), unread), (1, 0), "{end}");
        assert_eq!(found, [&der[..]], "{end}");
    }
}

#[test]
fn a_short_key_in_der_behind_text_is_read() {
    let (der, pem, ..) = pki();
    let curve = PKey::generate_ed25519().unwrap();
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = EcKey::generate(&group).unwrap();
    for object in [
        curve.private_key_to_pkcs8().unwrap(),
        curve.public_key_to_der().unwrap(),
        key.private_key_to_der().unwrap(),
        PKey::from_ec_key(key).unwrap().public_key_to_der().unwrap(),
    ] {
        assert!(object.len() < 130);
        for before in [
            pem.clone(),
            format!("{pem}\nThe key of this certificate is in the lines below, in DER:\n"),
        ] {
            let bytes = [before.as_bytes(), &object].concat();
            assert_eq!(read(&bytes), (vec![der.clone(), object.clone()], 0));
        }
    }
}

#[test]
fn the_key_within_a_certificate_cut_short_is_no_object() {
    let (der, _, other, _) = pki();
    let rsa = openssl::rsa::Rsa::generate(2048).unwrap();
    let key = PKey::from_rsa(rsa).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let long = builder.build().to_der().unwrap();
    let cut = [&der[..], &long[..long.len() - 100]].concat();
    let (found, unread) = read(&cut);
    assert_eq!(found, [&der[..]]);
    assert!(unread > 0);
    // A whole one behind it is another one.
    let (found, _) = read(&[&cut[..], &other].concat());
    assert!(found.contains(&der));
}
