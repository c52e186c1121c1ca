//! Text encodings, and the files that are not ours but that people give us.

use std::fmt;

use super::error::{ByteOrder, Damage};

/// A kind of file or object that is recognised and not read, so that the error can name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Foreign {
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
    /// What `openssl x509 -text` prints, without the PEM.
    Printout,
    /// Binary data that a tool treated as text.
    BinaryAsText,
    /// DER written as hexadecimal digits.
    Hexadecimal,
    /// The numbers that keys of a group share: DH, EC or DSA parameters.
    Parameters,
}

impl Foreign {
    /// Returns what the user can do about it, as one clause.
    pub fn way_out(self) -> &'static str {
        match self {
            Foreign::JavaKeystore | Foreign::JavaCryptoKeystore => {
                "make a PKCS#12 file of it with: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12"
            }
            Foreign::Zip | Foreign::Gzip => "unpack it and give the files inside",
            Foreign::Pdf | Foreign::RichText | Foreign::Picture | Foreign::Program => {
                "ask for the certificate itself as a .pem, .crt or .p7b file"
            }
            Foreign::OutlookOrWord => {
                "save the attachment, or the text as a plain text file, and give that"
            }
            Foreign::Html => {
                "a login, proxy or error page was saved instead of the certificate; download it again"
            }
            Foreign::Xml | Foreign::Json => {
                "take the certificate out of it and give that as a file of its own"
            }
            Foreign::SshPublicKey | Foreign::SshPrivateKey | Foreign::PuttyPrivateKey => {
                "an SSH key is no use with certificates; make a key and request with: ptl-cert csr"
            }
            Foreign::Pgp => "decrypt it or take the attachment out with your OpenPGP program first",
            Foreign::Printout => {
                "it describes a certificate and does not hold it; give the PEM or DER file that was printed"
            }
            Foreign::BinaryAsText => {
                "bytes were lost for good when it was sent or saved as text; ask for it again as an attachment"
            }
            Foreign::Parameters => {
                "a server's settings stand in it, and neither a certificate nor a key; give the file with those"
            }
            Foreign::Hexadecimal => "turn it into bytes with: xxd -r -p FILE NEW.der",
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Foreign::JavaKeystore => "a Java keystore (JKS)",
            Foreign::JavaCryptoKeystore => "a Java keystore (JCEKS)",
            Foreign::Zip => "a ZIP archive",
            Foreign::Gzip => "a gzip file",
            Foreign::Pdf => "a PDF document",
            Foreign::RichText => "a Rich Text document",
            Foreign::OutlookOrWord => "an Outlook message or an old Word document",
            Foreign::Picture => "a picture",
            Foreign::Program => "a program",
            Foreign::Html => "an HTML page",
            Foreign::Xml => "an XML document",
            Foreign::Json => "a JSON document",
            Foreign::SshPublicKey => "an SSH public key",
            Foreign::SshPrivateKey => "an SSH private key",
            Foreign::PuttyPrivateKey => "a PuTTY private key",
            Foreign::Pgp => "an OpenPGP object",
            Foreign::Printout => "the printed text of a certificate",
            Foreign::BinaryAsText => "a binary file that a tool treated as text",
            Foreign::Hexadecimal => "a hexadecimal dump of DER",
            Foreign::Parameters => "a set of DH, EC or DSA parameters",
        })
    }
}

