//! One damaged PEM text each: repaired, or refused with a sentence.

use super::*;

#[track_caller]
fn repairs(damage: impl Fn(&str) -> String, expected: &[Damage]) {
    let (der, pem) = practice_certificate();
    let damaged = damage(&pem);
    let blob = only(damaged.as_bytes()).unwrap_or_else(|error| panic!("{error:?} in\n{damaged}"));
    assert_eq!(&blob.bytes[..], der, "{damaged}");
    assert_eq!(blob.damage, expected);
    assert_eq!(blob.label, Some(Label::Certificate));
}

#[test]
fn clean_text_has_no_damage() {
    repairs(str::to_owned, &[]);
}

#[test]
fn every_kind_of_line_end_is_read() {
    repairs(|pem| pem.replace('\n', "\r\n"), &[]);
    repairs(|pem| pem.replace('\n', " \n"), &[]);
    repairs(|pem| pem.replace('\n', "\r"), &[Damage::LoneReturns]);
    repairs(
        |pem| pem.replace('\n', " \n\n"),
        &[Damage::RefusedByOpenssl {
            reason: "bad end line".to_owned(),
        }],
    );
}

#[test]
fn what_keeps_openssl_from_reading_a_text_is_said() {
    let (_, pem) = practice_certificate();
    for text in [
        pem.replacen("MII", "M\n\nII", 1),
        pem.replacen("-----\n", "-----\nX-Foo: bar\n\n", 1),
    ] {
        let damage = only(text.as_bytes()).unwrap().damage;
        assert!(
            matches!(damage[..], [Damage::RefusedByOpenssl { .. }]),
            "{damage:?} in\n{text}"
        );
    }
    // Behind headers OpenSSL takes no line of more than 64 characters, and says nothing of that.
    let body = base64_of(&pem).replace('\n', "");
    let (first, rest) = body.split_at(76);
    let (second, rest) = rest.split_at(76);
    let lines = [first, "", second, rest].join("\n");
    let wide = format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n");
    assert!(!only(wide.as_bytes()).unwrap().damage.is_empty());
    repairs(
        |pem| pem.replacen("-----\n", "-----", 1),
        &[Damage::LineGoesOn { line: 1 }],
    );
    repairs(
        |pem| pem.replace("-----BEGIN", "cert: -----BEGIN"),
        &[Damage::NotAtLineStart { line: 1 }],
    );
    repairs(
        |pem| format!("{} the certificate", pem.trim_end()),
        &[Damage::LineGoesOn {
            line: pem.lines().count(),
        }],
    );
}

#[test]
fn lines_are_counted_by_any_line_end() {
    let (_, pem) = practice_certificate();
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("one\ntwo\n{pem}{pem}").replace('\n', end);
        let opened = opened(text.as_bytes());
        let lines: Vec<_> = opened
            .objects
            .iter()
            .map(|object| object.origin().line.unwrap())
            .collect();
        assert_eq!(lines, [3, 3 + pem.lines().count()], "{end:?}");
        assert_eq!(
            opened.stray_text,
            Some(StrayText {
                bytes: 6,
                first_line: 1
            })
        );
    }
}

#[test]
fn an_indented_text_is_read() {
    repairs(
        |pem| pem.lines().map(|line| format!("    {line}\n")).collect(),
        &[Damage::NotAtLineStart { line: 1 }],
    );
}

#[test]
fn a_quoted_mail_is_unquoted() {
    repairs(
        |pem| pem.lines().map(|line| format!("> > {line}\n")).collect(),
        &[Damage::MailQuoting],
    );
}

#[test]
fn quoted_printable_is_decoded() {
    let soft = |pem: &str| {
        let body = base64_of(pem).replace('\n', "");
        let lines: Vec<String> = body
            .as_bytes()
            .chunks(75)
            .map(|line| {
                String::from_utf8(line.to_vec())
                    .unwrap()
                    .replace('=', "=3D")
            })
            .collect();
        format!(
            "-----BEGIN CERTIFICATE-----=20\r\n{}\r\n-----END CERTIFICATE-----\r\n",
            lines.join("=\r\n")
        )
    };
    repairs(soft, &[Damage::QuotedPrintable]);
    repairs(
        |pem| pem.replacen("-----\n", "-----=20\n", 1),
        &[Damage::QuotedPrintable],
    );
}

#[test]
fn a_text_on_one_line_is_read_and_said_to_be() {
    repairs(|pem| pem.replace('\n', ""), &[Damage::LineEndsLost]);
    repairs(|pem| pem.replace('\n', " "), &[Damage::LineEndsLost]);
}

