//! What was wrong: damage that was repaired, and errors where it could not be.

mod damage;

use std::fmt;
use std::sync::Arc;

pub use self::damage::{ByteOrder, Damage};
use super::Container;
use super::bundle::java::KeyStoreFault;
use super::text::UnsupportedFormat;
use crate::input::amount;

/// Why an input as a whole could not be opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is nothing in it.
    #[error("the input is empty; expected a certificate, request, CRL or key")]
    Empty,
    /// It is more than the product reads.
    #[error("the input has {found} bytes; the limit is {limit}")]
    TooLarge {
        /// Its length in bytes.
        found: u64,
        /// [`crate::input::SIZE_LIMIT`].
        limit: u64,
    },
    /// It is something recognised that is not read here.
    #[error("this is {0}; {remedy}", remedy = .0.remedy())]
    UnsupportedFormat(UnsupportedFormat),
    /// It is text in which nothing was recognised.
    #[error(
        "found text without a \"-----BEGIN …-----\" line, expected PEM, DER, PKCS#7 or PKCS#12; ask for the file again as an attachment"
    )]
    NoPemLines,
    /// It is binary and not DER.
    #[error("found byte 0x{found:02x} at offset 0, expected 0x30, with which DER begins")]
    NotDer {
        /// The first byte.
        found: u8,
    },
    /// It is text of which nothing was understood, although a part of it looks like an object.
    #[error("nothing in the text was understood")]
    NotUnderstood(#[source] EncodedObjectError),
    /// Containers and encodings are nested deeper than is read.
    #[error(
        "it nests more than {limit} containers or encodings; unpack it and give the files inside"
    )]
    TooDeep {
        /// [`super::LAYERS_LIMIT`].
        limit: usize,
    },
    /// A container without anything in it.
    #[error("{container} holds no certificate, CRL or key", container = named(*.container))]
    Nothing {
        /// What it is.
        container: Container,
    },
    /// It is base64 without PEM label, and does not hold one object.
    #[error("found base64 without a BEGIN line")]
    BareBase64(#[source] EncodedObjectError),
    /// Its first DER object is not well formed.
    #[error("the DER is damaged")]
    Der(#[source] DerError),
    /// It has more objects than are read.
    #[error("found more than {limit} objects; split the file")]
    TooManyObjects {
        /// How many are read of an input of this size: [`super::OBJECTS_LIMIT`] at the most.
        limit: usize,
    },
    /// It is a PKCS#7 structure without certificates: only signed data carries any.
    #[error("the PKCS#7 structure holds {}", of_content(.found))]
    Pkcs7NotSigned {
        /// The content type, as a dotted number.
        found: String,
    },
    /// The PKCS#7 structure is damaged.
    #[error("the PKCS#7 structure is damaged")]
    Pkcs7(#[source] DerError),
    /// The PKCS#12 file has a password and none was given; the empty and the absent one were tried.
    #[error("the PKCS#12 file needs a password (it uses {algorithms})")]
    PasswordNeeded {
        /// What the file is protected with.
        algorithms: Algorithms,
    },
    /// The password given does not open the PKCS#12 file.
    #[error(
        "the password does not open the PKCS#12 file, which uses {algorithms}; software without support for one of these also reports \"wrong password\""
    )]
    WrongPassword {
        /// What the file is protected with.
        algorithms: Algorithms,
    },
    /// The password is not UTF-8 or has a NUL in it, which PKCS#12 cannot carry (RFC 7292 appendix B.1).
    #[error(
        "the password does not open the PKCS#12 file and is not UTF-8 text without NUL; save the password file as UTF-8"
    )]
    PasswordNotText,
    /// The input asks for more work than is done for an untrusted file.
    #[error(transparent)]
    TooManyRounds(#[from] TooMuchWork),
    /// The ZIP archive is damaged, or packed in a way that is not read.
    #[error(
        "the ZIP archive cannot be unpacked; ask for it again, or unpack it yourself and give the files inside"
    )]
    Archive(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The Java key store could not be read.
    #[error(transparent)]
    KeyStore(KeyStoreFault),
    /// The gzip file is damaged.
    #[error("the gzip file cannot be unpacked; ask for it again")]
    Gzip(#[source] Arc<std::io::Error>),
    /// The tar archive is damaged.
    #[error("the tar archive cannot be unpacked; ask for it again")]
    Tar(#[source] Arc<std::io::Error>),
    /// What was read of an archive or a compressed file is only its beginning.
    #[error(
        "{container} is truncated or damaged: only its beginning could be unpacked; ask for it again",
        container = named(*.container)
    )]
    OnlyTheBeginning {
        /// What it is.
        container: Container,
        /// Where it ended.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// It has a great many more files than a reply.
    #[error(
        "{container} holds {}, over the limit of {limit} for one input; unpack it and give the files you need",
        amount(*.found as u64, "more file"),
        container = named(*.container)
    )]
    ArchiveTooMany {
        /// What it is.
        container: Container,
        /// How many files and folders it has.
        found: usize,
        /// [`super::ARCHIVE_MEMBERS_LIMIT`].
        limit: usize,
    },
    /// It unpacks to more than is read.
    #[error(
        "{container} unpacks to more than the limit of {limit} bytes; unpack it and give the files you need",
        container = named(*.container)
    )]
    ArchiveTooLarge {
        /// What it is.
        container: Container,
        /// [`super::ARCHIVE_BYTES_LIMIT`].
        limit: u64,
    },
    /// An archive or a mail in which nothing was recognised.
    #[error("{} {}", named(*.container), listed(*.container, .names))]
    ArchiveWithout {
        /// What it is.
        container: Container,
        /// The names of its files, safe to print; none where it is empty.
        names: Vec<String>,
    },
    /// The PKCS#12 file could not be read.
    #[error("the PKCS#12 file is not readable (it uses {algorithms})")]
    Pkcs12 {
        /// What the file is protected with, as far as it could be read.
        algorithms: Algorithms,
        /// Why.
        source: ProtectionError,
    },
}

