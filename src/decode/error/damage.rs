//! Damage that was repaired.

use std::fmt;

use serde::Serialize;

use crate::input::amount;

/// Damage that some tool did to the input and that was repaired with certainty.
///
/// "With certainty" means: the repair has one possible result, and that result is exactly one DER
/// object. `Display` is one clause, lower case, that completes "this file: …".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Damage {
    /// A UTF-8 byte order mark precedes the text.
    ByteOrderMark,
    /// The text is UTF-16, as PowerShell's `>` and Notepad's "Unicode" write it.
    Utf16 {
        /// Which byte of each pair comes first.
        order: ByteOrder,
        /// Whether a byte order mark says so.
        marked: bool,
    },
    /// The text is UTF-32.
    Utf32 {
        /// Which byte of four comes first.
        order: ByteOrder,
    },
    /// The text is base64 of DER, but the BEGIN and END lines are missing.
    LabelsMissing,
    /// The dashes around BEGIN or END are not five hyphens (RFC 7468 section 3).
    Dashes {
        /// The line with the wrong dashes, from 1.
        line: usize,
    },
    /// The END line is missing, but the object is whole.
    EndMissing,
    /// The BEGIN line is missing, but the object is whole.
    BeginMissing,
    /// The BEGIN and END lines have no-break spaces instead of spaces, as mail programs and web pages make them.
    NoBreakSpaces,
    /// A BEGIN or END line has small letters, or lost or doubled its spaces.
    LineMisspelt {
        /// The line, from 1.
        line: usize,
    },
    /// Something precedes BEGIN or END on its line.
    NotAtLineStart {
        /// The line, from 1.
        line: usize,
    },
    /// Something follows BEGIN or END on its line.
    LineGoesOn {
        /// The line, from 1.
        line: usize,
    },
    /// The lines end with carriage returns alone.
    LoneReturns,
    /// The lines between BEGIN and END are not what OpenSSL takes: blank lines or headers are among them.
    RefusedByOpenssl {
        /// What OpenSSL says.
        reason: String,
    },
    /// The END line names something else than the BEGIN line.
    LabelsDiffer {
        /// What BEGIN says.
        begin: String,
        /// What END says.
        end: String,
    },
    /// Every line carries the quotation marks of a mail reply.
    MailQuoting,
    /// Every line of base64 has something else in front of it or behind it: a comment sign, a line number, the time of a log,
    /// the quotation marks of a program.
    Framed,
    /// The text is still in the quoted-printable encoding of a mail (RFC 2045 section 6.7).
    QuotedPrintable,
    /// Line ends are written as a backslash and a letter, as inside JSON, YAML or a shell variable.
    EscapedLineEnds,
    /// Characters are written as numbers: `\u002B`, `%2B`, `&#43;`.
    Escapes,
    /// The text, its BEGIN and END lines too, is encoded as for a URL.
    UrlEncoded,
    /// The text is encoded in base64 once more, as Kubernetes keeps its Secrets.
    EncodedAgain,
    /// The text is in the alphabet of base64 for URLs and file names (RFC 4648 section 5).
    Base64Url,
    /// The bytes are written as hexadecimal digits.
    Hexadecimal,
    /// The bytes are written as decimal numbers.
    DecimalBytes,
    /// The bytes are written as octal numbers.
    Octal,
    /// Several bytes at a time are written as one number, as hexdump and od do it.
    Words {
        /// How many.
        bytes: usize,
        /// In which order they are in the number: the one in which they are an object.
        order: ByteOrder,
    },
    /// The file is in uuencode.
    Uuencoded,
    /// The object is in BER, which allows what DER forbids (X.690 section 10); it was turned into DER.
    Ber,
    /// Blank bytes precede the binary object.
    BlankBefore,
    /// The base64 text has lost its line ends.
    LineEndsLost,
    /// A base64 line is longer than the 76 characters that MIME allows (RFC 2045 section 6.8).
    LongLines {
        /// The longest line, in characters.
        longest: usize,
    },
    /// Invisible characters (no-break spaces, zero-width spaces) occur in the base64 text.
    InvisibleCharacters {
        /// How many.
        count: usize,
    },
    /// The base64 text ends with the wrong number of `=`.
    Padding {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// OpenSSL's trust settings follow the certificate (`BEGIN TRUSTED CERTIFICATE`); they were left out.
    TrustSettings {
        /// Their length in bytes.
        bytes: usize,
    },
    /// The PEM label says one thing and holds a PKCS#7 bundle.
    BundleMislabelled,
    /// The PEM label says something else and holds a PKCS#12 file.
    Pkcs12Mislabelled,
    /// The password given is not UTF-8 and was read as Windows-1252.
    NarrowPassword,
    /// The integrity check of a Java key store does not fit the password given: that is another one, such as a key's own, or
    /// the store is not the one that was written. Which of the two, nothing shows.
    IntegrityCheck,
    /// One binary file holds several consecutive DER objects.
    SeveralObjects {
        /// How many.
        count: usize,
    },
    /// A signed message, whose content was read; the certificates of whoever signed it were left out.
    SignersLeftOut {
        /// How many.
        certificates: usize,
    },
    /// A signed mail, whose content was read; the signature beside it was left out.
    SignatureLeftOut,
    /// The content of a signed message was left out; its certificates were read.
    ContentLeftOut {
        /// Its length in bytes.
        bytes: usize,
    },
    /// A line end was appended to a binary file.
    TrailingLineEnd,
}

/// The order of the bytes of one number: a unit of UTF-16 or UTF-32, a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ByteOrder {
    /// Low byte first, as on Windows.
    LittleEndian,
    /// High byte first.
    BigEndian,
}

