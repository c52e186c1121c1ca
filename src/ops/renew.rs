//! The next pair for a host whose certificate expires, made beside the pair in use.
//!
//! [`prepare`] reads, and decides which certificates are renewed; [`PreparedRenewal::run`] makes a key and a request for each in a
//! folder of their own. The pair in use is neither moved nor changed: the next one takes its place only after
//! [`accept`](super::accept) has judged the reply and [`server`](super::server) has exported it.

mod choice;
mod request;

use std::fmt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use self::choice::{Choice, Chosen, place};
use self::request::Requests;
use super::csr::{
    self, Alternatives, Asks, CsrError, Domain, Existing, HostPair, KeySize, LeftPair, found,
};
use super::gather::{Named, Unread};
use super::inspect::WITHIN_DAYS;
use super::inventory::{CRL_WITHIN, Collection, InventoryEntry, Periods, read_each};
use super::{Context, Observer};
use crate::decode::Password;
use crate::document::{KeyAlgorithm, Moment, Sha256Digest};
use crate::fqdn::{Fqdn, FqdnError, NamingFault};
use crate::input::{Origin, Shown, Source};
use crate::store::pair::{self, PairError, Presence};
use crate::store::read::Depth;

/// So many hosts are named where there is no certificate of the one that was asked for.
const NAMED_LIMIT: usize = 5;

/// Which certificates to renew, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The hosts of which to renew the certificate; none means every host in the files.
    pub hosts: Vec<String>,
    /// Renews only what has expired or expires within so many days, and what no newer certificate replaces; `None` renews
    /// whatever the dates.
    pub within_days: Option<u32>,
    /// Files, folders and bytes with the certificates in use, and with their requests where these were kept.
    pub named: Vec<Named>,
    /// How far folders are searched.
    pub depth: Depth,
    /// Opens PKCS#12 files and key stores.
    pub password: Option<Password>,
    /// The folder for the next pairs; it is created if missing.
    pub folder: PathBuf,
    /// The private key of the current certificate, to use it again instead of making one; only the request is written.
    pub key: Option<Named>,
    /// Opens that key.
    pub key_password: Option<Password>,
    /// Which names are acceptable.
    pub domain: Domain,
}

impl Options {
    /// Renews every certificate in these files and folders that has expired or expires within 60 days.
    pub fn new(named: impl IntoIterator<Item = Named>, folder: impl Into<PathBuf>) -> Options {
        Options {
            hosts: Vec::new(),
            within_days: Some(WITHIN_DAYS),
            named: named.into_iter().collect(),
            depth: Depth::Directory,
            password: None,
            folder: folder.into(),
            key: None,
            key_password: None,
            domain: Domain::default(),
        }
    }

    /// Renews the certificates of these hosts only.
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Options {
        self.hosts = hosts.into_iter().collect();
        self
    }

    /// Renews what has expired or expires within so many days; `None` renews whatever the dates.
    pub fn within_days(mut self, days: Option<u32>) -> Options {
        self.within_days = days;
        self
    }

    /// Says how far folders are searched.
    pub fn depth(mut self, depth: Depth) -> Options {
        self.depth = depth;
        self
    }

    /// Opens PKCS#12 files and key stores with this.
    pub fn password(mut self, password: Password) -> Options {
        self.password = Some(password);
        self
    }

    /// Uses this private key again instead of making one.
    pub fn key(mut self, key: Named) -> Options {
        self.key = Some(key);
        self
    }

    /// Opens that key with this.
    pub fn key_password(mut self, password: Password) -> Options {
        self.key_password = Some(password);
        self
    }

    /// Says which names are acceptable.
    pub fn domain(mut self, domain: Domain) -> Options {
        self.domain = domain;
        self
    }
}

/// Why a certificate was not renewed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenewError {
    /// It is not a host name.
    #[error(transparent)]
    Fqdn(#[from] FqdnError),
    /// There is no endpoint certificate of this host.
    #[error("there is no certificate of {name} in the files; {}", there(hosts, *more))]
    NoCertificate {
        /// The host.
        name: Fqdn,
        /// Hosts of which there is a certificate, the first few.
        hosts: Vec<String>,
        /// How many more there are.
        more: usize,
        /// What could not be read, and may hold it.
        unread: Vec<Unread>,
    },
    /// The names that the next request has to have are not all known.
    #[error(
        "the certificate {certificate} of {name} has names that a request for a host cannot have, or too many; a request with \
         some of them would not replace it"
    )]
    NamesUnknown {
        /// What the certificate is called.
        name: String,
        /// Where it is.
        certificate: String,
    },
    /// The key that was named is not that of the current certificate.
    #[error("the key {key} is not the key of the current certificate, {certificate}")]
    OtherKey {
        /// The key.
        key: Source,
        /// Where the certificate is.
        certificate: String,
    },
    /// What is in the folder for the next pair is the pair of the current certificate, or of one before it.
    #[error(
        "{} is the request of a certificate that is in use or was, {certificate}: its pair is in the folder for the next one",
        csr.shown()
    )]
    PairOfCurrent {
        /// The request.
        csr: PathBuf,
        /// Where the certificate is.
        certificate: String,
    },
    /// Certificates of one host have different names.
    #[error(
        "certificates of {host} have different names: {certificate} lacks some that are in {}",
        others.join(", ")
    )]
    SeveralCertificates {
        /// The host.
        host: String,
        /// Where the certificate is that expires last.
        certificate: String,
        /// Where the others are.
        others: Vec<String>,
    },
    /// There is a request already, and it is not for the names of the current certificate.
    #[error(
        "{} is there already, and asks for other names than the current certificate, {certificate}, has",
        csr.shown()
    )]
    OtherNames {
        /// The request.
        csr: PathBuf,
        /// Where the certificate is.
        certificate: String,
    },
    /// The pair could not be made or written.
    #[error(transparent)]
    Csr(#[from] CsrError),
}