impl OpenError {
    /// Whether the file is not ours to read, as the instructions that come with certificates are not. What may hold
    /// certificates and is not opened, an archive or a key store, is no such file, nor is what may be a damaged object; an
    /// archive without files is one.
    pub fn is_something_else(&self) -> bool {
        match self {
            OpenError::Empty | OpenError::NoPemLines | OpenError::NotDer { .. } => true,
            OpenError::ArchiveWithout { container, names } => {
                container.has_text() || names.is_empty()
            }
            OpenError::UnsupportedFormat(foreign) => matches!(
                foreign,
                UnsupportedFormat::Pdf
                    | UnsupportedFormat::RichText
                    | UnsupportedFormat::OutlookOrWord
                    | UnsupportedFormat::Picture
                    | UnsupportedFormat::Program
                    | UnsupportedFormat::Html
                    | UnsupportedFormat::Xml
                    | UnsupportedFormat::Json
                    | UnsupportedFormat::Printout
                    | UnsupportedFormat::Parameters
            ),
            _ => false,
        }
    }

    /// Whether the file was understood and holds nothing of ours: it is empty, prose, a picture or a program.
    pub fn holds_nothing(&self) -> bool {
        match self {
            OpenError::Empty | OpenError::NoPemLines => true,
            OpenError::ArchiveWithout { container, names } => {
                !container.has_text() && names.is_empty()
            }
            OpenError::UnsupportedFormat(foreign) => matches!(
                foreign,
                UnsupportedFormat::Picture | UnsupportedFormat::Program
            ),
            _ => false,
        }
    }

    /// Whether a limit was reached that holds for the input as a whole, so that there is no use in going on.
    pub(super) fn is_a_limit(&self) -> bool {
        matches!(
            self,
            OpenError::TooManyObjects { .. }
                | OpenError::TooManyRounds(_)
                | OpenError::ArchiveTooMany { .. }
                | OpenError::ArchiveTooLarge { .. }
        )
    }
}

fn listed(container: Container, names: &[String]) -> String {
    match (container, names) {
        (container, []) if container.has_text() => {
            "holds nothing recognised as a certificate, request, CRL or key".to_owned()
        }
        (_, []) => "is empty".to_owned(),
        (_, names) => format!(
            "holds nothing recognised as a certificate, request, CRL or key; not read: {}",
            names.join(", ")
        ),
    }
}

/// `1 byte follows`, `2 bytes follow`.
fn follow(number: usize, thing: &str) -> String {
    let verb = if number == 1 { "follows" } else { "follow" };
    format!("{} {verb}", amount(number as u64, thing))
}

/// A container as the subject of a sentence.
fn named(container: Container) -> &'static str {
    match container {
        Container::Pem => "the PEM text",
        Container::Der => "the file",
        Container::Pkcs7 => "the PKCS#7 bundle",
        Container::Pkcs12 => "the PKCS#12 file",
        Container::Zip => "the ZIP archive",
        Container::Tar => "the tar archive",
        Container::Gzip => "the gzip file",
        Container::Mail => "the mail",
        Container::KeyStore => "the key store",
        Container::Office => "the Office document",
        Container::RichText => "the Rich Text document",
        Container::Html => "the page",
    }
}

