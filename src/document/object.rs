//! One object of any kind.

use std::sync::Arc;

use super::certificate::Certificate;
use super::der::{Malformed, Misread};
use super::key::{KeyError, PrivateKey};
use super::request::RequestError;
use super::{Crl, Hex, Kind, Partial, PublicKey, Request, Sha256Digest, der, sha256};
use crate::decode::{Blob, Label, Password};
use crate::input::Origin;

/// One object that was read.
#[derive(Debug)]
#[non_exhaustive]
pub enum Document {
    /// A certificate; shared, because chains hold it too.
    Certificate(Arc<Certificate>),
    /// A certificate signing request.
    Request(Box<Request>),
    /// The header of a CRL.
    Crl(Box<Crl>),
    /// A private key.
    PrivateKey(PrivateKey),
    /// A private key whose password was not given, or was given wrongly.
    EncryptedKey(EncryptedKey),
    /// A public key.
    PublicKey(PublicKey),
}

/// What is known of a private key without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncryptedKey {
    /// How it is encrypted, such as `PBES2`.
    pub scheme: String,
    /// Whether a password was tried.
    pub tried: bool,
    /// SHA-256 over the bytes as given.
    pub sha256: Sha256Digest,
}

/// An object that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// DER of a shape that is none of those known.
    #[error("{origin}: not a certificate, CSR, CRL or key (it begins with {start})")]
    Unrecognised {
        /// Where it is.
        origin: Origin,
        /// Its first bytes.
        start: String,
    },
    /// DER whose lengths or tags are wrong.
    #[error("{origin}: damaged {kind}: wrong length or tag at byte {offset} of the decoded object")]
    Damaged {
        /// Where it is.
        origin: Origin,
        /// What it looks like.
        kind: Kind,
        /// The offset of the first fault in the object's DER.
        offset: usize,
        /// What could be read.
        read: Option<Box<Partial>>,
    },
    /// Well-formed DER that is not what its shape promised.
    #[error("{origin}: it looks like a {kind}, but {field} does not follow the standard")]
    Invalid {
        /// Where it is.
        origin: Origin,
        /// What it looks like.
        kind: Kind,
        /// The field that cannot be read, as the subject of a sentence.
        field: &'static str,
        /// What could be read.
        read: Option<Box<Partial>>,
    },
    /// A request whose signature OpenSSL could not check, because of an error of its own.
    #[error(
        "{origin}: OpenSSL could not check the signature of the {kind}, because of an error of its own; this says nothing about the {kind}",
        kind = Kind::Request
    )]
    SignatureUnchecked {
        /// Where it is.
        origin: Origin,
    },
    /// A private key that cannot be read.
    #[error("{origin}: the private key could not be read")]
    Key {
        /// Where it is.
        origin: Origin,
        /// What is wrong with it.
        source: KeyError,
    },
}

impl ObjectError {
    /// Where it is, and what could be read of it: to be shown, and not to be relied on.
    pub fn partial(&self) -> Option<(&Origin, &Partial)> {
        match self {
            ObjectError::Damaged { origin, read, .. }
            | ObjectError::Invalid { origin, read, .. } => Some((origin, read.as_deref()?)),
            _ => None,
        }
    }
}

impl Document {
    /// Reads one blob as what its structure says it is; its label is only a claim.
    ///
    /// An encrypted key without the right password is a [`Document::EncryptedKey`], not an error.
    ///
    /// # Errors
    /// When the bytes are not whole, or not what their structure promises; [`ObjectError`] says what was expected.
    pub fn read(blob: &Blob<'_>, password: Option<&Password>) -> Result<Document, ObjectError> {
        let bytes: &[u8] = &blob.bytes;
        let kind = match (&blob.label, &blob.dek_info) {
            // Bytes under traditional PEM encryption have no structure to see.
            (_, Some(_)) => Kind::PrivateKey,
            _ => match Kind::of(bytes) {
                Some(kind) => kind,
                None => {
                    let promised = blob.label.as_ref().and_then(promised);
                    return Err(unread(blob, promised, Malformed.into()));
                }
            },
        };
        let read = match kind {
            Kind::Certificate => {
                Certificate::read(bytes).map(|read| Document::Certificate(Arc::new(read)))
            }
            Kind::Request => {
                // A file may hold the same request thousands of times.
                let digest = sha256(bytes).0;
                match Request::read_known(bytes, blob.work.checked(&digest)) {
                    Ok(read) => {
                        blob.work.note(digest, read.signature_valid);
                        Ok(Document::Request(Box::new(read)))
                    }
                    Err(RequestError::Misread(misread)) => Err(misread),
                    Err(RequestError::Unchecked) => {
                        let origin = blob.origin.clone();
                        return Err(ObjectError::SignatureUnchecked { origin });
                    }
                }
            }
            Kind::Crl => Crl::read(bytes).map(|read| Document::Crl(Box::new(read))),
            Kind::PublicKey => PublicKey::read(bytes)
                .or_else(|Malformed| PublicKey::read_pkcs1(bytes))
                .map(Document::PublicKey)
                .map_err(Misread::from),
            Kind::PrivateKey | Kind::EncryptedPrivateKey => {
                let encrypted = |scheme, tried| {
                    Ok(Document::EncryptedKey(EncryptedKey {
                        scheme,
                        tried,
                        sha256: sha256(bytes),
                    }))
                };
                return match PrivateKey::read(blob, password) {
                    Ok(key) => Ok(Document::PrivateKey(key)),
                    Err(KeyError::PasswordNeeded { scheme }) => encrypted(scheme, false),
                    Err(KeyError::WrongPassword { scheme }) => encrypted(scheme, true),
                    Err(source) => Err(ObjectError::Key {
                        origin: blob.origin.clone(),
                        source,
                    }),
                };
            }
        };
        match read {
            Ok(document) => Ok(document),
            Err(misread) => Err(unread(blob, Some(kind), misread)),
        }
    }

