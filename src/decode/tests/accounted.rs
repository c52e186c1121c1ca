//! The rule of the module: every byte is decoded, repaired, or said not to have been understood.

use std::io::{Cursor, Write};
use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;

/// Some objects as DER, with the label of each.
fn objects() -> &'static [(&'static str, Vec<u8>)] {
    static OBJECTS: OnceLock<Vec<(&'static str, Vec<u8>)>> = OnceLock::new();
    OBJECTS.get_or_init(|| {
        let (key, certificate) = fixture_pair(1);
        vec![
            ("CERTIFICATE", certificate.to_der().unwrap()),
            ("CERTIFICATE", fixture_pair(2).1.to_der().unwrap()),
            ("PRIVATE KEY", key.private_key_to_pkcs8().unwrap()),
            ("X509 CRL", super::bundles::crl()),
        ]
    })
}

/// What an object is put into.
#[derive(Clone, Copy, Debug)]
enum Container {
    Pem,
    Der,
    Base64,
    Json,
    Secret,
    Xml,
    Zip,
    Gzip,
    Mail,
    UrlEncoded,
    PemInPem,
    Word,
    Workbook,
    OpenDocument,
    FlatWord,
    FlatDocument,
    OldWord,
    RichText,
    Page,
    Words,
}

const CONTAINERS: [Container; 20] = [
    Container::Pem,
    Container::Der,
    Container::Base64,
    Container::Json,
    Container::Secret,
    Container::Xml,
    Container::Zip,
    Container::Gzip,
    Container::Mail,
    Container::UrlEncoded,
    Container::PemInPem,
    Container::Word,
    Container::Workbook,
    Container::OpenDocument,
    Container::FlatWord,
    Container::FlatDocument,
    Container::OldWord,
    Container::RichText,
    Container::Page,
    Container::Words,
];

impl Container {
    fn of(self, label: &str, der: &[u8]) -> Vec<u8> {
        let pem = |bytes: &[u8]| {
            let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
            pem::encode_config(&pem::Pem::new(label, bytes), config)
        };
        let base64 = openssl::base64::encode_block;
        match self {
            Container::Pem => pem(der).into_bytes(),
            Container::Der => der.to_vec(),
            Container::Base64 => base64(der).into_bytes(),
            Container::Json => format!("{{\"value\": \"{}\"}}\n", pem(der).replace('\n', "\\n").replace('/', "\\/")).into_bytes(),
            Container::Secret => format!("data:\n  tls.crt: {}\n", base64(pem(der).as_bytes())).into_bytes(),
            Container::Xml => format!("<a><X509Certificate>{}</X509Certificate></a>\n", base64(der)).into_bytes(),
            Container::Zip => {
                let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
                writer.start_file("a", zip::write::SimpleFileOptions::default()).unwrap();
                writer.write_all(der).unwrap();
                writer.finish().unwrap().into_inner()
            }
            Container::Gzip => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                gzip.write_all(pem(der).as_bytes()).unwrap();
                gzip.finish().unwrap()
            }
            Container::Mail => format!("From: a@example.org\nSubject: b\nMIME-Version: 1.0\nContent-Type: text/plain\n\nHello\n{}", pem(der)).into_bytes(),
            Container::UrlEncoded => pem(der).replace(' ', "%20").replace('\n', "%0A").replace('+', "%2B").into_bytes(),
            Container::PemInPem => pem(pem(der).as_bytes()).into_bytes(),
            Container::Word => documents::docx(&pem(der)),
            Container::Workbook => documents::xlsx(&pem(der)),
            Container::OpenDocument => documents::odt(&pem(der)),
            Container::FlatWord => documents::flat_docx(&pem(der)),
            Container::FlatDocument => documents::flat_odt(&pem(der)),
            Container::OldWord => documents::doc(&pem(der)),
            Container::RichText => documents::rtf(&pem(der)),
            Container::Page => documents::html(&pem(der)),
            Container::Words => notations::words(der).into_bytes(),
        }
    }
}

/// What tools and people do to a file.
#[derive(Clone, Copy, Debug)]
enum Harm {
    None,
    Utf16,
    CarriageReturns,
    Quoted,
    NoBreakSpaces,
    EmDashes,
    SmallLetters,
    NoSpaces,
    Prose,
    CutShort(u16),
    Lost(u16),
    Overwritten(u16),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        Just(Harm::None),
        Just(Harm::Utf16),
        Just(Harm::CarriageReturns),
        Just(Harm::Quoted),
        Just(Harm::NoBreakSpaces),
        Just(Harm::EmDashes),
        Just(Harm::SmallLetters),
        Just(Harm::NoSpaces),
        Just(Harm::Prose),
        any::<u16>().prop_map(Harm::CutShort),
        any::<u16>().prop_map(Harm::Lost),
        any::<u16>().prop_map(Harm::Overwritten),
    ]
}

