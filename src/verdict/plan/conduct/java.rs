//! What Java does (`PKIXRevocationChecker` of Java 17, the bundle as trust anchors, the CRLs in one file).
//!
//! Java reads the file whole or not at all. Of the CRLs it approves one that covers every reason, in no promised order
//! (`RevocationChecker.verifyPossibleCRLs`), and looks for the entry under the issuer's name as text
//! (`X509IssuerSerial.compareTo`). Each rule here was watched on Java 17.0.15.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::fault::{Consequence, FaultCause};
use super::shape::{Extension, Shape};
use super::unlisted::{self, Taken};
use super::{Faults, Set, Written};
use crate::document::der;
use crate::document::extension::{DistributionPoint, ExtendedKeyUsage, GeneralName, Reason, Scope};
use crate::document::{Certificate, Name, Sha256Digest};
use crate::verdict::plan::issuer::{Issuer, is_root};
use crate::verdict::plan::required::{Covers, RequiredCrl};
use crate::verdict::plan::superseded::{NameKey, names, names_of, overlap};

const AUTHORITY_KEY: &[u8] = &[0x55, 29, 35];
const REASON: &[u8] = &[0x55, 29, 21];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 29, 29];
const CRL_NUMBER: [&[u8]; 2] = [&[0x55, 29, 20], &[0x55, 29, 27]];
const ISSUER_ALTERNATIVE_NAME: &[u8] = &[0x55, 29, 18];
const ISSUING_POINT: &[u8] = &[0x55, 29, 28];
const POINTS: &[u8] = &[0x55, 29, 31];
const FRESHEST_CRL: &[u8] = &[0x55, 29, 46];
const INFORMATION_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];

const SEQUENCE: u8 = 0x30;

pub(super) fn judge(
    set: &Set<'_>,
    written: &[Written<'_>],
    revoked: &HashSet<Sha256Digest>,
    faults: &mut Faults,
) {
    for crl in written {
        if let Err(why) = loads(crl) {
            let cause = FaultCause::Unreadable { reason: why };
            faults.add(
                Consequence::RefusesAll,
                cause,
                &crl.held.header.issuer,
                None,
            );
        }
    }
    let by_point = ByPoint::of(written);
    // What is approved for a client that was not given is the same for all partitions of a CA.
    let mut of_clients: HashMap<Sha256Digest, Answers<'_>> = HashMap::new();
    let mut taken: HashMap<Sha256Digest, Taken> = HashMap::new();
    for (issuer, required) in set.good_needs() {
        let Some(ca) = &issuer.certificate else {
            continue;
        };
        taken
            .entry(ca.sha256)
            .or_insert_with(|| for_any(ca, written, set));
        match &required.covers {
            Covers::Certificates(all) => {
                for certificate in all.iter().filter(|one| !is_root(one)) {
                    let asked = Asked::of(certificate, ca, revoked);
                    let answers = answers(&asked, &by_point.near(&asked, required), set);
                    one(&asked, issuer, required, &answers, faults);
                }
            }
            Covers::Partition => {
                let asked = Asked::client(ca);
                let answers = of_clients.entry(ca.sha256).or_insert_with(|| {
                    let all: Vec<&Written<'_>> = written.iter().collect();
                    answers(&asked, &all, set)
                });
                one(&asked, issuer, required, answers, faults);
            }
            Covers::Unknown => {}
        }
    }
    unlisted::judge(set, &taken, faults);
}

/// The CRLs of which Java may take any for a client, whatever points that has: those that name none and are for all reasons.
fn for_any(ca: &Certificate, written: &[Written<'_>], set: &Set<'_>) -> Taken {
    let asked = Asked::client(ca);
    let for_all = written
        .iter()
        .filter(|crl| names(crl.held.header).is_none());
    let approved = for_all.filter(|crl| approves(&asked, crl, set) == Ok(ALL_REASONS));
    Taken {
        for_any: approved.map(|crl| crl.place).collect(),
        for_some: HashSet::new(),
    }
}

/// CRLs, each with the reasons for which it is approved, or why it is not.
type Answers<'w> = Vec<(&'w Written<'w>, Result<u16, FaultCause>)>;

fn answers<'w>(asked: &Asked<'_>, crls: &[&'w Written<'w>], set: &Set<'_>) -> Answers<'w> {
    let crls = crls.iter();
    crls.map(|crl| (*crl, approves(asked, crl, set))).collect()
}

/// CRLs by the names of their points.
struct ByPoint<'w> {
    written: &'w [Written<'w>],
    /// Those that name no point.
    of_any_point: Vec<usize>,
    by_name: HashMap<NameKey, Vec<usize>>,
}

