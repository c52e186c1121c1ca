//! What expires when, in files, in folders and on hosts.

use std::collections::HashSet;
use std::convert::Infallible;
use std::iter;
use std::path::Path;
use std::time::Duration;

use super::Context;
use super::gather::{self, Batches, Folders, Named, Unread, UnreadReason};
use super::inspect::WITHIN_DAYS;
use super::probe::{Endpoint, ProxyUse, side_by_side};
use crate::decode::Password;
use crate::document::{Certificate, Item, KeyAlgorithm, Kind, Moment};
use crate::input::Source;
use crate::store::read::{self, Depth, LeftOutKind};
use crate::verdict::Finding;
use crate::verdict::connection::{self, ConnectionQuestion, Observation, Offer};
pub use crate::verdict::inventory::{
    CertifiedKey, Collection, EntryKind, Expiry, InventoryEntry, Periods, Place,
};
use crate::wire::fetch::Proxy;
use crate::wire::probe::{ProbeLimits, Target};

/// How many seconds before its nextUpdate a CRL is reported by default: as early as `crl status` does.
pub const CRL_WITHIN: i64 = 2 * 24 * 60 * 60;

/// What is asked, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Files, folders and bytes.
    pub named: Vec<Named>,
    /// Hosts, of which the certificates count that each sends.
    pub endpoints: Vec<Endpoint>,
    /// How far folders are searched.
    pub depth: Depth,
    /// Opens PKCS#12 files and encrypted keys.
    pub password: Option<Password>,
    /// How long before its end something is reported.
    pub periods: Periods,
    /// Whether the proxy of the [`Context`] is used.
    pub proxy: ProxyUse,
    /// The limits of one connection.
    pub limits: ProbeLimits,
}

impl Options {
    /// Asks about these files, folders and bytes.
    pub fn new(named: impl IntoIterator<Item = Named>) -> Options {
        Options {
            named: named.into_iter().collect(),
            endpoints: Vec::new(),
            depth: Depth::Directory,
            password: None,
            periods: Periods {
                certificate_days: WITHIN_DAYS,
                crl_seconds: CRL_WITHIN,
            },
            proxy: ProxyUse::Use,
            limits: ProbeLimits::default(),
        }
    }

    /// Asks these hosts too.
    pub fn endpoints(mut self, endpoints: impl IntoIterator<Item = Endpoint>) -> Options {
        self.endpoints = endpoints.into_iter().collect();
        self
    }

    /// Says how far folders are searched.
    pub fn depth(mut self, depth: Depth) -> Options {
        self.depth = depth;
        self
    }

    /// Opens PKCS#12 files and encrypted keys with this.
    pub fn password(mut self, password: Password) -> Options {
        self.password = Some(password);
        self
    }

    /// Reports what expires within these periods.
    pub fn periods(mut self, periods: Periods) -> Options {
        self.periods = periods;
        self
    }
}

/// What is meant by a word that may be a file or a host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Meant {
    /// A file or a folder.
    Path,
    /// A host.
    Host(Endpoint),
}

/// The endings of files that no host name has: a file that is missing is not looked up in DNS.
const ENDINGS: [&str; 18] = [
    "pem", "crt", "cer", "cert", "der", "key", "csr", "crl", "p7b", "p7c", "p7s", "p7m", "pfx",
    "p12", "jks", "txt", "eml", "gz",
];

impl Meant {
    /// What a user means by this word: a file or folder where there is one of this name, else a host where the word has a
    /// port, `https://`, or a dot and no ending of a file. A host of which there is a file too is named with its port.
    pub fn by(word: &Path) -> Meant {
        let Some(text) = word.to_str().filter(|_| read::resolved(word).is_none()) else {
            return Meant::Path;
        };
        let is_url = text.starts_with("https://");
        let is_path = text.contains(['/', '\\']);
        let ending = text
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase());
        let is_host = match ending {
            _ if is_url || text.contains(':') => true,
            Some(ending) => !ENDINGS.contains(&ending.as_str()),
            None => false,
        };
        match Endpoint::parse(text) {
            Ok(endpoint) if is_url || (is_host && !is_path) => Meant::Host(endpoint),
            _ => Meant::Path,
        }
    }
}

/// What expires when.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inventory {
    /// The moment for which everything was judged.
    pub at: Moment,
    /// How long before its end something is reported.
    pub periods: Periods,
    /// Everything that expires, what ends first first.
    pub entries: Vec<InventoryEntry>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Files of folders that are not PKI objects, and what of folders was not looked into.
    pub passed_over: Vec<Unread>,
    /// Hosts that sent no certificate, and why.
    pub unreached: Vec<Unreached>,
}

/// A host that sent no certificate.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unreached {
    /// The host.
    pub endpoint: Endpoint,
    /// Why; nothing where it was not asked, because the run was stopped.
    pub reasons: Vec<Finding>,
}

impl Inventory {
    /// Whether everything was read and reached, and there was something that expires.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty() && self.unreached.is_empty() && !self.entries.is_empty()
    }

    /// The worst of everything that was found; `None` where nothing was.
    pub fn worst(&self) -> Option<Expiry> {
        self.entries.iter().map(|entry| entry.expiry).max()
    }
}

