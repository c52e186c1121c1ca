//! The names of the clients that are admitted, and how each server compares them.

use crate::fqdn::Fqdn;

/// The host names of the clients that a server admits: the Spine Secure Proxy's, and what the administrator adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedHosts(Vec<Fqdn>);

impl AdmittedHosts {
    /// These names, each once, in order; `None` where there is none, because a server that admits every client of a CA is
    /// never written.
    pub fn new(names: impl IntoIterator<Item = Fqdn>) -> Option<AdmittedHosts> {
        let mut names: Vec<Fqdn> = names.into_iter().collect();
        names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        names.dedup_by(|one, other| one.as_str().eq_ignore_ascii_case(other.as_str()));
        (!names.is_empty()).then_some(AdmittedHosts(names))
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
    pub(crate) fn alternatives(&self) -> String {
        let quoted: Vec<String> = self.names().map(quoted).collect();
        match quoted.as_slice() {
            [one] => one.clone(),
            several => format!("(?:{})", several.join("|")),
        }
    }

    /// A regular expression over a subject in RFC 2253 form, as nginx and Java write it: its only CN is one of the names,
    /// wherever it is among the other attributes.
    ///
    /// The subject is read attribute by attribute, so that neither a second CN nor the text of another attribute's value
    /// counts. There is no look-around in it, which Go's engine (ingress-nginx) does not know, and no backslash before a
    /// backslash, which nginx takes for one.
    pub(crate) fn of_subject(&self) -> String {
        let names = self.alternatives();
        let (before, after) = around_names();
        format!("{before}{names}{after}")
    }

    /// The names of an expression that [`of_subject`](AdmittedHosts::of_subject) wrote; `None` for any other.
    pub(crate) fn from_subject(pattern: &str) -> Option<AdmittedHosts> {
        let (before, after) = around_names();
        let names = pattern.strip_prefix(&before)?.strip_suffix(&after)?;
        let names = super::patterns::alternatives(names)?;
        let hosts: Option<Vec<Fqdn>> = names.iter().map(|name| name.parse().ok()).collect();
        AdmittedHosts::new(hosts?).filter(|hosts| hosts.of_subject() == pattern)
    }

    /// The same over a subject as Windows writes it: RDNs are followed by a space, and values with a comma or the like are
    /// in quotation marks; one with such a value is refused. There are no brackets and quotation marks in it, for the
    /// command line of `appcmd`.
    pub(crate) fn of_windows_subject(&self) -> String {
        let names = self.alternatives();
        format!(r"^(?!.*CN=.*CN=)(?!.*\x22)(?:.*(?:,| \+) )?CN={names}(?:(?:,| \+) .*)?$")
    }

    /// Regular expressions over the certificate's DER in upper-case hex, one for each name, true to the byte: what is
    /// before the extensions, stepped over by its lengths, the subjectAltName extension, any number of its names, and this
    /// one as a dNSName.
    ///
    /// The client chooses its public key, and most octets of an RSA modulus can be chosen at will: nothing before the
    /// extensions may count as one. Values of up to 255 octets are stepped over, and RSA keys of the usual sizes; behind
    /// a longer one the name is not found, and the client is refused.
    pub(crate) fn in_hex(&self) -> Vec<String> {
        let lengths: Vec<String> = (0..=255_usize)
            .map(|length| match length {
                0 => "00".to_owned(),
                1..=127 => format!("{length:02X}.{{{}}}", 2 * length),
                _ => format!("81{length:02X}.{{{}}}", 2 * length),
            })
            .collect();
        let lengths = lengths.join("|");
        // One octet, or 81 and one, or 82 and two (X.690 section 8.1.3).
        let length = "(?:[0-7].|81..|82....)";
        let keys: Vec<String> = RSA_KEYS
            .iter()
            .map(|octets| octets + SHORTER)
            .map(|octets| format!("{octets:04X}.{{{}}}", 2 * octets))
            .collect();
        let keys = keys.join("|");
        // HAProxy has groups without a name capture nothing, so that none of those could be called. Version 3 (RFC 5280
        // section 4.1): serial number, algorithm, issuer, validity and subject, key, extensions. A
        // GeneralName has the tags [0] to [8], primitive or constructed (section 4.2.1.6).
        self.names()
            .map(|host| {
                format!(
                    "^(?(DEFINE)(?<v>{lengths}))3082....3082....A00302010202(?&v)(?:30(?&v)){{4}}30(?:(?&v)|82(?:{keys}))\
                     A3{length}30{length}(?:..)*?0603551D11(?:0101FF)?04{length}30{length}(?:[8A][0-8](?&v))*?82{:02X}{}",
                    host.len(),
                    host.bytes().map(hex_of_either_case).collect::<String>()
                )
            })
            .collect()
    }

    /// Regular expressions over the extensions of a certificate in URL-encoded PEM, as [`extensions_in_base64`] captures
    /// them, one for each name: the object identifier of the subjectAltName extension, and within its reach the name as a
    /// dNSName with its length.
    ///
    /// nginx can read nothing else of a client's alternative names. Base64 packs three octets into four letters, so
    /// that each of both may begin at three positions; there may be a line break between any two letters.
    pub(crate) fn in_base64(&self) -> Vec<String> {
        const EXTENSION: [u8; 3] = [0x55, 0x1d, 0x11];
        /// The longest extension that is looked through, in letters: 25 names of usual length.
        const REACH: usize = 1000;
        self.names()
            .filter_map(|host| {
                let mut name = exactly(&[0x82, u8::try_from(host.len()).ok()?]);
                for byte in host.bytes() {
                    let mut bits = exactly(&[byte]);
                    if let (true, Some(case)) = (byte.is_ascii_alphabetic(), bits.get_mut(CASE_BIT))
                    {
                        *case = None;
                    }
                    name.extend(bits);
                }
                Some(format!(
                    "(?:{})[A-Za-z0-9%/]{{0,{REACH}}}?(?:{})",
                    base64_places(&exactly(&EXTENSION)).join("|"),
                    base64_places(&name).join("|")
                ))
            })
            .collect()
    }
}

/// The type of an attribute that is no CN, and its value, in which a backslash precedes a comma or plus sign.
const OTHER: &str =
    r"(?:[^C,+=\x5C][^,+=\x5C]*|C(?:[^N,+=\x5C][^,+=\x5C]*)?|CN[^,+=\x5C]+)=(?:[^,+\x5C]|\x5C.)*";

/// What precedes and follows the names in an expression over a subject.
fn around_names() -> (String, String) {
    (
        format!("^(?:{OTHER}[,+])*CN="),
        format!("(?:[,+]{OTHER})*$"),
    )
}

/// The AlgorithmIdentifier of an RSA key (RFC 3279 section 2.3.1).
const RSA_ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// How many octets the BIT STRING with an RSA key of 2048, 3072 and 4096 bits has, the public exponent being 65537.
const RSA_KEYS: [usize; 3] = [0x010f, 0x018f, 0x020f];

/// How many octets the SubjectPublicKeyInfo has besides: the algorithm, and the BIT STRING's tag and length.
const SHORTER: usize = RSA_ALGORITHM.len() + 4;

/// The object identifiers of the other keys whose octets can be chosen and that a TLS client can use: RSASSA-PSS
/// (RFC 4055 section 1.2) and DSA (RFC 3279 section 2.3.2).
const OTHER_KEYS: [&[u8]; 2] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a],
    &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01],
];

