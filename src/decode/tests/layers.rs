//! Objects behind another encoding, beside other text, or under any key of a structured file.

use std::fmt::Write;

use super::*;

/// The DER of all objects that were read, and how many were not.
fn found(bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let opened = opened(bytes);
    let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
    let good = read
        .iter()
        .filter_map(|blob| Some(blob.as_ref().ok()?.bytes.to_vec()));
    (
        good.collect(),
        read.iter().filter(|blob| blob.is_err()).count(),
    )
}

/// Two certificates, as DER and as PEM.
fn pair() -> [(Vec<u8>, String); 2] {
    [1, 2].map(|serial| {
        let certificate = fixture_pair(serial).1;
        let pem = String::from_utf8(certificate.to_pem().unwrap()).unwrap();
        (certificate.to_der().unwrap(), pem)
    })
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn base64(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}

#[test]
fn utf_16_behind_ascii_and_ascii_behind_utf_16_are_both_read() {
    let [(one, first), (two, second)] = pair();
    let mark = [0xff, 0xfe];
    let crlf = |text: &str| text.replace('\n', "\r\n");
    for bytes in [
        [first.as_bytes(), &wide(&second)].concat(),
        [crlf(&first).as_bytes(), &wide(&crlf(&second))].concat(),
        [first.as_bytes(), &mark, &wide(&second)].concat(),
        [&mark[..], &wide(&first), second.as_bytes()].concat(),
        [&wide(&first)[..], second.as_bytes()].concat(),
    ] {
        assert_eq!(found(&bytes), (vec![one.clone(), two.clone()], 0));
    }
}

#[test]
fn each_begin_line_is_repaired_by_itself() {
    let [(one, first), (two, second)] = pair();
    for (from, to) in [
        ("-----BEGIN CERTIFICATE", "-----BEGIN\u{a0}CERTIFICATE"),
        ("-----BEGIN CERTIFICATE", "-----BEGIN\u{202f}CERTIFICATE"),
        ("-----BEGIN CERTIFICATE", "-----\u{200b}BEGIN CERTIFICATE"),
        ("-----BEGIN CERTIFICATE", "-----BEGINCERTIFICATE"),
        ("-----END CERTIFICATE", "-----ENDCERTIFICATE"),
        ("-----BEGIN CERTIFICATE", "-----begin certificate"),
        ("-----BEGIN CERTIFICATE", "-----Begin Certificate"),
        ("-----BEGIN CERTIFICATE", "-----BEGIN  CERTIFICATE"),
        ("-----BEGIN CERTIFICATE", "-----BEGIN_CERTIFICATE"),
        (
            "-----BEGIN CERTIFICATE",
            "\u{2014}\u{2014}BEGIN CERTIFICATE",
        ),
        ("-----BEGIN CERTIFICATE", "-----BEIGN CERTIFICATE"),
    ] {
        let text = format!("{first}{}", second.replacen(from, to, 1));
        assert_eq!(
            found(text.as_bytes()),
            (vec![one.clone(), two.clone()], 0),
            "{to}"
        );
        let text = format!("{}{first}", second.replacen(from, to, 1));
        assert_eq!(
            found(text.as_bytes()),
            (vec![two.clone(), one.clone()], 0),
            "{to}"
        );
    }
}

#[test]
fn dashes_of_windows_1252_are_seen_through() {
    let [(one, first), (two, second)] = pair();
    let bytes: Vec<u8> = second
        .bytes()
        .map(|byte| if byte == b'-' { 0x96 } else { byte })
        .collect();
    let bytes = [first.as_bytes(), &bytes].concat();
    assert_eq!(found(&bytes), (vec![one, two], 0));
}

#[test]
fn der_behind_pem_and_pem_behind_der_are_read() {
    let [(one, first), (two, second)] = pair();
    let bytes = [first.as_bytes(), &two].concat();
    assert_eq!(found(&bytes), (vec![one.clone(), two.clone()], 0));
    let bytes = [&one[..], second.as_bytes()].concat();
    assert_eq!(found(&bytes), (vec![one.clone(), two.clone()], 0));
    let bytes = [b"\r\n", &one[..]].concat();
    assert_eq!(found(&bytes), (vec![one], 0));
}

#[test]
fn bare_base64_behind_pem_is_read() {
    let [(one, first), (two, second)] = pair();
    let text = format!("{first}\n{}\n\nKind regards\n", base64_of(&second));
    assert_eq!(found(text.as_bytes()), (vec![one.clone(), two.clone()], 0));
    let text = format!("{first}\n{}\n", base64(&two));
    assert_eq!(found(text.as_bytes()), (vec![one, two], 0));
}

#[test]
fn what_is_not_understood_is_said_with_its_place() {
    let [(one, first), (_, second)] = pair();
    let cut: String = base64_of(&second)
        .lines()
        .take(3)
        .fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        });
    let binary = [0xde, 0xad, 0x00, 0x01].repeat(20);
    for (rest, least) in [
        (cut.as_bytes(), 190),
        (&binary, 80),
        (b"-----BEIGN CERTIFICATE-----\nMIIB\n", 10),
        (b"MIIBMIIB\n-----END CERTIFICATE-----\n", 10),
    ] {
        let text = [first.as_bytes(), rest].concat();
        let opened = opened(&text);
        assert_eq!(opened.objects[0].decode().unwrap().bytes[..], one);
        let error = opened.objects[1]
            .decode()
            .map(|blob| blob.bytes.len())
            .unwrap_err();
        let EncodedObjectError::NotUnderstood { offset, bytes, .. } = error else {
            panic!("{error:?}");
        };
        assert!(offset >= first.len() && bytes >= least, "{offset} {bytes}");
    }
}

