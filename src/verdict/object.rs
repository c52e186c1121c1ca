//! What can be judged about one object by itself.

use super::examine::ExaminationPolicy;
use super::finding::{Finding, NameOddity, Problem, Subject, first};
use super::inventory::Expiry;
use super::verify::{presents, unknown_version};
use crate::chain::role;
use crate::document::extension::{
    DistributionPoint, ExtendedKeyUsage, GeneralName, KeyUsage, Retrieval,
};
use crate::document::{
    Certificate, Crl, Document, Extensions, Flaw, Hash, Item, Kind, LEAST_SECURITY, Moment, Name,
    OddTime, Partial, PublicKey, Request, Role, SignatureAlgorithm, Value, has_unseen,
    openssl_refusal,
};
use crate::environment::{Facts, HostNames};
use crate::fqdn::{self, Fqdn};
use crate::input::{NAME_LIMIT, Origin, shortened};

/// `id-ce-cRLDistributionPoints` (RFC 5280 section 4.2.1.13).
const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";

/// What is wrong with an object, judged without any other.
pub fn examine_alone(item: &Item, policy: &ExaminationPolicy) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(item.damage.iter().map(|damage| Problem::Repaired {
        damage: damage.clone(),
    }));
    if let Some(label) = &item.wrong_label {
        problems.push(Problem::WrongLabel {
            label: label.clone(),
            kind: item.document.kind(),
            by_container: item.is_member,
        });
    }
    if item.is_open_to_all {
        problems.push(Problem::KeyReadable);
    }
    problems.extend(unreadable_by_openssl(item));
    match &item.document {
        Document::Certificate(certificate) => of_certificate(certificate, policy, &mut problems),
        Document::Request(request) => of_request(request, &mut problems),
        Document::Crl(crl) => of_crl(crl, policy.at, &mut problems),
        Document::EncryptedKey(_) => problems.extend(not_opened(item)),
        Document::PrivateKey(key) => weak_key(key.public_key(), false, &mut problems),
        Document::PublicKey(key) => weak_key(key, false, &mut problems),
    }
    problems
}

/// That fields of an object do not read: all that there is to say of it.
pub fn examine_partial(origin: &Origin, partial: &Partial) -> Finding {
    Finding {
        subject: Subject {
            object: None,
            name: partial.name(),
            origin: origin.clone(),
        },
        problem: Problem::FieldUnread {
            kind: partial.kind,
            fields: partial.fields.clone(),
        },
    }
}

/// That a private key is encrypted and was not opened.
pub(super) fn not_opened(item: &Item) -> Option<Problem> {
    match &item.document {
        Document::EncryptedKey(key) => Some(Problem::KeyNotOpened {
            scheme: key.scheme.clone(),
        }),
        _ => None,
    }
}

/// That servers which use OpenSSL cannot load it.
pub(super) fn unreadable_by_openssl(item: &Item) -> Option<Problem> {
    if let Document::Request(request) = &item.document
        && !request.oddities.is_empty()
    {
        // What is odd about it is said, and is why.
        return None;
    }
    openssl_refusal(&item.document).map(|reason| Problem::OpensslUnreadable {
        kind: item.document.kind(),
        reason,
    })
}

/// That a request does not prove that its sender has the key.
pub(super) fn unsigned(item: &Item) -> Option<Problem> {
    match &item.document {
        Document::Request(request) if !request.signature_valid && !request.signature_unchecked => {
            Some(Problem::RequestSignature)
        }
        _ => None,
    }
}

fn of_certificate(
    certificate: &Certificate,
    policy: &ExaminationPolicy,
    problems: &mut Vec<Problem>,
) {
    let role = role(certificate);
    let at = policy.at;
    dates(certificate, policy, problems);
    let endpoint = matches!(role, Role::Endpoint | Role::SelfSignedEndpoint);
    if endpoint {
        names(certificate, problems);
        problems.extend(wildcards(certificate, is_of_nhs));
        usages(certificate, problems);
    }
    odd_names(
        &certificate.subject,
        Some(&certificate.issuer),
        certificate.alternative_names(),
        problems,
    );
    weak_key(&certificate.key, certificate.is_ca(), problems);
    // A root's signature on itself proves nothing and so cannot be too weak (RFC 5280 section 6.1: an anchor's
    // signature is not checked).
    if role != Role::Root {
        signature(&certificate.signature, Kind::Certificate, problems);
    }
    if certificate.signature_mismatch {
        problems.push(Problem::SignatureMismatch);
    }
    problems.extend(unknown_version(certificate));
    distribution_points(certificate, role, problems);
    if let Some(not_after) = certificate
        .extensions
        .private_key_usage_period
        .as_ref()
        .and_then(|period| period.value.not_after)
        .filter(|not_after| *not_after < at && certificate.not_after >= at)
    {
        problems.push(Problem::PrivateKeyPeriodOver { not_after });
    }
    extensions(&certificate.extensions, problems);
    let serial = &certificate.serial;
    if !serial.is_conforming() {
        problems.push(Problem::OddSerial {
            negative: serial.is_negative(),
            octets: serial.as_octets().len(),
        });
    }
}

