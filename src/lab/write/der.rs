//! The elements of DER (X.690) that certificates and CRLs are made of.

use yasna::models::ObjectIdentifier;

use crate::document::Moment;
pub(in crate::lab) use crate::document::der::wrap;

/// A SEQUENCE of these elements.
pub(in crate::lab) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    wrap(0x30, &parts.concat())
}

/// A SET of one element; more would have to be sorted.
pub(in crate::lab) fn set(only: &[u8]) -> Vec<u8> {
    wrap(0x31, only)
}

/// A constructed element with a context tag.
pub(in crate::lab) fn context(number: u8, content: &[u8]) -> Vec<u8> {
    wrap(0xa0 | number, content)
}

/// A primitive element with a context tag.
pub(in crate::lab) fn implicit(number: u8, content: &[u8]) -> Vec<u8> {
    wrap(0x80 | number, content)
}

/// An OBJECT IDENTIFIER from its dotted number.
pub(in crate::lab) fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted
        .split('.')
        .filter_map(|arc| arc.parse().ok())
        .collect();
    yasna::construct_der(|writer| writer.write_oid(&ObjectIdentifier::new(arcs)))
}

/// An INTEGER of these contents octets, whatever they say.
pub(in crate::lab) fn integer(octets: &[u8]) -> Vec<u8> {
    wrap(0x02, octets)
}

/// An INTEGER of this value.
pub(in crate::lab) fn natural(value: u64) -> Vec<u8> {
    yasna::construct_der(|writer| writer.write_u64(value))
}

/// The BOOLEAN true; false is a default that DER leaves out.
pub(in crate::lab) fn yes() -> Vec<u8> {
    vec![0x01, 0x01, 0xff]
}

/// NULL.
pub(in crate::lab) fn null() -> Vec<u8> {
    vec![0x05, 0x00]
}

/// A BIT STRING of whole octets.
pub(in crate::lab) fn bits(octets: &[u8]) -> Vec<u8> {
    wrap(0x03, &[&[0], octets].concat())
}

/// A BIT STRING of named bits, without the zeros at its end (X.690 section 11.2.2).
pub(in crate::lab) fn flags(numbers: &[u8]) -> Vec<u8> {
    let Some(last) = numbers.iter().max().copied() else {
        return wrap(0x03, &[0]);
    };
    let mut octets = vec![0u8; usize::from(last / 8) + 1];
    for number in numbers {
        if let Some(octet) = octets.get_mut(usize::from(number / 8)) {
            *octet |= 0x80 >> (number % 8);
        }
    }
    wrap(0x03, &[&[7 - last % 8], octets.as_slice()].concat())
}

/// An OCTET STRING.
pub(in crate::lab) fn octets(content: &[u8]) -> Vec<u8> {
    wrap(0x04, content)
}

/// A time as RFC 5280 section 4.1.2.5 wants it: UTCTime until 2049, GeneralizedTime after.
pub(in crate::lab) fn time(moment: Moment) -> Vec<u8> {
    let moment = moment.date_time();
    let (century, rest) = (moment.year() / 100, moment.year() % 100);
    let text = format!(
        "{rest:02}{:02}{:02}{:02}{:02}{:02}Z",
        u8::from(moment.month()),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second()
    );
    match moment.year() {
        1950..2050 => wrap(0x17, text.as_bytes()),
        _ => wrap(0x18, format!("{century:02}{text}").as_bytes()),
    }
}

/// A GeneralizedTime, for fields that allow no other (RFC 5280 appendix A).
pub(in crate::lab) fn generalized_time(content_tag: u8, moment: Moment) -> Vec<u8> {
    let text: String = moment
        .to_string()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .filter(|c| *c != 'T')
        .collect();
    wrap(content_tag, text.as_bytes())
}