    /// What kind of object it is.
    pub fn kind(&self) -> Kind {
        match self {
            Document::Certificate(_) => Kind::Certificate,
            Document::Request(_) => Kind::Request,
            Document::Crl(_) => Kind::Crl,
            Document::PrivateKey(_) => Kind::PrivateKey,
            Document::EncryptedKey(_) => Kind::EncryptedPrivateKey,
            Document::PublicKey(_) => Kind::PublicKey,
        }
    }

    /// The certificate, where it is one.
    pub fn certificate(&self) -> Option<&Arc<Certificate>> {
        match self {
            Document::Certificate(certificate) => Some(certificate),
            _ => None,
        }
    }

    /// The public key in it, or the one that belongs to the private key in it.
    pub fn public_key(&self) -> Option<&PublicKey> {
        match self {
            Document::Certificate(certificate) => Some(&certificate.key),
            Document::Request(request) => Some(&request.key),
            Document::PrivateKey(key) => Some(key.public_key()),
            Document::PublicKey(key) => Some(key),
            Document::Crl(_) | Document::EncryptedKey(_) => None,
        }
    }

    /// What distinguishes copies of the same object from different ones; none for CRLs, whose bytes are not kept, and
    /// for keys, of which two encodings are still one key.
    pub fn digest(&self) -> Option<Sha256Digest> {
        match self {
            Document::Certificate(certificate) => Some(certificate.sha256),
            Document::Request(request) => Some(request.sha256),
            Document::EncryptedKey(key) => Some(key.sha256),
            Document::Crl(_) | Document::PrivateKey(_) | Document::PublicKey(_) => None,
        }
    }
}

/// The kind that a label claims.
fn promised(label: &Label) -> Option<Kind> {
    Some(match label {
        Label::Certificate => Kind::Certificate,
        Label::Request => Kind::Request,
        Label::Crl => Kind::Crl,
        Label::PrivateKey | Label::RsaPrivateKey | Label::EcPrivateKey => Kind::PrivateKey,
        Label::EncryptedPrivateKey => Kind::EncryptedPrivateKey,
        Label::PublicKey | Label::RsaPublicKey => Kind::PublicKey,
        _ => return None,
    })
}

/// Whether a label claims another kind than the object is of.
pub(super) fn disagrees(label: Option<&Label>, kind: Kind) -> bool {
    // The members of a bundle carry no label of it, so that this is an object that is none.
    if label == Some(&Label::Pkcs7) {
        return true;
    }
    // What is parameters is not an object.
    if matches!(label, Some(Label::Other(written)) if written.ends_with(" PARAMETERS")) {
        return true;
    }
    let private = |kind| matches!(kind, Kind::PrivateKey | Kind::EncryptedPrivateKey);
    label
        .and_then(promised)
        .is_some_and(|promised| promised != kind && !(private(promised) && private(kind)))
}

fn unread(blob: &Blob<'_>, kind: Option<Kind>, misread: Misread) -> ObjectError {
    let origin = blob.origin.clone();
    let bytes: &[u8] = &blob.bytes;
    match (kind, der::first_fault(bytes)) {
        (Some(kind), Some(offset)) => ObjectError::Damaged {
            origin,
            kind,
            offset,
            read: Partial::read(bytes, kind).map(Box::new),
        },
        (Some(kind), None) => ObjectError::Invalid {
            origin,
            kind,
            field: misread.field,
            read: Partial::read(bytes, kind).map(Box::new),
        },
        (None, _) => {
            // Of something that may be a mangled private key not a byte is shown.
            let secret = blob.label.as_ref().is_some_and(Label::is_secret);
            let start = bytes.get(..8).unwrap_or(bytes);
            let start = if secret {
                "bytes not shown".to_owned()
            } else {
                Hex(start).to_string()
            };
            ObjectError::Unrecognised { origin, start }
        }
    }
}
