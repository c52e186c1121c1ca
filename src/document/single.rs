//! One object from bytes of any format, for a caller that knows what it has.

use std::str::FromStr;
use std::sync::Arc;

use super::{Certificate, Crl, Document, Item, ItemError, Kind, PrivateKey, PublicKey, Request};
use crate::decode::{self, OpenError, Password};
use crate::input::{Input, Source};

/// Why bytes are not the one object that was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SingleError {
    /// Nothing in them can be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An object in them cannot be read.
    #[error(transparent)]
    Item(#[from] ItemError),
    /// It is a private key that needs a password, or another one.
    #[error("the private key is encrypted and no password was given")]
    Encrypted,
    /// They hold another number of such objects than one.
    #[error("expected one {wanted}, found {found}")]
    Count {
        /// What was expected.
        wanted: Kind,
        /// How many there are.
        found: usize,
    },
}

/// The only object of its kind; what else the bytes hold is passed over, but has to be readable.
fn single<T>(
    bytes: &[u8],
    password: Option<&Password>,
    wanted: Kind,
    pick: impl Fn(Document) -> Option<T>,
) -> Result<T, SingleError> {
    let opened = decode::open(
        &Input::new(Source::given("the bytes given"), bytes),
        password,
    )?;
    let mut found = Vec::new();
    for object in &opened.objects {
        let item = Item::read(object, opened.container, password)?;
        if wanted == Kind::PrivateKey && matches!(item.document, Document::EncryptedKey(_)) {
            return Err(SingleError::Encrypted);
        }
        found.extend(pick(item.document));
    }
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err(SingleError::Count { wanted, found: 0 }),
        (Some(_), others) => Err(SingleError::Count {
            wanted,
            found: others + 1,
        }),
    }
}

impl Certificate {
    /// The only certificate in bytes of any format: PEM, DER, PKCS#7 and so on.
    ///
    /// # Errors
    /// When there is none, or more than one, or anything in them cannot be read.
    ///
    /// ```
    /// use ptl_cert::document::Certificate;
    ///
    /// let pem = include_str!("../../tests/data/pki/root.pem");
    /// let certificate: Certificate = pem.parse()?;
    /// assert_eq!(Certificate::from_bytes(certificate.der())?, certificate);
    /// # Ok::<(), ptl_cert::document::SingleError>(())
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Certificate, SingleError> {
        let certificate = |document| match document {
            Document::Certificate(certificate) => Some(Arc::unwrap_or_clone(certificate)),
            _ => None,
        };
        single(bytes, None, Kind::Certificate, certificate)
    }
}

impl FromStr for Certificate {
    type Err = SingleError;

    fn from_str(pem: &str) -> Result<Certificate, SingleError> {
        Certificate::from_bytes(pem.as_bytes())
    }
}

impl Request {
    /// The only certificate signing request in bytes of any format.
    ///
    /// # Errors
    /// When there is none, or more than one, or anything in them cannot be read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Request, SingleError> {
        let request = |document| match document {
            Document::Request(request) => Some(*request),
            _ => None,
        };
        single(bytes, None, Kind::Request, request)
    }
}

impl FromStr for Request {
    type Err = SingleError;

    fn from_str(pem: &str) -> Result<Request, SingleError> {
        Request::from_bytes(pem.as_bytes())
    }
}

impl Crl {
    /// The header of the only CRL in bytes of any format.
    ///
    /// # Errors
    /// When there is none, or more than one, or anything in them cannot be read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Crl, SingleError> {
        let crl = |document| match document {
            Document::Crl(crl) => Some(*crl),
            _ => None,
        };
        single(bytes, None, Kind::Crl, crl)
    }
}

impl FromStr for Crl {
    type Err = SingleError;

    fn from_str(pem: &str) -> Result<Crl, SingleError> {
        Crl::from_bytes(pem.as_bytes())
    }
}

impl PublicKey {
    /// The only public key in bytes of any format: a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), as an HSM or a key
    /// service hands it out.
    ///
    /// # Errors
    /// When there is none, or more than one, or anything in them cannot be read.
    pub fn from_bytes(bytes: &[u8]) -> Result<PublicKey, SingleError> {
        let key = |document| match document {
            Document::PublicKey(key) => Some(key),
            _ => None,
        };
        single(bytes, None, Kind::PublicKey, key)
    }
}

impl FromStr for PublicKey {
    type Err = SingleError;

    fn from_str(pem: &str) -> Result<PublicKey, SingleError> {
        PublicKey::from_bytes(pem.as_bytes())
    }
}

impl PrivateKey {
    /// The only private key in bytes of any format, opened with `password` where it is encrypted.
    ///
    /// # Errors
    /// When there is none, or more than one, or anything in them cannot be read, or the password is missing or wrong.
    pub fn from_bytes(
        bytes: &[u8],
        password: Option<&Password>,
    ) -> Result<PrivateKey, SingleError> {
        let key = |document| match document {
            Document::PrivateKey(key) => Some(key),
            _ => None,
        };
        single(bytes, password, Kind::PrivateKey, key)
    }
}

impl FromStr for PrivateKey {
    type Err = SingleError;

    /// The only private key in PEM that is not encrypted.
    fn from_str(pem: &str) -> Result<PrivateKey, SingleError> {
        PrivateKey::from_bytes(pem.as_bytes(), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = include_str!("../../tests/data/pki/root.pem");
    const SUB: &str = include_str!("../../tests/data/pki/sub.pem");

    #[test]
    fn two_certificates_or_none_are_not_the_one_that_was_expected() {
        let count = |text: &str| match text.parse::<Certificate>() {
            Err(SingleError::Count { found, .. }) => found,
            other => panic!("{other:?}"),
        };
        assert_eq!(count(&format!("{ROOT}{SUB}")), 2);
        assert_eq!(count(include_str!("../../tests/data/pki/leaf.csr")), 0);
        assert!("".parse::<Certificate>().is_err());
    }

    #[test]
    fn a_locked_key_says_that_it_is_locked_and_opens_with_its_password() {
        let locked = include_bytes!("../../tests/data/pki/leaf-encrypted.key");
        assert!(matches!(
            PrivateKey::from_bytes(locked, None),
            Err(SingleError::Encrypted)
        ));
        let key: PrivateKey = include_str!("../../tests/data/pki/leaf.key")
            .parse()
            .unwrap();
        let opened = PrivateKey::from_bytes(locked, Some(&Password::new("practice"))).unwrap();
        assert_eq!(opened.public_key(), key.public_key());
    }

    #[test]
    fn a_crl_and_a_request_are_read_from_der_and_pem() {
        let crl = Crl::from_bytes(include_bytes!("../../tests/data/pki/list.crl"));
        assert!(crl.is_ok(), "{crl:?}");
        let request: Request = include_str!("../../tests/data/pki/leaf.csr")
            .parse()
            .unwrap();
        assert!(request.subject.common_name().is_some());
    }
}
