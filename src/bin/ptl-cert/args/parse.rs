//! Arguments that are more than text: lengths of time and moments.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use ptl_cert::lab::host::{Fault, UnknownFault};
use ptl_cert::lab::{Defect, UnknownDefect};
use ptl_cert::ops;
use ptl_cert::ops::Code;
use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Why a length of time or a moment was not understood.
#[derive(Debug, Error)]
pub(crate) enum ParseError {
    #[error("expected a number of days or weeks, such as 60d or 8w")]
    Days,
    #[error("expected a time such as 2026-03-01T00:00:00Z (RFC 3339)")]
    Moment(#[source] time::error::Parse),
    #[error("expected a duration such as 10s, 5m, 12h, 7d or 1w")]
    Duration,
    #[error("expected a duration of more than 0, such as 10s, 5m or 12h")]
    NoDuration,
    #[error("expected an address with a port, such as 0.0.0.0:443, [::]:443 or 127.0.0.1:8443")]
    SocketAddress(#[source] std::net::AddrParseError),
    #[error("expected a number of bytes such as 256MiB, 1GiB, 64KiB or 1000000")]
    Size,
}

/// A serial number as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Serial {
    /// The number that it says.
    pub(crate) number: ops::Serial,
    /// The negative number that it may mean too, where it was copied from a listing of octets.
    pub(crate) octets: Option<ops::Serial>,
}

/// Reads a serial number in any form that [`ops::Serial`] knows.
pub(crate) fn serial(text: &str) -> Result<Serial, ops::SerialError> {
    Ok(Serial {
        number: text.parse()?,
        octets: ops::Serial::as_negative_octets(text),
    })
}

/// Reads a number and its unit; seconds where there is none.
pub(crate) fn duration(text: &str) -> Result<Duration, ParseError> {
    /// In milliseconds.
    const UNITS: [(&str, u64); 6] = [
        ("ms", 1),
        ("s", 1000),
        ("m", 60 * 1000),
        ("h", 60 * 60 * 1000),
        ("d", 24 * 60 * 60 * 1000),
        ("w", 7 * 24 * 60 * 60 * 1000),
    ];
    let (number, unit) = parted(text);
    let number: u64 = number.parse().or(Err(ParseError::Duration))?;
    let unit = match unit {
        "" => 1000,
        unit => UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, milliseconds)| *milliseconds)
            .ok_or(ParseError::Duration)?,
    };
    // A hundred years are more than any date here can take.
    number
        .checked_mul(unit)
        .map(Duration::from_millis)
        .filter(|length| *length <= Duration::from_secs(100 * 366 * 24 * 60 * 60))
        .ok_or(ParseError::Duration)
}

/// The same for a time limit: within none at all nothing can be done, and what would be said of it is false.
pub(crate) fn time_limit(text: &str) -> Result<Duration, ParseError> {
    match duration(text)? {
        Duration::ZERO => Err(ParseError::NoDuration),
        limit => Ok(limit),
    }
}

/// Reads an address with its port.
pub(crate) fn socket_address(text: &str) -> Result<SocketAddr, ParseError> {
    text.parse().map_err(ParseError::SocketAddress)
}

/// Reads a number of bytes; `KiB`, `MiB` and `GiB` are powers of 1024, `kB`, `MB` and `GB` of 1000.
pub(crate) fn size(text: &str) -> Result<u64, ParseError> {
    let (number, unit) = parted(text);
    let number: u64 = number.parse().or(Err(ParseError::Size))?;
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(ParseError::Size),
    };
    number
        .checked_mul(unit)
        .filter(|bytes| *bytes > 0)
        .ok_or(ParseError::Size)
}

/// The digits, and what follows them.
fn parted(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

/// Reads `60d`, `60` or `8w` as days.
pub(crate) fn days(text: &str) -> Result<u32, ParseError> {
    let (number, unit) = match text.strip_suffix('w') {
        Some(weeks) => (weeks, 7),
        None => (text.strip_suffix('d').unwrap_or(text), 1),
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseError::Days);
    }
    number
        .parse::<u32>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or(ParseError::Days)
}

/// Reads an RFC 3339 moment; its offset is kept in the instant, not in the text.
pub(crate) fn moment(text: &str) -> Result<OffsetDateTime, ParseError> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map(|moment| moment.to_offset(time::UtcOffset::UTC))
        .map_err(ParseError::Moment)
}

/// A file that says by its name in no way what evidence to write.
#[derive(Debug, thiserror::Error)]
#[error("expected a name that ends in .html, .md, .xml or .json")]
pub(crate) struct NotAReport;

/// A file for evidence.
pub(crate) fn report(text: &str) -> Result<std::path::PathBuf, NotAReport> {
    let path = std::path::PathBuf::from(text);
    let ending = path.extension().and_then(|ending| ending.to_str());
    match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm" | "md" | "xml" | "json") => Ok(path),
        _ => Err(NotAReport),
    }
}