impl Harm {
    fn does(self, bytes: Vec<u8>) -> Vec<u8> {
        let length = bytes.len();
        let Ok(text) = String::from_utf8(bytes.clone()) else {
            return match self {
                Harm::CutShort(at) => bytes[..usize::from(at) % length].to_vec(),
                _ => bytes,
            };
        };
        let line = |from: &str, to: &str| text.replace(from, to).into_bytes();
        match self {
            Harm::None => bytes,
            Harm::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Harm::CarriageReturns => line("\n", "\r\n"),
            Harm::Quoted => text
                .lines()
                .flat_map(|line| format!("> {line}\n").into_bytes())
                .collect(),
            Harm::NoBreakSpaces => line("BEGIN ", "BEGIN\u{a0}"),
            Harm::EmDashes => line("-----BEGIN", "\u{2014}-BEGIN"),
            Harm::SmallLetters => line("BEGIN CERTIFICATE", "begin certificate"),
            Harm::NoSpaces => line("BEGIN ", "BEGIN"),
            Harm::Prose => format!("Dear colleague,\n\n{text}\nKind regards\n").into_bytes(),
            Harm::CutShort(at) => bytes[..usize::from(at) % length].to_vec(),
            Harm::Lost(at) => {
                let at = usize::from(at) % length;
                [&bytes[..at], &bytes[(at + 7).min(length)..]].concat()
            }
            Harm::Overwritten(at) => {
                let at = usize::from(at) % length;
                [&bytes[..at], b"#######", &bytes[(at + 7).min(length)..]].concat()
            }
        }
    }
}

/// Whether the object came back, or anything at all was said not to have been understood.
fn is_accounted_for(bytes: &[u8], der: &[u8]) -> Result<(), String> {
    let input = Input::new(Source::Stdin, bytes);
    let opened = match open(&input, None) {
        Ok(opened) => opened,
        // The whole was refused, with a sentence.
        Err(_) => return Ok(()),
    };
    let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
    let whole = |blob: &Result<Blob<'_>, EncodedObjectError>| match blob {
        Ok(blob) => blob.bytes[..] == *der,
        Err(_) => true,
    };
    match read.iter().any(whole) || !opened.left_out.is_empty() {
        true => Ok(()),
        false => Err(format!("{read:?}")),
    }
}

