//! Which certificates a CRL answers for (RFC 5280 section 5.2.5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fields, PointName, Reason, SEQUENCE};
use crate::document::Name;
use crate::document::der::{self, Malformed};

/// Which certificates a CRL answers for (RFC 5280 section 5.2.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct IssuingDistributionPoint {
    /// The partition: the point that the certificates it answers for must name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PointName>,
    /// Which kind of certificate it answers for.
    pub scope: Scope,
    /// The reasons it covers; `None` means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<Reason>>,
    /// Whether it may contain certificates of other issuers (an indirect CRL).
    pub indirect: bool,
}

/// The kind of certificate a CRL answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every kind.
    All,
    /// End-entity certificates only.
    UserCertificates,
    /// CA certificates only.
    CaCertificates,
    /// Attribute certificates only.
    AttributeCertificates,
    /// More than one of the flags that exclude each other: it answers for nothing.
    Contradictory,
}

/// The longest extension that is read, in octets: it names one distribution point, and is repeated for every certificate that is
/// looked for in the CRL.
const LENGTH_LIMIT: usize = 8192;

/// The most names of its point that are read: ways to the same CRL, of which there are two or three.
const NAME_LIMIT: usize = 64;

impl IssuingDistributionPoint {
    /// Reads the contents of an IssuingDistributionPoint extension; `issuer` is the CRL's.
    pub(in crate::document) fn read(
        bytes: &[u8],
        issuer: &Name,
    ) -> Result<IssuingDistributionPoint, Malformed> {
        if bytes.len() > LENGTH_LIMIT {
            return Err(Malformed);
        }
        let (mut name, mut reasons, mut indirect, mut scopes) = (None, None, false, Vec::new());
        let flag = |content: &[u8]| match content {
            [0] => Ok(false),
            [_] => Ok(true),
            _ => Err(Malformed),
        };
        let mut fields = Fields::default();
        for element in der::elements(der::only(bytes, SEQUENCE)?) {
            let element = element?;
            fields.next(element.identifier)?;
            match element.identifier {
                0xa0 => name = Some(PointName::read(element.content, issuer)?),
                0x81 if flag(element.content)? => scopes.push(Scope::UserCertificates),
                0x82 if flag(element.content)? => scopes.push(Scope::CaCertificates),
                0x83 => reasons = Some(Reason::all_in(element.content)?),
                0x84 => indirect = flag(element.content)?,
                0x85 if flag(element.content)? => scopes.push(Scope::AttributeCertificates),
                0x81 | 0x82 | 0x85 => {}
                _ => return Err(Malformed),
            }
        }
        if let Some(PointName::Full { locations }) = &name
            && locations.len() > NAME_LIMIT
        {
            return Err(Malformed);
        }
        let scope = match scopes.as_slice() {
            [] => Scope::All,
            [one] => *one,
            _ => Scope::Contradictory,
        };
        Ok(IssuingDistributionPoint {
            name,
            scope,
            reasons,
            indirect,
        })
    }
}