impl<'w> ByPoint<'w> {
    fn of(written: &'w [Written<'w>]) -> ByPoint<'w> {
        let mut by_point = ByPoint {
            written,
            of_any_point: Vec::new(),
            by_name: HashMap::new(),
        };
        for (number, crl) in written.iter().enumerate() {
            match names(crl.held.header) {
                None => by_point.of_any_point.push(number),
                Some(names) => {
                    for name in &names {
                        let known = by_point.by_name.entry(NameKey::of(name));
                        known.or_default().push(number);
                    }
                }
            }
        }
        by_point
    }

    /// Those that may be approved for a certificate, and those that the plan uses for it; the others do not matter.
    fn near(&self, asked: &Asked<'_>, required: &RequiredCrl) -> Vec<&'w Written<'w>> {
        let implied = [IMPLIED];
        let points = asked.points().unwrap_or(&implied).iter();
        let wanted = points.flat_map(|point| wanted(point, asked));
        let wanted = wanted.filter_map(|name| self.by_name.get(&NameKey::of(&name)));
        let own = required.crls.iter().filter_map(|place| {
            let found = self.written.binary_search_by_key(place, |crl| crl.place);
            found.ok()
        });
        let mut near: Vec<usize> = wanted.flatten().copied().chain(own).collect();
        near.extend(&self.of_any_point);
        near.sort_unstable();
        near.dedup();
        let near = near.into_iter();
        near.filter_map(|number| self.written.get(number)).collect()
    }
}

/// Without distribution points the issuer's own name serves as one.
const IMPLIED: DistributionPoint = DistributionPoint {
    name: None,
    reasons: None,
    crl_issuer: Vec::new(),
};

/// A certificate, or a client whose certificate was not given.
struct Asked<'a> {
    certificate: Option<&'a Arc<Certificate>>,
    ca: &'a Certificate,
    issuer: &'a Name,
    authority_key: Option<&'a [u8]>,
    is_revoked: bool,
}

impl<'a> Asked<'a> {
    fn of(
        certificate: &'a Arc<Certificate>,
        ca: &'a Certificate,
        revoked: &HashSet<Sha256Digest>,
    ) -> Asked<'a> {
        let key = certificate.extensions.authority_key_identifier.as_ref();
        let key = key.and_then(|marked| marked.value.key.as_ref());
        Asked {
            certificate: Some(certificate),
            ca,
            issuer: &certificate.issuer,
            authority_key: key.map(|key| key.as_bytes()),
            is_revoked: revoked.contains(&certificate.sha256),
        }
    }

    fn client(ca: &'a Certificate) -> Asked<'a> {
        Asked {
            certificate: None,
            ca,
            issuer: &ca.subject,
            authority_key: key_of(ca),
            is_revoked: false,
        }
    }

    /// None where Java reads none: it drops the extension, unless it is critical, when a URL in it is not one to it.
    fn points(&self) -> Option<&'a [DistributionPoint]> {
        let certificate = self.certificate?;
        let marked = certificate.extensions.crl_distribution_points.as_ref()?;
        let extensions = super::shape::extensions_of(certificate).unwrap_or_default();
        let mut own = extensions.iter().filter(|one| one.oid == POINTS);
        own.all(|one| urls_read(one.value)).then_some(&marked.value)
    }
}

fn key_of(ca: &Certificate) -> Option<&[u8]> {
    let marked = ca.extensions.subject_key_identifier.as_ref()?;
    Some(marked.value.as_bytes())
}

