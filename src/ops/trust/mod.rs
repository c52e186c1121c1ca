//! The CAs of an environment: those built in, and the user's own with who added them, when and why.

mod entry;
mod forms;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

pub use entry::{Added, Proof};
pub use forms::{Form, FormError};

use super::Context;
use super::gather::{self, Named, Unread};
use crate::chain::{is_self_signed, signed_by};
use crate::document::extension::KeyUsage;
use crate::document::{Certificate, Moment, Sha256Digest};
use crate::environment::{Authority, AuthorityPurpose, AuthorityRole, Facts, HostNames};
use crate::input::{Shown, Source};
use crate::store::set::{ChangeKind, Content, Folder, Foreign, SetError};
use crate::store::trust::{DamagedEntry, StoredEntry, TrustError, TrustStore};
use crate::verdict::verify::Given;
use crate::wire::fetch::{FetchAnswer, FetchError, FetchRequest, Html, fetch as download};

/// A CA that is trusted for an environment, or is above those that are.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct TrustedCa {
    /// Its name.
    pub name: String,
    /// Root or sub CA.
    pub role: AuthorityRole,
    /// What it issues for.
    pub purpose: AuthorityPurpose,
    /// `PTL` or `Live`.
    pub hierarchy: String,
    /// `G1`, `G2`.
    pub generation: String,
    /// The environments it issues for; none for a root.
    pub environments: Vec<String>,
    /// Its pin.
    pub sha256: Sha256Digest,
    /// The last second of its validity, where the certificate is available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Moment>,
    /// Whether it has expired.
    pub expired: bool,
    /// Where it comes from.
    pub origin: CaOrigin,
}

/// Where a CA comes from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CaOrigin {
    /// It is built in, or in a facts file.
    Facts {
        /// Which.
        source: String,
    },
    /// The user added it.
    Added(Added),
}

/// What a listing has.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListedAuthority {
    /// The CAs, in the facts' order.
    pub authorities: Vec<TrustedCa>,
    /// Entries of the user that are damaged.
    pub damaged: Vec<DamagedEntry>,
}

/// What is to be added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Add {
    /// The certificates.
    pub certificates: Vec<Named>,
    /// The environment that they are for, by the word that names it.
    pub environment: String,
    /// The generation of a new root; `None` for that of the root above.
    pub generation: Option<String>,
    /// Who adds them.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The SHA-256 of the root that is meant, from another channel than the file.
    pub sha256: Option<Sha256Digest>,
}

/// Why a text is no SHA-256 digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hex digits of a SHA-256 digest, found {found:?}")]
#[non_exhaustive]
pub struct NoDigest {
    /// The text.
    pub found: String,
}

impl Add {
    /// Expects this SHA-256 of the root: 64 hex digits, with or without colons and spaces.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn expect_sha256(mut self, text: &str) -> Result<Add, NoDigest> {
        let plain: String = text.chars().filter(|c| *c != ':' && *c != ' ').collect();
        let digest = Sha256Digest::parse(&plain).ok_or_else(|| NoDigest {
            found: text.to_owned(),
        })?;
        self.sha256 = Some(digest);
        Ok(self)
    }

    /// Certificates for an environment.
    pub fn new(environment: &str, by: &str, reason: &str) -> Add {
        Add {
            certificates: Vec::new(),
            environment: environment.to_owned(),
            generation: None,
            by: by.to_owned(),
            reason: reason.to_owned(),
            sha256: None,
        }
    }
}

/// A root to compare with what the NHS publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RootToConfirm {
    /// Its name.
    pub name: String,
    /// Its SHA-256, in lower-case hex.
    pub sha256: String,
}

/// What was added, in the order of the input.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AddedCas {
    /// New entries, and those that are for one more environment now.
    pub added: Vec<TrustedCa>,
    /// CAs that were known for the environment already.
    pub known: Vec<TrustedCa>,
}

