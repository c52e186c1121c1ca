//! Text encodings, and the files that are not ours but that people give us.

use std::fmt;

use super::error::{ByteOrder, Damage};
use super::stray;

/// A kind of file or object that is recognised and not read, so that the error can name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnsupportedFormat {
    /// A Java keystore (JKS).
    JavaKeystore,
    /// A Java keystore (JCEKS).
    JavaCryptoKeystore,
    /// A ZIP archive, which an Office document also is.
    Zip,
    /// A gzip file.
    Gzip,
    /// A PDF document.
    Pdf,
    /// A Rich Text document.
    RichText,
    /// An OLE document: an Outlook message or an old Word file.
    OutlookOrWord,
    /// A picture.
    Picture,
    /// A program of Windows or Linux.
    Program,
    /// An HTML page.
    Html,
    /// An XML document.
    Xml,
    /// A JSON document.
    Json,
    /// An SSH public key.
    SshPublicKey,
    /// An OpenSSH private key.
    SshPrivateKey,
    /// A PuTTY private key.
    PuttyPrivateKey,
    /// An OpenPGP object.
    Pgp,
    /// An OpenPGP signature.
    PgpSignature,
    /// An OpenVPN static key.
    OpenVpnKey,
    /// What `openssl x509 -text` prints, without the PEM.
    Printout,
    /// Binary data that a tool treated as text.
    BinaryAsText,
    /// DER written as hexadecimal digits.
    Hexadecimal,
    /// The numbers that keys of a group share: DH, EC or DSA parameters.
    Parameters,
    /// A 7-Zip archive.
    SevenZip,
    /// A RAR archive.
    Rar,
    /// A Windows cabinet.
    Cabinet,
    /// A file packed with bzip2, xz or zstd.
    Packed,
    /// Outlook's winmail.dat (TNEF).
    Winmail,
    /// A serialised certificate store of Windows (.sst).
    SerializedStore,
    /// A private key in Microsoft's PVK format.
    Pvk,
    /// A key store of Bouncy Castle (BKS).
    BouncyCastle,
    /// A SQLite database, such as Firefox's cert9.db.
    Database,
    /// A binary file whose line ends a tool changed.
    LineEndsChanged,
}

impl UnsupportedFormat {
    /// Returns what the user can do about it, as one clause.
    pub fn remedy(self) -> &'static str {
        match self {
            UnsupportedFormat::JavaKeystore | UnsupportedFormat::JavaCryptoKeystore => {
                "convert it to PKCS#12 with: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12"
            }
            UnsupportedFormat::Zip
            | UnsupportedFormat::Gzip
            | UnsupportedFormat::SevenZip
            | UnsupportedFormat::Rar
            | UnsupportedFormat::Cabinet
            | UnsupportedFormat::Packed => "unpack it and give the files inside",
            UnsupportedFormat::Winmail => {
                "ask for the mail in HTML or plain text format, or extract the attachment with: tnef FILE"
            }
            UnsupportedFormat::SerializedStore => {
                "convert it to .p7b in PowerShell with: Get-ChildItem FILE.sst | Import-Certificate, or export it again from certmgr.msc as PKCS#7"
            }
            UnsupportedFormat::Pvk => {
                "convert it to PEM with: openssl rsa -provider legacy -provider default -inform PVK -in FILE -out NEW.key"
            }
            UnsupportedFormat::BouncyCastle => {
                "convert it to PKCS#12 with keytool and the Bouncy Castle provider"
            }
            UnsupportedFormat::Database => {
                "list its certificates with: certutil -L -d FOLDER, and export them with: certutil -L -d FOLDER -n NAME -a"
            }
            UnsupportedFormat::LineEndsChanged => {
                "the transfer treated it as text; transfer it again in binary mode"
            }
            UnsupportedFormat::Pdf => {
                "copy its text from the BEGIN line to the END line into a text file and give that, or ask for the certificate itself as a .pem, .crt or .p7b file"
            }
            UnsupportedFormat::RichText
            | UnsupportedFormat::Picture
            | UnsupportedFormat::Program => {
                "ask for the certificate itself as a .pem, .crt or .p7b file"
            }
            UnsupportedFormat::OutlookOrWord => {
                "save the attachment, or the text as a plain text file, and give that"
            }
            UnsupportedFormat::Html => {
                "a login, proxy or error page was saved instead of the certificate; download it again"
            }
            UnsupportedFormat::Xml => "extract the certificate and give it as a separate file",
            UnsupportedFormat::Json => {
                "extract the certificate, or the key, and give it as PEM in a separate file"
            }
            UnsupportedFormat::SshPublicKey => {
                "if it is an RSA key, convert it to PEM with: ssh-keygen -e -m PKCS8 -f FILE"
            }
            UnsupportedFormat::SshPrivateKey => {
                "if it is an RSA key, copy it and convert the copy to PEM with: ssh-keygen -p -m PKCS8 -f COPY; make another key and a CSR with it otherwise"
            }
            UnsupportedFormat::PuttyPrivateKey => {
                "if it is an RSA key, convert it with: puttygen FILE.ppk -O private-openssh -o NEW.key; make another key and a CSR with it otherwise"
            }
            UnsupportedFormat::Pgp => {
                "decrypt it, or extract the attachment, with your OpenPGP program first"
            }
            UnsupportedFormat::PgpSignature => {
                "it holds no certificate, request, CRL or key; give the file that it signs"
            }
            UnsupportedFormat::OpenVpnKey => {
                "it is a secret that OpenVPN shares between its ends, not a key for certificates; remove it and give the rest"
            }
            UnsupportedFormat::Printout => {
                "it only describes the object; give the PEM or DER file it was printed from"
            }
            UnsupportedFormat::BinaryAsText => {
                "bytes were lost or changed when it was sent or saved as text; ask for it again as an attachment"
            }
            UnsupportedFormat::Parameters => {
                "it holds a server's settings, not a certificate or key; give the files it names"
            }
            UnsupportedFormat::Hexadecimal => "convert it to binary with: xxd -r -p FILE NEW.der",
        }
    }
}

