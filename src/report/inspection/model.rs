//! The model: everything the text says, as data.

use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::role;
use crate::decode::Container;
use crate::document::{
    Certificate, Crl, Document, Item, KeyAlgorithm, Kind, Moment, Partial, PublicKey, Request,
    Role, Sha256Digest,
};
use crate::environment::AuthorityPurpose;
use crate::input::{Origin, Source};
use crate::ops::{gather, inspect as ops};
use crate::report::parts::{self, Fields};
use crate::report::problem::ErrorCode;
use crate::store::read::LeftOutKind;
use crate::verdict::{Identity, KeyGroup, Severity};
use crate::wording::Voice;

use super::FindingReport;
use super::chain::ChainReport;

/// The schema's name; the number changes only when a field changes its meaning or goes.
pub const SCHEMA: &str = "ptl-cert/inspect/1";

/// The schema's name of a line of NDJSON.
pub const RECORD_SCHEMA: &str = "ptl-cert/inspect-ndjson/1";

/// Everything one run of `inspect` has to say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct InspectionReport<'a> {
    /// `ptl-cert/inspect/1`.
    pub schema: &'static str,
    /// The moment for which dates were judged.
    pub at: Moment,
    /// What was read, in the input's order.
    pub objects: Vec<ObjectReport<'a>>,
    /// The chains from every certificate that has nothing of the input below it.
    pub chains: Vec<ChainReport<'a>>,
    /// Objects that hold the same key.
    pub keys: Vec<KeyReport>,
    /// What could not be read.
    pub unread: Vec<UnreadObjectReport>,
    /// Files of folders that are something else, and what; subfolders that were not searched, links to folders, pipes, sockets
    /// and devices.
    pub passed_over: Vec<UnreadReport>,
    /// What is wrong, in the input's order.
    pub findings: Vec<FindingReport>,
}

/// One line of NDJSON: an object with its findings, or last of all what is not about one object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record<'a> {
    /// One object.
    Object {
        /// `ptl-cert/inspect-ndjson/1`.
        schema: &'static str,
        /// The object.
        #[serde(flatten)]
        object: Box<ObjectReport<'a>>,
        /// What is wrong with it.
        findings: Vec<FindingReport>,
    },
    /// The rest.
    Summary {
        /// `ptl-cert/inspect-ndjson/1`.
        schema: &'static str,
        /// The moment for which dates were judged.
        at: Moment,
        /// How many objects were read.
        objects: usize,
        /// The chains.
        chains: Vec<ChainReport<'a>>,
        /// Objects that hold the same key.
        keys: Vec<KeyReport>,
        /// What could not be read.
        unread: Vec<UnreadObjectReport>,
        /// Files of folders that are something else, and what; subfolders that were not searched, links to folders, pipes, sockets
        /// and devices.
        passed_over: Vec<UnreadReport>,
        /// What is wrong with the input as a whole.
        findings: Vec<FindingReport>,
    },
}

/// One object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ObjectReport<'a> {
    /// Its number in the input, from 0.
    pub number: usize,
    /// Where it is.
    pub origin: &'a Origin,
    /// What kind of file it came from.
    pub container: Container,
    /// What it is.
    pub kind: Kind,
    /// What to call it.
    pub name: String,
    /// For a certificate: its role, as far as it says so itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// For a certificate: whole days until its last second; negative once it has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// What the known CAs say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityReport<'a>>,
    /// The facts, where it is a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<&'a Certificate>,
    /// The facts, where it is a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<&'a Request>,
    /// The facts, where it is a CRL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<&'a Crl>,
    /// The public key, or the one that belongs to a private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<&'a PublicKey>,
    /// How a private key that was not opened is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<&'a str>,
    /// The certificate as PEM, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
}

/// How much is written of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectDetail {
    /// Its facts.
    Facts,
    /// And each certificate as PEM.
    WithPem,
}

/// What the known CAs say of a certificate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct IdentityReport<'a> {
    /// `PTL` or `Live`.
    pub hierarchy: &'a str,
    /// `G1`, `G2`.
    pub generation: &'a str,
    /// Who runs the CA that says so, where the facts say; `NHS` for those built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<&'a str>,
    /// The ids of the environments it may be for; several where they share a CA.
    pub environments: &'a [String],
    /// What people call these environments, in the same order.
    pub environment_titles: &'a [String],
    /// What its issuer's certificates are for.
    pub purpose: AuthorityPurpose,
    /// Whether it is itself one of the known CAs, by its SHA-256.
    pub pinned: bool,
}

/// Objects that hold the same key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct KeyReport {
    /// SHA-256 over the SubjectPublicKeyInfo.
    pub spki_sha256: Sha256Digest,
    /// The key's kind and size.
    pub algorithm: String,
    /// The objects' numbers.
    pub objects: Vec<usize>,
}