fn dates(certificate: &Certificate, policy: &ExaminationPolicy, problems: &mut Vec<Problem>) {
    let ca = certificate.is_ca();
    let (at, not_after, not_before) = (policy.at, certificate.not_after, certificate.not_before);
    odd_times(&certificate.odd_times, problems);
    let expiry = Expiry::of_certificate(not_after, at, policy.soon_days);
    if not_after < not_before {
        problems.push(Problem::NeverValid {
            not_before,
            not_after,
        });
    } else if expiry == Expiry::Expired {
        problems.push(Problem::Expired {
            not_after,
            days: at.days_since(not_after),
            ca,
        });
    } else if at < not_before {
        problems.push(Problem::NotYetValid {
            not_before,
            days: not_before.days_since(at),
        });
    } else if expiry == Expiry::Expiring {
        problems.push(Problem::ExpiresSoon {
            not_after,
            days: not_after.days_since(at),
            ca,
        });
    }
}

fn odd_times(times: &[OddTime], problems: &mut Vec<Problem>) {
    problems.extend(
        times
            .iter()
            .map(|time| Problem::OddTime { time: time.clone() }),
    );
}

fn names(certificate: &Certificate, problems: &mut Vec<Problem>) {
    // One without a character names nothing.
    let common_name = certificate.subject.common_name();
    let common_name = common_name.filter(|name| !name.trim().is_empty());
    let extensions = &certificate.extensions;
    if !has_common_name(&certificate.subject) && !extensions.names_alternatives() {
        problems.push(Problem::NoName { alternative: false });
    }
    // Only a CN that looks like a host name has to be repeated; a CN that names a person does not matter to TLS.
    let host = common_name.filter(|name| name.contains('.'));
    alternative_names(extensions, common_name, host, problems);
}

/// What the alternative names lack: all of them, a host's among them, or `host`.
fn alternative_names(
    extensions: &Extensions,
    common_name: Option<&str>,
    host: Option<&str>,
    problems: &mut Vec<Problem>,
) {
    let has_host = extensions.dns_names().next().is_some();
    match (extensions.names_alternatives(), has_host) {
        (false, _) => problems.extend(common_name.map(|name| Problem::NoSan {
            common_name: name.to_owned(),
        })),
        // One that cannot be read, or has nothing in it, is reported as malformed; what it names is not known.
        (true, false) if extensions.alternative_names().is_empty() => {}
        (true, false) => problems.push(Problem::NoDnsName {
            common_name: common_name.map(str::to_owned),
        }),
        (true, true) => {
            let missing =
                host.filter(|host| !extensions.dns_names().any(|dns| presents(dns, host)));
            problems.extend(missing.map(|name| Problem::CnNotSan {
                common_name: name.to_owned(),
            }));
        }
    }
}

/// That the NHS's rules are for this name: others may be from another CA.
fn is_of_nhs(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.strip_suffix(fqdn::NHS_SUFFIX)
        .is_some_and(|rest| rest.ends_with('.'))
}

/// The names with a wildcard for which the NHS's rules are; it puts none into an endpoint certificate.
pub(super) fn wildcards(
    certificate: &Certificate,
    is_covered: impl Fn(&str) -> bool,
) -> Option<Problem> {
    let common_name = certificate.subject.common_name();
    let others = certificate.dns_names();
    let others = others.filter(|name| Some(*name) != common_name);
    wildcard_names(common_name.into_iter().chain(others), is_covered)
}

fn wildcard_names<'n>(
    names: impl Iterator<Item = &'n str>,
    is_covered: impl Fn(&str) -> bool,
) -> Option<Problem> {
    let (names, more) = first(names.filter(|name| name.contains('*') && is_covered(name)));
    let names = names.into_iter();
    let names: Vec<String> = names
        .map(|name| shortened(name, NAME_LIMIT).into_owned())
        .collect();
    (!names.is_empty()).then_some(Problem::WildcardName { names, more })
}

