//! Reading the facts, and asking them.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Deserialize;

use super::authority::{Authority, AuthorityRole, Purpose};
use super::built_in;
use crate::decode;
use crate::document::{Certificate, Sha256Digest};
use crate::input::{Input, Source};

/// Everything known about the NHS's environments and CAs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// When the built-in data was last compared with what the NHS publishes, as `YYYY-MM-DD`.
    pub reviewed: String,
    /// The environments, in the order of the path to live.
    pub environments: Vec<Environment>,
    /// The CAs.
    pub authorities: Vec<Authority>,
}

/// One environment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Environment {
    /// The word by which a command line names it: `int`.
    pub id: String,
    /// What people call it: `INT`.
    pub title: String,
    /// The hierarchy whose roots its certificates chain to.
    pub hierarchy: String,
    /// Its Spine domain on HSCN.
    #[serde(default)]
    pub hscn_domain: Option<String>,
    /// Its domain on the internet.
    #[serde(default)]
    pub internet_domain: Option<String>,
    /// The host names of its Spine Secure Proxy.
    #[serde(default)]
    pub ssp: Vec<String>,
    /// The host from which calls to a supplier's endpoint come.
    #[serde(default)]
    pub caller: Option<String>,
    /// Whether certificates below its roots may still be signed with SHA-1.
    #[serde(default)]
    pub sha1: bool,
}

/// Facts that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// Not TOML, or not of the documented shape.
    #[error("the facts are not TOML of the expected shape")]
    Shape(#[from] toml::de::Error),
    /// A digest that is not 64 hex digits.
    #[error("the authority {name:?} has the sha256 {found:?}; 64 hex digits were expected")]
    Digest {
        /// The authority.
        name: String,
        /// The text found.
        found: String,
    },
    /// A certificate that is not the one its digest pins.
    #[error(
        "the certificate given for the authority {name:?} has the SHA-256 {found}, but {pinned} is pinned"
    )]
    Pin {
        /// The authority.
        name: String,
        /// What was pinned.
        pinned: Sha256Digest,
        /// What the certificate has.
        found: Sha256Digest,
    },
    /// A certificate that does not read.
    #[error("the certificate given for the authority {name:?} is not a PEM certificate")]
    Certificate {
        /// The authority.
        name: String,
    },
    /// An authority that refers to something that is not there.
    #[error("the authority {name:?} names the {what} {found:?}, which is not known")]
    Unknown {
        /// The authority.
        name: String,
        /// What kind of thing.
        what: &'static str,
        /// The name found.
        found: String,
    },
}

/// A facts file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    reviewed: Option<String>,
    #[serde(default)]
    environment: Vec<Environment>,
    #[serde(default)]
    authority: Vec<WrittenAuthority>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAuthority {
    name: String,
    role: AuthorityRole,
    #[serde(default)]
    purpose: Purpose,
    hierarchy: String,
    generation: String,
    #[serde(default)]
    environments: Vec<String>,
    sha256: String,
    /// A built-in file.
    #[serde(default)]
    file: Option<String>,
    /// The certificate itself, in a user's file.
    #[serde(default)]
    pem: Option<String>,
}

impl Facts {
    /// The facts built in. Reads the data anew at each call: ask once and hand the answer on.
    pub fn built_in() -> Result<Facts, FactsError> {
        Facts::default().extended(built_in::FACTS)
    }

    /// These facts with those of a file of the same shape added; an environment of the same `id` and an
    /// authority of the same `sha256` replace what was there. `docs/environments.md` documents the shape.
    pub fn extended(&self, text: &str) -> Result<Facts, FactsError> {
        let written: Written = toml::from_str(text)?;
        let mut facts = self.clone();
        if let Some(reviewed) = written.reviewed {
            facts.reviewed = reviewed;
        }
        for environment in written.environment {
            match facts
                .environments
                .iter_mut()
                .find(|known| known.id == environment.id)
            {
                Some(known) => *known = environment,
                None => facts.environments.push(environment),
            }
        }
        for written in written.authority {
            let authority = facts.authority(written)?;
            match facts
                .authorities
                .iter_mut()
                .find(|known| known.sha256 == authority.sha256)
            {
                Some(known) => *known = authority,
                None => facts.authorities.push(authority),
            }
        }
        Ok(facts)
    }

    fn authority(&self, written: WrittenAuthority) -> Result<Authority, FactsError> {
        let name = written.name;
        let Some(sha256) = Sha256Digest::parse(&written.sha256) else {
            return Err(FactsError::Digest {
                name,
                found: written.sha256,
            });
        };
        if let Some(found) = written
            .environments
            .iter()
            .find(|id| self.environment(id).is_none())
        {
            return Err(FactsError::Unknown {
                name,
                what: "environment",
                found: found.clone(),
            });
        }
        let pem = match (&written.pem, &written.file) {
            (Some(pem), _) => Some(pem.as_str()),
            (None, None) => None,
            (None, Some(file)) => match built_in::CERTIFICATES
                .iter()
                .find(|(known, _)| known == file)
            {
                Some((_, pem)) => Some(*pem),
                None => {
                    return Err(FactsError::Unknown {
                        name,
                        what: "built-in file",
                        found: file.clone(),
                    });
                }
            },
        };
        let certificate = match pem {
            None => None,
            Some(pem) => match certificate_in(pem) {
                None => return Err(FactsError::Certificate { name }),
                Some(certificate) if certificate.sha256 != sha256 => {
                    return Err(FactsError::Pin {
                        name,
                        pinned: sha256,
                        found: certificate.sha256,
                    });
                }
                Some(certificate) => Some(Arc::new(certificate)),
            },
        };
        Ok(Authority {
            name,
            role: written.role,
            purpose: written.purpose,
            hierarchy: written.hierarchy,
            generation: written.generation,
            environments: written.environments,
            sha256,
            certificate,
        })
    }

