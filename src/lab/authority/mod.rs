//! The lab's CAs, as data, and those made for a defect.

mod id;
mod issuer;
mod table;

pub(super) use id::IssuerId;
pub(super) use issuer::{Creation, Issuer};
pub(super) use table::AUTHORITIES;

use super::environment::{Generation, Hierarchy, LabEnvironment};
use super::write::Digest;
use crate::environment::AuthorityPurpose;

/// One CA of the lab.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LabAuthority {
    /// What the lab calls it: `int-g1`, `ptl-g2-root`. Its key has the same name.
    pub id: &'static str,
    /// Its common name.
    pub common_name: &'static str,
    /// The length of its modulus in bits.
    pub bits: u32,
    /// Its generation.
    pub generation: Generation,
    /// The CA above it; `None` for a root.
    pub issuer: Option<&'static str>,
    /// The environments that it issues for; none for a root.
    pub environments: &'static [LabEnvironment],
    /// What it issues certificates for.
    pub purpose: AuthorityPurpose,
    /// Where its certificate is served, below the base URL.
    pub certificate_path: &'static str,
    pub(super) country: Option<&'static str>,
    pub(super) organisation: &'static str,
    pub(super) hierarchy: Hierarchy,
    pub(super) crls: Crls,
}

/// Where a CA's CRLs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crls {
    /// One CRL with a directory name, which cannot be looked up; the file is on the page for manual downloads.
    ManualImport { path: &'static str, named: Named },
    /// One CRL under a URL; `also_directory` where certificates name a directory entry before it.
    Whole {
        path: &'static str,
        also_directory: bool,
        scope: CrlScope,
    },
    /// [`PARTITIONS`] CRLs under URLs with this prefix.
    Partitioned { prefix: &'static str },
}

/// In which form certificates give a directory name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    InFull,
    RelativeToIssuer,
}

/// What an issuing distribution point says of a CRL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CrlScope {
    /// There is none: the CRL is all there is.
    Complete,
    /// It names the point, and allows for every kind of certificate.
    Point,
    /// It says that the CRL is about CAs only.
    Authorities,
}

/// How many CRLs a partitioned CA has.
pub(super) const PARTITIONS: u32 = 8;

impl LabAuthority {
    pub(super) fn named(id: &str) -> Option<&'static LabAuthority> {
        AUTHORITIES.iter().find(|authority| authority.id == id)
    }

    /// The sub CA that issues to endpoints of an environment.
    pub(super) fn issuing(
        environment: LabEnvironment,
        generation: Generation,
    ) -> Option<&'static LabAuthority> {
        AUTHORITIES.iter().find(|authority| {
            authority.environments.contains(&environment)
                && authority.generation == generation
                && authority.purpose == AuthorityPurpose::Endpoint
        })
    }

    /// Whether it is self-signed.
    pub fn is_root(&self) -> bool {
        self.issuer.is_none()
    }

    /// What its certificate is signed with.
    pub(super) fn digest(&self) -> Digest {
        match self.generation {
            Generation::G1Sha1 => Digest::Sha1,
            Generation::G1 => Digest::Sha256,
            Generation::G2 => Digest::Sha384,
        }
    }

    /// What endpoint certificates and CRLs below it are signed with.
    pub(super) fn signs_with(&self) -> Digest {
        match (self.generation, self.is_root()) {
            (Generation::G1Sha1, _) => Digest::Sha1,
            (Generation::G2, true) => Digest::Sha384,
            _ => Digest::Sha256,
        }
    }
}