fn one(
    asked: &Asked<'_>,
    issuer: &Issuer,
    required: &RequiredCrl,
    answers: &Answers<'_>,
    faults: &mut Faults,
) {
    let named = asked.certificate.map(AsRef::as_ref);
    let mut add = |effect, cause| faults.add(effect, cause, &issuer.name, named);
    // `EndEntityChecker`, which a CRL does not come before.
    if named.is_some_and(|one| !one.is_ca() && !may_be_client(one)) {
        add(Consequence::Refused, FaultCause::Purpose);
        return;
    }
    let oids = unresolved(asked);
    if !oids.is_empty() && !asked.is_revoked {
        add(Consequence::Refused, FaultCause::CriticalExtension { oids });
        return;
    }
    let mut refusal = None;
    let mut approved = Vec::new();
    let mut covered = 0;
    for (crl, answer) in answers {
        match answer {
            Ok(reasons) => {
                covered |= reasons;
                approved.push(*crl);
            }
            // Of several reasons that of the CRL which should have answered.
            Err(cause) if required.crls.contains(&crl.place) => refusal = refusal.or(Some(cause)),
            Err(_) => {}
        }
    }
    // Java gives up all CRLs when it finds no CA with the key that one of them names, in an order that nothing here decides.
    let aborts = |(_, answer): &&(_, Result<u16, FaultCause>)| {
        matches!(answer, Err(FaultCause::AuthorityKey))
    };
    let is_anchor = named.is_some_and(|one| one.is_ca());
    if !approved.is_empty()
        && !asked.is_revoked
        && !is_anchor
        && answers.iter().any(|one| aborts(&one))
    {
        add(Consequence::Refused, FaultCause::AuthorityKey);
        return;
    }
    // An uncovered reason leaves Java without an answer (`RevocationChecker.checkCRLs`, ALL_REASONS).
    if !approved.is_empty() && covered != ALL_REASONS && !asked.is_revoked {
        add(Consequence::Refused, FaultCause::Reasons);
        return;
    }
    let own = |crl: &&&Written<'_>| required.crls.contains(&crl.place);
    if approved.is_empty() {
        let other = || FaultCause::Other {
            reason: "no CRL is found for it".to_owned(),
        };
        add(Consequence::Ignored, refusal.cloned().unwrap_or_else(other));
        return;
    }
    // Which of several is used depends on the octets of all of them. Another CRL of the same key is no other CA's.
    let key = asked.ca.key.identity();
    if approved
        .iter()
        .any(|crl| !own(&crl) && crl.held.signer != key)
    {
        add(Consequence::LetIn, FaultCause::SameName);
    }
    // Java stops at the first CRLs that cover all reasons, in an order that nothing here decides.
    let silent = answers.iter().filter_map(|(crl, answer)| {
        let lists = asked.certificate.is_some_and(|one| crl.lists(one));
        answer.as_ref().ok().filter(|_| !lists)
    });
    let cleared = silent.fold(0, |all, reasons| all | reasons) == ALL_REASONS;
    if asked.is_revoked && cleared {
        add(Consequence::LetIn, FaultCause::ListedElsewhere);
    }
    let (mut other_text, mut later) = (false, None);
    for crl in approved.iter().filter(own) {
        let (one, other) = (asked.issuer, &crl.held.header.issuer);
        // That of an indirect CRL is another's.
        other_text |= one.matches(other) && one.der() != other.der() && text(one) != text(other);
        later = later.or(crl.shape.later.map(|(_, date)| date));
    }
    if other_text {
        add(Consequence::LetIn, FaultCause::IssuerForm);
    }
    if let Some(date) = later {
        // It concerns whichever certificate has that entry, not the one that was asked about.
        let named = named.filter(|_| asked.is_revoked);
        let cause = FaultCause::FutureDate { date };
        faults.add(Consequence::LetIn, cause, &issuer.name, named);
    }
}

/// Whether its extended key usage, if it has one, allows it to be a TLS client's.
fn may_be_client(certificate: &Certificate) -> bool {
    const ALLOWING: [ExtendedKeyUsage; 2] = [ExtendedKeyUsage::ClientAuth, ExtendedKeyUsage::Any];
    let usages = certificate.extensions.extended_key_usage.as_ref();
    usages.is_none_or(|usages| usages.value.iter().any(|one| ALLOWING.contains(one)))
}

