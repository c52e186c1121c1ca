//! What runs out when: certificates at their notAfter, CRLs at their nextUpdate.
//!
//! Dates alone decide here. Whether a certificate is good is for [`super::verify`] to say, and how fresh the CRLs of the
//! cache are for [`super::freshness`]. One object in many places is one entry.

mod newer;

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::{Found, role};
use crate::document::extension::GeneralName;
use crate::document::{
    Certificate, Crl, CrlNumber, Document, HexBytes, Item, KeyAlgorithm, Moment, Name, PublicKey,
    Role, Serial, Sha256Digest, called, sha256,
};
use crate::environment::Facts;
use crate::fqdn::Fqdn;
use crate::input::Origin;

/// Of the places of one object so many are kept; the others are counted. A CA certificate may be in every file of a large
/// folder.
pub const PLACES_LIMIT: usize = 16;

/// Of the host names of one certificate so many are kept: what its next request has to name. No endpoint has more than a
/// few, and a hostile certificate thousands.
pub const HOSTS_LIMIT: usize = 16;

/// Certificates of up to so many bytes are kept whole, so that signatures can be checked in the end. None of the NHS's has half
/// of that, and many long ones would fill the memory.
const KEPT_LIMIT: usize = 8 * 1024;

/// How much of its time something has left, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Expiry {
    /// It is valid, and expires later than within the period.
    Current,
    /// It is not yet valid, and need not be: one for the same names, a CA certificate of the same name and key, or a CRL of the
    /// same scope is valid now.
    Upcoming,
    /// It expires within the period.
    Expiring,
    /// It is not yet valid, and nothing in its place is; or a server sends it already.
    NotYetValid,
    /// It is a CRL without nextUpdate, so it is unknown for how long it counts (RFC 5280 section 5.1.2.5).
    Undated,
    /// It has expired.
    Expired,
}

impl Expiry {
    /// How much time a certificate has left at `at`, if it is to be renewed `days` days before its end. Its last second
    /// counts (RFC 5280 section 4.1.2.5). Does not say whether it is valid already.
    ///
    /// ```
    /// use ptl_cert::ops::Moment;
    /// use ptl_cert::verdict::inventory::Expiry;
    ///
    /// let end: Moment = "2027-03-01T00:00:00Z".parse()?;
    /// assert_eq!(Expiry::of_certificate(end, "2027-03-01T00:00:01Z".parse()?, 60), Expiry::Expired);
    /// assert_eq!(Expiry::of_certificate(end, "2027-02-01T00:00:00Z".parse()?, 60), Expiry::Expiring);
    /// # Ok::<(), ptl_cert::document::MomentError>(())
    /// ```
    pub fn of_certificate(not_after: Moment, at: Moment, days: i64) -> Expiry {
        if not_after < at {
            Expiry::Expired
        } else if not_after.days_since(at) < days {
            Expiry::Expiring
        } else {
            Expiry::Current
        }
    }

    /// How much time a CRL has left at `at`, if it is to be renewed so many seconds before its nextUpdate.
    pub fn of_crl(next_update: Option<Moment>, at: Moment, within: i64) -> Expiry {
        match next_update {
            None => Expiry::Undated,
            Some(end) if end < at => Expiry::Expired,
            Some(end) if end.unix().saturating_sub(at.unix()) <= within => Expiry::Expiring,
            Some(_) => Expiry::Current,
        }
    }

    /// Whether nothing has to be done yet.
    pub fn is_good(self) -> bool {
        matches!(self, Expiry::Current | Expiry::Upcoming)
    }

    /// Whether it is valid at this moment.
    fn is_now(self) -> bool {
        matches!(self, Expiry::Current | Expiry::Expiring)
    }
}

/// How long before its end something counts as expiring. CRLs are renewed every few days by a job, certificates once in
/// years by form and e-mail: one period cannot do for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// For certificates, in days.
    pub certificate_days: u32,
    /// For CRLs, in seconds.
    pub crl_seconds: i64,
}

/// What expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntryKind {
    /// A certificate of this role.
    Certificate(Role),
    /// A CRL.
    Crl,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In the input.
    Input(Origin),
    /// A server sends it; its host and port.
    Host(String),
    /// It is a known CA that may be above a certificate of the input: built in, in the user's facts or trust store.
    Known(Found),
}