/// The position, from the left, of the bit that differs between small and capital letters.
const CASE_BIT: usize = 2;

/// Which group of [`extensions_in_base64`] has captured them.
pub(crate) const EXTENSIONS_GROUP: usize = 6;

/// A regular expression over a certificate in URL-encoded PEM that captures what follows the public key: the extensions
/// and the CA's signature.
///
/// A name that is found in the key proves nothing, because the client chooses it. So the key is stepped over by its
/// length: that of the first RSA key that is found, and no other position is tried (an atomic group). Before it is
/// nothing that a client could choose, unless its key is of another kind, which is refused. PCRE repeats a group by
/// copying it; a call of group 2 matches 32 letters, so that the expression does not become too long for it.
pub(crate) fn extensions_in_base64() -> String {
    const MANY: usize = 32;
    let others: Vec<String> = OTHER_KEYS
        .iter()
        .flat_map(|identifier| base64_places(&exactly(identifier)))
        .collect();
    let algorithms: Vec<String> = base64_places(&exactly(&RSA_ALGORITHM))
        .iter()
        .map(|letters| format!("({letters})"))
        .collect();
    let keys: Vec<String> = (0..3).map(key_in_base64::<MANY>).collect();
    let [first, second, third] = keys.as_slice() else {
        return String::new();
    };
    format!(
        "^(?(DEFINE)({BREAK}(?:[^%]|%2.))((?1){{{MANY}}}))(?>(?:(?!{}).)*?(?:{}))(?(3){first}|(?(4){second}|{third}))(.*)",
        others.join("|"),
        algorithms.join("|")
    )
}