#[test]
fn prose_around_objects_is_no_damage() {
    let [(one, first), _] = pair();
    let fingerprint = "SHA256 Fingerprint=AB:CD:EF:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F";
    let text = format!(
        "Dear colleague – 100% sure & well:\n{fingerprint}\ndigest {}\n{first}\n-- \nNHS PKI <pki@example.org>\n",
        "0123456789abcdef".repeat(4)
    );
    assert_eq!(found(text.as_bytes()), (vec![one], 0));
}

#[test]
fn json_escapes_are_undone_once_and_twice() {
    let [(one, first), _] = pair();
    let once = first
        .replace('\n', "\\n")
        .replace('+', "\\u002B")
        .replace('/', "\\/");
    let twice = once.replace('\\', "\\\\");
    for text in [
        format!("{{\"certificate\": \"{once}\"}}"),
        format!("{{\"body\": \"{{\\\"certificate\\\": \\\"{twice}\\\"}}\"}}"),
        format!("{{\"certificate\": \"{}\"}}", once.replace('-', "\\u002d")),
    ] {
        assert_eq!(found(text.as_bytes()), (vec![one.clone()], 0), "{text}");
    }
}

#[test]
fn url_encoded_pem_is_read_in_each_of_its_forms() {
    let [(one, first), _] = pair();
    let alb = first.replace(' ', "%20").replace('\n', "%0A");
    let strict = alb
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let form = first
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('\n', "%0A")
        .replace(' ', "+");
    let twice = strict.replace('%', "%25");
    for text in [alb, strict, form, twice] {
        let text = format!("X-Client-Cert: {text}\n");
        assert_eq!(found(text.as_bytes()), (vec![one.clone()], 0), "{text}");
    }
}

#[test]
fn a_kubernetes_secret_is_read_and_each_object_says_under_which_key() {
    let [(one, first), (two, second)] = pair();
    let text = format!(
        "apiVersion: v1\nkind: Secret\ndata:\n  ca.crt: {}\n  tls.crt: {}\n  user: YWRtaW4=\n",
        base64(first.as_bytes()),
        base64(second.as_bytes())
    );
    assert_eq!(found(text.as_bytes()), (vec![one, two], 0));
    let opened = opened(text.as_bytes());
    let places: Vec<_> = opened
        .objects
        .iter()
        .map(|object| object.origin().to_string())
        .collect();
    assert_eq!(
        places,
        ["standard input!ca.crt:1", "standard input!tls.crt:1"]
    );
    let blob = opened.objects[0].decode().unwrap();
    assert!(blob.damage.contains(&Damage::EncodedAgain));
}

