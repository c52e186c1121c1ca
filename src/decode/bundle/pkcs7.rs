//! PKCS#7 and CMS: the certificates and CRLs of a bundle (.p7b) in file order, or the content of a signed message.
//!
//! A message's content is what was sent; its certificates are the sender's. Signatures are not looked at.

use std::borrow::Cow;

use super::super::bytes::Slice;
use super::super::der::{self, Element, SEQUENCE, SIGNED_DATA, Walk};
use super::super::encoded_object::Claim;
use super::super::error::{Damage, DerError, EncodedObjectError, OpenError};
use super::super::open::{Opening, adopt};
use super::super::{Container, EncodedObject, Label, ber};
use super::renewal;

/// `[0]` and `[1]`, constructed: certificates and crls of SignedData (RFC 2315 section 9.1).
const CERTIFICATES: u8 = 0xa0;
const CRLS: u8 = 0xa1;
const CONTEXT_0: u8 = 0xa0;
/// OBJECT IDENTIFIER, INTEGER, OCTET STRING and SET.
const OBJECT_IDENTIFIER: u8 = 0x06;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SET: u8 = 0x31;

/// 1.2.840.113549.1.7.1, data, as the contents of an OBJECT IDENTIFIER.
const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

/// The fewest bytes of a member; anything signed has more.
const MEMBER_LEAST: usize = 16;

/// Finds the members of a bundle, or opens the content of a message.
pub(in crate::decode) fn members<'a>(
    bundle: &Slice<'a>,
    opening: &Opening<'_>,
    damage: &mut Vec<Damage>,
) -> Result<Vec<EncodedObject<'a>>, OpenError> {
    // An indefinite length may occur anywhere.
    let translated = ber::first(bundle.as_slice()).map_err(OpenError::Pkcs7)?;
    if translated.has_long_lengths {
        damage.push(Damage::Ber);
    }
    let original = bundle;
    let (bundle, mut written) = match translated.der {
        Cow::Borrowed(_) => (bundle.clone(), None),
        Cow::Owned(der) => (Slice::shared(der), Some(Written::new(original.as_slice()))),
    };
    let mut content_info = Walk::over(bundle.as_slice())
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
    let signed = Signed::read(&bundle, written.as_mut(), content_info, opening)?;
    let Some(content) = signed.content else {
        return match signed.members.is_empty() {
            true => Err(OpenError::Nothing {
                container: Container::Pkcs7,
            }),
            false => Ok(signed.members),
        };
    };
    // To renew a certificate its owner signs the request; both are shown.
    if signed.requests > 0 {
        return Ok(signed.members);
    }
    let inside = content_of(&bundle, signed.content_type, content, opening);
    let mut members = signed.members;
    match inside {
        Ok(mut objects) if objects.iter().any(|object| !object.is_broken()) => {
            if signed.certificates > 0 {
                damage.push(Damage::SignersLeftOut {
                    certificates: signed.certificates,
                });
            }
            // CRLs are evidence of their own.
            let is_crl = |object: &EncodedObject<'_>| object.label() == Some(Label::Crl);
            objects.extend(members.into_iter().filter(is_crl));
            Ok(objects)
        }
        Err(error) if error.is_a_limit() => Err(error),
        Err(error @ OpenError::PasswordNeeded { .. }) => Err(error),
        Ok(_) | Err(_) if !members.is_empty() => {
            damage.push(Damage::ContentLeftOut {
                bytes: content.len(),
            });
            Ok(members)
        }
        Ok(objects) => {
            members.extend(objects);
            Ok(members)
        }
        Err(error) => Err(error),
    }
}

/// A bundle as it was before it was translated into DER, to see which members are what they were.
struct Written<'b> {
    rest: &'b [u8],
    missed: usize,
}

impl<'b> Written<'b> {
    /// How many members are looked for in vain: each time the whole rest is gone through.
    const MISSES: usize = 8;

