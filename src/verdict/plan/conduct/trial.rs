//! What OpenSSL's answers about the certificates of a set come to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::fault::{Consequence, FaultCause};
use super::openssl::{self, Asked, Loadable, Loaded, Word};
use super::shape::Shape;
use super::unlisted::{self, Taken};
use super::{Faults, Set, Written, made_up, needed_of};
use crate::document::extension::{AuthorityKeyIdentifier, GeneralName};
use crate::document::{Certificate, Sha256Digest};
use crate::verdict::plan::issuer::is_root;
use crate::verdict::plan::required::Covers;

/// Tries the set on OpenSSL, certificate by certificate.
pub(super) fn judge(
    set: &Set<'_>,
    written: &[Written<'_>],
    revoked: &HashSet<Sha256Digest>,
    faults: &mut Faults,
) {
    let bundle: Vec<&Certificate> = set
        .question
        .bundle
        .iter()
        .map(AsRef::as_ref)
        .filter(|certificate| certificate.is_ca())
        .collect();
    let crls: Vec<Loadable<'_>> = written
        .iter()
        .map(|crl| Loadable {
            place: crl.place,
            header: crl.held.header,
            der: &crl.shape.cut,
            signer: crl.held.signer,
        })
        .collect();
    let unusable = |reason: String| FaultCause::Other { reason };
    let loaded = match Loaded::load(&bundle, &crls, set.question.at) {
        Ok(Ok(loaded)) => loaded,
        Ok(Err((place, why))) => {
            let issuer = set.question.held.get(place).map(|held| &held.header.issuer);
            if let Some(issuer) = issuer {
                let cause = FaultCause::Unreadable { reason: why };
                faults.add(Consequence::RefusesAll, cause, issuer, None);
            }
            return;
        }
        // Not an answer, so that it cannot be a good one.
        Err(error) => {
            for issuer in set.issuers.iter().take(1) {
                let cause = unusable(error.to_string());
                faults.add(Consequence::RefusesAll, cause, &issuer.name, None);
            }
            return;
        }
    };
    let mut all_taken: HashMap<Sha256Digest, Taken> = HashMap::new();
    for (issuer, required) in set.good_needs() {
        let Some(ca) = &issuer.certificate else {
            continue;
        };
        let needed = needed_of(written, required);
        // OpenSSL 3.0 looks the root up too, and refuses everything below it; what is asked here may be a later one.
        if is_root(ca) && needed.iter().any(|crl| crl.lists(ca)) {
            let cause = FaultCause::RootListed;
            faults.add(Consequence::Refused, cause, &issuer.name, None);
        }
        let sample = needed.first().and_then(|crl| crl.held.der);
        let taken = all_taken.entry(ca.sha256).or_insert_with(|| {
            let client = made_up::client_of_no_point(ca, sample, set.question.at);
            let word = client.and_then(|client| loaded.ask(&client, Asked::MadeUp).ok());
            let crl = word.and_then(|word| word.crl());
            Taken {
                for_any: crl.into_iter().collect(),
                for_some: crl.into_iter().collect(),
            }
        });
        let mut ask = |certificate: &Certificate, client: Option<&Arc<Certificate>>| {
            let asked = match client {
                None => Asked::MadeUp,
                Some(client) if client.is_ca() => Asked::Authority,
                Some(_) => Asked::Client,
            };
            let word = match loaded.ask(certificate, asked) {
                Ok(word) => word,
                Err(error) => {
                    let cause = unusable(error.to_string());
                    let one = client.map(AsRef::as_ref);
                    faults.add(Consequence::Refused, cause, &issuer.name, one);
                    return;
                }
            };
            taken.for_some.extend(word.crl());
            let is_revoked = client.is_some_and(|one| revoked.contains(&one.sha256));
            let is_others = |place: &usize| {
                let held = set.question.held.get(*place);
                held.is_none_or(|held| held.signer != ca.key.identity())
            };
            let answer = match word {
                // A CRL decided that is another CA's of the same name.
                Word::LetIn(Some(place))
                    if !is_revoked && !required.crls.contains(&place) && is_others(&place) =>
                {
                    Some((Consequence::LetIn, FaultCause::SameName))
                }
                word => heard(&word, client, is_revoked, ca, &needed),
            };
            if let Some((effect, cause)) = answer {
                faults.add(effect, cause, &issuer.name, client.map(AsRef::as_ref));
            }
        };
        match &required.covers {
            Covers::Certificates(certificates) => {
                for certificate in certificates {
                    match is_root(certificate) {
                        // A certificate that ties a root's key to another is taken for the root itself.
                        false if is_of_root(certificate, set.question.bundle) => {}
                        false => ask(certificate, Some(certificate)),
                        true => {
                            let made_up = made_up::root(certificate, sample, set.question.at);
                            made_up.iter().for_each(|root| ask(root, None));
                        }
                    }
                }
            }
            Covers::Partition => {
                for crl in &needed {
                    if let Some(client) = made_up::client(ca, crl.held.der, set.question.at) {
                        ask(&client, None);
                    }
                }
            }
            Covers::Unknown => {}
        }
    }
    unlisted::judge(set, &all_taken, faults);
}

/// Whether it is a self-issued certificate of a CA that is in the bundle as a root, with the same key.
fn is_of_root(certificate: &Certificate, bundle: &[Arc<Certificate>]) -> bool {
    let mut bundle = bundle.iter();
    certificate.is_ca()
        && certificate.is_self_issued()
        && bundle.any(|one| {
            is_root(one)
                && one.key.identity() == certificate.key.identity()
                && one.subject.matches(&certificate.subject)
        })
}

/// What follows from OpenSSL's answer about a certificate, whose need is met by the plan's rules.
fn heard(
    word: &Word,
    client: Option<&Arc<Certificate>>,
    is_revoked: bool,
    ca: &Certificate,
    needed: &[&Written<'_>],
) -> Option<(Consequence, FaultCause)> {
    let (code, reason, depth) = match word {
        Word::LetIn(_) if is_revoked => {
            let is_listed = client.is_some_and(|one| needed.iter().any(|crl| crl.lists(one)));
            let cause = match is_listed {
                true => FaultCause::SameName,
                false => FaultCause::ListedElsewhere,
            };
            return Some((Consequence::LetIn, cause));
        }
        Word::LetIn(_) => return None,
        Word::Refused {
            code,
            reason,
            depth,
            ..
        } => (*code, reason, *depth),
    };
    if code == openssl::NOT_YET_VALID && depth == 0 {
        // Reported for every server.
        return None;
    }
    if code == openssl::PURPOSE {
        return Some((Consequence::Refused, FaultCause::Purpose));
    }
    let is_ca = client.is_some_and(|client| client.is_ca());
    // What is wrong with a CA above is reported for that CA; there is none to report it for a root.
    if depth > 0 && !(is_ca && (code == openssl::CRL_SIGNATURE || !is_about_crls(code))) {
        return None;
    }
    if code == openssl::REVOKED && is_revoked {
        return None;
    }
    let other = || FaultCause::Other {
        reason: reason.clone(),
    };
    let names = |cause: FaultCause| Some((Consequence::Ignored, cause));
    match code {
        openssl::NO_CRL => names(why_not_found(ca, client, needed).unwrap_or_else(other)),
        openssl::CRL_SIGNATURE => names(FaultCause::SameName),
        openssl::MAY_NOT_SIGN => names(FaultCause::MayNotSign),
        openssl::CRITICAL => {
            let mut oids: Vec<String> =
                needed.iter().flat_map(|crl| critical(&crl.shape)).collect();
            oids.dedup();
            names(FaultCause::CriticalExtension { oids })
        }
        openssl::SCOPE => names(FaultCause::PointForm),
        _ if openssl::TIME_FORM.contains(&code) => names(FaultCause::TimeForm),
        _ if openssl::OUT_OF_TIME.contains(&code) => {
            // The plan's own state says so, unless OpenSSL took another CRL than the one that is in time.
            names(FaultCause::SameName)
        }
        _ => Some((Consequence::Refused, other())),
    }
}

fn is_about_crls(code: i32) -> bool {
    [
        openssl::NO_CRL,
        openssl::REVOKED,
        openssl::MAY_NOT_SIGN,
        openssl::CRITICAL,
        openssl::SCOPE,
    ]
    .contains(&code)
        || openssl::TIME_FORM.contains(&code)
        || openssl::OUT_OF_TIME.contains(&code)
}

/// Why OpenSSL finds no CRL although there is one.
fn why_not_found(
    ca: &Certificate,
    client: Option<&Arc<Certificate>>,
    needed: &[&Written<'_>],
) -> Option<FaultCause> {
    let elsewhere = |crl: &&Written<'_>| {
        let identifier = crl.held.header.authority_key_identifier.as_ref();
        identifier.is_some_and(|identifier| !names_key(identifier, ca))
    };
    if needed.iter().any(elsewhere) {
        return Some(FaultCause::AuthorityKey);
    }
    let name = client.map_or(&ca.subject, |client| &client.issuer);
    let other_form = |crl: &&Written<'_>| crl.held.header.issuer.der() != name.der();
    needed
        .iter()
        .any(other_form)
        .then_some(FaultCause::IssuerForm)
}

/// Whether an authority key identifier is that of a CA's certificate, as OpenSSL compares them (`X509_check_akid`).
fn names_key(identifier: &AuthorityKeyIdentifier, ca: &Certificate) -> bool {
    let own = ca.extensions.subject_key_identifier.as_ref();
    let key = match (&identifier.key, own) {
        (Some(key), Some(own)) => *key == own.value,
        _ => true,
    };
    let serial = identifier
        .serial
        .as_ref()
        .is_none_or(|serial| *serial == ca.serial);
    let directory = identifier.issuer.iter().find_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(name),
        _ => None,
    });
    key && serial && directory.is_none_or(|name| name.matches(&ca.issuer))
}

/// The OIDs of extensions marked critical that OpenSSL does not take as such, of the CRL and of its entries.
fn critical(shape: &Shape<'_>) -> Vec<String> {
    const KNOWN: [&[u8]; 3] = [&[0x55, 29, 28], &[0x55, 29, 35], &[0x55, 29, 27]];
    const CERTIFICATE_ISSUER: &[u8] = &[0x55, 29, 29];
    let own = shape.extensions.iter();
    let own = own.filter(|one| one.critical && !KNOWN.contains(&one.oid));
    let of_entries = shape
        .kept
        .iter()
        .filter_map(|line| line.read_extensions().ok());
    let of_entries = of_entries.flatten();
    let of_entries = of_entries.filter(|one| one.critical && one.oid != CERTIFICATE_ISSUER);
    let mut oids: Vec<String> = own
        .map(|one| one.oid)
        .chain(of_entries.map(|one| one.oid))
        .map(crate::document::der::dotted)
        .collect();
    oids.sort();
    oids.dedup();
    oids
}
