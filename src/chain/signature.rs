//! The only code that checks a certificate's signature.

use std::sync::OnceLock;

use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::x509::X509;

use crate::decode::crypto::{Signature, own};
use crate::document::{Certificate, Hash, Hasher, PublicKey, Role, RsaKey};

/// Whether `issuer`'s key made the signature on `subject`.
///
/// Does not check names, dates, or whether the issuer may sign. A SHA-1 signature that verifies counts: whether
/// SHA-1 is acceptable is a verdict, not a fact. An algorithm that OpenSSL does not know counts as "no", and so does a
/// signature that it could not check because of an error of its own: whoever draws a conclusion from a "no" asks
/// `check_signature`.
pub fn signed_by(subject: &Certificate, issuer: &Certificate) -> bool {
    check_signature(subject, issuer) == Signature::Made
}

/// [`signed_by`], with the answer that it could not be checked.
pub(crate) fn check_signature(subject: &Certificate, issuer: &Certificate) -> Signature {
    signed_by_key(subject, &IssuerKey::of(issuer))
}

/// The role of a certificate, by what it says of itself and by whether its own key signed it. A CA's certificate that was
/// issued under its own name and signed by another key is no root: it ties two keys of one CA together, or is damaged.
pub fn role(certificate: &Certificate) -> Role {
    let is_self_issued = certificate.is_self_issued();
    match (certificate.is_ca(), is_self_issued) {
        (true, true) if is_self_signed(certificate) => Role::Root,
        (true, true) => Role::SelfIssuedCa,
        (true, false) => Role::SubCa,
        (false, true) if is_self_signed(certificate) => Role::SelfSignedEndpoint,
        (false, _) => Role::Endpoint,
    }
}

/// Whether the certificate is self-signed: subject and issuer are one name, and its own key made the signature. A certificate
/// with which a CA vouches for its next key is self-issued too, but is not self-signed (RFC 5280 section 3.2).
pub fn is_self_signed(certificate: &Certificate) -> bool {
    let check = || check_signature(certificate, certificate);
    certificate.is_self_issued() && certificate.signs_itself(check) == Signature::Made
}

/// An issuer's key, made ready to check many signatures.
#[derive(Clone, Debug)]
pub(super) struct IssuerKey {
    key: PublicKey,
    rsa: Option<RsaKey>,
    /// The key as OpenSSL reads it, which takes longer than a check with it; once one is wanted.
    read: OnceLock<PKey<Public>>,
}

impl IssuerKey {
    pub(super) fn of(issuer: &Certificate) -> IssuerKey {
        IssuerKey {
            key: issuer.key.clone(),
            rsa: RsaKey::of(&issuer.key),
            read: OnceLock::new(),
        }
    }

    fn read(&self) -> Result<&PKey<Public>, ErrorStack> {
        if let Some(key) = self.read.get() {
            return Ok(key);
        }
        crate::decode::crypto::ready();
        let key = PKey::public_key_from_der(self.key.info())?;
        Ok(self.read.get_or_init(|| key))
    }
}

/// [`signed_by`] with a key made ready.
pub(super) fn signed_by_key(subject: &Certificate, issuer: &IssuerKey) -> Signature {
    // RFC 5280 section 4.1.1.2: both fields MUST contain the same algorithm.
    if subject.signature_mismatch || !issuer.key.is_bounded() {
        return Signature::NotMade;
    }
    signed_by_rsa(subject, issuer)
        .or_else(|| signed_by_ecdsa(subject, issuer))
        .unwrap_or_else(|| signed_by_any(subject, issuer))
}

/// The same by any algorithm.
fn signed_by_any(subject: &Certificate, issuer: &IssuerKey) -> Signature {
    crate::decode::crypto::ready();
    let key = issuer.read();
    let checked = key.and_then(|key| X509::from_der(subject.der())?.verify(key));
    subject.signature.judge(checked)
}

/// The same for ECDSA with a hash that counts; `None` where it is something else, or OpenSSL could not check it. Takes less
/// than half of the time that it takes OpenSSL to read the certificate again. OpenSSL has accepted the algorithm before it
/// compares, so that a failed comparison needs no known signature to be checked beside it.
fn signed_by_ecdsa(subject: &Certificate, issuer: &IssuerKey) -> Option<Signature> {
    if !subject.signature.name.starts_with("ecdsa-with-") {
        return None;
    }
    let hash = subject.signature.hash?;
    if !matches!(hash, Hash::Sha256 | Hash::Sha384 | Hash::Sha512) {
        return None;
    }
    let key = issuer.read().ok().filter(|key| key.id() == Id::EC)?;
    let (message, signature) = subject.signed()?;
    let mut hasher = Hasher::new(hash)?;
    hasher.update(message);
    let mut context = PkeyCtx::new(key).ok()?;
    context.verify_init().ok()?;
    context.set_signature_md(hash.md()?).ok()?;
    match context.verify(&hasher.finish(), signature) {
        Ok(true) => Some(Signature::Made),
        Err(error) if own(&error).is_some() => None,
        // That it is malformed, or not of this key.
        Ok(false) | Err(_) => Some(Signature::NotMade),
    }
}