/// The key of a certificate, as far as the next request depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertifiedKey {
    /// What kind of key it is, and its size.
    pub algorithm: KeyAlgorithm,
    /// What it has in common with every copy of the same key ([`PublicKey::identity`]).
    pub identity: Sha256Digest,
}

impl From<&PublicKey> for CertifiedKey {
    fn from(key: &PublicKey) -> CertifiedKey {
        CertifiedKey {
            algorithm: key.algorithm.clone(),
            identity: key.identity(),
        }
    }
}

/// Something that expires, and everywhere it was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InventoryEntry {
    /// What it is.
    pub kind: EntryKind,
    /// What to call it.
    pub name: String,
    /// Who issued it.
    pub issuer: Name,
    /// Its serial number; `None` for a CRL.
    pub serial: Option<Serial>,
    /// SHA-256 over the DER of a certificate; `None` for a CRL.
    pub sha256: Option<Sha256Digest>,
    /// For a CRL, the names of its issuing distribution point; none where it answers for all of its issuer's certificates.
    pub distribution_point: Vec<String>,
    /// Its notBefore or thisUpdate.
    pub begins: Moment,
    /// Its notAfter or nextUpdate.
    pub ends: Option<Moment>,
    /// How much time it has left.
    pub expiry: Expiry,
    /// Where it was found, up to [`PLACES_LIMIT`].
    pub places: Vec<Place>,
    /// How many more places there are.
    pub more_places: usize,
    /// The key of a certificate; `None` for a CRL.
    pub key: Option<CertifiedKey>,
    /// Whether its private key is in the input.
    pub has_key: bool,
    /// The host names that the next certificate has to have, the CN first; none where they are not all known, or where it has
    /// other names too.
    pub hosts: Vec<Fqdn>,
    /// The number of an entry that may replace it: of the same issuer and for the same names, of a CA for the same name and key,
    /// not expired, issued later and with more time left. One that is valid already is preferred. Where a CA of the issuer's name is known, a key of
    /// such a CA made the signature of a certificate; that of a CRL is not checked. Whether it has been installed is not known.
    pub newer: Option<usize>,
    /// For a CA certificate that is not current: how many entries name it as their issuer and expire later, if no CA certificate
    /// of its name and key does so too.
    pub outlived_by: usize,
}

/// Collects what expires. Costs grow with the number of objects; of each certificate only the facts of an [`InventoryEntry`] are
/// kept.
#[derive(Debug, Default)]
pub struct Collection {
    collected: Vec<Collected>,
    by_identity: HashMap<Sha256Digest, usize>,
    /// The private keys of the input.
    keys: HashSet<Sha256Digest>,
    /// The issuers of the certificates, each with the identifier of its key.
    issuers: HashMap<Sha256Digest, Issuer>,
}

#[derive(Debug)]
struct Collected {
    entry: InventoryEntry,
    /// What it has in common with what may replace it.
    successors: Sha256Digest,
    /// What it has in common with whatever does as well, as long as it is valid.
    stand_ins: Sha256Digest,
    /// Whether a server sends it.
    is_sent: bool,
    /// The number of a CRL.
    number: Option<CrlNumber>,
    /// A certificate's DER, up to [`KEPT_LIMIT`].
    der: Option<Box<[u8]>>,
    /// How a certificate names its issuer.
    issuer: Option<Issuer>,
    /// How certificates name this CA as their issuer.
    authority: Option<Issuer>,
}

/// How a certificate names its issuer.
#[derive(Clone, Debug)]
struct Issuer {
    name: Name,
    key: Option<HexBytes>,
}

impl Collection {
    /// Adds an object of the input. What does not expire is no entry; of private keys it is remembered that they are there.
    pub fn add(&mut self, item: &Item) {
        match &item.document {
            Document::Certificate(certificate) => {
                self.add_certificate(certificate, Place::Input(item.origin.clone()));
            }
            Document::Crl(crl) => self.add_crl(crl, item),
            Document::PrivateKey(key) => {
                self.keys.insert(key.public_key().identity());
            }
            Document::Request(_) | Document::EncryptedKey(_) | Document::PublicKey(_) => {}
        }
    }

