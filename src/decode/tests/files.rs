//! Archives, mails and key stores.

use std::io::{Cursor, Write};

use openssl::pkcs7::{Pkcs7, Pkcs7Flags};
use openssl::stack::Stack;

use super::*;

fn places(bytes: &[u8]) -> Vec<String> {
    let input = Input::new(Source::File("reply".into()), bytes);
    let opened = open(&input, None).unwrap();
    opened
        .pieces
        .iter()
        .map(|piece| match piece.decode() {
            Ok(_) => piece.origin().to_string(),
            Err(error) => format!("{}: {error}", piece.origin()),
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
    let said = places(mail("reply.zip", &zipped[..zipped.len() / 2]).as_bytes());
    assert!(said[0].contains("attachment of the mail"), "{said:?}");
}

#[test]
fn a_signed_mail_shows_its_content_and_not_whose_signature_it_is() {
    let (key, signer) = practice_pair(7);
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
    assert_eq!(opened.pieces.len(), 1);
    assert_eq!(opened.pieces[0].decode().unwrap().bytes[..], der);
    assert!(opened.damage.contains(&Damage::SignatureLeftOut));
}

#[test]
fn a_request_that_was_signed_to_renew_is_read_before_the_old_certificate() {
    let (key, old) = practice_pair(7);
    let (new, _) = practice_pair(8);
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
        .pieces
        .iter()
        .map(|piece| piece.decode().unwrap().bytes.to_vec())
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
            .pieces
            .iter()
            .map(|piece| {
                (
                    piece.origin().name.unwrap().to_string(),
                    piece.label().unwrap(),
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
        let is = |label: Label| move |piece: &&Piece<'_>| piece.label() == Some(label.clone());
        let key = opened
            .pieces
            .iter()
            .find(is(Label::EncryptedPrivateKey))
            .unwrap();
        let key = key.decode().unwrap();
        let certificate = opened.pieces.iter().rfind(is(Label::Certificate)).unwrap();
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

#[test]
fn a_java_key_store_cut_short_shows_what_is_whole_and_says_so() {
    for length in 0..JKS.len() {
        let input = Input::new(Source::Stdin, &JKS[..length]);
        let told = match open(&input, None) {
            Ok(opened) => opened.pieces.iter().any(|piece| piece.decode().is_err()),
            Err(_) => true,
        };
        assert!(told, "{length}");
    }
}
