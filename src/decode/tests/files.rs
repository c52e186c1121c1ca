//! Archives, mails and key stores.

use std::io::{Cursor, Write};

use openssl::pkcs7::{Pkcs7, Pkcs7Flags};
use openssl::stack::Stack;

use super::*;

fn places(bytes: &[u8]) -> Vec<String> {
    let input = Input::new(Source::File("reply".into()), bytes);
    let opened = open(&input, None).unwrap();
    opened
        .objects
        .iter()
        .map(|object| match object.decode() {
            Ok(_) => object.origin().to_string(),
            Err(error) => format!("{}: {error}", object.origin()),
        })
        .collect()
}

fn packed(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file(name, options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap().into_inner()
}

fn lines_of_base64(bytes: &[u8]) -> String {
    let text = openssl::base64::encode_block(bytes);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    lines.join("\r\n")
}

/// A mail with one attachment.
fn mail(name: &str, bytes: &[u8]) -> String {
    format!(
        "From: NHS PKI <pki@example.org>\r\nTo: supplier@example.org\r\nSubject: Endpoint certificate\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlease find your certificate attached.\r\n--b1\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}\r\n--b1--\r\n",
        lines_of_base64(bytes)
    )
}

#[test]
fn a_mail_s_attachment_is_read_with_its_name() {
    let (der, pem) = practice_certificate();
    assert_eq!(
        places(mail("endpoint.cer", &der).as_bytes()),
        ["reply!endpoint.cer"]
    );
    let zipped = packed("leaf.crt", pem.as_bytes());
    assert_eq!(
        places(mail("reply.zip", &zipped).as_bytes()),
        ["reply!reply.zip!leaf.crt:1"]
    );
}

#[test]
fn a_certificate_in_a_mail_s_text_is_read() {
    let (_, pem) = practice_certificate();
    let text = format!(
        "From: a@example.org\nSubject: certificate\nContent-Type: text/plain\n\nHello\n{pem}\nBye\n"
    );
    assert_eq!(places(text.as_bytes()), ["reply!text:2"]);
}

#[test]
fn a_mail_without_anything_is_called_a_mail_and_its_attachments_named() {
    let error = refused(mail("terms.pdf", b"%PDF-1.7").as_bytes());
    let said = error.to_string();
    assert!(
        said.starts_with("the mail holds nothing") && said.contains("terms.pdf"),
        "{said}"
    );
    assert!(error.is_something_else());
}

#[test]
fn a_damaged_attachment_is_said_to_be_one_of_a_mail() {
    let zipped = packed("leaf.crt", practice_certificate().1.as_bytes());
    let said = places(mail("reply.zip", &zipped[..30]).as_bytes());
    assert!(said[0].contains("attachment of the mail"), "{said:?}");
}

#[test]
fn a_signed_mail_shows_its_content_and_not_whose_signature_it_is() {
    let (key, signer) = fixture_pair(7);
    let (der, pem) = practice_certificate();
    let content = format!(
        "Content-Type: text/plain\r\n\r\nYour certificate:\r\n{}",
        pem.replace('\n', "\r\n")
    );
    let sign = |flags| {
        Pkcs7::sign(
            &signer,
            &key,
            &Stack::new().unwrap(),
            content.as_bytes(),
            flags,
        )
        .unwrap()
    };
    let opaque = sign(Pkcs7Flags::BINARY).to_der().unwrap();
    let blob = only(&opaque).unwrap();
    assert_eq!(blob.bytes[..], der);
    let signature = sign(Pkcs7Flags::BINARY | Pkcs7Flags::DETACHED)
        .to_der()
        .unwrap();
    let clear = format!(
        "From: ca@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"s1\"\r\n\r\n--s1\r\n{content}\r\n--s1\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--s1--\r\n",
        lines_of_base64(&signature)
    );
    let opened = opened(clear.as_bytes());
    assert_eq!(opened.objects.len(), 1);
    assert_eq!(opened.objects[0].decode().unwrap().bytes[..], der);
    assert!(opened.damage.contains(&Damage::SignatureLeftOut));
}

#[test]
fn a_request_that_was_signed_to_renew_is_read_before_the_old_certificate() {
    let (key, old) = fixture_pair(7);
    let (new, _) = fixture_pair(8);
    let mut request = openssl::x509::X509Req::builder().unwrap();
    request.set_pubkey(&new).unwrap();
    request.sign(&new, MessageDigest::sha256()).unwrap();
    let request = request.build().to_der().unwrap();
    let bundle = Pkcs7::sign(
        &old,
        &key,
        &Stack::new().unwrap(),
        &request,
        Pkcs7Flags::BINARY,
    );
    let bytes = bundle.unwrap().to_der().unwrap();
    let opened = opened(&bytes);
    let read: Vec<_> = opened
        .objects
        .iter()
        .map(|object| object.decode().unwrap().bytes.to_vec())
        .collect();
    assert_eq!(read, [request, old.to_der().unwrap()]);
}

#[test]
fn an_outlook_mail_s_text_and_attachments_are_read() {
    let (der, pem) = practice_certificate();
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let mut mail = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let mut put = |path: &str, bytes: &[u8]| {
        mail.create_stream(path).unwrap().write_all(bytes).unwrap();
    };
    put("/__properties_version1.0", &[0; 32]);
    put("/__substg1.0_1000001F", &wide(&format!("Hello\r\n{pem}")));
    mail.create_storage("/__attach_version1.0_#00000000")
        .unwrap();
    let mut put = |path: &str, bytes: &[u8]| {
        mail.create_stream(path).unwrap().write_all(bytes).unwrap();
    };
    put("/__attach_version1.0_#00000000/__substg1.0_37010102", &der);
    put(
        "/__attach_version1.0_#00000000/__substg1.0_3707001F",
        &wide("endpoint.cer"),
    );
    let bytes = mail.into_inner().into_inner();
    assert_eq!(places(&bytes), ["reply!text:2", "reply!endpoint.cer"]);
}

#[test]
fn tar_and_gzip_are_read() {
    let (der, pem) = practice_certificate();
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in [("a/leaf.pem", pem.as_bytes()), ("leaf.der", &der)] {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        archive.append_data(&mut header, name, bytes).unwrap();
    }
    let archive = archive.into_inner().unwrap();
    assert_eq!(places(&archive), ["reply!a/leaf.pem:1", "reply!leaf.der"]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&archive).unwrap();
    let packed = gzip.finish().unwrap();
    assert_eq!(
        places(&packed),
        ["reply!gzip!a/leaf.pem:1", "reply!gzip!leaf.der"]
    );
}

#[test]
fn a_gzip_bomb_is_refused() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..=ARCHIVE_BYTES_LIMIT / (1024 * 1024) {
        gzip.write_all(&zeros).unwrap();
    }
    assert!(matches!(
        refused(&gzip.finish().unwrap()),
        OpenError::ArchiveTooLarge { .. }
    ));
}

