//! The only code that checks a certificate's signature.

use openssl::pkey::PKey;
use openssl::x509::X509;

use super::rsa::RsaKey;
use crate::decode::crypto::Signature;
use crate::document::{Certificate, Hasher, PublicKey, SignatureAlgorithm};

/// Whether `issuer`'s key made the signature on `subject`.
///
/// Does not check names, dates, or whether the issuer may sign. A SHA-1 signature that verifies counts: whether
/// SHA-1 is acceptable is a verdict, not a fact. An algorithm that OpenSSL does not know counts as "no".
pub fn signed_by(subject: &Certificate, issuer: &Certificate) -> bool {
    signed_by_key(subject, &IssuerKey::of(issuer)) == Signature::Made
}

/// Whether the certificate is self-signed: subject and issuer are one name, and its own key made the signature. A certificate
/// with which a CA vouches for its next key is self-issued too, but is not self-signed (RFC 5280 section 3.2).
pub fn is_self_signed(certificate: &Certificate) -> bool {
    certificate.is_self_issued() && signed_by(certificate, certificate)
}

/// An issuer's key, made ready to check many signatures.
#[derive(Clone, Debug)]
pub(super) struct IssuerKey {
    key: PublicKey,
    rsa: Option<RsaKey>,
}

impl IssuerKey {
    pub(super) fn of(issuer: &Certificate) -> IssuerKey {
        IssuerKey {
            key: issuer.key.clone(),
            rsa: RsaKey::of(&issuer.key),
        }
    }
}

/// [`signed_by`] with a key made ready.
pub(super) fn signed_by_key(subject: &Certificate, issuer: &IssuerKey) -> Signature {
    // RFC 5280 section 4.1.1.2: both fields MUST contain the same algorithm.
    if subject.signature_mismatch || !issuer.key.is_bounded() {
        return Signature::NotMade;
    }
    match signed_by_rsa(subject, issuer) {
        Some(true) => Signature::Made,
        Some(false) => Signature::NotMade,
        None => signed_by_any(subject, issuer),
    }
}

/// The same by any algorithm.
fn signed_by_any(subject: &Certificate, issuer: &IssuerKey) -> Signature {
    crate::decode::crypto::ready();
    let key = PKey::public_key_from_der(issuer.key.info());
    let checked = Signature::of(key.and_then(|key| X509::from_der(subject.der())?.verify(&key)));
    let SignatureAlgorithm { name, hash, .. } = &subject.signature;
    let is_known = hash.is_some() || ["Ed25519", "Ed448"].contains(&name.as_ref());
    match checked {
        Signature::Unchecked if !is_known => Signature::NotMade,
        checked => checked,
    }
}

/// The same for RSASSA-PKCS1-v1_5; `None` where it is something else.
fn signed_by_rsa(subject: &Certificate, issuer: &IssuerKey) -> Option<bool> {
    if !subject.signature.name.ends_with("WithRSAEncryption") {
        return None;
    }
    let key = issuer.rsa.as_ref()?;
    let hash = subject.signature.hash?;
    let (message, signature) = subject.signed()?;
    let mut hasher = Hasher::new(hash)?;
    hasher.update(message);
    Some(key.signed(signature, hash, &hasher.finish()))
}

#[cfg(test)]
mod tests {
    use openssl::asn1::Asn1Time;
    use openssl::hash::MessageDigest;
    use openssl::pkey::Private;
    use openssl::rsa::Rsa;
    use openssl::x509::X509Builder;

    use super::*;
    use crate::environment::Facts;

    fn signed(key: &PKey<Private>, digest: MessageDigest) -> Certificate {
        let mut builder = X509Builder::new().unwrap();
        let day = |seconds| Asn1Time::from_unix(seconds).unwrap();
        builder.set_not_before(&day(0)).unwrap();
        builder.set_not_after(&day(86_400)).unwrap();
        builder.set_pubkey(key).unwrap();
        builder.sign(key, digest).unwrap();
        Certificate::read(&builder.build().to_der().unwrap()).unwrap()
    }

    #[test]
    fn both_ways_agree_on_every_pair_of_built_in_certificates() {
        let facts = Facts::built_in().unwrap();
        let mut verified = 0;
        for subject in facts.certificates() {
            for issuer in facts.certificates() {
                let issuer = IssuerKey::of(issuer);
                let by_rsa = signed_by_rsa(subject, &issuer);
                assert_eq!(
                    by_rsa,
                    Some(signed_by_any(subject, &issuer) == Signature::Made)
                );
                verified += usize::from(by_rsa == Some(true));
            }
        }
        assert!(verified >= facts.certificates().count());
    }

    #[test]
    fn every_hash_that_has_a_fast_way_verifies_and_one_changed_bit_does_not() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let digests = [
            MessageDigest::sha1(),
            MessageDigest::sha224(),
            MessageDigest::sha256(),
            MessageDigest::sha384(),
            MessageDigest::sha512(),
        ];
        for digest in digests {
            let sound = signed(&key, digest);
            let name = &sound.signature.name;
            let issuer = IssuerKey::of(&sound);
            assert_eq!(signed_by_rsa(&sound, &issuer), Some(true), "{name}");
            // The last octet is the signature's; one in the middle of the first hundred is signed.
            for at in [40, sound.der().len() - 1] {
                let mut der = sound.der().to_vec();
                der[at] ^= 1;
                if let Ok(changed) = Certificate::read(&der) {
                    assert_eq!(signed_by_rsa(&changed, &issuer), Some(false), "{name} {at}");
                }
            }
        }
    }

    #[test]
    fn another_algorithm_is_left_to_openssl() {
        let group =
            openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
        let key = openssl::ec::EcKey::generate(&group).unwrap();
        let certificate = signed(&PKey::from_ec_key(key).unwrap(), MessageDigest::sha256());
        let issuer = IssuerKey::of(&certificate);
        assert_eq!(signed_by_rsa(&certificate, &issuer), None);
        assert!(signed_by(&certificate, &certificate));
    }
}