/// What to say of PKCS#7 content that is not signed data, and what to do.
fn of_content(found: &str) -> String {
    match found {
        // Enveloped data, encrypted data, authenticated-enveloped data.
        "1.2.840.113549.1.7.3" | "1.2.840.113549.1.7.6" | "1.2.840.113549.1.9.16.1.23" => {
            "encrypted content, as in an encrypted mail (S/MIME); open it in the mail program that has the key, and save the attachment".to_owned()
        }
        found => format!("{found}, expected signed data; ask for the certificates as .p7b or PEM"),
    }
}

/// More key derivation than is done for one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the input needs {found} rounds of key derivation in total; the limit is {limit}")]
#[non_exhaustive]
pub struct TooMuchWork {
    /// What it asks for, as far as it was added up.
    pub found: u64,
    /// [`super::ROUNDS_LIMIT`].
    pub limit: u64,
}

/// Why what a password protects could not be opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtectionError {
    /// Its structure is not the one that the standard gives.
    #[error("its structure is damaged")]
    Structure(#[source] DerError),
    /// An algorithm or a form that is not read.
    #[error("{what} is not supported; make the file again with PBES2 and AES")]
    Unsupported {
        /// What it is.
        what: String,
    },
    /// A parameter of key derivation that no program writes.
    #[error("the parameters of the key derivation are out of range")]
    Parameters,
    /// It asks for more work than is done.
    #[error(transparent)]
    Work(#[from] TooMuchWork),
    /// The password does not fit, or the data is damaged.
    #[error("the password is wrong")]
    Password,
    /// OpenSSL could not do its part.
    #[error("OpenSSL cannot open it")]
    OpenSsl(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl ProtectionError {
    pub(crate) fn openssl(source: openssl::error::ErrorStack) -> ProtectionError {
        ProtectionError::OpenSsl(Arc::new(source))
    }
}

/// The algorithms that protect a PKCS#12 file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Algorithms {
    /// The digest of the integrity check, as a name where it is known, else as a dotted number.
    pub integrity: Option<String>,
    /// The ciphers and key derivations, in file order and without repetition.
    pub encryption: Vec<String>,
}

impl fmt::Display for Algorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.integrity {
            Some(digest) => write!(f, "integrity check {digest}")?,
            None => f.write_str("no integrity check")?,
        }
        if !self.encryption.is_empty() {
            write!(f, ", encryption {}", self.encryption.join(", "))?;
        }
        Ok(())
    }
}

/// Why bytes are not exactly one DER object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DerError {
    /// There are no bytes.
    #[error("found no bytes, expected a DER object")]
    Empty,
    /// The first byte is not that of a SEQUENCE.
    #[error("found byte 0x{found:02x} at offset {offset}, expected 0x{expected:02x}")]
    Tag {
        /// Where, from 0.
        offset: usize,
        /// The tag byte found.
        found: u8,
        /// The tag byte expected.
        expected: u8,
    },
    /// The tag or the length is not well formed.
    #[error("the tag and length at offset {offset} are not well formed")]
    Header {
        /// Where, from 0.
        offset: usize,
    },
    /// The object is longer than the bytes there are.
    #[error(
        "truncated: the length at offset {offset} says {}, the data has {found}; ask for the file again",
        amount(*.expected, "byte")
    )]
    Truncated {
        /// Where the object begins, from 0.
        offset: usize,
        /// The object's length with its header.
        expected: u64,
        /// The bytes there are from `offset` on.
        found: usize,
    },
    /// More bytes follow the object.
    #[error(
        "{} the DER object that ends at offset {offset}, expected none; ask for the file again",
        follow(*.extra, "more byte")
    )]
    TrailingBytes {
        /// Where the object ends, from 0.
        offset: usize,
        /// How many follow.
        extra: usize,
    },
    /// The length is BER's indefinite one, which DER forbids (X.690 section 10.1).
    #[error("the length at offset {offset} is indefinite (BER), expected DER")]
    Indefinite {
        /// Where, from 0.
        offset: usize,
    },
}