#[test]
fn an_archive_with_a_file_of_an_unknown_kind_says_that_it_was_not_read() {
    let (_, pem) = practice_certificate();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("leaf.crt", pem.as_bytes()),
        ("notes.txt", b"How to install"),
    ] {
        writer
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let opened = opened(&bytes);
    let [left_out] = &opened.left_out[..] else {
        panic!("{:?}", opened.left_out);
    };
    assert_eq!(left_out.source.to_string(), "standard input!notes.txt");
}

#[test]
fn mails_within_mails_without_end_are_refused() {
    let mut text = "From: a@example.org\r\nSubject: b\r\nMIME-Version: 1.0\r\n".to_owned();
    for _ in 0..1000 {
        text.push_str("Content-Type: message/rfc822\r\n\r\nFrom: a@example.org\r\nSubject: b\r\n");
    }
    assert!(matches!(
        refused(text.as_bytes()),
        OpenError::TooDeep { .. }
    ));
}

const JKS: &[u8] = include_bytes!("../../../tests/data/practice.jks");
const JCEKS: &[u8] = include_bytes!("../../../tests/data/practice.jceks");

#[test]
fn a_java_key_store_is_read_without_a_password_and_its_keys_stay_closed() {
    for (bytes, expected) in [
        (
            JKS,
            vec![
                ("ca", Label::Certificate),
                ("endpoint", Label::EncryptedPrivateKey),
                ("endpoint", Label::Certificate),
            ],
        ),
        (
            JCEKS,
            vec![
                ("endpoint", Label::EncryptedPrivateKey),
                ("endpoint", Label::Certificate),
            ],
        ),
    ] {
        let opened = opened(bytes);
        assert_eq!(opened.container, Container::KeyStore);
        let found: Vec<_> = opened
            .objects
            .iter()
            .map(|object| {
                (
                    object.origin().name.unwrap().to_string(),
                    object.label().unwrap(),
                )
            })
            .collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(name, label)| (name.to_owned(), label))
            .collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_java_key_store_s_key_opens_with_its_password_and_with_no_other() {
    for bytes in [JKS, JCEKS] {
        let opened = opened(bytes);
        let is =
            |label: Label| move |object: &&EncodedObject<'_>| object.label() == Some(label.clone());
        let key = opened
            .objects
            .iter()
            .find(is(Label::EncryptedPrivateKey))
            .unwrap();
        let key = key.decode().unwrap();
        let certificate = opened.objects.iter().rfind(is(Label::Certificate)).unwrap();
        let certificate = X509::from_der(&certificate.decode().unwrap().bytes).unwrap();
        let sealed = pbe::Sealed::read(&key.bytes).unwrap();
        let clear = sealed.open(b"practice").unwrap();
        let opened = PKey::private_key_from_pkcs8(&clear).unwrap();
        assert!(opened.public_eq(&certificate.public_key().unwrap()));
        assert!(matches!(
            sealed.open(b"wrong"),
            Err(ProtectionError::Password)
        ));
    }
}

/// Whether the integrity check of a store is said not to fit this password.
fn fails_check(store: &[u8], password: &Password) -> bool {
    let input = Input::new(Source::Stdin, store);
    let opened = open(&input, Some(password)).unwrap();
    let mut read = opened.objects.iter().flat_map(EncodedObject::decode);
    read.any(|blob| blob.damage == [Damage::IntegrityCheck])
}

#[test]
fn the_integrity_check_of_a_java_key_store_is_made_with_the_password_of_the_store() {
    for store in [JKS, JCEKS] {
        let right = Password::new("practice");
        assert!(!fails_check(store, &right));
        assert!(fails_check(store, &Password::new("another")));
        assert!(fails_check(store, &Password::new(*b"\xff")));
        // The last octet of the contents, and of the check.
        for behind in [CHECK_BYTES + 1, 1] {
            let mut changed = store.to_vec();
            let place = changed.len() - behind;
            changed[place] ^= 1;
            assert!(fails_check(&changed, &right), "{behind}");
        }
        assert!(!fails_check(
            store,
            &Password::new("its own").with_store("practice")
        ));
        assert!(fails_check(
            store,
            &Password::new("practice").with_store("another")
        ));
        // Nothing is said where no password was given.
        let unasked = opened(store);
        let mut read = unasked.objects.iter().flat_map(EncodedObject::decode);
        assert!(read.all(|blob| blob.damage.is_empty()));
    }
}

/// The octets of the integrity check at the end of a store, SHA-1.
const CHECK_BYTES: usize = 20;

#[test]
fn a_java_key_store_cut_short_shows_what_is_whole_and_says_so() {
    for length in 0..JKS.len() {
        let input = Input::new(Source::Stdin, &JKS[..length]);
        let told = match open(&input, None) {
            Ok(opened) => opened.objects.iter().any(|object| object.decode().is_err()),
            Err(_) => true,
        };
        assert!(told, "{length}");
    }
}

/// Whether the objects of both certificates are there, and how many parts were not understood.
fn told(bytes: &[u8], ders: [&[u8]; 2]) -> ([bool; 2], usize) {
    let opened = opened(bytes);
    let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
    let has = |der: &[u8]| read.iter().flatten().any(|blob| blob.bytes[..] == *der);
    (
        ders.map(has),
        read.iter().filter(|read| read.is_err()).count(),
    )
}

fn pem_of(der: &[u8]) -> String {
    let certificate = X509::from_der(der).unwrap();
    String::from_utf8(certificate.to_pem().unwrap()).unwrap()
}

/// A mail of these parts, with something before and behind them.
fn mail_of(kind: &str, before: &str, parts: &[String], behind: &str) -> String {
    let parts: String = parts
        .iter()
        .map(|part| format!("--b_1\r\n{part}\r\n"))
        .collect();
    format!(
        "From: NHS PKI <pki@example.org>\r\nTo: supplier@example.org\r\nSubject: Certificate\r\nMIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=\"b_1\"\r\n\r\n{before}{parts}--b_1--\r\n{behind}"
    )
}

fn attached(name: &str, der: &[u8]) -> String {
    format!(
        "Content-Type: application/pkix-cert; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}",
        lines_of_base64(der)
    )
}

fn html(body: &str) -> String {
    format!("Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>{body}</body></html>")
}

fn plain(text: &str) -> String {
    format!("Content-Type: text/plain\r\n\r\n{text}")
}

#[test]
fn no_part_of_a_mail_is_lost_beside_another() {
    let (first, second) = (
        practice_certificate().0,
        fixture_pair(2).1.to_der().unwrap(),
    );
    let pem = pem_of(&second);
    let base64 = openssl::base64::encode_block(&second).replace('\n', "");
    let ca = attached("ca.cer", &first);
    let page = html(&format!("<p>Your certificate:</p><pre>\n{pem}</pre>"));
    let mixed = |parts: &[&str]| {
        let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        mail_of("mixed", "", &parts, "")
    };
    let folded = pem.trim().replace('\n', "\r\n ");
    for text in [
        mixed(&[&page, &plain("CONFIDENTIAL"), &ca]),
        mixed(&[&plain("see the HTML version"), &page, &ca]),
        mixed(&[
            &html(&format!(
                "<a href=\"data:application/pkix-cert;base64,{base64}\">x</a>"
            )),
            &ca,
        ]),
        mixed(&[&html(&format!("<!-- {pem} -->")), &ca]),
        mixed(&[&html(&format!("<input value=\"{pem}\">")), &ca]),
        mixed(&[
            &html(&format!("<script>var c = \"{base64}\";</script>")),
            &ca,
        ]),
        mail_of("mixed", &pem, std::slice::from_ref(&ca), ""),
        mail_of("mixed", "", std::slice::from_ref(&ca), &pem),
        mixed(&[&ca]).replace(
            "MIME-Version",
            &format!("X-Certificate: {folded}\r\nMIME-Version"),
        ),
        mixed(&[&ca]).replace(
            "MIME-Version",
            &format!("X-Certificate: {base64}\r\nMIME-Version"),
        ),
    ] {
        assert_eq!(
            told(text.as_bytes(), [&first, &second]),
            ([true, true], 0),
            "{text}"
        );
    }
}

#[test]
fn what_a_mail_says_in_html_too_is_reported_once_and_what_it_says_there_alone_is_reported() {
    let (first, second) = (
        practice_certificate().0,
        fixture_pair(2).1.to_der().unwrap(),
    );
    let (one, other) = (pem_of(&first), pem_of(&second));
    let both = |text: &str, page: &str| {
        let parts = [plain(text), html(&format!("<pre>{page}</pre>"))];
        let inner = mail_of("alternative", "", &parts, "").replace("b_1", "b_2");
        let (_, inner) = inner.split_once("Content-Type").unwrap();
        mail_of("mixed", "", &[format!("Content-Type{inner}")], "")
    };
    let count = |text: &str| opened(text.as_bytes()).objects.len();
    assert_eq!(count(&both(&one, &one)), 1);
    assert_eq!(count(&both(&one, &one.replacen('M', "!", 3))), 1);
    let text = both(&one, &format!("{one}{other}"));
    assert_eq!(
        (count(&text), told(text.as_bytes(), [&first, &second])),
        (2, ([true, true], 0))
    );
    let text = both("no text", &other);
    assert_eq!(
        (count(&text), told(text.as_bytes(), [&first, &second])),
        (1, ([false, true], 0))
    );
    // Damaged there, and not in the text: it is said.
    let text = both(&one, &format!("{one}{}", other.replacen("\nM", "\n!", 1)));
    assert_eq!(told(text.as_bytes(), [&first, &second]), ([true, false], 1));
}

#[test]
fn all_mails_of_a_mailbox_are_read() {
    let (first, second) = (
        practice_certificate().0,
        fixture_pair(2).1.to_der().unwrap(),
    );
    let mark = "From a@example.org Mon Jan  1 00:00:00 2026\r\n";
    let one = mail("ca.cer", &first);
    let text = format!("{mark}{one}\r\n{mark}{}", mail("leaf.cer", &second));
    assert_eq!(
        places(text.as_bytes()),
        ["reply!mail 1!ca.cer", "reply!mail 2!leaf.cer"]
    );
    // A sentence that begins so begins no mail.
    let text = format!(
        "{mark}{}",
        one.replace("Please", "Hello,\r\n\r\nFrom now on: please")
    );
    assert_eq!(places(text.as_bytes()), ["reply!ca.cer"]);
}

#[test]
fn a_bundle_that_is_called_a_signature_outside_of_a_signed_mail_is_read() {
    let (first, second) = fixture_pair(1);
    let mut pool = Stack::new().unwrap();
    pool.push(second.clone()).unwrap();
    let flags = Pkcs7Flags::BINARY;
    let bundle = Pkcs7::sign(&second, &first, &pool, b"", flags).unwrap();
    let bundle = bundle.to_der().unwrap();
    let der = second.to_der().unwrap();
    let part = |name: &str| {
        attached(name, &bundle).replace("application/pkix-cert", "application/pkcs7-signature")
    };
    let text = mail_of("mixed", "", &[plain("Hi"), part("reply.p7b")], "");
    assert!(told(text.as_bytes(), [&der, &der]).0[0]);
    for (kind, name) in [("signed", "reply.p7b"), ("mixed", "smime.p7s")] {
        let text = mail_of(kind, "", &[plain(&pem_of(&der)), part(name)], "");
        let opened = opened(text.as_bytes());
        assert_eq!(opened.objects.len(), 1, "{kind}");
        assert_eq!(opened.damage, [Damage::SignatureLeftOut], "{kind}");
    }
}

#[test]
fn header_fields_of_programs_are_nothing_to_report() {
    let (der, _) = practice_certificate();
    let noise: Vec<u8> = (0..900_u32)
        .map(|at| (at * 167 % 251) as u8 | 0x80)
        .collect();
    let word = lines_of_base64(&noise).replace("\r\n", "\r\n ");
    let fields = format!(
        "DKIM-Signature: v=1; a=rsa-sha256; b={word}\r\nX-Antispam-Info: {word}\r\nMIME-Version"
    );
    let text = mail("ca.cer", &der).replace("MIME-Version", &fields);
    assert_eq!(places(text.as_bytes()), ["reply!ca.cer"]);
}

#[test]
fn a_binary_attachment_that_is_called_text_is_read() {
    let (der, _) = practice_certificate();
    let part =
        attached("ca.cer", &der).replace("application/pkix-cert", "text/plain; charset=utf-8");
    let text = mail_of("mixed", "", &[plain("Hi"), part], "");
    assert!(told(text.as_bytes(), [&der, &der]).0[0]);
}

#[test]
fn a_mail_without_anything_is_not_called_empty() {
    let text = "From: a@example.org\r\nTo: b@example.org\r\nSubject: c\r\n\r\nIt will follow tomorrow.\r\n";
    let said = refused(text.as_bytes()).to_string();
    assert!(said.contains("mail") && !said.contains("empty"), "{said}");
}

#[test]
fn what_stands_around_an_archive_is_read() {
    let (first, second) = (
        practice_certificate().0,
        fixture_pair(2).1.to_der().unwrap(),
    );
    let (one, other) = (pem_of(&first), pem_of(&second));
    let tarred = |text: &str| {
        let mut writer = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_cksum();
        writer
            .append_data(&mut header, "a.pem", text.as_bytes())
            .unwrap();
        writer.into_inner().unwrap()
    };
    let gzipped = |text: &str| {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap()
    };
    let zip = |text: &str| packed("a.pem", text.as_bytes());
    let text = |text: &str| text.as_bytes().to_vec();
    for (number, parts) in [
        [zip(&one), text(&other)],
        [text(&one), zip(&other)],
        [zip(&one), zip(&other)],
        [tarred(&one), text(&other)],
        [tarred(&one), tarred(&other)],
        [tarred(&one), zip(&other)],
        [gzipped(&one), text(&other)],
        [gzipped(&one), gzipped(&other)],
        [text(&one), gzipped(&other)],
        [first.clone(), zip(&other)],
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = parts.concat();
        assert_eq!(
            told(&bytes, [&first, &second]),
            ([true, true], 0),
            "{number}"
        );
    }
    // Without the blocks that end it.
    let cut = &tarred(&one)[..512 + one.len().next_multiple_of(512)];
    let bytes = [cut, other.as_bytes()].concat();
    assert_eq!(told(&bytes, [&first, &second]), ([true, true], 0));
    for padding in [1, 100, 512] {
        for archive in [zip(&one), tarred(&one), gzipped(&one)] {
            let bytes = [archive, vec![0; padding]].concat();
            assert_eq!(
                told(&bytes, [&first, &first]),
                ([true, true], 0),
                "{padding}"
            );
        }
    }
    for archive in [zip(&one), tarred(&one), gzipped(&one)] {
        let bytes = [archive, [0x81, 1].repeat(50)].concat();
        assert_eq!(told(&bytes, [&first, &first]), ([true, true], 1));
    }
}

#[test]
fn what_came_before_the_end_of_a_file_cut_short_is_read_and_the_cut_is_said() {
    let (first, second) = (
        practice_certificate().0,
        fixture_pair(2).1.to_der().unwrap(),
    );
    let (one, other) = (pem_of(&first), pem_of(&second));
    let both = [one.as_str(), &other].concat();
    let mut writer = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(both.len() as u64);
    header.set_cksum();
    writer
        .append_data(&mut header, "a.pem", both.as_bytes())
        .unwrap();
    let archive = writer.into_inner().unwrap();
    // Between the two certificates: neither of them says that anything is missing.
    let cut = &archive[..512 + one.len()];
    let store = |bytes: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    let gzip = store(both.as_bytes());
    let start = memchr::memmem::find(&gzip, b"-----BEGIN").unwrap();
    let gzip_cut = &gzip[..start + one.len()];
    let both_cut = store(&archive);
    let start = memchr::memmem::find(&both_cut, b"-----BEGIN").unwrap();
    let both_cut = &both_cut[..start + one.len()];
    for (bytes, name) in [(cut, "tar"), (gzip_cut, "gzip"), (both_cut, "gzip")] {
        let opened = opened(bytes);
        let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
        assert_eq!(read[0].as_ref().unwrap().bytes[..], first[..]);
        let Err(EncodedObjectError::Bundle(last)) = &read[read.len() - 1] else {
            panic!("{:?}", read.last());
        };
        let last = last.to_string();
        assert!(
            last.contains(name) && last.contains("only its beginning"),
            "{last}"
        );
    }
}

#[test]
fn a_tar_archive_cut_within_a_header_is_refused() {
    let (_, pem) = practice_certificate();
    let mut writer = tar::Builder::new(Vec::new());
    for name in ["a.pem", "b.pem"] {
        let mut header = tar::Header::new_ustar();
        header.set_size(pem.len() as u64);
        header.set_cksum();
        writer
            .append_data(&mut header, name, pem.as_bytes())
            .unwrap();
    }
    let whole = writer.into_inner().unwrap();
    let first = 512 + pem.len().next_multiple_of(512);
    for length in [first + 10, first + 200, first + 400] {
        let opened = open(&Input::new(Source::Stdin, &whole[..length]), None);
        let said =
            opened.is_ok_and(|opened| opened.objects.iter().all(|object| !object.is_broken()));
        assert!(!said, "{length}");
    }
}

#[test]
fn what_stands_before_or_behind_a_key_store_is_read() {
    let (der, pem) = practice_certificate();
    let count = opened(JKS).objects.len();
    for bytes in [
        [JKS, pem.as_bytes()].concat(),
        [pem.as_bytes(), JKS].concat(),
        [JKS, &der].concat(),
    ] {
        let opened = opened(&bytes);
        let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
        assert!(read.iter().all(Result::is_ok), "{read:?}");
        assert!(read.iter().flatten().any(|blob| blob.bytes[..] == der[..]));
        assert_eq!(read.len(), count + 1);
    }
}

#[test]
fn a_damaged_file_of_an_archive_costs_no_other() {
    let (der, pem) = practice_certificate();
    let other = String::from_utf8(fixture_pair(2).1.to_pem().unwrap()).unwrap();
    let files = [
        ("leaf.pem", pem.as_bytes()),
        ("other.pem", other.as_bytes()),
    ];
    let mut bytes = super::documents::archive(&files);
    // Within the packed bytes of the second file.
    let name = memchr::memmem::find_iter(&bytes, b"other.pem")
        .next()
        .unwrap();
    bytes[name + 60..name + 160].fill(0xff);
    let opened = opened(&bytes);
    let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
    assert_eq!(read[0].as_ref().unwrap().bytes[..], der[..]);
    assert!(read[1].is_err());
    assert_eq!(
        opened.objects[1].origin().source.to_string(),
        "standard input!other.pem"
    );
    // Where none can be unpacked, the archive as a whole is refused.
    let name = memchr::memmem::find(&bytes, b"leaf.pem").unwrap();
    bytes[name + 60..name + 160].fill(0xff);
    assert!(matches!(refused(&bytes), OpenError::Archive(_)));
}

#[test]
fn binary_files_that_were_taken_for_text_are_named() {
    let (der, _) = practice_certificate();
    let latin: String = der.iter().map(|byte| char::from(*byte)).collect();
    let (windows, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&der);
    let lossy = String::from_utf8_lossy(&der);
    for text in [latin.as_str(), &windows, &lossy] {
        assert!(matches!(
            refused(text.as_bytes()),
            OpenError::UnsupportedFormat(UnsupportedFormat::BinaryAsText)
        ));
    }
    // The length itself has a line feed in it.
    let long = [
        &[0x30, 0x82, 0x0a, 0x0a][..],
        &b"\x02\x01\x00\x0a".repeat(643)[..2570],
    ]
    .concat();
    let long: Vec<u8> = long
        .iter()
        .flat_map(|byte| match byte {
            b'\n' => b"\r\n".to_vec(),
            other => vec![*other],
        })
        .collect();
    assert!(matches!(
        refused(&long),
        OpenError::UnsupportedFormat(UnsupportedFormat::LineEndsChanged)
    ));
}
