//! Times as ASN.1 writes them: the two forms that RFC 5280 allows, and those that it forbids and that occur.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use time::{Date, Duration, Month};

use super::Moment;
use crate::document::der::{self, Malformed};

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// A time in a form that RFC 5280 section 4.1.2.5 forbids: what it means is clear, and OpenSSL and every server that is
/// built on it refuse it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct OddTime {
    /// Which field it is in.
    pub field: TimeField,
    /// What the standard forbids about it.
    pub fault: TimeFault,
    /// The characters as they are written.
    pub written: String,
}

/// A field that holds a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the names are the standard's and say all there is to say"
)]
pub enum TimeField {
    NotBefore,
    NotAfter,
    ThisUpdate,
    NextUpdate,
}

/// What RFC 5280 section 4.1.2.5 forbids about a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimeFault {
    /// It has an offset from UTC instead of `Z`.
    Offset,
    /// It has no seconds.
    NoSeconds,
    /// It has a fraction of a second, minute or hour.
    Fraction,
    /// It does not say that it is in UTC; it was read as if it did.
    NoZone,
}

impl fmt::Display for TimeField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeField::NotBefore => "notBefore",
            TimeField::NotAfter => "notAfter",
            TimeField::ThisUpdate => "thisUpdate",
            TimeField::NextUpdate => "nextUpdate",
        })
    }
}

impl fmt::Display for TimeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeFault::Offset => "has an offset from UTC",
            TimeFault::NoSeconds => "has no seconds",
            TimeFault::Fraction => "has a fraction",
            TimeFault::NoZone => "does not say that it is in UTC",
        })
    }
}

/// A UTCTime or GeneralizedTime that fills `raw` exactly, and what the standard forbids about it, for this field.
pub(crate) fn read(raw: &[u8], field: TimeField) -> Result<(Moment, Option<OddTime>), Malformed> {
    if let Some(moment) = usual(raw) {
        return Ok((moment, None));
    }
    let (moment, fault, written) = unusual(raw)?;
    let odd = fault.map(|fault| OddTime {
        field,
        fault,
        written: written.to_owned(),
    });
    Ok((moment, odd))
}

/// The moment alone, in whatever form it is written.
pub(crate) fn moment(raw: &[u8]) -> Result<Moment, Malformed> {
    match usual(raw) {
        Some(moment) => Ok(moment),
        None => unusual(raw).map(|(moment, ..)| moment),
    }
}

/// The UTCTime `YYMMDDHHMMSSZ`, as which RFC 5280 section 4.1.2.5.1 has every date until 2049. A CRL has one for each
/// of its entries; this takes a tenth of the time of what follows.
fn usual(raw: &[u8]) -> Option<Moment> {
    let [UTC_TIME, 13, digits @ .., b'Z'] = raw else {
        return None;
    };
    let digits: &[u8; 12] = digits.try_into().ok()?;
    let mut pairs = [0u8; 6];
    for (pair, digits) in pairs.iter_mut().zip(digits.as_chunks().0) {
        let [tens, ones] = digits.map(|digit| digit.wrapping_sub(b'0'));
        *pair = (tens <= 9 && ones <= 9).then(|| tens * 10 + ones)?;
    }
    let [year, month, day, hour, minute, second] = pairs;
    let date = Date::from_calendar_date(century(year), Month::try_from(month).ok()?, day).ok()?;
    let time = date.with_hms(hour, minute, second).ok()?;
    Some(Moment::new(time.assume_utc()))
}

/// RFC 5280 section 4.1.2.5.1: two digits of a year from 50 on are of the twentieth century.
fn century(year: u8) -> i32 {
    match year {
        0..=49 => 2000 + i32::from(year),
        _ => 1900 + i32::from(year),
    }
}

/// Every form that X.680 sections 46 and 47 have for the two types, a GeneralizedTime with minutes at least.
fn unusual(raw: &[u8]) -> Result<(Moment, Option<TimeFault>, &str), Malformed> {
    let (element, []) = der::first(raw)? else {
        return Err(Malformed);
    };
    let text = std::str::from_utf8(element.content)
        .ok()
        .filter(|text| text.is_ascii() && text.len() <= LENGTH_LIMIT)
        .ok_or(Malformed)?;
    let mut digits = Digits(text.as_bytes());
    let year = match element.identifier {
        UTC_TIME => century(digits.pair().ok_or(Malformed)?),
        GENERALIZED_TIME => {
            let (high, low) = (digits.pair(), digits.pair());
            i32::from(high.ok_or(Malformed)?) * 100 + i32::from(low.ok_or(Malformed)?)
        }
        _ => return Err(Malformed),
    };
    let mut pair = || digits.pair().ok_or(Malformed);
    let (month, day, hour, minute) = (pair()?, pair()?, pair()?, pair()?);
    let second = digits.pair();
    let fraction = element.identifier == GENERALIZED_TIME && digits.fraction();
    let (offset, zone) = digits.zone().ok_or(Malformed)?;
    let date = Month::try_from(month)
        .ok()
        .and_then(|month| Date::from_calendar_date(year, month, day).ok())
        .ok_or(Malformed)?;
    let time = date.with_hms(hour, minute, second.unwrap_or(0)).ok();
    // A year 9999 with an offset may leave the calendar.
    let time = time
        .and_then(|time| time.assume_utc().checked_sub(offset))
        .filter(|time| (0..=9999).contains(&time.year()))
        .ok_or(Malformed)?;
    let fault = match (zone, fraction, second) {
        (Zone::Offset, ..) => Some(TimeFault::Offset),
        (Zone::Missing, ..) => Some(TimeFault::NoZone),
        (Zone::Utc, true, _) => Some(TimeFault::Fraction),
        (Zone::Utc, false, None) => Some(TimeFault::NoSeconds),
        (Zone::Utc, false, Some(_)) => None,
    };
    Ok((Moment::new(time), fault, text))
}