/// All flags of RFC 5280's ReasonFlags: Java counts `unused` among the reasons.
const ALL_REASONS: u16 = 0b1_1111_1111;

/// Reason flags as `ReasonFlags.getFlags` has them; all where there are none.
fn flags(reasons: Option<&[Reason]>) -> u16 {
    let Some(reasons) = reasons else {
        return ALL_REASONS;
    };
    let all = Reason::ALL.iter().enumerate();
    let set = all.filter(|(_, reason)| reasons.contains(reason));
    set.fold(0, |flags, (bit, _)| flags | 1 << bit)
}

/// The critical extensions of a client's certificate that no checker of Java's path validator resolves (`KeyChecker`,
/// `ConstraintsChecker`, `PolicyChecker`): such a certificate is refused, whatever the CRLs say. The distribution points are one of
/// them. A CA in the trust store is not asked.
fn unresolved(asked: &Asked<'_>) -> Vec<String> {
    /// keyUsage, subjectAltName, basicConstraints, nameConstraints, certificatePolicies, policyMappings, policyConstraints,
    /// extKeyUsage, inhibitAnyPolicy.
    const RESOLVED: [&[u8]; 9] = [
        &[0x55, 29, 15],
        &[0x55, 29, 17],
        &[0x55, 29, 19],
        &[0x55, 29, 30],
        &[0x55, 29, 32],
        &[0x55, 29, 33],
        &[0x55, 29, 36],
        &[0x55, 29, 37],
        &[0x55, 29, 54],
    ];
    let client = asked.certificate.filter(|one| !one.is_ca());
    let Some(extensions) = client.and_then(|one| super::shape::extensions_of(one)) else {
        return Vec::new();
    };
    let critical = extensions.iter().filter(|one| one.critical);
    let unresolved = critical.filter(|one| !RESOLVED.contains(&one.oid));
    unresolved.map(|one| der::dotted(one.oid)).collect()
}

/// For which reasons the CRL alone is approved for the certificate (`DistributionPointFetcher.verifyCRL`); why it is not,
/// otherwise.
fn approves(asked: &Asked<'_>, crl: &Written<'_>, set: &Set<'_>) -> Result<u16, FaultCause> {
    let header = crl.held.header;
    if header.next_update.is_none() {
        return Err(FaultCause::NoNextUpdate);
    }
    let point = header.issuing_distribution_point.as_ref();
    let indirect = point.is_some_and(|point| point.indirect);
    // A client that was not given names what the CRL names.
    let implied = [IMPLIED];
    let points = asked.points();
    let of_crl = flags(point.and_then(|point| point.reasons.as_deref()));
    let mut approved = None;
    let mut refusal = None;
    for candidate in points.unwrap_or(&implied) {
        let why = match () {
            () if !candidate.crl_issuer.is_empty() && !indirect => FaultCause::CrlIssuer,
            () if candidate.crl_issuer.is_empty() && !same_name(&header.issuer, asked.issuer) => {
                FaultCause::IssuerForm
            }
            () if !candidate.crl_issuer.is_empty() && !names_issuer(candidate, &header.issuer) => {
                FaultCause::Other {
                    reason: "no CRL is found for it".to_owned(),
                }
            }
            () if !is_of_kind(header.scope(), asked) => FaultCause::PointForm,
            () if !names_meet(candidate, asked, crl) => FaultCause::PointForm,
            () => match by_key(asked, crl, set) {
                Ok(()) => {
                    let oids: Vec<String> = crl
                        .shape
                        .extensions
                        .iter()
                        .filter(|one| one.critical && one.oid != ISSUING_POINT)
                        .map(|one| der::dotted(one.oid))
                        .collect();
                    match oids.is_empty() {
                        true => {
                            let reasons = of_crl & flags(candidate.reasons.as_deref());
                            approved = Some(approved.unwrap_or(0) | reasons);
                            continue;
                        }
                        false => FaultCause::CriticalExtension { oids },
                    }
                }
                Err(cause) => cause,
            },
        };
        refusal = refusal.or(Some(why));
    }
    approved.ok_or_else(|| refusal.unwrap_or(FaultCause::PointForm))
}

