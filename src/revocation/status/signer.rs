//! Whose key signed a CRL, and whether that key may.

use std::cell::Cell;
use std::sync::Arc;

use super::evidence::{Issuing, is_unproven};
use super::question::{SignerStatus, UnusableCause};
use crate::decode::crypto::Signature;
use crate::document::extension::KeyUsage;
use crate::document::{Certificate, Crl, Sha256Digest};
use crate::revocation::crl::SearchableCrl;

/// How many keys are tried on one CRL. Key rollover leaves two or three under one name; a pool made to waste
/// time could have thousands.
pub(crate) const KEYS_TRIED: usize = 32;

/// The signers that the question's [`Signers`] answers for.
pub(super) fn others(issuing: Issuing<'_>, header: &Crl) -> Vec<Arc<Certificate>> {
    let key = header
        .authority_key_identifier
        .as_ref()
        .and_then(|identifier| identifier.key.as_ref());
    issuing.signers.signers(&header.issuer, key)
}

/// The certificates whose keys may have made the CRL's signature, the issuer of the certificate in question
/// first where it is one of them.
pub(super) fn candidates<'e>(
    issuer: &'e Certificate,
    header: &Crl,
    others: &'e [Arc<Certificate>],
) -> Vec<&'e Certificate> {
    let others = others.iter().map(Arc::as_ref);
    let others = others.filter(|other| other.sha256 != issuer.sha256);
    let all = std::iter::once(issuer).chain(others);
    all.filter(|signer| signer.subject.matches(&header.issuer))
        .collect()
}

/// The certificate whose key made the signature and that may be relied on for that, and its key.
pub(super) fn signer(
    issuing: Issuing<'_>,
    crl: &SearchableCrl<'_>,
    candidates: &[&Certificate],
) -> Result<(Sha256Digest, Sha256Digest), UnusableCause> {
    let header = crl.header();
    let (mut tried, mut keys) = (Vec::new(), Vec::new());
    // What cannot be told outranks what is wrong: another certificate with the same key may be good.
    let (mut barred, mut open) = (None, None);
    let mut are_all = issuing.signers.are_all(&header.issuer);
    for candidate in candidates {
        let key = candidate.key.identity();
        if !keys.contains(&key) {
            if keys.len() >= KEYS_TRIED {
                are_all = false;
                continue;
            }
            keys.push(key);
        }
        match crl.verifies(&candidate.key) {
            Signature::Made => {}
            Signature::NotMade => {
                tried.push(candidate.sha256);
                continue;
            }
            Signature::Unchecked => {
                open = open.or(Some(UnusableCause::SignatureUnchecked));
                continue;
            }
        }
        match objection(issuing, crl, candidate, candidates) {
            None => return Ok((candidate.sha256, key)),
            Some(cause) if is_open(&cause) => open = open.or(Some(cause)),
            Some(cause) => barred = barred.or(Some(cause)),
        }
    }
    // One that was not looked at may be the signer.
    let not_all = (!are_all).then(|| UnusableCause::SignerMissing {
        issuer: header.issuer.clone(),
    });
    let cause = open.or(not_all).or(barred);
    Err(cause.unwrap_or(UnusableCause::SignatureFails { tried }))
}

/// Whether it is not known that a signer may be relied on, nor that it may not.
fn is_open(cause: &UnusableCause) -> bool {
    matches!(cause, UnusableCause::SignatureUnchecked) || is_unproven(cause)
}

/// Why a certificate may not be relied on for a CRL that its key signed.
fn objection(
    issuing: Issuing<'_>,
    crl: &SearchableCrl<'_>,
    signer: &Certificate,
    candidates: &[&Certificate],
) -> Option<UnusableCause> {
    let issuer = issuing.issuer;
    if !may_sign_crls(signer) {
        return Some(UnusableCause::SignerMayNot {
            signer: signer.sha256,
        });
    }
    if signer.sha256 == issuer.sha256 {
        return None;
    }
    let status = |link: &Certificate| issuing.signers.signer_status(link);
    let signed = |one: &Certificate, by: &Certificate| issuing.signers.signed(one, by);
    match key_of(issuer, crl.header(), signer, candidates, status, signed) {
        SigningKey::Own => {}
        SigningKey::Unchecked => return Some(UnusableCause::SignatureUnchecked),
        SigningKey::Other => {
            return Some(UnusableCause::OtherKey {
                signer: signer.sha256,
            });
        }
    }
    match issuing.signers.signer_status(signer) {
        SignerStatus::Good => None,
        SignerStatus::NotValid { code } => Some(UnusableCause::SignerNotValid {
            signer: signer.sha256,
            code,
        }),
        SignerStatus::Revoked => Some(UnusableCause::SignerRevoked {
            signer: signer.sha256,
        }),
        SignerStatus::Undetermined | SignerStatus::Unresolved => {
            Some(UnusableCause::SignerUndetermined {
                signer: signer.sha256,
            })
        }
        SignerStatus::Unchecked => Some(UnusableCause::SignatureUnchecked),
    }
}

