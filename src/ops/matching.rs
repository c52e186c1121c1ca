//! Which key, request and certificate belong together?

use super::Context;
use super::gather::{self, Named, Reading, Unread, UnreadReason};
use crate::decode::{Container, Password};
use crate::document::{Document, Item};
use crate::input::Source;
use crate::store::read::Depth;
use crate::verdict::{self, Finding, KeyGroup};

/// What is compared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Files, folders and bytes.
    pub named: Vec<Named>,
    /// How far folders are searched.
    pub depth: Depth,
    /// Opens PKCS#12 files and encrypted keys.
    pub password: Option<Password>,
}

impl Options {
    /// Compares everything in these inputs.
    pub fn new(named: impl IntoIterator<Item = Named>) -> Options {
        Options {
            named: named.into_iter().collect(),
            depth: Depth::Directory,
            password: None,
        }
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
}

/// What belongs together.
#[derive(Debug)]
#[non_exhaustive]
pub struct Matching {
    /// Everything that was read, in order.
    pub items: Vec<Item>,
    /// The keys, each with all that holds it.
    pub keys: Vec<KeyGroup>,
    /// Keys and requests that match nothing.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Files of folders that are not PKI objects, and what of folders was not looked into.
    pub passed_over: Vec<Unread>,
}

/// Groups everything by key. Only keys are compared: no CA need be known, and dates do not matter.
pub fn matching(options: &Options, context: &Context<'_>) -> Matching {
    let password = options.password.as_ref();
    let named = &options.named;
    let mut reading = gather::read_all(
        named,
        options.depth,
        password,
        context.observer,
        gather::KeptCrls::Headers,
    );
    if password.is_some() {
        refused(&mut reading);
    }
    Matching::of(reading)
}

/// Adds to what is unread the keys that the given password does not open, where it opens nothing else either: it is wrong then.
/// Where it does, they are other keys with passwords of their own, which is a finding.
fn refused(reading: &mut Reading) {
    let is_opened = |item: &Item| match &item.document {
        Document::PrivateKey(_) => !item.is_clear_key,
        _ => matches!(item.container, Container::Pkcs12 | Container::KeyStore),
    };
    if reading.items.iter().any(is_opened) {
        return;
    }
    let locked = reading.items.iter().filter_map(|item| {
        let Document::EncryptedKey(key) = &item.document else {
            return None;
        };
        let reason = UnreadReason::Locked {
            scheme: key.scheme.clone(),
            tried: true,
        };
        key.tried
            .then(|| Unread::new(Source::clone(&item.origin.source), reason))
    });
    let locked: Vec<Unread> = locked.collect();
    reading.unread.extend(locked);
}

impl Matching {
    /// Groups what was read by key. No facts and no clock are needed.
    pub fn of(reading: Reading) -> Matching {
        let (keys, findings) = verdict::match_keys(&reading.items);
        Matching {
            keys,
            findings,
            items: reading.items,
            unread: reading.unread,
            passed_over: reading.passed_over,
        }
    }

    /// Whether there is a private key with a certificate for it, and every private key and request matches a certificate.
    pub fn is_complete(&self) -> bool {
        let held = |group: &KeyGroup, wanted: fn(&Document) -> bool| {
            let mut members = group
                .members
                .iter()
                .filter_map(|number| self.items.get(*number));
            members.any(|item| wanted(&item.document))
        };
        let is_certificate = |document: &Document| matches!(document, Document::Certificate(_));
        let is_key = |document: &Document| matches!(document, Document::PrivateKey(_));
        self.unread.is_empty()
            && self.findings.is_empty()
            && self
                .keys
                .iter()
                .any(|group| held(group, is_key) && held(group, is_certificate))
    }
}