/// Which hosts there are.
fn there(hosts: &[String], more: usize) -> String {
    match (hosts, more) {
        ([], _) => "they hold no endpoint certificate".to_owned(),
        (hosts, 0) => format!("they hold those of {}", hosts.join(", ")),
        (hosts, more) => format!("they hold those of {} and {more} more", hosts.join(", ")),
    }
}

/// The outcome for every certificate that was to be renewed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Renewal {
    /// The moment for which everything was judged.
    pub at: Moment,
    /// Within how many days what was renewed expires; `None` where dates did not matter.
    pub within_days: Option<u32>,
    /// The folder of the next pairs.
    pub folder: PathBuf,
    /// The hosts, in the order in which their certificates expire.
    pub hosts: Vec<HostRenewal>,
    /// How many endpoint certificates expire later.
    pub not_due: usize,
    /// How many would be due, but a newer one for the same names is in the files.
    pub replaced: usize,
    /// How many are self-signed and were not named: no CA answers a request for one.
    pub self_signed: usize,
    /// Whether every host in the files was meant, and none was named.
    pub of_every_host: bool,
    /// What could not be read: it may hold a certificate that is due, or a newer one.
    pub unread: Vec<Unread>,
    /// Files of folders that are not PKI objects.
    pub passed_over: Vec<Unread>,
}

impl Renewal {
    /// Whether everything was read, and there was a certificate of an endpoint.
    pub fn is_complete(&self) -> bool {
        let found = self.hosts.len() + self.not_due + self.replaced + self.self_signed;
        self.unread.is_empty() && found > 0
    }

    /// How many hosts have no next pair although they need one.
    pub fn failed(&self) -> usize {
        self.hosts.iter().filter(|host| host.next.is_err()).count()
    }
}

/// The outcome for one certificate.
#[derive(Debug)]
#[non_exhaustive]
pub struct HostRenewal {
    /// The certificate in use. Neither it nor its key was changed.
    pub current: InventoryEntry,
    /// The next pair, or why there is none.
    pub next: Result<NextPair, RenewError>,
}

/// The key and request that are to replace those in use.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NextPair {
    /// The host.
    pub fqdn: Fqdn,
    /// Its key.
    pub key: NextKey,
    /// The request. This is the file to send.
    pub csr: PathBuf,
    /// What the request asks for; `None` if it was there already and was left unchanged.
    pub request: Option<Asks>,
    /// The request as PEM; `None` if it was there already and was left unchanged.
    pub pem: Option<String>,
    /// The request of the current certificate, if it was among the files: its subject was kept.
    pub kept: Option<KeptSubject>,
    /// What was there already and was left unchanged; `None` where a request was made, and for one whose key was not named.
    pub left: Option<LeftPair>,
    /// The rules that the name breaks although it was accepted.
    pub faults: Vec<NamingFault>,
    /// Whether a password was given for a key that needs none.
    pub password_unused: bool,
}

/// The key of the next pair.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NextKey {
    /// A new one, in this file.
    New(Source),
    /// That of the current certificate, in the file that was named; `None` where only its request is known, which an earlier
    /// run left.
    Reused(Option<Source>),
}

/// What was taken over from the request of the current certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeptSubject {
    /// Where the request is.
    pub origin: Origin,
    /// The attributes of its subject that a new request does not have, as `emailAddress=a@b`.
    pub left_out: Vec<String>,
}

/// A run for which everything was read.
#[non_exhaustive]
pub struct PreparedRenewal<'o> {
    options: &'o Options,
    choice: Choice,
    requests: Requests,
    unread: Vec<Unread>,
    passed_over: Vec<Unread>,
    encrypt: Option<Password>,
}

