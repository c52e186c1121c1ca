//! What a lab remembers.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::super::LabError;
use super::super::authority::IssuerId;
use crate::document::{Hex, Moment, Serial};

/// What a lab remembers, besides its keys: how it was created, what it issued, what it revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabState {
    /// The shape of this structure.
    version: u32,
    base_url: String,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
    issued: Vec<Issued>,
    revoked: Vec<LabRevocation>,
}

/// The shape that this version writes and reads.
const VERSION: u32 = 1;

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    serial: String,
    issuer: String,
    subject: String,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

/// A certificate that was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabRevocation {
    serial: String,
    issuer: String,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    reason: Option<u8>,
}

impl LabState {
    pub(super) fn new(base_url: &str, created: Moment) -> LabState {
        LabState {
            version: VERSION,
            base_url: base_url.to_owned(),
            created: created.date_time(),
            issued: Vec::new(),
            revoked: Vec::new(),
        }
    }

    /// Whether every part of it can be understood.
    pub(super) fn check(&self) -> Result<(), LabError> {
        if self.version != VERSION {
            return Err(LabError::State {
                what: "its version",
                found: self.version.to_string(),
            });
        }
        if !is_base_url(&self.base_url) {
            return Err(LabError::BaseUrl {
                found: self.base_url.clone(),
            });
        }
        let serials = self.issued.iter().map(|issued| &issued.serial);
        for serial in serials.chain(self.revoked.iter().map(|revoked| &revoked.serial)) {
            octets(serial).ok_or_else(|| LabError::State {
                what: "a serial number",
                found: serial.clone(),
            })?;
        }
        let issuers = self.issued.iter().map(|issued| &issued.issuer);
        for issuer in issuers.chain(self.revoked.iter().map(|revoked| &revoked.issuer)) {
            self.issuer_id(issuer)?;
        }
        Ok(())
    }

    pub(super) fn issuer_id(&self, text: &str) -> Result<IssuerId, LabError> {
        IssuerId::parse(text).ok_or_else(|| LabError::State {
            what: "a CA",
            found: text.to_owned(),
        })
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(super) fn created(&self) -> Moment {
        Moment::new(self.created)
    }

    /// What was issued, in order.
    pub fn issued(&self) -> &[Issued] {
        &self.issued
    }

    /// What was revoked, in order.
    pub fn revoked(&self) -> &[LabRevocation] {
        &self.revoked
    }

    /// Remembers a certificate; one that comes out the same again is the same one.
    pub(in crate::lab) fn issue(
        &mut self,
        serial: &[u8],
        issuer: &IssuerId,
        subject: &str,
        at: Moment,
    ) {
        let issued = Issued {
            serial: Hex(serial).to_string(),
            issuer: issuer.to_string(),
            subject: subject.to_owned(),
            at: at.date_time(),
        };
        if !self.issued.contains(&issued) {
            self.issued.push(issued);
        }
    }

    /// Puts a certificate on its issuer's CRL, or gives one that is there another reason and date.
    pub(super) fn revoke(
        &mut self,
        serial: &[u8],
        issuer: &IssuerId,
        at: Moment,
        reason: Option<u8>,
    ) {
        let (serial, issuer) = (Hex(serial).to_string(), issuer.to_string());
        self.revoked
            .retain(|known| known.serial != serial || known.issuer != issuer);
        self.revoked.push(LabRevocation {
            serial,
            issuer,
            at: at.date_time(),
            reason,
        });
    }
}

impl Issued {
    /// The serial number.
    pub fn serial(&self) -> Serial {
        Serial::from_octets(&octets(&self.serial).unwrap_or_default())
    }

    /// What the lab calls its CA.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The common name.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When.
    pub fn at(&self) -> Moment {
        Moment::new(self.at)
    }
}

impl LabRevocation {
    /// The serial number.
    pub fn serial(&self) -> Serial {
        Serial::from_octets(&octets(&self.serial).unwrap_or_default())
    }

    /// What the lab calls its CA.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// When.
    pub fn at(&self) -> Moment {
        Moment::new(self.at)
    }

    /// The number of the reason (RFC 5280 section 5.3.1); `None` where none was given.
    pub fn reason(&self) -> Option<u8> {
        self.reason
    }
}

fn octets(hex: &str) -> Option<Vec<u8>> {
    if hex.is_empty() || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect()
}

/// Whether something can be found under it: a scheme that CRLs are fetched by, a host, and no path or query.
fn is_base_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    })
}