    /// The environment of this id.
    pub fn environment(&self, id: &str) -> Option<&Environment> {
        self.environments
            .iter()
            .find(|environment| environment.id == id)
    }

    /// The CA whose certificate has this digest.
    pub fn recognise(&self, sha256: &Sha256Digest) -> Option<&Authority> {
        self.authorities
            .iter()
            .find(|authority| authority.sha256 == *sha256)
    }

    /// The certificates held, in the facts' order.
    pub fn certificates(&self) -> impl Iterator<Item = &Arc<Certificate>> {
        self.authorities
            .iter()
            .filter_map(|authority| authority.certificate.as_ref())
    }

    /// The titles of the environments that certificates of this CA may be for: those it is known to issue for;
    /// for a root, all that its known sub CAs of the same hierarchy and generation issue for.
    pub fn titles(&self, authority: &Authority) -> Vec<&str> {
        let ids: HashSet<&str> = match authority.role {
            AuthorityRole::Sub => authority.environments.iter().map(String::as_str).collect(),
            AuthorityRole::Root => self
                .authorities
                .iter()
                .filter(|sub| {
                    sub.hierarchy == authority.hierarchy && sub.generation == authority.generation
                })
                .flat_map(|sub| sub.environments.iter().map(String::as_str))
                .collect(),
        };
        let known = self
            .environments
            .iter()
            .filter(|environment| ids.contains(environment.id.as_str()));
        known
            .map(|environment| environment.title.as_str())
            .collect()
    }
}

/// The certificate of a PEM text that holds nothing else.
fn certificate_in(pem: &str) -> Option<Certificate> {
    let input = Input::new(Source::BuiltIn("facts"), pem.as_bytes());
    let opened = decode::open(&input, None).ok()?;
    let [piece] = opened.pieces.as_slice() else {
        return None;
    };
    Certificate::read(&piece.decode().ok()?.bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::signed_by;

    #[test]
    fn every_built_in_certificate_is_the_pinned_one_and_is_used() {
        let facts = Facts::built_in().unwrap();
        assert_eq!(facts.certificates().count(), built_in::CERTIFICATES.len());
    }

    #[test]
    fn every_built_in_sub_ca_was_signed_by_a_root_of_its_hierarchy_and_generation() {
        let facts = Facts::built_in().unwrap();
        let held = || {
            facts
                .authorities
                .iter()
                .filter_map(|a| Some((a, a.certificate.as_ref()?)))
        };
        for (sub, certificate) in held().filter(|(a, _)| a.role == AuthorityRole::Sub) {
            let signer = held().find(|(root, issuer)| {
                root.role == AuthorityRole::Root && signed_by(certificate, issuer)
            });
            let (root, _) = signer.unwrap_or_else(|| panic!("{} has no root", sub.name));
            assert_eq!(
                (&root.hierarchy, &root.generation),
                (&sub.hierarchy, &sub.generation),
                "{}",
                sub.name
            );
        }
    }

    #[test]
    fn the_g2_sub_ca_of_int_is_the_one_of_dep_too() {
        let facts = Facts::built_in().unwrap();
        let shared = facts
            .authorities
            .iter()
            .find(|a| a.name == "NHS INT Authentication G2")
            .unwrap();
        assert_eq!(facts.titles(shared), ["INT", "DEP"]);
    }

    #[test]
    fn a_users_file_adds_an_authority_and_corrects_an_environment() {
        let text = r#"
            [[environment]]
            id = "int"
            title = "INT"
            hierarchy = "PTL"
            ssp = ["proxy.example.nhs.uk"]
            [[authority]]
            name = "NHS INT G3"
            role = "sub"
            hierarchy = "PTL"
            generation = "G3"
            environments = ["int"]
            sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
        "#;
        let facts = Facts::built_in().unwrap().extended(text).unwrap();
        assert_eq!(
            facts.environment("int").unwrap().ssp,
            ["proxy.example.nhs.uk"]
        );
        assert!(
            facts
                .authorities
                .iter()
                .any(|authority| authority.generation == "G3")
        );
    }

    #[test]
    fn a_certificate_other_than_the_pinned_one_is_refused() {
        let text = built_in::FACTS.replacen("cb7f39", "cb7f38", 1);
        assert!(matches!(
            Facts::default().extended(&text),
            Err(FactsError::Pin { .. })
        ));
    }
}
