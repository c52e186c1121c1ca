//! The signature of a CRL, checked from its digest.

use openssl::pkey::{Id, PKey};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use x509_parser::prelude::FromDer;
use x509_parser::x509::AlgorithmIdentifier;

use super::crl::{CrlError, SearchableCrl};
use crate::decode::crypto::Signature;
use crate::document::crl::Parts;
use crate::document::{Certificate, Hasher, PssParameters, PublicKey, RsaKey, SignatureAlgorithm};

/// Whether `issuer`'s key made the signature on `crl`: RSA (PKCS #1 v1.5 and PSS), ECDSA, DSA, Ed25519, Ed448.
///
/// Does not check names, dates, or whether the key may sign CRLs. A SHA-1 signature that verifies counts: whether
/// SHA-1 is acceptable is a verdict, not a fact. MD5 and MD2 never verify. A signature that OpenSSL could not check because
/// of an error of its own counts as "no".
pub fn signed_by(crl: &SearchableCrl<'_>, issuer: &Certificate) -> bool {
    check_signature(crl, issuer) == Signature::Made
}

/// [`signed_by`], with the answer that it could not be checked.
pub(crate) fn check_signature(crl: &SearchableCrl<'_>, issuer: &Certificate) -> Signature {
    crl.verifies(&issuer.key)
}

/// What it takes to check a CRL's signature once its bytes have gone by.
#[derive(Clone, Debug)]
pub(super) struct Seal {
    /// The DER of the AlgorithmIdentifier.
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    /// The digest over the tbsCertList, where the algorithm has one that counts.
    pub(super) digest: Option<Vec<u8>>,
}

impl Seal {
    /// RFC 5280 section 5.1.1.2: the algorithm inside the signed part and the one outside are the same; otherwise
    /// the outer one could be exchanged.
    pub(super) fn new(parts: &Parts<'_>, digest: Option<Vec<u8>>) -> Result<Seal, CrlError> {
        if parts.algorithm != parts.inner_algorithm {
            return Err(CrlError::AlgorithmMismatch);
        }
        // A signature has whole octets: no unused bits.
        let [0, signature @ ..] = parts.signature else {
            return Err(CrlError::SignatureBits);
        };
        Ok(Seal {
            algorithm: parts.algorithm.to_vec(),
            signature: signature.to_vec(),
            digest,
        })
    }

    /// Whether the key made it. `signed` is the tbsCertList, needed only by algorithms without a digest.
    pub(super) fn verifies(&self, key: &PublicKey, signed: Option<&[u8]>) -> Signature {
        if !key.is_bounded() {
            return Signature::NotMade;
        }
        // OpenSSL's reasons ("bad signature", "wrong key type") all mean the same here: this key did not make it. Unless
        // OpenSSL itself does not work.
        match self.check(key, signed) {
            Some(found) => found,
            None => Signature::of(Ok(false)),
        }
    }

    /// `None` where the signature is of a kind that this key cannot have made.
    fn check(&self, key: &PublicKey, signed: Option<&[u8]>) -> Option<Signature> {
        crate::decode::crypto::ready();
        let (_, identifier) = AlgorithmIdentifier::from_der(&self.algorithm).ok()?;
        let algorithm = SignatureAlgorithm::read(&identifier);
        let family = Family::of(&algorithm.name)?;
        if family == Family::Rsa {
            let digest = self.digest.as_deref()?;
            return Some(RsaKey::of(key)?.signed(&self.signature, algorithm.hash?, digest));
        }
        let key = match PKey::public_key_from_der(key.info()) {
            Ok(key) if family.suits(key.id()) => key,
            Ok(_) => return None,
            Err(error) => return Some(Signature::of(Err(error))),
        };
        if family == Family::EdDsa {
            let checked = Verifier::new_without_digest(&key);
            let signed = signed?;
            let checked = checked.and_then(|mut one| one.verify_oneshot(&self.signature, signed));
            return Some(Signature::of(checked));
        }
        let hash = algorithm.hash?.md()?;
        let digest = self.digest.as_deref()?;
        let pss = match family {
            Family::Pss => {
                let PssParameters { mask, salt } = PssParameters::read(&identifier)?;
                Some((mask.md()?, salt))
            }
            Family::Rsa | Family::Ecdsa | Family::Dsa | Family::EdDsa => None,
        };
        let check = || {
            let mut context = PkeyCtx::new(&key)?;
            context.verify_init()?;
            if let Some((mask, salt)) = pss {
                context.set_rsa_padding(Padding::PKCS1_PSS)?;
                context.set_rsa_mgf1_md(mask)?;
                context.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt))?;
            }
            context.set_signature_md(hash)?;
            context.verify(digest, &self.signature)
        };
        Some(Signature::of(check()))
    }
}

/// What kind of key an algorithm needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Rsa,
    Pss,
    Ecdsa,
    Dsa,
    EdDsa,
}

impl Family {
    fn of(name: &str) -> Option<Family> {
        Some(match name {
            "rsassaPss" => Family::Pss,
            "Ed25519" | "Ed448" => Family::EdDsa,
            name if name.ends_with("WithRSAEncryption") || name.ends_with("WithRSASignature") => {
                Family::Rsa
            }
            name if name.starts_with("ecdsa-with-") => Family::Ecdsa,
            name if name.starts_with("dsa-with-") || name.starts_with("dsaWith") => Family::Dsa,
            _ => return None,
        })
    }

    fn suits(self, key: Id) -> bool {
        match self {
            Family::Rsa => key == Id::RSA,
            Family::Pss => [Id::RSA, Id::RSA_PSS].contains(&key),
            Family::Ecdsa => key == Id::EC,
            Family::Dsa => key == Id::DSA,
            Family::EdDsa => [Id::ED25519, Id::ED448].contains(&key),
        }
    }
}

/// What computes the digest for this AlgorithmIdentifier; `None` where the algorithm has no digest that counts.
pub(super) fn hasher(algorithm: &[u8]) -> Option<Hasher> {
    let (_, identifier) = AlgorithmIdentifier::from_der(algorithm).ok()?;
    Hasher::new(SignatureAlgorithm::read(&identifier).hash?)
}