/// That a certificate names its host by the common name only because its CA, of which that is known, issues no other; `None`
/// where that is not so.
pub(crate) fn by_common_name(
    certificate: &Certificate,
    issuer: &Certificate,
    facts: &Facts,
) -> Option<Problem> {
    let authority = facts.recognise(&issuer.sha256)?;
    let common_name = certificate.subject.common_name()?;
    let is_so = authority.host_names == HostNames::CommonName
        && !certificate.extensions.names_alternatives();
    is_so.then(|| Problem::CaNamesByCn {
        common_name: common_name.to_owned(),
        issuer: authority.name.clone(),
        generation: authority.generation.clone(),
    })
}

/// Whether there is a CN, readable or not.
fn has_common_name(subject: &Name) -> bool {
    let attributes = subject.attributes();
    let all = attributes
        .filter(|attribute| attribute.kind == "CN")
        .count();
    let is_blank = |name: &&str| name.trim().is_empty();
    // One that cannot be read may name something.
    all > subject.values("CN").filter(is_blank).count()
}

/// Names that do not look like what they are: no peer compares them as a reader would.
fn odd_names<'a>(
    subject: &Name,
    issuer: Option<&Name>,
    alternative: impl IntoIterator<Item = &'a GeneralName>,
    problems: &mut Vec<Problem>,
) {
    let mut found = Vec::new();
    for name in [Some(subject), issuer].into_iter().flatten() {
        if name.parts().any(<[_]>::is_empty) {
            found.push(NameOddity::EmptyPart { name: name.clone() });
        }
        for attribute in name.attributes() {
            let kind = || attribute.kind.to_string();
            match &attribute.value {
                Value::Text(value) if attribute.visible_string => {
                    found.push(NameOddity::StringType {
                        attribute: kind(),
                        value: value.clone(),
                    });
                }
                Value::Text(value) if attribute.misencoded => found.push(NameOddity::Misencoded {
                    attribute: kind(),
                    value: value.clone(),
                }),
                Value::Der(_) if attribute.kind == "CN" => {
                    found.push(NameOddity::Unreadable { attribute: kind() });
                }
                _ => {}
            }
        }
    }
    let unseen_at_end =
        |name: &str| name.trim() != name || name.chars().any(crate::input::disturbing);
    let common_names: Vec<&str> = subject.values("CN").collect();
    let of_hosts = common_names.iter().filter(|name| unseen_at_end(name));
    found.extend(of_hosts.map(|name| NameOddity::Unseen {
        name: (*name).to_owned(),
    }));
    for name in alternative {
        match name {
            GeneralName::Dns(text) | GeneralName::Email(text) | GeneralName::Uri(text)
                if has_unseen(text) =>
            {
                found.push(NameOddity::Unseen { name: text.clone() });
            }
            _ => {}
        }
    }
    if common_names.len() > 1 {
        let shown = common_names.iter().take(ODD_NAMES_SHOWN);
        found.push(NameOddity::SeveralCommonNames {
            names: shown.map(|name| (*name).to_owned()).collect(),
        });
    }
    found.truncate(ODD_NAMES_SHOWN);
    problems.extend(found.into_iter().map(|oddity| Problem::OddName { oddity }));
}

/// The most odd names that are reported of one object: who has one has seen the kind.
const ODD_NAMES_SHOWN: usize = 8;

/// Mutual TLS on Spine uses the same certificate at both ends: serverAuth and clientAuth. An absent extension
/// allows everything.
fn usages(certificate: &Certificate, problems: &mut Vec<Problem>) {
    let mut missing = Vec::new();
    if let Some(marked) = &certificate.extensions.extended_key_usage {
        let usages = &marked.value;
        if !usages.contains(&ExtendedKeyUsage::Any) {
            let needed = [ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth];
            missing.extend(needed.into_iter().filter(|usage| !usages.contains(usage)));
        }
    }
    let signs = certificate
        .extensions
        .key_usage
        .as_ref()
        .is_none_or(|marked| marked.value.contains(&KeyUsage::DigitalSignature));
    if !missing.is_empty() || !signs {
        problems.push(Problem::UsageMissing {
            missing,
            digital_signature: !signs,
        });
    }
}

