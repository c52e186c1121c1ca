//! What can be read of a certificate, request or CRL of which a field does not read.
//!
//! It is for people to see, and no proof of anything: chains, matches and verdicts are made of what was read whole.

use schemars::JsonSchema;
use serde::Serialize;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::der::{self, Element, Malformed};
use super::value::written_time;
use super::{
    Crl, CrlNumber, Extensions, Kind, Moment, Name, PublicKey, Serial, Sha256Digest,
    SignatureAlgorithm, TimeField, sha256,
};
use crate::input::printable;

/// An object of which one field at least does not read, and what the others say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Partial {
    /// What it is.
    pub kind: Kind,
    /// The fields that do not read, in their order; never empty, and the first [`FIELDS_LIMIT`] of them.
    pub fields: Vec<UnreadField>,
    /// The subject's name; without the parts that do not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Name>,
    /// The issuer's name; without the parts that do not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Name>,
    /// The serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<Serial>,
    /// The first second of a certificate's validity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Moment>,
    /// The last second of a certificate's validity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Moment>,
    /// When a CRL was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub this_update: Option<Moment>,
    /// By when there will be a newer CRL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Moment>,
    /// The number of a CRL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<CrlNumber>,
    /// The public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// How it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureAlgorithm>,
    /// The extensions of a certificate that read.
    pub extensions: Extensions,
    /// SHA-256 over the whole DER.
    pub sha256: Sha256Digest,
}

/// The most fields that are named of one object: a certificate has a dozen, and some extensions.
pub const FIELDS_LIMIT: usize = 32;

/// A field that does not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct UnreadField {
    /// The field, such as `notAfter`, or `entry 2 of the extensions`.
    pub field: String,
    /// Why it does not read.
    pub fault: FieldFault,
    /// The characters of a date, safe to print, or the first bytes of anything else; absent with the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// Why a field does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldFault {
    /// It is not there, or its lengths or tags are wrong so that it cannot be found.
    Missing,
    /// It is no date of the calendar, or in no form that a date is written in.
    NotADate,
    /// It is there for the second time.
    Repeated,
    /// Its bytes are not as its standard defines it.
    Malformed,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const TIMES: [u8; 2] = [UTC_TIME, GENERALIZED_TIME];

/// The names of the fields (RFC 5280 sections 4.1 and 5.1, RFC 2986 section 4.1).
const VERSION: &str = "version";
const SERIAL: &str = "serialNumber";
const ALGORITHM: &str = "signatureAlgorithm";
const SIGNATURE: &str = "signature";
const ISSUER: &str = "issuer";
const SUBJECT: &str = "subject";
const VALIDITY: &str = "validity";
const KEY: &str = "subjectPublicKeyInfo";
const EXTENSIONS: &str = "extensions";
const ATTRIBUTES: &str = "attributes";

impl Partial {
    /// Reads what can be read of an object of this kind that did not read whole; `None` where it cannot be taken apart at
    /// all, or no field is found to be wrong.
    pub(crate) fn read(bytes: &[u8], kind: Kind) -> Option<Partial> {
        let outer = der::only(bytes, SEQUENCE).ok()?;
        let mut reading = Reading {
            partial: Partial {
                kind,
                fields: Vec::new(),
                subject: None,
                issuer: None,
                serial: None,
                not_before: None,
                not_after: None,
                this_update: None,
                next_update: None,
                number: None,
                key: None,
                signature: None,
                extensions: Extensions::default(),
                sha256: sha256(bytes),
            },
        };
        let mut parts = Fields::of(outer);
        let signed = parts.next_of(&[SEQUENCE])?;
        match kind {
            Kind::Certificate => reading.certificate(signed.content),
            Kind::Request => reading.request(signed.content),
            Kind::Crl => reading.crl(signed.content),
            _ => return None,
        }
        let algorithm = reading.shaped(&mut parts, Shape::Algorithm, ALGORITHM);
        reading.partial.signature =
            algorithm.and_then(|element| match SignatureAlgorithm::of_der(element.raw) {
                Ok(algorithm) => Some(algorithm),
                Err(Malformed) => reading.malformed(ALGORITHM, element),
            });
        if parts.next_of(&[BIT_STRING]).is_none() {
            reading.missing(SIGNATURE, &mut parts);
        }
        if let Some(more) = parts.next() {
            reading.malformed::<()>("what follows the signature", more);
        }
        (!reading.partial.fields.is_empty()).then_some(reading.partial)
    }

