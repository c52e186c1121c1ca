//! Containers → blobs.
//!
//! Here live: telling by content what an input is (PEM, DER, PKCS#7, PKCS#12, and what is none of
//! them), taking it apart into single DER objects, and naming the damage that tools did to it.
//! Here does not live: what the DER means ([`crate::document`]), opening files ([`crate::store`]),
//! and asking for passwords (the binary).
//!
//! ```
//! use ptl_cert::decode;
//! use ptl_cert::input::{Input, Source};
//!
//! let input = Input::new(Source::Stdin, b"-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n");
//! let opened = decode::open(&input, None)?;
//! assert_eq!(opened.objects.len(), 1);
//! assert!(opened.objects[0].decode().is_err());
//! # Ok::<(), decode::OpenError>(())
//! ```

mod pem_lines;
mod ber;
mod body;
mod bundle;
mod bytes;
pub(crate) mod crypto;
pub(crate) mod der;
mod download;
mod error;
mod file_content;
mod framed;
pub(crate) mod limits;
mod notation;
mod open;
pub(crate) mod openssl_pem;
pub(crate) mod pbe;
mod encoded_object;
mod stray;
mod text;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

pub use bundle::java::KeyStoreFault;
pub use bytes::Bytes;
pub use download::{NoCrl, downloaded};
pub use encoded_object::EncodedObject;
pub use error::{
    Algorithms, ByteOrder, Damage, DerError, EncodedObjectError, OpenError, ProtectionError,
    TooMuchWork,
};
pub use file_content::FileContent;
pub use text::UnsupportedFormat;

use crate::input::{CRL_LIMIT, Input, Origin, SIZE_LIMIT, Source};
use bytes::Slice;
use encoded_object::About;
use limits::{Limits, Work};
use open::Opening;

/// The most objects read from one input: the largest input (256 MiB) in certificates of the smallest
/// size met in practice (about 270 bytes, Ed25519 without extensions). Of a smaller input fewer are read: ten thousand, and one more
/// for every 32 bytes that it has before anything in it is unpacked.
pub const OBJECTS_LIMIT: usize = 1_000_000;

/// The objects that even the smallest input may have, and to which [`OBJECT_BYTES`] are added: copies of one object compress to
/// nearly nothing, and no file that anyone has sent had more of them.
const SMALL_OBJECTS_LIMIT: usize = 10_000;

/// The bytes that an input has for each object beyond [`SMALL_OBJECTS_LIMIT`]: all of ours hold a key or a signature, of which the
/// smallest (Ed25519's keys) have 32 bytes that nothing compresses. Without this, 7 kB of gzip are a million objects.
const OBJECT_BYTES: usize = 32;

/// The most bytes of RFC 1421 headers in front of one body; OpenSSL's are under 100, and privacy-enhanced
/// mail's, with a certificate among them, under 4 KiB.
pub const HEADER_LIMIT: usize = 8 * 1024;

/// The most bytes of a label in a BEGIN line; the longest in use, `ENCRYPTED PRIVATE KEY` and its like, have
/// under 30.
pub const LABEL_LIMIT: usize = 64;

/// The most rounds of key derivation done for one input, all its containers and keys together: ten times OWASP's 2023
/// advice of 600,000 for PBKDF2, a few seconds of work. Other derivations are counted in rounds that
/// take about as long.
pub const ROUNDS_LIMIT: u64 = 6_000_000;

/// The most containers and encodings that are nested in one input: a mail with an archive, in it a Secret with PEM in
/// base64, and some to spare.
pub const LAYERS_LIMIT: usize = 8;

/// The most files in the archives and mails of one input: a reply has fewer than ten.
pub const ARCHIVE_MEMBERS_LIMIT: usize = 100;

/// The most bytes that the archives and mails of one input may have when unpacked: the largest CRL anyone has seen (48 MB)
/// and some to spare. Deflate makes a thousand bytes of one.
pub const ARCHIVE_BYTES_LIMIT: u64 = 64 * 1024 * 1024;

/// A password for encrypted containers and keys; wiped when dropped, never shown.
#[derive(Clone)]
pub struct Password {
    bytes: Zeroizing<Vec<u8>>,
    /// That of the store around a key, where the key has one of its own.
    of_store: Option<Zeroizing<Vec<u8>>>,
}