/// Lists everything that expires: the certificates and CRLs in what was named, the certificates that hosts send, and the
/// known CAs above them. The same certificate in many places is listed once. Of a server whose certificate is not for RSA the one is
/// asked for too that it may have for the suites of the Spine list, which are.
///
/// Memory grows with the number of different objects, and not with what files hold. Of a host one address is asked, the first
/// that answers.
pub fn inventory(options: &Options, context: &Context<'_>) -> Inventory {
    let mut found = Inventory {
        at: context.at,
        periods: options.periods,
        entries: Vec::new(),
        unread: Vec::new(),
        passed_over: Vec::new(),
        unreached: Vec::new(),
    };
    let mut collection = Collection::default();
    let password = options.password.as_ref();
    let files = read_each(&options.named, options.depth, password, context, |item| {
        collection.add(item);
    });
    (found.unread, found.passed_over) = files;
    if !options.endpoints.is_empty() {
        hosts(options, context, &mut collection, &mut found);
    }
    collection.add_known_above(&context.facts);
    found.entries = collection.judged(context.at, options.periods);
    found
}

/// Reads everything that was named and hands out each object; returns what could not be read, and what was passed over. Of
/// the objects only some are in memory at a time.
pub(super) fn read_each(
    named: &[Named],
    depth: Depth,
    password: Option<&Password>,
    context: &Context<'_>,
    mut take: impl FnMut(&Item),
) -> (Vec<Unread>, Vec<Unread>) {
    let (mut unread, mut passed_over) = (Vec::new(), Vec::new());
    let mut folders = Folders::default();
    let mut batches = Batches::over(named, depth, read::FILES_LIMIT, context.observer);
    while let Some(inputs) = batches.next() {
        let opened = inputs.open_among(password, context.observer, &mut folders);
        let mut reading = opened.items(password);
        reading.items.iter().for_each(&mut take);
        unread.append(&mut reading.unread);
        passed_over.append(&mut reading.passed_over);
    }
    folders.tell(&mut unread, &mut passed_over);
    // Where everything below a folder is wanted, what is behind a link is missing.
    if depth == Depth::Tree {
        let is_missing = |one: &mut Unread| one.left_out() == Some(LeftOutKind::LinkToFolder);
        unread.extend(passed_over.extract_if(.., is_missing));
    }
    (unread, passed_over)
}

/// Asks every host for its certificates.
fn hosts(
    options: &Options,
    context: &Context<'_>,
    collection: &mut Collection,
    found: &mut Inventory,
) {
    let direct = Proxy::none();
    let proxy = match options.proxy {
        ProxyUse::Use => &context.proxy,
        ProxyUse::Bypass => &direct,
    };
    let mut limits = options.limits;
    // The certificates are there before what a server says afterwards.
    limits.settle = limits.settle.min(Duration::from_millis(1));
    let mut seen = HashSet::new();
    let endpoints = options.endpoints.iter();
    let endpoints: Vec<Endpoint> = endpoints
        .filter(|endpoint| seen.insert(endpoint.to_string()))
        .cloned()
        .collect();
    let Ok(asked) = side_by_side(&endpoints, context, |endpoint| {
        let mut target = Target::new(&endpoint.host, endpoint.port, proxy);
        target.limits = limits;
        let first = crate::wire::probe::probe(&target);
        let second = has_other_key(sent(&first)).then(|| {
            target.offer = Offer::Tls12;
            crate::wire::probe::probe(&target)
        });
        Ok::<_, Infallible>((first, second))
    });
    for (endpoint, (observation, second)) in endpoints.iter().zip(&asked) {
        if sent(observation).is_empty() {
            found.unreached.push(Unreached {
                endpoint: endpoint.clone(),
                reasons: reasons(observation, context),
            });
        }
        let host = endpoint.to_string();
        let mut seen = HashSet::new();
        for observation in iter::once(observation).chain(second) {
            for (number, der) in sent(observation).iter().enumerate() {
                if seen.insert(der) {
                    add_sent(number + 1, der, &host, collection, &mut found.unread);
                }
            }
        }
    }
    let left = endpoints.iter().skip(asked.len());
    found.unreached.extend(left.map(|endpoint| Unreached {
        endpoint: endpoint.clone(),
        reasons: Vec::new(),
    }));
}

/// The certificates that a host sent, its own first.
fn sent(observation: &Observation) -> &[Vec<u8>] {
    let best = observation.best().map(|best| best.chain.as_slice());
    best.unwrap_or_default()
}

/// Whether the server's own certificate is for a key that is not RSA, so that it may have another one for the suites of the Spine
/// list.
fn has_other_key(sent: &[Vec<u8>]) -> bool {
    let own = sent.first().and_then(|der| Certificate::read(der).ok());
    own.is_some_and(|own| !matches!(own.key.algorithm, KeyAlgorithm::Rsa { .. }))
}

/// Adds a certificate that a host sent, as the one of this number. It may send anything: containers are not opened.
fn add_sent(
    number: usize,
    der: &[u8],
    host: &str,
    collection: &mut Collection,
    unread: &mut Vec<Unread>,
) {
    let source = Source::given(host.to_owned());
    if Kind::of(der) != Some(Kind::Certificate) {
        unread.push(Unread::new(source, UnreadReason::Sent { number }));
        return;
    }
    let mut reading = gather::read(&[Named::bytes(source, der.to_vec())], None, &());
    for given in reading.certificates() {
        collection.add_certificate(&given.certificate, Place::Host(host.to_owned()));
    }
    unread.append(&mut reading.unread);
}

/// Why a host sent no certificate.
fn reasons(observation: &Observation, context: &Context<'_>) -> Vec<Finding> {
    let question = ConnectionQuestion {
        at: context.at,
        facts: &context.facts,
        environment: None,
        fqdn: None,
        sent: &[],
        server: None,
        ours: None,
        requested: false,
        expected: None,
    };
    connection::judge(observation, &question).reasons
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "the tests play servers on loopback"
)]
mod tests;
