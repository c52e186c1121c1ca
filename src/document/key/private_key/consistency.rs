//! Whether the numbers of a private key belong together.

use openssl::bn::{BigNum, BigNumContext};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKeyRef, Private};
use openssl::rsa::RsaRef;

use super::reading::{MODULUS_LIMIT, malformed};
use super::{KeyError, KeyFault};

/// Whether the numbers of a key belong together, so that a key damaged on its way is told here and not by the server
/// that loads it.
///
/// Not asked is whether the primes are prime: that takes OpenSSL 46 ms for RSA 2048, and damage to a prime shows in
/// the products anyway.
pub(super) fn check(pkey: &PKeyRef<Private>) -> Result<(), KeyError> {
    crate::decode::crypto::ready();
    let inconsistent = |source| malformed(KeyFault::Inconsistent, source);
    let sound = match pkey.id() {
        Id::RSA if pkey.bits() > MODULUS_LIMIT => {
            return Err(malformed(KeyFault::Modulus { bits: pkey.bits() }, None));
        }
        Id::RSA => pkey.rsa().and_then(|rsa| is_consistent(&rsa)),
        Id::EC => pkey.ec_key().and_then(|key| key.check_key()).map(|()| true),
        _ => Ok(true),
    };
    match sound {
        Ok(true) => Ok(()),
        Ok(false) => Err(inconsistent(None)),
        Err(source) => Err(inconsistent(Some(source))),
    }
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
fn is_consistent(rsa: &RsaRef<Private>) -> Result<bool, ErrorStack> {
    let (Some(p), Some(q)) = (rsa.p(), rsa.q()) else {
        return Ok(false);
    };
    let mut context = BigNumContext::new_secure()?;
    let mut product = Secret(BigNum::new_secure()?);
    product.0.checked_mul(p, q, &mut context)?;
    if *product.0 != *rsa.n() {
        return Ok(false);
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
            return Ok(false);
        }
    }
    let Some(inverse) = rsa.iqmp() else {
        return Ok(true);
    };
    product.0.mod_mul(q, inverse, p, &mut context)?;
    Ok(*product.0 == *BigNum::from_u32(1)?)
}