impl UnsupportedFormat {
    /// Whether it may hold certificates and keys: an archive, a mail, a key store.
    pub(super) fn is_container(self) -> bool {
        matches!(
            self,
            UnsupportedFormat::JavaKeystore
                | UnsupportedFormat::JavaCryptoKeystore
                | UnsupportedFormat::BouncyCastle
                | UnsupportedFormat::Zip
                | UnsupportedFormat::Gzip
                | UnsupportedFormat::SevenZip
                | UnsupportedFormat::Winmail
                | UnsupportedFormat::SerializedStore
        )
    }
}

impl fmt::Display for UnsupportedFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UnsupportedFormat::JavaKeystore => "a Java keystore (JKS)",
            UnsupportedFormat::JavaCryptoKeystore => "a Java keystore (JCEKS)",
            UnsupportedFormat::Zip => "a ZIP archive",
            UnsupportedFormat::Gzip => "a gzip file",
            UnsupportedFormat::Pdf => "a PDF document",
            UnsupportedFormat::RichText => "a Rich Text document",
            UnsupportedFormat::OutlookOrWord => "an Outlook message or an old Word document",
            UnsupportedFormat::Picture => "a picture",
            UnsupportedFormat::Program => "a program",
            UnsupportedFormat::Html => "an HTML page",
            UnsupportedFormat::Xml => "an XML document",
            UnsupportedFormat::Json => "a JSON document",
            UnsupportedFormat::SshPublicKey => "an SSH public key",
            UnsupportedFormat::SshPrivateKey => "an SSH private key",
            UnsupportedFormat::PuttyPrivateKey => "a PuTTY private key",
            UnsupportedFormat::Pgp => "an OpenPGP object",
            UnsupportedFormat::PgpSignature => "an OpenPGP signature",
            UnsupportedFormat::OpenVpnKey => "an OpenVPN static key",
            UnsupportedFormat::Printout => "the printed text of a certificate, request or CRL",
            UnsupportedFormat::BinaryAsText => "a binary file that a tool treated as text",
            UnsupportedFormat::Hexadecimal => "a hexadecimal dump of DER",
            UnsupportedFormat::Parameters => "a set of DH, EC or DSA parameters",
            UnsupportedFormat::SevenZip => "a 7-Zip archive",
            UnsupportedFormat::Rar => "a RAR archive",
            UnsupportedFormat::Cabinet => "a Windows cabinet archive",
            UnsupportedFormat::Packed => "a packed file (bzip2, xz or zstd)",
            UnsupportedFormat::Winmail => "an Outlook winmail.dat (TNEF)",
            UnsupportedFormat::SerializedStore => {
                "a serialised certificate store of Windows (.sst)"
            }
            UnsupportedFormat::Pvk => "a Microsoft PVK private key",
            UnsupportedFormat::BouncyCastle => "a Bouncy Castle key store (BKS)",
            UnsupportedFormat::Database => "a SQLite database, such as Firefox's certificate store",
            UnsupportedFormat::LineEndsChanged => "a binary file with changed line endings",
        })
    }
}