/// Whether a point says that this CA issues its CRLs.
fn names_issuer(point: &DistributionPoint, issuer: &Name) -> bool {
    let mut issuers = point.crl_issuer.iter();
    issuers.any(|one| matches!(one, GeneralName::DirectoryName(one) if same_name(one, issuer)))
}

/// Whether a CRL for certificates of users, or of CAs, is for this one.
fn is_of_kind(scope: Scope, asked: &Asked<'_>) -> bool {
    let is_ca = asked.certificate.is_some_and(|one| one.is_ca());
    match scope {
        Scope::UserCertificates => !is_ca,
        Scope::CaCertificates => is_ca,
        Scope::AttributeCertificates | Scope::Contradictory => false,
        Scope::All => true,
    }
}

/// Whether the names of the certificate's point and of the CRL's meet, where the CRL names any.
fn names_meet(candidate: &DistributionPoint, asked: &Asked<'_>, crl: &Written<'_>) -> bool {
    let Some(have) = names(crl.held.header) else {
        return true;
    };
    if asked.certificate.is_none() {
        return true;
    }
    overlap(&wanted(candidate, asked), &have)
}

/// The names of a certificate's point.
fn wanted(candidate: &DistributionPoint, asked: &Asked<'_>) -> Vec<GeneralName> {
    match (&candidate.name, asked.points()) {
        (Some(name), _) => names_of(name),
        (None, None) => vec![GeneralName::DirectoryName(asked.issuer.clone())],
        (None, Some(_)) => candidate.crl_issuer.clone(),
    }
}

/// Whether a key signed the CRL that Java tries: the issuer's, or where the key identifiers differ, that of any CA with
/// the name and identifier which the CRL names.
fn by_key(asked: &Asked<'_>, crl: &Written<'_>, set: &Set<'_>) -> Result<(), FaultCause> {
    let header = crl.held.header;
    let identifier = header.authority_key_identifier.as_ref();
    let named = identifier.and_then(|identifier| identifier.key.as_ref());
    let named = named.map(|key| key.as_bytes());
    let differ = matches!((asked.authority_key, named), (Some(one), Some(other)) if one != other);
    let points_elsewhere = header
        .issuing_distribution_point
        .as_ref()
        .is_some_and(|point| point.indirect)
        && !same_name(&header.issuer, asked.issuer);
    if !differ && !points_elsewhere {
        return match crl.held.signer == asked.ca.key.identity() {
            true if may_sign(asked.ca) => Ok(()),
            true => Err(FaultCause::MayNotSign),
            false => Err(FaultCause::SameName),
        };
    }
    let serial = identifier.and_then(|identifier| identifier.serial.as_ref());
    let found = set.question.bundle.iter().any(|ca| {
        same_name(&ca.subject, &header.issuer)
            && named.is_none_or(|named| key_of(ca) == Some(named))
            && serial.is_none_or(|serial| *serial == ca.serial)
            && ca.key.identity() == crl.held.signer
            && may_sign(ca)
    });
    match found {
        true => Ok(()),
        false => Err(FaultCause::AuthorityKey),
    }
}

fn may_sign(ca: &Certificate) -> bool {
    crate::revocation::may_sign_crls(ca)
}

/// One attribute: its type, and its text where it is a PrintableString or UTF8String; else its whole value.
type Attribute = (Vec<u8>, Result<String, Vec<u8>>);

fn attributes(name: &Name) -> Vec<Vec<Attribute>> {
    let sets = der::only(name.der(), SEQUENCE).unwrap_or_default();
    let sets = der::elements(sets).filter_map(Result::ok);
    sets.map(|set| {
        let pairs = der::elements(set.content).filter_map(Result::ok);
        let pairs = pairs.filter_map(|pair| {
            let mut fields = der::elements(pair.content).filter_map(Result::ok);
            let (kind, value) = (fields.next()?, fields.next()?);
            let value = match (value.identifier, std::str::from_utf8(value.content)) {
                (0x0c | 0x13, Ok(text)) => Ok(text.to_owned()),
                _ => Err(value.raw.to_vec()),
            };
            Some((kind.content.to_vec(), value))
        });
        pairs.collect()
    })
    .collect()
}

