//! The requests of certificates in use.

use std::collections::HashMap;

use crate::document::{Document, Item, Name, Sha256Digest, Value};
use crate::generate::SubjectAttributes;
use crate::input::{Origin, printable};

/// The requests among the files, by the key that each asks for.
#[derive(Debug, Default)]
pub(super) struct Requests(HashMap<Sha256Digest, Requested>);

/// What the next request takes over from an earlier one.
#[derive(Debug)]
pub(super) struct Requested {
    pub(super) origin: Origin,
    /// Whether it has a subjectAltName.
    pub(super) has_alternatives: bool,
    subject: Name,
}

impl Requests {
    /// Remembers a request, the first for each key. One whose signature is wrong was changed, and says nothing.
    pub(super) fn add(&mut self, item: &Item) {
        if let Document::Request(request) = &item.document
            && request.signature_valid
        {
            let known = self.0.entry(request.key.identity());
            known.or_insert_with(|| Requested {
                origin: item.origin.clone(),
                has_alternatives: request.extensions.names_alternatives(),
                subject: request.subject.clone(),
            });
        }
    }

    /// The request for this key.
    pub(super) fn of(&self, key: &Sha256Digest) -> Option<&Requested> {
        self.0.get(key)
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