/// Why nothing was added, removed or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustOpError {
    /// Something that was named could not be used.
    #[error("some input cannot be used")]
    Unread(Vec<Unread>),
    /// There is no such environment.
    #[error("there is no environment {asked:?}; the known ones are {}", known.join(", "))]
    Environment {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A certificate that is no CA's.
    #[error("{name} is not a CA certificate, so nothing was added")]
    NotACa {
        /// Whose it is.
        name: String,
    },
    /// A CA that has expired.
    #[error("{name} expired on {}, so nothing was added", not_after.date())]
    Expired {
        /// Whose it is.
        name: String,
        /// The last second of its validity.
        not_after: Moment,
    },
    /// A root that nothing vouches for.
    #[error("{name} is a root that is not built in; its SHA-256 is {found}")]
    Unconfirmed {
        /// Whose it is.
        name: String,
        /// The SHA-256 of what was given.
        found: Sha256Digest,
    },
    /// A root that is another than the one that was meant.
    #[error("{name} has the SHA-256 {found}; {expected} was expected, so nothing was added")]
    Mismatch {
        /// Whose it is.
        name: String,
        /// The SHA-256 of what was given.
        found: Sha256Digest,
        /// What was expected.
        expected: Sha256Digest,
    },
    /// A sub CA below no root that is trusted.
    #[error("no trusted root of {environment} signed the sub CA {name}, so nothing was added")]
    NoRootAbove {
        /// Whose it is.
        name: String,
        /// The environment.
        environment: String,
    },
    /// A CA that is known in another hierarchy.
    #[error(
        "{name} is a CA of {hierarchy}, which {environment} does not belong to, so nothing was added"
    )]
    OtherHierarchy {
        /// Whose it is.
        name: String,
        /// The hierarchy in which it is known.
        hierarchy: String,
        /// The environment that was asked for.
        environment: String,
    },
    /// A CA that is known not to issue for endpoints.
    #[error("{name} is a CA for signatures, not for endpoints, so nothing was added")]
    NotForEndpoints {
        /// Whose it is.
        name: String,
    },
    /// A CA that was signed by a sub CA.
    #[error("{name} was signed by the sub CA {issuer} and not by a root, so nothing was added")]
    BelowSubCa {
        /// Whose it is.
        name: String,
        /// The sub CA.
        issuer: String,
    },
    /// A CA under its own name that did not sign itself.
    #[error(
        "{name} is issued under its own name, but its own key did not make its signature, so nothing was added"
    )]
    NotSelfSigned {
        /// Whose it is.
        name: String,
    },
    /// A CA that may not issue.
    #[error(
        "{name} may not sign certificates: its key usage lacks keyCertSign, so nothing was added"
    )]
    MayNotIssue {
        /// Whose it is.
        name: String,
    },
    /// A new root without a generation.
    #[error("{name} is a new root, so its generation is required")]
    NoGeneration {
        /// Whose it is.
        name: String,
    },
    /// A generation that cannot be written.
    #[error("{text:?} cannot be used as {what}: up to 100 printable characters are expected")]
    Text {
        /// For what.
        what: &'static str,
        /// What was given.
        text: String,
    },
    /// No entry of the user is meant.
    #[error("none of your trust entries matches {asked:?}")]
    NoSuchEntry {
        /// What was asked for.
        asked: String,
    },
    /// Several entries are meant.
    #[error("{asked:?} matches several of your trust entries: {}", found.join(", "))]
    SeveralEntries {
        /// What was asked for.
        asked: String,
        /// Which.
        found: Vec<String>,
    },
    /// Nothing to export.
    #[error("no current CA is known for {environment}")]
    NothingToExport {
        /// The environment.
        environment: String,
    },
    /// The entries do not read or cannot be written.
    #[error(transparent)]
    Store(#[from] TrustError),
    /// The download failed.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A web page came instead.
    #[error("{} was answered with a web page (HTML), expected a certificate", url.shown())]
    Page {
        /// What was asked.
        url: String,
    },
    /// The files cannot be made.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The files cannot be written.
    #[error(transparent)]
    Set(#[from] SetError),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] crate::store::write::WriteError),
}

/// These facts with the user's trust entries, and the entries that are damaged. An entry for a hierarchy that the facts do not
/// know is passed over: it belongs to other facts.
///
/// # Errors
/// When the folder cannot be read, or others may write to it.
pub fn extend(facts: Facts, folder: &Path) -> Result<(Facts, Vec<DamagedEntry>), TrustError> {
    Ok(with_entries(facts, TrustStore::open(folder).entries()?))
}

/// The same, however many entries there are: to list them and to remove some, where every other command refuses them.
///
/// # Errors
/// When the folder cannot be read, or others may write to it.
pub fn extend_beyond_limit(
    facts: Facts,
    folder: &Path,
) -> Result<(Facts, Vec<DamagedEntry>), TrustError> {
    let entries = TrustStore::open(folder).entries_beyond_limit()?;
    Ok(with_entries(facts, entries))
}

fn with_entries(
    mut facts: Facts,
    (entries, mut damaged): (Vec<StoredEntry>, Vec<DamagedEntry>),
) -> (Facts, Vec<DamagedEntry>) {
    for stored in &entries {
        match entry::read(stored, &facts) {
            Ok(Some(one)) => {
                if let Err(why) = one.add_to(&mut facts, stored) {
                    damaged.push(DamagedEntry {
                        path: stored.path.clone(),
                        why,
                    });
                }
            }
            Ok(None) => {}
            Err(why) => damaged.push(DamagedEntry {
                path: stored.path.clone(),
                why,
            }),
        }
    }
    // What such an entry says is not known; that it says something about a CA is.
    let pinned = damaged.iter().filter_map(|one| {
        let stem = one.path.file_stem()?.to_str()?;
        Some((
            Sha256Digest::parse(stem)?,
            Source::TrustEntry(one.path.clone()),
        ))
    });
    facts.damaged.extend(pinned);
    (facts, damaged)
}

/// The CAs that are known: of one environment, or all.
///
/// # Errors
/// For an unknown environment, and when the entries' folder cannot be read.
pub fn list(
    environment: Option<&str>,
    folder: Option<&Path>,
    context: &Context<'_>,
) -> Result<ListedAuthority, TrustOpError> {
    let facts = &context.facts;
    let environment = environment.map(|id| found(id, facts)).transpose()?;
    let (entries, damaged) = match folder {
        Some(folder) => TrustStore::open(folder).entries_beyond_limit()?,
        None => (Vec::new(), Vec::new()),
    };
    let mut damaged = damaged;
    let mut own: HashMap<Sha256Digest, entry::Entry> = HashMap::new();
    for stored in &entries {
        match entry::read(stored, facts) {
            Ok(Some(one)) => {
                own.insert(stored.sha256, one);
            }
            Ok(None) => {}
            Err(why) => damaged.push(DamagedEntry {
                path: stored.path.clone(),
                why,
            }),
        }
    }
    let authorities = facts
        .authorities
        .iter()
        .filter(|authority| {
            environment.is_none_or(|environment| {
                authority.hierarchy == environment.hierarchy
                    && (authority.role == AuthorityRole::Root
                        || authority.environments.contains(&environment.id))
            })
        })
        .map(|authority| {
            let own = own.remove(&authority.sha256);
            let certificate = authority.certificate();
            let not_after = certificate.map(|certificate| certificate.not_after);
            TrustedCa {
                name: authority.name.clone(),
                role: authority.role,
                purpose: authority.purpose,
                hierarchy: authority.hierarchy.clone(),
                generation: authority.generation.clone(),
                environments: authority.environments.clone(),
                sha256: authority.sha256,
                not_after,
                expired: not_after.is_some_and(|end| end < context.at),
                origin: match own {
                    Some(own) => CaOrigin::Added(own.added),
                    None => CaOrigin::Facts {
                        source: authority
                            .source()
                            .map_or_else(|| "pinned only".to_owned(), |source| source.to_string()),
                    },
                },
            }
        })
        .collect();
    Ok(ListedAuthority {
        authorities,
        damaged,
    })
}

/// Adds CA certificates, all of them or none.
///
/// `confirm` is asked about a root that is not known and whose digest was not given: whether the person typed what proves
/// that the SHA-256 was compared. A sub CA needs none: a trusted root vouches for it.
///
/// # Errors
/// [`TrustOpError`]; nothing was added then, unless the disk failed in between.
pub fn add(
    options: &Add,
    folder: &Path,
    context: &Context<'_>,
    confirm: &mut dyn FnMut(&RootToConfirm) -> bool,
) -> Result<AddedCas, TrustOpError> {
    let facts = &context.facts;
    let environment = found(&options.environment, facts)?;
    for (what, text) in [("the reason", &options.reason), ("a name", &options.by)]
        .into_iter()
        .chain(options.generation.iter().map(|text| ("a generation", text)))
    {
        let good = |c: char| !c.is_control();
        if text.trim().is_empty() || text.chars().count() > 100 || !text.chars().all(good) {
            return Err(TrustOpError::Text {
                what,
                text: text.clone(),
            });
        }
    }
    let read = gather::read(&options.certificates, None, context.observer);
    let given = gather::certificates(&read.items);
    let mut unread = read.unread;
    if given.is_empty() {
        let sources = options.certificates.iter().map(Named::source);
        gather::expect(
            sources,
            gather::ExpectedContent::Certificate,
            0,
            &mut unread,
        );
    }
    if !unread.is_empty() {
        return Err(TrustOpError::Unread(unread));
    }
    // A digest that is none of these is of something else, whether or not they are known.
    if let Some(expected) = options.sha256 {
        let is_meant = |one: &Given| one.certificate.sha256 == expected;
        let root = given.iter().find(|one| is_self_signed(&one.certificate));
        let above = facts.recognise(&expected).filter(|_| root.is_none());
        let is_above = above.is_some_and(|one| one.role == AuthorityRole::Root);
        if let Some(other) = root.or(given.first())
            && !given.iter().any(is_meant)
            && !is_above
        {
            return Err(TrustOpError::Mismatch {
                name: other.certificate.subject.short(),
                found: other.certificate.sha256,
                expected,
            });
        }
    }
    let mut answer = AddedCas::default();
    let mut new: Vec<entry::Entry> = Vec::new();
    let mut seen: HashSet<Sha256Digest> = HashSet::new();
    let mut known: Option<HashMap<Sha256Digest, TrustedCa>> = None;
    // Roots first: a sub CA of the same input may be below one of them.
    let (roots, subs): (Vec<_>, Vec<_>) = given
        .iter()
        .partition(|given| is_self_signed(&given.certificate));
    let all = given.as_slice();
    for given in roots.into_iter().chain(subs) {
        let certificate = &given.certificate;
        let name = certificate.subject.short();
        if !seen.insert(certificate.sha256) {
            continue;
        }
        // What is not self-signed never becomes a root, whatever it is called.
        let is_root = is_self_signed(certificate);
        let authority = facts.recognise(&certificate.sha256);
        if let Some(authority) = authority {
            if authority.hierarchy != environment.hierarchy {
                return Err(TrustOpError::OtherHierarchy {
                    name,
                    hierarchy: authority.hierarchy.clone(),
                    environment: environment.title.clone(),
                });
            }
            if authority.purpose != AuthorityPurpose::Endpoint {
                return Err(TrustOpError::NotForEndpoints { name });
            }
            if authority.certificate().is_some() && authority.is_of(environment) {
                let known = match &mut known {
                    Some(known) => known,
                    none => {
                        let all = list(None, Some(folder), context)?.authorities.into_iter();
                        none.insert(all.map(|one| (one.sha256, one)).collect())
                    }
                };
                answer.known.extend(known.remove(&certificate.sha256));
                continue;
            }
        }
        if !certificate.is_ca() {
            return Err(TrustOpError::NotACa { name });
        }
        let usage = certificate.extensions.key_usage.as_ref();
        if usage.is_some_and(|usage| !usage.value.contains(&KeyUsage::KeyCertSign)) {
            return Err(TrustOpError::MayNotIssue { name });
        }
        if certificate.not_after < context.at {
            return Err(TrustOpError::Expired {
                name,
                not_after: certificate.not_after,
            });
        }
        let known_generation = || authority.map(|authority| authority.generation.clone());
        let (generation, proof) = match is_root {
            true => {
                let proof = confirmed(certificate, options, confirm)?;
                let generation = options
                    .generation
                    .clone()
                    .or_else(known_generation)
                    .ok_or(TrustOpError::NoGeneration { name: name.clone() })?;
                (generation, proof)
            }
            false => {
                let (generation, root) = above(certificate, &new, facts, &environment.hierarchy)
                    .ok_or_else(|| no_root(certificate, all, facts, &environment.title))?;
                let given = options.generation.clone();
                let generation = given.or_else(known_generation).unwrap_or(generation);
                (generation, Proof::SignedBy { root })
            }
        };
        let operator = facts
            .authorities
            .iter()
            .filter(|one| one.hierarchy == environment.hierarchy)
            .find_map(|one| one.operator.clone());
        // One that is known for other environments stays known for them.
        let mut environments: Vec<String> = match is_root {
            true => Vec::new(),
            false => authority.map_or_else(Vec::new, |one| one.environments.clone()),
        };
        if !is_root {
            environments.push(environment.id.clone());
        }
        new.push(entry::Entry {
            certificate: Arc::clone(certificate),
            role: match is_root {
                true => AuthorityRole::Root,
                false => AuthorityRole::SubCa,
            },
            hierarchy: environment.hierarchy.clone(),
            generation,
            environments,
            host_names: authority.map_or_else(HostNames::default, |one| one.host_names),
            operator,
            added: Added {
                by: options.by.clone(),
                at: context.at,
                reason: options.reason.clone(),
                source: given.origin.to_string(),
                proof,
            },
        });
    }
    let store = TrustStore::open(folder);
    // An entry that counts is renewed; one that does not is not touched.
    let is_own = |one: &entry::Entry| {
        let authority = facts.recognise(&one.certificate.sha256);
        let source = authority.and_then(Authority::source);
        source.is_some_and(|source| matches!(source.as_ref(), Source::TrustEntry(_)))
    };
    let (renewed, new): (Vec<_>, Vec<_>) = new.into_iter().partition(is_own);
    store.check_room(new.len())?;
    for one in &new {
        store.add(&one.certificate.sha256, &one.text())?;
        answer.added.push(one.trusted(context.at));
    }
    let present = match renewed.is_empty() {
        true => Vec::new(),
        false => store.entries()?.0,
    };
    for mut one in renewed {
        // Environments that only other facts know are kept.
        let stored = present
            .iter()
            .find(|stored| stored.sha256 == one.certificate.sha256);
        let before = stored.and_then(|stored| entry::read(stored, facts).ok().flatten());
        for id in before.into_iter().flat_map(|before| before.environments) {
            if !one.environments.contains(&id) {
                one.environments.push(id);
            }
        }
        store.renew(&one.certificate.sha256, &one.text())?;
        answer.added.push(one.trusted(context.at));
    }
    Ok(answer)
}

/// How a root was confirmed.
fn confirmed(
    root: &Certificate,
    options: &Add,
    confirm: &mut dyn FnMut(&RootToConfirm) -> bool,
) -> Result<Proof, TrustOpError> {
    let name = root.subject.short();
    let asked = RootToConfirm {
        name: name.clone(),
        sha256: root.sha256.to_string(),
    };
    match options.sha256 {
        Some(expected) if expected == root.sha256 => Ok(Proof::DigestGiven),
        Some(expected) => Err(TrustOpError::Mismatch {
            name,
            found: root.sha256,
            expected,
        }),
        None if confirm(&asked) => Ok(Proof::DigestTyped),
        None => Err(TrustOpError::Unconfirmed {
            name,
            found: root.sha256,
        }),
    }
}

/// Why a sub CA is below no trusted root.
fn no_root(sub: &Certificate, given: &[Given], facts: &Facts, environment: &str) -> TrustOpError {
    let name = sub.subject.short();
    let given = given.iter().map(|given| &given.certificate);
    let mut cas = given.chain(facts.certificates());
    let issuer = cas.find(|ca| {
        let is_another = ca.sha256 != sub.sha256 && ca.is_ca() && !is_self_signed(ca);
        is_another && ca.subject.matches(&sub.issuer) && signed_by(sub, ca)
    });
    match issuer {
        Some(issuer) => TrustOpError::BelowSubCa {
            issuer: issuer.subject.short(),
            name,
        },
        None if sub.is_self_issued() => TrustOpError::NotSelfSigned { name },
        None => TrustOpError::NoRootAbove {
            name,
            environment: environment.to_owned(),
        },
    }
}

/// The generation and the name of the trusted root that signed a sub CA.
fn above(
    sub: &Certificate,
    new: &[entry::Entry],
    facts: &Facts,
    hierarchy: &str,
) -> Option<(String, String)> {
    let known = facts.authorities.iter().filter_map(|authority| {
        let fits = authority.role == AuthorityRole::Root && authority.hierarchy == hierarchy;
        let certificate = authority.certificate().filter(|_| fits)?;
        Some((
            certificate,
            authority.generation.clone(),
            authority.name.clone(),
        ))
    });
    let new = new
        .iter()
        .filter(|one| one.role == AuthorityRole::Root)
        .map(|one| {
            (
                &one.certificate,
                one.generation.clone(),
                one.certificate.subject.short(),
            )
        });
    known
        .chain(new)
        .find(|(root, ..)| signed_by(sub, root))
        .map(|(_, generation, name)| (generation, name))
}

/// Downloads a certificate, to be [added](add).
///
/// # Errors
/// When nothing came whole.
pub fn fetch(url: &str, context: &Context<'_>) -> Result<Named, TrustOpError> {
    let mut request = FetchRequest::new(url);
    request.proxy = context.proxy.clone();
    request.limits.bytes = CERTIFICATE_LIMIT;
    let mut bytes = Vec::new();
    if let FetchAnswer::Received(received) = download(&request, &mut bytes)?
        && received.html == Html::Seen
    {
        return Err(TrustOpError::Page {
            url: received.final_url,
        });
    }
    Ok(Named::bytes(Source::Url(url.to_owned()), bytes))
}

/// The most bytes of a download: bundles of CAs have a few kilobytes.
const CERTIFICATE_LIMIT: u64 = 1024 * 1024;

/// Removes an entry of the user's, by its SHA-256, the beginning of it (8 digits or more), or its name.
///
/// # Errors
/// When none or several are meant, and when the system refuses.
pub fn remove(asked: &str, folder: &Path, context: &Context<'_>) -> Result<String, TrustOpError> {
    let store = TrustStore::open(folder);
    let (entries, damaged) = store.entries_beyond_limit()?;
    let plain: String = asked
        .chars()
        .filter(|c| *c != ':' && !c.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase();
    let mut found: Vec<(Sha256Digest, String)> = Vec::new();
    for stored in &entries {
        let name = entry::read(stored, &context.facts)
            .ok()
            .flatten()
            .map_or_else(String::new, |one| one.certificate.subject.short());
        let digest = stored.sha256.to_string();
        if (plain.len() >= 8 && digest.starts_with(&plain)) || name == asked {
            found.push((stored.sha256, name));
        }
    }
    for one in &damaged {
        let stem = one.path.file_stem().and_then(|stem| stem.to_str());
        if let Some(digest) = stem.and_then(Sha256Digest::parse)
            && plain.len() >= 8
            && digest.to_string().starts_with(&plain)
        {
            found.push((digest, "a damaged entry".to_owned()));
        }
    }
    match found.as_slice() {
        [(digest, name)] => {
            store.remove(digest)?;
            Ok(format!("{name} ({digest})"))
        }
        [] => Err(TrustOpError::NoSuchEntry {
            asked: asked.to_owned(),
        }),
        several => Err(TrustOpError::SeveralEntries {
            asked: asked.to_owned(),
            found: several
                .iter()
                .map(|(digest, name)| format!("{name} ({digest})"))
                .collect(),
        }),
    }
}

/// What was written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ExportedCas {
    /// The id of the environment.
    pub environment: String,
    /// Its title.
    pub environment_title: String,
    /// The form.
    pub form: Form,
    /// The file, or the folder.
    pub path: PathBuf,
    /// The files in the folder; none where it is one file.
    pub files: Vec<String>,
    /// The CAs, roots first.
    pub authorities: Vec<String>,
    /// The CAs that have expired and were left out.
    pub expired: Vec<String>,
    /// Whether anything changed.
    pub changed: bool,
}

/// The longest file that is compared with what is to be written: bundles of CAs have tens of kilobytes.
const EXPORT_LIMIT: u64 = 16 * 1024 * 1024;

/// Writes the current CAs of every generation of an environment, roots and sub CAs, in one file (or a folder, where the form
/// is one). `password` is that of the key store; forms other than [`Form::Jks`] and [`Form::Pkcs12`] have none.
///
/// # Errors
/// For an unknown environment, when there is no current CA, and when the system refuses.
pub fn export(
    environment: &str,
    form: Form,
    path: &Path,
    password: &str,
    context: &Context<'_>,
) -> Result<ExportedCas, TrustOpError> {
    let (of, current, expired) = current(environment, context)?;
    let files = forms::files(form, &current, password)?;
    let (names, changed) = match files {
        forms::Made::One(bytes) => {
            let present = crate::store::write::present(path, EXPORT_LIMIT);
            let same = present.is_some_and(|present| forms::same(form, &present, &bytes, password));
            if !same {
                crate::store::write::file(path, &bytes)?;
            }
            (Vec::new(), !same)
        }
        forms::Made::Folder(files) => {
            let writers: Vec<_> = files
                .iter()
                .map(|(_, bytes)| {
                    move |out: &mut dyn std::io::Write| -> std::io::Result<()> {
                        out.write_all(bytes)
                    }
                })
                .collect();
            let contents: Vec<Content<'_>> = files
                .iter()
                .zip(&writers)
                .map(|((name, _), write)| Content { name, write })
                .collect();
            let folder = Folder::open(path)?;
            let staged = folder.stage(&contents, Foreign::Refuse)?;
            let changed = staged
                .changes()
                .iter()
                .any(|(_, change)| *change != ChangeKind::Unchanged);
            staged.place()?.keep()?;
            (files.into_iter().map(|(name, _)| name).collect(), changed)
        }
    };
    Ok(ExportedCas {
        environment: of.id.clone(),
        environment_title: of.title.clone(),
        form,
        path: path.to_owned(),
        files: names,
        authorities: current
            .iter()
            .map(|certificate| certificate.subject.short())
            .collect(),
        expired,
        changed,
    })
}

/// The same as bytes; `None` for [`Form::OpensslDir`], which is a folder.
///
/// # Errors
/// Those of [`export`].
pub fn render(
    environment: &str,
    form: Form,
    password: &str,
    context: &Context<'_>,
) -> Result<Option<Vec<u8>>, TrustOpError> {
    let (_, current, _) = current(environment, context)?;
    Ok(match forms::files(form, &current, password)? {
        forms::Made::One(bytes) => Some(bytes),
        forms::Made::Folder(_) => None,
    })
}

/// The environment, its current CAs with the roots first, and the names of those that have expired.
type Current<'f> = (
    &'f crate::environment::Environment,
    Vec<Arc<Certificate>>,
    Vec<String>,
);