/// Recognises binary files by their first bytes.
pub(super) fn foreign_binary(bytes: &[u8]) -> Option<Foreign> {
    const MAGIC: &[(&[u8], Foreign)] = &[
        (b"\xfe\xed\xfe\xed", Foreign::JavaKeystore),
        (b"\xce\xce\xce\xce", Foreign::JavaCryptoKeystore),
        (b"PK\x03\x04", Foreign::Zip),
        (b"PK\x05\x06", Foreign::Zip),
        (b"\x1f\x8b", Foreign::Gzip),
        (b"%PDF-", Foreign::Pdf),
        (b"{\\rtf", Foreign::RichText),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign::OutlookOrWord),
        (b"\x89PNG\r\n", Foreign::Picture),
        (b"\xff\xd8\xff", Foreign::Picture),
        (b"\x7fELF", Foreign::Program),
        // U+FFFD in UTF-8 after DER's first byte: a lossy UTF-8 conversion put it there.
        (b"0\xef\xbf\xbd", Foreign::BinaryAsText),
    ];
    // Two letters alone might begin a text; a program's header has a NUL soon after.
    let head = bytes.get(..64).unwrap_or(bytes);
    if head.starts_with(b"MZ") && head.contains(&0) {
        return Some(Foreign::Program);
    }
    MAGIC
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map(|&(_, foreign)| foreign)
}

/// Recognises text in which there is no armour by how it begins.
pub(super) fn foreign_text(text: &[u8]) -> Option<Foreign> {
    const START: &[(&[u8], Foreign)] = &[
        (b"ssh-rsa ", Foreign::SshPublicKey),
        (b"ssh-ed25519 ", Foreign::SshPublicKey),
        (b"ssh-dss ", Foreign::SshPublicKey),
        (b"ecdsa-sha2-", Foreign::SshPublicKey),
        (b"sk-ssh-", Foreign::SshPublicKey),
        (b"putty-user-key-file", Foreign::PuttyPrivateKey),
        (b"<?xml", Foreign::Xml),
        (b"<", Foreign::Html),
        (b"{", Foreign::Json),
        (b"[", Foreign::Json),
        (b"certificate:", Foreign::Printout),
        (b"certificate request:", Foreign::Printout),
        (b"certificate revocation list", Foreign::Printout),
    ];
    let text = text.trim_ascii_start();
    let head = text.get(..64).unwrap_or(text).to_ascii_lowercase();
    if head.starts_with(b"<?xml")
        && memchr::memmem::find(text.get(..1024).unwrap_or(text), b"<html").is_some()
    {
        return Some(Foreign::Html);
    }
    if let Some(&(_, foreign)) = START.iter().find(|(start, _)| head.starts_with(start)) {
        return Some(foreign);
    }
    let hexadecimal =
        head.starts_with(b"308") || head.starts_with(b"30 8") || head.starts_with(b"30:8");
    let digits =
        |byte: &u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace() || *byte == b':';
    (hexadecimal && text.iter().all(digits)).then_some(Foreign::Hexadecimal)
}

/// Recognises armour that is not ours by its label.
pub(super) fn foreign_label(label: &str) -> Option<Foreign> {
    if label.starts_with("PGP ") {
        return Some(Foreign::Pgp);
    }
    match label {
        "OPENSSH PRIVATE KEY" | "SSH2 ENCRYPTED PRIVATE KEY" => Some(Foreign::SshPrivateKey),
        "SSH2 PUBLIC KEY" => Some(Foreign::SshPublicKey),
        "DH PARAMETERS" | "X9.42 DH PARAMETERS" | "EC PARAMETERS" | "DSA PARAMETERS" => {
            Some(Foreign::Parameters)
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

/// Turns UTF-16 text into UTF-8; `None` where the bytes are not UTF-16.
///
/// Without a byte order mark the text must begin with ASCII, one half of each pair zero: no DER and no
/// UTF-8 text does.
pub(super) fn from_utf16(bytes: &[u8]) -> Option<(Vec<u8>, Damage)> {
    let (order, marked) = match bytes {
        [0xff, 0xfe, ..] => (ByteOrder::LittleEndian, true),
        [0xfe, 0xff, ..] => (ByteOrder::BigEndian, true),
        _ => (unmarked_utf16(bytes)?, false),
    };
    let encoding = match order {
        ByteOrder::LittleEndian => encoding_rs::UTF_16LE,
        ByteOrder::BigEndian => encoding_rs::UTF_16BE,
    };
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    Some((
        text.into_owned().into_bytes(),
        Damage::Utf16 { order, marked },
    ))
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
