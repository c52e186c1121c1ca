//! One PEM text each that is damaged beyond certain repair, or holds something else: refused with a sentence.

use super::*;

#[test]
fn a_text_cut_short_is_refused_with_its_last_line() {
    let (_, pem) = practice_certificate();
    let cut: Vec<&str> = pem.lines().take(4).collect();
    let text = format!("comment\n{}\n", cut.join("\n"));
    assert!(matches!(
        error_of(text.as_bytes()),
        EncodedObjectError::NoEnd {
            line: 2,
            last: 5,
            ..
        }
    ));
}

#[test]
fn a_text_cut_short_does_not_swallow_the_next_object() {
    let (der, pem) = practice_certificate();
    let cut: String = pem
        .lines()
        .take(3)
        .map(|line| format!("{line}\n"))
        .collect();
    let text = format!("{cut}{pem}");
    let opened = opened(text.as_bytes());
    assert!(opened.objects[0].decode().is_err());
    assert_eq!(&opened.objects[1].decode().unwrap().bytes[..], der);
}

#[test]
fn a_lost_line_is_found_by_the_length() {
    let (_, pem) = practice_certificate();
    let mut lines: Vec<&str> = pem.lines().collect();
    lines.remove(3);
    assert!(matches!(
        error_of(lines.join("\n").as_bytes()),
        EncodedObjectError::Der(DerError::Truncated { offset: 0, .. })
    ));
}

#[test]
fn a_strange_character_is_named_with_its_place() {
    let (_, pem) = practice_certificate();
    let mut lines: Vec<String> = pem.lines().map(str::to_owned).collect();
    lines[2].replace_range(9..10, "é");
    let text = lines.join("\r\n");
    assert!(matches!(
        error_of(text.as_bytes()),
        EncodedObjectError::Character {
            line: 3,
            column: 10,
            found: 'é'
        }
    ));
    let text = pem.replacen('\n', "\n<x>", 1);
    assert!(matches!(
        error_of(text.as_bytes()),
        EncodedObjectError::Character {
            line: 2,
            column: 1,
            found: '<'
        }
    ));
}

#[test]
fn a_damaged_last_character_is_refused() {
    let text = "-----BEGIN CERTIFICATE-----\nMAB=\n-----END CERTIFICATE-----\n";
    assert!(matches!(
        error_of(text.as_bytes()),
        EncodedObjectError::LastCharacter { found: 'B' }
    ));
    let text = "-----BEGIN CERTIFICATE-----\nMAMCA\n-----END CERTIFICATE-----\n";
    assert!(matches!(
        error_of(text.as_bytes()),
        EncodedObjectError::Length { found: 5 }
    ));
}

#[test]
fn empty_pem_is_refused() {
    let text = "\n-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n";
    assert!(matches!(
        error_of(text.as_bytes()),
        EncodedObjectError::EmptyBody { line: 2 }
    ));
}

#[test]
fn more_than_one_der_object_in_one_pem_block_is_refused() {
    let text = pem::encode(&pem::Pem::new("CERTIFICATE", b"\x30\x00\x30\x00".to_vec()));
    assert!(matches!(
        error_of(text.as_bytes()),
        EncodedObjectError::Der(DerError::TrailingBytes {
            offset: 2,
            extra: 2
        })
    ));
}

#[test]
fn endless_headers_are_refused() {
    let text = format!(
        "-----BEGIN CERTIFICATE-----\n{}MAA=\n-----END CERTIFICATE-----\n",
        "Comment: x\n".repeat(1000)
    );
    assert!(matches!(
        error_of(text.as_bytes()),
        EncodedObjectError::HeaderTooLong {
            limit: HEADER_LIMIT,
            ..
        }
    ));
}

#[test]
fn a_foreign_pem_label_is_named_and_hides_nothing() {
    let (der, pem) = practice_certificate();
    let body = "b3BlbnNzaC1rZXktdjEA";
    for (label, foreign) in [
        ("OPENSSH PRIVATE KEY", UnsupportedFormat::SshPrivateKey),
        ("PGP MESSAGE", UnsupportedFormat::Pgp),
        ("OpenVPN Static key V1", UnsupportedFormat::OpenVpnKey),
        ("SSH2 PUBLIC KEY", UnsupportedFormat::SshPublicKey),
    ] {
        let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n{pem}");
        let opened = opened(text.as_bytes());
        assert!(
            matches!(opened.objects[0].decode(), Err(EncodedObjectError::UnsupportedFormat(found)) if found == foreign)
        );
        assert_eq!(&opened.objects[1].decode().unwrap().bytes[..], der);
    }
    let text = format!("---- BEGIN SSH2 PUBLIC KEY ----\n{body}\n---- END SSH2 PUBLIC KEY ----\n");
    assert!(matches!(
        error_of(text.as_bytes()),
        EncodedObjectError::UnsupportedFormat(UnsupportedFormat::SshPublicKey)
    ));
}

#[test]
fn the_source_of_an_html_mail_is_named() {
    let (_, pem) = practice_certificate();
    let lines: Vec<&str> = pem.lines().collect();
    let cut = [&lines[..2], &lines[3..]].concat().join("<br>\n");
    let error = error_of(cut.as_bytes());
    assert!(error.to_string().contains("HTML"), "{error}");
}

#[test]
fn an_openpgp_signature_is_nothing_beside_an_object_and_is_named_alone() {
    let (der, pem) = practice_certificate();
    let signature =
        "-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n";
    for text in [
        format!("{pem}{signature}"),
        format!("{signature}{pem}"),
        format!("Hello\n{pem}\n{signature}\n{signature}"),
    ] {
        assert_eq!(only(text.as_bytes()).unwrap().bytes[..], der[..], "{text}");
    }
    let alone = refused(signature.as_bytes());
    assert!(matches!(
        alone,
        OpenError::UnsupportedFormat(UnsupportedFormat::PgpSignature)
    ));
}