/// A header is not written as one.
#[derive(Debug, thiserror::Error)]
#[error("expected NAME: VALUE")]
pub(crate) struct NotAHeader;

/// A header: `NAME: VALUE`.
pub(crate) fn header(text: &str) -> Result<(String, String), NotAHeader> {
    let (name, value) = text.split_once(':').ok_or(NotAHeader)?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// What a shell offers to complete a value with, for a value that may be something else.
#[derive(Clone)]
pub(crate) struct Offering<P> {
    parser: P,
    names: fn() -> Vec<&'static str>,
}

impl<P: TypedValueParser> TypedValueParser for Offering<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<P::Value, clap::Error> {
        self.parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.names)().into_iter().map(PossibleValue::new)))
    }
}

/// The built-in environments; a facts file may have others.
pub(crate) const ENVIRONMENTS: [&str; 5] = ["dev", "int", "dep", "train", "live"];

/// The name of an environment.
pub(crate) fn environment_names() -> Offering<StringValueParser> {
    Offering {
        parser: StringValueParser::new(),
        names: || ENVIRONMENTS.to_vec(),
    }
}

/// The code of a finding, or any other text.
pub(crate) fn codes() -> Offering<StringValueParser> {
    Offering {
        parser: StringValueParser::new(),
        names: || Code::ALL.iter().map(|code| code.as_str()).collect(),
    }
}

/// There is no such defect.
#[derive(Debug, Error)]
#[error("{0}; ptl-cert lab defects lists them all")]
pub(crate) struct NoSuchDefect(UnknownDefect);

/// There is no such fault.
#[derive(Debug, Error)]
#[error("{0}; ptl-cert lab serve --help lists them")]
pub(crate) struct NoSuchFault(UnknownFault);

/// A fault of a lab's host.
pub(crate) fn fault(name: &str) -> Result<Fault, NoSuchFault> {
    Fault::parse(name).map_err(NoSuchFault)
}

/// A defect of a lab.
pub(crate) fn defects() -> Offering<impl TypedValueParser<Value = Defect>> {
    Offering {
        parser: StringValueParser::new().try_map(|name| Defect::parse(&name).map_err(NoSuchDefect)),
        names: || Defect::ALL.iter().map(|defect| defect.as_str()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_days_unless_it_says_weeks() {
        assert_eq!(days("60d").unwrap(), 60);
        assert_eq!(days("60").unwrap(), 60);
        assert_eq!(days("8w").unwrap(), 56);
    }

    #[test]
    fn a_length_of_time_without_digits_or_beyond_measure_is_refused() {
        for text in [
            "",
            "d",
            "w",
            "-1d",
            "+1d",
            "2 months",
            "99999999999d",
            "999999999w",
        ] {
            assert!(days(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_length_of_time_has_a_unit_or_is_seconds() {
        for (text, seconds) in [
            ("10s", 10),
            ("10", 10),
            ("5m", 300),
            ("2d", 172_800),
            ("1w", 604_800),
        ] {
            assert_eq!(duration(text).unwrap().as_secs(), seconds);
        }
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        for text in [
            "",
            "s",
            "-1s",
            "1.5s",
            "1y",
            "99999999999d",
            "99999999999999ms",
            "5 m m",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_limit_of_nothing_is_refused() {
        for text in ["0", "0s", "0ms", "s"] {
            assert!(time_limit(text).is_err(), "{text}");
        }
        assert_eq!(time_limit("1ms").unwrap(), Duration::from_millis(1));
    }

    #[test]
    fn a_size_counts_in_powers_of_1024_where_it_says_so() {
        assert_eq!(size("256MiB").unwrap(), 256 << 20);
        assert_eq!(size("10 MB").unwrap(), 10_000_000);
        for text in ["", "0", "MiB", "99999999999GiB", "1TiB", "-1"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_serial_number_that_may_be_the_octets_of_a_negative_one_keeps_both() {
        let typed = serial("ff01").unwrap();
        assert_eq!(typed.number.to_string(), "ff01");
        assert_eq!(typed.octets.unwrap().to_string(), "-ff");
        assert_eq!(serial("00ff01").unwrap().octets, None);
    }

    #[test]
    fn the_environments_offered_are_those_built_in() {
        let facts = ptl_cert::environment::Facts::built_in().unwrap();
        let ids: Vec<&str> = facts
            .environments
            .iter()
            .map(|one| one.id.as_str())
            .collect();
        assert_eq!(ids, ENVIRONMENTS);
    }

    #[test]
    fn a_moment_is_kept_in_utc() {
        assert_eq!(
            moment("2026-03-01T01:00:00+01:00").unwrap(),
            moment("2026-03-01T00:00:00Z").unwrap()
        );
        assert!(moment("yesterday").is_err());
    }
}
