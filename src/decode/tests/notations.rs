//! Binary data written as text, and text within text.

use super::*;

/// The fewest characters that an object is written with.
const LEAST: usize = 64;

/// A certificate that is looked for, and PEM of another one beside it.
fn wanted() -> (Vec<u8>, String) {
    let (_, pem) = practice_certificate();
    (fixture_pair(2).1.to_der().unwrap(), pem)
}

/// Whether an object is among what was read, and how many parts were not understood.
fn told(text: &[u8], der: &[u8]) -> (bool, usize) {
    let opened = opened(text);
    let read: Vec<_> = opened.objects.iter().map(EncodedObject::decode).collect();
    let has = read.iter().flatten().any(|blob| blob.bytes[..] == *der);
    (has, read.iter().filter(|read| read.is_err()).count())
}

fn joined(bytes: &[u8], between: &str, one: impl Fn(&u8) -> String) -> String {
    let all: Vec<String> = bytes.iter().map(one).collect();
    all.join(between)
}

fn lower(byte: &u8) -> String {
    format!("{byte:02x}")
}

fn upper(byte: &u8) -> String {
    format!("{byte:02X}")
}

fn lines(text: &str, width: usize) -> String {
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(width)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    lines.join("\n")
}

/// A dump with this many bytes in a group.
fn dump(bytes: &[u8], offset: impl Fn(usize) -> String, group: usize, text: &str) -> String {
    let line = |(number, part): (usize, &[u8])| {
        let groups: Vec<String> = part.chunks(group).map(|g| joined(g, "", lower)).collect();
        let columns = match group {
            1 if groups.len() > 8 => {
                format!("{}  {}", groups[..8].join(" "), groups[8..].join(" "))
            }
            _ => groups.join(" "),
        };
        let shown = |byte: &u8| match byte {
            0x20..=0x7e => char::from(*byte),
            _ => '.',
        };
        let shown: String = part.iter().map(shown).collect();
        format!("{}{columns:<49}{text}{shown}\n", offset(number * 16))
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

/// A dump of words with their offsets, as hexdump writes it where the low byte comes first.
pub(super) fn words(bytes: &[u8]) -> String {
    word_dump(
        bytes,
        2,
        |at| format!("{at:07x}"),
        |word| format!(" {word:04x}"),
    )
}

/// A dump of words of so many bytes, the low byte first.
fn word_dump(
    bytes: &[u8],
    width: usize,
    offset: impl Fn(usize) -> String,
    one: impl Fn(u64) -> String,
) -> String {
    let number = |word: &[u8]| {
        let bytes = word.iter().rev();
        bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    let line = |(line, part): (usize, &[u8])| {
        let words: String = part.chunks(width).map(|word| one(number(word))).collect();
        format!("{}{words}\n", offset(line * 16))
    };
    let lines: String = bytes.chunks(16).enumerate().map(line).collect();
    format!("{lines}{}\n", offset(bytes.len()))
}

/// An object in all the notations that are read.
fn notations(der: &[u8]) -> Vec<String> {
    let base64 = openssl::base64::encode_block(der);
    let python: String = der
        .iter()
        .map(|byte| match byte {
            b'\\' => "\\\\".to_owned(),
            b'\'' => "\\'".to_owned(),
            b'\n' => "\\n".to_owned(),
            0x20..=0x7e => char::from(*byte).to_string(),
            other => format!("\\x{other:02x}"),
        })
        .collect();
    let octal = joined(der, "", |byte| format!("\\{byte:03o}"));
    vec![
        joined(der, ":", upper),
        joined(der, ":\n    ", lower),
        joined(der, "-", upper),
        joined(der, " ", lower),
        joined(der, "", lower),
        format!(
            "INSERT INTO a VALUES (1, 0x{}, 'x');",
            joined(der, "", upper)
        ),
        format!("INSERT INTO a VALUES (1, '\\x{}');", joined(der, "", lower)),
        format!(
            "unsigned char a[] = {{\n  {}\n}};",
            joined(der, ",\n  ", |b| format!("0x{b:x}"))
        ),
        format!(
            "char a[] = \"{}\";",
            joined(der, "\"\n\"", |b| format!("\\x{b:02x}"))
        ),
        format!("cert = b'{python}'"),
        joined(der, "\r\n", u8::to_string),
        joined(der, " ", u8::to_string),
        format!(
            "byte[] a = {{{}}};",
            joined(der, ", ", |b| b.cast_signed().to_string())
        ),
        format!(
            "byte[] a = {{{}}};",
            joined(der, ", ", |b| format!("(byte)0x{b:02X}"))
        ),
        format!("E'{octal}'"),
        format!("{{\"data\": [{}]}}", joined(der, ",", u8::to_string)),
        format!(
            "{{\"data\": [\n  {}\n]}}",
            joined(der, ",\n  ", u8::to_string)
        ),
        format!(
            "data:application/pkix-cert,{}",
            joined(der, "", |b| format!("%{b:02X}"))
        ),
        dump(der, |at| format!("{at:08x}: "), 2, " "),
        dump(der, |at| format!("{at:08x}  "), 1, " |"),
        dump(der, |at| format!("  {at:04x}  "), 1, "   "),
        dump(der, |at| format!("{at:07o} "), 1, "   "),
        dump(der, |at| format!("{at:07} "), 1, "   "),
        words(der),
        words(der).replace('\n', "\r\n"),
        words(der)
            .lines()
            .fold(String::new(), |text, line| text + "> " + line + "\n"),
        word_dump(
            der,
            2,
            |at| format!("{at:07o}"),
            |word| format!(" {word:04x}"),
        ),
        word_dump(
            der,
            4,
            |at| format!("{at:07o}"),
            |word| format!(" {word:08x}"),
        ),
        word_dump(
            der,
            8,
            |at| format!("{at:07o}"),
            |word| format!(" {word:016x}"),
        ),
        word_dump(
            der,
            4,
            |at| format!("{at:08x}:"),
            |word| format!(" {word:08x}"),
        ),
        word_dump(
            der,
            2,
            |at| format!("{at:07o}"),
            |word| format!(" {word:06o}"),
        ),
        word_dump(
            der,
            4,
            |at| format!("{at:07o}"),
            |word| format!(" {word:011o}"),
        ),
        word_dump(
            der,
            1,
            |at| format!("{at:07o}"),
            |word| format!(" {word:03o}"),
        ),
        word_dump(
            der,
            2,
            |at| format!("{at:07o}"),
            |word| format!(" {word:5}"),
        ),
        word_dump(
            der,
            2,
            |at| format!("{at:07x}"),
            |word| format!("   {word:05}"),
        ),
        word_dump(
            der,
            2,
            |at| format!("{at:07o}"),
            |word| format!(" {:6}", (word as u16).cast_signed()),
        ),
        word_dump(
            der,
            1,
            |at| format!("{at:07o}"),
            |word| format!(" {word:3}"),
        ),
        word_dump(
            der,
            1,
            |at| format!("{at:07o}"),
            |word| format!(" {:4}", (word as u8).cast_signed()),
        ),
        base64.replace('\n', "").replace('+', "-").replace('/', "_"),
        base64
            .replace(['\n', '='], "")
            .replace('+', "-")
            .replace('/', "_"),
    ]
}

#[test]
fn an_object_is_read_in_every_notation_beside_another_one_and_by_itself() {
    let (der, pem) = wanted();
    for text in notations(&der) {
        for text in [
            format!("{pem}\n{text}\n"),
            format!("{text}\n{pem}"),
            format!("{text}\n"),
        ] {
            assert_eq!(told(text.as_bytes(), &der), (true, 0), "{text}");
        }
    }
}

#[test]
fn an_object_that_is_cut_short_is_said_not_to_be_understood_in_every_notation() {
    let (der, pem) = wanted();
    for text in notations(&der[..der.len() - 40]) {
        let text = format!("{pem}\n{text}\n");
        let (has, broken) = told(text.as_bytes(), &der);
        assert!(!has && broken == 1, "{broken} {text}");
    }
}

#[test]
fn several_values_under_keys_are_all_read() {
    let (_, pem) = practice_certificate();
    let first = fixture_pair(2).1.to_der().unwrap();
    let second = fixture_pair(3).1.to_der().unwrap();
    let base64 = |der: &[u8]| openssl::base64::encode_block(der).replace('\n', "");
    let unpadded = |der: &[u8]| base64(der).trim_end_matches('=').to_owned();
    let hex = |der: &[u8]| joined(der, "", lower);
    let colons = |der: &[u8]| joined(der, ":", lower);
    let numbers = |der: &[u8]| format!("[{}]", joined(der, ", ", u8::to_string));
    let all = |der: &[u8]| {
        [
            base64(der),
            unpadded(der),
            hex(der),
            colons(der),
            numbers(der),
        ]
    };
    for (first_written, second_written) in all(&first).iter().zip(&all(&second)) {
        for (before, after) in [("", "="), ("", " = "), ("", ": "), ("\"", "\": ")] {
            let text = format!(
                "{pem}{before}leaf{after}{first_written}\n{before}ca{after}{second_written}\n{before}root{after}x\n"
            );
            assert_eq!(told(text.as_bytes(), &first), (true, 0), "{text}");
            assert_eq!(told(text.as_bytes(), &second), (true, 0), "{text}");
        }
    }
}

#[test]
fn a_short_key_is_read_in_hexadecimal_digits() {
    let (_, pem) = practice_certificate();
    let der = fixture_pair(2)
        .0
        .ec_key()
        .unwrap()
        .private_key_to_der()
        .unwrap();
    assert!(der.len() < 128);
    for text in [
        joined(&der, "", upper),
        format!("0x{}", joined(&der, "", lower)),
        joined(&der, ":", lower),
        joined(&der, ", ", u8::to_string),
    ] {
        let text = format!("{pem}\nkey: {text}\n");
        assert_eq!(told(text.as_bytes(), &der), (true, 0), "{text}");
    }
}

#[test]
fn a_file_in_uuencode_is_read_under_its_name() {
    let (der, pem) = wanted();
    let line = |part: &[u8]| {
        let six = |bits: u32| char::from(u8::try_from(bits & 0x3f).unwrap() + b' ').to_string();
        let group = |group: &[u8]| {
            let at = |place| u32::from(*group.get(place).unwrap_or(&0));
            let bits = at(0) << 16 | at(1) << 8 | at(2);
            [18, 12, 6, 0].map(|shift| six(bits >> shift)).concat()
        };
        let groups: String = part.chunks(3).map(group).collect();
        format!(
            "{}{}\n",
            six(u32::try_from(part.len()).unwrap()),
            groups.replace(' ', "`")
        )
    };
    let body: String = der.chunks(45).map(line).collect();
    let text = format!("Hello\n{pem}\nbegin 644 leaf.der\n{body}`\nend\n");
    assert_eq!(told(text.as_bytes(), &der), (true, 0));
    let opened = opened(text.as_bytes());
    let place = opened.objects[1].origin().to_string();
    assert!(place.contains("leaf.der"), "{place}");
    let cut = format!("{pem}\nbegin 644 leaf.der\n{}\nend\n", &body[..200]);
    assert_eq!(told(cut.as_bytes(), &der), (false, 1));
}

#[test]
fn fingerprints_moduli_and_signatures_in_printouts_are_prose() {
    let (der, pem) = practice_certificate();
    let noise = |first: &[u8], count: u32| -> Vec<u8> {
        let rest = (0..count).map(|at| u8::try_from(at * 167 % 251).unwrap());
        first.iter().copied().chain(rest).collect()
    };
    for bytes in [
        noise(&[0x00, 0xaf], 255),
        noise(&[0x30, 0x82], 18),
        noise(&[0x30, 0x45, 0x02, 0x20], 68),
        noise(&[0x30, 0x81, 0x88, 0x02, 0x42], 134),
    ] {
        for between in [":", ":\n        ", " ", "-"] {
            let text = format!(
                "    Signature:\n        {}\n{pem}",
                joined(&bytes, between, lower)
            );
            assert_eq!(told(text.as_bytes(), &der), (true, 0), "{text}");
        }
    }
    for text in [
        "Pages 48, 130, 131 and 132 of 30 82 volumes\n",
        "begin 644 \n",
        "begin 644 words\nthis is a sentence\n",
    ] {
        let text = format!("{text}{pem}");
        assert_eq!(told(text.as_bytes(), &der), (true, 0), "{text}");
    }
}

#[test]
fn damaged_base64_is_reported_wherever_the_damage_is() {
    let (der, pem) = wanted();
    let base64 = openssl::base64::encode_block(&der).replace('\n', "");
    let put = |at: usize, what: &str| format!("{}{what}{}", &base64[..at], &base64[at + 1..]);
    for word in [
        put(9, "-"),
        put(10, "_"),
        put(20, "*"),
        put(60, "*"),
        put(30, "'"),
        put(10, "\\u0020\\u0000"),
        base64[3..].to_owned(),
        base64[4..].to_owned(),
        base64[5..].to_owned(),
        openssl::base64::encode_block(pem.as_bytes()).replace('\n', "")[300..].to_owned(),
    ] {
        for text in [
            format!("{pem}{{\"x5c\": [\"{word}\"]}}\n"),
            format!("{pem}a: {word}\n"),
        ] {
            let (has, broken) = told(text.as_bytes(), &der);
            assert!(!has && broken > 0, "{word}");
        }
    }
}

#[test]
fn tokens_addresses_and_keys_of_ssh_are_not_ours() {
    let (der, pem) = practice_certificate();
    let noise: Vec<u8> = (0..270_u32)
        .map(|at| (at * 167 % 251) as u8 | 0x80)
        .collect();
    let word = openssl::base64::encode_block(&noise).replace('\n', "");
    let url = word.replace('+', "-").replace('/', "_");
    for text in [
        format!("Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.{url}\n"),
        format!("See https://example.org/a?data={url}&x=1\n"),
        format!("ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB{word} me@here\n"),
        format!("{{\"kty\": \"RSA\", \"n\": \"{url}\", \"e\": \"AQAB\"}}\n"),
        format!("src: url(data:font/woff2;base64,{word})\n"),
        format!("/{}\n", "Some-long_path/With2parts".repeat(20)),
    ] {
        let text = format!("{text}{pem}");
        assert_eq!(told(text.as_bytes(), &der), (true, 0), "{text}");
    }
}

#[test]
fn text_in_base64_is_read_as_text_is() {
    let (der, pem) = wanted();
    let other = openssl::x509::X509::from_der(&der).unwrap();
    let inner = String::from_utf8(other.to_pem().unwrap()).unwrap();
    let encode = |text: &str| openssl::base64::encode_block(text.as_bytes()).replace('\n', "");
    let base64 = openssl::base64::encode_block(&der).replace('\n', "");
    for value in [
        format!(
            "users:\n- user:\n    client-certificate-data: {}\n",
            encode(&inner)
        ),
        format!("{{\"keys\": [{{\"x5c\": [\"{base64}\"]}}]}}"),
        format!("<a><X509Certificate>{base64}</X509Certificate></a>"),
        format!(
            "dn: cn=a\nuserCertificate;binary:: {}\n",
            lines(&base64, 76)
        ),
        encode(&encode(&inner)),
        inner.replace("BEGIN", "begin"),
        inner.replace("-----", "\u{2014}"),
        mail(&inner),
    ] {
        for text in [
            format!(
                "data:\n  ca.crt: {}\n  value: {}\n",
                encode(&pem),
                encode(&value)
            ),
            format!("value: {}\n", encode(&value)),
        ] {
            assert_eq!(told(text.as_bytes(), &der), (true, 0), "{value}");
        }
    }
    // Text that is no more than text.
    for value in [
        "a sentence of no interest. ".repeat(9),
        "{\"a\": [1, 2]}".repeat(20),
    ] {
        let text = format!("{pem}note: {}\n", encode(&value));
        assert_eq!(opened(text.as_bytes()).objects.len(), 1, "{value}");
    }
    // Deeper than is read.
    let mut deep = inner;
    for _ in 0..LAYERS_LIMIT + 2 {
        deep = encode(&deep);
    }
    let text = format!("{pem}value: {deep}\n");
    assert_eq!(told(text.as_bytes(), &der), (false, 1));
}

fn mail(text: &str) -> String {
    format!(
        "From: a@example.org\nSubject: b\nMIME-Version: 1.0\nContent-Type: text/plain\n\n{text}"
    )
}

#[test]
fn text_right_before_an_object_leaves_the_object_whole() {
    let (der, pem) = wanted();
    for before in [
        "Here it is:\r\n".to_owned(),
        "Here is what you asked for, and what took us such a long time to find, thank you.\r\n"
            .to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\nContent-Length: 400\r\n\r\n"
            .to_owned(),
        pem.clone(),
        format!("{pem}PK0 "),
    ] {
        let bytes = [
            before.as_bytes(),
            &der,
            b"\r\n--and some words behind it, as they come\r\n",
        ]
        .concat();
        assert_eq!(told(&bytes, &der), (true, 0), "{before}");
    }
}

#[test]
fn utf_32_is_read() {
    let (der, pem) = practice_certificate();
    for mark in ["", "\u{feff}"] {
        let text = format!("{mark}{pem}");
        let little: Vec<u8> = text
            .chars()
            .flat_map(|c| u32::from(c).to_le_bytes())
            .collect();
        let big: Vec<u8> = text
            .chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect();
        for bytes in [little, big] {
            let opened = opened(&bytes);
            assert!(matches!(opened.damage[..], [Damage::Utf32 { .. }]));
            assert_eq!(opened.objects[0].decode().unwrap().bytes[..], der[..]);
        }
    }
}

#[test]
fn what_is_called_parameters_is_reported_by_its_content() {
    let (der, pem) = wanted();
    let (key, _) = fixture_pair(3);
    let key = key.private_key_to_pkcs8().unwrap();
    let called = |label: &str, bytes: &[u8]| pem::encode(&pem::Pem::new(label, bytes));
    for label in [
        "DH PARAMETERS",
        "EC PARAMETERS",
        "DSA PARAMETERS",
        "X9.42 DH PARAMETERS",
    ] {
        for object in [&der, &key, &super::bundles::crl()] {
            let text = format!("{}{pem}", called(label, object));
            assert_eq!(told(text.as_bytes(), object), (true, 0), "{label}");
            assert_eq!(
                told(called(label, object).as_bytes(), object),
                (true, 0),
                "{label}"
            );
        }
        for body in ["!!!!", "MIIBCAKCAQEA", ""] {
            let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n{pem}");
            assert_eq!(told(text.as_bytes(), &der), (false, 1), "{text}");
        }
    }
    for (label, parameters) in [
        (
            "EC PARAMETERS",
            &b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"[..],
        ),
        ("DH PARAMETERS", b"\x30\x06\x02\x01\x17\x02\x01\x05"),
        (
            "DH PARAMETERS",
            b"\x30\x09\x02\x01\x17\x02\x01\x05\x02\x01\x10",
        ),
        (
            "DSA PARAMETERS",
            b"\x30\x09\x02\x01\x17\x02\x01\x0b\x02\x01\x04",
        ),
    ] {
        let text = format!("{}{pem}", called(label, parameters));
        assert_eq!(told(text.as_bytes(), &der), (false, 0), "{label}");
        assert_eq!(opened(text.as_bytes()).objects.len(), 1, "{label}");
    }
}

#[test]
fn only_the_name_of_a_field_makes_a_header() {
    let (_, pem) = practice_certificate();
    let with = |line: &str| pem.replacen("-----\n", &format!("-----\n{line}\n"), 1);
    assert!(only(with("Comment: an RFC 1421 field\n").as_bytes()).is_ok());
    for tags in ["<x:y><x:z>", "{\"a\":", "http://example.org"] {
        let error = error_of(with(tags).replace('\n', &format!("{tags}\n")).as_bytes());
        let is_empty = matches!(error, EncodedObjectError::EmptyBody { .. });
        assert!(!is_empty, "{tags}: {error}");
    }
}

#[test]
fn lists_of_bytes_without_end_cost_no_more_than_their_length() {
    for text in [
        "48, 130, 1, 2, 48, 130, ".repeat(10_000),
        "48 ".repeat(60_000),
        "30 82 ".repeat(30_000),
        "0\\x82".repeat(30_000),
        "00000000: 3082 0102 3082\n".repeat(7_000),
        "0000000 8230 0201 8230 0101\n".repeat(7_000),
        "begin 644 x\nM30\n".repeat(10_000),
        "aB3-".repeat(60_000),
        format!("{}-", "a".repeat(41)).repeat(7_000),
        "leaf=".repeat(30_000),
    ] {
        // Were it the square, this would take minutes.
        let opened = open(&Input::new(Source::Stdin, text.as_bytes()), None);
        let count = opened.map_or(0, |opened| opened.objects.len());
        assert!(count < text.len() / LEAST, "{}", &text[..24]);
    }
}

/// Files and texts in which there is a certificate, by name.
fn files(der: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let pem = pem::encode(&pem::Pem::new("CERTIFICATE", der)).replace("\r\n", "\n");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("a.pem", zip::write::SimpleFileOptions::default())
        .unwrap();
    std::io::Write::write_all(&mut zip, pem.as_bytes()).unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(der.len() as u64);
    header.set_cksum();
    tar.append_data(&mut header, "leaf.der", der).unwrap();
    let mail = format!(
        "From: a@example.org\nSubject: b\nMIME-Version: 1.0\nContent-Type: application/pkix-cert\nContent-Transfer-Encoding: base64\n\n{}\n",
        openssl::base64::encode_block(der)
    );
    vec![
        ("PEM", pem.clone().into_bytes()),
        (
            "PEM behind a mark",
            [b"\xef\xbb\xbf", pem.as_bytes()].concat(),
        ),
        (
            "PEM behind prose",
            format!("Dear supplier,\n\n{pem}").into_bytes(),
        ),
        (
            "UTF-16",
            pem.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("ZIP", zip.finish().unwrap().into_inner()),
        ("tar", tar.into_inner().unwrap()),
        ("mail", mail.into_bytes()),
        ("base64", openssl::base64::encode_block(der).into_bytes()),
        ("DER behind a line end", [b"\n", der].concat()),
    ]
}

#[test]
fn a_file_or_a_text_in_another_notation_is_read_beside_an_object() {
    let (der, pem) = wanted();
    for (name, bytes) in files(&der) {
        let hex = joined(&bytes, "", |byte| format!("{byte:02x}"));
        let rows = |width: usize| {
            let rows = hex
                .as_bytes()
                .chunks(2 * width)
                .map(String::from_utf8_lossy);
            rows.collect::<Vec<_>>().join("\n")
        };
        for text in [
            format!(
                "{{\"type\": \"Buffer\", \"data\": [{}]}}",
                joined(&bytes, ",", u8::to_string)
            ),
            format!(
                "unsigned char a[] = {{\n  {}\n}};",
                joined(&bytes, ", ", |byte| format!("0x{byte:02x}"))
            ),
            format!("INSERT INTO a VALUES (0x{hex});"),
            format!("INSERT INTO a VALUES (x'{}');", hex.to_uppercase()),
            rows(16),
            rows(18),
            rows(19),
            rows(30),
            format!("$'{}'", joined(&bytes, "", |byte| format!("\\x{byte:02x}"))),
        ] {
            let text = format!("{pem}\n{text}\n");
            assert_eq!(told(text.as_bytes(), &der), (true, 0), "{name}\n{text}");
        }
    }
}

#[test]
fn numbers_and_digests_are_nothing_to_report() {
    let (_, pem) = wanted();
    let (there, _) = practice_certificate();
    for text in [
        joined(
            &(32..=126).cycle().take(600).collect::<Vec<u8>>(),
            ", ",
            u8::to_string,
        ),
        "d41d8cd98f00b204e9800998ecf8427e\n".repeat(30),
        joined(&[0xc3; 300], " ", |byte| format!("{byte:02x}")),
        "48656c6c6f2c20776f726c6421203132".repeat(20),
        "30 45 60 75 90\n".repeat(60),
        "4142434445464748 4142434445464748\n".repeat(40),
    ] {
        let text = format!("{pem}\n{text}\n");
        assert_eq!(told(text.as_bytes(), &there).1, 0, "{text}");
    }
}

#[test]
fn a_short_line_at_the_end_of_plain_hexadecimal_digits_belongs_to_them() {
    let (der, pem) = wanted();
    for width in 2..24 {
        let rows = der
            .chunks(width)
            .map(|row| joined(row, "", |byte| format!("{byte:02x}")));
        let text = rows.collect::<Vec<_>>().join("\n");
        for text in [
            format!("{pem}\n{text}\n"),
            format!("{text}\n"),
            format!("{pem}\n{text}\n\nKind regards\n"),
        ] {
            let (is_read, unread) = told(text.as_bytes(), &der);
            assert!(is_read && unread == 0, "{width}\n{text}");
        }
    }
}

#[test]
fn a_short_key_in_hexadecimal_digits_is_read() {
    let (_, pem) = wanted();
    let key = PKey::generate_ed25519()
        .unwrap()
        .private_key_to_pkcs8()
        .unwrap();
    let text = format!(
        "{pem}\n{}\n",
        joined(&key, "", |byte| format!("{byte:02x}"))
    );
    assert_eq!(told(text.as_bytes(), &key), (true, 0), "{text}");
}
