//! The commit marker: what a committed stage promises.
//!
//! Text, so that a person who finds one can read it:
//! ```text
//! ptl-cert pair 1
//! key <SHA-256 in hex>
//! csr <SHA-256 in hex>
//! aside 20261122T161500Z
//! ```

use std::fmt::Write;

use openssl::sha::sha256;

use super::place::Member;

const FIRST_LINE: &str = "ptl-cert pair 1";

/// What is to be put in place, and what the old files are renamed to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marker {
    key: Option<[u8; 32]>,
    request: [u8; 32],
    aside: Option<String>,
}

impl Marker {
    pub(super) fn new(key: Option<&[u8]>, request: &[u8], aside: Option<String>) -> Marker {
        crate::decode::crypto::ready();
        Marker {
            key: key.map(sha256),
            request: sha256(request),
            aside,
        }
    }

    /// The promised files in the order in which they are put in place, each with its SHA-256.
    pub(super) fn members(&self) -> impl DoubleEndedIterator<Item = (Member, [u8; 32])> {
        let key = self.key.map(|digest| (Member::Key, digest));
        key.into_iter().chain([(Member::Request, self.request)])
    }

    pub(super) fn aside(&self) -> Option<&str> {
        self.aside.as_deref()
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        for (member, digest) in self.members() {
            text.push_str(member.extension());
            text.push(' ');
            for byte in digest {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
            }
            text.push('\n');
        }
        if let Some(suffix) = &self.aside {
            text.push_str("aside ");
            text.push_str(suffix);
            text.push('\n');
        }
        text
    }

    /// Reads a marker; `None` if it is not one in every byte.
    pub(super) fn parse(bytes: &[u8]) -> Option<Marker> {
        let text = str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let mut lines = text.split('\n');
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let mut key = None;
        let mut request = None;
        let mut aside = None;
        for line in lines {
            match line.split_once(' ')? {
                ("key", digest) if key.is_none() => key = Some(parse_digest(digest)?),
                ("csr", digest) if request.is_none() => request = Some(parse_digest(digest)?),
                ("aside", suffix) if aside.is_none() && is_suffix(suffix) => {
                    aside = Some(suffix.to_owned());
                }
                _ => return None,
            }
        }
        Some(Marker {
            key,
            request: request?,
            aside,
        })
    }
}

/// A suffix becomes part of a file name: nothing but digits and what a stamp has.
fn is_suffix(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 32
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"TZ-".contains(&byte))
}

fn parse_digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(digest)
}