/// Recognises binary files by their first bytes.
pub(super) fn foreign_binary(bytes: &[u8]) -> Option<UnsupportedFormat> {
    const MAGIC: &[(&[u8], UnsupportedFormat)] = &[
        (b"\xfe\xed\xfe\xed", UnsupportedFormat::JavaKeystore),
        (b"\xce\xce\xce\xce", UnsupportedFormat::JavaCryptoKeystore),
        (b"PK\x03\x04", UnsupportedFormat::Zip),
        (b"PK\x05\x06", UnsupportedFormat::Zip),
        (b"\x1f\x8b", UnsupportedFormat::Gzip),
        (b"7z\xbc\xaf\x27\x1c", UnsupportedFormat::SevenZip),
        (b"Rar!\x1a\x07", UnsupportedFormat::Rar),
        (b"MSCF\0\0\0\0", UnsupportedFormat::Cabinet),
        (b"\xfd7zXZ\0", UnsupportedFormat::Packed),
        (b"BZh", UnsupportedFormat::Packed),
        (b"\x28\xb5\x2f\xfd", UnsupportedFormat::Packed),
        (b"\x78\x9f\x3e\x22", UnsupportedFormat::Winmail),
        (b"\0\0\0\0CERT", UnsupportedFormat::SerializedStore),
        (b"\x1e\xf1\xb5\xb0", UnsupportedFormat::Pvk),
        (b"\0\0\0\x01\0\0\0\x14", UnsupportedFormat::BouncyCastle),
        (b"\0\0\0\x02\0\0\0\x14", UnsupportedFormat::BouncyCastle),
        (b"SQLite format 3\0", UnsupportedFormat::Database),
        (b"%PDF-", UnsupportedFormat::Pdf),
        (b"{\\rtf", UnsupportedFormat::RichText),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            UnsupportedFormat::OutlookOrWord,
        ),
        (b"\x89PNG\r\n", UnsupportedFormat::Picture),
        (b"\xff\xd8\xff", UnsupportedFormat::Picture),
        (b"\x7fELF", UnsupportedFormat::Program),
        // U+FFFD in UTF-8 after DER's first byte: a lossy UTF-8 conversion put it there; and what conversions from Latin-1
        // and Windows-1252 make of DER's second byte.
        (b"0\xef\xbf\xbd", UnsupportedFormat::BinaryAsText),
        (b"0\xc2\x80", UnsupportedFormat::BinaryAsText),
        (b"0\xc2\x81", UnsupportedFormat::BinaryAsText),
        (b"0\xc2\x82", UnsupportedFormat::BinaryAsText),
        (b"0\xc2\x83", UnsupportedFormat::BinaryAsText),
        (b"0\xe2\x80\x9a", UnsupportedFormat::BinaryAsText),
    ];
    // Two letters alone might begin a text; a program's header has a NUL soon after.
    let head = bytes.get(..64).unwrap_or(bytes);
    if head.starts_with(b"MZ") && head.contains(&0) {
        return Some(UnsupportedFormat::Program);
    }
    MAGIC
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map(|&(_, foreign)| foreign)
}

