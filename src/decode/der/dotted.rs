//! Object identifiers as text.

use std::fmt::Write;

/// Writes the contents of an OBJECT IDENTIFIER as a dotted number (X.690 section 8.19).
///
/// `x509-parser` has a function for this that takes the first octet for the first two arcs, which holds only up to
/// 2.39: of 2.999.3 it makes 3.16.55.3. Arcs may have up to 128 bits, as those made from a UUID do (X.667). Contents
/// with a larger arc, and contents that are no object identifier in DER, are written in hexadecimal, so that
/// different contents never look alike. The text has at most four characters for each octet.
pub(crate) fn dotted(contents: &[u8]) -> String {
    decimal(contents).unwrap_or_else(|| {
        let hexadecimal = |mut text: String, octet| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{octet:02x}");
            text
        };
        contents.iter().fold(String::new(), hexadecimal)
    })
}

fn decimal(contents: &[u8]) -> Option<String> {
    let mut numbers = contents
        .split_inclusive(|octet| octet & 0x80 == 0)
        .map(number);
    let first = numbers.next()??;
    // The first two arcs share a number; only below 2 is the second one bounded.
    let root = first.min(80) / 40;
    let mut text = format!("{root}.{}", first - root * 40);
    for number in numbers {
        let _ = write!(text, ".{}", number?);
    }
    Some(text)
}

/// A number in base 128, seven bits an octet; `None` if it ends early, starts with a zero or has more than 128 bits.
fn number(octets: &[u8]) -> Option<u128> {
    if octets.first() == Some(&0x80) || octets.last()? & 0x80 != 0 {
        return None;
    }
    octets.iter().try_fold(0_u128, |number, octet| {
        let room = number <= u128::MAX >> 7;
        room.then(|| number << 7 | u128::from(octet & 0x7f))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The contents octets of a dotted number.
    fn contents(text: &str) -> Vec<u8> {
        let arcs: Vec<u128> = text.split('.').map(|arc| arc.parse().unwrap()).collect();
        let [root, second, rest @ ..] = arcs.as_slice() else {
            panic!("an object identifier has two arcs at least");
        };
        let mut octets = Vec::new();
        for number in [root * 40 + second].iter().chain(rest) {
            let digits = (1..=18)
                .rev()
                .skip_while(|place| number >> (7 * place) == 0);
            octets.extend(digits.map(|place| 0x80 | (number >> (7 * place)) as u8));
            octets.push((number & 0x7f) as u8);
        }
        octets
    }

    fn identifier(limit: u128) -> impl Strategy<Value = String> {
        let start = prop_oneof![
            (0..2_u128, 0..40_u128),
            (Just(2_u128), 0..=limit.min(u128::MAX - 80)),
        ];
        let arc = prop_oneof![0..=limit.min(300), 0..=limit];
        (start, prop::collection::vec(arc, 0..12)).prop_map(|((root, second), rest)| {
            let mut text = format!("{root}.{second}");
            for arc in rest {
                text.push_str(&format!(".{arc}"));
            }
            text
        })
    }

    proptest! {
        #[test]
        fn what_was_written_from_a_text_reads_back_as_that_text(text in identifier(u128::MAX)) {
            prop_assert_eq!(dotted(&contents(&text)), text);
        }

        #[test]
        #[expect(clippy::disallowed_methods, reason = "it is what is compared with")]
        fn small_numbers_read_as_x509_parser_reads_them(text in identifier(39)) {
            let contents = contents(&text);
            // Of a single zero octet, 0.0, it makes "0".
            prop_assume!(contents != [0]);
            let theirs = x509_parser::asn1_rs::Oid::new(contents.as_slice().into()).to_id_string();
            prop_assert_eq!(dotted(&contents), theirs);
        }

        #[test]
        fn different_contents_never_look_alike(
            one in prop::collection::vec(any::<u8>(), 1..24),
            other in prop::collection::vec(any::<u8>(), 1..24),
        ) {
            let same = dotted(&one) == dotted(&other);
            prop_assert_eq!(same, one == other);
            prop_assert!(dotted(&one).len() <= 4 * one.len());
        }
    }

    #[test]
    fn the_example_of_the_standard_is_2_999_3() {
        assert_eq!(dotted(&[0x88, 0x37, 0x03]), "2.999.3");
    }

    #[test]
    fn the_last_second_arc_below_each_root_is_its_own() {
        assert_eq!(dotted(&[39]), "0.39");
        assert_eq!(dotted(&[79]), "1.39");
        assert_eq!(dotted(&[119]), "2.39");
        assert_eq!(dotted(&[120]), "2.40");
        assert_eq!(dotted(&[127]), "2.47");
    }

    #[test]
    fn the_largest_arc_of_128_bits_is_a_number_and_the_next_one_is_hexadecimal() {
        let largest = format!("2.5.{}", u128::MAX);
        let mut octets = contents(&largest);
        assert_eq!(dotted(&octets), largest);
        octets.splice(1.., [vec![0x84], vec![0x80; 17], vec![0]].concat());
        assert_eq!(dotted(&octets), format!("5584{}00", "80".repeat(17)));
    }

    #[test]
    fn what_is_no_object_identifier_is_hexadecimal() {
        assert_eq!(dotted(&[]), "");
        assert_eq!(dotted(&[0x55, 0x9d]), "559d");
        assert_eq!(dotted(&[0x55, 0x80, 0x01]), "558001");
    }
}
