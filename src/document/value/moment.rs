//! A moment in UTC, to the second.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment in UTC, to the second; the finest that X.509 can say (RFC 5280 section 4.1.2.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment(OffsetDateTime);

/// A day, in seconds.
const DAY: i64 = 24 * 60 * 60;

impl Moment {
    /// The moment, its fraction of a second cut off and its offset turned to UTC.
    ///
    /// For the command line: the type is that of a crate without a stable version.
    #[doc(hidden)]
    pub fn new(moment: OffsetDateTime) -> Moment {
        let whole = OffsetDateTime::from_unix_timestamp(moment.unix_timestamp());
        Moment(whole.unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// A moment that is whole seconds in UTC already.
    #[cfg(test)]
    pub(crate) const fn of(moment: OffsetDateTime) -> Moment {
        Moment(moment)
    }

    /// The moment this many seconds after 1970-01-01T00:00:00Z; `None` outside the years -9999 to 9999.
    pub fn from_unix(seconds: i64) -> Option<Moment> {
        OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .map(Moment)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The moment as the `time` crate's type, in UTC.
    #[doc(hidden)]
    pub fn date_time(self) -> OffsetDateTime {
        self.0
    }

    /// Whole days from `earlier` to this moment, rounded down towards zero; negative when this is earlier.
    pub fn days_since(self, earlier: Moment) -> i64 {
        (self.unix() - earlier.unix()) / DAY
    }

    /// Whole days that are left at another moment until this one, the last valid one: 0 in the last day, and negative from the first
    /// second after it.
    pub fn days_left(self, at: Moment) -> i64 {
        let days = self.days_since(at);
        match self < at {
            true => days.min(-1),
            false => days,
        }
    }

    /// `2021-10-22`, the date alone.
    pub fn date(self) -> impl fmt::Display {
        self.0.date()
    }

    /// `2021-10-22 07:25`, to the minute, for people.
    pub fn to_minute(self) -> String {
        let t = self.0;
        format!("{} {:02}:{:02}", t.date(), t.hour(), t.minute())
    }
}

/// RFC 3339 in UTC: `2021-10-22T07:25:36Z`.
/// The system's moment, its fraction of a second cut off.
impl From<SystemTime> for Moment {
    fn from(moment: SystemTime) -> Moment {
        Moment::new(OffsetDateTime::from(moment))
    }
}

/// Why a text is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as 2026-11-29T12:00:00Z, found {found:?}")]
#[non_exhaustive]
pub struct MomentError {
    /// The text.
    pub found: String,
}

/// Reads RFC 3339.
impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Moment, MomentError> {
        let read = OffsetDateTime::parse(text, &Rfc3339);
        read.map(Moment::new).map_err(|_unread| MomentError {
            found: text.to_owned(),
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.0;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let t = self.0;
        let Ok(year) = u16::try_from(t.year()) else {
            return serializer.collect_str(self);
        };
        // What `Display` writes, without the formatting machinery: three for each certificate of a large bundle.
        let mut text = *b"0000-00-00T00:00:00Z";
        let mut put = |at: usize, number: u8| {
            if let Some([tens, ones]) = text
                .get_mut(at..at + 2)
                .and_then(|two| two.first_chunk_mut())
            {
                (*tens, *ones) = (b'0' + number / 10, b'0' + number % 10);
            }
        };
        // Years have four digits: `OffsetDateTime` ends with 9999.
        put(0, (year / 100) as u8);
        put(2, (year % 100) as u8);
        put(5, t.month().into());
        put(8, t.day());
        put(11, t.hour());
        put(14, t.minute());
        put(17, t.second());
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// Any RFC 3339 time; a fraction of a second is cut off.
impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &Rfc3339)
            .map(Moment::new)
            .map_err(de::Error::custom)
    }
}

impl schemars::JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_of_a_second_are_cut_off() {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(1_999_999_999).unwrap();
        assert_eq!(Moment::new(moment).to_string(), "1970-01-01T00:00:01Z");
    }

    #[test]
    fn json_has_the_text_that_people_see() {
        for seconds in [
            0,
            951_827_696,
            1_830_297_599,
            -62_135_596_800,
            -99_999_999_999,
        ] {
            let moment = Moment::from_unix(seconds).unwrap();
            let json = serde_json::to_string(&moment).unwrap();
            assert_eq!(json, format!("\"{moment}\""));
        }
    }

    #[test]
    fn what_json_says_is_read_back() {
        let read = |text| serde_json::from_str::<Moment>(text).map(Moment::unix);
        assert_eq!(read("\"1970-01-01T01:00:01.9+01:00\"").unwrap(), 1);
        assert!(read("\"yesterday\"").is_err() && read("7").is_err());
    }

    #[test]
    fn days_are_whole_and_signed() {
        let start = Moment::from_unix(0).unwrap();
        let end = Moment::from_unix(DAY * 3 - 1).unwrap();
        assert_eq!((end.days_since(start), start.days_since(end)), (2, -2));
        let second = Moment::from_unix(1).unwrap();
        assert_eq!((second.days_since(start), start.days_since(second)), (0, 0));
        assert_eq!((start.days_left(start), start.days_left(second)), (0, -1));
        assert_eq!((end.days_left(start), start.days_left(end)), (2, -2));
    }
}
