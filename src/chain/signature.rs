//! The one place where a certificate's signature is checked.

use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::{Sha384, Sha512};
use openssl::x509::X509;

use crate::document::der::wrap;
use crate::document::{Certificate, Hash, PublicKey, sha1, sha256};

/// Whether `issuer`'s key made the signature on `subject`.
///
/// Does not check names, dates, or whether the issuer may sign. A SHA-1 signature that verifies counts: whether
/// SHA-1 is acceptable is a verdict, not a fact. An algorithm that OpenSSL does not know counts as "no".
pub fn signed_by(subject: &Certificate, issuer: &Certificate) -> bool {
    signed_by_key(subject, &IssuerKey::of(issuer))
}

/// An issuer's key, made ready to check many signatures.
#[derive(Clone, Debug)]
pub(super) struct IssuerKey {
    key: PublicKey,
    /// The key as OpenSSL has it, where it is an RSA key; what is computed of it once for all checks is kept in it.
    rsa: Option<Rsa<Public>>,
}

impl IssuerKey {
    pub(super) fn of(issuer: &Certificate) -> IssuerKey {
        let numbers = issuer.key.rsa_numbers();
        IssuerKey {
            key: issuer.key.clone(),
            rsa: numbers.and_then(|(modulus, exponent)| rsa_key(modulus, exponent).ok()),
        }
    }
}

/// [`signed_by`] with a key made ready.
pub(super) fn signed_by_key(subject: &Certificate, issuer: &IssuerKey) -> bool {
    // RFC 5280 section 4.1.1.2: both fields MUST contain the same algorithm.
    if subject.signature_mismatch {
        return false;
    }
    signed_by_rsa(subject, issuer).unwrap_or_else(|| signed_by_any(subject, issuer))
}

/// The same by any algorithm. OpenSSL's decoders, and the providers they are looked up in, cost the first check of
/// a process a millisecond and a half.
fn signed_by_any(subject: &Certificate, issuer: &IssuerKey) -> bool {
    let Ok(key) = PKey::public_key_from_der(issuer.key.info()) else {
        return false;
    };
    X509::from_der(subject.der()).is_ok_and(|subject| subject.verify(&key).unwrap_or(false))
}

/// The same for RSASSA-PKCS1-v1_5, which all of the NHS's CAs use; `None` where it is something else.
///
/// Needs nothing of OpenSSL but arithmetic, and so works where the system's policy refuses SHA-1 too.
fn signed_by_rsa(subject: &Certificate, issuer: &IssuerKey) -> Option<bool> {
    if !subject.signature.name.ends_with("WithRSAEncryption") {
        return None;
    }
    let (message, signature) = subject.signed()?;
    let expected = digest_info(subject.signature.hash?, message)?;
    let key = issuer.rsa.as_ref()?;
    // RFC 8017 section 8.2.2 compares whole encodings: OpenSSL checks and removes the padding, and what is left
    // must be the one encoding of the digest, to the last octet.
    let mut recovered = vec![0; key.size().try_into().ok()?];
    let length = key.public_decrypt(signature, &mut recovered, Padding::PKCS1);
    let length = match length {
        Ok(length) if signature.len() == recovered.len() => length,
        _ => return Some(false),
    };
    Some(recovered.get(..length) == Some(&expected))
}

fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Result<Rsa<Public>, ErrorStack> {
    Rsa::from_public_components(BigNum::from_slice(modulus)?, BigNum::from_slice(exponent)?)
}

/// The DER DigestInfo of a message, by the prefixes of RFC 8017 section 9.2 note 1.
fn digest_info(hash: Hash, message: &[u8]) -> Option<Vec<u8>> {
    const SHA_2: [u8; 8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
    let (oid, digest): (Vec<u8>, Vec<u8>) = match hash {
        Hash::Sha1 => (vec![0x2b, 0x0e, 0x03, 0x02, 0x1a], sha1(message).0.to_vec()),
        Hash::Sha256 => ([&SHA_2[..], &[1]].concat(), sha256(message).0.to_vec()),
        Hash::Sha384 => {
            let mut context = Sha384::new();
            context.update(message);
            ([&SHA_2[..], &[2]].concat(), context.finish().to_vec())
        }
        Hash::Sha512 => {
            let mut context = Sha512::new();
            context.update(message);
            ([&SHA_2[..], &[3]].concat(), context.finish().to_vec())
        }
        Hash::Md2 | Hash::Md5 | Hash::Sha224 => return None,
    };
    let algorithm = wrap(0x30, &[wrap(0x06, &oid), wrap(0x05, &[])].concat());
    Some(wrap(0x30, &[algorithm, wrap(0x04, &digest)].concat()))
}

#[cfg(test)]
mod tests {
    use openssl::asn1::Asn1Time;
    use openssl::hash::MessageDigest;
    use openssl::pkey::Private;
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
                assert_eq!(by_rsa, Some(signed_by_any(subject, &issuer)));
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
