//! Reading the facts, and asking them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::authority::{
    Authority, AuthorityPurpose, AuthorityRole, Held, HostNames, certificate_in,
};
use super::{TomlFault, built_in};
use crate::chain::is_self_signed;
use crate::decode::FileContent;
use crate::document::{Certificate, Name, Sha256Digest};
use crate::input::Cause;
use crate::input::{NAME_LIMIT, Source, excerpt, printable, shortened};

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
    /// What says something about CAs and is damaged, by their pins: what they issue for is not known, whatever else says so.
    pub(crate) damaged: Vec<(Sha256Digest, Source)>,
}

/// The longest id, in characters: it is a word that people type.
const ID_LIMIT: usize = 64;

/// Whether a text is a day as `YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let is_of = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let date = || {
        let month = time::Month::try_from(month.parse::<u8>().ok()?).ok()?;
        time::Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
    };
    is_of(year, 4) && is_of(month, 2) && is_of(day, 2) && date().is_some()
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

impl Environment {
    /// It is typed, in lower case, and stands in sentences and in names of files.
    fn check_id(&self) -> Result<(), FactsError> {
        let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=ID_LIMIT).contains(&self.id.len()) && !self.id.starts_with('-');
        match fits && self.id.bytes().all(is_good) {
            true => Ok(()),
            false => Err(FactsError::Id {
                found: self.id.clone(),
            }),
        }
    }

    /// Its hosts are connected to, and appear in firewall rules and in servers' configurations.
    fn check_hosts(&self) -> Result<(), FactsError> {
        let is_host = |text: &str| {
            // RFC 1035 section 2.3.4 for the length; resolvers and DNS allow the underscore.
            let fits = (1..=253).contains(&text.len());
            fits && text
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-'))
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        let ssp = self.ssp.iter().map(|host| ("ssp", host));
        let caller = self.caller.iter().map(|host| ("caller", host));
        let hscn = self.hscn_domain.iter().map(|host| ("hscn_domain", host));
        let internet = self.internet_domain.iter();
        let internet = internet.map(|host| ("internet_domain", host));
        for (what, host) in ssp.chain(caller).chain(hscn).chain(internet) {
            if !is_host(host) {
                return Err(FactsError::Host {
                    id: self.id.clone(),
                    what,
                    found: host.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Facts that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// Not TOML, or not of the documented shape.
    #[error("the facts file is not TOML in the expected form")]
    Shape(#[source] Cause),
    /// Something else, which was given by mistake.
    #[error("the file holds {found}, not facts in TOML")]
    OtherContent {
        /// What it holds.
        found: FileContent,
    },
    /// A digest that is not 64 hex digits.
    #[error(
        "the authority {name:?} has the sha256 {}; 64 hex digits were expected",
        excerpt(found)
    )]
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
    /// A certificate that cannot be read.
    #[error("the certificate given for the authority {name:?} is not a PEM certificate")]
    Certificate {
        /// The authority.
        name: String,
    },
    /// What is to be a host and is not a host's name.
    #[error(
        "the environment {id:?} has {} as {what}; a host name of letters, digits, hyphens and dots was expected",
        excerpt(found)
    )]
    Host {
        /// The environment.
        id: String,
        /// As what.
        what: &'static str,
        /// The text found.
        found: String,
    },
    /// An id by which a command line cannot name an environment.
    #[error(
        "an environment has the id {}; lower-case letters, digits and hyphens were expected",
        excerpt(found)
    )]
    Id {
        /// The text found.
        found: String,
    },
    /// What is to be a day and is none.
    #[error("reviewed is {}; a day as YYYY-MM-DD was expected", excerpt(found))]
    Reviewed {
        /// The text found.
        found: String,
    },
    /// A certificate that is not what the role says.
    #[error("the authority {name:?} is said to be {}, but its certificate is not {}", said.0, said.1)]
    Role {
        /// The authority.
        name: String,
        /// What it is said to be, and what the certificate is not.
        said: (&'static str, &'static str),
    },
    /// An authority that refers to something that is not there.
    #[error("the authority {name:?} names an unknown {what}: {}", excerpt(found))]
    Unknown {
        /// The authority.
        name: String,
        /// What kind of thing.
        what: &'static str,
        /// The name found.
        found: String,
    },
}

impl FactsError {
    /// Why a text is not TOML of the documented shape, without what is in it: it may be another file.
    fn of(error: &toml::de::Error, text: &str) -> FactsError {
        match FileContent::instead_of_lines(text.as_bytes()) {
            Some(found @ (FileContent::PrivateKey | FileContent::Base64)) => {
                FactsError::OtherContent { found }
            }
            // Certificates are in facts files, too.
            _ => FactsError::Shape(Box::new(TomlFault::new(error, text))),
        }
    }
}

/// A facts file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    reviewed: Option<String>,
    #[serde(default)]
    operator: Option<String>,
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
    purpose: AuthorityPurpose,
    hierarchy: String,
    generation: String,
    #[serde(default)]
    environments: Vec<String>,
    #[serde(default)]
    host_names: HostNames,
    sha256: String,
    /// A built-in file.
    #[serde(default)]
    file: Option<String>,
    /// The certificate itself, in a user's file.
    #[serde(default)]
    pem: Option<String>,
}