/// Why a signature by this algorithm proves nothing, whichever key made it: its hash was broken, or is not known. `None` for
/// SHA-1 too, of which the terms of the question decide.
pub(super) fn unsound(algorithm: &SignatureAlgorithm, kind: Kind) -> Option<Problem> {
    algorithm.flaw().map(|flaw| match flaw {
        Flaw::BrokenHash(hash) => Problem::BrokenSignature { hash, kind },
        Flaw::Unsupported => Problem::UnsupportedAlgorithm {
            algorithm: algorithm.name.to_string(),
            kind,
        },
    })
}

fn signature(algorithm: &SignatureAlgorithm, kind: Kind, problems: &mut Vec<Problem>) {
    problems.extend(match algorithm.hash {
        Some(Hash::Sha1) => Some(Problem::Sha1Signature { kind }),
        _ => unsound(algorithm, kind),
    });
}

/// Whether a key is too weak to be used. One whose strength is unknown is not called weak.
pub(super) fn is_weak(key: &PublicKey) -> bool {
    let strength = key.security_bits();
    strength.is_some_and(|bits| bits < LEAST_SECURITY)
        || key.is_impossible()
        || key.is_at_infinity()
}

fn weak_key(key: &PublicKey, ca: bool, problems: &mut Vec<Problem>) {
    if is_weak(key) {
        problems.push(Problem::WeakKey {
            algorithm: key.algorithm.clone(),
            ca,
        });
    }
}

fn distribution_points(certificate: &Certificate, role: Role, problems: &mut Vec<Problem>) {
    let Some(marked) = &certificate.extensions.crl_distribution_points else {
        // One that is there and cannot be read is reported as malformed.
        let unread = certificate
            .extensions
            .others
            .iter()
            .any(|other| other.oid == CRL_DISTRIBUTION_POINTS);
        if role != Role::Root && !unread {
            problems.push(Problem::NoCdp);
        }
        return;
    };
    let points = &marked.value;
    let places: Vec<_> = points
        .iter()
        .flat_map(DistributionPoint::locations)
        .collect();
    let fetchable = places
        .iter()
        .any(|(_, retrieval)| *retrieval == Retrieval::Http);
    let directory = places
        .iter()
        .find(|(_, retrieval)| *retrieval == Retrieval::Directory);
    match (fetchable, directory) {
        (false, _) => problems.push(Problem::CdpNotFetchable {
            distribution_points: points.clone(),
        }),
        (true, Some((name, _))) => problems.push(Problem::CdpDirectoryName { name: name.clone() }),
        (true, None) => {}
    }
}

fn extensions(extensions: &Extensions, problems: &mut Vec<Problem>) {
    problems.extend(unknown_critical(extensions));
    problems.extend(malformed_extension(extensions));
    problems.extend(extension_not_der(extensions));
    problems.extend(repeated_extension(extensions));
}

/// Extensions that are critical and not understood.
pub(super) fn unknown_critical(extensions: &Extensions) -> Option<Problem> {
    let others = extensions.others.iter();
    let unknown = others.filter(|other| other.critical && !other.malformed);
    let (oids, more) = oids(unknown.map(|other| &other.oid))?;
    Some(Problem::UnknownCritical { oids, more })
}

/// Extensions that do not read.
pub(super) fn malformed_extension(extensions: &Extensions) -> Option<Problem> {
    let (oids, more) = oids(extensions.malformed().iter())?;
    Some(Problem::MalformedExtension { oids, more })
}

/// Extensions that read and are not in DER.
pub(super) fn extension_not_der(extensions: &Extensions) -> Option<Problem> {
    let (oids, more) = oids(extensions.not_der.iter())?;
    Some(Problem::ExtensionNotDer { oids, more })
}

/// Extensions that occur more than once.
pub(super) fn repeated_extension(extensions: &Extensions) -> Option<Problem> {
    let (oids, more) = oids(extensions.repeated.iter())?;
    Some(Problem::RepeatedExtension { oids, more })
}

/// The first of these OIDs, if there are any, and how many more there are. One that is longer than any is shortened.
fn oids<'o>(all: impl Iterator<Item = &'o String>) -> Option<(Vec<String>, usize)> {
    let (oids, more) = first(all);
    let oids = oids.into_iter();
    let oids: Vec<String> = oids
        .map(|oid| shortened(oid, NAME_LIMIT).into_owned())
        .collect();
    (!oids.is_empty()).then_some((oids, more))
}