    /// Adds a certificate that was found there.
    pub fn add_certificate(&mut self, certificate: &Certificate, place: Place) {
        if self.is_known(&certificate.sha256, &place) {
            return;
        }
        let issuer = Issuer::of(certificate);
        let role = role(certificate);
        let is_endpoint = matches!(role, Role::Endpoint | Role::SelfSignedEndpoint);
        let names = match is_endpoint {
            true => names_of(certificate),
            false => certificate.key.identity(),
        };
        let whole = certificate.der();
        self.push(
            certificate.sha256,
            Collected {
                successors: digest(&[
                    certificate.issuer.der(),
                    certificate.subject.der(),
                    names.as_bytes(),
                ]),
                stand_ins: digest(&[certificate.subject.der(), names.as_bytes()]),
                is_sent: matches!(place, Place::Host(_)),
                number: None,
                der: (whole.len() <= KEPT_LIMIT).then(|| whole.into()),
                issuer: Some(issuer.clone()),
                authority: (!is_endpoint).then(|| Issuer::called(certificate)),
                entry: InventoryEntry {
                    kind: EntryKind::Certificate(role),
                    name: called(certificate),
                    issuer: certificate.issuer.clone(),
                    serial: Some(certificate.serial.clone()),
                    sha256: Some(certificate.sha256),
                    distribution_point: Vec::new(),
                    begins: certificate.not_before,
                    ends: Some(certificate.not_after),
                    expiry: Expiry::Current,
                    places: vec![place],
                    more_places: 0,
                    key: Some(CertifiedKey::from(&certificate.key)),
                    has_key: false,
                    hosts: match is_endpoint {
                        true => hosts(certificate),
                        false => Vec::new(),
                    },
                    newer: None,
                    outlived_by: 0,
                },
            },
        );
        if role != Role::Root {
            self.issuers.insert(issuer.identity(), issuer);
        }
    }

    fn add_crl(&mut self, crl: &Crl, item: &Item) {
        let place = Place::Input(item.origin.clone());
        let points = crl.point_names();
        let of_issuer = of_crl(crl, &points);
        // Of a CRL only the header is kept. Copies agree in all of this.
        let number = crl.number.as_ref().map(ToString::to_string);
        let identity = digest(&[
            of_issuer.to_string().as_bytes(),
            number.unwrap_or_default().as_bytes(),
            crl.this_update.to_string().as_bytes(),
            format!("{:?}", crl.next_update).as_bytes(),
            crl.length.to_string().as_bytes(),
        ]);
        if self.is_known(&identity, &place) {
            return;
        }
        self.push(
            identity,
            Collected {
                successors: of_issuer,
                stand_ins: of_issuer,
                is_sent: false,
                number: crl.number.clone(),
                der: None,
                issuer: None,
                authority: None,
                entry: InventoryEntry {
                    kind: EntryKind::Crl,
                    name: item.name(),
                    issuer: crl.issuer.clone(),
                    serial: None,
                    sha256: None,
                    distribution_point: points,
                    begins: crl.this_update,
                    ends: crl.next_update,
                    expiry: Expiry::Current,
                    places: vec![place],
                    more_places: 0,
                    key: None,
                    has_key: false,
                    hosts: Vec::new(),
                    newer: None,
                    outlived_by: 0,
                },
            },
        );
    }

    /// Adds the known CAs that certificates of the input, or CAs added here, name as their issuers, as far as the input
    /// lacks them: one that expires ends what is below it. Goes by names and key identifiers; no signature is checked.
    pub fn add_known_above(&mut self, facts: &Facts) {
        let mut known: HashMap<_, Vec<_>> = HashMap::new();
        for authority in &facts.authorities {
            if let (Some(certificate), Some(source)) = (authority.certificate(), authority.source())
            {
                let named = known.entry(certificate.subject.canonical()).or_default();
                named.push((certificate, Found::known(source)));
            }
        }
        let mut asked = HashSet::new();
        let mut wanted: Vec<Issuer> = self.issuers.values().cloned().collect();
        while let Some(issuer) = wanted.pop() {
            let named = known.get(&issuer.name.canonical());
            for (certificate, found) in named.into_iter().flatten() {
                if issuer.may_be(certificate) && asked.insert(certificate.sha256) {
                    if !self.by_identity.contains_key(&certificate.sha256) {
                        self.add_certificate(certificate, Place::Known(*found));
                    }
                    wanted.push(Issuer::of(certificate));
                }
            }
        }
    }