/// When the certificates of a facts file are read.
#[derive(Clone, Copy)]
enum Reading {
    /// With the file, so that what is wrong with it is said.
    AtOnce,
    /// When they are first asked for: the file is ours, and a test reads all of them.
    WhenWanted,
}

impl Facts {
    /// The facts built in. Reads the data again at each call: ask once and hand the answer on. Certificates are read,
    /// and compared with their pins, when they are first asked for.
    ///
    /// # Errors
    /// When the data built in is malformed, which a test of this crate rules out.
    pub fn built_in() -> Result<Facts, FactsError> {
        let written: Written = serde_json::from_str(built_in::FACTS_AS_JSON)
            .map_err(|error| FactsError::Shape(Box::new(error)))?;
        let mut facts = Facts::default();
        facts.add_written(written, &ours(), Reading::WhenWanted)?;
        Ok(facts)
    }

    /// These facts with those of a file of the same shape added; an environment of the same `id` and an
    /// authority of the same `sha256` replace what was there. `docs/environments.md` documents the shape.
    ///
    /// # Errors
    /// When the text is not TOML of the documented shape, or contradicts itself.
    pub fn extended(&self, text: &str) -> Result<Facts, FactsError> {
        self.extended_from(text, Source::given("facts"))
    }

    /// [`Facts::extended`] with a text that came from `source`, which is then where the certificates that it holds are
    /// said to be ([`Authority::source`]).
    ///
    /// # Errors
    /// Those of [`Facts::extended`].
    pub fn extended_from(&self, text: &str, source: Source) -> Result<Facts, FactsError> {
        let mut facts = self.clone();
        facts.add_from(text, source)?;
        Ok(facts)
    }

    /// Adds a text to these facts, as [`Facts::extended_from`] does to a copy. What is wrong with an authority is found before
    /// it is added; those before it have been.
    ///
    /// # Errors
    /// Those of [`Facts::extended`].
    pub(crate) fn add_from(&mut self, text: &str, source: Source) -> Result<(), FactsError> {
        let written: Written =
            toml::from_str(text).map_err(|error| FactsError::of(&error, text))?;
        self.add_written(written, &Arc::new(source), Reading::AtOnce)
    }

    fn add_written(
        &mut self,
        written: Written,
        source: &Arc<Source>,
        reading: Reading,
    ) -> Result<(), FactsError> {
        if let Some(reviewed) = written.reviewed {
            if !is_day(&reviewed) {
                return Err(FactsError::Reviewed { found: reviewed });
            }
            self.reviewed = reviewed;
        }
        let mut known: HashMap<String, usize> = self
            .environments
            .iter()
            .enumerate()
            .map(|(place, known)| (known.id.clone(), place))
            .collect();
        // Titles and names appear in sentences.
        let operator = written.operator.as_deref().map(printable);
        for mut environment in written.environment {
            environment.title = shortened(&printable(&environment.title), NAME_LIMIT).into_owned();
            environment.check_id()?;
            environment.check_hosts()?;
            let place = known.get(&environment.id);
            match place.and_then(|place| self.environments.get_mut(*place)) {
                Some(known) => *known = environment,
                None => {
                    known.insert(environment.id.clone(), self.environments.len());
                    self.environments.push(environment);
                }
            }
        }
        let is_known = |id: &str| known.contains_key(id);
        let numbered = self.authorities.iter().enumerate();
        let mut places: HashMap<Sha256Digest, usize> = numbered
            .map(|(place, known)| (known.sha256, place))
            .collect();
        for mut written in written.authority {
            written.name = shortened(&printable(&written.name), NAME_LIMIT).into_owned();
            let mut authority = authority(written, operator.clone(), source, reading, &is_known)?;
            let known = places.get(&authority.sha256);
            match known.and_then(|place| self.authorities.get_mut(*place)) {
                Some(known) => {
                    // Another entry for the same certificate does not change hands by saying nothing.
                    authority.operator = authority.operator.or(known.operator.take());
                    *known = authority;
                }
                None => {
                    places.insert(authority.sha256, self.authorities.len());
                    self.authorities.push(authority);
                }
            }
        }
        Ok(())
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

    /// What says something about the CA of this digest and is damaged.
    pub(crate) fn damaged(&self, sha256: &Sha256Digest) -> Option<&Source> {
        let mut damaged = self.damaged.iter();
        let found = damaged.find(|(pin, _)| pin == sha256);
        found.map(|(_, entry)| entry)
    }

    /// The certificates held, in the facts' order.
    pub fn certificates(&self) -> impl Iterator<Item = &Arc<Certificate>> {
        self.authorities.iter().filter_map(Authority::certificate)
    }

    /// The CAs whose certificates are held and may be in chains above certificates of these issuers, in the facts'
    /// order: all of those names, of the names of their issuers, and so on. Reads no other certificates.
    pub fn authorities_above<'a>(
        &'a self,
        issuers: impl IntoIterator<Item = &'a Name>,
    ) -> Vec<&'a Authority> {
        let mut wanted: Vec<&Name> = Vec::new();
        let mut seen = HashSet::new();
        wanted.extend(issuers.into_iter().filter(|name| seen.insert(name.der())));
        let mut above = vec![None; self.authorities.len()];
        while let Some(name) = wanted.pop() {
            for (authority, place) in self.authorities.iter().zip(&mut above) {
                if place.is_none() && authority.may_be_called(name) {
                    let certificate = authority.certificate();
                    *place = certificate.map(|_| authority);
                    let issuer = certificate.map(|certificate| &certificate.issuer);
                    wanted.extend(issuer.filter(|name| seen.insert(name.der())));
                }
            }
        }
        above.into_iter().flatten().collect()
    }

    /// The environments that certificates of this CA may be for: those it is known to issue for; for a root, all that its
    /// known sub CAs of the same hierarchy and generation issue for.
    pub fn environments_of(&self, authority: &Authority) -> Vec<&Environment> {
        let ids: HashSet<&str> = match authority.role {
            AuthorityRole::SubCa => authority.environments.iter().map(String::as_str).collect(),
            AuthorityRole::Root => self
                .authorities
                .iter()
                .filter(|sub| {
                    sub.hierarchy == authority.hierarchy && sub.generation == authority.generation
                })
                .flat_map(|sub| sub.environments.iter().map(String::as_str))
                .collect(),
        };
        let known = self.environments.iter();
        known
            .filter(|environment| ids.contains(environment.id.as_str()))
            .collect()
    }
}