/// Whose key signed a CRL, seen from a CA of the CRL's issuer's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SigningKey {
    /// One that answers for what the CA's key signed.
    Own,
    /// Another one, which does not.
    Other,
    /// It could not be checked, because of an error of OpenSSL's own.
    Unchecked,
}

/// Whether the CRL is one of another key of the issuer's, which does not answer for what the issuer's own key signed: where
/// the issuer may sign CRLs itself, only its key's CRLs answer, and those of a key that self-issued certificates tie to it.
/// `candidates` are the certificates of the CRL's issuer; `status` says of those that tie keys whether they may be relied on, and
/// `signed` whether the key of the second one made the signature of the first ([`Signers::signed`](super::Signers::signed)).
pub(crate) fn key_of(
    issuer: &Certificate,
    header: &Crl,
    signer: &Certificate,
    candidates: &[&Certificate],
    status: impl Fn(&Certificate) -> SignerStatus,
    signed: impl Fn(&Certificate, &Certificate) -> Option<bool>,
) -> SigningKey {
    // Not for indirect CRLs, whose signer has another name, nor where the issuer leaves CRLs to a key of their own.
    let signs_itself = header.issuer.matches(&issuer.subject) && may_sign_crls(issuer);
    match signs_itself {
        false => SigningKey::Own,
        true => tied(issuer, signer, candidates, status, signed),
    }
}

/// Whether the signer has the issuer's key, or one that self-issued certificates tie to it (RFC 5280 section 3.2: key
/// rollover): the issuer vouches for it by its signature, or the issuer's own certificate is the tie. That some
/// certificate of the same name vouches for the issuer's key proves nothing: whoever has another CA's key can sign that.
///
/// A certificate ties keys as any certificate counts that something is relied on for: it may sign CRLs or issue, its path is valid,
/// and it has not been revoked. That this cannot be told, as where the CRL in question is the one that would tell, is
/// no objection. Whether the signer's own certificate may be relied on is asked when it is known whose key it has.
fn tied(
    issuer: &Certificate,
    signer: &Certificate,
    candidates: &[&Certificate],
    status: impl Fn(&Certificate) -> SignerStatus,
    signed: impl Fn(&Certificate, &Certificate) -> Option<bool>,
) -> SigningKey {
    let key = |certificate: &Certificate| certificate.key.identity();
    if key(issuer) == key(signer) {
        return SigningKey::Own;
    }
    let unchecked = Cell::new(false);
    let signed_by = |one: &Certificate, by: &Certificate| {
        let checked = signed(one, by);
        unchecked.set(unchecked.get() || checked.is_none());
        checked == Some(true)
    };
    let ties = |one: &Certificate| {
        let may_sign = one.is_ca() || may_sign_crls(one);
        may_sign
            && match status(one) {
                _ if one.sha256 == signer.sha256 => true,
                SignerStatus::Good | SignerStatus::Undetermined => true,
                SignerStatus::NotValid { .. } | SignerStatus::Revoked => false,
                SignerStatus::Unchecked | SignerStatus::Unresolved => {
                    unchecked.set(true);
                    false
                }
            }
    };
    let mut vouching = vec![issuer];
    if issuer.is_self_issued() {
        let signers = candidates.iter().filter(|one| signed_by(issuer, one));
        vouching.extend(signers);
    }
    let mut open: Vec<&Certificate> = candidates
        .iter()
        .copied()
        .filter(|one| one.is_self_issued())
        .collect();
    loop {
        if vouching.iter().any(|one| key(one) == key(signer)) {
            return SigningKey::Own;
        }
        let before = vouching.len();
        open.retain(|one| {
            let known = vouching.iter().any(|by| key(by) == key(one));
            let vouched = !known && vouching.iter().any(|by| signed_by(one, by)) && ties(one);
            if vouched {
                vouching.push(one);
            }
            !known && !vouched
        });
        if vouching.len() == before {
            return match unchecked.get() {
                true => SigningKey::Unchecked,
                false => SigningKey::Other,
            };
        }
    }
}

/// RFC 5280 section 6.3.3, step f: if a key usage is there, it has cRLSign. One that cannot be read has nothing.
pub(crate) fn may_sign_crls(signer: &Certificate) -> bool {
    const KEY_USAGE: &str = "2.5.29.15";
    let extensions = &signer.extensions;
    match &extensions.key_usage {
        Some(usage) => usage.value.contains(&KeyUsage::CrlSign),
        None => extensions.others.iter().all(|other| other.oid != KEY_USAGE),
    }
}
