//! When a private key may be used to sign (RFC 3280 section 4.2.1.4; dropped from RFC 5280, still in NHS certificates).

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::asn1_rs::{FromDer, GeneralizedTime};

use crate::document::Moment;
use crate::document::der::{self, Malformed};

/// The period in which the private key may sign; either end may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct PrivateKeyPeriod {
    /// The first moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Moment>,
    /// The last moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Moment>,
}

/// GeneralizedTime.
const TIME: u8 = 0x18;

impl PrivateKeyPeriod {
    /// `SEQUENCE { [0] GeneralizedTime OPTIONAL, [1] GeneralizedTime OPTIONAL }`, both implicitly tagged.
    pub(super) fn read(bytes: &[u8]) -> Result<PrivateKeyPeriod, Malformed> {
        let mut period = PrivateKeyPeriod {
            not_before: None,
            not_after: None,
        };
        for element in der::elements(der::only(bytes, 0x30)?) {
            let element = element?;
            let field = match element.identifier {
                0x80 => &mut period.not_before,
                0x81 => &mut period.not_after,
                _ => return Err(Malformed),
            };
            *field = Some(moment(element.content)?);
        }
        Ok(period)
    }
}

fn moment(content: &[u8]) -> Result<Moment, Malformed> {
    let time = der::wrap(TIME, content);
    let Ok((_, time)) = GeneralizedTime::from_der(&time) else {
        return Err(Malformed);
    };
    let Ok(time) = time.utc_datetime() else {
        return Err(Malformed);
    };
    Ok(Moment::new(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_end_may_be_open() {
        let end = der::wrap(0x81, b"20231225125753Z");
        let period = PrivateKeyPeriod::read(&der::wrap(0x30, &end)).unwrap();
        assert_eq!(period.not_before, None);
        assert_eq!(
            period.not_after.unwrap().to_string(),
            "2023-12-25T12:57:53Z"
        );
    }

    #[test]
    fn a_time_that_is_no_time_is_malformed() {
        let end = der::wrap(0x81, b"20231325125753Z");
        assert!(PrivateKeyPeriod::read(&der::wrap(0x30, &end)).is_err());
    }
}
