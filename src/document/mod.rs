//! Typed facts: what a DER object says, field by field.
//!
//! The contents of certificates, requests, CRL headers and keys live here. Opinion (expired, weak, wrong), the
//! clock and the disk do not. Raw bytes and unknown extensions are kept.

mod certificate;
pub(crate) mod der;
pub mod extension;
mod item;
mod key;
mod kind;
mod loading;
pub(crate) mod crl;
pub(crate) mod name;
mod object;
mod partial;
mod request;
mod single;
mod value;

pub(crate) use crate::input::printable;
pub use certificate::{Certificate, Role};
pub use crl::Crl;
pub use extension::Extensions;
pub(crate) use item::called;
pub use item::{Item, ItemError};
pub(crate) use key::{Flaw, PssParameters, RsaKey};
pub use key::{
    Hash, ITERATION_LIMIT, KeyAlgorithm, KeyError, KeyFault, LEAST_SECURITY, MODULUS_LIMIT,
    PASSWORD_LIMIT, PBKDF2_ITERATIONS, PrivateKey, PrivateKeyPem, PublicKey, SignatureAlgorithm,
};
pub use kind::Kind;
pub(crate) use loading::openssl_refusal;
pub use name::{Attribute, Name, Value};
use object::disagrees;
pub use object::{Document, EncryptedKey, ObjectError};
pub use partial::{FIELDS_LIMIT, FieldFault, Partial, UnreadField};
pub use request::{Request, RequestOddity};
pub use single::SingleError;
pub use value::{
    CrlNumber, Hex, HexBytes, Moment, MomentError, OddTime, Serial, SerialError, Sha1Digest,
    Sha256Digest, TimeFault, TimeField,
};
pub(crate) use value::{Hasher, has_unseen, quoted, sha1, sha256, shortest};