#[test]
fn long_lines_are_read_and_said_to_be_long() {
    let rewrap = |pem: &str| {
        let body = base64_of(pem).replace('\n', "");
        let (first, second) = body.split_at(100);
        format!("-----BEGIN CERTIFICATE-----\n{first}\n{second}\n-----END CERTIFICATE-----\n")
    };
    let longest = base64_of(&practice_certificate().1)
        .replace('\n', "")
        .trim_end_matches('=')
        .len()
        - 100;
    // ECDSA signatures vary in length by a byte or two, so that only the kind can be compared.
    let (der, pem) = practice_certificate();
    let text = rewrap(&pem);
    let blob = only(text.as_bytes()).unwrap();
    assert_eq!(&blob.bytes[..], der);
    assert!(
        matches!(blob.damage[..], [Damage::LongLines { longest: found }] if found.abs_diff(longest) < 8)
    );
}

#[test]
fn a_text_out_of_json_is_read() {
    repairs(
        |pem| format!("{{\"certificate\": \"{}\"}}", pem.replace('\n', "\\n")),
        &[Damage::EscapedLineEnds],
    );
    repairs(
        |pem| format!("CERT={}", pem.replace('\n', "\\r\\n")),
        &[Damage::EscapedLineEnds],
    );
}

#[test]
fn invisible_characters_are_left_out() {
    repairs(
        |pem| pem.replacen("\nM", "\n\u{a0}\u{200b}M", 1),
        &[Damage::InvisibleCharacters { count: 2 }],
    );
}

#[test]
fn wrong_dashes_are_seen_through() {
    repairs(
        |pem| pem.replace("-----", "----"),
        &[
            Damage::Dashes { line: 1 },
            Damage::Dashes { line: pem_lines() },
        ],
    );
    repairs(
        |pem| pem.replacen("-----", "\u{2013}\u{2013}\u{2013}\u{2013}\u{2013}", 1),
        &[Damage::Dashes { line: 1 }],
    );
    repairs(
        |pem| pem.replacen("-----", "\u{2014}\u{2014}-", 2),
        &[Damage::Dashes { line: 1 }],
    );
    repairs(
        |pem| pem.replacen("CERTIFICATE-----\n", "CERTIFICATE\n", 1),
        &[Damage::Dashes { line: 1 }],
    );
}

fn pem_lines() -> usize {
    practice_certificate().1.lines().count()
}

#[test]
fn prose_that_resembles_pem_lines_has_none() {
    let (_, pem) = practice_certificate();
    let text = format!("- BEGIN here -\n----BEGIN of the mail----\n{pem}");
    assert_eq!(opened(text.as_bytes()).objects.len(), 1);
}

#[test]
fn objects_joined_without_a_line_end_are_two() {
    let (der, pem) = practice_certificate();
    let text = format!("{}{pem}", pem.trim_end());
    let opened = opened(text.as_bytes());
    let blobs: Vec<_> = opened
        .objects
        .iter()
        .map(|object| object.decode().unwrap())
        .collect();
    assert_eq!(blobs.len(), 2);
    assert!(blobs.iter().all(|blob| blob.bytes[..] == der));
    let line = pem.lines().count();
    assert_eq!(blobs[0].damage, [Damage::LineGoesOn { line }]);
    assert_eq!(blobs[1].damage, [Damage::NotAtLineStart { line }]);
}

#[test]
fn a_lost_end_line_is_no_loss_when_the_object_is_whole() {
    repairs(
        |pem| pem.replace("-----END CERTIFICATE-----\n", ""),
        &[Damage::EndMissing],
    );
}

#[test]
fn old_labels_are_known() {
    repairs(|pem| pem.replace("CERTIFICATE", "X509 CERTIFICATE"), &[]);
    repairs(|pem| pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), &[]);
}

#[test]
fn trust_settings_are_cut_off() {
    let (der, _) = practice_certificate();
    let mut trusted = der.clone();
    trusted.extend(b"\x30\x0c\x0c\x0apractice\x20\x20");
    let text = pem::encode(&pem::Pem::new("TRUSTED CERTIFICATE", trusted));
    let blob = only(text.as_bytes()).unwrap();
    assert_eq!(&blob.bytes[..], der);
    assert_eq!(blob.damage, [Damage::TrustSettings { bytes: 14 }]);
}