/// The name as `X500Principal.toString` has it, as far as two names with one canonical form can differ in it.
fn text(name: &Name) -> Vec<Vec<Attribute>> {
    attributes(name)
}

/// `X500Name.equals`: letter case and needless spaces do not count in text; other strings have to be the same octets.
fn same_name(one: &Name, other: &Name) -> bool {
    let canonical = |name: &Name| {
        let mut sets = attributes(name);
        for set in &mut sets {
            for (_, value) in set.iter_mut() {
                if let Ok(text) = value {
                    let words: Vec<&str> = text.split_whitespace().collect();
                    *text = words.join(" ").to_lowercase();
                }
            }
            set.sort();
        }
        sets
    };
    one.der() == other.der() || canonical(one) == canonical(other)
}

/// Whether `CertificateFactory.generateCRLs` reads the CRL; it reads all of the file, or none of it.
fn loads(crl: &Written<'_>) -> Result<(), String> {
    let header = crl.held.header;
    if header.issuer.is_empty() {
        return Err("its issuer has no name".to_owned());
    }
    let Shape {
        extensions,
        times,
        kept,
        ..
    } = &crl.shape;
    for time in times {
        if !reads_time(time) {
            return Err("thisUpdate or nextUpdate has a form that Java does not read".to_owned());
        }
    }
    for extension in extensions {
        reads(extension)?;
    }
    for line in kept {
        let serial: String = line
            .serial
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        let of = |why: &str| format!("the entry of serial number {serial}: {why}");
        if line.serial.is_empty() {
            return Err("an entry has an empty serial number".to_owned());
        }
        if !reads_time(line.time) {
            return Err(of("its date has a form that Java does not read"));
        }
        let mut seen: HashSet<&[u8]> = HashSet::new();
        let extensions = line.read_extensions();
        for extension in extensions.map_err(|malformed| of(&malformed.to_string()))? {
            if !seen.insert(extension.oid) {
                return Err(of("it has an extension twice"));
            }
            reads(&extension).map_err(|why| of(&why))?;
        }
    }
    Ok(())
}

/// Java's classes for the extensions of a CRL are strict where ours or OpenSSL's reader is not asked.
fn reads(extension: &Extension<'_>) -> Result<(), String> {
    let whole = |identifier: u8| der::only(extension.value, identifier).is_ok();
    let not = |what: &str| Err(what.to_owned());
    match extension.oid {
        REASON => match der::only(extension.value, 0x0a) {
            Ok([_, ..]) => Ok(()),
            _ => not("its reason is not an ENUMERATED"),
        },
        CERTIFICATE_ISSUER => {
            let names = der::only(extension.value, SEQUENCE).unwrap_or_default();
            match der::elements(names).next() {
                Some(Ok(first)) if first.identifier == 0xa4 => Ok(()),
                _ => not("its certificate issuer does not begin with a directory name"),
            }
        }
        ISSUER_ALTERNATIVE_NAME => match der::only(extension.value, SEQUENCE) {
            Ok([_, ..]) => Ok(()),
            _ => not("its issuer alternative name is empty or malformed"),
        },
        oid if CRL_NUMBER.contains(&oid) && !whole(0x02) => not("its number is not an INTEGER"),
        AUTHORITY_KEY | FRESHEST_CRL | INFORMATION_ACCESS if !whole(SEQUENCE) => {
            not("an extension is malformed")
        }
        ISSUING_POINT | FRESHEST_CRL if !urls_read(extension.value) => {
            not("a URL in it has characters that a URI may not have")
        }
        _ => Ok(()),
    }
}