/// A regular expression over a certificate in URL-encoded PEM that has a subjectAltName extension: its object identifier, with
/// tag and length, at any of three alignments. It is looked for in the whole certificate: a client that puts it anywhere else
/// only keeps its CN from counting.
pub(crate) fn alternative_names_in_base64() -> String {
    const IDENTIFIER: [u8; 5] = [0x06, 0x03, 0x55, 0x1d, 0x11];
    base64_places(&exactly(&IDENTIFIER)).join("|")
}

/// What follows an RSA key's algorithm that begins this many octets after the beginning of a group of three: the BIT STRING's
/// length, and as many letters as it takes.
fn key_in_base64<const MANY: usize>(before: usize) -> String {
    let algorithm = letters(&exactly(&RSA_ALGORITHM), before).len();
    let keys: Vec<String> = RSA_KEYS
        .iter()
        .map(|octets| {
            let [.., high, low] = octets.to_be_bytes();
            let mut head = RSA_ALGORITHM.to_vec();
            head.extend([0x03, 0x82, high, low]);
            let begin = (8 * before) / 6;
            let end = (8 * (before + head.len() + octets)).div_ceil(6);
            let head = letters(&exactly(&head), before);
            let rest = end - begin - head.len();
            format!(
                "{BREAK}{}(?2){{{}}}(?1){{{}}}",
                head.get(algorithm..).unwrap_or_default().join(BREAK),
                rest / MANY,
                rest % MANY
            )
        })
        .collect();
    format!("(?:{})", keys.join("|"))
}

/// A name with its dots taken literally; host names have no other character that is special in a regular expression.
fn quoted(name: &str) -> String {
    name.replace('.', "\\.")
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A line break in URL-encoded PEM, which may be between any two letters.
const BREAK: &str = "(?:%0A)?";

/// An octet of a name in hex, whatever the case of its letter: DNS does not tell them apart (RFC 4343).
fn hex_of_either_case(octet: u8) -> String {
    match octet.is_ascii_alphabetic() {
        true => format!(
            "[{:X}{:X}]{:X}",
            octet.to_ascii_uppercase() >> 4,
            octet.to_ascii_lowercase() >> 4,
            octet & 0xf
        ),
        false => format!("{octet:02X}"),
    }
}

/// The bits of some octets, all of them known.
fn exactly(octets: &[u8]) -> Vec<Option<bool>> {
    let bits = |octet: &u8| {
        let octet = *octet;
        (0..8).rev().map(move |bit| Some(octet >> bit & 1 == 1))
    };
    octets.iter().flat_map(bits).collect()
}

/// What some bits look like in URL-encoded Base64, beginning at each of the three positions in a group of three octets.
fn base64_places(bits: &[Option<bool>]) -> Vec<String> {
    (0..3_usize)
        .map(|before| letters(bits, before).join(BREAK))
        .collect()
}

/// The letters with some bits that begin `before` octets after the beginning of a group of three.
fn letters(bits: &[Option<bool>], before: usize) -> Vec<String> {
    // Six bits at a time; `None` for a bit that belongs to a neighbour.
    let mut all: Vec<Option<bool>> = vec![None; 8 * before];
    all.extend(bits);
    while !all.len().is_multiple_of(6) {
        all.push(None);
    }
    all.chunks(6)
        .filter(|six| six.iter().any(Option::is_some))
        .map(letter)
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
