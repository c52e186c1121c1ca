//! One object of an input: what it says, where it is, and what was repaired to read it.

use super::{Certificate, Document, Kind, ObjectError, disagrees, printable};
use crate::decode::{
    Container, Damage, EncodedObject, EncodedObjectError, Label, Password, openssl_pem,
};
use crate::input::{NAME_LIMIT, Origin, shortened};

/// One object that was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Item {
    /// Where it is.
    pub origin: Origin,
    /// What kind of file it came from.
    pub container: Container,
    /// What had to be repaired to read it; damage to a whole file is reported with its first object.
    pub damage: Vec<Damage>,
    /// What its PEM label called it, where that is not what it is.
    pub wrong_label: Option<String>,
    /// Whether it is a binary member of a container, so that `wrong_label` is what the container calls it.
    pub is_member: bool,
    /// What it says.
    pub document: Document,
    /// Whether it is a private key that no password protects, in a file of its own or of an archive.
    pub is_clear_key: bool,
    /// Whether it is a private key that no password protects, in whatever file: an archive, a mail.
    pub(crate) is_unprotected_key: bool,
    /// Whether every user of this machine may read the file that it is in, as far as that was asked: of private keys
    /// without a password only.
    pub is_open_to_all: bool,
}

/// One object that could not be read; the others of its input may be fine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ItemError {
    /// Its PEM label or its container is damaged.
    #[error(transparent)]
    Encoded(#[from] EncodedObjectError),
    /// Its DER is.
    #[error(transparent)]
    Document(#[from] ObjectError),
}

impl Item {
    /// Decodes and reads one object of an opened input.
    ///
    /// # Errors
    /// When the object is damaged beyond certain repair, or is none of the objects known. A private key whose
    /// password is missing or wrong is no error: see [`Document::EncryptedKey`].
    pub fn read(
        object: &EncodedObject<'_>,
        container: Container,
        password: Option<&Password>,
    ) -> Result<Item, ItemError> {
        let blob = object.decode()?;
        let document = Document::read(&blob, password)?;
        let label = blob.label.as_ref();
        let is_encrypted = blob.dek_info.is_some()
            || matches!(label, Some(Label::EncryptedPrivateKey))
            || Kind::of(&blob.bytes) == Some(Kind::EncryptedPrivateKey);
        let is_key = matches!(document, Document::PrivateKey(_));
        Ok(Item {
            wrong_label: label
                .filter(|label| {
                    disagrees(Some(label), document.kind())
                        || is_key
                            && !object.is_member()
                            && blob.dek_info.is_none()
                            && openssl_pem::refuses_key(label, &blob.bytes)
                })
                .map(ToString::to_string),
            is_member: object.is_member(),
            // What an archive holds anyone can unpack.
            is_clear_key: is_key
                && !is_encrypted
                && (object.is_unprotected()
                    || !object.is_member()
                        && !matches!(container, Container::Pkcs12 | Container::KeyStore)),
            // What a key store holds is under its password.
            is_unprotected_key: is_key
                && !is_encrypted
                && !object.is_member()
                && !matches!(container, Container::Pkcs12 | Container::KeyStore),
            is_open_to_all: false,
            origin: blob.origin,
            container,
            damage: blob.damage,
            document,
        })
    }

    /// What to call the object: its common name, or where it is.
    pub fn name(&self) -> String {
        match &self.document {
            Document::Certificate(certificate) => called(certificate),
            Document::Request(request) => request.subject.short(),
            Document::Crl(crl) => format!("CRL of {}", crl.issuer.short()),
            _ => self.origin.to_string(),
        }
    }
}

/// What to call a certificate: its common name, or its first host name where its subject is empty.
pub(crate) fn called(certificate: &Certificate) -> String {
    let host = certificate.dns_names().next();
    match host.filter(|_| certificate.subject.is_empty()) {
        Some(host) => shortened(&printable(host), NAME_LIMIT).into_owned(),
        None => certificate.subject.short(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;
    use crate::input::{Input, Source};

    /// What the object is called wrongly, and whether a container does it.
    fn wrongly(bytes: &[u8]) -> Vec<(String, bool)> {
        let opened = decode::open(&Input::new(Source::Stdin, bytes), None).unwrap();
        let items = opened.objects.iter().map(|object| {
            let item = Item::read(object, opened.container, None).unwrap();
            Some((item.wrong_label?, item.is_member))
        });
        items.flatten().collect()
    }

    #[test]
    fn a_label_is_that_of_the_begin_line_or_of_the_container() {
        const REQUEST: &str = include_str!("../../tests/data/pki/leaf.csr");
        const KEY: &str = include_str!("../../tests/data/pki/leaf.key");
        let request: crate::document::Request = REQUEST.parse().unwrap();
        let labelled =
            |text: &str, from: &str, label: &str| wrongly(text.replace(from, label).as_bytes());
        let certificate = [("CERTIFICATE".to_owned(), false)];
        assert_eq!(
            labelled(REQUEST, "CERTIFICATE REQUEST", "CERTIFICATE"),
            certificate
        );
        let parameters = [("EC PARAMETERS".to_owned(), false)];
        assert_eq!(labelled(KEY, "PRIVATE KEY", "EC PARAMETERS"), parameters);
        // A bundle with a request among its certificates, in binary.
        let element = |tag: u8, contents: &[&[u8]]| {
            let contents = contents.concat();
            let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
            [&[tag, 0x82][..], &length, &contents].concat()
        };
        let data = element(0x30, &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"]);
        let certificates = element(0xa0, &[request.der()]);
        let signed = element(
            0x30,
            &[b"\x02\x01\x01\x31\x00", &data, &certificates, b"\x31\x00"],
        );
        let bundle = element(
            0x30,
            &[
                b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
                &element(0xa0, &[&signed]),
            ],
        );
        assert_eq!(wrongly(&bundle), [("CERTIFICATE".to_owned(), true)]);
    }
}