/// Says what was asked; no password.
impl fmt::Debug for PreparedRenewal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRenewal")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Reads everything that was named, and decides which certificates are renewed. Nothing is written.
///
/// Of several certificates of one host the one that expires last is the current one. Only dates and names decide, as in an
/// [inventory](super::inventory): whether a certificate is good is not checked.
///
/// ```
/// use ptl_cert::environment::Facts;
/// use ptl_cert::ops::gather::Named;
/// use ptl_cert::ops::{Context, renew};
///
/// # let top = tempfile::tempdir()?;
/// # let in_use = include_bytes!("../../tests/data/pki/leaf.pem");
/// let next = top.path().join("next");
/// let options = renew::Options::new([Named::given("the server's certificate", &in_use[..])], &next);
/// let context = Context::new("2028-12-01T00:00:00Z".parse()?, Facts::default());
/// let renewal = renew::prepare(&options, &context)?.run(&context);
/// for host in &renewal.hosts {
///     match &host.next {
///         Ok(pair) => println!("send {}", pair.csr.display()),
///         Err(error) => println!("{}: {error}", host.current.name),
///     }
/// }
/// # assert!(next.join("gpc-int-a1b2c.supplier.thirdparty.nhs.uk.csr").is_file());
/// # assert_eq!((renewal.hosts.len(), renewal.failed()), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When a name is not a host name, or no certificate of it is among the files.
pub fn prepare<'o>(
    options: &'o Options,
    context: &Context<'_>,
) -> Result<PreparedRenewal<'o>, RenewError> {
    let names = options.hosts.iter().map(|name| Fqdn::parse(name));
    let names = names.collect::<Result<Vec<Fqdn>, _>>()?;
    let (mut collection, mut requests) = (Collection::default(), Requests::default());
    let password = options.password.as_ref();
    let read = read_each(&options.named, options.depth, password, context, |item| {
        collection.add(item);
        requests.add(item);
    });
    let (unread, passed_over) = read;
    let periods = Periods {
        certificate_days: options.within_days.unwrap_or(WITHIN_DAYS),
        crl_seconds: CRL_WITHIN,
    };
    let entries = collection.judged(context.at, periods);
    let choice = match choice::choose(entries, &names, options.within_days.is_some()) {
        Ok(choice) => choice,
        Err(missing) => {
            let mut hosts = missing.hosts;
            let more = hosts.len().saturating_sub(NAMED_LIMIT);
            hosts.truncate(NAMED_LIMIT);
            return Err(RenewError::NoCertificate {
                name: missing.name,
                hosts,
                more,
                unread,
            });
        }
    };
    Ok(PreparedRenewal {
        options,
        choice,
        requests,
        unread,
        passed_over,
        encrypt: None,
    })
}

