//! What `match` reports: which key, request and certificate belong together.

use schemars::JsonSchema;
use serde::Serialize;

use super::inspection::{FindingReport, UnreadReport, names};
use super::layout::{Detail, Page};
use super::parts::{self, Fields};
use crate::document::{Item, Kind, Sha256Digest};
use crate::input::Origin;
use crate::ops::matching as ops;
use crate::verdict::KeyGroup;
use crate::wording::Voice;

/// The schema's name.
pub const SCHEMA: &str = "ptl-cert/match/1";

/// Everything one run of `match` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct MatchingReport<'a> {
    /// `ptl-cert/match/1`.
    pub schema: &'static str,
    /// The keys, each with all that holds it, in the input's order.
    pub keys: Vec<KeyHolders<'a>>,
    /// Objects that hold no key, or one that was not opened.
    pub others: Vec<Holder<'a>>,
    /// What could not be read.
    pub unread: Vec<UnreadReport>,
    /// Files of folders that are something else, and what; subfolders that were not searched, links to folders, pipes, sockets
    /// and devices.
    pub passed_over: Vec<UnreadReport>,
    /// Keys and requests that fit nothing.
    pub findings: Vec<FindingReport>,
}

/// One key and all that holds it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct KeyHolders<'a> {
    /// SHA-256 over the key's SubjectPublicKeyInfo.
    pub spki_sha256: Sha256Digest,
    /// The key's kind and size.
    pub algorithm: String,
    /// Whether a private key and a certificate or request are together here.
    pub complete: bool,
    /// The objects.
    pub objects: Vec<Holder<'a>>,
}

/// One object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Holder<'a> {
    /// Its number in the input, from 0.
    pub number: usize,
    /// What it is.
    pub kind: Kind,
    /// What to call it.
    pub name: String,
    /// Where it is.
    pub origin: &'a Origin,
}