impl Password {
    /// Takes the password's bytes, as they are.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Password {
        Password {
            bytes: Zeroizing::new(bytes.into()),
            of_store: None,
        }
    }

    /// With another one for the store that keys with this password are in: Java's servers take two.
    pub(crate) fn with_store(self, bytes: impl Into<Vec<u8>>) -> Password {
        Password {
            of_store: Some(Zeroizing::new(bytes.into())),
            ..self
        }
    }

    /// Returns the bytes; whoever copies them has to wipe the copy.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes for what keys are in.
    fn of_store(&self) -> &[u8] {
        self.of_store.as_ref().unwrap_or(&self.bytes)
    }
}

impl From<String> for Password {
    fn from(text: String) -> Password {
        Password::new(text)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What the input as a whole was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Container {
    /// Text PEM label (RFC 7468), one or many objects.
    Pem,
    /// One binary DER object, or several in a row.
    Der,
    /// A PKCS#7 / CMS certificate bundle (.p7b).
    Pkcs7,
    /// A PKCS#12 file (.pfx, .p12).
    Pkcs12,
    /// A ZIP archive of files of the other kinds.
    Zip,
    /// A tar archive of files of the other kinds.
    Tar,
    /// A gzip file.
    Gzip,
    /// A saved mail with its attachments.
    Mail,
    /// A Java key store (JKS, JCEKS).
    KeyStore,
    /// A document of Word, Excel, PowerPoint or OpenDocument.
    Office,
    /// A Rich Text document.
    RichText,
    /// An HTML page, or a document in one file of XML.
    Html,
}

impl Container {
    /// Whether it is for people to read, so that there is a text in it at the least, and need not be more.
    fn has_text(self) -> bool {
        matches!(
            self,
            Container::Mail | Container::Office | Container::RichText | Container::Html
        )
    }
}

/// What a PEM label or a container says an object is; a claim, not a fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Label {
    /// CERTIFICATE, X509 CERTIFICATE, TRUSTED CERTIFICATE.
    Certificate,
    /// CERTIFICATE REQUEST, NEW CERTIFICATE REQUEST.
    Request,
    /// X509 CRL.
    Crl,
    /// PRIVATE KEY (PKCS#8).
    PrivateKey,
    /// ENCRYPTED PRIVATE KEY (PKCS#8).
    EncryptedPrivateKey,
    /// RSA PRIVATE KEY (PKCS#1).
    RsaPrivateKey,
    /// EC PRIVATE KEY (SEC 1).
    EcPrivateKey,
    /// PUBLIC KEY (SubjectPublicKeyInfo).
    PublicKey,
    /// RSA PUBLIC KEY (PKCS#1).
    RsaPublicKey,
    /// PKCS7 or CMS.
    Pkcs7,
    /// Anything else, as written.
    Other(String),
}

impl Label {
    /// Reads the text between `BEGIN` and the dashes (RFC 7468 section 4 and the older forms that it and
    /// OpenSSL's pem.h list).
    pub fn read(written: &str) -> Label {
        match written {
            "CERTIFICATE" | "X509 CERTIFICATE" | "X.509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                Label::Certificate
            }
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Label::Request,
            "X509 CRL" | "CRL" => Label::Crl,
            "PRIVATE KEY" => Label::PrivateKey,
            "ENCRYPTED PRIVATE KEY" => Label::EncryptedPrivateKey,
            "RSA PRIVATE KEY" => Label::RsaPrivateKey,
            "EC PRIVATE KEY" => Label::EcPrivateKey,
            "PUBLIC KEY" => Label::PublicKey,
            "RSA PUBLIC KEY" => Label::RsaPublicKey,
            "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS" => Label::Pkcs7,
            other => Label::Other(other.to_owned()),
        }
    }

    /// Whether the object is, or holds, a private key, so that its bytes must be wiped.
    pub fn is_secret(&self) -> bool {
        match self {
            Label::PrivateKey
            | Label::EncryptedPrivateKey
            | Label::RsaPrivateKey
            | Label::EcPrivateKey => true,
            Label::Other(written) => written.contains("PRIVATE") || written == PKCS12_LABEL,
            _ => false,
        }
    }
}

/// The label as RFC 7468 writes it.
impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Label::Certificate => "CERTIFICATE",
            Label::Request => "CERTIFICATE REQUEST",
            Label::Crl => "X509 CRL",
            Label::PrivateKey => "PRIVATE KEY",
            Label::EncryptedPrivateKey => "ENCRYPTED PRIVATE KEY",
            Label::RsaPrivateKey => "RSA PRIVATE KEY",
            Label::EcPrivateKey => "EC PRIVATE KEY",
            Label::PublicKey => "PUBLIC KEY",
            Label::RsaPublicKey => "RSA PUBLIC KEY",
            Label::Pkcs7 => "PKCS7",
            Label::Other(written) => written,
        })
    }
}

