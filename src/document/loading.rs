//! Whether OpenSSL, by which most servers load their files, reads an object that was read here.

use openssl::error::ErrorStack;
use openssl::x509::{X509, X509Req};

use super::Document;

/// Why OpenSSL does not read a certificate or a request, in its words; `None` where it does, and of other objects.
///
/// The facts come from another parser, which takes some encodings that DER forbids.
pub(crate) fn openssl_refusal(document: &Document) -> Option<String> {
    crate::decode::crypto::ready();
    let read = match document {
        Document::Certificate(certificate) => X509::from_der(certificate.der()).map(drop),
        Document::Request(request) => X509Req::from_der(request.der()).map(drop),
        _ => return None,
    };
    read.err().map(|error| reason(&error))
}

/// The first of OpenSSL's reasons, which is the innermost.
fn reason(error: &ErrorStack) -> String {
    let mut reasons = error.errors().iter().filter_map(|error| error.reason());
    reasons.next().unwrap_or("it cannot be decoded").to_owned()
}