/// Whether `java.net.URI` takes every URI below this value (RFC 2396 with its corrections).
fn urls_read(value: &[u8]) -> bool {
    /// Deeper than any distribution point nests.
    const DEPTH: usize = 8;
    fn below(content: &[u8], depth: usize) -> bool {
        der::elements(content).all(|element| match element {
            Ok(element) if element.identifier == 0x86 => is_uri(element.content),
            Ok(element) if element.identifier & 0x20 != 0 && depth < DEPTH => {
                below(element.content, depth + 1)
            }
            Ok(_) => true,
            Err(_) => false,
        })
    }
    below(value, 0)
}

fn is_uri(uri: &[u8]) -> bool {
    let forbidden = |octet: &u8| *octet <= b' ' || *octet == 0x7f || b"\"<>\\^`{|}".contains(octet);
    let escapes = uri.iter().enumerate().filter(|(_, octet)| **octet == b'%');
    let mut escapes = escapes.map(|(at, _)| uri.get(at + 1..at + 3));
    let scheme = uri.iter().position(|octet| *octet == b':');
    !uri.iter().any(forbidden)
        && escapes
            .all(|digits| digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
        && scheme.is_some_and(|colon| colon > 0 && colon + 1 < uri.len())
}

/// Whether Java reads a time: seconds may be left out before a `Z`, and before an offset they may not; a GeneralizedTime may have a
/// fraction, and needs its minutes.
fn reads_time(time: &[u8]) -> bool {
    let (year, lengths, text) = match time {
        [0x17, _, text @ ..] => (2, 11..=17, text),
        [0x18, _, text @ ..] => (4, 13..=23, text),
        _ => return false,
    };
    let number = |at: usize| {
        let digits = text.get(at..at + 2)?;
        let is_number = digits.iter().all(u8::is_ascii_digit);
        let number = std::str::from_utf8(digits).ok()?.parse::<u8>().ok()?;
        is_number.then_some(number)
    };
    let within = |at: usize, range: std::ops::RangeInclusive<u8>| {
        number(at).is_some_and(|number| range.contains(&number))
    };
    let is_date = (0..year).step_by(2).all(|at| number(at).is_some())
        && within(year, 1..=12)
        && within(year + 2, 1..=31)
        && within(year + 4, 0..=23)
        && within(year + 6, 0..=59);
    if !lengths.contains(&text.len()) || !is_date {
        return false;
    }
    let mut at = year + 8;
    if text.len() - at > 2 {
        if !within(at, 0..=59) {
            return false;
        }
        at += 2;
        if year == 4 && matches!(text.get(at), Some(b'.' | b',')) {
            let fraction = text.iter().skip(at + 1);
            let digits = fraction.take_while(|octet| octet.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            at += 1 + digits;
        }
    }
    match text.get(at..) {
        Some([b'Z']) => true,
        Some([b'+' | b'-', offset @ ..]) => {
            offset.len() == 4 && within(at + 1, 0..=23) && within(at + 3, 0..=59)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_forms_that_java_reads() {
        let reads = |tag: u8, text: &str| {
            let length = text.len() as u8;
            reads_time(&[&[tag, length], text.as_bytes()].concat())
        };
        let (utc, generalized) = (0x17, 0x18);
        for text in [
            "261101000000Z",
            "2611010000Z",
            "261101000000+0100",
            "261101235959-2359",
        ] {
            assert!(reads(utc, text), "{text}");
        }
        for text in [
            "2611010000+0100",
            "2611010000-0100",
            "261101000000.5Z",
            "26110100Z",
            "261301000000Z",
            "261101240000Z",
            "261101000060Z",
            "261101000000",
            "261101000000+2400",
            "261101000000ZZ",
            "",
        ] {
            assert!(!reads(utc, text), "{text}");
        }
        for text in [
            "20261101000000Z",
            "20261101000000.5Z",
            "20261101000000,123+0100",
            "202611010000Z",
        ] {
            assert!(reads(generalized, text), "{text}");
        }
        for text in [
            "2026110100Z",
            "202611010000+0100",
            "20261101000000.Z",
            "20261101000000.5",
        ] {
            assert!(!reads(generalized, text), "{text}");
        }
    }
}