    /// What to call it: the common name of its subject, or of the issuer of a CRL, where that reads.
    pub fn name(&self) -> String {
        match (self.kind, &self.subject, &self.issuer) {
            (Kind::Crl, _, Some(issuer)) => format!("CRL of {}", issuer.short()),
            (_, Some(subject), _) => subject.short(),
            _ => format!("{} without a name", self.kind),
        }
    }
}

/// The fields of a structure, in order.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn of(content: &'a [u8]) -> Fields<'a> {
        Fields { rest: content }
    }

    fn peek(&self) -> Option<Element<'a>> {
        der::first(self.rest).ok().map(|(element, _)| element)
    }

    fn next(&mut self) -> Option<Element<'a>> {
        let (element, rest) = der::first(self.rest).ok()?;
        self.rest = rest;
        Some(element)
    }

    /// The next one if it is of one of these kinds.
    fn next_of(&mut self, identifiers: &[u8]) -> Option<Element<'a>> {
        let next = self.peek()?;
        match identifiers.contains(&next.identifier) {
            true => self.next(),
            false => None,
        }
    }
}

/// What a SEQUENCE may be, by how it begins: so that a missing field is not taken for the one behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Algorithm,
    Name,
    Times,
    Key,
    Other,
}

impl Shape {
    fn of(element: Element<'_>) -> Shape {
        let mut inside = der::elements(element.content);
        let first = inside.next().and_then(Result::ok);
        match first.map(|first| first.identifier) {
            None if element.content.is_empty() => Shape::Name,
            Some(0x06) => Shape::Algorithm,
            Some(0x31) => Shape::Name,
            Some(UTC_TIME | GENERALIZED_TIME) => Shape::Times,
            Some(SEQUENCE) => match inside.next() {
                Some(Ok(second)) if second.identifier == BIT_STRING => Shape::Key,
                _ => Shape::Other,
            },
            _ => Shape::Other,
        }
    }
}

struct Reading {
    partial: Partial,
}

impl Reading {
    fn note(&mut self, field: impl Into<String>, fault: FieldFault, found: Option<String>) {
        if self.partial.fields.len() < FIELDS_LIMIT {
            self.partial.fields.push(UnreadField {
                field: field.into(),
                fault,
                found,
            });
        }
    }

    /// Says that a field does not read, and what is there.
    fn malformed<T>(&mut self, field: impl Into<String>, element: Element<'_>) -> Option<T> {
        /// So much shows what it is.
        const SHOWN: usize = 24;
        let bytes = element.raw.get(..SHOWN).unwrap_or(element.raw);
        let more = if bytes.len() < element.raw.len() {
            "…"
        } else {
            ""
        };
        let found = format!("{}{more}", super::Hex(bytes));
        self.note(field, FieldFault::Malformed, Some(found));
        None
    }

    /// Says that a field is not there; what stands in its place is passed over unless another field may be meant.
    fn missing(&mut self, field: &str, fields: &mut Fields<'_>) {
        match fields.peek() {
            // Those that may be left out have a number.
            Some(element) if element.identifier != SEQUENCE && element.identifier < 0x80 => {
                fields.next();
                self.malformed::<()>(field, element);
            }
            _ => self.note(field, FieldFault::Missing, None),
        }
    }

