//! Serial numbers: integers of any length, in the one form that DER has for each.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Hex;

/// A certificate's serial number, or a CRL's number ([`CrlNumber`]): an ASN.1 INTEGER of any length.
///
/// Two are equal when they are the same number. 255 (`00 ff` in DER) is not −1 (`ff`): a CA that draws 16 random
/// octets and forgets the leading zero issues negative numbers. Needless leading octets, which DER forbids and some
/// CAs write, make no difference (X.690 section 8.3.2).
///
/// It is written as `openssl x509 -serial` does, in lower case: whole octets of hex without a leading zero octet, and
/// a minus sign before a negative number. [`Serial::from_str`] reads that and every other usual form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Serial(Octets);

/// Octets, in place where they are few, as those of nearly all serial numbers are: a million of them may be asked for at once.
#[derive(Clone)]
enum Octets {
    Few { length: u8, octets: [u8; FEW] },
    Many(Box<[u8]>),
}

/// As many octets as make it no larger than a vector.
const FEW: usize = 22;

impl Octets {
    fn of(octets: &[u8]) -> Octets {
        let mut few = [0; FEW];
        match (few.get_mut(..octets.len()), u8::try_from(octets.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(octets);
                Octets::Few {
                    length,
                    octets: few,
                }
            }
            _ => Octets::Many(octets.into()),
        }
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Octets::Few { length, octets } => {
                octets.get(..usize::from(*length)).unwrap_or_default()
            }
            Octets::Many(octets) => octets,
        }
    }
}

impl PartialEq for Octets {
    fn eq(&self, other: &Octets) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Octets {}

impl Hash for Octets {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

/// The number of a CRL (RFC 5280 section 5.2.3); ordered by value.
pub type CrlNumber = Serial;

/// The longest serial number the standard allows, in octets of DER (RFC 5280 section 4.1.2.2).
const OCTETS: usize = 20;

/// The most octets that are read from text: six times what the standard allows, for those who broke it.
const TEXT_OCTETS: usize = 128;

/// A text that is no serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a serial number in hex, such as 5DC9DB79, 0x5dc9db79, 5D:C9:DB:79 or, where it is negative, -FF"
)]
pub struct SerialError;

impl Serial {
    /// The number with these contents octets of a DER or BER INTEGER: big-endian, the first bit being the sign. No
    /// octets, which no INTEGER may have, count as zero.
    pub fn from_octets(octets: &[u8]) -> Serial {
        Serial(Octets::of(match octets {
            [] => &[0],
            octets => shortest(octets),
        }))
    }

    /// The contents octets that DER has for it, the leading zero octet of a positive number included; CRLs name
    /// certificates by these.
    pub fn as_octets(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Whether it is below zero, which RFC 5280 section 4.1.2.2 forbids.
    pub fn is_negative(&self) -> bool {
        self.as_octets()
            .first()
            .is_some_and(|first| first & 0x80 != 0)
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.as_octets().iter().all(|octet| *octet == 0)
    }

    /// Whether it is a positive number of at most 20 octets, as RFC 5280 section 4.1.2.2 requires.
    pub fn is_conforming(&self) -> bool {
        !self.is_negative() && !self.is_zero() && self.as_octets().len() <= OCTETS
    }

    /// The negative number that the same text denotes where it shows octets and not a number, as `certutil` and this
    /// program's earlier versions show `ff01` for −255; `None` where the text can only mean one number, because it has
    /// a sign, a leading zero octet, or a first bit that is clear.
    pub fn as_negative_octets(text: &str) -> Option<Serial> {
        let (Sign::None, digits) = parts(text) else {
            return None;
        };
        let octets = octets(digits).ok()?;
        let octets = Serial::from_octets(&octets);
        octets.is_negative().then_some(octets)
    }

    /// The octets of the number without its sign.
    fn magnitude(&self) -> Vec<u8> {
        match (self.is_negative(), self.0.as_slice()) {
            (true, octets) => shown(&negated(octets)).to_vec(),
            (false, octets) => shown(octets).to_vec(),
        }
    }
}

/// What precedes the digits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    None,
    Minus,
}