fn of_request(request: &Request, problems: &mut Vec<Problem>) {
    // Of one that could not be checked, its algorithm is reported.
    if !request.signature_valid && !request.signature_unchecked {
        problems.push(Problem::RequestSignature);
    }
    let oddities = request.oddities.iter().cloned();
    problems.extend(oddities.map(|oddity| Problem::OddRequest { oddity }));
    odd_names(
        &request.subject,
        None,
        request.alternative_names(),
        problems,
    );
    let addresses = request.subject.values("emailAddress");
    problems.extend(addresses.map(|address| Problem::EmailInSubject {
        address: address.to_owned(),
    }));
    match request.subject.common_name() {
        None if has_common_name(&request.subject) => {}
        None => problems.push(Problem::NoName {
            alternative: !request.alternative_names().is_empty(),
        }),
        Some(name) => {
            match Fqdn::parse(name) {
                Err(fault) => problems.push(Problem::NameRule {
                    rule: fault.to_string(),
                    remedy: fault.remedy(),
                }),
                Ok(name) => problems.extend(fqdn::naming_faults(&name).iter().map(|fault| {
                    Problem::NameRule {
                        rule: fault.to_string(),
                        remedy: fault.remedy(),
                    }
                })),
            }
            alternative_names(&request.extensions, Some(name), Some(name), problems);
        }
    }
    // Of the CN the rule is said above.
    problems.extend(wildcard_names(request.dns_names(), is_of_nhs));
    weak_key(&request.key, false, problems);
    signature(&request.signature, Kind::Request, problems);
    if request.challenge_password {
        problems.push(Problem::ChallengePassword);
    }
    extensions(&request.extensions, problems);
}

fn of_crl(crl: &Crl, at: Moment, problems: &mut Vec<Problem>) {
    odd_times(&crl.odd_times, problems);
    if let Some(next_update) = crl.next_update.filter(|next_update| *next_update < at) {
        problems.push(Problem::CrlStale {
            next_update,
            days: at.days_since(next_update),
        });
    }
    if at < crl.this_update {
        problems.push(Problem::CrlNotYetValid {
            this_update: crl.this_update,
        });
    }
    if let Some((oids, more)) = oids(crl.unknown_critical.iter()) {
        problems.push(Problem::UnknownCritical { oids, more });
    }
    signature(&crl.signature, Kind::Crl, problems);
}

#[cfg(test)]
mod tests {
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::PKey;
    use openssl::rsa::Rsa;
    use openssl::stack::Stack;
    use openssl::x509::extension::SubjectAlternativeName;
    use openssl::x509::{X509Name, X509Req};

    use super::*;

    #[test]
    fn the_rule_about_wildcards_is_for_names_under_nhs_uk() {
        let found = |name: &str| wildcard_names([name].into_iter(), is_of_nhs).is_some();
        for name in ["*.a.nhs.uk", "*.NHS.UK", "a*.nhs.uk", "*.a.nhs.uk."] {
            assert!(found(name), "{name}");
        }
        for name in ["a.nhs.uk", "*.notnhs.uk", "*.nhs.uk.example", "*.example"] {
            assert!(!found(name), "{name}");
        }
    }

    #[test]
    fn a_request_for_a_wildcard_beside_its_host_breaks_the_rule() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", "a.nhs.uk").unwrap();
        let mut made = X509Req::builder().unwrap();
        made.set_subject_name(&name.build()).unwrap();
        made.set_pubkey(&key).unwrap();
        let names = SubjectAlternativeName::new()
            .dns("a.nhs.uk")
            .dns("*.b.nhs.uk")
            .build(&made.x509v3_context(None))
            .unwrap();
        let mut extensions = Stack::new().unwrap();
        extensions.push(names).unwrap();
        made.add_extensions(&extensions).unwrap();
        made.sign(&key, MessageDigest::sha256()).unwrap();
        let request = Request::read(&made.build().to_der().unwrap()).unwrap();
        let mut problems = Vec::new();
        of_request(&request, &mut problems);
        let is_it = |problem: &&Problem| matches!(problem, Problem::WildcardName { names, .. } if *names == ["*.b.nhs.uk"]);
        assert_eq!(problems.iter().filter(is_it).count(), 1, "{problems:?}");
    }

    #[test]
    fn a_common_name_without_a_character_names_nothing() {
        for (names, has_one) in [
            (&["a"][..], true),
            (&[" "], false),
            (&[" ", "a"], true),
            (&["a", " "], true),
            (&[], false),
        ] {
            let mut subject = X509Name::builder().unwrap();
            subject.append_entry_by_text("O", "b").unwrap();
            for name in names {
                subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
            }
            let subject = Name::read(&subject.build().to_der().unwrap()).unwrap();
            assert_eq!(has_common_name(&subject), has_one, "{names:?}");
        }
    }
}
