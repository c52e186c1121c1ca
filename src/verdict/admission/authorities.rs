//! The CAs whose CRLs are accepted.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::chain;
use crate::decode::crypto::Signature;
use crate::document::{Certificate, Crl, Moment, Name, Sha256Digest};
use crate::environment::Facts;
use crate::revocation::{KEYS_TRIED, SignerStatus, SigningKey, key_of};
use crate::verdict::verify::SignerPaths;

/// The CAs whose CRLs are accepted, each with a chain of signatures to one that was vouched for.
///
/// Whether one of them may be relied on at a moment – dates, usages, path lengths, constraints – is asked by
/// [`Authorities::signer_status`].
#[derive(Clone, Default)]
pub struct Authorities {
    known: Vec<Arc<Certificate>>,
    /// How many of them were vouched for; the others were found beside other certificates.
    vouched: usize,
    /// Whether OpenSSL could not check a signature on one that was found, so that there may be more of them.
    unchecked: bool,
    by_digest: HashSet<Sha256Digest>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    paths: OnceLock<Arc<SignerPaths>>,
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorities")
            .field("known", &self.known)
            .field("vouched", &self.vouched)
            .finish_non_exhaustive()
    }
}

impl Authorities {
    /// The CAs that `facts` hold, those that are `trusted` because the user named them, and of those that were merely
    /// `found` beside other certificates the ones below a known CA. Each occurs once, the facts' first.
    pub fn new(
        facts: &Facts,
        trusted: &[Arc<Certificate>],
        found: &[Arc<Certificate>],
    ) -> Authorities {
        let mut all = Authorities::default();
        for certificate in facts.certificates().chain(trusted) {
            all.add(certificate);
        }
        all.vouched = all.known.len();
        // By the name of their issuer, with how many of its keys were tried: those that were vouched for first, and no more than
        // are tried as the signer of a CRL.
        let mut left: HashMap<Vec<u8>, Vec<(&Arc<Certificate>, usize)>> = HashMap::new();
        for certificate in found.iter().filter(|certificate| certificate.is_ca()) {
            let below = left
                .entry(chain::name_key(&certificate.issuer))
                .or_default();
            below.push((certificate, 0));
        }
        // What a newly known CA signed may come before it in the input.
        let mut next = 0;
        while let Some(issuer) = all.known.get(next).cloned() {
            next += 1;
            let Some(below) = left.get_mut(&chain::name_key(&issuer.subject)) else {
                continue;
            };
            below.retain_mut(|(certificate, tried)| {
                if all.by_digest.contains(&certificate.sha256) {
                    return false;
                }
                *tried += 1;
                let checked = chain::check_signature(certificate, &issuer);
                all.unchecked |= checked == Signature::Unchecked;
                if checked == Signature::Made {
                    all.add(certificate);
                }
                checked != Signature::Made && *tried < KEYS_TRIED
            });
        }
        all
    }

    fn add(&mut self, certificate: &Arc<Certificate>) {
        if self.by_digest.insert(certificate.sha256) {
            let name = chain::name_key(&certificate.subject);
            let named = self.by_name.entry(name).or_default();
            named.push(self.known.len());
            self.known.push(Arc::clone(certificate));
        }
    }

    /// Those with this name, each with its place.
    fn named(&self, name: &Name) -> impl Iterator<Item = (usize, &Arc<Certificate>)> {
        let places = self.by_name.get(&chain::name_key(name));
        let places = places.into_iter().flatten();
        places.filter_map(|place| Some((*place, self.known.get(*place)?)))
    }

    /// Whether this is one of them.
    pub(crate) fn contains(&self, certificate: &Certificate) -> bool {
        self.by_digest.contains(&certificate.sha256)
    }

    /// Their certificates.
    pub fn certificates(&self) -> &[Arc<Certificate>] {
        &self.known
    }