/// The longest time that is read: a year of four digits, seconds, nanoseconds and an offset have 30 characters.
const LENGTH_LIMIT: usize = 64;

enum Zone {
    Utc,
    Offset,
    Missing,
}

struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    /// The number that the next two digits say.
    fn pair(&mut self) -> Option<u8> {
        let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] = self.0 else {
            return None;
        };
        self.0 = rest;
        Some((tens - b'0') * 10 + (ones - b'0'))
    }

    /// Passes over a fraction; whether there was one.
    fn fraction(&mut self) -> bool {
        let [b'.' | b',', rest @ ..] = self.0 else {
            return false;
        };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return false;
        }
        self.0 = rest.get(digits..).unwrap_or_default();
        true
    }

    /// How far the time is ahead of UTC, by what ends it; `None` where that is anything else.
    fn zone(&mut self) -> Option<(Duration, Zone)> {
        let sign = match self.0 {
            [b'Z'] => return Some((Duration::ZERO, Zone::Utc)),
            [] => return Some((Duration::ZERO, Zone::Missing)),
            [b'+', ..] => 1,
            [b'-', ..] => -1,
            _ => return None,
        };
        self.0 = self.0.get(1..)?;
        let (hours, minutes) = (self.pair()?, self.pair());
        let minutes = minutes.unwrap_or(0);
        if !self.0.is_empty() || hours > 23 || minutes > 59 {
            return None;
        }
        let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60;
        Some((Duration::seconds(sign * seconds), Zone::Offset))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use x509_parser::prelude::FromDer;
    use x509_parser::time::ASN1Time;

    use super::*;

    fn raw(tag: u8, text: &str) -> Vec<u8> {
        [&[tag, text.len() as u8], text.as_bytes()].concat()
    }

    fn by_parser(raw: &[u8]) -> Option<i64> {
        let (rest, time) = ASN1Time::from_der(raw).ok()?;
        rest.is_empty().then(|| time.timestamp())
    }

    #[test]
    fn forms_that_the_standard_forbids_are_read_and_named() {
        for (tag, text, moment, fault) in [
            (
                0x17,
                "260101000000+0100",
                "2025-12-31T23:00:00Z",
                TimeFault::Offset,
            ),
            (
                0x17,
                "2601010000-0130",
                "2026-01-01T01:30:00Z",
                TimeFault::Offset,
            ),
            (
                0x17,
                "2601010000Z",
                "2026-01-01T00:00:00Z",
                TimeFault::NoSeconds,
            ),
            (
                0x17,
                "260101000000",
                "2026-01-01T00:00:00Z",
                TimeFault::NoZone,
            ),
            (
                0x18,
                "20260101000000.5Z",
                "2026-01-01T00:00:00Z",
                TimeFault::Fraction,
            ),
            (
                0x18,
                "20260101000000,25Z",
                "2026-01-01T00:00:00Z",
                TimeFault::Fraction,
            ),
            (
                0x18,
                "20260101000000+01",
                "2025-12-31T23:00:00Z",
                TimeFault::Offset,
            ),
            (
                0x18,
                "20260101000000",
                "2026-01-01T00:00:00Z",
                TimeFault::NoZone,
            ),
        ] {
            let (read, odd) = super::read(&raw(tag, text), TimeField::NotAfter).unwrap();
            assert_eq!(read.to_string(), moment, "{text}");
            let odd = odd.unwrap();
            assert_eq!((odd.fault, odd.written.as_str()), (fault, text));
        }
    }

    #[test]
    fn the_two_allowed_forms_are_not_odd() {
        for (tag, text) in [
            (0x17, "491231235959Z"),
            (0x18, "20500101000000Z"),
            (0x18, "99991231235959Z"),
        ] {
            let (_, odd) = super::read(&raw(tag, text), TimeField::NotAfter).unwrap();
            assert_eq!(odd, None, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for (tag, text) in [
            (0x17, ""),
            (0x17, "261301000000Z"),
            (0x17, "260230000000Z"),
            (0x17, "260101250000Z"),
            (0x17, "260101000000z"),
            (0x17, "260101000000.5Z"),
            (0x17, "260101000000+2400"),
            (0x18, "20260101000000.Z"),
            (0x18, "99991231235959-0100"),
            (0x18, "2026010100"),
            (0x16, "260101000000Z"),
        ] {
            assert!(moment(&raw(tag, text)).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_usual_time_is_read_as_another_parser_reads_it(
            fields in (0u8..100, 0u8..15, 0u8..35, 0u8..26, 0u8..62, 0u8..62),
            generalized in any::<bool>(),
        ) {
            let (year, month, day, hour, minute, second) = fields;
            let short = format!("{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
            let raw = if generalized { raw(0x18, &format!("20{short}")) } else { raw(0x17, &short) };
            if let Ok(moment) = moment(&raw) {
                prop_assert_eq!(Some(moment.unix()), by_parser(&raw), "{}", short);
            } else {
                prop_assert!(month == 0 || month > 12 || day == 0 || day > 28 || hour > 23 || minute > 59 || second > 59);
            }
        }

        #[test]
        fn no_bytes_are_read_as_a_usual_time_that_are_none(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let framed = [&[0x17, bytes.len() as u8], &bytes[..]].concat();
            if let Ok((_, None)) = super::read(&framed, TimeField::NotBefore) {
                prop_assert!(by_parser(&framed).is_some());
            }
        }
    }
}
