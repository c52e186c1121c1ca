//! The requests of certificates in use.

use std::collections::{BTreeSet, HashMap};

use crate::document::{Document, Item, Name, Sha256Digest, Value};
use crate::fqdn::Fqdn;
use crate::generate::SubjectAttributes;
use crate::input::{Origin, printable};
use crate::ops::csr::found::names;

/// The requests among the files, by the key and the names that each asks for.
#[derive(Debug, Default)]
pub(super) struct Requests(HashMap<(Sha256Digest, BTreeSet<Fqdn>), Requested>);

/// What the next request takes over from an earlier one.
#[derive(Debug)]
pub(super) struct Requested {
    pub(super) origin: Origin,
    /// Whether it has a subjectAltName.
    pub(super) has_alternatives: bool,
    subject: Name,
}

impl Requests {
    /// Remembers a request, the first for each key and names. One whose signature is wrong was changed, and says nothing.
    pub(super) fn add(&mut self, item: &Item) {
        if let Document::Request(request) = &item.document
            && request.signature_valid
        {
            let Some(names) = names(request) else { return };
            let known = self.0.entry((request.key.identity(), names));
            known.or_insert_with(|| Requested {
                origin: item.origin.clone(),
                has_alternatives: request.extensions.names_alternatives(),
                subject: request.subject.clone(),
            });
        }
    }

    /// The request for this key and these hosts, the first of which is the CN, or for the CN alone, to which the CA added the others.
    pub(super) fn of(&self, key: Sha256Digest, hosts: &[Fqdn]) -> Option<&Requested> {
        let first = hosts.iter().take(1).cloned();
        let whole = self.0.get(&(key, hosts.iter().cloned().collect()));
        whole.or_else(|| self.0.get(&(key, first.collect())))
    }
}

impl Requested {
    /// The attributes of its subject besides the common name, and those that a new request does not have, such as an e-mail
    /// address or a second organisational unit.
    pub(super) fn attributes(&self) -> (SubjectAttributes, Vec<String>) {
        let (mut kept, mut left_out) = (SubjectAttributes::default(), Vec::new());
        for attribute in self.subject.attributes().filter(|one| one.kind != "CN") {
            let value = match &attribute.value {
                Value::Text(text) => text.as_str(),
                Value::Der(_) => "",
            };
            match kept.clone().with(&attribute.kind, value) {
                Ok(more) => kept = more,
                Err(_) => left_out.push(format!("{}={}", attribute.kind, printable(value))),
            }
        }
        (kept, left_out)
    }
}