/// Recognises text in which there is no PEM block by how it begins.
pub(super) fn foreign_text(text: &[u8]) -> Option<UnsupportedFormat> {
    const START: &[(&[u8], UnsupportedFormat)] = &[
        (b"ssh-rsa ", UnsupportedFormat::SshPublicKey),
        (b"ssh-ed25519 ", UnsupportedFormat::SshPublicKey),
        (b"ssh-dss ", UnsupportedFormat::SshPublicKey),
        (b"ecdsa-sha2-", UnsupportedFormat::SshPublicKey),
        (b"sk-ssh-", UnsupportedFormat::SshPublicKey),
        (b"putty-user-key-file", UnsupportedFormat::PuttyPrivateKey),
        (b"<?xml", UnsupportedFormat::Xml),
        (b"certificate:", UnsupportedFormat::Printout),
        (b"certificate request:", UnsupportedFormat::Printout),
        (b"certificate revocation list", UnsupportedFormat::Printout),
    ];
    let text = text.trim_ascii_start();
    let head = text.get(..64).unwrap_or(text).to_ascii_lowercase();
    if head.starts_with(b"<?xml")
        && memchr::memmem::find(text.get(..1024).unwrap_or(text), b"<html").is_some()
    {
        return Some(UnsupportedFormat::Html);
    }
    if let Some(rest) = head.strip_prefix(b"<")
        && !rest.starts_with(b"?xml")
    {
        const HTML: &[&[u8]] = &[
            b"!doctype html",
            b"html",
            b"head",
            b"body",
            b"script",
            b"div",
            b"p>",
            b"table",
            b"meta",
            b"title",
            b"a ",
            b"h1",
            b"span",
            b"br",
            b"!--",
        ];
        let is_html = HTML.iter().any(|tag| rest.starts_with(tag));
        return Some(if is_html {
            UnsupportedFormat::Html
        } else {
            UnsupportedFormat::Xml
        });
    }
    if begins_like_json(text) {
        return Some(UnsupportedFormat::Json);
    }
    if let Some(&(_, foreign)) = START.iter().find(|(start, _)| head.starts_with(start)) {
        return Some(foreign);
    }
    let hexadecimal =
        head.starts_with(b"308") || head.starts_with(b"30 8") || head.starts_with(b"30:8");
    let digits =
        |byte: &u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace() || *byte == b':';
    (hexadecimal && text.iter().all(digits)).then_some(UnsupportedFormat::Hexadecimal)
}

/// Whether a text without white space before it begins as a JSON object or array does. A section of an INI or TOML file, a
/// remark in brackets and a box to tick do not (RFC 8259 sections 4 and 5).
fn begins_like_json(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(inside) = rest.strip_prefix(b"[") {
        rest = inside.trim_ascii_start();
    }
    let is_array = rest.len() < text.len();
    // What may follow a value in an array, or the array itself.
    let goes_on = |after: &[u8]| match after.trim_ascii_start() {
        [b',', ..] => true,
        after => {
            let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"]}".contains(byte);
            after.iter().all(is_end)
        }
    };
    match rest {
        [b'{', inside @ ..] => matches!(inside.trim_ascii_start(), [b'"' | b'}', ..]),
        [b'"', ..] => is_array,
        [b']', after @ ..] => is_array && goes_on(after),
        _ => {
            let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
            let end = rest.iter().position(|byte| !is_word(byte));
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            let is_number = std::str::from_utf8(word).is_ok_and(|word| {
                word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
                    && word.parse::<f64>().is_ok()
            });
            let is_value = is_number || [&b"true"[..], b"false", b"null"].contains(&word);
            is_array && is_value && goes_on(after)
        }
    }
}

/// Recognises by its label a PEM block that is not ours.
pub(super) fn foreign_label(label: &str) -> Option<UnsupportedFormat> {
    match label {
        "PGP SIGNATURE" => Some(UnsupportedFormat::PgpSignature),
        label if label.starts_with("PGP ") => Some(UnsupportedFormat::Pgp),
        "OpenVPN Static key V1" => Some(UnsupportedFormat::OpenVpnKey),
        "OPENSSH PRIVATE KEY" | "SSH2 ENCRYPTED PRIVATE KEY" => {
            Some(UnsupportedFormat::SshPrivateKey)
        }
        "SSH2 PUBLIC KEY" => Some(UnsupportedFormat::SshPublicKey),
        "DH PARAMETERS" | "X9.42 DH PARAMETERS" | "EC PARAMETERS" | "DSA PARAMETERS" => {
            Some(UnsupportedFormat::Parameters)
        }
        _ => None,
    }
}

/// Returns whether the bytes begin like text: no control characters but white space among the first.
pub(super) fn begins_like_text(bytes: &[u8]) -> bool {
    // Enough to meet a control character in any DER: its tags and lengths are full of them.
    const LOOK: usize = 512;
    let head = bytes.get(..LOOK).unwrap_or(bytes);
    !head
        .iter()
        .any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
}