fn current<'f>(environment: &str, context: &'f Context<'_>) -> Result<Current<'f>, TrustOpError> {
    let facts = &context.facts;
    let environment = found(environment, facts)?;
    let mut current: Vec<Arc<Certificate>> = Vec::new();
    let mut expired = Vec::new();
    for role in [AuthorityRole::Root, AuthorityRole::SubCa] {
        for authority in facts.authorities.iter().filter(|one| one.role == role) {
            let fits = authority.hierarchy == environment.hierarchy
                && authority.purpose == AuthorityPurpose::Endpoint
                && (role == AuthorityRole::Root
                    || authority.environments.contains(&environment.id));
            let Some(certificate) = authority.certificate().filter(|_| fits) else {
                continue;
            };
            match certificate.not_after < context.at {
                true => expired.push(authority.name.clone()),
                false => current.push(Arc::clone(certificate)),
            }
        }
    }
    if current.is_empty() {
        return Err(TrustOpError::NothingToExport {
            environment: environment.title.clone(),
        });
    }
    Ok((environment, current, expired))
}

fn found<'f>(
    id: &str,
    facts: &'f Facts,
) -> Result<&'f crate::environment::Environment, TrustOpError> {
    facts
        .environment(&id.to_ascii_lowercase())
        .ok_or_else(|| TrustOpError::Environment {
            asked: id.to_owned(),
            known: facts
                .environments
                .iter()
                .map(|one| one.id.clone())
                .collect(),
        })
}

#[cfg(test)]
mod tests;
