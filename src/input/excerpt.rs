//! A wrong line of a file, or a wrong value in one, for the sentence that refuses it.
//!
//! Files are mistaken for one another: a private key is given where a list of hosts is expected, and an error that quotes
//! its lines puts the key on a screen and into a log. What looks like a part of a secret is counted and not shown.

use std::fmt;

use super::beginning;

/// The most octets that are shown: enough to find the line by, and less than a line of a key.
const SHOWN_LIMIT: usize = 60;

/// So many characters of base64 with capitals, small letters and digits among them are no word and no name.
const MIXED_RUN: usize = 20;

/// So many characters of base64 are none either, unless all of them are hex digits, as in a serial number or a digest.
const PLAIN_RUN: usize = 40;

/// What is assigned to these is secret.
const SECRETS: [&str; 8] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "_key",
];

/// Whether a text looks like a part of a key or like a password, so that it must not be repeated.
pub(crate) fn looks_secret(text: &str) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let mut runs = text.as_bytes().split(|byte| !is_base64(byte));
    if runs.any(is_of_a_key) {
        return true;
    }
    let lower = text.to_ascii_lowercase();
    let is_assigned = lower.contains(['=', ':']);
    lower.contains("private key") || is_assigned && SECRETS.iter().any(|word| lower.contains(word))
}

fn is_of_a_key(run: &[u8]) -> bool {
    let has = |of: fn(&u8) -> bool| run.iter().any(of);
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let is_hex = run.iter().all(u8::is_ascii_hexdigit);
    !is_hex
        && (run.len() >= PLAIN_RUN || run.len() >= MIXED_RUN && is_mixed && has(u8::is_ascii_digit))
}

/// The beginning of a text in quotation marks, or how long it is where it [`looks_secret`].
pub(crate) fn excerpt(text: &str) -> Excerpt<'_> {
    Excerpt(text)
}

/// A text as [`excerpt`] has it.
pub(crate) struct Excerpt<'t>(&'t str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Excerpt(text) = self;
        if looks_secret(text) {
            let count = text.chars().count();
            return write!(
                f,
                "{count} characters that are not shown because they may be part of a key or a password"
            );
        }
        match beginning(text, SHOWN_LIMIT) {
            whole if whole.len() == text.len() => write!(f, "{whole:?}"),
            shown => write!(f, "{:?}", format!("{shown}…")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_keys_and_passwords_are_counted_and_not_shown() {
        for secret in [
            "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC3DuDqQin/0DHP",
            "-----BEGIN RSA PRIVATE KEY-----",
            "PFX_PASSWORD=hunter2",
            "\"client_secret\": \"x\"",
            "{\"kty\":\"RSA\",\"d\":\"VpvcgBkjw9ud5bc1+OdyAyc2a6+35VytiRpe\"}",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAg",
        ] {
            let shown = excerpt(secret).to_string();
            let count = format!("{} characters that are not shown", secret.len());
            assert!(shown.starts_with(&count), "{shown}");
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn names_serial_numbers_and_digests_are_shown_and_cut_short() {
        let digest = "a".repeat(64);
        for plain in [
            "gpc_int-a1b2c.supplier.thirdparty.nhs.uk",
            "GPC-INT-A1b2c.Supplier_X.thirdparty.nhs.uk",
            "https://int.api.service.nhs.uk",
            "5D:C9:DB:79:ZZ",
            "the-secret-garden.nhs.uk.",
        ] {
            assert_eq!(excerpt(plain).to_string(), format!("{plain:?}"));
        }
        assert_eq!(
            excerpt(&digest).to_string(),
            format!("\"{}…\"", "a".repeat(60))
        );
    }
}
