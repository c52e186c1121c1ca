//! What can be said of one object by itself.

use super::examine::Policy;
use super::finding::Problem;
use crate::document::extension::{DistributionPoint, ExtendedKeyUsage, KeyUsage, Retrieval};
use crate::document::{
    Certificate, Crl, Document, Extensions, Hash, Item, KeyAlgorithm, Kind, LEAST_SECURITY, Moment,
    PublicKey, Request, Role,
};
use crate::fqdn::{self, Fqdn};

/// `id-ce-cRLDistributionPoints` (RFC 5280 section 4.2.1.13).
const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";

/// What is the matter with an object, judged without looking at any other.
pub fn examine_alone(item: &Item, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(item.damage.iter().map(|damage| Problem::Repaired {
        damage: damage.clone(),
    }));
    if let Some(label) = &item.wrong_label {
        problems.push(Problem::WrongLabel {
            label: label.clone(),
            kind: item.document.kind(),
        });
    }
    match &item.document {
        Document::Certificate(certificate) => of_certificate(certificate, policy, &mut problems),
        Document::Request(request) => of_request(request, &mut problems),
        Document::Crl(crl) => of_crl(crl, policy.at, &mut problems),
        Document::EncryptedKey(key) => problems.push(Problem::KeyNotOpened {
            scheme: key.scheme.clone(),
        }),
        Document::PrivateKey(key) => weak_key(key.public_key(), &mut problems),
        Document::PublicKey(key) => weak_key(key, &mut problems),
    }
    problems
}

fn of_certificate(certificate: &Certificate, policy: &Policy, problems: &mut Vec<Problem>) {
    let role = certificate.role();
    let at = policy.at;
    dates(certificate, policy, problems);
    let endpoint = matches!(role, Role::Endpoint | Role::SelfSignedEndpoint);
    if endpoint {
        names(certificate, problems);
        usages(certificate, problems);
    }
    weak_key(&certificate.key, problems);
    // A root's signature on itself proves nothing and so cannot be too weak (RFC 5280 section 6.1: an anchor's
    // signature is not checked).
    if role != Role::Root {
        match certificate.signature.hash {
            Some(Hash::Sha1) => problems.push(Problem::Sha1Signature {
                kind: Kind::Certificate,
            }),
            Some(hash) if hash.is_broken() => problems.push(Problem::BrokenSignature {
                hash,
                kind: Kind::Certificate,
            }),
            _ => {}
        }
    }
    if certificate.signature_mismatch {
        problems.push(Problem::SignatureMismatch);
    }
    distribution_points(certificate, problems);
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

fn dates(certificate: &Certificate, policy: &Policy, problems: &mut Vec<Problem>) {
    let ca = certificate.is_ca();
    let (at, not_after, not_before) = (policy.at, certificate.not_after, certificate.not_before);
    if not_after < at {
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
    } else {
        let days = not_after.days_since(at);
        if days < policy.soon_days {
            problems.push(Problem::ExpiresSoon {
                not_after,
                days,
                ca,
            });
        }
    }
}

fn names(certificate: &Certificate, problems: &mut Vec<Problem>) {
    let common_name = certificate.subject.common_name();
    match (common_name, certificate.dns_names().next()) {
        (None, None) if certificate.alternative_names().is_empty() => {
            problems.push(Problem::NoName { alternative: false })
        }
        (Some(name), None) => problems.push(Problem::NoSan {
            common_name: name.to_owned(),
        }),
        // Only a CN that looks like a host name has to be repeated; a CN that is a person's is none of TLS's business.
        (Some(name), Some(_))
            if name.contains('.')
                && !certificate
                    .dns_names()
                    .any(|dns| dns.eq_ignore_ascii_case(name)) =>
        {
            problems.push(Problem::CnNotSan {
                common_name: name.to_owned(),
            });
        }
        _ => {}
    }
}

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

/// Whether a key is too weak to be used. One whose strength cannot be told is not called weak.
pub(super) fn is_weak(key: &PublicKey) -> bool {
    // An exponent of 1 encrypts nothing, an even one cannot work.
    let unsound = |exponent: u64| exponent < 3 || exponent.is_multiple_of(2);
    let exponent = match &key.algorithm {
        KeyAlgorithm::Rsa { exponent, .. } => *exponent,
        _ => None,
    };
    let strength = key.security_bits();
    strength.is_some_and(|bits| bits < LEAST_SECURITY) || exponent.is_some_and(unsound)
}

fn weak_key(key: &PublicKey, problems: &mut Vec<Problem>) {
    if is_weak(key) {
        problems.push(Problem::WeakKey {
            algorithm: key.algorithm.clone(),
        });
    }
}

fn distribution_points(certificate: &Certificate, problems: &mut Vec<Problem>) {
    let Some(marked) = &certificate.extensions.crl_distribution_points else {
        // One that is there and does not read is told as malformed.
        let unread = certificate
            .extensions
            .others
            .iter()
            .any(|other| other.oid == CRL_DISTRIBUTION_POINTS);
        if certificate.role() != Role::Root && !unread {
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
            points: points.clone(),
        }),
        (true, Some((name, _))) => problems.push(Problem::CdpDirectoryName { name: name.clone() }),
        (true, None) => {}
    }
}

