//! Requests inside PKCS#7: what IIS and certreq write to renew a certificate, signed with the old one's key.
//!
//! The content is a PKCS#10 request (RFC 2986), or a CMC message around one (RFC 5272 section 3.2.1).

use std::ops::Range;

use super::super::der::{SEQUENCE, Walk};

/// INTEGER, BIT STRING, OCTET STRING and the `[0]` around content and around a request in CMC.
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const TAGGED: u8 = 0xa0;

/// The most requests that are read from one message; IIS and certreq write one.
const REQUEST_LIMIT: usize = 16;

/// Where requests are, by the contents of an encapContentInfo (RFC 5652 section 5.2), as offsets into what is walked.
pub(super) fn requests(mut walk: Walk<'_>) -> Vec<Range<usize>> {
    let content = walk.any().and_then(|_type| walk.enter(TAGGED));
    let Ok(mut content) = content else {
        return Vec::new();
    };
    // PKCS#7 puts the content there as it is, CMS in an OCTET STRING.
    let content = match content.peek() {
        Some(OCTET_STRING) => content.enter(OCTET_STRING),
        _ => Ok(content),
    };
    let Ok(content) = content else {
        return Vec::new();
    };
    let mut peek = content;
    match peek.any() {
        Ok(whole) if peek.is_done() && is_request(whole.whole) => {
            let start = content.offset();
            let end = start + whole.whole.len();
            std::iter::once(start..end).collect()
        }
        _ => in_cmc(content),
    }
}

/// The requests of a PKIData: its second field holds them.
fn in_cmc(mut content: Walk<'_>) -> Vec<Range<usize>> {
    let list = content.enter(SEQUENCE).and_then(|mut data| {
        data.expect(SEQUENCE)?;
        data.enter(SEQUENCE)
    });
    let Ok(mut list) = list else {
        return Vec::new();
    };
    let mut found = Vec::new();
    while !list.is_done() && found.len() < REQUEST_LIMIT {
        // TaggedCertificationRequest: a number and the request.
        let Ok(mut tagged) = list.enter(TAGGED) else {
            break;
        };
        let request = tagged.expect(INTEGER).and_then(|_number| {
            let start = tagged.offset();
            tagged.any().map(|request| (start, request.whole))
        });
        if let Ok((start, request)) = request
            && is_request(request)
        {
            found.push(start..start + request.len());
        }
    }
    found
}

/// Whether the bytes have the outline of a PKCS#10 request: a signed part that begins with a version, a name and a key,
/// and has no times in it.
fn is_request(bytes: &[u8]) -> bool {
    let outline = || {
        let mut outer = Walk::over(bytes);
        let mut fields = outer.enter(SEQUENCE).ok()?;
        let mut signed = fields.enter(SEQUENCE).ok()?;
        fields.expect(SEQUENCE).ok()?;
        fields.expect(BIT_STRING).ok()?;
        signed.expect(INTEGER).ok()?;
        signed.expect(SEQUENCE).ok()?;
        signed.expect(SEQUENCE).ok()?;
        let last = matches!(signed.peek(), None | Some(TAGGED));
        (outer.is_done() && fields.is_done() && last).then_some(())
    };
    outline().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        assert!(length < 0x80);
        [&[tag, length], content].concat()
    }

    /// The outline of a request; `last` is what follows its key.
    fn request(last: &[u8]) -> Vec<u8> {
        let signed = [&[INTEGER, 1, 0, SEQUENCE, 0, SEQUENCE, 0][..], last].concat();
        let signed = wrap(SEQUENCE, &signed);
        wrap(
            SEQUENCE,
            &[&signed[..], &[SEQUENCE, 0, BIT_STRING, 1, 0]].concat(),
        )
    }

    fn found(content: &[u8]) -> Vec<Vec<u8>> {
        let info = [&[6, 1, 0x2a][..], &wrap(TAGGED, content)].concat();
        let places = requests(Walk::over(&info));
        places
            .into_iter()
            .map(|place| info[place].to_vec())
            .collect()
    }

    #[test]
    fn a_request_is_found_as_content_with_and_without_an_octet_string() {
        let request = request(&[TAGGED, 0]);
        assert_eq!(found(&wrap(OCTET_STRING, &request)), [request.as_slice()]);
        assert_eq!(found(&request), [request.as_slice()]);
    }

    #[test]
    fn requests_are_found_in_cmc() {
        let tagged = |number: u8| {
            let request = request(&[]);
            wrap(TAGGED, &[&[INTEGER, 1, number][..], &request].concat())
        };
        let list = wrap(SEQUENCE, &[tagged(1), tagged(2)].concat());
        let data = [&[SEQUENCE, 0][..], &list, &[SEQUENCE, 0, SEQUENCE, 0]].concat();
        let data = wrap(SEQUENCE, &data);
        assert_eq!(
            found(&wrap(OCTET_STRING, &data)),
            [request(&[]), request(&[])]
        );
    }

    #[test]
    fn other_content_holds_no_request() {
        // A certificate has times where a request ends.
        for content in [
            request(&[0x17, 0]),
            vec![SEQUENCE, 0],
            vec![4, 1, 0],
            vec![],
        ] {
            assert!(found(&wrap(OCTET_STRING, &content)).is_empty());
        }
        assert!(requests(Walk::over(&[6, 1, 0x2a])).is_empty());
    }
}
