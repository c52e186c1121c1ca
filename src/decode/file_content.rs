//! What a file holds that was given as a list: noticed before a line of it is read as one, and quoted.

use std::borrow::Cow;
use std::fmt;

use memchr::memmem;

/// What a file holds that is no text of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileContent {
    /// A private key, encrypted or not.
    PrivateKey,
    /// A certificate.
    Certificate,
    /// A certificate signing request.
    Request,
    /// A CRL.
    Crl,
    /// Something else between BEGIN and END lines.
    Pem,
    /// Base64 text.
    Base64,
    /// No text at all, as DER and a workbook are.
    Binary,
}

impl fmt::Display for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileContent::PrivateKey => "a private key",
            FileContent::Certificate => "a certificate",
            FileContent::Request => "a certificate signing request",
            FileContent::Crl => "a CRL",
            FileContent::Pem => "PEM data",
            FileContent::Base64 => "base64 data",
            FileContent::Binary => "binary data",
        })
    }
}

/// The shortest line that is taken for base64: that of a key has 64 or 76 characters, and no name has as many.
const BASE64_LINE: usize = 60;

impl FileContent {
    /// What is in a file where text was expected, of which each line is one name or one number; `None` for what may be that.
    /// In UTF-16, which Windows writes, it is recognised too.
    pub(crate) fn instead_of_lines(bytes: &[u8]) -> Option<FileContent> {
        let is_wide = matches!(
            bytes,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..]
        );
        let text = match is_wide {
            true => Cow::Owned(bytes.iter().copied().filter(|byte| *byte != 0).collect()),
            false => Cow::Borrowed(bytes),
        };
        // A SEQUENCE of DER, whose length takes more than one octet.
        let is_der = matches!(bytes, [0x30, 0x80..=0x84, ..]);
        if is_der || memchr::memchr(0, &text).is_some() {
            return Some(FileContent::Binary);
        }
        let mut found = None;
        for line in text.split(|byte| b"\r\n".contains(byte)) {
            let line = line.trim_ascii();
            match Self::of_line(line) {
                // Whatever is beside it.
                Some(FileContent::PrivateKey) => return Some(FileContent::PrivateKey),
                other => found = found.or(other),
            }
        }
        found
    }

    fn of_line(line: &[u8]) -> Option<FileContent> {
        if line.starts_with(b"#") {
            return None;
        }
        if line.starts_with(b"PuTTY-User-Key-File-") {
            return Some(FileContent::PrivateKey);
        }
        // The hyphens are the first to be lost in a mail.
        if let Some(begin) = memmem::find(line, b"BEGIN ") {
            let label = line.get(begin..).unwrap_or_default();
            let is = |what: &[u8]| memmem::find(label, what).is_some();
            let has_hyphens = line.starts_with(b"-----BEGIN ");
            return match () {
                () if is(b"PRIVATE KEY") => Some(FileContent::PrivateKey),
                () if !has_hyphens => None,
                () if is(b"CERTIFICATE REQUEST") => Some(FileContent::Request),
                () if is(b"CERTIFICATE") => Some(FileContent::Certificate),
                () if is(b"CRL") => Some(FileContent::Crl),
                () => Some(FileContent::Pem),
            };
        }
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        let has = |of: fn(&u8) -> bool| line.iter().any(of);
        let is_of_base64 = line.len() >= BASE64_LINE
            && line.iter().all(is_base64)
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && !line.iter().all(u8::is_ascii_hexdigit);
        is_of_base64.then_some(FileContent::Base64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_recognised_in_every_form_of_text() {
        let body = "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC3DuDqQin/0DHP";
        for (begin, end) in [
            ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"),
            ("-----BEGIN RSA PRIVATE KEY-----", ""),
            ("BEGIN ENCRYPTED PRIVATE KEY", "END ENCRYPTED PRIVATE KEY"),
            ("{\"private_key\":\"-----BEGIN PRIVATE KEY-----\\n", "\"}"),
            ("PuTTY-User-Key-File-3: ssh-rsa", ""),
        ] {
            let text = format!("-----BEGIN CERTIFICATE-----\n\n{begin}\r\n{body}\r\n{end}\n");
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for bytes in [text.as_bytes(), &wide] {
                let found = FileContent::instead_of_lines(bytes);
                assert_eq!(found, Some(FileContent::PrivateKey), "{begin}");
            }
        }
        let found = FileContent::instead_of_lines(body.as_bytes());
        assert_eq!(found, Some(FileContent::Base64));
        let found = FileContent::instead_of_lines(b"0\x82\x04\xbe\x02\x01\0");
        assert_eq!(found, Some(FileContent::Binary));
        let found = FileContent::instead_of_lines(b"-----BEGIN X509 CRL-----\n");
        assert_eq!(found, Some(FileContent::Crl));
    }

    #[test]
    fn names_numbers_and_comments_are_lines() {
        let digest = format!("{}aB", "5c".repeat(31));
        for text in [
            "",
            "# the PRIVATE KEY is kept: -----BEGIN PRIVATE KEY-----\na.nhs.uk\n",
            "fqdn;san\nA.nhs.uk;b.nhs.uk\n",
            "BEGIN of the list\na.nhs.uk",
            &digest,
        ] {
            assert_eq!(FileContent::instead_of_lines(text.as_bytes()), None);
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(FileContent::instead_of_lines(&wide), None, "{text}");
        }
    }
}