    /// How many different objects there are.
    pub fn len(&self) -> usize {
        self.collected.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.collected.is_empty()
    }

    /// Judges all of them for this moment: what ends first comes first, and what has no end before that. Of the known CAs
    /// those are left out that are not current, where one of the same name and key is valid for longer.
    pub fn judged(self, at: Moment, periods: Periods) -> Vec<InventoryEntry> {
        let Collection {
            mut collected,
            keys,
            ..
        } = self;
        for Collected { entry, .. } in &mut collected {
            entry.expiry = entry.expiry_at(at, periods);
            let key = entry.key.as_ref();
            entry.has_key = key.is_some_and(|key| keys.contains(&key.identity));
        }
        stand_in(&mut collected);
        collected.sort_by(|one, other| one.order().cmp(&other.order()));
        count_below(&mut collected);
        newer::find(&mut collected, at);
        collected.into_iter().map(|one| one.entry).collect()
    }

    /// Whether there is an entry for this already; then it has one more place.
    fn is_known(&mut self, identity: &Sha256Digest, place: &Place) -> bool {
        let number = self.by_identity.get(identity);
        let Some(known) = number.and_then(|number| self.collected.get_mut(*number)) else {
            return false;
        };
        known.is_sent |= matches!(place, Place::Host(_));
        let entry = &mut known.entry;
        match entry.places.len() < PLACES_LIMIT {
            true => entry.places.push(place.clone()),
            false => entry.more_places += 1,
        }
        true
    }

    fn push(&mut self, identity: Sha256Digest, collected: Collected) {
        self.by_identity.insert(identity, self.collected.len());
        self.collected.push(collected);
    }
}

impl InventoryEntry {
    /// How much time it has left, by its own dates.
    fn expiry_at(&self, at: Moment, periods: Periods) -> Expiry {
        let left = match (self.kind, self.ends) {
            (EntryKind::Certificate(_), Some(end)) => {
                Expiry::of_certificate(end, at, i64::from(periods.certificate_days))
            }
            (_, end) => Expiry::of_crl(end, at, periods.crl_seconds),
        };
        match left {
            Expiry::Current | Expiry::Expiring if at < self.begins => Expiry::NotYetValid,
            left => left,
        }
    }
}

/// Takes into account what is valid in place of something that is not: of one name and key, for the same names, or of the
/// same scope.
fn stand_in(collected: &mut Vec<Collected>) {
    let mut valid: HashMap<Sha256Digest, Option<Moment>> = HashMap::new();
    for one in collected.iter().filter(|one| one.entry.expiry.is_now()) {
        let until = valid.entry(one.stand_ins).or_default();
        *until = one.entry.ends.max(*until);
    }
    collected.retain(
        |Collected {
             entry, stand_ins, ..
         }| {
            let is_known = entry
                .places
                .iter()
                .all(|place| matches!(place, Place::Known(_)));
            let is_replaced = || {
                valid
                    .get(stand_ins)
                    .is_some_and(|until| *until > entry.ends)
            };
            entry.expiry == Expiry::Current || !is_known || !is_replaced()
        },
    );
    for one in collected {
        let is_early = one.entry.expiry == Expiry::NotYetValid && !one.is_sent;
        if is_early && valid.contains_key(&one.stand_ins) {
            one.entry.expiry = Expiry::Upcoming;
        }
    }
}

impl Collected {
    /// By the end, then by what a reader looks for; the same for the same objects in any order.
    fn order(&self) -> (Option<Moment>, &str, Moment, Option<Sha256Digest>) {
        let InventoryEntry {
            name,
            ends,
            begins,
            sha256,
            ..
        } = &self.entry;
        (*ends, name, *begins, *sha256)
    }
}

