//! PKCS#7 bundles of certificates (RFC 2315 section 9; RFC 8551 section 3.7 calls them certs-only).

use crate::lab::write::der;

/// The certificates as a degenerate SignedData, in DER.
pub(super) fn bundle(certificates: &[&[u8]]) -> Vec<u8> {
    let data = der::sequence(&[der::oid("1.2.840.113549.1.7.1")]);
    let signed_data = der::sequence(&[
        der::natural(1),
        der::set(&[]),
        data,
        // A SET OF that is not sorted: readers take the order as it is, and so does OpenSSL when it writes one.
        der::context(0, &certificates.concat()),
        der::set(&[]),
    ]);
    der::sequence(&[
        der::oid("1.2.840.113549.1.7.2"),
        der::context(0, &signed_data),
    ])
}
