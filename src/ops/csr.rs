//! Keys and certificate signing requests, for one host or for several.
//!
//! [`prepare`] checks what can be checked before anything is made: whether the names are acceptable, and whether the key
//! to be used can be opened. [`Prepared::run`] makes and writes.

mod batch;
mod existing_key;
pub(super) mod found;
mod hosts;
mod maker;

use std::fmt;
use std::path::PathBuf;

pub use existing_key::ExistingKeyError;
pub use found::LeftPair;
pub use hosts::ListError;

use self::existing_key::ExistingKey;
use self::hosts::Asked;
use self::maker::Maker;
use super::Context;
use super::gather::Named;
use crate::decode::Password;
use crate::document::{KeyAlgorithm, KeyError, PublicKey, Sha256Digest};
use crate::fqdn::{Fqdn, FqdnError, NamingFault};
use crate::generate::hosts::HostFault;
use crate::generate::{GenerateError, SubjectError};
pub use crate::generate::{KeySize, SubjectAttributes};
use crate::input::{Shown, Source};
pub use crate::store::pair::Existing;
use crate::store::pair::PairError;

/// Which requests to make, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The hosts.
    pub hosts: NamedHosts,
    /// The folder for the files; it is created if missing.
    pub folder: PathBuf,
    /// Subject attributes besides the common name, the same for all hosts.
    pub subject: SubjectAttributes,
    /// What the subjectAltName holds.
    pub alternatives: Alternatives,
    /// The size of new keys.
    pub size: KeySize,
    /// The private key to use instead of making one; only the request is written.
    pub key: Option<Named>,
    /// Opens that key.
    pub password: Option<Password>,
    /// Which names are acceptable.
    pub domain: Domain,
    /// What to do about existing files.
    pub existing: Existing,
}

/// The hosts of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NamedHosts {
    /// These names. One that is not acceptable refuses the run.
    Names {
        /// The names, as written; one that occurs twice is one host.
        names: Vec<String>,
        /// Further names for the subjectAltName of each.
        further: Vec<String>,
    },
    /// Those of a list (see [`crate::generate::hosts`]). Each is independent.
    List(Named),
}

/// What the subjectAltName holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alternatives {
    /// The host's name and its further names.
    #[default]
    Listed,
    /// There is no such extension, for a CA that copies only the CN.
    CommonNameOnly,
}

/// Which names are acceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Domain {
    /// Those below nhs.uk, for which the NHS issues certificates.
    #[default]
    Nhs,
    /// Any.
    Any,
}

impl Options {
    /// A new RSA key of 2,048 bits and a request for each host; existing files are refused.
    pub fn new(hosts: NamedHosts, folder: impl Into<PathBuf>) -> Options {
        Options {
            hosts,
            folder: folder.into(),
            subject: SubjectAttributes::default(),
            alternatives: Alternatives::default(),
            size: KeySize::default(),
            key: None,
            password: None,
            domain: Domain::default(),
            existing: Existing::Refuse,
        }
    }

    /// The same for one host.
    pub fn of(name: impl Into<String>, folder: impl Into<PathBuf>) -> Options {
        let names = vec![name.into()];
        let further = Vec::new();
        Options::new(NamedHosts::Names { names, further }, folder)
    }

    /// Adds subject attributes.
    pub fn subject(mut self, subject: SubjectAttributes) -> Options {
        self.subject = subject;
        self
    }

    /// Says what the subjectAltName holds.
    pub fn alternatives(mut self, alternatives: Alternatives) -> Options {
        self.alternatives = alternatives;
        self
    }

    /// Makes keys of this size.
    pub fn size(mut self, size: KeySize) -> Options {
        self.size = size;
        self
    }

    /// Uses this private key instead of making one.
    pub fn key(mut self, key: Named) -> Options {
        self.key = Some(key);
        self
    }

    /// Opens that key with this.
    pub fn password(mut self, password: Password) -> Options {
        self.password = Some(password);
        self
    }

    /// Says which names are acceptable.
    pub fn domain(mut self, domain: Domain) -> Options {
        self.domain = domain;
        self
    }

    /// Says what to do about existing files.
    pub fn existing(mut self, existing: Existing) -> Options {
        self.existing = existing;
        self
    }
}