impl<'a> MatchingReport<'a> {
    /// Lays out what was found.
    pub fn new(matching: &'a ops::Matching) -> MatchingReport<'a> {
        MatchingReport::in_voice(matching, Voice::Neutral)
    }

    /// The same with remedies in this voice.
    pub fn in_voice(matching: &'a ops::Matching, voice: Voice) -> MatchingReport<'a> {
        let items = &matching.items;
        let others = items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.document.public_key().is_none());
        MatchingReport {
            schema: SCHEMA,
            keys: parts::each(&matching.keys, |group| KeyHolders::new(group, items)),
            others: others
                .map(|(number, item)| Holder::new(number, item))
                .collect(),
            unread: UnreadReport::all(&matching.unread, voice),
            passed_over: UnreadReport::all(&matching.passed_over, voice),
            findings: parts::each(&matching.findings, |finding| {
                FindingReport::new(finding, voice)
            }),
        }
    }

    /// Renders for a terminal of this many columns: a heading for each key, a line for each object. In brief there is no
    /// advice, and in full each key has its whole SHA-256.
    pub fn render(&self, detail: Detail, width: usize) -> String {
        parts::whole(|sink| self.render_each(detail, width, |part| part, sink))
    }

    /// The same in parts, laid out on all cores: `finish` is put to each of them there, and `sink` takes them in order.
    ///
    /// # Errors
    /// Those of `sink`, the first of which ends it.
    pub fn render_each<E>(
        &self,
        detail: Detail,
        width: usize,
        finish: impl Fn(String) -> String + Sync,
        mut sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        let lay_out = |start: usize, keys: &[KeyHolders<'_>]| {
            let mut page = Page::new(width);
            if start > 0 {
                page.line("");
            }
            for key in keys {
                page.gap_unless_begun();
                key.render(&mut page, detail);
            }
            finish(page.into_text())
        };
        parts::in_order(&self.keys, lay_out, &mut sink)?;
        let mut page = Page::new(width);
        if !self.others.is_empty() {
            if !self.keys.is_empty() {
                page.line("");
            }
            page.heading("no key in these, or not opened", "");
            for object in &self.others {
                object.render(&mut page);
            }
        }
        let nothing_above = self.keys.is_empty() && self.others.is_empty();
        if !(self.findings.is_empty() || nothing_above) {
            page.line("");
        }
        sink(finish(page.into_text()))?;
        let keyed = self.keys.iter().flat_map(|key| &key.objects);
        let all = keyed.chain(&self.others);
        let names = names(all.map(|object| object.name.as_str()));
        let lay_out = |_, findings: &[FindingReport]| {
            let mut page = Page::new(width);
            for finding in findings {
                finding.render(&mut page, &names, detail);
            }
            finish(page.into_text())
        };
        parts::in_order(&self.findings, lay_out, sink)
    }

    /// Writes the whole as JSON that people can read too, serialised on all cores: `finish` is put to the text there, and
    /// `sink` takes everything in order.
    ///
    /// # Errors
    /// Those of `sink`, the first of which ends it.
    pub fn write_json<E: From<serde_json::Error>>(
        &self,
        finish: impl Fn(String) -> String + Sync,
        sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        let MatchingReport {
            schema,
            keys,
            others,
            unread,
            passed_over,
            findings,
        } = self;
        let mut fields = Fields::new(sink);
        fields.field("schema", schema)?;
        fields.members("keys", keys, &finish)?;
        fields.members("others", others, &finish)?;
        fields.members("unread", unread, &finish)?;
        fields.members("passed_over", passed_over, &finish)?;
        fields.members("findings", findings, &finish)?;
        fields.end()
    }
}

/// The first 16 digits: enough to tell the keys of one folder apart by eye; the JSON has all.
fn short(digest: &Sha256Digest) -> String {
    let digest = digest.to_string();
    digest.get(..16).unwrap_or_default().to_owned()
}

impl<'a> KeyHolders<'a> {
    fn new(group: &KeyGroup, items: &'a [Item]) -> KeyHolders<'a> {
        let members = || {
            let numbers = group.members.iter();
            numbers.filter_map(|number| Some((*number, items.get(*number)?)))
        };
        let kinds =
            |wanted: &[Kind]| members().any(|(_, item)| wanted.contains(&item.document.kind()));
        let key = members().find_map(|(_, item)| item.document.public_key());
        KeyHolders {
            spki_sha256: group.spki_sha256,
            algorithm: key.map(|key| key.algorithm.to_string()).unwrap_or_default(),
            complete: kinds(&[Kind::PrivateKey]) && kinds(&[Kind::Certificate, Kind::Request]),
            objects: members()
                .map(|(number, item)| Holder::new(number, item))
                .collect(),
        }
    }
}

impl KeyHolders<'_> {
    fn render(&self, page: &mut Page, detail: Detail) {
        let objects = self.objects.iter();
        let private = objects
            .map(|object| object.kind)
            .any(|kind| kind == Kind::PrivateKey);
        let alone = match (self.objects.len(), self.complete, private) {
            (1, ..) => "belongs to nothing else in the input",
            (_, true, _) => "belong together",
            (_, false, true) => "same key; no certificate or request",
            (_, false, false) => "same key; no private key",
        };
        let digest = match detail {
            Detail::Full => self.spki_sha256.to_string(),
            Detail::Brief | Detail::Usual => short(&self.spki_sha256),
        };
        page.heading(&format!("{}  {digest}", self.algorithm), alone);
        for object in &self.objects {
            object.render(page);
        }
    }
}

impl<'a> Holder<'a> {
    fn new(number: usize, item: &'a Item) -> Holder<'a> {
        Holder {
            number,
            kind: item.document.kind(),
            name: item.name(),
            origin: &item.origin,
        }
    }

    fn render(&self, page: &mut Page) {
        let kind = match self.kind {
            Kind::Certificate => "certificate",
            Kind::Request => "request",
            Kind::Crl => "CRL",
            Kind::PrivateKey => "private key",
            Kind::EncryptedPrivateKey => "locked key",
            Kind::PublicKey => "public key",
        };
        let place = self.origin.to_string();
        match place == self.name {
            true => page.labelled(kind, &place),
            false => page.labelled(kind, &format!("{place} · {}", self.name)),
        }
    }
}
