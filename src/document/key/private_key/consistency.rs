//! Whether the numbers of a private key belong together.

use openssl::bn::{BigNum, BigNumContext};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKeyRef, Private};
use openssl::rsa::RsaRef;

use super::reading::{MODULUS_LIMIT, malformed};
use super::{KeyError, KeyFault};

/// Whether the numbers of a key belong together, so that a damaged key is reported here and not by the server
/// that loads it.
///
/// Not asked is whether the primes are prime: that takes OpenSSL 46 ms for RSA 2048, and damage to a prime shows in
/// the products anyway.
pub(super) fn check(pkey: &PKeyRef<Private>) -> Result<(), KeyError> {
    crate::decode::crypto::ready();
    let inconsistent = |source| malformed(KeyFault::Inconsistent, source);
    let sound = match pkey.id() {
        Id::RSA | Id::RSA_PSS if pkey.bits() > MODULUS_LIMIT => {
            return Err(malformed(KeyFault::Modulus { bits: pkey.bits() }, None));
        }
        Id::RSA | Id::RSA_PSS => pkey.rsa().and_then(|rsa| consistency(&rsa)),
        Id::EC => pkey
            .ec_key()
            .and_then(|key| key.check_key())
            .map(|()| Soundness::Sound),
        // One number, of which every value is a key, and from which OpenSSL computes the public half.
        Id::ED25519 | Id::ED448 | Id::X25519 | Id::X448 => Ok(Soundness::Sound),
        // A kind whose numbers are not compared here is not called sound.
        _ => {
            return Err(KeyError::Unsupported {
                algorithm: "this kind of key".to_owned(),
            });
        }
    };
    match sound {
        Ok(Soundness::Sound) => Ok(()),
        Ok(Soundness::Unsound) => Err(inconsistent(None)),
        Ok(Soundness::MorePrimes) => Err(KeyError::Unsupported {
            algorithm: "an RSA private key with more than two primes".to_owned(),
        }),
        Err(source) => Err(inconsistent(Some(source))),
    }
}

/// Whether an RSA key's numbers belong together.
#[derive(Clone, Copy)]
enum Soundness {
    Sound,
    Unsound,
    MorePrimes,
}

/// A number that is wiped when it is dropped.
struct Secret(BigNum);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.clear();
    }
}

/// The relations of RFC 8017 section 3.2: n = p·q, e·d ≡ 1 and d ≡ dP, dQ modulo p-1 and q-1, q·qInv ≡ 1 modulo p.
/// Signing and verifying instead would not do: OpenSSL silently repairs a wrong dP, dQ or qInv, other software fails.
fn consistency(rsa: &RsaRef<Private>) -> Result<Soundness, ErrorStack> {
    use Soundness::{Sound, Unsound};
    let sound = |is_sound| if is_sound { Sound } else { Unsound };
    let (Some(p), Some(q)) = (rsa.p(), rsa.q()) else {
        return Ok(Unsound);
    };
    let mut context = BigNumContext::new_secure()?;
    let mut product = Secret(BigNum::new_secure()?);
    product.0.checked_mul(p, q, &mut context)?;
    if *product.0 != *rsa.n() {
        // With more than two primes (RFC 8017 section 3.2) the first two make a part of the modulus.
        let mut rest = Secret(BigNum::new_secure()?);
        rest.0.nnmod(rsa.n(), &product.0, &mut context)?;
        let more = rest.0.num_bits() == 0 && product.0.num_bits() > 0;
        return Ok(if more {
            Soundness::MorePrimes
        } else {
            Soundness::Unsound
        });
    }
    for (prime, exponent) in [(p, rsa.dmp1()), (q, rsa.dmq1())] {
        let mut less_one = Secret(BigNum::new_secure()?);
        less_one.0.checked_sub(prime, &*BigNum::from_u32(1)?)?;
        product
            .0
            .mod_mul(rsa.e(), rsa.d(), &less_one.0, &mut context)?;
        let mut remainder = Secret(BigNum::new_secure()?);
        remainder.0.nnmod(rsa.d(), &less_one.0, &mut context)?;
        let is_one = *product.0 == *BigNum::from_u32(1)?;
        if !is_one || exponent.is_some_and(|exponent| *exponent != *remainder.0) {
            return Ok(Unsound);
        }
    }
    let Some(inverse) = rsa.iqmp() else {
        return Ok(Sound);
    };
    product.0.mod_mul(q, inverse, p, &mut context)?;
    Ok(sound(*product.0 == *BigNum::from_u32(1)?))
}