    /// Those that are trusted without further ado, and the others, which have to lead to one of them: a CA that a person
    /// named is trusted like a root only where the CA above it is not known too.
    pub fn anchors_and_others(&self) -> (Vec<Arc<Certificate>>, Vec<Arc<Certificate>>) {
        let is_anchor = |number: usize, certificate: &Arc<Certificate>| {
            let mut vouched = self.named(&certificate.issuer);
            number < self.vouched
                && !vouched.any(|(place, issuer)| {
                    // A root that was renewed with its key is signed by the key of the other; a certificate that ties a
                    // CA's next key to its last has a CA above it like any other.
                    place < self.vouched
                        && issuer.sha256 != certificate.sha256
                        && chain::signed_by(certificate, issuer)
                        && !chain::is_self_signed(certificate)
                })
        };
        let (mut anchors, mut others) = (Vec::new(), Vec::new());
        for (number, certificate) in self.known.iter().enumerate() {
            match is_anchor(number, certificate) {
                true => anchors.push(Arc::clone(certificate)),
                false => others.push(Arc::clone(certificate)),
            }
        }
        (anchors, others)
    }

    /// Whether one of them may be relied on as a signer of CRLs at this moment: whether a path from it to a trusted one is
    /// valid (RFC 5280 section 6.3.3, step f), by the same checks that [`crate::verdict::verify`] makes.
    ///
    /// Whether it has been revoked is not asked here, as the CRLs are not known; it is asked whenever its CRL is used.
    pub fn signer_status(&self, signer: &Certificate, at: Moment) -> SignerStatus {
        let paths = self.paths.get_or_init(|| {
            let (anchors, others) = self.anchors_and_others();
            Arc::new(SignerPaths::new(&anchors, &others))
        });
        paths.signer_status(signer, at)
    }

    /// Whether OpenSSL could not check whether a CA that was found is below one of them.
    pub(super) fn has_unchecked(&self) -> bool {
        self.unchecked
    }

    /// The one whose key made the certificate's signature.
    pub fn issuer_of(&self, certificate: &Certificate) -> Option<&Arc<Certificate>> {
        let mut named = self.named(&certificate.issuer);
        named
            .find(|(_, issuer)| chain::signed_by(certificate, issuer))
            .map(|(_, issuer)| issuer)
    }

    /// Whether a CRL that the key of `signer` made is one of another key of the issuer's, by the rule by which
    /// [`crate::revocation`] asks for certificates below that issuer.
    pub(super) fn key_of(
        &self,
        issuer: &Certificate,
        signer: &Certificate,
        header: &Crl,
        at: Moment,
    ) -> SigningKey {
        let candidates: Vec<&Certificate> = self
            .named(&header.issuer)
            .map(|(_, one)| one.as_ref())
            .collect();
        let status = |link: &Certificate| self.signer_status(link, at);
        let signed = |one: &Certificate, by: &Certificate| match chain::check_signature(one, by) {
            Signature::Made => Some(true),
            Signature::NotMade => Some(false),
            Signature::Unchecked => None,
        };
        key_of(issuer, header, signer, &candidates, status, signed)
    }

    /// The same for a certificate below: another key where it is that of each of its issuers that is known; never where none
    /// is.
    pub(super) fn key_for(
        &self,
        certificate: &Certificate,
        signer: &Certificate,
        header: &Crl,
        at: Moment,
    ) -> SigningKey {
        let mut found = None;
        for (_, issuer) in self.named(&certificate.issuer) {
            let key = match chain::check_signature(certificate, issuer) {
                Signature::Made => self.key_of(issuer, signer, header, at),
                Signature::NotMade => continue,
                Signature::Unchecked => SigningKey::Unchecked,
            };
            match (key, found) {
                (SigningKey::Own, _) => return SigningKey::Own,
                (SigningKey::Unchecked, _) | (_, None) => found = Some(key),
                (SigningKey::Other, Some(_)) => {}
            }
        }
        found.unwrap_or(SigningKey::Own)
    }
}