/// Turns UTF-16 text into UTF-8; `None` where the bytes are not UTF-16, or not all of them.
///
/// Without a byte order mark the text must begin with ASCII, one half of each pair zero: no DER and no
/// UTF-8 text does.
pub(super) fn from_utf16(bytes: &[u8]) -> Option<(Vec<u8>, Damage)> {
    let (order, marked) = match bytes {
        [0xff, 0xfe, ..] => (ByteOrder::LittleEndian, true),
        [0xfe, 0xff, ..] => (ByteOrder::BigEndian, true),
        _ => (unmarked_utf16(bytes)?, false),
    };
    // One line end of a tool that took the text for ASCII may follow.
    if bytes.len() > wide_length(bytes, order) + 2 {
        return None;
    }
    Some((decode_utf16(bytes, order), Damage::Utf16 { order, marked }))
}

/// Turns UTF-32 text into UTF-8; `None` where the bytes are not UTF-32, or not all of them.
///
/// Without a byte order mark the text must begin with ASCII, three quarters of each unit zero: nothing else of ours does.
pub(super) fn from_utf32(bytes: &[u8]) -> Option<(Vec<u8>, Damage)> {
    let order = match bytes {
        [0xff, 0xfe, 0, 0, ..] => ByteOrder::LittleEndian,
        [0, 0, 0xfe, 0xff, ..] => ByteOrder::BigEndian,
        [1..0x80, 0, 0, 0, 1..0x80, 0, 0, 0, ..] => ByteOrder::LittleEndian,
        [0, 0, 0, 1..0x80, 0, 0, 0, 1..0x80, ..] => ByteOrder::BigEndian,
        _ => return None,
    };
    let unit = |unit: &[u8]| {
        let unit: [u8; 4] = unit.try_into().ok()?;
        char::from_u32(match order {
            ByteOrder::LittleEndian => u32::from_le_bytes(unit),
            ByteOrder::BigEndian => u32::from_be_bytes(unit),
        })
    };
    let units = bytes.chunks_exact(4);
    // A line end of a tool that took the text for ASCII may follow.
    if units.remainder().len() > 2 {
        return None;
    }
    let text: String = units.map(unit).collect::<Option<_>>()?;
    let text = text.trim_start_matches('\u{feff}').to_owned().into_bytes();
    Some((text, Damage::Utf32 { order }))
}

/// Decodes UTF-16.
pub(super) fn decode_utf16(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
    let encoding = match order {
        ByteOrder::LittleEndian => encoding_rs::UTF_16LE,
        ByteOrder::BigEndian => encoding_rs::UTF_16BE,
    };
    // Half a unit at the end is a line end of a tool that took the text for ASCII.
    let whole = bytes.get(..bytes.len() & !1).unwrap_or(bytes);
    let (text, _) = encoding.decode_with_bom_removal(whole);
    text.into_owned().into_bytes()
}

/// How many bytes from the start on are UTF-16: up to where text of one byte a character, or binary data, goes on.
///
/// In UTF-16 nearly every unit of the texts we look for has a zero half. There may be a line of others between them, such
/// as a name in another script; a longer run of units without any is no UTF-16.
pub(super) fn wide_length(bytes: &[u8], order: ByteOrder) -> usize {
    /// The longest run of units without a zero half: a name of so many letters in another script.
    const FOREIGN_UNITS: usize = 32;
    let high = usize::from(order == ByteOrder::LittleEndian);
    let (mut length, mut foreign) = (0, 0);
    for (number, unit) in bytes.chunks_exact(2).enumerate() {
        let is_mark = number == 0 && matches!(unit, [0xff, 0xfe] | [0xfe, 0xff]);
        let is_narrow = unit.get(high) == Some(&0) && unit.get(1 - high) != Some(&0);
        if is_mark || is_narrow {
            length = 2 * number + 2;
            foreign = 0;
        } else {
            // An object in DER, or one behind a line end of one byte.
            let begins = |at: usize| bytes.get(at..).is_some_and(begins_object);
            if foreign == 0 && (begins(2 * number) || begins(2 * number + 1)) {
                return length;
            }
            foreign += 1;
            if foreign > FOREIGN_UNITS {
                return length;
            }
        }
    }
    // Letters of other scripts at the very end.
    match foreign {
        0 => length,
        // ASCII in pairs looks like Chinese: two letters each.
        _ => {
            let tail = bytes.get(length..).unwrap_or_default();
            let is_ascii = tail
                .iter()
                .all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
            let is_short = tail.len() < stray::OBJECT_LEAST;
            let is_text = !is_ascii && (is_short || is_foreign_text(tail, order));
            if is_text { bytes.len() & !1 } else { length }
        }
    }
}