fn extensions(extensions: &Extensions, problems: &mut Vec<Problem>) {
    let oids = |malformed: bool, critical: Option<bool>| -> Vec<String> {
        extensions
            .others
            .iter()
            .filter(|other| {
                other.malformed == malformed
                    && critical.is_none_or(|wanted| other.critical == wanted)
            })
            .map(|other| other.oid.clone())
            .collect()
    };
    let unknown = oids(false, Some(true));
    if !unknown.is_empty() {
        problems.push(Problem::UnknownCritical { oids: unknown });
    }
    let malformed = oids(true, None);
    if !malformed.is_empty() {
        problems.push(Problem::MalformedExtension { oids: malformed });
    }
    if !extensions.repeated.is_empty() {
        problems.push(Problem::RepeatedExtension {
            oids: extensions.repeated.clone(),
        });
    }
}

fn of_request(request: &Request, problems: &mut Vec<Problem>) {
    if !request.signature_valid {
        problems.push(Problem::RequestSignature);
    }
    let addresses = request.subject.values("emailAddress");
    problems.extend(addresses.map(|address| Problem::EmailInSubject {
        address: address.to_owned(),
    }));
    match request.subject.common_name() {
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
            let dns: Vec<&str> = request.dns_names().collect();
            if dns.is_empty() {
                problems.push(Problem::NoSan {
                    common_name: name.to_owned(),
                });
            } else if !dns.iter().any(|dns| dns.eq_ignore_ascii_case(name)) {
                problems.push(Problem::CnNotSan {
                    common_name: name.to_owned(),
                });
            }
        }
    }
    weak_key(&request.key, problems);
    match request.signature.hash {
        Some(Hash::Sha1) => problems.push(Problem::Sha1Signature {
            kind: Kind::Request,
        }),
        Some(hash) if hash.is_broken() => problems.push(Problem::BrokenSignature {
            hash,
            kind: Kind::Request,
        }),
        _ => {}
    }
    if request.challenge_password {
        problems.push(Problem::ChallengePassword);
    }
    extensions(&request.extensions, problems);
}

fn of_crl(crl: &Crl, at: Moment, problems: &mut Vec<Problem>) {
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
    if !crl.unknown_critical.is_empty() {
        problems.push(Problem::UnknownCritical {
            oids: crl.unknown_critical.clone(),
        });
    }
    match crl.signature.hash {
        Some(Hash::Sha1) => problems.push(Problem::Sha1Signature { kind: Kind::Crl }),
        Some(hash) if hash.is_broken() => problems.push(Problem::BrokenSignature {
            hash,
            kind: Kind::Crl,
        }),
        _ => {}
    }
}
