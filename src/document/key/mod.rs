//! Keys, and the signatures they make.

mod private_key;
mod public_key;
mod rsa;
mod signature_algorithm;
mod strength;

pub use private_key::{
    ITERATION_LIMIT, KeyError, KeyFault, MODULUS_LIMIT, PASSWORD_LIMIT, PBKDF2_ITERATIONS,
    PrivateKey, PrivateKeyPem,
};
pub use public_key::{KeyAlgorithm, PublicKey};
pub(crate) use rsa::RsaKey;
pub(crate) use signature_algorithm::{Flaw, PssParameters};
pub use signature_algorithm::{Hash, SignatureAlgorithm};
pub use strength::LEAST_SECURITY;