/// The same for RSASSA-PKCS1-v1_5; `None` where it is something else.
fn signed_by_rsa(subject: &Certificate, issuer: &IssuerKey) -> Option<Signature> {
    if !subject.signature.name.ends_with("WithRSAEncryption") {
        return None;
    }
    let key = issuer.rsa.as_ref()?;
    let hash = subject.signature.hash?;
    let (message, signature) = subject.signed()?;
    key.signed_message(signature, hash, message)
}

#[cfg(test)]
mod tests {
    use openssl::asn1::Asn1Time;
    use openssl::hash::MessageDigest;
    use openssl::pkey::Private;
    use openssl::rsa::Rsa;
    use openssl::x509::X509Builder;
    use openssl::x509::extension::BasicConstraints;

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
                assert_eq!(by_rsa, Some(signed_by_any(subject, &issuer)));
                verified += usize::from(by_rsa == Some(Signature::Made));
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
            let made = signed_by_rsa(&sound, &issuer);
            assert_eq!(made, Some(Signature::Made), "{name}");
            // The last octet is the signature's; one in the middle of the first hundred is signed.
            for at in [40, sound.der().len() - 1] {
                let mut der = sound.der().to_vec();
                der[at] ^= 1;
                if let Ok(changed) = Certificate::read(&der) {
                    let made = signed_by_rsa(&changed, &issuer);
                    assert_eq!(made, Some(Signature::NotMade), "{name} {at}");
                }
            }
        }
    }

    /// A certificate for a key, with one name for subject and issuer, signed by another key or its own.
    fn self_issued(ca: bool, key: &PKey<Private>, by: &PKey<Private>) -> Certificate {
        let mut builder = X509Builder::new().unwrap();
        let day = |seconds| Asn1Time::from_unix(seconds).unwrap();
        builder.set_version(2).unwrap();
        builder.set_not_before(&day(0)).unwrap();
        builder.set_not_after(&day(86_400)).unwrap();
        builder.set_pubkey(key).unwrap();
        let mut constraints = BasicConstraints::new();
        if ca {
            constraints.critical().ca();
        }
        builder
            .append_extension(constraints.build().unwrap())
            .unwrap();
        builder.sign(by, MessageDigest::sha256()).unwrap();
        Certificate::read(&builder.build().to_der().unwrap()).unwrap()
    }

    #[test]
    fn only_a_ca_whose_own_key_signed_its_certificate_is_a_root() {
        let key = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let (old, new) = (key(), key());
        for own in [&old, &new] {
            assert_eq!(role(&self_issued(true, own, own)), Role::Root);
            let endpoint = self_issued(false, own, own);
            assert_eq!(role(&endpoint), Role::SelfSignedEndpoint);
        }
        // New with old, and old with new (RFC 4210 section 4.4).
        for (key, by) in [(&new, &old), (&old, &new)] {
            assert_eq!(role(&self_issued(true, key, by)), Role::SelfIssuedCa);
            assert_eq!(role(&self_issued(false, key, by)), Role::Endpoint);
        }
    }

    fn curve_key() -> PKey<Private> {
        let group =
            openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap();
        PKey::from_ec_key(openssl::ec::EcKey::generate(&group).unwrap()).unwrap()
    }

    #[test]
    fn ecdsa_verifies_and_neither_one_changed_bit_nor_another_key_does() {
        let key = curve_key();
        let digests = [
            MessageDigest::sha256(),
            MessageDigest::sha384(),
            MessageDigest::sha512(),
        ];
        for digest in digests {
            let sound = signed(&key, digest);
            let name = &sound.signature.name;
            let issuer = IssuerKey::of(&sound);
            let other = IssuerKey::of(&signed(&curve_key(), digest));
            assert_eq!(
                signed_by_ecdsa(&sound, &issuer),
                Some(Signature::Made),
                "{name}"
            );
            assert_eq!(
                signed_by_ecdsa(&sound, &other),
                Some(Signature::NotMade),
                "{name}"
            );
            for at in [40, sound.der().len() - 1] {
                let mut der = sound.der().to_vec();
                der[at] ^= 1;
                if let Ok(changed) = Certificate::read(&der) {
                    let checked = signed_by_key(&changed, &issuer);
                    assert_eq!(checked, Signature::NotMade, "{name} {at}");
                }
            }
        }
    }

    #[test]
    fn a_key_of_another_kind_made_no_signature_of_ecdsa() {
        let certificate = signed(&curve_key(), MessageDigest::sha256());
        let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let issuer = IssuerKey::of(&signed(&rsa, MessageDigest::sha256()));
        assert_eq!(signed_by_ecdsa(&certificate, &issuer), None);
        assert_eq!(signed_by_key(&certificate, &issuer), Signature::NotMade);
    }

    #[test]
    fn another_algorithm_is_left_to_openssl() {
        let certificate = signed(&curve_key(), MessageDigest::sha1());
        let issuer = IssuerKey::of(&certificate);
        assert_eq!(signed_by_rsa(&certificate, &issuer), None);
        assert_eq!(signed_by_ecdsa(&certificate, &issuer), None);
        assert!(signed_by(&certificate, &certificate));
    }
}
