//! PKCS#7 and CMS bundles (.p7b): the certificates and lists inside, in file order.
//!
//! Walked here rather than by OpenSSL, whose bindings return no CRLs; OpenSSL turns BER into DER.

use openssl::pkcs7::Pkcs7;

use super::super::bytes::Slice;
use super::super::der::{self, SEQUENCE, SIGNED_DATA, Walk};
use super::super::error::{DerError, OpenError};
use super::super::piece::Claim;

/// `[0]` and `[1]`, constructed: certificates and crls of SignedData (RFC 2315 section 9.1).
const CERTIFICATES: u8 = 0xa0;
const LISTS: u8 = 0xa1;
/// OBJECT IDENTIFIER, INTEGER and SET.
const OBJECT_IDENTIFIER: u8 = 0x06;
const INTEGER: u8 = 0x02;
const SET: u8 = 0x31;

/// Finds the members of a bundle. Signatures are not looked at: a .p7b has none.
pub(in crate::decode) fn members<'a>(
    bundle: &Slice<'a>,
) -> Result<Vec<(Claim, Slice<'a>)>, OpenError> {
    crate::decode::crypto::ready();
    if der::is_indefinite(bundle.as_slice()) {
        return members_of_ber(bundle.as_slice());
    }
    match walk(bundle) {
        // An indefinite length may also stand further in.
        Err(OpenError::Pkcs7(DerError::Indefinite { .. })) => members_of_ber(bundle.as_slice()),
        answer => answer,
    }
}

fn members_of_ber<'a>(ber: &[u8]) -> Result<Vec<(Claim, Slice<'a>)>, OpenError> {
    let der = Pkcs7::from_der(ber)
        .and_then(|bundle| bundle.to_der())
        .map_err(OpenError::Pkcs7Ber)?;
    walk(&Slice::shared(der))
}

fn walk<'a>(bundle: &Slice<'a>) -> Result<Vec<(Claim, Slice<'a>)>, OpenError> {
    let bytes = bundle.as_slice();
    let mut content_info = Walk::over(bytes)
        .enter(SEQUENCE)
        .map_err(OpenError::Pkcs7)?;
    let content_type = content_info
        .expect(OBJECT_IDENTIFIER)
        .map_err(OpenError::Pkcs7)?;
    if content_type.whole != SIGNED_DATA {
        return Err(OpenError::Pkcs7NotSigned {
            found: der::dotted(content_type.contents),
        });
    }
    signed_data(bundle, content_info).map_err(OpenError::Pkcs7)
}

fn signed_data<'a>(
    bundle: &Slice<'a>,
    mut content_info: Walk<'_>,
) -> Result<Vec<(Claim, Slice<'a>)>, DerError> {
    let mut signed = content_info.enter(0xa0)?.enter(SEQUENCE)?;
    signed.expect(INTEGER)?;
    signed.expect(SET)?;
    let content = signed.enter(SEQUENCE)?;
    let requests = super::renewal::requests(content).into_iter();
    let mut members: Vec<_> = requests
        .map(|place| (Claim::Unknown, bundle.part(place.start, place.len())))
        .collect();
    for (tag, claim) in [(CERTIFICATES, Claim::Certificate), (LISTS, Claim::Crl)] {
        if signed.peek() != Some(tag) {
            continue;
        }
        let mut set = signed.enter(tag)?;
        while !set.is_done() {
            let start = set.offset();
            let element = set.any()?;
            // Other tags are attribute certificates and other formats (RFC 5652 section 10.2.2).
            let claim = if element.tag == SEQUENCE {
                claim
            } else {
                Claim::Unknown
            };
            members.push((claim, bundle.part(start, element.whole.len())));
        }
    }
    Ok(members)
}