#[test]
fn certificates_in_xml_yaml_and_json_are_found_under_any_key() {
    let [(one, first), (two, second)] = pair();
    let body = base64_of(&second);
    let indented = body.replace('\n', "\n        ");
    for text in [
        format!(
            "<?xml version=\"1.0\"?>\n<md:KeyDescriptor><ds:X509Certificate>{}</ds:X509Certificate>\n<ds:X509Certificate>\n        {indented}\n</ds:X509Certificate></md:KeyDescriptor>",
            base64(&one)
        ),
        format!(
            "<KeyDescriptor><X509Certificate>{}</X509Certificate><X509Certificate>{}</X509Certificate></KeyDescriptor>",
            base64(&one),
            base64(&two)
        ),
        format!("{{\"x5c\": [\"{}\", \"{}\"]}}", base64(&one), base64(&two)),
        format!(
            "one: |\n  {}\nother:\n  cert: |\n        {indented}\n",
            first.replace('\n', "\n  ")
        ),
    ] {
        assert_eq!(
            found(text.as_bytes()),
            (vec![one.clone(), two.clone()], 0),
            "{text}"
        );
    }
}

#[test]
fn pem_in_pem_and_base64_of_base64_are_read() {
    let [(one, first), _] = pair();
    let inside = pem::encode(&pem::Pem::new("CERTIFICATE", first.as_bytes()));
    assert_eq!(found(inside.as_bytes()), (vec![one.clone()], 0));
    let twice = base64(base64(first.as_bytes()).as_bytes());
    assert_eq!(found(twice.as_bytes()), (vec![one.clone()], 0));
    let mut endless = first;
    for _ in 0..=LAYERS_LIMIT + 1 {
        endless = base64(endless.as_bytes());
    }
    let input = Input::new(Source::Stdin, endless.as_bytes());
    let is_read = |opened: Opened<'_>| opened.objects.iter().any(|object| object.decode().is_ok());
    assert!(!open(&input, None).is_ok_and(is_read));
}

#[test]
fn two_repairs_work_together() {
    let (der, _) = practice_certificate();
    let bundle = super::bundles::certificates_only(&[&der, &der], &[], super::bundles::element);
    for label in ["PKCS7", "CERTIFICATE"] {
        let text = pem::encode(&pem::Pem::new(label, bundle.clone()));
        let quoted = text.lines().fold(String::new(), |text, line| {
            format!("{text}> {}\n", line.trim_end())
        });
        let printable = text.replace('=', "=3D").replace("\r\n", "=\r\n=0D=0A");
        for text in [quoted, printable, text.replace(' ', "\u{a0}")] {
            assert_eq!(
                found(text.as_bytes()),
                (vec![der.clone(), der.clone()], 0),
                "{text}"
            );
        }
    }
}

#[test]
fn a_certificate_under_a_bundle_s_label_is_read() {
    let (der, _) = practice_certificate();
    let text = pem::encode(&pem::Pem::new("PKCS7", der.clone()));
    assert_eq!(only(text.as_bytes()).unwrap().bytes[..], der);
}

#[test]
fn headers_of_an_encrypted_key_on_one_line_are_distinguished_from_its_body() {
    let text = "-----BEGIN RSA PRIVATE KEY----- Proc-Type: 4,ENCRYPTED DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF  AAAAAAAAAAAAAAAAAAAAAA== -----END RSA PRIVATE KEY-----";
    let blob = only(text.as_bytes()).unwrap();
    assert_eq!(
        blob.dek_info.as_deref(),
        Some("AES-128-CBC,0123456789ABCDEF0123456789ABCDEF")
    );
    assert_eq!(blob.bytes.len(), 16);
}

#[test]
fn der_whose_line_ends_a_tool_changed_is_called_that() {
    let mut der = practice_certificate().0;
    let end = der.len();
    der[end - 10] = b'\n';
    der[end - 20] = b'\n';
    let changed: Vec<u8> = der
        .iter()
        .flat_map(|byte| {
            if *byte == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![*byte]
            }
        })
        .collect();
    assert!(matches!(
        refused(&changed),
        OpenError::UnsupportedFormat(UnsupportedFormat::LineEndsChanged)
    ));
}

#[test]
fn a_bullet_list_has_no_pem_lines() {
    let [(one, first), _] = pair();
    let text = format!("- End certificate first\n- Begin certificate renewal\n{first}");
    assert_eq!(found(text.as_bytes()), (vec![one], 0));
}