impl PreparedRenewal<'_> {
    /// Whether there is anything to make a new key for.
    pub fn makes_keys(&self) -> bool {
        let current = self.choice.current.iter();
        let mut hosts = current.filter_map(|one| one.entry.hosts.first());
        let folder = &self.options.folder;
        let has_none = |host| !matches!(pair::presence(folder, host), Ok(Presence::Both));
        self.options.key.is_none() && hosts.any(has_none)
    }

    /// Encrypts new keys with this.
    pub fn encrypt(mut self, password: Password) -> Self {
        self.encrypt = Some(password);
        self
    }

    /// Makes and writes the next pairs; whatever happens to one, the others go on. A pair that is there already is left as
    /// it is.
    pub fn run(mut self, context: &Context<'_>) -> Renewal {
        let asking = Asking(context.observer);
        let alone = Context {
            observer: &asking,
            ..context.clone()
        };
        let current = std::mem::take(&mut self.choice.current);
        context.observer.begin("hosts", current.len());
        let hosts = current.into_par_iter().map(|chosen| {
            let next = self.renew(&chosen, &alone);
            context.observer.step();
            let current = chosen.entry;
            HostRenewal { current, next }
        });
        let hosts = hosts.collect();
        context.observer.end();
        Renewal {
            at: context.at,
            within_days: self.options.within_days,
            folder: self.options.folder.clone(),
            hosts,
            not_due: self.choice.not_due,
            replaced: self.choice.replaced,
            self_signed: self.choice.self_signed,
            of_every_host: self.options.hosts.is_empty(),
            unread: self.unread,
            passed_over: self.passed_over,
        }
    }

    /// Makes the pair that replaces the one of a certificate.
    fn renew(&self, chosen: &Chosen, context: &Context<'_>) -> Result<NextPair, RenewError> {
        let current = &chosen.entry;
        let certificate = place(current);
        let unknown = || RenewError::NamesUnknown {
            name: current.name.clone(),
            certificate: certificate.clone(),
        };
        let (first, further) = current.hosts.split_first().ok_or_else(unknown)?;
        if !chosen.others.is_empty() {
            return Err(RenewError::SeveralCertificates {
                host: first.to_string(),
                certificate,
                others: chosen.others.clone(),
            });
        }
        let (options, kept) = self.request(current, first, further);
        let mut prepared = csr::prepare(&options, context)?;
        if let (Some(key), Some(named)) = (prepared.public_key(), &options.key)
            && Some(key.identity()) != identity(current)
        {
            return Err(RenewError::OtherKey {
                key: named.source(),
                certificate,
            });
        }
        if let (Some(password), None) = (&self.encrypt, &options.key) {
            prepared = prepared.encrypt(password.clone());
        }
        let made = prepared.run(context);
        let password_unused = made.password_unused_for.is_some();
        // Of one name there is one outcome.
        let pair = made.hosts.into_iter().next().ok_or_else(unknown)?.pair;
        match pair {
            Ok(pair) => {
                if let Some(left) = &pair.left {
                    self.refuse_current(&pair.csr, left.key, current)?;
                }
                Ok(NextPair {
                    kept: kept.filter(|_| pair.request.is_some()),
                    password_unused,
                    ..self.next(pair)
                })
            }
            Err(CsrError::OtherNames { csr }) => {
                if let Some(request) = found::request(&csr) {
                    self.refuse_current(&csr, request.key, current)?;
                }
                Err(RenewError::OtherNames { csr, certificate })
            }
            Err(CsrError::Pair(PairError::RequestWithoutKey { present, .. }))
                if found::request(&present).is_some_and(|request| {
                    Some(request.key) == identity(current) && request.is_for(&current.hosts)
                }) =>
            {
                Ok(reused_before(first, present))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What is asked for: the names of the certificate, the subject and form of its request, a key of its size.
    fn request(
        &self,
        current: &InventoryEntry,
        first: &Fqdn,
        further: &[Fqdn],
    ) -> (csr::Options, Option<KeptSubject>) {
        let hosts = csr::NamedHosts::Names {
            names: vec![first.to_string()],
            further: further.iter().map(ToString::to_string).collect(),
        };
        let mut options = csr::Options::new(hosts, &self.options.folder)
            .domain(self.options.domain)
            .existing(Existing::Skip);
        if let Some(KeyAlgorithm::Rsa { bits, .. }) = current.key.as_ref().map(|key| &key.algorithm)
        {
            options.size = KeySize::try_from(*bits).unwrap_or_default();
        }
        options.key.clone_from(&self.options.key);
        options.password.clone_from(&self.options.key_password);
        let old = identity(current).and_then(|key| self.requests.of(key, &current.hosts));
        let kept = old.map(|old| {
            let (subject, left_out) = old.attributes();
            options.subject = subject;
            // Names that the CA added would be lost without the extension.
            if !old.has_alternatives && further.is_empty() {
                options.alternatives = Alternatives::CommonNameOnly;
            }
            KeptSubject {
                origin: old.origin.clone(),
                left_out,
            }
        });
        (options, kept)
    }

    /// Refuses a request that was there already and is for a key in use, unless that was named: the key of the current
    /// certificate, or of one before it, is no new one.
    fn refuse_current(
        &self,
        csr: &Path,
        key: Sha256Digest,
        current: &InventoryEntry,
    ) -> Result<(), RenewError> {
        let of_key = self.choice.in_use.get(&key);
        match of_key.filter(|of_key| of_key.ends <= current.ends) {
            Some(of_key) if self.options.key.is_none() => Err(RenewError::PairOfCurrent {
                csr: csr.to_owned(),
                certificate: of_key.place.clone(),
            }),
            _ => Ok(()),
        }
    }

    fn next(&self, pair: HostPair) -> NextPair {
        NextPair {
            fqdn: pair.fqdn,
            key: match self.options.key {
                Some(_) => NextKey::Reused(Some(pair.key)),
                None => NextKey::New(pair.key),
            },
            csr: pair.csr,
            request: pair.request,
            pem: pair.pem,
            kept: None,
            left: pair.left,
            faults: pair.faults,
            password_unused: false,
        }
    }
}

/// The request for the current certificate's key that an earlier run left, whose key is elsewhere.
fn reused_before(fqdn: &Fqdn, csr: PathBuf) -> NextPair {
    NextPair {
        fqdn: fqdn.clone(),
        key: NextKey::Reused(None),
        csr,
        request: None,
        pem: None,
        kept: None,
        left: None,
        faults: Vec::new(),
        password_unused: false,
    }
}

fn identity(current: &InventoryEntry) -> Option<Sha256Digest> {
    current.key.as_ref().map(|key| key.identity)
}

/// Asks for passwords as the observer of a run does; the progress of each host is not its business.
struct Asking<'a>(&'a dyn Observer);

impl Observer for Asking<'_> {
    fn password(&self, source: &Source) -> Option<Password> {
        self.0.password(source)
    }
}
