//! Arguments that are more than text: lengths of time and moments.

use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Why a length of time or a moment was not understood.
#[derive(Debug, Error)]
pub(crate) enum ParseError {
    #[error("expected a number of days, such as 60d, or of weeks, such as 8w")]
    Days,
    #[error("expected a moment such as 2026-03-01T00:00:00Z (RFC 3339)")]
    Moment(#[source] time::error::Parse),
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
    fn a_moment_is_kept_in_utc() {
        assert_eq!(
            moment("2026-03-01T01:00:00+01:00").unwrap(),
            moment("2026-03-01T00:00:00Z").unwrap()
        );
        assert!(moment("yesterday").is_err());
    }
}