#[test]
fn padding_is_repaired_at_the_end_and_refused_inside() {
    let (der, _) = practice_certificate();
    // A length that needs padding, whatever the signature's length is.
    let object = [&[0x30, 0x82, 0x01, 0x00][..], &der[..256]].concat();
    let pem = pem::encode(&pem::Pem::new("CERTIFICATE", object.clone())).replace("\r\n", "\n");
    assert!(pem.contains("=\n-----END"));
    let bare = pem.replace('=', "");
    assert_eq!(
        only(bare.as_bytes()).unwrap().damage,
        [Damage::Padding {
            found: 0,
            expected: 1
        }]
    );
    let more = pem.replace('=', "===");
    assert_eq!(
        only(more.as_bytes()).unwrap().damage,
        [Damage::Padding {
            found: 3,
            expected: 1
        }]
    );
    let inside = pem.replacen("\nM", "\nM==", 1);
    assert!(matches!(
        error_of(inside.as_bytes()),
        EncodedObjectError::PaddingInside { line: 2, column: 2 }
    ));
    let at_line_end = pem.replacen("-----\nMI", "-----\nMI=\n", 1);
    // With the soft line break removed the object is whole: that is quoted-printable.
    assert_eq!(
        only(at_line_end.as_bytes()).unwrap().damage,
        [Damage::QuotedPrintable]
    );
    let joined = pem.replace("=\n-----END", "=\nMIIB\n-----END");
    assert!(matches!(
        error_of(joined.as_bytes()),
        EncodedObjectError::PaddingInside { .. }
    ));
}

#[test]
fn headers_of_an_encrypted_key_are_read() {
    let (key, _) = fixture_pair(1);
    let cipher = openssl::symm::Cipher::aes_128_cbc();
    let pem = key
        .ec_key()
        .unwrap()
        .private_key_to_pem_passphrase(cipher, b"practice")
        .unwrap();
    for pem in [
        String::from_utf8(pem.clone()).unwrap(),
        String::from_utf8(pem).unwrap().replace('\n', "\r\n"),
    ] {
        let blob = only(pem.as_bytes()).unwrap();
        assert_eq!(blob.label, Some(Label::EcPrivateKey));
        assert!(blob.dek_info.unwrap().starts_with("AES-128-CBC,"));
        assert_eq!(blob.damage, []);
    }
}

#[test]
fn bag_attributes_are_stray_text_and_no_damage() {
    let (_, pem) = practice_certificate();
    let text = format!("Bag Attributes\n    localKeyID: 01 02\nsubject=CN = a\n{pem}");
    let opened = opened(text.as_bytes());
    assert_eq!(opened.stray_text.unwrap().first_line, 1);
    assert_eq!(opened.objects[0].decode().unwrap().damage, []);
    assert_eq!(opened.objects[0].origin().line, Some(4));
}

#[test]
fn key_bytes_never_show() {
    let (key, _) = fixture_pair(1);
    let pem = key.private_key_to_pem_pkcs8().unwrap();
    let opened = opened(&pem);
    let blob = opened.objects[0].decode().unwrap();
    assert_eq!(blob.label, Some(Label::PrivateKey));
    let shown = format!(
        "{blob:?} {:?} {:?}",
        opened,
        Password::from("secret".to_owned())
    );
    assert!(
        shown.contains(&format!("{} bytes", blob.bytes.len())),
        "{shown}"
    );
    assert!(
        !shown.contains("secret") && !shown.contains("48, "),
        "{shown}"
    );
}

#[test]
fn labels_that_differ_are_said_to() {
    let damage = Damage::LabelsDiffer {
        begin: "CERTIFICATE".into(),
        end: "X509 CRL".into(),
    };
    repairs(
        |pem| pem.replace("END CERTIFICATE", "END X509 CRL"),
        &[damage],
    );
}

#[test]
fn a_missing_begin_line_is_repaired_and_said() {
    let (der, pem) = practice_certificate();
    let (_, rest) = pem.split_once('\n').unwrap();
    let opened = opened(rest.as_bytes());
    assert_eq!(opened.damage, [Damage::BeginMissing]);
    assert_eq!(opened.objects[0].decode().unwrap().bytes[..], der);
}

#[test]
fn no_break_spaces_in_the_pem_lines_are_repaired_and_said() {
    let (der, pem) = practice_certificate();
    let text = pem.replace(' ', "\u{a0}");
    let opened = opened(text.as_bytes());
    let blob = opened.objects[0].decode().unwrap();
    assert_eq!(blob.damage, [Damage::NoBreakSpaces]);
    assert_eq!(blob.bytes[..], der);
}