    fn shaped<'a>(
        &mut self,
        fields: &mut Fields<'a>,
        shape: Shape,
        field: &str,
    ) -> Option<Element<'a>> {
        let next = fields.peek();
        let is_it = next.is_some_and(|next| {
            next.identifier == SEQUENCE && [shape, Shape::Other].contains(&Shape::of(next))
        });
        match is_it {
            true => fields.next(),
            false => {
                self.missing(field, fields);
                None
            }
        }
    }

    fn integer<'a>(&mut self, fields: &mut Fields<'a>, field: &str) -> Option<Element<'a>> {
        let found = fields.next_of(&[INTEGER]);
        if found.is_none() {
            self.missing(field, fields);
        }
        found
    }

    fn certificate(&mut self, signed: &[u8]) {
        let mut fields = Fields::of(signed);
        if let Some(version) = fields.next_of(&[0xa0])
            && super::certificate::small(version.content).is_err()
        {
            self.malformed::<()>(VERSION, version);
        }
        let serial = self.integer(&mut fields, SERIAL);
        self.partial.serial = serial.map(|serial| Serial::from_octets(serial.content));
        self.algorithm(&mut fields);
        let issuer = self.shaped(&mut fields, Shape::Name, ISSUER);
        self.partial.issuer = issuer.and_then(|issuer| self.name(issuer, ISSUER));
        if let Some(validity) = self.shaped(&mut fields, Shape::Times, VALIDITY) {
            let mut times = Fields::of(validity.content);
            self.partial.not_before = self.time(&mut times, TimeField::NotBefore);
            self.partial.not_after = self.time(&mut times, TimeField::NotAfter);
            if let Some(more) = times.next() {
                self.malformed::<()>("what follows notAfter", more);
            }
        }
        let subject = self.shaped(&mut fields, Shape::Name, SUBJECT);
        self.partial.subject = subject.and_then(|subject| self.name(subject, SUBJECT));
        self.key(&mut fields);
        while fields.next_of(&[0x81, 0xa1, 0x82, 0xa2]).is_some() {}
        if let Some(wrapped) = fields.next_of(&[0xa3]) {
            let issuer = self.partial.issuer.clone().unwrap_or_else(Name::empty);
            let read = |list: &[u8]| Extensions::read(list, &issuer);
            let good = self.entries(wrapped, |list| read(list).is_ok());
            self.partial.extensions = good.and_then(|list| read(&list).ok()).unwrap_or_default();
        }
        self.end(fields, EXTENSIONS);
    }

    fn request(&mut self, signed: &[u8]) {
        let mut fields = Fields::of(signed);
        if let Some(version) = self.integer(&mut fields, VERSION)
            && super::certificate::small(version.raw).is_err()
        {
            self.malformed::<()>(VERSION, version);
        }
        let subject = self.shaped(&mut fields, Shape::Name, SUBJECT);
        self.partial.subject = subject.and_then(|subject| self.name(subject, SUBJECT));
        self.key(&mut fields);
        fields.next_of(&[0xa0]);
        self.end(fields, ATTRIBUTES);
    }

    fn crl(&mut self, signed: &[u8]) {
        let mut fields = Fields::of(signed);
        if let Some(version) = fields.next_of(&[INTEGER])
            && version.content != [1]
        {
            self.malformed::<()>(VERSION, version);
        }
        self.algorithm(&mut fields);
        let issuer = self.shaped(&mut fields, Shape::Name, ISSUER);
        self.partial.issuer = issuer.and_then(|issuer| self.name(issuer, ISSUER));
        self.partial.this_update = self.time(&mut fields, TimeField::ThisUpdate);
        if fields
            .peek()
            .is_some_and(|next| TIMES.contains(&next.identifier))
        {
            self.partial.next_update = self.time(&mut fields, TimeField::NextUpdate);
        }
        fields.next_of(&[SEQUENCE]);
        if let Some(wrapped) = fields.next_of(&[0xa0]) {
            let issuer = self.partial.issuer.clone().unwrap_or_else(Name::empty);
            let good = self.entries(wrapped, |list| Crl::reads_extension(list, &issuer));
            self.partial.number = good.and_then(|list| Crl::number_in(&list));
        }
        self.end(fields, EXTENSIONS);
    }

    /// The algorithm inside the signed part: shown is the one outside.
    fn algorithm(&mut self, fields: &mut Fields<'_>) {
        self.shaped(
            fields,
            Shape::Algorithm,
            "signature algorithm of the signed part",
        );
    }

    fn key(&mut self, fields: &mut Fields<'_>) {
        let element = self.shaped(fields, Shape::Key, KEY);
        self.partial.key =
            element.and_then(
                |element| match SubjectPublicKeyInfo::from_der(element.raw) {
                    Ok(([], key)) => Some(PublicKey::from_parsed(&key)),
                    _ => self.malformed(KEY, element),
                },
            );
    }

    fn time(&mut self, fields: &mut Fields<'_>, field: TimeField) -> Option<Moment> {
        let name = field.to_string();
        let Some(element) = fields.next() else {
            self.note(name, FieldFault::Missing, None);
            return None;
        };
        match written_time::moment(element.raw) {
            Ok(moment) => Some(moment),
            Err(Malformed) if TIMES.contains(&element.identifier) => {
                /// No date has more characters.
                const SHOWN: usize = 32;
                let shown = element.content.get(..SHOWN).unwrap_or(element.content);
                let found = printable(&String::from_utf8_lossy(shown));
                self.note(name, FieldFault::NotADate, Some(found));
                None
            }
            Err(Malformed) => self.malformed(name, element),
        }
    }

    /// The name, without the parts that do not read.
    fn name(&mut self, element: Element<'_>, field: &str) -> Option<Name> {
        if let Ok(name) = Name::read(element.raw) {
            return Some(name);
        }
        let reads = |list: &[u8]| Name::read(list).is_ok();
        let good = self.good(element.content, field, "part", reads);
        Name::read(&good).ok()
    }

    /// The entries of a list of extensions that read, as a list.
    fn entries(&mut self, wrapped: Element<'_>, reads: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
        match der::only(wrapped.content, SEQUENCE) {
            Ok(list) => Some(self.good(list, EXTENSIONS, "entry", reads)),
            Err(Malformed) => self.malformed(EXTENSIONS, wrapped),
        }
    }

    /// Of some elements a SEQUENCE of those that read; the others are named by their number.
    fn good(
        &mut self,
        content: &[u8],
        of: &str,
        called: &str,
        reads: impl Fn(&[u8]) -> bool,
    ) -> Vec<u8> {
        let (mut good, mut seen) = (Vec::new(), std::collections::HashSet::new());
        for (number, element) in (1..).zip(der::elements(content)) {
            let Ok(element) = element else {
                let field = format!("{called} {number} of the {of}");
                self.note(field, FieldFault::Missing, None);
                break;
            };
            let reads = reads(&der::wrap(SEQUENCE, element.raw));
            if reads {
                good.extend_from_slice(element.raw);
            }
            let oid = der::first(element.content).ok();
            let oid = oid.filter(|(oid, _)| called == "entry" && oid.identifier == 0x06);
            let field = match oid {
                Some((oid, _)) => {
                    format!(
                        "{called} {number} of the {of} ({})",
                        der::dotted(oid.content)
                    )
                }
                None => format!("{called} {number} of the {of}"),
            };
            let is_new = oid.is_none_or(|(oid, _)| seen.insert(oid.content));
            if !reads {
                self.malformed::<()>(field, element);
            } else if !is_new && self.partial.kind == Kind::Crl {
                self.note(field, FieldFault::Repeated, None);
            }
        }
        der::wrap(SEQUENCE, &good)
    }

    /// Says that something follows the last field.
    fn end(&mut self, mut fields: Fields<'_>, last: &str) {
        if let Some(more) = fields.next() {
            self.malformed::<()>(format!("what follows the {last}"), more);
        } else if !fields.rest.is_empty() {
            self.note(
                format!("what follows the {last}"),
                FieldFault::Missing,
                None,
            );
        }
    }
}