/// Whether binary data begins with a whole object.
fn begins_object(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, 0x81..=0x84 | 0x20..=0x7f, ..]) && stray::resembles_der(bytes)
}

/// Whether units of UTF-16 are letters and what stands between them; of other bytes next to none are for long.
fn is_foreign_text(bytes: &[u8], order: ByteOrder) -> bool {
    let unit = |unit: &[u8]| {
        let unit = unit.try_into().unwrap_or_default();
        match order {
            ByteOrder::LittleEndian => u16::from_le_bytes(unit),
            ByteOrder::BigEndian => u16::from_be_bytes(unit),
        }
    };
    let is_mark = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{303f}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}' | '\u{ff00}'..='\u{ffef}');
    let is_text = |c: char| {
        c.is_alphanumeric() || c.is_whitespace() || c.is_ascii_punctuation() || is_mark(c)
    };
    char::decode_utf16(bytes.chunks_exact(2).map(unit)).all(|c| c.is_ok_and(is_text))
}

/// Tells whether UTF-16 text begins here, in which byte order, after a mark or not.
pub(super) fn begins_wide(bytes: &[u8]) -> Option<ByteOrder> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => (unmarked_utf16(rest) == Some(ByteOrder::LittleEndian))
            .then_some(ByteOrder::LittleEndian),
        [0xfe, 0xff, rest @ ..] => {
            (unmarked_utf16(rest) == Some(ByteOrder::BigEndian)).then_some(ByteOrder::BigEndian)
        }
        // A line end of one byte before UTF-16 with the high byte first looks like the other order.
        [b'\n' | b'\r', rest @ ..] if unmarked_utf16(rest) == Some(ByteOrder::BigEndian) => {
            let is_all = wide_length(bytes, ByteOrder::LittleEndian) == bytes.len();
            is_all.then_some(ByteOrder::LittleEndian)
        }
        _ => unmarked_utf16(bytes),
    }
}

fn unmarked_utf16(bytes: &[u8]) -> Option<ByteOrder> {
    // Eight characters: a BEGIN line has more, and DER cannot look like this for even two.
    const LOOK: usize = 16;
    let head = bytes.get(..LOOK)?;
    let is_text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let all = |ascii: usize, zero: usize| {
        head.chunks_exact(2).all(|pair| {
            pair.get(ascii).is_some_and(|&byte| is_text(byte)) && pair.get(zero) == Some(&0)
        })
    };
    if all(0, 1) {
        Some(ByteOrder::LittleEndian)
    } else if all(1, 0) {
        Some(ByteOrder::BigEndian)
    } else {
        None
    }
}

/// Whether a tool that took DER for text put a carriage return before each line feed: the object is longer than its
/// length says by as many bytes.
pub(super) fn is_line_ends_changed(bytes: &[u8], extra: usize) -> bool {
    // One line feed, with its carriage return, may be there by accident.
    line_ends(bytes).is_some_and(|feeds| feeds > 1 && feeds == extra)
}

/// Whether the same was done to DER whose own length had a line feed in it, and so says nothing any more.
pub(super) fn are_all_line_ends_long(bytes: &[u8]) -> bool {
    /// In binary data one line feed in 256 follows a carriage return.
    const LEAST: usize = 3;
    line_ends(bytes).is_some_and(|feeds| feeds >= LEAST)
}

/// How many line feeds there are; `None` where one has no carriage return before it.
fn line_ends(bytes: &[u8]) -> Option<usize> {
    let mut feeds = 0;
    for at in memchr::memchr_iter(b'\n', bytes) {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        if before != Some(&b'\r') {
            return None;
        }
        feeds += 1;
    }
    Some(feeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_json_allows_after_a_bracket_is_called_json() {
        for text in [
            "{}",
            "{ \"a\": 1 }",
            "[]",
            "[ ]\n",
            "[1, 2]",
            "[[1.5]]",
            "[-1e3,",
            "[\"a\"]",
            "[true]",
            "[{\"a\":",
        ] {
            assert!(begins_like_json(text.as_bytes()), "{text}");
        }
        for text in [
            "[.ShellClassInfo]\r\n",
            "[External] Your certificate",
            "[[authority]]\nname = 1",
            "[ ] to do",
            "[1] a remark",
            "[network]",
            "[true story]",
            "[2026-12-01] log",
            "{ text }",
            "\"text\"",
            "1",
            "",
        ] {
            assert!(!begins_like_json(text.as_bytes()), "{text}");
        }
    }
}
