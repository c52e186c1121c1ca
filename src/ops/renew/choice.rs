//! Which certificates are renewed.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::document::{Moment, Role, Sha256Digest};
use crate::fqdn::Fqdn;
use crate::verdict::inventory::{EntryKind, Expiry, InventoryEntry, Place};

/// The certificates to renew, and how many need no renewal.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// The certificate in use of each host to be renewed; what expires first comes first.
    pub(super) current: Vec<Chosen>,
    /// The keys of all endpoint certificates, with the last of them that each has.
    pub(super) in_use: HashMap<Sha256Digest, InUse>,
    /// How many expire later.
    pub(super) not_due: usize,
    /// How many would be due but for a newer one.
    pub(super) replaced: usize,
    /// How many are self-signed and were not asked for by name: no CA answers a request for one.
    pub(super) self_signed: usize,
}

/// A certificate to renew.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) entry: InventoryEntry,
    /// Where certificates of the same host are that have names which this one lacks, the first few.
    pub(super) others: Vec<String>,
}

/// A certificate whose key is in use.
#[derive(Clone, Debug)]
pub(super) struct InUse {
    /// Where it is.
    pub(super) place: String,
    pub(super) ends: Option<Moment>,
}

/// A host of which there is no certificate.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) name: Fqdn,
    /// Those of which there is one.
    pub(super) hosts: Vec<String>,
}

/// What becomes of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Renewed,
    NotDue,
    Replaced,
}

/// Chooses among what was found, which comes in the order in which it expires: the certificates of these hosts, or those of
/// all where none is named.
pub(super) fn choose(
    entries: Vec<InventoryEntry>,
    names: &[Fqdn],
    if_due: bool,
) -> Result<Choice, Missing> {
    let endpoints: Vec<InventoryEntry> = entries.into_iter().filter(is_endpoint).collect();
    let mut wanted = HashSet::new();
    for name in names {
        match current(&endpoints, name, if_due) {
            Some(place) => {
                wanted.insert(place);
            }
            None => return Err(missing(name, &endpoints)),
        }
    }
    let mut choice = Choice::default();
    for entry in &endpoints {
        // They come in the order of their ends.
        if let Some(key) = &entry.key {
            let (place, ends) = (place(entry), entry.ends);
            choice.in_use.insert(key.identity, InUse { place, ends });
        }
    }
    let mut due = Vec::new();
    for (place, entry) in endpoints.into_iter().enumerate() {
        if names.is_empty() && !is_issued(&entry) {
            choice.self_signed += 1;
            continue;
        }
        if !names.is_empty() && !wanted.contains(&place) {
            continue;
        }
        match need(&entry, if_due) {
            Need::Renewed => due.push(entry),
            Need::NotDue => choice.not_due += 1,
            Need::Replaced => choice.replaced += 1,
        }
    }
    choice.take(due);
    Ok(choice)
}

/// So many other certificates of a host are named.
const OTHERS_LIMIT: usize = 4;

impl Choice {
    /// Takes of each host the certificate that expires last: a host has one next pair. What the others are for has to be in it.
    fn take(&mut self, due: Vec<InventoryEntry>) {
        let mut of_host: HashMap<String, usize> = HashMap::new();
        for entry in due.into_iter().rev() {
            let number = of_host
                .entry(own_name(&entry))
                .or_insert(self.current.len());
            let Some(chosen) = self.current.get_mut(*number) else {
                let others = Vec::new();
                self.current.push(Chosen { entry, others });
                continue;
            };
            let has = |name: &Fqdn| chosen.entry.hosts.contains(name);
            if !entry.hosts.is_empty() && entry.hosts.iter().all(has) {
                self.replaced += 1;
            } else if chosen.others.len() < OTHERS_LIMIT {
                chosen.others.push(place(&entry));
            }
        }
        self.current.reverse();
    }
}

/// What the files of a host are called after.
fn own_name(entry: &InventoryEntry) -> String {
    match entry.hosts.first() {
        Some(host) => host.to_string(),
        None => {
            Fqdn::parse(&entry.name).map_or_else(|_| entry.name.clone(), |host| host.to_string())
        }
    }
}

/// Where a certificate was found first.
pub(super) fn place(entry: &InventoryEntry) -> String {
    let origins = entry.places.iter().find_map(|place| match place {
        Place::Input(origin) => Some(origin.to_string()),
        _ => None,
    });
    origins.unwrap_or_default()
}

/// One that is not yet valid is not due.
fn need(entry: &InventoryEntry, if_due: bool) -> Need {
    let is_due = matches!(entry.expiry, Expiry::Expiring | Expiry::Expired);
    match (if_due && !is_due, if_due, entry.newer) {
        (true, _, _) => Need::NotDue,
        (_, true, Some(_)) => Need::Replaced,
        _ => Need::Renewed,
    }
}

/// The certificate of a host that is in use: the one that expires last, one that is due before any other, one whose private key is
/// there before one without, one whose own name it is before one that has it as a further name, one of a CA before a self-signed one.
fn current(endpoints: &[InventoryEntry], name: &Fqdn, if_due: bool) -> Option<usize> {
    let of_name = endpoints.iter().enumerate().filter(|(_, entry)| {
        entry.hosts.contains(name) || (entry.hosts.is_empty() && is_called(entry, name))
    });
    let (place, _) = of_name.max_by_key(|(place, entry)| {
        let is_own = entry.hosts.first() == Some(name) || entry.hosts.is_empty();
        let is_due = if_due && need(entry, if_due) == Need::Renewed;
        (is_issued(entry), is_own, entry.has_key, is_due, *place)
    })?;
    Some(place)
}

/// Whether a certificate of which the hosts are not all known is called like this.
fn is_called(entry: &InventoryEntry, name: &Fqdn) -> bool {
    Fqdn::parse(&entry.name).is_ok_and(|called| called == *name)
}

fn is_endpoint(entry: &InventoryEntry) -> bool {
    matches!(
        entry.kind,
        EntryKind::Certificate(Role::Endpoint | Role::SelfSignedEndpoint)
    )
}

fn is_issued(entry: &InventoryEntry) -> bool {
    entry.kind == EntryKind::Certificate(Role::Endpoint)
}

fn missing(name: &Fqdn, endpoints: &[InventoryEntry]) -> Missing {
    let hosts: BTreeSet<String> = endpoints
        .iter()
        .map(|entry| match entry.hosts.first() {
            Some(host) => host.to_string(),
            None => entry.name.clone(),
        })
        .collect();
    Missing {
        name: name.clone(),
        hosts: hosts.into_iter().collect(),
    }
}
