//! The CAs whose lists are accepted.

use std::sync::Arc;

use crate::chain;
use crate::document::{Certificate, HexBytes, Name, Sha256Digest};
use crate::environment::Facts;
use crate::revocation::Signers;

/// The CAs whose lists are accepted, each with a way of signatures to one that somebody vouched for.
///
/// Dates, usages and path lengths are not looked at: a CRL is kept for its issuer's certificates, and whether those
/// are good is asked for each of them ([`crate::verdict::verify`]).
#[derive(Clone, Debug, Default)]
pub struct Authorities {
    known: Vec<Arc<Certificate>>,
}

impl Authorities {
    /// The CAs that `facts` hold, those that are `trusted` because a person named them, and of those that were merely
    /// `found` beside other certificates the ones below a known CA. Each occurs once, the facts' first.
    pub fn new(
        facts: &Facts,
        trusted: &[Arc<Certificate>],
        found: &[Arc<Certificate>],
    ) -> Authorities {
        let mut all = Authorities::default();
        for certificate in facts.certificates().chain(trusted) {
            if !all.contains(certificate) {
                all.known.push(Arc::clone(certificate));
            }
        }
        let mut left: Vec<&Arc<Certificate>> = found
            .iter()
            .filter(|certificate| certificate.is_ca())
            .collect();
        // What a newly known CA signed may come before it in the input.
        loop {
            let before = all.known.len();
            left.retain(|certificate| {
                let known = all.contains(certificate);
                let signed = !known && all.issuer_of(certificate).is_some();
                if signed {
                    all.known.push(Arc::clone(certificate));
                }
                !known && !signed
            });
            if all.known.len() == before {
                return all;
            }
        }
    }

    /// Their certificates.
    pub fn certificates(&self) -> &[Arc<Certificate>] {
        &self.known
    }

    /// The one whose key made the certificate's signature.
    pub fn issuer_of(&self, certificate: &Certificate) -> Option<&Arc<Certificate>> {
        self.known.iter().find(|issuer| {
            certificate.issuer.matches(&issuer.subject) && chain::signed_by(certificate, issuer)
        })
    }

    /// Who may sign lists about the certificates of `issuer`: those of them that lead to the same root as it does
    /// (RFC 5280 section 6.3.3, step f). One hierarchy's CA does not speak for another's.
    pub fn signers_for(&self, issuer: &Certificate) -> SameRoot<'_> {
        SameRoot {
            all: self,
            root: self.root_of(issuer),
        }
    }

    fn contains(&self, certificate: &Certificate) -> bool {
        self.known
            .iter()
            .any(|known| known.sha256 == certificate.sha256)
    }

    /// The last certificate that is found on the way up; a circle has no end and so no root.
    fn root_of(&self, certificate: &Certificate) -> Option<Sha256Digest> {
        let (mut at, mut steps) = (certificate, 0);
        while !(at.is_self_issued() && chain::signed_by(at, at)) {
            match self.issuer_of(at) {
                Some(issuer) => at = issuer,
                None => break,
            }
            steps += 1;
            if steps > self.known.len() {
                return None;
            }
        }
        Some(at.sha256)
    }
}

/// The known CAs under one root.
#[derive(Clone, Copy, Debug)]
pub struct SameRoot<'a> {
    all: &'a Authorities,
    root: Option<Sha256Digest>,
}

impl Signers for SameRoot<'_> {
    fn signers(&self, issuer: &Name, _: Option<&HexBytes>) -> Vec<Arc<Certificate>> {
        let named = self
            .all
            .known
            .iter()
            .filter(|known| known.subject.matches(issuer));
        named
            .filter(|known| self.root.is_some() && self.all.root_of(known) == self.root)
            .cloned()
            .collect()
    }
}