/// Counts what outlives each CA.
fn count_below(collected: &mut [Collected]) {
    let runs_out =
        |entry: &InventoryEntry| matches!(entry.expiry, Expiry::Expiring | Expiry::Expired);
    let is_due = |one: &Collected| one.authority.is_some() && runs_out(&one.entry);
    if !collected.iter().any(is_due) {
        return;
    }
    // They come in the order of their ends, so that of several with one name and key the last to expire stays.
    let mut latest = HashMap::new();
    for (number, one) in collected.iter().enumerate() {
        if let Some(Issuer { name, key }) = &one.authority {
            latest.insert((name.canonical(), key.clone()), number);
            latest.insert((name.canonical(), None), number);
        }
    }
    let mut below = vec![0; collected.len()];
    for one in collected.iter() {
        let Some(Issuer { name, key }) = &one.issuer else {
            continue;
        };
        let by_name = || latest.get(&(name.canonical(), None));
        let Some(&number) = latest
            .get(&(name.canonical(), key.clone()))
            .or_else(by_name)
        else {
            continue;
        };
        let authority = collected.get(number).map(|one| &one.entry);
        let is_cut_short = authority.is_some_and(|ca| runs_out(ca) && one.entry.ends > ca.ends)
            && one.entry.expiry != Expiry::Expired;
        if let (true, Some(count)) = (is_cut_short, below.get_mut(number)) {
            *count += 1;
        }
    }
    for (one, count) in collected.iter_mut().zip(below) {
        one.entry.outlived_by = count;
    }
}

impl Issuer {
    /// How certificates name a CA that has this certificate.
    fn called(certificate: &Certificate) -> Issuer {
        let key = certificate.extensions.subject_key_identifier.as_ref();
        Issuer {
            name: certificate.subject.clone(),
            key: key.map(|marked| marked.value.clone()),
        }
    }

    fn of(certificate: &Certificate) -> Issuer {
        let key = certificate.extensions.authority_key_identifier.as_ref();
        Issuer {
            name: certificate.issuer.clone(),
            key: key.and_then(|marked| marked.value.key.clone()),
        }
    }

    fn identity(&self) -> Sha256Digest {
        let key = self.key.as_ref().map(ToString::to_string);
        digest(&[self.name.der(), key.unwrap_or_default().as_bytes()])
    }

    /// Whether the identifiers of the key do not say that it is another CA of the same name.
    fn may_be(&self, certificate: &Certificate) -> bool {
        let own = certificate.extensions.subject_key_identifier.as_ref();
        match (&self.key, own) {
            (Some(key), Some(own)) => *key == own.value,
            _ => true,
        }
    }
}

/// Subject and host names: what a certificate and the one that renews it have in common, besides the issuer.
fn names_of(certificate: &Certificate) -> Sha256Digest {
    let mut names: Vec<&str> = certificate.dns_names().collect();
    names.sort_unstable();
    let mut parts = vec![certificate.subject.der()];
    parts.extend(names.into_iter().map(str::as_bytes));
    digest(&parts)
}

/// Issuer, key, partition and kind: what a CRL and the next one have in common.
fn of_crl(crl: &Crl, points: &[String]) -> Sha256Digest {
    let key = crl.authority_key_identifier.as_ref();
    let key = key
        .and_then(|key| key.key.as_ref())
        .map(ToString::to_string);
    let key = key.unwrap_or_default();
    let scope = format!("{:?} {}", crl.scope(), crl.base_number.is_some());
    let mut parts = vec![crl.issuer.der(), key.as_bytes(), scope.as_bytes()];
    parts.extend(points.iter().map(String::as_bytes));
    digest(&parts)
}

/// SHA-256 over all of them, each with its length.
fn digest(parts: &[&[u8]]) -> Sha256Digest {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    sha256(&bytes)
}

/// The host names of a certificate, each once, the CN first. None of them where one is no host name, an address for instance,
/// where they do not read or there are too many: a request for some of them would not replace it.
fn hosts(certificate: &Certificate) -> Vec<Fqdn> {
    let is_host = |name: &GeneralName| matches!(name, GeneralName::Dns(_));
    let are_hosts = certificate.alternative_names().iter().all(is_host);
    if !are_hosts || certificate.extensions.has_malformed_alternative_names() {
        return Vec::new();
    }
    // The most specific one is the CN.
    let common_names = certificate.subject.values("CN").rev();
    let mut hosts: Vec<Fqdn> = Vec::new();
    for name in common_names.chain(certificate.dns_names()) {
        match Fqdn::parse(name) {
            Ok(host) if hosts.contains(&host) => {}
            Ok(host) if hosts.len() < HOSTS_LIMIT => hosts.push(host),
            _ => return Vec::new(),
        }
    }
    hosts
}

#[cfg(test)]
mod tests;