/// Something that could not be read, or was not.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct UnreadReport {
    /// Where it is.
    pub source: Source,
    /// What kind of error it is, as of a run that gives no answer.
    pub code: ErrorCode,
    /// What is wrong.
    pub message: String,
    /// What to do, where the message does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Whether it was recognised, and is no CRL beside CRLs that were given as such.
    #[serde(skip)]
    pub is_beside_crls: bool,
    /// What it is, if it is in a folder and was not looked into.
    #[serde(skip)]
    pub left_out: Option<LeftOutKind>,
}

impl UnreadReport {
    /// Says what could not be read, the remedies in this voice.
    pub fn all(unread: &[gather::Unread], voice: Voice) -> Vec<UnreadReport> {
        let say = |one| UnreadReport::new(one, voice);
        unread.iter().map(say).collect()
    }

    fn new(one: &gather::Unread, voice: Voice) -> UnreadReport {
        UnreadReport {
            source: one.source.clone(),
            code: ErrorCode::of_input(one),
            message: one.message(),
            remedy: one.remedy(voice),
            is_beside_crls: matches!(*one.reason, gather::UnreadReason::NotACrl { .. }),
            left_out: one.left_out(),
        }
    }

    /// Whether it is a subfolder, or a link to a folder, that was not searched.
    pub(in crate::report) fn is_subfolder(&self) -> bool {
        matches!(
            self.left_out,
            Some(LeftOutKind::Subfolder | LeftOutKind::LinkToFolder)
        )
    }
}

/// Something that could not be read, and what of it could be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct UnreadObjectReport {
    /// What it is.
    #[serde(flatten)]
    pub unread: UnreadReport,
    /// What could be read of a certificate, request or CRL: to be shown, and not to be relied on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<Box<Partial>>,
}

impl UnreadObjectReport {
    /// Says what could not be read, the remedies in this voice.
    pub fn all(unread: &[gather::Unread], voice: Voice) -> Vec<UnreadObjectReport> {
        let say = |one: &gather::Unread| UnreadObjectReport {
            unread: UnreadReport::new(one, voice),
            partial: one.partial().map(|(_, partial)| Box::new(partial.clone())),
        };
        unread.iter().map(say).collect()
    }
}

/// The objects with their numbers.
fn numbered(items: &[Item]) -> Vec<(usize, &Item)> {
    items.iter().enumerate().collect()
}

