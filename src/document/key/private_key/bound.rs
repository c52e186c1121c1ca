//! What is looked at in a private key before OpenSSL computes with it.
//!
//! OpenSSL computes the public half of DSA and DH keys while it reads them, with numbers of any size: a key of 43 kB
//! takes it the better part of a minute.

use super::super::public_key::bits;
use super::reading::{Form, malformed, pkcs8_algorithm};
use super::{KeyError, KeyFault, MODULUS_LIMIT};
use crate::document::der;

/// The longest private key that is read, in octets of DER: RSA of 16,384 bits, the largest there is, takes 9 KiB.
pub(super) const LENGTH_LIMIT: usize = 16 * 1024;

/// The longest one of another kind than RSA: P-521 with explicit parameters takes less than 1 KiB.
const CURVE_LIMIT: usize = 4 * 1024;

/// The algorithms of PKCS#8 that are read, and whether they are RSA's.
const ALGORITHMS: [(&[u8], bool); 7] = [
    // rsaEncryption, RSASSA-PSS.
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1], true),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10], true),
    // id-ecPublicKey.
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], false),
    // X25519, X448, Ed25519, Ed448.
    (&[0x2b, 0x65, 110], false),
    (&[0x2b, 0x65, 111], false),
    (&[0x2b, 0x65, 112], false),
    (&[0x2b, 0x65, 113], false),
];

/// Refuses a key of an algorithm that nothing here can use, and one whose numbers are larger than any sound key's.
pub(super) fn check(der: &[u8], form: &Form) -> Result<(), KeyError> {
    check_length(der)?;
    match form {
        Form::Pkcs1 => check_rsa(der),
        Form::Sec1 => check_curve(der),
        Form::Pkcs8 => {
            let Some((oid, key)) = pkcs8(der) else {
                return Err(malformed(KeyFault::Structure, None));
            };
            match ALGORITHMS.iter().find(|(known, _)| *known == oid) {
                Some((_, true)) => check_rsa(key),
                Some((_, false)) => check_curve(der),
                None => Err(KeyError::Unsupported {
                    algorithm: pkcs8_algorithm(der)
                        .unwrap_or_else(|| "the key's algorithm".to_owned()),
                }),
            }
        }
        Form::Encrypted => Ok(()),
    }
}

/// Refuses a key that is longer than any sound one.
pub(super) fn check_length(der: &[u8]) -> Result<(), KeyError> {
    match der.len() {
        length if length > LENGTH_LIMIT => Err(malformed(KeyFault::Length { length }, None)),
        _ => Ok(()),
    }
}

fn check_curve(der: &[u8]) -> Result<(), KeyError> {
    match der.len() {
        length if length > CURVE_LIMIT => Err(malformed(KeyFault::Length { length }, None)),
        _ => Ok(()),
    }
}

/// The algorithm's OID and the contents of the key (RFC 5958 section 2).
fn pkcs8(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = der::elements(der::only(der, 0x30).ok()?);
    let (_version, algorithm) = (fields.next()?.ok()?, fields.next()?.ok()?);
    let key = fields.next()?.ok()?;
    let (oid, _) = der::first(algorithm.content).ok()?;
    (oid.identifier == 0x06 && key.identifier == 0x04).then_some((oid.content, key.content))
}

/// RFC 8017 appendix A.1.2: every number is smaller than the modulus.
fn check_rsa(der: &[u8]) -> Result<(), KeyError> {
    let structure = |der::Malformed| malformed(KeyFault::Contents, None);
    let mut numbers = der::elements(der::only(der, 0x30).map_err(structure)?);
    let mut next = || {
        numbers
            .next()
            .unwrap_or(Err(der::Malformed))
            .map_err(structure)
    };
    let (version, modulus) = (next()?, next()?);
    // RFC 8017 appendix A.1.2: version 1 has further primes. Such a key is sound, and no server here needs one.
    if version.content == [1] {
        return Err(KeyError::Unsupported {
            algorithm: "an RSA private key with more than two primes".to_owned(),
        });
    }
    let octets = length(modulus.content);
    let bits = bits(modulus.content);
    if bits > MODULUS_LIMIT {
        return Err(malformed(KeyFault::Modulus { bits }, None));
    }
    for number in numbers {
        if length(number.map_err(structure)?.content) > octets {
            return Err(malformed(KeyFault::Inconsistent, None));
        }
    }
    Ok(())
}

/// The octets of a number without leading zeros.
fn length(content: &[u8]) -> usize {
    let zeros = content.iter().take_while(|octet| **octet == 0).count();
    content.len() - zeros
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(octets: usize) -> Vec<u8> {
        der::wrap(0x02, &[&[0][..], &vec![0xcf; octets]].concat())
    }

    fn rsa(octets: [usize; 8]) -> Vec<u8> {
        let numbers: Vec<u8> = octets.into_iter().flat_map(number).collect();
        der::wrap(0x30, &[&[2, 1, 0][..], &numbers].concat())
    }

    fn pkcs8(oid: &[u8], key: &[u8]) -> Vec<u8> {
        let algorithm = der::wrap(0x30, &der::wrap(0x06, oid));
        der::wrap(
            0x30,
            &[&[2, 1, 0][..], &algorithm, &der::wrap(0x04, key)].concat(),
        )
    }

    #[test]
    fn a_key_of_an_algorithm_that_nothing_here_uses_is_not_computed_with() {
        // id-dsa.
        let dsa = pkcs8(&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1], &number(20));
        let error = check(&dsa, &Form::Pkcs8).unwrap_err();
        assert!(matches!(error, KeyError::Unsupported { .. }), "{error}");
        // No other form makes it one that can be used.
        assert!(!error.to_string().contains("convert"), "{error}");
        let curve = pkcs8(&[0x2b, 0x65, 112], &[4, 32]);
        assert!(check(&curve, &Form::Pkcs8).is_ok());
    }

    #[test]
    fn primes_and_exponents_larger_than_the_modulus_are_not_computed_with() {
        let sound = [256, 3, 256, 128, 128, 128, 128, 128];
        assert!(check(&rsa(sound), &Form::Pkcs1).is_ok());
        for place in 1..sound.len() {
            let mut numbers = sound;
            numbers[place] = 257;
            assert!(check(&rsa(numbers), &Form::Pkcs1).is_err(), "{place}");
            let wrapped = pkcs8(ALGORITHMS[0].0, &rsa(numbers));
            assert!(check(&wrapped, &Form::Pkcs8).is_err(), "{place}");
        }
    }

    #[test]
    fn a_key_of_three_primes_is_not_called_damaged() {
        let mut numbers: Vec<u8> = vec![2, 1, 1];
        numbers.extend((0..8).flat_map(|_| number(128)));
        numbers.extend([0x30, 0]);
        assert!(matches!(
            check(&der::wrap(0x30, &numbers), &Form::Pkcs1),
            Err(KeyError::Unsupported { .. })
        ));
    }

    #[test]
    fn a_modulus_or_a_key_beyond_measure_is_refused() {
        let fault = |der: &[u8]| match check(der, &Form::Pkcs1) {
            Err(KeyError::Malformed { fault, .. }) => Some(fault),
            _ => None,
        };
        let bits = 8 * 2049;
        let long = rsa([2049, 3, 256, 128, 128, 128, 128, 128]);
        assert_eq!(fault(&long), Some(KeyFault::Modulus { bits }));
        let longer = rsa([256, 3, LENGTH_LIMIT, 1, 1, 1, 1, 1]);
        let length = longer.len();
        assert_eq!(fault(&longer), Some(KeyFault::Length { length }));
    }
}