/// Why one object could not be decoded; the others of its input may well be good.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodedObjectError {
    /// BEGIN without END, and the object is not whole.
    #[error(
        "\"BEGIN {label}\" on line {line} has no END line; the text stops on line {last}: the file is truncated, ask for it again"
    )]
    NoEnd {
        /// What BEGIN says.
        label: String,
        /// The line of BEGIN.
        line: usize,
        /// The last line of the text.
        last: usize,
    },
    /// A character that base64 does not have.
    #[error(
        "found {found:?} on line {line}, column {column}, expected base64 text; {}",
        of_character(*found)
    )]
    Character {
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// The character.
        found: char,
    },
    /// `=` before the end of the base64 text.
    #[error(
        "found '=' on line {line}, column {column}, expected it only at the end of the base64 text"
    )]
    PaddingInside {
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
    },
    /// The number of base64 characters cannot be.
    #[error("found {found} base64 characters, one too many or three too few: some were lost")]
    Length {
        /// How many, padding not counted.
        found: usize,
    },
    /// The last base64 character has bits set that belong to no byte (RFC 4648 section 3.5).
    #[error(
        "the last base64 character is {found:?}, whose spare bits are not zero: the end of the text was damaged"
    )]
    LastCharacter {
        /// The character.
        found: char,
    },
    /// There is nothing between BEGIN and END.
    #[error("found nothing between the BEGIN line {line} and the END line, expected base64 text")]
    EmptyBody {
        /// The line of BEGIN.
        line: usize,
    },
    /// The RFC 1421 headers are longer than any real ones.
    #[error("found {found} bytes of headers; the limit is {limit}")]
    HeaderTooLong {
        /// Their length in bytes.
        found: usize,
        /// [`super::HEADER_LIMIT`].
        limit: usize,
    },
    /// The base64 text is well formed, but what it holds is not one DER object.
    #[error("the base64 text does not hold one DER object")]
    Der(#[from] DerError),
    /// What follows the last whole object of a binary file is not another one.
    #[error("not all of the file is DER")]
    Binary(#[source] DerError),
    /// Bytes that are neither prose nor anything that is read.
    #[error(
        "{} not understood; give {} as a separate file, or ask for the file again",
        match bytes { 1 => format!("1 byte at offset {offset} was"), bytes => format!("{bytes} bytes from offset {offset} were") },
        match bytes { 1 => "it", _ => "them" }
    )]
    NotUnderstood {
        /// Where they begin, from 0.
        offset: usize,
        /// How many there are.
        bytes: usize,
        /// What was found when they were read as base64 or DER.
        #[source]
        cause: Option<Box<EncodedObjectError>>,
    },
    /// A Java key store, or a part of one, that could not be read.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreFault),
    /// A member of a container that is not read.
    #[error("{0} is not read")]
    Member(&'static str),
    /// An object recognised that is not read here.
    #[error("this is {0}; {remedy}", remedy = .0.remedy())]
    UnsupportedFormat(UnsupportedFormat),
    /// A container or a file inside the input could not be opened.
    #[error("it could not be opened")]
    Bundle(#[source] Arc<OpenError>),
    /// An attachment of a mail could not be opened.
    #[error(
        "this attachment of the mail could not be read; save the attachment from your mail program and give that"
    )]
    Attachment(#[source] Arc<OpenError>),
}

/// What to do about text with a character that base64 does not have.
fn of_character(found: char) -> &'static str {
    match found {
        '<' | '&' => "the text has HTML or XML tags in it: save it as plain text",
        _ => "ask for the file again as an attachment",
    }
}

#[cfg(test)]
mod tests {
    use super::{DerError, EncodedObjectError};
    use crate::decode;
    use crate::input::{Input, Source};

    #[test]
    fn an_empty_zip_archive_is_said_to_be_empty() {
        // The end of the central directory, of no entries.
        let mut zip = b"PK\x05\x06".to_vec();
        zip.extend([0; 18]);
        let error = decode::open(&Input::new(Source::Stdin, &zip), None).unwrap_err();
        let text = error.to_string();
        assert!(text.ends_with("is empty"), "{text}");
    }

    #[test]
    fn one_byte_is_said_in_the_singular() {
        let behind = |extra| DerError::TrailingBytes { offset: 9, extra };
        assert!(
            behind(1)
                .to_string()
                .starts_with("1 more byte follows the DER")
        );
        assert!(
            behind(2)
                .to_string()
                .starts_with("2 more bytes follow the DER")
        );
        let unknown = |bytes| EncodedObjectError::NotUnderstood {
            offset: 9,
            bytes,
            cause: None,
        };
        assert!(
            unknown(1)
                .to_string()
                .starts_with("1 byte at offset 9 was not understood; give it as")
        );
        assert!(
            unknown(2)
                .to_string()
                .starts_with("2 bytes from offset 9 were not understood; give them as")
        );
    }
}