/// What else is in the input.
#[derive(Clone, Copy, Debug)]
enum Beside {
    Nothing,
    Before,
    Behind,
    Both,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn an_object_comes_back_or_the_report_says_that_something_was_not_understood(
        which in 0..4_usize,
        container in prop::sample::select(&CONTAINERS[..]),
        harm in harm(),
        beside in prop::sample::select(&[Beside::Nothing, Beside::Before, Beside::Behind, Beside::Both][..]),
        other in prop::sample::select(&[Container::Pem, Container::Base64, Container::Json][..]),
    ) {
        let (label, der) = &objects()[which];
        let bytes = harm.does(container.of(label, der));
        // A whole certificate before it, behind it, or both.
        let neighbour = &objects()[usize::from(which == 0)].1;
        let whole = [&other.of("CERTIFICATE", neighbour)[..], b"\n"].concat();
        let bytes = match beside {
            Beside::Nothing => bytes,
            Beside::Before => [&whole[..], &bytes].concat(),
            Beside::Behind => [&bytes[..], b"\n", &whole].concat(),
            Beside::Both => [&whole[..], &bytes, b"\n", &whole].concat(),
        };
        // Of next to nothing nothing need be said: what is around the object may be all that is left.
        let (written, around) = (container.of(label, der).len(), container.of(label, &[]).len());
        let least = if matches!(container, Container::Words) { 160 } else { 64 };
        prop_assume!(!matches!(harm, Harm::CutShort(at) if usize::from(at) % written < around + least));
        // By its length it goes on in what follows; that its content is damaged is found when that is read.
        let goes_on = matches!(beside, Beside::Behind | Beside::Both);
        prop_assume!(!(goes_on && matches!((container, harm), (Container::Der, Harm::CutShort(_)))));
        // So does base64 whose end is damaged, in a line of base64 that follows.
        let is_damaged = matches!(harm, Harm::CutShort(_) | Harm::Lost(_) | Harm::Overwritten(_));
        prop_assume!(!(goes_on && is_damaged && matches!(other, Container::Base64)));
        // What is lost there may be the end of the key, and then key and value are one word that is neither.
        let is_keyed = matches!(container, Container::Json | Container::Secret | Container::Xml);
        prop_assume!(!(is_keyed && matches!(harm, Harm::Lost(_) | Harm::Overwritten(_))));
        // A dump of a few lines is none without one of them, and a short line that begins with a number sign is a comment.
        let is_small = matches!(container, Container::Words | Container::Base64) && der.len() < 100;
        prop_assume!(!(is_small && is_damaged));
        let answer = is_accounted_for(&bytes, der).and_then(|()| match beside {
            Beside::Nothing => Ok(()),
            _ => is_accounted_for(&bytes, neighbour),
        });
        prop_assert!(answer.is_ok(), "{answer:?}\n{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_certificate_behind_anything_comes_back_or_something_is_said(prefix in prop::collection::vec(any::<u8>(), 0..200)) {
        let (label, der) = &objects()[0];
        let bytes = [&prefix[..], b"\n", &Container::Pem.of(label, der)].concat();
        let answer = is_accounted_for(&bytes, der);
        prop_assert!(answer.is_ok(), "{answer:?}");
    }
}

/// How many parts of a text with a certificate in it were not understood, and how many were.
fn told(text: &[u8]) -> (usize, usize) {
    let opened = opened(text);
    let broken = opened
        .objects
        .iter()
        .filter(|object| object.is_broken())
        .count();
    (broken, opened.objects.len() - broken)
}

#[test]
fn one_long_word_of_base64_under_an_unknown_key_is_said_not_to_be_understood() {
    let (_, pem) = practice_certificate();
    let noise: Vec<u8> = (0..300_u32)
        .map(|at| (at * 167 % 251) as u8 | 0x80)
        .collect();
    let word = openssl::base64::encode_block(&noise).replace('\n', "");
    for text in [
        format!("some.key: {word}\nother: 1\n{pem}"),
        format!("{{\"a\": \"{word}\"}}\n{pem}"),
        format!("<a><b>{word}</b></a>\n{pem}"),
        format!("KEY={word}\n{pem}"),
    ] {
        assert_eq!(told(text.as_bytes()), (1, 1), "{text}");
    }
    // Nothing is missing where it is known what it is, or that it is text.
    let prose = openssl::base64::encode_block("a sentence of no interest. ".repeat(9).as_bytes());
    let prose = prose.replace('\n', "");
    for text in [
        format!("<SignatureValue>{word}</SignatureValue>\n{pem}"),
        format!("\"sha512_digest\": \"{word}\"\n{pem}"),
        format!("<img src=\"data:image/png;base64,{word}\">\n{pem}"),
        format!("note: {prose}\n{pem}"),
        format!("path: {}\n{pem}", "/some/where".repeat(20)),
        format!("modulus: {}\n{pem}", "c0ffee42".repeat(32)),
    ] {
        assert_eq!(told(text.as_bytes()), (0, 1), "{text}");
    }
}

#[test]
fn a_certificate_in_hexadecimal_digits_is_read() {
    let (der, pem) = practice_certificate();
    let other = fixture_pair(2).1.to_der().unwrap();
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    for text in [
        format!("userCertificate: {}\n{pem}", hex(&other)),
        format!("{{\"der\": \"{}\"}}\n{pem}", hex(&other).to_uppercase()),
    ] {
        let opened = opened(text.as_bytes());
        let found: Vec<Vec<u8>> = opened
            .objects
            .iter()
            .map(|object| object.decode().unwrap().bytes.to_vec())
            .collect();
        assert!(found.contains(&other) && found.contains(&der), "{text}");
    }
}

#[test]
fn a_few_words_before_utf_16_are_prose() {
    let (der, pem) = practice_certificate();
    let wide: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for mark in [&b"\xff\xfe"[..], b""] {
        let bytes = [b"hello\r\n", mark, &wide].concat();
        assert_eq!(only(&bytes).unwrap().bytes[..], der[..]);
    }
    // Bytes that are no text are still said.
    let bytes = [b"hello\x01\x02\r\n", &b"\xff\xfe"[..], &wide].concat();
    assert_eq!(told(&bytes), (1, 1));
}

#[test]
fn the_certificates_of_a_distribution_come_back_from_every_container() {
    let Ok(files) = crate::store::read::walk(
        "/etc/ssl/certs".as_ref(),
        crate::store::read::Depth::Directory,
    ) else {
        println!("SKIPPED: /etc/ssl/certs is not here");
        return;
    };
    let mut checked = 0;
    for path in files
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "pem"))
    {
        let Ok(bytes) = crate::store::read::file(path) else {
            continue;
        };
        let opened = opened(&bytes);
        let Some(der) = opened
            .objects
            .first()
            .and_then(|object| object.decode().ok())
        else {
            continue;
        };
        for container in CONTAINERS {
            let packed = container.of("CERTIFICATE", &der.bytes);
            let again = super::opened(&packed);
            let read = again.objects[0].decode().unwrap();
            assert_eq!(
                read.bytes[..],
                der.bytes[..],
                "{} {container:?}",
                path.display()
            );
            assert_eq!(again.objects.len(), 1, "{} {container:?}", path.display());
        }
        checked += 1;
    }
    println!("{checked} certificates");
}
