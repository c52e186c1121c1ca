//! What a request asks for.

use std::fmt;

use super::error::{GenerateError, KeySizeError};
use super::subject::SubjectAttributes;
use crate::fqdn::Fqdn;

/// The most characters a common name holds (X.520, `ub-common-name`; RFC 5280 appendix A.1).
pub const COMMON_NAME_LIMIT: usize = 64;

/// The sizes RSA keys are made in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeySize {
    /// 2048 bits: what the NHS recipe for Spine endpoints asks for.
    #[default]
    Rsa2048,
    /// 3072 bits.
    Rsa3072,
    /// 4096 bits: what the NHS API platform asks for.
    Rsa4096,
}

impl KeySize {
    /// The length of the modulus in bits.
    pub fn bits(self) -> u32 {
        match self {
            KeySize::Rsa2048 => 2048,
            KeySize::Rsa3072 => 3072,
            KeySize::Rsa4096 => 4096,
        }
    }
}

impl TryFrom<u32> for KeySize {
    type Error = KeySizeError;

    fn try_from(bits: u32) -> Result<KeySize, KeySizeError> {
        match bits {
            2048 => Ok(KeySize::Rsa2048),
            3072 => Ok(KeySize::Rsa3072),
            4096 => Ok(KeySize::Rsa4096),
            _ => Err(KeySizeError { bits }),
        }
    }
}

impl fmt::Display for KeySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RSA {}", self.bits())
    }
}

/// What the subjectAltName extension (RFC 5280 §4.2.1.6) holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeNames {
    /// The common name first, then these.
    Listed(Vec<Fqdn>),
    /// There is no such extension; only the common name names the host, as in the NHS's G1 certificates.
    CommonNameOnly,
}

/// The host names of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    common_name: Fqdn,
    alternative: AlternativeNames,
}

impl Names {
    /// One name, as common name and as the only alternative name.
    pub fn new(common_name: Fqdn) -> Names {
        Names {
            common_name,
            alternative: AlternativeNames::Listed(Vec::new()),
        }
    }

    /// The same common name with other alternative names.
    #[must_use]
    pub fn with_alternatives(self, alternative: AlternativeNames) -> Names {
        Names {
            alternative,
            ..self
        }
    }

    /// The FQDN that becomes the common name.
    pub fn common_name(&self) -> &Fqdn {
        &self.common_name
    }

    /// The dNSNames as the request lists them: the common name first, then the others in their order, each once;
    /// empty with [`AlternativeNames::CommonNameOnly`].
    pub fn dns_names(&self) -> Vec<&Fqdn> {
        let AlternativeNames::Listed(others) = &self.alternative else {
            return Vec::new();
        };
        let mut seen = std::collections::BTreeSet::new();
        std::iter::once(&self.common_name)
            .chain(others)
            .filter(|name| seen.insert(*name))
            .collect()
    }
}

/// Everything a request says besides its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    names: Names,
    subject: SubjectAttributes,
}

impl Plan {
    /// A request for one host: its name as CN and as subjectAltName, and no other attribute.
    pub fn of(host: &Fqdn) -> Plan {
        Plan::new(Names::new(host.clone()), SubjectAttributes::default())
    }

    /// Joins the names with the other subject attributes.
    pub fn new(names: Names, subject: SubjectAttributes) -> Plan {
        Plan { names, subject }
    }

    /// The host names.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The subject attributes besides the common name.
    pub fn subject(&self) -> &SubjectAttributes {
        &self.subject
    }

    pub(super) fn check(&self) -> Result<(), GenerateError> {
        let name = self.names.common_name().as_str();
        let length = name.chars().count();
        if length > COMMON_NAME_LIMIT {
            return Err(GenerateError::CommonNameTooLong {
                name: name.to_owned(),
                length,
            });
        }
        Ok(())
    }
}