impl<'a> InspectionReport<'a> {
    /// Lays out what was read and found.
    pub fn new(inspection: &'a ops::Inspection) -> InspectionReport<'a> {
        InspectionReport::in_voice(inspection, Voice::Neutral)
    }

    /// The same with remedies in this voice.
    pub fn in_voice(inspection: &'a ops::Inspection, voice: Voice) -> InspectionReport<'a> {
        let ops::Inspection {
            at,
            items,
            examination,
            unread,
            passed_over,
            ..
        } = inspection;
        let at = *at;
        let identity = |number: usize| examination.identities.get(number).and_then(Option::as_ref);
        InspectionReport {
            schema: SCHEMA,
            at,
            objects: parts::each(&numbered(items), |(number, item)| {
                ObjectReport::new(*number, item, identity(*number), at)
            }),
            chains: examination.chains.iter().map(ChainReport::new).collect(),
            keys: examination
                .keys
                .iter()
                .map(|group| KeyReport::new(group, |number| key_of(items, number)))
                .collect(),
            unread: UnreadObjectReport::all(unread, voice),
            passed_over: UnreadReport::all(passed_over, voice),
            findings: parts::each(&examination.findings, |finding| {
                FindingReport::new(finding, voice)
            }),
        }
    }

    /// Adds each certificate as PEM.
    pub fn with_pem(mut self) -> InspectionReport<'a> {
        self.objects.iter_mut().for_each(ObjectReport::add_pem);
        self
    }

    /// Writes the whole as JSON that people can read too, its objects and findings serialised on all cores: `finish` is put
    /// to their text there, and `sink` takes everything in order.
    ///
    /// # Errors
    /// Those of `sink`, the first of which ends it.
    pub fn write_json<E: From<serde_json::Error>>(
        &self,
        finish: impl Fn(String) -> String + Sync,
        sink: impl FnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        let InspectionReport {
            schema,
            at,
            objects,
            chains,
            keys,
            unread,
            passed_over,
            findings,
        } = self;
        let mut fields = Fields::new(sink);
        fields.field("schema", schema)?;
        fields.field("at", at)?;
        fields.members("objects", objects, &finish)?;
        fields.members("chains", chains, &finish)?;
        fields.members("keys", keys, &finish)?;
        fields.members("unread", unread, &finish)?;
        fields.members("passed_over", passed_over, &finish)?;
        fields.members("findings", findings, &finish)?;
        fields.end()
    }

    /// The heaviest finding.
    pub fn heaviest(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The same as NDJSON records: one for each object, then the summary.
    pub fn records(self) -> impl Iterator<Item = Record<'a>> {
        let count = self.objects.len();
        let mut own: Vec<Vec<FindingReport>> = self.objects.iter().map(|_| Vec::new()).collect();
        let mut rest = Vec::new();
        for finding in self.findings {
            match finding.object.and_then(|number| own.get_mut(number)) {
                Some(own) => own.push(finding),
                None => rest.push(finding),
            }
        }
        let objects: Vec<Record<'_>> = self
            .objects
            .into_iter()
            .zip(own)
            .map(|(object, own)| Record::object(object, own))
            .collect();
        let summary = Record::Summary {
            schema: RECORD_SCHEMA,
            at: self.at,
            objects: count,
            chains: self.chains,
            keys: self.keys,
            unread: self.unread,
            passed_over: self.passed_over,
            findings: rest,
        };
        objects.into_iter().chain(std::iter::once(summary))
    }
}

impl<'a> Record<'a> {
    /// The record of one object, with what was found about it.
    pub fn object(object: ObjectReport<'a>, findings: Vec<FindingReport>) -> Record<'a> {
        Record::Object {
            schema: RECORD_SCHEMA,
            object: Box::new(object),
            findings,
        }
    }

    /// The last record of a run that did not keep its objects.
    pub fn summary(summary: &ops::Summary, voice: Voice) -> Record<'a> {
        Record::Summary {
            schema: RECORD_SCHEMA,
            at: summary.at,
            objects: summary.objects,
            chains: Vec::new(),
            keys: Vec::new(),
            unread: UnreadObjectReport::all(&summary.unread, voice),
            passed_over: UnreadReport::all(&summary.passed_over, voice),
            findings: FindingReport::all(&summary.findings, voice),
        }
    }
}

/// Writes the record of one object, as a line of NDJSON without its end.
///
/// # Errors
/// When it cannot be written.
pub fn write_object(
    seen: &ops::Seen<'_>,
    at: Moment,
    detail: ObjectDetail,
    voice: Voice,
    line: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let findings = FindingReport::all(&seen.findings, voice);
    let mut object = ObjectReport::of(seen, at);
    if detail == ObjectDetail::WithPem {
        object.add_pem();
    }
    serde_json::to_writer(line, &Record::object(object, findings))
}

impl<'a> ObjectReport<'a> {
    /// Reports an object that was handed over.
    pub(super) fn of(seen: &'a ops::Seen<'a>, at: Moment) -> ObjectReport<'a> {
        ObjectReport::new(seen.number, seen.item, seen.identity.as_ref(), at)
    }

    /// Adds the certificate as PEM, where it is one.
    pub(super) fn add_pem(&mut self) {
        self.pem = self.certificate.map(Certificate::pem);
    }

    /// Reports one object.
    pub fn new(
        number: usize,
        item: &'a Item,
        identity: Option<&'a Identity>,
        at: Moment,
    ) -> ObjectReport<'a> {
        let mut report = ObjectReport {
            number,
            origin: &item.origin,
            container: item.container,
            kind: item.document.kind(),
            name: item.name(),
            role: None,
            days_left: None,
            identity: identity.map(|identity| IdentityReport {
                hierarchy: &identity.hierarchy,
                generation: &identity.generation,
                operator: identity.operator.as_deref(),
                environments: &identity.environments,
                environment_titles: &identity.environment_titles,
                purpose: identity.purpose,
                pinned: identity.pinned,
            }),
            certificate: None,
            request: None,
            crl: None,
            public_key: None,
            encryption: None,
            pem: None,
        };
        match &item.document {
            Document::Certificate(certificate) => {
                report.role = Some(role(certificate));
                report.days_left = Some(certificate.not_after.days_left(at));
                report.certificate = Some(certificate);
            }
            Document::Request(request) => report.request = Some(request),
            Document::Crl(crl) => report.crl = Some(crl),
            Document::EncryptedKey(key) => report.encryption = Some(&key.scheme),
            Document::PrivateKey(key) => report.public_key = Some(key.public_key()),
            Document::PublicKey(key) => report.public_key = Some(key),
        }
        report
    }
}

/// The kind of an object's key.
fn key_of(items: &[Item], number: usize) -> Option<&KeyAlgorithm> {
    Some(&items.get(number)?.document.public_key()?.algorithm)
}

impl KeyReport {
    /// Reports a group; `key_of` knows the keys of objects by their numbers.
    pub(super) fn new<'k>(
        group: &KeyGroup,
        key_of: impl Fn(usize) -> Option<&'k KeyAlgorithm>,
    ) -> KeyReport {
        let key = group.members.first().and_then(|number| key_of(*number));
        KeyReport {
            spki_sha256: group.spki_sha256,
            algorithm: key.map(ToString::to_string).unwrap_or_default(),
            objects: group.members.clone(),
        }
    }
}
