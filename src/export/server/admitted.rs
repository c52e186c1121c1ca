//! The names of the clients that are let in, and how each server compares them.

use crate::fqdn::Fqdn;

/// The host names of the clients that a server admits: the Spine Secure Proxy's, and what the administrator adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted(Vec<Fqdn>);

impl Admitted {
    /// These names, each once, in order; `None` where there is none, because a server that admits every client of a CA is
    /// never written.
    pub fn new(names: impl IntoIterator<Item = Fqdn>) -> Option<Admitted> {
        let mut names: Vec<Fqdn> = names.into_iter().collect();
        names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        names.dedup_by(|one, other| one.as_str().eq_ignore_ascii_case(other.as_str()));
        (!names.is_empty()).then_some(Admitted(names))
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Fqdn::as_str)
    }

    /// The names in one line.
    pub fn listed(&self) -> String {
        self.names().collect::<Vec<_>>().join(", ")
    }

    /// A regular expression that any one of the names matches, dots quoted, without anchors.
    pub(super) fn alternatives(&self) -> String {
        let quoted: Vec<String> = self.names().map(quoted).collect();
        match quoted.as_slice() {
            [one] => one.clone(),
            several => format!("(?:{})", several.join("|")),
        }
    }

    /// A regular expression over a distinguished name in RFC 2253 form, most specific RDN first: the CN is one of the
    /// names and the only CN. `separator` is what stands between RDNs, without the space that may follow.
    pub(super) fn of_subject(&self) -> String {
        format!("^CN={}(?:[,+](?!.*CN=).*)?$", self.alternatives())
    }

    /// Regular expressions over the certificate's DER in upper-case hex, one for each name, true to the byte: the
    /// subjectAltName extension, any number of its names, and this one as a dNSName.
    ///
    /// Names of up to 127 bytes are stepped over, which is every name of DNS's that occurs; behind a longer one the name is
    /// not found, and the client is refused.
    pub(super) fn in_hex(&self) -> Vec<String> {
        let lengths: Vec<String> = (0..=127_usize)
            .map(|length| match length {
                0 => "00".to_owned(),
                length => format!("{length:02X}.{{{}}}", 2 * length),
            })
            .collect();
        // GeneralName has the tags [0] to [8], primitive or constructed (RFC 5280 section 4.2.1.6).
        let name = format!("[8A][0-8](?:{})", lengths.join("|"));
        // One octet, or 81 and one, or 82 and two (X.690 section 8.1.3).
        let length = "(?:[0-7].|81..|82....)";
        self.names()
            .map(|host| {
                let octets: String = host.bytes().map(|byte| format!("{byte:02X}")).collect();
                format!(
                    "^(?:..)*?0603551D11(?:0101FF)?04{length}30{length}(?:{name})*?82{:02X}{octets}",
                    host.len()
                )
            })
            .collect()
    }

    /// Regular expressions over the certificate in URL-encoded PEM, one for each name: the object identifier of the
    /// subjectAltName extension, and within its reach the name as a dNSName with its length.
    ///
    /// nginx can read nothing else of a client's alternative names. Base64 packs three octets into four letters, so
    /// that each of both may begin at three places; a line break may stand between any two letters.
    pub(super) fn in_base64(&self) -> Vec<String> {
        const EXTENSION: [u8; 3] = [0x55, 0x1d, 0x11];
        /// The longest extension that is looked through, in letters: 25 names of usual length.
        const REACH: usize = 1000;
        self.names()
            .filter_map(|host| {
                let mut name = vec![0x82, u8::try_from(host.len()).ok()?];
                name.extend(host.bytes());
                Some(format!(
                    "(?:{})[A-Za-z0-9%/]{{0,{REACH}}}?(?:{})",
                    base64_places(&EXTENSION).join("|"),
                    base64_places(&name).join("|")
                ))
            })
            .collect()
    }
}

/// A name with its dots taken literally; host names have nothing else that a regular expression knows.
fn quoted(name: &str) -> String {
    name.replace('.', "\\.")
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What some octets look like in URL-encoded Base64, beginning at each of the three places in a group of three.
fn base64_places(octets: &[u8]) -> Vec<String> {
    (0..3_usize)
        .map(|before| {
            // Six bits at a time; `None` for a bit that belongs to a neighbour.
            let mut bits: Vec<Option<bool>> = vec![None; 8 * before];
            bits.extend(
                octets
                    .iter()
                    .flat_map(|octet| (0..8).rev().map(move |bit| Some(octet >> bit & 1 == 1))),
            );
            while !bits.len().is_multiple_of(6) {
                bits.push(None);
            }
            let letters: Vec<String> = bits
                .chunks(6)
                .filter(|six| six.iter().any(Option::is_some))
                .map(letter)
                .collect();
            letters.join("(?:%0A)?")
        })
        .collect()
}

/// A regular expression for the letters that agree with the bits that are known.
fn letter(six: &[Option<bool>]) -> String {
    let agrees = |value: usize| {
        six.iter()
            .enumerate()
            .all(|(place, bit)| bit.is_none_or(|bit| (value >> (5 - place) & 1 == 1) == bit))
    };
    let mut plain = String::new();
    let mut escaped: Vec<&str> = Vec::new();
    for (value, letter) in ALPHABET
        .iter()
        .enumerate()
        .filter(|(value, _)| agrees(*value))
    {
        let _ = value;
        match letter {
            b'+' => escaped.push("%2B"),
            b'/' => escaped.extend(["/", "%2F"]),
            letter => plain.push(char::from(*letter)),
        }
    }
    let class = match plain.chars().count() {
        0 => None,
        1 => Some(plain),
        _ => Some(format!("[{plain}]")),
    };
    let all: Vec<String> = class
        .into_iter()
        .chain(escaped.into_iter().map(str::to_owned))
        .collect();
    match all.as_slice() {
        [one] => one.clone(),
        several => format!("(?:{})", several.join("|")),
    }
}