/// The sign and the digits of a number, without what tools write around it: `serial=`, `0x`, `(Negative)`, the decimal
/// form that `openssl x509 -text` puts before a short number.
fn parts(text: &str) -> (Sign, &str) {
    let mut text = text.trim();
    if let Some(rest) = text.strip_prefix("serial=") {
        text = rest.trim_start();
    }
    if let Some((decimal, hex)) = text.split_once(" (")
        && let Some(hex) = hex.strip_suffix(')')
        && hex.trim_start_matches('-').starts_with("0x")
        && decimal
            .trim_start_matches('-')
            .bytes()
            .all(|digit| digit.is_ascii_digit())
    {
        text = hex;
    }
    let mut sign = Sign::None;
    for mark in ["(Negative)", "-", "\u{2212}"] {
        if let Some(rest) = text.strip_prefix(mark) {
            (sign, text) = (Sign::Minus, rest.trim_start());
            break;
        }
    }
    for mark in ["0x", "0X"] {
        if let Some(rest) = text.strip_prefix(mark) {
            text = rest;
            break;
        }
    }
    (sign, text)
}

/// The octets that hex digits say, with or without colons and spaces between them. Between colons stands an octet: what one
/// digit there would mean cannot be told.
fn octets(digits: &str) -> Result<Vec<u8>, SerialError> {
    let mut groups = digits.split(':').map(str::trim).enumerate();
    let is_octet = |(number, group): (usize, &str)| {
        group.len() == 2 || (number == 0 && group.len() == 1) || !digits.contains(':')
    };
    if !groups.all(is_octet) {
        return Err(SerialError);
    }
    let mut nibbles = Vec::with_capacity(digits.len().min(2 * TEXT_OCTETS));
    for character in digits.chars().filter(|one| ![':', ' '].contains(one)) {
        let nibble = character
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok());
        nibbles.push(nibble.ok_or(SerialError)?);
        if nibbles.len() > 2 * TEXT_OCTETS {
            return Err(SerialError);
        }
    }
    if nibbles.is_empty() {
        return Err(SerialError);
    }
    if !nibbles.len().is_multiple_of(2) {
        nibbles.insert(0, 0);
    }
    Ok(nibbles
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |octet, nibble| octet << 4 | nibble))
        .collect())
}

/// Reads hex digits as a number: with or without colons or spaces between them, `0x` or `serial=` before them, in upper
/// or lower case. Without a sign the number is positive, whatever its first bit is.
impl FromStr for Serial {
    type Err = SerialError;

    fn from_str(text: &str) -> Result<Serial, SerialError> {
        let (sign, digits) = parts(text);
        let mut octets = octets(digits)?;
        octets.insert(0, 0);
        Ok(match sign {
            Sign::None => Serial::from_octets(&octets),
            Sign::Minus => Serial::from_octets(&negated(&octets)),
        })
    }
}

/// The number with the other sign, in two's complement; one octet longer, so that it always fits.
fn negated(octets: &[u8]) -> Vec<u8> {
    let sign = if octets.first().is_some_and(|first| first & 0x80 != 0) {
        0xff
    } else {
        0
    };
    let mut result: Vec<u8> = std::iter::once(sign)
        .chain(octets.iter().copied())
        .collect();
    let mut carry = true;
    for octet in result.iter_mut().rev() {
        let (sum, over) = (!*octet).overflowing_add(u8::from(carry));
        (*octet, carry) = (sum, over);
    }
    result
}

/// The number without the leading octets that DER would not have (X.690 section 8.3.2).
pub(crate) fn shortest(mut octets: &[u8]) -> &[u8] {
    while let [first, second, ..] = octets {
        match (first, second) {
            (0, 0..=0x7f) | (0xff, 0x80..) => octets = octets.get(1..).unwrap_or_default(),
            _ => break,
        }
    }
    octets
}

/// The octets without leading zeros; one for zero.
fn shown(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let zeros = zeros.min(octets.len().saturating_sub(1));
    octets.get(zeros..).unwrap_or_default()
}

/// Zero.
impl Default for Serial {
    fn default() -> Serial {
        Serial(Octets::of(&[0]))
    }
}

/// By value.
impl Ord for Serial {
    fn cmp(&self, other: &Serial) -> Ordering {
        let (own, others) = (self.as_octets(), other.as_octets());
        let lengths = own.len().cmp(&others.len());
        match (self.is_negative(), other.is_negative()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // In two's complement numbers of one sign and length are in the order of their octets.
            (false, false) => lengths.then_with(|| own.cmp(others)),
            (true, true) => lengths.reverse().then_with(|| own.cmp(others)),
        }
    }
}