    fn new(bundle: &'b [u8]) -> Written<'b> {
        Written {
            rest: bundle,
            missed: 0,
        }
    }

    /// Whether this member, which comes after those asked about before, stood there as it is; not where too many did not.
    fn has(&mut self, member: &[u8]) -> bool {
        if self.missed == Written::MISSES {
            return false;
        }
        match memchr::memmem::find(self.rest, member) {
            Some(at) => {
                self.rest = self.rest.get(at + member.len()..).unwrap_or_default();
                true
            }
            None => {
                self.missed += 1;
                false
            }
        }
    }
}

/// The inside of SignedData.
struct Signed<'a, 'b> {
    content_type: &'b [u8],
    content: Option<&'b [u8]>,
    /// How many of the members are requests in the content.
    requests: usize,
    members: Vec<EncodedObject<'a>>,
    certificates: usize,
}

impl<'a, 'b> Signed<'a, 'b> {
    fn read(
        bundle: &Slice<'a>,
        mut written: Option<&mut Written<'_>>,
        mut content_info: Walk<'b>,
        opening: &Opening<'_>,
    ) -> Result<Signed<'a, 'b>, OpenError> {
        let head = |content_info: &mut Walk<'b>| -> Result<_, DerError> {
            let mut signed = content_info.enter(CONTEXT_0)?.enter(SEQUENCE)?;
            signed.expect(INTEGER)?;
            signed.expect(SET)?;
            let mut content = signed.enter(SEQUENCE)?;
            let requests = renewal::requests(content);
            let kind = content.expect(OBJECT_IDENTIFIER)?.contents;
            let content = match content.peek() {
                Some(CONTEXT_0) => {
                    let element = content.enter(CONTEXT_0)?.any()?;
                    // Before CMS, content of other types stood there by itself.
                    Some(match element.tag {
                        OCTET_STRING => element.contents,
                        _ => element.whole,
                    })
                }
                _ => None,
            };
            let content = content.filter(|content| !content.is_empty());
            Ok((signed, kind, content, requests))
        };
        let (mut signed, content_type, content, requests) =
            head(&mut content_info).map_err(OpenError::Pkcs7)?;
        opening.limits.objects(requests.len())?;
        let mut members: Vec<_> = requests
            .iter()
            .map(|place| {
                let part = bundle.part(place.start, place.len());
                EncodedObject::der(&opening.about, part, Claim::Unknown)
            })
            .collect();
        let requests = members.len();
        let (mut certificates, mut empty) = (0, 0);
        for (tag, claim) in [(CERTIFICATES, Claim::Certificate), (CRLS, Claim::Crl)] {
            if signed.peek() != Some(tag) {
                continue;
            }
            let mut set = signed.enter(tag).map_err(OpenError::Pkcs7)?;
            while !set.is_done() {
                let start = set.offset();
                let element = set.any().map_err(OpenError::Pkcs7)?;
                opening.limits.objects(1)?;
                if let Some(other) = other_format(tag, &element) {
                    let error = EncodedObjectError::Member(other);
                    members.push(EncodedObject::broken(&opening.about, error));
                    continue;
                }
                if element.whole.len() < MEMBER_LEAST {
                    empty += 1;
                    continue;
                }
                // What has another tag is none of these, whatever it is.
                let claim = match element.tag {
                    SEQUENCE => claim,
                    _ => Claim::Unknown,
                };
                certificates += usize::from(claim == Claim::Certificate);
                let part = bundle.part(start, element.whole.len());
                let member = EncodedObject::der(&opening.about, part, claim);
                // A certificate whose signature does not fit is good for nothing; such a CRL may be the one that revokes.
                let is_other = tag == CRLS
                    && written
                        .as_mut()
                        .is_some_and(|written| !written.has(element.whole));
                members.push(match is_other {
                    true => member.with_damage(vec![Damage::Ber]),
                    false => member,
                });
            }
        }
        if empty > 0 {
            let error = EncodedObjectError::Member("an empty member of a bundle");
            members.push(EncodedObject::broken(&opening.about, error));
        }
        Ok(Signed {
            content_type,
            content,
            requests,
            members,
            certificates,
        })
    }
}

/// What a member of a set is that is neither a certificate nor a CRL (RFC 5652 sections 10.2.1 and 10.2.2).
fn other_format(set: u8, member: &Element<'_>) -> Option<&'static str> {
    /// 1.3.6.1.5.5.7.16.2, id-ri-ocsp-response (RFC 5940 section 2.1).
    const OCSP_RESPONSE: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x10\x02";
    match (set, member.tag) {
        (CERTIFICATES, 0xa0) => Some("a PKCS#6 extended certificate in the bundle"),
        (CERTIFICATES, 0xa1 | 0xa2) => Some("an attribute certificate in the bundle"),
        (CERTIFICATES, 0xa3) => Some("a certificate of another format in the bundle"),
        (CRLS, 0xa1) => {
            let format = Walk::over(member.contents).expect(OBJECT_IDENTIFIER);
            let is_ocsp = format.is_ok_and(|format| format.contents == OCSP_RESPONSE);
            Some(match is_ocsp {
                true => "an OCSP response in the bundle",
                false => "revocation information of another format in the bundle",
            })
        }
        _ => None,
    }
}

/// What a message holds, where that is something of ours.
fn content_of<'a>(
    bundle: &Slice<'a>,
    content_type: &[u8],
    content: &[u8],
    opening: &Opening<'_>,
) -> Result<Vec<EncodedObject<'a>>, OpenError> {
    // Other types of content belong to protocols, whose answers carry certificates beside them.
    if content_type != DATA {
        return Ok(Vec::new());
    }
    if content.first() == Some(&SEQUENCE) && !der::is_object(content) {
        return Ok(Vec::new());
    }
    // A slice of the bundle where its position is known, so that nothing is copied.
    let whole = bundle.as_slice();
    let part = memchr::memmem::find(whole, content)
        .map(|at| bundle.part(at, content.len()))
        .unwrap_or_else(|| Slice::shared(content.to_vec()));
    let opened = opening.inside(None)?.file(part)?;
    Ok(adopt(opened, Vec::new()))
}