/// The authority that is written, for environments that are known.
fn authority(
    written: WrittenAuthority,
    operator: Option<String>,
    source: &Arc<Source>,
    reading: Reading,
    is_known: &dyn Fn(&str) -> bool,
) -> Result<Authority, FactsError> {
    let name = written.name;
    let Some(sha256) = Sha256Digest::parse(&written.sha256) else {
        return Err(FactsError::Digest {
            name,
            found: written.sha256,
        });
    };
    if let Some(found) = written.environments.iter().find(|id| !is_known(id)) {
        return Err(FactsError::Unknown {
            name,
            what: "environment",
            found: found.clone(),
        });
    }
    let held = match (&written.pem, &written.file) {
        (Some(pem), _) => held(&name, pem, sha256, source)?,
        (None, None) => Held::default(),
        (None, Some(file)) => match (built_in::certificate(file), reading) {
            (Some(pem), Reading::AtOnce) => held(&name, pem, sha256, &ours())?,
            (Some(pem), Reading::WhenWanted) => Held {
                source: Some(ours()),
                unread: Some(pem),
                ..Held::default()
            },
            (None, _) => {
                return Err(FactsError::Unknown {
                    name,
                    what: "built-in file",
                    found: file.clone(),
                });
            }
        },
    };
    if let Some(Some(certificate)) = held.read.get()
        && let Some(said) = mistaken(written.role, certificate)
    {
        return Err(FactsError::Role { name, said });
    }
    Ok(Authority {
        name,
        role: written.role,
        purpose: written.purpose,
        hierarchy: written.hierarchy,
        generation: written.generation,
        operator,
        environments: written.environments,
        host_names: written.host_names,
        sha256,
        held,
    })
}

/// What a CA is said to be by its role, and what its certificate is not. What is not self-signed is never a root: nothing above
/// it would be asked about.
fn mistaken(
    role: AuthorityRole,
    certificate: &Certificate,
) -> Option<(&'static str, &'static str)> {
    // Roots of the first version say nothing of being a CA.
    let is_ca = certificate.is_ca() || certificate.version < 3;
    match (role, is_self_signed(certificate)) {
        (AuthorityRole::Root, false) => Some(("a root", "self-signed")),
        (AuthorityRole::SubCa, true) => Some(("a sub CA", "signed by another CA")),
        (AuthorityRole::Root, true) if !is_ca => Some(("a root", "a CA's")),
        (AuthorityRole::SubCa, false) if !certificate.is_ca() => Some(("a sub CA", "a CA's")),
        _ => None,
    }
}

/// The source that built-in certificates have.
fn ours() -> Arc<Source> {
    Arc::new(Source::BuiltIn("CA certificates"))
}

/// A certificate, if it is the one pinned.
fn held(
    name: &str,
    pem: &str,
    pinned: Sha256Digest,
    source: &Arc<Source>,
) -> Result<Held, FactsError> {
    let name = || name.to_owned();
    let certificate =
        certificate_in(pem).ok_or_else(|| FactsError::Certificate { name: name() })?;
    if certificate.sha256 != pinned {
        return Err(FactsError::Pin {
            name: name(),
            pinned,
            found: certificate.sha256,
        });
    }
    Ok(Held {
        source: Some(Arc::clone(source)),
        unread: None,
        read: Arc::new(OnceLock::from(Some(Arc::new(certificate)))),
    })
}

#[cfg(test)]
mod tests;