impl fmt::Display for ByteOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ByteOrder::LittleEndian => "little-endian",
            ByteOrder::BigEndian => "big-endian",
        })
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::ByteOrderMark => {
                f.write_str("starts with a byte order mark, which OpenSSL and Java may refuse")
            }
            Damage::Utf16 { order, marked } => write!(
                f,
                "is UTF-16 text ({order}, {} a byte order mark), as PowerShell's > writes it; save it as ASCII or UTF-8",
                if *marked { "with" } else { "without" }
            ),
            Damage::Utf32 { order } => write!(
                f,
                "is UTF-32 text ({order}); save it as ASCII or UTF-8",
            ),
            Damage::LabelsMissing => f.write_str("is base64 without its BEGIN and END lines"),
            Damage::Dashes { line } => write!(
                f,
                "has dashes other than five hyphens around line {line}, as a word processor makes them"
            ),
            Damage::EndMissing => f.write_str("has no END line, though the object is complete"),
            Damage::BeginMissing => f.write_str("has no BEGIN line, though the object is complete"),
            Damage::NoBreakSpaces => f.write_str(
                "has no-break spaces instead of spaces, as mail programs and web pages make them",
            ),
            Damage::NotAtLineStart { line } => write!(
                f,
                "has a BEGIN or END line that does not start at the beginning of its line ({line}), which OpenSSL refuses"
            ),
            Damage::LineGoesOn { line } => write!(
                f,
                "has something after BEGIN or END on the same line ({line}), as joining files without a last line ending \
                 makes it; OpenSSL and Java refuse it"
            ),
            Damage::LoneReturns => f.write_str(
                "has lines that end with a carriage return alone, which OpenSSL refuses",
            ),
            Damage::RefusedByOpenssl { reason } => write!(
                f,
                "has blank lines, headers or other text between BEGIN and END, which OpenSSL refuses ({reason})"
            ),
            Damage::LabelsDiffer { begin, end } => {
                write!(f, "begins with the label {begin:?} and ends with {end:?}")
            }
            Damage::MailQuoting => f.write_str(
                "was copied from a quoted mail; every line begins with the quote mark",
            ),
            Damage::Framed => f.write_str(
                "has extra characters on each line of base64, such as a comment sign, a line number, quotation marks or colours",
            ),
            Damage::QuotedPrintable => {
                f.write_str("is still in a mail's quoted-printable encoding")
            }
            Damage::EscapedLineEnds => f.write_str("has line endings written as \\n"),
            Damage::LineMisspelt { line } => write!(
                f,
                "has a misspelt BEGIN or END line, or one without its spaces, on line {line}"
            ),
            Damage::Escapes => f.write_str(
                "has characters escaped as numbers, such as \\u002B, %2B or &#43;",
            ),
            Damage::UrlEncoded => f.write_str("is URL-encoded, as proxies pass certificates in a header"),
            Damage::EncodedAgain => {
                f.write_str("is base64 of PEM or of a file, as in a Kubernetes Secret")
            }
            Damage::Base64Url => f.write_str("is in base64url, with - and _ for + and /"),
            Damage::Hexadecimal => f.write_str("is written in hexadecimal"),
            Damage::DecimalBytes => f.write_str("is a list of bytes written as decimal numbers"),
            Damage::Octal => f.write_str("is a list of bytes written as octal numbers"),
            Damage::Words { bytes, order } => write!(
                f,
                "is a dump of {}-bit words, read in {order} byte order; xxd or od -t x1 write one byte at a time",
                bytes * 8
            ),
            Damage::Uuencoded => f.write_str("is in uuencode, as old mail programs send files"),
            Damage::Ber => f.write_str("is in BER, not DER; other programs may refuse it"),
            Damage::BlankBefore => f.write_str("has blank bytes before the binary object"),
            Damage::SignersLeftOut { certificates } => write!(
                f,
                "is a signed message; its content was read, the signer's certificates were not ({certificates})"
            ),
            Damage::SignatureLeftOut => f.write_str(
                "is a signed mail; its content was read, the signature and the signer's certificates were not",
            ),
            Damage::ContentLeftOut { bytes } => write!(
                f,
                "is a signed message; its certificates were read, and its content of {} was not",
                amount(*bytes as u64, "byte")
            ),
            Damage::LineEndsLost => f.write_str("has no line endings"),
            Damage::LongLines { longest } => write!(
                f,
                "has base64 lines of {longest} characters; 64 is usual and 76 the maximum"
            ),
            Damage::InvisibleCharacters { count } => {
                let characters = amount(*count as u64, "invisible character");
                write!(f, "has {characters} in the base64 text")
            }
            Damage::Padding { found, expected } => {
                write!(f, "ends with {found} '=' instead of {expected}")
            }
            Damage::TrustSettings { bytes } => write!(
                f,
                "has {} of OpenSSL trust settings, ignored here",
                amount(*bytes as u64, "byte")
            ),
            Damage::BundleMislabelled => f.write_str("holds a PKCS#7 bundle under another label"),
            Damage::Pkcs12Mislabelled => f.write_str("holds a PKCS#12 file under another label"),
            Damage::NarrowPassword => f.write_str(
                "was opened with a password in Windows-1252; save the password file as UTF-8",
            ),
            Damage::IntegrityCheck => f.write_str(
                "is in a key store whose integrity check does not fit the password given; unless that is only the key's own password, Java refuses the store, which was damaged or has another password",
            ),
            Damage::SeveralObjects { count } => {
                write!(f, "is {count} DER objects joined without a container")
            }
            Damage::TrailingLineEnd => f.write_str("has a line ending appended to binary data"),
        }
    }
}