impl PartialOrd for Serial {
    fn partial_cmp(&self, other: &Serial) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            octets if !self.is_negative() => fmt::Display::fmt(&Hex(shown(octets)), f),
            _ => write!(f, "-{}", Hex(self.magnitude())),
        }
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Serial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Serial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Serial, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl schemars::JsonSchema for Serial {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Serial".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^-?([0-9a-f]{2})+$" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Serial {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_of_any_length_keeps_its_octets_and_takes_no_more_room_than_a_vector() {
        assert!(size_of::<Serial>() <= size_of::<Vec<u8>>());
        for length in 1..300 {
            let octets: Vec<u8> = (1..=length).map(|number: u16| number as u8 | 1).collect();
            let serial = Serial::from_octets(&octets);
            assert_eq!(serial.as_octets(), octets);
            assert_eq!(serial, serial.clone());
            let mut other = octets;
            other[usize::from(length) - 1] ^= 2;
            assert_ne!(serial, Serial::from_octets(&other));
        }
    }

    #[test]
    fn every_usual_form_of_a_serial_number_is_read() {
        for text in [
            "5dc9db79",
            "0x5DC9DB79",
            "5D:C9:DB:79",
            "5d c9 db 79",
            "serial=5DC9DB79",
            "005DC9DB79",
            " 1573510009 (0x5dc9db79)\n",
        ] {
            assert_eq!(read(text).as_octets(), [0x5d, 0xc9, 0xdb, 0x79], "{text}");
        }
        assert_eq!(read("f1").as_octets(), [0, 0xf1]);
        assert_eq!(read("abc").as_octets(), [0x0a, 0xbc]);
        assert_eq!(read("5:c9").as_octets(), [0x05, 0xc9]);
        for text in [
            "",
            "0x",
            "5g",
            "-",
            "--1",
            "12 (34)",
            "10:1",
            "1:2:3",
            "100:01",
            ":1",
            &"a".repeat(300),
        ] {
            assert!(text.parse::<Serial>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_negative_number_is_read_as_openssl_prints_it() {
        for text in [
            "-FF",
            "serial=-FF",
            "-0xff",
            "(Negative)00:ff",
            "-255 (-0xff)",
        ] {
            assert_eq!(read(text).as_octets(), [0xff, 0x01], "{text}");
        }
        assert_eq!(read("-01").as_octets(), [0xff]);
        assert_eq!(read("-80").as_octets(), [0x80]);
        assert_eq!(read("-00").as_octets(), [0]);
    }

    #[test]
    fn a_number_is_shown_as_openssl_shows_it() {
        for (octets, shown) in [
            (&[0, 0xff][..], "ff"),
            (&[0xff], "-01"),
            (&[0xff, 0x01], "-ff"),
            (&[0x80], "-80"),
            (&[0], "00"),
            (&[], "00"),
            (&[1, 0], "0100"),
            (&[0, 0, 5], "05"),
        ] {
            assert_eq!(Serial::from_octets(octets).to_string(), shown);
        }
    }

    #[test]
    fn two_hundred_and_fifty_five_is_not_minus_one() {
        assert_ne!(
            Serial::from_octets(&[0, 0xff]),
            Serial::from_octets(&[0xff])
        );
        assert_eq!(Serial::from_octets(&[0, 5]), Serial::from_octets(&[5]));
        assert_eq!(
            Serial::from_octets(&[0xff, 0xff]),
            Serial::from_octets(&[0xff])
        );
    }

    #[test]
    fn digits_that_may_be_octets_of_a_negative_number_are_recognised() {
        let octets = |text| Serial::as_negative_octets(text).map(|serial| serial.to_string());
        assert_eq!(octets("ff01").as_deref(), Some("-ff"));
        assert_eq!(octets("FF:01").as_deref(), Some("-ff"));
        for text in ["00ff01", "7f", "-ff01", "fff", "x"] {
            assert_eq!(octets(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(octets in proptest::collection::vec(any::<u8>(), 1..40)) {
            let serial = Serial::from_octets(&octets);
            prop_assert_eq!(&read(&serial.to_string()), &serial);
            let json = serde_json::to_string(&serial).unwrap();
            prop_assert_eq!(serde_json::from_str::<Serial>(&json).unwrap(), serial);
        }

        #[test]
        fn numbers_are_ordered_by_value(one in any::<i64>(), other in any::<i64>()) {
            let serial = |number: i64| Serial::from_octets(&number.to_be_bytes());
            prop_assert_eq!(serial(one).cmp(&serial(other)), one.cmp(&other));
            let negative = serial(one).to_string().starts_with('-');
            prop_assert_eq!(negative, one < 0);
            let digits = serial(one).to_string();
            let magnitude = u64::from_str_radix(digits.trim_start_matches('-'), 16).unwrap();
            prop_assert_eq!(magnitude, one.unsigned_abs());
        }
    }
}