/// Why a request was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CsrError {
    /// It is not a host name.
    #[error(transparent)]
    Fqdn(#[from] FqdnError),
    /// It is a host name, but not one for an NHS certificate.
    #[error("{fqdn} is not acceptable: {fault}")]
    Name {
        /// The name.
        fqdn: Fqdn,
        /// Which rule it breaks.
        fault: NamingFault,
    },
    /// The list has further names of a host whose request is to have the common name alone.
    #[error(
        "the list also gives {fqdn} the name {name}, which a request with the common name alone does not have"
    )]
    FurtherName {
        /// The host.
        fqdn: Fqdn,
        /// The first of its further names.
        name: Fqdn,
    },
    /// A line of the list cannot be used.
    #[error(transparent)]
    Line(#[from] HostFault),
    /// The list as a whole cannot be used.
    #[error("the host file {list} cannot be used")]
    List {
        /// The list.
        list: Source,
        /// Why.
        #[source]
        error: ListError,
    },
    /// The key that was named cannot be used.
    #[error("the key {key} cannot be used")]
    Key {
        /// The key.
        key: Source,
        /// Why.
        #[source]
        error: ExistingKeyError,
    },
    /// There is a file where the request would be, and it is none.
    #[error("{} is there already, and is not a certificate signing request", csr.shown())]
    NoRequest {
        /// The file.
        csr: PathBuf,
    },
    /// There is a request already, and its signature is wrong.
    #[error("{} is there already, and was changed after it was signed", csr.shown())]
    ChangedRequest {
        /// The request.
        csr: PathBuf,
    },
    /// There is a request already, and it is not for the key that was named.
    #[error("{} is there already, and is a request for another key than {key}", csr.shown())]
    OtherRequest {
        /// The request.
        csr: PathBuf,
        /// The key that was named.
        key: Source,
    },
    /// There is a request already, and it is not for the names that were given.
    #[error("{} is there already, and asks for other names than those given", csr.shown())]
    OtherNames {
        /// The request.
        csr: PathBuf,
    },
    /// The file of the key has none, or one that is not the request's.
    #[error("{} is there already, and is not the private key of {}", key.shown(), csr.shown())]
    OtherKey {
        /// The file of the key.
        key: PathBuf,
        /// The request.
        csr: PathBuf,
    },
    /// A subject attribute of the list is not acceptable.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The key or the request could not be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The new key could not be written as PEM.
    #[error(transparent)]
    Seal(#[from] KeyError),
    /// The files could not be written.
    #[error(transparent)]
    Pair(#[from] PairError),
}

/// The outcome for every host.
#[derive(Debug)]
#[non_exhaustive]
pub struct Made {
    /// The folder.
    pub folder: PathBuf,
    /// Every host, in the order in which they were asked for.
    pub hosts: Vec<HostMade>,
    /// Columns of the list that were not used.
    pub unused_columns: Vec<String>,
    /// The key that was named, if a password was given although it is not encrypted.
    pub password_unused_for: Option<Source>,
}

/// The outcome for one host.
#[derive(Debug)]
#[non_exhaustive]
pub struct HostMade {
    /// The name, as it was given.
    pub given: String,
    /// Its line in the list, from 1.
    pub line: Option<usize>,
    /// Its pair, or why it has none.
    pub pair: Result<HostPair, CsrError>,
}

/// A host's key and request on disk.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HostPair {
    /// The host.
    pub fqdn: Fqdn,
    /// The private key. It is never sent.
    pub key: Source,
    /// The request. This is the file to send.
    pub csr: PathBuf,
    /// Where the earlier files are now.
    pub replaced: Vec<PathBuf>,
    /// What the request asks for; `None` if there was a pair already, which was left unchanged.
    pub request: Option<Asks>,
    /// The request as PEM; `None` if there was a pair already, which was left unchanged.
    pub pem: Option<String>,
    /// What was there already and was left unchanged; `None` where a request was made.
    pub left: Option<LeftPair>,
    /// The rules that the name breaks although it was accepted.
    pub faults: Vec<NamingFault>,
}

/// What a request asks for: the plan that it was compared with when it was read back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Asks {
    /// The common name.
    pub common_name: Fqdn,
    /// The other subject attributes.
    pub subject: SubjectAttributes,
    /// The DNS names of the subjectAltName; empty if there is none.
    pub dns_names: Vec<Fqdn>,
    /// The key's algorithm and size.
    pub algorithm: KeyAlgorithm,
    /// SHA-256 over its SubjectPublicKeyInfo.
    pub spki_sha256: Sha256Digest,
    /// How the key file is kept.
    pub protection: Protection,
}

/// How a key file is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protection {
    /// Any user who can read the file can use the key.
    None,
    /// It needs a password.
    Encrypted,
}

/// A run whose checks in advance have passed.
#[non_exhaustive]
pub struct Prepared<'o> {
    options: &'o Options,
    asked: Vec<Asked>,
    unused_columns: Vec<String>,
    key: Option<ExistingKey>,
    encrypt: Option<Password>,
}

/// Says what was asked; no key, no password.
impl fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Checks the names and opens the key to be used; the observer is asked for its password if none was given.
///
/// # Errors
/// When a name, the list or the key cannot be used. What is wrong with one line of a list is said by [`Prepared::run`].
pub fn prepare<'o>(options: &'o Options, context: &Context<'_>) -> Result<Prepared<'o>, CsrError> {
    let (asked, unused_columns) = hosts::resolve(options)?;
    let key = options.key.as_ref();
    let key = key.map(|named| existing_key::read(named, options.password.as_ref(), context));
    Ok(Prepared {
        options,
        asked,
        unused_columns,
        key: key.transpose()?,
        encrypt: None,
    })
}

impl Prepared<'_> {
    /// How the named key is kept; `None` where keys are made.
    pub fn key_protection(&self) -> Option<Protection> {
        self.key.as_ref().map(|key| match key.is_encrypted {
            true => Protection::Encrypted,
            false => Protection::None,
        })
    }

    /// The public half of the key that was named; `None` where keys are made.
    pub fn public_key(&self) -> Option<&PublicKey> {
        self.key.as_ref().map(|existing| existing.key.public_key())
    }

    /// Encrypts new keys with this. A key that was named stays as it is.
    pub fn encrypt(mut self, password: Password) -> Self {
        self.encrypt = Some(password);
        self
    }

    /// Makes and writes what every host needs; whatever happens to one, the others go on.
    pub fn run(self, context: &Context<'_>) -> Made {
        let unused = self.key.as_ref().filter(|key| {
            !key.is_encrypted && (self.options.password.is_some() || self.encrypt.is_some())
        });
        let password_unused_for = unused.map(|key| key.source.clone());
        let maker = Maker::new(self.options, self.key, self.encrypt);
        context.observer.begin("hosts", self.asked.len());
        let hosts = batch::run(&maker, self.asked, context);
        context.observer.end();
        Made {
            folder: self.options.folder.clone(),
            hosts,
            unused_columns: self.unused_columns,
            password_unused_for,
        }
    }
}