/// How GnuTLS's certtool labels a PKCS#12 file in PEM label.
const PKCS12_LABEL: &str = "PKCS12";

/// One object's bytes.
#[derive(Clone, Debug)]
pub struct Blob<'a> {
    /// Where it stood.
    pub origin: Origin,
    /// What its PEM label or container called it; `None` for bare DER.
    pub label: Option<Label>,
    /// The value of an OpenSSL `DEK-Info` header: the bytes are encrypted the traditional way, and so are
    /// not DER yet.
    pub dek_info: Option<String>,
    /// The object's DER, exactly one object.
    pub bytes: Bytes<'a>,
    /// What had to be repaired to read it.
    pub damage: Vec<Damage>,
    /// What may still be spent on the keys of its input.
    pub(crate) work: Arc<Work>,
    /// Of an encrypted key: whether that was enough for it, where there are several.
    pub(crate) derivation: Option<Result<(), TooMuchWork>>,
}

/// Text outside the PEM label of a PEM input: comments, mail text, OpenSSL's "Bag Attributes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StrayText {
    /// Bytes that are not white space, over the whole input.
    pub bytes: usize,
    /// The line of the first of them, from 1.
    pub first_line: usize,
}

/// An input decoded into objects.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Opened<'a> {
    /// What it was as a whole.
    pub container: Container,
    /// What had to be repaired in it as a whole; damage to one object is with its [`Blob`].
    pub damage: Vec<Damage>,
    /// Its objects, in the order of the input. Never empty for PEM and DER; an empty PKCS#7 bundle is legal.
    pub objects: Vec<EncodedObject<'a>>,
    /// Text outside the PEM label, which was ignored.
    pub stray_text: Option<StrayText>,
    /// The files of its archives and mails in which nothing was recognised.
    pub left_out: Vec<LeftOut>,
}

/// A file of an archive or a mail in which nothing was recognised.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LeftOut {
    /// Where it is.
    pub source: Arc<Source>,
    /// What it is instead, as far as that is known.
    pub error: OpenError,
}

/// Decides which of several encrypted keys are opened, where all of them ask for more key derivation than is done for one
/// input: the first ones that fit, in whatever order they are read later.
fn allot(objects: &mut [EncodedObject<'_>]) {
    let is_candidate = |object: &&mut EncodedObject<'_>| object.may_be_encrypted_key();
    let mut keys: Vec<_> = objects.iter_mut().filter(is_candidate).collect();
    // One alone is paid for when it is read.
    if keys.len() > 1 {
        keys.iter_mut().for_each(|key| key.allot());
    }
}

/// Takes an input apart, telling what it is by its content.
///
/// A PEM label is only found, not decoded, except for bundles in it, whose members become objects of their
/// own; [`EncodedObject::decode`] does the rest, for each object alone. Archives and mails are unpacked in memory, within
/// [`ARCHIVE_MEMBERS_LIMIT`] and [`ARCHIVE_BYTES_LIMIT`]; the origin of each object names its file there. A PKCS#12 file
/// is decrypted with `password`, or with the empty password if there is none; it never prompts.
///
/// Every byte is accounted for: it belongs to an object, or to prose, or an object says that it was not understood
/// ([`EncodedObjectError::NotUnderstood`]).
///
/// # Errors
/// When nothing in the input can be read. One bad object among others is an error of its object instead.
pub fn open<'a>(input: &Input<'a>, password: Option<&Password>) -> Result<Opened<'a>, OpenError> {
    let bytes = input.bytes;
    let found = bytes.len() as u64;
    // One object in DER, such as a CRL, is borrowed as it is; of containers and text copies are made.
    let limit = match found > SIZE_LIMIT && der::is_signed_object(bytes) {
        true => CRL_LIMIT,
        false => SIZE_LIMIT,
    };
    if found > limit {
        return Err(OpenError::TooLarge { found, limit });
    }
    let limits = Limits::new(bytes.len());
    let opening = Opening {
        about: Arc::new(About {
            source: Arc::clone(&input.source),
            work: Arc::clone(&limits.work),
        }),
        password,
        limits: &limits,
        depth: 0,
        first_line: 1,
        is_beside: false,
        pages: 0,
        has_pages: false,
    };
    let mut opened = opening.file(Slice::Borrowed(bytes))?;
    opened.left_out = limits.left_out_after(0);
    if password.is_some() {
        allot(&mut opened.objects);
    }
    Ok(opened)
}
